/* SPDX-License-Identifier: Apache-2.0 */
/* The write task and its machine (P-12): from the wish to the attached number. Everything here runs
 * inside a transaction of the caller; what must be said afterwards is put into the outbox.
 *
 * Inputs are functions; each finds its task, checks that the table of transitions has such a row
 * and refuses (XK_E_STATE) what has not. Late and repeated inputs are harmless. */
#ifndef SERVICE_ORDER_ORDER_H
#define SERVICE_ORDER_ORDER_H

#include "base/clock.h"
#include "crypto/keystore.h"
#include "model/chip.h"
#include "model/code.h"
#include "model/download.h"
#include "model/number.h"
#include "model/org.h"
#include "model/task.h"
#include "service/exception/exception.h"
#include "service/gate/gate.h"
#include "service/notify/outbox.h"

enum order_radio { ORDER_LTE, ORDER_GSM, ORDER_NB_IOT, ORDER_EMTC, ORDER_RADIOS };

struct order_policy {
    int64_t t1_ms[ORDER_RADIOS]; /* P-6: wait for a report: 5, 15, 60, 15 min */
    uint32_t max_attempts;       /* P-6: 5 a step, then a person */
    uint32_t rollback_retries;   /* after a fall-back, with the same number: 1 */
    uint16_t fallback_min;       /* tag 8E; 0: card's default */
    uint32_t validity_s;         /* of a short message: 86400 */
    int64_t expiry_ms;           /* of a task: 48 h */
    int64_t relay_ms;            /* W5: 10 min */
    bool keep_seed;              /* flag KEEP_SEED: the seed stays as fall-back */
    bool single_shot;            /* PREPARE and COMMIT in one script over SMS too */
    uint32_t breaker_window;     /* P-19: 50 */
    uint32_t breaker_permille;   /* 200 */
};
void order_policy_default(struct order_policy *p);

/* A script that the write engine shall build; the answer is the secured packet. */
struct order_script {
    const struct task *task;
    const struct chip *chip;
    const struct chip_keys *chip_keys;
    const struct number *number;           /* NULL without SCRIPT_PREPARE */
    const struct number_keys *number_keys; /* NULL likewise */
    enum task_step step;
    bool single_shot; /* COMMIT in the same script */
    bool restore;     /* back to the seed */
    bool keep_seed;
    uint16_t fallback_min;
    uint64_t counter;
};

/* A profile with the task's number, made and ordered for its eUICC, not yet to be had. */
struct order_offer {
    int code;        /* CODE_OK, or why there is none */
    char detail[96]; /* the thing it is about; "" none */
    char activation_code[TASK_ACTIVATION_MAX];
};

struct order_ctx;
/* The SM-DP+ (SGP.22) behind the machine; ctx is that of order_ports. */
struct order_rsp_ports {
    enum xk_err (*offer)(void *ctx, struct order_ctx *c, const struct task *t,
                         struct order_offer *out);
    /* From now on it may be downloaded. */
    enum xk_err (*release)(void *ctx, struct order_ctx *c, const struct task *t);
    /* Never again; when it was never to be had, it is as if it had not been made. */
    enum xk_err (*withdraw)(void *ctx, struct order_ctx *c, const struct task *t);
};

struct order_ports {
    void *ctx;
    const struct order_rsp_ports *rsp; /* NULL: eUICCs are not written here */
    const struct gate_ports *gate;     /* who knows the people behind cards; NULL: the register */
    /* XK_E_LIMIT: too long (14005). */
    enum xk_err (*build_script)(void *ctx, const struct order_script *s, struct buf *packet);
    /* The body of a callback (C1, P-16) about this task. */
    enum xk_err (*encode_callback)(void *ctx, const struct task *t, const char *event_id,
                                   int64_t at, struct buf *body);
    /* That of C3 about an exception; NULL: nobody is told. */
    enum xk_err (*encode_exception)(const struct exception *e, const struct exception_event *event,
                                    const char *event_id, struct buf *body);
};

struct order_ctx {
    struct store *store;
    struct keystore *keystore;
    const struct order_policy *policy;
    const struct order_ports *ports;
    const struct xk_rand *rand;
    struct outbox_ids *ids;
    struct arena *arena;      /* of this input */
    struct outbox_list *said; /* grows; said after the commit */
    int64_t now;
};

/* The same for service/exception. */
struct exception_ctx order_exceptions(const struct order_ctx *c);

/* What a card reported, already opened and authenticated by the write engine. */
struct order_report {
    bool is_answer; /* to the script with this counter; else the card spoke by itself */
    uint8_t status; /* SCP80 status of an answer */
    uint64_t counter;
    bool has_result;
    uint8_t task_id[TASK_ID_LEN];
    uint8_t result; /* enum script_result */
    bool repeated;
    char imei[17]; /* "" not told */
    char cos[33];
    bool has_wear;
    uint32_t wear_left;
    bool has_imsi_hash; /* of the IMSI in use, as script_imsi_hash makes it */
    uint8_t imsi_hash[8];
    const char *from;    /* MSISDN it came from; NULL for RELAY */
    struct bytes packet; /* for the time line */
    uint8_t iei;
};

/* W1. Fields as applied for; cid must be resolved. */
struct order_wish {
    const char *app_id, *org_id; /* who applies, and for which organisation */
    const char *order_no, *batch_id, *cid, *pool_id, *target_msisdn, *callback_url;
    const char *template_id; /* of eUICCs; NULL or "": the pool's */
    enum task_mode mode;
    enum task_channel channel;
};

/* *code is CODE_OK or why not; *t is the task that now exists for (app, orderNo): the first one
 * when this is a repeat (*repeat), else a new one, which may already have ended REJECTED or
 * CHECK_FAIL. */
enum xk_err order_apply(struct order_ctx *c, const struct order_wish *w, struct task *t, int *code,
                        bool *repeat) XK_MUST_CHECK;
/* W2 by file: the wish is taken down as ACCEPTED; order_on_time checks it and goes on. A repeated
 * orderNo is passed over. */
enum xk_err order_accept(struct order_ctx *c, const struct order_wish *w) XK_MUST_CHECK;
/* Whether the organisation of path may take numbers of the pool: its own or of one below it, or one
 * that is shared by an organisation above it. */
enum xk_err order_may_use_pool(struct store *s, const char *path, const struct pool *pool,
                               bool *may) XK_MUST_CHECK;
/* W3, W4: *code CODE_OK, CODE_NO_SUCH_TASK or CODE_TASK_STATE ... */
enum xk_err order_cancel(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], int *code)
    XK_MUST_CHECK;
enum xk_err order_retry(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], int *code)
    XK_MUST_CHECK;
/* W5: the sealed script, once. W6 is order_on_report with from NULL. */
enum xk_err order_relay_script(struct order_ctx *c, const uint8_t id[TASK_ID_LEN],
                               struct buf *packet, int *code) XK_MUST_CHECK;

/* The provider of real names answered about a task that waits in CHECKING. */
enum xk_err order_on_real_name(struct order_ctx *c, const uint8_t id[TASK_ID_LEN],
                               enum gate_answer answer) XK_MUST_CHECK;
/* The home network answered an OPEN or refused it (reason not NULL). */
enum xk_err order_on_opened(struct order_ctx *c, const char *imsi, const char *reason)
    XK_MUST_CHECK;
/* The SMSC took a script (reason NULL) or refused it for good. */
enum xk_err order_on_submitted(struct order_ctx *c, const uint8_t id[TASK_ID_LEN],
                               const char *reason) XK_MUST_CHECK;
/* Delivery receipt for the last part of a script. */
enum xk_err order_on_receipt(struct order_ctx *c, const uint8_t id[TASK_ID_LEN], bool delivered)
    XK_MUST_CHECK;
/* XK_E_DENIED: a replay; nothing changed. */
enum xk_err order_on_report(struct order_ctx *c, const struct chip *chip,
                            const struct order_report *r) XK_MUST_CHECK;
/* The home network saw this IMSI attach. */
enum xk_err order_on_attach(struct order_ctx *c, const char *imsi, const char *imei, int64_t at)
    XK_MUST_CHECK;
/* What became of the order of a profile that was offered for a task: cause, and a line about it. */
enum xk_err order_on_download(struct order_ctx *c, const char *iccid, enum download_cause cause,
                              const char *detail) XK_MUST_CHECK;
/* Moves the tasks that are due, at most limit; *moved how many there were. */
enum xk_err order_on_time(struct order_ctx *c, size_t limit, size_t *moved) XK_MUST_CHECK;
/* When the next task is due; INT64_MAX. */
enum xk_err order_next_due(struct store *s, int64_t *at) XK_MUST_CHECK;

/* Q1. XK_E_NOT_FOUND. */
enum xk_err task_load(struct store *s, const uint8_t id[TASK_ID_LEN], struct task *out)
    XK_MUST_CHECK;
enum xk_err task_load_by_order(struct store *s, const char *app_id, const char *order_no,
                               struct task *out) XK_MUST_CHECK;
enum xk_err task_load_by_imsi(struct store *s, const char *imsi, struct task *out) XK_MUST_CHECK;
/* The tasks of a batch, of a card, or (both NULL) all, of one organisation or (org_id NULL) of any,
 * in order of their ids, which is the order they came in; those behind `after` (zeros: from the
 * start), at most limit. */
struct task_filter {
    const char *batch_id, *cid, *org_id;
    uint8_t after[TASK_ID_LEN];
    size_t limit;
};
enum xk_err task_list(struct store *s, const struct task_filter *f,
                      enum xk_err (*each)(void *arg, const struct task *t), void *arg)
    XK_MUST_CHECK;

struct task_event {
    int64_t seq, at;
    char kind[16];
    enum task_state state;
    char detail[256];
    struct bytes data; /* IEI(1) packet; valid during the call */
};
enum xk_err task_events(struct store *s, const uint8_t id[TASK_ID_LEN],
                        enum xk_err (*each)(void *arg, const struct task_event *e), void *arg)
    XK_MUST_CHECK;

/* Batches and the circuit-breaker of P-19. */
struct task_batch {
    char id[33], app_id[33], org_id[33];
    uint64_t total, by_state[100]; /* index: enum task_state */
    bool paused;
    int64_t created_at;
};
enum xk_err task_batch_create(struct order_ctx *c, const char *app_id, const char *org_id,
                              uint64_t total, char id[33]) XK_MUST_CHECK;
enum xk_err task_batch_load(struct store *s, const char *id, struct task_batch *out) XK_MUST_CHECK;
enum xk_err task_batch_resume(struct order_ctx *c, const char *id) XK_MUST_CHECK;

#endif
