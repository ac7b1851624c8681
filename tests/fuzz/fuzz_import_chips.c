/* SPDX-License-Identifier: Apache-2.0 */
/* A file of chips, CSV or a card vendor's: imported whole, or refused with a reason. The first
 * byte says which keys the operator has at hand. */
#include "fuzz.h"

#include "base/clock.h"
#include "db/sqlite/sqlite.h"
#include "service/chip/chip.h"
#include "service/number/number.h"

static struct store *store;
static struct keystore *keystore;

static void set_up(void)
{
    static const uint8_t key[32] = {1};
    static struct xk_prng prng = {.state = 1};
    static struct xk_rand rand; /* the keystore keeps its address */
    struct pool pool = {.id = "seeds", .purpose = NUMBER_SEED};

    rand = xk_rand_prng(&prng);
    FUZZ_CHECK(sqlite_store_open(":memory:", &store) == XK_OK);
    FUZZ_CHECK(store_migrate(store) == XK_OK);
    FUZZ_CHECK(keystore_of_key(BYTES_OF(key), &rand, &keystore) == XK_OK);
    FUZZ_CHECK(pool_create(store, &pool) == XK_OK);
}

static uint64_t chips(void)
{
    const struct chip_filter all = {.state = -1};
    uint64_t n = 0;

    FUZZ_CHECK(chip_count(store, &all, &n) == XK_OK);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct secret master = {.n = 16, .bytes = {1}}, transport16 = {.n = 16},
                               transport24 = {.n = 24};
    struct chip_import how = {.vendor = "fuzz", .file_name = "fuzz"};
    struct import_report r;
    enum xk_err err;

    if (n == 0)
        return 0;
    if (!store)
        set_up();
    how.batch_id = data[0] & 1 ? "B" : NULL;
    how.master = data[0] & 2 ? &master : NULL;
    how.seed_pool = data[0] & 4 ? "seeds" : NULL;
    if (data[0] & 8)
        how.transport = data[0] & 16 ? &transport24 : &transport16;
    FUZZ_CHECK(store_begin(store) == XK_OK);
    err = chip_import_file(store, keystore, &how, BYTES(data + 1, n - 1), 1, &r);
    FUZZ_CHECK(err == XK_OK || err == XK_E_FORMAT);
    FUZZ_CHECK(r.n_errors <= IMPORT_ERRORS_MAX && r.n_errors <= r.bad);
    if (err == XK_OK)
        FUZZ_CHECK(r.bad == 0 && r.imported > 0 && r.imported == r.lines && chips() == r.lines);
    else
        FUZZ_CHECK(r.bad > 0 && r.imported == 0 && r.n_errors > 0);
    store_rollback(store);
    FUZZ_CHECK(chips() == 0);
    return 0;
}
