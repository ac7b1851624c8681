/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_flow.h"

#include "crypto/hash.h"
#include "crypto/random.h"
#include "rsp_profile.h"
#include "xt.h"

#define ACTIONS_MAX 20000
#define METADATA_MAX 1024
#define PACKAGE_MAX 8192
#define STORY_MAX 2048

static void must(enum xk_err err)
{
    if (err == XK_OK)
        return;
    printf("Bail out! rsp_flow: %s\n", xk_err_text(err));
    exit(1);
}

static uint8_t *room(struct rsp_flow *f, size_t n)
{
    uint8_t *mem = arena_alloc(&f->w.arena, n);

    must(mem ? XK_OK : XK_E_NOMEM);
    return mem;
}

/* ---- The parts ---- */

static void make_card(struct rsp_flow *f)
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
    must(euicc_manufacture(&f->port, &p, random_openssl(), &f->card, NULL));
}

/* Metadata that ask for a notification of everything that happens to the profile. */
static void tell_all(struct rsp_flow *f)
{
    struct rsp_metadata m;
    struct buf b;

    buf_init_fixed(&b, room(f, METADATA_MAX), METADATA_MAX);
    must(rsp_decode_store_metadata(f->order->download.metadata, &m));
    m.raw = BYTES_NONE;
    m.has_notification_configurations = true;
    m.notification_configurations.n = 1;
    m.notification_configurations.row[0] = (struct rsp_notification_configuration){
        .events = RSP_BIT(RSP_EVENT_INSTALL) | RSP_BIT(RSP_EVENT_ENABLE) |
                  RSP_BIT(RSP_EVENT_DISABLE) | RSP_BIT(RSP_EVENT_DELETE),
        .address = BYTES_STR(RSP_DP_HOST)};
    must(rsp_encode_store_metadata(&m, &b));
    f->order->download.metadata = buf_bytes(&b);
}

static void make_order(struct rsp_flow *f, enum world_protection protection)
{
    uint8_t iccid[ICCID_LEN];
    struct buf upp;

    buf_init_fixed(&upp, room(f, PACKAGE_MAX), PACKAGE_MAX);
    must(iccid_from_text(bytes_cstr(FLOW_ICCID), iccid));
    profile_put(&upp, iccid);
    must(buf_ok(&upp));
    f->w.upp = buf_bytes(&upp);
    f->order = rsp_world_order(&f->w, FLOW_ICCID, FLOW_MATCHING_ID, protection);
    tell_all(f);
}

static void reset_card(struct rsp_flow *f)
{
    struct bytes atr;
    enum xk_err err = euicc_reset(f->card, &atr);

    if (err == XK_E_CLOSED) {
        f->breaks++;
        err = euicc_reset(f->card, &atr);
    }
    must(err);
    f->card_off = false;
}

void rsp_flow_on(struct rsp_flow *f)
{
    const struct lpa_config config = {.imei = "490154203237518"};

    f->device_off = false;
    lpa_free(f->lpa);
    f->lpa = NULL;
    must(lpa_new(&config, &f->lpa));
    if (f->breaks > 0 && f->cut_again > 0)
        flash_memory_cut_at(f->memory, f->cut_again, f->cut_again);
    reset_card(f);
    if (f->breaks > 0)
        flash_memory_cut_at(f->memory, 0, 0);
}

void rsp_flow_mend(struct rsp_flow *f)
{
    f->lose_request = f->lose_answer = f->cut_after = f->cancel_at = 0;
    f->later = false;
    flash_memory_cut_at(f->memory, 0, 0);
    rsp_flow_on(f);
}

void rsp_flow_init(struct rsp_flow *f, enum ec_curve curve, enum world_protection protection)
{
    *f = (struct rsp_flow){.posts = 0};
    rsp_world_init(&f->w, curve);
    make_order(f, protection);
    make_card(f);
    rsp_flow_on(f);
}

void rsp_flow_fini(struct rsp_flow *f)
{
    lpa_free(f->lpa);
    euicc_free(f->card);
    flash_memory_free(f->memory);
    rsp_world_fini(&f->w);
}

/* ---- The server ---- */

/* What is handed out but for BF23, which is of the session: always the same. */
static void note_package(struct rsp_flow *f, struct bytes package)
{
    struct rsp_bound_profile_package p;
    uint8_t hash[HASH_LEN];
    struct bytes bf23;

    must(rsp_decode_bound_profile_package(package, &p));
    bf23 = p.initialise_secure_channel.raw;
    must(hash_digest(HASH_SHA256,
                     bytes_part(package, (size_t)(bf23.p + bf23.n - package.p), package.n), hash));
    if (f->packages++ == 0)
        memcpy(f->package_hash, hash, sizeof hash);
    f->another_package |= memcmp(hash, f->package_hash, sizeof hash) != 0;
}

static void ask_server(struct rsp_flow *f, const struct rsp_es9p_request *q)
{
    struct rsp_es9p_response *r = &f->response;

    *r = (struct rsp_es9p_response){.function = q->function};
    switch ((int)q->function) {
    case RSP_INITIATE_AUTHENTICATION:
        r->initiate_authentication = rsp_world_initiate(&f->w, &q->initiate_authentication);
        break;
    case RSP_AUTHENTICATE_CLIENT:
        r->authenticate_client = rsp_world_authenticate(&f->w, &q->authenticate_client);
        break;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        r->get_bound_profile_package = rsp_world_package(&f->w, &q->get_bound_profile_package);
        if (rsp_succeeded(&r->get_bound_profile_package.status) && !f->w.lose_effects)
            note_package(f, r->get_bound_profile_package.bound_profile_package);
        break;
    case RSP_HANDLE_NOTIFICATION:
        rsp_world_notify(&f->w, &q->handle_notification);
        break;
    case RSP_CANCEL_SESSION:
        r->cancel_session = rsp_world_cancel(&f->w, &q->cancel_session);
        break;
    }
}

/* The server dies before it commits, or when it has, and comes back: no more than a request or an
 * answer that is lost. */
static void post(struct rsp_flow *f, const struct lpa_action *a, struct lpa_input *in)
{
    in->type = LPA_IN_REPLY;
    f->posts++;
    f->last_post = a->post.function;
    if (f->posts == f->cancel_at)
        lpa_cancel(f->lpa);
    f->w.lose_effects = f->posts == f->lose_request;
    ask_server(f, &a->post);
    f->w.lose_effects = false;
    if (f->posts == f->lose_request || f->posts == f->lose_answer) {
        f->breaks++;
        rsp_world_restart(&f->w, NULL);
        in->reply = (struct lpa_reply){.kind = LPA_REPLY_CUT, .text = "connection reset"};
        return;
    }
    in->reply.kind = LPA_REPLY_OK;
    if (a->post.function == RSP_HANDLE_NOTIFICATION)
        return;
    if (f->bend)
        f->bend(f, &f->response);
    in->reply.response = &f->response;
}

/* ---- The card ---- */

static void transmit(struct rsp_flow *f, struct bytes command, struct lpa_input *in)
{
    struct buf out;
    enum xk_err err;

    in->type = LPA_IN_RESPONSE;
    if (f->card_off)
        return;
    buf_init_fixed(&out, f->answer, sizeof f->answer);
    err = euicc_transmit(f->card, command, &out);
    if (err != XK_OK && err != XK_E_CLOSED)
        must(err);
    if (++f->apdus == f->cut_after || err == XK_E_CLOSED) {
        f->breaks++;
        f->card_off = true;
        f->device_off = f->cut == CUT_DEVICE;
        return;
    }
    in->data = buf_bytes(&out);
}

static void perform(struct rsp_flow *f, const struct lpa_action *a, struct lpa_input *in)
{
    *in = (struct lpa_input){.type = LPA_IN_RESPONSE};
    switch (a->type) {
    case LPA_TRANSMIT:
        transmit(f, a->command, in);
        break;
    case LPA_RESET_CARD:
        in->type = LPA_IN_CARD;
        reset_card(f);
        in->ok = true;
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
        in->answer = f->later ? LPA_ANSWER_LATER : LPA_ANSWER_YES;
        f->later = false;
        in->code = bytes_cstr(f->code);
        break;
    case LPA_OPEN_CHANNEL:
    case LPA_CLOSE_CHANNEL:
    case LPA_PROGRESS:
    case LPA_DONE:
        break;
    }
}

/* ---- Tasks ---- */

static void tell_story(const struct lpa_fault *fault)
{
    char text[STORY_MAX];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text - 1);
    lpa_fault_text(fault, &b);
    printf("# %s\n", buf_cstr(&b));
}

const struct lpa_result *rsp_flow_run(struct rsp_flow *f, const struct lpa_task *task)
{
    struct lpa_action a;
    struct lpa_input in;

    must(lpa_begin(f->lpa, task));
    must(lpa_next(f->lpa, NULL, &a));
    for (unsigned i = 0; a.type != LPA_DONE; i++) {
        bool wants_none = a.type == LPA_PROGRESS;

        must(i > ACTIONS_MAX ? XK_E_LIMIT : XK_OK);
        perform(f, &a, &in);
        if (f->device_off)
            return NULL;
        must(lpa_next(f->lpa, wants_none ? NULL : &in, &a));
    }
    return a.result;
}

bool rsp_flow_done(struct rsp_flow *f, const struct lpa_task *task)
{
    const struct lpa_result *r = rsp_flow_run(f, task);

    if (r && !r->ok)
        tell_story(&r->fault);
    return r && r->ok;
}

struct lpa_task rsp_flow_download(void)
{
    struct lpa_task t = {.type = LPA_TASK_DOWNLOAD};

    snprintf(t.code.address, sizeof t.code.address, "%s", RSP_DP_HOST);
    snprintf(t.code.matching_id, sizeof t.code.matching_id, "%s", FLOW_MATCHING_ID);
    return t;
}

struct lpa_task rsp_flow_profile_task(enum lpa_task_type type, uint8_t id[RSP_AID_MAX])
{
    struct lpa_task t = {.type = type};

    must(lpa_profile_id_from_text(bytes_cstr(FLOW_ICCID), id, &t.profile));
    return t;
}

bool rsp_flow_serve(struct rsp_flow *f)
{
    const struct lpa_task download = rsp_flow_download();
    uint8_t id[RSP_AID_MAX];
    const struct lpa_task enable = rsp_flow_profile_task(LPA_TASK_ENABLE, id);
    struct euicc_state s;

    must(euicc_get_state(f->card, &s));
    if (s.n_profiles == 0 && !rsp_flow_done(f, &download))
        return false;
    must(euicc_get_state(f->card, &s));
    return (s.n_profiles == 1 && s.profiles[0].enabled) || rsp_flow_done(f, &enable);
}

/* ---- What has come of it ---- */

void rsp_flow_check_whole(struct rsp_flow *f)
{
    struct euicc_state s;

    CHECK_OK(euicc_check(f->card));
    CHECK_OK(euicc_get_state(f->card, &s));
    CHECK(s.n_profiles <= 1);
    if (s.n_profiles == 1)
        CHECK_STR(s.profiles[0].iccid, FLOW_ICCID);
}

unsigned rsp_flow_told(const struct rsp_flow *f, enum download_point point,
                       enum flow_outcome outcome)
{
    unsigned n = 0;

    for (size_t i = 0; i < f->w.n_events; i++)
        n += f->w.events[i].point == point && f->w.events[i].failed == (outcome == FLOW_FAILED);
    return n;
}

void rsp_flow_check_served(struct rsp_flow *f, enum download_state state)
{
    struct euicc_state s;

    rsp_flow_check_whole(f);
    CHECK_OK(euicc_get_state(f->card, &s));
    CHECK_INT(s.n_profiles, 1);
    CHECK_INT(s.profiles[0].enabled, state == DOWNLOAD_ENABLED);
    CHECK_INT(s.n_notifications, 0);
    CHECK(!s.loading);
    CHECK_INT(rsp_flow_told(f, DOWNLOAD_AT_INSTALLATION, FLOW_WELL), 1);
    CHECK_INT(rsp_flow_told(f, DOWNLOAD_AT_ENABLING, FLOW_WELL), state == DOWNLOAD_ENABLED);
    CHECK_INT(f->order->download.state, state);
    CHECK(!f->order->has_binding);
    CHECK(!f->another_package);
}
