/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rsp/activation_code.h"

#include <ctype.h>

#define LABEL_MAX 63
#define HOST_MAX 253
#define PORT_MAX 65535
#define ARC_DIGITS_MAX 39 /* of 2^128: UUIDs are arcs of 2.25 */
#define FORMAT_LEN 1      /* AC_Format */

static const struct bytes prefix = {.p = (const uint8_t *)"lpa:", .n = 4};

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The part up to the next separator, which goes too; more is false when there was none. */
static struct bytes next_part(struct bytes *text, char separator, bool *more)
{
    const uint8_t *end = text->n ? memchr(text->p, separator, text->n) : NULL;
    struct bytes part = *text;

    *more = end != NULL;
    if (end)
        part.n = (size_t)(end - text->p);
    *text = bytes_part(*text, part.n + (end ? 1 : 0), text->n);
    return part;
}

static bool is_label(struct bytes label)
{
    if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_letter_or_digit(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

static bool is_port(struct bytes port)
{
    unsigned value = 0;

    if (port.n == 0 || port.n > 5)
        return false;
    for (size_t i = 0; i < port.n; i++) {
        if (!is_digit(port.p[i]))
            return false;
        value = 10 * value + (port.p[i] - '0');
    }
    return value > 0 && value <= PORT_MAX;
}

bool rsp_address_is_valid(struct bytes address)
{
    bool has_port, more;
    struct bytes host = next_part(&address, ':', &has_port);

    if (host.n > HOST_MAX || (has_port && !is_port(address)))
        return false;
    do {
        if (!is_label(next_part(&host, '.', &more)))
            return false;
    } while (more);
    return true;
}

static bool is_token(struct bytes token)
{
    for (size_t i = 0; i < token.n; i++)
        if (!is_letter_or_digit(token.p[i]) && token.p[i] != '-')
            return false;
    return true;
}

static bool is_arc(struct bytes arc)
{
    if (arc.n == 0 || arc.n > ARC_DIGITS_MAX || (arc.n > 1 && arc.p[0] == '0'))
        return false;
    for (size_t i = 0; i < arc.n; i++)
        if (!is_digit(arc.p[i]))
            return false;
    return true;
}

/* X.660: the first arc is 0, 1 or 2; below 0 and 1 there are forty */
static bool is_oid(struct bytes oid)
{
    struct bytes arc[2] = {BYTES_NONE, BYTES_NONE};
    size_t arcs = 0;
    bool more;

    do {
        struct bytes one = next_part(&oid, '.', &more);

        if (!is_arc(one))
            return false;
        if (arcs < 2)
            arc[arcs] = one;
        arcs++;
    } while (more);
    if (arcs < 2 || arc[0].n != 1 || arc[0].p[0] > '2')
        return false;
    return arc[0].p[0] == '2' || arc[1].n == 1 || (arc[1].n == 2 && arc[1].p[0] <= '3');
}

/* "1.example.com-2B0" is what a shell leaves of 1$rsp.example.com$F-2B0; a lone $ at the end it
 * leaves alone. No digit: that would be another version. */
static bool shell_was_here(struct bytes text)
{
    if (text.n < FORMAT_LEN || text.p[0] != '1')
        return false;
    if (!memchr(text.p, '$', text.n))
        return true;
    return text.n > FORMAT_LEN && text.p[FORMAT_LEN] != '$' && !isdigit(text.p[FORMAT_LEN]);
}

static enum rsp_activation_verdict check(struct bytes address, struct bytes token, struct bytes oid,
                                         struct bytes flag)
{
    if (!rsp_address_is_valid(address))
        return RSP_ACTIVATION_ADDRESS;
    if (!is_token(token))
        return RSP_ACTIVATION_TOKEN;
    if (oid.n > 0 && !is_oid(oid))
        return RSP_ACTIVATION_OID;
    if (flag.n > 1 || (flag.n == 1 && flag.p[0] != '1'))
        return RSP_ACTIVATION_FLAG;
    return RSP_ACTIVATION_OK;
}

/* Fits: no field is longer than the code. */
static void keep(struct bytes field, char *out)
{
    if (field.n > 0)
        memcpy(out, field.p, field.n);
    out[field.n] = '\0';
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

static enum rsp_activation_verdict decode_fields(struct bytes text, struct rsp_activation_code *out)
{
    enum rsp_activation_verdict verdict;
    bool more;
    struct bytes format, address, token, oid, flag;

    if (shell_was_here(text))
        return RSP_ACTIVATION_SHELL;
    format = next_part(&text, '$', &more);
    if (!more || format.n != FORMAT_LEN || format.p[0] != '1')
        return RSP_ACTIVATION_VERSION;
    address = next_part(&text, '$', &more);
    if (!more)
        return rsp_address_is_valid(address) ? RSP_ACTIVATION_NO_TOKEN : RSP_ACTIVATION_ADDRESS;
    token = next_part(&text, '$', &more);
    oid = next_part(&text, '$', &more);
    flag = next_part(&text, '$', &more);
    verdict = check(address, token, oid, flag);
    if (verdict != RSP_ACTIVATION_OK)
        return verdict;
    keep(address, out->address);
    lower(out->address);
    keep(token, out->matching_id);
    keep(oid, out->smdp_oid);
    out->confirmation_code = flag.n == 1;
    return RSP_ACTIVATION_OK;
}

enum rsp_activation_verdict rsp_activation_code_decode(struct bytes text,
                                                       struct rsp_activation_code *out)
{
    char plain[RSP_ACTIVATION_CODE_TEXT];
    size_t n = 0;
    struct bytes code;

    for (size_t i = 0; i < text.n; i++) {
        if (isspace(text.p[i]))
            continue;
        if (n == sizeof plain - 1)
            return RSP_ACTIVATION_TOO_LONG;
        plain[n++] = (char)text.p[i];
    }
    code = BYTES(plain, n);
    if (n >= prefix.n && strncasecmp(plain, (const char *)prefix.p, prefix.n) == 0)
        code = bytes_part(code, prefix.n, n);
    if (code.n == 0)
        return RSP_ACTIVATION_EMPTY;
    if (code.n > RSP_ACTIVATION_CODE_MAX)
        return RSP_ACTIVATION_TOO_LONG;
    return decode_fields(code, out);
}

enum xk_err rsp_activation_code_encode(const struct rsp_activation_code *code, struct buf *b)
{
    struct bytes address = bytes_cstr(code->address);
    struct bytes token = bytes_cstr(code->matching_id);
    struct bytes oid = bytes_cstr(code->smdp_oid);
    char text[RSP_ACTIVATION_CODE_TEXT];
    int n;

    if (check(address, token, oid, BYTES_NONE) != RSP_ACTIVATION_OK)
        return XK_E_VALUE;
    n = snprintf(text, sizeof text, "LPA:1$%s$%s%s%s%s", code->address, code->matching_id,
                 oid.n || code->confirmation_code ? "$" : "", code->smdp_oid,
                 code->confirmation_code ? "$1" : "");
    if (n < 0 || (size_t)n >= sizeof text)
        return XK_E_LIMIT;
    buf_put(b, text, (size_t)n);
    return buf_ok(b);
}

const char *rsp_activation_verdict_text(enum rsp_activation_verdict verdict)
{
    static const char *const texts[] = {
#define ACTIVATION(name, zh, en) [RSP_ACTIVATION_##name] = en,
#include "codec/rsp/activation_code.def"
#undef ACTIVATION
    };

    return (size_t)verdict < ARRAY_LEN(texts) ? texts[verdict] : "?";
}
