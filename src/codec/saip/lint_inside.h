/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what the rules of a package know as they go from element to element. Files in
 * lint_file.c, codes and keys and domains in lint_secure.c, the rest in lint.c. */
#ifndef CODEC_SAIP_LINT_INSIDE_H
#define CODEC_SAIP_LINT_INSIDE_H

#include "codec/saip/feature.h"
#include "codec/saip/lint.h"

#define LINT_FILES_MAX 4096 /* the rules look at so many files and names; more are cut */
#define LINT_NAMES_MAX 1024

/* A file that the package makes; contents as far as a rule wants them. */
struct lint_file {
    struct saip_node node;
    struct saip_pe element;
    unsigned pe; /* its number */
};

/* A name or code that may be there once. space keeps kinds apart: AIDs, TARs, PUKs ... */
enum lint_space {
    LINT_AID,     /* of an ADF, security domain or instance */
    LINT_DOMAIN,  /* of a security domain */
    LINT_PACKAGE, /* of a load package */
    LINT_TAR,
    LINT_PUK,
    LINT_PIN,
    LINT_PIN_AT /* FID of the directory it belongs to, reference */
};

struct lint_name {
    enum lint_space space;
    struct bytes value;
};

struct lint {
    struct arena *arena;
    struct saip_report *out;
    enum xk_err err; /* sticky: XK_E_NOMEM */
    struct saip_pe pe;
    unsigned n; /* of it, from 1; 0: the package as a whole */
    struct saip_header header;
    bool has_header, has_domain;
    struct saip_walk walk;
    struct saip_features features;
    struct lint_file *files;
    size_t files_n;
    uint16_t last_df; /* that the PINs to come belong to */
    struct lint_name *names;
    size_t names_n;
    struct saip_pe naa; /* the last USIM, ISIM or IoT element */
    unsigned naa_n;     /* 0: none, or it has its keys */
};

/* A finding about the present element. path "" for all of it. */
void lint_say(struct lint *l, enum saip_rule rule, const char *path, const char *fmt, ...)
    XK_PRINTF(4, 5);
/* About an element that came before. */
void lint_say_of(struct lint *l, const struct saip_pe *pe, unsigned n, enum saip_rule rule,
                 const char *path, const char *fmt, ...) XK_PRINTF(6, 7);

/* What a decoder says of the present element or of a part of it; false: told, in these words. */
bool lint_was_read(struct lint *l, enum xk_err err, const char *path, const char *otherwise);
/* Of a set of bits; false: n is in it already. */
bool lint_first_time(uint8_t *seen, unsigned n);
bool lint_all_are(struct bytes b, uint8_t value);

/* False: it is known already. */
bool lint_name_add(struct lint *l, enum lint_space space, struct bytes value);
bool lint_name_known(const struct lint *l, enum lint_space space, struct bytes value);

/* lint_file.c */
void lint_files(struct lint *l);
void lint_files_end(struct lint *l);
/* NULL when there is none. path: FIDs from the MF on, two bytes each; empty is the MF. */
const struct lint_file *lint_find(const struct lint *l, struct bytes path);

/* lint_secure.c: the elements without files. False: of another type. */
bool lint_secure(struct lint *l);
void lint_secure_end(struct lint *l);

#endif
