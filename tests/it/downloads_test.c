/* SPDX-License-Identifier: Apache-2.0 */
/* Download orders, sessions and operators behave the same on SQLite and PostgreSQL, and no decision
 * is built on a row that somebody else has moved. */
#include "backend_stories.h"
#include "rsp_place.h"
#include "service/download/operator.h"
#include "service/download/session.h"

#define DAY PLACE_DAY

static int64_t waits_for; /* of the last ConfirmOrder */

static enum rsp_verdict order(struct place *p, const char *iccid, const char *eid, const char *type,
                              struct download *out)
{
    const struct download_order_request r = {
        .operator_id = "op", .iccid = iccid, .eid = eid, .profile_type = type};
    enum rsp_verdict verdict = RSP_EXECUTED;

    CHECK_OK(download_order(&p->c, &r, out, &verdict));
    return verdict;
}

static enum rsp_verdict confirm(struct place *p, struct download_confirm_request r,
                                struct download *out)
{
    enum rsp_verdict verdict = RSP_EXECUTED;

    r.operator_id = "op";
    CHECK_OK(download_confirm_order(&p->c, &r, out, &verdict, &waits_for));
    return verdict;
}

static enum rsp_verdict cancel(struct place *p, struct download_cancel_request r)
{
    enum rsp_verdict verdict = RSP_EXECUTED;
    struct download d;

    r.operator_id = "op";
    CHECK_OK(download_cancel_order(&p->c, &r, &d, &verdict));
    return verdict;
}

static void orders_live_their_life(const struct backend *b)
{
    struct download_event bind = {.cause = DOWNLOAD_BY_BIND, .point = DOWNLOAD_AT_DOWNLOAD};
    struct download d, found;
    enum rsp_verdict verdict;
    struct place p;

    place_open(&p, b);
    CHECK_INT(order(&p, NULL, EID_A, "gold", &d), RSP_EXECUTED);
    CHECK_STR(d.iccid, ICCID_A);
    CHECK_INT(d.state, DOWNLOAD_LINKED);
    CHECK_INT(d.attempts_left, 10);
    CHECK_INT(d.expires_at, 1000 + 10 * DAY);
    CHECK_INT(order(&p, NULL, NULL, "gold", &d), RSP_EXECUTED);
    CHECK_STR(d.iccid, ICCID_B);
    CHECK_INT(order(&p, NULL, NULL, "gold", &d), RSP_DOWNLOAD_ORDER_TYPE_UNAVAILABLE);
    CHECK_INT(order(&p, ICCID_A, EID_A, NULL, &d), RSP_EXECUTED); /* once more */
    CHECK_INT(order(&p, ICCID_A, NULL, NULL, &d), RSP_DOWNLOAD_ORDER_ICCID_IN_USE);

    CHECK_INT(confirm(&p,
                      (struct download_confirm_request){
                          .iccid = ICCID_A, .matching_id = "M-1", .confirmation_code = "1234"},
                      &d),
              RSP_EXECUTED);
    CHECK_INT(d.state, DOWNLOAD_CONFIRMED);
    CHECK_OK(download_release_profile(&p.c, "op", ICCID_A, &d, &verdict));
    CHECK_INT(verdict, RSP_EXECUTED);

    CHECK_OK(
        download_find_by_matching_id(&p.c, BYTES_STR("M-1"), BYTES_STR("smdp.EXAMPLE"), &found));
    CHECK_INT(found.state, DOWNLOAD_RELEASED);
    CHECK(found.has_code);
    CHECK(!found.has_hex_code);
    CHECK_HEX(BYTES(found.code_hash, 4), "03ac6742"); /* SHA-256 of "1234" */
    CHECK_HEX(found.metadata, "bf25");
    CHECK(found.needs.uicc_capability == 1ull << 40);
    CHECK_INT(download_find_by_matching_id(&p.c, BYTES_STR("M-1"), BYTES_STR("other"), &found),
              XK_E_NOT_FOUND);
    CHECK_INT(download_find_by_matching_id(&p.c, BYTES_STR(""), BYTES_STR(SMDP), &found),
              XK_E_NOT_FOUND);
    CHECK_INT(download_find_by_eid(&p.c, EID_A, BYTES_STR(SMDP), &found), XK_E_NOT_FOUND);

    CHECK_OK(download_step(&p.c, &d, &bind));
    CHECK_INT(d.state, DOWNLOAD_DOWNLOADED);
    CHECK_INT(
        download_step(&p.c, &d, &(struct download_event){.cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
        XK_E_STATE);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* The lease of a decision is the version of its row. */
static void one_of_two_decisions_wins(const struct backend *b)
{
    const struct download_event attempt = {.cause = DOWNLOAD_BY_NOTE};
    struct download first, second;
    struct session s = {.address = SMDP, .keep_until = 5000, .blob = BYTES_STR("one")};
    struct session t;
    struct place p;

    place_open(&p, b);
    CHECK_OK(download_find_by_iccid(&p.c, ICCID_A, DOWNLOAD_WITHOUT_METADATA, &first));
    second = first;
    CHECK_OK(download_commit(&p.c, &first, &attempt, 1));
    CHECK_INT(download_commit(&p.c, &second, &attempt, 1), XK_E_BUSY);
    CHECK_OK(download_commit(&p.c, &first, &attempt, 1));

    memcpy(s.id, "\x01\x02", 2);
    s.id_len = 2;
    CHECK_OK(session_commit(&p.c, &s));
    CHECK_OK(session_checkout(&p.c, BYTES(s.id, 2), &s));
    CHECK_OK(session_checkout(&p.c, BYTES(s.id, 2), &t));
    CHECK_STR(t.address, SMDP);
    CHECK_HEX(t.blob, "6f6e65");
    s.blob = BYTES_STR("two");
    snprintf(s.iccid, sizeof s.iccid, ICCID_A);
    CHECK_OK(session_commit(&p.c, &s));
    CHECK_INT(session_commit(&p.c, &t), XK_E_BUSY);
    CHECK_INT(session_drop(&p.c, &t), XK_E_BUSY);
    CHECK_OK(session_checkout(&p.c, BYTES(s.id, 2), &t));
    CHECK_STR(t.iccid, ICCID_A);
    CHECK_OK(session_drop(&p.c, &t));
    CHECK_INT(session_checkout(&p.c, BYTES(s.id, 2), &t), XK_E_NOT_FOUND);
    CHECK_INT(session_checkout(&p.c, BYTES_NONE, &t), XK_E_NOT_FOUND);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void default_orders_are_found_by_eid(const struct backend *b)
{
    const struct download_confirm_request r = {
        .iccid = ICCID_B, .eid = EID_B, .matching_id = "", .release = true};
    struct download d, found;
    struct place p;

    place_open(&p, b);
    CHECK_INT(order(&p, ICCID_A, EID_B, NULL, &d), RSP_EXECUTED);
    CHECK_INT(order(&p, ICCID_B, NULL, NULL, &d), RSP_EXECUTED);
    CHECK_INT(
        confirm(&p, (struct download_confirm_request){.iccid = ICCID_A, .matching_id = ""}, &d),
        RSP_EXECUTED);
    CHECK_OK(download_find_by_eid(&p.c, EID_B, BYTES_STR(SMDP), &found));
    CHECK_STR(found.iccid, ICCID_A); /* not offered, but there */
    CHECK_INT(confirm(&p, r, &d), RSP_EXECUTED);
    CHECK_OK(download_find_by_eid(&p.c, EID_B, BYTES_STR(SMDP), &found));
    CHECK_STR(found.iccid, ICCID_B); /* offered */
    CHECK_INT(download_find_by_eid(&p.c, EID_A, BYTES_STR(SMDP), &found), XK_E_NOT_FOUND);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* An LPA that keeps the event ID to itself is known by its EID; an activation code is asked for. */
static void events_are_found_by_eid(const struct backend *b)
{
    const struct download_confirm_request r = {
        .iccid = ICCID_A, .matching_id = "EVENT-1", .smds_address = "smds.example"};
    struct download d, found;
    struct place p;

    place_open(&p, b);
    CHECK_INT(order(&p, ICCID_A, EID_B, NULL, &d), RSP_EXECUTED);
    CHECK_INT(confirm(&p, r, &d), RSP_EXECUTED);
    CHECK_OK(download_find_by_eid(&p.c, EID_B, BYTES_STR(SMDP), &found));
    CHECK_STR(found.iccid, ICCID_A);
    CHECK_INT(order(&p, ICCID_B, EID_A, NULL, &d), RSP_EXECUTED);
    CHECK_INT(confirm(&p,
                      (struct download_confirm_request){.iccid = ICCID_B, .matching_id = "CODE-2"},
                      &d),
              RSP_EXECUTED);
    CHECK_INT(download_find_by_eid(&p.c, EID_A, BYTES_STR(SMDP), &found), XK_E_NOT_FOUND);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* SGP.22 5.3.2 with an SM-DS: confirmed when that has the event. */
static void sm_ds_is_asked_first(const struct backend *b)
{
    struct download_confirm_request r = {
        .iccid = ICCID_A, .matching_id = "", .smds_address = "smds.example:8443", .release = true};
    enum rsp_verdict verdict;
    struct download d;
    struct place p;

    place_open(&p, b);
    CHECK_INT(order(&p, ICCID_A, NULL, NULL, &d), RSP_EXECUTED);
    CHECK_INT(confirm(&p, r, &d), RSP_CONFIRM_ORDER_EID_MISSING);
    r.eid = EID_A;
    r.smds_address = "no address";
    CHECK_INT(confirm(&p, r, &d), RSP_CONFIRM_ORDER_SMDS_ADDRESS_REFUSED);
    r.smds_address = "smds.example:8443";
    CHECK_INT(confirm(&p, r, &d), RSP_EXECUTED);
    CHECK(waits_for != 0);
    CHECK_INT(d.state, DOWNLOAD_ALLOCATED);
    CHECK_INT(d.smds, DOWNLOAD_SMDS_ASKED);
    CHECK(strlen(d.matching_id) == 23);
    REQUIRE(p.said.last != NULL);
    CHECK_INT(p.said.last->id, waits_for);
    CHECK_INT(p.said.last->kind, OUTBOX_SMDS);
    CHECK_STR(p.said.last->address, "https://smds.example:8443/register");
    CHECK_INT(confirm(&p, r, &d), RSP_CONFIRM_ORDER_ICCID_INVALID_ASSOCIATION);
    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_A,
                                                          .eid = EID_A,
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_CANCEL_ORDER_INVALID_TRANSITION);

    /* out of reach: as before, and whatever may be there is deleted */
    CHECK_OK(download_event_registered(&p.c, ICCID_A, DOWNLOAD_SMDS_UNREACHABLE, &d, &verdict));
    CHECK_INT(verdict, RSP_CONFIRM_ORDER_SMDS_INACCESSIBLE);
    CHECK_STR(p.said.last->address, "https://smds.example:8443/delete");
    CHECK(!d.has_matching_id);
    CHECK_STR(d.eid, "");
    CHECK_OK(download_event_registered(&p.c, ICCID_A, DOWNLOAD_SMDS_OK, &d, &verdict));
    CHECK_INT(verdict, RSP_CONFIRM_ORDER_ICCID_INVALID_ASSOCIATION); /* a repeat */

    CHECK_INT(confirm(&p, r, &d), RSP_EXECUTED);
    CHECK_OK(download_event_registered(&p.c, ICCID_A, DOWNLOAD_SMDS_REFUSED, &d, &verdict));
    CHECK_INT(verdict, RSP_CONFIRM_ORDER_SMDS_FAILED);
    CHECK_INT(confirm(&p, r, &d), RSP_EXECUTED);
    CHECK_OK(download_event_registered(&p.c, ICCID_A, DOWNLOAD_SMDS_OK, &d, &verdict));
    CHECK_INT(verdict, RSP_EXECUTED);
    CHECK_INT(d.state, DOWNLOAD_RELEASED);
    CHECK_INT(d.smds, DOWNLOAD_SMDS_REGISTERED);

    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_A,
                                                          .eid = EID_A,
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_EXECUTED);
    CHECK_STR(p.said.last->address, "https://smds.example:8443/delete");
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void what_is_refused(const struct backend *b)
{
    const struct download_order_request stranger = {.operator_id = "x", .iccid = ICCID_A};
    enum rsp_verdict verdict;
    struct download d;
    struct place p;

    place_open(&p, b);
    CHECK_OK(download_order(&p.c, &stranger, &d, &verdict));
    CHECK_INT(verdict, RSP_DOWNLOAD_ORDER_ICCID_NOT_ALLOWED);
    CHECK_OK(download_order(
        &p.c, &(struct download_order_request){.operator_id = "x", .profile_type = "gold"}, &d,
        &verdict));
    CHECK_INT(verdict, RSP_DOWNLOAD_ORDER_TYPE_NOT_ALLOWED);
    CHECK_INT(order(&p, NULL, NULL, "bronze", &d), RSP_DOWNLOAD_ORDER_TYPE_UNKNOWN);
    CHECK_INT(order(&p, ICCID_A, NULL, "silver", &d), RSP_DOWNLOAD_ORDER_ICCID_NOT_OF_TYPE);
    CHECK_INT(order(&p, ICCID_A, "8904", NULL, &d), RSP_DOWNLOAD_ORDER_TYPE_REFUSED);
    CHECK_INT(order(&p, "no iccid", NULL, NULL, &d), RSP_DOWNLOAD_ORDER_ICCID_UNKNOWN);
    CHECK_INT(confirm(&p, (struct download_confirm_request){.iccid = ICCID_A}, &d),
              RSP_CONFIRM_ORDER_ICCID_INVALID_ASSOCIATION);

    CHECK_INT(order(&p, ICCID_A, EID_A, NULL, &d), RSP_EXECUTED);
    CHECK_INT(order(&p, ICCID_B, NULL, NULL, &d), RSP_EXECUTED);
    CHECK_INT(confirm(&p, (struct download_confirm_request){.iccid = ICCID_A, .eid = EID_B}, &d),
              RSP_CONFIRM_ORDER_EID_INVALID_ASSOCIATION);
    CHECK_INT(
        confirm(&p, (struct download_confirm_request){.iccid = ICCID_B, .matching_id = ""}, &d),
        RSP_CONFIRM_ORDER_EID_MISSING);
    CHECK_INT(
        confirm(&p, (struct download_confirm_request){.iccid = ICCID_B, .matching_id = "$"}, &d),
        RSP_CONFIRM_ORDER_MATCHING_ID_IN_USE);
    CHECK_INT(
        confirm(&p, (struct download_confirm_request){.iccid = ICCID_A, .matching_id = "M"}, &d),
        RSP_EXECUTED);
    CHECK_INT(
        confirm(&p, (struct download_confirm_request){.iccid = ICCID_B, .matching_id = "M"}, &d),
        RSP_CONFIRM_ORDER_MATCHING_ID_IN_USE);
    CHECK_INT(
        confirm(&p, (struct download_confirm_request){.iccid = ICCID_A, .matching_id = "M"}, &d),
        RSP_EXECUTED); /* in the same words */

    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_A,
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_CANCEL_ORDER_EID_MISSING);
    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_A,
                                                          .eid = EID_B,
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_CANCEL_ORDER_EID_INVALID_ASSOCIATION);
    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_A,
                                                          .eid = EID_A,
                                                          .matching_id = "N",
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_CANCEL_ORDER_MATCHING_ID_INVALID_ASSOCIATION);
    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_C,
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_CANCEL_ORDER_INVALID_TRANSITION);
    CHECK_OK(download_release_profile(&p.c, "op", ICCID_B, &d, &verdict));
    CHECK_INT(verdict, RSP_RELEASE_PROFILE_INVALID_TRANSITION);
    CHECK_OK(download_release_profile(&p.c, "x", ICCID_B, &d, &verdict));
    CHECK_INT(verdict, RSP_RELEASE_PROFILE_ICCID_NOT_ALLOWED);
    CHECK_OK(download_release_profile(&p.c, "op", "8900", &d, &verdict));
    CHECK_INT(verdict, RSP_RELEASE_PROFILE_ICCID_UNKNOWN);

    CHECK_INT(cancel(&p, (struct download_cancel_request){.iccid = ICCID_A,
                                                          .eid = EID_A,
                                                          .matching_id = "M",
                                                          .cause = DOWNLOAD_BY_CANCEL_AVAILABLE}),
              RSP_EXECUTED);
    CHECK_OK(download_find_by_iccid(&p.c, ICCID_A, DOWNLOAD_WITHOUT_METADATA, &d));
    CHECK_INT(d.state, DOWNLOAD_AVAILABLE);
    CHECK_STR(d.eid, "");
    CHECK(!d.has_matching_id);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void time_ends_orders(const struct backend *b)
{
    struct session s = {.address = SMDP, .keep_until = 2000, .blob = BYTES_STR("x"), .id_len = 1};
    struct outbox_list taken = {0};
    struct download d;
    struct place p;
    size_t n = 7;

    place_open(&p, b);
    taken.arena = &p.arena;
    CHECK_INT(order(&p, ICCID_A, EID_A, NULL, &d), RSP_EXECUTED);
    CHECK_OK(session_commit(&p.c, &s));
    CHECK_OK(download_on_time(&p.c, 10, &n));
    CHECK_INT(n, 0);
    p.c.now += 10 * DAY;
    CHECK_OK(download_on_time(&p.c, 10, &n));
    CHECK_INT(n, 1);
    CHECK_INT(session_checkout(&p.c, BYTES(s.id, 1), &s), XK_E_NOT_FOUND);
    CHECK_OK(download_find_by_iccid(&p.c, ICCID_A, DOWNLOAD_WITHOUT_METADATA, &d));
    CHECK_INT(d.state, DOWNLOAD_ERROR);
    CHECK_STR(d.ended.subject, "8.8.5");
    CHECK_STR(d.ended.reason, "4.10");
    CHECK_OK(download_on_time(&p.c, 10, &n));
    CHECK_INT(n, 0);
    /* the operator hears of it, in the order of its profile's events */
    CHECK_OK(outbox_take(p.store, p.c.now, 10, &taken));
    REQUIRE(taken.first != NULL);
    CHECK_INT(taken.first->kind, OUTBOX_ES2P);
    CHECK_STR(taken.first->address, "https://op/point");
    CHECK_STR(taken.first->group_key, ICCID_A);
    CHECK(bytes_eq(taken.first->payload, BYTES_STR(ICCID_A " 1 8.8.5")));
    CHECK(taken.first->next == NULL);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void bindings_and_notifications(const struct backend *b)
{
    struct session_binding binding = {.iccid = ICCID_A,
                                      .eid = EID_A,
                                      .transaction_id = BYTES_STR("t"),
                                      .basis = BYTES_STR("b"),
                                      .euicc_otpk = BYTES_STR("e"),
                                      .smdp_otpk = BYTES_STR("s"),
                                      .initialise = BYTES_STR("i"),
                                      .head = BYTES_STR("h")};
    struct session_binding got;
    struct place p;

    place_open(&p, b);
    CHECK_INT(session_load_binding(&p.c, ICCID_A, &got), XK_E_NOT_FOUND);
    CHECK_OK(session_keep_binding(&p.c, &binding));
    CHECK_OK(session_load_binding(&p.c, ICCID_A, &got));
    CHECK_INT(got.keys.n, 0);
    CHECK_STR(got.eid, EID_A);
    CHECK_OK(secret_set(&binding.keys, BYTES_STR("0123456789abcdef")));
    binding.head = BYTES_STR("another");
    CHECK_OK(session_keep_binding(&p.c, &binding));
    CHECK_OK(session_load_binding(&p.c, ICCID_A, &got));
    CHECK(bytes_eq(secret_bytes(&got.keys), BYTES_STR("0123456789abcdef")));
    CHECK(bytes_eq(got.head, BYTES_STR("another")));
    CHECK(bytes_eq(got.initialise, BYTES_STR("i")));
    CHECK_OK(session_drop_binding(&p.c, ICCID_A));
    CHECK_INT(session_load_binding(&p.c, ICCID_A, &got), XK_E_NOT_FOUND);

    CHECK_INT(session_find_notification(&p.c, EID_A, ICCID_A, 3), XK_E_NOT_FOUND);
    CHECK_OK(session_note_notification(&p.c, EID_A, ICCID_A, 3, 1));
    CHECK_OK(session_find_notification(&p.c, EID_A, ICCID_A, 3));
    CHECK_INT(session_note_notification(&p.c, EID_A, ICCID_A, 3, 1), XK_E_EXISTS);
    CHECK_OK(session_note_notification(&p.c, EID_B, ICCID_A, 3, 1));
    CHECK_OK(session_note_exception(&p.c, EID_A, "", "a finding", BYTES_STR("\x30")));
    CHECK_OK(session_note_exception(&p.c, EID_A, "", "a finding", BYTES_NONE));
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void calls_are_known_again(const struct backend *b)
{
    struct operator_call call = {.operator_id = "op", .call_id = "1", .function = "confirmOrder"};
    const uint8_t print[32] = {9}, other[32] = {8};
    struct operator_account o;
    enum operator_repeat repeat;
    struct bytes answer;
    int64_t waits = 0;
    struct place p;
    size_t n;

    place_open(&p, b);
    CHECK_OK(operator_find_call(&p.c, &call, &repeat, &answer, &waits));
    CHECK_INT(repeat, OPERATOR_CALL_NEW);
    CHECK_OK(operator_note_call(&p.c, &call, 77, BYTES_NONE));
    CHECK_OK(operator_find_call(&p.c, &call, &repeat, &answer, &waits));
    CHECK_INT(repeat, OPERATOR_CALL_WAITING);
    CHECK_INT(waits, 77);
    CHECK_OK(operator_answer_calls(&p.c, 77, BYTES_STR("{}")));
    CHECK_OK(operator_find_call(&p.c, &call, &repeat, &answer, &waits));
    CHECK_INT(repeat, OPERATOR_CALL_ANSWERED);
    CHECK(bytes_eq(answer, BYTES_STR("{}")));
    call.request[0] = 1;
    CHECK_OK(operator_find_call(&p.c, &call, &repeat, &answer, &waits));
    CHECK_INT(repeat, OPERATOR_CALL_OTHER);
    p.c.now += 8 * DAY;
    CHECK_OK(download_on_time(&p.c, 1, &n));
    CHECK_OK(operator_find_call(&p.c, &call, &repeat, &answer, &waits));
    CHECK_INT(repeat, OPERATOR_CALL_NEW);

    CHECK_INT(operator_of(p.store, print, &o), XK_E_NOT_FOUND);
    CHECK_INT(operator_add_certificate(p.store, "nobody", print, 1), XK_E_NOT_FOUND);
    CHECK_OK(operator_add_certificate(p.store, "op", print, 1));
    CHECK_OK(operator_add_certificate(p.store, "op", other, 1));
    CHECK_OK(operator_of(p.store, other, &o));
    CHECK_STR(o.id, "op");
    CHECK_OK(operator_put(p.store, &(struct operator_account){.id = "two"}, 1));
    CHECK_INT(operator_add_certificate(p.store, "two", print, 1), XK_E_EXISTS);
    CHECK_OK(operator_drop_certificate(p.store, other));
    CHECK_INT(operator_drop_certificate(p.store, other), XK_E_NOT_FOUND);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static enum xk_err count_history(void *arg, const struct download_history *h)
{
    buf_printf(arg, "%lld:%s:%s ", (long long)h->seq, download_cause_name(h->cause),
               download_state_name(h->state));
    return XK_OK;
}

static enum xk_err count_downloads(void *arg, const struct download *d)
{
    buf_printf(arg, "%s ", d->iccid);
    return XK_OK;
}

static void history_and_lists(const struct backend *b)
{
    struct download_filter f = {
        .owner = "op", .profile_type = "", .after = "", .state = -1, .limit = 2};
    struct download d;
    struct place p;
    char room[512];
    struct buf out;

    place_open(&p, b);
    buf_init_fixed(&out, room, sizeof room);
    CHECK_INT(order(&p, ICCID_A, EID_A, NULL, &d), RSP_EXECUTED);
    CHECK_INT(confirm(&p, (struct download_confirm_request){.iccid = ICCID_A, .release = true}, &d),
              RSP_EXECUTED);
    CHECK_OK(download_history(p.store, ICCID_A, count_history, &out));
    CHECK_STR(buf_cstr(&out), "1:ORDER_FOR_EID:LINKED 2:CONFIRM_AND_RELEASE:RELEASED ");
    buf_reset(&out);
    CHECK_OK(download_list(p.store, &f, count_downloads, &out));
    CHECK_STR(buf_cstr(&out), ICCID_A " " ICCID_B " ");
    buf_reset(&out);
    f.after = ICCID_B;
    CHECK_OK(download_list(p.store, &f, count_downloads, &out));
    CHECK_STR(buf_cstr(&out), ICCID_C " ");
    buf_reset(&out);
    f = (struct download_filter){
        .owner = "", .profile_type = "gold", .after = "", .state = DOWNLOAD_AVAILABLE, .limit = 9};
    CHECK_OK(download_list(p.store, &f, count_downloads, &out));
    CHECK_STR(buf_cstr(&out), ICCID_B " ");
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

#define STORIES(S)                                                                                 \
    S(orders_live_their_life)                                                                      \
    S(one_of_two_decisions_wins)                                                                   \
    S(default_orders_are_found_by_eid)                                                             \
    S(events_are_found_by_eid)                                                                     \
    S(sm_ds_is_asked_first)                                                                        \
    S(what_is_refused)                                                                             \
    S(time_ends_orders)                                                                            \
    S(bindings_and_notifications)                                                                  \
    S(calls_are_known_again)                                                                       \
    S(history_and_lists)

STORIES(MEMORY_AND_PGSQL)

static const struct xt_case cases[] = {STORIES(MEMORY_AND_PGSQL_CASES)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    place_clean_up();
    return rc;
}
