/* SPDX-License-Identifier: Apache-2.0 */
/* A package without fault, and each rule broken in it, one at a time: its text is changed in one
 * place and built again. */
#include "codec/saip/lint.h"

#include "codec/saip/build.h"
#include "codec/saip/text.h"
#include "saip_package.h"
#include "xt.h"

#define ARENA ((size_t)16 << 20)
#define TEXT_MAX 65536

struct edit {
    const char *find, *put; /* the first of find becomes put */
};

/* What the package of the tests has that a lint finds. */
static const struct edit mended[] = {
    {"'8986012345678901234F'", "'8986012345678901239F'"},
    {"'986810325476981032F4'", "'986810325476981032F9'"},
    {"'61184F10A0000000871002FF86FFFF890000000050045553494D'",
     "'61184F10A0000000871002FF86FFFF890000000050045553494DFFFFFFFFFFFFFFFFFFFFFFFF"
     "61184F10A0000000871004FF86FFFF890000000050044953494D'"},
    {"'0A00000420000000000000000000'", "'0200000420000000000000000000'"},
};

static void put_package(struct package *p)
{
    package_begin(p, SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(ISIM) | SAIP_SERVICE_BIT(MILENAGE));
    package_isim(p);
    package_mapped_aka(p, PACKAGE_USIM_AID);
    package_domain(p, PACKAGE_DOMAIN_AID, NULL);
    package_key(p, 1, 1, PACKAGE_AES, PACKAGE_KIC, NULL);
    package_key(p, 1, 2, PACKAGE_AES, PACKAGE_KID, NULL);
    package_key(p, 1, 3, PACKAGE_AES, PACKAGE_KIC, NULL);
    package_domain_close(p);
    package_rfm(p, "B00000", NULL, 0x16, "0100", PACKAGE_USIM_AID, "0100");
    package_gfm_file(p, "7FD0", "8202412183026FF08B036F06018001048800", "01020304");
    package_end(p);
}

static char *replace(struct arena *a, const char *text, const struct edit *e)
{
    const char *at = strstr(text, e->find);

    if (!at) {
        printf("# not in the text: %s\n", e->find);
        xt_fail(__FILE__, __LINE__, "an edit");
        return arena_strdup(a, text);
    }
    return arena_printf(a, "%.*s%s%s", (int)(at - text), text, e->put, at + strlen(e->find));
}

static char *base_text(struct arena *a)
{
    static struct package p;
    struct saip_text_loss loss;
    struct buf out;
    char *text;

    put_package(&p);
    buf_init(&out, TEXT_MAX);
    CHECK_OK(saip_text(package_bytes(&p), SAIP_TEXT_SECRETS, &out, &loss));
    CHECK_INT(loss.left_out, 0);
    buf_put_u8(&out, '\0');
    text = arena_strdup(a, (const char *)out.p);
    buf_fini(&out);
    for (size_t i = 0; i < ARRAY_LEN(mended); i++)
        text = replace(a, text, &mended[i]);
    return text;
}

static struct bytes built(struct arena *a, const char *text)
{
    struct saip_build_error error;
    struct bytes upp;
    struct buf out;

    buf_init(&out, TEXT_MAX);
    if (saip_build(bytes_cstr(text), &out, &error) != XK_OK) {
        printf("# %u:%u %s\n", error.line, error.column, error.text);
        xt_fail(__FILE__, __LINE__, "a text");
    }
    upp = BYTES(arena_copy(a, buf_bytes(&out)), out.n);
    buf_fini(&out);
    return upp;
}

static void print(const struct saip_report *r)
{
    for (const struct saip_finding *f = r->first; f; f = f->next)
        printf("# pe %u %s %s: %s: %s\n", f->pe, saip_type_name(f->type), f->path,
               saip_rule_name(f->rule), f->text);
}

static bool found(const struct saip_report *r, enum saip_rule rule)
{
    for (const struct saip_finding *f = r->first; f; f = f->next) {
        if (f->rule == rule)
            return true;
    }
    return false;
}

TEST(nothing_is_wrong)
{
    struct saip_report r;
    struct arena a;

    arena_init(&a, ARENA);
    CHECK_OK(saip_lint(built(&a, base_text(&a)), &a, &r));
    print(&r);
    CHECK(!r.first && !r.cut);
    arena_fini(&a);
}

struct broken {
    enum saip_rule rule;
    const char *find, *put;
    const char *path; /* of the finding; NULL: any */
    unsigned pe;      /* that it is about */
};
#define ONE(rule, find, put, path, pe)                                                             \
    {                                                                                              \
        SAIP_RULE_##rule, find, put, path, pe                                                      \
    }
#define END_TEXT "value13 ProfileElement ::= end"
#define DOMAIN "value10 ProfileElement ::= securityDomain : {"
#define MF "value2 ProfileElement ::= mf : {"
#define NUMBER(n) "identification " n

static const struct broken rows[] = {
    ONE(HEADER, MF,
        "h ProfileElement ::= header : { major-version 2, minor-version 3,"
        "iccid '8986012345678901239F'H, eUICC-Mandatory-services {},"
        "eUICC-Mandatory-GFSTEList {} } " MF,
        "", 2),
    ONE(END, END_TEXT, "e ProfileElement ::= end : { end-header { identification 99 } } " END_TEXT,
        "", 14),
    ONE(EDITION, "major-version 2", "major-version 9", "major-version", 1),
    ONE(EDITION, "templateID { 2 23 143 1 2 4 }", "templateID { 2 23 143 1 2 4 2 }", "templateID",
        5),
    ONE(IDENTIFICATION, NUMBER("8"), NUMBER("7"), "", 10),
    ONE(SERVICE_MISSING, "    isim NULL,\n", "", "eUICC-Mandatory-services", 1),
    ONE(SERVICE_UNUSED, "    milenage NULL\n", "    milenage NULL, gba-usim NULL\n",
        "eUICC-Mandatory-services", 1),
    ONE(ICCID, "'8986012345678901239F'", "'898601234567F901239F'", "iccid", 1),
    ONE(ICCID, "'8986012345678901239F'", "'898601234567890FFFFF'", "iccid", 1),
    ONE(ICCID_CHECK, "'8986012345678901239F'", "'8986012345678901238F'", "iccid", 1),
    ONE(ICCID_FILE, "'986810325476981032F9'", "'986810325476981032F8'", "ef-iccid", 2),
    ONE(TEMPLATE, "templateID { 2 23 143 1 2 8 }", "templateID { 2 23 143 1 2 99 }", "templateID",
        8),
    ONE(TEMPLATE, "templateID { 2 23 143 1 2 8 }", "templateID { 2 23 143 1 2 4 }", "templateID",
        8),
    ONE(MF, END_TEXT,
        "m ProfileElement ::= mf : { mf-header { identification 50 },"
        "templateID { 2 23 143 1 2 1 }, mf {}, ef-pl { doNotCreate : NULL },"
        "ef-iccid { doNotCreate : NULL }, ef-dir { doNotCreate : NULL },"
        "ef-arr { doNotCreate : NULL } } " END_TEXT,
        "mf", 13),
    ONE(PLACE, MF,
        "o ProfileElement ::= gsm-access : { gsm-access-header { identification 51 },"
        "templateID { 2 23 143 1 2 7 }, df-gsm-access {} } " MF,
        "", 2),
    ONE(FILE, "'01020304'", "'0102030405'", "file 6FF0", 12),
    ONE(DIRECTORY, "filePath : '7FD0'", "filePath : '7FDD'", "file 6FF0", 12),
    ONE(FILE_TWICE, "fileID '6FF0'", "fileID '6F07'", "file 6F07", 12),
    ONE(FILE_UPDATE, END_TEXT,
        "g ProfileElement ::= genericFileManagement : { gfm-header {"
        "identification 52 }, fileManagementCMD { { filePath : '7FD06FFF'H,"
        "fillFileContent : '00'H } } } " END_TEXT,
        "file 6FFF/fillFileContent", 13),
    ONE(FILE_UPDATE, END_TEXT,
        "g ProfileElement ::= genericFileManagement : { gfm-header {"
        "identification 52 }, fileManagementCMD { { filePath : '7FD06FF0'H,"
        "fillFileContent : '0000000000'H } } } " END_TEXT,
        "file 6FF0/fillFileContent", 13),
    ONE(CONTENT, "    fillFileContent : '084906102143658709'H\n", "    fileDescriptor : {\n }\n",
        "ef-imsi", 5),
    ONE(SFI_TWICE, "  ef-netpar {\n    doNotCreate : NULL\n",
        "  ef-netpar {\n    fileDescriptor : {\n shortEFID '38'H\n }\n", "ef-netpar/shortEFID", 5),
    ONE(LINK, END_TEXT,
        "l ProfileElement ::= genericFileManagement : { gfm-header { identification 56 },"
        "fileManagementCMD { { filePath : '7FD0'H, createFCP : { fileDescriptor '4121'H,"
        "fileID '6FF1'H, securityAttributesReferenced '6F0601'H, shortEFID ''H,"
        "linkPath '7FD06F99'H } } } } " END_TEXT,
        "file 6FF1/linkPath", 13),
    ONE(ACCESS, "securityAttributesReferenced '6F0601'", "securityAttributesReferenced '6F060F'",
        "file 6FF0/securityAttributesReferenced", 12),
    ONE(ACCESS, "securityAttributesReferenced '6F0601'", "securityAttributesReferenced '6F0B01'",
        "file 6FF0/securityAttributesReferenced", 12),
    ONE(IMSI, "'084906102143658709'", "'094906102143658709'", "ef-imsi", 5),
    ONE(IMSI_EMPTY, "'084906102143658709'", "'FFFFFFFFFFFFFFFFFF'", "ef-imsi", 5),
    ONE(UST, "'0200000420000000000000000000'", "'0200100420000000000000000000'", "ef-ust", 5),
    ONE(DIR, "61184F10A0000000871004FF", "61184F10A0000000871005FF", "adf-isim/dfName", 8),
    ONE(AID_TWICE, "dfName 'A0000000871004FF86FFFF8900000000'",
        "dfName 'A0000000871002FF86FFFF8900000000'", "adf-isim/dfName", 8),
    ONE(AID_TWICE, "instanceAID 'A000000559100001'", "instanceAID 'A000000151000000'",
        "instanceAID", 11),
    ONE(PUK, "unblockingPINReference pukAppl1", "unblockingPINReference pukAppl2",
        "unblockingPINReference", 4),
    ONE(PIN_TWICE, "keyReference secondPUKAppl1,", "keyReference pukAppl1,", "keyReference", 3),
    ONE(PIN_TWICE, "keyReference adm1,", "keyReference pinAppl1,", "keyReference", 4),
    ONE(PIN_DIGITS, "'31323334FFFFFFFF'", "'313233FFFFFFFFFF'", "pinValue", 4),
    ONE(PIN_DIGITS, "'31323334FFFFFFFF'", "'31323334FF35FFFF'", "pinValue", 4),
    ONE(PIN_DIGITS, "'3132333435363738'", "'3132333435363A38'", "pukValue", 3),
    ONE(PIN_SHARED, END_TEXT,
        "p ProfileElement ::= pinCodes : { pin-Header { identification 53 },"
        "pinCodes filePath : '7FDD'H } " END_TEXT,
        "filePath", 13),
    ONE(PIN_STATUS, "'90018083010183010A'", "'90018083010283010A'", "mf/pinStatusTemplateDO", 2),
    ONE(KEYS_PLACE, DOMAIN,
        "k ProfileElement ::= akaParameter : { aka-header { identification 54 },"
        "algoConfiguration mappingParameter : { mappingOptions '06'H,"
        "mappingSource 'A0000000871002FF86FFFF8900000000'H } } " DOMAIN,
        "", 10),
    ONE(KEYS_MAPPED, "mappingSource 'A0000000871002", "mappingSource 'A0000000871003",
        "mappingSource", 9),
    ONE(ALGORITHM, "algorithmID milenage", "algorithmID tuak", "algorithmID", 7),
    ONE(KEY_ZERO, "key '465B5CE8B199B49FAA5F0A2EE238A6BC'",
        "key '00000000000000000000000000000000'", "key", 7),
    ONE(KEY_ZERO, "opc 'CD63CB71954A9F4E48A5994E37A02BAF'",
        "opc '00000000000000000000000000000000'", "opc", 7),
    ONE(KEY_ZERO, "keyData '101112131415161718191A1B1C1D1E1F'",
        "keyData '00000000000000000000000000000000'", "keyList", 10),
    ONE(DOMAIN, "instanceAID 'A000000559100001'H,",
        "instanceAID 'A000000559100001'H, securityDomainAID 'A000000151000009'H,",
        "securityDomainAID", 11),
    ONE(DOMAIN_KEY, "keyData '101112131415161718191A1B1C1D1E1F'",
        "keyData '101112131415161718191A1B1C1D1E'", "keyList", 10),
    ONE(DOMAIN_KEY, "keyIdentifier '02'", "keyIdentifier '01'", "keyList", 10),
    ONE(KEY_SET, "keyIdentifier '03'H,\n      keyVersionNumber '01'",
        "keyIdentifier '03'H,\n      keyVersionNumber '20'", "keyList", 10),
    ONE(KEY_SET, "keyType '88'", "keyType '80'", "keyList", 10),
    ONE(TAR, "    'B00000'H\n", "    'B00000'H, 'B00000'H\n", "tarList", 11),
    ONE(RFM_ADF, "adfAID 'A0000000871002", "adfAID 'A0000000871003", "adfAID", 11),
    ONE(LOAD_PACKAGE, END_TEXT,
        "a ProfileElement ::= application : { app-Header {"
        "identification 55 }, instanceList { { applicationLoadPackageAID 'A000000099'H,"
        "classAID 'A00000009901'H, instanceAID 'A00000009902'H, applicationPrivileges '00'H,"
        "applicationSpecificParametersC9 ''H } } } " END_TEXT,
        "applicationLoadPackageAID", 13),
};

/* The finding is there, about that element and place; of its severity. */
static void check_row(const struct broken *row, const struct saip_report *r)
{
    for (const struct saip_finding *f = r->first; f; f = f->next) {
        if (f->rule != row->rule || (row->path && strcmp(f->path, row->path) != 0) ||
            (row->pe && f->pe != row->pe))
            continue;
        CHECK_INT(f->severity, saip_rule_severity(row->rule));
        return;
    }
    printf("# %s, by %s\n", saip_rule_name(row->rule), row->put);
    print(r);
    xt_fail(__FILE__, __LINE__, "not found");
}

TEST(each_rule_broken_once)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct edit e = {rows[i].find, rows[i].put};
        struct saip_report r;
        struct arena a;

        arena_init(&a, ARENA);
        CHECK_OK(saip_lint(built(&a, replace(&a, base_text(&a), &e)), &a, &r));
        check_row(&rows[i], &r);
        arena_fini(&a);
    }
}

/* What no text can say. */
TEST(broken_bytes)
{
    struct saip_report r;
    struct bytes upp;
    struct arena a;
    uint8_t *copy, *key;

    arena_init(&a, ARENA);
    upp = built(&a, base_text(&a));
    CHECK_OK(saip_lint(bytes_part(upp, 0, upp.n - 1), &a, &r));
    CHECK(found(&r, SAIP_RULE_BROKEN));
    CHECK_OK(saip_lint(BYTES_NONE, &a, &r));
    CHECK(found(&r, SAIP_RULE_END));
    CHECK_OK(saip_lint(bytes_part(upp, 2 + upp.p[1], upp.n), &a, &r));
    CHECK(found(&r, SAIP_RULE_HEADER));
    copy = arena_copy(&a, upp);
    CHECK_INT(copy[upp.n - 9], 0xAA); /* end-header { mandated, identification } */
    copy[upp.n - 9] = 0xAF;
    CHECK_OK(saip_lint(BYTES(copy, upp.n), &a, &r));
    CHECK(found(&r, SAIP_RULE_MANDATED) && found(&r, SAIP_RULE_END));
    copy = arena_copy(&a, upp);
    key = memmem(copy, upp.n, "\x82\x10\x46\x5B", 4);
    CHECK(key != NULL);
    *key = 0x8F; /* the key is another member */
    CHECK_OK(saip_lint(BYTES(copy, upp.n), &a, &r));
    CHECK(found(&r, SAIP_RULE_MEMBERS));
    CHECK_INT(saip_lint(BYTES(copy, SAIP_UPP_MAX + 1), &a, &r), XK_E_LIMIT);
    arena_fini(&a);
}

/* An element of a later edition that the card may pass over. */
TEST(unknown_elements)
{
    static const struct edit another = {
        END_TEXT, "e ProfileElement ::= end : { end-header { identification 99 } } " END_TEXT};
    struct saip_report r;
    struct arena a;
    struct bytes upp;
    uint8_t *copy, *at;

    arena_init(&a, ARENA);
    upp = built(&a, replace(&a, base_text(&a), &another));
    copy = arena_copy(&a, upp);
    at = memmem(copy, upp.n, "\xAA\x05\xA0\x03\x81\x01\x63", 7);
    CHECK(at != NULL);
    *at = 0xAF;
    CHECK_OK(saip_lint(BYTES(copy, upp.n), &a, &r));
    CHECK(found(&r, SAIP_RULE_UNKNOWN));
    CHECK_INT(r.count[SAIP_ERROR], 0);
    arena_fini(&a);
}

/* Keys that are missing are known only when the next application or the end has come. */
TEST(keys_that_do_not_come)
{
    struct saip_report r;
    struct arena a;
    char *text, *from, *to;

    arena_init(&a, ARENA);
    text = base_text(&a);
    from = strstr(text, "value7 ProfileElement");
    to = strstr(text, "value8 ProfileElement");
    memset(from, ' ', (size_t)(to - from));
    CHECK_OK(saip_lint(built(&a, text), &a, &r));
    CHECK(found(&r, SAIP_RULE_KEYS_MISSING));
    CHECK_INT(r.count[SAIP_ERROR], 1);
    arena_fini(&a);
}

/* No rule without a case that breaks it. */
TEST(all_rules_are_tried)
{
    static const enum saip_rule elsewhere[] = {SAIP_RULE_BROKEN, SAIP_RULE_MEMBERS,
                                               SAIP_RULE_MANDATED, SAIP_RULE_UNKNOWN,
                                               SAIP_RULE_KEYS_MISSING};

    for (unsigned rule = 0; rule < SAIP_RULES; rule++) {
        bool tried = false;

        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            tried |= rows[i].rule == rule;
        for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
            tried |= elsewhere[i] == rule;
        if (!tried)
            printf("# %s\n", saip_rule_name((enum saip_rule)rule));
        CHECK(tried);
        CHECK(saip_rule_text((enum saip_rule)rule)[0] != '\0');
    }
}

TESTS_MAIN(XT_CASE(nothing_is_wrong), XT_CASE(each_rule_broken_once), XT_CASE(broken_bytes),
           XT_CASE(unknown_elements), XT_CASE(keys_that_do_not_come), XT_CASE(all_rules_are_tried))
