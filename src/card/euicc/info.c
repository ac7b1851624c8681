/* SPDX-License-Identifier: Apache-2.0 */
/* What the eUICC tells of itself (SGP.22 5.7.3, 5.7.4, 5.7.8, 5.7.20, 5.7.22) and CRLs (5.7.12). */
#include "card/euicc/state.h"

#define RESOURCE_MAX 32
#define FREE_RAM 16384
#define RESERVE 4096 /* of the memory: for notifications and rows, never promised to a profile */
#define FIRMWARE RSP_VERSION(1, 0, 0)
#define PP_VERSION RSP_VERSION(0, 0, 1)
#define SAS_NUMBER "XK-XI-EK-0001" /* no accreditation: a software card */

/* Key identifiers of the CIs: those we verify with, those we sign under. */
static void key_ids(const struct euicc *e, struct rsp_key_ids *verification,
                    struct rsp_key_ids *signing)
{
    const struct x509_ci *ci;

    verification->n = signing->n = 0;
    for (size_t i = 0; i < e->n_identities; i++)
        signing->id[signing->n++] = BYTES_OF(e->identities[i].ci);
    for (size_t i = 0; (ci = x509_store_at(e->store, i)) != NULL; i++) {
        if (verification->n < RSP_KEY_IDS_MAX && !rsp_key_ids_have(verification, ci->cert.ski))
            verification->id[verification->n++] = ci->cert.ski;
    }
}

/* SGP.22 5.7.8 */
enum xk_err get_euicc_info1(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_euicc_info1 info = {.svn = get_version(e->maker.lowest_svn)};

    (void)request;
    info.highest_svn = get_version(e->maker.highest_svn);
    info.has_highest_svn = info.highest_svn != 0;
    key_ids(e, &info.verification, &info.signing);
    return rsp_encode_euicc_info1(&info, out);
}

static uint64_t rsp_capabilities(void)
{
    return RSP_BIT(RSP_CAP_ADDITIONAL_PROFILE) | RSP_BIT(RSP_CAP_CRL_SUPPORT) |
           RSP_BIT(RSP_CAP_TEST_PROFILE_SUPPORT) | RSP_BIT(RSP_CAP_DEVICE_INFO_EXTENSIBILITY) |
           RSP_BIT(RSP_CAP_SERVICE_SPECIFIC_DATA);
}

uint32_t euicc_free_memory(const struct euicc *e)
{
    uint32_t used = flash_used(e->flash) + RESERVE;
    uint32_t capacity = flash_capacity(e->flash);

    return used < capacity ? capacity - used : 0;
}

static uint32_t installed(const struct euicc *e)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++)
        n += slot_used(e, i);
    return n;
}

/* SGP.22 5.7.8 */
enum xk_err get_euicc_info2(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_card_resource resource = {.known = true, .free_ram = FREE_RAM};
    struct rsp_euicc_info2 info = {.svn = get_version(e->maker.lowest_svn),
                                   .firmware = FIRMWARE,
                                   .pp_version = PP_VERSION,
                                   .ts102241 = RSP_VERSION(9, 2, 0),
                                   .global_platform = RSP_VERSION(2, 3, 0),
                                   .rsp_capability = rsp_capabilities(),
                                   .has_category = true,
                                   .category = RSP_CATEGORY_MEDIUM,
                                   .sas_accreditation_number = BYTES_STR(SAS_NUMBER)};
    uint8_t mem[RESOURCE_MAX];
    struct buf value;

    (void)request;
    resource.applications = installed(e);
    resource.free_nvm = euicc_free_memory(e);
    buf_init_fixed(&value, mem, sizeof mem);
    TRY(rsp_encode_card_resource(&resource, &value));
    info.ext_card_resource = buf_bytes(&value);
    info.profile_version = get_version(e->maker.profile_version);
    info.uicc_capability = profile_uicc_capability();
    info.has_forbidden_ppr = e->maker.forbidden_ppr != 0;
    info.forbidden_ppr = e->maker.forbidden_ppr;
    info.highest_svn = get_version(e->maker.highest_svn);
    info.has_highest_svn = info.highest_svn != 0;
    key_ids(e, &info.verification, &info.signing);
    return rsp_encode_euicc_info2(&info, out);
}

/* SGP.22 5.7.20 */
enum xk_err get_eid(struct euicc *e, struct bytes request, struct buf *out)
{
    if (rsp_decode_get_eid_request(request) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    return rsp_encode_get_eid_response(BYTES_OF(e->maker.eid), out);
}

/* An address, absent when the object is not there or empty. */
static struct bytes address_of(const struct euicc *e, uint32_t id)
{
    struct bytes b;

    if (flash_get(e->flash, id, &b) != XK_OK || b.n == 0)
        return BYTES_NONE;
    return b;
}

/* SGP.22 5.7.3; additional root SM-DS of v3 */
enum xk_err get_euicc_configured_addresses(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_euicc_configured_addresses a = {.default_dp = address_of(e, OBJECT_DEFAULT_DP),
                                               .root_ds = address_of(e, OBJECT_ROOT_DS)};

    (void)request;
    if (!DER_PRESENT(a.root_ds))
        a.root_ds = BYTES_STR("");
    for (unsigned i = 0; i < EUICC_ADDITIONAL_DS_MAX; i++) {
        struct bytes ds = address_of(e, OBJECT_ADDITIONAL_DS + i);

        if (DER_PRESENT(ds))
            a.additional_root_ds[a.additional_root_ds_n++] = ds;
    }
    return rsp_encode_euicc_configured_addresses(&a, out);
}

/* SGP.22 5.7.4 */
enum xk_err set_default_dp_address(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_set_default_dp_address req;

    if (rsp_decode_set_default_dp_address_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    if (DER_PRESENT(req.allowed_ci_pk_id) && !x509_store_find(e->store, req.allowed_ci_pk_id))
        return rsp_encode_set_default_dp_address_response(RSP_SET_DP_ADDRESS_UNSUPPORTED_CI, out);
    TRY(flash_put(e->flash, OBJECT_DEFAULT_DP, req.address));
    return rsp_encode_set_default_dp_address_response(RSP_SET_DP_ADDRESS_OK, out);
}

/* SGP.22 5.7.22 */
enum xk_err get_rat(struct euicc *e, struct bytes request, struct buf *out)
{
    struct bytes rat;

    (void)request;
    TRY(flash_get(e->flash, OBJECT_RAT, &rat));
    buf_put_bytes(out, rat);
    return buf_ok(out);
}

static uint32_t load_crl_error(enum xk_err err)
{
    static const struct {
        enum xk_err err;
        enum rsp_load_crl_error error;
    } map[] = {
        {XK_E_FORMAT, RSP_LOAD_CRL_INVALID_FORMAT},
        {XK_E_UNSUPPORTED, RSP_LOAD_CRL_INVALID_FORMAT},
        {XK_E_NOT_FOUND, RSP_LOAD_CRL_KEY_NOT_FOUND},
        {XK_E_AUTH, RSP_LOAD_CRL_INVALID_SIGNATURE},
        {XK_E_STATE, RSP_LOAD_CRL_FRESHER_LOADED},
        {XK_E_LIMIT, RSP_LOAD_CRL_NOT_ENOUGH_MEMORY},
    };

    for (size_t i = 0; i < ARRAY_LEN(map); i++) {
        if (map[i].err == err)
            return map[i].error;
    }
    return RSP_UNDEFINED_ERROR;
}

/* The list in the place of the older one of its kind, or in a free one. */
static enum xk_err keep_crl(struct euicc *e, const struct x509_crl *crl)
{
    struct bytes kept;
    uint32_t id;

    for (id = OBJECT_CRL; flash_next(e->flash, &id, OBJECT_CRL_LAST, &kept); id++) {
        struct x509_crl old;

        if (x509_crl_read(kept, &old) == XK_OK && bytes_eq(old.issuer, crl->issuer) &&
            bytes_eq(old.distribution_point, crl->distribution_point) && old.part == crl->part)
            return flash_put(e->flash, id, crl->raw);
    }
    for (id = OBJECT_CRL; id <= OBJECT_CRL_LAST; id++) {
        if (!flash_has(e->flash, id))
            return flash_put(e->flash, id, crl->raw);
    }
    return XK_E_LIMIT;
}

static void missing_parts(const struct euicc *e, const struct x509_crl *crl,
                          struct rsp_load_crl_response *answer)
{
    for (uint32_t part = 1; part <= crl->total_parts && answer->missing_parts_n < RSP_CRL_PARTS_MAX;
         part++) {
        if (!x509_store_has_part(e->store, crl, part))
            answer->missing_parts[answer->missing_parts_n++] = part;
    }
}

/* SGP.22 5.7.12. First it must lie in the memory, then it counts. */
enum xk_err load_crl(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_load_crl_response answer = {0};
    struct bytes contents;
    struct x509_crl crl;
    struct buf whole;
    enum xk_err err;

    if (rsp_decode_load_crl_request(request, &contents) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    buf_init(&whole, CHAIN_MAX);
    der_put(&whole, DER_SEQUENCE, contents);
    err = x509_crl_read(buf_bytes(&whole), &crl);
    if (err == XK_OK)
        err = keep_crl(e, &crl);
    if (err == XK_OK)
        err = x509_store_add_crl(e->store, buf_bytes(&whole));
    answer.ok = err == XK_OK;
    if (answer.ok) {
        missing_parts(e, &crl, &answer);
    } else {
        flash_rollback(e->flash);
        answer.error = load_crl_error(err);
    }
    buf_fini(&whole);
    return rsp_encode_load_crl_response(&answer, out);
}
