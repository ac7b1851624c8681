/* SPDX-License-Identifier: Apache-2.0 */
/* What files a package makes, and what is in them: template defaults, descriptor and contents put
 * together. The card, the lint and the comparison of packages all take it from here.
 *
 * Rules: contents are the template's pattern, or the descriptor's fill or repeat pattern, or FF;
 * each content is written where the one before ended, an offset moves on from there. A descriptor
 * replaces only the members that it names. A template that is "created by default" makes all its
 * files that are not marked doNotCreate; of the others only those that stand in the package. */
#ifndef CODEC_SAIP_FILE_H
#define CODEC_SAIP_FILE_H

#include "base/arena.h"
#include "codec/saip/template.h"

#define SAIP_DEPTH_MAX 8                  /* directories above a file */
#define SAIP_FILE_MAX ((uint32_t)0x20000) /* bytes of one file */
#define SAIP_FID_MF 0x3F00
#define SAIP_FID_ARR_MF 0x2F06 /* the EF.ARR of the MF, its files and of ADFs */
#define SAIP_FID_ARR 0x6F06    /* of the others */

enum saip_act {
    SAIP_CREATE,
    SAIP_UPDATE /* new contents for a file that is there already (genericFileManagement) */
};

struct saip_node {
    enum saip_act act;
    enum saip_kind kind;
    const char *name; /* "ef-ust"; NULL without template */
    uint32_t tag;     /* of the element; 0 without template */
    /* The FIDs of the directories above, from the MF (3F00) on, an ADF by its temporary FID. */
    uint16_t path[SAIP_DEPTH_MAX];
    uint8_t depth;
    uint16_t fid;                         /* an ADF's temporary one */
    const struct saip_template_file *row; /* NULL without template */
    bool named;   /* stands in the package; else it is only the template's default */
    bool generic; /* comes from genericFileManagement */
    bool shareable;
    bool has_sfi;
    uint8_t sfi;
    uint16_t arr_fid; /* EF.ARR with the access rules: 2F06 or 6F06 unless named */
    uint8_t arr_record;
    uint8_t lcsi;            /* 05 activated, 04 deactivated */
    uint8_t special;         /* special file information, TS 102 222 */
    struct bytes df_name;    /* AID of an ADF */
    struct bytes pin_status; /* PS template DO of a directory */
    bool link;               /* contents are another file's: */
    struct bytes link_path;  /* from the MF, two bytes a FID */
    uint16_t record_size;    /* 0 unless records */
    uint16_t records;
    uint32_t size;        /* all of it; for BER-TLV the maximum, 0: not limited */
    struct bytes content; /* of size bytes (BER-TLV: as far as given); in the arena */
    uint32_t given;       /* contents bytes that stand in the package */
    struct bytes steps;   /* as they stand; SAIP_UPDATE: saip_write_steps */
};

/* A refusal, for people: which rule. Static text. */
struct saip_fault {
    const char *why; /* "contents are longer than the file" */
    struct bytes at; /* the TLV at fault in the package, or empty */
};

/* One file: row (NULL: no template, then the descriptor says all) and the steps of the package.
 * under_mf: stands right below the MF, or is an ADF or the MF, for the choice of EF.ARR.
 * *created false: doNotCreate. path and depth are the caller's.
 *   XK_E_FORMAT, XK_E_VALUE, XK_E_LIMIT: *fault says what is wrong with the file. */
struct saip_file_input {
    const struct saip_template_file *row;
    const char *name;
    struct bytes steps; /* saip_next_step; of genericFileManagement saip_next_gfm_step */
    bool named;
    bool generic;
    bool under_mf;
};
enum xk_err saip_file_resolve(const struct saip_file_input *in, struct arena *arena,
                              struct saip_node *out, bool *created, struct saip_fault *fault)
    XK_MUST_CHECK;

/* Writes the offsets and contents of a node over content[n]; XK_E_LIMIT past its end. *given counts
 * the bytes written, *end is where the last one stands, plus one. */
enum xk_err saip_write_steps(const struct saip_node *node, uint8_t *content, size_t n,
                             uint32_t *given, uint32_t *end) XK_MUST_CHECK;

/* All files of a package, element by element:
 *     saip_walk_init(&w);
 *     for each pe: TRY(saip_walk_pe(&w, &pe));
 *                  while ((err = saip_walk_next(&w, arena, &node, &fault)) == XK_OK) ...
 *                  XK_E_NOT_FOUND ends it; any other error concerns one file and the next can still
 *                  be asked for, except XK_E_NOMEM.
 * Elements without files have none. */
struct saip_walk {
    uint16_t adf[SAIP_BASES]; /* temporary FID of the last ADF by enum saip_base; 0: none yet */
    enum saip_type type;
    const struct saip_template *template_;
    const struct saip_template_file *row; /* the last one given */
    struct bytes files;
    struct cur strange;  /* files that are in no row: given at the end */
    struct cur commands; /* genericFileManagement */
    struct cur steps;
    uint16_t path[SAIP_DEPTH_MAX + 1]; /* of the first DF, the MF included */
    uint8_t depth;
};
void saip_walk_init(struct saip_walk *w);
/* XK_E_FORMAT; XK_E_UNSUPPORTED: a template that we do not have; XK_E_STATE: the ADF under which
 * its files belong has not come. */
enum xk_err saip_walk_pe(struct saip_walk *w, const struct saip_pe *pe) XK_MUST_CHECK;
enum xk_err saip_walk_next(struct saip_walk *w, struct arena *arena, struct saip_node *out,
                           struct saip_fault *fault) XK_MUST_CHECK;

#endif
