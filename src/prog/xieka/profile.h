/* SPDX-License-Identifier: Apache-2.0 */
/* Where the platform is and who we are: options before the profile file, --config before
 * $XIEKA_CONFIG before ~/.config/xieka/config. The token is kept beside it, mode 0600. */
#ifndef PROG_XIEKA_PROFILE_H
#define PROG_XIEKA_PROFILE_H

#include "base/secret.h"
#include "prog/xieka/args.h"

#define PROFILE_PATH_MAX 512
#define PROFILE_TOKEN_MAX 128

struct profile {
    char path[PROFILE_PATH_MAX]; /* of the file, there or not */
    char url[PROFILE_PATH_MAX];  /* without a slash at the end */
    char ca[PROFILE_PATH_MAX];   /* "" the system's roots */
    char app[33];
    char secret_file[PROFILE_PATH_MAX];
    char lang[8]; /* "" by LANG */
};

/* A file named by --config that is not there is an error, unless it is about to be written (login).
 * Problems: a sentence in why. */
enum xk_err profile_open(const struct args *a, struct profile *out, struct buf *why) XK_MUST_CHECK;
/* Writes the file, 0600, its folder 0700 if it has to be made. */
enum xk_err profile_save(const struct profile *p, struct buf *why) XK_MUST_CHECK;
/* A file of one line that nobody else may read. */
enum xk_err profile_read_secret(const char *path, struct secret *out, struct buf *why)
    XK_MUST_CHECK;
enum xk_err profile_write_secret(const char *path, struct bytes text, struct buf *why)
    XK_MUST_CHECK;

/* The token of (url, app) as long as it is good; false: none. Keeping it is worth trying only. */
bool profile_load_token(const struct profile *p, int64_t now, char token[PROFILE_TOKEN_MAX]);
void profile_save_token(const struct profile *p, const char *token, int64_t expires);
void profile_drop_token(const struct profile *p);

#endif
