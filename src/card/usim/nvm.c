/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/nvm.h"

#define PAGE_ERASED 0xFF
#define COUNT_MAX 0xFFFFFFu
/* A page never written is taken into use when the others are worn this much more: writes gather on
 * few pages (which costs a fleet less) and are level to within this. */
#define LEVEL_STEP 256
/* How far the count of a torn page can be above the highest that the others know of. */
#define TORN_MARGIN 2

struct dirty {
    struct dirty *next;
    uint8_t page;
    uint8_t data[NVM_DATA_LEN];
};

struct nvm {
    const struct nvm_port *port;
    const struct nvm_rom *rom;
    struct dirty *dirty;
    uint32_t endurance;
    uint32_t transaction;                   /* the last whole one */
    uint32_t highest;                       /* most writes of any place */
    uint16_t pages;                         /* of the flat memory */
    uint16_t places;                        /* of the chip */
    bool broken;                            /* a write failed: the map may be wrong */
    uint8_t map[NVM_PAGES_MAX - NVM_SPARE]; /* page -> place + 1; 0: as in ROM */
    uint32_t writes[];                      /* by place */
};

struct head {
    uint8_t page, total;
    uint32_t transaction, writes, highest;
};

enum place_state { PLACE_BLANK, PLACE_WHOLE, PLACE_TORN };

uint32_t nvm_endurance(enum nvm_grade grade)
{
    static const uint32_t endurance[] = {100000, 500000, 1000000};

    return endurance[grade];
}

/* CRC-32 (IEEE 802.3), by half bytes: the table is small and pages are short. */
static uint32_t crc32_add(uint32_t crc, struct bytes b)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };

    for (size_t i = 0; i < b.n; i++) {
        crc = table[(crc ^ b.p[i]) & 15] ^ (crc >> 4);
        crc = table[(crc ^ (b.p[i] >> 4)) & 15] ^ (crc >> 4);
    }
    return crc;
}

static uint32_t page_crc(const uint8_t raw[NVM_PAGE_LEN])
{
    uint32_t crc = crc32_add(0xFFFFFFFF, BYTES(raw, NVM_HEAD_LEN - 4));

    return ~crc32_add(crc, BYTES(raw + NVM_HEAD_LEN, NVM_DATA_LEN));
}

static void seal_page(uint8_t raw[NVM_PAGE_LEN], const struct head *h)
{
    struct buf b;

    buf_init_fixed(&b, raw, NVM_HEAD_LEN);
    buf_put_u8(&b, h->page);
    buf_put_u8(&b, h->total);
    buf_put_u32(&b, h->transaction);
    buf_put_u24(&b, h->writes);
    buf_put_u24(&b, h->highest);
    buf_put_u32(&b, page_crc(raw));
}

static enum place_state open_page(const uint8_t raw[NVM_PAGE_LEN], struct head *h)
{
    static const uint8_t blank[NVM_PAGE_LEN];
    struct cur c = cur_of(BYTES(raw, NVM_HEAD_LEN));

    if (memcmp(raw, blank, NVM_PAGE_LEN) == 0)
        return PLACE_BLANK;
    h->page = cur_u8(&c);
    h->total = cur_u8(&c);
    h->transaction = cur_u32(&c);
    h->writes = cur_u24(&c);
    h->highest = cur_u24(&c);
    return cur_u32(&c) == page_crc(raw) ? PLACE_WHOLE : PLACE_TORN;
}

void nvm_rollback(struct nvm *n)
{
    while (n->dirty) {
        struct dirty *next = n->dirty->next;

        explicit_bzero(n->dirty, sizeof *n->dirty);
        free(n->dirty);
        n->dirty = next;
    }
}

void nvm_close(struct nvm *n)
{
    if (!n)
        return;
    nvm_rollback(n);
    free(n);
}

static enum xk_err journal_new(const struct nvm_port *port, const struct nvm_rom *rom,
                               struct nvm **out)
{
    uint32_t pages = (rom->length + NVM_DATA_LEN - 1) / NVM_DATA_LEN;
    uint32_t places = pages + NVM_SPARE;
    struct nvm *n;

    if (places > NVM_PAGES_MAX)
        return XK_E_LIMIT;
    n = calloc(1, sizeof *n + places * sizeof n->writes[0]);
    if (!n)
        return XK_E_NOMEM;
    n->port = port;
    n->rom = rom;
    n->endurance = COUNT_MAX;
    n->pages = (uint16_t)pages;
    n->places = (uint16_t)places;
    *out = n;
    return XK_OK;
}

size_t nvm_bytes(const struct nvm *n)
{
    return sizeof *n + n->places * sizeof n->writes[0];
}

void nvm_set_endurance(struct nvm *n, uint32_t endurance)
{
    n->endurance = endurance;
}

/* Writing */

static enum xk_err write_place(struct nvm *n, unsigned place, struct head *h,
                               uint8_t raw[NVM_PAGE_LEN])
{
    if (n->writes[place] < COUNT_MAX)
        n->writes[place]++;
    if (n->writes[place] > n->highest)
        n->highest = n->writes[place];
    h->writes = n->writes[place];
    h->highest = n->highest;
    seal_page(raw, h);
    return n->port->write(n->port->ctx, place, raw);
}

static enum xk_err erase_place(struct nvm *n, unsigned place)
{
    struct head h = {.page = PAGE_ERASED};
    uint8_t raw[NVM_PAGE_LEN] = {0};

    return write_place(n, place, &h, raw);
}

/* The free place to write next, marked as taken; false when the chip is worn out. */
static bool take_place(const struct nvm *n, bool *taken, uint8_t *place)
{
    uint32_t best = UINT32_MAX;

    for (unsigned i = 0; i < n->places; i++) {
        uint32_t cost = n->writes[i] ? n->writes[i] : LEVEL_STEP;

        if (taken[i] || n->writes[i] >= n->endurance || cost >= best)
            continue;
        best = cost;
        *place = (uint8_t)i;
    }
    if (best == UINT32_MAX)
        return false;
    taken[*place] = true;
    return true;
}

static enum xk_err page_read(struct nvm *n, unsigned page, uint8_t out[NVM_DATA_LEN])
{
    uint8_t raw[NVM_PAGE_LEN];
    uint32_t from = page * NVM_DATA_LEN;

    if (n->map[page] == 0) {
        memset(out, 0xFF, NVM_DATA_LEN);
        n->rom->read(from, out,
                     n->rom->length - from < NVM_DATA_LEN ? n->rom->length - from : NVM_DATA_LEN);
        return XK_OK;
    }
    TRY(n->port->read(n->port->ctx, n->map[page] - 1u, raw));
    memcpy(out, raw + NVM_HEAD_LEN, NVM_DATA_LEN);
    return XK_OK;
}

/* Pages that did not change in the end need no writing. */
static enum xk_err drop_unchanged(struct nvm *n, unsigned *left)
{
    struct dirty **at = &n->dirty;
    uint8_t old[NVM_DATA_LEN];

    *left = 0;
    while (*at) {
        struct dirty *d = *at;

        TRY(page_read(n, d->page, old));
        if (memcmp(old, d->data, NVM_DATA_LEN) != 0) {
            at = &d->next;
            (*left)++;
            continue;
        }
        *at = d->next;
        free(d);
    }
    return XK_OK;
}

static bool choose_places(const struct nvm *n, unsigned count, uint8_t *place)
{
    bool taken[NVM_PAGES_MAX] = {false};

    for (unsigned i = 0; i < n->pages; i++)
        if (n->map[i])
            taken[n->map[i] - 1] = true;
    for (unsigned i = 0; i < count; i++)
        if (!take_place(n, taken, &place[i]))
            return false;
    return true;
}

static enum xk_err write_all(struct nvm *n, unsigned count, const uint8_t *place)
{
    struct head h = {.total = (uint8_t)count, .transaction = n->transaction + 1};
    const struct dirty *d = n->dirty;

    for (unsigned i = 0; i < count; i++, d = d->next) {
        uint8_t raw[NVM_PAGE_LEN];

        h.page = d->page;
        memcpy(raw + NVM_HEAD_LEN, d->data, NVM_DATA_LEN);
        TRY(write_place(n, place[i], &h, raw));
    }
    return n->port->sync(n->port->ctx);
}

enum xk_err nvm_commit(struct nvm *n)
{
    uint8_t place[NVM_SPARE];
    unsigned count = 0, i = 0;
    enum xk_err err;

    if (n->broken)
        return XK_E_CLOSED;
    TRY(drop_unchanged(n, &count));
    if (count == 0)
        return XK_OK;
    if (count > NVM_SPARE || !choose_places(n, count, place)) {
        nvm_rollback(n);
        return XK_E_LIMIT;
    }
    err = write_all(n, count, place);
    if (err != XK_OK) {
        n->broken = true;
        return err;
    }
    for (const struct dirty *d = n->dirty; d; d = d->next)
        n->map[d->page] = (uint8_t)(place[i++] + 1);
    n->transaction++;
    nvm_rollback(n);
    return XK_OK;
}

static struct dirty *dirty_find(struct nvm *n, unsigned page)
{
    for (struct dirty *d = n->dirty; d; d = d->next)
        if (d->page == page)
            return d;
    return NULL;
}

static enum xk_err dirty_get(struct nvm *n, unsigned page, struct dirty **out)
{
    struct dirty *d = dirty_find(n, page);

    *out = d;
    if (d)
        return XK_OK;
    d = malloc(sizeof *d);
    if (!d)
        return XK_E_NOMEM;
    if (page_read(n, page, d->data) != XK_OK) {
        free(d);
        return XK_E_IO;
    }
    d->page = (uint8_t)page;
    d->next = n->dirty;
    *out = n->dirty = d;
    return XK_OK;
}

static size_t within_page(uint32_t offset, size_t len)
{
    size_t room = NVM_DATA_LEN - offset % NVM_DATA_LEN;

    return len < room ? len : room;
}

static bool out_of_range(const struct nvm *n, uint32_t offset, size_t len)
{
    return offset > n->rom->length || len > n->rom->length - offset;
}

enum xk_err nvm_write(struct nvm *n, uint32_t offset, struct bytes data)
{
    if (out_of_range(n, offset, data.n))
        return XK_E_VALUE;
    while (data.n > 0) {
        size_t part = within_page(offset, data.n);
        struct dirty *d;

        TRY(dirty_get(n, offset / NVM_DATA_LEN, &d));
        memcpy(d->data + offset % NVM_DATA_LEN, data.p, part);
        offset += (uint32_t)part;
        data = BYTES(data.p + part, data.n - part);
    }
    return XK_OK;
}

enum xk_err nvm_read(struct nvm *n, uint32_t offset, uint8_t *out, size_t len)
{
    if (out_of_range(n, offset, len))
        return XK_E_VALUE;
    while (len > 0) {
        size_t part = within_page(offset, len);
        const struct dirty *d = dirty_find(n, offset / NVM_DATA_LEN);
        uint8_t data[NVM_DATA_LEN];

        if (!d)
            TRY(page_read(n, offset / NVM_DATA_LEN, data));
        memcpy(out, (d ? d->data : data) + offset % NVM_DATA_LEN, part);
        offset += (uint32_t)part;
        out += part;
        len -= part;
    }
    return XK_OK;
}

/* Recovery: one pass finds the last transaction and whether it is whole, a second one builds the
 * map. */

struct survey {
    uint32_t last;                /* the highest transaction seen */
    unsigned found, total;        /* its pages seen, its pages in all */
    uint8_t place[NVM_PAGES_MAX]; /* of those seen */
    unsigned whole, torn;
};

static enum xk_err survey_place(struct nvm *n, unsigned place, struct survey *s)
{
    uint8_t raw[NVM_PAGE_LEN];
    struct head h;
    enum place_state state;

    TRY(n->port->read(n->port->ctx, place, raw));
    state = open_page(raw, &h);
    n->writes[place] = state == PLACE_WHOLE ? h.writes : 0;
    s->torn += state == PLACE_TORN;
    s->whole += state == PLACE_WHOLE;
    if (state != PLACE_WHOLE)
        return XK_OK;
    if (h.highest > n->highest)
        n->highest = h.highest;
    if (h.page == PAGE_ERASED || h.transaction < s->last)
        return XK_OK;
    if (h.transaction > s->last || s->found == 0) {
        s->last = h.transaction;
        s->total = h.total;
        s->found = 0;
    }
    s->place[s->found++] = (uint8_t)place;
    return XK_OK;
}

/* A torn page can hold any count: it is taken to be worn more than all others, and erased so
 * that it says so itself. */
static enum xk_err mend_torn(struct nvm *n)
{
    uint8_t raw[NVM_PAGE_LEN];
    struct head h;

    for (unsigned i = 0; i < n->places; i++) {
        TRY(n->port->read(n->port->ctx, i, raw));
        if (open_page(raw, &h) != PLACE_TORN)
            continue;
        n->writes[i] = n->highest + TORN_MARGIN;
        TRY(erase_place(n, i));
    }
    return n->port->sync(n->port->ctx);
}

static enum xk_err undo_cut(struct nvm *n, const struct survey *s)
{
    for (unsigned i = 0; i < s->found; i++)
        TRY(erase_place(n, s->place[i]));
    return n->port->sync(n->port->ctx);
}

static enum xk_err build_map(struct nvm *n)
{
    uint32_t newest[NVM_PAGES_MAX - NVM_SPARE] = {0};
    uint8_t raw[NVM_PAGE_LEN];
    struct head h;

    memset(n->map, 0, sizeof n->map);
    n->transaction = 0;
    for (unsigned i = 0; i < n->places; i++) {
        TRY(n->port->read(n->port->ctx, i, raw));
        if (open_page(raw, &h) != PLACE_WHOLE || h.page >= n->pages)
            continue;
        if (h.transaction > n->transaction)
            n->transaction = h.transaction;
        if (h.transaction < newest[h.page])
            continue;
        newest[h.page] = h.transaction;
        n->map[h.page] = (uint8_t)(i + 1);
    }
    return XK_OK;
}

static enum xk_err look(struct nvm *n, struct survey *s)
{
    *s = (struct survey){0};
    nvm_rollback(n);
    n->highest = 0;
    for (unsigned i = 0; i < n->places; i++)
        TRY(survey_place(n, i, s));
    return XK_OK;
}

static enum xk_err mend(struct nvm *n, const struct survey *s)
{
    if (s->found < s->total)
        TRY(undo_cut(n, s));
    if (s->torn)
        TRY(mend_torn(n));
    TRY(build_map(n));
    n->broken = false;
    return XK_OK;
}

enum xk_err nvm_recover(struct nvm *n)
{
    struct survey s;

    TRY(look(n, &s));
    return mend(n, &s);
}

/* A memory without one whole page is none of ours, and is left as it is. */
static enum xk_err recover_ours(struct nvm *n)
{
    struct survey s;

    TRY(look(n, &s));
    return s.whole > 0 ? mend(n, &s) : XK_E_FORMAT;
}

static enum xk_err open_with(const struct nvm_port *port, const struct nvm_rom *rom,
                             enum xk_err (*recover)(struct nvm *n), struct nvm **out)
{
    struct nvm *n;
    enum xk_err err;

    TRY(journal_new(port, rom, &n));
    err = recover(n);
    if (err != XK_OK) {
        nvm_close(n);
        return err;
    }
    *out = n;
    return XK_OK;
}

enum xk_err nvm_open(const struct nvm_port *port, const struct nvm_rom *rom, struct nvm **out)
{
    return open_with(port, rom, recover_ours, out);
}

static enum xk_err erase_all(struct nvm *n)
{
    for (unsigned i = 0; i < n->places; i++)
        if (n->writes[i])
            TRY(erase_place(n, i));
    return n->port->sync(n->port->ctx);
}

enum xk_err nvm_format(const struct nvm_port *port, const struct nvm_rom *rom, struct nvm **out)
{
    struct nvm *n;
    enum xk_err err;

    TRY(open_with(port, rom, nvm_recover, &n));
    err = erase_all(n);
    if (err == XK_OK)
        err = nvm_recover(n);
    if (err != XK_OK) {
        nvm_close(n);
        return err;
    }
    *out = n;
    return XK_OK;
}

void nvm_get_wear(const struct nvm *n, struct nvm_wear *out)
{
    *out = (struct nvm_wear){.endurance = n->endurance};
    for (unsigned i = 0; i < n->places; i++) {
        out->writes += n->writes[i];
        if (n->writes[i] > out->worst) {
            out->worst = n->writes[i];
            out->worst_page = i;
        }
    }
    out->left = out->worst < out->endurance ? out->endurance - out->worst : 0;
}

enum xk_err nvm_check(struct nvm *n)
{
    uint8_t raw[NVM_PAGE_LEN];
    struct head h;

    if (n->broken)
        return XK_E_CLOSED;
    if (n->dirty)
        return XK_E_STATE;
    for (unsigned i = 0; i < n->pages; i++) {
        if (n->map[i] == 0)
            continue;
        TRY(n->port->read(n->port->ctx, n->map[i] - 1u, raw));
        if (open_page(raw, &h) != PLACE_WHOLE || h.page != i || h.transaction > n->transaction)
            return XK_E_STATE;
    }
    return XK_OK;
}
