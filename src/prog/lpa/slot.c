/* SPDX-License-Identifier: Apache-2.0 */
/* The card in a file, and the card in a reader. */
#include "prog/lpa/slot.h"

#include "crypto/random.h"
#include "net/pcsc/pcsc.h"
#include "prog/cardfile/cardfile.h"

#define BLOCK_MAX 255

void slot_close(struct slot *s)
{
    if (s)
        s->ops->close(s);
}

/* ---- in a file ---- */

struct file_slot {
    struct slot slot;
    struct flash_file flash;
    struct euicc *card;
};

static struct file_slot *file_slot(struct slot *s)
{
    return (struct file_slot *)s;
}

static enum xk_err file_transmit(struct slot *s, uint8_t channel, struct bytes command,
                                 struct buf *out)
{
    (void)channel;
    return euicc_transmit(file_slot(s)->card, command, out);
}

static enum xk_err file_reset(struct slot *s)
{
    struct bytes atr;

    return euicc_reset(file_slot(s)->card, &atr);
}

static void file_close(struct slot *s)
{
    euicc_free(file_slot(s)->card);
    flash_file_close(&file_slot(s)->flash);
    free(s);
}

static const struct slot_ops file_ops = {.channels = SLOT_LPA_OPENS,
                                         .block = BLOCK_MAX,
                                         .transmit = file_transmit,
                                         .reset = file_reset,
                                         .close = file_close};

static enum xk_err open_card(struct file_slot *f, const char *path)
{
    TRY(flash_file_open(&f->flash, path, NVM_FILE_EXISTING));
    TRY(euicc_open(&f->flash.port, random_openssl(), &f->card));
    return file_reset(&f->slot);
}

enum xk_err slot_open_file(const char *path, struct slot **out, struct buf *why)
{
    struct file_slot *f = calloc(1, sizeof *f);
    enum xk_err err;

    if (!f)
        return XK_E_NOMEM;
    f->slot.ops = &file_ops;
    f->flash = (struct flash_file){.fd = -1, .fresh = -1};
    err = open_card(f, path);
    if (err != XK_OK) {
        buf_printf(why, "%s: %s (xieka-card --euicc --new --nvm makes one)", path,
                   err == XK_E_BUSY        ? "another program has this card"
                   : err == XK_E_NOT_FOUND ? "no such file"
                                           : xk_err_text(err));
        file_close(&f->slot);
        return err;
    }
    *out = &f->slot;
    return XK_OK;
}

/* ---- in a reader ---- */

struct reader_slot {
    struct slot slot;
    struct pcsc *pcsc;
};

static struct pcsc *pcsc_of(struct slot *s)
{
    return ((struct reader_slot *)s)->pcsc;
}

static enum xk_err reader_transmit(struct slot *s, uint8_t channel, struct bytes command,
                                   struct buf *out)
{
    (void)channel;
    return pcsc_transmit(pcsc_of(s), command, out);
}

static enum xk_err reader_reset(struct slot *s)
{
    return pcsc_reset(pcsc_of(s));
}

static void reader_close(struct slot *s)
{
    pcsc_close(pcsc_of(s));
    free(s);
}

static const struct slot_ops reader_ops = {.channels = SLOT_LPA_OPENS,
                                           .block = BLOCK_MAX,
                                           .transmit = reader_transmit,
                                           .reset = reader_reset,
                                           .close = reader_close};

enum xk_err slot_open_reader(const char *reader, struct slot **out, struct buf *why)
{
    struct reader_slot *r = calloc(1, sizeof *r);
    enum xk_err err;

    if (!r)
        return XK_E_NOMEM;
    r->slot.ops = &reader_ops;
    err = pcsc_open(&r->pcsc);
    if (err == XK_OK)
        err = pcsc_connect(r->pcsc, reader[0] ? reader : NULL, PCSC_EXCLUSIVE);
    if (err != XK_OK) {
        buf_printf(why, "%s%s%s", reader, reader[0] ? ": " : "",
                   err == XK_E_NOT_FOUND ? "no such reader, or no card in it"
                   : err == XK_E_BUSY    ? "another program has the card"
                   : !r->pcsc            ? "no PC/SC daemon (pcscd) is there"
                                         : pcsc_error_text(r->pcsc));
        reader_close(&r->slot);
        return err;
    }
    *out = &r->slot;
    return XK_OK;
}
