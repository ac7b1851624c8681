/* SPDX-License-Identifier: Apache-2.0 */
#include "euicc_bench.h"
#include "xt.h"

TEST(install)
{
    struct bench b;

    bench_init(&b, EC_P256);
    bench_open(&b);
    CHECK_INT(b.sw, SW_OK);
    CHECK_INT(bench_authenticate(&b), 0);
    CHECK_INT(bench_prepare(&b), 0);
    CHECK_INT(bench_install(&b), BENCH_INSTALLED);
    CHECK_STR(bench_profiles(&b), BENCH_ICCID);
    CHECK_STR(bench_notifications(&b), "1:install@" RSP_DP_HOST);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(install))
