/* SPDX-License-Identifier: Apache-2.0 */
/* What two packages differ in. The packages are written as text; each row changes one. */
#include "codec/saip/diff.h"

#include "codec/saip/build.h"
#include "codec/saip/text.h"
#include "xt.h"

#define CHANGES_MAX 4096

/* A package in pieces: a row may give another text for any of them. */
enum piece { HEADER, MF, PINS, USIM, GFM, RFM, PIECES };
static const char *const usual[PIECES] = {
    [HEADER] = "v ProfileElement ::= header : { major-version 2, minor-version 3,"
               " iccid '89860012345678901233'H, eUICC-Mandatory-services { usim NULL },"
               " eUICC-Mandatory-GFSTEList { { 2 23 143 1 2 1 }, { 2 23 143 1 2 4 } } }",
    [MF] = "v ProfileElement ::= mf : { mf-header { mandated NULL, identification 1 },"
           " templateID { 2 23 143 1 2 1 }, mf { fileDescriptor : { securityAttributesReferenced"
           " '2F0601'H, pinStatusTemplateDO '900180830101'H } }, ef-iccid { fillFileContent :"
           " '98680021436587092133'H }, ef-dir { fileDescriptor : { fileDescriptor '42210014'H,"
           " efFileSize '28'H }, fillFileContent : '0102'H, fillFileOffset : 18,"
           " fillFileContent : '0304'H }, ef-arr { fileDescriptor : { fileDescriptor '42210005'H,"
           " efFileSize '05'H }, fillFileContent : '8001019000'H } }",
    [PINS] = "v ProfileElement ::= pinCodes : { pin-Header { mandated NULL, identification 2 },"
             " pinCodes pinconfig : { { keyReference pinAppl1, pinValue '31323334FFFFFFFF'H },"
             " { keyReference adm1, pinValue '3132333435363738'H } } }",
    [USIM] = "v ProfileElement ::= usim : { usim-header { mandated NULL, identification 3 },"
             " templateID { 2 23 143 1 2 4 }, adf-usim { fileDescriptor : { fileID '7FD0'H, dfName"
             " 'A0000000871002'H, pinStatusTemplateDO '900180830101'H } }, ef-imsi {"
             " fillFileContent : '082943019876543210'H }, ef-arr { fileDescriptor : {"
             " fileDescriptor '42210005'H, efFileSize '05'H }, fillFileContent : '8001019000'H }, "
             "ef-ust { fillFileContent : '00'H },"
             " ef-spn {}, ef-est {}, ef-acc { fillFileContent : '0004'H }, ef-ecc {} }",
    [GFM] = "v ProfileElement ::= genericFileManagement : { gfm-header { mandated NULL,"
            " identification 4 }, fileManagementCMD { { filePath : '7FD0'H, createFCP : {"
            " fileDescriptor '4121'H, fileID '6F50'H, securityAttributesReferenced '2F0601'H,"
            " efFileSize '0A'H }, fillFileContent : '0102030405'H } } }",
    [RFM] = "v ProfileElement ::= rfm : { rfm-header { mandated NULL, identification 5 },"
            " instanceAID 'A000000559100001'H, tarList { 'B00001'H, 'B00002'H },"
            " minimumSecurityLevel '12'H, uiccAccessDomain '00'H, uiccAdminAccessDomain '00'H }",
};

static struct bytes package(const char *const *pieces, uint8_t *mem, size_t cap)
{
    struct saip_build_error error;
    struct buf text, out;

    buf_init(&text, SAIP_TEXT_MAX);
    for (size_t i = 0; i < PIECES; i++)
        buf_printf(&text, "%s\n", pieces[i]);
    buf_init_fixed(&out, mem, cap);
    if (saip_build(buf_bytes(&text), &out, &error) != XK_OK)
        printf("# %u:%u %s\n", error.line, error.column, error.text), xt_failures++;
    buf_fini(&text);
    return buf_bytes(&out);
}

/* "+path", "-path", "path: old -> new", a line each */
static const char *diff_text(struct bytes from, struct bytes to, unsigned flags)
{
    static char mem[1 << 16];
    struct arena arena;
    struct saip_diff diff;
    struct buf out;
    size_t n = 0;

    buf_init_fixed(&out, mem, sizeof mem);
    arena_init(&arena, SAIP_DIFF_ARENA_MAX);
    CHECK_OK(saip_diff(from, to, flags, &arena, &diff));
    for (const struct saip_change *c = diff.first; c; c = c->next, n++) {
        buf_printf(&out, "%s%s",
                   c->kind == SAIP_ADDED     ? "+"
                   : c->kind == SAIP_REMOVED ? "-"
                                             : "",
                   c->path);
        if (c->old || c->replaced_by)
            buf_printf(&out, ": %s -> %s", c->old ? c->old : "",
                       c->replaced_by ? c->replaced_by : "");
        buf_put_u8(&out, '\n');
    }
    CHECK_INT(n, diff.n);
    arena_fini(&arena);
    return buf_cstr(&out);
}

struct row {
    const char *what;
    enum piece piece;
    const char *find, *put; /* in that piece; find NULL: put instead of it */
    const char *there;      /* the changes from the usual package */
    const char *back;       /* and from that one to the usual; NULL: not looked at */
};
#define OTHER_RFM(id, aid)                                                                         \
    "v ProfileElement ::= rfm : { rfm-header { mandated NULL, identification " id " },"            \
    " instanceAID '" aid "'H, tarList { 'B00001'H, 'B00002'H }, minimumSecurityLevel '12'H,"       \
    " uiccAccessDomain '00'H, uiccAdminAccessDomain '00'H }"
static const struct row rows[] = {
    {"a number", HEADER, "minor-version 3", "minor-version 1", "header/minor-version: 3 -> 1\n",
     "header/minor-version: 1 -> 3\n"},
    {"octets", HEADER, "01233'H", "01241'H",
     "header/iccid: '89860012345678901233'H -> '89860012345678901241'H\n", NULL},
    {"a member more", HEADER, "usim NULL", "usim NULL, isim NULL",
     "+header/eUICC-Mandatory-services/isim:  -> NULL\n",
     "-header/eUICC-Mandatory-services/isim: NULL -> \n"},
    {"an entry more", HEADER, "{ 2 23 143 1 2 4 }", "{ 2 23 143 1 2 8 }, { 2 23 143 1 2 4 }",
     "+header/eUICC-Mandatory-GFSTEList[2]:  -> { 2 23 143 1 2 8 }\n",
     "-header/eUICC-Mandatory-GFSTEList[2]: { 2 23 143 1 2 8 } -> \n"},
    {"a list in another order", RFM, "'B00001'H, 'B00002'H", "'B00002'H, 'B00001'H",
     "rfm/tarList: { 'B00001'H, 'B00002'H } -> { 'B00002'H, 'B00001'H }\n", NULL},
    {"a secret", PINS, "'31323334FFFFFFFF'H", "'30303030FFFFFFFF'H",
     "pinCodes/pinCodes/pinconfig[1]/pinValue: '****************'H -> '****************'H\n", NULL},
    {"a DEFAULT", PINS, "'31323334FFFFFFFF'H }", "'31323334FFFFFFFF'H, pinAttributes 3 }",
     "pinCodes/pinCodes/pinconfig[1]/pinAttributes: 7 -> 3\n",
     "pinCodes/pinCodes/pinconfig[1]/pinAttributes: 3 -> 7\n"},
    {"another choice", PINS, NULL,
     "v ProfileElement ::= pinCodes : { pin-Header { mandated NULL, identification 2 },"
     " pinCodes filePath : '7F10'H }",
     "pinCodes/pinCodes: pinconfig : { { keyReference pinAppl1, pinValue '****************'H },"
     " { keyReference adm1, pinValue '****************'H } } -> filePath : '7F10'H\n",
     NULL},
    {"an element fewer", RFM, NULL, "", "-rfm\n", "+rfm\n"},
    {"an element more", RFM, NULL,
     OTHER_RFM("6", "A000000559100002") " " OTHER_RFM("5", "A000000559100001"), "+rfm[1]\n",
     "-rfm[1]\n"},
    {"contents", USIM, "'082943019876543210'H", "'082943019811113210'H",
     "usim/ef-imsi/content[5..6]: '7654'H -> '1111'H\n", NULL},
    {"contents of a record", MF, "fillFileContent : '0304'H", "fillFileContent : '0305'H",
     "mf/ef-dir/content[record 2][1..1]: '04'H -> '05'H\n", NULL},
    {"contents cut in another way", MF, "'0102'H, fillFileOffset : 18, fillFileContent : '0304'H",
     "'01'H, fillFileContent : '02FFFF'H, fillFileOffset : 16, fillFileContent : '0304FF'H", "",
     ""},
    {"what the template says", USIM, "ef-imsi { ",
     "ef-imsi { fileDescriptor : { fileID '6F07'H }, ", "", ""},
    {"a descriptor", USIM, "ef-imsi { ", "ef-imsi { fileDescriptor : { shortEFID '28'H }, ",
     "usim/ef-imsi/shortEFID: 7 -> 5\n", NULL},
    {"a rule", GFM, "'2F0601'H", "'2F0602'H",
     "genericFileManagement/3F00/7FD0/6F50/securityAttributesReferenced: '2F0601'H -> '2F0602'H\n",
     NULL},
    {"a size", GFM, "efFileSize '0A'H", "efFileSize '0B'H",
     "genericFileManagement/3F00/7FD0/6F50/efFileSize: 10 -> 11\n", NULL},
    {"a file fewer", GFM, NULL, "", "-genericFileManagement\n", "+genericFileManagement\n"},
    {"a file not created", USIM, "ef-ecc {}", "ef-fplmn { doNotCreate : NULL }, ef-ecc {}",
     "-usim/ef-fplmn\n", "+usim/ef-fplmn\n"},
    {"contents later", GFM, "'0102030405'H }",
     "'0102030405'H }, { filePath : '7FD06F50'H, fillFileOffset : 2, fillFileContent : 'AA'H }",
     "genericFileManagement/3F00/7FD0/6F50/content[2..2]: '03'H -> 'AA'H\n", NULL},
    {"a template that we do not have", USIM, "{ 2 23 143 1 2 4 }", "{ 2 23 143 1 9 4 }",
     "usim/templateID: { 2 23 143 1 2 4 } -> { 2 23 143 1 9 4 }\n", NULL},
};

static const char *replaced(const struct row *r, char *out, size_t cap)
{
    const char *text = usual[r->piece];
    const char *at = r->find ? strstr(text, r->find) : NULL;

    if (!r->find)
        return r->put;
    if (!at) {
        xt_fail(__FILE__, __LINE__, r->find);
        return text;
    }
    snprintf(out, cap, "%.*s%s%s", (int)(at - text), text, r->put, at + strlen(r->find));
    return out;
}

TEST(one_change)
{
    static uint8_t from_mem[8192], to_mem[8192];
    struct bytes from = package(usual, from_mem, sizeof from_mem);

    CHECK_STR(diff_text(from, from, 0), "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        const char *pieces[PIECES];
        char text[4096];
        struct bytes to;

        memcpy(pieces, usual, sizeof pieces);
        pieces[r->piece] = replaced(r, text, sizeof text);
        to = package(pieces, to_mem, sizeof to_mem);
        printf("# %s\n", r->what);
        CHECK_STR(diff_text(from, to, 0), r->there);
        if (r->back)
            CHECK_STR(diff_text(to, from, 0), r->back);
    }
}

/* Files of templates that are not known are compared step by step. */
TEST(unknown_template)
{
    static uint8_t from_mem[8192], to_mem[8192];
    const char *from[PIECES], *to[PIECES];
    char from_text[4096], to_text[4096];
    struct row row = {.piece = USIM, .find = "{ 2 23 143 1 2 4 }", .put = "{ 2 23 143 1 9 4 }"};

    memcpy(from, usual, sizeof from);
    memcpy(to, usual, sizeof to);
    from[USIM] = replaced(&row, from_text, sizeof from_text);
    row = (struct row){.piece = USIM, .find = "'0004'H", .put = "'0008'H"};
    to[USIM] = replaced(&row, to_text, sizeof to_text);
    CHECK_STR(
        diff_text(package(from, from_mem, sizeof from_mem), package(to, to_mem, sizeof to_mem), 0),
        "usim/templateID: { 2 23 143 1 9 4 } -> { 2 23 143 1 2 4 }\n"
        "usim/ef-acc[1]: '0004'H -> '0008'H\n");
}

TEST(elements_in_another_order)
{
    static uint8_t from_mem[8192], to_mem[8192];
    const char *to[PIECES];

    memcpy(to, usual, sizeof to);
    to[GFM] = usual[RFM];
    to[RFM] = usual[GFM];
    CHECK_STR(
        diff_text(package(usual, from_mem, sizeof from_mem), package(to, to_mem, sizeof to_mem), 0),
        "rfm: later -> earlier\n");
}

TEST(secrets_when_asked_for)
{
    static uint8_t from_mem[8192], to_mem[8192];
    const struct row row = {.piece = PINS, .find = "'31323334FF", .put = "'35363738FF"};
    const char *to[PIECES];
    char text[4096];

    memcpy(to, usual, sizeof to);
    to[PINS] = replaced(&row, text, sizeof text);
    CHECK_STR(
        diff_text(package(usual, from_mem, sizeof from_mem), package(to, to_mem, sizeof to_mem),
                  SAIP_TEXT_SECRETS),
        "pinCodes/pinCodes/pinconfig[1]/pinValue: '31323334FFFFFFFF'H -> '35363738FFFFFFFF'H\n");
}

#define END "\xAA\x05\xA0\x03\x81\x01\x05"
TEST(what_the_schema_does_not_have)
{
    struct arena arena;
    struct saip_diff diff;

    CHECK_STR(diff_text(BYTES_STR(END "\xAB\x01\x01"), BYTES_STR(END "\xAB\x01\x02"), 0), "AB\n");
    CHECK_STR(diff_text(BYTES_STR(END "\xAB\x01\x01"), BYTES_STR(END), 0), "-AB\n");
    /* no identification; no PEHeader */
    CHECK_STR(diff_text(BYTES_STR(END), BYTES_STR("\xAA\x04\xA0\x02\x80\x00"), 0),
              "end/end-header: { identification 5 } -> (not of the schema)\n");
    CHECK_STR(diff_text(BYTES_STR(END), BYTES_STR("\xAA\x02\x80\x00"), 0), "end\n");
    CHECK_STR(diff_text(BYTES_NONE, BYTES_STR(END), 0), "+end\n");
    arena_init(&arena, SAIP_DIFF_ARENA_MAX);
    CHECK_INT(saip_diff(BYTES_STR(END), BYTES_STR("\xAA\x05"), 0, &arena, &diff), XK_E_FORMAT);
    arena_fini(&arena);
}

TEST(limits)
{
    static uint8_t many[2 * (SAIP_DIFF_ELEMENTS_MAX + 1)];
    static uint8_t mem[8192];
    struct arena arena;
    struct saip_diff diff;
    struct bytes upp = package(usual, mem, sizeof mem);
    enum xk_err err = XK_E_NOMEM;

    for (size_t i = 0; i < sizeof many; i += 2)
        many[i] = 0xAB;
    arena_init(&arena, SAIP_DIFF_ARENA_MAX);
    CHECK_INT(saip_diff(BYTES_NONE, BYTES_OF(many), 0, &arena, &diff), XK_E_LIMIT);
    arena_fini(&arena);
    for (unsigned n = 1; err == XK_E_NOMEM; n++) {
        arena_init(&arena, SAIP_DIFF_ARENA_MAX);
        arena.fail_at = n;
        err = saip_diff(upp, BYTES_STR(END), 0, &arena, &diff);
        arena_fini(&arena);
    }
    CHECK_OK(err);
}

TESTS_MAIN(XT_CASE(one_change), XT_CASE(unknown_template), XT_CASE(elements_in_another_order),
           XT_CASE(secrets_when_asked_for), XT_CASE(what_the_schema_does_not_have), XT_CASE(limits))
