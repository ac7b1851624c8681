/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/smpp/smpp.h"

#define TIME_LEN 16
#define DAY_S 86400u
#define DAYS_PER_MONTH 30u
#define DAYS_PER_YEAR 365u
#define YEARS_MAX 99u
#define QUARTER_S (15 * 60)

void smpp_relative_time(uint32_t seconds, char out[SMPP_TIME_MAX])
{
    uint32_t longest = YEARS_MAX * DAYS_PER_YEAR * DAY_S;
    uint32_t left = seconds > longest ? longest : seconds;
    uint32_t days = left / DAY_S;
    uint32_t in_year = days % DAYS_PER_YEAR;

    if (seconds == 0) {
        out[0] = '\0';
        return;
    }
    snprintf(out, SMPP_TIME_MAX, "%02u%02u%02u%02u%02u%02u000R", days / DAYS_PER_YEAR % 100,
             in_year / DAYS_PER_MONTH % 100, in_year % DAYS_PER_MONTH, left / 3600 % 24,
             left / 60 % 60, left % 60);
}

/* 7.1.1: YY MM DD hh mm ss t nn p */
struct fields {
    unsigned year, month, day, hour, minute, second, tenth, quarters;
    char kind; /* + - R */
};

static bool digits(const char *text, size_t n, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(text[i] - '0');
    }
    return true;
}

static enum xk_err split(const char *text, struct fields *f)
{
    if (strnlen(text, TIME_LEN + 1) != TIME_LEN)
        return XK_E_FORMAT;
    if (!digits(text, 2, &f->year) || !digits(text + 2, 2, &f->month) ||
        !digits(text + 4, 2, &f->day) || !digits(text + 6, 2, &f->hour) ||
        !digits(text + 8, 2, &f->minute) || !digits(text + 10, 2, &f->second) ||
        !digits(text + 12, 1, &f->tenth) || !digits(text + 13, 2, &f->quarters))
        return XK_E_FORMAT;
    f->kind = text[TIME_LEN - 1];
    return XK_OK;
}

static uint32_t relative_seconds(const struct fields *f)
{
    uint32_t days = f->year * DAYS_PER_YEAR + f->month * DAYS_PER_MONTH + f->day;

    return days * DAY_S + f->hour * 3600 + f->minute * 60 + f->second;
}

static enum xk_err absolute_seconds(const struct fields *f, int64_t now_ms, uint32_t *seconds)
{
    struct tm tm = {
        .tm_year = (int)f->year + 100,
        .tm_mon = (int)f->month - 1,
        .tm_mday = (int)f->day,
        .tm_hour = (int)f->hour,
        .tm_min = (int)f->minute,
        .tm_sec = (int)f->second,
    };
    int64_t ahead = (int64_t)f->quarters * QUARTER_S * (f->kind == '+' ? 1 : -1);
    int64_t at_ms;

    if (f->month < 1 || f->month > 12 || f->day < 1 || f->day > 31 || f->hour > 23 ||
        f->minute > 59 || f->second > 59 || f->quarters > 48)
        return XK_E_FORMAT;
    at_ms = ((int64_t)timegm(&tm) - ahead) * 1000 + f->tenth * 100;
    if (at_ms <= now_ms || at_ms - now_ms > UINT32_MAX * INT64_C(1000))
        return XK_E_VALUE;
    *seconds = (uint32_t)((at_ms - now_ms + 999) / 1000);
    return XK_OK;
}

enum xk_err smpp_parse_time(const char *text, int64_t now_ms, uint32_t *seconds)
{
    struct fields f;

    if (text[0] == '\0') {
        *seconds = 0;
        return XK_OK;
    }
    TRY(split(text, &f));
    switch (f.kind) {
    case 'R':
        *seconds = relative_seconds(&f);
        return XK_OK;
    case '+':
    case '-':
        return absolute_seconds(&f, now_ms, seconds);
    default:
        return XK_E_FORMAT;
    }
}
