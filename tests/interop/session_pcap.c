/* SPDX-License-Identifier: Apache-2.0 */
/* session_pcap smpp|rp FILE: writes what we encode as a capture file for tshark, and to standard
 * output one line a message: its name. smpp: a session over TCP. rp: RP messages with the TPDUs in
 * them, as "exported PDUs" (no radio layers below). */
#include "codec/smpp/smpp.h"
#include "codec/sms/sms.h"

#define FRAME_MAX 8192
#define LINKTYPE_RAW_IP 101
#define LINKTYPE_UPPER_PDU 252
#define TAG_DISSECTOR_NAME 12
#define PORT_SMPP 2775
#define PORT_ESME 40000
#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define TCP_PUSH 0x18

static const uint8_t secured[] = {
    0x00, 0x28, 0x15, 0x06, 0x19, 0x22, 0x22, 0xB0, 0x00, 0x11, 0xE8, 0x7C, 0xCE, 0xEB,
    0xB2, 0xD9, 0x30, 0x83, 0x01, 0x1C, 0xE2, 0x94, 0xF9, 0x3F, 0xC4, 0xD8, 0xDE, 0x80,
    0xDA, 0x1A, 0xBA, 0xE8, 0xC3, 0x7C, 0xA3, 0xE7, 0x2E, 0xC4, 0x43, 0x2E, 0x50, 0x58,
};

enum side { ESME, MESSAGE_CENTRE };

struct capture {
    FILE *file;
    uint32_t seconds;
    uint32_t sent[2]; /* octets of TCP each side has sent, and its SYN */
};

static void need(enum xk_err err, const char *what)
{
    if (err == XK_OK)
        return;
    fprintf(stderr, "session_pcap: %s: %s\n", what, xk_err_text(err));
    exit(1);
}

static void put(struct capture *c, const struct buf *b)
{
    need(buf_ok(b), "buffer");
    if (fwrite(b->p, 1, b->n, c->file) != b->n)
        need(XK_E_IO, "write");
}

static void capture_open(struct capture *c, const char *path, uint32_t link_type)
{
    uint8_t mem[24];
    struct buf b;

    *c = (struct capture){.file = fopen(path, "wb"), .seconds = 1767225600};
    if (!c->file)
        need(XK_E_IO, path);
    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u32(&b, 0xA1B2C3D4); /* big-endian; version 2.4 */
    buf_put_u16(&b, 2);
    buf_put_u16(&b, 4);
    buf_put_u64(&b, 0);
    buf_put_u32(&b, FRAME_MAX);
    buf_put_u32(&b, link_type);
    put(c, &b);
}

static void frame(struct capture *c, const struct buf *content)
{
    uint8_t mem[16];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u32(&b, c->seconds++);
    buf_put_u32(&b, 0);
    buf_put_u32(&b, (uint32_t)content->n);
    buf_put_u32(&b, (uint32_t)content->n);
    put(c, &b);
    put(c, content);
}

/* IPv4 and TCP without checksums, which tshark does not look at unless told. */
static void segment(struct capture *c, enum side from, uint8_t flags, struct bytes data)
{
    uint8_t mem[FRAME_MAX];
    enum side to = from == ESME ? MESSAGE_CENTRE : ESME;
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u16(&b, 0x4500);
    buf_put_u16(&b, (uint16_t)(40 + data.n));
    buf_put_u32(&b, 0);
    buf_put_u32(&b, 0x40060000); /* TTL, TCP */
    buf_put_u32(&b, 0x7F000001 + (from == ESME));
    buf_put_u32(&b, 0x7F000001 + (to == ESME));
    buf_put_u16(&b, from == ESME ? PORT_ESME : PORT_SMPP);
    buf_put_u16(&b, from == ESME ? PORT_SMPP : PORT_ESME);
    buf_put_u32(&b, c->sent[from]);
    buf_put_u32(&b, flags & TCP_ACK ? c->sent[to] : 0);
    buf_put_u16(&b, (uint16_t)(0x5000 | flags));
    buf_put_u16(&b, 0xFFFF);
    buf_put_u32(&b, 0);
    buf_put_bytes(&b, data);
    c->sent[from] += (uint32_t)data.n + (flags & TCP_SYN ? 1 : 0);
    frame(c, &b);
}

static void send_pdu(struct capture *c, enum side from, const struct smpp_pdu *p)
{
    uint8_t mem[SMPP_PDU_MAX];
    struct buf b;

    buf_init_fixed(&b, mem, sizeof mem);
    need(smpp_encode(p, &b), smpp_command_name(p->command));
    segment(c, from, TCP_PUSH, buf_bytes(&b));
    printf("%s\n", smpp_command_name(p->command));
}

static void answer(struct capture *c, enum side from, const struct smpp_pdu *request,
                   uint32_t status, const char *id)
{
    struct smpp_pdu p = {
        .command = request->command | SMPP_RESP, .status = status, .sequence = request->sequence};

    snprintf(p.u.sm_resp.message_id, sizeof p.u.sm_resp.message_id, "%s", id);
    send_pdu(c, from, &p);
}

static struct smpp_pdu message(uint32_t command, uint32_t sequence, uint8_t esm_class,
                               struct bytes text)
{
    struct smpp_pdu p = {.command = command, .sequence = sequence};
    struct smpp_sm *sm = &p.u.sm;

    sm->source = (struct smpp_address){.ton = 1, .npi = 1, .digits = "8613800100500"};
    sm->destination = (struct smpp_address){.ton = 1, .npi = 1, .digits = "8613900000001"};
    sm->esm_class = esm_class;
    sm->protocol_id = esm_class & SMPP_ESM_UDHI ? SMS_PID_USIM_DOWNLOAD : 0;
    sm->data_coding = esm_class & SMPP_ESM_UDHI ? SMS_DCS_8BIT_CLASS2 : 0;
    sm->message = text;
    return p;
}

static void bind_session(struct capture *c)
{
    struct smpp_pdu bind = {.command = SMPP_BIND_TRANSCEIVER, .sequence = 1};
    struct smpp_pdu resp = {.command = SMPP_BIND_TRANSCEIVER | SMPP_RESP, .sequence = 1};

    snprintf(bind.u.bind.system_id, sizeof bind.u.bind.system_id, "xieka");
    snprintf(bind.u.bind.password, sizeof bind.u.bind.password, "example");
    snprintf(bind.u.bind.system_type, sizeof bind.u.bind.system_type, "OTA");
    bind.u.bind.interface_version = 0x34;
    snprintf(resp.u.bind_resp.system_id, sizeof resp.u.bind_resp.system_id, "testnet");
    resp.u.bind_resp.has_version = true;
    resp.u.bind_resp.sc_version = 0x34;
    segment(c, ESME, TCP_SYN, BYTES_NONE);
    segment(c, MESSAGE_CENTRE, TCP_SYN | TCP_ACK, BYTES_NONE);
    segment(c, ESME, TCP_ACK, BYTES_NONE);
    send_pdu(c, ESME, &bind);
    send_pdu(c, MESSAGE_CENTRE, &resp);
}

/* Command packets down: one that fits, one in parts, one as message_payload, one throttled. */
static void submit_packets(struct capture *c)
{
    static uint8_t large[400];
    struct sms_parts one, many;
    struct smpp_pdu p;

    need(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES_OF(secured), 1, &one), "split");
    need(sms_split_packet(SMS_IEI_COMMAND_PACKET, BYTES_OF(large), 2, &many), "split");
    for (size_t i = 0; i <= many.n; i++) {
        const struct sms_parts *parts = i == 0 ? &one : &many;
        size_t k = i == 0 ? 0 : i - 1;

        p = message(SMPP_SUBMIT_SM, (uint32_t)(2 + i), SMPP_ESM_UDHI,
                    BYTES(parts->part[k].ud, parts->part[k].ud_n));
        smpp_relative_time(48 * 3600, p.u.sm.validity);
        p.u.sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
        send_pdu(c, ESME, &p);
        answer(c, MESSAGE_CENTRE, &p, SMPP_ROK, "1D305B4C");
    }
    p = message(SMPP_SUBMIT_SM, 20, 0, BYTES_OF(large));
    send_pdu(c, ESME, &p);
    answer(c, MESSAGE_CENTRE, &p, SMPP_RTHROTTLED, "");
    p = message(SMPP_DATA_SM, 21, 0, BYTES_STR("data"));
    send_pdu(c, ESME, &p);
    answer(c, MESSAGE_CENTRE, &p, SMPP_ROK, "5");
}

/* A proof of receipt up (MO) and a delivery receipt. */
static void deliver_messages(struct capture *c)
{
    struct smpp_receipt r = {.id = "1D305B4C",
                             .state = SMPP_STATE_DELIVERED,
                             .submitted_ms = 1767225600000,
                             .done_ms = 1767225660000};
    struct sms_parts por;
    struct smpp_pdu p;
    uint8_t mem[256];
    struct buf text;

    need(sms_split_packet(SMS_IEI_RESPONSE_PACKET, BYTES_OF(secured), 3, &por), "split");
    p = message(SMPP_DELIVER_SM, 1, SMPP_ESM_UDHI, BYTES(por.part[0].ud, por.part[0].ud_n));
    send_pdu(c, MESSAGE_CENTRE, &p);
    answer(c, ESME, &p, SMPP_ROK, "");
    buf_init_fixed(&text, mem, sizeof mem);
    need(smpp_encode_receipt(&r, &text), "receipt");
    p = message(SMPP_DELIVER_SM, 2, SMPP_ESM_RECEIPT, buf_bytes(&text));
    p.u.sm.has_receipted_id = p.u.sm.has_state = p.u.sm.has_network_error = true;
    snprintf(p.u.sm.receipted_id, sizeof p.u.sm.receipted_id, "1D305B4C");
    p.u.sm.state = SMPP_STATE_DELIVERED;
    p.u.sm.network_error[0] = 3;
    send_pdu(c, MESSAGE_CENTRE, &p);
    answer(c, ESME, &p, SMPP_ROK, "");
}

static void manage_messages(struct capture *c)
{
    struct smpp_pdu query = {.command = SMPP_QUERY_SM, .sequence = 30};
    struct smpp_pdu state = {.command = SMPP_QUERY_SM | SMPP_RESP, .sequence = 30};
    struct smpp_pdu cancel = {.command = SMPP_CANCEL_SM, .sequence = 31};
    struct smpp_pdu replace = {.command = SMPP_REPLACE_SM, .sequence = 32};
    struct smpp_pdu alert = {.command = SMPP_ALERT_NOTIFICATION, .sequence = 3};

    snprintf(query.u.query.message_id, sizeof query.u.query.message_id, "5");
    snprintf(state.u.query_resp.message_id, sizeof state.u.query_resp.message_id, "5");
    state.u.query_resp.state = SMPP_STATE_ENROUTE;
    snprintf(cancel.u.cancel.message_id, sizeof cancel.u.cancel.message_id, "5");
    snprintf(replace.u.replace.message_id, sizeof replace.u.replace.message_id, "5");
    replace.u.replace.message = BYTES_STR("new text");
    alert.u.alert.source = (struct smpp_address){.ton = 1, .npi = 1, .digits = "8613900000001"};
    alert.u.alert.has_availability = true;
    send_pdu(c, ESME, &query);
    send_pdu(c, MESSAGE_CENTRE, &state);
    send_pdu(c, ESME, &cancel);
    answer(c, MESSAGE_CENTRE, &cancel, SMPP_ROK, "");
    send_pdu(c, ESME, &replace);
    answer(c, MESSAGE_CENTRE, &replace, SMPP_RREPLACEFAIL, "");
    send_pdu(c, MESSAGE_CENTRE, &alert);
}

static void end_session(struct capture *c)
{
    struct smpp_pdu link = {.command = SMPP_ENQUIRE_LINK, .sequence = 40};
    struct smpp_pdu nack = {.command = SMPP_GENERIC_NACK, .status = SMPP_RINVCMDID, .sequence = 41};
    struct smpp_pdu unbind = {.command = SMPP_UNBIND, .sequence = 42};

    send_pdu(c, ESME, &link);
    answer(c, MESSAGE_CENTRE, &link, SMPP_ROK, "");
    send_pdu(c, MESSAGE_CENTRE, &nack);
    send_pdu(c, ESME, &unbind);
    answer(c, MESSAGE_CENTRE, &unbind, SMPP_ROK, "");
}

/* Tags: the name of the dissector, padded to 4; the end; then the message. */
static void send_rp(struct capture *c, const char *name, struct rp_message *m,
                    const struct sms_tpdu *t)
{
    uint8_t mem[FRAME_MAX], tpdu[SMS_TPDU_MAX];
    struct buf b, inner;

    buf_init_fixed(&inner, tpdu, sizeof tpdu);
    if (t)
        need(sms_encode(t, &inner), name);
    m->tpdu = buf_bytes(&inner);
    buf_init_fixed(&b, mem, sizeof mem);
    buf_put_u16(&b, TAG_DISSECTOR_NAME);
    buf_put_u16(&b, 8);
    buf_put(&b, "gsm_a_rp", 8);
    buf_put_u32(&b, 0);
    need(rp_encode(m, &b), name);
    frame(c, &b);
    printf("%s\n", name);
}

static void send_down(struct capture *c)
{
    static uint8_t large[300];
    struct sms_parts parts;
    struct rp_message data = {
        .type = RP_DATA, .direction = SMS_TO_MS, .originator = "+8613800100500"};
    struct sms_tpdu t = {.type = SMS_DELIVER,
                         .address = "+8613800100500",
                         .pid = SMS_PID_USIM_DOWNLOAD,
                         .dcs = SMS_DCS_8BIT_CLASS2,
                         .udhi = true};

    sms_encode_scts(1767225600000, t.scts);
    for (int big = 0; big < 2; big++) {
        struct bytes packet = big ? BYTES_OF(large) : BYTES_OF(secured);

        need(sms_split_packet(SMS_IEI_COMMAND_PACKET, packet, 9, &parts), "split");
        for (size_t i = 0; i < parts.n; i++) {
            t.ud = BYTES(parts.part[i].ud, parts.part[i].ud_n);
            t.more_to_send = i + 1 < parts.n;
            data.ref++;
            send_rp(c, "SMS-DELIVER", &data, &t);
        }
    }
    t = (struct sms_tpdu){.type = SMS_STATUS_REPORT, .mr = 5, .address = "+8613900000001"};
    sms_encode_scts(1767225600000, t.scts);
    sms_encode_scts(1767225660000, t.discharge);
    send_rp(c, "SMS-STATUS REPORT", &data, &t);
}

static void send_up(struct capture *c)
{
    struct sms_parts por;
    struct rp_message data = {
        .type = RP_DATA, .direction = SMS_FROM_MS, .destination = "+8613800100500"};
    struct rp_message ack = {.type = RP_ACK, .direction = SMS_FROM_MS, .ref = 1};
    struct rp_message error = {.type = RP_ERROR, .direction = SMS_FROM_MS, .cause = 111};
    struct sms_tpdu report = {.type = SMS_DELIVER_REPORT,
                              .pid = SMS_PID_USIM_DOWNLOAD,
                              .dcs = SMS_DCS_8BIT_CLASS2,
                              .udhi = true};
    struct sms_tpdu submit = {.type = SMS_SUBMIT,
                              .address = "+8613800100500",
                              .pid = SMS_PID_USIM_DOWNLOAD,
                              .dcs = SMS_DCS_8BIT_CLASS2,
                              .udhi = true,
                              .has_vp = true,
                              .vp = sms_vp_encode(48 * 60)};
    struct sms_tpdu text = {.type = SMS_SUBMIT, .address = "10086"};
    uint8_t packed[SMS_UD_MAX];
    size_t septets = 0;

    need(sms_split_packet(SMS_IEI_RESPONSE_PACKET, BYTES_OF(secured), 3, &por), "split");
    report.ud = submit.ud = BYTES(por.part[0].ud, por.part[0].ud_n);
    send_rp(c, "SMS-DELIVER REPORT", &ack, &report);
    report.status = 0xD5;
    send_rp(c, "SMS-DELIVER REPORT", &error, &report);
    send_rp(c, "SMS-SUBMIT", &data, &submit);
    need(sms_gsm7_pack("How are you? {fine}", packed, sizeof packed, &text.ud.n, &septets), "text");
    text.ud.p = packed;
    text.udl = (uint8_t)septets;
    send_rp(c, "SMS-SUBMIT", &data, &text);
    send_rp(c, "RP-ACK", &ack, NULL);
}

static void answer_up(struct capture *c)
{
    struct rp_message ack = {.type = RP_ACK, .direction = SMS_TO_MS, .ref = 1};
    struct rp_message error = {.type = RP_ERROR, .direction = SMS_TO_MS, .cause = 38};
    struct sms_tpdu report = {.type = SMS_SUBMIT_REPORT};

    sms_encode_scts(1767225600000, report.scts);
    send_rp(c, "SMS-SUBMIT REPORT", &ack, &report);
    report.status = 0xC0;
    send_rp(c, "SMS-SUBMIT REPORT", &error, &report);
}

int main(int argc, char **argv)
{
    struct capture c;
    bool smpp = argc == 3 && strcmp(argv[1], "smpp") == 0;

    if (argc != 3 || (!smpp && strcmp(argv[1], "rp") != 0)) {
        fprintf(stderr, "usage: session_pcap smpp|rp FILE\n");
        return 2;
    }
    capture_open(&c, argv[2], smpp ? LINKTYPE_RAW_IP : LINKTYPE_UPPER_PDU);
    if (smpp) {
        bind_session(&c);
        submit_packets(&c);
        deliver_messages(&c);
        manage_messages(&c);
        end_session(&c);
    } else {
        send_down(&c);
        send_up(&c);
        answer_up(&c);
    }
    return fclose(c.file) != 0;
}
