/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include "base/hex.h"
#include "xt.h"

/* RFC 7914 12, the second and third vectors */
static const struct {
    const char *password, *hash;
} vectors[] = {
    {"password",
     "scrypt$10$8$16$4e61436c$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b37"
     "31622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
    {"pleaseletmein",
     "scrypt$14$8$1$536f6469756d43686c6f72696465$"
     "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b5"
     "43f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
};

TEST(known_answers)
{
    bool same;

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        CHECK_OK(password_check(bytes_cstr(vectors[i].password), vectors[i].hash, &same));
        CHECK(same);
        CHECK_OK(password_check(BYTES_STR("Password"), vectors[i].hash, &same));
        CHECK(!same);
    }
}

TEST(there_and_back)
{
    char one[PASSWORD_HASH_TEXT], two[PASSWORD_HASH_TEXT];
    struct xk_prng prng = {.state = 1};
    struct xk_rand rand = xk_rand_prng(&prng);
    bool same = false;

    CHECK_OK(password_hash(BYTES_STR("correct horse"), &rand, one));
    CHECK_OK(password_hash(BYTES_STR("correct horse"), &rand, two));
    CHECK(strcmp(one, two) != 0); /* a salt of its own */
    CHECK_OK(password_check(BYTES_STR("correct horse"), two, &same));
    CHECK(same);
    CHECK_OK(password_check(BYTES_STR("correct hors"), two, &same));
    CHECK(!same);
    CHECK_OK(password_check(BYTES_NONE, two, &same));
    CHECK(!same);
}

#define KEY                                                                                        \
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d98" \
    "30dac727afb94a83ee6d8360cbdfa2cc0640"
#define SALT_OF_33 "0000000000000000000000000000000000000000000000000000000000000000ff"

/* Each is whole but for one thing. */
TEST(what_is_no_hash)
{
    static const char *const texts[] = {
        "",
        "scrypt$",
        "bcrypt$10$8$16$4e61436c$" KEY,
        "scrypt$18$8$16$4e61436c$" KEY,
        "scrypt$0$8$16$4e61436c$" KEY,
        "scrypt$10$9$16$4e61436c$" KEY,
        "scrypt$10$8$17$4e61436c$" KEY,
        "scrypt$-1$8$16$4e61436c$" KEY,
        "scrypt$ 10$8$16$4e61436c$" KEY,
        "scrypt$99999999999999999999$8$16$4e61436c$" KEY,
        "scrypt$10$8$4e61436c$" KEY,
        "scrypt$10$8$16$4e6143c$" KEY,
        "scrypt$10$8$16$4e6143xx$" KEY,
        "scrypt$10$8$16$" SALT_OF_33 "$" KEY,
        "scrypt$10$8$16$4e61436c" KEY,
        "scrypt$10$8$16$4e61436c$00",
        "scrypt$10$8$16$4e61436c$" KEY "00",
    };
    bool same;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        CHECK_INT(password_check(BYTES_STR("x"), texts[i], &same), XK_E_FORMAT);
    CHECK_OK(password_check(BYTES_STR("x"), "scrypt$10$8$16$4e61436c$" KEY, &same));
    CHECK(!same);
}

TESTS_MAIN(XT_CASE(known_answers), XT_CASE(there_and_back), XT_CASE(what_is_no_hash))
