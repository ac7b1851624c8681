/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a batch (P-21): success, first pass, write time from SENDING to SUCCESS. */
#ifndef PROG_XIEKA_REPORT_H
#define PROG_XIEKA_REPORT_H

#include "base/buf.h"
#include "model/task.h"

struct report {
    size_t tasks, open, success, failed, first_pass;
    uint64_t retries, fallbacks; /* sendings after the first; returns to the seed */
    int64_t mean_ms, p95_ms, max_ms;
    int64_t *took; /* of each success; heap */
    size_t cap;
};

struct report_task {
    enum task_kind kind;
    bool success;
    int64_t attempts, rollbacks, took_ms;
};

void report_init(struct report *r);
void report_fini(struct report *r);
enum xk_err report_add(struct report *r, const struct report_task *t) XK_MUST_CHECK;
/* Mean, 95th percentile (nearest rank) and longest. */
void report_close(struct report *r);

#endif
