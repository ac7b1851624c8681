/* SPDX-License-Identifier: Apache-2.0 */
/* AT command lines: parameters lie in the line, each command shortens it, and an extended command
 * written anew reads the same (V.250 5.4). */
#include "codec/at/at.h"
#include "fuzz.h"

static void put_param(struct buf *b, const struct at_param *p)
{
    if (p->quoted)
        buf_put_u8(b, '"');
    buf_put_bytes(b, p->text);
    if (p->quoted)
        buf_put_u8(b, '"');
}

static void put_command(struct buf *b, const struct at_command *c)
{
    buf_put_str(b, c->name);
    if (c->kind == AT_READ || c->kind == AT_TEST)
        buf_put_str(b, c->kind == AT_READ ? "?" : "=?");
    for (size_t i = 0; i < c->params; i++) {
        buf_put_u8(b, i == 0 ? '=' : ',');
        put_param(b, &c->param[i]);
    }
}

static void same(const struct at_command *a, const struct at_command *b)
{
    FUZZ_CHECK(strcmp(a->name, b->name) == 0 && a->kind == b->kind && a->params == b->params);
    for (size_t i = 0; i < a->params; i++) {
        FUZZ_CHECK(a->param[i].present == b->param[i].present);
        FUZZ_CHECK(a->param[i].quoted == b->param[i].quoted);
        FUZZ_CHECK(bytes_eq(a->param[i].text, b->param[i].text));
    }
}

static void fuzz_again(const struct at_command *c)
{
    uint8_t mem[2 * AT_LINE_MAX];
    struct at_command again;
    struct cur line;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    put_command(&b, c);
    line = cur_of(buf_bytes(&b));
    FUZZ_CHECK(at_next(&line, &again) == XK_OK && line.n == 0);
    same(c, &again);
}

static void fuzz_command(const struct at_command *c, const uint8_t *data, size_t n)
{
    FUZZ_CHECK(c->params <= AT_PARAMS_MAX);
    for (size_t i = 0; i < c->params; i++) {
        const struct at_param *p = &c->param[i];
        long v = 7;

        FUZZ_CHECK(p->text.n == 0 || (p->text.p >= data && p->text.p + p->text.n <= data + n));
        FUZZ_CHECK(at_int(c, i, 5, -10, 1000, &v) != XK_OK || (v >= -10 && v <= 1000));
    }
    if (c->name[0] == '+')
        fuzz_again(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur line = cur_of(BYTES(data, n));
    struct at_command c;

    at_begin(&line);
    while (line.n > 0) {
        size_t before = line.n;

        if (at_next(&line, &c) != XK_OK) {
            FUZZ_CHECK(line.n == before);
            break;
        }
        FUZZ_CHECK(line.n < before);
        fuzz_command(&c, data, n);
    }
    return 0;
}
