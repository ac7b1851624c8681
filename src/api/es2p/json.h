/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON binding of ES2+ (SGP.22 5.3, 6.5.2). Towards the SM-DP+ both ends: an SM-DP+ reads
 * requests and writes responses, an operator's system the other way round. Towards the operator
 * only what an SM-DP+ says. */
#ifndef API_ES2P_JSON_H
#define API_ES2P_JSON_H

#include "api/wire/function.h"
#include "service/download/download.h"

#define ES2P_PATH "/gsma/rsp2/es2plus/" /* and the function's name */

const char *es2p_path(enum rsp_function function); /* "downloadOrder"; NULL */
bool es2p_function(const char *path, enum rsp_function *out);

/* Texts are NULL when they are not there. */
struct es2p_request {
    enum rsp_function function;
    struct wire_request_header header;
    const char *iccid, *eid, *profile_type;
    const char *matching_id, *confirmation_code, *smds_address;
    bool release;            /* releaseFlag: ConfirmOrder */
    const char *final_state; /* finalProfileStatusIndicator: CancelOrder */
    uint8_t digest[32];      /* SHA-256 over all of it but the header */
};
/* XK_E_FORMAT: not a JSON object. *status is success, or a refusal: a member is missing or
 * wrong. Texts live in the arena; what could be read of the header is in out all the same. */
enum xk_err es2p_decode_request(enum rsp_function function, struct bytes json, struct arena *arena,
                                struct es2p_request *out, struct rsp_status *status) XK_MUST_CHECK;
enum xk_err es2p_encode_request(const struct es2p_request *in, struct buf *json) XK_MUST_CHECK;

struct es2p_response {
    enum rsp_function function;
    struct rsp_status status;
    const char *iccid, *eid, *matching_id, *smdp_address; /* NULL: not there */
};
enum xk_err es2p_encode_response(const struct es2p_response *in, struct buf *json) XK_MUST_CHECK;
enum xk_err es2p_decode_response(enum rsp_function function, struct bytes json, struct arena *arena,
                                 struct es2p_response *out) XK_MUST_CHECK;

/* HandleDownloadProgressInfo or, for what is no point of the installation, HandleNotification
 * (SGP.22 5.3.5, 5.3.6): body and url. requester: who we are. */
enum xk_err es2p_encode_telling(const struct download_telling *t, const char *requester,
                                struct buf *url, struct buf *body) XK_MUST_CHECK;

#endif
