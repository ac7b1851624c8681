/* SPDX-License-Identifier: Apache-2.0 */
/* ES6.UpdateMetadata (SGP.22 5.4.1): the operator changes the metadata of the enabled profile by a
 * secured packet to its security domain, and nothing else of anybody's. */
#include "codec/remote/remote.h"
#include "euicc_bench.h"
#include "ota_packet.h"
#include "xt.h"

#define ICCID "8986012345678901234"
#define SERVICES (SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE))
#define TAR_DOMAIN "B20100"
#define TOOLKIT "010001000002011603" TAR_DOMAIN "00"

struct world {
    struct bench b;
    struct package p;
    struct ota_packet o;
};

static void make_package(struct package *p)
{
    package_start(p);
    package_header(p, SERVICES);
    package_mf(p);
    package_puks(p);
    package_pins_of_mf(p);
    package_usim(p);
    package_pin2(p);
    package_milenage(p);
    package_usual_domain(p, TOOLKIT);
    package_end(p);
}

static void world_open(struct world *w, uint64_t ppr)
{
    bench_init(&w->b, EC_P256);
    bench_open(&w->b);
    make_package(&w->p);
    bench_use_iccid(&w->b, ICCID);
    w->b.dp.upp = package_bytes(&w->p);
    w->b.dp.metadata.ppr = ppr;
    w->b.dp.metadata.has_ppr = ppr != 0;
    if (bench_install(&w->b) != BENCH_INSTALLED || bench_enable(&w->b, ICCID, NO_REFRESH) != 0)
        abort();
    bench_open(&w->b);
    ota_start(&w->o, TAR_DOMAIN);
}

static void world_close(struct world *w)
{
    bench_fini(&w->b);
}

/* UpdateMetadataRequest with these members */
static void put_request(struct buf *out, const char *members)
{
    uint8_t value[120];
    size_t n;

    if (hex_decode(bytes_cstr(members), value, sizeof value, &n) != XK_OK)
        abort();
    der_put(out, 0xBF2A, BYTES(value, n));
}

/* In STORE DATA commands of so many bytes */
static void put_blocks(struct buf *out, struct bytes request, size_t block)
{
    for (size_t at = 0, i = 0; at < request.n; at += block, i++) {
        struct bytes part = bytes_part(request, at, block);
        bool last = at + part.n == request.n;

        buf_put_u16(out, 0x80E2);
        buf_put_u8(out, last ? 0x88 : 0x08);
        buf_put_u8(out, (uint8_t)i);
        buf_put_u8(out, (uint8_t)part.n);
        buf_put_bytes(out, part);
    }
}

/* The status of the report, -1 without one */
static int deliver(struct world *w)
{
    uint8_t get[] = {0x00, INS_GET_RESPONSE, 0x00, 0x00, 0x00};

    bench_apdu(&w->b, BYTES(w->o.apdu, w->o.apdu_n));
    if (w->b.sw >> 8 != 0x61)
        return -1;
    buf_reset(&w->b.answer);
    get[4] = (uint8_t)w->b.sw;
    bench_apdu(&w->b, BYTES_OF(get));
    return ota_open(&w->o, buf_bytes(&w->b.answer), OTA_SPI2) ? w->o.por.status : -1;
}

/* The status word of the last one, 0 without an answer */
static uint16_t update_in(struct world *w, const char *members, size_t block)
{
    uint8_t mem[128], wire[140];
    struct buf request, script;
    struct remote_result r;

    buf_init_fixed(&request, mem, sizeof mem);
    buf_init_fixed(&script, wire, sizeof wire);
    put_request(&request, members);
    put_blocks(&script, buf_bytes(&request), block);
    if (buf_ok(&script) != XK_OK)
        abort();
    ota_seal(&w->o, buf_bytes(&script));
    if (deliver(w) != SCP80_POR_OK || remote_read_answer(w->o.por.data, &r) != XK_OK)
        return 0;
    return r.sw;
}

static uint16_t update(struct world *w, const char *members)
{
    return update_in(w, members, 255);
}

static bool listed(struct world *w, const char *part)
{
    char text[1024];
    struct bytes list = bench_es10_hex(&w->b, "BF2D095C075A9F7091929399");

    if (2 * list.n >= sizeof text)
        abort();
    for (size_t i = 0; i < list.n; i++)
        snprintf(text + 2 * i, 3, "%02X", list.p[i]);
    return strstr(text, part) != NULL;
}

#define NEW_PROVIDER "91084E65772053504E31" /* "New SPN1" */
#define NEW_NAME "92074E65774E616D65"       /* "NewName" */
#define NEW_ICON "9301019402AABB"

TEST(names_and_icon)
{
    struct world w;

    world_open(&w, 0);
    CHECK_INT(update(&w, NEW_PROVIDER), 0x9000);
    CHECK(listed(&w, NEW_PROVIDER));
    CHECK_INT(update(&w, NEW_NAME NEW_ICON), 0x9000);
    CHECK(listed(&w, NEW_PROVIDER));
    CHECK(listed(&w, NEW_NAME));
    CHECK(listed(&w, "930101"));
    world_close(&w);
}

TEST(in_several_blocks)
{
    struct world w;

    world_open(&w, 0);
    CHECK_INT(update_in(&w, NEW_PROVIDER NEW_NAME, 8), 0x9000);
    CHECK(listed(&w, NEW_PROVIDER));
    CHECK(listed(&w, NEW_NAME));
    world_close(&w);
}

/* What is not part of UpdateMetadataRequest, the ICCID before all */
TEST(other_members_are_refused)
{
    static const char *const bad[] = {"5A0A989406214365870921F3",
                                      NEW_PROVIDER "5A0A989406214365870921F3", "9101"};
    struct world w;

    world_open(&w, 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_INT(update(&w, bad[i]), 0x6A80);
    CHECK(!listed(&w, NEW_PROVIDER));
    CHECK(listed(&w, "5A0A986810325476981032F4"));
    world_close(&w);
}

/* Rules go by pprUpdateControl only, and none comes (bits 0, 1, 2: 99 02 unused bits). */
TEST(rules_are_unset)
{
    struct world w;

    world_open(&w, RSP_BIT(RSP_PPR_UPDATE_CONTROL) | RSP_BIT(RSP_PPR_2));
    CHECK(listed(&w, "990205A0"));
    CHECK_INT(update(&w, "990206C0"), 0x6985); /* ppr1 was not set */
    CHECK_INT(update(&w, "99020780"), 0x9000);
    CHECK(listed(&w, "99020780"));
    CHECK_INT(update(&w, "990100"), 0x9000);
    CHECK_INT(update(&w, "99020520"), 0x6985);
    CHECK_INT(bench_disable(&w.b, ICCID, NO_REFRESH), 0);
    CHECK_INT(bench_delete(&w.b, ICCID), 0);
    world_close(&w);
}

TEST(rules_without_control)
{
    struct world w;

    world_open(&w, RSP_BIT(RSP_PPR_2));
    CHECK_INT(update(&w, "990100"), 0x6985);
    CHECK_INT(bench_disable(&w.b, ICCID, NO_REFRESH), 0);
    CHECK(bench_delete(&w.b, ICCID) != 0);
    world_close(&w);
}

/* Kept over the loss of power, as its counter is */
TEST(is_kept)
{
    struct world w;

    world_open(&w, 0);
    CHECK_INT(update(&w, NEW_NAME), 0x9000);
    bench_open(&w.b);
    CHECK(listed(&w, NEW_NAME));
    CHECK_INT(deliver(&w), SCP80_CNTR_LOW);
    world_close(&w);
}

/* A profile that is not enabled hears nothing. */
TEST(not_enabled)
{
    struct world w;

    world_open(&w, 0);
    CHECK_INT(bench_disable(&w.b, ICCID, NO_REFRESH), 0);
    CHECK_INT(update(&w, NEW_NAME), 0);
    CHECK(!listed(&w, NEW_NAME));
    world_close(&w);
}

#define ES6 "SGP.23 4.2.2 ES6.UpdateMetadata: "
TESTS_MAIN(XT_NAMED(ES6 "names and icon", names_and_icon),
           XT_NAMED(ES6 "in several blocks", in_several_blocks),
           XT_NAMED(ES6 "other members are refused", other_members_are_refused),
           XT_NAMED(ES6 "rules are unset", rules_are_unset),
           XT_NAMED(ES6 "rules stay without pprUpdateControl", rules_without_control),
           XT_NAMED(ES6 "is kept over the loss of power", is_kept),
           XT_NAMED(ES6 "a profile that is not enabled", not_enabled))
