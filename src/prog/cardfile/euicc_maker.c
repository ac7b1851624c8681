/* SPDX-License-Identifier: Apache-2.0 */
/* What the maker of an eUICC puts in, out of the files that `xieka pki` writes: certificates and
 * keys of this EID under every CI there is in the directory. */
#include "crypto/x509.h"
#include "prog/cardfile/cardfile.h"

#define FILE_MAX_LEN 65536
#define PATH_MAX_LEN 1024
#define KINDS 2

static const char *const kinds[KINDS] = {"NIST", "BRP"};

static enum xk_err read_file(struct arena *arena, const char *path, struct bytes *out)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = arena_alloc(arena, FILE_MAX_LEN);
    size_t n;

    if (!f)
        return XK_E_NOT_FOUND;
    if (!p) {
        fclose(f);
        return XK_E_NOMEM;
    }
    n = fread(p, 1, FILE_MAX_LEN, f);
    fclose(f);
    *out = BYTES(p, n);
    return n < FILE_MAX_LEN ? XK_OK : XK_E_LIMIT;
}

static enum xk_err read_named(const struct euicc_sources *s, const char *format, const char *kind,
                              struct bytes *out)
{
    char path[PATH_MAX_LEN];
    int n = snprintf(path, sizeof path, "%s/%s%s%s", s->pki, format, kind, ".der");

    return n > 0 && n < PATH_MAX_LEN ? read_file(s->arena, path, out) : XK_E_LIMIT;
}

static enum xk_err read_own(const struct euicc_sources *s, const char *what, const char *kind,
                            const char *suffix, struct bytes *out)
{
    char path[PATH_MAX_LEN];
    int n = snprintf(path, sizeof path, "%s/euicc/%s/%s%s%s", s->pki, s->eid, what, kind, suffix);

    return n > 0 && n < PATH_MAX_LEN ? read_file(s->arena, path, out) : XK_E_LIMIT;
}

/* XK_E_NOT_FOUND: nothing of this kind for this EID. */
static enum xk_err read_identity(const struct euicc_sources *s, const char *kind,
                                 struct euicc_identity *id, struct ec_key **key)
{
    struct bytes pem;

    TRY(read_own(s, "CERT_EUICC_ECDSA_", kind, ".der", &id->certificate));
    TRY(read_named(s, "CERT_CI_ECDSA_", kind, &id->ci_certificate));
    TRY(read_named(s, "CERT_EUM_ECDSA_", kind, &id->eum_certificate));
    TRY(read_own(s, "SK_EUICC_ECDSA_", kind, ".pem", &pem));
    TRY(ec_key_read(pem, key));
    id->key = *key;
    return XK_OK;
}

static enum xk_err add_operator(const char *text, size_t n, struct arena *arena,
                                struct rsp_ppar *rule)
{
    uint8_t *mcc_mnc = arena_alloc(arena, RSP_MCC_MNC_LEN);

    if (!mcc_mnc)
        return XK_E_NOMEM;
    if (rule->operators_n == ARRAY_LEN(rule->operators))
        return XK_E_LIMIT;
    TRY(rsp_mcc_mnc_from_text(BYTES(text, n), mcc_mnc));
    rule->operators[rule->operators_n++].mcc_mnc = BYTES(mcc_mnc, RSP_MCC_MNC_LEN);
    return XK_OK;
}

/* SGP.22 2.9.2: whose profiles may have rules, always with consent of the end user. Without a list
 * any operator's, as open cards have it. */
static enum xk_err make_rules(const char *list, struct arena *arena, struct rsp_rat *rat)
{
    static const uint8_t any[] = {0xEE, 0xEE, 0xEE};
    struct rsp_ppar *rule = &rat->rules[0];

    if (list && strcmp(list, "none") == 0)
        return XK_OK;
    rat->n = 1;
    *rule =
        (struct rsp_ppar){.ppr = RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2), .consent_required = true};
    if (!list) {
        rule->operators[rule->operators_n++].mcc_mnc = BYTES_OF(any);
        return XK_OK;
    }
    for (size_t n; *list; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        TRY(add_operator(list, n, arena, rule));
    }
    return XK_OK;
}

enum xk_err euicc_make(const struct euicc_sources *s, const struct flash_port *port,
                       const struct xk_rand *rand, struct euicc **out, const char **why)
{
    struct euicc_personalisation p = {.default_dp = s->default_dp, .root_ds = s->root_ds};
    struct ec_key *keys[KINDS] = {0};
    enum xk_err err = XK_OK;

    *why = "no certificates for this EID in the directory (xieka pki euicc makes them)";
    if (!bytes_to_cstr(bytes_cstr(s->eid), p.eid, sizeof p.eid))
        return XK_E_VALUE;
    for (size_t i = 0; i < KINDS && (err == XK_OK || err == XK_E_NOT_FOUND); i++) {
        err = read_identity(s, kinds[i], &p.identities[p.n_identities], &keys[i]);
        if (err == XK_OK)
            p.n_identities++;
    }
    if (p.n_identities > 0 && make_rules(s->rules_of, s->arena, &p.rat) != XK_OK) {
        *why = "the Rules Authorisation Table: no list of MCC and MNC";
        err = XK_E_VALUE;
    } else if (p.n_identities > 0) {
        err = euicc_manufacture(port, &p, rand, out, why);
    }
    for (size_t i = 0; i < KINDS; i++)
        ec_key_free(keys[i]);
    return err;
}
