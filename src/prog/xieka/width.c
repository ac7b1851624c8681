/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xieka/width.h"

/* East Asian Width W and F (Unicode annex 11), the blocks a message can hold. */
static const struct {
    uint32_t first, last;
} wide[] = {
    {0x1100, 0x115F},   /* Hangul Jamo */
    {0x2E80, 0x303E},   /* radicals, CJK punctuation */
    {0x3041, 0x33FF},   /* kana, enclosed */
    {0x3400, 0x4DBF},   /* extension A */
    {0x4E00, 0x9FFF},   /* unified ideographs */
    {0xA000, 0xA4CF},   /* Yi */
    {0xAC00, 0xD7A3},   /* Hangul */
    {0xF900, 0xFAFF},   /* compatibility */
    {0xFE30, 0xFE4F},   /* vertical forms */
    {0xFF00, 0xFF60},   /* full width */
    {0xFFE0, 0xFFE6},   /* full width signs */
    {0x1F300, 0x1FAFF}, /* pictures */
    {0x20000, 0x3FFFD}, /* extensions B and on */
};

/* One character; *len its bytes. */
static uint32_t next(const char *text, size_t *len)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC0 ? 2 : 1;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            *len = 1;
            return p[0];
        }
        c = c << 6 | (p[i] & 0x3F);
    }
    *len = n;
    return c;
}

static size_t columns_of(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
        if (c >= wide[i].first && c <= wide[i].last)
            return 2;
    }
    return 1;
}

size_t width_of(const char *text)
{
    size_t columns = 0;
    size_t len;

    for (; *text; text += len)
        columns += columns_of(next(text, &len));
    return columns;
}

void width_pad(struct buf *out, const char *text, size_t columns)
{
    size_t have = width_of(text);

    if (have < columns)
        buf_put_fill(out, ' ', columns - have);
}

/* C0 and C1 controls, and those that change the direction of writing (Unicode annex 9) */
static bool is_plain(uint32_t c, size_t len)
{
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (len == 1 && c >= 0x80))
        return false;
    return !(c >= 0x202A && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069);
}

void width_plain(struct buf *out, const char *text)
{
    size_t len;

    for (; *text; text += len) {
        uint32_t c = next(text, &len);

        if (is_plain(c, len))
            buf_put(out, text, len);
        else
            buf_put_u8(out, '?');
    }
}

void width_cut(struct buf *out, const char *text, size_t columns)
{
    size_t used = 0;
    size_t len;

    if (width_of(text) <= columns) {
        buf_put_str(out, text);
        return;
    }
    for (; *text; text += len) {
        size_t w = columns_of(next(text, &len));

        if (used + w > columns - 1)
            break;
        buf_put(out, text, len);
        used += w;
    }
    buf_put_str(out, "…");
}
