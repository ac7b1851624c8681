/* SPDX-License-Identifier: Apache-2.0 */
/* The two bindings around a call: HTTP and JSON (SGP.22 6.5), HTTP and ASN.1 (6.6). */
#include "api/es9p/es9p.h"

bool es9p_is_path(const char *path)
{
    return strcmp(path, ES9P_ASN1_PATH) == 0 || strncmp(path, ES9P_PATH, strlen(ES9P_PATH)) == 0;
}

static unsigned check_http(const struct es9p_request *in, enum wire_media media)
{
    bool asn1 = strcmp(in->path, ES9P_ASN1_PATH) == 0;

    if (strcmp(in->method, "POST") != 0)
        return 405;
    if (media != (asn1 ? WIRE_ASN1 : WIRE_JSON))
        return 415;
    if (!wire_protocol_ok(in->protocol))
        return 400;
    return in->body.n > ES9P_REQUEST_MAX ? 413 : 0;
}

static enum xk_err decode(struct download_ctx *c, const struct es9p_request *in,
                          struct es9p_message *m, unsigned *status)
{
    enum rsp_function function;
    enum xk_err err;

    if (m->media == WIRE_ASN1) {
        err = rsp_decode_es9p_request(in->body, c->arena, &m->request);
    } else if (es9p_function(in->path + strlen(ES9P_PATH), &function)) {
        m->request.function = function; /* for the refusal, too */
        err = es9p_json_decode_request(function, in->body, c->arena, &m->request, &m->refused);
    } else {
        *status = 404;
        return XK_OK;
    }
    if (err == XK_E_NOMEM || err == XK_OK)
        return err;
    *status = err == XK_E_UNSUPPORTED ? 404 : 400;
    return XK_OK;
}

/* A refused member is answered like any refusal; a notification has no answer to put it in. */
static enum xk_err answer_refused(const struct es9p_message *m, struct es9p_reply *out)
{
    struct rsp_es9p_response response = {.function = m->request.function};

    if (m->request.function == RSP_HANDLE_NOTIFICATION) {
        out->status = 400;
        return XK_OK;
    }
    response.cancel_session.status = m->refused; /* the first member of all of them */
    return es9p_write(m->media, &response, out);
}

enum xk_err es9p_read(struct download_ctx *c, const struct es9p_request *in, struct es9p_message *m,
                      struct es9p_reply *out, bool *go_on)
{
    unsigned status;

    *go_on = false;
    memset(m, 0, sizeof *m);
    m->media = strcmp(in->path, ES9P_ASN1_PATH) == 0 && !in->content_type
                   ? WIRE_ASN1
                   : wire_media(in->content_type);
    status = check_http(in, m->media);
    if (status == 0)
        TRY(decode(c, in, m, &status));
    if (status != 0) {
        out->status = status;
        return XK_OK;
    }
    if (!rsp_succeeded(&m->refused))
        return answer_refused(m, out);
    *go_on = true;
    return XK_OK;
}

enum xk_err es9p_write(enum wire_media media, const struct rsp_es9p_response *response,
                       struct es9p_reply *out)
{
    if (response->function == RSP_HANDLE_NOTIFICATION) {
        out->status = 204;
        return XK_OK;
    }
    out->status = 200;
    out->content_type = media == WIRE_ASN1 ? WIRE_ASN1_TYPE : WIRE_JSON_TYPE;
    return media == WIRE_ASN1 ? rsp_encode_es9p_response(response, out->body)
                              : es9p_json_encode_response(response, out->body);
}
