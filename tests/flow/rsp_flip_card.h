/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of a message to the eUICC on the bench is changed in turn: the card refuses it, with
 * an answer that is right for that part of the message, and is as it was. */
#ifndef TESTS_FLOW_RSP_FLIP_CARD_H
#define TESTS_FLOW_RSP_FLIP_CARD_H

#include "crypto/hash.h"
#include "euicc_bench.h"

#define FLIP_PARTS_MAX 32
#define FLIP_PIECES_MAX 32

/* A run of the message and the answers that are right when it is changed: names of codes.def, "ok"
 * where neither signature nor MAC is over it, status words. The last part is the frame. */
struct flip_part {
    const char *name;
    struct bytes span;
    const char *answers;
};

struct flip;
/* One message: how the card is brought to where it is expected (NULL: nothing to do), what it is
 * made of, how the card answers. make tells the parts, the same ones each time. */
struct flip_message {
    void (*begin)(struct flip *f);
    size_t (*make)(struct flip *f, struct flip_part parts[FLIP_PARTS_MAX]);
    const char *(*send)(struct flip *f, struct bytes message);
    /* what is wrong with the card now that it has refused; NULL: nothing */
    const char *(*after)(struct flip *f, const char *answer);
    enum { RETRY_OFTEN, NO_RETRY } retry; /* NO_RETRY: taken once, it is not wanted again */
};

struct flip {
    struct bench b;
    const struct flip_message *m;
    struct buf message;
    struct rsp_bpp_pieces cut; /* of a package */
    struct bytes pieces[FLIP_PIECES_MAX];
    size_t n_pieces;
    struct bytes crl;
    uint64_t steps; /* of the memory, before the message */
    uint8_t before[HASH_LEN];
};

void flip_init(struct flip *f, enum ec_curve curve);
void flip_fini(struct flip *f);
/* Each byte by each mask, or by one of them in turn. */
enum flip_thorough { FLIP_ALL_MASKS, FLIP_MASK_IN_TURN };
void flip_all(struct flip *f, const struct flip_message *m, enum flip_thorough thorough);

/* Objects of the memory, but for notifications and their counter, are what they were. */
bool flip_as_before(const struct flip *f);
/* For `after`: not a byte has been written. */
const char *flip_nothing_written(struct flip *f, const char *answer);
/* "ok", the name of the error, the status word (error UINT32_MAX) */
const char *flip_answer(const struct flip *f, enum rsp_code_table table, uint32_t error);
const char *flip_sw(uint16_t sw);

#endif
