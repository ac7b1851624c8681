/* SPDX-License-Identifier: Apache-2.0 */
/* xieka-fleet: the fleet in real time between an SMPP server, the home network interface and a
 * radio port. One thread. */
#ifndef PROG_XIEKA_FLEET_PROGRAM_H
#define PROG_XIEKA_FLEET_PROGRAM_H

#include "api/home/home.h"
#include "base/log.h"
#include "net/httpc/httpc.h"
#include "net/httpd/httpd.h"
#include "net/loop/loop.h"
#include "net/smpp/smsc.h"
#include "net/tls/tls.h"
#include "prog/fleet/fleet.h"

struct settings {
    struct fleet_config fleet;
    const char *listen;
    uint16_t smpp_port, home_port, radio_port;
    bool has_radio, home_tls;
    const char *smpp_password;
    unsigned smpp_rate; /* submit_sm a second; 0 any */
    const char *home_token, *home_key;
    const char *platform_url, *platform_ca;
    bool platform_insecure;
    const char *state_dir, *port_file, *export_cards, *subscribers;
    /* of consumer devices */
    const char *euicc_pki, *euicc_ca, *smdp, *codes, *export_profiles;
};

struct consumers;
struct events;
struct radio;

struct program {
    struct settings settings;
    struct loop *loop;
    struct loop_timer *timer;
    struct fleet *fleet;
    struct smpp_smsc *smsc;
    struct httpd *httpd;
    struct tls_server *tls;
    struct events *events;
    struct consumers *consumers; /* NULL: there are none */
    struct radio *radio;
    uint8_t transport_key[HOME_KEY_LEN];
    bool has_transport_key;
    uint64_t deliver_ref, undelivered;
    int64_t second; /* for the rate of submit_sm */
    unsigned in_second;
};

/* options.c: -1 to go on, else the exit code. */
int options_read(int argc, char **argv, struct settings *s);

/* drive.c: real time. Something happened: the fleet is run in this turn of the loop. */
void drive_soon(struct program *p);
enum xk_err drive_start(struct program *p) XK_MUST_CHECK;
int64_t drive_now(void);

/* smsc.c */
enum xk_err smsc_start(struct program *p) XK_MUST_CHECK;
void smsc_message(struct program *p, const struct testnet_sm *sm);
void smsc_receipt(struct program *p, const struct testnet_receipt *r);

/* home.c */
void home_handle(void *program, struct http_request *req);

/* status.c: GET /fleet/v1/... */
void status_handle(struct program *p, struct http_request *req);

/* events.c: attach events to the platform, kept until it has them. */
enum xk_err events_new(struct program *p, struct events **out) XK_MUST_CHECK;
void events_free(struct events *e);
void events_add(struct events *e, const struct testnet_attach *a);
unsigned events_waiting(const struct events *e);

/* consumers.c: the world of consumer devices */
enum xk_err consumers_new(struct program *p, struct consumers **out) XK_MUST_CHECK;
void consumers_free(struct consumers *c);
enum xk_err consumers_make_euicc(struct consumers *c, uint32_t k, const struct flash_port *port,
                                 struct euicc **out) XK_MUST_CHECK;
enum xk_err consumers_post(struct consumers *c, uint32_t k, uint64_t ticket, const char *address,
                           const struct rsp_es9p_request *request);

/* radio.c: terminals over TCP. */
enum xk_err radio_new(struct program *p, uint16_t *port, struct radio **out) XK_MUST_CHECK;
void radio_free(struct radio *r);
void radio_say(struct radio *r, uint32_t device, struct bytes wire);

/* files.c */
enum xk_err files_read_key(const char *path, uint8_t key[HOME_KEY_LEN]) XK_MUST_CHECK;
/* Opens the numbers in a CSV file (imsi,msisdn,ki,opc); *line is the one that failed. */
enum xk_err files_subscribers(struct testnet *net, const char *path, uint32_t *line) XK_MUST_CHECK;
enum xk_err files_export_cards(const struct fleet *f, const char *path) XK_MUST_CHECK;
/* The packages of all consumers, one file each: <ICCID>.der */
enum xk_err files_export_profiles(const struct fleet *f, const char *dir) XK_MUST_CHECK;
enum xk_err files_write_ports(const char *path, const char *text) XK_MUST_CHECK;

#endif
