/* SPDX-License-Identifier: Apache-2.0 */
/* What a modem says to who wants its card: the pieces it comes in make no difference; and what is
 * said to the modem, it can take apart (TS 27.007 8.43). */
#include "codec/at/card_link.h"
#include "fuzz.h"

#include "base/hex.h"

static void same(const struct at_link *a, const struct at_link *b)
{
    FUZZ_CHECK(a->result == b->result && a->channel == b->channel);
    FUZZ_CHECK(a->card_restarted == b->card_restarted && a->line_n == b->line_n);
    FUZZ_CHECK(bytes_eq(BYTES(a->apdu, a->apdu_n), BYTES(b->apdu, b->apdu_n)));
}

static void fuzz_answer(struct bytes text)
{
    struct at_link whole = {.line_n = 0}, pieces = {.line_n = 0};

    at_link_begin(&whole);
    at_link_begin(&pieces);
    at_link_take(&whole, text);
    for (size_t i = 0; i < text.n; i++)
        at_link_take(&pieces, bytes_part(text, i, 1));
    FUZZ_CHECK(whole.apdu_n <= AT_APDU_MAX && whole.line_n <= AT_LINE_MAX && whole.channel <= 19);
    same(&whole, &pieces);
}

static void fuzz_command(struct bytes apdu)
{
    char mem[AT_LINE_MAX], hex[HEX_LEN(AT_APDU_MAX)];
    struct at_command c;
    struct cur line;
    struct buf b;
    long n = 0;

    buf_init_fixed(&b, mem, sizeof mem);
    at_put_transmit(&b, 3, apdu);
    FUZZ_CHECK(buf_ok(&b) == XK_OK && b.p[b.n - 1] == '\r');
    line = cur_of(BYTES(b.p, b.n - 1));
    FUZZ_CHECK(at_begin(&line) && at_next(&line, &c) == XK_OK && line.n == 0);
    FUZZ_CHECK(strcmp(c.name, "+CGLA") == 0 && c.params == 3);
    FUZZ_CHECK(at_int(&c, 1, -1, 0, 2L * AT_APDU_MAX, &n) == XK_OK && (size_t)n == 2 * apdu.n);
    FUZZ_CHECK(bytes_eq(c.param[2].text, bytes_cstr(hex_encode(apdu, hex))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_answer(BYTES(data, n));
    if (n > 0 && n <= AT_APDU_MAX)
        fuzz_command(BYTES(data, n));
    return 0;
}
