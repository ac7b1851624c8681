/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tlv.h"
#include "codec/cat/cat.h"

/* The objects of an envelope of this kind. */
static enum xk_err open_envelope(struct bytes wire, uint32_t tag, struct bytes *objects)
{
    struct cur outer = cur_of(wire), inner;
    struct tlv t;
    struct cat_tlv object;

    TRY(tlv_next(&outer, &t));
    if (t.tag != tag || outer.n > 0)
        return XK_E_FORMAT;
    inner = cur_of(t.value);
    while (inner.n > 0)
        TRY(cat_tlv_next(&inner, &object));
    *objects = t.value;
    return XK_OK;
}

/* An object that must be there with n bytes (0: any but none). */
static enum xk_err need(struct bytes objects, uint16_t tag, size_t n, struct bytes *value)
{
    struct bytes found;

    if (cat_tlv_find(objects, tag, &found) != XK_OK)
        return XK_E_FORMAT;
    if (n == 0 ? found.n == 0 : found.n != n)
        return XK_E_FORMAT;
    *value = found;
    return XK_OK;
}

static enum xk_err check_devices(struct bytes objects, uint8_t source)
{
    struct bytes devices;

    TRY(need(objects, CAT_TAG_DEVICE_IDENTITIES, 2, &devices));
    return devices.p[0] == source && devices.p[1] == CAT_DEV_UICC ? XK_OK : XK_E_VALUE;
}

static void put_devices(struct buf *out, uint8_t source)
{
    cat_tlv_put(out, CAT_TAG_DEVICE_IDENTITIES | CAT_COMPREHENSION,
                BYTES_OF(((const uint8_t[]){source, CAT_DEV_UICC})));
}

static enum xk_err close_envelope(struct buf *out, size_t start, size_t at)
{
    tlv_end(out, at);
    TRY(buf_ok(out));
    return out->n - start > CAT_DATA_MAX ? XK_E_LIMIT : XK_OK;
}

/* TS 31.111 7.1.1.2 */
enum xk_err cat_decode_sms_pp(struct bytes envelope, struct cat_sms_pp *out)
{
    struct bytes objects;
    struct cat_sms_pp e = {0};

    TRY(open_envelope(envelope, CAT_ENV_SMS_PP, &objects));
    TRY(check_devices(objects, CAT_DEV_NETWORK));
    TRY(need(objects, CAT_TAG_SMS_TPDU, 0, &e.tpdu));
    if (cat_tlv_find(objects, CAT_TAG_ADDRESS, &e.smsc) != XK_OK)
        e.smsc = BYTES_NONE;
    *out = e;
    return XK_OK;
}

enum xk_err cat_encode_sms_pp(const struct cat_sms_pp *e, struct buf *out)
{
    size_t start = out->n;
    size_t at = tlv_begin(out, CAT_ENV_SMS_PP);

    put_devices(out, CAT_DEV_NETWORK);
    if (e->smsc.n > 0)
        cat_tlv_put(out, CAT_TAG_ADDRESS, e->smsc);
    cat_tlv_put(out, CAT_TAG_SMS_TPDU | CAT_COMPREHENSION, e->tpdu);
    return close_envelope(out, start, at);
}

/* TS 102 223 7.4.1 */
enum xk_err cat_decode_timer_expiration(struct bytes envelope, uint8_t *timer, uint32_t *seconds)
{
    struct bytes objects, id, value;
    uint32_t s;

    TRY(open_envelope(envelope, CAT_ENV_TIMER, &objects));
    TRY(check_devices(objects, CAT_DEV_TERMINAL));
    TRY(need(objects, CAT_TAG_TIMER_IDENTIFIER, 1, &id));
    TRY(need(objects, CAT_TAG_TIMER_VALUE, 3, &value));
    TRY(cat_decode_timer_value(value, &s));
    *timer = id.p[0];
    *seconds = s;
    return XK_OK;
}

enum xk_err cat_encode_timer_expiration(uint8_t timer, uint32_t seconds, struct buf *out)
{
    size_t start = out->n;
    size_t at = tlv_begin(out, CAT_ENV_TIMER);
    uint8_t value[3];

    cat_encode_timer_value(seconds, value);
    put_devices(out, CAT_DEV_TERMINAL);
    cat_tlv_put(out, CAT_TAG_TIMER_IDENTIFIER | CAT_COMPREHENSION, BYTES(&timer, 1));
    cat_tlv_put(out, CAT_TAG_TIMER_VALUE | CAT_COMPREHENSION, BYTES_OF(value));
    return close_envelope(out, start, at);
}

/* TS 102 223 7.5: the event list stands first and names one event */
enum xk_err cat_decode_event(struct bytes envelope, struct cat_event_download *out)
{
    struct bytes objects, event, devices;

    TRY(open_envelope(envelope, CAT_ENV_EVENT, &objects));
    TRY(need(objects, CAT_TAG_EVENT_LIST, 1, &event));
    TRY(need(objects, CAT_TAG_DEVICE_IDENTITIES, 2, &devices));
    if (devices.p[1] != CAT_DEV_UICC)
        return XK_E_VALUE;
    *out = (struct cat_event_download){event.p[0], devices.p[0], objects};
    return XK_OK;
}

/* TS 102 223 7.5.4 */
enum xk_err cat_encode_location_event(uint8_t status, struct bytes location, struct buf *out)
{
    const uint8_t event = CAT_EVENT_LOCATION_STATUS;
    size_t start = out->n;
    size_t at = tlv_begin(out, CAT_ENV_EVENT);

    cat_tlv_put(out, CAT_TAG_EVENT_LIST | CAT_COMPREHENSION, BYTES(&event, 1));
    put_devices(out, CAT_DEV_TERMINAL);
    cat_tlv_put(out, CAT_TAG_LOCATION_STATUS | CAT_COMPREHENSION, BYTES(&status, 1));
    if (location.n > 0)
        cat_tlv_put(out, CAT_TAG_LOCATION_INFORMATION, location);
    return close_envelope(out, start, at);
}
