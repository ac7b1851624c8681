/* SPDX-License-Identifier: Apache-2.0 */
/* What partners are told (C1, P-16), and the signature it carries. */
#include "api/partner/routes.h"
#include "base/hex.h"

enum xk_err partner_encode_callback(const struct task *t, const char *event_id, int64_t at,
                                    struct buf *body)
{
    char time[XK_TIME_TEXT_MAX];
    struct json_out o;
    char code[16];

    snprintf(code, sizeof code, "%d", t->code);
    json_out_init(&o, body);
    json_open_object(&o, NULL);
    json_put_text(&o, "eventId", event_id);
    json_put_text(&o, "eventType", "write.result");
    json_put_text(&o, "seq", event_id);
    json_put_text(&o, "time", xk_time_format(at, time));
    json_put_hex(&o, "taskId", BYTES_OF(t->id));
    json_put_text(&o, "orderNo", t->order_no);
    json_put_text(&o, "cid", t->cid);
    json_put_text(&o, "iccid", t->iccid);
    json_put_text(&o, "msisdn", t->msisdn);
    json_put_text(&o, "state", task_state_info((int)t->state)->name);
    if (t->activation_code[0])
        json_put_text(&o, "activationCode", t->activation_code);
    json_put_text(&o, "resultCode", code);
    json_put_text(&o, "resultMsg", t->code == CODE_OK ? code_info(CODE_OK)->zh : t->message);
    json_put_int(&o, "attempts", t->attempts_all);
    json_put_int(&o, "durationMs", t->sending_at ? at - t->sending_at : 0);
    json_close_object(&o);
    return buf_ok(body);
}

/* "https://host:port/path?query" to path and query */
static void split_url(const char *url, const char **path, size_t *path_n, const char **query)
{
    const char *at = strstr(url, "://");

    at = at ? at + 3 : url;
    at += strcspn(at, "/?#");
    *path = *at == '/' ? at : "/";
    *path_n = *at == '/' ? strcspn(at, "?#") : 1;
    at += strcspn(at, "?#");
    *query = *at == '?' ? at + 1 : "";
}

static enum xk_err put_headers(const struct app *app, const struct partner_to_sign *w,
                               struct arena *arena, struct partner_signature *out)
{
    char sign[64];

    TRY(partner_signature_of(w, app->algorithm, secret_bytes(&app->secret), arena, sign));
    snprintf(out->header[0], sizeof out->header[0], "X-XK-AppId: %s", app->id);
    snprintf(out->header[1], sizeof out->header[1], "X-XK-Timestamp: %s", w->timestamp);
    snprintf(out->header[2], sizeof out->header[2], "X-XK-Nonce: %s", w->nonce);
    snprintf(out->header[3], sizeof out->header[3], "X-XK-Sign: %s", sign);
    return XK_OK;
}

enum xk_err partner_sign(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                         const char *app_id, const char *method, const char *url, struct bytes body,
                         int64_t now, struct partner_signature *out)
{
    struct partner_to_sign w = {.method = method, .body = body};
    char nonce[HEX_LEN(16)];
    char timestamp[24];
    uint8_t raw[16];
    struct arena arena;
    struct app app;
    size_t path_n;
    enum xk_err err;

    TRY(auth_load_app(s, ks, app_id, &app));
    xk_rand_fill(rand, raw, sizeof raw);
    w.nonce = hex_encode_lower(BYTES_OF(raw), nonce);
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)now);
    w.timestamp = timestamp;
    arena_init(&arena, 16384);
    split_url(url, &w.path, &path_n, &w.query);
    w.path = (const char *)arena_copy(&arena, BYTES(w.path, path_n));
    err = w.path ? put_headers(&app, &w, &arena, out) : XK_E_NOMEM;
    arena_fini(&arena);
    secret_wipe(&app.secret);
    return err;
}
