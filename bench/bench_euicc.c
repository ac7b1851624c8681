/* SPDX-License-Identifier: Apache-2.0 */
/* Installations a second of an eUICC: from GetEUICCChallenge to the ProfileInstallationResult,
 * over APDUs, then deleted again. Only the card's own CPU time counts: euicc_transmit is wrapped
 * (--wrap of the linker), the SM-DP+ of the test bench works between its calls.
 *
 * Floor: the ECDSA, key agreement and hashing of those steps by OpenSSL alone. */
#include "cpu.h"
#include "dp_die.h"
#include "dp_floor.h"
#include "euicc_bench.h"
#include "rsp_profile.h"

#define RUNS 61
#define INSTALLS 10

/* SGP.22 5.7.5, 5.7.6, 5.7.13: CERT.DPauth, serverSignature1, CERT.DPpb, smdpSignature2, smdpSign
 * are verified; euiccSignature1, 2 and euiccSignPIR made. */
static const struct dp_operations operations = {
    .sign = 3,
    .verify = 5,
    .signed_bytes = {450, 150, 450, 250, 200, 300, 150, 150},
    .n_signed = 8,
    .agree = 1,
    .derived_bytes = 72,
    .protected_bytes = 512,
    .random_bytes = RSP_CHALLENGE_LEN + EC_SCALAR_LEN,
};

static double card_us;

/* The names are the linker's. */
enum xk_err __real_euicc_transmit(struct euicc *card, struct bytes command, struct buf *out);
enum xk_err __wrap_euicc_transmit(struct euicc *card, struct bytes command, struct buf *out);

enum xk_err __wrap_euicc_transmit(struct euicc *card, struct bytes command, struct buf *out)
{
    double start = cpu_us();
    enum xk_err err = __real_euicc_transmit(card, command, out);

    card_us += cpu_us() - start;
    return err;
}

static double install_us(struct bench *b)
{
    double spent = 0;

    for (size_t i = 0; i < INSTALLS; i++) {
        card_us = 0;
        if (bench_install(b) != BENCH_INSTALLED)
            dp_die("bench_install");
        spent += card_us;
        if (bench_delete(b, BENCH_ICCID) != 0)
            dp_die("bench_delete");
    }
    return spent / INSTALLS;
}

static double floor_us(struct dp_floor *f)
{
    double start = cpu_us();

    for (size_t i = 0; i < INSTALLS; i++) {
        dp_floor_ecdsa(f, &operations);
        dp_floor_rest(f, &operations);
    }
    return (cpu_us() - start) / INSTALLS;
}

int main(void)
{
    double value[RUNS], floor[RUNS], ratio[RUNS];
    struct dp_floor *f = dp_floor_new();
    struct bench b;
    struct buf upp;

    bench_init(&b, EC_P256);
    buf_init(&upp, BENCH_SIZE);
    profile_put(&upp, b.iccid);
    b.dp.upp = buf_bytes(&upp);
    bench_open(&b);
    for (size_t i = 0; i < RUNS; i++) {
        value[i] = install_us(&b);
        floor[i] = floor_us(f);
        ratio[i] = value[i] / floor[i];
    }
    printf("{\"name\":\"euicc_installs_per_s\",\"value\":%.0f,\"unit\":\"1/s\",\"floor\":%.0f,"
           "\"ratio\":%.3f,\"runs\":%d}\n",
           1e6 / cpu_median(value, RUNS), 1e6 / cpu_median(floor, RUNS), cpu_median(ratio, RUNS),
           RUNS);
    bench_fini(&b);
    buf_fini(&upp);
    dp_floor_free(f);
    return 0;
}
