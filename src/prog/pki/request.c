/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/pki/request.h"

#include <strings.h>

#include "crypto/x509_make.h"

#define OID_MAX 64

static enum xk_err refuse(struct buf *why, const char *text)
{
    buf_put_str(why, text);
    return XK_E_VALUE;
}

static bool read_role(const char *name, enum x509_role *out)
{
    static const enum x509_role roles[] = {CERT_DPAUTH, CERT_DPPB, CERT_DPTLS, CERT_DSAUTH,
                                           CERT_DSTLS};

    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (strcasecmp(name, x509_role_name(roles[i])) != 0)
            continue;
        *out = roles[i];
        return true;
    }
    return false;
}

enum xk_err request_make(const struct request_wish *wish, const struct ec_key *key, struct buf *out,
                         struct buf *why)
{
    struct x509_request r = {.curve = ec_key_curve(key),
                             .point = ec_key_point(key),
                             .organization = wish->organization,
                             .common_name = wish->common_name,
                             .host = wish->host};
    uint8_t oid[OID_MAX], mem[X509_CERT_MAX];
    struct buf id, der;
    bool tls;

    if (!read_role(wish->role, &r.role))
        return refuse(why, "the role is DPauth, DPpb, DPtls, DSauth or DStls");
    tls = r.role == CERT_DPTLS || r.role == CERT_DSTLS;
    if (tls != (wish->host != NULL))
        return refuse(why, tls ? "a TLS certificate needs a host name"
                               : "only a TLS certificate has a host name");
    buf_init_fixed(&id, oid, sizeof oid);
    if (x509_oid_parse(wish->oid, &id) != XK_OK)
        return refuse(why, "no object identifier");
    r.registered_id = buf_bytes(&id);
    buf_init_fixed(&der, mem, sizeof mem);
    TRY(x509_make_request(&r, key, &der));
    x509_put_pem("CERTIFICATE REQUEST", buf_bytes(&der), out);
    return buf_ok(out);
}
