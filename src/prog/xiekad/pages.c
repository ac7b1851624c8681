/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xiekad/pages.h"

static const struct {
    const char *path, *type;
    const struct bytes *page;
} pages[] = {
    {"/api/v1/openapi.json", "application/json", &page_openapi},
    {"/api/v1/docs", "text/html; charset=utf-8", &page_docs},
};

bool pages_take(struct http_request *request)
{
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        struct http_reply reply = {
            .status = 200, .content_type = pages[i].type, .body = *pages[i].page};

        if (strcmp(request->path, pages[i].path) != 0)
            continue;
        if (request->method != HTTP_GET)
            reply = (struct http_reply){.status = 405};
        http_reply(request, &reply);
        return true;
    }
    return false;
}
