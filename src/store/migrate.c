/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrations.h"

#include "base/clock.h"
#include "base/hex.h"
#include "store/store.h"

#define CHECKSUM_TEXT HEX_LEN(8)

static const char table[] = "CREATE TABLE IF NOT EXISTS migration ("
                            "    version    BIGINT PRIMARY KEY,"
                            "    name       TEXT NOT NULL,"
                            "    checksum   TEXT NOT NULL,"
                            "    applied_at BIGINT NOT NULL"
                            ")";

static const struct store_query q_list = {"migration.list",
                                          "SELECT version, checksum FROM migration"
                                          " ORDER BY version"};
static const struct store_query q_note = {"migration.note",
                                          "INSERT INTO migration (version, name, checksum,"
                                          " applied_at) VALUES ($1, $2, $3, $4)"};

/* FNV-1a over the statements: comments and the amount of white space may change, nothing else. It
 * guards against slips, not against people. */
static void checksum(const char *sql, char out[CHECKSUM_TEXT])
{
    uint64_t h = 0xCBF29CE484222325u;
    bool gap = false;
    uint8_t big_endian[8];

    for (const char *p = sql; *p; p++) {
        if (p[0] == '-' && p[1] == '-')
            p += strcspn(p, "\n");
        if (*p == '\0')
            break;
        if (*p == ' ' || *p == '\n' || *p == '\t') {
            gap = true;
            continue;
        }
        if (gap)
            h = (h ^ ' ') * 0x100000001B3u;
        gap = false;
        h = (h ^ (uint8_t)*p) * 0x100000001B3u;
    }
    for (int i = 0; i < 8; i++)
        big_endian[i] = (uint8_t)(h >> (56 - 8 * i));
    hex_encode_lower(BYTES_OF(big_endian), out);
}

/* Reads what was applied; each must be one of ours, in our order. */
static enum xk_err check_applied(struct store *s, size_t *applied)
{
    char want[CHECKSUM_TEXT], got[CHECKSUM_TEXT];
    enum xk_err err;
    size_t i = 0;

    TRY(store_open(s, &q_list, NULL, 0));
    while ((err = store_next(s)) == XK_OK) {
        if (i == store_migrations_n) {
            s->why = "the database is newer than this program";
            break;
        }
        checksum(store_migrations[i].sql, want);
        store_get_text(s, 1, got, sizeof got);
        if (store_get_int(s, 0) != store_migrations[i].version || strcmp(want, got) != 0) {
            s->why = "a migration that was applied differs from the one this program has";
            break;
        }
        i++;
    }
    store_finish(s);
    if (err == XK_OK)
        return XK_E_STATE;
    if (err != XK_E_NOT_FOUND)
        return err;
    *applied = i;
    return XK_OK;
}

static enum xk_err apply(struct store *s, const struct store_migration *m)
{
    char sum[CHECKSUM_TEXT];

    checksum(m->sql, sum);
    TRY(s->driver->script(s, m->sql));
    return store_exec(
        s, &q_note,
        SVS(sv_int(m->version), sv_text(m->name), sv_text(sum), sv_int(xk_now(xk_clock_system()))),
        NULL);
}

static enum xk_err migrate(struct store *s)
{
    size_t applied;

    TRY(s->driver->script(s, table));
    TRY(check_applied(s, &applied));
    for (size_t i = applied; i < store_migrations_n; i++)
        TRY(apply(s, &store_migrations[i]));
    return store_commit(s);
}

enum xk_err store_migrate(struct store *s)
{
    enum xk_err err;

    TRY(store_begin(s));
    err = migrate(s);
    if (err != XK_OK) {
        snprintf(s->kept, sizeof s->kept, "%s", store_error(s));
        store_rollback(s);
        s->why = s->kept;
    }
    return err;
}
