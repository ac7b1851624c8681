/* SPDX-License-Identifier: Apache-2.0 */
/* Power saving mode (TS 23.682 4.5.4) and extended idle mode DRX (4.5.13): the radio is deaf, the
 * card keeps its power but is not polled. */
#include "terminal/modem/core.h"

#define INACTIVITY_MS 10000 /* of the radio connection, before eDRX begins */
#define BUSY_RETRY_MS 1000

static bool busy(const struct modem *m)
{
    bool mo = m->sms.mo[MO_TOOLKIT].active || m->sms.mo[MO_AT].active;

    return mo || m->sms.mts > 0 || m->card.job != JOB_NONE || m->card.wanted || m->toolkit.busy;
}

static void fall_asleep(struct modem *m)
{
    m->emm.asleep = true;
    modem_poll_restart(m);
}

/* Something was said: the active time begins again. */
void modem_sleep_restart(struct modem *m)
{
    const struct modem_emm *e = &m->emm;

    if (e->state != EMM_REGISTERED)
        return;
    if (e->t3324_s)
        modem_timer_start(m, TIMER_T3324, (int64_t)e->t3324_s * 1000);
    else if (e->edrx_s)
        modem_timer_start(m, TIMER_EDRX, INACTIVITY_MS);
}

void modem_sleep_stop(struct modem *m)
{
    modem_timer_stop(m, TIMER_T3324);
    modem_timer_stop(m, TIMER_EDRX);
    if (!m->emm.asleep)
        return;
    m->emm.asleep = false;
    modem_poll_restart(m);
}

void modem_wake(struct modem *m)
{
    m->emm.asleep = false;
    modem_poll_restart(m);
    modem_sleep_restart(m);
}

void modem_t3324(struct modem *m)
{
    if (busy(m))
        modem_timer_start(m, TIMER_T3324, BUSY_RETRY_MS);
    else
        fall_asleep(m);
}

/* Awake: the window or the connection is over. Asleep: a window begins. */
void modem_edrx_due(struct modem *m)
{
    int64_t cycle = (int64_t)m->emm.edrx_s * 1000;

    if (!m->emm.asleep && busy(m)) {
        modem_timer_start(m, TIMER_EDRX, BUSY_RETRY_MS);
        return;
    }
    if (m->emm.asleep) {
        m->emm.asleep = false;
        modem_timer_start(m, TIMER_EDRX, AIR_PAGING_WINDOW_MS);
        return;
    }
    fall_asleep(m);
    modem_timer_start(m, TIMER_EDRX, cycle - m->now % cycle);
}
