/* SPDX-License-Identifier: Apache-2.0 */
/* A built profile becomes objects of the flash. */
#include "card/euicc/profile_build.h"

#define RECORDS_MAX ((size_t)1 << 20)

static void put_files(const struct profile_builder *b, struct buf *out)
{
    put_head(&b->head, out);
    for (unsigned i = 0; i < b->head.files; i++)
        put_file(&b->files[i], out);
}

static void put_keys(const struct profile_builder *b, struct buf *out)
{
    for (unsigned i = 0; i < b->head.shares; i++) {
        buf_put_u16(out, b->shares[i].df);
        buf_put_u16(out, b->shares[i].of);
    }
    for (unsigned i = 0; i < b->head.pins; i++)
        put_pin(&b->pins[i], out);
    for (unsigned i = 0; i < b->head.apps; i++)
        put_app(&b->apps[i], out);
}

static void put_ota(const struct profile_builder *b, struct buf *out)
{
    put_ota_head(&b->ota, out);
    for (unsigned i = 0; i < b->ota.sets; i++)
        put_ota_set(&b->sets[i], out);
    for (unsigned i = 0; i < b->ota.receivers; i++)
        put_ota_receiver(&b->receivers[i], out);
}

static enum xk_err store_part(struct flash *flash, uint32_t id, const struct buf *part)
{
    TRY(buf_ok(part));
    return flash_put(flash, id, buf_bytes(part));
}

static enum xk_err store_all(const struct profile_builder *b, struct flash *flash, uint32_t base)
{
    struct buf part;
    enum xk_err err;

    buf_init(&part, RECORDS_MAX);
    put_files(b, &part);
    err = store_part(flash, base + PART_FILES, &part);
    buf_reset(&part);
    if (err == XK_OK) {
        put_keys(b, &part);
        err = store_part(flash, base + PART_KEYS, &part);
    }
    buf_wipe(&part);
    if (err == XK_OK) {
        put_ota(b, &part);
        err = store_part(flash, base + PART_OTA, &part);
    }
    buf_wipe(&part);
    buf_fini(&part);
    TRY(err);
    TRY(store_part(flash, base + PART_CONTENTS, &b->contents));
    return store_part(flash, base + PART_OTHERS, &b->others);
}

enum xk_err profile_builder_finish(struct profile_builder *b, struct flash *flash, uint32_t base)
{
    enum xk_err err;

    if (b->verdict != PROFILE_WHOLE)
        return XK_E_STATE;
    err = store_all(b, flash, base);
    if (err == XK_E_LIMIT)
        TRY(build_refuse(b, RSP_PE_NOT_ENOUGH_MEMORY, NULL, NULL));
    return err;
}

bool profile_is_stored(const struct flash *flash, uint32_t base)
{
    return flash_has(flash, base + PART_FILES);
}

uint32_t profile_stored_size(const struct flash *flash, uint32_t base)
{
    return flash_used_by(flash, base, base + PROFILE_OBJECTS - 1);
}

enum xk_err profile_erase(struct flash *flash, uint32_t base)
{
    if (!profile_is_stored(flash, base))
        return XK_E_NOT_FOUND;
    return flash_delete_range(flash, base, base + PROFILE_OBJECTS - 1);
}
