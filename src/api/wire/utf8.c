/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/utf8.h"

/* RFC 3629 section 4: first byte, range of the second byte, length */
static const struct {
    uint8_t lo, hi, second_lo, second_hi, n;
} forms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

size_t utf8_char(struct bytes b)
{
    for (size_t i = 0; b.n > 0 && i < ARRAY_LEN(forms); i++) {
        if (b.p[0] < forms[i].lo || b.p[0] > forms[i].hi)
            continue;
        if (b.n < forms[i].n)
            return 0;
        if (forms[i].n > 1 && (b.p[1] < forms[i].second_lo || b.p[1] > forms[i].second_hi))
            return 0;
        for (size_t k = 2; k < forms[i].n; k++) {
            if ((b.p[k] & 0xC0) != 0x80)
                return 0;
        }
        return forms[i].n;
    }
    return 0;
}

/* Messages are base64 for the most part: eight bytes at a look. */
static size_t ascii_prefix(struct bytes b)
{
    size_t n = 0;
    uint64_t eight;

    for (; b.n - n >= sizeof eight; n += sizeof eight) {
        memcpy(&eight, b.p + n, sizeof eight);
        if (eight & 0x8080808080808080)
            break;
    }
    return n;
}

bool utf8_ok(struct bytes b)
{
    while (b.n > 0) {
        size_t n = ascii_prefix(b);

        if (n == 0)
            n = utf8_char(b);
        if (n == 0)
            return false;
        b = bytes_part(b, n, b.n);
    }
    return true;
}
