/* SPDX-License-Identifier: Apache-2.0 */
/* The registers behind the gates, and each refusal of gate_check. */
#include "fixture.h"
#include "model/code.h"
#include "service/gate/gate.h"
#include "xt.h"

#define CID "89860000000000000001"
#define CARD "card:" CID
#define PATH "/platform/agent/cust/"
#define NOW 1000

static void hash_of(int n, char out[GATE_HASH_TEXT])
{
    snprintf(out, GATE_HASH_TEXT, "%064x", n);
}

static enum xk_err enter(struct fixture *f, const char *subject, enum gate_id_type type, int hash)
{
    struct real_name r = {.id_type = type, .level = 1, .created_at = NOW, .updated_at = NOW};

    snprintf(r.subject, sizeof r.subject, "%s", subject);
    snprintf(r.name, sizeof r.name, "Zhang *");
    hash_of(hash, r.id_hash);
    return real_name_put(f->store, &r);
}

static enum xk_err enter_card(struct fixture *f, int card, int hash)
{
    char subject[GATE_SUBJECT_TEXT];

    snprintf(subject, sizeof subject, "card:%020d", card);
    return enter(f, subject, GATE_ID_ID_CARD, hash);
}

static int64_t cards_on(struct fixture *f, int hash)
{
    char text[GATE_HASH_TEXT];
    int64_t n = -1;

    hash_of(hash, text);
    CHECK_OK(real_name_count(f->store, text, &n));
    return n;
}

/* P-7: the eleventh card on one document is refused; a card that is closed makes room. */
TEST(ten_cards_a_document)
{
    struct real_name r;
    struct fixture f;

    fixture_open(&f);
    for (int i = 1; i <= 10; i++)
        CHECK_OK(enter_card(&f, i, 7));
    CHECK_INT(enter_card(&f, 11, 7), XK_E_LIMIT);
    CHECK_OK(enter_card(&f, 11, 8)); /* another document */
    CHECK_OK(enter_card(&f, 10, 7)); /* again the same card */
    CHECK_INT(cards_on(&f, 7), 10);
    CHECK_INT(enter_card(&f, 11, 7), XK_E_LIMIT); /* nor by a change of document */
    CHECK_OK(real_name_get(f.store, "card:00000000000000000011", &r));
    CHECK_INT(r.id_hash[63], '8');
    CHECK_OK(real_name_close(f.store, "00000000000000000003", NOW + 1));
    CHECK_INT(cards_on(&f, 7), 9);
    CHECK_OK(enter_card(&f, 11, 7));
    CHECK_INT(enter_card(&f, 3, 7), XK_E_LIMIT); /* it does not come back */
    CHECK_OK(real_name_remove(f.store, "card:00000000000000000001"));
    CHECK_INT(real_name_remove(f.store, "card:00000000000000000001"), XK_E_NOT_FOUND);
    CHECK_OK(enter_card(&f, 3, 7));
    CHECK_OK(real_name_get(f.store, "card:00000000000000000003", &r));
    CHECK(!r.closed);
    fixture_close(&f);
}

/* Whatever is registered, closed, removed: never more than ten, the count is true */
TEST(ten_cards_whatever_happens)
{
    int on[64] = {0}; /* document of a card; 0 none */
    struct fixture f;

    fixture_open(&f);
    for (int step = 0; step < 4000; step++) {
        uint64_t dice = xk_prng_next(&f.prng);
        int card = (int)(dice % 64), hash = 1 + (int)(dice / 64 % 3);
        int others = 0;
        char cid[33];

        for (int i = 0; i < 64; i++)
            others += i != card && on[i] == hash;
        snprintf(cid, sizeof cid, "%020d", card);
        if (dice / 1024 % 4 == 0) {
            CHECK_OK(real_name_close(f.store, cid, NOW));
            on[card] = 0;
            continue;
        }
        CHECK_INT(enter_card(&f, card, hash), others >= 10 ? XK_E_LIMIT : XK_OK);
        on[card] = others >= 10 ? on[card] : hash;
        CHECK(cards_on(&f, hash) == others + (on[card] == hash) && cards_on(&f, hash) <= 10);
    }
    fixture_close(&f);
}

TEST(licences_are_not_counted)
{
    struct fixture f;

    fixture_open(&f);
    for (int i = 0; i < 12; i++) {
        char subject[GATE_SUBJECT_TEXT];

        snprintf(subject, sizeof subject, "card:%020d", i);
        CHECK_OK(enter(&f, subject, GATE_ID_LICENCE, 5));
    }
    CHECK_INT(cards_on(&f, 5), 0);
    fixture_close(&f);
}

static enum gate_answer ask(struct fixture *f, const char *path, enum gate_real_name want)
{
    const struct gate_person p = {.cid = CID, .org_path = path, .want = want};
    enum gate_answer answer = GATE_LATER;

    CHECK_OK(gate_ask_register(f->store, &p, &answer));
    return answer;
}

TEST(who_is_behind_a_card)
{
    struct fixture f;

    fixture_open(&f);
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_PERSONAL), GATE_NO);
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_COMPANY), GATE_NO);
    CHECK_OK(enter(&f, "org:platform", GATE_ID_LICENCE, 1));
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_COMPANY), GATE_NO); /* not the operator's card */
    CHECK_INT(ask(&f, "/platform/", GATE_REAL_NAME_COMPANY), GATE_YES);
    CHECK_OK(enter(&f, "org:agent", GATE_ID_LICENCE, 2));
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_COMPANY), GATE_YES);
    CHECK_INT(ask(&f, "/platform/other/", GATE_REAL_NAME_COMPANY), GATE_NO);
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_PERSONAL), GATE_NO);
    CHECK_OK(enter(&f, CARD, GATE_ID_PASSPORT, 3));
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_PERSONAL), GATE_YES);
    CHECK_INT(ask(&f, "/platform/other/", GATE_REAL_NAME_COMPANY), GATE_YES);
    CHECK_OK(real_name_close(f.store, CID, NOW));
    CHECK_INT(ask(&f, PATH, GATE_REAL_NAME_PERSONAL), GATE_NO);
    fixture_close(&f);
}

static void put_rule(struct fixture *f, const char *id, int real_name, const char *scenarios)
{
    struct gate_rule rule = {.real_name = real_name, .org_id = "cust", .created_at = NOW};

    snprintf(rule.id, sizeof rule.id, "%s", id);
    snprintf(rule.scenarios, sizeof rule.scenarios, "%s", scenarios);
    CHECK_OK(gate_rule_put(f->store, &rule));
}

static struct gate_verdict check(struct fixture *f, const char *path, enum number_purpose purpose)
{
    struct pool pool = {.id = "main", .purpose = purpose};
    struct chip chip = {.cid = CID};
    const struct gate_ask a = {.chip = &chip, .org_path = path, .pool = &pool, .now = NOW};
    struct gate_verdict v = {.code = -1};

    CHECK_OK(gate_check(f->store, &a, &v));
    return v;
}

/* Whoever adds a rule can only ask for more. */
TEST(the_strictest_wish_for_a_real_name_counts)
{
    static const struct {
        int org, agent, pool, card;
        enum gate_real_name want;
    } rows[] = {
        {-1, -1, -1, -1, GATE_REAL_NAME_OFF},    {0, 0, 0, 0, GATE_REAL_NAME_OFF},
        {1, -1, -1, -1, GATE_REAL_NAME_COMPANY}, {-1, 1, -1, 0, GATE_REAL_NAME_COMPANY},
        {0, 2, 0, 0, GATE_REAL_NAME_PERSONAL},   {1, -1, 2, 0, GATE_REAL_NAME_PERSONAL},
        {0, -1, 1, 2, GATE_REAL_NAME_PERSONAL},  {-1, -1, -1, 1, GATE_REAL_NAME_COMPANY},
        {-1, -1, 1, -1, GATE_REAL_NAME_COMPANY},
    };
    struct fixture f;

    fixture_open(&f);
    put_rule(&f, "org:other", GATE_REAL_NAME_PERSONAL, "x");
    put_rule(&f, "pool:other", GATE_REAL_NAME_PERSONAL, "x");
    put_rule(&f, "card:other", GATE_REAL_NAME_PERSONAL, "x");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_rule(&f, "org:cust", rows[i].org, "");
        put_rule(&f, "org:agent", rows[i].agent, "");
        put_rule(&f, "pool:main", rows[i].pool, "");
        put_rule(&f, CARD, rows[i].card, "");
        CHECK_INT(check(&f, PATH, NUMBER_FORMAL).want, rows[i].want);
    }
    fixture_close(&f);
}

TEST(numbers_are_for_what_is_declared)
{
    static const struct {
        const char *agent, *cust, *card, *pool;
        enum number_purpose purpose;
        int code;
    } rows[] = {
        {"", "", "", "", NUMBER_FORMAL, CODE_OK},
        {"", "", "", "", NUMBER_TEST, CODE_OK},
        {"", "", "", "meter", NUMBER_FORMAL, CODE_SCENARIO}, /* nothing is declared */
        {"", "meter", "", "meter,gas", NUMBER_FORMAL, CODE_OK},
        {"meter", "", "", "meter,gas", NUMBER_FORMAL, CODE_OK},
        {"", "meter", "", "car", NUMBER_FORMAL, CODE_SCENARIO},
        {"", "meter,car", "", "car", NUMBER_FORMAL, CODE_SCENARIO},
        {"", "meter,car", "car", "car", NUMBER_FORMAL, CODE_OK},
        {"", "meter", "car", "car", NUMBER_FORMAL, CODE_SCENARIO}, /* more than its customer */
        {"meter", "car", "", "car", NUMBER_FORMAL, CODE_SCENARIO}, /* more than its agent */
        {"meter,car", "car", "", "", NUMBER_FORMAL, CODE_OK},
        {"", "", "met", "meter", NUMBER_FORMAL, CODE_SCENARIO}, /* names, not beginnings */
        {"", "test", "", "", NUMBER_TEST, CODE_OK},
        {"", "test", "", "", NUMBER_FORMAL, CODE_SCENARIO},
        {"", "demo", "", "", NUMBER_FORMAL, CODE_SCENARIO},
        {"", "demo", "", "", NUMBER_TEST, CODE_SCENARIO},
        {"", "demo", "", "", NUMBER_DEMO, CODE_OK},
        {"", "meter", "", "", NUMBER_DEMO, CODE_SCENARIO},
        {"", "meter,test", "", "", NUMBER_TEST, CODE_SCENARIO},
    };
    struct fixture f;

    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code;

        put_rule(&f, "org:agent", GATE_NOT_SAID, rows[i].agent);
        put_rule(&f, "org:cust", GATE_NOT_SAID, rows[i].cust);
        put_rule(&f, CARD, GATE_NOT_SAID, rows[i].card);
        put_rule(&f, "pool:main", GATE_NOT_SAID, rows[i].pool);
        code = check(&f, PATH, rows[i].purpose).code;
        if (code != rows[i].code)
            printf("# row %zu\n", i);
        CHECK_INT(code, rows[i].code);
    }
    fixture_close(&f);
}

static void block(struct fixture *f, const char *subject, const char *by, int64_t until)
{
    struct risk_block b = {.reason = "fraud", .until_at = until, .created_at = NOW};

    snprintf(b.subject, sizeof b.subject, "%s", subject);
    snprintf(b.by_org, sizeof b.by_org, "%s", by);
    CHECK_OK(risk_block(f->store, &b));
}

static void check_blocked(struct fixture *f, const char *subject)
{
    struct gate_verdict v;

    block(f, subject, "agent", NOW); /* over */
    CHECK_INT(check(f, PATH, NUMBER_FORMAL).code, CODE_OK);
    block(f, subject, "agent", NOW + 1);
    v = check(f, PATH, NUMBER_FORMAL);
    CHECK_INT(v.code, CODE_RISK);
    CHECK_STR(v.detail, "fraud");
    block(f, subject, "platform", INT64_MAX);
    CHECK_OK(risk_unblock(f->store, subject, "agent"));
    CHECK_INT(risk_unblock(f->store, subject, "agent"), XK_E_NOT_FOUND);
    CHECK_INT(check(f, PATH, NUMBER_FORMAL).code, CODE_RISK); /* the other one's stays */
    CHECK_OK(risk_unblock(f->store, subject, "platform"));
    CHECK_INT(check(f, PATH, NUMBER_FORMAL).code, CODE_OK);
}

TEST(risk_stops_cards_documents_and_organisations)
{
    char hash[GATE_HASH_TEXT];
    struct fixture f;

    fixture_open(&f);
    CHECK_OK(enter(&f, CARD, GATE_ID_ID_CARD, 9));
    hash_of(9, hash);
    check_blocked(&f, CARD);
    check_blocked(&f, hash);
    check_blocked(&f, "org:cust");
    check_blocked(&f, "org:agent");
    check_blocked(&f, "org:platform");
    block(&f, "org:age", "platform", INT64_MAX);
    block(&f, "card:8986000000000000000", "platform", INT64_MAX);
    CHECK_INT(check(&f, PATH, NUMBER_FORMAL).code, CODE_OK);
    block(&f, hash, "platform", INT64_MAX);
    CHECK_OK(real_name_close(f.store, CID, NOW)); /* whoever it was is not behind it any more */
    CHECK_INT(check(&f, PATH, NUMBER_FORMAL).code, CODE_OK);
    fixture_close(&f);
}

static enum xk_err count_rule(void *arg, const struct gate_rule *rule)
{
    (void)rule;
    ++*(int *)arg;
    return XK_OK;
}

static enum xk_err count_block(void *arg, const struct risk_block *b)
{
    (void)b;
    ++*(int *)arg;
    return XK_OK;
}

TEST(lists)
{
    struct gate_rule rule;
    struct fixture f;
    int n = 0;

    fixture_open(&f);
    put_rule(&f, "org:cust", GATE_NOT_SAID, "a");
    put_rule(&f, CARD, GATE_REAL_NAME_COMPANY, "");
    CHECK_OK(gate_rule_list(f.store, "cust", "", 10, count_rule, &n));
    CHECK_INT(n, 2);
    CHECK_OK(gate_rule_give(f.store, CID, "other"));
    CHECK_OK(gate_rule_list(f.store, "cust", "", 10, count_rule, &n));
    CHECK_INT(n, 3);
    CHECK_OK(gate_rule_list(f.store, NULL, CARD, 10, count_rule, &n));
    CHECK_INT(n, 4);
    CHECK_OK(gate_rule_get(f.store, CARD, &rule));
    CHECK_STR(rule.org_id, "other");
    CHECK_OK(gate_rule_remove(f.store, CARD));
    CHECK_INT(gate_rule_remove(f.store, CARD), XK_E_NOT_FOUND);
    n = 0;
    block(&f, "org:cust", "agent", NOW + 1);
    block(&f, "org:cust", "platform", INT64_MAX);
    block(&f, CARD, "agent", NOW);
    CHECK_OK(risk_list(f.store, NULL, "", NOW, 10, count_block, &n));
    CHECK_INT(n, 2);
    CHECK_OK(risk_list(f.store, "agent", "", NOW, 10, count_block, &n));
    CHECK_INT(n, 3);
    CHECK_OK(risk_list(f.store, "agent", "org:cust", NOW, 10, count_block, &n));
    CHECK_INT(n, 3);
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(ten_cards_a_document), XT_CASE(ten_cards_whatever_happens),
           XT_CASE(licences_are_not_counted), XT_CASE(who_is_behind_a_card),
           XT_CASE(the_strictest_wish_for_a_real_name_counts),
           XT_CASE(numbers_are_for_what_is_declared),
           XT_CASE(risk_stops_cards_documents_and_organisations), XT_CASE(lists))
