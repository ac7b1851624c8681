/* SPDX-License-Identifier: Apache-2.0 */
/* ISD-R and ECASD as applications of the card (SGP.22 2.4.1, 5.7.1, 5.7.2): selection, STORE DATA
 * in blocks, and what function a request is for. */
#include "card/euicc/state.h"

static const uint8_t isdr_aid[RSP_AID_MAX] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                              0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00};
static const uint8_t ecasd_aid[RSP_AID_MAX] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                               0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x02, 0x00};

#define AID_PARTIAL_MIN 5
#define CLA_PROPRIETARY 0x80 /* 80 and C0, SGP.22 5.7.2 */
#define P1_MORE 0x11         /* SGP.22 5.7.2: more blocks, response is DER */
#define P1_LAST 0x91
#define TAG_FCI 0x6F
#define TAG_DF_NAME 0x84
#define TAG_FCI_PROPRIETARY 0xA5
#define TAG_MAX_COMMAND 0x9F65
#define MAX_COMMAND 0xFF
#define TAG_PRESENT_CARD_DATA 0x5A

typedef enum xk_err handler(struct euicc *e, struct bytes request, struct buf *out);

static const struct function {
    uint32_t tag;
    handler *run;
    enum { EMPTY, MEMBERS } body;
} functions[] = {
#undef FUNCTION
#define FUNCTION(tag, handler, body) {tag, handler, body},
#include "card/euicc/functions.def"
};

static void drop_chain(struct euicc *e)
{
    buf_wipe(&e->chain);
    e->next_block = 0;
}

void isdr_forget(struct euicc *e)
{
    memset(e->isdr, APP_NONE, sizeof e->isdr);
    drop_chain(e);
}

void isdr_aid_of(enum app app, uint8_t aid[RSP_AID_MAX])
{
    memcpy(aid, app == APP_ECASD ? ecasd_aid : isdr_aid, RSP_AID_MAX);
}

/* ---- Selection ---- */

static bool names(struct bytes asked, const uint8_t aid[RSP_AID_MAX])
{
    return asked.n >= AID_PARTIAL_MIN && asked.n <= RSP_AID_MAX &&
           memcmp(asked.p, aid, asked.n) == 0;
}

/* 6F { 84 AID, A5 { 9F65 }, E0 } (SGP.22 5.7.1) */
static void put_fci(const struct euicc *e, const uint8_t aid[RSP_AID_MAX], enum app app,
                    struct buf *fci)
{
    struct rsp_isdr_template t = {.svn = get_version(e->maker.lowest_svn)};
    const uint8_t longest = MAX_COMMAND;
    size_t at = der_begin(fci, TAG_FCI), inner;

    der_put(fci, TAG_DF_NAME, BYTES(aid, RSP_AID_MAX));
    inner = der_begin(fci, TAG_FCI_PROPRIETARY);
    der_put(fci, TAG_MAX_COMMAND, BYTES(&longest, 1));
    der_close(fci, inner);
    t.has_configuration = get_version(e->maker.highest_svn) != 0;
    if (slot_enabled(e) != NO_SLOT)
        t.configuration = RSP_BIT(2);
    if (app == APP_ISDR && rsp_encode_isdr_template(&t, fci) != XK_OK)
        buf_reset(fci);
    der_close(fci, at);
}

static void host_deselected(void *ctx, unsigned channel)
{
    struct euicc *e = ctx;

    if (channel < CHANNELS_MAX)
        e->isdr[channel] = APP_NONE;
    if (channel == e->chain_channel)
        drop_chain(e);
}

static bool host_select(void *ctx, unsigned channel, struct bytes aid, struct buf *fci)
{
    struct euicc *e = ctx;
    enum app app = names(aid, isdr_aid) ? APP_ISDR : names(aid, ecasd_aid) ? APP_ECASD : APP_NONE;

    if (app == APP_NONE || channel >= CHANNELS_MAX)
        return false;
    host_deselected(e, channel);
    e->isdr[channel] = (uint8_t)app;
    put_fci(e, app == APP_ISDR ? isdr_aid : ecasd_aid, app, fci);
    return true;
}

/* ---- STORE DATA ---- */

static const struct function *find_function(uint32_t tag)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        if (functions[i].tag == tag)
            return &functions[i];
    }
    return NULL;
}

/* The tag of an ES10 request: one whole TLV; of a package also the beginning of one. */
static uint32_t request_tag(struct bytes request)
{
    struct der d = der_of(request);
    uint32_t tag = der_peek(&d);

    if (tag == TAG_BOUND_PROFILE_PACKAGE)
        return tag;
    der_skip(&d);
    return der_end(&d) == XK_OK ? tag : 0;
}

/* While a package is being loaded, what is no request by itself is the next piece of it. */
static enum xk_err run_request(struct euicc *e, struct bytes request, struct buf *out)
{
    uint32_t tag = request_tag(request);
    const struct function *f = find_function(tag);

    if (load_going(e) && !f)
        return load_feed(e, request, out);
    if (!f)
        return refuse_sw(e, tag == 0 ? SW_WRONG_DATA : SW_REF_DATA_NOT_FOUND);
    if (f->body == EMPTY && request.n > der_header_len(tag, 0))
        return refuse_sw(e, SW_WRONG_DATA);
    return f->run(e, request, out);
}

/* All it changes is one transaction; a refusal changes nothing. */
static enum xk_err run_and_commit(struct euicc *e, struct bytes request, struct buf *out,
                                  uint16_t *sw)
{
    enum xk_err err;

    e->sw = SW_OK;
    err = run_request(e, request, out);
    if (err == XK_E_LIMIT) { /* no memory for it */
        flash_rollback(e->flash);
        e->sw = SW_NO_SPACE;
        err = load_abandon(e);
    }
    if (err == XK_OK && e->sw != SW_OK) {
        flash_rollback(e->flash);
        buf_reset(out);
    }
    if (err == XK_OK)
        err = flash_commit(e->flash);
    *sw = e->sw;
    return err;
}

static enum xk_err store_data(struct euicc *e, unsigned channel, const struct apdu_command *c,
                              struct buf *out, uint16_t *sw)
{
    enum xk_err err;

    *sw = SW_WRONG_P1P2;
    if (c->p1 != P1_MORE && c->p1 != P1_LAST)
        return XK_OK;
    if (c->p2 == 0)
        drop_chain(e); /* a new request; what was begun is dropped */
    else if (c->p2 != e->next_block || channel != e->chain_channel)
        return XK_OK;
    e->chain_channel = channel;
    buf_put_bytes(&e->chain, c->data);
    e->next_block = c->p2 + 1u; /* 256: no block can follow */
    *sw = SW_OK;
    if (c->p1 == P1_MORE)
        return buf_ok(&e->chain);
    TRY(buf_ok(&e->chain));
    err = run_and_commit(e, buf_bytes(&e->chain), out, sw);
    drop_chain(e);
    return err;
}

/* ECASD: the EID by GET DATA 5A (SGP.02 4.1.1.3 way, kept by terminals in the field). */
static enum xk_err ecasd_get_data(const struct euicc *e, const struct apdu_command *c,
                                  struct buf *out, uint16_t *sw)
{
    *sw = SW_REF_DATA_NOT_FOUND;
    if (((unsigned)c->p1 << 8 | c->p2) != TAG_PRESENT_CARD_DATA)
        return XK_OK;
    der_put(out, TAG_PRESENT_CARD_DATA, BYTES_OF(e->maker.eid));
    *sw = SW_OK;
    return buf_ok(out);
}

static enum xk_err host_command(void *ctx, unsigned channel, const struct apdu_command *c,
                                struct buf *out, uint16_t *sw)
{
    struct euicc *e = ctx;
    enum app app = channel < CHANNELS_MAX ? e->isdr[channel] : APP_NONE;

    *sw = SW_CLASS_UNSUPPORTED;
    if (!(c->cla & CLA_PROPRIETARY))
        return XK_OK;
    if (app == APP_ISDR && c->ins == INS_STORE_DATA)
        return store_data(e, channel, c, out, sw);
    if (app == APP_ECASD && c->ins == INS_GET_DATA)
        return ecasd_get_data(e, c, out, sw);
    *sw = SW_INS_UNKNOWN;
    return XK_OK;
}

/* The terminal has done the REFRESH (or cannot now): general result 0x: performed. */
static enum xk_err host_refreshed(void *ctx, uint8_t result)
{
    struct euicc *e = ctx;

    if (!flash_has(e->flash, OBJECT_PENDING))
        return XK_OK;
    if (result >= 0x10) {
        TRY(flash_delete(e->flash, OBJECT_PENDING));
        return flash_commit(e->flash);
    }
    TRY(manage_apply_pending(e));
    e->swap = true;
    return XK_OK;
}

static enum xk_err host_update_metadata(void *ctx, struct bytes request, uint16_t *sw)
{
    return manage_update_metadata(ctx, request, sw);
}

void isdr_host(struct euicc *e, struct profile_host *out)
{
    *out = (struct profile_host){.ctx = e,
                                 .select = host_select,
                                 .command = host_command,
                                 .deselected = host_deselected,
                                 .refreshed = host_refreshed,
                                 .update_metadata = host_update_metadata};
}
