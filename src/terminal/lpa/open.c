/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the ISD-R (SGP.22 5.7.1; TS 102 221 11.1.17, 11.1.19), and who it is. */
#include "terminal/lpa/core.h"

#define CLA_TERMINAL_CAPABILITY 0x80
#define TAG_TERMINAL_CAPABILITY 0xA9
#define TAG_EXTENDED_CHANNELS 0x81
#define TAG_EUICC_CAPABILITIES 0x83
#define LUI_LPD_LDS_IN_DEVICE 0x07
#define TAG_FCI 0x6F
#define TAG_FCP 0x62
#define TAG_PROPRIETARY 0xA5
#define CHANNEL_CLOSE 0x80
#define CHANNEL_MAX 19
#define SELECT_BY_NAME 0x04

static const uint8_t capabilities[] = {LUI_LPD_LDS_IN_DEVICE};

void lpa_terminal_capability(struct lpa *l)
{
    size_t at;

    if (l->config.terminal_opens_channel) { /* the modem has said what it can */
        lpa_go(l, STEP_TERMINAL_OPENS);
        return;
    }
    l->card.channel = 0;
    buf_wipe(&l->request);
    at = der_begin(&l->request, TAG_TERMINAL_CAPABILITY);
    der_put(&l->request, TAG_EXTENDED_CHANNELS, BYTES(capabilities, 0));
    der_put(&l->request, TAG_EUICC_CAPABILITIES, BYTES_OF(capabilities));
    der_close(&l->request, at);
    lpa_card_send(l, &(struct apdu_command){.cla = CLA_TERMINAL_CAPABILITY,
                                            .ins = INS_TERMINAL_CAPABILITY,
                                            .data = buf_bytes(&l->request)});
}

/* Cards older than the command refuse it and are as good. */
void lpa_terminal_capability_ok(struct lpa *l)
{
    if (l->card.gone)
        lpa_card_refused(l);
    else
        lpa_go(l, STEP_OPEN_CHANNEL);
}

void lpa_open_channel(struct lpa *l)
{
    lpa_card_send(l, &(struct apdu_command){.ins = INS_MANAGE_CHANNEL, .has_le = true, .le = 1});
}

void lpa_channel_opened(struct lpa *l)
{
    struct bytes answer = lpa_card_answer(l);

    if (answer.n != 1 || answer.p[0] == 0 || answer.p[0] > CHANNEL_MAX) {
        lpa_card_malformed(l);
        return;
    }
    l->card.channel = answer.p[0];
    lpa_go(l, STEP_SELECT_ISDR);
}

void lpa_channel_refused(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_NO_CHANNEL);

    fault.sw = l->card.sw;
    if (l->card.gone)
        lpa_card_refused(l);
    else
        lpa_fail_with(l, &fault);
}

void lpa_select_isdr(struct lpa *l)
{
    lpa_card_send(l, &(struct apdu_command){.cla = lpa_class(l, 0),
                                            .ins = INS_SELECT,
                                            .p1 = SELECT_BY_NAME,
                                            .data = l->config.isdr_aid,
                                            .has_le = true,
                                            .le = 256});
}

/* 6F { 84 AID, A5 .., E0 { 82 svn .. } }; cards put E0 inside A5 as well. What is not understood is
 * not needed either. */
static void read_fci(struct lpa *l, struct bytes fci)
{
    struct rsp_isdr_template template;
    struct der d = der_of(fci);
    uint32_t tag;
    struct bytes value, raw;

    while (der_next(&d, &tag, &value, &raw)) {
        if (tag == TAG_FCI || tag == TAG_FCP || tag == TAG_PROPRIETARY)
            d = der_of(BYTES(value.p, (size_t)(fci.p + fci.n - value.p)));
        else if (tag == TAG_ISDR_TEMPLATE && rsp_decode_isdr_template(raw, &template) == XK_OK)
            l->result.svn = template.svn;
    }
}

static void is_open(struct lpa *l)
{
    l->card.open = true;
    if (l->result.eid[0])
        lpa_eid_given(l);
    else
        lpa_go(l, STEP_GET_EID);
}

void lpa_isdr_selected(struct lpa *l)
{
    read_fci(l, lpa_card_answer(l));
    is_open(l);
}

static bool is_not_found(uint16_t sw)
{
    return sw == SW_FILE_NOT_FOUND || sw == SW_REF_DATA_NOT_FOUND || sw == SW_FUNCTION_UNSUPPORTED;
}

/* SELECT, or +CCHO, which does not say why. */
void lpa_isdr_refused(struct lpa *l)
{
    struct lpa_fault fault = lpa_fault(l, LPA_FAULT_NO_EUICC);
    bool by_terminal = l->config.terminal_opens_channel;

    if (by_terminal || (!l->card.gone && is_not_found(l->card.sw))) {
        fault.sw = by_terminal ? 0 : l->card.sw;
        l->card.open = !by_terminal; /* the channel is to be closed */
        lpa_fail_with(l, &fault);
        return;
    }
    lpa_card_refused(l);
}

void lpa_terminal_opens(struct lpa *l)
{
    lpa_want_channel(l);
}

void lpa_terminal_opened(struct lpa *l)
{
    is_open(l);
}

/* ---- EID: 5.7.20 ---- */

void lpa_get_eid(struct lpa *l)
{
    buf_wipe(&l->request);
    lpa_card_ask(l, rsp_encode_get_eid_request(&l->request));
}

/* Also when the card was opened again: the EID is known then. */
void lpa_eid_given(struct lpa *l)
{
    enum lpa_step next = l->after_open;
    struct bytes eid;

    if (!l->result.eid[0]) {
        if (rsp_decode_get_eid_response(lpa_card_answer(l), &eid) != XK_OK ||
            eid_to_text(eid, l->result.eid) != XK_OK) {
            lpa_card_malformed(l);
            return;
        }
    }
    l->after_open = STEP_END;
    if (next == STEP_END)
        lpa_procedure_done(l);
    else
        lpa_go(l, next);
}

/* ---- closing ---- */

void lpa_close_channel(struct lpa *l)
{
    uint8_t channel = l->card.channel;

    if (!l->card.open) {
        lpa_procedure_done(l);
        return;
    }
    if (l->config.terminal_opens_channel) {
        lpa_go(l, STEP_TERMINAL_CLOSES);
        return;
    }
    lpa_card_send(
        l, &(struct apdu_command){.ins = INS_MANAGE_CHANNEL, .p1 = CHANNEL_CLOSE, .p2 = channel});
}

void lpa_terminal_closes(struct lpa *l)
{
    lpa_want_channel_closed(l);
}

/* However it went: the task has its result. */
void lpa_channel_closed(struct lpa *l)
{
    lpa_card_forget(l);
    lpa_procedure_done(l);
}
