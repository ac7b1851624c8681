/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: reading and writing the bodies of PDUs. A reader remembers the first refusal;
 * what comes after it reads as nothing. */
#ifndef CODEC_SMPP_BODY_H
#define CODEC_SMPP_BODY_H

#include "codec/smpp/smpp.h"

struct reader {
    struct cur c;
    uint32_t refusal; /* command_status; SMPP_ROK so far */
};

void refuse(struct reader *r, uint32_t status);
uint8_t read_u8(struct reader *r);
/* A C-octet string into out[cap] with its NUL; `status` when it is longer. */
void read_text(struct reader *r, char *out, size_t cap, uint32_t status);
void read_address(struct reader *r, struct smpp_address *out, uint32_t status);
/* sm_length and short_message */
void read_short_message(struct reader *r, struct bytes *out);

enum xk_err put_text(struct buf *b, const char *s, size_t cap) XK_MUST_CHECK;
enum xk_err put_address(struct buf *b, const struct smpp_address *a) XK_MUST_CHECK;
enum xk_err put_short_message(struct buf *b, struct bytes message) XK_MUST_CHECK;

/* Optional parameters (SMPP 3.4 3.2.4): one call takes the next; false at the end or refused. */
struct option {
    uint16_t tag;
    struct bytes value;
};
bool next_option(struct reader *r, struct option *out);
/* A one-octet value. */
void option_u8(struct reader *r, const struct option *o, bool *has, uint8_t *out);
void skip_options(struct reader *r);
void put_option(struct buf *b, uint16_t tag, struct bytes value);

/* How a body is read and written; rows of command.def name these. */
struct body {
    void (*decode)(struct reader *r, struct smpp_pdu *out);
    enum xk_err (*encode)(const struct smpp_pdu *p, struct buf *out);
};
extern const struct body body_bind, body_bind_resp, body_outbind;  /* bind.c */
extern const struct body body_sm, body_data, body_sm_resp;         /* sm.c */
extern const struct body body_query, body_query_resp, body_cancel; /* manage.c */
extern const struct body body_replace, body_alert;

#endif
