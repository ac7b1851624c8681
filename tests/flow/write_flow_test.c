/* SPDX-License-Identifier: Apache-2.0 */
/* The product's main job in one process and virtual time: the platform writes numbers onto cards in
 * devices in a network, by real SMS, SCP80 and toolkit bytes (P-1). */
#include "codec/script/script.h"
#include "platform.h"
#include "xt.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

static struct platform_setup setup(uint32_t devices)
{
    struct platform_setup s = {.numbers = devices * 2, .seed = 1};

    fleet_config_default(&s.fleet);
    s.fleet.devices = devices;
    return s;
}

/* Starts, and waits until all devices are attached with their seeds. */
static void begin(struct platform *p, const struct platform_setup *s)
{
    platform_init(p, s);
    platform_run(p, PLATFORM_START + MINUTE);
}

static void end(struct platform *p)
{
    CHECK_INT(p->failed, 0);
    for (uint32_t i = 0; i < fleet_devices(p->fleet); i++)
        CHECK_OK(usim_check(fleet_card(p->fleet, i)));
    platform_fini(p);
}

static void apply_to_all(struct platform *p)
{
    for (uint32_t i = 0; i < fleet_devices(p->fleet); i++) {
        char order[24];
        struct task t;

        snprintf(order, sizeof order, "o%u", i);
        CHECK_INT(platform_apply(p, order, i, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    }
}

/* The i-th device is attached with this number, by AKA, and its card agrees. */
static void check_written(struct platform *p, uint32_t i, const struct task *t)
{
    struct fleet_device d;
    struct usim_state card;

    CHECK_INT(t->state, TASK_SUCCESS);
    CHECK_OK(fleet_get_device(p->fleet, i, &d));
    CHECK_OK(usim_get_state(fleet_card(p->fleet, i), &card));
    CHECK_STR(d.cid, t->cid);
    CHECK_STR(d.attached_imsi, t->imsi);
    CHECK_STR(d.imsi, t->imsi);
    CHECK_STR(card.imsi, t->imsi);
    CHECK(d.verified > 0);
    CHECK(!card.awaiting_attach && !card.prepared && !card.report_due);
}

TEST(two_hundred_devices)
{
    struct platform_setup s = setup(200);
    struct testnet_stats n;
    struct platform p;

    s.fleet.mix[AIR_LTE] = s.fleet.mix[AIR_GSM] = s.fleet.mix[AIR_NB_IOT] = 1;
    begin(&p, &s);
    apply_to_all(&p);
    CHECK(platform_settle(&p, p.now + 5 * MINUTE));
    for (uint32_t i = 0; i < 200; i++) {
        char order[24];
        struct task t;

        snprintf(order, sizeof order, "o%u", i);
        platform_task(&p, order, &t);
        check_written(&p, i, &t);
        CHECK_INT(t.attempts_all, 1);
    }
    testnet_get_stats(fleet_net(p.fleet), &n);
    CHECK_INT(n.verified, 400);
    CHECK_INT(n.rejects, 0);
    CHECK_INT(platform_numbers(&p, NUMBER_IN_USE), 200);
    CHECK_INT(p.refused, 0);
    end(&p);
}

/* The home network opened the number, but lets nobody in with it: back on the seed after the
 * fall-back time, report 21, once more by rule, then ROLLED_BACK; W4 takes another number. */
TEST(fall_back_and_retry)
{
    struct platform_setup s = setup(1);
    struct fleet_device d;
    struct platform p;
    struct task t;

    begin(&p, &s);
    p.forget_new = true;
    p.policy.fallback_min = 5;
    CHECK_INT(platform_apply(&p, "o", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    platform_settle(&p, p.now + 3 * HOUR);
    platform_task(&p, "o", &t);
    CHECK_INT(t.state, TASK_ROLLED_BACK);
    CHECK_INT(t.rollbacks, 1);
    CHECK_INT(t.card_result, SCRIPT_FELL_BACK);
    CHECK_OK(fleet_get_device(p.fleet, 0, &d));
    CHECK(d.on_seed);
    CHECK_INT(platform_numbers(&p, NUMBER_FROZEN), 1);
    p.forget_new = false;
    CHECK_INT(platform_retry(&p, &t), 0);
    CHECK(platform_settle(&p, p.now + 3 * HOUR));
    platform_task(&p, "o", &t);
    check_written(&p, 0, &t);
    end(&p);
}

TEST(swap_and_restore)
{
    struct platform_setup s = setup(1);
    struct task first, second, back;
    struct fleet_device d;
    struct platform p;

    begin(&p, &s);
    CHECK_INT(platform_apply(&p, "a", 0, TASK_MODE_SWAP, TASK_CHANNEL_AUTO, &first), 12089);
    CHECK_INT(platform_apply(&p, "1", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &first), 0);
    CHECK(platform_settle(&p, p.now + 10 * MINUTE));
    platform_task(&p, "1", &first);
    check_written(&p, 0, &first);
    CHECK_INT(platform_apply(&p, "2", 0, TASK_MODE_SWAP, TASK_CHANNEL_AUTO, &second), 0);
    CHECK(platform_settle(&p, p.now + 10 * MINUTE));
    platform_task(&p, "2", &second);
    check_written(&p, 0, &second);
    CHECK(strcmp(first.imsi, second.imsi) != 0);
    CHECK_INT(platform_numbers(&p, NUMBER_FROZEN), 1);
    CHECK_INT(platform_apply(&p, "3", 0, TASK_MODE_RESTORE, TASK_CHANNEL_AUTO, &back), 0);
    CHECK(platform_settle(&p, p.now + 10 * MINUTE));
    platform_task(&p, "3", &back);
    CHECK_INT(back.state, TASK_SUCCESS);
    CHECK_OK(fleet_get_device(p.fleet, 0, &d));
    CHECK(d.on_seed);
    CHECK_INT(platform_numbers(&p, NUMBER_FROZEN), 2);
    end(&p);
}

/* A card without a seed: the script out by W5, the jig, the card's answer in by W6. */
TEST(blank_card_by_relay)
{
    struct platform_setup s = setup(2);
    struct fleet_device d;
    struct platform p;
    struct buf script, answer;
    struct task t;

    s.fleet.blank = 1;
    begin(&p, &s);
    CHECK_OK(fleet_get_device(p.fleet, 1, &d));
    CHECK(!d.attached);
    CHECK_INT(platform_apply(&p, "r", 1, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    platform_task(&p, "r", &t);
    CHECK_INT(t.channel, TASK_CHANNEL_RELAY);
    CHECK_INT(t.state, TASK_SCRIPT_READY);
    buf_init(&script, 2048);
    buf_init(&answer, 2048);
    CHECK_INT(platform_relay_script(&p, &t, &script), 0);
    CHECK_OK(fleet_relay(p.fleet, p.now, 1, buf_bytes(&script), &answer));
    CHECK_OK(platform_relay_report(&p, &t, buf_bytes(&answer)));
    CHECK(platform_settle(&p, p.now + 10 * MINUTE));
    platform_task(&p, "r", &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_OK(fleet_get_device(p.fleet, 1, &d));
    CHECK_STR(d.attached_imsi, t.imsi);
    buf_fini(&script);
    buf_fini(&answer);
    end(&p);
}

/* P-6: everything sent again changes nothing. */
TEST(repeats_change_nothing)
{
    struct platform_setup s = setup(1);
    struct usim_state before, after;
    struct platform p;
    struct buf packet;
    struct task t;

    begin(&p, &s);
    CHECK_INT(platform_apply(&p, "o", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    CHECK(platform_settle(&p, p.now + 10 * MINUTE));
    CHECK_INT(platform_apply(&p, "o", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t), 0);
    check_written(&p, 0, &t);
    CHECK_OK(usim_get_state(fleet_card(p.fleet, 0), &before));
    buf_init(&packet, 2048);
    platform_build(&p, 0, SCRIPT_PREPARE | SCRIPT_KEEP_SEED, &t, before.down_counter + 1, &packet);
    platform_send(&p, t.msisdn, buf_bytes(&packet));
    platform_run(&p, p.now + MINUTE);
    platform_send(&p, t.msisdn, buf_bytes(&packet)); /* the same counter: a replay */
    platform_run(&p, p.now + MINUTE);
    buf_reset(&packet);
    platform_build(&p, 0, SCRIPT_COMMIT | SCRIPT_KEEP_SEED, &t, before.down_counter + 2, &packet);
    platform_send(&p, t.msisdn, buf_bytes(&packet));
    platform_run(&p, p.now + MINUTE);
    CHECK_OK(usim_get_state(fleet_card(p.fleet, 0), &after));
    CHECK_STR(after.imsi, before.imsi);
    CHECK_INT(after.bank, before.bank);
    CHECK_INT(after.down_counter, before.down_counter + 2);
    platform_task(&p, "o", &t);
    check_written(&p, 0, &t);
    buf_fini(&packet);
    end(&p);
}

/* The home network does not open the number: nothing is sent, the number rests. */
TEST(number_not_opened)
{
    struct platform_setup s = setup(1);
    struct testnet_stats n;
    struct platform p;
    struct task t;

    begin(&p, &s);
    p.refuse_opening = true;
    (void)platform_apply(&p, "o", 0, TASK_MODE_NEW, TASK_CHANNEL_AUTO, &t);
    CHECK(platform_settle(&p, p.now + MINUTE));
    platform_task(&p, "o", &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    testnet_get_stats(fleet_net(p.fleet), &n);
    CHECK_INT(n.submitted, 0);
    CHECK_INT(platform_numbers(&p, NUMBER_IN_USE), 0);
    end(&p);
}

TESTS_MAIN(XT_CASE(two_hundred_devices), XT_CASE(fall_back_and_retry), XT_CASE(swap_and_restore),
           XT_CASE(blank_card_by_relay), XT_CASE(repeats_change_nothing),
           XT_CASE(number_not_opened))
