/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the map of the card's memory, and a card while it runs. */
#ifndef CARD_EUICC_STATE_H
#define CARD_EUICC_STATE_H

#include "card/euicc/euicc.h"
#include "card/euicc/profile.h"
#include "codec/bsp/bsp.h"
#include "codec/rsp/rsp.h"
#include "crypto/ecdh.h"
#include "crypto/x509_chain.h"

/* Objects of the flash, by number. Numbers in them are big-endian. */
enum {
    OBJECT_MAKER = 1,  /* struct maker */
    OBJECT_DEFAULT_DP, /* text; absent or empty: none */
    OBJECT_ROOT_DS,    /* text */
    OBJECT_RAT,        /* GetRAT response, TLV */
    OBJECT_SEQUENCE,   /* 4: number of the next notification */
    OBJECT_OTPK,       /* struct kept_otpk */
    OBJECT_PENDING,    /* 1: slot to enable at the REFRESH, or NO_SLOT: none enabled after it */
    OBJECT_LOADING,    /* while a package is loaded: 4 seq, then address, NUL, and the data of the
                            result that tells of the interruption */
    OBJECT_ADDITIONAL_DS = 0x10, /* text */
    OBJECT_CI = 0x100,           /* certificate */
    OBJECT_KEY = 0x200,          /* curve, scalar of identity i */
    OBJECT_CERTIFICATE = 0x210,  /* of identity i */
    OBJECT_EUM = 0x220,
    OBJECT_CRL = 0x300,
    OBJECT_CRL_LAST = 0x31F,
    OBJECT_ROW = 0x1000,      /* struct row of slot i */
    OBJECT_METADATA = 0x1100, /* StoreMetadata TLV of slot i */
    OBJECT_NICKNAME = 0x1200,
    OBJECT_PROPRIETARY = 0x1300,      /* contents of dpProprietaryData */
    OBJECT_PROFILE = 0x2000,          /* + PROFILE_OBJECTS * slot */
    OBJECT_NOTIFICATION = 0x10000000, /* + sequence number: PendingNotification TLV */
    OBJECT_NOTIFICATION_LAST = 0x1FFFFFFF,
};

#define MAKER_MAGIC "xieka-e1"
struct maker {
    uint8_t magic[8];
    uint8_t eid[EID_LEN];
    uint8_t identities;
    uint8_t lowest_svn[3], highest_svn[3], profile_version[3];
    uint8_t forbidden_ppr;
};

#define NO_SLOT 0xFF
struct row {
    uint8_t enabled;
    uint8_t profile_class;
    uint8_t ppr;      /* as they are now: UpdateMetadata may take them away */
    uint8_t identity; /* that signs for it */
};

struct kept_otpk {
    uint8_t curve;
    uint8_t scalar[EC_SCALAR_LEN];
    uint8_t point[EC_POINT_LEN];
};

struct identity {
    uint8_t ci[RSP_KEY_ID_LEN];
    struct ec_key *key;
};

enum session_state { SESSION_NONE, SESSION_CHALLENGE, SESSION_AUTHENTICATED, SESSION_PREPARED };

/* RSP session (SGP.22 3.0.1); volatile. */
struct session {
    enum session_state state;
    uint8_t challenge[RSP_CHALLENGE_LEN];
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    uint8_t transaction_id_len;
    uint8_t identity;
    enum x509_role role; /* CERT_DPAUTH or CERT_DSAUTH */
    uint8_t oid[64];     /* of CERT.DPauth */
    uint8_t oid_len;
    char address[RSP_FQDN_MAX + 1];
    uint8_t ci[RSP_KEY_ID_LEN]; /* the server's certificate leads to it */
    uint8_t euicc_signature1[RSP_SIGNATURE_TLV_LEN];
    uint8_t smdp_signature2[RSP_SIGNATURE_TLV_LEN];
    enum ec_curve pb_curve;
    uint8_t pb_point[EC_POINT_LEN];
    struct ecdh_key otpk;
};

uint32_t euicc_free_memory(const struct euicc *e); /* info.c: what a profile may take */

struct load; /* load.c: a bound package on its way in */

#define CHAIN_MAX ((size_t)64 << 10) /* of one ES10 command: 256 blocks of 255 bytes fit */
#define CHANNELS_MAX 20

struct euicc {
    struct flash_port port;
    struct xk_rand rand;
    struct flash *flash;
    struct x509_store *store;
    struct identity identities[EUICC_IDENTITIES_MAX];
    size_t n_identities;
    struct maker maker;
    struct profile_host host;
    struct profile_card *card;  /* the enabled profile, or none */
    bool swap;                  /* another card takes its place when the answer has been fetched */
    bool refresh;               /* and that one asks the terminal to REFRESH */
    bool dead;                  /* the memory failed; nothing is answered until the reset */
    uint8_t isdr[CHANNELS_MAX]; /* enum app selected on the channel */
    struct buf chain;           /* STORE DATA so far */
    unsigned next_block;
    unsigned chain_channel;
    struct session session;
    struct load *load;
    uint16_t sw; /* of the ES10 command being worked on */
};

enum app { APP_NONE, APP_ISDR, APP_ECASD };

/* An ES10 function (functions.def): the request TLV, its answer into out. What cannot be read is
 * refused by its status word. */
#define FUNCTION(tag, handler, body)                                                               \
    enum xk_err handler(struct euicc *e, struct bytes request, struct buf *out) XK_MUST_CHECK;
#include "card/euicc/functions.def"

static inline enum xk_err refuse_sw(struct euicc *e, uint16_t sw)
{
    e->sw = sw;
    return XK_OK;
}

static inline uint32_t get_version(const uint8_t v[3])
{
    return RSP_VERSION(v[0], v[1], v[2]);
}

/* isdr.c: the host's side of profile.h */
void isdr_host(struct euicc *e, struct profile_host *out);
void isdr_forget(struct euicc *e); /* chains and selections */
void isdr_aid_of(enum app app, uint8_t aid[RSP_AID_MAX]);

/* slots.c: profiles by number */
bool slot_used(const struct euicc *e, unsigned slot);
unsigned slot_free(const struct euicc *e); /* NO_SLOT */
unsigned slot_enabled(const struct euicc *e);
unsigned slot_of_iccid(const struct euicc *e, struct bytes iccid);
unsigned slot_of_aid(const struct euicc *e, struct bytes aid);
void slot_aid(unsigned slot, uint8_t aid[RSP_AID_MAX]);
enum xk_err slot_row(const struct euicc *e, unsigned slot, struct row *out) XK_MUST_CHECK;
enum xk_err slot_put_row(struct euicc *e, unsigned slot, const struct row *row) XK_MUST_CHECK;
/* Metadata as stored; spans live until the object changes. */
enum xk_err slot_metadata(const struct euicc *e, unsigned slot, struct rsp_metadata *out)
    XK_MUST_CHECK;
/* All objects of the slot are gone. */
enum xk_err slot_erase(struct euicc *e, unsigned slot) XK_MUST_CHECK;
static inline uint32_t slot_base(unsigned slot)
{
    return OBJECT_PROFILE + PROFILE_OBJECTS * slot;
}

/* notify.c */
/* One notification for each configured address that wants the event (but for `except`). */
enum xk_err notify_event(struct euicc *e, unsigned slot, enum rsp_event event, struct bytes except)
    XK_MUST_CHECK;
enum xk_err notify_next_seq(struct euicc *e, uint32_t *seq) XK_MUST_CHECK;
enum xk_err notify_store(struct euicc *e, uint32_t seq, struct bytes pending) XK_MUST_CHECK;
size_t notify_count(const struct euicc *e);

/* load.c */
bool load_going(const struct euicc *e);
void load_drop(struct euicc *e);
/* The next piece of the package; the result goes to out when there is one. */
enum xk_err load_feed(struct euicc *e, struct bytes piece, struct buf *out) XK_MUST_CHECK;
/* After a reset: a load that was cut off becomes a result that says so. */
enum xk_err load_recover(struct euicc *e) XK_MUST_CHECK;
/* The same while it runs: the LPA begins something else. A load that had begun ends its session. */
enum xk_err load_abandon(struct euicc *e) XK_MUST_CHECK;

/* session.c */
void session_drop(struct euicc *e);
struct bytes session_transaction(const struct session *s);

/* manage.c: does what waits for REFRESH or reset (OBJECT_PENDING) */
enum xk_err manage_apply_pending(struct euicc *e) XK_MUST_CHECK;
enum xk_err manage_update_metadata(struct euicc *e, struct bytes request, uint16_t *sw)
    XK_MUST_CHECK;
/* euicc.c: opens the card of the profile that is enabled now. */
enum xk_err euicc_open_card(struct euicc *e) XK_MUST_CHECK;

#endif
