/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/scp80/scp80.h"

#include "base/clock.h"
#include "codec/scp80/level.h"
#include "crypto/cipher.h"
#include "xt.h"

#define LINE_MAX_LEN 1024
#define PACKET_ROOM 4096
#define COMMAND_TEST_LEN 26 /* head, one block */

struct vector {
    struct scp80_keys keys;
    struct scp80_command command;
    struct scp80_response response;
    bool is_response;
    uint8_t data[256], packet[256];
    size_t data_n, packet_n;
};

static struct bytes vector_packet(const struct vector *v)
{
    return BYTES(v->packet, v->packet_n);
}

static uint64_t number(const uint8_t *p, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | *p++;
    return v;
}

static void vector_set(struct vector *v, const char *key, const uint8_t *p, size_t n)
{
    if (strcmp(key, "key-kic") == 0)
        CHECK_OK(secret_set(&v->keys.kic, BYTES(p, n)));
    if (strcmp(key, "key-kid") == 0)
        CHECK_OK(secret_set(&v->keys.kid, BYTES(p, n)));
    if (strcmp(key, "spi") == 0) {
        v->command.spi1 = p[0];
        v->command.spi2 = p[1];
    }
    if (strcmp(key, "kic") == 0)
        v->command.kic = p[0];
    if (strcmp(key, "kid") == 0)
        v->command.kid = p[0];
    if (strcmp(key, "tar") == 0) {
        memcpy(v->command.tar, p, SCP80_TAR_LEN);
        memcpy(v->response.tar, p, SCP80_TAR_LEN);
    }
    if (strcmp(key, "counter") == 0)
        v->command.counter = v->response.counter = number(p, n);
    if (strcmp(key, "status") == 0)
        v->response.status = p[0];
    if (strcmp(key, "data") == 0)
        memcpy(v->data, p, v->data_n = n);
    if (strcmp(key, "packet") == 0)
        memcpy(v->packet, p, v->packet_n = n);
}

static void vector_line(struct vector *v, char *line)
{
    char *value = strchr(line, ' ');
    uint8_t bytes[LINE_MAX_LEN / 2];
    size_t n;

    REQUIRE(value);
    *value++ = '\0';
    value[strcspn(value, "\n")] = '\0';
    if (strcmp(line, "kind") == 0) {
        v->is_response = strcmp(value, "response") == 0;
        return;
    }
    REQUIRE(hex_decode(bytes_cstr(value), bytes, sizeof bytes, &n) == XK_OK);
    vector_set(v, line, bytes, n);
}

static bool vector_load(const char *name, struct vector *v)
{
    char path[512], line[LINE_MAX_LEN];
    FILE *f;

    snprintf(path, sizeof path, "%s/scp80/%s", VECTORS, name);
    f = fopen(path, "r");
    if (!f)
        return false;
    memset(v, 0, sizeof *v);
    while (fgets(line, sizeof line, f))
        vector_line(v, line);
    fclose(f);
    v->command.data = v->response.data = BYTES(v->data, v->data_n);
    return v->packet_n > 0;
}

static enum xk_err vector_seal(const struct vector *v, struct buf *out)
{
    const struct scp80_command *c = &v->command;

    if (v->is_response)
        return scp80_seal_response(&v->response, c->spi2, c->kic, c->kid, &v->keys, out);
    return scp80_seal_command(c, &v->keys, out);
}

/* Opens `packet` as the kind of packet v is; *data is what came out. */
static enum xk_err vector_open(const struct vector *v, struct bytes packet, uint8_t *plain,
                               struct bytes *data)
{
    const struct scp80_command *k = &v->command;
    struct scp80_command c;
    struct scp80_response r;

    if (v->is_response) {
        TRY(scp80_open_response(packet, k->spi2, k->kic, k->kid, &v->keys, plain, &r));
        CHECK_INT(r.counter, v->response.counter);
        CHECK_INT(r.status, v->response.status);
        CHECK(memcmp(r.tar, v->response.tar, SCP80_TAR_LEN) == 0);
        *data = r.data;
        return XK_OK;
    }
    TRY(scp80_open_command(packet, &v->keys, plain, &c));
    CHECK(c.spi1 == k->spi1 && c.spi2 == k->spi2 && c.kic == k->kic && c.kid == k->kid);
    CHECK_INT(c.counter, k->counter);
    CHECK(memcmp(c.tar, k->tar, SCP80_TAR_LEN) == 0);
    *data = c.data;
    return XK_OK;
}

/* tests/vectors/scp80/SOURCE */
static const char *const vectors[] = {
    "aes.command",     "aes.response",      "des2.command",       "des2.response",
    "des2-cc.command", "des2-cc.response",  "des2-plain.command", "des2-plain.response",
    "trigger.command", "trigger-4.command", "enable.command",     "enable.response",
    "notify.command",
};

TEST(published)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct vector v;
        struct buf b;
        struct bytes data;
        uint8_t mem[PACKET_ROOM], plain[PACKET_ROOM];
        char hex[HEX_LEN(256)];

        REQUIRE(vector_load(vectors[i], &v));
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(vector_seal(&v, &b));
        CHECK_HEX(buf_bytes(&b), hex_encode(vector_packet(&v), hex));
        CHECK_OK(vector_open(&v, vector_packet(&v), plain, &data));
        CHECK(bytes_eq(data, BYTES(v.data, v.data_n)));
    }
}

/* A checksum by itself, key and message of a card-side implementation in C */
TEST(bare_checksums)
{
    static const uint8_t message[] = {0x00, 0x28, 0x15, 0x1e, 0x19, 0x32, 0x32, 0xb0,
                                      0x00, 0x11, 0x00, 0x00, 0x00, 0x00, 0x01, 0x06,
                                      0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                      0x01, 0x23, 0x45, 0x67, 0x01, 0x23, 0x45, 0x67};
    static const uint8_t key[16] = {0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x11, 0x22};
    struct scp80_keys keys = {0};
    struct level l;
    uint8_t sum[LEVEL_CHECKSUM_MAX];

    CHECK_OK(secret_set(&keys.kid, BYTES_OF(key)));
    CHECK_OK(level_of_command(SCP80_SPI1_CC, 0, 0x15, &l));
    CHECK_OK(level_checksum(&l, &keys, BYTES_OF(message), sum));
    CHECK_HEX(BYTES(sum, 8), "c0995c616fa90e18");
    CHECK_OK(level_of_command(SCP80_SPI1_CC, 0, 0x12, &l));
    CHECK_OK(level_checksum(&l, &keys, BYTES_OF(message), sum));
    CHECK_HEX(BYTES(sum, 8), "baddda0ee401d63d");
}

/* TS 102 225 5.1.3.2: the examples for 01 02 03 04 05 */
TEST(crc_examples)
{
    static const uint8_t message[] = {1, 2, 3, 4, 5};
    struct scp80_keys keys = {0};
    struct level l;
    uint8_t sum[LEVEL_CHECKSUM_MAX];

    CHECK_OK(level_of_command(SCP80_SPI1_RC, 0, SCP80_KID_CRC16, &l));
    CHECK_INT(l.checksum_n, 2);
    CHECK_OK(level_checksum(&l, &keys, BYTES_OF(message), sum));
    CHECK_HEX(BYTES(sum, 2), "22EC");
    CHECK_OK(level_of_command(SCP80_SPI1_RC, 0, SCP80_KID_CRC32, &l));
    CHECK_INT(l.checksum_n, 4);
    CHECK_OK(level_checksum(&l, &keys, BYTES_OF(message), sum));
    CHECK_HEX(BYTES(sum, 4), "470B99F4");
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static bool checksummed(const struct vector *v)
{
    return v->is_response ? v->command.spi2 & SCP80_SPI2_POR_INTEGRITY
                          : v->command.spi1 & SCP80_SPI1_INTEGRITY;
}

/* Every bit of every packet that has a checksum. */
TEST(bit_flips)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct vector v;
        struct bytes data;
        uint8_t packet[256], plain[256];

        REQUIRE(vector_load(vectors[i], &v));
        for (size_t bit = 0; checksummed(&v) && bit < 8 * v.packet_n; bit++) {
            enum xk_err err;

            memcpy(packet, v.packet, v.packet_n);
            packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
            memset(plain, 0, sizeof plain);
            data = BYTES(NULL, 99);
            err = vector_open(&v, BYTES(packet, v.packet_n), plain, &data);
            CHECK(err == XK_E_FORMAT || err == XK_E_AUTH || err == XK_E_UNSUPPORTED);
            CHECK_INT(data.n, 99);
            CHECK(all_zero(plain, sizeof plain));
        }
    }
}

TEST(cut_and_grown)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct vector v;
        struct bytes data;
        uint8_t plain[300], tar[SCP80_TAR_LEN];

        REQUIRE(vector_load(vectors[i], &v));
        for (size_t n = 0; n < v.packet_n; n++) {
            struct bytes cut = BYTES(v.packet, n);

            CHECK_INT(vector_open(&v, cut, plain, &data), XK_E_FORMAT);
            CHECK_INT(scp80_peek_response_tar(cut, tar), XK_E_FORMAT);
        }
        v.packet[v.packet_n] = 0;
        CHECK_INT(vector_open(&v, BYTES(v.packet, v.packet_n + 1), plain, &data), XK_E_FORMAT);
    }
}

/* The three lengths and the packet's size, each bent by itself. */
TEST(lengths)
{
    struct vector v;
    struct bytes data;
    struct scp80_command c;
    uint8_t plain[256];

    REQUIRE(vector_load("des2-plain.response", &v));
    v.packet[2] = 0x0B; /* RHL too long for no checksum */
    CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_FORMAT);
    v.packet[2] = 0x09;
    CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_FORMAT);
    REQUIRE(vector_load("aes.command", &v));
    v.packet[2] = 0x11; /* CHL of a 4-byte checksum */
    CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_FORMAT);
    CHECK_OK(scp80_peek_command(vector_packet(&v), &c));
    v.packet[2] = 0xFF; /* longer than the packet */
    CHECK_INT(scp80_peek_command(vector_packet(&v), &c), XK_E_FORMAT);
    v.packet[2] = 0x0C; /* shorter than any header */
    CHECK_INT(scp80_peek_command(vector_packet(&v), &c), XK_E_FORMAT);
    REQUIRE(vector_load("aes.command", &v));
    v.packet[1]--; /* CPL says so, and not whole blocks */
    CHECK_INT(vector_open(&v, BYTES(v.packet, v.packet_n - 1), plain, &data), XK_E_FORMAT);
}

/* A packet without integrity, its padding counter chosen by us. */
static enum xk_err with_pcntr(uint8_t pcntr, bool ciphered)
{
    uint8_t packet[COMMAND_TEST_LEN] = {0, COMMAND_TEST_LEN - 2, 0x0D, 0, 0, 0x12, 0x12, 1, 2, 3};
    uint8_t plain[COMMAND_TEST_LEN];
    static const uint8_t key[16] = {9};
    struct scp80_keys keys = {0};
    struct scp80_command c;

    packet[3] = ciphered ? SCP80_SPI1_CIPHER : 0;
    packet[15] = pcntr;
    TRY(secret_set(&keys.kic, BYTES_OF(key)));
    if (ciphered)
        TRY(cipher_cbc_encrypt(CIPHER_AES, BYTES_OF(key), NULL, BYTES(packet + 10, 16),
                               packet + 10));
    return scp80_open_command(BYTES_OF(packet), &keys, plain, &c);
}

TEST(padding_counter)
{
    for (uint8_t n = 0; n <= 10; n++)
        CHECK_OK(with_pcntr(n, true));
    CHECK_INT(with_pcntr(11, true), XK_E_FORMAT); /* ten bytes there are */
    CHECK_INT(with_pcntr(16, true), XK_E_FORMAT); /* a whole block */
    CHECK_INT(with_pcntr(255, true), XK_E_FORMAT);
    CHECK_OK(with_pcntr(0, false));
    CHECK_INT(with_pcntr(1, false), XK_E_FORMAT); /* nothing to pad for */
}

static const struct {
    uint8_t spi1, spi2, kic, kid;
    enum xk_err err;
} levels[] = {
    {0x06, 0x00, 0x12, 0x12, XK_OK},
    {0x06, 0x00, 0x11, 0x12, XK_E_UNSUPPORTED}, /* single DES */
    {0x06, 0x00, 0x12, 0x11, XK_E_UNSUPPORTED},
    {0x06, 0x00, 0x1D, 0x12, XK_E_UNSUPPORTED}, /* DES in ECB */
    {0x06, 0x00, 0x10, 0x12, XK_E_UNSUPPORTED}, /* known without saying */
    {0x06, 0x00, 0x12, 0x10, XK_E_UNSUPPORTED},
    {0x06, 0x00, 0x13, 0x12, XK_E_UNSUPPORTED}, /* proprietary */
    {0x07, 0x00, 0x12, 0x12, XK_E_UNSUPPORTED}, /* digital signature */
    {0x05, 0x00, 0x12, 0x12, XK_E_UNSUPPORTED}, /* no such CRC */
    {0x04, 0x00, 0x12, 0x11, XK_OK},            /* KID is not asked */
    {0x02, 0x00, 0x11, 0x12, XK_OK},            /* KIc is not asked */
    {0x26, 0x00, 0x12, 0x12, XK_E_VALUE},       /* reserved bits */
    {0x46, 0x00, 0x12, 0x12, XK_E_VALUE},
    {0x86, 0x00, 0x12, 0x12, XK_E_VALUE},
    {0x06, 0x40, 0x12, 0x12, XK_E_VALUE},
    {0x06, 0x80, 0x12, 0x12, XK_E_VALUE},
    {0x06, 0x03, 0x12, 0x12, XK_E_VALUE},
    {0x06, 0x00, 0x15, 0x15, XK_OK},
    {0x06, 0x00, 0x19, 0x15, XK_E_VALUE}, /* three keys wanted, two given */
    {0x06, 0x00, 0x15, 0x19, XK_E_VALUE},
};

TEST(levels_and_keys)
{
    static const uint8_t key[16] = {0xA5, 1};
    struct scp80_keys keys;

    CHECK_OK(secret_set(&keys.kic, BYTES_OF(key)));
    CHECK_OK(secret_set(&keys.kid, BYTES_OF(key)));
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        struct scp80_command c = {levels[i].spi1, levels[i].spi2, levels[i].kic, levels[i].kid};
        uint8_t mem[64], plain[64];
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        c.data = BYTES_STR("x");
        CHECK_INT(scp80_seal_command(&c, &keys, &b), levels[i].err);
        CHECK(levels[i].err == XK_OK || b.n == 0);
        if (levels[i].err == XK_OK)
            CHECK_OK(scp80_open_command(buf_bytes(&b), &keys, plain, &c));
    }
}

/* What cannot be made must not be taken either. */
TEST(unsupported_on_opening)
{
    uint8_t packet[] = {0, 0x16, 0x15, 0x06, 0, 0x11, 0x12, 1, 2, 3, 0, 0,
                        0, 0,    0,    0,    1, 2,    3,    4, 5, 6, 7, 8};
    uint8_t plain[sizeof packet];
    struct scp80_keys keys = {0};
    struct scp80_command c;
    struct scp80_response r;

    CHECK_INT(scp80_open_command(BYTES_OF(packet), &keys, plain, &c), XK_E_UNSUPPORTED);
    CHECK_OK(scp80_peek_command(BYTES_OF(packet), &c));
    CHECK_INT(c.kic, 0x11);
    packet[3] = 0x03;
    CHECK_INT(scp80_open_command(BYTES_OF(packet), &keys, plain, &c), XK_E_UNSUPPORTED);
    CHECK_INT(scp80_open_response(BYTES_OF(packet), 0x0C, 0x12, 0x12, &keys, plain, &r),
              XK_E_UNSUPPORTED);
}

TEST(wrong_key)
{
    static const char *const each[] = {"aes.command", "aes.response", "des2.command",
                                       "des2.response"};

    for (size_t i = 0; i < ARRAY_LEN(each); i++) {
        struct vector v;
        struct bytes data;
        uint8_t plain[256];

        REQUIRE(vector_load(each[i], &v));
        v.keys.kid.bytes[3] ^= 2;
        CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_AUTH);
        v.keys.kid.bytes[3] ^= 2;
        v.keys.kic.bytes[3] ^= 2;
        CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_AUTH);
    }
}

/* A command is not taken for an answer nor the other way round, and an answer with less protection
 * than was asked for is none. */
TEST(confused)
{
    struct vector v, plainer;
    struct bytes data;
    uint8_t plain[256];

    REQUIRE(vector_load("enable.command", &v));
    v.is_response = true;
    CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_FORMAT);
    REQUIRE(vector_load("enable.response", &v));
    v.is_response = false;
    CHECK_INT(vector_open(&v, vector_packet(&v), plain, &data), XK_E_FORMAT);
    REQUIRE(vector_load("des2.response", &v));
    REQUIRE(vector_load("des2-plain.response", &plainer));
    CHECK_INT(vector_open(&v, vector_packet(&plainer), plain, &data), XK_E_FORMAT);
    REQUIRE(vector_load("des2-cc.response", &plainer));
    CHECK_INT(vector_open(&v, vector_packet(&plainer), plain, &data), XK_E_FORMAT);
}

TEST(oversize)
{
    static uint8_t data[SCP80_PACKET_MAX + 8], mem[SCP80_PACKET_MAX], plain[SCP80_PACKET_MAX + 8];
    struct scp80_keys keys = {0};
    struct scp80_command c = {.data = BYTES(data, SCP80_PACKET_MAX - 16)};
    struct scp80_response r = {.data = BYTES(data, SCP80_PACKET_MAX - 13)};
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(scp80_seal_command(&c, &keys, &b));
    CHECK_INT(b.n, SCP80_PACKET_MAX);
    CHECK_OK(scp80_open_command(buf_bytes(&b), &keys, plain, &c));
    buf_reset(&b);
    c.data.n++;
    CHECK_INT(scp80_seal_command(&c, &keys, &b), XK_E_LIMIT);
    CHECK_OK(scp80_seal_response(&r, 0, 0, 0, &keys, &b));
    CHECK_INT(b.n, SCP80_PACKET_MAX);
    buf_reset(&b);
    r.data.n++;
    CHECK_INT(scp80_seal_response(&r, 0, 0, 0, &keys, &b), XK_E_LIMIT);
    data[0] = (SCP80_PACKET_MAX - 1) >> 8;
    data[1] = (SCP80_PACKET_MAX - 1) & 0xFF;
    data[2] = 0x0D;
    CHECK_INT(scp80_open_command(BYTES(data, SCP80_PACKET_MAX + 1), &keys, plain, &c), XK_E_FORMAT);
    buf_reset(&b); /* only the padding is too much */
    keys.kic.n = 16;
    c.spi1 = SCP80_SPI1_CIPHER;
    c.kic = 0x12;
    c.data.n = (SCP80_PACKET_MAX - 10) / 16 * 16 - 6;
    CHECK_OK(scp80_seal_command(&c, &keys, &b));
    c.data.n++;
    CHECK_INT(scp80_seal_command(&c, &keys, &b), XK_E_LIMIT);
    c.spi1 = 0;
    buf_init_fixed(&b, mem, 10); /* no room to put it */
    c.data.n = 1;
    CHECK_INT(scp80_seal_command(&c, &keys, &b), XK_E_LIMIT);
    CHECK_INT(b.n, 0);
}

/* TS 102 225 5.1.4 */
static const struct {
    uint8_t spi1;
    uint64_t stored, received;
    enum scp80_status status;
} counters[] = {
    {0x00, 9, 1, SCP80_POR_OK},
    {0x08, 9, 1, SCP80_POR_OK},
    {0x10, 9, 10, SCP80_POR_OK},
    {0x10, 9, 999, SCP80_POR_OK},
    {0x10, 9, 9, SCP80_CNTR_LOW},
    {0x10, 9, 0, SCP80_CNTR_LOW},
    {0x18, 9, 10, SCP80_POR_OK},
    {0x18, 9, 11, SCP80_CNTR_HIGH},
    {0x18, 9, 9, SCP80_CNTR_LOW},
    {0x10, SCP80_COUNTER_MAX, 5, SCP80_CNTR_BLOCKED},
    {0x10, SCP80_COUNTER_MAX - 1, SCP80_COUNTER_MAX, SCP80_POR_OK},
};

TEST(counter_rule)
{
    struct scp80_command c = {.counter = SCP80_COUNTER_MAX + 1};
    struct scp80_response r = {.counter = SCP80_COUNTER_MAX + 1};
    struct scp80_keys keys = {0};
    struct buf b;
    uint8_t mem[64];

    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        CHECK_INT(scp80_check_counter(counters[i].spi1, counters[i].stored, counters[i].received),
                  counters[i].status);
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(scp80_seal_command(&c, &keys, &b), XK_E_VALUE);
    CHECK_INT(scp80_seal_response(&r, 0, 0, 0, &keys, &b), XK_E_VALUE);
    c.counter = r.counter = SCP80_COUNTER_MAX;
    CHECK_OK(scp80_seal_command(&c, &keys, &b));
    CHECK_OK(scp80_seal_response(&r, 0, 0, 0, &keys, &b));
}

static const uint8_t nibbles[] = {SCP80_ALG_AES, SCP80_ALG_3DES_2, SCP80_ALG_3DES_3};
static const size_t key_lengths[] = {16, 16, 24};

static void random_vector(struct xk_prng *prng, struct vector *v, uint8_t data[300])
{
    struct xk_rand rand = xk_rand_prng(prng);
    uint32_t kic = xk_prng_below(prng, 3), kid = xk_prng_below(prng, 3);
    uint32_t integrity = xk_prng_below(prng, 3);
    bool ciphered = xk_prng_chance(prng, 500);

    memset(v, 0, sizeof *v);
    xk_rand_fill(&rand, v->keys.kic.bytes, SECRET_MAX);
    xk_rand_fill(&rand, v->keys.kid.bytes, SECRET_MAX);
    xk_rand_fill(&rand, data, 300);
    v->keys.kic.n = (uint8_t)key_lengths[kic];
    v->keys.kid.n = (uint8_t)key_lengths[kid];
    v->is_response = xk_prng_chance(prng, 500);
    v->command = (struct scp80_command){.kic = 0x10 | nibbles[kic], .kid = 0x10 | nibbles[kid]};
    if (integrity == SCP80_SPI1_RC)
        v->command.kid = xk_prng_chance(prng, 500) ? 0x11 : 0x15;
    v->command.spi1 =
        (uint8_t)(integrity | (ciphered ? SCP80_SPI1_CIPHER : 0) | (xk_prng_below(prng, 4) << 3));
    v->command.spi2 =
        (uint8_t)(integrity << 2 | (ciphered ? SCP80_SPI2_POR_CIPHER : 0) | xk_prng_below(prng, 3));
    v->command.counter = xk_prng_next(prng) & SCP80_COUNTER_MAX;
    memcpy(v->command.tar, data, SCP80_TAR_LEN);
    v->response.counter = v->command.counter;
    v->response.status = data[4];
    memcpy(v->response.tar, data, SCP80_TAR_LEN);
    v->command.data = v->response.data = BYTES(data, xk_prng_below(prng, 301));
}

TEST(round_trip)
{
    struct xk_prng prng = {80};
    uint8_t data[300], mem[400], plain[400];

    for (int i = 0; i < 4000; i++) {
        struct vector v;
        struct bytes back;
        struct buf b;

        random_vector(&prng, &v, data);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(vector_seal(&v, &b));
        CHECK(b.n <= v.command.data.n + SCP80_OVERHEAD_MAX);
        CHECK_OK(vector_open(&v, buf_bytes(&b), plain, &back));
        CHECK(bytes_eq(back, v.command.data));
    }
}

TEST(peek)
{
    struct vector v;
    struct scp80_command c;
    uint8_t tar[SCP80_TAR_LEN];

    REQUIRE(vector_load("enable.command", &v));
    CHECK_OK(scp80_peek_command(vector_packet(&v), &c));
    CHECK_INT(c.spi1, 0x16);
    CHECK_INT(c.spi2, 0x39);
    CHECK_HEX(BYTES_OF(c.tar), "000001");
    CHECK_INT(c.counter, 0);
    CHECK_INT(c.data.n, 0);
    REQUIRE(vector_load("aes.response", &v));
    CHECK_OK(scp80_peek_response_tar(vector_packet(&v), tar));
    CHECK_HEX(BYTES_OF(tar), "b00011");
}

TEST(status_text)
{
    CHECK_STR(scp80_status_text(SCP80_CNTR_LOW), "CNTR low");
    CHECK_STR(scp80_status_text(0x77), "?");
}

TESTS_MAIN(XT_CASE(published), XT_CASE(bare_checksums), XT_CASE(crc_examples), XT_CASE(bit_flips),
           XT_CASE(cut_and_grown), XT_CASE(lengths), XT_CASE(padding_counter),
           XT_CASE(levels_and_keys), XT_CASE(unsupported_on_opening), XT_CASE(wrong_key),
           XT_CASE(confused), XT_CASE(oversize), XT_CASE(counter_rule), XT_CASE(round_trip),
           XT_CASE(peek), XT_CASE(status_text))
