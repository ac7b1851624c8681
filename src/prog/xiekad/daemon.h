/* SPDX-License-Identifier: Apache-2.0 */
/* The platform daemon: one loop thread that moves bytes, one worker thread that decides and
 * commits.
 *
 *   loop: HTTP request, deliver_sm, receipt, answer ...  -> struct job -> worker
 *   worker: up to 64 jobs, each under a savepoint, one commit
 *   loop: answers the job's peer, then says what the job put into the outbox
 */
#ifndef PROG_XIEKAD_DAEMON_H
#define PROG_XIEKAD_DAEMON_H

#include "api/home/home.h"
#include "api/partner/partner.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/map.h"
#include "net/httpc/httpc.h"
#include "net/httpd/httpd.h"
#include "net/loop/loop.h"
#include "net/smpp/esme.h"
#include "net/tls/tls.h"
#include "net/worker/worker.h"
#include "service/download/download.h"
#include "service/indicator/platform.h"
#include "service/order/order.h"

#define DAEMON_PATH_MAX 512

enum job_kind {
    JOB_HTTP,          /* a partner's request */
    JOB_METRICS,       /* a Prometheus server's */
    JOB_HSS_EVENTS,    /* the home network's attach events */
    JOB_REPORT,        /* a packet from a card */
    JOB_RECEIPT,       /* a delivery receipt */
    JOB_SUBMITTED,     /* the SMSC took or refused a script */
    JOB_OPENED,        /* the home network opened or closed numbers */
    JOB_CALLBACK_DONE, /* a partner heard its callback, or did not */
    JOB_AGAIN,         /* could not be said now */
    JOB_ES9P,          /* an LPA asks the SM-DP+ */
    JOB_ES11,          /* an LPA asks the SM-DS */
    JOB_ES12,          /* an SM-DP+ asks the SM-DS */
    JOB_ES2P,          /* an operator asks the SM-DP+ */
    JOB_SMDS_ANSWER,   /* an SM-DS has answered us, or has not */
    JOB_TICK,          /* time: due tasks, due outbox rows, quarantine */
};

struct opened {
    int64_t outbox_id;
    char imsi[16];
    enum home_op op;
    char reason[64]; /* "" it worked */
};

struct job {
    enum job_kind kind;
    struct arena arena;
    struct outbox_list said;
    enum xk_err err;
    int64_t began_ns; /* monotonic */
    union {
        struct {
            struct http_request *request;
            struct buf body;
            struct partner_reply reply;
        } http; /* JOB_HTTP, JOB_HSS_EVENTS and JOB_METRICS */
        struct {
            uint64_t token;
            char from[SMPP_ADDR_MAX];
            uint8_t iei;
            struct bytes packet;
        } report;
        struct {
            uint64_t token;
            uint8_t task_id[TASK_ID_LEN];
            bool delivered;
        } receipt;
        struct {
            int64_t outbox_id;
            uint8_t task_id[TASK_ID_LEN];
            char reason[64]; /* "" it was taken */
        } submitted;
        struct {
            size_t n;
            struct opened *list;
        } opened;
        struct {
            int64_t outbox_id;
            uint32_t attempts;
            char reason[64]; /* "" it was heard */
        } callback;
        struct {
            int64_t outbox_id;
            int64_t due_at;
        } again;
        struct {
            struct http_request *request;
            const struct rsp_door *door;
            struct buf body;
            unsigned status;
            const char *content_type;
            int64_t waits_for; /* outbox row; 0: this is the reply */
        } rsp;                 /* JOB_ES9P, ES11, ES12, ES2P */
        struct {
            int64_t outbox_id;
            uint32_t attempts;
            bool registers; /* RegisterEvent, else DeleteEvent */
            char iccid[DOWNLOAD_ICCID_TEXT];
            enum download_smds_answer answer;
            struct buf body; /* for the requests that waited for it */
        } smds;
        struct {
            int64_t down_ms; /* the message centre is out of reach; 0: it is not */
            bool more;       /* there was more than one tick's worth */
            bool minute;     /* the first of its minute: tells of the calls before it */
            struct platform_calls calls;
        } tick;
    } u;
};

struct home_client;
struct metrics;
struct rsp;
struct rsp_door;
struct sms_link;

struct daemon {
    struct conf *conf;
    char data_dir[DAEMON_PATH_MAX];
    int lock_fd; /* of data_dir; -1 */
    struct loop *loop;
    struct worker *worker;
    struct keystore *keystore;
    struct partner *partner;
    struct audit *audit; /* of the worker thread */
    struct order_policy policy;
    struct order_ports ports;
    struct outbox_ids ids; /* worker thread */
    struct store *store;   /* worker thread */
    struct tls_server *tls;
    struct httpd *httpd;
    struct metrics *metrics;     /* loop thread */
    struct platform_calls calls; /* that are not written down yet; loop thread */
    int64_t minute;              /* since 1970, that was told last */
    struct httpc *callbacks;
    struct sms_link *sms;
    struct home_client *home;
    struct rsp *rsp; /* NULL: no SM-DP+ and no SM-DS */
    struct loop_timer *tick;
    bool tick_under_way;
    int64_t down_since; /* the message centre; 0: bound */
    uint8_t transport_key[HOME_KEY_LEN];
    bool has_transport_key;
    int64_t started_at;
};

/* options.c: the configuration, also for the sample file and the manual. */
const struct conf_option *daemon_options(size_t *n);
void daemon_policy(const struct conf *conf, struct order_policy *p);

/* jobs.c */
enum xk_err job_new(enum job_kind kind, struct job **out) XK_MUST_CHECK;
void job_free(struct job *job);
/* Hands a job to the worker; when that is full the job is freed, its peer told to come again. */
void job_submit(struct daemon *d, struct job *job);
enum xk_err jobs_start(void *daemon);
void jobs_finish(void *daemon);
void jobs_run(void *daemon, void **jobs, size_t n);  /* worker thread */
void jobs_done(void *daemon, void **jobs, size_t n); /* loop thread */

/* inputs.c: what each kind of job decides (worker thread, under a savepoint). */
enum xk_err inputs_decide(struct daemon *d, struct job *job, struct order_ctx *c) XK_MUST_CHECK;
/* server/ota plugged into service/order and api/partner. */
void inputs_plug(struct daemon *d, struct partner_options *o);

/* say.c: what was committed is said (loop thread). */
void say_all(struct daemon *d, const struct outbox_list *said);
void say_again_later(struct daemon *d, int64_t outbox_id, int64_t wait_ms);

/* sms.c */
enum xk_err sms_link_new(struct daemon *d, struct sms_link **out) XK_MUST_CHECK;
void sms_link_free(struct sms_link *link);
void sms_link_stop(struct sms_link *link);
void sms_link_say(struct sms_link *link, const struct outbox_item *item);
/* The job of a deliver_sm is over: acknowledge it, or ask for it again. */
void sms_link_answer(struct sms_link *link, uint64_t token, enum xk_err err);
const struct smpp_esme_stats *sms_link_stats(struct sms_link *link);

/* home.c */
enum xk_err home_client_new(struct daemon *d, struct home_client **out) XK_MUST_CHECK;
void home_client_free(struct home_client *home);
/* payload of item: struct home_subscriber, filled by the worker after the commit. */
void home_client_say(struct home_client *home, const struct outbox_item *item);

/* callbacks.c */
void callback_say(struct daemon *d, const struct outbox_item *item);

/* http.c */
void http_take(void *daemon, struct http_request *request);
void http_answer(struct daemon *d, struct job *job);

#endif
