/* SPDX-License-Identifier: Apache-2.0 */
#include "service/profile/offer.h"

#include "model/code.h"

static enum xk_err write_code(const struct download *d, const char *address,
                              char out[RSP_ACTIVATION_CODE_TEXT])
{
    struct rsp_activation_code code = {.confirmation_code = false};
    uint8_t mem[RSP_ACTIVATION_CODE_TEXT];
    struct buf text;

    if (!bytes_to_cstr(bytes_cstr(d->smdp_address[0] ? d->smdp_address : address), code.address,
                       sizeof code.address) ||
        !bytes_to_cstr(bytes_cstr(d->matching_id), code.matching_id, sizeof code.matching_id))
        return XK_E_LIMIT;
    buf_init_fixed(&text, mem, sizeof mem);
    TRY(rsp_activation_code_encode(&code, &text));
    return bytes_to_cstr(buf_bytes(&text), out, RSP_ACTIVATION_CODE_TEXT) ? XK_OK : XK_E_LIMIT;
}

/* DownloadOrder and ConfirmOrder (SGP.22 5.3.1, 5.3.2), by the profile's owner. */
static enum xk_err order(struct download_ctx *c, const char *owner, const char *iccid,
                         const char *eid, struct download *d)
{
    const struct download_order_request ordered = {
        .operator_id = owner, .eid = eid, .iccid = iccid, .for_task = true};
    const struct download_confirm_request confirmed = {
        .operator_id = owner, .iccid = iccid, .eid = eid};
    enum rsp_verdict verdict;
    int64_t waits_for;

    TRY(download_order(c, &ordered, d, &verdict));
    if (verdict == RSP_EXECUTED)
        TRY(download_confirm_order(c, &confirmed, d, &verdict, &waits_for));
    return verdict == RSP_EXECUTED ? XK_OK : XK_E_STATE;
}

enum xk_err offer_make(struct download_ctx *c, const struct prepare_ports *ports,
                       const struct offer_request *r, char code[RSP_ACTIVATION_CODE_TEXT],
                       struct prepare_refusal *why)
{
    const struct prepare_request request = {
        .template_id = r->template_id, .imsi = r->imsi, .count = 1};
    struct prepared made;
    struct download d;
    enum xk_err err;

    TRY(prepare_stock(c, ports, &request, &made, why));
    if (why->code != CODE_OK)
        return XK_OK;
    TRY(download_find_by_iccid(c, made.iccid, DOWNLOAD_WITHOUT_METADATA, &d));
    err = order(c, d.owner, made.iccid, r->eid, &d);
    if (err == XK_OK)
        err = write_code(&d, r->address, code);
    explicit_bzero(&d, sizeof d);
    return err;
}

enum xk_err offer_release(struct download_ctx *c, const char *iccid)
{
    struct download d;
    enum xk_err err;

    TRY(download_find_by_iccid(c, iccid, DOWNLOAD_WITHOUT_METADATA, &d));
    err = download_step(c, &d, &(struct download_event){.cause = DOWNLOAD_BY_RELEASE});
    explicit_bzero(&d, sizeof d);
    return err;
}

enum xk_err offer_withdraw(struct download_ctx *c, const char *iccid)
{
    enum xk_err err = stock_remove(c, iccid);

    return err == XK_E_STATE ? download_give_up(c, iccid) : err;
}
