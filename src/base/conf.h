/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: "key = value" lines (libconfuse syntax), described by a table of options.
 * Errors name the file, the line and the key. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/buf.h"

enum conf_type {
    CONF_STRING,
    CONF_INT,
    CONF_BOOL,
    CONF_SECTION, /* name "title" { members }; any number of them, each with its own title */
};

struct conf_option {
    const char *name;
    enum conf_type type;
    const char *fallback;              /* as it would be written in the file; NULL for "" or 0 */
    long min, max;                     /* CONF_INT: allowed range; both 0 for any */
    const char *help;                  /* one line, also for the sample file and the manual */
    const struct conf_option *members; /* CONF_SECTION: of which none is a section */
    size_t member_count;
};

struct conf;

/* options[n] must outlive the result. path NULL: all fallbacks. On failure a sentence for people
 * goes to `why` (file:line: key: what). */
enum xk_err conf_open(const struct conf_option *options, size_t n, const char *path,
                      struct buf *why, struct conf **out) XK_MUST_CHECK;
void conf_close(struct conf *c);
/* The option must be in the table with that type. Strings live as long as the conf. */
const char *conf_string(const struct conf *c, const char *name);
long conf_int(const struct conf *c, const char *name);
bool conf_bool(const struct conf *c, const char *name);
/* The sections of this name in the order of the file; each is read like a conf of its own and lives
 * as long as c. Title: the text behind the name. */
size_t conf_section_count(const struct conf *c, const char *name);
const struct conf *conf_section(const struct conf *c, const char *name, size_t i);
const char *conf_title(const struct conf *section);
/* Sets one from text as the command line gave it ("name=value"); not within a section. */
enum xk_err conf_set(struct conf *c, const char *assignment, struct buf *why) XK_MUST_CHECK;
/* Writes a sample file: each option with its help and fallback. */
void conf_sample(const struct conf_option *options, size_t n, struct buf *out);

#endif
