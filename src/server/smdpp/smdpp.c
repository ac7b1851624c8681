/* SPDX-License-Identifier: Apache-2.0 */
#include "server/smdpp/smdpp.h"

#include <assert.h>
#include <stdlib.h>

#include "server/smdpp/engine.h"

static enum xk_err configure(struct smdpp *smdpp, const struct smdpp_config *config,
                             const char **why)
{
    struct bytes host_id = config->host_id;

    TRY(auth_new(&config->auth, &smdpp->auth, why));
    smdpp->rebind = config->rebind;
    smdpp->session_ms = config->session_ms > 0 ? config->session_ms : SMDPP_SESSION_MS;
    smdpp->result_ms = config->result_ms > 0 ? config->result_ms : SMDPP_RESULT_MS;
    if (!host_id.p) {
        host_id = auth_oid(smdpp->auth);
        host_id = bytes_part(host_id, host_id.n > 16 ? host_id.n - 16 : 0, 16);
    }
    if (host_id.n == 0 || host_id.n > sizeof smdpp->host_id) {
        if (why)
            *why = "the host ID is not of 1 to 16 bytes";
        return XK_E_VALUE;
    }
    memcpy(smdpp->host_id, host_id.p, host_id.n);
    smdpp->host_id_len = host_id.n;
    return XK_OK;
}

enum xk_err smdpp_new(const struct smdpp_config *config, struct smdpp **out, const char **why)
{
    struct smdpp *smdpp = calloc(1, sizeof *smdpp);
    enum xk_err err;

    if (!smdpp)
        return XK_E_NOMEM;
    err = configure(smdpp, config, why);
    if (err != XK_OK) {
        smdpp_free(smdpp);
        return err;
    }
    *out = smdpp;
    return XK_OK;
}

void smdpp_free(struct smdpp *smdpp)
{
    if (!smdpp)
        return;
    auth_free(smdpp->auth);
    free(smdpp);
}

struct bytes smdpp_oid(const struct smdpp *smdpp)
{
    return auth_oid(smdpp->auth);
}

bool smdpp_is_address(const struct smdpp *smdpp, struct bytes address)
{
    return auth_is_address(smdpp->auth, address);
}

static const char *const exception_texts[] = {
    "",
#define SMDPP_EXCEPTION(name, text) text,
#include "server/smdpp/exception.def"
#undef SMDPP_EXCEPTION
};
static_assert(ARRAY_LEN(exception_texts) == 11, "none, and 10 exceptions");

const char *smdpp_exception_text(enum smdpp_exception exception)
{
    return (size_t)exception < ARRAY_LEN(exception_texts) ? exception_texts[exception] : "";
}

void smdpp_effects_wipe(struct smdpp_effects *effects)
{
    secret_wipe(&effects->binding.keys);
}

void smdpp_take_order(const struct download *order, struct smdpp_effects *effects)
{
    effects->download = *order;
    effects->has_download = true;
}

bool smdpp_move(struct smdpp_effects *effects, const struct download_event *event)
{
    struct download *d = &effects->download;
    enum download_state to;

    if (effects->n_events == SMDPP_EVENTS_MAX || !download_move(d->state, event->cause, &to))
        return false;
    if (to == DOWNLOAD_ERROR && d->state != DOWNLOAD_ERROR)
        d->ended = event->verdict;
    d->state = to;
    effects->events[effects->n_events++] = *event;
    if (to == DOWNLOAD_ERROR || to == DOWNLOAD_INSTALLED) {
        effects->delete_smds_event = d->smds_address[0] != '\0';
        effects->drop_binding = true;
    }
    return true;
}

struct download_verdict smdpp_codes(enum rsp_verdict verdict)
{
    const struct rsp_verdict_row *row = rsp_verdict_row(verdict);
    struct download_verdict codes = {0};

    if (row) {
        snprintf(codes.subject, sizeof codes.subject, "%s", row->subject);
        snprintf(codes.reason, sizeof codes.reason, "%s", row->reason);
    }
    return codes;
}

enum xk_err smdpp_keep(struct arena *arena, struct bytes what, struct bytes *out)
{
    uint8_t *copy = arena_copy(arena, what);

    if (!copy)
        return XK_E_NOMEM;
    *out = BYTES(copy, what.n);
    return XK_OK;
}

enum xk_err smdpp_initiate_authentication(const struct smdpp *smdpp, const struct smdpp_call *call,
                                          const struct rsp_initiate_authentication_request *req,
                                          struct smdpp_session *session,
                                          struct rsp_initiate_authentication_response *resp)
{
    struct smdpp_session fresh = {.state = SMDPP_AWAIT_CLIENT,
                                  .valid_until = call->now + smdpp->session_ms,
                                  .keep_until = call->now + smdpp->session_ms};

    *resp = (struct rsp_initiate_authentication_response){0};
    TRY(auth_server(smdpp->auth, call->rand, req, call->arena, &fresh.auth, resp));
    if (rsp_succeeded(&resp->status))
        *session = fresh;
    return XK_OK;
}
