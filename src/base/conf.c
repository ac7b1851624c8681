/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <confuse.h>
#include <stdarg.h>

struct conf {
    const struct conf_option *options;
    size_t n;
    cfg_t *cfg;
    cfg_opt_t *opts;
    const char *path;
};

/* libconfuse hands no context to its error function; a parse runs on one thread from end to end. */
static _Thread_local struct buf *parse_why;

__attribute__((format(printf, 2, 0))) static void on_parse_error(cfg_t *cfg, const char *fmt,
                                                                 va_list ap)
{
    char text[256];

    if (!parse_why || parse_why->n > 0)
        return;
    vsnprintf(text, sizeof text, fmt, ap);
    buf_printf(parse_why, "%s:%d: %s", cfg && cfg->filename ? cfg->filename : "configuration",
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

static enum xk_err check_ranges(const struct conf *c, struct buf *why)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_option *o = &c->options[i];

        if (o->type == CONF_INT && !in_range(o, cfg_getint(c->cfg, o->name))) {
            buf_printf(why, "%s: %s: %ld is not between %ld and %ld",
                       c->path ? c->path : "configuration", o->name, cfg_getint(c->cfg, o->name),
                       o->min, o->max);
            return XK_E_VALUE;
        }
    }
    return XK_OK;
}

static enum xk_err parse_file(struct conf *c, struct buf *why)
{
    int rc;

    if (!c->path)
        return check_ranges(c, why);
    parse_why = why;
    rc = cfg_parse(c->cfg, c->path);
    parse_why = NULL;
    if (rc == CFG_FILE_ERROR) {
        buf_printf(why, "%s: cannot be read", c->path);
        return XK_E_IO;
    }
    if (rc != CFG_SUCCESS)
        return XK_E_FORMAT;
    return check_ranges(c, why);
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
