/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what a profile is made of, as it is built and as it is kept.
 *
 *   object 0  struct head, then the files, each FILE_LEN bytes
 *   object 1  contents of all files, one behind the other
 *   object 2  PINs, each PIN_RECORD_LEN, then applications, each APP_LEN
 *   object 3  security domains, RFM and applications as they came: TLVs
 *   object 4  struct ota_head, then the key sets and receivers of secured packets */
#ifndef CARD_EUICC_PROFILE_INSIDE_H
#define CARD_EUICC_PROFILE_INSIDE_H

#include "card/euicc/profile.h"
#include "card/uicc/uicc.h"

#define PROFILE_AID_MAX 16
#define PROFILE_REFERENCES_MAX 16 /* key references in the PIN status of a DF */
#define PROFILE_FILES_MAX 1024
#define PROFILE_APPS_MAX 8
#define PROFILE_KEY_MAX 32

enum { PART_FILES, PART_CONTENTS, PART_KEYS, PART_OTHERS, PART_OTA };

struct profile_file {
    struct uicc_file file; /* content: offset in the contents */
    uint32_t length;       /* BER-TLV: bytes that are in use */
    uint8_t special, aid_n, references_n;
    uint8_t aid[PROFILE_AID_MAX];
    uint8_t references[PROFILE_REFERENCES_MAX];
    uint16_t path_fid; /* builder only: what paths of the package call it */
};

struct profile_pin {
    uint16_t df; /* the MF or ADF whose PIN it is */
    uint8_t reference;
    struct uicc_pin pin;
};

/* AKA of an application. shared: keys and SQN are those of the application of this number. */
struct profile_app {
    uint16_t adf;
    uint8_t shared; /* APP_OWN: its own */
    struct uicc_subscriber subscriber;
    struct aka_sqn_array sqn;
};
#define APP_OWN 0xFF

/* Who receives secured packets (TS 102 225), and with which keys. */
#define OTA_SETS_MAX 32
#define OTA_RECEIVERS_MAX 32
#define OTA_SET_KEY_MAX 32
struct ota_set {
    uint8_t domain, version; /* security domain by its place in the package; KVN 01 to 0F */
    uint8_t algorithm;       /* low nibble of KIc and KID */
    uint64_t counter;
    uint8_t kic_n, kid_n;
    uint8_t kic[OTA_SET_KEY_MAX], kid[OTA_SET_KEY_MAX];
};
enum ota_kind { OTA_FILES, OTA_DOMAIN };
struct ota_receiver {
    uint8_t tar[SCP80_TAR_LEN];
    uint8_t spi1_minimum, domain, kind;
    uint16_t adf;            /* OTA_FILES: the default directory, FILE_NONE: the MF */
    uint8_t shared, adf_own; /* enum remote_access */
};
struct ota_head {
    uint8_t sets, receivers;
    char sender[SMS_NUMBER_TEXT]; /* of the packet that was accepted last */
};

struct profile_head {
    uint16_t files, pins, apps;
    /* DFs that use the PINs of another: pairs */
    uint16_t shares;
};
struct profile_share {
    uint16_t df, of;
};

/* profile_codec.c: records. Fixed lengths; numbers big-endian. */
#define HEAD_LEN 16
#define FILE_LEN 64
#define FILE_AT(id) (HEAD_LEN + (uint32_t)(id)*FILE_LEN)
#define FILE_FLAGS_AT 9 /* of a file's record: what changes */
#define FILE_USED_AT 19
#define PIN_RECORD_LEN 32
#define SHARE_LEN 4
#define SQN_LEN (AKA_IND_COUNT * AKA_SQN_LEN)
#define APP_SQN_AT 208
#define APP_LEN (APP_SQN_AT + SQN_LEN)
void put_head(const struct profile_head *h, struct buf *out);
enum xk_err get_head(struct bytes b, struct profile_head *out) XK_MUST_CHECK;
void put_file(const struct profile_file *f, struct buf *out);
void get_file(struct cur *c, struct profile_file *out);
void put_pin(const struct profile_pin *p, struct buf *out);
void get_pin(struct cur *c, struct profile_pin *out);
void put_app(const struct profile_app *a, struct buf *out);
enum xk_err get_app(struct cur *c, struct profile_app *out) XK_MUST_CHECK;
#define OTA_HEAD_LEN 32
#define OTA_SENDER_AT 4
#define OTA_SET_LEN 80
#define OTA_SET_AT(i) (OTA_HEAD_LEN + (uint32_t)(i)*OTA_SET_LEN)
#define OTA_COUNTER_AT 3 /* of a set */
#define OTA_RECEIVER_LEN 12
void put_ota_head(const struct ota_head *h, struct buf *out);
enum xk_err get_ota_head(struct bytes part, struct ota_head *out) XK_MUST_CHECK;
void put_ota_set(const struct ota_set *s, struct buf *out);
void get_ota_set(struct bytes part, unsigned i, struct ota_set *out);
void put_ota_receiver(const struct ota_receiver *r, struct buf *out);
void get_ota_receiver(struct bytes part, const struct ota_head *h, unsigned i,
                      struct ota_receiver *out);
static inline uint32_t pins_at(const struct profile_head *h, unsigned slot)
{
    return (uint32_t)h->shares * SHARE_LEN + slot * PIN_RECORD_LEN;
}
static inline uint32_t apps_at(const struct profile_head *h, unsigned app)
{
    return pins_at(h, h->pins) + app * APP_LEN;
}

/* The enabled profile as a card. */
struct profile_card {
    struct uicc uicc; /* first: a struct uicc is one of these */
    struct flash *flash;
    uint32_t base;
    struct profile_host host;
    struct profile_head head;
    struct profile_file *files;
    uint8_t refresh; /* qualifier of the REFRESH that is wanted */
};
static inline struct profile_card *card_of(struct uicc *u)
{
    return (struct profile_card *)(void *)u;
}

/* profile_ota.c: the parts of struct uicc_ops that receive secured packets */
enum xk_err profile_ota_find(struct uicc *u, const struct scp80_command *c, struct ota_way *out,
                             uint8_t *status) XK_MUST_CHECK;
enum xk_err profile_ota_take(struct uicc *u, const struct ota_way *w, const struct scp80_command *c,
                             const char *sender) XK_MUST_CHECK;
enum xk_err profile_ota_run(struct uicc *u, struct exchange *x, const struct ota_way *w,
                            uint8_t status, struct bytes data, struct buf *out) XK_MUST_CHECK;
enum xk_err profile_ota_address(struct uicc *u, char out[SMS_NUMBER_TEXT]) XK_MUST_CHECK;

#endif
