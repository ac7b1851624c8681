/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/applet.h"
#include "card/usim/card.h"

#define P1_BY_SFI 0x80

static const struct ef *find_file(struct exchange *x, uint8_t sfi)
{
    int found = x->ch->ef;

    if (sfi == 0) {
        x->sw = found < 0 ? SW_NO_EF_SELECTED : SW_OK;
        return found < 0 ? NULL : fs_ef((unsigned)found);
    }
    found = fs_find_sfi(x->ch->df, sfi);
    if (found < 0) {
        x->sw = SW_FILE_NOT_FOUND;
        return NULL;
    }
    if (x->ch->ef != found)
        x->ch->record = 0;
    x->ch->ef = (int16_t)found; /* TS 102 221 8.4.2: becomes the current EF */
    return fs_ef((unsigned)found);
}

static bool is_kind(const struct ef *ef, enum file_kind kind)
{
    if (kind == FILE_CYCLIC)
        return ef->structure == EF_CYCLIC;
    return (ef->structure == EF_TRANSPARENT) == (kind == FILE_TRANSPARENT);
}

enum xk_err file_of_command(struct usim *card, struct exchange *x, uint8_t sfi, enum file_kind kind,
                            enum access_mode mode, const struct ef **out)
{
    const struct ef *ef = find_file(x, sfi);
    bool allowed = false;

    *out = NULL;
    if (!ef)
        return XK_OK;
    if (!is_kind(ef, kind))
        return refuse(x, SW_COMMAND_INCOMPATIBLE);
    TRY(access_check(card, ef, mode, &allowed));
    if (!allowed)
        return refuse(x, SW_SECURITY_NOT_SATISFIED);
    *out = ef;
    return XK_OK;
}

uint32_t file_offset(const struct usim *card, const struct ef *ef)
{
    return content_offset(ef->content, card->bank);
}

enum xk_err file_written(struct usim *card, struct exchange *x, const struct ef *ef)
{
    TRY(applet_file_written(card, ef->content));
    return card_commit(card, x);
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
enum xk_err cmd_read_binary(struct usim *card, struct exchange *x)
{
    uint32_t offset, size, n;
    const struct ef *ef;
    uint8_t data[256], sfi;

    if (!binary_parameters(&x->c, &sfi, &offset))
        return refuse(x, SW_WRONG_P1P2);
    TRY(file_of_command(card, x, sfi, FILE_TRANSPARENT, ACCESS_READ, &ef));
    if (!ef)
        return XK_OK;
    size = content_size(content_of(ef->content));
    if (offset >= size)
        return refuse(x, SW_WRONG_PARAMETERS);
    n = size - offset < sizeof data ? size - offset : (uint32_t)sizeof data;
    if (x->c.has_le && x->c.le < n)
        n = x->c.le;
    TRY(card_get(card, file_offset(card, ef) + offset, data, n));
    return answer_now(x, BYTES(data, n));
}

/* TS 102 221 11.1.4 */
enum xk_err cmd_update_binary(struct usim *card, struct exchange *x)
{
    const struct ef *ef;
    uint32_t offset, size;
    uint8_t sfi;

    if (!binary_parameters(&x->c, &sfi, &offset))
        return refuse(x, SW_WRONG_P1P2);
    TRY(file_of_command(card, x, sfi, FILE_TRANSPARENT, ACCESS_UPDATE, &ef));
    if (!ef)
        return XK_OK;
    size = content_size(content_of(ef->content));
    if (x->c.data.n == 0)
        return refuse(x, SW_WRONG_LENGTH);
    if (offset >= size)
        return refuse(x, SW_WRONG_PARAMETERS);
    if (x->c.data.n > size - offset)
        return refuse(x, SW_WRONG_LENGTH);
    TRY(card_put(card, file_offset(card, ef) + offset, x->c.data.p, x->c.data.n));
    return file_written(card, x, ef);
}
