/* SPDX-License-Identifier: Apache-2.0 */
/* The time line of a task as a message ladder: the platform on the left, the card on the right.
 *
 *   07:55:01.123  +0.000  ● NUMBER_LOCKED                                  │
 *   07:55:01.400  +0.277  │── PREPARE to 1440000200001, attempt 1 ────────►│
 *                         │   SCP80 command ...                            │
 */
#ifndef PROG_XIEKA_LADDER_H
#define PROG_XIEKA_LADDER_H

#include "prog/xieka/args.h"

struct ladder {
    enum language lang;
    bool utf8;
    int64_t first_ms; /* 0: the next event is the first */
    bool bare;        /* arrows only, nothing of what the messages hold */
};

struct ladder_event {
    const char *at;      /* "2026-11-21T07:55:01.123Z" */
    const char *kind;    /* state, sms_out, sms_in, receipt, attach, note */
    const char *state;   /* name of the task's state */
    const char *detail;  /* one line */
    const char *content; /* lines; NULL none */
};

void ladder_head(const struct ladder *l, const char *cid, struct buf *out);
void ladder_put(struct ladder *l, const struct ladder_event *e, struct buf *out);

#endif
