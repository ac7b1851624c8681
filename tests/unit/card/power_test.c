/* SPDX-License-Identifier: Apache-2.0 */
/* The power goes in each page write of each kind of change, with pages torn in many ways: the
 * card is the old one or the new one, never a mixture. */
#include "card/usim/applet.h"
#include "snapshot.h"

#define PREPARE_KEEP (SCRIPT_PREPARE | SCRIPT_KEEP_SEED | SCRIPT_REFRESH_RESET)
#define SEEDS 12
#define SNAPSHOTS 4

struct operation {
    const char *name;
    void (*prepare)(struct bench *b); /* how the card gets to where it begins */
    void (*run)(struct bench *b);
    bool one_step; /* old or new; otherwise also a state in between that stands for itself */
};

static void nothing(struct bench *b)
{
    (void)b;
}

static void run_prepare(struct bench *b)
{
    bench_run(b, 1, PREPARE_KEEP);
}

static void run_commit(struct bench *b)
{
    bench_run(b, 1, SCRIPT_COMMIT);
}

static void run_single_shot(struct bench *b)
{
    bench_run(b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
}

static void prepared(struct bench *b)
{
    run_prepare(b);
    bench_serve(b, ALL);
}

static void switched(struct bench *b)
{
    run_single_shot(b);
    bench_serve(b, ALL);
    bench_start(b);
}

static void written_once(struct bench *b)
{
    switched(b);
    bench_attach(b);
}

static void run_second(struct bench *b)
{
    bench_run(b, 2, PREPARE_KEEP | SCRIPT_COMMIT);
}

static void run_restore(struct bench *b)
{
    bench_run(b, 3, SCRIPT_RESTORE_SEED);
}

static void run_fallback(struct bench *b)
{
    bench_timer_ends(b, 1, 1800);
}

static void run_attach(struct bench *b)
{
    rig_send(&b->r, "00A4040C07A0000000871002");
    rig_send(&b->r, "00D69E0012 0BF664F0000123456789ABCD 64F0001234 00");
}

static void erasing(struct bench *b)
{
    bench_run(b, 1, SCRIPT_PREPARE | SCRIPT_COMMIT | SCRIPT_ERASE_SEED | SCRIPT_REFRESH_RESET);
    bench_serve(b, ALL);
    bench_start(b);
}

static void run_update(struct bench *b)
{
    rig_send(&b->r, "00A4040C07A0000000871002");
    rig_send(&b->r,
             "00D6890021 01 00112233445566778899AABBCCDDEEFF FFEEDDCCBBAA99887766554433221100");
}

static void run_update_record(struct bench *b)
{
    rig_send(&b->r, "00A4080C047F106F40");
    rig_send(&b->r, "00DC02041C 0102030405060708090A0B0C0D0E 0F101112131415161718191A1B1C");
}

static void run_update_imsi(struct bench *b)
{
    rig_send(&b->r, "0020000A08 3838383838383838");
    rig_send(&b->r, "00A4040C07A0000000871002");
    rig_send(&b->r, "00D6870009 084906802143658701");
}

static void run_authenticate(struct bench *b)
{
    static const uint8_t amf[2] = {0x80, 0}, sqn[6] = {0, 0, 0, 0, 0, 0x21}, rand[16] = {7};
    struct aka_subscriber s = rig_personalisation().seed;
    char apdu[128], x[HEX_LEN(16)], y[HEX_LEN(16)];
    struct aka_vector v;

    if (aka_make_vector(&s, rand, sqn, amf, &v) != XK_OK)
        abort();
    snprintf(apdu, sizeof apdu, "008800812210%s10%s", hex_encode(BYTES_OF(rand), x),
             hex_encode(BYTES_OF(v.autn), y));
    rig_send(&b->r, "00A4040C07A0000000871002");
    rig_send(&b->r, apdu);
}

static void run_verify(struct bench *b)
{
    rig_send(&b->r, "0020008108 35363738FFFFFFFF");
}

static void run_verify_wrong(struct bench *b)
{
    rig_send(&b->r, "0020008108 35363739FFFFFFFF");
}

static void run_change(struct bench *b)
{
    rig_send(&b->r, "0024008110 35363738FFFFFFFF 31313131FFFFFFFF");
}

static void run_unblock(struct bench *b)
{
    rig_send(&b->r, "002C008110 3837363534333231 31313131FFFFFFFF");
}

static const struct operation operations[] = {
    {"PREPARE", nothing, run_prepare, true},
    {"COMMIT", prepared, run_commit, true},
    {"single shot", nothing, run_single_shot, true},
    {"second write", written_once, run_second, true},
    {"RESTORE", written_once, run_restore, true},
    {"fall-back", switched, run_fallback, true},
    {"attach", switched, run_attach, true},
    {"attach and erase the seed", erasing, run_attach, true},
    {"UPDATE BINARY", nothing, run_update, true},
    {"UPDATE RECORD", nothing, run_update_record, true},
    {"UPDATE of IMSI", nothing, run_update_imsi, false}, /* VERIFY before it */
    {"AUTHENTICATE", nothing, run_authenticate, true},
    {"VERIFY PIN", nothing, run_verify, false},
    {"VERIFY PIN, wrong", nothing, run_verify_wrong, true},
    {"CHANGE PIN", nothing, run_change, false},
    {"UNBLOCK PIN", nothing, run_unblock, false},
};

/* A bench around a card that is there already. */
static void open_bench(struct bench *b, const struct nvm_memory *from)
{
    *b = (struct bench){.r = {.memory = nvm_memory_copy(from), .prng = {42}}};
    b->r.rand = xk_rand_prng(&b->r.prng);
    b->r.port = nvm_memory_port(b->r.memory);
    buf_init_fixed(&b->r.out, b->r.mem, sizeof b->r.mem);
    bench_keys(b);
    b->counter = 1000;
    if (usim_open(&b->r.port, &b->r.rand, &b->r.card) != XK_OK)
        abort();
    bench_start(b);
}

static uint64_t writes_of(struct bench *b)
{
    return bench_state(b).wear.writes;
}

/* What the steps of an operation may leave: tries of a PIN that were taken and not given back. */
static void forget_tries(struct snapshot *s)
{
    for (unsigned i = 0; i < IMAGE_PINS; i++) {
        struct image_pin *pin =
            (struct image_pin *)(s->all + IMAGE_AT(pin) + i * sizeof(struct image_pin));

        pin->tries[0] = pin->puk_tries[0] = 0;
    }
}

static void cut_once(const struct operation *o, const struct nvm_memory *from, uint32_t n,
                     uint64_t seed, const struct snapshot *old, const struct snapshot *new)
{
    struct snapshot now;
    struct bench b;

    open_bench(&b, from);
    nvm_memory_cut_at(b.r.memory, n, seed);
    o->run(&b);
    CHECK_INT(b.r.err, XK_E_CLOSED);
    CHECK(!rig_send(&b.r, "80F2000C")); /* silent until the reset */
    rig_reset(&b.r);
    CHECK_OK(usim_check(b.r.card));
    snapshot_take(&b.r.port, &now);
    if (!o->one_step)
        forget_tries(&now);
    if (!snapshot_same(&now, old) && !snapshot_same(&now, new))
        xt_check_int(__FILE__, __LINE__, o->name, n, -1);
    rig_fini(&b.r);
}

static void cut_everywhere(const struct operation *o)
{
    struct snapshot old, new;
    struct bench start, whole;
    uint32_t writes;

    bench_init(&start);
    o->prepare(&start);
    open_bench(&whole, start.r.memory);
    snapshot_take(&whole.r.port, &old);
    writes = (uint32_t)writes_of(&whole);
    o->run(&whole);
    CHECK_INT(whole.r.err, XK_OK);
    writes = (uint32_t)writes_of(&whole) - writes;
    snapshot_take(&whole.r.port, &new);
    if (!o->one_step) {
        forget_tries(&old);
        forget_tries(&new);
    }
    printf("# %s: %u page writes\n", o->name, writes);
    CHECK(writes > 0);
    for (uint32_t n = 1; n <= writes; n++)
        for (uint64_t seed = 0; seed < SEEDS; seed++)
            cut_once(o, start.r.memory, n, seed, &old, &new);
    rig_fini(&whole.r);
    rig_fini(&start.r);
}

TEST(power_cut_at_every_write)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        cut_everywhere(&operations[i]);
}

/* A write that is cut anywhere is brought to its end by sending it again. */
TEST(a_cut_write_can_be_repeated)
{
    struct bench start;

    bench_init(&start);
    for (uint32_t n = 1; n < 30; n++) {
        struct bench b;

        open_bench(&b, start.r.memory);
        nvm_memory_cut_at(b.r.memory, n, n);
        bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
        nvm_memory_cut_at(b.r.memory, 0, 0);
        rig_reset(&b.r);
        bench_start(&b);
        b.r.err = XK_OK;
        bench_run(&b, 1, PREPARE_KEEP | SCRIPT_COMMIT);
        bench_serve(&b, ALL);
        CHECK_INT(b.report.result, SCRIPT_COMMITTED);
        rig_reset(&b.r);
        bench_start(&b);
        bench_attach(&b);
        CHECK_INT(b.report.result, SCRIPT_OK);
        CHECK_OK(usim_check(b.r.card));
        rig_fini(&b.r);
    }
    rig_fini(&start.r);
}

TEST(cut_while_it_is_made)
{
    struct usim_personalisation p = rig_personalisation();
    struct xk_prng prng = {1};
    struct xk_rand rand = xk_rand_prng(&prng);

    for (uint32_t n = 1; n < 40; n++) {
        struct nvm_memory *m = nvm_memory_new();
        struct nvm_port port = nvm_memory_port(m);
        struct usim *card = NULL;

        nvm_memory_cut_at(m, n, n);
        if (usim_manufacture(&port, &p, &rand, &card) != XK_OK) {
            CHECK_INT(usim_open(&port, &rand, &card), XK_E_FORMAT);
            CHECK_OK(usim_manufacture(&port, &p, &rand, &card));
        }
        CHECK_OK(usim_check(card));
        usim_free(card);
        nvm_memory_free(m);
    }
}

/* The endurance is used up: 6581, nothing changes, reading and authentication answers go on. */
TEST(worn_out_card)
{
    struct snapshot before, after;
    struct bench b;
    char apdu[64];
    int good = 0;

    bench_init(&b);
    nvm_set_endurance(b.r.card->nvm, 60);
    rig_send(&b.r, "00A4040C07A0000000871002");
    for (; good < 100000; good++) {
        snprintf(apdu, sizeof apdu, "00D69D000C %04X%04X%04X%04X%04X%04X", good, good, good, good,
                 good, good);
        rig_send(&b.r, "0020000A08 3838383838383838");
        if (b.r.sw != 0x9000)
            break;
        rig_send(&b.r, apdu);
        if (b.r.sw != 0x9000)
            break;
    }
    CHECK_INT(b.r.sw, 0x6581);
    CHECK(good > 60 * 10);
    CHECK_INT(bench_state(&b).wear.left, 0);
    snapshot_take(&b.r.port, &before);
    bench_run(&b, 1, PREPARE_KEEP);
    CHECK_INT(b.r.sw, 0x6581);
    CHECK(!bench_state(&b).prepared);
    rig_send(&b.r, "00D68B000B 1122334464F0000001FF00");
    CHECK_INT(b.r.sw, 0x6581);
    snapshot_take(&b.r.port, &after);
    CHECK(snapshot_same(&before, &after));
    CHECK_APDU(&b.r, "00B0870009", "084906802143658709", "9000");
    CHECK_OK(usim_check(b.r.card));
    bench_fini(&b);
}

TEST(wear_is_told_and_survives)
{
    struct usim_state before, after;
    struct usim *again;
    struct bench b;

    bench_init(&b);
    written_once(&b);
    before = bench_state(&b);
    CHECK_INT(before.wear.endurance, 100000);
    CHECK_INT(before.wear.left, 100000 - before.wear.worst);
    CHECK_INT(b.report.wear_left, before.wear.left);
    usim_free(b.r.card);
    b.r.card = NULL;
    CHECK_OK(usim_open(&b.r.port, &b.r.rand, &again));
    b.r.card = again;
    after = bench_state(&b);
    CHECK_INT(after.wear.writes, before.wear.writes);
    CHECK_INT(after.wear.worst, before.wear.worst);
    bench_fini(&b);
}

TEST(mixtures_are_found)
{
    static const uint8_t other[16] = {1, 2, 3};
    uint8_t active = USIM_BANK_B;
    struct bench b;

    bench_init(&b);
    written_once(&b);
    CHECK_OK(usim_check(b.r.card));
    CHECK_OK(card_put(b.r.card, IMAGE_BANK_AT(USIM_BANK_A, k), other, sizeof other));
    CHECK_OK(nvm_commit(b.r.card->nvm));
    CHECK_INT(usim_check(b.r.card), XK_E_STATE);
    bench_fini(&b);
    bench_init(&b);
    CHECK_OK(card_put(b.r.card, IMAGE_AT(state.active), &active, 1));
    CHECK_OK(nvm_commit(b.r.card->nvm));
    CHECK_INT(usim_check(b.r.card), XK_E_STATE);
    bench_fini(&b);
}

TEST(memory_of_an_idle_card)
{
    size_t made, used, engine;
    struct bench b;

    bench_init(&b);
    made = nvm_memory_bytes(b.r.memory);
    written_once(&b);
    for (int i = 0; i < 200; i++)
        run_update(&b);
    engine = usim_bytes(b.r.card);
    used = nvm_memory_bytes(b.r.memory);
    printf("# bytes of an idle card: engine %zu, memory when made %zu, after a write and 200 "
           "updates %zu\n",
           engine, made, used);
    CHECK(engine + used < (size_t)12 * 1024);
    bench_fini(&b);
}

TESTS_MAIN(XT_CASE(power_cut_at_every_write), XT_CASE(a_cut_write_can_be_repeated),
           XT_CASE(cut_while_it_is_made), XT_CASE(worn_out_card),
           XT_CASE(wear_is_told_and_survives), XT_CASE(mixtures_are_found),
           XT_CASE(memory_of_an_idle_card))
