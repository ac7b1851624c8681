/* SPDX-License-Identifier: Apache-2.0 */
/* Each role of SMPP 3.4 against a peer that misbehaves. */
#include "net_smpp_pair.h"

#include <fcntl.h>

/* command_length, command_id, status, sequence */
static void put_header(struct buf *b, uint32_t length, uint32_t command, uint32_t sequence)
{
    buf_put_u32(b, length);
    buf_put_u32(b, command);
    buf_put_u32(b, 0);
    buf_put_u32(b, sequence);
}

static void put_bind(struct buf *b, const char *system_id)
{
    struct smpp_pdu bind = {.command = SMPP_BIND_TRANSCEIVER, .sequence = 1};

    snprintf(bind.u.bind.system_id, sizeof bind.u.bind.system_id, "%s", system_id);
    snprintf(bind.u.bind.password, sizeof bind.u.bind.password, "secret");
    CHECK_OK(smpp_encode(&bind, b));
}

static void raw_send(int fd, struct buf *b)
{
    CHECK_OK(buf_ok(b));
    CHECK_INT(send(fd, b->p, b->n, MSG_NOSIGNAL), b->n);
    buf_reset(b);
}

/* The next PDU from the server; its command and status. */
static bool raw_pdu(struct loop *loop, int fd, uint32_t *command, uint32_t *status)
{
    uint8_t in[SMPP_PDU_MAX];
    struct cur c;
    size_t n = 0;

    while (n < SMPP_HEADER_LEN || n < (size_t)(in[2] << 8 | in[3])) {
        size_t want = n < SMPP_HEADER_LEN ? SMPP_HEADER_LEN : (size_t)(in[2] << 8 | in[3]);

        if (!raw_read(loop, fd, in, want, &n))
            return false;
    }
    c = cur_of(BYTES(in + 4, n - 4));
    *command = cur_u32(&c);
    *status = cur_u32(&c);
    return true;
}

static void expect_pdu(struct loop *loop, int fd, uint32_t command, uint32_t status)
{
    uint32_t got_command = 0, got_status = 0;

    CHECK(raw_pdu(loop, fd, &got_command, &got_status));
    CHECK_INT(got_command, command);
    CHECK_INT(got_status, status);
}

static struct buf raw_buf(void)
{
    struct buf b;

    buf_init(&b, 65536);
    return b;
}

TEST(nonsense_harms_nobody_else)
{
    struct pair *t = new_pair();
    struct buf b = raw_buf();
    int fd;

    open_pair(t);
    fd = raw_connect(t->so.port);
    buf_put_str(&b, "GET / HTTP/1.1\r\nHost: smsc\r\n\r\n");
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN);
    CHECK(raw_is_closed(t->loop, fd));
    close(fd);
    submit(t, 3);
    WAIT(t->loop, t->p.ok == 3);
    CHECK_INT(t->c.bound, 1);
    buf_fini(&b);
    free_pair(t);
}

TEST(wrong_lengths_end_the_session)
{
    static const uint32_t lengths[] = {0, 4, 15, SMPP_PDU_MAX + 1, 0xFFFFFFFF};
    struct pair *t = new_pair();
    struct buf b = raw_buf();

    open_centre(t);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        int fd = raw_connect(t->so.port);

        put_header(&b, lengths[i], SMPP_ENQUIRE_LINK, 1);
        raw_send(fd, &b);
        expect_pdu(t->loop, fd, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN);
        CHECK(raw_is_closed(t->loop, fd));
        close(fd);
    }
    WAIT(t->loop, centre_stats(t).sessions == 0);
    buf_fini(&b);
    free_pair(t);
}

TEST(pdu_in_pieces)
{
    struct pair *t = new_pair();
    struct buf b = raw_buf();
    int fd;

    open_centre(t);
    fd = raw_connect(t->so.port);
    put_bind(&b, "other");
    put_header(&b, 16, SMPP_ENQUIRE_LINK, 2);
    for (size_t i = 0; i < b.n; i++) {
        CHECK_INT(send(fd, b.p + i, 1, MSG_NOSIGNAL), 1);
        CHECK_OK(loop_turn(t->loop, 0));
    }
    expect_pdu(t->loop, fd, SMPP_BIND_TRANSCEIVER | SMPP_RESP, SMPP_ROK);
    expect_pdu(t->loop, fd, SMPP_ENQUIRE_LINK | SMPP_RESP, SMPP_ROK);
    close(fd);
    WAIT(t->loop, t->c.unbound == 1);
    buf_fini(&b);
    free_pair(t);
}

TEST(half_a_pdu_does_not_stay)
{
    struct pair *t = new_pair();
    struct buf b = raw_buf();
    int fd;

    t->so.bind_ms = 20;
    open_centre(t);
    fd = raw_connect(t->so.port);
    put_bind(&b, "other");
    CHECK_INT(send(fd, b.p, b.n - 3, MSG_NOSIGNAL), b.n - 3);
    CHECK(raw_is_closed(t->loop, fd));
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

/* SMPP 3.4 2.3: what is not allowed in this state */
TEST(wrong_state)
{
    static const struct {
        uint32_t command, answer, status;
    } open_rows[] = {
        {SMPP_UNBIND, SMPP_UNBIND | SMPP_RESP, SMPP_RINVBNDSTS},
        {SMPP_QUERY_SM, SMPP_QUERY_SM | SMPP_RESP, SMPP_RINVCMDLEN},
        {0x00010001, SMPP_GENERIC_NACK, SMPP_RINVCMDID},
        {SMPP_ENQUIRE_LINK, SMPP_ENQUIRE_LINK | SMPP_RESP, SMPP_ROK},
    };
    struct pair *t = new_pair();
    struct smpp_pdu submit_pdu = {.command = SMPP_SUBMIT_SM, .sequence = 5};
    struct buf b = raw_buf();
    int fd;

    open_centre(t);
    fd = raw_connect(t->so.port);
    for (size_t i = 0; i < ARRAY_LEN(open_rows); i++) {
        put_header(&b, 16, open_rows[i].command, 9);
        raw_send(fd, &b);
        expect_pdu(t->loop, fd, open_rows[i].answer, open_rows[i].status);
    }
    submit_pdu.u.sm = message();
    CHECK_OK(smpp_encode(&submit_pdu, &b));
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_SUBMIT_SM | SMPP_RESP, SMPP_RINVBNDSTS);
    put_bind(&b, "other");
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_BIND_TRANSCEIVER | SMPP_RESP, SMPP_ROK);
    put_bind(&b, "other");
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_BIND_TRANSCEIVER | SMPP_RESP, SMPP_RALYBND);
    CHECK_INT(t->c.submits, 0);
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

TEST(a_receiver_may_not_submit)
{
    struct pair *t = new_pair();
    struct smpp_pdu pdu = {.command = SMPP_BIND_RECEIVER, .sequence = 1};
    struct buf b = raw_buf();
    int fd;

    open_centre(t);
    fd = raw_connect(t->so.port);
    snprintf(pdu.u.bind.system_id, sizeof pdu.u.bind.system_id, "xieka");
    snprintf(pdu.u.bind.password, sizeof pdu.u.bind.password, "secret");
    CHECK_OK(smpp_encode(&pdu, &b));
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_BIND_RECEIVER | SMPP_RESP, SMPP_ROK);
    pdu = (struct smpp_pdu){.command = SMPP_SUBMIT_SM, .sequence = 2};
    pdu.u.sm = message();
    CHECK_OK(smpp_encode(&pdu, &b));
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_SUBMIT_SM | SMPP_RESP, SMPP_RINVBNDSTS);
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

TEST(endless_nonsense_is_cut_off)
{
    struct pair *t = new_pair();
    struct buf b = raw_buf();
    int fd;

    t->so.nonsense_max = 3;
    open_centre(t);
    fd = raw_connect(t->so.port);
    for (uint32_t i = 0; i < 4; i++)
        put_header(&b, 16, 0x7777, i + 1);
    raw_send(fd, &b);
    CHECK(raw_is_closed(t->loop, fd));
    CHECK_INT(centre_stats(t).nonsense, 4);
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

TEST(a_submit_flood_is_refused)
{
    struct pair *t = new_pair();
    struct smpp_pdu pdu = {.command = SMPP_SUBMIT_SM};
    struct buf b = raw_buf();
    int fd;

    t->so.submit_max = 2;
    t->c.hold = true;
    open_centre(t);
    fd = raw_connect(t->so.port);
    put_bind(&b, "xieka");
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_BIND_TRANSCEIVER | SMPP_RESP, SMPP_ROK);
    pdu.u.sm = message();
    for (uint32_t i = 0; i < 3; i++) {
        pdu.sequence = 10 + i;
        CHECK_OK(smpp_encode(&pdu, &b));
    }
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_SUBMIT_SM | SMPP_RESP, SMPP_RMSGQFUL);
    CHECK_INT(t->c.held, 2);
    for (int i = 0; i < 3; i++) /* one answer too many is not sent */
        answer_submit(&t->c, t->c.tokens[i % 2]);
    put_header(&b, 16, SMPP_ENQUIRE_LINK, 20);
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_SUBMIT_SM | SMPP_RESP, SMPP_ROK);
    expect_pdu(t->loop, fd, SMPP_SUBMIT_SM | SMPP_RESP, SMPP_ROK);
    expect_pdu(t->loop, fd, SMPP_ENQUIRE_LINK | SMPP_RESP, SMPP_ROK);
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

TEST(a_peer_that_does_not_read_is_closed)
{
    struct pair *t = new_pair();
    struct buf b = raw_buf();
    int fd, small = 4096;

    t->so.output_max = 65536;
    open_centre(t);
    fd = raw_connect(t->so.port);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (uint32_t i = 0; i < 1000; i++)
        put_header(&b, 16, SMPP_ENQUIRE_LINK, i + 1);
    WAIT(t->loop, centre_stats(t).sessions == 1);
    WAIT(t->loop, (send(fd, b.p, b.n, MSG_NOSIGNAL), centre_stats(t).sessions == 0));
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

TEST(one_session_too_many)
{
    struct pair *t = new_pair();
    int first, second;

    t->so.sessions_max = 1;
    open_centre(t);
    first = raw_connect(t->so.port);
    WAIT(t->loop, centre_stats(t).sessions == 1);
    second = raw_connect(t->so.port);
    CHECK(raw_is_closed(t->loop, second));
    close(second);
    close(first);
    WAIT(t->loop, centre_stats(t).sessions == 0);
    free_pair(t);
}

/* SMPP 3.4 4.11 */
TEST(silence_is_asked_then_cut)
{
    struct pair *t = new_pair();
    struct buf b = raw_buf();
    int fd;

    t->so.enquire_ms = 10;
    t->so.response_ms = 10;
    open_centre(t);
    fd = raw_connect(t->so.port);
    put_bind(&b, "other");
    raw_send(fd, &b);
    expect_pdu(t->loop, fd, SMPP_BIND_TRANSCEIVER | SMPP_RESP, SMPP_ROK);
    expect_pdu(t->loop, fd, SMPP_ENQUIRE_LINK, SMPP_ROK);
    CHECK(raw_is_closed(t->loop, fd));
    WAIT(t->loop, t->c.unbound == 1);
    close(fd);
    buf_fini(&b);
    free_pair(t);
}

TEST(enquire_link_keeps_a_quiet_session)
{
    struct pair *t = new_pair();
    int64_t until;

    t->so.enquire_ms = t->eo.enquire_ms = 3;
    t->so.response_ms = t->eo.response_ms = 3000;
    open_pair(t);
    WAIT(t->loop, state_of(t) == SMPP_ESME_BOUND);
    until = loop_now_ms(t->loop) + 40;
    WAIT(t->loop, loop_now_ms(t->loop) >= until);
    CHECK_INT(t->c.bound, 1);
    CHECK_INT(t->c.unbound, 0);
    free_pair(t);
}

/* A server that accepts the connection and says what it is told. */
struct raw_server {
    struct pair *t;
    int listener, fd;
};

static void open_raw_server(struct raw_server *r)
{
    char address[SOCKET_ADDRESS_MAX];
    struct pair *t = r->t = new_pair();

    r->fd = -1;
    t->eo.connect_ms = 150;
    t->eo.response_ms = 60;
    t->eo.enquire_ms = 60;
    CHECK_OK(socket_listen("127.0.0.1", 0, &r->listener));
    t->eo.port = socket_port(r->listener);
    CHECK_OK(smpp_esme_new(&t->eo, &t->p.esme));
    WAIT(t->loop, socket_accept(r->listener, &r->fd, address) == XK_OK || r->fd >= 0);
}

static void close_raw_server(struct raw_server *r)
{
    close(r->fd);
    close(r->listener);
    free_pair(r->t);
}

TEST(esme_leaves_a_silent_server)
{
    struct raw_server r;

    open_raw_server(&r);
    expect_pdu(r.t->loop, r.fd, SMPP_BIND_TRANSCEIVER, 0);
    CHECK(raw_is_closed(r.t->loop, r.fd));
    CHECK_INT(state_of(r.t), SMPP_ESME_WAITING);
    close_raw_server(&r);
}

TEST(esme_leaves_a_server_that_fell_silent)
{
    struct raw_server r;
    struct buf b = raw_buf();
    struct smpp_pdu resp = {.command = SMPP_BIND_TRANSCEIVER | SMPP_RESP, .sequence = 1};

    open_raw_server(&r);
    expect_pdu(r.t->loop, r.fd, SMPP_BIND_TRANSCEIVER, 0);
    CHECK_OK(smpp_encode(&resp, &b));
    raw_send(r.fd, &b);
    WAIT(r.t->loop, state_of(r.t) == SMPP_ESME_BOUND);
    expect_pdu(r.t->loop, r.fd, SMPP_ENQUIRE_LINK, 0);
    CHECK(raw_is_closed(r.t->loop, r.fd));
    buf_fini(&b);
    close_raw_server(&r);
}

TEST(esme_refuses_what_an_smsc_may_not_say)
{
    struct raw_server r;
    struct buf b = raw_buf();
    struct smpp_pdu resp = {.command = SMPP_BIND_TRANSCEIVER | SMPP_RESP, .sequence = 1};

    open_raw_server(&r);
    expect_pdu(r.t->loop, r.fd, SMPP_BIND_TRANSCEIVER, 0);
    put_header(&b, 16, SMPP_UNBIND, 3);
    raw_send(r.fd, &b);
    expect_pdu(r.t->loop, r.fd, SMPP_UNBIND | SMPP_RESP, SMPP_RINVBNDSTS);
    CHECK_OK(smpp_encode(&resp, &b));
    put_header(&b, 16, SMPP_SUBMIT_SM, 4);
    put_header(&b, 16, SMPP_SUBMIT_SM | SMPP_RESP, 4711); /* an answer to nothing */
    put_header(&b, 16, SMPP_UNBIND, 5);
    raw_send(r.fd, &b);
    for (;;) {
        uint32_t command = 0, status = 0;

        if (!raw_pdu(r.t->loop, r.fd, &command, &status) || command == (SMPP_UNBIND | SMPP_RESP))
            break;
        CHECK(command != (SMPP_SUBMIT_SM | SMPP_RESP) || status != SMPP_ROK);
    }
    CHECK(raw_is_closed(r.t->loop, r.fd));
    CHECK_INT(r.t->p.done, 0);
    buf_fini(&b);
    close_raw_server(&r);
}

TESTS_MAIN(XT_CASE(nonsense_harms_nobody_else), XT_CASE(wrong_lengths_end_the_session),
           XT_CASE(pdu_in_pieces), XT_CASE(half_a_pdu_does_not_stay), XT_CASE(wrong_state),
           XT_CASE(a_receiver_may_not_submit), XT_CASE(endless_nonsense_is_cut_off),
           XT_CASE(a_submit_flood_is_refused), XT_CASE(a_peer_that_does_not_read_is_closed),
           XT_CASE(one_session_too_many), XT_CASE(silence_is_asked_then_cut),
           XT_CASE(enquire_link_keeps_a_quiet_session), XT_CASE(esme_leaves_a_silent_server),
           XT_CASE(esme_leaves_a_server_that_fell_silent),
           XT_CASE(esme_refuses_what_an_smsc_may_not_say))
