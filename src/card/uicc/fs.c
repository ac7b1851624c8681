/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/uicc.h"

enum wanted { A_DF, AN_EF };

static unsigned find(const struct uicc *u, unsigned parent, uint16_t fid, enum wanted what)
{
    const struct uicc_file *f;

    for (unsigned id = FILE_MF + 1; (f = u->ops->file(u, id)) != NULL; id++)
        if (f->parent == parent && f->fid == fid && !(f->flags & FILE_IS_ADF) &&
            file_is_df(f) == (what == A_DF))
            return id;
    return FILE_NONE;
}

unsigned fs_find_df(const struct uicc *u, unsigned parent, uint16_t fid)
{
    return find(u, parent, fid, A_DF);
}

unsigned fs_find_ef(const struct uicc *u, unsigned parent, uint16_t fid)
{
    return find(u, parent, fid, AN_EF);
}

unsigned fs_find_sfi(const struct uicc *u, unsigned parent, uint8_t sfi)
{
    const struct uicc_file *f;

    for (unsigned id = FILE_MF + 1; (f = u->ops->file(u, id)) != NULL; id++)
        if (sfi != 0 && f->sfi == sfi && f->parent == parent && !file_is_df(f))
            return id;
    return FILE_NONE;
}

unsigned fs_adf_of(const struct uicc *u, unsigned id)
{
    while (id != FILE_MF) {
        const struct uicc_file *f = u->ops->file(u, id);

        if (f->flags & FILE_IS_ADF)
            return id;
        id = f->parent;
    }
    return FILE_NONE;
}
