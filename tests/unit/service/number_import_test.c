/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aka.h"
#include "fixture.h"
#include "service/number/number.h"
#include "xt.h"

#define K1 "465B5CE8B199B49FAA5F0A2EE238A6BC"
#define OP1 "CDC202D5123E20F62B6D676AC72CB318"
#define OPC1 "CD63CB71954A9F4E48A5994E37A02BAF" /* TS 35.208, test set 1 */
#define HEAD "imsi,msisdn,iccid,k,opc\n"
#define GOOD "001010000000001,1440000000001,89860400000000000015," K1 "," OPC1 "\n"
#define GOOD_2 "001010000000002,1440000000002,89860400000000000023," K1 "," OPC1 "\n"

static enum xk_err import(struct fixture *f, const char *text, struct import_report *r)
{
    enum xk_err err;

    CHECK_OK(store_begin(f->store));
    err = number_import_csv(f->store, f->ks, "p", bytes_cstr(text), 9, r);
    if (err == XK_OK)
        CHECK_OK(store_commit(f->store));
    else
        store_rollback(f->store);
    return err;
}

static void open_with_pool(struct fixture *f)
{
    struct pool p = {.id = "p", .purpose = NUMBER_TEST};

    fixture_open(f);
    CHECK_OK(pool_create(f->store, &p));
}

TEST(a_good_file_is_imported)
{
    struct import_report r;
    struct number_keys keys = {0};
    struct pool_counts counts;
    struct fixture f;
    struct number n;

    open_with_pool(&f);
    CHECK_OK(import(&f,
                    "\xEF\xBB\xBF"
                    "MSISDN,imsi,\"iccid\",Ki,OPc,smsc\r\n"
                    "# sample\r\n"
                    "1440000000001,001010000000001,89860400000000000015," K1 "," OPC1 ",\r\n"
                    "\r\n"
                    "\"1440000000002\", 001010000000002 ,8986b400000000000016," K1 "," OPC1
                    ",+8613800100500",
                    &r));
    CHECK_INT(r.lines, 2);
    CHECK_INT(r.imported, 2);
    CHECK_INT(r.bad, 0);
    CHECK_OK(number_get_by_msisdn(f.store, "1440000000002", &n));
    CHECK_STR(n.iccid, "8986B400000000000016");
    CHECK_STR(n.smsc, "+8613800100500");
    CHECK_INT(n.algorithm, AKA_MILENAGE);
    CHECK_INT(n.purpose, NUMBER_TEST);
    CHECK_INT(n.state, NUMBER_FREE);
    CHECK_OK(number_get_keys(f.store, f.ks, n.imsi, &keys));
    CHECK_HEX(secret_bytes(&keys.k), K1);
    CHECK_HEX(secret_bytes(&keys.opc), OPC1);
    CHECK(!keys.has_cr);
    CHECK_OK(pool_counts(f.store, "p", POOL_ALONE, &counts));
    CHECK_INT(counts.free, 2);
    fixture_close(&f);
}

/* OPc is computed from OP (TS 35.208, test set 1); TUAK has longer keys. */
TEST(op_tuak_and_constants)
{
    struct import_report r;
    struct number_keys keys = {0};
    struct fixture f;
    struct number n;
    char text[2048];
    char cr[171];

    memset(cr, '0', 170);
    cr[170] = '\0';
    memcpy(cr, "4000204060", 10);
    snprintf(text, sizeof text,
             "imsi,msisdn,iccid,k,op,opc,algorithm,cr\n"
             "001010000000001,1440000000001,," K1 "," OP1 ",,,%s\n"
             "001010000000002,1440000000002,," K1 K1 ",," OP1 OP1 ",TUAK,\n"
             "001010000000003,1440000000003,," K1 "," OP1 OP1 ",,2,\n",
             cr);
    open_with_pool(&f);
    CHECK_OK(import(&f, text, &r));
    CHECK_OK(number_get_keys(f.store, f.ks, "001010000000001", &keys));
    CHECK_HEX(secret_bytes(&keys.opc), OPC1);
    CHECK(keys.has_cr && keys.cr[0] == 0x40);
    CHECK_OK(number_get_keys(f.store, f.ks, "001010000000002", &keys));
    CHECK_INT(keys.k.n, 32);
    CHECK_INT(keys.opc.n, 32);
    CHECK_OK(number_get_by_imsi(f.store, "001010000000003", &n));
    CHECK_INT(n.algorithm, AKA_TUAK);
    fixture_close(&f);
}

struct refusal {
    const char *text;
    uint32_t line;
    const char *field;
    enum import_reason reason;
};

#define ROW(fields) HEAD GOOD fields "\n"
static const struct refusal refusals[] = {
    {"", 0, "", IMPORT_MISSING},
    {"imsi,msisdn,iccid,k\n", 1, "opc", IMPORT_MISSING},
    {"msisdn,iccid,k,opc\n", 1, "imsi", IMPORT_MISSING},
    {"imsi,iccid,k,opc\n", 1, "msisdn", IMPORT_MISSING},
    {"imsi,msisdn,k,opc\n", 1, "iccid", IMPORT_MISSING},
    {"imsi,msisdn,iccid,opc\n", 1, "k", IMPORT_MISSING},
    {"imsi,msisdn,iccid,k,opc,colour\n", 1, "colour", IMPORT_UNKNOWN_COLUMN},
    {"imsi,msisdn,iccid,k,opc,\xE5\x8D\xA1\n", 1, "???", IMPORT_UNKNOWN_COLUMN},
    {"imsi,msisdn,iccid,k,opc,ki\n", 1, "ki", IMPORT_DOUBLE_COLUMN},
    {"imsi,\"msisdn\n", 1, "", IMPORT_QUOTES},
    {HEAD, 0, "", IMPORT_MISSING},
    {"op,imsi,msisdn,iccid,k\n" OP1 ",x,1440000000001,," K1 "\n", 2, "imsi", IMPORT_NOT_DIGITS},
    {ROW("001010000000002,1440000000002,," K1), 3, "", IMPORT_FIELD_COUNT},
    {ROW("001010000000002,1440000000002,," K1 "," OPC1 ",x"), 3, "", IMPORT_FIELD_COUNT},
    {ROW("001010000000002,\"1440000000002,," K1 "," OPC1), 3, "", IMPORT_QUOTES},
    {ROW("00101000000000A,1440000000002,," K1 "," OPC1), 3, "imsi", IMPORT_NOT_DIGITS},
    {ROW("0010100000000,1440000000002,," K1 "," OPC1), 3, "imsi", IMPORT_BAD_LENGTH},
    {ROW("0010100000000012345,1440000000002,," K1 "," OPC1), 3, "imsi", IMPORT_BAD_LENGTH},
    {ROW("001010000000002,1440,," K1 "," OPC1), 3, "msisdn", IMPORT_BAD_LENGTH},
    {ROW("001010000000002,+1440000000002,," K1 "," OPC1), 3, "msisdn", IMPORT_NOT_DIGITS},
    {ROW("001010000000002,1440000000002,8986040000000000002X," K1 "," OPC1), 3, "iccid",
     IMPORT_NOT_DIGITS},
    {ROW("001010000000002,1440000000002,898604000000000000," K1 "," OPC1), 3, "iccid",
     IMPORT_BAD_LENGTH},
    {ROW("001010000000002,1440000000002,89860400000000000024," K1 "," OPC1), 3, "iccid",
     IMPORT_LUHN},
    {ROW("001010000000002,1440000000002,," K1 "0," OPC1), 3, "k", IMPORT_BAD_LENGTH},
    {ROW("001010000000002,1440000000002,," K1 K1 "," OPC1), 3, "k", IMPORT_BAD_LENGTH},
    {ROW("001010000000002,1440000000002,,G65B5CE8B199B49FAA5F0A2EE238A6BC," OPC1), 3, "k",
     IMPORT_NOT_HEX},
    {ROW("001010000000002,1440000000002,,," OPC1), 3, "k", IMPORT_MISSING},
    {ROW("001010000000002,1440000000002,," K1 ","), 3, "opc", IMPORT_MISSING},
    {ROW("001010000000002,1440000000002,," K1 ",AB"), 3, "opc", IMPORT_BAD_LENGTH},
    {ROW("001010000000001,1440000000002,," K1 "," OPC1), 3, "imsi", IMPORT_TWICE_IN_FILE},
    {ROW("001010000000002,1440000000001,," K1 "," OPC1), 3, "msisdn", IMPORT_TWICE_IN_FILE},
    {ROW("001010000000002,1440000000002,89860400000000000015," K1 "," OPC1), 3, "iccid",
     IMPORT_TWICE_IN_FILE},
    {"imsi,msisdn,iccid,k,opc,op\n001010000000001,1440000000001,," K1 "," OPC1 "," OP1 "\n", 2,
     "op", IMPORT_BAD_VALUE},
    {"imsi,msisdn,iccid,k,opc,algorithm\n001010000000001,1440000000001,," K1 "," OPC1 ",COMP128\n",
     2, "algorithm", IMPORT_BAD_VALUE},
    {"imsi,msisdn,iccid,k,opc,smsc\n001010000000001,1440000000001,," K1 "," OPC1 ",12\n", 2, "smsc",
     IMPORT_BAD_LENGTH},
    {"imsi,msisdn,iccid,k,opc,cr\n001010000000001,1440000000001,," K1 "," OPC1 ",12\n", 2, "cr",
     IMPORT_BAD_LENGTH},
    {"imsi,msisdn,iccid,k,opc,algorithm,cr\n001010000000001,1440000000001,," K1 "," OPC1 OPC1
     ",tuak,12\n",
     2, "cr", IMPORT_BAD_VALUE},
};

TEST(each_refusal_names_line_and_field)
{
    struct import_report r;
    struct fixture f;
    uint64_t before;

    open_with_pool(&f);
    before = fixture_fingerprint(&f);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        int failures = xt_failures;

        CHECK_INT(import(&f, refusals[i].text, &r), XK_E_FORMAT);
        CHECK_INT(r.imported, 0);
        CHECK_INT(r.bad, 1);
        CHECK_INT(r.errors[0].line, refusals[i].line);
        CHECK_STR(r.errors[0].field, refusals[i].field);
        CHECK_STR(import_reason_name(r.errors[0].reason), import_reason_name(refusals[i].reason));
        if (xt_failures != failures)
            printf("# in row %zu: %s\n", i, refusals[i].text);
    }
    CHECK(fixture_fingerprint(&f) == before);
    fixture_close(&f);
}

/* What the file does not know: that the platform has a number already, or had its ICCID. */
TEST(clashes_with_the_platform_are_named)
{
    static const struct store_query q_retire = {"t.retire",
                                                "INSERT INTO iccid_retired (iccid, imsi, at)"
                                                " VALUES ('89860400000000000031', 'x', 1)"};
    struct import_report r;
    struct fixture f;
    uint64_t before;

    open_with_pool(&f);
    CHECK_OK(import(&f, HEAD GOOD, &r));
    CHECK_OK(store_exec(f.store, &q_retire, NULL, 0, NULL));
    before = fixture_fingerprint(&f);
    CHECK_INT(import(&f,
                     HEAD GOOD_2 "001010000000001,1440000000009,," K1 "," OPC1
                                 "\n001010000000008,1440000000001,," K1 "," OPC1
                                 "\n001010000000007,1440000000007,89860400000000000015," K1 "," OPC1
                                 "\n001010000000006,1440000000006,89860400000000000031," K1 "," OPC1
                                 "\n",
                     &r),
              XK_E_FORMAT);
    CHECK_INT(r.lines, 5);
    CHECK_INT(r.bad, 4);
    CHECK_INT(r.imported, 0);
    CHECK_STR(r.errors[0].field, "imsi");
    CHECK_STR(r.errors[1].field, "msisdn");
    CHECK_STR(r.errors[2].field, "iccid");
    CHECK_INT(r.errors[2].reason, IMPORT_EXISTS);
    CHECK_STR(r.errors[3].field, "iccid");
    CHECK_INT(r.errors[3].reason, IMPORT_RETIRED);
    CHECK_INT(r.errors[3].line, 6);
    CHECK(fixture_fingerprint(&f) == before);
    CHECK_INT(number_import_csv(f.store, f.ks, "none", BYTES_NONE, 1, &r), XK_E_NOT_FOUND);
    CHECK_INT(number_import_csv(f.store, f.ks, "p", BYTES(HEAD, IMPORT_FILE_MAX + 1), 1, &r),
              XK_E_LIMIT);
    fixture_close(&f);
}

TEST(only_the_first_twenty_are_named)
{
    struct import_report r;
    struct fixture f;
    struct buf b;

    open_with_pool(&f);
    buf_init(&b, 1 << 20);
    buf_put_str(&b, HEAD);
    for (int i = 0; i < 100; i++)
        buf_put_str(&b, "x,y\n");
    CHECK_INT(import(&f, buf_cstr(&b), &r), XK_E_FORMAT);
    CHECK_INT(r.lines, 100);
    CHECK_INT(r.bad, 100);
    CHECK_INT(r.n_errors, IMPORT_ERRORS_MAX);
    CHECK_INT(r.errors[19].line, 21);
    buf_fini(&b);
    fixture_close(&f);
}

static enum xk_err op_import(struct fixture *f, void *ctx)
{
    struct import_report r;

    (void)ctx;
    return number_import_csv(f->store, f->ks, "p", BYTES_STR(HEAD GOOD GOOD_2), 9, &r);
}

TEST(a_failing_statement_changes_nothing)
{
    struct fixture f;

    open_with_pool(&f);
    CHECK(fixture_fail_everywhere(&f, op_import, NULL) >= 6);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(a_good_file_is_imported), XT_CASE(op_tuak_and_constants),
           XT_CASE(each_refusal_names_line_and_field), XT_CASE(clashes_with_the_platform_are_named),
           XT_CASE(only_the_first_twenty_are_named), XT_CASE(a_failing_statement_changes_nothing))
