/* SPDX-License-Identifier: Apache-2.0 */
/* ES2+ (SGP.22 5.3): what operators order, confirm, release and cancel. */
#include "codec/rsp/eid.h"
#include "codec/rsp/iccid.h"
#include "crypto/hash.h"
#include "service/download/rows.h"

#include "base/hex.h"

/* Digits and letters that are not mistaken for each other (no I, L, O, U): 20 of them, 100 bits. */
static const char matching_letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
#define MATCHING_GROUPS 4
#define MATCHING_GROUP 5

static bool is_eid(const char *eid)
{
    uint8_t bytes[EID_LEN];

    return strlen(eid) == EID_DIGITS && eid_from_text(bytes_cstr(eid), bytes) != XK_E_FORMAT;
}

/* The one of this ICCID, in our form: without the filling F. XK_E_NOT_FOUND for no ICCID too. */
static enum xk_err find(struct download_ctx *c, const char *iccid, struct download *out)
{
    uint8_t bytes[ICCID_LEN];
    char text[ICCID_TEXT_MAX];

    if (iccid_from_text(bytes_cstr(iccid), bytes) != XK_OK ||
        iccid_to_text(BYTES_OF(bytes), text) != XK_OK)
        return XK_E_NOT_FOUND;
    return download_find_by_iccid(c, text, DOWNLOAD_WITHOUT_METADATA, out);
}

/* ---- DownloadOrder (5.3.1) ------------------------------------------------------------------- */

static enum xk_err find_free(struct download_ctx *c, const struct download_order_request *r,
                             struct download *out)
{
    static const struct store_query q = {
        "download_free", "SELECT " DOWNLOAD_COLUMNS " FROM profile p WHERE p.owner = $1 AND "
                         "p.profile_type = $2 AND p.state = 0 ORDER BY p.iccid LIMIT 1"};

    return download_read_one(c, &q, SVS(sv_text(r->operator_id), sv_text(r->profile_type)),
                             DOWNLOAD_WITHOUT_METADATA, out);
}

/* Why no profile of that type is to be had. */
static enum xk_err why_no_free(struct download_ctx *c, const struct download_order_request *r,
                               enum rsp_verdict *verdict)
{
    static const struct store_query q = {
        "download_type_owner",
        "SELECT owner FROM profile WHERE profile_type = $1 ORDER BY CASE WHEN owner = $2 THEN 0 "
        "ELSE 1 END LIMIT 1"};
    char owner[DOWNLOAD_OPERATOR_TEXT];
    enum xk_err err =
        store_row(c->store, &q, SVS(sv_text(r->profile_type), sv_text(r->operator_id)));

    if (err == XK_E_NOT_FOUND) {
        *verdict = RSP_DOWNLOAD_ORDER_TYPE_UNKNOWN;
        return XK_OK;
    }
    if (err != XK_OK)
        return err;
    store_get_text(c->store, 0, owner, sizeof owner);
    store_finish(c->store);
    *verdict = strcmp(owner, r->operator_id) == 0 ? RSP_DOWNLOAD_ORDER_TYPE_UNAVAILABLE
                                                  : RSP_DOWNLOAD_ORDER_TYPE_NOT_ALLOWED;
    return XK_OK;
}

static enum rsp_verdict check_order(const struct download_order_request *r,
                                    const struct download *d)
{
    if (strcmp(d->owner, r->operator_id) != 0)
        return RSP_DOWNLOAD_ORDER_ICCID_NOT_ALLOWED;
    if (r->profile_type && strcmp(d->profile_type, r->profile_type) != 0)
        return RSP_DOWNLOAD_ORDER_ICCID_NOT_OF_TYPE;
    /* the same order again stands as it does (5.3.1: a function that is called again) */
    if (d->state == DOWNLOAD_LINKED && r->eid && strcmp(d->eid, r->eid) == 0)
        return RSP_EXECUTED;
    return d->state == DOWNLOAD_AVAILABLE ? RSP_EXECUTED : RSP_DOWNLOAD_ORDER_ICCID_IN_USE;
}

static bool is_repeatable(const struct download_ctx *c, const struct download *d)
{
    size_t n = strlen(d->smdp_address);

    for (const char *at = c->policy->repeatable; n > 0 && at && *at;) {
        size_t len = strcspn(at, ",");

        if (len == n && strncmp(at, d->smdp_address, n) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

static enum xk_err begin_order(struct download_ctx *c, const struct download_order_request *r,
                               struct download *d)
{
    const struct download_event event = {.cause = r->eid ? DOWNLOAD_BY_ORDER_FOR_EID
                                                         : DOWNLOAD_BY_ORDER};

    if (d->state != DOWNLOAD_AVAILABLE)
        return XK_OK;
    d->eid_ordered = r->eid != NULL;
    snprintf(d->eid, sizeof d->eid, "%s", r->eid ? r->eid : "");
    d->attempts_left = c->policy->attempts;
    d->code_tries_left = c->policy->code_tries;
    d->repeatable = !r->for_task && is_repeatable(c, d);
    d->for_task = r->for_task;
    d->expires_at = c->policy->order_ms > 0 ? c->now + c->policy->order_ms : INT64_MAX;
    d->ordered_at = c->now;
    d->last_seq = 0;
    return download_step(c, d, &event);
}

enum xk_err download_order(struct download_ctx *c, const struct download_order_request *r,
                           struct download *out, enum rsp_verdict *verdict)
{
    struct download d;
    enum xk_err err;

    if (r->eid && !is_eid(r->eid)) {
        *verdict = RSP_DOWNLOAD_ORDER_TYPE_REFUSED;
        return XK_OK;
    }
    err = r->iccid ? find(c, r->iccid, &d) : find_free(c, r, &d);
    if (err == XK_E_NOT_FOUND && !r->iccid)
        return why_no_free(c, r, verdict);
    if (err == XK_E_NOT_FOUND) {
        *verdict = RSP_DOWNLOAD_ORDER_ICCID_UNKNOWN;
        return XK_OK;
    }
    if (err != XK_OK)
        return err;
    *verdict = check_order(r, &d);
    if (*verdict != RSP_EXECUTED)
        return XK_OK;
    TRY(begin_order(c, r, &d));
    *out = d;
    return XK_OK;
}

/* ---- ConfirmOrder (5.3.2) -------------------------------------------------------------------- */

static void make_matching_id(struct download_ctx *c, char out[DOWNLOAD_MATCHING_ID_TEXT])
{
    uint8_t random[MATCHING_GROUPS * MATCHING_GROUP];
    size_t n = 0;

    xk_rand_fill(c->rand, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        if (i > 0 && i % MATCHING_GROUP == 0)
            out[n++] = '-';
        out[n++] = matching_letters[random[i] % (sizeof matching_letters - 1)];
    }
    out[n] = '\0';
}

/* Printable, and nothing that an activation code is cut at or that a shell or a URL bends. */
static bool is_matching_id(const char *text)
{
    return strlen(text) < DOWNLOAD_MATCHING_ID_TEXT &&
           strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.") ==
               strlen(text);
}

static enum xk_err is_taken(struct download_ctx *c, const char *matching_id, const char *iccid,
                            bool *taken)
{
    static const struct store_query q = {"download_matching_taken",
                                         "SELECT iccid FROM profile WHERE matching_id = $1 AND "
                                         "matching_id <> '' AND iccid <> $2"};
    enum xk_err err = store_row(c->store, &q, SVS(sv_text(matching_id), sv_text(iccid)));

    *taken = err == XK_OK;
    store_finish(c->store);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* "host" or "host:port": letters, digits, dots and hyphens. */
static bool is_address(const char *text)
{
    size_t host = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-");
    const char *rest = text + host;

    if (host == 0 || strlen(text) >= DOWNLOAD_FQDN_TEXT || text[0] == '.' || text[0] == '-')
        return false;
    if (*rest == '\0')
        return true;
    return rest[0] == ':' && rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1) &&
           strlen(rest) <= 6;
}

/* Confirmed already, and asked for once more in the same words. */
static bool is_same_again(const struct download_confirm_request *r, const struct download *d)
{
    if (d->state != DOWNLOAD_CONFIRMED && d->state != DOWNLOAD_RELEASED)
        return false;
    return r->release == (d->state == DOWNLOAD_RELEASED) && r->matching_id &&
           strcmp(r->matching_id, d->matching_id) == 0 &&
           (!r->eid || strcmp(r->eid, d->eid) == 0) &&
           strcmp(r->smds_address ? r->smds_address : "", d->smds_address) == 0 &&
           !r->confirmation_code == !d->has_code;
}

static enum rsp_verdict check_confirm(const struct download_confirm_request *r,
                                      const struct download *d)
{
    bool needs_eid = r->smds_address || (r->matching_id && r->matching_id[0] == '\0');

    if (strcmp(d->owner, r->operator_id) != 0)
        return RSP_CONFIRM_ORDER_ICCID_NOT_ALLOWED;
    if (d->state != DOWNLOAD_ALLOCATED && d->state != DOWNLOAD_LINKED)
        return RSP_CONFIRM_ORDER_ICCID_INVALID_ASSOCIATION;
    if (d->smds == DOWNLOAD_SMDS_ASKED) /* it is being confirmed */
        return RSP_CONFIRM_ORDER_ICCID_INVALID_ASSOCIATION;
    if (r->eid && (!is_eid(r->eid) || (d->eid[0] && strcmp(r->eid, d->eid) != 0)))
        return RSP_CONFIRM_ORDER_EID_INVALID_ASSOCIATION;
    if (needs_eid && !r->eid && d->eid[0] == '\0')
        return RSP_CONFIRM_ORDER_EID_MISSING;
    if (r->matching_id && !is_matching_id(r->matching_id))
        return RSP_CONFIRM_ORDER_MATCHING_ID_IN_USE;
    if (r->smds_address && !is_address(r->smds_address))
        return RSP_CONFIRM_ORDER_SMDS_ADDRESS_REFUSED;
    return RSP_EXECUTED;
}

/* An event at an SM-DS has an identifier, which is the matching ID: an empty one is made there. */
static enum xk_err choose_matching_id(struct download_ctx *c,
                                      const struct download_confirm_request *r, struct download *d,
                                      enum rsp_verdict *verdict)
{
    bool taken = false;

    d->has_matching_id = true;
    if (!r->matching_id || (r->matching_id[0] == '\0' && r->smds_address)) {
        make_matching_id(c, d->matching_id);
        return XK_OK;
    }
    snprintf(d->matching_id, sizeof d->matching_id, "%s", r->matching_id);
    TRY(is_taken(c, d->matching_id, d->iccid, &taken));
    if (taken)
        *verdict = RSP_CONFIRM_ORDER_MATCHING_ID_IN_USE;
    return XK_OK;
}

/* SGP.22 4.1.2: the code itself is not kept. */
static enum xk_err take_code(const struct download_ctx *c, const char *code, struct download *d)
{
    uint8_t as_hex[64];
    size_t n = 0;

    d->has_code = code != NULL && code[0] != '\0';
    d->has_hex_code = false;
    if (!d->has_code)
        return XK_OK;
    TRY(hash_digest(HASH_SHA256, bytes_cstr(code), d->code_hash));
    if (!c->policy->hex_codes || hex_decode(bytes_cstr(code), as_hex, sizeof as_hex, &n) != XK_OK ||
        n == 0)
        return XK_OK;
    d->has_hex_code = true;
    return hash_digest(HASH_SHA256, BYTES(as_hex, n), d->hex_code_hash);
}

static enum download_cause confirm_cause(bool release)
{
    return release ? DOWNLOAD_BY_CONFIRM_AND_RELEASE : DOWNLOAD_BY_CONFIRM;
}

static enum xk_err save_confirmed(struct download_ctx *c, struct download *d, bool release)
{
    const struct download_event event = {.cause = confirm_cause(release)};

    if (!download_move(d->state, event.cause, &d->state))
        return XK_E_STATE;
    TRY(download_save_with_code(c, d));
    return download_note(c, d, &event);
}

/* The order stays what it is until the SM-DS has answered. */
static enum xk_err ask_smds(struct download_ctx *c, const struct download_confirm_request *r,
                            struct download *d, int64_t *waits_for)
{
    const struct download_event event = {.cause = DOWNLOAD_BY_NOTE,
                                         .detail = "the SM-DS is told of the order"};

    snprintf(d->smds_address, sizeof d->smds_address, "%s", r->smds_address);
    d->smds = DOWNLOAD_SMDS_ASKED;
    d->release_then = r->release;
    TRY(download_save_with_code(c, d));
    TRY(download_note(c, d, &event));
    return download_tell_smds(c, DOWNLOAD_REGISTER_EVENT, d, waits_for);
}

static enum xk_err confirm(struct download_ctx *c, const struct download_confirm_request *r,
                           struct download *d, enum rsp_verdict *verdict, int64_t *waits_for)
{
    TRY(choose_matching_id(c, r, d, verdict));
    if (*verdict != RSP_EXECUTED)
        return XK_OK;
    if (r->eid) {
        d->eid_ordered = true;
        snprintf(d->eid, sizeof d->eid, "%s", r->eid);
    }
    TRY(take_code(c, r->confirmation_code, d));
    if (r->smds_address)
        return ask_smds(c, r, d, waits_for);
    return save_confirmed(c, d, r->release);
}

enum xk_err download_confirm_order(struct download_ctx *c, const struct download_confirm_request *r,
                                   struct download *out, enum rsp_verdict *verdict,
                                   int64_t *waits_for)
{
    enum rsp_verdict found = RSP_EXECUTED;
    struct download d;
    enum xk_err err = find(c, r->iccid, &d);

    *waits_for = 0;
    if (err == XK_E_NOT_FOUND) {
        *verdict = RSP_CONFIRM_ORDER_ICCID_UNKNOWN;
        return XK_OK;
    }
    if (err != XK_OK)
        return err;
    if (strcmp(d.owner, r->operator_id) != 0 || !is_same_again(r, &d)) {
        found = check_confirm(r, &d);
        if (found == RSP_EXECUTED)
            TRY(confirm(c, r, &d, &found, waits_for));
    }
    *verdict = found;
    if (found == RSP_EXECUTED)
        *out = d;
    explicit_bzero(&d, sizeof d);
    return XK_OK;
}

/* Back to what it was before ConfirmOrder. One that could not be reached may have the event. */
static enum xk_err take_back(struct download_ctx *c, struct download *d,
                             enum download_smds_answer answer)
{
    const struct download_event event = {.cause = DOWNLOAD_BY_NOTE,
                                         .detail = answer == DOWNLOAD_SMDS_REFUSED
                                                       ? "the SM-DS refused the event"
                                                       : "the SM-DS could not be reached"};

    if (answer == DOWNLOAD_SMDS_UNREACHABLE)
        TRY(download_tell_smds(c, DOWNLOAD_DELETE_EVENT, d, NULL));
    d->smds = DOWNLOAD_SMDS_FAILED;
    d->smds_address[0] = '\0';
    d->has_matching_id = false;
    d->matching_id[0] = '\0';
    d->has_code = false;
    if (d->state == DOWNLOAD_ALLOCATED) {
        d->eid[0] = '\0';
        d->eid_ordered = false;
    }
    TRY(download_save_with_code(c, d));
    return download_note(c, d, &event);
}

enum xk_err download_event_registered(struct download_ctx *c, const char *iccid,
                                      enum download_smds_answer answer, struct download *out,
                                      enum rsp_verdict *verdict)
{
    struct download d;

    TRY(download_find_by_iccid(c, iccid, DOWNLOAD_WITHOUT_METADATA, &d));
    if (d.smds != DOWNLOAD_SMDS_ASKED) { /* a repeat: it was decided before */
        *verdict = RSP_CONFIRM_ORDER_ICCID_INVALID_ASSOCIATION;
        return XK_OK;
    }
    if (answer == DOWNLOAD_SMDS_OK) {
        d.smds = DOWNLOAD_SMDS_REGISTERED;
        TRY(save_confirmed(c, &d, d.release_then));
        *verdict = RSP_EXECUTED;
    } else {
        TRY(take_back(c, &d, answer));
        *verdict = answer == DOWNLOAD_SMDS_REFUSED ? RSP_CONFIRM_ORDER_SMDS_FAILED
                                                   : RSP_CONFIRM_ORDER_SMDS_INACCESSIBLE;
    }
    *out = d;
    return XK_OK;
}

/* ---- CancelOrder (5.3.3) --------------------------------------------------------------------- */

static enum rsp_verdict check_cancel(const struct download_cancel_request *r,
                                     const struct download *d)
{
    enum download_state to;

    if (strcmp(d->owner, r->operator_id) != 0)
        return RSP_CANCEL_ORDER_ICCID_NOT_ALLOWED;
    if (!download_move(d->state, r->cause, &to) || d->smds == DOWNLOAD_SMDS_ASKED)
        return RSP_CANCEL_ORDER_INVALID_TRANSITION;
    if (d->eid_ordered && !r->eid)
        return RSP_CANCEL_ORDER_EID_MISSING;
    if (r->eid && strcmp(r->eid, d->eid) != 0)
        return RSP_CANCEL_ORDER_EID_INVALID_ASSOCIATION;
    if (r->matching_id && (!d->has_matching_id || strcmp(r->matching_id, d->matching_id) != 0))
        return RSP_CANCEL_ORDER_MATCHING_ID_INVALID_ASSOCIATION;
    return RSP_EXECUTED;
}

static void end_order(struct download *d)
{
    d->eid[0] = d->matching_id[0] = d->smds_address[0] = '\0';
    d->eid_ordered = d->has_matching_id = d->has_code = d->repeatable = d->release_then = false;
    d->for_task = false;
    d->smds = DOWNLOAD_SMDS_NONE;
    d->attempts_left = d->code_tries_left = 0;
    d->expires_at = INT64_MAX;
    d->ended = (struct download_verdict){0};
}

static enum xk_err drop_binding(struct download_ctx *c, const char *iccid)
{
    static const struct store_query q = {"download_drop_binding",
                                         "DELETE FROM rsp_binding WHERE iccid = $1"};

    return store_exec(c->store, &q, SVS(sv_text(iccid)), NULL);
}

static enum xk_err cancel(struct download_ctx *c, struct download *d, enum download_cause cause)
{
    const struct download_event event = {.cause = cause};

    if (!download_move(d->state, cause, &d->state))
        return XK_E_STATE;
    TRY(download_forget_event(c, d));
    TRY(drop_binding(c, d->iccid));
    TRY(download_note(c, d, &event));
    end_order(d);
    return download_save_with_code(c, d);
}

enum xk_err download_cancel_order(struct download_ctx *c, const struct download_cancel_request *r,
                                  struct download *out, enum rsp_verdict *verdict)
{
    struct download d;
    enum xk_err err = find(c, r->iccid, &d);

    if (err == XK_E_NOT_FOUND) {
        *verdict = RSP_CANCEL_ORDER_ICCID_UNKNOWN;
        return XK_OK;
    }
    if (err != XK_OK)
        return err;
    *verdict = check_cancel(r, &d);
    if (*verdict != RSP_EXECUTED)
        return XK_OK;
    TRY(cancel(c, &d, r->cause));
    *out = d;
    return XK_OK;
}

enum xk_err download_give_up(struct download_ctx *c, const char *iccid)
{
    enum download_state to;
    struct download d;
    enum xk_err err;

    TRY(download_find_by_iccid(c, iccid, DOWNLOAD_WITHOUT_METADATA, &d));
    d.for_task = false;
    err = download_move(d.state, DOWNLOAD_BY_CANCEL_UNAVAILABLE, &to)
              ? cancel(c, &d, DOWNLOAD_BY_CANCEL_UNAVAILABLE)
              : download_save(c, &d);
    explicit_bzero(&d, sizeof d);
    return err;
}

/* ---- ReleaseProfile (5.3.4) ------------------------------------------------------------------ */

enum xk_err download_release_profile(struct download_ctx *c, const char *operator_id,
                                     const char *iccid, struct download *out,
                                     enum rsp_verdict *verdict)
{
    const struct download_event event = {.cause = DOWNLOAD_BY_RELEASE};
    struct download d;
    enum xk_err err = find(c, iccid, &d);

    *verdict = RSP_EXECUTED;
    if (err == XK_E_NOT_FOUND)
        *verdict = RSP_RELEASE_PROFILE_ICCID_UNKNOWN;
    else if (err != XK_OK)
        return err;
    else if (strcmp(d.owner, operator_id) != 0)
        *verdict = RSP_RELEASE_PROFILE_ICCID_NOT_ALLOWED;
    else if (d.state == DOWNLOAD_CONFIRMED)
        TRY(download_step(c, &d, &event));
    else if (d.state != DOWNLOAD_RELEASED) /* released already: a call that is repeated */
        *verdict = RSP_RELEASE_PROFILE_INVALID_TRANSITION;
    if (*verdict == RSP_EXECUTED)
        *out = d;
    return XK_OK;
}
