/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching and authenticating (TS 24.301 5.4.2, 5.5.1; TS 24.008 4.3.2, 4.7.3). */
#include "terminal/modem/core.h"

#define T3410_MS 15000
#define T3411_MS 10000
#define T3402_MS 720000
#define ATTEMPTS_MAX 5
#define AMF_AT 6            /* of AUTN: SQN xor AK, AMF, MAC */
#define AMF_SEPARATION 0x80 /* TS 33.401 6.1.1: set for E-UTRAN */

#define AUTH_3G 0x81 /* TS 31.102 7.1.2 */
#define AUTH_GSM 0x80
#define TAG_AUTH_OK 0xDB
#define TAG_AUTH_RESYNC 0xDC
#define KC_LEN 8
#define SRES_LEN 4
#define KSI_FIRST 0

enum reject_meaning { RETRY, DENY, FORBID_PLMN, FORBID_AREA };

void modem_emm_reset(struct modem *m)
{
    struct modem_cell cell = m->emm.cell;

    explicit_bzero(&m->emm, sizeof m->emm);
    m->emm.cell = cell;
    m->emm.radio_on = true;
}

static void stop_timers(struct modem *m)
{
    modem_timer_stop(m, TIMER_T3410);
    modem_timer_stop(m, TIMER_T3411);
    modem_timer_stop(m, TIMER_T3402);
    modem_timer_stop(m, TIMER_T3412);
    modem_sleep_stop(m);
}

/* ---- who and where ---- */

static bool is_home(const struct modem *m, const char *plmn)
{
    size_t n = 3u + m->card.mnc_len;

    return strlen(plmn) == n && strncmp(m->card.imsi, plmn, n) == 0;
}

enum modem_registration modem_registration(const struct modem *m)
{
    const struct modem_emm *e = &m->emm;

    if (!m->powered || m->card.state != CARD_READY || !e->radio_on || !m->card.imsi[0])
        return MODEM_NOT_REGISTERED;
    if (e->state == EMM_DENIED)
        return MODEM_DENIED;
    if (!e->cell.known)
        return MODEM_SEARCHING;
    if (e->state == EMM_REGISTERED)
        return is_home(m, e->camped.plmn) ? MODEM_REGISTERED_HOME : MODEM_REGISTERED_ROAMING;
    if (!is_home(m, e->cell.plmn) && modem_forbidden(m, e->cell.plmn))
        return MODEM_DENIED;
    return MODEM_SEARCHING;
}

static bool area_forbidden(const struct modem_emm *e)
{
    return e->forbidden.known && e->forbidden.lac == e->cell.lac &&
           strcmp(e->forbidden.plmn, e->cell.plmn) == 0;
}

static bool may_attach(const struct modem *m)
{
    const struct modem_emm *e = &m->emm;

    return m->card.state == CARD_READY && m->card.imsi[0] && e->radio_on && e->cell.known &&
           e->state == EMM_DEREGISTERED && !area_forbidden(e) &&
           (is_home(m, e->cell.plmn) || !modem_forbidden(m, e->cell.plmn));
}

/* ---- attach ---- */

void modem_air_send(struct modem *m, const struct air_message *msg)
{
    uint8_t mem[AIR_MESSAGE_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (air_encode(msg, &b) == XK_OK)
        modem_put(m, MODEM_OUT_AIR, buf_bytes(&b));
}

void modem_emm_try(struct modem *m)
{
    struct modem_emm *e = &m->emm;
    struct air_message msg = {.type = AIR_ATTACH_REQUEST,
                              .rat = e->cell.rat,
                              .t3412_s = m->config.psm_tau_s,
                              .t3324_s = m->config.psm_active_s,
                              .edrx_s = m->config.edrx_s};

    if (!may_attach(m))
        return;
    memcpy(msg.imsi, m->card.imsi, sizeof m->card.imsi);
    memcpy(msg.imei, m->config.imei, sizeof msg.imei);
    memcpy(msg.plmn, e->cell.plmn, sizeof msg.plmn);
    e->state = EMM_ATTACHING;
    e->keys_new = e->kc_new = false;
    modem_timer_start(m, TIMER_T3410, T3410_MS);
    modem_air_send(m, &msg);
    modem_at_registration(m);
}

/* TS 24.301 5.5.1.2.6: five short waits, then a long one. */
static void attach_failed(struct modem *m)
{
    struct modem_emm *e = &m->emm;

    modem_timer_stop(m, TIMER_T3410);
    e->state = EMM_WAITING;
    if (++e->attempts < ATTEMPTS_MAX) {
        modem_timer_start(m, TIMER_T3411, T3411_MS);
        return;
    }
    e->attempts = 0;
    modem_timer_start(m, TIMER_T3402, T3402_MS);
}

void modem_t3410(struct modem *m)
{
    attach_failed(m);
}

void modem_t3411(struct modem *m)
{
    m->emm.state = EMM_DEREGISTERED;
    modem_emm_try(m);
}

void modem_t3402(struct modem *m)
{
    modem_t3411(m);
}

static void deregister(struct modem *m)
{
    stop_timers(m);
    m->emm.state = EMM_DEREGISTERED;
    m->emm.attempts = 0;
}

void modem_emm_detach(struct modem *m)
{
    struct air_message msg = {.type = AIR_DETACH_REQUEST};

    if (m->emm.state == EMM_REGISTERED || m->emm.state == EMM_ATTACHING) {
        memcpy(msg.imsi, m->emm.imsi, sizeof m->emm.imsi);
        modem_air_send(m, &msg);
    }
    deregister(m);
}

void modem_emm_radio(struct modem *m, bool on)
{
    if (m->emm.radio_on == on)
        return;
    if (!on)
        modem_emm_detach(m);
    m->emm.radio_on = on;
    modem_at_registration(m);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
    if (on)
        modem_emm_try(m);
}

void modem_emm_card_gone(struct modem *m)
{
    modem_emm_detach(m);
    modem_mt_forget(m);
    m->emm.cause = 0;
    m->emm.forbidden.known = false;
    modem_at_registration(m);
}

void modem_emm_card_ready(struct modem *m, bool started)
{
    struct modem_emm *e = &m->emm;

    if (!started && strcmp(e->imsi, m->card.imsi) == 0)
        return;
    if (!started)
        modem_emm_card_gone(m);
    memcpy(e->imsi, m->card.imsi, sizeof e->imsi);
    deregister(m);
    modem_at_registration(m);
    modem_emm_try(m);
    modem_mt_next(m);
}

/* ---- authentication: TS 31.102 7.1.2, TS 51.011 8.16 ---- */

static void send_failure(struct modem *m, uint8_t cause, struct bytes auts)
{
    struct air_message msg = {
        .type = AIR_AUTHENTICATION_FAILURE, .cause = cause, .sync = m->emm.sync};

    if (auts.n == sizeof msg.auts)
        memcpy(msg.auts, auts.p, auts.n);
    modem_air_send(m, &msg);
}

static void authentication_request(struct modem *m, const struct air_message *msg)
{
    struct modem_emm *e = &m->emm;

    if (e->state != EMM_ATTACHING && e->state != EMM_REGISTERED)
        return;
    memcpy(e->rand, msg->rand, sizeof e->rand);
    memcpy(e->autn, msg->autn, sizeof e->autn);
    e->has_autn = msg->has_autn;
    e->sync = msg->sync;
    if (e->cell.rat != AIR_GSM && (!e->has_autn || !(e->autn[AMF_AT] & AMF_SEPARATION))) {
        send_failure(m, AIR_CAUSE_GSM_AUTH_UNACCEPTABLE, BYTES_NONE);
        return;
    }
    if (e->state == EMM_ATTACHING)
        modem_timer_start(m, TIMER_T3410, T3410_MS);
    modem_want(m, JOB_AUTHENTICATE);
}

static void run_gsm_algorithm(struct modem *m)
{
    modem_card_send(m, &(struct apdu_command){.cla = modem_cla(m, 0),
                                              .ins = INS_AUTHENTICATE,
                                              .data = BYTES_OF(m->emm.rand)});
}

static void authenticate(struct modem *m)
{
    const struct modem_emm *e = &m->emm;
    uint8_t data[2 + sizeof e->rand + sizeof e->autn];
    struct buf b;

    if (m->card.gsm) {
        run_gsm_algorithm(m);
        return;
    }
    buf_init_fixed(&b, data, sizeof data);
    buf_put_u8(&b, sizeof e->rand);
    buf_put(&b, e->rand, sizeof e->rand);
    if (e->has_autn) {
        buf_put_u8(&b, sizeof e->autn);
        buf_put(&b, e->autn, sizeof e->autn);
    }
    modem_card_send(m, &(struct apdu_command){.ins = INS_AUTHENTICATE,
                                              .p2 = e->has_autn ? AUTH_3G : AUTH_GSM,
                                              .data = buf_bytes(&b),
                                              .has_le = true,
                                              .le = 256});
}

/* The command wants the application's directory; the last file used tells where the card is. */
void modem_auth_start(struct modem *m)
{
    if (m->card.file.dir == DIR_APP) {
        m->card.step = 1;
        authenticate(m);
        return;
    }
    m->card.file.dir = DIR_APP;
    modem_select_application(m);
}

struct auth_result {
    struct bytes res, ck, ik, kc, auts;
};

static struct bytes take_field(struct cur *c)
{
    return cur_take(c, cur_u8(c));
}

/* DB RES CK IK [Kc], DC AUTS, or without a tag SRES Kc; a SIM's has no lengths either. */
static bool parse_result(const struct modem *m, struct bytes data, struct auth_result *out)
{
    struct cur c = cur_of(data);
    uint8_t tag;

    if (m->card.gsm || !m->emm.has_autn) {
        out->res = m->card.gsm ? cur_take(&c, SRES_LEN) : take_field(&c);
        out->kc = m->card.gsm ? cur_take(&c, KC_LEN) : take_field(&c);
        return !c.bad && out->res.n == SRES_LEN && out->kc.n == KC_LEN;
    }
    tag = cur_u8(&c);
    if (tag == TAG_AUTH_RESYNC) {
        out->auts = take_field(&c);
        return !c.bad && out->auts.n == sizeof((struct air_message *)0)->auts;
    }
    out->res = take_field(&c);
    out->ck = take_field(&c);
    out->ik = take_field(&c);
    if (c.n > 0)
        out->kc = take_field(&c);
    return tag == TAG_AUTH_OK && !c.bad && out->res.n > 0 &&
           out->res.n <= sizeof((struct air_message *)0)->res && out->ck.n == 16 && out->ik.n == 16;
}

static void keep_keys(struct modem_emm *e, const struct auth_result *r)
{
    e->keys[0] = KSI_FIRST;
    e->keys_new = r->ck.n > 0;
    if (e->keys_new) {
        memcpy(e->keys + 1, r->ck.p, 16);
        memcpy(e->keys + 17, r->ik.p, 16);
    }
    e->kc_new = r->kc.n == KC_LEN;
    if (e->kc_new) {
        memcpy(e->kc, r->kc.p, KC_LEN);
        e->kc[KC_LEN] = KSI_FIRST;
    }
}

void modem_auth_response(struct modem *m, const struct apdu_response *r)
{
    struct air_message msg = {.type = AIR_AUTHENTICATION_RESPONSE, .sync = m->emm.sync};
    struct auth_result result = {0};

    if (m->card.step == 0) {
        m->card.step = 1;
        authenticate(m);
        return;
    }
    modem_job_done(m);
    if (m->emm.state != EMM_ATTACHING && m->emm.state != EMM_REGISTERED)
        return;
    if (!modem_sw_ok(r->sw) || !parse_result(m, r->data, &result)) {
        send_failure(m, AIR_CAUSE_MAC_FAILURE, BYTES_NONE);
        return;
    }
    if (result.auts.n > 0) {
        m->aka_resyncs++;
        send_failure(m, AIR_CAUSE_SYNCH_FAILURE, result.auts);
        return;
    }
    keep_keys(&m->emm, &result);
    memcpy(msg.res, result.res.p, result.res.n);
    msg.res_n = (uint8_t)result.res.n;
    modem_air_send(m, &msg);
}

/* ---- what the network says ---- */

static void accepted(struct modem *m, const struct air_message *msg)
{
    struct modem_emm *e = &m->emm;
    bool other_radio = e->camped.rat != e->cell.rat;

    if (e->state != EMM_ATTACHING)
        return;
    stop_timers(m);
    e->state = EMM_REGISTERED;
    e->attempts = e->cause = 0;
    e->camped = e->cell;
    if (msg->plmn[0])
        memcpy(e->camped.plmn, msg->plmn, sizeof e->camped.plmn);
    if (msg->lac)
        e->camped.lac = msg->lac;
    memcpy(e->guti, msg->guti, sizeof e->guti);
    e->t3412_s = msg->t3412_s;
    e->t3324_s = msg->t3324_s;
    e->edrx_s = msg->edrx_s;
    m->attaches++;
    if (e->t3412_s)
        modem_timer_start(m, TIMER_T3412, (int64_t)e->t3412_s * 1000);
    modem_location_save(m, MODEM_UPDATED);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
    if (other_radio)
        modem_event(m, CAT_EVENT_ACCESS_TECHNOLOGY);
    modem_at_registration(m);
    modem_sleep_restart(m);
}

static enum reject_meaning meaning_of(uint8_t cause)
{
    switch (cause) {
#define MODEM_CAUSE(value, meaning, text)                                                          \
    case value:                                                                                    \
        return meaning;
#include "terminal/modem/causes.def"
#undef MODEM_CAUSE
    default:
        return RETRY;
    }
}

static void deny(struct modem *m, uint8_t status)
{
    stop_timers(m);
    m->emm.state = EMM_DENIED;
    modem_location_save(m, status);
}

static void rejected(struct modem *m, uint8_t cause)
{
    struct modem_emm *e = &m->emm;

    if (e->state != EMM_ATTACHING)
        return;
    e->cause = cause;
    switch (meaning_of(cause)) {
    case DENY:
        deny(m, MODEM_PLMN_NOT_ALLOWED);
        break;
    case FORBID_PLMN:
        deregister(m);
        modem_forbid(m, e->cell.plmn);
        modem_location_save(m, MODEM_PLMN_NOT_ALLOWED);
        break;
    case FORBID_AREA:
        deregister(m);
        e->forbidden = e->cell;
        modem_location_save(m, MODEM_AREA_NOT_ALLOWED);
        break;
    case RETRY:
        attach_failed(m);
        break;
    }
    modem_at_registration(m);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
}

/* TS 24.301 5.4.2.5: no more with this subscriber until power off. */
static void authentication_rejected(struct modem *m)
{
    if (m->emm.state != EMM_ATTACHING && m->emm.state != EMM_REGISTERED)
        return;
    deny(m, MODEM_NOT_UPDATED);
    modem_at_registration(m);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
}

/* TS 24.301 5.5.2.3: re-attach, unless the cause forbids it */
static void detached(struct modem *m, uint8_t cause)
{
    if (m->emm.state != EMM_REGISTERED)
        return;
    deregister(m);
    if (meaning_of(cause) == DENY) {
        m->emm.cause = cause;
        deny(m, MODEM_PLMN_NOT_ALLOWED);
    }
    modem_at_registration(m);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
    modem_emm_try(m);
}

static void still_here(struct modem *m)
{
    struct air_message msg = {.type = AIR_TRACKING_AREA_UPDATE};

    memcpy(msg.imsi, m->emm.imsi, sizeof m->emm.imsi);
    modem_air_send(m, &msg);
    if (m->emm.t3412_s)
        modem_timer_start(m, TIMER_T3412, (int64_t)m->emm.t3412_s * 1000);
}

void modem_t3412(struct modem *m)
{
    if (m->emm.state != EMM_REGISTERED)
        return;
    modem_wake(m);
    if (m->emm.cell.known)
        still_here(m);
    else
        modem_timer_start(m, TIMER_T3412, (int64_t)m->emm.t3412_s * 1000);
}

static bool same_area(const struct modem_cell *a, const struct modem_cell *b)
{
    return a->rat == b->rat && a->lac == b->lac && strcmp(a->plmn, b->plmn) == 0;
}

/* Registered and on another cell: the same area needs nothing unless coverage was lost, another
 * area an update, another network a new attach. */
static void moved(struct modem *m, bool was_known)
{
    struct modem_emm *e = &m->emm;
    bool area = same_area(&e->camped, &e->cell);

    if (strcmp(e->camped.plmn, e->cell.plmn) != 0 || e->camped.rat != e->cell.rat) {
        modem_emm_detach(m);
        modem_emm_try(m);
        return;
    }
    e->camped = e->cell;
    if (was_known && area)
        return;
    if (!e->asleep)
        still_here(m);
    if (!area)
        modem_location_save(m, MODEM_UPDATED);
    modem_at_registration(m);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
}

static void cell_found(struct modem *m, const struct air_message *msg)
{
    struct modem_emm *e = &m->emm;
    bool was_known = e->cell.known;

    if ((msg->rat && msg->rat != m->config.rat) || !msg->plmn[0])
        return;
    e->cell = (struct modem_cell){
        .known = true, .rat = m->config.rat, .lac = msg->lac, .cell = msg->cell};
    memcpy(e->cell.plmn, msg->plmn, sizeof e->cell.plmn);
    if (!m->powered)
        return;
    if (e->state == EMM_REGISTERED)
        moved(m, was_known);
    else
        modem_emm_try(m);
}

static void cell_lost(struct modem *m)
{
    struct modem_emm *e = &m->emm;

    if (!e->cell.known)
        return;
    e->cell.known = false;
    if (!m->powered)
        return;
    if (e->state == EMM_ATTACHING || e->state == EMM_WAITING)
        deregister(m);
    modem_at_registration(m);
    modem_event(m, CAT_EVENT_LOCATION_STATUS);
}

static void network_message(struct modem *m, const struct air_message *msg)
{
    modem_sleep_restart(m);
    if (msg->type == AIR_AUTHENTICATION_REQUEST)
        authentication_request(m, msg);
    else if (msg->type == AIR_AUTHENTICATION_REJECT)
        authentication_rejected(m);
    else if (msg->type == AIR_ATTACH_ACCEPT)
        accepted(m, msg);
    else if (msg->type == AIR_ATTACH_REJECT)
        rejected(m, msg->cause);
    else if (msg->type == AIR_DETACH_REQUEST)
        detached(m, msg->cause);
    else if (msg->type == AIR_PAGING && m->emm.state == EMM_REGISTERED)
        still_here(m);
    else if (msg->type == AIR_CP_DATA && m->emm.state == EMM_REGISTERED)
        modem_rp(m, msg->rp);
}

/* Cells come and go for a terminal that is off or asleep, too; it hears nothing else then. */
void modem_air(struct modem *m, struct bytes wire)
{
    struct air_message msg;

    if (air_decode(wire, &msg) != XK_OK)
        return;
    if (msg.type == AIR_SYSTEM_INFO)
        cell_found(m, &msg);
    else if (msg.type == AIR_NO_SERVICE)
        cell_lost(m);
    else if (m->powered && m->emm.radio_on && !m->emm.asleep)
        network_message(m, &msg);
}
