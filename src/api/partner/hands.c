/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that go from hand to hand (P-23). */
#include "api/partner/routes.h"
#include "service/custody/custody.h"
#include "service/gate/gate.h"

#define GIVE_MAX 1000
#define PAGE_MAX 500
#define DOCUMENT_MAX 64

enum xk_err hands_take_made(struct call *c, const char *org_id, const char *document)
{
    struct custody_move m = {.at = c->order->now};

    copy_text(m.to_org, sizeof m.to_org, org_id);
    copy_text(m.document, sizeof m.document, document);
    copy_text(m.app_id, sizeof m.app_id, c->app.id);
    return custody_made(c->order->store, &m);
}

enum xk_err hands_put_balance(struct call *c, const char *org_id)
{
    int64_t cards;

    TRY(custody_balance(c->order->store, org_id, &cards));
    json_put_int(&c->out, "cards", cards);
    return XK_OK;
}

/* ---- giving ---------------------------------------------------------------------------------- */

/* cids as texts in the arena; NULL: refused. */
static const char **take_cids(struct call *c, const struct json *list, size_t *n)
{
    const char **cids = NULL;
    size_t i;

    *n = json_length(list);
    if (*n > 0 && *n <= GIVE_MAX)
        cids = arena_alloc(c->order->arena, *n * sizeof *cids);
    if (!cids) {
        (void)answer_refused(c, *n > GIVE_MAX ? CODE_TOO_MANY : CODE_MISSING, "cids");
        return NULL;
    }
    for (i = 0; i < *n && (cids[i] = json_text(json_at(list, i))) != NULL; i++) {
    }
    if (i == *n)
        return cids;
    (void)answer_refused(c, CODE_PARAMETER, arena_printf(c->order->arena, "cids[%zu]", i));
    return NULL;
}

/* Whose the first card is: all of a move come out of one hand. False: refused, or *err. */
static bool take_from(struct call *c, const char *cid, struct custody_move *m, enum xk_err *err)
{
    struct chip chip;

    if (!find_card(c, cid, &chip, err))
        return false;
    copy_text(m->from_org, sizeof m->from_org, chip.org_id);
    return true;
}

/* The move and its cards. False: refused, or *err. */
static bool take_move(struct call *c, struct custody_move *m, const char ***cids, size_t *n,
                      enum xk_err *err)
{
    const char *to = "", *kind = "TRANSFER", *document = "";
    const struct json *list = NULL;
    const struct json_field fields[] = {
        {.name = "to", .required = true, .min = 1, ORG_FIELD, .text = &to},
        {.name = "kind", .kind = JSON_STRING, .max = 16, .text = &kind},
        {.name = "document", .kind = JSON_STRING, .max = DOCUMENT_MAX, .text = &document},
        {.name = "cids", .kind = JSON_ARRAY, .required = true, .array = &list},
    };
    struct org org;

    *err = XK_OK;
    if (!take_fields(c, fields, ARRAY_LEN(fields)))
        return false;
    *cids = take_cids(c, list, n);
    if (!*cids)
        return false;
    if (custody_kind_parse(kind, &m->kind) != XK_OK || m->kind == CUSTODY_MADE)
        return answer_refused(c, CODE_PARAMETER, "kind");
    if (!take_org(c, to, &org, err))
        return false;
    m->at = c->order->now;
    copy_text(m->to_org, sizeof m->to_org, org.id);
    copy_text(m->document, sizeof m->document, document);
    copy_text(m->app_id, sizeof m->app_id, c->app.id);
    return true;
}

static int give_code(enum xk_err err)
{
    switch ((int)err) {
    case XK_E_NOT_FOUND:
        return CODE_NO_SUCH_CARD;
    case XK_E_DENIED:
        return CODE_ORG_MISFIT;
    case XK_E_STATE:
        return CODE_CARD_BUSY;
    default:
        return CODE_OK;
    }
}

static enum xk_err give_rules(struct call *c, const struct custody_move *m, const char **cids,
                              size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(gate_rule_give(c->order->store, cids[i], m->to_org));
    return XK_OK;
}

/* All of them or none. */
enum xk_err post_card_transfer(struct call *c)
{
    struct custody_move m = {0};
    enum xk_err err = XK_OK;
    const char **cids = NULL;
    size_t n = 0, at;

    if (!take_move(c, &m, &cids, &n, &err) || !take_from(c, cids[0], &m, &err))
        return err;
    err = custody_give(c->order->store, &m, cids, n, &at);
    if (give_code(err) != CODE_OK) {
        TRY(call_undo(c));
        return answer_refuse(c, give_code(err), arena_printf(c->order->arena, "cids[%zu]", at));
    }
    TRY(err);
    TRY(give_rules(c, &m, cids, n));
    answer_begin(c);
    json_put_int(&c->out, "moveId", m.id);
    json_put_text(&c->out, "from", m.from_org);
    json_put_text(&c->out, "to", m.to_org);
    json_put_int(&c->out, "cards", m.cards);
    return answer_end(c);
}

/* ---- looking --------------------------------------------------------------------------------- */

static enum xk_err put_move(void *arg, const struct custody_move *m)
{
    struct json_out *o = arg;
    char at[XK_TIME_TEXT_MAX];

    json_open_object(o, NULL);
    json_put_int(o, "moveId", m->id);
    json_put_text(o, "at", xk_time_format(m->at, at));
    json_put_text(o, "kind", custody_kind_name(m->kind));
    json_put_text(o, "kindText", custody_kind_zh(m->kind));
    json_put_text(o, "from", m->from_org[0] ? m->from_org : NULL);
    json_put_text(o, "to", m->to_org);
    json_put_int(o, "cards", m->cards);
    json_put_text(o, "document", m->document);
    json_close_object(o);
    return XK_OK;
}

/* Through whose hands a card has gone. What was before it came into the caller's hands, or those
 * below, is not the caller's business. */
struct chain {
    struct call *c;
    bool is_ours; /* since the last move */
};

static enum xk_err put_own_move(void *arg, const struct custody_move *m)
{
    struct chain *chain = arg;

    chain->is_ours |= strcmp(m->to_org, chain->c->app.org.id) == 0 || call_is_root(chain->c);
    return chain->is_ours ? put_move(&chain->c->out, m) : XK_OK;
}

enum xk_err get_card_custody(struct call *c)
{
    struct chain chain = {.c = c};
    struct chip chip;
    enum xk_err err;

    if (!find_card(c, c->id, &chip, &err))
        return err;
    answer_begin(c);
    json_put_text(&c->out, "cid", chip.cid);
    json_put_text(&c->out, "orgId", chip.org_id);
    json_open_array(&c->out, "moves");
    TRY(custody_of_card(c->order->store, chip.cid, put_own_move, &chain));
    json_close_array(&c->out);
    return answer_end(c);
}

enum xk_err get_custody(struct call *c)
{
    int64_t after, limit;
    const char *org;
    enum xk_err err;

    if (!query_number(c, "limit", 100, PAGE_MAX, &limit) ||
        !query_number(c, "after", 0, INT64_MAX, &after))
        return XK_OK;
    if (!query_org(c, &org, &err))
        return err;
    answer_begin(c);
    json_open_array(&c->out, "moves");
    TRY(custody_list(c->order->store, org, after, (size_t)limit, put_move, &c->out));
    json_close_array(&c->out);
    return answer_end(c);
}
