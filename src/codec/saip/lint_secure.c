/* SPDX-License-Identifier: Apache-2.0 */
/* Codes, keys, security domains and applications. */
#include "codec/saip/lint_inside.h"

#define PIN_DIGITS_MIN 4
#define KEY_LEN 16
#define KEY_LONG 32
#define RES_LENGTH 0x03    /* algorithmOptions of TUAK: 32, 64, 128 bits; 11: none */
#define ADM_REFERENCE 0x0A /* and above, without bit 8: administrative, any eight bytes */
#define SCP80_LAST 0x0F    /* versions 01 to 0F (GlobalPlatform, UICC configuration) */
#define SCP80_KEYS 3       /* identifiers 01 KIc, 02 KID, 03 KIK */
#define KEY_IDENTIFIERS 128u
#define TYPE_DES 0x80
#define TYPE_3DES 0x82
#define TYPE_AES 0x88
#define TAR_LEN 3

static bool is_zero(struct bytes b)
{
    return b.n > 0 && lint_all_are(b, 0);
}

/* ---- codes ----------------------------------------------------------------------------------- */

static bool is_digits(struct bytes code)
{
    size_t n = 0;

    while (n < code.n && code.p[n] >= '0' && code.p[n] <= '9')
        n++;
    for (size_t i = n; i < code.n; i++) {
        if (code.p[i] != 0xFF)
            return false;
    }
    return n >= PIN_DIGITS_MIN;
}

/* Bytes that live as long as the arena: names are spans. */
static struct bytes kept(struct lint *l, struct bytes b)
{
    uint8_t *p = arena_copy(l->arena, b);

    if (!p)
        l->err = XK_E_NOMEM;
    return BYTES(p, p ? b.n : 0);
}

static void check_pin(struct lint *l, const struct saip_pin *pin)
{
    const uint8_t at[] = {(uint8_t)(l->last_df >> 8), (uint8_t)l->last_df, pin->reference};
    bool administrative = (pin->reference & 0x7F) >= ADM_REFERENCE;
    struct bytes puk = BYTES(&pin->puk, 1);

    if (!lint_name_add(l, LINT_PIN_AT, kept(l, BYTES_OF(at))))
        lint_say(l, SAIP_RULE_PIN_TWICE, "keyReference", "%02X again", pin->reference);
    (void)lint_name_add(l, LINT_PIN, kept(l, BYTES(&pin->reference, 1)));
    if (pin->puk && !lint_name_known(l, LINT_PUK, puk))
        lint_say(l, SAIP_RULE_PUK, "unblockingPINReference", "PUK %02X of PIN %02X has not come",
                 pin->puk, pin->reference);
    if (!administrative && !is_digits(pin->value))
        lint_say(l, SAIP_RULE_PIN_DIGITS, "pinValue", "PIN %02X", pin->reference);
}

static void check_pins(struct lint *l)
{
    struct saip_pins pins;
    struct saip_pin pin;
    struct cur c;

    if (!lint_was_read(l, saip_decode_pins(&l->pe, &pins), "", "cannot be read"))
        return;
    if (!pins.list.p && !lint_find(l, pins.file_path))
        lint_say(l, SAIP_RULE_PIN_SHARED, "filePath", "there is no such directory");
    c = cur_of(pins.list);
    while (c.n > 0) {
        if (!lint_was_read(l, saip_next_pin(&c, &pin), "pinconfig", "an entry cannot be read"))
            return;
        check_pin(l, &pin);
    }
}

static void check_puks(struct lint *l)
{
    uint8_t seen[32] = {0};
    struct saip_pin puk;
    struct bytes list;
    struct cur c;

    if (!lint_was_read(l, saip_decode_puks(&l->pe, &list), "", "cannot be read"))
        return;
    c = cur_of(list);
    while (c.n > 0) {
        if (!lint_was_read(l, saip_next_puk(&c, &puk), "pukCodes", "an entry cannot be read"))
            return;
        if (!lint_first_time(seen, puk.reference))
            lint_say(l, SAIP_RULE_PIN_TWICE, "keyReference", "%02X again", puk.reference);
        (void)lint_name_add(l, LINT_PUK, kept(l, BYTES(&puk.reference, 1)));
        if (!is_digits(puk.value))
            lint_say(l, SAIP_RULE_PIN_DIGITS, "pukValue", "PUK %02X", puk.reference);
    }
}

/* ---- authentication -------------------------------------------------------------------------- */

static bool lengths_fit(const struct saip_aka *a)
{
    if (a->algorithm != SAIP_MILENAGE && (a->options & RES_LENGTH) == RES_LENGTH)
        return false;
    switch (a->algorithm) {
    case SAIP_MILENAGE:
        return a->key.n == KEY_LEN && a->opc.n == KEY_LEN;
    case SAIP_TUAK:
        return (a->key.n == KEY_LEN || a->key.n == KEY_LONG) && a->opc.n == KEY_LONG;
    case SAIP_TEST_ALGORITHM:
        return a->key.n == KEY_LEN;
    default:
        return false;
    }
}

static void check_keys(struct lint *l, const struct saip_aka *a)
{
    if (a->mapped) {
        if (!lint_name_known(l, LINT_AID, a->mapping_source))
            lint_say(l, SAIP_RULE_KEYS_MAPPED, "mappingSource", "no such application");
        return;
    }
    if (!lengths_fit(a))
        lint_say(l, SAIP_RULE_ALGORITHM, "algorithmID",
                 "algorithm %u, key of %zu and OPc of %zu bytes", a->algorithm, a->key.n, a->opc.n);
    if (is_zero(a->key))
        lint_say(l, SAIP_RULE_KEY_ZERO, "key", "all zeros");
    if (is_zero(a->opc) && a->algorithm != SAIP_TEST_ALGORITHM)
        lint_say(l, SAIP_RULE_KEY_ZERO, "opc", "all zeros");
}

static void check_aka(struct lint *l)
{
    struct saip_aka a;

    if (l->naa_n == 0)
        lint_say(l, SAIP_RULE_KEYS_PLACE, "", "there is no application for the keys");
    l->naa_n = 0;
    if (lint_was_read(l, saip_decode_aka(&l->pe, &a), "", "cannot be read"))
        check_keys(l, &a);
}

/* The application before has no keys, and now another one comes, or the end. */
static void missing_keys(struct lint *l)
{
    if (l->naa_n > 0)
        lint_say_of(l, &l->naa, l->naa_n, SAIP_RULE_KEYS_MISSING, "", "no akaParameter behind it");
    l->naa_n = 0;
}

/* ---- domains --------------------------------------------------------------------------------- */

static bool key_length_fits(const struct saip_component *c)
{
    if (c->type.n != 1)
        return true;
    if (c->type.p[0] == TYPE_AES)
        return c->data.n == 16 || c->data.n == 24 || c->data.n == 32;
    if (c->type.p[0] == TYPE_DES || c->type.p[0] == TYPE_3DES)
        return c->data.n == 8 || c->data.n == 16 || c->data.n == 24;
    return true;
}

/* Of a key set of SCP80: which keys there are, and of which kind. */
struct key_set {
    uint8_t identifiers; /* bit 0: 01 ... */
    uint8_t type;
    bool mixed;
};

struct key_row {
    uint8_t version, identifier;
};

static void take_component(struct lint *l, const struct saip_key *key,
                           struct key_set sets[SCP80_LAST + 1])
{
    struct cur c = cur_of(key->components);
    struct saip_component component;
    struct key_set *set = key->version <= SCP80_LAST ? &sets[key->version] : NULL;

    while (c.n > 0) {
        if (!lint_was_read(l, saip_next_component(&c, &component), "keyList",
                           "a component cannot be read"))
            return;
        if (!key_length_fits(&component))
            lint_say(l, SAIP_RULE_DOMAIN_KEY, "keyList", "key %02X/%02X: %zu bytes", key->version,
                     key->identifier, component.data.n);
        if (is_zero(component.data))
            lint_say(l, SAIP_RULE_KEY_ZERO, "keyList", "key %02X/%02X", key->version,
                     key->identifier);
        if (!set || component.type.n != 1)
            continue;
        set->mixed |= set->type != 0 && set->type != component.type.p[0];
        set->type = component.type.p[0];
        if (key->identifier >= 1 && key->identifier <= SCP80_KEYS)
            set->identifiers |= (uint8_t)(1 << (key->identifier - 1));
    }
}

static void check_key_list(struct lint *l, struct bytes keys)
{
    struct key_set sets[SCP80_LAST + 1] = {{0}};
    uint8_t seen[256 * KEY_IDENTIFIERS / 8] = {0}; /* by version and identifier */
    struct cur c = cur_of(keys);
    struct saip_key key;

    while (c.n > 0) {
        if (!lint_was_read(l, saip_next_key(&c, &key), "keyList", "a key cannot be read"))
            return;
        if (!lint_first_time(seen,
                             key.version * KEY_IDENTIFIERS + key.identifier % KEY_IDENTIFIERS))
            lint_say(l, SAIP_RULE_DOMAIN_KEY, "keyList", "key %02X/%02X again", key.version,
                     key.identifier);
        take_component(l, &key, sets);
    }
    for (unsigned v = 1; v <= SCP80_LAST; v++) {
        if (sets[v].identifiers && (sets[v].mixed || sets[v].identifiers != (1 << SCP80_KEYS) - 1))
            lint_say(l, SAIP_RULE_KEY_SET, "keyList", "key set %02X is %s", v,
                     sets[v].mixed ? "of several kinds" : "not whole");
    }
}

/* What is said of applications and domains alike. */
static void take_instance(struct lint *l, const struct saip_instance *i)
{
    if (!lint_name_add(l, LINT_AID, i->instance_aid))
        lint_say(l, SAIP_RULE_AID_TWICE, "instanceAID", "the application exists");
    if (i->extradite_aid.p && !lint_name_known(l, LINT_DOMAIN, i->extradite_aid))
        lint_say(l, SAIP_RULE_DOMAIN, "extraditeSecurityDomainAID", "has not come");
}

static void check_domain(struct lint *l)
{
    struct saip_domain domain;

    if (!lint_was_read(l, saip_decode_domain(&l->pe, &domain), "", "cannot be read"))
        return;
    take_instance(l, &domain.instance);
    (void)lint_name_add(l, LINT_DOMAIN, domain.instance.instance_aid);
    l->has_domain = true;
    check_key_list(l, domain.keys);
}

static void check_rfm(struct lint *l)
{
    struct saip_rfm rfm;
    struct bytes tar;
    struct cur c;

    if (!lint_was_read(l, saip_decode_rfm(&l->pe, &rfm), "", "cannot be read"))
        return;
    if (!lint_name_add(l, LINT_AID, rfm.instance_aid))
        lint_say(l, SAIP_RULE_AID_TWICE, "instanceAID", "the application exists");
    if (rfm.domain_aid.p ? !lint_name_known(l, LINT_DOMAIN, rfm.domain_aid) : !l->has_domain)
        lint_say(l, SAIP_RULE_DOMAIN, "securityDomainAID", "has not come");
    if (rfm.has_adf && !lint_name_known(l, LINT_AID, rfm.adf_aid))
        lint_say(l, SAIP_RULE_RFM_ADF, "adfAID", "has not come");
    c = cur_of(rfm.tars);
    while (c.n > 0) {
        if (!lint_was_read(l, saip_next_octets(&c, &tar), "tarList", "an entry cannot be read"))
            return;
        if (tar.n != TAR_LEN || !lint_name_add(l, LINT_TAR, tar))
            lint_say(l, SAIP_RULE_TAR, "tarList", "%s",
                     tar.n == TAR_LEN ? "the TAR is taken already" : "not three bytes");
    }
}

static void check_application(struct lint *l)
{
    struct saip_application a;
    struct saip_instance i;
    struct cur c;

    if (!lint_was_read(l, saip_decode_application(&l->pe, &a), "", "cannot be read"))
        return;
    if (a.has_load)
        (void)lint_name_add(l, LINT_PACKAGE, a.package_aid);
    if (a.has_load && a.domain_aid.n > 0 && !lint_name_known(l, LINT_DOMAIN, a.domain_aid))
        lint_say(l, SAIP_RULE_DOMAIN, "securityDomainAID", "has not come");
    c = cur_of(a.instances);
    while (c.n > 0) {
        if (!lint_was_read(l, saip_next_instance(&c, &i), "instanceList",
                           "an entry cannot be read"))
            return;
        take_instance(l, &i);
        if (!lint_name_known(l, LINT_PACKAGE, i.package_aid))
            lint_say(l, SAIP_RULE_LOAD_PACKAGE, "applicationLoadPackageAID", "has not come");
    }
}

bool lint_secure(struct lint *l)
{
    switch ((int)l->pe.type) {
    case SAIP_PINS:
        check_pins(l);
        return true;
    case SAIP_PUKS:
        check_puks(l);
        return true;
    case SAIP_AKA:
        check_aka(l);
        return true;
    case SAIP_DOMAIN:
        check_domain(l);
        return true;
    case SAIP_RFM:
        check_rfm(l);
        return true;
    case SAIP_APPLICATION:
        check_application(l);
        return true;
    case SAIP_USIM:
    case SAIP_ISIM:
    case SAIP_IOT:
        missing_keys(l);
        return false;
    default:
        return false;
    }
}

void lint_secure_end(struct lint *l)
{
    missing_keys(l);
}
