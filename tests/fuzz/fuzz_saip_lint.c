/* SPDX-License-Identifier: Apache-2.0 */
/* A package of anybody's making is judged: findings in their order and number, and what has no
 * error is a package whose needs can be told. */
#include "codec/saip/fit.h"
#include "codec/saip/lint.h"
#include "fuzz.h"

#define ARENA ((size_t)64 << 20)

static void check_report(const struct saip_report *r, size_t n)
{
    unsigned count[SAIP_SEVERITIES] = {0};
    unsigned pe = 0;

    for (const struct saip_finding *f = r->first; f; f = f->next) {
        FUZZ_CHECK(f->pe >= pe && f->severity == saip_rule_severity(f->rule));
        FUZZ_CHECK(f->path && f->text && f->text[0] && (f->pe == 0 || f->offset < n));
        pe = f->pe;
        count[f->severity]++;
    }
    FUZZ_CHECK(memcmp(count, r->count, sizeof count) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct saip_requirements need;
    struct saip_report report;
    struct arena arena;
    enum xk_err err;

    arena_init(&arena, ARENA);
    err = saip_lint(BYTES(data, n), &arena, &report);
    FUZZ_CHECK(err == XK_OK || err == XK_E_NOMEM || (err == XK_E_LIMIT && n > SAIP_UPP_MAX));
    if (err == XK_OK)
        check_report(&report, n);
    if (err == XK_OK && report.count[SAIP_ERROR] == 0 && !report.cut) {
        arena_reset(&arena);
        err = saip_requirements(BYTES(data, n), &arena, &need);
        FUZZ_CHECK(err == XK_OK || err == XK_E_NOMEM);
    }
    arena_fini(&arena);
    return 0;
}
