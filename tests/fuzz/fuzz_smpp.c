/* SPDX-License-Identifier: Apache-2.0 */
/* SMPP PDUs as a stream, then the receipts and times in them. The length field is put right, since
 * it stops nearly all other inputs. */
#include "codec/smpp/smpp.h"
#include "fuzz.h"

static void fuzz_again(const struct smpp_pdu *p)
{
    static const size_t room = SMPP_PDU_MAX + 128;
    uint8_t one[SMPP_PDU_MAX + 128], two[SMPP_PDU_MAX + 128];
    struct smpp_pdu again;
    struct buf b1, b2;
    uint32_t refusal;
    enum xk_err err;

    buf_init_fixed(&b1, one, room);
    buf_init_fixed(&b2, two, room);
    err = smpp_encode(p, &b1);
    if (err == XK_E_LIMIT && b1.n > SMPP_PDU_MAX) /* a NUL was missing and is now there */
        return;
    FUZZ_CHECK(err == XK_OK);
    FUZZ_CHECK(smpp_decode(buf_bytes(&b1), &again, &refusal) == XK_OK && refusal == SMPP_ROK);
    FUZZ_CHECK(p->command == again.command && p->sequence == again.sequence);
    FUZZ_CHECK(smpp_encode(&again, &b2) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&b1), buf_bytes(&b2)));
}

static void fuzz_receipt(struct bytes text)
{
    char forms[SMPP_ID_FORMS][SMPP_ID_MAX], mem[512];
    struct smpp_receipt r, again;
    struct buf b;
    size_t n;

    if (smpp_decode_receipt(text, &r) != XK_OK)
        return;
    n = smpp_id_forms(r.id, forms);
    FUZZ_CHECK(n >= 1 && n <= SMPP_ID_FORMS);
    buf_init_fixed(&b, mem, sizeof mem);
    if (smpp_encode_receipt(&r, &b) != XK_OK)
        return;
    FUZZ_CHECK(smpp_decode_receipt(buf_bytes(&b), &again) == XK_OK);
    FUZZ_CHECK(strcmp(r.id, again.id) == 0 && r.state == again.state && r.error == again.error);
    FUZZ_CHECK(r.submitted_ms / 60000 == again.submitted_ms / 60000);
}

static void fuzz_time(const char *text)
{
    char relative[SMPP_TIME_MAX];
    uint32_t seconds, again;

    if (smpp_parse_time(text, 1767225600000, &seconds) != XK_OK)
        return;
    smpp_relative_time(seconds, relative);
    FUZZ_CHECK(smpp_parse_time(relative, 0, &again) == XK_OK && again <= seconds);
}

static void fuzz_pdu(struct bytes wire)
{
    struct smpp_pdu p;
    uint32_t refusal = 0;

    if (smpp_decode(wire, &p, &refusal) != XK_OK) {
        FUZZ_CHECK(refusal != SMPP_ROK);
        return;
    }
    FUZZ_CHECK(refusal == SMPP_ROK);
    FUZZ_CHECK(strcmp(smpp_command_name(p.command), "unknown") != 0);
    if (p.command == SMPP_SUBMIT_SM || p.command == SMPP_DELIVER_SM) {
        fuzz_receipt(p.u.sm.message);
        fuzz_time(p.u.sm.validity);
    }
    fuzz_again(&p);
}

static void fuzz_length_put_right(const uint8_t *data, size_t n)
{
    uint8_t mem[SMPP_PDU_MAX];

    if (n < SMPP_HEADER_LEN || n > sizeof mem)
        return;
    memcpy(mem, data, n);
    mem[0] = mem[1] = 0;
    mem[2] = (uint8_t)(n >> 8);
    mem[3] = (uint8_t)n;
    fuzz_pdu(BYTES(mem, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes rest = BYTES(data, n);
    size_t length = 0;

    while (smpp_frame(rest, &length) == XK_OK && length > 0 && length <= rest.n) {
        fuzz_pdu(bytes_part(rest, 0, length));
        rest = bytes_part(rest, length, rest.n);
    }
    fuzz_length_put_right(data, n);
    fuzz_receipt(BYTES(data, n));
    return 0;
}
