/* SPDX-License-Identifier: Apache-2.0 */
/* What consumer devices need of the world: eUICCs out of a test PKI, activation codes, and HTTPS to
 * their SM-DP+ (ES9+ in the JSON binding), which never stops the loop. */
#include <dirent.h>
#include <unistd.h>

#include "prog/xieka-fleet/program.h"

#include "crypto/random.h"
#include "prog/cardfile/cardfile.h"
#include "prog/lpa/es9p_call.h"
#include "prog/pki/files.h"

#define PATH_LEN 1024
#define URL_LEN 512
#define LINE_LEN 512
#define LOOK_MS 200 /* whether the codes are there */
#define TIMEOUT_MS 20000
#define CARD_MEMORY ((size_t)1 << 20)

struct post { /* a request under way */
    struct consumers *owner;
    struct post *next, *prev;
    uint32_t consumer;
    uint64_t ticket;
    enum rsp_function function;
};

struct consumers {
    struct program *p;
    struct tls_peer *peer;
    struct httpc *http;
    struct loop_timer *timer;
    struct dirent **eids; /* in order */
    int n_eids;
    struct post *posts;
    char connect_to[URL_LEN];
};

/* ---- their cards ---- */

static int is_eid(const struct dirent *d)
{
    return strlen(d->d_name) == EID_DIGITS && strspn(d->d_name, "0123456789") == EID_DIGITS;
}

static enum xk_err find_eids(struct consumers *c)
{
    const struct settings *s = &c->p->settings;
    char path[PATH_LEN];
    int n = snprintf(path, sizeof path, "%s/euicc", s->euicc_pki ? s->euicc_pki : "");

    if (!s->euicc_pki || n < 0 || n >= PATH_LEN) {
        fprintf(stderr, "xieka-fleet: --euicc wants --euicc-pki\n");
        return XK_E_VALUE;
    }
    c->n_eids = scandir(path, &c->eids, is_eid, alphasort);
    if (c->n_eids >= 0 && (uint32_t)c->n_eids >= s->fleet.consumers)
        return XK_OK;
    fprintf(stderr, "xieka-fleet: %s: %d EIDs, %u are wanted (xieka pki euicc makes them)\n", path,
            c->n_eids < 0 ? 0 : c->n_eids, s->fleet.consumers);
    return XK_E_NOT_FOUND;
}

enum xk_err consumers_make_euicc(struct consumers *c, uint32_t k, const struct flash_port *port,
                                 struct euicc **out)
{
    struct arena arena;
    const struct euicc_sources from = {
        .pki = c->p->settings.euicc_pki, .eid = c->eids[k]->d_name, .arena = &arena};
    const char *why = "";
    enum xk_err err;

    arena_init(&arena, CARD_MEMORY);
    err = euicc_make(&from, port, random_openssl(), out, &why);
    if (err != XK_OK)
        fprintf(stderr, "xieka-fleet: EID %s: %s\n", from.eid, why);
    arena_fini(&arena);
    return err;
}

/* ---- ES9+ ---- */

static void unlink_post(struct post *post)
{
    if (post->prev)
        post->prev->next = post->next;
    else
        post->owner->posts = post->next;
    if (post->next)
        post->next->prev = post->prev;
    free(post);
}

static void on_answer(void *arg, const struct httpc_response *r)
{
    struct post *post = arg;
    struct program *p = post->owner->p;
    uint32_t consumer = post->consumer;
    uint64_t ticket = post->ticket;
    struct rsp_es9p_response response;
    struct lpa_reply reply;
    struct arena arena;

    arena_init(&arena, ES9P_RESPONSE_MAX);
    es9p_call_answer(post->function, r, &arena, &response, &reply);
    unlink_post(post);
    fleet_reply(p->fleet, drive_now(), consumer, ticket, &reply);
    arena_fini(&arena);
    drive_soon(p);
}

static enum xk_err send(struct post *post, const char *address,
                        const struct rsp_es9p_request *request)
{
    struct es9p_call call;
    enum xk_err err;

    TRY(es9p_call_init(&call, address, request));
    err = httpc_send(post->owner->http, &call.http, on_answer, post);
    es9p_call_fini(&call);
    return err;
}

enum xk_err consumers_post(struct consumers *c, uint32_t k, uint64_t ticket, const char *address,
                           const struct rsp_es9p_request *request)
{
    struct post *post = calloc(1, sizeof *post);
    enum xk_err err;

    if (!post)
        return XK_E_NOMEM;
    *post = (struct post){.owner = c,
                          .next = c->posts,
                          .consumer = k,
                          .ticket = ticket,
                          .function = request->function};
    if (post->next)
        post->next->prev = post;
    c->posts = post;
    err = send(post, address, request);
    if (err != XK_OK)
        unlink_post(post);
    return err;
}

/* ---- activation codes ---- */

static void give(struct consumers *c, uint32_t k, const char *line)
{
    struct rsp_activation_code code;
    enum rsp_activation_verdict verdict = rsp_activation_code_decode(bytes_cstr(line), &code);

    if (verdict != RSP_ACTIVATION_OK)
        fprintf(stderr, "xieka-fleet: %s: line %u: %s\n", c->p->settings.codes, k + 1,
                rsp_activation_verdict_text(verdict));
    else if (fleet_give_code(c->p->fleet, drive_now(), k, &code) != XK_OK)
        xk_log(XK_LOG_ERROR, "consumer.no_code consumer=%u", k);
}

/* The file appears whole; until it does it is looked for. */
static void look_for_codes(void *arg)
{
    struct consumers *c = arg;
    FILE *f = fopen(c->p->settings.codes, "re");
    char line[LINE_LEN];

    if (!f) {
        loop_timer_start(c->timer, LOOK_MS);
        return;
    }
    for (uint32_t k = 0; k < fleet_consumers(c->p->fleet) && fgets(line, sizeof line, f); k++)
        give(c, k, line);
    fclose(f);
    drive_soon(c->p);
}

/* ---- life ---- */

/* They judge a server as LPAs do: by its role, and the CI it leads to. */
static enum xk_err open_peer(struct consumers *c, const char *ca)
{
    char text[LINE_LEN];
    struct buf file, why;
    enum xk_err err;

    buf_init(&file, PKI_FILE_MAX);
    buf_init_fixed(&why, text, sizeof text);
    err = tls_peer_new(xk_clock_system(), &c->peer);
    if (err == XK_OK && ca)
        err = files_read(ca, &file, &why);
    if (err == XK_OK && ca)
        err = tls_peer_add_cis(c->peer, buf_bytes(&file));
    buf_fini(&file);
    if (err != XK_OK)
        fprintf(stderr, "xieka-fleet: %s: %s\n", ca ? ca : "--ca",
                why.n ? buf_cstr(&why) : xk_err_text(err));
    return err;
}

static enum xk_err open_client(struct consumers *c)
{
    const struct settings *s = &c->p->settings;
    struct httpc_options options = {.loop = c->p->loop,
                                    .peer = c->peer,
                                    .brainpool = true,
                                    .timeout_ms = TIMEOUT_MS,
                                    .body_max = ES9P_RESPONSE_MAX};

    if (s->smdp) {
        int n = snprintf(c->connect_to, sizeof c->connect_to, "::%s", s->smdp);

        if (n < 0 || n >= URL_LEN)
            return XK_E_LIMIT;
        options.connect_to = c->connect_to;
    }
    return httpc_new(&options, &c->http);
}

enum xk_err consumers_new(struct program *p, struct consumers **out)
{
    struct consumers *c = calloc(1, sizeof *c);
    enum xk_err err;

    if (!c)
        return XK_E_NOMEM;
    c->p = p;
    err = find_eids(c);
    if (err == XK_OK)
        err = open_peer(c, p->settings.euicc_ca);
    if (err == XK_OK)
        err = open_client(c);
    if (err == XK_OK)
        err = loop_timer_new(p->loop, look_for_codes, c, &c->timer);
    if (err != XK_OK) {
        consumers_free(c);
        return err;
    }
    if (p->settings.codes)
        loop_timer_start(c->timer, 0);
    *out = c;
    return XK_OK;
}

void consumers_free(struct consumers *c)
{
    struct post *next;

    if (!c)
        return;
    httpc_free(c->http);
    tls_peer_free(c->peer);
    for (struct post *post = c->posts; post; post = next) {
        next = post->next;
        free(post);
    }
    loop_timer_free(c->timer);
    for (int i = 0; i < c->n_eids; i++)
        free(c->eids[i]);
    free(c->eids);
    free(c);
}
