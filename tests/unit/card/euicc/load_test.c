/* SPDX-License-Identifier: Apache-2.0 */
/* ES10b.LoadBoundProfilePackage and ES8+ (SGP.22 5.5, 5.7.6, 2.5.5, 2.5.6). */
#include "crypto/ecdsa.h"
#include "euicc_bench.h"
#include "xt.h"

#define WITH_BENCH(b)                                                                              \
    struct bench b;                                                                                \
    bench_init(&b, EC_P256);                                                                       \
    bench_open(&b)

static void check_result(const struct bench *b, const char *iccid)
{
    const struct rsp_profile_installation_result *r = &b->result;
    char text[ICCID_TEXT_MAX];
    struct bytes part = r->data.raw;

    CHECK(r->data.ok);
    CHECK(bytes_eq(r->data.transaction_id, BYTES_OF(b->dp.transaction_id)));
    CHECK_INT(r->data.metadata.event, RSP_BIT(RSP_EVENT_INSTALL));
    CHECK(bytes_eq(r->data.metadata.address, BYTES_STR(RSP_DP_HOST)));
    CHECK_OK(iccid_to_text(r->data.metadata.iccid, text));
    CHECK_STR(text, iccid);
    CHECK_HEX(r->data.isdp_aid, "A0000005591010FFFFFFFF8900001000");
    CHECK_HEX(r->data.sima_response, "3007A0053003800100");
    CHECK_OK(ecdsa_verify_point(rsp_pki_curve(b->pki), ec_key_point(b->identity.key), &part, 1,
                                rsp_signature_value(r->signature)));
}

/* ---- Nominal ---- */

static void install(enum ec_curve curve)
{
    struct bench b;

    bench_init(&b, curve);
    bench_open(&b);
    REQUIRE(bench_install(&b) == BENCH_INSTALLED);
    check_result(&b, BENCH_ICCID);
    CHECK_STR(bench_profiles(&b), BENCH_ICCID);
    CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
    CHECK_OK(euicc_check(b.card));
    /* the session is over */
    CHECK_INT(bench_piece(&b, BYTES_STR("\xBF\x36\x82\x01\x00")), 0);
    CHECK_INT(b.sw, SW_CONDITIONS_NOT_SATISFIED);
    /* and the profile is there when the card is opened anew */
    euicc_free(b.card);
    REQUIRE(euicc_open(&b.port, &b.rand, &b.card) == XK_OK);
    bench_open(&b);
    CHECK_STR(bench_profiles(&b), BENCH_ICCID);
    bench_fini(&b);
}

TEST(install_nist)
{
    install(EC_P256);
}

TEST(install_brainpool)
{
    install(EC_BRAINPOOL_P256R1);
}

/* ---- Segmentation ---- */

/* All pieces with STORE DATA of this many bytes. */
TEST(blocks_of_any_size)
{
    static const size_t sizes[] = {255, 250, 120, 64, 7};

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        WITH_BENCH(b);

        b.block = sizes[i];
        CHECK_INT(bench_install(&b), BENCH_INSTALLED);
        check_result(&b, BENCH_ICCID);
        bench_fini(&b);
    }
}

static void put_next_package(struct bench *b, struct buf *package)
{
    buf_init(package, BENCH_SIZE);
    if (bench_authenticate(b) != 0 || bench_prepare(b) != 0)
        abort();
    bench_put_package(b, package);
}

TEST(whole_in_one)
{
    struct buf package;
    WITH_BENCH(b);

    put_next_package(&b, &package);
    CHECK_INT(bench_piece(&b, buf_bytes(&package)), BENCH_INSTALLED);
    check_result(&b, BENCH_ICCID);
    buf_fini(&package);
    bench_fini(&b);
}

/* After the first piece, each byte is a request of its own. */
TEST(byte_by_byte)
{
    struct buf package;
    uint32_t reason = 0;
    WITH_BENCH(b);

    put_next_package(&b, &package);
    CHECK_INT(bench_piece(&b, BYTES(package.p, 5)), 0);
    for (size_t i = 5; i < package.n && reason == 0; i++) {
        CHECK_INT(b.sw, SW_OK);
        reason = bench_piece(&b, BYTES(package.p + i, 1));
        CHECK((reason == 0) == (i + 1 < package.n));
    }
    CHECK_INT(reason, BENCH_INSTALLED);
    check_result(&b, BENCH_ICCID);
    buf_fini(&package);
    bench_fini(&b);
}

TEST(cut_anywhere)
{
    struct bench b;

    bench_init(&b, EC_P256);
    for (size_t step = 17; step < 400; step += 61) {
        struct buf package;
        uint32_t reason = 0;

        bench_make(&b);
        bench_open(&b);
        put_next_package(&b, &package);
        for (size_t at = 0; at < package.n && reason == 0; at += step)
            reason = bench_piece(
                &b, BYTES(package.p + at, package.n - at < step ? package.n - at : step));
        CHECK_INT(reason, BENCH_INSTALLED);
        buf_fini(&package);
    }
    bench_fini(&b);
}

/* ---- Interruption ---- */

/* The result of a load that was cut off, kept since its beginning. */
static void check_interrupted(struct bench *b)
{
    struct rsp_pending_notification n;
    struct rsp_notification_list list;
    struct bytes part;
    struct der d;

    REQUIRE(rsp_decode_retrieve_notifications_response(bench_es10_hex(b, "BF2B00"), &list) ==
            XK_OK);
    d = der_of(list.list);
    REQUIRE(rsp_decode_pending_notification(der_take_raw(&d, TAG_PROFILE_INSTALLATION_RESULT),
                                            &n) == XK_OK);
    CHECK(!n.result.data.ok);
    CHECK_INT(n.result.data.reason, RSP_REASON_INTERRUPTION);
    CHECK(bytes_eq(n.result.data.transaction_id, BYTES_OF(b->dp.transaction_id)));
    part = n.result.data.raw;
    CHECK_OK(ecdsa_verify_point(rsp_pki_curve(b->pki), ec_key_point(b->identity.key), &part, 1,
                                rsp_signature_value(n.result.signature)));
}

static void load_pieces(struct bench *b, struct bytes package, unsigned pieces)
{
    struct rsp_bpp_pieces it;
    struct bytes piece;

    CHECK_OK(rsp_bpp_pieces_init(&it, package));
    for (; pieces > 0 && rsp_bpp_pieces_next(&it, &piece); pieces--)
        CHECK_INT(bench_piece(b, piece), 0);
}

TEST(interrupted_by_reset)
{
    for (unsigned pieces = 1; pieces <= 5; pieces++) {
        struct buf package;
        WITH_BENCH(b);

        put_next_package(&b, &package);
        load_pieces(&b, buf_bytes(&package), pieces);
        bench_open(&b);
        check_interrupted(&b);
        CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
        CHECK_STR(bench_profiles(&b), "");
        bench_open(&b); /* told once */
        CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
        b.dp.otpk_named = BYTES_OF(b.euicc_otpk);
        CHECK_INT(bench_install(&b), BENCH_INSTALLED);
        CHECK_INT(b.result.data.metadata.seq_number, 2);
        buf_fini(&package);
        bench_fini(&b);
    }
}

TEST(interrupted_by_others)
{
    for (unsigned i = 0; i < 2; i++) {
        struct buf package;
        WITH_BENCH(b);

        put_next_package(&b, &package);
        load_pieces(&b, buf_bytes(&package), 3);
        if (i == 0)
            bench_challenge(&b);
        else
            CHECK_INT(bench_authenticate(&b), 0);
        CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
        CHECK_INT(bench_install(&b), BENCH_INSTALLED);
        buf_fini(&package);
        bench_fini(&b);
    }
}

/* What only asks does not disturb a load. */
TEST(not_interrupted)
{
    struct rsp_bpp_pieces it;
    struct bytes piece;
    struct buf package;
    uint32_t reason = 0;
    WITH_BENCH(b);

    put_next_package(&b, &package);
    CHECK_OK(rsp_bpp_pieces_init(&it, buf_bytes(&package)));
    while (reason == 0 && rsp_bpp_pieces_next(&it, &piece)) {
        reason = bench_piece(&b, piece);
        if (reason != 0)
            break;
        CHECK_STR(bench_profiles(&b), "");
        CHECK_STR(bench_notifications(&b), "");
        CHECK_INT(bench_prepare(&b), it.done > 0 ? RSP_DOWNLOAD_NO_SESSION : 0);
    }
    CHECK_INT(reason, BENCH_INSTALLED);
    buf_fini(&package);
    bench_fini(&b);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: nominal, NIST P-256", install_nist),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: nominal, brainpoolP256r1",
             install_brainpool),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: blocks of 255, 250, 120, 64, 7 bytes",
             blocks_of_any_size),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: the whole package in one command",
             whole_in_one),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: one byte a command", byte_by_byte),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: cut anywhere", cut_anywhere),
    XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: interruption by reset", interrupted_by_reset),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: interrupted by another session",
             interrupted_by_others),
    XT_NAMED("SGP.23 4.2.11 ES10b.LoadBoundProfilePackage: other functions between the pieces",
             not_interrupted))
