/* SPDX-License-Identifier: Apache-2.0 */
/* Our message centre and Debian's kannel as its ESME (SMPP 3.4): bearerbox binds as transceiver,
 * smsbox makes it submit and answers what we deliver. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "it/net_wait.h"
#include "net/httpc/httpc.h"
#include "net/loop/socket.h"
#include "net/smpp/smsc.h"
#include "xt.h"

#define BEARERBOX "/usr/sbin/bearerbox"
#define SMSBOX "/usr/sbin/smsbox"
#define PARTS_MAX 8

struct part {
    uint8_t esm_class;
    char to[SMPP_ADDR_MAX];
    uint8_t message[SMPP_SM_MAX];
    size_t n;
};

/* One kannel for all tests: it takes a second to come up. */
static struct kannel {
    struct loop *loop;
    struct smpp_smsc *smsc;
    struct httpc *http;
    uint16_t admin_port, smsbox_port, http_port;
    pid_t bearerbox, smsbox;
    char dir[64], conf[128];
    unsigned bound, unbound, submits, delivered, answers;
    uint32_t delivered_status;
    unsigned http_status;
    enum xk_err http_err;
    struct part parts[PARTS_MAX];
} k;

/* ---- our side -------------------------------------------------------------------------------- */

static uint32_t on_bind(void *ctx, const struct smpp_smsc_peer *peer, const char *password)
{
    (void)ctx;
    CHECK_STR(peer->system_id, "kannel");
    CHECK_INT(peer->command, SMPP_BIND_TRANSCEIVER);
    return strcmp(password, "secret") == 0 ? SMPP_ROK : SMPP_RINVPASWD;
}

static void on_submit(void *ctx, uint64_t token, const struct smpp_smsc_peer *peer,
                      const struct smpp_sm *sm)
{
    struct part *part = &k.parts[k.submits % PARTS_MAX];
    char id[16];

    (void)ctx;
    (void)peer;
    part->esm_class = sm->esm_class;
    snprintf(part->to, sizeof part->to, "%s", sm->destination.digits);
    part->n = sm->message.n < sizeof part->message ? sm->message.n : sizeof part->message;
    memcpy(part->message, sm->message.p, part->n);
    snprintf(id, sizeof id, "%08u", ++k.submits);
    smpp_smsc_submit_done(k.smsc, token, SMPP_ROK, id);
}

static void on_delivered(void *ctx, uint64_t ref, const struct smpp_deliver_result *result)
{
    (void)ctx;
    CHECK_INT(ref, 77);
    CHECK_INT(result->err, XK_OK);
    k.delivered++;
    k.delivered_status = result->status;
}

static void on_bound(void *ctx, const struct smpp_smsc_peer *peer)
{
    (void)ctx;
    (void)peer;
    k.bound++;
}

static void on_unbound(void *ctx, const struct smpp_smsc_peer *peer)
{
    (void)ctx;
    (void)peer;
    k.unbound++;
}

static const struct smpp_smsc_events events = {
    .bind = on_bind,
    .submit = on_submit,
    .delivered = on_delivered,
    .bound = on_bound,
    .unbound = on_unbound,
};

/* ---- kannel's side --------------------------------------------------------------------------- */

static uint16_t free_port(void)
{
    uint16_t port = 0;
    int fd;

    if (socket_listen("127.0.0.1", 0, &fd) == XK_OK) {
        port = socket_port(fd);
        close(fd);
    }
    return port;
}

static void write_conf(void)
{
    FILE *f = fopen(k.conf, "w");

    if (!f)
        abort();
    fprintf(f,
            "group = core\nadmin-port = %u\nadmin-password = bar\nsmsbox-port = %u\n"
            "box-allow-ip = \"127.0.0.1\"\n\n"
            "group = smsc\nsmsc = smpp\nsmsc-id = xieka\nhost = 127.0.0.1\nport = %u\n"
            "transceiver-mode = true\nsmsc-username = \"kannel\"\nsmsc-password = \"secret\"\n"
            "system-type = \"\"\nenquire-link-interval = 1\n\n"
            "group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = %u\n\n"
            "group = sendsms-user\nusername = tester\npassword = foobar\nmax-messages = 3\n"
            "concatenation = true\n\n"
            "group = sms-service\nkeyword = default\ntext = \"You asked: %%a\"\n",
            k.admin_port, k.smsbox_port, smpp_smsc_port(k.smsc), k.http_port);
    fclose(f);
}

static pid_t run(const char *program)
{
    char name[64], *argv[] = {name, k.conf, NULL};
    posix_spawn_file_actions_t actions;
    char log[128];
    pid_t pid = -1;

    snprintf(name, sizeof name, "%s", program);
    snprintf(log, sizeof log, "%s/log", k.dir);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&pid, program, &actions, NULL, argv, environ) != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static bool has_ended(pid_t pid)
{
    return pid <= 0 || waitpid(pid, NULL, WNOHANG) == pid;
}

static void on_answer(void *arg, const struct httpc_response *response)
{
    (void)arg;
    k.answers++;
    k.http_err = response->err;
    k.http_status = response->status;
}

/* smsbox gives up when bearerbox is not ready; then it is started again. */
static enum xk_err get(const char *query)
{
    char url[1024];
    struct httpc_request request = {.url = url};
    unsigned before = k.answers;

    snprintf(url, sizeof url,
             "http://127.0.0.1:%u/cgi-bin/sendsms?username=tester&password=foobar&%s", k.http_port,
             query);
    TRY(httpc_send(k.http, &request, on_answer, NULL));
    WAIT(k.loop, k.answers > before);
    if (k.http_err == XK_E_CLOSED && has_ended(k.smsbox))
        k.smsbox = run(SMSBOX);
    return k.http_err;
}

static void send_sms(const char *query)
{
    int64_t until = xk_monotonic_ns() + WAIT_LIMIT_NS;

    while (get(query) != XK_OK && xk_monotonic_ns() < until)
        CHECK_OK(loop_turn(k.loop, 50));
    CHECK_INT(k.http_status, 202);
}

static bool installed(void)
{
    return access(BEARERBOX, X_OK) == 0 && access(SMSBOX, X_OK) == 0;
}

static void open_kannel(void)
{
    struct smpp_smsc_options options = {.address = "127.0.0.1", .on = &events};
    struct httpc_options http = {0};

    snprintf(k.dir, sizeof k.dir, "/tmp/xieka-kannel-XXXXXX");
    if (!mkdtemp(k.dir))
        abort();
    snprintf(k.conf, sizeof k.conf, "%s/kannel.conf", k.dir);
    CHECK_OK(loop_new(&k.loop));
    options.loop = http.loop = k.loop;
    CHECK_OK(smpp_smsc_new(&options, &k.smsc));
    CHECK_OK(httpc_new(&http, &k.http));
    k.admin_port = free_port();
    k.smsbox_port = free_port();
    k.http_port = free_port();
    write_conf();
    k.bearerbox = run(BEARERBOX);
}

static void end_process(pid_t *pid)
{
    if (*pid <= 0)
        return;
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

static void close_kannel(void)
{
    char log[128];

    end_process(&k.smsbox);
    end_process(&k.bearerbox);
    httpc_free(k.http);
    smpp_smsc_free(k.smsc);
    loop_free(k.loop);
    snprintf(log, sizeof log, "%s/log", k.dir);
    unlink(log);
    unlink(k.conf);
    rmdir(k.dir);
}

/* ---- the tests ------------------------------------------------------------------------------- */

TEST(kannel_binds)
{
    if (!installed())
        SKIP("kannel is not installed");
    open_kannel();
    WAIT(k.loop, k.bound == 1);
}

TEST(kannel_submits)
{
    if (!k.loop)
        SKIP("kannel is not installed");
    send_sms("from=10086&to=861440000000001&text=hello");
    WAIT(k.loop, k.submits == 1);
    CHECK_STR(k.parts[0].to, "861440000000001");
    CHECK_HEX(BYTES(k.parts[0].message, k.parts[0].n), "68656c6c6f");
}

/* A long text comes in parts with a concatenation header (SMPP 3.4 5.2.12, UDHI). */
TEST(kannel_submits_a_long_message)
{
    char query[512] = "from=10086&to=861440000000001&text=";
    size_t n = strlen(query);

    if (!k.loop)
        SKIP("kannel is not installed");
    memset(query + n, 'x', 200);
    query[n + 200] = '\0';
    k.submits = 0;
    send_sms(query);
    WAIT(k.loop, k.submits == 2);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(k.parts[i].esm_class & SMPP_ESM_UDHI, SMPP_ESM_UDHI);
        CHECK_HEX(BYTES(k.parts[i].message, 3), "050003");
        CHECK_INT(k.parts[i].message[4], 2);
        CHECK_INT(k.parts[i].message[5], i + 1);
    }
}

TEST(kannel_takes_what_we_deliver_and_answers)
{
    struct smpp_sm sm = {
        .source = {1, 1, "861440000000001"},
        .destination = {1, 1, "10086"},
        .message = BYTES_STR("ping"),
    };

    if (!k.loop)
        SKIP("kannel is not installed");
    k.submits = 0;
    CHECK_OK(smpp_smsc_deliver(k.smsc, &sm, "kannel", 77));
    WAIT(k.loop, k.delivered == 1 && k.submits == 1);
    CHECK_INT(k.delivered_status, SMPP_ROK);
    CHECK(bytes_eq(BYTES(k.parts[0].message, k.parts[0].n), BYTES_STR("You asked: ping")));
}

TEST(kannel_unbinds)
{
    struct smpp_smsc_stats stats;

    if (!k.loop)
        SKIP("kannel is not installed");
    end_process(&k.smsbox);
    kill(k.bearerbox, SIGTERM);
    WAIT(k.loop, k.unbound == 1);
    smpp_smsc_stats(k.smsc, &stats);
    CHECK_INT(stats.nonsense, 0);
    close_kannel();
}

TESTS_MAIN(XT_CASE(kannel_binds), XT_CASE(kannel_submits), XT_CASE(kannel_submits_a_long_message),
           XT_CASE(kannel_takes_what_we_deliver_and_answers), XT_CASE(kannel_unbinds))
