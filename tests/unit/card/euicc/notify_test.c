/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications (SGP.22 3.5, 5.7.9 to 5.7.11): numbered, signed, kept until they are removed. */
#include "crypto/ecdsa.h"
#include "euicc_bench.h"
#include "xt.h"

#define WITH_BENCH(b)                                                                              \
    struct bench b;                                                                                \
    bench_init(&b, EC_P256);                                                                       \
    bench_open(&b)
#define ALL_EVENTS                                                                                 \
    "1:install@" RSP_DP_HOST " 2:enable@" RSP_DP_HOST " 3:disable@" RSP_DP_HOST                    \
    " 4:delete@" RSP_DP_HOST

/* Installed, enabled, disabled, deleted. */
static void all_events(struct bench *b, enum ec_curve curve)
{
    bench_init(b, curve);
    bench_open(b);
    if (bench_install(b) != BENCH_INSTALLED ||
        bench_enable(b, BENCH_ICCID, NO_REFRESH) != RSP_ENABLE_OK ||
        bench_disable(b, BENCH_ICCID, NO_REFRESH) != RSP_DISABLE_OK ||
        bench_delete(b, BENCH_ICCID) != RSP_DELETE_OK)
        abort();
}

/* How many BF2F, or PendingNotification, the answer to this request holds. */
static int count(struct bench *b, const char *request)
{
    struct rsp_notification_list list;
    struct bytes answer = bench_es10_hex(b, request);
    struct bytes value, raw;
    uint32_t tag;
    struct der d;
    int n = 0;

    if (rsp_decode_list_notification_response(answer, &list) != XK_OK &&
        rsp_decode_retrieve_notifications_response(answer, &list) != XK_OK)
        return -1;
    if (!list.ok)
        return -2;
    d = der_of(list.list);
    while (der_next(&d, &tag, &value, &raw))
        n++;
    return n;
}

/* ---- ListNotification ---- */

TEST(list_filters)
{
    struct bench b;

    all_events(&b, EC_P256);
    CHECK_STR(bench_notifications(&b), ALL_EVENTS);
    CHECK_INT(count(&b, "BF280481020780"), 1); /* install */
    CHECK_INT(count(&b, "BF280481020640"), 1); /* enable */
    CHECK_INT(count(&b, "BF280481020520"), 1); /* disable */
    CHECK_INT(count(&b, "BF280481020410"), 1); /* delete */
    CHECK_INT(count(&b, "BF2804810204F0"), 4);
    CHECK_INT(count(&b, "BF280481020308"), 0);
    CHECK_INT(count(&b, "BF28028100"), -1);
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

TEST(list_empty)
{
    WITH_BENCH(b);

    CHECK_HEX(bench_es10_hex(&b, "BF2800"), "BF2802A000");
    CHECK_HEX(bench_es10_hex(&b, "BF2B00"), "BF2B02A000");
    CHECK_INT(count(&b, "BF2B05A003800101"), 0);
    bench_fini(&b);
}

/* ---- RetrieveNotificationsList ---- */

/* Each is signed by the card over what it says, and brings its certificates along. */
static void check_signatures(enum ec_curve curve)
{
    struct rsp_notification_list list;
    struct bytes value, raw;
    struct der d;
    uint32_t tag, seq = 1;
    struct bench b;

    all_events(&b, curve);
    REQUIRE(rsp_decode_retrieve_notifications_response(bench_es10_hex(&b, "BF2B00"), &list) ==
            XK_OK);
    d = der_of(list.list);
    while (der_next(&d, &tag, &value, &raw)) {
        struct rsp_pending_notification n;
        struct bytes part, signature;

        REQUIRE(rsp_decode_pending_notification(raw, &n) == XK_OK);
        CHECK_INT(rsp_pending_metadata(&n)->seq_number, seq);
        CHECK_INT(n.kind, seq == 1 ? RSP_PENDING_INSTALLATION_RESULT : RSP_PENDING_OTHER);
        part = seq == 1 ? n.result.data.raw : n.other.metadata.raw;
        signature = seq == 1 ? n.result.signature : n.other.signature;
        CHECK_OK(ecdsa_verify_point(curve, ec_key_point(b.identity.key), &part, 1,
                                    rsp_signature_value(signature)));
        if (n.kind == RSP_PENDING_OTHER) {
            CHECK(bytes_eq(n.other.euicc_certificate, b.identity.der));
            CHECK(bytes_eq(n.other.eum_certificate, b.identity.issuer));
        }
        seq++;
    }
    CHECK_INT(seq, 5);
    bench_fini(&b);
}

TEST(retrieve_nist)
{
    check_signatures(EC_P256);
}

TEST(retrieve_brainpool)
{
    check_signatures(EC_BRAINPOOL_P256R1);
}

TEST(retrieve_filters)
{
    struct bench b;

    all_events(&b, EC_P256);
    CHECK_INT(count(&b, "BF2B05A003800103"), 1);
    CHECK_INT(count(&b, "BF2B05A003800105"), 0);
    CHECK_INT(count(&b, "BF2B06A004810205A0"), 2); /* install or disable */
    CHECK_INT(count(&b, "BF2B02A000"), -1);
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

/* ---- RemoveNotificationFromList ---- */

static uint32_t remove_one(struct bench *b, uint32_t seq)
{
    uint8_t mem[16];
    struct buf out;
    uint32_t result = UINT32_MAX;

    buf_init_fixed(&out, mem, sizeof mem);
    if (rsp_encode_notification_sent_request(seq, &out) != XK_OK)
        abort();
    if (rsp_decode_notification_sent_response(bench_es10(b, buf_bytes(&out)), &result) != XK_OK)
        return UINT32_MAX;
    return result;
}

TEST(remove_each)
{
    struct bench b;

    all_events(&b, EC_P256);
    CHECK_INT(remove_one(&b, 5), RSP_NOTIFICATION_SENT_NOTHING_TO_DELETE);
    CHECK_INT(remove_one(&b, UINT32_MAX), RSP_NOTIFICATION_SENT_NOTHING_TO_DELETE);
    CHECK_INT(remove_one(&b, 2), RSP_NOTIFICATION_SENT_OK);
    CHECK_INT(remove_one(&b, 2), RSP_NOTIFICATION_SENT_NOTHING_TO_DELETE);
    CHECK_STR(bench_notifications(&b),
              "1:install@" RSP_DP_HOST " 3:disable@" RSP_DP_HOST " 4:delete@" RSP_DP_HOST);
    bench_open(&b);
    CHECK_STR(bench_notifications(&b),
              "1:install@" RSP_DP_HOST " 3:disable@" RSP_DP_HOST " 4:delete@" RSP_DP_HOST);
    CHECK_INT(remove_one(&b, 1), RSP_NOTIFICATION_SENT_OK);
    CHECK_INT(remove_one(&b, 3), RSP_NOTIFICATION_SENT_OK);
    CHECK_INT(remove_one(&b, 4), RSP_NOTIFICATION_SENT_OK);
    CHECK_STR(bench_notifications(&b), "");
    (void)bench_es10_hex(&b, "BF3000");
    CHECK_INT(b.sw, SW_WRONG_DATA);
    bench_fini(&b);
}

/* Numbers go on when all are gone, over resets and the opening of the card. */
TEST(numbers_go_on)
{
    struct bench b;

    all_events(&b, EC_P256);
    for (uint32_t seq = 1; seq <= 4; seq++)
        CHECK_INT(remove_one(&b, seq), RSP_NOTIFICATION_SENT_OK);
    euicc_free(b.card);
    REQUIRE(euicc_open(&b.port, &b.rand, &b.card) == XK_OK);
    bench_open(&b);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    CHECK_STR(bench_notifications(&b), "5:install@" RSP_DP_HOST);
    bench_fini(&b);
}

/* ---- Configurations ---- */

/* Each address has those events it asks for; the result of the installation is the notification to
 * the SM-DP+ it came from. */
TEST(configurations)
{
    struct rsp_notification_configurations *c;
    WITH_BENCH(b);

    c = &b.dp.metadata.notification_configurations;
    c->n = 3;
    c->row[0].events = RSP_BIT(RSP_EVENT_ENABLE);
    c->row[1].events = RSP_BIT(RSP_EVENT_INSTALL) | RSP_BIT(RSP_EVENT_DELETE);
    c->row[1].address = BYTES_STR(BENCH_OTHER);
    c->row[2].events = RSP_BIT(RSP_EVENT_ENABLE);
    c->row[2].address = BYTES_STR(BENCH_OTHER);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    CHECK_INT(b.result.data.metadata.seq_number, 1);
    CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST " 2:install@" BENCH_OTHER);
    CHECK_INT(bench_enable(&b, BENCH_ICCID, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_INT(bench_disable(&b, BENCH_ICCID, NO_REFRESH), RSP_DISABLE_OK);
    CHECK_INT(bench_delete(&b, BENCH_ICCID), RSP_DELETE_OK);
    CHECK_STR(bench_notifications(&b),
              "1:install@" RSP_DP_HOST " 2:install@" BENCH_OTHER " 3:enable@" RSP_DP_HOST
              " 4:enable@" BENCH_OTHER " 5:delete@" BENCH_OTHER);
    bench_fini(&b);
}

/* A profile that asks for none has its result and nothing else. */
TEST(no_configuration)
{
    WITH_BENCH(b);

    b.dp.metadata.has_notification_configurations = false;
    b.dp.metadata.notification_configurations.n = 0;
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    CHECK_INT(bench_enable(&b, BENCH_ICCID, NO_REFRESH), RSP_ENABLE_OK);
    CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
    bench_fini(&b);
}

/* ---- A full memory ---- */

/* Refused as a whole, and the card lives: what was there is there, and removing helps. */
TEST(memory_full)
{
    struct euicc_state s;
    uint32_t result = RSP_ENABLE_OK;
    unsigned n = 0;
    WITH_BENCH(b);

    CHECK_OK(euicc_get_state(b.card, &s));
    b.made_of.capacity = s.used + 8500;
    bench_make(&b);
    bench_open(&b);
    REQUIRE(bench_install(&b) == BENCH_INSTALLED);
    for (; n < 100 && result == RSP_ENABLE_OK; n++)
        result = n % 2 ? bench_disable(&b, BENCH_ICCID, NO_REFRESH)
                       : bench_enable(&b, BENCH_ICCID, NO_REFRESH);
    CHECK(n > 2 && n < 100);
    CHECK_INT(result, UINT32_MAX);
    CHECK_INT(b.sw, SW_NO_SPACE);
    CHECK_OK(euicc_check(b.card));
    CHECK_STR(bench_profiles(&b), n % 2 ? BENCH_ICCID : BENCH_ICCID "*");
    bench_open(&b);
    CHECK_STR(bench_profiles(&b), n % 2 ? BENCH_ICCID : BENCH_ICCID "*");
    bench_use_iccid(&b, BENCH_ICCID2);
    CHECK(bench_install(&b) != BENCH_INSTALLED);
    bench_open(&b);
    CHECK_INT(remove_one(&b, 2), RSP_NOTIFICATION_SENT_OK);
    CHECK_INT(remove_one(&b, 3), RSP_NOTIFICATION_SENT_OK);
    CHECK_INT(n % 2 ? bench_enable(&b, BENCH_ICCID, NO_REFRESH)
                    : bench_disable(&b, BENCH_ICCID, NO_REFRESH),
              0);
    bench_fini(&b);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.2.14 ES10b.ListNotification: filters, malformed", list_filters),
    XT_NAMED("SGP.23 4.2.14 ES10b.ListNotification, RetrieveNotificationsList: empty", list_empty),
    XT_NAMED("SGP.23 4.2.15 ES10b.RetrieveNotificationsList: signatures, NIST P-256",
             retrieve_nist),
    XT_NAMED("SGP.23 4.2.15 ES10b.RetrieveNotificationsList: signatures, brainpoolP256r1",
             retrieve_brainpool),
    XT_NAMED("SGP.23 4.2.15 ES10b.RetrieveNotificationsList: by number, by event, malformed",
             retrieve_filters),
    XT_NAMED("SGP.23 4.2.16 ES10b.RemoveNotificationFromList: nominal, unknown, over a reset",
             remove_each),
    XT_NAMED("SGP.23 4.2.16 ES10b.RemoveNotificationFromList: numbers are not used again",
             numbers_go_on),
    XT_CASE(configurations), XT_CASE(no_configuration), XT_CASE(memory_full))
