/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox pump: what a job has committed goes to its listener. */
#include "prog/xiekad/daemon.h"
#include "prog/xiekad/rsp.h"

void say_all(struct daemon *d, const struct outbox_list *said)
{
    for (const struct outbox_item *i = said->first; i; i = i->next) {
        bool ready = i->payload.n > 0; /* else the worker could not prepare it */

        switch (i->kind) {
        case OUTBOX_SMS:
            sms_link_say(d->sms, i);
            break;
        case OUTBOX_OPEN:
        case OUTBOX_CLOSE:
            if (ready)
                home_client_say(d->home, i);
            break;
        case OUTBOX_CALLBACK:
        case OUTBOX_EXCEPTION:
            if (ready)
                callback_say(d, i);
            break;
        case OUTBOX_ES2P:
        case OUTBOX_SMDS:
            rsp_say(d, i);
            break;
        }
    }
}

void say_again_later(struct daemon *d, int64_t outbox_id, int64_t wait_ms)
{
    struct job *job;

    if (job_new(JOB_AGAIN, &job) != XK_OK)
        return; /* its lease brings it back */
    job->u.again.outbox_id = outbox_id;
    job->u.again.due_at = xk_now(xk_clock_system()) + wait_ms;
    job_submit(d, job);
}
