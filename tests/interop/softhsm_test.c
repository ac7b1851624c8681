/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a hardware security module: SoftHSM, over PKCS#11. */
#include "crypto/hsm.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/ecdsa.h"
#include "crypto/random.h"
#include "xt.h"

#define UTIL "/usr/bin/softhsm2-util"
#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define PIN "5283"
#define THREADS 4
#define ROUNDS 25

static struct {
    char dir[64];
    char pin_file[128];
    struct ec_key *keys[EC_CURVES]; /* what was put into the token */
    bool ready;
} hsm;

static int run(const char *const *argv)
{
    char *copy[20];
    size_t n = 0;
    int status = -1;
    posix_spawn_file_actions_t quiet;
    pid_t pid;

    for (; argv[n] && n < ARRAY_LEN(copy) - 1; n++)
        copy[n] = strdup(argv[n]);
    copy[n] = NULL;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, argv[0], &quiet, NULL, copy, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&quiet);
    for (size_t i = 0; i < n; i++)
        free(copy[i]);
    return status;
}

static void write_file(const char *path, struct bytes text)
{
    FILE *f = fopen(path, "w");

    REQUIRE(f != NULL);
    CHECK_INT(fwrite(text.p, 1, text.n, f), text.n);
    fclose(f);
}

static const char *label_of(enum ec_curve curve)
{
    return curve == EC_P256 ? "DPauth" : "DPauth-brainpool";
}

static void put_key(enum ec_curve curve)
{
    char path[128];
    const char *const import[] = {
        UTIL,      "--import",      path,   "--token",           "xieka", "--pin", PIN,
        "--label", label_of(curve), "--id", curve ? "02" : "01", NULL};
    struct buf pem;

    buf_init(&pem, 4096);
    snprintf(path, sizeof path, "%s/key.pem", hsm.dir);
    CHECK_OK(ec_key_generate(curve, random_openssl(), &hsm.keys[curve]));
    CHECK_OK(ec_key_write_pem(hsm.keys[curve], &pem));
    write_file(path, buf_bytes(&pem));
    CHECK_INT(run(import), 0);
    unlink(path);
    buf_fini(&pem);
}

/* One token for all tests, in a folder of its own. */
static bool start(void)
{
    static const char *const init[] = {
        UTIL, "--init-token", "--free",   "--label", "xieka", "--pin",
        PIN,  "--so-pin",     "87654321", NULL};
    char conf[128], text[256];

    if (hsm.ready || access(UTIL, X_OK) != 0 || access(MODULE, R_OK) != 0)
        return hsm.ready;
    snprintf(hsm.dir, sizeof hsm.dir, "/tmp/xk-softhsm-XXXXXX");
    if (!mkdtemp(hsm.dir))
        return false;
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", hsm.dir);
    snprintf(hsm.pin_file, sizeof hsm.pin_file, "%s/pin", hsm.dir);
    snprintf(text, sizeof text, "directories.tokendir = %s\nlog.level = ERROR\n", hsm.dir);
    write_file(conf, bytes_cstr(text));
    write_file(hsm.pin_file, BYTES_STR(PIN "\n"));
    setenv("SOFTHSM2_CONF", conf, 1);
    if (run(init) != 0)
        return false;
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++)
        put_key(curve);
    hsm.ready = true;
    return true;
}

#define REQUIRE_HSM()                                                                              \
    do {                                                                                           \
        if (!start())                                                                              \
            SKIP("no SoftHSM");                                                                    \
    } while (0)

static enum xk_err open_uri(const char *uri, struct ec_key **out)
{
    char mem[512];
    struct buf why;
    enum xk_err err;

    buf_init_fixed(&why, mem, sizeof mem);
    err = hsm_key_open(bytes_cstr(uri), out, &why);
    if (err != XK_OK) {
        printf("# %s: %s\n", uri, buf_cstr(&why));
        CHECK(why.n > 0);
    }
    return err;
}

static enum xk_err open_key(enum ec_curve curve, struct ec_key **out)
{
    char uri[512];

    snprintf(uri, sizeof uri, "pkcs11:token=xieka;object=%s?module-path=" MODULE "&pin-source=%s",
             label_of(curve), hsm.pin_file);
    return open_uri(uri, out);
}

static enum xk_err sign_and_verify(const struct ec_key *key)
{
    const struct bytes parts[] = {BYTES_STR("signed "), BYTES_STR("there")};
    uint8_t signature[ECDSA_LEN];

    TRY(ecdsa_sign(key, parts, 2, signature));
    return ecdsa_verify_point(ec_key_curve(key), ec_key_point(key), parts, 2, BYTES_OF(signature));
}

TEST(signs_on_both_curves)
{
    REQUIRE_HSM();
    for (enum ec_curve curve = 0; curve < EC_CURVES; curve++) {
        struct ec_key *key = NULL;
        uint8_t scalar[EC_SCALAR_LEN];

        REQUIRE(open_key(curve, &key) == XK_OK);
        CHECK_INT(ec_key_curve(key), curve);
        CHECK(bytes_eq(ec_key_point(key), ec_key_point(hsm.keys[curve])));
        CHECK_OK(sign_and_verify(key));
        CHECK_INT(ec_key_export(key, scalar), XK_E_DENIED);
        ec_key_free(key);
    }
}

TEST(by_its_id)
{
    struct ec_key *key = NULL;

    REQUIRE_HSM();
    CHECK_OK(open_uri("pkcs11:token=xieka;id=%02?module-path=" MODULE "&pin-value=" PIN, &key));
    CHECK_INT(ec_key_curve(key), EC_BRAINPOOL_P256R1);
    ec_key_free(key);
}

TEST(what_is_refused)
{
    static const struct {
        const char *uri;
        enum xk_err want;
    } rows[] = {
        {"pkcs11:token=other;object=DPauth?module-path=" MODULE "&pin-value=" PIN, XK_E_NOT_FOUND},
        {"pkcs11:token=xieka;object=none?module-path=" MODULE "&pin-value=" PIN, XK_E_NOT_FOUND},
        {"pkcs11:token=xieka;object=DPauth?module-path=" MODULE "&pin-value=1111", XK_E_AUTH},
        {"pkcs11:token=xieka;object=DPauth?module-path=" MODULE, XK_E_NOT_FOUND}, /* private */
        {"pkcs11:token=xieka;object=DPauth?module-path=/nowhere.so", XK_E_NOT_FOUND},
        {"pkcs11:token=xieka;object=DPauth?module-path=" MODULE "&pin-source=/nowhere",
         XK_E_NOT_FOUND},
        {"pkcs11:token=%ZZ", XK_E_FORMAT},
        {"file:key.pem", XK_E_FORMAT},
    };

    REQUIRE_HSM();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ec_key *key = NULL;

        CHECK_INT(open_uri(rows[i].uri, &key), rows[i].want);
        CHECK(key == NULL);
    }
}

struct job {
    const struct ec_key *key;
    unsigned good;
};

static void *run_job(void *arg)
{
    struct job *job = arg;

    for (unsigned i = 0; i < ROUNDS; i++)
        job->good += sign_and_verify(job->key) == XK_OK;
    return NULL;
}

TEST(threads_share_a_key)
{
    struct job jobs[THREADS];
    pthread_t threads[THREADS];
    struct ec_key *key = NULL, *other = NULL;

    REQUIRE_HSM();
    REQUIRE(open_key(EC_P256, &key) == XK_OK);
    REQUIRE(open_key(EC_BRAINPOOL_P256R1, &other) == XK_OK); /* a second one of the token */
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.key = i % 2 ? key : other};
        CHECK_INT(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_join(threads[i], NULL), 0);
        CHECK_INT(jobs[i].good, ROUNDS);
    }
    ec_key_free(other);
    CHECK_OK(sign_and_verify(key)); /* closing one does not close the other */
    ec_key_free(key);
}

static void clean_up(void)
{
    static const char *const words[] = {"/bin/rm", "-rf", hsm.dir, NULL};

    for (size_t i = 0; i < EC_CURVES; i++)
        ec_key_free(hsm.keys[i]);
    if (hsm.dir[0])
        (void)run(words);
}

TEST(clean)
{
    clean_up();
}

TESTS_MAIN(XT_CASE(signs_on_both_curves), XT_CASE(by_its_id), XT_CASE(what_is_refused),
           XT_CASE(threads_share_a_key), XT_CASE(clean))
