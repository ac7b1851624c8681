/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hsm.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "crypto/asn.h"
#include "crypto/ecdsa.h"

#define URI_MAX 1024
#define PIN_MAX 256
#define SLOTS_MAX 64
#define SESSIONS_MAX 32 /* kept open; more threads than that open and close their own */
#define VALUE_MAX 256
#define SCHEME "pkcs11:"

struct session {
    CK_SESSION_HANDLE handle;
    CK_OBJECT_HANDLE key; /* the private key, as this session names it */
};

struct hsm_key {
    P11KitUri *uri;
    CK_FUNCTION_LIST *module; /* our own handle on it: initialised and finalised by us */
    CK_SLOT_ID slot;
    char pin[PIN_MAX]; /* secret; "" when nobody logs in */
    pthread_mutex_t lock;
    struct session idle[SESSIONS_MAX];
    size_t idle_n;
};

bool hsm_is_uri(struct bytes text)
{
    return text.n > sizeof SCHEME - 1 && memcmp(text.p, SCHEME, sizeof SCHEME - 1) == 0;
}

/* --- what the URI says --- */

static enum xk_err parse_uri(struct bytes text, P11KitUri **out, struct buf *why)
{
    char copy[URI_MAX];
    P11KitUri *uri = p11_kit_uri_new();

    while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
        text.n--;
    if (!uri)
        return XK_E_NOMEM;
    if (!bytes_to_cstr(text, copy, sizeof copy) ||
        p11_kit_uri_parse(copy, P11_KIT_URI_FOR_OBJECT_ON_TOKEN_AND_MODULE, uri) !=
            P11_KIT_URI_OK ||
        p11_kit_uri_any_unrecognized(uri)) {
        buf_put_str(why, "no PKCS#11 URI (RFC 7512)");
        p11_kit_uri_free(uri);
        return XK_E_FORMAT;
    }
    *out = uri;
    return XK_OK;
}

static enum xk_err read_pin_file(const char *path, char pin[PIN_MAX], struct buf *why)
{
    const char *name = strncmp(path, "file:", 5) == 0 ? path + 5 : path;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, pin, PIN_MAX - 1);

    if (fd >= 0)
        close(fd);
    if (n < 0) {
        buf_printf(why, "%s: the PIN cannot be read", name);
        return XK_E_NOT_FOUND;
    }
    pin[n] = '\0';
    pin[strcspn(pin, "\r\n")] = '\0';
    return XK_OK;
}

static enum xk_err take_pin(const P11KitUri *uri, char pin[PIN_MAX], struct buf *why)
{
    const char *source = p11_kit_uri_get_pin_source(uri);
    const char *value = p11_kit_uri_get_pin_value(uri);

    if (source)
        return read_pin_file(source, pin, why);
    if (value && snprintf(pin, PIN_MAX, "%s", value) >= PIN_MAX)
        return XK_E_LIMIT;
    return XK_OK;
}

/* --- objects --- */

/* The first object of that class which the URI names. */
static CK_RV find_object(const struct hsm_key *k, CK_SESSION_HANDLE session,
                         CK_OBJECT_CLASS object_class, CK_OBJECT_HANDLE *out)
{
    CK_ATTRIBUTE wanted[3] = {{CKA_CLASS, &object_class, sizeof object_class}};
    CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(k->uri, CKA_LABEL);
    CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(k->uri, CKA_ID);
    CK_ULONG n = 1, found = 0;
    CK_RV rv;

    if (label)
        wanted[n++] = *label;
    if (id)
        wanted[n++] = *id;
    rv = k->module->C_FindObjectsInit(session, wanted, n);
    if (rv != CKR_OK)
        return rv;
    rv = k->module->C_FindObjects(session, out, 1, &found);
    k->module->C_FindObjectsFinal(session);
    if (rv == CKR_OK && found == 0)
        return CKR_OBJECT_HANDLE_INVALID;
    return rv;
}

/* a->pValue has room for VALUE_MAX bytes; empty when the object has no such attribute. */
static struct bytes get_value(const struct hsm_key *k, CK_SESSION_HANDLE session,
                              CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a)
{
    a->ulValueLen = VALUE_MAX;
    if (k->module->C_GetAttributeValue(session, object, a, 1) != CKR_OK ||
        a->ulValueLen > VALUE_MAX)
        return BYTES_NONE;
    return BYTES(a->pValue, a->ulValueLen);
}

/* CKA_EC_PARAMS: a named curve's OBJECT IDENTIFIER; CKA_EC_POINT: the point in an OCTET STRING,
 * which some modules leave out (PKCS#11 2.40 6.3). */
static enum xk_err read_public(const struct hsm_key *k, CK_SESSION_HANDLE session,
                               enum ec_curve *curve, uint8_t point[EC_POINT_LEN])
{
    static const struct {
        struct bytes oid;
        enum ec_curve curve;
    } curves[] = {
        {{(const uint8_t *)"\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 10}, EC_P256},
        {{(const uint8_t *)"\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x07", 11},
         EC_BRAINPOOL_P256R1},
    };
    uint8_t mem[VALUE_MAX];
    CK_ATTRIBUTE params = {.type = CKA_EC_PARAMS, .pValue = mem};
    CK_ATTRIBUTE ec_point = {.type = CKA_EC_POINT, .pValue = mem};
    struct bytes value;
    CK_OBJECT_HANDLE object;
    size_t i = 0;
    struct cur c;

    if (find_object(k, session, CKO_PUBLIC_KEY, &object) != CKR_OK)
        return XK_E_NOT_FOUND;
    value = get_value(k, session, object, &params);
    while (i < ARRAY_LEN(curves) && !bytes_eq(value, curves[i].oid))
        i++;
    if (i == ARRAY_LEN(curves))
        return XK_E_UNSUPPORTED;
    value = get_value(k, session, object, &ec_point);
    c = cur_of(value);
    if (value.n != EC_POINT_LEN)
        value = asn_take(&c, ASN_OCTET_STRING);
    if (value.n != EC_POINT_LEN)
        return XK_E_UNSUPPORTED;
    memcpy(point, value.p, EC_POINT_LEN);
    *curve = curves[i].curve;
    return XK_OK;
}

/* --- sessions --- */

static CK_RV log_in(struct hsm_key *k, CK_SESSION_HANDLE session)
{
    CK_RV rv;

    if (k->pin[0] == '\0')
        return CKR_OK;
    rv = k->module->C_Login(session, CKU_USER, (CK_UTF8CHAR *)k->pin, strlen(k->pin));
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static CK_RV open_session(struct hsm_key *k, struct session *out)
{
    struct session s;
    CK_RV rv = k->module->C_OpenSession(k->slot, CKF_SERIAL_SESSION, NULL, NULL, &s.handle);

    if (rv != CKR_OK)
        return rv;
    rv = log_in(k, s.handle);
    if (rv == CKR_OK)
        rv = find_object(k, s.handle, CKO_PRIVATE_KEY, &s.key);
    if (rv == CKR_OK)
        *out = s;
    else
        k->module->C_CloseSession(s.handle);
    return rv;
}

static CK_RV session_take(struct hsm_key *k, struct session *out)
{
    CK_RV rv = CKR_OK;

    pthread_mutex_lock(&k->lock);
    if (k->idle_n > 0)
        *out = k->idle[--k->idle_n];
    else
        rv = open_session(k, out);
    pthread_mutex_unlock(&k->lock);
    return rv;
}

/* One that failed is not used again. */
static void session_give(struct hsm_key *k, struct session session, CK_RV rv)
{
    bool keep;

    pthread_mutex_lock(&k->lock);
    keep = rv == CKR_OK && k->idle_n < SESSIONS_MAX;
    if (keep)
        k->idle[k->idle_n++] = session;
    pthread_mutex_unlock(&k->lock);
    if (!keep)
        k->module->C_CloseSession(session.handle);
}

static CK_RV sign_once(struct hsm_key *k, const uint8_t digest[32], uint8_t signature[ECDSA_LEN])
{
    CK_MECHANISM mechanism = {.mechanism = CKM_ECDSA};
    uint8_t data[32];
    CK_ULONG n = ECDSA_LEN;
    struct session session;
    CK_RV rv = session_take(k, &session);

    if (rv != CKR_OK)
        return rv;
    memcpy(data, digest, sizeof data);
    rv = k->module->C_SignInit(session.handle, &mechanism, session.key);
    if (rv == CKR_OK)
        rv = k->module->C_Sign(session.handle, data, sizeof data, signature, &n);
    if (rv == CKR_OK && n != ECDSA_LEN)
        rv = CKR_DATA_LEN_RANGE;
    session_give(k, session, rv);
    return rv;
}

/* A module that was restarted has dropped its sessions: as often as there may be old ones. */
static enum xk_err hsm_sign(void *ctx, const uint8_t digest[32], uint8_t signature[64])
{
    CK_RV rv = CKR_OK;

    for (size_t i = 0; i <= SESSIONS_MAX; i++) {
        rv = sign_once(ctx, digest, signature);
        if (rv != CKR_SESSION_HANDLE_INVALID && rv != CKR_SESSION_CLOSED &&
            rv != CKR_OBJECT_HANDLE_INVALID && rv != CKR_KEY_HANDLE_INVALID &&
            rv != CKR_USER_NOT_LOGGED_IN)
            break;
    }
    return rv == CKR_OK ? XK_OK : XK_E_IO;
}

static void hsm_free(void *ctx)
{
    struct hsm_key *k = ctx;

    if (k->module) {
        for (size_t i = 0; i < k->idle_n; i++)
            k->module->C_CloseSession(k->idle[i].handle);
        p11_kit_module_finalize(k->module);
        p11_kit_module_release(k->module);
    }
    p11_kit_uri_free(k->uri);
    pthread_mutex_destroy(&k->lock);
    explicit_bzero(k, sizeof *k);
    free(k);
}

/* --- where the key is --- */

static CK_RV try_slot(struct hsm_key *k, CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info;
    CK_RV rv = k->module->C_GetTokenInfo(slot, &info);

    if (rv != CKR_OK || !p11_kit_uri_match_token_info(k->uri, &info))
        return CKR_TOKEN_NOT_PRESENT;
    k->slot = slot;
    rv = open_session(k, &k->idle[0]);
    k->idle_n = rv == CKR_OK;
    return rv;
}

static CK_RV try_module(struct hsm_key *k)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_RV rv = k->module->C_GetSlotList(CK_TRUE, slots, &n);

    if (rv != CKR_OK)
        return rv;
    rv = CKR_TOKEN_NOT_PRESENT;
    for (CK_ULONG i = 0; i < n && rv == CKR_TOKEN_NOT_PRESENT; i++)
        rv = try_slot(k, slots[i]);
    return rv;
}

/* Initialises the module and looks for the key in it; released when it is not there. */
static CK_RV use_module(struct hsm_key *k, CK_FUNCTION_LIST *module)
{
    CK_RV rv;

    if (p11_kit_module_initialize(module) != CKR_OK) {
        p11_kit_module_release(module);
        return CKR_GENERAL_ERROR;
    }
    k->module = module;
    rv = try_module(k);
    if (rv != CKR_OK) {
        p11_kit_module_finalize(module);
        p11_kit_module_release(module);
        k->module = NULL;
    }
    return rv;
}

static CK_RV use_any_module(struct hsm_key *k)
{
    CK_FUNCTION_LIST **modules = p11_kit_modules_load(NULL, 0);
    CK_RV rv = CKR_TOKEN_NOT_PRESENT;

    for (size_t i = 0; modules && modules[i]; i++) {
        if (rv == CKR_TOKEN_NOT_PRESENT)
            rv = use_module(k, modules[i]);
        else
            p11_kit_module_release(modules[i]);
    }
    free(modules);
    return rv;
}

static enum xk_err explain(CK_RV rv, struct buf *why)
{
    switch (rv) {
    case CKR_OK:
        return XK_OK;
    case CKR_TOKEN_NOT_PRESENT:
        buf_put_str(why, "no such token");
        return XK_E_NOT_FOUND;
    case CKR_OBJECT_HANDLE_INVALID:
        buf_put_str(why, "no such private key on the token");
        return XK_E_NOT_FOUND;
    case CKR_PIN_INCORRECT:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_LOCKED:
        buf_put_str(why, "the token refuses the PIN");
        return XK_E_AUTH;
    default:
        buf_printf(why, "the module failed: %s", p11_kit_strerror(rv));
        return XK_E_IO;
    }
}

static enum xk_err find_key(struct hsm_key *k, struct buf *why)
{
    const char *path = p11_kit_uri_get_module_path(k->uri);
    CK_FUNCTION_LIST *module;

    if (!path)
        return explain(use_any_module(k), why);
    module = p11_kit_module_load(path, 0);
    if (!module) {
        buf_printf(why, "%s: no PKCS#11 module", path);
        return XK_E_NOT_FOUND;
    }
    return explain(use_module(k, module), why);
}

static enum xk_err open_key(struct hsm_key *k, struct ec_key **out, struct buf *why)
{
    static const struct ec_key_ops ops = {.sign_digest = hsm_sign, .free = hsm_free};
    uint8_t point[EC_POINT_LEN];
    enum ec_curve curve;
    enum xk_err err;

    TRY(take_pin(k->uri, k->pin, why));
    TRY(find_key(k, why));
    err = read_public(k, k->idle[0].handle, &curve, point);
    if (err == XK_E_NOT_FOUND)
        buf_put_str(why, "the token has the private key without its public half");
    if (err == XK_E_UNSUPPORTED)
        buf_put_str(why, "the key is on no curve of ours");
    TRY(err);
    return ec_key_remote(curve, BYTES_OF(point), &ops, k, out);
}

enum xk_err hsm_key_open(struct bytes uri, struct ec_key **out, struct buf *why)
{
    struct hsm_key *k = calloc(1, sizeof *k);
    enum xk_err err;

    if (!k)
        return XK_E_NOMEM;
    pthread_mutex_init(&k->lock, NULL);
    err = parse_uri(uri, &k->uri, why);
    if (err == XK_OK)
        err = open_key(k, out, why);
    if (err != XK_OK)
        hsm_free(k);
    return err;
}

enum xk_err hsm_key_read(struct bytes file, struct ec_key **out, struct buf *why)
{
    enum xk_err err;

    if (hsm_is_uri(file))
        return hsm_key_open(file, out, why);
    err = ec_key_read(file, out);
    if (err == XK_E_FORMAT || err == XK_E_UNSUPPORTED)
        buf_put_str(why, "no private key on P-256 or brainpoolP256r1");
    return err;
}
