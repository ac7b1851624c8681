/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

/* TS 102 221 11.1.5: modes in the low three bits of P2 */
#define MODE_NEXT 2
#define MODE_PREVIOUS 3
#define MODE_ABSOLUTE 4
#define MODE_BACKWARD 5
#define MODE_ENHANCED 6

#define SFI_OF(p2) ((uint8_t)((p2) >> 3))
#define MODE_OF(p2) ((p2)&7)

/* The record a command means, 0 and x->sw when there is none. Does not move the pointer. */
static unsigned record_of_command(struct exchange *x, const struct uicc_file *f)
{
    unsigned records = file_records(f), at = x->ch->record;
    bool cyclic = STRUCTURE_OF(f) == STRUCTURE_CYCLIC;

    x->sw = SW_RECORD_NOT_FOUND;
    switch (MODE_OF(x->c.p2)) {
    case MODE_ABSOLUTE:
        at = x->c.p1 ? x->c.p1 : at;
        break;
    case MODE_NEXT:
        at = at < records ? at + 1 : cyclic ? 1 : 0;
        break;
    case MODE_PREVIOUS:
        at = at > 1 ? at - 1 : at == 0 || cyclic ? records : 0;
        break;
    default:
        x->sw = SW_WRONG_P1P2;
        return 0;
    }
    if (at == 0 || at > records)
        return 0;
    x->sw = SW_OK;
    return at;
}

static uint32_t record_offset(const struct uicc_file *f, unsigned record)
{
    return (record - 1) * f->record_len;
}

static void move_pointer(struct exchange *x, unsigned record)
{
    if (MODE_OF(x->c.p2) != MODE_ABSOLUTE)
        x->ch->record = (uint8_t)record;
}

enum xk_err cmd_read_record(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    uint8_t data[256];
    unsigned record, length;

    TRY(file_of_command(u, x, SFI_OF(x->c.p2), KIND_RECORDS, ACCESS_READ, &f));
    if (!f)
        return XK_OK;
    record = record_of_command(x, f);
    if (record == 0)
        return XK_OK;
    length = f->record_len;
    if (x->c.has_le && x->c.le != length)
        return refuse(x, SW_LE(length));
    TRY(u->ops->read(u, f, record_offset(f, record), data, length));
    move_pointer(x, record);
    return answer_now(x, BYTES(data, length));
}

/* The newest record of a cyclic file is the first one: the others move down, the oldest falls
 * off. */
static enum xk_err push_record(struct uicc *u, const struct uicc_file *f, struct bytes data)
{
    uint8_t old[256];

    for (unsigned r = file_records(f); r > 1; r--) {
        TRY(u->ops->read(u, f, record_offset(f, r - 1), old, f->record_len));
        TRY(u->ops->write(u, f, record_offset(f, r), BYTES(old, f->record_len)));
    }
    return u->ops->write(u, f, record_offset(f, 1), data);
}

/* TS 102 221 11.1.6 */
enum xk_err cmd_update_record(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    unsigned record;

    TRY(file_of_command(u, x, SFI_OF(x->c.p2), KIND_RECORDS, ACCESS_UPDATE, &f));
    if (!f)
        return XK_OK;
    if (x->c.data.n != f->record_len)
        return refuse(x, SW_WRONG_LENGTH);
    if (STRUCTURE_OF(f) == STRUCTURE_CYCLIC) {
        if (MODE_OF(x->c.p2) != MODE_PREVIOUS)
            return refuse(x, SW_WRONG_P1P2);
        TRY(push_record(u, f, x->c.data));
        x->ch->record = 1;
        return file_written(u, x, f);
    }
    record = record_of_command(x, f);
    if (record == 0)
        return XK_OK;
    TRY(u->ops->write(u, f, record_offset(f, record), x->c.data));
    move_pointer(x, record);
    return file_written(u, x, f);
}

/* INCREASE, TS 102 221 11.1.8: the sum goes on top of the ring; both are answered. */
enum xk_err cmd_increase(struct uicc *u, struct exchange *x)
{
    uint8_t data[255 + 255];
    const struct uicc_file *f;
    unsigned length, carry = 0;

    TRY(file_of_command(u, x, x->c.p1 & 0x1F, KIND_CYCLIC, ACCESS_INCREASE, &f));
    if (!f)
        return XK_OK;
    length = f->record_len;
    if (x->c.data.n == 0 || x->c.data.n > length)
        return refuse(x, SW_WRONG_LENGTH);
    TRY(u->ops->read(u, f, record_offset(f, 1), data, length));
    for (unsigned i = 0; i < length; i++) {
        unsigned add = i < x->c.data.n ? x->c.data.p[x->c.data.n - 1 - i] : 0u;

        carry += data[length - 1 - i] + add;
        data[length - 1 - i] = (uint8_t)carry;
        carry >>= 8;
    }
    if (carry)
        return refuse(x, SW_INCREASE_MAX_REACHED);
    TRY(push_record(u, f, BYTES(data, length)));
    memcpy(data + length, x->c.data.p, x->c.data.n);
    x->ch->record = 1;
    TRY(file_written(u, x, f));
    if (x->sw != SW_OK)
        return XK_OK;
    return answer_later(u, x, BYTES(data, length + x->c.data.n));
}
