/* SPDX-License-Identifier: Apache-2.0 */
#include "api/wire/base64.h"
#include "api/wire/json.h"
#include "api/wire/utf8.h"
#include "xt.h"

TEST(refuses_what_is_not_strict_json)
{
    static const char *const bad[] = {
        "",
        "{",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":1}x",
        "{\"a\":1} {}",
        "{\"a\":1,\"a\":2}",
        "{\"b\":{\"a\":1,\"a\":1}}",
        "[NaN]",
        "{\"a\":\"\xC3\"}",
        "{\"a\":\"\xED\xA0\x80\"}",
        "{\"a\":\"\x01\"}",
        "// x\n{}",
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct json *doc = NULL;
        size_t at;

        CHECK_INT(json_doc_parse(bytes_cstr(bad[i]), &doc, &at), XK_E_FORMAT);
        if (doc) {
            printf("# was taken: %s\n", bad[i]);
            json_doc_free(doc);
        }
    }
}

TEST(takes_colons_and_quotes_inside_strings)
{
    static const char text[] = "{\"a:b\":\"x\\\":\\\"y:\",\"c\":[{\"d\":\"\\\\\"}]}";
    struct json *doc = NULL;
    size_t at;

    REQUIRE(json_doc_parse(BYTES_STR(text), &doc, &at) == XK_OK);
    CHECK_STR(json_text(json_member(doc, "a:b")), "x\":\"y:");
    CHECK_STR(json_text(json_member(json_at(json_member(doc, "c"), 0), "d")), "\\");
    CHECK(json_member(doc, "absent") == NULL);
    CHECK(json_at(doc, 0) == NULL);
    json_doc_free(doc);
}

TEST(fields_name_what_is_wrong)
{
    static const struct {
        const char *text, *bad;
        enum xk_err err;
    } rows[] = {
        {"{\"id\":\"x\",\"n\":5}", NULL, XK_OK},       {"{\"n\":5}", "id", XK_E_NOT_FOUND},
        {"{\"id\":null}", "id", XK_E_NOT_FOUND},       {"{\"id\":7}", "id", XK_E_VALUE},
        {"{\"id\":\"\"}", "id", XK_E_VALUE},           {"{\"id\":\"abcdef\"}", "id", XK_E_VALUE},
        {"{\"id\":\"a b\"}", "id", XK_E_VALUE},        {"{\"id\":\"a\\u0000b\"}", "id", XK_E_VALUE},
        {"{\"id\":\"a\",\"n\":11}", "n", XK_E_VALUE},  {"{\"id\":\"a\",\"n\":-1}", "n", XK_E_VALUE},
        {"{\"id\":\"a\",\"n\":1.5}", "n", XK_E_VALUE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *id = NULL;
        const char *bad = NULL;
        int64_t n = 0;
        const struct json_field fields[] = {
            {.name = "id",
             .kind = JSON_STRING,
             .required = true,
             .min = 1,
             .max = 5,
             .allowed = JSON_ID,
             .text = &id},
            {.name = "n", .kind = JSON_INT, .max = 10, .integer = &n},
        };
        struct json *doc = NULL;
        size_t at;

        REQUIRE(json_doc_parse(bytes_cstr(rows[i].text), &doc, &at) == XK_OK);
        CHECK_INT(json_read_fields(doc, fields, ARRAY_LEN(fields), &bad), rows[i].err);
        if (rows[i].bad)
            CHECK_STR(bad, rows[i].bad);
        json_doc_free(doc);
    }
}

TEST(members_that_are_none_of_the_fields)
{
    static const struct {
        const char *text, *unknown;
    } rows[] = {
        {"{}", NULL},
        {"{\"id\":1}", NULL},
        {"{\"id\":1,\"Id\":2}", "Id"},
        {"{\"\":null}", ""},
        {"[1]", NULL}, /* no object: json_read_fields refuses it */
        {"{\"a234567890123456789012345678901234567890123456789012345678901234\":1}",
         "a234567890123456789012345678901234567890123456789012345678901234"},
        {"{\"a2345678901234567890123456789012345678901234567890123456789012345\":1}", "..."},
    };
    const struct json_field field = {.name = "id"};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json *doc = NULL;
        const char *unknown;
        size_t at;

        REQUIRE(json_doc_parse(bytes_cstr(rows[i].text), &doc, &at) == XK_OK);
        unknown = json_unknown(doc, &field, 1);
        CHECK(!unknown == !rows[i].unknown);
        if (unknown && rows[i].unknown)
            CHECK_STR(unknown, rows[i].unknown);
        json_doc_free(doc);
    }
}

TEST(lists_by_their_length)
{
    static const struct {
        const char *text;
        enum xk_err err;
    } rows[] = {
        {"{\"list\":[1]}", XK_OK},        {"{\"list\":[1,2]}", XK_OK},
        {"{\"list\":[]}", XK_E_VALUE},    {"{\"list\":[1,2,3]}", XK_E_VALUE},
        {"{\"list\":\"1\"}", XK_E_VALUE}, {"{}", XK_E_NOT_FOUND},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct json *list = NULL;
        const struct json_field field = {.name = "list",
                                         .kind = JSON_ARRAY,
                                         .required = true,
                                         .min = 1,
                                         .max = 2,
                                         .array = &list};
        struct json *doc = NULL;
        const char *bad;
        size_t at;

        REQUIRE(json_doc_parse(bytes_cstr(rows[i].text), &doc, &at) == XK_OK);
        CHECK_INT(json_read_fields(doc, &field, 1, &bad), rows[i].err);
        CHECK((json_length(list) > 0) == (rows[i].err == XK_OK));
        json_doc_free(doc);
    }
}

TEST(writes_what_a_strict_reader_takes)
{
    static const char nasty[] = "q\"b\\n\n\x01\x7F 写卡 \xFF end";
    struct json *doc = NULL;
    struct json_out o;
    struct buf b;
    size_t at;

    buf_init(&b, 10000);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_text(&o, "s", nasty);
    json_open_array(&o, "list");
    json_put_int(&o, NULL, -7);
    json_put_bool(&o, NULL, 1);
    json_put_null(&o, NULL);
    json_open_object(&o, NULL);
    json_close_object(&o);
    json_close_array(&o);
    json_put_hex(&o, "h", BYTES_OF(((uint8_t[]){0xAB, 1})));
    json_close_object(&o);
    CHECK_OK(buf_ok(&b));
    REQUIRE(json_doc_parse(buf_bytes(&b), &doc, &at) == XK_OK);
    CHECK_STR(json_text(json_member(doc, "s")), "q\"b\\n\n\x01\x7F 写卡 \xEF\xBF\xBD end");
    CHECK_INT(json_length(json_member(doc, "list")), 4);
    CHECK_INT(json_integer(json_at(json_member(doc, "list"), 0), 0), -7);
    CHECK_STR(json_text(json_member(doc, "h")), "ab01");
    json_doc_free(doc);
    buf_fini(&b);
}

TEST(writing_too_deep_fails)
{
    struct json_out o;
    struct buf b;

    buf_init(&b, 1000);
    json_out_init(&o, &b);
    for (int i = 0; i < JSON_DEPTH_MAX + 1; i++)
        json_open_array(&o, NULL);
    CHECK_INT(buf_ok(&b), XK_E_LIMIT);
    buf_fini(&b);
}

/* RFC 4648 section 10 */
TEST(base64_rfc4648)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t out[16];
        struct buf b;
        size_t n = 0;

        buf_init(&b, 100);
        base64_put(&b, bytes_cstr(rows[i][0]));
        CHECK_STR(buf_cstr(&b), rows[i][1]);
        CHECK_OK(base64_decode(bytes_cstr(rows[i][1]), out, sizeof out, &n));
        CHECK(bytes_eq(BYTES(out, n), bytes_cstr(rows[i][0])));
        buf_fini(&b);
    }
}

TEST(base64_refusals)
{
    static const char *const bad[] = {"Zg=", "Zg", "Z", "Zh==", "Zm9=", "Zm9v\n", "Z===", "Zm 9"};
    uint8_t out[16];
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(base64_decode(bytes_cstr(bad[i]), out, sizeof out, &n), XK_E_FORMAT);
    CHECK_INT(base64_decode(BYTES_STR("Zm9vYmFy"), out, 5, &n), XK_E_LIMIT);
    CHECK_OK(base64url_decode(BYTES_STR("-_8"), out, sizeof out, &n));
    CHECK_HEX(BYTES(out, n), "FBFF");
}

/* Each place of a text within two steps of eight bytes, spoilt. */
TEST(utf8_is_looked_at_everywhere)
{
    uint8_t text[24];

    for (size_t i = 0; i < sizeof text - 1; i++) {
        memset(text, 'a', sizeof text);
        CHECK(utf8_ok(BYTES_OF(text)));
        text[i] = 0xC3;
        CHECK(!utf8_ok(BYTES_OF(text)));
        text[i + 1] = 0xA9; /* e with an acute accent */
        CHECK(utf8_ok(BYTES_OF(text)));
        CHECK(!utf8_ok(BYTES(text, i + 1)));
    }
}

TEST(base64_digits_of_the_other_alphabet)
{
    static const char *const bad[] = {"-_8A", "Zm9vZm9v-m9v", "Zm9v\xC3m9v"};
    uint8_t out[16];
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(base64_decode(bytes_cstr(bad[i]), out, sizeof out, &n), XK_E_FORMAT);
    CHECK_INT(base64url_decode(BYTES_STR("+_8A"), out, sizeof out, &n), XK_E_FORMAT);
    CHECK_INT(base64url_decode(BYTES_STR("-/8"), out, sizeof out, &n), XK_E_FORMAT);
}

TESTS_MAIN(XT_CASE(members_that_are_none_of_the_fields), XT_CASE(lists_by_their_length),
           XT_CASE(refuses_what_is_not_strict_json),
           XT_CASE(takes_colons_and_quotes_inside_strings), XT_CASE(fields_name_what_is_wrong),
           XT_CASE(writes_what_a_strict_reader_takes), XT_CASE(writing_too_deep_fails),
           XT_CASE(base64_rfc4648), XT_CASE(base64_refusals), XT_CASE(utf8_is_looked_at_everywhere),
           XT_CASE(base64_digits_of_the_other_alphabet))
