/* SPDX-License-Identifier: Apache-2.0 */
/* The card of a profile besides its plain files: files of generic file management, links, BER-TLV,
 * deactivated files; the host's applications; REFRESH; power cuts; no profile at all. */
#include "codec/cat/cat.h"
#include "profile_rig.h"
#include "saip_package.h"

#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE))
#define SELECT_USIM "00A40404 10" PACKAGE_USIM_AID
#define SELECT_HOST "00A40404 10 A0000005591010FFFFFFFF8900000100"
#define VERIFY_PIN1 "00200001 08 31323334FFFFFFFF"
#define VERIFY_ADM1 "0020000A 08 3838383838383838"
#define TERMINAL_PROFILE "80100000 05 FFFFFFFFFF"
#define BASE PROFILE_RIG_BASE

/* Files anywhere, and new contents of those that are there */
TEST(generic_files)
{
    struct profile_rig r;
    struct package p;

    package_begin(&p, SERVICES);
    package_gfm_file(&p, "7FD0", "8202782183025F708A01058B032F060EC606900180830101", NULL);
    package_gfm_file(&p, "7FD05F70", "82044221000483024F018A01058B036F06058002000C880108",
                     "01020304AABBCCDD");
    package_gfm_file(&p, "7FD05F70", "82044621000383024F028A01058B036F0605800109", "010203");
    package_gfm_file(&p, "7FD06F07", NULL, "0899");
    package_gfm_file(&p, "7FD05F704F01", NULL, "FF");
    package_end(&p);
    profile_rig_open(&r);
    profile_rig_must_install(&r, package_bytes(&p));
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect_data(&r, "00B08700 03", "089906");
    profile_rig_expect(&r, "00A40004 02 5F70", 0x9000);
    profile_rig_expect_data(&r, "00B2010C 04", "FF020304");
    profile_rig_expect_data(&r, "00B2020C 04", "AABBCCDD");
    profile_rig_expect_data(&r, "00B2030C 04", "FFFFFFFF");
    profile_rig_expect(&r, "00B2040C 04", 0x6A83);
    /* the newest record of a cyclic file is number 1 */
    profile_rig_expect(&r, "00A40004 02 4F02", 0x9000);
    profile_rig_expect_data(&r, "00B20104 03", "010203");
    profile_rig_expect(&r, "00DC0003 03 AABBCC", 0x9000);
    profile_rig_expect_data(&r, "00B20104 03", "AABBCC");
    profile_rig_expect_data(&r, "00B20204 03", "010203");
    profile_rig_close(&r);
}

/* SAIP 8.3.5: two names of the same contents */
TEST(links)
{
    struct profile_rig r;
    struct package p;

    package_begin(&p, SERVICES);
    package_gfm_file(&p, "", "8202412183022F778A01058B032F0605C7047FD06F7B", NULL);
    package_end(&p);
    profile_rig_open(&r);
    profile_rig_must_install(&r, package_bytes(&p));
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect(&r, "00A40804 02 2F77", 0x9000);
    profile_rig_expect(&r, "00D60000 03 64F000", 0x9000);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "00A40004 02 6F7B", 0x9000);
    profile_rig_expect_data(&r, "00B00000 0C", "64F000FFFFFFFFFFFFFFFFFF");
    profile_rig_expect(&r, "00D60000 03 64F011", 0x9000);
    profile_rig_expect(&r, "00A40804 02 2F77", 0x9000);
    profile_rig_expect_data(&r, "00B00000 03", "64F011");
    profile_rig_close(&r);
}

TEST(ber_tlv)
{
    struct profile_rig r;
    struct package p;

    package_begin(&p, SERVICES);
    package_gfm_file(&p, "7FD0", "8202792183026FF98A01058B036F0605A503860120", "8003010203");
    package_end(&p);
    profile_rig_open(&r);
    profile_rig_must_install(&r, package_bytes(&p));
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect(&r, "00A40004 02 6FF9", 0x9000);
    profile_rig_expect_data(&r, "80CB0080 01 80", "8003010203");
    profile_rig_expect(&r, "80DB0080 04 8102AABB", 0x9000);
    CHECK_OK(profile_rig_start(&r)); /* the length of what is there is kept, too */
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect(&r, "00A40004 02 6FF9", 0x9000);
    profile_rig_expect_data(&r, "80CB0080 01 81", "8102AABB");
    profile_rig_expect_data(&r, "80CB0080 01 80", "8003010203");
    profile_rig_expect(&r, "80DB0080 1A 8218000000000000000000000000000000000000000000000000",
                       0x6A84);
    profile_rig_expect_data(&r, "80CB0080 01 81", "8102AABB");
    profile_rig_close(&r);
}

TEST(deactivated)
{
    struct profile_rig r;
    struct package p;

    package_begin(&p, SERVICES);
    package_gfm_file(&p, "7FD0", "8202412183026F018A01048B036F0602800101", "AA");
    package_gfm_file(&p, "7FD0", "8202412183026F028A01048B036F0602800101A503C00140", "BB");
    package_end(&p);
    profile_rig_open(&r);
    profile_rig_must_install(&r, package_bytes(&p));
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    CHECK_INT(profile_rig_send(&r, "00A40004 02 6F01"), 0x6283);
    profile_rig_expect(&r, "00B00000 01", 0x6984);
    profile_rig_expect(&r, "00440000", 0x6982);
    profile_rig_expect(&r, VERIFY_ADM1, 0x9000);
    profile_rig_expect(&r, "00440000", 0x9000);
    CHECK_OK(profile_rig_start(&r));
    profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, "00A40004 02 6F01", 0x9000);
    profile_rig_expect_data(&r, "00B00000 01", "AA");
    CHECK_INT(profile_rig_send(&r, "00A40004 02 6F02"), 0x6283);
    profile_rig_expect_data(&r, "00B00000 01", "BB"); /* readable when deactivated */
    profile_rig_close(&r);
}

/* ---- the host's applications ---- */

struct host {
    bool selected[4];
    unsigned deselected, commands;
    uint8_t refresh_result;
    bool refreshed;
};

static bool host_select(void *ctx, unsigned channel, struct bytes aid, struct buf *fci)
{
    static const uint8_t name[] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00};
    struct host *h = ctx;

    if (!bytes_eq(aid, bytes_part(BYTES_OF(name), 0, aid.n)))
        return false;
    h->selected[channel] = true;
    buf_put(fci, (const uint8_t *)"\x6F\x03\x84\x01\xA0", 5);
    return true;
}

/* 80 E2: as many bytes as P2 says, 256 times; anything else is not known */
static enum xk_err host_command(void *ctx, unsigned channel, const struct apdu_command *c,
                                struct buf *out, uint16_t *sw)
{
    struct host *h = ctx;

    CHECK(h->selected[channel]);
    h->commands++;
    *sw = c->ins == 0xE2 ? SW_OK : SW_INS_UNKNOWN;
    if (c->ins == 0xE2)
        buf_put_fill(out, 0x5A, (size_t)c->p2 * 256);
    return XK_OK;
}

static void host_deselected(void *ctx, unsigned channel)
{
    struct host *h = ctx;

    h->selected[channel] = false;
    h->deselected++;
}

static enum xk_err host_refreshed(void *ctx, uint8_t result)
{
    struct host *h = ctx;

    h->refreshed = true;
    h->refresh_result = result;
    return XK_OK;
}

static void host_of(struct profile_rig *r, struct host *h)
{
    *h = (struct host){0};
    r->host = (struct profile_host){.ctx = h,
                                    .select = host_select,
                                    .command = host_command,
                                    .deselected = host_deselected,
                                    .refreshed = host_refreshed};
}

static void check_host(struct profile_rig *r, struct host *h)
{
    profile_rig_expect(r, SELECT_HOST, 0x9000);
    CHECK_HEX(profile_rig_data(r), "6F038401A0");
    profile_rig_expect(r, "80E29103 01 00", 0x9000); /* 768 bytes by GET RESPONSE */
    CHECK(r->data_n == 768 && r->data[767] == 0x5A);
    profile_rig_expect(r, "00B00000 01", 0x6D00); /* it is the application's now */
    CHECK_INT(h->commands, 2);
    profile_rig_expect(r, "80F2000C", 0x9000); /* STATUS is the card's */
    profile_rig_expect(r, "00A40004 02 3F00", 0x9000);
    CHECK_INT(h->deselected, 1);
    profile_rig_expect(r, "80E29101 01 00", 0x6D00);
    CHECK_INT(h->commands, 2);
    /* on a channel of its own, closed again */
    profile_rig_expect(r, "00700000 01", 0x9000);
    CHECK_HEX(profile_rig_data(r), "01");
    profile_rig_expect(r, "01A40404 07 A0000005591010", 0x9000);
    profile_rig_expect(r, "81E29101 01 00", 0x9000);
    profile_rig_expect(r, "00708001", 0x9000);
    CHECK_INT(h->deselected, 2);
    profile_rig_expect(r, "01A40404 07 A0000005591010", 0x6881);
    profile_card_reset(r->card);
}

TEST(host)
{
    struct profile_rig r;
    struct package p;
    struct host h;

    package_begin(&p, SERVICES);
    package_end(&p);
    profile_rig_open(&r);
    host_of(&r, &h);
    profile_rig_must_install(&r, package_bytes(&p));
    check_host(&r, &h);
    /* an application of the profile comes first */
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    profile_rig_expect(&r, SELECT_HOST, 0x9000);
    profile_rig_expect(&r, SELECT_USIM, 0x9000);
    CHECK_INT(h.deselected, 3);
    profile_rig_close(&r);
}

TEST(no_profile)
{
    struct profile_rig r;
    struct host h;

    profile_rig_open(&r);
    host_of(&r, &h);
    CHECK_OK(profile_card_open_empty(r.flash, random_openssl(), &r.host, &r.card));
    profile_card_reset(r.card);
    check_host(&r, &h);
    profile_rig_expect(&r, "00A40004 02 2FE2", 0x6A82);
    profile_rig_expect(&r, SELECT_USIM, 0x6A82);
    profile_rig_expect(&r, "00200001 00", 0x6A88);
    profile_rig_expect(
        &r, "00880081 22 10000102030405060708090A0B0C0D0E0F10000102030405060708090A0B0C0D0E0F",
        0x6985);
    CHECK_INT(profile_card_open(r.flash, BASE, random_openssl(), &r.host, &r.card), XK_E_NOT_FOUND);
    profile_rig_close(&r);
}

/* ---- REFRESH ---- */

TEST(refresh)
{
    struct profile_rig r;
    struct package p;
    struct host h;

    package_begin(&p, SERVICES);
    package_end(&p);
    profile_rig_open(&r);
    host_of(&r, &h);
    profile_rig_must_install(&r, package_bytes(&p));
    CHECK(!profile_card_refresh(r.card, CAT_REFRESH_RESET)); /* no toolkit session */
    profile_rig_expect(&r, "80100000 05 0000000000", 0x9000);
    CHECK(!profile_card_refresh(r.card, CAT_REFRESH_RESET)); /* terminal has it not */
    profile_rig_expect(&r, TERMINAL_PROFILE, 0x9000);
    CHECK(!profile_card_busy(r.card));
    CHECK(profile_card_refresh(r.card, CAT_REFRESH_RESET));
    CHECK(profile_card_busy(r.card));
    CHECK_INT(profile_rig_send(&r, "80F2000C"), 0x910B);
    profile_rig_expect(&r, "80120000 0B", 0x9000);
    CHECK_HEX(profile_rig_data(&r), "D0098103010104 82028182");
    CHECK(profile_card_busy(r.card) && !h.refreshed);
    profile_rig_expect(&r, "80140000 0C 810301010402028281 830100", 0x9000);
    CHECK(h.refreshed && h.refresh_result == 0 && !profile_card_busy(r.card));
    profile_rig_close(&r);
}

/* ---- trouble ---- */

/* A cut anywhere in an UPDATE leaves the file as it was or as it is to be. */
TEST(power)
{
    unsigned before = 0, after = 0;
    struct profile_rig r;
    struct package p;
    bool cut = true;

    package_begin(&p, SERVICES);
    package_end(&p);
    profile_rig_open(&r);
    profile_rig_must_install(&r, package_bytes(&p));
    for (uint64_t step = 1; cut; step++) {
        profile_rig_expect(&r, SELECT_USIM, 0x9000);
        profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
        profile_rig_expect(&r, "00A40004 02 6F7B", 0x9000);
        profile_rig_expect(&r, "00D60000 04 11111111", 0x9000);
        flash_memory_cut_at(r.memory, step, step);
        cut = profile_rig_send(&r, "00D60000 04 22222222") == 0;
        flash_memory_cut_at(r.memory, 0, 0);
        CHECK_OK(flash_recover(r.flash));
        CHECK_OK(profile_rig_start(&r));
        profile_rig_expect(&r, SELECT_USIM, 0x9000);
        profile_rig_expect(&r, VERIFY_PIN1, 0x9000);
        profile_rig_expect(&r, "00A40004 02 6F7B", 0x9000);
        profile_rig_expect(&r, "00B00000 04", 0x9000);
        CHECK(memcmp(r.data, "\x11\x11\x11\x11", 4) == 0 ||
              memcmp(r.data, "\x22\x22\x22\x22", 4) == 0);
        if (cut)
            *(r.data[0] == 0x11 ? &before : &after) += 1;
    }
    CHECK(before > 4);
    CHECK_HEX(profile_rig_data(&r), "22222222");
    profile_rig_close(&r);
}

/* Objects that are not those of a profile are refused when the card is opened. */
TEST(not_a_profile)
{
    static const struct {
        uint32_t at;
        uint8_t byte;
    } rows[] = {{0, 0}, {2, 0xFF}, {6, 0xFF}, {16 + 2, 1}, {16 + 64 + 2, 0x7F}, {16 + 64 + 11, 1}};
    struct profile_card *card;
    struct profile_rig r;
    struct package p;

    package_begin(&p, SERVICES);
    package_end(&p);
    profile_rig_open(&r);
    profile_rig_must_install(&r, package_bytes(&p));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_OK(flash_write(r.flash, BASE, rows[i].at, BYTES(&rows[i].byte, 1)));
        CHECK_INT(profile_card_open(r.flash, BASE, random_openssl(), &r.host, &card), XK_E_FORMAT);
        flash_rollback(r.flash);
    }
    CHECK_OK(profile_card_open(r.flash, BASE, random_openssl(), &r.host, &card));
    profile_card_close(card);
    profile_rig_close(&r);
}

TESTS_MAIN(XT_CASE(generic_files), XT_CASE(links), XT_CASE(ber_tlv), XT_CASE(deactivated),
           XT_CASE(host), XT_CASE(no_profile), XT_CASE(refresh), XT_CASE(power),
           XT_CASE(not_a_profile))
