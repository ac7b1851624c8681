/* SPDX-License-Identifier: Apache-2.0 */
/* All that a card holds, as its flat memory; the SCP80 counters apart. */
#ifndef TESTS_UNIT_CARD_SNAPSHOT_H
#define TESTS_UNIT_CARD_SNAPSHOT_H

#include "bench.h"
#include "card/usim/image.h"

struct snapshot {
    uint8_t all[sizeof(struct image)];
    uint8_t down[5], up[5];
};

static inline void snapshot_take(const struct nvm_port *port, struct snapshot *out)
{
    struct nvm *n;

    if (nvm_open(port, image_rom(), &n) != XK_OK ||
        nvm_read(n, 0, out->all, sizeof out->all) != XK_OK)
        abort();
    nvm_close(n);
    memcpy(out->down, out->all + IMAGE_AT(state.down), sizeof out->down);
    memcpy(out->up, out->all + IMAGE_AT(state.up), sizeof out->up);
    memset(out->all + IMAGE_AT(state.down), 0, sizeof out->down);
    memset(out->all + IMAGE_AT(state.up), 0, sizeof out->up);
}

static inline bool snapshot_same(const struct snapshot *a, const struct snapshot *b)
{
    return memcmp(a->all, b->all, sizeof a->all) == 0;
}

#endif
