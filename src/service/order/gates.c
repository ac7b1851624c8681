/* SPDX-License-Identifier: Apache-2.0 */
/* CHECKING: the gates of service/gate, and the wait for whoever knows the people behind cards. */
#include "service/gate/gate.h"

#include "service/chip/chip.h"
#include "service/number/number.h"
#include "service/order/machine.h"
#include "service/order/task_store.h"
#include "service/org/org.h"

/* The pool that the number will come from; *known false: what looks for a number says so. */
static enum xk_err find_pool(struct order_ctx *c, const struct task *t, struct pool *pool,
                             bool *known)
{
    const char *id = t->pool_id;
    struct number n;
    enum xk_err err = XK_OK;

    if (t->target_msisdn[0]) {
        err = number_get_by_msisdn(c->store, t->target_msisdn, &n);
        id = n.pool_id;
    }
    if (err == XK_OK)
        err = pool_get(c->store, id, pool);
    *known = err == XK_OK;
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static enum xk_err ask_real_name(struct order_ctx *c, const struct task *t, const char *path,
                                 enum gate_real_name want, enum gate_answer *answer)
{
    const struct gate_person p = {.cid = t->cid, .org_path = path, .want = want, .task_id = t->id};
    const struct gate_ports *ports = c->ports->gate;

    *answer = GATE_YES;
    if (want == GATE_REAL_NAME_OFF)
        return XK_OK;
    return ports ? ports->ask(ports->ctx, c->store, &p, answer)
                 : gate_ask_register(c->store, &p, answer);
}

enum xk_err gates_pass(struct order_ctx *c, struct task *t, const struct chip *chip,
                       enum gates_real_name real_name, struct gates_verdict *out)
{
    struct gate_ask ask = {.chip = chip, .now = c->now};
    struct gate_verdict v;
    struct pool pool;
    struct org own;
    bool known;

    *out = (struct gates_verdict){.code = CODE_OK};
    if (!task_mode_gives(t->mode))
        return XK_OK;
    TRY(org_get(c->store, chip->org_id, &own));
    TRY(find_pool(c, t, &pool, &known));
    ask.org_path = own.path;
    ask.pool = known ? &pool : NULL;
    TRY(gate_check(c->store, &ask, &v));
    out->code = v.code;
    memcpy(out->detail, v.detail, sizeof out->detail);
    if (v.code != CODE_OK || real_name == GATES_REAL_NAME_KNOWN)
        return XK_OK;
    TRY(ask_real_name(c, t, own.path, v.want, &out->answer));
    if (out->answer == GATE_NO)
        out->code = CODE_NOT_REAL_NAMED;
    if (out->answer != GATE_LATER)
        return XK_OK;
    t->due_at = c->now + (int64_t)task_state_info(TASK_CHECKING)->dwell_s * 1000;
    return task_event_add(c->store, t, c->now, "note", "real-name check asked for", BYTES_NONE);
}

enum xk_err order_on_real_name(struct order_ctx *c, const uint8_t id[TASK_ID_LEN],
                               enum gate_answer answer)
{
    struct task t;
    enum xk_err err = task_load(c->store, id, &t);

    if (err == XK_E_NOT_FOUND || answer == GATE_LATER || (err == XK_OK && t.state != TASK_CHECKING))
        return XK_OK; /* too late, or said twice */
    TRY(err);
    t.due_at = INT64_MAX;
    TRY(machine_real_name(c, &t, answer));
    return task_save(c->store, &t);
}

enum xk_err gates_silent(struct order_ctx *c, struct task *t)
{
    return machine_end(c, t, TASK_CHECK_FAIL, CODE_REAL_NAME_SILENT,
                       code_info(CODE_REAL_NAME_SILENT)->en);
}
