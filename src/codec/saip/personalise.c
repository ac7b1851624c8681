/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/saip/personalise.h"

#include "codec/saip/personalise_inside.h"
#include "codec/saip/schema.h"

#define SPOTS_MAX 128
#define FILES_MEMORY ((size_t)4 << 20)
#define SPREAD_MAX (2 * SAIP_UPP_MAX)
#define PIN1 0x01
#define PIN2 0x81
#define ADM1 0x0A
#define ADM5 0x0E
#define ADM6 0x8A
#define ADM10 0x8E

static const char *const position_names[] = {
#define POSITION(id, name, text) name,
#include "codec/saip/position.def"
#undef POSITION
};

const char *saip_position_name(enum saip_position p)
{
    return (size_t)p < ARRAY_LEN(position_names) ? position_names[p] : "";
}

static const struct {
    enum saip_type type;
    uint32_t tag;
    enum saip_position position;
    enum put put;
} places[] = {
#define PLACE(position, type, file, put)                                                           \
    {SAIP_##type, SAIP_TAG_##type##_##file, SAIP_AT_##position, PUT_##put},
#include "codec/saip/place.def"
};

struct saip_plan {
    uint8_t *upp; /* the template, spread */
    size_t n;
    struct spot spots[SPOTS_MAX];
    size_t n_spots;
    uint32_t positions;
    uint8_t puk_of[3]; /* reference of the PUK that unblocks PIN1, PIN2; 0 none */
};

/* value: bytes of plan->upp */
static enum xk_err add_spot(struct saip_plan *plan, struct spot spot, struct bytes value)
{
    if (plan->n_spots == SPOTS_MAX)
        return XK_E_LIMIT;
    spot.at = (uint32_t)(value.p - plan->upp);
    spot.n = (uint32_t)value.n;
    plan->spots[plan->n_spots++] = spot;
    plan->positions |= (uint32_t)1 << spot.position;
    return XK_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* plan_spread left one content, all of the file. */
static enum xk_err add_file(struct saip_plan *plan, const struct saip_pe *pe,
                            const struct saip_node *node)
{
    struct cur c = cur_of(node->steps);
    struct bytes content = {0};
    struct saip_step step;

    while (c.n > 0) {
        TRY(saip_next_step(&c, &step));
        if (step.kind == SAIP_CONTENT)
            content = step.value;
    }
    if (node->record_size > 0)
        content = bytes_part(content, 0, node->record_size);
    for (size_t i = 0; i < ARRAY_LEN(places) && content.n > 0; i++) {
        if (places[i].type == pe->type && places[i].tag == node->tag)
            TRY(add_spot(plan, (struct spot){places[i].position, places[i].put, .which = 0},
                         content));
    }
    return XK_OK;
}

static enum xk_err add_files(struct saip_plan *plan, struct saip_walk *walk,
                             const struct saip_pe *pe, struct arena *arena)
{
    struct saip_fault fault;
    struct saip_node node;
    enum xk_err err;

    TRY(saip_walk_pe(walk, pe));
    while ((err = saip_walk_next(walk, arena, &node, &fault)) == XK_OK) {
        if (!node.generic && node.act == SAIP_CREATE && node.named && !node.link)
            TRY(add_file(plan, pe, &node));
    }
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- codes and keys -------------------------------------------------------------------------- */

static enum xk_err add_header(struct saip_plan *plan, const struct saip_pe *pe)
{
    struct bytes members[SAIP_MEMBERS_MAX];

    TRY(saip_sequence(SAIP_STRUCTURE_HEADER, pe->value, members, NULL));
    return add_spot(plan, (struct spot){SAIP_AT_ICCID, PUT_HEADER_ICCID, .which = 0},
                    members[MEMBER_AT(HEADER, ICCID)]);
}

static enum xk_err add_pin(struct saip_plan *plan, const struct saip_pin *pin)
{
    uint8_t ref = pin->reference;

    if (ref == PIN1 || ref == PIN2) {
        uint8_t which = ref == PIN1 ? 1 : 2;

        plan->puk_of[which] = pin->puk;
        return add_spot(
            plan, (struct spot){ref == PIN1 ? SAIP_AT_PIN1 : SAIP_AT_PIN2, PUT_PIN, .which = which},
            pin->value);
    }
    if (ref >= ADM1 && ref <= ADM5)
        return add_spot(plan, (struct spot){SAIP_AT_ADM, PUT_ADM, .which = (uint8_t)(ref - ADM1)},
                        pin->value);
    if (ref >= ADM6 && ref <= ADM10)
        return add_spot(plan,
                        (struct spot){SAIP_AT_ADM, PUT_ADM, .which = (uint8_t)(ref - ADM6 + 5)},
                        pin->value);
    return XK_OK;
}

static enum xk_err add_pins(struct saip_plan *plan, const struct saip_pe *pe)
{
    struct saip_pins pins;
    struct saip_pin pin;
    struct cur c;

    TRY(saip_decode_pins(pe, &pins));
    c = cur_of(pins.list);
    while (c.n > 0) {
        TRY(saip_next_pin(&c, &pin));
        TRY(add_pin(plan, &pin));
    }
    return XK_OK;
}

/* They stand before the PINs that say what they unblock, so they are looked at last. */
static enum xk_err add_puks(struct saip_plan *plan, const struct saip_pe *pe)
{
    struct saip_pin puk;
    struct bytes list;
    struct cur c;

    TRY(saip_decode_puks(pe, &list));
    c = cur_of(list);
    while (c.n > 0) {
        TRY(saip_next_puk(&c, &puk));
        for (uint8_t which = 1; which <= 2; which++) {
            if (puk.reference == plan->puk_of[which])
                TRY(add_spot(plan,
                             (struct spot){which == 1 ? SAIP_AT_PUK1 : SAIP_AT_PUK2, PUT_PUK,
                                           .which = which},
                             puk.value));
        }
    }
    return XK_OK;
}

static enum xk_err add_aka(struct saip_plan *plan, const struct saip_pe *pe)
{
    struct saip_aka aka;

    TRY(saip_decode_aka(pe, &aka));
    if (aka.mapped || !aka.key.p)
        return XK_OK;
    TRY(add_spot(plan, (struct spot){SAIP_AT_K, PUT_K, .algorithm = aka.algorithm}, aka.key));
    return add_spot(plan, (struct spot){SAIP_AT_K, PUT_OPC, .algorithm = aka.algorithm}, aka.opc);
}

/* GlobalPlatform's key types: 80 to 9F are symmetric ones, above are public and private keys. */
static bool is_symmetric(struct bytes type)
{
    return type.n == 1 && type.p[0] >= 0x80 && type.p[0] <= 0x9F;
}

static enum xk_err add_domain(struct saip_plan *plan, const struct saip_pe *pe)
{
    struct saip_component component;
    struct saip_domain domain;
    struct saip_key key;
    struct cur c, parts;

    TRY(saip_decode_domain(pe, &domain));
    c = cur_of(domain.keys);
    while (c.n > 0) {
        TRY(saip_next_key(&c, &key));
        parts = cur_of(key.components);
        TRY(saip_next_component(&parts, &component));
        TRY(add_spot(plan,
                     (struct spot){SAIP_AT_KEYS, PUT_KEY, .version = key.version,
                                   .key = key.identifier, .drawn = is_symmetric(component.type)},
                     component.data));
    }
    return XK_OK;
}

/* ---- the plan -------------------------------------------------------------------------------- */

static enum xk_err add_element(struct saip_plan *plan, const struct saip_pe *pe)
{
    if (pe->type == SAIP_HEADER)
        return add_header(plan, pe);
    if (pe->type == SAIP_PINS)
        return add_pins(plan, pe);
    if (pe->type == SAIP_AKA)
        return add_aka(plan, pe);
    return pe->type == SAIP_DOMAIN ? add_domain(plan, pe) : XK_OK;
}

static enum xk_err find_spots(struct saip_plan *plan, struct arena *arena)
{
    struct bytes upp = BYTES(plan->upp, plan->n);
    struct cur c = cur_of(upp);
    struct saip_walk walk;
    struct saip_pe pe;

    saip_walk_init(&walk);
    while (c.n > 0) {
        TRY(saip_next(&c, &pe));
        TRY(add_element(plan, &pe));
        TRY(add_files(plan, &walk, &pe, arena));
    }
    for (c = cur_of(upp); c.n > 0;) {
        TRY(saip_next(&c, &pe));
        if (pe.type == SAIP_PUKS)
            TRY(add_puks(plan, &pe));
    }
    return XK_OK;
}

/* A SUCI that the USIM computes has its own list, which the terminal cannot read; then the
 * terminal's is none. */
static void one_suci(struct saip_plan *plan)
{
    size_t last = SPOTS_MAX;

    for (size_t i = 0; i < plan->n_spots; i++) {
        if (plan->spots[i].put != PUT_SUCI)
            continue;
        if (last < SPOTS_MAX) { /* DF.5GS stands before DF.SAIP */
            memmove(&plan->spots[last], &plan->spots[last + 1],
                    (plan->n_spots - last - 1) * sizeof plan->spots[0]);
            plan->n_spots--;
            i--;
        }
        last = i;
    }
}

static enum xk_err make_plan(struct saip_plan *plan, struct bytes upp)
{
    struct arena arena;
    struct buf spread;
    enum xk_err err;

    if (upp.n == 0)
        return XK_E_FORMAT;
    if (upp.n > SAIP_UPP_MAX)
        return XK_E_LIMIT;
    buf_init(&spread, SPREAD_MAX);
    err = plan_spread(upp, &spread);
    plan->upp = err == XK_OK ? malloc(spread.n) : NULL;
    if (err == XK_OK && !plan->upp)
        err = XK_E_NOMEM;
    if (err == XK_OK) {
        memcpy(plan->upp, spread.p, spread.n);
        plan->n = spread.n;
        arena_init(&arena, FILES_MEMORY);
        err = find_spots(plan, &arena);
        arena_fini(&arena);
        one_suci(plan);
    }
    buf_wipe(&spread);
    buf_fini(&spread);
    return err;
}

enum xk_err saip_plan_new(struct bytes upp, struct saip_plan **out)
{
    struct saip_plan *plan = calloc(1, sizeof *plan);
    enum xk_err err;

    if (!plan)
        return XK_E_NOMEM;
    err = make_plan(plan, upp);
    if (err != XK_OK) {
        saip_plan_free(plan);
        return err;
    }
    *out = plan;
    return XK_OK;
}

void saip_plan_free(struct saip_plan *plan)
{
    if (!plan)
        return;
    if (plan->upp)
        explicit_bzero(plan->upp, plan->n);
    free(plan->upp);
    free(plan);
}

uint32_t saip_plan_positions(const struct saip_plan *plan)
{
    return plan->positions;
}

size_t saip_plan_size(const struct saip_plan *plan)
{
    return plan->n;
}

size_t saip_plan_keys(const struct saip_plan *plan, struct saip_number_key *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_spots; i++) {
        const struct spot *s = &plan->spots[i];

        if (s->put != PUT_KEY || !s->drawn)
            continue;
        if (n < cap)
            out[n] = (struct saip_number_key){
                .version = s->version, .identifier = s->key, .key.n = (uint8_t)s->n};
        n++;
    }
    return n;
}

uint16_t saip_plan_adms(const struct saip_plan *plan)
{
    uint16_t adms = 0;

    for (size_t i = 0; i < plan->n_spots; i++) {
        if (plan->spots[i].put == PUT_ADM)
            adms |= (uint16_t)(1u << plan->spots[i].which);
    }
    return adms;
}

static enum xk_err take_code_text(struct arena *arena, struct bytes from, const char **out)
{
    while (from.n > 0 && from.p[from.n - 1] == 0xFF)
        from.n--;
    *out = arena_printf(arena, "%.*s", (int)from.n, (const char *)from.p);
    return *out ? XK_OK : XK_E_NOMEM;
}

static enum xk_err take_key(const struct spot *s, struct bytes from, struct saip_number *out)
{
    struct saip_number_key *key = &out->keys[out->n_keys];

    if (!s->drawn)
        return XK_OK;
    if (out->n_keys == SAIP_KEYS_MAX)
        return XK_E_LIMIT;
    out->n_keys++;
    key->version = s->version;
    key->identifier = s->key;
    return secret_set(&key->key, from);
}

static enum xk_err take_code(const struct spot *s, struct bytes from, struct arena *arena,
                             struct saip_number *out)
{
    switch ((int)s->put) {
    case PUT_PIN:
        return take_code_text(arena, from, s->which == 1 ? &out->pin1 : &out->pin2);
    case PUT_PUK:
        return take_code_text(arena, from, s->which == 1 ? &out->puk1 : &out->puk2);
    case PUT_ADM:
        return secret_set(&out->adm[s->which], from);
    case PUT_KEY:
        return take_key(s, from, out);
    default:
        return XK_OK;
    }
}

enum xk_err saip_plan_codes(const struct saip_plan *plan, struct arena *arena,
                            struct saip_number *out)
{
    *out = (struct saip_number){0};
    for (size_t i = 0; i < plan->n_spots; i++) {
        const struct spot *s = &plan->spots[i];

        TRY(take_code(s, BYTES(plan->upp + s->at, s->n), arena, out));
    }
    return XK_OK;
}

/* ---- a package ------------------------------------------------------------------------------- */

static bool has_spot(const struct saip_plan *plan, const struct saip_number_key *key)
{
    for (size_t i = 0; i < plan->n_spots; i++) {
        const struct spot *s = &plan->spots[i];

        if (s->put == PUT_KEY && s->version == key->version && s->key == key->identifier)
            return true;
    }
    return false;
}

/* Every value has a place. */
static enum xk_err check_places(const struct saip_plan *plan, const struct saip_number *number,
                                enum saip_position *failed)
{
    for (unsigned p = 0; p < SAIP_POSITIONS; p++) {
        *failed = (enum saip_position)p;
        if (number_has(number, *failed) && !(plan->positions >> p & 1))
            return XK_E_NOT_FOUND;
    }
    *failed = SAIP_AT_ADM;
    for (size_t i = 0; i < SAIP_ADMS; i++) {
        if (number->adm[i].n > 0 && !(saip_plan_adms(plan) >> i & 1))
            return XK_E_NOT_FOUND;
    }
    *failed = SAIP_AT_KEYS;
    if (number->n_keys > SAIP_KEYS_MAX)
        return XK_E_LIMIT;
    for (size_t i = 0; i < number->n_keys; i++) {
        if (number->keys[i].key.n > 0 && !has_spot(plan, &number->keys[i]))
            return XK_E_NOT_FOUND;
    }
    return XK_OK;
}

enum xk_err saip_personalise(const struct saip_plan *plan, const struct saip_number *number,
                             struct buf *out, enum saip_position *failed)
{
    size_t before = out->n;
    uint8_t *upp;
    enum xk_err err = check_places(plan, number, failed);

    if (err != XK_OK)
        return err;
    upp = buf_reserve(out, plan->n);
    if (!upp)
        return buf_ok(out);
    memcpy(upp, plan->upp, plan->n);
    for (size_t i = 0; i < plan->n_spots && err == XK_OK; i++) {
        const struct spot *s = &plan->spots[i];

        *failed = s->position;
        if (number_has(number, s->position))
            err = spot_put(s, number, upp + s->at);
    }
    if (err != XK_OK) {
        explicit_bzero(upp, plan->n);
        return err == XK_E_VALUE || err == XK_E_LIMIT ? err : XK_E_VALUE;
    }
    out->n = before + plan->n;
    return XK_OK;
}
