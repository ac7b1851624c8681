/* SPDX-License-Identifier: Apache-2.0 */
/* Attach events to the platform: in order, in batches, one request at a time, kept until it says
 * that it has them. */
#include "prog/xieka-fleet/program.h"

#define GATHER_MS 5
#define AGAIN_MS 1000
#define WAITING_MAX 1000000
#define BODY_MAX ((size_t)256 << 10)

struct events {
    struct program *p;
    struct httpc *http;
    struct loop_timer *timer;
    struct home_event *ring;
    size_t first, n, cap;
    uint64_t seq, dropped;
    bool under_way;
    char url[512];
    char authorisation[HOME_TOKEN_MAX + 32];
};

static struct home_event *at(const struct events *e, size_t i)
{
    return &e->ring[(e->first + i) % e->cap];
}

static bool grow(struct events *e)
{
    size_t cap = e->cap ? e->cap * 2 : 256;
    struct home_event *ring = cap <= 2 * WAITING_MAX ? calloc(cap, sizeof *ring) : NULL;

    if (!ring)
        return false;
    for (size_t i = 0; i < e->n; i++)
        ring[i] = *at(e, i);
    free(e->ring);
    e->ring = ring;
    e->first = 0;
    e->cap = cap;
    return true;
}

static void wait_ms(struct events *e, uint32_t ms)
{
    if (!e->under_way && e->n > 0)
        loop_timer_start(e->timer, ms);
}

static void taken_up_to(struct events *e, uint64_t seq)
{
    while (e->n > 0 && at(e, 0)->seq <= seq) {
        e->first = (e->first + 1) % e->cap;
        e->n--;
    }
}

static void on_answer(void *arg, const struct httpc_response *r)
{
    struct events *e = arg;
    uint64_t seq;

    e->under_way = false;
    if (r->err == XK_OK && r->status == 200 && home_decode_taken(r->body, &seq) == XK_OK) {
        taken_up_to(e, seq);
        wait_ms(e, 0);
        return;
    }
    xk_log(XK_LOG_WARN, "events.failed status=%u error=%s waiting=%zu", r->status, r->error_text,
           e->n);
    wait_ms(e, AGAIN_MS);
}

static enum xk_err post(struct events *e, struct bytes body)
{
    const char *headers[] = {e->authorisation};
    const struct httpc_request request = {
        .url = e->url, .headers = headers, .header_count = ARRAY_LEN(headers), .body = body};

    return httpc_send(e->http, &request, on_answer, e);
}

static void send_batch(void *arg)
{
    struct events *e = arg;
    size_t n = e->n < HOME_BATCH_MAX ? e->n : HOME_BATCH_MAX;
    struct home_event batch[HOME_BATCH_MAX];
    struct buf body;

    if (e->under_way || n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        batch[i] = *at(e, i);
    buf_init(&body, BODY_MAX);
    if (home_encode_events(batch, n, &body) == XK_OK && post(e, buf_bytes(&body)) == XK_OK)
        e->under_way = true;
    else
        wait_ms(e, AGAIN_MS);
    buf_fini(&body);
}

void events_add(struct events *e, const struct testnet_attach *a)
{
    struct home_event *out;

    if (!e->http)
        return;
    if (e->n == e->cap && !grow(e)) {
        if (e->dropped++ == 0)
            xk_log(XK_LOG_ERROR, "events.full waiting=%zu", e->n);
        return;
    }
    out = at(e, e->n++);
    *out = (struct home_event){
        .seq = ++e->seq, .type = HOME_ATTACH, .lac = a->lac, .cell = a->cell, .time = a->time};
    snprintf(out->imsi, sizeof out->imsi, "%.15s", a->imsi);
    snprintf(out->msisdn, sizeof out->msisdn, "%s", a->msisdn);
    snprintf(out->imei, sizeof out->imei, "%s", a->imei);
    snprintf(out->rat, sizeof out->rat, "%s", air_rat_name(a->rat));
    snprintf(out->plmn, sizeof out->plmn, "%s", a->plmn);
    if (e->n == 1)
        wait_ms(e, GATHER_MS);
}

unsigned events_waiting(const struct events *e)
{
    return (unsigned)e->n;
}

static enum xk_err open_client(struct events *e)
{
    const struct settings *s = &e->p->settings;
    const struct httpc_options options = {.loop = e->p->loop,
                                          .ca_file = s->platform_ca,
                                          .insecure = s->platform_insecure,
                                          .connections_max = 1};
    int n;

    TRY(loop_timer_new(e->p->loop, send_batch, e, &e->timer));
    if (!s->platform_url)
        return XK_OK;
    n = snprintf(e->url, sizeof e->url, "%s/hss/v1/events", s->platform_url);
    if (n < 0 || (size_t)n >= sizeof e->url)
        return XK_E_LIMIT;
    snprintf(e->authorisation, sizeof e->authorisation, "Authorization: Bearer %.*s",
             HOME_TOKEN_MAX, s->home_token ? s->home_token : "");
    return httpc_new(&options, &e->http);
}

/* Numbers go on over restarts: they begin at the time. */
enum xk_err events_new(struct program *p, struct events **out)
{
    struct events *e = calloc(1, sizeof *e);
    enum xk_err err;

    if (!e)
        return XK_E_NOMEM;
    e->p = p;
    e->seq = (uint64_t)drive_now();
    err = open_client(e);
    if (err != XK_OK) {
        events_free(e);
        return err;
    }
    *out = e;
    return XK_OK;
}

void events_free(struct events *e)
{
    if (!e)
        return;
    httpc_free(e->http);
    loop_timer_free(e->timer);
    explicit_bzero(e->authorisation, sizeof e->authorisation);
    free(e->ring);
    free(e);
}
