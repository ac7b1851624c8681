/* SPDX-License-Identifier: Apache-2.0 */
/* The live board of a batch, as text: a bar, how many tasks are in which state, short messages. */
#ifndef PROG_XIEKA_BOARD_H
#define PROG_XIEKA_BOARD_H

#include "model/task.h"
#include "prog/xieka/args.h"

#define BOARD_STATES_MAX 32

struct board {
    const char *batch;
    int64_t total, finished, success;
    bool paused;
    int64_t by_state[BOARD_STATES_MAX]; /* in the order of task_states() */
    int64_t elapsed_ms;
    bool has_sms;
    int64_t sent, outstanding, queued, received; /* since the batch was begun to be watched */
    enum language lang;
    bool utf8, colours;
};

/* The whole board, *lines long. */
void board_put(const struct board *b, struct buf *out, size_t *lines);
/* The same in one line, for logs and pipes. */
void board_put_line(const struct board *b, struct buf *out);

#endif
