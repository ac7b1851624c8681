/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the file tree, the same for all cards. */
#ifndef CARD_USIM_FS_H
#define CARD_USIM_FS_H

#include "card/uicc/uicc.h"
#include "card/usim/image.h"

/* Files are known to the UICC by their row in fs.def: the DFs, then the EFs. */
enum df_id {
#define DF(name, parent, fid) DF_##name,
#include "card/usim/fs.def"
    DF_COUNT
};

/* NULL behind the last. content is the enum content_id. */
const struct uicc_file *fs_file(const struct uicc *u, unsigned id);

#endif
