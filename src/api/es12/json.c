/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es12/json.h"

#define PREFIX "/gsma/rsp2/"
#define CALL_ID_MAX 128

static const struct {
    enum rsp_function function;
    const char *name;
} names[] = {{RSP_REGISTER_EVENT, "registerEvent"}, {RSP_DELETE_EVENT, "deleteEvent"}};

static const char *const interfaces[] = {[ES12] = "es12/", [ES15] = "es15/"};

void es12_put_url(struct buf *url, enum es12_interface interface, enum rsp_function function,
                  const char *fqdn)
{
    buf_printf(url, "https://%s" PREFIX "%s%s", fqdn, interfaces[interface],
               names[function == RSP_DELETE_EVENT].name);
}

bool es12_function(const char *path, enum rsp_function *out)
{
    const char *rest = path + strlen(PREFIX);

    if (strncmp(path, PREFIX, strlen(PREFIX)) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(interfaces); i++) {
        size_t n = strlen(interfaces[i]);

        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            if (strncmp(rest, interfaces[i], n) == 0 && strcmp(rest + n, names[k].name) == 0) {
                *out = names[k].function;
                return true;
            }
        }
    }
    return false;
}

/* ---- the SM-DS ------------------------------------------------------------------------------- */

static enum xk_err copy_header(struct arena *arena, const char **text)
{
    *text = arena_strdup(arena, *text ? *text : "");
    return *text ? XK_OK : XK_E_NOMEM;
}

static enum xk_err read_request(const struct json *doc, struct arena *arena, struct es12_request *r,
                                struct rsp_status *status)
{
    const char *eid = "", *event_id = "", *address = "", *bad;
    bool registers = r->function == RSP_REGISTER_EVENT;
    const struct json_field header[] = {
        {"functionRequesterIdentifier", JSON_STRING, true, 1, CALL_ID_MAX,
         .text = &r->header.requester},
        {"functionCallIdentifier", JSON_STRING, true, 1, CALL_ID_MAX, .text = &r->header.call_id}};
    const struct json_field fields[] = {
        {"eid", JSON_STRING, true, 32, 32, JSON_DIGITS, &eid},
        {"eventId", JSON_STRING, true, 1, sizeof r->event_id - 1, .text = &event_id},
        {"rspServerAddress", JSON_STRING, registers, 1, sizeof r->address - 1, .text = &address},
        {"forwardingIndicator", JSON_BOOL, registers, .truth = &r->forward}};
    enum xk_err err = json_read_fields(json_member(doc, "header"), header, ARRAY_LEN(header), &bad);

    if (err == XK_OK)
        err = json_read_fields(doc, fields, ARRAY_LEN(fields), &bad);
    if (err != XK_OK) {
        wire_reject_member(status, err == XK_E_NOT_FOUND ? WIRE_MISSING : WIRE_INVALID, bad);
        return XK_OK;
    }
    snprintf(r->eid, sizeof r->eid, "%s", eid);
    snprintf(r->event_id, sizeof r->event_id, "%s", event_id);
    snprintf(r->address, sizeof r->address, "%s", address);
    TRY(copy_header(arena, &r->header.requester));
    return copy_header(arena, &r->header.call_id);
}

enum xk_err es12_decode_request(enum rsp_function function, struct bytes json, struct arena *arena,
                                struct es12_request *out, struct rsp_status *status)
{
    struct es12_request r = {.function = function};
    struct json *doc;
    enum xk_err err;
    size_t at;

    *status = (struct rsp_status){0};
    TRY(json_doc_parse(json, &doc, &at));
    err = json_kind(doc) == JSON_OBJECT ? read_request(doc, arena, &r, status) : XK_E_FORMAT;
    json_doc_free(doc);
    if (err == XK_OK && rsp_succeeded(status))
        *out = r;
    return err;
}

/* ---- the SM-DP+ ------------------------------------------------------------------------------ */

enum xk_err es12_encode_request(const struct es12_request *in, struct buf *json)
{
    struct json_out o;

    json_out_init(&o, json);
    json_open_object(&o, NULL);
    wire_put_request_header(&o, &in->header);
    json_put_text(&o, "eid", in->eid);
    if (in->function == RSP_REGISTER_EVENT)
        json_put_text(&o, "rspServerAddress", in->address);
    json_put_text(&o, "eventId", in->event_id);
    if (in->function == RSP_REGISTER_EVENT)
        json_put_bool(&o, "forwardingIndicator", in->forward);
    json_close_object(&o);
    return buf_ok(json);
}

enum xk_err es12_decode_response(enum rsp_function function, struct bytes json, struct arena *arena,
                                 struct rsp_status *out)
{
    struct json *doc;
    enum xk_err err;
    size_t at;

    TRY(json_doc_parse(json, &doc, &at));
    err = wire_read_header(doc, function, arena, out);
    json_doc_free(doc);
    return err;
}
