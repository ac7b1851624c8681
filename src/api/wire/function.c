/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/function.h"

#include <strings.h>

#include "api/wire/base64.h"
#include "base/clock.h"
#include "base/hex.h"

#define PROTOCOL "gsma/rsp/v"

enum wire_media wire_media(const char *content_type)
{
    size_t n;

    if (!content_type || !*content_type)
        return WIRE_JSON;
    n = strcspn(content_type, "; \t");
    if (n == strlen("application/json") && strncasecmp(content_type, "application/json", n) == 0)
        return WIRE_JSON;
    if (n == strlen(WIRE_ASN1_TYPE) && strncasecmp(content_type, WIRE_ASN1_TYPE, n) == 0)
        return WIRE_ASN1;
    return WIRE_OTHER_MEDIA;
}

bool wire_protocol_ok(const char *x_admin_protocol)
{
    const char *version = x_admin_protocol ? x_admin_protocol + strlen(PROTOCOL) : "1";

    if (x_admin_protocol && strncasecmp(x_admin_protocol, PROTOCOL, strlen(PROTOCOL)) != 0)
        return false;
    return version[0] >= '0' && version[0] <= '9' && strlen(version) < WIRE_PROTOCOL_MAX &&
           strspn(version, "0123456789.") == strlen(version);
}

/* ---- header objects -------------------------------------------------------------------------- */

void wire_put_request_header(struct json_out *o, const struct wire_request_header *h)
{
    json_open_object(o, "header");
    json_put_text(o, "functionRequesterIdentifier", h->requester);
    json_put_text(o, "functionCallIdentifier", h->call_id);
    json_close_object(o);
}

static void put_status_code(struct json_out *o, const struct rsp_status *status)
{
    json_open_object(o, "statusCodeData");
    json_put_bytes_text(o, "subjectCode", status->subject);
    json_put_bytes_text(o, "reasonCode", status->reason);
    if (status->subject_identifier.n > 0)
        json_put_bytes_text(o, "subjectIdentifier", status->subject_identifier);
    if (status->message.n > 0)
        json_put_bytes_text(o, "message", status->message);
    json_close_object(o);
}

void wire_put_header(struct json_out *o, const struct rsp_status *status)
{
    json_open_object(o, "header");
    json_open_object(o, "functionExecutionStatus");
    json_put_text(o, "status", rsp_execution_text(status->execution));
    if (status->execution != RSP_EXECUTED_SUCCESS)
        put_status_code(o, status);
    json_close_object(o);
    json_close_object(o);
}

void wire_put_verdict(struct buf *out, const struct rsp_status *status)
{
    struct json_out o;

    json_out_init(&o, out);
    json_open_object(&o, NULL);
    wire_put_header(&o, status);
    json_close_object(&o);
}

static enum xk_err copy_text(const struct json *v, struct arena *arena, struct bytes *out)
{
    struct bytes text = bytes_cstr(json_text(v));

    if (!text.p)
        return XK_OK;
    *out = BYTES(arena_copy(arena, text), text.n);
    return out->p ? XK_OK : XK_E_NOMEM;
}

enum xk_err wire_read_header(const struct json *doc, enum rsp_function function,
                             struct arena *arena, struct rsp_status *out)
{
    const struct json *execution =
        json_member(json_member(doc, "header"), "functionExecutionStatus");
    const struct json *code = json_member(execution, "statusCodeData");
    struct rsp_status s = {0};

    TRY(rsp_execution_from_text(bytes_cstr(json_text(json_member(execution, "status"))),
                                &s.execution));
    TRY(copy_text(json_member(code, "subjectCode"), arena, &s.subject));
    TRY(copy_text(json_member(code, "reasonCode"), arena, &s.reason));
    TRY(copy_text(json_member(code, "subjectIdentifier"), arena, &s.subject_identifier));
    TRY(copy_text(json_member(code, "message"), arena, &s.message));
    if (!rsp_succeeded(&s))
        s.verdict = rsp_verdict_find(function, s.subject, s.reason);
    *out = s;
    return XK_OK;
}

/* ---- members --------------------------------------------------------------------------------- */

void wire_reject_member(struct rsp_status *status, enum wire_fault fault, const char *name)
{
    *status = (struct rsp_status){
        .execution = RSP_FAILED,
        .subject = BYTES_STR("1.6"),
        .reason = fault == WIRE_MISSING ? BYTES_STR("2.2") : BYTES_STR("2.1"),
        .message = bytes_cstr(name),
        .asn1 = 127,
    };
}

static bool decode(const struct wire_member *m, struct bytes text, struct arena *arena)
{
    uint8_t *room = arena_alloc(arena, text.n + 1);
    size_t n = text.n;
    enum xk_err err = XK_OK;

    if (!room)
        return false;
    if (m->coding == WIRE_BASE64)
        err = base64_decode(text, room, text.n, &n);
    else if (m->coding == WIRE_HEX)
        err = hex_decode(text, room, text.n, &n);
    else if (n > 0)
        memcpy(room, text.p, n);
    if (err != XK_OK || n > m->max)
        return false;
    *m->out = BYTES(room, n);
    return true;
}

bool wire_read_members(const struct json *doc, const struct wire_member *members, size_t n,
                       struct arena *arena, struct rsp_status *status)
{
    for (size_t i = 0; i < n; i++) {
        const struct wire_member *m = &members[i];
        const struct json *v = json_member(doc, m->name);

        if (!v && m->required) {
            wire_reject_member(status, WIRE_MISSING, m->name);
            return false;
        }
        if (v && (!json_text(v) || !decode(m, bytes_cstr(json_text(v)), arena))) {
            wire_reject_member(status, WIRE_INVALID, m->name);
            return false;
        }
    }
    return true;
}

static void put_upper_hex(struct json_out *o, const char *name, struct bytes value)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[2 * 64 + 1];
    size_t n = 0;

    for (size_t i = 0; i < value.n && n + 2 < sizeof text; i++) {
        text[n++] = digits[value.p[i] >> 4];
        text[n++] = digits[value.p[i] & 15];
    }
    json_put_bytes_text(o, name, BYTES(text, n));
}

void wire_put_values(struct json_out *o, const struct wire_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct wire_value *v = &values[i];

        if (!v->value.p)
            continue;
        if (v->coding == WIRE_BASE64)
            json_put_base64(o, v->name, v->value);
        else if (v->coding == WIRE_HEX)
            put_upper_hex(o, v->name, v->value);
        else
            json_put_bytes_text(o, v->name, v->value);
    }
}

char *wire_time(int64_t ms, char out[WIRE_TIME_MAX])
{
    char text[XK_TIME_TEXT_MAX];

    xk_time_format(ms, text);
    snprintf(out, WIRE_TIME_MAX, "%.19sZ", text);
    return out;
}
