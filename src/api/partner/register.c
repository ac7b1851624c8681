/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, numbers and cards: what is looked up and brought in. */
#include "api/partner/routes.h"
#include "base/hex.h"
#include "service/chip/chip.h"
#include "service/number/number.h"

#define POOLS_MAX 200
#define GENERATE_MAX 100000
#define ID_FIELD .max = 32, .allowed = JSON_ID

static enum xk_err put_pool(struct call *c, const struct pool *p)
{
    struct pool_counts n;

    TRY(pool_counts(c->order->store, p->id, POOL_WITH_CHILDREN, &n));
    json_put_text(&c->out, "poolId", p->id);
    json_put_text(&c->out, "name", p->name);
    json_put_text(&c->out, "parent", p->parent);
    json_put_text(&c->out, "purpose", number_purpose_name(p->purpose));
    json_put_text(&c->out, "carrier", p->carrier);
    json_put_text(&c->out, "province", p->province);
    json_put_text(&c->out, "customer", p->customer);
    json_put_text(&c->out, "templateId", p->template_id);
    json_put_text(&c->out, "orgId", p->org_id);
    json_put_bool(&c->out, "shared", p->shared);
    json_put_text(&c->out, "level", pool_level_name(n.level));
    json_put_int(&c->out, "total", (int64_t)n.total);
    json_put_int(&c->out, "free", (int64_t)n.free);
    json_put_int(&c->out, "locked", (int64_t)n.reserved);
    json_put_int(&c->out, "assigned", (int64_t)n.assigned);
    json_put_int(&c->out, "written", (int64_t)n.written);
    json_put_int(&c->out, "inUse", (int64_t)n.in_use);
    json_put_int(&c->out, "frozen", (int64_t)n.frozen);
    json_put_int(&c->out, "bad", (int64_t)n.bad);
    return XK_OK;
}

enum xk_err get_pool(struct call *c)
{
    struct pool p;
    enum xk_err err = pool_get(c->order->store, c->id, &p);
    bool may = false;

    if (err == XK_OK)
        TRY(order_may_use_pool(c->order->store, c->app.org.path, &p, &may));
    if (err == XK_E_NOT_FOUND || (err == XK_OK && !may))
        return answer_refuse(c, CODE_NO_SUCH_POOL, NULL);
    TRY(err);
    answer_begin(c);
    TRY(put_pool(c, &p));
    return answer_end(c);
}

enum xk_err get_pools(struct call *c)
{
    struct pool *list = arena_alloc(c->order->arena, POOLS_MAX * sizeof *list);
    struct pool_filter f = {.parent = query_value(c, "parent")};
    enum xk_err err;
    size_t n;

    if (!list)
        return XK_E_NOMEM;
    if (!query_org(c, &f.org_id, &err))
        return err;
    TRY(pool_list(c->order->store, &f, query_or(c, "after", ""), list, POOLS_MAX, &n));
    answer_begin(c);
    json_open_array(&c->out, "pools");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&c->out, NULL);
        TRY(put_pool(c, &list[i]));
        json_close_object(&c->out);
    }
    json_close_array(&c->out);
    return answer_end(c);
}

/* A pool that the caller's organisation, or one below it, owns; another is not there: refused, or
 * *err. field names it in the refusal. */
static bool own_pool(struct call *c, const char *pool_id, const char *field, enum xk_err *err)
{
    struct pool p;

    *err = pool_get(c->order->store, pool_id, &p);
    return call_found(c, err, p.org_id, CODE_NO_SUCH_POOL, field);
}

enum xk_err post_pool(struct call *c)
{
    const char *id = "", *name = "", *parent = "", *purpose = "formal", *carrier = "";
    const char *province = "", *customer = "", *template_id = "", *org_id = c->app.org.id;
    int64_t quarantine = 0;
    bool shared = false;
    const struct json_field fields[] = {
        {.name = "poolId", .kind = JSON_STRING, .required = true, .min = 1, ID_FIELD, .text = &id},
        {.name = "name", .kind = JSON_STRING, .max = 64, .text = &name},
        {.name = "parent", .kind = JSON_STRING, ID_FIELD, .text = &parent},
        {.name = "purpose", .kind = JSON_STRING, .max = 16, .text = &purpose},
        {.name = "carrier", .kind = JSON_STRING, .max = 32, .text = &carrier},
        {.name = "province", .kind = JSON_STRING, .max = 32, .text = &province},
        {.name = "customer", .kind = JSON_STRING, .max = 32, .text = &customer},
        {.name = "templateId",
         .kind = JSON_STRING,
         .max = TASK_TEMPLATE_MAX,
         .allowed = JSON_ID,
         .text = &template_id},
        {.name = "quarantineDays", .kind = JSON_INT, .max = 3650, .integer = &quarantine},
        {.name = "orgId", .kind = JSON_STRING, .min = 1, ID_FIELD, .text = &org_id},
        {.name = "shared", .kind = JSON_BOOL, .truth = &shared},
    };
    struct pool p = {.created_at = c->order->now};
    struct pool there;
    struct org org;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (number_purpose_parse(purpose, &p.purpose) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "purpose");
    if (!take_org(c, org_id, &org, &err) || (parent[0] && !own_pool(c, parent, "parent", &err)))
        return err;
    copy_text(p.id, sizeof p.id, id);
    copy_text(p.name, sizeof p.name, name[0] ? name : id);
    copy_text(p.parent, sizeof p.parent, parent);
    copy_text(p.carrier, sizeof p.carrier, carrier);
    copy_text(p.province, sizeof p.province, province);
    copy_text(p.template_id, sizeof p.template_id, template_id);
    copy_text(p.customer, sizeof p.customer, customer);
    copy_text(p.org_id, sizeof p.org_id, org.id);
    p.shared = shared;
    p.quarantine_days = (uint32_t)quarantine;
    err = pool_get(c->order->store, id, &there) == XK_OK ? XK_E_EXISTS
                                                         : pool_create(c->order->store, &p);
    if (err == XK_E_EXISTS)
        return answer_refuse(c, CODE_EXISTS, "poolId");
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_SUCH_POOL, "parent");
    TRY(err);
    answer_begin(c);
    TRY(put_pool(c, &p));
    return answer_end(c);
}

static enum xk_err answer_bad_lines(struct call *c, const struct import_report *r)
{
    const struct import_error *first = &r->errors[0];

    answer_begin_code(c, CODE_IMPORT_FILE,
                      arena_printf(c->order->arena, "line %u: %s: %s", first->line, first->field,
                                   import_reason_en(first->reason)));
    json_put_int(&c->out, "lines", r->lines);
    json_put_int(&c->out, "bad", r->bad);
    json_open_array(&c->out, "errors");
    for (uint32_t i = 0; i < r->n_errors; i++) {
        json_open_object(&c->out, NULL);
        json_put_int(&c->out, "line", r->errors[i].line);
        json_put_text(&c->out, "field", r->errors[i].field);
        json_put_text(&c->out, "reason", import_reason_name(r->errors[i].reason));
        json_put_text(&c->out, "text", import_reason_en(r->errors[i].reason));
        json_put_text(&c->out, "textZh", import_reason_zh(r->errors[i].reason));
        json_close_object(&c->out);
    }
    json_close_array(&c->out);
    return answer_end(c);
}

/* A refused file leaves nothing. */
static enum xk_err answer_import(struct call *c, enum xk_err err, const struct import_report *r)
{
    if (err == XK_E_FORMAT) {
        TRY(call_undo(c));
        return answer_bad_lines(c, r);
    }
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_SUCH_POOL, NULL);
    if (err == XK_E_LIMIT)
        return answer_refuse(c, CODE_TOO_LARGE, NULL);
    TRY(err);
    answer_begin(c);
    json_put_int(&c->out, "imported", r->imported);
    return answer_end(c);
}

enum xk_err post_number_import(struct call *c)
{
    const char *pool = query_value(c, "poolId");
    struct import_report r = {0};
    enum xk_err err;

    if (!pool)
        return answer_refuse(c, CODE_MISSING, "poolId");
    if (!own_pool(c, pool, NULL, &err))
        return err;
    return answer_import(c,
                         number_import_csv(c->order->store, c->order->keystore, pool, c->in->body,
                                           c->order->now, &r),
                         &r);
}

static enum xk_err generate_range(struct call *c, const struct number_range *range)
{
    enum xk_err err =
        number_generate(c->order->store, c->order->keystore, c->p->o.rand, range, c->order->now);

    if (err == XK_E_EXISTS || err == XK_E_VALUE) {
        TRY(call_undo(c));
        return answer_refuse(c, err == XK_E_EXISTS ? CODE_EXISTS : CODE_PARAMETER, "range");
    }
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_SUCH_POOL, NULL);
    TRY(err);
    answer_begin(c);
    json_put_int(&c->out, "imported", range->count);
    return answer_end(c);
}

enum xk_err post_number_generate(struct call *c)
{
    const char *pool = "", *imsi = "", *msisdn = "", *iccid = "", *smsc = "";
    int64_t count = 0;
    const struct json_field fields[] = {
        {.name = "poolId",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         ID_FIELD,
         .text = &pool},
        {.name = "count",
         .kind = JSON_INT,
         .required = true,
         .min = 1,
         .max = GENERATE_MAX,
         .integer = &count},
        {.name = "firstImsi",
         .kind = JSON_STRING,
         .required = true,
         .min = 6,
         .max = 15,
         .allowed = JSON_DIGITS,
         .text = &imsi},
        {.name = "firstMsisdn",
         .kind = JSON_STRING,
         .required = true,
         .min = 5,
         .max = 20,
         .allowed = JSON_DIGITS,
         .text = &msisdn},
        {.name = "firstIccid",
         .kind = JSON_STRING,
         .min = 19,
         .max = 19,
         .allowed = JSON_DIGITS,
         .text = &iccid},
        {.name = "smsc", .kind = JSON_STRING, .max = 20, .allowed = JSON_DIGITS "+", .text = &smsc},
    };
    struct number_range range = {0};
    enum xk_err err = XK_OK;

    if (!take_fields(c, fields, ARRAY_LEN(fields)) || !own_pool(c, pool, NULL, &err))
        return c->answered ? XK_OK : err;
    copy_text(range.pool_id, sizeof range.pool_id, pool);
    copy_text(range.first_imsi, sizeof range.first_imsi, imsi);
    copy_text(range.first_msisdn, sizeof range.first_msisdn, msisdn);
    copy_text(range.first_iccid, sizeof range.first_iccid, iccid);
    copy_text(range.smsc, sizeof range.smsc, smsc);
    range.count = (uint32_t)count;
    return generate_range(c, &range);
}

/* The key of a secret, in hexadecimal, from a header: never from the path or query, which get
 * logged by whatever stands between. */
static bool header_key(struct call *c, const char *name, struct secret *out, bool *given)
{
    const char *text = c->in->header(c->in->request, name);
    size_t n;

    *given = text != NULL;
    if (!text)
        return true;
    if (hex_decode(bytes_cstr(text), out->bytes, sizeof out->bytes, &n) == XK_OK) {
        out->n = (uint8_t)n;
        return true;
    }
    return answer_refused(c, CODE_PARAMETER, name);
}

enum xk_err post_card_import(struct call *c)
{
    const char *grade = query_value(c, "grade");
    const char *form = query_value(c, "form");
    struct chip_import how = {.batch_id = query_value(c, "batchId"),
                              .vendor = query_or(c, "vendor", ""),
                              .file_name = query_or(c, "file", ""),
                              .seed_pool = query_value(c, "seedPool")};
    AUTO_SECRET struct secret transport = {0};
    AUTO_SECRET struct secret master = {0};
    struct import_report r = {0};
    bool has_transport, has_master;
    struct org org;
    enum xk_err err;

    if (!take_org(c, query_or(c, "org", c->app.org.id), &org, &err) ||
        (how.seed_pool && !own_pool(c, how.seed_pool, NULL, &err)))
        return err;
    how.org_id = org.id;
    if (grade && chip_grade_parse(grade, &how.grade) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "grade");
    if (form && chip_form_parse(form, &how.form) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "form");
    if (!header_key(c, "X-XK-Transport-Key", &transport, &has_transport) ||
        !header_key(c, "X-XK-Master-Key", &master, &has_master))
        return XK_OK;
    how.transport = has_transport ? &transport : NULL;
    how.master = has_master ? &master : NULL;
    err =
        chip_import_file(c->order->store, c->order->keystore, &how, c->in->body, c->order->now, &r);
    if (err == XK_OK)
        TRY(hands_take_made(c, org.id, how.batch_id ? how.batch_id : how.file_name));
    return answer_import(c, err, &r);
}
