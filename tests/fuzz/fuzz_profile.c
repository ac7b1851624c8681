/* SPDX-License-Identifier: Apache-2.0 */
/* A profile package of anybody's making: installed or refused with an answer that can be read. What
 * was installed opens as a card, which answers whatever it is sent, file by file.
 *
 *   cut(1)     length of the pieces the package comes in, 0: in one
 *   package */
#include "card/euicc/profile_inside.h"
#include "codec/rsp/euicc_response.h"
#include "fuzz.h"

#define BASE 0x2000
#define CAPACITY (1u << 20)
#define RESPONSE_MAX 4096
#define FILES_MOST 64

static void check_response(const struct profile_builder *b)
{
    struct rsp_euicc_response response;
    uint8_t mem[RESPONSE_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    profile_builder_response(b, &out);
    FUZZ_CHECK(rsp_decode_euicc_response(buf_bytes(&out), &response) == XK_OK);
    FUZZ_CHECK(response.aborted == (profile_builder_verdict(b) == PROFILE_REFUSED));
    FUZZ_CHECK(response.pe_n > 0);
}

static void send(struct profile_card *card, struct bytes command)
{
    uint8_t mem[APDU_RESPONSE_MAX];
    struct buf out;

    buf_init_fixed(&out, mem, sizeof mem);
    FUZZ_CHECK(profile_card_transmit(card, command, &out) == XK_OK && out.n >= 2);
}

/* Each file by its FID from where the one before left us, read and written; then every ADF. */
static void use_file(struct profile_card *card, const struct profile_file *f)
{
    uint8_t select[5 + PROFILE_AID_MAX] = {0x00, INS_SELECT, 0x00, 0x04, 2};
    static const uint8_t read[] = {0x00, INS_READ_BINARY, 0, 0, 0};
    static const uint8_t record[] = {0x00, INS_READ_RECORD, 1, 4, 0};
    static const uint8_t write[] = {0x00, INS_UPDATE_BINARY, 0, 0, 1, 0xA5};
    static const uint8_t object[] = {0x80, INS_RETRIEVE_DATA, 0, 0x80, 1, 0x80};
    static const uint8_t authenticate[39] = {0x00, INS_AUTHENTICATE, 0, 0x81, 34, 16, [22] = 16};

    select[5] = (uint8_t)(f->file.fid >> 8);
    select[6] = (uint8_t)f->file.fid;
    if (f->file.flags & FILE_IS_ADF) {
        select[2] = 0x04;
        select[4] = f->aid_n;
        memcpy(select + 5, f->aid, f->aid_n);
    }
    send(card, BYTES(select, 5u + select[4]));
    send(card, BYTES_OF(read));
    send(card, BYTES_OF(record));
    send(card, BYTES_OF(write));
    send(card, BYTES_OF(object));
    if (f->file.flags & FILE_IS_ADF)
        send(card, BYTES_OF(authenticate));
}

static void use_card(struct flash *flash)
{
    static struct xk_prng prng;
    static const struct profile_host nobody;
    struct xk_rand rand = xk_rand_prng(&prng);
    struct profile_card *card;
    struct profile_head head;
    struct profile_file f;
    struct bytes records;
    struct cur c;

    FUZZ_CHECK(profile_card_open(flash, BASE, &rand, &nobody, &card) == XK_OK);
    profile_card_reset(card);
    FUZZ_CHECK(flash_get(flash, BASE + PART_FILES, &records) == XK_OK);
    FUZZ_CHECK(get_head(records, &head) == XK_OK);
    for (unsigned i = 0; i < head.files && i < FILES_MOST; i++) {
        FUZZ_CHECK(flash_get(flash, BASE + PART_FILES, &records) == XK_OK);
        c = cur_of(bytes_part(records, FILE_AT(i), FILE_LEN));
        get_file(&c, &f);
        use_file(card, &f);
    }
    profile_card_close(card);
}

static void install(struct profile_builder *b)
{
    struct flash_memory *memory = flash_memory_new();
    struct flash_port port = flash_memory_port(memory);
    struct flash *flash;

    FUZZ_CHECK(memory && flash_format(&port, CAPACITY, &flash) == XK_OK);
    FUZZ_CHECK(profile_builder_finish(b, flash, BASE) == XK_OK);
    FUZZ_CHECK(flash_commit(flash) == XK_OK);
    FUZZ_CHECK(profile_stored_size(flash, BASE) == profile_builder_size(b));
    use_card(flash);
    FUZZ_CHECK(profile_erase(flash, BASE) == XK_OK);
    flash_close(flash);
    flash_memory_free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct profile_limits limits = {.memory = CAPACITY / 2};
    size_t cut = size > 0 && data[0] ? data[0] : SIZE_MAX;
    struct bytes upp = bytes_part(BYTES(data, size), 1, SIZE_MAX);
    struct profile_builder *b;

    FUZZ_CHECK(profile_builder_new(&limits, &b) == XK_OK);
    for (size_t at = 0; at < upp.n; at += cut < upp.n - at ? cut : upp.n - at)
        FUZZ_CHECK(profile_builder_feed(b, bytes_part(upp, at, cut)) == XK_OK);
    FUZZ_CHECK(profile_builder_end(b) == XK_OK);
    FUZZ_CHECK(profile_builder_verdict(b) != PROFILE_MORE);
    check_response(b);
    if (profile_builder_verdict(b) == PROFILE_WHOLE)
        install(b);
    profile_builder_free(b);
    return 0;
}
