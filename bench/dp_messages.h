/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of one download: what reading and writing them costs by itself, and what a server
 * has to compute about them. */
#ifndef BENCH_DP_MESSAGES_H
#define BENCH_DP_MESSAGES_H

#include "dp_floor.h"
#include "dp_place.h"

struct dp_messages {
    struct dp_message {
        enum rsp_function function;
        struct buf body, answer;
        struct rsp_es9p_response response; /* spans into the arena that took it */
    } call[DP_CALLS];
    size_t n;
    struct arena arena; /* of the responses */
};

void dp_messages_init(struct dp_messages *m);
void dp_messages_fini(struct dp_messages *m);
void dp_messages_start(struct dp_messages *m);
void dp_messages_add(struct dp_messages *m, enum rsp_function function, struct bytes body,
                     struct bytes answer);
/* Once all are there: makes `response` of each. */
void dp_messages_decode(struct dp_messages *m);
/* Everything a server reads, JSON, DER and X.509, and writes, JSON, once each. */
void dp_messages_parse(const struct dp_messages *m, struct arena *scratch);
/* After dp_messages_decode. */
void dp_messages_operations(const struct dp_messages *m, enum dp_eum eum, struct arena *scratch,
                            struct dp_operations *out);

#endif
