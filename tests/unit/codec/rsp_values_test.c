/* SPDX-License-Identifier: Apache-2.0 */
/* Values, tables and rules of codec/rsp that no round trip shows. */
#include "codec/rsp/rsp.h"
#include "xt.h"

static uint8_t memory[1024];

static struct bytes hex(const char *text)
{
    size_t n = 0, at = 0;
    char digits[2048];

    for (; *text && at < sizeof digits; text++)
        if (*text != ' ')
            digits[at++] = *text;
    if (hex_decode(BYTES(digits, at), memory, sizeof memory, &n) != XK_OK)
        printf("Bail out! bad hex in the test\n");
    return BYTES(memory, n);
}

/* SGP.29; the numbers of public test cards */
TEST(eid)
{
    static const char *const good[] = {
        "89882119900000000000000000001654",
        "89086030202200000022000027485428",
        "89049032123451234512345678901235",
    };
    uint8_t eid[EID_LEN], again[EID_LEN];
    char text[EID_TEXT_MAX];

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        CHECK_OK(eid_from_text(bytes_cstr(good[i]), eid));
        CHECK_OK(eid_to_text(BYTES_OF(eid), text));
        CHECK_STR(text, good[i]);
        memcpy(again, eid, sizeof eid);
        again[EID_LEN - 1] = 0;
        CHECK(!eid_check_digits_ok(again));
        eid_set_check_digits(again);
        CHECK(bytes_eq(BYTES_OF(again), BYTES_OF(eid)));
    }
    CHECK_INT(eid_from_text(BYTES_STR("89049032123451234512345678901236"), eid), XK_E_VALUE);
    CHECK_INT(eid_from_text(BYTES_STR("8904903212345123451234567890123"), eid), XK_E_FORMAT);
    CHECK_INT(eid_from_text(BYTES_STR("8904903212345123451234567890123A"), eid), XK_E_FORMAT);
    CHECK_INT(eid_to_text(BYTES(eid, 15), text), XK_E_FORMAT);
    eid[3] = 0xA0;
    CHECK_INT(eid_to_text(BYTES_OF(eid), text), XK_E_FORMAT);
}

/* Check digits for every rest, each of which some number has */
TEST(eid_check_digits)
{
    uint8_t eid[EID_LEN] = {0x89, 0x08, 0x60, 0x30};

    for (unsigned i = 0; i < 1000; i++) {
        eid[13] = (uint8_t)(i / 100 % 10);
        eid[14] = (uint8_t)(i / 10 % 10 << 4 | i % 10);
        eid_set_check_digits(eid);
        CHECK(eid_check_digits_ok(eid));
    }
}

/* ITU-T E.118, TS 102 221 13.2 */
TEST(iccid)
{
    static const struct {
        const char *text, *bytes, *back;
    } rows[] = {
        {"8986012345678901234", "986810325476981032F4", "8986012345678901234"},
        {"89860123456789012345", "98681032547698103254", "89860123456789012345"},
        {"898601234567890123", "986810325476981032FF", "898601234567890123"},
        {"8986012345678901234F", "986810325476981032F4", "8986012345678901234"},
    };
    static const char *const bad[] = {"", "89860123456789012", "898601234567890123456",
                                      "8986012345678901F34", "8986012345678901 34"};
    static const char *const bad_bytes[] = {"9868103254769810", "9868103254769810F2F4",
                                            "986810325476981AF2FF", "9868FFFFFFFFFFFFFFFF"};
    uint8_t iccid[ICCID_LEN], swapped[ICCID_LEN];
    char text[ICCID_TEXT_MAX];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_OK(iccid_from_text(bytes_cstr(rows[i].text), iccid));
        CHECK(bytes_eq(BYTES_OF(iccid), hex(rows[i].bytes)));
        CHECK_OK(iccid_to_text(BYTES_OF(iccid), text));
        CHECK_STR(text, rows[i].back);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(iccid_from_text(bytes_cstr(bad[i]), iccid), XK_E_FORMAT);
    for (size_t i = 0; i < ARRAY_LEN(bad_bytes); i++)
        CHECK_INT(iccid_to_text(hex(bad_bytes[i]), text), XK_E_FORMAT);
    CHECK_OK(iccid_from_text(BYTES_STR("8986012345678901234"), iccid));
    iccid_swap(iccid, swapped);
    CHECK_HEX(BYTES_OF(swapped), "8986012345678901234F");
    CHECK(iccid_luhn_ok(BYTES_STR("79927398713")));
    CHECK(!iccid_luhn_ok(BYTES_STR("79927398710")));
    CHECK(!iccid_luhn_ok(BYTES_STR("7992739871x")));
    CHECK(!iccid_luhn_ok(BYTES_NONE));
}

/* SGP.22 4.1.2; the values by two calls of sha256sum */
TEST(confirmation_code_hash)
{
    static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t out[RSP_HASH_LEN];

    CHECK_OK(rsp_hash_cc(BYTES_STR("12345678"), BYTES_OF(id), out));
    CHECK_HEX(BYTES_OF(out), "87b0215c5d8f952804b1c92d5f2ae9966568b47cd659519536d862e7a9470d2d");
    CHECK_INT(rsp_hash_cc(BYTES_STR("12345678"), BYTES_NONE, out), XK_E_VALUE);
    CHECK_INT(rsp_hash_cc(BYTES_STR("12345678"), BYTES(id, 17), out), XK_E_VALUE);
}

TEST(versions)
{
    static const struct {
        const char *text;
        uint32_t version;
    } rows[] = {
        {"2.2.0", 0x020200}, {"2.5", 0x020500}, {"3.1.2", 0x030102}, {"10.0.255", 0x0A00FF}};
    static const char *const bad[] = {"",        "2",     "2.",   "2.2.", ".2",
                                      "2.2.0.1", "2.256", "v2.2", "2.2 "};
    char text[RSP_VERSION_TEXT_MAX];
    uint32_t version;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_OK(rsp_version_from_text(bytes_cstr(rows[i].text), &version));
        CHECK_INT(version, rows[i].version);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(rsp_version_from_text(bytes_cstr(bad[i]), &version), XK_E_FORMAT);
    CHECK_STR(rsp_version_text(RSP_VERSION(2, 2, 0), text), "2.2.0");
    CHECK_STR(rsp_version_text(0xFFFFFFFF, text), "255.255.255");
    CHECK(RSP_VERSION(2, 2, 2) < RSP_VERSION(2, 3, 0));
}

TEST(signatures)
{
    uint8_t value[RSP_SIGNATURE_LEN] = {1, 2, 3}, tlv[RSP_SIGNATURE_TLV_LEN];

    rsp_signature_tlv(value, tlv);
    CHECK(bytes_eq(rsp_signature_value(BYTES_OF(tlv)), BYTES_OF(value)));
    CHECK(!DER_PRESENT(rsp_signature_value(BYTES(tlv, sizeof tlv - 1))));
    CHECK(!DER_PRESENT(rsp_signature_value(BYTES_NONE)));
    tlv[1] = 0x36;
    CHECK(!DER_PRESENT(rsp_signature_value(BYTES_OF(tlv))));
}

/* TS 23.003 6.2: digits from the low nibble on */
TEST(imei)
{
    uint8_t imei[8];
    char text[17];

    CHECK_OK(rsp_imei_from_text(BYTES_STR("352906110000011"), imei));
    CHECK_HEX(BYTES_OF(imei), "53926011 000010F1");
    CHECK_OK(rsp_imei_to_text(BYTES_OF(imei), text));
    CHECK_STR(text, "352906110000011");
    CHECK_INT(rsp_imei_from_text(BYTES_STR("3529061100000"), imei), XK_E_FORMAT);
    CHECK_INT(rsp_imei_from_text(BYTES_STR("35290611000001x"), imei), XK_E_FORMAT);
    CHECK_INT(rsp_imei_to_text(BYTES(imei, 7), text), XK_E_FORMAT);
}

/* ETSI TS 102 226 8.2.1.7.2; what is not understood is not known, and no error */
TEST(card_resources)
{
    static const struct {
        const char *value;
        struct rsp_card_resource want;
    } rows[] = {
        {"810102 820400050000 83021F40", {true, 2, 0x50000, 8000}},
        {"820400050000 83021F40", {true, 0, 0x50000, 8000}},
        {"83021F40 8203050000", {true, 0, 0x50000, 8000}},
        {"8205000005000083021F40", {true, 0, 0x50000, 8000}},
        {"8205010000000083021F40", {false, 0, 0, 8000}},
        {"810102", {false, 2, 0, 0}},
        {"00", {false, 0, 0, 0}},
        {"", {false, 0, 0, 0}},
    };
    uint8_t mem[32];
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rsp_card_resource got;

        rsp_decode_card_resource(hex(rows[i].value), &got);
        CHECK_INT(got.known, rows[i].want.known);
        CHECK_INT(got.applications, rows[i].want.applications);
        CHECK_INT(got.free_ram, rows[i].want.free_ram);
        if (got.known)
            CHECK_INT(got.free_nvm, rows[i].want.free_nvm);
    }
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(rsp_encode_card_resource(&rows[0].want, &b));
    CHECK_HEX(buf_bytes(&b), "810102 8203050000 83021F40");
}

/* An info made by hand: the resources come from their struct. */
TEST(euicc_info2_by_hand)
{
    struct rsp_euicc_info2 info = {
        .profile_version = RSP_VERSION(2, 3, 1),
        .svn = RSP_VERSION(2, 5, 0),
        .resource = {true, 0, 0x60000, 4096},
        .uicc_capability = RSP_BIT(UICC_CAP_USIM) | RSP_BIT(UICC_CAP_MILENAGE),
        .rsp_capability = RSP_BIT(RSP_CAP_ADDITIONAL_PROFILE),
    };
    struct rsp_euicc_info2 got;
    uint8_t mem[256];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(rsp_encode_euicc_info2(&info, &b));
    REQUIRE(rsp_decode_euicc_info2(buf_bytes(&b), &got) == XK_OK);
    CHECK_INT(got.resource.free_nvm, 0x60000);
    CHECK(got.uicc_capability == info.uicc_capability);
    CHECK_INT(rsp_euicc_newest_svn(&got), RSP_VERSION(2, 5, 0));
    got.has_highest_svn = true;
    got.highest_svn = RSP_VERSION(3, 1, 0);
    CHECK_INT(rsp_euicc_newest_svn(&got), RSP_VERSION(3, 1, 0));
    CHECK_STR(uicc_capability_name(UICC_CAP_JAVACARD), "javacard");
    CHECK_STR(rsp_capability_name(RSP_CAP_CRL_SUPPORT), "crlSupport");
    CHECK_STR(rsp_capability_name((enum rsp_capability)60), "");
}

/* RAT: which rule decides. SGP.22 2.9.3.1 */
TEST(rules_authorisation)
{
    /* 310 150 with gid1 AB; 310 15E; any operator, with consent */
    static const uint8_t exact[] = {0x13, 0x50, 0x01}, any_mnc[] = {0x13, 0xE0, 0x01},
                         any[] = {0xEE, 0xEE, 0xEE}, other[] = {0x64, 0xF0, 0x10}, ab[] = {0xAB};
    static const struct rsp_rat rat = {
        .rules = {{.ppr = RSP_BIT(RSP_PPR_1),
                   .operators = {{{exact, 3}, {ab, 1}, {NULL, 0}}},
                   .operators_n = 1},
                  {.ppr = RSP_BIT(RSP_PPR_2),
                   .operators = {{{other, 3}, {NULL, 0}, {NULL, 0}},
                                 {{any_mnc, 3}, {NULL, 0}, {NULL, 0}}},
                   .operators_n = 2},
                  {.ppr = RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2),
                   .operators = {{{any, 3}, {NULL, 0}, {NULL, 0}}},
                   .operators_n = 1,
                   .consent_required = true}},
        .n = 3,
    };
    static const struct rsp_rat none = {.n = 0};
    const struct rsp_operator_id us = {BYTES_OF(exact), BYTES_OF(ab), BYTES_NONE};
    const struct rsp_operator_id no_gid = {BYTES_OF(exact), BYTES_NONE, BYTES_NONE};
    const struct rsp_operator_id chinese = {BYTES_OF(other), BYTES_OF(ab), BYTES_NONE};
    const struct rsp_operator_id nobody = {BYTES_NONE, BYTES_NONE, BYTES_NONE};
    const uint64_t both = RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2);

    CHECK_INT(rsp_rat_allows(&rat, RSP_PPR_1, &us), RSP_RAT_ALLOWED);
    CHECK_INT(rsp_rat_allows(&rat, RSP_PPR_1, &no_gid), RSP_RAT_ALLOWED_WITH_CONSENT);
    CHECK_INT(rsp_rat_allows(&rat, RSP_PPR_2, &us), RSP_RAT_ALLOWED);
    CHECK_INT(rsp_rat_allows(&rat, RSP_PPR_2, &chinese), RSP_RAT_ALLOWED);
    CHECK_INT(rsp_rat_allows(&rat, RSP_PPR_1, &chinese), RSP_RAT_ALLOWED_WITH_CONSENT);
    CHECK_INT(rsp_rat_allows(&rat, RSP_PPR_1, &nobody), RSP_RAT_NOT_ALLOWED);
    CHECK_INT(rsp_rat_allows(&none, RSP_PPR_1, &us), RSP_RAT_NOT_ALLOWED);
    CHECK_INT(rsp_rat_allows_all(&rat, both, &us), RSP_RAT_ALLOWED);
    CHECK_INT(rsp_rat_allows_all(&rat, both, &chinese), RSP_RAT_ALLOWED_WITH_CONSENT);
    CHECK_INT(rsp_rat_allows_all(&rat, both, &nobody), RSP_RAT_NOT_ALLOWED);
    CHECK_INT(rsp_rat_allows_all(&none, RSP_BIT(RSP_PPR_UPDATE_CONTROL), &us), RSP_RAT_ALLOWED);
    CHECK_INT(rsp_rat_allows_all(&none, 0, &us), RSP_RAT_ALLOWED);
}

TEST(codes)
{
    CHECK_STR(rsp_code_name(RSP_TABLE_ENABLE_RESULT, 1), "iccidOrAidNotFound");
    CHECK_STR(rsp_code_name(RSP_TABLE_ERROR_REASON, 12), "installFailedDueToPEProcessingError");
    CHECK_STR(rsp_code_name(RSP_TABLE_CANCEL_REASON, 127), "undefinedReason");
    CHECK_STR(rsp_code_name(RSP_TABLE_CANCEL_REASON, 26), "unknown");
    CHECK_STR(rsp_code_text(RSP_TABLE_EVENT, RSP_EVENT_DELETE), "deleted");
    CHECK_STR(rsp_code_text(RSP_TABLE_EVENT, 99), "");
    CHECK_STR(rsp_code_name((enum rsp_code_table)99, 0), "unknown");
    CHECK_STR(rsp_pe_status_name(RSP_PE_NOT_ENOUGH_MEMORY), "not-enough-memory");
    CHECK_STR(rsp_pe_status_text(0x6985), "");
}

/* Every row of status.def is found by its codes, and by its integer when that is its own. */
TEST(verdicts)
{
    struct rsp_status status = {0};

    CHECK(rsp_succeeded(&status));
    for (int i = RSP_EXECUTED + 1; i < RSP_VERDICT_COUNT; i++) {
        enum rsp_verdict v = (enum rsp_verdict)i;
        const struct rsp_verdict_row *row = rsp_verdict_row(v);

        REQUIRE(row != NULL);
        CHECK_INT(
            rsp_verdict_find(row->function, bytes_cstr(row->subject), bytes_cstr(row->reason)), v);
        if (row->asn1 != 0 && row->asn1 != 127)
            CHECK_INT(rsp_verdict_find_asn1(row->function, row->asn1), v);
        CHECK(rsp_subject_text(bytes_cstr(row->subject))[0] != '\0');
        CHECK(rsp_reason_text(bytes_cstr(row->reason))[0] != '\0');
        rsp_reject(&status, v);
        CHECK(!rsp_succeeded(&status));
        CHECK_INT(status.verdict, v);
    }
    CHECK(rsp_verdict_row(RSP_EXECUTED) == NULL);
    CHECK(rsp_verdict_row(RSP_VERDICT_COUNT) == NULL);
    CHECK_INT(rsp_verdict_find(RSP_CANCEL_SESSION, BYTES_STR("8.8"), BYTES_STR("3.1")),
              RSP_EXECUTED);
    CHECK_INT(rsp_verdict_find(RSP_CANCEL_SESSION, BYTES_STR("8.8"), BYTES_STR("3.10")),
              RSP_CANCEL_SESSION_OID_MISMATCH);
    CHECK_INT(rsp_verdict_find_asn1(RSP_AUTHENTICATE_CLIENT, 127), RSP_EXECUTED);
    CHECK_STR(rsp_function_name(RSP_CONFIRM_ORDER), "ES2+.ConfirmOrder");
    CHECK_STR(rsp_function_name(RSP_FUNCTION_COUNT), "");
    CHECK_STR(rsp_subject_text(BYTES_STR("9.9")), "");
    CHECK_STR(rsp_reason_text(BYTES_STR("3.10")), "invalid association");
}

TEST(executions)
{
    static const char *const texts[] = {"Executed-Success", "Executed-WithWarning", "Failed",
                                        "Expired"};
    enum rsp_execution e;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CHECK_OK(rsp_execution_from_text(bytes_cstr(texts[i]), &e));
        CHECK_STR(rsp_execution_text(e), texts[i]);
    }
    CHECK_INT(rsp_execution_from_text(BYTES_STR("failed"), &e), XK_E_FORMAT);
}

/* The three readings of CancelSession's response in the ASN.1 binding. SGP.22 5.6.5 */
TEST(cancel_session_in_three_ways)
{
    static const char *const requests[] = {
        "A20A BF4107 800101 A103 810105 ",
        "A20D BF410A 800101 BF4103 810105 ",
        "A20F BF410C 800101 A106 BF4103 810105",
    };
    struct rsp_es9p_request r;
    struct arena a;

    arena_init(&a, 4096);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct bytes in = hex(requests[i]);

        /* lengths are those of the whole; the first two bytes are put right here */
        memory[1] = (uint8_t)(in.n - 2);
        memory[4] = (uint8_t)(in.n - 5);
        CHECK_OK(rsp_decode_es9p_request(in, &a, &r));
        CHECK_INT(r.function, RSP_CANCEL_SESSION);
        CHECK_HEX(r.cancel_session.cancel_session_response, "BF4103810105");
    }
    arena_fini(&a);
}

/* A decoded error has the words of the table; one that the table does not know stays a number. */
TEST(errors_of_the_asn1_binding)
{
    struct rsp_es9p_response r = {.function = RSP_GET_BOUND_PROFILE_PACKAGE};
    struct arena a;
    uint8_t mem[32];
    struct buf b;

    arena_init(&a, 4096);
    CHECK_OK(rsp_decode_es9p_response(hex("A206 BF3A03 810103"), &a, &r));
    CHECK_INT(r.get_bound_profile_package.status.verdict,
              RSP_GET_BOUND_PROFILE_PACKAGE_CODE_REFUSED);
    CHECK(bytes_eq(r.get_bound_profile_package.status.subject, BYTES_STR("8.2.7")));
    CHECK_OK(rsp_decode_es9p_response(hex("A206 BF3A03 81017E"), &a, &r));
    CHECK(!rsp_succeeded(&r.get_bound_profile_package.status));
    CHECK_INT(r.get_bound_profile_package.status.asn1, 126);
    CHECK_INT(r.get_bound_profile_package.status.subject.n, 0);
    /* a refusal that has no integer of its own */
    r.get_bound_profile_package.status = (struct rsp_status){.execution = RSP_FAILED};
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(rsp_encode_es9p_response(&r, &b));
    CHECK_HEX(buf_bytes(&b), "A206 BF3A03 81017F");
    r.function = RSP_DOWNLOAD_ORDER;
    CHECK_INT(rsp_encode_es9p_response(&r, &b), XK_E_UNSUPPORTED);
    arena_fini(&a);
}

/* The list of events of ES11 is bounded by the arena. */
TEST(too_many_events)
{
    struct rsp_es9p_response r;
    struct arena a;

    arena_init(&a, 16);
    CHECK_INT(rsp_decode_es9p_response(hex("A20E BF400B A009 800101 A104 3002 8000"), &a, &r),
              XK_E_NOMEM);
    arena_fini(&a);
}

/* Of several EUICCResponse the failure counts. SAIP 8.11 */
TEST(several_responses)
{
    struct rsp_euicc_response r;

    CHECK_OK(rsp_decode_euicc_response(hex("3007A0053003800100 300AA0083006800104810107"
                                           "3007A0053003800100"),
                                       &r));
    REQUIRE(rsp_first_failure(&r) != NULL);
    CHECK_INT(rsp_first_failure(&r)->status, RSP_PE_NOT_ENOUGH_MEMORY);
    CHECK_INT(rsp_first_failure(&r)->identification, 7);
    CHECK_OK(rsp_decode_euicc_response(hex("3000"), &r));
    CHECK(rsp_first_failure(&r) == NULL && !r.aborted);
}

/* What an eUICC gives without and with a tag list. SGP.22 5.7.15 */
TEST(tag_lists)
{
    static const uint8_t iccid[RSP_ICCID_LEN] = {0x98};
    const struct rsp_profile_info info = {
        .metadata = {.iccid = BYTES_OF(iccid),
                     .has_ppr = true,
                     .ppr = RSP_BIT(RSP_PPR_1),
                     .has_profile_class = true,
                     .profile_class = RSP_CLASS_OPERATIONAL},
        .has_state = true,
        .state = RSP_PROFILE_ENABLED,
    };
    uint8_t mem[64];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(rsp_encode_profile_info(&info, rsp_default_tag_list(), &b));
    CHECK_HEX(buf_bytes(&b), "E313 5A0A98000000000000000000 9F700101 950102");
    buf_reset(&b);
    CHECK_OK(rsp_encode_profile_info(&info, hex("999F70"), &b));
    CHECK_HEX(buf_bytes(&b), "E308 9F700101 99020640");
    CHECK(rsp_tag_list_has(hex("BF765A"), TAG_REF_AR_DO));
    CHECK(!rsp_tag_list_has(hex("BF765A"), 0x76));
    CHECK(!rsp_tag_list_has(hex("9F"), 0x9F));
    CHECK_INT(rsp_check_tag_list(hex("5A9F81")), XK_E_FORMAT);
}

/* Spans that are missing or of the wrong size are refused before they are written. */
TEST(encoders_refuse)
{
    static const uint8_t some[64] = {0};
    const struct rsp_server_signed1 signed1 = {.transaction_id = BYTES(some, 17),
                                               .euicc_challenge = BYTES(some, 16),
                                               .server_challenge = BYTES(some, 16),
                                               .server_address = BYTES_STR("a")};
    const struct rsp_profile_id both = {BYTES(some, 16), BYTES(some, 10)}, neither = {{0}, {0}};
    const struct rsp_metadata icon = {.iccid = BYTES(some, 10),
                                      .service_provider_name = BYTES_STR(""),
                                      .profile_name = BYTES_STR(""),
                                      .icon = BYTES(some, 8)};
    const struct rsp_set_nickname_request nickname = {BYTES(some, 10), BYTES_STR("\xFF")};
    const struct rsp_ctx_params1 device_change = {.kind = RSP_CTX_DEVICE_CHANGE};
    uint8_t mem[256];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(rsp_encode_server_signed1(&signed1, &b), XK_E_VALUE);
    CHECK_INT(rsp_encode_delete_profile_request(&both, &b), XK_E_VALUE);
    CHECK_INT(rsp_encode_delete_profile_request(&neither, &b), XK_E_VALUE);
    CHECK_INT(rsp_encode_store_metadata(&icon, &b), XK_E_VALUE);
    CHECK_INT(rsp_encode_set_nickname_request(&nickname, &b), XK_E_VALUE);
    CHECK_INT(rsp_encode_ctx_params1(&device_change, &b), XK_E_UNSUPPORTED);
    CHECK_INT(rsp_encode_get_eid_response(BYTES(some, 15), &b), XK_E_VALUE);
    CHECK_INT(rsp_encode_get_euicc_challenge_response(BYTES(some, 15), &b), XK_E_VALUE);
    buf_reset(&b);
    CHECK_OK(rsp_encode_empty(TAG_GET_EUICC_CHALLENGE, &b));
    CHECK_HEX(buf_bytes(&b), "BF2E00");
}

TEST(icons)
{
    static const struct {
        const char *hex;
        enum xk_err err;
        uint32_t type;
    } rows[] = {
        {"89504E470D0A1A0A", XK_OK, RSP_ICON_PNG},
        {"89504E470D0A1A", XK_E_VALUE, 0},
        {"89504E470A1A0A00", XK_E_VALUE, 0}, /* line ends were changed on its way */
        {"FFD8FFE000104A46", XK_OK, RSP_ICON_JPG},
        {"FFD8", XK_E_VALUE, 0},
        {"474946383961", XK_E_VALUE, 0}, /* GIF */
        {"", XK_E_VALUE, 0},
    };
    static uint8_t icon[RSP_ICON_MAX + 1] = {0xFF, 0xD8, 0xFF};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t type = 99;

        CHECK_INT(rsp_icon_type_of(hex(rows[i].hex), &type), rows[i].err);
        CHECK_INT(type, rows[i].err == XK_OK ? rows[i].type : 99);
    }
    CHECK_OK(rsp_icon_type_of(BYTES(icon, RSP_ICON_MAX), &(uint32_t){0}));
    CHECK_INT(rsp_icon_type_of(BYTES_OF(icon), &(uint32_t){0}), XK_E_LIMIT);
    CHECK_STR(rsp_icon_type_name(RSP_ICON_JPG), "jpg");
    CHECK_STR(rsp_icon_type_name(RSP_ICON_PNG), "png");
    CHECK_STR(rsp_icon_type_name(2), "unknown");
}

/* TS 24.008 10.5.1.3 */
TEST(operators)
{
    static const char *const wrong[] = {"", "4600", "4600123", "46O01", "460 1", "4600a"};
    static const struct {
        const char *text, *hex;
    } rows[] = {{"46001", "64F010"}, {"310260", "130062"}, {"00101", "00F110"}};
    uint8_t mcc_mnc[RSP_MCC_MNC_LEN];
    char text[RSP_MCC_MNC_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_OK(rsp_mcc_mnc_from_text(bytes_cstr(rows[i].text), mcc_mnc));
        CHECK_HEX(BYTES_OF(mcc_mnc), rows[i].hex);
        CHECK_STR(rsp_mcc_mnc_text(BYTES_OF(mcc_mnc), text), rows[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        CHECK_INT(rsp_mcc_mnc_from_text(bytes_cstr(wrong[i]), mcc_mnc), XK_E_FORMAT);
    CHECK_STR(rsp_mcc_mnc_text(hex("EEEEEE"), text), "EEEEEE");
    CHECK_STR(rsp_mcc_mnc_text(BYTES_NONE, text), "");
}

TESTS_MAIN(XT_CASE(eid), XT_CASE(eid_check_digits), XT_CASE(iccid), XT_CASE(confirmation_code_hash),
           XT_CASE(versions), XT_CASE(signatures), XT_CASE(imei), XT_CASE(card_resources),
           XT_CASE(euicc_info2_by_hand), XT_CASE(rules_authorisation), XT_CASE(codes),
           XT_CASE(verdicts), XT_CASE(executions), XT_CASE(cancel_session_in_three_ways),
           XT_CASE(errors_of_the_asn1_binding), XT_CASE(too_many_events),
           XT_CASE(several_responses), XT_CASE(tag_lists), XT_CASE(encoders_refuse), XT_CASE(icons),
           XT_CASE(operators))
