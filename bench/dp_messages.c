/* SPDX-License-Identifier: Apache-2.0 */
#include "dp_messages.h"

#include "codec/rsp/bpp.h"
#include "codec/rsp/download.h"
#include "crypto/x509.h"

/* What an eUICC sent, read. */
struct readings {
    struct rsp_authenticate_server_response authenticate;
    struct x509_cert eum, euicc;
    struct rsp_prepare_download_response prepare;
    struct rsp_pending_notification pending;
};

void dp_messages_init(struct dp_messages *m)
{
    *m = (struct dp_messages){0};
    arena_init(&m->arena, (size_t)1 << 20);
    for (size_t i = 0; i < DP_CALLS; i++) {
        buf_init(&m->call[i].body, DP_MESSAGE_MAX);
        buf_init(&m->call[i].answer, DP_MESSAGE_MAX);
    }
}

void dp_messages_fini(struct dp_messages *m)
{
    arena_fini(&m->arena);
    for (size_t i = 0; i < DP_CALLS; i++) {
        buf_fini(&m->call[i].body);
        buf_fini(&m->call[i].answer);
    }
}

void dp_messages_start(struct dp_messages *m)
{
    m->n = 0;
}

void dp_messages_add(struct dp_messages *m, enum rsp_function function, struct bytes body,
                     struct bytes answer)
{
    struct dp_message *c = &m->call[m->n++];

    if (m->n > DP_CALLS)
        dp_die("a download of four calls");
    c->function = function;
    buf_reset(&c->body);
    buf_reset(&c->answer);
    buf_put_bytes(&c->body, body);
    buf_put_bytes(&c->answer, answer);
    dp_must(buf_ok(&c->answer), "a message");
}

void dp_messages_decode(struct dp_messages *m)
{
    arena_reset(&m->arena);
    for (size_t i = 0; i < m->n; i++) {
        struct dp_message *c = &m->call[i];

        if (c->function != RSP_HANDLE_NOTIFICATION)
            dp_must(es9p_json_decode_response(c->function, buf_bytes(&c->answer), &m->arena,
                                              &c->response),
                    "es9p_json_decode_response");
    }
}

static void read_der(const struct rsp_es9p_request *req, struct readings *r)
{
    switch ((int)req->function) {
    case RSP_AUTHENTICATE_CLIENT:
        dp_must(rsp_decode_authenticate_server_response(
                    req->authenticate_client.authenticate_server_response, &r->authenticate),
                "BF38");
        dp_must(x509_read(r->authenticate.eum_certificate, &r->eum), "CERT.EUM");
        dp_must(x509_read(r->authenticate.euicc_certificate, &r->euicc), "CERT.EUICC");
        break;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        dp_must(rsp_decode_prepare_download_response(
                    req->get_bound_profile_package.prepare_download_response, &r->prepare),
                "BF21");
        break;
    case RSP_HANDLE_NOTIFICATION:
        dp_must(rsp_decode_pending_notification(req->handle_notification.pending_notification,
                                                &r->pending),
                "BF37");
        break;
    default:
        break;
    }
}

static void read_all(const struct dp_messages *m, struct arena *scratch, struct readings *r)
{
    arena_reset(scratch);
    for (size_t i = 0; i < m->n; i++) {
        struct rsp_es9p_request req = {.function = m->call[i].function};
        struct rsp_status status = {0};

        dp_must(es9p_json_decode_request(req.function, buf_bytes(&m->call[i].body), scratch, &req,
                                         &status),
                "es9p_json_decode_request");
        req.function = m->call[i].function;
        read_der(&req, r);
    }
}

void dp_messages_parse(const struct dp_messages *m, struct arena *scratch)
{
    struct readings r = {0};
    struct buf out;

    read_all(m, scratch, &r);
    for (size_t i = 0; i < m->n; i++) {
        if (m->call[i].function == RSP_HANDLE_NOTIFICATION)
            continue;
        buf_init(&out, DP_MESSAGE_MAX);
        dp_must(es9p_json_encode_response(&m->call[i].response, &out), "a response");
        buf_fini(&out);
    }
}

/* What the head of a bound package is made of: what is protected, and signed with it. */
static void count_package(struct bytes bpp, struct dp_operations *o)
{
    struct rsp_bound_profile_package p;

    dp_must(rsp_decode_bound_profile_package(bpp, &p), "BF36");
    o->signed_bytes[o->n_signed++] = p.initialise_secure_channel.raw.n;
    o->protected_bytes = (p.first_87.n + p.metadata_88.n + p.second_87.n) & ~(size_t)15;
}

void dp_messages_operations(const struct dp_messages *m, enum dp_eum eum, struct arena *scratch,
                            struct dp_operations *o)
{
    struct readings r = {0};

    read_all(m, scratch, &r);
    *o = (struct dp_operations){.sign = 3, .verify = eum == DP_EUM_CACHED ? 4 : 5, .agree = 1};
    o->random_bytes = RSP_TRANSACTION_ID_MAX + RSP_CHALLENGE_LEN + EC_SCALAR_LEN;
    o->derived_bytes = ECDH_LEN + 4 + 2 + 1 + 16 + 1 + EID_LEN; /* Z, counter, SharedInfo */
    o->signed_bytes[o->n_signed++] = m->call[0].response.initiate_authentication.server_signed1.n;
    o->signed_bytes[o->n_signed++] = r.euicc.tbs.n;
    if (eum == DP_EUM_NOT_CACHED)
        o->signed_bytes[o->n_signed++] = r.eum.tbs.n;
    o->signed_bytes[o->n_signed++] = r.authenticate.euicc_signed1.raw.n;
    o->signed_bytes[o->n_signed++] =
        m->call[1].response.authenticate_client.smdp_signed2.n + RSP_SIGNATURE_TLV_LEN;
    o->signed_bytes[o->n_signed++] = r.prepare.euicc_signed2.raw.n + RSP_SIGNATURE_TLV_LEN;
    count_package(m->call[2].response.get_bound_profile_package.bound_profile_package, o);
    o->signed_bytes[o->n_signed++] = r.pending.result.data.raw.n;
}
