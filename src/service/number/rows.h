/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: how a number stands in its row. */
#ifndef SERVICE_NUMBER_ROWS_H
#define SERVICE_NUMBER_ROWS_H

#include "service/number/number.h"

#define NUMBER_COLUMNS                                                                             \
    "imsi, msisdn, iccid, smsc, pool_id, purpose, algorithm, state, cid, task_id, frozen_until,"   \
    " updated_at"

/* Out of a row that begins with NUMBER_COLUMNS. */
void number_of_row(struct store *s, struct number *out);

/* A number leaves `from` and enters `to`. */
enum xk_err pool_count_move(struct store *s, const char *pool_id, enum number_state from,
                            enum number_state to) XK_MUST_CHECK;
/* Seals K | OPc for this IMSI. XK_E_VALUE: the lengths are not the algorithm's. */
enum xk_err number_seal_keys(struct keystore *ks, const char *imsi, uint8_t algorithm,
                             const struct number_keys *keys, uint8_t *out, size_t cap, size_t *n)
    XK_MUST_CHECK;
size_t number_opc_len(uint8_t algorithm); /* 0: no such algorithm */

#endif
