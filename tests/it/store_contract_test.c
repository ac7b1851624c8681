/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of store/store.h, the same for every way to keep it. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend.h"
#include "db/pgsql/pgsql.h"
#include "pg_server.h"
#include "xt.h"

static const struct store_query q_make = {"t.make", "CREATE TABLE t (k TEXT PRIMARY KEY, i BIGINT,"
                                                    " b BLOB)"};
static const struct store_query q_make_pg = {
    "t.make_pg", "CREATE TABLE t (k TEXT PRIMARY KEY, i BIGINT, b BYTEA)"};
static const struct store_query q_put = {"t.put", "INSERT INTO t (k, i, b) VALUES ($1, $2, $3)"};
static const struct store_query q_get = {"t.get", "SELECT k, i, b FROM t WHERE k = $1"};
static const struct store_query q_all = {"t.all", "SELECT k, i FROM t ORDER BY k"};
static const struct store_query q_count = {"t.count", "SELECT COUNT(*) FROM t"};
static const struct store_query q_add = {"t.add", "UPDATE t SET i = i + $1 WHERE k = $2"
                                                  " RETURNING i"};
static const struct store_query q_bump = {"t.bump", "UPDATE t SET i = i + 1"};
static const struct store_query q_upsert = {"t.upsert",
                                            "INSERT INTO t (k, i, b) VALUES ($1, $2, NULL)"
                                            " ON CONFLICT (k) DO UPDATE SET i = t.i + excluded.i"};
static const struct store_query q_unless = {"t.unless",
                                            "INSERT INTO t (k, i, b) VALUES ($1, 0, NULL)"
                                            " ON CONFLICT DO NOTHING"};
static const struct store_query q_by_bytes = {"t.by_bytes", "SELECT k FROM t WHERE b = $1"};
static const struct store_query q_broken = {"t.broken", "SELEKT 1"};
static const struct store_query q_newer = {"t.newer",
                                           "INSERT INTO migration (version, name, checksum,"
                                           " applied_at) VALUES (9999, 'later', 'x', 0)"};
static const struct store_query q_edited = {
    "t.edited", "UPDATE migration SET checksum = 'x' WHERE version = 1"};
static const struct store_query q_versions = {"t.versions", "SELECT COUNT(*) FROM migration"};

static enum xk_err put(struct store *s, const char *k, int64_t i)
{
    return store_exec(s, &q_put, SVS(sv_text(k), sv_int(i), sv_null()), NULL);
}

static int64_t count(struct store *s)
{
    int64_t n = -1;

    if (store_row(s, &q_count, NULL, 0) == XK_OK)
        n = store_get_int(s, 0);
    store_finish(s);
    return n;
}

static struct store *fresh(const struct backend *b)
{
    struct store *s = b->fresh();

    if (s && store_exec(s, b->is_pgsql ? &q_make_pg : &q_make, NULL, 0, NULL) != XK_OK) {
        store_close(s);
        return NULL;
    }
    return s;
}

static void values_come_back(const struct backend *b)
{
    static const uint8_t blob[] = {0x00, 0xFF, 0x5C, 0x27, 0x00, 0x80};
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1ll << 40};
    static const char *const texts[] = {"", "a", "空中写卡 ✓ 𠮷", "it's \"quoted\" \\ $1",
                                        "a\tb\nc"};
    struct store *s = fresh(b);
    char text[64];
    uint8_t fixed[6];

    REQUIRE(s);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CHECK_OK(store_exec(
            s, &q_put, SVS(sv_text(texts[i]), sv_int(numbers[i]), sv_bytes(BYTES_OF(blob))), NULL));
        REQUIRE(store_row(s, &q_get, SVS(sv_text(texts[i]))) == XK_OK);
        store_get_text(s, 0, text, sizeof text);
        CHECK_STR(text, texts[i]);
        CHECK_INT(store_get_int(s, 1), numbers[i]);
        CHECK_HEX(store_get_bytes(s, 2), "00FF5C270080");
        store_get_fixed(s, 2, fixed, sizeof fixed);
        CHECK_HEX(BYTES_OF(fixed), "00FF5C270080");
        store_finish(s);
    }
    REQUIRE(store_row(s, &q_by_bytes, SVS(sv_bytes(BYTES_OF(blob)))) == XK_OK);
    store_finish(s);
    store_close(s);
}

static void null_is_not_empty(const struct backend *b)
{
    struct store *s = fresh(b);
    uint8_t fixed[2] = {1, 1};
    char text[4] = "x";

    REQUIRE(s);
    CHECK_OK(store_exec(s, &q_put, SVS(sv_text("null"), sv_null(), sv_null()), NULL));
    CHECK_OK(store_exec(s, &q_put, SVS(sv_text("empty"), sv_int(0), sv_bytes(BYTES_NONE)), NULL));
    CHECK_OK(store_row(s, &q_by_bytes, SVS(sv_bytes(BYTES_NONE))));
    CHECK_INT(store_get_bytes(s, 0).n, 5);
    store_finish(s);
    REQUIRE(store_row(s, &q_get, SVS(sv_text("null"))) == XK_OK);
    CHECK_INT(store_get_int(s, 1), 0);
    CHECK_INT(store_get_bytes(s, 2).n, 0);
    store_get_fixed(s, 2, fixed, sizeof fixed);
    CHECK_HEX(BYTES_OF(fixed), "0000");
    store_get_text(s, 2, text, sizeof text);
    CHECK_STR(text, "");
    store_get_text(s, 0, text, sizeof text);
    CHECK_STR(text, "nul");
    store_finish(s);
    store_close(s);
}

static void rows_come_in_order_and_end(const struct backend *b)
{
    struct store *s = fresh(b);
    char text[8];
    int rows = 0;

    REQUIRE(s);
    CHECK_OK(put(s, "b", 2));
    CHECK_OK(put(s, "a", 1));
    CHECK_OK(put(s, "c", 3));
    REQUIRE(store_open(s, &q_all, NULL, 0) == XK_OK);
    CHECK_INT(store_exec(s, &q_bump, NULL, 0, NULL), XK_E_STATE);
    while (store_next(s) == XK_OK) {
        store_get_text(s, 0, text, sizeof text);
        CHECK_INT(text[0], 'a' + rows);
        CHECK_INT(store_get_int(s, 1), ++rows);
    }
    CHECK_INT(rows, 3);
    store_finish(s);
    store_finish(s);
    CHECK_INT(store_next(s), XK_E_STATE);
    CHECK_INT(store_row(s, &q_get, SVS(sv_text("z"))), XK_E_NOT_FOUND);
    CHECK_INT(count(s), 3);
    store_close(s);
}

static void changes_and_returning(const struct backend *b)
{
    struct store *s = fresh(b);
    int64_t n = -1;

    REQUIRE(s);
    CHECK_OK(put(s, "a", 1));
    CHECK_OK(put(s, "b", 1));
    CHECK_OK(store_exec(s, &q_bump, NULL, 0, &n));
    CHECK_INT(n, 2);
    CHECK_OK(store_exec(s, &q_add, SVS(sv_int(5), sv_text("nobody")), &n));
    CHECK_INT(n, 0);
    CHECK_OK(store_exec(s, &q_add, SVS(sv_int(5), sv_text("a")), &n));
    CHECK_INT(n, 1);
    REQUIRE(store_row(s, &q_add, SVS(sv_int(-3), sv_text("a"))) == XK_OK);
    CHECK_INT(store_get_int(s, 0), 4);
    store_finish(s);
    CHECK_OK(store_exec(s, &q_upsert, SVS(sv_text("a"), sv_int(6)), NULL));
    CHECK_OK(store_exec(s, &q_upsert, SVS(sv_text("c"), sv_int(6)), NULL));
    CHECK_OK(store_exec(s, &q_unless, SVS(sv_text("a")), &n));
    CHECK_INT(n, 0);
    CHECK_OK(store_row(s, &q_get, SVS(sv_text("a"))));
    CHECK_INT(store_get_int(s, 1), 10);
    store_finish(s);
    CHECK_INT(count(s), 3);
    store_close(s);
}

static void what_is_taken_is_taken(const struct backend *b)
{
    struct store *s = fresh(b);

    REQUIRE(s);
    CHECK_OK(put(s, "a", 1));
    CHECK_INT(put(s, "a", 2), XK_E_EXISTS);
    CHECK(store_error(s)[0] != '\0');
    CHECK_OK(put(s, "b", 2));
    CHECK_INT(store_exec(s, &q_broken, NULL, 0, NULL), XK_E_DB);
    CHECK_INT(store_exec(s, &q_add, SVS(sv_int(1)), NULL), XK_E_DB);
    CHECK_INT(count(s), 2);
    store_close(s);
}

static void transactions_are_all_or_nothing(const struct backend *b)
{
    struct store *s = fresh(b);

    REQUIRE(s);
    CHECK_INT(store_commit(s), XK_E_STATE);
    CHECK_INT(store_savepoint(s), XK_E_STATE);
    CHECK_INT(store_release(s), XK_E_STATE);
    CHECK_INT(store_rollback_to(s), XK_E_STATE);
    store_rollback(s);
    CHECK_OK(store_begin(s));
    CHECK_INT(store_begin(s), XK_E_STATE);
    CHECK_OK(put(s, "a", 1));
    store_rollback(s);
    CHECK_INT(count(s), 0);
    CHECK_OK(store_begin(s));
    CHECK_OK(put(s, "a", 1));
    CHECK_OK(store_commit(s));
    CHECK_OK(store_begin(s));
    CHECK_OK(store_open(s, &q_all, NULL, 0));
    CHECK_OK(store_next(s));
    CHECK_INT(store_commit(s), XK_E_STATE);
    store_rollback(s);
    CHECK_INT(count(s), 1);
    store_close(s);
}

/* A worker decides many inputs in one transaction; the one that fails must not take the others
 * along. */
static void savepoints_undo_one_input(const struct backend *b)
{
    struct store *s = fresh(b);

    REQUIRE(s);
    CHECK_OK(store_begin(s));
    CHECK_OK(store_savepoint(s));
    CHECK_INT(store_savepoint(s), XK_E_STATE);
    CHECK_OK(put(s, "a", 1));
    CHECK_OK(store_release(s));
    CHECK_OK(store_savepoint(s));
    CHECK_OK(put(s, "b", 1));
    CHECK_INT(put(s, "a", 1), XK_E_EXISTS);
    CHECK_OK(store_rollback_to(s));
    CHECK_OK(store_savepoint(s));
    CHECK_OK(put(s, "c", 1));
    CHECK_OK(store_open(s, &q_all, NULL, 0));
    CHECK_OK(store_next(s));
    CHECK_OK(store_rollback_to(s));
    CHECK_OK(store_savepoint(s));
    CHECK_OK(put(s, "d", 1));
    CHECK_OK(store_commit(s));
    CHECK_INT(count(s), 2);
    CHECK_OK(store_begin(s));
    CHECK_OK(store_savepoint(s));
    CHECK_OK(put(s, "e", 1));
    store_rollback(s);
    CHECK_INT(count(s), 2);
    store_close(s);
}

/* Sums of PostgreSQL are of another type than what they sum. */
static void sums_and_truths_are_integers(const struct backend *b)
{
    static const int64_t sums[] = {0,        7, 9999, 10000, 123456789012, -20000, -123456780000,
                                   1ll << 60};
    static const struct store_query q_sum = {
        "t.sum", "SELECT SUM(i), COUNT(*) > 0, COUNT(*) = 0, CAST(-3 AS INTEGER) FROM t"};
    static const struct store_query q_clear = {"t.clear", "DELETE FROM t"};
    struct store *s = fresh(b);

    REQUIRE(s);
    for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
        CHECK_OK(put(s, "a", sums[i] - 1));
        CHECK_OK(put(s, "b", 1));
        CHECK_OK(store_row(s, &q_sum, NULL, 0));
        CHECK_INT(store_get_int(s, 0), sums[i]);
        CHECK_INT(store_get_int(s, 1), 1);
        CHECK_INT(store_get_int(s, 2), 0);
        CHECK_INT(store_get_int(s, 3), -3);
        store_finish(s);
        CHECK_OK(store_exec(s, &q_clear, NULL, 0, NULL));
    }
    CHECK_OK(store_row(s, &q_sum, NULL, 0));
    CHECK_INT(store_get_int(s, 0), 0);
    store_finish(s);
    store_close(s);
}

/* Some failures end the transaction inside the database. Nothing that follows may be kept. */
static void doomed_transactions_stay_doomed(const struct backend *b)
{
    static const struct store_query q_doom = {
        "t.doom", "INSERT OR ROLLBACK INTO t (k, i, b) VALUES ('a', 1, NULL)"};
    static const struct store_query q_doom_pg = {"t.doom_pg",
                                                 "INSERT INTO t (k, i, b) VALUES ('a', 1, NULL)"};
    struct store *s = fresh(b);

    REQUIRE(s);
    CHECK_OK(put(s, "a", 1));
    CHECK_OK(store_begin(s));
    CHECK_OK(put(s, "b", 1));
    CHECK_INT(store_exec(s, b->is_pgsql ? &q_doom_pg : &q_doom, NULL, 0, NULL), XK_E_EXISTS);
    CHECK_INT(put(s, "c", 1), XK_E_DB);
    CHECK(store_error(s)[0] != '\0');
    CHECK(store_savepoint(s) != XK_OK);
    CHECK_INT(store_commit(s), XK_E_DB);
    store_rollback(s);
    CHECK_INT(count(s), 1);
    CHECK_OK(store_begin(s));
    CHECK_OK(put(s, "b", 1));
    CHECK_OK(store_commit(s));
    CHECK_INT(count(s), 2);
    store_close(s);
}

static void the_nth_statement_fails_on_request(const struct backend *b)
{
    struct store *s = fresh(b);

    REQUIRE(s);
    s->fail_at = 2;
    CHECK_OK(put(s, "a", 1));
    CHECK_INT(put(s, "b", 1), XK_E_DB);
    CHECK_STR(store_error(s), "a test asked for this failure");
    CHECK_OK(put(s, "b", 1));
    s->fail_at = 3;
    CHECK_OK(store_begin(s));
    CHECK_OK(put(s, "c", 1));
    CHECK_INT(store_commit(s), XK_E_DB);
    store_rollback(s);
    CHECK_INT(count(s), 2);
    store_close(s);
}

static void migrations_are_applied_once(const struct backend *b)
{
    struct store *s = b->fresh();
    int64_t versions = 0;

    REQUIRE(s);
    for (int round = 0; round < 2; round++) {
        CHECK_OK(store_migrate(s));
        CHECK_OK(store_row(s, &q_versions, NULL, 0));
        CHECK(store_get_int(s, 0) >= 1);
        CHECK(round == 0 || store_get_int(s, 0) == versions);
        versions = store_get_int(s, 0);
        store_finish(s);
    }
    store_close(s);
}

/* A migration that fails half-way leaves the database as it was. */
static void migrations_fail_whole(const struct backend *b)
{
    struct store *s = b->fresh();
    unsigned failures = 0;

    REQUIRE(s);
    for (;;) {
        s->fail_at = failures + 1;
        if (store_migrate(s) == XK_OK)
            break;
        CHECK_STR(store_error(s), "a test asked for this failure");
        CHECK_INT(store_row(s, &q_versions, NULL, 0), XK_E_DB);
        if (failures++ == 50)
            break;
    }
    CHECK(failures >= 3 && failures < 50);
    s->fail_at = 0;
    CHECK_OK(store_migrate(s));
    store_close(s);
}

static void newer_databases_are_refused(const struct backend *b)
{
    struct store *s = b->fresh();

    REQUIRE(s);
    CHECK_OK(store_migrate(s));
    CHECK_OK(store_exec(s, &q_newer, NULL, 0, NULL));
    CHECK_INT(store_migrate(s), XK_E_STATE);
    CHECK_STR(store_error(s), "the database is newer than this program");
    store_close(s);
    s = b->fresh();
    REQUIRE(s);
    CHECK_OK(store_migrate(s));
    CHECK_OK(store_exec(s, &q_edited, NULL, 0, NULL));
    CHECK_INT(store_migrate(s), XK_E_STATE);
    CHECK_STR(store_error(s), "a migration that was applied differs from the one this program has");
    store_close(s);
}

/* One connection writes, another sees all of it after the commit and nothing before. */
static void connections_see_commits_only(const struct backend *b)
{
    struct store *s = fresh(b), *other;

    REQUIRE(s);
    if (!b->again) {
        store_close(s);
        SKIP("one connection only");
    }
    other = b->again();
    REQUIRE(other);
    CHECK_OK(store_begin(s));
    CHECK_OK(put(s, "a", 1));
    CHECK_INT(count(other), 0);
    CHECK_OK(store_commit(s));
    CHECK_INT(count(other), 1);
    store_close(other);
    store_close(s);
}

static _Noreturn void child_commits_and_dies(const struct backend *b)
{
    struct store *s = b->again();

    if (!s || store_begin(s) != XK_OK || put(s, "kept", 1) != XK_OK || store_commit(s) != XK_OK)
        _exit(1);
    if (store_begin(s) != XK_OK || put(s, "lost", 1) != XK_OK)
        _exit(1);
    raise(SIGKILL);
    _exit(1);
}

static void commits_outlive_a_kill(const struct backend *b)
{
    struct store *s = fresh(b);
    int status = 0;
    pid_t pid;

    REQUIRE(s);
    store_close(s);
    if (!b->again)
        SKIP("memory dies with its process");
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0)
        child_commits_and_dies(b);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    s = b->again();
    REQUIRE(s);
    CHECK_INT(count(s), 1);
    CHECK_OK(store_row(s, &q_get, SVS(sv_text("kept"))));
    store_finish(s);
    CHECK_OK(put(s, "after", 1));
    store_close(s);
}

#define PROMISES(P)                                                                                \
    P(values_come_back)                                                                            \
    P(null_is_not_empty)                                                                           \
    P(rows_come_in_order_and_end)                                                                  \
    P(changes_and_returning)                                                                       \
    P(what_is_taken_is_taken)                                                                      \
    P(transactions_are_all_or_nothing)                                                             \
    P(savepoints_undo_one_input)                                                                   \
    P(sums_and_truths_are_integers)                                                                \
    P(doomed_transactions_stay_doomed)                                                             \
    P(the_nth_statement_fails_on_request)                                                          \
    P(migrations_are_applied_once)                                                                 \
    P(migrations_fail_whole)                                                                       \
    P(newer_databases_are_refused)                                                                 \
    P(connections_see_commits_only)                                                                \
    P(commits_outlive_a_kill)

#define ALL(promise)                                                                               \
    TEST(memory_##promise)                                                                         \
    {                                                                                              \
        promise(&backend_memory);                                                                  \
    }                                                                                              \
    TEST(file_##promise)                                                                           \
    {                                                                                              \
        promise(&backend_file);                                                                    \
    }                                                                                              \
    TEST(pgsql_##promise)                                                                          \
    {                                                                                              \
        if (!pg_server_conninfo())                                                                 \
            SKIP("no PostgreSQL here");                                                            \
        promise(&backend_pgsql);                                                                   \
    }
PROMISES(ALL)
#undef ALL

/* The server goes away: said as such, and nothing hangs. */
TEST(pgsql_a_lost_connection_is_said)
{
    static const struct store_query q_end = {
        "t.end", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE pid <> pg_backend_pid()"
                 " AND backend_type = 'client backend'"};
    struct store *s, *other;

    if (!pg_server_conninfo())
        SKIP("no PostgreSQL here");
    s = fresh(&backend_pgsql);
    other = backend_pgsql.again();
    REQUIRE(s && other);
    CHECK_OK(store_begin(s));
    CHECK_OK(put(s, "a", 1));
    CHECK_OK(store_exec(other, &q_end, NULL, 0, NULL));
    CHECK_INT(put(s, "b", 1), XK_E_CLOSED);
    CHECK(store_error(s)[0] != '\0');
    CHECK_INT(put(s, "b", 1), XK_E_CLOSED);
    CHECK_INT(store_commit(s), XK_E_CLOSED);
    store_rollback(s);
    CHECK_INT(store_begin(s), XK_E_CLOSED);
    store_close(s);
    CHECK_INT(count(other), 0);
    store_close(other);
    CHECK_INT(pgsql_store_open("host=/nonexistent connect_timeout=2", &s), XK_E_CLOSED);
}

#define CASES(promise) XT_CASE(memory_##promise), XT_CASE(file_##promise), XT_CASE(pgsql_##promise),
static const struct xt_case cases[] = {PROMISES(CASES) XT_CASE(pgsql_a_lost_connection_is_said)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    backend_clean_up();
    return rc;
}
