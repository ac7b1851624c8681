/* SPDX-License-Identifier: Apache-2.0 */
#include "card/euicc/euicc.h"

#include "card/euicc/maker.h"
#include "codec/cat/cat.h"

#define CHANNELS_CARRIED 4 /* basic and three more, as card/uicc has them */
#define ANSWER_MAX 300

/* T=0 and T=1, toolkit, "eUICC" bit of TS 102 221 6.3.2.2 (TB after T=15: 82), TCK. */
static const uint8_t atr[] = {0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xA0, 0x73, 0xBE,
                              0x21, 0x13, 0x67, 0x43, 0x20, 0x07, 0x18, 0x00, 0x00, 0x01, 0xA5};

struct bytes euicc_atr(void)
{
    return BYTES_OF(atr);
}

/* ---- The card of the enabled profile ---- */

static enum xk_err new_card(struct euicc *e, struct profile_card **out)
{
    unsigned slot = slot_enabled(e);

    if (slot == NO_SLOT)
        return profile_card_open_empty(e->flash, &e->rand, &e->host, out);
    return profile_card_open(e->flash, slot_base(slot), &e->rand, &e->host, out);
}

enum xk_err euicc_open_card(struct euicc *e)
{
    struct profile_card *card = NULL;

    TRY(new_card(e, &card));
    profile_card_close(e->card);
    e->card = card;
    e->swap = e->refresh = false;
    return XK_OK;
}

static enum xk_err send(struct euicc *e, const uint8_t *command, size_t n)
{
    uint8_t mem[ANSWER_MAX];
    struct buf answer;

    buf_init_fixed(&answer, mem, sizeof mem);
    return profile_card_transmit(e->card, BYTES(command, n), &answer);
}

/* The channels as they were, with ISD-R and ECASD where they were selected; those of the profile's
 * applications are closed. */
static enum xk_err carry_channels(struct euicc *e, const uint8_t apps[CHANNELS_CARRIED])
{
    uint8_t select[5 + RSP_AID_MAX] = {0x00, 0xA4, 0x04, 0x0C, RSP_AID_MAX};
    static const uint8_t open[5] = {0x00, 0x70, 0x00, 0x00, 0x01};
    unsigned last = 0;

    for (unsigned i = 1; i < CHANNELS_CARRIED; i++) {
        if (apps[i] != APP_NONE)
            last = i;
    }
    for (unsigned i = 1; i <= last; i++)
        TRY(send(e, open, sizeof open));
    for (unsigned i = 0; i <= last; i++) {
        const uint8_t close[4] = {0x00, 0x70, 0x80, (uint8_t)i};

        if (apps[i] == APP_NONE && i > 0)
            TRY(send(e, close, sizeof close));
        if (apps[i] == APP_NONE)
            continue;
        isdr_aid_of((enum app)apps[i], select + 5);
        select[0] = (uint8_t)i;
        TRY(send(e, select, sizeof select));
    }
    return XK_OK;
}

/* The other card takes the place of the one before. An LPA that speaks to the ISD-R goes on doing
 * so on its channel; whatever was selected of the old profile is gone (SGP.22 5.7.16). */
static enum xk_err swap_card(struct euicc *e)
{
    uint8_t apps[CHANNELS_CARRIED];
    bool refresh = e->refresh;
    uint8_t terminal = profile_card_terminal(e->card);

    memcpy(apps, e->isdr, sizeof apps);
    TRY(euicc_open_card(e));
    memset(e->isdr, APP_NONE, sizeof e->isdr);
    TRY(carry_channels(e, apps));
    profile_card_know_terminal(e->card, terminal);
    if (refresh)
        (void)profile_card_refresh(e->card, CAT_REFRESH_RESET);
    return XK_OK;
}

/* ---- Life ---- */

static enum xk_err wake(struct euicc *e)
{
    TRY(euicc_read_maker(e));
    TRY(manage_apply_pending(e));
    TRY(load_recover(e));
    return euicc_open_card(e);
}

static enum xk_err new_euicc(const struct flash_port *port, const struct xk_rand *rand,
                             struct flash *flash, struct euicc **out)
{
    struct euicc *e = calloc(1, sizeof *e);
    enum xk_err err;

    if (!e) {
        flash_close(flash);
        return XK_E_NOMEM;
    }
    e->port = *port;
    e->rand = *rand;
    e->flash = flash;
    buf_init(&e->chain, CHAIN_MAX);
    isdr_host(e, &e->host);
    err = wake(e);
    if (err != XK_OK) {
        euicc_free(e);
        return err;
    }
    *out = e;
    return XK_OK;
}

enum xk_err euicc_manufacture(const struct flash_port *port, const struct euicc_personalisation *p,
                              const struct xk_rand *rand, struct euicc **out, const char **why)
{
    struct flash *flash;

    TRY(euicc_write_maker(port, p, &flash, why));
    return new_euicc(port, rand, flash, out);
}

enum xk_err euicc_open(const struct flash_port *port, const struct xk_rand *rand,
                       struct euicc **out)
{
    struct flash *flash;

    TRY(flash_open(port, &flash));
    return new_euicc(port, rand, flash, out);
}

void euicc_free(struct euicc *e)
{
    if (!e)
        return;
    session_drop(e);
    profile_card_close(e->card);
    for (size_t i = 0; i < e->n_identities; i++)
        ec_key_free(e->identities[i].key);
    x509_store_free(e->store);
    buf_wipe(&e->chain);
    buf_fini(&e->chain);
    flash_close(e->flash);
    explicit_bzero(e, sizeof *e);
    free(e);
}

enum xk_err euicc_reset(struct euicc *e, struct bytes *out)
{
    session_drop(e);
    isdr_forget(e);
    TRY(flash_recover(e->flash));
    if (e->dead)
        TRY(euicc_read_store(e)); /* what was not written down is not known */
    TRY(manage_apply_pending(e));
    TRY(load_recover(e));
    TRY(euicc_open_card(e));
    profile_card_reset(e->card);
    e->dead = false;
    *out = euicc_atr();
    return XK_OK;
}

enum xk_err euicc_transmit(struct euicc *e, struct bytes command, struct buf *out)
{
    enum xk_err err = XK_OK;

    if (e->dead)
        return XK_E_CLOSED;
    if (e->swap && !(command.n > 1 && command.p[1] == INS_GET_RESPONSE))
        err = swap_card(e);
    if (err == XK_OK)
        err = profile_card_transmit(e->card, command, out);
    e->dead = err != XK_OK;
    return err;
}

/* ---- For people and tests ---- */

enum xk_err euicc_get_state(struct euicc *e, struct euicc_state *out)
{
    struct euicc_state s = {.n_notifications = notify_count(e),
                            .capacity = flash_capacity(e->flash),
                            .used = flash_used(e->flash),
                            .loading = load_going(e)};
    uint8_t seq[4];
    struct cur c = cur_of(BYTES_OF(seq));

    TRY(eid_to_text(BYTES_OF(e->maker.eid), s.eid));
    TRY(flash_read(e->flash, OBJECT_SEQUENCE, 0, seq, sizeof seq));
    s.next_seq = cur_u32(&c);
    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        struct euicc_profile_state *p = &s.profiles[s.n_profiles];
        struct rsp_metadata m;
        struct row row;

        if (slot_row(e, i, &row) != XK_OK)
            continue;
        TRY(slot_metadata(e, i, &m));
        TRY(iccid_to_text(m.iccid, p->iccid));
        p->enabled = row.enabled != 0;
        p->profile_class = row.profile_class;
        s.n_profiles++;
    }
    *out = s;
    return XK_OK;
}

enum xk_err euicc_check(struct euicc *e)
{
    unsigned enabled = 0;

    if (e->dead)
        return XK_E_CLOSED;
    for (unsigned i = 0; i < EUICC_PROFILES_MAX; i++) {
        bool stored = profile_is_stored(e->flash, slot_base(i));
        struct rsp_metadata m;
        struct row row;

        if (slot_used(e, i) != stored)
            return XK_E_STATE;
        if (!stored)
            continue;
        if (slot_row(e, i, &row) != XK_OK || slot_metadata(e, i, &m) != XK_OK ||
            slot_of_iccid(e, m.iccid) != i)
            return XK_E_STATE;
        enabled += row.enabled != 0;
    }
    return enabled <= 1 ? XK_OK : XK_E_STATE;
}

size_t euicc_bytes(const struct euicc *e)
{
    return sizeof *e + flash_bytes(e->flash);
}
