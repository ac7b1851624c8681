/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the platform's REST interface: token, signature (P-14), waiting when told to (P-15),
 * and what went wrong said in one place. */
#ifndef PROG_XIEKA_CLIENT_H
#define PROG_XIEKA_CLIENT_H

#include "prog/xieka/cli.h"

#define CALL_HEADERS_MAX 3

struct call {
    const char *method;
    const char *path;  /* behind /api/v1 */
    const char *query; /* built by query_add; NULL none */
    struct bytes body;
    const char *headers[CALL_HEADERS_MAX]; /* further ones; NULL ends */
    uint32_t timeout_ms;                   /* 0: 30 s */
    bool quiet;                            /* a refusal is not told, the caller does */
};

struct reply {
    int code; /* P-17; 0 success */
    const char *message;
    const struct json *data; /* valid until the next call; NULL for none */
};

/* EXIT_DONE: the platform did it. Otherwise what is wrong was said on standard error (with --json
 * a refusal is printed whole on standard output, too). */
int client_call(struct cli *c, const struct call *call, struct reply *out);
/* A GET whose query is what these options say. */
struct client_param {
    const char *name;
    enum option_id option;
};
int client_list(struct cli *c, const char *path, const struct client_param *params, size_t n,
                struct reply *out);
/* A POST of a JSON object: begun, its members put into o by the caller, sent. call may be changed
 * in between. */
struct client_post {
    struct call call;
    struct json_out o;
    struct buf body;
};
void client_post_begin(struct client_post *p, const char *path, size_t body_max);
/* The texts of those of these options that are given. */
void client_put_options(struct json_out *o, const struct cli *c, const struct client_param *params,
                        size_t n);
/* Sends and frees it. As client_call; EXIT_USAGE, told: longer than body_max. */
int client_post_send(struct cli *c, struct client_post *p, struct reply *out);
/* A fresh token, whatever is kept. */
int client_sign_in(struct cli *c);
void client_free(struct client *client);

/* prefix and the id, encoded; false: too long, told. */
bool client_path(char *out, size_t cap, const char *prefix, const char *id);
/* A member's text; "" when there is none. */
const char *reply_text(const struct json *v, const char *name);
/* "&name=value", encoded as RFC 3986 has it; a NULL value adds nothing. */
void query_add(struct buf *query, const char *name, const char *value);

#endif
