/* SPDX-License-Identifier: Apache-2.0 */
/* A card file for each eUICC that `xieka pki euicc` has made certificates for. A file gets its name
 * when it is whole, so a batch that was broken off goes on where it was. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "prog/xieka-card/program.h"

#define MADE_MEMORY ((size_t)1 << 20)
#define PATH_MAX_LEN (FLASH_FILE_PATH_MAX - 64)
#define EID_DIGITS 32

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "xieka-card: %s: %s\n", what, why);
    return 1;
}

static bool is_eid(const char *name)
{
    return strlen(name) == EID_DIGITS && strspn(name, "0123456789") == EID_DIGITS;
}

static enum xk_err fill(const struct euicc_sources *sources, const char *part, const char **why)
{
    struct euicc_sources s = *sources;
    struct flash_file flash = {.fd = -1, .fresh = -1};
    struct euicc *euicc = NULL;
    struct arena arena;
    enum xk_err err;

    TRY(flash_file_open(&flash, part, NVM_FILE_NEW));
    arena_init(&arena, MADE_MEMORY);
    s.arena = &arena;
    err = euicc_make(&s, &flash.port, random_openssl(), &euicc, why);
    euicc_free(euicc);
    arena_fini(&arena);
    flash_file_close(&flash);
    return err;
}

static int make_one(const struct euicc_sources *s, const char *out, size_t *made)
{
    char path[FLASH_FILE_PATH_MAX], part[FLASH_FILE_PATH_MAX];
    const char *why = NULL;
    enum xk_err err;

    snprintf(path, sizeof path, "%s/%s", out, s->eid);
    snprintf(part, sizeof part, "%s/%s.part", out, s->eid);
    if (access(path, F_OK) == 0)
        return 0;
    unlink(part);
    err = fill(s, part, &why);
    if (err == XK_OK && rename(part, path) != 0)
        err = XK_E_IO;
    if (err != XK_OK) {
        unlink(part);
        return complain(path, why ? why : xk_err_text(err));
    }
    (*made)++;
    return 0;
}

static int each_eid(const struct euicc_sources *sources, DIR *eids, const char *out)
{
    struct euicc_sources s = *sources;
    size_t made = 0, all = 0;

    for (const struct dirent *e; (e = readdir(eids)) != NULL;) {
        if (!is_eid(e->d_name))
            continue;
        s.eid = e->d_name;
        all++;
        if (make_one(&s, out, &made) != 0)
            return 1;
    }
    printf("%zu eUICCs made, %zu were there\n", made, all - made);
    return 0;
}

int make_batch(const struct euicc_sources *sources, const char *out)
{
    char path[FLASH_FILE_PATH_MAX];
    DIR *eids;
    int status;

    if (!sources->pki || sources->eid || strlen(sources->pki) > PATH_MAX_LEN ||
        strlen(out) > PATH_MAX_LEN) {
        fputs("xieka-card: a batch is made from --pki DIR, without --eid\n", stderr);
        return 2;
    }
    snprintf(path, sizeof path, "%s/euicc", sources->pki);
    eids = opendir(path);
    if (!eids)
        return complain(path, strerror(errno));
    if (mkdir(out, 0700) != 0 && errno != EEXIST) {
        closedir(eids);
        return complain(out, strerror(errno));
    }
    status = each_eid(sources, eids, out);
    closedir(eids);
    return status;
}
