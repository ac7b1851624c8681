/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/euicc_response.h"

#include "codec/rsp/tags.h"

#define MESSAGE_MAX 1024

struct pe_row {
    uint32_t value;
    const char *spec, *text;
};

static const struct pe_row pe_rows[] = {
#define RSP_PE_STATUS(name, value, spec, text) {value, spec, text},
#include "codec/rsp/pe_status.def"
};

static const struct pe_row *find_row(uint32_t status)
{
    for (size_t i = 0; i < ARRAY_LEN(pe_rows); i++)
        if (pe_rows[i].value == status)
            return &pe_rows[i];
    return NULL;
}

const char *rsp_pe_status_name(uint32_t status)
{
    const struct pe_row *row = find_row(status);

    return row ? row->spec : "unknown";
}

const char *rsp_pe_status_text(uint32_t status)
{
    const struct pe_row *row = find_row(status);

    return row ? row->text : "";
}

static void get_pe_status(struct der *d, struct rsp_pe_status *out)
{
    struct der s = der_enter(d, DER_SEQUENCE);

    *out = (struct rsp_pe_status){.status = der_u32(&s, TAG_0)};
    if ((out->has_identification = der_optional(&s, TAG_1)))
        out->identification = der_u32(&s, TAG_1);
    if ((out->has_info = der_optional(&s, TAG_2)))
        out->info = der_u32(&s, TAG_2);
    if ((out->has_offset = der_optional(&s, TAG_3)))
        out->offset = der_u32(&s, TAG_3);
    der_leave(d, &s);
}

/* When the list is full a failure takes the last place, unless a failure is there. */
static void keep(struct rsp_euicc_response *r, const struct rsp_pe_status *pe)
{
    struct rsp_pe_status *last = &r->pe[RSP_PE_STATUS_MAX - 1];

    if (r->pe_n < RSP_PE_STATUS_MAX)
        r->pe[r->pe_n++] = *pe;
    else if (pe->status != RSP_PE_OK && last->status == RSP_PE_OK)
        *last = *pe;
}

static void get_response(struct der *d, struct rsp_euicc_response *out)
{
    struct der r = der_enter(d, DER_SEQUENCE), list;
    struct rsp_pe_status pe;

    *out = (struct rsp_euicc_response){.pe_n = 0};
    if (der_optional(&r, TAG_A0)) {
        list = der_enter(&r, TAG_A0);
        while (der_more(&list)) {
            get_pe_status(&list, &pe);
            keep(out, &pe);
        }
        der_leave(&r, &list);
    }
    if ((out->aborted = der_optional(&r, TAG_1)))
        der_null(&r, TAG_1);
    if (der_optional(&r, TAG_2))
        out->message = der_utf8(&r, TAG_2, 0, MESSAGE_MAX);
    der_leave(d, &r);
}

const struct rsp_pe_status *rsp_first_failure(const struct rsp_euicc_response *r)
{
    for (size_t i = 0; i < r->pe_n; i++)
        if (r->pe[i].status != RSP_PE_OK)
            return &r->pe[i];
    return NULL;
}

/* An EUICCResponse may be empty (30 00 is seen), several may follow one another. */
enum xk_err rsp_decode_euicc_response(struct bytes der, struct rsp_euicc_response *out)
{
    struct der d = der_of(der);
    struct rsp_euicc_response one, chosen = {.pe_n = 0};

    do {
        get_response(&d, &one);
        if (!rsp_first_failure(&chosen) || rsp_first_failure(&one))
            chosen = one;
    } while (der_more(&d));
    TRY(der_end(&d));
    *out = chosen;
    return XK_OK;
}

static void put_pe_status(const struct rsp_pe_status *in, struct buf *out)
{
    size_t at = der_begin(out, DER_SEQUENCE);

    der_put_int(out, TAG_0, in->status);
    if (in->has_identification)
        der_put_int(out, TAG_1, in->identification);
    if (in->has_info)
        der_put_int(out, TAG_2, in->info);
    if (in->has_offset)
        der_put_int(out, TAG_3, in->offset);
    der_close(out, at);
}

enum xk_err rsp_encode_euicc_response(const struct rsp_euicc_response *in, struct buf *out)
{
    size_t at, list_at;

    if (in->pe_n > RSP_PE_STATUS_MAX)
        return XK_E_LIMIT;
    if (der_value_utf8(in->message, 0, MESSAGE_MAX) != XK_OK)
        return XK_E_VALUE;
    at = der_begin(out, DER_SEQUENCE);
    list_at = der_begin(out, TAG_A0);
    for (size_t i = 0; i < in->pe_n; i++)
        put_pe_status(&in->pe[i], out);
    der_close(out, list_at);
    if (in->aborted)
        der_put_null(out, TAG_1);
    der_put_optional(out, TAG_2, in->message);
    der_close(out, at);
    return buf_ok(out);
}
