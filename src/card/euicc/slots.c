/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles by slot: row, metadata, nickname, and the objects of the profile itself. */
#include "card/euicc/state.h"

/* ISD-P instances (SGP.22 2.4.2): A0000005591010FFFFFFFF89 0000 10 00, 11 00 ... */
static const uint8_t isdp_aid[RSP_AID_MAX] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                              0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x10, 0x00};
#define ISDP_NUMBER 14 /* the byte that counts */
#define ISDP_FIRST 0x10

bool slot_used(const struct euicc *e, unsigned slot)
{
    return slot < EUICC_PROFILES_MAX && flash_has(e->flash, OBJECT_ROW + slot);
}

unsigned slot_free(const struct euicc *e)
{
    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        if (!slot_used(e, i))
            return i;
    }
    return NO_SLOT;
}

enum xk_err slot_row(const struct euicc *e, unsigned slot, struct row *out)
{
    return flash_read(e->flash, OBJECT_ROW + slot, 0, (uint8_t *)out, sizeof *out);
}

enum xk_err slot_put_row(struct euicc *e, unsigned slot, const struct row *row)
{
    return flash_put(e->flash, OBJECT_ROW + slot, BYTES(row, sizeof *row));
}

unsigned slot_enabled(const struct euicc *e)
{
    struct row row;

    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        if (slot_row(e, i, &row) == XK_OK && row.enabled)
            return i;
    }
    return NO_SLOT;
}

enum xk_err slot_metadata(const struct euicc *e, unsigned slot, struct rsp_metadata *out)
{
    struct bytes der;

    TRY(flash_get(e->flash, OBJECT_METADATA + slot, &der));
    return rsp_decode_store_metadata(der, out);
}

unsigned slot_of_iccid(const struct euicc *e, struct bytes iccid)
{
    struct rsp_metadata m;

    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        if (slot_metadata(e, i, &m) == XK_OK && bytes_eq(m.iccid, iccid))
            return i;
    }
    return NO_SLOT;
}

void slot_aid(unsigned slot, uint8_t aid[RSP_AID_MAX])
{
    memcpy(aid, isdp_aid, RSP_AID_MAX);
    aid[ISDP_NUMBER] = (uint8_t)(ISDP_FIRST + slot);
}

unsigned slot_of_aid(const struct euicc *e, struct bytes aid)
{
    uint8_t mine[RSP_AID_MAX];

    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        slot_aid(i, mine);
        if (slot_used(e, i) && bytes_eq(aid, BYTES_OF(mine)))
            return i;
    }
    return NO_SLOT;
}

static enum xk_err delete_if_there(struct flash *f, uint32_t id)
{
    return flash_has(f, id) ? flash_delete(f, id) : XK_OK;
}

enum xk_err slot_erase(struct euicc *e, unsigned slot)
{
    TRY(delete_if_there(e->flash, OBJECT_ROW + slot));
    TRY(delete_if_there(e->flash, OBJECT_METADATA + slot));
    TRY(delete_if_there(e->flash, OBJECT_NICKNAME + slot));
    TRY(delete_if_there(e->flash, OBJECT_PROPRIETARY + slot));
    if (!profile_is_stored(e->flash, slot_base(slot)))
        return XK_OK;
    return profile_erase(e->flash, slot_base(slot));
}
