/* SPDX-License-Identifier: Apache-2.0 */
/* Card start: the rows of boot.def one after the other; REFRESH runs some of them again. */
#include "terminal/modem/core.h"

#define FID_MF 0x3F00
#define FID_DF_GSM 0x7F20
#define PIN1_GSM 0x01
#define RECORDS_MAX 10 /* of EF_DIR that are looked at */

#define SELECT_BY_FID 0x00
#define SELECT_BY_AID 0x04
#define SELECT_RETURN_FCP 0x04
#define STATUS_INITIALISED 0x01
#define STATUS_NO_DATA 0x0C

#define TAG_FCP 0x62
#define TAG_PIN_STATUS 0xC6 /* TS 102 221 11.1.1.4.10 */
#define TAG_PS_DO 0x90
#define TAG_KEY_REFERENCE 0x83
#define TAG_APPLICATION 0x61
#define TAG_AID 0x4F

#define SMSP_TAIL 28 /* EF_SMSP ends with fields of fixed length */
#define SMSP_SC_AT 13

enum how { BINARY, RECORD, RECORDS, EITHER, LOOK };
enum verdict { NEXT, AGAIN, STOP };

struct boot_row {
    bool (*start)(struct modem *m); /* false: not on this card */
    enum verdict (*took)(struct modem *m, const struct apdu_response *r);
    void (*take)(struct modem *m, struct bytes data);
    uint16_t fid, fid_gsm;
    uint8_t dir, dir_gsm, how;
};

enum boot_index {
#define BOOT_DO(name, start, took) BOOT_##name,
#define BOOT_FILE(name, fid, dir, dir_gsm, fid_gsm, how, take) BOOT_##name,
#include "terminal/modem/boot.def"
    BOOT_COUNT
};
_Static_assert(BOOT_COUNT <= 64, "one bit a row");

#define ROW_BIT(row) (UINT64_C(1) << (row))
#define ROWS_FROM(row) (~UINT64_C(0) << (row))

static const struct boot_row *current(const struct modem *m);

static void select_command(struct modem *m, uint8_t p1, struct bytes data)
{
    struct apdu_command c = {.cla = modem_cla(m, 0), .ins = INS_SELECT, .p1 = p1, .data = data};

    if (!m->card.gsm) {
        c.p2 = SELECT_RETURN_FCP;
        c.has_le = true;
        c.le = 256;
    }
    modem_card_send(m, &c);
}

static bool select_mf(struct modem *m)
{
    static const uint8_t mf[] = {FID_MF >> 8, FID_MF & 0xFF};

    select_command(m, SELECT_BY_FID, BYTES_OF(mf));
    return true;
}

/* A SIM knows no class 00 (TS 51.011 9.2). */
static enum verdict took_mf(struct modem *m, const struct apdu_response *r)
{
    if (modem_sw_ok(r->sw))
        return NEXT;
    if (m->card.gsm)
        return NEXT;
    m->card.gsm = true;
    select_mf(m);
    return AGAIN;
}

static bool read_file(struct modem *m)
{
    const struct boot_row *row = current(m);
    enum modem_dir dir = (enum modem_dir)(m->card.gsm ? row->dir_gsm : row->dir);
    uint16_t fid = m->card.gsm ? row->fid_gsm : row->fid;

    if (dir == DIR_NONE)
        return false;
    if (row->how == LOOK)
        modem_file_look(m, dir, fid);
    else if (row->how == BINARY || (row->how == EITHER && m->card.gsm))
        modem_file_read(m, dir, fid);
    else
        modem_file_read_record(m, dir, fid, 1);
    return true;
}

/* EF_DIR is read until the USIM is found. */
static enum verdict took_file(struct modem *m, const struct apdu_response *r)
{
    const struct boot_row *row = current(m);
    const struct modem_file *f = &m->card.file;
    uint8_t next = (uint8_t)(f->record + 1);

    row->take(m, modem_file_data(m, r));
    if (row->how != RECORDS || m->card.aid_n > 0 || next > f->records || next > RECORDS_MAX)
        return NEXT;
    modem_file_read_record(m, DIR_MF, row->fid, next);
    return AGAIN;
}

static void take_nothing(struct modem *m, struct bytes data)
{
    (void)m;
    (void)data;
}

/* TS 102 221 13.1: 61 { 4F AID, 50 label }; TS 101 220: a USIM begins A0000000871002 */
static void take_dir(struct modem *m, struct bytes data)
{
    static const uint8_t usim[] = {0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02};
    struct bytes template, aid;

    if (tlv_find(data, TAG_APPLICATION, &template) != XK_OK ||
        tlv_find(template, TAG_AID, &aid) != XK_OK || aid.n > MODEM_AID_MAX ||
        !bytes_eq(bytes_part(aid, 0, sizeof usim), BYTES_OF(usim)))
        return;
    memcpy(m->card.aid, aid.p, aid.n);
    m->card.aid_n = (uint8_t)aid.n;
}

static void take_iccid(struct modem *m, struct bytes data)
{
    m->card.iccid[0] = '\0';
    if (data.n < EF_ICCID_LEN || ef_decode_iccid(data.p, m->card.iccid) != XK_OK)
        m->card.iccid[0] = '\0';
}

void modem_select_application(struct modem *m)
{
    static const uint8_t gsm[] = {FID_DF_GSM >> 8, FID_DF_GSM & 0xFF};

    if (m->card.gsm)
        select_command(m, SELECT_BY_FID, BYTES_OF(gsm));
    else
        select_command(m, SELECT_BY_AID, BYTES(m->card.aid, m->card.aid_n));
}

static bool select_application(struct modem *m)
{
    if (m->card.aid_n == 0)
        m->card.gsm = true;
    modem_select_application(m);
    return true;
}

/* PIN status template: PS_DO, then per key a reference; the first is PIN1 (TS 102 221 9.5.1). */
static bool pin_enabled(struct bytes data)
{
    struct bytes fcp, pins, status, key;

    if (tlv_find(data, TAG_FCP, &fcp) != XK_OK || tlv_find(fcp, TAG_PIN_STATUS, &pins) != XK_OK ||
        tlv_find(pins, TAG_PS_DO, &status) != XK_OK || status.n == 0 ||
        tlv_find(pins, TAG_KEY_REFERENCE, &key) != XK_OK)
        return false;
    return status.p[0] & 0x80;
}

/* TS 51.011 9.2.1: octet 14 b8 set: CHV1 disabled; octet 19: status of CHV1 */
static void gsm_pin(struct modem_card *c, struct bytes data)
{
    if (data.n < 19)
        return;
    c->pin_enabled = !(data.p[13] & 0x80);
    c->pin_tries = data.p[18] & 0x0F;
}

static enum verdict took_application(struct modem *m, const struct apdu_response *r)
{
    if (!modem_sw_ok(r->sw)) {
        if (m->card.gsm)
            return NEXT;
        m->card.aid_n = 0;
        return select_application(m) ? AGAIN : NEXT;
    }
    if (m->card.gsm)
        gsm_pin(&m->card, r->data);
    else
        m->card.pin_enabled = pin_enabled(r->data);
    return NEXT;
}

/* An empty VERIFY asks for the counter (TS 102 221 11.1.9); a SIM told it with SELECT. */
static bool ask_pin(struct modem *m)
{
    m->card.pin = PIN_READY;
    if (!m->card.pin_enabled)
        return false;
    modem_card_send(m, m->card.gsm ? &(struct apdu_command){.cla = modem_cla(m, 0),
                                                            .ins = INS_STATUS,
                                                            .has_le = true,
                                                            .le = 22}
                                   : &(struct apdu_command){.ins = INS_VERIFY_PIN, .p2 = PIN1_GSM});
    return true;
}

static enum verdict took_pin(struct modem *m, const struct apdu_response *r)
{
    struct modem_card *c = &m->card;

    if (c->gsm)
        gsm_pin(c, r->data);
    else if (r->sw >> 4 == 0x63C)
        c->pin_tries = r->sw & 0x0F;
    else if (r->sw == SW_PIN_BLOCKED)
        c->pin_tries = 0;
    else
        return NEXT;
    c->pin = c->pin_tries > 0 ? PIN_WANTED : PUK_WANTED;
    return STOP;
}

static void take_language(struct modem *m, struct bytes data)
{
    memcpy(m->card.language, "zh", sizeof m->card.language);
    if (data.n >= 2 && data.p[0] >= 'a' && data.p[0] <= 'z' && data.p[1] >= 'a' && data.p[1] <= 'z')
        memcpy(m->card.language, data.p, 2);
}

static void take_ad(struct modem *m, struct bytes data)
{
    m->card.mnc_len = data.n >= 4 && (data.p[3] & 0x0F) == 3 ? 3 : 2;
}

static void take_imsi(struct modem *m, struct bytes data)
{
    m->card.imsi[0] = '\0';
    if (data.n < EF_IMSI_LEN || ef_decode_imsi(data.p, m->card.imsi) != XK_OK)
        m->card.imsi[0] = '\0';
}

static void take_services(struct modem *m, struct bytes data)
{
    data = bytes_part(data, 0, MODEM_UST_MAX);
    if (data.n > 0)
        memcpy(m->card.ust, data.p, data.n);
    m->card.ust_n = (uint8_t)data.n;
}

static void take_acc(struct modem *m, struct bytes data)
{
    m->card.access_classes = data.n >= 2 ? (uint16_t)(data.p[0] << 8 | data.p[1]) : 0;
}

static void take_fplmn(struct modem *m, struct bytes data)
{
    m->card.fplmns = 0;
    for (size_t i = 0; i + EF_PLMN_LEN <= data.n && m->card.fplmns < MODEM_FPLMN_MAX; i += 3)
        memcpy(m->card.fplmn[m->card.fplmns++], data.p + i, EF_PLMN_LEN);
}

static void take_smsp(struct modem *m, struct bytes data)
{
    m->card.smsc[0] = '\0';
    if (data.n < SMSP_TAIL)
        return;
    if (ef_decode_smsc(data.p + data.n - SMSP_TAIL + SMSP_SC_AT, m->card.smsc) != XK_OK)
        m->card.smsc[0] = '\0';
}

static void take_sms(struct modem *m, struct bytes data)
{
    (void)data;
    m->card.sms_records = m->card.file.records;
}

static bool send_profile(struct modem *m)
{
    uint8_t profile[40];
    size_t n = modem_profile(m, profile, sizeof profile);

    if (m->config.no_toolkit)
        return false;
    modem_card_send(m, &(struct apdu_command){.cla = modem_cla(m, 0x80),
                                              .ins = INS_TERMINAL_PROFILE,
                                              .data = BYTES(profile, n)});
    return true;
}

/* TS 31.102 5.1.1.2: the end of initialisation is told by STATUS with P1 01. */
static bool say_initialised(struct modem *m)
{
    if (m->card.gsm)
        return false;
    modem_card_send(
        m, &(struct apdu_command){
               .cla = 0x80, .ins = INS_STATUS, .p1 = STATUS_INITIALISED, .p2 = STATUS_NO_DATA});
    return true;
}

static enum verdict took_profile(struct modem *m, const struct apdu_response *r)
{
    (void)m;
    (void)r;
    return NEXT;
}

static const struct boot_row rows[] = {
#define BOOT_DO(name, start, took) {start, took, NULL, 0, 0, 0, 0, 0},
#define BOOT_FILE(name, fid, dir, dir_gsm, fid_gsm, how, take)                                     \
    {read_file, took_file, take, fid, fid_gsm, DIR_##dir, DIR_##dir_gsm, how},
#include "terminal/modem/boot.def"
};

static const struct boot_row *current(const struct modem *m)
{
    return &rows[m->card.step];
}

static void finished(struct modem *m)
{
    bool started = m->card.state != CARD_READY;

    modem_job_done(m);
    m->card.state = CARD_READY;
    m->card.restarts = 0;
    modem_poll_restart(m);
    modem_at_card_state(m);
    modem_emm_card_ready(m, started);
}

static void advance(struct modem *m)
{
    for (; m->card.step < BOOT_COUNT; m->card.step++)
        if (m->card.rows & ROW_BIT(m->card.step) && rows[m->card.step].start(m))
            return;
    finished(m);
}

void modem_boot_start(struct modem *m)
{
    m->card.step = 0;
    advance(m);
}

void modem_boot_response(struct modem *m, const struct apdu_response *r)
{
    enum verdict verdict = current(m)->took(m, r);

    if (verdict == AGAIN)
        return;
    if (verdict == STOP) {
        modem_job_done(m);
        m->card.state = CARD_PIN;
        modem_at_card_state(m);
        return;
    }
    m->card.step++;
    advance(m);
}

void modem_boot_all(struct modem *m)
{
    m->card.state = CARD_STARTING;
    m->card.rows = ROWS_FROM(0);
    modem_want(m, JOB_BOOT);
}

void modem_boot_after_pin(struct modem *m)
{
    m->card.pin = PIN_READY;
    m->card.state = CARD_STARTING;
    m->card.rows = ROWS_FROM(BOOT_PIN + 1);
    modem_want(m, JOB_BOOT);
}

uint64_t modem_boot_rows_init(void)
{
    return (ROWS_FROM(BOOT_SELECT_APPLICATION) | ROW_BIT(BOOT_ICCID) | ROW_BIT(BOOT_PL)) &
           ~ROW_BIT(BOOT_TERMINAL_PROFILE);
}

static uint64_t rows_of_file(uint16_t fid)
{
    uint64_t found = 0;

    for (size_t i = 0; i < BOOT_COUNT; i++)
        if (rows[i].fid == fid && fid != 0)
            found |= ROW_BIT(i);
    return found;
}

/* TS 102 223 8.18: number of files, then their paths; directories have identifiers of their own. */
uint64_t modem_boot_rows_files(struct bytes list)
{
    uint64_t found = 0;

    for (size_t i = 1; i + 2 <= list.n; i += 2)
        found |= rows_of_file((uint16_t)(list.p[i] << 8 | list.p[i + 1]));
    return found;
}

enum modem_dir modem_sms_dir(const struct modem *m)
{
    return m->card.gsm ? DIR_TELECOM : DIR_APP;
}

bool modem_has_service(const struct modem *m, unsigned n)
{
    if (m->card.gsm || n == 0 || (n - 1) / 8 >= m->card.ust_n)
        return false;
    return m->card.ust[(n - 1) / 8] >> (n - 1) % 8 & 1;
}
