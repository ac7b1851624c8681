/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): checked on the way in, never cut in the middle. For this room only. */
#ifndef API_WIRE_UTF8_H
#define API_WIRE_UTF8_H

#include "base/bytes.h"

/* The length of the well-formed character at the front (1 to 4), 0 when there is none. */
size_t utf8_char(struct bytes b);
bool utf8_ok(struct bytes b);

#endif
