/* SPDX-License-Identifier: Apache-2.0 */
/* A PostgreSQL server of the test's own: in a temporary folder, on a Unix socket there and nowhere
 * else, gone with the test. */
#ifndef TESTS_IT_PG_SERVER_H
#define TESTS_IT_PG_SERVER_H

#include <stdbool.h>

/* NULL: PostgreSQL is not installed or does not start. Started at the first call. */
const char *pg_server_conninfo(void);
void pg_server_stop(void);

#endif
