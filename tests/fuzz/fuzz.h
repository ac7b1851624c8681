/* SPDX-License-Identifier: Apache-2.0 */
/* The door of libFuzzer, the same for every target. A target returns 0, keeps nothing between two
 * inputs and aborts when a promise of the room is broken (FUZZ_CHECK). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define FUZZ_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond))                                                                               \
            abort();                                                                               \
    } while (0)

#endif
