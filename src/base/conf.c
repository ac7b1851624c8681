/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <confuse.h>
#include <stdarg.h>

#define CONF_FILE_MAX ((size_t)1 << 20)

struct conf {
    const struct conf_option *options;
    size_t n;
    cfg_t *cfg;
    cfg_opt_t *opts;
    const char *path;
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

static const struct conf_option *find_option(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->options[i].name, name) == 0)
            return &c->options[i];
    }
    return NULL;
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
    case CONF_STRING:
        break;
    }
    cfg_opt_t opt = CFG_STR(o->name, text, CFGF_NONE);
    return opt;
}

/* Called for each value as it is read, so that the complaint can name its line. */
static int check_range(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct conf_option *o = find_option(parsed, cfg_opt_name(opt));
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

enum xk_err conf_open(const struct conf_option *options, size_t n, const char *path,
                      struct buf *why, struct conf **out)
{
    static const cfg_opt_t end = CFG_END();
    struct conf *c = calloc(1, sizeof *c);
    enum xk_err err = XK_E_NOMEM;

    if (!c)
        return XK_E_NOMEM;
    c->options = options;
    c->n = n;
    c->path = path;
    c->opts = calloc(n + 1, sizeof *c->opts);
    if (!c->opts)
        goto fail;
    for (size_t i = 0; i < n; i++)
        c->opts[i] = make_opt(&options[i]);
    c->opts[n] = end;
    c->cfg = cfg_init(c->opts, CFGF_NONE);
    if (!c->cfg)
        goto fail;
    cfg_set_error_function(c->cfg, on_parse_error);
    for (size_t i = 0; i < n; i++) {
        if (options[i].type == CONF_INT)
            cfg_set_validate_func(c->cfg, options[i].name, check_range);
    }
    err = parse_file(c, why);
    if (err != XK_OK)
        goto fail;
    *out = c;
    return XK_OK;
fail:
    conf_close(c);
    return err;
}

void conf_close(struct conf *c)
{
    if (!c)
        return;
    if (c->cfg)
        cfg_free(c->cfg);
    free(c->opts);
    free(c);
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
    if (!o) {
        buf_printf(why, "'%s' is not name=value of a known option", assignment);
        return XK_E_VALUE;
    }
    switch (o->type) {
    case CONF_INT:
        return set_int(c, o, eq + 1, why);
    case CONF_BOOL:
        return set_bool(c, o, eq + 1, why);
    case CONF_STRING:
        break;
    }
    cfg_setstr(c->cfg, o->name, eq + 1);
    return XK_OK;
}

void conf_sample(const struct conf_option *options, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct conf_option *o = &options[i];
        const char *quote = o->type == CONF_STRING ? "\"" : "";
        const char *text = o->fallback ? o->fallback : o->type == CONF_INT ? "0" : "";

        buf_printf(out, "# %s\n#%s = %s%s%s\n\n", o->help, o->name, quote, text, quote);
    }
}
