/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: sites, the doors before them, the client that speaks for them. */
#include "prog/xiekad/rsp.h"

#include "codec/der/oid.h"

#define PARKED_MAX 10000
#define CRL_MS 60000
#define CLIENT_MS 10000

static enum xk_err complain(const char *what, enum xk_err err)
{
    if (err != XK_OK)
        fprintf(stderr, "xiekad: %s: %s\n", what, xk_err_text(err));
    return err;
}

/* ---- doors ----------------------------------------------------------------------------------- */

/* The door of this kind at address and port; a new one when there is none. NULL: too many. */
static struct rsp_door *door_at(struct rsp *rsp, enum rsp_door_kind kind, const char *address,
                                uint16_t port)
{
    struct rsp_door *door;

    for (size_t i = 0; i < rsp->n_doors; i++) {
        door = &rsp->doors[i];
        if (door->kind == kind && door->port == port && strcmp(door->address, address) == 0)
            return door;
    }
    if (rsp->n_doors == RSP_DOORS_MAX)
        return NULL;
    door = &rsp->doors[rsp->n_doors++];
    *door = (struct rsp_door){.d = rsp->d, .kind = kind, .address = address, .port = port};
    return door;
}

static bool next_pair(const char **certs, const char **keys, char cert[DAEMON_PATH_MAX],
                      char key[DAEMON_PATH_MAX])
{
    size_t c = strcspn(*certs, ","), k = strcspn(*keys, ",");

    while (**certs == ' ')
        (*certs)++, c--;
    while (**keys == ' ')
        (*keys)++, k--;
    if (c == 0 || k == 0 || !bytes_to_cstr(BYTES(*certs, c), cert, DAEMON_PATH_MAX) ||
        !bytes_to_cstr(BYTES(*keys, k), key, DAEMON_PATH_MAX))
        return false;
    *certs += c + ((*certs)[c] == ',');
    *keys += k + ((*keys)[k] == ',');
    return true;
}

/* Its certificates for its name; the first site of a door also serves who asks for no name. */
static enum xk_err add_tls(struct rsp_door *door, const char *fqdn, const char *certs,
                           const char *keys)
{
    char cert[DAEMON_PATH_MAX], key[DAEMON_PATH_MAX];
    size_t n = 0;

    for (; next_pair(&certs, &keys, cert, key); n++) {
        if (!door->tls)
            TRY(complain(cert, tls_server_new(cert, key, &door->tls)));
        TRY(complain(cert, tls_server_add_name(door->tls, fqdn, cert, key)));
    }
    return n > 0 ? XK_OK : complain(fqdn, XK_E_VALUE);
}

static enum xk_err add_lpa_door(struct rsp *rsp, struct rsp_site *site)
{
    struct rsp_door *door = door_at(rsp, RSP_DOOR_LPA, conf_string(site->conf, "listen"),
                                    (uint16_t)conf_int(site->conf, "port"));

    if (!door || door->es9p.n == ES9P_ADDRESSES_MAX)
        return complain(site->fqdn, XK_E_LIMIT);
    if (site->smdpp)
        door->es9p.address[door->es9p.n++] =
            (struct es9p_address){.smdpp = site->smdpp, .fqdn = site->fqdn};
    else
        door->es11 = (struct es11){.smds = site->smds, .fqdn = site->fqdn};
    return add_tls(door, site->fqdn, conf_string(site->conf, "tls_cert"),
                   conf_string(site->conf, "tls_key"));
}

static enum xk_err add_client_door(struct rsp *rsp, enum rsp_door_kind kind, const char *name,
                                   const struct conf *conf, const char *prefix,
                                   const char *client_ca)
{
    char listen[32], port[32];
    struct rsp_door *door;
    const char *certs = conf_string(conf, kind == RSP_DOOR_ES2P ? "es2p_cert" : "tls_cert");
    const char *keys = conf_string(conf, kind == RSP_DOOR_ES2P ? "es2p_key" : "tls_key");

    snprintf(listen, sizeof listen, "%s_listen", prefix);
    snprintf(port, sizeof port, "%s_port", prefix);
    door = door_at(rsp, kind, conf_string(conf, listen), (uint16_t)conf_int(conf, port));
    if (!door)
        return complain(name, XK_E_LIMIT);
    TRY(add_tls(door, name, certs, keys));
    return complain(client_ca, tls_server_ask_client(door->tls, TLS_CLIENT_REQUIRED, client_ca));
}

static enum xk_err add_doors(struct rsp *rsp)
{
    const struct conf *conf = rsp->d->conf;

    for (size_t i = 0; i < rsp->n_sites; i++) {
        struct rsp_site *site = &rsp->sites[i];
        const char *ca = site->smds ? conf_string(site->conf, "es12_client_ca") : "";

        TRY(add_lpa_door(rsp, site));
        if (ca[0])
            TRY(add_client_door(rsp, RSP_DOOR_ES12, site->fqdn, site->conf, "es12", ca));
    }
    if (conf_string(conf, "es2p_cert")[0] == '\0')
        return XK_OK;
    return add_client_door(rsp, RSP_DOOR_ES2P, "es2p", conf, "es2p",
                           conf_string(conf, "es2p_client_ca"));
}

enum xk_err rsp_listen(struct rsp *rsp)
{
    static const char *const kinds[] = {"lpa", "es2p", "es12"};

    for (size_t i = 0; i < rsp->n_doors; i++) {
        struct rsp_door *door = &rsp->doors[i];
        const struct httpd_listen where = {.address = door->address,
                                           .port = door->port,
                                           .tls = door->tls,
                                           .handler = rsp_take,
                                           .ctx = door};
        uint16_t port = 0;

        TRY(complain("listen", httpd_listen(rsp->d->httpd, &where, &port)));
        xk_log(XK_LOG_INFO, "door kind=%s address=%s port=%u", kinds[door->kind], door->address,
               port);
    }
    return XK_OK;
}

/* ---- sites ----------------------------------------------------------------------------------- */

static void lower_case(char *out, size_t cap, const char *text)
{
    size_t n = 0;

    for (; *text && n + 1 < cap; text++)
        out[n++] = *text >= 'A' && *text <= 'Z' ? (char)(*text + ('a' - 'A')) : *text;
    out[n] = '\0';
}

static void note_repeatable(struct rsp *rsp, const struct rsp_site *site)
{
    size_t n = strlen(rsp->repeatable);

    if (!conf_bool(site->conf, "repeatable"))
        return;
    if (n > 0)
        rsp->repeatable[n++] = ',';
    lower_case(rsp->repeatable + n, sizeof rsp->repeatable - n, site->fqdn);
}

static enum xk_err open_sites(struct rsp *rsp)
{
    const struct conf *conf = rsp->d->conf;
    size_t smdpps = conf_section_count(conf, "smdpp"), smds = conf_section_count(conf, "smds");

    if (smdpps + smds > RSP_SITES_MAX || smds > 1)
        return complain("smdpp, smds", XK_E_LIMIT);
    for (size_t i = 0; i < smdpps; i++) {
        struct rsp_site *site = &rsp->sites[rsp->n_sites++];

        TRY(rsp_site_open_smdpp(site, conf_section(conf, "smdpp", i)));
        note_repeatable(rsp, site);
    }
    if (smds > 0)
        TRY(rsp_site_open_smds(&rsp->sites[rsp->n_sites++], conf_section(conf, "smds", 0)));
    return XK_OK;
}

/* Who we are to others: what the configuration says, else the OID of the first SM-DP+ address. */
static enum xk_err name_ourselves(struct rsp *rsp)
{
    const char *given = conf_string(rsp->d->conf, "rsp_id");

    if (given[0] || !rsp->sites[0].smdpp) {
        snprintf(rsp->requester, sizeof rsp->requester, "%s", given[0] ? given : "xieka");
        return XK_OK;
    }
    return oid_text(smdpp_oid(rsp->sites[0].smdpp), rsp->requester, sizeof rsp->requester);
}

static void set_policy(struct rsp *rsp)
{
    const struct conf *conf = rsp->d->conf;

    download_policy_default(&rsp->policy);
    rsp->policy.attempts = (uint32_t)conf_int(conf, "rsp_attempts");
    rsp->policy.code_tries = (uint32_t)conf_int(conf, "rsp_code_tries");
    rsp->policy.order_ms = conf_int(conf, "rsp_order_ms");
    rsp->policy.hex_codes = conf_bool(conf, "rsp_hex_codes");
    rsp->policy.repeatable = rsp->repeatable;
    rsp->ports = (struct download_ports){.ctx = rsp,
                                         .encode_telling = rsp_encode_telling,
                                         .tell_task = rsp_tell_task,
                                         .encode_event = rsp_encode_event};
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static enum xk_err open_client(struct rsp *rsp)
{
    const struct conf *conf = rsp->d->conf;
    const struct httpc_options options = {
        .loop = rsp->d->loop,
        .ca_file = or_null(conf_string(conf, "rsp_client_ca")),
        .cert_file = or_null(conf_string(conf, "rsp_client_cert")),
        .key_file = or_null(conf_string(conf, "rsp_client_key")),
        .connect_to = or_null(conf_string(conf, "rsp_connect_to")),
        .brainpool = true,
        .timeout_ms = CLIENT_MS,
    };

    return complain("rsp_client_cert", httpc_new(&options, &rsp->client));
}

static void on_crl_timer(void *arg)
{
    struct rsp *rsp = arg;

    for (size_t i = 0; i < rsp->n_sites; i++) {
        rsp_site_read_crls(&rsp->sites[i]);
        rsp_site_look_at_certificates(&rsp->sites[i], xk_now(xk_clock_system()));
    }
    loop_timer_start(rsp->crl_timer, CRL_MS);
}

static void plug_apis(struct rsp *rsp)
{
    struct rsp_site *last = &rsp->sites[rsp->n_sites - 1];

    rsp->es2p.smdp_address = rsp->sites[0].smdpp ? rsp->sites[0].fqdn : "";
    if (last->smds)
        rsp->es12 = (struct es12){.smds = last->smds,
                                  .fqdn = last->fqdn,
                                  .root = conf_string(last->conf, "root"),
                                  .id = rsp->requester};
}

static enum xk_err open_all(struct rsp *rsp)
{
    TRY(open_sites(rsp));
    TRY(name_ourselves(rsp));
    set_policy(rsp);
    plug_apis(rsp);
    TRY(add_doors(rsp));
    TRY(open_client(rsp));
    TRY(loop_timer_new(rsp->d->loop, on_crl_timer, rsp, &rsp->crl_timer));
    on_crl_timer(rsp);
    return XK_OK;
}

enum xk_err rsp_open(struct daemon *d, struct rsp **out)
{
    struct rsp *rsp;
    enum xk_err err;

    *out = NULL;
    if (conf_section_count(d->conf, "smdpp") + conf_section_count(d->conf, "smds") == 0)
        return XK_OK;
    rsp = calloc(1, sizeof *rsp);
    if (!rsp)
        return XK_E_NOMEM;
    rsp->d = d;
    map_init(&rsp->parked, PARKED_MAX, (uint64_t)d->started_at);
    err = open_all(rsp);
    if (err != XK_OK) {
        rsp_free(rsp);
        return err;
    }
    *out = rsp;
    return XK_OK;
}

void rsp_free(struct rsp *rsp)
{
    if (!rsp)
        return;
    map_fini(&rsp->parked);
    httpc_free(rsp->client);
    loop_timer_free(rsp->crl_timer);
    for (size_t i = 0; i < rsp->n_doors; i++)
        tls_server_free(rsp->doors[i].tls);
    for (size_t i = 0; i < rsp->n_sites; i++)
        rsp_site_close(&rsp->sites[i]);
    free(rsp);
}
