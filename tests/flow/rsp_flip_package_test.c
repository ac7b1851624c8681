/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of a bound profile package is changed in turn (SGP.22 2.5.4, 5.5, 5.7.6): the card
 * refuses it with the command and the reason of that part of it; one signed result is all that is
 * left of it. The package as it was meant is installed afterwards. */
#include "crypto/ecdsa.h"
#include "rsp_flip_card.h"
#include "xt.h"

/* ---- ES10b.LoadBoundProfilePackage: 5.7.6, and ES8+ inside it: 5.5 ---- */

static void prepared(struct flip *f)
{
    f->b.dp.otpk_named = BYTES_OF(f->b.euicc_otpk);
    if (bench_authenticate(&f->b) != 0 || bench_prepare(&f->b) != 0)
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
#define METADATA_STRUCTURE "storeMetadata/" STRUCTURE "storeMetadata2/" STRUCTURE

/* The sequences of the package. Where something cannot be read, what is told is the command under
 * way, that of the object before; a shorter length may still be one of a whole object, whose MAC is
 * then wrong. */
static const struct sequence {
    uint32_t tag;
    const char *head, *head_inside;   /* answers for the header, for those of the objects in it */
    const char *object, *more_object; /* for the first object, for those behind */
} sequences[] = {
    {TAG_A0, ISC STRUCTURE "configureISDP/" STRUCTURE, ISC STRUCTURE, "configureISDP/" SECURITY,
     ""},
    {TAG_A1, "configureISDP/" STRUCTURE METADATA_STRUCTURE,
     "configureISDP/" STRUCTURE METADATA_STRUCTURE "storeMetadata/" SECURITY
     "storeMetadata2/" SECURITY,
     "storeMetadata/" SECURITY, "storeMetadata2/" SECURITY},
    {TAG_A2, "storeMetadata/" STRUCTURE "replaceSessionKeys/" STRUCTURE, "storeMetadata/" STRUCTURE,
     "replaceSessionKeys/" SECURITY, ""},
    {TAG_A3, "replaceSessionKeys/" STRUCTURE METADATA_STRUCTURE "loadProfileElements/" STRUCTURE,
     "replaceSessionKeys/" STRUCTURE METADATA_STRUCTURE "loadProfileElements/" STRUCTURE,
     "loadProfileElements/" SECURITY, "loadProfileElements/" SECURITY},
};

static size_t put_sequence(struct flip_part *parts, const struct sequence *s, struct bytes run)
{
    struct der d = der_of(run);
    struct bytes value, raw;
    uint32_t tag;
    size_t n = 0;

    if (!DER_PRESENT(run))
        return 0;
    parts[n++] = (struct flip_part){"head of a sequence", head_of(s->tag, run), s->head};
    while (der_next(&d, &tag, &value, &raw)) {
        parts[n] = (struct flip_part){"head of an object", BYTES(raw.p, (size_t)(value.p - raw.p)),
                                      s->head_inside};
        parts[n + 1] = (struct flip_part){"object", value, n == 1 ? s->object : s->more_object};
        n += 2;
    }
    return n;
}

static size_t package_parts(const struct rsp_bound_profile_package *p,
                            struct flip_part parts[FLIP_PARTS_MAX])
{
    const struct bytes runs[] = {p->first_87, p->metadata_88, p->second_87, p->elements_86};
    const struct rsp_initialise_secure_channel *isc = &p->initialise_secure_channel;
    size_t head = (size_t)(isc->raw.p - p->raw.p);
    const struct flip_part fixed[] = {
        {"tag of the package", BYTES(p->raw.p, 2), "6A80"},
        /* too short: where an object no longer fits; too long: at the end */
        {"length of the package", BYTES(p->raw.p + 2, head - 2),
         ISC STRUCTURE METADATA_STRUCTURE "replaceSessionKeys/" STRUCTURE
                                          "loadProfileElements/" STRUCTURE},
        {"head of BF23", BYTES(isc->raw.p, (size_t)(isc->signed_part.p - isc->raw.p)),
         ISC STRUCTURE ISC "incorrectInputValues"},
        {"what smdpSign is over", isc->signed_part,
         ISC "invalidSignature " ISC "incorrectInputValues"},
        {"smdpSign", isc->smdp_sign, ISC "invalidSignature " ISC "incorrectInputValues"},
    };
    size_t n = ARRAY_LEN(fixed);

    memcpy(parts, fixed, sizeof fixed);
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
        n += put_sequence(parts + n, &sequences[i], runs[i]);
    parts[n] = (struct flip_part){"nothing", BYTES_NONE, ""}; /* every byte belongs to a part */
    return n + 1;
}

static size_t make_package(struct flip *f, struct flip_part parts[FLIP_PARTS_MAX])
{
    struct bytes piece;

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
            return flip_sw(f->b.sw);
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
        return flip_nothing_written(f, said);
    if (!result_is_signed(f))
        return "result not signed";
    if (!told_once(f))
        return "not told once";
    if (euicc_get_state(f->b.card, &s) != XK_OK || s.loading || s.n_profiles != 0)
        return "a profile";
    if (euicc_check(f->b.card) != XK_OK)
        return "a mixture";
    return flip_as_before(f) ? NULL : "memory changed";
}

static const struct flip_message package_message = {prepared, make_package, send_package,
                                                    only_a_result, NO_RETRY};

/* ---- The cases ---- */

static void flip_package(enum ec_curve curve, enum flip_thorough thorough)
{
    struct flip f;

    flip_init(&f, curve);
    f.b.dp.replace_keys = true;
    flip_all(&f, &package_message, thorough);
    flip_fini(&f);
}

TEST(keys_of_its_own_nist)
{
    flip_package(EC_P256, FLIP_ALL_MASKS);
}

TEST(keys_of_its_own_brainpool)
{
    flip_package(EC_BRAINPOOL_P256R1, FLIP_MASK_IN_TURN);
}

/* Under the keys of the session, and with metadata that take two objects. */
TEST(icon)
{
    uint8_t picture[RSP_ICON_MAX] = {0};
    struct flip f;

    flip_init(&f, EC_P256);
    f.b.dp.metadata.has_icon_type = true;
    f.b.dp.metadata.icon_type = RSP_ICON_PNG;
    f.b.dp.metadata.icon = BYTES_OF(picture);
    flip_all(&f, &package_message, FLIP_MASK_IN_TURN);
    flip_fini(&f);
}

TESTS_MAIN(XT_NAMED("BoundProfilePackage, every byte", keys_of_its_own_nist),
           XT_NAMED("BoundProfilePackage, every byte, Brainpool", keys_of_its_own_brainpool),
           XT_NAMED("BoundProfilePackage with an icon, under session keys, every byte", icon))
