/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupted downloads (SGP.22 3.1.3): the connection breaks before or after any request, or the
 * server dies before or after any commit; the card or the whole device loses its power after any
 * APDU or in the middle of any write. The next try of the device succeeds with the package that was
 * bound, the profile is installed once, and the operator is told once. */
#include "rsp_flow.h"
#include "xt.h"

#define WRITE_STRIDE 11 /* of the bytes written; it begins with another one for each protection */
#define PLACES_MAX 100000

/* Has it break at the n-th place. */
typedef void breaking(struct rsp_flow *f, unsigned n);

/* What the user began ends well all the same, or it does when it is begun anew. */
enum helper { THE_LPA, THE_USER };

/* Whatever was told as failed is the interruption, once. */
static void check_failures(const struct rsp_flow *f)
{
    unsigned n = 0;

    for (size_t i = 0; i < f->w.n_events; i++) {
        const struct download_event *e = &f->w.events[i];

        if (!e->failed || e->point == DOWNLOAD_AT_NONE)
            continue;
        n++;
        CHECK_INT(e->point, DOWNLOAD_AT_INSTALLATION);
        CHECK_STR(e->verdict.subject, "8.1");
        CHECK_STR(e->verdict.reason, "4.2");
    }
    CHECK(n <= 1);
}

/* Download (under random keys with a confirmation code) and enable, broken at the n-th place. How
 * often it broke. */
static unsigned served(breaking *breaks, enum helper helper, enum world_protection protection,
                       unsigned n)
{
    const struct lpa_task notify = {.type = LPA_TASK_NOTIFY};
    struct rsp_flow f;
    unsigned broke;
    bool done;

    rsp_flow_init(&f, EC_P256, protection);
    if (protection == WORLD_RANDOM_KEYS)
        rsp_world_code(f.order, f.code = WORLD_CODE, 3);
    breaks(&f, n);
    done = rsp_flow_serve(&f);
    CHECK(done || (f.breaks > 0 && helper == THE_USER));
    if (!done) {
        rsp_flow_on(&f);
        rsp_flow_check_whole(&f);
        CHECK(rsp_flow_serve(&f));
    }
    broke = f.breaks;
    rsp_flow_mend(&f);
    CHECK(rsp_flow_done(&f, &notify)); /* what was left of them */
    CHECK_INT(f.breaks, broke);
    check_failures(&f);
    rsp_flow_check_served(&f, DOWNLOAD_ENABLED);
    rsp_flow_fini(&f);
    return broke;
}

static void each_place(breaking *breaks, enum helper helper, unsigned stride)
{
    for (int p = WORLD_SESSION_KEYS; p <= WORLD_RANDOM_KEYS; p++) {
        unsigned n = 1 + (unsigned)p % stride, places = 0;

        while (n < PLACES_MAX && served(breaks, helper, (enum world_protection)p, n) > 0) {
            if (xt_failures > 0) {
                printf("# at place %u, protection %d\n", n, p);
                return;
            }
            n += stride;
            places++;
        }
        printf("# broken at %u places of %u\n", places, n - 1);
        CHECK(places >= 5 && n < PLACES_MAX);
    }
}

static void request_is_lost(struct rsp_flow *f, unsigned n)
{
    f->lose_request = n;
}

static void answer_is_lost(struct rsp_flow *f, unsigned n)
{
    f->lose_answer = n;
}

static void card_is_cut(struct rsp_flow *f, unsigned n)
{
    f->cut = CUT_CARD;
    f->cut_after = n;
}

static void device_is_cut(struct rsp_flow *f, unsigned n)
{
    f->cut = CUT_DEVICE;
    f->cut_after = n;
}

static void card_is_cut_writing(struct rsp_flow *f, unsigned n)
{
    f->cut = CUT_CARD;
    flash_memory_cut_at(f->memory, n, n);
}

static void device_is_cut_writing(struct rsp_flow *f, unsigned n)
{
    f->cut = CUT_DEVICE;
    flash_memory_cut_at(f->memory, n, n);
}

TEST(requests)
{
    each_place(request_is_lost, THE_LPA, 1);
}

TEST(answers)
{
    each_place(answer_is_lost, THE_LPA, 1);
}

TEST(apdus_card)
{
    each_place(card_is_cut, THE_USER, 1);
}

TEST(apdus_device)
{
    each_place(device_is_cut, THE_USER, 1);
}

TEST(writes_card)
{
    each_place(card_is_cut_writing, THE_USER, WRITE_STRIDE);
}

TEST(writes_device)
{
    each_place(device_is_cut_writing, THE_USER, WRITE_STRIDE);
}

#define APDU_SHIFT 16 /* of the place: which APDU, which step of the memory after it */
#define AGAIN_STRIDE 7

static void device_is_cut_twice(struct rsp_flow *f, unsigned n)
{
    device_is_cut(f, n >> APDU_SHIFT);
    f->cut_again = n & ((1u << APDU_SHIFT) - 1);
}

/* What the card does at power on to clear up after a load that was cut off, cut off. */
TEST(twice)
{
    unsigned broke = 1, places = 0;

    for (unsigned apdu = 1; broke > 0 && xt_failures == 0; apdu++) {
        unsigned step = 1;

        while ((broke = served(device_is_cut_twice, THE_USER, WORLD_RANDOM_KEYS,
                               apdu << APDU_SHIFT | step)) == 2) {
            step += AGAIN_STRIDE;
            places++;
        }
    }
    printf("# broken twice at %u places\n", places);
    CHECK(places > 100);
}

/* After a cut, a request is lost too: so the server may hear of it only after the next try. */
static void device_is_cut_and_request_lost(struct rsp_flow *f, unsigned n)
{
    device_is_cut(f, n >> APDU_SHIFT);
    f->lose_request = n & ((1u << APDU_SHIFT) - 1);
}

TEST(power_and_request)
{
    unsigned places = 0;

    for (unsigned apdu = 1; served(device_is_cut, THE_USER, WORLD_RANDOM_KEYS, apdu) > 0; apdu++) {
        unsigned post = 1;

        while (xt_failures == 0 && served(device_is_cut_and_request_lost, THE_USER,
                                          WORLD_RANDOM_KEYS, apdu << APDU_SHIFT | post) == 2)
            post++;
        places += post - 1;
        if (xt_failures > 0) {
            printf("# at APDU %u, request %u\n", apdu, post);
            return;
        }
    }
    printf("# broken at %u places\n", places);
    CHECK(places > 300);
}

/* ---- Several things at once ---- */

#define STORMS 400
#define STORM_BREAKS 4 /* fewer than the tries of an order */

static void arm(struct rsp_flow *f, struct xk_prng *dice)
{
    unsigned n = 1 + xk_prng_below(dice, 40);

    f->lose_request = f->lose_answer = f->cut_after = f->cancel_at = 0;
    f->later = false;
    f->cut = xk_prng_below(dice, 2) ? CUT_CARD : CUT_DEVICE;
    switch (xk_prng_below(dice, 6)) {
    case 0:
        f->lose_request = f->posts + 1 + n % 6;
        break;
    case 1:
        f->lose_answer = f->posts + 1 + n % 6;
        break;
    case 2:
        f->cut_after = f->apdus + n;
        break;
    case 3:
        f->cancel_at = f->posts + 1 + n % 6;
        break;
    case 4:
        f->later = true;
        break;
    default:
        flash_memory_cut_at(f->memory, 1 + xk_prng_below(dice, 4000), n);
    }
}

static bool is_there(struct rsp_flow *f, enum lpa_task_type type)
{
    struct euicc_state s;

    CHECK_OK(euicc_get_state(f->card, &s));
    if (type == LPA_TASK_DELETE)
        return s.n_profiles == 0;
    return s.n_profiles == 1 && s.profiles[0].enabled == (type == LPA_TASK_ENABLE);
}

/* One step of a life, until it is done: what breaks, breaks a few times, then no more. */
static void live(struct rsp_flow *f, enum lpa_task_type type, struct xk_prng *dice,
                 unsigned *breaks)
{
    uint8_t id[RSP_AID_MAX];
    const struct lpa_task task = rsp_flow_profile_task(type, id);

    for (unsigned i = 0; i <= STORM_BREAKS && !is_there(f, type); i++) {
        bool done;

        if (*breaks > 0 && i < STORM_BREAKS) {
            arm(f, dice);
            --*breaks;
        } else {
            rsp_flow_mend(f);
        }
        done = type == LPA_TASK_ENABLE ? rsp_flow_serve(f) : rsp_flow_done(f, &task);
        if (!done || f->card_off)
            rsp_flow_on(f);
        rsp_flow_check_whole(f);
    }
    CHECK(is_there(f, type));
}

static unsigned storm(uint64_t seed)
{
    static const enum lpa_task_type life[] = {LPA_TASK_ENABLE, LPA_TASK_DISABLE, LPA_TASK_DELETE};
    static const enum download_point points[] = {DOWNLOAD_AT_INSTALLATION, DOWNLOAD_AT_ENABLING,
                                                 DOWNLOAD_AT_DISABLING, DOWNLOAD_AT_DELETION};
    const struct lpa_task notify = {.type = LPA_TASK_NOTIFY};
    struct xk_prng dice = {seed};
    unsigned breaks = STORM_BREAKS, broke;
    struct rsp_flow f;

    rsp_flow_init(&f, EC_P256, seed % 2 ? WORLD_SESSION_KEYS : WORLD_RANDOM_KEYS);
    for (size_t i = 0; i < ARRAY_LEN(life); i++)
        live(&f, life[i], &dice, &breaks);
    broke = f.breaks;
    rsp_flow_mend(&f);
    CHECK(rsp_flow_done(&f, &notify));
    for (size_t i = 0; i < ARRAY_LEN(points); i++)
        CHECK_INT(rsp_flow_told(&f, points[i], FLOW_WELL), 1);
    CHECK_INT(f.order->download.state, DOWNLOAD_DELETED);
    CHECK(!f.another_package);
    rsp_flow_fini(&f);
    return broke;
}

/* XT_STORMS: another number of them */
TEST(storms)
{
    const char *more = getenv("XT_STORMS");
    unsigned long lives = more ? strtoul(more, NULL, 10) : STORMS;
    unsigned broke = 0;

    for (uint64_t seed = 1; seed <= lives && xt_failures == 0; seed++) {
        broke += storm(seed);
        if (xt_failures > 0)
            printf("# seed %llu\n", (unsigned long long)seed);
    }
    printf("# broken %u times in %lu lives\n", broke, lives);
    CHECK(broke > lives);
}

TESTS_MAIN(XT_NAMED("SGP.23 Flow cut: any request is lost", requests),
           XT_NAMED("SGP.23 Flow cut: the answer to any request is lost", answers),
           XT_NAMED("SGP.23 Flow power: the card loses it after any APDU", apdus_card),
           XT_NAMED("SGP.23 Flow power: the device loses it after any APDU", apdus_device),
           XT_NAMED("SGP.23 Flow power: the card loses it at every eleventh byte it writes",
                    writes_card),
           XT_NAMED("SGP.23 Flow power: the device loses it at every eleventh byte the card writes",
                    writes_device),
           XT_NAMED("SGP.23 Flow power: the device loses it again while the card clears up", twice),
           XT_NAMED("SGP.23 Flow cut: power after any APDU, then any request", power_and_request),
           XT_NAMED("SGP.23 Flow cut: up to four at random over a whole life", storms))
