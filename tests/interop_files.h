/* SPDX-License-Identifier: Apache-2.0 */
/* Data of other projects, never part of this one: found by the environment variable XIEKA_INTEROP
 * or beside the checkout, in shared/interop. Tests that want it skip where it is not.
 *
 *     REQUIRE_INTEROP(ci, "sgp26/CERT_CI_ECDSA_NIST.der");      struct bytes ci */
#ifndef TESTS_INTEROP_FILES_H
#define TESTS_INTEROP_FILES_H

#include <unistd.h>

#include "base/bytes.h"

#ifndef SOURCE_ROOT
#define SOURCE_ROOT "."
#endif
#define INTEROP_FILE_MAX ((size_t)1 << 20)

static inline bool interop_dir(char *out, size_t cap)
{
    static const char *const beside[] = {SOURCE_ROOT "/../shared/interop",
                                         SOURCE_ROOT "/../../shared/interop"};
    const char *named = getenv("XIEKA_INTEROP");

    if (named) {
        snprintf(out, cap, "%s", named);
        return access(out, R_OK) == 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        snprintf(out, cap, "%s", beside[i]);
        if (access(out, R_OK) == 0)
            return true;
    }
    return false;
}

struct interop_kept {
    struct interop_kept *next;
    uint8_t bytes[];
};
/* Weak, so that all files of a test program share it. */
__attribute__((weak)) struct interop_kept *interop_kept;

/* Empty when it is not there; else kept until the program ends. */
static inline struct bytes interop_file(const char *name)
{
    char dir[512], path[2048]; /* names go up to 1023 */
    struct interop_kept *kept;
    size_t n;
    FILE *f;

    if (!interop_dir(dir, sizeof dir))
        return BYTES_NONE;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (!f)
        return BYTES_NONE;
    kept = malloc(sizeof *kept + INTEROP_FILE_MAX);
    if (!kept)
        exit(1);
    kept->next = interop_kept;
    interop_kept = kept;
    n = fread(kept->bytes, 1, INTEROP_FILE_MAX, f);
    fclose(f);
    return BYTES(kept->bytes, n);
}

#define REQUIRE_INTEROP(var, name)                                                                 \
    struct bytes var = interop_file(name);                                                         \
    if (var.n == 0)                                                                                \
    SKIP("no " name)

#endif
