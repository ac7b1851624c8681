/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "codec/apdu/apdu.h"
#include "prog/xieka-card/program.h"

#define TAG_AUTHENTICATED 0xDB /* RES, CK and IK follow */

static bool carries_pin(uint8_t ins)
{
    return ins == INS_VERIFY_PIN || ins == INS_CHANGE_PIN || ins == INS_DISABLE_PIN ||
           ins == INS_ENABLE_PIN || ins == INS_UNBLOCK_PIN;
}

static void put_data(struct buf *line, struct bytes data, bool secret)
{
    if (data.n == 0)
        return;
    buf_put_u8(line, ' ');
    if (secret)
        buf_printf(line, "(%zu bytes not shown)", data.n);
    else
        buf_put_hex(line, data);
}

static void trace_command(struct bytes wire, struct buf *line)
{
    struct apdu_command c;

    if (apdu_decode_command(wire, &c) != XK_OK) {
        buf_put_str(line, "> not an APDU:");
        put_data(line, wire, false);
        return;
    }
    buf_printf(line, "> %02X %02X %02X %02X %s", c.cla, c.ins, c.p1, c.p2, apdu_ins_name(c.ins));
    put_data(line, c.data, carries_pin(c.ins));
    if (c.has_le)
        buf_printf(line, " Le %u", c.le);
}

static void trace_response(struct bytes wire, struct buf *line)
{
    struct apdu_response r;

    if (apdu_decode_response(wire, &r) != XK_OK)
        return;
    buf_printf(line, "\n< %04X %s", r.sw, apdu_sw_text(r.sw));
    put_data(line, r.data, r.data.n > 0 && r.data.p[0] == TAG_AUTHENTICATED);
}

void trace_exchange(struct bytes command, struct bytes response)
{
    char mem[2048];
    struct buf line;

    buf_init_fixed(&line, mem, sizeof mem - 1);
    trace_command(command, &line);
    trace_response(response, &line);
    fprintf(stderr, "%.*s\n", (int)line.n, mem);
}
