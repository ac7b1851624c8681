/* SPDX-License-Identifier: Apache-2.0 */
/* Profile packages for tests, element by element, so that each test can leave out, bend or add one.
 *
 *     struct package p;
 *     package_start(&p);
 *     package_header(&p, SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE));
 *     package_mf(&p); package_puks(&p); package_pins_of_mf(&p);
 *     package_usim(&p); package_milenage(&p); package_end(&p);
 *     package_bytes(&p)
 *
 * Values: ICCID 8986012345678901234F, PIN1 1234 (enabled, PUK 12345678), ADM1 of eight 8s, PIN2 of
 * the USIM 5678 (PUK 87654321), keys of TS 35.208 set 1. */
#ifndef TESTS_SAIP_PACKAGE_H
#define TESTS_SAIP_PACKAGE_H

#include "base/hex.h"
#include "codec/der/der.h"
#include "codec/saip/saip.h"

#define PACKAGE_ICCID "8986012345678901234F"
#define PACKAGE_ICCID_EF "986810325476981032F4"
#define PACKAGE_IMSI_EF "084906102143658709"
#define PACKAGE_K "465b5ce8b199b49faa5f0a2ee238a6bc"
#define PACKAGE_OPC "cd63cb71954a9f4e48a5994e37a02baf"
#define PACKAGE_USIM_AID "A0000000871002FF86FFFF8900000000"
#define PACKAGE_ISIM_AID "A0000000871004FF86FFFF8900000000"
#define PACKAGE_ADF 0x7FD0 /* temporary FIDs */
#define PACKAGE_ADF_ISIM 0x7FD1

/* Access rules: record n of EF.ARR for rule n of the templates. 1, 10, 11: all may read; 5: and
 * PIN1 updates; 8: PIN1 together with PIN2; 9: nobody; the others: PIN1 reads, ADM1 updates. */
#define PACKAGE_RULE_READ "8001019000"
#define PACKAGE_RULE_PIN1 "800101A40683010195010880015AA40683010A950108"
#define PACKAGE_RULE_UPDATE "8001019000800102A406830101950108"
#define PACKAGE_RULE_BOTH "80015BAF10A406830101950108A406830181950108"
#define PACKAGE_RULE_NEVER "80015B9700"
#define PACKAGE_RULES 14
#define PACKAGE_RULE_LEN 32

struct package {
    uint8_t mem[24576];
    struct buf b;
    uint16_t identification;
    bool mandated;                 /* of the elements that follow */
    size_t element, list, command; /* that are open */
    const char *ust;               /* 16 bytes of EF.UST for the USIMs that follow, or NULL */
};

static inline void package_start(struct package *p)
{
    buf_init_fixed(&p->b, p->mem, sizeof p->mem);
    p->identification = 0;
    p->mandated = true;
    p->ust = NULL;
}

static inline struct bytes package_bytes(const struct package *p)
{
    if (buf_ok(&p->b) != XK_OK)
        abort();
    return buf_bytes(&p->b);
}

static inline void package_hex(struct buf *b, uint32_t tag, const char *hex)
{
    uint8_t value[1024];
    size_t n;

    if (hex_decode(bytes_cstr(hex), value, sizeof value, &n) != XK_OK)
        abort();
    der_put(b, tag, BYTES(value, n));
}

/* An element with its PEHeader; what follows is inside it until package_close. */
static inline void package_open(struct package *p, uint32_t tag)
{
    size_t at;

    p->element = der_begin(&p->b, tag);
    at = der_begin(&p->b, 0xA0);
    if (p->mandated)
        der_put_null(&p->b, 0x80);
    der_put_int(&p->b, 0x81, p->identification++);
    der_close(&p->b, at);
}

static inline void package_close(struct package *p)
{
    der_close(&p->b, p->element);
}

/* Of a template: 2.23.143.1.2.number[.sub] */
static inline void package_template(struct package *p, uint32_t tag, uint8_t number, uint8_t sub)
{
    const uint8_t oid[] = {0x67, 0x81, 0x0F, 0x01, 0x02, number, sub};

    package_open(p, tag);
    der_put(&p->b, 0x81, BYTES(oid, sub ? 7 : 6));
}

/* A file: members of its Fcp (NULL: none) and its contents (NULL: none) */
static inline void package_file(struct package *p, uint32_t tag, const char *fcp,
                                const char *content)
{
    size_t at = der_begin(&p->b, tag);

    if (fcp)
        package_hex(&p->b, 0xA1, fcp);
    if (content)
        package_hex(&p->b, 0x83, content);
    der_close(&p->b, at);
}

static inline void package_not_there(struct package *p, uint32_t tag)
{
    size_t at = der_begin(&p->b, tag);

    der_put_null(&p->b, 0x80);
    der_close(&p->b, at);
}

/* An application's directory; aid NULL: without its name */
static inline void package_adf(struct package *p, uint16_t fid, const char *aid)
{
    const uint8_t wire[] = {(uint8_t)(fid >> 8), (uint8_t)fid};
    size_t at = der_begin(&p->b, 0xA2), fcp = der_begin(&p->b, 0xA1);

    der_put(&p->b, 0x83, BYTES_OF(wire));
    if (aid)
        package_hex(&p->b, 0x84, aid);
    package_hex(&p->b, 0xC6, "90018083010183018183010A");
    der_close(&p->b, fcp);
    der_close(&p->b, at);
}

static inline void package_version(struct package *p, uint8_t major, uint8_t minor,
                                   uint32_t services)
{
    size_t at = der_begin(&p->b, 0xA0), list;

    der_put_int(&p->b, 0x80, major);
    der_put_int(&p->b, 0x81, minor);
    package_hex(&p->b, 0x83, PACKAGE_ICCID);
    list = der_begin(&p->b, 0xA5);
    for (unsigned i = 0; i < SAIP_SERVICES; i++)
        if (services >> i & 1)
            der_put_null(&p->b, 0x80 + i);
    der_close(&p->b, list);
    list = der_begin(&p->b, 0xA6);
    package_hex(&p->b, DER_OID, "67810F010201");
    der_close(&p->b, list);
    der_close(&p->b, at);
}

static inline void package_header(struct package *p, uint32_t services)
{
    package_version(p, 2, 3, services);
}

static inline const char *package_rule(unsigned record)
{
    switch (record) {
    case 1:
    case 10:
    case 11:
        return PACKAGE_RULE_READ;
    case 5:
        return PACKAGE_RULE_UPDATE;
    case 8:
        return PACKAGE_RULE_BOTH;
    case 9:
        return PACKAGE_RULE_NEVER;
    default:
        return PACKAGE_RULE_PIN1;
    }
}

/* EF.ARR with record n for rule n */
static inline void package_rules(struct package *p, uint32_t tag)
{
    uint8_t records[PACKAGE_RULES * PACKAGE_RULE_LEN];
    size_t at = der_begin(&p->b, tag), n;

    memset(records, 0xFF, sizeof records);
    for (unsigned i = 0; i < PACKAGE_RULES; i++)
        if (hex_decode(bytes_cstr(package_rule(i + 1)), records + (size_t)i * PACKAGE_RULE_LEN,
                       PACKAGE_RULE_LEN, &n) != XK_OK)
            abort();
    package_hex(&p->b, 0xA1,
                "8204422100208002"
                "01C0");
    der_put(&p->b, 0x83, BYTES_OF(records));
    der_close(&p->b, at);
}

static inline void package_mf(struct package *p)
{
    package_template(p, 0xB0, 1, 0);
    package_file(p, 0xA2, "C60990018083010183010A", NULL);
    package_file(p, 0xA4, NULL, PACKAGE_ICCID_EF);
    package_file(p, 0xA5, "8204422100268002004C", "61184F10" PACKAGE_USIM_AID "50045553494D");
    package_rules(p, 0xA6);
    package_close(p);
}

static inline void package_pin(struct package *p, uint8_t reference, const char *value, uint8_t puk,
                               uint8_t attributes)
{
    size_t at = der_begin(&p->b, DER_SEQUENCE);

    der_put_int(&p->b, 0x80, reference);
    package_hex(&p->b, 0x81, value);
    if (puk)
        der_put_int(&p->b, 0x82, puk);
    if (attributes != 7) /* the DEFAULT */
        der_put_int(&p->b, 0x83, attributes);
    der_close(&p->b, at);
}

static inline void package_puks(struct package *p)
{
    size_t list, at;

    package_open(p, 0xA3);
    list = der_begin(&p->b, 0xA1);
    at = der_begin(&p->b, DER_SEQUENCE);
    der_put_int(&p->b, 0x80, 0x01);
    der_put(&p->b, 0x81, BYTES_STR("12345678"));
    der_close(&p->b, at);
    at = der_begin(&p->b, DER_SEQUENCE);
    der_put_int(&p->b, 0x80, 0x81);
    der_put(&p->b, 0x81, BYTES_STR("87654321"));
    der_put_int(&p->b, 0x82, 0x33);
    der_close(&p->b, at);
    der_close(&p->b, list);
    package_close(p);
}

/* Of the directory that came last: PIN1 and ADM1, or PIN2 */
static inline void package_pins_of_mf(struct package *p)
{
    size_t choice, list;

    package_open(p, 0xA2);
    choice = der_begin(&p->b, 0xA1);
    list = der_begin(&p->b, 0xA0);
    package_pin(p, 0x01, "31323334FFFFFFFF", 0x01, 7);
    package_pin(p, 0x0A, "3838383838383838", 0, 3);
    der_close(&p->b, list);
    der_close(&p->b, choice);
    package_close(p);
}

static inline void package_pin2(struct package *p)
{
    size_t choice, list;

    package_open(p, 0xA2);
    choice = der_begin(&p->b, 0xA1);
    list = der_begin(&p->b, 0xA0);
    package_pin(p, 0x81, "35363738FFFFFFFF", 0x81, 3);
    der_close(&p->b, list);
    der_close(&p->b, choice);
    package_close(p);
}

/* The PINs of the directory at a path are those of the application that came last. */
static inline void package_shared_pins(struct package *p, const char *path)
{
    size_t choice;

    package_open(p, 0xA2);
    choice = der_begin(&p->b, 0xA1);
    package_hex(&p->b, 0x81, path);
    der_close(&p->b, choice);
    package_close(p);
}

/* Of the template of this number; imsi: contents of EF.IMSI, NULL for none */
static inline void package_usim_of(struct package *p, uint8_t number, uint16_t fid, const char *aid,
                                   const char *imsi)
{
    package_template(p, 0xB3, number, 0);
    package_adf(p, fid, aid);
    package_file(p, 0xA3, NULL, imsi);
    package_rules(p, 0xA4);
    package_file(p, 0xA8, p->ust ? "800110" : NULL,
                 p->ust ? p->ust : "0A00000420000000000000000000"); /* 27, 38: GSM */
    package_not_there(p, 0xAA);
    package_file(p, 0xAD, NULL,
                 "0178"
                 "69656B61");
    package_file(p, 0xAE, NULL, "00");
    package_file(p, 0xB2, NULL, "0200");
    package_file(p, 0xB6, "820442210004800104", "11F2FF00");
    package_not_there(p, 0xB7);
    package_close(p);
}

static inline void package_usim(struct package *p)
{
    package_usim_of(p, 4, PACKAGE_ADF, PACKAGE_USIM_AID, PACKAGE_IMSI_EF);
}

static inline void package_isim_of(struct package *p, uint16_t fid)
{
    package_template(p, 0xB5, 8, 0);
    package_adf(p, fid, PACKAGE_ISIM_AID);
    package_file(p, 0xA3, "800120", "801578696D7369406578616D706C652E6E6574FFFFFF");
    package_file(p, 0xA4, "820442210020800120",
                 "8010736970"
                 "3A78406578616D706C652E6E6574");
    package_file(p, 0xA5, "800110", "800B6578616D706C652E6E6574");
    package_file(p, 0xA6, NULL, "0000");
    package_rules(p, 0xA8);
    package_close(p);
}

static inline void package_isim(struct package *p)
{
    package_isim_of(p, PACKAGE_ADF_ISIM);
}

/* algorithmID, algorithmOptions, key, opc */
static inline void package_aka(struct package *p, uint8_t algorithm, uint8_t options,
                               const char *key, const char *opc)
{
    size_t choice, at;

    package_open(p, 0xA4);
    choice = der_begin(&p->b, 0xA1);
    at = der_begin(&p->b, 0xA1);
    der_put_int(&p->b, 0x80, algorithm);
    der_put(&p->b, 0x81, BYTES(&options, 1));
    package_hex(&p->b, 0x82, key);
    package_hex(&p->b, 0x83, opc);
    der_close(&p->b, at);
    der_close(&p->b, choice);
    package_close(p);
}

static inline void package_milenage(struct package *p)
{
    package_aka(p, SAIP_MILENAGE, 0, PACKAGE_K, PACKAGE_OPC);
}

/* genericFileManagement: what stands inside is one command, until package_gfm_close.
 * */
static inline void package_gfm(struct package *p)
{
    package_open(p, 0xA1);
    p->list = der_begin(&p->b, 0xA1);
    p->command = der_begin(&p->b, DER_SEQUENCE);
}

static inline void package_gfm_close(struct package *p)
{
    der_close(&p->b, p->command);
    der_close(&p->b, p->list);
    package_close(p);
}

/* One command: a path, a file to make, its contents; NULL for what is not in it */
static inline void package_gfm_file(struct package *p, const char *path, const char *fcp,
                                    const char *content)
{
    package_gfm(p);
    if (path)
        package_hex(&p->b, 0x80, path);
    if (fcp)
        package_hex(&p->b, 0x62, fcp);
    if (content)
        package_hex(&p->b, 0x81, content);
    package_gfm_close(p);
}

/* Keys and sequence numbers of the application of this name */
static inline void package_mapped_aka(struct package *p, const char *aid)
{
    const uint8_t options = 0x06;
    size_t choice, at;

    package_open(p, 0xA4);
    choice = der_begin(&p->b, 0xA1);
    at = der_begin(&p->b, 0xA0);
    der_put(&p->b, 0x80, BYTES(&options, 1));
    package_hex(&p->b, 0x81, aid);
    der_close(&p->b, at);
    der_close(&p->b, choice);
    package_close(p);
}

/* ---- who receives secured packets ---- */

#define PACKAGE_DOMAIN_AID "A000000151000000"
#define PACKAGE_KIC "000102030405060708090A0B0C0D0E0F"
#define PACKAGE_KID "101112131415161718191A1B1C1D1E1F"
#define PACKAGE_AES 0x88

/* Key of a security domain with one component; counter NULL: none */
static inline void package_key(struct package *p, uint8_t version, uint8_t identifier, uint8_t type,
                               const char *value, const char *counter)
{
    size_t at = der_begin(&p->b, DER_SEQUENCE), list, one;

    package_hex(&p->b, 0x95, "38");
    der_put(&p->b, 0x82, BYTES(&identifier, 1));
    der_put(&p->b, 0x83, BYTES(&version, 1));
    if (counter)
        package_hex(&p->b, 0x85, counter);
    list = der_begin(&p->b, DER_SEQUENCE);
    one = der_begin(&p->b, DER_SEQUENCE);
    der_put(&p->b, 0x80, BYTES(&type, 1));
    package_hex(&p->b, 0x86, value);
    der_close(&p->b, one);
    der_close(&p->b, list);
    der_close(&p->b, at);
}

/* A security domain; its keys follow, until package_domain_close. toolkit: parameters with its
 * TARs (TS 102 226 8.2.1.3.2.1), NULL for none */
static inline void package_domain(struct package *p, const char *aid, const char *toolkit)
{
    size_t at;

    package_open(p, 0xA6);
    at = der_begin(&p->b, 0xA1);
    package_hex(&p->b, 0x4F, "A0000001515350");
    package_hex(&p->b, 0x4F, "A000000151535041");
    package_hex(&p->b, 0x4F, aid);
    package_hex(&p->b, 0x82, "82DC00");
    package_hex(&p->b, 0xC9, "810280008201F08701F0");
    if (toolkit) {
        size_t uicc = der_begin(&p->b, 0xEA);

        package_hex(&p->b, 0x80, toolkit);
        der_close(&p->b, uicc);
    }
    der_close(&p->b, at);
    p->list = der_begin(&p->b, 0xA2);
}

static inline void package_domain_close(struct package *p)
{
    der_close(&p->b, p->list);
    package_close(p);
}

/* With the keys PACKAGE_KIC and PACKAGE_KID for AES in version 01 */
static inline void package_usual_domain(struct package *p, const char *toolkit)
{
    package_domain(p, PACKAGE_DOMAIN_AID, toolkit);
    package_key(p, 1, 1, PACKAGE_AES, PACKAGE_KIC, NULL);
    package_key(p, 1, 2, PACKAGE_AES, PACKAGE_KID, NULL);
    package_domain_close(p);
}

/* adf NULL: the default directory is the MF; domain NULL: the first one; access parameters as in
 * TS 102 226 8.2.1.3.2.5 */
static inline void package_rfm(struct package *p, const char *tar, const char *domain,
                               uint8_t level, const char *access, const char *adf,
                               const char *adf_access)
{
    size_t list;

    package_open(p, 0xA7);
    package_hex(&p->b, 0x4F, "A000000559100001");
    if (domain)
        package_hex(&p->b, 0x4F, domain);
    list = der_begin(&p->b, 0xA0);
    package_hex(&p->b, 0x04, tar);
    der_close(&p->b, list);
    der_put(&p->b, 0x81, BYTES(&level, 1));
    package_hex(&p->b, 0x04, access);
    package_hex(&p->b, 0x04, "00");
    if (adf) {
        list = der_begin(&p->b, DER_SEQUENCE);
        package_hex(&p->b, 0x80, adf);
        package_hex(&p->b, 0x81, adf_access);
        package_hex(&p->b, 0x82, "00");
        der_close(&p->b, list);
    }
    package_close(p);
}

static inline void package_end(struct package *p)
{
    package_open(p, 0xAA);
    package_close(p);
}

/* One USIM with Milenage; more elements may follow, and package_end. */
static inline void package_begin(struct package *p, uint32_t services)
{
    package_start(p);
    package_header(p, services);
    package_mf(p);
    package_puks(p);
    package_pins_of_mf(p);
    package_usim(p);
    package_pin2(p);
    package_milenage(p);
}

/* The whole of it */
static inline void package_plain(struct package *p)
{
    package_begin(p, SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE));
    package_end(p);
}

#endif
