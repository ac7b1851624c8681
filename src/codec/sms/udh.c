/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/sms.h"

#define CONCAT8_LEN 3
#define CONCAT16_LEN 4

/* TS 23.040 9.2.3.24.1, 9.2.3.24.8 */
static enum xk_err decode_concat(struct bytes element, size_t want, struct sms_udh *h)
{
    struct cur c = cur_of(element);

    if (element.n != want)
        return XK_E_FORMAT;
    h->concat = true;
    h->ref16 = want == CONCAT16_LEN;
    h->ref = h->ref16 ? cur_u16(&c) : cur_u8(&c);
    h->total = cur_u8(&c);
    h->seq = cur_u8(&c);
    return h->total == 0 || h->seq == 0 || h->seq > h->total ? XK_E_FORMAT : XK_OK;
}

static enum xk_err decode_element(uint8_t iei, struct bytes element, struct sms_udh *h)
{
    switch (iei) {
    case SMS_IEI_CONCAT8:
        return decode_concat(element, CONCAT8_LEN, h);
    case SMS_IEI_CONCAT16:
        return decode_concat(element, CONCAT16_LEN, h);
    case SMS_IEI_COMMAND_PACKET:
    case SMS_IEI_RESPONSE_PACKET:
        h->command_packet = iei == SMS_IEI_COMMAND_PACKET;
        h->response_packet = iei == SMS_IEI_RESPONSE_PACKET;
        return XK_OK;
    default:
        return XK_OK;
    }
}

enum xk_err sms_decode_udh(struct bytes ud, struct sms_udh *h, struct bytes *payload)
{
    struct cur c = cur_of(ud);
    struct cur header = cur_of(cur_take(&c, cur_u8(&c)));
    struct sms_udh found = {0};

    TRY(cur_ok(&c));
    while (header.n > 0) {
        uint8_t iei = cur_u8(&header);
        struct bytes element = cur_take(&header, cur_u8(&header));

        TRY(cur_ok(&header));
        TRY(decode_element(iei, element, &found));
    }
    *h = found;
    *payload = cur_rest(&c);
    return XK_OK;
}

/* TS 31.115 4.2: one message. 027000 */
static void whole(uint8_t iei, struct bytes packet, struct sms_parts *out)
{
    struct buf b;

    buf_init_fixed(&b, out->part[0].ud, SMS_UD_MAX);
    buf_put_u8(&b, 2);
    buf_put_u8(&b, iei);
    buf_put_u8(&b, 0);
    buf_put_bytes(&b, packet);
    out->part[0].ud_n = (uint8_t)b.n;
    out->n = 1;
}

/* TS 31.115 4.3: 07 00 03 ref total 01 70 00, then 05 00 03 ref total seq. Takes what fits. */
static void part(uint8_t iei, struct cur *packet, uint8_t ref, size_t total, size_t i,
                 struct sms_parts *out)
{
    struct buf b;
    size_t room;

    buf_init_fixed(&b, out->part[i].ud, SMS_UD_MAX);
    buf_put_u8(&b, i == 0 ? 7 : 5);
    buf_put_u8(&b, SMS_IEI_CONCAT8);
    buf_put_u8(&b, CONCAT8_LEN);
    buf_put_u8(&b, ref);
    buf_put_u8(&b, (uint8_t)total);
    buf_put_u8(&b, (uint8_t)(i + 1));
    if (i == 0) {
        buf_put_u8(&b, iei);
        buf_put_u8(&b, 0);
    }
    room = SMS_UD_MAX - b.n;
    buf_put_bytes(&b, cur_take(packet, packet->n < room ? packet->n : room));
    out->part[i].ud_n = (uint8_t)b.n;
}

#define WHOLE_ROOM (SMS_UD_MAX - 3)
#define FIRST_ROOM (SMS_UD_MAX - 8)
#define NEXT_ROOM (SMS_UD_MAX - 6)

enum xk_err sms_split_packet(uint8_t iei, struct bytes packet, uint8_t ref, struct sms_parts *out)
{
    struct cur rest = cur_of(packet);
    size_t total;

    if (packet.n <= WHOLE_ROOM) {
        whole(iei, packet, out);
        return XK_OK;
    }
    total = 1 + (packet.n - FIRST_ROOM + NEXT_ROOM - 1) / NEXT_ROOM;
    if (total > SMS_PARTS_MAX)
        return XK_E_LIMIT;
    for (size_t i = 0; i < total; i++)
        part(iei, &rest, ref, total, i, out);
    out->n = total;
    return XK_OK;
}
