/* SPDX-License-Identifier: Apache-2.0 */
/* An event at the SM-DS (SGP.22 3.6): somebody has something for an eUICC. */
#ifndef MODEL_SMDS_EVENT_H
#define MODEL_SMDS_EVENT_H

#include "model/download.h"

struct smds_event {
    char eid[DOWNLOAD_EID_TEXT];
    char event_id[DOWNLOAD_MATCHING_ID_TEXT];     /* unique for its EID */
    char address[DOWNLOAD_FQDN_TEXT];             /* rspServerAddress: where the LPA goes next */
    char owner[DOWNLOAD_OPERATOR_TEXT];           /* who registered it; nobody else may delete it */
    bool forwarding;                              /* to be passed on to the root SM-DS (ES15) */
    char forwarded_id[DOWNLOAD_MATCHING_ID_TEXT]; /* our own event id at the root; "" none */
    int64_t created_at;
};

#endif
