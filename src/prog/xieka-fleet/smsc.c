/* SPDX-License-Identifier: Apache-2.0 */
/* The message centre's SMPP server: submit_sm into the network, deliver_sm and receipts out. */
#include "prog/xieka-fleet/program.h"

#include "codec/sms/sms.h"

#define TON_INTERNATIONAL 1
#define NPI_E164 1
#define WAITING_MAX 500000 /* messages kept; above it peers are throttled */
#define DELIVER_MS 3600000
#define ID_TEXT 24

static uint32_t on_bind(void *ctx, const struct smpp_smsc_peer *peer, const char *password)
{
    const struct program *p = ctx;
    const char *want = p->settings.smpp_password;
    bool ok = !want || bytes_eq_secret(bytes_cstr(want), bytes_cstr(password));

    xk_log(ok ? XK_LOG_INFO : XK_LOG_WARN, "smpp.bind peer=%s system_id=%s ok=%d", peer->address,
           peer->system_id, ok);
    return ok ? SMPP_ROK : SMPP_RINVPASWD;
}

static uint32_t on_admit(void *ctx, const struct smpp_smsc_peer *peer)
{
    struct program *p = ctx;
    int64_t second = drive_now() / 1000;
    struct testnet_stats s;

    (void)peer;
    testnet_get_stats(fleet_net(p->fleet), &s);
    if (s.waiting >= WAITING_MAX)
        return SMPP_RMSGQFUL;
    if (p->settings.smpp_rate == 0)
        return SMPP_ROK;
    if (second != p->second) {
        p->second = second;
        p->in_second = 0;
    }
    return ++p->in_second <= p->settings.smpp_rate ? SMPP_ROK : SMPP_RTHROTTLED;
}

static void put_number(const struct smpp_address *a, char out[SMS_NUMBER_TEXT])
{
    snprintf(out, SMS_NUMBER_TEXT, "%s%.*s", a->ton == TON_INTERNATIONAL ? "+" : "",
             SMS_NUMBER_TEXT - 2, a->digits);
}

static uint32_t submit(struct program *p, const struct smpp_sm *in, uint64_t *id)
{
    struct testnet_sm sm = {.udhi = (in->esm_class & SMPP_ESM_UDHI) != 0,
                            .pid = in->protocol_id,
                            .dcs = in->data_coding,
                            .ud = in->message,
                            .receipt = (in->registered_delivery & SMPP_RECEIPT_ALWAYS) != 0};
    enum xk_err err;

    put_number(&in->source, sm.source);
    put_number(&in->destination, sm.destination);
    if (smpp_parse_time(in->validity, drive_now(), &sm.validity_s) != XK_OK)
        return SMPP_RINVEXPIRY;
    err = testnet_submit(fleet_net(p->fleet), drive_now(), &sm, id);
    if (err == XK_E_NOT_FOUND)
        return SMPP_RINVDSTADR;
    if (err == XK_E_VALUE)
        return SMPP_RINVMSGLEN;
    return err == XK_OK ? SMPP_ROK : SMPP_RMSGQFUL;
}

static void on_submit(void *ctx, uint64_t token, const struct smpp_smsc_peer *peer,
                      const struct smpp_sm *sm)
{
    struct program *p = ctx;
    char text[ID_TEXT] = "";
    uint64_t id = 0;
    uint32_t status = submit(p, sm, &id);

    if (status == SMPP_ROK)
        snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    else
        xk_log(XK_LOG_INFO, "smpp.refused peer=%s to=%s status=%s", peer->address,
               sm->destination.digits, smpp_status_text(status));
    smpp_smsc_submit_done(p->smsc, token, status, text);
    drive_soon(p);
}

static void on_delivered(void *ctx, uint64_t ref, const struct smpp_deliver_result *result)
{
    struct program *p = ctx;

    (void)ref;
    if (result->err == XK_OK && result->status == SMPP_ROK)
        return;
    p->undelivered++;
    xk_log(XK_LOG_WARN, "smpp.undelivered err=%s status=%s", xk_err_name(result->err),
           smpp_status_text(result->status));
}

static const struct smpp_smsc_events events = {
    .bind = on_bind, .submit = on_submit, .delivered = on_delivered, .admit = on_admit};

static void take_number(const char *number, struct smpp_address *out)
{
    bool plus = number[0] == '+';

    out->ton = plus ? TON_INTERNATIONAL : 0;
    out->npi = NPI_E164;
    snprintf(out->digits, sizeof out->digits, "%.*s", SMPP_ADDR_MAX - 1, number + plus);
}

static void deliver(struct program *p, const struct smpp_sm *sm)
{
    if (smpp_smsc_deliver(p->smsc, sm, NULL, ++p->deliver_ref) == XK_OK)
        return;
    p->undelivered++;
    xk_log(XK_LOG_WARN, "smpp.full from=%s", sm->source.digits);
}

void smsc_message(struct program *p, const struct testnet_sm *in)
{
    struct smpp_sm sm = {.esm_class = in->udhi ? SMPP_ESM_UDHI : 0,
                         .protocol_id = in->pid,
                         .data_coding = in->dcs,
                         .message = in->ud};

    take_number(in->source, &sm.source);
    take_number(in->destination, &sm.destination);
    deliver(p, &sm);
}

static uint8_t state_of(enum testnet_fate fate)
{
    switch (fate) {
    case TESTNET_DELIVERED:
        return SMPP_STATE_DELIVERED;
    case TESTNET_EXPIRED:
        return SMPP_STATE_EXPIRED;
    case TESTNET_UNDELIVERABLE:
        return SMPP_STATE_UNDELIVERABLE;
    }
    return SMPP_STATE_UNKNOWN;
}

void smsc_receipt(struct program *p, const struct testnet_receipt *in)
{
    struct smpp_receipt r = {.state = state_of(in->fate),
                             .error = in->cause,
                             .submitted_ms = in->submitted,
                             .done_ms = in->done};
    struct smpp_sm sm = {
        .esm_class = SMPP_ESM_RECEIPT, .has_receipted_id = true, .has_state = true};
    uint8_t mem[SMPP_SM_MAX];
    struct buf b;

    snprintf(r.id, sizeof r.id, "%llu", (unsigned long long)in->id);
    buf_init_fixed(&b, mem, sizeof mem);
    if (smpp_encode_receipt(&r, &b) != XK_OK)
        return;
    sm.message = buf_bytes(&b);
    sm.state = r.state;
    memcpy(sm.receipted_id, r.id, sizeof sm.receipted_id);
    take_number(in->destination, &sm.source);
    take_number(in->source, &sm.destination);
    deliver(p, &sm);
}

enum xk_err smsc_start(struct program *p)
{
    const struct smpp_smsc_options options = {.loop = p->loop,
                                              .address = p->settings.listen,
                                              .port = p->settings.smpp_port,
                                              .system_id = "xieka-fleet",
                                              .on = &events,
                                              .ctx = p,
                                              .window = 256,
                                              .queue_max = 500000,
                                              .submit_max = 8192,
                                              .deliver_ms = DELIVER_MS};

    return smpp_smsc_new(&options, &p->smsc);
}
