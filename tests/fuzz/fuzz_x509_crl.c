/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280 5): every entry of a list that was read is given again,
 * and all of them lie in the input. */
#include "crypto/x509_crl.h"
#include "fuzz.h"

static void inside(struct bytes all, struct bytes part)
{
    FUZZ_CHECK(part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct bytes all = BYTES(data, n);
    struct x509_revoked entry;
    struct x509_crl crl;
    size_t at = 0;

    if (x509_crl_read(all, &crl) != XK_OK)
        return 0;
    inside(all, crl.tbs);
    inside(crl.tbs, crl.issuer);
    inside(crl.tbs, crl.revoked);
    inside(crl.tbs, crl.aki);
    inside(crl.tbs, crl.number);
    inside(crl.tbs, crl.distribution_point);
    FUZZ_CHECK(crl.total_parts == 0 || (crl.part >= 1 && crl.part <= crl.total_parts));
    while (x509_crl_each(&crl, &at, &entry)) {
        FUZZ_CHECK(entry.serial.n > 0);
        inside(crl.revoked, entry.serial);
    }
    FUZZ_CHECK(at == crl.revoked.n);
    return 0;
}
