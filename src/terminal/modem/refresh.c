/* SPDX-License-Identifier: Apache-2.0 */
/* REFRESH (TS 102 223 6.4.7, TS 31.111 6.4.7): what the card has changed is read again. */
#include "terminal/modem/core.h"

static void refuse(struct modem *m)
{
    modem_reply_cause(m, CAT_RESULT_TERMINAL_UNABLE, 0x00);
}

/* In reset mode there is no TERMINAL RESPONSE: the reset says it all (6.4.7.1). */
static void reset_card(struct modem *m)
{
    m->refreshes++;
    modem_emm_card_gone(m);
    modem_card_start(m);
}

static void answer_then_act(struct modem *m, uint64_t rows)
{
    m->toolkit.refresh_waiting = true;
    m->toolkit.refresh_rows = rows;
    modem_reply(m, CAT_RESULT_OK, BYTES_NONE, BYTES_NONE);
}

static void files_changed(struct modem *m, const struct cat_proactive *p)
{
    struct bytes list;

    if (cat_tlv_find(p->objects, CAT_TAG_FILE_LIST, &list) != XK_OK || list.n == 0)
        modem_reply(m, CAT_RESULT_VALUES_MISSING, BYTES_NONE, BYTES_NONE);
    else
        answer_then_act(m, modem_boot_rows_files(list));
}

void modem_refresh(struct modem *m, const struct cat_proactive *p)
{
    if (m->config.refuse_refresh) {
        refuse(m);
        return;
    }
    switch (p->qualifier) {
    case CAT_REFRESH_RESET:
        reset_card(m);
        return;
    case CAT_REFRESH_FCN:
        files_changed(m, p);
        return;
    case CAT_REFRESH_INIT_FULL_FCN:
    case CAT_REFRESH_INIT_FCN:
    case CAT_REFRESH_INIT:
    case CAT_REFRESH_APP_RESET:
    case CAT_REFRESH_SESSION_RESET:
        answer_then_act(m, modem_boot_rows_init());
        return;
    default:
        modem_reply(m, CAT_RESULT_BEYOND_CAPABILITIES, BYTES_NONE, BYTES_NONE);
    }
}

/* The application starts anew: the network hears that the old subscriber is gone. */
void modem_refresh_act(struct modem *m)
{
    struct modem_toolkit *t = &m->toolkit;

    t->refresh_waiting = false;
    m->refreshes++;
    if (t->refresh_rows == modem_boot_rows_init()) {
        modem_emm_card_gone(m);
        m->card.state = CARD_STARTING;
    }
    m->card.rows = t->refresh_rows;
    modem_want(m, JOB_BOOT);
}
