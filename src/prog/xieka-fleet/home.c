/* SPDX-License-Identifier: Apache-2.0 */
/* The home network interface: numbers opened and closed by the platform (api/home). */
#include "prog/xieka-fleet/program.h"

#define SUBSCRIBERS_PATH "/hss/v1/subscribers"
#define FLEET_PATH "/fleet/v1/"
#define ANSWER_MAX ((size_t)1 << 20)

static void reply_text(struct http_request *req, unsigned status, const char *text)
{
    const struct http_reply reply = {
        .status = status, .content_type = "text/plain", .body = bytes_cstr(text)};

    http_reply(req, &reply);
}

static enum xk_err open_number(struct program *p, const struct home_subscriber *in)
{
    struct testnet_subscriber s = {.aka = {.algorithm = (enum aka_algorithm)in->algorithm,
                                           .k = in->keys.k,
                                           .opc = in->keys.opc,
                                           .has_cr = in->keys.has_cr}};
    enum xk_err err;

    snprintf(s.imsi, sizeof s.imsi, "%s", in->imsi);
    snprintf(s.msisdn, sizeof s.msisdn, "%s", in->msisdn);
    memcpy(s.aka.cr, in->keys.cr, sizeof s.aka.cr);
    err = testnet_open(fleet_net(p->fleet), &s);
    explicit_bzero(&s, sizeof s);
    return err;
}

/* Closing what is closed is fine, as opening twice is. */
static void do_one(struct program *p, const struct home_subscriber *s, struct home_result *r)
{
    enum xk_err err;

    if (s->op == HOME_OPEN)
        err = open_number(p, s);
    else
        err = testnet_close(fleet_net(p->fleet), drive_now(), s->imsi);
    if (s->op == HOME_CLOSE && err == XK_E_NOT_FOUND)
        err = XK_OK;
    snprintf(r->imsi, sizeof r->imsi, "%s", s->imsi);
    snprintf(r->code, sizeof r->code, "%s", err == XK_OK ? "0" : xk_err_text(err));
    if (err != XK_OK)
        xk_log(XK_LOG_WARN, "home.refused imsi=%s err=%s", s->imsi, xk_err_name(err));
}

static void answer_results(struct http_request *req, const struct home_result *r, size_t n)
{
    struct http_reply reply = {.status = 200};
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    if (home_encode_results(r, n, &out) != XK_OK)
        reply.status = 500;
    else
        reply.body = buf_bytes(&out);
    http_reply(req, &reply);
    buf_fini(&out);
}

static void subscribers(struct program *p, struct http_request *req)
{
    struct home_subscriber *list = arena_alloc(req->arena, HOME_BATCH_MAX * sizeof *list);
    struct home_result *results = arena_alloc(req->arena, HOME_BATCH_MAX * sizeof *results);
    char mem[256];
    struct buf why;
    size_t n = 0;

    buf_init_fixed(&why, mem, sizeof mem);
    if (!list || !results) {
        reply_text(req, 503, "no memory");
        return;
    }
    if (home_decode_subscribers(req->body, p->transport_key, list, HOME_BATCH_MAX, &n, &why) !=
        XK_OK) {
        reply_text(req, 400, buf_cstr(&why));
        return;
    }
    for (size_t i = 0; i < n; i++)
        do_one(p, &list[i], &results[i]);
    explicit_bzero(list, HOME_BATCH_MAX * sizeof *list);
    answer_results(req, results, n);
    drive_soon(p);
}

void home_handle(void *program, struct http_request *req)
{
    struct program *p = program;
    bool home = strcmp(req->path, SUBSCRIBERS_PATH) == 0;

    if (!p->settings.home_token ||
        !home_authorised(http_header(req, "Authorization"), p->settings.home_token))
        reply_text(req, 401, "the bearer token is wrong");
    else if (home && req->method != HTTP_POST)
        reply_text(req, 405, "POST only");
    else if (home && !p->has_transport_key)
        reply_text(req, 503, "started without --home-key");
    else if (home)
        subscribers(p, req);
    else if (req->method == HTTP_GET && strncmp(req->path, FLEET_PATH, strlen(FLEET_PATH)) == 0)
        status_handle(p, req);
    else
        reply_text(req, 404, "no such thing here");
}
