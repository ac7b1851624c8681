/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/lpa/es9p_call.h"

#define PROTOCOL "X-Admin-Protocol: gsma/rsp/v2.5.0"
#define AGENT "User-Agent: gsma-rsp-lpad"

enum xk_err es9p_call_init(struct es9p_call *call, const char *address,
                           const struct rsp_es9p_request *request)
{
    static const char *const headers[] = {PROTOCOL, AGENT};
    int n = snprintf(call->url, sizeof call->url, "https://%s" ES9P_PATH "%s", address,
                     es9p_path(request->function));
    enum xk_err err;

    if (n < 0 || n >= ES9P_URL_MAX)
        return XK_E_LIMIT;
    buf_init(&call->body, ES9P_REQUEST_MAX);
    err = es9p_json_encode_request(request, &call->body);
    if (err != XK_OK) {
        es9p_call_fini(call);
        return err;
    }
    call->http = (struct httpc_request){.url = call->url,
                                        .headers = headers,
                                        .header_count = ARRAY_LEN(headers),
                                        .body = buf_bytes(&call->body)};
    return XK_OK;
}

void es9p_call_fini(struct es9p_call *call)
{
    buf_wipe(&call->body);
    buf_fini(&call->body);
}

/* A request that did not go out whole was not acted on. */
static enum lpa_reply_kind kind_of(const struct httpc_response *r)
{
    switch ((int)r->err) {
    case XK_E_AUTH:
        return LPA_REPLY_TLS;
    case XK_E_LIMIT:
    case XK_E_FORMAT:
        return LPA_REPLY_MALFORMED;
    default:
        return r->sent ? LPA_REPLY_CUT : LPA_REPLY_UNREACHABLE;
    }
}

/* SM-DP+ and SM-DS answer the same call in two ways; who the server is, its answer tells. */
static enum xk_err decode(enum rsp_function function, struct bytes json, struct arena *arena,
                          struct rsp_es9p_response *out)
{
    enum xk_err err = es9p_json_decode_response(function, json, arena, out);

    if (err == XK_E_FORMAT && function == RSP_AUTHENTICATE_CLIENT)
        return es9p_json_decode_response(RSP_ES11_AUTHENTICATE, json, arena, out);
    return err;
}

void es9p_call_answer(enum rsp_function function, const struct httpc_response *r,
                      struct arena *arena, struct rsp_es9p_response *response,
                      struct lpa_reply *out)
{
    *out = (struct lpa_reply){.kind = LPA_REPLY_OK, .http_status = r->status};
    if (r->err != XK_OK) {
        out->kind = kind_of(r);
        out->text = r->error_text;
    } else if (r->status < 200 || r->status > 299) {
        out->kind = LPA_REPLY_HTTP;
    } else if (function != RSP_HANDLE_NOTIFICATION) {
        out->response = response;
        if (decode(function, r->body, arena, response) != XK_OK)
            out->kind = LPA_REPLY_MALFORMED;
    }
}
