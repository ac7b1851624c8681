/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON binding of ES9+ and ES11 (SGP.22 6.5.2), both ends: the server decodes requests and
 * encodes responses, an LPA the other way round. The structs are those of codec/rsp/es9p.h, so the
 * ASN.1 binding and this one meet in the same place.
 *
 * Strings and octets of a decoded message live in the arena. Requests are read leniently (unknown
 * members, a header object, any case of hexadecimal digits), responses have exactly the members of
 * the specification. */
#ifndef API_ES9P_JSON_H
#define API_ES9P_JSON_H

#include "api/wire/function.h"
#include "codec/rsp/es9p.h"

#define ES9P_PATH "/gsma/rsp2/es9plus/"      /* and the function's name */
#define ES9P_ASN1_PATH "/gsma/rsp2/asn1"     /* all functions */
#define ES9P_REQUEST_MAX ((size_t)256 << 10) /* bytes of a request body */
#define ES9P_RESPONSE_MAX ((size_t)8 << 20)  /* of a response */

/* "initiateAuthentication"; NULL for what is no function of ES9+ or ES11. */
const char *es9p_path(enum rsp_function function);
/* From the last part of a path. False: there is no such function. */
bool es9p_function(const char *name, enum rsp_function *out);

/* XK_E_FORMAT: not a JSON object. *status is success, or a refusal: a member is missing or
 * wrong, and out is not written. */
enum xk_err es9p_json_decode_request(enum rsp_function function, struct bytes json,
                                     struct arena *arena, struct rsp_es9p_request *out,
                                     struct rsp_status *status) XK_MUST_CHECK;
enum xk_err es9p_json_encode_response(const struct rsp_es9p_response *in, struct buf *json)
    XK_MUST_CHECK;

enum xk_err es9p_json_encode_request(const struct rsp_es9p_request *in, struct buf *json)
    XK_MUST_CHECK;
/* function RSP_ES11_AUTHENTICATE: event entries are expected. XK_E_FORMAT: not what a server must
 * answer. A refusal of the server is in the response's status. */
enum xk_err es9p_json_decode_response(enum rsp_function function, struct bytes json,
                                      struct arena *arena, struct rsp_es9p_response *out)
    XK_MUST_CHECK;

/* The status of a response, whichever it is; NULL when the function has none. */
const struct rsp_status *es9p_status(const struct rsp_es9p_response *r);

#endif
