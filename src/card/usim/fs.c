/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/fs.h"

#define SHAREABLE(structure) (DESCRIPTOR_SHAREABLE | STRUCTURE_##structure)
#define FID_ARR_MF 0x2F06
#define FID_ARR 0x6F06

/* Sizes by content.def, so that a file's row is a constant. */
enum content_length {
#define CONTENT(scope, name, length, records) CONTENT_LENGTH_##name = (length),
#include "card/usim/content.def"
};
enum content_records {
#define CONTENT(scope, name, length, records) CONTENT_RECORDS_##name = (records),
#include "card/usim/content.def"
};

/* EF_ARR of the application or telecom DF; the 2G DF uses the one of the MF, and so do DFs */
static const struct uicc_file files[] = {
#define DF(name, up, id)                                                                           \
    {.fid = (id),                                                                                  \
     .parent = DF_##up,                                                                            \
     .descriptor = SHAREABLE(DF),                                                                  \
     .flags = (id) == FID_CURRENT_ADF ? FILE_IS_ADF : 0,                                           \
     .arr = FID_ARR_MF,                                                                            \
     .rule = RULE_DIRECTORY},
#include "card/usim/fs.def"
#define EF(dir, id, short_id, kind, access, what)                                                  \
    {.fid = (id),                                                                                  \
     .parent = DF_##dir,                                                                           \
     .descriptor = SHAREABLE(kind),                                                                \
     .sfi = (short_id),                                                                            \
     .arr = DF_##dir == DF_MF || DF_##dir == DF_GSM ? FID_ARR_MF : FID_ARR,                        \
     .rule = RULE_##access,                                                                        \
     .record_len = STRUCTURE_##kind == STRUCTURE_TRANSPARENT ? 0 : CONTENT_LENGTH_##what,          \
     .size = CONTENT_LENGTH_##what * CONTENT_RECORDS_##what,                                       \
     .content = CONTENT_##what},
#include "card/usim/fs.def"
};

const struct uicc_file *fs_file(const struct uicc *u, unsigned id)
{
    (void)u;
    return id < ARRAY_LEN(files) ? &files[id] : NULL;
}
