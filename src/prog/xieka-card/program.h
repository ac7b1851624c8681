/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROG_XIEKA_CARD_PROGRAM_H
#define PROG_XIEKA_CARD_PROGRAM_H

#include "prog/cardfile/cardfile.h"

/* trace.c: one exchange on standard error. PINs and keys are shown as dots. */
void trace_exchange(struct bytes command, struct bytes response);

/* batch.c: a card in out/EID for each EID of sources->pki that has none there; the exit status. */
int make_batch(const struct euicc_sources *sources, const char *out);

#endif
