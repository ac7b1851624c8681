/* SPDX-License-Identifier: Apache-2.0 */
/* Packages with metadata over the partner's handlers: what is stored, and what is refused and
 * leaves nothing, on SQLite and PostgreSQL. */
#include "api/partner/stock.h"
#include "api/wire/base64.h"
#include "backend_stories.h"
#include "codec/rsp/metadata.h"
#include "rsp_place.h"
#include "saip_package.h"

#define ICCID "8986012345678901234"
#define REPLY_MAX 8192

struct desk {
    struct place place;
    struct order_ctx order;
    struct partner partner;
    struct buf reply;
    uint8_t mem[REPLY_MAX];
    struct json *doc;
    struct package package;
};

static bool give_place(void *ctx, const struct order_ctx *order, struct download_ctx *out)
{
    struct desk *d = ctx;

    (void)order;
    *out = d->place.c;
    return true;
}

static const char *no_header(const void *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

static void open_desk(struct desk *d, const struct backend *b)
{
    memset(d, 0, sizeof *d);
    place_open(&d->place, b);
    d->order = (struct order_ctx){.store = d->place.store,
                                  .keystore = d->place.c.keystore,
                                  .rand = d->place.c.rand,
                                  .arena = &d->place.arena,
                                  .said = &d->place.said,
                                  .now = d->place.c.now};
    d->partner.o = (struct partner_options){.download = give_place, .ctx = d};
    buf_init_fixed(&d->reply, d->mem, sizeof d->mem);
    package_begin(&d->package, SAIP_SERVICE_BIT(USIM) | SAIP_SERVICE_BIT(MILENAGE));
    package_usual_domain(&d->package, NULL);
    package_end(&d->package);
}

static void close_desk(struct desk *d)
{
    json_doc_free(d->doc);
    place_close(&d->place);
}

/* The code of the answer. */
static int ask(struct desk *d, enum xk_err (*handle)(struct call *c), const char *id,
               const char *query)
{
    struct partner_reply reply = {.body = &d->reply};
    const struct partner_call in = {
        .query = query, .header = no_header, .body = package_bytes(&d->package)};
    struct call c = {.p = &d->partner,
                     .in = &in,
                     .reply = &reply,
                     .order = &d->order,
                     .app = {.id = "op"},
                     .id = id};
    const char *code;
    size_t at;

    json_doc_free(d->doc);
    d->doc = NULL;
    CHECK_OK(handle(&c));
    CHECK_OK(json_doc_parse(buf_bytes(&d->reply), &d->doc, &at));
    code = json_text(json_member(d->doc, "code"));
    return code ? (int)strtol(code, NULL, 10) : -1;
}

static const char *message(const struct desk *d)
{
    return json_text(json_member(d->doc, "message"));
}

static const struct json *metadata(const struct desk *d)
{
    return json_member(json_member(d->doc, "data"), "metadata");
}

/* ---- what is stored -------------------------------------------------------------------------- */

static const uint8_t icon[RSP_ICON_MAX] = {0xFF, 0xD8, 0xFF, 0xE0};

static const char *with_icon(const char *rest)
{
    static char text[4096];
    struct buf b;

    buf_init_fixed(&b, text, sizeof text);
    buf_printf(&b, "%s&icon=", rest);
    base64url_put(&b, BYTES_OF(icon));
    return buf_cstr(&b);
}

static struct rsp_metadata stored(struct desk *d, uint32_t *ppr)
{
    struct rsp_metadata m = {0};
    struct download found = {0};

    CHECK_OK(download_find_by_iccid(&d->place.c, ICCID, DOWNLOAD_WITH_METADATA, &found));
    CHECK_OK(rsp_decode_store_metadata(found.metadata, &m));
    *ppr = found.ppr;
    return m;
}

static void all_of_it(const struct backend *b)
{
    struct desk d;
    struct rsp_metadata m;
    uint32_t ppr;

    open_desk(&d, b);
    CHECK_INT(ask(&d, post_stock, NULL,
                  with_icon("smdp=a.test&name=N&spn=S&ppr=ppr2,pprUpdateControl&"
                            "mccMnc=310260&gid1=aB&gid2=00&notify=b.test,"
                            "install=c.test")),
              CODE_OK);
    m = stored(&d, &ppr);
    CHECK(bytes_eq(m.service_provider_name, BYTES_STR("S")));
    CHECK(bytes_eq(m.profile_name, BYTES_STR("N")));
    CHECK(m.has_icon_type && m.icon_type == RSP_ICON_JPG && bytes_eq(m.icon, BYTES_OF(icon)));
    CHECK_INT(m.profile_class, RSP_CLASS_OPERATIONAL);
    CHECK_INT(m.ppr, RSP_BIT(RSP_PPR_2) | RSP_BIT(RSP_PPR_UPDATE_CONTROL));
    CHECK_INT(ppr, m.ppr);
    CHECK_HEX(m.owner.mcc_mnc, "130062");
    CHECK_HEX(m.owner.gid1, "AB");
    CHECK_HEX(m.owner.gid2, "00");
    REQUIRE(m.notification_configurations.n == 2);
    CHECK_INT(m.notification_configurations.row[0].events, 14);
    CHECK(bytes_eq(m.notification_configurations.row[0].address, BYTES_STR("b.test")));
    CHECK_INT(m.notification_configurations.row[1].events, 1);
    CHECK_INT(ask(&d, get_stock, ICCID, ""), CODE_OK);
    CHECK_STR(json_text(json_member(json_member(metadata(&d), "profileOwner"), "mccMnc")),
              "310260");
    CHECK_INT(json_integer(json_member(json_member(metadata(&d), "icon"), "size"), 0),
              RSP_ICON_MAX);
    close_desk(&d);
}

static void none_of_it(const struct backend *b)
{
    struct desk d;
    struct rsp_metadata m;
    uint32_t ppr;

    open_desk(&d, b);
    CHECK_INT(ask(&d, post_stock, NULL, "smdp=a.test&class=test&icon=&ppr=&notify="), CODE_OK);
    m = stored(&d, &ppr);
    CHECK(bytes_eq(m.service_provider_name, BYTES_STR("op")));
    CHECK(!m.has_icon_type && m.icon.p == NULL && !m.has_ppr && !m.has_owner);
    CHECK_INT(ppr, 0);
    CHECK_INT(m.profile_class, RSP_CLASS_TEST);
    REQUIRE(m.notification_configurations.n == 1);
    CHECK(bytes_eq(m.notification_configurations.row[0].address, BYTES_STR("a.test")));
    CHECK_INT(ask(&d, post_stock, NULL, "smdp=a.test"), CODE_EXISTS);
    close_desk(&d);
}

static void a_template_keeps_it(const struct backend *b)
{
    struct desk d;
    const struct json *t;

    open_desk(&d, b);
    CHECK_INT(ask(&d, post_template, NULL, with_icon("id=t&smdp=a.test&class=test")), CODE_OK);
    CHECK_INT(ask(&d, get_templates, NULL, ""), CODE_OK);
    t = json_member(json_at(json_member(json_member(d.doc, "data"), "templates"), 0), "metadata");
    CHECK_STR(json_text(json_member(t, "class")), "test");
    CHECK_STR(json_text(json_member(json_member(t, "icon"), "type")), "jpg");
    close_desk(&d);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void nothing_of_it(const struct backend *b)
{
    static const struct {
        const char *query;
        int code;
        const char *names;
    } rows[] = {
        {"smdp=a_b", CODE_MISSING, "smdp"},
        {"class=secret", CODE_PARAMETER, "class"},
        {"icon=!", CODE_PARAMETER, "icon"},
        {"icon=R0lGODlh", CODE_BAD_METADATA, "neither"},
        {"ppr=ppr1&mccMnc=46001&class=test", CODE_BAD_METADATA, "ppr"},
        {"ppr=ppr1&mccMnc=46001&class=provisioning", CODE_BAD_METADATA, "ppr"},
        {"ppr=ppr1", CODE_BAD_METADATA, "mccMnc"},
        {"ppr=ppr3&mccMnc=46001", CODE_PARAMETER, "ppr"},
        {"ppr=ppr1,&mccMnc=46001", CODE_PARAMETER, "ppr"},
        {"mccMnc=4600", CODE_PARAMETER, "mccMnc"},
        {"gid1=01", CODE_MISSING, "mccMnc"},
        {"mccMnc=46001&gid2=1", CODE_PARAMETER, "gid2"},
        {"notify=party=b.test", CODE_PARAMETER, "notify"},
        {"notify=delete=b_c", CODE_BAD_METADATA, "b_c"},
        {"notify=a.test,", CODE_BAD_METADATA, "notify"},
    };
    struct download found;
    struct desk d;

    open_desk(&d, b);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char query[256];

        snprintf(query, sizeof query, "%s%s", rows[i].query, i > 0 ? "&smdp=a.test" : "");
        CHECK_INT(ask(&d, post_stock, NULL, query), rows[i].code);
        if (!strstr(message(&d), rows[i].names))
            printf("# %s: %s\n", query, message(&d));
        CHECK(strstr(message(&d), rows[i].names) != NULL);
    }
    CHECK_INT(download_find_by_iccid(&d.place.c, ICCID, DOWNLOAD_WITHOUT_METADATA, &found),
              XK_E_NOT_FOUND);
    close_desk(&d);
}

#define STORIES(S) S(all_of_it) S(none_of_it) S(a_template_keeps_it) S(nothing_of_it)

STORIES(MEMORY_AND_PGSQL)

static const struct xt_case cases[] = {STORIES(MEMORY_AND_PGSQL_CASES)};

int main(void)
{
    int rc = xt_run(cases, ARRAY_LEN(cases));

    place_clean_up();
    return rc;
}
