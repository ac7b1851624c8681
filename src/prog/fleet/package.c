/* SPDX-License-Identifier: Apache-2.0 */
/* The profiles that the network's operator has for consumer devices, as interoperable packages
 * (SAIP 2.3): MF, PIN (off) with its PUK, a USIM with Milenage. Numbers and keys out of the seed.
 */
#include "codec/der/der.h"
#include "codec/ef/ef.h"
#include "codec/saip/schema.h"
#include "prog/fleet/core.h"

#define USIM_AID "\xA0\x00\x00\x00\x87\x10\x02\xFF\x86\xFF\xFF\x89\xFF\xFF\xFF\xFF"
#define AID_LEN 16
#define TEMPORARY_FID "\x7F\xD0"
#define PACKAGE_SALT 0x50u
#define DEVICE_DIGITS 100000000u
#define RULES 14 /* the records of EF.ARR to which the templates refer */
#define RULE_LEN 32
#define PIN1 0x01
#define PIN2 0x81
#define PIN_OFF 0x06 /* pinAttributes: off, may be changed and switched on */
#define PIN_ON 0x03
#define SMSP_LEN 38
#define SMSP_FIELDS_AT 10 /* behind the alpha identifier */
#define SMSP_SC_GIVEN 0xFD
#define SMSP_SC_AT (SMSP_FIELDS_AT + 13)
#define MSISDN_LEN 24
#define MSISDN_AT 10

struct package {
    struct buf *out;
    uint8_t identification;
};

static void put_text(struct buf *out, uint32_t tag, const char *text, size_t n)
{
    der_put(out, tag, BYTES(text, n));
}
#define PUT(out, tag, literal) put_text(out, tag, literal, sizeof literal - 1)

/* PEHeader: mandated, identification */
static size_t begin(struct package *p, uint32_t tag)
{
    size_t at = der_begin(p->out, tag);
    size_t header = der_begin(p->out, 0xA0);

    der_put_null(p->out, 0x80);
    der_put_int(p->out, 0x81, ++p->identification);
    der_close(p->out, header);
    return at;
}

/* An element of files by the template 2.23.143.1.2.number */
static size_t begin_files(struct package *p, uint32_t tag, uint8_t number)
{
    const uint8_t oid[] = {0x67, 0x81, 0x0F, 0x01, 0x02, number};
    size_t at = begin(p, tag);

    der_put(p->out, 0x81, BYTES_OF(oid));
    return at;
}

/* Size and kind as the template has them */
static void put_file(struct buf *out, uint32_t tag, struct bytes content)
{
    size_t at = der_begin(out, tag);

    der_put(out, 0x83, content);
    der_close(out, at);
}

/* Records: descriptor and size are the package's. */
static void put_records(struct buf *out, uint32_t tag, uint8_t record_len, struct bytes content)
{
    const uint8_t descriptor[] = {0x42, 0x21, 0x00, record_len};
    const uint8_t size[] = {(uint8_t)(content.n >> 8), (uint8_t)content.n};
    size_t at = der_begin(out, tag);
    size_t fcp = der_begin(out, 0xA1);

    der_put(out, 0x82, BYTES_OF(descriptor));
    der_put(out, 0x80, BYTES_OF(size));
    der_close(out, fcp);
    der_put(out, 0x83, content);
    der_close(out, at);
}

/* By number of the rule: 1, 10, 11, 14 all may read; 5 PIN1 updates, too; 8 PIN1 together with
 * PIN2; 9 nobody; the others PIN1 reads and nobody updates. */
static struct bytes rule(unsigned number)
{
    static const uint8_t all_read[] = {0x80, 0x01, 0x01, 0x90, 0x00, 0x80, 0x01, 0x02, 0x97, 0x00};
    static const uint8_t pin[] = {0x80, 0x01, 0x01, 0xA4, 0x06, 0x83, 0x01, 0x01,
                                  0x95, 0x01, 0x08, 0x80, 0x01, 0x02, 0x97, 0x00};
    static const uint8_t pin_writes[] = {0x80, 0x01, 0x03, 0xA4, 0x06, 0x83,
                                         0x01, 0x01, 0x95, 0x01, 0x08};
    static const uint8_t both[] = {0x80, 0x01, 0x03, 0xAF, 0x10, 0xA4, 0x06, 0x83, 0x01, 0x01, 0x95,
                                   0x01, 0x08, 0xA4, 0x06, 0x83, 0x01, 0x81, 0x95, 0x01, 0x08};
    static const uint8_t nobody[] = {0x80, 0x01, 0x03, 0x97, 0x00};

    switch (number) {
    case 1:
    case 10:
    case 11:
    case 14:
        return BYTES_OF(all_read);
    case 5:
        return BYTES_OF(pin_writes);
    case 8:
        return BYTES_OF(both);
    case 9:
        return BYTES_OF(nobody);
    default:
        return BYTES_OF(pin);
    }
}

static void put_rules(struct buf *out, uint32_t tag)
{
    uint8_t records[RULES * RULE_LEN];

    memset(records, 0xFF, sizeof records);
    for (unsigned i = 0; i < RULES; i++) {
        struct bytes r = rule(i + 1);

        memcpy(records + (size_t)i * RULE_LEN, r.p, r.n);
    }
    put_records(out, tag, RULE_LEN, BYTES_OF(records));
}

/* ---- the elements ---- */

static void put_header(struct package *p, const char *iccid)
{
    uint8_t digits[EF_ICCID_LEN];
    size_t at = der_begin(p->out, 0xA0);
    size_t list;

    if (ef_encode_iccid(iccid, digits) != XK_OK)
        p->out->err = XK_E_VALUE;
    for (size_t i = 0; i < sizeof digits; i++) /* here the digits are not swapped */
        digits[i] = (uint8_t)(digits[i] << 4 | digits[i] >> 4);
    der_put_int(p->out, 0x80, 2);
    der_put_int(p->out, 0x81, 3);
    PUT(p->out, 0x82, "xieka-fleet");
    der_put(p->out, 0x83, BYTES_OF(digits));
    list = der_begin(p->out, 0xA5);
    der_put_null(p->out, 0x81); /* usim */
    der_put_null(p->out, 0x84); /* milenage */
    der_close(p->out, list);
    list = der_begin(p->out, 0xA6);
    PUT(p->out, DER_OID, "\x67\x81\x0F\x01\x02\x01");
    PUT(p->out, DER_OID, "\x67\x81\x0F\x01\x02\x04");
    der_close(p->out, list);
    der_close(p->out, at);
}

/* fid and aid: of an ADF. Its PIN1 is the global one, PIN2 its own. */
static void put_directory(struct buf *out, bool adf)
{
    size_t at = der_begin(out, 0xA2);
    size_t fcp = der_begin(out, 0xA1);

    if (adf) {
        PUT(out, 0x83, TEMPORARY_FID);
        der_put(out, 0x84, BYTES(USIM_AID, AID_LEN));
        PUT(out, 0xC6, "\x90\x01\x40\x83\x01\x01\x83\x01\x81");
    } else {
        PUT(out, 0xC6, "\x90\x01\x00\x83\x01\x01");
    }
    der_close(out, fcp);
    der_close(out, at);
}

static void put_mf(struct package *p, const char *iccid)
{
    static const uint8_t head[] = {0x61, 0x18, 0x4F, AID_LEN};
    static const uint8_t label[] = {0x50, 0x04, 'U', 'S', 'I', 'M'};
    uint8_t directory[sizeof head + AID_LEN + sizeof label];
    uint8_t digits[EF_ICCID_LEN];
    size_t at = begin_files(p, 0xB0, 1);

    if (ef_encode_iccid(iccid, digits) != XK_OK)
        p->out->err = XK_E_VALUE;
    memcpy(directory, head, sizeof head);
    memcpy(directory + sizeof head, USIM_AID, AID_LEN);
    memcpy(directory + sizeof head + AID_LEN, label, sizeof label);
    put_directory(p->out, false);
    put_file(p->out, 0xA4, BYTES_OF(digits));
    put_records(p->out, 0xA5, sizeof directory, BYTES_OF(directory));
    put_rules(p->out, 0xA6);
    der_close(p->out, at);
}

static void put_puk(struct buf *out, uint8_t reference, const char *value)
{
    size_t at = der_begin(out, DER_SEQUENCE);

    der_put_int(out, 0x80, reference);
    der_put(out, 0x81, bytes_cstr(value));
    der_close(out, at);
}

static void put_puks(struct package *p)
{
    size_t at = begin(p, 0xA3);
    size_t list = der_begin(p->out, 0xA1);

    put_puk(p->out, PIN1, "12345678");
    put_puk(p->out, PIN2, "87654321");
    der_close(p->out, list);
    der_close(p->out, at);
}

/* pinCodes of the directory that came last: one PIN, its PUK has the same reference. */
static void put_pin(struct package *p, uint8_t reference, const char *value, uint8_t attributes)
{
    size_t at = begin(p, 0xA2);
    size_t choice = der_begin(p->out, 0xA1);
    size_t list = der_begin(p->out, 0xA0);
    size_t pin = der_begin(p->out, DER_SEQUENCE);

    der_put_int(p->out, 0x80, reference);
    put_text(p->out, 0x81, value, SAIP_PIN_LEN);
    der_put_int(p->out, 0x82, reference);
    der_put_int(p->out, 0x83, attributes);
    der_close(p->out, pin);
    der_close(p->out, list);
    der_close(p->out, choice);
    der_close(p->out, at);
}

static void put_smsp(struct buf *out, const char *smsc)
{
    uint8_t record[SMSP_LEN];

    memset(record, 0xFF, sizeof record);
    record[SMSP_FIELDS_AT] = SMSP_SC_GIVEN;
    if (ef_encode_smsc(smsc, record + SMSP_SC_AT) != XK_OK)
        out->err = XK_E_VALUE;
    put_file(out, SAIP_TAG_USIM_EF_SMSP, BYTES_OF(record));
}

static void put_usim(struct package *p, const struct testnet_subscriber *s, const char *smsc)
{
    /* services (TS 31.102 4.2.8): 10 SMS, 12 SMSP, 19 SPN, 21 MSISDN, 38 GSM security, 85 EPS */
    static const uint8_t services[14] = {[1] = 0x0A, [2] = 0x14, [4] = 0x20, [10] = 0x10};
    uint8_t acc[] = {0, 0};
    uint8_t imsi[EF_IMSI_LEN];
    unsigned last = (unsigned)(s->imsi[strlen(s->imsi) - 1] - '0');
    size_t at = begin_files(p, 0xB3, 4);

    acc[last < 8 ? 1 : 0] = (uint8_t)(1u << last % 8);
    if (ef_encode_imsi(s->imsi, imsi) != XK_OK)
        p->out->err = XK_E_VALUE;
    put_directory(p->out, true);
    put_file(p->out, SAIP_TAG_USIM_EF_IMSI, BYTES_OF(imsi));
    put_rules(p->out, SAIP_TAG_USIM_EF_ARR);
    put_file(p->out, SAIP_TAG_USIM_EF_UST, BYTES_OF(services));
    put_smsp(p->out, smsc);
    put_file(p->out, SAIP_TAG_USIM_EF_SPN, BYTES_STR("\x00xieka"));
    put_file(p->out, SAIP_TAG_USIM_EF_EST, BYTES("", 1));
    put_file(p->out, SAIP_TAG_USIM_EF_ACC, BYTES_OF(acc));
    put_records(p->out, SAIP_TAG_USIM_EF_ECC, 4, BYTES_STR("\x11\xF2\xFF\x00"));
    der_close(p->out, at);
}

static void put_msisdn(struct package *p, const char *msisdn)
{
    uint8_t record[MSISDN_LEN];
    size_t at = begin_files(p, 0xB4, 5);

    memset(record, 0xFF, sizeof record);
    if (ef_encode_msisdn(msisdn, record + MSISDN_AT) != XK_OK)
        p->out->err = XK_E_VALUE;
    put_file(p->out, SAIP_TAG_OPT_USIM_EF_MSISDN, BYTES_OF(record));
    der_close(p->out, at);
}

static void put_keys(struct package *p, const struct aka_subscriber *aka)
{
    const uint8_t options = 0;
    size_t at = begin(p, 0xA4);
    size_t choice = der_begin(p->out, 0xA1);
    size_t keys = der_begin(p->out, 0xA1);

    der_put_int(p->out, 0x80, SAIP_MILENAGE);
    der_put(p->out, 0x81, BYTES(&options, 1));
    der_put(p->out, 0x82, secret_bytes(&aka->k));
    der_put(p->out, 0x83, secret_bytes(&aka->opc));
    der_close(p->out, keys);
    der_close(p->out, choice);
    der_close(p->out, at);
}

/* ---- the whole ---- */

void fleet_consumer_iccid(const struct fleet *f, uint32_t k, char iccid[21])
{
    char digits[20];

    snprintf(digits, sizeof digits, "8999971%04u%08u", (unsigned)(f->config.net.seed % 10000),
             k % DEVICE_DIGITS);
    snprintf(iccid, 21, "%s%c", digits, ef_luhn_digit(digits, strlen(digits)));
}

void fleet_consumer_subscriber(const struct fleet *f, uint32_t k, struct testnet_subscriber *out)
{
    struct xk_prng r = fleet_keys_of(f, k, PACKAGE_SALT);

    *out = (struct testnet_subscriber){.aka = {.algorithm = AKA_MILENAGE}};
    snprintf(out->imsi, sizeof out->imsi, FLEET_CONSUMER_IMSI_PREFIX "%08u", k % DEVICE_DIGITS);
    snprintf(out->msisdn, sizeof out->msisdn, FLEET_CONSUMER_MSISDN_PREFIX "%08u",
             k % DEVICE_DIGITS);
    fleet_make_key(&r, &out->aka.k);
    fleet_make_key(&r, &out->aka.opc);
}

enum xk_err fleet_consumer_package(const struct fleet *f, uint32_t k, struct buf *out)
{
    struct package p = {.out = out};
    struct testnet_subscriber s;
    char iccid[21];
    size_t at;

    if (k >= f->config.consumers)
        return XK_E_NOT_FOUND;
    fleet_consumer_iccid(f, k, iccid);
    fleet_consumer_subscriber(f, k, &s);
    put_header(&p, iccid);
    put_mf(&p, iccid);
    put_puks(&p);
    put_pin(&p, PIN1, "1234\xFF\xFF\xFF\xFF", PIN_OFF);
    put_usim(&p, &s, f->config.net.smsc);
    put_msisdn(&p, s.msisdn);
    put_pin(&p, PIN2, "5678\xFF\xFF\xFF\xFF", PIN_ON);
    put_keys(&p, &s.aka);
    explicit_bzero(&s, sizeof s);
    at = begin(&p, 0xAA);
    der_close(out, at);
    return buf_ok(out);
}
