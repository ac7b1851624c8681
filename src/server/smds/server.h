/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what struct smds is made of. */
#ifndef SERVER_SMDS_SERVER_H
#define SERVER_SMDS_SERVER_H

#include "server/smds/smds.h"

struct smds {
    struct auth *auth;
    int64_t session_ms;
    char root[RSP_FQDN_MAX + 1]; /* "": we are the root */
};

#endif
