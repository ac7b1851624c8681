/* SPDX-License-Identifier: Apache-2.0 */
/* The layout "xieka-1" (docs/write-script.md): all of it is in this file and the .def tables.
 *
 *   script   80 01 vv  81 08 task  82 0A cid  ...  8D 01 flags  [8E 02 minutes]  8F 20 digest
 *   report   81 08 task  90 01 result  ...  93 05 counter  ...
 *
 * TLVs with one-byte tags and shortest lengths, tags ascending, each once, none unknown: so every
 * script has just one form, and the digest, which stands last, covers all that was understood. */
#include "base/tlv.h"
#include "codec/script/script.h"
#include "crypto/hash.h"

enum presence { MUST, MAY, NOT };

struct row {
    uint8_t tag;
    uint16_t least, most;
    enum presence prepare, act;
};

static const struct row script_rows[] = {
#define SCRIPT_FIELD(name, tag, least, most, prepare, act, text) {tag, least, most, prepare, act},
#include "codec/script/field.def"
#undef SCRIPT_FIELD
};

static const struct row report_rows[] = {
#define SCRIPT_REPORT_FIELD(name, tag, least, most, here, text) {tag, least, most, here, here},
#include "codec/script/report.def"
#undef SCRIPT_REPORT_FIELD
};

/* Tags of scripts and reports all lie in 80..9F, so one array holds the values of either by tag. An
 * absent field has p NULL. */
#define FIELD_FIRST 0x80
#define FIELD_COUNT 0x20

struct fields {
    struct bytes value[FIELD_COUNT];
    size_t digest_at; /* where the TLV begins that was read last */
};

static struct bytes field(const struct fields *f, uint32_t tag)
{
    return f->value[tag - FIELD_FIRST];
}

static bool has(const struct fields *f, uint32_t tag)
{
    return field(f, tag).p != NULL;
}

static uint8_t field_u8(const struct fields *f, uint32_t tag)
{
    struct bytes value = field(f, tag);

    return value.p ? value.p[0] : 0;
}

/* Copies a field that has just the room's length, when it is there. */
static bool copy(const struct fields *f, uint32_t tag, void *out)
{
    struct bytes value = field(f, tag);

    if (value.p)
        memcpy(out, value.p, value.n);
    return value.p != NULL;
}

/* ---- reading TLVs ---------------------------------------------------------------------------- */

static const struct row *row_of(const struct row *rows, size_t n, uint32_t tag)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].tag == tag)
            return &rows[i];
    return NULL;
}

/* Tag in one byte and the shortest length: one script, one form. */
static bool shortest(const struct tlv *t)
{
    size_t head = t->value.n < 0x80 ? 2 : t->value.n < 0x100 ? 3 : 4;

    return t->raw.n == head + t->value.n;
}

static enum xk_err read_field(const struct row *rows, size_t n, struct cur *c, struct tlv *out)
{
    const struct row *row;

    TRY(tlv_next(c, out));
    row = row_of(rows, n, out->tag);
    if (!row || !shortest(out) || out->value.n < row->least || out->value.n > row->most)
        return XK_E_FORMAT;
    return XK_OK;
}

static enum xk_err read_fields(const struct row *rows, size_t n, struct bytes wire,
                               struct fields *out, uint32_t *failed)
{
    struct cur c = cur_of(wire);
    uint32_t last = 0;

    memset(out, 0, sizeof *out);
    while (c.n > 0) {
        struct tlv t = {0};
        enum xk_err err = read_field(rows, n, &c, &t);

        *failed = t.tag;
        TRY(err);
        if (t.tag <= last)
            return XK_E_FORMAT;
        last = t.tag;
        out->value[t.tag - FIELD_FIRST] = t.value;
        out->digest_at = (size_t)(t.raw.p - wire.p);
    }
    *failed = 0;
    return XK_OK;
}

static enum xk_err check_presence(const struct row *rows, size_t n, const struct fields *f,
                                  bool prepare, uint32_t *failed)
{
    for (size_t i = 0; i < n; i++) {
        enum presence wanted = prepare ? rows[i].prepare : rows[i].act;

        if (wanted == MAY || has(f, rows[i].tag) == (wanted == MUST))
            continue;
        *failed = rows[i].tag;
        return XK_E_FORMAT;
    }
    return XK_OK;
}

/* ---- lists inside 8A and 8C ------------------------------------------------------------------ */

static const struct {
    uint32_t field;
    uint8_t tag;
    size_t unit, least, most;
} list_rows[] = {
#define SCRIPT_LIST(field, name, tag, unit, least, most, text)                                     \
    {SCRIPT_TAG_##field, tag, unit, least, most},
#include "codec/script/list.def"
#undef SCRIPT_LIST
};

static enum xk_err check_list(uint32_t parent, const struct tlv *t)
{
    for (size_t i = 0; i < ARRAY_LEN(list_rows); i++) {
        if (list_rows[i].field != parent || list_rows[i].tag != t->tag)
            continue;
        if (t->value.n < list_rows[i].least || t->value.n > list_rows[i].most ||
            t->value.n % list_rows[i].unit != 0)
            return XK_E_FORMAT;
        return shortest(t) ? XK_OK : XK_E_FORMAT;
    }
    return XK_E_FORMAT;
}

enum xk_err script_next_list(uint32_t field_tag, struct cur *c, struct script_list *out)
{
    struct tlv t;

    TRY(tlv_next(c, &t));
    TRY(check_list(field_tag, &t));
    *out = (struct script_list){(uint8_t)t.tag, t.value};
    return XK_OK;
}

void script_put_list(struct buf *b, uint8_t tag, struct bytes value)
{
    tlv_put(b, tag, value);
}

static bool bad_mnc_length(uint32_t parent, const struct script_list *list)
{
    return parent == SCRIPT_TAG_FILES && list->tag == SCRIPT_FILES_MNC_LENGTH &&
           list->value.p[0] != 2 && list->value.p[0] != 3;
}

static enum xk_err check_lists(uint32_t parent, const struct fields *f, uint32_t *failed)
{
    struct cur c = cur_of(field(f, parent));
    struct script_list list;
    uint8_t last = 0;

    *failed = parent;
    while (c.n > 0) {
        TRY(script_next_list(parent, &c, &list));
        if (list.tag <= last)
            return XK_E_FORMAT;
        if (bad_mnc_length(parent, &list))
            return XK_E_VALUE;
        last = list.tag;
    }
    *failed = 0;
    return XK_OK;
}

/* ---- script ---------------------------------------------------------------------------------- */

/* Before anything else is understood: another version may be laid out in another way. */
static enum xk_err check_version(struct bytes wire, enum script_suite *suite, uint32_t *failed)
{
    struct cur c = cur_of(wire);
    struct tlv t;

    *failed = SCRIPT_TAG_VERSION;
    if (tlv_next(&c, &t) != XK_OK || t.tag != SCRIPT_TAG_VERSION || t.value.n != 1)
        return XK_E_FORMAT;
    return script_suite_of(t.value.p[0], suite);
}

static enum xk_err digest_of(enum script_suite suite, struct bytes data, uint8_t out[HASH_LEN])
{
    return hash_digest(suite == SCRIPT_SUITE_SM4 ? HASH_SM3 : HASH_SHA256, data, out);
}

/* The digest is the last field there can be, so nothing stands behind it. */
static enum xk_err check_digest(enum script_suite suite, struct bytes wire, const struct fields *f,
                                uint32_t *failed)
{
    uint8_t digest[HASH_LEN];

    *failed = SCRIPT_TAG_DIGEST;
    if (!has(f, SCRIPT_TAG_DIGEST))
        return XK_E_FORMAT;
    TRY(digest_of(suite, bytes_part(wire, 0, f->digest_at), digest));
    return bytes_eq(field(f, SCRIPT_TAG_DIGEST), BYTES_OF(digest)) ? XK_OK : XK_E_AUTH;
}

static enum xk_err check_flags(const struct fields *f, uint32_t *failed)
{
    uint8_t flags, action;

    *failed = SCRIPT_TAG_FLAGS;
    if (!has(f, SCRIPT_TAG_FLAGS))
        return XK_E_FORMAT;
    flags = field_u8(f, SCRIPT_TAG_FLAGS);
    action = flags & SCRIPT_ACTION;
    if (action == 0 || ((action & SCRIPT_RESTORE_SEED) && action != SCRIPT_RESTORE_SEED))
        return XK_E_VALUE;
    if (flags & ~(SCRIPT_ACTION | SCRIPT_KEEP_SEED | SCRIPT_ERASE_SEED | SCRIPT_REFRESH_RESET))
        return XK_E_VALUE;
    if ((flags & SCRIPT_ERASE_SEED) && (flags & (SCRIPT_KEEP_SEED | SCRIPT_RESTORE_SEED)))
        return XK_E_VALUE;
    return XK_OK;
}

/* K is 16 bytes for Milenage, 16 or 32 for TUAK (TS 35.231 6.1); OPc 16, TOPc 32 */
static enum xk_err check_keys(const struct fields *f, uint32_t *failed)
{
    uint8_t algorithm;
    bool tuak;

    if (!has(f, SCRIPT_TAG_ALGORITHM))
        return XK_OK;
    algorithm = field_u8(f, SCRIPT_TAG_ALGORITHM);
    tuak = algorithm == SCRIPT_ALGORITHM_TUAK;
    *failed = SCRIPT_TAG_ALGORITHM;
    if (!tuak && algorithm != SCRIPT_ALGORITHM_MILENAGE)
        return XK_E_UNSUPPORTED;
    *failed = SCRIPT_TAG_K;
    if (field(f, SCRIPT_TAG_K).n != 16 && !(tuak && field(f, SCRIPT_TAG_K).n == 32))
        return XK_E_FORMAT;
    *failed = SCRIPT_TAG_OPC;
    if (field(f, SCRIPT_TAG_OPC).n != (tuak ? 32 : 16))
        return XK_E_FORMAT;
    *failed = SCRIPT_TAG_CR;
    return tuak && has(f, SCRIPT_TAG_CR) ? XK_E_FORMAT : XK_OK;
}

static enum xk_err check_script(const struct fields *f, uint32_t *failed)
{
    bool prepare;

    TRY(check_flags(f, failed));
    prepare = field_u8(f, SCRIPT_TAG_FLAGS) & SCRIPT_PREPARE;
    TRY(check_presence(script_rows, ARRAY_LEN(script_rows), f, prepare, failed));
    TRY(check_keys(f, failed));
    TRY(check_lists(SCRIPT_TAG_PLMN, f, failed));
    TRY(check_lists(SCRIPT_TAG_FILES, f, failed));
    *failed = SCRIPT_TAG_FALLBACK;
    if (has(f, SCRIPT_TAG_FALLBACK) && bytes_eq(field(f, SCRIPT_TAG_FALLBACK), BYTES("\0\0", 2)))
        return XK_E_VALUE;
    *failed = 0;
    return XK_OK;
}

static void fill_script(const struct fields *f, struct script *s)
{
    struct cur fallback = cur_of(field(f, SCRIPT_TAG_FALLBACK));

    memset(s, 0, sizeof *s);
    s->version = field_u8(f, SCRIPT_TAG_VERSION);
    s->flags = field_u8(f, SCRIPT_TAG_FLAGS);
    copy(f, SCRIPT_TAG_TASK_ID, s->task_id);
    copy(f, SCRIPT_TAG_CID, s->cid);
    s->has_iccid = copy(f, SCRIPT_TAG_ICCID, s->iccid);
    s->has_imsi = copy(f, SCRIPT_TAG_IMSI, s->imsi);
    s->has_keys = copy(f, SCRIPT_TAG_ALGORITHM, &s->algorithm);
    s->k = field(f, SCRIPT_TAG_K);
    s->opc = field(f, SCRIPT_TAG_OPC);
    s->has_smsc = copy(f, SCRIPT_TAG_SMSC, s->smsc);
    s->has_msisdn = copy(f, SCRIPT_TAG_MSISDN, s->msisdn);
    s->plmn = field(f, SCRIPT_TAG_PLMN);
    s->has_cr = copy(f, SCRIPT_TAG_CR, s->cr);
    s->files = field(f, SCRIPT_TAG_FILES);
    s->has_fallback = has(f, SCRIPT_TAG_FALLBACK);
    if (s->has_fallback)
        s->fallback_min = cur_u16(&fallback);
}

static enum xk_err decode(struct bytes wire, struct script *out, uint32_t *failed)
{
    enum script_suite suite;
    struct fields f;

    *failed = 0;
    if (wire.n > SCRIPT_MAX)
        return XK_E_LIMIT;
    TRY(check_version(wire, &suite, failed));
    TRY(read_fields(script_rows, ARRAY_LEN(script_rows), wire, &f, failed));
    TRY(check_digest(suite, wire, &f, failed));
    TRY(check_script(&f, failed));
    fill_script(&f, out);
    return XK_OK;
}

static void put(struct buf *b, bool present, uint32_t tag, struct bytes value)
{
    if (present)
        tlv_put(b, tag, value);
}

static void put_script(const struct script *s, struct buf *b)
{
    const uint8_t fallback[] = {(uint8_t)(s->fallback_min >> 8), (uint8_t)s->fallback_min};

    tlv_put_u8(b, SCRIPT_TAG_VERSION, s->version);
    tlv_put(b, SCRIPT_TAG_TASK_ID, BYTES_OF(s->task_id));
    tlv_put(b, SCRIPT_TAG_CID, BYTES_OF(s->cid));
    put(b, s->has_iccid, SCRIPT_TAG_ICCID, BYTES_OF(s->iccid));
    put(b, s->has_imsi, SCRIPT_TAG_IMSI, BYTES_OF(s->imsi));
    put(b, s->has_keys, SCRIPT_TAG_K, s->k);
    put(b, s->has_keys, SCRIPT_TAG_OPC, s->opc);
    put(b, s->has_smsc, SCRIPT_TAG_SMSC, BYTES_OF(s->smsc));
    put(b, s->has_msisdn, SCRIPT_TAG_MSISDN, BYTES_OF(s->msisdn));
    put(b, s->has_keys, SCRIPT_TAG_ALGORITHM, BYTES(&s->algorithm, 1));
    put(b, s->plmn.n > 0, SCRIPT_TAG_PLMN, s->plmn);
    put(b, s->has_cr, SCRIPT_TAG_CR, BYTES_OF(s->cr));
    put(b, s->files.n > 0, SCRIPT_TAG_FILES, s->files);
    tlv_put_u8(b, SCRIPT_TAG_FLAGS, s->flags);
    put(b, s->has_fallback, SCRIPT_TAG_FALLBACK, BYTES_OF(fallback));
}

static enum xk_err try_encode(const struct script *s, struct buf *out, size_t start)
{
    enum script_suite suite;
    uint8_t digest[HASH_LEN];
    struct script back;
    uint32_t failed;

    TRY(script_suite_of(s->version, &suite));
    put_script(s, out);
    TRY(buf_ok(out));
    TRY(digest_of(suite, bytes_part(buf_bytes(out), start, out->n), digest));
    tlv_put(out, SCRIPT_TAG_DIGEST, BYTES_OF(digest));
    TRY(buf_ok(out));
    return decode(bytes_part(buf_bytes(out), start, out->n), &back, &failed);
}

static enum xk_err encode(const struct script *s, struct buf *out)
{
    size_t start = out->n;
    enum xk_err err = try_encode(s, out, start);

    if (err != XK_OK)
        out->n = start;
    return err;
}

/* ---- report ---------------------------------------------------------------------------------- */

/* It goes into logs and answers of the platform. */
static bool printable(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7E)
            return false;
    return true;
}

static uint64_t field_uint(const struct fields *f, uint32_t tag)
{
    struct bytes value = field(f, tag);
    uint64_t v = 0;

    for (size_t i = 0; i < value.n; i++)
        v = v << 8 | value.p[i];
    return v;
}

static void fill_report(const struct fields *f, struct script_report *r)
{
    memset(r, 0, sizeof *r);
    copy(f, SCRIPT_REPORT_TAG_TASK_ID, r->task_id);
    r->result = field_u8(f, SCRIPT_REPORT_TAG_RESULT);
    r->has_detail = has(f, SCRIPT_REPORT_TAG_DETAIL);
    r->detail = (uint16_t)field_uint(f, SCRIPT_REPORT_TAG_DETAIL);
    r->has_imsi_hash = copy(f, SCRIPT_REPORT_TAG_IMSI_HASH, r->imsi_hash);
    r->counter = field_uint(f, SCRIPT_REPORT_TAG_COUNTER);
    r->has_attach = copy(f, SCRIPT_REPORT_TAG_ATTACH, &r->attach);
    r->has_imei = copy(f, SCRIPT_REPORT_TAG_IMEI, r->imei);
    r->location = field(f, SCRIPT_REPORT_TAG_LOCATION);
    r->has_location = r->location.p != NULL;
    r->cos = field(f, SCRIPT_REPORT_TAG_COS);
    r->has_cos = r->cos.p != NULL;
    r->has_flags = copy(f, SCRIPT_REPORT_TAG_FLAGS, &r->flags);
    r->has_wear = has(f, SCRIPT_REPORT_TAG_WEAR_LEFT);
    r->wear_left = (uint32_t)field_uint(f, SCRIPT_REPORT_TAG_WEAR_LEFT);
}

static enum xk_err decode_report(struct bytes wire, struct script_report *out)
{
    struct fields f;
    uint32_t failed;

    if (wire.n > SCRIPT_REPORT_MAX)
        return XK_E_LIMIT;
    TRY(read_fields(report_rows, ARRAY_LEN(report_rows), wire, &f, &failed));
    TRY(check_presence(report_rows, ARRAY_LEN(report_rows), &f, true, &failed));
    if (!printable(field(&f, SCRIPT_REPORT_TAG_COS)))
        return XK_E_VALUE;
    fill_report(&f, out);
    return XK_OK;
}

static void put_uint(struct buf *b, bool present, uint32_t tag, uint64_t v, size_t n)
{
    uint8_t value[8];

    for (size_t i = 0; i < n; i++)
        value[i] = (uint8_t)(v >> 8 * (n - 1 - i));
    put(b, present, tag, BYTES(value, n));
}

static void put_report(const struct script_report *r, struct buf *b)
{
    tlv_put(b, SCRIPT_REPORT_TAG_TASK_ID, BYTES_OF(r->task_id));
    tlv_put_u8(b, SCRIPT_REPORT_TAG_RESULT, r->result);
    put_uint(b, r->has_detail, SCRIPT_REPORT_TAG_DETAIL, r->detail, 2);
    put(b, r->has_imsi_hash, SCRIPT_REPORT_TAG_IMSI_HASH, BYTES_OF(r->imsi_hash));
    put_uint(b, true, SCRIPT_REPORT_TAG_COUNTER, r->counter, 5);
    put(b, r->has_attach, SCRIPT_REPORT_TAG_ATTACH, BYTES(&r->attach, 1));
    put(b, r->has_imei, SCRIPT_REPORT_TAG_IMEI, BYTES_OF(r->imei));
    put(b, r->has_location, SCRIPT_REPORT_TAG_LOCATION, r->location);
    put(b, r->has_cos, SCRIPT_REPORT_TAG_COS, r->cos);
    put(b, r->has_flags, SCRIPT_REPORT_TAG_FLAGS, BYTES(&r->flags, 1));
    put_uint(b, r->has_wear, SCRIPT_REPORT_TAG_WEAR_LEFT, r->wear_left, 4);
}

static enum xk_err encode_report(const struct script_report *r, struct buf *out)
{
    size_t start = out->n;
    struct script_report back;
    enum xk_err err;

    if (r->counter >> 40)
        return XK_E_VALUE;
    put_report(r, out);
    err = buf_ok(out);
    if (err == XK_OK)
        err = decode_report(bytes_part(buf_bytes(out), start, out->n), &back);
    if (err != XK_OK)
        out->n = start;
    return err;
}

const struct script_layout *script_layout_xieka(void)
{
    static const struct script_layout layout = {
        .name = "xieka-1",
        .encode = encode,
        .decode = decode,
        .encode_report = encode_report,
        .decode_report = decode_report,
    };

    return &layout;
}
