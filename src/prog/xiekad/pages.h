/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of the partner interface and the page made of it, for everybody. */
#ifndef PROG_XIEKAD_PAGES_H
#define PROG_XIEKAD_PAGES_H

#include "net/httpd/httpd.h"

extern const struct bytes page_openapi, page_docs;

/* Whether the request was for one of them; it is answered then. */
bool pages_take(struct http_request *request);

#endif
