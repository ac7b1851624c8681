/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: a plan is a package that has room for every number, and the places in it. */
#ifndef CODEC_SAIP_PERSONALISE_INSIDE_H
#define CODEC_SAIP_PERSONALISE_INSIDE_H

#include "codec/saip/file.h"
#include "codec/saip/personalise.h"

enum put {
    PUT_HEADER_ICCID, /* as the header has it: not swapped */
    PUT_ICCID,
    PUT_IMSI,
    PUT_ACC,
    PUT_MNC,
    PUT_MSISDN,
    PUT_SMSC,
    PUT_SPN,
    PUT_IMPI,
    PUT_IMPU,
    PUT_DOMAIN,
    PUT_HPLMN,
    PUT_OPLMN,
    PUT_EHPLMN,
    PUT_FPLMN,
    PUT_ROUTING,
    PUT_SUCI,
    PUT_PIN,
    PUT_PUK,
    PUT_ADM,
    PUT_K,
    PUT_OPC,
    PUT_KEY
};

/* Bytes of the package that a number decides about. */
struct spot {
    enum saip_position position;
    enum put put;
    uint32_t at;
    uint32_t n;           /* a file: all of it, of a record file the first record */
    uint8_t which;        /* PIN and PUK: 1, 2; ADM: 0.. */
    uint8_t algorithm;    /* K, OPC */
    uint8_t version, key; /* KEY */
    bool drawn;           /* KEY: octets as good as any others, no public key */
};

/* Writes the number's value over out[spot->n]; XK_E_VALUE, XK_E_LIMIT. Only called for a value that
 * the number has. */
enum xk_err spot_put(const struct spot *spot, const struct saip_number *number, uint8_t *out)
    XK_MUST_CHECK;
/* Whether the number says anything about the position. */
bool number_has(const struct saip_number *number, enum saip_position position);
/* The key of this version and identifier, NULL. */
const struct saip_number_key *number_key(const struct saip_number *number, uint8_t version,
                                         uint8_t identifier);

/* The package with each file of place.def written out in one piece, so that a value is written over
 * bytes that are there. */
enum xk_err plan_spread(struct bytes upp, struct buf *out) XK_MUST_CHECK;

#endif
