/* SPDX-License-Identifier: Apache-2.0 */
/* LPA, eUICC and SM-DP+ joined in memory (SGP.22 3.1.3): discovery of nothing but an activation
 * code, download, installation, enabling, notifications, deletion; both curves; and connections
 * that are cut after any request. */
#include "card/euicc/euicc.h"
#include "codec/apdu/apdu.h"
#include "crypto/random.h"
#include "rsp_profile.h"
#include "rsp_world.h"
#include "terminal/lpa/lpa.h"
#include "xt.h"

#define MATCHING_ID "FLOW-1"
#define FLOW_ICCID "89860012345678901233"
#define ACTIONS_MAX 20000
#define NEVER 1000000

struct flow {
    struct rsp_world w;
    struct flash_memory *memory;
    struct flash_port port;
    struct euicc *card;
    struct lpa *lpa;
    struct world_order *order;
    const char *code;       /* what the user types */
    unsigned posts, cut_at; /* the answer to this request is lost */
    uint8_t answer[APDU_RESPONSE_MAX];
    struct rsp_es9p_response response;
    enum lpa_reply_kind kind;
};

static void make_card(struct flow *f)
{
    struct euicc_personalisation p = {.n_identities = 1};
    struct rsp_cert cert = rsp_pki_euicc(f->w.pki, RSP_EID);

    snprintf(p.eid, sizeof p.eid, "%s", RSP_EID);
    p.identities[0] = (struct euicc_identity){.ci_certificate = rsp_pki_cert(f->w.pki, RSP_CI).der,
                                              .eum_certificate = cert.issuer,
                                              .certificate = cert.der,
                                              .key = cert.key};
    f->memory = flash_memory_new();
    f->port = flash_memory_port(f->memory);
    if (euicc_manufacture(&f->port, &p, random_openssl(), &f->card, NULL) != XK_OK)
        exit(1);
}

/* Metadata that ask for a notification of everything that happens to the profile. */
static void tell_all(struct flow *f)
{
    static uint8_t der[1024];
    struct rsp_metadata m;
    struct buf b;

    buf_init_fixed(&b, der, sizeof der);
    CHECK_OK(rsp_decode_store_metadata(f->order->download.metadata, &m));
    m.raw = BYTES_NONE;
    m.has_notification_configurations = true;
    m.notification_configurations.n = 1;
    m.notification_configurations.row[0] = (struct rsp_notification_configuration){
        .events = RSP_BIT(RSP_EVENT_INSTALL) | RSP_BIT(RSP_EVENT_ENABLE) |
                  RSP_BIT(RSP_EVENT_DISABLE) | RSP_BIT(RSP_EVENT_DELETE),
        .address = BYTES_STR(RSP_DP_HOST)};
    CHECK_OK(rsp_encode_store_metadata(&m, &b));
    f->order->download.metadata = buf_bytes(&b);
}

static void flow_init(struct flow *f, enum ec_curve curve, enum world_protection protection)
{
    static uint8_t package[8192];
    uint8_t iccid[ICCID_LEN];
    struct lpa_config config = {.imei = "490154203237518"};
    struct bytes atr;
    struct buf upp;

    *f = (struct flow){.cut_at = NEVER};
    rsp_world_init(&f->w, curve);
    buf_init_fixed(&upp, package, sizeof package);
    CHECK_OK(iccid_from_text(bytes_cstr(FLOW_ICCID), iccid));
    profile_put(&upp, iccid);
    CHECK_OK(buf_ok(&upp));
    f->w.upp = buf_bytes(&upp);
    f->order = rsp_world_order(&f->w, FLOW_ICCID, MATCHING_ID, protection);
    tell_all(f);
    make_card(f);
    CHECK_OK(euicc_reset(f->card, &atr));
    CHECK_OK(lpa_new(&config, &f->lpa));
}

static void flow_fini(struct flow *f)
{
    lpa_free(f->lpa);
    euicc_free(f->card);
    flash_memory_free(f->memory);
    rsp_world_fini(&f->w);
}

/* ---- What the program would do for the LPA ---- */

static void ask_server(struct flow *f, const struct rsp_es9p_request *q)
{
    f->response = (struct rsp_es9p_response){.function = q->function};
    switch ((int)q->function) {
    case RSP_INITIATE_AUTHENTICATION:
        f->response.initiate_authentication =
            rsp_world_initiate(&f->w, &q->initiate_authentication);
        break;
    case RSP_AUTHENTICATE_CLIENT:
        f->response.authenticate_client = rsp_world_authenticate(&f->w, &q->authenticate_client);
        break;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        f->response.get_bound_profile_package =
            rsp_world_package(&f->w, &q->get_bound_profile_package);
        break;
    case RSP_HANDLE_NOTIFICATION:
        rsp_world_notify(&f->w, &q->handle_notification);
        break;
    case RSP_CANCEL_SESSION:
        f->response.cancel_session = rsp_world_cancel(&f->w, &q->cancel_session);
        break;
    }
}

static void post(struct flow *f, const struct lpa_action *a, struct lpa_input *in)
{
    in->type = LPA_IN_REPLY;
    ask_server(f, &a->post);
    if (++f->posts == f->cut_at) {
        in->reply = (struct lpa_reply){.kind = LPA_REPLY_CUT, .text = "connection reset"};
        return;
    }
    in->reply.kind = LPA_REPLY_OK;
    if (a->post.function != RSP_HANDLE_NOTIFICATION)
        in->reply.response = &f->response;
}

static void perform(struct flow *f, const struct lpa_action *a, struct lpa_input *in)
{
    struct bytes atr;
    struct buf out;

    *in = (struct lpa_input){0};
    switch (a->type) {
    case LPA_TRANSMIT:
        in->type = LPA_IN_RESPONSE;
        buf_init_fixed(&out, f->answer, sizeof f->answer);
        if (euicc_transmit(f->card, a->command, &out) == XK_OK)
            in->data = buf_bytes(&out);
        break;
    case LPA_RESET_CARD:
        in->type = LPA_IN_CARD;
        in->ok = euicc_reset(f->card, &atr) == XK_OK;
        break;
    case LPA_POST:
        post(f, a, in);
        break;
    case LPA_WAIT:
        in->type = LPA_IN_TIME;
        f->w.now += a->wait_ms;
        break;
    case LPA_ASK:
        in->type = LPA_IN_ANSWER;
        in->answer = LPA_ANSWER_YES;
        in->code = bytes_cstr(f->code);
        break;
    case LPA_OPEN_CHANNEL:
    case LPA_CLOSE_CHANNEL:
    case LPA_PROGRESS:
    case LPA_DONE:
        break;
    }
}

static const struct lpa_result *run(struct flow *f, const struct lpa_task *task)
{
    struct lpa_action a;
    struct lpa_input in;

    if (lpa_begin(f->lpa, task) != XK_OK || lpa_next(f->lpa, NULL, &a) != XK_OK)
        return NULL;
    for (unsigned i = 0; a.type != LPA_DONE; i++) {
        bool wants_none = a.type == LPA_PROGRESS;

        if (i > ACTIONS_MAX)
            return NULL;
        perform(f, &a, &in);
        if (lpa_next(f->lpa, wants_none ? NULL : &in, &a) != XK_OK)
            return NULL;
    }
    if (!a.result->ok) {
        char text[2048];
        struct buf b;

        buf_init_fixed(&b, text, sizeof text - 1);
        lpa_fault_text(&a.result->fault, &b);
        printf("# %s\n", buf_cstr(&b));
    }
    return a.result;
}

static struct lpa_task download_task(void)
{
    struct lpa_task t = {.type = LPA_TASK_DOWNLOAD};

    snprintf(t.code.address, sizeof t.code.address, "%s", RSP_DP_HOST);
    snprintf(t.code.matching_id, sizeof t.code.matching_id, "%s", MATCHING_ID);
    return t;
}

static struct lpa_task profile_task(enum lpa_task_type type, uint8_t bytes[RSP_AID_MAX])
{
    struct lpa_task t = {.type = type};

    CHECK_OK(lpa_profile_id_from_text(bytes_cstr(FLOW_ICCID), bytes, &t.profile));
    return t;
}

static bool done(struct flow *f, const struct lpa_task *t)
{
    const struct lpa_result *r = run(f, t);

    return r && r->ok;
}

/* One profile, installed once; the operator was told once; the card holds nothing back. */
static void check_installed_once(struct flow *f)
{
    struct euicc_state s;
    unsigned installed = 0;

    CHECK_OK(euicc_check(f->card));
    CHECK_OK(euicc_get_state(f->card, &s));
    CHECK_INT(s.n_profiles, 1);
    CHECK_STR(s.profiles[0].iccid, FLOW_ICCID);
    CHECK_INT(s.n_notifications, 0);
    for (size_t i = 0; i < f->w.n_events; i++)
        installed += f->w.events[i].point == DOWNLOAD_AT_INSTALLATION && !f->w.events[i].failed;
    CHECK_INT(installed, 1);
    CHECK_INT(f->order->download.state, DOWNLOAD_INSTALLED);
}

static void whole_life(enum ec_curve curve, enum world_protection protection)
{
    const struct lpa_task download = download_task();
    uint8_t id[RSP_AID_MAX];
    struct lpa_task t;
    struct euicc_state s;
    struct flow f;

    flow_init(&f, curve, protection);
    CHECK(done(&f, &download));
    check_installed_once(&f);
    t = profile_task(LPA_TASK_ENABLE, id);
    CHECK(done(&f, &t));
    CHECK_OK(euicc_get_state(f.card, &s));
    CHECK(s.profiles[0].enabled);
    CHECK_INT(f.order->download.state, DOWNLOAD_ENABLED);
    t = profile_task(LPA_TASK_DISABLE, id);
    CHECK(done(&f, &t));
    CHECK_INT(f.order->download.state, DOWNLOAD_DISABLED);
    t = profile_task(LPA_TASK_DELETE, id);
    CHECK(done(&f, &t));
    CHECK_INT(f.order->download.state, DOWNLOAD_DELETED);
    CHECK_OK(euicc_get_state(f.card, &s));
    CHECK_INT(s.n_profiles, 0);
    CHECK_INT(s.n_notifications, 0);
    flow_fini(&f);
}

TEST(nist_random_keys)
{
    whole_life(EC_P256, WORLD_RANDOM_KEYS);
}

TEST(nist_session_keys)
{
    whole_life(EC_P256, WORLD_SESSION_KEYS);
}

TEST(brainpool)
{
    whole_life(EC_BRAINPOOL_P256R1, WORLD_RANDOM_KEYS);
}

TEST(confirmation_code)
{
    const struct lpa_task download = download_task();
    struct flow f;

    flow_init(&f, EC_P256, WORLD_RANDOM_KEYS);
    rsp_world_code(f.order, WORLD_CODE, 3);
    f.code = WORLD_CODE;
    CHECK(done(&f, &download));
    check_installed_once(&f);
    flow_fini(&f);
}

/* The answer to each request in turn is lost, and the LPA goes on by itself or at the next call. */
TEST(cut_after_any_request)
{
    for (unsigned cut = 1; cut <= 4; cut++) {
        const struct lpa_task download = download_task(), notify = {.type = LPA_TASK_NOTIFY};
        struct flow f;

        flow_init(&f, EC_P256, WORLD_RANDOM_KEYS);
        f.cut_at = cut;
        if (!done(&f, &download) && f.order->download.state != DOWNLOAD_INSTALLED)
            CHECK(done(&f, &download));
        CHECK(done(&f, &notify));
        check_installed_once(&f);
        flow_fini(&f);
    }
}

TESTS_MAIN(XT_NAMED("SGP.23 Flow rsp_complete_flow: from order to deletion, random keys",
                    nist_random_keys),
           XT_NAMED("SGP.23 Flow rsp_complete_flow: from order to deletion, session keys",
                    nist_session_keys),
           XT_NAMED("SGP.23 Flow rsp_complete_flow_BRP: from order to deletion", brainpool),
           XT_NAMED("SGP.23 Flow confirmation_code: asked and given", confirmation_code),
           XT_NAMED("SGP.23 Flow cut: the answer to any request is lost", cut_after_any_request))
