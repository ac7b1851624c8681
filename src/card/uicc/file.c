/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

#define P1_BY_SFI 0x80

/* An SFI makes its file the current one (TS 102 221 8.4.2). */
static const struct uicc_file *find_file(struct uicc *u, struct exchange *x, uint8_t sfi)
{
    unsigned found = x->ch->ef;

    if (sfi == 0) {
        x->sw = found == FILE_NONE ? SW_NO_EF_SELECTED : SW_OK;
        return found == FILE_NONE ? NULL : u->ops->file(u, found);
    }
    found = fs_find_sfi(u, x->ch->df, sfi);
    if (found == FILE_NONE) {
        x->sw = SW_FILE_NOT_FOUND;
        return NULL;
    }
    if (x->ch->ef != found)
        x->ch->record = 0;
    x->ch->ef = (uint16_t)found;
    return u->ops->file(u, found);
}

static bool is_kind(const struct uicc_file *f, enum file_kind kind)
{
    unsigned structure = STRUCTURE_OF(f);

    switch (kind) {
    case KIND_TRANSPARENT:
        return structure == STRUCTURE_TRANSPARENT;
    case KIND_CYCLIC:
        return structure == STRUCTURE_CYCLIC;
    case KIND_BER_TLV:
        return structure == STRUCTURE_BER_TLV;
    case KIND_RECORDS:
        break;
    }
    return structure == STRUCTURE_LINEAR || structure == STRUCTURE_CYCLIC;
}

/* TS 102 221 11.1.14: what is deactivated is not used, unless special file information allows
 * it. */
static bool is_usable(const struct uicc_file *f)
{
    return !(f->flags & FILE_DEACTIVATED) || (f->flags & FILE_READABLE_DEACTIVATED);
}

enum xk_err file_of_command(struct uicc *u, struct exchange *x, uint8_t sfi, enum file_kind kind,
                            enum access_mode mode, const struct uicc_file **out)
{
    const struct uicc_file *f = find_file(u, x, sfi);
    bool allowed = false;

    *out = NULL;
    if (!f)
        return XK_OK;
    if (!is_kind(f, kind))
        return refuse(x, SW_COMMAND_INCOMPATIBLE);
    if (!is_usable(f))
        return refuse(x, x->gsm ? SW_GSM_INVALIDATION_CONTRADICTION : SW_REF_DATA_INVALIDATED);
    TRY(access_check(u, f, mode, &allowed));
    if (!allowed)
        return refuse(x, SW_SECURITY_NOT_SATISFIED);
    *out = f;
    return XK_OK;
}

enum xk_err file_written(struct uicc *u, struct exchange *x, const struct uicc_file *f)
{
    if (u->ops->written)
        TRY(u->ops->written(u, f));
    return uicc_commit(u, x);
}

/* P1 P2 of the BINARY commands: offset, or SFI and a short offset. False: wrong parameters. */
static bool binary_parameters(const struct apdu_command *c, uint8_t *sfi, uint32_t *offset)
{
    *sfi = 0;
    *offset = (uint32_t)(c->p1 << 8 | c->p2);
    if (!(c->p1 & P1_BY_SFI))
        return true;
    *sfi = c->p1 & 0x1F;
    *offset = c->p2;
    return (c->p1 & 0x60) == 0 && *sfi != 0 && *sfi != 0x1F;
}

/* TS 102 221 11.1.3 */
enum xk_err cmd_read_binary(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    uint8_t data[256], sfi;
    uint32_t offset, n;

    if (!binary_parameters(&x->c, &sfi, &offset))
        return refuse(x, SW_WRONG_P1P2);
    TRY(file_of_command(u, x, sfi, KIND_TRANSPARENT, ACCESS_READ, &f));
    if (!f)
        return XK_OK;
    if (offset >= f->size)
        return refuse(x, SW_WRONG_PARAMETERS);
    n = f->size - offset < sizeof data ? f->size - offset : (uint32_t)sizeof data;
    if (x->c.has_le && x->c.le < n)
        n = x->c.le;
    TRY(u->ops->read(u, f, offset, data, n));
    return answer_now(x, BYTES(data, n));
}

/* TS 102 221 11.1.4 */
enum xk_err cmd_update_binary(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    uint32_t offset;
    uint8_t sfi;

    if (!binary_parameters(&x->c, &sfi, &offset))
        return refuse(x, SW_WRONG_P1P2);
    TRY(file_of_command(u, x, sfi, KIND_TRANSPARENT, ACCESS_UPDATE, &f));
    if (!f)
        return XK_OK;
    if (x->c.data.n == 0)
        return refuse(x, SW_WRONG_LENGTH);
    if (offset >= f->size)
        return refuse(x, SW_WRONG_PARAMETERS);
    if (x->c.data.n > f->size - offset)
        return refuse(x, SW_WRONG_LENGTH);
    TRY(u->ops->write(u, f, offset, x->c.data));
    return file_written(u, x, f);
}

/* DEACTIVATE FILE and ACTIVATE FILE, TS 102 221 11.1.14, 11.1.15; INVALIDATE and REHABILITATE, TS
 * 51.011 9.2.14, 9.2.15: the current EF */
static enum xk_err set_active(struct uicc *u, struct exchange *x, bool active)
{
    const struct uicc_file *f;
    bool allowed;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_P1P2);
    if (!u->ops->set_active)
        return refuse(x, SW_INS_UNKNOWN);
    if (x->c.data.n != 0)
        return refuse(x, SW_FUNCTION_UNSUPPORTED);
    if (x->ch->ef == FILE_NONE)
        return refuse(x, SW_NO_EF_SELECTED);
    f = u->ops->file(u, x->ch->ef);
    TRY(access_check(u, f, active ? ACCESS_ACTIVATE : ACCESS_DEACTIVATE, &allowed));
    if (!allowed)
        return refuse(x, SW_SECURITY_NOT_SATISFIED);
    if (x->gsm && active == !(f->flags & FILE_DEACTIVATED))
        return refuse(x, SW_GSM_INVALIDATION_CONTRADICTION);
    TRY(u->ops->set_active(u, x->ch->ef, active));
    return uicc_commit(u, x);
}

enum xk_err cmd_deactivate_file(struct uicc *u, struct exchange *x)
{
    return set_active(u, x, false);
}

enum xk_err cmd_activate_file(struct uicc *u, struct exchange *x)
{
    return set_active(u, x, true);
}
