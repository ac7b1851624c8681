/* SPDX-License-Identifier: Apache-2.0 */
/* Selection, files and access conditions: TS 102 221 8 and 11.1; TS 31.102 4 */
#include "rig.h"

#define SELECT_USIM "00A4040C10A0000000871002FF86FFFF89FFFFFFFF"
#define SELECT_USIM_FCP "00A4040410A0000000871002FF86FFFF89FFFFFFFF"

TEST(atr_is_right)
{
    struct bytes atr;
    struct rig r;
    uint8_t tck = 0;

    rig_default(&r);
    CHECK_OK(usim_reset(r.card, &atr));
    CHECK_HEX(atr, "3B9F96801FC78031A073BE21136758 49454B41 0001 87");
    for (size_t i = 1; i < atr.n; i++)
        tck ^= atr.p[i];
    CHECK_INT(tck, 0);
    rig_fini(&r);
}

TEST(select_answers_fcp)
{
    struct rig r;

    rig_default(&r);
    CHECK_APDU(&r, "00A40004023F00",
               "622D 82027821 83023F00 A509 800171 830400000000 8A0105 8B032F0608 "
               "C60C 900160 830101 830181 83010A 81020000",
               "9000");
    CHECK_APDU(&r, "00A40004022FE2", "6217 82024121 83022FE2 8A0105 8B032F0603 8002000A 880110",
               "9000");
    CHECK_APDU(&r, "00A40004022F00",
               "621A 8205422100 2802 83022F00 8A0105 8B032F0601 80020050 8801F0", "9000");
    CHECK_APDU(&r, SELECT_USIM_FCP,
               "623F 82027821 83027FFF 8410A0000000871002FF86FFFF89FFFFFFFF A509 800171 "
               "830400000000 8A0105 8B032F0608 C60C 900160 830101 830181 83010A 81020000",
               "9000");
    CHECK_APDU(&r, "00A40004026F3C",
               "6219 820542 2100 B00A 83026F3C 8A0105 8B036F0604 800206E0 8800", "9000");
    CHECK_APDU(&r, "00A40804047F206F39",
               "6219 820546 2100 0303 83026F39 8A0105 8B032F0607 80020009 8800", "9000");
    rig_fini(&r);
}

/* Ways to a file, and status words: a row each */
TEST(ways_to_select)
{
    static const struct {
        const char *apdu, *sw;
    } rows[] = {
        {"00A4000C022F00", "9000"},           /* EF under the MF */
        {"00A4000C026F07", "6A82"},           /* the ADF's EFs are not there */
        {"00A4000C027FFF", "6A82"},           /* no application is active */
        {"00A4000C027F10", "9000"},           /* DF */
        {"00A4000C026F3C", "9000"},           /* EF under it */
        {"00A4000C027F20", "9000"},           /* sibling */
        {"00A4000C026F07", "9000"},           /* 2G IMSI */
        {"00A4030C", "9000"},                 /* parent */
        {"00A4000C022FE2", "9000"},           /* so we are in the MF */
        {"00A4040C07A0000000871002", "9000"}, /* partial AID */
        {"00A4000C026F07", "9000"},           /* IMSI */
        {"00A4000C025FC0", "9000"},           /* DF.5GS */
        {"00A4000C024F07", "9000"},           /* SUCI_Calc_Info */
        {"00A4000C027FFF", "9000"},           /* back to the ADF */
        {"00A4010C025F3B", "9000"},           /* child DF */
        {"00A4000C024F20", "9000"},           /* Kc */
        {"00A4010C022FE2", "6A82"},           /* not a DF */
        {"00A4080C047FFF6F07", "9000"},       /* path from the MF */
        {"00A4080C047F106F3C", "9000"},       /* */
        {"00A4080C022FE2", "9000"},           /* */
        {"00A4080C047F106FFF", "6A82"},       /* */
        {"00A4080C067FFF5FC04F0A", "9000"},
        {"00A4090C024F07", "9000"},           /* path from the current DF */
        {"00A4080C052FE2", "6700"},           /* Lc does not fit the data */
        {"00A4080C", "6A82"},                 /* no path */
        {"00A4080C032FE200", "6A82"},         /* odd path */
        {"00A4040C05A000000087", "9000"},     /* RID only */
        {"00A4040C04A0000000", "6A82"},       /* too short */
        {"00A4040E07A0000000871002", "6A82"}, /* next occurrence: there is one only */
        {"00A4040C05A000000088", "6A82"},     /* another one's */
        {"00A4020C023F00", "6A86"},           /* P1 */
        {"00A4000C023F0000", "9000"},         /* case 4: Le does not matter on T=0 */
        {"00A4000C00", "9000"},               /* nothing: the MF */
    };
    struct rig r;

    rig_default(&r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char sw[8];

        rig_send(&r, rows[i].apdu);
        snprintf(sw, sizeof sw, "%04X", r.sw);
        xt_check_str(__FILE__, (int)i, rows[i].apdu, sw, rows[i].sw);
    }
    rig_fini(&r);
}

TEST(status_tells_the_current_df)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "80F2000C", "9000");
    CHECK_SW(&r, "80F2000100", "6985");
    CHECK_SW(&r, "80F2000010", "6C2F");
    CHECK_SW(&r, "80F200002F", "9000");
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_APDU(&r, "80F2000112", "8410A0000000871002FF86FFFF89FFFFFFFF", "9000");
    CHECK_SW(&r, "80F2000041", "9000");
    CHECK_SW(&r, "80F203000C", "6A86");
    CHECK_SW(&r, "80F2000200", "6A86");
    CHECK_SW(&r, "00F2000000", "6E00");
    rig_fini(&r);
}

TEST(read_binary)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "00B000000A", "6986");
    CHECK_SW(&r, "00A4000C022FE2", "9000");
    CHECK_APDU(&r, "00B000000A", "98680018325476981032", "9000");
    CHECK_APDU(&r, "00B0000003", "986800", "9000");
    CHECK_APDU(&r, "00B0000802", "1032", "9000");
    CHECK_SW(&r, "00B0000000", "6C0A");
    CHECK_SW(&r, "00B0000803", "6C02");
    CHECK_SW(&r, "00B0000A01", "6B00");
    CHECK_SW(&r, "00B2010410", "6981");
    CHECK_APDU(&r, "00B087000A", "", "6A82"); /* SFI of another DF */
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_APDU(&r, "00B0870009", "084906802143658709", "9000"); /* IMSI by SFI 07 */
    CHECK_APDU(&r, "00B0000001", "08", "9000");                 /* became the current EF */
    CHECK_APDU(&r, "00B0830004", "00000002", "9000");           /* AD */
    CHECK_APDU(&r, "00B0860002", "0001", "9000");               /* ACC: last digit 0 */
    CHECK_APDU(&r, "00B0930005", "64F080C880", "9000");         /* HPLMNwAcT */
    CHECK_SW(&r, "00B0C70009", "6A86");
    CHECK_SW(&r, "00B09F0009", "6A86");
    rig_fini(&r);
}

TEST(updates_stay_and_show_in_both_trees)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "00A4000C026F7E", "9000");
    CHECK_SW(&r, "00D600000B 11223344 64F0000001 FF01", "9000");
    CHECK_APDU(&r, "00B000000B", "1122334464F0000001FF01", "9000");
    CHECK_SW(&r, "00D6000A02 0101", "6700");
    CHECK_SW(&r, "00D6000B01 01", "6B00");
    rig_reset(&r);
    CHECK_SW(&r, "A0A40000027F20", "9000");
    CHECK_SW(&r, "A0A40000026F7E", "9000");
    CHECK_APDU(&r, "A0B000000B", "1122334464F0000001FF01", "9000");
    CHECK_OK(usim_check(r.card));
    rig_fini(&r);
}

TEST(records)
{
    struct rig r;

    rig_default(&r);
    CHECK_APDU(&r, "00B201F428",
               "611F4F10A0000000871002FF86FFFF89FFFFFFFF500B5849454B4120205553494DFFFFFFFFFFFFFF",
               "9000");
    CHECK_SW(&r, "00B2010420", "6C28");
    CHECK_SW(&r, "00B2010400", "6C28");
    CHECK_SW(&r, "00B20104", "6C28");
    CHECK_SW(&r, "00B2030428", "6A83");
    CHECK_SW(&r, "00B0000001", "6981");
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "00A4000C026F40", "9000"); /* MSISDN, 2 records */
    CHECK_SW(&r, "00B200041C", "6A83");     /* no current record yet */
    CHECK_APDU(&r, "00B201041C", "FFFFFFFFFFFFFFFFFFFFFFFFFFFF 0891684114325476F8FFFFFFFFFF",
               "9000");
    rig_fini(&r);
}

TEST(record_pointer)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "00A4000C026FB7", "9000"); /* ECC, 5 records */
    CHECK_APDU(&r, "00B2000204", "11F2FF1F", "9000");
    CHECK_APDU(&r, "00B2000204", "11F0FF01", "9000");
    CHECK_APDU(&r, "00B2000404", "11F0FF01", "9000"); /* current */
    CHECK_APDU(&r, "00B2000304", "11F2FF1F", "9000");
    CHECK_SW(&r, "00B2000304", "6A83");               /* nothing before the first */
    CHECK_APDU(&r, "00B2050404", "21F2FF01", "9000"); /* absolute does not move it */
    CHECK_APDU(&r, "00B2000404", "11F2FF1F", "9000");
    CHECK_SW(&r, "00A4000C026FB7", "9000");
    CHECK_APDU(&r, "00B2000304", "21F2FF01", "9000"); /* previous of none: the last */
    CHECK_SW(&r, "00B2000204", "6A83");
    CHECK_SW(&r, "00B2010104", "6A86");
    rig_fini(&r);
}

TEST(update_record_and_search)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "00A4000C026F40", "9000");
    CHECK_SW(&r, "00DC02041C 0102030405060708090A0B0C0D0E 0F101112131415161718191A1B1C", "9000");
    CHECK_SW(&r, "00DC020402 0102", "6700");
    CHECK_SW(&r, "00DC03041C 0102030405060708090A0B0C0D0E 0F101112131415161718191A1B1C", "6A83");
    CHECK_APDU(&r, "00A2010402 0506", "02", "9000");
    CHECK_APDU(&r, "00A2010401 FF", "01", "9000");
    CHECK_APDU(&r, "00A2020502 9168", "01", "9000"); /* backward from 2 */
    CHECK_SW(&r, "00A2010402 FEFE", "6282");
    CHECK_APDU(&r, "00A2010604 0404 0506", "02", "9000"); /* enhanced: from offset 4 */
    CHECK_SW(&r, "00A2010604 0405 0506", "6282");
    CHECK_APDU(&r, "00A2010604 0C03 0405", "02", "9000"); /* behind the first 03 */
    CHECK_SW(&r, "00A2010604 0C06 0405", "6282");
    CHECK_SW(&r, "00A2010602 0C06", "6A86");
    CHECK_SW(&r, "00A20104", "6700");
    CHECK_SW(&r, "00A2030401 FF", "6A83");
    CHECK_SW(&r, "00A2010701 FF", "6A86");
    rig_reset(&r);
    CHECK_SW(&r, "00A4080C047F106F40", "9000"); /* the same file under DF.TELECOM */
    CHECK_APDU(&r, "00A2010402 0506", "02", "9000");
    rig_fini(&r);
}

TEST(cyclic_file_and_increase)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "00A4080C047F206F39", "9000");
    CHECK_APDU(&r, "8032000003 000105", "000105 000105", "9000");
    CHECK_APDU(&r, "8032000001 10", "000115 10", "9000");
    CHECK_APDU(&r, "00B2010403", "000115", "9000");
    CHECK_APDU(&r, "00B2020403", "000105", "9000");
    CHECK_APDU(&r, "00B2030403", "000000", "9000");
    CHECK_SW(&r, "8032000003 FFFFFF", "9850");
    CHECK_SW(&r, "00DC000303 000001", "6982"); /* needs PIN2 */
    CHECK_SW(&r, "0020008108 35363738FFFFFFFF", "9000");
    CHECK_SW(&r, "00DC000303 000001", "9000");
    CHECK_SW(&r, "00DC010403 000001", "6A86");
    CHECK_APDU(&r, "00B2010403", "000001", "9000");
    CHECK_APDU(&r, "00B2000203", "000115", "9000");
    CHECK_APDU(&r, "00B2000203", "000105", "9000");
    CHECK_APDU(&r, "00B2000203", "000001", "9000"); /* a ring */
    CHECK_SW(&r, "00A4080C047F106F40", "9000");
    CHECK_SW(&r, "8032000001 10", "6981");
    rig_fini(&r);
}

/* EF_ARR decides, and it is read each time: change a rule and the right changes. */
TEST(access_conditions_by_arr)
{
    struct usim_personalisation p = rig_personalisation();
    struct rig r;

    snprintf(p.pin1, sizeof p.pin1, "1234");
    rig_init(&r, &p);
    CHECK_SW(&r, SELECT_USIM, "9000");
    CHECK_SW(&r, "00B0870009", "6982");               /* IMSI: PIN1 */
    CHECK_APDU(&r, "00B0830004", "00000002", "9000"); /* AD: always */
    CHECK_SW(&r, "00D6830004 00000003", "6982");      /* ADM */
    CHECK_SW(&r, "0020000108 31323334FFFFFFFF", "9000");
    CHECK_SW(&r, "00B0870009", "9000");
    CHECK_SW(&r, "00D6870009 084906801032547697", "6982");
    CHECK_SW(&r, "0020000A08 3838383838383838", "9000");
    CHECK_SW(&r, "00D6870009 084906801032547697", "9000");
    CHECK_OK(usim_check(r.card));
    CHECK_SW(&r, "00A4080C022FE2", "9000");
    CHECK_SW(&r, "00D600000A 98680018325476981032", "6982"); /* ICCID: never */
    /* rule 3 becomes: update with ADM */
    CHECK_SW(&r, "00A4080C022F06", "9000");
    CHECK_SW(&r,
             "00DC030428 800101 9000 800102 A40683010A950108 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
             "FFFFFFFFFF",
             "9000");
    CHECK_SW(&r, "00A4080C022FE2", "9000");
    CHECK_SW(&r, "00D600000A 98680018325476981042", "9000");
    /* rule 3 becomes rubbish: nothing is allowed */
    CHECK_SW(&r, "00A4080C022F06", "9000");
    CHECK_SW(&r,
             "00DC030428 800101 9000 80010290 50 "
             "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
             "9000");
    CHECK_SW(&r, "00A4080C022FE2", "9000");
    CHECK_SW(&r, "00B000000A", "6982");
    CHECK_OK(usim_check(r.card));
    rig_fini(&r);
}

TEST(access_templates)
{
    static const struct {
        const char *rule, *sw; /* reading with ADM verified and PIN1 not */
    } rows[] = {
        {"A010 A406830101950108 A40683010A950108", "9000"}, /* either */
        {"AF10 A406830101950108 A40683010A950108", "6982"}, /* both */
        {"AF0A 9000 A40683010A950108", "9000"},
        {"A000 FF", "6982"},
        {"AF00 FF", "6982"},
        {"9700 FF", "6982"},
        {"A40683010B950108", "6982"}, /* a key that is not there */
        {"A40483020A0A FF", "6982"},  /* a reference of two bytes */
        {"A403950108 FF", "6982"},    /* a condition without a key */
        {"9700 9000", "9000"},        /* one after the other: either */
    };
    struct usim_personalisation p = rig_personalisation();
    struct rig r;

    snprintf(p.pin1, sizeof p.pin1, "1234");
    rig_init(&r, &p);
    CHECK_SW(&r, "0020000A08 3838383838383838", "9000");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char apdu[200], sw[8];
        size_t digits = 0;

        snprintf(apdu, sizeof apdu, "00DC030428800101%s", rows[i].rule);
        for (const char *c = apdu; *c; c++)
            digits += *c != ' ';
        for (; digits < 2 * (5 + 40); digits++)
            snprintf(apdu + strlen(apdu), 2, "F");
        CHECK_SW(&r, "00A4080C022F06", "9000");
        rig_send(&r, apdu);
        CHECK_INT(r.sw, 0x9000);
        CHECK_SW(&r, "00A4080C022FE2", "9000");
        rig_send(&r, "00B000000A");
        snprintf(sw, sizeof sw, "%04X", r.sw);
        xt_check_str(__FILE__, (int)i, rows[i].rule, sw, rows[i].sw);
    }
    rig_fini(&r);
}

TEST(channels)
{
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, "01A4000C022FE2", "6881");
    CHECK_APDU(&r, "0070000001", "01", "9000");
    CHECK_SW(&r, "0070000000", "6C01");
    CHECK_SW(&r, "01A4040C07A0000000871002", "9000");
    CHECK_APDU(&r, "01B0870009", "084906802143658709", "9000");
    CHECK_SW(&r, "00A4000C026F07", "6A82");     /* the basic channel is still in the MF */
    CHECK_APDU(&r, "0170000001", "02", "9000"); /* opened from channel 1: stands where it stands */
    CHECK_APDU(&r, "02B0870009", "084906802143658709", "9000");
    CHECK_SW(&r, "01A40004026F07", "9000"); /* GET RESPONSE with the same class */
    CHECK_APDU(&r, "0070000001", "03", "9000");
    CHECK_SW(&r, "0070000001", "6A81");
    CHECK_SW(&r, "00708002", "9000");
    CHECK_SW(&r, "00708002", "6881");
    CHECK_SW(&r, "00708000", "6A86");
    CHECK_SW(&r, "00704000", "6A86");
    CHECK_APDU(&r, "0070000001", "02", "9000");
    CHECK_SW(&r, "83F2000C", "9000");
    CHECK_SW(&r, "C0F2000C", "6881"); /* channel 4 */
    rig_reset(&r);
    CHECK_SW(&r, "01A4000C022FE2", "6881");
    rig_fini(&r);
}

TEST(get_response_in_parts)
{
    struct rig r;

    rig_default(&r);
    rig_send(&r, "00A40004022FE2");
    CHECK_INT(r.sw, 0x6119);
    CHECK_APDU(&r, "00C0000020", "", "6C19");
    rig_send(&r, "00C0000002");
    CHECK_HEX(r.data, "6217");
    CHECK_INT(r.sw, 0x6117);
    CHECK_APDU(&r, "00C0000017", "82024121 83022FE2 8A0105 8B032F0603 8002000A 880110", "9000");
    CHECK_SW(&r, "00C0000001", "6985");
    rig_send(&r, "00A40004022FE2");
    CHECK_SW(&r, "80F2000C", "9000"); /* another command: the answer is gone */
    CHECK_SW(&r, "00C0000019", "6985");
    CHECK_SW(&r, "00C0010001", "6B00");
    rig_fini(&r);
}

TEST(refusals_of_the_frame)
{
    static const struct {
        const char *apdu, *sw;
    } rows[] = {
        {"00", "6700"},
        {"00A400", "6700"},
        {"00A4000405 3F00", "6700"},
        {"00EE000000", "6D00"},
        {"10A4000C023F00", "6E00"},
        {"04A4000C023F00", "6E00"},
        {"80A4000C023F00", "6E00"},
        {"A170000001", "6E00"},
        {"00AA000000", "6E00"},
        {"80AA000003 A90100", "9000"},
        {"80AA010003 A90100", "6A86"},
        {"FFFFFFFF", "6E00"},
    };
    struct rig r;

    rig_default(&r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char sw[8];

        rig_send(&r, rows[i].apdu);
        snprintf(sw, sizeof sw, "%04X", r.sw);
        xt_check_str(__FILE__, (int)i, rows[i].apdu, sw, rows[i].sw);
    }
    rig_fini(&r);
}

/* Every file the issue names is there and can be read or refuses by its rule, in every tree. */
TEST(all_files_are_there)
{
    static const char *const paths[] = {
        "2F00",         "2FE2",         "2F05",         "2F06",         "2F08",
        "7FFF6F05",     "7FFF6F06",     "7FFF6F07",     "7FFF6F08",     "7FFF6F09",
        "7FFF6F31",     "7FFF6F38",     "7FFF6F3C",     "7FFF6F40",     "7FFF6F42",
        "7FFF6F43",     "7FFF6F46",     "7FFF6F47",     "7FFF6F56",     "7FFF6F5B",
        "7FFF6F5C",     "7FFF6F60",     "7FFF6F61",     "7FFF6F62",     "7FFF6F73",
        "7FFF6F78",     "7FFF6F7B",     "7FFF6F7E",     "7FFF6FAD",     "7FFF6FB7",
        "7FFF6FC4",     "7FFF6FC5",     "7FFF6FC6",     "7FFF6FD9",     "7FFF6FE3",
        "7FFF6FE4",     "7FFF6FE8",     "7FFF5F3B4F20", "7FFF5F3B4F52", "7FFF5FC04F01",
        "7FFF5FC04F02", "7FFF5FC04F03", "7FFF5FC04F04", "7FFF5FC04F05", "7FFF5FC04F06",
        "7FFF5FC04F07", "7FFF5FC04F08", "7FFF5FC04F0A", "7F106F3C",     "7F106F40",
        "7F106F42",     "7F206F05",     "7F206F07",     "7F206F20",     "7F206F30",
        "7F206F31",     "7F206F38",     "7F206F46",     "7F206F52",     "7F206F53",
        "7F206F74",     "7F206F78",     "7F206F7B",     "7F206F7E",     "7F206FAD",
        "7F206FAE",
    };
    struct rig r;

    rig_default(&r);
    CHECK_SW(&r, SELECT_USIM, "9000");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char apdu[64];
        uint8_t fcp[64];

        snprintf(apdu, sizeof apdu, "00A40804%02zX%s", strlen(paths[i]) / 2, paths[i]);
        rig_t0(&r, apdu);
        xt_check_int(__FILE__, (int)i, paths[i], r.sw, 0x9000);
        memcpy(fcp, r.data.p, r.data.n);
        snprintf(apdu, sizeof apdu, fcp[4] == 0x41 ? "00B0000000" : "00B2010400");
        rig_send(&r, apdu);
        if (r.sw >> 8 == 0x6C) {
            snprintf(apdu + 8, sizeof apdu - 8, "%02X", r.sw & 0xFF);
            rig_send(&r, apdu);
        }
        xt_check_int(__FILE__, (int)i, paths[i], r.sw, 0x9000);
        CHECK(r.data.n > 0);
    }
    rig_fini(&r);
}

/* No file answers K, OPc or a key of the card (looked for by their first 4 bytes). */
TEST(keys_never_leave)
{
    struct rig r;
    uint8_t k[16], opc[16], kic[16];

    rig_default(&r);
    if (hex_decode_exact(bytes_cstr(RIG_K), k, 16) != XK_OK ||
        hex_decode_exact(bytes_cstr(RIG_OPC), opc, 16) != XK_OK ||
        hex_decode_exact(bytes_cstr(RIG_KIC), kic, 16) != XK_OK)
        abort();
    CHECK_SW(&r, "0020000A08 3838383838383838", "9000");
    CHECK_SW(&r, "0020008108 35363738FFFFFFFF", "9000");
    CHECK_SW(&r, SELECT_USIM, "9000");
    for (unsigned fid = 0; fid < 0x10000; fid++) {
        uint8_t select[] = {0x00, 0xA4, 0x00, 0x0C, 0x02, (uint8_t)(fid >> 8), (uint8_t)fid};

        rig_bytes(&r, BYTES_OF(select));
        if (r.sw != 0x9000)
            continue;
        for (unsigned record = 0; record < 12; record++) {
            uint8_t read[] = {0x00, record ? 0xB2 : 0xB0, (uint8_t)record, record ? 4 : 0, 0};

            rig_bytes(&r, BYTES_OF(read));
            if (r.sw >> 8 == 0x6C) {
                read[4] = (uint8_t)r.sw;
                rig_bytes(&r, BYTES_OF(read));
            }
            CHECK(!r.data.n ||
                  (!memmem(r.data.p, r.data.n, k, 4) && !memmem(r.data.p, r.data.n, opc, 4) &&
                   !memmem(r.data.p, r.data.n, kic, 4)));
        }
    }
    rig_fini(&r);
}

TESTS_MAIN(XT_CASE(atr_is_right), XT_CASE(select_answers_fcp), XT_CASE(ways_to_select),
           XT_CASE(status_tells_the_current_df), XT_CASE(read_binary),
           XT_CASE(updates_stay_and_show_in_both_trees), XT_CASE(records), XT_CASE(record_pointer),
           XT_CASE(update_record_and_search), XT_CASE(cyclic_file_and_increase),
           XT_CASE(access_conditions_by_arr), XT_CASE(access_templates), XT_CASE(channels),
           XT_CASE(get_response_in_parts), XT_CASE(refusals_of_the_frame),
           XT_CASE(all_files_are_there), XT_CASE(keys_never_leave))
