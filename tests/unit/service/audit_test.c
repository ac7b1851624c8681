/* SPDX-License-Identifier: Apache-2.0 */
/* The chain: its hashes as others compute them, and every way to bend it. */
#include "base/hex.h"
#include "fixture.h"
#include "service/audit/audit.h"
#include "xt.h"

#define ENTRIES 12

static struct audit_entry entry_of(int i)
{
    struct audit_entry e = {.at = 1767323045000 + i, .code = i % 3 ? 0 : 11008};

    snprintf(e.org_id, sizeof e.org_id, "platform");
    snprintf(e.app_id, sizeof e.app_id, "app-%d", i % 2);
    snprintf(e.peer, sizeof e.peer, "127.0.0.1");
    snprintf(e.action, sizeof e.action, "POST /write/apply");
    snprintf(e.subject, sizeof e.subject, "A-%d", i);
    snprintf(e.trace, sizeof e.trace, "%016x", (unsigned)i);
    memset(e.body, i, sizeof e.body);
    return e;
}

static struct audit *open_with(struct fixture *f, int n)
{
    struct audit *a = NULL;

    fixture_open(f);
    CHECK_OK(audit_open(f->store, f->ks, &f->rand, &a));
    for (int i = 1; i <= n; i++) {
        struct audit_entry e = entry_of(i);

        CHECK_OK(audit_append(a, f->store, &e));
        CHECK_INT(e.seq, i);
    }
    return a;
}

/* python3: hashlib.sha256(b"xieka-audit-1" + before + struct.pack(">qq", seq, at) +
 * b"".join(struct.pack(">H", len(t)) + t for t in texts) + struct.pack(">q", code) + ... + body) */
TEST(hashes_as_others_compute_them)
{
    struct fixture f;
    struct audit *a = open_with(&f, 0);
    struct audit_entry e = entry_of(1);

    CHECK_OK(audit_append(a, f.store, &e));
    CHECK_HEX(BYTES_OF(e.hash), "3C4601B19D28FBE1AEF78C7A67086CC8FD0FA38C2F1ABE48EDD9B415424A94D1");
    e = entry_of(2);
    CHECK_OK(audit_append(a, f.store, &e));
    CHECK_HEX(BYTES_OF(e.hash), "4223746BFA63E5BF4360A758F4B6F4F91018F9F02FD1EBE1F19973DAF2296B16");
    audit_free(a);
    fixture_close(&f);
}

static struct audit_verdict verify(struct fixture *f, struct audit *a, size_t step)
{
    struct audit_verdict v = {.next = 1};
    int64_t checked = 0;

    do {
        CHECK_OK(audit_verify(a, f->store, v.next, step, &v));
        checked += v.checked;
    } while (v.next && v.fault == AUDIT_WHOLE);
    v.checked = checked;
    return v;
}

TEST(whole_in_steps_of_any_length)
{
    struct fixture f;
    struct audit *a = open_with(&f, ENTRIES), *again;

    for (size_t step = 1; step <= ENTRIES + 1; step++) {
        CHECK_INT(verify(&f, a, step).fault, AUDIT_WHOLE);
        CHECK_INT(verify(&f, a, step).checked, ENTRIES);
    }
    CHECK_OK(audit_open(f.store, f.ks, &f.rand, &again)); /* the key is kept */
    CHECK_INT(verify(&f, again, 5).fault, AUDIT_WHOLE);
    audit_free(again);
    audit_free(a);
    fixture_close(&f);
}

static void run(struct fixture *f, const char *sql)
{
    const struct store_query q = {sql, sql};

    CHECK_OK(store_exec(f->store, &q, NULL, 0, NULL));
}

struct bent {
    const char *sql;
    enum audit_fault fault;
    int64_t at;
};

static const struct bent rows[] = {
    {"UPDATE audit SET at = at + 1 WHERE seq = 5", AUDIT_CHANGED, 5},
    {"UPDATE audit SET org_id = 'platforn' WHERE seq = 1", AUDIT_CHANGED, 1},
    {"UPDATE audit SET app_id = '' WHERE seq = 12", AUDIT_CHANGED, 12},
    {"UPDATE audit SET peer = '127.0.0.2' WHERE seq = 2", AUDIT_CHANGED, 2},
    {"UPDATE audit SET action = 'POST /write/applx' WHERE seq = 3", AUDIT_CHANGED, 3},
    {"UPDATE audit SET subject = 'A-5' WHERE seq = 4", AUDIT_CHANGED, 4},
    {"UPDATE audit SET action = 'POST /write/applyA', subject = '-4' WHERE seq = 4", AUDIT_CHANGED,
     4}, /* moved over a border */
    {"UPDATE audit SET code = 0 WHERE seq = 6", AUDIT_CHANGED, 6},
    {"UPDATE audit SET trace = 'x' WHERE seq = 7", AUDIT_CHANGED, 7},
    {"UPDATE audit SET body = (SELECT body FROM audit WHERE seq = 1) WHERE seq = 8", AUDIT_CHANGED,
     8},
    {"UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) WHERE seq = 9", AUDIT_CHANGED,
     9},
    {"DELETE FROM audit WHERE seq = 1", AUDIT_MISSING, 1},
    {"DELETE FROM audit WHERE seq = 7", AUDIT_MISSING, 7},
    {"DELETE FROM audit WHERE seq = 12", AUDIT_TAIL_GONE, 11},
    {"DELETE FROM audit", AUDIT_TAIL_GONE, 0},
    {"UPDATE audit_head SET seq = 11, hash = (SELECT hash FROM audit WHERE seq = 11)", AUDIT_HEAD,
     12},
    {"DELETE FROM audit_head", AUDIT_HEAD, 12},
    {"UPDATE audit_head SET mac = hash", AUDIT_HEAD, 12},
};

TEST(every_way_to_bend_it)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t step = 3; step <= 20; step += 17) {
            struct fixture f;
            struct audit *a = open_with(&f, ENTRIES);
            struct audit_verdict v;

            run(&f, rows[i].sql);
            v = verify(&f, a, step);
            if (v.fault != rows[i].fault || v.at_seq != rows[i].at)
                printf("# %s\n", rows[i].sql);
            CHECK_INT(v.fault, rows[i].fault);
            CHECK_INT(v.at_seq, rows[i].at);
            audit_free(a);
            fixture_close(&f);
        }
    }
}

/* Two entries that change places, numbers and all. */
TEST(entries_in_another_order)
{
    struct fixture f;
    struct audit *a = open_with(&f, ENTRIES);

    run(&f, "UPDATE audit SET seq = 99 WHERE seq = 4");
    run(&f, "UPDATE audit SET seq = 4 WHERE seq = 5");
    run(&f, "UPDATE audit SET seq = 5 WHERE seq = 99");
    CHECK_INT(verify(&f, a, 100).fault, AUDIT_CHANGED);
    CHECK_INT(verify(&f, a, 100).at_seq, 4);
    audit_free(a);
    fixture_close(&f);
}

static enum xk_err append_one(struct fixture *f, void *ctx)
{
    struct audit_entry e = entry_of(77);

    return audit_append(ctx, f->store, &e);
}

TEST(all_or_nothing)
{
    struct fixture f;
    struct audit *a = open_with(&f, 3);

    CHECK(fixture_fail_everywhere(&f, append_one, a) > 0);
    CHECK_INT(verify(&f, a, 100).fault, AUDIT_WHOLE);
    CHECK_INT(verify(&f, a, 100).checked, 4);
    audit_free(a);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(hashes_as_others_compute_them), XT_CASE(whole_in_steps_of_any_length),
           XT_CASE(every_way_to_bend_it), XT_CASE(entries_in_another_order),
           XT_CASE(all_or_nothing))
