/* SPDX-License-Identifier: Apache-2.0 */
/* GET IDENTITY: the SUCI that the USIM of a profile computes (TS 31.102 7.5), revealed again with
 * the home network's keys of TS 33.501 C.4. */
#include "crypto/suci.h"
#include "profile_rig.h"
#include "saip_package.h"

#define SELECT_USIM "00A40404 10" PACKAGE_USIM_AID
#define VERIFY_PIN1 "0020000108 31323334FFFFFFFF"
#define GET_IDENTITY "8078000100"
#define UST_BY_USIM "0A000004200000000000000000000018" /* 27, 38, 124, 125 */
#define UST_BY_TERMINAL "0A000004200000000000000000000008"
#define PRIVATE_A "c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d"
#define PRIVATE_B "f1ab1074477ebcc7f554ea1c5fc368b1616730155e0041ac447d6301975fecda"
#define KEY_A "80010A 8120 5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650"
#define KEY_B "80011B 8121 0272da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1"
#define NO_POINT "80011B 8121 020000000000000000000000000000000000000000000000000000000000000001"
#define HEAD "01 64F010 " /* 460 01 of PACKAGE_IMSI_EF */
#define MSIN "2143658709"
#define HEAD_LEN 8 /* type, PLMN, routing indicator, scheme, key identifier */

struct files {
    const char *ust, *info, *info_usim, *routing; /* NULL: not there */
};

/* A file of these contents; blanks are for the reader. */
static void put_info(struct package *p, uint32_t tag, const char *info)
{
    char hex[512];
    size_t n = 0;

    for (; *info && n + 1 < sizeof hex; info++)
        if (*info != ' ')
            hex[n++] = *info;
    hex[n] = '\0';
    package_file(p, tag, "800160", hex); /* longer than the contents, FF behind them */
}

static void open_card(struct profile_rig *r, const struct files *f)
{
    struct package p;

    package_start(&p);
    p.ust = f->ust;
    package_header(&p, SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE));
    package_mf(&p);
    package_puks(&p);
    package_pins_of_mf(&p);
    package_usim(&p);
    package_pin2(&p);
    package_milenage(&p);
    package_template(&p, 0xBC, 13, 0);
    package_file(&p, 0xA2, NULL, NULL);
    if (f->info)
        put_info(&p, 0xA9, f->info);
    if (f->routing)
        package_file(&p, 0xAC, NULL, f->routing);
    package_close(&p);
    if (f->info_usim) {
        package_template(&p, 0xBD, 14, 0);
        package_file(&p, 0xA2, NULL, NULL);
        put_info(&p, 0xA3, f->info_usim);
        package_close(&p);
    }
    package_end(&p);
    profile_rig_open(r);
    profile_rig_must_install(r, package_bytes(&p));
    CHECK_INT(profile_rig_send(r, SELECT_USIM), 0x9000);
    CHECK_INT(profile_rig_send(r, VERIFY_PIN1), 0x9000);
}

/* The identity without its tag and length; a case 2 command is repeated with the Le it is told. */
static struct bytes identity(struct profile_rig *r)
{
    char command[16];

    if (profile_rig_send(r, GET_IDENTITY) >> 8 == 0x6C) {
        snprintf(command, sizeof command, "80780001%02X", r->sw & 0xFF);
        profile_rig_send(r, command);
    }
    if (r->sw != 0x9000 || r->data_n < 2 || r->data[0] != 0xA1 || r->data[1] != r->data_n - 2)
        return BYTES_NONE;
    return bytes_part(profile_rig_data(r), 2, r->data_n);
}

static void check_revealed(struct bytes id, const char *head, enum suci_scheme scheme,
                           const char *home)
{
    uint8_t scalar[SUCI_SCALAR_LEN], mem[16];
    struct buf text;

    CHECK_HEX(bytes_part(id, 0, HEAD_LEN), head);
    CHECK_OK(hex_decode_exact(bytes_cstr(home), scalar, sizeof scalar));
    buf_init_fixed(&text, mem, sizeof mem);
    CHECK_OK(suci_reveal(scheme, scalar, bytes_part(id, HEAD_LEN, id.n), &text));
    CHECK_HEX(buf_bytes(&text), MSIN);
}

TEST(profile_b_goes_first_as_the_list_says)
{
    const struct files f = {
        .ust = UST_BY_USIM, .info = "A004 0202 0101 A14C" KEY_A KEY_B, .routing = "2143FFFF"};
    uint8_t first[64];
    struct profile_rig r;
    struct bytes id;

    open_card(&r, &f);
    id = identity(&r);
    check_revealed(id, HEAD "2143 02 1B", SUCI_PROFILE_B, PRIVATE_B);
    memcpy(first, id.p, id.n < sizeof first ? id.n : sizeof first);
    id = identity(&r);
    check_revealed(id, HEAD "2143 02 1B", SUCI_PROFILE_B, PRIVATE_B);
    CHECK(memcmp(first + HEAD_LEN, id.p + HEAD_LEN, SUCI_KEY_B_LEN) != 0); /* a key used once */
    profile_rig_close(&r);
}

TEST(the_list_of_the_usim_goes_before_the_terminals)
{
    const struct files f = {
        .ust = UST_BY_USIM, .info = "A002 0201 A126" KEY_B, .info_usim = "A002 0101 A125" KEY_A};
    struct profile_rig r;

    open_card(&r, &f);
    check_revealed(identity(&r), HEAD "F0FF 01 0A", SUCI_PROFILE_A, PRIVATE_A);
    profile_rig_close(&r);
}

TEST(null_scheme_where_there_is_no_key)
{
    static const char *const infos[] = {
        "A002 0000",
        "A002 0000 A100",
        "A004 0202 0000 A125" KEY_A,
        "A002 0101 A126" KEY_B,
        "FFFFFFFF",
        "A0",
        "A002 0201 A103 800101",
        "A002 0501 A125" KEY_A,
    };

    for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
        const struct files f = {.ust = UST_BY_USIM, .info = infos[i]};
        struct profile_rig r;

        open_card(&r, &f);
        CHECK_HEX(identity(&r), HEAD "F0FF 00 00" MSIN);
        profile_rig_close(&r);
    }
}

TEST(refused)
{
    struct profile_rig r;
    struct files f = {.ust = UST_BY_USIM, .info = "A002 0201 A126" NO_POINT};

    open_card(&r, &f);
    CHECK_INT(profile_rig_send(&r, GET_IDENTITY), SW_REF_DATA_NOT_FOUND);
    CHECK_INT(profile_rig_send(&r, "8078010100"), SW_WRONG_P1P2);
    CHECK_INT(profile_rig_send(&r, "8078000200"), SW_WRONG_P1P2);
    CHECK_INT(profile_rig_send(&r, "8078000102 0000"), SW_WRONG_LENGTH);
    profile_card_reset(r.card);
    CHECK_INT(profile_rig_send(&r, SELECT_USIM), 0x9000);
    CHECK_INT(profile_rig_send(&r, GET_IDENTITY), SW_SECURITY_NOT_SATISFIED); /* no PIN1 */
    profile_card_reset(r.card);
    CHECK_INT(profile_rig_send(&r, VERIFY_PIN1), 0x9000);
    CHECK_INT(profile_rig_send(&r, GET_IDENTITY), SW_CONDITIONS_NOT_SATISFIED); /* no USIM */
    profile_rig_close(&r);

    f.ust = UST_BY_TERMINAL;
    open_card(&r, &f);
    CHECK_INT(profile_rig_send(&r, GET_IDENTITY), SW_CONDITIONS_NOT_SATISFIED);
    profile_rig_close(&r);
    f.ust = NULL; /* a table too short for the service */
    open_card(&r, &f);
    CHECK_INT(profile_rig_send(&r, GET_IDENTITY), SW_CONDITIONS_NOT_SATISFIED);
    profile_rig_close(&r);
}

TESTS_MAIN(XT_CASE(profile_b_goes_first_as_the_list_says),
           XT_CASE(the_list_of_the_usim_goes_before_the_terminals),
           XT_CASE(null_scheme_where_there_is_no_key), XT_CASE(refused))
