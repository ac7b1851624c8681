/* SPDX-License-Identifier: Apache-2.0 */
/* The client side of the home network interface: numbers to open and close, gathered for a moment
 * and said together. */
#include "prog/xiekad/daemon.h"

#include "crypto/random.h"

#define GATHER_MS 4
#define AGAIN_MIN_MS 250
#define AGAIN_MAX_MS 8000
#define BODY_MAX ((size_t)256 << 10)
#define UNDER_WAY_MAX 4

struct home_batch {
    struct home_client *home;
    size_t n;
    int64_t outbox_id[HOME_BATCH_MAX];
    uint32_t attempts[HOME_BATCH_MAX];
    struct home_subscriber subscriber[HOME_BATCH_MAX];
};

struct home_client {
    struct daemon *d;
    struct httpc *http;
    struct loop_timer *timer;
    struct home_batch *gathering;
    unsigned under_way;
    char url[DAEMON_PATH_MAX];
    char authorisation[HOME_TOKEN_MAX + 32];
};

static void batch_free(struct home_batch *b)
{
    if (b)
        explicit_bzero(b, sizeof *b);
    free(b);
}

/* Soon after a stumble, seldom while the network is down. */
static int64_t wait_after(uint32_t attempts)
{
    return attempts < 5 ? AGAIN_MIN_MS << attempts : AGAIN_MAX_MS;
}

static void one_again(struct home_batch *b, size_t i)
{
    say_again_later(b->home->d, b->outbox_id[i], wait_after(b->attempts[i]));
}

static void batch_again(struct home_batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        one_again(b, i);
}

static const char *result_for(const struct home_result *results, size_t n, const char *imsi)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(results[i].imsi, imsi) == 0)
            return results[i].code;
    }
    return NULL;
}

/* A number that has no result in the answer is asked for again. */
static void submit_results(struct home_batch *b, const struct home_result *results, size_t n)
{
    struct job *job;

    if (job_new(JOB_OPENED, &job) != XK_OK)
        return;
    job->u.opened.list = arena_alloc(&job->arena, b->n * sizeof *job->u.opened.list);
    if (!job->u.opened.list) {
        job_free(job);
        return;
    }
    for (size_t i = 0; i < b->n; i++) {
        struct opened *o = &job->u.opened.list[job->u.opened.n];
        const char *code = result_for(results, n, b->subscriber[i].imsi);

        if (!code) {
            one_again(b, i);
            continue;
        }
        job->u.opened.n++;
        o->outbox_id = b->outbox_id[i];
        o->op = b->subscriber[i].op;
        snprintf(o->imsi, sizeof o->imsi, "%s", b->subscriber[i].imsi);
        if (strcmp(code, "0") != 0)
            snprintf(o->reason, sizeof o->reason, "%s", code);
    }
    job_submit(b->home->d, job);
}

static void on_answer(void *arg, const struct httpc_response *response)
{
    struct home_result *results = NULL;
    struct home_batch *b = arg;
    size_t n = 0;

    b->home->under_way--;
    if (response->err == XK_OK && response->status == 200)
        results = calloc(HOME_BATCH_MAX, sizeof *results);
    if (results && home_decode_results(response->body, results, HOME_BATCH_MAX, &n) == XK_OK) {
        submit_results(b, results, n);
    } else {
        xk_log(XK_LOG_WARN, "home.failed status=%u error=%s", response->status,
               response->error_text);
        batch_again(b);
    }
    free(results);
    if (b->home->gathering)
        loop_timer_start(b->home->timer, 0);
    batch_free(b);
}

static enum xk_err send_batch(struct home_client *h, struct home_batch *b)
{
    const char *headers[] = {h->authorisation, "Content-Type: application/json"};
    struct httpc_request request = {
        .url = h->url, .headers = headers, .header_count = ARRAY_LEN(headers)};
    struct buf body;
    enum xk_err err;

    buf_init(&body, BODY_MAX);
    err =
        home_encode_subscribers(b->subscriber, b->n, h->d->transport_key, random_openssl(), &body);
    request.body = buf_bytes(&body);
    if (err == XK_OK)
        err = httpc_send(h->http, &request, on_answer, b);
    buf_fini(&body);
    return err;
}

static void flush(void *arg)
{
    struct home_client *h = arg;
    struct home_batch *b = h->gathering;

    if (!b || h->under_way >= UNDER_WAY_MAX)
        return;
    h->gathering = NULL;
    if (send_batch(h, b) == XK_OK) {
        h->under_way++;
        return;
    }
    batch_again(b);
    batch_free(b);
}

void home_client_say(struct home_client *h, const struct outbox_item *item)
{
    struct home_batch *b = h->gathering;

    if (!h->http || (b && b->n == HOME_BATCH_MAX)) {
        say_again_later(h->d, item->id, wait_after(item->attempts));
        return;
    }
    if (!b) {
        b = h->gathering = calloc(1, sizeof *b);
        if (!b)
            return; /* its lease brings it back */
        b->home = h;
        loop_timer_start(h->timer, GATHER_MS);
    }
    b->outbox_id[b->n] = item->id;
    b->attempts[b->n] = item->attempts;
    memcpy(&b->subscriber[b->n], item->payload.p, sizeof b->subscriber[0]);
    if (++b->n == HOME_BATCH_MAX)
        flush(h);
}

static enum xk_err open_client(struct home_client *h)
{
    const struct conf *conf = h->d->conf;
    const char *url = conf_string(conf, "home_url");
    const char *ca = conf_string(conf, "home_ca");
    const struct httpc_options options = {
        .loop = h->d->loop, .ca_file = ca[0] ? ca : NULL, .connections_max = UNDER_WAY_MAX};

    TRY(loop_timer_new(h->d->loop, flush, h, &h->timer));
    if (url[0] == '\0')
        return XK_OK;
    snprintf(h->url, sizeof h->url, "%s/hss/v1/subscribers", url);
    snprintf(h->authorisation, sizeof h->authorisation, "Authorization: Bearer %s",
             conf_string(conf, "home_token"));
    return httpc_new(&options, &h->http);
}

enum xk_err home_client_new(struct daemon *d, struct home_client **out)
{
    struct home_client *h = calloc(1, sizeof *h);
    enum xk_err err;

    if (!h)
        return XK_E_NOMEM;
    h->d = d;
    err = open_client(h);
    if (err != XK_OK) {
        home_client_free(h);
        return err;
    }
    *out = h;
    return XK_OK;
}

void home_client_free(struct home_client *h)
{
    if (!h)
        return;
    httpc_free(h->http);
    loop_timer_free(h->timer);
    batch_free(h->gathering);
    explicit_bzero(h->authorisation, sizeof h->authorisation);
    free(h);
}
