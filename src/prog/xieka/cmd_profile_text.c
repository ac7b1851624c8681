/* SPDX-License-Identifier: Apache-2.0 */
/* profile show, build, diff: packages as text, and back, and what two differ in. Nothing is asked
 * of the platform. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "codec/saip/build.h"
#include "codec/saip/diff.h"
#include "codec/saip/text.h"
#include "prog/xieka/cli.h"

/* ---- show ------------------------------------------------------------------------------------ */

static int print_text(const struct cli *c, struct bytes text, const struct saip_text_loss *loss)
{
    if (fwrite(text.p, 1, text.n, stdout) != text.n)
        return cli_fail(EXIT_FAILED, "%s", strerror(errno));
    if (loss->left_out + loss->not_der > 0)
        fprintf(stderr, "xieka: %s: %u, %u\n",
                cli_say(c, "重建不会得到同一 profile 包(未写出或只作注释的处数,非 DER 编码的处数)",
                        "built again, it would be another package (parts left out or in comments, "
                        "parts not as DER has them)"),
                loss->left_out, loss->not_der);
    return EXIT_DONE;
}

static int print_text_json(struct bytes text, const struct saip_text_loss *loss)
{
    struct json_out o;
    struct buf b;
    int code;

    buf_init(&b, 2 * SAIP_TEXT_MAX);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_bytes_text(&o, "text", text);
    json_put_int(&o, "masked", loss->masked);
    json_put_int(&o, "leftOut", loss->left_out);
    json_put_int(&o, "notDer", loss->not_der);
    json_close_object(&o);
    code = buf_ok(&b) == XK_OK && puts(buf_cstr(&b)) >= 0 ? EXIT_DONE : EXIT_FAILED;
    buf_wipe(&b);
    buf_fini(&b);
    return code;
}

int cmd_profile_show(struct cli *c)
{
    unsigned flags = SAIP_TEXT_NOTES | (cli_option(c, OPT_SECRETS) ? SAIP_TEXT_SECRETS : 0);
    struct saip_text_loss loss;
    struct bytes upp;
    struct buf text;
    int code;

    if (!cli_read_file(c, c->args.operand[0], SAIP_UPP_MAX, &upp))
        return EXIT_USAGE;
    buf_init(&text, SAIP_TEXT_MAX);
    if (saip_text(upp, flags, &text, &loss) != XK_OK)
        code = cli_fail(EXIT_FAILED, "%s", xk_err_text(text.err));
    else if (c->json)
        code = print_text_json(buf_bytes(&text), &loss);
    else
        code = print_text(c, buf_bytes(&text), &loss);
    buf_wipe(&text);
    buf_fini(&text);
    return code;
}

/* ---- build ----------------------------------------------------------------------------------- */

static bool write_all(int fd, struct bytes b)
{
    while (b.n > 0) {
        ssize_t n = write(fd, b.p, b.n);

        if (n < 0 && errno != EINTR)
            return false;
        b = bytes_part(b, n > 0 ? (size_t)n : 0, SIZE_MAX);
    }
    return true;
}

/* Packages have keys in them: the file is its owner's alone. */
static int write_package(const char *path, struct bytes upp)
{
    bool whole;
    int fd;

    if (strcmp(path, "-") == 0)
        return write_all(STDOUT_FILENO, upp) ? EXIT_DONE
                                             : cli_fail(EXIT_FAILED, "%s", strerror(errno));
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return cli_fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
    whole = write_all(fd, upp);
    if (close(fd) == 0 && whole)
        return EXIT_DONE;
    return cli_fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
}

int cmd_profile_build(struct cli *c)
{
    const char *name = c->args.operand[0], *path = cli_option(c, OPT_OUTPUT);
    struct saip_build_error error;
    struct bytes text;
    struct buf upp;
    enum xk_err err;
    int code;

    if (!path)
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "需要 --output:DER 写到哪个文件",
                                "--output is needed: the file that takes the DER"));
    if (!cli_read_file(c, name, SAIP_TEXT_MAX, &text))
        return EXIT_USAGE;
    buf_init(&upp, SAIP_UPP_MAX);
    err = saip_build(text, &upp, &error);
    if (err == XK_OK)
        code = write_package(path, buf_bytes(&upp));
    else if (err == XK_E_FORMAT)
        code = cli_fail(EXIT_USAGE, "%s:%u:%u: %s", name, error.line, error.column, error.text);
    else
        code = cli_fail(EXIT_USAGE, "%s: %s", name,
                        cli_say(c, "profile 包过大", "the package is too large"));
    buf_wipe(&upp);
    buf_fini(&upp);
    return code;
}

/* ---- diff ------------------------------------------------------------------------------------ */

static void print_change(const struct saip_change *change)
{
    static const char marks[] = {[SAIP_ADDED] = '+', [SAIP_REMOVED] = '-', [SAIP_CHANGED] = '!'};

    printf("%c %s", marks[change->kind], change->path);
    if (change->old)
        printf("  %s", change->old);
    if (change->old && change->replaced_by)
        fputs("  ->", stdout);
    if (change->replaced_by)
        printf("  %s", change->replaced_by);
    putchar('\n');
}

static void put_change(struct json_out *o, const struct saip_change *change)
{
    static const char *const kinds[] = {
        [SAIP_ADDED] = "added", [SAIP_REMOVED] = "removed", [SAIP_CHANGED] = "changed"};

    json_open_object(o, NULL);
    json_put_text(o, "kind", kinds[change->kind]);
    json_put_text(o, "path", change->path);
    json_put_text(o, "from", change->old);
    json_put_text(o, "to", change->replaced_by);
    json_close_object(o);
}

static bool print_changes_json(const struct saip_diff *diff)
{
    struct json_out o;
    struct buf b;
    bool whole;

    buf_init(&b, 2 * SAIP_TEXT_MAX);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_open_array(&o, "changes");
    for (const struct saip_change *c = diff->first; c; c = c->next)
        put_change(&o, c);
    json_close_array(&o);
    json_close_object(&o);
    whole = buf_ok(&b) == XK_OK && puts(buf_cstr(&b)) >= 0;
    buf_wipe(&b);
    buf_fini(&b);
    return whole;
}

static int print_changes(const struct cli *c, const struct saip_diff *diff)
{
    if (c->json && !print_changes_json(diff))
        return cli_fail(EXIT_USAGE, "%s", xk_err_text(XK_E_LIMIT));
    for (const struct saip_change *change = c->json ? NULL : diff->first; change;
         change = change->next)
        print_change(change);
    return diff->n > 0 ? EXIT_FAILED : EXIT_DONE;
}

/* As diff(1): 0 the same, 1 not, 2 trouble. */
int cmd_profile_diff(struct cli *c)
{
    unsigned flags = cli_option(c, OPT_SECRETS) ? SAIP_TEXT_SECRETS : 0;
    struct saip_diff diff;
    struct arena arena;
    struct bytes from, to;
    enum xk_err err;
    int code;

    if (!cli_read_file(c, c->args.operand[0], SAIP_UPP_MAX, &from) ||
        !cli_read_file(c, c->args.operand[1], SAIP_UPP_MAX, &to))
        return EXIT_USAGE;
    arena_init(&arena, SAIP_DIFF_ARENA_MAX);
    err = saip_diff(from, to, flags, &arena, &diff);
    if (err == XK_OK)
        code = print_changes(c, &diff);
    else if (err == XK_E_FORMAT)
        code = cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "其中一个文件不是 profile 包", "one of the two is no package"));
    else
        code = cli_fail(EXIT_USAGE, "%s", xk_err_text(err));
    arena_fini(&arena);
    return code;
}
