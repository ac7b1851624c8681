/* SPDX-License-Identifier: Apache-2.0 */
/* QR codes: what is drawn is read again, by our picture reader when zbarimg is there. */
#include "prog/qr/qr.h"

#include <unistd.h>

#include "xt.h"

#define CODE "LPA:1$rsp.example.com$04386-AGYFT-A74Y8-3F815"
#define OUT_MAX ((size_t)1 << 20)

TEST(shape)
{
    static struct qr qr;

    CHECK_OK(qr_encode(BYTES_STR(CODE), &qr));
    CHECK_INT(qr.side % 4, 1);         /* 17 + 4 * version */
    CHECK_INT(qr.side, 29);            /* version 3, runs of digits packed */
    for (unsigned i = 0; i < 7; i++) { /* the edges of the three finder patterns */
        CHECK_INT(qr.dark[i], 1);
        CHECK_INT(qr.dark[qr.side - 1 - i], 1);
        CHECK_INT(qr.dark[(qr.side - 1 - i) * qr.side], 1);
    }
    CHECK_INT(qr.dark[7], 0);
}

TEST(refused)
{
    static struct qr qr;
    static uint8_t much[3000];

    memset(much, 'a', sizeof much);
    CHECK_INT(qr_encode(BYTES_NONE, &qr), XK_E_VALUE);
    CHECK_INT(qr_encode(BYTES("a\0b", 3), &qr), XK_E_VALUE);
    CHECK_INT(qr_encode(BYTES_OF(much), &qr), XK_E_LIMIT);
    CHECK_INT(qr_encode(BYTES(much, 2900), &qr), XK_E_LIMIT);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (text = strstr(text, what); text; text = strstr(text + strlen(what), what))
        n++;
    return n;
}

TEST(on_a_terminal)
{
    static struct qr qr;
    unsigned lines, dark = 0;
    struct buf b;

    CHECK_OK(qr_encode(BYTES_STR(CODE), &qr));
    lines = qr.side + 2 * QR_QUIET;
    for (unsigned i = 0; i < qr.side * qr.side; i++)
        dark += qr.dark[i];
    buf_init(&b, OUT_MAX);
    qr_put_text(&qr, QR_ASCII, &b);
    CHECK_INT(count(buf_cstr(&b), "\n"), lines);
    CHECK_INT(count(buf_cstr(&b), "##"), dark);
    buf_reset(&b);
    qr_put_text(&qr, QR_PLAIN, &b);
    CHECK_INT(count(buf_cstr(&b), "\n"), (lines + 1) / 2);
    CHECK_INT(2 * count(buf_cstr(&b), "\xE2\x96\x88") + count(buf_cstr(&b), "\xE2\x96\x80") +
                  count(buf_cstr(&b), "\xE2\x96\x84"),
              dark);
    buf_reset(&b);
    qr_put_text(&qr, QR_TERMINAL, &b);
    CHECK_INT(count(buf_cstr(&b), "\033[0m\n"), (lines + 1) / 2);
    buf_fini(&b);
}

static bool have_reader(void)
{
    return access("/usr/bin/zbarimg", X_OK) == 0;
}

static enum xk_err read_back(const void *data, size_t n, struct buf *out)
{
    char path[] = "/tmp/xieka-qr-XXXXXX";
    int fd = mkstemp(path);
    enum xk_err err = XK_E_IO;

    if (fd >= 0 && write(fd, data, n) == (ssize_t)n)
        err = qr_read_picture(path, out);
    if (fd >= 0)
        close(fd);
    unlink(path);
    return err;
}

TEST(picture)
{
    static struct qr qr;
    struct buf png, said;

    buf_init(&png, OUT_MAX);
    buf_init(&said, OUT_MAX);
    CHECK_OK(qr_encode(BYTES_STR(CODE), &qr));
    CHECK_INT(qr_put_png(&qr, 0, &png), XK_E_VALUE);
    CHECK_INT(qr_put_png(&qr, 65, &png), XK_E_VALUE);
    CHECK_OK(qr_put_png(&qr, 4, &png));
    CHECK_HEX(bytes_part(buf_bytes(&png), 0, 8), "89504E470D0A1A0A");
    CHECK_HEX(bytes_part(buf_bytes(&png), 16, 8), "00000094 00000094"); /* (29 + 8) * 4 */
    if (have_reader()) {
        CHECK_OK(read_back(png.p, png.n, &said));
        CHECK_STR(buf_cstr(&said), CODE);
    } else {
        xt_skip_reason = "zbarimg is not installed";
    }
    buf_fini(&png);
    buf_fini(&said);
}

TEST(no_picture)
{
    struct buf said;

    buf_init(&said, OUT_MAX);
    CHECK_INT(qr_read_picture("/nonexistent/picture.png", &said), XK_E_IO);
    if (have_reader())
        CHECK_INT(read_back(CODE, strlen(CODE), &said), XK_E_IO);
    CHECK_INT(said.n, 0);
    buf_fini(&said);
}

TESTS_MAIN(XT_CASE(shape), XT_CASE(refused), XT_CASE(on_a_terminal), XT_CASE(picture),
           XT_CASE(no_picture))
