/* SPDX-License-Identifier: Apache-2.0 */
/* Delivery receipts (SMPP 3.4 appendix B). The appendix is an example, and each message centre
 * varies it: the case, the spaces, the length of the dates, which fields are there. */
#include "codec/smpp/smpp.h"

#include "base/hex.h"

#include <inttypes.h>

#define ZONE_S (8 * 3600) /* +0800 */

static const struct {
    uint8_t state;
    const char *word;  /* as the appendix abbreviates it */
    const char *begin; /* what also the longer spellings begin with */
} states[] = {
    {SMPP_STATE_ENROUTE, "ENROUTE", "enrou"},       {SMPP_STATE_DELIVERED, "DELIVRD", "deliv"},
    {SMPP_STATE_EXPIRED, "EXPIRED", "expir"},       {SMPP_STATE_DELETED, "DELETED", "delet"},
    {SMPP_STATE_UNDELIVERABLE, "UNDELIV", "undel"}, {SMPP_STATE_ACCEPTED, "ACCEPTD", "accep"},
    {SMPP_STATE_UNKNOWN, "UNKNOWN", "unkno"},       {SMPP_STATE_REJECTED, "REJECTD", "rejec"},
    {SMPP_STATE_UNDELIVERABLE, "FAILED", "faile"},
};

static const char *word_of(uint8_t state)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (states[i].state == state)
            return states[i].word;
    return NULL;
}

static bool id_fit(const char *id)
{
    size_t n = strnlen(id, SMPP_ID_MAX);

    if (n == 0 || n == SMPP_ID_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (id[i] <= ' ' || id[i] > '~' || id[i] == ':')
            return false;
    return true;
}

static void put_date(struct buf *b, int64_t ms)
{
    time_t local = (time_t)(ms / 1000 + ZONE_S);
    struct tm tm = {0};

    gmtime_r(&local, &tm);
    buf_printf(b, "%02d%02d%02d%02d%02d", tm.tm_year % 100, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
               tm.tm_min);
}

enum xk_err smpp_encode_receipt(const struct smpp_receipt *r, struct buf *out)
{
    const char *word = word_of(r->state);

    if (!word || !id_fit(r->id))
        return XK_E_VALUE;
    buf_printf(out, "id:%s sub:001 dlvrd:%s submit date:", r->id,
               r->state == SMPP_STATE_DELIVERED ? "001" : "000");
    put_date(out, r->submitted_ms);
    buf_put_str(out, " done date:");
    put_date(out, r->done_ms);
    buf_printf(out, " stat:%s err:%03u text:", word, (unsigned)r->error);
    return buf_ok(out);
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Whether text begins with key (lower case); a space in key may be any one of ' ', '_' or nothing.
 * The length of what matched, or 0. */
static size_t match(struct bytes text, const char *key)
{
    size_t i = 0;

    for (; *key; key++) {
        char c = i < text.n ? lower(text.p[i]) : '\0';

        if (*key == ' ' && c != ' ' && c != '_')
            continue;
        if (*key != ' ' && c != *key)
            return 0;
        i++;
    }
    return i;
}

static bool is_word_start(struct bytes text, size_t i)
{
    return i == 0 || text.p[i - 1] <= ' ';
}

/* Where a key is and how long; keys stand at the start of words. */
static bool find(struct bytes text, const char *key, size_t *at, size_t *n)
{
    for (size_t i = 0; i < text.n; i++) {
        *n = is_word_start(text, i) ? match(bytes_part(text, i, text.n), key) : 0;
        if (*n > 0) {
            *at = i;
            return true;
        }
    }
    return false;
}

static struct bytes first_word(struct bytes text)
{
    size_t n = 0;

    while (n < text.n && text.p[n] > ' ')
        n++;
    return bytes_part(text, 0, n);
}

/* The word behind the key, with or without a space between; empty when the next key follows. */
static bool value_of(struct bytes text, const char *key, struct bytes *out)
{
    size_t at, n;
    struct bytes rest;

    if (!find(text, key, &at, &n))
        return false;
    rest = bytes_part(text, at + n, text.n);
    if (rest.n > 0 && rest.p[0] == ' ')
        rest = bytes_part(rest, 1, rest.n);
    *out = first_word(rest);
    if (out->n > 0 && memchr(out->p, ':', out->n))
        *out = BYTES_NONE;
    return true;
}

static int two_digits(const uint8_t *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

static bool all_digits(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] < '0' || b.p[i] > '9')
            return false;
    return b.n > 0;
}

/* YYMMDDhhmm, YYMMDDhhmmss or YYYYMMDDhhmmss; 0 for anything else. */
static int64_t date_of(struct bytes v)
{
    struct tm tm = {0};

    if (!all_digits(v) || (v.n != 10 && v.n != 12 && v.n != 14))
        return 0;
    if (v.n == 14)
        v = bytes_part(v, 2, 12);
    tm.tm_year = two_digits(v.p);
    tm.tm_year += tm.tm_year < 70 ? 100 : 0;
    tm.tm_mon = two_digits(v.p + 2) - 1;
    tm.tm_mday = two_digits(v.p + 4);
    tm.tm_hour = two_digits(v.p + 6);
    tm.tm_min = two_digits(v.p + 8);
    tm.tm_sec = v.n == 12 ? two_digits(v.p + 10) : 0;
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 59)
        return 0;
    return ((int64_t)timegm(&tm) - ZONE_S) * 1000;
}

static uint8_t state_of(struct bytes v)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (match(v, states[i].begin) > 0)
            return states[i].state;
    return SMPP_STATE_UNKNOWN;
}

/* Decimal; hexadecimal when there is a letter in it; 0 when it is neither. */
static uint16_t error_of(struct bytes v)
{
    unsigned base = all_digits(v) ? 10 : 16;
    unsigned n = 0;

    for (size_t i = 0; i < v.n; i++) {
        int digit = hex_digit((char)v.p[i]);

        if (digit < 0)
            return 0;
        n = n * base + (unsigned)digit;
        if (n > UINT16_MAX)
            return 0;
    }
    return (uint16_t)n;
}

/* "text:" begins what the sender wrote; nothing in it counts. */
static struct bytes without_text(struct bytes text)
{
    size_t at, n;

    return find(text, "text:", &at, &n) ? bytes_part(text, 0, at) : text;
}

enum xk_err smpp_decode_receipt(struct bytes text, struct smpp_receipt *out)
{
    struct smpp_receipt r = {0};
    struct bytes v;
    bool id, stat;

    text = without_text(text);
    id = value_of(text, "id:", &v) && v.n > 0;
    if (id && !bytes_to_cstr(v, r.id, sizeof r.id))
        return XK_E_FORMAT;
    stat = value_of(text, "stat:", &v) && v.n > 0;
    if (stat)
        r.state = state_of(v);
    if (!id && !stat)
        return XK_E_FORMAT;
    if (value_of(text, "err:", &v))
        r.error = error_of(v);
    if (value_of(text, "submit date:", &v))
        r.submitted_ms = date_of(v);
    if (value_of(text, "done date:", &v))
        r.done_ms = date_of(v);
    *out = r;
    return XK_OK;
}

/* False when text is no number of that base or has over 64 bits. */
static bool number_of(const char *text, unsigned base, uint64_t *out)
{
    uint64_t n = 0;

    for (const char *p = text; *p; p++) {
        int digit = hex_digit(*p);

        if (digit < 0 || (unsigned)digit >= base || n > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        n = n * base + (unsigned)digit;
    }
    *out = n;
    return *text != '\0';
}

size_t smpp_id_forms(const char *id, char forms[SMPP_ID_FORMS][SMPP_ID_MAX])
{
    uint64_t v;
    size_t n = 0;

    snprintf(forms[n++], SMPP_ID_MAX, "%.*s", SMPP_ID_MAX - 1, id);
    if (number_of(id, 10, &v)) {
        snprintf(forms[n++], SMPP_ID_MAX, "%" PRIX64, v);
        snprintf(forms[n++], SMPP_ID_MAX, "%" PRIx64, v);
    }
    if (number_of(id, 16, &v))
        snprintf(forms[n++], SMPP_ID_MAX, "%" PRIu64, v);
    return n;
}
