/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU time of a download on the SM-DP+, without TLS: all that xiekad's worker does from the
 * body of each ES9+ call to the body of its answer, with its store. Only this thread's time in the
 * server's calls counts, not the card's, which makes its answers between them.
 *
 * Value, parts and floor are measured in turn, in short slices; ratios are medians over the slices,
 * so that a neighbour on the machine hits both sides alike. */
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "dp_floor.h"
#include "dp_messages.h"
#include "dp_place.h"

#define RUNS 61
#define DOWNLOADS 12 /* of a slice */
#define CARDS 8
#define SLOPE_RUNS 41
#define SLOPE_LOW ((size_t)1000)
#define SLOPE_HIGH ((size_t)1000000)
#define CARD_ARENA ((size_t)4 << 20)

struct world {
    struct dp_place place;
    struct rsp_card cards[CARDS];
    struct arena card_arena[CARDS], scratch;
    struct dp_messages messages;
    size_t next;       /* order */
    double server_us;  /* in calls, since it was set to 0 */
};

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void post(void *ctx, enum rsp_function function, struct bytes body, struct buf *answer)
{
    struct world *w = ctx;
    double start = cpu_us();

    dp_place_call(&w->place, function, body, answer);
    w->server_us += cpu_us() - start;
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

/* Microseconds of a download, over n of them. */
static double download(struct world *w, size_t n)
{
    const struct dp_transport way = {w, post};

    w->server_us = 0;
    for (size_t i = 0; i < n; i++) {
        dp_messages_start(&w->messages);
        dp_download(&w->cards[w->next % CARDS], w->next, &way);
        w->next++;
    }
    return w->server_us / (double)n;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, bench_compare);
    return v[n / 2];
}

static void print(const char *name, double value, double floor, double ratio, int runs)
{
    printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"us\",\"floor\":%.1f,\"ratio\":%.3f,"
           "\"runs\":%d}\n",
           name, value, floor, ratio, runs);
}

static double parse_us(struct world *w)
{
    double start;

    dp_messages_decode(&w->messages);
    start = cpu_us();
    for (size_t i = 0; i < DOWNLOADS; i++)
        dp_messages_parse(&w->messages, &w->scratch);
    return (cpu_us() - start) / DOWNLOADS;
}

static double floor_us(struct dp_floor *f, const struct dp_operations *o,
                       void (*work)(struct dp_floor *f, const struct dp_operations *o))
{
    double start = cpu_us();

    for (size_t i = 0; i < DOWNLOADS; i++)
        work(f, o);
    return (cpu_us() - start) / DOWNLOADS;
}

struct slices {
    double value[RUNS], ecdsa[RUNS], parse[RUNS], floor[RUNS], ratio[RUNS], ecdsa_share[RUNS],
        parse_share[RUNS];
};

static void measure(struct world *w, struct dp_floor *f, enum dp_eum eum, struct slices *s)
{
    struct dp_operations o;

    download(w, DOWNLOADS); /* warm */
    for (size_t i = 0; i < RUNS; i++) {
        s->value[i] = download(w, DOWNLOADS);
        s->parse[i] = parse_us(w);
        dp_messages_operations(&w->messages, eum, &w->scratch, &o);
        s->ecdsa[i] = floor_us(f, &o, dp_floor_ecdsa);
        s->floor[i] = s->ecdsa[i] + floor_us(f, &o, dp_floor_rest);
        s->ratio[i] = s->value[i] / s->floor[i];
        s->ecdsa_share[i] = 100 * s->ecdsa[i] / s->value[i];
        s->parse_share[i] = 100 * s->parse[i] / s->value[i];
    }
}

static void cpu_figures(enum dp_eum eum, const char *name)
{
    static struct world w;
    static struct slices s;
    struct dp_floor *f = dp_floor_new();
    double floor;

    world_open(&w, ":memory:", eum);
    dp_place_fill(&w.place, 0, (RUNS + 1) * DOWNLOADS);
    w.next = 0;
    measure(&w, f, eum, &s);
    floor = median(s.floor, RUNS);
    print(name, median(s.value, RUNS), floor, median(s.ratio, RUNS), RUNS);
    if (eum == DP_EUM_CACHED) {
        printf("{\"name\":\"smdpp_ecdsa_share\",\"value\":%.1f,\"unit\":\"%%\",\"floor\":0,"
               "\"ratio\":0,\"runs\":%d}\n",
               median(s.ecdsa_share, RUNS), RUNS);
        printf("{\"name\":\"smdpp_parsing_share\",\"value\":%.1f,\"unit\":\"%%\",\"floor\":0,"
               "\"ratio\":0,\"runs\":%d}\n",
               median(s.parse_share, RUNS), RUNS);
    }
    dp_floor_free(f);
    world_close(&w);
}

int main(void)
{
    cpu_figures(DP_EUM_CACHED, "smdpp_download_cpu");
    cpu_figures(DP_EUM_NOT_CACHED, "smdpp_download_cpu_eum_new");
    return 0;
}
