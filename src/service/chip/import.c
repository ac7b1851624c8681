/* SPDX-License-Identifier: Apache-2.0 */
/* A file of chips: first every row is checked, then all are added, chips and seeds together. */
#include "service/chip/chip.h"

#include "base/map.h"
#include "service/chip/file.h"
#include "service/chip/rows.h"

struct import {
    struct store *store;
    struct keystore *ks;
    int64_t now;
    struct import_report *report;
    struct chip_file file;
    struct map cids, imsis, msisdns, iccids; /* seen in this file */
    struct chip_batch batch;                 /* of the rows at hand; count: those not counted yet */
    uint64_t seeds;
};

static void refuse(struct import *in, const char *field, enum import_reason why)
{
    import_refuse(in->report, in->file.row.line, field, why);
}

/* Checking. */

static enum xk_err note_seen(struct map *seen, const char *text, bool *is_new)
{
    struct bytes key = bytes_cstr(text);
    uintptr_t before;

    *is_new = key.n == 0 || !map_get(seen, key, &before);
    return *is_new && key.n > 0 ? map_put(seen, key, 1) : XK_OK;
}

/* Seeds may be shared by cards, unless each is to be a number of its own. */
static enum xk_err check_twice(struct import *in, const struct chip_line *line)
{
    struct {
        struct map *seen;
        const char *text;
        enum chip_column column;
    } rows[] = {{&in->cids, line->chip.cid, COLUMN_CID},
                {&in->imsis, line->seed.imsi, COLUMN_IMSI},
                {&in->msisdns, line->seed.msisdn, COLUMN_MSISDN},
                {&in->iccids, line->seed.iccid, COLUMN_ICCID}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_new;

        TRY(note_seen(rows[i].seen, rows[i].text, &is_new));
        if (!is_new) {
            refuse(in, chip_column_name(rows[i].column), IMPORT_TWICE_IN_FILE);
            return XK_OK;
        }
    }
    return XK_OK;
}

/* Adding. */

static enum xk_err flush_batch(struct import *in)
{
    if (in->batch.count == 0)
        return XK_OK;
    TRY(chip_batch_count(in->store, &in->batch));
    in->batch.count = 0;
    return XK_OK;
}

static bool is_of_batch(const struct chip_batch *b, const struct chip *c)
{
    return strcmp(b->batch_id, c->batch_id) == 0 && strcmp(b->vendor, c->vendor) == 0 &&
           b->grade == c->grade && b->form == c->form;
}

/* Counts the chip into its batch; *fits false: the batch is of another vendor, grade or form. */
static enum xk_err count_in(struct import *in, const struct chip *c, bool *fits)
{
    enum xk_err err = XK_OK;

    if (!is_of_batch(&in->batch, c)) {
        TRY(flush_batch(in));
        in->batch = (struct chip_batch){.grade = c->grade, .form = c->form, .created_at = in->now};
        memcpy(in->batch.batch_id, c->batch_id, sizeof in->batch.batch_id);
        memcpy(in->batch.vendor, c->vendor, sizeof in->batch.vendor);
        snprintf(in->batch.file_name, sizeof in->batch.file_name, "%s",
                 in->file.how->file_name ? in->file.how->file_name : "");
        err = chip_batch_count(in->store, &in->batch);
    }
    *fits = err == XK_OK;
    if (err == XK_E_STATE) {
        in->batch.batch_id[0] = '\0';
        return XK_OK;
    }
    if (err == XK_OK)
        in->batch.count++;
    return err;
}

static enum xk_err add_seed(struct import *in, const struct chip_line *line)
{
    struct number_clash clash = {0};

    if (!line->has_seed)
        return XK_OK;
    TRY(number_add_one(in->store, in->ks, &line->seed, &line->seed_keys, in->now, &clash));
    if (clash.field)
        refuse(in, clash.field, clash.why);
    in->seeds++;
    return XK_OK;
}

static enum xk_err add_row(struct import *in, const struct chip_line *line)
{
    const char *clash;
    bool fits;

    TRY(count_in(in, &line->chip, &fits));
    if (!fits) {
        refuse(in, "batch", IMPORT_BATCH_MIXED);
        return XK_OK;
    }
    TRY(chip_insert(in->store, in->ks, &line->chip, &line->keys, in->now, &clash));
    if (clash) {
        refuse(in, clash, IMPORT_EXISTS);
        return XK_OK;
    }
    return add_seed(in, line);
}

/* Both passes read each row and hand it to `take`. */
typedef enum xk_err take_fn(struct import *in, const struct chip_line *line);

static enum xk_err take_row(struct import *in, enum xk_err split, take_fn *take)
{
    struct chip_complaint c = {.field = "", .why = IMPORT_TOO_LONG};
    struct chip_line line;
    enum xk_err err = XK_OK;

    if (split == XK_E_FORMAT)
        c.why = IMPORT_QUOTES;
    if (split == XK_OK && chip_line_read(&in->file, &line, &c))
        err = take(in, &line);
    else
        refuse(in, c.field, c.why);
    explicit_bzero(&line, sizeof line);
    return err;
}

static enum xk_err walk(struct import *in, take_fn *take)
{
    struct csv at = in->file.first;
    enum xk_err err;

    in->report->lines = 0;
    while ((err = chip_file_next(&in->file, &at)) != XK_E_NOT_FOUND) {
        if (++in->report->lines > IMPORT_LINES_MAX)
            err = XK_E_LIMIT;
        TRY(take_row(in, err, take));
        if (in->report->lines > IMPORT_LINES_MAX)
            break;
    }
    return XK_OK;
}

static enum xk_err check_all(struct import *in)
{
    struct map *const maps[] = {&in->cids, &in->imsis, &in->msisdns, &in->iccids};
    uint64_t seed = (uint64_t)in->now ^ 0x9E3779B97F4A7C15u;
    enum xk_err err;

    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        map_init(maps[i], IMPORT_LINES_MAX + 1, seed);
    err = walk(in, check_twice);
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        map_fini(maps[i]);
    return err;
}

static enum xk_err import_file(struct import *in, struct bytes file, const struct chip_import *how)
{
    struct import_report *report = in->report;

    chip_file_open(&in->file, how, file, report);
    if (report->bad > 0)
        return XK_E_FORMAT;
    TRY(check_all(in));
    if (report->lines == 0)
        import_refuse(report, 0, "", IMPORT_MISSING);
    else if (in->file.quantity_line && in->file.quantity != report->lines)
        import_refuse(report, in->file.quantity_line, "Quantity", IMPORT_COUNT);
    if (report->bad > 0)
        return XK_E_FORMAT;
    TRY(walk(in, add_row));
    if (report->bad > 0)
        return XK_E_FORMAT;
    TRY(flush_batch(in));
    if (in->seeds > 0)
        TRY(number_count_added(in->store, how->seed_pool, NUMBER_IN_USE, in->seeds));
    report->imported = report->lines;
    return XK_OK;
}

enum xk_err chip_import_file(struct store *s, struct keystore *ks, const struct chip_import *how,
                             struct bytes file, int64_t now, struct import_report *report)
{
    struct import *in;
    struct pool pool;
    enum xk_err err;

    *report = (struct import_report){0};
    if (file.n > IMPORT_FILE_MAX)
        return XK_E_LIMIT;
    if (how->seed_pool) {
        TRY(pool_get(s, how->seed_pool, &pool));
        if (pool.purpose != NUMBER_SEED)
            return XK_E_STATE;
    }
    in = calloc(1, sizeof *in);
    if (!in)
        return XK_E_NOMEM;
    in->store = s;
    in->ks = ks;
    in->now = now;
    in->report = report;
    err = import_file(in, file, how);
    explicit_bzero(in, sizeof *in);
    free(in);
    return err;
}
