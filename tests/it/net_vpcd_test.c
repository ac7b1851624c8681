/* SPDX-License-Identifier: Apache-2.0 */
/* The card's side of vpcd against a reader played here. */
#include "net/vpcd/vpcd.h"
#include "xt.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct reader {
    int listening, fd;
    struct vpcd card;
    sigset_t mask;
};

static void reader_init(struct reader *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a;
    char port[16];

    sigemptyset(&r->mask);
    r->listening = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(r->listening, (struct sockaddr *)&a, sizeof a) != 0 || listen(r->listening, 1) != 0 ||
        getsockname(r->listening, (struct sockaddr *)&a, &n) != 0)
        abort();
    snprintf(port, sizeof port, "%u", ntohs(a.sin_port));
    if (vpcd_open(&r->card, "127.0.0.1", port) != XK_OK)
        abort();
    r->fd = accept(r->listening, NULL, NULL);
}

static void reader_fini(struct reader *r)
{
    vpcd_close(&r->card);
    vpcd_close(&r->card);
    close(r->fd);
    close(r->listening);
}

static void say(struct reader *r, const void *bytes, size_t n)
{
    if (write(r->fd, bytes, n) != (ssize_t)n)
        abort();
}

TEST(controls_and_commands)
{
    static const struct {
        const char *wire;
        enum vpcd_request request;
    } rows[] = {
        {"\x00\x01\x00", VPCD_POWER_OFF},
        {"\x00\x01\x01", VPCD_POWER_ON},
        {"\x00\x01\x02", VPCD_RESET},
        {"\x00\x01\x04", VPCD_ATR},
    };
    enum vpcd_request request;
    struct bytes apdu;
    struct reader r;

    reader_init(&r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        say(&r, rows[i].wire, 3);
        CHECK_OK(vpcd_receive(&r.card, &r.mask, &request, &apdu));
        CHECK_INT(request, rows[i].request);
        CHECK_INT(apdu.n, 0);
    }
    say(&r, "\x00\x05\x80\xF2", 4); /* in pieces */
    say(&r, "\x00\x00\x10\x00\x01", 5);
    CHECK_OK(vpcd_receive(&r.card, &r.mask, &request, &apdu));
    CHECK_INT(request, VPCD_APDU);
    CHECK_HEX(apdu, "80F2000010");
    reader_fini(&r);
}

TEST(answers_are_one_segment)
{
    uint8_t got[16], long_answer[600] = {0};
    struct reader r;

    reader_init(&r);
    CHECK_OK(vpcd_send(&r.card, BYTES("\x90\x00", 2)));
    CHECK_INT(recv(r.fd, got, sizeof got, 0), 4);
    CHECK_HEX(BYTES(got, 4), "00029000");
    CHECK_INT(vpcd_send(&r.card, BYTES_OF(long_answer)), XK_E_LIMIT);
    reader_fini(&r);
}

TEST(nonsense_and_the_end)
{
    enum vpcd_request request;
    struct bytes apdu;
    struct reader r;

    reader_init(&r);
    say(&r, "\x00\x01\x09", 3);
    CHECK_INT(vpcd_receive(&r.card, &r.mask, &request, &apdu), XK_E_FORMAT);
    say(&r, "\x00\x00", 2);
    CHECK_INT(vpcd_receive(&r.card, &r.mask, &request, &apdu), XK_E_FORMAT);
    say(&r, "\x00\x05\x80", 3); /* cut off in the middle */
    shutdown(r.fd, SHUT_WR);
    CHECK_INT(vpcd_receive(&r.card, &r.mask, &request, &apdu), XK_E_CLOSED);
    reader_fini(&r);
    CHECK_INT(vpcd_open(&r.card, "127.0.0.1", "1"), XK_E_IO);
    CHECK_INT(vpcd_open(&r.card, "no.such.host.invalid", "1"), XK_E_IO);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
}

/* A signal that is let in only while waiting ends the wait. */
TEST(signals_end_the_wait)
{
    const struct sigaction alarm_action = {.sa_handler = on_alarm};
    const struct itimerval soon = {.it_value = {.tv_usec = 1000}};
    enum vpcd_request request;
    struct bytes apdu;
    struct reader r;
    sigset_t blocked;

    reader_init(&r);
    sigaction(SIGALRM, &alarm_action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_INT(vpcd_receive(&r.card, &r.mask, &request, &apdu), XK_E_BUSY);
    reader_fini(&r);
}

TESTS_MAIN(XT_CASE(controls_and_commands), XT_CASE(answers_are_one_segment),
           XT_CASE(nonsense_and_the_end), XT_CASE(signals_end_the_wait))
