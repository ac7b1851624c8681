/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite 3: WAL, synchronous=FULL. path ":memory:" for tests. */
#ifndef DB_SQLITE_SQLITE_H
#define DB_SQLITE_SQLITE_H

#include "store/store.h"

enum xk_err sqlite_store_open(const char *path, struct store **out) XK_MUST_CHECK;

#endif
