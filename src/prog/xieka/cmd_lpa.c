/* SPDX-License-Identifier: Apache-2.0 */
/* lpa: the local profile assistant at hand. */
#include <errno.h>

#include "net/pcsc/pcsc.h"
#include "prog/qr/qr.h"
#include "prog/xieka/assistant.h"
#include "prog/xieka/table.h"

#define CODE_FILE_MAX 4096
#define PNG_MAX ((size_t)1 << 20)
#define PNG_SCALE 8
#define TEXT_MAX ((size_t)256 << 10)

/* ---- looking ---- */

int cmd_lpa_chip(struct cli *c)
{
    return assistant_run(c, &(struct lpa_task){.type = LPA_TASK_CHIP}, assistant_print_chip);
}

int cmd_lpa_list(struct cli *c)
{
    return assistant_run(c, &(struct lpa_task){.type = LPA_TASK_LIST}, assistant_print_profiles);
}

static const char *card_of(const struct pcsc_reader *reader)
{
    return reader->busy ? "busy" : reader->card ? "present" : "absent";
}

static int readers_json(const struct pcsc_reader *readers, size_t n)
{
    struct json_out o;
    struct buf b;

    buf_init(&b, TEXT_MAX);
    json_out_init(&o, &b);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_text(&o, "reader", readers[i].name);
        json_put_text(&o, "card", card_of(&readers[i]));
        json_close_object(&o);
    }
    json_close_array(&o);
    printf("%s\n", buf_cstr(&b));
    buf_fini(&b);
    return EXIT_DONE;
}

static int readers_table(const struct cli *c, const struct pcsc_reader *readers, size_t n)
{
    static const struct column columns[] = {
        {"序号", "number", true}, {"读卡器", "reader", false}, {"卡", "card", false}};
    struct table *t = table_new(c, columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < n; i++) {
        char number[24];
        const char *cells[] = {number, readers[i].name, card_of(&readers[i])};

        snprintf(number, sizeof number, "%zu", i);
        table_row(t, cells);
    }
    return table_end(t);
}

int cmd_lpa_readers(struct cli *c)
{
    struct pcsc_reader readers[PCSC_READERS_MAX];
    struct pcsc *pcsc = NULL;
    size_t n = 0;
    enum xk_err err = pcsc_open(&pcsc);

    if (err != XK_OK)
        return cli_fail(EXIT_FAILED, "no PC/SC daemon (pcscd) is there");
    err = pcsc_list(pcsc, readers, ARRAY_LEN(readers), &n);
    pcsc_close(pcsc);
    if (err != XK_OK)
        return cli_fail(EXIT_FAILED, "%s", xk_err_text(err));
    return c->json ? readers_json(readers, n) : readers_table(c, readers, n);
}

/* ---- download ---- */

static int read_picture(const char *path, struct buf *text)
{
    switch ((int)qr_read_picture(path, text)) {
    case XK_OK:
        return EXIT_DONE;
    case XK_E_UNSUPPORTED:
        return cli_fail(EXIT_USAGE, "--qr needs zbarimg (Debian package zbar-tools)");
    case XK_E_NOT_FOUND:
        return cli_fail(EXIT_USAGE, "%s: no QR code in this picture", path);
    default:
        return cli_fail(EXIT_USAGE, "%s: no such file, or no picture", path);
    }
}

/* From the command line, standard input or a picture. */
static int read_code(struct cli *c, struct rsp_activation_code *out)
{
    const char *picture = cli_option(c, OPT_QR);
    enum rsp_activation_verdict verdict;
    struct bytes text = bytes_cstr(c->args.operand[0]);
    char mem[CODE_FILE_MAX];
    struct buf said;
    int code;

    buf_init_fixed(&said, mem, sizeof mem);
    if (picture) {
        code = read_picture(picture, &said);
        if (code != EXIT_DONE)
            return code;
        text = buf_bytes(&said);
    } else if (bytes_eq(text, BYTES_STR("-")) && !cli_read_file(c, "-", CODE_FILE_MAX, &text)) {
        return EXIT_USAGE;
    }
    verdict = rsp_activation_code_decode(text, out);
    if (verdict == RSP_ACTIVATION_OK)
        return EXIT_DONE;
    return cli_fail(EXIT_USAGE, "%s", rsp_activation_verdict_text(verdict));
}

static bool copy_option(const struct cli *c, enum option_id id, char *out, size_t cap)
{
    return !cli_option(c, id) || bytes_to_cstr(bytes_cstr(cli_option(c, id)), out, cap);
}

int cmd_lpa_download(struct cli *c)
{
    struct lpa_task task = {.type = LPA_TASK_DOWNLOAD};
    bool discover = cli_option(c, OPT_DISCOVER) != NULL;
    unsigned sources = (c->args.n > 0) + (cli_option(c, OPT_QR) != NULL) + discover;
    int code;

    if (sources > 1)
        return cli_fail(EXIT_USAGE, "an activation code, --qr or --discover: one of them");
    if (!copy_option(c, OPT_CODE, task.confirmation_code, sizeof task.confirmation_code))
        return cli_fail(EXIT_USAGE, "--code: more than %d characters", LPA_CODE_MAX);
    if (!copy_option(c, OPT_SMDS, task.smds, sizeof task.smds))
        return cli_fail(EXIT_USAGE, "--smds: too long");
    task.discover = discover;
    if (sources > 0 && !discover) {
        code = read_code(c, &task.code);
        if (code != EXIT_DONE)
            return code;
    }
    code = assistant_run(c, &task, assistant_print_change);
    explicit_bzero(&task, sizeof task);
    return code;
}

int cmd_lpa_discover(struct cli *c)
{
    struct lpa_task task = {.type = LPA_TASK_DISCOVER};

    if (!copy_option(c, OPT_SMDS, task.smds, sizeof task.smds))
        return cli_fail(EXIT_USAGE, "--smds: too long");
    return assistant_run(c, &task, assistant_print_found);
}

/* ---- what is on the card ---- */

static int change(struct cli *c, struct lpa_task *task)
{
    const char *id = c->args.operand[0];
    uint8_t bytes[RSP_AID_MAX];

    if (lpa_profile_id_from_text(bytes_cstr(id), bytes, &task->profile) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s: neither an ICCID nor the AID of a profile", id);
    return assistant_run(c, task, assistant_print_change);
}

int cmd_lpa_enable(struct cli *c)
{
    return change(c, &(struct lpa_task){.type = LPA_TASK_ENABLE});
}

int cmd_lpa_disable(struct cli *c)
{
    return change(c, &(struct lpa_task){.type = LPA_TASK_DISABLE});
}

int cmd_lpa_delete(struct cli *c)
{
    return change(c, &(struct lpa_task){.type = LPA_TASK_DELETE});
}

static int write_picture(const char *path, struct bytes picture)
{
    FILE *f = fopen(path, "wbe");
    bool whole;

    if (!f)
        return cli_fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
    whole = fwrite(picture.p, 1, picture.n, f) == picture.n;
    if (fclose(f) == 0 && whole)
        return EXIT_DONE;
    return cli_fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
}

/* What the list had of the profile that was asked for. */
static int write_icon(struct cli *c, const struct lpa_result *r)
{
    const char *id = c->args.operand[0];
    const struct lpa_profile *found;
    struct rsp_profile_id wanted;
    uint8_t bytes[RSP_AID_MAX];
    int code;

    if (lpa_profile_id_from_text(bytes_cstr(id), bytes, &wanted) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s: neither an ICCID nor the AID of a profile", id);
    found = lpa_profile_in(r, &wanted);
    if (!found || found->info.metadata.icon.n == 0)
        return cli_fail(EXIT_USAGE, "%s: %s", id,
                        found ? "the profile has no icon" : "no such profile on the eUICC");
    code = write_picture(c->args.operand[1], found->info.metadata.icon);
    return code == EXIT_DONE && c->json ? assistant_print_profiles(c, r) : code;
}

int cmd_lpa_icon(struct cli *c)
{
    return assistant_run(c, &(struct lpa_task){.type = LPA_TASK_LIST}, write_icon);
}

int cmd_lpa_nickname(struct cli *c)
{
    struct bytes text = c->args.n > 1 ? bytes_cstr(c->args.operand[1]) : BYTES_NONE;

    if (text.n > RSP_NICKNAME_MAX)
        return cli_fail(EXIT_USAGE, "a nickname has at most %d bytes", RSP_NICKNAME_MAX);
    return change(c, &(struct lpa_task){.type = LPA_TASK_NICKNAME, .text = text});
}

int cmd_lpa_address(struct cli *c)
{
    struct bytes address = bytes_cstr(c->args.operand[0]);

    if (c->args.n == 0)
        return assistant_run(c, &(struct lpa_task){.type = LPA_TASK_CHIP}, assistant_print_address);
    if (address.n > 0 && !rsp_address_is_valid(address))
        return cli_fail(EXIT_USAGE, "%s: no host name", c->args.operand[0]);
    return assistant_run(c, &(struct lpa_task){.type = LPA_TASK_DEFAULT_ADDRESS, .text = address},
                         assistant_print_address);
}

static const struct {
    const char *name;
    enum rsp_memory_reset_option option;
} resets[] = {
    {"profiles", RSP_RESET_OPERATIONAL_PROFILES},
    {"test", RSP_RESET_FIELD_TEST_PROFILES},
    {"address", RSP_RESET_DEFAULT_SMDP_ADDRESS},
};

static uint64_t reset_option(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(resets); i++)
        if (strcmp(resets[i].name, name) == 0)
            return RSP_BIT(resets[i].option);
    return 0;
}

int cmd_lpa_reset(struct cli *c)
{
    struct lpa_task task = {.type = LPA_TASK_RESET};

    for (size_t i = 0; i < c->args.n; i++) {
        uint64_t bit = reset_option(c->args.operand[i]);

        if (bit == 0)
            return cli_fail(EXIT_USAGE, "%s: profiles, test or address", c->args.operand[i]);
        task.reset_options |= bit;
    }
    return assistant_run(c, &task, assistant_print_change);
}

/* ---- notifications ---- */

static bool read_number(const char *text, uint32_t *out)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9' || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

int cmd_lpa_notifications(struct cli *c)
{
    static const struct {
        const char *verb;
        enum lpa_task_type type;
        size_t min, max; /* words */
        assistant_print_fn *print;
    } rows[] = {
        {"list", LPA_TASK_SHOW_NOTIFICATIONS, 0, 1, assistant_print_notifications},
        {"process", LPA_TASK_NOTIFY, 1, 2, assistant_print_notifications},
        {"remove", LPA_TASK_REMOVE_NOTIFICATION, 2, 2, assistant_print_change},
    };
    const char *verb = c->args.n ? c->args.operand[0] : "list";
    struct lpa_task task = {.has_seq_number = c->args.n > 1};

    if (c->args.n > 1 && !read_number(c->args.operand[1], &task.seq_number))
        return cli_fail(EXIT_USAGE, "%s: no sequence number", c->args.operand[1]);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].verb, verb) != 0)
            continue;
        if (c->args.n < rows[i].min || c->args.n > rows[i].max)
            break;
        task.type = rows[i].type;
        return assistant_run(c, &task, rows[i].print);
    }
    return cli_fail(EXIT_USAGE, "notifications list, process [NUMBER] or remove NUMBER");
}

/* ---- QR codes ---- */

static int write_png(const struct qr *qr, const char *path)
{
    struct buf png;
    int code = EXIT_FAILED;

    buf_init(&png, PNG_MAX);
    if (qr_put_png(qr, PNG_SCALE, &png) == XK_OK)
        code = write_picture(path, buf_bytes(&png));
    else
        cli_fail(code, "%s", xk_err_text(buf_ok(&png)));
    buf_fini(&png);
    return code;
}

static int code_json(const struct rsp_activation_code *code, struct bytes text)
{
    char mem[4 * RSP_ACTIVATION_CODE_TEXT];
    struct json_out o;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_bytes_text(&o, "code", text);
    json_put_text(&o, "address", code->address);
    json_put_text(&o, "matchingId", code->matching_id[0] ? code->matching_id : NULL);
    json_put_text(&o, "smdpOid", code->smdp_oid[0] ? code->smdp_oid : NULL);
    json_put_bool(&o, "confirmationCode", code->confirmation_code);
    json_close_object(&o);
    printf("%s\n", buf_cstr(&b));
    return EXIT_DONE;
}

static int show_qr(const struct cli *c, const struct qr *qr)
{
    struct buf b;

    buf_init(&b, TEXT_MAX);
    qr_put_text(qr, !c->utf8 ? QR_ASCII : c->tty ? QR_TERMINAL : QR_PLAIN, &b);
    fputs(buf_cstr(&b), stdout);
    buf_fini(&b);
    return EXIT_DONE;
}

/* The code as QR readers want it, whatever it was typed like. */
int cmd_lpa_qr(struct cli *c)
{
    const char *png = cli_option(c, OPT_PNG);
    struct rsp_activation_code code;
    char text[RSP_ACTIVATION_CODE_TEXT];
    struct buf b;
    struct qr *qr;
    int status = read_code(c, &code);

    if (status != EXIT_DONE)
        return status;
    buf_init_fixed(&b, text, sizeof text);
    qr = arena_alloc(&c->arena, sizeof *qr);
    if (!qr || rsp_activation_code_encode(&code, &b) != XK_OK ||
        qr_encode(buf_bytes(&b), qr) != XK_OK)
        return cli_fail(EXIT_FAILED, "the code does not fit a QR code");
    if (png)
        status = write_png(qr, png);
    if (status == EXIT_DONE && c->json)
        return code_json(&code, buf_bytes(&b));
    return png ? status : show_qr(c, qr);
}
