/* SPDX-License-Identifier: Apache-2.0 */
/* What the eUICC makes of a download (SGP.22 3.1.3): policy rules, failures, broken loads. */
#include "lpa_bench.h"
#include "xt.h"

#define PPR1 RSP_BIT(RSP_PPR_1)
#define PPR2 RSP_BIT(RSP_PPR_2)

/* one rule: both PPRs, operator EEEEEE; with consent and without */
#define RAT_CONSENT "3011 80020560 A1073005 8003EEEEEE 82020780"
#define RAT_PLAIN "3010 80020560 A1073005 8003EEEEEE 820100"

/* ---- policy rules: 2.9.2, 3.1.3 ---- */

TEST(rules)
{
    static const struct {
        uint64_t ppr;
        bool operational; /* a profile is on the card */
        const char *rat;
        enum lpa_fault_kind kind;
        bool strong;
    } rows[] = {
        {0, true, NULL, LPA_FAULT_NONE, false},
        {RSP_BIT(RSP_PPR_UPDATE_CONTROL), true, NULL, LPA_FAULT_NONE, false},
        {PPR2, true, NULL, LPA_FAULT_RULES_NOT_ALLOWED, false},
        {PPR2, true, RAT_CONSENT, LPA_FAULT_NONE, true},
        {PPR1, false, RAT_CONSENT, LPA_FAULT_NONE, true},
        {PPR1, false, RAT_PLAIN, LPA_FAULT_NONE, false},
        {PPR1, true, RAT_CONSENT, LPA_FAULT_RULE_NEEDS_EMPTY, false},
        {PPR1 | PPR2, false, NULL, LPA_FAULT_RULES_NOT_ALLOWED, false},
    };
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        bench_open(&b);
        b.ppr = rows[i].ppr;
        b.card.rat = rows[i].rat;
        if (rows[i].operational)
            toyeuicc_add(&b.card, 1, true);
        CHECK_INT(bench_run(&b, &task)->fault.kind, rows[i].kind);
        if (rows[i].kind == LPA_FAULT_NONE) {
            CHECK_INT(b.question.strong, rows[i].strong);
            CHECK_INT(strstr(b.rules, "disabled") != NULL, (rows[i].ppr & PPR1) != 0);
            CHECK_INT(strstr(b.rules, "deleted") != NULL, (rows[i].ppr & PPR2) != 0);
        } else {
            CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_PPR_NOT_ALLOWED);
            CHECK_INT(bench_count(&b, RSP_CANCEL_SESSION), 1);
            CHECK_INT(b.questions, 0);
        }
        bench_close(&b);
    }
}

TEST(rules_cannot_be_read)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.ppr = PPR2;
    b.card.override[0] = (struct toy_override){.tag = TAG_GET_RAT, .sw = 0x6A88};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_RULES_NOT_ALLOWED);
    bench_close(&b);
}

/* The order is kept: cancelled as postponed, before the package is bound. */
TEST(installed_already)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    toyeuicc_add(&b.card, BENCH_ICCID_NUMBER, false);
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_ALREADY_INSTALLED);
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_POSTPONED);
    CHECK_INT(bench_count(&b, RSP_GET_BOUND_PROFILE_PACKAGE), 0);
    bench_close(&b);
}

/* ---- the eUICC says no ---- */

TEST(every_installation_error)
{
    struct lpa_task task = bench_download("A");

    for (uint32_t reason = 1; reason <= 130; reason++) {
        struct lpa_bench b;

        bench_open(&b);
        b.card.fail_reason = reason;
        b.card.fail_command = RSP_BPP_STORE_METADATA;
        b.card.fail_at = 3;
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_INSTALL_FAILED);
        CHECK_INT(b.result->fault.code, reason);
        CHECK(strstr(b.text, "while storing the metadata (storeMetadata)") != NULL);
        CHECK(strstr(b.text, rsp_code_text(RSP_TABLE_ERROR_REASON, reason)) != NULL);
        /* an eUICC that lost its power is tried again */
        CHECK_INT(b.result->tries, reason == RSP_REASON_INTERRUPTION ? LPA_TRIES_DEFAULT : 1);
        CHECK_INT(b.result->sent, b.result->tries); /* the server hears of each */
        CHECK_INT(b.card.notifications, 0);
        CHECK_INT(b.card.closed, 1);
        bench_close(&b);
    }
}

/* PEProcessingError never without the element: the third, identification 7, at byte 18 */
TEST(failed_element)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.fail_reason = RSP_REASON_PE_PROCESSING;
    b.card.fail_command = RSP_BPP_LOAD_PROFILE_ELEMENTS;
    b.card.sima = "3019 A015 3003800100 3003800100 3009 800103 810107 830112 8100";
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_INSTALL_FAILED);
    REQUIRE(b.result->fault.has_pe);
    CHECK_INT(b.result->fault.pe_place, 3);
    CHECK_STR(b.text, "the profile was not installed: a profile element could not be installed "
                      "(installFailedDueToPEProcessingError, 12) while loading the profile "
                      "elements (loadProfileElements); profile element 3 (identification 7): a "
                      "value is not acceptable (bad-values, 3, at byte 18)");
    bench_close(&b);
}

TEST(card_errors)
{
    static const struct {
        uint32_t tag;
        const char *der;
        const char *text;
    } rows[] = {
        {TAG_AUTHENTICATE_SERVER, "BF380BA1098004A0000001020107",
         "the eUICC does not know this certificate issuer (ciPKUnknown, 7)"},
        {TAG_AUTHENTICATE_SERVER, "BF380BA1098004A0000001020102",
         "the server's signature is wrong (invalidSignature, 2)"},
        {TAG_PREPARE_DOWNLOAD, "BF210BA1098004A0000001020101",
         "the profile binding certificate is not valid (invalidCertificate, 1)"},
        {TAG_PREPARE_DOWNLOAD, "BF210BA1098004A0000001020163",
         "a code we do not know (unknown, 99)"},
        {TAG_EUICC_INFO1, "BF2003820100", "is not understood: BF2003820100"},
        {TAG_GET_EUICC_CHALLENGE, "BF2E00", "is not understood"},
        {TAG_AUTHENTICATE_SERVER, "00", "is not understood"},
        {TAG_PREPARE_DOWNLOAD, "BF2100", "is not understood"},
    };
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lpa_bench b;

        bench_open(&b);
        b.card.override[0] = (struct toy_override){.tag = rows[i].tag, .der = rows[i].der};
        CHECK(!bench_run(&b, &task)->ok);
        if (!strstr(b.text, rows[i].text))
            printf("# %s\n", b.text);
        CHECK(strstr(b.text, rows[i].text) != NULL);
        CHECK_INT(b.card.closed, 1);
        bench_close(&b);
    }
}

TEST(card_refuses_by_status_word)
{
    static const uint32_t tags[] = {TAG_EUICC_INFO1, TAG_GET_EUICC_CHALLENGE,
                                    TAG_AUTHENTICATE_SERVER, TAG_PREPARE_DOWNLOAD,
                                    TAG_GET_EUICC_DATA};
    struct lpa_task task = bench_download("A");

    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        struct lpa_bench b;

        bench_open(&b);
        b.card.override[0] = (struct toy_override){.tag = tags[i], .sw = 0x6A80};
        CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_REFUSED);
        CHECK(strstr(b.text, "incorrect parameters in the data field (status word 6A80)") != NULL);
        CHECK_INT(b.card.closed, 1);
        bench_close(&b);
    }
}

TEST(no_isdr_no_channel)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.no_isdr = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NO_EUICC);
    CHECK_INT(b.card.closed, 1); /* what was opened is closed */
    bench_close(&b);
    bench_open(&b);
    b.card.no_channels = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NO_CHANNEL);
    bench_close(&b);
    bench_open(&b);
    b.card.no_terminal_capability = true;
    CHECK(bench_run(&b, &task)->ok);
    bench_close(&b);
}

TEST(busy_card)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.busy = 4;
    CHECK(bench_run(&b, &task)->ok);
    CHECK_INT(b.waits, 4);
    bench_close(&b);
    bench_open(&b);
    b.card.busy = 1000;
    CHECK_INT(bench_run(&b, &task)->ok, 0);
    CHECK(b.card.apdus < 50);
    bench_close(&b);
}

/* ---- loads that break off ---- */

/* The eUICC refuses a piece: what is on it is looked up, then the session is cancelled. */
TEST(piece_refused)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.override[0] = (struct toy_override){.tag = 0xBF36, .sw = 0x6985};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_REFUSED);
    CHECK_INT(b.card.cancelled_reason, RSP_CANCEL_LOAD_BPP_EXECUTION_ERROR);
    CHECK_INT(bench_count(&b, RSP_CANCEL_SESSION), 1);
    CHECK(b.result->has_profiles && b.result->profiles_n == 0);
    bench_close(&b);
}

static unsigned apdus_of_a_download(void)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;
    unsigned n;

    bench_open(&b);
    bench_run(&b, &task);
    n = b.card.apdus;
    bench_close(&b);
    return n;
}

/* The card falls silent at any APDU: either this try or the next ends with one profile, and the
 * server hears of it once. */
TEST(card_dies_at_any_apdu)
{
    unsigned n = apdus_of_a_download();
    struct lpa_task task = bench_download("A");
    unsigned recovered = 0;

    CHECK(n > 40);
    for (unsigned at = 1; at <= n; at++) {
        struct lpa_bench b;

        bench_open(&b);
        b.card.die_at = at;
        bench_run(&b, &task);
        recovered += b.resets > 0 && b.result->ok;
        if (!b.result->ok) {
            CHECK_INT(b.result->fault.kind, LPA_FAULT_CARD_GONE);
            toyeuicc_reset(&b.card);
            bench_run(&b, &task);
            CHECK(b.result->ok || b.result->fault.kind == LPA_FAULT_ALREADY_INSTALLED);
        }
        CHECK_INT(b.card.profiles, 1);
        if (b.card.notifications > 0) { /* the card fell silent when it was to be told */
            struct lpa_task notify = {.type = LPA_TASK_NOTIFY};

            toyeuicc_reset(&b.card);
            CHECK(bench_run(&b, &notify)->ok);
        }
        CHECK_INT(b.card.notifications, 0);
        bench_close(&b);
    }
    CHECK(recovered > 10); /* by the LPA itself, within the same try */
}

/* It had finished, and only the answer was lost: its notification tells. */
TEST(answer_lost)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.die_at = apdus_of_a_download() - 6; /* within the last pieces and their results */
    CHECK(bench_run(&b, &task)->ok || b.result->fault.kind == LPA_FAULT_CARD_GONE);
    CHECK_INT(b.card.profiles, 1);
    bench_close(&b);
}

TEST(card_does_not_come_back)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.override[0] = (struct toy_override){.tag = 0xBF36};
    b.reset_fails = true;
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_CARD_GONE);
    CHECK_INT(b.resets, 1);
    bench_close(&b);
}

/* It dies each time the package begins: after the tries it is said that nothing is on the card. */
TEST(dies_each_time)
{
    struct lpa_task task = bench_download("A");
    struct lpa_bench b;

    bench_open(&b);
    b.card.override[0] = (struct toy_override){.tag = 0xBF36};
    CHECK_INT(bench_run(&b, &task)->fault.kind, LPA_FAULT_NOT_INSTALLED);
    CHECK_INT(b.result->tries, 3);
    CHECK_INT(b.resets, 3);
    CHECK_INT(b.card.cancels, 0); /* the server keeps the order */
    CHECK(b.result->has_profiles && b.result->profiles_n == 0);
    bench_close(&b);
}

TESTS_MAIN(XT_NAMED("SGP.23 5.4 LPA download: policy rules, RAT and consent", rules),
           XT_CASE(rules_cannot_be_read),
           XT_NAMED("SGP.23 5.4 LPA download: the profile is installed already", installed_already),
           XT_NAMED("SGP.23 4.4 LPA error texts: every result of an installation",
                    every_installation_error),
           XT_NAMED("SGP.23 4.4 LPA error texts: the profile element that failed", failed_element),
           XT_NAMED("SGP.23 4.4 LPA error texts: what the eUICC answers", card_errors),
           XT_CASE(card_refuses_by_status_word), XT_CASE(no_isdr_no_channel), XT_CASE(busy_card),
           XT_NAMED("SGP.23 4.4 LPA ES10b.LoadBoundProfilePackage: refused, cancelled",
                    piece_refused),
           XT_NAMED("SGP.23 5.4 LPA download: loading interrupted at any APDU",
                    card_dies_at_any_apdu),
           XT_CASE(answer_lost), XT_CASE(card_does_not_come_back), XT_CASE(dies_each_time))
