/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what a package makes use of, service by service, so that lint and fit agree. */
#ifndef CODEC_SAIP_FEATURE_H
#define CODEC_SAIP_FEATURE_H

#include "codec/saip/file.h"

#define SAIP_SUCI_PROFILE_A 0x01 /* TS 33.501 annex C: protection scheme identifiers */
#define SAIP_SUCI_PROFILE_B 0x02

struct saip_features {
    uint32_t used; /* 1 << enum saip_service */
    uint32_t must; /* those of elements that the card must not skip */
    unsigned count[SAIP_TYPES];
};

/* Adds what one element uses, without its files. */
void saip_features_of_pe(const struct saip_pe *pe, struct saip_features *f);
/* And what a file does. */
void saip_features_of_node(const struct saip_pe *pe, const struct saip_node *node,
                           struct saip_features *f);

#endif
