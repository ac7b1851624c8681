/* SPDX-License-Identifier: Apache-2.0 */
/* Two packages of anybody's making: a package does not differ from itself, and two that differ do
 * so in both directions.
 *
 *   cut(2)     length of the first package
 *   packages */
#include "codec/saip/diff.h"
#include "fuzz.h"

static enum xk_err changes(struct bytes from, struct bytes to, size_t *n)
{
    struct saip_diff diff;
    struct arena arena;
    enum xk_err err;
    size_t counted = 0;

    arena_init(&arena, SAIP_DIFF_ARENA_MAX);
    err = saip_diff(from, to, 0, &arena, &diff);
    FUZZ_CHECK(err == XK_OK || err == XK_E_FORMAT || err == XK_E_LIMIT || err == XK_E_NOMEM);
    for (const struct saip_change *c = err == XK_OK ? diff.first : NULL; c; c = c->next) {
        FUZZ_CHECK(c->path && c->path[0]);
        counted++;
    }
    FUZZ_CHECK(err != XK_OK || counted == diff.n);
    arena_fini(&arena);
    *n = counted;
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_of(BYTES(data, size));
    size_t cut = cur_u16(&c), there = 0, back = 0;
    struct bytes both = cur_rest(&c);
    struct bytes from = bytes_part(both, 0, cut), to = bytes_part(both, cut, SIZE_MAX);

    if (changes(from, from, &there) == XK_OK)
        FUZZ_CHECK(there == 0);
    if (changes(from, to, &there) == XK_OK && changes(to, from, &back) == XK_OK)
        FUZZ_CHECK((there == 0) == (back == 0));
    return 0;
}
