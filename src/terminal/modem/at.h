/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the AT interpreter (V.250, TS 27.007, TS 27.005). One command runs at a time;
 * one that waits for card or network holds the characters behind it. */
#ifndef TERMINAL_MODEM_AT_H
#define TERMINAL_MODEM_AT_H

#include "base/hex.h"
#include "codec/at/at.h"
#include "terminal/modem/core.h"

#define AT_OUT_MAX 32768 /* waiting for the port; more is lost, as on a port nobody reads */
#define AT_TYPED_MAX 4096
#define AT_MESSAGE_MAX 400 /* digits of a PDU with its service centre */
#define AT_STORE_MAX 20
#define AT_CHANNELS 20

/* How a command ends. CME and CMS errors are a family and a code. */
typedef int at_result;
#define AT_OK 0
#define AT_ERROR 1
#define AT_WAIT 2 /* at_finish comes later */
#define AT_FAMILY_CME 0x1000
#define AT_FAMILY_CMS 0x2000
#define AT_CODE 0x0FFF

enum at_errors {
#define AT_CME(name, code, text) CME_##name = AT_FAMILY_CME | (code),
#define AT_CMS(name, code) CMS_##name = AT_FAMILY_CMS | (code),
#include "terminal/modem/at_errors.def"
#undef AT_CME
#undef AT_CMS
};

typedef at_result at_fn(struct modem *m, const struct at_command *c);
typedef void at_card_fn(struct modem *m);
typedef void at_answer_fn(struct modem *m, const struct apdu_response *r);

enum at_scan { SCAN_LIST, SCAN_COUNT, SCAN_DELETE };

struct at_stored { /* in the memory of the ME */
    bool unread;
    uint8_t n; /* 0: free */
    uint8_t tpdu[SMS_TPDU_MAX];
    char smsc[SMS_NUMBER_TEXT];
};

struct modem_at {
    struct buf out, given;
    bool echo, verbose, quiet;
    uint8_t cmee;
    uint8_t functionality; /* +CFUN */
    uint8_t reporting[3];  /* <n> of +CREG, +CGREG, +CEREG */
    enum modem_registration told;
    struct modem_cell told_cell;
    uint8_t operator_mode, operator_format;
    bool restart;

    char line[AT_LINE_MAX + 1];
    size_t line_n;
    bool too_long;
    struct cur rest; /* of the line being performed */
    bool running, busy;
    struct buf typed; /* behind a command that waits; read up to typed_at */
    size_t typed_at;

    bool prompt; /* a message is being typed */
    char message[AT_MESSAGE_MAX];
    size_t message_n;
    long message_len;

    /* the command that uses the card */
    at_card_fn *start;
    at_answer_fn *answer;
    uint8_t apdu[APDU_COMMAND_MAX];
    size_t apdu_n;
    uint16_t path[4];
    uint8_t path_n, path_at;
    uint8_t channel;
    uint32_t channels; /* opened by +CCHO */
    uint8_t pin_ins;

    enum at_scan scan;
    uint8_t record, status, used;
    bool one_record;
    uint8_t delete_flag;
    bool in_card; /* +CPMS: "SM" */
    uint8_t indications[5];
    uint8_t message_ref;
    struct at_stored *store; /* AT_STORE_MAX of them from the first message on */
};

/* at.c */
void at_line(struct modem *m, const char *fmt, ...) XK_PRINTF(2, 3); /* CR LF text CR LF */
void at_text(struct modem *m, const char *text);
void at_finish(struct modem *m, at_result result);
at_result at_use_card(struct modem *m, at_card_fn *start, at_answer_fn *answer);
at_result at_card_trouble(const struct modem *m); /* why it cannot be used; AT_OK when it can */
bool at_quoted(const struct at_command *c, size_t i, char *out, size_t cap);
bool at_hex(const struct at_command *c, size_t i, uint8_t *out, size_t cap, size_t *n);
/* ERROR unless the parameter is there and in min..max */
bool at_number(const struct at_command *c, size_t i, long min, long max, long *out);
void at_hold_message(struct modem *m);

/* at_sms.c */
at_result at_message_typed(struct modem *m);

#define AT_COMMAND(name, handler) at_fn handler;
#include "terminal/modem/at_commands.def"
#undef AT_COMMAND

#endif
