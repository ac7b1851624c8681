/* SPDX-License-Identifier: Apache-2.0 */
/* The interoperable profile package ("SAIP", TCA eUICC Profile Package, 2.x and 3.x): an
 * unprotected profile package (UPP) is a plain row of profile elements (PE), each one BER-TLV of
 * the CHOICE ProfileElement.
 *
 *     A0 header | B0 mf | A3 pukCodes | A2 pinCodes | B3 usim | ... | AA end
 *
 * Here: taking the elements off, and each element as a plain struct. All spans point into the
 * package and live as long as it. A decoder checks what the schema (schema.def) can say, members
 * and their order, lengths and ranges:
 *     XK_E_FORMAT  not the structure of this element; a member is missing or out of place
 *     XK_E_VALUE   a member has a length or value that the schema forbids
 * Members that later editions append are skipped (EXTENSIBILITY IMPLIED).
 *
 * What files an element makes and what is in them: file.h. Which are in a template: template.h.
 * Whether a package holds together: lint.h; whether a card can take it: fit.h; as text:
 * text.h; writing one: build.h; comparing two: diff.h; putting numbers in: personalise.h. */
#ifndef CODEC_SAIP_SAIP_H
#define CODEC_SAIP_SAIP_H

#include "base/buf.h"
#include "base/tlv.h"

#define SAIP_UPP_MAX ((size_t)1 << 20)  /* a whole package */
#define SAIP_PE_MAX ((size_t)512 << 10) /* one element; load blocks are the long ones */
#define SAIP_ICCID_LEN 10
#define SAIP_PIN_LEN 8
#define SAIP_PATH_MAX 8 /* a filePath, bytes */

/* ---- the row of elements --------------------------------------------------------------------- */

enum saip_type {
    SAIP_UNKNOWN, /* a tag of a later edition */
#define PE(id, tag, name, structure, text) SAIP_##id,
#include "codec/saip/pe.def"
#undef PE
    SAIP_TYPES
};

/* "usim", "df-5gs" as in the schema; "unknown" */
const char *saip_type_name(enum saip_type type);
uint32_t saip_type_tag(enum saip_type type); /* 0 for SAIP_UNKNOWN */
/* SAIP_UNKNOWN when there is none */
enum saip_type saip_type_of_tag(uint32_t tag);
enum saip_type saip_type_of_name(struct bytes name);
/* The elements that stand for files by a template: mf, cd, telecom, usim ... opt-iot. */
bool saip_type_has_files(enum saip_type type);

struct saip_pe {
    uint32_t tag;
    enum saip_type type;
    struct bytes raw;   /* the TLV */
    struct bytes value; /* inside it */
    size_t offset;      /* of raw in the package, as far as the reader knows */
    bool mandated;      /* the card must refuse the package when it does not know the element */
    bool has_identification; /* not in header; end has one */
    uint16_t identification; /* 0..32767 */
};

/* Takes the next element off a cursor over the package (or over one whole element).
 *     struct cur c = cur_of(upp);
 *     while (c.n > 0) { TRY(saip_next(&c, &pe)); ... }
 * XK_E_FORMAT: no whole TLV, or its PEHeader cannot be read; then *out has tag, type, raw and value
 * when the TLV itself was whole (raw.n > 0). offset counts from where the cursor stood: the caller
 * sets it when it matters (saip_open does). */
enum xk_err saip_next(struct cur *c, struct saip_pe *out) XK_MUST_CHECK;

/* The same for a package that arrives in pieces, cut anywhere. One element is held at a time. */
struct saip_reader {
    struct buf held;
    size_t pe_max;
    size_t taken;  /* of held: behind the last element given */
    size_t offset; /* of held.p[taken] in the package */
};
void saip_reader_init(struct saip_reader *r, size_t pe_max);
void saip_reader_fini(struct saip_reader *r); /* wipes; safe twice */
/* Spans of earlier elements are gone. XK_E_LIMIT: too much that nobody took (a piece may be as long
 * as pe_max when nothing waits). */
enum xk_err saip_reader_put(struct saip_reader *r, struct bytes piece) XK_MUST_CHECK;
/* XK_E_NOT_FOUND: wants more. XK_E_FORMAT as saip_next. XK_E_LIMIT: longer than pe_max. */
enum xk_err saip_reader_next(struct saip_reader *r, struct saip_pe *out) XK_MUST_CHECK;
/* Bytes that wait for the rest of their element; at the end of a package there must be none. */
size_t saip_reader_pending(const struct saip_reader *r);

/* ---- ProfileHeader A0 ------------------------------------------------------------------------ */

enum saip_service {
#define SERVICE(id, tag, capability, name) SAIP_SERVICE_##id,
#include "codec/saip/service.def"
#undef SERVICE
    SAIP_SERVICES
};
#define SAIP_SERVICE_BIT(id) ((uint32_t)1 << SAIP_SERVICE_##id)
const char *saip_service_name(enum saip_service service); /* "milenage" */

struct saip_header {
    uint8_t major, minor;          /* edition of the format: 2.1, 2.3, 3.3 */
    struct bytes profile_type;     /* UTF-8; p NULL when absent, as for the optional ones below */
    uint8_t iccid[SAIP_ICCID_LEN]; /* digits as read, not swapped, F behind */
    struct bytes pol;
    uint32_t services;      /* eUICC-Mandatory-services: 1 << enum saip_service */
    bool unknown_services;  /* some that a later edition added */
    struct bytes templates; /* eUICC-Mandatory-GFSTEList: saip_next_oid */
    struct bytes connectivity;
    struct bytes aids; /* eUICC-Mandatory-AIDs: saip_next_aid */
    struct bytes iot_pix;
};
enum xk_err saip_decode_header(const struct saip_pe *pe, struct saip_header *out) XK_MUST_CHECK;
/* Each takes one entry off a cursor over the list; of a decoded list it cannot fail. */
enum xk_err saip_next_oid(struct cur *c, struct bytes *oid) XK_MUST_CHECK; /* value of the 06 */
enum xk_err saip_next_aid(struct cur *c, struct bytes *aid, uint16_t *version) XK_MUST_CHECK;

/* ---- PINs and PUKs --------------------------------------------------------------------------- */

/* pinCodes A2: a list, or the place whose PINs are shared. */
struct saip_pins {
    struct bytes list;      /* saip_next_pin; p NULL: shared */
    struct bytes file_path; /* of the DF or ADF whose PINs these are; empty is the MF */
};
struct saip_pin {
    uint8_t reference;  /* key reference: 01..08, 0A..0E, 81..88, 8A..8E */
    struct bytes value; /* 8, FF behind */
    uint8_t puk;        /* unblockingPINReference; 0: none */
    uint8_t attributes; /* bit 1 enabled, bit 2 may be changed, bit 3 may be disabled; default 07 */
    uint8_t attempts, left;
};
enum xk_err saip_decode_pins(const struct saip_pe *pe, struct saip_pins *out) XK_MUST_CHECK;
enum xk_err saip_next_pin(struct cur *c, struct saip_pin *out) XK_MUST_CHECK;

/* pukCodes A3. *list: saip_next_puk; puk, attributes of the struct are 0. */
enum xk_err saip_decode_puks(const struct saip_pe *pe, struct bytes *list) XK_MUST_CHECK;
enum xk_err saip_next_puk(struct cur *c, struct saip_pin *out) XK_MUST_CHECK;

/* ---- authentication -------------------------------------------------------------------------- */

enum saip_algorithm {
    SAIP_MILENAGE = 1,
    SAIP_TUAK = 2,
    SAIP_TEST_ALGORITHM = 3 /* TS 34.108 8.1.2 */
};
#define SAIP_ROTATION_LEN 5
#define SAIP_XORING_LEN 80
#define SAIP_SQN_LEN 6
#define SAIP_SQN_COUNT 32

/* akaParameter A4. Defaults of the schema are filled in. */
struct saip_aka {
    bool mapped; /* keys are another application's: mapping_options, mapping_source; the rest 0 */
    uint8_t mapping_options;
    struct bytes mapping_source;         /* AID */
    uint8_t algorithm;                   /* enum saip_algorithm; a later edition may have more */
    uint8_t options;                     /* algorithmOptions: TUAK lengths of RES, MAC, CK, IK */
    struct bytes key;                    /* 16; TUAK also 32 */
    struct bytes opc;                    /* OPc 16, TOPc 32 */
    uint8_t rotation[SAIP_ROTATION_LEN]; /* r1..r5 */
    uint8_t xoring[SAIP_XORING_LEN];     /* c1..c5 */
    struct bytes auth_counter_max;       /* 3, or absent */
    uint8_t keccak;                      /* iterations of TUAK */
    uint8_t sqn_options; /* b1 age limit, b2 delta; TS 33.102 annex C (default 02) */
    uint8_t sqn_delta[SAIP_SQN_LEN], sqn_age_limit[SAIP_SQN_LEN];
    uint8_t sqn_init[SAIP_SQN_COUNT][SAIP_SQN_LEN]; /* SEQ by IND, without the IND */
};
enum xk_err saip_decode_aka(const struct saip_pe *pe, struct saip_aka *out) XK_MUST_CHECK;

/* cdmaParameter A5 */
struct saip_cdma {
    struct bytes a_key; /* 8 */
    struct bytes ssd;   /* 16 or absent */
    struct bytes hrpd, simple_ip, mobile_ip;
};
enum xk_err saip_decode_cdma(const struct saip_pe *pe, struct saip_cdma *out) XK_MUST_CHECK;

/* ---- security domains and applications ------------------------------------------------------- */

/* ApplicationInstance */
struct saip_instance {
    struct bytes package_aid, class_aid, instance_aid;
    struct bytes extradite_aid;     /* p NULL: absent, as for the optional ones below */
    struct bytes privileges;        /* 3 as a rule */
    uint8_t life_cycle;             /* default 07 */
    struct bytes parameters;        /* C9, value */
    struct bytes system_parameters; /* EF, value: TLVs */
    bool has_uicc;
    struct bytes toolkit;      /* EA/80: TS 102 226 8.2.1.3.2.1 parameters with the TARs */
    struct bytes uicc_access;  /* EA/81 */
    struct bytes uicc_admin;   /* EA/82 */
    struct bytes process_data; /* saip_next_octets: one APDU each */
    struct bytes provider_id;  /* B0/5F20 */
};
/* One OCTET STRING off a list of them (processData, sdPersoData, tarList). */
enum xk_err saip_next_octets(struct cur *c, struct bytes *out) XK_MUST_CHECK;

/* securityDomain A6 */
struct saip_domain {
    struct saip_instance instance;
    struct bytes keys;  /* saip_next_key */
    struct bytes perso; /* saip_next_octets: one DGI each */
    bool has_restrict;
    uint8_t restrict_parameter; /* openPersoData */
    struct bytes contactless;
    bool has_cat_tp;
    uint16_t cat_tp_sdu_max, cat_tp_pdu_max;
};
struct saip_key {
    struct bytes usage; /* key usage qualifier, 1 or 2 */
    uint8_t access;     /* default 00 */
    uint8_t identifier, version;
    struct bytes counter;
    struct bytes components; /* saip_next_component */
};
struct saip_component {
    struct bytes type; /* 80 DES, 85 PSK-TLS, 88 AES, ...; FF and two bytes for extended ones */
    struct bytes data;
    uint8_t mac_length; /* default 8 */
};
enum xk_err saip_decode_domain(const struct saip_pe *pe, struct saip_domain *out) XK_MUST_CHECK;
enum xk_err saip_next_key(struct cur *c, struct saip_key *out) XK_MUST_CHECK;
enum xk_err saip_next_component(struct cur *c, struct saip_component *out) XK_MUST_CHECK;

/* rfm A7 */
struct saip_rfm {
    struct bytes instance_aid;
    struct bytes domain_aid;              /* p NULL: the MNO-SD */
    struct bytes tars;                    /* saip_next_octets: 3 bytes each */
    uint8_t security_level;               /* MSL */
    struct bytes uicc_access, uicc_admin; /* TS 102 226 access domain parameters */
    bool has_adf;                         /* then this ADF is the default directory */
    struct bytes adf_aid, adf_access, adf_admin;
};
enum xk_err saip_decode_rfm(const struct saip_pe *pe, struct saip_rfm *out) XK_MUST_CHECK;

/* application A8 */
struct saip_application {
    bool has_load;
    struct bytes package_aid, domain_aid;
    struct bytes code_limit, volatile_limit, data_limit; /* C6, C7, C8 */
    struct bytes hash, load_block;
    struct bytes instances; /* saip_next_instance */
};
enum xk_err saip_decode_application(const struct saip_pe *pe, struct saip_application *out)
    XK_MUST_CHECK;
enum xk_err saip_next_instance(struct cur *c, struct saip_instance *out) XK_MUST_CHECK;

/* nonStandard A9 */
struct saip_non_standard {
    struct bytes issuer; /* OID value */
    struct bytes content;
};
enum xk_err saip_decode_non_standard(const struct saip_pe *pe, struct saip_non_standard *out)
    XK_MUST_CHECK;

/* ---- files ----------------------------------------------------------------------------------- */

/* An element that stands for files: B0 mf to BF21 opt-iot. */
struct saip_files {
    struct bytes template_id; /* OID value: saip_template_find */
    struct bytes files;       /* saip_next_file */
};
struct saip_file {
    uint32_t tag;       /* of the element in the PE: A5 ef-ust in usim */
    const char *name;   /* "ef-ust"; NULL when the schema has none (a later edition) */
    struct bytes steps; /* saip_next_step */
};
enum xk_err saip_decode_files(const struct saip_pe *pe, struct saip_files *out) XK_MUST_CHECK;
enum xk_err saip_next_file(enum saip_type type, struct cur *c, struct saip_file *out) XK_MUST_CHECK;
/* The name of an element of this PE ("ef-ust"), NULL; the tag of a name, 0. */
const char *saip_element_name(enum saip_type type, uint32_t tag);
uint32_t saip_element_tag(enum saip_type type, struct bytes name);

enum saip_step_kind {
    SAIP_DO_NOT_CREATE,
    SAIP_DESCRIPTOR, /* value: an Fcp, saip_decode_fcp */
    SAIP_OFFSET,     /* offset */
    SAIP_CONTENT,    /* value */
    SAIP_FILE_PATH   /* value; genericFileManagement only */
};
struct saip_step {
    enum saip_step_kind kind;
    struct bytes value;
    uint16_t offset;
    struct bytes raw;
};
enum xk_err saip_next_step(struct cur *c, struct saip_step *out) XK_MUST_CHECK;

/* genericFileManagement A1: a list of commands, each a list of steps: saip_next_command gives the
 * steps of one, saip_next_gfm_step takes them off (path, createFCP as SAIP_DESCRIPTOR, offset,
 * content). */
enum xk_err saip_decode_gfm(const struct saip_pe *pe, struct bytes *commands) XK_MUST_CHECK;
enum xk_err saip_next_command(struct cur *c, struct bytes *steps) XK_MUST_CHECK;
enum xk_err saip_next_gfm_step(struct cur *c, struct saip_step *out) XK_MUST_CHECK;

/* An Fcp as it stands; p NULL: the member is absent. */
struct saip_fcp {
    struct bytes descriptor; /* 82, 2..4 */
    struct bytes fid;        /* 83, 2 */
    struct bytes df_name;    /* 84, 5..16 */
    struct bytes lcsi;       /* 8A, 1 */
    struct bytes arr;        /* 8B, 1..3 */
    struct bytes size;       /* 80, big-endian */
    struct bytes pin_status; /* C6 */
    struct bytes sfi;        /* 88: 0 (no SFI) or 1 */
    struct bytes special;    /* A5/C0, 1 */
    struct bytes fill;       /* A5/C1 */
    struct bytes repeat;     /* A5/C2 */
    struct bytes maximum;    /* A5/86, big-endian */
    struct bytes details;    /* A5/84, 1 */
    struct bytes link;       /* C7: path, empty: no longer a link */
};
enum xk_err saip_decode_fcp(struct bytes value, struct saip_fcp *out) XK_MUST_CHECK;

#endif
