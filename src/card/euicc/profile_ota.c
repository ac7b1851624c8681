/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets to the enabled profile: remote file management (TS 102 226 7, TS 31.116), and
 * UpdateMetadata to its security domain (SGP.22 5.4.1, ES6). */
#include "card/euicc/profile_inside.h"
#include "codec/remote/remote.h"

#include <stdio.h>

#define STORE_DATA_LAST 0x80 /* P1 */
#define TAG_UPDATE_METADATA 0xBF2A
#define RECEIVER_NONE UINT32_MAX

/* ---- Who is meant ---- */

static uint32_t find_receiver(struct bytes part, const struct ota_head *h, const uint8_t *tar,
                              struct ota_receiver *out)
{
    for (unsigned i = 0; i < h->receivers; i++) {
        get_ota_receiver(part, h, i, out);
        if (memcmp(out->tar, tar, sizeof out->tar) == 0)
            return i;
    }
    return RECEIVER_NONE;
}

/* KIc and KID as far as the packet uses them: a key set by the high nibble, and an algorithm. */
static bool names_set(const struct scp80_command *c, const struct ota_set *s)
{
    uint8_t byte = (uint8_t)(s->version << 4 | s->algorithm);

    if ((c->spi1 & SCP80_SPI1_CIPHER) && (c->kic != byte || s->kic_n == 0))
        return false;
    if ((c->spi1 & SCP80_SPI1_INTEGRITY) == SCP80_SPI1_CC && (c->kid != byte || s->kid_n == 0))
        return false;
    return c->kic >> 4 == s->version || c->kid >> 4 == s->version;
}

static enum xk_err use_set(const struct ota_set *s, uint32_t number, struct ota_way *out)
{
    out->keyset = number;
    out->counter = s->counter;
    out->known_keys = true;
    TRY(secret_set(&out->keys.kic, BYTES(s->kic, s->kic_n)));
    return secret_set(&out->keys.kid, BYTES(s->kid, s->kid_n));
}

enum xk_err profile_ota_find(struct uicc *u, const struct scp80_command *c, struct ota_way *out,
                             uint8_t *status)
{
    struct profile_card *card = card_of(u);
    struct ota_receiver r;
    struct ota_head h;
    struct ota_set s;
    struct bytes part;
    enum xk_err err = XK_OK;

    *out = (struct ota_way){.known_keys = false};
    *status = SCP80_TAR_UNKNOWN;
    if (card->base == 0)
        return XK_OK;
    TRY(flash_get(card->flash, card->base + PART_OTA, &part));
    TRY(get_ota_head(part, &h));
    out->target = find_receiver(part, &h, c->tar, &r);
    if (out->target == RECEIVER_NONE)
        return XK_OK;
    *status = SCP80_POR_OK;
    out->spi1_minimum = r.spi1_minimum;
    for (unsigned i = 0; i < h.sets && !out->known_keys && err == XK_OK; i++) {
        get_ota_set(part, i, &s);
        if (s.domain == r.domain && names_set(c, &s))
            err = use_set(&s, i, out);
        explicit_bzero(&s, sizeof s);
    }
    return err;
}

/* ---- What it was told ---- */

enum xk_err profile_ota_take(struct uicc *u, const struct ota_way *w, const struct scp80_command *c,
                             const char *sender)
{
    struct profile_card *card = card_of(u);
    uint32_t object = card->base + PART_OTA;
    char address[SMS_NUMBER_TEXT] = "";
    uint8_t mem[sizeof c->counter];
    struct buf counter;

    buf_init_fixed(&counter, mem, sizeof mem);
    buf_put_u64(&counter, c->counter);
    snprintf(address, sizeof address, "%s", sender);
    TRY(flash_write(card->flash, object, OTA_SET_AT(w->keyset) + OTA_COUNTER_AT, BYTES_OF(mem)));
    return flash_write(card->flash, object, OTA_SENDER_AT, BYTES_OF(address));
}

enum xk_err profile_ota_address(struct uicc *u, char out[SMS_NUMBER_TEXT])
{
    struct profile_card *card = card_of(u);
    struct ota_head h;
    struct bytes part;

    out[0] = '\0';
    if (card->base == 0)
        return XK_OK;
    TRY(flash_get(card->flash, card->base + PART_OTA, &part));
    TRY(get_ota_head(part, &h));
    memcpy(out, h.sender, sizeof h.sender);
    return XK_OK;
}

/* ---- What it is to do ---- */

/* One script on its way. */
struct run {
    struct profile_card *card;
    struct ota_receiver receiver;
    struct uicc_remote files;
    struct buf stored; /* blocks of STORE DATA so far */
};

static enum xk_err store_data(struct run *r, const struct apdu_command *c, uint16_t *sw)
{
    const struct profile_host *host = &r->card->host;
    struct bytes all;

    if (c->p2 == 0)
        buf_reset(&r->stored);
    buf_put_bytes(&r->stored, c->data);
    *sw = SW_OK;
    if (!(c->p1 & STORE_DATA_LAST))
        return buf_ok(&r->stored);
    all = buf_bytes(&r->stored);
    *sw = SW_WRONG_DATA;
    if (!host->update_metadata || all.n < 2 || (all.p[0] << 8 | all.p[1]) != TAG_UPDATE_METADATA)
        return XK_OK;
    return host->update_metadata(host->ctx, all, sw);
}

static enum xk_err domain_command(struct run *r, struct bytes command, uint16_t *sw)
{
    struct apdu_command c;

    *sw = SW_WRONG_LENGTH;
    if (apdu_decode_command(command, &c) != XK_OK)
        return XK_OK;
    *sw = SW_INS_UNKNOWN;
    return c.ins == INS_STORE_DATA ? store_data(r, &c, sw) : XK_OK;
}

static enum xk_err run_command(struct run *r, struct bytes command, struct remote_answer *answer)
{
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf data;
    uint16_t sw;

    buf_init_fixed(&data, mem, sizeof mem);
    if (r->receiver.kind == OTA_FILES)
        TRY(uicc_remote_run(&r->card->uicc, &r->files, command, &data, &sw));
    else
        TRY(domain_command(r, command, &sw));
    if (!remote_answer_fits(answer, data.n)) {
        buf_reset(&data);
        sw = SW_TECHNICAL_PROBLEM;
    }
    remote_answer_add(answer, buf_bytes(&data), sw);
    return XK_OK;
}

/* Until the script ends, cannot be read, a command is refused, or nothing more can be answered. */
static enum xk_err run_script(struct run *r, struct bytes script, struct buf *out)
{
    struct remote_answer answer;
    struct remote_script s;
    struct bytes command;
    struct buf rows;
    enum xk_err err = XK_OK;

    buf_init(&rows, OTA_ANSWER_MAX);
    remote_open(script, &s);
    remote_answer_begin(&answer, s.format, &rows, OTA_ANSWER_MAX);
    while (err == XK_OK && answer.run < REMOTE_COMMANDS_MAX && remote_goes_on(answer.sw) &&
           remote_answer_fits(&answer, 0) && remote_next(&s, &command) == XK_OK)
        err = run_command(r, command, &answer);
    if (err == XK_OK)
        err = remote_answer_end(&answer, s.fault, out);
    buf_fini(&rows);
    return err;
}

/* A packet that was there before is answered with the bare status. */
enum xk_err profile_ota_run(struct uicc *u, struct exchange *x, const struct ota_way *w,
                            uint8_t status, struct bytes data, struct buf *out)
{
    struct run r = {.card = card_of(u)};
    struct ota_head h;
    struct bytes part;
    enum xk_err err;

    (void)x;
    if (status != SCP80_POR_OK)
        return XK_OK;
    TRY(flash_get(r.card->flash, r.card->base + PART_OTA, &part));
    TRY(get_ota_head(part, &h));
    get_ota_receiver(part, &h, w->target, &r.receiver);
    r.files = (struct uicc_remote){.adf = r.receiver.adf,
                                   .shared = (enum remote_access)r.receiver.shared,
                                   .adf_own = (enum remote_access)r.receiver.adf_own};
    uicc_remote_begin(u, &r.files);
    buf_init(&r.stored, SCP80_PACKET_MAX);
    err = run_script(&r, data, out);
    uicc_remote_end(u);
    buf_fini(&r.stored);
    return err;
}
