/* SPDX-License-Identifier: Apache-2.0 */
/* The stock of profiles: packages as they are kept, protected once when they come in (SGP.22
 * 2.5.3), and templates that stock is made from. Protection itself is an engine's; what comes here
 * is protected already. The order beside a profile is service/download's. */
#ifndef SERVICE_PROFILE_STOCK_H
#define SERVICE_PROFILE_STOCK_H

#include "base/secret.h"
#include "service/download/download.h"

#define STOCK_PACKAGE_ID_LEN 16
#define STOCK_TEMPLATE_TEXT 65
#define STOCK_METADATA_MAX 4096
#define STOCK_SEGMENTS_MAX ((size_t)4 << 20) /* bytes of one package */

struct stock_package {
    uint8_t id[STOCK_PACKAGE_ID_LEN]; /* of this protection */
    struct bytes segments;            /* a run of TLV 86 */
    struct secret ppk;                /* sealed at rest */
};

/* A new profile, AVAILABLE or UNAVAILABLE: what describes it (the part "the profile" of the struct,
 * with its metadata) and its package. XK_E_EXISTS: the ICCID is there; XK_E_VALUE: a part is
 * missing. */
enum xk_err stock_add(struct download_ctx *c, const struct download *profile,
                      const struct stock_package *package) XK_MUST_CHECK;
/* Segments are in the arena; the caller wipes ppk. XK_E_NOT_FOUND. */
enum xk_err stock_load(struct download_ctx *c, const char *iccid, struct stock_package *out)
    XK_MUST_CHECK;
/* Takes an AVAILABLE profile out of the stock for good (DOWNLOAD_BY_WITHDRAW), or puts one back
 * (DOWNLOAD_BY_RESTOCK). XK_E_STATE. */
/* As if it had never been made: of an order that was never released. XK_E_STATE: it is another. */
enum xk_err stock_remove(struct download_ctx *c, const char *iccid) XK_MUST_CHECK;
enum xk_err stock_move(struct download_ctx *c, const char *iccid, enum download_cause cause)
    XK_MUST_CHECK;

/* What a package says of itself: ICCID and what it asks of a card, into profile. XK_E_FORMAT: it
 * cannot be read; XK_E_VALUE: its ICCID is none. */
enum xk_err stock_describe(struct bytes upp, struct arena *arena, struct download *profile)
    XK_MUST_CHECK;

struct stock_count {
    char owner[DOWNLOAD_OPERATOR_TEXT], profile_type[DOWNLOAD_TYPE_TEXT];
    enum download_state state;
    uint64_t n;
};
/* How many profiles there are by owner, type and state; reads all of them: for people. */
enum xk_err stock_counts(struct store *s,
                         enum xk_err (*each)(void *arg, const struct stock_count *count), void *arg)
    XK_MUST_CHECK;

/* An unpersonalised profile. Its package is kept like those of profiles. */
struct stock_template {
    char id[STOCK_TEMPLATE_TEXT];
    char profile_type[DOWNLOAD_TYPE_TEXT];
    char owner[DOWNLOAD_OPERATOR_TEXT];
    char smdp_address[DOWNLOAD_FQDN_TEXT];
    struct bytes metadata; /* BF25; its ICCID is replaced */
    struct stock_package package;
};
/* Adds, or replaces the one of this id. */
enum xk_err stock_put_template(struct download_ctx *c, const struct stock_template *t)
    XK_MUST_CHECK;
/* All of them by id, without their packages; spans are valid during the call. */
enum xk_err stock_each_template(struct download_ctx *c,
                                enum xk_err (*each)(void *arg, const struct stock_template *t),
                                void *arg) XK_MUST_CHECK;
/* Spans are in the arena; the caller wipes package.ppk. XK_E_NOT_FOUND. */
enum xk_err stock_load_template(struct download_ctx *c, const char *id, struct stock_template *out)
    XK_MUST_CHECK;

#endif
