/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON binding of ES12 and ES15 (SGP.22 5.9, 5.10, 6.5.2), both ends: an SM-DS reads requests
 * and writes responses, an SM-DP+ (or an SM-DS that forwards) the other way round. */
#ifndef API_ES12_JSON_H
#define API_ES12_JSON_H

#include "api/wire/function.h"
#include "model/smds_event.h"

enum es12_interface { ES12, ES15 };

/* "https://<fqdn>/gsma/rsp2/es12/registerEvent"; fqdn may have a port. function:
 * RSP_REGISTER_EVENT or RSP_DELETE_EVENT. */
void es12_put_url(struct buf *url, enum es12_interface interface, enum rsp_function function,
                  const char *fqdn);
/* The function a path names. False: none of these. */
bool es12_function(const char *path, enum rsp_function *out);

struct es12_request {
    enum rsp_function function;
    struct wire_request_header header;
    char eid[DOWNLOAD_EID_TEXT];
    char event_id[DOWNLOAD_MATCHING_ID_TEXT];
    char address[DOWNLOAD_FQDN_TEXT]; /* rspServerAddress: RegisterEvent */
    bool forward;                     /* forwardingIndicator: RegisterEvent */
};
/* XK_E_FORMAT: not a JSON object. *status is success, or a refusal: a member is missing or
 * wrong. The header's texts are in the arena. */
enum xk_err es12_decode_request(enum rsp_function function, struct bytes json, struct arena *arena,
                                struct es12_request *out, struct rsp_status *status) XK_MUST_CHECK;
enum xk_err es12_encode_request(const struct es12_request *in, struct buf *json) XK_MUST_CHECK;

/* What the other end answered: XK_E_FORMAT when it is no answer. Responses have nothing but their
 * header: wire_put_verdict. */
enum xk_err es12_decode_response(enum rsp_function function, struct bytes json, struct arena *arena,
                                 struct rsp_status *out) XK_MUST_CHECK;

#endif
