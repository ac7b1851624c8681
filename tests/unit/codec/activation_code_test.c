/* SPDX-License-Identifier: Apache-2.0 */
/* Activation codes (SGP.22 4.1; SGP.23 4.4: what a phone must read). */
#include "codec/rsp/activation_code.h"

#include "xt.h"

#define HOST "rsp.example.com"

struct good {
    const char *text, *address, *matching_id, *oid;
    bool confirmation_code;
};

static void check_good(const struct good *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rsp_activation_code code;
        enum rsp_activation_verdict v = rsp_activation_code_decode(bytes_cstr(rows[i].text), &code);

        CHECK_STR(rsp_activation_verdict_text(v), "fine");
        if (v != RSP_ACTIVATION_OK)
            continue;
        CHECK_STR(code.address, rows[i].address);
        CHECK_STR(code.matching_id, rows[i].matching_id);
        CHECK_STR(code.smdp_oid, rows[i].oid);
        CHECK_INT(code.confirmation_code, rows[i].confirmation_code);
    }
}

struct bad {
    const char *text;
    enum rsp_activation_verdict verdict;
};

static void check_bad(const struct bad *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rsp_activation_code code = {.address = "untouched"};
        enum rsp_activation_verdict v = rsp_activation_code_decode(bytes_cstr(rows[i].text), &code);

        if (v != rows[i].verdict)
            printf("# %s\n", rows[i].text);
        CHECK_INT(v, rows[i].verdict);
        CHECK_STR(code.address, "untouched");
    }
}

TEST(optional_fields)
{
    static const struct good rows[] = {
        {"1$" HOST "$04386-AGYFT", HOST, "04386-AGYFT", "", false},
        {"1$" HOST "$", HOST, "", "", false},
        {"1$" HOST "$04386-AGYFT$", HOST, "04386-AGYFT", "", false},
        {"1$" HOST "$04386-AGYFT$2.999.10", HOST, "04386-AGYFT", "2.999.10", false},
        {"1$" HOST "$04386-AGYFT$2.999.10$1", HOST, "04386-AGYFT", "2.999.10", true},
        {"1$" HOST "$04386-AGYFT$1.3.6.1.4.1.31746$", HOST, "04386-AGYFT", "1.3.6.1.4.1.31746",
         false},
        {"1$" HOST "$$2.999.10$1", HOST, "", "2.999.10", true},
    };

    check_good(rows, ARRAY_LEN(rows));
}

TEST(empty_oid_before_flag)
{
    static const struct good rows[] = {
        {"LPA:1$" HOST "$04386-AGYFT$$1", HOST, "04386-AGYFT", "", true},
        {"LPA:1$" HOST "$$$1", HOST, "", "", true},
    };

    check_good(rows, ARRAY_LEN(rows));
}

TEST(unknown_trailing_fields)
{
    static const struct good rows[] = {
        {"LPA:1$" HOST "$A$2.999.10$1$F54172BD$1", HOST, "A", "2.999.10", true},
        {"LPA:1$" HOST "$A$$$F54172BD", HOST, "A", "", false},
        {"LPA:1$" HOST "$A$$1$$$$whatever may come", HOST, "A", "", true},
    };

    check_good(rows, ARRAY_LEN(rows));
}

TEST(prefix_in_any_case)
{
    static const struct good rows[] = {
        {"LPA:1$" HOST "$A", HOST, "A", "", false},
        {"lpa:1$" HOST "$A", HOST, "A", "", false},
        {"Lpa:1$" HOST "$A", HOST, "A", "", false},
        {"LPA:1$RSP.EXAMPLE.COM$A-B", HOST, "A-B", "", false}, /* QR alphanumeric mode */
        {"1$Rsp.Example.Com:8443$a-B", HOST ":8443", "a-B", "", false},
    };

    check_good(rows, ARRAY_LEN(rows));
}

TEST(whitespace)
{
    static const struct good rows[] = {
        {"  LPA:1$" HOST "$A\r\n", HOST, "A", "", false},
        {"LPA: 1$" HOST "$A", HOST, "A", "", false},
        {"1$rsp.exam\n  ple.com$0438\n6-AGYFT\t$ $ 1", HOST, "04386-AGYFT", "", true},
    };
    static const struct bad bad[] = {
        {"", RSP_ACTIVATION_EMPTY},
        {" \r\n", RSP_ACTIVATION_EMPTY},
        {"LPA:", RSP_ACTIVATION_EMPTY},
    };

    check_good(rows, ARRAY_LEN(rows));
    check_bad(bad, ARRAY_LEN(bad));
}

TEST(wrong_version)
{
    static const struct bad rows[] = {
        {"2$" HOST "$A", RSP_ACTIVATION_VERSION},
        {"LPA:2$" HOST "$A", RSP_ACTIVATION_VERSION},
        {"$" HOST "$A", RSP_ACTIVATION_VERSION},
        {HOST "$A", RSP_ACTIVATION_VERSION},
        {"11$" HOST "$A", RSP_ACTIVATION_VERSION},
        {"LPA:LPA:1$" HOST "$A", RSP_ACTIVATION_VERSION},
        {"https://" HOST "/", RSP_ACTIVATION_VERSION},
        {"0", RSP_ACTIVATION_VERSION},
    };

    check_bad(rows, ARRAY_LEN(rows));
}

TEST(wrong_fields)
{
    static const struct bad rows[] = {
        {"1$" HOST, RSP_ACTIVATION_NO_TOKEN},
        {"1$$A", RSP_ACTIVATION_ADDRESS},
        {"1$", RSP_ACTIVATION_ADDRESS},
        {"1$-a.example$A", RSP_ACTIVATION_ADDRESS},
        {"1$a-.example$A", RSP_ACTIVATION_ADDRESS},
        {"1$a..example$A", RSP_ACTIVATION_ADDRESS},
        {"1$a.example.$A", RSP_ACTIVATION_ADDRESS},
        {"1$a_b.example$A", RSP_ACTIVATION_ADDRESS},
        {"1$https://a.example$A", RSP_ACTIVATION_ADDRESS},
        {"1$a.example:$A", RSP_ACTIVATION_ADDRESS},
        {"1$a.example:0$A", RSP_ACTIVATION_ADDRESS},
        {"1$a.example:65536$A", RSP_ACTIVATION_ADDRESS},
        {"1$a.example:443443$A", RSP_ACTIVATION_ADDRESS},
        {"1$a.example:8o$A", RSP_ACTIVATION_ADDRESS},
        {"1$" HOST "$A_B", RSP_ACTIVATION_TOKEN},
        {"1$" HOST "$A.B", RSP_ACTIVATION_TOKEN},
        {"1$" HOST "$\xC3\x84", RSP_ACTIVATION_TOKEN},
        {"1$" HOST "$TO$KEN", RSP_ACTIVATION_OID}, /* a '$' in the value moves the fields */
        {"1$" HOST "$A$2", RSP_ACTIVATION_OID},
        {"1$" HOST "$A$3.1", RSP_ACTIVATION_OID},
        {"1$" HOST "$A$1.40", RSP_ACTIVATION_OID},
        {"1$" HOST "$A$2.999.", RSP_ACTIVATION_OID},
        {"1$" HOST "$A$2.099", RSP_ACTIVATION_OID},
        {"1$" HOST "$A$2.999.10$0", RSP_ACTIVATION_FLAG},
        {"1$" HOST "$A$$11", RSP_ACTIVATION_FLAG},
        {"1$" HOST "$A$$yes", RSP_ACTIVATION_FLAG},
    };

    check_bad(rows, ARRAY_LEN(rows));
}

/* sh -c 'echo LPA:1$rsp.example.com$04386-AGYFT$$1' and its like */
TEST(eaten_by_a_shell)
{
    static const struct bad rows[] = {
        {"LPA:1.example.com4386-AGYFT", RSP_ACTIVATION_SHELL},
        {"1.example.com", RSP_ACTIVATION_SHELL},
        {"LPA:1", RSP_ACTIVATION_SHELL},
        {"1", RSP_ACTIVATION_SHELL},
        {"LPA:1.example.com$", RSP_ACTIVATION_SHELL},
        {"1.example.com$$1", RSP_ACTIVATION_SHELL},
        {"12$rsp.example.com$", RSP_ACTIVATION_VERSION},
    };

    check_bad(rows, ARRAY_LEN(rows));
    CHECK(strstr(rsp_activation_verdict_text(RSP_ACTIVATION_SHELL), "single quotes") != NULL);
}

static void fill_code(char *text, size_t n)
{
    size_t used = (size_t)snprintf(text, n + 1, "1$%s$", HOST);

    memset(text + used, 'A', n - used);
    text[n] = '\0';
}

TEST(length_limit)
{
    char text[4 + 300] = "LPA:";
    struct rsp_activation_code code;

    fill_code(text + 4, RSP_ACTIVATION_CODE_MAX);
    CHECK_INT(rsp_activation_code_decode(bytes_cstr(text), &code), RSP_ACTIVATION_OK);
    CHECK_INT(rsp_activation_code_decode(bytes_cstr(text + 4), &code), RSP_ACTIVATION_OK);
    CHECK_INT(strlen(code.matching_id), RSP_ACTIVATION_CODE_MAX - strlen("1$$" HOST));
    fill_code(text + 4, RSP_ACTIVATION_CODE_MAX + 1);
    CHECK_INT(rsp_activation_code_decode(bytes_cstr(text), &code), RSP_ACTIVATION_TOO_LONG);
    CHECK_INT(rsp_activation_code_decode(bytes_cstr(text + 4), &code), RSP_ACTIVATION_TOO_LONG);
    fill_code(text + 4, RSP_ACTIVATION_CODE_MAX + 40);
    CHECK_INT(rsp_activation_code_decode(bytes_cstr(text), &code), RSP_ACTIVATION_TOO_LONG);
}

TEST(label_limits)
{
    char label[65], text[300];
    struct rsp_activation_code code;

    for (size_t n = 63; n <= 64; n++) {
        memset(label, 'a', n);
        label[n] = '\0';
        snprintf(text, sizeof text, "1$%s.example$A", label);
        CHECK_INT(rsp_activation_code_decode(bytes_cstr(text), &code),
                  n == 63 ? RSP_ACTIVATION_OK : RSP_ACTIVATION_ADDRESS);
    }
}

TEST(written_as_read)
{
    static const char *const codes[] = {
        "LPA:1$" HOST "$04386-AGYFT",         "LPA:1$" HOST "$",
        "LPA:1$" HOST "$04386-AGYFT$2.999.1", "LPA:1$" HOST "$04386-AGYFT$2.999.1$1",
        "LPA:1$" HOST "$04386-AGYFT$$1",      "LPA:1$" HOST ":8443$A",
    };

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        char mem[RSP_ACTIVATION_CODE_TEXT];
        struct rsp_activation_code code;
        struct buf b;

        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_INT(rsp_activation_code_decode(bytes_cstr(codes[i]), &code), RSP_ACTIVATION_OK);
        CHECK_OK(rsp_activation_code_encode(&code, &b));
        CHECK_STR(buf_cstr(&b), codes[i]);
    }
}

TEST(not_written)
{
    struct rsp_activation_code code = {.address = HOST, .matching_id = "A$B"};
    char mem[RSP_ACTIVATION_CODE_TEXT];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(rsp_activation_code_encode(&code, &b), XK_E_VALUE);
    code = (struct rsp_activation_code){.matching_id = "A"};
    CHECK_INT(rsp_activation_code_encode(&code, &b), XK_E_VALUE);
    code = (struct rsp_activation_code){.address = HOST, .smdp_oid = "oid"};
    CHECK_INT(rsp_activation_code_encode(&code, &b), XK_E_VALUE);
    code = (struct rsp_activation_code){.address = HOST};
    memset(code.matching_id, 'A', RSP_ACTIVATION_CODE_MAX);
    CHECK_INT(rsp_activation_code_encode(&code, &b), XK_E_LIMIT);
    CHECK_INT(b.n, 0);
}

TESTS_MAIN(
    XT_NAMED("SGP.23 4.4 activation code: every optional field", optional_fields),
    XT_NAMED("SGP.23 4.4 activation code: an empty OID before the flag", empty_oid_before_flag),
    XT_NAMED("SGP.23 4.4 activation code: unknown trailing fields are skipped",
             unknown_trailing_fields),
    XT_NAMED("SGP.23 4.4 activation code: lpa: in any case, a QR code in capitals",
             prefix_in_any_case),
    XT_NAMED("SGP.23 4.4 activation code: spaces and line ends", whitespace),
    XT_NAMED("SGP.23 4.4 activation code: another version is refused", wrong_version),
    XT_NAMED("SGP.23 4.4 activation code: fields that cannot be, $ in a value", wrong_fields),
    XT_NAMED("SGP.23 4.4 activation code: the $ eaten by a shell is told so", eaten_by_a_shell),
    XT_NAMED("SGP.23 4.4 activation code: 255 characters at most", length_limit),
    XT_CASE(label_limits), XT_CASE(written_as_read), XT_CASE(not_written))
