/* SPDX-License-Identifier: Apache-2.0 */
/* Number resources: MSISDN, IMSI, ICCID and the keys that go with them; pools (P-24). */
#ifndef MODEL_NUMBER_H
#define MODEL_NUMBER_H

#include "base/secret.h"

enum number_state {
#define NUMBER_STATE(name, code, zh, en) NUMBER_##name = code,
#define NUMBER_MOVE(from, to, why)
#include "model/number.def"
#undef NUMBER_STATE
#undef NUMBER_MOVE
};
const char *number_state_name(enum number_state state); /* "IN_USE"; "?" */
const char *number_state_zh(enum number_state state);
enum xk_err number_state_parse(const char *name, enum number_state *out) XK_MUST_CHECK;
/* Whether the table has this move. */
bool number_may_move(enum number_state from, enum number_state to);

enum number_purpose { NUMBER_SEED, NUMBER_FORMAL, NUMBER_TEST, NUMBER_DEMO };
const char *number_purpose_name(enum number_purpose purpose); /* "seed" ... */
enum xk_err number_purpose_parse(const char *name, enum number_purpose *out) XK_MUST_CHECK;

struct pool {
    char id[33];
    char name[65];
    char parent[33]; /* "" for a root */
    enum number_purpose purpose;
    char carrier[33], province[33], customer[33];
    char org_id[33];                         /* whose it is; "" the operator's */
    bool shared;                             /* those below its owner may take numbers of it */
    uint32_t warn_pct, alarm_pct, block_pct; /* of free numbers: 20, 10, 5 */
    uint32_t quarantine_days;                /* 90 */
    char template_id[65]; /* of the profiles for its numbers; "": they are for cards alone */
    int64_t created_at;
};

enum pool_level { POOL_OK, POOL_WARNING, POOL_ALARM, POOL_BLOCKED };

struct pool_counts {
    uint64_t total, free, reserved, assigned, written, in_use, frozen, bad;
    enum pool_level level;
};

struct number {
    char imsi[16]; /* key */
    char msisdn[24], iccid[21], smsc[24];
    char pool_id[33];
    enum number_purpose purpose;
    uint8_t algorithm; /* enum aka_algorithm */
    enum number_state state;
    char cid[33];       /* card it is for or on; "" none */
    uint8_t task_id[8]; /* task that locks it; zeros none */
    int64_t frozen_until, updated_at;
};

/* K, OPc as they pass through service/order to the card and the home network; wiped by its user. */
struct number_keys {
    struct secret k, opc;
    bool has_cr;
    uint8_t cr[85];
};

#endif
