/* SPDX-License-Identifier: Apache-2.0 */
/* From element to element: their order, the header, what is told. */
#include "codec/saip/lint.h"

#include <stdarg.h>

#include "codec/ef/ef.h"
#include "codec/saip/lint_inside.h"

#define EDITION_MAJOR_MAX 3
#define ICCID_DIGITS_MIN 18
#define ELEMENTS 32768 /* identifications: 0..32767 */

struct rule_row {
    const char *name, *text;
    enum saip_severity severity;
};

static const struct rule_row rules[SAIP_RULES] = {
#define RULE(id, severity, name, text) {name, text, SAIP_##severity},
#include "codec/saip/lint.def"
#undef RULE
};

const char *saip_severity_name(enum saip_severity s)
{
    static const char *const names[SAIP_SEVERITIES] = {"error", "warning", "note"};

    return names[s];
}

const char *saip_rule_name(enum saip_rule rule)
{
    return rules[rule].name;
}

const char *saip_rule_text(enum saip_rule rule)
{
    return rules[rule].text;
}

enum saip_severity saip_rule_severity(enum saip_rule rule)
{
    return rules[rule].severity;
}

/* ---- findings -------------------------------------------------------------------------------- */

/* Behind those of the same element, before those of later ones. */
static void put_in_place(struct saip_report *r, struct saip_finding *f)
{
    struct saip_finding **at = &r->first;

    while (*at && (*at)->pe <= f->pe)
        at = &(*at)->next;
    f->next = *at;
    *at = f;
    r->count[f->severity]++;
}

static void tell(struct lint *l, const struct saip_pe *pe, unsigned n, enum saip_rule rule,
                 const char *path, const char *text)
{
    const struct saip_report *r = l->out;
    struct saip_finding *f;

    if (r->count[SAIP_ERROR] + r->count[SAIP_WARNING] + r->count[SAIP_NOTE] >= SAIP_FINDINGS_MAX) {
        l->out->cut = true;
        return;
    }
    f = arena_alloc(l->arena, sizeof *f);
    path = f ? arena_strdup(l->arena, path) : NULL;
    if (!path || !text) {
        l->err = XK_E_NOMEM;
        return;
    }
    *f = (struct saip_finding){
        .rule = rule, .severity = rules[rule].severity, .pe = n, .path = path, .text = text};
    if (n > 0) {
        f->type = pe->type;
        f->has_identification = pe->has_identification;
        f->identification = pe->identification;
        f->offset = pe->offset;
    }
    put_in_place(l->out, f);
}

static char *format(struct lint *l, const char *fmt, va_list args) XK_PRINTF(2, 0);

static char *format(struct lint *l, const char *fmt, va_list args)
{
    char text[256];

    vsnprintf(text, sizeof text, fmt, args);
    return arena_strdup(l->arena, text);
}

void lint_say(struct lint *l, enum saip_rule rule, const char *path, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    tell(l, &l->pe, l->n, rule, path, format(l, fmt, args));
    va_end(args);
}

void lint_say_of(struct lint *l, const struct saip_pe *pe, unsigned n, enum saip_rule rule,
                 const char *path, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    tell(l, pe, n, rule, path, format(l, fmt, args));
    va_end(args);
}

bool lint_was_read(struct lint *l, enum xk_err err, const char *path, const char *otherwise)
{
    if (err != XK_OK)
        lint_say(l, SAIP_RULE_MEMBERS, path, "%s", otherwise);
    return err == XK_OK;
}

/* ---- sets and names -------------------------------------------------------------------------- */

bool lint_first_time(uint8_t *seen, unsigned n)
{
    uint8_t bit = (uint8_t)(1 << n % 8);
    bool first = !(seen[n / 8] & bit);

    seen[n / 8] |= bit;
    return first;
}

bool lint_all_are(struct bytes b, uint8_t value)
{
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] != value)
            return false;
    }
    return true;
}

bool lint_name_known(const struct lint *l, enum lint_space space, struct bytes value)
{
    for (size_t i = 0; i < l->names_n; i++) {
        if (l->names[i].space == space && bytes_eq(l->names[i].value, value))
            return true;
    }
    return false;
}

bool lint_name_add(struct lint *l, enum lint_space space, struct bytes value)
{
    if (lint_name_known(l, space, value))
        return false;
    if (l->names_n == LINT_NAMES_MAX)
        l->out->cut = true;
    else
        l->names[l->names_n++] = (struct lint_name){space, value};
    return true;
}

/* ---- the header ------------------------------------------------------------------------------ */

static void check_iccid(struct lint *l)
{
    char digits[2 * SAIP_ICCID_LEN + 1] = "";
    size_t n = 0;

    for (size_t i = 0; i < 2 * SAIP_ICCID_LEN; i++) {
        uint8_t nibble = l->header.iccid[i / 2] >> (i % 2 ? 0 : 4) & 0x0F;

        if (nibble < 10 && n == i)
            digits[n++] = (char)('0' + nibble);
        else if (nibble != 0x0F) {
            lint_say(l, SAIP_RULE_ICCID, "iccid", "digit %zu is none", i + 1);
            return;
        }
    }
    if (n < ICCID_DIGITS_MIN)
        lint_say(l, SAIP_RULE_ICCID, "iccid", "%zu digits", n);
    else if (!ef_luhn_ok(digits))
        lint_say(l, SAIP_RULE_ICCID_CHECK, "iccid", "%s", digits);
}

static void take_header(struct lint *l)
{
    if (l->n > 1)
        lint_say(l, SAIP_RULE_HEADER, "", "a header again");
    if (!lint_was_read(l, saip_decode_header(&l->pe, &l->header), "", "cannot be read"))
        return;
    l->has_header = true;
    if (l->header.major < 1 || l->header.major > EDITION_MAJOR_MAX)
        lint_say(l, SAIP_RULE_EDITION, "major-version", "edition %u.%u is not known here",
                 l->header.major, l->header.minor);
    check_iccid(l);
}

/* Of the header, once all elements were seen. */
static void check_services(struct lint *l, const struct saip_pe *header)
{
    uint32_t unused = l->header.services & ~l->features.used;
    uint32_t missing = l->features.must & ~l->header.services;

    for (unsigned i = 0; i < SAIP_SERVICES; i++) {
        const char *name = saip_service_name((enum saip_service)i);

        if (missing & (uint32_t)1 << i)
            lint_say_of(l, header, 1, SAIP_RULE_SERVICE_MISSING, "eUICC-Mandatory-services",
                        "%s is used, but not mandated", name);
        if (unused & (uint32_t)1 << i)
            lint_say_of(l, header, 1, SAIP_RULE_SERVICE_UNUSED, "eUICC-Mandatory-services",
                        "%s is mandated, but not used", name);
    }
}

/* ---- all elements ---------------------------------------------------------------------------- */

static void check_template(struct lint *l)
{
    const struct saip_template *t;
    struct saip_files files;
    char text[64];
    struct buf oid;

    if (!lint_was_read(l, saip_decode_files(&l->pe, &files), "", "cannot be read"))
        return;
    t = saip_template_find(files.template_id);
    buf_init_fixed(&oid, (uint8_t *)text, sizeof text);
    saip_put_oid(&oid, files.template_id);
    if (!t)
        lint_say(l, SAIP_RULE_TEMPLATE, "templateID", "%s is not known", buf_cstr(&oid));
    else if (t->type != l->pe.type)
        lint_say(l, SAIP_RULE_TEMPLATE, "templateID", "%s is that of %s", buf_cstr(&oid),
                 saip_type_name(t->type));
    else if (l->has_header && (t->major > l->header.major ||
                               (t->major == l->header.major && t->minor > l->header.minor)))
        lint_say(l, SAIP_RULE_EDITION, "templateID", "template %s came with edition %u.%u", t->name,
                 t->major, t->minor);
}

static void take_element(struct lint *l)
{
    if (l->n == 1 && l->pe.type != SAIP_HEADER)
        lint_say(l, SAIP_RULE_HEADER, "", "the package begins with %s", saip_type_name(l->pe.type));
    saip_features_of_pe(&l->pe, &l->features);
    if (l->pe.type == SAIP_HEADER)
        take_header(l);
    else if (l->pe.type == SAIP_UNKNOWN)
        lint_say(l, l->pe.mandated ? SAIP_RULE_MANDATED : SAIP_RULE_UNKNOWN, "",
                 "element of tag %X", (unsigned)l->pe.tag);
    else if (saip_type_has_files(l->pe.type))
        check_template(l);
    if (l->pe.type == SAIP_END && l->files_n == 0)
        lint_say(l, SAIP_RULE_MF, "", "there is no MF");
    if (!lint_secure(l))
        lint_files(l);
}

/* Identifications as a set of bits; the end has one, too. */
static void check_identification(struct lint *l, uint8_t *seen)
{
    if (l->pe.has_identification && !lint_first_time(seen, l->pe.identification))
        lint_say(l, SAIP_RULE_IDENTIFICATION, "", "%u is another element's, too",
                 l->pe.identification);
}

static void take_elements(struct lint *l, struct bytes upp, struct saip_pe *header)
{
    uint8_t *seen = arena_alloc(l->arena, ELEMENTS / 8);
    struct cur c = cur_of(upp);
    bool ended = false;

    if (!seen)
        l->err = XK_E_NOMEM;
    while (c.n > 0 && l->err == XK_OK) {
        size_t offset = upp.n - c.n;
        enum xk_err err = saip_next(&c, &l->pe);

        l->n++;
        l->pe.offset = offset;
        if (ended)
            lint_say(l, SAIP_RULE_END, "", "an element behind the end");
        ended = false;
        if (err != XK_OK) {
            lint_say(l, SAIP_RULE_BROKEN, "", "%s",
                     l->pe.raw.n ? "its header cannot be read" : "cut off, or no element");
            return;
        }
        if (l->n == 1)
            *header = l->pe;
        check_identification(l, seen);
        take_element(l);
        ended = l->pe.type == SAIP_END;
    }
    l->n = 0;
    if (!ended)
        lint_say(l, SAIP_RULE_END, "", "the package has no end");
}

enum xk_err saip_lint(struct bytes upp, struct arena *arena, struct saip_report *out)
{
    struct lint l = {.arena = arena, .out = out};
    struct saip_pe header = {.type = SAIP_UNKNOWN};

    *out = (struct saip_report){.first = NULL};
    if (upp.n > SAIP_UPP_MAX)
        return XK_E_LIMIT;
    l.files = arena_alloc(arena, LINT_FILES_MAX * sizeof *l.files);
    l.names = arena_alloc(arena, LINT_NAMES_MAX * sizeof *l.names);
    if (!l.files || !l.names)
        return XK_E_NOMEM;
    saip_walk_init(&l.walk);
    take_elements(&l, upp, &header);
    lint_files_end(&l);
    lint_secure_end(&l);
    if (l.has_header && header.type == SAIP_HEADER)
        check_services(&l, &header);
    return l.err;
}
