/* SPDX-License-Identifier: Apache-2.0 */
/* Columns on a terminal: Chinese characters take two. Own table, so that output is the same under
 * every locale. */
#ifndef PROG_XIEKA_WIDTH_H
#define PROG_XIEKA_WIDTH_H

#include "base/buf.h"

/* Columns of UTF-8 text; a byte that is no UTF-8 counts one. */
size_t width_of(const char *text);
/* Blanks behind a text up to so many columns. */
void width_pad(struct buf *out, const char *text, size_t columns);
/* Text of strangers, such as a profile's name: what could steer a terminal, or is no UTF-8, becomes
 * '?'. */
void width_plain(struct buf *out, const char *text);
/* The text, cut with "…" when it is wider (columns > 0). */
void width_cut(struct buf *out, const char *text, size_t columns);

#endif
