/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls: applications, tokens, signatures (P-14). */
#include <arpa/inet.h>

#include "api/partner/routes.h"
#include "api/wire/base64.h"
#include "crypto/hash.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT 44
#define TOKENS_MAX 5
#define NONCE_MS 600000
#define NONCE_MIN 16
#define NONCE_MAX 40
#define HOUSEKEEPING_CALLS 1000

static const char *const role_names[] = {
    [ROLE_NONE] = "",         [ROLE_QUERY] = "query", [ROLE_WRITE] = "write",
    [ROLE_IMPORT] = "import", [ROLE_ORG] = "org",     [ROLE_AUDIT] = "audit"};

static bool list_has(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == n && strncmp(at, word, n) == 0)
            return true;
    }
    return false;
}

bool auth_has_role(const struct app *app, enum route_role role)
{
    return role == ROLE_NONE || list_has(app->roles, role_names[role]) ||
           list_has(app->roles, "admin");
}

bool auth_may_grant(const struct app *app, const char *roles)
{
    static const char *const names[] = {"query", "write", "import", "org", "audit", "admin"};
    bool all = app == NULL || list_has(app->roles, "admin");

    if (*roles == '\0')
        return true;
    for (const char *at = roles;; at++) {
        size_t n = strcspn(at, ","), i = 0;

        while (i < ARRAY_LEN(names) && !bytes_eq(BYTES(at, n), bytes_cstr(names[i])))
            i++;
        if (i == ARRAY_LEN(names) || !(all || list_has(app->roles, names[i])))
            return false;
        at += n;
        if (*at == '\0')
            return true;
    }
}

static enum xk_err unseal(struct keystore *ks, struct bytes sealed, struct app *app)
{
    char context[APP_ID_MAX + 16];

    snprintf(context, sizeof context, "app.secret:%s", app->id);
    return keystore_unseal(ks, bytes_cstr(context), sealed, &app->secret);
}

enum xk_err auth_load_app(struct store *s, struct keystore *ks, const char *app_id, struct app *out)
{
    static const struct store_query q = {
        "app_load", "SELECT a.roles, a.ip_allow, a.algorithm, a.daily_limit, a.secret, a.disabled, "
                    "o.org_id, o.path, o.blocked FROM app a JOIN org o ON o.org_id = a.org_id "
                    "WHERE a.app_id = $1"};
    struct app app = {0};
    enum xk_err err;

    snprintf(app.id, sizeof app.id, "%s", app_id);
    TRY(store_open(s, &q, SV(sv_text(app_id)), 1));
    err = store_next(s);
    if (err == XK_OK) {
        store_get_text(s, 0, app.roles, sizeof app.roles);
        store_get_text(s, 1, app.ip_allow, sizeof app.ip_allow);
        store_get_text(s, 2, app.algorithm, sizeof app.algorithm);
        app.daily_limit = store_get_int(s, 3);
        app.disabled = store_get_int(s, 5) != 0;
        store_get_text(s, 6, app.org.id, sizeof app.org.id);
        store_get_text(s, 7, app.org.path, sizeof app.org.path);
        app.org.blocked = (uint32_t)store_get_int(s, 8);
        err = unseal(ks, store_get_bytes(s, 4), &app);
    }
    store_finish(s);
    if (err == XK_OK)
        *out = app;
    secret_wipe(&app.secret);
    return err;
}

bool auth_parse_address(const char *text, uint8_t out[16])
{
    uint8_t v4[4];

    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    if (inet_pton(AF_INET, text, v4) != 1)
        return false;
    memset(out, 0, 10);
    out[10] = out[11] = 0xFF;
    memcpy(out + 12, v4, 4);
    return true;
}

static bool in_network(const char *peer, struct bytes cidr)
{
    uint8_t a[16], b[16];
    char text[64];
    char *slash;
    unsigned bits = 128;

    if (!bytes_to_cstr(cidr, text, sizeof text))
        return false;
    slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    if (!auth_parse_address(peer, a) || !auth_parse_address(text, b))
        return false;
    if (slash)
        bits = (unsigned)strtoul(slash + 1, NULL, 10) + (strchr(text, ':') ? 0 : 96);
    for (unsigned i = 0; i < bits && i < 128; i++) {
        if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
            return false;
    }
    return true;
}

static bool address_allowed(const struct app *app, const char *peer)
{
    const char *at = app->ip_allow;

    if (*at == '\0')
        return true;
    for (; *at; at += strcspn(at, ","), at += *at == ',') {
        if (in_network(peer, BYTES(at, strcspn(at, ","))))
            return true;
    }
    return false;
}

static const char *header(const struct call *c, const char *name)
{
    const char *v = c->in->header(c->in->request, name);

    return v ? v : "";
}

static bool timestamp_ok(const struct call *c, const char *text)
{
    int64_t skew = (int64_t)c->p->o.skew_s * 1000;
    char *end;
    long long t = strtoll(text, &end, 10);

    return text[0] != '\0' && *end == '\0' && t > c->order->now - skew && t < c->order->now + skew;
}

/* Each nonce once; what is old enough to fail by its timestamp is forgotten. */
static enum xk_err take_nonce(struct call *c, const char *app_id, const char *nonce, bool *fresh)
{
    static const struct store_query insert = {
        "nonce_take", "INSERT INTO nonce (app_id, nonce, expires_at) VALUES ($1, $2, $3) ON "
                      "CONFLICT DO NOTHING"};
    static const struct store_query forget = {"nonce_forget",
                                              "DELETE FROM nonce WHERE expires_at < $1"};
    static const struct store_query stale = {"token_forget",
                                             "DELETE FROM token WHERE expires_at < $1"};
    int64_t changes;

    if (++c->p->calls % HOUSEKEEPING_CALLS == 0) {
        TRY(store_exec(c->order->store, &forget, SV(sv_int(c->order->now)), 1, NULL));
        TRY(store_exec(c->order->store, &stale, SV(sv_int(c->order->now)), 1, NULL));
    }
    TRY(store_exec(c->order->store, &insert,
                   SV(sv_text(app_id), sv_text(nonce), sv_int(c->order->now + NONCE_MS)), 3,
                   &changes));
    *fresh = changes == 1;
    return XK_OK;
}

static bool nonce_ok(const char *nonce)
{
    size_t n = strlen(nonce);

    return n >= NONCE_MIN && n <= NONCE_MAX && strspn(nonce, JSON_ID) == n;
}

/* Skew and nonce after the signature: nobody else can use up a caller's nonces. */
static enum xk_err check_fresh(struct call *c, const char *timestamp, const char *nonce, int *code)
{
    bool fresh;

    if (!timestamp_ok(c, timestamp)) {
        *code = CODE_SKEW;
        return XK_OK;
    }
    TRY(take_nonce(c, c->app.id, nonce, &fresh));
    *code = fresh ? CODE_OK : CODE_NONCE;
    return XK_OK;
}

static enum xk_err load_by_token(struct call *c, const char *token, int *code)
{
    static const struct store_query q = {
        "token_load", "SELECT app_id, expires_at FROM token WHERE token_hash = $1"};
    char app_id[APP_ID_MAX + 1] = "";
    int64_t expires = 0;
    enum xk_err err;

    TRY(hash_digest(HASH_SHA256, bytes_cstr(token), c->token_hash));
    TRY(store_open(c->order->store, &q, SV(sv_bytes(BYTES_OF(c->token_hash))), 1));
    err = store_next(c->order->store);
    if (err == XK_OK) {
        store_get_text(c->order->store, 0, app_id, sizeof app_id);
        expires = store_get_int(c->order->store, 1);
    }
    store_finish(c->order->store);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    if (err == XK_E_NOT_FOUND || expires <= c->order->now) {
        *code = CODE_TOKEN;
        return XK_OK;
    }
    TRY(auth_load_app(c->order->store, c->order->keystore, app_id, &c->app));
    *code = c->app.disabled ? CODE_TOKEN : CODE_OK;
    return XK_OK;
}

static enum xk_err check_signature(struct call *c, int *code)
{
    const struct partner_to_sign w = {
        .method = c->in->method,
        .path = c->in->path,
        .query = c->in->query,
        .body = c->in->body,
        .timestamp = header(c, "X-XK-Timestamp"),
        .nonce = header(c, "X-XK-Nonce"),
    };
    char want[64];

    *code = CODE_SIGNATURE;
    if (strcmp(header(c, "X-XK-AppId"), c->app.id) != 0 || !nonce_ok(w.nonce))
        return XK_OK;
    if (partner_signature_of(&w, c->app.algorithm, secret_bytes(&c->app.secret), c->order->arena,
                             want) != XK_OK ||
        !bytes_eq_secret(bytes_cstr(want), bytes_cstr(header(c, "X-XK-Sign"))))
        return XK_OK;
    return check_fresh(c, w.timestamp, w.nonce, code);
}

enum xk_err auth_check(struct call *c, int *code)
{
    static const char scheme[] = "Bearer ";
    const char *authorisation = header(c, "Authorization");

    *code = CODE_TOKEN;
    if (strncmp(authorisation, scheme, sizeof scheme - 1) != 0)
        return XK_OK;
    TRY(load_by_token(c, authorisation + sizeof scheme - 1, code));
    if (*code != CODE_OK)
        return XK_OK;
    if (!address_allowed(&c->app, c->in->peer)) {
        *code = CODE_IP_DENIED;
        return XK_OK;
    }
    return check_signature(c, code);
}

/* At most TOKENS_MAX live tokens: the oldest give way. */
static enum xk_err store_token(struct call *c, const char *token)
{
    static const struct store_query trim = {
        "token_trim",
        "DELETE FROM token WHERE app_id = $1 AND token_hash NOT IN (SELECT token_hash FROM token "
        "WHERE app_id = $2 ORDER BY expires_at DESC LIMIT $3)"};
    static const struct store_query add = {
        "token_add", "INSERT INTO token (token_hash, app_id, expires_at) VALUES ($1, $2, $3)"};
    int64_t expires = c->order->now + (int64_t)c->p->o.token_ttl_s * 1000;
    uint8_t hash[HASH_LEN];

    TRY(hash_digest(HASH_SHA256, bytes_cstr(token), hash));
    TRY(store_exec(c->order->store, &trim,
                   SV(sv_text(c->app.id), sv_text(c->app.id), sv_int(TOKENS_MAX - 1)), 3, NULL));
    return store_exec(c->order->store, &add,
                      SV(sv_bytes(BYTES_OF(hash)), sv_text(c->app.id), sv_int(expires)), 3, NULL);
}

/* The token request signs "appId\ntimestamp\nnonce". */
static enum xk_err check_token_request(struct call *c, const char *timestamp, const char *nonce,
                                       const char *sign, int *code)
{
    char *text = arena_printf(c->order->arena, "%s\n%s\n%s", c->app.id, timestamp, nonce);
    uint8_t mac[HASH_LEN];
    char want[64];
    struct buf b;

    if (!text)
        return XK_E_NOMEM;
    TRY(hash_hmac(strcmp(c->app.algorithm, "HMAC-SM3") == 0 ? HASH_SM3 : HASH_SHA256,
                  secret_bytes(&c->app.secret), bytes_cstr(text), mac));
    buf_init_fixed(&b, want, sizeof want);
    base64_put(&b, BYTES_OF(mac));
    *code = CODE_APP;
    if (!bytes_eq_secret(buf_bytes(&b), bytes_cstr(sign)))
        return XK_OK;
    return check_fresh(c, timestamp, nonce, code);
}

enum xk_err post_token(struct call *c)
{
    const char *app_id = "", *timestamp = "", *nonce = "", *sign = "";
    const struct json_field fields[] = {
        {.name = "appId",
         .kind = JSON_STRING,
         .required = true,
         .max = APP_ID_MAX,
         .allowed = JSON_ID,
         .text = &app_id},
        {.name = "timestamp",
         .kind = JSON_STRING,
         .required = true,
         .max = 20,
         .allowed = JSON_DIGITS,
         .text = &timestamp},
        {.name = "nonce",
         .kind = JSON_STRING,
         .required = true,
         .min = NONCE_MIN,
         .max = NONCE_MAX,
         .allowed = JSON_ID,
         .text = &nonce},
        {.name = "sign", .kind = JSON_STRING, .required = true, .max = 64, .text = &sign},
    };
    uint8_t raw[TOKEN_BYTES];
    char token[TOKEN_TEXT + 4];
    struct buf b;
    enum xk_err err;
    int code;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    err = auth_load_app(c->order->store, c->order->keystore, app_id, &c->app);
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_APP, NULL);
    TRY(err);
    if (c->app.disabled)
        return answer_refuse(c, CODE_APP, NULL);
    if (!address_allowed(&c->app, c->in->peer))
        return answer_refuse(c, CODE_IP_DENIED, NULL);
    TRY(check_token_request(c, timestamp, nonce, sign, &code));
    if (code != CODE_OK)
        return answer_refuse(c, code, NULL);
    xk_rand_fill(c->p->o.rand, raw, sizeof raw);
    buf_init_fixed(&b, token, sizeof token);
    base64url_put(&b, BYTES_OF(raw));
    TRY(store_token(c, buf_cstr(&b)));
    answer_begin(c);
    json_put_text(&c->out, "token", token);
    json_put_int(&c->out, "ttl", c->p->o.token_ttl_s);
    return answer_end(c);
}

enum xk_err post_revoke(struct call *c)
{
    static const struct store_query q = {"token_revoke", "DELETE FROM token WHERE token_hash = $1"};

    TRY(store_exec(c->order->store, &q, SV(sv_bytes(BYTES_OF(c->token_hash))), 1, NULL));
    answer_begin(c);
    return answer_end(c);
}
