/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/sms.h"

#define ESCAPE 0x1B
#define NO_SEPTET 0xFFFF

/* TS 23.038 6.2.1: code points of the default alphabet; the escape stands as a space */
static const uint16_t basic[128] = {
    '@',   0xA3,  '$',   0xA5,  0xE8,  0xE9,  0xF9,  0xEC,  /* 00 */
    0xF2,  0xC7,  '\n',  0xD8,  0xF8,  '\r',  0xC5,  0xE5,  /* 08 */
    0x394, '_',   0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, /* 10 */
    0x3A3, 0x398, 0x39E, ' ',   0xC6,  0xE6,  0xDF,  0xC9,  /* 18 */
    ' ',   '!',   '"',   '#',   0xA4,  '%',   '&',   '\'',  /* 20 */
    '(',   ')',   '*',   '+',   ',',   '-',   '.',   '/',   /* 28 */
    '0',   '1',   '2',   '3',   '4',   '5',   '6',   '7',   /* 30 */
    '8',   '9',   ':',   ';',   '<',   '=',   '>',   '?',   /* 38 */
    0xA1,  'A',   'B',   'C',   'D',   'E',   'F',   'G',   /* 40 */
    'H',   'I',   'J',   'K',   'L',   'M',   'N',   'O',   /* 48 */
    'P',   'Q',   'R',   'S',   'T',   'U',   'V',   'W',   /* 50 */
    'X',   'Y',   'Z',   0xC4,  0xD6,  0xD1,  0xDC,  0xA7,  /* 58 */
    0xBF,  'a',   'b',   'c',   'd',   'e',   'f',   'g',   /* 60 */
    'h',   'i',   'j',   'k',   'l',   'm',   'n',   'o',   /* 68 */
    'p',   'q',   'r',   's',   't',   'u',   'v',   'w',   /* 70 */
    'x',   'y',   'z',   0xE4,  0xF6,  0xF1,  0xFC,  0xE0,  /* 78 */
};

/* TS 23.038 6.2.1.1: what follows an escape */
static const struct {
    uint8_t septet;
    uint16_t code;
} extension[] = {
    {0x0A, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2F, '\\'},
    {0x3C, '['},  {0x3D, '~'}, {0x3E, ']'}, {0x40, '|'}, {0x65, 0x20AC},
};

/* The septet; with ESCAPE in the high byte when it comes from the extension table. */
static uint16_t septet_of(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(basic); i++)
        if (basic[i] == code && i != ESCAPE)
            return (uint16_t)i;
    for (size_t i = 0; i < ARRAY_LEN(extension); i++)
        if (extension[i].code == code)
            return (uint16_t)(ESCAPE << 8 | extension[i].septet);
    return NO_SEPTET;
}

/* How many bytes follow this first one; 4 when it cannot be first. */
static size_t utf8_continuations(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first >> 5 == 0x06)
        return 1;
    if (first >> 4 == 0x0E)
        return 2;
    return first >> 3 == 0x1E ? 3 : 4;
}

/* One code point; 0 at the end. */
static enum xk_err utf8_next(const char **text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const uint8_t *p = (const uint8_t *)*text;
    size_t more = utf8_continuations(p[0]);
    uint32_t c = more == 0 ? p[0] : p[0] & (0x3Fu >> more);

    if (more >= ARRAY_LEN(least))
        return XK_E_FORMAT;
    for (size_t i = 1; i <= more; i++) {
        if (p[i] >> 6 != 2)
            return XK_E_FORMAT;
        c = c << 6 | (p[i] & 0x3F);
    }
    if (c < least[more])
        return XK_E_FORMAT;
    *code = c;
    *text += c ? 1 + more : 0;
    return XK_OK;
}

static void utf8_put(struct buf *b, uint16_t code)
{
    if (code < 0x80) {
        buf_put_u8(b, (uint8_t)code);
    } else if (code < 0x800) {
        buf_put_u8(b, (uint8_t)(0xC0 | code >> 6));
        buf_put_u8(b, (uint8_t)(0x80 | (code & 0x3F)));
    } else {
        buf_put_u8(b, (uint8_t)(0xE0 | code >> 12));
        buf_put_u8(b, (uint8_t)(0x80 | (code >> 6 & 0x3F)));
        buf_put_u8(b, (uint8_t)(0x80 | (code & 0x3F)));
    }
}

/* Septets fill octets from the low bit up. */
static enum xk_err septet_put(uint8_t *out, size_t cap, size_t at, uint8_t septet)
{
    size_t bit = at * 7;

    if ((bit + 6) / 8 >= cap)
        return XK_E_LIMIT;
    if (bit % 8 == 0)
        out[bit / 8] = 0;
    out[bit / 8] |= (uint8_t)(septet << bit % 8);
    if (bit % 8 > 1)
        out[bit / 8 + 1] = (uint8_t)(septet >> (8 - bit % 8));
    return XK_OK;
}

static uint8_t septet_get(struct bytes packed, size_t at)
{
    size_t bit = at * 7;
    unsigned v = packed.p[bit / 8];

    if (bit % 8 > 1)
        v |= (unsigned)packed.p[bit / 8 + 1] << 8;
    return v >> bit % 8 & 0x7F;
}

enum xk_err sms_gsm7_pack(const char *utf8, uint8_t *out, size_t cap, size_t *n, size_t *septets)
{
    size_t count = 0;

    for (;;) {
        uint32_t code;
        uint16_t septet;

        TRY(utf8_next(&utf8, &code));
        if (code == 0)
            break;
        septet = septet_of(code);
        if (septet == NO_SEPTET)
            return XK_E_VALUE;
        if (septet >> 8)
            TRY(septet_put(out, cap, count++, ESCAPE));
        TRY(septet_put(out, cap, count++, septet & 0x7F));
    }
    *septets = count;
    *n = (count * 7 + 7) / 8;
    return XK_OK;
}

/* An escape before something the extension table has not shows that from the basic table. */
static uint16_t extended(uint8_t septet)
{
    for (size_t i = 0; i < ARRAY_LEN(extension); i++)
        if (extension[i].septet == septet)
            return extension[i].code;
    return basic[septet];
}

enum xk_err sms_gsm7_unpack(struct bytes packed, size_t septets, struct buf *utf8)
{
    if (septets > packed.n * 8 / 7)
        return XK_E_FORMAT;
    for (size_t i = 0; i < septets; i++) {
        uint8_t septet = septet_get(packed, i);

        if (septet == ESCAPE && i + 1 < septets)
            utf8_put(utf8, extended(septet_get(packed, ++i)));
        else
            utf8_put(utf8, basic[septet]);
    }
    return buf_ok(utf8);
}
