/* SPDX-License-Identifier: Apache-2.0 */
/* SMPP 3.4 PDUs. */
#include "base/clock.h"
#include "codec/smpp/smpp.h"
#include "xt.h"
#include "xt_vectors.h"

#define SET(array, text) snprintf(array, sizeof array, "%s", text)

/* 3.2.2: the specification's own sample */
TEST(sample_of_the_specification)
{
    static const char hex[] = "0000002F 00000002 00000000 00000001 534D50503354455354 00"
                              "7365637265743038 00 5355424D495431 00 00 01 01 00";
    struct smpp_pdu p = {.command = SMPP_BIND_TRANSMITTER, .sequence = 1};
    struct smpp_pdu back;
    uint32_t refusal = 99;
    uint8_t mem[128];
    struct buf b;

    SET(p.u.bind.system_id, "SMPP3TEST");
    SET(p.u.bind.password, "secret08");
    SET(p.u.bind.system_type, "SUBMIT1");
    p.u.bind.range.ton = 1;
    p.u.bind.range.npi = 1;
    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(smpp_encode(&p, &b));
    CHECK_HEX(buf_bytes(&b), hex);
    CHECK_OK(smpp_decode(buf_bytes(&b), &back, &refusal));
    CHECK_INT(refusal, SMPP_ROK);
    CHECK_STR(back.u.bind.password, "secret08");
    CHECK_INT(back.u.bind.range.npi, 1);
}

static const char *optional(struct vectors *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->fields[i].name, name) == 0)
            return v->fields[i].text;
    return NULL;
}

static const char *system_id(const struct smpp_pdu *p)
{
    return p->command & SMPP_RESP ? p->u.bind_resp.system_id : p->u.bind.system_id;
}

static const char *message_id(const struct smpp_pdu *p)
{
    switch (p->command) {
    case SMPP_QUERY_SM:
        return p->u.query.message_id;
    case SMPP_CANCEL_SM:
        return p->u.cancel.message_id;
    case SMPP_REPLACE_SM:
        return p->u.replace.message_id;
    default:
        return p->u.sm_resp.message_id;
    }
}

static void check_fields(struct vectors *v, const struct smpp_pdu *p)
{
    if (optional(v, "system_id"))
        CHECK_STR(system_id(p), optional(v, "system_id"));
    if (optional(v, "message_id"))
        CHECK_STR(message_id(p), optional(v, "message_id"));
    if (optional(v, "source"))
        CHECK_STR(p->u.sm.source.digits, optional(v, "source"));
    if (optional(v, "destination"))
        CHECK_STR(p->u.sm.destination.digits, optional(v, "destination"));
    if (optional(v, "text"))
        CHECK(bytes_eq(p->u.sm.message, bytes_cstr(optional(v, "text"))));
}

TEST(pdus_of_others)
{
    struct vectors v;

    vectors_open(&v, "smpp/pdu.txt");
    while (vectors_next(&v)) {
        struct bytes in = vectors_hex(&v, "pdu");
        uint8_t mem[512];
        struct smpp_pdu p;
        uint32_t refusal = 99;
        size_t n = 0;
        struct buf b;

        CHECK_OK(smpp_frame(in, &n));
        CHECK_INT(n, in.n);
        if (smpp_decode(in, &p, &refusal) != XK_OK) {
            printf("# set %ld: %s\n", v.set, smpp_status_text(refusal));
            xt_fail(__FILE__, __LINE__, "decode");
            continue;
        }
        CHECK_STR(smpp_command_name(p.command), vectors_text(&v, "command"));
        check_fields(&v, &p);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(smpp_encode(&p, &b));
        if (!optional(&v, "again"))
            CHECK(bytes_eq(buf_bytes(&b), in));
    }
}

/* Set 25: a receipt in message_payload, with the parameters that repeat what it says. */
TEST(receipt_of_a_message_centre)
{
    struct vectors v;
    struct smpp_pdu p;
    struct smpp_receipt r;
    uint32_t refusal;
    char forms[SMPP_ID_FORMS][SMPP_ID_MAX];
    size_t n;

    vectors_open(&v, "smpp/pdu.txt");
    while (vectors_next(&v) && v.set != 25)
        ;
    REQUIRE(smpp_decode(vectors_hex(&v, "pdu"), &p, &refusal) == XK_OK);
    CHECK(p.u.sm.esm_class & SMPP_ESM_RECEIPT);
    CHECK(p.u.sm.has_state && p.u.sm.has_receipted_id && !p.u.sm.has_network_error);
    CHECK_INT(p.u.sm.state, SMPP_STATE_DELIVERED);
    CHECK_STR(p.u.sm.receipted_id, "1d305b4c");
    CHECK_OK(smpp_decode_receipt(p.u.sm.message, &r));
    CHECK_STR(r.id, "0489708364");
    n = smpp_id_forms(r.id, forms);
    CHECK_INT(n, 4);
    CHECK_STR(forms[2], "1d305b4c");
    fclose(v.file);
}

TEST(frames)
{
    static const struct {
        const char *hex;
        enum xk_err want;
        size_t n;
    } cases[] = {
        {"", XK_OK, 0},
        {"000000", XK_OK, 0},
        {"00000010", XK_OK, 0},
        {"0000001000000015000000000a342e", XK_OK, 0},
        {"0000001000000015000000000a342ee7", XK_OK, 16},
        {"0000001000000015000000000a342ee700", XK_OK, 16},
        {"0000010000000015000000000a342ee700", XK_OK, 256},
        {"0000100000000015000000000a342ee7", XK_OK, 4096},
        {"0000100100000015000000000a342ee7", XK_E_FORMAT, 77},
        {"0000000F00000015000000000a342ee7", XK_E_FORMAT, 77},
        {"00000000", XK_E_FORMAT, 77},
        {"F000001100000110000000000a342ee7", XK_E_FORMAT, 77},
        {"47455420", XK_E_FORMAT, 77}, /* "GET " */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t in[32];
        size_t n = 0, length = 77;

        CHECK_OK(hex_decode(bytes_cstr(cases[i].hex), in, sizeof in, &n));
        CHECK_INT(smpp_frame(BYTES(in, n), &length), cases[i].want);
        CHECK_INT(length, cases[i].n);
    }
}

/* Writes a PDU by hand: header, body in hexadecimal ('.' is the byte 00). */
static struct bytes by_hand(uint32_t command, uint32_t status, const char *body, uint8_t *mem,
                            size_t cap)
{
    struct buf b;

    buf_init_fixed(&b, mem, cap);
    buf_put_u32(&b, 0);
    buf_put_u32(&b, command);
    buf_put_u32(&b, status);
    buf_put_u32(&b, 7);
    for (; *body; body++) {
        if (*body == ' ')
            continue;
        if (*body == '.') {
            buf_put_u8(&b, 0);
            continue;
        }
        buf_put_u8(&b, (uint8_t)(hex_digit(body[0]) << 4 | hex_digit(body[1])));
        body++;
    }
    CHECK_OK(buf_ok(&b));
    mem[2] = (uint8_t)(b.n >> 8);
    mem[3] = (uint8_t)b.n;
    return buf_bytes(&b);
}

#define TEN "3030303030303030 3030"
#define TWENTY TEN TEN
#define SIXTY TWENTY TWENTY TWENTY
#define SM_HEAD ". 0101 31. 0101 32. 40 7F 00 . . 01 00 F6 00 "

static const struct {
    const char *why;
    uint32_t command, status;
    const char *body;
    uint32_t refusal;
} refusals[] = {
    {"no such command", 0x0110, 0, "", SMPP_RINVCMDID},
    {"no such response", 0x80000110, 0, "", SMPP_RINVCMDID},
    {"request of generic_nack", 0, 0, "", SMPP_RINVCMDID},
    {"outbind_resp", SMPP_OUTBIND | SMPP_RESP, 0, "", SMPP_RINVCMDID},
    {"alert_notification_resp", SMPP_ALERT_NOTIFICATION | SMPP_RESP, 0, "", SMPP_RINVCMDID},
    {"body of enquire_link", SMPP_ENQUIRE_LINK, 0, "00", SMPP_RINVCMDLEN},
    {"body of unbind_resp", SMPP_UNBIND | SMPP_RESP, 0, "00", SMPP_RINVCMDLEN},
    {"bind without body", SMPP_BIND_TRANSCEIVER, 0, "", SMPP_RINVCMDLEN},
    {"bind cut in a text", SMPP_BIND_TRANSCEIVER, 0, "3131", SMPP_RINVCMDLEN},
    {"bind cut in a number", SMPP_BIND_TRANSCEIVER, 0, "31. 32. .", SMPP_RINVCMDLEN},
    {"system_id of 16", SMPP_BIND_RECEIVER, 0, TEN "303030303030. . . 34 00 00 .", SMPP_RINVSYSID},
    {"password of 9", SMPP_BIND_RECEIVER, 0, ". 303030303030303030. . 34 00 00 .", SMPP_RINVPASWD},
    {"system_type of 13", SMPP_BIND_RECEIVER, 0, ". . " TEN "303030. 34 00 00 .", SMPP_RINVSYSTYP},
    {"address_range of 41", SMPP_BIND_RECEIVER, 0, ". . . 34 00 00 " TWENTY TWENTY "30.",
     SMPP_RBINDFAIL},
    {"bind_resp system_id", SMPP_BIND_RECEIVER | SMPP_RESP, 0, TEN "303030303030.", SMPP_RINVSYSID},
    {"version of 2 octets", SMPP_BIND_RECEIVER | SMPP_RESP, 0, ". 0210 0002 0034", SMPP_RINVPARLEN},
    {"service_type of 6", SMPP_SUBMIT_SM, 0, "303030303030. 0101 31. 0101 32. 00", SMPP_RINVSERTYP},
    {"source of 21", SMPP_SUBMIT_SM, 0, ". 0101 " TWENTY "30. 0101 32.", SMPP_RINVSRCADR},
    {"destination of 21", SMPP_DELIVER_SM, 0, ". 0101 31. 0101 " TWENTY "30.", SMPP_RINVDSTADR},
    {"schedule of 17", SMPP_SUBMIT_SM, 0,
     ". 0101 31. 0101 32. 40 7F 00 " TEN "30303030303030. . 01 00 F6 00 00", SMPP_RINVSCHED},
    {"validity of 17", SMPP_SUBMIT_SM, 0,
     ". 0101 31. 0101 32. 40 7F 00 . " TEN "30303030303030. 01 00 F6 00 00", SMPP_RINVEXPIRY},
    {"message cut", SMPP_SUBMIT_SM, 0, SM_HEAD "03 0102", SMPP_RINVMSGLEN},
    {"sm_length absent", SMPP_SUBMIT_SM, 0, SM_HEAD, SMPP_RINVCMDLEN},
    {"sm_length of 255", SMPP_SUBMIT_SM, 0, SM_HEAD "FF 00", SMPP_RINVMSGLEN},
    {"parameter cut in its tag", SMPP_SUBMIT_SM, 0, SM_HEAD "00 04", SMPP_RINVOPTPARSTREAM},
    {"parameter cut in its length", SMPP_SUBMIT_SM, 0, SM_HEAD "00 0424 00", SMPP_RINVOPTPARSTREAM},
    {"parameter cut", SMPP_SUBMIT_SM, 0, SM_HEAD "00 0424 0002 00", SMPP_RINVOPTPARSTREAM},
    {"message in both places", SMPP_SUBMIT_SM, 0, SM_HEAD "01 31 0424 0001 32",
     SMPP_RINVOPTPARAMVAL},
    {"empty message in the other", SMPP_SUBMIT_SM, 0, SM_HEAD "01 31 0424 0000",
     SMPP_RINVOPTPARAMVAL},
    {"state of 2 octets", SMPP_DELIVER_SM, 0, SM_HEAD "00 0427 0002 0002", SMPP_RINVPARLEN},
    {"state of none", SMPP_DELIVER_SM, 0, SM_HEAD "00 0427 0000", SMPP_RINVPARLEN},
    {"network error of 2", SMPP_DELIVER_SM, 0, SM_HEAD "00 0423 0002 0300", SMPP_RINVPARLEN},
    {"receipted id of 65", SMPP_DELIVER_SM, 0, SM_HEAD "00 001E 0041" SIXTY "3030303030",
     SMPP_RINVPARLEN},
    {"receipted id with a hole", SMPP_DELIVER_SM, 0, SM_HEAD "00 001E 0003 310032",
     SMPP_RINVPARLEN},
    {"data_sm source", SMPP_DATA_SM, 0, ". 0101 " TWENTY "30. 0101 32. 00 00 00", SMPP_RINVSRCADR},
    {"message_id of 65", SMPP_SUBMIT_SM | SMPP_RESP, 0, SIXTY "3030303030.", SMPP_RINVMSGID},
    {"message_id without end", SMPP_SUBMIT_SM | SMPP_RESP, 0, "39", SMPP_RINVCMDLEN},
    {"query_sm id", SMPP_QUERY_SM, 0, SIXTY "3030303030. 0000 .", SMPP_RINVMSGID},
    {"query_sm_resp cut", SMPP_QUERY_SM | SMPP_RESP, 0, "31. . 02", SMPP_RINVCMDLEN},
    {"query_sm_resp date", SMPP_QUERY_SM | SMPP_RESP, 0, "31. " TEN "30303030303030. 02 00",
     SMPP_RINVEXPIRY},
    {"cancel_sm id", SMPP_CANCEL_SM, 0, ". " SIXTY "3030303030.", SMPP_RINVMSGID},
    {"cancel_sm destination", SMPP_CANCEL_SM, 0, ". 31. 0000 . 0000 " TWENTY "30.",
     SMPP_RINVDSTADR},
    {"replace_sm validity", SMPP_REPLACE_SM, 0, "31. 0000 . . " TEN "30303030303030. 00 00 00",
     SMPP_RINVEXPIRY},
    {"replace_sm message", SMPP_REPLACE_SM, 0, "31. 0000 . . . 00 00 05 31", SMPP_RINVMSGLEN},
    {"outbind password", SMPP_OUTBIND, 0, ". 303030303030303030.", SMPP_RINVPASWD},
    {"alert availability", SMPP_ALERT_NOTIFICATION, 0, "0101 31. 0101 32. 0422 0002 0000",
     SMPP_RINVPARLEN},
    {"body of a refusal, cut", SMPP_SUBMIT_SM | SMPP_RESP, 0x58, "39", SMPP_RINVCMDLEN},
};

TEST(refusals_by_field)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        uint8_t mem[256];
        struct smpp_pdu p;
        uint32_t refusal = 99;
        struct bytes in =
            by_hand(refusals[i].command, refusals[i].status, refusals[i].body, mem, sizeof mem);

        CHECK_INT(smpp_decode(in, &p, &refusal), XK_E_FORMAT);
        if (refusal != refusals[i].refusal)
            printf("# %s: %s\n", refusals[i].why, smpp_status_text(refusal));
        CHECK_INT(refusal, refusals[i].refusal);
        CHECK_INT(p.command, refusals[i].command);
        CHECK_INT(p.status, refusals[i].status);
        CHECK_INT(p.sequence, 7);
    }
}

/* 255 octets in short_message, though all there (4.4.1: 0 to 254) */
TEST(a_message_too_long)
{
    static uint8_t text[SMPP_SM_MAX + 1];
    uint8_t mem[512];
    struct smpp_pdu p = {.command = SMPP_SUBMIT_SM, .u.sm.message = BYTES(text, SMPP_SM_MAX)};
    uint32_t refusal = 99;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(smpp_encode(&p, &b));
    buf_put_u8(&b, 0);
    b.p[3] = (uint8_t)b.n;
    b.p[b.n - sizeof text - 1] = sizeof text;
    CHECK_INT(smpp_decode(buf_bytes(&b), &p, &refusal), XK_E_FORMAT);
    CHECK_INT(refusal, SMPP_RINVMSGLEN);
}

TEST(wrong_lengths)
{
    uint8_t mem[64];
    struct smpp_pdu p = {.sequence = 1};
    uint32_t refusal = 99;
    struct bytes in = by_hand(SMPP_ENQUIRE_LINK, 0, "", mem, sizeof mem);

    CHECK_INT(smpp_decode(BYTES(mem, 15), &p, &refusal), XK_E_FORMAT);
    CHECK_INT(refusal, SMPP_RINVCMDLEN);
    CHECK_INT(p.sequence, 1);
    mem[3] = 17;
    CHECK_INT(smpp_decode(in, &p, &refusal), XK_E_FORMAT);
    CHECK_INT(refusal, SMPP_RINVCMDLEN);
    CHECK_INT(p.sequence, 7);
}

static const struct {
    uint32_t command, status;
    const char *body;
} accepted[] = {
    {SMPP_BIND_TRANSCEIVER, 0, ". . . 34 00 00 " TWENTY TWENTY "."}, /* range of 40, cut to 20 */
    {SMPP_BIND_TRANSCEIVER, 0, ". . . 50 00 00 . 0210 0001 50"},     /* parameters of 5.0 */
    {SMPP_BIND_TRANSCEIVER | SMPP_RESP, 0x0D, ""},                   /* refusals end early */
    {SMPP_SUBMIT_SM | SMPP_RESP, 0x58, ""},
    {SMPP_SUBMIT_SM | SMPP_RESP, 0x58, "39."}, /* or not */
    {SMPP_QUERY_SM | SMPP_RESP, 0x67, ""},
    {SMPP_GENERIC_NACK, 3, ""},
    {SMPP_SUBMIT_SM, 0, SM_HEAD "01 31 1400 0001 FF 1401 0000"}, /* parameters of a vendor */
    {SMPP_DELIVER_SM, 0, SM_HEAD "00 001E 0002 3132"},           /* id without its NUL */
};

TEST(accepts)
{
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        uint8_t mem[256];
        struct smpp_pdu p;
        uint32_t refusal = 99;
        struct bytes in =
            by_hand(accepted[i].command, accepted[i].status, accepted[i].body, mem, sizeof mem);

        CHECK_OK(smpp_decode(in, &p, &refusal));
        CHECK_INT(refusal, SMPP_ROK);
    }
}

TEST(encode_refuses)
{
    static uint8_t big[SMPP_PDU_MAX], mem[2 * SMPP_PDU_MAX];
    struct smpp_pdu p = {.command = 0x0110};
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_INT(smpp_encode(&p, &b), XK_E_VALUE);
    p.command = SMPP_OUTBIND | SMPP_RESP;
    CHECK_INT(smpp_encode(&p, &b), XK_E_VALUE);
    p = (struct smpp_pdu){.command = SMPP_SUBMIT_SM};
    memset(p.u.sm.source.digits, '1', sizeof p.u.sm.source.digits);
    CHECK_INT(smpp_encode(&p, &b), XK_E_VALUE);
    p = (struct smpp_pdu){.command = SMPP_DELIVER_SM};
    memset(p.u.sm.receipted_id, '1', sizeof p.u.sm.receipted_id);
    CHECK_INT(smpp_encode(&p, &b), XK_E_VALUE);
    p = (struct smpp_pdu){.command = SMPP_SUBMIT_SM, .u.sm.message = BYTES_OF(big)};
    CHECK_INT(smpp_encode(&p, &b), XK_E_LIMIT);
    p.u.sm.message.n = SMPP_PDU_MAX - SMPP_HEADER_LEN;
    CHECK_INT(smpp_encode(&p, &b), XK_E_LIMIT);
    p = (struct smpp_pdu){.command = SMPP_REPLACE_SM, .u.replace.message = BYTES(big, 255)};
    CHECK_INT(smpp_encode(&p, &b), XK_E_LIMIT);
    buf_init_fixed(&b, mem, 40);
    p = (struct smpp_pdu){.command = SMPP_SUBMIT_SM, .u.sm.message = BYTES(big, 100)};
    CHECK_INT(smpp_encode(&p, &b), XK_E_LIMIT);
}

/* Behind what the buffer held already; a second PDU behind the first. */
TEST(appends)
{
    struct smpp_pdu p = {.command = SMPP_ENQUIRE_LINK, .sequence = 1};
    uint8_t mem[64];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(smpp_encode(&p, &b));
    p.command |= SMPP_RESP;
    CHECK_OK(smpp_encode(&p, &b));
    CHECK_HEX(buf_bytes(&b), "00000010000000150000000000000001 00000010800000150000000000000001");
}

/* 254 octets in short_message, from 255 on in message_payload (5.3.2.32) */
TEST(message_payload_when_long)
{
    static uint8_t text[1000], mem[2048];
    struct buf b;

    for (size_t n = 0; n < sizeof text; n++) {
        struct smpp_pdu p = {.command = SMPP_SUBMIT_SM, .sequence = 7}, back;
        uint32_t refusal;
        size_t overhead;

        text[n] = (uint8_t)n;
        SET(p.u.sm.destination.digits, "8613800000001");
        p.u.sm.message = BYTES(text, n);
        buf_init_fixed(&b, mem, sizeof mem);
        REQUIRE(smpp_encode(&p, &b) == XK_OK);
        overhead = b.n - n;
        CHECK_INT(overhead, n > SMPP_SM_MAX ? 50 : 46);
        REQUIRE(smpp_decode(buf_bytes(&b), &back, &refusal) == XK_OK);
        CHECK(bytes_eq(back.u.sm.message, p.u.sm.message));
        CHECK_STR(back.u.sm.destination.digits, "8613800000001");
    }
}

TEST(names)
{
    CHECK_STR(smpp_command_name(SMPP_SUBMIT_SM), "submit_sm");
    CHECK_STR(smpp_command_name(SMPP_SUBMIT_SM | SMPP_RESP), "submit_sm_resp");
    CHECK_STR(smpp_command_name(SMPP_GENERIC_NACK), "generic_nack");
    CHECK_STR(smpp_command_name(0), "unknown");
    CHECK_STR(smpp_command_name(SMPP_OUTBIND), "outbind");
    CHECK_STR(smpp_command_name(SMPP_OUTBIND | SMPP_RESP), "unknown");
    CHECK_STR(smpp_status_text(SMPP_RTHROTTLED), "throttling error");
    CHECK_STR(smpp_status_text(0x400), "reserved or vendor specific error");
}

TESTS_MAIN(XT_CASE(sample_of_the_specification), XT_CASE(pdus_of_others),
           XT_CASE(receipt_of_a_message_centre), XT_CASE(frames), XT_CASE(refusals_by_field),
           XT_CASE(a_message_too_long), XT_CASE(wrong_lengths), XT_CASE(accepts),
           XT_CASE(encode_refuses), XT_CASE(appends), XT_CASE(message_payload_when_long),
           XT_CASE(names))
