/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/qr/qr.h"

#include <png.h>
#include <qrencode.h>

#define TEXT_MAX 2953 /* version 40, level L; the library refuses what level M cannot hold */
#define SCALE_MAX 64
#define BLACK_ON_WHITE "\033[30;107m"
#define COLOURS_AS_BEFORE "\033[0m"

enum xk_err qr_encode(struct bytes text, struct qr *out)
{
    char string[TEXT_MAX + 1];
    QRcode *code;

    if (text.n == 0 || text.n > TEXT_MAX)
        return text.n ? XK_E_LIMIT : XK_E_VALUE;
    if (!bytes_to_cstr(text, string, sizeof string))
        return XK_E_VALUE;
    code = QRcode_encodeString(string, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return XK_E_LIMIT;
    out->side = (unsigned)code->width;
    for (unsigned i = 0; i < out->side * out->side; i++)
        out->dark[i] = code->data[i] & 1;
    QRcode_free(code);
    return XK_OK;
}

static bool is_dark(const struct qr *qr, int row, int column)
{
    int side = (int)qr->side;

    return row >= 0 && row < side && column >= 0 && column < side &&
           qr->dark[(unsigned)row * qr->side + (unsigned)column];
}

/* Two rows of modules are one line of text. */
static void put_half_blocks(const struct qr *qr, struct buf *out, const char *before,
                            const char *after)
{
    static const char *const blocks[] = {" ", "\xE2\x96\x80", "\xE2\x96\x84", "\xE2\x96\x88"};
    int end = (int)qr->side + QR_QUIET;

    for (int row = -QR_QUIET; row < end; row += 2) {
        buf_put_str(out, before);
        for (int column = -QR_QUIET; column < end; column++)
            buf_put_str(out, blocks[is_dark(qr, row, column) | is_dark(qr, row + 1, column) << 1]);
        buf_put_str(out, after);
        buf_put_u8(out, '\n');
    }
}

void qr_put_text(const struct qr *qr, enum qr_style style, struct buf *out)
{
    int end = (int)qr->side + QR_QUIET;

    if (style == QR_TERMINAL) {
        put_half_blocks(qr, out, BLACK_ON_WHITE, COLOURS_AS_BEFORE);
        return;
    }
    if (style == QR_PLAIN) {
        put_half_blocks(qr, out, "", "");
        return;
    }
    for (int row = -QR_QUIET; row < end; row++) {
        for (int column = -QR_QUIET; column < end; column++)
            buf_put_str(out, is_dark(qr, row, column) ? "##" : "  ");
        buf_put_u8(out, '\n');
    }
}

/* ---- PNG ---- */

static void png_to_buf(png_structp png, png_bytep data, png_size_t n)
{
    buf_put(png_get_io_ptr(png), data, n);
}

static void png_nothing_to_flush(png_structp png)
{
    (void)png;
}

static void draw_row(const struct qr *qr, unsigned scale, int row, uint8_t *line)
{
    int end = (int)qr->side + QR_QUIET;

    for (int column = -QR_QUIET; column < end; column++) {
        memset(line, is_dark(qr, row, column) ? 0x00 : 0xFF, scale);
        line += scale;
    }
}

static void write_png(png_structp png, png_infop info, const struct qr *qr, unsigned scale,
                      uint8_t *line)
{
    unsigned pixels = (qr->side + 2 * QR_QUIET) * scale;

    png_set_IHDR(png, info, pixels, pixels, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int row = -QR_QUIET; row < (int)qr->side + QR_QUIET; row++) {
        draw_row(qr, scale, row, line);
        for (unsigned i = 0; i < scale; i++)
            png_write_row(png, line);
    }
    png_write_end(png, NULL);
}

/* libpng leaves by longjmp when something fails: nothing here changes between. */
static enum xk_err run_png(png_structp png, png_infop info, const struct qr *qr, unsigned scale,
                           uint8_t *line)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return XK_E_INTERNAL;
    write_png(png, info, qr, scale, line);
    return XK_OK;
}

enum xk_err qr_put_png(const struct qr *qr, unsigned scale, struct buf *out)
{
    png_structp png;
    png_infop info;
    uint8_t *line;
    enum xk_err err = XK_E_NOMEM;

    if (scale == 0 || scale > SCALE_MAX)
        return XK_E_VALUE;
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    info = png ? png_create_info_struct(png) : NULL;
    line = malloc((qr->side + 2u * QR_QUIET) * scale);
    if (info && line) {
        png_set_write_fn(png, out, png_to_buf, png_nothing_to_flush);
        err = run_png(png, info, qr, scale, line);
    }
    png_destroy_write_struct(&png, &info);
    free(line);
    return err == XK_OK ? buf_ok(out) : err;
}
