/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/totp.h"

#include "xt.h"

static struct secret key_of_the_rfcs(void)
{
    struct secret s = {0};

    CHECK_OK(secret_set(&s, BYTES_STR("12345678901234567890")));
    return s;
}

/* RFC 4226 appendix D */
TEST(codes_by_counter)
{
    static const char *const codes[] = {"755224", "287082", "359152", "969429", "338314",
                                        "254676", "287922", "162583", "399871", "520489"};
    struct secret s = key_of_the_rfcs();
    char code[TOTP_DIGITS_MAX + 1];

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        CHECK_OK(totp_code(&s, i, 6, code));
        CHECK_STR(code, codes[i]);
    }
    CHECK_INT(totp_code(&s, 0, 5, code), XK_E_VALUE);
    CHECK_INT(totp_code(&s, 0, 9, code), XK_E_VALUE);
}

/* RFC 6238 appendix B, the rows of SHA1 */
TEST(codes_by_time)
{
    static const struct {
        int64_t seconds;
        const char *code;
    } rows[] = {{59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
                {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
    struct secret s = key_of_the_rfcs();
    char code[TOTP_DIGITS_MAX + 1];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t last = 0;
        bool good = false;

        CHECK_OK(totp_code(&s, (uint64_t)(rows[i].seconds * 1000 / TOTP_STEP_MS), 8, code));
        CHECK_STR(code, rows[i].code);
        CHECK_OK(
            totp_check(&s, bytes_cstr(rows[i].code + 2), rows[i].seconds * 1000, &last, &good));
        CHECK(good);
    }
}

/* RFC 6238 5.2: one step to either side, and each code once. */
TEST(a_code_is_good_for_a_while_and_once)
{
    static const struct {
        int64_t at;
        bool good;
    } rows[] = {{99, false}, {100, true}, {101, true}, {102, true}, {103, false}};
    struct secret s = key_of_the_rfcs();
    char code[TOTP_DIGITS_MAX + 1];
    int64_t last = 0;
    bool good;

    CHECK_OK(totp_code(&s, 101, TOTP_DIGITS, code));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        last = 0;
        CHECK_OK(totp_check(&s, bytes_cstr(code), rows[i].at * TOTP_STEP_MS, &last, &good));
        CHECK_INT(good, rows[i].good);
        CHECK_INT(last, rows[i].good ? 101 : 0);
    }
    last = 101;
    CHECK_OK(totp_check(&s, bytes_cstr(code), INT64_C(101) * TOTP_STEP_MS, &last, &good));
    CHECK(!good);
    last = 0;
    CHECK_OK(totp_check(&s, BYTES(code, 5), INT64_C(101) * TOTP_STEP_MS, &last, &good));
    CHECK(!good);
    CHECK_OK(totp_check(&s, BYTES_NONE, INT64_C(101) * TOTP_STEP_MS, &last, &good));
    CHECK(!good);
}

TEST(the_uri)
{
    struct secret s = key_of_the_rfcs();
    struct buf out;

    buf_init(&out, 300);
    CHECK_OK(totp_uri("xieka", "li", &s, &out));
    CHECK_STR(buf_cstr(&out), "otpauth://totp/xieka:li?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                              "&issuer=xieka&algorithm=SHA1&digits=6&period=30");
    buf_fini(&out);
}

TESTS_MAIN(XT_CASE(codes_by_counter), XT_CASE(codes_by_time),
           XT_CASE(a_code_is_good_for_a_while_and_once), XT_CASE(the_uri))
