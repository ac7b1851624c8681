/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing numbers. */
#include "api/home/home.h"
#include "api/wire/json.h"
#include "base/hex.h"
#include "crypto/aka.h"
#include "crypto/cipher.h"

#define IV_LEN 12
#define TAG_LEN 16
#define KEYS_MAX (2 + 2 * SECRET_MAX + AKA_MILENAGE_CR_LEN)
#define SEALED_MAX (IV_LEN + KEYS_MAX + TAG_LEN)

static size_t make_aad(const char *imsi, char out[32])
{
    int n = snprintf(out, 32, "home:%s", imsi);

    return n > 0 ? (size_t)n : 0;
}

/* K | OPc (| c/r), the first two with their lengths */
static enum xk_err put_keys(const struct number_keys *keys, struct buf *out)
{
    buf_put_u8(out, keys->k.n);
    buf_put_bytes(out, secret_bytes(&keys->k));
    buf_put_u8(out, keys->opc.n);
    buf_put_bytes(out, secret_bytes(&keys->opc));
    if (keys->has_cr)
        buf_put(out, keys->cr, sizeof keys->cr);
    return buf_ok(out);
}

static enum xk_err take_keys(struct bytes plain, struct number_keys *keys)
{
    struct cur c = cur_of(plain);
    struct bytes k = cur_take(&c, cur_u8(&c));
    struct bytes opc = cur_take(&c, cur_u8(&c));
    struct bytes cr = cur_rest(&c);

    TRY(cur_ok(&c));
    if (cr.n != 0 && cr.n != sizeof keys->cr)
        return XK_E_FORMAT;
    keys->has_cr = cr.n > 0;
    if (cr.n > 0)
        memcpy(keys->cr, cr.p, cr.n);
    TRY(secret_set(&keys->k, k));
    return secret_set(&keys->opc, opc);
}

static enum xk_err seal(const struct home_subscriber *s, const uint8_t key[HOME_KEY_LEN],
                        const struct xk_rand *rand, uint8_t *out, size_t *n)
{
    uint8_t plain[KEYS_MAX];
    char aad[32];
    struct buf b;
    enum xk_err err;

    buf_init_fixed(&b, plain, sizeof plain);
    err = put_keys(&s->keys, &b);
    xk_rand_fill(rand, out, IV_LEN);
    if (err == XK_OK)
        err = cipher_gcm_seal(BYTES(key, HOME_KEY_LEN), out, BYTES(aad, make_aad(s->imsi, aad)),
                              buf_bytes(&b), out + IV_LEN, out + IV_LEN + b.n);
    *n = IV_LEN + b.n + TAG_LEN;
    buf_wipe(&b);
    return err;
}

static enum xk_err unseal(struct home_subscriber *s, const uint8_t key[HOME_KEY_LEN],
                          struct bytes hex)
{
    uint8_t sealed[SEALED_MAX];
    uint8_t plain[KEYS_MAX];
    char aad[32];
    size_t n;
    enum xk_err err;

    TRY(hex_decode(hex, sealed, sizeof sealed, &n));
    if (n < IV_LEN + TAG_LEN)
        return XK_E_FORMAT;
    n -= IV_LEN + TAG_LEN;
    err = cipher_gcm_open(BYTES(key, HOME_KEY_LEN), sealed, BYTES(aad, make_aad(s->imsi, aad)),
                          BYTES(sealed + IV_LEN, n), sealed + IV_LEN + n, plain);
    if (err == XK_OK)
        err = take_keys(BYTES(plain, n), &s->keys);
    explicit_bzero(plain, sizeof plain);
    return err;
}

static const char *algorithm_name(uint8_t algorithm)
{
    return algorithm == AKA_TUAK ? "tuak" : "milenage";
}

static enum xk_err encode_one(const struct home_subscriber *s, const uint8_t key[HOME_KEY_LEN],
                              const struct xk_rand *rand, struct json_out *o)
{
    uint8_t sealed[SEALED_MAX];
    size_t n;

    json_open_object(o, NULL);
    json_put_text(o, "op", s->op == HOME_OPEN ? "open" : "close");
    json_put_text(o, "imsi", s->imsi);
    if (s->op == HOME_OPEN) {
        TRY(seal(s, key, rand, sealed, &n));
        json_put_text(o, "msisdn", s->msisdn);
        json_put_text(o, "iccid", s->iccid);
        json_put_text(o, "algorithm", algorithm_name(s->algorithm));
        json_put_hex(o, "keys", BYTES(sealed, n));
    }
    json_close_object(o);
    return XK_OK;
}

enum xk_err home_encode_subscribers(const struct home_subscriber *s, size_t n,
                                    const uint8_t transport_key[HOME_KEY_LEN],
                                    const struct xk_rand *rand, struct buf *out)
{
    struct json_out o;

    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_open_array(&o, "subscribers");
    for (size_t i = 0; i < n; i++)
        TRY(encode_one(&s[i], transport_key, rand, &o));
    json_close_array(&o);
    json_close_object(&o);
    return buf_ok(out);
}

struct texts {
    const char *op, *imsi, *msisdn, *iccid, *algorithm, *keys;
};

static enum xk_err read_texts(const struct json *v, struct texts *t, const char **bad)
{
    const struct json_field fields[] = {
        {.name = "op", .kind = JSON_STRING, .required = true, .max = 8, .text = &t->op},
        {.name = "imsi",
         .kind = JSON_STRING,
         .required = true,
         .min = 6,
         .max = 15,
         .allowed = JSON_DIGITS,
         .text = &t->imsi},
        {.name = "msisdn", .kind = JSON_STRING, .max = 20, .text = &t->msisdn},
        {.name = "iccid", .kind = JSON_STRING, .max = 20, .allowed = JSON_ID, .text = &t->iccid},
        {.name = "algorithm", .kind = JSON_STRING, .max = 16, .text = &t->algorithm},
        {.name = "keys", .kind = JSON_STRING, .max = 2 * SEALED_MAX, .text = &t->keys},
    };

    *t = (struct texts){.msisdn = "", .iccid = "", .algorithm = "milenage", .keys = ""};
    return json_read_fields(v, fields, ARRAY_LEN(fields), bad);
}

static enum xk_err take_open(const struct texts *t, const uint8_t key[HOME_KEY_LEN],
                             struct home_subscriber *s, const char **bad)
{
    *bad = "algorithm";
    if (strcmp(t->algorithm, "milenage") != 0 && strcmp(t->algorithm, "tuak") != 0)
        return XK_E_VALUE;
    s->algorithm = strcmp(t->algorithm, "tuak") == 0 ? AKA_TUAK : AKA_MILENAGE;
    snprintf(s->msisdn, sizeof s->msisdn, "%s", t->msisdn);
    snprintf(s->iccid, sizeof s->iccid, "%s", t->iccid);
    *bad = "keys";
    return unseal(s, key, bytes_cstr(t->keys));
}

static enum xk_err decode_one(const struct json *v, const uint8_t key[HOME_KEY_LEN],
                              struct home_subscriber *s, const char **bad)
{
    struct texts t;

    TRY(read_texts(v, &t, bad));
    *s = (struct home_subscriber){0};
    snprintf(s->imsi, sizeof s->imsi, "%s", t.imsi);
    if (strcmp(t.op, "open") == 0) {
        s->op = HOME_OPEN;
        return take_open(&t, key, s, bad);
    }
    s->op = HOME_CLOSE;
    *bad = "op";
    return strcmp(t.op, "close") == 0 ? XK_OK : XK_E_VALUE;
}

static enum xk_err decode_list(const struct json *list, const uint8_t key[HOME_KEY_LEN],
                               struct home_subscriber *out, size_t cap, size_t *n, struct buf *why)
{
    size_t count = json_length(list);

    if (json_kind(list) != JSON_ARRAY || count > cap) {
        buf_printf(why, "subscribers: not a list of at most %zu", cap);
        return XK_E_FORMAT;
    }
    for (size_t i = 0; i < count; i++) {
        const char *bad = "";

        if (decode_one(json_at(list, i), key, &out[i], &bad) != XK_OK) {
            buf_printf(why, "subscribers[%zu].%s is wrong", i, bad);
            explicit_bzero(out, count * sizeof out[0]);
            return XK_E_FORMAT;
        }
    }
    *n = count;
    return XK_OK;
}

enum xk_err home_decode_subscribers(struct bytes body, const uint8_t transport_key[HOME_KEY_LEN],
                                    struct home_subscriber *out, size_t cap, size_t *n,
                                    struct buf *why)
{
    struct json *doc;
    enum xk_err err;
    size_t at;

    if (json_doc_parse(body, &doc, &at) != XK_OK) {
        buf_printf(why, "not JSON, byte %zu", at);
        return XK_E_FORMAT;
    }
    err = decode_list(json_member(doc, "subscribers"), transport_key, out, cap, n, why);
    json_doc_free(doc);
    return err;
}

enum xk_err home_encode_results(const struct home_result *r, size_t n, struct buf *out)
{
    struct json_out o;

    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "code", "0");
    json_open_array(&o, "results");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_text(&o, "imsi", r[i].imsi);
        json_put_text(&o, "code", r[i].code);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    return buf_ok(out);
}

static enum xk_err read_results(const struct json *list, struct home_result *out, size_t cap,
                                size_t *n)
{
    size_t count = json_length(list);

    if (json_kind(list) != JSON_ARRAY || count > cap)
        return XK_E_FORMAT;
    for (size_t i = 0; i < count; i++) {
        const char *imsi = json_text(json_member(json_at(list, i), "imsi"));
        const char *code = json_text(json_member(json_at(list, i), "code"));

        if (!imsi || !code)
            return XK_E_FORMAT;
        snprintf(out[i].imsi, sizeof out[i].imsi, "%s", imsi);
        snprintf(out[i].code, sizeof out[i].code, "%s", code);
    }
    *n = count;
    return XK_OK;
}

enum xk_err home_decode_results(struct bytes body, struct home_result *out, size_t cap, size_t *n)
{
    struct json *doc;
    enum xk_err err;
    size_t at;

    TRY(json_doc_parse(body, &doc, &at));
    err = read_results(json_member(doc, "results"), out, cap, n);
    json_doc_free(doc);
    return err;
}
