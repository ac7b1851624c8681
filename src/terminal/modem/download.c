/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for the card: SMS-PP data download (TS 31.111 7.1.1), EF_SMS (TS 31.102 4.2.25). */
#include "codec/sms/address.h"
#include "terminal/modem/core.h"

#define FID_SMS 0x6F3C
#define SMS_RECORD_LEN 176
#define SMS_USED 0x01 /* status octet b1 */
#define SMS_TO_BE_READ 0x03
#define CAUSE_MEMORY_EXCEEDED 22
#define CAUSE_PROTOCOL_ERROR 111
#define FCS_STORAGE_FULL 0xD0 /* TS 23.040 9.2.3.22 */
#define FCS_TOOLKIT_BUSY 0xD4
#define FCS_DOWNLOAD_ERROR 0xD5

/* The message in hand; the queue keeps only what decodes. */
static bool in_hand(const struct modem *m, struct rp_message *rp, struct sms_tpdu *tpdu)
{
    return m->sms.mts > 0 && rp_decode(BYTES(m->sms.mt[0]->rp, m->sms.mt[0]->n), rp) == XK_OK &&
           sms_decode(SMS_TO_MS, rp->tpdu, tpdu) == XK_OK;
}

/* The service centre as an address with its length in front (RP coding; EF_SMS has it so, too). */
static struct bytes smsc_address(const char *text, uint8_t *mem, size_t cap)
{
    struct buf b;

    buf_init_fixed(&b, mem, cap);
    if (address_encode_rp(text, &b) != XK_OK)
        buf_reset(&b);
    return buf_bytes(&b);
}

void modem_download_start(struct modem *m)
{
    uint8_t mem[CAT_DATA_MAX], address[SMS_NUMBER_TEXT];
    struct rp_message rp;
    struct sms_tpdu tpdu;
    struct cat_sms_pp download;
    struct buf b;

    if (!in_hand(m, &rp, &tpdu)) {
        modem_job_done(m);
        return;
    }
    buf_init_fixed(&b, mem, sizeof mem);
    download.smsc = smsc_address(rp.originator, address, sizeof address);
    download.smsc = bytes_part(download.smsc, 1, download.smsc.n);
    download.tpdu = rp.tpdu;
    if (cat_encode_sms_pp(&download, &b) != XK_OK) {
        modem_job_done(m);
        modem_download_lost(m);
        return;
    }
    modem_send_envelope(m, buf_bytes(&b));
}

/* SMS-DELIVER-REPORT with what the card said; PID and DCS are those of the message answered. */
static void answer(struct modem *m, const struct rp_message *rp, const struct sms_tpdu *asked,
                   uint8_t fcs, struct bytes data)
{
    const struct sms_tpdu report = {.type = SMS_DELIVER_REPORT,
                                    .status = fcs,
                                    .udhi = data.n > 0 && asked->udhi,
                                    .pid = data.n > 0 ? asked->pid : 0,
                                    .dcs = data.n > 0 ? asked->dcs : 0,
                                    .ud = bytes_part(data, 0, SMS_UD_MAX)};
    uint8_t mem[SMS_TPDU_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if ((fcs || data.n > 0) && sms_encode(&report, &b) != XK_OK)
        buf_reset(&b);
    if (fcs)
        modem_rp_error(m, rp->ref, CAUSE_PROTOCOL_ERROR, buf_bytes(&b));
    else
        modem_rp_ack(m, rp->ref, buf_bytes(&b));
}

static uint8_t failure_of(const struct modem *m, const struct apdu_response *r)
{
    if (r->sw == SW_TOOLKIT_BUSY)
        return FCS_TOOLKIT_BUSY;
    return modem_sw_ok(r->sw) && !m->card.refused ? 0 : FCS_DOWNLOAD_ERROR;
}

/* TS 31.111 7.1.1.2: 90/91 RP-ACK; 62/63 RP-ERROR with data; 9300 busy; else data download error */
void modem_download_response(struct modem *m, const struct apdu_response *r)
{
    struct rp_message rp;
    struct sms_tpdu tpdu;
    uint8_t fcs = failure_of(m, r);

    modem_job_done(m);
    if (in_hand(m, &rp, &tpdu))
        answer(m, &rp, &tpdu, fcs, r->data);
    modem_mt_done(m);
}

void modem_download_lost(struct modem *m)
{
    struct rp_message rp;
    struct sms_tpdu tpdu;

    if (in_hand(m, &rp, &tpdu))
        answer(m, &rp, &tpdu, FCS_DOWNLOAD_ERROR, BYTES_NONE);
    modem_mt_done(m);
}

/* ---- EF_SMS: the first record that is free ---- */

static void no_room(struct modem *m)
{
    const struct sms_tpdu report = {.type = SMS_DELIVER_REPORT, .status = FCS_STORAGE_FULL};
    uint8_t mem[SMS_TPDU_MAX];
    struct rp_message rp;
    struct sms_tpdu tpdu;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    modem_job_done(m);
    if (sms_encode(&report, &b) == XK_OK && in_hand(m, &rp, &tpdu))
        modem_rp_error(m, rp.ref, CAUSE_MEMORY_EXCEEDED, buf_bytes(&b));
    modem_mt_done(m);
}

void modem_store_start(struct modem *m)
{
    m->sms.store_record = 1;
    modem_file_read_record(m, modem_sms_dir(m), FID_SMS, 1);
}

/* status, service centre, TPDU, then FF */
static void write_record(struct modem *m)
{
    uint8_t mem[SMS_RECORD_LEN], address[SMS_NUMBER_TEXT];
    struct rp_message rp;
    struct sms_tpdu tpdu;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (!in_hand(m, &rp, &tpdu)) {
        modem_job_done(m);
        return;
    }
    buf_put_u8(&b, SMS_TO_BE_READ);
    buf_put_bytes(&b, smsc_address(rp.originator, address, sizeof address));
    buf_put_bytes(&b, bytes_part(rp.tpdu, 0, SMS_RECORD_LEN - b.n));
    buf_put_fill(&b, 0xFF, SMS_RECORD_LEN - b.n);
    m->card.step = 1;
    modem_file_update_record(m, modem_sms_dir(m), FID_SMS, m->sms.store_record, buf_bytes(&b));
}

static void stored(struct modem *m, const struct apdu_response *r)
{
    struct rp_message rp;
    struct sms_tpdu tpdu;

    if (!modem_sw_ok(r->sw)) {
        no_room(m);
        return;
    }
    modem_job_done(m);
    if (in_hand(m, &rp, &tpdu))
        modem_rp_ack(m, rp.ref, BYTES_NONE);
    modem_at_stored(m, m->sms.store_record);
    modem_mt_done(m);
}

void modem_store_response(struct modem *m, const struct apdu_response *r)
{
    struct bytes record;

    if (m->card.step == 1) {
        stored(m, r);
        return;
    }
    record = modem_file_data(m, r);
    if (record.n == 0 || m->sms.store_record >= UINT8_MAX) {
        no_room(m);
        return;
    }
    if (!(record.p[0] & SMS_USED)) {
        write_record(m);
        return;
    }
    if (m->sms.store_record >= m->card.file.records) {
        no_room(m);
        return;
    }
    m->sms.store_record++;
    modem_file_read_record(m, modem_sms_dir(m), FID_SMS, m->sms.store_record);
}
