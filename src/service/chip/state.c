/* SPDX-License-Identifier: Apache-2.0 */
/* What changes on a chip: the task that has it, its counters, the number it carries. */
#include "service/chip/chip.h"

/* Each of these touches no row when the chip is not as its WHERE says; why, is asked afterwards. */
static const struct store_query q_lock = {
    "chip.lock", "UPDATE chip SET state = 1, task_id = $1, updated_at = $2"
                 " WHERE cid = $3 AND (state IN (0, 2) OR (state = 1 AND task_id = $1))"};
static const struct store_query q_unlock = {
    "chip.unlock",
    "UPDATE chip SET state = CASE WHEN imsi <> '' AND imsi <> seed_imsi THEN 2 ELSE 0"
    " END, task_id = $1, updated_at = $2"
    " WHERE cid = $3 AND state = 1 AND task_id = $4"};
static const struct store_query q_block = {"chip.block",
                                           "UPDATE chip SET state = 3, updated_at = $1"
                                           " WHERE cid = $2 AND state IN (0, 2)"};
static const struct store_query q_unblock = {
    "chip.unblock", "UPDATE chip SET state = CASE WHEN imsi <> '' AND imsi <> seed_imsi THEN 2 ELSE"
                    " 0 END, updated_at = $1 WHERE cid = $2 AND state = 3"};
static const struct store_query q_next_down = {
    "chip.next_down", "UPDATE chip SET down_counter = down_counter + 1"
                      " WHERE cid = $1 AND down_counter < $2 RETURNING down_counter"};
static const struct store_query q_accept_up = {"chip.accept_up",
                                               "UPDATE chip SET up_counter = $1"
                                               " WHERE cid = $2 AND up_counter < $1"};
static const struct store_query q_set_number = {"chip.set_number",
                                                "UPDATE chip SET imsi = $1, msisdn = $2,"
                                                " updated_at = $3 WHERE cid = $4"};
static const struct store_query q_set_number_iccid = {"chip.set_number_iccid",
                                                      "UPDATE chip SET imsi = $1, msisdn = $2,"
                                                      " iccid = $3, updated_at = $4"
                                                      " WHERE cid = $5"};
static const struct store_query q_set_imei = {"chip.set_imei", "UPDATE chip SET imei = $1,"
                                                               " updated_at = $2 WHERE cid = $3"};
static const struct store_query q_set_cos = {"chip.set_cos", "UPDATE chip SET cos = $1,"
                                                             " updated_at = $2 WHERE cid = $3"};
static const struct store_query q_set_wear = {"chip.set_wear", "UPDATE chip SET wear_left = $1,"
                                                               " updated_at = $2 WHERE cid = $3"};
static const struct store_query q_set_radio = {"chip.set_radio", "UPDATE chip SET radio = $1,"
                                                                 " updated_at = $2 WHERE cid = $3"};

static const struct store_query q_give = {"chip.give",
                                          "UPDATE chip SET org_id = $1, updated_at = $2"
                                          " WHERE cid = $3 AND state <> 1"};

static const uint8_t no_task[8];

/* Runs an update of one chip. XK_E_NOT_FOUND when there is no such chip, `refused` when it is there
 * but was not as the update wants it. */
static enum xk_err update(struct store *s, const struct store_query *q, const struct store_value *v,
                          size_t n, const char *cid, enum xk_err refused)
{
    struct chip chip;
    int64_t changes = 0;

    TRY(store_exec(s, q, v, n, &changes));
    if (changes > 0)
        return XK_OK;
    TRY(chip_get(s, cid, &chip));
    return refused;
}

enum xk_err chip_lock(struct store *s, const char *cid, const uint8_t task_id[8], int64_t now)
{
    struct chip chip;

    TRY(chip_get(s, cid, &chip));
    if (chip.state == CHIP_BLOCKED)
        return XK_E_STATE; /* 12089 */
    return update(s, &q_lock, SVS(sv_bytes(BYTES(task_id, 8)), sv_int(now), sv_text(cid)), cid,
                  XK_E_EXISTS); /* 14003 */
}

enum xk_err chip_unlock(struct store *s, const char *cid, const uint8_t task_id[8], int64_t now)
{
    return update(
        s, &q_unlock,
        SVS(sv_bytes(BYTES_OF(no_task)), sv_int(now), sv_text(cid), sv_bytes(BYTES(task_id, 8))),
        cid, XK_E_STATE);
}

enum xk_err chip_give(struct store *s, const char *cid, const char *org_id, int64_t now)
{
    return update(s, &q_give, SVS(sv_text(org_id), sv_int(now), sv_text(cid)), cid, XK_E_STATE);
}

enum xk_err chip_block(struct store *s, const char *cid, int64_t now)
{
    return update(s, &q_block, SVS(sv_int(now), sv_text(cid)), cid, XK_E_STATE);
}

enum xk_err chip_unblock(struct store *s, const char *cid, int64_t now)
{
    return update(s, &q_unblock, SVS(sv_int(now), sv_text(cid)), cid, XK_E_STATE);
}

enum xk_err chip_next_down_counter(struct store *s, const char *cid, uint64_t *counter)
{
    enum xk_err err = store_row(s, &q_next_down, SVS(sv_text(cid), sv_int(CHIP_COUNTER_MAX)));
    struct chip chip;

    if (err == XK_E_NOT_FOUND) {
        TRY(chip_get(s, cid, &chip));
        return XK_E_LIMIT;
    }
    TRY(err);
    *counter = (uint64_t)store_get_int(s, 0);
    store_finish(s);
    return XK_OK;
}

enum xk_err chip_accept_up_counter(struct store *s, const char *cid, uint64_t counter)
{
    if (counter > CHIP_COUNTER_MAX)
        return XK_E_DENIED;
    return update(s, &q_accept_up, SVS(sv_int((int64_t)counter), sv_text(cid)), cid, XK_E_DENIED);
}

enum xk_err chip_set_number(struct store *s, const char *cid, const char *imsi, const char *msisdn,
                            const char *iccid, int64_t now)
{
    if (!iccid || !iccid[0])
        return update(s, &q_set_number,
                      SVS(sv_text(imsi), sv_text(msisdn), sv_int(now), sv_text(cid)), cid, XK_E_DB);
    return update(s, &q_set_number_iccid,
                  SVS(sv_text(imsi), sv_text(msisdn), sv_text(iccid), sv_int(now), sv_text(cid)),
                  cid, XK_E_DB);
}

static enum xk_err set_text(struct store *s, const struct store_query *q, const char *cid,
                            const char *value, int64_t now)
{
    if (!value || !value[0])
        return XK_OK;
    return update(s, q, SVS(sv_text(value), sv_int(now), sv_text(cid)), cid, XK_E_DB);
}

enum xk_err chip_set_reported(struct store *s, const char *cid, const char *imei, const char *cos,
                              uint32_t wear_left, int64_t now)
{
    struct chip chip;

    TRY(chip_get(s, cid, &chip));
    if (imei && strcmp(imei, chip.imei) != 0)
        TRY(set_text(s, &q_set_imei, cid, imei, now));
    if (cos && strcmp(cos, chip.cos) != 0)
        TRY(set_text(s, &q_set_cos, cid, cos, now));
    if (wear_left == UINT32_MAX || wear_left == chip.wear_left)
        return XK_OK;
    return update(s, &q_set_wear, SVS(sv_int(wear_left), sv_int(now), sv_text(cid)), cid, XK_E_DB);
}

enum xk_err chip_set_radio(struct store *s, const char *cid, const char *radio, int64_t now)
{
    return update(s, &q_set_radio, SVS(sv_text(radio), sv_int(now), sv_text(cid)), cid, XK_E_DB);
}
