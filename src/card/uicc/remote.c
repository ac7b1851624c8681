/* SPDX-License-Identifier: Apache-2.0 */
/* Remote file management: the file commands of the card for who sits behind a secured packet
 * instead of a terminal (TS 102 226 7.1). */
#include "card/uicc/inside.h"

#define P1_BY_NAME 0x04

/* TS 102 226 7.1; what this card has of it */
static const uint8_t allowed[] = {
    INS_SELECT,          INS_STATUS,        INS_READ_BINARY,  INS_UPDATE_BINARY, INS_READ_RECORD,
    INS_UPDATE_RECORD,   INS_SEARCH_RECORD, INS_INCREASE,     INS_RETRIEVE_DATA, INS_SET_DATA,
    INS_VERIFY_PIN,      INS_CHANGE_PIN,    INS_DISABLE_PIN,  INS_ENABLE_PIN,    INS_UNBLOCK_PIN,
    INS_DEACTIVATE_FILE, INS_ACTIVATE_FILE, INS_GET_RESPONSE,
};

enum remote_access remote_access_to(const struct uicc *u, unsigned df)
{
    const struct uicc_remote *r = u->remote;

    if (!r)
        return REMOTE_TERMINAL;
    return r->adf != FILE_NONE && fs_adf_of(u, df) == r->adf ? r->adf_own : r->shared;
}

void uicc_remote_begin(struct uicc *u, const struct uicc_remote *r)
{
    bool has_adf = r->adf != FILE_NONE;

    forget_transfer(u);
    u->channel[CHANNEL_REMOTE] = (struct channel){.open = true,
                                                  .adf = (uint16_t)r->adf,
                                                  .df = (uint16_t)(has_adf ? r->adf : FILE_MF),
                                                  .ef = FILE_NONE};
}

static command_handler handler_of(const struct apdu_command *c, uint16_t *sw)
{
    *sw = SW_CLASS_UNSUPPORTED;
    if (c->cla == 0xA0 || apdu_channel(c->cla) != 0)
        return NULL;
    *sw = SW_INS_UNKNOWN;
    if (!memchr(allowed, c->ins, sizeof allowed))
        return NULL;
    *sw = SW_WRONG_P1P2;
    if (c->ins == INS_SELECT && c->p1 == P1_BY_NAME)
        return NULL; /* the ADF is that of the receiver */
    return command_find(c, sw);
}

/* There is no T=0 behind a packet: the length is taken as it is, and a command with Le has its data
 * at once. Without Le it waits for GET RESPONSE. */
static enum xk_err run(struct uicc *u, struct exchange *x)
{
    command_handler handler = handler_of(&x->c, &x->sw);

    if (!handler)
        return XK_OK;
    x->sw = SW_OK;
    TRY(handler(u, x));
    if (x->sw >> 8 == SW_LE(0) >> 8) {
        x->c.le = x->sw & 0xFF ? x->sw & 0xFF : 256;
        x->sw = SW_OK;
        TRY(handler(u, x));
    }
    if (u->held.p && x->c.has_le && x->c.ins != INS_GET_RESPONSE) {
        buf_put(x->out, u->held.p, u->held.n);
        x->sw = u->held.sw;
        forget_response(u);
    }
    return XK_OK;
}

void uicc_remote_end(struct uicc *u)
{
    forget_response(u);
    forget_transfer(u);
}

enum xk_err uicc_remote_run(struct uicc *u, const struct uicc_remote *r, struct bytes command,
                            struct buf *out, uint16_t *sw)
{
    struct exchange x = {.ch = &u->channel[CHANNEL_REMOTE], .out = out, .sw = SW_OK};
    uint64_t verified = u->verified;
    enum xk_err err;

    *sw = SW_WRONG_LENGTH;
    if (apdu_decode_command(command, &x.c) != XK_OK)
        return XK_OK;
    if (x.c.ins != INS_GET_RESPONSE)
        forget_response(u);
    u->remote = r;
    err = run(u, &x);
    u->remote = NULL;
    u->verified = verified; /* what was proved here proves nothing at the terminal */
    u->ops->rollback(u);
    *sw = x.sw;
    return err;
}
