/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#include "codec/script/script.h"
#include "db/sqlite/sqlite.h"
#include "server/ota/ota.h"
#include "service/chip/chip.h"
#include "service/number/number.h"

#define ARENA_MAX ((size_t)1 << 20)
#define CARDS_FILE_MAX ((size_t)64 << 20)
#define RECEIPTS_MAX 1000000
#define DUE_MAX 64
#define OUTBOX_MAX 256
#define SLICE_MS 10
#define TON_INTERNATIONAL 1
#define SEED_POOL "seed"

enum input_kind { INPUT_REPORT, INPUT_RECEIPT, INPUT_ATTACH, INPUT_SUBMITTED, INPUT_OPENED };

struct input {
    struct input *next;
    enum input_kind kind;
    int64_t outbox_id, at;
    uint8_t task_id[TASK_ID_LEN];
    bool delivered, opened;
    uint8_t iei;
    char who[24], imei[17]; /* number, or IMSI */
    char reason[64];
    size_t n;
    uint8_t packet[];
};

static struct input *push(struct platform *p, enum input_kind kind, struct bytes packet)
{
    struct input *in = calloc(1, sizeof *in + packet.n);

    if (!in)
        abort();
    in->kind = kind;
    in->n = packet.n;
    if (packet.n > 0)
        memcpy(in->packet, packet.p, packet.n);
    if (p->last)
        p->last->next = in;
    else
        p->first = in;
    p->last = in;
    return in;
}

/* ---- what is said ---- */

static uint64_t task_number(const uint8_t id[TASK_ID_LEN])
{
    struct cur c = cur_of(BYTES(id, TASK_ID_LEN));

    return cur_u64(&c);
}

static enum xk_err submit(struct platform *p, const struct smpp_sm *sm, uint64_t *id)
{
    struct testnet_sm out = {.udhi = (sm->esm_class & SMPP_ESM_UDHI) != 0,
                             .pid = sm->protocol_id,
                             .dcs = sm->data_coding,
                             .ud = sm->message,
                             .receipt = sm->registered_delivery != 0};

    snprintf(out.source, sizeof out.source, "%s%s", sm->source.ton == TON_INTERNATIONAL ? "+" : "",
             sm->source.digits);
    snprintf(out.destination, sizeof out.destination, "%s", sm->destination.digits);
    MUST(smpp_parse_time(sm->validity, p->now, &out.validity_s));
    return testnet_submit(fleet_net(p->fleet), p->now, &out, id);
}

enum xk_err platform_say_parts(struct platform *p, const struct outbox_item *item, uint64_t *last)
{
    uint8_t ref = ++p->next_ref;
    size_t parts = 1;

    for (size_t n = 0; n < parts; n++) {
        uint8_t ud[SMS_UD_MAX];
        struct smpp_sm sm;

        MUST(otaw_part(&p->link, item->address, item->payload, ref, n, ud, &sm, &parts));
        TRY(submit(p, &sm, last));
    }
    return XK_OK;
}

static void say_sms(struct platform *p, const struct outbox_item *item)
{
    struct input *in = push(p, INPUT_SUBMITTED, BYTES_NONE);
    uint64_t id = 0;
    enum xk_err err = p->refuse_sending ? XK_E_BUSY : platform_say_parts(p, item, &id);

    in->outbox_id = item->id;
    memcpy(in->task_id, item->task_id, sizeof in->task_id);
    if (err != XK_OK)
        snprintf(in->reason, sizeof in->reason, "SMSC: %s", xk_err_text(err));
    else
        MUST(map_put(&p->receipts, BYTES(&id, sizeof id), (uintptr_t)task_number(item->task_id)));
}

static void open_in_network(struct platform *p, const char *imsi)
{
    struct testnet_subscriber s = {.aka = {.algorithm = AKA_MILENAGE}};
    struct number_keys keys;
    struct number n;

    MUST(number_get_by_imsi(p->store, imsi, &n));
    MUST(number_get_keys(p->store, p->ks, imsi, &keys));
    snprintf(s.imsi, sizeof s.imsi, "%s", imsi);
    snprintf(s.msisdn, sizeof s.msisdn, "%s", n.msisdn);
    s.aka.k = keys.k;
    s.aka.opc = keys.opc;
    MUST(testnet_open(fleet_net(p->fleet), &s));
    if (p->forget_new)
        MUST(testnet_bar(fleet_net(p->fleet), imsi, AIR_CAUSE_IMSI_UNKNOWN));
}

static void say_home(struct platform *p, const struct outbox_item *item)
{
    struct input *in = push(p, INPUT_OPENED, BYTES_NONE);
    enum xk_err err;

    in->outbox_id = item->id;
    in->opened = item->kind == OUTBOX_OPEN;
    snprintf(in->who, sizeof in->who, "%s", item->address);
    if (in->opened && p->refuse_opening) {
        snprintf(in->reason, sizeof in->reason, "not here");
    } else if (in->opened) {
        open_in_network(p, item->address);
    } else {
        err = testnet_close(fleet_net(p->fleet), p->now, item->address);
        if (err != XK_E_NOT_FOUND)
            MUST(err);
    }
}

static void say_all(struct platform *p, const struct outbox_list *said)
{
    for (const struct outbox_item *i = said->first; i; i = i->next) {
        if (i->kind == OUTBOX_SMS)
            say_sms(p, i);
        else if (i->kind == OUTBOX_OPEN || i->kind == OUTBOX_CLOSE)
            say_home(p, i);
    }
}

/* ---- deciding: one transaction, then what it wants said ---- */

void platform_look(struct platform *p)
{
    int64_t due[3];

    MUST(order_next_due(p->store, &due[0]));
    MUST(outbox_next_due(p->store, &due[1]));
    MUST(exception_next_due(p->store, &due[2]));
    p->due = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(due); i++)
        p->due = due[i] < p->due ? due[i] : p->due;
}

enum xk_err platform_decide(struct platform *p, platform_decide_fn *fn, void *arg)
{
    struct arena arena;
    struct outbox_list said = {.arena = &arena};
    struct order_ctx c = {.store = p->store,
                          .keystore = p->ks,
                          .policy = &p->policy,
                          .ports = &p->ports,
                          .rand = &p->rand,
                          .ids = &p->ids,
                          .arena = &arena,
                          .said = &said,
                          .now = p->now};
    enum xk_err err;

    arena_init(&arena, ARENA_MAX);
    MUST(store_begin(p->store));
    err = fn(p, &c, arg);
    if (err == XK_OK)
        MUST(store_commit(p->store));
    else
        store_rollback(p->store);
    if (err == XK_OK)
        say_all(p, &said);
    arena_fini(&arena);
    return err;
}

static bool is_refusal(enum xk_err err)
{
    return err == XK_E_AUTH || err == XK_E_FORMAT || err == XK_E_DENIED || err == XK_E_NOT_FOUND;
}

static enum xk_err decide_report(struct platform *p, struct order_ctx *c, const struct input *in)
{
    enum xk_err err = otaw_report(c, in->who, in->iei, BYTES(in->packet, in->n));

    if (!is_refusal(err))
        return err;
    p->refused++;
    return XK_OK;
}

static enum xk_err decide_input(struct platform *p, struct order_ctx *c, void *arg)
{
    const struct input *in = arg;
    const char *reason = in->reason[0] ? in->reason : NULL;

    switch (in->kind) {
    case INPUT_REPORT:
        return decide_report(p, c, in);
    case INPUT_RECEIPT:
        return order_on_receipt(c, in->task_id, in->delivered);
    case INPUT_ATTACH:
        return order_on_attach(c, in->who, in->imei, in->at);
    case INPUT_SUBMITTED:
        TRY(outbox_done(c->store, in->outbox_id));
        return order_on_submitted(c, in->task_id, reason);
    case INPUT_OPENED:
        TRY(outbox_done(c->store, in->outbox_id));
        return in->opened ? order_on_opened(c, in->who, reason) : XK_OK;
    }
    return XK_E_INTERNAL;
}

static enum xk_err decide_tick(struct platform *p, struct order_ctx *c, void *arg)
{
    struct exception_ctx x = order_exceptions(c);
    size_t moved;

    (void)p;
    (void)arg;
    TRY(order_on_time(c, DUE_MAX, &moved));
    TRY(exception_on_time(&x, DUE_MAX, &moved));
    return outbox_take(c->store, c->now, OUTBOX_MAX, c->said);
}

static void note_failure(struct platform *p, const char *what, enum xk_err err)
{
    if (err == XK_OK)
        return;
    p->failed++;
    printf("# %s failed: %s %s\n", what, xk_err_name(err), store_error(p->store));
}

bool platform_take_inputs(struct platform *p)
{
    static const char *const names[] = {"report", "receipt", "attach", "submitted", "opened"};
    bool any = p->first != NULL;

    while (p->first) {
        struct input *in = p->first;

        p->first = in->next;
        if (!p->first)
            p->last = NULL;
        note_failure(p, names[in->kind], platform_decide(p, decide_input, in));
        free(in);
    }
    return any;
}

/* ---- what the network brings ---- */

static void on_message(void *ctx, const struct testnet_sm *sm)
{
    struct platform *p = ctx;
    struct sms_udh head = {0};
    struct bytes packet = BYTES_NONE;
    struct input *in;

    if (!sm->udhi || strcmp(sm->destination, p->link.source) != 0 ||
        sms_reassembly_feed(p->parts, sm->source, sm->ud, &head, &packet) != XK_OK || packet.n == 0)
        return;
    in = push(p, INPUT_REPORT, packet);
    in->iei = head.response_packet ? SMS_IEI_RESPONSE_PACKET : SMS_IEI_COMMAND_PACKET;
    snprintf(in->who, sizeof in->who, "%s", sm->source);
}

static void on_receipt(void *ctx, const struct testnet_receipt *r)
{
    struct platform *p = ctx;
    struct input *in;
    uintptr_t task;
    struct buf b;

    if (!map_get(&p->receipts, BYTES(&r->id, sizeof r->id), &task))
        return;
    map_del(&p->receipts, BYTES(&r->id, sizeof r->id));
    in = push(p, INPUT_RECEIPT, BYTES_NONE);
    in->delivered = r->fate == TESTNET_DELIVERED;
    buf_init_fixed(&b, in->task_id, sizeof in->task_id);
    buf_put_u64(&b, task);
}

static void on_attach(void *ctx, const struct testnet_attach *a)
{
    struct input *in = push(ctx, INPUT_ATTACH, BYTES_NONE);

    in->at = a->time;
    snprintf(in->who, sizeof in->who, "%s", a->imsi);
    snprintf(in->imei, sizeof in->imei, "%s", a->imei);
}

/* ---- time ---- */

static void step(struct platform *p, int64_t until)
{
    int64_t next = fleet_deadline(p->fleet);

    if (next > until - SLICE_MS)
        next = until - SLICE_MS;
    next += SLICE_MS;
    if (p->due < next)
        next = p->due;
    if (next > p->now)
        p->now = next;
    fleet_step(p->fleet, p->now);
    if (platform_take_inputs(p))
        platform_look(p);
    if (p->due <= p->now) {
        note_failure(p, "tick", platform_decide(p, decide_tick, NULL));
        platform_take_inputs(p);
        platform_look(p);
    }
}

void platform_run(struct platform *p, int64_t until)
{
    platform_look(p);
    while (p->now < until)
        step(p, until);
}

struct resting {
    unsigned open;
};

static void count_open(void *arg, const struct task *t)
{
    ((struct resting *)arg)->open += t->state <= TASK_ATTACHED;
}

bool platform_settle(struct platform *p, int64_t until)
{
    struct resting r = {1};

    while (r.open > 0 && p->now < until) {
        int64_t end = p->now + 10000;

        platform_run(p, end < until ? end : until);
        r.open = 0;
        platform_tasks(p, count_open, &r);
    }
    return r.open == 0;
}

/* ---- beginning ---- */

static enum xk_err build_script(void *ctx, const struct order_script *s, struct buf *packet)
{
    struct ota_script o = {.chip = s->chip,
                           .chip_keys = s->chip_keys,
                           .number = s->number,
                           .number_keys = s->number_keys,
                           .fallback_min = s->fallback_min,
                           .counter = s->counter};
    struct platform *p = ctx;
    struct number wrong;

    if (p->wrong_number && s->number) {
        wrong = *s->number;
        wrong.imsi[sizeof "00101000" - 1] ^= 1;
        o.number = &wrong;
    }
    memcpy(o.task_id, s->task->id, sizeof o.task_id);
    if (s->restore)
        o.flags = SCRIPT_RESTORE_SEED;
    else if (s->step == TASK_STEP_COMMIT)
        o.flags = SCRIPT_COMMIT;
    else
        o.flags = s->single_shot ? SCRIPT_PREPARE | SCRIPT_COMMIT : SCRIPT_PREPARE;
    if (s->keep_seed && !s->restore)
        o.flags |= SCRIPT_KEEP_SEED;
    TRY(ota_build(&o, packet));
    if (p->break_packets)
        packet->p[packet->n - 1] ^= 1;
    return XK_OK;
}

static enum xk_err encode_callback(void *ctx, const struct task *t, const char *event_id,
                                   int64_t at, struct buf *body)
{
    (void)ctx;
    (void)t;
    (void)event_id;
    (void)at;
    return buf_ok(body);
}

static void make_pools(struct platform *p, uint32_t numbers)
{
    struct pool seed = {.id = SEED_POOL, .name = "seeds", .purpose = NUMBER_SEED};
    struct pool fresh = {.id = PLATFORM_POOL, .name = "numbers", .purpose = NUMBER_FORMAL};
    struct number_range range = {.pool_id = PLATFORM_POOL,
                                 .count = numbers,
                                 .first_imsi = "001010000000001",
                                 .first_msisdn = "9997100000001",
                                 .first_iccid = "8999971000000000001",
                                 .smsc = "+999700100500"};

    MUST(store_begin(p->store));
    MUST(pool_create(p->store, &seed));
    MUST(pool_create(p->store, &fresh));
    MUST(number_generate(p->store, p->ks, &p->rand, &range, p->now));
    MUST(store_commit(p->store));
}

static void import_cards(struct platform *p)
{
    const struct chip_import how = {.vendor = "", .file_name = "fleet.csv", .seed_pool = SEED_POOL};
    struct import_report report = {0};
    struct buf file;

    buf_init(&file, CARDS_FILE_MAX);
    for (uint32_t i = 0; i < fleet_devices(p->fleet); i++)
        MUST(fleet_export_card(p->fleet, i, &file));
    MUST(store_begin(p->store));
    MUST(chip_import_file(p->store, p->ks, &how, buf_bytes(&file), p->now, &report));
    MUST(store_commit(p->store));
    buf_fini(&file);
}

void platform_init(struct platform *p, const struct platform_setup *s)
{
    static const uint8_t key[32] = {1};
    const struct fleet_hooks hooks = {
        .ctx = p, .on_message = on_message, .on_receipt = on_receipt, .on_attach = on_attach};
    struct fleet_config fleet = s->fleet;

    memset(p, 0, sizeof *p);
    p->now = PLATFORM_START;
    p->due = INT64_MAX;
    p->prng.state = s->seed;
    p->rand = xk_rand_prng(&p->prng);
    fleet.net.seed = s->seed;
    p->link = (struct otaw_link){.source = fleet.platform, .validity_s = 86400};
    p->ports = (struct order_ports){
        .ctx = p, .build_script = build_script, .encode_callback = encode_callback};
    order_policy_default(&p->policy);
    map_init(&p->receipts, RECEIPTS_MAX, s->seed);
    p->parts = sms_reassembly_new();
    MUST(fleet_new(&fleet, &hooks, p->now, &p->fleet));
    MUST(keystore_of_key(BYTES_OF(key), &p->rand, &p->ks));
    MUST(sqlite_store_open(":memory:", &p->store));
    MUST(store_migrate(p->store));
    outbox_ids_init(&p->ids, p->now);
    make_pools(p, s->numbers);
    import_cards(p);
}

void platform_fini(struct platform *p)
{
    while (p->first) {
        struct input *in = p->first;

        p->first = in->next;
        free(in);
    }
    fleet_free(p->fleet);
    sms_reassembly_free(p->parts);
    map_fini(&p->receipts);
    keystore_close(p->ks);
    store_close(p->store);
}
