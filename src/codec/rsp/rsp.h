/* SPDX-License-Identifier: Apache-2.0 */
/* All messages of the room at once, for engines that speak most of them. */
#ifndef CODEC_RSP_RSP_H
#define CODEC_RSP_RSP_H

/* IWYU pragma: begin_exports */
#include "codec/rsp/authenticate.h"
#include "codec/rsp/bpp.h"
#include "codec/rsp/cancel_session.h"
#include "codec/rsp/crl.h"
#include "codec/rsp/download.h"
#include "codec/rsp/eid.h"
#include "codec/rsp/es10a.h"
#include "codec/rsp/es10c.h"
#include "codec/rsp/es9p.h"
#include "codec/rsp/euicc_response.h"
#include "codec/rsp/iccid.h"
#include "codec/rsp/metadata.h"
#include "codec/rsp/notification.h"
#include "codec/rsp/rat.h"
/* IWYU pragma: end_exports */

#endif
