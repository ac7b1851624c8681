/* SPDX-License-Identifier: Apache-2.0 */
/* What programs with a card share: the card's memory in a file, and what its maker puts in. */
#ifndef PROG_CARDFILE_CARDFILE_H
#define PROG_CARDFILE_CARDFILE_H

#include "base/arena.h"
#include "card/euicc/euicc.h"
#include "card/usim/usim.h"

/* nvm_file.c: pages in a file of mode 0600, locked while open. */
struct nvm_file {
    int fd; /* -1 when closed */
    struct nvm_port port;
};
enum nvm_file_how { NVM_FILE_EXISTING, NVM_FILE_NEW };
/* XK_E_EXISTS: a new one is wanted and there is one; XK_E_NOT_FOUND; XK_E_DENIED: others may read
 * it; XK_E_BUSY: another program has it; XK_E_IO. */
enum xk_err nvm_file_open(struct nvm_file *f, const char *path, enum nvm_file_how how)
    XK_MUST_CHECK;
void nvm_file_close(struct nvm_file *f);

/* flash_file.c: the memory of an eUICC, as above. */
#define FLASH_FILE_PATH_MAX 1000
struct flash_file {
    int fd, fresh; /* the log in use, the one that is being written anew; -1 none */
    char path[FLASH_FILE_PATH_MAX];
    struct flash_port port;
};
enum xk_err flash_file_open(struct flash_file *f, const char *path, enum nvm_file_how how)
    XK_MUST_CHECK;
void flash_file_close(struct flash_file *f);

/* euicc_maker.c: an eUICC from the directory of `xieka pki`. On failure *why says what is wrong. */
struct euicc_sources {
    const char *pki, *eid, *default_dp, *root_ds;
    const char
        *rules_of; /* whose profiles may have policy rules: "46001,310260", "none"; NULL any */
    struct arena *arena;
};
enum xk_err euicc_make(const struct euicc_sources *s, const struct flash_port *port,
                       const struct xk_rand *rand, struct euicc **out, const char **why)
    XK_MUST_CHECK;

/* personalise.c: what the card maker puts in, from a file of `key = value` lines, then from the
 * environment (keys) and the command line (numbers). On failure `why` says which key. */
struct overrides {
    const char *cid, *iccid, *imsi, *msisdn;
};
enum xk_err personalise_read(const char *path, const struct overrides *o, struct buf *why,
                             struct usim_personalisation *out) XK_MUST_CHECK;
void personalise_sample(struct buf *out);

#endif
