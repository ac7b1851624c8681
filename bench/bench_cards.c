/* SPDX-License-Identifier: Apache-2.0 */
/* idle_card_bytes: resident memory of a seeded card in memory that has been reset, selected and
 * authenticated once. The floor is what makes it another card than its neighbour. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "card/usim/usim.h"
#include "codec/apdu/apdu.h"

#define CARDS 50000
/* ICCID, IMSI, MSISDN, CID, five keys, SQN array, counters */
#define FLOOR (10 + 9 + 14 + 10 + 5 * 16 + 32 * 6 + 10)

static void die(const char *what)
{
    fprintf(stderr, "bench_cards: %s failed\n", what);
    exit(1);
}

static long resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    char line[128];
    const char *second;

    /* pages in all, pages resident, ... */
    if (!f || !fgets(line, sizeof line, f) || !(second = strchr(line, ' ')))
        die("statm");
    fclose(f);
    return strtol(second, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void fill_key(struct secret *key, const struct xk_rand *rand)
{
    key->n = 16;
    xk_rand_fill(rand, key->bytes, key->n);
}

static void personalise(unsigned i, const struct xk_rand *rand, struct usim_personalisation *p)
{
    *p = (struct usim_personalisation){.mnc_len = 2,
                                       .seed = {.algorithm = AKA_MILENAGE},
                                       .smsc = "+8613800100500",
                                       .platform_address = "10658000",
                                       .keyset = 1,
                                       .kic_alg = SCP80_ALG_AES,
                                       .kid_alg = SCP80_ALG_AES,
                                       .puk1 = "12345678",
                                       .pin2 = "0000",
                                       .puk2 = "12345678",
                                       .adm1 = "3030303030303030",
                                       .grade = NVM_INDUSTRIAL};
    snprintf(p->cid, sizeof p->cid, "9997000%013u", i);
    snprintf(p->imsi, sizeof p->imsi, "9997000%08u", i);
    snprintf(p->iccid, sizeof p->iccid, "8999970000%09u0", i);
    snprintf(p->msisdn, sizeof p->msisdn, "14400%08u", i);
    fill_key(&p->seed.k, rand);
    fill_key(&p->seed.opc, rand);
    fill_key(&p->ota.kic, rand);
    fill_key(&p->ota.kid, rand);
    fill_key(&p->kik, rand);
}

static void use(struct usim *card)
{
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0,
                                     0x00, 0x00, 0x00, 0x87, 0x10, 0x02};
    static const uint8_t authenticate[5 + 17] = {0x00, 0x88, 0x00, 0x80, 0x11, 0x10};
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf response;
    struct bytes atr;

    buf_init_fixed(&response, mem, sizeof mem);
    if (usim_reset(card, &atr) != XK_OK ||
        usim_transmit(card, BYTES_OF(select), &response) != XK_OK)
        die("SELECT");
    buf_reset(&response);
    if (usim_transmit(card, BYTES_OF(authenticate), &response) != XK_OK || mem[0] != 0x61)
        die("AUTHENTICATE");
}

int main(void)
{
    struct xk_prng prng = {.state = 5};
    struct xk_rand rand = xk_rand_prng(&prng);
    struct usim **cards = calloc(CARDS, sizeof(struct usim *));
    struct usim_personalisation p;
    long before = resident(), value;

    if (!cards)
        die("memory");
    for (unsigned i = 0; i < CARDS; i++) {
        struct nvm_memory *memory = nvm_memory_new();
        struct nvm_port port;

        if (!memory)
            die("memory");
        port = nvm_memory_port(memory);
        personalise(i, &rand, &p);
        if (usim_manufacture(&port, &p, &rand, &cards[i]) != XK_OK)
            die("card");
        use(cards[i]);
    }
    value = (resident() - before) / CARDS;
    printf("{\"name\":\"idle_card_bytes\",\"value\":%ld,\"unit\":\"bytes\",\"floor\":%d,"
           "\"ratio\":%.3f,\"runs\":1}\n",
           value, FLOOR, (double)value / FLOOR);
    return 0;
}
