/* SPDX-License-Identifier: Apache-2.0 */
#include "partner_bench.h"

#include "api/wire/base64.h"
#include "crypto/hash.h"
#include "crypto/keystore.h"
#include "db/sqlite/sqlite.h"
#include "service/chip/chip.h"
#include "service/custody/custody.h"
#include "service/number/number.h"
#include "xt.h"

static enum xk_err build_script(void *ctx, const struct order_script *s, struct buf *packet)
{
    (void)ctx;
    (void)s;
    buf_put_str(packet, "a sealed packet");
    return buf_ok(packet);
}

static enum xk_err encode_callback(void *ctx, const struct task *t, const char *event_id,
                                   int64_t at, struct buf *body)
{
    (void)ctx;
    return partner_encode_callback(t, event_id, at, body);
}

static enum xk_err describe(void *ctx, const struct chip *chip, const struct chip_keys *keys,
                            uint8_t iei, struct bytes packet, struct buf *text)
{
    (void)ctx;
    (void)chip;
    (void)keys;
    buf_printf(text, "iei %02X, %zu bytes", iei, packet.n);
    return buf_ok(text);
}

/* "good" opens as the card's word that it committed; all else does not verify. */
static enum xk_err open_report(void *ctx, const struct chip *chip, const struct chip_keys *keys,
                               uint8_t iei, struct bytes packet, struct arena *arena,
                               struct order_report *out)
{
    (void)ctx;
    (void)keys;
    (void)arena;
    if (!bytes_eq(packet, BYTES_STR("good")))
        return XK_E_AUTH;
    *out = (struct order_report){.is_answer = true,
                                 .counter = chip->down_counter,
                                 .has_result = true,
                                 .result = 2,
                                 .iei = iei,
                                 .packet = packet};
    memcpy(out->task_id, chip->task_id, sizeof out->task_id);
    return XK_OK;
}

static void add_card(struct partner_bench *b)
{
    struct chip chip = {.cid = PARTNER_CID,
                        .batch_id = "b1",
                        .form = CHIP_FORM_DOMESTIC_5X6,
                        .suite = 1,
                        .keyset = 1,
                        .kic_alg = 2,
                        .kid_alg = 2,
                        .seed_imsi = "999700000000001",
                        .seed_msisdn = "1490000000001",
                        .wear_left = UINT32_MAX};
    struct custody_move made = {.at = b->c.now, .to_org = ORG_ROOT};
    struct chip_keys keys = {0};

    CHECK_OK(secret_set(&keys.kic, BYTES_STR("kkkkkkkkkkkkkkkk")));
    CHECK_OK(secret_set(&keys.kid, BYTES_STR("dddddddddddddddd")));
    CHECK_OK(secret_set(&keys.kik, BYTES_STR("iiiiiiiiiiiiiiii")));
    CHECK_OK(chip_add(b->store, b->ks, &chip, &keys, b->c.now));
    CHECK_OK(custody_made(b->store, &made));
}

static void fill_store(struct partner_bench *b)
{
    struct pool pool = {.id = "main", .name = "main", .purpose = NUMBER_FORMAL};
    const struct number_range range = {.pool_id = "main",
                                       .count = 2,
                                       .first_imsi = "999701000000001",
                                       .first_msisdn = "1440000000001",
                                       .first_iccid = "8986040000000000001"};

    CHECK_OK(store_migrate(b->store));
    CHECK_OK(pool_create(b->store, &pool));
    CHECK_OK(number_generate(b->store, b->ks, &b->rand, &range, b->c.now));
    add_card(b);
}

void partner_bench_init(struct partner_bench *b, const char *roles, const char *ip_allow)
{
    memset(b, 0, sizeof *b);
    b->prng.state = 1;
    snprintf(b->app, sizeof b->app, "app");
    b->rand = xk_rand_prng(&b->prng);
    b->c.now = 1767323045678;
    CHECK_OK(sqlite_store_open(":memory:", &b->store));
    CHECK_OK(keystore_of_key(BYTES_STR("0123456789abcdef0123456789abcdef"), &b->rand, &b->ks));
    order_policy_default(&b->policy);
    arena_init(&b->arena, 8 << 20);
    b->said.arena = &b->arena;
    b->ports =
        (struct order_ports){.build_script = build_script, .encode_callback = encode_callback};
    b->c = (struct order_ctx){.store = b->store,
                              .keystore = b->ks,
                              .policy = &b->policy,
                              .ports = &b->ports,
                              .rand = &b->rand,
                              .ids = &b->ids,
                              .arena = &b->arena,
                              .said = &b->said,
                              .now = b->c.now};
    outbox_ids_init(&b->ids, b->c.now);
    b->options = (struct partner_options){
        .keystore = b->ks, .rand = &b->rand, .describe = describe, .open_report = open_report};
    CHECK_OK(partner_new(&b->options, &b->partner));
    buf_init(&b->body, 4 << 20);
    fill_store(b);
    CHECK_OK(store_begin(b->store));
    CHECK_OK(audit_open(b->store, b->ks, &b->rand, &b->audit));
    partner_log_to(b->partner, b->audit);
    if (!roles)
        return;
    CHECK_OK(partner_add_app(
        b->store, b->ks, &b->rand,
        &(struct partner_app){
            .id = "app", .name = "App", .org_id = ORG_ROOT, .roles = roles, .ip_allow = ip_allow},
        b->c.now, b->secret));
    CHECK_INT(partner_get_token(b, NULL, NULL), CODE_OK);
}

void partner_bench_fini(struct partner_bench *b)
{
    json_doc_free(b->doc);
    partner_free(b->partner);
    audit_free(b->audit);
    store_rollback(b->store);
    store_close(b->store);
    keystore_close(b->ks);
    buf_fini(&b->body);
    arena_fini(&b->arena);
}

static const char *find_header(const void *request, const char *name)
{
    const struct partner_ask *a = request;
    const struct {
        const char *name, *value;
    } rows[] = {
        {"Authorization", a->token},      {"X-XK-AppId", a->app}, {"X-XK-Timestamp", a->timestamp},
        {"X-XK-Nonce", a->nonce},         {"X-XK-Sign", a->sign}, {"Content-Type", a->content_type},
        {"Accept-Language", a->language},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].value;
    }
    return NULL;
}

static int handle(struct partner_bench *b, const struct partner_ask *a)
{
    const struct partner_call call = {.method = a->method,
                                      .path = a->path,
                                      .query = a->query ? a->query : "",
                                      .header = find_header,
                                      .request = a,
                                      .body = bytes_cstr(a->body),
                                      .peer = a->peer ? a->peer : "127.0.0.1",
                                      .order = &b->c};
    const char *code;
    size_t at;

    json_doc_free(b->doc);
    b->doc = NULL;
    buf_reset(&b->body);
    b->reply = (struct partner_reply){.body = &b->body};
    CHECK_OK(store_savepoint(b->store));
    CHECK_OK(partner_handle(b->partner, &call, &b->reply));
    CHECK_OK(store_release(b->store));
    CHECK_OK(json_doc_parse(buf_bytes(&b->body), &b->doc, &at));
    code = json_text(json_member(b->doc, "code"));
    return code ? (int)strtol(code, NULL, 10) : -1;
}

static const char *next_nonce(struct partner_bench *b)
{
    return arena_printf(&b->arena, "nonce-%012u", ++b->nonces);
}

int partner_ask(struct partner_bench *b, const struct partner_ask *ask)
{
    struct partner_ask a = *ask;
    char sign[64];

    if (!a.app)
        a.app = b->app;
    if (!a.token)
        a.token = arena_printf(&b->arena, "Bearer %s", b->token);
    if (!a.timestamp)
        a.timestamp = arena_printf(&b->arena, "%lld", (long long)b->c.now);
    if (!a.nonce)
        a.nonce = next_nonce(b);
    if (!a.sign) {
        const struct partner_to_sign w = {.method = a.method,
                                          .path = a.path,
                                          .query = a.query,
                                          .body = bytes_cstr(a.body),
                                          .timestamp = a.timestamp,
                                          .nonce = a.nonce};

        CHECK_OK(partner_signature_of(&w, "HMAC-SHA256", bytes_cstr(b->secret), &b->arena, sign));
        a.sign = sign;
    }
    return handle(b, &a);
}

int partner_get_token(struct partner_bench *b, const char *timestamp, const char *sign)
{
    char *now = arena_printf(&b->arena, "%lld", (long long)b->c.now);
    const char *t = timestamp ? timestamp : now;
    const char *nonce = next_nonce(b);
    char *text = arena_printf(&b->arena, "%s\n%s\n%s", b->app, t, nonce);
    struct partner_ask a = {.method = "POST", .path = "/api/v1/auth/token"};
    uint8_t mac[HASH_LEN];
    struct buf s;
    int code;

    buf_init(&s, 100);
    CHECK_OK(hash_hmac(HASH_SHA256, bytes_cstr(b->secret), bytes_cstr(text), mac));
    base64_put(&s, BYTES_OF(mac));
    a.body = arena_printf(
        &b->arena, "{\"appId\":\"%s\",\"timestamp\":\"%s\",\"nonce\":\"%s\",\"sign\":\"%s\"}",
        b->app, t, nonce, sign ? sign : buf_cstr(&s));
    code = handle(b, &a);
    if (code == CODE_OK)
        snprintf(b->token, sizeof b->token, "%s", partner_text(b, "token"));
    buf_fini(&s);
    return code;
}

int partner_post(struct partner_bench *b, const char *path, const char *body)
{
    b->c.now += 1000;
    return partner_ask(b, &(struct partner_ask){.method = "POST", .path = path, .body = body});
}

int partner_get(struct partner_bench *b, const char *path, const char *query)
{
    b->c.now += 1000;
    return partner_ask(b, &(struct partner_ask){.method = "GET", .path = path, .query = query});
}

int partner_become(struct partner_bench *b, const char *app, const char *secret)
{
    snprintf(b->app, sizeof b->app, "%s", app);
    if (secret != b->secret)
        snprintf(b->secret, sizeof b->secret, "%s", secret);
    return partner_get_token(b, NULL, NULL);
}

const struct json *partner_data(const struct partner_bench *b, const char *name)
{
    return json_member(json_member(b->doc, "data"), name);
}

const char *partner_text(const struct partner_bench *b, const char *name)
{
    const char *s = json_text(partner_data(b, name));

    return s ? s : "";
}
