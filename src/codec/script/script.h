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
#define SCRIPT_MAX 1024
#define SCRIPT_TAR 0xB0584Bu /* toolkit application reference of the write applet */

/* Action flags, tag 8D */
#define SCRIPT_PREPARE 0x01
#define SCRIPT_COMMIT 0x02
#define SCRIPT_KEEP_SEED 0x04 /* the seed stays as fall-back */
#define SCRIPT_ERASE_SEED 0x08
#define SCRIPT_REFRESH_RESET 0x10 /* REFRESH by UICC reset instead of NAA initialisation */
#define SCRIPT_RESTORE_SEED 0x20  /* go back to the seed number (mode RESTORE), no new number */

enum script_digest { SCRIPT_SHA256, SCRIPT_SM3 };         /* SM3 with the 国密 suite */
enum script_suite { SCRIPT_SUITE_AES, SCRIPT_SUITE_SM4 }; /* cipher of the second layer */

struct script {
    uint8_t version; /* 1 */
    uint8_t task_id[SCRIPT_TASK_ID_LEN];
    uint8_t cid[SCRIPT_CID_LEN]; /* BCD of the card identifier */
    uint8_t flags;
    bool has_iccid, has_imsi, has_smsc, has_msisdn, has_cr, has_fallback, has_keys;
    uint8_t iccid[10];
    uint8_t imsi[9];
    uint8_t algorithm; /* 01 Milenage, 02 TUAK; present with has_keys */
    struct bytes k;    /* second-layer ciphertext: 16, 32 (blocks) */
    struct bytes opc;  /* likewise; TUAK's TOPc is 32 */
    uint8_t smsc[12];
    uint8_t msisdn[14];
    struct bytes plmn; /* tag 8A; empty when absent: list TLVs, see docs/write-script.md */
    uint8_t cr[85];
    struct bytes files; /* tag 8C; empty when absent: file patch TLVs, see docs/write-script.md */
    uint16_t fallback_min; /* tag 8E */
    enum script_digest digest;
};

/* Result byte, tag 90: rows in result.def */
enum script_result {
#define SCRIPT_RESULT(name, value, zh, en) SCRIPT_##name = value,
#include "codec/script/result.def"
#undef SCRIPT_RESULT
};
const char *script_result_zh(uint8_t result);
const char *script_result_en(uint8_t result);

#define SCRIPT_REPORT_REPEATED 0x01 /* flag: this task had been done already (tag 98) */

struct script_report {
    uint8_t task_id[SCRIPT_TASK_ID_LEN];
    uint8_t result;
    bool has_detail, has_imsi_hash, has_attach, has_imei, has_location, has_cos, has_flags,
        has_wear;
    uint16_t detail;       /* 91: SW1SW2 */
    uint8_t imsi_hash[8];  /* 92: first 8 bytes of SHA-256 over the IMSI digits in use */
    uint64_t counter;      /* 93: anti-replay counter, 5 bytes */
    uint8_t attach;        /* 94: 00 attached, else the LOCI/EPSLOCI status */
    uint8_t imei[8];       /* 95: from PROVIDE LOCAL INFORMATION, nibble-swapped BCD */
    struct bytes location; /* 96 */
    struct bytes cos;      /* 97: COS version, text */
    uint8_t flags;         /* 98 */
    uint32_t wear_left;    /* 99: page writes left on the most worn page, 4 bytes */
};

struct script_layout {
    const char *name;
    enum xk_err (*encode)(const struct script *s, struct buf *out);
    /* Checks everything that can be checked without keys: order of the mandatory fields, lengths,
     * digest (XK_E_AUTH), version (XK_E_UNSUPPORTED). *failed is the tag at fault, 0 when
     * unknown. */
    enum xk_err (*decode)(struct bytes wire, struct script *out, uint32_t *failed);
    enum xk_err (*encode_report)(const struct script_report *r, struct buf *out);
    enum xk_err (*decode_report)(struct bytes wire, struct script_report *out);
};

const struct script_layout *script_layout_xieka(void);

/* The second layer (P-4): K and OPc under the card's KIK, CBC with the first block of
 * SHA-256(task id | cid | tag) as IV (SM4 and SM3 in the other suite). n must be whole blocks. */
enum xk_err script_wrap_key(enum script_suite suite, const struct secret *kik,
                            const struct script *context, uint8_t tag, struct bytes in,
                            uint8_t *out) XK_MUST_CHECK;
enum xk_err script_unwrap_key(enum script_suite suite, const struct secret *kik,
                              const struct script *context, uint8_t tag, struct bytes in,
                              uint8_t *out) XK_MUST_CHECK;

/* CID text (20 digits) to and from its 10 BCD bytes, high nibble first. */
enum xk_err script_cid_encode(const char *cid, uint8_t out[SCRIPT_CID_LEN]) XK_MUST_CHECK;
void script_cid_decode(const uint8_t in[SCRIPT_CID_LEN], char out[2 * SCRIPT_CID_LEN + 1]);

#endif
