/* SPDX-License-Identifier: Apache-2.0 */
/* xiekad: wiring. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "crypto/random.h"
#include "prog/xiekad/daemon.h"
#include "prog/xiekad/metrics.h"
#include "prog/xiekad/rsp.h"

#define TICK_MS 100
#define MINUTE_MS 60000
#define WHY_MAX 1024

enum exit_code { EXIT_OK = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

static void print_usage(FILE *to)
{
    fprintf(to, "usage: xiekad [-c FILE] [-o NAME=VALUE]... [--port-file FILE]\n"
                "       xiekad [-c FILE] [-o NAME=VALUE]... --add-app ID[:ROLES[:CIDRS]]\n"
                "       xiekad --sample-config | --version | --help\n");
}

struct arguments {
    const char *config, *add_app, *port_file;
    const char *overrides[64];
    size_t override_count;
};

static enum xk_err open_conf(const struct arguments *a, struct daemon *d)
{
    char mem[WHY_MAX];
    struct buf why;
    size_t n;
    const struct conf_option *options = daemon_options(&n);
    enum xk_err err;

    buf_init_fixed(&why, mem, sizeof mem);
    err = conf_open(options, n, a->config, &why, &d->conf);
    for (size_t i = 0; err == XK_OK && i < a->override_count; i++)
        err = conf_set(d->conf, a->overrides[i], &why);
    if (err != XK_OK)
        fprintf(stderr, "xiekad: %s\n", buf_cstr(&why));
    return err;
}

static enum xk_err complain(const char *what, enum xk_err err)
{
    if (err != XK_OK)
        fprintf(stderr, "xiekad: %s: %s\n", what, xk_err_text(err));
    return err;
}

static enum xk_err open_data_dir(struct daemon *d)
{
    char path[DAEMON_PATH_MAX + 32];

    snprintf(d->data_dir, sizeof d->data_dir, "%s", conf_string(d->conf, "data_dir"));
    if (mkdir(d->data_dir, 0700) != 0 && errno != EEXIST)
        return complain(d->data_dir, XK_E_IO);
    snprintf(path, sizeof path, "%s/master.key", d->data_dir);
    return complain(path, keystore_open(path, random_openssl(), &d->keystore));
}

static enum xk_err check_database(const struct daemon *d)
{
    const char *database = conf_string(d->conf, "database");

    if (strcmp(database, "sqlite") == 0 || strncmp(database, "sqlite:", 7) == 0 ||
        strncmp(database, "postgresql:", 11) == 0)
        return XK_OK;
    fprintf(stderr, "xiekad: database: '%s' is none this program knows\n", database);
    return XK_E_VALUE;
}

/* One daemon a data directory: two outbox pumps would say everything twice. The lock goes with the
 * process, however that ends. */
static enum xk_err lock_data_dir(struct daemon *d)
{
    char path[DAEMON_PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/lock", d->data_dir);
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->lock_fd < 0)
        return complain(path, XK_E_IO);
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return XK_OK;
    if (errno != EWOULDBLOCK)
        return complain(path, XK_E_IO);
    fprintf(stderr, "xiekad: %s: another xiekad is running on this data directory\n", path);
    return XK_E_BUSY;
}

/* The transport key: 64 hexadecimal digits, in a file of its own. */
static enum xk_err read_transport_key(struct daemon *d)
{
    const char *path = conf_string(d->conf, "home_key");
    char text[2 * HOME_KEY_LEN];
    ssize_t n;
    int fd;

    if (path[0] == '\0')
        return XK_OK;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(path, XK_E_IO);
    n = read(fd, text, sizeof text);
    close(fd);
    if (n != (ssize_t)sizeof text ||
        hex_decode_exact(BYTES_OF(text), d->transport_key, HOME_KEY_LEN) != XK_OK)
        return complain(path, XK_E_FORMAT);
    explicit_bzero(text, sizeof text);
    d->has_transport_key = true;
    return XK_OK;
}

static enum xk_err check_home(struct daemon *d)
{
    if (conf_string(d->conf, "home_url")[0] == '\0')
        return XK_OK;
    if (!d->has_transport_key || conf_string(d->conf, "home_token")[0] == '\0') {
        fprintf(stderr, "xiekad: home_url needs home_token and home_key\n");
        return XK_E_VALUE;
    }
    return XK_OK;
}

static enum xk_err open_tls(struct daemon *d)
{
    struct tls_self_signed own = {
        .dir = d->data_dir, .name = "xiekad", .cn = "xiekad", .clock = xk_clock_system()};
    struct tls_files files;

    if (conf_string(d->conf, "tls_cert")[0] != '\0')
        return complain(conf_string(d->conf, "tls_cert"),
                        tls_server_new(conf_string(d->conf, "tls_cert"),
                                       conf_string(d->conf, "tls_key"), &d->tls));
    TRY(complain("certificate", tls_generate_self_signed(&own, &files)));
    return complain(files.cert, tls_server_new(files.cert, files.key, &d->tls));
}

/* How long the message centre has been out of reach; 0: it is not, or there is none. */
static int64_t down_ms(struct daemon *d)
{
    int64_t now = xk_now(xk_clock_system());

    if (!conf_string(d->conf, "smpp_host")[0] || sms_link_stats(d->sms)->state == SMPP_ESME_BOUND)
        d->down_since = 0;
    else if (d->down_since == 0)
        d->down_since = now;
    return d->down_since > 0 ? now - d->down_since : 0;
}

/* Once a minute the calls since the last time go along, to be written down. */
static void take_minute(struct daemon *d, struct job *job)
{
    int64_t minute = xk_now(xk_clock_system()) / MINUTE_MS;

    if (minute == d->minute)
        return;
    d->minute = minute;
    job->u.tick.minute = true;
    job->u.tick.calls = d->calls;
    d->calls = (struct platform_calls){{0}, {0}, {{0}}};
}

static void on_tick(void *arg)
{
    struct daemon *d = arg;
    struct job *job;

    loop_timer_start(d->tick, TICK_MS);
    if (d->tick_under_way || job_new(JOB_TICK, &job) != XK_OK)
        return;
    d->tick_under_way = true;
    job->u.tick.down_ms = down_ms(d);
    take_minute(d, job);
    job_submit(d, job);
}

static void put_status(void *ctx, struct buf *b)
{
    struct daemon *d = ctx;
    const struct smpp_esme_stats *s = sms_link_stats(d->sms);

    buf_printf(b,
               ",\"smpp\":{\"state\":\"%s\",\"queued\":%u,\"outstanding\":%u,\"submitted\":%llu,"
               "\"delivered\":%llu},\"uptimeMs\":%lld",
               conf_string(d->conf, "smpp_host")[0] ? smpp_esme_state_name(s->state) : "off",
               s->queued, s->outstanding, (unsigned long long)s->submitted,
               (unsigned long long)s->delivered,
               (long long)(xk_now(xk_clock_system()) - d->started_at));
}

static enum xk_err open_partner(struct daemon *d)
{
    struct partner_options o = {
        .keystore = d->keystore,
        .rand = random_openssl(),
        .has_home = conf_string(d->conf, "home_url")[0] != '\0',
        .unlimited = !conf_bool(d->conf, "call_limits"),
        .put_status = put_status,
        .ctx = d,
    };

    inputs_plug(d, &o);
    return partner_new(&o, &d->partner);
}

static enum xk_err open_links(struct daemon *d)
{
    const struct httpc_options callbacks = {.loop = d->loop, .timeout_ms = 5000};
    const struct worker_options worker = {
        .loop = d->loop,
        .start = jobs_start,
        .finish = jobs_finish,
        .run = jobs_run,
        .done = jobs_done,
        .ctx = d,
        .queue_max = 65536,
        .name = "decide",
    };

    TRY(complain("database", worker_new(&worker, &d->worker)));
    TRY(httpc_new(&callbacks, &d->callbacks));
    TRY(complain("home network", home_client_new(d, &d->home)));
    TRY(complain("message centre", sms_link_new(d, &d->sms)));
    return loop_timer_new(d->loop, on_tick, d, &d->tick);
}

static enum xk_err open_http(struct daemon *d, uint16_t *port)
{
    const struct httpd_limits limits = {
        .body_max = (size_t)conf_int(d->conf, "body_max"),
        .header_ms = (uint32_t)conf_int(d->conf, "header_ms"),
        .body_ms = (uint32_t)conf_int(d->conf, "body_ms"),
        .connections_max = (unsigned)conf_int(d->conf, "connections_max"),
    };
    const struct httpd_listen where = {
        .address = conf_string(d->conf, "listen"),
        .port = (uint16_t)conf_int(d->conf, "port"),
        .tls = d->tls,
        .handler = http_take,
        .ctx = d,
    };

    TRY(metrics_new(&d->metrics));
    TRY(httpd_new(d->loop, &limits, &d->httpd));
    return complain("listen", httpd_listen(d->httpd, &where, port));
}

/* So that scripts and tests find a daemon that chose its own port: written whole or not at all. */
static enum xk_err write_port_file(const char *path, uint16_t port)
{
    char tmp[DAEMON_PATH_MAX];
    FILE *f;

    if (!path)
        return XK_OK;
    snprintf(tmp, sizeof tmp, "%s.new", path);
    f = fopen(tmp, "we");
    if (!f)
        return complain(tmp, XK_E_IO);
    fprintf(f, "%u\n", port);
    if (fclose(f) != 0 || rename(tmp, path) != 0)
        return complain(path, XK_E_IO);
    return XK_OK;
}

static void on_signal(void *arg)
{
    loop_stop(((struct daemon *)arg)->loop);
}

static enum xk_err serve(struct daemon *d, const struct arguments *a)
{
    struct loop_signal *term = NULL;
    struct loop_signal *intr = NULL;
    uint16_t port;
    enum xk_err err;

    TRY(open_http(d, &port));
    if (d->rsp)
        TRY(rsp_listen(d->rsp));
    TRY(loop_signal_new(d->loop, SIGTERM, on_signal, d, &term));
    TRY(loop_signal_new(d->loop, SIGINT, on_signal, d, &intr));
    loop_timer_start(d->tick, 0);
    err = write_port_file(a->port_file, port);
    if (err == XK_OK) {
        xk_log(XK_LOG_INFO, "ready port=%u data=%s", port, d->data_dir);
        err = loop_run(d->loop);
    }
    loop_signal_free(term);
    loop_signal_free(intr);
    return err;
}

static void close_all(struct daemon *d)
{
    if (d->httpd)
        httpd_stop_accepting(d->httpd);
    if (d->worker)
        worker_stop(d->worker); /* what was taken is committed and answered */
    loop_timer_free(d->tick);
    if (d->rsp)
        rsp_refuse_parked(d->rsp);
    httpd_free(d->httpd);
    metrics_free(d->metrics);
    rsp_free(d->rsp);
    sms_link_free(d->sms);
    home_client_free(d->home);
    httpc_free(d->callbacks);
    worker_free(d->worker);
    partner_free(d->partner);
    tls_server_free(d->tls);
    loop_free(d->loop);
    keystore_close(d->keystore);
    explicit_bzero(d->transport_key, sizeof d->transport_key);
    conf_close(d->conf);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
}

/* The text up to the next colon (or all that is left) into out, when there is any. */
static bool take_part(const char **at, size_t n, char *out, size_t cap)
{
    if (n > 0 && !bytes_to_cstr(BYTES(*at, n), out, cap))
        return false;
    *at += n;
    *at += **at == ':';
    return true;
}

/* Who has the console may do this: it is written down. */
static enum xk_err note_app(struct daemon *d, const char *id)
{
    struct audit_entry e = {.at = xk_now(xk_clock_system()),
                            .org_id = ORG_ROOT,
                            .peer = "console",
                            .action = "xiekad --add-app"};

    snprintf(e.subject, sizeof e.subject, "%s", id);
    return audit_append(d->audit, d->store, &e);
}

/* --add-app ID[:ROLES[:CIDRS]]: prints the secret, once. */
static enum xk_err add_app(struct daemon *d, const char *what)
{
    char id[33] = "";
    char roles[65] = "write,query";
    char cidrs[257] = "";
    const struct partner_app app = {
        .id = id, .name = id, .org_id = ORG_ROOT, .roles = roles, .ip_allow = cidrs};
    char secret[PARTNER_SECRET_TEXT];
    const char *at = what;
    enum xk_err err;

    if (!take_part(&at, strcspn(at, ":"), id, sizeof id) ||
        !take_part(&at, strcspn(at, ":"), roles, sizeof roles) ||
        !take_part(&at, strlen(at), cidrs, sizeof cidrs)) /* which have colons of their own */
        return complain(what, XK_E_VALUE);
    TRY(jobs_start(d));
    err = store_begin(d->store);
    if (err == XK_OK)
        err = partner_add_app(d->store, d->keystore, random_openssl(), &app,
                              xk_now(xk_clock_system()), secret);
    if (err == XK_OK)
        err = note_app(d, id);
    if (err == XK_OK)
        err = store_commit(d->store);
    jobs_finish(d);
    if (complain(what, err) == XK_OK)
        printf("%s\n", secret);
    explicit_bzero(secret, sizeof secret);
    return err;
}

static enum xk_err run(struct daemon *d, const struct arguments *a)
{
    enum xk_log_level level;

    TRY(open_conf(a, d));
    TRY(complain("log_level", xk_log_level_parse(conf_string(d->conf, "log_level"), &level)));
    xk_log_set_level(level);
    d->started_at = xk_now(xk_clock_system());
    daemon_policy(d->conf, &d->policy);
    TRY(check_database(d));
    TRY(open_data_dir(d));
    if (a->add_app)
        return add_app(d, a->add_app);
    TRY(lock_data_dir(d));
    TRY(read_transport_key(d));
    TRY(check_home(d));
    TRY(open_tls(d));
    TRY(loop_new(&d->loop));
    TRY(open_partner(d));
    TRY(rsp_open(d, &d->rsp));
    TRY(open_links(d));
    return serve(d, a);
}

static void print_sample(void)
{
    struct buf out;
    size_t n;
    const struct conf_option *options = daemon_options(&n);

    buf_init(&out, 65536);
    conf_sample(options, n, &out);
    fwrite(out.p, 1, out.n, stdout);
    buf_fini(&out);
}

enum { OPT_ADD_APP = 256, OPT_PORT_FILE, OPT_SAMPLE, OPT_VERSION };

/* Returns -1 to go on, else the exit code. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"option", required_argument, NULL, 'o'},
        {"add-app", required_argument, NULL, OPT_ADD_APP},
        {"port-file", required_argument, NULL, OPT_PORT_FILE},
        {"sample-config", no_argument, NULL, OPT_SAMPLE},
        {"version", no_argument, NULL, OPT_VERSION},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int opt;

    while ((opt = getopt_long(argc, argv, "c:o:h", longs, NULL)) != -1) {
        switch (opt) {
        case 'c':
            a->config = optarg;
            break;
        case 'o':
            if (a->override_count == ARRAY_LEN(a->overrides))
                return EXIT_USAGE;
            a->overrides[a->override_count++] = optarg;
            break;
        case OPT_ADD_APP:
            a->add_app = optarg;
            break;
        case OPT_PORT_FILE:
            a->port_file = optarg;
            break;
        case OPT_SAMPLE:
            print_sample();
            return EXIT_OK;
        case OPT_VERSION:
            printf("xiekad %s\n", XIEKA_VERSION);
            return EXIT_OK;
        case 'h':
            print_usage(stdout);
            return EXIT_OK;
        default:
            print_usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    print_usage(stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct arguments a = {0};
    struct daemon d = {.lock_fd = -1};
    int code = read_arguments(argc, argv, &a);
    enum xk_err err;

    if (code >= 0)
        return code;
    err = run(&d, &a);
    close_all(&d);
    return err == XK_OK ? EXIT_OK : EXIT_TROUBLE;
}
