/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>

#include "codec/ef/ef.h"
#include "prog/xieka-device/device.h"

#define IMEI_DIGITS 15
#define IMEISV_DIGITS 16
#define SECONDS_MAX 40000000 /* 463 days, past anything T3412 can say */

enum option_id {
    OPTION_CARD = 256,
    OPTION_NEW,
    OPTION_EUICC,
    OPTION_PERSONALISATION,
    OPTION_CID,
    OPTION_ICCID,
    OPTION_IMSI,
    OPTION_MSISDN,
    OPTION_NETWORK,
    OPTION_RAT,
    OPTION_IMEI,
    OPTION_IMEISV,
    OPTION_PSM,
    OPTION_EDRX,
    OPTION_STATUS_POLL,
    OPTION_NO_TOOLKIT,
    OPTION_REFUSE_REFRESH,
    OPTION_NO_MO_SMS,
    OPTION_LINK,
    OPTION_TRACE,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option names[] = {
    {"card", required_argument, NULL, OPTION_CARD},
    {"new", no_argument, NULL, OPTION_NEW},
    {"euicc", no_argument, NULL, OPTION_EUICC},
    {"personalisation", required_argument, NULL, OPTION_PERSONALISATION},
    {"cid", required_argument, NULL, OPTION_CID},
    {"iccid", required_argument, NULL, OPTION_ICCID},
    {"imsi", required_argument, NULL, OPTION_IMSI},
    {"msisdn", required_argument, NULL, OPTION_MSISDN},
    {"network", required_argument, NULL, OPTION_NETWORK},
    {"rat", required_argument, NULL, OPTION_RAT},
    {"imei", required_argument, NULL, OPTION_IMEI},
    {"imeisv", required_argument, NULL, OPTION_IMEISV},
    {"psm", required_argument, NULL, OPTION_PSM},
    {"edrx", required_argument, NULL, OPTION_EDRX},
    {"status-poll", required_argument, NULL, OPTION_STATUS_POLL},
    {"no-toolkit", no_argument, NULL, OPTION_NO_TOOLKIT},
    {"refuse-refresh", no_argument, NULL, OPTION_REFUSE_REFRESH},
    {"no-mo-sms", no_argument, NULL, OPTION_NO_MO_SMS},
    {"link", required_argument, NULL, OPTION_LINK},
    {"trace", no_argument, NULL, OPTION_TRACE},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name;
    enum air_rat rat;
} rats[] = {{"gsm", AIR_GSM}, {"lte", AIR_LTE}, {"nb-iot", AIR_NB_IOT}, {"emtc", AIR_EMTC}};

static void usage(FILE *out)
{
    fputs(
        "usage: xieka-device [--card FILE [--new]] [--personalisation FILE]\n"
        "                    [--cid DIGITS] [--iccid DIGITS] [--imsi DIGITS] [--msisdn NUMBER]\n"
        "                    [--network HOST:PORT] [--rat gsm|lte|nb-iot|emtc]\n"
        "                    [--imei DIGITS] [--imeisv DIGITS] [--psm ACTIVE,UPDATE]\n"
        "                    [--edrx SECONDS] [--status-poll SECONDS] [--no-toolkit]\n"
        "                    [--refuse-refresh] [--no-mo-sms] [--link PATH] [--trace]\n"
        "       xieka-device --euicc --card FILE [...]\n"
        "       xieka-device --version | --help\n"
        "\n"
        "  --card FILE            the card's memory, as xieka-card makes it; without it the card\n"
        "                         is made for this run\n"
        "  --new                  make the card in FILE, which must not exist\n"
        "  --euicc                the card in FILE is an eUICC, which xieka-card has made\n"
        "  --personalisation FILE what the card maker puts in (xieka-card(1))\n"
        "  --network HOST:PORT    the radio of a test network (xieka-fleet --radio)\n"
        "  --rat RADIO            gsm, lte (default), nb-iot or emtc\n"
        "  --psm ACTIVE,UPDATE    power saving mode: active time and update period, seconds\n"
        "  --edrx SECONDS         extended DRX cycle\n"
        "  --link PATH            symbolic link to the AT port\n"
        "  --trace                card commands and air messages on standard error\n",
        out);
}

static bool fail(const char *option, const char *value, const char *what)
{
    fprintf(stderr, "xieka-device: %s %s: %s\n", option, value, what);
    return false;
}

static bool read_seconds(const char *text, const char *option, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (end == text || *end || text[0] == '-' || n > SECONDS_MAX)
        return fail(option, text, "not a number of seconds");
    *out = (uint32_t)n;
    return true;
}

static bool read_psm(const char *text, struct modem_config *m)
{
    char active[16];
    const char *comma = strchr(text, ',');
    size_t n = comma ? (size_t)(comma - text) : 0;

    if (n == 0 || n >= sizeof active)
        return fail("--psm", text, "want ACTIVE,UPDATE in seconds");
    memcpy(active, text, n);
    active[n] = '\0';
    return read_seconds(active, "--psm", &m->psm_active_s) &&
           read_seconds(comma + 1, "--psm", &m->psm_tau_s);
}

static bool read_rat(const char *text, enum air_rat *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rats); i++)
        if (strcmp(rats[i].name, text) == 0) {
            *out = rats[i].rat;
            return true;
        }
    return fail("--rat", text, "want gsm, lte, nb-iot or emtc");
}

static bool read_digits(const char *text, const char *option, size_t n, char out[17])
{
    if (strlen(text) != n || strspn(text, "0123456789") != n)
        return fail(option, text, n == IMEI_DIGITS ? "want 15 digits" : "want 16 digits");
    if (n == IMEI_DIGITS && !ef_luhn_ok(text))
        return fail(option, text, "the check digit is wrong");
    memcpy(out, text, n + 1);
    return true;
}

static bool read_one(struct options *o, int id, const char *value)
{
    switch ((enum option_id)id) {
    case OPTION_CARD:
        o->card = value;
        return true;
    case OPTION_NEW:
        return o->new_card = true;
    case OPTION_EUICC:
        return o->euicc = true;
    case OPTION_PERSONALISATION:
        o->personalisation = value;
        return true;
    case OPTION_CID:
        o->numbers.cid = value;
        return true;
    case OPTION_ICCID:
        o->numbers.iccid = value;
        return true;
    case OPTION_IMSI:
        o->numbers.imsi = value;
        return true;
    case OPTION_MSISDN:
        o->numbers.msisdn = value;
        return true;
    case OPTION_NETWORK:
        o->network = value;
        return true;
    case OPTION_RAT:
        return read_rat(value, &o->modem.rat);
    case OPTION_IMEI:
        return read_digits(value, "--imei", IMEI_DIGITS, o->modem.imei);
    case OPTION_IMEISV:
        return read_digits(value, "--imeisv", IMEISV_DIGITS, o->modem.imeisv);
    case OPTION_PSM:
        return read_psm(value, &o->modem);
    case OPTION_EDRX:
        return read_seconds(value, "--edrx", &o->modem.edrx_s);
    case OPTION_STATUS_POLL:
        return read_seconds(value, "--status-poll", &o->modem.status_poll_s);
    case OPTION_NO_TOOLKIT:
        return o->modem.no_toolkit = true;
    case OPTION_REFUSE_REFRESH:
        return o->modem.refuse_refresh = true;
    case OPTION_NO_MO_SMS:
        return o->modem.no_mo_sms = true;
    case OPTION_LINK:
        o->link = value;
        return true;
    case OPTION_TRACE:
        return o->trace = true;
    case OPTION_HELP:
    case OPTION_VERSION:
        break;
    }
    return false;
}

static bool makes_sense(const struct options *o)
{
    bool makes = o->personalisation || o->numbers.cid || o->numbers.iccid || o->numbers.imsi ||
                 o->numbers.msisdn;

    if (o->new_card && !o->card)
        return fail("--new", "", "there is no --card to make");
    if (o->euicc && (!o->card || o->new_card || makes))
        return fail("--euicc", "", "needs a --card that xieka-card --euicc has made");
    if (o->card && !o->new_card && makes)
        return fail("--card", o->card, "is made already; --new makes another");
    return true;
}

/* An IMEISV is the IMEI without its check digit, and the software version (TS 23.003 6.2.2). */
static void fill_imeisv(struct modem_config *m)
{
    if (!m->imeisv[0])
        snprintf(m->imeisv, sizeof m->imeisv, "%.14s01", m->imei);
}

int options_read(struct options *o, int argc, char **argv)
{
    int id;

    *o = (struct options){.modem = {.imei = "861234567890127", .rat = AIR_LTE, .at_port = true}};
    while ((id = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (id == OPTION_HELP) {
            usage(stdout);
            return 1;
        }
        if (id == OPTION_VERSION) {
            puts("xieka-device " XIEKA_VERSION);
            return 1;
        }
        if (id == '?' || !read_one(o, id, optarg))
            return 2;
    }
    if (optind < argc) {
        fail(argv[optind], "", "not understood");
        return 2;
    }
    fill_imeisv(&o->modem);
    return makes_sense(o) ? 0 : 2;
}
