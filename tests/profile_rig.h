/* SPDX-License-Identifier: Apache-2.0 */
/* A profile on the bench: a package is installed in pieces cut at random into a flash in memory,
 * and the card it makes is talked to in hexadecimal. */
#ifndef TESTS_PROFILE_RIG_H
#define TESTS_PROFILE_RIG_H

#include "card/euicc/profile.h"
#include "codec/rsp/euicc_response.h"
#include "crypto/random.h"
#include "xt.h"

#define PROFILE_RIG_BASE 0x2000
#define PROFILE_RIG_CAPACITY (1u << 20)

struct profile_rig {
    struct flash_memory *memory;
    struct flash_port port;
    struct flash *flash;
    struct profile_card *card;
    struct profile_host host;
    struct xk_prng dice;
    uint32_t limit; /* of the memory a profile may take */
    /* what the interpreter said */
    enum profile_verdict verdict;
    struct rsp_euicc_response response;
    uint8_t response_mem[1024];
    char message[256];
    uint32_t size;
    /* the last answer, whole */
    uint8_t mem[APDU_RESPONSE_MAX];
    uint8_t data[70000];
    size_t data_n;
    uint16_t sw;
};

static inline void profile_rig_open(struct profile_rig *r)
{
    *r = (struct profile_rig){
        .memory = flash_memory_new(), .dice = {1}, .limit = PROFILE_RIG_CAPACITY / 2};
    r->port = flash_memory_port(r->memory);
    if (flash_format(&r->port, PROFILE_RIG_CAPACITY, &r->flash) != XK_OK)
        abort();
}

static inline void profile_rig_close(struct profile_rig *r)
{
    profile_card_close(r->card);
    flash_close(r->flash);
    flash_memory_free(r->memory);
}

static inline void profile_rig_response(struct profile_rig *r, const struct profile_builder *b)
{
    struct buf out;

    buf_init_fixed(&out, r->response_mem, sizeof r->response_mem);
    profile_builder_response(b, &out);
    if (rsp_decode_euicc_response(buf_bytes(&out), &r->response) != XK_OK)
        abort();
    (void)bytes_to_cstr(r->response.message, r->message, sizeof r->message);
    r->verdict = profile_builder_verdict(b);
    r->size = profile_builder_size(b);
}

static inline enum xk_err profile_rig_feed(struct profile_rig *r, struct profile_builder *b,
                                           struct bytes upp)
{
    for (size_t at = 0; at < upp.n;) {
        size_t n = 1 + xk_prng_below(&r->dice, 1500);

        TRY(profile_builder_feed(b, bytes_part(upp, at, n)));
        at += n;
    }
    return profile_builder_end(b);
}

static inline enum xk_err profile_rig_start(struct profile_rig *r)
{
    profile_card_close(r->card);
    r->card = NULL;
    TRY(profile_card_open(r->flash, PROFILE_RIG_BASE, random_openssl(), &r->host, &r->card));
    profile_card_reset(r->card);
    return XK_OK;
}

/* The verdict; on PROFILE_WHOLE the card is there. */
static inline enum profile_verdict profile_rig_install(struct profile_rig *r, struct bytes upp)
{
    const struct profile_limits limits = {.memory = r->limit};
    struct profile_builder *b;

    if (profile_builder_new(&limits, &b) != XK_OK || profile_rig_feed(r, b, upp) != XK_OK)
        abort();
    if (profile_builder_verdict(b) == PROFILE_WHOLE &&
        profile_builder_finish(b, r->flash, PROFILE_RIG_BASE) == XK_OK &&
        (flash_commit(r->flash) != XK_OK || profile_rig_start(r) != XK_OK))
        abort();
    flash_rollback(r->flash);
    profile_rig_response(r, b);
    profile_builder_free(b);
    return r->verdict;
}

/* One command with its GET RESPONSEs; the status word, 0 when the card is dead */
static inline uint16_t profile_rig_bytes(struct profile_rig *r, struct bytes command)
{
    uint8_t get[5] = {command.p[0] == 0xA0 ? 0xA0 : command.p[0] & 0x03, INS_GET_RESPONSE};
    struct buf out;

    r->data_n = 0;
    for (;;) {
        buf_init_fixed(&out, r->mem, sizeof r->mem);
        if (profile_card_transmit(r->card, command, &out) != XK_OK || out.n < 2)
            return r->sw = 0;
        memcpy(r->data + r->data_n, out.p, out.n - 2);
        r->data_n += out.n - 2;
        r->sw = (uint16_t)(out.p[out.n - 2] << 8 | out.p[out.n - 1]);
        if (r->sw >> 8 != 0x61 && r->sw >> 8 != 0x9F)
            return r->sw;
        get[4] = (uint8_t)r->sw;
        command = BYTES_OF(get);
    }
}

/* Spaces are ignored. */
static inline uint16_t profile_rig_send(struct profile_rig *r, const char *hex)
{
    uint8_t command[300];
    char digits[2 * sizeof command];
    size_t n = 0;

    for (; *hex && n < sizeof digits; hex++)
        if (*hex != ' ')
            digits[n++] = *hex;
    if (hex_decode(BYTES((const uint8_t *)digits, n), command, sizeof command, &n) != XK_OK)
        abort();
    return profile_rig_bytes(r, BYTES(command, n));
}

static inline struct bytes profile_rig_data(const struct profile_rig *r)
{
    return BYTES(r->data, r->data_n);
}

/* The status of the first element that was not taken */
static inline uint32_t profile_rig_status(const struct profile_rig *r)
{
    return r->response.pe_n > 0 ? r->response.pe[0].status : UINT32_MAX;
}

static inline void profile_rig_expect(struct profile_rig *r, const char *command, uint16_t sw)
{
    if (profile_rig_send(r, command) != sw)
        printf("# %s\n", command);
    CHECK_INT(r->sw, sw);
}

static inline void profile_rig_expect_data(struct profile_rig *r, const char *command,
                                           const char *data)
{
    profile_rig_expect(r, command, 0x9000);
    CHECK_HEX(profile_rig_data(r), data);
}

/* Installs what must be whole, or ends the program. */
static inline void profile_rig_must_install(struct profile_rig *r, struct bytes upp)
{
    if (profile_rig_install(r, upp) == PROFILE_WHOLE)
        return;
    printf("# %s\n", r->message);
    abort();
}

#endif
