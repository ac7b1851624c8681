/* SPDX-License-Identifier: Apache-2.0 */
/* A UICC as terminals see it (TS 102 221, TS 31.102, TS 31.103, class A0 of TS 51.011, toolkit,
 * secured packets): commands over a card that is given by its parts (struct uicc_ops). The
 * domestic card (card/usim) and the profiles of an eUICC (card/euicc) are such cards. One thread
 * at a time per card. A refusal to the terminal is a status word (x->sw); an error is trouble with
 * our memory only. */
#ifndef CARD_UICC_UICC_H
#define CARD_UICC_UICC_H

#include "base/clock.h"
#include "card/uicc/toolkit.h"
#include "codec/apdu/apdu.h"
#include "codec/scp80/scp80.h"
#include "codec/sms/sms.h"
#include "crypto/aka.h"

#define FID_MF 0x3F00
#define FID_CURRENT_ADF 0x7FFF
#define FILE_MF 0        /* the id of the MF */
#define FILE_NONE 0xFFFF /* no file */
#define FILES_MAX 0xFFFE
#define RECORD_MAX 255
#define ARR_RECORD_MAX 255

/* Files. All are known by an id, 0 to the number of files - 1; DFs stand before what is in them. */
enum file_structure { /* file descriptor byte without the bit "shareable"; TS 102 221 11.1.1.4.3 */
                      STRUCTURE_TRANSPARENT = 0x01,
                      STRUCTURE_LINEAR = 0x02,
                      STRUCTURE_CYCLIC = 0x06,
                      STRUCTURE_DF = 0x38,
                      STRUCTURE_BER_TLV = 0x39,
};
#define DESCRIPTOR_SHAREABLE 0x40
#define STRUCTURE_OF(file) ((file)->descriptor & 0xBF)

enum file_flag {
    FILE_IS_ADF = 1,      /* found by its name only */
    FILE_DEACTIVATED = 2, /* TS 102 221 11.1.1.4.9 */
    FILE_READABLE_DEACTIVATED = 4,
};

struct uicc_file {
    uint16_t fid;
    uint16_t parent;    /* id; the MF is its own */
    uint16_t arr;       /* FID of the EF.ARR that has its rule */
    uint8_t rule;       /* record of it */
    uint8_t descriptor; /* as in the FCP: 41, 42, 46, 78, 79 */
    uint8_t sfi;        /* 0: none */
    uint8_t flags;      /* enum file_flag */
    uint8_t record_len;
    uint32_t size;
    uint32_t content; /* the card's own handle */
};

static inline unsigned file_records(const struct uicc_file *f)
{
    return f->record_len ? f->size / f->record_len : 0;
}

static inline bool file_is_df(const struct uicc_file *f)
{
    return STRUCTURE_OF(f) == STRUCTURE_DF;
}

/* PINs (TS 102 221 9). A slot is the card's own number for one; up to PIN_SLOTS. */
#define PIN_SLOTS 64
#define PIN_LEN 8
struct uicc_pin {
    uint8_t enabled;
    uint8_t may; /* enum pin_may */
    uint8_t tries, tries_max;
    uint8_t puk_tries, puk_tries_max;
    uint8_t value[PIN_LEN], puk[PIN_LEN];
};
enum pin_may {
    PIN_MAY_DISABLE = 1,
    PIN_MAY_CHANGE = 2,
    PIN_MAY_UNBLOCK = 4, /* there is a PUK */
    PIN_IS_DIGITS = 8,   /* 4 to 8 digits, FF behind them; else any 8 bytes */
};

/* What the algorithm of an application needs. */
struct uicc_subscriber {
    struct aka_subscriber aka;
    struct aka_sqn_rules rules;
};

struct uicc;
struct exchange;

#define OTA_ANSWER_MAX 512 /* application data of the answer to a packet */

/* A secured packet on its way in (ota.c); what a card says about it. */
struct ota_way {
    struct scp80_keys keys;
    uint8_t spi1_minimum; /* as SPI1: integrity, ciphering, counter at least so */
    bool known_keys;      /* KIc and KID name this key set */
    uint64_t counter;     /* stored */
    uint32_t target;      /* the card's own handles of the application and the key set */
    uint32_t keyset;
};

/* The parts of a card. Members marked (opt) may be NULL. */
struct uicc_ops {
    /* Files */
    const struct uicc_file *(*file)(const struct uicc *u, unsigned id); /* NULL behind the last */
    struct bytes (*aid)(const struct uicc *u, unsigned id);             /* name of an ADF */
    /* Contents: reads see writes that are not yet committed. */
    enum xk_err (*read)(struct uicc *u, const struct uicc_file *f, uint32_t at, uint8_t *out,
                        size_t n);
    enum xk_err (*write)(struct uicc *u, const struct uicc_file *f, uint32_t at, struct bytes data);
    /* After a write and before its commit: what it means to the card (opt) */
    enum xk_err (*written)(struct uicc *u, const struct uicc_file *f);
    enum xk_err (*set_active)(struct uicc *u, unsigned id, bool active); /* (opt) */
    /* Objects that stand in template A5 of the FCP of an EF (opt) */
    void (*proprietary)(const struct uicc *u, unsigned id, struct buf *out);
    /* BER-TLV files (opt): the bytes a file holds now, and a new length; XK_E_LIMIT: too long */
    enum xk_err (*length)(struct uicc *u, const struct uicc_file *f, uint32_t *out);
    enum xk_err (*set_length)(struct uicc *u, const struct uicc_file *f, uint32_t n);
    /* All writes since the last commit. XK_E_LIMIT: memory worn out or full, nothing is changed */
    enum xk_err (*commit)(struct uicc *u);
    void (*rollback)(struct uicc *u);

    /* PINs: the slot of a key reference seen from a DF, -1: there is none */
    int (*pin_slot)(const struct uicc *u, unsigned df, uint8_t reference);
    enum xk_err (*pin_load)(struct uicc *u, unsigned slot, struct uicc_pin *out);
    enum xk_err (*pin_store)(struct uicc *u, unsigned slot, const struct uicc_pin *pin);
    /* The key references in the PIN status of a DF's FCP */
    struct bytes (*pin_references)(const struct uicc *u, unsigned df);

    /* Authentication. adf FILE_NONE: the one class A0 uses */
    enum xk_err (*subscriber)(struct uicc *u, unsigned adf, struct uicc_subscriber *out,
                              bool *present);
    enum xk_err (*sqn_load)(struct uicc *u, unsigned adf, struct aka_sqn_array *out);
    enum xk_err (*sqn_store)(struct uicc *u, unsigned adf, unsigned slot, uint64_t seq);

    /* Secured packets: who is meant, by the clear head (scp80_peek_command) */
    enum xk_err (*ota_find)(struct uicc *u, const struct scp80_command *c, struct ota_way *out,
                            uint8_t *status);
    /* The counter goes into memory, with the sender to answer to; the caller commits */
    enum xk_err (*ota_take)(struct uicc *u, const struct ota_way *w, const struct scp80_command *c,
                            const char *sender);
    /* An authentic packet: status SCP80_POR_OK, or SCP80_CNTR_LOW when it was there before.
     * Application data of the answer to out. */
    enum xk_err (*ota_run)(struct uicc *u, struct exchange *x, const struct ota_way *w,
                           uint8_t status, struct bytes data, struct buf *out);
    /* Where answers in messages go; "" for nowhere */
    enum xk_err (*ota_address)(struct uicc *u, char out[SMS_NUMBER_TEXT]);

    /* Toolkit (toolkit.h) */
    const struct intent_row *intents;
    unsigned intents_n;
    void (*session_ended)(struct uicc *u);                   /* (opt) volatile state goes */
    enum xk_err (*session_started)(struct uicc *u);          /* (opt) TERMINAL PROFILE has come */
    void (*polled)(struct uicc *u);                          /* (opt) STATUS has come */
    enum xk_err (*fetched)(struct uicc *u, unsigned intent); /* (opt) */
    enum xk_err (*given_up)(struct uicc *u,
                            unsigned intent); /* (opt) terminal has not the facility */
    enum xk_err (*idle)(struct uicc *u);      /* (opt) nothing is wanted: wants of the end */
    /* A message of a kind other than the answer to a packet is gone, or will not go (opt) */
    enum xk_err (*message_done)(struct uicc *u, struct exchange *x, unsigned kind, bool sent);
    /* ENVELOPE other than SMS-PP download (opt) */
    enum xk_err (*envelope)(struct uicc *u, struct exchange *x, uint32_t tag, struct bytes value);

    /* Applications that are no ADF (opt): see card/euicc/profile.h */
    bool (*other_select)(struct uicc *u, unsigned channel, struct bytes aid, struct buf *fci);
    enum xk_err (*other_command)(struct uicc *u, unsigned channel, const struct apdu_command *c,
                                 struct buf *out, uint16_t *sw);
    void (*other_deselected)(struct uicc *u, unsigned channel);
};

#define CHANNELS 4
#define CHANNEL_REMOTE CHANNELS /* one more, which no terminal sees (remote.c) */
#define OTHER_RESPONSE_MAX 0xFFFF

struct channel {
    bool open;
    bool other;     /* an application that is no ADF is selected */
    uint8_t record; /* current record, 0: none */
    uint16_t adf;   /* the application that is active (TS 102 221 8.5), or FILE_NONE */
    uint16_t df, ef;
};

/* Response data that waits for GET RESPONSE; memory only while there is some. */
struct held {
    uint8_t *p;
    uint16_t n, at;
    uint16_t sw; /* behind the last of it */
};

struct transfer; /* of a BER-TLV object in blocks (bertlv.c) */

struct uicc {
    const struct uicc_ops *ops;
    struct xk_rand rand;
    bool dead;         /* the memory failed; nothing is answered until the reset */
    uint8_t unproven;  /* packets without proof that were answered by message */
    uint64_t verified; /* a bit for each PIN slot */
    struct channel channel[CHANNELS + 1];
    const struct uicc_remote *remote; /* who asks, NULL: the terminal */
    struct held held;
    struct toolkit toolkit;
    struct sms_reassembly *sms; /* while parts are missing */
    struct transfer *transfer;  /* while blocks are missing */
};

/* The struct lives in the card's own; ops must outlive it. fini frees what it holds. */
void uicc_init(struct uicc *u, const struct uicc_ops *ops, const struct xk_rand *rand);
void uicc_fini(struct uicc *u);
/* Reset: all that is volatile goes. */
void uicc_reset(struct uicc *u);
/* One command, one response (data and SW) into out (at least APDU_RESPONSE_MAX). XK_E_CLOSED:
 * power was cut in the middle, XK_E_IO: the memory failed; both until the next reset. */
enum xk_err uicc_transmit(struct uicc *u, struct bytes command, struct buf *out) XK_MUST_CHECK;
/* What it holds besides its own struct. */
size_t uicc_bytes(const struct uicc *u);

/* One command and what is to be answered. Data goes to out, the status word behind it at the
 * end. */
struct exchange {
    struct apdu_command c;
    struct channel *ch;
    bool gsm; /* class A0: TS 51.011 */
    struct buf *out;
    uint16_t sw;
};

static inline enum xk_err refuse(struct exchange *x, uint16_t sw)
{
    x->sw = sw;
    return XK_OK;
}

/* Commits; worn-out memory becomes SW 6581 instead of an error. */
enum xk_err uicc_commit(struct uicc *u, struct exchange *x) XK_MUST_CHECK;

/* Remote file management (TS 102 226 7): commands that came in a secured packet, run beside the
 * terminal's and not seen by it. */
enum remote_access {
    REMOTE_TERMINAL, /* nobody remote: PINs decide */
    REMOTE_FULL,     /* all but NEVER (access domain 00) */
    REMOTE_ALWAYS,   /* what everybody may */
    REMOTE_NONE,     /* nothing (access domain FF) */
};
struct uicc_remote {
    unsigned adf;                       /* the default directory; FILE_NONE: the MF */
    enum remote_access shared, adf_own; /* on files outside the ADF, and in it */
};
/* The default directory is selected. */
void uicc_remote_begin(struct uicc *u, const struct uicc_remote *r);
/* One command; data to out, the status word to *sw. What it wrote is committed. A refusal is the
 * status word; an error is trouble with our memory. */
enum xk_err uicc_remote_run(struct uicc *u, const struct uicc_remote *r, struct bytes command,
                            struct buf *out, uint16_t *sw) XK_MUST_CHECK;
/* Nothing of it is left for the terminal. */
void uicc_remote_end(struct uicc *u);

/* fs.c: files by what they are called; FILE_NONE when there is none. ADFs have no FID here. */
unsigned fs_find_df(const struct uicc *u, unsigned parent, uint16_t fid);
unsigned fs_find_ef(const struct uicc *u, unsigned parent, uint16_t fid);
unsigned fs_find_sfi(const struct uicc *u, unsigned parent, uint8_t sfi);
/* The ADF a file is under, FILE_NONE when it is under none. */
unsigned fs_adf_of(const struct uicc *u, unsigned id);

#endif
