/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter: characters to lines, lines to commands, commands to results. */
#include "terminal/modem/at.h"

#include <stdarg.h>

#define CHAR_BACKSPACE 0x08
#define CHAR_DELETE 0x7F
#define CHAR_END 0x1A /* Ctrl-Z ends a message */
#define CHAR_ESCAPE 0x1B

static const struct at_row {
    const char *name;
    at_fn *perform;
} rows[] = {
#define AT_COMMAND(name, handler) {name, handler},
#include "terminal/modem/at_commands.def"
#undef AT_COMMAND
};

static const struct {
    int code;
    const char *text;
} errors[] = {
#define AT_CME(name, code, text) {code, text},
#define AT_CMS(name, code)
#include "terminal/modem/at_errors.def"
#undef AT_CME
#undef AT_CMS
};

/* ---- life ---- */

static void set_defaults(struct modem_at *a)
{
    a->echo = a->verbose = true;
    a->quiet = false;
    a->cmee = 0;
    a->functionality = 1;
    a->operator_mode = 0;
    a->operator_format = 2;
    memset(a->reporting, 0, sizeof a->reporting);
    memset(a->indications, 0, sizeof a->indications);
    a->in_card = false;
}

enum xk_err modem_at_new(struct modem *m)
{
    m->at = calloc(1, sizeof *m->at);
    if (!m->at)
        return XK_E_NOMEM;
    buf_init(&m->at->out, AT_OUT_MAX);
    buf_init(&m->at->given, AT_OUT_MAX);
    buf_init(&m->at->typed, AT_TYPED_MAX);
    set_defaults(m->at);
    return XK_OK;
}

void modem_at_free(struct modem *m)
{
    if (!m->at)
        return;
    buf_fini(&m->at->out);
    buf_fini(&m->at->given);
    buf_wipe(&m->at->typed);
    buf_fini(&m->at->typed);
    if (m->at->store)
        explicit_bzero(m->at->store, AT_STORE_MAX * sizeof *m->at->store);
    free(m->at->store);
    explicit_bzero(m->at, sizeof *m->at);
    free(m->at);
    m->at = NULL;
}

/* Begins anew; what is stored stays. */
void modem_at_power(struct modem *m)
{
    struct modem_at *a = m->at;

    if (!a)
        return;
    set_defaults(a);
    a->line_n = a->typed_at = a->message_n = 0;
    buf_wipe(&a->typed);
    a->too_long = a->running = a->busy = a->prompt = a->restart = false;
    a->rest = cur_of(BYTES_NONE);
    a->channels = 0;
    a->told = MODEM_NOT_REGISTERED;
    explicit_bzero(a->line, sizeof a->line);
}

void modem_at_drop(struct modem *m)
{
    if (m->at)
        buf_reset(&m->at->out);
}

at_result at_defaults(struct modem *m, const struct at_command *c)
{
    (void)c;
    set_defaults(m->at);
    return AT_OK;
}

/* ---- what goes out ---- */

static void put(struct modem *m, const char *text)
{
    if (m->at->out.n + strlen(text) <= AT_OUT_MAX)
        buf_put_str(&m->at->out, text);
}

void at_text(struct modem *m, const char *text)
{
    put(m, "\r\n");
    put(m, text);
    put(m, "\r\n");
}

void at_line(struct modem *m, const char *fmt, ...)
{
    char text[1200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    at_text(m, text);
}

bool modem_at_next(struct modem *m, struct modem_action *out)
{
    struct modem_at *a = m->at;

    if (!a)
        return false;
    buf_fini(&a->given);
    buf_init(&a->given, AT_OUT_MAX);
    if (a->out.n == 0)
        return false;
    a->given = a->out;
    buf_init(&a->out, AT_OUT_MAX);
    *out = (struct modem_action){.type = MODEM_OUT_AT, .data = buf_bytes(&a->given)};
    return true;
}

static void put_cme(struct modem *m, int code)
{
    const char *text = "unknown";

    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        if (errors[i].code == code)
            text = errors[i].text;
    if (m->at->cmee == 2)
        at_line(m, "+CME ERROR: %s", text);
    else
        at_line(m, "+CME ERROR: %d", code);
}

/* V.250 5.7, TS 27.007 9.1 */
static void put_result(struct modem *m, at_result result)
{
    if (m->at->quiet)
        return;
    if (result == AT_OK)
        put(m, m->at->verbose ? "\r\nOK\r\n" : "0\r");
    else if (result & AT_FAMILY_CMS)
        at_line(m, "+CMS ERROR: %d", result & AT_CODE);
    else if (result & AT_FAMILY_CME && m->at->cmee > 0)
        put_cme(m, result & AT_CODE);
    else
        put(m, m->at->verbose ? "\r\nERROR\r\n" : "4\r");
}

/* ---- parameters ---- */

bool at_number(const struct at_command *c, size_t i, long min, long max, long *out)
{
    return i < c->params && c->param[i].present && at_int(c, i, min, min, max, out) == XK_OK;
}

bool at_quoted(const struct at_command *c, size_t i, char *out, size_t cap)
{
    return i < c->params && c->param[i].present && bytes_to_cstr(c->param[i].text, out, cap);
}

bool at_hex(const struct at_command *c, size_t i, uint8_t *out, size_t cap, size_t *n)
{
    return i < c->params && hex_decode(c->param[i].text, out, cap, n) == XK_OK;
}

/* ---- commands that use the card ---- */

at_result at_card_trouble(const struct modem *m)
{
    switch (m->card.state) {
    case CARD_READY:
    case CARD_PIN:
        return AT_OK;
    case CARD_STARTING:
    case CARD_AWAIT_ATR:
        return CME_SIM_BUSY;
    case CARD_OFF:
    case CARD_LOST:
        return CME_SIM_NOT_INSERTED;
    }
    return CME_SIM_FAILURE;
}

at_result at_use_card(struct modem *m, at_card_fn *start, at_answer_fn *answer)
{
    at_result trouble = at_card_trouble(m);

    if (trouble != AT_OK)
        return trouble;
    m->at->start = start;
    m->at->answer = answer;
    modem_want(m, JOB_AT);
    return AT_WAIT;
}

void modem_at_card_start(struct modem *m)
{
    m->at->start(m);
}

void modem_at_card_response(struct modem *m, const struct apdu_response *r)
{
    m->at->answer(m, r);
}

void modem_at_card_lost(struct modem *m)
{
    at_finish(m, CME_SIM_FAILURE);
}

/* ---- performing a line ---- */

static at_result perform(struct modem *m, const struct at_command *c)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, c->name) == 0)
            return rows[i].perform(m, c);
    return AT_ERROR;
}

at_result at_list(struct modem *m, const struct at_command *c)
{
    if (c->kind != AT_EXECUTE)
        return c->kind == AT_TEST ? AT_OK : AT_ERROR;
    for (size_t i = 1; i < ARRAY_LEN(rows); i++)
        at_line(m, "AT%s", rows[i].name);
    return AT_OK;
}

static void end_line(struct modem *m, at_result result)
{
    m->at->running = false;
    put_result(m, result);
    if (!m->at->restart)
        return;
    m->at->restart = false;
    modem_restart(m);
}

static void perform_rest(struct modem *m)
{
    struct modem_at *a = m->at;

    do {
        struct at_command c;
        at_result result = at_next(&a->rest, &c) == XK_OK ? perform(m, &c) : AT_ERROR;

        if (result == AT_WAIT) {
            a->busy = true;
            return;
        }
        if (result != AT_OK) {
            end_line(m, result);
            return;
        }
    } while (a->rest.n > 0);
    end_line(m, AT_OK);
}

static void begin_line(struct modem *m)
{
    struct modem_at *a = m->at;

    a->rest = cur_of(BYTES(a->line, a->line_n));
    a->line_n = 0;
    if (a->too_long) {
        a->too_long = false;
        put_result(m, AT_ERROR);
        return;
    }
    if (!at_begin(&a->rest))
        return;
    a->running = true;
    perform_rest(m);
}

/* ---- characters ---- */

static void line_char(struct modem *m, uint8_t c)
{
    struct modem_at *a = m->at;

    if (c == '\r') {
        begin_line(m);
    } else if (c == CHAR_BACKSPACE || c == CHAR_DELETE) {
        a->line_n -= a->line_n > 0;
    } else if (c >= ' ' && c < CHAR_DELETE) {
        if (a->line_n < AT_LINE_MAX)
            a->line[a->line_n++] = (char)c;
        else
            a->too_long = true;
    }
}

static void message_char(struct modem *m, uint8_t c)
{
    struct modem_at *a = m->at;

    if (c == CHAR_ESCAPE) {
        a->prompt = false;
        at_finish(m, AT_OK);
    } else if (c == CHAR_END) {
        at_result result;

        a->prompt = false;
        result = at_message_typed(m);
        if (result != AT_WAIT)
            at_finish(m, result);
    } else if (a->message_n < AT_MESSAGE_MAX) {
        a->message[a->message_n++] = (char)c;
    }
}

void at_hold_message(struct modem *m)
{
    m->at->prompt = true;
    m->at->message_n = 0;
    put(m, "\r\n> ");
}

static void one_char(struct modem *m, uint8_t c)
{
    const char echo[2] = {(char)c, '\0'};

    if (m->at->echo && c != '\0')
        put(m, echo);
    if (m->at->prompt)
        message_char(m, c);
    else
        line_char(m, c);
}

static bool may_read(const struct modem_at *a)
{
    return !a->busy || a->prompt;
}

static void read_typed(struct modem *m)
{
    struct modem_at *a = m->at;

    while (a->typed_at < a->typed.n && may_read(a))
        one_char(m, a->typed.p[a->typed_at++]);
    if (a->typed_at < a->typed.n)
        return;
    buf_reset(&a->typed);
    a->typed_at = 0;
}

void at_finish(struct modem *m, at_result result)
{
    struct modem_at *a = m->at;

    if (!a->busy)
        return;
    a->busy = false;
    a->prompt = false;
    if (result == AT_OK && a->rest.n > 0)
        perform_rest(m);
    else
        end_line(m, result);
}

/* What does not fit is lost. */
static void hold(struct modem_at *a, struct bytes data)
{
    struct buf *typed = &a->typed;

    if (a->typed_at > 0) {
        typed->n -= a->typed_at;
        memmove(typed->p, typed->p + a->typed_at, typed->n);
        a->typed_at = 0;
    }
    buf_put_bytes(typed, bytes_part(data, 0, AT_TYPED_MAX - typed->n));
}

void modem_at_input(struct modem *m, struct bytes data)
{
    if (!m->at)
        return;
    read_typed(m);
    for (; data.n > 0 && may_read(m->at); data = bytes_part(data, 1, data.n))
        one_char(m, data.p[0]);
    hold(m->at, data);
}

void modem_at_run(struct modem *m)
{
    if (m->at)
        read_typed(m);
}
