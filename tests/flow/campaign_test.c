/* SPDX-License-Identifier: Apache-2.0 */
/* Many cards under bad conditions: 20 % of the short messages lost, 5 % doubled, others overtaken,
 * power cuts of device and card in the middle of anything. In the end every card has its number, is
 * whole, and no number was given twice. XT_DEVICES and XT_SEED choose the course. */
#include "codec/script/script.h"
#include "platform.h"
#include "service/indicator/indicator.h"
#include "xt.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DEVICES_DEFAULT 300
#define DAYS_MAX 20

struct campaign {
    struct platform p;
    uint32_t devices;
    unsigned retried, states[100];
    struct map numbers; /* IMSI -> order: given once only */
    unsigned twice;
};

static uint64_t number_from(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);

    return text && text[0] ? strtoull(text, NULL, 10) : fallback;
}

static struct platform_setup setup(uint32_t devices, uint64_t seed)
{
    struct platform_setup s = {.numbers = devices * 2, .seed = seed};

    fleet_config_default(&s.fleet);
    s.fleet.devices = devices;
    s.fleet.mix[AIR_LTE] = 6;
    s.fleet.mix[AIR_GSM] = s.fleet.mix[AIR_NB_IOT] = s.fleet.mix[AIR_EMTC] = 1;
    s.fleet.cut_every_s = 1200;
    s.fleet.status_poll_s = 300;
    s.fleet.net.troubles = (struct testnet_troubles){.loss = 200,
                                                     .duplicate = 50,
                                                     .late = 100,
                                                     .late_ms = 60000,
                                                     .delay_min_ms = 50,
                                                     .delay_max_ms = 3000};
    return s;
}

static void apply_to_all(struct campaign *c)
{
    for (uint32_t i = 0; i < c->devices; i++) {
        char order[24];
        struct task t;

        snprintf(order, sizeof order, "o%u", i);
        CHECK_INT(platform_apply(&c->p, order, i, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    }
}

/* The operator: whatever came to rest without success is tried again (W4). */
static void operate(void *arg, const struct task *t)
{
    struct campaign *c = arg;
    const struct task_state_info *info = task_state_info((int)t->state);

    c->states[t->state]++;
    if (info->kind == TASK_RETRY && platform_retry(&c->p, t) == 0)
        c->retried++;
}

static void look(struct campaign *c)
{
    memset(c->states, 0, sizeof c->states);
    platform_tasks(&c->p, operate, c);
}

static void check_device(void *arg, const struct task *t)
{
    struct campaign *c = arg;
    struct fleet_device d;
    struct usim_state card;
    uint32_t i;

    CHECK_INT(t->state, TASK_SUCCESS);
    CHECK_OK(fleet_find(c->p.fleet, t->cid, &i));
    CHECK_OK(fleet_get_device(c->p.fleet, i, &d));
    CHECK_OK(usim_check(fleet_card(c->p.fleet, i)));
    CHECK_OK(usim_get_state(fleet_card(c->p.fleet, i), &card));
    CHECK_STR(card.imsi, t->imsi);
    CHECK_STR(d.attached_imsi, t->imsi);
    CHECK(d.verified > 0);
    if (map_get(&c->numbers, bytes_cstr(t->imsi), &(uintptr_t){0}))
        c->twice++;
    CHECK_OK(map_put(&c->numbers, bytes_cstr(t->imsi), i));
}

static void tell(const struct campaign *c, const char *when)
{
    struct testnet_stats n;
    struct fleet_stats f;

    testnet_get_stats(fleet_net(c->p.fleet), &n);
    fleet_get_stats(c->p.fleet, &f);
    printf("# %s: %lld min, success %u of %u, by hand %u, fall-backs %llu, cuts %llu+%llu, sms "
           "%llu lost %llu doubled %llu, resyncs %llu, refused reports %u\n",
           when, (long long)((c->p.now - PLATFORM_START) / MINUTE), c->states[TASK_SUCCESS],
           c->devices, c->retried, (unsigned long long)f.fallbacks,
           (unsigned long long)f.device_cuts, (unsigned long long)f.card_cuts,
           (unsigned long long)n.submitted, (unsigned long long)n.lost,
           (unsigned long long)n.duplicated, (unsigned long long)n.resyncs, c->p.refused);
}

static int64_t count(struct campaign *c, const struct store_query *q)
{
    int64_t n;

    CHECK_OK(store_row(c->p.store, q, NULL, 0));
    n = store_get_int(c->p.store, 0);
    store_finish(c->p.store);
    return n;
}

/* No task fails without an exception (P-18), and none is left when all have succeeded. */
static void check_exceptions(struct campaign *c)
{
    static const struct store_query forgotten = {
        "test_forgotten",
        "SELECT COUNT(*) FROM task t WHERE t.state >= 90 AND t.state <> 96 AND NOT EXISTS (SELECT "
        "1 FROM exception_item i WHERE i.kind = 0 AND i.solved = 0 AND i.subject = "
        "lower(hex(t.task_id)))"};
    static const struct store_query left = {
        "test_left", "SELECT COUNT(*) FROM exception_item i JOIN task t ON i.subject = "
                     "lower(hex(t.task_id)) WHERE i.kind = 0 AND i.solved = 0 AND t.state = 9"};
    static const struct store_query sums = {
        "test_sums", "SELECT COUNT(*) FROM exception e WHERE e.unsolved <> (SELECT COUNT(*) FROM "
                     "exception_item i WHERE i.exception_id = e.exception_id AND i.solved = 0)"};

    CHECK_INT(count(c, &forgotten), 0);
    CHECK_INT(count(c, &left), 0);
    CHECK_INT(count(c, &sums), 0);
}

static void run_campaign(struct campaign *c, uint32_t devices, uint64_t seed)
{
    struct platform_setup s = setup(devices, seed);

    *c = (struct campaign){.devices = devices};
    map_init(&c->numbers, devices + 1, seed);
    platform_init(&c->p, &s);
    platform_run(&c->p, PLATFORM_START + 5 * MINUTE);
    apply_to_all(c);
    for (int64_t hour = 0; hour < DAYS_MAX * 24 && c->states[TASK_SUCCESS] < devices; hour++) {
        platform_run(&c->p, c->p.now + HOUR);
        check_exceptions(c);
        look(c);
        if (hour % 6 == 0)
            tell(c, "campaign");
    }
    fleet_calm(c->p.fleet);
    platform_run(&c->p, c->p.now + HOUR);
    look(c);
    tell(c, "end");
}

static void campaign_fini(struct campaign *c)
{
    map_fini(&c->numbers);
    platform_fini(&c->p);
}

/* The counters say what the tasks say, after all failures, fall-backs and retries. */
static void check_indicators(struct campaign *c, uint32_t devices)
{
    struct indicator_sums counted, again;

    CHECK_OK(indicator_read(c->p.store, NULL, 0, INT64_MAX, &counted));
    CHECK_OK(indicator_recount(c->p.store, NULL, 0, INT64_MAX, &again));
    for (int i = 0; i < INDICATOR_COUNTERS; i++)
        CHECK_INT(counted.n[i], again.n[i]);
    for (int i = 0; i < INDICATOR_TIMES; i++)
        CHECK_INT(counted.times[i], again.times[i]);
    CHECK_INT(counted.n[INDICATOR_SUCCESS], devices);
}

TEST(every_card_in_the_end)
{
    uint32_t devices = (uint32_t)number_from("XT_DEVICES", DEVICES_DEFAULT);
    struct campaign c;

    run_campaign(&c, devices, number_from("XT_SEED", 1));
    CHECK_INT(c.states[TASK_SUCCESS], devices);
    platform_tasks(&c.p, check_device, &c);
    CHECK_INT(c.numbers.n, devices);
    CHECK_INT(c.twice, 0);
    check_indicators(&c, devices);
    check_exceptions(&c);
    CHECK_INT(c.p.failed, 0);
    CHECK_INT(platform_numbers(&c.p, NUMBER_IN_USE), devices);
    CHECK_INT(platform_numbers(&c.p, NUMBER_RESERVED) + platform_numbers(&c.p, NUMBER_ASSIGNED) +
                  platform_numbers(&c.p, NUMBER_WRITTEN),
              0);
    campaign_fini(&c);
}

TEST(the_same_seed_the_same_course)
{
    struct testnet_stats n[2];

    for (unsigned i = 0; i < 2; i++) {
        struct campaign c;

        run_campaign(&c, 20, 5);
        testnet_get_stats(fleet_net(c.p.fleet), &n[i]);
        campaign_fini(&c);
    }
    CHECK_INT(n[0].submitted, n[1].submitted);
    CHECK_INT(n[0].lost, n[1].lost);
    CHECK_INT(n[0].attaches, n[1].attaches);
    CHECK_INT(n[0].retries, n[1].retries);
}

TESTS_MAIN(XT_CASE(every_card_in_the_end), XT_CASE(the_same_seed_the_same_course))
