/* SPDX-License-Identifier: Apache-2.0 */
/* What diff.c and diff_file.c share. */
#ifndef CODEC_SAIP_DIFF_INSIDE_H
#define CODEC_SAIP_DIFF_INSIDE_H

#include "codec/saip/diff.h"
#include "codec/saip/file.h"
#include "codec/saip/schema.h"

#define DIFF_PATH_MAX 512

struct diff_file {
    struct saip_node node;
    struct diff_file *twin; /* in the other package */
    struct diff_file *next; /* of the element */
};

struct diff_element {
    struct saip_pe pe;
    struct bytes body; /* without the PEHeader */
    unsigned ordinal;  /* among those of its type, from 1; 0: it is alone */
    struct diff_element *twin;
    bool walked; /* files holds what it makes; otherwise it is compared by the schema */
    bool told;
    struct diff_file *files;
};

struct diff_side {
    struct diff_element *elements;
    size_t n;
    size_t files;
};

struct diff {
    unsigned flags;
    struct arena *arena;
    struct saip_diff *out;
    struct saip_change **end;
    struct diff_side from, to;
    char path[DIFF_PATH_MAX];
    size_t path_n;
    enum xk_err err; /* sticky */
};

/* Goes down: "/name", or "[3]" behind it. diff_leave(d, mark) comes back. */
size_t diff_enter(struct diff *d, const char *fmt, ...) XK_PRINTF(2, 3);
void diff_leave(struct diff *d, size_t mark);
/* A change at the path. Texts are copied; NULL: none. */
void diff_tell(struct diff *d, enum saip_change_kind kind, const char *old, const char *new_);

/* The files of all elements of a side, in their order. */
enum xk_err diff_walk(struct diff *d, struct diff_side *side) XK_MUST_CHECK;
/* Twins for the files of both sides. */
void diff_match_files(struct diff *d);
/* What became of the files of an old element; what files a new one brings. Files that come or go
 * with their element are not told. */
void diff_old_files(struct diff *d, const struct diff_element *e);
void diff_new_files(struct diff *d, const struct diff_element *e);

#endif
