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
    [ROLE_NONE] = "",   [ROLE_QUERY] = "query", [ROLE_WRITE] = "write", [ROLE_IMPORT] = "import",
    [ROLE_ORG] = "org", [ROLE_AUDIT] = "audit", [ROLE_ADMIN] = "admin"};

static bool list_has(const char *list, struct bytes word)
{
    struct bytes part;

    while (list_next(&list, &part)) {
        if (bytes_eq(part, word))
            return true;
    }
    return false;
}

static bool has_role(const struct app *app, struct bytes name)
{
    return list_has(app->roles, name) || list_has(app->roles, bytes_cstr(role_names[ROLE_ADMIN]));
}

bool auth_has_role(const struct app *app, enum route_role role)
{
    return role == ROLE_NONE || has_role(app, bytes_cstr(role_names[role]));
}

static bool is_role(struct bytes name)
{
    for (size_t i = ROLE_NONE + 1; i < ARRAY_LEN(role_names); i++) {
        if (bytes_eq(name, bytes_cstr(role_names[i])))
            return true;
    }
    return false;
}

bool auth_may_grant(const struct app *app, const char *roles)
{
    const char *list = roles[0] ? roles : NULL; /* that of none is fine */
    struct bytes name;

    while (list_next(&list, &name)) {
        if (!is_role(name) || (app && !has_role(app, name)))
            return false;
    }
    return true;
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

static bool parse_address(const char *text, uint8_t out[16])
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

bool auth_parse_network(struct bytes network, struct network *out)
{
    unsigned long bits = 0;
    char text[64];
    char *slash, *end;
    unsigned most;

    if (!bytes_to_cstr(network, text, sizeof text))
        return false;
    slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    if (!parse_address(text, out->address))
        return false;
    most = strchr(text, ':') ? 128 : 32;
    out->bits = 128;
    if (!slash)
        return true;
    bits = strtoul(slash + 1, &end, 10);
    out->bits = (unsigned)bits + 128 - most;
    return slash[1] >= '0' && slash[1] <= '9' && *end == '\0' && bits <= most;
}

static bool in_network(const uint8_t address[16], const struct network *n)
{
    for (unsigned i = 0; i < n->bits; i++) {
        if ((address[i / 8] ^ n->address[i / 8]) & (0x80 >> i % 8))
            return false;
    }
    return true;
}

static bool address_allowed(const struct app *app, const char *peer)
{
    const char *list = app->ip_allow;
    struct network network;
    uint8_t address[16];
    struct bytes part;

    if (list[0] == '\0')
        return true;
    if (!parse_address(peer, address))
        return false;
    while (list_next(&list, &part)) {
        if (auth_parse_network(part, &network) && in_network(address, &network))
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
