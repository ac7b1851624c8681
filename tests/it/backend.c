/* SPDX-License-Identifier: Apache-2.0 */
#include "backend.h"

#include <unistd.h>

#include "db/pgsql/pgsql.h"
#include "db/sqlite/sqlite.h"
#include "pg_server.h"

static char folder[64];

static struct store *open_sqlite(const char *path)
{
    struct store *s = NULL;

    return sqlite_store_open(path, &s) == XK_OK ? s : NULL;
}

static struct store *memory_fresh(void)
{
    return open_sqlite(":memory:");
}

static const char *file_path(const char *suffix)
{
    static char path[96];

    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/xieka-store-XXXXXX");
        if (!mkdtemp(folder))
            abort();
    }
    snprintf(path, sizeof path, "%s/db%s", folder, suffix);
    return path;
}

static void remove_files(void)
{
    unlink(file_path(""));
    unlink(file_path("-wal"));
    unlink(file_path("-shm"));
}

static struct store *file_fresh(void)
{
    remove_files();
    return open_sqlite(file_path(""));
}

static struct store *file_again(void)
{
    return open_sqlite(file_path(""));
}

static struct store *pgsql_again(void)
{
    const char *conninfo = pg_server_conninfo();
    struct store *s = NULL;

    return conninfo && pgsql_store_open(conninfo, &s) == XK_OK ? s : NULL;
}

static struct store *pgsql_fresh(void)
{
    struct store *s = pgsql_again();

    if (s && s->driver->script(s, "DROP SCHEMA public CASCADE; CREATE SCHEMA public") != XK_OK) {
        store_close(s);
        return NULL;
    }
    return s;
}

const struct backend backend_pgsql = {
    .name = "pgsql", .is_pgsql = true, .fresh = pgsql_fresh, .again = pgsql_again};
const struct backend backend_memory = {.name = "memory", .fresh = memory_fresh};
const struct backend backend_file = {.name = "file", .fresh = file_fresh, .again = file_again};

void backend_clean_up(void)
{
    pg_server_stop();
    if (folder[0] == '\0')
        return;
    remove_files();
    rmdir(folder);
}
