/* SPDX-License-Identifier: Apache-2.0 */
/* Every published TS.48 test profile through the profile interpreter: installed in pieces cut at
 * random, opened as a card, and read back over APDUs file by file against what codec/saip says the
 * package makes. Then PINs and AUTHENTICATE with its keys. */
#include <dirent.h>

#include "card/euicc/profile_inside.h"
#include "codec/saip/file.h"
#include "codec/saip/lint.h"
#include "codec/saip/personalise.h"
#include "crypto/aka.h"
#include "interop_files.h"
#include "profile_rig.h"

#define BASE PROFILE_RIG_BASE
#define NAMES_MAX 64

static char *names[NAMES_MAX];
static size_t names_n;

static uint16_t apdu(struct profile_rig *r, const uint8_t *command, size_t n)
{
    return profile_rig_bytes(r, BYTES(command, n));
}

/* ---- Reading back, over the card's own commands ---- */

struct adf {
    uint16_t fid;
    uint8_t n, aid[16];
};
struct seen {
    struct adf adfs[8];
    size_t adfs_n;
    unsigned files, read, keys;
};

static const struct adf *adf_of(const struct seen *s, uint16_t fid)
{
    for (size_t i = 0; i < s->adfs_n; i++)
        if (s->adfs[i].fid == fid)
            return &s->adfs[i];
    return NULL;
}

static bool select_path(struct profile_rig *r, const struct seen *s, const struct saip_node *node)
{
    static const uint8_t mf[] = {0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00};
    uint8_t one[5 + 16] = {0x00, 0xA4};

    if (apdu(r, mf, sizeof mf) != 0x9000)
        return false;
    for (unsigned i = 1; i <= node->depth; i++) {
        uint16_t fid = i < node->depth ? node->path[i] : node->fid;
        const struct adf *adf = adf_of(s, fid);

        one[2] = adf ? 0x04 : 0x00;
        one[3] = 0x04;
        one[4] = adf ? adf->n : 2;
        one[5] = (uint8_t)(fid >> 8);
        one[6] = (uint8_t)fid;
        if (adf)
            memcpy(one + 5, adf->aid, adf->n);
        if (apdu(r, one, 5u + one[4]) != 0x9000)
            return false;
    }
    return true;
}

static bool same_transparent(struct profile_rig *r, const struct saip_node *node)
{
    for (uint32_t at = 0; at < node->size; at += 200) {
        uint32_t n = node->size - at < 200 ? node->size - at : 200;
        uint8_t read[5] = {0x00, 0xB0, (uint8_t)(at >> 8), (uint8_t)at, (uint8_t)n};

        if (apdu(r, read, sizeof read) != 0x9000 || r->data_n != n ||
            memcmp(r->data, node->content.p + at, n) != 0)
            return false;
    }
    return true;
}

static bool same_records(struct profile_rig *r, const struct saip_node *node)
{
    for (unsigned i = 0; i < node->records; i++) {
        uint8_t read[5] = {0x00, 0xB2, (uint8_t)(i + 1), 0x04, (uint8_t)node->record_size};

        if (apdu(r, read, sizeof read) != 0x9000 || r->data_n != node->record_size ||
            memcmp(r->data, node->content.p + (size_t)i * node->record_size, node->record_size) !=
                0)
            return false;
    }
    return true;
}

/* What the FCP says: size, records, file id, SFI. */
static bool same_fcp(struct profile_rig *r, const struct saip_node *node)
{
    struct bytes fcp, v;

    if (tlv_find(BYTES(r->data, r->data_n), 0x62, &fcp) != XK_OK)
        return false;
    if (tlv_find(fcp, 0x82, &v) != XK_OK || v.n < 2)
        return false;
    if (saip_kind_has_records(node->kind) && !node->link &&
        (v.n != 5 || (v.p[2] << 8 | v.p[3]) != node->record_size || v.p[4] != node->records))
        return false;
    if (node->kind != SAIP_KIND_ADF && node->kind != SAIP_KIND_MF &&
        (tlv_find(fcp, 0x83, &v) != XK_OK || v.n != 2 || (v.p[0] << 8 | v.p[1]) != node->fid))
        return false;
    if (saip_kind_is_directory(node->kind) || node->link)
        return true;
    if (node->has_sfi &&
        (tlv_find(fcp, 0x88, &v) != XK_OK || (v.n > 0 && v.p[0] >> 3 != node->sfi)))
        return false;
    return node->kind == SAIP_KIND_BER_TLV ||
           (tlv_find(fcp, 0x80, &v) == XK_OK && v.n >= 2 &&
            (uint32_t)(v.p[v.n - 2] << 8 | v.p[v.n - 1]) == (node->size & 0xFFFF));
}

/* What nobody may read is looked up in the objects of the profile. */
static bool same_object(struct profile_rig *r, const struct saip_node *node)
{
    struct bytes records, contents;
    struct profile_head head;
    struct profile_file f;
    struct cur c;

    if (flash_get(r->flash, BASE + PART_FILES, &records) != XK_OK ||
        flash_get(r->flash, BASE + PART_CONTENTS, &contents) != XK_OK ||
        get_head(records, &head) != XK_OK)
        return false;
    c = cur_of(bytes_part(records, HEAD_LEN, records.n));
    for (unsigned i = 0; i < head.files; i++) {
        get_file(&c, &f);
        if (f.file.fid == node->fid && f.file.size == node->size &&
            bytes_eq(bytes_part(contents, f.file.content, f.file.size), node->content))
            return true;
    }
    return false;
}

static void compare(struct profile_rig *r, struct seen *s, const struct saip_node *node)
{
    const char *name = node->name ? node->name : "?";
    bool same = true;

    if (node->kind == SAIP_KIND_ADF && s->adfs_n < 8) {
        struct adf *adf = &s->adfs[s->adfs_n++];

        adf->fid = node->fid;
        adf->n = (uint8_t)node->df_name.n;
        memcpy(adf->aid, node->df_name.p, node->df_name.n);
    }
    s->files++;
    if (!select_path(r, s, node)) {
        printf("# %s %04X depth %u: SELECT %04X\n", name, node->fid, node->depth, r->sw);
        xt_failures++;
        return;
    }
    if (!same_fcp(r, node)) {
        printf("# %s %04X: FCP, kind %s size %u records %u x %u sfi %02X: ", name, node->fid,
               saip_kind_name(node->kind), node->size, node->records, node->record_size, node->sfi);
        for (size_t i = 0; i < r->data_n; i++)
            printf("%02X", r->data[i]);
        putchar('\n');
        xt_failures++;
    }
    if (saip_kind_is_directory(node->kind) || node->kind == SAIP_KIND_BER_TLV || node->lcsi == 4)
        return;
    same = saip_kind_has_records(node->kind) ? same_records(r, node) : same_transparent(r, node);
    s->read += same;
    if (same || (r->sw == 0x6982 && same_object(r, node)))
        return;
    printf("# %s %04X: contents, SW %04X\n", name, node->fid, r->sw);
    xt_failures++;
}

/* PINs and ADM of the TS.48 profiles, so that nearly all may be read. */
static void verify_all(struct profile_rig *r, const struct profile_head *head)
{
    for (unsigned slot = 0; slot < head->pins; slot++) {
        uint8_t wire[PIN_RECORD_LEN];
        struct cur in = cur_of(BYTES_OF(wire));
        struct profile_pin p;
        uint8_t verify[13] = {0x00, 0x20, 0x00};

        CHECK_OK(flash_read(r->flash, BASE + PART_KEYS, pins_at(head, slot), wire, sizeof wire));
        get_pin(&in, &p);
        if (p.df != FILE_MF)
            continue;
        verify[3] = p.reference;
        verify[4] = 8;
        memcpy(verify + 5, p.pin.value, 8);
        apdu(r, verify, sizeof verify);
        if (p.pin.enabled)
            CHECK_INT(r->sw, 0x9000);
    }
}

/* AUTHENTICATE by the keys of an element, in the application that came last: right, then what the
 * algorithm says of the same vector again. */
static void check_keys(struct profile_rig *r, const struct adf *adf, const struct saip_pe *pe)
{
    uint8_t select[5 + 16] = {0x00, 0xA4, 0x04, 0x04, adf->n};
    uint8_t wire[39] = {0x00, 0x88, 0x00, 0x81, 0x22, 0x10}, want[2 + AKA_RES_MAX] = {0xDB};
    static const uint8_t rand[AKA_RAND_LEN] = {1, 2, 3}, amf[AKA_AMF_LEN] = {0x80};
    static const uint8_t sqn[AKA_SQN_LEN] = {0, 0, 0, 0, 1, 0};
    struct aka_subscriber s = {.has_cr = true};
    struct aka_vector v;
    struct saip_aka a;

    CHECK_OK(saip_decode_aka(pe, &a));
    s.algorithm = (enum aka_algorithm)a.algorithm;
    s.res_len = a.algorithm == SAIP_MILENAGE ? 0 : (uint8_t)(4 << (a.options & 3));
    s.iterations = a.keccak;
    memcpy(s.cr, a.rotation, sizeof a.rotation);
    memcpy(s.cr + sizeof a.rotation, a.xoring, sizeof a.xoring);
    CHECK_OK(secret_set(&s.k, a.key));
    CHECK_OK(secret_set(&s.opc, a.opc));
    CHECK_OK(aka_make_vector(&s, rand, sqn, amf, &v));
    memcpy(select + 5, adf->aid, adf->n);
    CHECK_INT(apdu(r, select, 5u + adf->n), 0x9000);
    memcpy(wire + 6, rand, sizeof rand);
    wire[22] = AKA_AUTN_LEN;
    memcpy(wire + 23, v.autn, sizeof v.autn);
    CHECK_INT(apdu(r, wire, sizeof wire), 0x9000);
    want[1] = v.res_n;
    memcpy(want + 2, v.res, v.res_n);
    CHECK(r->data_n > v.res_n && memcmp(r->data, want, 2u + v.res_n) == 0);
    CHECK_INT(apdu(r, wire, sizeof wire), 0x9000);
    CHECK_INT(r->data[0], a.algorithm == SAIP_TEST_ALGORITHM ? 0xDB : 0xDC);
    wire[38] ^= 1;
    CHECK_INT(apdu(r, wire, sizeof wire), 0x9862);
}

/* What the GSMA publishes and cards take has no errors. */
static void check_lint(struct bytes upp)
{
    struct saip_report report;
    struct arena arena;

    arena_init(&arena, 64u << 20);
    CHECK_OK(saip_lint(upp, &arena, &report));
    for (const struct saip_finding *f = report.first; f; f = f->next) {
        if (f->severity == SAIP_ERROR)
            printf("# element %u %s: %s: %s\n", f->pe, f->path, saip_rule_name(f->rule), f->text);
    }
    CHECK_INT(report.count[SAIP_ERROR], 0);
    arena_fini(&arena);
}

static void check_profile(struct bytes upp, struct seen *s)
{
    struct arena arena;
    struct saip_walk walk;
    struct profile_head head;
    struct bytes object;
    struct profile_rig r;
    struct cur c = cur_of(upp);
    struct saip_pe pe;

    check_lint(upp);
    profile_rig_open(&r);
    if (profile_rig_install(&r, upp) != PROFILE_WHOLE) {
        xt_fail(__FILE__, __LINE__, r.message);
        profile_rig_close(&r);
        return;
    }
    CHECK_INT(profile_rig_status(&r), RSP_PE_OK);
    CHECK_OK(flash_get(r.flash, BASE + PART_FILES, &object));
    CHECK_OK(get_head(object, &head));
    verify_all(&r, &head);
    arena_init(&arena, 4u << 20);
    saip_walk_init(&walk);
    while (c.n > 0 && saip_next(&c, &pe) == XK_OK) {
        struct saip_fault fault;
        struct saip_node node;

        CHECK_OK(saip_walk_pe(&walk, &pe));
        while (saip_walk_next(&walk, &arena, &node, &fault) == XK_OK)
            if (node.act == SAIP_CREATE)
                compare(&r, s, &node);
        arena_reset(&arena);
        if (pe.type == SAIP_AKA && s->adfs_n > 0) {
            check_keys(&r, &s->adfs[s->adfs_n - 1], &pe);
            s->keys++;
        }
    }
    arena_fini(&arena);
    profile_rig_close(&r);
}

TEST(all_profiles)
{
    char dir[512], path[1024];
    struct seen total = {0};
    struct dirent *entry;
    DIR *d;

    if (!interop_dir(dir, sizeof dir))
        SKIP("no interop data");
    snprintf(path, sizeof path, "%s/ts48", dir);
    d = opendir(path);
    if (!d)
        SKIP("no TS.48 profiles");
    while ((entry = readdir(d)) != NULL && names_n < NAMES_MAX)
        if (strstr(entry->d_name, ".der") &&
            asprintf(&names[names_n], "ts48/%s", entry->d_name) > 0)
            names_n++;
    closedir(d);
    CHECK(names_n > 0);
    for (size_t i = 0; i < names_n; i++) {
        struct bytes upp = interop_file(names[i]);
        struct seen s = {0};
        int before = xt_failures;

        check_profile(upp, &s);
        printf("# %s: %u files, %u read back%s\n", names[i], s.files, s.read,
               xt_failures > before ? " FAILED" : "");
        CHECK(s.keys >= 2); /* USIM and ISIM */
        total.files += s.files;
    }
    printf("# %zu profiles, %u files\n", names_n, total.files);
}

/* As a template: its own card again when nothing is written, another subscriber's when there is. */
static void check_template(struct bytes upp)
{
    const struct saip_number number = {
        .iccid = "89860098765432109876", .imsi = "460019876543210", .mnc_length = 2};
    const struct saip_number nothing = {.n_keys = 0};
    enum saip_position failed;
    struct saip_plan *plan;
    struct profile_rig r;
    struct seen s = {0};
    struct buf out;

    CHECK_OK(saip_plan_new(upp, &plan));
    buf_init(&out, SAIP_UPP_MAX);
    CHECK_OK(saip_personalise(plan, &nothing, &out, &failed));
    check_profile(buf_bytes(&out), &s);
    buf_reset(&out);
    CHECK_OK(saip_personalise(plan, &number, &out, &failed));
    profile_rig_open(&r);
    profile_rig_must_install(&r, buf_bytes(&out));
    profile_rig_expect(&r, "00A40004 02 2FE2", 0x9000);
    profile_rig_expect_data(&r, "00B00000 0A", "98680089674523018967");
    profile_rig_close(&r);
    buf_fini(&out);
    saip_plan_free(plan);
}

TEST(as_templates)
{
    if (names_n == 0)
        SKIP("no TS.48 profiles");
    for (size_t i = 0; i < names_n; i++) {
        int before = xt_failures;

        check_template(interop_file(names[i]));
        if (xt_failures > before)
            printf("# %s\n", names[i]);
    }
}

TESTS_MAIN(XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: every TS.48 profile, file by file",
                    all_profiles),
           XT_CASE(as_templates))
