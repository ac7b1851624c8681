/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations: a tree from the platform's operator down to end customers (P-23). What a card,
 * pool, task or application belongs to; whoever stands above sees it, nobody else does. */
#ifndef MODEL_ORG_H
#define MODEL_ORG_H

#include "base/bytes.h"

#define ORG_ROOT "platform" /* there from the beginning; never suspended */
#define ORG_ID_MAX 32
#define ORG_DEPTH_MAX 8 /* with the root */
#define ORG_PATH_MAX (1 + ORG_DEPTH_MAX * (ORG_ID_MAX + 1))

enum org_kind {
#define ORG_KIND(id, code, zh, en) ORG_##id = code,
#define ORG_UNDER(above, below)
#define ORG_STATE(id, code, zh, en)
#define ORG_MOVE(from, to, why)
#include "model/org.def"
#undef ORG_KIND
#undef ORG_UNDER
#undef ORG_STATE
#undef ORG_MOVE
};

enum org_state {
#define ORG_KIND(id, code, zh, en)
#define ORG_UNDER(above, below)
#define ORG_STATE(id, code, zh, en) ORG_##id = code,
#define ORG_MOVE(from, to, why)
#include "model/org.def"
#undef ORG_KIND
#undef ORG_UNDER
#undef ORG_STATE
#undef ORG_MOVE
};

struct org {
    char id[ORG_ID_MAX + 1];
    char parent[ORG_ID_MAX + 1]; /* "" of the root */
    char path[ORG_PATH_MAX + 1]; /* "/platform/agent/customer/": all below begin with it */
    char name[65];
    enum org_kind kind;
    enum org_state state;
    uint32_t blocked; /* how many of it and those above are not ACTIVE; 0: it may act */
    int64_t created_at, updated_at;
};

const char *org_kind_name(enum org_kind kind);    /* "AGENT" */
const char *org_kind_zh(enum org_kind kind);      /* for people */
const char *org_state_name(enum org_state state); /* "ACTIVE" */
const char *org_state_zh(enum org_state state);
/* XK_E_VALUE: no such name. */
enum xk_err org_kind_parse(const char *name, enum org_kind *out) XK_MUST_CHECK;
enum xk_err org_state_parse(const char *name, enum org_state *out) XK_MUST_CHECK;
bool org_may_stand_under(enum org_kind below, enum org_kind above);
bool org_may_move(enum org_state from, enum org_state to);
/* Whether the second is the first or stands below it, by their paths. */
bool org_path_holds(const char *path, const char *other);

#endif
