/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

/* SEARCH RECORD, TS 102 221 11.1.7; SEEK, TS 51.011 9.2.7 */
#define MODE_FORWARD 4
#define MODE_BACKWARD 5
#define MODE_ENHANCED 6
#define INDICATION_VALUE 0x08 /* byte 2 is a value: search behind its first occurrence */

enum direction { FORWARD, BACKWARD };

struct search {
    struct bytes pattern;
    bool at_start;     /* only there */
    bool behind_value; /* from behind the first occurrence of `from` instead of at offset `from` */
    uint8_t from;
    unsigned first; /* record to begin with */
    enum direction direction;
};

static bool record_matches(const struct search *s, struct bytes record)
{
    size_t at = s->from;

    if (s->behind_value) {
        const uint8_t *found = memchr(record.p, s->from, record.n);

        if (!found)
            return false;
        at = (size_t)(found - record.p) + 1;
    }
    for (; at + s->pattern.n <= record.n; at++) {
        if (memcmp(record.p + at, s->pattern.p, s->pattern.n) == 0)
            return true;
        if (s->at_start)
            return false;
    }
    return false;
}

static enum xk_err search_run(struct uicc *u, const struct uicc_file *f, const struct search *s,
                              struct buf *found)
{
    uint8_t record[256];

    for (unsigned r = s->first; r >= 1 && r <= file_records(f);
         r = s->direction == FORWARD ? r + 1 : r - 1) {
        TRY(u->ops->read(u, f, (r - 1) * f->record_len, record, f->record_len));
        if (record_matches(s, BYTES(record, f->record_len)))
            buf_put_u8(found, (uint8_t)r);
    }
    return buf_ok(found);
}

/* The search indication of an enhanced search: where to begin, in which direction, in the
 * record. */
static bool read_indication(struct exchange *x, struct search *s, unsigned records)
{
    unsigned current = x->ch->record;
    uint8_t how = x->c.data.n > 2 ? x->c.data.p[0] : 0;

    s->behind_value = how & INDICATION_VALUE;
    s->from = how ? x->c.data.p[1] : 0;
    s->pattern = how ? BYTES(x->c.data.p + 2, x->c.data.n - 2) : BYTES_NONE;
    s->direction = how & 1 ? BACKWARD : FORWARD;
    switch (how & 7) {
    case 4:
    case 5:
        s->first = x->c.p1 ? x->c.p1 : current;
        return true;
    case 6:
        s->first = current + 1;
        return true;
    case 7:
        s->first = current > 1 ? current - 1 : current == 0 ? records : 0;
        return true;
    default:
        return false;
    }
}

static bool read_search(struct exchange *x, struct search *s, unsigned records)
{
    *s = (struct search){.pattern = x->c.data, .first = x->c.p1 ? x->c.p1 : x->ch->record};
    switch (x->c.p2 & 7) {
    case MODE_FORWARD:
        return x->c.data.n > 0;
    case MODE_BACKWARD:
        s->direction = BACKWARD;
        return x->c.data.n > 0;
    case MODE_ENHANCED:
        return read_indication(x, s, records);
    default:
        return false;
    }
}

enum xk_err cmd_search_record(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    struct search s;
    uint8_t mem[255];
    struct buf found;

    TRY(file_of_command(u, x, (uint8_t)(x->c.p2 >> 3), KIND_RECORDS, ACCESS_READ, &f));
    if (!f)
        return XK_OK;
    if (!read_search(x, &s, file_records(f)))
        return refuse(x, x->c.data.n == 0 ? SW_WRONG_LENGTH : SW_WRONG_P1P2);
    if (s.pattern.n > f->record_len)
        return refuse(x, SW_WRONG_LENGTH);
    if (s.first == 0 || s.first > file_records(f))
        return refuse(x, SW_RECORD_NOT_FOUND);
    buf_init_fixed(&found, mem, sizeof mem);
    TRY(search_run(u, f, &s, &found));
    if (found.n == 0)
        return refuse(x, SW_SEARCH_FAILED);
    x->ch->record = mem[0];
    return answer_later(u, x, buf_bytes(&found));
}

static bool read_seek(struct exchange *x, struct search *s, unsigned records)
{
    unsigned current = x->ch->record;

    *s = (struct search){.pattern = x->c.data, .at_start = true};
    s->direction = x->c.p2 & 1 ? BACKWARD : FORWARD;
    switch (x->c.p2 & 0x0F) {
    case 0:
        s->first = 1;
        return true;
    case 1:
        s->first = records;
        return true;
    case 2:
        s->first = current + 1;
        return true;
    case 3:
        s->first = current > 1 ? current - 1 : current == 0 ? records : 0;
        return true;
    default:
        return false;
    }
}

/* Type 2 (P2 1x) answers the record number. */
enum xk_err cmd_seek(struct uicc *u, struct exchange *x)
{
    const struct uicc_file *f;
    struct search s;
    uint8_t mem[255];
    struct buf found;

    TRY(file_of_command(u, x, 0, KIND_RECORDS, ACCESS_READ, &f));
    if (!f)
        return XK_OK;
    if (x->c.p1 != 0 || x->c.p2 > 0x1F || !read_seek(x, &s, file_records(f)))
        return refuse(x, SW_WRONG_PARAMETERS);
    if (x->c.data.n == 0 || x->c.data.n > f->record_len)
        return refuse(x, SW_WRONG_LENGTH);
    buf_init_fixed(&found, mem, sizeof mem);
    TRY(search_run(u, f, &s, &found));
    if (found.n == 0)
        return refuse(x, SW_FILE_NOT_FOUND);
    x->ch->record = mem[0];
    if ((x->c.p2 & 0xF0) == 0)
        return XK_OK;
    return answer_later(u, x, BYTES(mem, 1));
}
