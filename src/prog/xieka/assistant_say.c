/* SPDX-License-Identifier: Apache-2.0 */
/* What the assistant tells: tables and sentences, or one JSON object. */
#include "api/wire/metadata.h"
#include "base/hex.h"
#include "prog/xieka/assistant.h"
#include "prog/xieka/table.h"
#include "prog/xieka/width.h"

#define JSON_MAX ((size_t)4 << 20)
#define STORY_MAX 2048
#define TEXT_MAX 512
#define BITS 64

/* ---- both ---- */

static const char *state_of(const struct lpa_profile *p)
{
    if (!p->info.has_state)
        return "unknown";
    return p->info.state == RSP_PROFILE_ENABLED ? "enabled" : "disabled";
}

static const char *class_of(const struct rsp_metadata *m)
{
    return rsp_code_name(RSP_TABLE_PROFILE_CLASS,
                         m->has_profile_class ? m->profile_class : RSP_CLASS_OPERATIONAL);
}

/* As a terminal may show it */
static const char *text_of(struct bytes text, char out[TEXT_MAX])
{
    char raw[TEXT_MAX];
    struct buf plain;

    if (!bytes_to_cstr(text, raw, sizeof raw))
        raw[0] = '\0';
    buf_init_fixed(&plain, out, TEXT_MAX);
    width_plain(&plain, raw);
    return buf_cstr(&plain);
}

void assistant_name_profile(const struct rsp_metadata *m, struct buf *out)
{
    char iccid[ICCID_TEXT_MAX] = "", provider[TEXT_MAX], name[TEXT_MAX];

    if (m->iccid.n && iccid_to_text(m->iccid, iccid) != XK_OK)
        iccid[0] = '\0';
    buf_printf(out, " %s%s%s (%s)", text_of(m->service_provider_name, provider),
               m->service_provider_name.n && m->profile_name.n ? ", " : "",
               text_of(m->profile_name, name), iccid);
}

struct page { /* one JSON object */
    struct buf b;
    struct json_out o;
};

static void page_open(struct page *p, const struct lpa_result *r)
{
    buf_init(&p->b, JSON_MAX);
    json_out_init(&p->o, &p->b);
    json_open_object(&p->o, NULL);
    json_put_text(&p->o, "eid", r->eid[0] ? r->eid : NULL);
}

static int page_print(struct page *p)
{
    int code = EXIT_FAILED;

    json_close_object(&p->o);
    buf_put_u8(&p->b, '\n');
    if (buf_ok(&p->b) == XK_OK && fwrite(p->b.p, 1, p->b.n, stdout) == p->b.n)
        code = EXIT_DONE;
    buf_fini(&p->b);
    return code;
}

/* ---- faults ---- */

/* The story, on one line of standard error behind this. */
static void tell_story(const char *before, const struct lpa_fault *f)
{
    char mem[STORY_MAX], plain[STORY_MAX];
    struct buf story, out;

    buf_init_fixed(&story, mem, sizeof mem);
    lpa_fault_text(f, &story);
    buf_init_fixed(&out, plain, sizeof plain);
    width_plain(&out, buf_cstr(&story));
    cli_fail(EXIT_FAILED, "%s%s", before, buf_cstr(&out));
}

static void put_fault(struct json_out *o, const char *name, const struct lpa_fault *f)
{
    char mem[STORY_MAX];
    struct buf story;

    buf_init_fixed(&story, mem, sizeof mem - 1);
    lpa_fault_text(f, &story);
    json_open_object(o, name);
    json_put_text(o, "kind", lpa_fault_name(f->kind));
    json_put_bytes_text(o, "text", buf_bytes(&story));
    json_put_text(o, "step", f->step_name);
    if (f->address[0])
        json_put_text(o, "address", f->address);
    if (f->subject[0])
        json_put_text(o, "subjectCode", f->subject);
    if (f->reason[0])
        json_put_text(o, "reasonCode", f->reason);
    if (f->http_status)
        json_put_int(o, "httpStatus", f->http_status);
    if (f->sw)
        json_put_int(o, "statusWord", f->sw);
    if (f->kind == LPA_FAULT_CARD_CODE || f->kind == LPA_FAULT_INSTALL_FAILED)
        json_put_text(o, "cardCode", rsp_code_name(f->table, f->code));
    json_close_object(o);
}

void assistant_print_fault(struct cli *c, const struct lpa_result *r)
{
    struct page p;

    tell_story("", &r->fault);
    if (!c->json)
        return;
    page_open(&p, r);
    put_fault(&p.o, "fault", &r->fault);
    page_print(&p);
}

/* ---- the chip ---- */

static void put_key_ids(struct json_out *o, const char *name, const struct rsp_key_ids *ids)
{
    json_open_array(o, name);
    for (size_t i = 0; i < ids->n; i++)
        json_put_hex(o, NULL, ids->id[i]);
    json_close_array(o);
}

static void put_version(struct json_out *o, const char *name, uint32_t version)
{
    char text[RSP_VERSION_TEXT_MAX];

    json_put_text(o, name, rsp_version_text(version, text));
}

static void put_optional(struct json_out *o, const char *name, struct bytes text)
{
    if (text.n)
        json_put_bytes_text(o, name, text);
    else
        json_put_null(o, name);
}

static void put_capabilities(struct json_out *o, const struct rsp_euicc_info2 *info)
{
    json_open_array(o, "uiccCapability");
    for (unsigned i = 0; i < BITS; i++)
        if (info->uicc_capability & RSP_BIT(i) && uicc_capability_name(i)[0])
            json_put_text(o, NULL, uicc_capability_name(i));
    json_close_array(o);
    json_open_array(o, "rspCapability");
    for (unsigned i = 0; i < BITS; i++)
        if (info->rsp_capability & RSP_BIT(i) && rsp_capability_name(i)[0])
            json_put_text(o, NULL, rsp_capability_name(i));
    json_close_array(o);
}

static void put_resource(struct json_out *o, const struct rsp_card_resource *r)
{
    const struct {
        const char *name;
        uint32_t value;
    } rows[] = {{"applications", r->applications},
                {"freeNonVolatileMemory", r->free_nvm},
                {"freeVolatileMemory", r->free_ram}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (r->known)
            json_put_int(o, rows[i].name, rows[i].value);
        else
            json_put_null(o, rows[i].name);
    }
}

static int chip_json(const struct lpa_result *r)
{
    const struct rsp_euicc_info2 *info = &r->chip->info2;
    struct page p;

    page_open(&p, r);
    put_optional(&p.o, "defaultSmdpAddress", r->chip->addresses.default_dp);
    put_optional(&p.o, "rootSmdsAddress", r->chip->addresses.root_ds);
    put_version(&p.o, "svn", info->svn);
    put_version(&p.o, "profileVersion", info->profile_version);
    put_version(&p.o, "firmware", info->firmware);
    put_resource(&p.o, &info->resource);
    put_optional(&p.o, "sasAccreditationNumber", info->sas_accreditation_number);
    put_key_ids(&p.o, "ciVerification", &info->verification);
    put_key_ids(&p.o, "ciSigning", &info->signing);
    put_capabilities(&p.o, info);
    return page_print(&p);
}

static void fact_number(struct table *t, const char *name, uint32_t n)
{
    char text[16];

    snprintf(text, sizeof text, "%u", n);
    table_fact(t, name, text);
}

static void fact_text(struct table *t, const char *name, struct bytes text)
{
    char out[TEXT_MAX];

    table_fact(t, name, text.n ? text_of(text, out) : NULL);
}

static void fact_version(struct table *t, const char *name, uint32_t version)
{
    char text[RSP_VERSION_TEXT_MAX];

    table_fact(t, name, rsp_version_text(version, text));
}

static void fact_keys(struct table *t, const char *name, const struct rsp_key_ids *ids)
{
    char hex[HEX_LEN(RSP_KEY_ID_MAX)];

    for (size_t i = 0; i < ids->n; i++)
        table_fact(t, i == 0 ? name : "", hex_encode(ids->id[i], hex));
}

int assistant_print_chip(struct cli *c, const struct lpa_result *r)
{
    const struct rsp_euicc_info2 *info = &r->chip->info2;
    struct table *t;

    if (c->json)
        return chip_json(r);
    t = table_new_facts(c);
    table_fact(t, "EID", r->eid);
    fact_text(t, cli_say(c, "默认 SM-DP+", "default SM-DP+"), r->chip->addresses.default_dp);
    fact_text(t, cli_say(c, "根 SM-DS", "root SM-DS"), r->chip->addresses.root_ds);
    fact_version(t, "SGP.22", info->svn);
    fact_version(t, cli_say(c, "profile 包版本", "profile package"), info->profile_version);
    fact_version(t, cli_say(c, "固件", "firmware"), info->firmware);
    if (info->resource.known) {
        fact_number(t, cli_say(c, "空闲存储(字节)", "free memory, bytes"), info->resource.free_nvm);
        fact_number(t, cli_say(c, "空闲内存(字节)", "free RAM, bytes"), info->resource.free_ram);
    }
    fact_text(t, "SAS", info->sas_accreditation_number);
    fact_keys(t, cli_say(c, "信任的 CI", "CIs it trusts"), &info->verification);
    fact_keys(t, cli_say(c, "签名所属 CI", "CIs it signs for"), &info->signing);
    return table_end(t);
}

int assistant_print_address(struct cli *c, const struct lpa_result *r)
{
    struct bytes address = r->chip->addresses.default_dp;

    if (c->json)
        return chip_json(r);
    printf("%s: %.*s\n", cli_say(c, "默认 SM-DP+", "default SM-DP+"),
           address.n ? (int)address.n : 1, address.n ? (const char *)address.p : "-");
    return EXIT_DONE;
}

/* ---- profiles ---- */

static const char *icon_of(const struct cli *c, const struct rsp_metadata *m, char out[TEXT_MAX])
{
    snprintf(out, TEXT_MAX, "%s %zu %s", rsp_icon_type_name(m->icon_type), m->icon.n,
             cli_say(c, "字节", "bytes"));
    return m->icon.n > 0 ? out : NULL;
}

static void put_profile(struct json_out *o, const struct lpa_profile *p)
{
    const struct rsp_metadata *m = &p->info.metadata;

    json_open_object(o, NULL);
    json_put_text(o, "iccid", p->iccid);
    json_put_text(o, "state", state_of(p));
    json_put_text(o, "class", class_of(m));
    put_optional(o, "nickname", p->info.nickname);
    put_optional(o, "serviceProviderName", m->service_provider_name);
    put_optional(o, "profileName", m->profile_name);
    json_put_hex(o, "isdpAid", p->info.isdp_aid);
    json_put_rules(o, "policyRules", m->ppr);
    json_put_icon(o, "icon", m);
    json_close_object(o);
}

static void put_profiles(struct json_out *o, const struct lpa_result *r)
{
    json_open_array(o, "profiles");
    for (size_t i = 0; i < r->profiles_n; i++)
        put_profile(o, &r->profiles[i]);
    json_close_array(o);
}

static int profiles_table(struct cli *c, const struct lpa_result *r)
{
    static const struct column columns[] = {
        {"ICCID", "ICCID", false},   {"状态", "state", false},      {"类别", "class", false},
        {"昵称", "nickname", false}, {"运营商", "provider", false}, {"名称", "name", false},
        {"图标", "icon", false}, /* the list only: after a change the card is not asked for it */
    };
    bool icons = r->task == LPA_TASK_LIST;
    struct table *t = table_new(c, columns, ARRAY_LEN(columns) - (icons ? 0 : 1));

    for (size_t i = 0; i < r->profiles_n; i++) {
        const struct lpa_profile *p = &r->profiles[i];
        const struct rsp_metadata *m = &p->info.metadata;
        char nickname[TEXT_MAX], provider[TEXT_MAX], name[TEXT_MAX], icon[TEXT_MAX];
        const char *cells[] = {p->iccid,
                               state_of(p),
                               class_of(m),
                               text_of(p->info.nickname, nickname),
                               text_of(m->service_provider_name, provider),
                               text_of(m->profile_name, name),
                               icon_of(c, m, icon)};

        table_row(t, cells);
    }
    return table_end(t);
}

int assistant_print_profiles(struct cli *c, const struct lpa_result *r)
{
    struct page p;

    if (!c->json)
        return profiles_table(c, r);
    page_open(&p, r);
    put_profiles(&p.o, r);
    return page_print(&p);
}

/* ---- after a change ---- */

static void put_delivery(struct json_out *o, const struct lpa_result *r)
{
    json_open_object(o, "notifications");
    json_put_int(o, "sent", r->sent);
    json_put_int(o, "kept", r->kept);
    if (r->kept > 0)
        put_fault(o, "fault", &r->notification_fault);
    json_close_object(o);
}

static void tell_kept(const struct cli *c, const struct lpa_result *r)
{
    char before[TEXT_MAX];

    if (r->kept == 0)
        return;
    snprintf(before, sizeof before, "%u %s: ", r->kept,
             cli_say(c, "条通知未送达,留在卡上", "notifications stay on the card for later"));
    tell_story(before, &r->notification_fault);
}

int assistant_print_change(struct cli *c, const struct lpa_result *r)
{
    struct page p;

    if (!c->json) {
        if (r->already)
            printf("%s\n", cli_say(c, "本来就是如此", "it was so already"));
        tell_kept(c, r);
        return r->has_profiles ? profiles_table(c, r) : EXIT_DONE;
    }
    page_open(&p, r);
    json_put_text(&p.o, "iccid", r->iccid[0] ? r->iccid : NULL);
    json_put_bool(&p.o, "already", r->already);
    put_delivery(&p.o, r);
    if (r->has_profiles)
        put_profiles(&p.o, r);
    else
        json_put_null(&p.o, "profiles");
    return page_print(&p);
}

/* ---- notifications ---- */

static const char *event_of(uint64_t event)
{
    for (unsigned i = 0; i < BITS; i++)
        if (event & RSP_BIT(i))
            return rsp_code_text(RSP_TABLE_EVENT, i);
    return "";
}

static const char *const delivery_names[] = {
    [LPA_WAITING] = "waiting", [LPA_SENT] = "sent", [LPA_KEPT] = "kept", [LPA_REMOVED] = "removed"};

static int notifications_table(struct cli *c, const struct lpa_result *r)
{
    static const struct column columns[] = {{"序号", "number", true},
                                            {"事件", "event", false},
                                            {"ICCID", "ICCID", false},
                                            {"地址", "address", false},
                                            {"状态", "state", false}};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < r->notifications_n; i++) {
        const struct lpa_notification *n = &r->notifications[i];
        char number[16];
        const char *cells[] = {number, event_of(n->event), n->iccid, n->address,
                               delivery_names[n->state]};

        snprintf(number, sizeof number, "%u", n->seq_number);
        table_row(t, cells);
    }
    return table_end(t);
}

int assistant_print_notifications(struct cli *c, const struct lpa_result *r)
{
    struct page p;

    if (!c->json) {
        tell_kept(c, r);
        return notifications_table(c, r);
    }
    page_open(&p, r);
    json_open_array(&p.o, "notifications");
    for (size_t i = 0; i < r->notifications_n; i++) {
        const struct lpa_notification *n = &r->notifications[i];

        json_open_object(&p.o, NULL);
        json_put_int(&p.o, "seqNumber", n->seq_number);
        json_put_text(&p.o, "event", event_of(n->event));
        json_put_text(&p.o, "iccid", n->iccid[0] ? n->iccid : NULL);
        json_put_text(&p.o, "address", n->address);
        json_put_text(&p.o, "state", delivery_names[n->state]);
        json_close_object(&p.o);
    }
    json_close_array(&p.o);
    return page_print(&p);
}

/* ---- discovery ---- */

static int found_json(const struct lpa_result *r)
{
    struct page p;

    page_open(&p, r);
    json_open_array(&p.o, "found");
    for (size_t i = 0; i < r->found_n; i++) {
        const struct lpa_found *f = &r->found[i];

        json_open_object(&p.o, NULL);
        json_put_text(&p.o, "address", f->address);
        json_put_text(&p.o, "eventId", f->event_id[0] ? f->event_id : NULL);
        json_put_text(&p.o, "smds", f->smds[0] ? f->smds : NULL);
        json_put_text(&p.o, "iccid", f->has_metadata ? f->iccid : NULL);
        json_close_object(&p.o);
    }
    json_close_array(&p.o);
    return page_print(&p);
}

int assistant_print_found(struct cli *c, const struct lpa_result *r)
{
    static const struct column columns[] = {{"SM-DP+", "SM-DP+", false},
                                            {"事件", "event", false},
                                            {"SM-DS", "SM-DS", false},
                                            {"ICCID", "ICCID", false}};
    struct table *t;

    if (c->json)
        return found_json(r);
    t = table_new(c, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < r->found_n; i++) {
        const struct lpa_found *f = &r->found[i];
        const char *cells[] = {f->address, f->event_id, f->smds, f->iccid};

        table_row(t, cells);
    }
    return table_end(t);
}
