/* SPDX-License-Identifier: Apache-2.0 */
/* The link to the message centre: scripts out, reports and receipts in. */
#include "prog/xiekad/daemon.h"

#include "api/otaw/otaw.h"
#include "codec/sms/sms.h"
#include "crypto/random.h"

#define SPEECHES_MAX 100000
#define RECEIPTS_MAX 200000
#define AGAIN_MS 5000

/* One script on its way to the message centre, in parts. */
struct speech {
    int64_t outbox_id;
    uint8_t task_id[TASK_ID_LEN];
    size_t parts, answered;
    char reason[64]; /* a part was refused for good */
    bool unsaid;     /* a part could not be handed over */
};

struct sms_link {
    struct daemon *d;
    struct smpp_esme *esme;
    struct otaw_link otaw;
    struct map speeches; /* outbox id -> struct speech */
    struct map receipts; /* message id of a last part -> task id as a number */
    struct sms_reassembly *parts;
    uint8_t next_ref;
    struct smpp_esme_stats stats;
};

/* ref of a submit: outbox id, and in the lowest bit whether it is the last part */
static uint64_t ref_of(const struct speech *s, bool last)
{
    return (uint64_t)s->outbox_id << 1 | last;
}

static struct speech *find_speech(struct sms_link *link, int64_t outbox_id)
{
    uintptr_t value;

    return map_get(&link->speeches, BYTES(&outbox_id, sizeof outbox_id), &value)
               ? (struct speech *)value
               : NULL;
}

static void end_speech(struct sms_link *link, struct speech *s)
{
    struct job *job;

    map_del(&link->speeches, BYTES(&s->outbox_id, sizeof s->outbox_id));
    if (s->unsaid && s->reason[0] == '\0') {
        say_again_later(link->d, s->outbox_id, AGAIN_MS);
    } else if (job_new(JOB_SUBMITTED, &job) == XK_OK) {
        job->u.submitted.outbox_id = s->outbox_id;
        memcpy(job->u.submitted.task_id, s->task_id, TASK_ID_LEN);
        snprintf(job->u.submitted.reason, sizeof job->u.submitted.reason, "%s", s->reason);
        job_submit(link->d, job);
    }
    free(s);
}

static void remember_receipt(struct sms_link *link, const struct speech *s, const char *message_id)
{
    uint64_t task = 0;

    for (size_t i = 0; i < TASK_ID_LEN; i++)
        task = task << 8 | s->task_id[i];
    if (link->receipts.n >= RECEIPTS_MAX) {
        map_fini(&link->receipts); /* receipts hasten things; nothing depends on them */
        map_init(&link->receipts, RECEIPTS_MAX, link->receipts.seed);
    }
    if (map_put(&link->receipts, bytes_cstr(message_id), (uintptr_t)task) != XK_OK)
        xk_log(XK_LOG_DEBUG, "receipt.unknown id=%s", message_id);
}

static void on_submitted(void *ctx, uint64_t ref, const struct smpp_submit_result *result)
{
    struct sms_link *link = ctx;
    struct speech *s = find_speech(link, (int64_t)(ref >> 1));

    if (!s)
        return;
    s->answered++;
    if (result->err != XK_OK)
        s->unsaid = true;
    else if (result->status != SMPP_ROK)
        snprintf(s->reason, sizeof s->reason, "SMSC: %s", smpp_status_text(result->status));
    else if (ref & 1)
        remember_receipt(link, s, result->message_id);
    if (s->answered == s->parts)
        end_speech(link, s);
}

static enum xk_err say_parts(struct sms_link *link, const struct outbox_item *item,
                             struct speech *s)
{
    uint8_t ref = ++link->next_ref;

    for (size_t n = 0; n == 0 || n < s->parts; n++) {
        uint8_t ud[SMS_UD_MAX];
        struct smpp_sm sm;

        TRY(otaw_part(&link->otaw, item->address, item->payload, ref, n, ud, &sm, &s->parts));
        TRY(smpp_esme_submit(link->esme, &sm, ref_of(s, n + 1 == s->parts)));
    }
    return XK_OK;
}

void sms_link_say(struct sms_link *link, const struct outbox_item *item)
{
    struct speech *s;

    if (!link->esme || find_speech(link, item->id))
        return; /* on its way already */
    s = calloc(1, sizeof *s);
    if (!s)
        return;
    s->outbox_id = item->id;
    memcpy(s->task_id, item->task_id, TASK_ID_LEN);
    if (map_put(&link->speeches, BYTES(&s->outbox_id, sizeof s->outbox_id), (uintptr_t)s) !=
        XK_OK) {
        free(s);
        return;
    }
    if (say_parts(link, item, s) != XK_OK) {
        /* the parts that were handed over are harmless alone: the card never completes them */
        map_del(&link->speeches, BYTES(&s->outbox_id, sizeof s->outbox_id));
        say_again_later(link->d, s->outbox_id, AGAIN_MS);
        free(s);
    }
}

void sms_link_answer(struct sms_link *link, uint64_t token, enum xk_err err)
{
    smpp_esme_deliver_done(link->esme, token, err == XK_OK ? SMPP_ROK : SMPP_RX_T_APPN);
}

static void take_receipt(struct sms_link *link, uint64_t token, const struct smpp_sm *sm)
{
    struct smpp_receipt r;
    struct job *job;
    uintptr_t task;

    if (smpp_decode_receipt(sm->message, &r) != XK_OK ||
        !map_get(&link->receipts, bytes_cstr(sm->has_receipted_id ? sm->receipted_id : r.id),
                 &task) ||
        job_new(JOB_RECEIPT, &job) != XK_OK) {
        smpp_esme_deliver_done(link->esme, token, SMPP_ROK);
        return;
    }
    map_del(&link->receipts, bytes_cstr(sm->has_receipted_id ? sm->receipted_id : r.id));
    job->u.receipt.token = token;
    job->u.receipt.delivered = r.state == SMPP_STATE_DELIVERED;
    for (size_t i = 0; i < TASK_ID_LEN; i++)
        job->u.receipt.task_id[i] = (uint8_t)((uint64_t)task >> (8 * (TASK_ID_LEN - 1 - i)));
    job_submit(link->d, job);
}

/* The packet of a message: its own, or the one it completes. Empty: more parts to come. */
static enum xk_err take_parts(struct sms_link *link, const struct smpp_sm *sm, uint8_t *iei,
                              struct bytes *packet)
{
    struct sms_udh head = {0};

    if (!(sm->esm_class & SMPP_ESM_UDHI))
        return XK_E_FORMAT;
    TRY(sms_reassembly_feed(link->parts, sm->source.digits, sm->message, &head, packet));
    *iei = head.response_packet ? SMS_IEI_RESPONSE_PACKET : SMS_IEI_COMMAND_PACKET;
    return packet->n == 0 || head.response_packet || head.command_packet ? XK_OK : XK_E_FORMAT;
}

static void take_report(struct sms_link *link, uint64_t token, const struct smpp_sm *sm)
{
    struct bytes packet = BYTES_NONE;
    struct job *job;
    uint8_t iei;
    enum xk_err err = take_parts(link, sm, &iei, &packet);

    if (err != XK_OK)
        xk_log(XK_LOG_INFO, "sms.ignored from=%s bytes=%zu", sm->source.digits, sm->message.n);
    if (err != XK_OK || packet.n == 0 || job_new(JOB_REPORT, &job) != XK_OK) {
        smpp_esme_deliver_done(link->esme, token, SMPP_ROK);
        return;
    }
    job->u.report.token = token;
    job->u.report.iei = iei;
    snprintf(job->u.report.from, sizeof job->u.report.from, "%s", sm->source.digits);
    job->u.report.packet = BYTES(arena_copy(&job->arena, packet), packet.n);
    if (!job->u.report.packet.p) {
        smpp_esme_deliver_done(link->esme, token, SMPP_RX_T_APPN);
        job_free(job);
        return;
    }
    job_submit(link->d, job);
}

static void on_deliver(void *ctx, uint64_t token, const struct smpp_sm *sm)
{
    if (sm->esm_class & SMPP_ESM_RECEIPT)
        take_receipt(ctx, token, sm);
    else
        take_report(ctx, token, sm);
}

static void on_state(void *ctx, enum smpp_esme_state state)
{
    (void)ctx;
    xk_log(XK_LOG_INFO, "smpp.state state=%s", smpp_esme_state_name(state));
}

static const struct smpp_esme_events events = {
    .submitted = on_submitted,
    .deliver = on_deliver,
    .state = on_state,
};

static enum xk_err connect_smsc(struct sms_link *link)
{
    struct daemon *d = link->d;
    const struct smpp_esme_options options = {
        .loop = d->loop,
        .host = conf_string(d->conf, "smpp_host"),
        .port = (uint16_t)conf_int(d->conf, "smpp_port"),
        .system_id = conf_string(d->conf, "smpp_system_id"),
        .password = conf_string(d->conf, "smpp_password"),
        .system_type = "",
        .on = &events,
        .ctx = link,
        .rand = *random_openssl(),
        .window = (unsigned)conf_int(d->conf, "smpp_window"),
        .queue_max = SPEECHES_MAX,
    };

    if (options.host[0] == '\0')
        return XK_OK; /* RELAY only */
    return smpp_esme_new(&options, &link->esme);
}

enum xk_err sms_link_new(struct daemon *d, struct sms_link **out)
{
    struct sms_link *link = calloc(1, sizeof *link);
    enum xk_err err;

    if (!link)
        return XK_E_NOMEM;
    link->d = d;
    link->otaw.source = conf_string(d->conf, "platform_address");
    link->otaw.validity_s = d->policy.validity_s;
    map_init(&link->speeches, SPEECHES_MAX, (uint64_t)d->started_at);
    map_init(&link->receipts, RECEIPTS_MAX, (uint64_t)d->started_at);
    link->parts = sms_reassembly_new();
    err = link->parts ? connect_smsc(link) : XK_E_NOMEM;
    if (err != XK_OK) {
        sms_link_free(link);
        return err;
    }
    *out = link;
    return XK_OK;
}

void sms_link_stop(struct sms_link *link)
{
    if (link->esme)
        smpp_esme_stop(link->esme);
}

void sms_link_free(struct sms_link *link)
{
    struct bytes key;
    uintptr_t value;
    size_t at = 0;

    if (!link)
        return;
    smpp_esme_free(link->esme);
    while (map_each(&link->speeches, &at, &key, &value))
        free((struct speech *)value);
    map_fini(&link->speeches);
    map_fini(&link->receipts);
    sms_reassembly_free(link->parts);
    free(link);
}

const struct smpp_esme_stats *sms_link_stats(struct sms_link *link)
{
    if (link->esme)
        smpp_esme_stats(link->esme, &link->stats);
    return &link->stats;
}
