/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

/* TS 31.102 7.1.2, TS 31.103 7.1.2 */
#define CONTEXT_GSM 0x80
#define CONTEXT_3G 0x81
#define TAG_SUCCESS 0xDB
#define TAG_SYNC_FAILURE 0xDC
#define SERVICE_GSM_ACCESS 27
#define SERVICE_GSM_CONTEXT 38
#define FID_UST 0x6F38
#define FID_DF_GSM 0x7F20
#define AID_APPLICATION_AT 5 /* TS 101 220 annex E: application code behind the RID */
#define APPLICATION_ISIM 0x1004

static void subscriber_wipe(struct uicc_subscriber *s)
{
    explicit_bzero(s, sizeof *s);
}
#define AUTO_SUBSCRIBER __attribute__((cleanup(subscriber_wipe)))

/* One authentication: who is asked, and with what. */
struct challenge {
    struct uicc *u;
    struct exchange *x;
    unsigned adf;
    const struct uicc_subscriber *s;
};

static bool is_isim(const struct uicc *u, unsigned adf)
{
    struct bytes aid = u->ops->aid(u, adf);
    const uint8_t *code = aid.p + AID_APPLICATION_AT;

    return aid.n >= AID_APPLICATION_AT + 2 && (code[0] << 8 | code[1]) == APPLICATION_ISIM;
}

/* TS 31.102 4.2.8; an ISIM has no GSM services at all */
enum xk_err uicc_service_available(struct uicc *u, unsigned adf, unsigned n, bool *out)
{
    unsigned ust = fs_find_ef(u, adf, FID_UST);
    const struct uicc_file *f = ust == FILE_NONE ? NULL : u->ops->file(u, ust);
    uint8_t byte;

    *out = false;
    if (!f || (n - 1) / 8 >= f->size || is_isim(u, adf))
        return XK_OK;
    TRY(u->ops->read(u, f, (n - 1) / 8, &byte, 1));
    *out = byte >> ((n - 1) % 8) & 1;
    return XK_OK;
}

static enum xk_err store_sqn(const struct challenge *c, unsigned slot,
                             const uint8_t sqn[AKA_SQN_LEN])
{
    TRY(c->u->ops->sqn_store(c->u, c->adf, slot, aka_sqn_get(sqn) >> AKA_IND_BITS));
    return uicc_commit(c->u, c->x);
}

static void put_field(struct buf *b, struct bytes value)
{
    buf_put_u8(b, (uint8_t)value.n);
    buf_put_bytes(b, value);
}

static enum xk_err answer_sync_failure(const struct challenge *c, const struct aka_sqn_array *array,
                                       const uint8_t *rand)
{
    uint8_t sqn[AKA_SQN_LEN], data[2 + AKA_AUTS_LEN] = {TAG_SYNC_FAILURE, AKA_AUTS_LEN};

    aka_sqn_highest(array, sqn);
    TRY(aka_make_auts(&c->s->aka, rand, sqn, data + 2));
    return answer_later(c->u, c->x, BYTES_OF(data));
}

static enum xk_err answer_success(const struct challenge *c, const struct aka_vector *v)
{
    uint8_t mem[1 + 1 + AKA_RES_MAX + 2 * (1 + AKA_CK_LEN) + 1 + AKA_KC_LEN];
    bool gsm_access;
    struct buf b;
    enum xk_err err;

    TRY(uicc_service_available(c->u, c->adf, SERVICE_GSM_ACCESS, &gsm_access));
    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u8(&b, TAG_SUCCESS);
    put_field(&b, BYTES(v->res, v->res_n));
    put_field(&b, BYTES_OF(v->ck));
    put_field(&b, BYTES_OF(v->ik));
    if (gsm_access)
        put_field(&b, BYTES_OF(v->kc));
    err = answer_later(c->u, c->x, buf_bytes(&b));
    buf_wipe(&b);
    return err;
}

/* *slot AKA_IND_COUNT: nothing is to be stored */
static bool is_fresh(const struct challenge *c, const struct aka_sqn_array *array,
                     const uint8_t sqn[AKA_SQN_LEN], const uint8_t amf[AKA_AMF_LEN], unsigned *slot)
{
    if (c->s->aka.algorithm != AKA_TEST)
        return aka_sqn_check_by(array, &c->s->rules, sqn, slot) == AKA_FRESH;
    *slot = AKA_IND_COUNT;
    return memcmp(amf, AKA_AMF_RESYNCH, AKA_AMF_LEN) != 0;
}

/* TS 33.102 6.3.3: the MAC first, then freshness; the new SEQ is stored before anything is said. */
static enum xk_err authenticate_3g(const struct challenge *c)
{
    const uint8_t *rand = c->x->c.data.p + 1, *autn = rand + AKA_RAND_LEN + 1;
    uint8_t sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
    struct aka_sqn_array array;
    struct aka_vector v = {0};
    unsigned slot;
    enum xk_err err;

    err = aka_check_autn(&c->s->aka, rand, autn, sqn, amf, &v);
    if (err == XK_E_AUTH)
        return refuse(c->x, SW_AUTH_MAC_ERROR);
    if (err == XK_OK)
        err = c->u->ops->sqn_load(c->u, c->adf, &array);
    if (err == XK_OK && !is_fresh(c, &array, sqn, amf, &slot))
        err = answer_sync_failure(c, &array, rand);
    else if (err == XK_OK && slot < AKA_IND_COUNT)
        err = store_sqn(c, slot, sqn);
    if (err == XK_OK && c->x->sw == SW_OK)
        err = answer_success(c, &v);
    explicit_bzero(&v, sizeof v);
    return err;
}

static enum xk_err authenticate_gsm(const struct challenge *c)
{
    uint8_t data[2 + AKA_SRES_LEN + AKA_KC_LEN] = {AKA_SRES_LEN};
    bool available;
    enum xk_err err;

    TRY(uicc_service_available(c->u, c->adf, SERVICE_GSM_CONTEXT, &available));
    if (!available)
        return refuse(c->x, SW_AUTH_CONTEXT_UNSUPPORTED);
    data[1 + AKA_SRES_LEN] = AKA_KC_LEN;
    TRY(aka_gsm(&c->s->aka, c->x->c.data.p + 1, data + 1, data + 2 + AKA_SRES_LEN));
    err = answer_later(c->u, c->x, BYTES_OF(data));
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

/* TS 31.102 7.1.2, TS 31.103 7.1.2, TS 102 221 11.1.16 */
enum xk_err cmd_authenticate(struct uicc *u, struct exchange *x)
{
    AUTO_SUBSCRIBER struct uicc_subscriber s;
    struct challenge c = {u, x, x->ch->adf, &s};
    bool present;

    if (x->c.p1 != 0 || (x->c.p2 != CONTEXT_3G && x->c.p2 != CONTEXT_GSM))
        return refuse(x, SW_WRONG_P1P2);
    if (c.adf == FILE_NONE)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    if (!fields_fit(&x->c))
        return refuse(x, SW_WRONG_LENGTH);
    TRY(u->ops->subscriber(u, c.adf, &s, &present));
    if (!present)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    return x->c.p2 == CONTEXT_3G ? authenticate_3g(&c) : authenticate_gsm(&c);
}

/* RUN GSM ALGORITHM, TS 51.011 9.2.16: SRES and Kc by c2 and c3 from the same K */
enum xk_err cmd_run_gsm_algorithm(struct uicc *u, struct exchange *x)
{
    AUTO_SUBSCRIBER struct uicc_subscriber s;
    uint8_t data[AKA_SRES_LEN + AKA_KC_LEN];
    bool present;
    enum xk_err err;

    if (x->c.p1 != 0 || x->c.p2 != 0)
        return refuse(x, SW_WRONG_PARAMETERS);
    if (x->c.data.n != AKA_RAND_LEN)
        return refuse(x, SW_WRONG_LENGTH);
    if (u->ops->file(u, x->ch->df)->fid != FID_DF_GSM)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(u->ops->subscriber(u, FILE_NONE, &s, &present));
    if (!present)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    TRY(aka_gsm(&s.aka, x->c.data.p, data, data + AKA_SRES_LEN));
    err = answer_later(u, x, BYTES_OF(data));
    explicit_bzero(data, sizeof data);
    return err;
}
