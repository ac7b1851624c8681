/* SPDX-License-Identifier: Apache-2.0 */
/* Attach events, and who may speak at all. */
#include "api/home/home.h"
#include "api/wire/json.h"

static void encode_one(const struct home_event *e, struct json_out *o)
{
    char time[XK_TIME_TEXT_MAX];

    json_open_object(o, NULL);
    json_put_int(o, "seq", (int64_t)e->seq);
    json_put_text(o, "type", e->type == HOME_ATTACH ? "attach" : "detach");
    json_put_text(o, "imsi", e->imsi);
    json_put_text(o, "msisdn", e->msisdn);
    json_put_text(o, "imei", e->imei);
    json_put_text(o, "rat", e->rat);
    json_put_text(o, "plmn", e->plmn);
    json_put_int(o, "lac", e->lac);
    json_put_int(o, "cell", e->cell);
    json_put_text(o, "time", xk_time_format(e->time, time));
    json_close_object(o);
}

enum xk_err home_encode_events(const struct home_event *e, size_t n, struct buf *out)
{
    struct json_out o;

    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_open_array(&o, "events");
    for (size_t i = 0; i < n; i++)
        encode_one(&e[i], &o);
    json_close_array(&o);
    json_close_object(&o);
    return buf_ok(out);
}

struct fields {
    int64_t seq, lac, cell;
    const char *type, *imsi, *msisdn, *imei, *rat, *plmn, *time;
};

static enum xk_err read_fields(const struct json *v, struct fields *f, const char **bad)
{
    const struct json_field fields[] = {
        {.name = "seq", .kind = JSON_INT, .required = true, .min = 1, .integer = &f->seq},
        {.name = "type", .kind = JSON_STRING, .required = true, .max = 16, .text = &f->type},
        {.name = "imsi",
         .kind = JSON_STRING,
         .required = true,
         .min = 6,
         .max = 15,
         .allowed = JSON_DIGITS,
         .text = &f->imsi},
        {.name = "msisdn", .kind = JSON_STRING, .max = 20, .text = &f->msisdn},
        {.name = "imei", .kind = JSON_STRING, .max = 16, .text = &f->imei},
        {.name = "rat", .kind = JSON_STRING, .max = 7, .text = &f->rat},
        {.name = "plmn", .kind = JSON_STRING, .max = 6, .text = &f->plmn},
        {.name = "lac", .kind = JSON_INT, .max = UINT32_MAX, .integer = &f->lac},
        {.name = "cell", .kind = JSON_INT, .max = UINT32_MAX, .integer = &f->cell},
        {.name = "time", .kind = JSON_STRING, .required = true, .max = 31, .text = &f->time},
    };

    *f = (struct fields){.msisdn = "", .imei = "", .rat = "", .plmn = ""};
    return json_read_fields(v, fields, ARRAY_LEN(fields), bad);
}

static enum xk_err decode_one(const struct json *v, struct home_event *e, const char **bad)
{
    struct fields f;

    TRY(read_fields(v, &f, bad));
    *e = (struct home_event){
        .seq = (uint64_t)f.seq, .lac = (uint32_t)f.lac, .cell = (uint32_t)f.cell};
    *bad = "type";
    if (strcmp(f.type, "attach") != 0 && strcmp(f.type, "detach") != 0)
        return XK_E_VALUE;
    e->type = strcmp(f.type, "attach") == 0 ? HOME_ATTACH : HOME_DETACH;
    snprintf(e->imsi, sizeof e->imsi, "%s", f.imsi);
    snprintf(e->msisdn, sizeof e->msisdn, "%s", f.msisdn);
    snprintf(e->imei, sizeof e->imei, "%s", f.imei);
    snprintf(e->rat, sizeof e->rat, "%s", f.rat);
    snprintf(e->plmn, sizeof e->plmn, "%s", f.plmn);
    *bad = "time";
    return xk_time_parse(f.time, &e->time);
}

static enum xk_err decode_list(const struct json *list, struct home_event *out, size_t cap,
                               size_t *n, struct buf *why)
{
    size_t count = json_length(list);

    if (json_kind(list) != JSON_ARRAY || count > cap) {
        buf_printf(why, "events: not a list of at most %zu", cap);
        return XK_E_FORMAT;
    }
    for (size_t i = 0; i < count; i++) {
        const char *bad = "";

        if (decode_one(json_at(list, i), &out[i], &bad) != XK_OK) {
            buf_printf(why, "events[%zu].%s is wrong", i, bad);
            return XK_E_FORMAT;
        }
    }
    *n = count;
    return XK_OK;
}

enum xk_err home_decode_events(struct bytes body, struct home_event *out, size_t cap, size_t *n,
                               struct buf *why)
{
    struct json *doc;
    enum xk_err err;
    size_t at;

    if (json_doc_parse(body, &doc, &at) != XK_OK) {
        buf_printf(why, "not JSON, byte %zu", at);
        return XK_E_FORMAT;
    }
    err = decode_list(json_member(doc, "events"), out, cap, n, why);
    json_doc_free(doc);
    return err;
}

enum xk_err home_encode_taken(uint64_t seq, struct buf *out)
{
    struct json_out o;

    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "code", "0");
    json_put_int(&o, "seq", (int64_t)seq);
    json_close_object(&o);
    return buf_ok(out);
}

enum xk_err home_decode_taken(struct bytes body, uint64_t *seq)
{
    struct json *doc;
    int64_t value;
    size_t at;

    TRY(json_doc_parse(body, &doc, &at));
    value = json_integer(json_member(doc, "seq"), -1);
    json_doc_free(doc);
    if (value < 0)
        return XK_E_FORMAT;
    *seq = (uint64_t)value;
    return XK_OK;
}

bool home_authorised(const char *header, const char *token)
{
    static const char scheme[] = "Bearer ";

    return header && token[0] != '\0' && strncmp(header, scheme, sizeof scheme - 1) == 0 &&
           bytes_eq_secret(bytes_cstr(header + sizeof scheme - 1), bytes_cstr(token));
}
