/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es9p/json.h"

#define OCTETS_MAX ((size_t)4 << 20)
#define TEXT_MAX 512

static const struct {
    enum rsp_function function;
    const char *name;
} names[] = {
    {RSP_INITIATE_AUTHENTICATION, "initiateAuthentication"},
    {RSP_AUTHENTICATE_CLIENT, "authenticateClient"},
    {RSP_GET_BOUND_PROFILE_PACKAGE, "getBoundProfilePackage"},
    {RSP_HANDLE_NOTIFICATION, "handleNotification"},
    {RSP_CANCEL_SESSION, "cancelSession"},
};

const char *es9p_path(enum rsp_function function)
{
    if (function == RSP_ES11_INITIATE)
        function = RSP_INITIATE_AUTHENTICATION;
    if (function == RSP_ES11_AUTHENTICATE)
        function = RSP_AUTHENTICATE_CLIENT;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].function == function)
            return names[i].name;
    }
    return NULL;
}

bool es9p_function(const char *name, enum rsp_function *out)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].function;
            return true;
        }
    }
    return false;
}

/* ---- the members of each message, SGP.22 6.5.2 ----------------------------------------------- */

#define MEMBERS_MAX 8

struct members {
    struct wire_member row[MEMBERS_MAX];
    size_t n;
};

enum presence { OPTIONAL, REQUIRED };

static void add(struct members *m, const char *name, enum wire_coding coding,
                enum presence presence, struct bytes *out)
{
    size_t max = coding == WIRE_BASE64 ? OCTETS_MAX : coding == WIRE_TEXT ? TEXT_MAX : 64;

    m->row[m->n++] = (struct wire_member){name, coding, presence == REQUIRED, max, out};
}

static void initiate_request(struct members *m, struct rsp_initiate_authentication_request *r)
{
    add(m, "smdpAddress", WIRE_TEXT, REQUIRED, &r->smdp_address);
    add(m, "euiccInfo1", WIRE_BASE64, REQUIRED, &r->euicc_info1);
    add(m, "euiccChallenge", WIRE_BASE64, REQUIRED, &r->euicc_challenge);
    add(m, "lpaRspCapability", WIRE_BASE64, OPTIONAL, &r->lpa_rsp_capability);
}

static void initiate_response(struct members *m, struct rsp_initiate_authentication_response *r)
{
    add(m, "transactionId", WIRE_HEX, REQUIRED, &r->transaction_id);
    add(m, "serverSigned1", WIRE_BASE64, REQUIRED, &r->server_signed1);
    add(m, "serverSignature1", WIRE_BASE64, REQUIRED, &r->server_signature1);
    add(m, "euiccCiPKIdToBeUsed", WIRE_BASE64, OPTIONAL, &r->euicc_ci_pk_id);
    add(m, "serverCertificate", WIRE_BASE64, REQUIRED, &r->server_certificate);
}

static void authenticate_request(struct members *m, struct rsp_authenticate_client_request *r)
{
    add(m, "transactionId", WIRE_HEX, REQUIRED, &r->transaction_id);
    add(m, "authenticateServerResponse", WIRE_BASE64, REQUIRED, &r->authenticate_server_response);
}

static void authenticate_response(struct members *m, struct rsp_authenticate_client_response *r)
{
    add(m, "transactionId", WIRE_HEX, REQUIRED, &r->transaction_id);
    add(m, "profileMetadata", WIRE_BASE64, REQUIRED, &r->profile_metadata);
    add(m, "smdpSigned2", WIRE_BASE64, REQUIRED, &r->smdp_signed2);
    add(m, "smdpSignature2", WIRE_BASE64, REQUIRED, &r->smdp_signature2);
    add(m, "smdpCertificate", WIRE_BASE64, REQUIRED, &r->smdp_certificate);
}

static void bpp_request(struct members *m, struct rsp_get_bound_profile_package_request *r)
{
    add(m, "transactionId", WIRE_HEX, REQUIRED, &r->transaction_id);
    add(m, "prepareDownloadResponse", WIRE_BASE64, REQUIRED, &r->prepare_download_response);
}

static void bpp_response(struct members *m, struct rsp_get_bound_profile_package_response *r)
{
    add(m, "transactionId", WIRE_HEX, REQUIRED, &r->transaction_id);
    add(m, "boundProfilePackage", WIRE_BASE64, REQUIRED, &r->bound_profile_package);
}

static void cancel_request(struct members *m, struct rsp_es9p_cancel_session_request *r)
{
    add(m, "transactionId", WIRE_HEX, REQUIRED, &r->transaction_id);
    add(m, "cancelSessionResponse", WIRE_BASE64, REQUIRED, &r->cancel_session_response);
}

static bool request_members(struct members *m, struct rsp_es9p_request *r)
{
    switch ((int)r->function) {
    case RSP_INITIATE_AUTHENTICATION:
    case RSP_ES11_INITIATE:
        initiate_request(m, &r->initiate_authentication);
        return true;
    case RSP_AUTHENTICATE_CLIENT:
    case RSP_ES11_AUTHENTICATE:
        authenticate_request(m, &r->authenticate_client);
        return true;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        bpp_request(m, &r->get_bound_profile_package);
        return true;
    case RSP_HANDLE_NOTIFICATION:
        add(m, "pendingNotification", WIRE_BASE64, REQUIRED,
            &r->handle_notification.pending_notification);
        return true;
    case RSP_CANCEL_SESSION:
        cancel_request(m, &r->cancel_session);
        return true;
    default:
        return false;
    }
}

static bool response_members(struct members *m, struct rsp_es9p_response *r)
{
    switch ((int)r->function) {
    case RSP_INITIATE_AUTHENTICATION:
    case RSP_ES11_INITIATE:
        initiate_response(m, &r->initiate_authentication);
        return true;
    case RSP_AUTHENTICATE_CLIENT:
        authenticate_response(m, &r->authenticate_client);
        return true;
    case RSP_ES11_AUTHENTICATE:
        add(m, "transactionId", WIRE_HEX, OPTIONAL, &r->es11_authenticate_client.transaction_id);
        return true;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        bpp_response(m, &r->get_bound_profile_package);
        return true;
    case RSP_CANCEL_SESSION:
        return true;
    default:
        return false;
    }
}

static struct rsp_status *status_of(struct rsp_es9p_response *r)
{
    switch ((int)r->function) {
    case RSP_INITIATE_AUTHENTICATION:
    case RSP_ES11_INITIATE:
        return &r->initiate_authentication.status;
    case RSP_AUTHENTICATE_CLIENT:
        return &r->authenticate_client.status;
    case RSP_ES11_AUTHENTICATE:
        return &r->es11_authenticate_client.status;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        return &r->get_bound_profile_package.status;
    case RSP_CANCEL_SESSION:
        return &r->cancel_session.status;
    default:
        return NULL;
    }
}

const struct rsp_status *es9p_status(const struct rsp_es9p_response *r)
{
    return status_of((struct rsp_es9p_response *)(uintptr_t)r);
}

static void put_members(struct json_out *o, const struct members *m)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct wire_value value = {m->row[i].name, m->row[i].coding, *m->row[i].out};

        wire_put_values(o, &value, 1);
    }
}

/* ---- the server ------------------------------------------------------------------------------ */

enum xk_err es9p_json_decode_request(enum rsp_function function, struct bytes json,
                                     struct arena *arena, struct rsp_es9p_request *out,
                                     struct rsp_status *status)
{
    struct rsp_es9p_request r = {.function = function};
    struct members m = {0};
    struct json *doc;
    bool whole;
    size_t at;

    *status = (struct rsp_status){0};
    if (!request_members(&m, &r))
        return XK_E_UNSUPPORTED;
    TRY(json_doc_parse(json, &doc, &at));
    if (json_kind(doc) != JSON_OBJECT) {
        json_doc_free(doc);
        return XK_E_FORMAT;
    }
    whole = wire_read_members(doc, m.row, m.n, arena, status);
    json_doc_free(doc);
    if (whole)
        *out = r;
    return XK_OK;
}

static void put_entries(struct json_out *o, const struct rsp_es11_authenticate_client_response *r)
{
    json_open_array(o, "eventEntries");
    for (size_t i = 0; i < r->entries_n; i++) {
        json_open_object(o, NULL);
        json_put_bytes_text(o, "eventId", r->entries[i].event_id);
        json_put_bytes_text(o, "rspServerAddress", r->entries[i].rsp_server_address);
        json_close_object(o);
    }
    json_close_array(o);
}

enum xk_err es9p_json_encode_response(const struct rsp_es9p_response *in, struct buf *json)
{
    struct rsp_es9p_response r = *in;
    struct members m = {0};
    struct json_out o;

    if (!response_members(&m, &r))
        return XK_E_UNSUPPORTED;
    json_out_init(&o, json);
    json_open_object(&o, NULL);
    wire_put_header(&o, status_of(&r));
    if (rsp_succeeded(status_of(&r))) {
        put_members(&o, &m);
        if (r.function == RSP_ES11_AUTHENTICATE)
            put_entries(&o, &r.es11_authenticate_client);
    }
    json_close_object(&o);
    return buf_ok(json);
}

/* ---- the LPA --------------------------------------------------------------------------------- */

enum xk_err es9p_json_encode_request(const struct rsp_es9p_request *in, struct buf *json)
{
    struct rsp_es9p_request r = *in;
    struct members m = {0};
    struct json_out o;

    if (!request_members(&m, &r))
        return XK_E_UNSUPPORTED;
    for (size_t i = 0; i < m.n; i++) {
        if (m.row[i].required && !m.row[i].out->p)
            return XK_E_VALUE;
    }
    json_out_init(&o, json);
    json_open_object(&o, NULL);
    put_members(&o, &m);
    json_close_object(&o);
    return buf_ok(json);
}

static enum xk_err read_entries(const struct json *doc, struct arena *arena,
                                struct rsp_es11_authenticate_client_response *r)
{
    const struct json *list = json_member(doc, "eventEntries");
    size_t n = json_length(list);
    struct rsp_event_entry *entries;
    struct rsp_status status = {0};

    if (json_kind(list) != JSON_ARRAY || n > RSP_EVENT_ENTRIES_MAX)
        return XK_E_FORMAT;
    entries = arena_alloc(arena, (n + 1) * sizeof *entries);
    if (!entries)
        return XK_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct wire_member row[] = {
            {"eventId", WIRE_TEXT, true, TEXT_MAX, &entries[i].event_id},
            {"rspServerAddress", WIRE_TEXT, true, TEXT_MAX, &entries[i].rsp_server_address}};

        if (!wire_read_members(json_at(list, i), row, ARRAY_LEN(row), arena, &status))
            return XK_E_FORMAT;
    }
    r->entries = entries;
    r->entries_n = n;
    return XK_OK;
}

static enum xk_err read_response(const struct json *doc, struct arena *arena,
                                 struct rsp_es9p_response *r)
{
    struct rsp_status ignored = {0};
    struct members m = {0};

    if (!response_members(&m, r))
        return XK_E_UNSUPPORTED;
    TRY(wire_read_header(doc, r->function, arena, status_of(r)));
    if (!rsp_succeeded(status_of(r)))
        return XK_OK;
    if (!wire_read_members(doc, m.row, m.n, arena, &ignored))
        return XK_E_FORMAT;
    return r->function == RSP_ES11_AUTHENTICATE
               ? read_entries(doc, arena, &r->es11_authenticate_client)
               : XK_OK;
}

enum xk_err es9p_json_decode_response(enum rsp_function function, struct bytes json,
                                      struct arena *arena, struct rsp_es9p_response *out)
{
    struct rsp_es9p_response r = {.function = function};
    struct json *doc;
    enum xk_err err;
    size_t at;

    TRY(json_doc_parse(json, &doc, &at));
    err = read_response(doc, arena, &r);
    json_doc_free(doc);
    if (err == XK_OK)
        *out = r;
    return err;
}
