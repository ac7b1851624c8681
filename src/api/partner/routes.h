/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of this room share. */
#ifndef API_PARTNER_ROUTES_H
#define API_PARTNER_ROUTES_H

#include "api/partner/partner.h"
#include "api/wire/json.h"
#include "model/gate.h"
#include "service/org/org.h"

#define APP_ID_MAX 32
#define ROLES_MAX 64
#define CIDRS_MAX 256
#define ORG_FIELD .kind = JSON_STRING, .max = ORG_ID_MAX, .allowed = JSON_ID

enum route_role {
    ROLE_NONE,
    ROLE_QUERY,
    ROLE_WRITE,
    ROLE_IMPORT,
    ROLE_ORG,
    ROLE_AUDIT,
    ROLE_ADMIN
};
/* OWN: shows and changes what the caller's organisation may see (call_sees), nothing else. ROOT:
 * for the operator alone. */
enum route_scope { SCOPE_ANY, SCOPE_OWN, SCOPE_ROOT };
enum route_limit { LIMIT_SINGLE, LIMIT_BATCH, LIMIT_APPLY, LIMITS };
enum route_body { BODY_NONE, BODY_JSON, BODY_ANY };

struct app {
    char id[APP_ID_MAX + 1];
    char roles[ROLES_MAX + 1];
    char ip_allow[CIDRS_MAX + 1];
    char algorithm[16];
    int64_t daily_limit;
    bool disabled;
    struct org org; /* that it works for: id, path and blocked */
    struct secret secret;
};

/* One call on its way through a handler. */
struct call {
    struct partner *p;
    const struct partner_call *in;
    struct partner_reply *reply;
    struct order_ctx *order;
    struct json_out out;
    struct app app;
    uint8_t token_hash[32];
    const struct json *body; /* BODY_JSON */
    const char *id;          /* {id} of the path, decoded; NULL */
    char trace[17];
    int code;            /* of the answer */
    const char *subject; /* of the body, for the log; NULL: it has not been looked at */
    bool answered;
    enum xk_err failed; /* of an answer_refused */
};

struct route {
    const char *method, *path;
    enum route_role role;
    enum route_scope scope;
    enum route_limit limit;
    enum route_body body;
    enum xk_err (*handle)(struct call *c);
    const char *query; /* names of the parameters it knows, with blanks */
};
const struct route *route_table(size_t *n);

/* {"code":"0",...,"data":{ ... }}: between the two the handler writes the members of data. */
void answer_begin(struct call *c);
enum xk_err answer_end(struct call *c) XK_MUST_CHECK;
/* A refusal; detail names the field or thing (NULL none). Always XK_OK. */
enum xk_err answer_refuse(struct call *c, int code, const char *detail) XK_MUST_CHECK;
/* The same for checks that say whether to go on: always false. */
bool answer_refused(struct call *c, int code, const char *detail);
/* A refusal with data: begin, write, answer_end. */
void answer_begin_code(struct call *c, int code, const char *detail);

/* Before a refusal that comes after something was written: nothing of it stays, nothing is said,
 * and a fresh savepoint carries on. */
enum xk_err call_undo(struct call *c) XK_MUST_CHECK;

/* Fields of c->body; a wrong one, and one that is none of these, is refused by name, and false
 * comes back. */
bool take_fields(struct call *c, const struct json_field *fields, size_t n);
/* The code for what json_read_fields said; XK_OK: for a member that is none of the fields. */
int field_code(enum xk_err err);
/* Query parameter, decoded into the job's arena; NULL when absent. */
const char *query_value(struct call *c, const char *name);
/* The same; otherwise when it is absent or empty. */
const char *query_or(struct call *c, const char *name, const char *otherwise);
/* A number of the query; false: refused. Absent gives the fallback. */
bool query_number(struct call *c, const char *name, int64_t fallback, int64_t max, int64_t *out);
/* from and to of the query, ms; to is until now when it is absent, from so many days before it.
 * False: refused. */
bool query_period(struct call *c, unsigned days, int64_t *from, int64_t *to);
/* The parts of a list with commas, one after the other: false behind the last. *list is what is
 * left, NULL at the end; a list that is empty, or ends with a comma, has an empty part there. */
bool list_next(const char **list, struct bytes *part);
/* Cut to what fits; NULL is "". */
void copy_text(char *out, size_t cap, const char *text);
/* NULL, or where a callback may be posted. */
bool url_ok(const char *url);
/* 16 hexadecimal digits; false: refused. */
bool take_task_id(struct call *c, const char *text, uint8_t id[TASK_ID_LEN]);

/* Whether the caller's organisation sees what belongs to org_id: its own, and all below it. */
enum xk_err call_sees(struct call *c, const char *org_id, bool *sees) XK_MUST_CHECK;
bool call_is_root(const struct call *c);
/* Of a thing that was looked for (*err says how that went) and belongs to org_id: true when it is
 * there and the caller sees it; else refused with this code and detail, or *err. */
bool call_found(struct call *c, enum xk_err *err, const char *org_id, int code, const char *detail);
/* A card by CID or ICCID that the caller sees; else refused, or *err. */
bool find_card(struct call *c, const char *id, struct chip *out, enum xk_err *err);
/* The organisation that a list is of: the query's org, else the caller's own; NULL: all, for the
 * operator without a word. False: refused, or *err. */
bool query_org(struct call *c, const char **org_id, enum xk_err *err);
/* An organisation that a thing is to belong to: it exists, the caller sees it and it may act; else
 * refused, or *err. */
bool take_org(struct call *c, const char *org_id, struct org *out, enum xk_err *err);

/* A time as text; 0: null. */
void put_time(struct json_out *o, const char *name, int64_t ms);
/* The members of a task, of which orderNo, states and numbers; inside an open object. */
void put_task(struct json_out *o, const struct task *t);

/* real_name.c: what a rule, a registration or a block is about, as its body names it. */
struct gate_names {
    const char *cid, *iccid, *org, *pool, *hash; /* NULL not said */
};
#define GATE_CID_FIELD .kind = JSON_STRING, .min = 20, .max = 32, .allowed = JSON_DIGITS
#define GATE_ICCID_FIELD .kind = JSON_STRING, .min = 18, .max = 20, .allowed = JSON_ID
#define GATE_HASH_FIELD .kind = JSON_STRING, .min = 64, .max = 64, .allowed = JSON_ID
/* A card that the caller sees, as subject; else refused, or *err. */
bool take_gate_card(struct call *c, const struct gate_names *names, char out[GATE_SUBJECT_TEXT],
                    struct chip *chip, enum xk_err *err);
/* An organisation below the caller's, or for the operator any; else refused, or *err. */
bool take_gate_org(struct call *c, const char *org_id, char out[GATE_SUBJECT_TEXT],
                   enum xk_err *err);
bool gate_hash_ok(const char *text);

/* auth.c. *code: CODE_OK or why the caller is not let in. */
enum xk_err auth_check(struct call *c, int *code) XK_MUST_CHECK;
enum xk_err auth_load_app(struct store *s, struct keystore *ks, const char *app_id, struct app *out)
    XK_MUST_CHECK;
/* An address, or an address and its leading bits; IPv4 mapped into IPv6. */
struct network {
    uint8_t address[16];
    unsigned bits;
};
bool auth_parse_network(struct bytes text, struct network *out);
bool auth_has_role(const struct app *app, enum route_role role);
/* Whether each role of the list is one, and one that app has (NULL: any). */
bool auth_may_grant(const struct app *app, const char *roles);

/* hands.c: cards that were brought in just now, into the hands of org_id. */
enum xk_err hands_take_made(struct call *c, const char *org_id, const char *document) XK_MUST_CHECK;
/* "cards": how many an organisation has. */
enum xk_err hands_put_balance(struct call *c, const char *org_id) XK_MUST_CHECK;

/* log.c: the entry of this call in the audit log, when it is one that is logged: it changes
 * something or reads secrets, or its caller is known and was not let in. */
enum xk_err log_call(struct call *c, const struct route *r) XK_MUST_CHECK;
const char *log_subject(struct call *c); /* what it is about; in the arena */

/* limits.c: P-15. True: may go on; else *retry_after_s. */
struct limits;
struct limits *limits_new(const struct partner_options *o);
void limits_free(struct limits *l);
bool limits_take(struct limits *l, const char *app_id, enum route_limit limit, int64_t now,
                 uint32_t *retry_after_s);
/* n more write applications today. */
enum xk_err limits_take_daily(struct limits *l, struct store *s, const struct app *app, size_t n,
                              int64_t now, bool *allowed) XK_MUST_CHECK;

struct partner {
    struct partner_options o;
    struct audit *audit;
    struct limits *limits;
    uint32_t calls; /* for housekeeping now and then */
};

#define ROUTE(method, path, role, scope, limit, body, handler, query)                              \
    enum xk_err handler(struct call *c);
#include "api/partner/routes.def"
#undef ROUTE

#endif
