/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV structure files (TS 102 221 8.3.5, 11.3): objects by their tags, moved in blocks. One
 * transfer is under way at a time; what is set is written at once when its last block has come. */
#include "base/tlv.h"
#include "card/uicc/inside.h"

#define P2_FIRST 0x80
#define P2_SFI 0x1F
#define BLOCK_MAX 255
#define TAG_LIST 0x5C /* reading it tells which tags are there */
#define SW_MORE_DATA 0x62F1
#define SW_MORE_EXPECTED 0x63F1
#define OBJECT_MAX 0x10000
#define TAG_MAX 3
#define LENGTH_MAX 4

struct transfer {
    uint8_t channel;
    uint16_t ef;
    bool set;     /* SET DATA, else RETRIEVE DATA */
    uint32_t tag; /* of what is set */
    size_t at, n; /* of buf: already moved; of the whole object */
    struct buf object;
};

void forget_transfer(struct uicc *u)
{
    struct transfer *t = u->transfer;

    if (!t)
        return;
    buf_wipe(&t->object);
    buf_fini(&t->object);
    free(t);
    u->transfer = NULL;
}

static enum xk_err begin_transfer(struct uicc *u, struct exchange *x, bool set,
                                  struct transfer **out)
{
    struct transfer *t;

    forget_transfer(u);
    t = calloc(1, sizeof *t);
    if (!t)
        return XK_E_NOMEM;
    t->channel = (uint8_t)(x->ch - u->channel);
    t->ef = x->ch->ef;
    t->set = set;
    buf_init(&t->object, OBJECT_MAX);
    *out = u->transfer = t;
    return XK_OK;
}

/* The transfer that this block goes on with; NULL when there is none. */
static struct transfer *go_on(struct uicc *u, const struct exchange *x, bool set)
{
    struct transfer *t = u->transfer;

    if (!t || t->set != set || t->channel != x->ch - u->channel || t->ef != x->ch->ef)
        return NULL;
    return t;
}

/* All objects of the file, as they lie there. */
static enum xk_err load_objects(struct uicc *u, const struct uicc_file *f, struct buf *out)
{
    uint32_t n;
    uint8_t *p;

    TRY(u->ops->length(u, f, &n));
    p = buf_reserve(out, n);
    if (!p)
        return n == 0 ? XK_OK : buf_ok(out);
    TRY(u->ops->read(u, f, 0, p, n));
    out->n = n;
    return XK_OK;
}

static void put_tag(struct buf *out, uint32_t tag)
{
    if (tag > 0xFFFF)
        buf_put_u24(out, tag);
    else if (tag > 0xFF)
        buf_put_u16(out, (uint16_t)tag);
    else
        buf_put_u8(out, (uint8_t)tag);
}

static void put_tag_list(struct bytes objects, struct buf *out)
{
    size_t at = tlv_begin(out, TAG_LIST);
    struct cur c = cur_of(objects);
    struct tlv t;

    while (c.n > 0 && tlv_next(&c, &t) == XK_OK)
        put_tag(out, t.tag);
    tlv_end(out, at);
}

/* *found false: no object has this tag. */
static bool put_object(struct bytes objects, uint32_t tag, struct buf *out)
{
    struct cur c = cur_of(objects);
    struct tlv t;

    if (tag == TAG_LIST) {
        put_tag_list(objects, out);
        return true;
    }
    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        if (t.tag != tag)
            continue;
        buf_put_bytes(out, t.raw);
        return true;
    }
    return false;
}

/* A tag that stands alone: 1 to 3 bytes. */
static bool read_tag(struct bytes b, uint32_t *tag)
{
    bool longer = b.n > 0 && (b.p[0] & 0x1F) == 0x1F;

    if (b.n == 0 || b.n > TAG_MAX || longer != (b.n > 1))
        return false;
    if (b.n == TAG_MAX && !(b.p[1] & 0x80))
        return false;
    if (b.n > 1 && (b.p[b.n - 1] & 0x80))
        return false;
    *tag = 0;
    for (size_t i = 0; i < b.n; i++)
        *tag = *tag << 8 | b.p[i];
    return true;
}

static bool has_parameters(const struct exchange *x)
{
    return x->c.p1 == 0 && (x->c.p2 & ~(P2_FIRST | P2_SFI)) == 0;
}

/* The next block. Case 4 (the first one) waits for GET RESPONSE, case 2 goes at once. */
static enum xk_err send_block(struct uicc *u, struct exchange *x, struct transfer *t)
{
    size_t left = t->object.n - t->at, n = left < BLOCK_MAX ? left : BLOCK_MAX;
    struct bytes block;
    bool more;

    if (x->c.data.n == 0 && x->c.has_le && x->c.le < n)
        n = x->c.le;
    block = BYTES(t->object.p + t->at, n);
    more = left > n;
    if (x->c.data.n > 0) {
        TRY(answer_later(u, x, block));
        u->held.sw = more ? SW_MORE_DATA : SW_OK;
    } else {
        TRY(answer_now(x, block));
        if (x->sw != SW_OK)
            return XK_OK;
        x->sw = more ? SW_MORE_DATA : SW_OK;
    }
    t->at += n;
    if (!more)
        forget_transfer(u);
    return XK_OK;
}

static enum xk_err retrieve_first(struct uicc *u, struct exchange *x, const struct uicc_file *f)
{
    struct transfer *t;
    struct buf objects;
    uint32_t tag;
    enum xk_err err;
    bool found;

    if (!read_tag(x->c.data, &tag))
        return refuse(x, SW_WRONG_DATA);
    TRY(begin_transfer(u, x, false, &t));
    buf_init(&objects, OBJECT_MAX);
    err = load_objects(u, f, &objects);
    found = err == XK_OK && put_object(buf_bytes(&objects), tag, &t->object);
    buf_fini(&objects);
    TRY(err);
    TRY(buf_ok(&t->object));
    if (found)
        return send_block(u, x, t);
    forget_transfer(u);
    return refuse(x, SW_REF_DATA_NOT_FOUND);
}

/* TS 102 221 11.3.1 */
enum xk_err cmd_retrieve_data(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    struct transfer *t;

    if (!has_parameters(x))
        return refuse(x, SW_WRONG_P1P2);
    TRY(file_of_command(u, x, x->c.p2 & P2_SFI, KIND_BER_TLV, ACCESS_READ, &f));
    if (!f)
        return XK_OK;
    if (x->c.p2 & P2_FIRST)
        return retrieve_first(u, x, f);
    t = go_on(u, x, false);
    if (!t || x->c.data.n > 0)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    return send_block(u, x, t);
}

/* Without this object. */
static void drop_object(struct buf *objects, uint32_t tag)
{
    struct cur c = cur_of(buf_bytes(objects));
    struct tlv t;

    while (c.n > 0 && tlv_next(&c, &t) == XK_OK) {
        if (t.tag != tag)
            continue;
        memmove(objects->p + (t.raw.p - objects->p), t.raw.p + t.raw.n, c.n);
        objects->n -= t.raw.n;
        return;
    }
}

/* In place of the object that had this tag; an object of no length: without it. */
static enum xk_err replace_object(struct uicc *u, struct exchange *x, const struct uicc_file *f,
                                  struct buf *objects, uint32_t tag, struct bytes object)
{
    size_t before = objects->n;

    drop_object(objects, tag);
    if (object.n == 0 && objects->n == before)
        return refuse(x, SW_REF_DATA_NOT_FOUND);
    buf_put_bytes(objects, object);
    TRY(buf_ok(objects));
    TRY(u->ops->set_length(u, f, (uint32_t)objects->n));
    return objects->n > 0 ? u->ops->write(u, f, 0, buf_bytes(objects)) : XK_OK;
}

static enum xk_err store_object(struct uicc *u, struct exchange *x, const struct uicc_file *f,
                                uint32_t tag, struct bytes object)
{
    struct buf objects;
    enum xk_err err;

    buf_init(&objects, OBJECT_MAX);
    err = load_objects(u, f, &objects);
    if (err == XK_OK)
        err = replace_object(u, x, f, &objects, tag, object);
    buf_wipe(&objects);
    buf_fini(&objects);
    if (err == XK_E_LIMIT)
        return refuse(x, SW_NO_SPACE);
    TRY(err);
    return x->sw == SW_OK ? file_written(u, x, f) : XK_OK;
}

/* Tag and length in front of a value that may come in blocks. */
static bool read_head(struct bytes b, uint32_t *tag, size_t *total)
{
    size_t n = 1, length_n;
    struct cur c;

    if (b.n > 0 && (b.p[0] & 0x1F) == 0x1F)
        n = b.n > 1 && (b.p[1] & 0x80) ? 3 : 2;
    if (!read_tag(bytes_part(b, 0, n), tag) || b.n <= n)
        return false;
    c = cur_of(bytes_part(b, n, LENGTH_MAX));
    *total = cur_u8(&c);
    length_n = *total > 0x80 ? *total - 0x80 : 0;
    if (*total == 0x80 || length_n > LENGTH_MAX - 1)
        return false;
    if (length_n > 0)
        *total = 0;
    for (size_t i = 0; i < length_n; i++)
        *total = *total << 8 | cur_u8(&c);
    *total += n + 1 + length_n;
    return !c.bad;
}

static enum xk_err take_block(struct uicc *u, struct exchange *x, const struct uicc_file *f,
                              struct transfer *t)
{
    enum xk_err err;

    if (x->c.data.n > t->n - t->object.n) {
        forget_transfer(u);
        return refuse(x, SW_WRONG_DATA);
    }
    buf_put_bytes(&t->object, x->c.data);
    TRY(buf_ok(&t->object));
    if (t->object.n < t->n)
        return refuse(x, SW_MORE_EXPECTED);
    err = store_object(u, x, f, t->tag, buf_bytes(&t->object));
    forget_transfer(u);
    return err;
}

static enum xk_err set_first(struct uicc *u, struct exchange *x, const struct uicc_file *f)
{
    struct transfer *t;
    size_t total;
    uint32_t tag;

    forget_transfer(u);
    if (read_tag(x->c.data, &tag) && tag != TAG_LIST)
        return store_object(u, x, f, tag, BYTES_NONE);
    if (!read_head(x->c.data, &tag, &total) || tag == TAG_LIST)
        return refuse(x, SW_WRONG_DATA);
    if (total > OBJECT_MAX)
        return refuse(x, SW_NO_SPACE);
    TRY(begin_transfer(u, x, true, &t));
    t->tag = tag;
    t->n = total;
    return take_block(u, x, f, t);
}

/* TS 102 221 11.3.2 */
enum xk_err cmd_set_data(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    struct transfer *t;

    if (!has_parameters(x))
        return refuse(x, SW_WRONG_P1P2);
    TRY(file_of_command(u, x, x->c.p2 & P2_SFI, KIND_BER_TLV, ACCESS_UPDATE, &f));
    if (!f)
        return XK_OK;
    if (x->c.data.n == 0)
        return refuse(x, SW_WRONG_LENGTH);
    if (x->c.p2 & P2_FIRST)
        return set_first(u, x, f);
    t = go_on(u, x, true);
    if (!t)
        return refuse(x, SW_CONDITIONS_NOT_SATISFIED);
    return take_block(u, x, f, t);
}
