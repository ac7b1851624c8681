/* SPDX-License-Identifier: Apache-2.0 */
/* What customers and operators ask of the platform. */
#include "platform.h"

#include "server/ota/ota.h"
#include "service/chip/chip.h"
#include "service/number/number.h"

struct wish {
    struct order_wish w;
    struct task *t;
    int code;
};

static enum xk_err do_apply(struct platform *p, struct order_ctx *c, void *arg)
{
    struct wish *w = arg;
    bool repeat;

    (void)p;
    return order_apply(c, &w->w, w->t, &w->code, &repeat);
}

static void cid_of(const struct platform *p, uint32_t i, char cid[USIM_CID_DIGITS + 1])
{
    struct fleet_device d;

    MUST(fleet_get_device(p->fleet, i, &d));
    memcpy(cid, d.cid, sizeof d.cid);
}

int platform_apply(struct platform *p, const char *order_no, uint32_t i, enum task_mode mode,
                   enum task_channel channel, struct task *t)
{
    char cid[USIM_CID_DIGITS + 1];
    struct wish w = {.w = {.app_id = PLATFORM_APP,
                           .org_id = ORG_ROOT,
                           .order_no = order_no,
                           .batch_id = "",
                           .cid = cid,
                           .pool_id = PLATFORM_POOL,
                           .target_msisdn = "",
                           .callback_url = "",
                           .mode = mode,
                           .channel = channel},
                     .t = t};

    cid_of(p, i, cid);
    MUST(platform_decide(p, do_apply, &w));
    platform_take_inputs(p);
    platform_look(p);
    return w.code;
}

static enum xk_err do_retry(struct platform *p, struct order_ctx *c, void *arg)
{
    struct wish *w = arg;

    (void)p;
    return order_retry(c, w->t->id, &w->code);
}

int platform_retry(struct platform *p, const struct task *t)
{
    struct task copy = *t;
    struct wish w = {.t = &copy};

    MUST(platform_decide(p, do_retry, &w));
    platform_take_inputs(p);
    return w.code;
}

struct relay {
    const struct task *t;
    struct buf *packet;
    struct bytes answer;
    int code;
};

static enum xk_err do_relay_script(struct platform *p, struct order_ctx *c, void *arg)
{
    struct relay *r = arg;

    (void)p;
    return order_relay_script(c, r->t->id, r->packet, &r->code);
}

int platform_relay_script(struct platform *p, const struct task *t, struct buf *packet)
{
    struct relay r = {.t = t, .packet = packet};

    MUST(platform_decide(p, do_relay_script, &r));
    return r.code;
}

static enum xk_err do_relay_report(struct platform *p, struct order_ctx *c, void *arg)
{
    struct relay *r = arg;
    struct order_report report;
    struct chip_keys keys;
    struct chip chip;
    enum xk_err err;

    (void)p;
    TRY(chip_get(c->store, r->t->cid, &chip));
    TRY(chip_get_keys(c->store, c->keystore, chip.cid, &keys));
    err = otaw_open(&chip, &keys, SMS_IEI_RESPONSE_PACKET, r->answer, c->arena, &report);
    explicit_bzero(&keys, sizeof keys);
    TRY(err);
    return order_on_report(c, &chip, &report);
}

enum xk_err platform_relay_report(struct platform *p, const struct task *t, struct bytes packet)
{
    struct relay r = {.t = t, .answer = packet};
    enum xk_err err = platform_decide(p, do_relay_report, &r);

    platform_take_inputs(p);
    platform_look(p);
    return err;
}

void platform_task(struct platform *p, const char *order_no, struct task *t)
{
    MUST(task_load_by_order(p->store, PLATFORM_APP, order_no, t));
}

void platform_build(struct platform *p, uint32_t i, uint8_t flags, const struct task *t,
                    uint64_t counter, struct buf *packet)
{
    char cid[USIM_CID_DIGITS + 1];
    struct chip_keys chip_keys;
    struct number_keys number_keys;
    struct number number;
    struct chip chip;
    struct ota_script s = {.chip = &chip,
                           .chip_keys = &chip_keys,
                           .flags = flags,
                           .number = &number,
                           .number_keys = &number_keys,
                           .counter = counter};

    cid_of(p, i, cid);
    memcpy(s.task_id, t->id, sizeof s.task_id);
    MUST(chip_get(p->store, cid, &chip));
    MUST(chip_get_keys(p->store, p->ks, cid, &chip_keys));
    MUST(number_get_by_imsi(p->store, t->imsi, &number));
    MUST(number_get_keys(p->store, p->ks, t->imsi, &number_keys));
    MUST(ota_build(&s, packet));
}

void platform_send(struct platform *p, const char *msisdn, struct bytes packet)
{
    uint8_t payload[OTA_PACKET_MAX + 1] = {SMS_IEI_COMMAND_PACKET};
    struct outbox_item item = {.address = msisdn, .payload = BYTES(payload, packet.n + 1)};
    uint64_t id;

    memcpy(payload + 1, packet.p, packet.n);
    MUST(platform_say_parts(p, &item, &id));
}

struct walk {
    void (*fn)(void *arg, const struct task *t);
    void *arg;
    struct task *page;
    size_t n;
};

#define PAGE 256

static enum xk_err keep(void *arg, const struct task *t)
{
    struct walk *w = arg;

    w->page[w->n++] = *t;
    return XK_OK;
}

/* A page at a time, so that fn may use the store. */
void platform_tasks(struct platform *p, void (*fn)(void *arg, const struct task *t), void *arg)
{
    struct task_filter f = {.limit = PAGE};
    struct walk w = {.page = calloc(PAGE, sizeof *w.page)};

    do {
        w.n = 0;
        MUST(task_list(p->store, &f, keep, &w));
        for (size_t i = 0; i < w.n; i++)
            fn(arg, &w.page[i]);
        if (w.n > 0)
            memcpy(f.after, w.page[w.n - 1].id, sizeof f.after);
    } while (w.n == PAGE);
    free(w.page);
}

uint64_t platform_numbers(struct platform *p, enum number_state state)
{
    struct pool_counts c;

    MUST(pool_counts(p->store, PLATFORM_POOL, POOL_ALONE, &c));
    switch (state) {
    case NUMBER_FREE:
        return c.free;
    case NUMBER_RESERVED:
        return c.reserved;
    case NUMBER_ASSIGNED:
        return c.assigned;
    case NUMBER_WRITTEN:
        return c.written;
    case NUMBER_IN_USE:
        return c.in_use;
    case NUMBER_FROZEN:
        return c.frozen;
    case NUMBER_BAD:
        return c.bad;
    }
    return 0;
}
