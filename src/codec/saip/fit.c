/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/saip/fit.h"

#include "codec/saip/feature.h"
#include "codec/saip/schema.h"

/* How much memory things take on cards is nobody's standard; these are on the safe side of what
 * cards in the field report before and after an installation. */
#define COST_FILE 32 /* descriptor of an elementary file */
#define COST_DIRECTORY 64
#define COST_PROFILE 1024 /* the security domain of the profile and its bookkeeping */
#define COST_APPLICATION 256
#define COST_ELEMENT 16

static const int8_t capability_of_service[SAIP_SERVICES] = {
#define SERVICE(id, tag, capability, name) capability,
#include "codec/saip/service.def"
#undef SERVICE
};

static const char *const capabilities[SAIP_CAPABILITIES] = {
#define CAPABILITY(bit, name) [bit] = name,
#include "codec/saip/capability.def"
#undef CAPABILITY
};

struct fit_text {
    const char *name, *text;
};

static const struct fit_text fits[SAIP_FITS_COUNT] = {
#define FIT(id, name, text) {name, text},
#include "codec/saip/fit.def"
#undef FIT
};

const char *saip_capability_name(unsigned bit)
{
    return bit < SAIP_CAPABILITIES && capabilities[bit] ? capabilities[bit] : "reserved";
}

const char *saip_fit_name(enum saip_fit fit)
{
    return fits[fit].name;
}

uint32_t saip_capabilities(struct bytes bit_string)
{
    uint32_t out = 0;

    for (size_t bit = 0; bit < SAIP_CAPABILITIES; bit++) {
        size_t at = 1 + bit / 8;

        if (at < bit_string.n && bit_string.p[at] & (0x80 >> bit % 8))
            out |= (uint32_t)1 << bit;
    }
    return out;
}

uint32_t saip_capabilities_of_services(uint32_t services)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < SAIP_SERVICES; i++) {
        if (services & (uint32_t)1 << i)
            out |= (uint32_t)1 << capability_of_service[i];
    }
    return out;
}

/* ---- what a package asks for ----------------------------------------------------------------- */

static bool newer(uint8_t major, uint8_t minor, const struct saip_requirements *than)
{
    return major > than->major || (major == than->major && minor > than->minor);
}

static enum xk_err take_header(const struct saip_pe *pe, struct saip_requirements *out)
{
    struct saip_header header;

    TRY(saip_decode_header(pe, &header));
    memcpy(out->iccid, header.iccid, sizeof out->iccid);
    out->declared = saip_capabilities_of_services(header.services);
    out->unknown_services = header.unknown_services;
    if (newer(header.major, header.minor, out)) {
        out->major = header.major;
        out->minor = header.minor;
        out->template_ = NULL;
    }
    if (header.iot_pix.p)
        out->iot = true;
    return XK_OK;
}

static void take_template(const struct saip_pe *pe, struct saip_requirements *out)
{
    const struct saip_template *t;
    struct saip_files files;

    if (!saip_type_has_files(pe->type) || saip_decode_files(pe, &files) != XK_OK)
        return;
    t = saip_template_find(files.template_id);
    if (!t) {
        out->unknown_template = files.template_id;
        return;
    }
    if (newer(t->major, t->minor, out)) {
        out->major = t->major;
        out->minor = t->minor;
        out->template_ = t->name;
    }
}

static uint32_t cost_of_node(const struct saip_node *node)
{
    if (node->act == SAIP_UPDATE)
        return 0;
    if (saip_kind_is_directory(node->kind))
        return COST_DIRECTORY;
    if (node->link)
        return COST_FILE;
    return COST_FILE + (node->size > node->content.n ? node->size : (uint32_t)node->content.n);
}

static enum xk_err take_files(struct saip_walk *w, const struct saip_pe *pe, struct arena *arena,
                              struct saip_features *features, struct saip_requirements *out)
{
    struct saip_fault fault;
    struct saip_node node;
    enum xk_err err = saip_walk_pe(w, pe);

    if (err == XK_E_UNSUPPORTED) /* said as unknown_template */
        return XK_OK;
    TRY(err);
    while ((err = saip_walk_next(w, arena, &node, &fault)) == XK_OK) {
        saip_features_of_node(pe, &node, features);
        out->files += cost_of_node(&node);
    }
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static uint32_t big_endian(struct bytes b)
{
    return b.n <= 4 ? saip_integer(b) : 0;
}

/* What is kept of an element besides files. */
static uint32_t cost_of_pe(const struct saip_pe *pe)
{
    struct saip_application application;
    uint32_t code;

    if (pe->type == SAIP_GFM || saip_type_has_files(pe->type))
        return COST_ELEMENT;
    if (pe->type != SAIP_APPLICATION || saip_decode_application(pe, &application) != XK_OK)
        return COST_ELEMENT + (uint32_t)pe->value.n +
               (pe->type == SAIP_DOMAIN ? COST_APPLICATION : 0);
    code = (uint32_t)application.load_block.n;
    if (big_endian(application.code_limit) > code)
        code = big_endian(application.code_limit);
    return COST_APPLICATION + code + big_endian(application.data_limit) +
           (uint32_t)application.instances.n;
}

static enum xk_err take_pes(struct bytes upp, struct arena *arena, struct saip_features *features,
                            struct saip_requirements *out)
{
    struct cur c = cur_of(upp);
    struct saip_walk walk;
    struct saip_pe pe;

    saip_walk_init(&walk);
    while (c.n > 0) {
        TRY(saip_next(&c, &pe));
        if (pe.type == SAIP_HEADER)
            TRY(take_header(&pe, out));
        saip_features_of_pe(&pe, features);
        take_template(&pe, out);
        TRY(take_files(&walk, &pe, arena, features, out));
        out->memory += cost_of_pe(&pe);
    }
    return XK_OK;
}

enum xk_err saip_requirements(struct bytes upp, struct arena *arena, struct saip_requirements *out)
{
    struct saip_requirements need = {.memory = COST_PROFILE};
    struct saip_features features = {.used = 0};
    enum xk_err err = take_pes(upp, arena, &features, &need);

    if (err == XK_E_NOMEM)
        return err;
    if (err != XK_OK || features.count[SAIP_HEADER] != 1)
        return XK_E_FORMAT;
    need.iot = need.iot || features.count[SAIP_IOT] > 0;
    need.capabilities = need.declared | saip_capabilities_of_services(features.must);
    if (need.iot)
        need.capabilities |= (uint32_t)1 << SAIP_CAPABILITY_IOT_MINIMAL;
    need.memory += need.files;
    *out = need;
    return XK_OK;
}

/* ---- whether a card gives it ----------------------------------------------------------------- */

static bool knows_edition(const struct saip_card *card, const struct saip_requirements *need)
{
    return card->major > need->major || (card->major == need->major && card->minor >= need->minor);
}

static enum saip_fit judge(const struct saip_requirements *need, const struct saip_card *card)
{
    if (!knows_edition(card, need))
        return need->template_ ? SAIP_NO_TEMPLATE : SAIP_NO_VERSION;
    if (need->unknown_template.n > 0)
        return SAIP_NO_TEMPLATE;
    if (need->capabilities & ~card->capabilities || need->unknown_services)
        return SAIP_NO_CAPABILITY;
    if (card->knows_memory && card->free_memory < need->memory)
        return SAIP_NO_MEMORY;
    return SAIP_FITS;
}

static void put_missing(struct buf *out, uint32_t missing)
{
    const char *between = "the card does not offer ";

    for (unsigned bit = 0; bit < SAIP_CAPABILITIES; bit++) {
        if (!(missing & (uint32_t)1 << bit))
            continue;
        buf_printf(out, "%s%s", between, saip_capability_name(bit));
        between = ", ";
    }
    if (missing == 0)
        buf_put_str(out, "the package mandates a service that is not known here");
}

static void put_reason(struct buf *out, const struct saip_requirements *need,
                       const struct saip_card *card, const struct saip_verdict *v)
{
    switch (v->fit) {
    case SAIP_NO_VERSION:
        buf_printf(out, "the package is of edition %u.%u, the card knows %u.%u.%u", need->major,
                   need->minor, card->major, card->minor, card->revision);
        return;
    case SAIP_NO_TEMPLATE:
        if (need->unknown_template.n > 0) {
            buf_put_str(out, "unknown template ");
            saip_put_oid(out, need->unknown_template);
            return;
        }
        buf_printf(out, "template %s is of edition %u.%u, the card knows %u.%u.%u", need->template_,
                   need->major, need->minor, card->major, card->minor, card->revision);
        return;
    case SAIP_NO_CAPABILITY:
        put_missing(out, v->missing);
        return;
    case SAIP_NO_MEMORY:
        buf_printf(out, "the package takes about %u bytes, the card has %u", need->memory,
                   card->free_memory);
        return;
    case SAIP_FITS:
    case SAIP_FITS_COUNT:
        buf_put_str(out, fits[SAIP_FITS].text);
        return;
    }
}

void saip_fits(const struct saip_requirements *need, const struct saip_card *card,
               struct saip_verdict *out)
{
    struct saip_verdict v = {.fit = judge(need, card)};
    struct buf text;

    v.missing = v.fit == SAIP_NO_CAPABILITY ? need->capabilities & ~card->capabilities : 0;
    buf_init_fixed(&text, v.text, sizeof v.text - 1);
    put_reason(&text, need, card, &v);
    v.text[text.n] = '\0';
    *out = v;
}
