/* SPDX-License-Identifier: Apache-2.0 */
/* Making room: a template may leave a file to its defaults, or give its contents in pieces. Here
 * each file of place.def gets all of its contents, descriptor and all else as they were. */
#include "codec/der/der.h"
#include "codec/saip/personalise_inside.h"
#include "codec/saip/schema.h"

#define ROOM_MAX 16 /* files of place.def in one element */
#define FILES_MEMORY ((size_t)4 << 20)
#define TAG_FILL_CONTENT 0x83

static const struct {
    enum saip_type type;
    uint32_t tag;
} places[] = {
#define PLACE(position, type, file, put) {SAIP_##type, SAIP_TAG_##type##_##file},
#include "codec/saip/place.def"
};

/* A file of the element at hand, with its contents. */
struct room {
    uint32_t tag;
    struct bytes steps, content;
    bool done;
};

static bool is_place(enum saip_type type, uint32_t tag)
{
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (places[i].type == type && places[i].tag == tag)
            return true;
    }
    return false;
}

static bool wants_room(const struct saip_pe *pe, const struct saip_node *node)
{
    return !node->generic && node->act == SAIP_CREATE && !node->link && node->content.n > 0 &&
           node->tag != 0 && is_place(pe->type, node->tag);
}

/* XK_E_FORMAT: a file that cannot be put together. */
static enum xk_err find_rooms(struct saip_walk *walk, const struct saip_pe *pe, struct arena *arena,
                              struct room *rooms, size_t *n)
{
    struct saip_fault fault;
    struct saip_node node;
    enum xk_err err;

    *n = 0;
    err = saip_walk_pe(walk, pe);
    if (err != XK_OK)
        return err == XK_E_NOMEM ? err : XK_E_FORMAT;
    while ((err = saip_walk_next(walk, arena, &node, &fault)) == XK_OK) {
        if (!wants_room(pe, &node))
            continue;
        if (*n == ROOM_MAX)
            return XK_E_LIMIT;
        rooms[(*n)++] = (struct room){.tag = node.tag,
                                      .steps = node.named ? node.steps : BYTES_NONE,
                                      .content = node.content};
    }
    return err == XK_E_NOT_FOUND ? XK_OK : err == XK_E_NOMEM ? err : XK_E_FORMAT;
}

/* The descriptor as it stands, then the whole contents. */
static enum xk_err put_room(struct room *room, struct buf *out)
{
    struct cur c = cur_of(room->steps);
    size_t at = der_begin(out, room->tag);
    struct saip_step step;

    room->done = true;
    while (c.n > 0) {
        TRY(saip_next_step(&c, &step));
        if (step.kind == SAIP_DESCRIPTOR)
            buf_put_bytes(out, step.raw);
    }
    der_put(out, TAG_FILL_CONTENT, room->content);
    der_close(out, at);
    return buf_ok(out);
}

/* Where a member stands in its structure; unknown ones (of a later edition) behind all. */
static ptrdiff_t rank(enum saip_structure s, uint32_t tag)
{
    const struct saip_member *m = saip_member_of_tag(s, tag);

    return m ? m - saip_members(s) : PTRDIFF_MAX;
}

/* Files that stand in the template only, in their place in the order of the schema. */
static enum xk_err put_missing(enum saip_structure s, ptrdiff_t before, struct room *rooms,
                               size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (!rooms[i].done && rank(s, rooms[i].tag) < before)
            TRY(put_room(&rooms[i], out));
    }
    return XK_OK;
}

static struct room *room_of(struct room *rooms, size_t n, uint32_t tag)
{
    for (size_t i = 0; i < n; i++) {
        if (rooms[i].tag == tag)
            return &rooms[i];
    }
    return NULL;
}

static enum xk_err put_element(const struct saip_pe *pe, struct room *rooms, size_t n,
                               struct buf *out)
{
    enum saip_structure s = saip_structure_of(pe->type);
    struct der members = der_of(pe->value);
    size_t at = der_begin(out, pe->tag);

    while (der_more(&members)) {
        uint32_t tag = der_peek(&members);
        struct bytes raw = der_take_raw(&members, tag);
        struct room *room = room_of(rooms, n, tag);

        TRY(der_ok(&members));
        TRY(put_missing(s, rank(s, tag), rooms, n, out));
        if (room)
            TRY(put_room(room, out));
        else
            buf_put_bytes(out, raw);
    }
    TRY(put_missing(s, PTRDIFF_MAX, rooms, n, out));
    der_close(out, at);
    return buf_ok(out);
}

static enum xk_err spread_all(struct bytes upp, struct arena *arena, struct buf *out)
{
    struct room rooms[ROOM_MAX];
    struct cur c = cur_of(upp);
    struct saip_walk walk;
    struct saip_pe pe;
    size_t n;

    saip_walk_init(&walk);
    while (c.n > 0) {
        if (saip_next(&c, &pe) != XK_OK)
            return XK_E_FORMAT;
        TRY(find_rooms(&walk, &pe, arena, rooms, &n));
        if (n > 0)
            TRY(put_element(&pe, rooms, n, out));
        else
            buf_put_bytes(out, pe.raw);
    }
    return buf_ok(out);
}

enum xk_err plan_spread(struct bytes upp, struct buf *out)
{
    struct arena arena;
    enum xk_err err;

    arena_init(&arena, FILES_MEMORY);
    err = spread_all(upp, &arena, out);
    arena_fini(&arena);
    return err;
}
