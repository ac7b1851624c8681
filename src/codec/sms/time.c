/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/sms.h"

#define ZONE_QUARTERS 32 /* +0800 */
#define ZONE_NEGATIVE 0x08
#define QUARTER_S (15 * 60)
#define MINUTES_PER_DAY (24 * 60u)
#define MINUTES_PER_WEEK (7 * MINUTES_PER_DAY)

static uint8_t semi_octets(int value)
{
    return (uint8_t)(value % 10 << 4 | value / 10 % 10);
}

/* -1 when a half is no digit. */
static int from_semi_octets(uint8_t v)
{
    if ((v & 0xF) > 9 || v >> 4 > 9)
        return -1;
    return (v & 0xF) * 10 + (v >> 4);
}

/* TS 23.040 9.2.3.11: year, month, day, hour, minute, second, zone in quarters of an hour */
void sms_encode_scts(int64_t ms, uint8_t out[SMS_SCTS_LEN])
{
    time_t local = (time_t)(ms / 1000 + ZONE_QUARTERS * QUARTER_S);
    struct tm tm = {0};

    gmtime_r(&local, &tm);
    out[0] = semi_octets(tm.tm_year % 100);
    out[1] = semi_octets(tm.tm_mon + 1);
    out[2] = semi_octets(tm.tm_mday);
    out[3] = semi_octets(tm.tm_hour);
    out[4] = semi_octets(tm.tm_min);
    out[5] = semi_octets(tm.tm_sec);
    out[6] = semi_octets(ZONE_QUARTERS);
}

int64_t sms_decode_scts(const uint8_t in[SMS_SCTS_LEN])
{
    static const struct {
        int min, max;
    } range[SMS_SCTS_LEN] = {{0, 99}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}, {0, 79}};
    int field[SMS_SCTS_LEN];
    int64_t zone_s;

    for (size_t i = 0; i < SMS_SCTS_LEN; i++) {
        field[i] = from_semi_octets(i == 6 ? in[i] & (uint8_t)~ZONE_NEGATIVE : in[i]);
        if (field[i] < range[i].min || field[i] > range[i].max)
            return 0;
    }
    zone_s = (in[6] & ZONE_NEGATIVE ? -1 : 1) * (int64_t)field[6] * QUARTER_S;
    return ((int64_t)timegm(&(struct tm){
                .tm_year = field[0] < 70 ? field[0] + 100 : field[0],
                .tm_mon = field[1] - 1,
                .tm_mday = field[2],
                .tm_hour = field[3],
                .tm_min = field[4],
                .tm_sec = field[5],
            }) -
            zone_s) *
           1000;
}

/* TS 23.040 9.2.3.12.1 */
uint32_t sms_vp_minutes(uint8_t vp)
{
    if (vp <= 143)
        return (vp + 1u) * 5;
    if (vp <= 167)
        return 12 * 60 + (vp - 143u) * 30;
    if (vp <= 196)
        return (vp - 166u) * MINUTES_PER_DAY;
    return (vp - 192u) * MINUTES_PER_WEEK;
}

uint8_t sms_vp_encode(uint32_t minutes)
{
    uint8_t vp = 0;

    while (vp < 255 && sms_vp_minutes(vp) < minutes)
        vp++;
    return vp;
}
