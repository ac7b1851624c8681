/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of package texts takes, and what it says of the rest. */
#include "codec/saip/build.h"

#include "codec/saip/text.h"
#include "xt.h"

static uint8_t mem[1 << 16];

static enum xk_err build(struct bytes text, struct buf *out, struct saip_build_error *error)
{
    buf_init_fixed(out, mem, sizeof mem);
    return saip_build(text, out, error);
}

struct good_row {
    const char *text, *der;
};
#define END "v ProfileElement ::= end : { end-header { identification 5 } }"
#define END_DER "AA05A003810105"
static const struct good_row good[] = {
    {END, END_DER},
    {"\xEF\xBB\xBF" END "\r\n", END_DER},
    {"/* a /* b */ { */ " END " -- last", END_DER},
    {"v -- x -- ProfileElement ::=end:{end-header{mandated NULL,identification 32767}}",
     "AA08A006800081027FFF"},
    {END "\r" END, END_DER END_DER},
    {"v ProfileElement ::= end : { end-header { identification 0 } }", "AA05A003810100"},
    /* octets: blanks, lines, bits; strings */
    {"v ProfileElement ::= header : { major-version 2, minor-version 3, profileType \"a "
     "\"\"b\"\"\","
     "iccid '8900 0123\n4567 8901 2341'H, pol '0000 0001 1111 1110'B,"
     "eUICC-Mandatory-services {}, eUICC-Mandatory-GFSTEList { { joint-iso-itu-t(2) 23 143 1 } } }",
     "A0 27 800102 810103 8205 6120226222 830A 89000123456789012341 8402 01FE A500"
     "A606 0604 67810F01"},
    /* numbers by name; DEFAULT left out: attributes 7, attempts 51; 129 takes two octets */
    {"v ProfileElement ::= pinCodes : { pin-Header { identification 1 }, pinCodes pinconfig : {"
     "{ keyReference pinAppl1, pinValue '3030303030303030'H, unblockingPINReference 1,"
     "  pinAttributes 7, maxNumOfAttemps-retryNumLeft 51 },"
     "{ keyReference secondPINAppl1, pinValue '3030303030303030'H, pinAttributes 3 } } }",
     "A2 2E A003 810101 A127 A025"
     "3010 800101 8108 3030303030303030 820101"
     "3011 80020081 8108 3030303030303030 830103"},
    /* octets that are the DEFAULT; the earlier name of a member */
    {"v ProfileElement ::= securityDomain : { sd-Header { identification 1 }, instance {"
     "applicationLoadPackageAID 'A000000151'H, classAID 'A000000151'H, instanceAID 'A000000151'H,"
     "applicationPrivileges '80'H, lifeCycleState '07'H, applicationSpecificParametersC9 ''H },"
     "keyList { { keyUsageQualifier '18'H, keyAccess '00'H, keyIdentifier '01'H, keyVersionNumber"
     "'02'H, keyCompontents { { keyType '88'H, keyData '00'H, macLength 8 } } } } }",
     "A6 38 A003 810101 A11A 4F05A000000151 4F05A000000151 4F05A000000151 820180 C900"
     "A215 3013 950118 820101 830102 3008 3006 800188 860100"},
    {"v ProfileElement ::= pinCodes : { pin-Header { identification 1 }, pinCodes filePath : ''H }",
     "A2 09 A003 810101 A102 8100"},
    {"v ProfileElement ::= mf : { mf-header { identification 1 }, templateID { 2 23 1 }, mf {},"
     "ef-pl { doNotCreate : NULL }, ef-iccid { fileDescriptor : { lcsi '05'H, shortEFID ''H },"
     "fillFileOffset : 0, fillFileContent : '01'H }, ef-dir {}, ef-arr {} }",
     "B0 1F A003 810101 8102 6701 A200 A302 8000 A40A A102 8800 820100 830101 A500 A600"},
};

TEST(what_it_takes)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct saip_build_error error;
        struct buf out;

        if (build(bytes_cstr(good[i].text), &out, &error) != XK_OK) {
            printf("# %u:%u %s\n", error.line, error.column, error.text);
            xt_fail(__FILE__, __LINE__, good[i].text);
        }
        CHECK_HEX(buf_bytes(&out), good[i].der);
    }
}
struct bad_row {
    const char *text;
    unsigned line, column;
    const char *why;
};
#define HEADER "v ProfileElement ::= header :\n{ "
#define PINS "v ProfileElement ::= pinCodes : { pin-Header { identification 1 },\n"
#define PINCONFIG PINS "pinCodes pinconfig : {{"
static const struct bad_row bad[] = {
    {"", 1, 1, "the end of the text instead of a value assignment"},
    {"\r\n -- nothing\r\n", 3, 1, "the end of the text instead of a value assignment"},
    {"1", 1, 1, "\"1\" instead of a value assignment"},
    {"v", 1, 2, "the end of the text instead of ProfileElement"},
    {"v Profile", 1, 3, "\"Profile\" instead of ProfileElement"},
    {"v ProfileElement = end", 1, 18, "a character that has no place here"},
    {"v ProfileElement : end", 1, 18, "\":\" instead of \"::=\""},
    {"v ProfileElement ::=\rusim2 : {}", 2, 1, "no element \"usim2\""},
    {"v ProfileElement ::= end {", 1, 26, "\"{\" instead of \":\""},
    {"v ProfileElement ::= end : 1", 1, 28, "\"1\" instead of \"{\""},
    {END "\n" END "}", 2, 63, "\"}\" instead of a value assignment"},
    {"v ProfileElement ::= end : {}", 1, 29, "\"end-header\" is missing"},
    {"v ProfileElement ::= end : { end-header { mandated } }", 1, 52, "\"}\" instead of NULL"},
    {"v ProfileElement ::= end : { end-header { mandated NULL, } }", 1, 58,
     "\"}\" instead of a member"},
    {"v ProfileElement ::= end : { end-header { mandated NULL identification 1 } }", 1, 57,
     "\"identification\" instead of \",\" or \"}\""},
    {"v ProfileElement ::= end : { end-header { identification 1, mandated NULL } }", 1, 61,
     "\"mandated\" stands before \"identification\", and once"},
    {"v ProfileElement ::= end : { end-header { identification 32768 } }", 1, 58,
     "identification is a number from 0 to 32767"},
    {"v ProfileElement ::= end : { end-header { identification 99999999999999999999999 } }", 1, 58,
     "identification is a number from 0 to 32767"},
    {"v ProfileElement ::= end : { end-header { identification adm1 } }", 1, 58,
     "\"adm1\" instead of a number"},
    {"v ProfileElement ::= end : { header { identification 1 } }", 1, 30,
     "no member \"header\" here"},
    {"v /* never\n\nends", 3, 5, "a comment has no end"},
    {HEADER "minor-version 3", 2, 3, "\"major-version\" is missing before \"minor-version\""},
    {HEADER "major-version 2, minor-version 3, profileType \"", 2, 49, "a string has no end"},
    {HEADER "major-version 2, minor-version 3, profileType \"\"", 2, 49,
     "profileType has 0 bytes; 1 to 100 are allowed"},
    {HEADER "major-version 2, minor-version 3, profileType \"\xFF\"", 2, 49,
     "a string is not UTF-8"},
    {HEADER "major-version 2, minor-version 3, profileType \"\x1B\"", 2, 49,
     "a string has a control character"},
    {HEADER "major-version 2, minor-version 3, iccid '89", 2, 43, "a quote has no end"},
    {HEADER "major-version 2, minor-version 3, iccid '89'O", 2, 43,
     "behind the quote must be H or B"},
    {HEADER "major-version 2, minor-version 3, iccid 89", 2, 43,
     "\"89\" instead of octets ('..'H)"},
    {HEADER "major-version 2, minor-version 3, iccid '8'H", 2, 43,
     "octets have a digit too many or too few"},
    {HEADER "major-version 2, minor-version 3, iccid '1111'B", 2, 43,
     "octets have a digit too many or too few"},
    {HEADER "major-version 2, minor-version 3, iccid '8G'H", 2, 43,
     "octets have a character that is no digit"},
    {HEADER "major-version 2, minor-version 3, iccid '2'B", 2, 43,
     "octets have a character that is no digit"},
    {HEADER "major-version 2, minor-version 3, iccid '89'H", 2, 43,
     "iccid has 1 bytes; 10 to 10 are allowed"},
    {PINCONFIG "keyReference adm1, pinValue '********'H", 2, 52,
     "a masked secret: have the text written with its secrets"},
    {PINCONFIG "keyReference pukAppl1", 2, 37, "\"pukAppl1\" instead of a number"},
    {PINS "pinCodes pinconfig : {}", 2, 22, "pinconfig has 0 entries: too few"},
    {PINS "pinCodes config : {}", 2, 10, "no choice \"config\" here"},
    {PINS "pinCodes { }", 2, 10, "\"{\" instead of the name of a choice"},
    {"v ProfileElement ::= cd : { cd-header { identification 1 },\ntemplateID { 2 }", 2, 12,
     "no OBJECT IDENTIFIER"},
    {"v ProfileElement ::= cd : { cd-header { identification 1 },\ntemplateID { 2 iso 1 }", 2, 20,
     "\"1\" instead of \"(\""},
    {"v ProfileElement ::= cd : { cd-header { identification 1 },\ntemplateID 2", 2, 12,
     "\"2\" instead of \"{\""},
};

TEST(what_it_refuses)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct saip_build_error error;
        struct buf out;

        CHECK_INT(build(bytes_cstr(bad[i].text), &out, &error), XK_E_FORMAT);
        CHECK_INT(out.n, 0);
        if (error.line != bad[i].line || error.column != bad[i].column)
            printf("# %s\n# %u:%u, want %u:%u\n", bad[i].text, error.line, error.column,
                   bad[i].line, bad[i].column),
                xt_failures++;
        CHECK_STR(error.text, bad[i].why);
    }
}

/* Nothing of a text that fails stays in the buffer; what was there before stays. */
TEST(limits)
{
    static const char secret[] = PINCONFIG "keyReference adm1, pinValue '4142434445464748'H";
    static uint8_t zeros[64];
    struct saip_build_error error;
    uint8_t small[64] = "before";
    struct buf out;

    buf_init_fixed(&out, small, sizeof small);
    out.n = 6;
    CHECK_INT(saip_build(BYTES_STR(secret), &out, &error), XK_E_FORMAT);
    CHECK(out.n == 6 && memcmp(small, "before", 6) == 0);
    CHECK(memcmp(small + 6, zeros, sizeof small - 6) == 0);
    buf_init_fixed(&out, small, 6);
    CHECK_INT(saip_build(BYTES_STR(END), &out, &error), XK_E_LIMIT);
    CHECK_STR(error.text, "");
    CHECK_INT(saip_build(BYTES(mem, SAIP_TEXT_MAX + 1), &out, &error), XK_E_LIMIT);
}

TESTS_MAIN(XT_CASE(what_it_refuses), XT_CASE(limits), XT_CASE(what_it_takes))
