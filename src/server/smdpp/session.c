/* SPDX-License-Identifier: Apache-2.0 */
#include "server/smdpp/session.h"

#include <assert.h>

#include "server/smdpp/step.h"

#define ENCODING_VERSION 1

static const char *const state_names[] = {
#define SMDPP_SESSION_STATE(name, text) #name,
#define SMDPP_SESSION_ROW(state, call, step)
#include "server/smdpp/session.def"
#undef SMDPP_SESSION_STATE
#undef SMDPP_SESSION_ROW
};
static_assert(ARRAY_LEN(state_names) == 5, "a session has 5 states");

struct step_row {
    enum smdpp_session_state state;
    enum smdpp_session_call call;
    enum smdpp_step step;
};

static const struct step_row steps[] = {
#define SMDPP_SESSION_STATE(name, text)
#define SMDPP_SESSION_ROW(state, call, step) {SMDPP_##state, SMDPP_CALL_##call, SMDPP_STEP_##step},
#include "server/smdpp/session.def"
#undef SMDPP_SESSION_STATE
#undef SMDPP_SESSION_ROW
};
static_assert(ARRAY_LEN(steps) == 10, "10 calls are taken");

const char *smdpp_session_state_name(enum smdpp_session_state state)
{
    return (size_t)state < ARRAY_LEN(state_names) ? state_names[state] : "?";
}

enum smdpp_step smdpp_step_of(const struct smdpp_session *session, enum smdpp_session_call call,
                              int64_t now)
{
    if (!session || (now > session->valid_until && call != SMDPP_CALL_INSTALLATION_RESULT))
        return SMDPP_STEP_NONE;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (steps[i].state == session->state && steps[i].call == call)
            return steps[i].step;
    }
    return SMDPP_STEP_NONE;
}

/* version(1) state(1) valid_until(8) keep_until(8) transaction(16) challenge(16) client CI(20)
 * server CI(20); from AWAIT_PREPARATION on:
 * curve(1) point(65) EID length(1) EID ICCID length(1) ICCID request1(32) length(1) smdpSigned2
 * smdpSignature2(64) request2(32) */
static void put_text(struct buf *out, const char *text)
{
    buf_put_u8(out, (uint8_t)strlen(text));
    buf_put_str(out, text);
}

enum xk_err smdpp_session_encode(const struct smdpp_session *session, struct buf *out)
{
    buf_put_u8(out, ENCODING_VERSION);
    buf_put_u8(out, (uint8_t)session->state);
    buf_put_u64(out, (uint64_t)session->valid_until);
    buf_put_u64(out, (uint64_t)session->keep_until);
    buf_put_bytes(out, BYTES_OF(session->auth.transaction_id));
    buf_put_bytes(out, BYTES_OF(session->auth.server_challenge));
    buf_put_bytes(out, BYTES_OF(session->auth.client_ci));
    buf_put_bytes(out, BYTES_OF(session->auth.server_ci));
    if (session->state == SMDPP_AWAIT_CLIENT)
        return buf_ok(out);
    buf_put_u8(out, (uint8_t)session->euicc.curve);
    buf_put_bytes(out, BYTES_OF(session->euicc.point));
    put_text(out, session->euicc.eid);
    put_text(out, session->iccid);
    buf_put_bytes(out, BYTES_OF(session->request1));
    buf_put_u8(out, (uint8_t)session->smdp_signed2_len);
    buf_put(out, session->smdp_signed2, session->smdp_signed2_len);
    buf_put_bytes(out, BYTES_OF(session->smdp_signature2));
    buf_put_bytes(out, BYTES_OF(session->request2));
    return buf_ok(out);
}

static void get_array(struct cur *c, uint8_t *out, size_t n)
{
    struct bytes b = cur_take(c, n);

    if (b.n == n)
        memcpy(out, b.p, n);
}

static void get_text(struct cur *c, char *out, size_t cap)
{
    if (!bytes_to_cstr(cur_take(c, cur_u8(c)), out, cap))
        c->bad = true;
}

static void get_client(struct cur *c, struct smdpp_session *s)
{
    s->euicc.curve = (enum ec_curve)cur_u8(c);
    get_array(c, s->euicc.point, sizeof s->euicc.point);
    get_text(c, s->euicc.eid, sizeof s->euicc.eid);
    get_text(c, s->iccid, sizeof s->iccid);
    get_array(c, s->request1, sizeof s->request1);
    s->smdp_signed2_len = cur_u8(c);
    if (s->smdp_signed2_len > sizeof s->smdp_signed2 || s->euicc.curve >= EC_CURVES)
        c->bad = true;
    else
        get_array(c, s->smdp_signed2, s->smdp_signed2_len);
    get_array(c, s->smdp_signature2, sizeof s->smdp_signature2);
    get_array(c, s->request2, sizeof s->request2);
}

enum xk_err smdpp_session_decode(struct bytes blob, struct smdpp_session *out)
{
    struct cur c = cur_of(blob);
    struct smdpp_session s = {0};

    if (cur_u8(&c) != ENCODING_VERSION)
        return XK_E_FORMAT;
    s.state = (enum smdpp_session_state)cur_u8(&c);
    s.valid_until = (int64_t)cur_u64(&c);
    s.keep_until = (int64_t)cur_u64(&c);
    get_array(&c, s.auth.transaction_id, sizeof s.auth.transaction_id);
    get_array(&c, s.auth.server_challenge, sizeof s.auth.server_challenge);
    get_array(&c, s.auth.client_ci, sizeof s.auth.client_ci);
    get_array(&c, s.auth.server_ci, sizeof s.auth.server_ci);
    if ((size_t)s.state >= ARRAY_LEN(state_names))
        return XK_E_FORMAT;
    if (s.state != SMDPP_AWAIT_CLIENT)
        get_client(&c, &s);
    TRY(cur_end(&c));
    *out = s;
    return XK_OK;
}
