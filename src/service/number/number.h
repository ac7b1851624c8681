/* SPDX-License-Identifier: Apache-2.0 */
/* Number resources: pools of MSISDN, IMSI, ICCID and K/OPc, their states, quarantine and levels
 * (product decisions P-24, P-25).
 *
 * Functions that change something run inside the caller's transaction; when one fails, the caller
 * rolls back (or back to its savepoint). XK_E_DB and XK_E_BUSY, as store.h has them, can come from
 * all of them and are not repeated below. Keys rest sealed (crypto/keystore.h); what
 * number_get_keys gives is wiped by its caller. Seeds of chips are numbers too, in pools of purpose
 * NUMBER_SEED. */
#ifndef SERVICE_NUMBER_NUMBER_H
#define SERVICE_NUMBER_NUMBER_H

#include "base/clock.h"
#include "crypto/keystore.h"
#include "model/import.h"
#include "model/number.h"
#include "store/store.h"

/* Pools. */

/* Zeros in warn, alarm, block and quarantine_days take P-24's 20, 10, 5 and 90. XK_E_EXISTS;
 * XK_E_VALUE: no id, or thresholds that do not descend; XK_E_NOT_FOUND: no such parent. */
enum xk_err pool_create(struct store *s, const struct pool *pool) XK_MUST_CHECK;
enum xk_err pool_get(struct store *s, const char *pool_id, struct pool *out) XK_MUST_CHECK;
struct pool_filter {
    const char *parent; /* NULL any; "": roots; else its children */
    const char *org_id; /* NULL anybody's */
};
/* Up to cap pools in order of their ids, after the id `after` ("" from the start). */
enum xk_err pool_list(struct store *s, const struct pool_filter *filter, const char *after,
                      struct pool *out, size_t cap, size_t *n) XK_MUST_CHECK;

enum pool_scope { POOL_ALONE, POOL_WITH_CHILDREN };
/* How many numbers are in each state, and the level: free * 100 / total below the pool's
 * thresholds. A pool without numbers is POOL_BLOCKED. XK_E_NOT_FOUND: no such pool. */
enum xk_err pool_counts(struct store *s, const char *pool_id, enum pool_scope scope,
                        struct pool_counts *out) XK_MUST_CHECK;
const char *pool_level_name(enum pool_level level); /* "ok" "warning" "alarm" "blocked" */

/* Numbers. */

enum xk_err number_get_by_imsi(struct store *s, const char *imsi, struct number *out) XK_MUST_CHECK;
enum xk_err number_get_by_iccid(struct store *s, const char *iccid, struct number *out)
    XK_MUST_CHECK;
enum xk_err number_get_by_msisdn(struct store *s, const char *msisdn, struct number *out)
    XK_MUST_CHECK;
/* The number in use on a card, other than `except` (an IMSI) and other than its seed. */
enum xk_err number_get_in_use(struct store *s, const char *cid, const char *except,
                              struct number *out) XK_MUST_CHECK;
/* Up to cap that are tied to a card, those that rest too, in order of IMSI. */
enum xk_err number_of_card(struct store *s, const char *cid, struct number *out, size_t cap,
                           size_t *n) XK_MUST_CHECK;
/* K, OPc and c/r constants. XK_E_AUTH: not sealed by this keystore. */
enum xk_err number_get_keys(struct store *s, struct keystore *ks, const char *imsi,
                            struct number_keys *out) XK_MUST_CHECK;
/* Up to cap numbers in order of IMSI, after the IMSI `after` ("" from the start). state < 0:
 * any. */
enum xk_err number_list(struct store *s, const char *pool_id, int state, const char *after,
                        struct number *out, size_t cap, size_t *n) XK_MUST_CHECK;

/* FREE -> RESERVED for a card and task: the wanted MSISDN, or (wanted NULL or "") the free number
 * with the lowest IMSI of the pool. pool_id NULL or "" with a wanted MSISDN: whatever pool it is
 * in. XK_E_NOT_FOUND  13001: the pool is empty, or there is no such pool or MSISDN XK_E_EXISTS
 * 13002: the wanted number is taken (or BAD) XK_E_STATE      13003: it is in quarantine XK_E_DENIED
 * 13004: it belongs to another pool; or seeds, which are not for writing */
enum xk_err number_reserve(struct store *s, const char *pool_id, const char *wanted_msisdn,
                           const char *cid, const uint8_t task_id[8], int64_t now,
                           struct number *out) XK_MUST_CHECK;
/* One move of the table in model/number.def. The lock on a task ends with FREE, IN_USE, FROZEN and
 * BAD, the tie to a card with FREE; FROZEN starts the quarantine of the pool. XK_E_STATE: it is not
 * in state `from`, or the table has no such move. XK_E_NOT_FOUND: no such number. XK_E_DENIED:
 * FROZEN -> FREE, which only number_quarantine_release makes. */
enum xk_err number_move(struct store *s, const char *imsi, enum number_state from,
                        enum number_state to, int64_t now) XK_MUST_CHECK;
/* P-25: frees up to `limit` numbers whose quarantine is over. Each gets fresh K and OPc (out of
 * `rand`), since those on an old card must never work again, and loses its ICCID for good (iccid
 * ""): ICCIDs are not used twice. */
enum xk_err number_quarantine_release(struct store *s, struct keystore *ks,
                                      const struct xk_rand *rand, int64_t now, size_t limit,
                                      size_t *released) XK_MUST_CHECK;

/* Adding. */

/* One number in state n->state; frozen_until and updated_at are set here, its purpose is its
 * pool's. XK_E_EXISTS: IMSI, MSISDN or ICCID are taken or were retired; XK_E_NOT_FOUND: no such
 * pool; XK_E_VALUE: a field or key length is wrong. */
enum xk_err number_add(struct store *s, struct keystore *ks, const struct number *n,
                       const struct number_keys *keys, int64_t now) XK_MUST_CHECK;

/* Whether the identifiers have their form; else which has not, and why. */
bool number_check(const struct number *n, const char **field, enum import_reason *why);
/* One of many, for imports: as number_add, but n->purpose is its caller's business, the pool
 * counts it only by number_count_added, and a clash is no error: clash->field is then the column
 * that is taken (NULL: added) and clash->why IMPORT_EXISTS or IMPORT_RETIRED. */
struct number_clash {
    const char *field;
    enum import_reason why;
};
enum xk_err number_add_one(struct store *s, struct keystore *ks, const struct number *n,
                           const struct number_keys *keys, int64_t now, struct number_clash *clash)
    XK_MUST_CHECK;
enum xk_err number_count_added(struct store *s, const char *pool_id, enum number_state state,
                               uint64_t n) XK_MUST_CHECK;

/* A CSV file into a pool, all FREE (docs/interfaces/import-files.md): a header line naming the
 * columns imsi, msisdn, iccid, k, opc or op, [algorithm], [smsc], [cr]. XK_OK: all imported.
 * XK_E_FORMAT: some lines were refused, the report says which, and the caller rolls back.
 * XK_E_NOT_FOUND: no such pool. XK_E_LIMIT: larger than IMPORT_FILE_MAX. */
enum xk_err number_import_csv(struct store *s, struct keystore *ks, const char *pool_id,
                              struct bytes file, int64_t now, struct import_report *report)
    XK_MUST_CHECK;

/* Made-up numbers for tests and demonstrations: consecutive identifiers, random keys. */
struct number_range {
    char pool_id[33];
    uint32_t count;
    char first_imsi[16];
    char first_msisdn[24];
    char first_iccid[21]; /* 19 digits, the Luhn digit is added; or "" for none */
    char smsc[24];
    uint8_t algorithm; /* enum aka_algorithm; 0 Milenage */
};
/* XK_E_EXISTS: one is taken; XK_E_VALUE: not digits, or the range overflows its digits. */
enum xk_err number_generate(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                            const struct number_range *range, int64_t now) XK_MUST_CHECK;

#endif
