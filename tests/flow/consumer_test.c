/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer devices of a fleet in virtual time: eUICC, LPA, modem, network, SM-DP+ in memory. The
 * device gets its profile, enables it, the modem reads the card anew and attaches with the new
 * number; and again with coverage that goes away, power cuts, a server that is away or refuses. */
#include "api/es9p/json.h"
#include "crypto/random.h"
#include "prog/fleet/fleet.h"
#include "rsp_world.h"
#include "xt.h"

#define START INT64_C(1767323045000)
#define CONSUMERS 5
#define POSTS 16
#define BODY_MAX 65536
#define ARENA_MAX ((size_t)1 << 20)
#define ANSWER_MS 50 /* from a request to its answer */
#define STEP_MS 10
#define SEEDS 60

struct waiting { /* a request on its way, as the wire has it */
    bool used;
    uint32_t consumer;
    uint64_t ticket;
    int64_t due;
    enum rsp_function function;
    struct buf body;
};

struct world {
    struct rsp_world dp;
    struct fleet *fleet;
    struct waiting waiting[POSTS];
    struct world_order *order[CONSUMERS];
    unsigned posts, attaches;
    unsigned uncover_at, away_until; /* posts; 0 never */
    unsigned installed;
};

static enum xk_err make_euicc(void *ctx, uint32_t k, const struct flash_port *port,
                              struct euicc **out)
{
    struct world *w = ctx;
    struct euicc_personalisation p = {.n_identities = 1};
    struct rsp_cert cert;

    rsp_pki_eid(k, p.eid);
    cert = rsp_pki_euicc(w->dp.pki, p.eid);
    p.identities[0] = (struct euicc_identity){.ci_certificate = rsp_pki_cert(w->dp.pki, RSP_CI).der,
                                              .eum_certificate = cert.issuer,
                                              .certificate = cert.der,
                                              .key = cert.key};
    return euicc_manufacture(port, &p, random_openssl(), out, NULL);
}

static enum xk_err on_post(void *ctx, uint32_t consumer, uint64_t ticket, const char *address,
                           const struct rsp_es9p_request *request)
{
    struct world *w = ctx;
    struct waiting *q = w->waiting;

    while (q->used)
        q++;
    CHECK(q < w->waiting + POSTS);
    CHECK_STR(address, RSP_DP_HOST);
    *q = (struct waiting){.used = true,
                          .consumer = consumer,
                          .ticket = ticket,
                          .due = w->dp.now + ANSWER_MS,
                          .function = request->function};
    buf_init(&q->body, BODY_MAX);
    CHECK_OK(es9p_json_encode_request(request, &q->body));
    if (++w->posts == w->uncover_at)
        testnet_uncover(fleet_net(w->fleet), w->dp.now, consumer);
    return XK_OK;
}

static void on_attach(void *ctx, const struct testnet_attach *a)
{
    struct world *w = ctx;

    CHECK(strncmp(a->imsi, FLEET_CONSUMER_IMSI_PREFIX, 7) == 0);
    w->attaches++;
}

/* ---- the server ---- */

static void ask_server(struct world *w, const struct rsp_es9p_request *q,
                       struct rsp_es9p_response *r)
{
    *r = (struct rsp_es9p_response){.function = q->function};
    switch ((int)q->function) {
    case RSP_INITIATE_AUTHENTICATION:
        r->initiate_authentication = rsp_world_initiate(&w->dp, &q->initiate_authentication);
        break;
    case RSP_AUTHENTICATE_CLIENT:
        r->authenticate_client = rsp_world_authenticate(&w->dp, &q->authenticate_client);
        break;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        r->get_bound_profile_package = rsp_world_package(&w->dp, &q->get_bound_profile_package);
        break;
    case RSP_HANDLE_NOTIFICATION:
        rsp_world_notify(&w->dp, &q->handle_notification);
        break;
    case RSP_CANCEL_SESSION:
        r->cancel_session = rsp_world_cancel(&w->dp, &q->cancel_session);
        break;
    }
}

static void answer(struct world *w, struct waiting *place)
{
    struct waiting q = *place; /* the answer may bring the next request */
    struct lpa_reply reply = {.kind = LPA_REPLY_OK};
    struct rsp_es9p_request request;
    struct rsp_es9p_response response;
    struct rsp_status status = {0};
    struct arena arena;

    arena_init(&arena, ARENA_MAX);
    CHECK_OK(es9p_json_decode_request(q.function, buf_bytes(&q.body), &arena, &request, &status));
    ask_server(w, &request, &response);
    if (w->posts <= w->away_until)
        reply = (struct lpa_reply){.kind = LPA_REPLY_HTTP, .http_status = 503};
    else if (q.function != RSP_HANDLE_NOTIFICATION)
        reply.response = &response;
    place->used = false;
    fleet_reply(w->fleet, w->dp.now, q.consumer, q.ticket, &reply);
    buf_fini(&q.body);
    arena_fini(&arena);
}

static void run_until(struct world *w, int64_t end)
{
    while (w->dp.now < end) {
        w->dp.now += STEP_MS;
        fleet_step(w->fleet, w->dp.now);
        for (unsigned i = 0; i < POSTS; i++) {
            if (w->waiting[i].used && w->waiting[i].due <= w->dp.now)
                answer(w, &w->waiting[i]);
        }
        for (size_t i = 0; i < w->dp.n_events; i++)
            w->installed +=
                w->dp.events[i].point == DOWNLOAD_AT_INSTALLATION && !w->dp.events[i].failed;
        w->dp.n_events = 0;
    }
}

/* ---- the world ---- */

/* As the stock of an SM-DP+ asks for it. */
static struct bytes metadata_of(struct world *w, uint32_t k)
{
    uint8_t *mem = arena_alloc(&w->dp.arena, 512);
    uint8_t iccid[ICCID_LEN];
    char text[21];
    struct rsp_metadata m = {.service_provider_name = BYTES_STR("xieka"),
                             .profile_name = BYTES_STR("fleet"),
                             .has_profile_class = true,
                             .profile_class = 2};
    struct buf b;

    fleet_consumer_iccid(w->fleet, k, text);
    CHECK_OK(iccid_from_text(bytes_cstr(text), iccid));
    m.iccid = BYTES_OF(iccid);
    m.has_notification_configurations = true;
    m.notification_configurations.n = 1;
    m.notification_configurations.row[0] = (struct rsp_notification_configuration){
        .events = RSP_BIT(RSP_EVENT_INSTALL) | RSP_BIT(RSP_EVENT_ENABLE),
        .address = BYTES_STR(RSP_DP_HOST)};
    buf_init_fixed(&b, mem, 512);
    CHECK_OK(rsp_encode_store_metadata(&m, &b));
    return buf_bytes(&b);
}

static void order(struct world *w, uint32_t k)
{
    uint8_t *mem = arena_alloc(&w->dp.arena, FLEET_PACKAGE_MAX);
    char iccid[21], id[16];
    struct buf upp;

    buf_init_fixed(&upp, mem, FLEET_PACKAGE_MAX);
    CHECK_OK(fleet_consumer_package(w->fleet, k, &upp));
    w->dp.upp = buf_bytes(&upp);
    fleet_consumer_iccid(w->fleet, k, iccid);
    snprintf(id, sizeof id, "FLEET-%u", k);
    w->order[k] = rsp_world_order(&w->dp, iccid, id, WORLD_RANDOM_KEYS);
    w->order[k]->download.metadata = metadata_of(w, k);
}

static void give_code(struct world *w, uint32_t k)
{
    struct rsp_activation_code code = {0};

    snprintf(code.address, sizeof code.address, "%s", RSP_DP_HOST);
    snprintf(code.matching_id, sizeof code.matching_id, "FLEET-%u", k);
    CHECK_OK(fleet_give_code(w->fleet, w->dp.now, k, &code));
}

static void world_init(struct world *w, uint32_t consumers, uint32_t cut_every_s, uint64_t seed)
{
    const struct fleet_hooks hooks = {
        .ctx = w, .on_attach = on_attach, .make_euicc = make_euicc, .on_post = on_post};
    struct fleet_config c;

    *w = (struct world){0};
    rsp_world_init(&w->dp, EC_P256);
    w->dp.now = START;
    fleet_config_default(&c);
    c.consumers = consumers;
    c.net.seed = seed;
    c.cut_every_s = cut_every_s;
    c.cut_max_ms = 5000;
    c.mix[AIR_GSM] = c.mix[AIR_LTE] = c.mix[AIR_NB_IOT] = c.mix[AIR_EMTC] = 1;
    CHECK_OK(fleet_new(&c, &hooks, START, &w->fleet));
    for (uint32_t k = 0; k < consumers; k++)
        order(w, k);
}

static void world_fini(struct world *w)
{
    for (unsigned i = 0; i < POSTS; i++)
        if (w->waiting[i].used)
            buf_fini(&w->waiting[i].body);
    fleet_free(w->fleet);
    rsp_world_fini(&w->dp);
}

/* Enabled on the card, at the SM-DP+ and in the network. */
static void check_served(struct world *w, uint32_t k)
{
    struct fleet_consumer d;
    struct euicc_state s;
    char iccid[21], imsi[17];

    fleet_consumer_iccid(w->fleet, k, iccid);
    snprintf(imsi, sizeof imsi, FLEET_CONSUMER_IMSI_PREFIX "%08u", k);
    CHECK_OK(fleet_get_consumer(w->fleet, k, &d));
    CHECK_STR(fleet_consumer_state_name(d.state), "ENABLED");
    CHECK_STR(d.fault, "");
    CHECK_STR(d.iccid, iccid);
    CHECK_STR(d.imsi, imsi);
    CHECK_STR(d.attached_imsi, imsi);
    CHECK(d.verified >= 1);
    CHECK(d.took_ms > 0);
    CHECK_OK(euicc_check(fleet_euicc(w->fleet, k)));
    CHECK_OK(euicc_get_state(fleet_euicc(w->fleet, k), &s));
    CHECK_INT(s.n_profiles, 1);
    CHECK_INT(s.n_notifications, 0);
    CHECK_STR(s.eid, d.eid);
    CHECK_INT(w->order[k]->download.state, DOWNLOAD_ENABLED);
}

/* ---- the cases ---- */

TEST(nothing_without_a_code)
{
    struct fleet_consumer d;
    struct world w;

    world_init(&w, 1, 0, 1);
    run_until(&w, START + 60000);
    CHECK_OK(fleet_get_consumer(w.fleet, 0, &d));
    CHECK_STR(fleet_consumer_state_name(d.state), "WAITING");
    CHECK_STR(d.imsi, "");
    CHECK_STR(d.attached_imsi, "");
    CHECK_INT(w.attaches, 0);
    CHECK_INT(w.posts, 0);
    CHECK_INT(fleet_get_consumer(w.fleet, 1, &d), XK_E_NOT_FOUND);
    world_fini(&w);
}

TEST(all_download_enable_and_attach)
{
    struct rsp_activation_code code = {0};
    struct fleet_consumer d;
    struct fleet_stats s;
    struct world w;

    world_init(&w, CONSUMERS, 0, 1);
    for (uint32_t k = 0; k < CONSUMERS; k++)
        give_code(&w, k);
    CHECK_INT(fleet_give_code(w.fleet, w.dp.now, 0, &code), XK_E_STATE);
    CHECK_INT(fleet_give_code(w.fleet, w.dp.now, CONSUMERS, &code), XK_E_NOT_FOUND);
    run_until(&w, START + 120000);
    for (uint32_t k = 0; k < CONSUMERS; k++) {
        check_served(&w, k);
        CHECK_OK(fleet_get_consumer(w.fleet, k, &d));
        CHECK_INT(d.tries, 1);
        CHECK_INT(d.refreshes, 1);
        CHECK_INT(d.verified, 1);
    }
    CHECK_INT(w.attaches, CONSUMERS);
    CHECK_INT(w.installed, CONSUMERS);
    fleet_get_stats(w.fleet, &s);
    CHECK_INT(s.consumers, CONSUMERS);
    CHECK_INT(s.enabled, CONSUMERS);
    CHECK_INT(s.settled, CONSUMERS);
    CHECK_INT(s.failed, 0);
    CHECK(s.consumer_bytes > 0);
    world_fini(&w);
}

/* Coverage goes away behind the n-th request, for each of them, and comes back in a while. */
TEST(coverage_lost_in_the_middle)
{
    for (unsigned n = 1; n <= 6; n++) {
        struct fleet_consumer d;
        struct world w;

        world_init(&w, 1, 0, 1);
        w.uncover_at = n;
        give_code(&w, 0);
        run_until(&w, START + 40000);
        if (w.posts < n) {
            check_served(&w, 0);
            world_fini(&w);
            return;
        }
        CHECK_OK(fleet_get_consumer(w.fleet, 0, &d));
        CHECK(d.state != CONSUMER_ENABLED);
        CHECK(d.state != CONSUMER_FAILED);
        CHECK(d.fault[0] != '\0');
        testnet_cover(fleet_net(w.fleet), w.dp.now, 0);
        run_until(&w, START + 240000);
        check_served(&w, 0);
        CHECK_INT(w.installed, 1);
        world_fini(&w);
    }
}

/* Device and card lose their power at any moment. */
TEST(power_cuts)
{
    uint64_t device_cuts = 0, card_cuts = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fleet_stats s;
        struct world w;

        world_init(&w, CONSUMERS, 6, seed);
        for (uint32_t k = 0; k < CONSUMERS; k++)
            give_code(&w, k);
        run_until(&w, START + 60000);
        fleet_calm(w.fleet);
        run_until(&w, START + 240000);
        for (uint32_t k = 0; k < CONSUMERS; k++)
            check_served(&w, k);
        CHECK_INT(w.installed, CONSUMERS);
        fleet_get_stats(w.fleet, &s);
        device_cuts += s.device_cuts;
        card_cuts += s.card_cuts;
        world_fini(&w);
    }
    CHECK(device_cuts > 20 * SEEDS);
    CHECK(card_cuts > SEEDS / 2);
    printf("# %llu cuts of devices, %llu of cards\n", (unsigned long long)device_cuts,
           (unsigned long long)card_cuts);
}

TEST(a_server_that_is_away)
{
    struct world w;

    world_init(&w, 1, 0, 1);
    w.away_until = 3;
    give_code(&w, 0);
    run_until(&w, START + 120000);
    check_served(&w, 0);
    CHECK(w.posts > 3);
    world_fini(&w);
}

TEST(a_server_that_refuses)
{
    struct rsp_activation_code code = {.matching_id = "NOBODY-1"};
    struct fleet_consumer d;
    struct fleet_stats s;
    struct world w;
    unsigned posts;

    world_init(&w, 1, 0, 1);
    snprintf(code.address, sizeof code.address, "%s", RSP_DP_HOST);
    CHECK_OK(fleet_give_code(w.fleet, w.dp.now, 0, &code));
    run_until(&w, START + 60000);
    CHECK_OK(fleet_get_consumer(w.fleet, 0, &d));
    CHECK_STR(fleet_consumer_state_name(d.state), "FAILED");
    CHECK(strstr(d.fault, "8.2.6") != NULL);
    CHECK_STR(d.iccid, "");
    fleet_get_stats(w.fleet, &s);
    CHECK_INT(s.failed, 1);
    posts = w.posts;
    run_until(&w, START + 120000);
    CHECK_INT(w.posts, posts);
    world_fini(&w);
}

TESTS_MAIN(XT_CASE(nothing_without_a_code), XT_CASE(all_download_enable_and_attach),
           XT_CASE(coverage_lost_in_the_middle), XT_CASE(power_cuts),
           XT_CASE(a_server_that_is_away), XT_CASE(a_server_that_refuses))
