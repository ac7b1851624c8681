/* SPDX-License-Identifier: Apache-2.0 */
/* xieka-fleet: a test network with many devices. See xieka-fleet(1). */
#include <signal.h>

#include "prog/xieka-fleet/program.h"

#define EXIT_OK 0
#define EXIT_TROUBLE 1
#define BODY_MAX ((size_t)1 << 20)
#define PORTS_TEXT 96

static enum xk_err complain(const char *what, enum xk_err err)
{
    if (err != XK_OK)
        fprintf(stderr, "xieka-fleet: %s: %s\n", what, xk_err_text(err));
    return err;
}

static void on_message(void *ctx, const struct testnet_sm *sm)
{
    smsc_message(ctx, sm);
}

static void on_receipt(void *ctx, const struct testnet_receipt *r)
{
    smsc_receipt(ctx, r);
}

static void on_attach(void *ctx, const struct testnet_attach *a)
{
    xk_log(XK_LOG_DEBUG, "attach imsi=%s device=%u", a->imsi, a->device);
    events_add(((struct program *)ctx)->events, a);
}

static void on_air(void *ctx, uint32_t device, struct bytes wire)
{
    radio_say(((struct program *)ctx)->radio, device, wire);
}

static enum xk_err make_euicc(void *ctx, uint32_t k, const struct flash_port *port,
                              struct euicc **out)
{
    return consumers_make_euicc(((struct program *)ctx)->consumers, k, port, out);
}

static enum xk_err on_post(void *ctx, uint32_t k, uint64_t ticket, const char *address,
                           const struct rsp_es9p_request *request)
{
    return consumers_post(((struct program *)ctx)->consumers, k, ticket, address, request);
}

/* Cards and profiles, for those who run the other side. */
static enum xk_err export_all(const struct program *p)
{
    const struct settings *s = &p->settings;

    if (s->export_cards)
        TRY(complain(s->export_cards, files_export_cards(p->fleet, s->export_cards)));
    if (s->export_profiles)
        TRY(complain(s->export_profiles, files_export_profiles(p->fleet, s->export_profiles)));
    return XK_OK;
}

static enum xk_err make_fleet(struct program *p)
{
    const struct fleet_hooks hooks = {.ctx = p,
                                      .on_message = on_message,
                                      .on_receipt = on_receipt,
                                      .on_attach = on_attach,
                                      .on_air = on_air,
                                      .make_euicc = make_euicc,
                                      .on_post = on_post};
    int64_t began = xk_monotonic_ns();
    struct fleet_stats s;

    TRY(complain("devices", fleet_new(&p->settings.fleet, &hooks, drive_now(), &p->fleet)));
    fleet_get_stats(p->fleet, &s);
    xk_log(XK_LOG_INFO, "fleet.made devices=%u ms=%lld bytes_per_device=%zu", s.devices,
           (long long)((xk_monotonic_ns() - began) / 1000000), s.devices ? s.bytes / s.devices : 0);
    if (s.consumers > 0)
        xk_log(XK_LOG_INFO, "fleet.consumers made=%u bytes_per_consumer=%zu", s.consumers,
               s.consumer_bytes / s.consumers);
    return export_all(p);
}

static enum xk_err open_subscribers(struct program *p)
{
    uint32_t line = 0;
    enum xk_err err;

    if (!p->settings.subscribers)
        return XK_OK;
    err = files_subscribers(fleet_net(p->fleet), p->settings.subscribers, &line);
    if (err != XK_OK)
        fprintf(stderr, "xieka-fleet: %s: line %u: %s\n", p->settings.subscribers, line,
                xk_err_text(err));
    return err;
}

static enum xk_err open_tls(struct program *p)
{
    const struct tls_self_signed own = {.dir = p->settings.state_dir,
                                        .name = "xieka-fleet",
                                        .cn = "xieka-fleet",
                                        .clock = xk_clock_system()};
    struct tls_files files;

    if (!p->settings.home_tls)
        return XK_OK;
    TRY(complain("certificate", tls_generate_self_signed(&own, &files)));
    return complain(files.cert, tls_server_new(files.cert, files.key, &p->tls));
}

static enum xk_err open_home(struct program *p, uint16_t *port)
{
    const struct httpd_limits limits = {.body_max = BODY_MAX};
    const struct httpd_listen where = {.address = p->settings.listen,
                                       .port = p->settings.home_port,
                                       .tls = p->tls,
                                       .handler = home_handle,
                                       .ctx = p};

    TRY(httpd_new(p->loop, &limits, &p->httpd));
    return complain("home port", httpd_listen(p->httpd, &where, port));
}

/* Everything that can be asked for is there before anybody is told where. */
static enum xk_err open_ports(struct program *p)
{
    char text[PORTS_TEXT];
    uint16_t home = 0;
    uint16_t radio = 0;
    size_t n;

    TRY(complain("SMPP port", smsc_start(p)));
    TRY(open_home(p, &home));
    if (p->settings.has_radio)
        TRY(complain("radio port", radio_new(p, &radio, &p->radio)));
    snprintf(text, sizeof text, "smpp=%u\nhome=%u\n", smpp_smsc_port(p->smsc), home);
    n = strlen(text);
    if (p->radio)
        snprintf(text + n, sizeof text - n, "radio=%u\n", radio);
    xk_log(XK_LOG_INFO, "ready smpp=%u home=%u radio=%u", smpp_smsc_port(p->smsc), home, radio);
    if (p->settings.port_file)
        return complain(p->settings.port_file, files_write_ports(p->settings.port_file, text));
    return XK_OK;
}

static enum xk_err open_all(struct program *p)
{
    if (p->settings.home_key) {
        TRY(complain(p->settings.home_key, files_read_key(p->settings.home_key, p->transport_key)));
        p->has_transport_key = true;
    }
    TRY(open_tls(p));
    TRY(loop_new(&p->loop));
    TRY(complain("platform", events_new(p, &p->events)));
    if (p->settings.fleet.consumers > 0)
        TRY(complain("consumer devices", consumers_new(p, &p->consumers)));
    TRY(make_fleet(p));
    TRY(open_subscribers(p));
    TRY(drive_start(p));
    return open_ports(p);
}

static void on_signal(void *arg)
{
    loop_stop(((struct program *)arg)->loop);
}

static enum xk_err run(struct program *p)
{
    struct loop_signal *term = NULL;
    struct loop_signal *intr = NULL;
    enum xk_err err = open_all(p);

    if (err == XK_OK)
        err = loop_signal_new(p->loop, SIGTERM, on_signal, p, &term);
    if (err == XK_OK)
        err = loop_signal_new(p->loop, SIGINT, on_signal, p, &intr);
    if (err == XK_OK)
        err = loop_run(p->loop);
    loop_signal_free(term);
    loop_signal_free(intr);
    return err;
}

static void close_all(struct program *p)
{
    radio_free(p->radio);
    httpd_free(p->httpd);
    smpp_smsc_free(p->smsc);
    events_free(p->events);
    consumers_free(p->consumers);
    loop_timer_free(p->timer);
    tls_server_free(p->tls);
    loop_free(p->loop);
    fleet_free(p->fleet);
    explicit_bzero(p->transport_key, sizeof p->transport_key);
}

int main(int argc, char **argv)
{
    struct program p = {0};
    int code = options_read(argc, argv, &p.settings);
    enum xk_err err;

    if (code >= 0)
        return code;
    err = run(&p);
    close_all(&p);
    return err == XK_OK ? EXIT_OK : EXIT_TROUBLE;
}
