/* SPDX-License-Identifier: Apache-2.0 */
/* Elementary files, from SELECT to READ or UPDATE, on a UICC by path and on a SIM step by step. */
#include "terminal/modem/core.h"

#define FID_MF 0x3F00
#define FID_DF_GSM 0x7F20
#define FID_DF_TELECOM 0x7F10
#define FID_CURRENT_ADF 0x7FFF
#define SELECT_BY_PATH_FROM_MF 0x08
#define SELECT_RETURN_FCP 0x04
#define RECORD_ABSOLUTE 0x04

#define TAG_FCP 0x62
#define TAG_FILE_DESCRIPTOR 0x82
#define TAG_FILE_SIZE 0x80

/* TS 51.011 9.2.1: answer to SELECT of an elementary file */
#define GSM_SIZE_AT 2
#define GSM_STRUCTURE_AT 13
#define GSM_RECORD_LEN_AT 14

static void put_fid(uint8_t *out, uint16_t fid)
{
    out[0] = (uint8_t)(fid >> 8);
    out[1] = (uint8_t)fid;
}

static uint16_t fid_of_dir(enum modem_dir dir, bool gsm)
{
    if (dir == DIR_APP)
        return gsm ? FID_DF_GSM : FID_CURRENT_ADF;
    return dir == DIR_TELECOM ? FID_DF_TELECOM : FID_MF;
}

static void select_by_path(struct modem *m)
{
    const struct modem_file *f = &m->card.file;
    uint8_t path[4];
    size_t n = 0;

    if (f->dir != DIR_MF) {
        put_fid(path, fid_of_dir(f->dir, false));
        n = 2;
    }
    put_fid(path + n, f->fid);
    modem_card_send(m, &(struct apdu_command){.ins = INS_SELECT,
                                              .p1 = SELECT_BY_PATH_FROM_MF,
                                              .p2 = SELECT_RETURN_FCP,
                                              .data = BYTES(path, n + 2),
                                              .has_le = true,
                                              .le = 256});
}

/* MF, directory, file: step says how far it is. */
static void select_element(struct modem *m)
{
    struct modem_file *f = &m->card.file;
    uint16_t fid = FID_MF;
    uint8_t data[2];

    if (f->step == 1)
        fid = f->dir == DIR_MF ? f->fid : fid_of_dir(f->dir, true);
    else if (f->step == 2)
        fid = f->fid;
    put_fid(data, fid);
    f->chosen = f->step == (f->dir == DIR_MF ? 1 : 2);
    modem_card_send(m, &(struct apdu_command){
                           .cla = modem_cla(m, 0), .ins = INS_SELECT, .data = BYTES_OF(data)});
}

static void begin(struct modem *m, enum modem_file_action action, enum modem_dir dir, uint16_t fid,
                  uint8_t record)
{
    struct modem_file *f = &m->card.file;

    f->active = true;
    f->action = action;
    f->dir = dir;
    f->fid = fid;
    f->record = record;
    f->step = 0;
    f->size = 0;
    f->record_len = f->records = 0;
    f->chosen = !m->card.gsm;
    if (m->card.gsm)
        select_element(m);
    else
        select_by_path(m);
}

static void keep_data(struct modem *m, struct bytes data)
{
    struct modem_file *f = &m->card.file;

    buf_fini(&f->data);
    buf_init(&f->data, APDU_COMMAND_MAX);
    buf_put_bytes(&f->data, data);
}

void modem_file_look(struct modem *m, enum modem_dir dir, uint16_t fid)
{
    begin(m, FILE_LOOK, dir, fid, 0);
}

void modem_file_read(struct modem *m, enum modem_dir dir, uint16_t fid)
{
    begin(m, FILE_READ, dir, fid, 0);
}

void modem_file_read_record(struct modem *m, enum modem_dir dir, uint16_t fid, uint8_t record)
{
    begin(m, FILE_READ_RECORD, dir, fid, record);
}

void modem_file_update(struct modem *m, enum modem_dir dir, uint16_t fid, struct bytes data)
{
    keep_data(m, data);
    begin(m, FILE_UPDATE, dir, fid, 0);
}

void modem_file_update_record(struct modem *m, enum modem_dir dir, uint16_t fid, uint8_t record,
                              struct bytes data)
{
    keep_data(m, data);
    begin(m, FILE_UPDATE_RECORD, dir, fid, record);
}

void modem_file_forget(struct modem *m)
{
    m->card.file.active = false;
    m->card.file.step = 0;
    m->card.file.chosen = false;
    if (m->card.file.data.p) {
        buf_wipe(&m->card.file.data);
        buf_fini(&m->card.file.data);
    }
}

/* TS 102 221 11.1.1.4.3: file descriptor (2 octets, with record length and count 5) and size */
static void parse_fcp(struct modem_file *f, struct bytes data)
{
    struct bytes fcp, v;

    if (tlv_find(data, TAG_FCP, &fcp) != XK_OK)
        return;
    if (tlv_find(fcp, TAG_FILE_DESCRIPTOR, &v) == XK_OK && v.n >= 5) {
        f->record_len = v.p[3];
        f->records = v.p[4];
    }
    if (tlv_find(fcp, TAG_FILE_SIZE, &v) == XK_OK && v.n >= 2)
        f->size = (uint16_t)(v.p[v.n - 2] << 8 | v.p[v.n - 1]);
}

static void parse_gsm(struct modem_file *f, struct bytes data)
{
    if (data.n <= GSM_SIZE_AT + 1)
        return;
    f->size = (uint16_t)(data.p[GSM_SIZE_AT] << 8 | data.p[GSM_SIZE_AT + 1]);
    if (data.n <= GSM_RECORD_LEN_AT || data.p[GSM_STRUCTURE_AT] == 0)
        return;
    f->record_len = data.p[GSM_RECORD_LEN_AT];
    if (f->record_len > 0)
        f->records = (uint8_t)(f->size / f->record_len);
}

/* The command behind SELECT. False when there is none to send. */
static bool act(struct modem *m)
{
    struct modem_file *f = &m->card.file;
    struct apdu_command c = {.cla = modem_cla(m, 0), .p1 = f->record, .p2 = RECORD_ABSOLUTE};

    f->chosen = false;
    f->step = UINT8_MAX;
    switch (f->action) {
    case FILE_LOOK:
        return false;
    case FILE_READ:
        c.ins = INS_READ_BINARY;
        c.p1 = c.p2 = 0;
        c.has_le = true;
        c.le = f->size < 256 ? f->size : 256;
        break;
    case FILE_READ_RECORD:
        c.ins = INS_READ_RECORD;
        c.has_le = true;
        c.le = f->record_len;
        break;
    case FILE_UPDATE:
        c.ins = INS_UPDATE_BINARY;
        c.p1 = c.p2 = 0;
        c.data = buf_bytes(&f->data);
        break;
    case FILE_UPDATE_RECORD:
        c.ins = INS_UPDATE_RECORD;
        c.data = buf_bytes(&f->data);
        break;
    }
    if (c.has_le ? c.le == 0 : c.data.n == 0)
        return false;
    modem_card_send(m, &c);
    return true;
}

bool modem_file_step(struct modem *m, const struct apdu_response *r)
{
    struct modem_file *f = &m->card.file;

    if (f->step != UINT8_MAX && modem_sw_ok(r->sw)) {
        if (!f->chosen) {
            f->step++;
            select_element(m);
            return false;
        }
        if (m->card.gsm)
            parse_gsm(f, r->data);
        else
            parse_fcp(f, r->data);
        if (act(m))
            return false;
    }
    f->active = false;
    return true;
}

struct bytes modem_file_data(const struct modem *m, const struct apdu_response *r)
{
    const struct modem_file *f = &m->card.file;
    bool has = f->action == FILE_READ_RECORD ? f->record_len > 0 : f->size > 0;

    return has && modem_sw_ok(r->sw) ? r->data : BYTES_NONE;
}
