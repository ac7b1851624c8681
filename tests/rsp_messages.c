/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_messages.h"

#include <assert.h>

#include "codec/rsp/rsp.h"

static void drop_ctx(struct rsp_ctx_params1 *m)
{
    m->raw = m->device_info.raw = BYTES_NONE;
}

/* The usual message: rsp_decode_<name> and rsp_encode_<name> with a struct. `drop` takes the raw
 * spans away from m. */
#define MESSAGE(name, type, drop)                                                                  \
    static_assert(sizeof(type) <= RSP_MESSAGE_STRUCT_MAX, "room for it");                          \
    static enum xk_err decode_##name(struct bytes der, struct arena *a, void *out)                 \
    {                                                                                              \
        type *m = out;                                                                             \
                                                                                                   \
        (void)a;                                                                                   \
        TRY(rsp_decode_##name(der, m));                                                            \
        drop;                                                                                      \
        return XK_OK;                                                                              \
    }                                                                                              \
    static enum xk_err encode_##name(const void *in, struct buf *out)                              \
    {                                                                                              \
        return rsp_encode_##name(in, out);                                                         \
    }

MESSAGE(euicc_info1, struct rsp_euicc_info1, m->raw = BYTES_NONE)
MESSAGE(euicc_info2, struct rsp_euicc_info2, m->raw = BYTES_NONE)
MESSAGE(ctx_params1, struct rsp_ctx_params1, drop_ctx(m))
MESSAGE(server_signed1, struct rsp_server_signed1, m->raw = BYTES_NONE)
MESSAGE(authenticate_server_request, struct rsp_authenticate_server_request,
        m->server_signed1.raw = BYTES_NONE;
        drop_ctx(&m->ctx_params1))
MESSAGE(euicc_signed1, struct rsp_euicc_signed1, m->raw = BYTES_NONE;
        m->euicc_info2.raw = BYTES_NONE; drop_ctx(&m->ctx_params1))
MESSAGE(authenticate_server_response, struct rsp_authenticate_server_response,
        m->euicc_signed1.raw = BYTES_NONE;
        m->euicc_signed1.euicc_info2.raw = BYTES_NONE; drop_ctx(&m->euicc_signed1.ctx_params1))
MESSAGE(smdp_signed2, struct rsp_smdp_signed2, m->raw = BYTES_NONE)
MESSAGE(prepare_download_request, struct rsp_prepare_download_request,
        m->smdp_signed2.raw = BYTES_NONE)
MESSAGE(euicc_signed2, struct rsp_euicc_signed2, m->raw = BYTES_NONE)
MESSAGE(prepare_download_response, struct rsp_prepare_download_response,
        m->euicc_signed2.raw = BYTES_NONE)
MESSAGE(cancel_session_request, struct rsp_cancel_session_request, (void)m)
MESSAGE(euicc_cancel_session_signed, struct rsp_euicc_cancel_session_signed, m->raw = BYTES_NONE)
MESSAGE(cancel_session_response, struct rsp_cancel_session_response,
        m->signed_data.raw = BYTES_NONE)
MESSAGE(initialise_secure_channel, struct rsp_initialise_secure_channel, m->raw = BYTES_NONE;
        m->signed_part = BYTES_NONE)
MESSAGE(configure_isdp, struct rsp_configure_isdp, (void)m)
MESSAGE(replace_session_keys, struct rsp_replace_session_keys, (void)m)
MESSAGE(bound_profile_package, struct rsp_bound_profile_package, m->raw = BYTES_NONE;
        m->initialise_secure_channel.raw = BYTES_NONE;
        m->initialise_secure_channel.signed_part = BYTES_NONE)
MESSAGE(store_metadata, struct rsp_metadata, m->raw = BYTES_NONE)
MESSAGE(update_metadata, struct rsp_metadata, m->raw = BYTES_NONE)
MESSAGE(profile_info_list_request, struct rsp_profile_info_list_request, (void)m)
MESSAGE(profile_info_list_response, struct rsp_profile_info_list_response, (void)m)
MESSAGE(notification_metadata, struct rsp_notification_metadata, m->raw = BYTES_NONE)
MESSAGE(profile_installation_result_data, struct rsp_profile_installation_result_data,
        m->raw = BYTES_NONE;
        m->metadata.raw = BYTES_NONE)
MESSAGE(profile_installation_result, struct rsp_profile_installation_result, m->raw = BYTES_NONE;
        m->data.raw = BYTES_NONE; m->data.metadata.raw = BYTES_NONE)
MESSAGE(other_signed_notification, struct rsp_other_signed_notification, m->raw = BYTES_NONE;
        m->metadata.raw = BYTES_NONE)
MESSAGE(list_notification_request, struct rsp_list_notification_request, (void)m)
MESSAGE(list_notification_response, struct rsp_notification_list, (void)m)
MESSAGE(retrieve_notifications_request, struct rsp_retrieve_notifications_request, (void)m)
MESSAGE(retrieve_notifications_response, struct rsp_notification_list, (void)m)
MESSAGE(get_rat_response, struct rsp_rat, (void)m)
MESSAGE(isdr_template, struct rsp_isdr_template, (void)m)
MESSAGE(euicc_configured_addresses, struct rsp_euicc_configured_addresses, (void)m)
MESSAGE(set_default_dp_address_request, struct rsp_set_default_dp_address, (void)m)
MESSAGE(enable_profile_request, struct rsp_profile_switch_request, (void)m)
MESSAGE(disable_profile_request, struct rsp_profile_switch_request, (void)m)
MESSAGE(delete_profile_request, struct rsp_profile_id, (void)m)
MESSAGE(set_nickname_request, struct rsp_set_nickname_request, (void)m)
MESSAGE(load_crl_response, struct rsp_load_crl_response, (void)m)
MESSAGE(euicc_response, struct rsp_euicc_response, (void)m)

/* The others: without a struct of their own, or with more to tell. */
static enum xk_err decode_get_euicc_challenge(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    return rsp_decode_get_euicc_challenge_response(der, out);
}

static enum xk_err encode_get_euicc_challenge(const void *in, struct buf *out)
{
    return rsp_encode_get_euicc_challenge_response(*(const struct bytes *)in, out);
}

static enum xk_err decode_profile_info(struct bytes der, struct arena *a, void *out)
{
    struct rsp_profile_info *m = out;

    (void)a;
    TRY(rsp_decode_profile_info(der, m));
    m->metadata.raw = BYTES_NONE;
    return XK_OK;
}

static enum xk_err encode_profile_info(const void *in, struct buf *out)
{
    return rsp_encode_profile_info(in, BYTES_NONE, out);
}

static enum xk_err decode_pending_notification(struct bytes der, struct arena *a, void *out)
{
    struct rsp_pending_notification *m = out;

    (void)a;
    TRY(rsp_decode_pending_notification(der, m));
    m->result.raw = m->other.raw = BYTES_NONE;
    return XK_OK;
}

static enum xk_err encode_pending_notification(const void *in, struct buf *out)
{
    const struct rsp_pending_notification *m = in;

    if (m->kind == RSP_PENDING_INSTALLATION_RESULT)
        return rsp_encode_profile_installation_result(&m->result, out);
    if (m->kind == RSP_PENDING_OTHER)
        return rsp_encode_other_signed_notification(&m->other, out);
    buf_put_bytes(out, m->raw);
    return buf_ok(out);
}

static enum xk_err decode_notification_sent(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    return rsp_decode_notification_sent_request(der, out);
}

static enum xk_err encode_notification_sent(const void *in, struct buf *out)
{
    return rsp_encode_notification_sent_request(*(const uint32_t *)in, out);
}

static enum xk_err decode_set_default_dp_address_response(struct bytes der, struct arena *a,
                                                          void *out)
{
    (void)a;
    return rsp_decode_set_default_dp_address_response(der, out);
}

static enum xk_err encode_set_default_dp_address_response(const void *in, struct buf *out)
{
    return rsp_encode_set_default_dp_address_response(*(const uint32_t *)in, out);
}

static enum xk_err decode_enable_profile_response(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    return rsp_decode_result(der, TAG_ENABLE_PROFILE, out);
}

static enum xk_err encode_enable_profile_response(const void *in, struct buf *out)
{
    return rsp_encode_result(TAG_ENABLE_PROFILE, *(const uint32_t *)in, out);
}

static enum xk_err decode_memory_reset(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    return rsp_decode_memory_reset_request(der, out);
}

static enum xk_err encode_memory_reset(const void *in, struct buf *out)
{
    return rsp_encode_memory_reset_request(*(const uint64_t *)in, out);
}

static enum xk_err decode_get_eid_request(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    (void)out;
    return rsp_decode_get_eid_request(der);
}

static enum xk_err encode_get_eid_request(const void *in, struct buf *out)
{
    (void)in;
    return rsp_encode_get_eid_request(out);
}

static enum xk_err decode_get_eid_response(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    return rsp_decode_get_eid_response(der, out);
}

static enum xk_err encode_get_eid_response(const void *in, struct buf *out)
{
    return rsp_encode_get_eid_response(*(const struct bytes *)in, out);
}

static enum xk_err decode_load_crl_request(struct bytes der, struct arena *a, void *out)
{
    (void)a;
    return rsp_decode_load_crl_request(der, out);
}

static enum xk_err encode_load_crl_request(const void *in, struct buf *out)
{
    return rsp_encode_load_crl_request(*(const struct bytes *)in, out);
}

static enum xk_err decode_es9p_request(struct bytes der, struct arena *a, void *out)
{
    return rsp_decode_es9p_request(der, a, out);
}

static enum xk_err encode_es9p_request(const void *in, struct buf *out)
{
    return rsp_encode_es9p_request(in, out);
}

static enum xk_err decode_es9p_response(struct bytes der, struct arena *a, void *out)
{
    return rsp_decode_es9p_response(der, a, out);
}

static enum xk_err encode_es9p_response(const void *in, struct buf *out)
{
    return rsp_encode_es9p_response(in, out);
}

/* New ones go to the end: the fuzz corpus tells them by number. */
/* clang-format off */
#define ROW(name) {#name, decode_##name, encode_##name},
const struct rsp_message rsp_messages[] = {
    ROW(euicc_info1)
    ROW(euicc_info2)
    ROW(ctx_params1)
    ROW(server_signed1)
    ROW(authenticate_server_request)
    ROW(euicc_signed1)
    ROW(authenticate_server_response)
    ROW(smdp_signed2)
    ROW(prepare_download_request)
    ROW(euicc_signed2)
    ROW(prepare_download_response)
    ROW(cancel_session_request)
    ROW(euicc_cancel_session_signed)
    ROW(cancel_session_response)
    ROW(initialise_secure_channel)
    ROW(configure_isdp)
    ROW(replace_session_keys)
    ROW(bound_profile_package)
    ROW(store_metadata)
    ROW(update_metadata)
    ROW(profile_info_list_request)
    ROW(profile_info_list_response)
    ROW(notification_metadata)
    ROW(profile_installation_result_data)
    ROW(profile_installation_result)
    ROW(other_signed_notification)
    ROW(list_notification_request)
    ROW(list_notification_response)
    ROW(retrieve_notifications_request)
    ROW(retrieve_notifications_response)
    ROW(get_rat_response)
    ROW(isdr_template)
    ROW(euicc_configured_addresses)
    ROW(set_default_dp_address_request)
    ROW(enable_profile_request)
    ROW(disable_profile_request)
    ROW(delete_profile_request)
    ROW(set_nickname_request)
    ROW(load_crl_response)
    ROW(euicc_response)
    ROW(get_euicc_challenge)
    ROW(profile_info)
    ROW(pending_notification)
    ROW(notification_sent)
    ROW(set_default_dp_address_response)
    ROW(enable_profile_response)
    ROW(memory_reset)
    ROW(get_eid_request)
    ROW(get_eid_response)
    ROW(load_crl_request)
    ROW(es9p_request)
    ROW(es9p_response)
};
/* clang-format on */
const size_t rsp_messages_n = ARRAY_LEN(rsp_messages);

const struct rsp_message *rsp_message_find(const char *name)
{
    for (size_t i = 0; i < rsp_messages_n; i++)
        if (strcmp(rsp_messages[i].name, name) == 0)
            return &rsp_messages[i];
    return NULL;
}
