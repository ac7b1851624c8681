/* SPDX-License-Identifier: Apache-2.0 */
#include "service/audit/audit.h"

#include "base/buf.h"

#define DOMAIN "xieka-audit-1"
#define CONTEXT "audit.head"
#define RECORD_MAX 1024
#define COLUMNS "seq, at, org_id, app_id, peer, action, subject, code, trace, body, hash"

struct audit {
    struct secret key;
};

struct head {
    int64_t seq;
    uint8_t hash[HASH_LEN], mac[HASH_LEN];
};

/* ---- hashes ---------------------------------------------------------------------------------- */

static void put_text(struct buf *b, const char *text)
{
    buf_put_u16(b, (uint16_t)strlen(text));
    buf_put_str(b, text);
}

static enum xk_err hash_entry(const struct audit_entry *e, const uint8_t before[HASH_LEN],
                              uint8_t out[HASH_LEN])
{
    uint8_t mem[RECORD_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_str(&b, DOMAIN);
    buf_put_bytes(&b, BYTES(before, HASH_LEN));
    buf_put_u64(&b, (uint64_t)e->seq);
    buf_put_u64(&b, (uint64_t)e->at);
    put_text(&b, e->org_id);
    put_text(&b, e->app_id);
    put_text(&b, e->peer);
    put_text(&b, e->action);
    put_text(&b, e->subject);
    buf_put_u64(&b, (uint64_t)(int64_t)e->code);
    put_text(&b, e->trace);
    buf_put_bytes(&b, BYTES_OF(e->body));
    TRY(buf_ok(&b));
    return hash_digest(HASH_SHA256, buf_bytes(&b), out);
}

static enum xk_err mac_head(const struct audit *a, const struct head *h, uint8_t out[HASH_LEN])
{
    uint8_t mem[8 + HASH_LEN];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u64(&b, (uint64_t)h->seq);
    buf_put_bytes(&b, BYTES_OF(h->hash));
    TRY(buf_ok(&b));
    return hash_hmac(HASH_SHA256, secret_bytes(&a->key), buf_bytes(&b), out);
}

/* ---- the head -------------------------------------------------------------------------------- */

static enum xk_err load_head(struct store *s, struct head *out)
{
    static const struct store_query q = {"audit_head",
                                         "SELECT seq, hash, mac FROM audit_head WHERE id = 1"};

    TRY(store_row(s, &q, NULL, 0));
    out->seq = store_get_int(s, 0);
    store_get_fixed(s, 1, out->hash, sizeof out->hash);
    store_get_fixed(s, 2, out->mac, sizeof out->mac);
    store_finish(s);
    return XK_OK;
}

static enum xk_err load_key(struct store *s, struct keystore *ks, struct secret *key)
{
    static const struct store_query q = {"audit_key",
                                         "SELECT mac_key FROM audit_head WHERE id = 1"};
    enum xk_err err;

    TRY(store_row(s, &q, NULL, 0));
    err = keystore_unseal(ks, BYTES_STR(CONTEXT), store_get_bytes(s, 0), key);
    store_finish(s);
    return err;
}

static enum xk_err make_head(struct audit *a, struct store *s, struct keystore *ks,
                             const struct xk_rand *rand)
{
    static const struct store_query q = {
        "audit_begin", "INSERT INTO audit_head (id, mac_key, seq, hash, mac) VALUES (1, $1, $2, "
                       "$3, $4)"};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    struct head h = {.seq = 0};
    size_t n;

    a->key.n = HASH_LEN;
    xk_rand_fill(rand, a->key.bytes, HASH_LEN);
    TRY(keystore_seal(ks, BYTES_STR(CONTEXT), &a->key, sealed, sizeof sealed, &n));
    TRY(mac_head(a, &h, h.mac));
    return store_exec(s, &q,
                      SVS(sv_bytes(BYTES(sealed, n)), sv_int(0), sv_bytes(BYTES_OF(h.hash)),
                          sv_bytes(BYTES_OF(h.mac))),
                      NULL);
}

enum xk_err audit_open(struct store *s, struct keystore *ks, const struct xk_rand *rand,
                       struct audit **out)
{
    struct audit *a = calloc(1, sizeof *a);
    enum xk_err err;

    if (!a)
        return XK_E_NOMEM;
    err = load_key(s, ks, &a->key);
    if (err == XK_E_NOT_FOUND)
        err = make_head(a, s, ks, rand);
    if (err != XK_OK) {
        audit_free(a);
        return err;
    }
    *out = a;
    return XK_OK;
}

void audit_free(struct audit *a)
{
    if (!a)
        return;
    secret_wipe(&a->key);
    free(a);
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum xk_err insert(struct store *s, const struct audit_entry *e)
{
    static const struct store_query q = {
        "audit_add", "INSERT INTO audit (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                     "$10, $11) ON CONFLICT DO NOTHING"};
    int64_t added;

    TRY(store_exec(s, &q,
                   SVS(sv_int(e->seq), sv_int(e->at), sv_text(e->org_id), sv_text(e->app_id),
                       sv_text(e->peer), sv_text(e->action), sv_text(e->subject), sv_int(e->code),
                       sv_text(e->trace), sv_bytes(BYTES_OF(e->body)), sv_bytes(BYTES_OF(e->hash))),
                   &added));
    return added == 1 ? XK_OK : XK_E_BUSY;
}

enum xk_err audit_append(struct audit *a, struct store *s, struct audit_entry *e)
{
    static const struct store_query q = {
        "audit_move", "UPDATE audit_head SET seq = $1, hash = $2, mac = $3 WHERE id = 1 AND "
                      "seq = $4"};
    struct head h;
    int64_t moved;

    TRY(load_head(s, &h));
    e->seq = h.seq + 1;
    TRY(hash_entry(e, h.hash, e->hash));
    TRY(insert(s, e));
    h.seq = e->seq;
    memcpy(h.hash, e->hash, sizeof h.hash);
    TRY(mac_head(a, &h, h.mac));
    TRY(store_exec(s, &q,
                   SVS(sv_int(h.seq), sv_bytes(BYTES_OF(h.hash)), sv_bytes(BYTES_OF(h.mac)),
                       sv_int(h.seq - 1)),
                   &moved));
    return moved == 1 ? XK_OK : XK_E_BUSY;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_entry(struct store *s, struct audit_entry *e)
{
    *e = (struct audit_entry){.seq = store_get_int(s, 0), .at = store_get_int(s, 1)};
    store_get_text(s, 2, e->org_id, sizeof e->org_id);
    store_get_text(s, 3, e->app_id, sizeof e->app_id);
    store_get_text(s, 4, e->peer, sizeof e->peer);
    store_get_text(s, 5, e->action, sizeof e->action);
    store_get_text(s, 6, e->subject, sizeof e->subject);
    e->code = (int)store_get_int(s, 7);
    store_get_text(s, 8, e->trace, sizeof e->trace);
    store_get_fixed(s, 9, e->body, sizeof e->body);
    store_get_fixed(s, 10, e->hash, sizeof e->hash);
}

enum xk_err audit_list(struct store *s, const struct audit_filter *f, int64_t after, size_t limit,
                       enum xk_err (*each)(void *arg, const struct audit_entry *e), void *arg)
{
#define AUDIT_LIST(name, org)                                                                      \
    {                                                                                              \
        name, "SELECT " COLUMNS " FROM audit WHERE " org " AND seq > $2 AND ($3 = '' OR app_id = " \
              "$3) AND ($4 = '' OR subject = $4) AND at >= $5 AND at < $6 ORDER BY seq LIMIT $7"   \
    }
    static const struct store_query all = AUDIT_LIST("audit_all", "$1 = ''");
    static const struct store_query of_org = AUDIT_LIST("audit_of_org", "org_id = $1");
    enum xk_err err;

    TRY(store_open(s, f->org_id ? &of_org : &all,
                   SVS(sv_text(f->org_id ? f->org_id : ""), sv_int(after),
                       sv_text(f->app_id ? f->app_id : ""), sv_text(f->subject ? f->subject : ""),
                       sv_int(f->from), sv_int(f->to), sv_int((int64_t)limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct audit_entry e;

        read_entry(s, &e);
        err = each(arg, &e);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- checking -------------------------------------------------------------------------------- */

const char *audit_fault_name(enum audit_fault fault)
{
    static const char *const names[] = {"whole", "missing", "changed", "head", "tail gone"};

    return names[fault];
}

static enum xk_err hash_of(struct store *s, int64_t seq, uint8_t out[HASH_LEN])
{
    static const struct store_query q = {"audit_hash", "SELECT hash FROM audit WHERE seq = $1"};

    memset(out, 0, HASH_LEN);
    if (seq == 0)
        return XK_OK;
    TRY(store_row(s, &q, SVS(sv_int(seq))));
    store_get_fixed(s, 0, out, HASH_LEN);
    store_finish(s);
    return XK_OK;
}

struct walk {
    int64_t next;
    uint8_t before[HASH_LEN];
    struct audit_verdict *out;
};

static enum xk_err check_one(void *arg, const struct audit_entry *e)
{
    struct walk *w = arg;
    uint8_t hash[HASH_LEN];

    if (w->out->fault != AUDIT_WHOLE)
        return XK_OK;
    TRY(hash_entry(e, w->before, hash));
    if (e->seq != w->next)
        w->out->fault = AUDIT_MISSING;
    else if (!bytes_eq(BYTES_OF(hash), BYTES_OF(e->hash)))
        w->out->fault = AUDIT_CHANGED;
    w->out->at_seq = w->next;
    w->out->checked++;
    w->next++;
    memcpy(w->before, e->hash, sizeof w->before);
    return XK_OK;
}

static enum xk_err check_head(struct audit *a, struct store *s, const struct walk *w)
{
    struct head h;
    uint8_t mac[HASH_LEN];
    enum xk_err err = load_head(s, &h);

    w->out->at_seq = w->next - 1;
    if (err == XK_E_NOT_FOUND) {
        w->out->fault = AUDIT_HEAD;
        return XK_OK;
    }
    TRY(err);
    TRY(mac_head(a, &h, mac));
    if (!bytes_eq_secret(BYTES_OF(mac), BYTES_OF(h.mac)))
        w->out->fault = AUDIT_HEAD;
    else if (h.seq > w->next - 1)
        w->out->fault = AUDIT_TAIL_GONE;
    else if (h.seq < w->next - 1 || !bytes_eq(BYTES_OF(h.hash), BYTES_OF(w->before)))
        w->out->fault = AUDIT_CHANGED; /* entries that nobody wrote by audit_append */
    return XK_OK;
}

enum xk_err audit_verify(struct audit *a, struct store *s, int64_t from, size_t limit,
                         struct audit_verdict *out)
{
    const struct audit_filter all = {.to = INT64_MAX};
    struct walk w = {.next = from, .out = out};
    enum xk_err err;

    *out = (struct audit_verdict){.fault = AUDIT_WHOLE};
    err = hash_of(s, from - 1, w.before);
    if (err == XK_E_NOT_FOUND) {
        out->fault = AUDIT_MISSING;
        out->at_seq = from - 1;
        return XK_OK;
    }
    TRY(err);
    TRY(audit_list(s, &all, from - 1, limit, check_one, &w));
    if (out->fault != AUDIT_WHOLE)
        return XK_OK;
    if ((size_t)out->checked == limit) {
        out->next = w.next;
        return XK_OK;
    }
    return check_head(a, s, &w);
}
