/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: a profile that is being built, and the elements' handlers. */
#ifndef CARD_EUICC_PROFILE_BUILD_H
#define CARD_EUICC_PROFILE_BUILD_H

#include "base/arena.h"
#include "card/euicc/profile_inside.h"
#include "codec/rsp/euicc_response.h"
#include "codec/saip/file.h"
#include "codec/saip/saip.h"

#define BUILD_PUKS_MAX 32
#define BUILD_SHARES_MAX 16
#define BUILD_MESSAGE_MAX 160
#define NO_FILE FILE_NONE

struct build_puk {
    uint8_t reference, attempts, left;
    uint8_t value[PIN_LEN];
};

#define BUILD_DOMAINS_MAX 8
struct build_domain {
    uint8_t aid_n;
    uint8_t aid[PROFILE_AID_MAX];
};

struct profile_builder {
    struct profile_limits limits;
    enum profile_verdict verdict;
    struct saip_reader reader;
    struct saip_walk walk;
    struct saip_header header;
    bool has_header;
    struct profile_file *files;
    struct profile_head head;
    struct buf contents, others;
    struct profile_pin pins[PIN_SLOTS];
    struct build_puk puks[BUILD_PUKS_MAX];
    size_t n_puks;
    struct profile_share shares[BUILD_SHARES_MAX];
    struct profile_app apps[PROFILE_APPS_MAX];
    struct build_domain domains[BUILD_DOMAINS_MAX];
    uint8_t n_domains;
    struct ota_head ota;
    struct ota_set sets[OTA_SETS_MAX];
    struct ota_receiver receivers[OTA_RECEIVERS_MAX];
    /* what came last: the MF, an ADF or a DF right below the MF, which PINs belong to; and the ADF
     * (FILE_MF: none) that keys belong to */
    uint16_t last_df, last_adf;
    /* the answer */
    struct rsp_euicc_response response;
    char message[BUILD_MESSAGE_MAX];
    const struct saip_pe *pe; /* being worked on */
};

/* Refuses the element: status, and what is wrong in words ("ef-ust: contents are longer than the
 * file"). The package is broken off. */
enum xk_err build_refuse(struct profile_builder *b, enum rsp_pe_status_code status,
                         const char *where, const char *why) XK_MUST_CHECK;
/* The status for what a decoder of codec/saip says; our own trouble stays an error. */
enum xk_err build_refuse_err(struct profile_builder *b, enum xk_err err, const char *where,
                             const char *why) XK_MUST_CHECK;
bool build_refused(const struct profile_builder *b);
/* The card has not what this element needs: it is left out and named, or, when the package insists
 * on it, refused. */
enum xk_err build_skip(struct profile_builder *b, const struct saip_pe *pe,
                       enum rsp_pe_status_code status, const char *why) XK_MUST_CHECK;

/* pe_files.c */
enum xk_err pe_files(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;
/* The file at a path of the package (from below the MF; empty: the MF); FILE_NONE. */
unsigned build_find(const struct profile_builder *b, struct bytes path);
/* pe_pins.c */
enum xk_err pe_pins(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;
enum xk_err pe_puks(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;
/* The elements that are kept as they came. */
enum xk_err build_keep(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;
/* pe_domain.c */
enum xk_err pe_domain(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;
enum xk_err pe_rfm(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;
/* pe_aka.c */
enum xk_err pe_aka(struct profile_builder *b, const struct saip_pe *pe) XK_MUST_CHECK;

#endif
