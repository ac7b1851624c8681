/* SPDX-License-Identifier: Apache-2.0 */
/* Real time: the fleet is run when its deadline has come, and after each input from outside. */
#include "prog/xieka-fleet/program.h"

#define SLEEP_MAX_MS 3600000

int64_t drive_now(void)
{
    return xk_now(xk_clock_system());
}

void drive_soon(struct program *p)
{
    loop_timer_start(p->timer, 0);
}

static void drive(void *arg)
{
    struct program *p = arg;
    int64_t wait;

    fleet_step(p->fleet, drive_now());
    wait = fleet_deadline(p->fleet) - drive_now();
    if (wait < 0)
        wait = 0;
    loop_timer_start(p->timer, (uint32_t)(wait < SLEEP_MAX_MS ? wait : SLEEP_MAX_MS));
}

enum xk_err drive_start(struct program *p)
{
    TRY(loop_timer_new(p->loop, drive, p, &p->timer));
    drive_soon(p);
    return XK_OK;
}
