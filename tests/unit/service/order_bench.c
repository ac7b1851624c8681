/* SPDX-License-Identifier: Apache-2.0 */
#include "order_bench.h"

#include "codec/script/script.h"
#include "crypto/keystore.h"
#include "db/sqlite/sqlite.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

static enum xk_err build_script(void *ctx, const struct order_script *s, struct buf *packet)
{
    struct asked *a = ctx;

    a->scripts++;
    a->step = s->step;
    a->single_shot = s->single_shot;
    a->restore = s->restore;
    a->has_number = s->number != NULL;
    a->counter = s->counter;
    if (a->fail != XK_OK)
        return a->fail;
    buf_put_str(packet, "sealed");
    return buf_ok(packet);
}

static enum xk_err encode_callback(void *ctx, const struct task *t, const char *event_id,
                                   int64_t at, struct buf *body)
{
    struct asked *a = ctx;

    (void)at;
    a->callbacks++;
    a->told = t->state;
    a->told_code = t->code;
    buf_put_str(body, event_id);
    return buf_ok(body);
}

void add_number(struct bench *b, const char *imsi, const char *msisdn, const char *iccid)
{
    struct number n = {.state = NUMBER_FREE, .algorithm = 1};
    struct number_keys keys = {0};

    snprintf(n.imsi, sizeof n.imsi, "%s", imsi);
    snprintf(n.msisdn, sizeof n.msisdn, "%s", msisdn);
    snprintf(n.iccid, sizeof n.iccid, "%s", iccid);
    snprintf(n.pool_id, sizeof n.pool_id, "main");
    CHECK_OK(secret_set(&keys.k, BYTES_STR("0123456789abcdef")));
    CHECK_OK(secret_set(&keys.opc, BYTES_STR("fedcba9876543210")));
    CHECK_OK(number_add(b->store, b->ks, &n, &keys, b->c.now));
}

void add_chip(struct bench *b, const char *cid, const char *imsi, const char *msisdn)
{
    struct chip chip = {.form = CHIP_FORM_DOMESTIC_5X6,
                        .suite = 1,
                        .keyset = 1,
                        .kic_alg = 2,
                        .kid_alg = 2,
                        .wear_left = UINT32_MAX};
    struct chip_keys keys = {0};

    snprintf(chip.cid, sizeof chip.cid, "%s", cid);
    snprintf(chip.batch_id, sizeof chip.batch_id, "b1");
    snprintf(chip.seed_imsi, sizeof chip.seed_imsi, "%s", imsi);
    snprintf(chip.seed_msisdn, sizeof chip.seed_msisdn, "%s", msisdn);
    CHECK_OK(secret_set(&keys.kic, BYTES_STR("kkkkkkkkkkkkkkkk")));
    CHECK_OK(secret_set(&keys.kid, BYTES_STR("dddddddddddddddd")));
    CHECK_OK(secret_set(&keys.kik, BYTES_STR("iiiiiiiiiiiiiiii")));
    CHECK_OK(chip_add(b->store, b->ks, &chip, &keys, b->c.now));
}

void bench_init(struct bench *b)
{
    struct pool pool = {.id = "main", .name = "main", .purpose = NUMBER_FORMAL};

    memset(b, 0, sizeof *b);
    b->prng.state = 1;
    b->rand = xk_rand_prng(&b->prng);
    CHECK_OK(sqlite_store_open(":memory:", &b->store));
    CHECK_OK(store_migrate(b->store));
    CHECK_OK(keystore_of_key(BYTES_STR("0123456789abcdef0123456789abcdef"), &b->rand, &b->ks));
    order_policy_default(&b->policy);
    arena_init(&b->arena, 1 << 20);
    b->said.arena = &b->arena;
    b->ports = (struct order_ports){
        .ctx = &b->asked, .build_script = build_script, .encode_callback = encode_callback};
    b->c = (struct order_ctx){.store = b->store,
                              .keystore = b->ks,
                              .policy = &b->policy,
                              .ports = &b->ports,
                              .rand = &b->rand,
                              .ids = &b->ids,
                              .arena = &b->arena,
                              .said = &b->said,
                              .now = 1000000};
    outbox_ids_init(&b->ids, b->c.now);
    CHECK_OK(store_begin(b->store));
    CHECK_OK(pool_create(b->store, &pool));
    add_number(b, "999701000000001", "1440000000001", "89860400000000000015");
    add_number(b, "999701000000002", "1440000000002", "89860400000000000023");
    add_chip(b, CID, SEED_IMSI, SEED_MSISDN);
}

void bench_fini(struct bench *b)
{
    store_rollback(b->store);
    store_close(b->store);
    keystore_close(b->ks);
    arena_fini(&b->arena);
}

int apply_card(struct bench *b, const char *cid, const char *order_no, enum task_mode mode,
               struct task *t)
{
    const struct order_wish w = {.app_id = "app",
                                 .org_id = ORG_ROOT,
                                 .order_no = order_no,
                                 .cid = cid,
                                 .pool_id = "main",
                                 .template_id = "iot",
                                 .mode = mode,
                                 .callback_url = "https://partner.test/cb"};
    bool repeat;
    int code = -1;

    CHECK_OK(order_apply(&b->c, &w, t, &code, &repeat));
    return code;
}

int apply(struct bench *b, const char *order_no, enum task_mode mode, struct task *t)
{
    return apply_card(b, CID, order_no, mode, t);
}

void reload(struct bench *b, struct task *t)
{
    uint8_t id[TASK_ID_LEN];

    memcpy(id, t->id, sizeof id);
    CHECK_OK(task_load(b->store, id, t));
}

/* The card answers the last script, or speaks by itself (counter above 1000). */
void report(struct bench *b, const struct task *t, uint8_t result, bool by_itself)
{
    struct order_report r = {.is_answer = !by_itself,
                             .counter = by_itself ? 1000 + b->asked.counter : b->asked.counter,
                             .has_result = true,
                             .result = result,
                             .from = SEED_MSISDN,
                             .iei = 0x71,
                             .packet = BYTES_STR("x")};
    struct chip chip;

    memcpy(r.task_id, t->id, sizeof r.task_id);
    CHECK_OK(chip_get(b->store, CID, &chip));
    CHECK_OK(order_on_report(&b->c, &chip, &r));
}

/* To the state in which the first script is out. */
void start(struct bench *b, struct task *t)
{
    bench_init(b);
    CHECK_INT(apply(b, "o1", TASK_MODE_NEW, t), CODE_OK);
    CHECK_INT(t->state, TASK_NUMBER_LOCKED);
    CHECK_OK(order_on_opened(&b->c, t->imsi, NULL));
    CHECK_OK(order_on_submitted(&b->c, t->id, NULL));
    reload(b, t);
    CHECK_INT(t->state, TASK_SENDING);
}

void write_whole(struct bench *b, struct task *t)
{
    start(b, t);
    report(b, t, SCRIPT_PREPARED, false);
    report(b, t, SCRIPT_COMMITTED, false);
    CHECK_OK(order_on_attach(&b->c, t->imsi, "860000000000001", b->c.now));
    report(b, t, SCRIPT_OK, true);
    reload(b, t);
}

void check_number(struct bench *b, const char *imsi, enum number_state want)
{
    struct number n;

    CHECK_OK(number_get_by_imsi(b->store, imsi, &n));
    CHECK_STR(number_state_name(n.state), number_state_name(want));
}

void check_chip(struct bench *b, const char *imsi, enum chip_state want)
{
    struct chip chip;

    CHECK_OK(chip_get(b->store, CID, &chip));
    CHECK_STR(chip.imsi, imsi);
    CHECK_STR(chip_state_name(chip.state), chip_state_name(want));
}
