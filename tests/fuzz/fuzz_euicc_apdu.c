/* SPDX-License-Identifier: Apache-2.0 */
/* An eUICC with a profile on it, under a sequence of commands (stateful). Whatever comes is
 * answered with a status word, and the card stays whole; a power cut leaves it whole, too. The
 * input is a list of records:
 *
 *   n(1..255) n bytes             a command APDU
 *   00 00                         reset, and a channel to the ISD-R
 *   00 01 k(2)                    power is cut in the k-th step of the memory from here
 *   00 02 step(1)                 what an LPA does: rows of `steps`
 *   00 03 n(2) n bytes            a function of ES10, in as many blocks as it takes
 *   00 04 n(2) n bytes            a profile package, bound and signed properly, and loaded
 *   00 05 what(1) at(2) mask(1)   a request of the SM-DP+ with one byte bent */
#include "euicc_bench.h"
#include "fuzz.h"

#define RECORDS_MAX 100

enum control { CONTROL_RESET, CONTROL_CUT, CONTROL_STEP, CONTROL_ES10, CONTROL_UPP, CONTROL_BEND };

/* What every input begins with; made once. */
static struct bench *ready(void)
{
    static struct bench bench;

    if (!bench.pki) {
        bench_init(&bench, EC_P256);
        bench_open(&bench);
        FUZZ_CHECK(bench_install(&bench) == BENCH_INSTALLED);
    }
    return &bench;
}

/* A cut may come in the reset, too. */
static void reopen(struct bench *b, enum bench_terminal terminal)
{
    struct bytes atr;
    enum xk_err err = euicc_reset(b->card, &atr);

    FUZZ_CHECK(err == XK_OK || err == XK_E_CLOSED);
    flash_memory_cut_at(b->memory, 0, 0);
    bench_open_as(b, terminal);
}

static void check_answer(struct bench *b)
{
    if (b->power_lost) {
        reopen(b, TERMINAL_PLAIN);
        FUZZ_CHECK(euicc_check(b->card) == XK_OK);
        return;
    }
    FUZZ_CHECK(b->sw >> 12 == 6 || b->sw >> 12 == 9);
}

static void load(struct bench *b, struct bytes upp)
{
    struct buf package;

    if (upp.n == 0 || bench_authenticate(b) != 0 || bench_prepare(b) != 0)
        return;
    b->dp.upp = upp;
    buf_init(&package, 2 * BENCH_SIZE);
    bench_put_package(b, &package);
    (void)bench_load(b, buf_bytes(&package));
    buf_fini(&package);
    b->dp.upp = BYTES_NONE;
}

static void another(struct bench *b)
{
    (void)bench_install_iccid(b, BENCH_ICCID2);
}

static void authenticate(struct bench *b)
{
    (void)bench_authenticate(b);
}

static void enable(struct bench *b)
{
    (void)bench_enable(b, BENCH_ICCID, REFRESH);
}

static void enable_at_once(struct bench *b)
{
    (void)bench_enable(b, BENCH_ICCID2, NO_REFRESH);
}

static void disable(struct bench *b)
{
    (void)bench_disable(b, BENCH_ICCID, NO_REFRESH);
}

static void erase(struct bench *b)
{
    (void)bench_delete(b, BENCH_ICCID);
}

static void serve(struct bench *b)
{
    (void)bench_serve(b, 0);
}

static void toolkit(struct bench *b)
{
    reopen(b, TERMINAL_TOOLKIT);
}

static void take_step(struct bench *b, uint8_t step)
{
    static void (*const steps[])(struct bench *) = {
        another, authenticate, enable, enable_at_once, disable, erase, serve, toolkit,
    };

    if (step < ARRAY_LEN(steps))
        steps[step](b);
}

/* 0: AuthenticateServer, 1: PrepareDownload, else the bound package. */
static void bend(struct bench *b, uint8_t what, size_t at, uint8_t mask)
{
    struct rsp_bpp_pieces pieces;
    struct buf request;

    buf_init(&request, BENCH_SIZE);
    if (what == 0) {
        bench_challenge(b);
        bench_put_authenticate(b, &request);
    } else if (bench_authenticate(b) == 0) {
        if (what == 1)
            bench_put_prepare(b, &request);
        else if (bench_prepare(b) == 0)
            bench_put_package(b, &request);
    }
    if (request.n > 0) {
        request.p[at % request.n] ^= mask;
        if (what < 2)
            (void)bench_es10(b, buf_bytes(&request));
        else if (rsp_bpp_pieces_init(&pieces, buf_bytes(&request)) == XK_OK)
            (void)bench_load(b, buf_bytes(&request));
    }
    buf_fini(&request);
}

static void control(struct bench *b, struct cur *c)
{
    uint8_t what;
    uint16_t at;

    switch (cur_u8(c)) {
    case CONTROL_RESET:
        reopen(b, TERMINAL_PLAIN);
        return;
    case CONTROL_CUT:
        at = cur_u16(c);
        flash_memory_cut_at(b->memory, at, at ^ c->n);
        return;
    case CONTROL_STEP:
        take_step(b, cur_u8(c));
        return;
    case CONTROL_ES10:
        (void)bench_es10(b, cur_take(c, cur_u16(c)));
        return;
    case CONTROL_UPP:
        load(b, cur_take(c, cur_u16(c)));
        return;
    case CONTROL_BEND:
        what = cur_u8(c);
        at = cur_u16(c);
        bend(b, what, at, cur_u8(c));
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur c = cur_of(BYTES(data, n));
    struct bench b;

    bench_copy(ready(), &b);
    bench_open(&b);
    for (int i = 0; i < RECORDS_MAX && c.n > 0 && !c.bad; i++) {
        uint8_t length = cur_u8(&c);

        b.sw = SW_OK;
        b.power_lost = false;
        buf_reset(&b.answer);
        if (length == 0)
            control(&b, &c);
        else
            bench_apdu(&b, cur_take(&c, length));
        check_answer(&b);
    }
    flash_memory_cut_at(b.memory, 0, 0);
    FUZZ_CHECK(euicc_check(b.card) == XK_OK);
    bench_copy_fini(&b);
    return 0;
}
