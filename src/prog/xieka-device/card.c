/* SPDX-License-Identifier: Apache-2.0 */
/* The card in this process: from a file, or made for this run. */
#include <unistd.h>

#include "crypto/random.h"
#include "prog/xieka-device/device.h"

static enum xk_err open_memory(struct device *d)
{
    const struct options *o = &d->options;

    d->file.fd = -1;
    if (!o->card) {
        d->memory = nvm_memory_new();
        if (!d->memory)
            return XK_E_NOMEM;
        d->nvm = nvm_memory_port(d->memory);
        return XK_OK;
    }
    TRY(nvm_file_open(&d->file, o->card, o->new_card ? NVM_FILE_NEW : NVM_FILE_EXISTING));
    d->nvm = d->file.port;
    return XK_OK;
}

static enum xk_err make_card(struct device *d)
{
    struct usim_personalisation made;
    char text[256];
    struct buf why;
    enum xk_err err;

    buf_init_fixed(&why, text, sizeof text - 1);
    err = personalise_read(d->options.personalisation, &d->options.numbers, &why, &made);
    if (err == XK_OK)
        err = usim_manufacture(&d->nvm, &made, random_openssl(), &d->card);
    explicit_bzero(&made, sizeof made);
    if (why.n > 0)
        fprintf(stderr, "xieka-device: %.*s\n", (int)why.n, text);
    if (err != XK_OK && d->options.card)
        unlink(d->options.card);
    return err;
}

static enum xk_err open_euicc(struct device *d)
{
    TRY(flash_file_open(&d->flash, d->options.card, NVM_FILE_EXISTING));
    return euicc_open(&d->flash.port, random_openssl(), &d->euicc);
}

enum xk_err device_open_card(struct device *d)
{
    if (d->options.euicc)
        return open_euicc(d);
    TRY(open_memory(d));
    if (d->options.card && !d->options.new_card)
        return usim_open(&d->nvm, random_openssl(), &d->card);
    return make_card(d);
}

enum xk_err device_reset_card(struct device *d, struct bytes *atr)
{
    return d->euicc ? euicc_reset(d->euicc, atr) : usim_reset(d->card, atr);
}

enum xk_err device_transmit(struct device *d, struct bytes command, struct buf *out)
{
    return d->euicc ? euicc_transmit(d->euicc, command, out) : usim_transmit(d->card, command, out);
}

void device_close_card(struct device *d)
{
    euicc_free(d->euicc);
    flash_file_close(&d->flash);
    usim_free(d->card);
    nvm_file_close(&d->file);
    nvm_memory_free(d->memory);
}
