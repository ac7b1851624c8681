/* SPDX-License-Identifier: Apache-2.0 */
/* The card register: chips of the white paper's tables 2-1 and 2-2, their batches, SCP80 keys and
 * counters, and the number each carries.
 *
 * Functions that change something run inside the caller's transaction; when one fails, the caller
 * rolls back (or back to its savepoint). XK_E_DB and XK_E_BUSY, as store.h has them, can come from
 * all of them and are not repeated below; XK_E_NOT_FOUND means there is no such chip. Keys rest
 * sealed (crypto/keystore.h); what chip_get_keys gives is wiped by its caller. */
#ifndef SERVICE_CHIP_CHIP_H
#define SERVICE_CHIP_CHIP_H

#include "crypto/keystore.h"
#include "model/chip.h"
#include "model/import.h"
#include "store/store.h"

#define CHIP_COUNTER_MAX 0xFFFFFFFFFFull /* CNTR has 5 bytes (TS 102 225 5.1) */

/* Looking up. */

enum xk_err chip_get(struct store *s, const char *cid, struct chip *out) XK_MUST_CHECK;
/* By the ICCID in use, else by the seed's. */
enum xk_err chip_get_by_iccid(struct store *s, const char *iccid, struct chip *out) XK_MUST_CHECK;
/* Whose short message is this? By the MSISDN in use; else the seed's (a card may have fallen back
 * to it); else that of a number on its way to a card (it may have switched before its report came
 * through). Where several cards share a seed, the one with a task under way comes first. */
enum xk_err chip_get_by_address(struct store *s, const char *msisdn, struct chip *out)
    XK_MUST_CHECK;
/* By the IMSI of its seed; of several that share it, one with a task under way comes first. */
enum xk_err chip_get_by_seed(struct store *s, const char *seed_imsi, struct chip *out)
    XK_MUST_CHECK;
/* XK_E_AUTH: not sealed by this keystore; XK_E_NOT_FOUND: no such chip, or an international one. */
enum xk_err chip_get_keys(struct store *s, struct keystore *ks, const char *cid,
                          struct chip_keys *out) XK_MUST_CHECK;

struct chip_filter {
    const char *batch_id; /* NULL any */
    const char *org_id;   /* NULL any */
    int state;            /* < 0 any */
};
/* Up to cap chips in order of CID, after the CID `after` ("" from the start). */
enum xk_err chip_list(struct store *s, const struct chip_filter *filter, const char *after,
                      struct chip *out, size_t cap, size_t *n) XK_MUST_CHECK;
enum xk_err chip_count(struct store *s, const struct chip_filter *filter, uint64_t *n)
    XK_MUST_CHECK;

/* A task takes the chip: state WRITING. Again by the same task is fine. XK_E_EXISTS 14003: another
 * task has it; XK_E_STATE 12089: it is BLOCKED. */
enum xk_err chip_lock(struct store *s, const char *cid, const uint8_t task_id[8], int64_t now)
    XK_MUST_CHECK;
/* Gives it back: ACTIVE when it carries another number than its seed, else IN_STOCK. XK_E_STATE:
 * that task does not have it. */
enum xk_err chip_unlock(struct store *s, const char *cid, const uint8_t task_id[8], int64_t now)
    XK_MUST_CHECK;
/* Takes it out of service, or back in. XK_E_STATE: a task has it, or it is there already. */
enum xk_err chip_block(struct store *s, const char *cid, int64_t now) XK_MUST_CHECK;
enum xk_err chip_unblock(struct store *s, const char *cid, int64_t now) XK_MUST_CHECK;

/* It belongs to another organisation from now on. XK_E_STATE: a task has it. */
enum xk_err chip_give(struct store *s, const char *cid, const char *org_id, int64_t now)
    XK_MUST_CHECK;

/* Counters of SCP80, one a direction (P-4). */

/* Counts one up and gives it; spent when the caller's transaction is committed. XK_E_LIMIT: all
 * 2^40 are used up. */
enum xk_err chip_next_down_counter(struct store *s, const char *cid, uint64_t *counter)
    XK_MUST_CHECK;
/* XK_E_DENIED: not higher than the highest accepted so far. */
enum xk_err chip_accept_up_counter(struct store *s, const char *cid, uint64_t counter)
    XK_MUST_CHECK;

/* What it carries and says. */

/* iccid NULL or "": as before, for numbers that come without one. */
enum xk_err chip_set_number(struct store *s, const char *cid, const char *imsi, const char *msisdn,
                            const char *iccid, int64_t now) XK_MUST_CHECK;
/* imei, cos NULL or "": as before. wear_left UINT32_MAX: as before. */
enum xk_err chip_set_reported(struct store *s, const char *cid, const char *imei, const char *cos,
                              uint32_t wear_left, int64_t now) XK_MUST_CHECK;
enum xk_err chip_set_radio(struct store *s, const char *cid, const char *radio, int64_t now)
    XK_MUST_CHECK;

/* Adding. */

struct chip_batch {
    char batch_id[33];
    char vendor[33];
    enum chip_grade grade;
    enum chip_form form;
    char file_name[129];
    uint64_t count;
    int64_t created_at;
};
enum xk_err chip_batch_get(struct store *s, const char *batch_id, struct chip_batch *out)
    XK_MUST_CHECK;
enum xk_err chip_batch_list(struct store *s, const char *after, struct chip_batch *out, size_t cap,
                            size_t *n) XK_MUST_CHECK;

/* One chip as given (state, counters and all); the number in use "" takes the seed's. Its batch
 * counts it, and is made when new. XK_E_EXISTS: the CID is taken; XK_E_VALUE: a field or key length
 * is wrong; XK_E_STATE: vendor, grade or form are not its batch's. */
enum xk_err chip_add(struct store *s, struct keystore *ks, const struct chip *chip,
                     const struct chip_keys *keys, int64_t now) XK_MUST_CHECK;

/* A file of chips (docs/interfaces/import-files.md): CSV with a header line, or a card vendor's
 * output file, which is told by its first line ("*HEADER"). What the file does not say comes from
 * here. */
struct chip_import {
    const char *batch_id;  /* the file's own wins; one of them must be there */
    const char *vendor;    /* "" unknown */
    enum chip_grade grade; /* CSV without a grade column */
    enum chip_form form;
    const char *file_name; /* for the register */
    const char *org_id;    /* whose they are; NULL the operator's */
    const char *seed_pool; /* pool of the seeds, which need K and OPc in the file; NULL: seeds
                                      are not entered as numbers */
    const struct secret *transport; /* opens an encrypted vendor file; NULL none */
    const struct secret *master;    /* derives KIc, KID, KIK over the CID where the file has none
                                       (P-4); NULL: then keys are missing */
};
/* XK_OK: all imported. XK_E_FORMAT: some lines were refused, the report says which, and the caller
 * rolls back. XK_E_NOT_FOUND: no such seed pool; XK_E_STATE: it is not one for seeds. XK_E_LIMIT:
 * larger than IMPORT_FILE_MAX. */
enum xk_err chip_import_file(struct store *s, struct keystore *ks, const struct chip_import *how,
                             struct bytes file, int64_t now, struct import_report *report)
    XK_MUST_CHECK;
/* P-4: the three keys of a card out of an operator master key (16 to 32 bytes): CMAC-KDF with
 * labels "KIc", "KID", "KIK" over the CID's 20 digits; 16 bytes each. */
enum xk_err chip_derive_keys(const struct secret *master, const char *cid, struct chip_keys *out)
    XK_MUST_CHECK;

#endif
