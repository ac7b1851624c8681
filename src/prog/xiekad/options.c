/* SPDX-License-Identifier: Apache-2.0 */
#include "prog/xiekad/daemon.h"

#define DAY 86400000

/* The keys of an SM-DP+ address and of the SM-DS. Files are lists, separated by commas; the first
 * of each list belong together, the second ... : one a certificate issuer. */
#define DOOR(default_port)                                                                         \
    {"listen", CONF_STRING, "0.0.0.0", 0, 0, "address that LPAs reach it at"},                     \
    {                                                                                              \
        "port", CONF_INT, default_port, 0, 65535, "its port; sections may share one"               \
    }

#define TRUST                                                                                      \
    {"ci", CONF_STRING, "", 0, 0, "certificate issuers that are trusted, PEM or DER"},             \
        {"crl", CONF_STRING, "",                                                                   \
         0,     0,           "revocation lists of theirs; read again when a file has changed"},    \
        {"lowest_svn", CONF_STRING, "2.2.0", 0, 0, "lowest version of an eUICC that is served"},   \
    {                                                                                              \
        "highest_svn", CONF_STRING, "3.1.255", 0, 0, "highest such version"                        \
    }

static const struct conf_option smdpp_members[] = {
    DOOR("443"),
    {"tls_cert", CONF_STRING, "", 0, 0, "CERT.DPtls with its chain, PEM"},
    {"tls_key", CONF_STRING, "", 0, 0, "their private keys, PEM, mode 0600"},
    {"auth_cert", CONF_STRING, "", 0, 0, "CERT.DPauth, PEM or DER"},
    {"auth_key", CONF_STRING, "", 0, 0, "their private keys, mode 0600"},
    {"pb_cert", CONF_STRING, "", 0, 0, "CERT.DPpb, PEM or DER"},
    {"pb_key", CONF_STRING, "", 0, 0, "their private keys, mode 0600"},
    TRUST,
    {"rebind", CONF_BOOL, "true", 0, 0,
     "bind anew for an eUICC that comes back with another one-time key; false: refuse"},
    {"session_ms", CONF_INT, "3600000", 1000, 86400000, "longest life of a download session"},
    {"repeatable", CONF_BOOL, "false", 0, 0,
     "offer an order again after each installation: for test cards"},
};

static const struct conf_option smds_members[] = {
    DOOR("443"),
    {"tls_cert", CONF_STRING, "", 0, 0, "CERT.DStls with its chain, PEM"},
    {"tls_key", CONF_STRING, "", 0, 0, "their private keys, PEM, mode 0600"},
    {"auth_cert", CONF_STRING, "", 0, 0, "CERT.DSauth, PEM or DER"},
    {"auth_key", CONF_STRING, "", 0, 0, "their private keys, mode 0600"},
    TRUST,
    {"session_ms", CONF_INT, "600000", 1000, 86400000, "longest life of a session"},
    {"root", CONF_STRING, "", 0, 0,
     "root SM-DS that events to be forwarded are registered at; empty: this is one"},
    {"es12_listen", CONF_STRING, "0.0.0.0", 0, 0, "address that SM-DP+s and SM-DSs reach it at"},
    {"es12_port", CONF_INT, "8444", 0, 65535, "its port, with client certificates"},
    {"es12_client_ca", CONF_STRING, "", 0, 0,
     "PEM file that their certificates must lead to; empty: no such port"},
};

static const struct conf_option options[] = {
    {"data_dir", CONF_STRING, "/var/lib/xieka", 0, 0,
     "where the database, the master key and the certificate lie"},
    {"database", CONF_STRING, "sqlite", 0, 0,
     "sqlite (in data_dir), sqlite:FILE, or postgresql:CONNINFO"},
    {"listen", CONF_STRING, "127.0.0.1", 0, 0, "address of the HTTPS interface"},
    {"port", CONF_INT, "8443", 0, 65535, "its port; 0 for any free one (printed when ready)"},
    {"tls_cert", CONF_STRING, "", 0, 0, "certificate chain in PEM; empty: one is made in data_dir"},
    {"tls_key", CONF_STRING, "", 0, 0, "its private key in PEM, mode 0600"},
    {"body_max", CONF_INT, "16777216", 1024, 67108864, "largest request body in bytes"},
    {"connections_max", CONF_INT, "1024", 1, 100000, "most connections at a time"},
    {"header_ms", CONF_INT, "10000", 100, 600000, "longest time for request headers"},
    {"body_ms", CONF_INT, "60000", 100, 600000, "longest time for a request body"},
    {"call_limits", CONF_BOOL, "true", 0, 0, "hold applications to their call limits"},
    {"metrics_token", CONF_STRING, "", 0, 0,
     "bearer token of GET /metrics (Prometheus); empty: there is no such path"},
    {"smpp_host", CONF_STRING, "", 0, 0, "message centre; empty: no short messages, RELAY only"},
    {"smpp_port", CONF_INT, "2775", 1, 65535, "its SMPP port"},
    {"smpp_system_id", CONF_STRING, "xieka", 0, 0, "who we are there"},
    {"smpp_password", CONF_STRING, "", 0, 0, "at most 8 characters"},
    {"smpp_window", CONF_INT, "256", 1, 4096, "submit_sm outstanding at a time"},
    {"platform_address", CONF_STRING, "10658000", 0, 0, "our number towards cards"},
    {"home_url", CONF_STRING, "", 0, 0, "home network interface, https://host:port"},
    {"home_ca", CONF_STRING, "", 0, 0, "PEM file that its certificate must lead to"},
    {"home_token", CONF_STRING, "", 0, 0, "bearer token shared with the home network"},
    {"home_key", CONF_STRING, "", 0, 0,
     "file with the transport key shared with the home network, 64 hexadecimal digits"},
    {"t1_lte_ms", CONF_INT, "300000", 50, DAY, "wait for a report before sending again: LTE"},
    {"t1_gsm_ms", CONF_INT, "900000", 50, DAY, "the same for GSM"},
    {"t1_nbiot_ms", CONF_INT, "3600000", 50, DAY, "the same for NB-IoT"},
    {"t1_emtc_ms", CONF_INT, "900000", 50, DAY, "the same for eMTC"},
    {"max_attempts", CONF_INT, "5", 1, 100, "sendings of one script before a person is asked"},
    {"rollback_retries", CONF_INT, "1", 0, 10, "writes again after a card fell back to its seed"},
    {"fallback_min", CONF_INT, "30", 1, 1440,
     "minutes a card tries to attach before it falls back"},
    {"validity_s", CONF_INT, "86400", 60, 172800, "validity of a short message in seconds"},
    {"expiry_ms", CONF_INT, "172800000", 1000, 30L * DAY, "longest life of a task"},
    {"relay_ms", CONF_INT, "600000", 1000, DAY, "how long a RELAY script can be fetched"},
    {"keep_seed", CONF_BOOL, "true", 0, 0, "leave the seed number on the card as fall-back"},
    {"single_shot", CONF_BOOL, "false", 0, 0, "prepare and commit in one script"},
    {"es2p_listen", CONF_STRING, "0.0.0.0", 0, 0, "address that operators reach ES2+ at"},
    {"es2p_port", CONF_INT, "8445", 0, 65535, "its port, with client certificates"},
    {"es2p_cert", CONF_STRING, "", 0, 0,
     "certificate chain for it in PEM; empty: operators cannot order over ES2+"},
    {"es2p_key", CONF_STRING, "", 0, 0, "its private key in PEM, mode 0600"},
    {"es2p_client_ca", CONF_STRING, "", 0, 0, "PEM file that operators' certificates must lead to"},
    {"rsp_id", CONF_STRING, "", 0, 0,
     "who we are to operators and SM-DSs; empty: the object identifier of the first address"},
    {"rsp_client_cert", CONF_STRING, "", 0, 0, "certificate we show to operators and SM-DSs, PEM"},
    {"rsp_client_key", CONF_STRING, "", 0, 0, "its private key in PEM, mode 0600"},
    {"rsp_client_ca", CONF_STRING, "", 0, 0,
     "PEM file that their certificates must lead to; empty: those of the system"},
    {"rsp_connect_to", CONF_STRING, "", 0, 0,
     "where to find hosts that no DNS knows: host:port:address:port, comma-separated"},
    {"rsp_attempts", CONF_INT, "10", 1, 1000, "downloads that may be begun for one order"},
    {"rsp_code_tries", CONF_INT, "3", 1, 100, "wrong confirmation codes that end an order"},
    {"rsp_order_ms", CONF_INT, "0", 0, 0, "longest life of a download order; 0: no end"},
    {"rsp_hex_codes", CONF_BOOL, "false", 0, 0,
     "take confirmation codes hashed as hexadecimal bytes too"},
    {"smdpp", CONF_SECTION, "smdp.example.com", 0, 0, "an SM-DP+ address, by its name",
     smdpp_members, ARRAY_LEN(smdpp_members)},
    {"smds", CONF_SECTION, "smds.example.com", 0, 0, "our SM-DS, by its name; at most one",
     smds_members, ARRAY_LEN(smds_members)},
    {"log_level", CONF_STRING, "info", 0, 0, "error, warn, info or debug"},
};

const struct conf_option *daemon_options(size_t *n)
{
    *n = ARRAY_LEN(options);
    return options;
}

void daemon_policy(const struct conf *conf, struct order_policy *p)
{
    order_policy_default(p);
    p->t1_ms[ORDER_LTE] = conf_int(conf, "t1_lte_ms");
    p->t1_ms[ORDER_GSM] = conf_int(conf, "t1_gsm_ms");
    p->t1_ms[ORDER_NB_IOT] = conf_int(conf, "t1_nbiot_ms");
    p->t1_ms[ORDER_EMTC] = conf_int(conf, "t1_emtc_ms");
    p->max_attempts = (uint32_t)conf_int(conf, "max_attempts");
    p->rollback_retries = (uint32_t)conf_int(conf, "rollback_retries");
    p->fallback_min = (uint16_t)conf_int(conf, "fallback_min");
    p->validity_s = (uint32_t)conf_int(conf, "validity_s");
    p->expiry_ms = conf_int(conf, "expiry_ms");
    p->relay_ms = conf_int(conf, "relay_ms");
    p->keep_seed = conf_bool(conf, "keep_seed");
    p->single_shot = conf_bool(conf, "single_shot");
}
