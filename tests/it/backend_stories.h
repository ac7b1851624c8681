/* SPDX-License-Identifier: Apache-2.0 */
/* One story, told on a store of SQLite ("memory", "file") and on PostgreSQL.
 *
 *     STORIES(MEMORY_AND_PGSQL)
 *     static const struct xt_case cases[] = {STORIES(MEMORY_AND_PGSQL_CASES)}; */
#ifndef TESTS_IT_BACKEND_STORIES_H
#define TESTS_IT_BACKEND_STORIES_H

#include "backend.h"
#include "pg_server.h"
#include "xt.h"

#define ON_SQLITE(where, story)                                                                    \
    TEST(where##_##story)                                                                          \
    {                                                                                              \
        story(&backend_##where);                                                                   \
    }
#define ON_PGSQL(story)                                                                            \
    TEST(pgsql_##story)                                                                            \
    {                                                                                              \
        if (!pg_server_conninfo())                                                                 \
            SKIP("no PostgreSQL here");                                                            \
        story(&backend_pgsql);                                                                     \
    }

#define MEMORY_AND_PGSQL(story) ON_SQLITE(memory, story) ON_PGSQL(story)
#define MEMORY_AND_PGSQL_CASES(story) XT_CASE(memory_##story), XT_CASE(pgsql_##story),
#define FILE_AND_PGSQL(story) ON_SQLITE(file, story) ON_PGSQL(story)
#define FILE_AND_PGSQL_CASES(story) XT_CASE(file_##story), XT_CASE(pgsql_##story),

#endif
