/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cat/cat.h"

#define TIMER_MAX (24u * 3600 - 1)
#define UNIT_MINUTES 0x00
#define UNIT_SECONDS 0x01
#define UNIT_TENTHS 0x02

static uint8_t swapped_bcd(uint32_t v)
{
    return (uint8_t)(v % 10 << 4 | v / 10);
}

/* Below `limit`, or limit itself when it is no such number. */
static uint32_t of_swapped_bcd(uint8_t b, uint32_t limit)
{
    uint32_t v = (b & 0x0Fu) * 10 + (b >> 4);

    return (b & 0x0F) > 9 || b >> 4 > 9 || v > limit ? limit : v;
}

void cat_encode_timer_value(uint32_t seconds, uint8_t out[3])
{
    uint32_t s = seconds > TIMER_MAX ? TIMER_MAX : seconds;

    out[0] = swapped_bcd(s / 3600);
    out[1] = swapped_bcd(s / 60 % 60);
    out[2] = swapped_bcd(s % 60);
}

enum xk_err cat_decode_timer_value(struct bytes in, uint32_t *seconds)
{
    uint32_t h, m, s;

    if (in.n != 3)
        return XK_E_FORMAT;
    h = of_swapped_bcd(in.p[0], 24);
    m = of_swapped_bcd(in.p[1], 60);
    s = of_swapped_bcd(in.p[2], 60);
    if (h == 24 || m == 60 || s == 60)
        return XK_E_VALUE;
    *seconds = (h * 60 + m) * 60 + s;
    return XK_OK;
}

enum xk_err cat_decode_duration(struct bytes in, uint32_t *ms)
{
    if (in.n != 2)
        return XK_E_FORMAT;
    if (in.p[0] > UNIT_TENTHS || in.p[1] == 0)
        return XK_E_VALUE;
    *ms = in.p[1] * (in.p[0] == UNIT_MINUTES ? 60000u : in.p[0] == UNIT_SECONDS ? 1000u : 100u);
    return XK_OK;
}

void cat_encode_duration(uint32_t seconds, uint8_t out[2])
{
    uint32_t minutes = seconds / 60 + (seconds % 60 != 0);

    if (seconds <= 255) {
        out[0] = UNIT_SECONDS;
        out[1] = seconds ? (uint8_t)seconds : 1;
        return;
    }
    out[0] = UNIT_MINUTES;
    out[1] = minutes > 255 ? 255 : (uint8_t)minutes;
}

bool cat_profile_has(struct bytes profile, unsigned bit)
{
    return bit / 8 < profile.n && (profile.p[bit / 8] >> bit % 8 & 1);
}

void cat_profile_set(uint8_t *profile, size_t n, unsigned bit)
{
    if (bit / 8 < n)
        profile[bit / 8] |= (uint8_t)(1u << bit % 8);
}
