/* SPDX-License-Identifier: Apache-2.0 */
/* Reassembly: a stream of short messages, each "sender(1) length(1) user data"; then the input as a
 * packet, split and joined (TS 23.040 9.2.3.24.1, TS 31.115 4). */
#include "codec/sms/sms.h"
#include "fuzz.h"

static void touch(struct bytes out)
{
    volatile uint8_t sum = 0;

    FUZZ_CHECK(out.n <= SMS_PACKET_MAX);
    for (size_t i = 0; i < out.n; i++)
        sum = (uint8_t)(sum + out.p[i]);
}

static void fuzz_stream(struct sms_reassembly *r, struct cur c)
{
    while (c.n > 1) {
        char sender[2] = {(char)('0' + cur_u8(&c) % 3), '\0'};
        size_t n = cur_u8(&c);
        struct bytes ud = cur_take(&c, n < c.n ? n : c.n);
        struct sms_udh head;
        struct bytes out = BYTES_NONE;

        if (sms_reassembly_feed(r, sender, ud, &head, &out) != XK_OK)
            continue;
        touch(out);
        FUZZ_CHECK(!head.concat || (head.seq >= 1 && head.seq <= head.total));
    }
}

static void fuzz_packet(struct sms_reassembly *r, struct bytes packet)
{
    struct sms_parts parts;
    struct sms_udh head;
    struct bytes out = BYTES_NONE;

    sms_reassembly_clear(r);
    if (sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, 7, &parts) != XK_OK)
        return;
    for (size_t i = parts.n; i > 0; i--)
        FUZZ_CHECK(sms_reassembly_feed(r, "1", BYTES(parts.part[i - 1].ud, parts.part[i - 1].ud_n),
                                       &head, &out) == XK_OK);
    FUZZ_CHECK(head.command_packet && bytes_eq(out, packet));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sms_reassembly *r = sms_reassembly_new();

    FUZZ_CHECK(r);
    fuzz_stream(r, cur_of(BYTES(data, n)));
    fuzz_packet(r, BYTES(data, n));
    sms_reassembly_free(r);
    return 0;
}
