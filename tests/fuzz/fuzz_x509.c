/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates (RFC 5280, SGP.22 4.5.2): every span lies in the input, the questions that are asked
 * of a certificate end. */
#include "crypto/x509.h"
#include "fuzz.h"

static void inside(struct bytes all, struct bytes part)
{
    FUZZ_CHECK(part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n));
}

static void ask(const struct x509_cert *c)
{
    uint8_t eid[X509_EID_LEN] = {0x89, 0x04, 0x90, 0x32};
    char oid[X509_OID_TEXT_MAX];
    struct bytes v;
    size_t at = 0;

    while (x509_each_dns_name(c, &at, &v))
        inside(c->alt_names, v);
    at = 0;
    while (x509_each_crl_point(c, &at, &v))
        inside(c->crl_points, v);
    (void)x509_has_dns_name(c, BYTES_STR("testsmdpplus1.example.com"));
    (void)x509_permits_eid(c, eid);
    if (x509_oid_format(c->registered_id, oid) == XK_OK)
        FUZZ_CHECK(strlen(oid) >= 3);
    if (x509_eid(c, eid) == XK_OK)
        FUZZ_CHECK(x509_eid_check(eid) == XK_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct bytes all = BYTES(data, n);
    struct x509_cert c;

    if (x509_read(all, &c) != XK_OK)
        return 0;
    FUZZ_CHECK(bytes_eq(c.raw, all) && c.point.n == EC_POINT_LEN);
    FUZZ_CHECK(c.role <= CERT_NO_ROLE && c.curve < EC_CURVES);
    inside(all, c.tbs);
    inside(c.tbs, c.serial);
    inside(c.tbs, c.issuer);
    inside(c.tbs, c.subject);
    inside(c.tbs, c.point);
    inside(c.subject, c.organization);
    inside(c.subject, c.common_name);
    inside(c.subject, c.serial_number);
    inside(c.tbs, c.ski);
    inside(c.tbs, c.aki);
    inside(c.alt_names, c.registered_id);
    inside(c.tbs, c.permitted_subtrees);
    inside(c.tbs, c.permitted_eins);
    ask(&c);
    return 0;
}
