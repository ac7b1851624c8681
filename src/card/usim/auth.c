/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/card.h"

/* TS 31.102 7.1.2 */
#define CONTEXT_GSM 0x80
#define CONTEXT_3G 0x81
#define TAG_SUCCESS 0xDB
#define TAG_SYNC_FAILURE 0xDC
#define SERVICE_GSM_ACCESS 27
#define SERVICE_GSM_CONTEXT 38

static void subscriber_wipe(struct aka_subscriber *s)
{
    explicit_bzero(s, sizeof *s);
}
#define AUTO_SUBSCRIBER __attribute__((cleanup(subscriber_wipe)))

#define IDENTITY_LEN offsetof(struct image_bank, sqn)

enum xk_err auth_subscriber(struct usim *card, unsigned bank, struct aka_subscriber *out,
                            bool *present)
{
    struct image_bank b;
    enum xk_err err = card_get(card, IMAGE_BANK_AT(bank, present), (uint8_t *)&b, IDENTITY_LEN);

    *present = err == XK_OK && b.present[0];
    if (*present) {
        *out = (struct aka_subscriber){
            .algorithm = b.algorithm[0], .has_cr = b.has_cr[0] != 0, .res_len = b.res_len[0]};
        memcpy(out->cr, b.cr, sizeof out->cr);
        err = secret_set(&out->k, BYTES(b.k, b.k_n[0]));
        if (err == XK_OK)
            err = secret_set(&out->opc, BYTES(b.opc, b.opc_n[0]));
    }
    explicit_bzero(&b, IDENTITY_LEN);
    return err;
}

static enum xk_err service_available(struct usim *card, unsigned n, bool *out)
{
    uint8_t byte;

    TRY(card_get(card, content_offset(CONTENT_UST, card->bank) + (n - 1) / 8, &byte, 1));
    *out = byte >> ((n - 1) % 8) & 1;
    return XK_OK;
}

static enum xk_err load_sqn(struct usim *card, struct aka_sqn_array *out)
{
    uint8_t wire[sizeof((struct image_bank *)0)->sqn];

    TRY(card_get(card, IMAGE_BANK_AT(card->bank, sqn), wire, sizeof wire));
    for (unsigned i = 0; i < AKA_IND_COUNT; i++)
        out->seq[i] = aka_sqn_get(wire + (size_t)i * AKA_SQN_LEN);
    return XK_OK;
}

static enum xk_err store_sqn(struct usim *card, struct exchange *x, unsigned slot,
                             const uint8_t sqn[AKA_SQN_LEN])
{
    uint8_t seq[AKA_SQN_LEN];

    aka_sqn_put(aka_sqn_get(sqn) >> AKA_IND_BITS, seq);
    TRY(card_put(card, IMAGE_BANK_AT(card->bank, sqn) + slot * AKA_SQN_LEN, seq, sizeof seq));
    return card_commit(card, x);
}

static void put_field(struct buf *b, struct bytes value)
{
    buf_put_u8(b, (uint8_t)value.n);
    buf_put_bytes(b, value);
}

static enum xk_err answer_sync_failure(struct usim *card, struct exchange *x,
                                       const struct aka_subscriber *s,
                                       const struct aka_sqn_array *array, const uint8_t *rand)
{
    uint8_t sqn[AKA_SQN_LEN], data[2 + AKA_AUTS_LEN] = {TAG_SYNC_FAILURE, AKA_AUTS_LEN};

    aka_sqn_highest(array, sqn);
    TRY(aka_make_auts(s, rand, sqn, data + 2));
    return answer_later(card, x, BYTES_OF(data));
}

static enum xk_err answer_success(struct usim *card, struct exchange *x, const struct aka_vector *v)
{
    uint8_t mem[1 + 1 + AKA_RES_MAX + 2 * (1 + AKA_CK_LEN) + 1 + AKA_KC_LEN];
    bool gsm_access;
    struct buf b;
    enum xk_err err;

    TRY(service_available(card, SERVICE_GSM_ACCESS, &gsm_access));
    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u8(&b, TAG_SUCCESS);
    put_field(&b, BYTES(v->res, v->res_n));
    put_field(&b, BYTES_OF(v->ck));
    put_field(&b, BYTES_OF(v->ik));
    if (gsm_access)
        put_field(&b, BYTES_OF(v->kc));
    err = answer_later(card, x, buf_bytes(&b));
    buf_wipe(&b);
    return err;
}

/* TS 33.102 6.3.3: the MAC first, then freshness; the new SEQ is stored before anything is said. */
static enum xk_err authenticate_3g(struct usim *card, struct exchange *x,
                                   const struct aka_subscriber *s)
{
    const uint8_t *rand = x->c.data.p + 1, *autn = rand + AKA_RAND_LEN + 1;
    uint8_t sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
    struct aka_sqn_array array;
    struct aka_vector v = {0};
    unsigned slot;
    enum xk_err err;

    err = aka_check_autn(s, rand, autn, sqn, amf, &v);
    if (err == XK_E_AUTH)
        return refuse(x, SW_AUTH_MAC_ERROR);
    if (err == XK_OK)
        err = load_sqn(card, &array);
    if (err == XK_OK && aka_sqn_check(&array, sqn, &slot) != AKA_FRESH)
        err = answer_sync_failure(card, x, s, &array, rand);
    else if (err == XK_OK)
        err = store_sqn(card, x, slot, sqn);
    if (err == XK_OK && x->sw == SW_OK)
        err = answer_success(card, x, &v);
    explicit_bzero(&v, sizeof v);
    return err;
}

static enum xk_err authenticate_gsm(struct usim *card, struct exchange *x,
                                    const struct aka_subscriber *s)
{
    uint8_t data[2 + AKA_SRES_LEN + AKA_KC_LEN] = {AKA_SRES_LEN};
    bool available;
    enum xk_err err;

    TRY(service_available(card, SERVICE_GSM_CONTEXT, &available));
    if (!available)
        return refuse(x, SW_AUTH_CONTEXT_UNSUPPORTED);
    data[1 + AKA_SRES_LEN] = AKA_KC_LEN;
    TRY(aka_gsm(s, x->c.data.p + 1, data + 1, data + 2 + AKA_SRES_LEN));
    err = answer_later(card, x, BYTES_OF(data));
    explicit_bzero(data, sizeof data);
    return err;
}

/* Lengths inside the data: 10 RAND, and for 3G 10 AUTN */
static bool fields_fit(const struct apdu_command *c)
{
    size_t n = c->p2 == CONTEXT_3G ? 2 + AKA_RAND_LEN + AKA_AUTN_LEN : 1 + AKA_RAND_LEN;

    if (c->data.n != n)
        return false;
    return c->data.p[0] == AKA_RAND_LEN &&
           (c->p2 != CONTEXT_3G || c->data.p[1 + AKA_RAND_LEN] == AKA_AUTN_LEN);
}

/* TS 31.102 7.1.2, TS 102 221 11.1.16 */
enum xk_err cmd_authenticate(struct usim *card, struct exchange *x)
{
    AUTO_SUBSCRIBER struct aka_subscriber s;
    bool present;

    if (x->c.p1 != 0 || (x->c.p2 != CONTEXT_3G && x->c.p2 != CONTEXT_GSM))
        return refuse(x, SW_WRONG_P1P2);
    if (!x->ch->usim)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (!fields_fit(&x->c))
        return refuse(x, SW_WRONG_LENGTH);
    TRY(auth_subscriber(card, card->bank, &s, &present));
    if (!present)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    return x->c.p2 == CONTEXT_3G ? authenticate_3g(card, x, &s) : authenticate_gsm(card, x, &s);
}

/* RUN GSM ALGORITHM, TS 51.011 9.2.16: SRES and Kc by c2 and c3 from the same K */
enum xk_err cmd_run_gsm_algorithm(struct usim *card, struct exchange *x)
{
    AUTO_SUBSCRIBER struct aka_subscriber s;
    uint8_t data[AKA_SRES_LEN + AKA_KC_LEN];
    bool present;
    enum xk_err err;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_PARAMETERS);
    if (x->c.data.n != AKA_RAND_LEN)
        return refuse(x, SW_WRONG_LENGTH);
    if (x->ch->df != DF_GSM)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(auth_subscriber(card, card->bank, &s, &present));
    if (!present)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(aka_gsm(&s, x->c.data.p, data, data + AKA_SRES_LEN));
    err = answer_later(card, x, BYTES_OF(data));
    explicit_bzero(data, sizeof data);
    return err;
}
