/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <confuse.h>
#include <stdarg.h>

#define CONF_FILE_MAX ((size_t)1 << 20)
#define CONF_SECTIONS_MAX 8 /* names */

struct conf {
    const struct conf_option *options;
    size_t n;
    cfg_t *cfg;
    cfg_opt_t *opts;
    cfg_opt_t *members[CONF_SECTIONS_MAX]; /* of the sections, in the order of the options */
    const char *path;
    struct conf *sections; /* all that were read, by option, then in the order of the file */
    size_t section_count;
    const struct conf_option *section_of; /* NULL: the file itself */
};

/* libconfuse hands no context to its callbacks; a parse runs on one thread from end to end. */
static _Thread_local struct buf *parse_why;
static _Thread_local const struct conf *parsed;

__attribute__((format(printf, 2, 0))) static void on_parse_error(cfg_t *cfg, const char *fmt,
                                                                 va_list ap)
{
    char text[256];

    if (!parse_why || parse_why->n > 0)
        return;
    vsnprintf(text, sizeof text, fmt, ap);
    buf_printf(parse_why, "%s:%d: %s", parsed && parsed->path ? parsed->path : "configuration",
               cfg ? cfg->line : 0, text);
}

static const struct conf_option *find_in(const struct conf_option *options, size_t n,
                                         const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    }
    return NULL;
}

static const struct conf_option *find_option(const struct conf *c, const char *name)
{
    return find_in(c->options, c->n, name);
}

static bool in_range(const struct conf_option *o, long v)
{
    return (o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max);
}

static cfg_opt_t make_opt(const struct conf_option *o)
{
    const char *text = o->fallback ? o->fallback : "";

    switch (o->type) {
    case CONF_INT: {
        cfg_opt_t opt = CFG_INT(o->name, strtol(text, NULL, 10), CFGF_NONE);
        return opt;
    }
    case CONF_BOOL: {
        cfg_opt_t opt =
            CFG_BOOL(o->name, strcmp(text, "true") == 0 ? cfg_true : cfg_false, CFGF_NONE);
        return opt;
    }
    case CONF_SECTION:
    case CONF_STRING:
        break;
    }
    cfg_opt_t opt = CFG_STR(o->name, text, CFGF_NONE);
    return opt;
}

/* Called for each value as it is read, so that the complaint can name its line. */
static int check_range(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct conf_option *section = find_option(parsed, cfg_name(cfg));
    const struct conf_option *o =
        section ? find_in(section->members, section->member_count, cfg_opt_name(opt))
                : find_option(parsed, cfg_opt_name(opt));
    long v = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);

    if (!o || in_range(o, v))
        return 0;
    cfg_error(cfg, "%s: %ld is not between %ld and %ld", o->name, v, o->min, o->max);
    return -1;
}

/* libconfuse 3.3 counts the line of a comment more than once, and then names wrong lines: it gets
 * blanks instead. */
static void blank_comments(uint8_t *text, size_t n)
{
    uint8_t quote = 0;
    bool comment = false;

    for (size_t i = 0; i < n; i++) {
        uint8_t byte = text[i];

        if (byte == '\n')
            comment = false;
        else if (!comment && quote && byte == '\\' && i + 1 < n)
            i++;
        else if (!comment && quote)
            quote = byte == quote ? 0 : quote;
        else if (byte == '#')
            comment = true;
        else if (!comment && (byte == '"' || byte == '\''))
            quote = byte;
        if (comment)
            text[i] = ' ';
    }
}

static enum xk_err read_file(const char *path, struct buf *out, struct buf *why)
{
    uint8_t piece[4096];
    FILE *f = fopen(path, "re");
    bool failed;
    size_t n;

    if (!f) {
        buf_printf(why, "%s: cannot be read", path);
        return XK_E_IO;
    }
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_put(out, piece, n);
    failed = ferror(f) != 0;
    fclose(f);
    if (failed || buf_ok(out) != XK_OK || (out->n > 0 && memchr(out->p, 0, out->n))) {
        buf_printf(why, "%s: %s", path, failed ? "cannot be read" : "is no configuration file");
        return failed ? XK_E_IO : XK_E_FORMAT;
    }
    blank_comments(out->p, out->n);
    return XK_OK;
}

static enum xk_err parse_file(struct conf *c, struct buf *why)
{
    struct buf text;
    enum xk_err err;

    if (!c->path)
        return XK_OK;
    buf_init(&text, CONF_FILE_MAX);
    err = read_file(c->path, &text, why);
    if (err == XK_OK) {
        parse_why = why;
        parsed = c;
        if (cfg_parse_buf(c->cfg, buf_cstr(&text)) != CFG_SUCCESS)
            err = XK_E_FORMAT;
        parse_why = NULL;
        parsed = NULL;
    }
    buf_fini(&text);
    return err;
}

/* Ended by CFG_END; NULL without memory. */
static cfg_opt_t *make_opts(const struct conf_option *options, size_t n)
{
    static const cfg_opt_t end = CFG_END();
    cfg_opt_t *opts = calloc(n + 1, sizeof *opts);

    if (!opts)
        return NULL;
    for (size_t i = 0; i < n; i++)
        opts[i] = make_opt(&options[i]);
    opts[n] = end;
    return opts;
}

static enum xk_err make_all_opts(struct conf *c)
{
    size_t n = 0;

    c->opts = make_opts(c->options, c->n);
    if (!c->opts)
        return XK_E_NOMEM;
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_option *o = &c->options[i];

        if (o->type != CONF_SECTION)
            continue;
        if (n == ARRAY_LEN(c->members))
            return XK_E_LIMIT;
        c->members[n] = make_opts(o->members, o->member_count);
        if (!c->members[n])
            return XK_E_NOMEM;
        cfg_opt_t section =
            CFG_SEC(o->name, c->members[n++], CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
        c->opts[i] = section;
    }
    return XK_OK;
}

static void watch_ranges(cfg_t *cfg, const char *prefix, const struct conf_option *options,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[128];

        snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "|" : "", options[i].name);
        if (options[i].type == CONF_INT)
            cfg_set_validate_func(cfg, name, check_range);
        if (options[i].type == CONF_SECTION)
            watch_ranges(cfg, options[i].name, options[i].members, options[i].member_count);
    }
}

static enum xk_err make_sections(struct conf *c)
{
    size_t total = 0;

    for (size_t i = 0; i < c->n; i++)
        total += c->options[i].type == CONF_SECTION ? cfg_size(c->cfg, c->options[i].name) : 0;
    c->sections = calloc(total + 1, sizeof *c->sections);
    if (!c->sections)
        return XK_E_NOMEM;
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_option *o = &c->options[i];
        unsigned n = o->type == CONF_SECTION ? cfg_size(c->cfg, o->name) : 0;

        for (unsigned k = 0; k < n; k++) {
            struct conf *section = &c->sections[c->section_count++];

            section->options = o->members;
            section->n = o->member_count;
            section->section_of = o;
            section->cfg = cfg_getnsec(c->cfg, o->name, k);
        }
    }
    return XK_OK;
}

static enum xk_err open_all(struct conf *c, struct buf *why)
{
    TRY(make_all_opts(c));
    c->cfg = cfg_init(c->opts, CFGF_NONE);
    if (!c->cfg)
        return XK_E_NOMEM;
    cfg_set_error_function(c->cfg, on_parse_error);
    watch_ranges(c->cfg, "", c->options, c->n);
    TRY(parse_file(c, why));
    return make_sections(c);
}

enum xk_err conf_open(const struct conf_option *options, size_t n, const char *path,
                      struct buf *why, struct conf **out)
{
    struct conf *c = calloc(1, sizeof *c);
    enum xk_err err;

    if (!c)
        return XK_E_NOMEM;
    c->options = options;
    c->n = n;
    c->path = path;
    err = open_all(c, why);
    if (err != XK_OK) {
        conf_close(c);
        return err;
    }
    *out = c;
    return XK_OK;
}

void conf_close(struct conf *c)
{
    if (!c)
        return;
    if (c->cfg)
        cfg_free(c->cfg);
    for (size_t i = 0; i < ARRAY_LEN(c->members); i++)
        free(c->members[i]);
    free(c->opts);
    free(c->sections);
    free(c);
}

size_t conf_section_count(const struct conf *c, const char *name)
{
    return cfg_size(c->cfg, name);
}

const struct conf *conf_section(const struct conf *c, const char *name, size_t i)
{
    const struct conf_option *o = find_option(c, name);

    for (size_t k = 0; k < c->section_count; k++) {
        if (c->sections[k].section_of == o && i-- == 0)
            return &c->sections[k];
    }
    return NULL;
}

const char *conf_title(const struct conf *section)
{
    const char *title = cfg_title(section->cfg);

    return title ? title : "";
}

const char *conf_string(const struct conf *c, const char *name)
{
    const char *s = cfg_getstr(c->cfg, name);

    return s ? s : "";
}

long conf_int(const struct conf *c, const char *name)
{
    return cfg_getint(c->cfg, name);
}

bool conf_bool(const struct conf *c, const char *name)
{
    return cfg_getbool(c->cfg, name) == cfg_true;
}

static enum xk_err set_int(struct conf *c, const struct conf_option *o, const char *text,
                           struct buf *why)
{
    char *end;
    long v = strtol(text, &end, 10);

    if (end == text || *end != '\0' || !in_range(o, v)) {
        buf_printf(why, "%s: '%s' is not a number between %ld and %ld", o->name, text, o->min,
                   o->max);
        return XK_E_VALUE;
    }
    cfg_setint(c->cfg, o->name, v);
    return XK_OK;
}

static enum xk_err set_bool(struct conf *c, const struct conf_option *o, const char *text,
                            struct buf *why)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        buf_printf(why, "%s: '%s' is neither true nor false", o->name, text);
        return XK_E_VALUE;
    }
    cfg_setbool(c->cfg, o->name, strcmp(text, "true") == 0 ? cfg_true : cfg_false);
    return XK_OK;
}

enum xk_err conf_set(struct conf *c, const char *assignment, struct buf *why)
{
    const char *eq = strchr(assignment, '=');
    char name[64];
    const struct conf_option *o = NULL;

    if (eq && bytes_to_cstr(BYTES(assignment, (size_t)(eq - assignment)), name, sizeof name))
        o = find_option(c, name);
    if (!o || o->type == CONF_SECTION) {
        buf_printf(why, "'%s' is not name=value of a known option", assignment);
        return XK_E_VALUE;
    }
    switch (o->type) {
    case CONF_INT:
        return set_int(c, o, eq + 1, why);
    case CONF_BOOL:
        return set_bool(c, o, eq + 1, why);
    case CONF_SECTION:
    case CONF_STRING:
        break;
    }
    cfg_setstr(c->cfg, o->name, eq + 1);
    return XK_OK;
}

static void put_sample(const struct conf_option *o, const char *indent, struct buf *out)
{
    const char *quote = o->type == CONF_STRING ? "\"" : "";
    const char *text = o->fallback ? o->fallback : o->type == CONF_INT ? "0" : "";

    buf_printf(out, "%s# %s\n#%s%s = %s%s%s\n\n", indent, o->help, indent, o->name, quote, text,
               quote);
}

void conf_sample(const struct conf_option *options, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct conf_option *o = &options[i];

        if (o->type != CONF_SECTION) {
            put_sample(o, "", out);
            continue;
        }
        buf_printf(out, "# %s\n#%s \"%s\" {\n", o->help, o->name, o->fallback ? o->fallback : "");
        for (size_t k = 0; k < o->member_count; k++)
            put_sample(&o->members[k], "    ", out);
        buf_printf(out, "#}\n\n");
    }
}
