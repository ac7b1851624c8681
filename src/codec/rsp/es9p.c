/* SPDX-License-Identifier: Apache-2.0 */
/* The ASN.1 binding: RemoteProfileProvisioningRequest and -Response. SGP.22 6.6, annex H */
#include "codec/rsp/es9p.h"

#define UNDEFINED_ERROR 127

/* InitiateAuthenticationRequest */
#define TAG_EUICC_CHALLENGE TAG_1
#define TAG_SMDP_ADDRESS TAG_3

static struct bytes optional_contents(struct der *d, uint32_t tag)
{
    return der_optional(d, tag) ? der_take(d, tag) : BYTES_NONE;
}

/* SGP.22 5.6.1 */
static void get_initiate_request(struct der *d, struct rsp_initiate_authentication_request *out)
{
    struct der r = der_enter(d, TAG_INITIATE_AUTHENTICATION);

    out->euicc_challenge =
        der_octets(&r, TAG_EUICC_CHALLENGE, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN);
    out->smdp_address = der_utf8(&r, TAG_SMDP_ADDRESS, 0, RSP_FQDN_MAX);
    out->euicc_info1 = der_take_raw(&r, TAG_EUICC_INFO1);
    if (der_optional(&r, DER_BIT_STRING))
        out->lpa_rsp_capability = der_take_raw(&r, DER_BIT_STRING);
    der_leave(d, &r);
}

static enum xk_err put_initiate_request(const struct rsp_initiate_authentication_request *in,
                                        struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->euicc_challenge, RSP_CHALLENGE_LEN, RSP_CHALLENGE_LEN},
        {in->smdp_address, 0, RSP_FQDN_MAX},
        {in->euicc_info1, 2, 0},
    };
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_INITIATE_AUTHENTICATION);
    der_put(out, TAG_EUICC_CHALLENGE, in->euicc_challenge);
    der_put(out, TAG_SMDP_ADDRESS, in->smdp_address);
    der_put_raw(out, in->euicc_info1);
    der_put_raw(out, in->lpa_rsp_capability);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.6.2, 5.6.3: [0] transactionId and one message of the eUICC's. */
static void get_pair(struct der *d, uint32_t tag, uint32_t message, struct bytes *transaction_id,
                     struct bytes *raw)
{
    struct der r = der_enter(d, tag);

    *transaction_id = rsp_get_transaction_id(&r);
    *raw = der_take_raw(&r, message);
    der_leave(d, &r);
}

static enum xk_err put_pair(uint32_t tag, struct bytes transaction_id, struct bytes raw,
                            struct buf *out)
{
    const struct rsp_need needs[] = {{transaction_id, 1, RSP_TRANSACTION_ID_MAX}, {raw, 2, 0}};
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, tag);
    der_put(out, TAG_0, transaction_id);
    der_put_raw(out, raw);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.6.4. PendingNotification is an untagged CHOICE in a SEQUENCE of automatic tags: A0. The
 * bare notification is taken too. */
static void get_notification(struct der *d, struct rsp_handle_notification_request *out)
{
    struct der r = der_enter(d, TAG_HANDLE_NOTIFICATION), choice;
    uint32_t tag;
    struct bytes value;

    if (der_optional(&r, TAG_A0)) {
        choice = der_enter(&r, TAG_A0);
        if (!der_next(&choice, &tag, &value, &out->pending_notification))
            der_fail(&choice, XK_E_FORMAT);
        der_leave(&r, &choice);
    } else if (!der_next(&r, &tag, &value, &out->pending_notification)) {
        der_fail(&r, XK_E_FORMAT);
    }
    der_leave(d, &r);
}

static enum xk_err put_notification(const struct rsp_handle_notification_request *in,
                                    struct buf *out)
{
    const struct rsp_need needs[] = {{in->pending_notification, 2, 0}};
    size_t at, choice_at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_HANDLE_NOTIFICATION);
    choice_at = der_begin(out, TAG_A0);
    der_put_raw(out, in->pending_notification);
    der_close(out, choice_at);
    der_close(out, at);
    return buf_ok(out);
}

/* The response from what stood in A1: with BF41 around it, or to be put into one. */
static enum xk_err cancel_response_of(struct bytes contents, struct arena *a, struct bytes *out)
{
    size_t head_n = der_header_len(TAG_CANCEL_SESSION, contents.n);
    struct der d = der_of(contents);
    uint8_t *p;

    if (der_optional(&d, TAG_CANCEL_SESSION)) {
        *out = der_take_raw(&d, TAG_CANCEL_SESSION);
        return der_end(&d);
    }
    p = arena_alloc(a, head_n + contents.n);
    if (!p)
        return XK_E_NOMEM;
    der_write_header(p, TAG_CANCEL_SESSION, contents.n);
    if (contents.n > 0)
        memcpy(p + head_n, contents.p, contents.n);
    *out = BYTES(p, head_n + contents.n);
    return XK_OK;
}

/* SGP.22 5.6.5. Automatic tags: the response's own BF41 gives way to [1], A1. Tools differ here, so
 * BF41 in place of A1 and BF41 inside A1 are understood too. */
static void get_cancel_request(struct der *d, struct arena *a,
                               struct rsp_es9p_cancel_session_request *out)
{
    struct der r = der_enter(d, TAG_CANCEL_SESSION);
    struct bytes contents;
    enum xk_err err;

    out->transaction_id = rsp_get_transaction_id(&r);
    if (der_optional(&r, TAG_CANCEL_SESSION)) {
        out->cancel_session_response = der_take_raw(&r, TAG_CANCEL_SESSION);
    } else {
        contents = der_take(&r, TAG_A1);
        err = cancel_response_of(contents, a, &out->cancel_session_response);
        if (err != XK_OK)
            der_fail(&r, err);
    }
    der_leave(d, &r);
}

static enum xk_err put_cancel_request(const struct rsp_es9p_cancel_session_request *in,
                                      struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX}};
    struct der response = der_open(in->cancel_session_response, TAG_CANCEL_SESSION);
    struct bytes contents = der_rest(&response);
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    if (der_ok(&response) != XK_OK)
        return XK_E_VALUE;
    at = der_begin(out, TAG_CANCEL_SESSION);
    der_put(out, TAG_0, in->transaction_id);
    der_put(out, TAG_A1, contents);
    der_close(out, at);
    return buf_ok(out);
}

static void get_request(struct der *d, struct arena *a, struct rsp_es9p_request *out)
{
    switch (der_peek(d)) {
    case TAG_INITIATE_AUTHENTICATION:
        out->function = RSP_INITIATE_AUTHENTICATION;
        get_initiate_request(d, &out->initiate_authentication);
        break;
    case TAG_AUTHENTICATE_CLIENT:
        out->function = RSP_AUTHENTICATE_CLIENT;
        get_pair(d, TAG_AUTHENTICATE_CLIENT, TAG_AUTHENTICATE_SERVER,
                 &out->authenticate_client.transaction_id,
                 &out->authenticate_client.authenticate_server_response);
        break;
    case TAG_GET_BOUND_PROFILE_PACKAGE:
        out->function = RSP_GET_BOUND_PROFILE_PACKAGE;
        get_pair(d, TAG_GET_BOUND_PROFILE_PACKAGE, TAG_PREPARE_DOWNLOAD,
                 &out->get_bound_profile_package.transaction_id,
                 &out->get_bound_profile_package.prepare_download_response);
        break;
    case TAG_HANDLE_NOTIFICATION:
        out->function = RSP_HANDLE_NOTIFICATION;
        get_notification(d, &out->handle_notification);
        break;
    case TAG_CANCEL_SESSION:
        out->function = RSP_CANCEL_SESSION;
        get_cancel_request(d, a, &out->cancel_session);
        break;
    default:
        der_skip(d);
        der_fail(d, XK_E_UNSUPPORTED);
        break;
    }
}

enum xk_err rsp_decode_es9p_request(struct bytes der, struct arena *a, struct rsp_es9p_request *out)
{
    struct der d = der_open(der, TAG_REMOTE_PROFILE_PROVISIONING);
    struct rsp_es9p_request t = {.function = RSP_FUNCTION_COUNT};

    get_request(&d, a, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err put_request(const struct rsp_es9p_request *in, struct buf *out)
{
    switch ((unsigned)in->function) {
    case RSP_INITIATE_AUTHENTICATION:
    case RSP_ES11_INITIATE:
        return put_initiate_request(&in->initiate_authentication, out);
    case RSP_AUTHENTICATE_CLIENT:
    case RSP_ES11_AUTHENTICATE:
        return put_pair(TAG_AUTHENTICATE_CLIENT, in->authenticate_client.transaction_id,
                        in->authenticate_client.authenticate_server_response, out);
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        return put_pair(TAG_GET_BOUND_PROFILE_PACKAGE, in->get_bound_profile_package.transaction_id,
                        in->get_bound_profile_package.prepare_download_response, out);
    case RSP_HANDLE_NOTIFICATION:
        return put_notification(&in->handle_notification, out);
    case RSP_CANCEL_SESSION:
        return put_cancel_request(&in->cancel_session, out);
    default:
        return XK_E_UNSUPPORTED;
    }
}

enum xk_err rsp_encode_es9p_request(const struct rsp_es9p_request *in, struct buf *out)
{
    size_t at = der_begin(out, TAG_REMOTE_PROFILE_PROVISIONING);

    TRY(put_request(in, out));
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.6.1 */
static void get_initiate_ok(struct der *d, struct rsp_initiate_authentication_response *out)
{
    struct der k = der_enter(d, TAG_A0);

    out->transaction_id = rsp_get_transaction_id(&k);
    out->server_signed1 = der_take_raw(&k, DER_SEQUENCE);
    out->server_signature1 = rsp_get_signature(&k);
    if (der_optional(&k, DER_OCTET_STRING))
        out->euicc_ci_pk_id = der_take_raw(&k, DER_OCTET_STRING);
    out->server_certificate = der_take_raw(&k, DER_SEQUENCE);
    out->other_certs_in_chain = optional_contents(&k, TAG_A1);
    out->crl_list = optional_contents(&k, TAG_A2);
    der_leave(d, &k);
}

static enum xk_err put_initiate_ok(const struct rsp_initiate_authentication_response *in,
                                   struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
        {in->server_signed1, 2, 0},
        {in->server_signature1, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN},
        {in->server_certificate, 2, 0},
    };

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    der_put(out, TAG_0, in->transaction_id);
    der_put_raw(out, in->server_signed1);
    der_put_raw(out, in->server_signature1);
    der_put_raw(out, in->euicc_ci_pk_id);
    der_put_raw(out, in->server_certificate);
    der_put_optional(out, TAG_A1, in->other_certs_in_chain);
    der_put_optional(out, TAG_A2, in->crl_list);
    return buf_ok(out);
}

/* SGP.22 5.6.3 */
static void get_authenticate_ok(struct der *d, struct rsp_authenticate_client_response *out)
{
    struct der k = der_enter(d, TAG_A0);

    out->transaction_id = rsp_get_transaction_id(&k);
    out->profile_metadata = der_take_raw(&k, TAG_STORE_METADATA);
    out->smdp_signed2 = der_take_raw(&k, DER_SEQUENCE);
    out->smdp_signature2 = rsp_get_signature(&k);
    out->smdp_certificate = der_take_raw(&k, DER_SEQUENCE);
    der_leave(d, &k);
}

static enum xk_err put_authenticate_ok(const struct rsp_authenticate_client_response *in,
                                       struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
        {in->profile_metadata, 2, 0},
        {in->smdp_signed2, 2, 0},
        {in->smdp_signature2, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN},
        {in->smdp_certificate, 2, 0},
    };

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    der_put(out, TAG_0, in->transaction_id);
    der_put_raw(out, in->profile_metadata);
    der_put_raw(out, in->smdp_signed2);
    der_put_raw(out, in->smdp_signature2);
    der_put_raw(out, in->smdp_certificate);
    return buf_ok(out);
}

/* SGP.22 5.8.2. Automatic tags. */
static void get_event_entries(struct der *k, struct arena *a,
                              struct rsp_es11_authenticate_client_response *out)
{
    struct der list = der_enter(k, TAG_A1), count = list;
    struct rsp_event_entry *entries;
    size_t n = 0;

    for (; der_more(&count) && n <= RSP_EVENT_ENTRIES_MAX; n++)
        der_take(&count, DER_SEQUENCE);
    entries = n <= RSP_EVENT_ENTRIES_MAX ? arena_alloc(a, (n + 1) * sizeof *entries) : NULL;
    if (!entries) {
        der_fail(k, n > RSP_EVENT_ENTRIES_MAX ? XK_E_LIMIT : XK_E_NOMEM);
        return;
    }
    for (n = 0; der_more(&list); n++) {
        struct der e = der_enter(&list, DER_SEQUENCE);

        entries[n].event_id = der_utf8(&e, TAG_0, 0, RSP_MATCHING_ID_MAX);
        entries[n].rsp_server_address = der_utf8(&e, TAG_1, 0, RSP_FQDN_MAX);
        der_leave(&list, &e);
    }
    out->entries = entries;
    out->entries_n = n;
    der_leave(k, &list);
}

static void get_es11_ok(struct der *d, struct arena *a,
                        struct rsp_es11_authenticate_client_response *out)
{
    struct der k = der_enter(d, TAG_A0);

    out->transaction_id = rsp_get_transaction_id(&k);
    get_event_entries(&k, a, out);
    der_leave(d, &k);
}

static enum xk_err put_es11_ok(const struct rsp_es11_authenticate_client_response *in,
                               struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX}};
    size_t at;

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    der_put(out, TAG_0, in->transaction_id);
    at = der_begin(out, TAG_A1);
    for (size_t i = 0; i < in->entries_n; i++) {
        size_t row_at = der_begin(out, DER_SEQUENCE);

        der_put(out, TAG_0, in->entries[i].event_id);
        der_put(out, TAG_1, in->entries[i].rsp_server_address);
        der_close(out, row_at);
    }
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 5.6.2 */
static void get_package_ok(struct der *d, struct rsp_get_bound_profile_package_response *out)
{
    get_pair(d, TAG_A0, TAG_BOUND_PROFILE_PACKAGE, &out->transaction_id,
             &out->bound_profile_package);
}

static enum xk_err put_package_ok(const struct rsp_get_bound_profile_package_response *in,
                                  struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
                                     {in->bound_profile_package, 2, 0}};

    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    der_put(out, TAG_0, in->transaction_id);
    der_put_raw(out, in->bound_profile_package);
    return buf_ok(out);
}

/* An integer of the binding; in the table it also has subject, reason and text. */
static void get_error(struct der *d, enum rsp_function function, struct rsp_status *status)
{
    uint32_t asn1 = der_u32(d, TAG_1);

    rsp_reject(status, rsp_verdict_find_asn1(function, asn1));
    status->execution = RSP_FAILED;
    status->asn1 = asn1;
}

static struct rsp_status *status_of(struct rsp_es9p_response *r)
{
    switch ((unsigned)r->function) {
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

static enum rsp_function function_of(uint32_t tag)
{
    switch (tag) {
    case TAG_INITIATE_AUTHENTICATION:
        return RSP_INITIATE_AUTHENTICATION;
    case TAG_AUTHENTICATE_CLIENT:
        return RSP_AUTHENTICATE_CLIENT;
    case TAG_AUTHENTICATE_CLIENT_ES11:
        return RSP_ES11_AUTHENTICATE;
    case TAG_GET_BOUND_PROFILE_PACKAGE:
        return RSP_GET_BOUND_PROFILE_PACKAGE;
    case TAG_CANCEL_SESSION:
        return RSP_CANCEL_SESSION;
    default:
        return RSP_FUNCTION_COUNT;
    }
}

static uint32_t response_tag(enum rsp_function function)
{
    switch ((unsigned)function) {
    case RSP_INITIATE_AUTHENTICATION:
    case RSP_ES11_INITIATE:
        return TAG_INITIATE_AUTHENTICATION;
    case RSP_AUTHENTICATE_CLIENT:
        return TAG_AUTHENTICATE_CLIENT;
    case RSP_ES11_AUTHENTICATE:
        return TAG_AUTHENTICATE_CLIENT_ES11;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        return TAG_GET_BOUND_PROFILE_PACKAGE;
    default:
        return TAG_CANCEL_SESSION;
    }
}

static void get_ok(struct der *d, struct arena *a, struct rsp_es9p_response *out)
{
    switch ((unsigned)out->function) {
    case RSP_INITIATE_AUTHENTICATION:
        get_initiate_ok(d, &out->initiate_authentication);
        break;
    case RSP_AUTHENTICATE_CLIENT:
        get_authenticate_ok(d, &out->authenticate_client);
        break;
    case RSP_ES11_AUTHENTICATE:
        get_es11_ok(d, a, &out->es11_authenticate_client);
        break;
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        get_package_ok(d, &out->get_bound_profile_package);
        break;
    default:
        der_take(d, TAG_A0);
        break;
    }
}

enum xk_err rsp_decode_es9p_response(struct bytes der, struct arena *a,
                                     struct rsp_es9p_response *out)
{
    struct der d = der_open(der, TAG_REMOTE_PROFILE_PROVISIONING), r;
    uint32_t tag = der_peek(&d);
    struct rsp_es9p_response t = {.function = function_of(tag)};

    r = der_enter(&d, tag);
    TRY(der_ok(&r));
    if (t.function == RSP_FUNCTION_COUNT)
        return XK_E_UNSUPPORTED;
    if (der_optional(&r, TAG_A0))
        get_ok(&r, a, &t);
    else
        get_error(&r, t.function, status_of(&t));
    TRY(der_end(&r));
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err put_ok(const struct rsp_es9p_response *in, struct buf *out)
{
    switch ((unsigned)in->function) {
    case RSP_INITIATE_AUTHENTICATION:
    case RSP_ES11_INITIATE:
        return put_initiate_ok(&in->initiate_authentication, out);
    case RSP_AUTHENTICATE_CLIENT:
        return put_authenticate_ok(&in->authenticate_client, out);
    case RSP_ES11_AUTHENTICATE:
        return put_es11_ok(&in->es11_authenticate_client, out);
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        return put_package_ok(&in->get_bound_profile_package, out);
    default:
        return XK_OK;
    }
}

enum xk_err rsp_encode_es9p_response(const struct rsp_es9p_response *in, struct buf *out)
{
    struct rsp_es9p_response t = *in;
    const struct rsp_status *status = status_of(&t);
    size_t at, choice_at, ok_at;

    if (!status)
        return XK_E_UNSUPPORTED;
    at = der_begin(out, TAG_REMOTE_PROFILE_PROVISIONING);
    choice_at = der_begin(out, response_tag(in->function));
    if (rsp_succeeded(status)) {
        ok_at = der_begin(out, TAG_A0);
        TRY(put_ok(in, out));
        der_close(out, ok_at);
    } else {
        der_put_int(out, TAG_1, status->asn1 ? status->asn1 : UNDEFINED_ERROR);
    }
    der_close(out, choice_at);
    der_close(out, at);
    return buf_ok(out);
}
