/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over its corpus without libFuzzer, so that every compiler replays it:
 *
 *     replay_tlv CORPUS_DIRECTORY     each file as it is, then bent copies of it; prints TAP
 *     replay_tlv FILE...              these files only, as they are
 *
 * The bent copies are the same in every run. With XK_REPLAY_KEEP=PATH each input is written to PATH
 * before it runs, so that the one that crashed is there afterwards. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1 << 20)
#define FILES_MAX 4096
#define RUNS 16000 /* bent copies over the whole corpus, half by place, half at random */

static const uint8_t edges[] = {0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0xFE, 0xFF};

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void keep(const uint8_t *data, size_t n)
{
    const char *path = getenv("XK_REPLAY_KEEP");
    FILE *f = path ? fopen(path, "wb") : NULL;

    if (!f)
        return;
    fwrite(data, 1, n, f);
    fclose(f);
}

/* A block of exactly n bytes, so that sanitizers see the first byte read too far. */
static void run_one(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    if (!copy)
        abort();
    if (n)
        memcpy(copy, data, n);
    keep(data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

/* At every byte, or at as many as `runs` allow: cut there, one bit turned, an edge value. */
static void bend_in_order(uint8_t *data, size_t n, size_t runs)
{
    size_t step = 1 + 3 * n / (runs + 1);

    for (size_t i = 0; i < n; i += step) {
        uint8_t was = data[i];

        run_one(data, i);
        data[i] = (uint8_t)(was ^ 1U << i % 8);
        run_one(data, n);
        data[i] = edges[i % sizeof edges];
        run_one(data, n);
        data[i] = was;
    }
}

static void bend_at_random(const uint8_t *data, size_t n, size_t runs, uint32_t seed)
{
    uint32_t state = seed | 1;
    uint8_t *bent = malloc(n);

    if (!bent)
        abort();
    while (runs-- > 0) {
        size_t len = n;

        memcpy(bent, data, n);
        for (uint32_t times = 1 + next_random(&state) % 4; times > 0; times--)
            bent[next_random(&state) % n] = (uint8_t)next_random(&state);
        if (next_random(&state) % 4 == 0)
            len = next_random(&state) % n;
        run_one(bent, len);
    }
    free(bent);
}

static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);

    if (!f || !data) {
        perror(path);
        exit(1);
    }
    *n = fread(data, 1, INPUT_MAX, f);
    fclose(f);
    return data;
}

static void replay(const char *path, int number, const char *name, size_t runs)
{
    size_t n;
    uint8_t *data = read_file(path, &n);

    run_one(data, n);
    if (n > 0) {
        bend_in_order(data, n, runs / 2);
        bend_at_random(data, n, runs / 2, (uint32_t)n * 2654435761U + (uint32_t)number);
    }
    free(data);
    printf("ok %d - %s\n", number, name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_directory(const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_visible, alphasort);
    char path[4096];

    if (n <= 0 || n > FILES_MAX) {
        printf("Bail out! no corpus in %s\n", directory);
        return 1;
    }
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        replay(path, i + 1, entries[i]->d_name, RUNS / (size_t)n);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

int main(int argc, char **argv)
{
    struct stat st;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && stat(argv[1], &st) == 0 && S_ISDIR(st.st_mode))
        return replay_directory(argv[1]);
    for (int i = 1; i < argc; i++) {
        size_t n;
        uint8_t *data = read_file(argv[i], &n);

        run_one(data, n);
        free(data);
        printf("%s: ran\n", argv[i]);
    }
    return argc < 2;
}
