/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_flip_card.h"

#include "card/euicc/state.h"
#include "rsp_flip.h"
#include "xt.h"

#define RETRY_EVERY 97 /* after each so many changes: the right message is taken */
#define SNAPSHOT_MAX ((size_t)64 << 10)

/* ---- What the memory holds ---- */

/* Objects but for notifications and their counter. */
static void digest(const struct bench *b, uint8_t out[HASH_LEN])
{
    struct flash_memory *copy = flash_memory_copy(b->memory);
    struct flash_port port = flash_memory_port(copy);
    struct flash *flash;
    struct bytes object;
    struct buf all;

    buf_init(&all, SNAPSHOT_MAX);
    if (flash_open(&port, &flash) != XK_OK)
        abort();
    for (uint32_t id = 0; flash_next(flash, &id, OBJECT_NOTIFICATION - 1, &object); id++) {
        if (id == OBJECT_SEQUENCE)
            continue;
        buf_put_u32(&all, id);
        buf_put_u32(&all, (uint32_t)object.n);
        buf_put_bytes(&all, object);
    }
    if (buf_ok(&all) != XK_OK || hash_digest(HASH_SHA256, buf_bytes(&all), out) != XK_OK)
        abort();
    buf_fini(&all);
    flash_close(flash);
    flash_memory_free(copy);
}

bool flip_as_before(const struct flip *f)
{
    uint8_t now[HASH_LEN];

    digest(&f->b, now);
    return memcmp(now, f->before, sizeof now) == 0;
}

/* ---- Changing all of them ---- */

static const struct flip_part *part_of(const struct flip_part *parts, size_t n, const uint8_t *at)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (at >= parts[i].span.p && at < parts[i].span.p + parts[i].span.n)
            return &parts[i];
    }
    return &parts[n - 1];
}

static size_t make(struct flip *f, struct flip_part parts[FLIP_PARTS_MAX])
{
    size_t n;

    buf_reset(&f->message);
    if (f->m->begin)
        f->m->begin(f);
    n = f->m->make(f, parts);
    f->steps = flash_memory_steps(f->b.memory);
    return n;
}

static void right_is_taken(struct flip *f)
{
    struct flip_part parts[FLIP_PARTS_MAX];

    make(f, parts);
    CHECK_STR(f->m->send(f, buf_bytes(&f->message)), "ok");
}

/* One change of one byte. */
static void flip_one(struct flip *f, size_t i, uint8_t mask)
{
    struct flip_part parts[FLIP_PARTS_MAX];
    size_t n = make(f, parts);
    const struct flip_part *part = part_of(parts, n, f->message.p + i);
    const char *said, *wrong = NULL;

    f->message.p[i] ^= mask;
    said = f->m->send(f, buf_bytes(&f->message));
    if (strcmp(said, "ok") != 0)
        wrong = f->m->after(f, said);
    if (!flip_among(part->answers, said))
        wrong = "another answer";
    if (!wrong)
        return;
    xt_fail(__FILE__, __LINE__, wrong);
    printf("# byte %zu of %zu ^ %02X, %s: %s, not %s\n", i, f->message.n, mask, part->name, said,
           part->answers);
}

void flip_all(struct flip *f, const struct flip_message *m, enum flip_thorough thorough)
{
    struct flip_part parts[FLIP_PARTS_MAX];
    size_t length;

    f->m = m;
    make(f, parts);
    length = f->message.n;
    digest(&f->b, f->before);
    for (size_t i = 0; i < length; i++) {
        for (size_t k = 0; k < ARRAY_LEN(flip_masks); k++) {
            if (thorough == FLIP_ALL_MASKS || i % ARRAY_LEN(flip_masks) == k)
                flip_one(f, i, flip_masks[k]);
        }
        if (i % RETRY_EVERY == 0 && m->retry == RETRY_OFTEN)
            right_is_taken(f);
    }
    right_is_taken(f);
}

void flip_init(struct flip *f, enum ec_curve curve)
{
    *f = (struct flip){.n_pieces = 0};
    bench_init(&f->b, curve);
    bench_open(&f->b);
    buf_init(&f->message, BENCH_SIZE);
}

void flip_fini(struct flip *f)
{
    buf_fini(&f->message);
    bench_fini(&f->b);
}

/* ---- Answers ---- */

const char *flip_sw(uint16_t sw)
{
    static char text[8];

    snprintf(text, sizeof text, "%04X", sw);
    return text;
}

const char *flip_answer(const struct flip *f, enum rsp_code_table table, uint32_t error)
{
    if (error == 0)
        return "ok";
    return error == UINT32_MAX ? flip_sw(f->b.sw) : rsp_code_name(table, error);
}

/* Not a byte has been written, and only asking goes on. */
const char *flip_nothing_written(struct flip *f, const char *said)
{
    (void)said;
    return flash_memory_steps(f->b.memory) == f->steps ? NULL : "memory written";
}
