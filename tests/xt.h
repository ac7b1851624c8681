/* SPDX-License-Identifier: Apache-2.0 */
/* The test harness: prints TAP. A test program is
 *
 *     TEST(name) { CHECK(a == b); CHECK_INT(got, want); CHECK_HEX(bytes, "A0B1"); }
 *     TESTS_MAIN(XT_CASE(name), XT_CASE(other))
 *
 * A failed check prints where and what, and fails its test; the test goes on.
 * REQUIRE ends the test at once. Wanting something the machine has not: SKIP("why") in the test. */
#ifndef TESTS_XT_H
#define TESTS_XT_H

#include <inttypes.h>

#include "base/hex.h"

/* Weak, so that all files of a test program share them. */
__attribute__((weak)) int xt_failures;
__attribute__((weak)) const char *xt_skip_reason;

static inline void xt_fail(const char *file, int line, const char *what)
{
    xt_failures++;
    printf("# %s:%d: %s\n", file, line, what);
}

static inline void xt_check_int(const char *file, int line, const char *what, int64_t got,
                                int64_t want)
{
    char text[512];

    if (got == want)
        return;
    snprintf(text, sizeof text, "%s: got %" PRId64 " (0x%" PRIX64 "), want %" PRId64, what, got,
             (uint64_t)got, want);
    xt_fail(file, line, text);
}

static inline void xt_check_str(const char *file, int line, const char *what, const char *got,
                                const char *want)
{
    if (got && want && strcmp(got, want) == 0)
        return;
    xt_fail(file, line, what);
    printf("#   got:  %s\n#   want: %s\n", got ? got : "(null)", want ? want : "(null)");
}

/* want: hexadecimal text; spaces are ignored */
static inline void xt_check_hex(const char *file, int line, const char *what, struct bytes got,
                                const char *want)
{
    size_t n = 0;
    bool same = true;

    for (const char *p = want; *p; p++) {
        int digit = hex_digit(*p);

        if (digit < 0)
            continue;
        if (n / 2 >= got.n || ((got.p[n / 2] >> (n % 2 ? 0 : 4)) & 15) != digit)
            same = false;
        n++;
    }
    if (same && n == 2 * got.n)
        return;
    xt_fail(file, line, what);
    printf("#   got:  ");
    for (size_t i = 0; i < got.n; i++)
        printf("%02x", got.p[i]);
    printf("\n#   want: %s\n", want);
}

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            xt_fail(__FILE__, __LINE__, #cond);                                                    \
    } while (0)
#define REQUIRE(cond)                                                                              \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            xt_fail(__FILE__, __LINE__, "required: " #cond);                                       \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define CHECK_INT(got, want) xt_check_int(__FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(want))
#define CHECK_STR(got, want) xt_check_str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_HEX(got, want) xt_check_hex(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_OK(call) xt_check_int(__FILE__, __LINE__, #call, (int64_t)(call), XK_OK)
#define SKIP(why)                                                                                  \
    do {                                                                                           \
        xt_skip_reason = (why);                                                                    \
        return;                                                                                    \
    } while (0)

#define TEST(name) static void test_##name(void)

struct xt_case {
    const char *name;
    void (*run)(void);
};

static inline int xt_run(const struct xt_case *cases, size_t n)
{
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        xt_failures = 0;
        xt_skip_reason = NULL;
        cases[i].run();
        printf("%s %zu - %s%s%s\n", xt_failures ? "not ok" : "ok", i + 1, cases[i].name,
               xt_skip_reason ? " # SKIP " : "", xt_skip_reason ? xt_skip_reason : "");
        failed += xt_failures != 0;
    }
    return failed != 0;
}

/* clang-format off */
#define XT_CASE(name) {#name, test_##name}
/* Under a name that is no identifier: "SGP.23 4.3.2 AuthenticateClientNIST 01_Nominal: ..." */
#define XT_NAMED(text, name) {text, test_##name}
/* clang-format on */
/* TESTS_MAIN(XT_CASE(a), XT_CASE(b)) */
#define TESTS_MAIN(...)                                                                            \
    int main(void)                                                                                 \
    {                                                                                              \
        static const struct xt_case cases[] = {__VA_ARGS__};                                       \
                                                                                                   \
        return xt_run(cases, sizeof cases / sizeof cases[0]);                                      \
    }

#endif
