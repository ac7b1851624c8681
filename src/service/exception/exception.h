/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions (P-18): what went wrong, of which class and grade, by when somebody must have done
 * what about it. Failures of one organisation with the same cause within an hour are one exception
 * that grows, and is graded up as it grows. Everything here runs inside the transaction of what
 * failed or succeeded, at a cost that does not depend on how much there is.
 *
 * XK_E_DB and XK_E_BUSY, as store.h has them, can come from all. */
#ifndef SERVICE_EXCEPTION_EXCEPTION_H
#define SERVICE_EXCEPTION_EXCEPTION_H

#include "model/download.h"
#include "model/task.h"
#include "service/notify/outbox.h"

enum exception_class { EXCEPTION_A, EXCEPTION_W, EXCEPTION_I, EXCEPTION_T };
enum exception_grade { EXCEPTION_L1 = 1, EXCEPTION_L2, EXCEPTION_L3, EXCEPTION_L4 };
enum exception_state { EXCEPTION_OPEN, EXCEPTION_RELIEVED, EXCEPTION_CLOSED };
enum exception_cure { EXCEPTION_RETRY, EXCEPTION_TOLD, EXCEPTION_PERSON };
enum exception_step { /* what a grade demands */
                      EXCEPTION_RESPOND,
                      EXCEPTION_RELIEVE,
                      EXCEPTION_CLOSE,
                      EXCEPTION_REPORT,
                      EXCEPTION_STEPS
};

enum exception_cause {
#define CAUSE(name, class, grade, cure, zh, en) EXCEPTION_BY_##name,
#include "service/exception/cause.def"
    EXCEPTION_CAUSES
};

struct exception_cause_info {
    const char *name; /* "BAD_MAC" */
    enum exception_class class;
    enum exception_grade grade; /* at least */
    enum exception_cure cure;
    const char *zh, *en;
};
const struct exception_cause_info *exception_cause_info(enum exception_cause cause);
enum xk_err exception_cause_parse(const char *name, enum exception_cause *out) XK_MUST_CHECK;
const char *exception_class_name(enum exception_class class); /* "A" */
enum xk_err exception_class_parse(const char *name, enum exception_class *out) XK_MUST_CHECK;
struct exception_grade_info {
    enum exception_grade grade;
    const char *name, *zh, *en;       /* "L1" */
    int64_t wait_ms[EXCEPTION_STEPS]; /* as grade.def has them */
};
const struct exception_grade_info *exception_grade_info(enum exception_grade grade);
enum xk_err exception_grade_parse(const char *name, enum exception_grade *out) XK_MUST_CHECK;
const char *exception_state_name(enum exception_state state); /* "OPEN" */
enum xk_err exception_state_parse(const char *name, enum exception_state *out) XK_MUST_CHECK;
const char *exception_step_name(enum exception_step step); /* "respond" */
/* By when this step must be done, of an exception that reached the grade at `from`; 0: it is done
 * by itself. */
int64_t exception_due(enum exception_grade grade, enum exception_step step, int64_t from);

/* How a write task came to its end. */
struct exception_ending {
    const struct task *task; /* as it is after the end */
    enum task_state from;    /* before it */
    bool delivered;          /* something of it was received at the terminal */
};
enum exception_cause exception_cause_of(const struct exception_ending *e);
/* False: the cause is no failure for good. */
bool exception_cause_of_download(enum download_cause by, enum exception_cause *out);

struct exception {
    int64_t id;
    char org_id[33];
    enum exception_cause cause;
    enum exception_grade grade;
    enum exception_state state;
    char batch_id[33]; /* it is about a batch; "" */
    char card[33];     /* the first one: CID, ICCID; "" */
    int64_t cards;     /* that it has met so far; of a batch: tasks that failed */
    int64_t unsolved;  /* items of it that still fail */
    int64_t opened_at, graded_at, last_at; /* ms; last_at: it last grew */
    int64_t by[EXCEPTION_STEPS];           /* 0: not demanded */
    int64_t at[EXCEPTION_STEPS];           /* 0: not yet */
    unsigned warned, missed;               /* bit n: step n */
    int64_t events;                        /* lines in its time line */
    char owner[33];
    char finding[256], action[256]; /* at closing: the cause found, and what was done */
    uint8_t task_id[TASK_ID_LEN];   /* whose application hears of it (C3); zeros none */
    char callback_url[TASK_URL_MAX + 1];
};

/* A line of its time line. */
struct exception_event {
    int64_t seq, at;
    char kind[16]; /* OPENED GRADED WARNED MISSED SOLVED STOPPED RESUMED RESPOND RELIEVE ... */
    char who[33];  /* application; "" the platform */
    char text[256];
};

struct exception_ctx {
    struct store *store;
    struct outbox_ids *ids;
    struct outbox_list *said;
    int64_t now;
    /* The body of C3; NULL: nobody is told. */
    enum xk_err (*encode)(const struct exception *e, const struct exception_event *event,
                          const char *event_id, struct buf *body);
};

/* ---- what failed and what succeeded (note.c, fault.c) ---------------------------------------- */

enum exception_of { EXCEPTION_OF_TASK, EXCEPTION_OF_DOWNLOAD, EXCEPTION_OF_CALLBACK };

/* One failure: of which thing, and why. */
struct exception_fault {
    enum exception_cause cause;
    enum exception_of of;
    const char *org_id;
    const char *subject;     /* task id in hex, ICCID, or number of the outbox row */
    const char *card;        /* "" none */
    const char *text;        /* for the time line, when it opens something */
    const struct task *task; /* whose callback address is told of it; NULL none */
};
enum xk_err exception_note(struct exception_ctx *c, const struct exception_fault *f) XK_MUST_CHECK;
/* A write task has ended, well or badly; what it means for it, and for its card. */
enum xk_err exception_task_ended(struct exception_ctx *c, const struct exception_ending *e)
    XK_MUST_CHECK;
/* That thing does not fail any more. Fine when it never did. */
enum xk_err exception_solved(struct exception_ctx *c, enum exception_of of, const char *subject)
    XK_MUST_CHECK;

/* The task's card is written: whatever tasks failed with it is solved. */
enum xk_err exception_card_written(struct exception_ctx *c, const char *card) XK_MUST_CHECK;
/* A download moved. Those of a write task are the task's. */
enum xk_err exception_downloaded(struct exception_ctx *c, const struct download *d,
                                 enum download_cause by) XK_MUST_CHECK;
/* A row of the outbox has been heard: outbox_done. Or nobody ever heard it: outbox_bury. */
enum xk_err exception_heard(struct exception_ctx *c, int64_t outbox_id) XK_MUST_CHECK;
enum xk_err exception_given_up(struct exception_ctx *c, int64_t outbox_id, const char *reason)
    XK_MUST_CHECK;

/* The bearer has been out of reach for so long (0: it is there): the write service is down after
 * ten minutes (L3), gravely after an hour (L4). Relieved when it is back. */
enum xk_err exception_service(struct exception_ctx *c, int64_t down_ms) XK_MUST_CHECK;

/* How a batch stands after one of its tasks ended or goes on. Refusals (class A) do not count. */
struct exception_batch {
    const char *batch_id, *org_id;
    int64_t total, failed;
    bool paused;             /* by its circuit-breaker */
    const struct task *task; /* the one that moved it */
};
enum xk_err exception_batch(struct exception_ctx *c, const struct exception_batch *b) XK_MUST_CHECK;

/* ---- time limits and people (steps.c) -------------------------------------------------------- */

/* Warns of limits that are near and marks those that have passed, at most limit exceptions; *moved
 * how many there were. */
enum xk_err exception_on_time(struct exception_ctx *c, size_t limit, size_t *moved) XK_MUST_CHECK;

/* When a limit wants to be looked at next; INT64_MAX. */
enum xk_err exception_next_due(struct store *s, int64_t *at) XK_MUST_CHECK;

/* What a person did. finding and action are for EXCEPTION_CLOSE, text for the others. */
struct exception_act {
    enum exception_step step;
    const char *who, *owner; /* owner: NULL leaves it, who when nobody has it */
    const char *text, *finding, *action;
};
/* XK_E_NOT_FOUND. XK_E_STATE: closed, done before, or writing is still stopped because of it. */
enum xk_err exception_do(struct exception_ctx *c, int64_t id, const struct exception_act *act)
    XK_MUST_CHECK;

/* What a person has found, of a cause whose cure is PERSON (else XK_E_VALUE): an exception of the
 * operator's, of the grade of its cause. */
enum xk_err exception_open(struct exception_ctx *c, enum exception_cause cause, const char *who,
                           const char *text, int64_t *id) XK_MUST_CHECK;

/* L4 has stopped all writing: nothing new is sent until a person resumes. */
enum xk_err exception_writing_stopped(struct store *s, bool *stopped) XK_MUST_CHECK;
/* XK_E_NOT_FOUND: this exception has stopped nothing. */
enum xk_err exception_resume_writing(struct exception_ctx *c, int64_t id, const char *who)
    XK_MUST_CHECK;

/* ---- finding (rows.c) ------------------------------------------------------------------------ */

enum xk_err exception_load(struct store *s, int64_t id, struct exception *out) XK_MUST_CHECK;

/* Newest first, older than `before` (INT64_MAX: from the newest). Negative or 0: any. */
struct exception_filter {
    const char *org_id; /* NULL: all */
    int state, class;   /* -1 any */
    int grade;          /* 0 any; least */
    int exact_grade;    /* 0 any */
    int64_t from, to;   /* opened at, ms; to is not in it */
    int64_t before;
    size_t limit;
};
enum xk_err exception_list(struct store *s, const struct exception_filter *f,
                           enum xk_err (*each)(void *arg, const struct exception *e), void *arg)
    XK_MUST_CHECK;
enum xk_err exception_events(struct store *s, int64_t id,
                             enum xk_err (*each)(void *arg, const struct exception_event *e),
                             void *arg) XK_MUST_CHECK;

/* The evidence: the things that failed, the last first. */
struct exception_item {
    enum exception_of of;
    char subject[33], card[33];
    int64_t at;
    bool solved;
};
enum xk_err exception_items(struct store *s, int64_t id, size_t limit,
                            enum xk_err (*each)(void *arg, const struct exception_item *i),
                            void *arg) XK_MUST_CHECK;

/* P-19: one success in twenty is looked at by a person; whether a task is one of them can be told
 * from its id alone: SHA-256 of its 8 bytes begins with a number (2 bytes) that 20 divides. */
bool exception_is_sampled(const uint8_t task_id[TASK_ID_LEN]);
struct exception_sample {
    uint8_t task_id[TASK_ID_LEN];
    char org_id[33], cid[33];
    int64_t at; /* it succeeded */
};
/* Those of the period, the first at most limit. */
enum xk_err exception_samples(struct store *s, const char *org_id, int64_t from, int64_t to,
                              size_t limit,
                              enum xk_err (*each)(void *arg, const struct exception_sample *one),
                              void *arg) XK_MUST_CHECK;

/* How many there were of a cause and grade in a period. */
struct exception_group {
    enum exception_cause cause;
    enum exception_grade grade;
    int64_t exceptions, cards;
};
enum xk_err exception_groups(struct store *s, const char *org_id, int64_t from, int64_t to,
                             enum xk_err (*each)(void *arg, const struct exception_group *g),
                             void *arg) XK_MUST_CHECK;

/* Of those opened in a period: how many are judged, since they are closed or a limit of theirs has
 * passed; how many of these kept all limits; and how many are about a wrong number on a card. */
struct exception_kept {
    int64_t judged, in_time, wrong_numbers;
};
enum xk_err exception_count_kept(struct store *s, const char *org_id, int64_t from, int64_t to,
                                 struct exception_kept *out) XK_MUST_CHECK;

#endif
