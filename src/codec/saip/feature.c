/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/saip/feature.h"

#include "codec/saip/schema.h"

#define KEY_256_LEN 32
#define TAG_SUCI_SCHEMES 0xA0 /* TS 31.102 4.4.11.8 */

static void use(const struct saip_pe *pe, uint32_t services, struct saip_features *f)
{
    f->used |= services;
    if (pe->mandated)
        f->must |= services;
}

static void use_algorithm(const struct saip_pe *pe, struct saip_features *f)
{
    struct saip_aka aka;

    if (saip_decode_aka(pe, &aka) != XK_OK || aka.mapped)
        return;
    if (aka.algorithm == SAIP_MILENAGE)
        use(pe, SAIP_SERVICE_BIT(MILENAGE), f);
    if (aka.algorithm == SAIP_TEST_ALGORITHM)
        use(pe, SAIP_SERVICE_BIT(TEST_ALGORITHM), f);
    if (aka.algorithm == SAIP_TUAK && aka.key.n == KEY_256_LEN)
        use(pe, SAIP_SERVICE_BIT(TUAK256), f);
    else if (aka.algorithm == SAIP_TUAK)
        use(pe, SAIP_SERVICE_BIT(TUAK128), f);
}

static void use_domain(const struct saip_pe *pe, struct saip_features *f)
{
    struct saip_domain domain;

    if (saip_decode_domain(pe, &domain) == XK_OK && domain.has_cat_tp)
        use(pe, SAIP_SERVICE_BIT(CAT_TP), f);
}

struct naa {
    enum saip_type type;
    uint32_t one, several;
};

static const struct naa naas[] = {
    {SAIP_USIM, SAIP_SERVICE_BIT(USIM), SAIP_SERVICE_BIT(MULTIPLE_USIM)},
    {SAIP_ISIM, SAIP_SERVICE_BIT(ISIM), SAIP_SERVICE_BIT(MULTIPLE_ISIM)},
    {SAIP_CSIM, SAIP_SERVICE_BIT(CSIM), SAIP_SERVICE_BIT(MULTIPLE_CSIM)},
};

void saip_features_of_pe(const struct saip_pe *pe, struct saip_features *f)
{
    f->count[pe->type]++;
    for (size_t i = 0; i < ARRAY_LEN(naas); i++) {
        if (naas[i].type == pe->type)
            use(pe, f->count[pe->type] > 1 ? naas[i].several : naas[i].one, f);
    }
    if (pe->type == SAIP_IOT)
        use(pe, SAIP_SERVICE_BIT(USIM), f);
    if (pe->type == SAIP_AKA)
        use_algorithm(pe, f);
    if (pe->type == SAIP_CDMA)
        use(pe, SAIP_SERVICE_BIT(CAVE), f);
    if (pe->type == SAIP_EAP)
        use(pe, SAIP_SERVICE_BIT(EAP), f);
    if (pe->type == SAIP_DOMAIN)
        use_domain(pe, f);
}

/* Contents of EF.SUCI_Calc_Info: a list of scheme and key index. */
static uint32_t schemes_of(struct bytes content)
{
    struct cur c = cur_of(content);
    uint32_t services = 0;
    struct tlv t;

    if (tlv_next(&c, &t) != XK_OK || t.tag != TAG_SUCI_SCHEMES)
        return 0;
    for (size_t i = 0; i + 1 < t.value.n; i += 2) {
        if (t.value.p[i] == SAIP_SUCI_PROFILE_A)
            services |= SAIP_SERVICE_BIT(PROFILE_A);
        if (t.value.p[i] == SAIP_SUCI_PROFILE_B)
            services |= SAIP_SERVICE_BIT(PROFILE_B);
    }
    return services;
}

void saip_features_of_node(const struct saip_pe *pe, const struct saip_node *node,
                           struct saip_features *f)
{
    if (node->act != SAIP_CREATE)
        return;
    if (node->kind == SAIP_KIND_BER_TLV && !node->link)
        use(pe, SAIP_SERVICE_BIT(BER_TLV), f);
    if (saip_kind_is_directory(node->kind) && node->link)
        use(pe, SAIP_SERVICE_BIT(DF_LINK), f);
    if (pe->type == SAIP_DF_SAIP && node->tag == SAIP_TAG_DF_SAIP_EF_SUCI_CALC_INFO_USIM)
        use(pe, SAIP_SERVICE_BIT(GET_IDENTITY) | schemes_of(node->content), f);
}
