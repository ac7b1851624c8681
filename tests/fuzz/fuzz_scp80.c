/* SPDX-License-Identifier: Apache-2.0 */
/* Secured packets under fixed keys. The first byte chooses: 0 open a command, 1 open a response, 2
 * seal what the input says and open it again (TS 102 225 5). */
#include "codec/scp80/scp80.h"
#include "fuzz.h"

#define HEAD 12 /* of the input, with choice 2: SPI, KIc, KID, TAR, CNTR's last bytes, status */

static void keys_init(struct scp80_keys *keys, uint8_t kic, uint8_t kid)
{
    uint8_t key[24];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    FUZZ_CHECK(secret_set(&keys->kic, BYTES(key, (kic & 15) == SCP80_ALG_3DES_3 ? 24 : 16)) ==
               XK_OK);
    FUZZ_CHECK(secret_set(&keys->kid, BYTES(key, (kid & 15) == SCP80_ALG_3DES_3 ? 24 : 16)) ==
               XK_OK);
}

static void within(struct bytes part, const uint8_t *plain, size_t n)
{
    FUZZ_CHECK(part.p >= plain && part.p + part.n <= plain + n);
}

static void open_command(struct bytes packet, uint8_t *plain)
{
    struct scp80_keys keys;
    struct scp80_command c, head;

    if (scp80_peek_command(packet, &head) != XK_OK)
        return;
    keys_init(&keys, head.kic, head.kid);
    if (scp80_open_command(packet, &keys, plain, &c) != XK_OK)
        return;
    FUZZ_CHECK(c.counter <= SCP80_COUNTER_MAX && c.spi1 == head.spi1);
    within(c.data, plain, packet.n);
}

static void open_response(struct bytes packet, uint8_t *plain)
{
    static const uint8_t spi2[] = {0x00, 0x01, 0x39, 0x05, 0x09};
    static const uint8_t key_bytes[] = {0x12, 0x15, 0x19, 0x11};

    for (size_t i = 0; i < ARRAY_LEN(spi2) * ARRAY_LEN(key_bytes); i++) {
        uint8_t key_byte = key_bytes[i % ARRAY_LEN(key_bytes)];
        struct scp80_keys keys;
        struct scp80_response r;

        keys_init(&keys, key_byte, key_byte);
        if (scp80_open_response(packet, spi2[i / ARRAY_LEN(key_bytes)], key_byte, key_byte, &keys,
                                plain, &r) == XK_OK)
            within(r.data, plain, packet.n);
    }
}

static void seal_and_open(struct bytes in, uint8_t *plain)
{
    const uint8_t *p = in.p;
    struct scp80_command c = {p[0], p[1], p[2], p[3], {p[4], p[5], p[6]}, p[7], BYTES_NONE}, again;
    struct scp80_response r = {{p[4], p[5], p[6]}, p[8], p[9], BYTES_NONE}, answer;
    struct scp80_keys keys;
    uint8_t mem[SCP80_PACKET_MAX];
    struct buf b;

    c.data = r.data = bytes_part(in, HEAD, in.n);
    keys_init(&keys, c.kic, c.kid);
    buf_init_fixed(&b, mem, sizeof mem);
    if (scp80_seal_command(&c, &keys, &b) == XK_OK) {
        FUZZ_CHECK(scp80_open_command(buf_bytes(&b), &keys, plain, &again) == XK_OK);
        FUZZ_CHECK(again.counter == c.counter && bytes_eq(again.data, c.data));
    }
    buf_reset(&b);
    if (scp80_seal_response(&r, c.spi2, c.kic, c.kid, &keys, &b) == XK_OK) {
        FUZZ_CHECK(scp80_open_response(buf_bytes(&b), c.spi2, c.kic, c.kid, &keys, plain,
                                       &answer) == XK_OK);
        FUZZ_CHECK(answer.status == r.status && bytes_eq(answer.data, r.data));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t room = n > SCP80_PACKET_MAX ? n : SCP80_PACKET_MAX;
    uint8_t *plain;

    if (n < 1)
        return 0;
    plain = malloc(room);
    if (!plain)
        abort();
    if (data[0] == 0)
        open_command(BYTES(data + 1, n - 1), plain);
    if (data[0] == 1)
        open_response(BYTES(data + 1, n - 1), plain);
    if (data[0] == 2 && n > HEAD)
        seal_and_open(BYTES(data + 1, n - 1), plain);
    free(plain);
    return 0;
}
