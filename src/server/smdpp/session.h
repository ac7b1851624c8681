/* SPDX-License-Identifier: Apache-2.0 */
/* A session of ES9+ between its calls: plain data, kept by the service as one encoded blob with the
 * transaction ID, the ICCID and keep_until beside it as columns. It holds no secret. */
#ifndef SERVER_SMDPP_SESSION_H
#define SERVER_SMDPP_SESSION_H

#include "base/buf.h"
#include "codec/rsp/common.h"
#include "model/download.h"
#include "server/auth/auth.h"

enum smdpp_session_state {
#define SMDPP_SESSION_STATE(name, text) SMDPP_##name,
#define SMDPP_SESSION_ROW(state, call, step)
#include "server/smdpp/session.def"
#undef SMDPP_SESSION_STATE
#undef SMDPP_SESSION_ROW
};
const char *smdpp_session_state_name(enum smdpp_session_state state); /* "AWAIT_CLIENT" */

#define SMDPP_SIGNED2_MAX 128

struct smdpp_session {
    enum smdpp_session_state state;
    struct auth_session auth; /* transaction ID, challenge, CI */
    int64_t valid_until;      /* ms: no call of the download is taken after it */
    int64_t keep_until;       /* ms: the store may drop the session after it */

    /* from authenticateClient on */
    struct auth_euicc euicc;
    char iccid[DOWNLOAD_ICCID_TEXT];
    uint8_t request1[32]; /* SHA-256 of the AuthenticateServerResponse: a repeat is known by it */
    uint8_t smdp_signed2[SMDPP_SIGNED2_MAX];
    size_t smdp_signed2_len;
    uint8_t smdp_signature2[RSP_SIGNATURE_LEN];

    /* from getBoundProfilePackage on */
    uint8_t request2[32]; /* of the PrepareDownloadResponse */
};

#define SMDPP_SESSION_ENCODED_MAX 768

/* Version first. Decoding an unknown version or a damaged blob is XK_E_FORMAT. */
enum xk_err smdpp_session_encode(const struct smdpp_session *session, struct buf *out)
    XK_MUST_CHECK;
enum xk_err smdpp_session_decode(struct bytes blob, struct smdpp_session *out) XK_MUST_CHECK;

#endif
