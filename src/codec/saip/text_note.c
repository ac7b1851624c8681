/* SPDX-License-Identifier: Apache-2.0 */
/* Comments for people: a line before a file, a key, a template, a code. */
#include "base/hex.h"
#include "codec/ef/ef.h"
#include "codec/saip/text_inside.h"

/* Of one file: which, and what is in it. */
struct text_note {
    struct bytes steps;
    const char *text;
    struct text_note *next;
};

#define TEXT_MAX 256

/* Text of the package. It can neither end the comment nor speak to the terminal. */
static void put_safe(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool plain = text.p[i] >= 0x20 && text.p[i] < 0x7F;

        if (text.p[i] == '-' && out->n > 0 && out->p[out->n - 1] == '-')
            plain = false;
        buf_put_u8(out, plain ? text.p[i] : '.');
    }
}

/* ---- what is in a file ----------------------------------------------------------------------- */

typedef void note_content(const struct saip_node *node, struct buf *out);

static void note_iccid(const struct saip_node *node, struct buf *out)
{
    char text[EF_ICCID_TEXT];

    if (node->content.n == EF_ICCID_LEN && ef_decode_iccid(node->content.p, text) == XK_OK)
        buf_put_str(out, text);
}

static void note_imsi(const struct saip_node *node, struct buf *out)
{
    char text[EF_IMSI_TEXT];

    if (node->content.n == EF_IMSI_LEN && ef_decode_imsi(node->content.p, text) == XK_OK)
        buf_put_str(out, text);
}

static void put_word(struct buf *out, const char *word)
{
    if (word[0])
        buf_printf(out, "%s%s", out->n > 0 ? " " : "", word);
}

static void note_msisdn(const struct saip_node *node, struct buf *out)
{
    for (unsigned i = 1; i <= node->records && node->record_size >= EF_MSISDN_LEN; i++) {
        const uint8_t *end = node->content.p + (size_t)i * node->record_size;
        char text[EF_MSISDN_TEXT];

        if (ef_decode_msisdn(end - EF_MSISDN_LEN, text) == XK_OK)
            put_word(out, text);
    }
}

/* TS 31.102 4.2.27: behind the alpha identifier, indicators and destination, the service centre. */
static void note_smsp(const struct saip_node *node, struct buf *out)
{
    for (unsigned i = 1; i <= node->records && node->record_size >= EF_SMSP_LEN; i++) {
        const uint8_t *end = node->content.p + (size_t)i * node->record_size;
        char text[EF_MSISDN_TEXT];

        if (ef_decode_smsc(end - EF_SMSP_LEN + 1 + EF_SMSC_LEN, text) == XK_OK)
            put_word(out, text);
    }
}

static void put_plmns(struct bytes content, size_t step, struct buf *out)
{
    for (size_t at = 0; at + EF_PLMN_LEN <= content.n; at += step) {
        char text[EF_PLMN_TEXT];

        if (ef_decode_plmn(content.p + at, text) == XK_OK)
            put_word(out, text);
    }
}

static void note_plmns(const struct saip_node *node, struct buf *out)
{
    put_plmns(node->content, EF_PLMN_LEN, out);
}

static void note_plmns_with_technology(const struct saip_node *node, struct buf *out)
{
    put_plmns(node->content, EF_PLMN_LEN + 2, out);
}

/* The letters that GSM 7 bit and ASCII have in common; other names are not shown. */
static void note_spn(const struct saip_node *node, struct buf *out)
{
    struct bytes name = bytes_part(node->content, 1, node->content.n);
    size_t n = 0;

    for (; n < name.n && name.p[n] != 0xFF; n++) {
        if (name.p[n] < ' ' || name.p[n] > 'z' || strchr("$@[\\]^_`", name.p[n]))
            return;
    }
    put_safe(out, bytes_part(name, 0, n));
}

/* Text in a data object 80, one or one a record: IMPI, IMPU, domain (TS 31.103 4.2). */
static void note_identity(const struct saip_node *node, struct buf *out)
{
    size_t step = node->record_size ? node->record_size : node->content.n;
    struct bytes text;

    for (size_t at = 0; at < node->content.n; at += step) {
        if (tlv_find(bytes_part(node->content, at, step), 0x80, &text) != XK_OK || text.n == 0)
            continue;
        if (out->n > 0)
            buf_put_u8(out, ' ');
        put_safe(out, text);
    }
}

/* Applications: label and AID (TS 102 221 13.1). */
static void note_dir(const struct saip_node *node, struct buf *out)
{
    for (size_t at = 0; node->record_size && at < node->content.n; at += node->record_size) {
        struct bytes application, aid, label;

        if (tlv_find(bytes_part(node->content, at, node->record_size), 0x61, &application) !=
                XK_OK ||
            tlv_find(application, 0x4F, &aid) != XK_OK)
            continue;
        if (out->n > 0)
            buf_put_u8(out, ' ');
        buf_put_hex(out, aid);
        if (tlv_find(application, 0x50, &label) == XK_OK) {
            buf_put_u8(out, '=');
            put_safe(out, label);
        }
    }
}

static const struct content_row {
    const char *name;
    note_content *note;
} contents[] = {
    {"ef-iccid", note_iccid},
    {"ef-imsi", note_imsi},
    {"ef-msisdn", note_msisdn},
    {"ef-smsp", note_smsp},
    {"ef-spn", note_spn},
    {"ef-plmnwact", note_plmns_with_technology},
    {"ef-oplmnwact", note_plmns_with_technology},
    {"ef-hplmnwact", note_plmns_with_technology},
    {"ef-ehplmn", note_plmns},
    {"ef-fplmn", note_plmns},
    {"ef-impi", note_identity},
    {"ef-impu", note_identity},
    {"ef-domain", note_identity},
    {"ef-dir", note_dir},
};

/* ---- files ----------------------------------------------------------------------------------- */

/* "ef-imsi" is EF.IMSI. */
static void put_file_name(struct buf *out, const char *name)
{
    bool prefix = true;

    for (; *name; name++) {
        bool small = *name >= 'a' && *name <= 'z';

        if (*name == '-' && prefix) {
            buf_put_u8(out, '.');
            prefix = false;
        } else {
            buf_put_u8(out, (uint8_t)(small ? *name - 'a' + 'A' : *name));
        }
    }
    buf_put_u8(out, ' ');
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static void put_size(struct buf *out, const struct saip_node *node)
{
    static const char *const kinds[SAIP_KINDS] = {
        "MF", "ADF", "DF", "transparent", "linear fixed", "cyclic", "BER-TLV",
    };

    if (!node->name || !saip_kind_is_directory(node->kind))
        buf_printf(out, ", %s", kinds[node->kind]);
    if (node->kind == SAIP_KIND_ADF) {
        buf_put_u8(out, ' ');
        buf_put_hex(out, node->df_name);
    }
    if (saip_kind_has_records(node->kind))
        buf_printf(out, ", %u record%s of %u byte%s", node->records, plural(node->records),
                   node->record_size, plural(node->record_size));
    else if (!saip_kind_is_directory(node->kind))
        buf_printf(out, ", %u byte%s", node->size, plural(node->size));
}

static void put_content(struct buf *out, const struct saip_node *node)
{
    char mem[TEXT_MAX];
    struct buf text;

    if (!node->name || node->given == 0)
        return;
    buf_init_fixed(&text, mem, sizeof mem);
    for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
        if (strcmp(contents[i].name, node->name) == 0)
            contents[i].note(node, &text);
    }
    if (text.n > 0) {
        buf_put_str(out, ": ");
        buf_put_bytes(out, buf_bytes(&text));
    }
}

static struct text_note *note_of(struct text *t, const struct saip_node *node)
{
    char mem[2 * TEXT_MAX];
    struct buf text;
    struct text_note *note;

    buf_init_fixed(&text, mem, sizeof mem);
    if (node->name)
        put_file_name(&text, node->name);
    for (unsigned i = 0; i < node->depth; i++)
        buf_printf(&text, "%04X/", node->path[i]);
    buf_printf(&text, "%04X", node->fid);
    if (node->act == SAIP_CREATE) {
        put_size(&text, node);
        put_content(&text, node);
    }
    note = arena_alloc(&t->arena, sizeof *note);
    if (!note)
        return NULL;
    note->steps = node->steps;
    note->text = arena_strdup(&t->arena, buf_cstr(&text));
    return note->text ? note : NULL;
}

/* What is wrong with a file is not for a note to say: it has none then, as all files of an element
 * whose template we do not have. */
enum xk_err text_notes_of(struct text *t, const struct saip_pe *pe)
{
    struct text_note **end = &t->notes;
    struct arena scratch;
    enum xk_err err = XK_OK;

    t->notes = NULL;
    arena_reset(&t->arena);
    if (saip_walk_pe(&t->walk, pe) != XK_OK)
        return XK_OK;
    arena_init(&scratch, SAIP_TEXT_MAX);
    while (err != XK_E_NOT_FOUND && err != XK_E_NOMEM) {
        struct saip_fault fault;
        struct saip_node node;

        err = saip_walk_next(&t->walk, &scratch, &node, &fault);
        if (err == XK_OK && node.named) {
            *end = note_of(t, &node);
            err = *end ? XK_OK : XK_E_NOMEM;
            end = *end ? &(*end)->next : end;
        }
        if (err != XK_OK && pe->type == SAIP_GFM)
            break; /* the walk stands still */
        arena_reset(&scratch);
    }
    arena_fini(&scratch);
    return err == XK_E_NOMEM ? err : XK_OK;
}

/* The note on these steps; it is taken off. Those of generic file management come in order. */
static const char *take_note(struct text *t, const struct saip_member *m, struct bytes value)
{
    bool generic = saip_row(m) >= SAIP_ROW_GFM_STEP_BEGIN && saip_row(m) <= SAIP_ROW_FILE_BEGIN;

    if (!generic && m->inside != SAIP_STRUCTURE_FILE)
        return NULL;
    for (struct text_note **at = &t->notes; *at; at = &(*at)->next) {
        const struct text_note *note = *at;
        size_t inside = (size_t)(value.p - note->steps.p);

        if (generic ? value.p > note->steps.p && inside <= note->steps.n : inside == 0) {
            *at = note->next;
            return note->text;
        }
        if (generic)
            break;
    }
    return NULL;
}

/* ---- other things ---------------------------------------------------------------------------- */

static void note_template(struct text *t, struct bytes oid)
{
    const struct saip_template *template = saip_template_find(oid);

    if (!template)
        return;
    text_line(t);
    buf_printf(t->out, "-- template %s", template->name);
}

static const char *key_type_name(uint8_t type)
{
    switch (type) {
    case 0x80:
        return "DES";
    case 0x85:
        return "pre-shared key of TLS";
    case 0x88:
        return "AES";
    case 0xB0:
        return "EC public";
    case 0xB1:
        return "EC private";
    default:
        return "other";
    }
}

/* The protocols that take a key by its version (GlobalPlatform, amendments B and D; TS 102 225). */
static const char *protocol_of(uint8_t version)
{
    switch (version >> 4) {
    case 0:
        return "SCP80";
    case 2:
        return "SCP02";
    case 3:
        return "SCP03";
    case 4:
        return "SCP81";
    default:
        return "key";
    }
}

static void note_key(struct text *t, struct bytes value)
{
    struct bytes in[SAIP_MEMBERS_MAX], component;
    struct cur c;

    if (saip_sequence(SAIP_STRUCTURE_KEY, value, in, NULL) != XK_OK)
        return;
    c = cur_of(in[MEMBER_AT(KEY, COMPONENTS)]);
    if (saip_next_entry(SAIP_STRUCTURE_COMPONENT_ENTRY, &c, &component) != XK_OK ||
        tlv_find(component, 0x80, &component) != XK_OK || component.n == 0)
        return;
    text_line(t);
    buf_printf(t->out, "-- %s, version %u, key %u: %s",
               protocol_of(in[MEMBER_AT(KEY, VERSION)].p[0]), in[MEMBER_AT(KEY, VERSION)].p[0],
               in[MEMBER_AT(KEY, IDENTIFIER)].p[0], key_type_name(component.p[0]));
}

/* Digits, FF behind. */
static void note_code(struct text *t, struct bytes value)
{
    size_t n = 0;

    while (n < value.n && value.p[n] >= '0' && value.p[n] <= '9')
        n++;
    if (!(t->flags & SAIP_TEXT_SECRETS) || n == 0 || (n < value.n && value.p[n] != 0xFF))
        return;
    text_line(t);
    buf_printf(t->out, "-- %.*s", (int)n, (const char *)value.p);
}

void text_note(struct text *t, const struct saip_member *m, struct bytes value)
{
    enum saip_row row = saip_row(m);
    const char *file = t->notes ? take_note(t, m, value) : NULL;

    if (!(t->flags & SAIP_TEXT_NOTES))
        return;
    if (file) {
        text_line(t);
        buf_printf(t->out, "-- %s", file);
    } else if (m->kind == SAIP_OID) {
        note_template(t, value);
    } else if (row == SAIP_ROW_KEY_ENTRY_ENTRY) {
        note_key(t, value);
    } else if (row == SAIP_ROW_PIN_VALUE || row == SAIP_ROW_PUK_VALUE) {
        note_code(t, value);
    }
}
