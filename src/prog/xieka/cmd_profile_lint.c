/* SPDX-License-Identifier: Apache-2.0 */
/* profile lint: what is wrong with a package. Nothing is asked of the platform. */
#include "codec/saip/build.h"
#include "codec/saip/lint.h"
#include "codec/saip/text.h"
#include "prog/xieka/cli.h"

#define ARENA_MAX ((size_t)256 << 20)
#define JSON_MAX ((size_t)4 << 20)

static void print_finding(const char *file, const struct saip_finding *f)
{
    printf("%s: ", file);
    if (f->pe > 0)
        printf("%u %s%s%s: ", f->pe, saip_type_name(f->type), f->path[0] ? " " : "", f->path);
    printf("%s: %s: %s\n", saip_severity_name(f->severity), saip_rule_name(f->rule), f->text);
}

static void put_finding(struct json_out *o, const struct saip_finding *f)
{
    json_open_object(o, NULL);
    json_put_text(o, "severity", saip_severity_name(f->severity));
    json_put_text(o, "rule", saip_rule_name(f->rule));
    json_put_text(o, "wants", saip_rule_text(f->rule));
    json_put_text(o, "text", f->text);
    if (f->pe > 0) {
        json_put_int(o, "element", f->pe);
        json_put_text(o, "type", saip_type_name(f->type));
        json_put_int(o, "offset", (int64_t)f->offset);
        json_put_text(o, "path", f->path);
    }
    if (f->has_identification)
        json_put_int(o, "identification", f->identification);
    json_close_object(o);
}

static bool print_json(const struct saip_report *r)
{
    struct json_out o;
    struct buf b;
    bool whole;

    buf_init(&b, JSON_MAX);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_int(&o, "errors", r->count[SAIP_ERROR]);
    json_put_int(&o, "warnings", r->count[SAIP_WARNING]);
    json_put_int(&o, "notes", r->count[SAIP_NOTE]);
    json_put_bool(&o, "cut", r->cut);
    json_open_array(&o, "findings");
    for (const struct saip_finding *f = r->first; f; f = f->next)
        put_finding(&o, f);
    json_close_array(&o);
    json_close_object(&o);
    whole = buf_ok(&b) == XK_OK && puts(buf_cstr(&b)) >= 0;
    buf_fini(&b);
    return whole;
}

/* "1 error, 2 warnings, 0 notes" */
static void print_counts(const struct cli *c, const struct saip_report *r)
{
    static const char *const zh[SAIP_SEVERITIES] = {"个错误", "个警告", "个提示"};

    for (unsigned s = 0; s < SAIP_SEVERITIES; s++)
        printf("%s%u %s%s", s > 0 ? ", " : "", r->count[s],
               cli_say(c, zh[s], saip_severity_name((enum saip_severity)s)),
               r->count[s] == 1 ? "" : cli_say(c, "", "s"));
    puts(r->cut ? cli_say(c, "(未列全)", " (there are more)") : "");
}

static int print_report(const struct cli *c, const struct saip_report *r)
{
    if (c->json && !print_json(r))
        return cli_fail(EXIT_USAGE, "%s", xk_err_text(XK_E_LIMIT));
    for (const struct saip_finding *f = c->json ? NULL : r->first; f; f = f->next)
        print_finding(c->args.operand[0], f);
    if (!c->json)
        print_counts(c, r);
    return r->count[SAIP_ERROR] > 0 ? EXIT_FAILED : EXIT_DONE;
}

/* A text becomes its package first; a package begins with the tag of its header, which no text
 * does. */
static int take_package(struct cli *c, struct bytes file, struct buf *upp)
{
    const char *name = c->args.operand[0];
    struct saip_build_error error = {0};
    enum xk_err err;

    if (file.n == 0 || saip_type_of_tag(file.p[0]) != SAIP_UNKNOWN) {
        buf_put_bytes(upp, file);
        err = buf_ok(upp);
    } else {
        err = saip_build(file, upp, &error);
    }
    if (err == XK_E_FORMAT)
        return cli_fail(EXIT_USAGE, "%s:%u:%u: %s", name, error.line, error.column, error.text);
    if (err != XK_OK)
        return cli_fail(EXIT_USAGE, "%s: %s", name,
                        cli_say(c, "profile 包过大", "the package is too large"));
    return EXIT_DONE;
}

/* 0 no errors, 1 errors, 2 trouble. */
int cmd_profile_lint(struct cli *c)
{
    struct saip_report report;
    struct arena arena;
    struct bytes file;
    struct buf upp;
    enum xk_err err;
    int code;

    if (!cli_read_file(c, c->args.operand[0], SAIP_TEXT_MAX, &file))
        return EXIT_USAGE;
    buf_init(&upp, SAIP_UPP_MAX);
    arena_init(&arena, ARENA_MAX);
    code = take_package(c, file, &upp);
    if (code == EXIT_DONE) {
        err = saip_lint(buf_bytes(&upp), &arena, &report);
        code =
            err == XK_OK ? print_report(c, &report) : cli_fail(EXIT_USAGE, "%s", xk_err_text(err));
    }
    arena_fini(&arena);
    buf_wipe(&upp);
    buf_fini(&upp);
    return code;
}
