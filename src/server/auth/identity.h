/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what struct auth is made of, and how a refusal is said. */
#ifndef SERVER_AUTH_IDENTITY_H
#define SERVER_AUTH_IDENTITY_H

#include "codec/der/oid.h"
#include "server/auth/auth.h"

#define AUTH_MEMORY_MAX ((size_t)256 << 10) /* of the copied configuration */

struct auth_held {
    struct auth_identity identity;
    struct bytes ci_key_id; /* of the CI its chain leads to */
};

struct auth {
    enum auth_role role;
    struct bytes address;
    struct bytes oid; /* in the first identity's certificate */
    struct auth_held held[AUTH_IDENTITIES_MAX];
    size_t n_held;
    struct x509_store *store;
    uint32_t lowest_svn, highest_svn;
    struct arena memory;
};

enum auth_refusal {
#define AUTH_REFUSAL(name, smdpp, smds) AUTH_REFUSE_##name,
#include "server/auth/refusal.def"
#undef AUTH_REFUSAL
};

/* In the words of the role; detail (static text, or NULL for the table's text) is the message. */
void auth_refuse(const struct auth *auth, enum auth_refusal refusal, const char *detail,
                 struct rsp_status *status);

/* Adds a run of certificates to issuers[X509_CHAIN_MAX], which has *n. XK_E_LIMIT: too many. */
enum xk_err auth_read_issuers(struct bytes run, struct x509_cert *issuers, size_t *n) XK_MUST_CHECK;

#endif
