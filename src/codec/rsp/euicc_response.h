/* SPDX-License-Identifier: Apache-2.0 */
/* EUICCResponse of the profile package interpreter (TCA eUICC Profile Package 8.11), which travels
 * as simaResponse in a ProfileInstallationResult.
 *
 *   30 { A0 { 30 { 80 status [81 identification] [82 info] [83 offset] } .. }
 *        [81 00 aborted] [82 message] } */
#ifndef CODEC_RSP_EUICC_RESPONSE_H
#define CODEC_RSP_EUICC_RESPONSE_H

#include "codec/der/der.h"

#define RSP_PE_STATUS_MAX 64

enum rsp_pe_status_code {
#define RSP_PE_STATUS(name, value, spec, text) RSP_PE_##name = value,
#include "codec/rsp/pe_status.def"
};
const char *rsp_pe_status_name(uint32_t status); /* "not-enough-memory"; "unknown" */
const char *rsp_pe_status_text(uint32_t status);

struct rsp_pe_status {
    uint32_t status;
    bool has_identification, has_info, has_offset;
    uint32_t identification; /* of the PE */
    uint32_t info;
    uint32_t offset; /* of the error within the PE */
};
struct rsp_euicc_response {
    struct rsp_pe_status pe[RSP_PE_STATUS_MAX];
    size_t pe_n;
    bool aborted;
    struct bytes message; /* UTF-8; optional */
};
/* der may hold several EUICCResponse one after another: the last of them with an error counts, else
 * the last. More PEs than fit are dropped, those with an error last. */
enum xk_err rsp_decode_euicc_response(struct bytes der, struct rsp_euicc_response *out)
    XK_MUST_CHECK;
enum xk_err rsp_encode_euicc_response(const struct rsp_euicc_response *in, struct buf *out)
    XK_MUST_CHECK;
/* The first PE that failed; NULL when none did. */
const struct rsp_pe_status *rsp_first_failure(const struct rsp_euicc_response *r);

#endif
