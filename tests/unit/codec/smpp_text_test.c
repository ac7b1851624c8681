/* SPDX-License-Identifier: Apache-2.0 */
/* SMPP 3.4: any PDU there and back, times (7.1.1), delivery receipts (appendix B). */
#include "base/clock.h"
#include "codec/smpp/smpp.h"
#include "xt.h"
#include "xt_vectors.h"

#define NOW_MS 1767225600000 /* 2026-01-01 00:00:00 UTC */

static void text_of(struct xk_prng *r, char *out, size_t cap)
{
    size_t n = xk_prng_below(r, (uint32_t)cap);

    for (size_t i = 0; i < n; i++)
        out[i] = (char)(1 + xk_prng_below(r, 127));
}

#define RANDOM_TEXT(r, array) text_of(r, array, sizeof array)

static void address_of(struct xk_prng *r, struct smpp_address *a)
{
    a->ton = (uint8_t)xk_prng_next(r);
    a->npi = (uint8_t)xk_prng_next(r);
    RANDOM_TEXT(r, a->digits);
}

static void random_sm(struct xk_prng *r, struct smpp_pdu *p, const uint8_t *message)
{
    struct smpp_sm *sm = &p->u.sm;
    struct xk_rand fill = xk_rand_prng(r);

    RANDOM_TEXT(r, sm->service_type);
    address_of(r, &sm->source);
    address_of(r, &sm->destination);
    sm->esm_class = (uint8_t)xk_prng_next(r);
    sm->registered_delivery = (uint8_t)xk_prng_next(r);
    sm->data_coding = (uint8_t)xk_prng_next(r);
    if (p->command != SMPP_DATA_SM) {
        sm->protocol_id = (uint8_t)xk_prng_next(r);
        sm->priority = (uint8_t)xk_prng_next(r);
        RANDOM_TEXT(r, sm->schedule);
        RANDOM_TEXT(r, sm->validity);
        sm->replace = (uint8_t)xk_prng_next(r);
        sm->default_msg_id = (uint8_t)xk_prng_next(r);
    }
    sm->message = BYTES(message, xk_prng_below(r, 600));
    sm->has_receipted_id = xk_prng_chance(r, 500);
    if (sm->has_receipted_id)
        RANDOM_TEXT(r, sm->receipted_id);
    sm->has_state = xk_prng_chance(r, 500);
    sm->state = sm->has_state ? (uint8_t)xk_prng_next(r) : 0;
    sm->has_network_error = xk_prng_chance(r, 500);
    if (sm->has_network_error)
        xk_rand_fill(&fill, sm->network_error, sizeof sm->network_error);
}

static void random_other(struct xk_prng *r, struct smpp_pdu *p, const uint8_t *message)
{
    switch (p->command) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
        RANDOM_TEXT(r, p->u.bind.system_id);
        RANDOM_TEXT(r, p->u.bind.password);
        RANDOM_TEXT(r, p->u.bind.system_type);
        p->u.bind.interface_version = (uint8_t)xk_prng_next(r);
        address_of(r, &p->u.bind.range);
        break;
    case SMPP_QUERY_SM:
        RANDOM_TEXT(r, p->u.query.message_id);
        address_of(r, &p->u.query.source);
        break;
    case SMPP_CANCEL_SM:
        RANDOM_TEXT(r, p->u.cancel.service_type);
        RANDOM_TEXT(r, p->u.cancel.message_id);
        address_of(r, &p->u.cancel.source);
        address_of(r, &p->u.cancel.destination);
        break;
    case SMPP_REPLACE_SM:
        RANDOM_TEXT(r, p->u.replace.message_id);
        address_of(r, &p->u.replace.source);
        RANDOM_TEXT(r, p->u.replace.schedule);
        RANDOM_TEXT(r, p->u.replace.validity);
        p->u.replace.registered_delivery = (uint8_t)xk_prng_next(r);
        p->u.replace.message = BYTES(message, xk_prng_below(r, SMPP_SM_MAX + 1));
        break;
    case SMPP_OUTBIND:
        RANDOM_TEXT(r, p->u.outbind.system_id);
        RANDOM_TEXT(r, p->u.outbind.password);
        break;
    case SMPP_ALERT_NOTIFICATION:
        address_of(r, &p->u.alert.source);
        address_of(r, &p->u.alert.esme);
        p->u.alert.has_availability = xk_prng_chance(r, 500);
        p->u.alert.availability = p->u.alert.has_availability ? (uint8_t)xk_prng_next(r) : 0;
        break;
    default:
        break;
    }
}

static void random_answer(struct xk_prng *r, struct smpp_pdu *p)
{
    p->status = xk_prng_chance(r, 300) ? 1 + xk_prng_below(r, 255) : SMPP_ROK;
    if (p->status != SMPP_ROK)
        return;
    switch (p->command & ~SMPP_RESP) {
    case SMPP_BIND_RECEIVER:
    case SMPP_BIND_TRANSMITTER:
    case SMPP_BIND_TRANSCEIVER:
        RANDOM_TEXT(r, p->u.bind_resp.system_id);
        p->u.bind_resp.has_version = xk_prng_chance(r, 500);
        p->u.bind_resp.sc_version = p->u.bind_resp.has_version ? (uint8_t)xk_prng_next(r) : 0;
        break;
    case SMPP_QUERY_SM:
        RANDOM_TEXT(r, p->u.query_resp.message_id);
        RANDOM_TEXT(r, p->u.query_resp.final_date);
        p->u.query_resp.state = (uint8_t)xk_prng_next(r);
        break;
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        RANDOM_TEXT(r, p->u.sm_resp.message_id);
        break;
    default:
        break;
    }
}

static void random_pdu(struct xk_prng *r, struct smpp_pdu *p, const uint8_t *message)
{
    static const uint32_t commands[] = {
        SMPP_BIND_RECEIVER,      SMPP_BIND_TRANSMITTER, SMPP_QUERY_SM,   SMPP_SUBMIT_SM,
        SMPP_DELIVER_SM,         SMPP_UNBIND,           SMPP_REPLACE_SM, SMPP_CANCEL_SM,
        SMPP_BIND_TRANSCEIVER,   SMPP_ENQUIRE_LINK,     SMPP_DATA_SM,    SMPP_OUTBIND,
        SMPP_ALERT_NOTIFICATION,
    };
    size_t answerable = ARRAY_LEN(commands) - 2; /* the last two have no response */

    memset(p, 0, sizeof *p);
    p->sequence = (uint32_t)xk_prng_next(r);
    if (xk_prng_chance(r, 300)) {
        p->command = commands[xk_prng_below(r, (uint32_t)answerable)] | SMPP_RESP;
        random_answer(r, p);
        return;
    }
    p->command = commands[xk_prng_below(r, ARRAY_LEN(commands))];
    if (p->command == SMPP_SUBMIT_SM || p->command == SMPP_DELIVER_SM || p->command == SMPP_DATA_SM)
        random_sm(r, p, message);
    else
        random_other(r, p, message);
}

static struct bytes *message_of(struct smpp_pdu *p)
{
    switch (p->command) {
    case SMPP_REPLACE_SM:
        return &p->u.replace.message;
    case SMPP_SUBMIT_SM:
    case SMPP_DELIVER_SM:
    case SMPP_DATA_SM:
        return &p->u.sm.message;
    default:
        return NULL;
    }
}

/* Octet for octet, since both began as zeros; but for the span of the message. */
static bool same_pdu(struct smpp_pdu *a, struct smpp_pdu *b)
{
    struct bytes *ma = message_of(a), *mb = message_of(b);

    if (a->command != b->command || (ma && !bytes_eq(*ma, *mb)))
        return false;
    if (ma)
        *ma = *mb = BYTES_NONE;
    return bytes_eq(BYTES(a, sizeof *a), BYTES(b, sizeof *b));
}

TEST(reads_what_it_writes)
{
    struct xk_prng r = {.state = 34};
    uint8_t message[600], mem[SMPP_PDU_MAX];
    struct xk_rand fill = xk_rand_prng(&r);

    xk_rand_fill(&fill, message, sizeof message);
    for (int i = 0; i < 5000; i++) {
        struct smpp_pdu p, back;
        uint32_t refusal = 99;
        struct buf b;

        random_pdu(&r, &p, message);
        buf_init_fixed(&b, mem, sizeof mem);
        REQUIRE(smpp_encode(&p, &b) == XK_OK);
        REQUIRE(smpp_decode(buf_bytes(&b), &back, &refusal) == XK_OK);
        CHECK_INT(refusal, SMPP_ROK);
        CHECK(same_pdu(&p, &back));
    }
}

TEST(relative_times)
{
    static const struct {
        uint32_t seconds;
        const char *text;
    } cases[] = {
        {0, ""},
        {1, "000000000001000R"},
        {48 * 3600, "000002000000000R"},
        {90061, "000001010101000R"},
        {30 * 86400, "000100000000000R"},
        {365 * 86400, "010000000000000R"},
        {UINT32_MAX, "990000000000000R"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[SMPP_TIME_MAX];
        uint32_t seconds = 77;

        smpp_relative_time(cases[i].seconds, text);
        CHECK_STR(text, cases[i].text);
        CHECK_OK(smpp_parse_time(text, NOW_MS, &seconds));
        CHECK_INT(seconds, cases[i].seconds == UINT32_MAX ? 99u * 365 * 86400 : cases[i].seconds);
    }
    for (uint32_t s = 1; s < 99u * 365 * 86400; s += 7654321) {
        char text[SMPP_TIME_MAX];
        uint32_t seconds = 0;

        smpp_relative_time(s, text);
        CHECK_OK(smpp_parse_time(text, NOW_MS, &seconds));
        CHECK_INT(seconds, s);
    }
}

TEST(absolute_times)
{
    static const struct {
        const char *text;
        enum xk_err err;
        uint32_t want;
    } cases[] = {
        {"260101000001000+", XK_OK, 1},
        {"260101000000100+", XK_OK, 1}, /* a tenth, rounded up */
        {"260101080100032+", XK_OK, 60},
        {"251231160100032-", XK_OK, 60},
        {"260102000000000-", XK_OK, 86400},
        {"260101000000000+", XK_E_VALUE, 0}, /* now */
        {"250101000000000+", XK_E_VALUE, 0}, /* past */
        {"260001000000000+", XK_E_FORMAT, 0},
        {"261301000000000+", XK_E_FORMAT, 0},
        {"260100000000000+", XK_E_FORMAT, 0},
        {"260132000000000+", XK_E_FORMAT, 0},
        {"260101240000000+", XK_E_FORMAT, 0},
        {"260101006000000+", XK_E_FORMAT, 0},
        {"260101000060000+", XK_E_FORMAT, 0},
        {"260101000000049+", XK_E_FORMAT, 0},
        {"260101000000000", XK_E_FORMAT, 0},
        {"260101000000000X", XK_E_FORMAT, 0},
        {"26010100000000 +", XK_E_FORMAT, 0},
        {"2601010000000000+", XK_E_FORMAT, 0},
        {"x60101000000000R", XK_E_FORMAT, 0},
        {"2 0101000000000R", XK_E_FORMAT, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t seconds = 77;

        CHECK_INT(smpp_parse_time(cases[i].text, NOW_MS, &seconds), cases[i].err);
        CHECK_INT(seconds, cases[i].err == XK_OK ? cases[i].want : 77);
    }
}

TEST(receipts_of_others)
{
    struct vectors v;

    vectors_open(&v, "smpp/receipt.txt");
    while (vectors_next(&v)) {
        struct smpp_receipt r;

        REQUIRE(smpp_decode_receipt(bytes_cstr(vectors_text(&v, "text")), &r) == XK_OK);
        CHECK_STR(r.id, vectors_text(&v, "id"));
        CHECK_INT(r.state, vectors_number(&v, "state"));
        CHECK_INT(r.error, vectors_number(&v, "error"));
        CHECK_INT(r.submitted_ms, vectors_number(&v, "submitted"));
        CHECK_INT(r.done_ms, vectors_number(&v, "done"));
    }
}

TEST(receipt_text)
{
    struct smpp_receipt r = {.id = "4F2A",
                             .state = SMPP_STATE_DELIVERED,
                             .submitted_ms = NOW_MS,
                             .done_ms = NOW_MS + 60000};
    uint8_t mem[256];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(smpp_encode_receipt(&r, &b));
    CHECK_STR(buf_cstr(&b), "id:4F2A sub:001 dlvrd:001 submit date:2601010800 "
                            "done date:2601010801 stat:DELIVRD err:000 text:");
    for (int state = SMPP_STATE_ENROUTE; state <= SMPP_STATE_REJECTED; state++) {
        struct smpp_receipt back;

        r.state = (uint8_t)state;
        r.error = (uint8_t)state;
        buf_reset(&b);
        CHECK_OK(smpp_encode_receipt(&r, &b));
        CHECK_OK(smpp_decode_receipt(buf_bytes(&b), &back));
        CHECK_STR(back.id, r.id);
        CHECK_INT(back.state, state);
        CHECK_INT(back.error, state);
        CHECK_INT(back.submitted_ms, r.submitted_ms);
        CHECK_INT(back.done_ms, r.done_ms);
    }
}

TEST(receipt_refuses)
{
    static const char *const bad[] = {
        "",
        "hello",
        "id:",
        "id: stat:",
        "myid:5",
        "xstat:DELIVRD",
        "text:id:5 stat:DELIVRD",
        "id:12345678901234567890123456789012345678901234567890123456789012345 stat:DELIVRD",
    };
    struct smpp_receipt r = {.error = 77};
    uint8_t mem[256];
    struct buf b;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CHECK_INT(smpp_decode_receipt(bytes_cstr(bad[i]), &r), XK_E_FORMAT);
        CHECK_INT(r.error, 77);
    }
    buf_init_fixed(&b, mem, sizeof mem);
    r = (struct smpp_receipt){.id = "1", .state = 0};
    CHECK_INT(smpp_encode_receipt(&r, &b), XK_E_VALUE);
    r = (struct smpp_receipt){.id = "", .state = 2};
    CHECK_INT(smpp_encode_receipt(&r, &b), XK_E_VALUE);
    r = (struct smpp_receipt){.id = "1 stat:X", .state = 2};
    CHECK_INT(smpp_encode_receipt(&r, &b), XK_E_VALUE);
    memset(r.id, '1', sizeof r.id);
    CHECK_INT(smpp_encode_receipt(&r, &b), XK_E_VALUE);
    r = (struct smpp_receipt){.id = "1", .state = 2};
    buf_init_fixed(&b, mem, 40);
    CHECK_INT(smpp_encode_receipt(&r, &b), XK_E_LIMIT);
}

/* Pairs seen in the field: 70BA8A69 in the response, 1891273321 in its receipt. */
TEST(ids_in_other_bases)
{
    static const struct {
        const char *id;
        const char *want[SMPP_ID_FORMS];
    } cases[] = {
        {"1891273321", {"1891273321", "70BA8A69", "70ba8a69", "105514480417"}},
        {"70BA8A69", {"70BA8A69", "1891273321"}},
        {"1d305b4c", {"1d305b4c", "489708364"}},
        {"msg-1", {"msg-1"}},
        {"", {""}},
        {"18446744073709551616", {"18446744073709551616"}},
        {"FFFFFFFFFFFFFFFFF", {"FFFFFFFFFFFFFFFFF"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char forms[SMPP_ID_FORMS][SMPP_ID_MAX];
        size_t n = smpp_id_forms(cases[i].id, forms);

        CHECK(n == SMPP_ID_FORMS || !cases[i].want[n]);
        for (size_t k = 0; k < n && cases[i].want[k]; k++)
            CHECK_STR(forms[k], cases[i].want[k]);
    }
}

TESTS_MAIN(XT_CASE(reads_what_it_writes), XT_CASE(relative_times), XT_CASE(absolute_times),
           XT_CASE(receipts_of_others), XT_CASE(receipt_text), XT_CASE(receipt_refuses),
           XT_CASE(ids_in_other_bases))
