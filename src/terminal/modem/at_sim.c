/* SPDX-License-Identifier: Apache-2.0 */
/* The card over AT: identity, PIN, and its commands as they are (TS 27.007 5.6, 7.4, 7.5, 8.3,
 * 8.17, 8.18, 8.43 to 8.45). */
#include "terminal/modem/at.h"

#define PIN_LEN 8
#define PIN_REFERENCE 0x01
#define SW_GSM_WRONG_PIN 0x9804
#define SW_GSM_BLOCKED 0x9840
#define SELECT_BY_PATH_FROM_MF 0x08
#define SELECT_BY_AID 0x04
#define SELECT_RETURN_FCP 0x04
#define CHANNEL_CLOSE 0x80
#define CHANNELS_FIRST 4 /* TS 102 221 10.1.1: 0 to 3 in the low bits, 4 to 19 in class 4x */
#define FID_MF 0x3F00

/* ---- identity ---- */

static at_result tell_number(struct modem *m, const struct at_command *c, const char *head,
                             const char *number)
{
    at_result trouble = at_card_trouble(m);

    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind == AT_SET)
        return CME_BAD_PARAMETERS;
    if (trouble != AT_OK)
        return trouble;
    if (!number[0])
        return m->card.state == CARD_PIN ? CME_SIM_PIN : CME_NOT_FOUND;
    at_line(m, "%s%s", head, number);
    return AT_OK;
}

at_result at_imsi(struct modem *m, const struct at_command *c)
{
    return tell_number(m, c, "", m->card.imsi);
}

at_result at_iccid(struct modem *m, const struct at_command *c)
{
    return tell_number(m, c, c->name[1] == 'C' ? "+CCID: " : "+ICCID: ", m->card.iccid);
}

/* ---- PIN: TS 102 221 11.1.9 to 11.1.13, and the same in class A0 ---- */

static void send_pin(struct modem *m)
{
    struct modem_at *a = m->at;

    modem_card_send(m, &(struct apdu_command){.cla = modem_cla(m, 0),
                                              .ins = a->pin_ins,
                                              .p2 = m->card.gsm && a->pin_ins == INS_UNBLOCK_PIN
                                                        ? 0x00
                                                        : PIN_REFERENCE,
                                              .data = BYTES(a->apdu, a->apdu_n)});
    explicit_bzero(a->apdu, sizeof a->apdu);
}

static at_result pin_result(struct modem *m, uint16_t sw)
{
    uint8_t *tries = &m->card.pin_tries;

    if (modem_sw_ok(sw))
        return AT_OK;
    if (sw >> 4 == 0x63C)
        *tries = sw & 0x0F;
    else if (sw == SW_GSM_WRONG_PIN)
        *tries -= *tries > 0;
    else if (sw == SW_PIN_BLOCKED || sw == SW_GSM_BLOCKED)
        *tries = 0;
    else
        return sw == SW_REF_DATA_INVALIDATED ? CME_NOT_ALLOWED : CME_SIM_FAILURE;
    if (*tries > 0 || m->at->pin_ins == INS_UNBLOCK_PIN)
        return CME_WRONG_PASSWORD;
    if (m->card.state == CARD_PIN)
        m->card.pin = PUK_WANTED;
    return CME_SIM_PUK;
}

static void pin_answered(struct modem *m, const struct apdu_response *r)
{
    at_result result = pin_result(m, r->sw);

    modem_job_done(m);
    if (result == AT_OK && m->card.state == CARD_PIN)
        modem_boot_after_pin(m);
    if (result == AT_OK && m->at->pin_ins == INS_ENABLE_PIN)
        m->card.pin_enabled = true;
    if (result == AT_OK && m->at->pin_ins == INS_DISABLE_PIN)
        m->card.pin_enabled = false;
    at_finish(m, result);
}

/* 4 to 8 digits, the rest FF */
static bool put_pin(struct modem_at *a, const struct at_command *c, size_t i)
{
    char digits[PIN_LEN + 1];
    size_t n;

    if (!at_quoted(c, i, digits, sizeof digits))
        return false;
    n = strlen(digits);
    if (n < 4 || strspn(digits, "0123456789") != n)
        return false;
    memset(a->apdu + a->apdu_n, 0xFF, PIN_LEN);
    memcpy(a->apdu + a->apdu_n, digits, n);
    a->apdu_n += PIN_LEN;
    explicit_bzero(digits, sizeof digits);
    return true;
}

/* The values c[first..] as PINs in one command */
static at_result pin_command(struct modem *m, const struct at_command *c, uint8_t ins, size_t first,
                             size_t count)
{
    struct modem_at *a = m->at;

    a->apdu_n = 0;
    a->pin_ins = ins;
    for (size_t i = 0; i < count; i++)
        if (!put_pin(a, c, first + i))
            return CME_WRONG_PASSWORD;
    return at_use_card(m, send_pin, pin_answered);
}

static at_result read_pin(struct modem *m)
{
    at_result trouble = at_card_trouble(m);

    if (trouble != AT_OK)
        return trouble;
    if (m->card.state != CARD_PIN)
        at_text(m, "+CPIN: READY");
    else
        at_text(m, m->card.pin == PUK_WANTED ? "+CPIN: SIM PUK" : "+CPIN: SIM PIN");
    return AT_OK;
}

at_result at_pin(struct modem *m, const struct at_command *c)
{
    if (c->kind == AT_READ)
        return read_pin(m);
    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET)
        return CME_BAD_PARAMETERS;
    if (at_card_trouble(m) != AT_OK)
        return at_card_trouble(m);
    if (m->card.state != CARD_PIN)
        return CME_NOT_ALLOWED;
    if (m->card.pin == PUK_WANTED)
        return c->params == 2 ? pin_command(m, c, INS_UNBLOCK_PIN, 0, 2) : CME_SIM_PUK;
    return pin_command(m, c, INS_VERIFY_PIN, 0, 1);
}

static bool is_sim_facility(const struct at_command *c)
{
    char facility[4];

    return at_quoted(c, 0, facility, sizeof facility) && strcmp(facility, "SC") == 0;
}

at_result at_lock(struct modem *m, const struct at_command *c)
{
    at_result trouble = at_card_trouble(m);
    long mode;

    if (c->kind == AT_TEST) {
        at_text(m, "+CLCK: (\"SC\")");
        return AT_OK;
    }
    if (c->kind != AT_SET || !is_sim_facility(c) || !at_number(c, 1, 0, 2, &mode))
        return CME_BAD_PARAMETERS;
    if (trouble != AT_OK)
        return trouble;
    if (mode < 2)
        return pin_command(m, c, mode ? INS_ENABLE_PIN : INS_DISABLE_PIN, 2, 1);
    at_line(m, "+CLCK: %d", m->card.pin_enabled);
    return AT_OK;
}

at_result at_password(struct modem *m, const struct at_command *c)
{
    if (c->kind == AT_TEST) {
        at_text(m, "+CPWD: (\"SC\",8)");
        return AT_OK;
    }
    if (c->kind != AT_SET || !is_sim_facility(c) || c->params != 3)
        return CME_BAD_PARAMETERS;
    return pin_command(m, c, INS_CHANGE_PIN, 1, 2);
}

/* ---- +CSIM (8.17) and +CGLA (8.43): the command as it is ---- */

static void send_raw(struct modem *m)
{
    m->card.file.dir = DIR_NONE; /* who knows what it selects */
    modem_card_send_raw(m, BYTES(m->at->apdu, m->at->apdu_n));
}

static void put_raw(struct modem *m, const char *name, const struct apdu_response *r)
{
    char hex[HEX_LEN(APDU_RESPONSE_MAX)];

    if (r->data.n > APDU_RESPONSE_MAX - 2)
        return;
    hex_encode(r->data, hex);
    at_line(m, "%s: %zu,\"%s%04X\"", name, 2 * r->data.n + 4, hex, r->sw);
}

static void raw_answered(struct modem *m, const struct apdu_response *r)
{
    modem_job_done(m);
    put_raw(m, m->at->channel ? "+CGLA" : "+CSIM", r);
    at_finish(m, AT_OK);
}

/* <length>,<command>: digits of the command, which has at least CLA INS P1 P2 */
static bool take_apdu(struct modem *m, const struct at_command *c, size_t first)
{
    struct modem_at *a = m->at;
    long digits;

    return at_number(c, first, 8, 2 * APDU_COMMAND_MAX, &digits) &&
           at_hex(c, first + 1, a->apdu, sizeof a->apdu, &a->apdu_n) &&
           2 * a->apdu_n == (size_t)digits;
}

at_result at_generic_access(struct modem *m, const struct at_command *c)
{
    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET || !take_apdu(m, c, 0))
        return CME_BAD_PARAMETERS;
    m->at->channel = 0;
    return at_use_card(m, send_raw, raw_answered);
}

/* ---- logical channels (8.43, 8.44, 8.45): the session is the channel ---- */

static uint8_t class_on(uint8_t channel, uint8_t cla)
{
    if (channel < CHANNELS_FIRST)
        return (uint8_t)((cla & ~0x03) | channel);
    return (uint8_t)((cla & 0x80) | 0x40 | (channel - CHANNELS_FIRST));
}

static void send_open(struct modem *m)
{
    modem_card_send(m, &(struct apdu_command){.ins = INS_MANAGE_CHANNEL, .has_le = true, .le = 1});
}

static void send_close(struct modem *m)
{
    modem_card_send(m, &(struct apdu_command){
                           .ins = INS_MANAGE_CHANNEL, .p1 = CHANNEL_CLOSE, .p2 = m->at->channel});
}

static void send_select(struct modem *m)
{
    struct modem_at *a = m->at;

    modem_card_send(m, &(struct apdu_command){.cla = class_on(a->channel, 0),
                                              .ins = INS_SELECT,
                                              .p1 = SELECT_BY_AID,
                                              .p2 = SELECT_RETURN_FCP,
                                              .data = BYTES(a->apdu, a->apdu_n),
                                              .has_le = true,
                                              .le = 256});
}

static void opened(struct modem *m, const struct apdu_response *r)
{
    struct modem_at *a = m->at;

    if (m->card.step == 0) {
        if (modem_sw_ok(r->sw) && r->data.n == 1 && r->data.p[0] > 0 &&
            r->data.p[0] < AT_CHANNELS) {
            a->channel = r->data.p[0];
            m->card.step = 1;
            send_select(m);
            return;
        }
        modem_job_done(m);
        at_finish(m, CME_MEMORY_FULL);
    } else if (m->card.step == 1 && !modem_sw_ok(r->sw)) {
        m->card.step = 2;
        send_close(m);
    } else {
        bool selected = m->card.step == 1;

        modem_job_done(m);
        if (selected) {
            a->channels |= 1u << a->channel;
            at_line(m, "+CCHO: %d", a->channel);
        }
        at_finish(m, selected ? AT_OK : CME_NOT_FOUND);
    }
}

at_result at_channel_open(struct modem *m, const struct at_command *c)
{
    struct modem_at *a = m->at;

    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET || !at_hex(c, 0, a->apdu, MODEM_AID_MAX, &a->apdu_n) || a->apdu_n < 5)
        return CME_BAD_PARAMETERS;
    return at_use_card(m, send_open, opened);
}

static void closed(struct modem *m, const struct apdu_response *r)
{
    modem_job_done(m);
    m->at->channels &= ~(1u << m->at->channel);
    at_finish(m, modem_sw_ok(r->sw) ? AT_OK : CME_SIM_FAILURE);
}

static bool take_session(struct modem *m, const struct at_command *c)
{
    long session;

    if (!at_number(c, 0, 1, AT_CHANNELS - 1, &session) || !(m->at->channels & 1u << session))
        return false;
    m->at->channel = (uint8_t)session;
    return true;
}

at_result at_channel_close(struct modem *m, const struct at_command *c)
{
    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET)
        return CME_BAD_PARAMETERS;
    return take_session(m, c) ? at_use_card(m, send_close, closed) : CME_INVALID_INDEX;
}

at_result at_channel_access(struct modem *m, const struct at_command *c)
{
    struct modem_at *a = m->at;

    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET || !take_apdu(m, c, 1))
        return CME_BAD_PARAMETERS;
    if (!take_session(m, c))
        return CME_INVALID_INDEX;
    a->apdu[0] = class_on(a->channel, a->apdu[0]);
    return at_use_card(m, send_raw, raw_answered);
}

/* ---- +CRSM (8.18): one file command, its SELECT done here ---- */

static const struct {
    uint8_t ins;
    bool reads, select;
} file_commands[] = {
    {INS_READ_BINARY, true, true},    {INS_READ_RECORD, true, true},
    {INS_GET_RESPONSE, true, true},   {INS_UPDATE_BINARY, false, true},
    {INS_UPDATE_RECORD, false, true}, {INS_STATUS, true, false},
};

static void put_restricted(struct modem *m, const struct apdu_response *r)
{
    char hex[HEX_LEN(APDU_RESPONSE_MAX)];

    modem_job_done(m);
    hex_encode(bytes_part(r->data, 0, APDU_RESPONSE_MAX), hex);
    if (r->data.n > 0)
        at_line(m, "+CRSM: %d,%d,\"%s\"", r->sw >> 8, r->sw & 0xFF, hex);
    else
        at_line(m, "+CRSM: %d,%d", r->sw >> 8, r->sw & 0xFF);
    at_finish(m, AT_OK);
}

/* A UICC takes the path at once, a SIM element by element. */
static void select_path(struct modem *m)
{
    struct modem_at *a = m->at;
    uint8_t data[2 * ARRAY_LEN(a->path)];
    size_t n = 0;
    bool gsm = m->card.gsm;

    do {
        data[n++] = (uint8_t)(a->path[a->path_at] >> 8);
        data[n++] = (uint8_t)a->path[a->path_at];
        a->path_at++;
    } while (!gsm && a->path_at < a->path_n);
    modem_card_send(m, &(struct apdu_command){.cla = modem_cla(m, 0),
                                              .ins = INS_SELECT,
                                              .p1 = gsm ? 0 : SELECT_BY_PATH_FROM_MF,
                                              .p2 = gsm ? 0 : SELECT_RETURN_FCP,
                                              .data = BYTES(data, n),
                                              .has_le = !gsm,
                                              .le = gsm ? 0 : 256});
}

static void send_file_command(struct modem *m)
{
    struct modem_at *a = m->at;
    struct apdu_command c;

    m->card.step = 1;
    if (apdu_decode_command(BYTES(a->apdu, a->apdu_n), &c) == XK_OK) {
        modem_card_send(m, &c);
        return;
    }
    modem_job_done(m);
    at_finish(m, CME_BAD_PARAMETERS);
}

static void start_restricted(struct modem *m)
{
    m->card.file.dir = DIR_NONE;
    if (m->at->path_n > 0)
        select_path(m);
    else
        send_file_command(m);
}

static void restricted_answered(struct modem *m, const struct apdu_response *r)
{
    struct modem_at *a = m->at;

    if (m->card.step == 1 || !modem_sw_ok(r->sw))
        put_restricted(m, r);
    else if (a->path_at < a->path_n)
        select_path(m);
    else if (a->apdu[1] == INS_GET_RESPONSE)
        put_restricted(m, r);
    else
        send_file_command(m);
}

/* <pathid> in hexadecimal from the MF, or the place where such a file usually is */
static bool take_path(struct modem *m, const struct at_command *c, uint16_t fid)
{
    struct modem_at *a = m->at;
    uint8_t path[6];
    size_t n = 0;

    a->path_n = a->path_at = 0;
    if (m->card.gsm)
        a->path[a->path_n++] = FID_MF;
    if (c->params > 6 && c->param[6].present) {
        if (!at_hex(c, 6, path, sizeof path, &n) || n % 2)
            return false;
    } else if (fid >> 8 == 0x6F) {
        memcpy(path, m->card.gsm ? "\x7F\x20" : "\x7F\xFF", 2);
        n = 2;
    }
    for (size_t i = 0; i < n; i += 2)
        if (path[i] != FID_MF >> 8 && a->path_n + 1u < ARRAY_LEN(a->path))
            a->path[a->path_n++] = (uint16_t)(path[i] << 8 | path[i + 1]);
    if (fid != FID_MF || a->path_n == 0)
        a->path[a->path_n++] = fid;
    return true;
}

/* P1, P2, P3 and data into a->apdu; P3 of a command that reads is Le. */
static bool take_file_command(struct modem *m, const struct at_command *c, uint8_t ins, bool reads)
{
    struct modem_at *a = m->at;
    size_t n = 0;
    long p[3];

    for (size_t i = 0; i < 3; i++)
        if (at_int(c, 2 + i, 0, 0, 255, &p[i]) != XK_OK)
            return false;
    a->apdu[0] = modem_cla(m, ins == INS_STATUS ? 0x80 : 0x00);
    a->apdu[1] = ins;
    a->apdu[2] = (uint8_t)p[0];
    a->apdu[3] = (uint8_t)p[1];
    a->apdu[4] = (uint8_t)p[2];
    if (!reads && (!at_hex(c, 5, a->apdu + 5, 255, &n) || n != (size_t)p[2] || n == 0))
        return false;
    a->apdu_n = 5 + n;
    return true;
}

at_result at_restricted_access(struct modem *m, const struct at_command *c)
{
    long ins, fid;

    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET || !at_number(c, 0, 0, 255, &ins) ||
        at_int(c, 1, 0, 0, 0xFFFF, &fid) != XK_OK)
        return CME_BAD_PARAMETERS;
    for (size_t i = 0; i < ARRAY_LEN(file_commands); i++) {
        if (file_commands[i].ins != ins)
            continue;
        if (!take_file_command(m, c, (uint8_t)ins, file_commands[i].reads))
            return CME_BAD_PARAMETERS;
        m->at->path_n = 0;
        if (file_commands[i].select && (fid == 0 || !take_path(m, c, (uint16_t)fid)))
            return CME_BAD_PARAMETERS;
        return at_use_card(m, start_restricted, restricted_answered);
    }
    return CME_NOT_SUPPORTED;
}
