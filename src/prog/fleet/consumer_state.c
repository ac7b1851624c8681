/* SPDX-License-Identifier: Apache-2.0 */
/* What can be seen of consumer devices. */
#include "prog/fleet/core.h"

const char *fleet_consumer_state_name(enum fleet_consumer_state state)
{
    static const char *const names[] = {
#define CONSUMER(name) [CONSUMER_##name] = #name,
#include "prog/fleet/consumer.def"
    };

    return state < ARRAY_LEN(names) ? names[state] : "?";
}

uint32_t fleet_consumers(const struct fleet *f)
{
    return f->config.consumers;
}

struct euicc *fleet_euicc(struct fleet *f, uint32_t k)
{
    return f->consumers[k].card;
}

static void look_at_card(struct consumer *c, struct fleet_consumer *out)
{
    struct euicc_state s;

    if (euicc_get_state(c->card, &s) != XK_OK)
        return;
    memcpy(out->eid, s.eid, sizeof out->eid);
    for (size_t n = 0; n < s.n_profiles; n++) {
        if (s.profiles[n].enabled)
            memcpy(out->iccid, s.profiles[n].iccid, sizeof out->iccid);
    }
}

enum xk_err fleet_get_consumer(struct fleet *f, uint32_t k, struct fleet_consumer *out)
{
    uint32_t i = f->config.devices + k;
    struct testnet_subscriber_state s = {0};
    struct modem_status m;
    struct consumer *c;

    if (k >= f->config.consumers)
        return XK_E_NOT_FOUND;
    c = &f->consumers[k];
    modem_get_status(f->units[i].modem, &m);
    *out = (struct fleet_consumer){.state = c->state,
                                   .refreshes = m.refreshes,
                                   .tries = c->tries,
                                   .took_ms = c->attached ? c->attached - c->begun : -1};
    snprintf(out->fault, sizeof out->fault, "%s", c->fault ? c->fault : "");
    memcpy(out->imsi, m.imsi, sizeof out->imsi);
    look_at_card(c, out);
    testnet_device_imsi(f->net, i, out->attached_imsi);
    if (out->attached_imsi[0] && testnet_get_subscriber(f->net, out->attached_imsi, &s) == XK_OK)
        out->verified = s.verified;
    return XK_OK;
}
