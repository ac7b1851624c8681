/* SPDX-License-Identifier: Apache-2.0 */
/* What the toy eUICC does with ES10 (SGP.22 5.7). */
#include "toyeuicc.h"

#define SW_PROACTIVE 0x9110
#define MAC_LEN 8
#define SUCCESS "3007A0053003800100"

static const uint8_t key_id[RSP_KEY_ID_LEN] = {0xF5, 0x41};
static const uint8_t certificate[] = {0x30, 0x03, 0x02, 0x01, 0x01};
static const uint8_t smdp_oid[] = {0x88, 0x37, 0x0A}; /* 2.999.10 */
static uint8_t signature[RSP_SIGNATURE_TLV_LEN] = {0x5F, 0x37, 0x40};

static void must(bool ok)
{
    if (!ok)
        abort();
}

static struct toy_notification *new_notification(struct toyeuicc *e)
{
    struct toy_notification *n = &e->notification[e->notifications++];

    must(e->notifications <= TOY_NOTIFICATIONS);
    n->seq_number = ++e->last_seq_number;
    return n;
}

void toyeuicc_notify(struct toyeuicc *e, enum rsp_event event, const char *address,
                     const uint8_t iccid[ICCID_LEN])
{
    struct toy_notification *n = new_notification(e);
    struct rsp_other_signed_notification other = {.metadata = {.seq_number = n->seq_number,
                                                               .event = RSP_BIT(event),
                                                               .address = bytes_cstr(address),
                                                               .iccid = BYTES(iccid, ICCID_LEN)},
                                                  .signature = BYTES_OF(signature),
                                                  .euicc_certificate = BYTES_OF(certificate),
                                                  .eum_certificate = BYTES_OF(certificate)};
    struct buf b;

    buf_init_fixed(&b, n->der, sizeof n->der);
    must(rsp_encode_other_signed_notification(&other, &b) == XK_OK);
    n->n = b.n;
}

/* ---- ES10 ---- */

static struct bytes command_of(const struct toyeuicc *e)
{
    return BYTES(e->command, e->command_n);
}

static void fill_info(struct rsp_euicc_info2 *i)
{
    *i = (struct rsp_euicc_info2){.profile_version = RSP_VERSION(2, 3, 1),
                                  .svn = RSP_VERSION(2, 3, 0),
                                  .firmware = RSP_VERSION(1, 0, 0),
                                  .uicc_capability = 0x7F,
                                  .rsp_capability = 1,
                                  .pp_version = RSP_VERSION(1, 0, 0),
                                  .sas_accreditation_number = BYTES_STR("XX-XX-UP-0101")};
    i->resource = (struct rsp_card_resource){true, 0, 200000, 4000};
    i->verification.id[0] = i->signing.id[0] = BYTES_OF(key_id);
    i->verification.n = i->signing.n = 1;
}

static enum xk_err put_info2(struct buf *b)
{
    static uint8_t mem[32];
    struct rsp_euicc_info2 info;
    struct buf resource;

    fill_info(&info);
    buf_init_fixed(&resource, mem, sizeof mem);
    TRY(rsp_encode_card_resource(&info.resource, &resource));
    info.ext_card_resource = buf_bytes(&resource);
    return rsp_encode_euicc_info2(&info, b);
}

static void do_info1(struct toyeuicc *e, struct buf *b)
{
    struct rsp_euicc_info1 info = {.svn = RSP_VERSION(2, 3, 0)};

    (void)e;
    info.verification.id[0] = info.signing.id[0] = BYTES_OF(key_id);
    info.verification.n = info.signing.n = 1;
    must(rsp_encode_euicc_info1(&info, b) == XK_OK);
}

static void do_info2(struct toyeuicc *e, struct buf *b)
{
    (void)e;
    must(put_info2(b) == XK_OK);
}

static void do_challenge(struct toyeuicc *e, struct buf *b)
{
    static const uint8_t challenge[RSP_CHALLENGE_LEN] = {1, 2, 3};

    (void)e;
    must(rsp_encode_get_euicc_challenge_response(BYTES_OF(challenge), b) == XK_OK);
}

static void do_eid(struct toyeuicc *e, struct buf *b)
{
    uint8_t eid[EID_LEN];

    (void)e;
    must(eid_from_text(BYTES_STR(TOY_EID), eid) == XK_OK);
    must(rsp_encode_get_eid_response(BYTES_OF(eid), b) == XK_OK);
}

static struct bytes optional(const char *text)
{
    return text ? bytes_cstr(text) : BYTES_NONE;
}

static void do_addresses(struct toyeuicc *e, struct buf *b)
{
    struct rsp_euicc_configured_addresses a = {.default_dp = optional(e->default_dp),
                                               .root_ds = optional(e->root_ds)};

    if (e->additional_ds)
        a.additional_root_ds[a.additional_root_ds_n++] = bytes_cstr(e->additional_ds);
    must(rsp_encode_euicc_configured_addresses(&a, b) == XK_OK);
}

static void do_set_address(struct toyeuicc *e, struct buf *b)
{
    static char address[64];
    struct rsp_set_default_dp_address a;

    must(rsp_decode_set_default_dp_address_request(command_of(e), &a) == XK_OK);
    must(bytes_to_cstr(a.address, address, sizeof address));
    e->default_dp = address[0] ? address : NULL;
    must(rsp_encode_set_default_dp_address_response(0, b) == XK_OK);
}

static void do_rat(struct toyeuicc *e, struct buf *b)
{
    uint8_t mem[256];
    size_t at = der_begin(b, TAG_GET_RAT);

    der_put(b, TAG_A0, e->rat ? toyeuicc_hex(e->rat, mem, sizeof mem) : BYTES(mem, 0));
    der_close(b, at);
}

static void put_profile(const struct toy_profile *p, struct bytes tag_list, struct buf *b)
{
    struct rsp_profile_info info = {
        .metadata = {.iccid = BYTES_OF(p->iccid),
                     .service_provider_name = BYTES_STR("Toy"),
                     .profile_name = bytes_cstr(p->name),
                     .has_profile_class = true,
                     .profile_class = p->profile_class},
        .isdp_aid = BYTES_OF(p->aid),
        .has_state = true,
        .state = p->enabled ? RSP_PROFILE_ENABLED : RSP_PROFILE_DISABLED,
        .nickname = p->nickname[0] ? bytes_cstr(p->nickname) : BYTES_NONE};

    must(rsp_encode_profile_info(&info, tag_list, b) == XK_OK);
}

static void do_profiles(struct toyeuicc *e, struct buf *b)
{
    static uint8_t mem[2048];
    struct rsp_profile_info_list_request request;
    struct rsp_profile_info_list_response r = {.ok = true};
    struct buf list;

    must(rsp_decode_profile_info_list_request(command_of(e), &request) == XK_OK);
    buf_init_fixed(&list, mem, sizeof mem);
    for (size_t i = 0; i < e->profiles; i++)
        put_profile(&e->profile[i], request.tag_list, &list);
    r.profiles = BYTES(mem, list.n);
    if (e->refuses_tag_list && DER_PRESENT(request.tag_list))
        r = (struct rsp_profile_info_list_response){.error = RSP_PROFILE_INFO_INCORRECT_INPUT};
    must(rsp_encode_profile_info_list_response(&r, b) == XK_OK);
}

static struct toy_profile *find(struct toyeuicc *e, const struct rsp_profile_id *id)
{
    for (size_t i = 0; i < e->profiles; i++) {
        struct toy_profile *p = &e->profile[i];

        if (DER_PRESENT(id->iccid) ? bytes_eq(id->iccid, BYTES_OF(p->iccid))
                                   : bytes_eq(id->aid, BYTES_OF(p->aid)))
            return p;
    }
    return NULL;
}

static void switch_now(struct toyeuicc *e, struct toy_profile *p, bool enable)
{
    for (size_t i = 0; enable && i < e->profiles; i++) {
        struct toy_profile *other = &e->profile[i];

        if (other->enabled && other->address[0])
            toyeuicc_notify(e, RSP_EVENT_DISABLE, other->address, other->iccid);
        other->enabled = false;
    }
    p->enabled = enable;
    if (p->address[0])
        toyeuicc_notify(e, enable ? RSP_EVENT_ENABLE : RSP_EVENT_DISABLE, p->address, p->iccid);
}

static uint16_t do_switch(struct toyeuicc *e, bool enable, struct buf *b)
{
    struct rsp_profile_switch_request request;
    struct toy_profile *p;
    uint32_t result = RSP_ENABLE_OK;
    unsigned form;

    must((enable ? rsp_decode_enable_profile_request(command_of(e), &request)
                 : rsp_decode_disable_profile_request(command_of(e), &request)) == XK_OK);
    e->enables++;
    form = (DER_PRESENT(request.id.aid) ? 1u : 0u) + (request.refresh ? 0u : 2u);
    p = find(e, &request.id);
    if (!p || (e->forms && !(e->forms & 1u << form)))
        result = RSP_ENABLE_NOT_FOUND;
    else if (p->enabled == enable)
        result = RSP_ENABLE_NOT_DISABLED;
    else if (!e->lies)
        switch_now(e, p, enable);
    must(rsp_encode_result(enable ? TAG_ENABLE_PROFILE : TAG_DISABLE_PROFILE, result, b) == XK_OK);
    return result == RSP_ENABLE_OK && request.refresh ? SW_PROACTIVE : SW_OK;
}

static void do_delete(struct toyeuicc *e, struct buf *b)
{
    struct rsp_profile_id id;
    struct toy_profile *p;
    uint32_t result = RSP_DELETE_OK;

    must(rsp_decode_delete_profile_request(command_of(e), &id) == XK_OK);
    p = find(e, &id);
    if (!p)
        result = RSP_DELETE_NOT_FOUND;
    else if (p->enabled)
        result = RSP_DELETE_NOT_DISABLED;
    if (result == RSP_DELETE_OK) {
        toyeuicc_notify(e, RSP_EVENT_DELETE, p->address, p->iccid);
        memmove(p, p + 1, (size_t)(e->profile + TOY_PROFILES - (p + 1)) * sizeof *p);
        e->profiles--;
    }
    must(rsp_encode_result(TAG_DELETE_PROFILE, result, b) == XK_OK);
}

static void do_nickname(struct toyeuicc *e, struct buf *b)
{
    struct rsp_set_nickname_request request;
    struct rsp_profile_id id = {.aid = BYTES_NONE};
    struct toy_profile *p;

    must(rsp_decode_set_nickname_request(command_of(e), &request) == XK_OK);
    id.iccid = request.iccid;
    p = find(e, &id);
    if (p)
        must(bytes_to_cstr(request.nickname, p->nickname, sizeof p->nickname));
    must(rsp_encode_result(TAG_SET_NICKNAME, p ? RSP_NICKNAME_OK : RSP_NICKNAME_NOT_FOUND, b) ==
         XK_OK);
}

static uint16_t do_memory_reset(struct toyeuicc *e, struct buf *b)
{
    bool was_enabled = false;
    uint32_t result = e->profiles ? RSP_MEMORY_RESET_OK : RSP_MEMORY_RESET_NOTHING_TO_DELETE;

    must(rsp_decode_memory_reset_request(command_of(e), &e->reset_options) == XK_OK);
    for (size_t i = 0; i < e->profiles; i++) {
        was_enabled |= e->profile[i].enabled;
        toyeuicc_notify(e, RSP_EVENT_DELETE, e->profile[i].address, e->profile[i].iccid);
    }
    e->profiles = 0;
    must(rsp_encode_result(TAG_EUICC_MEMORY_RESET, result, b) == XK_OK);
    return was_enabled ? SW_PROACTIVE : SW_OK;
}

/* ---- notifications ---- */

static void do_list_notifications(struct toyeuicc *e, struct buf *b)
{
    static uint8_t mem[2048];
    struct rsp_notification_list r = {.ok = true};
    struct buf list;

    buf_init_fixed(&list, mem, sizeof mem);
    for (size_t i = e->notifications; i-- > 0;) { /* newest first: the LPA has to order them */
        struct rsp_pending_notification p;

        must(rsp_decode_pending_notification(BYTES(e->notification[i].der, e->notification[i].n),
                                             &p) == XK_OK);
        buf_put_bytes(&list, rsp_pending_metadata(&p)->raw);
    }
    r.list = BYTES(mem, list.n);
    must(rsp_encode_list_notification_response(&r, b) == XK_OK);
}

static bool is_wanted(const struct rsp_retrieve_notifications_request *request,
                      const struct rsp_notification_metadata *m)
{
    if (request->search == RSP_RETRIEVE_SEQ_NUMBER)
        return m->seq_number == request->seq_number;
    return request->search != RSP_RETRIEVE_EVENTS || (m->event & request->events);
}

static void do_retrieve(struct toyeuicc *e, struct buf *b)
{
    static uint8_t mem[3072];
    struct rsp_retrieve_notifications_request request;
    struct rsp_notification_list r = {.ok = true};
    struct buf list;

    must(rsp_decode_retrieve_notifications_request(command_of(e), &request) == XK_OK);
    buf_init_fixed(&list, mem, sizeof mem);
    for (size_t i = 0; i < e->notifications; i++) {
        struct bytes der = BYTES(e->notification[i].der, e->notification[i].n);
        struct rsp_pending_notification p;

        must(rsp_decode_pending_notification(der, &p) == XK_OK);
        if (is_wanted(&request, rsp_pending_metadata(&p)))
            buf_put_bytes(&list, der);
    }
    r.list = BYTES(mem, list.n);
    must(rsp_encode_retrieve_notifications_response(&r, b) == XK_OK);
}

static void do_remove(struct toyeuicc *e, struct buf *b)
{
    uint32_t seq_number, result = RSP_NOTIFICATION_SENT_NOTHING_TO_DELETE;

    must(rsp_decode_notification_sent_request(command_of(e), &seq_number) == XK_OK);
    for (size_t i = 0; i < e->notifications; i++) {
        struct toy_notification *n = &e->notification[i];

        if (n->seq_number != seq_number)
            continue;
        result = RSP_NOTIFICATION_SENT_OK;
        memmove(n, n + 1, (TOY_NOTIFICATIONS - i - 1) * sizeof *n);
        e->notifications--;
        break;
    }
    must(rsp_encode_notification_sent_response(result, b) == XK_OK);
}

/* ---- download ---- */

static void note_device(struct toyeuicc *e, const struct rsp_ctx_params1 *c)
{
    e->imei[0] = '\0';
    if (DER_PRESENT(c->device_info.imei))
        must(rsp_imei_to_text(c->device_info.imei, e->imei) == XK_OK);
    e->has_matching_id = DER_PRESENT(c->matching_id);
    must(bytes_to_cstr(c->matching_id, e->matching_id, sizeof e->matching_id));
}

static void do_authenticate(struct toyeuicc *e, struct buf *b)
{
    static uint8_t info2[256];
    struct rsp_authenticate_server_request q;
    struct rsp_authenticate_server_response r = {.ok = true};
    struct buf info;

    must(rsp_decode_authenticate_server_request(command_of(e), &q) == XK_OK);
    note_device(e, &q.ctx_params1);
    memcpy(e->transaction_id, q.server_signed1.transaction_id.p, q.server_signed1.transaction_id.n);
    e->transaction_id_n = q.server_signed1.transaction_id.n;
    buf_init_fixed(&info, info2, sizeof info2);
    must(put_info2(&info) == XK_OK);
    r.transaction_id = q.server_signed1.transaction_id;
    r.euicc_signed1 =
        (struct rsp_euicc_signed1){.transaction_id = q.server_signed1.transaction_id,
                                   .server_address = q.server_signed1.server_address,
                                   .server_challenge = q.server_signed1.server_challenge,
                                   .euicc_info2 = {.raw = buf_bytes(&info)},
                                   .ctx_params1 = q.ctx_params1};
    r.euicc_signature1 = BYTES_OF(signature);
    r.euicc_certificate = r.eum_certificate = BYTES_OF(certificate);
    must(rsp_encode_authenticate_server_response(&r, b) == XK_OK);
}

static void do_prepare(struct toyeuicc *e, struct buf *b)
{
    static uint8_t otpk[RSP_OTPK_LEN] = {0x04};
    struct rsp_prepare_download_request q;
    struct rsp_prepare_download_response r = {.ok = true};

    must(rsp_decode_prepare_download_request(command_of(e), &q) == XK_OK);
    e->has_hash_cc = DER_PRESENT(q.hash_cc);
    if (e->has_hash_cc)
        memcpy(e->hash_cc, q.hash_cc.p, sizeof e->hash_cc);
    r.transaction_id = q.smdp_signed2.transaction_id;
    r.euicc_signed2 = (struct rsp_euicc_signed2){.transaction_id = q.smdp_signed2.transaction_id,
                                                 .euicc_otpk = BYTES_OF(otpk),
                                                 .hash_cc = q.hash_cc};
    r.euicc_signature2 = BYTES_OF(signature);
    if (e->transaction_id_n == 0)
        r = (struct rsp_prepare_download_response){.transaction_id = q.smdp_signed2.transaction_id,
                                                   .error = RSP_DOWNLOAD_NO_SESSION};
    must(rsp_encode_prepare_download_response(&r, b) == XK_OK);
}

static void do_cancel(struct toyeuicc *e, struct buf *b)
{
    struct rsp_cancel_session_request q;
    struct rsp_cancel_session_response r = {.ok = true};

    must(rsp_decode_cancel_session_request(command_of(e), &q) == XK_OK);
    r.signed_data = (struct rsp_euicc_cancel_session_signed){
        .transaction_id = q.transaction_id, .smdp_oid = BYTES_OF(smdp_oid), .reason = q.reason};
    r.signature = BYTES_OF(signature);
    if (!bytes_eq(q.transaction_id, BYTES(e->transaction_id, e->transaction_id_n)))
        r = (struct rsp_cancel_session_response){.error = RSP_CANCEL_INVALID_TRANSACTION_ID};
    e->cancelled_reason = (uint8_t)q.reason;
    e->cancels++;
    e->transaction_id_n = 0;
    must(rsp_encode_cancel_session_response(&r, b) == XK_OK);
}

static void put_result(struct toyeuicc *e, const struct rsp_metadata *m, struct buf *b)
{
    static uint8_t sima[256];
    struct toy_notification *n = new_notification(e);
    struct rsp_profile_installation_result r = {.signature = BYTES_OF(signature)};
    struct buf copy;

    r.data = (struct rsp_profile_installation_result_data){
        .transaction_id = BYTES(e->transaction_id, e->transaction_id_n),
        .metadata = {.seq_number = n->seq_number,
                     .event = RSP_BIT(RSP_EVENT_INSTALL),
                     .address = BYTES_STR("rsp.example.com"),
                     .iccid = m->iccid},
        .smdp_oid = BYTES_OF(smdp_oid),
        .ok = e->fail_reason == 0,
        .command = e->fail_command,
        .reason = e->fail_reason};
    memset(sima, 0, sizeof sima);
    if (r.data.ok) {
        r.data.isdp_aid = BYTES_OF(e->profile[e->profiles - 1].aid);
        r.data.sima_response = toyeuicc_hex(SUCCESS, sima, sizeof sima);
    } else if (e->sima) {
        r.data.sima_response = toyeuicc_hex(e->sima, sima, sizeof sima);
    }
    buf_init_fixed(&copy, n->der, sizeof n->der);
    must(rsp_encode_profile_installation_result(&r, &copy) == XK_OK);
    n->n = copy.n;
    buf_put_bytes(b, buf_bytes(&copy));
}

static void end_load(struct toyeuicc *e, struct buf *b)
{
    struct rsp_metadata m;

    must(rsp_decode_store_metadata(BYTES(e->metadata, e->metadata_n), &m) == XK_OK);
    if (e->fail_reason == 0) {
        struct toy_profile *p = toyeuicc_add(e, 99, false);

        memcpy(p->iccid, m.iccid.p, ICCID_LEN);
    }
    put_result(e, &m, b);
    e->loading = false;
    e->transaction_id_n = 0;
}

static void take_object(struct toyeuicc *e, const struct rsp_bpp_object *o, struct buf *b)
{
    if (o->kind == RSP_BPP_OBJECT_88) {
        struct der d = der_of(o->tlv);
        struct bytes value = der_take(&d, 0x88);

        must(e->metadata_n + value.n - MAC_LEN <= sizeof e->metadata);
        memcpy(e->metadata + e->metadata_n, value.p, value.n - MAC_LEN);
        e->metadata_n += value.n - MAC_LEN;
    }
    if (o->kind == RSP_BPP_OBJECT_86)
        e->loaded++;
    if (e->loading && o->kind == RSP_BPP_OBJECT_86 && e->fail_reason && e->fail_at == e->loaded)
        end_load(e, b);
    if (e->loading && o->kind == RSP_BPP_OBJECT_END)
        end_load(e, b);
}

/* Pieces of the package, until it is whole or has failed. False: not now. */
static bool do_load(struct toyeuicc *e, struct buf *b)
{
    struct cur in = cur_of(command_of(e));
    struct rsp_bpp_object o = {.kind = RSP_BPP_OBJECT_END};

    if (!e->loading && e->command_n > 1 && e->command[0] == 0xBF && e->command[1] == 0x36) {
        if (e->transaction_id_n == 0)
            return false;
        rsp_bpp_reader_init(&e->reader, e->reader_mem, sizeof e->reader_mem);
        e->loading = true;
        e->loaded = 0;
        e->metadata_n = 0;
    }
    if (!e->loading)
        return false;
    do {
        if (rsp_bpp_reader_next(&e->reader, &in, &o) != XK_OK)
            return false;
        take_object(e, &o, b);
    } while (e->loading && o.kind != RSP_BPP_NEED_MORE && o.kind != RSP_BPP_OBJECT_END);
    return true;
}

/* ---- dispatch ---- */

static const struct {
    uint32_t tag;
    void (*run)(struct toyeuicc *e, struct buf *b);
} functions[] = {
    {TAG_EUICC_INFO1, do_info1},
    {TAG_EUICC_INFO2, do_info2},
    {TAG_GET_EUICC_CHALLENGE, do_challenge},
    {TAG_GET_EUICC_DATA, do_eid},
    {TAG_EUICC_CONFIGURED_ADDRESSES, do_addresses},
    {TAG_SET_DEFAULT_DP_ADDRESS, do_set_address},
    {TAG_GET_RAT, do_rat},
    {TAG_PROFILE_INFO_LIST, do_profiles},
    {TAG_DELETE_PROFILE, do_delete},
    {TAG_SET_NICKNAME, do_nickname},
    {TAG_LIST_NOTIFICATION, do_list_notifications},
    {TAG_RETRIEVE_NOTIFICATIONS_LIST, do_retrieve},
    {TAG_NOTIFICATION_SENT, do_remove},
    {TAG_AUTHENTICATE_SERVER, do_authenticate},
    {TAG_PREPARE_DOWNLOAD, do_prepare},
    {TAG_CANCEL_SESSION, do_cancel},
};

static struct toy_override *override_of(struct toyeuicc *e, uint32_t tag)
{
    for (size_t i = 0; i < TOY_OVERRIDES; i++) {
        struct toy_override *o = &e->override[i];

        if (!o->tag || o->tag != tag)
            continue;
        if (o->skip > 0) {
            o->skip--;
            continue;
        }
        if (o->count > 0 && --o->count == 0)
            o->tag = UINT32_MAX; /* used up after this */
        return o;
    }
    return NULL;
}

static uint16_t run(struct toyeuicc *e, uint32_t tag, struct buf *b)
{
    if (tag == TAG_ENABLE_PROFILE || tag == TAG_DISABLE_PROFILE)
        return do_switch(e, tag == TAG_ENABLE_PROFILE, b);
    if (tag == TAG_EUICC_MEMORY_RESET)
        return do_memory_reset(e, b);
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        if (functions[i].tag != tag)
            continue;
        functions[i].run(e, b);
        return SW_OK;
    }
    return do_load(e, b) ? SW_OK : SW_CONDITIONS_NOT_SATISFIED;
}

uint16_t toyeuicc_perform(struct toyeuicc *e)
{
    uint32_t tag = toyeuicc_tag(e);
    struct toy_override *o = override_of(e, tag);
    uint16_t sw;
    struct buf b;

    buf_init_fixed(&b, e->answer, sizeof e->answer);
    if (o && o->sw)
        return o->sw;
    if (o && !o->der) {
        e->mute = true;
        return 0;
    }
    if (o) {
        memset(e->answer, 0, sizeof e->answer);
        e->answer_n = toyeuicc_hex(o->der, e->answer, sizeof e->answer).n;
        return SW_OK;
    }
    sw = run(e, tag, &b);
    must(buf_ok(&b) == XK_OK);
    e->answer_n = b.n;
    return sw;
}
