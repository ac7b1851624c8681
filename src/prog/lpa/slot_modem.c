/* SPDX-License-Identifier: Apache-2.0 */
/* The card behind a modem: logical channels over AT; with a modem that has none, +CSIM. */
#include "prog/lpa/slot.h"

#include "base/clock.h"
#include "codec/at/card_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#define BLOCK 120 /* modems choke on more */
#define ANSWER_MS 30000
#define GREETING_MS 3000
#define REFRESH_MS 3000 /* in which a modem begins to do what the card has asked for */
#define READY_MS 30000
#define PROBE_MS 250
#define AID_MAX 16
#define READ_MAX 512

struct modem_slot {
    struct slot slot;
    int fd;
    struct at_link link;
    uint8_t aid[AID_MAX]; /* last opened: whether the card is ready is asked by it */
    size_t aid_n;
};

static struct modem_slot *modem_slot(struct slot *s)
{
    return (struct modem_slot *)s;
}

/* ---- the line ---- */

static int64_t now_ms(void)
{
    return xk_monotonic_ns() / 1000000;
}

/* What comes until then, at least once; XK_E_TIMEOUT: nothing. */
static enum xk_err listen_until(struct modem_slot *m, int64_t until)
{
    int64_t left = until - now_ms();
    struct pollfd p = {.fd = m->fd, .events = POLLIN};
    uint8_t text[READ_MAX];
    ssize_t n;
    int ready = poll(&p, 1, left > 0 ? (int)left : 0);

    if (ready < 0)
        return errno == EINTR ? XK_OK : XK_E_IO;
    if (ready == 0)
        return XK_E_TIMEOUT;
    n = read(m->fd, text, sizeof text);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return XK_OK;
    if (n <= 0)
        return XK_E_CLOSED;
    at_link_take(&m->link, BYTES(text, (size_t)n));
    return XK_OK;
}

static enum xk_err say(struct modem_slot *m, struct bytes line)
{
    while (line.n > 0) {
        struct pollfd p = {.fd = m->fd, .events = POLLOUT};
        ssize_t n = write(m->fd, line.p, line.n);

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return XK_E_CLOSED;
        if (n < 0 && poll(&p, 1, ANSWER_MS) == 0)
            return XK_E_TIMEOUT;
        if (n > 0)
            line = bytes_part(line, (size_t)n, line.n);
    }
    return XK_OK;
}

/* XK_E_DENIED: the modem said ERROR. */
static enum xk_err command(struct modem_slot *m, struct buf *line, int ms)
{
    int64_t until = now_ms() + ms;

    TRY(buf_ok(line));
    at_link_begin(&m->link);
    TRY(say(m, buf_bytes(line)));
    while (m->link.result == AT_PENDING)
        TRY(listen_until(m, until));
    return m->link.result == AT_OK ? XK_OK : XK_E_DENIED;
}

static enum xk_err command_text(struct modem_slot *m, const char *text, int ms)
{
    char mem[64];
    struct buf line;

    buf_init_fixed(&line, mem, sizeof mem);
    buf_put_str(&line, text);
    return command(m, &line, ms);
}

/* ---- the card ---- */

static enum xk_err exchange(struct modem_slot *m, struct buf *line, struct buf *out)
{
    enum xk_err err;

    m->link.card_restarted = false; /* before: not for what this command asks for */
    err = command(m, line, ANSWER_MS);
    buf_wipe(line);
    TRY(err);
    if (m->link.apdu_n < 2)
        return XK_E_CLOSED;
    buf_put(out, m->link.apdu, m->link.apdu_n);
    return buf_ok(out);
}

static enum xk_err modem_transmit(struct slot *s, uint8_t channel, struct bytes apdu,
                                  struct buf *out)
{
    char mem[AT_LINE_MAX];
    struct buf line;

    buf_init_fixed(&line, mem, sizeof mem);
    at_put_transmit(&line, channel, apdu);
    return exchange(modem_slot(s), &line, out);
}

static enum xk_err generic_transmit(struct slot *s, uint8_t channel, struct bytes apdu,
                                    struct buf *out)
{
    char mem[AT_LINE_MAX];
    struct buf line;

    (void)channel;
    buf_init_fixed(&line, mem, sizeof mem);
    at_put_generic(&line, apdu);
    return exchange(modem_slot(s), &line, out);
}

static enum xk_err modem_open_channel(struct slot *s, struct bytes aid, uint8_t *channel)
{
    struct modem_slot *m = modem_slot(s);
    char mem[64];
    struct buf line;

    if (aid.n > AID_MAX)
        return XK_E_LIMIT;
    memmove(m->aid, aid.p, aid.n);
    m->aid_n = aid.n;
    buf_init_fixed(&line, mem, sizeof mem);
    at_put_open_channel(&line, aid);
    TRY(command(m, &line, ANSWER_MS));
    if (m->link.channel == 0)
        return XK_E_FORMAT;
    *channel = m->link.channel;
    return XK_OK;
}

static enum xk_err modem_close_channel(struct slot *s, uint8_t channel)
{
    char mem[32];
    struct buf line;

    buf_init_fixed(&line, mem, sizeof mem);
    at_put_close_channel(&line, channel);
    return command(modem_slot(s), &line, ANSWER_MS);
}

/* ---- the card starts anew ---- */

/* A modem that does the REFRESH tells that the card is away or back. */
static enum xk_err wait_for_refresh(struct modem_slot *m)
{
    int64_t until = now_ms() + REFRESH_MS;
    enum xk_err err = XK_OK;

    while (!m->link.card_restarted && err == XK_OK)
        err = listen_until(m, until);
    return err;
}

static enum xk_err pause_until(struct modem_slot *m, int64_t until)
{
    enum xk_err err = XK_OK;

    while (err == XK_OK)
        err = listen_until(m, until);
    return err == XK_E_TIMEOUT ? XK_OK : err;
}

/* Whatever profile is enabled, or none: the ISD-R answers, or the master file. XK_E_DENIED: not
 * yet. */
static enum xk_err probe(struct modem_slot *m)
{
    static const uint8_t select_mf[] = {0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00};
    uint8_t mem[AT_APDU_MAX], channel;
    struct slot *s = &m->slot;
    struct buf answer;

    if (s->ops->channels == SLOT_TERMINAL_OPENS) {
        TRY(modem_open_channel(s, BYTES(m->aid, m->aid_n), &channel));
        return modem_close_channel(s, channel);
    }
    buf_init_fixed(&answer, mem, sizeof mem);
    return generic_transmit(s, 0, BYTES_OF(select_mf), &answer);
}

static enum xk_err wait_until_ready(struct modem_slot *m)
{
    int64_t until = now_ms() + READY_MS;

    while (now_ms() < until) {
        enum xk_err err = probe(m);

        if (err != XK_E_DENIED)
            return err;
        TRY(pause_until(m, now_ms() + PROBE_MS));
    }
    return XK_E_TIMEOUT;
}

static enum xk_err modem_reset(struct slot *s)
{
    struct modem_slot *m = modem_slot(s);
    enum xk_err err = wait_for_refresh(m);

    if (err == XK_E_TIMEOUT) {
        TRY(command_text(m, "AT+CFUN=0\r", ANSWER_MS));
        err = command_text(m, "AT+CFUN=1\r", ANSWER_MS);
    }
    TRY(err);
    return wait_until_ready(m);
}

static void modem_close(struct slot *s)
{
    struct modem_slot *m = modem_slot(s);

    if (m->fd >= 0)
        close(m->fd);
    explicit_bzero(&m->link, sizeof m->link);
    free(m);
}

static const struct slot_ops modem_ops = {.channels = SLOT_TERMINAL_OPENS,
                                          .block = BLOCK,
                                          .transmit = modem_transmit,
                                          .open_channel = modem_open_channel,
                                          .close_channel = modem_close_channel,
                                          .reset = modem_reset,
                                          .close = modem_close};

static const struct slot_ops generic_ops = {.channels = SLOT_LPA_OPENS,
                                            .block = BLOCK,
                                            .transmit = generic_transmit,
                                            .reset = modem_reset,
                                            .close = modem_close};

/* ---- opening ---- */

/* XK_E_UNSUPPORTED: neither way to the card. */
static enum xk_err choose_way(struct modem_slot *m)
{
    enum xk_err err = command_text(m, "AT+CCHO=?\r", GREETING_MS);

    if (err != XK_E_DENIED)
        return err;
    m->slot.ops = &generic_ops;
    err = command_text(m, "AT+CSIM=?\r", GREETING_MS);
    return err == XK_E_DENIED ? XK_E_UNSUPPORTED : err;
}

static enum xk_err open_tty(struct modem_slot *m, const char *tty)
{
    struct termios t;
    enum xk_err err;

    m->fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (m->fd < 0)
        return errno == ENOENT ? XK_E_NOT_FOUND : errno == EACCES ? XK_E_DENIED : XK_E_IO;
    if (tcgetattr(m->fd, &t) != 0)
        return XK_E_VALUE;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    cfsetspeed(&t, B115200);
    if (tcsetattr(m->fd, TCSANOW, &t) != 0 || tcflush(m->fd, TCIOFLUSH) != 0)
        return XK_E_IO;
    /* the first line ends whatever somebody has begun: it may be an error */
    err = command_text(m, "AT\r", GREETING_MS);
    if (err != XK_OK && err != XK_E_DENIED)
        return err;
    TRY(command_text(m, "ATE0\r", GREETING_MS));
    return choose_way(m);
}

enum xk_err slot_open_modem(const char *tty, struct slot **out, struct buf *why)
{
    struct modem_slot *m = calloc(1, sizeof *m);
    enum xk_err err;

    if (!m)
        return XK_E_NOMEM;
    m->slot.ops = &modem_ops;
    err = open_tty(m, tty);
    if (err != XK_OK) {
        buf_printf(why, "%s: %s", tty,
                   err == XK_E_VALUE         ? "no terminal line"
                   : err == XK_E_TIMEOUT     ? "no modem answers"
                   : err == XK_E_DENIED      ? "it may not be used, or the modem refuses"
                   : err == XK_E_UNSUPPORTED ? "a modem without access to its card (+CCHO, +CSIM)"
                                             : xk_err_text(err));
        modem_close(&m->slot);
        return err;
    }
    *out = &m->slot;
    return XK_OK;
}
