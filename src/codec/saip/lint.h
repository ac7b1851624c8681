/* SPDX-License-Identifier: Apache-2.0 */
/* Does a package hold together? Each finding names the rule (lint.def), the element and the place
 * in it. A package with errors would be refused by a card, or give a card that does not work;
 * warnings are what cards in the field stumble over. */
#ifndef CODEC_SAIP_LINT_H
#define CODEC_SAIP_LINT_H

#include "base/arena.h"
#include "codec/saip/saip.h"

enum saip_severity { SAIP_ERROR, SAIP_WARNING, SAIP_NOTE };
#define SAIP_SEVERITIES 3
const char *saip_severity_name(enum saip_severity s); /* "error" */

enum saip_rule {
#define RULE(id, severity, name, text) SAIP_RULE_##id,
#include "codec/saip/lint.def"
#undef RULE
    SAIP_RULES
};
const char *saip_rule_name(enum saip_rule rule); /* "header-first" */
const char *saip_rule_text(enum saip_rule rule); /* what the rule wants */
enum saip_severity saip_rule_severity(enum saip_rule rule);

struct saip_finding {
    enum saip_rule rule;
    enum saip_severity severity;
    unsigned pe; /* counted from 1; 0: the package as a whole */
    enum saip_type type;
    bool has_identification;
    uint16_t identification;
    const char *path; /* "ef-imsi/fileDescriptor/efFileSize"; "" for the whole element */
    size_t offset;    /* of the element in the package */
    const char *text; /* what is wrong here */
    struct saip_finding *next;
};

struct saip_report {
    struct saip_finding *first; /* by place in the package */
    unsigned count[SAIP_SEVERITIES];
    bool cut; /* SAIP_FINDINGS_MAX was reached */
};
#define SAIP_FINDINGS_MAX 500

/* Findings live in the arena. Errors are ours only (XK_E_NOMEM, XK_E_LIMIT: longer than
 * SAIP_UPP_MAX). */
enum xk_err saip_lint(struct bytes upp, struct arena *arena, struct saip_report *out) XK_MUST_CHECK;

#endif
