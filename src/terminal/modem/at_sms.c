/* SPDX-License-Identifier: Apache-2.0 */
/* Short messages over AT, PDU mode (TS 27.005 3, 4). */
#include "terminal/modem/at.h"

#define FID_SMS 0x6F3C
#define SMS_RECORD_LEN 176
#define RECORD_USED 0x01
#define RECORD_READ 0x01
#define RECORD_UNREAD 0x03
#define RECORD_UNSENT 0x07
#define STAT_UNREAD 0 /* TS 27.005 3.1 <stat> */
#define STAT_READ 1
#define STAT_UNSENT 2
#define STAT_SENT 3
#define STAT_ALL 4
#define DELETE_ONE 0 /* <delflag> */
#define DELETE_READ 1
#define DELETE_NOT_UNREAD 3
#define DELETE_ALL 4
#define MTI_SUBMIT 0x01
#define MTI_MASK 0x03
#define INDICATE_STORED 1 /* <mt> */
#define INDICATE_WHOLE 2

/* ---- settings ---- */

at_result at_message_service(struct modem *m, const struct at_command *c)
{
    long service;

    if (c->kind == AT_TEST)
        at_text(m, "+CSMS: (0)");
    else if (c->kind == AT_READ)
        at_text(m, "+CSMS: 0,1,1,0");
    else if (c->kind == AT_SET && at_number(c, 0, 0, 0, &service))
        at_text(m, "+CSMS: 1,1,0");
    else
        return CMS_NOT_SUPPORTED;
    return AT_OK;
}

at_result at_message_format(struct modem *m, const struct at_command *c)
{
    long mode = 0;

    if (c->kind == AT_TEST)
        at_text(m, "+CMGF: (0)");
    else if (c->kind == AT_READ)
        at_text(m, "+CMGF: 0");
    else if (at_int(c, 0, 0, 0, 0, &mode) != XK_OK)
        return CMS_NOT_SUPPORTED;
    return AT_OK;
}

at_result at_service_centre(struct modem *m, const struct at_command *c)
{
    char number[SMS_NUMBER_TEXT];
    const char *digits = number;

    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind == AT_READ) {
        at_line(m, "+CSCA: \"%s\",%d", m->card.smsc, m->card.smsc[0] == '+' ? 145 : 129);
        return AT_OK;
    }
    if (c->kind != AT_SET || !at_quoted(c, 0, number, sizeof m->card.smsc - 1))
        return CMS_INVALID_PDU;
    digits += number[0] == '+';
    if (strlen(digits) > 20 || strspn(digits, "0123456789") != strlen(digits))
        return CMS_INVALID_PDU;
    snprintf(m->card.smsc, sizeof m->card.smsc, "%s", number);
    return AT_OK;
}

at_result at_indications(struct modem *m, const struct at_command *c)
{
    static const long most[] = {2, 2, 0, 0, 1};
    uint8_t *set = m->at->indications;
    long value[ARRAY_LEN(most)];

    if (c->kind == AT_TEST) {
        at_text(m, "+CNMI: (0-2),(0-2),(0),(0),(0,1)");
        return AT_OK;
    }
    if (c->kind == AT_READ) {
        at_line(m, "+CNMI: %d,%d,%d,%d,%d", set[0], set[1], set[2], set[3], set[4]);
        return AT_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(most); i++)
        if (at_int(c, i, 0, 0, most[i], &value[i]) != XK_OK)
            return CMS_NOT_SUPPORTED;
    for (size_t i = 0; i < ARRAY_LEN(most); i++)
        set[i] = (uint8_t)value[i];
    return AT_OK;
}

/* ---- the memory of the ME ---- */

static void put_pdu(struct modem *m, const char *head, const char *smsc, struct bytes tpdu)
{
    uint8_t mem[SMS_NUMBER_TEXT + SMS_TPDU_MAX];
    char hex[HEX_LEN(sizeof mem)];
    uint8_t field[EF_SMSC_LEN] = {0};
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (!smsc[0] || ef_encode_smsc(smsc, field) != XK_OK || field[0] >= sizeof field)
        field[0] = 0;
    buf_put(&b, field, 1u + field[0]);
    buf_put_bytes(&b, tpdu);
    hex_encode(buf_bytes(&b), hex);
    at_line(m, "%s%zu\r\n%s", head, tpdu.n, hex);
}

/* The TPDU as long as it says it is: behind the service centre of a record, before the padding */
static struct bytes record_tpdu(struct bytes record, char smsc[EF_MSISDN_TEXT])
{
    struct bytes tpdu = bytes_part(record, 2u + record.p[1], record.n);
    uint8_t field[EF_SMSC_LEN];

    smsc[0] = '\0';
    memset(field, 0xFF, sizeof field);
    if (record.p[1] > 0 && record.p[1] < sizeof field && record.n >= 1 + sizeof field) {
        memcpy(field, record.p + 1, 1u + record.p[1]);
        if (ef_decode_smsc(field, smsc) != XK_OK)
            smsc[0] = '\0';
    }
    while (tpdu.n > 0 && tpdu.p[tpdu.n - 1] == 0xFF)
        tpdu.n--;
    return tpdu;
}

static size_t places(const struct modem_at *a)
{
    return a->store ? AT_STORE_MAX : 0;
}

static uint8_t stored_count(const struct modem_at *a)
{
    uint8_t n = 0;

    for (size_t i = 0; i < places(a); i++)
        n += a->store[i].n > 0;
    return n;
}

static bool store(struct modem *m, const char *smsc, struct bytes tpdu)
{
    if (!m->at->store)
        m->at->store = calloc(AT_STORE_MAX, sizeof *m->at->store);
    for (size_t i = 0; i < places(m->at); i++) {
        struct at_stored *s = &m->at->store[i];

        if (s->n > 0)
            continue;
        s->n = (uint8_t)tpdu.n;
        s->unread = true;
        memcpy(s->tpdu, tpdu.p, tpdu.n);
        snprintf(s->smsc, sizeof s->smsc, "%s", smsc);
        if (m->at->indications[1] == INDICATE_STORED)
            at_line(m, "+CMTI: \"ME\",%zu", i);
        return true;
    }
    return false;
}

/* TS 27.005 3.4.1: to the port at once, or kept */
bool modem_at_keep(struct modem *m, const char *smsc, struct bytes tpdu)
{
    if (!m->at)
        return true;
    if (tpdu.n > SMS_TPDU_MAX)
        return false;
    if (m->at->indications[1] != INDICATE_WHOLE)
        return store(m, smsc, tpdu);
    put_pdu(m, "+CMT: ,", smsc, tpdu);
    return true;
}

void modem_at_stored(struct modem *m, uint8_t record)
{
    if (m->at && m->at->indications[1] != 0)
        at_line(m, "+CMTI: \"SM\",%d", record);
}

/* ---- EF_SMS record by record ---- */

static uint8_t stat_of(uint8_t status)
{
    switch (status & 0x07) {
    case RECORD_UNREAD:
        return STAT_UNREAD;
    case RECORD_READ:
        return STAT_READ;
    case RECORD_UNSENT:
        return STAT_UNSENT;
    default:
        return STAT_SENT;
    }
}

static bool to_be_deleted(const struct modem_at *a, uint8_t stat)
{
    switch (a->delete_flag) {
    case DELETE_ONE:
    case DELETE_ALL:
        return true;
    case DELETE_READ:
        return stat == STAT_READ;
    case DELETE_NOT_UNREAD:
        return stat != STAT_UNREAD;
    default:
        return stat == STAT_READ || stat == STAT_SENT;
    }
}

static void read_record(struct modem *m)
{
    modem_file_read_record(m, modem_sms_dir(m), FID_SMS, m->at->record);
}

static void start_scan(struct modem *m)
{
    m->card.step = 0;
    m->at->used = 0;
    read_record(m);
}

static void put_storage(struct modem *m, const char *head, bool named)
{
    const struct modem_at *a = m->at;
    unsigned used = a->in_card ? a->used : stored_count(a);
    unsigned total = a->in_card ? m->card.sms_records : AT_STORE_MAX;
    const char *name = !named ? "" : a->in_card ? "\"SM\"," : "\"ME\",";

    at_line(m, "%s%s%u,%u,%s%u,%u,%s%u,%u", head, name, used, total, name, used, total, name, used,
            total);
}

static void end_scan(struct modem *m, at_result result)
{
    modem_job_done(m);
    if (m->at->scan == SCAN_COUNT)
        put_storage(m, "+CPMS: ", m->at->status != 0);
    at_finish(m, result);
}

static void next_record(struct modem *m)
{
    struct modem_at *a = m->at;

    if (a->one_record || a->record >= m->card.sms_records) {
        end_scan(m, AT_OK);
        return;
    }
    a->record++;
    m->card.step = 0;
    read_record(m);
}

static void put_record(struct modem *m, struct bytes record, uint8_t stat)
{
    char smsc[EF_MSISDN_TEXT], head[32];
    struct bytes tpdu = record_tpdu(record, smsc);

    if (m->at->one_record)
        snprintf(head, sizeof head, "+CMGR: %d,,", stat);
    else
        snprintf(head, sizeof head, "+CMGL: %d,%d,,", m->at->record, stat);
    put_pdu(m, head, smsc, bytes_part(tpdu, 0, SMS_TPDU_MAX));
}

static void rewrite(struct modem *m, struct bytes record, uint8_t status, bool erase)
{
    uint8_t data[SMS_RECORD_LEN];

    memset(data, 0xFF, sizeof data);
    if (!erase)
        memcpy(data, record.p, sizeof data);
    data[0] = status;
    m->card.step = 1;
    modem_file_update_record(m, modem_sms_dir(m), FID_SMS, m->at->record, BYTES_OF(data));
}

/* One record that is in use */
static void scan_record(struct modem *m, struct bytes record)
{
    struct modem_at *a = m->at;
    uint8_t stat = stat_of(record.p[0]);

    a->used++;
    if (a->scan == SCAN_DELETE && to_be_deleted(a, stat)) {
        rewrite(m, record, 0x00, true);
        return;
    }
    if (a->scan == SCAN_LIST && (a->status == STAT_ALL || a->status == stat)) {
        put_record(m, record, stat);
        if (stat == STAT_UNREAD) {
            rewrite(m, record, RECORD_READ, false);
            return;
        }
    }
    next_record(m);
}

static void scan_answered(struct modem *m, const struct apdu_response *r)
{
    struct bytes record = modem_file_data(m, r);

    if (m->card.step == 1) { /* rewritten */
        if (modem_sw_ok(r->sw))
            next_record(m);
        else
            end_scan(m, CMS_SIM_FAILURE);
        return;
    }
    if (record.n != SMS_RECORD_LEN) {
        end_scan(m, m->at->scan == SCAN_COUNT ? AT_OK : CMS_INVALID_INDEX);
        return;
    }
    if (record.p[0] & RECORD_USED)
        scan_record(m, record);
    else
        next_record(m);
}

static at_result scan(struct modem *m, enum at_scan what, long record, uint8_t status)
{
    struct modem_at *a = m->at;
    at_result result;

    a->scan = what;
    a->one_record = record > 0;
    a->record = record > 0 ? (uint8_t)record : 1;
    a->status = status;
    if (m->card.state != CARD_READY)
        return CMS_SIM_NOT_INSERTED;
    if (m->card.sms_records == 0 || a->record > m->card.sms_records)
        return record > 0 ? CMS_INVALID_INDEX : AT_OK;
    result = at_use_card(m, start_scan, scan_answered);
    return result == AT_WAIT ? AT_WAIT : CMS_SIM_FAILURE;
}

/* ---- +CPMS ---- */

at_result at_storage(struct modem *m, const struct at_command *c)
{
    struct modem_at *a = m->at;
    bool named = c->kind != AT_SET;
    char name[4];

    if (c->kind == AT_TEST) {
        at_text(m, "+CPMS: (\"ME\",\"SM\"),(\"ME\",\"SM\"),(\"ME\",\"SM\")");
        return AT_OK;
    }
    if (c->kind == AT_SET) {
        if (!at_quoted(c, 0, name, sizeof name) ||
            (strcmp(name, "ME") != 0 && strcmp(name, "SM") != 0))
            return CMS_NOT_SUPPORTED;
        a->in_card = strcmp(name, "SM") == 0;
    }
    if (a->in_card && m->card.sms_records > 0)
        return scan(m, SCAN_COUNT, 0, named);
    put_storage(m, "+CPMS: ", named);
    return AT_OK;
}

/* ---- +CMGL, +CMGR, +CMGD ---- */

static void list_stored(struct modem *m, uint8_t status)
{
    for (size_t i = 0; i < places(m->at); i++) {
        struct at_stored *s = &m->at->store[i];
        uint8_t stat = s->unread ? STAT_UNREAD : STAT_READ;
        char head[32];

        if (s->n == 0 || (status != STAT_ALL && status != stat))
            continue;
        snprintf(head, sizeof head, "+CMGL: %zu,%d,,", i, stat);
        put_pdu(m, head, s->smsc, BYTES(s->tpdu, s->n));
        s->unread = false;
    }
}

at_result at_list_messages(struct modem *m, const struct at_command *c)
{
    long status;

    if (c->kind == AT_TEST) {
        at_text(m, "+CMGL: (0-4)");
        return AT_OK;
    }
    if (c->kind == AT_READ || at_int(c, 0, STAT_UNREAD, 0, STAT_ALL, &status) != XK_OK)
        return CMS_NOT_SUPPORTED;
    if (m->at->in_card)
        return scan(m, SCAN_LIST, 0, (uint8_t)status);
    list_stored(m, (uint8_t)status);
    return AT_OK;
}

at_result at_read_message(struct modem *m, const struct at_command *c)
{
    struct at_stored *s;
    char head[32];
    long i;

    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET || !at_number(c, 0, 0, UINT8_MAX, &i))
        return CMS_INVALID_INDEX;
    if (m->at->in_card)
        return i > 0 ? scan(m, SCAN_LIST, i, STAT_ALL) : CMS_INVALID_INDEX;
    if (i >= (long)places(m->at) || m->at->store[i].n == 0)
        return CMS_INVALID_INDEX;
    s = &m->at->store[i];
    snprintf(head, sizeof head, "+CMGR: %d,,", s->unread ? STAT_UNREAD : STAT_READ);
    put_pdu(m, head, s->smsc, BYTES(s->tpdu, s->n));
    s->unread = false;
    return AT_OK;
}

static void delete_stored(struct modem_at *a)
{
    for (size_t i = 0; i < places(a); i++)
        if (to_be_deleted(a, a->store[i].unread ? STAT_UNREAD : STAT_READ))
            a->store[i].n = 0;
}

at_result at_delete_message(struct modem *m, const struct at_command *c)
{
    struct modem_at *a = m->at;
    long i, flag;

    if (c->kind == AT_TEST) {
        at_line(m, "+CMGD: (0-%d),(0-4)", AT_STORE_MAX - 1);
        return AT_OK;
    }
    if (c->kind != AT_SET || !at_number(c, 0, 0, UINT8_MAX, &i) ||
        at_int(c, 1, DELETE_ONE, DELETE_ONE, DELETE_ALL, &flag) != XK_OK)
        return CMS_INVALID_INDEX;
    a->delete_flag = (uint8_t)flag;
    if (a->in_card)
        return flag == DELETE_ONE && i == 0 ? CMS_INVALID_INDEX
                                            : scan(m, SCAN_DELETE, flag == DELETE_ONE ? i : 0, 0);
    if (flag != DELETE_ONE) {
        delete_stored(a);
        return AT_OK;
    }
    if (i >= AT_STORE_MAX)
        return CMS_INVALID_INDEX;
    if (a->store)
        a->store[i].n = 0;
    return AT_OK;
}

/* ---- +CMGS ---- */

at_result at_send(struct modem *m, const struct at_command *c)
{
    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_SET || !at_number(c, 0, 7, SMS_TPDU_MAX, &m->at->message_len))
        return CMS_INVALID_PDU;
    at_hold_message(m);
    return AT_WAIT;
}

/* Service centre in front (length 0: the one of the card), then as many octets as announced */
at_result at_message_typed(struct modem *m)
{
    struct modem_at *a = m->at;
    uint8_t pdu[AT_MESSAGE_MAX / 2], field[EF_SMSC_LEN];
    char smsc[EF_MSISDN_TEXT];
    size_t n, head;

    snprintf(smsc, sizeof smsc, "%s", m->card.smsc);
    if (hex_decode(BYTES(a->message, a->message_n), pdu, sizeof pdu, &n) != XK_OK || n == 0)
        return CMS_INVALID_PDU;
    head = 1u + pdu[0];
    if (head >= sizeof field || n != head + (size_t)a->message_len ||
        (pdu[head] & MTI_MASK) != MTI_SUBMIT)
        return CMS_INVALID_PDU;
    memset(field, 0xFF, sizeof field);
    memcpy(field, pdu, head);
    if (head > 1 && ef_decode_smsc(field, smsc) != XK_OK)
        return CMS_INVALID_PDU;
    if (!smsc[0])
        return CMS_SMSC_UNKNOWN;
    pdu[head + 1] = a->message_ref;
    if (!modem_mo_send(m, MO_AT, smsc, BYTES(pdu + head, n - head)))
        return CMS_NO_NETWORK;
    return AT_WAIT;
}

void modem_at_mo_ended(struct modem *m, const struct rp_message *answer)
{
    if (!m->at)
        return;
    if (!answer) {
        at_finish(m, CMS_NETWORK_TIMEOUT);
    } else if (answer->type == RP_ERROR) {
        at_finish(m, AT_FAMILY_CMS | answer->cause);
    } else {
        at_line(m, "+CMGS: %d", m->at->message_ref++);
        at_finish(m, AT_OK);
    }
}
