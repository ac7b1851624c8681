/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests that change every byte share. */
#ifndef TESTS_FLOW_RSP_FLIP_H
#define TESTS_FLOW_RSP_FLIP_H

#include "base/bytes.h"

/* Each byte is changed by these. */
static const uint8_t flip_masks[] = {0x01, 0x80, 0xFF};

/* One of the words of the list. */
static inline bool flip_among(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n) {
        if ((p == words || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

#endif
