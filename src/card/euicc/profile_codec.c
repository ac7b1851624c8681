/* SPDX-License-Identifier: Apache-2.0 */
#include "card/euicc/profile_inside.h"

#define MAGIC 0x7870

void put_head(const struct profile_head *h, struct buf *out)
{
    buf_put_u16(out, MAGIC);
    buf_put_u16(out, h->files);
    buf_put_u16(out, h->pins);
    buf_put_u16(out, h->apps);
    buf_put_u16(out, h->shares);
    buf_put_fill(out, 0, HEAD_LEN - 10);
}

enum xk_err get_head(struct bytes b, struct profile_head *out)
{
    struct cur c = cur_of(b);
    uint16_t magic = cur_u16(&c);

    out->files = cur_u16(&c);
    out->pins = cur_u16(&c);
    out->apps = cur_u16(&c);
    out->shares = cur_u16(&c);
    if (c.bad || magic != MAGIC || b.n != FILE_AT(out->files) || out->pins > PIN_SLOTS ||
        out->apps > PROFILE_APPS_MAX)
        return XK_E_FORMAT;
    return XK_OK;
}

/* fid parent arr rule descriptor sfi flags record_len size content used special aid references */
void put_file(const struct profile_file *f, struct buf *out)
{
    size_t end = out->n + FILE_LEN;

    buf_put_u16(out, f->file.fid);
    buf_put_u16(out, f->file.parent);
    buf_put_u16(out, f->file.arr);
    buf_put_u8(out, f->file.rule);
    buf_put_u8(out, f->file.descriptor);
    buf_put_u8(out, f->file.sfi);
    buf_put_u8(out, f->file.flags);
    buf_put_u8(out, f->file.record_len);
    buf_put_u32(out, f->file.size);
    buf_put_u32(out, f->file.content);
    buf_put_u32(out, f->length);
    buf_put_u8(out, f->special);
    buf_put_u8(out, f->aid_n);
    buf_put(out, f->aid, sizeof f->aid);
    buf_put_u8(out, f->references_n);
    buf_put(out, f->references, sizeof f->references);
    if (out->n < end)
        buf_put_fill(out, 0, end - out->n);
}

void get_file(struct cur *c, struct profile_file *out)
{
    struct cur r = cur_of(cur_take(c, FILE_LEN));
    struct bytes b;

    *out = (struct profile_file){0};
    out->file.fid = cur_u16(&r);
    out->file.parent = cur_u16(&r);
    out->file.arr = cur_u16(&r);
    out->file.rule = cur_u8(&r);
    out->file.descriptor = cur_u8(&r);
    out->file.sfi = cur_u8(&r);
    out->file.flags = cur_u8(&r);
    out->file.record_len = cur_u8(&r);
    out->file.size = cur_u32(&r);
    out->file.content = cur_u32(&r);
    out->length = cur_u32(&r);
    out->special = cur_u8(&r);
    out->aid_n = cur_u8(&r) % (PROFILE_AID_MAX + 1);
    b = cur_take(&r, PROFILE_AID_MAX);
    if (b.n == PROFILE_AID_MAX)
        memcpy(out->aid, b.p, b.n);
    out->references_n = cur_u8(&r) % (PROFILE_REFERENCES_MAX + 1);
    b = cur_take(&r, PROFILE_REFERENCES_MAX);
    if (b.n == PROFILE_REFERENCES_MAX)
        memcpy(out->references, b.p, b.n);
}

void put_pin(const struct profile_pin *p, struct buf *out)
{
    buf_put_u16(out, p->df);
    buf_put_u8(out, p->reference);
    buf_put_u8(out, p->pin.enabled);
    buf_put_u8(out, p->pin.may);
    buf_put_u8(out, p->pin.tries);
    buf_put_u8(out, p->pin.tries_max);
    buf_put_u8(out, p->pin.puk_tries);
    buf_put_u8(out, p->pin.puk_tries_max);
    buf_put(out, p->pin.value, PIN_LEN);
    buf_put(out, p->pin.puk, PIN_LEN);
    buf_put_fill(out, 0, PIN_RECORD_LEN - 9 - 2 * PIN_LEN);
}

void get_pin(struct cur *c, struct profile_pin *out)
{
    struct cur r = cur_of(cur_take(c, PIN_RECORD_LEN));
    struct bytes value, puk;

    *out = (struct profile_pin){0};
    out->df = cur_u16(&r);
    out->reference = cur_u8(&r);
    out->pin.enabled = cur_u8(&r);
    out->pin.may = cur_u8(&r);
    out->pin.tries = cur_u8(&r);
    out->pin.tries_max = cur_u8(&r);
    out->pin.puk_tries = cur_u8(&r);
    out->pin.puk_tries_max = cur_u8(&r);
    value = cur_take(&r, PIN_LEN);
    puk = cur_take(&r, PIN_LEN);
    if (r.bad)
        return;
    memcpy(out->pin.value, value.p, PIN_LEN);
    memcpy(out->pin.puk, puk.p, PIN_LEN);
}

/* adf shared algorithm res_len iterations has_cr, k, opc (length and 32 each), cr, rules, SQNs */
void put_app(const struct profile_app *a, struct buf *out)
{
    const struct aka_subscriber *s = &a->subscriber.aka;
    size_t begin = out->n;
    uint8_t sqn[AKA_SQN_LEN];

    buf_put_u16(out, a->adf);
    buf_put_u8(out, a->shared);
    buf_put_u8(out, (uint8_t)s->algorithm);
    buf_put_u8(out, s->res_len);
    buf_put_u8(out, s->iterations);
    buf_put_u8(out, s->has_cr);
    buf_put_u8(out, s->k.n);
    buf_put(out, s->k.bytes, PROFILE_KEY_MAX);
    buf_put_u8(out, s->opc.n);
    buf_put(out, s->opc.bytes, PROFILE_KEY_MAX);
    buf_put(out, s->cr, sizeof s->cr);
    buf_put_u64(out, a->subscriber.rules.delta);
    buf_put_u64(out, a->subscriber.rules.age_limit);
    buf_put_fill(out, 0, APP_SQN_AT - (out->n - begin));
    for (unsigned i = 0; i < AKA_IND_COUNT; i++) {
        aka_sqn_put(a->sqn.seq[i], sqn);
        buf_put(out, sqn, sizeof sqn);
    }
}

enum xk_err get_app(struct cur *c, struct profile_app *out)
{
    struct cur r = cur_of(cur_take(c, APP_LEN));
    struct aka_subscriber *s = &out->subscriber.aka;
    struct bytes key, cr, sqn;
    uint8_t n;

    *out = (struct profile_app){0};
    out->adf = cur_u16(&r);
    out->shared = cur_u8(&r);
    s->algorithm = (enum aka_algorithm)cur_u8(&r);
    s->res_len = cur_u8(&r);
    s->iterations = cur_u8(&r);
    s->has_cr = cur_u8(&r) != 0;
    n = cur_u8(&r) % (PROFILE_KEY_MAX + 1);
    key = cur_take(&r, PROFILE_KEY_MAX);
    TRY(cur_ok(&r));
    TRY(secret_set(&s->k, BYTES(key.p, n)));
    n = cur_u8(&r) % (PROFILE_KEY_MAX + 1);
    key = cur_take(&r, PROFILE_KEY_MAX);
    cr = cur_take(&r, sizeof s->cr);
    TRY(cur_ok(&r));
    TRY(secret_set(&s->opc, BYTES(key.p, n)));
    memcpy(s->cr, cr.p, sizeof s->cr);
    out->subscriber.rules.delta = cur_u64(&r);
    out->subscriber.rules.age_limit = cur_u64(&r);
    (void)cur_take(&r, r.n > SQN_LEN ? r.n - SQN_LEN : 0);
    for (unsigned i = 0; i < AKA_IND_COUNT; i++) {
        sqn = cur_take(&r, AKA_SQN_LEN);
        if (sqn.n == AKA_SQN_LEN)
            out->sqn.seq[i] = aka_sqn_get(sqn.p);
    }
    return cur_ok(&r);
}

/* ---- Secured packets ---- */

void put_ota_head(const struct ota_head *h, struct buf *out)
{
    buf_put_u8(out, h->sets);
    buf_put_u8(out, h->receivers);
    buf_put_fill(out, 0, OTA_SENDER_AT - 2);
    buf_put(out, h->sender, sizeof h->sender);
    buf_put_fill(out, 0, OTA_HEAD_LEN - OTA_SENDER_AT - sizeof h->sender);
}

enum xk_err get_ota_head(struct bytes part, struct ota_head *out)
{
    struct cur c = cur_of(part);
    struct bytes sender;

    out->sets = cur_u8(&c);
    out->receivers = cur_u8(&c);
    (void)cur_take(&c, OTA_SENDER_AT - 2);
    sender = cur_take(&c, sizeof out->sender);
    if (c.bad || part.n != OTA_SET_AT(out->sets) + (size_t)out->receivers * OTA_RECEIVER_LEN)
        return XK_E_FORMAT;
    memcpy(out->sender, sender.p, sizeof out->sender);
    out->sender[sizeof out->sender - 1] = '\0';
    return XK_OK;
}

/* domain version algorithm counter kic_n kid_n kic kid */
void put_ota_set(const struct ota_set *s, struct buf *out)
{
    buf_put_u8(out, s->domain);
    buf_put_u8(out, s->version);
    buf_put_u8(out, s->algorithm);
    buf_put_u64(out, s->counter);
    buf_put_u8(out, s->kic_n);
    buf_put_u8(out, s->kid_n);
    buf_put(out, s->kic, sizeof s->kic);
    buf_put(out, s->kid, sizeof s->kid);
    buf_put_fill(out, 0, OTA_SET_LEN - (OTA_COUNTER_AT + 10 + 2 * OTA_SET_KEY_MAX));
}

void get_ota_set(struct bytes part, unsigned i, struct ota_set *out)
{
    struct cur c = cur_of(bytes_part(part, OTA_SET_AT(i), OTA_SET_LEN));
    struct bytes key;

    *out = (struct ota_set){.domain = cur_u8(&c)};
    out->version = cur_u8(&c);
    out->algorithm = cur_u8(&c);
    out->counter = cur_u64(&c);
    out->kic_n = (uint8_t)(cur_u8(&c) % (OTA_SET_KEY_MAX + 1));
    out->kid_n = (uint8_t)(cur_u8(&c) % (OTA_SET_KEY_MAX + 1));
    key = cur_take(&c, sizeof out->kic + sizeof out->kid);
    if (c.bad)
        return;
    memcpy(out->kic, key.p, sizeof out->kic);
    memcpy(out->kid, key.p + sizeof out->kic, sizeof out->kid);
}

/* tar spi1 domain kind adf shared own */
void put_ota_receiver(const struct ota_receiver *r, struct buf *out)
{
    buf_put(out, r->tar, sizeof r->tar);
    buf_put_u8(out, r->spi1_minimum);
    buf_put_u8(out, r->domain);
    buf_put_u8(out, r->kind);
    buf_put_u16(out, r->adf);
    buf_put_u8(out, r->shared);
    buf_put_u8(out, r->adf_own);
    buf_put_u16(out, 0);
}

void get_ota_receiver(struct bytes part, const struct ota_head *h, unsigned i,
                      struct ota_receiver *out)
{
    size_t at = OTA_SET_AT(h->sets) + (size_t)i * OTA_RECEIVER_LEN;
    struct cur c = cur_of(bytes_part(part, at, OTA_RECEIVER_LEN));
    struct bytes tar = cur_take(&c, sizeof out->tar);

    *out = (struct ota_receiver){.spi1_minimum = cur_u8(&c)};
    out->domain = cur_u8(&c);
    out->kind = cur_u8(&c);
    out->adf = cur_u16(&c);
    out->shared = cur_u8(&c);
    out->adf_own = cur_u8(&c);
    if (tar.n == sizeof out->tar)
        memcpy(out->tar, tar.p, sizeof out->tar);
}
