/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "card/usim/nvm.h"

#define GROW_PAGES 4

struct nvm_memory {
    uint8_t slot[NVM_PAGES_MAX]; /* place in pages + 1; 0: never written */
    uint8_t used, cap;
    uint32_t cut; /* this many writes from now; 0 never */
    struct xk_prng tear;
    uint8_t (*pages)[NVM_PAGE_LEN];
};

struct nvm_memory *nvm_memory_new(void)
{
    return calloc(1, sizeof(struct nvm_memory));
}

void nvm_memory_free(struct nvm_memory *m)
{
    if (!m)
        return;
    if (m->pages)
        explicit_bzero(m->pages, (size_t)m->cap * NVM_PAGE_LEN);
    free(m->pages);
    free(m);
}

struct nvm_memory *nvm_memory_copy(const struct nvm_memory *m)
{
    struct nvm_memory *copy = malloc(sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *m;
    copy->pages = NULL;
    if (m->cap == 0)
        return copy;
    copy->pages = malloc((size_t)m->cap * NVM_PAGE_LEN);
    if (!copy->pages) {
        free(copy);
        return NULL;
    }
    memcpy(copy->pages, m->pages, (size_t)m->used * NVM_PAGE_LEN);
    return copy;
}

void nvm_memory_cut_at(struct nvm_memory *m, uint32_t writes, uint64_t tear_seed)
{
    m->cut = writes;
    m->tear.state = tear_seed;
}

size_t nvm_memory_bytes(const struct nvm_memory *m)
{
    return sizeof *m + (size_t)m->cap * NVM_PAGE_LEN;
}

static enum xk_err memory_read(void *ctx, uint32_t page, uint8_t out[NVM_PAGE_LEN])
{
    const struct nvm_memory *m = ctx;

    if (page >= NVM_PAGES_MAX)
        return XK_E_IO;
    if (m->slot[page] == 0)
        memset(out, 0, NVM_PAGE_LEN);
    else
        memcpy(out, m->pages[m->slot[page] - 1], NVM_PAGE_LEN);
    return XK_OK;
}

static enum xk_err memory_grow(struct nvm_memory *m)
{
    size_t cap = (size_t)m->cap + GROW_PAGES;
    void *pages = realloc(m->pages, cap * NVM_PAGE_LEN);

    if (!pages)
        return XK_E_NOMEM;
    m->pages = pages;
    m->cap = (uint8_t)cap;
    return XK_OK;
}

/* What a write leaves behind when the power goes: nothing of it, a part, a mixture, or rubbish
 * where old and new differ. */
static void tear(struct xk_prng *r, uint8_t *page, const uint8_t *in)
{
    uint32_t kind = xk_prng_below(r, 4);
    uint32_t until = xk_prng_below(r, NVM_PAGE_LEN + 1);

    for (uint32_t i = 0; i < NVM_PAGE_LEN; i++) {
        if (page[i] == in[i])
            continue;
        if (kind == 1 && i < until)
            page[i] = in[i];
        if (kind == 2 && xk_prng_chance(r, 500))
            page[i] = in[i];
        if (kind == 3)
            page[i] = (uint8_t)xk_prng_next(r);
    }
}

static enum xk_err memory_write(void *ctx, uint32_t page, const uint8_t in[NVM_PAGE_LEN])
{
    struct nvm_memory *m = ctx;
    uint8_t *at;

    if (page >= NVM_PAGES_MAX)
        return XK_E_IO;
    if (m->slot[page] == 0) {
        if (m->used == m->cap)
            TRY(memory_grow(m));
        memset(m->pages[m->used], 0, NVM_PAGE_LEN);
        m->slot[page] = ++m->used;
    }
    at = m->pages[m->slot[page] - 1];
    if (m->cut > 0 && --m->cut == 0) {
        tear(&m->tear, at, in);
        return XK_E_CLOSED;
    }
    memcpy(at, in, NVM_PAGE_LEN);
    return XK_OK;
}

static enum xk_err memory_sync(void *ctx)
{
    (void)ctx;
    return XK_OK;
}

struct nvm_port nvm_memory_port(struct nvm_memory *m)
{
    return (struct nvm_port){m, memory_read, memory_write, memory_sync};
}
