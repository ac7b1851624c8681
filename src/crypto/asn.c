/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/asn.h"

static int digits(const uint8_t *p, size_t n, bool *bad)
{
    int v = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            *bad = true;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

/* Days since 1970-01-01 in the Gregorian calendar: years begin in March, so the leap day is the
 * last. */
static int64_t days_since_1970(int year, int month, int day)
{
    int y = month > 2 ? year : year - 1;
    int m = month > 2 ? month - 3 : month + 9;
    int64_t days = (int64_t)365 * y + y / 4 - y / 100 + y / 400;

    return days + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool date_exists(int year, int month, int day)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] + (month == 2 && is_leap(year));
}

/* p: MMDDhhmmss */
static int64_t time_of(struct cur *c, int year, const uint8_t *p, bool bad)
{
    int month = digits(p, 2, &bad);
    int day = digits(p + 2, 2, &bad);
    int hour = digits(p + 4, 2, &bad);
    int minute = digits(p + 6, 2, &bad);
    int second = digits(p + 8, 2, &bad);

    if (bad || !date_exists(year, month, day) || hour > 23 || minute > 59 || second > 59 ||
        p[10] != 'Z') {
        asn_fail(c);
        return 0;
    }
    return (days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000;
}

int64_t asn_time(struct cur *c)
{
    uint8_t tag = 0;
    struct bytes v = asn_any(c, &tag);
    bool bad = false;
    int year;

    if (tag == ASN_UTC_TIME && v.n == 13) {
        year = digits(v.p, 2, &bad);
        return time_of(c, year < 50 ? 2000 + year : 1900 + year, v.p + 2, bad);
    }
    if (tag == ASN_GENERALIZED_TIME && v.n == 15) {
        year = digits(v.p, 4, &bad);
        return time_of(c, year, v.p + 4, bad);
    }
    asn_fail(c);
    return 0;
}
