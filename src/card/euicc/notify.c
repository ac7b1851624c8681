/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications (SGP.22 3.5, 5.7.9 to 5.7.11): numbered, signed, and kept until they are removed.
 * */
#include "card/euicc/state.h"
#include "crypto/ecdsa.h"

#define PENDING_MAX ((size_t)16 << 10)
#define METADATA_MAX ((size_t)512)
#define LIST_MAX ((size_t)64 << 10)
#define SEQUENCE_LEN 4

static uint32_t get_u32(const uint8_t b[SEQUENCE_LEN])
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

enum xk_err notify_next_seq(struct euicc *e, uint32_t *seq)
{
    uint8_t stored[SEQUENCE_LEN];
    uint32_t next;

    TRY(flash_read(e->flash, OBJECT_SEQUENCE, 0, stored, sizeof stored));
    *seq = get_u32(stored);
    if (*seq >= OBJECT_NOTIFICATION_LAST - OBJECT_NOTIFICATION)
        return XK_E_LIMIT;
    next = *seq + 1;
    for (size_t i = 0; i < SEQUENCE_LEN; i++)
        stored[i] = (uint8_t)(next >> (8 * (SEQUENCE_LEN - 1 - i)));
    return flash_write(e->flash, OBJECT_SEQUENCE, 0, BYTES_OF(stored));
}

enum xk_err notify_store(struct euicc *e, uint32_t seq, struct bytes pending)
{
    return flash_put(e->flash, OBJECT_NOTIFICATION + seq, pending);
}

/* OtherSignedNotification, over the metadata, with the certificates of the identity. */
static enum xk_err sign_other(struct euicc *e, unsigned identity, struct bytes metadata,
                              struct buf *out)
{
    struct rsp_other_signed_notification n = {.metadata = {.raw = metadata}};
    uint8_t value[RSP_SIGNATURE_LEN], tlv[RSP_SIGNATURE_TLV_LEN];

    TRY(ecdsa_sign(e->identities[identity].key, &metadata, 1, value));
    rsp_signature_tlv(value, tlv);
    n.signature = BYTES_OF(tlv);
    TRY(flash_get(e->flash, OBJECT_CERTIFICATE + identity, &n.euicc_certificate));
    TRY(flash_get(e->flash, OBJECT_EUM + identity, &n.eum_certificate));
    return rsp_encode_other_signed_notification(&n, out);
}

static enum xk_err add_one(struct euicc *e, unsigned identity, struct bytes iccid,
                           enum rsp_event event, struct bytes address)
{
    struct rsp_notification_metadata m = {
        .event = RSP_BIT(event), .address = address, .iccid = iccid};
    struct buf metadata, pending;
    enum xk_err err;

    buf_init(&metadata, METADATA_MAX);
    buf_init(&pending, PENDING_MAX);
    err = notify_next_seq(e, &m.seq_number);
    if (err == XK_OK)
        err = rsp_encode_notification_metadata(&m, &metadata);
    if (err == XK_OK)
        err = sign_other(e, identity, buf_bytes(&metadata), &pending);
    if (err == XK_OK)
        err = notify_store(e, m.seq_number, buf_bytes(&pending));
    buf_fini(&metadata);
    buf_fini(&pending);
    return err;
}

enum xk_err notify_event(struct euicc *e, unsigned slot, enum rsp_event event, struct bytes except)
{
    struct rsp_metadata m;
    struct row row;

    TRY(slot_row(e, slot, &row));
    TRY(slot_metadata(e, slot, &m));
    for (size_t i = 0; i < m.notification_configurations.n; i++) {
        const struct rsp_notification_configuration *c = &m.notification_configurations.row[i];

        if ((c->events & RSP_BIT(event)) && !bytes_eq(c->address, except))
            TRY(add_one(e, row.identity, m.iccid, event, c->address));
    }
    return XK_OK;
}

size_t notify_count(const struct euicc *e)
{
    struct bytes unused;
    size_t n = 0;

    for (uint32_t id = OBJECT_NOTIFICATION;
         flash_next(e->flash, &id, OBJECT_NOTIFICATION_LAST, &unused); id++)
        n++;
    return n;
}

/* What of a notification a list holds. */
enum shape { SHAPE_METADATA, SHAPE_WHOLE };

struct filter {
    bool by_seq, by_events;
    uint32_t seq;
    uint64_t events;
};

static enum xk_err put_matching(const struct euicc *e, const struct filter *f, enum shape shape,
                                struct buf *list)
{
    struct bytes stored;

    for (uint32_t id = OBJECT_NOTIFICATION;
         flash_next(e->flash, &id, OBJECT_NOTIFICATION_LAST, &stored); id++) {
        struct rsp_pending_notification n;
        const struct rsp_notification_metadata *m;

        TRY(rsp_decode_pending_notification(stored, &n));
        m = rsp_pending_metadata(&n);
        if (!m || (f->by_seq && m->seq_number != f->seq) ||
            (f->by_events && !(m->event & f->events)))
            continue;
        buf_put_bytes(list, shape == SHAPE_WHOLE ? stored : m->raw);
    }
    return buf_ok(list);
}

/* SGP.22 5.7.9 */
enum xk_err list_notification(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_list_notification_request req;
    struct rsp_notification_list answer = {.ok = true};
    struct filter f = {0};
    struct buf list;
    enum xk_err err;

    if (rsp_decode_list_notification_request(request, &req) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    f.by_events = req.has_filter;
    f.events = req.events;
    buf_init(&list, LIST_MAX);
    err = put_matching(e, &f, SHAPE_METADATA, &list);
    answer.list = buf_bytes(&list);
    if (err == XK_OK)
        err = rsp_encode_list_notification_response(&answer, out);
    buf_fini(&list);
    return err;
}

/* SGP.22 5.7.10 */
enum xk_err retrieve_notifications_list(struct euicc *e, struct bytes request, struct buf *out)
{
    struct rsp_retrieve_notifications_request req;
    struct rsp_notification_list answer = {.ok = true};
    struct filter f = {0};
    struct buf list;
    enum xk_err err;

    if (rsp_decode_retrieve_notifications_request(request, &req) != XK_OK ||
        req.search == RSP_RETRIEVE_EUICC_PACKAGE_RESULTS)
        return refuse_sw(e, SW_WRONG_DATA);
    f.by_seq = req.search == RSP_RETRIEVE_SEQ_NUMBER;
    f.seq = req.seq_number;
    f.by_events = req.search == RSP_RETRIEVE_EVENTS;
    f.events = req.events;
    buf_init(&list, LIST_MAX);
    err = put_matching(e, &f, SHAPE_WHOLE, &list);
    answer.list = buf_bytes(&list);
    if (err == XK_OK)
        err = rsp_encode_retrieve_notifications_response(&answer, out);
    buf_fini(&list);
    return err;
}

/* SGP.22 5.7.11 */
enum xk_err remove_notification_from_list(struct euicc *e, struct bytes request, struct buf *out)
{
    uint32_t seq;

    if (rsp_decode_notification_sent_request(request, &seq) != XK_OK)
        return refuse_sw(e, SW_WRONG_DATA);
    if (seq > OBJECT_NOTIFICATION_LAST - OBJECT_NOTIFICATION ||
        !flash_has(e->flash, OBJECT_NOTIFICATION + seq))
        return rsp_encode_notification_sent_response(RSP_NOTIFICATION_SENT_NOTHING_TO_DELETE, out);
    TRY(flash_delete(e->flash, OBJECT_NOTIFICATION + seq));
    return rsp_encode_notification_sent_response(RSP_NOTIFICATION_SENT_OK, out);
}
