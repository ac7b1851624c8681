/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>

#include "prog/xieka-fleet/program.h"

#define EXIT_OK 0
#define EXIT_USAGE 64
#define PERMILLE 1000

/* One row an option: letters of its argument in the usage, help. */
#define OPTIONS(ROW)                                                                               \
    ROW(DEVICES, "devices", "N", "virtual devices with their cards (0)")                           \
    ROW(BLANK, "blank", "N", "the last N of them without a seed number (0)")                       \
    ROW(SEED, "seed", "N", "what everything is made from (1)")                                     \
    ROW(RAT, "rat", "MIX", "radios and their shares, as lte=7,nbiot=2,emtc=1,gsm=1 (lte)")         \
    ROW(START_MS, "start-ms", "MS", "devices are switched on over this time (1 a device)")         \
    ROW(SMS_LOSS, "sms-loss", "PERMILLE", "short messages lost without a trace (0)")               \
    ROW(SMS_DUP, "sms-dup", "PERMILLE", "short messages that come twice (0)")                      \
    ROW(REORDER, "reorder", "PERMILLE", "short messages held back up to 10 s, overtaken (0)")      \
    ROW(DELAY, "delay", "MIN-MAX", "ms every short message takes in the centre (0)")               \
    ROW(AIR_DELAY, "air-delay", "MIN-MAX", "ms of an air message, instead of the radio's own")     \
    ROW(COVERAGE, "coverage", "EVERY,GAP", "mean seconds between coverage gaps, and of a gap")     \
    ROW(POWER_CUTS, "power-cuts", "SECONDS", "mean time between power cuts of a device (0 none)")  \
    ROW(OUTAGE, "outage", "MIN-MAX", "ms that the power is away then (1000-60000)")                \
    ROW(PSM, "psm", "TAU,ACTIVE", "power saving of NB-IoT and eMTC devices, seconds")              \
    ROW(EDRX, "edrx", "SECONDS", "their eDRX cycle")                                               \
    ROW(POLL, "poll", "SECONDS", "proactive polling of the cards (30)")                            \
    ROW(PLATFORM_ADDRESS, "platform-address", "NUMBER",                                            \
        "on the cards, where reports go "                                                          \
        "(10658000)")                                                                              \
    ROW(LISTEN, "listen", "ADDRESS", "of all ports (127.0.0.1)")                                   \
    ROW(SMPP_PORT, "smpp-port", "PORT", "SMPP server; 0 any (2775)")                               \
    ROW(SMPP_PASSWORD, "smpp-password", "TEXT", "wanted in a bind; none: any")                     \
    ROW(SMPP_RATE, "smpp-rate", "N", "submit_sm a second, above it is throttled (0 any)")          \
    ROW(HOME_PORT, "home-port", "PORT", "home network interface; 0 any (8444)")                    \
    ROW(HOME_TLS, "home-tls", NULL, "with TLS; certificate in the state directory")                \
    ROW(HOME_TOKEN, "home-token", "TEXT", "bearer token of both directions")                       \
    ROW(HOME_KEY, "home-key", "FILE", "transport key of K and OPc, 64 hexadecimal digits")         \
    ROW(PLATFORM, "platform", "URL", "where attach events go; none: nowhere")                      \
    ROW(PLATFORM_CA, "platform-ca", "FILE", "PEM that its certificate must lead to")               \
    ROW(PLATFORM_INSECURE, "platform-insecure", NULL, "do not check its certificate")              \
    ROW(RADIO, "radio", "PORT", "for terminals of xieka-device; 0 any (none)")                     \
    ROW(SUBSCRIBERS, "subscribers", "FILE", "CSV imsi,msisdn,ki,opc of further numbers to open")   \
    ROW(EUICC, "euicc", "N", "consumer devices with an empty eUICC and an LPA (0)")                \
    ROW(EUICC_PKI, "euicc-pki", "DIR", "of xieka pki: the first N EIDs in it are theirs")          \
    ROW(CODES, "codes", "FILE", "their activation codes, a line each; waited for")                 \
    ROW(SMDP, "smdp", "HOST:PORT", "where all SM-DP+ addresses are reached (by name)")             \
    ROW(CA, "ca", "FILE", "PEM that their certificates must lead to: the CI")                      \
    ROW(EXPORT_PROFILES, "export-profiles", "DIR", "write the consumers' profile packages there")  \
    ROW(STATE_DIR, "state-dir", "DIR", "for the certificate (.)")                                  \
    ROW(EXPORT_CARDS, "export-cards", "FILE", "write the cards for import, and go on")             \
    ROW(PORT_FILE, "port-file", "FILE", "write smpp=, home= and radio= ports when ready")          \
    ROW(LOG_LEVEL, "log-level", "LEVEL", "error, warn, info or debug (info)")                      \
    ROW(VERSION, "version", NULL, "print the version")                                             \
    ROW(HELP, "help", NULL, "print this")

enum option_id {
    OPTION_NONE = 256,
#define OPTION_ENUM(id, name, argument, help) OPTION_##id,
    OPTIONS(OPTION_ENUM)
#undef OPTION_ENUM
};

static const struct {
    const char *name, *argument, *help;
} texts[] = {
#define OPTION_TEXT(id, name, argument, help) {name, argument, help},
    OPTIONS(OPTION_TEXT)
#undef OPTION_TEXT
};

static void usage(FILE *out)
{
    fputs("usage: xieka-fleet [OPTION]...\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        fprintf(out, "  --%s %-*s %s\n", texts[i].name, (int)(28 - strlen(texts[i].name)),
                texts[i].argument ? texts[i].argument : "", texts[i].help);
}

static bool read_number(const char **text, uint64_t max, uint64_t *out)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *out = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && *out <= max;
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
    return read_number(&text, max, out) && *text == '\0';
}

static bool number32(const char *text, uint64_t max, uint32_t *out)
{
    uint64_t v;

    if (!number(text, max, &v))
        return false;
    *out = (uint32_t)v;
    return true;
}

static bool port(const char *text, uint16_t *out)
{
    uint64_t v;

    if (!number(text, UINT16_MAX, &v))
        return false;
    *out = (uint16_t)v;
    return true;
}

/* "A-B" or "A,B"; a lone "A" is both. */
static bool pair(const char *text, char between, uint32_t *a, uint32_t *b)
{
    uint64_t x, y;

    if (!read_number(&text, UINT32_MAX / 2000, &x))
        return false;
    y = x;
    if (*text == between) {
        text++;
        if (!read_number(&text, UINT32_MAX / 2000, &y))
            return false;
    }
    *a = (uint32_t)x;
    *b = (uint32_t)y;
    return *text == '\0';
}

static bool rat_share(const char **text, unsigned mix[TESTNET_RATS])
{
    static const char *const names[TESTNET_RATS] = {
        [AIR_GSM] = "gsm", [AIR_LTE] = "lte", [AIR_NB_IOT] = "nbiot", [AIR_EMTC] = "emtc"};
    size_t n = strcspn(*text, "=,");
    uint64_t share = 1;

    for (unsigned k = AIR_GSM; k < TESTNET_RATS; k++) {
        if (strlen(names[k]) != n || strncmp(*text, names[k], n) != 0)
            continue;
        *text += n;
        if (**text == '=' && (++*text, !read_number(text, PERMILLE, &share)))
            return false;
        mix[k] = (unsigned)share;
        return true;
    }
    return false;
}

static bool rat_mix(const char *text, unsigned mix[TESTNET_RATS])
{
    memset(mix, 0, TESTNET_RATS * sizeof mix[0]);
    while (rat_share(&text, mix)) {
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
    return false;
}

static bool air_delay(const char *text, struct testnet_config *net)
{
    for (unsigned k = AIR_GSM; k < TESTNET_RATS; k++) {
        if (!pair(text, '-', &net->radio[k].delay_min_ms, &net->radio[k].delay_max_ms))
            return false;
    }
    return true;
}

static bool coverage(const char *text, struct testnet_config *net)
{
    for (unsigned k = AIR_GSM; k < TESTNET_RATS; k++) {
        if (!pair(text, ',', &net->radio[k].gap_every_s, &net->radio[k].gap_s))
            return false;
    }
    return true;
}

static bool log_level(const char *text)
{
    enum xk_log_level level;

    if (xk_log_level_parse(text, &level) != XK_OK)
        return false;
    xk_log_set_level(level);
    return true;
}

static bool fleet_option(int id, const char *arg, struct settings *s)
{
    struct fleet_config *f = &s->fleet;
    struct testnet_troubles *t = &f->net.troubles;

    switch (id) {
    case OPTION_DEVICES:
        return number32(arg, FLEET_DEVICES_MAX, &f->devices);
    case OPTION_BLANK:
        return number32(arg, FLEET_DEVICES_MAX, &f->blank);
    case OPTION_EUICC:
        return number32(arg, FLEET_DEVICES_MAX, &f->consumers);
    case OPTION_SEED:
        return number(arg, UINT64_MAX, &f->net.seed);
    case OPTION_RAT:
        return rat_mix(arg, f->mix);
    case OPTION_START_MS:
        return number32(arg, UINT32_MAX, &f->start_ms);
    case OPTION_SMS_LOSS:
        return number32(arg, PERMILLE, &t->loss);
    case OPTION_SMS_DUP:
        return number32(arg, PERMILLE, &t->duplicate);
    case OPTION_REORDER:
        return number32(arg, PERMILLE, &t->late);
    case OPTION_DELAY:
        return pair(arg, '-', &t->delay_min_ms, &t->delay_max_ms);
    case OPTION_AIR_DELAY:
        return air_delay(arg, &f->net);
    case OPTION_COVERAGE:
        return coverage(arg, &f->net);
    case OPTION_POWER_CUTS:
        return number32(arg, 1000000, &f->cut_every_s);
    case OPTION_OUTAGE:
        return pair(arg, '-', &f->cut_min_ms, &f->cut_max_ms);
    case OPTION_PSM:
        return pair(arg, ',', &f->psm_tau_s, &f->psm_active_s);
    case OPTION_EDRX:
        return number32(arg, 1000000, &f->edrx_s);
    case OPTION_POLL:
        return number32(arg, 1000000, &f->status_poll_s);
    case OPTION_PLATFORM_ADDRESS:
        f->platform = arg;
        return true;
    default:
        return false;
    }
}

static bool link_option(int id, const char *arg, struct settings *s)
{
    switch (id) {
    case OPTION_SMPP_PORT:
        return port(arg, &s->smpp_port);
    case OPTION_HOME_PORT:
        return port(arg, &s->home_port);
    case OPTION_RADIO:
        s->has_radio = true;
        return port(arg, &s->radio_port);
    case OPTION_SMPP_RATE:
        return number32(arg, UINT32_MAX, &s->smpp_rate);
    case OPTION_HOME_TLS:
        s->home_tls = true;
        return true;
    case OPTION_PLATFORM_INSECURE:
        s->platform_insecure = true;
        return true;
    case OPTION_LOG_LEVEL:
        return log_level(arg);
    default:
        return fleet_option(id, arg, s);
    }
}

/* Those that are kept as they stand. */
static const char **text_option(int id, struct settings *s)
{
    switch (id) {
    case OPTION_LISTEN:
        return &s->listen;
    case OPTION_SMPP_PASSWORD:
        return &s->smpp_password;
    case OPTION_HOME_TOKEN:
        return &s->home_token;
    case OPTION_HOME_KEY:
        return &s->home_key;
    case OPTION_PLATFORM:
        return &s->platform_url;
    case OPTION_PLATFORM_CA:
        return &s->platform_ca;
    case OPTION_SUBSCRIBERS:
        return &s->subscribers;
    case OPTION_STATE_DIR:
        return &s->state_dir;
    case OPTION_EXPORT_CARDS:
        return &s->export_cards;
    case OPTION_PORT_FILE:
        return &s->port_file;
    case OPTION_EUICC_PKI:
        return &s->euicc_pki;
    case OPTION_CODES:
        return &s->codes;
    case OPTION_SMDP:
        return &s->smdp;
    case OPTION_CA:
        return &s->euicc_ca;
    case OPTION_EXPORT_PROFILES:
        return &s->export_profiles;
    default:
        return NULL;
    }
}

static int take(int id, const char *arg, struct settings *s)
{
    const char **text = text_option(id, s);

    if (id == OPTION_HELP) {
        usage(stdout);
        return EXIT_OK;
    }
    if (id == OPTION_VERSION) {
        printf("xieka-fleet %s\n", XIEKA_VERSION);
        return EXIT_OK;
    }
    if (text)
        *text = arg;
    else if (id < OPTION_NONE || !link_option(id, arg, s)) {
        if (id > OPTION_NONE)
            fprintf(stderr, "xieka-fleet: --%s: bad value %s\n", texts[id - OPTION_NONE - 1].name,
                    arg);
        return EXIT_USAGE;
    }
    return -1;
}

static void defaults(struct settings *s)
{
    *s = (struct settings){.listen = "127.0.0.1",
                           .smpp_port = 2775,
                           .home_port = 8444,
                           .state_dir = ".",
                           .home_token = getenv("XIEKA_HOME_TOKEN")};
    fleet_config_default(&s->fleet);
    s->fleet.start_ms = UINT32_MAX;
}

int options_read(int argc, char **argv, struct settings *s)
{
    static const struct option longs[] = {
#define OPTION_LONG(id, name, argument, help)                                                      \
    {name, argument != NULL ? required_argument : no_argument, NULL, OPTION_##id},
        OPTIONS(OPTION_LONG)
#undef OPTION_LONG
            {NULL, 0, NULL, 0}};
    int id;

    defaults(s);
    while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        int code = take(id, optarg, s);

        if (code >= 0)
            return code;
    }
    if (s->fleet.start_ms == UINT32_MAX)
        s->fleet.start_ms = s->fleet.devices;
    if (optind == argc)
        return -1;
    usage(stderr);
    return EXIT_USAGE;
}
