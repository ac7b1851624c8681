/* SPDX-License-Identifier: Apache-2.0 */
/* A store with three profiles of one operator, and a context to decide in. */
#ifndef TESTS_IT_RSP_PLACE_H
#define TESTS_IT_RSP_PLACE_H

#include "backend.h"
#include "service/download/download.h"

#define PLACE_DAY 86400000ll
#define EID_A "89049032123451234512345678901235"
#define EID_B "89882119900000000000000000001654"
#define ICCID_A "8949449999999990023" /* gold */
#define ICCID_B "8949449999999990031" /* gold */
#define ICCID_C "8949449999999990049" /* silver */
#define SMDP "smdp.example"           /* the address that serves them */

struct place {
    struct store *store;
    struct download_policy policy; /* orders live ten days */
    struct outbox_ids ids;
    struct arena arena;
    struct outbox_list said;
    struct download_ctx c;
};

/* A transaction is open. Operator "op" hears points 1 to 4 at https://op. */
void place_open(struct place *p, const struct backend *b);
void place_close(struct place *p);
void place_add_profile(struct place *p, const char *iccid, const char *type);
void place_clean_up(void); /* once, at the end */

#endif
