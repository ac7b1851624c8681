/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/fs.h"

static const struct df dfs[DF_COUNT] = {
#define DF(name, up, id) [DF_##name] = {.fid = (id), .parent = DF_##up},
#include "card/usim/fs.def"
};

static const struct ef efs[] = {
#define EF(dir, id, short_id, kind, access, what)                                                  \
    {.fid = (id),                                                                                  \
     .df = DF_##dir,                                                                               \
     .sfi = (short_id),                                                                            \
     .structure = EF_##kind,                                                                       \
     .rule = RULE_##access,                                                                        \
     .content = CONTENT_##what},
#include "card/usim/fs.def"
};

const struct df *fs_df(enum df_id id)
{
    return &dfs[id];
}

const struct ef *fs_ef(unsigned index)
{
    return index < ARRAY_LEN(efs) ? &efs[index] : NULL;
}

int fs_find_df(enum df_id parent, uint16_t fid)
{
    for (unsigned i = DF_MF + 1; i < DF_COUNT; i++)
        if (dfs[i].parent == parent && dfs[i].fid == fid)
            return (int)i;
    return -1;
}

int fs_find_ef(enum df_id parent, uint16_t fid)
{
    for (unsigned i = 0; i < ARRAY_LEN(efs); i++)
        if (efs[i].df == parent && efs[i].fid == fid)
            return (int)i;
    return -1;
}

int fs_find_sfi(enum df_id parent, uint8_t sfi)
{
    for (unsigned i = 0; i < ARRAY_LEN(efs); i++)
        if (efs[i].df == parent && efs[i].sfi == sfi && sfi != 0)
            return (int)i;
    return -1;
}

unsigned fs_count_dfs(enum df_id parent)
{
    unsigned n = 0;

    for (unsigned i = DF_MF + 1; i < DF_COUNT; i++)
        n += dfs[i].parent == parent && i != DF_USIM; /* an ADF is no DF of the MF */
    return n;
}

unsigned fs_count_efs(enum df_id parent)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_LEN(efs); i++)
        n += efs[i].df == parent;
    return n;
}
