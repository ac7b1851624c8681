/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/info.h"

#include "base/tlv.h"

/* Members with manual tags, as the module numbers them */
#define TAG_PROFILE_VERSION 0x81
#define TAG_SVN 0x82
#define TAG_FIRMWARE 0x83
#define TAG_EXT_CARD_RESOURCE 0x84
#define TAG_UICC_CAPABILITY 0x85
#define TAG_TS102241 0x86
#define TAG_GLOBAL_PLATFORM 0x87
#define TAG_RSP_CAPABILITY 0x88
#define TAG_VERIFICATION 0xA9
#define TAG_SIGNING 0xAA
#define TAG_CATEGORY 0x8B
#define TAG_CERTIFICATION_DATA 0xAC
#define TAG_TRE_PROPERTIES 0x8D
#define TAG_TRE_PRODUCT 0x8E
#define TAG_ADDITIONAL_VERSIONS 0xAF
#define TAG_LPA_MODE 0x90
#define TAG_SIGNING_V3 0xB1
#define TAG_ADDITIONAL_INFO 0x92
#define TAG_HIGHEST_SVN 0x93
#define TAG_IOT_SPECIFIC_INFO 0xB4

/* ETSI TS 102 226 8.2.1.7.2 */
#define TAG_APPLICATIONS 0x81
#define TAG_FREE_NVM 0x82
#define TAG_FREE_RAM 0x83

#define SAS_NUMBER_MAX 64
#define LABEL_MAX 1024
#define ADDITIONAL_INFO_MAX 32

struct name_row {
    unsigned bit;
    const char *name;
};

static const struct name_row rsp_names[] = {
#define RSP_CAPABILITY(name, bit, text) {bit, text},
#include "codec/rsp/capability.def"
};

static const struct name_row uicc_names[] = {
#define UICC_CAPABILITY(name, bit, text) {bit, text},
#include "codec/rsp/capability.def"
};

static const char *find_name(const struct name_row *rows, size_t n, unsigned bit)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].bit == bit)
            return rows[i].name;
    return "";
}

const char *rsp_capability_name(enum rsp_capability bit)
{
    return find_name(rsp_names, ARRAY_LEN(rsp_names), bit);
}

const char *uicc_capability_name(enum uicc_capability bit)
{
    return find_name(uicc_names, ARRAY_LEN(uicc_names), bit);
}

/* An unsigned number of any length; false when it is longer than 32 bits. */
static bool read_number(struct bytes value, uint32_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < value.n; i++) {
        v = v << 8 | value.p[i];
        if (v > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)v;
    return value.n > 0;
}

void rsp_decode_card_resource(struct bytes value, struct rsp_card_resource *out)
{
    struct rsp_card_resource r = {0};
    struct cur c = cur_of(value);
    bool nvm = false, ram = false;
    struct tlv t;

    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        if (t.tag == TAG_APPLICATIONS)
            read_number(t.value, &r.applications);
        if (t.tag == TAG_FREE_NVM)
            nvm = read_number(t.value, &r.free_nvm);
        if (t.tag == TAG_FREE_RAM)
            ram = read_number(t.value, &r.free_ram);
    }
    r.known = nvm && ram;
    *out = r;
}

enum xk_err rsp_encode_card_resource(const struct rsp_card_resource *in, struct buf *out)
{
    const uint32_t numbers[] = {in->applications, in->free_nvm, in->free_ram};

    for (uint32_t i = 0; i < ARRAY_LEN(numbers); i++) {
        const uint8_t v[] = {(uint8_t)(numbers[i] >> 24), (uint8_t)(numbers[i] >> 16),
                             (uint8_t)(numbers[i] >> 8), (uint8_t)numbers[i]};
        size_t from = 0;

        while (from < 3 && v[from] == 0)
            from++;
        tlv_put(out, TAG_APPLICATIONS + i, BYTES(v + from, sizeof v - from));
    }
    return buf_ok(out);
}

/* SGP.22 5.7.8; the members of v3 at the end */
enum xk_err rsp_decode_euicc_info1(struct bytes der, struct rsp_euicc_info1 *out)
{
    struct der d = der_open(der, TAG_EUICC_INFO1);
    struct rsp_euicc_info1 t = {.raw = der};

    t.svn = rsp_get_version(&d, TAG_SVN);
    rsp_get_key_ids(&d, TAG_VERIFICATION, &t.verification);
    rsp_get_key_ids(&d, TAG_SIGNING, &t.signing);
    if ((t.has_signing_v3 = der_optional(&d, TAG_SIGNING_V3)))
        rsp_get_key_ids(&d, TAG_SIGNING_V3, &t.signing_v3);
    if ((t.has_capability = der_optional(&d, TAG_RSP_CAPABILITY)))
        t.rsp_capability = der_bits(&d, TAG_RSP_CAPABILITY);
    if ((t.has_highest_svn = der_optional(&d, TAG_HIGHEST_SVN)))
        t.highest_svn = rsp_get_version(&d, TAG_HIGHEST_SVN);
    TRY(der_finish(&d));
    *out = t;
    return XK_OK;
}

enum xk_err rsp_encode_euicc_info1(const struct rsp_euicc_info1 *in, struct buf *out)
{
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    at = der_begin(out, TAG_EUICC_INFO1);
    rsp_put_version(out, TAG_SVN, in->svn);
    rsp_put_key_ids(out, TAG_VERIFICATION, &in->verification);
    rsp_put_key_ids(out, TAG_SIGNING, &in->signing);
    if (in->has_signing_v3)
        rsp_put_key_ids(out, TAG_SIGNING_V3, &in->signing_v3);
    if (in->has_capability)
        der_put_bits(out, TAG_RSP_CAPABILITY, in->rsp_capability);
    if (in->has_highest_svn)
        rsp_put_version(out, TAG_HIGHEST_SVN, in->highest_svn);
    der_close(out, at);
    return buf_ok(out);
}

static void get_certification_data(struct der *d, struct rsp_euicc_info2 *out)
{
    struct der c = der_enter(d, TAG_CERTIFICATION_DATA);

    out->platform_label = der_utf8(&c, TAG_0, 0, LABEL_MAX);
    out->discovery_base_url = der_utf8(&c, TAG_1, 0, LABEL_MAX);
    der_leave(d, &c);
}

/* The members of v3 and SGP.32, and whatever comes after. */
static void get_later_member(struct der *d, uint32_t tag, struct rsp_euicc_info2 *out)
{
    switch (tag) {
    case TAG_TRE_PROPERTIES:
        out->has_tre_properties = true;
        out->tre_properties = der_bits(d, tag);
        break;
    case TAG_TRE_PRODUCT:
        out->tre_product_reference = der_utf8(d, tag, 0, LABEL_MAX);
        break;
    case TAG_ADDITIONAL_VERSIONS:
        out->additional_profile_versions = der_take(d, tag);
        break;
    case TAG_LPA_MODE:
        out->has_lpa_mode = true;
        out->lpa_mode = der_u32(d, tag);
        break;
    case TAG_SIGNING_V3:
        out->has_signing_v3 = true;
        rsp_get_key_ids(d, tag, &out->signing_v3);
        break;
    case TAG_ADDITIONAL_INFO:
        out->additional_info = der_octets(d, tag, 0, ADDITIONAL_INFO_MAX);
        break;
    case TAG_HIGHEST_SVN:
        out->has_highest_svn = true;
        out->highest_svn = rsp_get_version(d, tag);
        break;
    case TAG_IOT_SPECIFIC_INFO:
        out->iot_specific_info = der_take(d, tag);
        break;
    default:
        der_skip(d);
        break;
    }
}

static void get_info2_member(struct der *d, uint32_t tag, struct rsp_euicc_info2 *out)
{
    switch (tag) {
    case TAG_PROFILE_VERSION:
        out->profile_version = rsp_get_version(d, tag);
        break;
    case TAG_SVN:
        out->svn = rsp_get_version(d, tag);
        break;
    case TAG_FIRMWARE:
        out->firmware = rsp_get_version(d, tag);
        break;
    case TAG_EXT_CARD_RESOURCE:
        out->ext_card_resource = der_take(d, tag);
        break;
    case TAG_UICC_CAPABILITY:
        out->uicc_capability = der_bits(d, tag);
        break;
    case TAG_TS102241:
        out->ts102241 = rsp_get_version(d, tag);
        break;
    case TAG_GLOBAL_PLATFORM:
        out->global_platform = rsp_get_version(d, tag);
        break;
    case TAG_RSP_CAPABILITY:
        out->rsp_capability = der_bits(d, tag);
        break;
    case TAG_VERIFICATION:
        rsp_get_key_ids(d, tag, &out->verification);
        break;
    case TAG_SIGNING:
        rsp_get_key_ids(d, tag, &out->signing);
        break;
    case TAG_CATEGORY:
        out->has_category = true;
        out->category = der_u32(d, tag);
        break;
    case TAG_PROFILE_POLICY_RULES:
        out->has_forbidden_ppr = true;
        out->forbidden_ppr = der_bits(d, tag);
        break;
    case DER_OCTET_STRING:
        out->pp_version = rsp_get_version(d, tag);
        break;
    case DER_UTF8_STRING:
        out->sas_accreditation_number = der_utf8(d, tag, 0, SAS_NUMBER_MAX);
        break;
    case TAG_CERTIFICATION_DATA:
        get_certification_data(d, out);
        break;
    default:
        get_later_member(d, tag, out);
        break;
    }
}

/* In any order, as eUICCs in the field differ; those a server decides on must be there. */
void rsp_get_euicc_info2(struct der *d, struct rsp_euicc_info2 *out)
{
    static const uint32_t mandatory[] = {TAG_PROFILE_VERSION,
                                         TAG_SVN,
                                         TAG_EXT_CARD_RESOURCE,
                                         TAG_UICC_CAPABILITY,
                                         TAG_RSP_CAPABILITY,
                                         TAG_VERIFICATION,
                                         TAG_SIGNING};
    struct rsp_seen seen = {.n = 0};
    struct der i;

    *out = (struct rsp_euicc_info2){0};
    i = der_enter_raw(d, TAG_EUICC_INFO2, &out->raw);
    while (der_more(&i)) {
        uint32_t tag = der_peek(&i);

        if (rsp_first_time(&seen, &i, tag))
            get_info2_member(&i, tag, out);
    }
    for (size_t k = 0; k < ARRAY_LEN(mandatory); k++)
        if (!rsp_was_seen(&seen, mandatory[k]))
            der_fail(&i, XK_E_FORMAT);
    rsp_decode_card_resource(out->ext_card_resource, &out->resource);
    der_leave(d, &i);
}

enum xk_err rsp_decode_euicc_info2(struct bytes der, struct rsp_euicc_info2 *out)
{
    struct der d = der_of(der);
    struct rsp_euicc_info2 t;

    rsp_get_euicc_info2(&d, &t);
    TRY(der_end(&d));
    *out = t;
    return XK_OK;
}

static void put_optional_version(struct buf *b, uint32_t tag, uint32_t version)
{
    if (version != 0)
        rsp_put_version(b, tag, version);
}

static void put_v3_members(const struct rsp_euicc_info2 *in, struct buf *out)
{
    if (in->has_tre_properties)
        der_put_bits(out, TAG_TRE_PROPERTIES, in->tre_properties);
    der_put_optional(out, TAG_TRE_PRODUCT, in->tre_product_reference);
    der_put_optional(out, TAG_ADDITIONAL_VERSIONS, in->additional_profile_versions);
    if (in->has_lpa_mode)
        der_put_int(out, TAG_LPA_MODE, in->lpa_mode);
    if (in->has_signing_v3)
        rsp_put_key_ids(out, TAG_SIGNING_V3, &in->signing_v3);
    der_put_optional(out, TAG_ADDITIONAL_INFO, in->additional_info);
    if (in->has_highest_svn)
        rsp_put_version(out, TAG_HIGHEST_SVN, in->highest_svn);
    der_put_optional(out, TAG_IOT_SPECIFIC_INFO, in->iot_specific_info);
}

static void put_info2_members(const struct rsp_euicc_info2 *in, struct buf *out)
{
    rsp_put_version(out, TAG_PROFILE_VERSION, in->profile_version);
    rsp_put_version(out, TAG_SVN, in->svn);
    rsp_put_version(out, TAG_FIRMWARE, in->firmware);
    der_put(out, TAG_EXT_CARD_RESOURCE, in->ext_card_resource);
    der_put_bits(out, TAG_UICC_CAPABILITY, in->uicc_capability);
    put_optional_version(out, TAG_TS102241, in->ts102241);
    put_optional_version(out, TAG_GLOBAL_PLATFORM, in->global_platform);
    der_put_bits(out, TAG_RSP_CAPABILITY, in->rsp_capability);
    rsp_put_key_ids(out, TAG_VERIFICATION, &in->verification);
    rsp_put_key_ids(out, TAG_SIGNING, &in->signing);
    if (in->has_category)
        der_put_int(out, TAG_CATEGORY, in->category);
    if (in->has_forbidden_ppr)
        der_put_bits(out, TAG_PROFILE_POLICY_RULES, in->forbidden_ppr);
    rsp_put_version(out, DER_OCTET_STRING, in->pp_version);
    der_put(out, DER_UTF8_STRING, in->sas_accreditation_number);
    if (DER_PRESENT(in->platform_label)) {
        size_t at = der_begin(out, TAG_CERTIFICATION_DATA);

        der_put(out, TAG_0, in->platform_label);
        der_put(out, TAG_1, in->discovery_base_url);
        der_close(out, at);
    }
    put_v3_members(in, out);
}

/* extCardResource is taken as it is when it is there, else made from `resource`. */
enum xk_err rsp_encode_euicc_info2(const struct rsp_euicc_info2 *in, struct buf *out)
{
    struct rsp_euicc_info2 t = *in;
    uint8_t mem[3 * 6];
    struct buf resource;
    size_t at;

    if (DER_PRESENT(in->raw)) {
        der_put_raw(out, in->raw);
        return buf_ok(out);
    }
    if (!DER_PRESENT(t.ext_card_resource)) {
        buf_init_fixed(&resource, mem, sizeof mem);
        TRY(rsp_encode_card_resource(&in->resource, &resource));
        t.ext_card_resource = buf_bytes(&resource);
    }
    at = der_begin(out, TAG_EUICC_INFO2);
    put_info2_members(&t, out);
    der_close(out, at);
    return buf_ok(out);
}

uint32_t rsp_euicc_newest_svn(const struct rsp_euicc_info2 *info)
{
    return info->has_highest_svn ? info->highest_svn : info->svn;
}
