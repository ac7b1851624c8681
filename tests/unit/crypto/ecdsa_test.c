/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ecdsa.h"

#include <pthread.h>

#include "crypto/random.h"
#include "xt.h"

/* RFC 6979 A.2.5, P-256 with SHA-256 */
#define RFC6979_X "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
#define RFC6979_U                                                                                  \
    "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"                           \
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
static const struct {
    const char *message, *signature;
} rfc6979[] = {
    {"sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
               "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
    {"test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
             "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
};

static struct ec_key *key_of(enum ec_curve curve, const char *hex)
{
    uint8_t scalar[EC_SCALAR_LEN];
    struct ec_key *key = NULL;

    CHECK_OK(hex_decode_exact(bytes_cstr(hex), scalar, sizeof scalar));
    CHECK_OK(ec_key_import(curve, BYTES_OF(scalar), &key));
    return key;
}

static enum xk_err verify_one(const struct ec_key *key, struct bytes data, const uint8_t *signature)
{
    return ecdsa_verify_point(ec_key_curve(key), ec_key_point(key), &data, 1,
                              BYTES(signature, ECDSA_LEN));
}

TEST(published_signatures_verify)
{
    struct ec_key *key = key_of(EC_P256, RFC6979_X);

    CHECK_HEX(ec_key_point(key), RFC6979_U);
    for (size_t i = 0; i < ARRAY_LEN(rfc6979); i++) {
        uint8_t signature[ECDSA_LEN];

        CHECK_OK(hex_decode_exact(bytes_cstr(rfc6979[i].signature), signature, sizeof signature));
        CHECK_OK(verify_one(key, bytes_cstr(rfc6979[i].message), signature));
        CHECK_INT(verify_one(key, bytes_cstr("other"), signature), XK_E_AUTH);
    }
    ec_key_free(key);
}

TEST(every_bit_counts)
{
    struct ec_key *key = key_of(EC_P256, RFC6979_X);
    uint8_t signature[ECDSA_LEN];

    CHECK_OK(hex_decode_exact(bytes_cstr(rfc6979[0].signature), signature, sizeof signature));
    for (size_t i = 0; i < 8 * sizeof signature; i++) {
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
        CHECK_INT(verify_one(key, bytes_cstr("sample"), signature), XK_E_AUTH);
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    CHECK_OK(verify_one(key, bytes_cstr("sample"), signature));
    ec_key_free(key);
}

TEST(zero_and_order_are_no_signatures)
{
    struct ec_key *key = key_of(EC_P256, RFC6979_X);
    uint8_t signature[ECDSA_LEN] = {0};

    CHECK_INT(verify_one(key, bytes_cstr("sample"), signature), XK_E_AUTH);
    memset(signature, 0xFF, sizeof signature);
    CHECK_INT(verify_one(key, bytes_cstr("sample"), signature), XK_E_AUTH);
    ec_key_free(key);
}

TEST(signs_on_both_curves_over_parts)
{
    const struct bytes parts[] = {BYTES_STR("one"), BYTES_NONE, BYTES_STR("two"), BYTES_STR("3")};
    const struct bytes joined = BYTES_STR("onetwo3");

    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        uint8_t signature[ECDSA_LEN];
        struct ecdsa_public *public = NULL;
        struct ec_key *key = NULL;

        CHECK_OK(ec_key_generate(curve, random_openssl(), &key));
        CHECK_OK(ecdsa_public_new(curve, ec_key_point(key), &public));
        CHECK_OK(ecdsa_sign(key, parts, ARRAY_LEN(parts), signature));
        CHECK_OK(verify_one(key, joined, signature));
        CHECK_OK(ecdsa_verify(public, parts, ARRAY_LEN(parts), BYTES_OF(signature)));
        CHECK_INT(ecdsa_verify(public, parts, 3, BYTES_OF(signature)), XK_E_AUTH);
        for (size_t n = 0; n < sizeof signature; n++)
            CHECK_INT(ecdsa_verify(public, parts, 4, BYTES(signature, n)), XK_E_AUTH);
        ecdsa_public_free(public);
        ec_key_free(key);
    }
}

TEST(points_off_the_curve_are_refused)
{
    struct ec_key *p256 = key_of(EC_P256, RFC6979_X);
    struct ecdsa_public *public = NULL;
    uint8_t signature[ECDSA_LEN] = {1};
    const struct bytes data = BYTES_STR("x");

    CHECK_INT(ecdsa_public_new(EC_BRAINPOOL_P256R1, ec_key_point(p256), &public), XK_E_VALUE);
    CHECK_INT(ecdsa_public_new(EC_P256, bytes_part(ec_key_point(p256), 0, 64), &public),
              XK_E_VALUE);
    CHECK_INT(ecdsa_public_new(EC_P256, BYTES_NONE, &public), XK_E_VALUE);
    CHECK(public == NULL);
    CHECK_INT(
        ecdsa_verify_point(EC_BRAINPOOL_P256R1, ec_key_point(p256), &data, 1, BYTES_OF(signature)),
        XK_E_VALUE);
    ec_key_free(p256);
}

TEST(key_files)
{
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        uint8_t a[EC_SCALAR_LEN], b[EC_SCALAR_LEN];
        struct ec_key *key = NULL, *again = NULL;
        struct buf pem;

        buf_init(&pem, 4096);
        CHECK_OK(ec_key_generate(curve, random_openssl(), &key));
        CHECK_OK(ec_key_write_pem(key, &pem));
        CHECK(strncmp(buf_cstr(&pem), "-----BEGIN PRIVATE KEY-----\n", 28) == 0);
        CHECK_OK(ec_key_read(buf_bytes(&pem), &again));
        CHECK_INT(ec_key_curve(again), curve);
        CHECK(bytes_eq(ec_key_point(key), ec_key_point(again)));
        CHECK_OK(ec_key_export(key, a));
        CHECK_OK(ec_key_export(again, b));
        CHECK(memcmp(a, b, sizeof a) == 0);
        ec_key_free(key);
        ec_key_free(again);
        buf_fini(&pem);
    }
}

/* RFC 5915 (SEC 1) of the RFC 6979 key, and what is no key of ours. */
#define SEC1 "30770201010420" RFC6979_X "A00A06082A8648CE3D030107A144034200" RFC6979_U
static const char ed25519_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n"; /* RFC 8032 7.1 test 1, Ed25519 */

/* Made by openssl pkcs8 -topk8 with a passphrase: there is nobody to ask for it. */
static const char encrypted_pem[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgEc1jodbVr8gICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEM2DRqQLaFDijk/Xdovp6ooEgZAp\n"
    "XX6eN/vp6Kr+qlzeiHyArnhxlZ7PbjtFBtGLhi8nvSJWcnvK2Eci4zCN82Hv9K5I\n"
    "1rl2lpdeoFQue0uUZyG+CUbbl5m9cKrx8qlnBWlcF5eRO2RL/llmklVBwzfYHLE0\n"
    "n+6CyKM6dJy+ZUbEqnQyAdyTFXdH917Uf0TYbFSjS0O2+tsd5dxJDHglMkLBUzI=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

TEST(other_key_files)
{
    uint8_t der[256];
    size_t n;
    struct ec_key *key = NULL;

    CHECK_OK(hex_decode(bytes_cstr(SEC1), der, sizeof der, &n));
    CHECK_OK(ec_key_read(BYTES(der, n), &key));
    CHECK_HEX(ec_key_point(key), RFC6979_U);
    ec_key_free(key);
    for (size_t cut = 0; cut < n; cut++)
        CHECK_INT(ec_key_read(BYTES(der, cut), &key), XK_E_FORMAT);
    CHECK_INT(ec_key_read(bytes_cstr(ed25519_pem), &key), XK_E_UNSUPPORTED);
    CHECK_INT(ec_key_read(bytes_cstr(encrypted_pem), &key), XK_E_FORMAT);
    CHECK_INT(ec_key_read(BYTES_STR("-----BEGIN PRIVATE KEY-----\n"), &key), XK_E_FORMAT);
}

/* The seam of a hardware module: signing goes through the operations, the scalar is not there. */
struct module {
    struct ec_key *inner;
    int calls, freed;
};

static enum xk_err module_sign(void *ctx, const uint8_t digest[32], uint8_t signature[64])
{
    struct module *m = ctx;

    m->calls++;
    memset(signature, digest[0], 64);
    return XK_OK;
}

static void module_free(void *ctx)
{
    ((struct module *)ctx)->freed++;
}

TEST(a_key_held_elsewhere)
{
    static const struct ec_key_ops ops = {.sign_digest = module_sign, .free = module_free};
    struct module m = {.inner = key_of(EC_P256, RFC6979_X)};
    struct ec_key *key = NULL;
    uint8_t signature[ECDSA_LEN], scalar[EC_SCALAR_LEN];
    const struct bytes data = BYTES_STR("abc");
    struct buf pem;

    CHECK_OK(ec_key_remote(EC_P256, ec_key_point(m.inner), &ops, &m, &key));
    CHECK(bytes_eq(ec_key_point(key), ec_key_point(m.inner)));
    CHECK_OK(ecdsa_sign(key, &data, 1, signature));
    CHECK_INT(m.calls, 1);
    CHECK_INT(signature[63], 0xBA); /* SHA-256("abc") starts so */
    CHECK_INT(ec_key_export(key, scalar), XK_E_DENIED);
    buf_init(&pem, 100);
    CHECK_INT(ec_key_write_pem(key, &pem), XK_E_DENIED);
    ec_key_free(key);
    CHECK_INT(m.freed, 1);
    ec_key_free(m.inner);
    buf_fini(&pem);
}

/* Keys are shared without a lock. */
struct job {
    const struct ec_key *key;
    const struct ecdsa_public *public;
    unsigned good;
};

static void *run_job(void *arg)
{
    const struct bytes data = BYTES_STR("the same for all");
    struct job *job = arg;
    uint8_t signature[ECDSA_LEN];

    for (unsigned i = 0; i < 50; i++) {
        if (ecdsa_sign(job->key, &data, 1, signature) == XK_OK &&
            ecdsa_verify(job->public, &data, 1, BYTES_OF(signature)) == XK_OK &&
            verify_one(job->key, data, signature) == XK_OK)
            job->good++;
    }
    return NULL;
}

TEST(threads_share_keys)
{
    struct ec_key *key = key_of(EC_P256, RFC6979_X);
    struct ecdsa_public *public = NULL;
    struct job jobs[4];
    pthread_t threads[ARRAY_LEN(jobs)];

    CHECK_OK(ecdsa_public_new(EC_P256, ec_key_point(key), &public));
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        jobs[i] = (struct job){.key = key, .public = public};
        CHECK_INT(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        CHECK_INT(pthread_join(threads[i], NULL), 0);
        CHECK_INT(jobs[i].good, 50);
    }
    ecdsa_public_free(public);
    ec_key_free(key);
}

struct der_row {
    const char *der;
    const char *raw; /* NULL: refused */
};

#define R1 "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
#define S1 "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
#define Z31 "00000000000000000000000000000000000000000000000000000000000000"
static const struct der_row der_rows[] = {
    {"3045022100" R1 "0220" S1, R1 S1},
    {"3006020101020102", Z31 "01" Z31 "02"},
    {"3007020200FF020100", Z31 "FF" Z31 "00"},
    {"3044022100" R1 "0220" S1, NULL},      /* length one short */
    {"3046022100" R1 "0220" S1, NULL},      /* one long */
    {"3045022100" R1 "0220" S1 "00", NULL}, /* something behind */
    {"30440220" R1 "0220" S1, NULL},        /* negative */
    {"3007020200010201FF", NULL},
    {"300702020001020102", NULL},        /* not shortest */
    {"3005020002010A", NULL},            /* empty */
    {"308106020101020102", NULL},        /* long form of a short length */
    {"3026022101" Z31 "00020102", NULL}, /* 33 bytes */
    {"", NULL},
    {"30", NULL},
};

TEST(signature_forms)
{
    for (size_t i = 0; i < ARRAY_LEN(der_rows); i++) {
        uint8_t der[128], raw[ECDSA_LEN], back[ECDSA_DER_MAX];
        size_t n;

        if (hex_decode(bytes_cstr(der_rows[i].der), der, sizeof der, &n) != XK_OK) {
            printf("# row %zu\n", i);
            CHECK(!"hex");
            continue;
        }
        CHECK_INT(ecdsa_from_der(BYTES(der, n), raw), der_rows[i].raw ? XK_OK : XK_E_FORMAT);
        if (!der_rows[i].raw)
            continue;
        CHECK_HEX(BYTES_OF(raw), der_rows[i].raw);
        CHECK_INT(ecdsa_to_der(raw, back), n);
        CHECK_HEX(BYTES(back, n), der_rows[i].der);
    }
}

TESTS_MAIN(XT_CASE(published_signatures_verify), XT_CASE(every_bit_counts),
           XT_CASE(zero_and_order_are_no_signatures), XT_CASE(signs_on_both_curves_over_parts),
           XT_CASE(points_off_the_curve_are_refused), XT_CASE(key_files), XT_CASE(other_key_files),
           XT_CASE(a_key_held_elsewhere), XT_CASE(signature_forms), XT_CASE(threads_share_keys))
