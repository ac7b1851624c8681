/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts made and read back; the second layer; names. */
#include "codec/script/script.h"

#include "base/clock.h"
#include "xt.h"

static const uint8_t zeros[128];

/* ---- encode ---------------------------------------------------------------------------------- */

static enum xk_err decode(struct bytes wire, struct script *s, uint32_t *failed)
{
    return script_layout_xieka()->decode(wire, s, failed);
}

static enum xk_err encode(const struct script *s, struct buf *out)
{
    return script_layout_xieka()->encode(s, out);
}

TEST(encode_refuses)
{
    struct script s = {.version = 1, .flags = SCRIPT_COMMIT};
    uint8_t mem[512];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u8(&b, 0xAA);
    CHECK_OK(encode(&s, &b));
    b.n = 1;
    s.version = 3;
    CHECK_INT(encode(&s, &b), XK_E_UNSUPPORTED);
    s.version = 1;
    s.flags = 0;
    CHECK_INT(encode(&s, &b), XK_E_VALUE);
    s.flags = SCRIPT_PREPARE;
    CHECK_INT(encode(&s, &b), XK_E_FORMAT);
    s.flags = SCRIPT_COMMIT;
    s.has_imsi = true;
    CHECK_INT(encode(&s, &b), XK_E_FORMAT);
    s.has_imsi = false;
    s.has_fallback = true;
    CHECK_INT(encode(&s, &b), XK_E_VALUE);
    CHECK_INT(b.n, 1);
    s.has_fallback = false;
    buf_init_fixed(&b, mem, 61);
    CHECK_INT(encode(&s, &b), XK_E_LIMIT);
    CHECK_INT(b.n, 0);
}

static bool coin(struct xk_prng *prng)
{
    return xk_prng_chance(prng, 500);
}

static void random_lists(struct xk_prng *prng, struct buf *plmn, struct buf *files,
                         const uint8_t noise[256])
{
    if (coin(prng))
        script_put_list(plmn, SCRIPT_PLMN_HPLMN_WACT, BYTES(noise, 5 * (1 + noise[0] % 9)));
    if (coin(prng))
        script_put_list(plmn, SCRIPT_PLMN_FPLMN, BYTES(noise, 3 * (noise[1] % 5)));
    if (coin(prng))
        script_put_list(files, SCRIPT_FILES_ACC, BYTES(noise, 2));
    if (coin(prng))
        script_put_list(files, SCRIPT_FILES_SPN, BYTES(noise, 17));
    if (coin(prng))
        script_put_list(files, SCRIPT_FILES_MNC_LENGTH, BYTES_STR("\x03"));
}

static void random_script(struct xk_prng *prng, struct script *s, struct buf *plmn,
                          struct buf *files, uint8_t noise[256])
{
    struct xk_rand rand = xk_rand_prng(prng);

    memset(s, 0, sizeof *s);
    xk_rand_fill(&rand, noise, 256);
    s->version = (uint8_t)(1 + xk_prng_below(prng, 2));
    memcpy(s->task_id, noise, sizeof s->task_id);
    memcpy(s->cid, noise + 8, sizeof s->cid);
    s->flags = coin(prng) ? SCRIPT_COMMIT | SCRIPT_KEEP_SEED : SCRIPT_RESTORE_SEED;
    s->has_fallback = coin(prng);
    s->fallback_min = s->has_fallback ? (uint16_t)(1 + xk_prng_below(prng, 65535)) : 0;
    if (coin(prng))
        return;
    s->flags = SCRIPT_PREPARE | (coin(prng) ? SCRIPT_COMMIT : 0) | SCRIPT_REFRESH_RESET;
    s->has_imsi = s->has_keys = true;
    memcpy(s->imsi, noise + 20, sizeof s->imsi);
    s->algorithm = coin(prng) ? SCRIPT_ALGORITHM_MILENAGE : SCRIPT_ALGORITHM_TUAK;
    s->k = BYTES(noise, 16);
    s->opc = BYTES(noise + 40, s->algorithm == SCRIPT_ALGORITHM_TUAK ? 32 : 16);
    if ((s->has_iccid = coin(prng)))
        memcpy(s->iccid, noise + 80, sizeof s->iccid);
    if ((s->has_smsc = coin(prng)))
        memcpy(s->smsc, noise + 90, sizeof s->smsc);
    if ((s->has_msisdn = coin(prng)))
        memcpy(s->msisdn, noise + 110, sizeof s->msisdn);
    if ((s->has_cr = s->algorithm == SCRIPT_ALGORITHM_MILENAGE && coin(prng)))
        memcpy(s->cr, noise + 130, sizeof s->cr);
    random_lists(prng, plmn, files, noise);
    s->plmn = buf_bytes(plmn);
    s->files = buf_bytes(files);
}

static bool same_values(const struct script *a, const struct script *b)
{
    return a->has_iccid == b->has_iccid && a->has_imsi == b->has_imsi &&
           a->has_smsc == b->has_smsc && a->has_msisdn == b->has_msisdn && a->has_cr == b->has_cr &&
           a->has_fallback == b->has_fallback && a->has_keys == b->has_keys &&
           memcmp(a->iccid, b->iccid, sizeof a->iccid) == 0 &&
           memcmp(a->imsi, b->imsi, sizeof a->imsi) == 0 &&
           memcmp(a->smsc, b->smsc, sizeof a->smsc) == 0 &&
           memcmp(a->msisdn, b->msisdn, sizeof a->msisdn) == 0 &&
           memcmp(a->cr, b->cr, sizeof a->cr) == 0 && a->fallback_min == b->fallback_min &&
           a->algorithm == b->algorithm;
}

static bool same(const struct script *a, const struct script *b)
{
    return a->version == b->version && a->flags == b->flags &&
           memcmp(a->task_id, b->task_id, sizeof a->task_id) == 0 &&
           memcmp(a->cid, b->cid, sizeof a->cid) == 0 && bytes_eq(a->k, b->k) &&
           bytes_eq(a->opc, b->opc) && bytes_eq(a->plmn, b->plmn) && bytes_eq(a->files, b->files) &&
           same_values(a, b);
}

TEST(round_trip)
{
    struct xk_prng prng = {42};
    uint8_t noise[256], plmn_mem[256], files_mem[64], mem[SCRIPT_MAX];

    for (int i = 0; i < 3000; i++) {
        struct script s, back;
        struct buf plmn, files, b;
        uint32_t failed;

        buf_init_fixed(&plmn, plmn_mem, sizeof plmn_mem);
        buf_init_fixed(&files, files_mem, sizeof files_mem);
        buf_init_fixed(&b, mem, sizeof mem);
        random_script(&prng, &s, &plmn, &files, noise);
        CHECK_OK(encode(&s, &b));
        CHECK_OK(decode(buf_bytes(&b), &back, &failed));
        CHECK(same(&s, &back));
    }
}

TEST(list_iterator)
{
    uint8_t mem[64];
    struct buf b;
    struct cur c;
    struct script_list list;

    buf_init_fixed(&b, mem, sizeof mem);
    script_put_list(&b, SCRIPT_PLMN_OPLMN_WACT, BYTES(zeros, 10));
    script_put_list(&b, SCRIPT_PLMN_FPLMN, BYTES_NONE);
    c = cur_of(buf_bytes(&b));
    CHECK_OK(script_next_list(SCRIPT_TAG_PLMN, &c, &list));
    CHECK_INT(list.tag, SCRIPT_PLMN_OPLMN_WACT);
    CHECK_INT(list.value.n, 10);
    CHECK_OK(script_next_list(SCRIPT_TAG_PLMN, &c, &list));
    CHECK_INT(list.tag, SCRIPT_PLMN_FPLMN);
    CHECK_INT(list.value.n, 0);
    CHECK_INT(c.n, 0);
    c = cur_of(buf_bytes(&b));
    CHECK_INT(script_next_list(SCRIPT_TAG_FILES, &c, &list), XK_E_FORMAT);
    c = cur_of(buf_bytes(&b));
    CHECK_INT(script_next_list(SCRIPT_TAG_K, &c, &list), XK_E_FORMAT);
}

/* ---- second layer, names --------------------------------------------------------------------- */

TEST(second_layer)
{
    static const enum script_suite suites[] = {SCRIPT_SUITE_AES, SCRIPT_SUITE_SM4};
    struct script s = {.task_id = {1}, .cid = {2}};
    struct secret kik;
    uint8_t key[32], sealed[2][64], back[64];

    memset(key, 0x5A, sizeof key);
    CHECK_OK(secret_set(&kik, BYTES(key, 16)));
    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        for (size_t n = 16; n <= 32; n += 16) {
            CHECK_OK(script_wrap_key(suites[i], &kik, &s, 0x85, BYTES(key, n), sealed[0]));
            CHECK_OK(script_wrap_key(suites[i], &kik, &s, 0x86, BYTES(key, n), sealed[1]));
            CHECK(memcmp(sealed[0], sealed[1], n) != 0);
            CHECK(memcmp(sealed[0], key, n) != 0);
            CHECK_OK(script_unwrap_key(suites[i], &kik, &s, 0x85, BYTES(sealed[0], n), back));
            CHECK(memcmp(back, key, n) == 0);
        }
    }
    s.task_id[7] = 1; /* another task, other bytes */
    CHECK_OK(script_wrap_key(SCRIPT_SUITE_SM4, &kik, &s, 0x85, BYTES(key, 32), sealed[1]));
    CHECK(memcmp(sealed[0], sealed[1], 32) != 0);
    CHECK_INT(script_wrap_key(SCRIPT_SUITE_AES, &kik, &s, 0x85, BYTES(key, 15), back), XK_E_VALUE);
    CHECK_INT(script_wrap_key(SCRIPT_SUITE_AES, &kik, &s, 0x85, BYTES_NONE, back), XK_E_VALUE);
    CHECK_OK(script_unwrap_key(SCRIPT_SUITE_AES, &kik, &s, 0x85, BYTES(zeros, SECRET_MAX), back));
    CHECK_INT(script_unwrap_key(SCRIPT_SUITE_AES, &kik, &s, 0x85, BYTES(zeros, 80), back),
              XK_E_VALUE);
    kik.n = 15;
    CHECK_INT(script_wrap_key(SCRIPT_SUITE_AES, &kik, &s, 0x85, BYTES(key, 16), back), XK_E_VALUE);
}

/* Made with the openssl command: dgst -sha256 and -sm3 for the IV, enc -aes-128-cbc and -sm4-cbc */
TEST(second_layer_known)
{
    struct script s = {.task_id = {1, 2, 3, 4, 5, 6, 7, 8}};
    struct secret kik;
    uint8_t key[16], k[16], out[16];

    CHECK_OK(script_cid_encode("10010000000000000017", s.cid));
    CHECK_OK(hex_decode_exact(BYTES_STR("202122232425262728292A2B2C2D2E2F"), key, sizeof key));
    CHECK_OK(hex_decode_exact(BYTES_STR("465B5CE8B199B49FAA5F0A2EE238A6BC"), k, sizeof k));
    CHECK_OK(secret_set(&kik, BYTES_OF(key)));
    CHECK_OK(script_wrap_key(SCRIPT_SUITE_AES, &kik, &s, 0x85, BYTES_OF(k), out));
    CHECK_HEX(BYTES_OF(out), "77e0e2f748367dd7519e48c4268e3408");
    CHECK_OK(script_wrap_key(SCRIPT_SUITE_SM4, &kik, &s, 0x86, BYTES_OF(k), out));
    CHECK_HEX(BYTES_OF(out), "5fb997b4623ab7d10ebae059daecb613");
}

TEST(cid)
{
    uint8_t wire[SCRIPT_CID_LEN];
    char text[2 * SCRIPT_CID_LEN + 1];

    CHECK_OK(script_cid_encode("01234567890123456789", wire));
    CHECK_HEX(BYTES_OF(wire), "01234567890123456789");
    script_cid_decode(wire, text);
    CHECK_STR(text, "01234567890123456789");
    CHECK_INT(script_cid_encode("0123456789012345678", wire), XK_E_VALUE);
    CHECK_INT(script_cid_encode("012345678901234567890", wire), XK_E_VALUE);
    CHECK_INT(script_cid_encode("0123456789012345678A", wire), XK_E_VALUE);
}

TEST(imsi_hash)
{
    uint8_t hash[SCRIPT_IMSI_HASH_LEN];

    CHECK_OK(script_imsi_hash("001010123456789", hash));
    CHECK_HEX(BYTES_OF(hash), "db59f9e0502a1327"); /* sha256sum */
}

static const struct {
    enum xk_err err;
    uint32_t failed;
    enum script_result result;
} refusals[] = {
    {XK_E_AUTH, 0x8F, SCRIPT_BAD_MAC},
    {XK_E_UNSUPPORTED, 0x80, SCRIPT_BAD_VERSION},
    {XK_E_UNSUPPORTED, 0x89, SCRIPT_BAD_ALGORITHM},
    {XK_E_FORMAT, 0x84, SCRIPT_BAD_LENGTH},
    {XK_E_VALUE, 0x8D, SCRIPT_BAD_LENGTH},
    {XK_E_LIMIT, 0, SCRIPT_NO_SPACE},
    {XK_E_CRYPTO, 0, SCRIPT_INTERNAL},
};

TEST(names)
{
    enum script_suite suite;

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        CHECK_INT(script_refusal(refusals[i].err, refusals[i].failed), refusals[i].result);
    CHECK_STR(script_result_en(SCRIPT_FELL_BACK), "new number could not attach, back on the seed");
    CHECK_STR(script_result_zh(SCRIPT_OK), "成功");
    CHECK_STR(script_result_en(0x99), "?");
    CHECK_STR(script_result_zh(0x99), "?");
    CHECK_STR(script_layout_xieka()->name, "xieka-1");
    CHECK_OK(script_suite_of(2, &suite));
    CHECK_INT(suite, SCRIPT_SUITE_SM4);
    CHECK_INT(script_suite_of(0, &suite), XK_E_UNSUPPORTED);
}

TESTS_MAIN(XT_CASE(encode_refuses), XT_CASE(round_trip), XT_CASE(list_iterator),
           XT_CASE(second_layer), XT_CASE(second_layer_known), XT_CASE(cid), XT_CASE(imsi_hash),
           XT_CASE(names))
