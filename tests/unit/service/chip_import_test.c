/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"
#include "fixture.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

/* The default keys of GlobalPlatform cards; their check values are known everywhere. */
#define GP_KEY "404142434445464748494A4B4C4D4E4F"
#define GP_KCV_AES "504A77"
#define GP_KCV_3DES "8BAF47"
#define CID_1 "89860123456789012301"
#define CID_2 "89860123456789012302"
#define K1 "465B5CE8B199B49FAA5F0A2EE238A6BC"
#define OPC1 "CD63CB71954A9F4E48A5994E37A02BAF"
#define KEYS GP_KEY "," GP_KEY "," GP_KEY

static struct secret secret_of(uint8_t fill, uint8_t n)
{
    struct secret s = {.n = n};

    memset(s.bytes, fill, n);
    return s;
}

static const struct chip_import plain = {.batch_id = "B1",
                                         .vendor = "",
                                         .grade = CHIP_GRADE_CONSUMER,
                                         .form = CHIP_FORM_DOMESTIC_2X2,
                                         .file_name = "chips.csv"};

static enum xk_err import(struct fixture *f, const struct chip_import *how, const char *text,
                          struct import_report *r)
{
    enum xk_err err;

    CHECK_OK(store_begin(f->store));
    err = chip_import_file(f->store, f->ks, how, bytes_cstr(text), 9, r);
    if (err == XK_OK)
        CHECK_OK(store_commit(f->store));
    else
        store_rollback(f->store);
    return err;
}

static void open_with_pool(struct fixture *f)
{
    struct pool seeds = {.id = "seeds", .purpose = NUMBER_SEED};
    struct pool formal = {.id = "formal", .purpose = NUMBER_FORMAL};

    fixture_open(f);
    CHECK_OK(pool_create(f->store, &seeds));
    CHECK_OK(pool_create(f->store, &formal));
}

TEST(csv_with_keys)
{
    struct chip_keys keys = {0};
    struct chip_batch batch;
    struct import_report r;
    struct fixture f;
    struct chip c;

    open_with_pool(&f);
    CHECK_OK(
        import(&f, &plain,
               "cid,iccid,imsi,msisdn,kic,kid,kik,kic_kcv,kid_kcv,kid_alg,grade,form,radio,cos\n" //
               CID_1 ",89860400000000000015,001010000000001,1440000000001," KEYS "," GP_KCV_AES
               "," GP_KCV_3DES ",3des-2,,,NB-IoT,XK 1\n" //
               CID_2 ",,,," KEYS ",,,,,,,\n",
               &r));
    CHECK_INT(r.imported, 2);
    CHECK_OK(chip_get(f.store, CID_1, &c));
    CHECK_STR(c.seed_imsi, "001010000000001");
    CHECK_STR(c.imsi, "001010000000001");
    CHECK_STR(c.iccid, "89860400000000000015");
    CHECK_STR(c.radio, "NB-IoT");
    CHECK_STR(c.cos, "XK 1");
    CHECK_INT(c.kic_alg, 2);
    CHECK_INT(c.kid_alg, 5);
    CHECK_INT(c.keyset, 1);
    CHECK_INT(c.suite, 1);
    CHECK_INT(c.grade, CHIP_GRADE_CONSUMER);
    CHECK_INT(c.form, CHIP_FORM_DOMESTIC_2X2);
    CHECK_INT(c.wear_left, UINT32_MAX);
    CHECK_OK(chip_get_keys(f.store, f.ks, CID_1, &keys));
    CHECK_HEX(secret_bytes(&keys.kik), GP_KEY);
    CHECK_OK(chip_get(f.store, CID_2, &c));
    CHECK_STR(c.imsi, "");
    CHECK_OK(chip_batch_get(f.store, "B1", &batch));
    CHECK_INT(batch.count, 2);
    CHECK_STR(batch.file_name, "chips.csv");
    fixture_close(&f);
}

/* P-4: where the file has no keys, they come out of the operator's master key. */
TEST(csv_without_keys_derives_them)
{
    struct secret master = secret_of(7, 16);
    struct chip_import how = plain;
    struct chip_keys want = {0}, got = {0};
    struct import_report r;
    struct fixture f;

    open_with_pool(&f);
    CHECK_INT(import(&f, &how, "cid\n" CID_1 "\n", &r), XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "kic");
    CHECK_INT(r.errors[0].reason, IMPORT_MISSING);
    how.master = &master;
    CHECK_INT(import(&f, &how, "cid,kic_alg\n" CID_1 ",3des-3\n", &r), XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "kic_alg");
    CHECK_INT(import(&f, &how, "cid,kid_alg\n" CID_1 ",3des-3\n", &r), XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "kid_alg");
    CHECK_OK(import(&f, &how, "cid\n" CID_1 "\n", &r));
    CHECK_OK(chip_derive_keys(&master, CID_1, &want));
    CHECK_OK(chip_get_keys(f.store, f.ks, CID_1, &got));
    CHECK(bytes_eq(secret_bytes(&want.kic), secret_bytes(&got.kic)));
    CHECK(bytes_eq(secret_bytes(&want.kid), secret_bytes(&got.kid)));
    CHECK(bytes_eq(secret_bytes(&want.kik), secret_bytes(&got.kik)));
    fixture_close(&f);
}

#define VENDOR_HEAD                                                                                \
    "*HEADER DESCRIPTION\r\n"                                                                      \
    "***********************\r\n"                                                                  \
    "Customer: somebody\r\n"                                                                       \
    "Quantity: 2\r\n"                                                                              \
    "Vendor: Card & Co\r\n"                                                                        \
    "Batch: 2026-001\r\n"                                                                          \
    "Grade: automotive\r\n"                                                                        \
    "Form: DOMESTIC_SOC\r\n"                                                                       \
    "Keyset: 2\r\n"                                                                                \
    "SMSC: +8613800100500\r\n"
#define VENDOR_OUT                                                                                 \
    "*INPUT VARIABLES\r\n"                                                                         \
    "var_In:\r\n"                                                                                  \
    "IMSI: 001010000000001\r\n"                                                                    \
    "*OUTPUT VARIABLES\r\n"                                                                        \
    "var_Out: CID/ICCID/IMSI/MSISDN/PIN1/ADM1/KI/OPC/KIC/KID/KIK/KI_KCV/KIC_KCV\r\n"

static char *vendor_file(char *out, size_t cap, const char *settings, const char *k,
                         const char *key)
{
    int n = snprintf(
        out, cap,
        VENDOR_HEAD
        "%s" VENDOR_OUT CID_1
        " 89860400000000000015 001010000000001 1440000000001 1234 3131313131313131 %s %s %s %s %s"
        " %s %s\r\n"
        "***** second box\r\n" CID_2
        "  8986b400000000000016 001010000000002 1440000000002 1234 3131313131313131 %s %s %s %s %s"
        " %s %s\r\n",
        settings, k, k, key, key, key, GP_KCV_AES, GP_KCV_AES, k, k, key, key, key, GP_KCV_AES,
        GP_KCV_AES);

    if (n < 0 || (size_t)n >= cap)
        abort();
    return out;
}

TEST(vendor_file_with_seeds)
{
    struct chip_import how = plain;
    struct number_keys seed_keys = {0};
    struct pool_counts counts;
    struct import_report r;
    struct fixture f;
    struct chip c;
    struct number n;
    char text[4096];

    how.seed_pool = "seeds";
    open_with_pool(&f);
    CHECK_OK(import(&f, &how, vendor_file(text, sizeof text, "", GP_KEY, GP_KEY), &r));
    CHECK_INT(r.imported, 2);
    CHECK_OK(chip_get(f.store, CID_2, &c));
    CHECK_STR(c.vendor, "Card & Co");
    CHECK_STR(c.batch_id, "2026-001");
    CHECK_INT(c.grade, CHIP_GRADE_AUTOMOTIVE);
    CHECK_INT(c.form, CHIP_FORM_DOMESTIC_SOC);
    CHECK_INT(c.keyset, 2);
    CHECK_STR(c.iccid, "8986B400000000000016");
    CHECK_OK(number_get_by_imsi(f.store, "001010000000002", &n));
    CHECK_INT(n.state, NUMBER_IN_USE);
    CHECK_INT(n.purpose, NUMBER_SEED);
    CHECK_STR(n.cid, CID_2);
    CHECK_STR(n.smsc, "+8613800100500");
    CHECK_OK(number_get_keys(f.store, f.ks, n.imsi, &seed_keys));
    CHECK_HEX(secret_bytes(&seed_keys.k), GP_KEY);
    CHECK_OK(pool_counts(f.store, "seeds", POOL_ALONE, &counts));
    CHECK_INT(counts.in_use, 2);
    CHECK_INT(counts.total, 2);
    CHECK_INT(number_get_in_use(f.store, CID_2, "", &n), XK_E_NOT_FOUND);
    how.seed_pool = "formal";
    CHECK_INT(chip_import_file(f.store, f.ks, &how, bytes_cstr(text), 1, &r), XK_E_STATE);
    how.seed_pool = "none";
    CHECK_INT(chip_import_file(f.store, f.ks, &how, bytes_cstr(text), 1, &r), XK_E_NOT_FOUND);
    fixture_close(&f);
}

static void encrypted(enum cipher_algorithm algorithm, const struct secret *transport, char *hex)
{
    uint8_t key[16];

    CHECK_OK(hex_decode_exact(BYTES_STR(GP_KEY), key, sizeof key));
    CHECK_OK(cipher_cbc_encrypt(algorithm, secret_bytes(transport), NULL, BYTES_OF(key), key));
    hex_encode(BYTES_OF(key), hex);
}

static void check_encrypted(const char *setting, enum cipher_algorithm algorithm, uint8_t n)
{
    struct secret transport = secret_of(0x5A, n), wrong = secret_of(0x5B, n);
    struct chip_import how = plain;
    struct chip_keys keys = {0};
    struct import_report r;
    struct fixture f;
    char text[4096], hex[33];

    for (uint8_t i = 0; i < n; i++)
        transport.bytes[i] = (uint8_t)(wrong.bytes[i] = (uint8_t)(16 * i + 1)) ^ 0x20;
    how.seed_pool = "seeds";
    how.transport = &transport;
    open_with_pool(&f);
    encrypted(algorithm, &transport, hex);
    vendor_file(text, sizeof text, setting, hex, hex);
    CHECK_OK(import(&f, &how, text, &r));
    CHECK_OK(chip_get_keys(f.store, f.ks, CID_1, &keys));
    CHECK_HEX(secret_bytes(&keys.kic), GP_KEY);
    CHECK_HEX(secret_bytes(&keys.kik), GP_KEY);
    fixture_close(&f);

    open_with_pool(&f);
    how.transport = &wrong;
    CHECK_INT(import(&f, &how, text, &r), XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "kic_kcv");
    CHECK_INT(r.errors[0].reason, IMPORT_KEY_CHECK);
    how.transport = NULL;
    CHECK_INT(import(&f, &how, text, &r), XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "Transport_key");
    CHECK_INT(r.errors[0].reason, IMPORT_KEY_SEALED);
    fixture_close(&f);
}

TEST(vendor_file_under_a_transport_key)
{
    check_encrypted("Transport_key: AES-128-CBC\r\n", CIPHER_AES, 16);
    check_encrypted("Transport_key: 3DES-CBC\r\n", CIPHER_3DES_2, 16);
    check_encrypted("Transport_key: 3DES-CBC\r\n", CIPHER_3DES_3, 24);
}

struct refusal {
    const char *text;
    uint32_t line;
    const char *field;
    enum import_reason reason;
};

#define HEAD "cid,iccid,imsi,msisdn,kic,kid,kik\n"
#define ROW(fields) HEAD CID_1 ",,,," KEYS "\n" fields "\n"
#define VENDOR(settings, names, row) "*HEADER\n" settings "var_Out: " names "\n" row "\n"
#define VROW CID_1 " " GP_KEY " " GP_KEY " " GP_KEY
static const struct refusal refusals[] = {
    {"", 0, "", IMPORT_MISSING},
    {"\n\n# nothing\n", 0, "", IMPORT_MISSING},
    {"\"cid\n", 1, "", IMPORT_QUOTES},
    {"kic,kid,kik\n", 1, "cid", IMPORT_MISSING},
    {"cid,weight\n", 1, "weight", IMPORT_UNKNOWN_COLUMN},
    {"cid,iccid,seed_iccid\n", 1, "seed_iccid", IMPORT_DOUBLE_COLUMN},
    {HEAD, 0, "", IMPORT_MISSING},
    {ROW(CID_2), 3, "", IMPORT_FIELD_COUNT},
    {ROW("\"" CID_2), 3, "", IMPORT_QUOTES},
    {ROW("8986012345678901230,,,," KEYS), 3, "cid", IMPORT_BAD_LENGTH},
    {ROW("898601234567890123022,,,," KEYS), 3, "cid", IMPORT_BAD_LENGTH},
    {ROW("8986012345678901230A,,,," KEYS), 3, "cid", IMPORT_NOT_DIGITS},
    {ROW(CID_1 ",,,," KEYS), 3, "cid", IMPORT_TWICE_IN_FILE},
    {ROW(CID_2 ",89860400000000000016,,," KEYS), 3, "iccid", IMPORT_LUHN},
    {ROW(CID_2 ",,0010100000000,1440000000002," KEYS), 3, "imsi", IMPORT_BAD_LENGTH},
    {ROW(CID_2 ",,,1440000000002," KEYS), 3, "imsi", IMPORT_BAD_LENGTH},
    {ROW(CID_2 ",,001010000000002,," KEYS), 3, "msisdn", IMPORT_BAD_LENGTH},
    {ROW(CID_2 ",,,,,," GP_KEY), 3, "kic", IMPORT_MISSING},
    {ROW(CID_2 ",,,," GP_KEY ",," GP_KEY), 3, "kid", IMPORT_MISSING},
    {ROW(CID_2 ",,,," GP_KEY "," GP_KEY ","), 3, "kik", IMPORT_MISSING},
    {ROW(CID_2 ",,,," GP_KEY "," GP_KEY ",4041"), 3, "kik", IMPORT_BAD_LENGTH},
    {ROW(CID_2 ",,,," GP_KEY "," GP_KEY ",404"), 3, "kik", IMPORT_BAD_LENGTH},
    {ROW(CID_2 ",,,," GP_KEY "," GP_KEY ",404142434445464748494A4B4C4D4E4G"), 3, "kik",
     IMPORT_NOT_HEX},
    {"cid,kic,kid,kik,kic_kcv\n" CID_1 "," KEYS ",504A78\n", 2, "kic_kcv", IMPORT_KEY_CHECK},
    {"cid,kic,kid,kik,kik_kcv\n" CID_1 "," KEYS ",504A\n", 2, "kik_kcv", IMPORT_BAD_LENGTH},
    {"cid,kic,kid,kik,kid_alg\n" CID_1 "," KEYS ",des\n", 2, "kid_alg", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,kid_alg\n" CID_1 "," KEYS ",3des-3\n", 2, "kid", IMPORT_BAD_LENGTH},
    {"cid,kic,kid,kik,keyset\n" CID_1 "," KEYS ",16\n", 2, "keyset", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,suite\n" CID_1 "," KEYS ",3\n", 2, "suite", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,grade\n" CID_1 "," KEYS ",toy\n", 2, "grade", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,form\n" CID_1 "," KEYS ",ROUND\n", 2, "form", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,radio\n" CID_1 "," KEYS ",6G\n", 2, "radio", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,batch\n" CID_1 "," KEYS ",a b\n", 2, "batch", IMPORT_BAD_VALUE},
    {"cid,kic,kid,kik,vendor\n" CID_1 "," KEYS ",a vendor with a name of 40 letters....\n", 2,
     "vendor", IMPORT_BAD_LENGTH},
    {"cid,kic,kid,kik,grade\n" CID_1 "," KEYS ",consumer\n" CID_2 "," KEYS ",industrial\n", 3,
     "batch", IMPORT_BATCH_MIXED},
    {"cid,imsi,msisdn,kic,kid,kik,ki,opc\n" CID_1 ",001010000000001,1440000000001," KEYS "," K1
     ",12\n",
     2, "opc", IMPORT_BAD_LENGTH},
    {"cid,imsi,msisdn,kic,kid,kik,ki,opc\n" CID_1 ",001010000000001,1440000000001," KEYS ",12," OPC1
     "\n",
     2, "ki", IMPORT_BAD_LENGTH},
    {"cid,imsi,msisdn,kic,kid,kik,ki,opc\n" CID_1 ",001010000000001,1440000000001," KEYS "," K1
     "," OPC1 "\n" CID_2 ",001010000000001,1440000000002," KEYS "," K1 "," OPC1 "\n",
     3, "imsi", IMPORT_TWICE_IN_FILE},
    {"*HEADER\nQuantity: 1\n", 0, "var_Out", IMPORT_MISSING},
    {"*HEADER\nno colon\nvar_Out: CID\n", 2, "no?colon", IMPORT_BAD_VALUE},
    {VENDOR("Quantity: 2\n", "CID/KIC/KID/KIK", VROW), 2, "Quantity", IMPORT_COUNT},
    {VENDOR("Quantity: many\n", "CID/KIC/KID/KIK", VROW), 2, "Quantity", IMPORT_BAD_VALUE},
    {VENDOR("", "CID/KIC/KID/KIK/SIZE", VROW), 2, "SIZE", IMPORT_UNKNOWN_COLUMN},
    {VENDOR("", "CID/KIC/CID", VROW), 2, "CID", IMPORT_DOUBLE_COLUMN},
    {VENDOR("", "KIC", VROW), 2, "cid", IMPORT_MISSING},
    {VENDOR("", "CID/KIC/KID", VROW), 3, "", IMPORT_FIELD_COUNT},
    {VENDOR("Transport_key: ROT13\n", "CID/KIC/KID/KIK", VROW), 2, "Transport_key",
     IMPORT_BAD_VALUE},
    {VENDOR("Transport_kcv: 112233\n", "CID/KIC/KID/KIK", VROW), 2, "Transport_kcv",
     IMPORT_KEY_SEALED},
    {VENDOR("Grade\t : toy\n", "CID/KIC/KID/KIK", VROW), 4, "grade", IMPORT_BAD_VALUE},
    {VENDOR("Grade: toy\n", "CID/KIC/KID/KIK", VROW), 4, "grade", IMPORT_BAD_VALUE},
};

TEST(each_refusal_names_line_and_field)
{
    struct chip_import how = plain;
    struct import_report r;
    struct fixture f;
    uint64_t before;

    how.seed_pool = "seeds";
    open_with_pool(&f);
    before = fixture_fingerprint(&f);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        int failures = xt_failures;

        CHECK_INT(import(&f, &how, refusals[i].text, &r), XK_E_FORMAT);
        CHECK_INT(r.imported, 0);
        CHECK_INT(r.bad, 1);
        CHECK_INT(r.errors[0].line, refusals[i].line);
        CHECK_STR(r.errors[0].field, refusals[i].field);
        CHECK_STR(import_reason_name(r.errors[0].reason), import_reason_name(refusals[i].reason));
        if (xt_failures != failures)
            printf("# in row %zu: %s\n", i, refusals[i].text);
    }
    CHECK(fixture_fingerprint(&f) == before);
    how.batch_id = NULL;
    CHECK_INT(import(&f, &how, HEAD CID_1 ",,,," KEYS "\n", &r), XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "batch");
    CHECK_INT(r.errors[0].reason, IMPORT_MISSING);
    CHECK_INT(chip_import_file(f.store, f.ks, &how, BYTES("", IMPORT_FILE_MAX + 1), 1, &r),
              XK_E_LIMIT);
    fixture_close(&f);
}

TEST(transport_keys_are_checked_by_their_value)
{
    static const char head[] = "*HEADER\nTransport_key: AES-128-CBC\nTransport_kcv: %s\n"
                               "var_Out: CID/KIC/KID/KIK\n" VROW "\n";
    struct secret transport = {.n = 16};
    struct chip_import how = plain;
    struct import_report r;
    struct fixture f;
    char text[512];

    for (uint8_t i = 0; i < 16; i++)
        transport.bytes[i] = (uint8_t)(0x40 + i);
    how.transport = &transport;
    open_with_pool(&f);
    snprintf(text, sizeof text, head, "000000");
    CHECK_INT(import(&f, &how, text, &r), XK_E_FORMAT);
    CHECK_INT(r.errors[0].line, 3);
    CHECK_STR(r.errors[0].field, "Transport_kcv");
    snprintf(text, sizeof text, head, GP_KCV_AES);
    CHECK_OK(import(&f, &how, text, &r));
    fixture_close(&f);
}

TEST(clashes_with_the_platform_are_named)
{
    struct chip_import how = plain;
    struct import_report r;
    struct fixture f;
    uint64_t before;
    char text[4096];

    how.seed_pool = "seeds";
    open_with_pool(&f);
    CHECK_OK(import(&f, &how, vendor_file(text, sizeof text, "", GP_KEY, GP_KEY), &r));
    before = fixture_fingerprint(&f);
    CHECK_INT(import(&f, &how, text, &r), XK_E_FORMAT);
    CHECK_INT(r.bad, 2);
    CHECK_STR(r.errors[0].field, "cid");
    CHECK_INT(r.errors[0].reason, IMPORT_EXISTS);
    CHECK_INT(import(&f, &how,
                     "cid,imsi,msisdn,kic,kid,kik,ki,opc\n"
                     "89860123456789012309,001010000000001,1440000000009," KEYS "," K1 "," OPC1
                     "\n",
                     &r),
              XK_E_FORMAT);
    CHECK_STR(r.errors[0].field, "imsi");
    CHECK_INT(r.errors[0].reason, IMPORT_EXISTS);
    CHECK_INT(
        import(&f, &how, "cid,batch,kic,kid,kik\n89860123456789012309,2026-001," KEYS "\n", &r),
        XK_E_FORMAT);
    CHECK_INT(r.errors[0].reason, IMPORT_BATCH_MIXED);
    CHECK(fixture_fingerprint(&f) == before);
    fixture_close(&f);
}

/* Without a pool for seeds, cards may share one. */
TEST(seeds_may_be_shared)
{
    struct import_report r;
    struct fixture f;

    open_with_pool(&f);
    CHECK_OK(import(&f, &plain,
                    "cid,imsi,msisdn,kic,kid,kik\n"                   //
                    CID_1 ",001010000000001,1440000000001," KEYS "\n" //
                    CID_2 ",001010000000001,1440000000001," KEYS "\n",
                    &r));
    CHECK_INT(r.imported, 2);
    fixture_close(&f);
}

static enum xk_err op_import(struct fixture *f, void *ctx)
{
    struct chip_import how = plain;
    struct import_report r;

    how.seed_pool = "seeds";
    return chip_import_file(f->store, f->ks, &how, bytes_cstr(ctx), 9, &r);
}

TEST(a_failing_statement_changes_nothing)
{
    struct fixture f;
    char text[4096];

    open_with_pool(&f);
    vendor_file(text, sizeof text, "", GP_KEY, GP_KEY);
    CHECK(fixture_fail_everywhere(&f, op_import, text) >= 12);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(csv_with_keys), XT_CASE(csv_without_keys_derives_them),
           XT_CASE(vendor_file_with_seeds), XT_CASE(vendor_file_under_a_transport_key),
           XT_CASE(each_refusal_names_line_and_field),
           XT_CASE(transport_keys_are_checked_by_their_value),
           XT_CASE(clashes_with_the_platform_are_named), XT_CASE(seeds_may_be_shared),
           XT_CASE(a_failing_statement_changes_nothing))
