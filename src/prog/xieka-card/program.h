/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROG_XIEKA_CARD_PROGRAM_H
#define PROG_XIEKA_CARD_PROGRAM_H

#include "base/bytes.h"

/* trace.c: one exchange on standard error. PINs and keys are shown as dots. */
void trace_exchange(struct bytes command, struct bytes response);

#endif
