/* SPDX-License-Identifier: Apache-2.0 */
/* A card behind a modem, as the LPA reaches it: the modem is a thread with a part to say. */
#include "net/pty/pty.h"
#include "prog/lpa/slot.h"
#include "xt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define LINE_MAX 256
#define SILENCE_MS 20000

struct line {
    const char *hears, *says;
};

struct modem {
    struct pty pty;
    pthread_t thread;
    const struct line *part;
    size_t n, at;
    char wrong[LINE_MAX]; /* what it heard instead */
};

static void say(int fd, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) /* in the smallest pieces */
        while (write(fd, text + i, 1) < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, SILENCE_MS);
}

/* Up to CR; false: nothing came for long. */
static bool hear(int fd, char line[LINE_MAX])
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t n = 0;

    while (n + 1 < LINE_MAX && poll(&p, 1, SILENCE_MS) == 1) {
        if (read(fd, line + n, 1) != 1)
            continue;
        if (line[n] == '\r') {
            line[n] = '\0';
            return true;
        }
        n++;
    }
    return false;
}

static void *play(void *arg)
{
    struct modem *m = arg;
    char line[LINE_MAX];

    for (; m->at < m->n && hear(m->pty.fd, line); m->at++) {
        if (strcmp(line, m->part[m->at].hears) != 0) {
            snprintf(m->wrong, sizeof m->wrong, "%s", line);
            return NULL;
        }
        say(m->pty.fd, m->part[m->at].says);
    }
    return NULL;
}

static void start(struct modem *m, const struct line *part, size_t n)
{
    *m = (struct modem){.part = part, .n = n};
    CHECK_OK(pty_open(&m->pty, NULL));
    if (pthread_create(&m->thread, NULL, play, m) != 0)
        abort();
}

/* Its part is said to the end, and nothing else was heard. */
static void end(struct modem *m, struct slot *slot)
{
    pthread_join(m->thread, NULL);
    CHECK_INT(m->at, m->n);
    CHECK_STR(m->wrong, "");
    slot_close(slot);
    pty_close(&m->pty);
}

#define OK "\r\nOK\r\n"
#define GREETING                                                                                   \
    {"AT", OK}, {"ATE0", "ATE0\r" OK},                                                             \
    {                                                                                              \
        "AT+CCHO=?", OK                                                                            \
    }
#define OPENS                                                                                      \
    {                                                                                              \
        "AT+CCHO=\"A000000559\"", "\r\n+CCHO: 2\r\n" OK                                            \
    }

static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x05, 0x59};
static const uint8_t command[] = {0x80, 0xE2, 0x91, 0x00, 0x00};

static struct slot *open_slot(struct modem *m)
{
    struct slot *slot = NULL;
    char why[256];
    struct buf b;

    buf_init_fixed(&b, why, sizeof why);
    CHECK_OK(slot_open_modem(m->pty.path, &slot, &b));
    if (!slot)
        abort();
    return slot;
}

static void open_channel(struct slot *slot)
{
    uint8_t channel = 0;

    CHECK_OK(slot->ops->open_channel(slot, BYTES_OF(aid), &channel));
    CHECK_INT(channel, 2);
}

static enum xk_err transmit(struct slot *slot, char hex[64])
{
    uint8_t mem[16];
    struct buf answer;
    enum xk_err err;

    buf_init_fixed(&answer, mem, sizeof mem);
    err = slot->ops->transmit(slot, 2, BYTES_OF(command), &answer);
    hex_encode(buf_bytes(&answer), hex);
    return err;
}

TEST(a_command_and_its_answer)
{
    static const struct line part[] = {
        GREETING,
        OPENS,
        {"AT+CGLA=2,10,\"80E2910000\"", "+CREG: 1\r\n\r\n+CGLA: 8,\"BF3E9000\"\r\n" OK},
        {"AT+CGLA=2,10,\"80E2910000\"", "\r\n+CME ERROR: 13\r\n"},
        {"AT+CGLA=2,10,\"80E2910000\"", "\r\n+CGLA: 2,\"90\"\r\n" OK},
        {"AT+CCHC=2", "\r\n+CCHC\r\n" OK},
    };
    struct slot *slot;
    struct modem m;
    char hex[64];

    start(&m, part, ARRAY_LEN(part));
    slot = open_slot(&m);
    CHECK_INT(slot->ops->channels, SLOT_TERMINAL_OPENS);
    open_channel(slot);
    CHECK_OK(transmit(slot, hex));
    CHECK_STR(hex, "BF3E9000");
    CHECK_INT(transmit(slot, hex), XK_E_DENIED);
    CHECK_INT(transmit(slot, hex), XK_E_CLOSED); /* no status word */
    CHECK_STR(hex, "");
    CHECK_OK(slot->ops->close_channel(slot, 2));
    end(&m, slot);
}

TEST(no_channel)
{
    static const struct line part[] = {
        {"AT", "\r\nERROR\r\n"},
        {"ATE0", OK},
        {"AT+CCHO=?", OK},
        {"AT+CCHO=\"A000000559\"", "\r\n+CME ERROR: 10\r\n"},
        {"AT+CCHO=\"A000000559\"", OK},
    };
    struct slot *slot;
    struct modem m;
    uint8_t channel = 77;

    start(&m, part, ARRAY_LEN(part));
    slot = open_slot(&m);
    CHECK_INT(slot->ops->open_channel(slot, BYTES_OF(aid), &channel), XK_E_DENIED);
    CHECK_INT(slot->ops->open_channel(slot, BYTES_OF(aid), &channel), XK_E_FORMAT);
    CHECK_INT(channel, 77);
    end(&m, slot);
}

/* REFRESH: the modem tells that it has done it; the ISD-R is asked until it is there. */
TEST(the_modem_restarts_the_card)
{
    static const struct line part[] = {
        GREETING,
        OPENS,
        {"AT+CGLA=2,10,\"80E2910000\"", "+CGLA: 4,\"910B\"\r\n" OK "\r\n+CPIN: NOT READY\r\n"},
        {"AT+CCHO=\"A000000559\"", "\r\n+CME ERROR: 14\r\n"},
        {"AT+CCHO=\"A000000559\"", "\r\n+CPIN: READY\r\nERROR\r\n"},
        OPENS,
        {"AT+CCHC=2", OK},
    };
    struct slot *slot;
    struct modem m;
    char hex[64];

    start(&m, part, ARRAY_LEN(part));
    slot = open_slot(&m);
    open_channel(slot);
    CHECK_OK(transmit(slot, hex));
    CHECK_STR(hex, "910B");
    CHECK_OK(slot->ops->reset(slot));
    end(&m, slot);
}

/* It does nothing by itself: it is told to. A report from before does not count. */
TEST(the_card_is_restarted_by_us)
{
    static const struct line part[] = {
        GREETING,
        {"AT+CCHO=\"A000000559\"", "\r\n+CPIN: READY\r\n+CCHO: 2\r\n" OK},
        {"AT+CGLA=2,10,\"80E2910000\"", "+CGLA: 4,\"910B\"\r\n" OK},
        {"AT+CFUN=0", OK},
        {"AT+CFUN=1", "\r\n+CPIN: READY\r\n" OK},
        OPENS,
        {"AT+CCHC=2", OK},
    };
    struct slot *slot;
    struct modem m;
    char hex[64];

    start(&m, part, ARRAY_LEN(part));
    slot = open_slot(&m);
    open_channel(slot);
    CHECK_OK(transmit(slot, hex));
    CHECK_OK(slot->ops->reset(slot));
    end(&m, slot);
}

/* A modem that knows +CSIM only: the LPA opens its channels itself. */
TEST(without_channels)
{
    static const struct line part[] = {
        {"AT", OK},
        {"ATE0", OK},
        {"AT+CCHO=?", "\r\nERROR\r\n"},
        {"AT+CSIM=?", OK},
        {"AT+CSIM=10,\"80E2910000\"", "\r\n+CSIM: 4,\"910B\"\r\n" OK "+CPIN: NOT READY\r\n"},
        {"AT+CSIM=14,\"00A40004023F00\"", "\r\n+CME ERROR: 14\r\n"},
        {"AT+CSIM=14,\"00A40004023F00\"", "\r\n+CSIM: 4,6124\r\n" OK},
    };
    struct slot *slot;
    struct modem m;
    char hex[64];

    start(&m, part, ARRAY_LEN(part));
    slot = open_slot(&m);
    CHECK_INT(slot->ops->channels, SLOT_LPA_OPENS);
    CHECK_OK(transmit(slot, hex));
    CHECK_STR(hex, "910B");
    CHECK_OK(slot->ops->reset(slot));
    end(&m, slot);
}

TEST(without_a_way_to_the_card)
{
    static const struct line part[] = {
        {"AT", OK},
        {"ATE0", OK},
        {"AT+CCHO=?", "\r\nERROR\r\n"},
        {"AT+CSIM=?", "\r\nERROR\r\n"},
    };
    struct slot *slot = NULL;
    struct modem m;
    char text[256];
    struct buf why;

    start(&m, part, ARRAY_LEN(part));
    buf_init_fixed(&why, text, sizeof text);
    CHECK_INT(slot_open_modem(m.pty.path, &slot, &why), XK_E_UNSUPPORTED);
    CHECK(strstr(buf_cstr(&why), "without access to its card") != NULL);
    end(&m, NULL);
}

TEST(nobody_at_the_other_end)
{
    struct slot *slot = NULL;
    struct modem m;
    char text[256];
    struct buf why;

    start(&m, NULL, 0);
    buf_init_fixed(&why, text, sizeof text);
    CHECK_INT(slot_open_modem(m.pty.path, &slot, &why), XK_E_TIMEOUT);
    CHECK(strstr(buf_cstr(&why), "no modem answers") != NULL);
    end(&m, NULL);
}

TESTS_MAIN(XT_CASE(a_command_and_its_answer), XT_CASE(no_channel),
           XT_CASE(the_modem_restarts_the_card), XT_CASE(the_card_is_restarted_by_us),
           XT_CASE(without_channels), XT_CASE(without_a_way_to_the_card),
           XT_CASE(nobody_at_the_other_end))
