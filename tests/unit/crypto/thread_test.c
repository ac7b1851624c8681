/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "xt.h"

/* Contexts are per thread: threads that start, compute and end side by side neither disturb each
 * other nor leave anything behind (the sanitizers watch). */
#define THREADS 8
#define ROUNDS 200

static void *work(void *arg)
{
    uint8_t key[16] = {0}, data[48] = {0}, back[48], mac[16], digest[HASH_LEN];
    bool *failed = arg;

    for (unsigned i = 0; i < ROUNDS && !*failed; i++) {
        key[0] = (uint8_t)i;
        *failed = cipher_cbc_encrypt(CIPHER_AES, BYTES_OF(key), NULL, BYTES_OF(data), back) ||
                  cipher_cbc_decrypt(CIPHER_AES, BYTES_OF(key), NULL, BYTES_OF(back), back) ||
                  memcmp(data, back, sizeof data) != 0 ||
                  cipher_cmac(BYTES_OF(key), BYTES_OF(data), mac) ||
                  hash_hmac(HASH_SM3, BYTES_OF(key), BYTES_OF(data), digest);
    }
    return NULL;
}

TEST(threads)
{
    pthread_t threads[THREADS];
    bool failed[THREADS] = {false};

    for (size_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, work, &failed[i]) == 0);
    for (size_t i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_join(threads[i], NULL), 0);
        CHECK(!failed[i]);
    }
}

TESTS_MAIN(XT_CASE(threads))
