/* SPDX-License-Identifier: Apache-2.0 */
#include "toyeuicc.h"

#include "base/hex.h"

#define SW1_MORE 0x6100
#define SW_PROACTIVE 0x9110

static const uint8_t isdr[] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                               0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00};

static void must(bool ok)
{
    if (!ok)
        abort();
}

struct bytes toyeuicc_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        if (*p == ' ')
            continue;
        must(n / 2 < cap);
        out[n / 2] = (uint8_t)(out[n / 2] << 4 | hex_digit(*p));
        n++;
    }
    return BYTES(out, n / 2);
}

void toyeuicc_iccid(unsigned number, uint8_t out[ICCID_LEN])
{
    char text[ICCID_TEXT_MAX];

    snprintf(text, sizeof text, "89860123456789%05u0", number % 100000);
    must(iccid_from_text(bytes_cstr(text), out) == XK_OK);
}

void toyeuicc_init(struct toyeuicc *e)
{
    memset(e, 0, sizeof *e);
    e->channel = 1;
    e->root_ds = "testrootsmds.example.com";
    e->cancelled_reason = 0xFF;
}

void toyeuicc_reset(struct toyeuicc *e)
{
    e->selected = e->loading = e->mute = false;
    e->transaction_id_n = e->command_n = e->answer_n = e->answer_at = 0;
    e->resets++;
}

struct toy_profile *toyeuicc_add(struct toyeuicc *e, unsigned number, bool enabled)
{
    struct toy_profile *p = &e->profile[e->profiles++];

    must(e->profiles <= TOY_PROFILES);
    *p = (struct toy_profile){.enabled = enabled, .profile_class = RSP_CLASS_OPERATIONAL};
    memcpy(p->aid, isdr, sizeof p->aid);
    p->aid[14] = (uint8_t)(0x10 + number);
    toyeuicc_iccid(number, p->iccid);
    snprintf(p->name, sizeof p->name, "profile %u", number % 1000);
    snprintf(p->address, sizeof p->address, "rsp.example.com");
    return p;
}

uint32_t toyeuicc_tag(const struct toyeuicc *e)
{
    return e->command_n > 1 && e->command[0] == 0xBF ? 0xBF00u | e->command[1] : 0;
}

/* ---- APDUs ---- */

static struct bytes answer(uint8_t *out, const void *data, size_t n, uint16_t sw)
{
    if (n > 0)
        memcpy(out, data, n);
    out[n] = (uint8_t)(sw >> 8);
    out[n + 1] = (uint8_t)sw;
    return BYTES(out, n + 2);
}

static uint16_t left(const struct toyeuicc *e, uint16_t sw)
{
    size_t n = e->answer_n - e->answer_at;

    return n == 0 ? sw : (uint16_t)(SW1_MORE | (n < 256 ? n : 0));
}

static struct bytes get_response(struct toyeuicc *e, const struct apdu_command *c, uint8_t *out)
{
    size_t n = e->answer_n - e->answer_at;
    const uint8_t *data = e->answer + e->answer_at;
    bool was_switch = toyeuicc_tag(e) == TAG_ENABLE_PROFILE;

    if (n == 0)
        return answer(out, NULL, 0, SW_CONDITIONS_NOT_SATISFIED);
    n = n < c->le ? n : c->le;
    e->answer_at += n;
    return answer(out, data, n,
                  left(e, was_switch && e->answer[e->answer_n - 1] == 0 ? SW_PROACTIVE : SW_OK));
}

static struct bytes store_data(struct toyeuicc *e, const struct apdu_command *c, uint8_t *out)
{
    uint16_t sw;

    if (!e->selected)
        return answer(out, NULL, 0, SW_CONDITIONS_NOT_SATISFIED);
    if (c->p2 == 0)
        e->command_n = 0;
    must(e->command_n + c->data.n <= sizeof e->command);
    memcpy(e->command + e->command_n, c->data.p, c->data.n);
    e->command_n += c->data.n;
    e->longest = c->data.n > e->longest ? c->data.n : e->longest;
    e->answer_n = e->answer_at = 0;
    if (c->p1 == 0x11)
        return answer(out, NULL, 0, SW_OK);
    sw = toyeuicc_perform(e);
    if (e->mute)
        return BYTES_NONE;
    return answer(out, NULL, 0, sw == SW_OK || sw >> 8 == 0x91 ? left(e, sw) : sw);
}

static struct bytes select_isdr(struct toyeuicc *e, const struct apdu_command *c, uint8_t *out)
{
    static const char *const fci = "6F1B8410A0000005591010FFFFFFFF8900000100A507E0058203020300";

    if (e->no_isdr || !bytes_eq(c->data, BYTES_OF(isdr)))
        return answer(out, NULL, 0, SW_FILE_NOT_FOUND);
    e->selected = true;
    memset(e->answer, 0, sizeof e->answer);
    e->answer_n = toyeuicc_hex(fci, e->answer, sizeof e->answer).n;
    e->answer_at = 0;
    return answer(out, NULL, 0, left(e, SW_OK));
}

static struct bytes manage_channel(struct toyeuicc *e, const struct apdu_command *c, uint8_t *out)
{
    if (c->p1 == 0x80) {
        e->closed++;
        e->selected = false;
        return answer(out, NULL, 0, SW_OK);
    }
    if (e->no_channels)
        return answer(out, NULL, 0, SW_FUNCTION_UNSUPPORTED);
    e->opened++;
    return answer(out, &e->channel, 1, SW_OK);
}

struct bytes toyeuicc_transmit(struct toyeuicc *e, struct bytes command, uint8_t *out)
{
    struct apdu_command c;

    e->apdus++;
    if (e->die_at > 0 && --e->die_at == 0)
        e->mute = true;
    if (e->mute)
        return BYTES_NONE;
    if (e->busy > 0) {
        e->busy--;
        return answer(out, NULL, 0, SW_TOOLKIT_BUSY);
    }
    must(apdu_decode_command(command, &c) == XK_OK);
    if (c.ins != INS_MANAGE_CHANNEL && c.ins != INS_TERMINAL_CAPABILITY)
        must(apdu_channel(c.cla) == e->channel);
    switch (c.ins) {
    case INS_TERMINAL_CAPABILITY:
        return answer(out, NULL, 0, e->no_terminal_capability ? SW_INS_UNKNOWN : SW_OK);
    case INS_MANAGE_CHANNEL:
        return manage_channel(e, &c, out);
    case INS_SELECT:
        return select_isdr(e, &c, out);
    case INS_STORE_DATA:
        return store_data(e, &c, out);
    case INS_GET_RESPONSE:
        return get_response(e, &c, out);
    default:
        return answer(out, NULL, 0, SW_INS_UNKNOWN);
    }
}
