/* SPDX-License-Identifier: Apache-2.0 */
/* Packages as text, and back. The texts of TS.48: tests/interop/ts48_text_test.c. */
#include "codec/saip/text.h"

#include "codec/saip/build.h"
#include "codec/saip/schema.h"
#include "saip_package.h"
#include "xt.h"

static uint8_t text_mem[1 << 20], package_mem[1 << 16];

static const char *text_of(struct bytes upp, unsigned flags, struct saip_text_loss *loss)
{
    struct buf out;

    buf_init_fixed(&out, text_mem, sizeof text_mem);
    CHECK_OK(saip_text(upp, flags, &out, loss));
    return buf_cstr(&out);
}

static struct bytes built(const char *text)
{
    struct saip_build_error error;
    struct buf out;

    buf_init_fixed(&out, package_mem, sizeof package_mem);
    if (saip_build(bytes_cstr(text), &out, &error) != XK_OK)
        printf("# %u:%u %s\n", error.line, error.column, error.text), xt_failures++;
    return buf_bytes(&out);
}

static bool is_in(const char *text, const char *what)
{
    return strstr(text, what) != NULL;
}

/* What the writer and the reader go by: no structure contains itself. */
static unsigned depth_of(enum saip_structure s, unsigned above)
{
    unsigned deepest = 0;

    if (above > 12)
        return above;
    for (const struct saip_member *m = saip_members(s); m->name; m++) {
        unsigned depth = m->inside ? depth_of(m->inside, above + 1) : 0;

        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

TEST(schema_is_flat)
{
    for (unsigned i = 1; i < SAIP_STRUCTURES; i++)
        CHECK(depth_of((enum saip_structure)i, 0) <= 8);
}

TEST(default_values_are_values)
{
    unsigned n = 0;

    for (unsigned i = 1; i < SAIP_STRUCTURES; i++) {
        for (const struct saip_member *m = saip_members((enum saip_structure)i); m->name; m++) {
            struct bytes value = saip_default(m);

            n += value.p != NULL;
            if (value.p)
                CHECK_OK(saip_check_value(m, value));
        }
    }
    CHECK_INT(n, 16);
}

static void whole_package(struct package *p)
{
    package_begin(p, SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE));
    package_isim(p);
    package_mapped_aka(p, PACKAGE_USIM_AID);
    package_gfm_file(p, "7F10", "8202412183026F508B032F060680010A8800A503C10155", "0102");
    package_usual_domain(p, "0100");
    package_rfm(p, "B00010", NULL, 0x12, "00", PACKAGE_USIM_AID, "00");
    package_end(p);
}

TEST(own_package_comes_back)
{
    static struct package p;
    struct saip_text_loss loss;

    whole_package(&p);
    for (unsigned notes = 0; notes <= SAIP_TEXT_NOTES; notes++) {
        const char *text = text_of(package_bytes(&p), SAIP_TEXT_SECRETS | notes, &loss);

        CHECK_INT(loss.masked + loss.left_out + loss.not_der, 0);
        CHECK(bytes_eq(built(text), package_bytes(&p)));
    }
}

TEST(form)
{
    static struct package p;
    struct saip_text_loss loss;
    const char *text;

    whole_package(&p);
    text = text_of(package_bytes(&p), SAIP_TEXT_SECRETS, &loss);
    CHECK(strncmp(text, "value1 ProfileElement ::= header : {\n  major-version ", 53) == 0);
    CHECK(is_in(text, ",\n  iccid '" PACKAGE_ICCID "'H,\n"));
    CHECK(is_in(text, "  eUICC-Mandatory-services {\n    usim NULL,\n    milenage NULL\n  },\n"));
    CHECK(is_in(text, "  templateID { 2 23 143 1 2 1 },\n"));
    CHECK(is_in(text, "  pinCodes pinconfig : {\n    {\n      keyReference pinAppl1,\n"));
    CHECK(is_in(text, "      unblockingPINReference pukAppl1"));
    CHECK(is_in(text, "  algoConfiguration algoParameter : {\n    algorithmID milenage,\n"));
    CHECK(is_in(text, "      filePath : '7F10'H,\n      createFCP : {\n"));
    CHECK(is_in(text, "    fillFileContent : '" PACKAGE_IMSI_EF "'H"));
    CHECK(is_in(text, "  tarList {\n    'B00010'H\n  },\n"));
    CHECK(is_in(text, "}\nvalue2 ProfileElement ::= mf : {\n"));
}

TEST(secrets_are_masked)
{
    static struct package p;
    struct saip_build_error error;
    struct saip_text_loss loss;
    struct buf out;
    const char *text;

    whole_package(&p);
    text = text_of(package_bytes(&p), 0, &loss);
    CHECK(loss.masked > 5);
    CHECK(is_in(text, "    key '********************************'H,\n"));
    CHECK(is_in(text, "      pinValue '****************'H,\n"));
    CHECK(!is_in(text, "465B5CE8") && !is_in(text, "31323334"));
    buf_init_fixed(&out, package_mem, sizeof package_mem);
    CHECK_INT(saip_build(bytes_cstr(text), &out, &error), XK_E_FORMAT);
    CHECK_STR(error.text, "a masked secret: have the text written with its secrets");
    CHECK_INT(out.n, 0);
}

struct loss_row {
    const char *hex, *text;
    struct saip_text_loss loss;
};
static const struct loss_row losses[] = {
    {"AA06A00480008101", "-- value1 at byte 0, tag AA, 8 bytes: not of the schema\n", {0, 1, 0}},
    {"AA05A003810105 BF2205A003810101",
     "value1 ProfileElement ::= end : {\n  end-header {\n    identification 5\n  }\n}\n"
     "-- value2 at byte 7, tag BF22, 8 bytes: an element of a later edition\n",
     {0, 1, 0}},
    {"AA05A003810105 AB", /* and what is no TLV at all */
     "value1 ProfileElement ::= end : {\n  end-header {\n    identification 5\n  }\n}\n"
     "-- value2 at byte 7, tag 0, 1 bytes: no whole element\n",
     {0, 1, 0}},
    {"AA08A00481020005 8100", /* a member more, a number not in the least octets */
     "value1 ProfileElement ::= end : {\n  end-header {\n    identification 5\n  }\n}\n",
     {0, 1, 1}},
    {"AA8106A00481020005",
     "value1 ProfileElement ::= end : {\n  end-header {\n    identification 5\n  }\n}\n",
     {0, 0, 2}}, /* and a long length */
    {"A210 A003810101 A109 A007 3005 80010A 8100",
     "-- value1 at byte 0, tag A2, 18 bytes: not of the schema, at pinValue\n",
     {0, 1, 0}},
};

TEST(what_text_cannot_say)
{
    for (size_t i = 0; i < ARRAY_LEN(losses); i++) {
        uint8_t mem[64];
        struct saip_text_loss loss;
        struct buf upp;
        const char *text;

        buf_init_fixed(&upp, mem, sizeof mem);
        for (const char *p = losses[i].hex; *p; p += 2) {
            if (*p == ' ')
                p++;
            buf_put_u8(&upp, (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1])));
        }
        text = text_of(buf_bytes(&upp), SAIP_TEXT_NOTES, &loss);
        if (losses[i].text[0])
            CHECK_STR(text, losses[i].text);
        CHECK_INT(loss.left_out, losses[i].loss.left_out);
        CHECK_INT(loss.not_der, losses[i].loss.not_der);
    }
}

/* ---- all of the schema ---- */

static void put_structure(struct buf *b, enum saip_structure s, unsigned which);

/* The shortest value that is not the DEFAULT. */
static void put_octets(struct buf *b, const struct saip_member *m)
{
    size_t n = m->least > 0 || m->most == 0 ? m->least : 1;

    buf_put_fill(b, m->kind == SAIP_UTF8 ? '"' : 0xA5, n);
}

static void put_member(struct buf *b, const struct saip_member *m, unsigned which)
{
    size_t at;

    if (m->kind == SAIP_INTEGER) {
        der_put_int(b, m->tag, m->most);
        return;
    }
    at = der_begin(b, m->tag);
    if (m->kind == SAIP_OID)
        buf_put(b, "\x88\x37", 2); /* 2.999 */
    else if (m->kind == SAIP_LIST && m->least > 1)
        for (uint32_t i = 0; i < m->least; i++)
            put_structure(b, m->inside, which);
    else if (m->inside)
        put_structure(b, m->inside, which);
    else if (m->kind != SAIP_EMPTY)
        put_octets(b, m);
    der_close(b, at);
}

/* All members, or the alternative of this number (the last, when there are fewer). */
static void put_structure(struct buf *b, enum saip_structure s, unsigned which)
{
    const struct saip_member *m = saip_members(s);

    if (!saip_is_choice(s)) {
        for (; m->name; m++)
            put_member(b, m, which);
        return;
    }
    while (which-- > 0 && m[1].name)
        m++;
    put_member(b, m, 0);
}

TEST(all_of_the_schema_comes_back)
{
    for (unsigned type = 1; type < SAIP_TYPES; type++) {
        for (unsigned which = 0; which < 4; which++) {
            static uint8_t mem[1 << 15];
            struct saip_text_loss loss;
            struct buf upp;
            const char *text;
            size_t at;

            buf_init_fixed(&upp, mem, sizeof mem);
            at = der_begin(&upp, saip_type_tag((enum saip_type)type));
            put_structure(&upp, saip_structure_of((enum saip_type)type), which);
            der_close(&upp, at);
            CHECK_OK(buf_ok(&upp));
            text = text_of(buf_bytes(&upp), SAIP_TEXT_SECRETS, &loss);
            CHECK_INT(loss.masked + loss.left_out + loss.not_der, 0);
            if (!bytes_eq(built(text), buf_bytes(&upp)))
                xt_fail(__FILE__, __LINE__, text);
        }
    }
}

/* ---- notes ---- */

/* A package of a template MF and an element; text with notes. */
static const char *noted(const char *element, unsigned flags)
{
    static const char before[] =
        "v ProfileElement ::= usim : { usim-header { identification 1 }, templateID { 2 23 143 1 2 "
        "4 },"
        "adf-usim { fileDescriptor : { fileID '7FD0'H, dfName 'A0000000871002'H,"
        " pinStatusTemplateDO '900180'H } }, ef-imsi { fillFileContent : '082943019876543210'H },"
        "ef-arr {}, ef-ust { fillFileContent : '00'H }, ef-smsp { fileDescriptor : { fileDescriptor"
        " '4221001C'H, efFileSize '1C'H }, fillFileContent : 'FDFFFFFFFFFFFFFFFFFFFFFFFF"
        "07919471701095F8FFFFFFFF0000A8'H }, ef-spn { fillFileContent :"
        " '0178692D2D6B61FFFFFFFFFFFFFFFFFFFF'H }, ef-est {}, ef-acc {}, ef-ecc {} }\n";
    static uint8_t upp[1 << 16];
    struct saip_text_loss loss;
    struct bytes package;
    char text[8192];

    snprintf(text, sizeof text, "%s%s", before, element);
    package = built(text);
    memcpy(upp, package.p, package.n);
    return text_of(BYTES(upp, package.n), SAIP_TEXT_NOTES | flags, &loss);
}

struct note_row {
    const char *element, *note;
};
#define OPT_USIM(files)                                                                            \
    "v ProfileElement ::= opt-usim : { optusim-header { identification 2 },"                       \
    " templateID { 2 23 143 1 2 5 }, " files " }"
#define ISIM(files)                                                                                \
    "v ProfileElement ::= isim : { isim-header { identification 2 }, templateID { 2 23 143 1 2 8 " \
    "},"                                                                                           \
    " adf-isim { fileDescriptor : { fileID '7FD1'H, dfName 'A0000000871004'H, pinStatusTemplateDO" \
    " '900180'H } }, " files " }"
#define GFM(steps)                                                                                 \
    "v ProfileElement ::= genericFileManagement : { gfm-header { identification 2 },"              \
    " fileManagementCMD { { " steps " } } }"
#define KEYS(version, type)                                                                        \
    "v ProfileElement ::= securityDomain : { sd-Header { identification 1 }, instance {"           \
    "applicationLoadPackageAID 'A000000151'H, classAID 'A000000151'H, instanceAID 'A000000151'H,"  \
    "applicationPrivileges '80'H, applicationSpecificParametersC9 ''H }, keyList { {"              \
    "keyUsageQualifier '18'H, keyIdentifier '02'H, keyVersionNumber '" version "'H,"               \
    "keyComponents { { keyType '" type "'H, keyData '00'H } } } } }"
static const struct note_row notes[] = {
    {"", "\n  -- template USIM\n  templateID { 2 23 143 1 2 4 },\n"},
    {"", "\n  -- ADF.USIM 3F00/7FD0 A0000000871002\n  adf-usim {\n"},
    {"", "\n  -- EF.IMSI 3F00/7FD0/6F07, transparent, 9 bytes: 234108967452301\n  ef-imsi {\n"},
    /* a name cannot end the comment */
    {"", "\n  -- EF.SPN 3F00/7FD0/6F46, transparent, 17 bytes: xi-.ka\n  ef-spn {\n"},
    {OPT_USIM("ef-msisdn { fileDescriptor : { fileDescriptor '4221000E'H, efFileSize '1C'H },"
              " fillFileContent : '07919471701095F8FFFFFFFFFFFF'H }"),
     "\n  -- EF.MSISDN 3F00/7FD0/6F40, linear fixed, 2 records of 14 bytes: +49170701598\n"},
    {OPT_USIM("ef-hplmnwact { fileDescriptor : { efFileSize '0A'H },"
              " fillFileContent : '64F0104000FFFFFF0000'H }"),
     "\n  -- EF.HPLMNWACT 3F00/7FD0/6F62, transparent, 10 bytes: 46001\n"},
    {OPT_USIM("ef-ehplmn { fileDescriptor : { efFileSize '06'H }, fillFileContent :"
              " '64F01013F018'H }"),
     ", transparent, 6 bytes: 46001 31081\n"},
    {"", "EF.SMSP 3F00/7FD0/6F42, linear fixed, 1 record of 28 bytes: +49170701598\n"},
    {"v ProfileElement ::= mf : { mf-header { identification 1 }, templateID { 2 23 143 1 2 1 },"
     " mf {}, ef-iccid { fillFileContent : '98680021436587092133'H }, ef-dir { fileDescriptor : {"
     " fileDescriptor '42210010'H, efFileSize '20'H }, fillFileContent :"
     " '610B4F05A0000000875002490AFFFFFF610B4F05A00000008750022D2D'H }, ef-arr {} }",
     "DIR 3F00/2F00, linear fixed, 2 records of 16 bytes: A000000087=I. A000000087=-.\n"},
    {ISIM("ef-impi { fillFileContent : '80036140621B'H }, ef-impu { fileDescriptor : {"
          " fileDescriptor '42210006'H, efFileSize '0C'H }, fillFileContent : '80037369703A'H,"
          " fillFileContent : '800261621B1B'H }, ef-domain {}, ef-ist {}, ef-ad {}, ef-arr {}"),
     "\n  -- EF.IMPU 3F00/7FD1/6F04, linear fixed, 2 records of 6 bytes: sip ab\n"},
    {ISIM("ef-impi { fileDescriptor : { efFileSize '06'H }, fillFileContent : '800361401B62'H },"
          " ef-impu {}, ef-domain {}, ef-ist {}, ef-ad {}, ef-arr {}"),
     "\n  -- EF.IMPI 3F00/7FD1/6F02, transparent, 6 bytes: a@.\n"},
    {GFM("filePath : '7FD0'H, createFCP : { fileDescriptor '4121'H, fileID '6F50'H,"
         " securityAttributesReferenced '2F0601'H, efFileSize '0A'H }, fillFileContent : '01'H"),
     "\n      filePath : '7FD0'H,\n      -- 3F00/7FD0/6F50, transparent, 10 bytes\n      "
     "createFCP"},
    {GFM("filePath : '7FD06F07'H, fillFileContent : '01'H"),
     "\n      filePath : '7FD06F07'H,\n      -- 3F00/7FD0/6F07\n      fillFileContent"},
    {GFM("filePath : '7FD06F07'H, fillFileContent : ''H, filePath : ''H, filePath : '7FD06F38'H,"
         " fillFileOffset : 1"),
     "-- 3F00/7FD0/6F07\n      fillFileContent : ''H,\n      filePath : ''H,\n      filePath :"
     " '7FD06F38'H,\n      -- 3F00/7FD0/6F38\n      fillFileOffset"},
    {KEYS("01", "88"), "\n    -- SCP80, version 1, key 2: AES\n    {\n"},
    {KEYS("30", "80"), "\n    -- SCP03, version 48, key 2: DES\n    {\n"},
    {KEYS("40", "85"), "\n    -- SCP81, version 64, key 2: pre-shared key of TLS\n    {\n"},
    {KEYS("73", "B0"), "\n    -- key, version 115, key 2: EC public\n    {\n"},
};
#define CODES                                                                                      \
    "v ProfileElement ::= pinCodes : { pin-Header { identification 2 }, pinCodes pinconfig : {"    \
    " { keyReference pinAppl1, pinValue '31323334FFFFFFFF'H } } }"

TEST(notes_say_what_it_is)
{
    for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
        const char *text = noted(notes[i].element, 0);

        if (!is_in(text, notes[i].note))
            xt_fail(__FILE__, __LINE__, notes[i].note), printf("# %s\n", text);
    }
    CHECK(is_in(noted(CODES, SAIP_TEXT_SECRETS), "\n      -- 1234\n      pinValue '31323334FF"));
    CHECK(!is_in(noted(CODES, 0), "1234"));
}

TESTS_MAIN(XT_CASE(all_of_the_schema_comes_back), XT_CASE(notes_say_what_it_is),
           XT_CASE(schema_is_flat), XT_CASE(default_values_are_values),
           XT_CASE(own_package_comes_back), XT_CASE(form), XT_CASE(secrets_are_masked),
           XT_CASE(what_text_cannot_say))
