/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a profile as operator and LPA see it, over one store: ordered, confirmed and released
 * by ES2+, downloaded by ES9+ in JSON, installed and enabled, and the operator told of each. */
#include "api/es2p/es2p.h"
#include "api/es9p/es9p.h"
#include "crypto/hash.h"
#include "rsp_place.h"
#include "rsp_world.h"
#include "service/profile/stock.h"
#include "xt.h"

#define CERTIFICATE "a certificate"
#define CODE "4711"
#define FLOW_ICCID "8949449999999990056"
#define MATCHING_ID "FULL-FLOW-1"

static struct place place;
static struct rsp_world world;
static struct es9p lpa_door;

static void open_all(void)
{
    uint8_t fingerprint[32];
    struct download profile;
    struct stock_package package;
    const struct world_order *made;

    rsp_world_init(&world, EC_P256);
    made = rsp_world_order(&world, FLOW_ICCID, MATCHING_ID, WORLD_RANDOM_KEYS);
    place_open(&place, &backend_memory);
    place.c.now = RSP_NOW;
    CHECK_OK(hash_digest(HASH_SHA256, BYTES_STR(CERTIFICATE), fingerprint));
    CHECK_OK(operator_add_certificate(place.store, "op", fingerprint, 1));
    profile = (struct download){.random_keys = true, .metadata = made->download.metadata};
    snprintf(profile.iccid, sizeof profile.iccid, "%s", FLOW_ICCID);
    snprintf(profile.profile_type, sizeof profile.profile_type, "full");
    snprintf(profile.owner, sizeof profile.owner, "op");
    snprintf(profile.smdp_address, sizeof profile.smdp_address, "%s", RSP_DP_HOST);
    package = (struct stock_package){.segments = made->package.segments, .ppk = made->package.ppk};
    memcpy(package.id, made->package.id, sizeof package.id);
    CHECK_OK(stock_add(&place.c, &profile, &package));
    lpa_door = (struct es9p){.address = {{world.smdpp, RSP_DP_HOST}}, .n = 1};
    world.card.matching_id = MATCHING_ID;
}

static void close_all(void)
{
    place_close(&place);
    rsp_world_fini(&world);
}

/* ---- the operator ---- */

static void operator_asks(const char *function, const char *members, const char *answer)
{
    static const struct es2p api = {.smdp_address = "default.example"};
    static unsigned calls;
    char path[64], json[512];
    struct buf body;
    struct es2p_reply reply = {.body = &body};
    struct es2p_call call = {.c = &place.c,
                             .method = "POST",
                             .path = path,
                             .content_type = "application/json",
                             .certificate = BYTES_STR(CERTIFICATE),
                             .peer = "192.0.2.1"};

    snprintf(path, sizeof path, ES2P_PATH "%s", function);
    snprintf(json, sizeof json,
             "{\"header\":{\"functionRequesterIdentifier\":\"2.999.1\","
             "\"functionCallIdentifier\":\"flow-%u\"},\"iccid\":\"" FLOW_ICCID "\"%s}",
             ++calls, members);
    call.body = bytes_cstr(json);
    buf_init(&body, 65536);
    CHECK_OK(es2p_handle(&api, &call, &reply));
    CHECK_INT(reply.status, 200);
    if (!strstr(buf_cstr(&body), "Executed-Success") || !strstr(buf_cstr(&body), answer))
        CHECK_STR(buf_cstr(&body), answer);
    buf_fini(&body);
}

/* The points the operator is to be told of, all of them: "1 3 ". */
static const char *told(void)
{
    static const struct store_query q = {
        "test_told", "SELECT payload FROM outbox WHERE kind = $1 ORDER BY outbox_id"};
    static char points[128];
    size_t n = 0;

    points[0] = '\0';
    CHECK_OK(store_open(place.store, &q, SVS(sv_int(OUTBOX_ES2P))));
    while (store_next(place.store) == XK_OK) {
        struct bytes payload = store_get_bytes(place.store, 0);
        const char *space = memchr(payload.p, ' ', payload.n);

        if (space)
            n += (size_t)snprintf(points + n, sizeof points - n, "%.2s", space + 1);
    }
    store_finish(place.store);
    return points;
}

/* ---- the LPA ---- */

static struct rsp_es9p_response lpa_asks(const struct rsp_es9p_request *in, unsigned status)
{
    struct rsp_es9p_response out = {.function = in->function};
    struct buf json, body;
    char path[128];
    struct es9p_request request = {.method = "POST",
                                   .path = path,
                                   .content_type = "application/json",
                                   .protocol = WIRE_PROTOCOL,
                                   .peer = "192.0.2.2"};
    struct es9p_reply reply = {.body = &body};

    buf_init(&json, 1 << 20);
    buf_init(&body, 1 << 20);
    snprintf(path, sizeof path, ES9P_PATH "%s", es9p_path(in->function));
    CHECK_OK(es9p_json_encode_request(in, &json));
    request.body = buf_bytes(&json);
    CHECK_OK(es9p_handle(&lpa_door, &place.c, &request, &reply));
    CHECK_INT(reply.status, status);
    if (status == 200)
        CHECK_OK(es9p_json_decode_response(in->function, buf_bytes(&body), &world.arena, &out));
    buf_fini(&json);
    buf_fini(&body);
    return out;
}

static struct rsp_authenticate_client_response admitted(void)
{
    struct rsp_es9p_request req = {.function = RSP_INITIATE_AUTHENTICATION};
    struct rsp_initiate_authentication_response initiated;

    req.initiate_authentication = rsp_card_initiate(&world.card);
    initiated = lpa_asks(&req, 200).initiate_authentication;
    CHECK_STR(rsp_world_verdict(&initiated.status), "ok");
    req.function = RSP_AUTHENTICATE_CLIENT;
    req.authenticate_client = rsp_card_authenticate(&world.card, &initiated);
    return lpa_asks(&req, 200).authenticate_client;
}

static void downloaded(void)
{
    struct rsp_es9p_request req = {.function = RSP_GET_BOUND_PROFILE_PACKAGE};
    struct rsp_authenticate_client_response admission = admitted();
    struct rsp_get_bound_profile_package_response packaged;
    struct rsp_card_package got;

    CHECK_STR(rsp_world_verdict(&admission.status), "ok");
    req.get_bound_profile_package = rsp_card_prepare(&world.card, &admission, CODE, CARD_NEW_OTPK);
    CHECK(world.card.cc_required);
    packaged = lpa_asks(&req, 200).get_bound_profile_package;
    CHECK_STR(rsp_world_verdict(&packaged.status), "ok");
    CHECK(rsp_card_load(&world.card, packaged.bound_profile_package, &got));
    CHECK(bytes_eq(got.upp, world.upp));
}

static void notified(struct rsp_handle_notification_request notification)
{
    const struct rsp_es9p_request req = {.function = RSP_HANDLE_NOTIFICATION,
                                         .handle_notification = notification};

    (void)lpa_asks(&req, 204);
}

static enum download_state state(void)
{
    struct download d = {0};

    CHECK_OK(download_find_by_iccid(&place.c, FLOW_ICCID, DOWNLOAD_WITHOUT_METADATA, &d));
    return d.state;
}

TEST(full_flow)
{
    struct rsp_authenticate_client_response early;

    open_all();
    operator_asks("downloadOrder", ",\"eid\":\"" RSP_EID "\"", FLOW_ICCID);
    CHECK_INT(state(), DOWNLOAD_LINKED);
    operator_asks("confirmOrder",
                  ",\"eid\":\"" RSP_EID "\",\"matchingId\":\"" MATCHING_ID
                  "\",\"confirmationCode\":\"" CODE "\",\"releaseFlag\":false",
                  "\"matchingId\":\"" MATCHING_ID "\",\"smdpAddress\":\"" RSP_DP_HOST "\"");
    CHECK_INT(state(), DOWNLOAD_CONFIRMED);
    early = admitted();
    CHECK_STR(rsp_world_verdict(&early.status), "8.2/1.2"); /* not released yet */
    operator_asks("releaseProfile", "", "");
    CHECK_INT(state(), DOWNLOAD_RELEASED);
    downloaded();
    CHECK_INT(state(), DOWNLOAD_DOWNLOADED);
    CHECK_STR(told(), "1 3 "); /* 2 is for a refused code (5.3.5) */
    notified(rsp_card_result(&world.card, FLOW_ICCID, CARD_INSTALLED));
    CHECK_INT(state(), DOWNLOAD_INSTALLED);
    CHECK_STR(told(), "1 3 4 ");
    notified(rsp_card_notify(&world.card, FLOW_ICCID, RSP_EVENT_ENABLE));
    CHECK_INT(state(), DOWNLOAD_ENABLED);
    notified(rsp_card_notify(&world.card, FLOW_ICCID, RSP_EVENT_DELETE));
    CHECK_INT(state(), DOWNLOAD_DELETED);
    close_all();
}

int main(void)
{
    static const struct xt_case cases[] = {
        XT_NAMED("SGP.23 ES2Plus ES9Plus_FullFlow: from DownloadOrder to deletion", full_flow),
    };
    int status = xt_run(cases, ARRAY_LEN(cases));

    place_clean_up();
    return status;
}
