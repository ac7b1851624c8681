/* SPDX-License-Identifier: Apache-2.0 */
/* What a server answers is changed on its way to a device, byte by byte (SGP.22 3.0.1, 3.1.3): the
 * LPA or its eUICC refuses it; the user is told by whom and why; what the eUICC says against the
 * server goes to the server (AuthenticateClient, GetBoundProfilePackage, CancelSession,
 * HandleNotification), which ends the order and tells the operator once, or keeps it; the card
 * holds nothing back. An order that was kept is downloaded by the next try. */
#include <stddef.h>

#include "rsp_flip.h"
#include "rsp_flow.h"
#include "xt.h"

#define MESSAGE_MAX 8192

/* A member of an answer. ends: how it may end, each as "fault:code/order": what the LPA tells,
 * with the code of the eUICC or the verdict of the server, and the state of the order. */
struct member {
    const char *name;
    enum rsp_function function;
    size_t at; /* of its span in struct rsp_es9p_response */
    const char *ends;
};

#define MEMBER(function, response, member, ends)                                                   \
    {                                                                                              \
#member, RSP_##function, offsetof(struct rsp_es9p_response, response.member), ends         \
    }

struct change {
    const struct member *member;
    size_t byte;
    uint8_t mask;
    size_t length; /* of the member, once it has been seen */
};

static uint8_t changed[MESSAGE_MAX];

/* A server's answer on its way. */
static void bend(struct rsp_flow *f, struct rsp_es9p_response *r)
{
    struct change *c = f->bend_ctx;
    struct bytes *span = (struct bytes *)((uint8_t *)r + c->member->at);

    if (r->function != c->member->function || c->length > 0 || span->n == 0)
        return;
    c->length = span->n;
    if (span->n > sizeof changed || c->byte >= span->n)
        return;
    memcpy(changed, span->p, span->n);
    changed[c->byte] ^= c->mask;
    *span = BYTES(changed, span->n);
}

static const char *code_of(const struct lpa_fault *fault)
{
    static char text[48];

    switch ((int)fault->kind) {
    case LPA_FAULT_CARD_CODE:
    case LPA_FAULT_INSTALL_FAILED:
        return rsp_code_name(fault->table, fault->code);
    case LPA_FAULT_CARD_REFUSED:
        snprintf(text, sizeof text, "%04X", fault->sw);
        return text;
    case LPA_FAULT_SERVER_REFUSED:
        snprintf(text, sizeof text, "%s-%s", fault->subject, fault->reason);
        return text;
    default:
        return "";
    }
}

/* Who heard of it last. */
static const char *told_by(enum rsp_function function)
{
    switch ((int)function) {
    case RSP_INITIATE_AUTHENTICATION:
        return "nobody";
    case RSP_AUTHENTICATE_CLIENT:
        return "AuthenticateClient";
    case RSP_GET_BOUND_PROFILE_PACKAGE:
        return "GetBoundProfilePackage";
    case RSP_CANCEL_SESSION:
        return "CancelSession";
    case RSP_HANDLE_NOTIFICATION:
        return "HandleNotification";
    default:
        return "?";
    }
}

static const char *end_of(const struct rsp_flow *f, const struct lpa_result *r)
{
    static char text[256];
    const char *code = r->ok ? "" : code_of(&r->fault);

    snprintf(text, sizeof text, "%s%s%s/%s/%s", r->ok ? "ok" : lpa_fault_name(r->fault.kind),
             code[0] ? ":" : "", code, told_by(f->last_post),
             download_state_name(f->order->download.state));
    return text;
}

static unsigned failures_told(const struct rsp_flow *f)
{
    unsigned n = 0;

    for (size_t i = 0; i < f->w.n_events; i++)
        n += f->w.events[i].failed;
    return n;
}

/* Nothing is left behind, and an order that was not ended is still good for a download. */
static void check_after(struct rsp_flow *f)
{
    const struct lpa_task download = rsp_flow_download();
    bool ended = f->order->download.state == DOWNLOAD_ERROR;
    struct euicc_state s;

    CHECK_OK(euicc_get_state(f->card, &s));
    CHECK_INT(s.n_profiles, 0);
    CHECK_INT(s.n_notifications, 0);
    CHECK_INT(failures_told(f), ended);
    if (ended)
        return;
    f->bend = NULL;
    CHECK(rsp_flow_done(f, &download));
    rsp_flow_check_served(f, DOWNLOAD_INSTALLED);
}

static void change_one(struct change *c)
{
    const struct lpa_task download = rsp_flow_download();
    const struct lpa_result *r;
    int failures = xt_failures;
    struct rsp_flow f;
    const char *end;

    c->length = 0;
    rsp_flow_init(&f, EC_P256, WORLD_RANDOM_KEYS);
    f.code = WORLD_CODE; /* for a ccRequiredFlag that was not meant */
    f.bend = bend;
    f.bend_ctx = c;
    r = rsp_flow_run(&f, &download);
    end = end_of(&f, r);
    /* certificates differ in length from one PKI to the next */
    if (!flip_among(c->member->ends, end) && c->byte < c->length)
        xt_fail(__FILE__, __LINE__, "another end");
    if (!r->ok)
        check_after(&f);
    if (xt_failures > failures)
        printf("# %s, byte %zu of %zu ^ %02X: %s, not %s\n", c->member->name, c->byte, c->length,
               c->mask, end, c->member->ends);
    rsp_flow_fini(&f);
}

static void change_all(const struct member *m)
{
    struct change c = {.member = m, .byte = 0, .length = 1};

    for (; c.byte < c.length; c.byte++) {
        c.mask = flip_masks[c.byte % ARRAY_LEN(flip_masks)];
        change_one(&c);
    }
    CHECK(c.length > 1);
}

#define MEMBERS(list) change_members(list, ARRAY_LEN(list))

static void change_members(const struct member *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        change_all(&list[i]);
}

TEST(initiate_authentication)
{
    static const struct member members[] = {
        MEMBER(INITIATE_AUTHENTICATION, initiate_authentication, transaction_id,
               "TRANSACTION_MISMATCH/nobody/RELEASED"),
        MEMBER(INITIATE_AUTHENTICATION, initiate_authentication, server_signed1,
               "CARD_CODE:invalidSignature/AuthenticateClient/RELEASED "
               "ADDRESS_MISMATCH/nobody/RELEASED TRANSACTION_MISMATCH/nobody/RELEASED "
               "SERVER_MALFORMED/nobody/RELEASED"),
        MEMBER(INITIATE_AUTHENTICATION, initiate_authentication, server_signature1,
               "CARD_CODE:invalidSignature/AuthenticateClient/RELEASED "
               "CARD_REFUSED:6A80/nobody/RELEASED"),
        MEMBER(INITIATE_AUTHENTICATION, initiate_authentication, euicc_ci_pk_id,
               "CARD_CODE:ciPKUnknown/AuthenticateClient/RELEASED "
               "SERVER_MALFORMED/nobody/RELEASED"),
        MEMBER(INITIATE_AUTHENTICATION, initiate_authentication, server_certificate,
               "CARD_CODE:invalidCertificate/AuthenticateClient/RELEASED "
               "CARD_CODE:ciPKUnknown/AuthenticateClient/RELEASED "
               "CARD_CODE:unsupportedCurve/AuthenticateClient/RELEASED "
               "CARD_REFUSED:6A80/nobody/RELEASED"),
    };

    MEMBERS(members);
}

TEST(authenticate_client)
{
    static const struct member members[] = {
        MEMBER(AUTHENTICATE_CLIENT, authenticate_client, profile_metadata,
               "METADATA_MISMATCH/CancelSession/ERROR "
               "SERVER_MALFORMED/AuthenticateClient/RELEASED"),
        MEMBER(AUTHENTICATE_CLIENT, authenticate_client, smdp_signed2,
               "TRANSACTION_MISMATCH/AuthenticateClient/RELEASED "
               "SERVER_MALFORMED/AuthenticateClient/RELEASED "
               "CARD_CODE:invalidSignature/GetBoundProfilePackage/RELEASED"),
        MEMBER(AUTHENTICATE_CLIENT, authenticate_client, smdp_signature2,
               "CARD_CODE:invalidSignature/GetBoundProfilePackage/RELEASED "
               "CARD_REFUSED:6A80/AuthenticateClient/RELEASED"),
        MEMBER(AUTHENTICATE_CLIENT, authenticate_client, smdp_certificate,
               "CARD_CODE:invalidCertificate/GetBoundProfilePackage/RELEASED "
               "CARD_CODE:unsupportedCurve/GetBoundProfilePackage/RELEASED "
               "CARD_REFUSED:6A80/AuthenticateClient/RELEASED"),
    };

    MEMBERS(members);
}

TEST(bound_profile_package)
{
    static const struct member members[] = {
        MEMBER(GET_BOUND_PROFILE_PACKAGE, get_bound_profile_package, bound_profile_package,
               "INSTALL_FAILED:invalidSignature/HandleNotification/ERROR "
               "INSTALL_FAILED:scp03tSecurityError/HandleNotification/ERROR "
               "METADATA_MISMATCH/CancelSession/ERROR "
               "SERVER_MALFORMED/CancelSession/ERROR "
               "TRANSACTION_MISMATCH/CancelSession/ERROR"),
    };

    MEMBERS(members);
}

TESTS_MAIN(XT_NAMED("answers to InitiateAuthentication, every byte", initiate_authentication),
           XT_NAMED("answers to AuthenticateClient, every byte", authenticate_client),
           XT_NAMED("answers to GetBoundProfilePackage, every byte", bound_profile_package))
