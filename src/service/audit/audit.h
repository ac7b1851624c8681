/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log (P-20): who did what, append-only and as a chain of hashes. An entry is written in
 * the transaction of what it tells of: neither is there without the other.
 *
 *     hash = SHA-256("xieka-audit-1" | hash of the entry before (32 zero bytes of the first) |
 *                    seq (8) | at (8) | org_id | app_id | peer | action | subject | code (8) |
 *                    trace | body (32))
 * numbers big-endian, each text with its length in bytes before it (2). The last entry's number and
 * hash rest with a MAC under a key of the keystore, so that a tail that is missing is noticed.
 *
 * XK_E_DB and XK_E_BUSY, as store.h has them, can come from all of these. */
#ifndef SERVICE_AUDIT_AUDIT_H
#define SERVICE_AUDIT_AUDIT_H

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/keystore.h"
#include "store/store.h"

struct audit; /* the key of the head; one may be used by one thread at a time */

/* Makes head and key when there are none: in a transaction. XK_E_AUTH: the key is not of this
 * keystore. */
enum xk_err audit_open(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                       struct audit **out) XK_MUST_CHECK;
void audit_free(struct audit *a); /* wipes; NULL is fine */

struct audit_entry {
    int64_t seq; /* set by audit_append, as hash */
    int64_t at;
    char org_id[33], app_id[33];
    char peer[48];
    char action[64];
    char subject[65];
    int code;
    char trace[17];
    uint8_t body[HASH_LEN];
    uint8_t hash[HASH_LEN];
};

/* Inside the caller's transaction. XK_E_BUSY: another node was faster. */
enum xk_err audit_append(struct audit *a, struct store *s, struct audit_entry *e) XK_MUST_CHECK;

struct audit_filter {
    const char *org_id; /* NULL any, as below */
    const char *app_id;
    const char *subject;
    int64_t from, to; /* ms; to is not in it; 0, INT64_MAX: all */
};
/* At most limit entries behind number `after`, in their order. */
enum xk_err audit_list(struct store *s, const struct audit_filter *f, int64_t after, size_t limit,
                       enum xk_err (*each)(void *arg, const struct audit_entry *e), void *arg)
    XK_MUST_CHECK;

enum audit_fault {
    AUDIT_WHOLE,
    AUDIT_MISSING,  /* this entry is not there */
    AUDIT_CHANGED,  /* this entry, or the one before, is not what was written */
    AUDIT_HEAD,     /* the head is not what was written */
    AUDIT_TAIL_GONE /* the head knows later entries than there are */
};
const char *audit_fault_name(enum audit_fault fault); /* "missing" */
struct audit_verdict {
    enum audit_fault fault;
    int64_t at_seq;  /* of the fault */
    int64_t checked; /* entries in this step */
    int64_t next;    /* go on from there; 0: the end */
};
/* Checks at most limit entries from number `from` on (1 at first), and at the end the head. */
enum xk_err audit_verify(struct audit *a, struct store *s, int64_t from, size_t limit,
                         struct audit_verdict *out) XK_MUST_CHECK;

#endif
