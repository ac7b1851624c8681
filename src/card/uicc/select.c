/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "card/uicc/inside.h"

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
#define FCP_MAX 256
#define OTHER_FCI_MAX 1024

/* Where a selection stands before it is taken over. */
struct place {
    const struct uicc *u;
    unsigned adf, df, ef;
};

static const struct uicc_file *file_at(const struct uicc *u, unsigned id)
{
    return u->ops->file(u, id);
}

static void enter_df(struct place *at, unsigned df)
{
    unsigned adf = fs_adf_of(at->u, df);

    at->df = df;
    at->ef = FILE_NONE;
    if (adf != FILE_NONE)
        at->adf = adf;
}

static bool enter_if(struct place *at, unsigned df)
{
    if (df == FILE_NONE)
        return false;
    enter_df(at, df);
    return true;
}

/* An ADF has no FID to be selected by. */
static bool is_called(const struct uicc *u, unsigned df, uint16_t fid)
{
    const struct uicc_file *f = file_at(u, df);

    return f->fid == fid && !(f->flags & FILE_IS_ADF);
}

/* TS 102 221 8.4.1: the MF, the current DF, its children, its parent, its siblings, the ADF */
static bool step(struct place *at, uint16_t fid)
{
    unsigned parent = file_at(at->u, at->df)->parent;
    unsigned found = fs_find_ef(at->u, at->df, fid);

    if (fid == FID_MF)
        return enter_if(at, FILE_MF);
    if (found != FILE_NONE) {
        at->ef = found;
        return true;
    }
    if (fid == FID_CURRENT_ADF)
        return enter_if(at, at->adf);
    found = fs_find_df(at->u, at->df, fid);
    if (found == FILE_NONE && is_called(at->u, at->df, fid))
        found = at->df;
    if (found == FILE_NONE && is_called(at->u, parent, fid))
        found = parent;
    if (found == FILE_NONE && at->df != FILE_MF)
        found = fs_find_df(at->u, parent, fid);
    return enter_if(at, found);
}

static bool walk(struct place *at, struct bytes path)
{
    struct cur c = cur_of(path);

    if (path.n == 0 || path.n % 2 != 0)
        return false;
    while (c.n > 0) {
        if (at->ef != FILE_NONE || !step(at, cur_u16(&c)))
            return false;
    }
    return true;
}

static bool name_fits(const struct uicc *u, unsigned id, struct bytes name)
{
    struct bytes aid;

    if (!(file_at(u, id)->flags & FILE_IS_ADF))
        return false;
    aid = u->ops->aid(u, id);
    return name.n <= aid.n && bytes_eq(name, bytes_part(aid, 0, name.n));
}

/* The n-th application from one on, in this direction, whose name begins so. */
static unsigned find_name(const struct uicc *u, struct bytes name, unsigned from, int by)
{
    for (unsigned id = from; id != FILE_MF && file_at(u, id); id += (unsigned)by)
        if (name_fits(u, id, name))
            return id;
    return FILE_NONE;
}

static unsigned last_file(const struct uicc *u)
{
    unsigned id = FILE_MF;

    while (file_at(u, id + 1))
        id++;
    return id;
}

static bool whole_name(struct place *at, struct bytes name)
{
    unsigned id = find_name(at->u, name, FILE_MF + 1, 1);

    while (id != FILE_NONE && at->u->ops->aid(at->u, id).n != name.n)
        id = find_name(at->u, name, id + 1, 1);
    return enter_if(at, id);
}

/* By name: whole or the beginning of it. Of several that begin so, the first, the last, the next
 * or the one before the active one (TS 102 221 11.1.1.2, table 11.2). */
static bool by_name(struct place *at, struct bytes name, uint8_t p2)
{
    const struct uicc *u = at->u;
    bool active = at->adf != FILE_NONE;

    if (name.n < AID_MIN)
        return false;
    if (whole_name(at, name))
        return true;
    switch (p2 & P2_OCCURRENCE) {
    case 0:
        return enter_if(at, find_name(u, name, FILE_MF + 1, 1));
    case 1:
        return enter_if(at, find_name(u, name, last_file(u), -1));
    case 2:
        return enter_if(at, find_name(u, name, active ? at->adf + 1 : FILE_MF + 1, 1));
    default:
        return enter_if(at, find_name(u, name, active ? at->adf - 1 : last_file(u), -1));
    }
}

static bool single(struct place *at, struct bytes data)
{
    if (data.n == 0)
        return step(at, FID_MF);
    at->ef = FILE_NONE;
    return data.n == 2 && step(at, (uint16_t)(data.p[0] << 8 | data.p[1]));
}

static bool child(struct place *at, struct bytes data)
{
    if (data.n != 2)
        return false;
    return enter_if(at, fs_find_df(at->u, at->df, (uint16_t)(data.p[0] << 8 | data.p[1])));
}

static bool find(struct place *at, const struct apdu_command *c)
{
    switch (c->p1) {
    case P1_BY_FID:
        return single(at, c->data);
    case P1_CHILD_DF:
        return child(at, c->data);
    case P1_PARENT_DF:
        enter_df(at, file_at(at->u, at->df)->parent);
        return c->data.n == 0;
    case P1_BY_NAME:
        return by_name(at, c->data, c->p2);
    case P1_PATH_FROM_MF:
        enter_df(at, FILE_MF);
        return walk(at, c->data);
    default: /* P1_PATH_FROM_DF */
        at->ef = FILE_NONE;
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

static bool no_data(const struct exchange *x)
{
    return !x->gsm && (x->c.p2 & P2_RETURN) == P2_NO_DATA;
}

/* A file that is deactivated can be selected; the warning says what it is (TS 102 221 10.2.1.2). */
static enum xk_err answer_selected(struct uicc *u, struct exchange *x, unsigned id)
{
    bool deactivated = file_at(u, id)->flags & FILE_DEACTIVATED;
    uint8_t mem[FCP_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    if (!no_data(x)) {
        TRY(x->gsm ? gsm_answer_of_file(u, id, &b) : fcp_of_file(u, id, &b));
        TRY(answer_later(u, x, buf_bytes(&b)));
    }
    if (deactivated && !x->gsm)
        x->sw = SW_FILE_INVALIDATED;
    return XK_OK;
}

void leave_other(struct uicc *u, struct channel *ch)
{
    if (ch->other && u->ops->other_deselected)
        u->ops->other_deselected(u, (unsigned)(ch - u->channel));
    ch->other = false;
}

static void take_over(struct uicc *u, struct channel *ch, const struct place *at)
{
    leave_other(u, ch);
    ch->adf = (uint16_t)at->adf;
    ch->df = (uint16_t)at->df;
    ch->ef = (uint16_t)at->ef;
    ch->record = 0;
}

static bool terminates(const struct apdu_command *c)
{
    return c->p1 == P1_BY_NAME && (c->p2 & P2_SESSION) == P2_TERMINATE;
}

/* An application that is no ADF; *taken false when there is none of that name. */
static enum xk_err select_other(struct uicc *u, struct exchange *x, bool *taken)
{
    unsigned channel = (unsigned)(x->ch - u->channel);
    uint8_t mem[OTHER_FCI_MAX];
    struct buf fci;

    *taken = false;
    if (!u->ops->other_select || x->c.p1 != P1_BY_NAME || x->c.data.n < AID_MIN)
        return XK_OK;
    buf_init_fixed(&fci, mem, sizeof mem);
    *taken = u->ops->other_select(u, channel, x->c.data, &fci);
    if (!*taken)
        return XK_OK;
    *x->ch = (struct channel){
        .open = true, .other = true, .adf = FILE_NONE, .df = FILE_MF, .ef = FILE_NONE};
    if (no_data(x) || fci.n == 0)
        return XK_OK;
    return answer_later(u, x, buf_bytes(&fci));
}

/* TS 102 221 11.1.1; TS 51.011 9.2.1 */
enum xk_err cmd_select(struct uicc *u, struct exchange *x)
{
    struct place at = {u, x->ch->adf, x->ch->df, x->ch->ef};
    bool taken;

    if (!known_p1(x->c.p1) || !known_p2(x) || (x->gsm && x->c.p1 != 0))
        return refuse(x, SW_WRONG_P1P2);
    if (x->gsm && x->c.data.n != 2)
        return refuse(x, SW_WRONG_LENGTH);
    if (!find(&at, &x->c)) {
        TRY(select_other(u, x, &taken));
        return taken ? XK_OK : refuse(x, SW_FILE_NOT_FOUND);
    }
    if (terminates(&x->c)) {
        enter_df(&at, FILE_MF);
        at.adf = FILE_NONE;
    }
    take_over(u, x->ch, &at);
    return answer_selected(u, x, at.ef != FILE_NONE ? at.ef : at.df);
}

/* STATUS, TS 102 221 11.1.2; TS 51.011 9.2.2 */
#define STATUS_P2_FCP 0x00
#define STATUS_P2_NAME 0x01
#define STATUS_P2_NO_DATA 0x0C
#define TAG_DF_NAME 0x84

enum xk_err cmd_status(struct uicc *u, struct exchange *x)
{
    uint8_t mem[FCP_MAX];
    struct buf b;

    if (x->c.p1 > 2 || (x->gsm && (x->c.p1 || x->c.p2)))
        return refuse(x, SW_WRONG_P1P2);
    if (u->ops->polled)
        u->ops->polled(u);
    buf_init_fixed(&b, mem, sizeof mem);
    switch (x->c.p2) {
    case STATUS_P2_NO_DATA:
        return XK_OK;
    case STATUS_P2_FCP:
        if (!x->gsm) {
            TRY(fcp_of_file(u, x->ch->df, &b));
            return answer_now(x, buf_bytes(&b));
        }
        TRY(gsm_answer_of_file(u, x->ch->df, &b));
        if (x->c.has_le && x->c.le < b.n)
            b.n = x->c.le;
        return answer_now(x, buf_bytes(&b));
    case STATUS_P2_NAME:
        if (x->ch->adf == FILE_NONE)
            return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
        tlv_put(&b, TAG_DF_NAME, u->ops->aid(u, x->ch->adf));
        return answer_now(x, buf_bytes(&b));
    default:
        return refuse(x, SW_WRONG_P1P2);
    }
}
