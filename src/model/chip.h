/* SPDX-License-Identifier: Apache-2.0 */
/* Chips: the cards of the white paper's tables 2-1 and 2-2, their batches and keys. */
#ifndef MODEL_CHIP_H
#define MODEL_CHIP_H

#include "base/secret.h"

enum chip_type { CHIP_DOMESTIC, CHIP_INTERNATIONAL };
#define CHIP_GRADE(name, ...) CHIP_GRADE_##name,
#define CHIP_FORM(name, ...)
#define CHIP_STATE(name, ...)
enum chip_grade {
#include "model/chip.def"
};
#undef CHIP_GRADE
#undef CHIP_FORM
#define CHIP_GRADE(name, ...)
#define CHIP_FORM(name, ...) CHIP_FORM_##name,
enum chip_form {
#include "model/chip.def"
};
#undef CHIP_FORM
#undef CHIP_STATE
#define CHIP_FORM(name, ...)
#define CHIP_STATE(name, code, zh, en) CHIP_##name = code,
enum chip_state {
#include "model/chip.def"
};
#undef CHIP_GRADE
#undef CHIP_FORM
#undef CHIP_STATE

const char *chip_grade_name(enum chip_grade grade); /* "consumer" */
const char *chip_form_name(enum chip_form form);    /* "DOMESTIC_5X6" */
const char *chip_state_name(enum chip_state state);
enum xk_err chip_grade_parse(const char *name, enum chip_grade *out) XK_MUST_CHECK;
enum xk_err chip_form_parse(const char *name, enum chip_form *out) XK_MUST_CHECK;
uint32_t chip_grade_endurance(enum chip_grade grade);
enum chip_type chip_form_type(enum chip_form form);

#define CHIP_CID_TEXT 33 /* 20 digits; 32 of an EID */

struct chip {
    char cid[CHIP_CID_TEXT]; /* of an international one its EID */
    char batch_id[33];
    char vendor[33];
    char org_id[33]; /* whose it is; "" the operator's */
    enum chip_grade grade;
    enum chip_form form;
    enum chip_state state;
    char seed_iccid[21], seed_imsi[16], seed_msisdn[24]; /* "" for a blank card */
    char imsi[16], msisdn[24], iccid[21];                /* in use now; the seed's at first */
    /* the domestic write's; an international chip has none of these, and no keys here */
    uint8_t suite;                    /* 1 AES and SHA-256, 2 SM4 and SM3 */
    uint8_t keyset, kic_alg, kid_alg; /* SCP80 */
    uint64_t down_counter;            /* last used towards the card */
    uint64_t up_counter;              /* highest accepted from the card */
    uint8_t task_id[8];               /* task under way; zeros none */
    char imei[17], cos[33];           /* as last reported */
    uint32_t wear_left;               /* as last reported; UINT32_MAX unknown */
    char radio[8];                    /* "GSM" "LTE" "NB-IoT" "eMTC"; sets T1 of P-6; "" LTE */
    int64_t created_at, updated_at;
};

/* Written by this platform's own scripts; else an eUICC. */
bool chip_is_domestic(const struct chip *chip);

struct chip_keys { /* wiped by its user */
    struct secret kic, kid, kik;
};

#endif
