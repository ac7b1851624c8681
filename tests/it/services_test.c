/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, chips and organisations behave the same on SQLite and PostgreSQL, and no number is given
 * twice however many ask at once. */
#include <pthread.h>

#include "backend_stories.h"
#include "crypto/keystore.h"
#include "crypto/random.h"
#include "service/audit/audit.h"
#include "service/chip/chip.h"
#include "service/custody/custody.h"
#include "service/exception/exception.h"
#include "service/indicator/platform.h"
#include "service/number/number.h"
#include "service/org/org.h"
#include "service/smds/registry.h"

#define DAY 86400000ll
#define MINUTE 60000ll
#define CID "89860123456789012301"
#define ASKERS 4
#define ASKED 25 /* numbers by each of them */

static const uint8_t task_a[8] = {0xA}, task_b[8] = {0xB};
static struct keystore *keystore;

static struct store *open_with_numbers(const struct backend *b, uint32_t count)
{
    struct pool root = {.id = "root", .purpose = NUMBER_FORMAL};
    struct pool formal = {.id = "formal", .parent = "root", .purpose = NUMBER_FORMAL};
    struct pool seeds = {.id = "seeds", .purpose = NUMBER_SEED};
    struct number_range range = {.pool_id = "formal",
                                 .count = count,
                                 .first_imsi = "001010000000001",
                                 .first_msisdn = "1440000000001",
                                 .first_iccid = "8986040000000009001"};
    static const uint8_t key[32] = {1};
    struct store *s = b->fresh();

    if (!keystore && keystore_of_key(BYTES_OF(key), random_openssl(), &keystore) != XK_OK)
        abort();
    if (!s || store_migrate(s) != XK_OK || store_begin(s) != XK_OK ||
        pool_create(s, &root) != XK_OK || pool_create(s, &formal) != XK_OK ||
        pool_create(s, &seeds) != XK_OK ||
        number_generate(s, keystore, random_openssl(), &range, 1) != XK_OK ||
        store_commit(s) != XK_OK)
        abort();
    return s;
}

static struct pool_counts counts(struct store *s, const char *pool)
{
    struct pool_counts c = {0};

    CHECK_OK(pool_counts(s, pool, POOL_WITH_CHILDREN, &c));
    return c;
}

static void numbers_live_their_life(const struct backend *b)
{
    struct store *s = open_with_numbers(b, 10);
    struct number_keys before = {0}, after = {0};
    struct number n, list[10];
    struct pool pools[4];
    size_t found = 0;

    CHECK_OK(number_reserve(s, "formal", NULL, CID, task_a, 5, &n));
    CHECK_STR(n.imsi, "001010000000001");
    CHECK_OK(number_reserve(s, "formal", "1440000000005", CID, task_b, 5, &n));
    CHECK_INT(number_reserve(s, "", "1440000000005", CID, task_b, 5, &n), XK_E_EXISTS);
    CHECK_INT(number_reserve(s, "root", NULL, CID, task_b, 5, &n), XK_E_NOT_FOUND);
    CHECK_OK(number_move(s, "001010000000001", NUMBER_RESERVED, NUMBER_FREE, 6));
    CHECK_OK(number_get_keys(s, keystore, n.imsi, &before));
    CHECK_OK(number_move(s, n.imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, 7));
    CHECK_OK(number_move(s, n.imsi, NUMBER_ASSIGNED, NUMBER_WRITTEN, 7));
    CHECK_INT(number_move(s, n.imsi, NUMBER_ASSIGNED, NUMBER_WRITTEN, 7), XK_E_STATE);
    CHECK_OK(number_move(s, n.imsi, NUMBER_WRITTEN, NUMBER_IN_USE, 8));
    CHECK_OK(number_get_in_use(s, CID, "", &n));
    CHECK_OK(number_move(s, n.imsi, NUMBER_IN_USE, NUMBER_FROZEN, 9));
    CHECK_OK(number_get_by_msisdn(s, "1440000000005", &n));
    CHECK_INT(n.frozen_until, 9 + 90 * DAY);
    CHECK_OK(number_quarantine_release(s, keystore, random_openssl(), 9 + 90 * DAY, 5, &found));
    CHECK_INT(found, 1);
    CHECK_OK(number_get_keys(s, keystore, n.imsi, &after));
    CHECK(!bytes_eq(secret_bytes(&before.k), secret_bytes(&after.k)));
    CHECK_OK(number_list(s, "formal", NUMBER_FREE, "", list, 10, &found));
    CHECK_INT(found, 10);
    CHECK_STR(list[4].iccid, "");
    CHECK_OK(number_list(s, "formal", -1, list[7].imsi, list, 10, &found));
    CHECK_INT(found, 2);
    CHECK_INT(counts(s, "root").free, 10);
    CHECK_OK(pool_list(s, &(struct pool_filter){.parent = "root"}, "", pools, 4, &found));
    CHECK_INT(found, 1);
    CHECK_OK(pool_list(s, &(struct pool_filter){0}, "", pools, 4, &found));
    CHECK_INT(found, 3);
    store_close(s);
}

static void import_chip(struct store *s)
{
    static const char file[] =
        "cid,iccid,imsi,msisdn,ki,opc,kic,kid,kik,radio\n" CID
        ",89860400000000000015,001020000000001,1440200000001,"
        "465B5CE8B199B49FAA5F0A2EE238A6BC,CD63CB71954A9F4E48A5994E37A02BAF,"
        "404142434445464748494A4B4C4D4E4F,404142434445464748494A4B4C4D4E4F,"
        "404142434445464748494A4B4C4D4E4F,GSM\n"
        "89860123456789012302,,,,,,404142434445464748494A4B4C4D4E4F,"
        "404142434445464748494A4B4C4D4E4F,404142434445464748494A4B4C4D4E4F,\n";
    struct chip_import how = {.batch_id = "B",
                              .vendor = "v",
                              .grade = CHIP_GRADE_INDUSTRIAL,
                              .form = CHIP_FORM_DOMESTIC_5X6,
                              .seed_pool = "seeds"};
    struct import_report r;

    CHECK_OK(store_begin(s));
    CHECK_OK(chip_import_file(s, keystore, &how, BYTES_STR(file), 3, &r));
    CHECK_OK(store_commit(s));
    CHECK_OK(store_begin(s));
    CHECK_INT(chip_import_file(s, keystore, &how, BYTES_STR(file), 3, &r), XK_E_FORMAT);
    CHECK_INT(r.errors[0].reason, IMPORT_EXISTS);
    store_rollback(s);
}

static void chips_live_their_life(const struct backend *b)
{
    struct store *s = open_with_numbers(b, 3);
    struct chip_filter filter = {.batch_id = "B", .state = CHIP_IN_STOCK};
    struct chip_keys keys = {0};
    struct chip c, list[3];
    struct number n;
    uint64_t count = 0;
    size_t found = 0;

    import_chip(s);
    CHECK_INT(counts(s, "seeds").in_use, 1);
    CHECK_OK(chip_lock(s, CID, task_a, 4));
    CHECK_OK(chip_lock(s, CID, task_a, 4));
    CHECK_INT(chip_lock(s, CID, task_b, 4), XK_E_EXISTS);
    CHECK_OK(chip_next_down_counter(s, CID, &count));
    CHECK_OK(chip_next_down_counter(s, CID, &count));
    CHECK_INT(count, 2);
    CHECK_OK(chip_accept_up_counter(s, CID, 0xFFFFFFFFFEull));
    CHECK_INT(chip_accept_up_counter(s, CID, 5), XK_E_DENIED);
    CHECK_OK(chip_get_by_address(s, "1440200000001", &c));
    CHECK_OK(number_reserve(s, "formal", NULL, CID, task_a, 4, &n));
    CHECK_OK(chip_get_by_address(s, n.msisdn, &c));
    CHECK_STR(c.cid, CID);
    CHECK_OK(chip_set_number(s, CID, n.imsi, n.msisdn, n.iccid, 5));
    CHECK_OK(chip_set_reported(s, CID, "123456789012345", "卡 1", 77, 5));
    CHECK_OK(chip_unlock(s, CID, task_a, 6));
    CHECK_OK(chip_get_by_iccid(s, "89860400000000000015", &c));
    CHECK_INT(c.state, CHIP_ACTIVE);
    CHECK_STR(c.cos, "卡 1");
    CHECK_INT(c.wear_left, 77);
    CHECK_OK(chip_get_by_seed(s, "001020000000001", &c));
    CHECK_OK(chip_get_keys(s, keystore, CID, &keys));
    CHECK_INT(keys.kik.n, 16);
    CHECK_OK(chip_block(s, CID, 7));
    CHECK_OK(chip_unblock(s, CID, 7));
    CHECK_OK(chip_list(s, &filter, "", list, 3, &found));
    CHECK_INT(found, 1);
    filter.state = -1;
    CHECK_OK(chip_count(s, &filter, &count));
    CHECK_INT(count, 2);
    CHECK_OK(chip_list(s, &filter, CID, list, 3, &found));
    CHECK_INT(found, 1);
    CHECK_INT(list[0].wear_left, UINT32_MAX);
    store_close(s);
}

static enum xk_err count_moves(void *arg, const struct custody_move *m)
{
    (void)m;
    ++*(size_t *)arg;
    return XK_OK;
}

static void organisations_hold_what_is_below(const struct backend *b)
{
    struct store *s = open_with_numbers(b, 1);
    struct org agent = {.id = "agent", .parent = ORG_ROOT, .kind = ORG_AGENT};
    struct org cust = {.id = "cust", .parent = "agent", .kind = ORG_CUSTOMER}, list[2];
    struct chip_filter theirs = {.org_id = "cust", .state = -1};
    struct custody_move made = {.at = 3, .to_org = ORG_ROOT};
    struct custody_move sold = {.at = 5, .from_org = ORG_ROOT, .to_org = "cust"};
    const char *const cids[] = {CID};
    struct chip chips[3];
    uint64_t count = 0;
    size_t found = 0, at, moves = 0;
    int64_t cards;
    bool holds;

    CHECK_OK(org_create(s, &agent, 1));
    CHECK_OK(org_create(s, &cust, 2));
    CHECK_INT(org_create(s, &cust, 2), XK_E_EXISTS);
    CHECK_OK(org_children(s, ORG_ROOT, "", list, 2, &found));
    CHECK_INT(found, 1);
    CHECK_OK(org_holds(s, agent.path, "cust", &holds));
    CHECK(holds);
    CHECK_OK(org_holds(s, cust.path, "agent", &holds));
    CHECK(!holds);
    CHECK_OK(org_move(s, "agent", ORG_SUSPENDED, 3));
    CHECK_OK(org_move(s, "cust", ORG_SUSPENDED, 3));
    CHECK_OK(org_get(s, "cust", &cust));
    CHECK_INT(cust.blocked, 2);
    CHECK_OK(org_move(s, "agent", ORG_ACTIVE, 4));
    CHECK_OK(org_get(s, "cust", &cust));
    CHECK_INT(cust.blocked, 1);
    CHECK_INT(org_move(s, ORG_ROOT, ORG_SUSPENDED, 4), XK_E_STATE);
    import_chip(s);
    CHECK_OK(custody_made(s, &made));
    CHECK_INT(made.cards, 2);
    CHECK_OK(custody_give(s, &sold, cids, 1, &at));
    CHECK_OK(custody_balance(s, "cust", &cards));
    CHECK_INT(cards, 1);
    CHECK_OK(custody_list(s, ORG_ROOT, 0, 10, count_moves, &moves));
    CHECK_INT(moves, 2);
    CHECK_OK(chip_list(s, &theirs, "", chips, 3, &found));
    CHECK_INT(found, 1);
    CHECK_STR(chips[0].org_id, "cust");
    theirs.batch_id = "B";
    CHECK_OK(chip_count(s, &theirs, &count));
    CHECK_INT(count, 1);
    theirs.org_id = ORG_ROOT;
    CHECK_OK(chip_list(s, &theirs, "", chips, 3, &found));
    CHECK_INT(found, 1);
    CHECK_OK(chip_lock(s, CID, task_a, 6));
    CHECK_INT(chip_give(s, CID, ORG_ROOT, 7), XK_E_STATE);
    store_close(s);
}

/* SGP.22 5.10: an LPA that comes from the root names an event as the root knows it. */
static void events_are_found_by_either_id(const struct backend *b)
{
    static const char eid[] = "89049032123451234512345678901235";
    struct smds_event e = {.forwarding = true, .created_at = 7}, found[2];
    struct store *s = open_with_numbers(b, 1);
    size_t n = 0;

    snprintf(e.eid, sizeof e.eid, "%s", eid);
    snprintf(e.event_id, sizeof e.event_id, "OURS");
    snprintf(e.forwarded_id, sizeof e.forwarded_id, "AT-THE-ROOT");
    snprintf(e.address, sizeof e.address, "dp.example.com");
    snprintf(e.owner, sizeof e.owner, "2.999.10");
    CHECK_OK(registry_add(s, &e));
    CHECK_INT(registry_add(s, &e), XK_E_EXISTS);
    snprintf(e.event_id, sizeof e.event_id, "ANOTHER");
    e.forwarded_id[0] = '\0';
    e.created_at = 6;
    CHECK_OK(registry_add(s, &e));
    CHECK_OK(registry_find(s, eid, "", 2, found, &n));
    CHECK_INT(n, 2);
    CHECK_STR(found[0].event_id, "ANOTHER"); /* the oldest comes first */
    CHECK_OK(registry_find(s, eid, "AT-THE-ROOT", 2, found, &n));
    CHECK_INT(n, 1);
    CHECK_STR(found[0].event_id, "OURS");
    CHECK_OK(registry_find(s, eid, "OURS", 2, found, &n));
    CHECK_INT(n, 1);
    CHECK_INT(registry_delete(s, eid, "AT-THE-ROOT"),
              XK_E_NOT_FOUND); /* its owner has another ID */
    CHECK_OK(registry_delete(s, eid, "OURS"));
    CHECK_OK(registry_find(s, eid, "AT-THE-ROOT", 2, found, &n));
    CHECK_INT(n, 0);
    store_close(s);
}

static void the_log_is_a_chain(const struct backend *b)
{
    static const struct store_query bend = {"test_bend", "UPDATE audit SET code = 1 WHERE seq = 2"};
    struct store *s = open_with_numbers(b, 1);
    struct audit_entry e = {.at = 5, .action = "POST /x", .app_id = "a"};
    struct audit_verdict v;
    struct audit *a;

    CHECK_OK(audit_open(s, keystore, random_openssl(), &a));
    for (int i = 0; i < 3; i++)
        CHECK_OK(audit_append(a, s, &e));
    CHECK_OK(audit_verify(a, s, 1, 2, &v));
    CHECK_INT(v.next, 3);
    CHECK_OK(audit_verify(a, s, v.next, 2, &v));
    CHECK_INT(v.fault, AUDIT_WHOLE);
    CHECK_INT(v.next, 0);
    CHECK_OK(store_exec(s, &bend, NULL, 0, NULL));
    CHECK_OK(audit_verify(a, s, 1, 9, &v));
    CHECK_INT(v.fault, AUDIT_CHANGED);
    CHECK_INT(v.at_seq, 2);
    audit_free(a);
    store_close(s);
}

struct asker {
    pthread_t thread;
    const struct backend *backend;
    char imsi[ASKED][16];
    enum xk_err err;
};

static enum xk_err ask_once(struct store *s, char imsi[16])
{
    struct number n;
    enum xk_err err = store_begin(s);

    if (err == XK_OK)
        err = number_reserve(s, "formal", NULL, CID, task_a, 1, &n);
    if (err == XK_OK)
        err = store_commit(s);
    if (err != XK_OK)
        store_rollback(s);
    else
        memcpy(imsi, n.imsi, sizeof n.imsi);
    return err;
}

static void *ask(void *ctx)
{
    struct asker *a = ctx;
    struct store *s = a->backend->again();

    a->err = s ? XK_OK : XK_E_DB;
    for (int i = 0; a->err == XK_OK && i < ASKED; i++) {
        do {
            a->err = ask_once(s, a->imsi[i]);
        } while (a->err == XK_E_BUSY);
    }
    store_close(s);
    return NULL;
}

static void no_number_is_given_twice(const struct backend *b)
{
    static struct asker askers[ASKERS];
    struct store *s = open_with_numbers(b, ASKERS * ASKED);
    struct number n;

    for (int i = 0; i < ASKERS; i++) {
        askers[i].backend = b;
        REQUIRE(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
        CHECK_OK(askers[i].err);
    }
    for (int i = 0; i < ASKERS * ASKED; i++) {
        for (int k = 0; k < i; k++)
            CHECK(strcmp(askers[i / ASKED].imsi[i % ASKED], askers[k / ASKED].imsi[k % ASKED]));
    }
    CHECK_INT(counts(s, "formal").reserved, ASKERS * ASKED);
    CHECK_INT(counts(s, "formal").free, 0);
    CHECK_INT(number_reserve(s, "formal", NULL, CID, task_a, 1, &n), XK_E_NOT_FOUND);
    store_close(s);
}

/* The minutes of an hour as bits, moved where they stand. */
static void minutes_and_calls_add_up(const struct backend *b)
{
    struct platform_calls calls = {.all = {3, 0, 1}, .failed = {1, 0, 0}};
    struct store *s = open_with_numbers(b, 1);
    struct exception_kept kept;
    struct platform_sums sums;

    CHECK_OK(store_begin(s));
    for (int64_t minute = 61; minute < 120; minute += 2) {
        CHECK_OK(platform_note(s, minute * MINUTE, &calls));
        CHECK_OK(platform_note(s, minute * MINUTE + 1, &calls));
    }
    CHECK_OK(store_commit(s));
    CHECK_OK(platform_read(s, 0, DAY, DAY, &sums));
    CHECK(sums.alive == 30 && sums.minutes == 1440 - 61);
    CHECK_INT(sums.calls.all[PLATFORM_QUERY], 180);
    CHECK_INT(platform_success_ppm(&sums), 750000);
    CHECK_OK(exception_count_kept(s, NULL, 0, DAY, &kept));
    CHECK(kept.judged == 0 && kept.in_time == 0 && kept.wrong_numbers == 0);
    store_close(s);
}

#define STORIES(S)                                                                                 \
    S(numbers_live_their_life)                                                                     \
    S(chips_live_their_life)                                                                       \
    S(organisations_hold_what_is_below)                                                            \
    S(events_are_found_by_either_id)                                                               \
    S(minutes_and_calls_add_up)                                                                    \
    S(the_log_is_a_chain)                                                                          \
    S(no_number_is_given_twice)

STORIES(FILE_AND_PGSQL)

static const struct xt_case cases[] = {STORIES(FILE_AND_PGSQL_CASES)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    keystore_close(keystore);
    backend_clean_up();
    return rc;
}
