/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to keep a store, for tests that all of them must pass. */
#ifndef TESTS_IT_BACKEND_H
#define TESTS_IT_BACKEND_H

#include "store/store.h"

struct backend {
    const char *name;
    bool is_pgsql;
    struct store *(*fresh)(void); /* an empty database, not migrated; NULL: not to be had */
    struct store *(*again)(void); /* another connection to that database; NULL pointer: none */
};

extern const struct backend backend_memory, backend_file, backend_pgsql;
void backend_clean_up(void);

#endif
