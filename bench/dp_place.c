/* SPDX-License-Identifier: Apache-2.0 */
#include "dp_place.h"

#include "codec/rsp/iccid.h"
#include "codec/rsp/metadata.h"
#include "crypto/random.h"
#include "db/sqlite/sqlite.h"
#include "service/download/operator.h"
#include "service/profile/stock.h"

#define ARENA_MAX ((size_t)8 << 20)
#define ISSUERS_MAX 16
#define OPERATOR "bench"

/* ---- the place ------------------------------------------------------------------------------- */

static enum xk_err tell_nobody(void *ctx, const struct download_telling *t, struct buf *url,
                               struct buf *body)
{
    (void)ctx, (void)t, (void)url, (void)body;
    return XK_OK;
}

static void open_address(struct dp_place *p, enum dp_eum eum)
{
    const struct rsp_cert auth = rsp_pki_cert(p->pki, RSP_DPAUTH);
    const struct rsp_cert pb = rsp_pki_cert(p->pki, RSP_DPPB);
    struct smdpp_config config = {
        .auth = {.role = AUTH_SMDPP,
                 .address = BYTES_STR(RSP_DP_HOST),
                 .identities = {{auth.der, auth.key, pb.der, pb.key, BYTES_NONE}},
                 .n_identities = 1}};

    dp_must(x509_store_new(eum == DP_EUM_CACHED ? ISSUERS_MAX : 0, &p->trusted), "x509_store_new");
    dp_must(x509_store_add_ci(p->trusted, rsp_pki_cert(p->pki, RSP_CI).der), "x509_store_add_ci");
    config.auth.store = p->trusted;
    dp_must(smdpp_new(&config, &p->smdpp, NULL), "smdpp_new");
    p->api.address[0] = (struct es9p_address){p->smdpp, RSP_DP_HOST};
    p->api.n = 1;
}

static void open_store(struct dp_place *p, const char *database, const char *master_key)
{
    static const uint8_t some_key[32] = {1};
    static const struct operator_account operator= {.id = OPERATOR, .name = OPERATOR};

    dp_must(master_key ? keystore_open(master_key, random_openssl(), &p->keystore)
                       : keystore_of_key(BYTES_OF(some_key), random_openssl(), &p->keystore),
            "keystore");
    dp_must(sqlite_store_open(database, &p->store), "sqlite_store_open");
    dp_must(store_migrate(p->store), "store_migrate");
    dp_must(store_begin(p->store), "store_begin");
    dp_must(operator_put(p->store, &operator, 1), "operator_put");
    dp_must(store_commit(p->store), "store_commit");
}

void dp_place_open(struct dp_place *p, const char *database, const char *master_key,
                   enum dp_eum eum)
{
    *p = (struct dp_place){.pki = rsp_pki_new(EC_P256), .ports = {.encode_telling = tell_nobody}};
    open_address(p, eum);
    open_store(p, database, master_key);
    download_policy_default(&p->policy);
    outbox_ids_init(&p->ids, xk_now(xk_clock_system()));
    arena_init(&p->arena, ARENA_MAX);
    p->c = (struct download_ctx){.store = p->store,
                                 .keystore = p->keystore,
                                 .policy = &p->policy,
                                 .ports = &p->ports,
                                 .rand = random_openssl(),
                                 .ids = &p->ids,
                                 .arena = &p->arena,
                                 .said = &p->said,
                                 .now = xk_now(xk_clock_system())};
    p->said.arena = &p->arena;
}

void dp_place_close(struct dp_place *p)
{
    store_close(p->store);
    keystore_close(p->keystore);
    smdpp_free(p->smdpp);
    x509_store_free(p->trusted);
    rsp_pki_free(p->pki);
    arena_fini(&p->arena);
}

/* ---- stock and orders ------------------------------------------------------------------------ */

/* Spread over the index, as ICCIDs of many owners and types are. */
void dp_iccid(size_t order, char out[DOWNLOAD_ICCID_TEXT])
{
    snprintf(out, DOWNLOAD_ICCID_TEXT, "89494499%011llu",
             (unsigned long long)order * 10000019ULL % 100000000000ULL);
}

static void put_metadata(const char *iccid, struct buf *out)
{
    uint8_t id[ICCID_LEN];
    const struct rsp_metadata m = {.iccid = BYTES_OF(id),
                                   .service_provider_name = BYTES_STR("Xieka Mobile"),
                                   .profile_name = BYTES_STR("Things"),
                                   .has_profile_class = true,
                                   .profile_class = RSP_CLASS_OPERATIONAL};

    dp_must(iccid_from_text(bytes_cstr(iccid), id), "iccid_from_text");
    dp_must(rsp_encode_store_metadata(&m, out), "metadata");
}

static void put_into_stock(struct dp_place *p, const char *iccid)
{
    static uint8_t upp[DP_UPP_LEN];
    struct smdpp_package protected;
    struct stock_package package;
    struct download d = {.random_keys = true};
    uint8_t mem[512];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    put_metadata(iccid, &b);
    snprintf(d.iccid, sizeof d.iccid, "%s", iccid);
    snprintf(d.profile_type, sizeof d.profile_type, "bench");
    snprintf(d.owner, sizeof d.owner, OPERATOR);
    snprintf(d.smdp_address, sizeof d.smdp_address, RSP_DP_HOST);
    d.metadata = buf_bytes(&b);
    xk_rand_fill(p->c.rand, upp, sizeof upp);
    dp_must(smdpp_protect(BYTES_OF(upp), p->c.rand, &p->arena, &protected), "smdpp_protect");
    memcpy(package.id, protected.id, sizeof package.id);
    package.segments = protected.segments;
    package.ppk = protected.ppk;
    dp_must(stock_add(&p->c, &d, &package), "stock_add");
}

static void release(struct dp_place *p, size_t number, const char *iccid)
{
    const struct download_order_request order = {.operator_id = OPERATOR, .iccid = iccid};
    char matching_id[24];
    const struct download_confirm_request confirm = {
        .operator_id = OPERATOR, .iccid = iccid, .matching_id = matching_id, .release = true};
    enum rsp_verdict verdict;
    struct download d;
    int64_t waits_for;

    snprintf(matching_id, sizeof matching_id, "B-%zu", number);
    dp_must(download_order(&p->c, &order, &d, &verdict), "download_order");
    if (verdict != RSP_EXECUTED)
        dp_die("DownloadOrder");
    dp_must(download_confirm_order(&p->c, &confirm, &d, &verdict, &waits_for), "confirm");
    if (verdict != RSP_EXECUTED)
        dp_die("ConfirmOrder");
}

void dp_place_fill(struct dp_place *p, size_t first, size_t n)
{
    dp_must(store_begin(p->store), "store_begin");
    for (size_t i = first; i < first + n; i++) {
        char iccid[DOWNLOAD_ICCID_TEXT];

        arena_reset(&p->arena);
        dp_iccid(i, iccid);
        put_into_stock(p, iccid);
        release(p, i, iccid);
    }
    dp_must(store_commit(p->store), "store_commit");
}

/* ---- a call ---------------------------------------------------------------------------------- */

void dp_place_begin(struct dp_place *p)
{
    dp_must(store_begin(p->store), "store_begin");
}

void dp_place_commit(struct dp_place *p)
{
    dp_must(store_commit(p->store), "store_commit");
}

void dp_place_call(struct dp_place *p, enum rsp_function function, struct bytes body,
                   struct buf *answer)
{
    char path[64];
    const struct es9p_request in = {.method = "POST",
                                    .path = path,
                                    .content_type = WIRE_JSON_TYPE,
                                    .protocol = WIRE_PROTOCOL,
                                    .body = body,
                                    .peer = "127.0.0.1"};
    struct es9p_reply out = {.body = answer};

    snprintf(path, sizeof path, ES9P_PATH "%s", es9p_path(function));
    arena_reset(&p->arena);
    p->c.now = xk_now(xk_clock_system());
    dp_must(store_savepoint(p->store), "store_savepoint");
    dp_must(es9p_handle(&p->api, &p->c, &in, &out), "es9p_handle");
    dp_must(store_release(p->store), "store_release");
    if (out.status != 200 && out.status != 204)
        dp_die(path);
}

/* ---- the LPA --------------------------------------------------------------------------------- */

static void exchange(struct rsp_card *card, const struct dp_transport *way,
                     const struct rsp_es9p_request *req, struct rsp_es9p_response *resp)
{
    struct buf body, answer;

    buf_init(&body, DP_MESSAGE_MAX);
    buf_init(&answer, DP_MESSAGE_MAX);
    dp_must(es9p_json_encode_request(req, &body), "es9p_json_encode_request");
    way->post(way->ctx, req->function, buf_bytes(&body), &answer);
    *resp = (struct rsp_es9p_response){.function = req->function};
    if (req->function != RSP_HANDLE_NOTIFICATION) {
        dp_must(es9p_json_decode_response(req->function, buf_bytes(&answer), card->arena, resp),
                "es9p_json_decode_response");
        if (!rsp_succeeded(es9p_status(resp)))
            dp_die(es9p_path(req->function));
    }
    buf_fini(&body);
    buf_fini(&answer);
}

static void initiate(struct dp_download *d, struct rsp_es9p_request *req)
{
    arena_reset(d->card->arena);
    req->function = RSP_INITIATE_AUTHENTICATION;
    req->initiate_authentication = rsp_card_initiate(d->card);
}

static void authenticate(struct dp_download *d, struct rsp_es9p_request *req)
{
    snprintf(d->matching_id, sizeof d->matching_id, "B-%zu", d->order);
    d->card->matching_id = d->matching_id;
    req->function = RSP_AUTHENTICATE_CLIENT;
    req->authenticate_client = rsp_card_authenticate(d->card, &d->response.initiate_authentication);
    d->card->matching_id = NULL;
}

static void prepare(struct dp_download *d, struct rsp_es9p_request *req)
{
    req->function = RSP_GET_BOUND_PROFILE_PACKAGE;
    req->get_bound_profile_package =
        rsp_card_prepare(d->card, &d->response.authenticate_client, NULL, CARD_NEW_OTPK);
}

static void install(struct dp_download *d, struct rsp_es9p_request *req)
{
    char iccid[DOWNLOAD_ICCID_TEXT];

    if (d->response.get_bound_profile_package.bound_profile_package.n < DP_UPP_LEN)
        dp_die("the package");
    dp_iccid(d->order, iccid);
    req->function = RSP_HANDLE_NOTIFICATION;
    req->handle_notification = rsp_card_result(d->card, iccid, CARD_INSTALLED);
}

void dp_download_step(struct dp_download *d, const struct dp_transport *way)
{
    static void (*const steps[DP_CALLS])(struct dp_download * d, struct rsp_es9p_request * req) = {
        initiate, authenticate, prepare, install};
    struct rsp_es9p_request req = {0};

    steps[d->step++](d, &req);
    exchange(d->card, way, &req, &d->response);
}

void dp_download(struct rsp_card *card, size_t order, const struct dp_transport *way)
{
    struct dp_download d = {.card = card, .order = order};

    while (d.step < DP_CALLS)
        dp_download_step(&d, way);
}
