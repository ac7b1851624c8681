/* SPDX-License-Identifier: Apache-2.0 */
/* Random histories of cards that come and go from hand to hand: the balances are always those of
 * the register, and the last move of a card is into the hand that has it. */
#include "fixture.h"
#include "model/org.h"
#include "service/custody/custody.h"
#include "xt.h"

#define HANDS 4
#define CARDS_MAX 40
#define STEPS 300

static const char *const hands[HANDS] = {ORG_ROOT, "agent", "maker", "cust"};

static void cid_of(unsigned card, char out[21])
{
    snprintf(out, 21, "8986000000000000%04u", card % 10000);
}

static void make_card(struct fixture *f, unsigned card, const char *org, int64_t now)
{
    struct chip chip = {.batch_id = "b",
                        .form = CHIP_FORM_DOMESTIC_5X6,
                        .suite = 1,
                        .keyset = 1,
                        .kic_alg = 2,
                        .kid_alg = 2,
                        .wear_left = UINT32_MAX};
    struct chip_keys keys = {0};

    cid_of(card, chip.cid);
    snprintf(chip.org_id, sizeof chip.org_id, "%s", org);
    CHECK_OK(secret_set(&keys.kic, BYTES_STR("kkkkkkkkkkkkkkkk")));
    CHECK_OK(secret_set(&keys.kid, BYTES_STR("dddddddddddddddd")));
    CHECK_OK(secret_set(&keys.kik, BYTES_STR("iiiiiiiiiiiiiiii")));
    CHECK_OK(chip_add(f->store, f->ks, &chip, &keys, now));
}

struct last {
    char hand[33];
    unsigned moves;
    bool joined; /* each move comes out of the hand that the one before went into */
};

static enum xk_err follow(void *arg, const struct custody_move *m)
{
    struct last *l = arg;

    l->joined &= strcmp(l->hand, m->from_org) == 0;
    snprintf(l->hand, sizeof l->hand, "%s", m->to_org);
    l->moves++;
    return XK_OK;
}

static void check_all(struct fixture *f, unsigned cards)
{
    int64_t sum = 0;

    for (size_t i = 0; i < HANDS; i++) {
        const struct chip_filter theirs = {.org_id = hands[i], .state = -1};
        int64_t balance;
        uint64_t count;

        CHECK_OK(custody_balance(f->store, hands[i], &balance));
        CHECK_OK(chip_count(f->store, &theirs, &count));
        CHECK_INT(balance, count);
        sum += balance;
    }
    CHECK_INT(sum, cards);
    for (unsigned card = 0; card < cards; card++) {
        struct last l = {.joined = true};
        struct chip chip;
        char cid[21];

        cid_of(card, cid);
        CHECK_OK(chip_get(f->store, cid, &chip));
        CHECK_OK(custody_of_card(f->store, cid, follow, &l));
        CHECK_STR(l.hand, chip.org_id);
        CHECK(l.joined && l.moves > 0);
    }
}

/* Some cards of one hand, or of anybody's: then it is refused, and nothing of it stays. */
static void give_some(struct fixture *f, unsigned cards, int64_t now)
{
    const char *cids[3];
    char text[3][21];
    struct custody_move m = {.at = now, .kind = CUSTODY_SALE};
    struct chip first;
    size_t n = 1 + xk_prng_below(&f->prng, 3), at;

    for (size_t i = 0; i < n; i++) {
        cid_of(xk_prng_below(&f->prng, cards), text[i]);
        cids[i] = text[i];
    }
    CHECK_OK(chip_get(f->store, cids[0], &first));
    snprintf(m.from_org, sizeof m.from_org, "%s", first.org_id);
    snprintf(m.to_org, sizeof m.to_org, "%s", hands[xk_prng_below(&f->prng, HANDS)]);
    CHECK_OK(store_savepoint(f->store));
    if (custody_give(f->store, &m, cids, n, &at) == XK_OK)
        CHECK_OK(store_release(f->store));
    else
        CHECK_OK(store_rollback_to(f->store));
}

TEST(random_histories)
{
    struct fixture f;
    unsigned cards = 0;

    fixture_open(&f);
    CHECK_OK(store_begin(f.store));
    for (unsigned step = 1; step <= STEPS; step++) {
        int64_t now = step;

        if (cards < CARDS_MAX && xk_prng_chance(&f.prng, 200)) {
            const char *org = hands[xk_prng_below(&f.prng, HANDS)];
            unsigned n = 1 + xk_prng_below(&f.prng, 3);
            struct custody_move m = {.at = now};

            snprintf(m.to_org, sizeof m.to_org, "%s", org);
            for (unsigned i = 0; i < n; i++)
                make_card(&f, cards++, org, now);
            CHECK_OK(custody_made(f.store, &m));
            CHECK_INT(m.cards, n);
        } else if (cards > 0) {
            give_some(&f, cards, now);
        }
    }
    CHECK(cards > 10);
    check_all(&f, cards);
    CHECK_OK(store_commit(f.store));
    fixture_close(&f);
}

TEST(what_is_not_moved)
{
    struct custody_move m = {.at = 1, .to_org = "agent"}, none = {.at = 9, .to_org = ORG_ROOT};
    const char *cids[] = {"89860000000000000000", "89860000000000000001"};
    struct fixture f;
    size_t at;

    fixture_open(&f);
    make_card(&f, 0, ORG_ROOT, 1);
    none.at = 1;
    CHECK_OK(custody_made(f.store, &none));
    CHECK_OK(custody_made(f.store, &none)); /* there is nothing new */
    CHECK_INT(none.cards, 0);
    snprintf(m.from_org, sizeof m.from_org, "cust");
    CHECK_INT(custody_give(f.store, &m, cids, 1, &at), XK_E_DENIED);
    snprintf(m.from_org, sizeof m.from_org, "%s", ORG_ROOT);
    CHECK_INT(custody_give(f.store, &m, cids, 2, &at), XK_E_NOT_FOUND);
    CHECK_INT(at, 1);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(random_histories), XT_CASE(what_is_not_moved))
