/* SPDX-License-Identifier: Apache-2.0 */
/* GET /fleet/v1/status, /fleet/v1/check, /fleet/v1/device/CID,
 * /fleet/v1/devices?after=CID&limit=N, /fleet/v1/consumers */
#include <unistd.h>

#include "prog/xieka-fleet/program.h"

#include "api/wire/json.h"

#define ANSWER_MAX ((size_t)4 << 20)
#define LIMIT_DEFAULT 100u
#define LIMIT_MAX 5000u

/* The second number of /proc/self/statm, in pages. */
static int64_t resident_bytes(void)
{
    char line[128] = "";
    FILE *f = fopen("/proc/self/statm", "re");
    const char *second;

    if (!f)
        return 0;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    fclose(f);
    second = strchr(line, ' ');
    return second ? (int64_t)strtoul(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static void put_messages(const struct testnet_stats *n, struct json_out *o)
{
    json_open_object(o, "sms");
    json_put_int(o, "submitted", (int64_t)n->submitted);
    json_put_int(o, "delivered", (int64_t)n->delivered);
    json_put_int(o, "expired", (int64_t)n->expired);
    json_put_int(o, "undeliverable", (int64_t)n->undeliverable);
    json_put_int(o, "retries", (int64_t)n->retries);
    json_put_int(o, "waiting", n->waiting);
    json_put_int(o, "from_devices", (int64_t)n->from_devices);
    json_put_int(o, "lost", (int64_t)n->lost);
    json_put_int(o, "duplicated", (int64_t)n->duplicated);
    json_put_int(o, "late", (int64_t)n->late);
    json_close_object(o);
}

static void put_status(struct program *p, struct json_out *o)
{
    struct testnet_stats n;
    struct fleet_stats f;

    testnet_get_stats(fleet_net(p->fleet), &n);
    fleet_get_stats(p->fleet, &f);
    json_open_object(o, NULL);
    json_put_int(o, "devices", f.devices);
    json_put_int(o, "attached", f.attached);
    json_put_int(o, "on_seed", f.on_seed);
    json_put_int(o, "on_new", f.on_new);
    json_put_int(o, "subscribers", n.subscribers);
    json_put_int(o, "aka_verified", (int64_t)n.verified);
    json_put_int(o, "aka_resyncs", (int64_t)n.resyncs);
    json_put_int(o, "aka_failures", (int64_t)(n.mac_failures + n.wrong_res));
    json_put_int(o, "rejects", (int64_t)n.rejects);
    json_put_int(o, "fallbacks", (int64_t)f.fallbacks);
    json_put_int(o, "refreshes", (int64_t)f.refreshes);
    json_put_int(o, "power_cuts", (int64_t)(f.device_cuts + f.card_cuts));
    json_put_int(o, "events_waiting", events_waiting(p->events));
    json_put_int(o, "undelivered", (int64_t)p->undelivered);
    put_messages(&n, o);
    json_put_int(o, "memory_bytes", (int64_t)f.bytes);
    json_put_int(o, "bytes_per_device", f.devices ? (int64_t)(f.bytes / f.devices) : 0);
    json_put_int(o, "resident_bytes", resident_bytes());
    json_put_int(o, "consumers", f.consumers);
    json_put_int(o, "consumers_settled", f.settled);
    json_put_int(o, "consumers_enabled", f.enabled);
    json_put_int(o, "consumers_failed", f.failed);
    json_put_int(o, "bytes_per_consumer",
                 f.consumers ? (int64_t)(f.consumer_bytes / f.consumers) : 0);
    json_close_object(o);
}

/* A card that lost its power and was not reset yet cannot be told. */
static const char *memory_text(struct usim *card)
{
    enum xk_err err = usim_check(card);

    if (err == XK_E_CLOSED)
        return "cut";
    return err == XK_OK ? "whole" : "mixed";
}

static void put_device(const struct fleet_device *d, struct usim *card, struct json_out *o)
{
    json_open_object(o, NULL);
    json_put_text(o, "cid", d->cid);
    json_put_text(o, "rat", air_rat_name(d->rat));
    json_put_text(o, "iccid", d->iccid);
    json_put_text(o, "imsi", d->imsi);
    json_put_text(o, "seed_imsi", d->seed_imsi);
    json_put_bool(o, "powered", d->powered);
    json_put_bool(o, "attached", d->attached);
    json_put_text(o, "attached_imsi", d->attached_imsi);
    json_put_bool(o, "on_seed", d->on_seed);
    json_put_int(o, "aka_verified", d->attaches);
    json_put_int(o, "aka_verified_number", d->verified);
    json_put_int(o, "refreshes", d->refreshes);
    json_put_int(o, "sms_mt", d->sms_mt);
    json_put_int(o, "sms_mo", d->sms_mo);
    json_put_text(o, "memory", memory_text(card));
    json_close_object(o);
}

static bool put_one(struct program *p, const char *cid, struct json_out *o)
{
    struct fleet_device d;
    uint32_t i;

    if (fleet_find(p->fleet, cid, &i) != XK_OK || fleet_get_device(p->fleet, i, &d) != XK_OK)
        return false;
    put_device(&d, fleet_card(p->fleet, i), o);
    return true;
}

static bool read_range(struct program *p, struct http_request *req, uint32_t *from, uint32_t *n)
{
    const char *after = http_query(req, "after");
    const char *limit = http_query(req, "limit");
    unsigned long v = limit ? strtoul(limit, NULL, 10) : LIMIT_DEFAULT;

    *from = 0;
    if (after && after[0]) {
        if (fleet_find(p->fleet, after, from) != XK_OK)
            return false;
        ++*from;
    }
    *n = v < LIMIT_MAX ? (uint32_t)v : LIMIT_MAX;
    return *n > 0;
}

static bool put_list(struct program *p, struct http_request *req, struct json_out *o)
{
    struct fleet_device d;
    uint32_t from, n;

    if (!read_range(p, req, &from, &n))
        return false;
    json_open_object(o, NULL);
    json_open_array(o, "devices");
    for (uint32_t i = from; i < fleet_devices(p->fleet) && i - from < n; i++) {
        if (fleet_get_device(p->fleet, i, &d) == XK_OK)
            put_device(&d, fleet_card(p->fleet, i), o);
    }
    json_close_array(o);
    json_close_object(o);
    return true;
}

static void put_consumer(const struct fleet_consumer *d, struct json_out *o)
{
    json_open_object(o, NULL);
    json_put_text(o, "eid", d->eid);
    json_put_text(o, "state", fleet_consumer_state_name(d->state));
    json_put_text(o, "fault", d->fault);
    json_put_text(o, "iccid", d->iccid);
    json_put_text(o, "imsi", d->imsi);
    json_put_text(o, "attached_imsi", d->attached_imsi);
    json_put_int(o, "aka_verified", d->verified);
    json_put_int(o, "refreshes", d->refreshes);
    json_put_int(o, "tries", d->tries);
    json_put_int(o, "took_ms", d->took_ms);
    json_close_object(o);
}

static void put_consumers(struct program *p, struct json_out *o)
{
    struct fleet_consumer d;

    json_open_object(o, NULL);
    json_open_array(o, "consumers");
    for (uint32_t k = 0; k < fleet_consumers(p->fleet) && k < LIMIT_MAX; k++) {
        if (fleet_get_consumer(p->fleet, k, &d) == XK_OK)
            put_consumer(&d, o);
    }
    json_close_array(o);
    json_close_object(o);
}

/* Each card looked through: none may be in a mixed state, whatever happened to it. */
static void put_check(struct program *p, struct json_out *o)
{
    struct fleet_device d;
    int64_t mixed = 0;
    int64_t cut = 0;

    json_open_object(o, NULL);
    json_put_int(o, "cards", fleet_devices(p->fleet));
    json_open_array(o, "mixed_cids");
    for (uint32_t i = 0; i < fleet_devices(p->fleet); i++) {
        enum xk_err err = usim_check(fleet_card(p->fleet, i));

        cut += err == XK_E_CLOSED;
        if (err == XK_OK || err == XK_E_CLOSED)
            continue;
        if (mixed++ < (int64_t)LIMIT_DEFAULT && fleet_get_device(p->fleet, i, &d) == XK_OK)
            json_put_text(o, NULL, d.cid);
    }
    json_close_array(o);
    json_put_int(o, "mixed", mixed);
    json_put_int(o, "cut", cut); /* lost its power, not reset yet: cannot be told */
    json_close_object(o);
}

static bool put_answer(struct program *p, struct http_request *req, struct json_out *o)
{
    static const char one[] = "/fleet/v1/device/";

    if (strcmp(req->path, "/fleet/v1/status") == 0) {
        put_status(p, o);
        return true;
    }
    if (strcmp(req->path, "/fleet/v1/check") == 0) {
        put_check(p, o);
        return true;
    }
    if (strcmp(req->path, "/fleet/v1/consumers") == 0) {
        put_consumers(p, o);
        return true;
    }
    if (strcmp(req->path, "/fleet/v1/devices") == 0)
        return put_list(p, req, o);
    return strncmp(req->path, one, sizeof one - 1) == 0 &&
           put_one(p, req->path + sizeof one - 1, o);
}

void status_handle(struct program *p, struct http_request *req)
{
    struct http_reply reply = {.status = 200};
    struct json_out o;
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    json_out_init(&o, &out);
    if (!put_answer(p, req, &o))
        reply.status = 404;
    else if (buf_ok(&out) != XK_OK)
        reply.status = 500;
    if (reply.status == 200)
        reply.body = buf_bytes(&out);
    http_reply(req, &reply);
    buf_fini(&out);
}
