/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that must not be written in this project. Included by err.h, so by everything.
 * sprintf, vsprintf and alloca, which the C library may define as macros and which therefore cannot
 * be poisoned, are looked for by scripts/check-words. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strtok gets atoi atol atoll gmtime localtime asctime ctime        \
    strncpy strncat

#endif
