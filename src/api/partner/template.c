/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of profiles, and stock made of them and of numbers. */
#include "api/partner/stock.h"
#include "codec/saip/personalise.h"

#define ID_FIELD .max = STOCK_TEMPLATE_TEXT - 1, .allowed = JSON_ID
#define POOL_FIELD .max = 32, .allowed = JSON_ID

/* ---- templates ------------------------------------------------------------------------------- */

static bool take_id(struct call *c, struct stock_template *t)
{
    const char *id = query_value(c, "id");

    if (!id || !id[0])
        return answer_refused(c, CODE_MISSING, "id");
    if (strlen(id) >= sizeof t->id || id[strspn(id, JSON_ID)] != '\0')
        return answer_refused(c, CODE_PARAMETER, "id");
    snprintf(t->id, sizeof t->id, "%s", id);
    return true;
}

static bool check_template(struct call *c, uint32_t *positions)
{
    const char *missing;
    enum xk_err err = prepare_check_template(c->in->body, positions, &missing);

    if (err == XK_E_VALUE && missing)
        return answer_refused(
            c, CODE_BAD_PROFILE,
            arena_printf(c->order->arena, "a template needs a place for: %s", missing));
    if (err == XK_E_LIMIT)
        return answer_refused(c, CODE_BAD_PROFILE, "too many keys of security domains");
    if (err != XK_OK)
        return answer_refused(c, CODE_BAD_PROFILE, "not a profile package that can be read");
    return true;
}

static void put_positions(struct json_out *o, uint32_t positions)
{
    json_open_array(o, "positions");
    for (unsigned p = 0; p < SAIP_POSITIONS; p++) {
        if (positions >> p & 1)
            json_put_text(o, NULL, saip_position_name((enum saip_position)p));
    }
    json_close_array(o);
}

static enum xk_err keep_template(struct call *c, struct download_ctx *d,
                                 const struct download *profile, struct stock_template *t)
{
    enum xk_err err;

    memcpy(t->profile_type, profile->profile_type, sizeof t->profile_type);
    memcpy(t->owner, profile->owner, sizeof t->owner);
    memcpy(t->smdp_address, profile->smdp_address, sizeof t->smdp_address);
    t->metadata = profile->metadata;
    TRY(stock_protection.protect(c->in->body, d->rand, d->arena, &t->package));
    err = stock_put_template(d, t);
    secret_wipe(&t->package.ppk);
    return err;
}

enum xk_err post_template(struct call *c)
{
    struct download like = {0};
    struct stock_template t = {0};
    uint8_t mem[STOCK_METADATA_MAX];
    struct download_ctx d;
    struct buf metadata;
    uint32_t positions;

    buf_init_fixed(&metadata, mem, sizeof mem);
    if (!stock_open(c, &d) || !take_id(c, &t) ||
        !stock_take_profile(c, STOCK_TEMPLATE, &metadata, &like) || !check_template(c, &positions))
        return XK_OK;
    TRY(keep_template(c, &d, &like, &t));
    answer_begin(c);
    json_put_text(&c->out, "templateId", t.id);
    json_put_int(&c->out, "memory", like.needs.nvm_bytes);
    put_positions(&c->out, positions);
    return answer_end(c);
}

static enum xk_err put_template(void *arg, const struct stock_template *t)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    json_put_text(o, "templateId", t->id);
    json_put_text(o, "profileType", t->profile_type);
    json_put_text(o, "owner", t->owner);
    json_put_text(o, "smdpAddress", t->smdp_address);
    TRY(stock_put_metadata(o, t->metadata));
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_templates(struct call *c)
{
    struct download_ctx d;

    if (!stock_open(c, &d))
        return XK_OK;
    answer_begin(c);
    json_open_array(&c->out, "templates");
    TRY(stock_each_template(&d, put_template, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}

/* ---- profiles out of them -------------------------------------------------------------------- */

static enum xk_err answer_prepared(struct call *c, const struct prepared *made, uint32_t n)
{
    answer_begin(c);
    json_open_array(&c->out, "profiles");
    for (uint32_t i = 0; i < n; i++) {
        json_open_object(&c->out, NULL);
        json_put_text(&c->out, "iccid", made[i].iccid);
        json_put_text(&c->out, "imsi", made[i].imsi);
        json_put_text(&c->out, "msisdn", made[i].msisdn);
        json_close_object(&c->out);
    }
    json_close_array(&c->out);
    return answer_end(c);
}

/* All or nothing. */
static enum xk_err prepare(struct call *c, const struct prepare_request *request)
{
    struct prepared *made = arena_alloc(c->order->arena, request->count * sizeof *made);
    struct prepare_refusal why;
    struct download_ctx d;

    if (!made)
        return XK_E_NOMEM;
    if (!stock_open(c, &d))
        return XK_OK;
    TRY(prepare_stock(&d, &stock_protection, request, made, &why));
    if (why.code == CODE_OK)
        return answer_prepared(c, made, request->count);
    TRY(call_undo(c));
    return answer_refuse(c, why.code, arena_strdup(c->order->arena, why.detail));
}

enum xk_err post_prepare(struct call *c)
{
    const char *template_id = "", *pool_id = "", *msisdn = "";
    int64_t count = 1;
    const struct json_field fields[] = {
        {.name = "templateId",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         ID_FIELD,
         .text = &template_id},
        {.name = "poolId",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         POOL_FIELD,
         .text = &pool_id},
        {.name = "msisdn", .kind = JSON_STRING, .max = 23, .text = &msisdn},
        {.name = "count", .kind = JSON_INT, .min = 1, .max = PREPARE_MAX, .integer = &count},
    };
    struct prepare_request request;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (msisdn[0] && count > 1)
        return answer_refuse(c, CODE_PARAMETER, "count");
    request = (struct prepare_request){.template_id = template_id,
                                       .pool_id = pool_id,
                                       .msisdn = msisdn,
                                       .count = (uint32_t)count,
                                       .opens = c->p->o.has_home};
    return prepare(c, &request);
}

/* ---- codes ----------------------------------------------------------------------------------- */

static void put_codes(struct json_out *o, const struct saip_number *codes)
{
    static const char *const pins[] = {"pin1", "pin2", "puk1", "puk2"};
    const char *values[] = {codes->pin1, codes->pin2, codes->puk1, codes->puk2};

    for (size_t i = 0; i < ARRAY_LEN(pins); i++) {
        if (values[i])
            json_put_text(o, pins[i], values[i]);
    }
    json_open_object(o, "adm");
    for (unsigned i = 0; i < SAIP_ADMS; i++) {
        char name[8];

        snprintf(name, sizeof name, "adm%u", i + 1);
        if (codes->adm[i].n > 0)
            json_put_hex(o, name, secret_bytes(&codes->adm[i]));
    }
    json_close_object(o);
    json_open_array(o, "keys");
    for (size_t i = 0; i < codes->n_keys; i++) {
        json_open_object(o, NULL);
        json_put_int(o, "version", codes->keys[i].version);
        json_put_int(o, "identifier", codes->keys[i].identifier);
        json_put_hex(o, "key", secret_bytes(&codes->keys[i].key));
        json_close_object(o);
    }
    json_close_array(o);
}

static enum xk_err read_codes(struct download_ctx *d, const char *iccid, struct saip_number *out)
{
    struct stock_package package;
    struct saip_plan *plan = NULL;
    struct bytes upp;
    enum xk_err err;

    TRY(stock_load(d, iccid, &package));
    err = stock_protection.unprotect(&package, d->arena, &upp);
    secret_wipe(&package.ppk);
    TRY(err);
    TRY(saip_plan_new(upp, &plan));
    err = saip_plan_codes(plan, d->arena, out);
    saip_plan_free(plan);
    return err;
}

/* PINs, PUKs, ADM codes and keys of a profile, for those who look after its subscriber. */
enum xk_err get_codes(struct call *c)
{
    struct saip_number codes;
    struct download_ctx d;
    enum xk_err err;

    if (!stock_open(c, &d))
        return XK_OK;
    err = read_codes(&d, c->id, &codes);
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_SUCH_PROFILE, c->id);
    if (err == XK_OK) {
        answer_begin(c);
        json_put_text(&c->out, "iccid", c->id);
        put_codes(&c->out, &codes);
        err = answer_end(c);
    }
    saip_number_wipe(&codes);
    return err;
}
