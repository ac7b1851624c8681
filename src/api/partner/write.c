/* SPDX-License-Identifier: Apache-2.0 */
/* W1 to W6: applying, cancelling, retrying, and the RELAY channel. */
#include "api/partner/routes.h"
#include "base/hex.h"
#include "codec/sms/sms.h"
#include "model/ident.h"
#include "service/chip/chip.h"
#include "service/number/number.h"

#define BATCH_ITEMS_MAX 100
#define BATCH_LINES_MAX 100000
#define PACKET_MAX 2048

struct wish_texts {
    const char *order_no, *cid, *iccid, *eid, *msisdn, *pool, *template_id;
    const char *mode, *channel, *callback;
};

static enum xk_err read_wish(const struct json *v, struct wish_texts *t, const char **bad)
{
    const struct json_field fields[] = {
        {.name = "orderNo",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = TASK_ORDER_NO_MAX,
         .allowed = JSON_ID,
         .text = &t->order_no},
        {.name = "cid",
         .kind = JSON_STRING,
         .min = 20,
         .max = 20,
         .allowed = JSON_DIGITS,
         .text = &t->cid},
        {.name = "iccid",
         .kind = JSON_STRING,
         .min = 18,
         .max = 20,
         .allowed = JSON_ID,
         .text = &t->iccid},
        {.name = "eid",
         .kind = JSON_STRING,
         .min = 32,
         .max = 32,
         .allowed = JSON_DIGITS,
         .text = &t->eid},
        {.name = "targetMsisdn",
         .kind = JSON_STRING,
         .min = 5,
         .max = 20,
         .allowed = JSON_DIGITS "+",
         .text = &t->msisdn},
        {.name = "poolId",
         .kind = JSON_STRING,
         .min = 1,
         .max = 32,
         .allowed = JSON_ID,
         .text = &t->pool},
        {.name = "templateId",
         .kind = JSON_STRING,
         .min = 1,
         .max = TASK_TEMPLATE_MAX,
         .allowed = JSON_ID,
         .text = &t->template_id},
        {.name = "mode", .kind = JSON_STRING, .max = 10, .text = &t->mode},
        {.name = "channel", .kind = JSON_STRING, .max = 10, .text = &t->channel},
        {.name = "callbackUrl",
         .kind = JSON_STRING,
         .min = 8,
         .max = TASK_URL_MAX,
         .text = &t->callback},
    };

    *t = (struct wish_texts){.mode = "NEW", .channel = "AUTO"};
    TRY(json_read_fields(v, fields, ARRAY_LEN(fields), bad));
    *bad = json_unknown(v, fields, ARRAY_LEN(fields));
    return XK_OK;
}

bool url_ok(const char *url)
{
    return !url || strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

/* What a wish must hold together; *bad names the field. */
static int check_wish(const struct wish_texts *t, struct order_wish *w, const char **bad)
{
    *bad = "cid";
    if (!t->cid && !t->iccid && !t->eid)
        return CODE_MISSING;
    *bad = "mode";
    if (task_mode_parse(t->mode, &w->mode) != XK_OK)
        return CODE_PARAMETER;
    *bad = "channel";
    if (task_channel_parse(t->channel, &w->channel) != XK_OK)
        return CODE_PARAMETER;
    *bad = "poolId";
    if (task_mode_gives(w->mode) && !t->pool && !t->msisdn)
        return CODE_MISSING;
    *bad = "callbackUrl";
    if (!url_ok(t->callback))
        return CODE_PARAMETER;
    *bad = NULL;
    w->order_no = t->order_no;
    w->pool_id = t->pool;
    w->template_id = t->template_id;
    w->target_msisdn = t->msisdn;
    w->callback_url = t->callback;
    return CODE_OK;
}

/* A wish from its JSON; CODE_OK, or why not and *bad the field. */
static int parse_wish(const struct json *v, struct wish_texts *t, struct order_wish *w,
                      const char **bad)
{
    enum xk_err err = read_wish(v, t, bad);

    return err == XK_OK && !*bad ? check_wish(t, w, bad) : field_code(err);
}

/* The card's CID (of an eUICC its EID) by whatever it was named; unknown ones go on under the name
 * given, so that the refusal is remembered with the order. */
static enum xk_err resolve_cid(struct call *c, const struct wish_texts *t, char cid[CHIP_CID_TEXT])
{
    struct chip chip;
    enum xk_err err;
    bool sees = false;

    if (t->cid || t->eid) {
        copy_text(cid, CHIP_CID_TEXT, t->cid ? t->cid : t->eid);
        return XK_OK;
    }
    err = chip_get_by_iccid(c->order->store, t->iccid, &chip);
    if (err == XK_OK)
        err = call_sees(c, chip.org_id, &sees);
    copy_text(cid, CHIP_CID_TEXT, sees ? chip.cid : "");
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* One wish, from its JSON to its task; a refusal of its fields gives *bad. */
static enum xk_err apply_one(struct call *c, const struct json *v, const char *batch_id,
                             struct task *t, int *code, const char **bad)
{
    struct order_wish w = {.app_id = c->app.id, .org_id = c->app.org.id, .batch_id = batch_id};
    struct wish_texts texts;
    char cid[CHIP_CID_TEXT];
    bool repeat;

    *code = parse_wish(v, &texts, &w, bad);
    if (*code != CODE_OK)
        return XK_OK;
    TRY(resolve_cid(c, &texts, cid));
    w.cid = cid;
    return order_apply(c->order, &w, t, code, &repeat);
}

static enum xk_err daily_ok(struct call *c, size_t n, bool *ok)
{
    return limits_take_daily(c->p->limits, c->order->store, &c->app, n, c->order->now, ok);
}

enum xk_err post_apply(struct call *c)
{
    const char *bad = NULL;
    struct task t;
    bool allowed;
    int code;

    TRY(daily_ok(c, 1, &allowed));
    if (!allowed)
        return answer_refuse(c, CODE_DAILY_LIMIT, NULL);
    TRY(apply_one(c, c->body, "", &t, &code, &bad));
    if (bad)
        return answer_refuse(c, code, bad);
    answer_begin_code(c, code, NULL);
    put_task(&c->out, &t);
    return answer_end(c);
}

/* A batch is refused as a whole when one of its items cannot be read (nothing of it exists then);
 * items that can be read but not carried out get their own codes. */
static bool items_ok(struct call *c, const struct json *items)
{
    struct wish_texts texts;
    struct order_wish w;
    const char *bad;

    for (size_t i = 0; i < json_length(items); i++) {
        int code = parse_wish(json_at(items, i), &texts, &w, &bad);

        if (code == CODE_OK)
            continue;
        return answer_refused(c, code, arena_printf(c->order->arena, "items[%zu].%s", i, bad));
    }
    return true;
}

static enum xk_err put_item(struct call *c, const struct json *v, const char *batch_id)
{
    const char *bad = NULL;
    char number[16];
    struct task t;
    int code;

    TRY(apply_one(c, v, batch_id, &t, &code, &bad));
    snprintf(number, sizeof number, "%d", code);
    json_open_object(&c->out, NULL);
    json_put_text(&c->out, "code", number);
    put_task(&c->out, &t);
    json_close_object(&c->out);
    return XK_OK;
}

static enum xk_err apply_items(struct call *c, const struct json *items)
{
    char batch_id[33];

    TRY(task_batch_create(c->order, c->app.id, c->app.org.id, json_length(items), batch_id));
    answer_begin(c);
    json_put_text(&c->out, "batchId", batch_id);
    json_open_array(&c->out, "items");
    for (size_t i = 0; i < json_length(items); i++)
        TRY(put_item(c, json_at(items, i), batch_id));
    json_close_array(&c->out);
    return answer_end(c);
}

static enum xk_err apply_json(struct call *c)
{
    const struct json_field known = {.name = "items"};
    struct json *doc;
    const struct json *items;
    const char *unknown;
    enum xk_err err;
    bool allowed;
    size_t at;

    if (c->in->query[0]) /* it goes with a file; here each item says it */
        return answer_refuse(c, CODE_UNKNOWN, "query");
    if (json_doc_parse(c->in->body, &doc, &at) != XK_OK)
        return answer_refuse(c, CODE_BAD_JSON, NULL);
    items = json_member(doc, "items");
    unknown = json_unknown(doc, &known, 1);
    if (unknown)
        err = answer_refuse(c, CODE_UNKNOWN, unknown);
    else if (json_length(items) == 0)
        err = answer_refuse(c, CODE_MISSING, "items");
    else if (json_length(items) > BATCH_ITEMS_MAX)
        err = answer_refuse(c, CODE_TOO_MANY, "items");
    else if (!items_ok(c, items))
        err = XK_OK;
    else {
        err = daily_ok(c, json_length(items), &allowed);
        if (err == XK_OK)
            err = allowed ? apply_items(c, items) : answer_refuse(c, CODE_DAILY_LIMIT, NULL);
    }
    json_doc_free(doc);
    return err;
}

/* CSV: a header line, then cid[,orderNo[,targetMsisdn]] a line; of an eUICC its EID as cid. */
struct csv_line {
    char cid[CHIP_CID_TEXT], order_no[TASK_ORDER_NO_MAX + 1], msisdn[24];
};

static struct bytes csv_next(struct bytes *rest)
{
    size_t n = 0;
    struct bytes line;

    while (n < rest->n && rest->p[n] != '\n')
        n++;
    line = bytes_part(*rest, 0, n);
    *rest = bytes_part(*rest, n + 1, rest->n);
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static bool csv_field(struct bytes *line, char *out, size_t cap, const char *allowed)
{
    size_t n = 0;

    while (n < line->n && line->p[n] != ',')
        n++;
    if (!bytes_to_cstr(bytes_part(*line, 0, n), out, cap))
        return false;
    *line = bytes_part(*line, n + 1, line->n);
    return strspn(out, allowed) == strlen(out);
}

static const char *csv_read(struct bytes line, struct csv_line *out)
{
    if (!csv_field(&line, out->cid, sizeof out->cid, JSON_DIGITS) ||
        (strlen(out->cid) != IDENT_CID_LEN && strlen(out->cid) != IDENT_EID_LEN))
        return "cid";
    if (!csv_field(&line, out->order_no, sizeof out->order_no, JSON_ID))
        return "orderNo";
    if (!csv_field(&line, out->msisdn, sizeof out->msisdn, JSON_DIGITS "+"))
        return "targetMsisdn";
    return line.n > 0 ? "columns" : NULL;
}

static bool csv_header_ok(struct bytes *rest)
{
    struct bytes line = csv_next(rest);

    return line.n >= 3 && memcmp(line.p, "cid", 3) == 0;
}

/* Every line is looked at before the first is taken. */
static bool csv_ok(struct call *c, struct bytes rest, size_t *lines)
{
    struct csv_line l;

    *lines = 0;
    if (!csv_header_ok(&rest))
        return answer_refused(c, CODE_PARAMETER, "line 1: cid[,orderNo[,targetMsisdn]]");
    while (rest.n > 0) {
        const char *bad = csv_read(csv_next(&rest), &l);

        if (++*lines > BATCH_LINES_MAX)
            return answer_refused(c, CODE_TOO_MANY, "lines");
        if (bad)
            return answer_refused(c, CODE_PARAMETER,
                                  arena_printf(c->order->arena, "line %zu: %s", *lines + 1, bad));
    }
    if (*lines == 0)
        return answer_refused(c, CODE_MISSING, "lines");
    return true;
}

static enum xk_err csv_accept(struct call *c, struct bytes rest, struct order_wish w,
                              const char *batch_id)
{
    struct csv_line l;
    size_t n = 0;

    csv_header_ok(&rest);
    w.batch_id = batch_id;
    w.cid = l.cid;
    w.order_no = l.order_no;
    w.target_msisdn = l.msisdn;
    while (rest.n > 0) {
        if (csv_read(csv_next(&rest), &l))
            return XK_E_INTERNAL;
        if (l.order_no[0] == '\0')
            snprintf(l.order_no, sizeof l.order_no, "%s-%zu", batch_id, ++n);
        TRY(order_accept(c->order, &w));
    }
    return XK_OK;
}

static enum xk_err apply_csv(struct call *c)
{
    const char *mode = query_value(c, "mode");
    struct order_wish w = {.app_id = c->app.id,
                           .org_id = c->app.org.id,
                           .pool_id = query_value(c, "poolId"),
                           .template_id = query_value(c, "templateId"),
                           .callback_url = query_value(c, "callbackUrl")};
    char batch_id[33];
    bool allowed;
    size_t lines;

    if (!w.pool_id)
        return answer_refuse(c, CODE_MISSING, "poolId");
    if (mode && task_mode_parse(mode, &w.mode) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "mode");
    if (!url_ok(w.callback_url))
        return answer_refuse(c, CODE_PARAMETER, "callbackUrl");
    if (!csv_ok(c, c->in->body, &lines))
        return XK_OK;
    TRY(daily_ok(c, lines, &allowed));
    if (!allowed)
        return answer_refuse(c, CODE_DAILY_LIMIT, NULL);
    TRY(task_batch_create(c->order, c->app.id, c->app.org.id, lines, batch_id));
    TRY(csv_accept(c, c->in->body, w, batch_id));
    answer_begin(c);
    json_put_text(&c->out, "batchId", batch_id);
    json_put_int(&c->out, "accepted", (int64_t)lines);
    return answer_end(c);
}

enum xk_err post_apply_batch(struct call *c)
{
    const char *type = c->in->header(c->in->request, "Content-Type");

    return type && strncmp(type, "text/csv", 8) == 0 ? apply_csv(c) : apply_json(c);
}

/* A task that the caller sees; else there is none: refused, or *err. */
static bool find_task(struct call *c, const uint8_t id[TASK_ID_LEN], struct task *t,
                      enum xk_err *err)
{
    *err = task_load(c->order->store, id, t);
    return call_found(c, err, t->org_id, CODE_NO_SUCH_TASK, NULL);
}

/* {"taskId": ...} of one that the caller sees. */
static bool take_own_task(struct call *c, uint8_t id[TASK_ID_LEN], enum xk_err *err)
{
    const char *text = NULL;
    const struct json_field fields[] = {{.name = "taskId",
                                         .kind = JSON_STRING,
                                         .required = true,
                                         .min = 16,
                                         .max = 16,
                                         .text = &text}};
    struct task t;

    *err = XK_OK;
    if (!take_fields(c, fields, ARRAY_LEN(fields)) || !take_task_id(c, text, id))
        return false;
    return find_task(c, id, &t, err);
}

static enum xk_err answer_task(struct call *c, const uint8_t id[TASK_ID_LEN], int code)
{
    struct task t;

    TRY(task_load(c->order->store, id, &t));
    answer_begin_code(c, code, NULL);
    put_task(&c->out, &t);
    return answer_end(c);
}

enum xk_err post_cancel(struct call *c)
{
    uint8_t id[TASK_ID_LEN];
    enum xk_err err;
    int code;

    if (!take_own_task(c, id, &err))
        return err;
    TRY(order_cancel(c->order, id, &code));
    return answer_task(c, id, code);
}

enum xk_err post_retry(struct call *c)
{
    uint8_t id[TASK_ID_LEN];
    enum xk_err err;
    int code;

    if (!take_own_task(c, id, &err))
        return err;
    TRY(order_retry(c->order, id, &code));
    return answer_task(c, id, code);
}

static enum xk_err put_parts(struct call *c, struct bytes packet)
{
    struct sms_parts parts;

    TRY(sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, 1, &parts));
    json_open_array(&c->out, "parts");
    for (size_t i = 0; i < parts.n; i++)
        json_put_hex(&c->out, NULL, BYTES(parts.part[i].ud, parts.part[i].ud_n));
    json_close_array(&c->out);
    return XK_OK;
}

/* packet: the secured packet; parts: the same as user data of short messages, for terminals that
 * hand it to the card as SMS-PP envelopes. */
enum xk_err get_script(struct call *c)
{
    uint8_t mem[PACKET_MAX];
    uint8_t id[TASK_ID_LEN];
    struct buf packet;
    struct task t;
    enum xk_err err;
    int code;

    if (!take_task_id(c, c->id, id))
        return XK_OK;
    if (!find_task(c, id, &t, &err))
        return err;
    buf_init_fixed(&packet, mem, sizeof mem);
    TRY(order_relay_script(c->order, id, &packet, &code));
    if (code != CODE_OK)
        return answer_refuse(c, code, NULL);
    answer_begin(c);
    json_put_hex(&c->out, "taskId", BYTES_OF(id));
    json_put_text(&c->out, "cid", t.cid);
    json_put_text(&c->out, "iei", "70");
    json_put_hex(&c->out, "packet", buf_bytes(&packet));
    TRY(put_parts(c, buf_bytes(&packet)));
    return answer_end(c);
}

static enum xk_err take_relay_report(struct call *c, const struct task *t, uint8_t iei,
                                     struct bytes packet, int *code)
{
    struct chip_keys keys;
    struct order_report r;
    struct chip chip;
    enum xk_err err;

    *code = CODE_REPORT_REFUSED;
    TRY(chip_get(c->order->store, t->cid, &chip));
    TRY(chip_get_keys(c->order->store, c->order->keystore, t->cid, &keys));
    err = c->p->o.open_report(c->p->o.ctx, &chip, &keys, iei, packet, c->order->arena, &r);
    explicit_bzero(&keys, sizeof keys);
    if (err == XK_E_AUTH || err == XK_E_FORMAT)
        return XK_OK;
    TRY(err);
    err = order_on_report(c->order, &chip, &r);
    if (err == XK_E_DENIED)
        return XK_OK;
    *code = CODE_OK;
    return err;
}

enum xk_err post_report(struct call *c)
{
    const char *id_text = NULL, *packet_text = NULL, *iei_text = "71";
    const struct json_field fields[] = {
        {.name = "taskId",
         .kind = JSON_STRING,
         .required = true,
         .min = 16,
         .max = 16,
         .text = &id_text},
        {.name = "packet",
         .kind = JSON_STRING,
         .required = true,
         .min = 2,
         .max = 2 * PACKET_MAX,
         .text = &packet_text},
        {.name = "iei", .kind = JSON_STRING, .min = 2, .max = 2, .text = &iei_text},
    };
    uint8_t *packet = arena_alloc(c->order->arena, PACKET_MAX);
    uint8_t id[TASK_ID_LEN];
    uint8_t iei;
    struct task t;
    enum xk_err err;
    size_t n;
    int code;

    if (!packet)
        return XK_E_NOMEM;
    if (!take_fields(c, fields, ARRAY_LEN(fields)) || !take_task_id(c, id_text, id))
        return XK_OK;
    if (hex_decode(bytes_cstr(packet_text), packet, PACKET_MAX, &n) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "packet");
    if (hex_decode_exact(bytes_cstr(iei_text), &iei, 1) != XK_OK || (iei != 0x70 && iei != 0x71))
        return answer_refuse(c, CODE_PARAMETER, "iei");
    if (!find_task(c, id, &t, &err))
        return err;
    if (t.channel == TASK_CHANNEL_RSP)
        return answer_refuse(c, CODE_CARD_CANNOT, NULL);
    TRY(take_relay_report(c, &t, iei, BYTES(packet, n), &code));
    return answer_task(c, id, code);
}

enum xk_err post_batch_resume(struct call *c)
{
    const char *id = NULL;
    const struct json_field fields[] = {{.name = "batchId",
                                         .kind = JSON_STRING,
                                         .required = true,
                                         .max = 32,
                                         .allowed = JSON_ID,
                                         .text = &id}};
    struct task_batch b;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    err = task_batch_load(c->order->store, id, &b);
    if (!call_found(c, &err, b.org_id, CODE_NO_SUCH_TASK, "batchId"))
        return err;
    TRY(task_batch_resume(c->order, id));
    answer_begin(c);
    json_put_text(&c->out, "batchId", id);
    return answer_end(c);
}
