/* SPDX-License-Identifier: Apache-2.0 */
/* The write task: one wish to give one card a number (product decisions P-11, P-12). Nouns and the
 * table of states only; service/order moves them. */
#ifndef MODEL_TASK_H
#define MODEL_TASK_H

#include "base/buf.h"

enum task_kind {
    TASK_OPEN,  /* under way */
    TASK_FINAL, /* ended for good */
    TASK_RETRY, /* ended, may be retried (W4) or is retried by rule (P-6) */
};

enum task_state {
#define TASK_STATE(name, code, kind, dwell_s, zh, en) TASK_##name = code,
#include "model/task.def"
#undef TASK_STATE
};

struct task_state_info {
    enum task_state state;
    const char *name; /* "NUMBER_LOCKED" */
    enum task_kind kind;
    uint32_t dwell_s; /* longest stay, 0: no limit of its own */
    const char *zh, *en;
};
/* NULL when there is no such state. */
const struct task_state_info *task_state_info(int code);
const struct task_state_info *task_state_by_name(const char *name);
/* All rows. */
const struct task_state_info *task_states(size_t *n);

#define TASK_ID_LEN 8
#define TASK_ID_TEXT (2 * TASK_ID_LEN + 1) /* lower-case hex */
#define TASK_ORDER_NO_MAX 64
#define TASK_URL_MAX 512
#define TASK_TEMPLATE_MAX 64
#define TASK_ACTIVATION_MAX 260 /* as codec/rsp has it, with the NUL */

enum task_mode {
    TASK_MODE_NEW,     /* a first number */
    TASK_MODE_SWAP,    /* another number; the old one is closed */
    TASK_MODE_RESTORE, /* back to the seed; the number is closed */
    TASK_MODE_DELETE,  /* the number is closed and taken off the card, as far as that can be */
    TASK_MODE_REVOKE,  /* theft or loss: its numbers are closed at once, the card is blocked */
};
enum task_channel {
    TASK_CHANNEL_AUTO,
    TASK_CHANNEL_SMS,
    TASK_CHANNEL_BIP,
    TASK_CHANNEL_RELAY,
    TASK_CHANNEL_RSP, /* a profile to download (SGP.22): for eUICCs, and the only one for them */
};
enum task_step { /* which script is on its way */
                 TASK_STEP_NONE,
                 TASK_STEP_PREPARE,
                 TASK_STEP_COMMIT,
};
/* Whether the card gets a number. */
bool task_mode_gives(enum task_mode mode);
const char *task_mode_name(enum task_mode mode);
const char *task_channel_name(enum task_channel channel);
enum xk_err task_mode_parse(const char *name, enum task_mode *out) XK_MUST_CHECK;
enum xk_err task_channel_parse(const char *name, enum task_channel *out) XK_MUST_CHECK;

struct task {
    uint8_t id[TASK_ID_LEN];
    char order_no[TASK_ORDER_NO_MAX + 1];
    char app_id[33], org_id[33]; /* who applied, and for whom */
    char batch_id[33];           /* "" when single */
    char cid[33];                /* of the card; the EID of an eUICC */
    enum task_mode mode;
    enum task_channel channel;
    char pool_id[33];
    char target_msisdn[24];                  /* wished for; "" any of the pool */
    char template_id[TASK_TEMPLATE_MAX + 1]; /* RSP: what the profile is made of */
    char msisdn[24], imsi[16], iccid[21];    /* of the number locked for it */
    enum task_state state;
    enum task_step step;
    bool attach_seen;      /* the home network saw the new IMSI */
    bool report_seen;      /* the card reported result 00 */
    uint32_t attempts;     /* sendings of the present step, the first counts */
    uint32_t attempts_all; /* rounds over the whole task: 1 at first, 1 more with each repeat */
    uint32_t retries;      /* by W4 */
    uint32_t rollbacks;    /* times the card went back to the seed */
    uint8_t card_result;   /* enum script_result of the last report */
    int code;              /* P-17 code when it ended badly, else 0 */
    char message[128];
    char callback_url[TASK_URL_MAX + 1];
    char activation_code[TASK_ACTIVATION_MAX]; /* RSP, once the profile is offered; "" */
    int64_t created_at, updated_at, sending_at, finished_at; /* ms; 0 not yet */
    int64_t due_at; /* when the machine looks again; INT64_MAX never */
    int64_t expires_at;
};

#endif
