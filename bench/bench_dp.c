/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU time of a download on the SM-DP+, without TLS: all that xiekad's worker does from the
 * body of each ES9+ call to the body of its answer, with its store. Only this thread's time in the
 * server's calls counts, not the card's, which makes its answers between them.
 *
 * Value, parts and floor are measured in turn, in short slices; ratios are medians over the slices,
 * so that a neighbour on the machine hits both sides alike. */
#include "cpu.h"
#include "dp_floor.h"
#include "dp_messages.h"
#include "dp_place.h"

#define RUNS 201
#define CARDS 8 /* one download each in a slice, in step: the calls of a group */
#define SLOPE_RUNS 101
#define SLOPE_LOW ((size_t)1000)
#define SLOPE_HIGH ((size_t)1000000)
#define SLOPE_STEP ((size_t)100000) /* rows of a transaction */
#define CARD_ARENA ((size_t)4 << 20)

struct world {
    struct dp_place place;
    struct rsp_card cards[CARDS];
    struct arena card_arena[CARDS], scratch;
    struct dp_messages messages;
    size_t next;      /* order */
    bool noted;       /* the messages of this call are */
    double server_us; /* in calls, since it was set to 0 */
};

/* ---- the store's part ------------------------------------------------------------------------ */

/* Its functions are wrapped (--wrap of the linker, whose names these are). */

static bool store_is_timed;
static int64_t store_ns;

#define TIMED(name, parameters, arguments)                                                         \
    enum xk_err __real_##name parameters;                                                          \
    enum xk_err __wrap_##name parameters;                                                          \
    enum xk_err __wrap_##name parameters                                                           \
    {                                                                                              \
        int64_t start = store_is_timed ? xk_monotonic_ns() : 0;                                    \
        enum xk_err err = __real_##name arguments;                                                 \
                                                                                                   \
        store_ns += store_is_timed ? xk_monotonic_ns() - start : 0;                                \
        return err;                                                                                \
    }

TIMED(store_begin, (struct store * s), (s))
TIMED(store_commit, (struct store * s), (s))
TIMED(store_savepoint, (struct store * s), (s))
TIMED(store_release, (struct store * s), (s))
TIMED(store_exec,
      (struct store * s, const struct store_query *q, const struct store_value *v, size_t n,
       int64_t *changes),
      (s, q, v, n, changes))
TIMED(store_row,
      (struct store * s, const struct store_query *q, const struct store_value *v, size_t n),
      (s, q, v, n))

/* ---- a world --------------------------------------------------------------------------------- */

static void post(void *ctx, enum rsp_function function, struct bytes body, struct buf *answer)
{
    struct world *w = ctx;
    double start = cpu_us();

    dp_place_call(&w->place, function, body, answer);
    w->server_us += cpu_us() - start;
    if (w->noted)
        dp_messages_add(&w->messages, function, body, buf_bytes(answer));
}

static void world_open(struct world *w, const char *database, enum dp_eum eum)
{
    dp_place_open(&w->place, database, NULL, eum);
    arena_init(&w->scratch, CARD_ARENA);
    dp_messages_init(&w->messages);
    for (unsigned i = 0; i < CARDS; i++) {
        char eid[33];

        rsp_pki_eid(i, eid);
        arena_init(&w->card_arena[i], CARD_ARENA);
        rsp_card_init(&w->cards[i], w->place.pki, eid, &w->card_arena[i]);
    }
}

static void world_close(struct world *w)
{
    dp_messages_fini(&w->messages);
    arena_fini(&w->scratch);
    for (unsigned i = 0; i < CARDS; i++)
        arena_fini(&w->card_arena[i]);
    dp_place_close(&w->place);
}

static void group(struct world *w, struct dp_download begun[CARDS])
{
    const struct dp_transport way = {w, post};
    double start = cpu_us();

    dp_place_begin(&w->place);
    w->server_us += cpu_us() - start;
    for (size_t i = 0; i < CARDS; i++) {
        w->noted = i == 0;
        dp_download_step(&begun[i], &way);
    }
    start = cpu_us();
    dp_place_commit(&w->place);
    w->server_us += cpu_us() - start;
}

/* Microseconds of a download: one for each card. */
static double download(struct world *w)
{
    struct dp_download begun[CARDS] = {0};

    w->server_us = 0;
    dp_messages_start(&w->messages);
    for (size_t i = 0; i < CARDS; i++)
        begun[i] = (struct dp_download){.card = &w->cards[i], .order = w->next++};
    for (size_t step = 0; step < DP_CALLS; step++)
        group(w, begun);
    return w->server_us / CARDS;
}

static double parse_us(struct world *w)
{
    double start;

    dp_messages_decode(&w->messages);
    start = cpu_us();
    for (size_t i = 0; i < CARDS; i++)
        dp_messages_parse(&w->messages, &w->scratch);
    return (cpu_us() - start) / CARDS;
}

static double floor_us(struct dp_floor *f, const struct dp_operations *o,
                       void (*work)(struct dp_floor *f, const struct dp_operations *o))
{
    double start = cpu_us();

    for (size_t i = 0; i < CARDS; i++)
        work(f, o);
    return (cpu_us() - start) / CARDS;
}

/* Of a download; by the clock, since it is asked too often for the CPU time's system call. */
static double store_us(struct world *w)
{
    store_is_timed = true;
    store_ns = 0;
    download(w);
    store_is_timed = false;
    return (double)store_ns / 1e3 / CARDS;
}

struct slices {
    double value[RUNS], ecdsa[RUNS], parse[RUNS], floor[RUNS], ratio[RUNS], ecdsa_share[RUNS],
        parse_share[RUNS], store_share[RUNS];
};

static void measure(struct world *w, struct dp_floor *f, enum dp_eum eum, struct slices *s)
{
    struct dp_operations o;

    download(w); /* warm */
    for (size_t i = 0; i < RUNS; i++) {
        s->value[i] = download(w);
        s->parse[i] = parse_us(w);
        dp_messages_operations(&w->messages, eum, &w->scratch, &o);
        s->ecdsa[i] = floor_us(f, &o, dp_floor_ecdsa);
        s->floor[i] = s->ecdsa[i] + floor_us(f, &o, dp_floor_rest);
        s->ratio[i] = s->value[i] / s->floor[i];
        s->ecdsa_share[i] = 100 * s->ecdsa[i] / s->value[i];
        s->parse_share[i] = 100 * s->parse[i] / s->value[i];
        s->store_share[i] = 100 * store_us(w) / s->value[i];
    }
}

static void print_share(const char *name, double percent)
{
    printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%%\",\"floor\":null,\"ratio\":null,"
           "\"runs\":%d}\n",
           name, percent, RUNS);
}

static void cpu_figures(enum dp_eum eum, const char *name)
{
    static struct world w;
    static struct slices s;
    struct dp_floor *f = dp_floor_new();
    double floor;

    world_open(&w, ":memory:", eum);
    dp_place_fill(&w.place, 0, (2 * RUNS + 1) * CARDS);
    w.next = 0;
    measure(&w, f, eum, &s);
    floor = cpu_median(s.floor, RUNS);
    cpu_print(name, cpu_median(s.value, RUNS), floor, cpu_median(s.ratio, RUNS), RUNS);
    if (eum == DP_EUM_CACHED) {
        print_share("smdpp_ecdsa_share", cpu_median(s.ecdsa_share, RUNS));
        print_share("smdpp_parsing_share", cpu_median(s.parse_share, RUNS));
        print_share("smdpp_store_share", cpu_median(s.store_share, RUNS));
    }
    dp_floor_free(f);
    world_close(&w);
}

/* ---- a full store ---------------------------------------------------------------------------- */

/* Rows beside those that are downloaded, all over their indices: half in stock, half ordered. */
static void fill_store(struct dp_place *p, size_t from, size_t to)
{
    static const struct store_query profiles = {
        "bench_profiles",
        "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) "
        "INSERT INTO profile (iccid, profile_type, owner, smdp_address, state, version, "
        "random_keys, ppr, need_version, need_nvm, need_uicc, need_device, eid, eid_ordered, "
        "matching_id, smds_address, smds, release_then, code, code_tries, attempts, repeatable, "
        "expires_at, ended_subject, ended_reason, last_seq, ordered_at, updated_at) SELECT "
        "'89494499' || printf('%011d', i * 90000 + 1), 'bench', 'bench', '', i % 2 * 4, 1, 1, 0, "
        "0, 0, 0, 0, '', 0, iif(i % 2 = 0, NULL, 'F-' || hex(randomblob(8))), '', 0, 0, NULL, 0, "
        "10, 0, 9000000000000 + i, '', '', 0, i, i FROM n"};
    static const struct store_query packages = {
        "bench_packages",
        "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) "
        "INSERT INTO profile_package (iccid, metadata, package_id, segments, ppk, created_at) "
        "SELECT '89494499' || printf('%011d', i * 90000 + 1), zeroblob(100), randomblob(16), "
        "zeroblob(100), zeroblob(81), 0 FROM n"};
    const struct store_value range[2] = {sv_int((int64_t)from), sv_int((int64_t)to)};

    dp_must(store_begin(p->store), "store_begin");
    dp_must(store_exec(p->store, &profiles, range, 2, NULL), "profiles");
    dp_must(store_exec(p->store, &packages, range, 2, NULL), "packages");
    dp_must(store_commit(p->store), "store_commit");
}

static void open_full(struct world *w, const char *folder, size_t rows)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%zu.db", folder, rows);
    world_open(w, path, DP_EUM_CACHED);
    for (size_t i = 0; i < rows; i += SLOPE_STEP)
        fill_store(&w->place, i, i + SLOPE_STEP < rows ? i + SLOPE_STEP : rows);
    dp_place_fill(&w->place, 0, (SLOPE_RUNS + 1) * CARDS);
    download(w); /* warm */
}

/* The databases are files, as xiekad's: what the kernel does for them counts, waiting does not. */
static void slope_figure(const char *folder)
{
    static struct world low, high;
    double few[SLOPE_RUNS], many[SLOPE_RUNS], ratio[SLOPE_RUNS];

    open_full(&low, folder, SLOPE_LOW);
    open_full(&high, folder, SLOPE_HIGH);
    for (size_t i = 0; i < SLOPE_RUNS; i++) {
        few[i] = download(&low);
        many[i] = download(&high);
        ratio[i] = many[i] / few[i];
    }
    cpu_print("smdpp_store_slope", cpu_median(many, SLOPE_RUNS), cpu_median(few, SLOPE_RUNS),
              cpu_median(ratio, SLOPE_RUNS), SLOPE_RUNS);
    world_close(&low);
    world_close(&high);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "slope") == 0) {
        slope_figure(argv[2]);
        return 0;
    }
    if (argc != 1)
        return 64;
    cpu_figures(DP_EUM_CACHED, "smdpp_download_cpu");
    cpu_figures(DP_EUM_NOT_CACHED, "smdpp_download_cpu_eum_new");
    return 0;
}
