/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal/modem/core.h"

struct modem_at {
    int unused;
};

enum xk_err modem_at_new(struct modem *m)
{
    m->at = calloc(1, sizeof *m->at);
    return m->at ? XK_OK : XK_E_NOMEM;
}

void modem_at_free(struct modem *m)
{
    free(m->at);
    m->at = NULL;
}

void modem_at_input(struct modem *m, struct bytes data)
{
    (void)m;
    (void)data;
}

bool modem_at_next(struct modem *m, struct modem_action *out)
{
    (void)m;
    (void)out;
    return false;
}

void modem_at_power(struct modem *m)
{
    (void)m;
}

void modem_at_registration(struct modem *m)
{
    (void)m;
}

void modem_at_card_state(struct modem *m)
{
    (void)m;
}

void modem_at_display(struct modem *m, struct bytes text_string)
{
    (void)m;
    (void)text_string;
}

void modem_at_mo_ended(struct modem *m, const struct rp_message *answer)
{
    (void)m;
    (void)answer;
}

void modem_at_stored(struct modem *m, uint8_t record)
{
    (void)m;
    (void)record;
}

bool modem_at_keep(struct modem *m, const char *smsc, struct bytes tpdu)
{
    (void)m;
    (void)smsc;
    (void)tpdu;
    return true;
}

void modem_at_card_start(struct modem *m)
{
    modem_job_done(m);
}

void modem_at_card_response(struct modem *m, const struct apdu_response *r)
{
    (void)r;
    modem_job_done(m);
}

void modem_at_card_lost(struct modem *m)
{
    (void)m;
}
