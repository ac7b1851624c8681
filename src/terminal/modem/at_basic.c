/* SPDX-License-Identifier: Apache-2.0 */
/* Who the terminal is and where it is registered (V.250 6.1, TS 27.007 5, 7, 8, 10.1). */
#include "terminal/modem/at.h"

#define MANUFACTURER "xieka"
#define MODEL "xieka virtual modem"
#define REVISION "1"
#define RSSI_GOOD 21 /* TS 27.007 8.5: -71 dBm */
#define RSSI_UNKNOWN 99
#define FUNCTIONALITY_NONE 0
#define FUNCTIONALITY_FULL 1
#define FUNCTIONALITY_NO_RADIO 4
#define FUNCTIONALITY_RESET 15 /* as several makers have it: the same as 1,1 */
#define ACT_GSM 0              /* TS 27.007 7.3 <AcT> */
#define ACT_EUTRAN 7
#define ACT_NB_IOT 9

enum area { AREA_CS, AREA_GPRS, AREA_EPS };

at_result at_nothing(struct modem *m, const struct at_command *c)
{
    (void)m;
    (void)c;
    return AT_OK;
}

static at_result set_flag(const struct at_command *c, bool *flag)
{
    long value;

    if (c->kind != AT_EXECUTE || at_int(c, 0, 0, 0, 1, &value) != XK_OK)
        return AT_ERROR;
    *flag = value == 1;
    return AT_OK;
}

at_result at_echo(struct modem *m, const struct at_command *c)
{
    return set_flag(c, &m->at->echo);
}

at_result at_verbose(struct modem *m, const struct at_command *c)
{
    return set_flag(c, &m->at->verbose);
}

at_result at_quiet(struct modem *m, const struct at_command *c)
{
    return set_flag(c, &m->at->quiet);
}

/* A command that only tells something; "=?" only says that it is there. */
static at_result tell(struct modem *m, const struct at_command *c, const char *text)
{
    if (c->kind == AT_TEST)
        return AT_OK;
    if (c->kind != AT_EXECUTE)
        return AT_ERROR;
    at_text(m, text);
    return AT_OK;
}

at_result at_information(struct modem *m, const struct at_command *c)
{
    return tell(m, c, MANUFACTURER "\r\n" MODEL "\r\nRevision: " REVISION);
}

at_result at_manufacturer(struct modem *m, const struct at_command *c)
{
    return tell(m, c, MANUFACTURER);
}

at_result at_model(struct modem *m, const struct at_command *c)
{
    return tell(m, c, MODEL);
}

at_result at_revision(struct modem *m, const struct at_command *c)
{
    return tell(m, c, REVISION);
}

/* TS 27.007 5.4: 0 serial number, 1 IMEI, 2 IMEISV */
at_result at_serial(struct modem *m, const struct at_command *c)
{
    long snt;

    if (c->kind != AT_SET)
        return tell(m, c, m->config.imei);
    if (!at_number(c, 0, 0, 2, &snt))
        return CME_BAD_PARAMETERS;
    at_line(m, "+CGSN: \"%s\"", snt == 2 ? m->config.imeisv : m->config.imei);
    return AT_OK;
}

at_result at_error_format(struct modem *m, const struct at_command *c)
{
    long n;

    if (c->kind == AT_TEST)
        at_text(m, "+CMEE: (0-2)");
    else if (c->kind == AT_READ)
        at_line(m, "+CMEE: %d", m->at->cmee);
    else if (c->kind == AT_SET && at_number(c, 0, 0, 2, &n))
        m->at->cmee = (uint8_t)n;
    else
        return CME_BAD_PARAMETERS;
    return AT_OK;
}

/* ---- +CFUN (TS 27.007 8.2) ---- */

static at_result set_functionality(struct modem *m, long fun, long reset)
{
    if (fun == FUNCTIONALITY_RESET || (fun == FUNCTIONALITY_FULL && reset)) {
        m->at->restart = true;
        return AT_OK;
    }
    m->at->functionality = (uint8_t)fun;
    modem_emm_radio(m, fun == FUNCTIONALITY_FULL);
    if (fun == FUNCTIONALITY_NONE)
        modem_card_off(m);
    else if (m->card.state == CARD_OFF)
        modem_card_start(m);
    modem_at_registration(m);
    return AT_OK;
}

at_result at_functionality(struct modem *m, const struct at_command *c)
{
    long fun, reset;

    if (c->kind == AT_TEST) {
        at_text(m, "+CFUN: (0,1,4,15),(0,1)");
        return AT_OK;
    }
    if (c->kind == AT_READ) {
        at_line(m, "+CFUN: %d", m->at->functionality);
        return AT_OK;
    }
    if (c->kind != AT_SET || !at_number(c, 0, 0, 15, &fun) ||
        at_int(c, 1, 0, 0, 1, &reset) != XK_OK)
        return CME_BAD_PARAMETERS;
    if (fun != FUNCTIONALITY_NONE && fun != FUNCTIONALITY_FULL && fun != FUNCTIONALITY_NO_RADIO &&
        fun != FUNCTIONALITY_RESET)
        return CME_NOT_SUPPORTED;
    return set_functionality(m, fun, reset);
}

at_result at_signal(struct modem *m, const struct at_command *c)
{
    bool heard = m->emm.cell.known && m->emm.radio_on;

    if (c->kind == AT_TEST)
        at_text(m, "+CSQ: (0-31,99),(0-7,99)");
    else if (c->kind == AT_EXECUTE)
        at_line(m, "+CSQ: %d,99", heard ? RSSI_GOOD : RSSI_UNKNOWN);
    else
        return AT_ERROR;
    return AT_OK;
}

/* ---- +CREG, +CGREG, +CEREG (7.2, 10.1.20, 10.1.22) ---- */

static const char *const area_names[] = {"+CREG", "+CGREG", "+CEREG"};

static enum area area_of(const struct at_command *c)
{
    return c->name[2] == 'G' ? AREA_GPRS : c->name[2] == 'E' ? AREA_EPS : AREA_CS;
}

/* Short messages make an EPS attach a combined one, so CS follows everywhere. */
static enum modem_registration stat_of(const struct modem *m, enum area area)
{
    bool gsm = m->config.rat == AIR_GSM;

    if ((area == AREA_GPRS && !gsm) || (area == AREA_EPS && gsm))
        return MODEM_NOT_REGISTERED;
    return modem_registration(m);
}

static int access_technology(const struct modem *m)
{
    if (m->config.rat == AIR_GSM)
        return ACT_GSM;
    return m->config.rat == AIR_NB_IOT ? ACT_NB_IOT : ACT_EUTRAN;
}

static void put_registration(struct modem *m, enum area area, const char *head, bool place)
{
    enum modem_registration stat = stat_of(m, area);

    if (place && (stat == MODEM_REGISTERED_HOME || stat == MODEM_REGISTERED_ROAMING))
        at_line(m, "%s: %s%d,\"%04X\",\"%08X\",%d", area_names[area], head, stat, m->emm.camped.lac,
                (unsigned)m->emm.camped.cell, access_technology(m));
    else
        at_line(m, "%s: %s%d", area_names[area], head, stat);
}

at_result at_registration(struct modem *m, const struct at_command *c)
{
    enum area area = area_of(c);
    uint8_t *reporting = &m->at->reporting[area];
    char head[8];
    long n;

    if (c->kind == AT_TEST) {
        at_line(m, "%s: (0-2)", area_names[area]);
    } else if (c->kind == AT_READ) {
        snprintf(head, sizeof head, "%d,", *reporting);
        put_registration(m, area, head, *reporting == 2);
    } else if (c->kind == AT_SET && at_number(c, 0, 0, 2, &n)) {
        *reporting = (uint8_t)n;
    } else {
        return CME_BAD_PARAMETERS;
    }
    return AT_OK;
}

static bool same_place(const struct modem_cell *a, const struct modem_cell *b)
{
    return a->lac == b->lac && a->cell == b->cell;
}

/* The unsolicited results: on a change of <stat>, with <n> = 2 also of the cell */
void modem_at_registration(struct modem *m)
{
    struct modem_at *a = m->at;
    enum modem_registration now = modem_registration(m);
    bool moved;

    if (!a)
        return;
    moved = !same_place(&a->told_cell, &m->emm.camped);
    for (unsigned area = AREA_CS; area <= AREA_EPS; area++) {
        bool news = a->told != now || (a->reporting[area] == 2 && moved);
        bool ours = area == AREA_CS || (area == AREA_GPRS) == (m->config.rat == AIR_GSM);

        if (news && ours && a->reporting[area])
            put_registration(m, (enum area)area, "", a->reporting[area] == 2);
    }
    a->told = now;
    a->told_cell = m->emm.camped;
}

/* ---- +COPS (7.3) ---- */

#define COPS_AUTOMATIC 0
#define COPS_MANUAL 1
#define COPS_DEREGISTER 2
#define COPS_FORMAT 3
#define COPS_MANUAL_AUTOMATIC 4

static at_result read_operator(struct modem *m)
{
    enum modem_registration r = modem_registration(m);

    if (r == MODEM_REGISTERED_HOME || r == MODEM_REGISTERED_ROAMING)
        at_line(m, "+COPS: %d,%d,\"%s\",%d", m->at->operator_mode, m->at->operator_format,
                m->emm.camped.plmn, access_technology(m));
    else
        at_line(m, "+COPS: %d", m->at->operator_mode);
    return AT_OK;
}

/* The one cell there is */
static at_result list_operators(struct modem *m)
{
    const struct modem_cell *cell = &m->emm.cell;
    int stat = modem_forbidden(m, cell->plmn) ? 3 : m->emm.state == EMM_REGISTERED ? 2 : 1;

    if (cell->known && m->emm.radio_on)
        at_line(m, "+COPS: (%d,\"%s\",\"%s\",\"%s\",%d),,(0-4),(0-2)", stat, cell->plmn, cell->plmn,
                cell->plmn, access_technology(m));
    else
        at_text(m, "+COPS: ,,(0-4),(0-2)");
    return AT_OK;
}

static at_result choose_operator(struct modem *m, const struct at_command *c, long mode)
{
    char plmn[8];

    if (!at_quoted(c, 2, plmn, sizeof plmn))
        return CME_BAD_PARAMETERS;
    if (mode == COPS_MANUAL && (!m->emm.cell.known || strcmp(plmn, m->emm.cell.plmn) != 0))
        return CME_NO_NETWORK;
    return AT_OK;
}

static at_result set_operator(struct modem *m, const struct at_command *c)
{
    at_result result = AT_OK;
    long mode, format;

    if (!at_number(c, 0, COPS_AUTOMATIC, COPS_MANUAL_AUTOMATIC, &mode) ||
        at_int(c, 1, m->at->operator_format, 0, 2, &format) != XK_OK)
        return CME_BAD_PARAMETERS;
    if (m->at->functionality != FUNCTIONALITY_FULL)
        return CME_NOT_ALLOWED;
    if (mode == COPS_MANUAL || mode == COPS_MANUAL_AUTOMATIC)
        result = choose_operator(m, c, mode);
    if (result != AT_OK)
        return result;
    m->at->operator_format = (uint8_t)format;
    if (mode == COPS_FORMAT)
        return AT_OK;
    m->at->operator_mode = (uint8_t)mode;
    modem_emm_radio(m, mode != COPS_DEREGISTER);
    return AT_OK;
}

at_result at_operator(struct modem *m, const struct at_command *c)
{
    if (c->kind == AT_READ)
        return read_operator(m);
    if (c->kind == AT_TEST)
        return list_operators(m);
    return c->kind == AT_SET ? set_operator(m, c) : CME_BAD_PARAMETERS;
}
