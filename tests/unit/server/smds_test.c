/* SPDX-License-Identifier: Apache-2.0 */
/* The SM-DS (SGP.22 3.6, 5.8 to 5.10): events are registered and deleted by their owners, told to
 * their eUICC, and passed on to a root SM-DS. */
#include "server/smds/smds.h"

#include "rsp_card.h"
#include "xt.h"

#define EVENTS 8
#define OWNER "2.999.10"
#define STRANGER "2.999.12"
#define OTHER_EID "89049032000000000000000000000000"
#define ROOT "root.example"

/* One SM-DS with its events in memory. */
struct site {
    struct smds *smds;
    struct smds_ports ports;
    struct smds_event events[EVENTS];
    size_t n;
};

struct world {
    struct rsp_pki *pki;
    struct x509_store *store;
    struct xk_prng prng;
    struct xk_rand rand;
    int64_t now;
    struct arena arena;
    struct rsp_card card;
    struct site site, root;
    struct smds_session session;
    struct rsp_initiate_authentication_response initiated;
    struct rsp_es11_authenticate_client_response answer;
};

static enum xk_err find_events(void *ctx, const char *eid, const char *event_id, size_t max,
                               struct smds_event *out, size_t *n)
{
    const struct site *site = ctx;

    *n = 0;
    for (size_t i = 0; i < site->n && *n < max; i++) {
        const struct smds_event *e = &site->events[i];

        if (strcmp(e->eid, eid) == 0 &&
            (event_id[0] == '\0' || strcmp(e->event_id, event_id) == 0 ||
             strcmp(e->forwarded_id, event_id) == 0))
            out[(*n)++] = *e;
    }
    return XK_OK;
}

static void open_site(struct world *w, struct site *site, const char *address, const char *root)
{
    const struct rsp_cert auth = rsp_pki_cert(w->pki, RSP_DSAUTH);
    const struct smds_config config = {
        .auth = {.role = AUTH_SMDS,
                 .address = bytes_cstr(address),
                 .identities = {{.certificate = auth.der, .key = auth.key}},
                 .n_identities = 1,
                 .store = w->store},
        .root = root ? bytes_cstr(root) : BYTES_NONE};
    const char *why = "";

    site->ports = (struct smds_ports){site, find_events};
    CHECK_OK(smds_new(&config, &site->smds, &why));
    CHECK_STR(why, "");
}

static void world_open(struct world *w, enum ec_curve curve)
{
    *w = (struct world){.now = RSP_NOW, .prng = {.state = 99}};
    w->rand = xk_rand_prng(&w->prng);
    arena_init(&w->arena, (size_t)4 << 20);
    w->pki = rsp_pki_new(curve);
    w->store = rsp_pki_store(w->pki);
    open_site(w, &w->site, RSP_DS_HOST, ROOT);
    open_site(w, &w->root, ROOT, ROOT);
    rsp_card_init(&w->card, w->pki, RSP_EID, &w->arena);
    w->card.address = RSP_DS_HOST;
}

static void world_close(struct world *w)
{
    smds_free(w->site.smds);
    smds_free(w->root.smds);
    x509_store_free(w->store);
    rsp_pki_free(w->pki);
    arena_fini(&w->arena);
}

static struct smds_call call_of(struct world *w, struct site *site)
{
    return (struct smds_call){w->now, &w->rand, &site->ports, &w->arena};
}

static const char *verdict(const struct rsp_status *status)
{
    static char text[32];
    char subject[12] = "", reason[12] = "";

    if (rsp_succeeded(status))
        return "ok";
    (void)bytes_to_cstr(status->subject, subject, sizeof subject);
    (void)bytes_to_cstr(status->reason, reason, sizeof reason);
    snprintf(text, sizeof text, "%s/%s", subject, reason);
    return text;
}

/* ---- ES12, ES15: what was decided is done ---- */

static struct smds_effects last;

static const char *register_by(struct world *w, struct site *site, const char *owner,
                               const char *eid, const char *id, const char *address, bool forward)
{
    const struct smds_register_request req = {owner, eid, id, address, forward};
    const struct smds_call call = call_of(w, site);
    struct rsp_status status;

    CHECK_OK(smds_register_event(site->smds, &call, &req, &last, &status));
    if (last.kind == SMDS_STORE_EVENT && site->n < EVENTS)
        site->events[site->n++] = last.event;
    return verdict(&status);
}

static const char *delete_by(struct world *w, struct site *site, const char *owner, const char *id)
{
    const struct smds_delete_request req = {owner, RSP_EID, id};
    const struct smds_call call = call_of(w, site);
    struct rsp_status status;

    CHECK_OK(smds_delete_event(site->smds, &call, &req, &last, &status));
    for (size_t i = 0; last.kind == SMDS_DELETE_EVENT && i < site->n; i++) {
        if (strcmp(site->events[i].event_id, last.event.event_id) == 0)
            site->events[i] = site->events[--site->n];
    }
    return verdict(&status);
}

static const char *register_plain(struct world *w, const char *id)
{
    return register_by(w, &w->site, OWNER, RSP_EID, id, "smdp.example", false);
}

TEST(registered)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok");
    CHECK_INT(last.kind, SMDS_STORE_EVENT);
    CHECK(!last.forward);
    CHECK_STR(last.event.owner, OWNER);
    CHECK_STR(last.event.address, "smdp.example");
    world_close(&w);
}

TEST(registered_again)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok");
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok"); /* the answer was lost */
    CHECK_INT(last.kind, SMDS_NO_EFFECT);
    CHECK_STR(register_by(&w, &w.site, STRANGER, RSP_EID, "EVENT-1", "smdp.example", false),
              "8.9.5/3.3");
    CHECK_STR(register_by(&w, &w.site, OWNER, RSP_EID, "EVENT-1", "other.example", false),
              "8.9.5/3.3");
    CHECK_INT(last.kind, SMDS_NO_EFFECT);
    CHECK_INT(w.site.n, 1);
    world_close(&w);
}

TEST(registration_that_is_none)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_by(&w, &w.site, OWNER, "8904", "EVENT-1", "smdp.example", false), "1.6/2.1");
    CHECK_STR(register_by(&w, &w.site, OWNER, RSP_EID, "", "smdp.example", false), "1.6/2.1");
    CHECK_STR(register_by(&w, &w.site, OWNER, RSP_EID, "a b", "smdp.example", false), "1.6/2.1");
    CHECK_STR(register_by(&w, &w.site, OWNER, RSP_EID, "EVENT-1", "", false), "1.6/2.1");
    CHECK_INT(w.site.n, 0);
    world_close(&w);
}

TEST(deleted)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok");
    CHECK_STR(delete_by(&w, &w.site, STRANGER, "EVENT-1"), "8.9.5/3.9");
    CHECK_STR(delete_by(&w, &w.site, OWNER, "EVENT-2"), "8.9.5/3.9");
    CHECK_STR(delete_by(&w, &w.site, OWNER, ""), "1.6/2.1");
    CHECK_INT(w.site.n, 1);
    CHECK_STR(delete_by(&w, &w.site, OWNER, "EVENT-1"), "ok");
    CHECK_INT(w.site.n, 0);
    CHECK_STR(delete_by(&w, &w.site, OWNER, "EVENT-1"), "8.9.5/3.9");
    world_close(&w);
}

/* The root knows it under an ID of ours, with our address; it passes nothing on itself. */
static void forward(struct world *w)
{
    CHECK_STR(register_by(w, &w->site, OWNER, RSP_EID, "EVENT-1", "smdp.example", true), "ok");
    CHECK(last.forward);
    CHECK(last.event.forwarded_id[0] != '\0' &&
          strcmp(last.event.forwarded_id, last.event.event_id) != 0);
    CHECK_STR(register_by(w, &w->root, STRANGER, RSP_EID, w->site.events[0].forwarded_id,
                          RSP_DS_HOST, true),
              "ok");
    CHECK(!last.forward);
}

TEST(forwarded)
{
    struct world w;

    world_open(&w, EC_P256);
    forward(&w);
    CHECK_INT(w.root.n, 1);
    world_close(&w);
}

TEST(forwarded_deletion)
{
    char id[DOWNLOAD_MATCHING_ID_TEXT];
    struct world w;

    world_open(&w, EC_P256);
    forward(&w);
    memcpy(id, w.site.events[0].forwarded_id, sizeof id);
    CHECK_STR(delete_by(&w, &w.site, OWNER, id), "8.9.5/3.9"); /* by its own ID only */
    CHECK_STR(delete_by(&w, &w.site, OWNER, "EVENT-1"), "ok");
    CHECK(last.forward);
    CHECK_STR(last.event.forwarded_id, id);
    CHECK_STR(delete_by(&w, &w.root, STRANGER, id), "ok");
    CHECK(!last.forward);
    CHECK_INT(w.root.n, 0);
    world_close(&w);
}

/* ---- ES11 ---- */

static void initiate_at(struct world *w, struct site *site)
{
    const struct rsp_initiate_authentication_request req = rsp_card_initiate(&w->card);
    const struct smds_call call = call_of(w, site);

    CHECK_OK(smds_initiate_authentication(site->smds, &call, &req, &w->session, &w->initiated));
}

static const char *ask(struct world *w, struct site *site, const char *event_id)
{
    const struct smds_call call = call_of(w, site);
    struct rsp_authenticate_client_request req;
    struct smds_session stored;
    uint8_t blob[SMDS_SESSION_ENCODED_MAX];
    struct buf b;

    initiate_at(w, site);
    CHECK_STR(verdict(&w->initiated.status), "ok");
    w->card.matching_id = event_id;
    req = rsp_card_authenticate(&w->card, &w->initiated);
    buf_init_fixed(&b, blob, sizeof blob);
    CHECK_OK(smds_session_encode(&w->session, &b));
    CHECK_OK(smds_session_decode(buf_bytes(&b), &stored));
    CHECK_OK(smds_authenticate_client(site->smds, &call, &req, &stored, &w->answer));
    return verdict(&w->answer.status);
}

static bool told(const struct world *w, size_t i, const char *id, const char *address)
{
    return i < w->answer.entries_n && bytes_eq(w->answer.entries[i].event_id, bytes_cstr(id)) &&
           bytes_eq(w->answer.entries[i].rsp_server_address, bytes_cstr(address));
}

static void initiate_nominal(enum ec_curve curve)
{
    uint8_t first[RSP_TRANSACTION_ID_MAX];
    struct world w;

    world_open(&w, curve);
    initiate_at(&w, &w.site);
    CHECK_STR(verdict(&w.initiated.status), "ok");
    REQUIRE(w.initiated.transaction_id.n == sizeof first);
    memcpy(first, w.initiated.transaction_id.p, sizeof first);
    initiate_at(&w, &w.site);
    CHECK(!bytes_eq(w.initiated.transaction_id, BYTES_OF(first)));
    world_close(&w);
}

TEST(initiate_nist)
{
    initiate_nominal(EC_P256);
}

TEST(initiate_brainpool)
{
    initiate_nominal(EC_BRAINPOOL_P256R1);
}

TEST(initiate_refused)
{
    struct rsp_pki *other = rsp_pki_new(EC_BRAINPOOL_P256R1);
    struct world w;

    world_open(&w, EC_P256);
    w.card.address = "other.example";
    initiate_at(&w, &w.site);
    CHECK_STR(verdict(&w.initiated.status), "8.9.1/3.8");
    w.card.address = RSP_DS_HOST;
    w.card.info2.svn = RSP_VERSION(2, 1, 0);
    initiate_at(&w, &w.site);
    CHECK_STR(verdict(&w.initiated.status), "8.9.3/3.1");
    rsp_card_init(&w.card, other, RSP_EID, &w.arena);
    w.card.address = RSP_DS_HOST;
    initiate_at(&w, &w.site);
    CHECK_STR(verdict(&w.initiated.status), "8.9.2/3.1");
    CHECK_OK(x509_store_add_ci(w.store, rsp_pki_cert(other, RSP_CI).der));
    initiate_at(&w, &w.site);
    CHECK_STR(verdict(&w.initiated.status), "8.9.4/3.7");
    world_close(&w);
    rsp_pki_free(other);
}

TEST(no_event)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_by(&w, &w.site, OWNER, OTHER_EID, "EVENT-1", "smdp.example", false), "ok");
    CHECK_STR(ask(&w, &w.site, NULL), "ok");
    CHECK_INT(w.answer.entries_n, 0); /* another eUICC's is not told */
    world_close(&w);
}

TEST(events_in_order)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_plain(&w, "EVENT-3"), "ok");
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok");
    CHECK_STR(register_by(&w, &w.site, STRANGER, RSP_EID, "EVENT-2", "second.example", false),
              "ok");
    CHECK_STR(ask(&w, &w.site, ""), "ok");
    CHECK_INT(w.answer.entries_n, 3);
    CHECK(told(&w, 0, "EVENT-3", "smdp.example"));
    CHECK(told(&w, 1, "EVENT-1", "smdp.example"));
    CHECK(told(&w, 2, "EVENT-2", "second.example"));
    world_close(&w);
}

TEST(one_event)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok");
    CHECK_STR(register_plain(&w, "EVENT-2"), "ok");
    CHECK_STR(ask(&w, &w.site, "EVENT-2"), "ok");
    CHECK_INT(w.answer.entries_n, 1);
    CHECK(told(&w, 0, "EVENT-2", "smdp.example"));
    CHECK_STR(ask(&w, &w.site, "EVENT-9"), "8.9.5/3.9");
    world_close(&w);
}

/* The root sends the LPA to us with our ID, and we to the SM-DP+ with its own. */
TEST(cascade)
{
    char id[DOWNLOAD_MATCHING_ID_TEXT];
    struct world w;

    world_open(&w, EC_P256);
    forward(&w);
    memcpy(id, w.site.events[0].forwarded_id, sizeof id);
    w.card.address = ROOT;
    CHECK_STR(ask(&w, &w.root, NULL), "ok");
    CHECK(told(&w, 0, id, RSP_DS_HOST));
    w.card.address = RSP_DS_HOST;
    CHECK_STR(ask(&w, &w.site, id), "ok");
    CHECK_INT(w.answer.entries_n, 1);
    CHECK(told(&w, 0, "EVENT-1", "smdp.example"));
    world_close(&w);
}

static void refused_card(enum rsp_bent bent, const char *want)
{
    struct world w;

    world_open(&w, EC_P256);
    CHECK_STR(register_plain(&w, "EVENT-1"), "ok");
    w.card.cert = rsp_pki_bent(w.pki, bent);
    CHECK_STR(ask(&w, &w.site, NULL), want);
    CHECK_INT(w.answer.entries_n, 0);
    world_close(&w);
}

TEST(refused_cards)
{
    struct world w;

    refused_card(RSP_BAD_SIGNATURE_EUM, "8.1.2/6.1");
    refused_card(RSP_EXPIRED_EUM, "8.1.2/6.3");
    refused_card(RSP_BAD_SIGNATURE_EUICC, "8.1.3/6.1");
    refused_card(RSP_EXPIRED_EUICC, "8.1.3/6.3");
    refused_card(RSP_UNKNOWN_CI_EUM, "8.11.1/3.9");
    world_open(&w, EC_P256);
    w.card.fault = CARD_BAD_SIGNATURE;
    CHECK_STR(ask(&w, &w.site, NULL), "8.1/6.1");
    w.card.fault = CARD_OTHER_CHALLENGE;
    CHECK_STR(ask(&w, &w.site, NULL), "8.1/6.1");
    w.card.fault = CARD_REFUSES;
    CHECK_STR(ask(&w, &w.site, NULL), "8.1/4.2");
    world_close(&w);
}

TEST(transactions)
{
    static const uint8_t nobodys[16] = {0xFF};
    struct rsp_authenticate_client_request req;
    struct smds_call call;
    struct world w;

    world_open(&w, EC_P256);
    initiate_at(&w, &w.site);
    req = rsp_card_authenticate(&w.card, &w.initiated);
    call = call_of(&w, &w.site);
    CHECK_OK(smds_authenticate_client(w.site.smds, &call, &req, NULL, &w.answer));
    CHECK_STR(verdict(&w.answer.status), "8.10.1/3.9");
    call.now = w.session.valid_until + 1;
    CHECK_OK(smds_authenticate_client(w.site.smds, &call, &req, &w.session, &w.answer));
    CHECK_STR(verdict(&w.answer.status), "8.10.1/3.9");
    call.now = w.now;
    req.transaction_id = BYTES_OF(nobodys);
    CHECK_OK(smds_authenticate_client(w.site.smds, &call, &req, &w.session, &w.answer));
    CHECK_STR(verdict(&w.answer.status), "8.10.1/3.9");
    world_close(&w);
}

#define I "SGP.23 4.5 ES11 InitiateAuthentication: "
#define A "SGP.23 4.5 ES11 AuthenticateClient: "

TESTS_MAIN(XT_NAMED("SGP.23 4.5 ES12 RegisterEvent: nominal", registered),
           XT_NAMED("SGP.23 4.5 ES12 RegisterEvent: repeated, by a stranger", registered_again),
           XT_NAMED("SGP.23 4.5 ES12 RegisterEvent: malformed", registration_that_is_none),
           XT_NAMED("SGP.23 4.5 ES12 DeleteEvent: by its owner, by a stranger, unknown", deleted),
           XT_NAMED("SGP.23 4.5 ES15 RegisterEvent: under an ID of our own", forwarded),
           XT_NAMED("SGP.23 4.5 ES15 DeleteEvent: passed on", forwarded_deletion),
           XT_NAMED(I "nominal", initiate_nist), XT_NAMED(I "Brainpool", initiate_brainpool),
           XT_NAMED(I "address, version, CI, certificate", initiate_refused),
           XT_NAMED(A "no event", no_event), XT_NAMED(A "many events, in order", events_in_order),
           XT_NAMED(A "by event ID, unknown event ID", one_event),
           XT_NAMED(A "cascade from the root", cascade),
           XT_NAMED(A "certificates, signature, challenge", refused_cards),
           XT_NAMED(A "unknown and expired transactions", transactions))
