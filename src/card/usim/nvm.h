/* SPDX-License-Identifier: Apache-2.0 */
/* Non-volatile memory of a card: pages behind a port, and a journal over them that makes any set of
 * changes atomic. A power cut at any single page write leaves all of a transaction or none of it.
 * Page writes are counted per page (the counts live in the memory itself) and held against the
 * endurance of the card's grade (white paper table 2-2). */
#ifndef CARD_USIM_NVM_H
#define CARD_USIM_NVM_H

#include "base/buf.h"

#define NVM_PAGE_LEN 128 /* bytes of a page, its own head included */
#define NVM_HEAD_LEN 16
#define NVM_DATA_LEN (NVM_PAGE_LEN - NVM_HEAD_LEN)

enum nvm_grade { NVM_CONSUMER, NVM_INDUSTRIAL, NVM_AUTOMOTIVE };
/* 100,000, 500,000, 1,000,000 */
uint32_t nvm_endurance(enum nvm_grade grade);

/* The memory chip. A page never written reads as zeros. write returns XK_E_CLOSED when power was
 * cut during this write: the page may then hold the old bytes, the new ones, or anything in
 * between. */
struct nvm_port {
    void *ctx;
    enum xk_err (*read)(void *ctx, uint32_t page, uint8_t out[NVM_PAGE_LEN]);
    enum xk_err (*write)(void *ctx, uint32_t page, const uint8_t in[NVM_PAGE_LEN]);
    enum xk_err (*sync)(void *ctx); /* writes before come to rest before writes after */
};

/* Memory for fleets: a page never written costs nothing, and what a card was made with lies in the
 * ROM image that all cards share (struct nvm_rom), so only what makes a card different is kept. */
struct nvm_memory;
struct nvm_memory *nvm_memory_new(void);
void nvm_memory_free(struct nvm_memory *m);
struct nvm_port nvm_memory_port(struct nvm_memory *m);
/* Tests and fleets: power is cut during the n-th page write from now (1 = next); 0 = never. The cut
 * happens once; the writes after it succeed again. */
void nvm_memory_cut_at(struct nvm_memory *m, uint32_t writes, uint64_t tear_seed);
size_t nvm_memory_bytes(const struct nvm_memory *m); /* what it costs now */
/* An exact copy (for comparing and for replaying a power cut); NULL when out of memory. */
struct nvm_memory *nvm_memory_copy(const struct nvm_memory *m);

struct nvm_wear {
    uint64_t writes; /* page writes over the card's life */
    uint32_t worst_page;
    uint32_t worst; /* writes of that page */
    uint32_t endurance;
    uint32_t left; /* endurance - worst, 0 when used up */
};

/* The journal. The card sees one flat memory of bytes. What was never written reads as the ROM
 * image. A changed page always goes to a free place, its head telling which page of the flat
 * memory it is and which transaction it belongs to; it counts once all pages of that transaction
 * are there. So the memory is its own redo log, and writing wanders over all free pages.
 *
 *   head: page(1) pages of the transaction(1) transaction(4) writes(3) highest(3) CRC-32(4)
 *
 * writes: of this page; highest: the most of any page, so that the count of a torn page is
 * known. */
#define NVM_PAGES_MAX 240 /* of the chip */
#define NVM_SPARE 40 /* pages more than the flat memory has: the most one transaction may change */

struct nvm_rom {
    void (*read)(uint32_t offset, uint8_t *out, size_t n);
    uint32_t length; /* of the flat memory */
};

struct nvm;

/* The memory as new: all pages that were ever written are erased, their counts kept. The port must
 * outlive the journal. XK_E_LIMIT: more than the chip holds. */
enum xk_err nvm_format(const struct nvm_port *port, const struct nvm_rom *rom, struct nvm **out)
    XK_MUST_CHECK;
/* Finds what is there and undoes a transaction that was cut. XK_E_FORMAT, and nothing written,
 * when not one page is of a journal. */
enum xk_err nvm_open(const struct nvm_port *port, const struct nvm_rom *rom, struct nvm **out)
    XK_MUST_CHECK;
void nvm_close(struct nvm *n);
/* The grade's limit; until told, there is none. */
void nvm_set_endurance(struct nvm *n, uint32_t endurance);

/* Reads see the writes that are not yet committed. */
enum xk_err nvm_read(struct nvm *n, uint32_t offset, uint8_t *out, size_t len) XK_MUST_CHECK;
enum xk_err nvm_write(struct nvm *n, uint32_t offset, struct bytes data) XK_MUST_CHECK;
/* All writes since the last commit, or none. XK_E_LIMIT: the endurance of the pages is used up (the
 * writes are dropped); XK_E_CLOSED, XK_E_IO: broken off in the middle, only nvm_recover helps. */
enum xk_err nvm_commit(struct nvm *n) XK_MUST_CHECK;
void nvm_rollback(struct nvm *n);
/* Power is back: writes not committed are gone. */
enum xk_err nvm_recover(struct nvm *n) XK_MUST_CHECK;

void nvm_get_wear(const struct nvm *n, struct nvm_wear *out);
/* Every page in use is whole and is where it should be; XK_E_STATE when not, XK_E_CLOSED when power
 * was cut and nvm_recover has not run yet. */
enum xk_err nvm_check(struct nvm *n) XK_MUST_CHECK;
size_t nvm_bytes(const struct nvm *n); /* what the journal itself costs */

#endif
