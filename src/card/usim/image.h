/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the map of a card's flat memory (nvm.h). All fields are bytes, so that their
 * offsets are the map. */
#ifndef CARD_USIM_IMAGE_H
#define CARD_USIM_IMAGE_H

#include "card/usim/nvm.h"
#include "crypto/aka.h"

#define IMAGE_MAGIC "xieka-1"
#define IMAGE_BANKS 3
#define IMAGE_KEY_MAX 32
#define IMAGE_SMSC_LEN 12
#define IMAGE_TASK_LEN 8
#define IMAGE_SEAL_LEN 8

#define USIM_AID_LEN 16
#define USIM_AID_TEXT "\xA0\x00\x00\x00\x87\x10\x02\xFF\x86\xFF\xFF\x89\xFF\xFF\xFF\xFF"

/* Written by the card maker, never again. */
struct image_maker {
    uint8_t magic[8];
    uint8_t made[1]; /* 1 when all of the personalisation is there */
    uint8_t grade[1];
    uint8_t cid[10];
    uint8_t keyset[1], kic_alg[1], kid_alg[1];
    uint8_t kic_n[1], kid_n[1], kik_n[1];
    uint8_t kic[IMAGE_KEY_MAX], kid[IMAGE_KEY_MAX], kik[IMAGE_KEY_MAX];
};

enum image_pin_id { IMAGE_PIN1, IMAGE_PIN2, IMAGE_ADM, IMAGE_PINS };
struct image_pin {
    uint8_t enabled[1];
    uint8_t tries[1], puk_tries[1];
    uint8_t value[8], puk[8];
};

/* What the write applet and SCP80 remember. phase: enum applet_phase; prepared 0: none. */
struct image_state {
    uint8_t active[1];
    uint8_t prepared[1], prepared_flags[1], prepared_fallback[2], prepared_task[IMAGE_TASK_LEN];
    uint8_t phase[1], flags[1], fallback[2], task[IMAGE_TASK_LEN];
    uint8_t result[1], detail[2], attach[1];
    uint8_t report_due[1];            /* the report of `result` has not been sent yet */
    uint8_t down[5], up[5];           /* SCP80 counters */
    uint8_t platform[IMAGE_SMSC_LEN]; /* address, coded as TS-SC of EF_SMSP */
};

/* A whole identity. */
struct image_bank {
    uint8_t present[1];
    uint8_t algorithm[1], res_len[1], has_cr[1];
    uint8_t k_n[1], opc_n[1];
    uint8_t seal[IMAGE_SEAL_LEN]; /* over all of the identity: a mixture of two shows (bank.c) */
    uint8_t k[IMAGE_KEY_MAX], opc[IMAGE_KEY_MAX];
    uint8_t cr[AKA_MILENAGE_CR_LEN];
    uint8_t sqn[AKA_IND_COUNT * AKA_SQN_LEN]; /* SEQ of each IND */
#define CARD(name, size)
#define BANK(name, size) uint8_t f_##name[size];
#define CONTENT(scope, name, length, records) scope(name, (length) * (records))
#include "card/usim/content.def"
#undef CARD
#undef BANK
};

struct image_files {
#define CARD(name, size) uint8_t f_##name[size];
#define BANK(name, size)
#define CONTENT(scope, name, length, records) scope(name, (length) * (records))
#include "card/usim/content.def"
#undef CARD
#undef BANK
};

struct image {
    struct image_maker maker;
    struct image_pin pin[IMAGE_PINS];
    struct image_state state;
    struct image_files files;
    struct image_bank bank[IMAGE_BANKS];
};

#define IMAGE_AT(field) ((uint32_t)offsetof(struct image, field))
#define IMAGE_BANK_AT(bank_id, field)                                                              \
    ((uint32_t)(offsetof(struct image, bank) + (bank_id) * sizeof(struct image_bank) +             \
                offsetof(struct image_bank, field)))

enum content_scope { CONTENT_SCOPE_CARD, CONTENT_SCOPE_BANK };

enum content_id {
#define CONTENT(scope, name, length, records) CONTENT_##name,
#include "card/usim/content.def"
    CONTENT_COUNT
};

struct content {
    uint16_t at; /* in struct image_files or struct image_bank */
    uint8_t scope;
    uint8_t length, records;
};

const struct content *content_of(enum content_id id);
static inline uint32_t content_size(const struct content *c)
{
    return (uint32_t)c->length * c->records;
}
/* Where a content lies when this bank is shown. */
uint32_t content_offset(enum content_id id, unsigned bank);
/* A bank as it left the maker, no identity in it. */
void image_blank_bank(struct image_bank *out);

/* The records of EF_ARR. */
enum access_rule {
    RULE_NONE,
#define RULE(name, bytes) RULE_##name,
#include "card/usim/content.def"
};

const struct nvm_rom *image_rom(void);

#endif
