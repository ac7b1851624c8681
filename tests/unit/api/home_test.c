/* SPDX-License-Identifier: Apache-2.0 */
#include "api/home/home.h"
#include "crypto/aka.h"
#include "xt.h"

static const uint8_t key[HOME_KEY_LEN] = {1, 2, 3};

static struct home_subscriber sample(void)
{
    struct home_subscriber s = {.op = HOME_OPEN,
                                .imsi = "460040000000001",
                                .msisdn = "1440000000001",
                                .iccid = "89860400000000000015",
                                .algorithm = AKA_TUAK};

    CHECK_OK(secret_set(&s.keys.k, BYTES_STR("0123456789ABCDEF0123456789ABCDEF")));
    CHECK_OK(secret_set(&s.keys.opc, BYTES_STR("abcdefghijklmnopabcdefghijklmnop")));
    return s;
}

static void encode(const struct home_subscriber *s, size_t n, struct buf *b)
{
    struct xk_prng r = {1};
    struct xk_rand rand = xk_rand_prng(&r);

    buf_init(b, 100000);
    CHECK_OK(home_encode_subscribers(s, n, key, &rand, b));
}

TEST(numbers_travel_sealed)
{
    struct home_subscriber in[2] = {sample(), {.op = HOME_CLOSE, .imsi = "460040000000002"}};
    struct home_subscriber out[2];
    struct buf b, why;
    size_t n = 0;

    encode(in, 2, &b);
    CHECK(strstr(buf_cstr(&b), "3031323334353637") == NULL); /* K in hexadecimal */
    buf_init(&why, 1000);
    REQUIRE(home_decode_subscribers(buf_bytes(&b), key, out, 2, &n, &why) == XK_OK);
    CHECK_INT(n, 2);
    CHECK_STR(out[0].msisdn, in[0].msisdn);
    CHECK_INT(out[0].algorithm, AKA_TUAK);
    CHECK(bytes_eq(secret_bytes(&out[0].keys.k), secret_bytes(&in[0].keys.k)));
    CHECK(bytes_eq(secret_bytes(&out[0].keys.opc), secret_bytes(&in[0].keys.opc)));
    CHECK_INT(out[1].op, HOME_CLOSE);
    CHECK_STR(out[1].imsi, "460040000000002");
    buf_fini(&b);
    buf_fini(&why);
}

/* The keys of one number do not open as those of another, nor under another transport key. */
TEST(keys_are_bound_to_their_number)
{
    static const uint8_t other[HOME_KEY_LEN] = {9};
    struct home_subscriber in = sample();
    struct home_subscriber out;
    struct buf b, why;
    size_t n;
    char *imsi;

    encode(&in, 1, &b);
    buf_init(&why, 1000);
    CHECK_INT(home_decode_subscribers(buf_bytes(&b), other, &out, 1, &n, &why), XK_E_FORMAT);
    imsi = strstr(buf_cstr(&b), "460040000000001");
    REQUIRE(imsi != NULL);
    imsi[14] = '2';
    buf_reset(&why);
    CHECK_INT(home_decode_subscribers(buf_bytes(&b), key, &out, 1, &n, &why), XK_E_FORMAT);
    CHECK_STR(buf_cstr(&why), "subscribers[0].keys is wrong");
    buf_fini(&b);
    buf_fini(&why);
}

TEST(refusals_name_the_field)
{
    static const char *const rows[][2] = {
        {"{}", "subscribers: not a list of at most 1"},
        {"{\"subscribers\":[{},{}]}", "subscribers: not a list of at most 1"},
        {"{\"subscribers\":[{\"op\":\"open\"}]}", "subscribers[0].imsi is wrong"},
        {"{\"subscribers\":[{\"op\":\"eat\",\"imsi\":\"460040000000001\"}]}",
         "subscribers[0].op is wrong"},
        {"{\"subscribers\":[{\"op\":\"open\",\"imsi\":\"46004000000000x\"}]}",
         "subscribers[0].imsi is wrong"},
        {"[", "not JSON, byte 1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct home_subscriber out;
        struct buf why;
        size_t n;

        buf_init(&why, 1000);
        CHECK_INT(home_decode_subscribers(bytes_cstr(rows[i][0]), key, &out, 1, &n, &why),
                  XK_E_FORMAT);
        CHECK_STR(buf_cstr(&why), rows[i][1]);
        buf_fini(&why);
    }
}

TEST(events_there_and_back)
{
    const struct home_event in = {.seq = 77,
                                  .type = HOME_ATTACH,
                                  .imsi = "460040000000001",
                                  .msisdn = "1440000000001",
                                  .imei = "860000000000001",
                                  .rat = "NB-IoT",
                                  .plmn = "00101",
                                  .lac = 65535,
                                  .cell = UINT32_MAX,
                                  .time = 1767323045678};
    struct home_event out;
    struct buf b, why;
    uint64_t seq = 0;
    size_t n = 0;

    buf_init(&b, 10000);
    buf_init(&why, 1000);
    CHECK_OK(home_encode_events(&in, 1, &b));
    REQUIRE(home_decode_events(buf_bytes(&b), &out, 1, &n, &why) == XK_OK);
    CHECK_INT(n, 1);
    CHECK_INT(out.seq, 77);
    CHECK_STR(out.imei, in.imei);
    CHECK_STR(out.rat, "NB-IoT");
    CHECK_INT(out.cell, UINT32_MAX);
    CHECK_INT(out.time, in.time);
    buf_reset(&b);
    CHECK_OK(home_encode_taken(77, &b));
    CHECK_OK(home_decode_taken(buf_bytes(&b), &seq));
    CHECK_INT(seq, 77);
    buf_fini(&b);
    buf_fini(&why);
}

TEST(bearer_token)
{
    CHECK(home_authorised("Bearer secret", "secret"));
    CHECK(!home_authorised("Bearer secreT", "secret"));
    CHECK(!home_authorised("Bearer secret2", "secret"));
    CHECK(!home_authorised("secret", "secret"));
    CHECK(!home_authorised("Bearer ", ""));
    CHECK(!home_authorised(NULL, "secret"));
}

TESTS_MAIN(XT_CASE(numbers_travel_sealed), XT_CASE(keys_are_bound_to_their_number),
           XT_CASE(refusals_name_the_field), XT_CASE(events_there_and_back), XT_CASE(bearer_token))
