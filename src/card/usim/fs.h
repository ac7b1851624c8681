/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the file tree, the same for all cards. */
#ifndef CARD_USIM_FS_H
#define CARD_USIM_FS_H

#include "card/usim/image.h"

#define FID_MF 0x3F00
#define FID_CURRENT_ADF 0x7FFF

enum df_id {
#define DF(name, parent, fid) DF_##name,
#include "card/usim/fs.def"
    DF_COUNT
};

enum ef_structure {
    EF_TRANSPARENT = 0x41,
    EF_LINEAR = 0x42,
    EF_CYCLIC = 0x46
}; /* TS 102 221 11.1.1.4.3 */

struct df {
    uint16_t fid;
    uint8_t parent; /* enum df_id; the MF is its own */
};

struct ef {
    uint16_t fid;
    uint8_t df, sfi, structure, rule, content;
};

const struct df *fs_df(enum df_id id);
const struct ef *fs_ef(unsigned index);
/* In this DF; -1 when there is none. */
int fs_find_df(enum df_id parent, uint16_t fid);
int fs_find_ef(enum df_id parent, uint16_t fid);
int fs_find_sfi(enum df_id parent, uint8_t sfi);
unsigned fs_count_dfs(enum df_id parent);
unsigned fs_count_efs(enum df_id parent);

static inline bool fs_under_usim(enum df_id df)
{
    return df == DF_USIM || df == DF_GSM_ACCESS || df == DF_5GS;
}

#endif
