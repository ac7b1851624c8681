/* SPDX-License-Identifier: Apache-2.0 */
/* A profile at the SM-DP+ and the order to download it (SGP.22 3.1.6, 5.3): one ICCID has at
 * most one order, so one struct tells both. Nouns and the table of states only; server/smdpp
 * decides over them, service/download keeps and moves them. */
#ifndef MODEL_DOWNLOAD_H
#define MODEL_DOWNLOAD_H

#include "base/arena.h"

enum download_state {
#define DOWNLOAD_STATE(name, code, zh, en) DOWNLOAD_##name = code,
#include "model/download.def"
};

/* Why a state is left; also what the history of a profile is made of. */
enum download_cause {
#define DOWNLOAD_CAUSE(name, text) DOWNLOAD_BY_##name,
#include "model/download.def"
};

/* What the operator hears of: notificationPointId (SGP.22 5.3.5). 0: nothing. */
enum download_point {
    DOWNLOAD_AT_NONE = 0,
#define DOWNLOAD_POINT(name, id, zh, en) DOWNLOAD_AT_##name = id,
#include "model/download.def"
};

const char *download_state_name(enum download_state state); /* "RELEASED"; "?" */
const char *download_state_zh(enum download_state state);
const char *download_state_text(enum download_state state);
enum xk_err download_state_parse(const char *name, enum download_state *out) XK_MUST_CHECK;
const char *download_cause_name(enum download_cause cause); /* "CONFIRM"; "?" */
const char *download_cause_text(enum download_cause cause);
const char *download_point_text(enum download_point point); /* "" for NONE */

/* The state that `cause` leads to from `from`. False: the table has no such move, and nothing
 * happens. DOWNLOAD_BY_NOTE moves nothing and is allowed always. */
bool download_move(enum download_state from, enum download_cause cause, enum download_state *to);
/* Whether an LPA may ask for it: RELEASED or DOWNLOADED. */
bool download_is_offered(enum download_state state);

#define DOWNLOAD_ICCID_TEXT 21    /* 18 to 20 digits, the filling F left away */
#define DOWNLOAD_EID_TEXT 33      /* 32 digits */
#define DOWNLOAD_TYPE_TEXT 65     /* profileType */
#define DOWNLOAD_OPERATOR_TEXT 65 /* functionRequesterIdentifier */
#define DOWNLOAD_MATCHING_ID_TEXT 256
#define DOWNLOAD_FQDN_TEXT 254
#define DOWNLOAD_CC_HASH_LEN 32

/* What an eUICC and its device must have before a package is bound for them; made when the profile
 * is taken into the stock. */
struct download_needs {
    uint32_t profile_version; /* least EUICCInfo2.profileVersion, three bytes as a number; 0 any */
    uint32_t nvm_bytes;       /* free non-volatile memory wanted; 0 unknown */
    uint64_t
        uicc_capability; /* bits of EUICCInfo2.uiccCapability that must be set, bit n = 1 << n */
    uint32_t device_releases; /* bit n: DeviceCapabilities member [n] must be there */
};

/* Subject and reason of SGP.22 5.2.6, as text: "8.2.6", "3.8". Empty subject: none. */
struct download_verdict {
    char subject[12], reason[8];
};

/* Whether the SM-DS knows of the order (SGP.22 5.8.2): written by service/download. */
enum download_smds {
    DOWNLOAD_SMDS_NONE,  /* no SM-DS wanted */
    DOWNLOAD_SMDS_ASKED, /* RegisterEvent is on its way */
    DOWNLOAD_SMDS_REGISTERED,
    DOWNLOAD_SMDS_FAILED,   /* refused or out of reach */
    DOWNLOAD_SMDS_DELETING, /* DeleteEvent is on its way */
};

struct download {
    /* the profile */
    char iccid[DOWNLOAD_ICCID_TEXT]; /* key */
    char profile_type[DOWNLOAD_TYPE_TEXT];
    char owner[DOWNLOAD_OPERATOR_TEXT];    /* the operator whose profile it is */
    char smdp_address[DOWNLOAD_FQDN_TEXT]; /* the address of ours that serves it; "" any */
    enum download_state state;
    uint64_t version; /* of the row: grows with every write */
    bool random_keys; /* protected under its own PPK; else bound under the session keys */
    uint32_t ppr;     /* profile policy rules, bits of codec/rsp enum rsp_ppr */
    struct download_needs needs;
    struct bytes metadata; /* StoreMetadataRequest, TLV BF25 as the eUICC gets it */

    /* the order; of no meaning while AVAILABLE or UNAVAILABLE */
    char eid[DOWNLOAD_EID_TEXT]; /* "": any; bound to the first eUICC that is authenticated */
    bool eid_ordered;            /* the operator named it, not the first download */
    bool has_matching_id;        /* false before ConfirmOrder */
    char matching_id[DOWNLOAD_MATCHING_ID_TEXT]; /* "": the default SM-DP+ address case */
    char smds_address[DOWNLOAD_FQDN_TEXT];       /* "": none; the event id is the matching id */
    enum download_smds smds;
    bool release_then; /* ASKED: it is released, not only confirmed, once the event is there */
    bool has_code;
    uint8_t code_hash[DOWNLOAD_CC_HASH_LEN]; /* SHA-256 of the confirmation code as typed */
    bool has_hex_code; /* hex_code_hash is accepted too: SHA-256 of the code read as hexadecimal */
    uint8_t hex_code_hash[DOWNLOAD_CC_HASH_LEN];
    uint32_t code_tries_left;
    uint32_t attempts_left;        /* authentications that may still lead to a download */
    bool for_task;                 /* a write task waits for it */
    bool repeatable;               /* offered again after each installation: test addresses */
    int64_t expires_at;            /* ms; INT64_MAX never */
    struct download_verdict ended; /* why it is in ERROR: what an LPA that asks again is told */
    uint32_t last_seq;             /* highest notification sequence number that moved it */
    int64_t ordered_at, updated_at;
};

/* What a decision does to a download: stored in the transaction of the decision. */
struct download_event {
    enum download_cause cause;
    enum download_point point; /* the operator is told of it */
    bool failed;               /* with this verdict */
    struct download_verdict verdict;
    struct bytes result_data; /* the ProfileInstallationResult or notification, TLV; absent none */
    const char *detail;       /* a line for the history; NULL: the cause's text */
};

#endif
