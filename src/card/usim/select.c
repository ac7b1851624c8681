/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/usim/card.h"

/* TS 102 221 11.1.1.2 */
#define P1_BY_FID 0x00
#define P1_CHILD_DF 0x01
#define P1_PARENT_DF 0x03
#define P1_BY_NAME 0x04
#define P1_PATH_FROM_MF 0x08
#define P1_PATH_FROM_DF 0x09
#define P2_RETURN 0x1C
#define P2_RETURN_FCP 0x04
#define P2_NO_DATA 0x0C
#define P2_SESSION 0x60
#define P2_TERMINATE 0x40
#define P2_OCCURRENCE 0x03
#define AID_MIN 5 /* the RID */

static const struct bytes usim_aid = {(const uint8_t *)USIM_AID_TEXT, USIM_AID_LEN};

/* Where a selection stands before it is taken over. */
struct place {
    bool usim;
    uint8_t df;
    int ef;
};

static void enter_df(struct place *at, enum df_id df)
{
    at->df = (uint8_t)df;
    at->ef = NO_EF;
    at->usim = at->usim || df == DF_USIM;
}

/* TS 102 221 8.4.1: the MF, the current DF, its children, its parent, its siblings, the ADF */
static bool step(struct place *at, uint16_t fid)
{
    enum df_id parent = fs_df(at->df)->parent;
    int found = fs_find_ef(at->df, fid);

    if (fid == FID_MF) {
        enter_df(at, DF_MF);
        return true;
    }
    if (found >= 0) {
        at->ef = found;
        return true;
    }
    if (fid == FID_CURRENT_ADF) {
        if (at->usim)
            enter_df(at, DF_USIM);
        return at->usim;
    }
    found = fs_find_df(at->df, fid);
    if (found < 0 && fid == fs_df(at->df)->fid)
        found = at->df;
    if (found < 0 && at->df != DF_MF && fid == fs_df(parent)->fid)
        found = (int)parent;
    if (found < 0 && at->df != DF_MF)
        found = fs_find_df(parent, fid);
    if (found < 0)
        return false;
    enter_df(at, (enum df_id)found);
    return true;
}

static bool walk(struct place *at, struct bytes path)
{
    struct cur c = cur_of(path);

    if (path.n == 0 || path.n % 2 != 0)
        return false;
    while (c.n > 0) {
        if (at->ef != NO_EF || !step(at, cur_u16(&c)))
            return false;
    }
    return true;
}

/* By name: whole or the beginning of it; there is one application, so next and previous find
 * none. */
static bool by_name(struct place *at, struct bytes name, uint8_t p2)
{
    bool first = (p2 & P2_OCCURRENCE) == 0 || (p2 & P2_OCCURRENCE) == 1;

    if (name.n < AID_MIN || name.n > usim_aid.n || !bytes_eq(name, bytes_part(usim_aid, 0, name.n)))
        return false;
    if (name.n < usim_aid.n && !first)
        return false;
    enter_df(at, DF_USIM);
    return true;
}

static bool single(struct place *at, struct bytes data)
{
    if (data.n == 0)
        return step(at, FID_MF);
    at->ef = NO_EF;
    return data.n == 2 && step(at, (uint16_t)(data.p[0] << 8 | data.p[1]));
}

static bool child(struct place *at, struct bytes data)
{
    int df = data.n == 2 ? fs_find_df(at->df, (uint16_t)(data.p[0] << 8 | data.p[1])) : -1;

    if (df < 0 || df == DF_USIM)
        return false;
    enter_df(at, (enum df_id)df);
    return true;
}

static bool find(struct place *at, const struct apdu_command *c)
{
    switch (c->p1) {
    case P1_BY_FID:
        return single(at, c->data);
    case P1_CHILD_DF:
        return child(at, c->data);
    case P1_PARENT_DF:
        enter_df(at, fs_df(at->df)->parent);
        return c->data.n == 0;
    case P1_BY_NAME:
        return by_name(at, c->data, c->p2);
    case P1_PATH_FROM_MF:
        enter_df(at, DF_MF);
        return walk(at, c->data);
    default: /* P1_PATH_FROM_DF */
        at->ef = NO_EF;
        return walk(at, c->data);
    }
}

static bool known_p1(uint8_t p1)
{
    return p1 <= P1_CHILD_DF || p1 == P1_PARENT_DF || p1 == P1_BY_NAME || p1 == P1_PATH_FROM_MF ||
           p1 == P1_PATH_FROM_DF;
}

static bool known_p2(const struct exchange *x)
{
    uint8_t wants = x->c.p2 & P2_RETURN;

    if (x->gsm)
        return x->c.p2 == 0;
    return wants == P2_RETURN_FCP || wants == P2_NO_DATA || wants == 0; /* 0: ISO 7816-4's FCI */
}

static enum xk_err answer_selected(struct usim *card, struct exchange *x, const struct place *at)
{
    uint8_t mem[128];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (x->gsm && at->ef == NO_EF)
        TRY(gsm_answer_of_df(card, at->df, &b));
    else if (x->gsm)
        TRY(gsm_answer_of_ef(fs_ef((unsigned)at->ef), &b));
    else if (at->ef == NO_EF)
        TRY(fcp_of_df(card, at->df, &b));
    else
        TRY(fcp_of_ef(fs_ef((unsigned)at->ef), &b));
    return answer_later(card, x, buf_bytes(&b));
}

static void take_over(struct channel *ch, const struct place *at)
{
    ch->usim = at->usim;
    ch->df = at->df;
    ch->ef = (int16_t)at->ef;
    ch->record = 0;
}

static bool terminates(const struct apdu_command *c)
{
    return c->p1 == P1_BY_NAME && (c->p2 & P2_SESSION) == P2_TERMINATE;
}

/* TS 102 221 11.1.1; TS 51.011 9.2.1 */
enum xk_err cmd_select(struct usim *card, struct exchange *x)
{
    struct place at = {x->ch->usim, x->ch->df, x->ch->ef};

    if (!known_p1(x->c.p1) || !known_p2(x) || (x->gsm && x->c.p1 != 0))
        return refuse(x, SW_WRONG_P1P2);
    if (x->gsm && x->c.data.n != 2)
        return refuse(x, SW_WRONG_LENGTH);
    if (!find(&at, &x->c))
        return refuse(x, SW_FILE_NOT_FOUND);
    if (terminates(&x->c)) {
        at.usim = false;
        enter_df(&at, DF_MF);
        at.usim = false;
    }
    take_over(x->ch, &at);
    if (!x->gsm && (x->c.p2 & P2_RETURN) == P2_NO_DATA)
        return XK_OK;
    return answer_selected(card, x, &at);
}

/* STATUS, TS 102 221 11.1.2; TS 51.011 9.2.2 */
#define STATUS_P2_FCP 0x00
#define STATUS_P2_NAME 0x01
#define STATUS_P2_NO_DATA 0x0C
#define TAG_DF_NAME 0x84

enum xk_err cmd_status(struct usim *card, struct exchange *x)
{
    uint8_t mem[128];
    struct buf b;

    if (x->c.p1 > 2 || (x->gsm && (x->c.p1 || x->c.p2)))
        return refuse(x, SW_WRONG_P1P2);
    toolkit_polled(card);
    buf_init_fixed(&b, mem, sizeof mem);
    switch (x->c.p2) {
    case STATUS_P2_NO_DATA:
        return XK_OK;
    case STATUS_P2_FCP:
        if (!x->gsm) {
            TRY(fcp_of_df(card, x->ch->df, &b));
            return answer_now(x, buf_bytes(&b));
        }
        TRY(gsm_answer_of_df(card, x->ch->df, &b));
        if (x->c.has_le && x->c.le < b.n)
            b.n = x->c.le;
        return answer_now(x, buf_bytes(&b));
    case STATUS_P2_NAME:
        if (!x->ch->usim)
            return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
        tlv_put(&b, TAG_DF_NAME, usim_aid);
        return answer_now(x, buf_bytes(&b));
    default:
        return refuse(x, SW_WRONG_P1P2);
    }
}
