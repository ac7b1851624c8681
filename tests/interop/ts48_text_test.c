/* SPDX-License-Identifier: Apache-2.0 */
/* The test profiles of TS.48 as text. Each DER package must come back byte for byte. That could
 * hold though the notation were ours alone; so where the texts that are published with the packages
 * are there (NAME.txt beside NAME.der, as in the archives of the GSMA), each must give its package.
 */
#include <dirent.h>

#include "codec/saip/build.h"
#include "codec/saip/diff.h"
#include "codec/saip/text.h"
#include "interop_files.h"
#include "xt.h"

static uint8_t text_mem[1 << 20], package_mem[SAIP_UPP_MAX];

static bool build(struct bytes text, struct buf *out)
{
    struct saip_build_error error;

    buf_init_fixed(out, package_mem, sizeof package_mem);
    if (saip_build(text, out, &error) == XK_OK)
        return true;
    printf("# %u:%u %s\n", error.line, error.column, error.text);
    return false;
}

static void check_der(const char *name)
{
    struct bytes upp = interop_file(name);
    struct saip_text_loss loss;
    struct buf text, out;

    for (unsigned notes = 0; notes <= SAIP_TEXT_NOTES; notes++) {
        buf_init_fixed(&text, text_mem, sizeof text_mem);
        CHECK_OK(saip_text(upp, SAIP_TEXT_SECRETS | notes, &text, &loss));
        CHECK_INT(loss.masked + loss.left_out + loss.not_der, 0);
        if (!build(buf_bytes(&text), &out) || !bytes_eq(buf_bytes(&out), upp))
            xt_fail(__FILE__, __LINE__, name);
    }
}

static void check_text(const char *name)
{
    char der[1024];
    struct bytes upp;
    struct buf out;

    snprintf(der, sizeof der, "%.*s.der", (int)(strlen(name) - 4), name);
    upp = interop_file(der);
    if (!build(interop_file(name), &out) || upp.n == 0 || !bytes_eq(buf_bytes(&out), upp))
        xt_fail(__FILE__, __LINE__, name);
}

/* All files of a folder with this ending; how many there were. */
static unsigned each_file(const char *folder, const char *ending, void (*check)(const char *name))
{
    char dir[512], path[1024];
    struct dirent *entry;
    unsigned n = 0;
    DIR *d;

    if (!interop_dir(dir, sizeof dir))
        return 0;
    snprintf(path, sizeof path, "%s/%s", dir, folder);
    d = opendir(path);
    while (d && (entry = readdir(d)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length < 4 || strcmp(entry->d_name + length - 4, ending) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check(path);
        n++;
    }
    if (d)
        closedir(d);
    printf("# %s: %u files %s\n", folder, n, ending);
    return n;
}

TEST(packages_come_back)
{
    if (each_file("ts48", ".der", check_der) == 0)
        SKIP("no TS.48 profiles");
}

TEST(published_texts_give_published_packages)
{
    if (each_file("ts48", ".txt", check_text) + each_file("ts48-text", ".txt", check_text) == 0)
        SKIP("no texts of TS.48");
}

/* The packages that carry ICCIDs of their own are the published ones but for that. */
TEST(unique_packages_differ_in_the_iccid)
{
    struct bytes from = interop_file("ts48/TS48v5_SAIP2.3_NoBERTLV.der");
    struct bytes to = interop_file("ts48/TS48V5-SAIP2-3-NOBERTLV-UNIQUE.der");
    struct arena arena;
    struct saip_diff diff;

    if (from.n == 0 || to.n == 0)
        SKIP("no TS.48 profiles");
    arena_init(&arena, SAIP_DIFF_ARENA_MAX);
    CHECK_OK(saip_diff(from, to, 0, &arena, &diff));
    CHECK_INT(diff.n, 2);
    if (diff.n == 2) {
        CHECK_STR(diff.first->path, "header/iccid");
        CHECK_STR(diff.first->next->path, "mf/ef-iccid/content[1..9]");
    }
    CHECK_OK(saip_diff(from, from, 0, &arena, &diff));
    CHECK_INT(diff.n, 0);
    arena_fini(&arena);
}

TESTS_MAIN(XT_CASE(unique_packages_differ_in_the_iccid), XT_CASE(packages_come_back),
           XT_CASE(published_texts_give_published_packages))
