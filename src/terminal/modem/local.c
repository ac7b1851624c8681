/* SPDX-License-Identifier: Apache-2.0 */
/* What the card may ask the terminal: where and who it is, and timers. */
#include "terminal/modem/core.h"

#define CAUSE_NO_SERVICE 0x04
#define RESULT_TIMER_CONTRADICTION 0x24 /* TS 102 223 8.12: not in this state of the timer */
#define TAG_NETWORK_MEASUREMENT 0x16
#define IDENTITY_MAX 9
#define IDENTITY_ODD 0x08
#define IDENTITY_IMEI 0x02
#define IDENTITY_IMEISV 0x03
#define NMR_LEN 16 /* TS 44.018 10.5.2.20 */
#define ACCESS_GSM 0x00
#define ACCESS_EUTRAN 0x08

/* TS 24.008 10.5.1.4: the first digit shares its octet with parity and type of identity. */
static void put_identity(struct buf *b, uint8_t tag, const char *digits, uint8_t type)
{
    uint8_t value[IDENTITY_MAX];
    size_t count = strnlen(digits, sizeof value * 2);
    size_t n = 1 + count / 2;

    if (count < 2 || n > sizeof value || ef_put_bcd(digits + 1, value + 1, n - 1) != XK_OK)
        return;
    value[0] = (uint8_t)((digits[0] - '0') << 4 | (count % 2 ? IDENTITY_ODD : 0) | type);
    cat_tlv_put(b, tag, BYTES(value, n));
}

size_t modem_location_value(const struct modem *m, uint8_t out[MODEM_PLACE_MAX])
{
    const struct modem_cell *c = &m->emm.cell;
    uint32_t cell = c->cell;

    if (!c->known || ef_encode_plmn(c->plmn, out) != XK_OK)
        return 0;
    out[3] = (uint8_t)(c->lac >> 8);
    out[4] = (uint8_t)c->lac;
    if (c->rat == AIR_GSM) {
        out[5] = (uint8_t)(cell >> 8);
        out[6] = (uint8_t)cell;
        return 7;
    }
    cell = cell << 4 | 0x0F; /* 28 bits, then ones */
    for (size_t i = 0; i < 4; i++)
        out[5 + i] = (uint8_t)(cell >> (24 - 8 * i));
    return MODEM_PLACE_MAX;
}

uint8_t modem_access_technology(const struct modem *m)
{
    return m->emm.cell.rat == AIR_GSM ? ACCESS_GSM : ACCESS_EUTRAN;
}

static void put_location(struct modem *m, struct buf *b)
{
    uint8_t place[MODEM_PLACE_MAX];
    size_t n = modem_location_value(m, place);

    if (n > 0)
        cat_tlv_put(b, CAT_TAG_LOCATION_INFORMATION | CAT_COMPREHENSION, BYTES(place, n));
}

static void put_measurement(struct modem *m, struct buf *b)
{
    uint8_t report[NMR_LEN] = {0};

    if (m->emm.cell.known)
        cat_tlv_put(b, TAG_NETWORK_MEASUREMENT | CAT_COMPREHENSION, BYTES_OF(report));
}

static void put_date(struct modem *m, struct buf *b)
{
    uint8_t stamp[SMS_SCTS_LEN];

    sms_encode_scts(m->now, stamp);
    cat_tlv_put(b, CAT_TAG_DATE_TIME_ZONE | CAT_COMPREHENSION, BYTES_OF(stamp));
}

static void put_technology(struct modem *m, struct buf *b)
{
    uint8_t technology = modem_access_technology(m);

    if (m->emm.cell.known)
        cat_tlv_put(b, CAT_TAG_ACCESS_TECHNOLOGY | CAT_COMPREHENSION, BYTES(&technology, 1));
}

/* TS 102 223 6.4.15. Nothing put: the network is needed and not there. False: not supported. */
static bool put_information(struct modem *m, uint8_t qualifier, struct buf *b)
{
    const char *language = m->card.language;

    switch (qualifier) {
    case CAT_PLI_LOCATION:
        put_location(m, b);
        return true;
    case CAT_PLI_IMEI:
        put_identity(b, CAT_TAG_IMEI | CAT_COMPREHENSION, m->config.imei, IDENTITY_IMEI);
        return true;
    case CAT_PLI_IMEISV:
        put_identity(b, CAT_TAG_IMEISV | CAT_COMPREHENSION, m->config.imeisv, IDENTITY_IMEISV);
        return true;
    case CAT_PLI_NMR:
        put_measurement(m, b);
        return true;
    case CAT_PLI_DATE_TIME:
        put_date(m, b);
        return true;
    case CAT_PLI_LANGUAGE:
        cat_tlv_put(b, CAT_TAG_LANGUAGE | CAT_COMPREHENSION,
                    bytes_cstr(language[0] ? language : "zh"));
        return true;
    case CAT_PLI_ACCESS_TECHNOLOGY:
        put_technology(m, b);
        return true;
    default:
        return false;
    }
}

void modem_local_information(struct modem *m, const struct cat_proactive *p)
{
    uint8_t mem[64];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (!put_information(m, p->qualifier, &b))
        modem_reply(m, CAT_RESULT_BEYOND_CAPABILITIES, BYTES_NONE, BYTES_NONE);
    else if (b.n == 0)
        modem_reply_cause(m, CAT_RESULT_TERMINAL_UNABLE, CAUSE_NO_SERVICE);
    else
        modem_reply(m, CAT_RESULT_OK, BYTES_NONE, buf_bytes(&b));
}

/* ---- timers (TS 102 223 6.4.21, 7.4.1) ---- */

static void reply_timer(struct modem *m, uint8_t result, unsigned i, const uint32_t *seconds)
{
    uint8_t object[8] = {CAT_TAG_TIMER_IDENTIFIER | CAT_COMPREHENSION, 1, (uint8_t)(i + 1),
                         CAT_TAG_TIMER_VALUE | CAT_COMPREHENSION, 3};

    if (seconds)
        cat_encode_timer_value(*seconds, object + 5);
    modem_reply(m, result, BYTES_NONE, BYTES(object, seconds ? 8 : 3));
}

static void start_timer(struct modem *m, unsigned i, struct bytes objects)
{
    struct bytes value;
    uint32_t seconds;

    if (cat_tlv_find(objects, CAT_TAG_TIMER_VALUE, &value) != XK_OK) {
        modem_reply(m, CAT_RESULT_VALUES_MISSING, BYTES_NONE, BYTES_NONE);
        return;
    }
    if (cat_decode_timer_value(value, &seconds) != XK_OK) {
        modem_reply(m, CAT_RESULT_DATA_NOT_UNDERSTOOD, BYTES_NONE, BYTES_NONE);
        return;
    }
    m->toolkit.timer[i].due = m->now + (int64_t)seconds * 1000;
    m->toolkit.timer[i].seconds = seconds;
    m->toolkit.expired &= (uint8_t) ~(1u << i);
    reply_timer(m, CAT_RESULT_OK, i, NULL);
}

static void read_timer(struct modem *m, unsigned i, bool stop)
{
    int64_t left = m->toolkit.timer[i].due - m->now;
    uint32_t seconds = left > 0 ? (uint32_t)((left + 999) / 1000) : 0;

    if (m->toolkit.timer[i].due == INT64_MAX) {
        modem_reply(m, RESULT_TIMER_CONTRADICTION, BYTES_NONE, BYTES_NONE);
        return;
    }
    if (stop)
        m->toolkit.timer[i].due = INT64_MAX;
    reply_timer(m, CAT_RESULT_OK, i, &seconds);
}

void modem_timer_management(struct modem *m, const struct cat_proactive *p)
{
    struct bytes id;
    uint8_t action = p->qualifier & 0x03; /* 8.6: b1, b2 */

    if (cat_tlv_find(p->objects, CAT_TAG_TIMER_IDENTIFIER, &id) != XK_OK || id.n != 1) {
        modem_reply(m, CAT_RESULT_VALUES_MISSING, BYTES_NONE, BYTES_NONE);
        return;
    }
    if (id.p[0] < 1 || id.p[0] > MODEM_CAT_TIMERS || action > CAT_TIMER_GET)
        modem_reply(m, CAT_RESULT_DATA_NOT_UNDERSTOOD, BYTES_NONE, BYTES_NONE);
    else if (action == CAT_TIMER_START)
        start_timer(m, id.p[0] - 1u, p->objects);
    else
        read_timer(m, id.p[0] - 1u, action == CAT_TIMER_STOP);
}

int64_t modem_toolkit_deadline(const struct modem *m)
{
    int64_t at = INT64_MAX;

    for (size_t i = 0; i < MODEM_CAT_TIMERS; i++)
        if (m->toolkit.timer[i].due < at)
            at = m->toolkit.timer[i].due;
    return at;
}

void modem_toolkit_time(struct modem *m)
{
    struct modem_toolkit *t = &m->toolkit;

    for (size_t i = 0; i < MODEM_CAT_TIMERS; i++) {
        if (t->timer[i].due > m->now)
            continue;
        t->timer[i].due = INT64_MAX;
        t->expired |= (uint8_t)(1u << i);
        modem_want(m, JOB_TIMER);
    }
}

static unsigned first_expired(const struct modem *m)
{
    unsigned i = 0;

    while (i < MODEM_CAT_TIMERS && !(m->toolkit.expired & 1u << i))
        i++;
    return i;
}

void modem_expiry_start(struct modem *m)
{
    uint8_t mem[32];
    unsigned i = first_expired(m);
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (i == MODEM_CAT_TIMERS ||
        cat_encode_timer_expiration((uint8_t)(i + 1), m->toolkit.timer[i].seconds, &b) != XK_OK) {
        m->toolkit.expired = 0;
        modem_job_done(m);
        return;
    }
    modem_send_envelope(m, buf_bytes(&b));
}

void modem_expiry_response(struct modem *m, const struct apdu_response *r)
{
    modem_job_done(m);
    if (r->sw == SW_TOOLKIT_BUSY && m->toolkit.busy) {
        m->toolkit.postponed |= 1u << JOB_TIMER;
        return;
    }
    m->toolkit.expired &= (uint8_t)(m->toolkit.expired - 1);
    if (m->toolkit.expired)
        modem_want(m, JOB_TIMER);
}
