/* SPDX-License-Identifier: Apache-2.0 */
/* Who is behind cards and organisations. The platform gets the hash of a document's number, never
 * the number. */
#include "api/partner/routes.h"
#include "base/hex.h"
#include "model/ident.h"
#include "service/gate/gate.h"

#define NAME_MAX 64
#define LEVEL_MAX 3

bool take_gate_card(struct call *c, const struct gate_names *names, char out[GATE_SUBJECT_TEXT],
                    struct chip *chip, enum xk_err *err)
{
    *err = XK_OK;
    if (!names->cid && !names->iccid)
        return answer_refused(c, CODE_MISSING, "cid");
    if (names->cid && names->iccid)
        return answer_refused(c, CODE_PARAMETER, "iccid");
    if (!find_card(c, names->cid ? names->cid : names->iccid, chip, err))
        return false;
    gate_subject_put(GATE_CARD, chip->cid, out);
    return true;
}

bool take_gate_org(struct call *c, const char *org_id, char out[GATE_SUBJECT_TEXT],
                   enum xk_err *err)
{
    struct org o;

    if (!take_org(c, org_id, &o, err))
        return false;
    if (strcmp(o.id, c->app.org.id) == 0 && !call_is_root(c))
        return answer_refused(c, CODE_FORBIDDEN, "orgId");
    gate_subject_put(GATE_ORG, o.id, out);
    return true;
}

bool gate_hash_ok(const char *text)
{
    return strlen(text) == GATE_HASH_TEXT - 1 && strspn(text, "0123456789abcdef") == strlen(text);
}

/* A card, or an organisation that stands below the caller's. */
static bool take_subject(struct call *c, const struct gate_names *names,
                         char out[GATE_SUBJECT_TEXT], enum xk_err *err)
{
    struct chip chip;

    if (!names->org)
        return take_gate_card(c, names, out, &chip, err);
    *err = XK_OK;
    if (names->cid || names->iccid)
        return answer_refused(c, CODE_PARAMETER, "orgId");
    return take_gate_org(c, names->org, out, err);
}

static void put_subject(struct json_out *o, const char *subject)
{
    enum gate_subject kind;
    const char *id;

    if (gate_subject_parse(subject, &kind, &id) != XK_OK)
        return;
    json_put_text(o, kind == GATE_ORG ? "orgId" : "cid", id);
}

static enum xk_err answer_real_name(struct call *c, const char *subject)
{
    char at[XK_TIME_TEXT_MAX];
    struct real_name r;
    enum xk_err err = real_name_get(c->order->store, subject, &r);

    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_REAL_NAME, NULL);
    TRY(err);
    answer_begin(c);
    put_subject(&c->out, r.subject);
    json_put_text(&c->out, "idType", gate_id_type_name(r.id_type));
    json_put_text(&c->out, "idTypeText", gate_id_type_zh(r.id_type));
    json_put_text(&c->out, "idHash", r.id_hash);
    json_put_text(&c->out, "name", r.name);
    json_put_int(&c->out, "level", r.level);
    json_put_bool(&c->out, "closed", r.closed);
    json_put_text(&c->out, "appId", r.app_id);
    json_put_text(&c->out, "createdAt", xk_time_format(r.created_at, at));
    json_put_text(&c->out, "updatedAt", xk_time_format(r.updated_at, at));
    return answer_end(c);
}

/* A person's document stands for a card, a licence for an organisation; a card of a company may
 * have its licence, too. */
static const char *check_document(const struct gate_names *names, const char *type,
                                  const char *hash, const char *name, struct real_name *r)
{
    if (gate_id_type_parse(type, &r->id_type) != XK_OK)
        return "idType";
    if (!gate_hash_ok(hash))
        return "idHash";
    if (name[0] && !strchr(name, '*'))
        return "name";
    return names->org && r->id_type != GATE_ID_LICENCE ? "idType" : NULL;
}

enum xk_err post_real_name(struct call *c)
{
    const char *type = "", *hash = "", *name = "";
    struct gate_names names = {0};
    int64_t level = 1;
    const struct json_field fields[] = {
        {.name = "cid", GATE_CID_FIELD, .text = &names.cid},
        {.name = "iccid", GATE_ICCID_FIELD, .text = &names.iccid},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &names.org},
        {.name = "idType", .kind = JSON_STRING, .required = true, .max = 16, .text = &type},
        {.name = "idHash", .required = true, GATE_HASH_FIELD, .text = &hash},
        {.name = "name", .kind = JSON_STRING, .max = NAME_MAX, .text = &name},
        {.name = "level", .kind = JSON_INT, .min = 1, .max = LEVEL_MAX, .integer = &level},
    };
    struct real_name r = {.created_at = c->order->now, .updated_at = c->order->now};
    const char *bad;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    bad = check_document(&names, type, hash, name, &r);
    if (bad)
        return answer_refuse(c, CODE_PARAMETER, bad);
    if (!take_subject(c, &names, r.subject, &err))
        return err;
    r.level = (uint32_t)level;
    copy_text(r.id_hash, sizeof r.id_hash, hash);
    copy_text(r.name, sizeof r.name, name);
    copy_text(r.app_id, sizeof r.app_id, c->app.id);
    err = real_name_put(c->order->store, &r);
    if (err == XK_E_LIMIT)
        return answer_refuse(c, CODE_TEN_CARDS, NULL);
    TRY(err);
    return answer_real_name(c, r.subject);
}

/* Of a card by CID or ICCID; of an organisation by "org:<id>", its own too. */
enum xk_err get_real_name(struct call *c)
{
    char subject[GATE_SUBJECT_TEXT];
    struct chip chip;
    enum gate_subject kind;
    const char *id;
    struct org o;
    enum xk_err err;

    if (gate_subject_parse(c->id, &kind, &id) == XK_OK && kind == GATE_ORG) {
        if (!take_org(c, id, &o, &err))
            return err;
        gate_subject_put(GATE_ORG, o.id, subject);
        return answer_real_name(c, subject);
    }
    if (!find_card(c, c->id, &chip, &err))
        return err;
    gate_subject_put(GATE_CARD, chip.cid, subject);
    return answer_real_name(c, subject);
}

enum xk_err post_real_name_remove(struct call *c)
{
    struct gate_names names = {0};
    const struct json_field fields[] = {
        {.name = "cid", GATE_CID_FIELD, .text = &names.cid},
        {.name = "iccid", GATE_ICCID_FIELD, .text = &names.iccid},
        {.name = "orgId", .min = 1, ORG_FIELD, .text = &names.org},
    };
    char subject[GATE_SUBJECT_TEXT];
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return XK_OK;
    if (!take_subject(c, &names, subject, &err))
        return err;
    err = real_name_remove(c->order->store, subject);
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_REAL_NAME, NULL);
    TRY(err);
    answer_begin(c);
    put_subject(&c->out, subject);
    return answer_end(c);
}
