/* SPDX-License-Identifier: Apache-2.0 */
/* The project's side of scp80-openssl.py. One packet a line, fields in hexadecimal ("-": empty):
 *
 *     command|response SPI KIc KID key-KIc key-KID TAR CNTR status data packet
 *
 * scp80_packets seal SEED COUNT   prints packets that we sealed
 * scp80_packets open              reads such lines; for each prints what comes out of opening the
 *                                 packet: "CNTR status data", or the name of the error */
#include "base/clock.h"
#include "base/hex.h"
#include "codec/scp80/scp80.h"

#define LINE_ROOM 8192
#define WORDS 11
#define DATA_MAX_LEN 300

struct sample {
    bool response;
    struct scp80_command command;
    struct scp80_keys keys;
    uint8_t status;
    uint8_t data[SCP80_PACKET_MAX];
    size_t data_n;
};

static void print_hex(struct bytes b)
{
    putchar(' ');
    if (b.n == 0)
        putchar('-');
    for (size_t i = 0; i < b.n; i++)
        printf("%02x", b.p[i]);
}

static void print_counter(uint64_t counter)
{
    printf(" %010llx", (unsigned long long)counter);
}

/* ---- seal ------------------------------------------------------------------------------------ */

static const struct {
    uint8_t nibble;
    uint8_t key_n;
} algorithms[] = {{SCP80_ALG_AES, 16},
                  {SCP80_ALG_AES, 24},
                  {SCP80_ALG_AES, 32},
                  {SCP80_ALG_3DES_2, 16},
                  {SCP80_ALG_3DES_3, 24}};

static void random_keys(struct xk_prng *prng, struct sample *s)
{
    struct xk_rand rand = xk_rand_prng(prng);
    size_t kic = xk_prng_below(prng, ARRAY_LEN(algorithms));
    size_t kid = xk_prng_below(prng, ARRAY_LEN(algorithms));

    xk_rand_fill(&rand, s->keys.kic.bytes, sizeof s->keys.kic.bytes);
    xk_rand_fill(&rand, s->keys.kid.bytes, sizeof s->keys.kid.bytes);
    s->keys.kic.n = algorithms[kic].key_n;
    s->keys.kid.n = algorithms[kid].key_n;
    s->command.kic = (uint8_t)(0x10 | algorithms[kic].nibble);
    s->command.kid = (uint8_t)(0x10 | algorithms[kid].nibble);
}

static void random_sample(struct xk_prng *prng, struct sample *s)
{
    struct xk_rand rand = xk_rand_prng(prng);
    uint32_t integrity = xk_prng_below(prng, 3);
    bool ciphered = xk_prng_chance(prng, 700);

    memset(s, 0, sizeof *s);
    random_keys(prng, s);
    if (integrity == SCP80_SPI1_RC)
        s->command.kid = xk_prng_chance(prng, 500) ? SCP80_KID_CRC16 : SCP80_KID_CRC32;
    s->response = xk_prng_chance(prng, 500);
    s->command.spi1 = (uint8_t)(integrity | (ciphered ? SCP80_SPI1_CIPHER : 0) | 0x10);
    s->command.spi2 = (uint8_t)(integrity << 2 | (ciphered ? SCP80_SPI2_POR_CIPHER : 0) | 0x21);
    xk_rand_fill(&rand, s->command.tar, sizeof s->command.tar);
    s->command.counter = xk_prng_next(prng) & SCP80_COUNTER_MAX;
    s->status = (uint8_t)xk_prng_below(prng, 12);
    s->data_n = xk_prng_below(prng, DATA_MAX_LEN);
    xk_rand_fill(&rand, s->data, s->data_n);
}

static enum xk_err seal(const struct sample *s, struct buf *out)
{
    struct scp80_command c = s->command;
    struct scp80_response r = {.counter = c.counter, .status = s->status};

    c.data = r.data = BYTES(s->data, s->data_n);
    memcpy(r.tar, c.tar, sizeof r.tar);
    if (s->response)
        return scp80_seal_response(&r, c.spi2, c.kic, c.kid, &s->keys, out);
    return scp80_seal_command(&c, &s->keys, out);
}

static void print_sample(const struct sample *s, struct bytes packet)
{
    printf("%s %02x%02x %02x %02x", s->response ? "response" : "command", s->command.spi1,
           s->command.spi2, s->command.kic, s->command.kid);
    print_hex(secret_bytes(&s->keys.kic));
    print_hex(secret_bytes(&s->keys.kid));
    print_hex(BYTES_OF(s->command.tar));
    print_counter(s->command.counter);
    printf(" %02x", s->status);
    print_hex(BYTES(s->data, s->data_n));
    print_hex(packet);
    putchar('\n');
}

static int seal_all(uint64_t seed, unsigned long count)
{
    struct xk_prng prng = {seed};

    for (unsigned long i = 0; i < count; i++) {
        static struct sample s;
        uint8_t mem[SCP80_PACKET_MAX];
        struct buf b;

        random_sample(&prng, &s);
        buf_init_fixed(&b, mem, sizeof mem);
        if (seal(&s, &b) != XK_OK)
            return 1;
        print_sample(&s, buf_bytes(&b));
    }
    return 0;
}

/* ---- open ------------------------------------------------------------------------------------ */

static size_t split(char *line, char *word[WORDS])
{
    size_t n = 0;
    char *rest = NULL;

    line[strcspn(line, "\n")] = '\0';
    for (char *w = strtok_r(line, " ", &rest); w && n < WORDS; w = strtok_r(NULL, " ", &rest))
        word[n++] = w;
    return n;
}

static size_t unhex(const char *word, uint8_t *out, size_t cap)
{
    size_t n = 0;

    if (strcmp(word, "-") != 0 && hex_decode(bytes_cstr(word), out, cap, &n) != XK_OK)
        exit(2);
    return n;
}

static uint8_t byte_of(const char *word)
{
    uint8_t v = 0;

    unhex(word, &v, 1);
    return v;
}

static void key_of(const char *word, struct secret *out)
{
    out->n = (uint8_t)unhex(word, out->bytes, sizeof out->bytes);
}

static enum xk_err open_line(char *word[WORDS], const struct scp80_keys *keys, uint8_t *plain,
                             struct scp80_response *out)
{
    static uint8_t packet[2 * SCP80_PACKET_MAX];
    struct bytes wire = BYTES(packet, unhex(word[10], packet, sizeof packet));
    struct scp80_command c;
    uint8_t spi[2];

    unhex(word[1], spi, sizeof spi);
    if (strcmp(word[0], "response") == 0)
        return scp80_open_response(wire, spi[1], byte_of(word[2]), byte_of(word[3]), keys, plain,
                                   out);
    TRY(scp80_open_command(wire, keys, plain, &c));
    *out = (struct scp80_response){.counter = c.counter, .data = c.data};
    return XK_OK;
}

static int open_all(void)
{
    static char line[LINE_ROOM];
    static uint8_t plain[2 * SCP80_PACKET_MAX];

    while (fgets(line, sizeof line, stdin)) {
        struct scp80_keys keys = {0};
        struct scp80_response r;
        char *word[WORDS];
        enum xk_err err;

        if (split(line, word) != WORDS)
            return 2;
        key_of(word[4], &keys.kic);
        key_of(word[5], &keys.kid);
        err = open_line(word, &keys, plain, &r);
        if (err != XK_OK) {
            printf("%s\n", xk_err_name(err));
            continue;
        }
        printf("%010llx %02x", (unsigned long long)r.counter, r.status);
        print_hex(r.data);
        putchar('\n');
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "seal") == 0)
        return seal_all(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    if (argc == 2 && strcmp(argv[1], "open") == 0)
        return open_all();
    fprintf(stderr, "usage: scp80_packets seal SEED COUNT | open\n");
    return 2;
}
