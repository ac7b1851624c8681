/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sms/sms.h"

/* What a part holds at most: 140 octets less 05 00 03 ref total seq. */
#define PART_ROOM 134

/* One message being put together. Parts lie at multiples of PART_ROOM until it is whole. */
struct slot {
    char sender[SMS_NUMBER_TEXT];
    uint16_t ref;
    bool ref16;
    uint8_t total; /* 0: free */
    uint8_t have;
    uint8_t part_n[SMS_PARTS_MAX];
    bool part_there[SMS_PARTS_MAX];
    bool packet_seen; /* head is of the part with 70 or 71 */
    struct sms_udh head;
    uint32_t born;
    uint8_t *data; /* total * PART_ROOM; only while in use, since most cards sit idle */
};

struct sms_reassembly {
    struct slot slot[SMS_REASSEMBLY_SLOTS];
    uint32_t births;
    struct slot *given; /* complete, its data lent to the caller until the next call */
};

static void slot_clear(struct slot *s)
{
    if (s->data)
        explicit_bzero(s->data, (size_t)s->total * PART_ROOM);
    free(s->data);
    *s = (struct slot){0};
}

struct sms_reassembly *sms_reassembly_new(void)
{
    return calloc(1, sizeof(struct sms_reassembly));
}

void sms_reassembly_clear(struct sms_reassembly *r)
{
    for (size_t i = 0; i < SMS_REASSEMBLY_SLOTS; i++)
        slot_clear(&r->slot[i]);
    r->given = NULL;
}

void sms_reassembly_free(struct sms_reassembly *r)
{
    if (!r)
        return;
    sms_reassembly_clear(r);
    free(r);
}

bool sms_reassembly_idle(const struct sms_reassembly *r)
{
    for (size_t i = 0; i < SMS_REASSEMBLY_SLOTS; i++)
        if (r->slot[i].total != 0 && &r->slot[i] != r->given)
            return false;
    return true;
}

static bool slot_is(const struct slot *s, const char *sender, const struct sms_udh *h)
{
    return s->total == h->total && s->ref == h->ref && s->ref16 == h->ref16 &&
           strncmp(s->sender, sender, sizeof s->sender - 1) == 0;
}

/* A free slot, or the one begun longest ago. */
static struct slot *slot_to_use(struct sms_reassembly *r)
{
    struct slot *oldest = &r->slot[0];

    for (size_t i = 0; i < SMS_REASSEMBLY_SLOTS; i++) {
        struct slot *s = &r->slot[i];

        if (s->total == 0)
            return s;
        if (r->births - s->born > r->births - oldest->born)
            oldest = s;
    }
    return oldest;
}

static enum xk_err slot_begin(struct sms_reassembly *r, const char *sender, const struct sms_udh *h,
                              struct slot **out)
{
    struct slot *s = slot_to_use(r);
    uint8_t *data = malloc((size_t)h->total * PART_ROOM);

    if (!data)
        return XK_E_NOMEM;
    slot_clear(s);
    *s = (struct slot){
        .ref = h->ref, .ref16 = h->ref16, .total = h->total, .born = ++r->births, .data = data};
    memcpy(s->sender, sender, strnlen(sender, sizeof s->sender - 1));
    *out = s;
    return XK_OK;
}

static enum xk_err slot_for(struct sms_reassembly *r, const char *sender, const struct sms_udh *h,
                            struct slot **out)
{
    for (size_t i = 0; i < SMS_REASSEMBLY_SLOTS; i++)
        if (slot_is(&r->slot[i], sender, h)) {
            *out = &r->slot[i];
            return XK_OK;
        }
    return slot_begin(r, sender, h, out);
}

/* A part that is there with other contents is of another message under the same reference. */
static void forget_if_other(struct slot *s, size_t i, struct bytes payload)
{
    struct bytes old = BYTES(s->data + i * PART_ROOM, s->part_n[i]);

    if (!s->part_there[i] || bytes_eq(old, payload))
        return;
    memset(s->part_there, 0, sizeof s->part_there);
    s->have = 0;
    s->packet_seen = false;
}

static void slot_take(struct slot *s, const struct sms_udh *h, struct bytes payload)
{
    size_t i = h->seq - 1u;
    bool packet = h->command_packet || h->response_packet;

    forget_if_other(s, i, payload);
    if (payload.n > 0)
        memcpy(s->data + i * PART_ROOM, payload.p, payload.n);
    s->part_n[i] = (uint8_t)payload.n;
    s->have += !s->part_there[i];
    s->part_there[i] = true;
    if (packet || (h->seq == 1 && !s->packet_seen))
        s->head = *h;
    s->packet_seen |= packet;
}

static struct bytes slot_join(struct slot *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->total; i++) {
        memmove(s->data + n, s->data + i * PART_ROOM, s->part_n[i]);
        n += s->part_n[i];
    }
    return BYTES(s->data, n);
}

static void take_back(struct sms_reassembly *r)
{
    if (r->given)
        slot_clear(r->given);
    r->given = NULL;
}

enum xk_err sms_reassembly_feed(struct sms_reassembly *r, const char *sender, struct bytes ud,
                                struct sms_udh *head, struct bytes *out)
{
    struct sms_udh h;
    struct bytes payload;
    struct slot *s;

    take_back(r);
    if (ud.n > SMS_UD_MAX)
        return XK_E_LIMIT;
    TRY(sms_decode_udh(ud, &h, &payload));
    if (h.concat && h.total > SMS_PARTS_MAX)
        return XK_E_LIMIT;
    *out = BYTES_NONE;
    *head = h;
    if (!h.concat || h.total == 1) {
        *out = payload;
        return XK_OK;
    }
    TRY(slot_for(r, sender, &h, &s));
    slot_take(s, &h, payload);
    if (s->have < s->total)
        return XK_OK;
    *out = slot_join(s);
    *head = s->head;
    r->given = s;
    return XK_OK;
}
