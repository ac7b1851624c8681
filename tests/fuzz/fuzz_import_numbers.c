/* SPDX-License-Identifier: Apache-2.0 */
/* A file of numbers: imported whole, or refused with a reason and nothing counted. */
#include "fuzz.h"

#include "base/clock.h"
#include "db/sqlite/sqlite.h"
#include "service/number/number.h"

static struct store *store;
static struct keystore *keystore;

static void set_up(void)
{
    static const uint8_t key[32] = {1};
    static struct xk_prng prng = {.state = 1};
    static struct xk_rand rand; /* the keystore keeps its address */
    struct pool pool = {.id = "p", .purpose = NUMBER_TEST};

    rand = xk_rand_prng(&prng);
    FUZZ_CHECK(sqlite_store_open(":memory:", &store) == XK_OK);
    FUZZ_CHECK(store_migrate(store) == XK_OK);
    FUZZ_CHECK(keystore_of_key(BYTES_OF(key), &rand, &keystore) == XK_OK);
    FUZZ_CHECK(pool_create(store, &pool) == XK_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct import_report r;
    struct pool_counts counts;
    enum xk_err err;

    if (!store)
        set_up();
    FUZZ_CHECK(store_begin(store) == XK_OK);
    err = number_import_csv(store, keystore, "p", BYTES(data, n), 1, &r);
    FUZZ_CHECK(err == XK_OK || err == XK_E_FORMAT);
    FUZZ_CHECK(r.n_errors <= IMPORT_ERRORS_MAX && r.n_errors <= r.bad);
    if (err == XK_OK) {
        FUZZ_CHECK(r.bad == 0 && r.imported > 0 && r.imported == r.lines);
        FUZZ_CHECK(pool_counts(store, "p", POOL_ALONE, &counts) == XK_OK);
        FUZZ_CHECK(counts.free == r.imported);
    } else {
        FUZZ_CHECK(r.bad > 0 && r.imported == 0 && r.n_errors > 0);
    }
    store_rollback(store);
    FUZZ_CHECK(pool_counts(store, "p", POOL_ALONE, &counts) == XK_OK);
    FUZZ_CHECK(counts.total == 0);
    return 0;
}
