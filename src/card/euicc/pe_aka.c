/* SPDX-License-Identifier: Apache-2.0 */
/* akaParameter (SAIP 8.5): keys of the application that came last. */
#include "card/euicc/profile_build.h"

#define SQN_AGE_LIMIT 0x01
#define SQN_DELTA 0x02
#define KEY_LEN 16
#define KEY_LONG 32

/* The length of RES in algorithmOptions: 32, 64, 128 bits (TUAK and the test algorithm, whose test
 * profiles have 02); of Milenage it is always 64. MAC, CK and IK have 64, 128 and 128 bits. */
#define RES_OF(options) ((options)&0x03)

static const uint8_t res_len[] = {4, 8, 16};

static bool lengths_fit(const struct saip_aka *a)
{
    if (a->algorithm != SAIP_MILENAGE && RES_OF(a->options) >= ARRAY_LEN(res_len))
        return false;
    switch (a->algorithm) {
    case SAIP_MILENAGE:
        return a->key.n == KEY_LEN && a->opc.n == KEY_LEN;
    case SAIP_TUAK:
        return (a->key.n == KEY_LEN || a->key.n == KEY_LONG) && a->opc.n == KEY_LONG &&
               a->keccak > 0;
    case SAIP_TEST_ALGORITHM:
        return a->key.n == KEY_LEN;
    default:
        return false;
    }
}

static enum xk_err read_keys(const struct saip_aka *a, struct aka_subscriber *s)
{
    static const enum aka_algorithm of[] = {
        [SAIP_MILENAGE] = AKA_MILENAGE, [SAIP_TUAK] = AKA_TUAK, [SAIP_TEST_ALGORITHM] = AKA_TEST};

    s->algorithm = of[a->algorithm];
    s->iterations = a->keccak;
    if (a->algorithm != SAIP_MILENAGE)
        s->res_len = res_len[RES_OF(a->options)];
    if (a->algorithm == SAIP_MILENAGE) {
        s->has_cr = true;
        memcpy(s->cr, a->rotation, sizeof a->rotation);
        memcpy(s->cr + sizeof a->rotation, a->xoring, sizeof a->xoring);
    }
    TRY(secret_set(&s->k, a->key));
    return secret_set(&s->opc, a->opc.n <= KEY_LONG ? a->opc : BYTES_NONE);
}

static void read_sequence(const struct saip_aka *a, struct profile_app *app)
{
    if (a->sqn_options & SQN_DELTA)
        app->subscriber.rules.delta = aka_sqn_get(a->sqn_delta);
    if (a->sqn_options & SQN_AGE_LIMIT)
        app->subscriber.rules.age_limit = aka_sqn_get(a->sqn_age_limit);
    for (unsigned i = 0; i < AKA_IND_COUNT; i++)
        app->sqn.seq[i] = aka_sqn_get(a->sqn_init[i]);
}

/* The application whose keys these are to be too. */
static unsigned find_app(const struct profile_builder *b, struct bytes aid)
{
    for (unsigned i = 0; i < b->head.apps; i++) {
        const struct profile_file *f = &b->files[b->apps[i].adf];

        if (bytes_eq(BYTES(f->aid, f->aid_n), aid))
            return b->apps[i].shared == APP_OWN ? i : b->apps[i].shared;
    }
    return APP_OWN;
}

static bool has_keys(const struct profile_builder *b, uint16_t adf)
{
    for (unsigned i = 0; i < b->head.apps; i++) {
        if (b->apps[i].adf == adf)
            return true;
    }
    return false;
}

enum xk_err pe_aka(struct profile_builder *b, const struct saip_pe *pe)
{
    struct profile_app *app = &b->apps[b->head.apps];
    struct saip_aka a;
    enum xk_err err = saip_decode_aka(pe, &a);

    if (err != XK_OK)
        return build_refuse_err(b, err, NULL, NULL);
    if (b->head.apps >= PROFILE_APPS_MAX || b->last_adf == FILE_MF || has_keys(b, b->last_adf))
        return build_refuse(b, RSP_PE_BAD_VALUES, NULL, "there is no application for the keys");
    *app = (struct profile_app){.adf = b->last_adf, .shared = APP_OWN};
    if (a.mapped) {
        app->shared = (uint8_t)find_app(b, a.mapping_source);
        if (app->shared == APP_OWN)
            return build_refuse(b, RSP_PE_BAD_VALUES, "mappingSource", "no such application");
    } else {
        if (a.algorithm > SAIP_TEST_ALGORITHM || a.algorithm == 0)
            return build_refuse(b, RSP_PE_FEATURE_NOT_SUPPORTED, "algorithmID",
                                "the algorithm is not known");
        if (!lengths_fit(&a))
            return build_refuse(b, RSP_PE_BAD_VALUES, "key", "a length is not of this algorithm");
        TRY(read_keys(&a, &app->subscriber.aka));
        read_sequence(&a, app);
    }
    b->head.apps++;
    return XK_OK;
}
