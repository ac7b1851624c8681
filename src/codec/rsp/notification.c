/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/notification.h"

#define AID_MIN 5

/* SGP.22 2.4.a.1.2, 5.7.9. A manual tag on the first member: the address is a plain UTF8String. */
static void get_metadata(struct der *d, struct rsp_notification_metadata *out)
{
    struct der m = der_enter_raw(d, TAG_NOTIFICATION_METADATA, &out->raw);

    out->seq_number = der_u32(&m, TAG_0);
    out->event = der_bits(&m, TAG_1);
    out->address = der_utf8(&m, DER_UTF8_STRING, 0, RSP_FQDN_MAX);
    if (der_optional(&m, TAG_ICCID))
        out->iccid = rsp_get_iccid(&m);
    der_leave(d, &m);
}

enum xk_err rsp_decode_notification_metadata(struct bytes der,
                                             struct rsp_notification_metadata *out)
{
    struct der d = der_of(der);
    struct rsp_notification_metadata t = {0};

    get_metadata(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_notification_metadata(const struct rsp_notification_metadata *in,
                                             struct buf *out)
{
    const struct rsp_need needs[] = {{in->address, 0, RSP_FQDN_MAX}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    if (DER_PRESENT(in->iccid) && in->iccid.n != RSP_ICCID_LEN)
        return XK_E_VALUE;
    at = der_begin(out, TAG_NOTIFICATION_METADATA);
    der_put_int(out, TAG_0, in->seq_number);
    der_put_bits(out, TAG_1, in->event);
    der_put(out, DER_UTF8_STRING, in->address);
    der_put_optional(out, TAG_ICCID, in->iccid);
    der_close(out, at);
    return buf_ok(out);
}

static void get_final_result(struct der *d, struct rsp_profile_installation_result_data *out)
{
    struct der choice = der_enter(d, TAG_A2), r;

    out->ok = der_optional(&choice, TAG_A0);
    r = der_enter(&choice, out->ok ? TAG_A0 : TAG_A1);
    if (out->ok) {
        out->isdp_aid = der_octets(&r, TAG_ISDP_AID, AID_MIN, RSP_AID_MAX);
        out->sima_response = der_take(&r, DER_OCTET_STRING);
    } else {
        out->command = der_u32(&r, TAG_0);
        out->reason = der_u32(&r, TAG_1);
        if (der_optional(&r, TAG_2))
            out->sima_response = der_take(&r, TAG_2);
    }
    der_leave(&choice, &r);
    der_leave(d, &choice);
}

/* SGP.22 2.5.6 */
static void get_result_data(struct der *d, struct rsp_profile_installation_result_data *out)
{
    struct der r = der_enter_raw(d, TAG_PROFILE_INSTALLATION_RESULT_DATA, &out->raw);

    out->transaction_id = rsp_get_transaction_id(&r);
    get_metadata(&r, &out->metadata);
    out->smdp_oid = der_oid(&r, DER_OID);
    get_final_result(&r, out);
    der_leave(d, &r);
}

enum xk_err
rsp_decode_profile_installation_result_data(struct bytes der,
                                            struct rsp_profile_installation_result_data *out)
{
    struct der d = der_of(der);
    struct rsp_profile_installation_result_data t = {0};

    get_result_data(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static enum xk_err put_final_result(const struct rsp_profile_installation_result_data *in,
                                    struct buf *out)
{
    const struct rsp_need needs[] = {{in->isdp_aid, AID_MIN, RSP_AID_MAX},
                                     {in->sima_response, 0, 0}};
    size_t choice_at, at;

    if (in->ok)
        TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    choice_at = der_begin(out, TAG_A2);
    at = der_begin(out, in->ok ? TAG_A0 : TAG_A1);
    if (in->ok) {
        der_put(out, TAG_ISDP_AID, in->isdp_aid);
        der_put(out, DER_OCTET_STRING, in->sima_response);
    } else {
        der_put_int(out, TAG_0, in->command);
        der_put_int(out, TAG_1, in->reason);
        der_put_optional(out, TAG_2, in->sima_response);
    }
    der_close(out, at);
    der_close(out, choice_at);
    return buf_ok(out);
}

enum xk_err
rsp_encode_profile_installation_result_data(const struct rsp_profile_installation_result_data *in,
                                            struct buf *out)
{
    const struct rsp_need needs[] = {{in->transaction_id, 1, RSP_TRANSACTION_ID_MAX},
                                     {in->smdp_oid, 1, 0}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_PROFILE_INSTALLATION_RESULT_DATA);
    der_put(out, TAG_0, in->transaction_id);
    TRY(rsp_encode_notification_metadata(&in->metadata, out));
    der_put(out, DER_OID, in->smdp_oid);
    TRY(put_final_result(in, out));
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_profile_installation_result(struct bytes der,
                                                   struct rsp_profile_installation_result *out)
{
    struct der d = der_open(der, TAG_PROFILE_INSTALLATION_RESULT);
    struct rsp_profile_installation_result t = {.raw = der};

    get_result_data(&d, &t.data);
    t.signature = rsp_get_signature(&d);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_profile_installation_result(const struct rsp_profile_installation_result *in,
                                                   struct buf *out)
{
    const struct rsp_need needs[] = {{in->signature, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN}};
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, TAG_PROFILE_INSTALLATION_RESULT);
    TRY(rsp_encode_profile_installation_result_data(&in->data, out));
    der_put_raw(out, in->signature);
    der_close(out, at);
    return buf_ok(out);
}

/* SGP.22 2.4.a.1.2 */
enum xk_err rsp_decode_other_signed_notification(struct bytes der,
                                                 struct rsp_other_signed_notification *out)
{
    struct der d = der_open(der, DER_SEQUENCE);
    struct rsp_other_signed_notification t = {.raw = der};

    get_metadata(&d, &t.metadata);
    t.signature = rsp_get_signature(&d);
    t.euicc_certificate = der_take_raw(&d, DER_SEQUENCE);
    t.eum_certificate = der_take_raw(&d, DER_SEQUENCE);
    if (der_optional(&d, TAG_A1))
        t.other_certs_in_chain = der_take(&d, TAG_A1);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_other_signed_notification(const struct rsp_other_signed_notification *in,
                                                 struct buf *out)
{
    const struct rsp_need needs[] = {
        {in->signature, RSP_SIGNATURE_TLV_LEN, RSP_SIGNATURE_TLV_LEN},
        {in->euicc_certificate, 2, 0},
        {in->eum_certificate, 2, 0},
    };
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    TRY(rsp_check_needs(needs, ARRAY_LEN(needs)));
    at = der_begin(out, DER_SEQUENCE);
    TRY(rsp_encode_notification_metadata(&in->metadata, out));
    der_put_raw(out, in->signature);
    der_put_raw(out, in->euicc_certificate);
    der_put_raw(out, in->eum_certificate);
    der_put_optional(out, TAG_A1, in->other_certs_in_chain);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_pending_notification(struct bytes der, struct rsp_pending_notification *out)
{
    struct der d = der_of(der);
    struct rsp_pending_notification t = {.raw = der};
    uint32_t tag = der_peek(&d);

    if (tag == TAG_PROFILE_INSTALLATION_RESULT) {
        t.kind = RSP_PENDING_INSTALLATION_RESULT;
        TRY(rsp_decode_profile_installation_result(der, &t.result));
    } else if (tag == TAG_A1) {
        t.kind = RSP_PENDING_RPM_RESULT;
        der_skip(&d);
        TRY(der_end(&d));
    } else {
        t.kind = RSP_PENDING_OTHER;
        TRY(rsp_decode_other_signed_notification(der, &t.other));
    }
    *out = t;
    return XK_OK;
}

const struct rsp_notification_metadata *
rsp_pending_metadata(const struct rsp_pending_notification *n)
{
    if (n->kind == RSP_PENDING_INSTALLATION_RESULT)
        return &n->result.data.metadata;
    return n->kind == RSP_PENDING_OTHER ? &n->other.metadata : NULL;
}

/* SGP.22 5.7.9 */
enum xk_err rsp_decode_list_notification_request(struct bytes der,
                                                 struct rsp_list_notification_request *out)
{
    struct der d = der_open(der, TAG_LIST_NOTIFICATION);
    struct rsp_list_notification_request t = {0};

    if ((t.has_filter = der_optional(&d, TAG_1)))
        t.events = der_bits(&d, TAG_1);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_list_notification_request(const struct rsp_list_notification_request *in,
                                                 struct buf *out)
{
    size_t at = der_begin(out, TAG_LIST_NOTIFICATION);

    if (in->has_filter)
        der_put_bits(out, TAG_1, in->events);
    der_close(out, at);
    return buf_ok(out);
}

/* A0 list or 81 error; every member of the list has tag `member`, or any when that is 0. */
static enum xk_err decode_list(struct bytes der, uint32_t tag, uint32_t member,
                               struct rsp_notification_list *out)
{
    struct der d = der_open(der, tag);
    struct rsp_notification_list t = {0};

    if ((t.ok = der_optional(&d, TAG_A0)))
        t.list = der_take(&d, TAG_A0);
    else
        t.error = der_u32(&d, TAG_1);
    TRY(der_end(&d));
    TRY(der_check_run(t.list, member));
    *out = t;
    return XK_OK;
}

static enum xk_err encode_list(const struct rsp_notification_list *in, uint32_t tag,
                               struct buf *out)
{
    size_t at = der_begin(out, tag);

    if (in->ok)
        der_put(out, TAG_A0, in->list);
    else
        der_put_int(out, TAG_1, in->error);
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_list_notification_response(struct bytes der,
                                                  struct rsp_notification_list *out)
{
    return decode_list(der, TAG_LIST_NOTIFICATION, TAG_NOTIFICATION_METADATA, out);
}

enum xk_err rsp_encode_list_notification_response(const struct rsp_notification_list *in,
                                                  struct buf *out)
{
    return encode_list(in, TAG_LIST_NOTIFICATION, out);
}

/* SGP.22 5.7.10. searchCriteria is an untagged CHOICE in a SEQUENCE of automatic tags: A0. */
enum xk_err
rsp_decode_retrieve_notifications_request(struct bytes der,
                                          struct rsp_retrieve_notifications_request *out)
{
    struct der d = der_open(der, TAG_RETRIEVE_NOTIFICATIONS_LIST), c;
    struct rsp_retrieve_notifications_request t = {.search = RSP_RETRIEVE_ALL};

    if (der_optional(&d, TAG_A0)) {
        c = der_enter(&d, TAG_A0);
        t.search = (enum rsp_retrieve_search)(der_peek(&c) - TAG_0 + RSP_RETRIEVE_SEQ_NUMBER);
        if (t.search == RSP_RETRIEVE_SEQ_NUMBER)
            t.seq_number = der_u32(&c, TAG_0);
        else if (t.search == RSP_RETRIEVE_EVENTS)
            t.events = der_bits(&c, TAG_1);
        else
            der_null(&c, TAG_2);
        der_leave(&d, &c);
    }
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err
rsp_encode_retrieve_notifications_request(const struct rsp_retrieve_notifications_request *in,
                                          struct buf *out)
{
    size_t at = der_begin(out, TAG_RETRIEVE_NOTIFICATIONS_LIST), criteria_at;

    if (in->search != RSP_RETRIEVE_ALL) {
        criteria_at = der_begin(out, TAG_A0);
        if (in->search == RSP_RETRIEVE_SEQ_NUMBER)
            der_put_int(out, TAG_0, in->seq_number);
        else if (in->search == RSP_RETRIEVE_EVENTS)
            der_put_bits(out, TAG_1, in->events);
        else
            der_put_null(out, TAG_2);
        der_close(out, criteria_at);
    }
    der_close(out, at);
    return buf_ok(out);
}

enum xk_err rsp_decode_retrieve_notifications_response(struct bytes der,
                                                       struct rsp_notification_list *out)
{
    return decode_list(der, TAG_RETRIEVE_NOTIFICATIONS_LIST, 0, out);
}

enum xk_err rsp_encode_retrieve_notifications_response(const struct rsp_notification_list *in,
                                                       struct buf *out)
{
    return encode_list(in, TAG_RETRIEVE_NOTIFICATIONS_LIST, out);
}

/* SGP.22 5.7.11 */
enum xk_err rsp_decode_notification_sent_request(struct bytes der, uint32_t *seq_number)
{
    return rsp_decode_result(der, TAG_NOTIFICATION_SENT, seq_number);
}

enum xk_err rsp_encode_notification_sent_request(uint32_t seq_number, struct buf *out)
{
    return rsp_encode_result(TAG_NOTIFICATION_SENT, seq_number, out);
}

enum xk_err rsp_decode_notification_sent_response(struct bytes der, uint32_t *result)
{
    return rsp_decode_result(der, TAG_NOTIFICATION_SENT, result);
}

enum xk_err rsp_encode_notification_sent_response(uint32_t result, struct buf *out)
{
    return rsp_encode_result(TAG_NOTIFICATION_SENT, result, out);
}
