/* SPDX-License-Identifier: Apache-2.0 */
/* Remote APDU scripts and answers: what is read and written again is the same (TS 102 226 5). */
#include "codec/apdu/apdu.h"
#include "codec/remote/remote.h"
#include "fuzz.h"

static void write_again(enum remote_format format, const struct bytes *commands, size_t n,
                        struct bytes data)
{
    struct remote_script s;
    struct bytes c;
    struct buf out;

    buf_init(&out, 2 * data.n + 16);
    FUZZ_CHECK(remote_put_script(format, commands, n, &out) == XK_OK);
    if (format == REMOTE_COMPACT)
        FUZZ_CHECK(bytes_eq(buf_bytes(&out), data));
    remote_open(buf_bytes(&out), &s);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(remote_next(&s, &c) == XK_OK && bytes_eq(c, commands[i]));
    FUZZ_CHECK(remote_next(&s, &c) == XK_E_NOT_FOUND && s.fault == REMOTE_FINE);
    buf_fini(&out);
}

static void script(struct bytes data)
{
    struct bytes commands[REMOTE_COMMANDS_MAX];
    struct remote_script s;
    enum xk_err err = XK_OK;
    size_t n = 0;

    remote_open(data, &s);
    while (n < ARRAY_LEN(commands) && (err = remote_next(&s, &commands[n])) == XK_OK)
        n++;
    FUZZ_CHECK(err == XK_OK || err == XK_E_NOT_FOUND || s.fault != REMOTE_FINE);
    if (err == XK_E_NOT_FOUND && n > 0)
        write_again(s.format, commands, n, data);
}

static void answer(struct bytes data)
{
    struct remote_result r;

    if (remote_read_answer(data, &r) != XK_OK)
        return;
    FUZZ_CHECK(r.data.n <= data.n && r.rows.n <= data.n);
    FUZZ_CHECK(r.format != REMOTE_COMPACT || r.rows.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    script(BYTES(data, n));
    answer(BYTES(data, n));
    return 0;
}
