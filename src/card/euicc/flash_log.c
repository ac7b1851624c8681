/* SPDX-License-Identifier: Apache-2.0 */
#include "card/euicc/flash_log.h"
#include "crypto/hash.h"

#define MAGIC "xkflash1"
#define MAGIC_LEN 8
#define HEAD_LEN (MAGIC_LEN + 4 + FLASH_CHECK_LEN)
#define RECORD_COST (4 + FLASH_CHECK_LEN)
#define CREATE_LEN 9
#define WRITE_COST 13
#define CHUNK ((size_t)1 << 16)
#define SLACK (1u << 16) /* a log is not written anew for less */
#define LOG_MAX (4 * (size_t)FLASH_CAPACITY_MAX)

/* Puts the check behind `from`..end of b, chained to the one before. */
static enum xk_err put_check(struct buf *b, size_t from, uint8_t check[FLASH_CHECK_LEN])
{
    uint8_t digest[HASH_LEN];
    struct buf covered;
    enum xk_err err;

    TRY(buf_ok(b));
    buf_init(&covered, FLASH_CHECK_LEN + b->n - from);
    buf_put(&covered, check, FLASH_CHECK_LEN);
    buf_put(&covered, b->p + from, b->n - from);
    err = buf_ok(&covered);
    if (err == XK_OK)
        err = hash_digest(HASH_SHA256, buf_bytes(&covered), digest);
    buf_wipe(&covered);
    buf_fini(&covered);
    TRY(err);
    memcpy(check, digest, FLASH_CHECK_LEN);
    buf_put(b, check, FLASH_CHECK_LEN);
    return buf_ok(b);
}

static enum xk_err put_head(struct flash *f, struct buf *b)
{
    memset(f->check, 0, sizeof f->check);
    buf_put_str(b, MAGIC);
    buf_put_u32(b, f->capacity);
    return put_check(b, 0, f->check);
}

static enum xk_err put_object(struct flash *f, const struct flash_object *o, struct buf *b)
{
    size_t from = b->n;
    uint32_t n = o->now.size;

    buf_put_u32(b, n > 0 ? CREATE_LEN + WRITE_COST + n : CREATE_LEN);
    buf_put_u8(b, FLASH_OP_CREATE);
    buf_put_u32(b, o->id);
    buf_put_u32(b, n);
    if (n > 0) {
        buf_put_u8(b, FLASH_OP_WRITE);
        buf_put_u32(b, o->id);
        buf_put_u32(b, 0);
        buf_put_u32(b, n);
        buf_put(b, o->now.p, n);
    }
    return put_check(b, from, f->check);
}

static enum xk_err flush(struct flash *f, struct buf *b, uint64_t *size)
{
    enum xk_err err = f->port->append(f->port->ctx, buf_bytes(b));

    *size += b->n;
    buf_wipe(b);
    return err;
}

static enum xk_err write_all(struct flash *f, struct buf *b, uint64_t *size)
{
    TRY(f->port->begin(f->port->ctx));
    TRY(put_head(f, b));
    for (size_t i = 0; i < f->n; i++) {
        if (!f->objects[i].now.alive)
            continue;
        TRY(put_object(f, &f->objects[i], b));
        if (b->n >= CHUNK)
            TRY(flush(f, b, size));
    }
    TRY(flush(f, b, size));
    TRY(f->port->sync(f->port->ctx));
    return f->port->replace(f->port->ctx);
}

enum xk_err flash_log_write_new(struct flash *f)
{
    uint64_t size = 0;
    struct buf b;
    enum xk_err err;

    buf_init(&b, LOG_MAX);
    err = write_all(f, &b, &size);
    buf_wipe(&b);
    buf_fini(&b);
    f->broken = err != XK_OK;
    if (err == XK_OK) {
        f->log_size = size;
        f->torn = false;
    }
    return err;
}

static enum xk_err append_record(struct flash *f, struct buf *b)
{
    buf_put_u32(b, (uint32_t)f->redo.n);
    buf_put_bytes(b, buf_bytes(&f->redo));
    TRY(put_check(b, 0, f->check));
    TRY(f->port->append(f->port->ctx, buf_bytes(b)));
    return f->port->sync(f->port->ctx);
}

enum xk_err flash_log_append(struct flash *f)
{
    struct buf b;
    enum xk_err err;

    buf_init(&b, f->redo.n + RECORD_COST);
    err = append_record(f, &b);
    f->log_size += b.n;
    f->broken = err != XK_OK;
    buf_wipe(&b);
    buf_fini(&b);
    return err;
}

bool flash_log_is_worn(const struct flash *f)
{
    uint64_t live =
        HEAD_LEN + (uint64_t)f->used + f->n * (uint64_t)(RECORD_COST + CREATE_LEN + WRITE_COST);

    return f->torn || f->log_size + f->redo.n > 2 * live + SLACK;
}

/* Opening */

static enum xk_err read_log(struct flash *f, struct buf *b)
{
    size_t got = CHUNK;

    while (got == CHUNK) {
        uint8_t *room = buf_reserve(b, CHUNK);

        if (!room)
            return buf_ok(b);
        TRY(f->port->read(f->port->ctx, b->n, room, CHUNK, &got));
        b->n += got;
    }
    return XK_OK;
}

/* Is the check behind the first n bytes right? Then it is the one to go on from. */
static enum xk_err take_check(struct flash *f, struct bytes covered, struct bytes check,
                              bool *right)
{
    uint8_t next[FLASH_CHECK_LEN];
    struct buf b;
    enum xk_err err;

    memcpy(next, f->check, sizeof next);
    buf_init(&b, covered.n + FLASH_CHECK_LEN);
    buf_put_bytes(&b, covered);
    err = put_check(&b, 0, next);
    buf_wipe(&b);
    buf_fini(&b);
    TRY(err);
    *right = bytes_eq(BYTES_OF(next), check);
    if (*right)
        memcpy(f->check, next, sizeof next);
    return XK_OK;
}

static enum xk_err replay_head(struct flash *f, struct cur *c)
{
    struct bytes covered = {c->p, HEAD_LEN - FLASH_CHECK_LEN};
    struct bytes magic = cur_take(c, MAGIC_LEN);
    uint32_t capacity = cur_u32(c);
    struct bytes check = cur_take(c, FLASH_CHECK_LEN);
    bool right;

    if (c->bad || !bytes_eq(magic, BYTES_STR(MAGIC)))
        return XK_E_FORMAT;
    memset(f->check, 0, sizeof f->check);
    TRY(take_check(f, covered, check, &right));
    if (!right || capacity > FLASH_CAPACITY_MAX)
        return XK_E_FORMAT;
    f->capacity = capacity;
    return XK_OK;
}

static enum xk_err replay_record(struct flash *f, struct cur *c, bool *whole)
{
    const uint8_t *start = c->p;
    struct cur operations = cur_of(cur_take(c, cur_u32(c)));
    struct bytes covered = {start, operations.n + 4};
    struct bytes check = cur_take(c, FLASH_CHECK_LEN);

    *whole = false;
    if (c->bad)
        return XK_OK;
    TRY(take_check(f, covered, check, whole));
    while (*whole && operations.n > 0)
        TRY(flash_apply(f, &operations));
    return XK_OK;
}

static enum xk_err replay(struct flash *f, struct bytes log)
{
    struct cur c = cur_of(log);
    bool whole = true;
    size_t left;

    TRY(replay_head(f, &c));
    left = c.n;
    while (whole && c.n > 0) {
        TRY(replay_record(f, &c, &whole));
        if (whole)
            left = c.n;
        flash_settle(f);
    }
    f->torn = !whole;
    f->log_size = log.n - (whole ? 0 : left);
    return XK_OK;
}

enum xk_err flash_log_replay(struct flash *f)
{
    struct buf b;
    enum xk_err err;

    buf_init(&b, LOG_MAX);
    err = read_log(f, &b);
    if (err == XK_OK)
        err = replay(f, buf_bytes(&b));
    buf_wipe(&b);
    buf_fini(&b);
    f->broken = err != XK_OK;
    return err;
}
