/* SPDX-License-Identifier: Apache-2.0 */
/* An LPA between a toy eUICC and a toy server, and a user who answers as told. The server signs
 * nothing; it says what it is told to say and can be cut off at any request. */
#ifndef TESTS_UNIT_TERMINAL_LPA_BENCH_H
#define TESTS_UNIT_TERMINAL_LPA_BENCH_H

#include "terminal/lpa/lpa.h"
#include "toyeuicc.h"

#define BENCH_HOST "rsp.example.com"
#define BENCH_ICCID_NUMBER 42u
#define BENCH_POSTS 64
#define BENCH_EVENTS 4

struct bench_post {
    enum rsp_function function;
    char address[64];
    uint32_t seq_number; /* of a notification */
};

struct bench_event {
    const char *at, *event_id, *address; /* the SM-DS `at` names it */
};

struct lpa_bench {
    struct lpa *lpa;
    struct toyeuicc card;

    /* the server's will */
    const char *server_address; /* it says it is; NULL: what was dialled */
    struct bytes certificate;   /* CERT.DPauth */
    enum rsp_verdict refuse;    /* by this row of status.def */
    bool cc_required;
    const char *right_code;
    uint64_t ppr;
    bool other_metadata, other_transaction, bad_package, wrong_function, other_signed2;
    unsigned cut_at;          /* the n-th post is cut; 0: none */
    bool cut_after;           /* it was heard */
    enum lpa_reply_kind fail; /* every post fails so */
    unsigned http_status;
    const char *deaf; /* this address cannot be reached */
    struct bench_event event[BENCH_EVENTS];
    const char *smds[4]; /* these addresses are SM-DS */

    /* the user's */
    enum lpa_answer answer;
    const char *code[4]; /* confirmation codes in order */
    unsigned codes;
    unsigned cancel_at_post; /* lpa_cancel when the n-th post is made */
    bool cancel_at_question;
    bool reset_fails;

    /* what happened */
    struct bench_post post[BENCH_POSTS];
    unsigned posts, questions, waits, resets;
    uint32_t waited_ms;
    struct lpa_question question; /* the last one */
    char rules[256];
    size_t progress_done, progress_total;
    char steps[2048]; /* names announced, with spaces */
    const struct lpa_result *result;
    char text[1024]; /* the story */

    uint8_t transaction_id[4];
    uint8_t metadata[512];
    size_t metadata_n;
    uint8_t package[2048];
    size_t package_n;
    uint8_t mem[4096];
};

void bench_open(struct lpa_bench *b);
void bench_open_with(struct lpa_bench *b, const struct lpa_config *config);
void bench_close(struct lpa_bench *b);
/* Runs the task to its end. */
const struct lpa_result *bench_run(struct lpa_bench *b, const struct lpa_task *task);
/* "1$rsp.example.com$<matching ID>" */
struct lpa_task bench_download(const char *matching_id);
unsigned bench_count(const struct lpa_bench *b, enum rsp_function function);

#endif
