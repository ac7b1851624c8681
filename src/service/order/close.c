/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to the numbers of a card without a word to it: an SM-DP+ cannot delete a profile
 * (SGP.22 leaves that to the user), and a stolen card would not obey. A profile without its number
 * is dead: the home network does not know it. */
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "service/order/machine.h"
#include "service/order/task_store.h"

bool close_is_all(const struct task *t, const struct chip *chip)
{
    return t->mode == TASK_MODE_REVOKE || (t->mode == TASK_MODE_DELETE && !chip_is_domestic(chip));
}

static void note_number(struct task *t, const struct number *n)
{
    memcpy(t->imsi, n->imsi, sizeof t->imsi);
    memcpy(t->msisdn, n->msisdn, sizeof t->msisdn);
    memcpy(t->iccid, n->iccid, sizeof t->iccid);
}

/* All numbers that the card has but its seed, which may be that of others, too: *n how many. The
 * task remembers the last. */
static enum xk_err close_numbers(struct order_ctx *c, struct task *t, size_t *n)
{
    struct number number;
    enum xk_err err;

    for (*n = 0; (err = number_get_in_use(c->store, t->cid, "", &number)) == XK_OK; ++*n) {
        TRY(machine_close_number(c, t, &number));
        TRY(task_event_add(c->store, t, c->now, "note", number.msisdn, BYTES_NONE));
        note_number(t, &number);
    }
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* What is under way for the card comes to nothing. */
static enum xk_err stop_other(struct order_ctx *c, const struct chip *chip)
{
    struct task other;

    TRY(task_load(c->store, chip->task_id, &other));
    TRY(machine_end(c, &other, TASK_EXPIRED, CODE_CARD_STATE, "the card was revoked"));
    return task_save(c->store, &other);
}

static enum xk_err fail(struct order_ctx *c, struct task *t, int code)
{
    return machine_end(c, t, TASK_CHECK_FAIL, code, code_info(code)->en);
}

static enum xk_err revoke(struct order_ctx *c, struct task *t, bool under_way,
                          const struct chip *chip)
{
    size_t n;

    if (under_way)
        TRY(stop_other(c, chip));
    TRY(close_numbers(c, t, &n));
    TRY(chip_set_number(c->store, t->cid, "", "", "", c->now));
    TRY(chip_block(c->store, t->cid, c->now));
    TRY(real_name_close(c->store, t->cid, c->now));
    return machine_end(c, t, TASK_SUCCESS, CODE_OK, "");
}

static enum xk_err delete_number(struct order_ctx *c, struct task *t)
{
    size_t n;

    TRY(close_numbers(c, t, &n));
    if (n == 0)
        return fail(c, t, CODE_CARD_STATE);
    TRY(chip_lock(c->store, t->cid, t->id, c->now));
    TRY(chip_set_number(c->store, t->cid, "", "", "", c->now));
    TRY(real_name_close(c->store, t->cid, c->now));
    return machine_end(c, t, TASK_SUCCESS, CODE_OK, "");
}

enum xk_err close_card(struct order_ctx *c, struct task *t, const struct chip *chip)
{
    static const uint8_t none[TASK_ID_LEN];
    bool under_way = memcmp(chip->task_id, none, sizeof none) != 0;

    if (chip->state == CHIP_BLOCKED)
        return fail(c, t, CODE_CARD_STATE);
    if (t->mode == TASK_MODE_REVOKE)
        return revoke(c, t, under_way, chip);
    return under_way ? fail(c, t, CODE_TASK_UNDER_WAY) : delete_number(c, t);
}
