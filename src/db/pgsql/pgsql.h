/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL 15 through libpq. conninfo as libpq takes it ("host=/tmp dbname=xieka"). What was true
 * when a transaction read it is true when it commits (SERIALIZABLE); where that cannot be, a
 * statement or the commit says XK_E_BUSY and the transaction is tried again. XK_E_CLOSED: the
 * connection is gone and stays so; close this store and open another. */
#ifndef DB_PGSQL_PGSQL_H
#define DB_PGSQL_PGSQL_H

#include "store/store.h"

/* XK_E_CLOSED: no connection; why, goes to the log. */
enum xk_err pgsql_store_open(const char *conninfo, struct store **out) XK_MUST_CHECK;

#endif
