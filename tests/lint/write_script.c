/* SPDX-License-Identifier: Apache-2.0 */
/* write_script DOCUMENT: prints docs/write-script.md with its generated parts made anew from the
 * tables of codec/script and from a worked example. The test compares; ./run golden rewrites. */
#include "base/hex.h"
#include "base/tlv.h"
#include "codec/ef/ef.h"
#include "codec/scp80/scp80.h"
#include "codec/script/script.h"
#include "codec/sms/sms.h"

#define LINE_ROOM 4096
#define MARK "<!-- generated: "
#define END "<!-- end -->"

#define SPI1 0x16
#define SPI2 0x39
#define KIC_AES 0x12
#define KIC_3DES 0x15

static void must(enum xk_err err, const char *what)
{
    if (err == XK_OK)
        return;
    fprintf(stderr, "write_script: %s: %s\n", what, xk_err_text(err));
    exit(1);
}

static void print_hex(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        printf("%02X", b.p[i]);
}

/* In lines of 32 bytes, indented. */
static void print_block(struct bytes b)
{
    for (size_t i = 0; i < b.n; i += 32) {
        printf("    ");
        print_hex(bytes_part(b, i, 32));
        printf("\n");
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void print_length(size_t least, size_t most)
{
    if (least == most)
        printf("%zu", least);
    else
        printf("%zu to %zu", least, most);
}

static void print_field(uint32_t tag, size_t least, size_t most, const char *prepare,
                        const char *act, const char *text)
{
    printf("| %02X | %s | ", tag, text);
    print_length(least, most);
    printf(" | %s | %s |\n", prepare, act);
}

static void fields(void)
{
    printf("| tag | field | bytes | with PREPARE | COMMIT alone, RESTORE |\n"
           "|---|---|---|---|---|\n");
#define MUST "must"
#define MAY "may"
#define NOT "not"
#define SCRIPT_FIELD(name, tag, least, most, prepare, act, text)                                   \
    print_field(tag, least, most, prepare, act, text);
#include "codec/script/field.def"
#undef SCRIPT_FIELD
}

static void print_list(uint32_t field, uint32_t tag, size_t unit, size_t least, size_t most,
                       const char *text)
{
    printf("| %02X | %02X | %s | ", field, tag, text);
    print_length(least, most);
    if (unit > 1 && least != most)
        printf(", whole %zus", unit);
    printf(" |\n");
}

static void lists(void)
{
    printf("| in | tag | replaces | bytes |\n|---|---|---|---|\n");
#define SCRIPT_LIST(field, name, tag, unit, least, most, text)                                     \
    print_list(SCRIPT_TAG_##field, tag, unit, least, most, text);
#include "codec/script/list.def"
#undef SCRIPT_LIST
}

static void print_report_field(uint32_t tag, size_t least, size_t most, const char *here,
                               const char *text)
{
    printf("| %02X | %s | ", tag, text);
    print_length(least, most);
    printf(" | %s |\n", here);
}

static void report_fields(void)
{
    printf("| tag | field | bytes | |\n|---|---|---|---|\n");
#define SCRIPT_REPORT_FIELD(name, tag, least, most, here, text)                                    \
    print_report_field(tag, least, most, here, text);
#include "codec/script/report.def"
#undef SCRIPT_REPORT_FIELD
}

static void results(void)
{
    printf("| result | | |\n|---|---|---|\n");
#define SCRIPT_RESULT(name, value, zh, en) printf("| %02X | %s | %s |\n", (unsigned)value, zh, en);
#include "codec/script/result.def"
#undef SCRIPT_RESULT
}

/* ---- example --------------------------------------------------------------------------------- */

static const char *field_text(uint32_t tag)
{
    switch (tag) {
#define SCRIPT_FIELD(name, value, least, most, prepare, act, text)                                 \
    case value:                                                                                    \
        return text;
#include "codec/script/field.def"
#undef SCRIPT_FIELD
    default:
        return "?";
    }
}

static void secret_of(const char *hex, struct secret *out)
{
    uint8_t key[SECRET_MAX];
    size_t n;

    must(hex_decode(bytes_cstr(hex), key, sizeof key, &n), hex);
    must(secret_set(out, BYTES(key, n)), hex);
}

#define EXAMPLE_KIC "000102030405060708090A0B0C0D0E0F"
#define EXAMPLE_KID "101112131415161718191A1B1C1D1E1F"
#define EXAMPLE_KIK "202122232425262728292A2B2C2D2E2F"
#define EXAMPLE_K "465B5CE8B199B49FAA5F0A2EE238A6BC" /* TS 35.208 test set 1 */
#define EXAMPLE_OPC "CD63CB71954A9F4E48A5994E37A02BAF"

struct example {
    struct script script;
    uint8_t k[16], opc[16];
};

static void example_keys(struct example *e, enum script_suite suite)
{
    struct secret kik, k, opc;

    secret_of(EXAMPLE_KIK, &kik);
    secret_of(EXAMPLE_K, &k);
    secret_of(EXAMPLE_OPC, &opc);
    must(script_wrap_key(suite, &kik, &e->script, SCRIPT_TAG_K, secret_bytes(&k), e->k), "K");
    must(script_wrap_key(suite, &kik, &e->script, SCRIPT_TAG_OPC, secret_bytes(&opc), e->opc),
         "OPc");
    e->script.has_keys = true;
    e->script.algorithm = SCRIPT_ALGORITHM_MILENAGE;
    e->script.k = BYTES_OF(e->k);
    e->script.opc = BYTES_OF(e->opc);
}

static void example_act(struct example *e, uint8_t flags)
{
    memset(e, 0, sizeof *e);
    e->script = (struct script){.version = SCRIPT_VERSION_AES,
                                .task_id = {0x20, 0x26, 0x01, 0x02, 0x00, 0x00, 0x00, 0x01},
                                .flags = flags};
    must(script_cid_encode("10010000000000000017", e->script.cid), "CID");
}

static void example_least(struct example *e)
{
    example_act(e, SCRIPT_PREPARE | SCRIPT_KEEP_SEED);
    must(ef_encode_imsi("001010123456789", e->script.imsi), "IMSI");
    e->script.has_imsi = true;
    example_keys(e, SCRIPT_SUITE_AES);
}

static void example_number(struct example *e)
{
    example_least(e);
    must(ef_encode_iccid("89860400000000000015", e->script.iccid), "ICCID");
    must(ef_encode_smsc("+8613800100500", e->script.smsc), "SMSC");
    e->script.has_iccid = e->script.has_smsc = true;
}

static void example_whole(struct example *e)
{
    example_number(e);
    must(ef_encode_msisdn("+861440012345678", e->script.msisdn), "MSISDN");
    e->script.has_msisdn = true;
    e->script.has_fallback = true;
    e->script.fallback_min = 30;
}

static void seal(struct bytes data, uint8_t key_byte, uint64_t counter, struct buf *packet)
{
    struct scp80_command c = {.spi1 = SPI1,
                              .spi2 = SPI2,
                              .kic = key_byte,
                              .kid = key_byte,
                              .tar = {0xB0, 0x58, 0x4B},
                              .counter = counter,
                              .data = data};
    struct scp80_keys keys;

    secret_of(EXAMPLE_KIC, &keys.kic);
    secret_of(EXAMPLE_KID, &keys.kid);
    must(scp80_seal_command(&c, &keys, packet), "packet");
}

static void print_script(struct bytes wire)
{
    struct cur c = cur_of(wire);
    struct tlv t;

    while (c.n > 0) {
        must(tlv_next(&c, &t), "script");
        printf("    %02X %02X ", t.tag, (unsigned)t.value.n);
        print_hex(t.value);
        printf("\n       %s\n", field_text(t.tag));
    }
}

static void print_messages(uint8_t iei, struct bytes packet)
{
    struct sms_parts parts;

    must(sms_split_packet(iei, packet, 0x5A, &parts), "messages");
    for (size_t i = 0; i < parts.n; i++) {
        printf("\n  user data of short message %zu of %zu, %u octets:\n\n", i + 1, parts.n,
               parts.part[i].ud_n);
        print_block(BYTES(parts.part[i].ud, parts.part[i].ud_n));
    }
}

static void print_down(const char *title, const struct script *s, uint64_t counter)
{
    uint8_t mem[SCRIPT_MAX], packet_mem[SCP80_PACKET_MAX];
    struct buf b, packet;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_init_fixed(&packet, packet_mem, sizeof packet_mem);
    must(script_layout_xieka()->encode(s, &b), title);
    seal(buf_bytes(&b), KIC_AES, counter, &packet);
    printf("%s, %zu bytes:\n\n", title, b.n);
    print_script(buf_bytes(&b));
    printf("\n  sealed with CNTR %u, %zu bytes:\n\n", (unsigned)counter, packet.n);
    print_block(buf_bytes(&packet));
    print_messages(SMS_IEI_COMMAND_PACKET, buf_bytes(&packet));
    printf("\n");
}

static void print_up(const struct script *s)
{
    struct script_report r = {.result = SCRIPT_PREPARED,
                              .has_detail = true,
                              .detail = 0x9000,
                              .counter = 1,
                              .has_wear = true,
                              .wear_left = 99840};
    struct scp80_response answer = {.tar = {0xB0, 0x58, 0x4B}, .counter = 1};
    struct scp80_keys keys;
    uint8_t mem[SCRIPT_REPORT_MAX], packet_mem[256];
    struct buf b, packet;

    memcpy(r.task_id, s->task_id, sizeof r.task_id);
    buf_init_fixed(&b, mem, sizeof mem);
    buf_init_fixed(&packet, packet_mem, sizeof packet_mem);
    must(script_layout_xieka()->encode_report(&r, &b), "report");
    secret_of(EXAMPLE_KIC, &keys.kic);
    secret_of(EXAMPLE_KID, &keys.kid);
    answer.data = buf_bytes(&b);
    must(scp80_seal_response(&answer, SPI2, KIC_AES, KIC_AES, &keys, &packet), "answer");
    printf("The card's proof of receipt: report, %zu bytes, and what it travels in:\n\n", b.n);
    print_block(buf_bytes(&b));
    print_messages(SMS_IEI_RESPONSE_PACKET, buf_bytes(&packet));
}

static void example(void)
{
    struct example e;

    printf("    KIc " EXAMPLE_KIC "   KIc byte 12 (AES, key set 1)\n"
           "    KID " EXAMPLE_KID "   KID byte 12\n"
           "    KIK " EXAMPLE_KIK "\n"
           "    K   " EXAMPLE_K "\n"
           "    OPc " EXAMPLE_OPC "\n"
           "    SPI 1639, TAR B0584B\n\n");
    example_whole(&e);
    print_down("PREPARE", &e.script, 1);
    print_up(&e.script);
    example_act(&e, SCRIPT_COMMIT | SCRIPT_KEEP_SEED | SCRIPT_REFRESH_RESET);
    printf("\n");
    print_down("COMMIT", &e.script, 2);
}

/* ---- budget ---------------------------------------------------------------------------------- */

static size_t packet_of(struct bytes data, uint8_t key_byte, size_t *messages)
{
    uint8_t mem[SCP80_PACKET_MAX];
    struct sms_parts parts;
    struct buf packet;

    buf_init_fixed(&packet, mem, sizeof mem);
    seal(data, key_byte, 1, &packet);
    must(sms_split_packet(SMS_IEI_COMMAND_PACKET, buf_bytes(&packet), 1, &parts), "messages");
    *messages = parts.n;
    return packet.n;
}

static void budget_row(const char *text, const struct script *s)
{
    uint8_t mem[SCRIPT_MAX];
    size_t aes_n, des_n, aes_messages, des_messages;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    must(script_layout_xieka()->encode(s, &b), text);
    aes_n = packet_of(buf_bytes(&b), KIC_AES, &aes_messages);
    des_n = packet_of(buf_bytes(&b), KIC_3DES, &des_messages);
    printf("| %s | %zu | %zu | %zu | %zu | %zu |\n", text, b.n, aes_n, aes_messages, des_n,
           des_messages);
}

static void budget_lists(struct example *e)
{
    static const uint8_t lists_of[8 * 5];
    static uint8_t plmn_mem[128], files_mem[64];
    struct buf plmn, files;

    buf_init_fixed(&plmn, plmn_mem, sizeof plmn_mem);
    buf_init_fixed(&files, files_mem, sizeof files_mem);
    script_put_list(&plmn, SCRIPT_PLMN_HPLMN_WACT, BYTES(lists_of, 3 * 5));
    script_put_list(&plmn, SCRIPT_PLMN_OPLMN_WACT, BYTES(lists_of, 8 * 5));
    script_put_list(&plmn, SCRIPT_PLMN_FPLMN, BYTES_NONE);
    script_put_list(&files, SCRIPT_FILES_ACC, BYTES(lists_of, 2));
    script_put_list(&files, SCRIPT_FILES_SPN, BYTES(lists_of, 17));
    e->script.plmn = buf_bytes(&plmn);
    budget_row("the same with 3 home and 8 operator networks, FPLMN cleared", &e->script);
    e->script.files = buf_bytes(&files);
    budget_row("the same with ACC and SPN", &e->script);
    e->script.has_cr = true;
    budget_row("the same with Milenage constants", &e->script);
}

static void budget(void)
{
    struct example e;

    printf("| script | bytes | AES packet | messages | 3DES packet | messages |\n"
           "|---|---|---|---|---|---|\n");
    example_act(&e, SCRIPT_COMMIT | SCRIPT_KEEP_SEED);
    budget_row("COMMIT or RESTORE", &e.script);
    example_least(&e);
    budget_row("PREPARE, what must be there", &e.script);
    example_number(&e);
    budget_row("with ICCID and service centre", &e.script);
    example_whole(&e);
    budget_row("with MSISDN and fall-back timer too", &e.script);
    budget_lists(&e);
}

/* ---- document -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*print)(void);
} parts[] = {
    {"fields", fields},   {"lists", lists},     {"report", report_fields},
    {"results", results}, {"example", example}, {"budget", budget},
};

static void generate(const char *line)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t n = strlen(parts[i].name);

        if (strncmp(line + strlen(MARK), parts[i].name, n) == 0 && line[strlen(MARK) + n] == ' ') {
            parts[i].print();
            return;
        }
    }
    must(XK_E_NOT_FOUND, line);
}

int main(int argc, char **argv)
{
    char line[LINE_ROOM];
    bool skipping = false;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (!f)
        must(XK_E_IO, "usage: write_script DOCUMENT");
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, END, strlen(END)) == 0)
            skipping = false;
        if (!skipping)
            fputs(line, stdout);
        if (strncmp(line, MARK, strlen(MARK)) != 0)
            continue;
        generate(line);
        skipping = true;
    }
    fclose(f);
    return 0;
}
