/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a package to the eUICC: cut by the LPA, put together by the card. SGP.22 2.5.5 */
#include "codec/rsp/bpp.h"

#define TAG_86 TAG_6
#define TAG_87 TAG_7
#define TAG_88 TAG_8
#define HEADER_MAX 8 /* tag and length of anything in here */

/* The members of BF36 after BF23. SGP.22 2.5.4 */
static const struct sequence {
    uint32_t tag, member;
    enum rsp_bpp_object_kind kind;
    enum { SENT_WHOLE, SENT_ONE_BY_ONE } sent;
    bool optional;
} sequences[] = {
    {TAG_A0, TAG_87, RSP_BPP_OBJECT_87, SENT_WHOLE, false},
    {TAG_A1, TAG_88, RSP_BPP_OBJECT_88, SENT_ONE_BY_ONE, false},
    {TAG_A2, TAG_87, RSP_BPP_OBJECT_87_2, SENT_WHOLE, true},
    {TAG_A3, TAG_86, RSP_BPP_OBJECT_86, SENT_ONE_BY_ONE, false},
};

static size_t count_members(struct bytes run)
{
    struct der d = der_of(run);
    struct bytes value, raw;
    uint32_t tag;
    size_t n = 0;

    while (der_next(&d, &tag, &value, &raw))
        n++;
    return n;
}

static struct bytes contents_of(const struct rsp_bound_profile_package *bpp, unsigned sequence)
{
    const struct bytes runs[] = {bpp->first_87, bpp->metadata_88, bpp->second_87, bpp->elements_86};

    return runs[sequence];
}

enum xk_err rsp_bpp_pieces_init(struct rsp_bpp_pieces *it, struct bytes bpp)
{
    struct rsp_bpp_pieces t = {.list = der_of(BYTES_NONE)};

    TRY(rsp_decode_bound_profile_package(bpp, &t.bpp));
    t.total = 1;
    for (unsigned i = 0; i < ARRAY_LEN(sequences); i++) {
        struct bytes run = contents_of(&t.bpp, i);

        if (DER_PRESENT(run))
            t.total += sequences[i].sent == SENT_WHOLE ? 1 : 1 + count_members(run);
    }
    *it = t;
    return XK_OK;
}

/* The tag and length before a run, with the run when it is sent whole. */
static struct bytes sequence_piece(const struct sequence *s, struct bytes run)
{
    size_t head_n = der_header_len(s->tag, run.n);

    return BYTES(run.p - head_n, head_n + (s->sent == SENT_WHOLE ? run.n : 0));
}

bool rsp_bpp_pieces_next(struct rsp_bpp_pieces *it, struct bytes *piece)
{
    struct bytes bf23 = it->bpp.initialise_secure_channel.raw, value, run;
    const struct sequence *s;
    uint32_t tag;

    if (der_next(&it->list, &tag, &value, piece)) {
        it->done++;
        return true;
    }
    if (it->step == 0) {
        *piece = BYTES(it->bpp.raw.p, (size_t)(bf23.p + bf23.n - it->bpp.raw.p));
        it->step = 1;
        it->done++;
        return true;
    }
    while (it->step <= ARRAY_LEN(sequences)) {
        s = &sequences[it->step - 1];
        run = contents_of(&it->bpp, it->step++ - 1);
        if (!DER_PRESENT(run))
            continue;
        if (s->sent == SENT_ONE_BY_ONE)
            it->list = der_of(run);
        *piece = sequence_piece(s, run);
        it->done++;
        return true;
    }
    return false;
}

/* The card's side. `step` counts: 0 the header of BF36, 1 BF23, then sequence step - 2. */
enum { STEP_HEADER, STEP_BF23, STEP_SEQUENCES };

void rsp_bpp_reader_init(struct rsp_bpp_reader *r, void *mem, size_t cap)
{
    *r = (struct rsp_bpp_reader){.step = STEP_HEADER};
    buf_init_fixed(&r->part, mem, cap);
}

/* What is known of the object that begins in `part` and goes on in `in`. */
enum head { HEAD_CUT, HEAD_WHOLE, HEAD_BAD };

/* Tag, and the lengths of header and value, of the first bytes of an object. */
static enum head read_head(struct bytes b, uint32_t tag, size_t *head_n, size_t *value_n)
{
    size_t tag_n = tag > 0xFF ? 2 : 1, length_bytes, v = 0;

    for (size_t i = 0; i < tag_n && i < b.n; i++)
        if (b.p[i] != (uint8_t)(tag >> 8 * (tag_n - 1 - i)))
            return HEAD_BAD;
    if (b.n <= tag_n)
        return HEAD_CUT;
    length_bytes = b.p[tag_n] < 0x80 ? 0 : b.p[tag_n] & 0x7F;
    if (b.p[tag_n] == 0x80 || length_bytes > 4)
        return HEAD_BAD;
    if (b.n < tag_n + 1 + length_bytes)
        return HEAD_CUT;
    for (size_t i = 0; i < length_bytes; i++)
        v = v << 8 | b.p[tag_n + 1 + i];
    *head_n = tag_n + 1 + length_bytes;
    *value_n = length_bytes > 0 ? v : b.p[tag_n];
    return der_header_len(tag, *value_n) == *head_n ? HEAD_WHOLE : HEAD_BAD;
}

/* Moves bytes of the input to the part until it has n; false when the input ends before. */
static bool gather(struct rsp_bpp_reader *r, struct cur *in, size_t n)
{
    size_t missing = n - r->part.n;

    buf_put_bytes(&r->part, cur_take(in, missing < in->n ? missing : in->n));
    return r->part.n == n;
}

/* Tag and length, byte by byte, to the part. XK_E_FORMAT when it is another tag. */
static enum xk_err take_head(struct rsp_bpp_reader *r, struct cur *in, uint32_t tag, bool *whole,
                             size_t *head_n, size_t *value_n)
{
    enum head head = read_head(buf_bytes(&r->part), tag, head_n, value_n);

    while (head == HEAD_CUT && in->n > 0) {
        buf_put_u8(&r->part, cur_u8(in));
        TRY(buf_ok(&r->part));
        head = read_head(buf_bytes(&r->part), tag, head_n, value_n);
    }
    *whole = head == HEAD_WHOLE;
    return head == HEAD_BAD ? XK_E_FORMAT : XK_OK;
}

/* One whole TLV of a container that has *left. It is taken from the input where it lies when it
 * lies there in one piece. One that claims more is refused at once: what is missing never comes. */
static enum xk_err take_object(struct rsp_bpp_reader *r, struct cur *in, uint32_t tag, size_t *left,
                               struct bytes *tlv)
{
    const uint8_t *start = in->p;
    size_t had = r->part.n, head_n = 0, value_n = 0, n;
    bool whole;

    *tlv = BYTES_NONE;
    TRY(take_head(r, in, tag, &whole, &head_n, &value_n));
    if (!whole)
        return XK_OK;
    n = head_n + value_n;
    if (n > *left)
        return XK_E_FORMAT;
    if (n > r->part.max)
        return XK_E_LIMIT;
    if (had == 0 && value_n <= in->n) {
        cur_take(in, value_n);
        *tlv = BYTES(start, n);
        r->part.n = 0;
    } else {
        if (!gather(r, in, n))
            return buf_ok(&r->part);
        *tlv = buf_bytes(&r->part);
        r->given = true;
    }
    *left -= n;
    return XK_OK;
}

static enum xk_err enter_package(struct rsp_bpp_reader *r, struct cur *in)
{
    size_t head_n = 0, value_n = 0;
    bool whole;

    TRY(take_head(r, in, TAG_BOUND_PROFILE_PACKAGE, &whole, &head_n, &value_n));
    if (!whole)
        return XK_OK;
    buf_reset(&r->part);
    r->total_left = value_n;
    r->step = STEP_BF23;
    return XK_OK;
}

/* The header of the next sequence; an optional one that is not there is passed over. */
static enum xk_err enter_sequence(struct rsp_bpp_reader *r, struct cur *in)
{
    const struct sequence *s = &sequences[r->step - STEP_SEQUENCES];
    size_t head_n = 0, value_n = 0;
    bool whole;

    if (r->part.n == 0 && in->n > 0 && in->p[0] != s->tag && s->optional) {
        r->step++;
        s++;
    }
    TRY(take_head(r, in, s->tag, &whole, &head_n, &value_n));
    if (!whole)
        return XK_OK;
    if (value_n == 0)
        return XK_E_FORMAT;
    if (head_n + value_n > r->total_left)
        return XK_E_FORMAT;
    r->total_left -= head_n + value_n;
    buf_reset(&r->part);
    r->sequence_left = value_n;
    r->in_sequence = true;
    return XK_OK;
}

static enum xk_err take_bf23(struct rsp_bpp_reader *r, struct cur *in, struct rsp_bpp_object *out)
{
    TRY(take_object(r, in, TAG_INITIALISE_SECURE_CHANNEL, &r->total_left, &out->tlv));
    if (!DER_PRESENT(out->tlv))
        return XK_OK;
    out->kind = RSP_BPP_OBJECT_BF23;
    out->last = true;
    r->step = STEP_SEQUENCES;
    return XK_OK;
}

static enum xk_err take_member(struct rsp_bpp_reader *r, struct cur *in, struct rsp_bpp_object *out)
{
    const struct sequence *s = &sequences[r->step - STEP_SEQUENCES];

    TRY(take_object(r, in, s->member, &r->sequence_left, &out->tlv));
    if (!DER_PRESENT(out->tlv))
        return XK_OK;
    out->kind = s->kind;
    if (r->sequence_left > 0)
        return XK_OK;
    out->last = true;
    r->in_sequence = false;
    r->step++;
    return XK_OK;
}

static bool at_end(const struct rsp_bpp_reader *r)
{
    return r->step == STEP_SEQUENCES + ARRAY_LEN(sequences);
}

static enum xk_err next_in_sequence(struct rsp_bpp_reader *r, struct cur *in,
                                    struct rsp_bpp_object *out)
{
    if (!r->in_sequence)
        TRY(enter_sequence(r, in));
    return r->in_sequence ? take_member(r, in, out) : XK_OK;
}

enum xk_err rsp_bpp_reader_next(struct rsp_bpp_reader *r, struct cur *in,
                                struct rsp_bpp_object *out)
{
    *out = (struct rsp_bpp_object){.kind = RSP_BPP_NEED_MORE, .tlv = BYTES_NONE};
    if (r->given)
        buf_reset(&r->part);
    r->given = false;
    if (r->step == STEP_HEADER)
        TRY(enter_package(r, in));
    if (r->step == STEP_HEADER)
        return XK_OK;
    if (r->step == STEP_BF23)
        return take_bf23(r, in, out);
    if (!at_end(r))
        return next_in_sequence(r, in, out);
    if (r->total_left > 0 || in->n > 0)
        return XK_E_FORMAT;
    out->kind = RSP_BPP_OBJECT_END;
    return XK_OK;
}
