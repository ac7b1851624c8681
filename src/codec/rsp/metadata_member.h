/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room only: single members of metadata, for the two files that list them. */
#ifndef CODEC_RSP_METADATA_MEMBER_H
#define CODEC_RSP_METADATA_MEMBER_H

#include "codec/rsp/metadata.h"

/* The next member of d, which has this tag. */
void metadata_get_member(struct der *d, uint32_t tag, struct rsp_metadata *out);
/* Nothing when it is absent. */
void metadata_put_member(const struct rsp_metadata *in, uint32_t tag, struct buf *out);
/* Sizes of what is present. */
enum xk_err metadata_check(const struct rsp_metadata *in) XK_MUST_CHECK;

#endif
