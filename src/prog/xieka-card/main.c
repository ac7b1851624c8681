/* SPDX-License-Identifier: Apache-2.0 */
/* xieka-card: the software UICC. See xieka-card(1). */
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"
#include "codec/apdu/apdu.h"
#include "codec/rsp/codes.h"
#include "codec/script/script.h"
#include "crypto/random.h"
#include "net/vpcd/vpcd.h"
#include "prog/cardfile/cardfile.h"
#include "prog/xieka-card/program.h"

#define RECONNECT_MS_MIN 250
#define RECONNECT_MS_MAX 5000
#define HOST_MAX 256

enum mode { MODE_VPCD, MODE_SCRIPT, MODE_STATE };

struct program {
    enum mode mode;
    bool new, trace, is_euicc;
    const char *nvm, *personalisation, *vpcd, *cards;
    struct euicc_sources sources;
    struct flash_file flash;
    struct flash_memory *flash_memory; /* when there is no file */
    struct flash_port flash_port;
    struct euicc *euicc;
    struct overrides overrides;
    struct nvm_file file;
    struct nvm_memory *memory; /* when there is no file */
    struct nvm_port port;
    struct usim *card;
};

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static void usage(FILE *out)
{
    fputs("usage: xieka-card [--nvm FILE] [--new] [--personalisation FILE]\n"
          "                  [--cid DIGITS] [--iccid DIGITS] [--imsi DIGITS] [--msisdn NUMBER]\n"
          "                  [--vpcd HOST:PORT | --script | --state] [--trace]\n"
          "       xieka-card --euicc [--nvm FILE] [--new] [--pki DIR --eid EID]\n"
          "                  [--default-dp HOST] [--root-ds HOST] [--rules-of LIST]\n"
          "                  [--vpcd HOST:PORT | --script | --state] [--trace]\n"
          "       xieka-card --euicc --cards DIR --pki DIR [--default-dp HOST] [--root-ds HOST]\n"
          "                  [--rules-of LIST]\n"
          "       xieka-card --sample-personalisation | --version | --help\n"
          "\n"
          "  --nvm FILE                 the card's memory; without it the card lives for this run\n"
          "  --new                      make the card (FILE must not exist)\n"
          "  --personalisation FILE     what the card maker puts in, key = value lines\n"
          "  --cid, --iccid, --imsi, --msisdn   numbers that go before those of the file;\n"
          "                             keys come from the file or from XIEKA_K, XIEKA_OPC,\n"
          "                             XIEKA_KIC, XIEKA_KID and XIEKA_KIK in the environment\n"
          "  --euicc                    an eUICC (SGP.22) instead of the domestic card\n"
          "  --pki DIR, --eid EID       certificates and keys to make it with: what\n"
          "                             `xieka pki euicc DIR --eid EID` has written\n"
          "  --cards DIR                make a file in DIR for each EID there is in --pki, named "
          "by it\n"
          "  --default-dp HOST          its default SM-DP+ address\n"
          "  --root-ds HOST             its root SM-DS address\n"
          "  --rules-of LIST            operators (MCC and MNC, with commas) whose profiles may "
          "have\n"
          "                             policy rules, or none; any when not given\n"
          "  --vpcd HOST:PORT           virtual reader, default 127.0.0.1:" VPCD_PORT "\n"
          "  --script                   commands in hexadecimal from standard input, answers out\n"
          "  --state                    print numbers, state and wear\n"
          "  --trace                    exchanges on standard error, secrets not shown\n",
          out);
}

static int fail(const char *what, enum xk_err err)
{
    fprintf(stderr, "xieka-card: %s: %s\n", what, xk_err_text(err));
    return 1;
}

/* The card */

static enum xk_err make_card(struct program *p)
{
    struct usim_personalisation made;
    char text[256];
    struct buf why;
    enum xk_err err;

    buf_init_fixed(&why, text, sizeof text - 1);
    err = personalise_read(p->personalisation, &p->overrides, &why, &made);
    if (err == XK_OK)
        err = usim_manufacture(&p->port, &made, random_openssl(), &p->card);
    explicit_bzero(&made, sizeof made);
    if (why.n > 0)
        fprintf(stderr, "xieka-card: %.*s\n", (int)why.n, text);
    return err;
}

static int open_usim(struct program *p);

/* The eUICC: in a file, or for this run */
static enum xk_err open_flash(struct program *p)
{
    if (!p->nvm) {
        p->flash_memory = flash_memory_new();
        if (!p->flash_memory)
            return XK_E_NOMEM;
        p->flash_port = flash_memory_port(p->flash_memory);
        return XK_OK;
    }
    TRY(flash_file_open(&p->flash, p->nvm, p->new ? NVM_FILE_NEW : NVM_FILE_EXISTING));
    p->flash_port = p->flash.port;
    return XK_OK;
}

static int make_euicc(struct program *p)
{
    struct arena arena;
    const char *why = NULL;
    enum xk_err err;

    if (!p->sources.pki || !p->sources.eid) {
        fputs("xieka-card: an eUICC is made from --pki DIR and --eid EID\n", stderr);
        return 2;
    }
    arena_init(&arena, (size_t)1 << 20);
    p->sources.arena = &arena;
    err = euicc_make(&p->sources, &p->flash_port, random_openssl(), &p->euicc, &why);
    arena_fini(&arena);
    if (err == XK_OK)
        return 0;
    if (p->nvm)
        unlink(p->nvm);
    return fail(why ? why : "the card could not be made", err);
}

static int open_euicc(struct program *p)
{
    enum xk_err err = open_flash(p);

    if (err != XK_OK)
        return fail(p->nvm ? p->nvm : "memory", err);
    if (p->new || !p->nvm)
        return make_euicc(p);
    err = euicc_open(&p->flash_port, random_openssl(), &p->euicc);
    return err == XK_OK ? 0 : fail("no eUICC in this file", err);
}

static int open_card(struct program *p)
{
    return p->is_euicc ? open_euicc(p) : open_usim(p);
}

static enum xk_err reset(struct program *p, struct bytes *atr)
{
    return p->euicc ? euicc_reset(p->euicc, atr) : usim_reset(p->card, atr);
}

static enum xk_err open_memory(struct program *p)
{
    if (!p->nvm) {
        p->memory = nvm_memory_new();
        if (!p->memory)
            return XK_E_NOMEM;
        p->port = nvm_memory_port(p->memory);
        return XK_OK;
    }
    TRY(nvm_file_open(&p->file, p->nvm, p->new ? NVM_FILE_NEW : NVM_FILE_EXISTING));
    p->port = p->file.port;
    return XK_OK;
}

static int open_usim(struct program *p)
{
    enum xk_err err = open_memory(p);

    if (err != XK_OK)
        return fail(p->nvm ? p->nvm : "memory", err);
    if (p->new || !p->nvm)
        err = make_card(p);
    else
        err = usim_open(&p->port, random_openssl(), &p->card);
    if (err == XK_OK)
        return 0;
    if (p->new && p->nvm)
        unlink(p->nvm);
    return fail(p->new || !p->nvm ? "the card could not be made" : "no card in this file", err);
}

static void close_card(struct program *p)
{
    usim_free(p->card);
    euicc_free(p->euicc);
    flash_file_close(&p->flash);
    flash_memory_free(p->flash_memory);
    nvm_file_close(&p->file);
    nvm_memory_free(p->memory);
}

static enum xk_err transmit(struct program *p, struct bytes command, struct buf *out)
{
    TRY(p->euicc ? euicc_transmit(p->euicc, command, out) : usim_transmit(p->card, command, out));
    if (p->trace)
        trace_exchange(command, buf_bytes(out));
    return XK_OK;
}

/* --state */

static const char *const bank_names[] = {"seed", "A", "B"};

static int show_euicc(struct program *p)
{
    struct euicc_state s;
    enum xk_err err = euicc_get_state(p->euicc, &s);

    if (err == XK_OK)
        err = euicc_check(p->euicc);
    if (err != XK_OK)
        return fail("the card is not whole", err);
    printf("eid: %s\nmemory: %u of %u bytes used\nnotifications: %zu, next number %u\n", s.eid,
           s.used, s.capacity, s.n_notifications, s.next_seq);
    for (size_t i = 0; i < s.n_profiles; i++)
        printf("profile: %s %s, %s\n", s.profiles[i].iccid,
               s.profiles[i].enabled ? "enabled" : "disabled",
               rsp_code_name(RSP_TABLE_PROFILE_CLASS, s.profiles[i].profile_class));
    return 0;
}

static int show_state(struct program *p)
{
    struct usim_state s;
    enum xk_err err = usim_get_state(p->card, &s);

    if (err == XK_OK)
        err = usim_check(p->card);
    if (err != XK_OK)
        return fail("the card is not whole", err);
    printf("cid: %s\niccid: %s\nimsi: %s\nmsisdn: %s\n", s.cid, s.iccid, s.imsi, s.msisdn);
    printf("bank: %s\nprepared: %s\nawaiting attach: %s\nreport due: %s\n", bank_names[s.bank],
           s.prepared ? "yes" : "no", s.awaiting_attach ? "yes" : "no",
           s.report_due ? "yes" : "no");
    printf("last result: %02X %s\n", s.last_result, script_result_en(s.last_result));
    printf("counters: down %llu, up %llu\n", (unsigned long long)s.down_counter,
           (unsigned long long)s.up_counter);
    printf("page writes: %llu, most on one page %u of %u, left %u\n",
           (unsigned long long)s.wear.writes, s.wear.worst, s.wear.endurance, s.wear.left);
    return 0;
}

/* --script */

#define LINE_MAX_LEN 1200

/* Blank lines and # comments pass; "reset" answers the ATR. */
static int script_line(struct program *p, char *line)
{
    uint8_t command[APDU_COMMAND_MAX + 4], answer[APDU_RESPONSE_MAX];
    char digits[LINE_MAX_LEN], text[HEX_LEN(APDU_RESPONSE_MAX)];
    struct bytes atr;
    struct buf out;
    size_t n = 0;
    enum xk_err err;

    for (; *line && *line != '#' && *line != '\n'; line++)
        if (*line != ' ' && *line != '\t' && *line != '\r')
            digits[n++] = *line;
    if (n == 0)
        return 0;
    buf_init_fixed(&out, answer, sizeof answer);
    if (bytes_eq(BYTES(digits, n), BYTES_STR("reset"))) {
        err = reset(p, &atr);
        if (err != XK_OK)
            return fail("reset", err);
        puts(hex_encode(atr, text));
        return 0;
    }
    if (hex_decode(BYTES(digits, n), command, sizeof command, &n) != XK_OK) {
        fprintf(stderr, "xieka-card: not a command: %.*s\n", (int)n, digits);
        return 1;
    }
    err = transmit(p, BYTES(command, n), &out);
    if (err != XK_OK)
        return fail("card", err);
    puts(hex_encode(buf_bytes(&out), text));
    return 0;
}

static int run_script(struct program *p)
{
    char line[LINE_MAX_LEN];

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin))
        if (script_line(p, line) != 0)
            return 1;
    return 0;
}

/* --vpcd */

static enum xk_err serve_apdu(struct program *p, struct vpcd *v, struct bytes apdu)
{
    uint8_t answer[APDU_RESPONSE_MAX];
    struct buf out;

    buf_init_fixed(&out, answer, sizeof answer);
    TRY(transmit(p, apdu, &out));
    return vpcd_send(v, buf_bytes(&out));
}

static enum xk_err serve_one(struct program *p, struct vpcd *v, const sigset_t *mask)
{
    enum vpcd_request request;
    struct bytes apdu, atr;

    TRY(vpcd_receive(v, mask, &request, &apdu));
    switch (request) {
    case VPCD_APDU:
        return serve_apdu(p, v, apdu);
    case VPCD_ATR:
        return vpcd_send(v, p->euicc ? euicc_atr() : usim_atr());
    case VPCD_POWER_OFF:
    case VPCD_POWER_ON:
    case VPCD_RESET:
        return reset(p, &atr);
    }
    return XK_E_INTERNAL;
}

static void wait_ms(int ms, const sigset_t *mask)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

    pselect(0, NULL, NULL, NULL, &t, mask);
}

static int next_wait(int ms)
{
    return ms * 2 < RECONNECT_MS_MAX ? ms * 2 : RECONNECT_MS_MAX;
}

static enum xk_err serve_connection(struct program *p, struct vpcd *v, const sigset_t *mask)
{
    enum xk_err err = XK_OK;

    while (!stopped && err == XK_OK)
        err = serve_one(p, v, mask);
    return err;
}

static bool split_address(const char *text, char host[HOST_MAX], const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);

    *port = colon && colon[1] ? colon + 1 : VPCD_PORT;
    return n > 0 && bytes_to_cstr(BYTES(text, n), host, HOST_MAX);
}

/* The reader may come and go; the card stays. */
static int run_vpcd(struct program *p, const sigset_t *mask)
{
    char host[HOST_MAX];
    const char *port;
    int wait = RECONNECT_MS_MIN;

    if (!split_address(p->vpcd, host, &port))
        return fail(p->vpcd, XK_E_VALUE);
    while (!stopped) {
        struct vpcd v;
        enum xk_err err = vpcd_open(&v, host, port);

        if (err == XK_OK) {
            xk_log(XK_LOG_INFO, "card.inserted reader=%s:%s", host, port);
            wait = RECONNECT_MS_MIN;
            err = serve_connection(p, &v, mask);
            vpcd_close(&v);
            xk_log(XK_LOG_INFO, "card.removed reason=\"%s\"",
                   stopped ? "stopped" : xk_err_text(err));
        }
        if (err == XK_E_IO)
            xk_log(XK_LOG_DEBUG, "card.no_reader reader=%s:%s", host, port);
        if (!stopped)
            wait_ms(wait, mask);
        wait = next_wait(wait);
    }
    return 0;
}

/* Signals are let in only while waiting, so that none is missed. */
static void catch_stop(sigset_t *waiting)
{
    const struct sigaction stop = {.sa_handler = on_stop};
    sigset_t both;

    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, waiting);
    sigdelset(waiting, SIGTERM);
    sigdelset(waiting, SIGINT);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
}

static int run(struct program *p)
{
    sigset_t waiting;

    switch (p->mode) {
    case MODE_STATE:
        return p->euicc ? show_euicc(p) : show_state(p);
    case MODE_SCRIPT:
        return run_script(p);
    case MODE_VPCD:
        catch_stop(&waiting);
        return run_vpcd(p, &waiting);
    }
    return 1;
}

enum option_id {
    OPT_NVM = 256,
    OPT_NEW,
    OPT_PERSONALISATION,
    OPT_CID,
    OPT_ICCID,
    OPT_IMSI,
    OPT_MSISDN,
    OPT_VPCD,
    OPT_SCRIPT,
    OPT_STATE,
    OPT_TRACE,
    OPT_EUICC,
    OPT_PKI,
    OPT_EID,
    OPT_CARDS,
    OPT_DEFAULT_DP,
    OPT_ROOT_DS,
    OPT_RULES_OF,
    OPT_SAMPLE,
    OPT_VERSION,
    OPT_HELP,
};

static const struct option long_options[] = {
    {"nvm", required_argument, NULL, OPT_NVM},
    {"new", no_argument, NULL, OPT_NEW},
    {"personalisation", required_argument, NULL, OPT_PERSONALISATION},
    {"cid", required_argument, NULL, OPT_CID},
    {"iccid", required_argument, NULL, OPT_ICCID},
    {"imsi", required_argument, NULL, OPT_IMSI},
    {"msisdn", required_argument, NULL, OPT_MSISDN},
    {"vpcd", required_argument, NULL, OPT_VPCD},
    {"script", no_argument, NULL, OPT_SCRIPT},
    {"state", no_argument, NULL, OPT_STATE},
    {"trace", no_argument, NULL, OPT_TRACE},
    {"euicc", no_argument, NULL, OPT_EUICC},
    {"pki", required_argument, NULL, OPT_PKI},
    {"eid", required_argument, NULL, OPT_EID},
    {"cards", required_argument, NULL, OPT_CARDS},
    {"default-dp", required_argument, NULL, OPT_DEFAULT_DP},
    {"root-ds", required_argument, NULL, OPT_ROOT_DS},
    {"rules-of", required_argument, NULL, OPT_RULES_OF},
    {"sample-personalisation", no_argument, NULL, OPT_SAMPLE},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

static int print_sample(void)
{
    struct buf b;

    buf_init(&b, (size_t)1 << 16);
    personalise_sample(&b);
    fputs(buf_cstr(&b), stdout);
    buf_fini(&b);
    return 0;
}

static int print_usage(void)
{
    usage(stdout);
    return 0;
}

/* Where an option's value goes; NULL: it has none, or is a switch. */
static const char **value_of(struct program *p, int option)
{
    switch (option) {
    case OPT_NVM:
        return &p->nvm;
    case OPT_PERSONALISATION:
        return &p->personalisation;
    case OPT_CID:
        return &p->overrides.cid;
    case OPT_ICCID:
        return &p->overrides.iccid;
    case OPT_IMSI:
        return &p->overrides.imsi;
    case OPT_MSISDN:
        return &p->overrides.msisdn;
    case OPT_VPCD:
        return &p->vpcd;
    case OPT_PKI:
        return &p->sources.pki;
    case OPT_EID:
        return &p->sources.eid;
    case OPT_CARDS:
        return &p->cards;
    case OPT_DEFAULT_DP:
        return &p->sources.default_dp;
    case OPT_ROOT_DS:
        return &p->sources.root_ds;
    case OPT_RULES_OF:
        return &p->sources.rules_of;
    default:
        return NULL;
    }
}

/* -1: go on; else the exit status */
static int take_option(struct program *p, int option)
{
    const char **value = value_of(p, option);

    if (value) {
        *value = optarg;
        return -1;
    }
    switch (option) {
    case OPT_NEW:
        p->new = true;
        return -1;
    case OPT_SCRIPT:
        p->mode = MODE_SCRIPT;
        return -1;
    case OPT_STATE:
        p->mode = MODE_STATE;
        return -1;
    case OPT_TRACE:
        p->trace = true;
        return -1;
    case OPT_EUICC:
        p->is_euicc = true;
        return -1;
    case OPT_SAMPLE:
        return print_sample();
    case OPT_VERSION:
        return puts("xieka-card " XIEKA_VERSION) < 0;
    case OPT_HELP:
        return print_usage();
    default:
        usage(stderr);
        return 2;
    }
}

int main(int argc, char **argv)
{
    struct program p = {
        .vpcd = "127.0.0.1:" VPCD_PORT, .file = {.fd = -1}, .flash = {.fd = -1, .fresh = -1}};
    int option, status;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        status = take_option(&p, option);
        if (status >= 0)
            return status;
    }
    if (optind < argc || (p.cards && !p.is_euicc)) {
        usage(stderr);
        return 2;
    }
    if (p.cards)
        return make_batch(&p.sources, p.cards);
    status = open_card(&p);
    if (status == 0)
        status = run(&p);
    close_card(&p);
    return status;
}
