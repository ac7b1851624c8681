/* SPDX-License-Identifier: Apache-2.0 */
/* What two packages differ in. Elements and entries of lists are compared by what is in them, then
 * by their order; members by the schema, DEFAULTs filled in; files by what a card would make of
 * them (file.h), so that neither the element that brings a file nor how its contents are cut
 * matters. */
#ifndef CODEC_SAIP_DIFF_H
#define CODEC_SAIP_DIFF_H

#include "base/arena.h"
#include "codec/saip/saip.h"

enum saip_change_kind { SAIP_ADDED, SAIP_REMOVED, SAIP_CHANGED };

/* path: "pinCodes[2]/pinCodes/pinconfig[1]/pinValue", "usim/ef-imsi/content[3..8]"; entries count
 * from 1, bytes from 0, where they stood before (what was added: where it stands now).
 * old, replaced_by: values as in text.h, on one line; NULL when there is none, and for a whole
 * element or file. */
struct saip_change {
    enum saip_change_kind kind;
    const char *path, *old, *replaced_by;
    struct saip_change *next;
};

struct saip_diff {
    struct saip_change *first; /* in the order of the packages */
    size_t n;
};

#define SAIP_DIFF_ELEMENTS_MAX 1024
#define SAIP_DIFF_FILES_MAX 4096
#define SAIP_DIFF_ARENA_MAX ((size_t)64 << 20) /* enough for any two packages in practice */

/* flags: SAIP_TEXT_SECRETS or 0 (text.h). All lives in the arena, which should not have less than
 * SAIP_DIFF_ARENA_MAX. XK_E_FORMAT: one of the two is no row of elements; XK_E_LIMIT, XK_E_NOMEM.
 */
enum xk_err saip_diff(struct bytes from, struct bytes to, unsigned flags, struct arena *arena,
                      struct saip_diff *out) XK_MUST_CHECK;

#endif
