/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles out of a template and the numbers of a pool: on SQLite and PostgreSQL, with and without
 * a home network, and what becomes of a number on the way. */
#include "service/profile/offer.h"

#include "api/partner/stock.h"
#include "backend_stories.h"
#include "codec/rsp/iccid.h"
#include "codec/rsp/metadata.h"
#include "codec/saip/personalise.h"
#include "model/code.h"
#include "rsp_place.h"
#include "saip_package.h"

#define NUMBERS 5
#define FIRST_IMSI "001010000000001"
#define FIRST_MSISDN "1440000000001"
#define FIRST_ICCID "8986040000000009001"
#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE))

static const uint8_t icon[RSP_ICON_MAX] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static void make_template(struct package *p)
{
    package_begin(p, SERVICES);
    package_template(p, 0xB4, 5, 0);
    package_file(p, 0xA7, NULL, NULL); /* EF.MSISDN */
    package_close(p);
    package_usual_domain(p, NULL);
    package_end(p);
}

static void put_template(struct place *p, const char *id, struct bytes upp)
{
    struct stock_template t = {.owner = "op", .profile_type = "m2m", .smdp_address = SMDP};
    static const uint8_t owner[] = {0x00, 0xF1, 0x10};
    uint8_t mem[STOCK_METADATA_MAX], iccid[ICCID_LEN] = {0x98};
    struct rsp_metadata m = {.service_provider_name = BYTES_STR("xieka"),
                             .profile_name = BYTES_STR("m2m"),
                             .has_icon_type = true,
                             .icon_type = RSP_ICON_PNG,
                             .icon = BYTES_OF(icon),
                             .has_owner = true,
                             .owner = {.mcc_mnc = BYTES_OF(owner)},
                             .has_ppr = true,
                             .ppr = RSP_BIT(RSP_PPR_2)};
    struct buf metadata;

    snprintf(t.id, sizeof t.id, "%s", id);
    m.iccid = BYTES_OF(iccid);
    buf_init_fixed(&metadata, mem, sizeof mem);
    CHECK_OK(rsp_encode_store_metadata(&m, &metadata));
    t.metadata = buf_bytes(&metadata);
    CHECK_OK(stock_protection.protect(upp, p->c.rand, &p->arena, &t.package));
    CHECK_OK(stock_put_template(&p->c, &t));
}

static void open_with_numbers(struct place *p, const struct backend *b)
{
    struct pool pool = {.id = "main", .purpose = NUMBER_FORMAL};
    struct number_range range = {.pool_id = "main",
                                 .count = NUMBERS,
                                 .first_imsi = FIRST_IMSI,
                                 .first_msisdn = FIRST_MSISDN,
                                 .first_iccid = FIRST_ICCID,
                                 .smsc = "8613800100500"};
    static struct package package;

    place_open(p, b);
    CHECK_OK(pool_create(p->store, &pool));
    CHECK_OK(number_generate(p->store, p->c.keystore, p->c.rand, &range, 1));
    make_template(&package);
    put_template(p, "t", package_bytes(&package));
}

static int prepare(struct place *p, struct prepare_request r, struct prepared *out)
{
    struct prepare_refusal why;

    if (!r.template_id)
        r.template_id = "t";
    if (!r.pool_id)
        r.pool_id = "main";
    CHECK_OK(prepare_stock(&p->c, &stock_protection, &r, out, &why));
    return why.code;
}

static enum number_state state_of(struct place *p, const char *imsi)
{
    struct number n = {0};

    CHECK_OK(number_get_by_imsi(p->store, imsi, &n));
    return n.state;
}

static struct download profile_of(struct place *p, const char *iccid)
{
    struct download d = {0};

    CHECK_OK(download_find_by_iccid(&p->c, iccid, DOWNLOAD_WITH_METADATA, &d));
    return d;
}

/* What the stock holds for an ICCID, as the card will get it. */
static struct bytes package_of(struct place *p, const char *iccid)
{
    struct stock_package package = {0};
    struct bytes upp = BYTES_NONE;

    CHECK_OK(stock_load(&p->c, iccid, &package));
    CHECK_OK(stock_protection.unprotect(&package, &p->arena, &upp));
    return upp;
}

static struct saip_number codes_of(struct place *p, struct bytes upp)
{
    struct saip_plan *plan = NULL;
    struct saip_number codes = {0};

    CHECK_OK(saip_plan_new(upp, &plan));
    CHECK_OK(saip_plan_codes(plan, &p->arena, &codes));
    saip_plan_free(plan);
    return codes;
}

static struct saip_aka aka_of(struct bytes upp)
{
    struct cur c = cur_of(upp);
    struct saip_aka aka = {0};
    struct saip_pe pe;

    while (c.n > 0) {
        CHECK_OK(saip_next(&c, &pe));
        if (pe.type == SAIP_AKA)
            CHECK_OK(saip_decode_aka(&pe, &aka));
    }
    return aka;
}

static void check_profile(struct place *p, const struct prepared *made)
{
    struct download d = profile_of(p, made->iccid);
    struct bytes upp = package_of(p, made->iccid);
    struct number_keys keys = {0};
    struct saip_aka aka = aka_of(upp);
    struct download described = {0};
    struct rsp_metadata m = {0};
    char iccid[ICCID_TEXT_MAX] = "";

    CHECK_OK(number_get_keys(p->store, p->c.keystore, made->imsi, &keys));
    CHECK(bytes_eq(aka.key, secret_bytes(&keys.k)));
    CHECK(bytes_eq(aka.opc, secret_bytes(&keys.opc)));
    CHECK_OK(stock_describe(upp, &p->arena, &described));
    CHECK_STR(described.iccid, made->iccid);
    CHECK_OK(rsp_decode_store_metadata(d.metadata, &m));
    CHECK_OK(iccid_to_text(m.iccid, iccid));
    CHECK_STR(iccid, made->iccid);
    CHECK(m.has_icon_type && m.icon_type == RSP_ICON_PNG && bytes_eq(m.icon, BYTES_OF(icon)));
    CHECK_HEX(m.owner.mcc_mnc, "00F110");
    CHECK_STR(d.owner, "op");
    CHECK_STR(d.profile_type, "m2m");
    CHECK_STR(d.smdp_address, SMDP);
    CHECK_INT(d.ppr, RSP_BIT(RSP_PPR_2));
    CHECK(d.random_keys && d.needs.nvm_bytes > 0 && d.needs.uicc_capability != 0);
}

static void each_gets_a_number(const struct backend *b)
{
    struct prepared made[3];
    struct saip_number one, two;
    struct place p;

    open_with_numbers(&p, b);
    CHECK_INT(prepare(&p, (struct prepare_request){.count = 3}, made), CODE_OK);
    CHECK_STR(made[0].imsi, FIRST_IMSI);
    CHECK_STR(made[0].msisdn, FIRST_MSISDN);
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        check_profile(&p, &made[i]);
        CHECK_INT(profile_of(&p, made[i].iccid).state, DOWNLOAD_AVAILABLE);
        CHECK_INT(state_of(&p, made[i].imsi), NUMBER_ASSIGNED);
    }
    CHECK(p.said.first == NULL);

    /* what only the subscriber knows is his own, and not the template's */
    one = codes_of(&p, package_of(&p, made[0].iccid));
    two = codes_of(&p, package_of(&p, made[1].iccid));
    CHECK(strlen(one.puk1) == 8 && strlen(two.puk1) == 8 && strcmp(one.puk1, two.puk1) != 0);
    CHECK(strcmp(one.puk1, "12345678") != 0);
    CHECK_STR(one.pin1, "1234"); /* PINs stay: the user changes them */
    CHECK(one.adm[0].n == 8 && memcmp(one.adm[0].bytes, two.adm[0].bytes, 8) != 0);
    CHECK(one.n_keys > 0 && one.n_keys == two.n_keys);
    for (size_t i = 0; i < one.n_keys; i++)
        CHECK(one.keys[i].key.n >= 16 &&
              memcmp(one.keys[i].key.bytes, two.keys[i].key.bytes, one.keys[i].key.n) != 0);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void the_home_network_opens_it_first(const struct backend *b)
{
    struct prepared made[2];
    struct place p;

    open_with_numbers(&p, b);
    CHECK_INT(prepare(&p, (struct prepare_request){.count = 2, .opens = true}, made), CODE_OK);
    CHECK(p.said.first && p.said.first->kind == OUTBOX_OPEN);
    CHECK_STR(p.said.first->address, made[0].imsi);
    CHECK_STR(p.said.last->address, made[1].imsi);
    CHECK_INT(profile_of(&p, made[0].iccid).state, DOWNLOAD_UNAVAILABLE);
    CHECK_INT(state_of(&p, made[0].imsi), NUMBER_RESERVED);

    CHECK_OK(prepare_on_opened(&p.c, made[0].imsi, NULL));
    CHECK_INT(profile_of(&p, made[0].iccid).state, DOWNLOAD_AVAILABLE);
    CHECK_INT(state_of(&p, made[0].imsi), NUMBER_ASSIGNED);
    CHECK_OK(prepare_on_opened(&p.c, made[0].imsi, NULL)); /* said twice */
    CHECK_OK(prepare_on_opened(&p.c, made[0].imsi, "13004"));
    CHECK_INT(state_of(&p, made[0].imsi), NUMBER_ASSIGNED);

    CHECK_OK(prepare_on_opened(&p.c, made[1].imsi, "13004"));
    CHECK_INT(profile_of(&p, made[1].iccid).state, DOWNLOAD_UNAVAILABLE);
    CHECK_INT(state_of(&p, made[1].imsi), NUMBER_BAD);
    CHECK_OK(prepare_on_opened(&p.c, made[1].imsi, NULL));
    CHECK_INT(state_of(&p, made[1].imsi), NUMBER_BAD);
    CHECK_OK(prepare_on_opened(&p.c, "001019999999999", NULL)); /* not ours */
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void the_number_goes_with_its_profile(const struct backend *b)
{
    struct prepared made[2];
    struct place p;

    open_with_numbers(&p, b);
    CHECK_INT(prepare(&p, (struct prepare_request){.count = 2}, made), CODE_OK);
    CHECK_OK(prepare_on_event(&p.c, made[0].iccid, DOWNLOAD_BY_BIND));
    CHECK_INT(state_of(&p, made[0].imsi), NUMBER_ASSIGNED);
    CHECK_OK(prepare_on_event(&p.c, made[0].iccid, DOWNLOAD_BY_INSTALL));
    CHECK_INT(state_of(&p, made[0].imsi), NUMBER_WRITTEN);
    for (int again = 0; again < 2; again++) {
        CHECK_OK(prepare_on_event(&p.c, made[0].iccid, DOWNLOAD_BY_ENABLE));
        CHECK_INT(state_of(&p, made[0].imsi), NUMBER_IN_USE);
    }
    CHECK_OK(prepare_on_event(&p.c, made[0].iccid, DOWNLOAD_BY_INSTALL));
    CHECK_OK(prepare_on_event(&p.c, made[0].iccid, DOWNLOAD_BY_DELETE));
    CHECK_INT(state_of(&p, made[0].imsi), NUMBER_IN_USE);

    /* the eUICC told of the enabling first */
    CHECK_OK(prepare_on_event(&p.c, made[1].iccid, DOWNLOAD_BY_ENABLE));
    CHECK_INT(state_of(&p, made[1].imsi), NUMBER_IN_USE);
    CHECK_OK(prepare_on_event(&p.c, ICCID_A, DOWNLOAD_BY_ENABLE)); /* came as a package */
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* The domestic write has its own order: a number that it holds is not touched. */
static void numbers_of_cards_are_left_alone(const struct backend *b)
{
    static const uint8_t task[8] = {7};
    struct number n;
    struct place p;

    open_with_numbers(&p, b);
    CHECK_OK(number_reserve(p.store, "main", NULL, "89860123456789012301", task, 1, &n));
    CHECK_OK(prepare_on_opened(&p.c, n.imsi, NULL));
    CHECK_INT(state_of(&p, n.imsi), NUMBER_RESERVED);
    CHECK_OK(number_move(p.store, n.imsi, NUMBER_RESERVED, NUMBER_ASSIGNED, 1));
    CHECK_OK(prepare_on_event(&p.c, n.iccid, DOWNLOAD_BY_INSTALL));
    CHECK_INT(state_of(&p, n.imsi), NUMBER_ASSIGNED);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* ---- offers: the profile of a write task ---- */

struct told {
    size_t n;
    enum download_cause last;
};

static enum xk_err tell_task(void *ctx, struct download_ctx *c, const struct download *d,
                             const struct download_event *event)
{
    struct told *told = ctx;

    (void)c;
    CHECK(d->for_task);
    told->n++;
    told->last = event->cause;
    return XK_OK;
}

/* A number that a task holds for an eUICC, and its profile. */
static int offer(struct place *p, const char *template_id, struct number *n,
                 char code[RSP_ACTIVATION_CODE_TEXT])
{
    static const uint8_t task[8] = {7};
    struct offer_request r = {.eid = EID_A, .template_id = template_id, .address = "other.example"};
    struct prepare_refusal why;

    if (n->imsi[0] == '\0')
        CHECK_OK(number_reserve(p->store, "main", NULL, EID_A, task, 1, n));
    r.imsi = n->imsi;
    CHECK_OK(offer_make(&p->c, &stock_protection, &r, code, &why));
    return why.code;
}

static void an_offer_is_made_released_and_heard_of(const struct backend *b)
{
    char code[RSP_ACTIVATION_CODE_TEXT], want[2 * RSP_ACTIVATION_CODE_TEXT];
    struct told told = {0};
    struct download_ports ports = {.ctx = &told, .tell_task = tell_task};
    struct prepared made = {0};
    struct number n = {0};
    struct download d;
    struct place p;

    open_with_numbers(&p, b);
    p.c.ports = &ports;
    CHECK_INT(offer(&p, "t", &n, code), CODE_OK);
    memcpy(made.iccid, n.iccid, sizeof made.iccid);
    memcpy(made.imsi, n.imsi, sizeof made.imsi);
    d = profile_of(&p, n.iccid);
    CHECK_INT(d.state, DOWNLOAD_CONFIRMED);
    CHECK_STR(d.eid, EID_A);
    CHECK(d.eid_ordered && d.for_task);
    snprintf(want, sizeof want, "LPA:1$" SMDP "$%s", d.matching_id);
    CHECK_STR(code, want); /* the template's address, not the other */
    check_profile(&p, &made);
    CHECK_INT(state_of(&p, n.imsi), NUMBER_RESERVED); /* the task's, not ours */
    CHECK_OK(offer_release(&p.c, n.iccid));
    CHECK_INT(profile_of(&p, n.iccid).state, DOWNLOAD_RELEASED);
    CHECK_INT(offer_release(&p.c, n.iccid), XK_E_STATE);
    CHECK_INT(told.last, DOWNLOAD_BY_RELEASE);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* Before it was released it is as if it had not been made; later it is never to be used again, and
 * the task is not told of what it did itself. */
static void an_offer_is_withdrawn(const struct backend *b)
{
    char code[RSP_ACTIVATION_CODE_TEXT];
    struct told told = {0};
    struct download_ports ports = {.ctx = &told, .tell_task = tell_task};
    struct number n = {0};
    struct download d;
    struct place p;
    size_t heard;

    open_with_numbers(&p, b);
    p.c.ports = &ports;
    CHECK_INT(offer(&p, "t", &n, code), CODE_OK);
    CHECK_OK(offer_withdraw(&p.c, n.iccid));
    CHECK_INT(download_find_by_iccid(&p.c, n.iccid, DOWNLOAD_WITHOUT_METADATA, &d), XK_E_NOT_FOUND);
    CHECK_INT(offer(&p, "t", &n, code), CODE_OK); /* the same number once more */
    CHECK_OK(offer_release(&p.c, n.iccid));
    heard = told.n;
    CHECK_OK(offer_withdraw(&p.c, n.iccid));
    d = profile_of(&p, n.iccid);
    CHECK_INT(d.state, DOWNLOAD_UNAVAILABLE);
    CHECK(!d.for_task);
    CHECK_INT(told.n, heard);
    CHECK_INT(offer(&p, "t", &n, code), CODE_EXISTS);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

/* What is on an eUICC stays there; only nobody waits for it any more. */
static void an_installed_profile_is_not_withdrawn(const struct backend *b)
{
    static const enum download_cause way[] = {DOWNLOAD_BY_BIND, DOWNLOAD_BY_INSTALL};
    char code[RSP_ACTIVATION_CODE_TEXT];
    struct told told = {0};
    struct download_ports ports = {.ctx = &told, .tell_task = tell_task};
    struct number n = {0};
    struct download d;
    struct place p;

    open_with_numbers(&p, b);
    p.c.ports = &ports;
    CHECK_INT(offer(&p, "t", &n, code), CODE_OK);
    CHECK_OK(offer_release(&p.c, n.iccid));
    for (size_t i = 0; i < ARRAY_LEN(way); i++) {
        CHECK_OK(download_find_by_iccid(&p.c, n.iccid, DOWNLOAD_WITHOUT_METADATA, &d));
        CHECK_OK(download_step(&p.c, &d, &(struct download_event){.cause = way[i]}));
        CHECK_INT(told.last, way[i]);
    }
    CHECK_OK(offer_withdraw(&p.c, n.iccid));
    d = profile_of(&p, n.iccid);
    CHECK_INT(d.state, DOWNLOAD_INSTALLED);
    CHECK(!d.for_task);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void what_is_not_offered(const struct backend *b)
{
    char code[RSP_ACTIVATION_CODE_TEXT];
    struct number n = {0};
    struct place p;

    open_with_numbers(&p, b);
    CHECK_INT(offer(&p, "none", &n, code), CODE_NO_SUCH_TEMPLATE);
    CHECK_INT(state_of(&p, n.imsi), NUMBER_RESERVED);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void add_number(struct place *p, const char *msisdn, const char *imsi, const char *iccid,
                       uint8_t algorithm, size_t key_len, bool has_cr)
{
    struct number n = {.algorithm = algorithm, .state = NUMBER_FREE};
    struct number_keys keys = {.has_cr = has_cr};

    snprintf(n.imsi, sizeof n.imsi, "%s", imsi);
    snprintf(n.msisdn, sizeof n.msisdn, "%s", msisdn);
    snprintf(n.iccid, sizeof n.iccid, "%s", iccid);
    snprintf(n.pool_id, sizeof n.pool_id, "main");
    keys.k.n = 16;
    keys.opc.n = (uint8_t)key_len;
    memset(keys.k.bytes, 0x5A, keys.k.n);
    memset(keys.opc.bytes, 0xA5, keys.opc.n);
    CHECK_OK(number_add(p->store, p->c.keystore, &n, &keys, 1));
}

/* Every refusal leaves, once rolled back, what there was. */
static void what_is_refused(const struct backend *b)
{
    static const struct {
        struct prepare_request r;
        int code;
    } refusals[] = {
        {{.template_id = "other", .count = 1}, CODE_NO_SUCH_TEMPLATE},
        {{.pool_id = "nowhere", .count = 1}, CODE_POOL_EMPTY},
        {{.count = NUMBERS + 1, .pool_id = "main"}, CODE_TEMPLATE_MISFIT}, /* no ICCID: below */
        {{.msisdn = "1449999999999", .count = 1}, CODE_NUMBER_ELSEWHERE},
        {{.msisdn = "1440000000101", .count = 1}, CODE_TEMPLATE_MISFIT}, /* no ICCID */
        {{.msisdn = "1440000000102", .count = 1}, CODE_TEMPLATE_MISFIT}, /* TUAK */
        {{.msisdn = "1440000000103", .count = 1}, CODE_TEMPLATE_MISFIT}, /* own constants */
    };
    struct pool_counts before = {0}, after = {0};
    struct prepared made[NUMBERS + 1];
    struct place p;

    open_with_numbers(&p, b);
    add_number(&p, "1440000000101", "001010000000101", "", 1, 16, false);
    add_number(&p, "1440000000102", "001010000000102", "89860400000000091022", 2, 32, false);
    add_number(&p, "1440000000103", "001010000000103", "89860400000000091030", 1, 16, true);
    CHECK_OK(pool_counts(p.store, "main", POOL_ALONE, &before));
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        CHECK_OK(store_savepoint(p.store));
        CHECK_INT(prepare(&p, refusals[i].r, made), refusals[i].code);
        CHECK_OK(store_rollback_to(p.store));
    }
    CHECK_OK(pool_counts(p.store, "main", POOL_ALONE, &after));
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK_INT(prepare(&p, (struct prepare_request){.msisdn = FIRST_MSISDN, .count = 1}, made),
              CODE_OK);
    CHECK_STR(made[0].msisdn, FIRST_MSISDN);
    CHECK_INT(prepare(&p, (struct prepare_request){.msisdn = FIRST_MSISDN, .count = 1}, made),
              CODE_NUMBER_TAKEN);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void a_count_that_is_none(const struct backend *b)
{
    static const struct prepare_request wrong[] = {
        {.count = 0}, {.count = PREPARE_MAX + 1}, {.count = 2, .msisdn = FIRST_MSISDN}};
    struct prepared made[1];
    struct prepare_refusal why;
    struct place p;

    open_with_numbers(&p, b);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct prepare_request r = wrong[i];

        r.template_id = "t";
        r.pool_id = "main";
        CHECK_INT(prepare_stock(&p.c, &stock_protection, &r, made, &why), XK_E_VALUE);
    }
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static void an_iccid_that_is_in_stock(const struct backend *b)
{
    struct prepared made[1];
    struct place p;

    open_with_numbers(&p, b);
    add_number(&p, "1430000000001", "001000000000001", "89494499999999900236", 1, 16, false);
    place_add_profile(&p, "89494499999999900236", "gold");
    CHECK_OK(store_savepoint(p.store));
    CHECK_INT(prepare(&p, (struct prepare_request){.count = 1}, made), CODE_EXISTS);
    CHECK_OK(store_rollback_to(p.store));
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

static enum xk_err collect(void *arg, const struct stock_template *t)
{
    buf_printf(arg, "%s %s %s %s %zu|", t->id, t->profile_type, t->owner, t->smdp_address,
               t->metadata.n > 0 ? t->package.segments.n : 99);
    return XK_OK;
}

static void templates_are_listed_and_replaced(const struct backend *b)
{
    static struct package other;
    struct stock_template t = {0};
    struct bytes upp = BYTES_NONE;
    char text[256];
    struct place p;
    struct buf out;

    open_with_numbers(&p, b);
    package_plain(&other);
    put_template(&p, "s", package_bytes(&other));
    put_template(&p, "t", package_bytes(&other));
    buf_init_fixed(&out, text, sizeof text);
    CHECK_OK(stock_each_template(&p.c, collect, &out));
    CHECK_STR(buf_cstr(&out), "s m2m op smdp.example 0|t m2m op smdp.example 0|");
    CHECK_OK(stock_load_template(&p.c, "t", &t));
    CHECK_OK(stock_protection.unprotect(&t.package, &p.arena, &upp));
    CHECK(bytes_eq(upp, package_bytes(&other)));
    CHECK_INT(stock_load_template(&p.c, "none", &t), XK_E_NOT_FOUND);
    CHECK_OK(store_commit(p.store));
    place_close(&p);
}

TEST(what_a_template_must_have)
{
    static struct package p;
    const char *missing;
    uint32_t places;

    make_template(&p);
    CHECK_OK(prepare_check_template(package_bytes(&p), &places, &missing));
    CHECK(places >> SAIP_AT_KEYS & 1);
    package_start(&p); /* no akaParameter */
    package_header(&p, SERVICES);
    package_mf(&p);
    package_usim(&p);
    package_end(&p);
    CHECK_INT(prepare_check_template(package_bytes(&p), &places, &missing), XK_E_VALUE);
    CHECK_STR(missing, "k");
    CHECK_INT(prepare_check_template(BYTES_STR("\xA0\x02zz"), &places, &missing), XK_E_FORMAT);
    CHECK(missing == NULL);
}

#define STORIES(S)                                                                                 \
    S(each_gets_a_number)                                                                          \
    S(the_home_network_opens_it_first)                                                             \
    S(the_number_goes_with_its_profile)                                                            \
    S(numbers_of_cards_are_left_alone)                                                             \
    S(an_offer_is_made_released_and_heard_of)                                                      \
    S(an_offer_is_withdrawn)                                                                       \
    S(an_installed_profile_is_not_withdrawn)                                                       \
    S(what_is_not_offered)                                                                         \
    S(what_is_refused)                                                                             \
    S(a_count_that_is_none)                                                                        \
    S(an_iccid_that_is_in_stock)                                                                   \
    S(templates_are_listed_and_replaced)

STORIES(MEMORY_AND_PGSQL)

static const struct xt_case cases[] = {XT_CASE(what_a_template_must_have),
                                       STORIES(MEMORY_AND_PGSQL_CASES)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    place_clean_up();
    return rc;
}
