/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of codec/der goes over the input as a program does whose steps are the first bytes:
 * count, then that many choices of what to ask for, then DER. X.690 */
#include "codec/der/der.h"
#include "codec/der/oid.h"
#include "fuzz.h"

#define DEPTH_MAX 8

static void check_inside(struct bytes part, struct bytes whole)
{
    FUZZ_CHECK(!part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void ask_value(struct der *d, uint8_t choice, struct bytes whole)
{
    uint32_t tag = der_peek(d);
    char text[OID_TEXT_MAX];
    uint8_t contents[OID_MAX];
    struct bytes part = BYTES_NONE;
    size_t n;

    switch (choice % 8) {
    case 0:
        der_int(d, tag);
        break;
    case 1:
        der_u32(d, tag);
        break;
    case 2:
        der_bool(d, tag);
        break;
    case 3:
        part = der_octets(d, tag, 0, choice);
        break;
    case 4:
        part = der_utf8(d, tag, 0, choice);
        break;
    case 5:
        part = der_oid(d, tag);
        if (part.n > 0 && part.n <= OID_MAX && oid_text(part, text, sizeof text) == XK_OK) {
            FUZZ_CHECK(oid_from_text(bytes_cstr(text), contents, &n) == XK_OK);
            FUZZ_CHECK(bytes_eq(BYTES(contents, n), part));
        }
        break;
    case 6:
        der_bits(d, tag);
        break;
    default:
        part = der_take_raw(d, tag);
        break;
    }
    check_inside(part, whole);
}

static void walk(struct bytes steps, struct bytes whole)
{
    struct der levels[DEPTH_MAX] = {der_of(whole)};
    size_t depth = 0;

    for (size_t i = 0; i < steps.n; i++) {
        if (steps.p[i] < 0xE0) {
            ask_value(&levels[depth], steps.p[i], whole);
        } else if (steps.p[i] < 0xF8 && depth + 1 < DEPTH_MAX) {
            levels[depth + 1] = der_enter(&levels[depth], der_peek(&levels[depth]));
            depth++;
        } else if (depth > 0) {
            depth--;
            der_leave(&levels[depth], &levels[depth + 1]);
        }
    }
    while (depth-- > 0)
        der_leave(&levels[depth], &levels[depth + 1]);
    if (der_finish(&levels[0]) == XK_OK)
        FUZZ_CHECK(der_check_run(whole, 0) == XK_OK);
}

/* Every TLV of the input has the one header that the writer gives it. */
static void rewrite(struct bytes whole)
{
    struct der d = der_of(whole);
    struct bytes value, raw;
    uint32_t tag;
    uint8_t head[8];

    while (der_next(&d, &tag, &value, &raw)) {
        size_t n = der_header_len(tag, value.n);

        FUZZ_CHECK(raw.n == n + value.n);
        der_write_header(head, tag, value.n);
        FUZZ_CHECK(memcmp(head, raw.p, n) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t steps;

    if (n < 1)
        return 0;
    steps = data[0] < n - 1 ? data[0] : n - 1;
    walk(BYTES(data + 1, steps), BYTES(data + 1 + steps, n - 1 - steps));
    rewrite(BYTES(data + 1 + steps, n - 1 - steps));
    return 0;
}
