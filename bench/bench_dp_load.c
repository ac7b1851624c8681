/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that download from an xiekad over TLS, each download over a connection of its own.
 *
 *     bench_dp_load site FOLDER               certificates, keys and FOLDER/data for that xiekad
 *     bench_dp_load cpu PORT PID              microseconds of CPU a download and their floor
 *     bench_dp_load rate PORT PID             downloads a second, and a second of its CPU time
 *     bench_dp_load paced PORT RATE           milliseconds: median and 99th percentile at that rate
 *     bench_dp_load sessions PORT PID         bytes of an open session with its connection, floor
 *
 * Each mode prints its numbers on one line and takes orders that the others leave alone. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpu.h"
#include "dp_floor.h"
#include "dp_messages.h"
#include "dp_place.h"
#include "dp_tls.h"

#define THREADS 32
#define CPU_RUNS 21
#define CPU_DOWNLOADS 2 /* of a thread in a slice */
#define RATE_DOWNLOADS 800
#define PACED_DOWNLOADS 800
#define SESSIONS 800
#define SESSIONS_FIRST 100 /* what is made once is made with them */
#define CARD_ARENA ((size_t)4 << 20)

/* Orders of each mode. */
enum { FIRST_CPU, FIRST_RATE = 1500, FIRST_PACED = 2400, ORDERS = 3300 };

struct lpa {
    struct rsp_card card;
    struct arena arena;
    pthread_t thread;
    struct load *load;
    struct dp_link link;          /* of the last download */
    struct dp_messages *messages; /* kept when there is room */
};

struct load {
    struct rsp_pki *pki;
    uint16_t port;
    struct lpa lpa[THREADS];
    atomic_size_t next; /* order */
    size_t end;
    /* paced */
    double rate;
    int64_t start_ns;
    size_t first;
    double *took_ms;
};

static void load_open(struct load *l, uint16_t port)
{
    *l = (struct load){.pki = rsp_pki_new(EC_P256), .port = port};
    for (unsigned i = 0; i < THREADS; i++) {
        char eid[33];

        rsp_pki_eid(i, eid);
        arena_init(&l->lpa[i].arena, CARD_ARENA);
        rsp_card_init(&l->lpa[i].card, l->pki, eid, &l->lpa[i].arena);
        l->lpa[i].load = l;
    }
}

static void load_close(struct load *l)
{
    for (unsigned i = 0; i < THREADS; i++)
        arena_fini(&l->lpa[i].arena);
    rsp_pki_free(l->pki);
}

static void post(void *ctx, enum rsp_function function, struct bytes body, struct buf *answer)
{
    struct lpa *lpa = ctx;

    dp_link_post(&lpa->link, function, body, answer);
    if (lpa->messages)
        dp_messages_add(lpa->messages, function, body, buf_bytes(answer));
}

static void download(struct lpa *lpa, size_t order)
{
    const struct dp_transport way = {lpa, post};

    dp_link_open(&lpa->link, lpa->load->port);
    dp_download(&lpa->card, order, &way);
    dp_link_close(&lpa->link);
}

/* When the order-th download of a paced load is due. */
static void wait_for_turn(const struct load *l, size_t n)
{
    int64_t due = l->start_ns + (int64_t)((double)n * 1e9 / l->rate);
    struct timespec at = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void *work(void *ctx)
{
    struct lpa *lpa = ctx;
    struct load *l = lpa->load;
    size_t order;

    while ((order = atomic_fetch_add(&l->next, 1)) < l->end) {
        size_t n = order - l->first;

        if (l->rate > 0)
            wait_for_turn(l, n);
        download(lpa, order);
        if (l->rate > 0) /* from when it was due: a late start counts */
            l->took_ms[n] =
                (double)(xk_monotonic_ns() - l->start_ns) / 1e6 - (double)n * 1e3 / l->rate;
    }
    return NULL;
}

/* All threads, until the orders from first on are done. Seconds. */
static double run_all(struct load *l, size_t first, size_t n)
{
    l->first = first;
    atomic_store(&l->next, first);
    l->end = first + n;
    l->start_ns = xk_monotonic_ns();
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_create(&l->lpa[i].thread, NULL, work, &l->lpa[i]) != 0)
            dp_die("pthread_create");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(l->lpa[i].thread, NULL);
    return (double)(xk_monotonic_ns() - l->start_ns) / 1e9;
}

/* ---- the site -------------------------------------------------------------------------------- */

static void write_file(const char *folder, const char *name, struct bytes content)
{
    char path[512];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, content.p, content.n) != (ssize_t)content.n || close(fd) != 0)
        dp_die(path);
}

static void write_certificate(const struct rsp_pki *pki, const char *folder, enum rsp_cert_id id,
                              const char *name)
{
    const struct rsp_cert cert = rsp_pki_cert(pki, id);
    char file[64];
    struct buf pem;

    snprintf(file, sizeof file, "%s.der", name);
    write_file(folder, file, cert.der);
    buf_init(&pem, DP_MESSAGE_MAX);
    dp_must(ec_key_write_pem(cert.key, &pem), "ec_key_write_pem");
    snprintf(file, sizeof file, "%s.key", name);
    write_file(folder, file, buf_bytes(&pem));
    buf_fini(&pem);
}

static int site(const char *folder)
{
    struct dp_place place;
    char data[480], database[512], key[512];

    snprintf(data, sizeof data, "%s/data", folder);
    snprintf(database, sizeof database, "%s/xieka.db", data);
    snprintf(key, sizeof key, "%s/master.key", data);
    if (mkdir(data, 0700) != 0)
        dp_die(data);
    dp_place_open(&place, database, key, DP_EUM_CACHED);
    write_certificate(place.pki, folder, RSP_CI, "ci");
    write_certificate(place.pki, folder, RSP_DPAUTH, "auth");
    write_certificate(place.pki, folder, RSP_DPPB, "pb");
    write_certificate(place.pki, folder, RSP_DPTLS, "tls");
    dp_place_fill(&place, 0, ORDERS);
    dp_place_close(&place);
    return 0;
}

/* ---- the modes ------------------------------------------------------------------------------- */

static double floor_slice(struct dp_floor *f, const struct dp_operations *o,
                          const struct dp_bare *bare, uint16_t port, const struct dp_link *like)
{
    const size_t n = (size_t)THREADS * CPU_DOWNLOADS;
    double start = cpu_us(), bare_start = dp_bare_cpu_us(bare), spent;

    for (size_t i = 0; i < n; i++) {
        dp_floor_ecdsa(f, o);
        dp_floor_rest(f, o);
    }
    spent = cpu_us() - start;
    for (size_t i = 0; i < n; i++) {
        struct dp_link link;

        dp_link_open(&link, port);
        dp_link_repeat(&link, like);
        dp_link_close(&link);
    }
    return (spent + dp_bare_cpu_us(bare) - bare_start) / (double)n;
}

/* What a download has the server compute, from one. */
static void count_operations(struct load *l, struct dp_operations *out)
{
    struct dp_messages messages;
    struct arena scratch;

    dp_messages_init(&messages);
    arena_init(&scratch, CARD_ARENA);
    l->lpa[0].messages = &messages;
    download(&l->lpa[0], FIRST_CPU);
    l->lpa[0].messages = NULL;
    dp_messages_decode(&messages);
    dp_messages_operations(&messages, DP_EUM_CACHED, &scratch, out);
    dp_messages_fini(&messages);
    arena_fini(&scratch);
}

static clockid_t clock_of(pid_t pid)
{
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0)
        dp_die("clock_getcpuclockid");
    return clock;
}

static int cpu(struct load *l, pid_t pid)
{
    struct dp_operations operations;
    double value[CPU_RUNS], floor[CPU_RUNS], ratio[CPU_RUNS];
    const size_t n = (size_t)THREADS * CPU_DOWNLOADS;
    struct dp_floor *f = dp_floor_new();
    struct dp_bare *bare;
    uint16_t bare_port;
    clockid_t clock = clock_of(pid);

    count_operations(l, &operations);
    run_all(l, FIRST_CPU + 1, n - 1); /* warm */
    bare = dp_bare_start(l->pki, &l->lpa[0].link, &bare_port);
    for (size_t i = 0; i < CPU_RUNS; i++) {
        double start = cpu_clock_us(clock);

        run_all(l, FIRST_CPU + (i + 1) * n, n);
        value[i] = (cpu_clock_us(clock) - start) / (double)n;
        floor[i] = floor_slice(f, &operations, bare, bare_port, &l->lpa[0].link);
        ratio[i] = value[i] / floor[i];
    }
    cpu_print("smdpp_download_cpu_tls", cpu_median(value, CPU_RUNS), cpu_median(floor, CPU_RUNS),
              cpu_median(ratio, CPU_RUNS), CPU_RUNS);
    dp_bare_stop(bare, bare_port);
    dp_floor_free(f);
    return 0;
}

static int rate(struct load *l, pid_t pid)
{
    clockid_t clock = clock_of(pid);
    double start, seconds;

    run_all(l, FIRST_RATE, THREADS); /* warm */
    start = cpu_clock_us(clock);
    seconds = run_all(l, FIRST_RATE + THREADS, RATE_DOWNLOADS);
    printf("%.1f %.1f\n", RATE_DOWNLOADS / seconds,
           RATE_DOWNLOADS * 1e6 / (cpu_clock_us(clock) - start));
    return 0;
}

static int paced(struct load *l, double a_second)
{
    static double took_ms[PACED_DOWNLOADS];

    l->rate = a_second;
    l->took_ms = took_ms;
    run_all(l, FIRST_PACED, PACED_DOWNLOADS);
    qsort(took_ms, PACED_DOWNLOADS, sizeof *took_ms, cpu_compare);
    printf("%.2f %.2f\n", took_ms[PACED_DOWNLOADS / 2], took_ms[PACED_DOWNLOADS * 99 / 100]);
    return 0;
}

/* The second number of statm, in pages. */
static size_t resident(pid_t pid)
{
    char path[32], line[128] = "", *end;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    f = fopen(path, "re");
    if (!f || !fgets(line, sizeof line, f))
        dp_die(path);
    fclose(f);
    strtoul(line, &end, 10);
    return strtoul(end, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

struct holding {
    struct load *load;
    uint16_t port;
    pid_t pid;
    const struct dp_link *like; /* NULL: a session is begun over each */
    struct dp_link links[SESSIONS];
};

static void hold_one(struct holding *h, struct dp_link *link)
{
    const struct dp_transport way = {link, dp_link_post};
    struct dp_download begun = {.card = &h->load->lpa[0].card};

    dp_link_open(link, h->port);
    if (h->like)
        dp_link_repeat(link, h->like);
    else
        dp_download_step(&begun, &way);
}

/* Bytes that an open connection adds to the process, past what is made once. */
static double held_bytes(struct holding *h)
{
    size_t before = 0, after;

    for (size_t i = 0; i < SESSIONS; i++) {
        if (i == SESSIONS_FIRST)
            before = resident(h->pid);
        hold_one(h, &h->links[i]);
    }
    after = resident(h->pid);
    for (size_t i = 0; i < SESSIONS; i++)
        dp_link_close(&h->links[i]);
    return (double)(after - before) / (SESSIONS - SESSIONS_FIRST);
}

static int sessions(struct load *l, pid_t pid)
{
    static struct holding ours, bare;
    double value, floor;

    ours = (struct holding){.load = l, .port = l->port, .pid = pid};
    value = held_bytes(&ours);
    bare = (struct holding){.load = l, .like = &ours.links[0]};
    bare.pid = dp_holder_start(l->pki, bare.like, &bare.port);
    floor = held_bytes(&bare);
    dp_holder_stop(bare.pid);
    printf("%.0f %.0f\n", value, floor);
    return 0;
}

int main(int argc, char **argv)
{
    static struct load l;
    const char *mode = argc > 2 ? argv[1] : "";
    int status = 64;

    if (strcmp(mode, "site") == 0)
        return site(argv[2]);
    if (argc < 3)
        return 64;
    load_open(&l, (uint16_t)strtoul(argv[2], NULL, 10));
    if (argc == 4 && strcmp(mode, "rate") == 0)
        status = rate(&l, (pid_t)strtol(argv[3], NULL, 10));
    else if (argc == 4 && strcmp(mode, "cpu") == 0)
        status = cpu(&l, (pid_t)strtol(argv[3], NULL, 10));
    else if (argc == 4 && strcmp(mode, "paced") == 0)
        status = paced(&l, strtod(argv[3], NULL));
    else if (argc == 4 && strcmp(mode, "sessions") == 0)
        status = sessions(&l, (pid_t)strtol(argv[3], NULL, 10));
    load_close(&l);
    return status;
}
