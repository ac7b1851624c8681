/* SPDX-License-Identifier: Apache-2.0 */
/* Write tasks of eUICCs (SGP.22): the profile that is offered, and what the SM-DP+ tells of it; and
 * numbers that are closed without a word to the card. The SM-DP+ only takes notes. */
#include "order_bench.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

#define EID "89049032123451234512345678901235"
#define CODE "LPA:1$smdp.test$ABC"

static struct {
    size_t offers, releases, withdrawals;
    int refuse; /* with this code */
    char template_id[TASK_TEMPLATE_MAX + 1], eid[33];
} dp;

static enum xk_err offer(void *ctx, struct order_ctx *c, const struct task *t,
                         struct order_offer *out)
{
    (void)ctx;
    (void)c;
    dp.offers++;
    snprintf(dp.template_id, sizeof dp.template_id, "%s", t->template_id);
    snprintf(dp.eid, sizeof dp.eid, "%s", t->cid);
    out->code = dp.refuse;
    snprintf(out->detail, sizeof out->detail, "%s", dp.refuse ? "the thing" : "");
    snprintf(out->activation_code, sizeof out->activation_code, "%s", CODE);
    return XK_OK;
}

static enum xk_err release(void *ctx, struct order_ctx *c, const struct task *t)
{
    (void)ctx;
    (void)c;
    (void)t;
    dp.releases++;
    return XK_OK;
}

static enum xk_err withdraw(void *ctx, struct order_ctx *c, const struct task *t)
{
    (void)ctx;
    (void)c;
    (void)t;
    dp.withdrawals++;
    return XK_OK;
}

static const struct order_rsp_ports ports = {
    .offer = offer, .release = release, .withdraw = withdraw};

static void open_bench(struct bench *b)
{
    struct chip chip = {
        .form = CHIP_FORM_GLOBAL_5X6, .batch_id = "e1", .cid = EID, .wear_left = UINT32_MAX};
    struct chip_keys none = {0};

    memset(&dp, 0, sizeof dp);
    bench_init(b);
    b->ports.rsp = &ports;
    CHECK_OK(chip_add(b->store, b->ks, &chip, &none, b->c.now));
}

static void tell(struct bench *b, struct task *t, enum download_cause cause)
{
    CHECK_OK(order_on_download(&b->c, t->iccid, cause, download_cause_text(cause)));
    reload(b, t);
}

/* To the state in which the profile may be fetched. */
static void offered(struct bench *b, struct task *t)
{
    open_bench(b);
    CHECK_INT(apply_card(b, EID, "e1", TASK_MODE_NEW, t), CODE_OK);
    CHECK_INT(t->state, TASK_NUMBER_LOCKED);
    CHECK_INT(dp.offers, 1);
    CHECK_INT(dp.releases, 0);
    CHECK_STR(dp.eid, EID);
    CHECK_STR(dp.template_id, "iot");
    CHECK_OK(order_on_opened(&b->c, t->imsi, NULL));
    reload(b, t);
    CHECK_INT(t->state, TASK_SENDING);
    CHECK_INT(dp.releases, 1);
}

static struct chip euicc(struct bench *b)
{
    struct chip chip = {0};

    CHECK_OK(chip_get(b->store, EID, &chip));
    return chip;
}

TEST(a_number_by_download_goes_all_the_way)
{
    struct bench b;
    struct task t;

    offered(&b, &t);
    CHECK_STR(t.activation_code, CODE);
    CHECK_INT(t.channel, TASK_CHANNEL_RSP);
    CHECK_INT(t.due_at, t.expires_at); /* the device has all the time there is */
    CHECK_INT(b.asked.callbacks, 1);   /* with the activation code */
    CHECK_INT(b.asked.told, TASK_SENDING);
    tell(&b, &t, DOWNLOAD_BY_ATTEMPT);
    CHECK_INT(t.state, TASK_SENDING);
    tell(&b, &t, DOWNLOAD_BY_BIND);
    CHECK_INT(t.state, TASK_DELIVERED);
    tell(&b, &t, DOWNLOAD_BY_BIND); /* fetched once more */
    CHECK_INT(t.state, TASK_DELIVERED);
    tell(&b, &t, DOWNLOAD_BY_INSTALL);
    CHECK_INT(t.state, TASK_PREPARED);
    check_number(&b, t.imsi, NUMBER_WRITTEN);
    tell(&b, &t, DOWNLOAD_BY_ENABLE);
    CHECK_INT(t.state, TASK_COMMITTED);
    CHECK_OK(order_on_attach(&b.c, t.imsi, "860000000000001", b.c.now));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_INT(t.attempts_all, 1);
    CHECK_INT(b.asked.callbacks, 2);
    CHECK_INT(b.asked.told, TASK_SUCCESS);
    CHECK_INT(b.asked.scripts, 0);
    CHECK_INT(dp.withdrawals, 0);
    check_number(&b, t.imsi, NUMBER_IN_USE);
    CHECK_STR(euicc(&b).imsi, t.imsi);
    CHECK_INT(euicc(&b).state, CHIP_ACTIVE);
    tell(&b, &t, DOWNLOAD_BY_DELETE); /* the user's own affair now */
    CHECK_INT(t.state, TASK_SUCCESS);
    check_number(&b, t.imsi, NUMBER_IN_USE);
    bench_fini(&b);
}

/* The attach may come before the notifications, and those in any order. */
TEST(any_order_of_arrival_ends_well)
{
    static const enum download_cause orders[][2] = {{DOWNLOAD_BY_INSTALL, DOWNLOAD_BY_ENABLE},
                                                    {DOWNLOAD_BY_ENABLE, DOWNLOAD_BY_INSTALL}};

    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        struct bench b;
        struct task t;

        offered(&b, &t);
        CHECK_OK(order_on_attach(&b.c, t.imsi, "", b.c.now));
        reload(&b, &t);
        CHECK_INT(t.state, TASK_ATTACHED);
        tell(&b, &t, orders[i][0]);
        CHECK_INT(t.state, TASK_SUCCESS);
        tell(&b, &t, orders[i][1]);
        CHECK_INT(t.state, TASK_SUCCESS);
        check_number(&b, t.imsi, NUMBER_IN_USE);
        bench_fini(&b);
    }
}

TEST(a_download_that_fails_for_now_is_offered_again)
{
    struct bench b;
    struct task t;

    offered(&b, &t);
    tell(&b, &t, DOWNLOAD_BY_BIND);
    tell(&b, &t, DOWNLOAD_BY_FAIL_FOR_NOW);
    CHECK_INT(t.state, TASK_SENDING);
    CHECK_INT(t.attempts_all, 2);
    tell(&b, &t, DOWNLOAD_BY_BIND);
    tell(&b, &t, DOWNLOAD_BY_INSTALL);
    CHECK_INT(t.state, TASK_PREPARED);
    tell(&b, &t, DOWNLOAD_BY_FAIL_FOR_NOW); /* of the first try, late */
    CHECK_INT(t.state, TASK_PREPARED);
    bench_fini(&b);
}

/* The order is over at the SM-DP+: nothing is withdrawn there, and the number rests. */
TEST(downloads_that_fail_for_good)
{
    static const struct {
        enum download_cause before, cause;
        enum task_state state;
        int code;
    } rows[] = {
        {DOWNLOAD_BY_BIND, DOWNLOAD_BY_FAIL_FOR_GOOD, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {DOWNLOAD_BY_ATTEMPT, DOWNLOAD_BY_REJECT, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {DOWNLOAD_BY_ATTEMPT, DOWNLOAD_BY_EXHAUST_ATTEMPTS, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {DOWNLOAD_BY_ATTEMPT, DOWNLOAD_BY_CANCEL_UNAVAILABLE, TASK_CARD_ERROR, CODE_CARD_FAILED},
        {DOWNLOAD_BY_ATTEMPT, DOWNLOAD_BY_EXPIRE, TASK_EXPIRED, CODE_NO_ANSWER},
        {DOWNLOAD_BY_INSTALL, DOWNLOAD_BY_DELETE, TASK_ROLLED_BACK, CODE_FELL_BACK},
        {DOWNLOAD_BY_BIND, DOWNLOAD_BY_DELETE, TASK_CARD_ERROR, CODE_FELL_BACK},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        struct task t;

        offered(&b, &t);
        tell(&b, &t, rows[i].before);
        tell(&b, &t, rows[i].cause);
        CHECK_INT(t.state, rows[i].state);
        CHECK_INT(t.code, rows[i].code);
        CHECK_STR(t.message, download_cause_text(rows[i].cause));
        CHECK_STR(t.activation_code, "");
        CHECK_INT(dp.withdrawals, 0);
        CHECK_INT(b.asked.told, rows[i].state);
        check_number(&b, t.imsi, NUMBER_FROZEN);
        CHECK_INT(euicc(&b).state, CHIP_IN_STOCK);
        bench_fini(&b);
    }
}

/* Nobody fetches it, or the customer changes his mind: withdrawn, and again with another number. */
TEST(what_is_not_fetched_is_withdrawn)
{
    struct bench b;
    struct task t;
    char first[16];
    size_t moved;
    int code;

    offered(&b, &t);
    memcpy(first, t.imsi, sizeof first);
    b.c.now = t.expires_at;
    CHECK_OK(order_on_time(&b.c, 10, &moved));
    CHECK_INT(moved, 1);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_EXPIRED);
    CHECK_INT(dp.withdrawals, 1);
    check_number(&b, first, NUMBER_FROZEN);
    CHECK_OK(order_retry(&b.c, t.id, &code));
    reload(&b, &t);
    CHECK_INT(code, CODE_OK);
    CHECK_INT(dp.offers, 2);
    CHECK(strcmp(t.imsi, first) != 0);
    CHECK_OK(order_cancel(&b.c, t.id, &code)); /* not opened yet: the number is free again */
    CHECK_INT(code, CODE_OK);
    CHECK_INT(dp.withdrawals, 2);
    check_number(&b, t.imsi, NUMBER_FREE);
    bench_fini(&b);
}

TEST(an_offer_may_be_cancelled_until_it_is_fetched)
{
    struct bench b;
    struct task t;
    int code;

    offered(&b, &t);
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_OK);
    CHECK_INT(dp.withdrawals, 1);
    bench_fini(&b);
    offered(&b, &t);
    tell(&b, &t, DOWNLOAD_BY_BIND);
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_TASK_STATE);
    bench_fini(&b);
    start(&b, &t); /* a card may have been written by now */
    CHECK_OK(order_cancel(&b.c, t.id, &code));
    CHECK_INT(code, CODE_TASK_STATE);
    bench_fini(&b);
}

TEST(the_home_network_refuses_the_number)
{
    struct bench b;
    struct task t;

    open_bench(&b);
    CHECK_INT(apply_card(&b, EID, "e1", TASK_MODE_NEW, &t), CODE_OK);
    CHECK_OK(order_on_opened(&b.c, t.imsi, "subscriber limit reached"));
    reload(&b, &t);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK_INT(dp.releases, 0);
    CHECK_INT(dp.withdrawals, 1);
    bench_fini(&b);
}

TEST(what_cannot_be_offered)
{
    static const struct store_query no_template = {"test_template",
                                                   "UPDATE pool SET template_id = ''"};
    const struct order_wish bare = {
        .app_id = "app", .org_id = ORG_ROOT, .order_no = "e6", .cid = EID, .pool_id = "main"};
    struct bench b;
    struct task t;
    bool repeat;
    int code;

    open_bench(&b);
    dp.refuse = CODE_TEMPLATE_MISFIT;
    CHECK_INT(apply_card(&b, EID, "e1", TASK_MODE_NEW, &t), CODE_TEMPLATE_MISFIT);
    CHECK_INT(t.state, TASK_CHECK_FAIL);
    CHECK(strstr(t.message, "the thing") != NULL);
    check_number(&b, t.imsi, NUMBER_FREE);
    CHECK_INT(dp.withdrawals, 0);
    dp.refuse = CODE_OK;
    CHECK_INT(apply_card(&b, EID, "e2", TASK_MODE_SWAP, &t), CODE_CARD_STATE);
    CHECK_INT(apply_card(&b, EID, "e3", TASK_MODE_RESTORE, &t), CODE_CARD_CANNOT);
    CHECK_INT(apply_card(&b, EID, "e4", TASK_MODE_DELETE, &t), CODE_CARD_STATE);
    CHECK_OK(store_exec(b.store, &no_template, NULL, 0, NULL));
    CHECK_OK(order_apply(&b.c, &bare, &t, &code, &repeat));
    CHECK_INT(code, CODE_NO_SUCH_TEMPLATE);
    check_number(&b, t.imsi, NUMBER_FREE);
    b.ports.rsp = NULL;
    CHECK_INT(apply_card(&b, EID, "e7", TASK_MODE_NEW, &t), CODE_NO_SMDPP);
    CHECK_INT(euicc(&b).state, CHIP_IN_STOCK);
    bench_fini(&b);
}

static void succeed(struct bench *b, struct task *t)
{
    tell(b, t, DOWNLOAD_BY_INSTALL);
    CHECK_OK(order_on_attach(&b->c, t->imsi, "", b->c.now));
    reload(b, t);
    CHECK_INT(t->state, TASK_SUCCESS);
}

/* The old number rests once the new one is in the network, not before. */
TEST(a_change_of_number)
{
    struct bench b;
    struct task t, swap;

    offered(&b, &t);
    succeed(&b, &t);
    CHECK_INT(apply_card(&b, EID, "e2", TASK_MODE_NEW, &swap), CODE_CARD_BUSY);
    CHECK_INT(apply_card(&b, EID, "e3", TASK_MODE_SWAP, &swap), CODE_OK);
    CHECK_OK(order_on_opened(&b.c, swap.imsi, NULL));
    check_number(&b, t.imsi, NUMBER_IN_USE);
    succeed(&b, &swap);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    check_number(&b, swap.imsi, NUMBER_IN_USE);
    CHECK_STR(euicc(&b).imsi, swap.imsi);
    bench_fini(&b);
}

TEST(a_number_is_taken_off_an_eUICC)
{
    struct bench b;
    struct task t, end;

    offered(&b, &t);
    CHECK_INT(apply_card(&b, EID, "e2", TASK_MODE_DELETE, &end), CODE_TASK_UNDER_WAY);
    succeed(&b, &t);
    CHECK_INT(apply_card(&b, EID, "e3", TASK_MODE_DELETE, &end), CODE_OK);
    CHECK_INT(end.state, TASK_SUCCESS);
    CHECK_STR(end.imsi, t.imsi);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    CHECK_STR(euicc(&b).imsi, "");
    CHECK_INT(euicc(&b).state, CHIP_IN_STOCK);
    CHECK_INT(apply_card(&b, EID, "e4", TASK_MODE_NEW, &end), CODE_OK);
    bench_fini(&b);
}

/* Theft or loss: whatever is under way ends, the numbers are closed, the card is blocked. */
TEST(cards_are_revoked)
{
    struct bench b;
    struct task t, end;

    offered(&b, &t);
    tell(&b, &t, DOWNLOAD_BY_INSTALL);
    CHECK_INT(apply_card(&b, EID, "e2", TASK_MODE_REVOKE, &end), CODE_OK);
    CHECK_INT(end.state, TASK_SUCCESS);
    reload(&b, &t);
    CHECK_INT(t.state, TASK_EXPIRED);
    CHECK_INT(t.code, CODE_CARD_STATE);
    CHECK_INT(dp.withdrawals, 1);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    CHECK_INT(euicc(&b).state, CHIP_BLOCKED);
    CHECK_INT(apply_card(&b, EID, "e3", TASK_MODE_NEW, &end), CODE_CARD_STATE);
    CHECK_INT(apply_card(&b, EID, "e4", TASK_MODE_REVOKE, &end), CODE_CARD_STATE);
    bench_fini(&b);
}

TEST(a_domestic_card_is_revoked)
{
    struct bench b;
    struct task t, end;

    write_whole(&b, &t);
    CHECK_INT(t.state, TASK_SUCCESS);
    CHECK_INT(apply_card(&b, CID, "e1", TASK_MODE_REVOKE, &end), CODE_OK);
    CHECK_INT(end.state, TASK_SUCCESS);
    CHECK_STR(end.msisdn, t.msisdn);
    check_number(&b, t.imsi, NUMBER_FROZEN);
    check_chip(&b, "", CHIP_BLOCKED);
    bench_fini(&b);
}

/* On a card with a seed DELETE goes back to that, as RESTORE does. */
TEST(a_number_is_taken_off_a_card)
{
    struct bench b;
    struct task t, end;

    write_whole(&b, &t);
    CHECK_INT(apply_card(&b, CID, "e1", TASK_MODE_DELETE, &end), CODE_OK);
    CHECK_INT(end.state, TASK_SENDING);
    CHECK(b.asked.restore);
    check_number(&b, t.imsi, NUMBER_IN_USE);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(a_number_by_download_goes_all_the_way), XT_CASE(any_order_of_arrival_ends_well),
           XT_CASE(a_download_that_fails_for_now_is_offered_again),
           XT_CASE(downloads_that_fail_for_good), XT_CASE(what_is_not_fetched_is_withdrawn),
           XT_CASE(an_offer_may_be_cancelled_until_it_is_fetched),
           XT_CASE(the_home_network_refuses_the_number), XT_CASE(what_cannot_be_offered),
           XT_CASE(a_change_of_number), XT_CASE(a_number_is_taken_off_an_eUICC),
           XT_CASE(cards_are_revoked), XT_CASE(a_domestic_card_is_revoked),
           XT_CASE(a_number_is_taken_off_a_card))
