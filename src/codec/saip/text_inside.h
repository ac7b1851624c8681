/* SPDX-License-Identifier: Apache-2.0 */
/* What text.c and text_note.c share. */
#ifndef CODEC_SAIP_TEXT_INSIDE_H
#define CODEC_SAIP_TEXT_INSIDE_H

#include "codec/saip/file.h"
#include "codec/saip/schema.h"
#include "codec/saip/text.h"

struct text {
    struct buf *out;
    unsigned flags;
    unsigned level; /* of braces */
    uint8_t major;  /* edition */
    const struct saip_member *failed;
    struct saip_text_loss loss;
    struct arena arena; /* of the notes on one element */
    struct saip_walk walk;
    struct text_note *notes;
};

/* Begins a line: two spaces a level. */
void text_line(struct text *t);

/* A value on its own; XK_E_FORMAT, XK_E_VALUE: not of the schema. */
enum xk_err text_value(struct text *t, const struct saip_member *m, struct bytes value)
    XK_MUST_CHECK;

/* Looks at the files that an element makes. */
enum xk_err text_notes_of(struct text *t, const struct saip_pe *pe) XK_MUST_CHECK;
/* Lines of comment for people before a member or an entry, if there is something to say. */
void text_note(struct text *t, const struct saip_member *m, struct bytes value);

#endif
