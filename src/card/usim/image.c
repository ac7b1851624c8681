/* SPDX-License-Identifier: Apache-2.0 */
#include "card/usim/image.h"

#define CARD(name) .scope = CONTENT_SCOPE_CARD, .at = offsetof(struct image_files, f_##name)
#define BANK(name) .scope = CONTENT_SCOPE_BANK, .at = offsetof(struct image_bank, f_##name)
static const struct content contents[CONTENT_COUNT] = {
#define CONTENT(s, name, l, r) [CONTENT_##name] = {s(name), .length = (l), .records = (r)},
#include "card/usim/content.def"
};
#undef CARD
#undef BANK

struct initial {
    uint8_t content, first, last, n;
    const char *bytes;
};

static const struct initial initials[] = {
#define INITIAL(name, first, last, bytes) {CONTENT_##name, first, last, sizeof(bytes) - 1, bytes},
#include "card/usim/content.def"
};

/* TS 102 221 9.2.7 and ISO 7816-4 5.4.3: AM_DO, SC_DO */
#define ARR_ALW(mode) "\x80\x01" mode "\x90\x00"
#define ARR_NEV(mode) "\x80\x01" mode "\x97\x00"
#define ARR_KEY(mode, key) "\x80\x01" mode "\xA4\x06\x83\x01" key "\x95\x01\x08"

static const struct initial rules[] = {
#define RULE(name, bytes) {CONTENT_ARR, RULE_##name, RULE_##name, sizeof(bytes) - 1, bytes},
#include "card/usim/content.def"
};

const struct content *content_of(enum content_id id)
{
    return &contents[id];
}

uint32_t content_offset(enum content_id id, unsigned bank)
{
    const struct content *c = &contents[id];

    if (c->scope == CONTENT_SCOPE_CARD)
        return IMAGE_AT(files) + c->at;
    return IMAGE_AT(bank) + (uint32_t)(bank * sizeof(struct image_bank)) + c->at;
}

/* A window on the flat memory that the ROM image is copied into. */
struct window {
    uint32_t from;
    uint8_t *out;
    size_t n;
};

/* bytes NULL: FF */
static void window_put(const struct window *w, uint32_t at, const void *bytes, size_t n)
{
    size_t skip = at < w->from ? w->from - at : 0;
    size_t to = at > w->from ? at - w->from : 0;

    if (skip >= n || to >= w->n)
        return;
    n = n - skip < w->n - to ? n - skip : w->n - to;
    if (bytes)
        memcpy(w->out + to, (const uint8_t *)bytes + skip, n);
    else
        memset(w->out + to, 0xFF, n);
}

static bool window_meets(const struct window *w, uint32_t at, size_t n)
{
    return at < w->from + w->n && at + n > w->from;
}

static void put_initials(const struct window *w, const struct initial *rows, size_t n_rows,
                         enum content_id id, uint32_t at)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].content != id)
            continue;
        for (unsigned r = rows[i].first; r <= rows[i].last; r++)
            window_put(w, at + (r - 1u) * contents[id].length, rows[i].bytes, rows[i].n);
    }
}

static void put_content(const struct window *w, enum content_id id, uint32_t at)
{
    size_t size = content_size(&contents[id]);

    if (!window_meets(w, at, size))
        return;
    window_put(w, at, NULL, size);
    put_initials(w, initials, ARRAY_LEN(initials), id, at);
    put_initials(w, rules, ARRAY_LEN(rules), id, at);
}

static void put_all(const struct window *w, enum content_scope scope, unsigned bank)
{
    for (unsigned id = 0; id < CONTENT_COUNT; id++)
        if (contents[id].scope == scope)
            put_content(w, id, content_offset(id, bank));
}

static void rom_read(uint32_t offset, uint8_t *out, size_t n)
{
    struct window w = {offset, out, n};

    memset(out, 0, n);
    if (window_meets(&w, IMAGE_AT(files), sizeof(struct image_files)))
        put_all(&w, CONTENT_SCOPE_CARD, 0);
    for (unsigned b = 0; b < IMAGE_BANKS; b++) {
        uint32_t at = IMAGE_AT(bank) + b * (uint32_t)sizeof(struct image_bank);

        if (window_meets(&w, at, sizeof(struct image_bank)))
            put_all(&w, CONTENT_SCOPE_BANK, b);
    }
}

void image_blank_bank(struct image_bank *out)
{
    rom_read(IMAGE_BANK_AT(0, present), (uint8_t *)out, sizeof *out);
}

const struct nvm_rom *image_rom(void)
{
    static const struct nvm_rom rom = {rom_read, sizeof(struct image)};

    return &rom;
}
