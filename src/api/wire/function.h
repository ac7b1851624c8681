/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON bindings of the RSP interfaces have in common (SGP.22 6.2, 6.3, 6.5.1): HTTP
 * headers, the header object of requests and responses, members as they are coded.
 *
 *   octets and DER   base64 of all of it          transactionId   hexadecimal, upper case
 *   EID, ICCID       digits                       texts           as they are */
#ifndef API_WIRE_FUNCTION_H
#define API_WIRE_FUNCTION_H

#include "api/wire/json.h"
#include "codec/rsp/status.h"

#define WIRE_PROTOCOL "gsma/rsp/v2.5.0" /* X-Admin-Protocol: what we speak */
#define WIRE_PROTOCOL_MAX 32
#define WIRE_ASN1_TYPE "application/x-gsma-rsp-asn1"
#define WIRE_JSON_TYPE "application/json;charset=UTF-8"

enum wire_media { WIRE_JSON, WIRE_ASN1, WIRE_OTHER_MEDIA };
/* Of a Content-Type, whose parameters and case do not matter; NULL (none): JSON. */
enum wire_media wire_media(const char *content_type);
/* Whether an X-Admin-Protocol is one: "gsma/rsp/v" and a version; NULL (none) is fine. */
bool wire_protocol_ok(const char *x_admin_protocol);

/* Header object of a request of ES2+, ES12, ES15. */
struct wire_request_header {
    const char *requester, *call_id; /* functionRequesterIdentifier, functionCallIdentifier */
};
void wire_put_request_header(struct json_out *o, const struct wire_request_header *h);
/* Header object of a response: functionExecutionStatus. */
void wire_put_header(struct json_out *o, const struct rsp_status *status);
/* A whole response that has nothing but its header. */
void wire_put_verdict(struct buf *out, const struct rsp_status *status);
/* The status of a response; spans live in the arena. The verdict is looked up among those of the
 * function. XK_E_FORMAT: there is none. */
enum xk_err wire_read_header(const struct json *doc, enum rsp_function function,
                             struct arena *arena, struct rsp_status *out) XK_MUST_CHECK;

/* A function that could not even be asked: a member is missing (2.2) or is not what it should be
 * (2.1); subject 1.6, the function (SGP.22 5.2.6). name: a literal. */
enum wire_fault { WIRE_MISSING, WIRE_INVALID };
void wire_reject_member(struct rsp_status *status, enum wire_fault fault, const char *name);

/* Members by a table. */
struct wire_member {
    const char *name;
    enum wire_coding { WIRE_BASE64, WIRE_HEX, WIRE_TEXT } coding;
    bool required;
    size_t max;        /* bytes, decoded */
    struct bytes *out; /* written when it is there; in the arena */
};
/* False: status says which is missing or wrong. Unknown members are passed over. */
bool wire_read_members(const struct json *doc, const struct wire_member *members, size_t n,
                       struct arena *arena, struct rsp_status *status);
/* Members whose span is absent are left out. */
struct wire_value {
    const char *name;
    enum wire_coding coding;
    struct bytes value;
};
void wire_put_values(struct json_out *o, const struct wire_value *values, size_t n);

/* "2026-01-02T03:04:05Z" */
#define WIRE_TIME_MAX 24
char *wire_time(int64_t ms, char out[WIRE_TIME_MAX]);

#endif
