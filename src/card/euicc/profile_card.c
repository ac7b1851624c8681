/* SPDX-License-Identifier: Apache-2.0 */
/* The enabled profile as a card: the parts of a UICC (card/uicc/uicc.h) out of its objects. */
#include <assert.h>

#include "base/tlv.h"
#include "card/euicc/profile_inside.h"
#include "codec/cat/cat.h"

#define TAG_SPECIAL 0xC0 /* proprietary information of an EF, TS 102 222 6.3.2.2.2 */
#define LOCAL_REFERENCE 0x80

static const struct profile_card *seen(const struct uicc *u)
{
    return (const struct profile_card *)(const void *)u;
}

/* ---- Files ---- */

static const struct uicc_file *file(const struct uicc *u, unsigned id)
{
    const struct profile_card *c = seen(u);

    return id < c->head.files ? &c->files[id].file : NULL;
}

static unsigned id_of(const struct profile_card *c, const struct uicc_file *f)
{
    unsigned id = 0;

    while (id < c->head.files && &c->files[id].file != f)
        id++;
    return id;
}

static struct bytes aid(const struct uicc *u, unsigned id)
{
    const struct profile_card *c = seen(u);

    return BYTES(c->files[id].aid, c->files[id].aid_n);
}

static enum xk_err read_file(struct uicc *u, const struct uicc_file *f, uint32_t at, uint8_t *out,
                             size_t n)
{
    struct profile_card *c = card_of(u);

    return flash_read(c->flash, c->base + PART_CONTENTS, f->content + at, out, n);
}

static enum xk_err write_file(struct uicc *u, const struct uicc_file *f, uint32_t at,
                              struct bytes data)
{
    struct profile_card *c = card_of(u);

    return flash_write(c->flash, c->base + PART_CONTENTS, f->content + at, data);
}

static enum xk_err set_active(struct uicc *u, unsigned id, bool active)
{
    struct profile_card *c = card_of(u);
    uint8_t *flags = &c->files[id].file.flags;

    *flags = (uint8_t)(active ? *flags & ~FILE_DEACTIVATED : *flags | FILE_DEACTIVATED);
    return flash_write(c->flash, c->base + PART_FILES, FILE_AT(id) + FILE_FLAGS_AT,
                       BYTES(flags, 1));
}

static void proprietary(const struct uicc *u, unsigned id, struct buf *out)
{
    const struct profile_card *c = seen(u);

    if (c->files[id].special)
        tlv_put_u8(out, TAG_SPECIAL, c->files[id].special);
}

static enum xk_err length(struct uicc *u, const struct uicc_file *f, uint32_t *out)
{
    const struct profile_card *c = card_of(u);

    *out = c->files[id_of(c, f)].length;
    return XK_OK;
}

static enum xk_err set_length(struct uicc *u, const struct uicc_file *f, uint32_t n)
{
    struct profile_card *c = card_of(u);
    unsigned id = id_of(c, f);
    uint8_t wire[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

    if (n > f->size)
        return XK_E_LIMIT;
    c->files[id].length = n;
    return flash_write(c->flash, c->base + PART_FILES, FILE_AT(id) + FILE_USED_AT, BYTES_OF(wire));
}

static enum xk_err commit(struct uicc *u)
{
    return flash_commit(card_of(u)->flash);
}

/* A tree: each file below one that stands before it, contents where there are some. */
static bool is_whole(const struct profile_card *c)
{
    struct bytes contents;

    if (flash_get(c->flash, c->base + PART_CONTENTS, &contents) != XK_OK || c->head.files == 0 ||
        !file_is_df(&c->files[FILE_MF].file))
        return false;
    for (unsigned i = 0; i < c->head.files; i++) {
        const struct uicc_file *f = &c->files[i].file;

        if (i != FILE_MF && (f->parent >= i || !file_is_df(&c->files[f->parent].file)))
            return false;
        if (f->size > contents.n || f->content > contents.n - f->size ||
            c->files[i].length > f->size)
            return false;
    }
    return c->files[FILE_MF].file.parent == FILE_MF;
}

/* What the files array remembers of the objects is read again. */
static enum xk_err read_files(struct profile_card *c)
{
    struct bytes b;
    struct cur in;

    TRY(flash_get(c->flash, c->base + PART_FILES, &b));
    TRY(get_head(b, &c->head));
    in = cur_of(bytes_part(b, HEAD_LEN, b.n));
    if (!c->files)
        c->files = calloc(c->head.files ? c->head.files : 1, sizeof *c->files);
    if (!c->files)
        return XK_E_NOMEM;
    for (unsigned i = 0; i < c->head.files; i++)
        get_file(&in, &c->files[i]);
    TRY(cur_end(&in));
    return is_whole(c) ? XK_OK : XK_E_FORMAT;
}

static void rollback(struct uicc *u)
{
    struct profile_card *c = card_of(u);
    bool changed = flash_changed(c->flash);

    flash_rollback(c->flash);
    if (changed && c->base != 0 && read_files(c) != XK_OK)
        u->dead = true;
}

/* ---- PINs ---- */

static enum xk_err read_pin(const struct profile_card *c, unsigned slot, struct profile_pin *out)
{
    uint8_t wire[PIN_RECORD_LEN];
    struct cur in = cur_of(BYTES_OF(wire));
    enum xk_err err =
        flash_read(c->flash, c->base + PART_KEYS, pins_at(&c->head, slot), wire, sizeof wire);

    if (err == XK_OK)
        get_pin(&in, out);
    explicit_bzero(wire, sizeof wire);
    return err;
}

/* Whose PINs a DF uses: its own, unless it shares those of another. */
static unsigned pin_owner(const struct profile_card *c, unsigned df)
{
    uint8_t wire[SHARE_LEN];

    for (unsigned i = 0; i < c->head.shares; i++) {
        struct cur in = cur_of(BYTES_OF(wire));

        if (flash_read(c->flash, c->base + PART_KEYS, i * SHARE_LEN, wire, sizeof wire) != XK_OK)
            break;
        if (cur_u16(&in) == df)
            return cur_u16(&in);
    }
    return df;
}

/* df FILE_NONE: of any */
static int find_pin(const struct profile_card *c, unsigned df, uint8_t reference)
{
    struct profile_pin p;

    for (unsigned i = 0; i < c->head.pins; i++) {
        bool mine = read_pin(c, i, &p) == XK_OK && (df == FILE_NONE || p.df == df) &&
                    p.reference == reference;

        explicit_bzero(&p, sizeof p);
        if (mine)
            return (int)i;
    }
    return -1;
}

/* TS 102 221 9.4: of the DF or of those above it; a global one (b8 is 0) is the same wherever it
 * was made. */
static int pin_slot(const struct uicc *u, unsigned df, uint8_t reference)
{
    const struct profile_card *c = seen(u);
    int slot = find_pin(c, pin_owner(c, df), reference);

    while (slot < 0 && df != FILE_MF) {
        df = c->files[df].file.parent;
        slot = find_pin(c, pin_owner(c, df), reference);
    }
    if (slot < 0 && !(reference & LOCAL_REFERENCE))
        slot = find_pin(c, FILE_NONE, reference);
    return slot;
}

static enum xk_err pin_load(struct uicc *u, unsigned slot, struct uicc_pin *out)
{
    struct profile_pin p;
    enum xk_err err = read_pin(card_of(u), slot, &p);

    if (err == XK_OK)
        *out = p.pin;
    explicit_bzero(&p, sizeof p);
    return err;
}

static enum xk_err pin_store(struct uicc *u, unsigned slot, const struct uicc_pin *pin)
{
    struct profile_card *c = card_of(u);
    uint8_t wire[PIN_RECORD_LEN];
    struct profile_pin p;
    struct buf out;
    enum xk_err err = read_pin(c, slot, &p);

    p.pin = *pin;
    buf_init_fixed(&out, wire, sizeof wire);
    put_pin(&p, &out);
    if (err == XK_OK)
        err = flash_write(c->flash, c->base + PART_KEYS, pins_at(&c->head, slot), buf_bytes(&out));
    explicit_bzero(&p, sizeof p);
    explicit_bzero(wire, sizeof wire);
    return err;
}

/* Those of the DF's own PIN status; a DF without one has those of the DF above it. */
static struct bytes pin_references(const struct uicc *u, unsigned df)
{
    const struct profile_card *c = seen(u);

    while (df != FILE_MF && c->files[df].references_n == 0)
        df = c->files[df].file.parent;
    return BYTES(c->files[df].references, c->files[df].references_n);
}

/* ---- Authentication ---- */

static enum xk_err read_app(const struct profile_card *c, unsigned i, struct profile_app *out)
{
    uint8_t wire[APP_LEN];
    struct cur in = cur_of(BYTES_OF(wire));
    enum xk_err err =
        flash_read(c->flash, c->base + PART_KEYS, apps_at(&c->head, i), wire, sizeof wire);

    if (err == XK_OK)
        err = get_app(&in, out);
    explicit_bzero(wire, sizeof wire);
    return err;
}

/* The application of an ADF (class A0: the first there is), or the one whose keys it shares.
 * XK_E_NOT_FOUND. The caller wipes out. */
static enum xk_err find_app(const struct profile_card *c, unsigned adf, struct profile_app *out,
                            unsigned *index)
{
    for (unsigned i = 0; i < c->head.apps; i++) {
        TRY(read_app(c, i, out));
        if (adf != FILE_NONE && out->adf != adf)
            continue;
        *index = i;
        if (out->shared == APP_OWN)
            return XK_OK;
        *index = out->shared;
        return read_app(c, out->shared, out);
    }
    return XK_E_NOT_FOUND;
}

static enum xk_err subscriber(struct uicc *u, unsigned adf, struct uicc_subscriber *out,
                              bool *present)
{
    struct profile_app app;
    unsigned index;
    enum xk_err err = find_app(card_of(u), adf, &app, &index);

    *present = err == XK_OK;
    if (*present)
        *out = app.subscriber;
    explicit_bzero(&app, sizeof app);
    return err == XK_E_NOT_FOUND ? XK_OK : err;
}

static enum xk_err sqn_load(struct uicc *u, unsigned adf, struct aka_sqn_array *out)
{
    struct profile_app app;
    unsigned index;
    enum xk_err err = find_app(card_of(u), adf, &app, &index);

    if (err == XK_OK)
        *out = app.sqn;
    explicit_bzero(&app, sizeof app);
    return err;
}

static enum xk_err sqn_store(struct uicc *u, unsigned adf, unsigned slot, uint64_t seq)
{
    struct profile_card *c = card_of(u);
    struct profile_app app;
    uint8_t wire[AKA_SQN_LEN];
    unsigned index = 0;
    enum xk_err err = find_app(c, adf, &app, &index);

    explicit_bzero(&app, sizeof app);
    TRY(err);
    aka_sqn_put(seq, wire);
    return flash_write(c->flash, c->base + PART_KEYS,
                       apps_at(&c->head, index) + APP_SQN_AT + slot * AKA_SQN_LEN, BYTES_OF(wire));
}

/* ---- Toolkit: the REFRESH ---- */

static enum xk_err make_refresh(struct uicc *u, struct cat_proactive *p, struct buf *objects)
{
    (void)objects;
    p->qualifier = card_of(u)->refresh;
    return XK_OK;
}

static enum xk_err refresh_done(struct uicc *u, struct exchange *x, const struct cat_response *r)
{
    struct profile_card *c = card_of(u);

    (void)x;
    return c->host.refreshed ? c->host.refreshed(c->host.ctx, r->result) : XK_OK;
}

enum { INTENT_REFRESH = 1 };
static const struct intent_row intents[] = {
    [INTENT_SMS] = {CAT_SEND_SHORT_MESSAGE, CAN_SMS, toolkit_make_sms, toolkit_done_sms},
    [INTENT_REFRESH] = {CAT_REFRESH, CAN_REFRESH, make_refresh, refresh_done},
};

bool profile_card_refresh(struct profile_card *c, uint8_t qualifier)
{
    struct toolkit *t = &c->uicc.toolkit;

    if (!t->ready || !(t->can & CAN_REFRESH))
        return false;
    c->refresh = qualifier;
    t->wants |= WANT_OF(INTENT_REFRESH);
    return true;
}

uint8_t profile_card_terminal(const struct profile_card *c)
{
    return c->uicc.toolkit.ready ? c->uicc.toolkit.can : 0;
}

void profile_card_know_terminal(struct profile_card *c, uint8_t can)
{
    c->uicc.toolkit.can = can;
    c->uicc.toolkit.ready = can != 0;
}

bool profile_card_busy(const struct profile_card *c)
{
    const struct toolkit *t = &c->uicc.toolkit;

    return t->fetched || t->wants != 0 || t->out;
}

/* ---- The host's applications ---- */

static bool other_select(struct uicc *u, unsigned channel, struct bytes name, struct buf *fci)
{
    const struct profile_host *h = &card_of(u)->host;

    return h->select && h->select(h->ctx, channel, name, fci);
}

static enum xk_err other_command(struct uicc *u, unsigned channel, const struct apdu_command *c,
                                 struct buf *out, uint16_t *sw)
{
    const struct profile_host *h = &card_of(u)->host;

    *sw = SW_INS_UNKNOWN;
    return h->command ? h->command(h->ctx, channel, c, out, sw) : XK_OK;
}

static void other_deselected(struct uicc *u, unsigned channel)
{
    const struct profile_host *h = &card_of(u)->host;

    if (h->deselected)
        h->deselected(h->ctx, channel);
}

/* ---- Life ---- */

static const struct uicc_ops ops = {
    .file = file,
    .aid = aid,
    .read = read_file,
    .write = write_file,
    .set_active = set_active,
    .proprietary = proprietary,
    .length = length,
    .set_length = set_length,
    .commit = commit,
    .rollback = rollback,
    .pin_slot = pin_slot,
    .pin_load = pin_load,
    .pin_store = pin_store,
    .pin_references = pin_references,
    .subscriber = subscriber,
    .sqn_load = sqn_load,
    .sqn_store = sqn_store,
    .ota_find = profile_ota_find,
    .ota_take = profile_ota_take,
    .ota_run = profile_ota_run,
    .ota_address = profile_ota_address,
    .intents = intents,
    .intents_n = ARRAY_LEN(intents),
    .other_select = other_select,
    .other_command = other_command,
    .other_deselected = other_deselected,
};

static enum xk_err new_card(struct flash *flash, uint32_t base, const struct xk_rand *rand,
                            const struct profile_host *host, struct profile_card **out)
{
    struct profile_card *c = calloc(1, sizeof *c);

    if (!c)
        return XK_E_NOMEM;
    c->flash = flash;
    c->base = base;
    c->host = *host;
    uicc_init(&c->uicc, &ops, rand);
    *out = c;
    return XK_OK;
}

enum xk_err profile_card_open(struct flash *flash, uint32_t base, const struct xk_rand *rand,
                              const struct profile_host *host, struct profile_card **out)
{
    struct profile_card *c;
    enum xk_err err;

    TRY(new_card(flash, base, rand, host, &c));
    err = read_files(c);
    if (err != XK_OK) {
        profile_card_close(c);
        return err;
    }
    *out = c;
    return XK_OK;
}

/* base 0: no objects; there is nothing but the MF. */
enum xk_err profile_card_open_empty(struct flash *flash, const struct xk_rand *rand,
                                    const struct profile_host *host, struct profile_card **out)
{
    struct profile_card *c;

    TRY(new_card(flash, 0, rand, host, &c));
    c->files = calloc(1, sizeof *c->files);
    if (!c->files) {
        profile_card_close(c);
        return XK_E_NOMEM;
    }
    c->head.files = 1;
    c->files[FILE_MF].file = (struct uicc_file){
        .fid = FID_MF, .descriptor = STRUCTURE_DF | DESCRIPTOR_SHAREABLE, .arr = 0x2F06};
    *out = c;
    return XK_OK;
}

void profile_card_close(struct profile_card *c)
{
    if (!c)
        return;
    uicc_fini(&c->uicc);
    free(c->files);
    free(c);
}

void profile_card_reset(struct profile_card *c)
{
    uicc_reset(&c->uicc);
}

enum xk_err profile_card_transmit(struct profile_card *c, struct bytes command, struct buf *out)
{
    return uicc_transmit(&c->uicc, command, out);
}
