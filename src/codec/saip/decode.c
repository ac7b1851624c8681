/* SPDX-License-Identifier: Apache-2.0 */
/* Elements as plain structs: the schema takes them apart, here values get their meaning and
 * defaults. */
#include "codec/saip/schema.h"

typedef struct bytes members[SAIP_MEMBERS_MAX];

/* The one alternative of a CHOICE that stands in an explicit tag. */
static enum xk_err choose(enum saip_structure choice, struct bytes value,
                          const struct saip_member **which, struct bytes *inside)
{
    struct cur c = cur_of(value);
    struct tlv t;

    TRY(tlv_next(&c, &t));
    TRY(cur_end(&c));
    *which = saip_member_of_tag(choice, t.tag);
    if (!*which)
        return XK_E_FORMAT;
    *inside = t.value;
    return saip_check_value(*which, t.value);
}

static enum xk_err take_apart(const struct saip_pe *pe, enum saip_type type, members m)
{
    if (pe->type != type)
        return XK_E_FORMAT;
    return saip_sequence(saip_structure_of(type), pe->value, m, NULL);
}

/* ---- header ---------------------------------------------------------------------------------- */

static const uint8_t service_tags[SAIP_SERVICES] = {
#define SERVICE(id, tag, capability, name) tag,
#include "codec/saip/service.def"
#undef SERVICE
};

static enum xk_err read_services(struct bytes value, struct saip_header *out)
{
    struct cur c = cur_of(value);
    struct tlv t;

    while (c.n > 0) {
        unsigned i = 0;

        TRY(tlv_next(&c, &t));
        while (i < SAIP_SERVICES && service_tags[i] != t.tag)
            i++;
        if (i == SAIP_SERVICES)
            out->unknown_services = true;
        else
            out->services |= (uint32_t)1 << i;
        if (t.value.n > 0)
            return XK_E_FORMAT;
    }
    return XK_OK;
}

static enum xk_err check_oids(struct bytes list)
{
    struct cur c = cur_of(list);
    struct bytes oid;

    while (c.n > 0)
        TRY(saip_next_oid(&c, &oid));
    return XK_OK;
}

static enum xk_err check_aids(struct bytes list)
{
    struct cur c = cur_of(list);
    struct bytes aid;
    uint16_t version;

    while (c.n > 0)
        TRY(saip_next_aid(&c, &aid, &version));
    return XK_OK;
}

enum xk_err saip_decode_header(const struct saip_pe *pe, struct saip_header *out)
{
    struct saip_header h = {.major = 0};
    members m, iot = {{0}};

    TRY(take_apart(pe, SAIP_HEADER, m));
    h.major = saip_integer(m[MEMBER_AT(HEADER, MAJOR)]);
    h.minor = saip_integer(m[MEMBER_AT(HEADER, MINOR)]);
    h.profile_type = m[MEMBER_AT(HEADER, TYPE)];
    memcpy(h.iccid, m[MEMBER_AT(HEADER, ICCID)].p, sizeof h.iccid);
    h.pol = m[MEMBER_AT(HEADER, POL)];
    TRY(read_services(m[MEMBER_AT(HEADER, SERVICES)], &h));
    h.templates = m[MEMBER_AT(HEADER, TEMPLATES)];
    TRY(check_oids(h.templates));
    h.connectivity = m[MEMBER_AT(HEADER, CONNECTIVITY)];
    h.aids = m[MEMBER_AT(HEADER, AIDS)];
    TRY(check_aids(h.aids));
    if (m[MEMBER_AT(HEADER, IOT)].p)
        TRY(saip_sequence(SAIP_STRUCTURE_IOT_OPTIONS, m[MEMBER_AT(HEADER, IOT)], iot, NULL));
    h.iot_pix = iot[MEMBER_AT(IOT_OPTIONS, PIX)];
    *out = h;
    return XK_OK;
}

enum xk_err saip_next_oid(struct cur *c, struct bytes *oid)
{
    return saip_next_entry(SAIP_STRUCTURE_OID_ENTRY, c, oid);
}

enum xk_err saip_next_aid(struct cur *c, struct bytes *aid, uint16_t *version)
{
    struct bytes value;
    members m;

    TRY(saip_next_entry(SAIP_STRUCTURE_AID_ENTRY, c, &value));
    TRY(saip_sequence(SAIP_STRUCTURE_MANDATORY_AID, value, m, NULL));
    *aid = m[MEMBER_AT(MANDATORY_AID, AID)];
    *version = saip_integer(m[MEMBER_AT(MANDATORY_AID, VERSION)]);
    return XK_OK;
}

/* ---- PINs and PUKs --------------------------------------------------------------------------- */

enum xk_err saip_next_pin(struct cur *c, struct saip_pin *out)
{
    struct bytes value;
    uint8_t attempts;
    members m;

    TRY(saip_next_entry(SAIP_STRUCTURE_PIN_ENTRY, c, &value));
    TRY(saip_sequence(SAIP_STRUCTURE_PIN, value, m, NULL));
    attempts = saip_integer(MEMBER_OR_DEFAULT(m, PIN, ATTEMPTS));
    *out = (struct saip_pin){
        .reference = saip_integer(m[MEMBER_AT(PIN, REFERENCE)]),
        .value = m[MEMBER_AT(PIN, VALUE)],
        .puk = saip_integer(m[MEMBER_AT(PIN, PUK)]),
        .attributes = saip_integer(MEMBER_OR_DEFAULT(m, PIN, ATTRIBUTES)),
        .attempts = attempts >> 4,
        .left = attempts & 0x0F,
    };
    return XK_OK;
}

enum xk_err saip_next_puk(struct cur *c, struct saip_pin *out)
{
    struct bytes value;
    uint8_t attempts;
    members m;

    TRY(saip_next_entry(SAIP_STRUCTURE_PUK_ENTRY, c, &value));
    TRY(saip_sequence(SAIP_STRUCTURE_PUK, value, m, NULL));
    attempts = saip_integer(MEMBER_OR_DEFAULT(m, PUK, ATTEMPTS));
    *out = (struct saip_pin){
        .reference = saip_integer(m[MEMBER_AT(PUK, REFERENCE)]),
        .value = m[MEMBER_AT(PUK, VALUE)],
        .attempts = attempts >> 4,
        .left = attempts & 0x0F,
    };
    return XK_OK;
}

enum xk_err saip_decode_pins(const struct saip_pe *pe, struct saip_pins *out)
{
    struct saip_pins pins = {.list = BYTES_NONE};
    const struct saip_member *which;
    struct saip_pin pin;
    struct bytes inside;
    struct cur c;
    members m;

    TRY(take_apart(pe, SAIP_PINS, m));
    TRY(choose(SAIP_STRUCTURE_PIN_CODES, m[MEMBER_AT(PINS, CODES)], &which, &inside));
    if (which->kind == SAIP_LIST)
        pins.list = inside;
    else
        pins.file_path = inside;
    c = cur_of(pins.list);
    while (c.n > 0)
        TRY(saip_next_pin(&c, &pin));
    *out = pins;
    return XK_OK;
}

enum xk_err saip_decode_puks(const struct saip_pe *pe, struct bytes *list)
{
    struct saip_pin puk;
    struct cur c;
    members m;

    TRY(take_apart(pe, SAIP_PUKS, m));
    c = cur_of(m[MEMBER_AT(PUKS, CODES)]);
    while (c.n > 0)
        TRY(saip_next_puk(&c, &puk));
    *list = m[MEMBER_AT(PUKS, CODES)];
    return XK_OK;
}

/* ---- authentication -------------------------------------------------------------------------- */

static enum xk_err read_algorithm(struct bytes value, struct saip_aka *out)
{
    members m;

    TRY(saip_sequence(SAIP_STRUCTURE_ALGORITHM, value, m, NULL));
    out->algorithm = saip_integer(m[MEMBER_AT(ALGORITHM, ID)]);
    out->options = saip_integer(m[MEMBER_AT(ALGORITHM, OPTIONS)]);
    out->key = m[MEMBER_AT(ALGORITHM, KEY)];
    out->opc = m[MEMBER_AT(ALGORITHM, OPC)];
    memcpy(out->rotation, MEMBER_OR_DEFAULT(m, ALGORITHM, ROTATION).p, SAIP_ROTATION_LEN);
    memcpy(out->xoring, MEMBER_OR_DEFAULT(m, ALGORITHM, XORING).p, SAIP_XORING_LEN);
    out->auth_counter_max = m[MEMBER_AT(ALGORITHM, COUNTER_MAX)];
    out->keccak = saip_integer(MEMBER_OR_DEFAULT(m, ALGORITHM, KECCAK));
    return XK_OK;
}

static enum xk_err read_mapping(struct bytes value, struct saip_aka *out)
{
    members m;

    TRY(saip_sequence(SAIP_STRUCTURE_MAPPING, value, m, NULL));
    out->mapped = true;
    out->mapping_options = saip_integer(m[MEMBER_AT(MAPPING, OPTIONS)]);
    out->mapping_source = m[MEMBER_AT(MAPPING, SOURCE)];
    return XK_OK;
}

static enum xk_err read_sqn_init(struct bytes list, struct saip_aka *out)
{
    struct cur c = cur_of(list);
    struct bytes sqn;

    for (unsigned i = 0; i < SAIP_SQN_COUNT; i++) {
        TRY(saip_next_entry(SAIP_STRUCTURE_SQN_ENTRY, &c, &sqn));
        memcpy(out->sqn_init[i], sqn.p, SAIP_SQN_LEN);
    }
    return cur_end(&c) == XK_OK ? XK_OK : XK_E_VALUE;
}

enum xk_err saip_decode_aka(const struct saip_pe *pe, struct saip_aka *out)
{
    struct saip_aka aka = {.mapped = false};
    const struct saip_member *which;
    struct bytes inside;
    members m;

    TRY(take_apart(pe, SAIP_AKA, m));
    TRY(choose(SAIP_STRUCTURE_ALGO_CONFIGURATION, m[MEMBER_AT(AKA, CONFIGURATION)], &which,
               &inside));
    if (which->inside == SAIP_STRUCTURE_MAPPING)
        TRY(read_mapping(inside, &aka));
    else
        TRY(read_algorithm(inside, &aka));
    aka.sqn_options = saip_integer(MEMBER_OR_DEFAULT(m, AKA, SQN_OPTIONS));
    memcpy(aka.sqn_delta, MEMBER_OR_DEFAULT(m, AKA, SQN_DELTA).p, SAIP_SQN_LEN);
    memcpy(aka.sqn_age_limit, MEMBER_OR_DEFAULT(m, AKA, SQN_AGE_LIMIT).p, SAIP_SQN_LEN);
    TRY(read_sqn_init(MEMBER_OR_DEFAULT(m, AKA, SQN_INIT), &aka));
    *out = aka;
    return XK_OK;
}

enum xk_err saip_decode_cdma(const struct saip_pe *pe, struct saip_cdma *out)
{
    members m;

    TRY(take_apart(pe, SAIP_CDMA, m));
    *out = (struct saip_cdma){
        .a_key = m[MEMBER_AT(CDMA, A_KEY)],
        .ssd = m[MEMBER_AT(CDMA, SSD)],
        .hrpd = m[MEMBER_AT(CDMA, HRPD)],
        .simple_ip = m[MEMBER_AT(CDMA, SIMPLE_IP)],
        .mobile_ip = m[MEMBER_AT(CDMA, MOBILE_IP)],
    };
    return XK_OK;
}
