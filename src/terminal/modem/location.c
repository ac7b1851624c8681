/* SPDX-License-Identifier: Apache-2.0 */
/* What attaching leaves on the card: location files, keys, forbidden networks (TS 31.102 4.2). */
#include "terminal/modem/core.h"

#define LOCATION_FILE_MAX 33
#define FID_FPLMN 0x6F7B
#define GUTI_TMSI_AT 8 /* GUTI: type, PLMN(3), MME group(2), MME code, then M-TMSI at its end */
#define LAC_DELETED 0xFFFE
#define RAI_RAC 0x01
#define PSLOCI_EPSLOCI_FORBIDDEN 0x02

enum when { GSM_USIM, EPS, NOT_NB_IOT, SIM };

typedef size_t build_fn(const struct modem *m, uint8_t out[LOCATION_FILE_MAX]);

static bool updated(const struct modem *m)
{
    return m->emm.location_status == MODEM_UPDATED;
}

/* LAI or TAI: PLMN(3) and area code(2); deleted unless registered */
static void put_area(const struct modem *m, uint8_t *out)
{
    const struct modem_cell *c = &m->emm.camped;
    uint16_t lac = updated(m) ? c->lac : LAC_DELETED;

    if (!updated(m) || ef_encode_plmn(c->plmn, out) != XK_OK)
        memset(out, 0xFF, EF_PLMN_LEN);
    out[3] = (uint8_t)(lac >> 8);
    out[4] = (uint8_t)lac;
}

static void put_tmsi(const struct modem *m, uint8_t *out)
{
    size_t at = m->emm.camped.rat == AIR_GSM ? 0 : GUTI_TMSI_AT;

    if (updated(m))
        memcpy(out, m->emm.guti + at, 4);
    else
        memset(out, 0xFF, 4);
}

/* TMSI(4) LAI(5) RFU(1) status(1) */
static size_t build_loci(const struct modem *m, uint8_t out[LOCATION_FILE_MAX])
{
    put_tmsi(m, out);
    put_area(m, out + 4);
    out[9] = 0x00;
    out[10] = m->emm.location_status;
    return 11;
}

/* P-TMSI(4) signature(3) RAI(6) status(1) */
static size_t build_psloci(const struct modem *m, uint8_t out[LOCATION_FILE_MAX])
{
    put_tmsi(m, out);
    memset(out + 4, 0xFF, 3);
    put_area(m, out + 7);
    out[12] = RAI_RAC;
    out[13] = m->emm.location_status;
    return 14;
}

/* GUTI(12) last TAI(5) status(1), which knows no "area not allowed" */
static size_t build_epsloci(const struct modem *m, uint8_t out[LOCATION_FILE_MAX])
{
    uint8_t status = m->emm.location_status;

    if (updated(m))
        memcpy(out, m->emm.guti, sizeof m->emm.guti);
    else
        memset(out, 0xFF, sizeof m->emm.guti);
    put_area(m, out + sizeof m->emm.guti);
    out[17] = status > PSLOCI_EPSLOCI_FORBIDDEN ? PSLOCI_EPSLOCI_FORBIDDEN : status;
    return 18;
}

static size_t build_keys(const struct modem *m, uint8_t out[LOCATION_FILE_MAX])
{
    if (!updated(m) || !m->emm.keys_new)
        return 0;
    memcpy(out, m->emm.keys, MODEM_KEYS_LEN);
    return MODEM_KEYS_LEN;
}

static size_t build_kc(const struct modem *m, uint8_t out[LOCATION_FILE_MAX])
{
    if (!updated(m) || !m->emm.kc_new)
        return 0;
    memcpy(out, m->emm.kc, MODEM_KC_LEN);
    return MODEM_KC_LEN;
}

static const struct location_row {
    uint16_t fid;
    enum when when;
    build_fn *build;
} rows[] = {
#define MODEM_LOCATION(name, fid, when, build) {fid, when, build},
#include "terminal/modem/location.def"
#undef MODEM_LOCATION
};

static bool applies(const struct modem *m, enum when when)
{
    bool gsm_radio = m->config.rat == AIR_GSM;

    switch (when) {
    case SIM:
        return m->card.gsm;
    case GSM_USIM:
        return gsm_radio && !m->card.gsm;
    case EPS:
        return !gsm_radio && !m->card.gsm;
    case NOT_NB_IOT:
        return m->config.rat != AIR_NB_IOT;
    }
    return false;
}

void modem_location_save(struct modem *m, uint8_t status)
{
    m->emm.location_status = status;
    modem_want(m, JOB_LOCATION);
}

static void save_next(struct modem *m)
{
    uint8_t data[LOCATION_FILE_MAX];

    for (; m->card.step < ARRAY_LEN(rows); m->card.step++) {
        const struct location_row *row = &rows[m->card.step];
        size_t n = applies(m, row->when) ? row->build(m, data) : 0;

        if (n == 0)
            continue;
        modem_file_update(m, DIR_APP, row->fid, BYTES(data, n));
        explicit_bzero(data, sizeof data);
        return;
    }
    explicit_bzero(m->emm.keys, sizeof m->emm.keys);
    explicit_bzero(m->emm.kc, sizeof m->emm.kc);
    m->emm.keys_new = m->emm.kc_new = false;
    modem_job_done(m);
}

void modem_location_start(struct modem *m)
{
    save_next(m);
}

/* A file that is missing or locked is passed over. */
void modem_location_response(struct modem *m, const struct apdu_response *r)
{
    (void)r;
    m->card.step++;
    save_next(m);
}

/* ---- EF_FPLMN ---- */

bool modem_forbidden(const struct modem *m, const char *plmn)
{
    uint8_t code[EF_PLMN_LEN];

    if (ef_encode_plmn(plmn, code) != XK_OK)
        return false;
    for (size_t i = 0; i < m->card.fplmns; i++)
        if (memcmp(m->card.fplmn[i], code, sizeof code) == 0)
            return true;
    return false;
}

/* TS 31.102 4.2.16: into the first free place; when there is none the oldest falls out. */
void modem_forbid(struct modem *m, const char *plmn)
{
    static const uint8_t unused[EF_PLMN_LEN] = {0xFF, 0xFF, 0xFF};
    struct modem_card *c = &m->card;
    uint8_t code[EF_PLMN_LEN];
    size_t i = 0;

    if (modem_forbidden(m, plmn) || ef_encode_plmn(plmn, code) != XK_OK || c->fplmns == 0)
        return;
    while (i < c->fplmns && memcmp(c->fplmn[i], unused, sizeof unused) != 0)
        i++;
    if (i == c->fplmns) {
        i--;
        memmove(c->fplmn[0], c->fplmn[1], i * sizeof code);
    }
    memcpy(c->fplmn[i], code, sizeof code);
    modem_want(m, JOB_FORBID);
}

void modem_forbid_start(struct modem *m)
{
    modem_file_update(m, DIR_APP, FID_FPLMN,
                      BYTES(m->card.fplmn, m->card.fplmns * sizeof m->card.fplmn[0]));
}

void modem_forbid_response(struct modem *m, const struct apdu_response *r)
{
    (void)r;
    modem_job_done(m);
}
