/* SPDX-License-Identifier: Apache-2.0 */
/* The operators that may call ES2+ (SGP.22 5.3), known by their TLS client certificates, and the
 * calls they made: a call that is repeated is answered as the first time. */
#ifndef SERVICE_DOWNLOAD_OPERATOR_H
#define SERVICE_DOWNLOAD_OPERATOR_H

#include "service/download/download.h"

#define OPERATOR_NAME_TEXT 65
#define OPERATOR_URL_TEXT 513
#define OPERATOR_CALL_ID_TEXT 129
#define OPERATOR_FINGERPRINT_LEN 32 /* SHA-256 of the certificate */

struct operator_account {
    char id[DOWNLOAD_OPERATOR_TEXT]; /* functionRequesterIdentifier */
    char name[OPERATOR_NAME_TEXT];
    char callback_url[OPERATOR_URL_TEXT]; /* "https://host:port"; "": it hears nothing */
    enum operator_callbacks callbacks;
};

/* Adds, or changes the name and the callbacks of the one that is there. */
enum xk_err operator_put(struct store *s, const struct operator_account *o, int64_t now)
    XK_MUST_CHECK;
enum xk_err operator_load(struct store *s, const char *id, struct operator_account *out)
    XK_MUST_CHECK;
enum xk_err operator_list(struct store *s,
                          enum xk_err (*each)(void *arg, const struct operator_account *o),
                          void *arg) XK_MUST_CHECK;
/* Who shows this certificate. XK_E_NOT_FOUND: nobody. Several certificates may prove one operator,
 * so that they can be changed. XK_E_EXISTS: it proves somebody else. */
enum xk_err operator_of(struct store *s, const uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN],
                        struct operator_account *out) XK_MUST_CHECK;
enum xk_err operator_add_certificate(struct store *s, const char *id,
                                     const uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN],
                                     int64_t now) XK_MUST_CHECK;
enum xk_err operator_drop_certificate(struct store *s,
                                      const uint8_t fingerprint[OPERATOR_FINGERPRINT_LEN])
    XK_MUST_CHECK;

/* A call of ES2+ by operator and functionCallIdentifier (SGP.22 5.2.2). */
struct operator_call {
    const char *operator_id, *call_id, *function;
    uint8_t request[32]; /* SHA-256 of what was asked, without its header */
};
enum operator_repeat {
    OPERATOR_CALL_NEW,
    OPERATOR_CALL_ANSWERED, /* *answer, in the arena */
    OPERATOR_CALL_WAITING,  /* *outbox_id: it waits for the answer to that */
    OPERATOR_CALL_OTHER,    /* the identifier was used for another call */
};
enum xk_err operator_find_call(struct download_ctx *c, const struct operator_call *call,
                               enum operator_repeat *repeat, struct bytes *answer,
                               int64_t *outbox_id) XK_MUST_CHECK;
/* outbox_id 0: decided, with its answer; else it waits. */
enum xk_err operator_note_call(struct download_ctx *c, const struct operator_call *call,
                               int64_t outbox_id, struct bytes answer) XK_MUST_CHECK;
/* All calls that wait for this are answered so. */
enum xk_err operator_answer_calls(struct download_ctx *c, int64_t outbox_id, struct bytes answer)
    XK_MUST_CHECK;

#endif
