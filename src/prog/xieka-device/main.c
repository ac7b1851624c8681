/* SPDX-License-Identifier: Apache-2.0 */
/* xieka-device: one virtual terminal. See xieka-device(1). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "prog/xieka-device/device.h"

enum exit_code { EXIT_OK = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Caught only while poll waits, so that none comes between the look and the wait. */
static void catch_signals(sigset_t *while_waiting)
{
    const struct sigaction stop = {.sa_handler = on_stop};
    sigset_t held;

    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, while_waiting);
}

static int fail(const char *what, enum xk_err err)
{
    fprintf(stderr, "xieka-device: %s: %s\n", what, xk_err_text(err));
    return EXIT_TROUBLE;
}

static void write_port(struct device *d)
{
    ssize_t n = write(d->pty.fd, d->at.p, d->at.n);

    if (n <= 0)
        return;
    d->at.n -= (size_t)n;
    memmove(d->at.p, d->at.p + n, d->at.n);
}

static void read_port(struct device *d)
{
    uint8_t typed[1024];
    ssize_t n = read(d->pty.fd, typed, sizeof typed);

    if (n > 0)
        device_input(d, MODEM_IN_AT, BYTES(typed, n));
}

static struct timespec time_until(int64_t deadline)
{
    int64_t left = deadline - xk_now(xk_clock_system());

    if (left < 0)
        left = 0;
    return (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
}

static int64_t deadline_of(const struct device *d)
{
    int64_t radio = radio_deadline(&d->radio);
    int64_t modem = modem_deadline(d->modem);

    return radio < modem ? radio : modem;
}

static void turn(struct device *d, const sigset_t *mask)
{
    struct pollfd fds[] = {
        {.fd = d->pty.fd, .events = (short)(POLLIN | (d->at.n > 0 ? POLLOUT : 0))},
        {.fd = d->radio.fd, .events = radio_events(&d->radio)},
    };
    int64_t deadline = deadline_of(d);
    struct timespec wait = time_until(deadline);

    if (ppoll(fds, ARRAY_LEN(fds), deadline == INT64_MAX ? NULL : &wait, mask) < 0)
        return;
    if (fds[0].revents & POLLOUT)
        write_port(d);
    if (fds[0].revents & POLLIN)
        read_port(d);
    if (fds[1].revents && d->radio.fd >= 0)
        radio_ready(d, fds[1].revents);
    radio_time(d, xk_now(xk_clock_system()));
    if (modem_deadline(d->modem) <= xk_now(xk_clock_system()))
        device_input(d, MODEM_IN_TIME, BYTES_NONE);
}

static void flush_radio(struct device *d)
{
    if (d->radio.fd >= 0 && !d->radio.connecting && d->radio.out.n > 0)
        radio_ready(d, POLLOUT);
}

static void run(struct device *d)
{
    sigset_t mask;

    catch_signals(&mask);
    printf("%s\n", d->pty.link[0] ? d->pty.link : d->pty.path);
    fflush(stdout);
    device_input(d, MODEM_IN_POWER_ON, BYTES_NONE);
    while (!stopped)
        turn(d, &mask);
    device_input(d, MODEM_IN_POWER_OFF, BYTES_NONE);
    flush_radio(d);
}

static int open_all(struct device *d)
{
    const struct options *o = &d->options;
    enum xk_err err = device_open_card(d);

    if (err != XK_OK)
        return fail(o->card ? o->card : "the card", err);
    err = modem_new(&o->modem, &d->modem);
    if (err != XK_OK)
        return fail("the modem", err);
    err = radio_open(&d->radio, o->network, o->modem.rat);
    if (err != XK_OK)
        return fail(o->network, err);
    err = pty_open(&d->pty, o->link);
    return err == XK_OK ? EXIT_OK : fail(o->link ? o->link : "AT port", err);
}

static void close_all(struct device *d)
{
    pty_close(&d->pty);
    radio_close(&d->radio);
    modem_free(d->modem);
    device_close_card(d);
    buf_fini(&d->at);
}

int main(int argc, char **argv)
{
    struct device d = {.pty = {.fd = -1, .other = -1},
                       .radio = {.fd = -1},
                       .file = {.fd = -1},
                       .flash = {.fd = -1, .fresh = -1}};
    int code = options_read(&d.options, argc, argv);

    if (code != 0)
        return code == 1 ? EXIT_OK : EXIT_USAGE;
    buf_init(&d.at, DEVICE_AT_WAITING);
    code = open_all(&d);
    if (code == EXIT_OK)
        run(&d);
    close_all(&d);
    return code;
}
