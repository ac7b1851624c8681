/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the state of a task and what its files call of each other.
 *
 * One state at a time (steps.def). Its start function asks for one thing (lpa_card, lpa_post, ...)
 * or goes on at once; when the answer is there, its answer or refused function decides and goes on
 * (lpa_go, lpa_procedure_done, lpa_fail). */
#ifndef TERMINAL_LPA_CORE_H
#define TERMINAL_LPA_CORE_H

#include "base/arena.h"
#include "codec/apdu/apdu.h"
#include "codec/rsp/rsp.h"
#include "terminal/lpa/lpa.h"

#define LPA_REQUEST_MAX 65536   /* one message to the eUICC */
#define LPA_RESPONSE_MAX 262144 /* from it: a list of profiles with icons */
#define LPA_TASK_MAX ((size_t)4 << 20)
#define LPA_SESSION_MAX ((size_t)16 << 20) /* a bound profile package is the largest thing in it */
#define LPA_HOPS_MAX 4                     /* from SM-DS to SM-DS */
#define LPA_CODE_TRIES 3                   /* confirmation codes asked for */
#define LPA_BUSY_TRIES 10
#define LPA_BUSY_WAIT_MS 500
#define LPA_RETRY_WAIT_MS 2000 /* then twice as long each time */
#define LPA_RULES_TEXT_MAX 256

enum lpa_step {
#define LPA_STEP(name, wants, start, answer, refused, zh, en) STEP_##name,
#include "terminal/lpa/steps.def"
#undef LPA_STEP
    STEP_COUNT
};

enum lpa_procedure {
    PROCEDURE_NONE,
#define LPA_PROCEDURE(name, first) PROCEDURE_##name,
#include "terminal/lpa/plans.def"
    PROCEDURE_COUNT
};

/* What is awaited from the program. */
enum lpa_wanted {
    WANTS_NOTHING,
    WANTS_CARD,
    WANTS_CHANNEL,
    WANTS_CARD_RESET,
    WANTS_REPLY,
    WANTS_TIME,
    WANTS_ANSWER,
};

struct lpa_card {
    bool open;          /* the channel to the ISD-R */
    bool gone;          /* it has not answered */
    bool wants_refresh; /* 91xx: a proactive command waits */
    bool waits;         /* it was busy; the same APDU again after a while */
    uint8_t channel;
    uint8_t apdu[APDU_COMMAND_MAX];
    size_t apdu_n;
    uint8_t block_number;
    bool chains; /* STORE DATA: left is what of the request is to come */
    struct bytes left;
    unsigned follow_ups, busy;
    uint16_t sw;
    struct buf response;
};

/* Somewhere a profile may wait for us. */
struct lpa_source {
    char address[LPA_ADDRESS_MAX + 1];
    char matching_id[RSP_MATCHING_ID_MAX + 1];
    char smds[LPA_ADDRESS_MAX + 1]; /* who named it; "" nobody */
    bool has_matching_id;
    bool is_default; /* the card's default SM-DP+ */
    bool by_code;    /* of the activation code */
    unsigned hops;
};

/* One session with a server. Begun anew with each try. */
struct lpa_session {
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    size_t transaction_id_n;
    bool on_card; /* the eUICC knows it too: to be cancelled when we stop */
    bool loading; /* the package has begun to go into the card */
    struct bytes info1, challenge;
    struct rsp_metadata metadata; /* announced by AuthenticateClient */
    struct rsp_smdp_signed2 smdp_signed2;
    struct bytes smdp_signature2, smdp_certificate;
    struct bytes package;
    struct rsp_bpp_pieces pieces;
    struct bytes piece;
};

struct lpa_download {
    unsigned tries, code_tries;
    bool code_refused;
    char code[LPA_CODE_MAX + 1];
    uint8_t consented[32]; /* SHA-256 of the metadata the user has agreed to */
    bool has_consent;
    bool rules_need_consent;
    bool has_operational; /* a profile of that class is on the card */
    char rules[LPA_RULES_TEXT_MAX];
    bool card_said_no; /* loading: by a status word, it is still there */
    struct lpa_fault load_fault, code_fault;
};

/* The forms of EnableProfile and DisableProfile, for cards that take only some. */
struct lpa_switch {
    unsigned form; /* which of switch_forms is being tried */
    unsigned busy;
    bool has_fault;
    struct lpa_fault fault; /* why the last form was refused */
    uint8_t iccid[ICCID_LEN], aid[RSP_AID_MAX];
    struct rsp_profile_id id; /* both, as far as the card gives them */
    struct rsp_profile_info profile;
};

struct lpa {
    struct lpa_config config;
    uint8_t isdr_aid[RSP_AID_MAX];
    struct lpa_task task;
    uint8_t profile_id[RSP_AID_MAX];
    struct arena task_arena, session_arena;

    enum lpa_step step;
    bool started, announce;
    enum lpa_wanted wanted;
    bool ready; /* action is to be given */
    struct lpa_action action;
    size_t plan_at;
    enum lpa_step after_open, after_list, after_cancel;
    struct lpa_fault cancel_fault; /* why the session is being cancelled */
    bool cancelled;                /* by the user */
    bool failed;
    bool tell; /* the eUICC may have a new notification */

    struct lpa_card card;
    struct buf request;
    struct rsp_es9p_request post;

    /* what came last */
    struct lpa_reply reply;
    enum lpa_answer answer;
    struct bytes answer_code;
    bool input_ok;

    struct lpa_source sources[LPA_FOUND_MAX];
    size_t sources_n, source_at, source_next;
    struct lpa_session session;
    struct lpa_download download;
    struct lpa_switch change;

    /* notifications */
    struct lpa_notification notifications[LPA_NOTIFICATIONS_MAX];
    size_t notification_at;
    unsigned notify_tries;
    struct rsp_pending_notification pending;

    struct lpa_chip chip;
    struct lpa_profile profiles[LPA_PROFILES_MAX];
    struct lpa_found found[LPA_FOUND_MAX];
    struct lpa_result result;
};

/* ---- lpa.c: going on ---- */
void lpa_go(struct lpa *l, enum lpa_step step);
/* The procedure has done its part: the next of the plan. */
void lpa_procedure_done(struct lpa *l);
/* Keeps the first fault and goes to the end of the plan. lpa_fail_with takes the whole story. The
 * session is not cancelled: that is for what we decide ourselves (lpa_cancel_session). */
void lpa_fail(struct lpa *l, enum lpa_fault_kind kind);
void lpa_fail_with(struct lpa *l, const struct lpa_fault *fault);
void lpa_fail_own(struct lpa *l, enum xk_err err);
/* Cancels the session on both sides with this reason, then fails so. */
void lpa_cancel_session(struct lpa *l, enum rsp_cancel_reason reason,
                        const struct lpa_fault *fault);
/* The eUICC has refused what the server said, by this code: its answer goes to the server (state
 * tell), then it fails so, whatever the server says to that. */
void lpa_tell_refused(struct lpa *l, enum lpa_step tell, enum rsp_code_table table, uint32_t code);
/* The state of the fault, its address, filled in. */
struct lpa_fault lpa_fault(const struct lpa *l, enum lpa_fault_kind kind);
bool lpa_is_download(const struct lpa *l);
/* The answer, or the refusal, goes to the state's function. */
void lpa_answered(struct lpa *l);
void lpa_was_refused(struct lpa *l);

/* ---- asking; each once in a start function ---- */
void lpa_post(struct lpa *l, const char *address); /* l->post */
void lpa_wait(struct lpa *l, uint32_t ms);
void lpa_ask(struct lpa *l, const struct lpa_question *question);
void lpa_want_reset(struct lpa *l);
void lpa_want_channel(struct lpa *l);
void lpa_want_channel_closed(struct lpa *l);

/* ---- card.c: answers are in l->card.response ---- */
void lpa_card_send(struct lpa *l, const struct apdu_command *command);
/* STORE DATA of der (SGP.22 5.7.2), which must live until the answer. */
void lpa_card_store(struct lpa *l, struct bytes der);
/* l->request, when encoding it went well. */
void lpa_card_ask(struct lpa *l, enum xk_err encoded);
void lpa_card_ask_empty(struct lpa *l, uint32_t tag);
/* Takes a response APDU; then more is to be sent, or the state's function is called. */
void lpa_card_take(struct lpa *l, struct bytes wire);
void lpa_card_again(struct lpa *l);  /* the wait of a busy card is over */
void lpa_card_forget(struct lpa *l); /* it was reset: no channel is open */
struct bytes lpa_card_answer(const struct lpa *l);
uint8_t lpa_class(const struct lpa *l, uint8_t cla);
/* The answer does not decode. */
void lpa_card_malformed(struct lpa *l);
/* The answer is an error code of this table. */
struct lpa_fault lpa_card_fault(const struct lpa *l, enum rsp_code_table table, uint32_t code);
void lpa_card_code(struct lpa *l, enum rsp_code_table table, uint32_t code);

/* ---- the session ---- */
struct bytes lpa_keep(struct lpa *l, struct bytes span); /* a copy in the session's arena */
const struct lpa_source *lpa_source(const struct lpa *l);
/* Begins anew with the source at hand. */
void lpa_session_begin(struct lpa *l);
void lpa_session_end(struct lpa *l);
/* True when the reply is a success; otherwise the task has failed with its story. */
bool lpa_reply_ok(struct lpa *l, const struct rsp_status *status);
struct lpa_fault lpa_reply_fault(const struct lpa *l); /* of a reply that is not OK */
struct lpa_fault lpa_status_fault(const struct lpa *l, const struct rsp_status *status);
/* The address without ":port". */
struct bytes lpa_host(const char *address);
/* Something that can be tried again from the start, as long as there are tries; else fails so. */
void lpa_try_again(struct lpa *l, const struct lpa_fault *fault);
/* What AuthenticateClient brought: a profile (download.c) or events (discover.c). */
void lpa_profile_offered(struct lpa *l);
void lpa_note_offer(struct lpa *l);
void lpa_events_given(struct lpa *l, const struct rsp_es11_authenticate_client_response *r);
/* A failure that is only about one of several places to ask: true, and the next is asked. */
bool lpa_source_given_up(struct lpa *l, const struct lpa_fault *fault);

/* ---- profiles.c ---- */
/* Reads the list of profiles into l->profiles, then goes on there. */
void lpa_list_profiles(struct lpa *l, enum lpa_step then);
/* What follows the task proper (notifications, the list) does not make a failure of it. True: it
 * was such, and the task goes on. */
bool lpa_afterthought_failed(struct lpa *l);
void lpa_set_iccid(char out[ICCID_TEXT_MAX], struct bytes iccid);
void lpa_copy_text(char *out, size_t cap, struct bytes text); /* cut when it does not fit */
struct bytes lpa_keep_for_task(struct lpa *l, struct bytes span);

/* ---- handlers of steps.def ---- */
typedef void lpa_fn(struct lpa *l);
#define LPA_STEP(name, wants, start, answer, refused, zh, en)                                      \
    lpa_fn lpa_##start, lpa_##answer, lpa_##refused;
#include "terminal/lpa/steps.def"
#undef LPA_STEP

#endif
