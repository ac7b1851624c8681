/* SPDX-License-Identifier: Apache-2.0 */
/* Non-volatile memory of a card: pages behind a port, and a journal over them that makes any set of
 * changes atomic. A power cut at any single page write leaves all of a transaction or none of it.
 * Page writes are counted per page (the counts live in the memory itself) and held against the
 * endurance of the card's grade (white paper table 2-2). */
#ifndef CARD_USIM_NVM_H
#define CARD_USIM_NVM_H

#include "base/buf.h"

#define NVM_PAGE_LEN 128 /* bytes of a page, its own head included */

enum nvm_grade { NVM_CONSUMER, NVM_INDUSTRIAL, NVM_AUTOMOTIVE };
/* 100,000, 500,000, 1,000,000 */
uint32_t nvm_endurance(enum nvm_grade grade);

/* The memory chip. write returns XK_E_CLOSED when power was cut during this write: the page may
 * then hold the old bytes, the new ones, or anything in between. */
struct nvm_port {
    void *ctx;
    enum xk_err (*read)(void *ctx, uint32_t page, uint8_t out[NVM_PAGE_LEN]);
    enum xk_err (*write)(void *ctx, uint32_t page, const uint8_t in[NVM_PAGE_LEN]);
    enum xk_err (*sync)(void *ctx); /* writes before come to rest before writes after */
};

/* Memory for fleets: copy-on-write over a shared image, so that an unused page costs nothing. */
struct nvm_memory;
struct nvm_memory *nvm_memory_new(void);
void nvm_memory_free(struct nvm_memory *m);
struct nvm_port nvm_memory_port(struct nvm_memory *m);
/* Tests and fleets: power is cut during the n-th page write from now (1 = next); 0 = never. */
void nvm_memory_cut_at(struct nvm_memory *m, uint32_t writes, uint64_t tear_seed);
size_t nvm_memory_bytes(const struct nvm_memory *m); /* what it costs now */

struct nvm_wear {
    uint64_t writes; /* page writes over the card's life */
    uint32_t worst_page;
    uint32_t worst; /* writes of that page */
    uint32_t endurance;
    uint32_t left; /* endurance - worst, 0 when used up */
};

#endif
