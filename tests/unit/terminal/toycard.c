/* SPDX-License-Identifier: Apache-2.0 */
#include "toycard.h"

#include "base/hex.h"

#define CLA_GSM 0xA0

static const struct {
    uint16_t dir, fid;
    uint8_t records;
    const char *hex;
} contents[] = {
    {0x3F00, 0x2F00, 2, "610F4F0DA0000000871002FF86FF890102FFFFFFFF"},
    {0x3F00, 0x2FE2, 0, "98680004210000000010"},
    {0x3F00, 0x2F05, 0, "7A68"},
    {0x7FFF, 0x6F05, 0, "656E"},
    {0x7FFF, 0x6FB7, 1, "11F2FFFF"},
    {0x7FFF, 0x6FAD, 0, "00000002"},
    {0x7FFF, 0x6F07, 0, "084906000000000010"},
    {0x7FFF, 0x6F38, 0, "0000000800000000"},
    {0x7FFF, 0x6F56, 0, "00"},
    {0x7FFF, 0x6F78, 0, "0001"},
    {0x7FFF, 0x6F31, 0, "05"},
    {0x7FFF, 0x6F62, 0, "64F0004000"},
    {0x7FFF, 0x6F7B, 0, "62F220FFFFFFFFFFFFFFFFFF"},
    {0x7FFF, 0x6F7E, 0, "FFFFFFFFFFFFFFFFFE0001"},
    {0x7FFF, 0x6F73, 0, "FFFFFFFFFFFFFFFFFFFFFFFE0101"},
    {0x7FFF, 0x6FE3, 0, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE01"},
    {0x7FFF, 0x6F08, 0, "07FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
    {0x7FFF, 0x6F09, 0, "07FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
    {0x7FFF, 0x6F42, 1, "E1FFFFFFFFFFFFFFFFFFFFFFFF0891683108100005F0FFFFFF0000A9"},
    {0x7FFF, 0x6F43, 0, "FFFF"},
};

void toycard_set(struct toycard *c, uint16_t dir, uint16_t fid, uint8_t records, const char *hex)
{
    struct toy_file *f = toycard_file(c, dir, fid);
    size_t n;

    if (!f)
        f = &c->file[c->files++];
    f->dir = dir;
    f->fid = fid;
    f->records = records;
    if (hex_decode(bytes_cstr(hex), f->data[0], TOY_FILE_LEN, &n) != XK_OK)
        abort();
    f->len = (uint8_t)n;
    for (size_t i = 1; i < TOY_RECORDS; i++)
        memset(f->data[i], 0xFF, n);
}

void toycard_init(struct toycard *c)
{
    struct toy_file *sms;

    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < ARRAY_LEN(contents); i++)
        toycard_set(c, contents[i].dir, contents[i].fid, contents[i].records, contents[i].hex);
    sms = &c->file[c->files++];
    *sms = (struct toy_file){.dir = 0x7FFF, .fid = 0x6F3C, .records = 2, .len = 176};
    for (size_t i = 0; i < TOY_RECORDS; i++)
        memset(sms->data[i] + 1, 0xFF, 175);
    c->selected = -1;
    c->channel = 1;
    c->pin_tries = 3;
    c->puk_tries = 10;
    snprintf(c->pin, sizeof c->pin, "1234");
    snprintf(c->puk, sizeof c->puk, "12345678");
    c->auth_sw = 0x9862;
}

struct toy_file *toycard_file(struct toycard *c, uint16_t dir, uint16_t fid)
{
    for (size_t i = 0; i < c->files; i++)
        if (c->file[i].dir == dir && c->file[i].fid == fid)
            return &c->file[i];
    return NULL;
}

void toycard_queue(struct toycard *c, const char *hex)
{
    struct toy_apdu *a = &c->queue[c->queued++];

    if (hex_decode(bytes_cstr(hex), a->wire, sizeof a->wire, &a->n) != XK_OK)
        abort();
}

struct bytes toycard_reset(struct toycard *c)
{
    static const uint8_t atr[] = {0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31};

    c->resets++;
    c->pending_n = 0;
    c->selected = -1;
    c->dir = 0x3F00;
    c->session = false;
    c->pin_verified = false;
    return c->gone ? BYTES_NONE : BYTES_OF(atr);
}

static uint16_t select_done(struct toycard *c, const struct apdu_command *cmd, struct buf *out)
{
    const struct toy_file *f = c->selected >= 0 ? &c->file[c->selected] : NULL;
    unsigned size = f ? f->len * (f->records ? f->records : 1u) : 0;

    if (cmd->cla == CLA_GSM && !f) {
        buf_put_fill(out, 0, 13);
        buf_put_u8(out, c->pin_enabled ? 0x13 : 0x93);
        buf_put_fill(out, 0, 4);
        buf_put_u8(out, (uint8_t)(0x80 | c->pin_tries));
        buf_put_fill(out, 0, 4);
    } else if (cmd->cla == CLA_GSM) {
        buf_put_fill(out, 0, 2);
        buf_put_u16(out, (uint16_t)size);
        buf_put_u16(out, f->fid);
        buf_put_fill(out, 0, 7);
        buf_put_u8(out, f->records ? 1 : 0);
        buf_put_u8(out, f->records ? f->len : 0);
    } else if (!f) {
        buf_put_u8(out, 0x62);
        buf_put_u8(out, 12);
        buf_put(out, (const uint8_t[]){0x82, 2, 0x78, 0x21, 0xC6, 6, 0x90, 1, 0, 0x83, 1, 1}, 12);
        out->p[out->n - 4] = c->pin_enabled ? 0x80 : 0x00;
    } else {
        buf_put_u8(out, 0x62);
        buf_put_u8(out, 11);
        buf_put(out, (const uint8_t[]){0x82, 5, 0x42, 0x21, 0, f->len, f->records}, 7);
        buf_put(out, (const uint8_t[]){0x80, 2}, 2);
        buf_put_u16(out, (uint16_t)size);
    }
    return 0x9000;
}

static bool find_file(struct toycard *c, uint16_t dir, uint16_t fid)
{
    if (dir == 0x7F20 || dir == 0x7F10)
        dir = 0x7FFF; /* one set of files for both personalities */
    for (size_t i = 0; i < c->files; i++)
        if (c->file[i].dir == dir && c->file[i].fid == fid) {
            c->selected = (int)i;
            return true;
        }
    return false;
}

static uint16_t toy_select(struct toycard *c, const struct apdu_command *cmd, struct buf *out)
{
    uint16_t missing = cmd->cla == CLA_GSM ? 0x9404 : 0x6A82;
    uint16_t fid;

    c->selected = -1;
    if (cmd->p1 == 0x04) {
        c->dir = 0x7FFF;
        return cmd->data.n >= 7 ? select_done(c, cmd, out) : missing;
    }
    if (cmd->p1 == 0x08 && cmd->data.n == 4)
        c->dir = (uint16_t)(cmd->data.p[0] << 8 | cmd->data.p[1]);
    else if (cmd->p1 == 0x08)
        c->dir = 0x3F00;
    if (cmd->data.n < 2)
        return missing;
    fid = (uint16_t)(cmd->data.p[cmd->data.n - 2] << 8 | cmd->data.p[cmd->data.n - 1]);
    if (fid == 0x3F00 || fid == 0x7F20 || fid == 0x7F10 || fid == 0x7FFF) {
        c->dir = fid;
        return select_done(c, cmd, out);
    }
    return find_file(c, c->dir, fid) ? select_done(c, cmd, out) : missing;
}

static uint16_t toy_read(struct toycard *c, const struct apdu_command *cmd, struct buf *out)
{
    const struct toy_file *f = c->selected >= 0 ? &c->file[c->selected] : NULL;
    unsigned record = cmd->ins == INS_READ_RECORD ? cmd->p1 - 1u : 0;

    if (!f)
        return 0x6986;
    if (c->pin_enabled && !c->pin_verified && f->dir == 0x7FFF)
        return 0x6982;
    if (record >= TOY_RECORDS || (f->records && record >= f->records))
        return 0x6A83;
    if (cmd->le != f->len && cmd->le != 256)
        return (uint16_t)(0x6C00 | f->len);
    buf_put(out, f->data[record], f->len);
    return 0x9000;
}

static uint16_t toy_update(struct toycard *c, const struct apdu_command *cmd)
{
    struct toy_file *f = c->selected >= 0 ? &c->file[c->selected] : NULL;
    unsigned record = cmd->ins == INS_UPDATE_RECORD ? cmd->p1 - 1u : 0;

    if (!f || record >= TOY_RECORDS)
        return 0x6986;
    if (cmd->data.n != f->len)
        return 0x6700;
    memcpy(f->data[record], cmd->data.p, cmd->data.n);
    f->updates++;
    return 0x9000;
}

static bool same_pin(struct bytes given, const char *pin)
{
    uint8_t padded[8];

    memset(padded, 0xFF, sizeof padded);
    memcpy(padded, pin, strlen(pin));
    return bytes_eq(bytes_part(given, 0, 8), BYTES_OF(padded));
}

static uint16_t toy_pin(struct toycard *c, const struct apdu_command *cmd)
{
    if (cmd->ins == INS_UNBLOCK_PIN) {
        if (c->puk_tries == 0 || !same_pin(cmd->data, c->puk))
            return (uint16_t)(0x63C0 | (c->puk_tries ? --c->puk_tries : 0));
        c->pin_tries = 3;
        c->pin_verified = true;
        snprintf(c->pin, sizeof c->pin, "%.4s", (const char *)cmd->data.p + 8);
        return 0x9000;
    }
    if (c->pin_tries == 0)
        return 0x6983;
    if (cmd->data.n == 0)
        return (uint16_t)(0x63C0 | c->pin_tries);
    if (!same_pin(cmd->data, c->pin))
        return --c->pin_tries ? (uint16_t)(0x63C0 | c->pin_tries) : 0x6983;
    c->pin_tries = 3;
    if (cmd->ins == INS_VERIFY_PIN)
        c->pin_verified = true;
    else if (cmd->ins == INS_CHANGE_PIN)
        snprintf(c->pin, sizeof c->pin, "%.4s", (const char *)cmd->data.p + 8);
    else
        c->pin_enabled = cmd->ins == INS_ENABLE_PIN;
    return 0x9000;
}

static uint16_t toy_fetch(struct toycard *c, struct buf *out)
{
    if (c->queued == 0)
        return 0x6F00;
    buf_put(out, c->queue[0].wire, c->queue[0].n);
    c->queued--;
    memmove(c->queue, c->queue + 1, c->queued * sizeof c->queue[0]);
    c->session = true;
    return 0x9000;
}

static void keep(struct toy_apdu *a, struct bytes data)
{
    a->n = data.n < sizeof a->wire ? data.n : sizeof a->wire;
    if (a->n > 0)
        memcpy(a->wire, data.p, a->n);
}

static uint16_t toy_auth(struct toycard *c, struct buf *out)
{
    c->auths++;
    if (c->dir != 0x7FFF && c->dir != 0x7F20)
        return 0x6985;
    if (c->auth_n == 0)
        return c->auth_sw;
    buf_put(out, c->auth, c->auth_n);
    return 0x9000;
}

static uint16_t toy_envelope(struct toycard *c, const struct apdu_command *cmd, struct buf *out)
{
    c->envelopes++;
    keep(&c->envelope_seen, cmd->data);
    buf_put(out, c->envelope, c->envelope_n);
    return c->envelope_sw ? c->envelope_sw : 0x9000;
}

static uint16_t toy_channel(const struct toycard *c, const struct apdu_command *cmd,
                            struct buf *out)
{
    if (cmd->p1 == 0 && c->channel == 0)
        return 0x6A81;
    if (cmd->p1 == 0)
        buf_put_u8(out, c->channel);
    return 0x9000;
}

static uint16_t run(struct toycard *c, const struct apdu_command *cmd, struct buf *out)
{
    switch (cmd->ins) {
    case INS_SELECT:
        return toy_select(c, cmd, out);
    case INS_READ_BINARY:
    case INS_READ_RECORD:
        return toy_read(c, cmd, out);
    case INS_UPDATE_BINARY:
    case INS_UPDATE_RECORD:
        return toy_update(c, cmd);
    case INS_VERIFY_PIN:
    case INS_CHANGE_PIN:
    case INS_DISABLE_PIN:
    case INS_ENABLE_PIN:
    case INS_UNBLOCK_PIN:
        return toy_pin(c, cmd);
    case INS_TERMINAL_PROFILE:
        keep(&c->profile, cmd->data);
        return 0x9000;
    case INS_STATUS:
        c->statuses++;
        return cmd->cla == CLA_GSM ? select_done(c, cmd, out) : 0x9000;
    case INS_FETCH:
        return toy_fetch(c, out);
    case INS_TERMINAL_RESPONSE:
        keep(&c->response, cmd->data);
        c->responses++;
        c->session = false;
        return 0x9000;
    case INS_ENVELOPE:
        return toy_envelope(c, cmd, out);
    case INS_AUTHENTICATE:
        return toy_auth(c, out);
    case INS_MANAGE_CHANNEL:
        return toy_channel(c, cmd, out);
    default:
        return 0x6D00;
    }
}

static struct bytes finish(struct toycard *c, const struct apdu_command *cmd, struct buf *out,
                           uint16_t sw)
{
    bool chained = out->n > 0 && cmd->data.n > 0 && (c->t0 || cmd->cla == CLA_GSM);

    if (chained) {
        memcpy(c->pending, out->p, out->n);
        c->pending_n = out->n;
        sw = (uint16_t)((cmd->cla == CLA_GSM ? 0x9F00 : 0x6100) | (uint8_t)out->n);
        buf_reset(out);
    } else if (sw == 0x9000 && c->queued > 0 && !c->session) {
        sw = (uint16_t)(0x9100 | (uint8_t)c->queue[0].n);
    }
    buf_put_u16(out, sw);
    return buf_bytes(out);
}

struct bytes toycard_transmit(struct toycard *c, struct bytes command,
                              uint8_t mem[APDU_RESPONSE_MAX])
{
    struct apdu_command cmd;
    struct buf out;
    uint16_t sw;

    buf_init_fixed(&out, mem, APDU_RESPONSE_MAX);
    keep(&c->log[c->logged++ % TOY_LOG], command);
    if (c->mute_at && --c->mute_at == 0)
        return BYTES_NONE;
    if (apdu_decode_command(command, &cmd) != XK_OK)
        sw = 0x6700;
    else if (c->sim_only && cmd.cla != CLA_GSM)
        sw = 0x6E00;
    else if (cmd.ins == INS_GET_RESPONSE) {
        buf_put(&out, c->pending, c->pending_n);
        cmd.data = BYTES_NONE;
        sw = c->envelope_sw && c->envelope_n == c->pending_n && c->pending_n ? c->envelope_sw
                                                                             : 0x9000;
    } else {
        sw = run(c, &cmd, &out);
    }
    return finish(c, &cmd, &out, sw);
}
