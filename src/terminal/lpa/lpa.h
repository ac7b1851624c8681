/* SPDX-License-Identifier: Apache-2.0 */
/* The local profile assistant: it downloads profiles, manages them and delivers what the eUICC has
 * to tell (SGP.22 3, LPAd). A pure engine:
 *
 *     lpa_begin(lpa, &task);
 *     lpa_next(lpa, NULL, &action);
 *     while (action.type != LPA_DONE) {
 *         perform(&action, &input);
 *         lpa_next(lpa, &input, &action);
 *     }
 *
 * Each action but LPA_PROGRESS and LPA_DONE wants the one input named beside it; LPA_PROGRESS wants
 * NULL. Servers are asked by the structs of codec/rsp/es9p.h: the program chooses the binding. */
#ifndef TERMINAL_LPA_LPA_H
#define TERMINAL_LPA_LPA_H

#include "codec/rsp/activation_code.h"
#include "codec/rsp/rsp.h"

#define LPA_BLOCK_DEFAULT 120 /* bytes of a STORE DATA: modems choke on more */
#define LPA_BLOCK_MIN 6
#define LPA_BLOCK_MAX 255
#define LPA_TRIES_DEFAULT 3
#define LPA_PROFILES_MAX 64
#define LPA_NOTIFICATIONS_MAX 256 /* at one time; what is more stays on the card */
#define LPA_FOUND_MAX 32
#define LPA_CODE_MAX 64 /* confirmation code */
#define LPA_ADDRESS_MAX (RSP_FQDN_MAX + 7)

struct lpa_config {
    size_t block;                /* 0: LPA_BLOCK_DEFAULT */
    unsigned tries;              /* of a download that is cut; 0: LPA_TRIES_DEFAULT */
    unsigned notify_tries;       /* of a notification that was not heard; 0: one */
    char imei[17];               /* 14 to 16 digits; "": a TAC of zeros and no IMEI */
    bool terminal_opens_channel; /* +CCHO: LPA_OPEN_CHANNEL instead of MANAGE CHANNEL and SELECT */
    struct bytes isdr_aid;       /* empty: that of SGP.22; copied */
};

/* ---- what it shall do ---- */

enum lpa_task_type {
#define LPA_PLAN(name, procedures) LPA_TASK_##name,
#include "terminal/lpa/plans.def"
    LPA_TASKS
};

/* Whether REFRESH is asked for (the refreshFlag). */
enum lpa_refresh { LPA_REFRESH_AUTO, LPA_REFRESH_YES, LPA_REFRESH_NO };

struct lpa_task {
    enum lpa_task_type type;
    struct rsp_activation_code code;          /* DOWNLOAD; no address: the card's default SM-DP+ */
    bool discover;                            /* DOWNLOAD: what the SM-DS has for us instead */
    char confirmation_code[LPA_CODE_MAX + 1]; /* DOWNLOAD; "": asked for when it is needed */
    struct rsp_profile_id profile;            /* ENABLE, DISABLE, DELETE, NICKNAME */
    enum lpa_refresh refresh;                 /* ENABLE, DISABLE */
    struct bytes text;      /* NICKNAME: it; DEFAULT_ADDRESS: it; empty removes either */
    uint64_t reset_options; /* RESET: RSP_BIT(enum rsp_memory_reset_option) */
    bool has_seq_number;    /* NOTIFY: only this one; REMOVE_NOTIFICATION needs it */
    uint32_t seq_number;
    char smds[LPA_ADDRESS_MAX + 1]; /* DISCOVER and discover: this SM-DS instead of the card's */
};

/* ---- inputs ---- */

enum lpa_input_type {
    LPA_IN_RESPONSE, /* LPA_TRANSMIT: data is the response APDU; empty: no answer, card gone */
    LPA_IN_CHANNEL,  /* LPA_OPEN_CHANNEL, LPA_CLOSE_CHANNEL */
    LPA_IN_CARD,     /* LPA_RESET_CARD: ok or not */
    LPA_IN_REPLY,    /* LPA_POST */
    LPA_IN_TIME,     /* LPA_WAIT: it is over */
    LPA_IN_ANSWER,   /* LPA_ASK */
};

enum lpa_reply_kind {
    LPA_REPLY_OK,          /* response; NULL for HandleNotification (any 2xx) */
    LPA_REPLY_UNREACHABLE, /* no connection: name, route, refused */
    LPA_REPLY_CUT,         /* connection lost or timed out: nobody knows whether it was heard */
    LPA_REPLY_TLS,         /* its certificate is not good enough */
    LPA_REPLY_HTTP,        /* an HTTP status other than 2xx */
    LPA_REPLY_MALFORMED,   /* what came is no such response */
};

struct lpa_reply {
    enum lpa_reply_kind kind;
    unsigned http_status;
    const char *text;                         /* for people, when not OK; may be NULL */
    const struct rsp_es9p_response *response; /* spans are copied before lpa_next returns */
};

enum lpa_answer { LPA_ANSWER_NO, LPA_ANSWER_YES, LPA_ANSWER_LATER, LPA_ANSWER_NONE /* in time */ };

struct lpa_input {
    enum lpa_input_type type;
    struct bytes data;
    bool ok;         /* LPA_IN_CHANNEL, LPA_IN_CARD */
    uint8_t channel; /* LPA_IN_CHANNEL: opened; 1 to 19 */
    struct lpa_reply reply;
    enum lpa_answer answer;
    struct bytes code; /* LPA_ANSWER_YES to LPA_ASK_CONFIRMATION_CODE */
};

/* ---- actions ---- */

enum lpa_action_type {
    LPA_TRANSMIT,      /* command, on channel */
    LPA_OPEN_CHANNEL,  /* to the application aid (terminal_opens_channel) */
    LPA_CLOSE_CHANNEL, /* channel (terminal_opens_channel) */
    LPA_RESET_CARD,    /* the card asked for REFRESH, or fell silent: reset it, or wait until
                          the modem has done so; all channels are closed then */
    LPA_POST,
    LPA_WAIT,     /* wait_ms */
    LPA_ASK,      /* question */
    LPA_PROGRESS, /* step: what begins now; done of total when total > 0 */
    LPA_DONE,     /* result */
};

enum lpa_question_type {
    LPA_ASK_DOWNLOAD,          /* install this profile? */
    LPA_ASK_CONFIRMATION_CODE, /* again: the one given before was refused */
    LPA_ASK_ENABLE,
    LPA_ASK_DISABLE,
    LPA_ASK_DELETE,
    LPA_ASK_RESET,
};

struct lpa_question {
    enum lpa_question_type type;
    const struct rsp_metadata *metadata; /* of the profile; NULL for LPA_ASK_RESET */
    bool strong;                         /* it has policy rules that want strong consent */
    const char *rules;                   /* what they mean, for people; "" none */
    bool again;
};

struct lpa_action {
    enum lpa_action_type type;
    uint8_t channel;
    struct bytes command, aid; /* valid until the next lpa_next */
    const char *address;       /* LPA_POST: host or host:port */
    struct rsp_es9p_request post;
    uint32_t wait_ms;
    struct lpa_question question;
    const char *step, *step_zh; /* LPA_PROGRESS, for people: "Contacting the server" */
    const char *step_name;      /* for machines: "INITIATE" */
    size_t done, total;
    const struct lpa_result *result; /* until lpa_begin or lpa_free */
};

/* ---- how it went ---- */

enum lpa_fault_kind {
#define LPA_FAULT(name, zh, text, advice) LPA_FAULT_##name,
#include "terminal/lpa/faults.def"
    LPA_FAULTS
};

/* The whole story of a failure. What a kind does not have is zero. */
struct lpa_fault {
    enum lpa_fault_kind kind;
    const char *step_name;     /* where: as in steps.def */
    uint16_t sw;               /* of the card */
    enum rsp_code_table table; /* of code: what the card answered */
    uint32_t code;             /* of the card */
    uint32_t command;          /* INSTALL: enum rsp_bpp_command */
    bool has_pe;               /* INSTALL: the profile element that failed */
    struct rsp_pe_status pe;
    size_t pe_place;            /* its place among those the card reported, from 1 */
    enum rsp_function function; /* SERVER: which call */
    char address[LPA_ADDRESS_MAX + 1];
    char subject[16], reason[16]; /* SERVER */
    char message[256];            /* of the server, the transport or the card, as it came */
    unsigned http_status;
};

struct lpa_profile {
    struct rsp_profile_info info;
    char iccid[ICCID_TEXT_MAX];
};

enum lpa_notification_state {
    LPA_WAITING,
    LPA_SENT,    /* and taken off the card */
    LPA_KEPT,    /* it could not be sent; it stays on the card */
    LPA_REMOVED, /* by the task, or it was gone */
};

struct lpa_notification {
    uint32_t seq_number;
    uint64_t event;
    char address[RSP_FQDN_MAX + 8];
    char iccid[ICCID_TEXT_MAX]; /* "" none */
    enum lpa_notification_state state;
};

struct lpa_found { /* by discovery */
    char address[LPA_ADDRESS_MAX + 1];
    char event_id[RSP_MATCHING_ID_MAX + 1]; /* "" the default SM-DP+ */
    char smds[LPA_ADDRESS_MAX + 1];         /* who said so; "" the card */
    bool has_metadata;                      /* it was asked: iccid and names are known */
    char iccid[ICCID_TEXT_MAX];
    struct rsp_metadata metadata;
};

struct lpa_chip {
    struct rsp_euicc_info2 info2;
    struct rsp_euicc_configured_addresses addresses;
    struct rsp_rat rat;
    bool has_rat;
};

struct lpa_result {
    enum lpa_task_type task;
    bool ok;
    struct lpa_fault fault;             /* not ok */
    char eid[EID_TEXT_MAX];             /* "" not read */
    uint32_t svn;                       /* of the ISD-R; 0 unknown */
    char iccid[ICCID_TEXT_MAX];         /* of the profile it was about */
    bool already;                       /* it was so already: enabled, disabled */
    const struct lpa_chip *chip;        /* CHIP */
    const struct lpa_profile *profiles; /* LIST, and after every change */
    size_t profiles_n;
    bool has_profiles;
    const struct lpa_notification *notifications; /* all it saw */
    size_t notifications_n;
    const struct lpa_found *found; /* DISCOVER */
    size_t found_n;
    struct lpa_fault notification_fault; /* why the first that stayed could not be sent */
    unsigned sent, kept;                 /* notifications */
    unsigned tries;                      /* of the download */
    struct lpa_fault last_trouble;       /* why it was tried again */
};

/* The profile of this ICCID or AID among result->profiles; NULL. */
const struct lpa_profile *lpa_profile_in(const struct lpa_result *result,
                                         const struct rsp_profile_id *id);

struct lpa;

enum xk_err lpa_new(const struct lpa_config *config, struct lpa **out) XK_MUST_CHECK;
void lpa_free(struct lpa *l); /* NULL is fine */
/* Everything of the task before is gone. XK_E_VALUE: the task lacks something. Spans are copied. */
enum xk_err lpa_begin(struct lpa *l, const struct lpa_task *task) XK_MUST_CHECK;
/* XK_E_STATE: not the input that was wanted; nothing happened and the action is still to be
 * performed. All other trouble is told by LPA_DONE. */
enum xk_err lpa_next(struct lpa *l, const struct lpa_input *in, struct lpa_action *out)
    XK_MUST_CHECK;
/* The user wants it to end: the session is cancelled as postponed at the next step where that does
 * no harm; a package that is being loaded is loaded to its end. Give the awaited input as usual. */
void lpa_cancel(struct lpa *l);

/* The story in sentences: what, where, why, with every code and its meaning, and what to do. */
void lpa_fault_text(const struct lpa_fault *fault, struct buf *out);
const char *lpa_fault_name(enum lpa_fault_kind kind); /* "SERVER_REFUSED" */
/* ICCID (text) or AID (hex) of a profile. XK_E_FORMAT. bytes: 16 of room for the span. */
enum xk_err lpa_profile_id_from_text(struct bytes text, uint8_t bytes[RSP_AID_MAX],
                                     struct rsp_profile_id *out) XK_MUST_CHECK;

#endif
