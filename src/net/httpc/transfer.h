/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/httpc: one exchange, as libcurl wants it. */
#ifndef NET_HTTPC_TRANSFER_H
#define NET_HTTPC_TRANSFER_H

#include "base/buf.h"
#include "net/httpc/httpc.h"
#include "net/tls/watch.h"

#include <curl/curl.h>

struct transfer {
    struct transfer *prev, *next;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    uint8_t *body; /* a copy, or NULL when the caller's lives long enough */
    struct buf answer;
    struct tls_watch *watch; /* of the connection that was made for it */
    size_t body_n;
    char error[CURL_ERROR_SIZE];
    bool (*has_enough)(void *arg);
    void *has_enough_arg;
    httpc_fn *fn;
    void *arg;
};

/* easy is the transfer's until transfer_fini, which does not free it. The request's body must live
 * as long as the transfer unless it is copied. */
enum xk_err transfer_init(struct transfer *t, CURL *easy, const struct httpc_options *options,
                          const struct httpc_request *request) XK_MUST_CHECK;
enum xk_err transfer_copy_body(struct transfer *t, struct bytes body) XK_MUST_CHECK;
void transfer_fini(struct transfer *t);
void transfer_response(struct transfer *t, CURLcode code, struct httpc_response *out);

#endif
