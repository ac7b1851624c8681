/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keystore.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "xt.h"

#define PATH_LEN 256

/* A directory of its own for each test; nothing but what the test puts there. */
struct place {
    char directory[PATH_LEN / 2];
    char path[PATH_LEN];
};

static struct place place_make(void)
{
    struct place p = {.directory = "keystore-XXXXXX"};

    if (!mkdtemp(p.directory))
        abort();
    snprintf(p.path, sizeof p.path, "%s/master.key", p.directory);
    return p;
}

static unsigned place_count(const struct place *p)
{
    DIR *d = opendir(p->directory);
    struct dirent *e;
    unsigned n = 0;

    while (d && (e = readdir(d)))
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void place_drop(const struct place *p)
{
    unlink(p->path);
    rmdir(p->directory);
}

static size_t file_read(const char *path, uint8_t *out, size_t cap)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(out, 1, cap, f) : 0;

    if (f)
        fclose(f);
    return n;
}

static void file_write(const char *path, const uint8_t *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    close(fd);
}

static struct secret secret_of(const char *text)
{
    struct secret s = {0};

    if (secret_set(&s, bytes_cstr(text)) != XK_OK)
        abort();
    return s;
}

static struct keystore *store_of(uint8_t first)
{
    uint8_t key[32] = {first};
    struct keystore *ks = NULL;

    if (keystore_of_key(BYTES_OF(key), random_openssl(), &ks) != XK_OK)
        abort();
    return ks;
}

TEST(seals_and_unseals)
{
    struct keystore *ks = store_of(1);
    uint8_t sealed[KEYSTORE_SEALED_MAX], again[KEYSTORE_SEALED_MAX];

    for (size_t len = 0; len <= SECRET_MAX; len++) {
        struct secret s = {.n = (uint8_t)len}, got = {0};
        size_t n = 0, again_n = 0;

        memset(s.bytes, 0x5A, len);
        CHECK_OK(keystore_seal(ks, BYTES_STR("card.kic:1"), &s, sealed, sizeof sealed, &n));
        CHECK_INT(n, len + KEYSTORE_OVERHEAD);
        CHECK_OK(keystore_seal(ks, BYTES_STR("card.kic:1"), &s, again, n, &again_n));
        CHECK(memcmp(sealed, again, n) != 0); /* another IV */
        CHECK_OK(keystore_unseal(ks, BYTES_STR("card.kic:1"), BYTES(sealed, n), &got));
        CHECK(bytes_eq(secret_bytes(&s), secret_bytes(&got)));
    }
    keystore_close(ks);
    keystore_close(NULL);
}

/* Each bit of the envelope counts */
TEST(tampering_is_refused)
{
    struct keystore *ks = store_of(1);
    struct secret s = secret_of("0123456789abcdef"), got = secret_of("untouched");
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    size_t n;

    CHECK_OK(keystore_seal(ks, BYTES_STR("ctx"), &s, sealed, sizeof sealed, &n));
    for (size_t bit = 0; bit < 8 * n; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_INT(keystore_unseal(ks, BYTES_STR("ctx"), BYTES(sealed, n), &got),
                  bit < 8 ? XK_E_FORMAT : XK_E_AUTH);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < n; cut++)
        CHECK_INT(keystore_unseal(ks, BYTES_STR("ctx"), BYTES(sealed, cut), &got),
                  cut < KEYSTORE_OVERHEAD ? XK_E_FORMAT : XK_E_AUTH);
    CHECK(bytes_eq(secret_bytes(&got), BYTES_STR("untouched")));
    CHECK_OK(keystore_unseal(ks, BYTES_STR("ctx"), BYTES(sealed, n), &got));
    keystore_close(ks);
}

TEST(other_context_or_key_is_refused)
{
    struct keystore *ks = store_of(1), *other = store_of(2);
    struct secret s = secret_of("k"), got = {0};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    size_t n;

    CHECK_OK(keystore_seal(ks, BYTES_STR("card.kic:1"), &s, sealed, sizeof sealed, &n));
    CHECK_INT(keystore_unseal(ks, BYTES_STR("card.kic:2"), BYTES(sealed, n), &got), XK_E_AUTH);
    CHECK_INT(keystore_unseal(ks, BYTES_STR("card.kic:"), BYTES(sealed, n), &got), XK_E_AUTH);
    CHECK_INT(keystore_unseal(ks, BYTES_NONE, BYTES(sealed, n), &got), XK_E_AUTH);
    CHECK_INT(keystore_unseal(other, BYTES_STR("card.kic:1"), BYTES(sealed, n), &got), XK_E_AUTH);
    /* even when it claims to be of that key */
    memcpy(sealed + 1, (uint8_t[4]){0}, 4);
    CHECK_INT(keystore_unseal(other, BYTES_STR("card.kic:1"), BYTES(sealed, n), &got), XK_E_AUTH);
    keystore_close(ks);
    keystore_close(other);
}

TEST(limits)
{
    struct keystore *ks = store_of(1);
    struct secret s = secret_of("k");
    uint8_t sealed[KEYSTORE_SEALED_MAX + 1] = {1}, key[32] = {0}, context[200] = {0};
    size_t n = 77;

    CHECK_INT(keystore_seal(ks, BYTES_NONE, &s, sealed, KEYSTORE_OVERHEAD, &n), XK_E_LIMIT);
    CHECK_INT(keystore_seal(ks, BYTES_OF(context), &s, sealed, sizeof sealed, &n), XK_E_LIMIT);
    CHECK_INT(n, 77);
    CHECK_INT(keystore_unseal(ks, BYTES_NONE, BYTES_OF(sealed), &s), XK_E_FORMAT);
    keystore_close(ks);
    CHECK_INT(keystore_of_key(BYTES(key, 31), random_openssl(), &ks), XK_E_VALUE);
}

/* Made on first use, 0600, nothing else left behind; the same key the next time */
TEST(file_is_made_once)
{
    struct place p = place_make();
    struct keystore *ks, *again;
    struct secret s = secret_of("k"), got = {0};
    uint8_t sealed[KEYSTORE_SEALED_MAX], file[100];
    struct stat st;
    size_t n;

    REQUIRE(keystore_open(p.path, random_openssl(), &ks) == XK_OK);
    REQUIRE(stat(p.path, &st) == 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(place_count(&p), 1);
    CHECK_INT(file_read(p.path, file, sizeof file), KEYSTORE_FILE_LEN);
    CHECK(memcmp(file, "XIEKAKEY\x01", 9) == 0);
    REQUIRE(keystore_open(p.path, random_openssl(), &again) == XK_OK);
    CHECK_OK(keystore_seal(ks, BYTES_NONE, &s, sealed, sizeof sealed, &n));
    CHECK_OK(keystore_unseal(again, BYTES_NONE, BYTES(sealed, n), &got));
    keystore_close(ks);
    keystore_close(again);
    place_drop(&p);
}

/* A generator during whose work somebody else makes the file */
struct rival {
    const char *path;
    struct keystore *ks;
};

static void rival_fill(void *ctx, uint8_t *out, size_t n)
{
    struct rival *r = ctx;

    if (!r->ks && keystore_open(r->path, random_openssl(), &r->ks) != XK_OK)
        abort();
    xk_rand_fill(random_openssl(), out, n);
}

/* Two daemons start at once: one key wins, both have it, nothing is left behind */
TEST(file_made_by_two_at_once)
{
    struct place p = place_make();
    struct rival rival = {.path = p.path};
    struct xk_rand rand = {.fill = rival_fill, .ctx = &rival};
    struct secret s = secret_of("k"), got = {0};
    uint8_t sealed[KEYSTORE_SEALED_MAX];
    struct keystore *ks;
    size_t n;

    REQUIRE(keystore_open(p.path, &rand, &ks) == XK_OK);
    CHECK_OK(keystore_seal(ks, BYTES_NONE, &s, sealed, sizeof sealed, &n));
    CHECK_OK(keystore_unseal(rival.ks, BYTES_NONE, BYTES(sealed, n), &got));
    CHECK_INT(place_count(&p), 1);
    keystore_close(ks);
    keystore_close(rival.ks);
    place_drop(&p);
}

/* A broken file is refused at any length and any byte, and left as it is */
TEST(broken_file_is_refused)
{
    struct place p = place_make();
    uint8_t file[KEYSTORE_FILE_LEN + 1] = {0}, after[KEYSTORE_FILE_LEN + 1];
    struct keystore *ks;

    REQUIRE(keystore_open(p.path, random_openssl(), &ks) == XK_OK);
    keystore_close(ks);
    REQUIRE(file_read(p.path, file, sizeof file) == KEYSTORE_FILE_LEN);
    for (size_t n = 0; n <= sizeof file; n++) {
        file_write(p.path, file, n);
        if (n == KEYSTORE_FILE_LEN)
            continue;
        CHECK_INT(keystore_open(p.path, random_openssl(), &ks), XK_E_FORMAT);
        CHECK_INT(file_read(p.path, after, sizeof after), n);
    }
    for (size_t i = 0; i < KEYSTORE_FILE_LEN; i++) {
        file[i] ^= 0x40;
        file_write(p.path, file, KEYSTORE_FILE_LEN);
        CHECK_INT(keystore_open(p.path, random_openssl(), &ks), XK_E_FORMAT);
        file[i] ^= 0x40;
    }
    file_write(p.path, file, KEYSTORE_FILE_LEN);
    CHECK_OK(keystore_open(p.path, random_openssl(), &ks));
    keystore_close(ks);
    CHECK_INT(place_count(&p), 1);
    place_drop(&p);
}

TEST(file_open_to_others_is_refused)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666};
    struct place p = place_make();
    struct keystore *ks;

    REQUIRE(keystore_open(p.path, random_openssl(), &ks) == XK_OK);
    keystore_close(ks);
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        REQUIRE(chmod(p.path, modes[i]) == 0);
        CHECK_INT(keystore_open(p.path, random_openssl(), &ks), XK_E_DENIED);
    }
    REQUIRE(chmod(p.path, 0400) == 0);
    CHECK_OK(keystore_open(p.path, random_openssl(), &ks));
    keystore_close(ks);
    place_drop(&p);
}

TEST(file_of_somebody_else_is_refused)
{
    struct place p = place_make();
    struct keystore *ks;

    REQUIRE(keystore_open(p.path, random_openssl(), &ks) == XK_OK);
    keystore_close(ks);
    if (chown(p.path, 65534, (gid_t)-1) != 0) {
        place_drop(&p);
        SKIP("needs root");
    }
    CHECK_INT(keystore_open(p.path, random_openssl(), &ks), XK_E_DENIED);
    place_drop(&p);
}

TEST(not_a_file)
{
    struct place p = place_make();
    struct keystore *ks;

    CHECK_INT(keystore_open(p.directory, random_openssl(), &ks), XK_E_FORMAT);
    REQUIRE(mkfifo(p.path, 0600) == 0);
    CHECK_INT(keystore_open(p.path, random_openssl(), &ks), XK_E_FORMAT);
    CHECK_INT(keystore_open("no/such/directory/key", random_openssl(), &ks), XK_E_IO);
    place_drop(&p);
}

TESTS_MAIN(XT_CASE(seals_and_unseals), XT_CASE(tampering_is_refused),
           XT_CASE(other_context_or_key_is_refused), XT_CASE(limits), XT_CASE(file_is_made_once),
           XT_CASE(file_made_by_two_at_once), XT_CASE(broken_file_is_refused),
           XT_CASE(file_open_to_others_is_refused), XT_CASE(file_of_somebody_else_is_refused),
           XT_CASE(not_a_file))
