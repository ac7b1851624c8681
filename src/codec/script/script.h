/* SPDX-License-Identifier: Apache-2.0 */
/* The write script: what is written into a card and how it reports (product decisions P-2, P-3).
 *
 * The structs say what a script means; a layout says how it is laid out in bytes. Operators'
 * private layouts are not public: "xieka-1" (script_xieka.c) is this project's own published
 * profile, and an operator's layout is added as one more file with one more struct
 * script_layout. */
#ifndef CODEC_SCRIPT_SCRIPT_H
#define CODEC_SCRIPT_SCRIPT_H

#include "base/buf.h"
#include "base/secret.h"

#define SCRIPT_TASK_ID_LEN 8
#define SCRIPT_CID_LEN 10
#define SCRIPT_IMSI_HASH_LEN 8
#define SCRIPT_MAX 1024
#define SCRIPT_REPORT_MAX 128
#define SCRIPT_TAR 0xB0584Bu /* toolkit application reference of the write applet */

/* Action flags, tag 8D. A script is PREPARE, PREPARE and COMMIT at once, COMMIT or RESTORE_SEED;
 * the other flags say how. */
#define SCRIPT_PREPARE 0x01
#define SCRIPT_COMMIT 0x02
#define SCRIPT_KEEP_SEED 0x04 /* the seed stays as fall-back */
#define SCRIPT_ERASE_SEED 0x08
#define SCRIPT_REFRESH_RESET 0x10 /* REFRESH by UICC reset instead of NAA initialisation */
#define SCRIPT_RESTORE_SEED 0x20  /* go back to the seed number (mode RESTORE), no new number */
#define SCRIPT_ACTION (SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_RESTORE_SEED)

/* The version names the suite of the digest and of the second layer. */
#define SCRIPT_VERSION_AES 1 /* SHA-256, AES */
#define SCRIPT_VERSION_SM 2  /* 国密: SM3, SM4 */

enum script_suite { SCRIPT_SUITE_AES, SCRIPT_SUITE_SM4 };

#define SCRIPT_ALGORITHM_MILENAGE 0x01
#define SCRIPT_ALGORITHM_TUAK 0x02

/* Tags of the fields: rows in field.def, report.def, and inside 8A and 8C in list.def */
enum script_tag {
#define SCRIPT_FIELD(name, tag, least, most, prepare, act, text) SCRIPT_TAG_##name = tag,
#include "codec/script/field.def"
#undef SCRIPT_FIELD
};
enum script_report_tag {
#define SCRIPT_REPORT_FIELD(name, tag, least, most, here, text) SCRIPT_REPORT_TAG_##name = tag,
#include "codec/script/report.def"
#undef SCRIPT_REPORT_FIELD
};
enum script_list_tag {
#define SCRIPT_LIST(field, name, tag, unit, least, most, text) SCRIPT_##field##_##name = tag,
#include "codec/script/list.def"
#undef SCRIPT_LIST
};

struct script {
    uint8_t version;
    uint8_t task_id[SCRIPT_TASK_ID_LEN];
    uint8_t cid[SCRIPT_CID_LEN]; /* BCD of the card identifier */
    uint8_t flags;
    bool has_iccid, has_imsi, has_smsc, has_msisdn, has_cr, has_fallback, has_keys;
    uint8_t iccid[10];
    uint8_t imsi[9];
    uint8_t algorithm; /* SCRIPT_ALGORITHM_x; present with has_keys */
    struct bytes k;    /* second-layer ciphertext: 16; TUAK also 32 */
    struct bytes opc;  /* likewise 16; TUAK's TOPc is 32 */
    uint8_t smsc[12];
    uint8_t msisdn[14];
    struct bytes plmn; /* tag 8A; empty when absent; read with script_next_list */
    uint8_t cr[85];
    struct bytes files;    /* tag 8C; likewise */
    uint16_t fallback_min; /* tag 8E, not 0 */
};

/* Result byte, tag 90: rows in result.def */
enum script_result {
#define SCRIPT_RESULT(name, value, zh, en) SCRIPT_##name = value,
#include "codec/script/result.def"
#undef SCRIPT_RESULT
};
/* For people; "?" when unknown. */
const char *script_result_zh(uint8_t result);
const char *script_result_en(uint8_t result);

#define SCRIPT_REPORT_REPEATED 0x01 /* flag: this task had been done already (tag 98) */

struct script_report {
    uint8_t task_id[SCRIPT_TASK_ID_LEN];
    uint8_t result; /* enum script_result; a value we do not know is passed on */
    bool has_detail, has_imsi_hash, has_attach, has_imei, has_location, has_cos, has_flags,
        has_wear;
    uint16_t detail;                         /* 91: SW1SW2 */
    uint8_t imsi_hash[SCRIPT_IMSI_HASH_LEN]; /* 92: see script_imsi_hash */
    uint64_t counter;                        /* 93: anti-replay counter, 5 bytes */
    uint8_t attach;                          /* 94: 00 attached, else the LOCI/EPSLOCI status */
    uint8_t imei[8];                         /* 95: from PROVIDE LOCAL INFORMATION, swapped BCD */
    struct bytes location;                   /* 96: 1 to 16 bytes */
    struct bytes cos;                        /* 97: COS version, 1 to 16 printable characters */
    uint8_t flags;                           /* 98 */
    uint32_t wear_left; /* 99: page writes left on the most worn page, 4 bytes */
};

struct script_layout {
    const char *name;
    /* What decode would refuse is refused here with the same error. Appends to out; on failure
     * nothing stays there. */
    enum xk_err (*encode)(const struct script *s, struct buf *out);
    /* Checks everything that can be checked without keys. Spans point into wire.
     *   XK_E_UNSUPPORTED  version (80) or algorithm (89) we do not have
     *   XK_E_FORMAT       TLV, order, duplicate, unknown tag, length, missing or forbidden field
     *   XK_E_AUTH         digest (8F)
     *   XK_E_VALUE        flags (8D), timer (8E), a patch (8C) that cannot be
     *   XK_E_LIMIT        longer than SCRIPT_MAX
     * *failed is the tag at fault, 0 when unknown. */
    enum xk_err (*decode)(struct bytes wire, struct script *out, uint32_t *failed);
    enum xk_err (*encode_report)(const struct script_report *r, struct buf *out);
    enum xk_err (*decode_report)(struct bytes wire, struct script_report *out);
};

const struct script_layout *script_layout_xieka(void);

/* The result byte with which a card answers a script that decode refused. */
enum script_result script_refusal(enum xk_err err, uint32_t failed);

/* One list of field 8A or one patch of field 8C (`field` is SCRIPT_TAG_PLMN or SCRIPT_TAG_FILES),
 * taken off a cursor over the field. Of a decoded script it cannot fail.
 *     struct cur c = cur_of(s.plmn);
 *     while (c.n > 0) { TRY(script_next_list(SCRIPT_TAG_PLMN, &c, &list)); ... } */
struct script_list {
    uint8_t tag; /* enum script_list_tag */
    struct bytes value;
};
enum xk_err script_next_list(uint32_t field, struct cur *c, struct script_list *out) XK_MUST_CHECK;
/* Writes one; the tags of a field must ascend. */
void script_put_list(struct buf *b, uint8_t tag, struct bytes value);

/* The suite a version stands for; XK_E_UNSUPPORTED. */
enum xk_err script_suite_of(uint8_t version, enum script_suite *out) XK_MUST_CHECK;

/* The second layer (P-4): K and OPc under the card's KIK, CBC with the first block of
 * SHA-256(task id | cid | tag) as IV (SM4 and SM3 in the other suite). n must be whole blocks, at
 * most SECRET_MAX (XK_E_VALUE); out[in.n] may be in.p. */
enum xk_err script_wrap_key(enum script_suite suite, const struct secret *kik,
                            const struct script *context, uint8_t tag, struct bytes in,
                            uint8_t *out) XK_MUST_CHECK;
enum xk_err script_unwrap_key(enum script_suite suite, const struct secret *kik,
                              const struct script *context, uint8_t tag, struct bytes in,
                              uint8_t *out) XK_MUST_CHECK;

/* Tag 92: the first 8 bytes of SHA-256 over the IMSI's digits as text (whatever the suite). */
enum xk_err script_imsi_hash(const char *imsi, uint8_t out[SCRIPT_IMSI_HASH_LEN]) XK_MUST_CHECK;

/* CID text (20 digits) to and from its 10 BCD bytes, high nibble first. */
enum xk_err script_cid_encode(const char *cid, uint8_t out[SCRIPT_CID_LEN]) XK_MUST_CHECK;
void script_cid_decode(const uint8_t in[SCRIPT_CID_LEN], char out[2 * SCRIPT_CID_LEN + 1]);

#endif
