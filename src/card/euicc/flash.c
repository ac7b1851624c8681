/* SPDX-License-Identifier: Apache-2.0 */
#include "card/euicc/flash.h"
#include "card/euicc/flash_log.h"

#define GROW_OBJECTS 64

static void drop_version(struct flash_version *v)
{
    if (v->p)
        explicit_bzero(v->p, v->size);
    free(v->p);
    *v = (struct flash_version){0};
}

/* The place of the first object with this number or a higher one. */
static size_t place_of(const struct flash *f, uint32_t id)
{
    size_t low = 0, high = f->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (f->objects[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct flash_object *find(const struct flash *f, uint32_t id)
{
    size_t i = place_of(f, id);

    return i < f->n && f->objects[i].id == id ? &f->objects[i] : NULL;
}

static struct flash_object *find_alive(const struct flash *f, uint32_t id)
{
    struct flash_object *o = find(f, id);

    return o && o->now.alive ? o : NULL;
}

static enum xk_err insert(struct flash *f, uint32_t id, struct flash_object **out)
{
    size_t at = place_of(f, id);

    if (f->n == FLASH_OBJECTS_MAX)
        return XK_E_LIMIT;
    if (f->n == f->cap) {
        size_t cap = f->cap + f->cap / 2 + GROW_OBJECTS;
        void *p = realloc(f->objects, cap * sizeof *f->objects);

        if (!p)
            return XK_E_NOMEM;
        f->objects = p;
        f->cap = cap;
    }
    memmove(f->objects + at + 1, f->objects + at, (f->n - at) * sizeof *f->objects);
    f->objects[at] = (struct flash_object){.id = id};
    f->n++;
    *out = &f->objects[at];
    return XK_OK;
}

/* Room for n bytes; one byte at least, so that the pointer is never NULL. */
static uint8_t *new_bytes(uint32_t n)
{
    return calloc(1, n > 0 ? n : 1);
}

/* Keeps what the object was before this transaction. The object then has its own bytes. */
static enum xk_err touch(struct flash_object *o)
{
    uint8_t *copy;

    if (o->touched)
        return XK_OK;
    if (o->now.alive) {
        copy = new_bytes(o->now.size);
        if (!copy)
            return XK_E_NOMEM;
        memcpy(copy, o->now.p, o->now.size);
        o->old = o->now;
        o->now.p = copy;
    }
    o->touched = true;
    return XK_OK;
}

static bool fits(const struct flash *f, uint64_t more)
{
    return f->used + more <= f->capacity;
}

/* The operations: on the objects only */

static enum xk_err do_create(struct flash *f, uint32_t id, uint32_t size)
{
    struct flash_object *o = find(f, id);
    uint8_t *p;

    if (o && o->now.alive)
        return XK_E_EXISTS;
    if (!fits(f, (uint64_t)size + FLASH_OBJECT_COST))
        return XK_E_LIMIT;
    p = new_bytes(size);
    if (!p)
        return XK_E_NOMEM;
    if (!o) {
        enum xk_err err = insert(f, id, &o);

        if (err != XK_OK) {
            free(p);
            return err;
        }
        o->touched = true;
    }
    o->now = (struct flash_version){p, size, true};
    f->used += size + FLASH_OBJECT_COST;
    return XK_OK;
}

static enum xk_err do_resize(struct flash *f, struct flash_object *o, uint32_t size)
{
    uint8_t *p;

    if (size > o->now.size && !fits(f, size - o->now.size))
        return XK_E_LIMIT;
    TRY(touch(o));
    p = new_bytes(size);
    if (!p)
        return XK_E_NOMEM;
    memcpy(p, o->now.p, size < o->now.size ? size : o->now.size);
    f->used += size - o->now.size; /* modulo 2^32, as meant */
    drop_version(&o->now);
    o->now = (struct flash_version){p, size, true};
    return XK_OK;
}

static enum xk_err do_delete(struct flash *f, struct flash_object *o)
{
    f->used -= o->now.size + FLASH_OBJECT_COST;
    if (!o->touched)
        o->old = o->now;
    else
        drop_version(&o->now);
    o->now = (struct flash_version){0};
    o->touched = true;
    return XK_OK;
}

static enum xk_err do_write(struct flash_object *o, uint32_t at, struct bytes data)
{
    TRY(touch(o));
    memcpy(o->now.p + at, data.p, data.n);
    return XK_OK;
}

static bool in_range(const struct flash_object *o, uint32_t at, size_t n)
{
    return at <= o->now.size && n <= o->now.size - at;
}

enum xk_err flash_apply(struct flash *f, struct cur *c)
{
    uint8_t operation = cur_u8(c);
    uint32_t id = cur_u32(c);
    struct flash_object *o = find_alive(f, id);
    uint32_t value = operation == FLASH_OP_DELETE ? 0 : cur_u32(c);
    struct bytes data = operation == FLASH_OP_WRITE ? cur_take(c, cur_u32(c)) : BYTES_NONE;

    if (c->bad || (!o && operation != FLASH_OP_CREATE))
        return XK_E_FORMAT;
    switch (operation) {
    case FLASH_OP_CREATE:
        return do_create(f, id, value);
    case FLASH_OP_RESIZE:
        return do_resize(f, o, value);
    case FLASH_OP_DELETE:
        return do_delete(f, o);
    case FLASH_OP_WRITE:
        return data.n > 0 && in_range(o, value, data.n) ? do_write(o, value, data) : XK_E_FORMAT;
    default:
        return XK_E_FORMAT;
    }
}

void flash_settle(struct flash *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->n; i++) {
        struct flash_object *o = &f->objects[i];

        if (o->touched)
            drop_version(&o->old);
        o->touched = false;
        if (o->now.alive)
            f->objects[kept++] = *o;
    }
    f->n = kept;
    buf_wipe(&f->redo);
}

void flash_forget(struct flash *f)
{
    for (size_t i = 0; i < f->n; i++) {
        drop_version(&f->objects[i].now);
        drop_version(&f->objects[i].old);
    }
    f->n = 0;
    f->used = 0;
    buf_wipe(&f->redo);
}

/* Life */

static struct flash *flash_alloc(const struct flash_port *port)
{
    struct flash *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->port = port;
    buf_init(&f->redo, 2 * (size_t)FLASH_CAPACITY_MAX);
    return f;
}

static enum xk_err hand_over(struct flash *f, enum xk_err err, struct flash **out)
{
    if (err == XK_OK)
        *out = f;
    else
        flash_close(f);
    return err;
}

enum xk_err flash_format(const struct flash_port *port, uint32_t capacity, struct flash **out)
{
    struct flash *f;

    if (capacity > FLASH_CAPACITY_MAX)
        return XK_E_LIMIT;
    f = flash_alloc(port);
    if (!f)
        return XK_E_NOMEM;
    f->capacity = capacity;
    return hand_over(f, flash_log_write_new(f), out);
}

enum xk_err flash_open(const struct flash_port *port, struct flash **out)
{
    struct flash *f = flash_alloc(port);

    if (!f)
        return XK_E_NOMEM;
    return hand_over(f, flash_log_replay(f), out);
}

void flash_close(struct flash *f)
{
    if (!f)
        return;
    flash_forget(f);
    buf_fini(&f->redo);
    free(f->objects);
    free(f);
}

enum xk_err flash_recover(struct flash *f)
{
    flash_forget(f);
    return flash_log_replay(f);
}

/* Reading */

enum xk_err flash_get(const struct flash *f, uint32_t id, struct bytes *out)
{
    const struct flash_object *o = find_alive(f, id);

    if (!o)
        return XK_E_NOT_FOUND;
    *out = BYTES(o->now.p, o->now.size);
    return XK_OK;
}

bool flash_has(const struct flash *f, uint32_t id)
{
    return find_alive(f, id) != NULL;
}

enum xk_err flash_read(const struct flash *f, uint32_t id, uint32_t at, uint8_t *out, size_t n)
{
    const struct flash_object *o = find_alive(f, id);

    if (!o)
        return XK_E_NOT_FOUND;
    if (!in_range(o, at, n))
        return XK_E_VALUE;
    if (n > 0)
        memcpy(out, o->now.p + at, n);
    return XK_OK;
}

bool flash_next(const struct flash *f, uint32_t *id, uint32_t last, struct bytes *out)
{
    for (size_t i = place_of(f, *id); i < f->n && f->objects[i].id <= last; i++) {
        const struct flash_object *o = &f->objects[i];

        if (!o->now.alive)
            continue;
        *id = o->id;
        *out = BYTES(o->now.p, o->now.size);
        return true;
    }
    return false;
}

/* Changing: first the note of it, then the objects, so that they never know more than the note. */

static void note(struct flash *f, enum flash_operation operation, uint32_t id)
{
    buf_put_u8(&f->redo, (uint8_t)operation);
    buf_put_u32(&f->redo, id);
}

/* The note is taken back when the change could not be made. */
static enum xk_err keep_note(struct flash *f, size_t before, enum xk_err err)
{
    if (err != XK_OK)
        f->redo.n = before;
    return err;
}

enum xk_err flash_create(struct flash *f, uint32_t id, uint32_t size)
{
    size_t before = f->redo.n;

    note(f, FLASH_OP_CREATE, id);
    buf_put_u32(&f->redo, size);
    TRY(buf_ok(&f->redo));
    return keep_note(f, before, do_create(f, id, size));
}

enum xk_err flash_resize(struct flash *f, uint32_t id, uint32_t size)
{
    struct flash_object *o = find_alive(f, id);
    size_t before = f->redo.n;

    if (!o)
        return XK_E_NOT_FOUND;
    if (o->now.size == size)
        return XK_OK;
    note(f, FLASH_OP_RESIZE, id);
    buf_put_u32(&f->redo, size);
    TRY(buf_ok(&f->redo));
    return keep_note(f, before, do_resize(f, o, size));
}

enum xk_err flash_delete(struct flash *f, uint32_t id)
{
    struct flash_object *o = find_alive(f, id);
    size_t before = f->redo.n;

    if (!o)
        return XK_E_NOT_FOUND;
    note(f, FLASH_OP_DELETE, id);
    TRY(buf_ok(&f->redo));
    return keep_note(f, before, do_delete(f, o));
}

enum xk_err flash_write(struct flash *f, uint32_t id, uint32_t at, struct bytes data)
{
    struct flash_object *o = find_alive(f, id);
    size_t before = f->redo.n;

    if (!o)
        return XK_E_NOT_FOUND;
    if (!in_range(o, at, data.n))
        return XK_E_VALUE;
    if (data.n == 0 || memcmp(o->now.p + at, data.p, data.n) == 0)
        return XK_OK;
    note(f, FLASH_OP_WRITE, id);
    buf_put_u32(&f->redo, at);
    buf_put_u32(&f->redo, (uint32_t)data.n);
    buf_put_bytes(&f->redo, data);
    TRY(buf_ok(&f->redo));
    return keep_note(f, before, do_write(o, at, data));
}

enum xk_err flash_put(struct flash *f, uint32_t id, struct bytes data)
{
    if (data.n > FLASH_CAPACITY_MAX)
        return XK_E_LIMIT;
    if (flash_has(f, id))
        TRY(flash_resize(f, id, (uint32_t)data.n));
    else
        TRY(flash_create(f, id, (uint32_t)data.n));
    return flash_write(f, id, 0, data);
}

enum xk_err flash_delete_range(struct flash *f, uint32_t first, uint32_t last)
{
    struct bytes b;

    for (uint32_t id = first; flash_next(f, &id, last, &b);)
        TRY(flash_delete(f, id));
    return XK_OK;
}

/* The transaction */

bool flash_changed(const struct flash *f)
{
    return f->redo.n > 0;
}

void flash_rollback(struct flash *f)
{
    size_t kept = 0;

    if (!flash_changed(f) && f->redo.err == XK_OK)
        return;
    for (size_t i = 0; i < f->n; i++) {
        struct flash_object *o = &f->objects[i];

        if (o->touched) {
            f->used -= o->now.alive ? o->now.size + FLASH_OBJECT_COST : 0;
            f->used += o->old.alive ? o->old.size + FLASH_OBJECT_COST : 0;
            drop_version(&o->now);
            o->now = o->old;
            o->old = (struct flash_version){0};
        }
        o->touched = false;
        if (o->now.alive)
            f->objects[kept++] = *o;
    }
    f->n = kept;
    buf_wipe(&f->redo);
}

enum xk_err flash_commit(struct flash *f)
{
    enum xk_err err = buf_ok(&f->redo);

    if (f->broken)
        return XK_E_CLOSED;
    if (err == XK_OK && !flash_changed(f))
        return XK_OK;
    if (err == XK_OK)
        err = flash_log_is_worn(f) ? flash_log_write_new(f) : flash_log_append(f);
    if (err == XK_OK)
        flash_settle(f);
    return err;
}

uint32_t flash_capacity(const struct flash *f)
{
    return f->capacity;
}

uint32_t flash_used(const struct flash *f)
{
    return f->used;
}

uint32_t flash_used_by(const struct flash *f, uint32_t first, uint32_t last)
{
    uint32_t used = 0;

    for (size_t i = place_of(f, first); i < f->n && f->objects[i].id <= last; i++)
        if (f->objects[i].now.alive)
            used += f->objects[i].now.size + FLASH_OBJECT_COST;
    return used;
}

size_t flash_bytes(const struct flash *f)
{
    size_t n = sizeof *f + f->cap * sizeof *f->objects + f->redo.cap;

    for (size_t i = 0; i < f->n; i++)
        n += (size_t)f->objects[i].now.size + f->objects[i].old.size;
    return n;
}
