/* SPDX-License-Identifier: Apache-2.0 */
/* Short messages between network, card and AT port (TS 24.011, TS 23.040 3, 9.1). */
#include "terminal/modem/core.h"

#define TR1M_MS 40000 /* TS 24.011 10: 35 to 45 s */
#define CAUSE_MEMORY_EXCEEDED 22
#define CAUSE_CONGESTION 42
#define CAUSE_INVALID_INFORMATION 96
#define FCS_NO_SMS_STORAGE 0xD1 /* TS 23.040 9.2.3.22 */
#define FCS_MEMORY_EXCEEDED 0xD3
#define PID_TYPE_0 0x40 /* TS 23.040 9.2.3.9: acknowledged, never shown */
#define CLASS_NONE (-1)
#define SERVICE_SMS_PP_DOWNLOAD 28

static void send_rp(struct modem *m, const struct rp_message *rp)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (rp_encode(rp, &b) != XK_OK)
        return;
    modem_air_send(m, &(struct air_message){.type = AIR_CP_DATA, .rp = buf_bytes(&b)});
}

void modem_rp_ack(struct modem *m, uint8_t ref, struct bytes report)
{
    m->sms_mt++;
    send_rp(m, &(struct rp_message){
                   .type = RP_ACK, .direction = SMS_FROM_MS, .ref = ref, .tpdu = report});
}

void modem_rp_error(struct modem *m, uint8_t ref, uint8_t cause, struct bytes report)
{
    send_rp(m, &(struct rp_message){.type = RP_ERROR,
                                    .direction = SMS_FROM_MS,
                                    .ref = ref,
                                    .cause = cause,
                                    .tpdu = report});
}

static void refuse(struct modem *m, uint8_t ref, uint8_t cause, uint8_t fcs)
{
    const struct sms_tpdu report = {.type = SMS_DELIVER_REPORT, .status = fcs};
    uint8_t mem[SMS_TPDU_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (sms_encode(&report, &b) != XK_OK)
        buf_reset(&b);
    modem_rp_error(m, ref, cause, buf_bytes(&b));
}

/* ---- to the terminal ---- */

/* TS 23.038 4: general group with class, or group 1111 */
static int class_of(uint8_t dcs)
{
    if ((dcs & 0xF0) == 0xF0 || (dcs & 0xD0) == 0x10)
        return dcs & 0x03;
    return CLASS_NONE;
}

static bool can_download(const struct modem *m)
{
    return !m->config.no_toolkit && (m->card.gsm || modem_has_service(m, SERVICE_SMS_PP_DOWNLOAD));
}

static void keep_in_terminal(struct modem *m, const struct rp_message *rp,
                             const struct sms_tpdu *tpdu)
{
    if (tpdu->pid == PID_TYPE_0 || modem_at_keep(m, rp->originator, rp->tpdu))
        modem_rp_ack(m, rp->ref, BYTES_NONE);
    else
        refuse(m, rp->ref, CAUSE_MEMORY_EXCEEDED, FCS_MEMORY_EXCEEDED);
    modem_mt_done(m);
}

/* TS 23.040 9.2.3.9, TS 31.111 7.1.1: by protocol identifier and class */
static void deliver(struct modem *m, const struct rp_message *rp, const struct sms_tpdu *tpdu)
{
    if (class_of(tpdu->dcs) != 2) {
        keep_in_terminal(m, rp, tpdu);
    } else if (tpdu->pid == SMS_PID_USIM_DOWNLOAD && can_download(m)) {
        modem_want(m, JOB_SMS_DOWNLOAD);
    } else if (m->card.sms_records > 0) {
        modem_want(m, JOB_SMS_STORE);
    } else {
        refuse(m, rp->ref, CAUSE_MEMORY_EXCEEDED, FCS_NO_SMS_STORAGE);
        modem_mt_done(m);
    }
}

/* The oldest message in the queue; it waits there until the card has answered. */
void modem_mt_next(struct modem *m)
{
    struct rp_message rp;
    struct sms_tpdu tpdu;

    if (m->sms.mts == 0 || m->card.state != CARD_READY)
        return;
    if (rp_decode(BYTES(m->sms.mt[0]->rp, m->sms.mt[0]->n), &rp) != XK_OK) {
        modem_mt_done(m);
    } else if (sms_decode(SMS_TO_MS, rp.tpdu, &tpdu) != XK_OK || tpdu.type == SMS_SUBMIT_REPORT) {
        modem_rp_error(m, rp.ref, CAUSE_INVALID_INFORMATION, BYTES_NONE);
        modem_mt_done(m);
    } else if (tpdu.type == SMS_STATUS_REPORT) {
        modem_rp_ack(m, rp.ref, BYTES_NONE);
        modem_mt_done(m);
    } else {
        deliver(m, &rp, &tpdu);
    }
}

void modem_mt_done(struct modem *m)
{
    struct modem_sms *s = &m->sms;

    if (s->mts == 0)
        return;
    free(s->mt[0]);
    s->mts--;
    memmove(s->mt, s->mt + 1, s->mts * sizeof s->mt[0]);
    modem_mt_next(m);
}

static void data_arrived(struct modem *m, const struct rp_message *rp, struct bytes wire)
{
    struct modem_sms *s = &m->sms;
    struct modem_mt *mt = s->mts < MODEM_MT_MAX ? malloc(sizeof *mt + wire.n) : NULL;

    if (!mt) {
        modem_rp_error(m, rp->ref, CAUSE_CONGESTION, BYTES_NONE);
        return;
    }
    mt->n = (uint16_t)wire.n;
    memcpy(mt->rp, wire.p, wire.n);
    s->mt[s->mts++] = mt;
    if (s->mts == 1)
        modem_mt_next(m);
}

/* ---- from the terminal ---- */

static enum modem_timer timer_of(enum modem_mo_source source)
{
    return source == MO_TOOLKIT ? TIMER_MO_TOOLKIT : TIMER_MO_AT;
}

bool modem_mo_send(struct modem *m, enum modem_mo_source source, const char *smsc,
                   struct bytes tpdu)
{
    struct modem_sms *s = &m->sms;
    struct rp_message rp = {.type = RP_DATA, .direction = SMS_FROM_MS, .tpdu = tpdu};

    if (m->emm.state != EMM_REGISTERED || !m->emm.cell.known || s->mo[source].active ||
        tpdu.n > SMS_TPDU_MAX || strlen(smsc) >= sizeof rp.destination)
        return false;
    memcpy(rp.destination, smsc, strlen(smsc) + 1);
    rp.ref = s->next_ref++;
    s->mo[source].active = true;
    s->mo[source].ref = rp.ref;
    modem_timer_start(m, timer_of(source), TR1M_MS);
    modem_wake(m);
    send_rp(m, &rp);
    return true;
}

/* TS 102 223 8.12: 00; RP-ERROR with its cause; network unable when nothing came */
static void toolkit_ended(struct modem *m, const struct rp_message *answer)
{
    if (!answer)
        modem_reply_cause(m, CAT_RESULT_NETWORK_UNABLE, 0x00);
    else if (answer->type == RP_ACK)
        modem_reply(m, CAT_RESULT_OK, BYTES_NONE, BYTES_NONE);
    else
        modem_reply_cause(m, CAT_RESULT_SMS_RP_ERROR, answer->cause);
}

static void mo_ended(struct modem *m, enum modem_mo_source source, const struct rp_message *answer)
{
    m->sms.mo[source].active = false;
    modem_timer_stop(m, timer_of(source));
    if (answer && answer->type == RP_ACK)
        m->sms_mo++;
    if (source == MO_TOOLKIT)
        toolkit_ended(m, answer);
    else
        modem_at_mo_ended(m, answer);
}

void modem_mo_toolkit_due(struct modem *m)
{
    mo_ended(m, MO_TOOLKIT, NULL);
}

void modem_mo_at_due(struct modem *m)
{
    mo_ended(m, MO_AT, NULL);
}

static void answer_arrived(struct modem *m, const struct rp_message *rp)
{
    for (unsigned i = 0; i < MO_SOURCES; i++)
        if (m->sms.mo[i].active && m->sms.mo[i].ref == rp->ref)
            mo_ended(m, (enum modem_mo_source)i, rp);
}

void modem_rp(struct modem *m, struct bytes wire)
{
    struct rp_message rp;

    if (rp_decode(wire, &rp) != XK_OK || rp.direction != SMS_TO_MS)
        return;
    if (rp.type == RP_DATA)
        data_arrived(m, &rp, wire);
    else
        answer_arrived(m, &rp);
}

void modem_mt_forget(struct modem *m)
{
    while (m->sms.mts > 0)
        free(m->sms.mt[--m->sms.mts]);
}

void modem_sms_forget(struct modem *m)
{
    modem_mt_forget(m);
    memset(&m->sms, 0, sizeof m->sms);
}
