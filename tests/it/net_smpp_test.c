/* SPDX-License-Identifier: Apache-2.0 */
/* Both roles of SMPP 3.4 against each other. */
#include "net_smpp_pair.h"

/* ---- the ordinary course --------------------------------------------------------------------- */

/* SMPP 3.4 2.3: connect, bind, submit, deliver, unbind */
TEST(bind_submit_deliver_unbind)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    open_pair(t);
    submit(t, 1);
    WAIT(t->loop, t->p.ok == 1);
    CHECK_STR(t->p.message_id, "00000007");
    CHECK_STR(t->c.message, "hello");
    t->p.hold = true;
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, NULL, 41));
    WAIT(t->loop, t->p.waiting == 1);
    CHECK_INT(t->c.delivered, 0); /* not acknowledged before it is committed */
    smpp_esme_deliver_done(t->p.esme, t->p.tokens[0], SMPP_ROK);
    WAIT(t->loop, t->c.delivered == 1);
    CHECK_INT(t->c.last_ref, 41);
    CHECK_INT(t->c.last.status, SMPP_ROK);
    smpp_esme_stop(t->p.esme);
    CHECK_INT(smpp_esme_submit(t->p.esme, &sm, 1), XK_E_CLOSED);
    WAIT(t->loop, state_of(t) == SMPP_ESME_STOPPED && t->c.unbound == 1);
    WAIT(t->loop, centre_stats(t).sessions == 0);
    free_pair(t);
}

TEST(state_history)
{
    static const enum smpp_esme_state want[] = {SMPP_ESME_CONNECTING, SMPP_ESME_BINDING,
                                                SMPP_ESME_BOUND, SMPP_ESME_UNBINDING,
                                                SMPP_ESME_STOPPED};
    struct pair *t = new_pair();

    open_pair(t);
    WAIT(t->loop, state_of(t) == SMPP_ESME_BOUND);
    smpp_esme_stop(t->p.esme);
    WAIT(t->loop, state_of(t) == SMPP_ESME_STOPPED);
    CHECK_INT(t->p.state_count, ARRAY_LEN(want));
    for (unsigned i = 0; i < ARRAY_LEN(want) && i < t->p.state_count; i++)
        CHECK_INT(t->p.states[i], want[i]);
    CHECK_STR(smpp_esme_state_name(SMPP_ESME_BOUND), "bound");
    free_pair(t);
}

TEST(host_by_name)
{
    struct pair *t = new_pair();

    t->eo.host = "localhost";
    open_pair(t);
    free_pair(t);
}

TEST(bad_password_is_tried_again)
{
    struct pair *t = new_pair();

    t->eo.password = "wrong";
    open_centre(t);
    CHECK_OK(smpp_esme_new(&t->eo, &t->p.esme));
    WAIT(t->loop, t->p.state_count >= 9); /* connecting, binding, waiting: three times */
    CHECK_INT(t->c.bound, 0);
    for (unsigned i = 0; i < t->p.state_count; i++)
        CHECK(t->p.states[i] != SMPP_ESME_BOUND);
    free_pair(t);
}

TEST(options_are_checked)
{
    struct pair *t = new_pair();

    t->eo.password = "ninechars";
    CHECK_INT(smpp_esme_new(&t->eo, &t->p.esme), XK_E_VALUE);
    t->eo.password = "secret";
    t->eo.system_id = "sixteen-is-a-lot";
    CHECK_INT(smpp_esme_new(&t->eo, &t->p.esme), XK_E_VALUE);
    t->so.address = "nowhere";
    CHECK_INT(smpp_smsc_new(&t->so, &t->c.smsc), XK_E_VALUE);
    t->so.address = "127.0.0.1";
    t->so.sessions_max = SMPP_SMSC_SESSIONS_MAX + 1;
    CHECK_INT(smpp_smsc_new(&t->so, &t->c.smsc), XK_E_VALUE);
    free_pair(t);
}

/* ---- windows, throttling, time --------------------------------------------------------------- */

TEST(window_is_kept)
{
    struct pair *t = new_pair();

    t->eo.window = 4;
    t->c.hold = true;
    open_pair(t);
    submit(t, 10);
    WAIT(t->loop, t->c.held == 4);
    settle(t->loop);
    CHECK_INT(t->c.held, 4);
    answer_submit(&t->c, t->c.tokens[2]); /* out of order */
    WAIT(t->loop, t->c.held == 5 && t->p.ok == 1);
    for (unsigned i = 0; i < 10; i++) {
        WAIT(t->loop, t->c.held > i);
        if (i != 2)
            answer_submit(&t->c, t->c.tokens[i]);
    }
    WAIT(t->loop, t->p.ok == 10);
    CHECK_INT(t->p.done, 10);
    free_pair(t);
}

TEST(queue_is_bounded)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->eo.queue_max = 3;
    open_centre(t);
    CHECK_OK(smpp_esme_new(&t->eo, &t->p.esme));
    submit(t, 3); /* before it is bound */
    CHECK_INT(smpp_esme_submit(t->p.esme, &sm, 3), XK_E_BUSY);
    WAIT(t->loop, t->p.ok == 3);
    free_pair(t);
}

TEST(throttled_is_sent_again)
{
    struct pair *t = new_pair();
    struct smpp_esme_stats stats;

    t->c.throttle = 30;
    open_pair(t);
    submit(t, 50);
    WAIT(t->loop, t->p.ok == 50);
    CHECK_INT(t->p.done, 50);
    CHECK_INT(t->c.submits, 50);
    smpp_esme_stats(t->p.esme, &stats);
    CHECK_INT(stats.throttled, 30);
    free_pair(t);
}

TEST(no_answer_times_out)
{
    struct pair *t = new_pair();

    t->eo.response_ms = 100;
    t->c.hold = true;
    open_pair(t);
    submit(t, 2);
    WAIT(t->loop, t->p.timeout == 2);
    answer_submit(&t->c, t->c.tokens[0]); /* too late: without effect */
    t->c.hold = false;
    submit(t, 1);
    WAIT(t->loop, t->p.ok == 1);
    CHECK_INT(t->p.done, 3);
    free_pair(t);
}

TEST(waits_in_the_queue_only_so_long)
{
    struct pair *t = new_pair();

    t->eo.queue_ms = 15;
    t->eo.port = 1; /* nobody is there */
    CHECK_OK(smpp_esme_new(&t->eo, &t->p.esme));
    submit(t, 5);
    WAIT(t->loop, t->p.timeout == 5);
    free_pair(t);
}

/* ---- the session breaks ---------------------------------------------------------------------- */

TEST(comes_back_after_a_restart_of_the_server)
{
    struct pair *t = new_pair();

    t->eo.window = 2;
    t->c.hold = true;
    open_pair(t);
    submit(t, 5);
    WAIT(t->loop, t->c.held == 2);
    smpp_smsc_free(t->c.smsc);
    WAIT(t->loop, t->p.closed == 2); /* sent, perhaps taken: the caller must know */
    t->c.hold = false;
    open_centre(t);
    WAIT(t->loop, t->c.bound == 2 && t->p.ok == 3);
    CHECK_INT(t->p.done, 5);
    free_pair(t);
}

TEST(late_deliver_done_is_harmless)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->p.hold = true;
    open_pair(t);
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, NULL, 1));
    WAIT(t->loop, t->p.waiting == 1);
    CHECK_OK(smpp_smsc_drop(t->c.smsc, t->c.session));
    WAIT(t->loop, t->c.bound == 2 && t->p.waiting == 2); /* it came again */
    smpp_esme_deliver_done(t->p.esme, t->p.tokens[0], SMPP_ROK);
    settle(t->loop);
    CHECK_INT(t->c.delivered, 0);
    smpp_esme_deliver_done(t->p.esme, t->p.tokens[1], SMPP_ROK);
    WAIT(t->loop, t->c.delivered == 1);
    CHECK_INT(smpp_smsc_drop(t->c.smsc, 77), XK_E_NOT_FOUND);
    free_pair(t);
}

TEST(late_submit_done_is_harmless)
{
    struct pair *t = new_pair();

    t->c.hold = true;
    open_pair(t);
    submit(t, 1);
    WAIT(t->loop, t->c.held == 1);
    CHECK_OK(smpp_smsc_drop(t->c.smsc, t->c.session));
    WAIT(t->loop, t->c.bound == 2);
    answer_submit(&t->c, t->c.tokens[0]);
    settle(t->loop);
    CHECK_INT(t->p.ok, 0);
    CHECK_INT(t->p.closed, 1);
    free_pair(t);
}

TEST(server_stops)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->p.hold = true;
    open_pair(t);
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, NULL, 1));
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, "nobody", 2));
    WAIT(t->loop, t->p.waiting == 1);
    smpp_smsc_stop(t->c.smsc);
    CHECK_INT(smpp_smsc_deliver(t->c.smsc, &sm, NULL, 3), XK_E_CLOSED);
    WAIT(t->loop, centre_stats(t).sessions == 0 && t->c.unbound == 1);
    CHECK_INT(t->c.delivered, 2);
    CHECK_INT(t->c.last.err, XK_E_CLOSED);
    WAIT(t->loop, state_of(t) == SMPP_ESME_WAITING);
    free_pair(t);
}

/* ---- deliver_sm ------------------------------------------------------------------------------ */

TEST(deliver_refused_for_now_comes_again)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->so.retry_ms = 3;
    t->p.status = SMPP_RX_T_APPN;
    t->p.refuse = 2;
    open_pair(t);
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, "xieka", 1));
    WAIT(t->loop, t->c.delivered == 1);
    CHECK_INT(t->p.delivers, 3);
    CHECK_INT(t->c.last.status, SMPP_ROK);
    t->p.status = SMPP_RX_P_APPN;
    t->p.refuse = 1;
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, "xieka", 2));
    WAIT(t->loop, t->c.delivered == 2);
    CHECK_INT(t->p.delivers, 4); /* refused for good: once */
    CHECK_INT(t->c.last.status, SMPP_RX_P_APPN);
    free_pair(t);
}

TEST(deliver_without_receiver_times_out)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->so.deliver_ms = 10;
    open_pair(t);
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, "other", 9));
    WAIT(t->loop, t->c.delivered == 1);
    CHECK_INT(t->c.last.err, XK_E_TIMEOUT);
    CHECK_INT(t->p.delivers, 0);
    free_pair(t);
}

TEST(deliver_silent_receiver_is_asked_again)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->so.response_ms = 10;
    t->p.hold = true;
    open_pair(t);
    CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, NULL, 1));
    WAIT(t->loop, t->p.waiting == 1);
    t->p.hold = false;
    WAIT(t->loop, t->c.delivered == 1);
    CHECK(centre_stats(t).retries >= 1);
    free_pair(t);
}

TEST(too_many_open_delivers_are_refused_for_now)
{
    struct pair *t = new_pair();
    struct smpp_sm sm = message();

    t->eo.deliver_max = 2;
    t->so.retry_ms = 2;
    t->p.hold = true;
    open_pair(t);
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(smpp_smsc_deliver(t->c.smsc, &sm, NULL, i));
    WAIT(t->loop, t->p.waiting == 2 && centre_stats(t).retries >= 1);
    for (unsigned i = 0; i < 2; i++)
        smpp_esme_deliver_done(t->p.esme, t->p.tokens[i], SMPP_ROK);
    WAIT(t->loop, t->p.waiting == 3);
    smpp_esme_deliver_done(t->p.esme, t->p.tokens[2], SMPP_ROK);
    WAIT(t->loop, t->c.delivered == 3);
    free_pair(t);
}

TESTS_MAIN(XT_CASE(bind_submit_deliver_unbind), XT_CASE(state_history), XT_CASE(host_by_name),
           XT_CASE(bad_password_is_tried_again), XT_CASE(options_are_checked),
           XT_CASE(window_is_kept), XT_CASE(queue_is_bounded), XT_CASE(throttled_is_sent_again),
           XT_CASE(no_answer_times_out), XT_CASE(waits_in_the_queue_only_so_long),
           XT_CASE(comes_back_after_a_restart_of_the_server),
           XT_CASE(late_deliver_done_is_harmless), XT_CASE(late_submit_done_is_harmless),
           XT_CASE(server_stops), XT_CASE(deliver_refused_for_now_comes_again),
           XT_CASE(deliver_without_receiver_times_out),
           XT_CASE(deliver_silent_receiver_is_asked_again),
           XT_CASE(too_many_open_delivers_are_refused_for_now))
