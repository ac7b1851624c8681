/* SPDX-License-Identifier: Apache-2.0 */
/* The gates before a write (P-7): real name and the ten-cards rule, declared use, risk control, and
 * the registers they look into.
 *
 * Functions that change something run inside the caller's transaction. XK_E_DB and XK_E_BUSY, as
 * store.h has them, can come from all of them and are not repeated below. */
#ifndef SERVICE_GATE_GATE_H
#define SERVICE_GATE_GATE_H

#include "model/chip.h"
#include "model/gate.h"
#include "model/number.h"
#include "model/org.h"
#include "store/store.h"

/* ---- real names (real_name.c) ---------------------------------------------------------------- */

/* In the place of one that is there for the subject, a card or an organisation. XK_E_LIMIT 15002:
 * ten other cards stand on this document, whoever registered them. */
enum xk_err real_name_put(struct store *s, const struct real_name *r) XK_MUST_CHECK;
/* XK_E_NOT_FOUND, as below. */
enum xk_err real_name_get(struct store *s, const char *subject, struct real_name *out)
    XK_MUST_CHECK;
enum xk_err real_name_remove(struct store *s, const char *subject) XK_MUST_CHECK;
/* Its card was closed: it counts no more, and says no more who is behind the card. Fine when there
 * is none. */
enum xk_err real_name_close(struct store *s, const char *cid, int64_t now) XK_MUST_CHECK;
/* Cards that stand on this document now. */
enum xk_err real_name_count(struct store *s, const char *id_hash, int64_t *n) XK_MUST_CHECK;

/* ---- rules (rule.c) -------------------------------------------------------------------------- */

/* In the place of one with this id that is there. */
enum xk_err gate_rule_put(struct store *s, const struct gate_rule *rule) XK_MUST_CHECK;
enum xk_err gate_rule_get(struct store *s, const char *id, struct gate_rule *out) XK_MUST_CHECK;
enum xk_err gate_rule_remove(struct store *s, const char *id) XK_MUST_CHECK;
/* Those of one organisation (NULL: all) behind the id `after`, in order of their ids. */
enum xk_err gate_rule_list(struct store *s, const char *org_id, const char *after, size_t limit,
                           enum xk_err (*each)(void *arg, const struct gate_rule *rule), void *arg)
    XK_MUST_CHECK;
/* The card is another organisation's from now on, and so is its rule. */
enum xk_err gate_rule_give(struct store *s, const char *cid, const char *org_id) XK_MUST_CHECK;

/* ---- risk (risk.c) --------------------------------------------------------------------------- */

/* In the place of one by the same organisation. */
enum xk_err risk_block(struct store *s, const struct risk_block *b) XK_MUST_CHECK;
enum xk_err risk_unblock(struct store *s, const char *subject, const char *by_org) XK_MUST_CHECK;
/* Those by one organisation (NULL: all) that still hold, behind the subject `after`. */
enum xk_err risk_list(struct store *s, const char *by_org, const char *after, int64_t now,
                      size_t limit, enum xk_err (*each)(void *arg, const struct risk_block *b),
                      void *arg) XK_MUST_CHECK;

/* ---- the gates (check.c) --------------------------------------------------------------------- */

enum gate_answer { GATE_YES, GATE_NO, GATE_LATER };

/* Whoever knows the people behind cards. GATE_LATER: it will be told (order_on_real_name). NULL in
 * the place of the port: the register above. */
struct gate_person {
    const char *cid, *org_path;
    enum gate_real_name want;
    const uint8_t *task_id; /* to answer to */
};
struct gate_ports {
    void *ctx;
    enum xk_err (*ask)(void *ctx, struct store *s, const struct gate_person *p,
                       enum gate_answer *answer);
};

struct gate_ask {
    const struct chip *chip;
    const char *org_path;    /* of the organisation whose the card is */
    const struct pool *pool; /* that the number comes from; NULL: not known */
    int64_t now;
};
struct gate_verdict {
    int code;        /* CODE_OK, 15003, 15004 */
    char detail[96]; /* the thing it is about; "" none */
    enum gate_real_name want;
};
/* All gates but the real name, which may take its time: what is wanted there is in *out. */
enum xk_err gate_check(struct store *s, const struct gate_ask *ask, struct gate_verdict *out)
    XK_MUST_CHECK;
/* The built-in provider: a card's own registration; or, where that is enough, that of the nearest
 * organisation above it (the operator's counts for the operator's own cards alone). */
enum xk_err gate_ask_register(struct store *s, const struct gate_person *p,
                              enum gate_answer *answer) XK_MUST_CHECK;

/* For this room: the parts of a path from the nearest on, as "org:<id>"; "" in what is left. */
void gate_path_subjects(const char *path, char out[ORG_DEPTH_MAX][GATE_SUBJECT_TEXT]);

#endif
