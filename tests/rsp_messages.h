/* SPDX-License-Identifier: Apache-2.0 */
/* All messages of codec/rsp by name: what their decoder read, written again from the members (raw
 * spans dropped wherever there are members to write from). For the round trips of unit tests and
 * for the fuzz target, which tells them by number. */
#ifndef TESTS_RSP_MESSAGES_H
#define TESTS_RSP_MESSAGES_H

#include "base/arena.h"
#include "base/buf.h"

struct rsp_message {
    const char *name;
    /* What the decoder says, and then what the encoder says. */
    enum xk_err (*decode)(struct bytes der, struct arena *a, void *out);
    enum xk_err (*encode)(const void *in, struct buf *out);
};

#define RSP_MESSAGE_STRUCT_MAX 20480 /* of the struct behind void *, aligned as any */

extern const struct rsp_message rsp_messages[];
extern const size_t rsp_messages_n;
/* NULL when there is none. */
const struct rsp_message *rsp_message_find(const char *name);

#endif
