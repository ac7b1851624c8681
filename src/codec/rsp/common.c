/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/common.h"

#include <assert.h>

#include "crypto/hash.h"

static const uint8_t signature_head[] = {0x5F, 0x37, RSP_SIGNATURE_LEN};

static_assert(sizeof signature_head + RSP_SIGNATURE_LEN == RSP_SIGNATURE_TLV_LEN, "5F 37 40 r s");

char *rsp_version_text(uint32_t version, char out[RSP_VERSION_TEXT_MAX])
{
    snprintf(out, RSP_VERSION_TEXT_MAX, "%u.%u.%u", version >> 16 & 0xFF, version >> 8 & 0xFF,
             version & 0xFF);
    return out;
}

static bool take_part(struct cur *c, uint32_t *version)
{
    unsigned part = 0, digits = 0;

    for (; c->n > 0 && c->p[0] >= '0' && c->p[0] <= '9' && digits < 3; digits++)
        part = 10 * part + (unsigned)(cur_u8(c) - '0');
    *version = *version << 8 | (part & 0xFF);
    return digits > 0 && part <= 0xFF;
}

enum xk_err rsp_version_from_text(struct bytes text, uint32_t *out)
{
    struct cur c = cur_of(text);
    uint32_t version = 0;

    if (!take_part(&c, &version) || cur_u8(&c) != '.' || !take_part(&c, &version))
        return XK_E_FORMAT;
    if (c.n == 0)
        version <<= 8;
    else if (cur_u8(&c) != '.' || !take_part(&c, &version) || c.n > 0)
        return XK_E_FORMAT;
    *out = version;
    return XK_OK;
}

struct bytes rsp_signature_value(struct bytes tlv)
{
    if (tlv.n != RSP_SIGNATURE_TLV_LEN || memcmp(tlv.p, signature_head, sizeof signature_head) != 0)
        return BYTES_NONE;
    return BYTES(tlv.p + sizeof signature_head, RSP_SIGNATURE_LEN);
}

void rsp_signature_tlv(const uint8_t value[RSP_SIGNATURE_LEN], uint8_t out[RSP_SIGNATURE_TLV_LEN])
{
    memcpy(out, signature_head, sizeof signature_head);
    memcpy(out + sizeof signature_head, value, RSP_SIGNATURE_LEN);
}

bool rsp_key_ids_have(const struct rsp_key_ids *list, struct bytes id)
{
    for (size_t i = 0; i < list->n; i++)
        if (bytes_eq(list->id[i], id))
            return true;
    return false;
}

/* SGP.22 4.1.2 */
enum xk_err rsp_hash_cc(struct bytes code, struct bytes transaction_id, uint8_t out[RSP_HASH_LEN])
{
    uint8_t code_hash[RSP_HASH_LEN];
    enum xk_err err;

    TRY(hash_digest(HASH_SHA256, code, code_hash));
    err = rsp_hash_cc_from_hash(code_hash, transaction_id, out);
    explicit_bzero(code_hash, sizeof code_hash);
    return err;
}

enum xk_err rsp_hash_cc_from_hash(const uint8_t code_hash[RSP_HASH_LEN],
                                  struct bytes transaction_id, uint8_t out[RSP_HASH_LEN])
{
    uint8_t input[RSP_HASH_LEN + RSP_TRANSACTION_ID_MAX];
    enum xk_err err;

    if (transaction_id.n == 0 || transaction_id.n > RSP_TRANSACTION_ID_MAX)
        return XK_E_VALUE;
    memcpy(input, code_hash, RSP_HASH_LEN);
    memcpy(input + RSP_HASH_LEN, transaction_id.p, transaction_id.n);
    err = hash_digest(HASH_SHA256, BYTES(input, RSP_HASH_LEN + transaction_id.n), out);
    explicit_bzero(input, sizeof input);
    return err;
}

enum xk_err rsp_decode_result(struct bytes der, uint32_t tag, uint32_t *result)
{
    struct der d = der_open(der, tag);
    uint32_t value = der_u32(&d, TAG_0);

    TRY(der_finish(&d));
    *result = value;
    return XK_OK;
}

enum xk_err rsp_encode_result(uint32_t tag, uint32_t result, struct buf *out)
{
    size_t at = der_begin(out, tag);

    der_put_int(out, TAG_0, result);
    der_close(out, at);
    return buf_ok(out);
}

bool rsp_was_seen(const struct rsp_seen *seen, uint32_t tag)
{
    for (size_t i = 0; i < seen->n; i++)
        if (seen->tag[i] == tag)
            return true;
    return false;
}

bool rsp_first_time(struct rsp_seen *seen, struct der *d, uint32_t tag)
{
    if (rsp_was_seen(seen, tag)) {
        der_fail(d, XK_E_FORMAT);
        return false;
    }
    if (seen->n < RSP_SEEN_MAX)
        seen->tag[seen->n++] = tag;
    return true;
}

uint32_t rsp_get_version(struct der *d, uint32_t tag)
{
    struct bytes v = der_octets(d, tag, 3, 3);

    return DER_PRESENT(v) ? RSP_VERSION(v.p[0], v.p[1], v.p[2]) : 0;
}

void rsp_put_version(struct buf *b, uint32_t tag, uint32_t version)
{
    const uint8_t v[] = {(uint8_t)(version >> 16), (uint8_t)(version >> 8), (uint8_t)version};

    der_put(b, tag, BYTES_OF(v));
}

struct bytes rsp_get_transaction_id(struct der *d)
{
    return der_octets(d, TAG_0, 1, RSP_TRANSACTION_ID_MAX);
}

struct bytes rsp_get_signature(struct der *d)
{
    struct bytes tlv = der_take_raw(d, TAG_SIGNATURE);

    if (d->err != XK_OK || tlv.n == RSP_SIGNATURE_TLV_LEN)
        return tlv;
    der_fail(d, XK_E_VALUE);
    return BYTES_NONE;
}

struct bytes rsp_get_iccid(struct der *d)
{
    return der_octets(d, TAG_ICCID, RSP_ICCID_LEN, RSP_ICCID_LEN);
}

void rsp_get_key_ids(struct der *d, uint32_t tag, struct rsp_key_ids *out)
{
    struct der list = der_enter(d, tag);

    out->n = 0;
    while (der_more(&list)) {
        struct bytes id = der_octets(&list, DER_OCTET_STRING, 1, RSP_KEY_ID_MAX);

        if (out->n == RSP_KEY_IDS_MAX)
            der_fail(&list, XK_E_LIMIT);
        else
            out->id[out->n++] = id;
    }
    der_leave(d, &list);
}

void rsp_put_key_ids(struct buf *b, uint32_t tag, const struct rsp_key_ids *ids)
{
    size_t at = der_begin(b, tag);

    for (size_t i = 0; i < ids->n; i++)
        der_put(b, DER_OCTET_STRING, ids->id[i]);
    der_close(b, at);
}

/* Where the digits of MCC and MNC are: TS 24.008 10.5.1.3, the third of the MNC in the middle. */
static const uint8_t nibbles[] = {0, 1, 2, 4, 5, 3};

enum xk_err rsp_mcc_mnc_from_text(struct bytes text, uint8_t out[RSP_MCC_MNC_LEN])
{
    uint8_t made[RSP_MCC_MNC_LEN] = {0};

    if (text.n != ARRAY_LEN(nibbles) && text.n != ARRAY_LEN(nibbles) - 1)
        return XK_E_FORMAT;
    for (size_t i = 0; i < ARRAY_LEN(nibbles); i++) {
        unsigned digit = i < text.n ? (unsigned)text.p[i] - '0' : 0xF;

        if (i < text.n && digit > 9)
            return XK_E_FORMAT;
        made[nibbles[i] / 2] |= (uint8_t)(digit << (nibbles[i] % 2 ? 4 : 0));
    }
    memcpy(out, made, sizeof made);
    return XK_OK;
}

char *rsp_mcc_mnc_text(struct bytes mcc_mnc, char out[RSP_MCC_MNC_TEXT])
{
    size_t n = mcc_mnc.n == RSP_MCC_MNC_LEN ? ARRAY_LEN(nibbles) : 0;

    for (size_t i = 0; i < n; i++)
        out[i] = "0123456789ABCDEF"[mcc_mnc.p[nibbles[i] / 2] >> (nibbles[i] % 2 ? 4 : 0) & 15];
    if (n > 0 && out[n - 1] == 'F')
        n--;
    out[n] = '\0';
    return out;
}

/* OperatorId has automatic tags. */
void rsp_get_operator_id(struct der *d, uint32_t tag, struct rsp_operator_id *out)
{
    struct der o = der_enter(d, tag);

    *out = (struct rsp_operator_id){.mcc_mnc = der_octets(&o, TAG_0, 3, 3)};
    if (der_optional(&o, TAG_1))
        out->gid1 = der_take(&o, TAG_1);
    if (der_optional(&o, TAG_2))
        out->gid2 = der_take(&o, TAG_2);
    der_leave(d, &o);
}

void rsp_put_operator_id(struct buf *b, uint32_t tag, const struct rsp_operator_id *id)
{
    size_t at = der_begin(b, tag);

    der_put(b, TAG_0, id->mcc_mnc);
    der_put_optional(b, TAG_1, id->gid1);
    der_put_optional(b, TAG_2, id->gid2);
    der_close(b, at);
}

enum xk_err rsp_check_needs(const struct rsp_need *needs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rsp_need *need = &needs[i];

        if (!DER_PRESENT(need->span) || need->span.n < need->min ||
            (need->max > 0 && need->span.n > need->max))
            return XK_E_VALUE;
    }
    return XK_OK;
}
