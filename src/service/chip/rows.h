/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: how a chip stands in its row. */
#ifndef SERVICE_CHIP_ROWS_H
#define SERVICE_CHIP_ROWS_H

#include "service/chip/chip.h"

#define CHIP_COLUMNS                                                                               \
    "cid, batch_id, vendor, grade, form, state, seed_iccid, seed_imsi, seed_msisdn, imsi, msisdn," \
    " iccid, suite, keyset, kic_alg, kid_alg, down_counter, up_counter, task_id, imei, cos,"       \
    " wear_left, radio, created_at, updated_at, org_id"

/* Three envelopes with their lengths. */
#define CHIP_SEALED_MAX (3 * (1 + 32 + KEYSTORE_OVERHEAD))

/* Out of a row that begins with CHIP_COLUMNS. */
void chip_of_row(struct store *s, struct chip *out);

/* XK_E_VALUE: a key's length is not its algorithm's. */
enum xk_err chip_seal_keys(struct keystore *ks, const struct chip *chip,
                           const struct chip_keys *keys, struct buf *out) XK_MUST_CHECK;

/* Whether all fields have their form; else which has not, and why. */
bool chip_check(const struct chip *chip, const char **field, enum import_reason *why);
/* The row alone, not its batch. *clash NULL: added; else "cid". */
enum xk_err chip_insert(struct store *s, struct keystore *ks, const struct chip *chip,
                        const struct chip_keys *keys, int64_t now, const char **clash)
    XK_MUST_CHECK;
/* Counts n more chips into their batch, which is made when new. XK_E_STATE: vendor, grade or form
 * are not the batch's. */
enum xk_err chip_batch_count(struct store *s, const struct chip_batch *batch) XK_MUST_CHECK;

#endif
