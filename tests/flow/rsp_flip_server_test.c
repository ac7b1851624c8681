/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of every message that an eUICC signs for an SM-DP+ is changed in turn (SGP.22 5.6.2
 * to 5.6.5): the server refuses it, with the code of that part of the message, or 1.6/2.1 when it
 * cannot be read any more. Orders, bindings, sessions, notifications and what the operator hears
 * stay as they were, and the message as it was meant is taken afterwards. There is no byte that may
 * be changed: the frames around the signed parts have one right form (DER). */
#include "codec/rsp/cancel_session.h"
#include "codec/rsp/download.h"
#include "rsp_flip.h"
#include "rsp_world.h"
#include "xt.h"

#define MESSAGE_MAX 8192
#define RETRY_EVERY 97 /* after each so many changes: the right message is taken */

struct kept {
    struct world_order orders[WORLD_ORDERS];
    struct world_session sessions[WORLD_SESSIONS];
    size_t n_notifications, n_events;
};

struct part {
    const char *name;
    struct bytes span;
    const char *codes; /* verdicts that are right for a change here when it can be read */
};

static void keep_world(const struct rsp_world *w, struct kept *k)
{
    memcpy(k->orders, w->orders, sizeof k->orders);
    memcpy(k->sessions, w->sessions, sizeof k->sessions);
    k->n_notifications = w->n_notifications;
    k->n_events = w->n_events;
}

static void restore_world(struct rsp_world *w, const struct kept *k)
{
    memcpy(w->orders, k->orders, sizeof k->orders);
    memcpy(w->sessions, k->sessions, sizeof k->sessions);
    w->n_notifications = k->n_notifications;
    w->n_events = k->n_events;
}

/* What a refused message must leave alone: everything. */
static bool untouched(const struct rsp_world *w, const struct kept *k)
{
    return memcmp(w->orders, k->orders, sizeof k->orders) == 0 &&
           memcmp(w->sessions, k->sessions, sizeof k->sessions) == 0 &&
           w->n_notifications == k->n_notifications && w->n_events == k->n_events;
}

enum call { AUTHENTICATE, PACKAGE, CANCEL, NOTIFY };

static bool can_be_read(enum call call, struct bytes message)
{
    struct rsp_authenticate_server_response authenticate;
    struct rsp_prepare_download_response prepare;
    struct rsp_cancel_session_response cancel;
    struct rsp_pending_notification pending;

    switch (call) {
    case AUTHENTICATE:
        return rsp_decode_authenticate_server_response(message, &authenticate) == XK_OK;
    case PACKAGE:
        return rsp_decode_prepare_download_response(message, &prepare) == XK_OK;
    case CANCEL:
        return rsp_decode_cancel_session_response(message, &cancel) == XK_OK;
    case NOTIFY:
        return rsp_decode_pending_notification(message, &pending) == XK_OK;
    }
    return false;
}

/* HandleNotification has no answer (SGP.22 5.6.4): what was noted instead. */
static const char *noted(const struct rsp_world *w, size_t heard)
{
    static const char *const names[] = {
        "nothing",
#define SMDPP_EXCEPTION(name, text) #name,
#include "server/smdpp/exception.def"
#undef SMDPP_EXCEPTION
    };

    if (w->n_notifications > heard)
        return "ok";
    return (size_t)w->exception < ARRAY_LEN(names) ? names[w->exception] : "?";
}

static const char *send(struct rsp_world *w, enum call call, struct bytes id, struct bytes message)
{
    const struct rsp_authenticate_client_request authenticate = {
        .transaction_id = id, .authenticate_server_response = message};
    const struct rsp_get_bound_profile_package_request package = {
        .transaction_id = id, .prepare_download_response = message};
    const struct rsp_es9p_cancel_session_request cancel = {.transaction_id = id,
                                                           .cancel_session_response = message};
    const struct rsp_handle_notification_request notify = {message};
    struct rsp_status status = {0};
    size_t heard = w->n_notifications;

    switch (call) {
    case AUTHENTICATE:
        status = rsp_world_authenticate(w, &authenticate).status;
        break;
    case PACKAGE:
        status = rsp_world_package(w, &package).status;
        break;
    case CANCEL:
        status = rsp_world_cancel(w, &cancel).status;
        break;
    case NOTIFY:
        rsp_world_notify(w, &notify);
        return noted(w, heard);
    }
    return rsp_world_verdict(&status);
}

static const struct part *part_of(const struct part *parts, size_t n, const uint8_t *at)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (at >= parts[i].span.p && at < parts[i].span.p + parts[i].span.n)
            return &parts[i];
    }
    return &parts[n - 1]; /* the frame around them */
}

static void right_is_taken(struct rsp_world *w, enum call call, struct bytes id,
                           struct bytes message, const struct kept *k)
{
    CHECK_STR(send(w, call, id, message), "ok");
    restore_world(w, k);
}

/* One change: true when it is refused as it has to be. */
static bool refused(struct rsp_world *w, enum call call, struct bytes id, struct bytes message,
                    const struct part *part, const struct kept *kept)
{
    const char *unreadable = call == NOTIFY ? "UNREADABLE" : "1.6/2.1";
    const char *right = can_be_read(call, message) ? part->codes : unreadable;
    const char *said = send(w, call, id, message);
    bool whole = untouched(w, kept);

    if (flip_among(right, said) && whole)
        return true;
    printf("# %s: %s, not %s%s\n", part->name, said, right, whole ? "" : "; state changed");
    restore_world(w, kept);
    return false;
}

/* The last part is the frame: all bytes that belong to no other. */
static void flip_all(struct rsp_world *w, enum call call, struct bytes id, struct bytes message,
                     const struct part *parts, size_t n)
{
    static struct kept kept;
    uint8_t mem[MESSAGE_MAX];

    REQUIRE(message.n <= sizeof mem);
    memcpy(mem, message.p, message.n);
    keep_world(w, &kept);
    for (size_t i = 0; i < message.n; i++) {
        const struct part *part = part_of(parts, n, message.p + i);

        for (size_t m = 0; m < ARRAY_LEN(flip_masks); m++) {
            mem[i] ^= flip_masks[m];
            if (!refused(w, call, id, BYTES(mem, message.n), part, &kept)) {
                printf("# byte %zu of %zu ^ %02X\n", i, message.n, flip_masks[m]);
                CHECK(false);
            }
            mem[i] ^= flip_masks[m];
        }
        if (i % RETRY_EVERY == 0)
            right_is_taken(w, call, id, message, &kept);
    }
    right_is_taken(w, call, id, message, &kept);
}

static void flip_transaction_id(struct rsp_world *w, enum call call, struct bytes id,
                                struct bytes message)
{
    static struct kept kept;
    uint8_t mem[RSP_TRANSACTION_ID_MAX];

    memcpy(mem, id.p, id.n);
    keep_world(w, &kept);
    for (size_t i = 0; i < id.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            mem[i] ^= (uint8_t)(1u << bit);
            CHECK_STR(send(w, call, BYTES(mem, id.n), message), "8.10.1/3.9");
            CHECK(untouched(w, &kept));
            restore_world(w, &kept);
            mem[i] ^= (uint8_t)(1u << bit);
        }
    }
    right_is_taken(w, call, id, message, &kept);
}

static void authenticate(enum ec_curve curve)
{
    struct rsp_authenticate_server_response r;
    struct rsp_initiate_authentication_request initiate;
    struct rsp_initiate_authentication_response server;
    struct rsp_authenticate_client_request req;
    struct rsp_world w;

    rsp_world_init(&w, curve);
    initiate = rsp_card_initiate(&w.card);
    server = rsp_world_initiate(&w, &initiate);
    req = rsp_card_authenticate(&w.card, &server);
    REQUIRE(rsp_decode_authenticate_server_response(req.authenticate_server_response, &r) == XK_OK);
    {
        const struct part parts[] = {
            {"euiccSigned1", r.euicc_signed1.raw, "8.1/6.1 8.10.1/3.9"},
            {"euiccSignature1", r.euicc_signature1, "8.1/6.1"},
            /* its length (30 82 xxxx) says where CERT.EUM begins */
            {"head of the eUICC certificate", BYTES(r.euicc_certificate.p, 4),
             "8.1.3/6.1 8.1.2/6.1"},
            {"eUICC certificate", r.euicc_certificate, "8.1.3/6.1 8.1.3/6.3"},
            /* 8.11.1/3.9: of another CI than was chosen */
            {"EUM certificate", r.eum_certificate, "8.1.2/6.1 8.1.2/6.3 8.11.1/3.9"},
            {"frame", BYTES_NONE, "8.1/6.1"},
        };

        flip_all(&w, AUTHENTICATE, req.transaction_id, req.authenticate_server_response, parts,
                 ARRAY_LEN(parts));
    }
    flip_transaction_id(&w, AUTHENTICATE, req.transaction_id, req.authenticate_server_response);
    rsp_world_fini(&w);
}

/* Up to PrepareDownloadResponse. */
static struct rsp_get_bound_profile_package_request prepared(struct rsp_world *w)
{
    const struct rsp_initiate_authentication_request initiate = rsp_card_initiate(&w->card);
    const struct rsp_initiate_authentication_response server = rsp_world_initiate(w, &initiate);
    const struct rsp_authenticate_client_request req = rsp_card_authenticate(&w->card, &server);
    const struct rsp_authenticate_client_response answer = rsp_world_authenticate(w, &req);

    CHECK_STR(rsp_world_verdict(&answer.status), "ok");
    return rsp_card_prepare(&w->card, &answer, NULL, CARD_NEW_OTPK);
}

static void prepare(enum ec_curve curve)
{
    struct rsp_prepare_download_response r;
    struct rsp_get_bound_profile_package_request req;
    struct rsp_world w;

    rsp_world_init(&w, curve);
    req = prepared(&w);
    REQUIRE(rsp_decode_prepare_download_response(req.prepare_download_response, &r) == XK_OK);
    {
        const struct part parts[] = {
            {"euiccSigned2", r.euicc_signed2.raw, "8.1/6.1 8.10.1/3.9"},
            {"euiccSignature2", r.euicc_signature2, "8.1/6.1"},
            {"frame", BYTES_NONE, "8.1/6.1"},
        };

        flip_all(&w, PACKAGE, req.transaction_id, req.prepare_download_response, parts,
                 ARRAY_LEN(parts));
    }
    flip_transaction_id(&w, PACKAGE, req.transaction_id, req.prepare_download_response);
    rsp_world_fini(&w);
}

static void cancel(enum ec_curve curve)
{
    struct rsp_cancel_session_response r;
    struct rsp_es9p_cancel_session_request req;
    struct rsp_world w;

    rsp_world_init(&w, curve);
    prepared(&w);
    req = rsp_card_cancel(&w.card, RSP_CANCEL_POSTPONED);
    REQUIRE(rsp_decode_cancel_session_response(req.cancel_session_response, &r) == XK_OK);
    {
        const struct part parts[] = {
            {"euiccCancelSessionSigned", r.signed_data.raw, "8.1/6.1 8.10.1/3.9 8.8/3.10"},
            {"euiccCancelSessionSignature", r.signature, "8.1/6.1"},
            {"frame", BYTES_NONE, "8.1/6.1"},
        };

        flip_all(&w, CANCEL, req.transaction_id, req.cancel_session_response, parts,
                 ARRAY_LEN(parts));
    }
    flip_transaction_id(&w, CANCEL, req.transaction_id, req.cancel_session_response);
    rsp_world_fini(&w);
}

static void flip_pending(struct rsp_world *w, struct bytes message)
{
    struct rsp_pending_notification in;

    REQUIRE(rsp_decode_pending_notification(message, &in) == XK_OK);
    if (in.kind == RSP_PENDING_INSTALLATION_RESULT) {
        const struct part parts[] = {
            {"profileInstallationResultData", in.result.data.raw, "UNKNOWN_SESSION BAD_SIGNATURE"},
            {"euiccSignPIR", in.result.signature, "BAD_SIGNATURE"},
            {"frame", BYTES_NONE, "BAD_SIGNATURE"},
        };

        flip_all(w, NOTIFY, BYTES_NONE, message, parts, ARRAY_LEN(parts));
    } else {
        const struct part parts[] = {
            /* UNREADABLE: the ICCID is no digits */
            {"tbsOtherNotification", in.other.metadata.raw, "BAD_SIGNATURE UNSUPPORTED UNREADABLE"},
            {"euiccNotificationSignature", in.other.signature, "BAD_SIGNATURE"},
            {"eUICC certificate", in.other.euicc_certificate, "BAD_CHAIN"},
            {"EUM certificate", in.other.eum_certificate, "BAD_CHAIN"},
            {"frame", BYTES_NONE, "BAD_SIGNATURE"},
        };

        flip_all(w, NOTIFY, BYTES_NONE, message, parts, ARRAY_LEN(parts));
    }
}

static void result(enum ec_curve curve, bool installed)
{
    struct rsp_get_bound_profile_package_request req;
    struct rsp_handle_notification_request n;
    struct rsp_world w;

    rsp_world_init(&w, curve);
    req = prepared(&w);
    CHECK_STR(send(&w, PACKAGE, req.transaction_id, req.prepare_download_response), "ok");
    n = rsp_card_result(&w.card, WORLD_ICCID,
                        installed ? CARD_INSTALLED : RSP_REASON_INSUFFICIENT_MEMORY);
    flip_pending(&w, n.pending_notification);
    if (installed) {
        CHECK_STR(send(&w, NOTIFY, BYTES_NONE, n.pending_notification), "ok");
        n = rsp_card_notify(&w.card, WORLD_ICCID, RSP_EVENT_ENABLE);
        flip_pending(&w, n.pending_notification);
    }
    rsp_world_fini(&w);
}

TEST(authenticate_nist)
{
    authenticate(EC_P256);
}

TEST(authenticate_brainpool)
{
    authenticate(EC_BRAINPOOL_P256R1);
}

TEST(prepare_nist)
{
    prepare(EC_P256);
}

TEST(prepare_brainpool)
{
    prepare(EC_BRAINPOOL_P256R1);
}

TEST(cancel_nist)
{
    cancel(EC_P256);
}

TEST(cancel_brainpool)
{
    cancel(EC_BRAINPOOL_P256R1);
}

TEST(result_nist)
{
    result(EC_P256, true);
    result(EC_P256, false);
}

TEST(result_brainpool)
{
    result(EC_BRAINPOOL_P256R1, true);
    result(EC_BRAINPOOL_P256R1, false);
}

TESTS_MAIN(XT_NAMED("AuthenticateServerResponse, every byte", authenticate_nist),
           XT_NAMED("AuthenticateServerResponse, every byte, Brainpool", authenticate_brainpool),
           XT_NAMED("PrepareDownloadResponse, every byte", prepare_nist),
           XT_NAMED("PrepareDownloadResponse, every byte, Brainpool", prepare_brainpool),
           XT_NAMED("CancelSessionResponse, every byte", cancel_nist),
           XT_NAMED("CancelSessionResponse, every byte, Brainpool", cancel_brainpool),
           XT_NAMED("notifications, every byte", result_nist),
           XT_NAMED("notifications, every byte, Brainpool", result_brainpool))
