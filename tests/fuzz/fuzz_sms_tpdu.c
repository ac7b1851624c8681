/* SPDX-License-Identifier: Apache-2.0 */
/* Short message TPDUs in both directions, RP messages and 7-bit text: what decodes encodes, and
 * encodes the same again after another round (TS 23.040 9.2, TS 24.011 7.3, TS 23.038 6.1.2). */
#include "codec/sms/sms.h"
#include "fuzz.h"

#define ROOM 512

static void fuzz_text(struct bytes ud, size_t septets)
{
    char text[ROOM];
    uint8_t packed[ROOM];
    size_t n, count;
    struct buf b;

    buf_init_fixed(&b, text, sizeof text);
    if (sms_gsm7_unpack(ud, septets, &b) != XK_OK)
        return;
    FUZZ_CHECK(sms_gsm7_pack(buf_cstr(&b), packed, sizeof packed, &n, &count) == XK_OK);
    FUZZ_CHECK(count <= septets && n <= ud.n);
}

static void fuzz_tpdu(enum sms_direction direction, struct bytes wire)
{
    uint8_t one[ROOM], two[ROOM];
    struct sms_tpdu t, again;
    struct buf b1, b2;

    if (sms_decode(direction, wire, &t) != XK_OK)
        return;
    buf_init_fixed(&b1, one, sizeof one);
    buf_init_fixed(&b2, two, sizeof two);
    FUZZ_CHECK(sms_encode(&t, &b1) == XK_OK && b1.n <= SMS_TPDU_MAX);
    FUZZ_CHECK(sms_decode(direction, buf_bytes(&b1), &again) == XK_OK);
    FUZZ_CHECK(t.type == again.type && strcmp(t.address, again.address) == 0);
    FUZZ_CHECK(bytes_eq(t.ud, again.ud) && t.udl == again.udl && t.dcs == again.dcs);
    FUZZ_CHECK(sms_encode(&again, &b2) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&b1), buf_bytes(&b2)));
    if (sms_dcs_alphabet(t.dcs) == SMS_GSM7)
        fuzz_text(t.ud, t.udl);
    FUZZ_CHECK(sms_decode_scts(t.scts) == sms_decode_scts(again.scts));
}

static void fuzz_rp(struct bytes wire)
{
    uint8_t one[ROOM], two[ROOM];
    struct rp_message m, again;
    struct buf b1, b2;

    if (rp_decode(wire, &m) != XK_OK)
        return;
    fuzz_tpdu(m.direction, m.tpdu);
    buf_init_fixed(&b1, one, sizeof one);
    buf_init_fixed(&b2, two, sizeof two);
    FUZZ_CHECK(rp_encode(&m, &b1) == XK_OK);
    FUZZ_CHECK(rp_decode(buf_bytes(&b1), &again) == XK_OK);
    FUZZ_CHECK(m.type == again.type && m.cause == again.cause && bytes_eq(m.tpdu, again.tpdu));
    FUZZ_CHECK(rp_encode(&again, &b2) == XK_OK);
    FUZZ_CHECK(bytes_eq(buf_bytes(&b1), buf_bytes(&b2)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_tpdu(SMS_TO_MS, BYTES(data, n));
    fuzz_tpdu(SMS_FROM_MS, BYTES(data, n));
    fuzz_rp(BYTES(data, n));
    return 0;
}
