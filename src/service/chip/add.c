/* SPDX-License-Identifier: Apache-2.0 */
/* Chips and their batches come in. */
#include "service/chip/chip.h"

#include "codec/rsp/eid.h"
#include "model/ident.h"
#include "model/org.h"
#include "service/chip/rows.h"

#define BATCH_COLUMNS "batch_id, vendor, grade, form, file_name, count, created_at"

static const struct store_query q_insert = {
    "chip.insert",
    "INSERT INTO chip (cid, batch_id, vendor, grade, form, state, seed_iccid, seed_imsi,"
    " seed_msisdn, imsi, msisdn, iccid, suite, keyset, kic_alg, kid_alg, keys, down_counter,"
    " up_counter, task_id, imei, cos, wear_left, radio, created_at, updated_at, org_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
    " $19, $20, $21, $22, $23, $24, $25, $26, $27) ON CONFLICT DO NOTHING"};
static const struct store_query q_batch_get = {"chip.batch_get",
                                               "SELECT " BATCH_COLUMNS " FROM chip_batch"
                                               " WHERE batch_id = $1"};
static const struct store_query q_batch_list = {"chip.batch_list",
                                                "SELECT " BATCH_COLUMNS " FROM chip_batch"
                                                " WHERE batch_id > $1 ORDER BY batch_id LIMIT $2"};
static const struct store_query q_batch_new = {
    "chip.batch_new", "INSERT INTO chip_batch (" BATCH_COLUMNS ")"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"};
static const struct store_query q_batch_add = {
    "chip.batch_add", "UPDATE chip_batch SET count = count + $1 WHERE batch_id = $2"
                      " AND vendor = $3 AND grade = $4 AND form = $5"};

static void batch_of_row(struct store *s, struct chip_batch *out)
{
    store_get_text(s, 0, out->batch_id, sizeof out->batch_id);
    store_get_text(s, 1, out->vendor, sizeof out->vendor);
    out->grade = (enum chip_grade)store_get_int(s, 2);
    out->form = (enum chip_form)store_get_int(s, 3);
    store_get_text(s, 4, out->file_name, sizeof out->file_name);
    out->count = (uint64_t)store_get_int(s, 5);
    out->created_at = store_get_int(s, 6);
}

enum xk_err chip_batch_get(struct store *s, const char *batch_id, struct chip_batch *out)
{
    TRY(store_row(s, &q_batch_get, SVS(sv_text(batch_id))));
    batch_of_row(s, out);
    store_finish(s);
    return XK_OK;
}

enum xk_err chip_batch_list(struct store *s, const char *after, struct chip_batch *out, size_t cap,
                            size_t *n)
{
    enum xk_err err;
    size_t i = 0;

    TRY(store_open(s, &q_batch_list, SVS(sv_text(after), sv_int((int64_t)cap))));
    while ((err = store_next(s)) == XK_OK && i < cap)
        batch_of_row(s, &out[i++]);
    store_finish(s);
    if (err != XK_OK && err != XK_E_NOT_FOUND)
        return err;
    *n = i;
    return XK_OK;
}

enum xk_err chip_batch_count(struct store *s, const struct chip_batch *b)
{
    int64_t changes = 0;

    TRY(store_exec(s, &q_batch_new,
                   SVS(sv_text(b->batch_id), sv_text(b->vendor), sv_int(b->grade), sv_int(b->form),
                       sv_text(b->file_name), sv_int(0), sv_int(b->created_at)),
                   NULL));
    TRY(store_exec(s, &q_batch_add,
                   SVS(sv_int((int64_t)b->count), sv_text(b->batch_id), sv_text(b->vendor),
                       sv_int(b->grade), sv_int(b->form)),
                   &changes));
    return changes > 0 ? XK_OK : XK_E_STATE;
}

static bool seed_is_whole(const struct chip *c, const char **field, enum import_reason *why)
{
    if (!c->seed_imsi[0] && !c->seed_msisdn[0])
        return true; /* a blank card; it may have an ICCID of its own */
    *field = "imsi";
    if (!ident_is_imsi(bytes_cstr(c->seed_imsi), why))
        return false;
    *field = "msisdn";
    return ident_is_msisdn(bytes_cstr(c->seed_msisdn), why);
}

static bool radio_is_known(const char *radio)
{
    static const char *const radios[] = {"", "GSM", "LTE", "NB-IoT", "eMTC"};

    for (size_t i = 0; i < ARRAY_LEN(radios); i++) {
        if (strcmp(radio, radios[i]) == 0)
            return true;
    }
    return false;
}

/* Its form is model's, its check digits are codec's. */
static bool is_eid(struct bytes text, enum import_reason *why)
{
    uint8_t eid[EID_LEN];

    if (!ident_is_eid(text, why))
        return false;
    *why = IMPORT_CHECK_DIGITS;
    return eid_from_text(text, eid) == XK_OK;
}

bool chip_check(const struct chip *c, const char **field, enum import_reason *why)
{
    *field = "cid";
    if (!(chip_is_domestic(c) ? ident_is_cid : is_eid)(bytes_cstr(c->cid), why))
        return false;
    *field = "batch";
    if (!ident_is_name(bytes_cstr(c->batch_id), sizeof c->batch_id - 1, why))
        return false;
    *field = "iccid";
    if (c->seed_iccid[0] && !ident_is_iccid(bytes_cstr(c->seed_iccid), why))
        return false;
    if (!seed_is_whole(c, field, why))
        return false;
    *field = "keyset";
    *why = IMPORT_BAD_VALUE;
    if (chip_is_domestic(c) && (c->keyset < 1 || c->keyset > 15))
        return false;
    *field = "suite";
    if (chip_is_domestic(c) && (c->suite < 1 || c->suite > 2))
        return false;
    *field = "imsi";
    if (!chip_is_domestic(c) && c->seed_imsi[0])
        return false;
    *field = "radio";
    return radio_is_known(c->radio);
}

static const char *or_seed(const char *now, const char *seed)
{
    return now[0] ? now : seed;
}

enum xk_err chip_insert(struct store *s, struct keystore *ks, const struct chip *c,
                        const struct chip_keys *keys, int64_t now, const char **clash)
{
    uint8_t mem[CHIP_SEALED_MAX];
    struct buf sealed;
    int64_t changes = 0;

    buf_init_fixed(&sealed, mem, sizeof mem);
    TRY(chip_seal_keys(ks, c, keys, &sealed));
    TRY(store_exec(
        s, &q_insert,
        SVS(sv_text(c->cid), sv_text(c->batch_id), sv_text(c->vendor), sv_int(c->grade),
            sv_int(c->form), sv_int(c->state), sv_text(c->seed_iccid), sv_text(c->seed_imsi),
            sv_text(c->seed_msisdn), sv_text(or_seed(c->imsi, c->seed_imsi)),
            sv_text(or_seed(c->msisdn, c->seed_msisdn)), sv_text(or_seed(c->iccid, c->seed_iccid)),
            sv_int(c->suite), sv_int(c->keyset), sv_int(c->kic_alg), sv_int(c->kid_alg),
            sv_bytes(buf_bytes(&sealed)), sv_int((int64_t)c->down_counter),
            sv_int((int64_t)c->up_counter), sv_bytes(BYTES_OF(c->task_id)), sv_text(c->imei),
            sv_text(c->cos), sv_int(c->wear_left == UINT32_MAX ? -1 : (int64_t)c->wear_left),
            sv_text(c->radio), sv_int(now), sv_int(now),
            sv_text(c->org_id[0] ? c->org_id : ORG_ROOT)),
        &changes));
    *clash = changes == 1 ? NULL : "cid";
    return XK_OK;
}

enum xk_err chip_add(struct store *s, struct keystore *ks, const struct chip *chip,
                     const struct chip_keys *keys, int64_t now)
{
    struct chip_batch batch = {
        .grade = chip->grade, .form = chip->form, .count = 1, .created_at = now};
    enum import_reason why;
    const char *field;

    if (!chip_check(chip, &field, &why))
        return XK_E_VALUE;
    memcpy(batch.batch_id, chip->batch_id, sizeof batch.batch_id);
    memcpy(batch.vendor, chip->vendor, sizeof batch.vendor);
    TRY(chip_batch_count(s, &batch));
    TRY(chip_insert(s, ks, chip, keys, now, &field));
    return field ? XK_E_EXISTS : XK_OK;
}
