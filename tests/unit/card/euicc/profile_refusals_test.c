/* SPDX-License-Identifier: Apache-2.0 */
/* Every package that is refused, element and status (SAIP 8.11): nothing of it is stored. */
#include "codec/saip/lint.h"
#include "profile_rig.h"
#include "saip_package.h"

#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE))
#define NOT_NAMED UINT32_MAX

struct refusal {
    const char *what;
    void (*make)(struct package *p); /* all behind package_start */
    uint32_t status;
    uint32_t identification; /* of the element at fault */
    const char *message;     /* begins so */
};

static void begin(struct package *p)
{
    package_header(p, SERVICES);
    package_mf(p);
    package_puks(p);
    package_pins_of_mf(p);
}

/* ---- the row of elements ---- */

static void nothing(struct package *p)
{
    (void)p;
}

static void no_header(struct package *p)
{
    package_mf(p);
    package_end(p);
}

static void two_headers(struct package *p)
{
    package_header(p, SERVICES);
    package_header(p, SERVICES);
}

static void version_1(struct package *p)
{
    package_version(p, 1, 0, SERVICES);
}

static void version_4(struct package *p)
{
    package_version(p, 4, 0, SERVICES);
}

static void service_not_here(struct package *p)
{
    package_header(p, SERVICES | SAIP_SERVICE_BIT(MBMS));
}

static void template_not_here(struct package *p)
{
    size_t at = der_begin(&p->b, 0xA0), list;

    der_put_int(&p->b, 0x80, 2);
    der_put_int(&p->b, 0x81, 3);
    package_hex(&p->b, 0x83, PACKAGE_ICCID);
    list = der_begin(&p->b, 0xA5);
    der_close(&p->b, list);
    list = der_begin(&p->b, 0xA6);
    package_hex(&p->b, DER_OID, "67810F01027F");
    der_close(&p->b, list);
    der_close(&p->b, at);
}

static void library_not_here(struct package *p)
{
    size_t at = der_begin(&p->b, 0xA0), list, one;

    der_put_int(&p->b, 0x80, 2);
    der_put_int(&p->b, 0x81, 3);
    package_hex(&p->b, 0x83, PACKAGE_ICCID);
    list = der_begin(&p->b, 0xA5);
    der_close(&p->b, list);
    list = der_begin(&p->b, 0xA6);
    package_hex(&p->b, DER_OID, "67810F010201");
    der_close(&p->b, list);
    list = der_begin(&p->b, 0xA8);
    one = der_begin(&p->b, DER_SEQUENCE);
    package_hex(&p->b, 0x80, "A000000018");
    package_hex(&p->b, 0x81, "0100");
    der_close(&p->b, one);
    der_close(&p->b, list);
    der_close(&p->b, at);
}

static void header_without_iccid(struct package *p)
{
    size_t at = der_begin(&p->b, 0xA0);

    der_put_int(&p->b, 0x80, 2);
    der_put_int(&p->b, 0x81, 3);
    der_close(&p->b, at);
}

static void no_mf(struct package *p)
{
    package_header(p, SERVICES);
    package_end(p);
}

static void two_mfs(struct package *p)
{
    package_header(p, SERVICES);
    package_mf(p);
    package_mf(p);
}

static void no_end(struct package *p)
{
    begin(p);
    package_usim(p);
}

static void cut_short(struct package *p)
{
    begin(p);
    package_usim(p);
    p->b.n -= 5;
}

static void more_behind_the_end(struct package *p)
{
    begin(p);
    package_end(p);
    package_hex(&p->b, 0xAA, "A003810109");
}

static void not_tlv(struct package *p)
{
    package_header(p, SERVICES);
    buf_put(&p->b, (const uint8_t *)"\xB0\x80\x00\x00\x00\x00", 6);
}

static void unknown_mandated(struct package *p)
{
    begin(p);
    package_open(p, 0xBF60);
    package_close(p);
}

static void unknown_template(struct package *p)
{
    begin(p);
    package_usim_of(p, 0x7F, PACKAGE_ADF, PACKAGE_USIM_AID, PACKAGE_IMSI_EF);
}

static const struct refusal of_the_row[] = {
    {"empty", nothing, RSP_PE_INVALID_REQUEST_FORMAT, NOT_NAMED, "package: the package has no"},
    {"no header", no_header, RSP_PE_BAD_VALUES, 0, "mf: the header comes first"},
    {"two headers", two_headers, RSP_PE_BAD_VALUES, NOT_NAMED, "header: a second header"},
    {"version 1", version_1, RSP_PE_UNSUPPORTED_VERSION, NOT_NAMED, "header:"},
    {"version 4", version_4, RSP_PE_UNSUPPORTED_VERSION, NOT_NAMED, "header:"},
    {"a service", service_not_here, RSP_PE_FEATURE_NOT_SUPPORTED, NOT_NAMED, "header mbms"},
    {"a mandatory template", template_not_here, RSP_PE_TEMPLATE_NOT_SUPPORTED, NOT_NAMED,
     "header eUICC-Mandatory-GFSTEList"},
    {"a mandatory library", library_not_here, RSP_PE_LIB_NOT_SUPPORTED, NOT_NAMED,
     "header eUICC-Mandatory-AIDs"},
    {"no ICCID", header_without_iccid, RSP_PE_INVALID_REQUEST_FORMAT, NOT_NAMED, "header:"},
    {"no MF", no_mf, RSP_PE_BAD_VALUES, 0, "end: there is no MF"},
    {"two MFs", two_mfs, RSP_PE_BAD_VALUES, 1, "mf mf: the MF comes first, and once"},
    {"no end", no_end, RSP_PE_INVALID_REQUEST_FORMAT, NOT_NAMED, "package: the package has no"},
    {"cut short", cut_short, RSP_PE_INVALID_REQUEST_FORMAT, NOT_NAMED, "package: the package"},
    {"more behind the end", more_behind_the_end, RSP_PE_INVALID_REQUEST_FORMAT, NOT_NAMED,
     "package: there is something behind"},
    {"no TLV", not_tlv, RSP_PE_INVALID_REQUEST_FORMAT, NOT_NAMED, "package"},
    {"an element", unknown_mandated, RSP_PE_NOT_SUPPORTED, 3, "unknown"},
    {"a template", unknown_template, RSP_PE_TEMPLATE_NOT_SUPPORTED, 3, "usim: unknown template"},
};

/* ---- files ---- */

static void no_directory(struct package *p)
{
    begin(p);
    package_template(p, 0xB4, 5, 0); /* optional files of a USIM that is not there */
    package_close(p);
}

static void contents_too_long(struct package *p)
{
    begin(p);
    package_usim_of(p, 4, PACKAGE_ADF, PACKAGE_USIM_AID, PACKAGE_IMSI_EF "00");
}

static void adf_without_name(struct package *p)
{
    begin(p);
    package_usim_of(p, 4, PACKAGE_ADF, NULL, PACKAGE_IMSI_EF);
}

static void same_name_again(struct package *p)
{
    begin(p);
    package_usim(p);
    package_usim_of(p, 4, PACKAGE_ADF_ISIM, PACKAGE_USIM_AID, PACKAGE_IMSI_EF);
}

static void same_fid_again(struct package *p)
{
    begin(p);
    package_usim(p);
    package_isim_of(p, PACKAGE_ADF);
}

/* EF.EAKA came with version 3 of the template. */
static void file_of_no_element(struct package *p)
{
    begin(p);
    package_usim(p);
    package_template(p, 0xB4, 5, 0);
    package_file(p, 0xBF57, NULL, "00");
    package_close(p);
}

static void gfm_before_mf(struct package *p)
{
    package_header(p, SERVICES);
    package_gfm_file(p, "", "8202412183026F018A01058B032F0601800101", "00");
}

static void gfm_nowhere(struct package *p)
{
    begin(p);
    package_gfm_file(p, "7F66", "8202412183026F018A01058B032F0601800101", "00");
}

static void gfm_below_a_file(struct package *p)
{
    begin(p);
    package_gfm_file(p, "2FE2", "8202412183026F018A01058B032F0601800101", "00");
}

static void gfm_again(struct package *p)
{
    begin(p);
    package_gfm_file(p, "", "8202412183022FE28A01058B032F0601800101", "00");
}

static void gfm_no_rule(struct package *p)
{
    begin(p);
    package_gfm_file(p, "", "8202412183026F018A0105800101", "00");
}

static void gfm_no_such_file(struct package *p)
{
    begin(p);
    package_gfm_file(p, "2F77", NULL, "00");
}

static void gfm_too_long(struct package *p)
{
    begin(p);
    package_gfm_file(p, "2FE2", NULL, "0000000000000000000000");
}

static void link_nowhere(struct package *p)
{
    begin(p);
    package_gfm_file(p, "", "8202412183026F018A01058B032F0601800101C7022F77", NULL);
}

static void long_records(struct package *p)
{
    begin(p);
    package_gfm_file(p, "", "82044221012C83026F018A01058B032F060180020258", NULL);
}

static const struct refusal of_files[] = {
    {"no directory", no_directory, RSP_PE_BAD_VALUES, 3, "opt-usim: its application has not"},
    {"contents too long", contents_too_long, RSP_PE_BAD_VALUES, 3, "usim ef-imsi: contents are"},
    {"no name", adf_without_name, RSP_PE_BAD_VALUES, 3, "usim adf-usim: an ADF without"},
    {"a name again", same_name_again, RSP_PE_BAD_VALUES, 4, "usim adf-usim: the application"},
    {"a FID again", same_fid_again, RSP_PE_BAD_VALUES, 4, "isim adf-isim: the file exists"},
    {"no such file", file_of_no_element, RSP_PE_FEATURE_NOT_SUPPORTED, 4, "opt-usim ef-eaka: the"},
    {"GFM before the MF", gfm_before_mf, RSP_PE_BAD_VALUES, 0, "genericFileManagement"},
    {"GFM nowhere", gfm_nowhere, RSP_PE_BAD_VALUES, 3, "genericFileManagement: its directory"},
    {"GFM below a file", gfm_below_a_file, RSP_PE_BAD_VALUES, 3,
     "genericFileManagement: below a file"},
    {"GFM again", gfm_again, RSP_PE_BAD_VALUES, 3, "genericFileManagement: the file exists"},
    {"GFM without a rule", gfm_no_rule, RSP_PE_BAD_VALUES, 3, "genericFileManagement: no access"},
    {"GFM, no file", gfm_no_such_file, RSP_PE_BAD_VALUES, 3, "genericFileManagement fillFile"},
    {"GFM too long", gfm_too_long, RSP_PE_BAD_VALUES, 3, "genericFileManagement fillFile"},
    {"link", link_nowhere, RSP_PE_BAD_VALUES, 3, "genericFileManagement: the link leads"},
    {"long records", long_records, RSP_PE_BAD_VALUES, 3, "genericFileManagement: records are"},
};

/* ---- codes and keys ---- */

static void no_puk(struct package *p)
{
    package_header(p, SERVICES);
    package_mf(p);
    package_pins_of_mf(p);
}

static void pin_again(struct package *p)
{
    begin(p);
    package_pins_of_mf(p);
}

static void pins_of_nobody(struct package *p)
{
    begin(p);
    package_usim(p);
    package_shared_pins(p, "7F66");
}

static void keys_of_nobody(struct package *p)
{
    begin(p);
    package_milenage(p);
}

static void keys_twice(struct package *p)
{
    begin(p);
    package_usim(p);
    package_milenage(p);
    package_milenage(p);
}

static void aka(struct package *p, uint8_t algorithm, uint8_t options, const char *k,
                const char *opc)
{
    begin(p);
    package_usim(p);
    package_aka(p, algorithm, options, k, opc);
}

static void other_algorithm(struct package *p)
{
    aka(p, 7, 0, PACKAGE_K, PACKAGE_OPC);
}

static void short_key(struct package *p)
{
    aka(p, SAIP_MILENAGE, 0, "0011223344556677", PACKAGE_OPC);
}

static void short_opc(struct package *p)
{
    aka(p, SAIP_MILENAGE, 0, PACKAGE_K, "00");
}

static void short_topc(struct package *p)
{
    aka(p, SAIP_TUAK, 0, PACKAGE_K, PACKAGE_OPC);
}

static void long_res(struct package *p)
{
    aka(p, SAIP_TUAK, 3, PACKAGE_K, PACKAGE_OPC PACKAGE_OPC);
}

static void mapped_to_nobody(struct package *p)
{
    begin(p);
    package_usim(p);
    package_mapped_aka(p, PACKAGE_ISIM_AID);
}

static const struct refusal of_keys[] = {
    {"no PUK", no_puk, RSP_PE_PIN_CODE_MISSING, 1, "pinCodes: its unblocking code"},
    {"PIN again", pin_again, RSP_PE_BAD_VALUES, 3, "pinCodes: a PIN of this reference"},
    {"PINs of nobody", pins_of_nobody, RSP_PE_BAD_VALUES, 4, "pinCodes filePath"},
    {"keys of nobody", keys_of_nobody, RSP_PE_BAD_VALUES, 3, "akaParameter: there is no"},
    {"keys twice", keys_twice, RSP_PE_BAD_VALUES, 5, "akaParameter: there is no"},
    {"algorithm", other_algorithm, RSP_PE_FEATURE_NOT_SUPPORTED, 4, "akaParameter algorithmID"},
    {"K", short_key, RSP_PE_BAD_VALUES, 4, "akaParameter key"},
    {"OPc", short_opc, RSP_PE_BAD_VALUES, 4, "akaParameter key"},
    {"TOPc", short_topc, RSP_PE_BAD_VALUES, 4, "akaParameter key"},
    {"RES", long_res, RSP_PE_BAD_VALUES, 4, "akaParameter key"},
    {"mapping", mapped_to_nobody, RSP_PE_BAD_VALUES, 4, "akaParameter mappingSource"},
};

/* What depends on the card: its editions, services and libraries. */
static bool is_of_the_card(uint32_t status)
{
    return status == RSP_PE_UNSUPPORTED_VERSION || status == RSP_PE_LIB_NOT_SUPPORTED ||
           status == RSP_PE_FEATURE_NOT_SUPPORTED || status == RSP_PE_TEMPLATE_NOT_SUPPORTED;
}

/* What a card refuses, the lint finds in the same element. */
static bool lint_finds(const struct refusal *row, struct bytes upp)
{
    struct saip_report report;
    struct arena arena;
    bool finds = false;

    arena_init(&arena, (size_t)16 << 20);
    CHECK_OK(saip_lint(upp, &arena, &report));
    for (const struct saip_finding *f = report.first; f; f = f->next)
        finds |= f->severity == SAIP_ERROR && f->has_identification &&
                 f->identification == row->identification;
    if (row->identification == NOT_NAMED)
        finds = report.count[SAIP_ERROR] > 0;
    arena_fini(&arena);
    return finds;
}

static void check_refusal(const struct refusal *row)
{
    const struct rsp_pe_status *status;
    struct profile_rig r;
    struct package p;

    package_start(&p);
    row->make(&p);
    CHECK(lint_finds(row, package_bytes(&p)) || is_of_the_card(row->status));
    profile_rig_open(&r);
    CHECK_INT(profile_rig_install(&r, package_bytes(&p)), PROFILE_REFUSED);
    CHECK(!profile_is_stored(r.flash, PROFILE_RIG_BASE));
    CHECK(r.response.aborted);
    status = rsp_first_failure(&r.response);
    CHECK(status != NULL);
    if (status) {
        CHECK_INT(status->status, row->status);
        CHECK_INT(status->has_identification ? status->identification : NOT_NAMED,
                  row->identification);
    }
    CHECK(strncmp(r.message, row->message, strlen(row->message)) == 0);
    if (xt_failures > 0)
        printf("# %s: %s\n", row->what, r.message);
    profile_rig_close(&r);
}

static void check_rows(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_refusal(&rows[i]);
}

TEST(row)
{
    check_rows(of_the_row, ARRAY_LEN(of_the_row));
}

TEST(files)
{
    check_rows(of_files, ARRAY_LEN(of_files));
}

TEST(keys)
{
    check_rows(of_keys, ARRAY_LEN(of_keys));
}

/* The limit of the profile, and the room of the store */
TEST(memory)
{
    struct profile_rig r;
    struct package p;
    uint32_t size;

    package_plain(&p);
    profile_rig_open(&r);
    CHECK_INT(profile_rig_install(&r, package_bytes(&p)), PROFILE_WHOLE);
    size = r.size;
    profile_rig_close(&r);
    profile_rig_open(&r);
    r.limit = size - 1;
    CHECK_INT(profile_rig_install(&r, package_bytes(&p)), PROFILE_REFUSED);
    CHECK_INT(profile_rig_status(&r), RSP_PE_NOT_ENOUGH_MEMORY);
    r.limit = size;
    CHECK_INT(profile_rig_install(&r, package_bytes(&p)), PROFILE_WHOLE);
    CHECK_OK(profile_erase(r.flash, PROFILE_RIG_BASE));
    CHECK_OK(flash_create(r.flash, 1, PROFILE_RIG_CAPACITY - flash_used(r.flash) - size));
    CHECK_OK(flash_commit(r.flash));
    CHECK_INT(profile_rig_install(&r, package_bytes(&p)), PROFILE_REFUSED);
    CHECK_INT(profile_rig_status(&r), RSP_PE_NOT_ENOUGH_MEMORY);
    CHECK(!profile_is_stored(r.flash, PROFILE_RIG_BASE));
    profile_rig_close(&r);
}

/* What is not mandated and not known is left out, named, and the profile stands. */
TEST(left_out)
{
    struct profile_rig r;
    struct package p;

    package_start(&p);
    begin(&p);
    package_usim(&p);
    p.mandated = false;
    package_open(&p, 0xBF60);
    package_close(&p);
    package_template(&p, 0xBC, 0x7F, 0);
    package_file(&p, 0xA2, "C606900180830101", NULL);
    package_close(&p);
    package_open(&p, 0xA9);
    package_hex(&p.b, DER_OID, "2B0601");
    package_hex(&p.b, DER_OCTET_STRING, "00");
    package_close(&p);
    package_end(&p);
    profile_rig_open(&r);
    CHECK_INT(profile_rig_install(&r, package_bytes(&p)), PROFILE_WHOLE);
    CHECK(!r.response.aborted);
    CHECK_INT(r.response.pe_n, 3);
    CHECK_INT(r.response.pe[0].status, RSP_PE_NOT_SUPPORTED);
    CHECK_INT(r.response.pe[0].identification, 4);
    CHECK_INT(r.response.pe[1].status, RSP_PE_TEMPLATE_NOT_SUPPORTED);
    CHECK_INT(r.response.pe[1].identification, 5);
    CHECK_INT(r.response.pe[2].status, RSP_PE_NOT_SUPPORTED);
    CHECK_INT(r.response.pe[2].identification, 6);
    profile_rig_close(&r);
}

TESTS_MAIN(XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: the row of elements is refused", row),
           XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: files are refused", files),
           XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: codes and keys are refused", keys),
           XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: not enough memory", memory),
           XT_NAMED("SGP.23 4.2.7 ES8+.LoadProfileElements: what is not known is left out",
                    left_out))
