/* SPDX-License-Identifier: Apache-2.0 */
/* An eUICC for tests of the LPA: it keeps profiles and notifications, checks no signature, and has
 * a will that the test sets: which command it refuses, answers wrongly or not at all, which forms
 * of EnableProfile it takes, how an installation ends. Answers go out as on T=0 (61xx). */
#ifndef TESTS_UNIT_TERMINAL_TOYEUICC_H
#define TESTS_UNIT_TERMINAL_TOYEUICC_H

#include "codec/apdu/apdu.h"
#include "codec/rsp/rsp.h"

#define TOY_EID "89049032123451234512345678901235"
#define TOY_PROFILES 8
#define TOY_NOTIFICATIONS 16
#define TOY_DER_MAX 4096
#define TOY_OVERRIDES 4

struct toy_profile {
    uint8_t iccid[ICCID_LEN];
    uint8_t aid[16];
    bool enabled;
    uint32_t profile_class;
    char name[16];
    char nickname[65];
    char address[64]; /* "": no notifications */
};

struct toy_notification {
    uint32_t seq_number;
    uint8_t der[512]; /* PendingNotification */
    size_t n;
};

/* The command with this tag is answered so; count: how many times (0: always). */
struct toy_override {
    uint32_t tag;
    uint16_t sw;     /* 0: der */
    const char *der; /* hexadecimal; NULL with sw 0: no answer at all */
    unsigned skip, count;
};

struct toyeuicc {
    /* its will */
    bool no_isdr, no_channels, refuses_tag_list, no_terminal_capability;
    uint8_t channel; /* that is opened; 1 unless set */
    unsigned forms;  /* taken of enable and disable: bits 0 ICCID+refresh, 1 AID+refresh, 2 ICCID,
                              3 AID; 0: all */
    bool lies;       /* says ok and does nothing */
    unsigned die_at; /* no answer to the n-th command from now; 0: never */
    unsigned busy;   /* 9300 to so many commands */
    bool mute;       /* no answer until reset */
    uint32_t fail_reason; /* of the installation; 0: it succeeds */
    uint32_t fail_command;
    const char *sima; /* simaResponse of the failure, hexadecimal */
    unsigned fail_at; /* at the n-th 86; 0: at the end */
    const char *rat;  /* contents of the answer's A0; NULL: empty */
    const char *default_dp, *root_ds, *additional_ds;
    struct toy_override override[TOY_OVERRIDES];

    struct toy_profile profile[TOY_PROFILES];
    size_t profiles;
    struct toy_notification notification[TOY_NOTIFICATIONS];
    size_t notifications;
    uint32_t last_seq_number;

    /* what it saw */
    unsigned apdus, resets, opened, closed;
    size_t longest; /* data of a STORE DATA */
    uint8_t cancelled_reason;
    unsigned cancels, enables;
    char imei[17];
    char matching_id[64];
    bool has_matching_id;
    uint8_t hash_cc[RSP_HASH_LEN];
    bool has_hash_cc;
    uint64_t reset_options;

    /* inside */
    bool selected;
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    size_t transaction_id_n;
    struct rsp_bpp_reader reader;
    bool loading;
    unsigned loaded;
    uint8_t reader_mem[2048];
    uint8_t metadata[1024];
    size_t metadata_n;
    uint8_t command[TOY_DER_MAX];
    size_t command_n;
    uint8_t answer[TOY_DER_MAX];
    size_t answer_n, answer_at;
};

void toyeuicc_init(struct toyeuicc *e);
void toyeuicc_reset(struct toyeuicc *e);
/* Empty: no answer. out holds APDU_RESPONSE_MAX. */
struct bytes toyeuicc_transmit(struct toyeuicc *e, struct bytes command, uint8_t *out);
/* The AID's last byte but one and the ICCID end in `number`. */
struct toy_profile *toyeuicc_add(struct toyeuicc *e, unsigned number, bool enabled);
void toyeuicc_notify(struct toyeuicc *e, enum rsp_event event, const char *address,
                     const uint8_t iccid[ICCID_LEN]);
void toyeuicc_iccid(unsigned number, uint8_t out[ICCID_LEN]);

/* between its two files */
struct bytes toyeuicc_hex(const char *text, uint8_t *out, size_t cap);
uint32_t toyeuicc_tag(const struct toyeuicc *e); /* of the command */
uint16_t toyeuicc_perform(struct toyeuicc *e);   /* 0 with mute: no answer */

#endif
