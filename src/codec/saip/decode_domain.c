/* SPDX-License-Identifier: Apache-2.0 */
/* Security domains, remote management, applications, an issuer's own. */
#include "codec/saip/schema.h"

typedef struct bytes members[SAIP_MEMBERS_MAX];

static enum xk_err take_apart(const struct saip_pe *pe, enum saip_type type, members m)
{
    if (pe->type != type)
        return XK_E_FORMAT;
    return saip_sequence(saip_structure_of(type), pe->value, m, NULL);
}

enum xk_err saip_next_octets(struct cur *c, struct bytes *out)
{
    return saip_next_entry(SAIP_STRUCTURE_OCTETS_ENTRY, c, out);
}

static enum xk_err check_octets(struct bytes list)
{
    struct cur c = cur_of(list);
    struct bytes one;

    while (c.n > 0)
        TRY(saip_next_octets(&c, &one));
    return XK_OK;
}

static enum xk_err read_uicc(struct bytes value, struct saip_instance *out)
{
    members m;

    if (!value.p)
        return XK_OK;
    TRY(saip_sequence(SAIP_STRUCTURE_UICC, value, m, NULL));
    out->has_uicc = true;
    out->toolkit = m[MEMBER_AT(UICC, TOOLKIT)];
    out->uicc_access = m[MEMBER_AT(UICC, ACCESS)];
    out->uicc_admin = m[MEMBER_AT(UICC, ADMIN)];
    return XK_OK;
}

static enum xk_err read_instance(struct bytes value, struct saip_instance *out)
{
    struct saip_instance instance;
    members m, control = {{0}};

    TRY(saip_sequence(SAIP_STRUCTURE_INSTANCE, value, m, NULL));
    instance = (struct saip_instance){
        .package_aid = m[MEMBER_AT(INSTANCE, PACKAGE)],
        .class_aid = m[MEMBER_AT(INSTANCE, CLASS)],
        .instance_aid = m[MEMBER_AT(INSTANCE, INSTANCE)],
        .extradite_aid = m[MEMBER_AT(INSTANCE, EXTRADITE)],
        .privileges = m[MEMBER_AT(INSTANCE, PRIVILEGES)],
        .life_cycle = saip_integer(MEMBER_OR_DEFAULT(m, INSTANCE, LIFE_CYCLE)),
        .parameters = m[MEMBER_AT(INSTANCE, PARAMETERS)],
        .system_parameters = m[MEMBER_AT(INSTANCE, SYSTEM)],
        .process_data = m[MEMBER_AT(INSTANCE, PROCESS_DATA)],
    };
    if (instance.system_parameters.p)
        TRY(saip_sequence(SAIP_STRUCTURE_SYSTEM, instance.system_parameters, NULL, NULL));
    TRY(read_uicc(m[MEMBER_AT(INSTANCE, UICC)], &instance));
    TRY(check_octets(instance.process_data));
    if (m[MEMBER_AT(INSTANCE, CONTROL)].p)
        TRY(saip_sequence(SAIP_STRUCTURE_CONTROL, m[MEMBER_AT(INSTANCE, CONTROL)], control, NULL));
    instance.provider_id = control[MEMBER_AT(CONTROL, PROVIDER)];
    *out = instance;
    return XK_OK;
}

enum xk_err saip_next_instance(struct cur *c, struct saip_instance *out)
{
    struct bytes value;

    TRY(saip_next_entry(SAIP_STRUCTURE_INSTANCE_ENTRY, c, &value));
    return read_instance(value, out);
}

enum xk_err saip_next_component(struct cur *c, struct saip_component *out)
{
    struct bytes value;
    members m;

    TRY(saip_next_entry(SAIP_STRUCTURE_COMPONENT_ENTRY, c, &value));
    TRY(saip_sequence(SAIP_STRUCTURE_COMPONENT, value, m, NULL));
    *out = (struct saip_component){
        .type = m[MEMBER_AT(COMPONENT, TYPE)],
        .data = m[MEMBER_AT(COMPONENT, DATA)],
        .mac_length = saip_integer(MEMBER_OR_DEFAULT(m, COMPONENT, MAC_LENGTH)),
    };
    return XK_OK;
}

enum xk_err saip_next_key(struct cur *c, struct saip_key *out)
{
    struct saip_component component;
    struct bytes value;
    struct cur inside;
    members m;

    TRY(saip_next_entry(SAIP_STRUCTURE_KEY_ENTRY, c, &value));
    TRY(saip_sequence(SAIP_STRUCTURE_KEY, value, m, NULL));
    inside = cur_of(m[MEMBER_AT(KEY, COMPONENTS)]);
    while (inside.n > 0)
        TRY(saip_next_component(&inside, &component));
    *out = (struct saip_key){
        .usage = m[MEMBER_AT(KEY, USAGE)],
        .access = saip_integer(MEMBER_OR_DEFAULT(m, KEY, ACCESS)),
        .identifier = m[MEMBER_AT(KEY, IDENTIFIER)].p[0],
        .version = m[MEMBER_AT(KEY, VERSION)].p[0],
        .counter = m[MEMBER_AT(KEY, COUNTER)],
        .components = m[MEMBER_AT(KEY, COMPONENTS)],
    };
    return XK_OK;
}

static enum xk_err read_open_perso(struct bytes value, struct saip_domain *out)
{
    members m;

    if (!value.p)
        return XK_OK;
    TRY(saip_sequence(SAIP_STRUCTURE_OPEN_PERSO, value, m, NULL));
    out->has_restrict = m[MEMBER_AT(OPEN_PERSO, RESTRICT)].p != NULL;
    out->restrict_parameter = saip_integer(m[MEMBER_AT(OPEN_PERSO, RESTRICT)]);
    out->contactless = m[MEMBER_AT(OPEN_PERSO, CONTACTLESS)];
    return XK_OK;
}

static enum xk_err read_cat_tp(struct bytes value, struct saip_domain *out)
{
    members m;

    if (!value.p)
        return XK_OK;
    TRY(saip_sequence(SAIP_STRUCTURE_CAT_TP, value, m, NULL));
    out->has_cat_tp = true;
    out->cat_tp_sdu_max = saip_integer(m[MEMBER_AT(CAT_TP, SDU_MAX)]);
    out->cat_tp_pdu_max = saip_integer(m[MEMBER_AT(CAT_TP, PDU_MAX)]);
    return XK_OK;
}

enum xk_err saip_decode_domain(const struct saip_pe *pe, struct saip_domain *out)
{
    struct saip_domain domain = {.keys = BYTES_NONE};
    struct saip_key key;
    struct cur c;
    members m;

    TRY(take_apart(pe, SAIP_DOMAIN, m));
    TRY(read_instance(m[MEMBER_AT(DOMAIN, INSTANCE)], &domain.instance));
    domain.keys = m[MEMBER_AT(DOMAIN, KEYS)];
    c = cur_of(domain.keys);
    while (c.n > 0)
        TRY(saip_next_key(&c, &key));
    domain.perso = m[MEMBER_AT(DOMAIN, PERSO)];
    TRY(check_octets(domain.perso));
    TRY(read_open_perso(m[MEMBER_AT(DOMAIN, OPEN_PERSO)], &domain));
    TRY(read_cat_tp(m[MEMBER_AT(DOMAIN, CAT_TP)], &domain));
    *out = domain;
    return XK_OK;
}

enum xk_err saip_decode_rfm(const struct saip_pe *pe, struct saip_rfm *out)
{
    struct saip_rfm rfm;
    members m, adf = {{0}};
    struct bytes tar;
    struct cur c;

    TRY(take_apart(pe, SAIP_RFM, m));
    rfm = (struct saip_rfm){
        .instance_aid = m[MEMBER_AT(RFM, INSTANCE)],
        .domain_aid = m[MEMBER_AT(RFM, DOMAIN)],
        .tars = m[MEMBER_AT(RFM, TARS)],
        .security_level = m[MEMBER_AT(RFM, LEVEL)].p[0],
        .uicc_access = m[MEMBER_AT(RFM, ACCESS)],
        .uicc_admin = m[MEMBER_AT(RFM, ADMIN)],
        .has_adf = m[MEMBER_AT(RFM, ADF)].p != NULL,
    };
    c = cur_of(rfm.tars);
    while (c.n > 0)
        TRY(saip_next_entry(SAIP_STRUCTURE_TAR_ENTRY, &c, &tar));
    if (rfm.has_adf)
        TRY(saip_sequence(SAIP_STRUCTURE_RFM_ADF, m[MEMBER_AT(RFM, ADF)], adf, NULL));
    rfm.adf_aid = adf[MEMBER_AT(RFM_ADF, AID)];
    rfm.adf_access = adf[MEMBER_AT(RFM_ADF, ACCESS)];
    rfm.adf_admin = adf[MEMBER_AT(RFM_ADF, ADMIN)];
    *out = rfm;
    return XK_OK;
}

static enum xk_err read_load(struct bytes value, struct saip_application *out)
{
    members m;

    if (!value.p)
        return XK_OK;
    TRY(saip_sequence(SAIP_STRUCTURE_LOAD, value, m, NULL));
    out->has_load = true;
    out->package_aid = m[MEMBER_AT(LOAD, PACKAGE)];
    out->domain_aid = m[MEMBER_AT(LOAD, DOMAIN)];
    out->code_limit = m[MEMBER_AT(LOAD, CODE_LIMIT)];
    out->volatile_limit = m[MEMBER_AT(LOAD, VOLATILE_LIMIT)];
    out->data_limit = m[MEMBER_AT(LOAD, DATA_LIMIT)];
    out->hash = m[MEMBER_AT(LOAD, HASH)];
    out->load_block = m[MEMBER_AT(LOAD, BLOCK)];
    return XK_OK;
}

enum xk_err saip_decode_application(const struct saip_pe *pe, struct saip_application *out)
{
    struct saip_application application = {.has_load = false};
    struct saip_instance instance;
    struct cur c;
    members m;

    TRY(take_apart(pe, SAIP_APPLICATION, m));
    TRY(read_load(m[MEMBER_AT(APPLICATION, LOAD)], &application));
    application.instances = m[MEMBER_AT(APPLICATION, INSTANCES)];
    c = cur_of(application.instances);
    while (c.n > 0)
        TRY(saip_next_instance(&c, &instance));
    *out = application;
    return XK_OK;
}

enum xk_err saip_decode_non_standard(const struct saip_pe *pe, struct saip_non_standard *out)
{
    members m;

    TRY(take_apart(pe, SAIP_NON_STANDARD, m));
    out->issuer = m[MEMBER_AT(NON_STANDARD, ISSUER)];
    out->content = m[MEMBER_AT(NON_STANDARD, CONTENT)];
    return XK_OK;
}
