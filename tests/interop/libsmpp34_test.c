/* SPDX-License-Identifier: Apache-2.0 */
/* Our SMPP codec against libsmpp34 (Debian's libsmpp34-dev): what we encode it reads, field for
 * field, and writes again byte for byte; what it wrote we read. Skipped when built without it. */
#include "base/clock.h"
#include "codec/smpp/smpp.h"
#include "xt.h"

#ifndef HAVE_LIBSMPP34

TEST(against_libsmpp34)
{
    SKIP("libsmpp34-dev is not installed");
}

TESTS_MAIN(XT_CASE(against_libsmpp34))

#else

#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_structs.h>

#include <libsmpp34/smpp34_params.h>

#define ROUNDS 2000

/* Any of the library's structs; the text is what it complains with. */
union theirs {
    uint8_t room[8192];
    bind_transceiver_t bind;
    submit_sm_t submit;
    deliver_sm_t deliver;
    data_sm_t data;
    submit_sm_resp_t sm_resp;
    query_sm_t query;
};

static void text_of(struct xk_prng *r, char *out, size_t cap)
{
    size_t n = xk_prng_below(r, (uint32_t)cap);

    for (size_t i = 0; i < n; i++)
        out[i] = (char)(' ' + xk_prng_below(r, 95));
}

#define RANDOM_TEXT(r, array) text_of(r, array, sizeof array)

static void address_of(struct xk_prng *r, struct smpp_address *a)
{
    a->ton = (uint8_t)xk_prng_below(r, 7);
    a->npi = (uint8_t)xk_prng_below(r, 2);
    RANDOM_TEXT(r, a->digits);
}

/* There and back through the library; theirs is left for the caller to look at. */
static bool through_library(const struct smpp_pdu *p, union theirs *t)
{
    uint8_t ours[SMPP_PDU_MAX], back[SMPP_PDU_MAX];
    struct smpp_pdu again;
    uint32_t refusal = 99;
    int n = 0;
    struct buf b;

    memset(t, 0, sizeof *t);
    buf_init_fixed(&b, ours, sizeof ours);
    if (smpp_encode(p, &b) != XK_OK || smpp34_unpack2(t, b.p, (int)b.n) != 0 ||
        smpp34_pack2(back, sizeof back, &n, t) != 0) {
        printf("# %s: %s\n", smpp_command_name(p->command), smpp34_strerror);
        return false;
    }
    if (!bytes_eq(buf_bytes(&b), BYTES(back, (size_t)n)))
        return false;
    return smpp_decode(BYTES(back, (size_t)n), &again, &refusal) == XK_OK;
}

TEST(binds)
{
    static const uint32_t commands[] = {SMPP_BIND_RECEIVER, SMPP_BIND_TRANSMITTER,
                                        SMPP_BIND_TRANSCEIVER};
    struct xk_prng r = {.state = 1};
    union theirs t;

    for (int i = 0; i < ROUNDS; i++) {
        struct smpp_pdu p = {.command = commands[i % 3],
                             .sequence = 1 + xk_prng_below(&r, 1u << 30)};

        RANDOM_TEXT(&r, p.u.bind.system_id);
        RANDOM_TEXT(&r, p.u.bind.password);
        RANDOM_TEXT(&r, p.u.bind.system_type);
        address_of(&r, &p.u.bind.range);
        p.u.bind.interface_version = 0x34;
        REQUIRE(through_library(&p, &t));
        CHECK_STR((char *)t.bind.system_id, p.u.bind.system_id);
        CHECK_STR((char *)t.bind.password, p.u.bind.password);
        CHECK_STR((char *)t.bind.address_range, p.u.bind.range.digits);
        CHECK_INT(t.bind.addr_npi, p.u.bind.range.npi);
    }
}

/* What both structs have, though not at the same place. */
struct seen {
    const uint8_t *source, *destination, *text;
    uint8_t esm_class, data_coding, length;
    tlv_t *options;
};

#define SEEN(m)                                                                                    \
    (struct seen)                                                                                  \
    {                                                                                              \
        (m).source_addr, (m).destination_addr, (m).short_message, (m).esm_class, (m).data_coding,  \
            (m).sm_length, (m).tlv                                                                 \
    }

static void check_message(const struct smpp_sm *sm, const struct seen *t)
{
    CHECK_STR((const char *)t->source, sm->source.digits);
    CHECK_STR((const char *)t->destination, sm->destination.digits);
    CHECK_INT(t->esm_class, sm->esm_class);
    CHECK_INT(t->data_coding, sm->data_coding);
    if (sm->message.n <= SMPP_SM_MAX) {
        CHECK(bytes_eq(BYTES(t->text, t->length), sm->message));
        return;
    }
    CHECK_INT(t->length, 0);
    REQUIRE(t->options && t->options->tag == SMPP_TLV_MESSAGE_PAYLOAD);
    CHECK(bytes_eq(BYTES(t->options->value.octet, t->options->length), sm->message));
}

static void random_message(struct xk_prng *r, struct smpp_sm *sm)
{
    RANDOM_TEXT(r, sm->service_type);
    address_of(r, &sm->source);
    address_of(r, &sm->destination);
    sm->esm_class = (uint8_t)xk_prng_next(r);
    sm->protocol_id = (uint8_t)xk_prng_next(r);
    sm->data_coding = (uint8_t)xk_prng_next(r);
    sm->registered_delivery = (uint8_t)xk_prng_next(r);
}

TEST(messages)
{
    struct xk_prng r = {.state = 2};
    struct xk_rand fill = xk_rand_prng(&r);
    uint8_t text[1000];
    union theirs t;

    xk_rand_fill(&fill, text, sizeof text);
    for (int i = 0; i < ROUNDS; i++) {
        bool submit = i % 2;
        struct smpp_pdu p = {.command = submit ? SMPP_SUBMIT_SM : SMPP_DELIVER_SM,
                             .sequence = 1 + xk_prng_below(&r, 1u << 30)};
        struct seen seen;

        random_message(&r, &p.u.sm);
        if (submit)
            smpp_relative_time(1 + xk_prng_below(&r, 1000000), p.u.sm.validity);
        p.u.sm.message = BYTES(text, xk_prng_below(&r, sizeof text));
        if (p.u.sm.message.n == SMPP_SM_MAX) /* one octet too many for the library */
            p.u.sm.message.n--;
        REQUIRE(through_library(&p, &t));
        if (submit)
            CHECK_STR((char *)t.submit.validity_period, p.u.sm.validity);
        seen = submit ? SEEN(t.submit) : SEEN(t.deliver);
        check_message(&p.u.sm, &seen);
        destroy_tlv(seen.options);
    }
}

/* One optional parameter at a time, since the library keeps them in an order of its own. */
TEST(optional_parameters)
{
    union theirs t;
    struct smpp_pdu p = {.command = SMPP_DELIVER_SM, .sequence = 1};

    p.u.sm.has_state = true;
    p.u.sm.state = SMPP_STATE_DELIVERED;
    REQUIRE(through_library(&p, &t));
    CHECK_INT(t.deliver.tlv->value.val08, SMPP_STATE_DELIVERED);
    destroy_tlv(t.deliver.tlv);
    p.u.sm.has_state = false;
    p.u.sm.has_network_error = true;
    memcpy(p.u.sm.network_error, "\x03\x01\x02", 3);
    REQUIRE(through_library(&p, &t));
    CHECK(memcmp(t.deliver.tlv->value.octet, "\x03\x01\x02", 3) == 0);
    destroy_tlv(t.deliver.tlv);
    p.u.sm.has_network_error = false;
    p.u.sm.has_receipted_id = true;
    snprintf(p.u.sm.receipted_id, sizeof p.u.sm.receipted_id, "1D305B4C");
    REQUIRE(through_library(&p, &t));
    CHECK_STR((char *)t.deliver.tlv->value.octet, "1D305B4C");
    destroy_tlv(t.deliver.tlv);
    p = (struct smpp_pdu){.command = SMPP_DATA_SM, .sequence = 2};
    p.u.sm.message = BYTES_STR("payload");
    REQUIRE(through_library(&p, &t));
    CHECK_INT(t.data.tlv->length, 7);
    destroy_tlv(t.data.tlv);
}

TEST(other_commands)
{
    struct xk_prng r = {.state = 3};
    union theirs t;

    for (int i = 0; i < ROUNDS; i++) {
        struct smpp_pdu query = {.command = SMPP_QUERY_SM, .sequence = 1};
        struct smpp_pdu cancel = {.command = SMPP_CANCEL_SM, .sequence = 2};
        struct smpp_pdu replace = {.command = SMPP_REPLACE_SM, .sequence = 3};
        struct smpp_pdu resp = {.command = SMPP_SUBMIT_SM | SMPP_RESP, .sequence = 4};

        RANDOM_TEXT(&r, query.u.query.message_id);
        address_of(&r, &query.u.query.source);
        REQUIRE(through_library(&query, &t));
        CHECK_STR((char *)t.query.message_id, query.u.query.message_id);
        RANDOM_TEXT(&r, cancel.u.cancel.message_id);
        address_of(&r, &cancel.u.cancel.source);
        address_of(&r, &cancel.u.cancel.destination);
        REQUIRE(through_library(&cancel, &t));
        RANDOM_TEXT(&r, replace.u.replace.message_id);
        address_of(&r, &replace.u.replace.source);
        replace.u.replace.message = BYTES_STR("new text");
        REQUIRE(through_library(&replace, &t));
        RANDOM_TEXT(&r, resp.u.sm_resp.message_id);
        REQUIRE(through_library(&resp, &t));
        CHECK_STR((char *)t.sm_resp.message_id, resp.u.sm_resp.message_id);
    }
}

TEST(without_body)
{
    static const uint32_t commands[] = {
        SMPP_UNBIND,
        SMPP_UNBIND | SMPP_RESP,
        SMPP_ENQUIRE_LINK,
        SMPP_ENQUIRE_LINK | SMPP_RESP,
        SMPP_GENERIC_NACK,
        SMPP_CANCEL_SM | SMPP_RESP,
        SMPP_REPLACE_SM | SMPP_RESP,
    };
    union theirs t;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        struct smpp_pdu p = {.command = commands[i], .sequence = 7};

        CHECK(through_library(&p, &t));
    }
}

TESTS_MAIN(XT_CASE(binds), XT_CASE(messages), XT_CASE(optional_parameters), XT_CASE(other_commands),
           XT_CASE(without_body))

#endif
