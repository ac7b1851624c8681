/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL 15 through libpq. conninfo as libpq takes it ("host=/tmp dbname=xieka"). */
#ifndef DB_PGSQL_PGSQL_H
#define DB_PGSQL_PGSQL_H

#include "store/store.h"

enum xk_err pgsql_store_open(const char *conninfo, struct store **out) XK_MUST_CHECK;

#endif
