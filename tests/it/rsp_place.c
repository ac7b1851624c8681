/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp_place.h"

#include "crypto/random.h"
#include "service/download/operator.h"
#include "xt.h"

static struct keystore *keystore;

static enum xk_err encode_telling(void *ctx, const struct download_telling *t, struct buf *url,
                                  struct buf *body)
{
    (void)ctx;
    buf_printf(url, "%s/point", t->base_url);
    buf_printf(body, "%s %d %s", t->download->iccid, (int)t->event->point,
               t->event->verdict.subject);
    return XK_OK;
}

static enum xk_err encode_event(void *ctx, enum download_smds_op op, const struct download *d,
                                const char *call_id, struct buf *url, struct buf *body)
{
    (void)ctx;
    CHECK(strlen(call_id) == 16);
    buf_printf(url, "https://%s/%s", d->smds_address,
               op == DOWNLOAD_REGISTER_EVENT ? "register" : "delete");
    buf_printf(body, "%s %s", d->eid, d->matching_id);
    return XK_OK;
}

static const struct download_ports ports = {.encode_telling = encode_telling,
                                            .encode_event = encode_event};

static void set_up(struct place *p, struct store *s)
{
    memset(p, 0, sizeof *p);
    p->store = s;
    download_policy_default(&p->policy);
    p->policy.order_ms = 10 * PLACE_DAY;
    outbox_ids_init(&p->ids, 1000);
    arena_init(&p->arena, 1 << 20);
    p->said.arena = &p->arena;
    p->c = (struct download_ctx){.store = s,
                                 .keystore = keystore,
                                 .policy = &p->policy,
                                 .ports = &ports,
                                 .rand = random_openssl(),
                                 .ids = &p->ids,
                                 .arena = &p->arena,
                                 .said = &p->said,
                                 .now = 1000};
}

void place_add_profile(struct place *p, const char *iccid, const char *type)
{
    static const struct store_query q = {
        "test_package", "INSERT INTO profile_package (iccid, metadata, package_id, segments, ppk, "
                        "created_at) VALUES ($1, $2, $3, $4, $5, 0)"};
    struct download d = {.random_keys = true, .needs = {.uicc_capability = 1ull << 40}};

    snprintf(d.iccid, sizeof d.iccid, "%s", iccid);
    snprintf(d.profile_type, sizeof d.profile_type, "%s", type);
    snprintf(d.owner, sizeof d.owner, "op");
    snprintf(d.smdp_address, sizeof d.smdp_address, "SMDP.example");
    CHECK_OK(download_add(&p->c, &d));
    CHECK_OK(
        store_exec(p->store, &q,
                   SVS(sv_text(iccid), sv_bytes(BYTES_STR("\xBF\x25")), sv_bytes(BYTES_STR("id")),
                       sv_bytes(BYTES_STR("seg")), sv_bytes(BYTES_STR("ppk"))),
                   NULL));
}

void place_open(struct place *p, const struct backend *b)
{
    static const uint8_t key[32] = {1};
    const struct operator_account o = {.id = "op",
                                       .name = "Operator",
                                       .callback_url = "https://op",
                                       .callbacks = OPERATOR_HEARS_POINTS};
    struct store *s = b->fresh();

    if (!keystore && keystore_of_key(BYTES_OF(key), random_openssl(), &keystore) != XK_OK)
        abort();
    if (!s || store_migrate(s) != XK_OK || store_begin(s) != XK_OK)
        abort();
    set_up(p, s);
    CHECK_OK(operator_put(s, &o, 1));
    place_add_profile(p, ICCID_A, "gold");
    place_add_profile(p, ICCID_B, "gold");
    place_add_profile(p, ICCID_C, "silver");
}

void place_close(struct place *p)
{
    store_close(p->store);
    arena_fini(&p->arena);
}

void place_clean_up(void)
{
    keystore_close(keystore);
    keystore = NULL;
    backend_clean_up();
}
