/* SPDX-License-Identifier: Apache-2.0 */
/* The profile interpreter: takes the elements of a package one by one as they become whole, and
 * says of each that it could not take which it was and why (SAIP 8.11). */
#include "card/euicc/profile_build.h"
#include "codec/rsp/info.h"

#define PE_MAX ((size_t)256 << 10)
#define CONTENTS_MAX ((size_t)1 << 20)
#define VERSION_LOWEST 2
#define VERSION_HIGHEST 3

/* CAVE, Java Card and GET IDENTITY: keys, load packages and files are taken and kept; no code of
 * them is run (docs/euicc.md). */
uint32_t profile_uicc_capability(void)
{
    static const uint8_t bits[] = {
        UICC_CAP_USIM,
        UICC_CAP_ISIM,
        UICC_CAP_CSIM,
        UICC_CAP_MILENAGE,
        UICC_CAP_TUAK128,
        UICC_CAP_TUAK256,
        UICC_CAP_CAVE,
        UICC_CAP_JAVACARD,
        UICC_CAP_USIM_TEST_ALGORITHM,
        UICC_CAP_MULTIPLE_USIM,
        UICC_CAP_MULTIPLE_ISIM,
        UICC_CAP_MULTIPLE_CSIM,
        UICC_CAP_BER_TLV,
        UICC_CAP_DF_LINK,
        UICC_CAP_GET_IDENTITY,
        UICC_CAP_PROFILE_A_X25519,
        UICC_CAP_PROFILE_B_P256,
    };
    uint32_t all = 0;

    for (size_t i = 0; i < ARRAY_LEN(bits); i++)
        all |= UINT32_C(1) << bits[i];
    return all;
}

/* ---- The answer ---- */

bool build_refused(const struct profile_builder *b)
{
    return b->verdict == PROFILE_REFUSED;
}

static struct rsp_pe_status *add_row(struct profile_builder *b, enum rsp_pe_status_code status)
{
    struct rsp_euicc_response *r = &b->response;
    struct rsp_pe_status *row = &r->pe[r->pe_n < RSP_PE_STATUS_MAX ? r->pe_n : r->pe_n - 1];

    if (r->pe_n < RSP_PE_STATUS_MAX)
        r->pe_n++;
    *row = (struct rsp_pe_status){.status = status};
    if (b->pe && b->pe->has_identification) {
        row->has_identification = true;
        row->identification = b->pe->identification;
    }
    return row;
}

enum xk_err build_refuse(struct profile_builder *b, enum rsp_pe_status_code status,
                         const char *where, const char *why)
{
    (void)add_row(b, status);
    b->response.aborted = true;
    snprintf(b->message, sizeof b->message, "%s%s%s: %s",
             b->pe ? saip_type_name(b->pe->type) : "package", where ? " " : "", where ? where : "",
             why ? why : rsp_pe_status_text(status));
    b->response.message = bytes_cstr(b->message);
    b->verdict = PROFILE_REFUSED;
    return XK_OK;
}

enum xk_err build_refuse_err(struct profile_builder *b, enum xk_err err, const char *where,
                             const char *why)
{
    if (err == XK_E_FORMAT)
        return build_refuse(b, RSP_PE_INVALID_REQUEST_FORMAT, where, why);
    if (err == XK_E_VALUE || err == XK_E_LIMIT || err == XK_E_STATE)
        return build_refuse(b, RSP_PE_BAD_VALUES, where, why);
    if (err == XK_E_UNSUPPORTED)
        return build_refuse(b, RSP_PE_FEATURE_NOT_SUPPORTED, where, why);
    return err;
}

/* ---- Elements without files ---- */

static enum xk_err check_lists(struct profile_builder *b)
{
    struct cur c = cur_of(b->header.templates);
    struct bytes oid;

    while (c.n > 0) {
        TRY(saip_next_oid(&c, &oid));
        if (!saip_template_find(oid))
            return build_refuse(b, RSP_PE_TEMPLATE_NOT_SUPPORTED, "eUICC-Mandatory-GFSTEList",
                                "a mandatory template is not known");
    }
    if (b->header.aids.n > 0)
        return build_refuse(b, RSP_PE_LIB_NOT_SUPPORTED, "eUICC-Mandatory-AIDs",
                            "no load package is on this card");
    return XK_OK;
}

/* The bit of UICCCapability that a service of the header needs. */
static uint32_t capability_of(unsigned service)
{
    static const uint8_t bit[SAIP_SERVICES] = {
#define SERVICE(id, tag, capability, name) [SAIP_SERVICE_##id] = (capability),
#include "codec/saip/service.def"
#undef SERVICE
    };

    return UINT32_C(1) << bit[service];
}

/* Services the card must have. */
static enum xk_err pe_header(struct profile_builder *b, const struct saip_pe *pe)
{
    enum xk_err err;

    if (b->has_header)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "a second header");
    err = saip_decode_header(pe, &b->header);
    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    b->has_header = true;
    if (b->header.major < VERSION_LOWEST || b->header.major > VERSION_HIGHEST)
        return build_refuse(b, RSP_PE_UNSUPPORTED_VERSION, NULL, NULL);
    for (unsigned i = 0; i < SAIP_SERVICES; i++) {
        if ((b->header.services & (1u << i)) && !(profile_uicc_capability() & capability_of(i)))
            return build_refuse(b, RSP_PE_FEATURE_NOT_SUPPORTED,
                                saip_service_name((enum saip_service)i), NULL);
    }
    if (b->header.unknown_services)
        return build_refuse(b, RSP_PE_FEATURE_NOT_SUPPORTED, "eUICC-Mandatory-services",
                            "a service that is not known");
    return check_lists(b);
}

/* Kept as they came: keys of security domains, remote management, applications. Code of load
 * packages is not run. */
enum xk_err build_keep(struct profile_builder *b, const struct saip_pe *pe)
{
    buf_put_bytes(&b->others, pe->raw);
    return buf_ok(&b->others);
}

static enum xk_err pe_application(struct profile_builder *b, const struct saip_pe *pe)
{
    struct saip_application application;
    enum xk_err err = saip_decode_application(pe, &application);

    return err == XK_OK ? build_keep(b, pe) : build_refuse_err(b, err, NULL, NULL);
}

static enum xk_err pe_cdma(struct profile_builder *b, const struct saip_pe *pe)
{
    struct saip_cdma cdma;
    enum xk_err err = saip_decode_cdma(pe, &cdma);

    return err == XK_OK ? build_keep(b, pe) : build_refuse_err(b, err, NULL, NULL);
}

static enum xk_err pe_end(struct profile_builder *b, const struct saip_pe *pe)
{
    (void)pe;
    if (b->head.files == 0)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "there is no MF");
    b->verdict = PROFILE_WHOLE;
    return XK_OK;
}

/* ---- One element after the other ---- */

typedef enum xk_err (*handler)(struct profile_builder *b, const struct saip_pe *pe);

static handler handler_of(enum saip_type type)
{
    static const handler handlers[SAIP_TYPES] = {
        [SAIP_HEADER] = pe_header, [SAIP_GFM] = pe_files, [SAIP_PINS] = pe_pins,
        [SAIP_PUKS] = pe_puks,     [SAIP_AKA] = pe_aka,   [SAIP_CDMA] = pe_cdma,
        [SAIP_DOMAIN] = pe_domain, [SAIP_RFM] = pe_rfm,   [SAIP_APPLICATION] = pe_application,
        [SAIP_END] = pe_end,
    };

    return saip_type_has_files(type) ? pe_files : handlers[type];
}

/* SAIP 8.2: "mandated" */
enum xk_err build_skip(struct profile_builder *b, const struct saip_pe *pe,
                       enum rsp_pe_status_code status, const char *why)
{
    if (pe->mandated)
        return build_refuse(b, status, NULL, why);
    (void)add_row(b, status);
    return XK_OK;
}

static enum xk_err take_element(struct profile_builder *b, const struct saip_pe *pe)
{
    handler run = handler_of(pe->type);

    if (!b->has_header && pe->type != SAIP_HEADER)
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "the header comes first");
    if (!run)
        return build_skip(b, pe, RSP_PE_NOT_SUPPORTED, NULL);
    TRY(run(b, pe));
    if (!build_refused(b) && profile_builder_size(b) > b->limits.memory)
        return build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, NULL, NULL);
    return XK_OK;
}

static enum xk_err take_elements(struct profile_builder *b)
{
    struct saip_pe pe;

    while (b->verdict == PROFILE_MORE) {
        enum xk_err err = saip_reader_next(&b->reader, &pe);

        if (err == XK_E_NOT_FOUND)
            return XK_OK;
        b->pe = err == XK_OK ? &pe : NULL;
        err = err == XK_OK ? take_element(b, &pe) : build_refuse_err(b, err, NULL, NULL);
        b->pe = NULL;
        if (err == XK_E_LIMIT)
            err = build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, NULL, NULL);
        TRY(err);
    }
    return XK_OK;
}

enum xk_err profile_builder_new(const struct profile_limits *limits, struct profile_builder **out)
{
    struct profile_builder *b = calloc(1, sizeof *b);

    if (!b)
        return XK_E_NOMEM;
    b->limits = *limits;
    saip_reader_init(&b->reader, PE_MAX);
    saip_walk_init(&b->walk);
    buf_init(&b->contents, CONTENTS_MAX);
    buf_init(&b->others, CONTENTS_MAX);
    *out = b;
    return XK_OK;
}

void profile_builder_free(struct profile_builder *b)
{
    if (!b)
        return;
    saip_reader_fini(&b->reader);
    buf_wipe(&b->contents);
    buf_wipe(&b->others);
    buf_fini(&b->contents);
    buf_fini(&b->others);
    free(b->files);
    explicit_bzero(b, sizeof *b);
    free(b);
}

enum xk_err profile_builder_feed(struct profile_builder *b, struct bytes part)
{
    enum xk_err err;

    if (b->verdict == PROFILE_REFUSED)
        return XK_OK;
    if (b->verdict == PROFILE_WHOLE)
        return part.n == 0 ? XK_OK
                           : build_refuse(b, RSP_PE_INVALID_REQUEST_FORMAT, NULL,
                                          "there is something behind the end");
    err = saip_reader_put(&b->reader, part);
    if (err == XK_E_LIMIT)
        return build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, NULL, "an element is too long");
    TRY(err);
    TRY(take_elements(b));
    if (b->verdict == PROFILE_WHOLE && saip_reader_pending(&b->reader) > 0)
        return build_refuse(b, RSP_PE_INVALID_REQUEST_FORMAT, NULL,
                            "there is something behind the end");
    return XK_OK;
}

enum profile_verdict profile_builder_verdict(const struct profile_builder *b)
{
    return b->verdict;
}

enum xk_err profile_builder_end(struct profile_builder *b)
{
    if (b->verdict != PROFILE_MORE)
        return XK_OK;
    return build_refuse(b, RSP_PE_INVALID_REQUEST_FORMAT, NULL, "the package has no end");
}

const uint8_t *profile_builder_iccid(const struct profile_builder *b)
{
    return b->has_header ? b->header.iccid : NULL;
}

uint32_t profile_builder_size(const struct profile_builder *b)
{
    return FILE_AT(b->head.files) + (uint32_t)b->contents.n + apps_at(&b->head, b->head.apps) +
           (uint32_t)b->others.n + OTA_SET_AT(b->ota.sets) + b->ota.receivers * OTA_RECEIVER_LEN +
           PROFILE_OBJECTS * FLASH_OBJECT_COST;
}

void profile_builder_response(const struct profile_builder *b, struct buf *out)
{
    static const struct rsp_euicc_response good = {.pe_n = 1, .pe[0].status = RSP_PE_OK};
    const struct rsp_euicc_response *r = b->response.pe_n > 0 ? &b->response : &good;

    if (rsp_encode_euicc_response(r, out) != XK_OK)
        buf_put_u8(out, 0);
}
