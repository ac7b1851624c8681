/* SPDX-License-Identifier: Apache-2.0 */
/* Import files from end to end on a real file: the samples of the documentation, a file of 100,000
 * lines, and the same with one bad line. */
#include "backend.h"
#include "crypto/keystore.h"
#include "crypto/random.h"
#include "model/ident.h"
#include "service/chip/chip.h"
#include "service/number/number.h"
#include "xt.h"

#define LINES 100000
#define SLOWEST_MS 10000 /* what the platform promises for LINES */

static struct keystore *keystore;

static struct store *open_with_pools(void)
{
    static const uint8_t key[32] = {1};
    struct pool formal = {.id = "formal", .purpose = NUMBER_FORMAL};
    struct pool seeds = {.id = "seeds", .purpose = NUMBER_SEED};
    struct store *s = backend_file.fresh();

    if (!s || store_migrate(s) != XK_OK || pool_create(s, &formal) != XK_OK ||
        pool_create(s, &seeds) != XK_OK)
        abort();
    if (!keystore && keystore_of_key(BYTES_OF(key), random_openssl(), &keystore) != XK_OK)
        abort();
    return s;
}

static void read_sample(const char *name, struct buf *out)
{
    char path[512];
    uint8_t part[4096];
    size_t n;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", DATA, name);
    buf_init(out, IMPORT_FILE_MAX);
    file = fopen(path, "rb");
    if (!file)
        abort();
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        buf_put(out, part, n);
    fclose(file);
}

static void show(const struct import_report *r)
{
    for (uint32_t i = 0; i < r->n_errors; i++)
        printf("# line %u: %s %s\n", r->errors[i].line, r->errors[i].field,
               import_reason_en(r->errors[i].reason));
}

TEST(the_samples_are_what_the_page_says)
{
    struct secret master = {.n = 16}, transport = {.n = 16};
    struct chip_import how = {.batch_id = "CSV-1",
                              .vendor = "sample",
                              .seed_pool = "seeds",
                              .master = &master,
                              .transport = &transport,
                              .file_name = "sample"};
    struct store *s = open_with_pools();
    struct import_report r;
    struct buf file;

    CHECK_OK(hex_decode_exact(BYTES_STR("000102030405060708090A0B0C0D0E0F"), transport.bytes, 16));
    CHECK_OK(store_begin(s));
    read_sample("numbers.csv", &file);
    CHECK_OK(number_import_csv(s, keystore, "formal", buf_bytes(&file), 1, &r));
    show(&r);
    CHECK_INT(r.imported, 3);
    buf_fini(&file);
    read_sample("chips.csv", &file);
    CHECK_OK(chip_import_file(s, keystore, &how, buf_bytes(&file), 1, &r));
    show(&r);
    CHECK_INT(r.imported, 3);
    buf_fini(&file);
    read_sample("chips-vendor.out", &file);
    CHECK_OK(chip_import_file(s, keystore, &how, buf_bytes(&file), 1, &r));
    show(&r);
    CHECK_INT(r.imported, 3);
    buf_fini(&file);
    CHECK_OK(store_commit(s));
    store_close(s);
}

static void make_numbers(struct buf *b, int lines, int bad_line)
{
    buf_init(b, IMPORT_FILE_MAX);
    buf_put_str(b, "imsi,msisdn,iccid,k,opc\n");
    for (int i = 0; i < lines; i++) {
        char iccid[21];

        snprintf(iccid, sizeof iccid, "898604%013d", i);
        iccid[19] = ident_luhn_digit(BYTES(iccid, 19));
        if (i + 2 == bad_line)
            iccid[19] = iccid[19] == '0' ? '1' : '0';
        buf_printf(b, "00101%010d,14400%08d,%.20s,%032X,%032X\n", i, i, iccid, (unsigned)i,
                   (unsigned)~i);
    }
}

static void make_chips(struct buf *b, int lines)
{
    buf_init(b, IMPORT_FILE_MAX);
    buf_printf(b,
               "*HEADER DESCRIPTION\nQuantity: %d\nBatch: big\nGrade: industrial\n"
               "Form: DOMESTIC_5X6\nvar_Out: CID/IMSI/MSISDN/KI/OPC/KIC/KID/KIK\n",
               lines);
    for (int i = 0; i < lines; i++)
        buf_printf(b, "8986000000%010d 00102%010d 14402%08d %032X %032X %032X %032X %032X\n", i, i,
                   i, (unsigned)i, (unsigned)~i, (unsigned)i, (unsigned)i, (unsigned)i);
}

static double seconds_since(int64_t start)
{
    return (double)(xk_monotonic_ns() - start) / 1e9;
}

TEST(a_hundred_thousand_numbers)
{
    struct store *s = open_with_pools();
    struct pool_counts counts;
    struct import_report r;
    int64_t start;
    struct buf file;

    make_numbers(&file, LINES, 0);
    start = xk_monotonic_ns();
    CHECK_OK(store_begin(s));
    CHECK_OK(number_import_csv(s, keystore, "formal", buf_bytes(&file), 1, &r));
    CHECK_OK(store_commit(s));
    printf("# %d numbers in %.2f s\n", LINES, seconds_since(start));
    CHECK(seconds_since(start) * 1000 < SLOWEST_MS);
    CHECK_OK(pool_counts(s, "formal", POOL_ALONE, &counts));
    CHECK_INT(counts.free, LINES);
    buf_fini(&file);
    store_close(s);
}

TEST(one_bad_line_among_a_hundred_thousand)
{
    struct store *s = open_with_pools();
    struct pool_counts counts;
    struct import_report r;
    struct buf file;

    make_numbers(&file, LINES, 77777);
    CHECK_OK(store_begin(s));
    CHECK_INT(number_import_csv(s, keystore, "formal", buf_bytes(&file), 1, &r), XK_E_FORMAT);
    store_rollback(s);
    CHECK_INT(r.lines, LINES);
    CHECK_INT(r.bad, 1);
    CHECK_INT(r.errors[0].line, 77777);
    CHECK_STR(r.errors[0].field, "iccid");
    CHECK_INT(r.errors[0].reason, IMPORT_LUHN);
    CHECK_OK(pool_counts(s, "formal", POOL_ALONE, &counts));
    CHECK_INT(counts.total, 0);
    buf_fini(&file);
    store_close(s);
}

TEST(a_hundred_thousand_chips_with_seeds)
{
    struct chip_import how = {.seed_pool = "seeds", .file_name = "big.out"};
    struct store *s = open_with_pools();
    struct chip_filter all = {.state = -1};
    struct import_report r;
    struct buf file;
    uint64_t n = 0;
    int64_t start;

    make_chips(&file, LINES);
    start = xk_monotonic_ns();
    CHECK_OK(store_begin(s));
    CHECK_OK(chip_import_file(s, keystore, &how, buf_bytes(&file), 1, &r));
    show(&r);
    CHECK_OK(store_commit(s));
    printf("# %d chips with seeds in %.2f s\n", LINES, seconds_since(start));
    CHECK_OK(chip_count(s, &all, &n));
    CHECK_INT(n, LINES);
    buf_fini(&file);
    store_close(s);
}

/* One line more than a file may have is refused where it stands. */
TEST(too_many_lines)
{
    struct chip_import how = {.seed_pool = NULL};
    struct store *s = open_with_pools();
    struct import_report r;
    struct buf file;

    make_numbers(&file, IMPORT_LINES_MAX + 5, 0);
    CHECK_INT(number_import_csv(s, keystore, "formal", buf_bytes(&file), 1, &r), XK_E_FORMAT);
    CHECK_INT(r.bad, 1);
    CHECK_INT(r.errors[0].line, IMPORT_LINES_MAX + 2);
    CHECK_INT(r.errors[0].reason, IMPORT_TOO_LONG);
    buf_fini(&file);
    make_chips(&file, IMPORT_LINES_MAX + 5);
    CHECK_INT(chip_import_file(s, keystore, &how, buf_bytes(&file), 1, &r), XK_E_FORMAT);
    CHECK_INT(r.errors[0].line, IMPORT_LINES_MAX + 7);
    CHECK_INT(r.errors[0].reason, IMPORT_TOO_LONG);
    buf_fini(&file);
    store_close(s);
}

static const struct xt_case cases[] = {
    XT_CASE(the_samples_are_what_the_page_says), XT_CASE(a_hundred_thousand_numbers),
    XT_CASE(one_bad_line_among_a_hundred_thousand), XT_CASE(a_hundred_thousand_chips_with_seeds),
    XT_CASE(too_many_lines)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    keystore_close(keystore);
    backend_clean_up();
    return rc;
}
