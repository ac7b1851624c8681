/* SPDX-License-Identifier: Apache-2.0 */
/* Toolkit objects: commands, responses and envelopes that were read are written and read the same
 * (TS 102 223 6.6, 6.8, 7). */
#include "codec/cat/cat.h"
#include "fuzz.h"

static void fuzz_proactive(struct bytes wire)
{
    struct cat_proactive p, again;
    uint8_t mem[CAT_PROACTIVE_MAX];
    struct buf b;

    if (cat_decode_proactive(wire, &p) != XK_OK)
        return;
    FUZZ_CHECK(p.objects.p >= wire.p && p.objects.n < wire.n);
    buf_init_fixed(&b, mem, sizeof mem);
    if (cat_encode_proactive(&p, &b) != XK_OK)
        return;
    FUZZ_CHECK(cat_decode_proactive(buf_bytes(&b), &again) == XK_OK);
    FUZZ_CHECK(p.number == again.number && p.type == again.type && p.qualifier == again.qualifier &&
               p.source == again.source && p.destination == again.destination &&
               bytes_eq(p.objects, again.objects));
}

static void fuzz_response(struct bytes wire)
{
    struct cat_response r, again;
    uint8_t mem[CAT_DATA_MAX];
    struct buf b;

    if (cat_decode_response(wire, &r) != XK_OK)
        return;
    buf_init_fixed(&b, mem, sizeof mem);
    if (cat_encode_response(&r, &b) != XK_OK)
        return;
    FUZZ_CHECK(cat_decode_response(buf_bytes(&b), &again) == XK_OK);
    FUZZ_CHECK(r.number == again.number && r.type == again.type && r.qualifier == again.qualifier &&
               r.result == again.result);
    FUZZ_CHECK(bytes_eq(r.additional, again.additional) && bytes_eq(r.objects, again.objects));
}

static void fuzz_sms_pp(struct bytes wire)
{
    struct cat_sms_pp e, again;
    uint8_t mem[CAT_DATA_MAX];
    struct buf b;

    if (cat_decode_sms_pp(wire, &e) != XK_OK)
        return;
    buf_init_fixed(&b, mem, sizeof mem);
    if (cat_encode_sms_pp(&e, &b) != XK_OK)
        return;
    FUZZ_CHECK(cat_decode_sms_pp(buf_bytes(&b), &again) == XK_OK);
    FUZZ_CHECK(bytes_eq(e.smsc, again.smsc) && bytes_eq(e.tpdu, again.tpdu));
}

static void fuzz_timer(struct bytes wire)
{
    uint8_t timer, timer_again, mem[32];
    uint32_t seconds, seconds_again;
    struct buf b;

    if (cat_decode_timer_expiration(wire, &timer, &seconds) != XK_OK)
        return;
    buf_init_fixed(&b, mem, sizeof mem);
    FUZZ_CHECK(cat_encode_timer_expiration(timer, seconds, &b) == XK_OK);
    FUZZ_CHECK(cat_decode_timer_expiration(buf_bytes(&b), &timer_again, &seconds_again) == XK_OK);
    FUZZ_CHECK(timer == timer_again && seconds == seconds_again);
}

/* Whatever the list, every object found is one that stands in it. */
static void fuzz_objects(struct bytes wire)
{
    struct cur c = cur_of(wire);
    struct cat_tlv t;
    struct bytes value;
    uint32_t ms;

    while (c.n > 0 && cat_tlv_next(&c, &t) == XK_OK) {
        FUZZ_CHECK(t.value.p >= wire.p && t.value.p + t.value.n <= wire.p + wire.n);
        FUZZ_CHECK(cat_tlv_find(wire, t.tag, &value) == XK_OK);
        if (cat_decode_duration(t.value, &ms) == XK_OK)
            FUZZ_CHECK(ms > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bytes wire = BYTES(data, n);
    struct cat_event_download event;

    fuzz_proactive(wire);
    fuzz_response(wire);
    fuzz_sms_pp(wire);
    fuzz_timer(wire);
    fuzz_objects(wire);
    if (cat_decode_event(wire, &event) == XK_OK)
        fuzz_objects(event.objects);
    return 0;
}
