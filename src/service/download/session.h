/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine keeps between the calls of a download: sessions, bound packages, notifications
 * that were taken, exceptions. Kept as the engine gives it, not looked into. */
#ifndef SERVICE_DOWNLOAD_SESSION_H
#define SERVICE_DOWNLOAD_SESSION_H

#include "service/download/download.h"

#define SESSION_ID_MAX 16

/* A session that was checked out. The lease is its version: a commit over another one fails. */
struct session {
    uint8_t id[SESSION_ID_MAX]; /* transaction ID */
    size_t id_len;
    char address[DOWNLOAD_FQDN_TEXT]; /* of ours */
    char iccid[DOWNLOAD_ICCID_TEXT];  /* "" before the order is known */
    uint64_t version;                 /* 0: new */
    int64_t keep_until;
    int64_t kept_until; /* keep_until when it was checked out */
    struct bytes blob;  /* in the arena */
};

/* XK_E_NOT_FOUND: no such session. */
enum xk_err session_checkout(struct download_ctx *c, struct bytes id, struct session *out)
    XK_MUST_CHECK;
/* XK_E_BUSY: another call of the same session was faster; XK_E_EXISTS: a new one has the ID of
 * another. */
enum xk_err session_commit(struct download_ctx *c, struct session *session) XK_MUST_CHECK;
enum xk_err session_drop(struct download_ctx *c, const struct session *session) XK_MUST_CHECK;

/* A package bound for one eUICC (SGP.22 3.1.3.3); one an ICCID. */
struct session_binding {
    const char *iccid, *eid;
    struct bytes transaction_id, basis, euicc_otpk, smdp_otpk, initialise, head;
    struct secret keys; /* n 0: none; sealed at rest */
};
/* Spans and texts are in the arena; the caller wipes keys. XK_E_NOT_FOUND. */
enum xk_err session_load_binding(struct download_ctx *c, const char *iccid,
                                 struct session_binding *out) XK_MUST_CHECK;
enum xk_err session_keep_binding(struct download_ctx *c, const struct session_binding *binding)
    XK_MUST_CHECK;
enum xk_err session_drop_binding(struct download_ctx *c, const char *iccid) XK_MUST_CHECK;

/* A notification by (eid, iccid, seq): XK_OK when it was taken before, else XK_E_NOT_FOUND. */
enum xk_err session_find_notification(struct download_ctx *c, const char *eid, const char *iccid,
                                      uint32_t seq) XK_MUST_CHECK;
/* XK_E_EXISTS: it was taken before. */
enum xk_err session_note_notification(struct download_ctx *c, const char *eid, const char *iccid,
                                      uint32_t seq, uint32_t event) XK_MUST_CHECK;

/* Something that a person should see; "" for an eid or iccid that is not known. */
enum xk_err session_note_exception(struct download_ctx *c, const char *eid, const char *iccid,
                                   const char *text, struct bytes data) XK_MUST_CHECK;
struct session_exception {
    int64_t at;
    char eid[DOWNLOAD_EID_TEXT], iccid[DOWNLOAD_ICCID_TEXT], text[128];
};
/* The newest first. */
enum xk_err session_exceptions(struct store *s, size_t limit,
                               enum xk_err (*each)(void *arg, const struct session_exception *e),
                               void *arg) XK_MUST_CHECK;

#endif
