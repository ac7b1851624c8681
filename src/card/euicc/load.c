/* SPDX-License-Identifier: Apache-2.0 */
/* ES10b.LoadBoundProfilePackage and ES8+ (SGP.22 5.5, 5.7.6, 2.5.6): the package comes in pieces,
 * each whole object is worked on at once, and at the end of it, good or bad, there is a signed
 * result. */
#include "card/euicc/state.h"
#include "crypto/ecdsa.h"

#define OBJECT_LEN_MAX 4096 /* of one object of the package */
#define METADATA_MAX ((size_t)8 << 10)
#define RESULT_MAX ((size_t)16 << 10)
#define SIMA_MAX ((size_t)8 << 10)
#define SIGN_INPUT_MAX 512
#define SEQUENCE_LEN 4
#define NO_REASON 0

struct load {
    struct rsp_bpp_reader reader;
    uint8_t mem[OBJECT_LEN_MAX];
    uint8_t plain[OBJECT_LEN_MAX];
    struct bsp bsp;
    enum rsp_bpp_command command; /* under way */
    uint32_t reason;              /* NO_REASON, or why it was refused */
    struct buf metadata;          /* StoreMetadata, joined */
    struct buf proprietary;
    bool has_metadata; /* whole and readable */
    struct profile_builder *builder;
    uint32_t seq; /* of the result, taken when the load began */
};

bool load_going(const struct euicc *e)
{
    return e->load != NULL;
}

void load_drop(struct euicc *e)
{
    struct load *l = e->load;

    if (!l)
        return;
    profile_builder_free(l->builder);
    bsp_wipe(&l->bsp);
    buf_fini(&l->metadata);
    buf_fini(&l->proprietary);
    explicit_bzero(l, sizeof *l);
    free(l);
    e->load = NULL;
}

static enum xk_err load_new(struct euicc *e)
{
    struct load *l = calloc(1, sizeof *l);
    const struct profile_limits limits = {.memory = euicc_free_memory(e)};
    enum xk_err err;

    if (!l)
        return XK_E_NOMEM;
    rsp_bpp_reader_init(&l->reader, l->mem, sizeof l->mem);
    buf_init(&l->metadata, METADATA_MAX);
    buf_init(&l->proprietary, RSP_DP_PROPRIETARY_MAX);
    e->load = l;
    err = profile_builder_new(&limits, &l->builder);
    if (err != XK_OK)
        load_drop(e);
    return err;
}

static enum xk_err fail(struct load *l, enum rsp_error_reason reason)
{
    l->reason = reason;
    return XK_OK;
}

/* ---- The result ---- */

struct outcome {
    bool ok;
    uint8_t aid[RSP_AID_MAX];
    uint32_t command, reason;
    struct bytes iccid, sima;
};

static enum xk_err sign_result(struct euicc *e, struct rsp_profile_installation_result *result,
                               struct buf *data, struct buf *out)
{
    uint8_t value[RSP_SIGNATURE_LEN], tlv[RSP_SIGNATURE_TLV_LEN];
    struct bytes part;

    TRY(rsp_encode_profile_installation_result_data(&result->data, data));
    part = buf_bytes(data);
    TRY(ecdsa_sign(e->identities[e->session.identity].key, &part, 1, value));
    rsp_signature_tlv(value, tlv);
    result->data.raw = part;
    result->signature = BYTES_OF(tlv);
    return rsp_encode_profile_installation_result(result, out);
}

/* ProfileInstallationResult (SGP.22 2.5.6), for the SM-DP+ the session is with. */
static enum xk_err make_result(struct euicc *e, uint32_t seq, const struct outcome *o,
                               struct buf *out)
{
    const struct session *s = &e->session;
    struct rsp_profile_installation_result result = {
        .data = {.transaction_id = session_transaction(s),
                 .metadata = {.seq_number = seq,
                              .event = RSP_BIT(RSP_EVENT_INSTALL),
                              .address = bytes_cstr(s->address),
                              .iccid = o->iccid},
                 .smdp_oid = BYTES(s->oid, s->oid_len),
                 .ok = o->ok,
                 .command = o->command,
                 .reason = o->reason,
                 .sima_response = o->sima}};
    struct buf data;
    enum xk_err err;

    if (o->ok)
        result.data.isdp_aid = BYTES_OF(o->aid);
    buf_init(&data, RESULT_MAX);
    err = sign_result(e, &result, &data, out);
    buf_fini(&data);
    return err;
}

/* From now on a reset leaves a result behind that tells of the interruption (reason 11). It is
 * signed now, because the session is gone then. */
static enum xk_err mark_loading(struct euicc *e)
{
    const struct outcome o = {.command = RSP_BPP_LOAD_PROFILE_ELEMENTS,
                              .reason = RSP_REASON_INTERRUPTION};
    struct buf mark;
    enum xk_err err;

    TRY(notify_next_seq(e, &e->load->seq));
    buf_init(&mark, RESULT_MAX);
    buf_put_u32(&mark, e->load->seq);
    err = make_result(e, e->load->seq, &o, &mark);
    if (err == XK_OK)
        err = flash_put(e->flash, OBJECT_LOADING, buf_bytes(&mark));
    buf_fini(&mark);
    if (err == XK_OK)
        err = flash_commit(e->flash);
    return err;
}

/* The mark goes first: then its place is free for what it becomes, however full the memory is. */
static enum xk_err settle_mark(struct euicc *e, struct buf *mark)
{
    struct cur c = cur_of(buf_bytes(mark));
    uint32_t seq = cur_u32(&c);

    TRY(flash_delete(e->flash, OBJECT_LOADING));
    if (!c.bad)
        TRY(notify_store(e, seq, cur_rest(&c)));
    return flash_commit(e->flash);
}

enum xk_err load_recover(struct euicc *e)
{
    struct bytes stored;
    struct buf mark;
    enum xk_err err;

    if (flash_get(e->flash, OBJECT_LOADING, &stored) != XK_OK)
        return XK_OK;
    buf_init(&mark, RESULT_MAX);
    buf_put_bytes(&mark, stored);
    err = buf_ok(&mark);
    if (err == XK_OK)
        err = settle_mark(e, &mark);
    buf_fini(&mark);
    return err;
}

enum xk_err load_abandon(struct euicc *e)
{
    bool begun = load_going(e) && e->load->seq != 0;

    load_drop(e);
    if (begun)
        session_drop(e);
    return begun ? load_recover(e) : XK_OK;
}

/* The result is kept as a notification and given to the LPA; the session is over. */
static enum xk_err conclude(struct euicc *e, const struct outcome *o, struct buf *out)
{
    struct buf result;
    enum xk_err err;

    buf_init(&result, RESULT_MAX);
    err = make_result(e, e->load->seq, o, &result);
    if (err == XK_OK && flash_has(e->flash, OBJECT_LOADING))
        err = flash_delete(e->flash, OBJECT_LOADING);
    if (err == XK_OK)
        err = notify_store(e, e->load->seq, buf_bytes(&result));
    if (err == XK_OK)
        err = flash_commit(e->flash);
    buf_put_bytes(out, buf_bytes(&result));
    if (err == XK_OK)
        err = buf_ok(out);
    buf_fini(&result);
    if (err == XK_OK)
        session_drop(e);
    return err;
}

static enum xk_err conclude_refused(struct euicc *e, struct buf *out)
{
    struct load *l = e->load;
    struct outcome o = {.command = l->command, .reason = l->reason};
    struct rsp_metadata m;
    struct buf sima;
    enum xk_err err;

    flash_rollback(e->flash);
    if (l->seq == 0)
        TRY(notify_next_seq(e, &l->seq)); /* refused before anything was begun */
    if (l->has_metadata && rsp_decode_store_metadata(buf_bytes(&l->metadata), &m) == XK_OK)
        o.iccid = m.iccid;
    buf_init(&sima, SIMA_MAX);
    if (l->command == RSP_BPP_LOAD_PROFILE_ELEMENTS) {
        profile_builder_response(l->builder, &sima);
        o.sima = buf_bytes(&sima);
    }
    err = conclude(e, &o, out);
    buf_fini(&sima);
    return err;
}

/* ---- The steps ---- */

/* SGP.22 5.5.1 */
static enum xk_err initialise_secure_channel(struct euicc *e, struct bytes tlv)
{
    struct rsp_initialise_secure_channel isc;
    struct session *s = &e->session;
    struct bsp_shared_info info = {.eid = BYTES_OF(e->maker.eid)};
    uint8_t mem[SIGN_INPUT_MAX], z[ECDH_LEN];
    struct bsp_keys keys;
    struct bytes part;
    struct buf input;
    enum xk_err err;

    e->load->command = RSP_BPP_INITIALISE_SECURE_CHANNEL;
    if (rsp_decode_initialise_secure_channel(tlv, &isc) != XK_OK)
        return fail(e->load, RSP_REASON_INCORRECT_INPUT_VALUES);
    buf_init_fixed(&input, mem, sizeof mem);
    TRY(rsp_smdp_sign_input(&isc, BYTES_OF(s->otpk.point), &input));
    part = buf_bytes(&input);
    if (ecdsa_verify_point(s->pb_curve, BYTES_OF(s->pb_point), &part, 1,
                           rsp_signature_value(isc.smdp_sign)) != XK_OK)
        return fail(e->load, RSP_REASON_INVALID_SIGNATURE);
    if (!bytes_eq(isc.transaction_id, session_transaction(s)))
        return fail(e->load, RSP_REASON_INVALID_TRANSACTION_ID);
    if (isc.remote_op_id != RSP_REMOTE_OP_INSTALL)
        return fail(e->load, RSP_REASON_UNSUPPORTED_REMOTE_OPERATION);
    if (isc.key_type != RSP_KEY_TYPE_AES || isc.key_len != RSP_KEY_LEN_AES128)
        return fail(e->load, RSP_REASON_UNSUPPORTED_CRT_VALUES);
    err = ecdh_agree(&s->otpk, isc.smdp_otpk, z);
    if (err == XK_E_VALUE)
        return fail(e->load, RSP_REASON_INCORRECT_INPUT_VALUES);
    TRY(err);
    info.key_type = isc.key_type;
    info.key_len = isc.key_len;
    info.host_id = isc.host_id;
    err = bsp_derive_keys(BYTES_OF(z), &info, &keys);
    explicit_bzero(z, sizeof z);
    if (err == XK_OK)
        bsp_start(&e->load->bsp, &keys);
    explicit_bzero(&keys, sizeof keys);
    TRY(err);
    return mark_loading(e);
}

/* One protected object; absent and the reason set when it was not good. */
static enum xk_err open_object(struct load *l, enum bsp_tag tag, struct bytes tlv,
                               struct bytes *plain)
{
    enum xk_err err = bsp_unprotect(&l->bsp, tag, tlv, l->plain, sizeof l->plain, plain);

    if (err == XK_E_FORMAT)
        return fail(l, RSP_REASON_BSP_STRUCTURE);
    if (err == XK_E_AUTH)
        return fail(l, RSP_REASON_BSP_SECURITY);
    return err;
}

/* SGP.22 5.5.2 */
static enum xk_err configure_isdp(struct euicc *e, struct bytes tlv)
{
    struct load *l = e->load;
    struct rsp_configure_isdp c;
    struct bytes plain;

    l->command = RSP_BPP_CONFIGURE_ISDP;
    TRY(open_object(l, BSP_TAG_87, tlv, &plain));
    if (l->reason != NO_REASON)
        return XK_OK;
    if (rsp_decode_configure_isdp(plain, &c) != XK_OK)
        return fail(l, RSP_REASON_INCORRECT_INPUT_VALUES);
    buf_put_bytes(&l->proprietary, c.dp_proprietary_data);
    return buf_ok(&l->proprietary);
}

static uint32_t check_metadata(const struct euicc *e, const struct rsp_metadata *m)
{
    struct rsp_rat rat;
    struct bytes der;
    uint64_t rules = m->has_ppr ? m->ppr : 0;
    uint32_t class = m->has_profile_class ? m->profile_class : RSP_CLASS_OPERATIONAL;

    if (slot_of_iccid(e, m->iccid) != NO_SLOT)
        return RSP_REASON_ICCID_ALREADY_EXISTS;
    if (class > RSP_CLASS_OPERATIONAL)
        return RSP_REASON_UNSUPPORTED_PROFILE_CLASS;
    if (slot_free(e) == NO_SLOT)
        return RSP_REASON_INSUFFICIENT_MEMORY;
    if (rules & e->maker.forbidden_ppr)
        return RSP_REASON_PPR_NOT_ALLOWED;
    if ((rules & (RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2))) == 0)
        return NO_REASON;
    if (flash_get(e->flash, OBJECT_RAT, &der) != XK_OK ||
        rsp_decode_get_rat_response(der, &rat) != XK_OK ||
        rsp_rat_allows_all(&rat, rules, &m->owner) == RSP_RAT_NOT_ALLOWED)
        return RSP_REASON_PPR_NOT_ALLOWED;
    return NO_REASON;
}

/* SGP.22 5.5.3; in several segments when it is long */
static enum xk_err store_metadata(struct euicc *e, struct bytes tlv, bool last)
{
    struct load *l = e->load;
    struct rsp_metadata m;
    struct bytes plain;

    l->command = l->metadata.n == 0 ? RSP_BPP_STORE_METADATA : RSP_BPP_STORE_METADATA2;
    TRY(open_object(l, BSP_TAG_88, tlv, &plain));
    if (l->reason != NO_REASON)
        return XK_OK;
    buf_put_bytes(&l->metadata, plain);
    if (buf_ok(&l->metadata) != XK_OK)
        return fail(l, RSP_REASON_INCORRECT_INPUT_VALUES);
    if (!last)
        return XK_OK;
    if (rsp_decode_store_metadata(buf_bytes(&l->metadata), &m) != XK_OK)
        return fail(l, RSP_REASON_INCORRECT_INPUT_VALUES);
    l->has_metadata = true;
    l->reason = check_metadata(e, &m);
    return XK_OK;
}

/* SGP.22 5.5.4 */
static enum xk_err replace_session_keys(struct euicc *e, struct bytes tlv)
{
    struct load *l = e->load;
    struct rsp_replace_session_keys r;
    struct bsp_keys keys;
    struct bytes plain;

    l->command = RSP_BPP_REPLACE_SESSION_KEYS;
    TRY(open_object(l, BSP_TAG_87, tlv, &plain));
    if (l->reason != NO_REASON)
        return XK_OK;
    if (rsp_decode_replace_session_keys(plain, &r) != XK_OK)
        return fail(l, RSP_REASON_INCORRECT_INPUT_VALUES);
    memcpy(keys.chain, r.initial_mac_chaining_value.p, sizeof keys.chain);
    memcpy(keys.enc, r.ppk_enc.p, sizeof keys.enc);
    memcpy(keys.mac, r.ppk_cmac.p, sizeof keys.mac);
    bsp_start(&l->bsp, &keys);
    explicit_bzero(&keys, sizeof keys);
    explicit_bzero(l->plain, sizeof l->plain);
    return XK_OK;
}

/* Not enough memory is a reason of its own; everything else is the element's fault. */
static uint32_t builder_reason(const struct profile_builder *b)
{
    const struct rsp_pe_status *failure;
    struct rsp_euicc_response response;
    uint32_t reason = RSP_REASON_PE_PROCESSING;
    struct buf sima;

    buf_init(&sima, SIMA_MAX);
    profile_builder_response(b, &sima);
    if (rsp_decode_euicc_response(buf_bytes(&sima), &response) == XK_OK) {
        failure = rsp_first_failure(&response);
        if (failure && failure->status == RSP_PE_NOT_ENOUGH_MEMORY)
            reason = RSP_REASON_INSUFFICIENT_MEMORY;
    }
    buf_fini(&sima);
    return reason;
}

/* SGP.22 5.5.5 */
static enum xk_err load_profile_elements(struct euicc *e, struct bytes tlv)
{
    struct load *l = e->load;
    struct bytes plain;
    enum xk_err err;

    l->command = RSP_BPP_LOAD_PROFILE_ELEMENTS;
    TRY(open_object(l, BSP_TAG_86, tlv, &plain));
    if (l->reason != NO_REASON)
        return XK_OK;
    err = profile_builder_feed(l->builder, plain);
    explicit_bzero(l->plain, sizeof l->plain);
    TRY(err);
    if (profile_builder_verdict(l->builder) == PROFILE_REFUSED)
        l->reason = builder_reason(l->builder);
    return XK_OK;
}

/* All that makes the profile, and its row: disabled. */
static enum xk_err write_profile(struct euicc *e, unsigned slot, const struct rsp_metadata *m)
{
    struct load *l = e->load;
    struct row row = {.identity = e->session.identity,
                      .profile_class =
                          m->has_profile_class ? (uint8_t)m->profile_class : RSP_CLASS_OPERATIONAL,
                      .ppr = m->has_ppr ? (uint8_t)m->ppr : 0};

    TRY(profile_builder_finish(l->builder, e->flash, slot_base(slot)));
    TRY(slot_put_row(e, slot, &row));
    TRY(flash_put(e->flash, OBJECT_METADATA + slot, buf_bytes(&l->metadata)));
    if (l->proprietary.n > 0)
        TRY(flash_put(e->flash, OBJECT_PROPRIETARY + slot, buf_bytes(&l->proprietary)));
    if (flash_has(e->flash, OBJECT_OTPK))
        TRY(flash_delete(e->flash, OBJECT_OTPK)); /* has served */
    return notify_event(e, slot, RSP_EVENT_INSTALL, bytes_cstr(e->session.address));
}

static enum xk_err conclude_installed(struct euicc *e, unsigned slot, const struct rsp_metadata *m,
                                      struct buf *out)
{
    struct outcome o = {.ok = true, .iccid = m->iccid};
    struct buf sima;
    enum xk_err err;

    slot_aid(slot, o.aid);
    buf_init(&sima, SIMA_MAX);
    profile_builder_response(e->load->builder, &sima);
    o.sima = buf_bytes(&sima);
    err = conclude(e, &o, out);
    buf_fini(&sima);
    return err;
}

/* The package is complete: what it says of itself must agree, then all of it is written at once. */
static enum xk_err install(struct euicc *e, struct buf *out)
{
    struct load *l = e->load;
    unsigned slot = slot_free(e);
    uint8_t iccid[RSP_ICCID_LEN];
    struct rsp_metadata m;
    enum xk_err err;

    TRY(profile_builder_end(l->builder));
    if (profile_builder_verdict(l->builder) != PROFILE_WHOLE) {
        l->reason = builder_reason(l->builder);
        return conclude_refused(e, out);
    }
    TRY(rsp_decode_store_metadata(buf_bytes(&l->metadata), &m));
    iccid_swap(profile_builder_iccid(l->builder), iccid);
    if (!bytes_eq(m.iccid, BYTES_OF(iccid))) {
        l->reason = RSP_REASON_DATA_MISMATCH;
        return conclude_refused(e, out);
    }
    err = write_profile(e, slot, &m);
    if (err == XK_E_LIMIT) {
        l->reason = RSP_REASON_INSUFFICIENT_MEMORY;
        return conclude_refused(e, out);
    }
    TRY(err);
    return conclude_installed(e, slot, &m, out);
}

static enum xk_err take_object(struct euicc *e, const struct rsp_bpp_object *o)
{
    switch (o->kind) {
    case RSP_BPP_OBJECT_BF23:
        return initialise_secure_channel(e, o->tlv);
    case RSP_BPP_OBJECT_87:
        return configure_isdp(e, o->tlv);
    case RSP_BPP_OBJECT_88:
        return store_metadata(e, o->tlv, o->last);
    case RSP_BPP_OBJECT_87_2:
        return replace_session_keys(e, o->tlv);
    case RSP_BPP_OBJECT_86:
        return load_profile_elements(e, o->tlv);
    case RSP_BPP_NEED_MORE:
    case RSP_BPP_OBJECT_END:
        break;
    }
    return XK_OK;
}

enum xk_err load_feed(struct euicc *e, struct bytes piece, struct buf *out)
{
    struct cur in = cur_of(piece);
    struct load *l = e->load;
    struct rsp_bpp_object o;

    for (;;) {
        enum xk_err err = rsp_bpp_reader_next(&l->reader, &in, &o);

        if (err == XK_E_FORMAT || err == XK_E_LIMIT)
            l->reason = RSP_REASON_BSP_STRUCTURE;
        else
            TRY(err);
        if (err == XK_OK && o.kind == RSP_BPP_NEED_MORE)
            return XK_OK;
        if (err == XK_OK && o.kind == RSP_BPP_OBJECT_END)
            return install(e, out);
        if (err == XK_OK)
            TRY(take_object(e, &o));
        if (l->reason != NO_REASON)
            return conclude_refused(e, out);
    }
}

/* SGP.22 5.7.6: the first piece. Without a prepared session there is nothing to load. */
enum xk_err load_bound_profile_package(struct euicc *e, struct bytes request, struct buf *out)
{
    TRY(load_abandon(e));
    if (e->session.state != SESSION_PREPARED)
        return refuse_sw(e, SW_CONDITIONS_NOT_SATISFIED);
    TRY(load_new(e));
    return load_feed(e, request, out);
}
