/* SPDX-License-Identifier: Apache-2.0 */
/* A whole fleet in virtual time: everybody attaches by AKA, sleepers are reached, power cuts and
 * troubles repeat by their seed. */
#include "prog/fleet/fleet.h"
#include "xt.h"

#define START INT64_C(1767323045000)

struct watch {
    uint64_t hash;
    unsigned attaches;
};

static void on_attach(void *ctx, const struct testnet_attach *a)
{
    struct watch *w = ctx;

    w->attaches++;
    w->hash = (w->hash ^ (uint64_t)a->time ^ a->device) * 0x100000001B3u;
}

static struct fleet *make(const struct fleet_config *c, struct watch *w)
{
    const struct fleet_hooks hooks = {.ctx = w, .on_attach = on_attach};
    struct fleet *f;

    if (fleet_new(c, &hooks, START, &f) != XK_OK)
        abort();
    return f;
}

static struct fleet_config config(uint32_t devices)
{
    struct fleet_config c;

    fleet_config_default(&c);
    c.devices = devices;
    c.mix[AIR_GSM] = c.mix[AIR_LTE] = c.mix[AIR_NB_IOT] = c.mix[AIR_EMTC] = 1;
    return c;
}

TEST(all_attach)
{
    struct fleet_config c = config(100);
    struct fleet_stats s;
    struct testnet_stats n;
    struct watch w = {0};
    struct fleet *f = make(&c, &w);

    fleet_step(f, START + 60000);
    fleet_get_stats(f, &s);
    testnet_get_stats(fleet_net(f), &n);
    CHECK_INT(s.attached, 100);
    CHECK_INT(s.on_seed, 100);
    CHECK_INT(n.verified, 100);
    CHECK_INT(w.attaches, 100);
    CHECK_INT(n.rejects + n.mac_failures + n.wrong_res + n.resyncs, 0);
    for (uint32_t i = 0; i < c.devices; i++) {
        struct fleet_device d;
        uint32_t found;

        CHECK_OK(fleet_get_device(f, i, &d));
        CHECK(d.attached && d.on_seed);
        CHECK_STR(d.imsi, d.seed_imsi);
        CHECK_INT(d.verified, 1);
        CHECK_OK(fleet_find(f, d.cid, &found));
        CHECK_INT(found, i);
        CHECK_OK(usim_check(fleet_card(f, i)));
    }
    fleet_free(f);
}

static uint64_t course(uint64_t seed, unsigned *attaches)
{
    struct fleet_config c = config(20);
    struct fleet_stats s;
    struct watch w = {0};
    struct fleet *f;

    c.net.seed = seed;
    c.cut_every_s = 300;
    f = make(&c, &w);
    fleet_step(f, START + 3600000);
    fleet_calm(f);
    fleet_step(f, START + 2 * 3600000);
    fleet_get_stats(f, &s);
    CHECK(s.device_cuts > 20);
    CHECK(s.card_cuts > 5);
    CHECK_INT(s.attached, 20);
    for (uint32_t i = 0; i < c.devices; i++)
        CHECK_OK(usim_check(fleet_card(f, i)));
    *attaches = w.attaches;
    fleet_free(f);
    return w.hash;
}

TEST(cuts_repeat_by_seed)
{
    unsigned n[3];
    uint64_t first = course(7, &n[0]);

    CHECK(first == course(7, &n[1]));
    CHECK(first != course(8, &n[2]));
    CHECK_INT(n[0], n[1]);
    CHECK(n[0] > 40);
}

TESTS_MAIN(XT_CASE(all_attach), XT_CASE(cuts_repeat_by_seed))
