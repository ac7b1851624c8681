/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "codec/smpp/smpp.h"
#include "xt.h"

/* SMPP 3.4 3.2.2: the specification's own sample */
TEST(sample_of_the_specification)
{
    static const char hex[] = "0000002F 00000002 00000000 00000001 534D50503354455354 00"
                              "7365637265743038 00 5355424D495431 00 00 01 01 00";
    struct smpp_pdu p = {.command = SMPP_BIND_TRANSMITTER, .sequence = 1};
    struct smpp_pdu back;
    uint32_t refusal = 99;
    uint8_t mem[128];
    struct buf b;

    snprintf(p.u.bind.system_id, sizeof p.u.bind.system_id, "SMPP3TEST");
    snprintf(p.u.bind.password, sizeof p.u.bind.password, "secret08");
    snprintf(p.u.bind.system_type, sizeof p.u.bind.system_type, "SUBMIT1");
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

TEST(submit_and_payload)
{
    uint8_t text[400] = {1, 2, 3};
    uint8_t mem[1024];
    struct buf b;

    for (size_t n = 0; n < sizeof text; n += 1) {
        struct smpp_pdu p = {.command = SMPP_SUBMIT_SM, .sequence = 7}, back;
        uint32_t refusal;

        p.u.sm.destination = (struct smpp_address){.ton = 1, .npi = 1, .digits = "8613800000001"};
        p.u.sm.message = BYTES(text, n);
        buf_init_fixed(&b, mem, sizeof mem);
        CHECK_OK(smpp_encode(&p, &b));
        REQUIRE(smpp_decode(buf_bytes(&b), &back, &refusal) == XK_OK);
        CHECK(bytes_eq(back.u.sm.message, p.u.sm.message));
        CHECK_STR(back.u.sm.destination.digits, "8613800000001");
    }
}

TEST(receipt_both_ways)
{
    struct smpp_receipt r = {.id = "4F2A",
                             .state = SMPP_STATE_DELIVERED,
                             .error = 0,
                             .submitted_ms = 1767225600000,
                             .done_ms = 1767225660000};
    struct smpp_receipt back;
    uint8_t mem[256];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    CHECK_OK(smpp_encode_receipt(&r, &b));
    CHECK_STR(buf_cstr(&b), "id:4F2A sub:001 dlvrd:001 submit date:2601010800 "
                            "done date:2601010801 stat:DELIVRD err:000 text:");
    CHECK_OK(smpp_decode_receipt(buf_bytes(&b), &back));
    CHECK_STR(back.id, "4F2A");
    CHECK_INT(back.state, SMPP_STATE_DELIVERED);
    CHECK_INT(back.submitted_ms, r.submitted_ms);
    CHECK_INT(back.done_ms, r.done_ms);
}

TESTS_MAIN(XT_CASE(sample_of_the_specification), XT_CASE(submit_and_payload),
           XT_CASE(receipt_both_ways))
