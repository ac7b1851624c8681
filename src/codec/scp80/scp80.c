/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/scp80/scp80.h"

#include "codec/scp80/level.h"

/* Both packets are built alike, and so are handled alike here:
 *
 *   head      command: CPL CHL SPI KIc KID TAR         response: RPL RHL TAR
 *   front     command: CNTR PCNTR                      response: CNTR PCNTR STS
 *   checksum
 *   data, padding
 *
 * The checksum is made over prefix, head, front, data and padding; front and all behind it are
 * ciphered. */
#define LENGTH_LEN 3 /* CPL CHL, RPL RHL */
#define COMMAND_HEAD 10
#define RESPONSE_HEAD 6
#define COUNTER_LEN 5
#define PCNTR_AT COUNTER_LEN
#define STS_AT (PCNTR_AT + 1)
#define COMMAND_FRONT (COUNTER_LEN + 1)
#define RESPONSE_FRONT (COUNTER_LEN + 2)
#define HEAD_MAX COMMAND_HEAD
#define FRONT_MAX RESPONSE_FRONT

/* TS 31.115 4.2: the header of the short message goes into a response's checksum */
static const uint8_t response_udh[] = {0x02, 0x71, 0x00};

struct shape {
    size_t prefix_n; /* of response_udh */
    size_t head_n;
    size_t front_n;
};
static const struct shape command_shape = {0, COMMAND_HEAD, COMMAND_FRONT};
static const struct shape response_shape = {sizeof response_udh, RESPONSE_HEAD, RESPONSE_FRONT};

/* The bytes under a checksum; wiped after use, because they are the plaintext. */
struct scratch {
    uint8_t p[sizeof response_udh + SCP80_PACKET_MAX];
    struct buf b;
};

static void scratch_init(struct scratch *s, const struct shape *shape)
{
    buf_init_fixed(&s->b, s->p, sizeof s->p);
    buf_put(&s->b, response_udh, shape->prefix_n);
}

static void scratch_wipe(struct scratch *s)
{
    explicit_bzero(s->p, s->b.n);
}
#define AUTO_SCRATCH __attribute__((cleanup(scratch_wipe)))

static void put_counter(uint64_t counter, uint8_t out[COUNTER_LEN])
{
    for (size_t i = 0; i < COUNTER_LEN; i++)
        out[i] = (uint8_t)(counter >> 8 * (COUNTER_LEN - 1 - i));
}

static uint64_t get_counter(const uint8_t in[COUNTER_LEN])
{
    uint64_t counter = 0;

    for (size_t i = 0; i < COUNTER_LEN; i++)
        counter = counter << 8 | in[i];
    return counter;
}

/* TS 102 225 5.1: length of all that follows, length of the header with its checksum */
static void put_lengths(const struct shape *shape, const struct level *l, size_t total,
                        uint8_t head[HEAD_MAX])
{
    head[0] = (uint8_t)((total - 2) >> 8);
    head[1] = (uint8_t)(total - 2);
    head[2] = (uint8_t)(shape->head_n - LENGTH_LEN + shape->front_n + l->checksum_n);
}

/* Pad, then checksum, then cipher (TS 102 225 5.1). head and front come filled but for the lengths
 * and the padding counter. */
static enum xk_err seal(const struct shape *shape, const struct level *l,
                        const struct scp80_keys *keys, uint8_t head[HEAD_MAX],
                        uint8_t front[FRONT_MAX], struct bytes data, struct buf *out)
{
    AUTO_SCRATCH struct scratch s;
    size_t open_n = shape->front_n + l->checksum_n + data.n; /* before padding */
    size_t pad_n = l->ciphered ? (l->block - open_n % l->block) % l->block : 0;
    uint8_t checksum[LEVEL_CHECKSUM_MAX];
    uint8_t *at;

    scratch_init(&s, shape);
    if (shape->head_n + open_n + pad_n > SCP80_PACKET_MAX)
        return XK_E_LIMIT;
    put_lengths(shape, l, shape->head_n + open_n + pad_n, head);
    front[PCNTR_AT] = (uint8_t)pad_n;
    buf_put(&s.b, head, shape->head_n);
    buf_put(&s.b, front, shape->front_n);
    buf_put_bytes(&s.b, data);
    buf_put_fill(&s.b, 0, pad_n);
    TRY(buf_ok(&s.b));
    TRY(level_checksum(l, keys, buf_bytes(&s.b), checksum));

    at = buf_reserve(out, shape->head_n + open_n + pad_n);
    if (!at)
        return buf_ok(out);
    memcpy(at, head, shape->head_n);
    at += shape->head_n;
    memcpy(at, front, shape->front_n);
    memcpy(at + shape->front_n, checksum, l->checksum_n);
    memcpy(at + shape->front_n + l->checksum_n,
           s.p + shape->prefix_n + shape->head_n + shape->front_n, data.n + pad_n);
    if (l->ciphered)
        TRY(cipher_cbc_encrypt(l->cipher, secret_bytes(&keys->kic), NULL, BYTES(at, open_n + pad_n),
                               at));
    out->n += shape->head_n + open_n + pad_n;
    return XK_OK;
}

/* The lengths of a packet against its size and, when its level is known, against that. */
static enum xk_err check_lengths(const struct shape *shape, const struct level *l,
                                 struct bytes packet)
{
    size_t least = shape->head_n + shape->front_n + (l ? l->checksum_n : 0);
    size_t header;

    if (packet.n < least || packet.n > SCP80_PACKET_MAX)
        return XK_E_FORMAT;
    header = LENGTH_LEN + (size_t)packet.p[2];
    if ((size_t)(packet.p[0] << 8 | packet.p[1]) != packet.n - 2)
        return XK_E_FORMAT;
    if (l ? header != least : header < least || header > packet.n)
        return XK_E_FORMAT;
    if (l && l->ciphered && (packet.n - shape->head_n) % l->block != 0)
        return XK_E_FORMAT;
    return XK_OK;
}

/* plain: front, checksum, data, padding */
static enum xk_err check_checksum(const struct shape *shape, const struct level *l,
                                  const struct scp80_keys *keys, struct bytes head,
                                  struct bytes plain)
{
    AUTO_SCRATCH struct scratch s;
    uint8_t want[LEVEL_CHECKSUM_MAX];

    scratch_init(&s, shape);
    buf_put_bytes(&s.b, head);
    buf_put_bytes(&s.b, bytes_part(plain, 0, shape->front_n));
    buf_put_bytes(&s.b, bytes_part(plain, shape->front_n + l->checksum_n, plain.n));
    TRY(buf_ok(&s.b));
    TRY(level_checksum(l, keys, buf_bytes(&s.b), want));
    if (!bytes_eq_secret(bytes_part(plain, shape->front_n, l->checksum_n),
                         BYTES(want, l->checksum_n)))
        return XK_E_AUTH;
    return XK_OK;
}

static enum xk_err decipher(const struct level *l, const struct scp80_keys *keys, struct bytes in,
                            uint8_t *plain)
{
    if (l->ciphered)
        return cipher_cbc_decrypt(l->cipher, secret_bytes(&keys->kic), NULL, in, plain);
    memcpy(plain, in.p, in.n);
    return XK_OK;
}

/* Decipher, checksum, padding: in this order, so that a wrong key is XK_E_AUTH and nothing read
 * from the plaintext is used before it is authenticated. */
static enum xk_err open_checked(const struct shape *shape, const struct level *l,
                                const struct scp80_keys *keys, struct bytes packet, uint8_t *plain,
                                struct bytes *data)
{
    struct bytes body = bytes_part(packet, shape->head_n, packet.n);
    size_t data_at = shape->front_n + l->checksum_n;
    uint8_t pad_n;

    TRY(decipher(l, keys, body, plain));
    TRY(check_checksum(shape, l, keys, bytes_part(packet, 0, shape->head_n), BYTES(plain, body.n)));
    pad_n = plain[PCNTR_AT];
    if (pad_n >= l->block || pad_n > body.n - data_at)
        return XK_E_FORMAT;
    *data = BYTES(plain + data_at, body.n - data_at - pad_n);
    return XK_OK;
}

static enum xk_err open_packet(const struct shape *shape, const struct level *l,
                               const struct scp80_keys *keys, struct bytes packet, uint8_t *plain,
                               struct bytes *data)
{
    enum xk_err err;

    TRY(check_lengths(shape, l, packet));
    err = open_checked(shape, l, keys, packet, plain, data);
    if (err != XK_OK)
        explicit_bzero(plain, packet.n);
    return err;
}

/* TS 102 225 5.1.1: b8 to b6 of byte 1 and b8, b7 of byte 2 are reserved */
static bool reserved_bits(const struct scp80_command *c)
{
    return (c->spi1 & 0xE0) || (c->spi2 & 0xC0) || (c->spi2 & SCP80_SPI2_POR) == SCP80_SPI2_POR;
}

enum xk_err scp80_seal_command(const struct scp80_command *c, const struct scp80_keys *keys,
                               struct buf *out)
{
    uint8_t head[HEAD_MAX] = {0, 0, 0, c->spi1, c->spi2, c->kic, c->kid};
    uint8_t front[FRONT_MAX];
    struct level l;

    if (c->counter > SCP80_COUNTER_MAX || reserved_bits(c))
        return XK_E_VALUE;
    TRY(level_of_command(c->spi1, c->kic, c->kid, &l));
    memcpy(head + COMMAND_HEAD - SCP80_TAR_LEN, c->tar, SCP80_TAR_LEN);
    put_counter(c->counter, front);
    return seal(&command_shape, &l, keys, head, front, c->data, out);
}

enum xk_err scp80_peek_command(struct bytes packet, struct scp80_command *out)
{
    struct scp80_command c = {0};

    TRY(check_lengths(&command_shape, NULL, packet));
    c.spi1 = packet.p[3];
    c.spi2 = packet.p[4];
    c.kic = packet.p[5];
    c.kid = packet.p[6];
    memcpy(c.tar, packet.p + COMMAND_HEAD - SCP80_TAR_LEN, SCP80_TAR_LEN);
    *out = c;
    return XK_OK;
}

enum xk_err scp80_open_command(struct bytes packet, const struct scp80_keys *keys, uint8_t *plain,
                               struct scp80_command *out)
{
    struct scp80_command c;
    struct level l;

    TRY(scp80_peek_command(packet, &c));
    TRY(level_of_command(c.spi1, c.kic, c.kid, &l));
    TRY(open_packet(&command_shape, &l, keys, packet, plain, &c.data));
    c.counter = get_counter(plain);
    *out = c;
    return XK_OK;
}

enum xk_err scp80_seal_response(const struct scp80_response *r, uint8_t spi2, uint8_t kic,
                                uint8_t kid, const struct scp80_keys *keys, struct buf *out)
{
    uint8_t head[HEAD_MAX] = {0};
    uint8_t front[FRONT_MAX];
    struct level l;

    if (r->counter > SCP80_COUNTER_MAX)
        return XK_E_VALUE;
    TRY(level_of_response(spi2, kic, kid, &l));
    memcpy(head + RESPONSE_HEAD - SCP80_TAR_LEN, r->tar, SCP80_TAR_LEN);
    put_counter(r->counter, front);
    front[STS_AT] = r->status;
    return seal(&response_shape, &l, keys, head, front, r->data, out);
}

enum xk_err scp80_peek_response_tar(struct bytes packet, uint8_t tar[SCP80_TAR_LEN])
{
    TRY(check_lengths(&response_shape, NULL, packet));
    memcpy(tar, packet.p + RESPONSE_HEAD - SCP80_TAR_LEN, SCP80_TAR_LEN);
    return XK_OK;
}

enum xk_err scp80_open_response(struct bytes packet, uint8_t spi2, uint8_t kic, uint8_t kid,
                                const struct scp80_keys *keys, uint8_t *plain,
                                struct scp80_response *out)
{
    struct scp80_response r;
    struct level l;

    TRY(level_of_response(spi2, kic, kid, &l));
    TRY(open_packet(&response_shape, &l, keys, packet, plain, &r.data));
    memcpy(r.tar, packet.p + RESPONSE_HEAD - SCP80_TAR_LEN, SCP80_TAR_LEN);
    r.counter = get_counter(plain);
    r.status = plain[STS_AT];
    *out = r;
    return XK_OK;
}

/* TS 102 225 5.1.4 */
enum scp80_status scp80_check_counter(uint8_t spi1, uint64_t stored, uint64_t received)
{
    unsigned mode = spi1 & SCP80_SPI1_COUNTER;

    if (mode < SCP80_SPI1_COUNTER_HIGHER)
        return SCP80_POR_OK;
    if (stored >= SCP80_COUNTER_MAX)
        return SCP80_CNTR_BLOCKED;
    if (received <= stored)
        return SCP80_CNTR_LOW;
    if (mode == SCP80_SPI1_COUNTER_NEXT && received != stored + 1)
        return SCP80_CNTR_HIGH;
    return SCP80_POR_OK;
}

const char *scp80_status_text(uint8_t status)
{
    switch (status) {
#define SCP80_STATUS(name, value, text)                                                            \
    case value:                                                                                    \
        return text;
#include "codec/scp80/status.def"
#undef SCP80_STATUS
    default:
        return "?";
    }
}
