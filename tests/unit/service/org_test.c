/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kinds and states, whole; paths that begin alike. */
#include "fixture.h"
#include "service/org/org.h"
#include "xt.h"

TEST(who_may_stand_under_whom)
{
    /* rows: above; columns: below, in the order of the kinds */
    static const char *const may[] = {
        ".xxxxxx", /* PLATFORM */
        "..x....", /* CARD_VENDOR */
        ".......", /* CHIP_MAKER */
        "...xxxx", /* AGENT */
        ".....xx", /* MODULE_MAKER */
        "......x", /* TERMINAL_MAKER */
        "......x", /* CUSTOMER */
    };

    for (int above = ORG_PLATFORM; above <= ORG_CUSTOMER; above++) {
        for (int below = ORG_PLATFORM; below <= ORG_CUSTOMER; below++)
            CHECK_INT(org_may_stand_under((enum org_kind)below, (enum org_kind)above),
                      may[above][below] == 'x');
    }
}

TEST(each_move)
{
    static const char *const may[] = {".x.", "x.x", "..."};

    for (int from = ORG_ACTIVE; from <= ORG_CLOSED; from++) {
        for (int to = ORG_ACTIVE; to <= ORG_CLOSED; to++)
            CHECK_INT(org_may_move((enum org_state)from, (enum org_state)to), may[from][to] == 'x');
    }
}

TEST(names)
{
    enum org_kind kind;
    enum org_state state;

    for (int k = ORG_PLATFORM; k <= ORG_CUSTOMER; k++) {
        CHECK_OK(org_kind_parse(org_kind_name((enum org_kind)k), &kind));
        CHECK_INT(kind, k);
        CHECK(org_kind_zh((enum org_kind)k)[0] != '?');
    }
    for (int s = ORG_ACTIVE; s <= ORG_CLOSED; s++) {
        CHECK_OK(org_state_parse(org_state_name((enum org_state)s), &state));
        CHECK_INT(state, s);
        CHECK(org_state_zh((enum org_state)s)[0] != '?');
    }
    CHECK_INT(org_kind_parse("agent", &kind), XK_E_VALUE);
    CHECK_INT(org_state_parse("", &state), XK_E_VALUE);
    CHECK_STR(org_kind_name((enum org_kind)99), "?");
    CHECK_STR(org_state_zh((enum org_state)99), "?");
}

static bool holds(struct store *s, const char *path, const char *id)
{
    bool yes = false;

    CHECK_OK(org_holds(s, path, id, &yes));
    return yes;
}

/* "a" is not above "ab". */
TEST(paths_that_begin_alike)
{
    static const char *const ids[] = {"a", "ab", "a.b", "A"};
    struct fixture f;

    fixture_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct org o = {.parent = ORG_ROOT, .kind = ORG_CUSTOMER};

        snprintf(o.id, sizeof o.id, "%s", ids[i]);
        CHECK_OK(org_create(f.store, &o, 1));
    }
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct org o;

        CHECK_OK(org_get(f.store, ids[i], &o));
        for (size_t k = 0; k < ARRAY_LEN(ids); k++)
            CHECK_INT(holds(f.store, o.path, ids[k]), i == k);
        CHECK(!holds(f.store, o.path, ORG_ROOT));
        CHECK(!holds(f.store, o.path, "none"));
        CHECK(holds(f.store, "/" ORG_ROOT "/", ids[i]));
    }
    CHECK(!holds(f.store, "", "a"));
    CHECK_OK(org_move(f.store, "a", ORG_SUSPENDED, 2));
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct org o;

        CHECK_OK(org_get(f.store, ids[i], &o));
        CHECK_INT(o.blocked, i == 0);
    }
    fixture_close(&f);
}

TESTS_MAIN(XT_CASE(who_may_stand_under_whom), XT_CASE(each_move), XT_CASE(names),
           XT_CASE(paths_that_begin_alike))
