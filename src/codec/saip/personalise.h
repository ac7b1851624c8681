/* SPDX-License-Identifier: Apache-2.0 */
/* One template package and a number make a package for one subscriber. The template is looked
 * through once (saip_plan_new): each file that a number goes to (place.def) is written out in one
 * piece there, and its defaults with it. Then a package is a copy with the fields written over. */
#ifndef CODEC_SAIP_PERSONALISE_H
#define CODEC_SAIP_PERSONALISE_H

#include "base/arena.h"
#include "base/secret.h"
#include "codec/saip/saip.h"

#define SAIP_KEYS_MAX 16
#define SAIP_NAI_MAX 128
#define SAIP_PLMNS_MAX 16
#define SAIP_ADMS 10

/* A key of a security domain. key.n 0: leave the template's. */
struct saip_number_key {
    uint8_t version;    /* KVN: 01-0F SCP80, 20-2F SCP02, 30-3F SCP03, 40-4F SCP81 */
    uint8_t identifier; /* 1 KIC/ENC, 2 KID/MAC, 3 KIK/DEK */
    struct secret key;  /* of the length that the template has */
};

struct saip_number_plmn {
    char plmn[7];        /* MCC and MNC, 5 or 6 digits; "" ends the list */
    uint16_t technology; /* access technology, 2 bytes of EF_xPLMNwAcT; unused for FPLMN */
};

/* Text fields: "" or NULL leaves what the template has. */
struct saip_number {
    const char *iccid;                     /* 18 to 20 digits, the check digit among them */
    const char *imsi;                      /* 6 to 15 digits; EF.ACC follows the last one */
    uint8_t mnc_length;                    /* 2 or 3; 0 leaves */
    const char *msisdn;                    /* "+86144..." */
    const char *smsc;                      /* service centre in EF.SMSP */
    const char *spn;                       /* UTF-8, coded as GSM 7 bit or UCS2 */
    const char *impi;                      /* private identity, NAI */
    const char *impu;                      /* public identity, "sip:..." */
    const char *domain;                    /* home network domain */
    const char *pin1, *pin2, *puk1, *puk2; /* 4 to 8 digits; PUKs 8 */
    struct secret adm[SAIP_ADMS];          /* ADM1..ADM10: 8 bytes as they stand; n 0 leaves */
    uint8_t algorithm;    /* enum saip_algorithm, the template's; 0 leaves the keys */
    struct secret k, opc; /* OPc or TOPc; of the lengths that the template has */
    struct saip_number_key keys[SAIP_KEYS_MAX];
    size_t n_keys;
    struct saip_number_plmn hplmn[SAIP_PLMNS_MAX], oplmn[SAIP_PLMNS_MAX], ehplmn[SAIP_PLMNS_MAX],
        fplmn[SAIP_PLMNS_MAX];
    const char *routing_indicator; /* 1 to 4 digits */
    struct bytes suci;             /* EF.SUCI_Calc_Info contents, TS 31.102 4.4.11.8 */
};
void saip_number_wipe(struct saip_number *n);

/* What a package takes from a number: rows of position.def. */
enum saip_position {
#define POSITION(id, name, text) SAIP_AT_##id,
#include "codec/saip/position.def"
#undef POSITION
    SAIP_POSITIONS
};
const char *saip_position_name(enum saip_position p); /* "iccid" */

struct saip_plan;

/* Reads the template. XK_E_FORMAT: not a package, or a file that a number goes to cannot be put
 * together (lint says more). The plan has its own copy, holds the keys of the template, is wiped
 * when freed, and is not changed by use: threads may share it. */
enum xk_err saip_plan_new(struct bytes upp, struct saip_plan **out) XK_MUST_CHECK;
void saip_plan_free(struct saip_plan *plan);
/* Which positions the template has: bit by enum saip_position. */
uint32_t saip_plan_positions(const struct saip_plan *plan);
/* Bytes of a package, at most. */
size_t saip_plan_size(const struct saip_plan *plan);

/* Which of ADM1..ADM10 have a place: bit 0 is ADM1. */
uint16_t saip_plan_adms(const struct saip_plan *plan);
/* The symmetric keys of security domains: version, identifier, and key.n as the length it has. How
 * many there are; up to cap of them go to out. */
size_t saip_plan_keys(const struct saip_plan *plan, struct saip_number_key *out, size_t cap);

/* The codes that the template itself holds: pin1, pin2, puk1, puk2 (in the arena), adm and keys;
 * the caller wipes them. XK_E_LIMIT: more than SAIP_KEYS_MAX keys, or one that is no secret. */
enum xk_err saip_plan_codes(const struct saip_plan *plan, struct arena *arena,
                            struct saip_number *out) XK_MUST_CHECK;

/* Appends the package to out, nothing on failure. *failed is the position at fault.
 *   XK_E_NOT_FOUND  the number has a value for which the template has no place
 *   XK_E_VALUE      the value is not one (digits, length)
 *   XK_E_LIMIT      does not fit into its file */
enum xk_err saip_personalise(const struct saip_plan *plan, const struct saip_number *number,
                             struct buf *out, enum saip_position *failed) XK_MUST_CHECK;

#endif
