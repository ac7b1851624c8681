/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/map.h"
#include "base/timerq.h"
#include "base/tlv.h"
#include "xt.h"

#include <unistd.h>

TEST(cur_reads_and_sticks)
{
    struct cur c = cur_of(BYTES_OF(((uint8_t[]){1, 2, 3, 4, 5, 6, 7})));

    CHECK_INT(cur_u8(&c), 1);
    CHECK_INT(cur_u16(&c), 0x0203);
    CHECK_INT(cur_u24(&c), 0x040506);
    CHECK_OK(cur_ok(&c));
    CHECK_INT(cur_end(&c), XK_E_FORMAT);
    CHECK_INT(cur_u16(&c), 0);
    CHECK_INT(cur_u8(&c), 0);
    CHECK_INT(cur_ok(&c), XK_E_FORMAT);
}

TEST(buf_stops_at_its_limit)
{
    struct buf b;

    buf_init(&b, 100);
    buf_put_fill(&b, 0xAA, 99);
    CHECK_OK(buf_ok(&b));
    buf_put_u16(&b, 1);
    CHECK_INT(buf_ok(&b), XK_E_LIMIT);
    CHECK_INT(b.n, 99);
    buf_put_u8(&b, 1);
    CHECK_INT(b.n, 99);
    buf_fini(&b);
}

TEST(tlv_writes_what_it_reads)
{
    uint8_t mem[600];
    uint8_t big[300] = {0};
    struct buf b;
    struct cur c;
    struct tlv t;
    struct bytes v;
    size_t outer;

    buf_init_fixed(&b, mem, sizeof mem);
    outer = tlv_begin(&b, 0x7F21);
    tlv_put_u8(&b, 0x81, 5);
    tlv_put(&b, 0x9F70, BYTES_OF(big));
    tlv_end(&b, outer);
    CHECK_OK(buf_ok(&b));
    CHECK_HEX(bytes_part(buf_bytes(&b), 0, 13), "7F21 820134 810105 9F70 82012C");
    c = cur_of(buf_bytes(&b));
    CHECK_OK(tlv_next(&c, &t));
    CHECK_INT(t.tag, 0x7F21);
    CHECK_OK(cur_end(&c));
    CHECK_OK(tlv_find(t.value, 0x9F70, &v));
    CHECK_INT(v.n, 300);
    CHECK_INT(tlv_find(t.value, 0x82, &v), XK_E_NOT_FOUND);
}

TEST(tlv_refuses_broken_input)
{
    static const char *const bad[] = {"81", "8102AA",   "8180",        "8185 0000000001AA",
                                      "9F", "9FFFFF7F", "8184FFFFFFFF"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t mem[32];
        char text[64] = "";
        size_t n = 0;
        struct cur c;
        struct tlv t;

        for (const char *p = bad[i]; *p; p++) {
            if (*p != ' ')
                text[n++] = *p;
        }
        REQUIRE(hex_decode(BYTES(text, n), mem, sizeof mem, &n) == XK_OK);
        c = cur_of(BYTES(mem, n));
        CHECK_INT(tlv_next(&c, &t), XK_E_FORMAT);
    }
}

TEST(hex_refuses_odd_and_foreign)
{
    uint8_t out[4];
    size_t n = 99;

    CHECK_INT(hex_decode(BYTES_STR("ABC"), out, sizeof out, &n), XK_E_FORMAT);
    CHECK_INT(hex_decode(BYTES_STR("AG"), out, sizeof out, &n), XK_E_FORMAT);
    CHECK_INT(hex_decode(BYTES_STR("0011223344"), out, sizeof out, &n), XK_E_LIMIT);
    CHECK_INT(n, 99);
    CHECK_OK(hex_decode(BYTES_STR("a1B2"), out, sizeof out, &n));
    CHECK_HEX(BYTES(out, n), "A1B2");
}

TEST(arena_limits_and_fails_on_purpose)
{
    struct arena a;

    arena_init(&a, 10000);
    CHECK(arena_alloc(&a, 9000) != NULL);
    CHECK(arena_alloc(&a, 2000) == NULL);
    CHECK_STR(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
    a.fail_at = 2;
    CHECK(arena_alloc(&a, 1) != NULL);
    CHECK(arena_alloc(&a, 1) == NULL);
    arena_reset(&a);
    CHECK_INT(a.used, 0);
    arena_fini(&a);
}

TEST(map_keeps_all_through_growth_and_deletion)
{
    struct map m;
    uintptr_t v = 0;

    map_init(&m, 5000, 42);
    for (uint32_t i = 0; i < 5000; i++)
        CHECK_OK(map_put(&m, BYTES(&i, sizeof i), i));
    CHECK_INT(map_put(&m, BYTES_STR("one more"), 0), XK_E_LIMIT);
    for (uint32_t i = 0; i < 5000; i += 2)
        CHECK(map_del(&m, BYTES(&i, sizeof i)));
    for (uint32_t i = 0; i < 5000; i++) {
        CHECK(map_get(&m, BYTES(&i, sizeof i), &v) == (i % 2 == 1));
        if (i % 2 == 1)
            CHECK_INT(v, i);
    }
    CHECK_INT(m.n, 2500);
    map_fini(&m);
}

TEST(timerq_orders_by_time_then_arrival)
{
    struct timerq q;
    struct timerq_entry e;
    struct xk_prng r = {7};
    int64_t last = -1;
    uint64_t last_seq = 0;

    timerq_init(&q, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        CHECK_OK(timerq_add(&q, xk_prng_below(&r, 50), i, 0));
    CHECK_INT(timerq_add(&q, 0, 0, 0), XK_E_LIMIT);
    CHECK(!timerq_pop_due(&q, -1, &e));
    while (timerq_pop_due(&q, 100, &e)) {
        CHECK(e.at > last || (e.at == last && e.seq > last_seq));
        last = e.at;
        last_seq = e.seq;
    }
    CHECK_INT(q.n, 0);
    timerq_fini(&q);
}

TEST(time_text_both_ways)
{
    char text[XK_TIME_TEXT_MAX];
    int64_t ms;

    CHECK_STR(xk_time_format(1767323045678, text), "2026-01-02T03:04:05.678Z");
    CHECK_OK(xk_time_parse("2026-01-02T03:04:05.678Z", &ms));
    CHECK_INT(ms, 1767323045678);
    CHECK_INT(xk_time_parse("2026-01-02", &ms), XK_E_FORMAT);
}

TEST(conf_overrides_and_complains)
{
    static const struct conf_option options[] = {
        {.name = "port", .type = CONF_INT, .fallback = "8443", .min = 1, .max = 65535, .help = "h"},
        {.name = "host", .type = CONF_STRING, .fallback = "127.0.0.1", .help = "h"},
        {.name = "on", .type = CONF_BOOL, .fallback = "true", .help = "h"},
    };
    struct buf why;
    struct conf *c = NULL;

    buf_init(&why, 1000);
    REQUIRE(conf_open(options, ARRAY_LEN(options), NULL, &why, &c) == XK_OK);
    CHECK_INT(conf_int(c, "port"), 8443);
    CHECK_STR(conf_string(c, "host"), "127.0.0.1");
    CHECK(conf_bool(c, "on"));
    CHECK_OK(conf_set(c, "port=99", &why));
    CHECK_INT(conf_int(c, "port"), 99);
    CHECK_INT(conf_set(c, "port=0", &why), XK_E_VALUE);
    CHECK_STR(buf_cstr(&why), "port: '0' is not a number between 1 and 65535");
    CHECK_INT(conf_set(c, "nonsense", &why), XK_E_VALUE);
    conf_close(c);
    buf_fini(&why);
}

static enum xk_err read_conf(const struct conf_option *options, size_t n, const char *text,
                             struct buf *why, struct conf **out)
{
    char path[] = "/tmp/xieka-conf-XXXXXX";
    int fd = mkstemp(path);
    enum xk_err err;

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    buf_reset(why);
    err = conf_open(options, n, path, why, out);
    unlink(path);
    return err;
}

TEST(conf_sections)
{
    static const struct conf_option members[] = {
        {.name = "port", .type = CONF_INT, .fallback = "443", .min = 1, .max = 65535, .help = "h"},
        {.name = "cert", .type = CONF_STRING, .fallback = "", .help = "c"},
    };
    static const struct conf_option options[] = {
        {.name = "port", .type = CONF_INT, .fallback = "1", .min = 1, .max = 9, .help = "h"},
        {.name = "smdpp",
         .type = CONF_SECTION,
         .fallback = "dp.example",
         .help = "an address",
         .members = members,
         .member_count = ARRAY_LEN(members)},
    };
    const size_t n = ARRAY_LEN(options);
    struct conf *c = NULL;
    struct buf why;

    buf_init(&why, 1000);
    REQUIRE(read_conf(options, n,
                      "port = 9\nsmdpp \"a.example\" { port = 8443 }\n"
                      "smdpp \"b.example\" { cert = \"b.pem\" }\n",
                      &why, &c) == XK_OK);
    CHECK_INT(conf_int(c, "port"), 9);
    CHECK_INT(conf_section_count(c, "smdpp"), 2);
    CHECK_STR(conf_title(conf_section(c, "smdpp", 0)), "a.example");
    CHECK_INT(conf_int(conf_section(c, "smdpp", 0), "port"), 8443);
    CHECK_STR(conf_string(conf_section(c, "smdpp", 0), "cert"), "");
    CHECK_STR(conf_title(conf_section(c, "smdpp", 1)), "b.example");
    CHECK_INT(conf_int(conf_section(c, "smdpp", 1), "port"), 443);
    CHECK_STR(conf_string(conf_section(c, "smdpp", 1), "cert"), "b.pem");
    CHECK(conf_section(c, "smdpp", 2) == NULL);
    CHECK_INT(conf_set(c, "smdpp=x", &why), XK_E_VALUE);
    conf_close(c);

    CHECK_INT(read_conf(options, n, "\nsmdpp \"a\" {\n port = 0 }", &why, &c), XK_E_FORMAT);
    CHECK(strstr(buf_cstr(&why), ":3: port: 0 is not between 1 and 65535") != NULL);
    CHECK_INT(read_conf(options, n, "smdpp \"a\" { hort = 0 }", &why, &c), XK_E_FORMAT);
    CHECK_INT(read_conf(options, n, "smdpp \"a\" { }\nsmdpp \"a\" { }", &why, &c), XK_E_FORMAT);

    buf_reset(&why);
    conf_sample(options, n, &why);
    CHECK_STR(buf_cstr(&why), "# h\n#port = 1\n\n# an address\n#smdpp \"dp.example\" {\n"
                              "    # h\n#    port = 443\n\n    # c\n#    cert = \"\"\n\n#}\n\n");
    buf_fini(&why);
}

TESTS_MAIN(XT_CASE(cur_reads_and_sticks), XT_CASE(buf_stops_at_its_limit),
           XT_CASE(tlv_writes_what_it_reads), XT_CASE(tlv_refuses_broken_input),
           XT_CASE(hex_refuses_odd_and_foreign), XT_CASE(arena_limits_and_fails_on_purpose),
           XT_CASE(map_keeps_all_through_growth_and_deletion),
           XT_CASE(timerq_orders_by_time_then_arrival), XT_CASE(time_text_both_ways),
           XT_CASE(conf_overrides_and_complains), XT_CASE(conf_sections))
