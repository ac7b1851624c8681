/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of every message that a server signs or protects for an eUICC is changed in turn
 * (SGP.22 5.5, 5.7.5, 5.7.6, 5.7.12, 5.7.13): the card refuses it, with the code of that part of
 * the message or the status word of what cannot be read, and nothing on it has changed. The message
 * as it was meant is taken afterwards. (Receipts of notifications, 5.7.11, are not signed.) */
#include "card/euicc/state.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/x509_crl.h"
#include "euicc_bench.h"
#include "xt.h"

#define RETRY_EVERY 97 /* after each so many changes: the right message is taken */
#define PARTS_MAX 32
#define PIECES_MAX 32
#define SNAPSHOT_MAX ((size_t)64 << 10)

static const uint8_t masks[] = {0x01, 0x80, 0xFF};

/* A run of the message and the answers that are right when it is changed: names of codes.def, "ok"
 * where neither signature nor MAC is over it, status words. The last part is the frame. */
struct part {
    const char *name;
    struct bytes span;
    const char *answers;
};

struct flip;
/* One message: how the card is brought to where it is expected (NULL: nothing to do), what it is
 * made of, how the card answers. make tells the parts, the same ones each time. */
struct message {
    void (*begin)(struct flip *f);
    size_t (*make)(struct flip *f, struct part parts[PARTS_MAX]);
    const char *(*send)(struct flip *f, struct bytes message);
    /* what is wrong with the card now that it has refused; NULL: nothing */
    const char *(*after)(struct flip *f, const char *answer);
    enum { RETRY_OFTEN, NO_RETRY } retry; /* NO_RETRY: taken once, it is not wanted again */
};

struct flip {
    struct bench b;
    const struct message *m;
    struct buf message;
    struct rsp_bpp_pieces cut; /* of a package */
    struct bytes pieces[PIECES_MAX];
    size_t n_pieces;
    struct bytes crl;
    uint64_t steps; /* of the memory, before the message */
    uint8_t before[HASH_LEN];
};

/* ---- What the memory holds ---- */

/* Objects but for notifications and their counter. */
static void digest(const struct bench *b, uint8_t out[HASH_LEN])
{
    struct flash_memory *copy = flash_memory_copy(b->memory);
    struct flash_port port = flash_memory_port(copy);
    struct flash *flash;
    struct bytes object;
    struct buf all;

    buf_init(&all, SNAPSHOT_MAX);
    if (flash_open(&port, &flash) != XK_OK)
        abort();
    for (uint32_t id = 0; flash_next(flash, &id, OBJECT_NOTIFICATION - 1, &object); id++) {
        if (id == OBJECT_SEQUENCE)
            continue;
        buf_put_u32(&all, id);
        buf_put_u32(&all, (uint32_t)object.n);
        buf_put_bytes(&all, object);
    }
    if (buf_ok(&all) != XK_OK || hash_digest(HASH_SHA256, buf_bytes(&all), out) != XK_OK)
        abort();
    buf_fini(&all);
    flash_close(flash);
    flash_memory_free(copy);
}

static bool as_before(const struct flip *f)
{
    uint8_t now[HASH_LEN];

    digest(&f->b, now);
    return memcmp(now, f->before, sizeof now) == 0;
}

/* ---- Changing all of them ---- */

static const struct part *part_of(const struct part *parts, size_t n, const uint8_t *at)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (at >= parts[i].span.p && at < parts[i].span.p + parts[i].span.n)
            return &parts[i];
    }
    return &parts[n - 1];
}

/* An answer of the list, whole. */
static bool among(const char *answers, const char *said)
{
    size_t n = strlen(said);

    for (const char *p = answers; (p = strstr(p, said)) != NULL; p += n) {
        if ((p == answers || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

static size_t make(struct flip *f, struct part parts[PARTS_MAX])
{
    size_t n;

    buf_reset(&f->message);
    if (f->m->begin)
        f->m->begin(f);
    n = f->m->make(f, parts);
    f->steps = flash_memory_steps(f->b.memory);
    return n;
}

static void right_is_taken(struct flip *f)
{
    struct part parts[PARTS_MAX];

    make(f, parts);
    CHECK_STR(f->m->send(f, buf_bytes(&f->message)), "ok");
}

/* One change of one byte. */
static void flip_one(struct flip *f, size_t i, uint8_t mask)
{
    struct part parts[PARTS_MAX];
    size_t n = make(f, parts);
    const struct part *part = part_of(parts, n, f->message.p + i);
    const char *said, *wrong = NULL;

    f->message.p[i] ^= mask;
    said = f->m->send(f, buf_bytes(&f->message));
    if (!among(part->answers, said))
        wrong = "another answer";
    else if (strcmp(said, "ok") != 0)
        wrong = f->m->after(f, said);
    if (!wrong)
        return;
    xt_fail(__FILE__, __LINE__, wrong);
    printf("# byte %zu of %zu ^ %02X, %s: %s, not %s\n", i, f->message.n, mask, part->name, said,
           part->answers);
}

enum thorough { ALL_MASKS, MASK_IN_TURN };

static void flip_all(struct flip *f, const struct message *m, enum thorough thorough)
{
    struct part parts[PARTS_MAX];
    size_t length;

    f->m = m;
    make(f, parts);
    length = f->message.n;
    digest(&f->b, f->before);
    for (size_t i = 0; i < length; i++) {
        for (size_t k = 0; k < ARRAY_LEN(masks); k++) {
            if (thorough == ALL_MASKS || i % ARRAY_LEN(masks) == k)
                flip_one(f, i, masks[k]);
        }
        if (i % RETRY_EVERY == 0 && m->retry == RETRY_OFTEN)
            right_is_taken(f);
    }
    right_is_taken(f);
}

static void flip_init(struct flip *f, enum ec_curve curve)
{
    *f = (struct flip){.n_pieces = 0};
    bench_init(&f->b, curve);
    bench_open(&f->b);
    buf_init(&f->message, BENCH_SIZE);
}

static void flip_fini(struct flip *f)
{
    buf_fini(&f->message);
    bench_fini(&f->b);
}

/* ---- Answers ---- */

static const char *sw_text(uint16_t sw)
{
    static char text[8];

    snprintf(text, sizeof text, "%04X", sw);
    return text;
}

static const char *answer(const struct flip *f, enum rsp_code_table table, uint32_t error)
{
    if (error == 0)
        return "ok";
    return error == UINT32_MAX ? sw_text(f->b.sw) : rsp_code_name(table, error);
}

/* Not a byte has been written, and only asking goes on. */
static const char *nothing_written(struct flip *f, const char *said)
{
    (void)said;
    return flash_memory_steps(f->b.memory) == f->steps ? NULL : "memory written";
}

/* ---- ES10b.AuthenticateServer: 5.7.13 ---- */

static void new_session(struct flip *f)
{
    bench_challenge(&f->b);
}

static size_t make_authenticate(struct flip *f, struct part parts[PARTS_MAX])
{
    struct rsp_authenticate_server_request r;

    bench_put_authenticate(&f->b, &f->message);
    if (rsp_decode_authenticate_server_request(buf_bytes(&f->message), &r) != XK_OK)
        abort();
    {
        const struct part all[] = {
            {"serverSigned1", r.server_signed1.raw, "invalidSignature 6A80"},
            {"serverSignature1", r.server_signature1, "invalidSignature 6A80"},
            {"euiccCiPKIdToBeUsed", r.euicc_ci_pk_id, "ciPKUnknown"},
            /* ciPKUnknown: it names another issuer; unsupportedCurve: something that the card does
             * not know */
            {"CERT.DPauth", r.server_certificate,
             "invalidCertificate ciPKUnknown unsupportedCurve 6A80"},
            /* the LPA's own words: the eUICC signs them for the server */
            {"ctxParams1", r.ctx_params1.raw, "ok 6A80"},
            {"frame", BYTES_NONE, "6A80 6A88"},
        };

        memcpy(parts, all, sizeof all);
        return ARRAY_LEN(all);
    }
}

static const char *send_authenticate(struct flip *f, struct bytes message)
{
    return answer(f, RSP_TABLE_AUTHENTICATE_ERROR, bench_send_authenticate(&f->b, message));
}

/* A refused server is in no session: there is nothing to cancel. */
static const char *no_session(struct flip *f, const char *said)
{
    const char *wrong = nothing_written(f, said);
    uint8_t mem[64] = {0};
    struct rsp_cancel_session_response r;
    struct rsp_cancel_session_request cancel = {.transaction_id = BYTES_OF(f->b.dp.transaction_id),
                                                .reason = RSP_CANCEL_POSTPONED};
    struct buf request;

    buf_init_fixed(&request, mem, sizeof mem);
    if (rsp_encode_cancel_session_request(&cancel, &request) != XK_OK ||
        rsp_decode_cancel_session_response(bench_es10(&f->b, buf_bytes(&request)), &r) != XK_OK)
        abort();
    if (r.ok)
        return "a session";
    return wrong;
}

static const struct message authenticate_message = {new_session, make_authenticate,
                                                    send_authenticate, no_session, RETRY_OFTEN};

/* ---- ES10b.PrepareDownload: 5.7.5 ---- */

/* Refusing leaves the session as it was: the right message follows in the same. */
static void authenticated(struct flip *f)
{
    if (bench_authenticate(&f->b) != 0)
        abort();
}

static size_t make_prepare(struct flip *f, struct part parts[PARTS_MAX])
{
    static uint8_t hash_cc[RSP_HASH_LEN];
    struct rsp_prepare_download_request r;

    f->b.dp.cc_required = true;
    f->b.dp.hash_cc = BYTES_OF(hash_cc);
    f->b.dp.otpk_named = BYTES_OF(f->b.euicc_otpk);
    bench_put_prepare(&f->b, &f->message);
    if (rsp_decode_prepare_download_request(buf_bytes(&f->message), &r) != XK_OK)
        abort();
    {
        const struct part all[] = {
            {"smdpSigned2", r.smdp_signed2.raw, "invalidSignature 6A80"},
            {"smdpSignature2", r.smdp_signature2, "invalidSignature 6A80"},
            /* the LPA's own: the eUICC signs it, the server compares */
            {"hashCc", r.hash_cc, "ok"},
            {"CERT.DPpb", r.smdp_certificate, "invalidCertificate unsupportedCurve 6A80"},
            {"frame", BYTES_NONE, "6A80 6A88"},
        };

        memcpy(parts, all, sizeof all);
        return ARRAY_LEN(all);
    }
}

static const char *send_prepare(struct flip *f, struct bytes message)
{
    return answer(f, RSP_TABLE_DOWNLOAD_ERROR, bench_send_prepare(&f->b, message));
}

static const struct message prepare_message = {authenticated, make_prepare, send_prepare,
                                               nothing_written, RETRY_OFTEN};

/* ---- ES10b.LoadBoundProfilePackage: 5.7.6, and ES8+ inside it: 5.5 ---- */

static void prepared(struct flip *f)
{
    authenticated(f);
    f->b.dp.otpk_named = BYTES_OF(f->b.euicc_otpk);
    if (bench_prepare(&f->b) != 0)
        abort();
}

/* The header of the sequence whose contents these are. */
static struct bytes head_of(uint32_t tag, struct bytes contents)
{
    size_t n = der_header_len(tag, contents.n);

    return BYTES(contents.p - n, n);
}

#define ISC "initialiseSecureChannel/"
#define STRUCTURE "scp03tStructureError "
#define SECURITY "scp03tSecurityError "

/* The objects of one sequence. Where one cannot be read, what is told is the command before it; a
 * shorter length may still be one of a whole object, whose MAC is then wrong. */
static size_t put_sequence(struct part *parts, struct bytes run, const struct part *rows)
{
    struct der d = der_of(run);
    struct bytes value, raw;
    uint32_t tag;
    size_t n = 0;

    while (der_next(&d, &tag, &value, &raw)) {
        parts[n] = rows[0];
        parts[n++].span = BYTES(raw.p, (size_t)(value.p - raw.p));
        parts[n] = rows[1];
        parts[n++].span = value;
    }
    return n;
}

static const struct part configure[] = {
    {.name = "head in ConfigureISDP", .answers = ISC STRUCTURE},
    {.name = "ConfigureISDP", .answers = "configureISDP/" SECURITY},
};
static const struct part metadata[] = {
    {.name = "head in StoreMetadata",
     .answers = "configureISDP/" STRUCTURE "storeMetadata/" SECURITY},
    {.name = "StoreMetadata", .answers = "storeMetadata/" SECURITY},
};
static const struct part keys[] = {
    {.name = "head in ReplaceSessionKeys", .answers = "storeMetadata/" STRUCTURE},
    {.name = "ReplaceSessionKeys", .answers = "replaceSessionKeys/" SECURITY},
};
static const struct part elements[] = {
    {.name = "head in the profile elements",
     .answers = "replaceSessionKeys/" STRUCTURE "loadProfileElements/" STRUCTURE},
    {.name = "profile elements", .answers = "loadProfileElements/" SECURITY},
};

static size_t package_parts(const struct rsp_bound_profile_package *p, struct part parts[PARTS_MAX])
{
    const struct rsp_initialise_secure_channel *isc = &p->initialise_secure_channel;
    size_t head = (size_t)(isc->raw.p - p->raw.p);
    const struct part fixed[] = {
        {"tag of the package", BYTES(p->raw.p, 2), "6A80"},
        /* too short: where the first object no longer fits; too long: at the end */
        {"length of the package", BYTES(p->raw.p + 2, head - 2),
         ISC STRUCTURE "replaceSessionKeys/" STRUCTURE "loadProfileElements/" STRUCTURE},
        {"head of BF23", BYTES(isc->raw.p, (size_t)(isc->signed_part.p - isc->raw.p)),
         ISC STRUCTURE ISC "incorrectInputValues"},
        {"what smdpSign is over", isc->signed_part,
         ISC "invalidSignature " ISC "incorrectInputValues"},
        {"smdpSign", isc->smdp_sign, ISC "invalidSignature " ISC "incorrectInputValues"},
        {"head of ConfigureISDP", head_of(TAG_A0, p->first_87),
         ISC STRUCTURE "configureISDP/" STRUCTURE},
        {"head of StoreMetadata", head_of(TAG_A1, p->metadata_88), "configureISDP/" STRUCTURE},
        {"head of ReplaceSessionKeys", head_of(TAG_A2, p->second_87),
         "storeMetadata/" STRUCTURE "replaceSessionKeys/" STRUCTURE},
        {"head of the profile elements", head_of(TAG_A3, p->elements_86),
         "replaceSessionKeys/" STRUCTURE},
    };
    size_t n = ARRAY_LEN(fixed);

    memcpy(parts, fixed, sizeof fixed);
    n += put_sequence(parts + n, p->first_87, configure);
    n += put_sequence(parts + n, p->metadata_88, metadata);
    n += put_sequence(parts + n, p->second_87, keys);
    n += put_sequence(parts + n, p->elements_86, elements);
    parts[n] = (struct part){"nothing", BYTES_NONE, ""}; /* every byte belongs to a part */
    return n + 1;
}

static size_t make_package(struct flip *f, struct part parts[PARTS_MAX])
{
    struct bytes piece;

    f->b.dp.replace_keys = true;
    bench_put_package(&f->b, &f->message);
    if (rsp_bpp_pieces_init(&f->cut, buf_bytes(&f->message)) != XK_OK)
        abort();
    f->n_pieces = 0;
    for (struct rsp_bpp_pieces it = f->cut; rsp_bpp_pieces_next(&it, &piece);)
        f->pieces[f->n_pieces++] = piece;
    return package_parts(&f->cut.bpp, parts);
}

/* The pieces as they were cut before the change. */
static const char *send_package(struct flip *f, struct bytes message)
{
    static char text[128];
    const struct rsp_profile_installation_result_data *r = &f->b.result.data;
    uint32_t reason = 0;

    (void)message;
    for (size_t i = 0; reason == 0 && i < f->n_pieces; i++) {
        reason = bench_piece(&f->b, f->pieces[i]);
        if (reason == 0 && f->b.sw != SW_OK)
            return sw_text(f->b.sw);
    }
    if (reason == 0)
        return "waits";
    if (reason == BENCH_INSTALLED)
        return "ok";
    snprintf(text, sizeof text, "%s/%s", rsp_code_name(RSP_TABLE_BPP_COMMAND, r->command),
             rsp_code_name(RSP_TABLE_ERROR_REASON, reason));
    return text;
}

/* The result that the server will get: of this session, and signed. */
static bool result_is_signed(struct flip *f)
{
    const struct rsp_profile_installation_result *r = &f->b.result;
    struct bytes part = r->data.raw;

    return bytes_eq(r->data.transaction_id, BYTES_OF(f->b.dp.transaction_id)) &&
           ecdsa_verify_point(rsp_pki_curve(f->b.pki), ec_key_point(f->b.identity.key), &part, 1,
                              rsp_signature_value(r->signature)) == XK_OK;
}

/* Takes the one notification off the card. */
static bool told_once(struct flip *f)
{
    uint8_t mem[16];
    uint32_t seq = f->b.result.data.metadata.seq_number;
    char expected[64];
    struct buf request;

    snprintf(expected, sizeof expected, "%u:install@" RSP_DP_HOST, seq);
    if (strcmp(bench_notifications(&f->b), expected) != 0)
        return false;
    buf_init_fixed(&request, mem, sizeof mem);
    if (rsp_encode_notification_sent_request(seq, &request) != XK_OK)
        abort();
    bench_es10(&f->b, buf_bytes(&request));
    return bench_result(&f->b, TAG_NOTIFICATION_SENT) == RSP_NOTIFICATION_SENT_OK;
}

/* A package that was begun leaves a signed result, and nothing else. */
static const char *only_a_result(struct flip *f, const char *said)
{
    struct euicc_state s;

    if (strchr(said, '/') == NULL)
        return nothing_written(f, said);
    if (!result_is_signed(f))
        return "result not signed";
    if (!told_once(f))
        return "not told once";
    if (euicc_get_state(f->b.card, &s) != XK_OK || s.loading || s.n_profiles != 0)
        return "a profile";
    if (euicc_check(f->b.card) != XK_OK)
        return "a mixture";
    return as_before(f) ? NULL : "memory changed";
}

static const struct message package_message = {prepared, make_package, send_package, only_a_result,
                                               NO_RETRY};

/* ---- ES10b.LoadCRL: 5.7.12 ---- */

/* It revokes the very server that the tests are with. */
static size_t make_crl(struct flip *f, struct part parts[PARTS_MAX])
{
    struct der d = der_open(f->crl, DER_SEQUENCE);
    struct bytes contents;
    struct x509_crl crl;

    contents = der_rest(&d);
    if (rsp_encode_load_crl_request(contents, &f->message) != XK_OK ||
        rsp_decode_load_crl_request(buf_bytes(&f->message), &contents) != XK_OK ||
        x509_crl_read(f->crl, &crl) != XK_OK)
        abort();
    {
        const struct part all[] = {
            /* verificationKeyNotFound: of an issuer that is not known */
            {"tbsCertList", BYTES(contents.p, crl.tbs.n),
             "invalidSignature invalidCRLFormat verificationKeyNotFound 6A80"},
            {"signature", bytes_part(contents, crl.tbs.n, contents.n),
             "invalidSignature invalidCRLFormat 6A80"},
            {"frame", BYTES_NONE, "6A80 6A88 invalidCRLFormat"},
        };

        memcpy(parts, all, sizeof all);
        return ARRAY_LEN(all);
    }
}

static const char *send_crl(struct flip *f, struct bytes message)
{
    struct rsp_load_crl_response r;

    if (rsp_decode_load_crl_response(bench_es10(&f->b, message), &r) != XK_OK)
        return sw_text(f->b.sw);
    return r.ok ? "ok" : rsp_code_name(RSP_TABLE_LOAD_CRL_ERROR, r.error);
}

static const char *nobody_revoked(struct flip *f, const char *said)
{
    const char *wrong = nothing_written(f, said);

    return bench_authenticate(&f->b) != 0 ? "revoked" : wrong;
}

static const struct message crl_message = {NULL, make_crl, send_crl, nobody_revoked, NO_RETRY};

/* ---- The cases ---- */

static void flip_message(enum ec_curve curve, const struct message *m, enum thorough thorough)
{
    struct flip f;

    flip_init(&f, curve);
    flip_all(&f, m, thorough);
    flip_fini(&f);
}

TEST(authenticate_nist)
{
    flip_message(EC_P256, &authenticate_message, ALL_MASKS);
}

TEST(authenticate_brainpool)
{
    flip_message(EC_BRAINPOOL_P256R1, &authenticate_message, MASK_IN_TURN);
}

TEST(prepare_nist)
{
    flip_message(EC_P256, &prepare_message, ALL_MASKS);
}

TEST(prepare_brainpool)
{
    flip_message(EC_BRAINPOOL_P256R1, &prepare_message, MASK_IN_TURN);
}

TEST(package_nist)
{
    flip_message(EC_P256, &package_message, ALL_MASKS);
}

TEST(package_brainpool)
{
    flip_message(EC_BRAINPOOL_P256R1, &package_message, MASK_IN_TURN);
}

/* And the list that was not changed counts. */
TEST(crl)
{
    struct flip f;

    flip_init(&f, EC_P256);
    f.crl = rsp_pki_crl(f.b.pki, f.b.dp.auth.der);
    flip_all(&f, &crl_message, ALL_MASKS);
    CHECK_INT(bench_authenticate(&f.b), RSP_AUTHENTICATE_INVALID_CERTIFICATE);
    flip_fini(&f);
}

TESTS_MAIN(XT_NAMED("AuthenticateServer, every byte", authenticate_nist),
           XT_NAMED("AuthenticateServer, every byte, Brainpool", authenticate_brainpool),
           XT_NAMED("PrepareDownload, every byte", prepare_nist),
           XT_NAMED("PrepareDownload, every byte, Brainpool", prepare_brainpool),
           XT_NAMED("BoundProfilePackage, every byte", package_nist),
           XT_NAMED("BoundProfilePackage, every byte, Brainpool", package_brainpool),
           XT_NAMED("LoadCRL, every byte", crl))
