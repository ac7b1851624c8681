/* SPDX-License-Identifier: Apache-2.0 */
/* Mutual authentication of a server with an eUICC (SGP.22 3.0.1, 5.6.1, 5.6.3; 5.8 for ES11): what
 * the SM-DP+ and the SM-DS do alike. Each function is one group of steps of those clauses. When it
 * refuses, it says why in a status (rsp_reject, with a message that names the finding) and changes
 * nothing else; a status that is not touched is success.
 *
 * struct auth holds who we are and whom we trust; it is read-only, so threads share one. EUM
 * certificates that were verified are remembered by the x509_store, which locks itself. */
#ifndef SERVER_AUTH_AUTH_H
#define SERVER_AUTH_AUTH_H

#include "base/arena.h"
#include "base/clock.h"
#include "codec/rsp/authenticate.h"
#include "codec/rsp/eid.h"
#include "codec/rsp/es9p.h"
#include "crypto/ec.h"
#include "crypto/x509_chain.h"

#define AUTH_IDENTITIES_MAX 8
/* Versions served when the configuration says nothing. */
#define AUTH_LOWEST_SVN RSP_VERSION(2, 2, 0)
#define AUTH_HIGHEST_SVN RSP_VERSION(3, 1, 255)

/* Whose status codes are spoken: 8.8.x or 8.9.x. */
enum auth_role { AUTH_SMDPP, AUTH_SMDS };

/* Our certificates under one CI key. For one role they all carry the same OID. */
struct auth_identity {
    struct bytes certificate; /* CERT.DPauth or CERT.DSauth, DER */
    const struct ec_key *key;
    struct bytes pb_certificate; /* CERT.DPpb of the same CI; an SM-DS has none */
    const struct ec_key *pb_key;
    struct bytes other_certs; /* v3: a run of certificates between CI and ours; may be absent */
};

struct auth_config {
    enum auth_role role;
    struct bytes address;                                 /* FQDN; see auth_is_address */
    struct auth_identity identities[AUTH_IDENTITIES_MAX]; /* in our order of preference */
    size_t n_identities;
    struct x509_store *store;         /* CI certificates and CRLs; outlives the auth */
    uint32_t lowest_svn, highest_svn; /* RSP_VERSION: eUICCs that are served; 0: as above */
};

struct auth;

/* What the configuration says is copied, but for keys and store. XK_E_VALUE: no identity, a
 * certificate that is not one or of the wrong role, a key that does not belong to it, two OIDs, a
 * CI that the store does not have; *why (may be NULL) then points to a text for people. */
enum xk_err auth_new(const struct auth_config *config, struct auth **out, const char **why)
    XK_MUST_CHECK;
void auth_free(struct auth *auth);

/* Our OID: contents of registeredID in CERT.DPauth (2.999.10). */
struct bytes auth_oid(const struct auth *auth);
struct bytes auth_address(const struct auth *auth);
/* Whether an LPA that dialled this means us: case and ":port" do not matter. */
bool auth_is_address(const struct auth *auth, struct bytes address);

/* What a session keeps of its beginning. */
struct auth_session {
    uint8_t transaction_id[RSP_TRANSACTION_ID_MAX];
    uint8_t server_challenge[RSP_CHALLENGE_LEN];
    uint8_t client_ci[RSP_KEY_ID_LEN]; /* the CI under which the eUICC shows its certificate */
    uint8_t server_ci[RSP_KEY_ID_LEN]; /* and we ours; as a rule the same */
};

/* SGP.22 5.6.1: our address (8.8.1/3.8), the eUICC's version (8.8.3/3.1), a CI that both have
 * (8.8.2/3.1, 8.8.4/3.7), fresh transaction ID and challenge, serverSignature1. For an SM-DS 8.9.x.
 * Both are written on success only; what out points to is in the arena or the configuration. */
enum xk_err auth_server(const struct auth *auth, const struct xk_rand *rand,
                        const struct rsp_initiate_authentication_request *in, struct arena *arena,
                        struct auth_session *session,
                        struct rsp_initiate_authentication_response *out) XK_MUST_CHECK;

/* An eUICC that has proved who it is. */
struct auth_euicc {
    char eid[EID_TEXT_MAX];
    enum ec_curve curve;
    uint8_t point[EC_POINT_LEN]; /* PK.EUICC.ECDSA */
};
/* SGP.22 5.6.3, the first steps: the transaction (8.10.1/3.9), the CI (8.11.1/3.9), CERT.EUM
 * (8.1.2/6.1, 6.3), CERT.EUICC (8.1.3/6.1, 6.3), euiccSignature1 and our challenge in what it
 * signed (8.1/6.1). */
enum xk_err auth_client(const struct auth *auth, int64_t now, const struct auth_session *session,
                        const struct rsp_authenticate_server_response *in, struct auth_euicc *out,
                        struct rsp_status *status) XK_MUST_CHECK;

/* The chain alone, for what an eUICC signs outside of a session (notifications): any CI that is
 * trusted. Refusals as above, from the CI on. */
struct auth_chain {
    struct bytes euicc_certificate, eum_certificate; /* TLVs */
    struct bytes other_certs;                        /* a run; may be absent */
};
enum xk_err auth_check_chain(const struct auth *auth, int64_t now, const struct auth_chain *in,
                             struct auth_euicc *out, struct rsp_status *status) XK_MUST_CHECK;

/* Whether signature (TLV 5F37) is the eUICC's over the parts. */
bool auth_signed_by(const struct auth_euicc *euicc, const struct bytes *parts, size_t n,
                    struct bytes signature);

/* Our identity under server_ci; NULL when the configuration no longer has it. */
const struct auth_identity *auth_identity(const struct auth *auth,
                                          const uint8_t server_ci[RSP_KEY_ID_LEN]);

#endif
