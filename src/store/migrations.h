/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: the files of schema/, in order of version. Bytes of text, so char may be
 * written with values above 127. */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include <stddef.h>

struct store_migration {
    int version;
    const char *name;
    const char *sql;
};

extern const struct store_migration store_migrations[];
extern const size_t store_migrations_n;

#endif
