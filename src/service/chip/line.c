/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a file as a chip with its keys and its seed. */
#include "service/chip/file.h"

#include "base/hex.h"
#include "codec/scp80/scp80.h"
#include "crypto/aka.h"
#include "service/chip/rows.h"

#define KCV_LEN 3

static bool complain(struct chip_complaint *c, enum chip_column column, enum import_reason why)
{
    *c = (struct chip_complaint){.field = chip_column_name(column), .why = why};
    return false;
}

static bool take_text(const struct chip_file *f, enum chip_column column, char *out, size_t cap,
                      struct chip_complaint *c)
{
    return bytes_to_cstr(chip_file_field(f, column), out, cap) ||
           complain(c, column, IMPORT_BAD_LENGTH);
}

static void upper_case(char *text)
{
    for (; *text; text++) {
        if (*text >= 'a' && *text <= 'f')
            *text = (char)(*text - 'a' + 'A');
    }
}

/* Words and the numbers they stand for. */
struct word {
    const char *text;
    uint8_t value;
};

static bool take_word(const struct chip_file *f, enum chip_column column, const struct word *words,
                      size_t n, uint8_t *out, struct chip_complaint *c)
{
    struct bytes text = chip_file_field(f, column);

    if (text.n == 0) {
        *out = words[0].value;
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (csv_name_is(text, words[i].text)) {
            *out = words[i].value;
            return true;
        }
    }
    return complain(c, column, IMPORT_BAD_VALUE);
}

static bool take_algorithms(const struct chip_file *f, struct chip *chip, struct chip_complaint *c)
{
    /* the first is meant where the file says nothing */
    static const struct word suites[] = {{"aes", 1}, {"1", 1}, {"sm", 2}, {"2", 2}};
    static const struct word ciphers[] = {
        {"aes", SCP80_ALG_AES}, {"3des-2", SCP80_ALG_3DES_2}, {"3des-3", SCP80_ALG_3DES_3}};
    static const struct word keysets[] = {
        {"1", 1}, {"2", 2},   {"3", 3},   {"4", 4},   {"5", 5},   {"6", 6},   {"7", 7},  {"8", 8},
        {"9", 9}, {"10", 10}, {"11", 11}, {"12", 12}, {"13", 13}, {"14", 14}, {"15", 15}};

    return take_word(f, COLUMN_SUITE, suites, ARRAY_LEN(suites), &chip->suite, c) &&
           take_word(f, COLUMN_KIC_ALG, ciphers, ARRAY_LEN(ciphers), &chip->kic_alg, c) &&
           take_word(f, COLUMN_KID_ALG, ciphers, ARRAY_LEN(ciphers), &chip->kid_alg, c) &&
           take_word(f, COLUMN_KEYSET, keysets, ARRAY_LEN(keysets), &chip->keyset, c);
}

static bool take_make(const struct chip_file *f, struct chip *chip, struct chip_complaint *c)
{
    char text[33];

    if (!take_text(f, COLUMN_BATCH, chip->batch_id, sizeof chip->batch_id, c) ||
        !take_text(f, COLUMN_VENDOR, chip->vendor, sizeof chip->vendor, c))
        return false;
    if (!chip->batch_id[0] && f->how->batch_id)
        snprintf(chip->batch_id, sizeof chip->batch_id, "%s", f->how->batch_id);
    if (!chip->vendor[0] && f->how->vendor)
        snprintf(chip->vendor, sizeof chip->vendor, "%s", f->how->vendor);
    snprintf(chip->org_id, sizeof chip->org_id, "%s", f->how->org_id ? f->how->org_id : "");
    if (!chip->batch_id[0])
        return complain(c, COLUMN_BATCH, IMPORT_MISSING);
    chip->grade = f->how->grade;
    chip->form = f->how->form;
    if (!take_text(f, COLUMN_GRADE, text, sizeof text, c))
        return false;
    if (text[0] && chip_grade_parse(text, &chip->grade) != XK_OK)
        return complain(c, COLUMN_GRADE, IMPORT_BAD_VALUE);
    if (!take_text(f, COLUMN_FORM, text, sizeof text, c))
        return false;
    if (text[0] && chip_form_parse(text, &chip->form) != XK_OK)
        return complain(c, COLUMN_FORM, IMPORT_BAD_VALUE);
    return true;
}

static bool take_chip(const struct chip_file *f, struct chip *chip, struct chip_complaint *c)
{
    *chip = (struct chip){.state = CHIP_IN_STOCK, .wear_left = UINT32_MAX};
    if (!take_text(f, COLUMN_CID, chip->cid, sizeof chip->cid, c) ||
        !take_text(f, COLUMN_ICCID, chip->seed_iccid, sizeof chip->seed_iccid, c) ||
        !take_text(f, COLUMN_IMSI, chip->seed_imsi, sizeof chip->seed_imsi, c) ||
        !take_text(f, COLUMN_MSISDN, chip->seed_msisdn, sizeof chip->seed_msisdn, c) ||
        !take_text(f, COLUMN_COS, chip->cos, sizeof chip->cos, c) ||
        !take_text(f, COLUMN_RADIO, chip->radio, sizeof chip->radio, c))
        return false;
    upper_case(chip->seed_iccid);
    return take_make(f, chip, c) && take_algorithms(f, chip, c) &&
           chip_check(chip, &c->field, &c->why);
}

/* Keys. */

static enum cipher_algorithm cipher_of(uint8_t scp80_algorithm)
{
    switch (scp80_algorithm) {
    case SCP80_ALG_3DES_2:
        return CIPHER_3DES_2;
    case SCP80_ALG_3DES_3:
        return CIPHER_3DES_3;
    default:
        return CIPHER_AES;
    }
}

/* The key check value, where the file has one. */
static bool check_kcv(const struct chip_file *f, enum chip_column column,
                      enum cipher_algorithm algorithm, const struct secret *key,
                      struct chip_complaint *c)
{
    struct bytes text = chip_file_field(f, column);

    if (text.n == 0)
        return true;
    if (text.n != HEX_LEN(KCV_LEN) - 1)
        return complain(c, column, IMPORT_BAD_LENGTH);
    return chip_kcv_matches(algorithm, key, text) || complain(c, column, IMPORT_KEY_CHECK);
}

/* Hexadecimal, encrypted each for itself under the transport key with a zero vector where the file
 * says so. Its length is checked for the algorithm by its user. */
static bool take_key(const struct chip_file *f, enum chip_column column, struct secret *out,
                     struct chip_complaint *c)
{
    struct bytes text = chip_file_field(f, column);
    size_t n = 0;

    if (text.n == 0)
        return complain(c, column, IMPORT_MISSING);
    if (text.n > 2 * 32 || text.n % 2 != 0)
        return complain(c, column, IMPORT_BAD_LENGTH);
    if (hex_decode(text, out->bytes, sizeof out->bytes, &n) != XK_OK)
        return complain(c, column, IMPORT_NOT_HEX);
    out->n = (uint8_t)n;
    if (!f->is_encrypted)
        return true;
    if (n % cipher_block(f->transport) != 0)
        return complain(c, column, IMPORT_BAD_LENGTH);
    if (cipher_cbc_decrypt(f->transport, secret_bytes(f->how->transport), NULL, secret_bytes(out),
                           out->bytes) != XK_OK)
        return complain(c, column, IMPORT_KEY_SEALED);
    return true;
}

static bool take_card_key(const struct chip_file *f, enum chip_column column,
                          enum chip_column kcv_column, enum cipher_algorithm algorithm,
                          struct secret *out, struct chip_complaint *c)
{
    if (!take_key(f, column, out, c))
        return false;
    if (cipher_check_key(algorithm, secret_bytes(out)) != XK_OK)
        return complain(c, column, IMPORT_BAD_LENGTH);
    return check_kcv(f, kcv_column, algorithm, out, c);
}

static bool derive_keys(const struct chip_file *f, const struct chip *chip, struct chip_keys *out,
                        struct chip_complaint *c)
{
    if (!f->how->master)
        return complain(c, COLUMN_KIC, IMPORT_MISSING);
    if (chip_derive_keys(f->how->master, chip->cid, out) != XK_OK)
        return complain(c, COLUMN_KIC, IMPORT_BAD_VALUE);
    if (cipher_check_key(cipher_of(chip->kic_alg), secret_bytes(&out->kic)) != XK_OK)
        return complain(c, COLUMN_KIC_ALG, IMPORT_BAD_VALUE);
    if (cipher_check_key(cipher_of(chip->kid_alg), secret_bytes(&out->kid)) != XK_OK)
        return complain(c, COLUMN_KID_ALG, IMPORT_BAD_VALUE);
    return true;
}

/* P-4: out of the vendor's file, or derived when it has none of the three. The keys of an eUICC
 * are its own and its maker's. */
static bool take_card_keys(const struct chip_file *f, const struct chip *chip,
                           struct chip_keys *out, struct chip_complaint *c)
{
    if (!chip_is_domestic(chip))
        return true;
    if (chip_file_field(f, COLUMN_KIC).n == 0 && chip_file_field(f, COLUMN_KID).n == 0 &&
        chip_file_field(f, COLUMN_KIK).n == 0)
        return derive_keys(f, chip, out, c);
    return take_card_key(f, COLUMN_KIC, COLUMN_KIC_KCV, cipher_of(chip->kic_alg), &out->kic, c) &&
           take_card_key(f, COLUMN_KID, COLUMN_KID_KCV, cipher_of(chip->kid_alg), &out->kid, c) &&
           take_card_key(f, COLUMN_KIK, COLUMN_KIK_KCV, CIPHER_AES, &out->kik, c);
}

/* The seed as a number of its pool: it is in use from the factory on. */
static bool take_seed(const struct chip_file *f, struct chip_line *out, struct chip_complaint *c)
{
    static const struct word algorithms[] = {
        {"milenage", AKA_MILENAGE}, {"1", AKA_MILENAGE}, {"tuak", AKA_TUAK}, {"2", AKA_TUAK}};
    const struct chip *chip = &out->chip;
    struct number *n = &out->seed;
    size_t opc_n;

    out->has_seed = f->how->seed_pool && chip->seed_imsi[0] && chip_file_field(f, COLUMN_K).n > 0;
    if (!out->has_seed)
        return true;
    *n = (struct number){.purpose = NUMBER_SEED, .state = NUMBER_IN_USE};
    snprintf(n->pool_id, sizeof n->pool_id, "%s", f->how->seed_pool);
    memcpy(n->imsi, chip->seed_imsi, sizeof n->imsi);
    memcpy(n->msisdn, chip->seed_msisdn, sizeof n->msisdn);
    memcpy(n->iccid, chip->seed_iccid, sizeof n->iccid);
    memcpy(n->cid, chip->cid, sizeof n->cid);
    if (!take_text(f, COLUMN_SMSC, n->smsc, sizeof n->smsc, c) ||
        !take_word(f, COLUMN_ALGORITHM, algorithms, ARRAY_LEN(algorithms), &n->algorithm, c) ||
        !take_key(f, COLUMN_K, &out->seed_keys.k, c) ||
        !take_key(f, COLUMN_OPC, &out->seed_keys.opc, c))
        return false;
    opc_n = n->algorithm == AKA_TUAK ? 32 : 16;
    if (out->seed_keys.k.n != 16 && out->seed_keys.k.n != opc_n)
        return complain(c, COLUMN_K, IMPORT_BAD_LENGTH);
    if (out->seed_keys.opc.n != opc_n)
        return complain(c, COLUMN_OPC, IMPORT_BAD_LENGTH);
    return check_kcv(f, COLUMN_K_KCV, CIPHER_AES, &out->seed_keys.k, c) &&
           check_kcv(f, COLUMN_OPC_KCV, CIPHER_AES, &out->seed_keys.opc, c) &&
           number_check(n, &c->field, &c->why);
}

bool chip_line_read(const struct chip_file *f, struct chip_line *out, struct chip_complaint *c)
{
    *out = (struct chip_line){0};
    if (f->row.n != f->width) {
        *c = (struct chip_complaint){.field = "", .why = IMPORT_FIELD_COUNT};
        return false;
    }
    return take_chip(f, &out->chip, c) && take_card_keys(f, &out->chip, &out->keys, c) &&
           take_seed(f, out, c);
}
