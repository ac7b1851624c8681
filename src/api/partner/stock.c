/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side of the SM-DP+ for the platform's own applications: profiles into stock,
 * download orders without an ES2+ client, and how it went. */
#include "api/partner/stock.h"

#include "base/hex.h"
#include "codec/rsp/activation_code.h"
#include "codec/saip/lint.h"
#include "server/smdpp/protect.h"
#include "service/download/operator.h"

#define LINT_ARENA_MAX ((size_t)64 << 20)
#define LIST_DEFAULT 100
#define LIST_MAX 500
#define FINGERPRINT_DIGITS (2 * OPERATOR_FINGERPRINT_LEN)

bool stock_open(struct call *c, struct download_ctx *d)
{
    *d = (struct download_ctx){0};
    if (c->p->o.download && c->p->o.download(c->p->o.ctx, c->order, d))
        return true;
    (void)answer_refused(c, CODE_NO_SMDPP, NULL);
    return false;
}

/* ---- Into stock ---- */

/* What each profile made of a template gets of its own. */
static bool is_filled_in(enum saip_rule rule)
{
    return rule == SAIP_RULE_ICCID || rule == SAIP_RULE_ICCID_FILE || rule == SAIP_RULE_IMSI;
}

static const struct saip_finding *first_error(const struct saip_report *r, enum stock_use use)
{
    for (const struct saip_finding *f = r->first; f; f = f->next) {
        if (f->severity == SAIP_ERROR && !(use == STOCK_TEMPLATE && is_filled_in(f->rule)))
            return f;
    }
    return NULL;
}

/* No card should get a package that cards refuse. */
static bool check_package(struct call *c, enum stock_use use)
{
    const struct saip_finding *f = NULL;
    const char *text = "too much for a card";
    struct saip_report report;
    struct arena arena;
    enum xk_err err;

    arena_init(&arena, LINT_ARENA_MAX);
    err = saip_lint(c->in->body, &arena, &report);
    if (err == XK_OK)
        f = first_error(&report, use);
    if (f)
        text = arena_printf(c->order->arena, "element %u %s%s%s: %s: %s", f->pe,
                            saip_type_name(f->type), f->path[0] ? " " : "", f->path,
                            saip_rule_name(f->rule), f->text);
    arena_fini(&arena);
    return (err == XK_OK && !f) || answer_refused(c, CODE_BAD_PROFILE, text);
}

bool stock_take_profile(struct call *c, enum stock_use use, struct buf *metadata,
                        struct download *out)
{
    if (!check_package(c, use))
        return false;
    if (stock_describe(c->in->body, c->order->arena, out) != XK_OK)
        return answer_refused(c, CODE_BAD_PROFILE, "not a profile package that can be read");
    copy_text(out->owner, sizeof out->owner, query_or(c, "owner", c->app.id));
    copy_text(out->profile_type, sizeof out->profile_type, query_or(c, "type", "default"));
    copy_text(out->smdp_address, sizeof out->smdp_address, query_or(c, "smdp", ""));
    if (!rsp_address_is_valid(bytes_cstr(out->smdp_address)))
        return answer_refused(c, CODE_MISSING, "smdp");
    return stock_take_metadata(c, out, metadata);
}

static enum xk_err protect(struct bytes upp, const struct xk_rand *rand, struct arena *arena,
                           struct stock_package *out)
{
    struct smdpp_package protected_;

    TRY(smdpp_protect(upp, rand, arena, &protected_));
    memcpy(out->id, protected_.id, sizeof out->id);
    out->segments = protected_.segments;
    out->ppk = protected_.ppk;
    secret_wipe(&protected_.ppk);
    return XK_OK;
}

static enum xk_err unprotect(const struct stock_package *package, struct arena *arena,
                             struct bytes *upp)
{
    struct smdpp_package protected_ = {.segments = package->segments, .ppk = package->ppk};
    enum xk_err err = smdpp_unprotect(&protected_, arena, upp);

    secret_wipe(&protected_.ppk);
    return err;
}

const struct prepare_ports stock_protection = {.protect = protect, .unprotect = unprotect};

enum xk_err post_stock(struct call *c)
{
    struct download profile = {.state = DOWNLOAD_AVAILABLE, .random_keys = true};
    uint8_t mem[STOCK_METADATA_MAX];
    struct stock_package package;
    struct download_ctx d;
    struct buf metadata;
    enum xk_err err;

    buf_init_fixed(&metadata, mem, sizeof mem);
    if (!stock_open(c, &d) || !stock_take_profile(c, STOCK_PROFILE, &metadata, &profile))
        return XK_OK;
    TRY(protect(c->in->body, d.rand, d.arena, &package));
    err = stock_add(&d, &profile, &package);
    secret_wipe(&package.ppk);
    if (err == XK_E_EXISTS)
        return answer_refuse(c, CODE_EXISTS, profile.iccid);
    TRY(err);
    answer_begin(c);
    json_put_text(&c->out, "iccid", profile.iccid);
    json_put_int(&c->out, "memory", profile.needs.nvm_bytes);
    return answer_end(c);
}

/* ---- Looking in ---- */

static void put_download(struct json_out *o, const struct download *d)
{
    struct rsp_activation_code code = {.confirmation_code = d->has_code};
    char text[RSP_ACTIVATION_CODE_TEXT];
    struct buf b;

    json_put_text(o, "iccid", d->iccid);
    json_put_text(o, "state", download_state_name(d->state));
    json_put_text(o, "stateText", download_state_text(d->state));
    json_put_text(o, "owner", d->owner);
    json_put_text(o, "profileType", d->profile_type);
    json_put_text(o, "smdpAddress", d->smdp_address);
    json_put_text(o, "eid", d->eid);
    json_put_text(o, "matchingId", d->has_matching_id ? d->matching_id : "");
    json_put_int(o, "updatedAt", d->updated_at);
    if (!d->has_matching_id || !d->matching_id[0])
        return;
    copy_text(code.address, sizeof code.address, d->smdp_address);
    copy_text(code.matching_id, sizeof code.matching_id, d->matching_id);
    buf_init_fixed(&b, text, sizeof text - 1);
    if (rsp_activation_code_encode(&code, &b) == XK_OK)
        json_put_text(o, "activationCode", buf_cstr(&b));
}

static enum xk_err put_history(void *arg, const struct download_history *h)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    json_put_int(o, "at", h->at);
    json_put_text(o, "cause", download_cause_name(h->cause));
    json_put_text(o, "state", download_state_name(h->state));
    json_put_text(o, "eid", h->eid);
    json_put_text(o, "subject", h->verdict.subject);
    json_put_text(o, "reason", h->verdict.reason);
    json_put_text(o, "detail", h->detail);
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_stock(struct call *c)
{
    struct download_ctx d;
    struct download found;
    enum xk_err err;

    if (!stock_open(c, &d))
        return XK_OK;
    err = download_find_by_iccid(&d, c->id, DOWNLOAD_WITH_METADATA, &found);
    if (err == XK_E_NOT_FOUND)
        return answer_refuse(c, CODE_NO_SUCH_PROFILE, c->id);
    TRY(err);
    answer_begin(c);
    put_download(&c->out, &found);
    TRY(stock_put_metadata(&c->out, found.metadata));
    json_open_array(&c->out, "history");
    TRY(download_history(d.store, found.iccid, put_history, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}

static enum xk_err put_listed_download(void *arg, const struct download *d)
{
    struct json_out *o = arg;

    json_open_object(o, NULL);
    put_download(o, d);
    json_close_object(o);
    return XK_OK;
}

enum xk_err get_stocks(struct call *c)
{
    struct download_filter f = {.owner = query_or(c, "owner", ""),
                                .profile_type = query_or(c, "type", ""),
                                .after = query_or(c, "after", ""),
                                .state = -1};
    enum download_state state;
    struct download_ctx d;
    const char *wanted = query_value(c, "state");
    int64_t limit;

    if (!stock_open(c, &d) || !query_number(c, "limit", LIST_DEFAULT, LIST_MAX, &limit))
        return XK_OK;
    if (wanted && download_state_parse(wanted, &state) != XK_OK)
        return answer_refuse(c, CODE_PARAMETER, "state");
    if (wanted)
        f.state = (int)state;
    f.limit = (size_t)limit;
    answer_begin(c);
    json_open_array(&c->out, "profiles");
    TRY(download_list(d.store, &f, put_listed_download, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}

/* ---- Orders ---- */

static const char *given(const char *text)
{
    return text[0] ? text : NULL;
}

/* The words of SGP.22 for why not. */
static enum xk_err refuse_verdict(struct call *c, enum rsp_verdict verdict)
{
    const struct rsp_verdict_row *row = rsp_verdict_row(verdict);
    const char *why =
        arena_printf(c->order->arena, "%s/%s %s", row->subject, row->reason, row->text);

    return answer_refuse(c, CODE_ORDER_REFUSED, why);
}

/* DownloadOrder and ConfirmOrder at once (SGP.22 5.3.1, 5.3.2); the profile's owner orders. */
enum xk_err post_download_order(struct call *c)
{
    const char *owner = c->app.id, *iccid = "", *type = "", *eid = "", *matching_id = NULL;
    const char *code = "", *smds = "";
    bool hold = false;
    const struct json_field fields[] = {
        {.name = "owner", .kind = JSON_STRING, .max = 64, .text = &owner},
        {.name = "iccid", .kind = JSON_STRING, .max = 20, .allowed = JSON_DIGITS, .text = &iccid},
        {.name = "profileType", .kind = JSON_STRING, .max = 64, .text = &type},
        {.name = "eid", .kind = JSON_STRING, .max = 32, .allowed = JSON_DIGITS, .text = &eid},
        {.name = "matchingId", .kind = JSON_STRING, .max = 255, .text = &matching_id},
        {.name = "confirmationCode", .kind = JSON_STRING, .max = 64, .text = &code},
        {.name = "smdsAddress", .kind = JSON_STRING, .max = 253, .text = &smds},
        {.name = "hold", .kind = JSON_BOOL, .truth = &hold},
    };
    struct download_order_request order;
    struct download_confirm_request confirm;
    enum rsp_verdict verdict;
    struct download_ctx d;
    struct download made;
    int64_t waits_for = 0;

    if (!take_fields(c, fields, ARRAY_LEN(fields)) || !stock_open(c, &d))
        return XK_OK;
    order = (struct download_order_request){.operator_id = owner,
                                            .eid = given(eid),
                                            .iccid = given(iccid),
                                            .profile_type = given(type)};
    TRY(download_order(&d, &order, &made, &verdict));
    if (verdict != RSP_EXECUTED)
        return refuse_verdict(c, verdict);
    confirm = (struct download_confirm_request){.operator_id = owner,
                                                .iccid = made.iccid,
                                                .eid = given(eid),
                                                .matching_id = matching_id,
                                                .confirmation_code = given(code),
                                                .smds_address = given(smds),
                                                .release = !hold};
    TRY(download_confirm_order(&d, &confirm, &made, &verdict, &waits_for));
    if (verdict != RSP_EXECUTED)
        return refuse_verdict(c, verdict);
    answer_begin(c);
    put_download(&c->out, &made);
    json_put_bool(&c->out, "waitsForSmds", waits_for != 0);
    return answer_end(c);
}

/* A profile of that owner's, as the calls about its order name it. */
static bool take_ordered(struct call *c, const char **owner, const char **iccid, bool *unavailable)
{
    const struct json_field fields[] = {
        {.name = "iccid",
         .kind = JSON_STRING,
         .required = true,
         .min = 18,
         .max = 20,
         .allowed = JSON_DIGITS,
         .text = iccid},
        {.name = "owner", .kind = JSON_STRING, .max = 64, .text = owner},
        {.name = "unavailable", .kind = JSON_BOOL, .truth = unavailable},
    };

    *owner = c->app.id;
    *unavailable = false;
    return take_fields(c, fields, ARRAY_LEN(fields));
}

static enum xk_err answer_order(struct call *c, const struct download *d, enum rsp_verdict verdict)
{
    if (verdict != RSP_EXECUTED)
        return refuse_verdict(c, verdict);
    answer_begin(c);
    put_download(&c->out, d);
    return answer_end(c);
}

/* SGP.22 5.3.4: an order that was held may be downloaded. */
enum xk_err post_download_release(struct call *c)
{
    const char *owner, *iccid;
    enum rsp_verdict verdict;
    struct download_ctx d;
    struct download profile;
    bool unavailable;

    if (!take_ordered(c, &owner, &iccid, &unavailable) || !stock_open(c, &d))
        return XK_OK;
    TRY(download_release_profile(&d, owner, iccid, &profile, &verdict));
    return answer_order(c, &profile, verdict);
}

/* SGP.22 5.3.3: the profile goes back into stock, or out of use. */
enum xk_err post_download_cancel(struct call *c)
{
    struct download_cancel_request r = {0};
    enum rsp_verdict verdict;
    struct download_ctx d;
    struct download profile, known;
    enum xk_err err;
    bool unavailable;

    if (!take_ordered(c, &r.operator_id, &r.iccid, &unavailable) || !stock_open(c, &d))
        return XK_OK;
    err = download_find_by_iccid(&d, r.iccid, DOWNLOAD_WITHOUT_METADATA, &known);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    if (err == XK_OK && known.eid_ordered)
        r.eid = known.eid; /* which ES2+ wants named */
    r.cause = unavailable ? DOWNLOAD_BY_CANCEL_UNAVAILABLE : DOWNLOAD_BY_CANCEL_AVAILABLE;
    TRY(download_cancel_order(&d, &r, &profile, &verdict));
    return answer_order(c, &profile, verdict);
}

/* ---- Who may call ES2+ ---- */

enum xk_err post_operator(struct call *c)
{
    const char *id = "", *name = "", *url = "", *fingerprint = "";
    const struct json_field fields[] = {
        {.name = "operatorId",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = 64,
         .text = &id},
        {.name = "name", .kind = JSON_STRING, .max = 64, .text = &name},
        {.name = "callbackUrl", .kind = JSON_STRING, .max = 512, .text = &url},
        {.name = "certificate",
         .kind = JSON_STRING,
         .max = FINGERPRINT_DIGITS,
         .text = &fingerprint},
    };
    uint8_t digest[OPERATOR_FINGERPRINT_LEN];
    struct operator_account account = {.callbacks = OPERATOR_HEARS_POINTS};
    struct download_ctx d;
    enum xk_err err;

    if (!take_fields(c, fields, ARRAY_LEN(fields)) || !stock_open(c, &d))
        return XK_OK;
    copy_text(account.id, sizeof account.id, id);
    copy_text(account.name, sizeof account.name, name[0] ? name : id);
    copy_text(account.callback_url, sizeof account.callback_url, url);
    if (!url[0])
        account.callbacks = OPERATOR_HEARS_NOTHING;
    if (fingerprint[0] &&
        (strlen(fingerprint) != FINGERPRINT_DIGITS ||
         hex_decode_exact(bytes_cstr(fingerprint), digest, sizeof digest) != XK_OK))
        return answer_refuse(c, CODE_PARAMETER, "certificate: SHA-256 in hexadecimal");
    TRY(operator_put(d.store, &account, d.now));
    err = fingerprint[0] ? operator_add_certificate(d.store, id, digest, d.now) : XK_OK;
    if (err == XK_E_EXISTS)
        return answer_refuse(c, CODE_EXISTS, "certificate");
    TRY(err);
    answer_begin(c);
    json_put_text(&c->out, "operatorId", id);
    return answer_end(c);
}
