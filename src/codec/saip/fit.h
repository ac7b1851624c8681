/* SPDX-License-Identifier: Apache-2.0 */
/* What a package asks of a card, and whether a card gives it: the eligibility check before binding
 * (SGP.22 5.6.3; EUICCInfo2 profileVersion 81, extCardResource 84, uiccCapability 85). */
#ifndef CODEC_SAIP_FIT_H
#define CODEC_SAIP_FIT_H

#include "base/arena.h"
#include "codec/saip/saip.h"

#define SAIP_CAPABILITIES 32
#define SAIP_CAPABILITY_IOT_MINIMAL 31

/* UICCCapability as a number: 1 << named bit. value: of the BIT STRING, unused-bits octet first,
 * any unused count is taken. Bits past 31 are dropped. */
uint32_t saip_capabilities(struct bytes bit_string);
uint32_t saip_capabilities_of_services(uint32_t services);
const char *saip_capability_name(unsigned bit); /* "akaMilenage" */

struct saip_requirements {
    uint32_t capabilities; /* needed: services of the header, and what the elements use */
    uint32_t declared;     /* of these, those of eUICC-Mandatory-services */
    bool unknown_services; /* the header mandates some that are newer than this code */
    uint8_t major, minor;  /* the edition that a card must know: of header and templates */
    const char *template_; /* name of the template that asks for the edition; NULL: the header */
    struct bytes unknown_template; /* OID value of one that we do not have; n 0: none */
    uint32_t memory;               /* estimate of the non-volatile memory, bytes */
    uint32_t files;                /* of that, file contents and descriptors */
    bool iot;
    uint8_t iccid[SAIP_ICCID_LEN]; /* as in the header, not swapped */
};

/* XK_E_FORMAT: cannot be read (lint says where); XK_E_NOMEM. */
enum xk_err saip_requirements(struct bytes upp, struct arena *arena, struct saip_requirements *out)
    XK_MUST_CHECK;

struct saip_card {
    uint32_t capabilities;
    uint8_t major, minor, revision; /* EUICCInfo2 profileVersion */
    bool knows_memory;
    uint32_t free_memory; /* extCardResource 82 */
};

enum saip_fit {
#define FIT(id, name, text) SAIP_##id,
#include "codec/saip/fit.def"
#undef FIT
    SAIP_FITS_COUNT
};
const char *saip_fit_name(enum saip_fit fit); /* "capability" */

struct saip_verdict {
    enum saip_fit fit;
    uint32_t missing; /* SAIP_NO_CAPABILITY: these bits */
    char text[160]; /* for people: "the card does not offer akaTuak128, which the package needs" */
};
/* The first reason in the order version, template, capability, memory. */
void saip_fits(const struct saip_requirements *need, const struct saip_card *card,
               struct saip_verdict *out);

#endif
