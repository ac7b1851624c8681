/* SPDX-License-Identifier: Apache-2.0 */
/* Applications: who may call, for which organisation, with which roles (P-14). */
#include "api/partner/routes.h"
#include "api/wire/base64.h"

#define SECRET_BYTES 32
#define DAILY_LIMIT 100000 /* P-15 */
#define APPS_MAX 200

static bool are_networks(const char *text)
{
    const char *list = text[0] ? text : NULL; /* any address */
    struct network network;
    struct bytes part;

    while (list_next(&list, &part)) {
        if (!auth_parse_network(part, &network))
            return false;
    }
    return true;
}

static bool is_algorithm(const char *name)
{
    return strcmp(name, "HMAC-SHA256") == 0 || strcmp(name, "HMAC-SM3") == 0;
}

/* A fresh secret as text, and the same sealed. */
static enum xk_err make_secret(struct keystore *ks, const struct xk_rand *rand, const char *app_id,
                               char secret[PARTNER_SECRET_TEXT],
                               uint8_t sealed[KEYSTORE_SEALED_MAX], size_t *n)
{
    char context[APP_ID_MAX + 16];
    uint8_t raw[SECRET_BYTES];
    AUTO_SECRET struct secret text = {0};
    struct buf b;

    xk_rand_fill(rand, raw, sizeof raw);
    buf_init_fixed(&b, secret, PARTNER_SECRET_TEXT);
    base64url_put(&b, BYTES_OF(raw));
    explicit_bzero(raw, sizeof raw);
    TRY(secret_set(&text, buf_bytes(&b)));
    buf_put_u8(&b, '\0');
    TRY(buf_ok(&b));
    snprintf(context, sizeof context, "app.secret:%s", app_id);
    return keystore_seal(ks, bytes_cstr(context), &text, sealed, KEYSTORE_SEALED_MAX, n);
}

enum xk_err partner_add_app(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                            const struct partner_app *a, int64_t now,
                            char secret[PARTNER_SECRET_TEXT])
{
    static const struct store_query q = {
        "app_add", "INSERT INTO app (app_id, name, secret, algorithm, roles, ip_allow, "
                   "daily_limit, created_at, org_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                   "ON CONFLICT DO NOTHING"};
    const char *algorithm = a->algorithm ? a->algorithm : "HMAC-SHA256";
    int64_t daily = a->daily_limit ? a->daily_limit : DAILY_LIMIT;
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    int64_t added;
    size_t n;

    if (strlen(a->id) > APP_ID_MAX || a->id[0] == '\0' || strspn(a->id, JSON_ID) != strlen(a->id) ||
        !auth_may_grant(NULL, a->roles) || !are_networks(a->ip_allow) || !is_algorithm(algorithm))
        return XK_E_VALUE;
    TRY(make_secret(ks, rand, a->id, secret, sealed, &n));
    TRY(store_exec(s, &q,
                   SVS(sv_text(a->id), sv_text(a->name), sv_bytes(BYTES(sealed, n)),
                       sv_text(algorithm), sv_text(a->roles), sv_text(a->ip_allow), sv_int(daily),
                       sv_int(now), sv_text(a->org_id)),
                   &added));
    return added == 1 ? XK_OK : XK_E_EXISTS;
}

/* ---- over the interface ---------------------------------------------------------------------- */

struct app_texts {
    const char *id, *org, *name, *roles, *networks, *algorithm;
    int64_t daily;
};

static bool take_app(struct call *c, struct app_texts *t)
{
    const struct json_field fields[] = {
        {.name = "appId",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = APP_ID_MAX,
         .allowed = JSON_ID,
         .text = &t->id},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &t->org},
        {.name = "name", .kind = JSON_STRING, .max = 64, .text = &t->name},
        {.name = "roles",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = ROLES_MAX,
         .text = &t->roles},
        {.name = "ipAllow", .kind = JSON_STRING, .max = CIDRS_MAX, .text = &t->networks},
        {.name = "algorithm", .kind = JSON_STRING, .max = 15, .text = &t->algorithm},
        {.name = "dailyLimit", .kind = JSON_INT, .min = 1, .max = 100000000, .integer = &t->daily},
    };

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return false;
    if (!auth_may_grant(NULL, t->roles))
        return answer_refused(c, CODE_PARAMETER, "roles");
    if (!auth_may_grant(&c->app, t->roles))
        return answer_refused(c, CODE_FORBIDDEN, "roles");
    if (!are_networks(t->networks))
        return answer_refused(c, CODE_PARAMETER, "ipAllow");
    if (!is_algorithm(t->algorithm))
        return answer_refused(c, CODE_PARAMETER, "algorithm");
    return true;
}

static enum xk_err answer_secret(struct call *c, const char *app_id, const char *secret)
{
    answer_begin(c);
    json_put_text(&c->out, "appId", app_id);
    json_put_text(&c->out, "secret", secret);
    return answer_end(c);
}

enum xk_err post_app(struct call *c)
{
    struct app_texts t = {.org = c->app.org.id,
                          .name = "",
                          .networks = "",
                          .algorithm = "HMAC-SHA256",
                          .daily = DAILY_LIMIT};
    struct partner_app a;
    struct org org;
    char secret[PARTNER_SECRET_TEXT];
    enum xk_err err = XK_OK;

    if (!take_app(c, &t) || !take_org(c, t.org, &org, &err))
        return c->answered ? XK_OK : err;
    a = (struct partner_app){.id = t.id,
                             .name = t.name[0] ? t.name : t.id,
                             .org_id = org.id,
                             .roles = t.roles,
                             .ip_allow = t.networks,
                             .algorithm = t.algorithm,
                             .daily_limit = t.daily};
    err = partner_add_app(c->order->store, c->order->keystore, c->p->o.rand, &a, c->order->now,
                          secret);
    if (err == XK_OK)
        err = answer_secret(c, t.id, secret);
    else if (err == XK_E_EXISTS)
        err = answer_refuse(c, CODE_EXISTS, "appId");
    explicit_bzero(secret, sizeof secret);
    return err;
}

enum xk_err get_apps(struct call *c)
{
    static const struct store_query q = {
        "app_list", "SELECT app_id, name, roles, ip_allow, algorithm, daily_limit, disabled FROM "
                    "app WHERE org_id = $1 AND app_id > $2 ORDER BY app_id LIMIT $3"};
    struct store *s = c->order->store;
    const char *org;
    enum xk_err err;

    if (!query_org(c, &org, &err))
        return err;
    answer_begin(c);
    json_open_array(&c->out, "apps");
    TRY(store_open(s, &q,
                   SVS(sv_text(org ? org : c->app.org.id), sv_text(query_or(c, "after", "")),
                       sv_int(APPS_MAX))));
    while ((err = store_next(s)) == XK_OK) {
        json_open_object(&c->out, NULL);
        json_put_bytes_text(&c->out, "appId", store_get_bytes(s, 0));
        json_put_bytes_text(&c->out, "name", store_get_bytes(s, 1));
        json_put_bytes_text(&c->out, "roles", store_get_bytes(s, 2));
        json_put_bytes_text(&c->out, "ipAllow", store_get_bytes(s, 3));
        json_put_bytes_text(&c->out, "algorithm", store_get_bytes(s, 4));
        json_put_int(&c->out, "dailyLimit", store_get_int(s, 5));
        json_put_text(&c->out, "state", store_get_int(s, 6) ? "OFF" : "ON");
        json_close_object(&c->out);
    }
    store_finish(s);
    json_close_array(&c->out);
    return err == XK_E_NOT_FOUND ? answer_end(c) : err;
}

/* The application of the body's appId; one that the caller may not see is not there, and one that
 * may more than its caller is not touched. False: refused, or *err. */
static bool find_app(struct call *c, const char *app_id, struct app *out, enum xk_err *err)
{
    *err = auth_load_app(c->order->store, c->order->keystore, app_id, out);
    if (*err == XK_OK)
        secret_wipe(&out->secret);
    if (!call_found(c, err, out->org.id, CODE_NO_SUCH_APP, NULL))
        return false;
    if (auth_may_grant(&c->app, out->roles))
        return true;
    *err = answer_refuse(c, CODE_FORBIDDEN, "roles");
    return false;
}

static enum xk_err drop_tokens(struct call *c, const char *app_id)
{
    static const struct store_query q = {"app_drop_tokens", "DELETE FROM token WHERE app_id = $1"};

    return store_exec(c->order->store, &q, SVS(sv_text(app_id)), NULL);
}

enum xk_err post_app_state(struct call *c)
{
    static const struct store_query q = {"app_state",
                                         "UPDATE app SET disabled = $1 WHERE app_id = $2"};
    const char *id = "", *state = "";
    const struct json_field fields[] = {
        {.name = "appId", .kind = JSON_STRING, .required = true, .max = APP_ID_MAX, .text = &id},
        {.name = "state", .kind = JSON_STRING, .required = true, .max = 3, .text = &state},
    };
    struct app app;
    enum xk_err err = XK_OK;
    bool off;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    off = strcmp(state, "OFF") == 0;
    if (!off && strcmp(state, "ON") != 0)
        return answer_refuse(c, CODE_PARAMETER, "state");
    if (!find_app(c, id, &app, &err))
        return err;
    TRY(store_exec(c->order->store, &q, SVS(sv_int(off), sv_text(id)), NULL));
    if (off)
        TRY(drop_tokens(c, id));
    answer_begin(c);
    json_put_text(&c->out, "appId", id);
    json_put_text(&c->out, "state", state);
    return answer_end(c);
}

/* Another secret from now on; what was signed with the last one is refused. */
static enum xk_err change_secret(struct call *c, const char *id, char secret[PARTNER_SECRET_TEXT])
{
    static const struct store_query q = {"app_secret",
                                         "UPDATE app SET secret = $1 WHERE app_id = $2"};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    size_t n;

    TRY(make_secret(c->order->keystore, c->p->o.rand, id, secret, sealed, &n));
    TRY(store_exec(c->order->store, &q, SVS(sv_bytes(BYTES(sealed, n)), sv_text(id)), NULL));
    return drop_tokens(c, id);
}

enum xk_err post_app_secret(struct call *c)
{
    const char *id = "";
    const struct json_field fields[] = {
        {.name = "appId", .kind = JSON_STRING, .required = true, .max = APP_ID_MAX, .text = &id}};
    char secret[PARTNER_SECRET_TEXT];
    struct app app;
    enum xk_err err = XK_OK;

    if (!take_fields(c, fields, ARRAY_LEN(fields)) || !find_app(c, id, &app, &err))
        return c->answered ? XK_OK : err;
    err = change_secret(c, id, secret);
    if (err == XK_OK)
        err = answer_secret(c, id, secret);
    explicit_bzero(secret, sizeof secret);
    return err;
}
