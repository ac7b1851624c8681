/* SPDX-License-Identifier: Apache-2.0 */
/* APDUs: one command after another, with what is left of long answers and requests (SGP.22 5.7.2,
 * TS 102 221 7.3.1.1). */
#include "base/hex.h"
#include "terminal/lpa/core.h"

#define CLA_STORE_DATA 0x80
#define P1_MORE_BLOCKS 0x11
#define P1_LAST_BLOCK 0x91
#define CHANNELS_FIRST 4 /* 0 to 3 in the low bits of the class, 4 to 19 in class 4x */
#define FOLLOW_UPS_MAX 1024
#define SW1_MORE 0x61
#define SW1_WRONG_LE 0x6C
#define SW1_PROACTIVE 0x91

uint8_t lpa_class(const struct lpa *l, uint8_t cla)
{
    uint8_t channel = l->card.channel;

    if (channel < CHANNELS_FIRST)
        return (uint8_t)(cla | channel);
    return (uint8_t)(cla | 0x40 | (channel - CHANNELS_FIRST));
}

struct bytes lpa_card_answer(const struct lpa *l)
{
    return buf_bytes(&l->card.response);
}

void lpa_card_forget(struct lpa *l)
{
    l->card.open = l->card.waits = l->card.wants_refresh = false;
    l->card.channel = 0;
}

static void transmit(struct lpa *l)
{
    l->wanted = WANTS_CARD;
    l->action = (struct lpa_action){.type = LPA_TRANSMIT,
                                    .channel = l->card.channel,
                                    .command = BYTES(l->card.apdu, l->card.apdu_n)};
    l->ready = true;
}

static void send(struct lpa *l, const struct apdu_command *command)
{
    struct buf b;

    buf_init_fixed(&b, l->card.apdu, sizeof l->card.apdu);
    apdu_encode_command(&b, command);
    l->card.apdu_n = b.n;
    if (buf_ok(&b) == XK_OK)
        transmit(l);
    else
        lpa_fail_own(l, b.err);
}

static void begin(struct lpa *l)
{
    buf_wipe(&l->card.response);
    l->card.chains = l->card.waits = false;
    l->card.follow_ups = l->card.busy = 0;
    l->card.sw = 0;
}

void lpa_card_send(struct lpa *l, const struct apdu_command *command)
{
    begin(l);
    send(l, command);
}

static void send_block(struct lpa *l)
{
    struct bytes block = bytes_part(l->card.left, 0, l->config.block);
    bool last = block.n == l->card.left.n;

    l->card.left = bytes_part(l->card.left, block.n, l->card.left.n);
    send(l, &(struct apdu_command){.cla = lpa_class(l, CLA_STORE_DATA),
                                   .ins = INS_STORE_DATA,
                                   .p1 = last ? P1_LAST_BLOCK : P1_MORE_BLOCKS,
                                   .p2 = l->card.block_number++,
                                   .data = block,
                                   .has_le = true,
                                   .le = 256});
}

void lpa_card_store(struct lpa *l, struct bytes der)
{
    if (der.n == 0 || der.n > l->config.block * 256) {
        lpa_fail_own(l, XK_E_LIMIT);
        return;
    }
    begin(l);
    l->card.chains = true;
    l->card.left = der;
    l->card.block_number = 0;
    send_block(l);
}

void lpa_card_ask(struct lpa *l, enum xk_err encoded)
{
    if (encoded == XK_OK)
        encoded = buf_ok(&l->request);
    if (encoded == XK_OK)
        lpa_card_store(l, buf_bytes(&l->request));
    else
        lpa_fail_own(l, encoded);
}

void lpa_card_ask_empty(struct lpa *l, uint32_t tag)
{
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_empty(tag, &l->request));
}

void lpa_card_again(struct lpa *l)
{
    l->card.waits = false;
    transmit(l);
}

/* The same command with Le as the card wants it, or GET RESPONSE in the class of the command. */
static void follow_up(struct lpa *l, const struct apdu_response *r)
{
    uint8_t le = (uint8_t)r->sw;
    uint8_t last[APDU_COMMAND_MAX];
    struct apdu_command c;

    memcpy(last, l->card.apdu, l->card.apdu_n);
    if (apdu_decode_command(BYTES(last, l->card.apdu_n), &c) != XK_OK) {
        lpa_fail_own(l, XK_E_INTERNAL);
        return;
    }
    if (r->sw >> 8 == SW1_MORE) {
        c.ins = INS_GET_RESPONSE;
        c.p1 = c.p2 = 0;
        c.data = BYTES_NONE;
    }
    c.has_le = true;
    c.le = le ? le : 256;
    send(l, &c);
}

static bool wants_follow_up(struct lpa *l, uint16_t sw)
{
    uint8_t sw1 = (uint8_t)(sw >> 8);

    return (sw1 == SW1_MORE || sw1 == SW1_WRONG_LE) && l->card.follow_ups++ < FOLLOW_UPS_MAX;
}

static bool is_busy(struct lpa *l, uint16_t sw)
{
    return sw == SW_TOOLKIT_BUSY && l->card.busy++ < LPA_BUSY_TRIES;
}

static void wait_for_it(struct lpa *l)
{
    l->card.waits = true;
    l->wanted = WANTS_CARD;
    l->action = (struct lpa_action){.type = LPA_WAIT, .wait_ms = LPA_BUSY_WAIT_MS};
    l->ready = true;
}

/* Whole answers go to the state; an eUICC that answers before the last block has made up its mind
 * (SGP.22 5.7.6: a package that fails). */
static void end(struct lpa *l)
{
    l->card.wants_refresh |= l->card.sw >> 8 == SW1_PROACTIVE;
    if (l->card.chains && l->card.left.n > 0 && l->card.response.n == 0)
        send_block(l);
    else
        lpa_answered(l);
}

void lpa_card_take(struct lpa *l, struct bytes wire)
{
    struct apdu_response r;

    if (apdu_decode_response(wire, &r) != XK_OK) {
        lpa_card_forget(l);
        l->card.gone = true;
        lpa_was_refused(l);
        return;
    }
    l->card.gone = false;
    l->card.sw = r.sw;
    if (is_busy(l, r.sw)) {
        wait_for_it(l);
        return;
    }
    buf_put_bytes(&l->card.response, r.data);
    if (buf_ok(&l->card.response) != XK_OK)
        lpa_fail_own(l, l->card.response.err);
    else if (wants_follow_up(l, r.sw))
        follow_up(l, &r);
    else if (r.sw == SW_OK || r.sw >> 8 == SW1_PROACTIVE)
        end(l);
    else
        lpa_was_refused(l);
}

/* ---- what a card can do wrong ---- */

void lpa_card_refused(struct lpa *l)
{
    struct lpa_fault fault =
        lpa_fault(l, l->card.gone ? LPA_FAULT_CARD_GONE : LPA_FAULT_CARD_REFUSED);

    fault.sw = l->card.gone ? 0 : l->card.sw;
    lpa_fail_with(l, &fault);
}

/* Its first bytes go into the story. */
void lpa_card_malformed(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_CARD_MALFORMED);
    struct bytes head = bytes_part(lpa_card_answer(l), 0, 32);

    hex_encode(head, fault.message);
    fault.sw = l->card.sw;
    lpa_fail_with(l, &fault);
}

struct lpa_fault lpa_card_fault(const struct lpa *l, enum rsp_code_table table, uint32_t code)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_CARD_CODE);

    fault.table = table;
    fault.code = code;
    return fault;
}

void lpa_card_code(struct lpa *l, enum rsp_code_table table, uint32_t code)
{
    struct lpa_fault fault = lpa_card_fault(l, table, code);

    lpa_fail_with(l, &fault);
}
