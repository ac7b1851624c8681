/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles and their orders as rows. */
#include "service/download/rows.h"

#define SEALED_MAX KEYSTORE_SEALED_MAX

struct context {
    char text[40];
};

static struct bytes code_context(const char *iccid, struct context *c)
{
    snprintf(c->text, sizeof c->text, "profile.code:%s", iccid);
    return bytes_cstr(c->text);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_profile(struct store *s, struct download *d)
{
    store_get_text(s, 0, d->iccid, sizeof d->iccid);
    store_get_text(s, 1, d->profile_type, sizeof d->profile_type);
    store_get_text(s, 2, d->owner, sizeof d->owner);
    store_get_text(s, 3, d->smdp_address, sizeof d->smdp_address);
    d->state = (enum download_state)store_get_int(s, 4);
    d->version = (uint64_t)store_get_int(s, 5);
    d->random_keys = store_get_int(s, 6) != 0;
    d->ppr = (uint32_t)store_get_int(s, 7);
    d->needs.profile_version = (uint32_t)store_get_int(s, 8);
    d->needs.nvm_bytes = (uint32_t)store_get_int(s, 9);
    d->needs.uicc_capability = (uint64_t)store_get_int(s, 10);
    d->needs.device_releases = (uint32_t)store_get_int(s, 11);
}

void download_read_row(struct store *s, struct download *d)
{
    *d = (struct download){0};
    read_profile(s, d);
    store_get_text(s, 12, d->eid, sizeof d->eid);
    d->eid_ordered = store_get_int(s, 13) != 0;
    d->has_matching_id = store_get_int(s, 14) != 0;
    store_get_text(s, 15, d->matching_id, sizeof d->matching_id);
    store_get_text(s, 16, d->smds_address, sizeof d->smds_address);
    d->smds = (enum download_smds)store_get_int(s, 17);
    d->release_then = store_get_int(s, 18) != 0;
    d->has_code = store_get_bytes(s, 19).n > 0;
    d->code_tries_left = (uint32_t)store_get_int(s, 20);
    d->attempts_left = (uint32_t)store_get_int(s, 21);
    d->repeatable = store_get_int(s, 22) != 0;
    d->expires_at = store_get_int(s, 23);
    store_get_text(s, 24, d->ended.subject, sizeof d->ended.subject);
    store_get_text(s, 25, d->ended.reason, sizeof d->ended.reason);
    d->last_seq = (uint32_t)store_get_int(s, 26);
    d->ordered_at = store_get_int(s, 27);
    d->updated_at = store_get_int(s, 28);
    d->for_task = store_get_int(s, 29) != 0;
}

/* One hash, or two when the code may also be read as hexadecimal. */
static enum xk_err unseal_code(struct download_ctx *c, struct bytes sealed, struct download *d)
{
    AUTO_SECRET struct secret code = {0};
    struct context context;

    TRY(keystore_unseal(c->keystore, code_context(d->iccid, &context), sealed, &code));
    if (code.n != DOWNLOAD_CC_HASH_LEN && code.n != 2 * DOWNLOAD_CC_HASH_LEN)
        return XK_E_FORMAT;
    memcpy(d->code_hash, code.bytes, DOWNLOAD_CC_HASH_LEN);
    d->has_hex_code = code.n > DOWNLOAD_CC_HASH_LEN;
    if (d->has_hex_code)
        memcpy(d->hex_code_hash, code.bytes + DOWNLOAD_CC_HASH_LEN, DOWNLOAD_CC_HASH_LEN);
    return XK_OK;
}

static enum xk_err read_all(struct download_ctx *c, enum download_parts parts, struct download *d)
{
    struct bytes sealed = store_get_bytes(c->store, 19);
    struct bytes metadata;

    download_read_row(c->store, d);
    if (d->has_code)
        TRY(unseal_code(c, sealed, d));
    if (parts == DOWNLOAD_WITHOUT_METADATA)
        return XK_OK;
    metadata = store_get_bytes(c->store, DOWNLOAD_METADATA_COLUMN);
    d->metadata = BYTES(arena_copy(c->arena, metadata), metadata.n);
    return d->metadata.p ? XK_OK : XK_E_NOMEM;
}

enum xk_err download_read_one(struct download_ctx *c, const struct store_query *q,
                              const struct store_value *v, size_t n, enum download_parts parts,
                              struct download *out)
{
    struct download d;
    enum xk_err err;

    TRY(store_row(c->store, q, v, n));
    err = read_all(c, parts, &d);
    store_finish(c->store);
    if (err == XK_OK)
        *out = d;
    explicit_bzero(&d, sizeof d);
    return err;
}

enum xk_err download_find_by_iccid(struct download_ctx *c, const char *iccid,
                                   enum download_parts parts, struct download *out)
{
    static const struct store_query bare = {"download_bare", "SELECT " DOWNLOAD_COLUMNS
                                                             " FROM profile p WHERE p.iccid = $1"};
    static const struct store_query whole = {
        "download_whole", "SELECT " DOWNLOAD_COLUMNS ", k.metadata FROM profile p "
                          "JOIN profile_package k ON k.iccid = p.iccid WHERE p.iccid = $1"};

    return download_read_one(c, parts == DOWNLOAD_WITH_METADATA ? &whole : &bare,
                             SVS(sv_text(iccid)), parts, out);
}

/* FQDNs are compared without regard to case; the stock keeps them in lower case. */
static enum xk_err lower(struct arena *arena, struct bytes text, const char **out)
{
    char *copy = (char *)arena_copy(arena, text);

    if (!copy)
        return XK_E_NOMEM;
    for (size_t i = 0; i < text.n; i++)
        copy[i] = copy[i] >= 'A' && copy[i] <= 'Z' ? (char)(copy[i] + ('a' - 'A')) : copy[i];
    *out = copy;
    return XK_OK;
}

static bool is_text(struct bytes b)
{
    return b.n > 0 && b.n < DOWNLOAD_MATCHING_ID_TEXT && !memchr(b.p, 0, b.n);
}

enum xk_err download_find_by_matching_id(struct download_ctx *c, struct bytes matching_id,
                                         struct bytes address, struct download *out)
{
    static const struct store_query q = {
        "download_matching",
        "SELECT " DOWNLOAD_COLUMNS ", k.metadata FROM profile p JOIN profile_package k "
        "ON k.iccid = p.iccid WHERE p.matching_id = $1 AND p.matching_id <> '' AND "
        "(p.smdp_address IN ('', $2) OR p.smdp_address LIKE $2 || ':%')"};
    const char *host;

    if (!is_text(matching_id))
        return XK_E_NOT_FOUND;
    TRY(lower(c->arena, address, &host));
    return download_read_one(
        c, &q, SVS((struct store_value){.type = STORE_TEXT, .b = matching_id}, sv_text(host)),
        DOWNLOAD_WITH_METADATA, out);
}

enum xk_err download_find_by_eid(struct download_ctx *c, const char *eid, struct bytes address,
                                 struct download *out)
{
    static const struct store_query q = {
        "download_eid",
        "SELECT " DOWNLOAD_COLUMNS ", k.metadata FROM profile p JOIN profile_package k "
        "ON k.iccid = p.iccid WHERE p.eid = $1 AND p.eid <> '' AND "
        "(p.matching_id = '' OR (p.eid_ordered = 1 AND p.smds_address <> '')) AND "
        "(p.smdp_address IN ('', $2) OR p.smdp_address LIKE $2 || ':%') "
        "ORDER BY CASE WHEN p.state IN (4, 5) THEN 0 ELSE 1 END, "
        "CASE WHEN p.matching_id = '' THEN 0 ELSE 1 END, p.ordered_at, p.iccid LIMIT 1"};
    const char *host;

    TRY(lower(c->arena, address, &host));
    return download_read_one(c, &q, SVS(sv_text(eid), sv_text(host)), DOWNLOAD_WITH_METADATA, out);
}

enum xk_err download_list(struct store *s, const struct download_filter *f,
                          enum xk_err (*each)(void *arg, const struct download *d), void *arg)
{
    static const struct store_query by_owner = {
        "download_list_owner",
        "SELECT " DOWNLOAD_COLUMNS " FROM profile p WHERE p.owner = $1 AND p.iccid > $2 AND "
        "($3 < 0 OR p.state = $3) AND ($4 = '' OR p.profile_type = $4) ORDER BY p.iccid LIMIT $5"};
    static const struct store_query all = {
        "download_list_all",
        "SELECT " DOWNLOAD_COLUMNS " FROM profile p WHERE p.owner <> $1 AND p.iccid > $2 AND "
        "($3 < 0 OR p.state = $3) AND ($4 = '' OR p.profile_type = $4) ORDER BY p.iccid LIMIT $5"};
    enum xk_err err;

    TRY(store_open(s, f->owner[0] ? &by_owner : &all,
                   SVS(sv_text(f->owner), sv_text(f->after), sv_int(f->state),
                       sv_text(f->profile_type), sv_int((int64_t)f->limit))));
    while ((err = store_next(s)) == XK_OK) {
        struct download d;

        download_read_row(s, &d);
        err = each(arg, &d);
        if (err != XK_OK)
            break;
    }
    store_finish(s);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum xk_err seal_code(struct download_ctx *c, const struct download *d,
                             uint8_t out[SEALED_MAX], size_t *n)
{
    AUTO_SECRET struct secret code = {0};
    struct context context;

    memcpy(code.bytes, d->code_hash, DOWNLOAD_CC_HASH_LEN);
    code.n = DOWNLOAD_CC_HASH_LEN;
    if (d->has_hex_code) {
        memcpy(code.bytes + code.n, d->hex_code_hash, DOWNLOAD_CC_HASH_LEN);
        code.n = 2 * DOWNLOAD_CC_HASH_LEN;
    }
    return keystore_seal(c->keystore, code_context(d->iccid, &context), &code, out, SEALED_MAX, n);
}

/* The code is sealed when it is set, in ConfirmOrder; other moves leave the column alone. */
static enum xk_err save_code(struct download_ctx *c, const struct download *d)
{
    static const struct store_query q = {"download_save_code",
                                         "UPDATE profile SET code = $1 WHERE iccid = $2"};
    uint8_t sealed[SEALED_MAX];
    size_t n = 0;

    if (!d->has_code)
        return store_exec(c->store, &q, SVS(sv_null(), sv_text(d->iccid)), NULL);
    TRY(seal_code(c, d, sealed, &n));
    return store_exec(c->store, &q, SVS(sv_bytes(BYTES(sealed, n)), sv_text(d->iccid)), NULL);
}

enum xk_err download_save_with_code(struct download_ctx *c, struct download *d)
{
    TRY(download_save(c, d));
    return save_code(c, d);
}

static enum xk_err write_over(struct download_ctx *c, struct download *d,
                              const struct store_query *q, const struct store_value *v, size_t n)
{
    int64_t changes = 0;

    TRY(store_exec(c->store, q, v, n, &changes));
    if (changes != 1)
        return XK_E_BUSY;
    d->version++;
    d->updated_at = c->now;
    return XK_OK;
}

enum xk_err download_save(struct download_ctx *c, struct download *d)
{
    static const struct store_query q = {
        "download_save",
        "UPDATE profile SET state = $1, version = version + 1, eid = $2, eid_ordered = $3, "
        "matching_id = $4, smds_address = $5, smds = $6, release_then = $7, code_tries = $8, "
        "attempts = $9, repeatable = $10, expires_at = $11, ended_subject = $12, "
        "ended_reason = $13, last_seq = $14, ordered_at = $15, updated_at = $16, "
        "for_task = $17 WHERE iccid = $18 AND version = $19"};
    const struct store_value v[] = {
        sv_int((int64_t)d->state),   sv_text(d->eid),
        sv_int(d->eid_ordered),      d->has_matching_id ? sv_text(d->matching_id) : sv_null(),
        sv_text(d->smds_address),    sv_int((int64_t)d->smds),
        sv_int(d->release_then),     sv_int(d->code_tries_left),
        sv_int(d->attempts_left),    sv_int(d->repeatable),
        sv_int(d->expires_at),       sv_text(d->ended.subject),
        sv_text(d->ended.reason),    sv_int(d->last_seq),
        sv_int(d->ordered_at),       sv_int(c->now),
        sv_int(d->for_task),         sv_text(d->iccid),
        sv_int((int64_t)d->version),
    };

    return write_over(c, d, &q, v, ARRAY_LEN(v));
}

/* A column that is named has its indices written anew, so only those that move are. */
enum xk_err download_save_attempt(struct download_ctx *c, struct download *d)
{
    static const struct store_query q = {
        "download_save_attempt",
        "UPDATE profile SET version = version + 1, eid = $1, attempts = $2, updated_at = $3 "
        "WHERE iccid = $4 AND version = $5"};

    return write_over(c, d, &q,
                      SVS(sv_text(d->eid), sv_int(d->attempts_left), sv_int(c->now),
                          sv_text(d->iccid), sv_int((int64_t)d->version)));
}

enum xk_err download_save_decision(struct download_ctx *c, struct download *d)
{
    static const struct store_query q = {
        "download_save_decision",
        "UPDATE profile SET state = $1, version = version + 1, smds = $2, code_tries = $3, "
        "ended_subject = $4, ended_reason = $5, last_seq = $6, updated_at = $7 "
        "WHERE iccid = $8 AND version = $9"};

    return write_over(c, d, &q,
                      SVS(sv_int((int64_t)d->state), sv_int((int64_t)d->smds),
                          sv_int(d->code_tries_left), sv_text(d->ended.subject),
                          sv_text(d->ended.reason), sv_int(d->last_seq), sv_int(c->now),
                          sv_text(d->iccid), sv_int((int64_t)d->version)));
}

enum xk_err download_add(struct download_ctx *c, const struct download *d)
{
    static const struct store_query q = {
        "download_add",
        "INSERT INTO profile (iccid, profile_type, owner, smdp_address, state, version, "
        "random_keys, ppr, need_version, need_nvm, need_uicc, need_device, eid, eid_ordered, "
        "matching_id, smds_address, smds, release_then, code, code_tries, attempts, repeatable, "
        "expires_at, ended_subject, ended_reason, last_seq, ordered_at, updated_at) VALUES ($1, "
        "$2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, '', 0, NULL, '', 0, 0, NULL, 0, 0, 0, $12, "
        "'', '', 0, 0, $13)"};
    const char *host;

    if (d->state != DOWNLOAD_AVAILABLE && d->state != DOWNLOAD_UNAVAILABLE)
        return XK_E_STATE;
    TRY(lower(c->arena, bytes_cstr(d->smdp_address), &host));
    return store_exec(c->store, &q,
                      SVS(sv_text(d->iccid), sv_text(d->profile_type), sv_text(d->owner),
                          sv_text(host), sv_int(d->state), sv_int(d->random_keys), sv_int(d->ppr),
                          sv_int(d->needs.profile_version), sv_int(d->needs.nvm_bytes),
                          sv_int((int64_t)d->needs.uicc_capability),
                          sv_int(d->needs.device_releases), sv_int(INT64_MAX), sv_int(c->now)),
                      NULL);
}
