/* SPDX-License-Identifier: Apache-2.0 */
/* Data of other projects that is not in this one: files below $XIEKA_INTEROP, or below
 * ../shared/interop beside the checkout. A test that wants a file which is not there skips itself:
 *
 *     uint8_t mem[4096];
 *     struct bytes upp;
 *     if (!interop_read("session/upp.der", mem, sizeof mem, &upp)) SKIP("no interop data");
 */
#ifndef TESTS_XT_INTEROP_H
#define TESTS_XT_INTEROP_H

#include "base/bytes.h"

#ifndef SOURCE_ROOT
#error "the test's meson.build defines SOURCE_ROOT"
#endif

static inline bool interop_read(const char *path, uint8_t *mem, size_t cap, struct bytes *out)
{
    const char *dir = getenv("XIEKA_INTEROP");
    char name[512];
    size_t n;
    FILE *f;

    if (dir)
        snprintf(name, sizeof name, "%s/%s", dir, path);
    else
        snprintf(name, sizeof name, "%s/../shared/interop/%s", SOURCE_ROOT, path);
    f = fopen(name, "rb");
    if (!f)
        return false;
    n = fread(mem, 1, cap, f);
    fclose(f);
    if (n == cap)
        return false;
    *out = BYTES(mem, n);
    return true;
}

#endif
