/* SPDX-License-Identifier: Apache-2.0 */
#include "net/httpc/httpc.h"

#include "net/httpc/transfer.h"

#include <assert.h>

struct httpc {
    struct httpc_options o;
    char *texts[4]; /* its strings */
    CURLM *multi;
    struct loop_timer *timer;
    struct transfer *transfers;
    unsigned pending;
    CURL *easy; /* of httpc_call */
    struct transfer call;
};

/* ---- libcurl on the loop --------------------------------------------------------------------- */

static void unlink_transfer(struct httpc *c, struct transfer *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else
        c->transfers = t->next;
    if (t->next)
        t->next->prev = t->prev;
    c->pending--;
}

static void free_transfer(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    transfer_fini(t);
    free(t);
}

static void finish(struct httpc *c, CURL *easy, CURLcode code)
{
    struct httpc_response response;
    struct transfer *t = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
    curl_multi_remove_handle(c->multi, easy);
    unlink_transfer(c, t);
    transfer_response(t, code, &response);
    t->fn(t->arg, &response);
    free_transfer(t);
}

static void take_finished(struct httpc *c)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(c->multi, &left)) != NULL)
        if (message->msg == CURLMSG_DONE)
            finish(c, message->easy_handle, message->data.result);
}

static void on_ready(void *arg, int fd, unsigned ready)
{
    struct httpc *c = arg;
    int flags =
        (ready & LOOP_READ ? CURL_CSELECT_IN : 0) | (ready & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(c->multi, fd, flags, &running);
    take_finished(c);
}

static void on_timer(void *arg)
{
    struct httpc *c = arg;
    int running;

    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_finished(c);
}

static int set_timer(CURLM *multi, long wait_ms, void *arg)
{
    struct httpc *c = arg;

    (void)multi;
    if (wait_ms < 0)
        loop_timer_stop(c->timer);
    else
        loop_timer_start(c->timer, (uint32_t)wait_ms);
    return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    struct loop_watch *watch = of_socket;
    struct httpc *c = arg;
    unsigned wanted =
        (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        loop_watch_free(watch);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (watch) {
        loop_watch_set(watch, wanted);
        return 0;
    }
    if (loop_watch_new(c->o.loop, fd, wanted, on_ready, c, &watch) != XK_OK)
        return -1;
    curl_multi_assign(c->multi, fd, watch);
    return 0;
}

static enum xk_err open_multi(struct httpc *c)
{
    if (!c->o.loop)
        return XK_OK;
    TRY(loop_timer_new(c->o.loop, on_timer, c, &c->timer));
    c->multi = curl_multi_init();
    if (!c->multi)
        return XK_E_NOMEM;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)c->o.connections_max);
    return XK_OK;
}

/* ---- sending --------------------------------------------------------------------------------- */

static enum xk_err start(struct httpc *c, struct transfer *t, const struct httpc_request *request)
{
    TRY(transfer_init(t, t->easy, &c->o, request));
    TRY(transfer_copy_body(t, request->body));
    return curl_multi_add_handle(c->multi, t->easy) == CURLM_OK ? XK_OK : XK_E_IO;
}

enum xk_err httpc_send(struct httpc *c, const struct httpc_request *request, httpc_fn *fn,
                       void *arg)
{
    struct transfer *t;
    enum xk_err err;

    if (!c->multi)
        return XK_E_STATE;
    if (c->pending >= c->o.waiting_max)
        return XK_E_BUSY;
    t = calloc(1, sizeof *t);
    if (t)
        t->easy = curl_easy_init();
    if (!t || !t->easy) {
        free(t);
        return XK_E_NOMEM;
    }
    err = start(c, t, request);
    if (err != XK_OK) {
        free_transfer(t);
        return err;
    }
    t->fn = fn;
    t->arg = arg;
    t->next = c->transfers;
    if (t->next)
        t->next->prev = t;
    c->transfers = t;
    c->pending++;
    return XK_OK;
}

unsigned httpc_pending(const struct httpc *c)
{
    return c->pending;
}

static enum xk_err call_failed(struct httpc_response *response, enum xk_err err)
{
    *response =
        (struct httpc_response){.err = err, .error_text = xk_err_text(err), .content_type = ""};
    return err;
}

enum xk_err httpc_call(struct httpc *c, const struct httpc_request *request,
                       struct httpc_response *response)
{
    enum xk_err err;

    if (c->easy) {
        transfer_fini(&c->call);
        memset(&c->call, 0, sizeof c->call);
        curl_easy_reset(c->easy); /* keeps its connections */
    } else {
        c->easy = curl_easy_init();
    }
    if (!c->easy)
        return call_failed(response, XK_E_NOMEM);
    err = transfer_init(&c->call, c->easy, &c->o, request);
    if (err != XK_OK)
        return call_failed(response, err);
    transfer_response(&c->call, curl_easy_perform(c->easy), response);
    return response->err;
}

/* ---- making and ending ----------------------------------------------------------------------- */

static void set_default(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}

static void set_defaults(struct httpc_options *o)
{
    set_default(&o->timeout_ms, 10000);
    set_default(&o->connect_ms, 5000);
    set_default(&o->connections_max, 8);
    set_default(&o->waiting_max, 10000);
    if (o->body_max == 0)
        o->body_max = 4u << 20;
}

static enum xk_err copy_texts(struct httpc *c)
{
    const char **from[] = {&c->o.ca_file, &c->o.cert_file, &c->o.key_file, &c->o.connect_to};

    static_assert(ARRAY_LEN(from) == ARRAY_LEN(c->texts), "a place a text");
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        if (!*from[i])
            continue;
        c->texts[i] = strdup(*from[i]);
        if (!c->texts[i])
            return XK_E_NOMEM;
        *from[i] = c->texts[i];
    }
    return XK_OK;
}

static enum xk_err set_up(struct httpc *c, const struct httpc_options *options)
{
    c->o = *options;
    set_defaults(&c->o);
    if ((options->cert_file == NULL) != (options->key_file == NULL))
        return XK_E_VALUE;
    TRY(copy_texts(c));
    return open_multi(c);
}

enum xk_err httpc_new(const struct httpc_options *options, struct httpc **out)
{
    struct httpc *c;
    enum xk_err err;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return XK_E_NOMEM;
    c = calloc(1, sizeof *c);
    if (!c) {
        curl_global_cleanup();
        return XK_E_NOMEM;
    }
    err = set_up(c, options);
    if (err != XK_OK) {
        httpc_free(c);
        return err;
    }
    *out = c;
    return XK_OK;
}

void httpc_free(struct httpc *c)
{
    struct transfer *next;

    if (!c)
        return;
    for (struct transfer *t = c->transfers; t; t = next) {
        next = t->next;
        curl_multi_remove_handle(c->multi, t->easy);
        free_transfer(t);
    }
    if (c->easy) {
        curl_easy_cleanup(c->easy);
        transfer_fini(&c->call);
    }
    if (c->multi)
        curl_multi_cleanup(c->multi);
    loop_timer_free(c->timer);
    for (size_t i = 0; i < ARRAY_LEN(c->texts); i++)
        free(c->texts[i]);
    free(c);
    curl_global_cleanup();
}
