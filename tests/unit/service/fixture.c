/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "db/sqlite/sqlite.h"

static const struct store_query dumps[] = {
    {"dump.pool", "SELECT * FROM pool ORDER BY 1"},
    {"dump.number", "SELECT * FROM number ORDER BY 1"},
    {"dump.iccid_retired", "SELECT * FROM iccid_retired ORDER BY 1"},
    {"dump.pool_count", "SELECT * FROM pool_count WHERE n <> 0 ORDER BY 1, 2"},
    {"dump.chip_batch", "SELECT * FROM chip_batch ORDER BY 1"},
    {"dump.chip", "SELECT * FROM chip ORDER BY 1"},
};
#define COLUMNS_MAX 27 /* chip has the most */

void fixture_open(struct fixture *f)
{
    static const uint8_t key[32] = {1, 2, 3};

    *f = (struct fixture){.prng = {.state = 7}};
    f->rand = xk_rand_prng(&f->prng);
    if (sqlite_store_open(":memory:", &f->store) != XK_OK || store_migrate(f->store) != XK_OK ||
        keystore_of_key(BYTES_OF(key), &f->rand, &f->ks) != XK_OK)
        abort();
}

void fixture_close(struct fixture *f)
{
    store_close(f->store);
    keystore_close(f->ks);
}

static uint64_t mix(uint64_t h, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        h = (h ^ b.p[i]) * 0x100000001B3u;
    return (h ^ b.n) * 0x9FB21C651E98DF25u;
}

uint64_t fixture_fingerprint(struct fixture *f)
{
    uint64_t h = 1;

    for (size_t i = 0; i < ARRAY_LEN(dumps); i++) {
        if (store_open(f->store, &dumps[i], NULL, 0) != XK_OK)
            abort();
        while (store_next(f->store) == XK_OK) {
            for (int c = 0; c < COLUMNS_MAX; c++)
                h = mix(h, store_get_bytes(f->store, c));
        }
        store_finish(f->store);
    }
    return h;
}

unsigned fixture_fail_everywhere(struct fixture *f, enum xk_err (*op)(struct fixture *f, void *ctx),
                                 void *ctx)
{
    uint64_t before = fixture_fingerprint(f);

    for (unsigned n = 1; n < 10000; n++) {
        enum xk_err err;

        if (store_begin(f->store) != XK_OK)
            return 0;
        f->store->fail_at = n;
        err = op(f, ctx);
        if (err == XK_OK)
            err = store_commit(f->store);
        if (f->store->fail_at > 0) { /* all its statements went well */
            f->store->fail_at = 0;
            return err == XK_OK ? n - 1 : 0;
        }
        store_rollback(f->store);
        if (err != XK_E_DB || fixture_fingerprint(f) != before)
            return 0;
    }
    return 0;
}
