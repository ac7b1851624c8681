/* SPDX-License-Identifier: Apache-2.0 */
/* pki init, dp, ds, euicc, request, revoke, show: nothing is asked of the platform. */
#include "base/clock.h"
#include "base/hex.h"
#include "crypto/hsm.h"
#include "crypto/random.h"
#include "prog/pki/maker.h"
#include "prog/pki/request.h"
#include "prog/pki/show.h"
#include "prog/xieka/cli.h"
#include "prog/xieka/table.h"

#define WHY_MAX 2048
#define FILES_MAX ((size_t)64 << 20)
#define CA_FILE_MAX ((size_t)65536)
#define COUNT_MAX 100000
#define SHOWN_MAX 16384

struct job {
    struct maker m;
    char mem[WHY_MAX];
    struct buf files, why;
};

static bool read_curves(const struct cli *c, unsigned *out)
{
    const char *text = cli_option(c, OPT_CURVE);

    *out = MAKER_CURVES_ALL;
    if (!text || strcmp(text, "both") == 0)
        return true;
    *out = strcmp(text, "nist") == 0        ? MAKER_CURVE(EC_P256)
           : strcmp(text, "brainpool") == 0 ? MAKER_CURVE(EC_BRAINPOOL_P256R1)
                                            : 0;
    return *out != 0;
}

static int job_open(struct cli *c, struct job *j)
{
    const char *cert = cli_option(c, OPT_CA_CERT);
    const char *key = cli_option(c, OPT_CA_KEY);

    *j = (struct job){.m = {.dir = c->args.operand[0],
                            .now = xk_now(xk_clock_system()),
                            .rand = random_openssl(),
                            .files = &j->files,
                            .why = &j->why}};
    buf_init(&j->files, FILES_MAX);
    buf_init_fixed(&j->why, j->mem, sizeof j->mem);
    if (!read_curves(c, &j->m.curves))
        return cli_fail(
            EXIT_USAGE, "%s",
            cli_say(c, "--curve 为 nist、brainpool 或 both", "--curve is nist, brainpool or both"));
    if (cert && !cli_read_file(c, cert, CA_FILE_MAX, &j->m.ca_cert))
        return EXIT_USAGE;
    if (key && hsm_is_uri(bytes_cstr(key)))
        j->m.ca_key = bytes_cstr(key);
    else if (key && !cli_read_file(c, key, CA_FILE_MAX, &j->m.ca_key))
        return EXIT_USAGE;
    return EXIT_DONE;
}

/* The files written: a line each, or {"files":[...]}. */
static int print_files(const struct cli *c, struct buf *files)
{
    struct bytes rest = buf_bytes(files);
    struct json_out o;
    struct buf b;

    if (!c->json) {
        fputs(buf_cstr(files), stdout);
        return EXIT_DONE;
    }
    buf_init(&b, FILES_MAX);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_open_array(&o, "files");
    for (const uint8_t *end; rest.n > 0 && (end = memchr(rest.p, '\n', rest.n)) != NULL;
         rest = bytes_part(rest, (size_t)(end - rest.p) + 1, rest.n))
        json_put_bytes_text(&o, NULL, BYTES(rest.p, (size_t)(end - rest.p)));
    json_close_array(&o);
    json_close_object(&o);
    puts(buf_cstr(&b));
    buf_fini(&b);
    return EXIT_DONE;
}

static bool is_users_fault(enum xk_err err)
{
    return err == XK_E_VALUE || err == XK_E_FORMAT || err == XK_E_UNSUPPORTED ||
           err == XK_E_EXISTS || err == XK_E_NOT_FOUND;
}

/* What had been written before trouble is told, too. */
static int job_close(const struct cli *c, struct job *j, enum xk_err err)
{
    int code = EXIT_DONE;

    if (err == XK_OK || !c->json)
        code = print_files(c, &j->files);
    if (err != XK_OK)
        code = cli_fail(is_users_fault(err) ? EXIT_USAGE : EXIT_FAILED, "%s",
                        j->why.n > 0 ? buf_cstr(&j->why) : xk_err_text(err));
    buf_fini(&j->files);
    return code;
}

int cmd_pki_init(struct cli *c)
{
    struct job j;
    int code = job_open(c, &j);

    return code == EXIT_DONE ? job_close(c, &j, maker_init(&j.m)) : code;
}

static int make_server(struct cli *c, enum maker_server what)
{
    const char *fqdn = cli_option(c, OPT_FQDN);
    const char *oid = cli_option(c, OPT_OID);
    struct job j;
    int code;

    if (!fqdn || !oid)
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "需要 --fqdn 与 --oid", "--fqdn and --oid are wanted"));
    code = job_open(c, &j);
    return code == EXIT_DONE ? job_close(c, &j, maker_server(&j.m, what, fqdn, oid)) : code;
}

int cmd_pki_dp(struct cli *c)
{
    return make_server(c, MAKER_DP);
}

int cmd_pki_ds(struct cli *c)
{
    return make_server(c, MAKER_DS);
}

static bool read_count(const struct cli *c, size_t *out)
{
    const char *text = cli_option(c, OPT_COUNT);
    char *end;
    unsigned long n = text ? strtoul(text, &end, 10) : 1;

    *out = n;
    return !text || (*text >= '1' && *text <= '9' && *end == '\0' && n <= COUNT_MAX);
}

int cmd_pki_euicc(struct cli *c)
{
    const char *eid = cli_option(c, OPT_EID);
    const char *first = cli_option(c, OPT_FIRST_EID);
    struct job j;
    size_t count;
    int code;

    if (!read_count(c, &count) || !eid == !first || (eid && cli_option(c, OPT_COUNT)))
        return cli_fail(EXIT_USAGE, "%s",
                        cli_say(c, "pki euicc 需要 --eid,或 --first-eid 与 --count",
                                "pki euicc wants --eid, or --first-eid and --count"));
    code = job_open(c, &j);
    return code == EXIT_DONE ? job_close(c, &j, maker_euicc(&j.m, eid ? eid : first, count)) : code;
}

int cmd_pki_revoke(struct cli *c)
{
    struct bytes cert;
    struct job j;
    int code = job_open(c, &j);

    if (code == EXIT_DONE && !cli_read_file(c, c->args.operand[1], CA_FILE_MAX, &cert))
        code = EXIT_USAGE;
    return code == EXIT_DONE ? job_close(c, &j, maker_revoke(&j.m, cert)) : code;
}

/* --- request --- */

static int print_request(const struct cli *c, const struct ec_key *key, struct buf *why)
{
    const struct request_wish wish = {.role = c->args.operand[0],
                                      .common_name = cli_option(c, OPT_NAME),
                                      .organization = cli_option(c, OPT_OWNER),
                                      .oid = cli_option(c, OPT_OID),
                                      .host = cli_option(c, OPT_FQDN)};
    char mem[SHOWN_MAX];
    struct buf pem;
    enum xk_err err;

    buf_init_fixed(&pem, mem, sizeof mem);
    err = request_make(&wish, key, &pem, why);
    if (err != XK_OK)
        return cli_fail(is_users_fault(err) ? EXIT_USAGE : EXIT_FAILED, "%s",
                        why->n > 0 ? buf_cstr(why) : xk_err_text(err));
    fputs(buf_cstr(&pem), stdout);
    return EXIT_DONE;
}

int cmd_pki_request(struct cli *c)
{
    struct bytes file = bytes_cstr(c->args.operand[1]);
    struct ec_key *key = NULL;
    char mem[WHY_MAX];
    struct buf why;
    int code;

    if (!cli_option(c, OPT_NAME) || !cli_option(c, OPT_OID))
        return cli_fail(
            EXIT_USAGE, "%s",
            cli_say(c, "pki request 需要 --name 与 --oid", "pki request wants --name and --oid"));
    if (!hsm_is_uri(file) && !cli_read_file(c, c->args.operand[1], CA_FILE_MAX, &file))
        return EXIT_USAGE;
    buf_init_fixed(&why, mem, sizeof mem);
    if (hsm_key_read(file, &key, &why) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s: %s", c->args.operand[1], buf_cstr(&why));
    code = print_request(c, key, &why);
    ec_key_free(key);
    return code;
}

/* --- show --- */

/* One fact: a row of the table, or a member of the object. */
struct facts {
    const struct cli *c;
    struct table *t;
    struct json_out *o;
};

static void fact(const struct facts *f, const char *member, const char *zh, const char *en,
                 const char *value)
{
    if (!value || value[0] == '\0')
        return;
    if (f->o)
        json_put_text(f->o, member, value);
    else
        table_fact(f->t, cli_say(f->c, zh, en), value);
}

static void fact_bytes(const struct facts *f, const char *member, const char *zh, const char *en,
                       struct bytes text)
{
    char value[512];

    if (bytes_to_cstr(text, value, sizeof value))
        fact(f, member, zh, en, value);
}

static void fact_hex(const struct facts *f, const char *member, const char *zh, const char *en,
                     struct bytes raw)
{
    char value[HEX_LEN(64)];

    if (raw.n <= 64)
        fact(f, member, zh, en, hex_encode(raw, value));
}

static void fact_time(const struct facts *f, const char *member, const char *zh, const char *en,
                      int64_t ms)
{
    char value[XK_TIME_TEXT_MAX];

    fact(f, member, zh, en, xk_time_format(ms, value));
}

static void fact_oid(const struct facts *f, const char *member, const char *zh, const char *en,
                     struct bytes oid)
{
    char value[X509_OID_TEXT_MAX];

    if (oid.n > 0 && x509_oid_format(oid, value) == XK_OK)
        fact(f, member, zh, en, value);
}

static void put_usage(const struct facts *f, const struct x509_cert *cert)
{
    char value[128];

    snprintf(value, sizeof value, "%s%s%s%s",
             cert->key_usage & CERT_KU_DIGITAL_SIGNATURE ? "digitalSignature " : "",
             cert->key_usage & CERT_KU_CERT_SIGN ? "keyCertSign " : "",
             cert->key_usage & CERT_KU_CRL_SIGN ? "cRLSign " : "",
             cert->extended_key_usage & CERT_EKU_SERVER ? "serverAuth " : "");
    value[strlen(value) > 0 ? strlen(value) - 1 : 0] = '\0';
    fact(f, "keyUsage", "密钥用途", "key usage", value);
}

static void put_names(const struct facts *f, const struct x509_cert *cert)
{
    uint8_t eid[X509_EID_LEN];
    struct bytes host;
    size_t at = 0;

    fact_bytes(f, "commonName", "名称", "common name", cert->common_name);
    fact_bytes(f, "organization", "组织", "organisation", cert->organization);
    if (x509_eid(cert, eid) == XK_OK)
        fact_hex(f, "eid", "EID", "EID", BYTES_OF(eid));
    fact_oid(f, "oid", "OID", "registered ID", cert->registered_id);
    if (x509_each_dns_name(cert, &at, &host))
        fact_bytes(f, "host", "主机名", "host name", host);
}

static void put_verdict(const struct facts *f, const struct shown *s)
{
    char value[256];

    if (!s->checked) {
        fact(f, "verdict", "证书链", "chain",
             f->o ? "UNCHECKED" : cli_say(f->c, "未找到签发者", "its issuer was not found"));
        return;
    }
    if (f->o) {
        fact(f, "verdict", "", "", x509_verdict_name(s->verdict));
        fact(f, "verdictAt", "", "", s->at);
        return;
    }
    snprintf(value, sizeof value, "%s%s%s", x509_verdict_text(s->verdict),
             s->verdict == CHAIN_GOOD ? "" : ": ", s->verdict == CHAIN_GOOD ? "" : s->at);
    fact(f, "verdict", "证书链", "chain", value);
}

static void put_cert(const struct facts *f, const struct shown *s)
{
    const struct x509_cert *cert = &s->cert;
    char role[64];

    snprintf(role, sizeof role, "%s%s", x509_role_name(cert->role),
             cert->generation == CERT_V3 ? " (v3)" : "");
    fact(f, "role", "角色", "role", role);
    put_names(f, cert);
    fact_hex(f, "serial", "序列号", "serial", cert->serial);
    fact(f, "curve", "曲线", "curve", ec_curve_name(cert->curve));
    fact_time(f, "notBefore", "生效", "not before", cert->not_before);
    fact_time(f, "notAfter", "失效", "not after", cert->not_after);
    put_usage(f, cert);
    fact_hex(f, "ski", "SKI", "subject key id", cert->ski);
    fact_hex(f, "aki", "AKI", "authority key id", cert->aki);
    put_verdict(f, s);
}

static void put_crl(const struct facts *f, const struct shown *s)
{
    struct x509_revoked entry;
    char count[32];
    size_t at = 0, n = 0;

    while (x509_crl_each(&s->crl, &at, &entry))
        n++;
    snprintf(count, sizeof count, "%zu", n);
    fact(f, "role", "角色", "role", "CRL");
    fact_hex(f, "number", "编号", "number", s->crl.number);
    fact_time(f, "thisUpdate", "发布", "this update", s->crl.this_update);
    if (s->crl.next_update)
        fact_time(f, "nextUpdate", "下次发布", "next update", s->crl.next_update);
    fact(f, "revoked", "吊销数", "certificates revoked", count);
    fact_hex(f, "aki", "AKI", "authority key id", s->crl.aki);
}

static void put_shown(const struct facts *f, const struct shown *s)
{
    switch (s->kind) {
    case SHOWN_CERT:
        put_cert(f, s);
        break;
    case SHOWN_CRL:
        put_crl(f, s);
        break;
    case SHOWN_KEY:
        fact(f, "role", "角色", "role", cli_say(f->c, "私钥", "private key"));
        fact(f, "curve", "曲线", "curve", ec_curve_name(s->curve));
        fact_hex(f, "ski", "SKI", "subject key id", BYTES_OF(s->key_id));
        break;
    }
}

static int print_shown_json(const struct cli *c, const struct shown *s)
{
    struct json_out o;
    struct buf b;
    const struct facts f = {.c = c, .o = &o};

    buf_init(&b, SHOWN_MAX);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    put_shown(&f, s);
    json_close_object(&o);
    puts(buf_cstr(&b));
    buf_fini(&b);
    return EXIT_DONE;
}

static int print_shown(const struct cli *c, const struct shown *s)
{
    const struct facts f = {.c = c, .t = table_new_facts(c)};

    put_shown(&f, s);
    return table_end(f.t);
}

/* EXIT_FAILED for a chain that does not hold, so that scripts can ask. */
int cmd_pki_show(struct cli *c)
{
    char mem[WHY_MAX];
    struct shown s;
    struct buf why;
    int code;

    buf_init_fixed(&why, mem, sizeof mem);
    if (shown_open(c->args.operand[0], cli_option(c, OPT_CA_CERT), xk_now(xk_clock_system()), &s,
                   &why) != XK_OK)
        return cli_fail(EXIT_USAGE, "%s", buf_cstr(&why));
    code = c->json ? print_shown_json(c, &s) : print_shown(c, &s);
    if (code == EXIT_DONE && s.checked && s.verdict != CHAIN_GOOD)
        code = EXIT_FAILED;
    shown_close(&s);
    return code;
}
