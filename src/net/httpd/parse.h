/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/httpd: the reader of request heads and chunked bodies (RFC 9112). Pure: no sockets.
 * Strict where two readers could disagree about where a request ends: no bare line feeds, no folded
 * lines, one Content-Length, never together with Transfer-Encoding. */
#ifndef NET_HTTPD_PARSE_H
#define NET_HTTPD_PARSE_H

#include "net/httpd/httpd.h"

#define HTTP_HEADERS_MAX 128

/* How the body comes and whether another request may follow. */
struct http_framing {
    bool http10;
    bool keep_alive;
    bool expect_continue;
    bool chunked;
    uint64_t length; /* Content-Length; 0 when there is none */
};

/* Bytes up to and with the empty line; 0 when it is not there yet. Looks from `from` on. */
size_t http_head_end(struct bytes in, size_t from);
/* Fills method, path, query, headers of req, in the arena. 0, or the status to refuse with. */
unsigned http_parse_head(struct bytes head, struct arena *arena, struct http_request *req,
                         struct http_framing *framing);

enum http_chunk_state {
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_EXTENSION,
    HTTP_CHUNK_SIZE_LF,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_CR,
    HTTP_CHUNK_DATA_LF,
    HTTP_CHUNK_TRAILER, /* at the start of a line */
    HTTP_CHUNK_TRAILER_LINE,
    HTTP_CHUNK_TRAILER_LF,
    HTTP_CHUNK_END_LF,
    HTTP_CHUNK_DONE,
};

struct http_chunks {
    enum http_chunk_state state;
    uint64_t left; /* of this chunk */
    unsigned digits;
    size_t extra; /* bytes of extensions and trailers, which are skipped */
};
/* Takes what it can of `in` and adds the data to body. 0, or the status to refuse with (400, 413).
 * At HTTP_CHUNK_DONE the rest belongs to the next request. */
unsigned http_chunks_feed(struct http_chunks *c, struct bytes in, struct buf *body, size_t *used);

const char *http_status_reason(unsigned status); /* "Unknown" when it is not in the table */

#endif
