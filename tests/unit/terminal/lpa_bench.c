/* SPDX-License-Identifier: Apache-2.0 */
#include "lpa_bench.h"

#define ROUNDS_MAX 5000
#define SEGMENTS 5
#define MAC_LEN 8

static uint8_t signature[RSP_SIGNATURE_TLV_LEN] = {0x5F, 0x37, 0x40};
static const uint8_t key_id[] = {0x04, 0x02, 0xF5, 0x41};
static const uint8_t plain_certificate[] = {0x30, 0x03, 0x02, 0x01, 0x01};

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* ---- what the server makes ---- */

static struct bytes transaction_id(const struct lpa_bench *b)
{
    return BYTES_OF(b->transaction_id);
}

static void make_metadata(struct lpa_bench *b)
{
    uint8_t iccid[ICCID_LEN];
    static const uint8_t owner[] = {0x64, 0xF0, 0x00};
    struct rsp_metadata m = {.service_provider_name = BYTES_STR("Operator"),
                             .profile_name = BYTES_STR("Plan"),
                             .has_owner = true,
                             .owner = {.mcc_mnc = BYTES_OF(owner)},
                             .has_ppr = b->ppr != 0,
                             .ppr = b->ppr};
    struct buf out;

    toyeuicc_iccid(BENCH_ICCID_NUMBER, iccid);
    m.iccid = BYTES_OF(iccid);
    buf_init_fixed(&out, b->metadata, sizeof b->metadata);
    must(rsp_encode_store_metadata(&m, &out) == XK_OK);
    b->metadata_n = out.n;
}

static void put_protected(struct buf *out, uint32_t tag, struct bytes data)
{
    static const uint8_t mac[MAC_LEN] = {0};
    size_t at = der_begin(out, tag);

    buf_put_bytes(out, data);
    buf_put(out, mac, sizeof mac);
    der_close(out, at);
}

static void make_package(struct lpa_bench *b)
{
    static uint8_t first[64], metadata[1024], elements[512], otpk[RSP_OTPK_LEN] = {4};
    static const uint8_t block[40] = {0}, host_id[] = "host";
    struct rsp_bound_profile_package p = {.metadata_88 = BYTES_NONE};
    struct bytes m = BYTES(b->metadata, b->metadata_n);
    struct buf part, out;

    buf_init_fixed(&part, first, sizeof first);
    put_protected(&part, 0x87, BYTES(block, 16));
    p.first_87 = buf_bytes(&part);
    buf_init_fixed(&part, metadata, sizeof metadata);
    put_protected(&part, 0x88, bytes_part(m, 0, 30));
    put_protected(&part, 0x88, bytes_part(m, 30, m.n));
    if (b->other_metadata)
        metadata[20] ^= 1;
    p.metadata_88 = buf_bytes(&part);
    buf_init_fixed(&part, elements, sizeof elements);
    for (unsigned i = 0; i < SEGMENTS; i++)
        put_protected(&part, 0x86, BYTES_OF(block));
    p.elements_86 = buf_bytes(&part);
    p.initialise_secure_channel =
        (struct rsp_initialise_secure_channel){.remote_op_id = RSP_REMOTE_OP_INSTALL,
                                               .transaction_id = transaction_id(b),
                                               .key_type = RSP_KEY_TYPE_AES,
                                               .key_len = RSP_KEY_LEN_AES128,
                                               .host_id = BYTES(host_id, 4),
                                               .smdp_otpk = BYTES_OF(otpk),
                                               .smdp_sign = BYTES_OF(signature)};
    buf_init_fixed(&out, b->package, sizeof b->package);
    must(rsp_encode_bound_profile_package(&p, &out) == XK_OK);
    b->package_n = out.n;
    if (b->bad_package)
        b->package_n -= 3;
}

static void initiate(struct lpa_bench *b, const struct bench_post *post,
                     const struct rsp_initiate_authentication_request *q,
                     struct rsp_initiate_authentication_response *r)
{
    static const uint8_t challenge[RSP_CHALLENGE_LEN] = {7};
    char host[64];
    struct rsp_server_signed1 s = {.euicc_challenge = q->euicc_challenge,
                                   .server_challenge = BYTES_OF(challenge)};
    struct buf out;

    snprintf(host, sizeof host, "%.*s", (int)strcspn(post->address, ":"), post->address);
    must(bytes_eq(q->smdp_address, bytes_cstr(host)));
    b->transaction_id[3]++;
    s.transaction_id = transaction_id(b);
    s.server_address = bytes_cstr(b->server_address ? b->server_address : host);
    buf_init_fixed(&out, b->mem, sizeof b->mem);
    must(rsp_encode_server_signed1(&s, &out) == XK_OK);
    r->transaction_id = b->other_transaction ? BYTES(b->transaction_id, 3) : transaction_id(b);
    r->server_signed1 = buf_bytes(&out);
    r->server_signature1 = BYTES_OF(signature);
    r->euicc_ci_pk_id = BYTES_OF(key_id);
    r->server_certificate = b->certificate.n ? b->certificate : BYTES_OF(plain_certificate);
}

static bool is_smds(const struct lpa_bench *b, const char *address)
{
    for (size_t i = 0; i < ARRAY_LEN(b->smds); i++)
        if (b->smds[i] && strcmp(b->smds[i], address) == 0)
            return true;
    return false;
}

static void give_events(struct lpa_bench *b, const char *address, struct rsp_es9p_response *r)
{
    static struct rsp_event_entry entries[BENCH_EVENTS];
    size_t n = 0;

    r->function = RSP_ES11_AUTHENTICATE;
    for (size_t i = 0; i < BENCH_EVENTS; i++)
        if (b->event[i].at && strcmp(b->event[i].at, address) == 0)
            entries[n++] = (struct rsp_event_entry){bytes_cstr(b->event[i].event_id),
                                                    bytes_cstr(b->event[i].address)};
    r->es11_authenticate_client = (struct rsp_es11_authenticate_client_response){
        .transaction_id = transaction_id(b), .entries = entries, .entries_n = n};
}

static void authenticate(struct lpa_bench *b, struct rsp_authenticate_client_response *r)
{
    struct rsp_smdp_signed2 s = {.transaction_id = transaction_id(b),
                                 .cc_required = b->cc_required};
    static const uint8_t other[] = {9};
    struct buf out;

    if (b->other_signed2)
        s.transaction_id = BYTES_OF(other);
    make_metadata(b);
    buf_init_fixed(&out, b->mem, sizeof b->mem);
    must(rsp_encode_smdp_signed2(&s, &out) == XK_OK);
    r->transaction_id = transaction_id(b);
    r->profile_metadata = BYTES(b->metadata, b->metadata_n);
    r->smdp_signed2 = buf_bytes(&out);
    r->smdp_signature2 = BYTES_OF(signature);
    r->smdp_certificate = BYTES_OF(plain_certificate);
}

static void give_package(struct lpa_bench *b, struct rsp_get_bound_profile_package_response *r)
{
    uint8_t hash[RSP_HASH_LEN];

    if (b->cc_required) {
        must(rsp_hash_cc(bytes_cstr(b->right_code), transaction_id(b), hash) == XK_OK);
        if (!b->card.has_hash_cc || memcmp(hash, b->card.hash_cc, sizeof hash) != 0) {
            rsp_reject(&r->status, RSP_GET_BOUND_PROFILE_PACKAGE_CODE_REFUSED);
            return;
        }
    }
    make_package(b);
    r->transaction_id = transaction_id(b);
    r->bound_profile_package = BYTES(b->package, b->package_n);
}

static void answer_post(struct lpa_bench *b, const struct lpa_action *a,
                        const struct bench_post *post, struct rsp_es9p_response *r)
{
    const struct rsp_verdict_row *row = rsp_verdict_row(b->refuse);
    struct rsp_status *status = NULL;

    r->function = a->post.function;
    if (a->post.function == RSP_INITIATE_AUTHENTICATION) {
        initiate(b, post, &a->post.initiate_authentication, &r->initiate_authentication);
        status = &r->initiate_authentication.status;
    } else if (a->post.function == RSP_AUTHENTICATE_CLIENT && is_smds(b, post->address)) {
        give_events(b, post->address, r);
        status = &r->es11_authenticate_client.status;
    } else if (a->post.function == RSP_AUTHENTICATE_CLIENT) {
        authenticate(b, &r->authenticate_client);
        status = &r->authenticate_client.status;
    } else if (a->post.function == RSP_GET_BOUND_PROFILE_PACKAGE) {
        give_package(b, &r->get_bound_profile_package);
        status = &r->get_bound_profile_package.status;
    } else if (a->post.function == RSP_CANCEL_SESSION) {
        status = &r->cancel_session.status;
    }
    if (row && status && row->function == r->function)
        rsp_reject(status, b->refuse);
    if (b->wrong_function)
        r->function = RSP_HANDLE_NOTIFICATION;
}

/* ---- the program ---- */

static void note_post(struct lpa_bench *b, const struct lpa_action *a)
{
    struct bench_post *p = &b->post[b->posts++];
    struct rsp_pending_notification n;

    must(b->posts < BENCH_POSTS);
    *p = (struct bench_post){.function = a->post.function};
    snprintf(p->address, sizeof p->address, "%s", a->address);
    if (a->post.function != RSP_HANDLE_NOTIFICATION)
        return;
    must(rsp_decode_pending_notification(a->post.handle_notification.pending_notification, &n) ==
         XK_OK);
    p->seq_number = rsp_pending_metadata(&n)->seq_number;
}

static void perform_post(struct lpa_bench *b, const struct lpa_action *a, struct lpa_input *in)
{
    static struct rsp_es9p_response response;
    bool cut;

    note_post(b, a);
    if (b->cancel_at_post == b->posts)
        lpa_cancel(b->lpa);
    cut = b->cut_at == b->posts;
    in->type = LPA_IN_REPLY;
    in->reply = (struct lpa_reply){
        .kind = cut ? LPA_REPLY_CUT : b->fail, .http_status = b->http_status, .text = "as told"};
    if (b->deaf && strcmp(b->deaf, a->address) == 0)
        in->reply.kind = LPA_REPLY_UNREACHABLE;
    memset(&response, 0, sizeof response);
    if (in->reply.kind == LPA_REPLY_OK || (cut && b->cut_after))
        answer_post(b, a, &b->post[b->posts - 1], &response);
    if (in->reply.kind == LPA_REPLY_OK && a->post.function != RSP_HANDLE_NOTIFICATION)
        in->reply.response = &response;
}

static void perform_ask(struct lpa_bench *b, const struct lpa_action *a, struct lpa_input *in)
{
    b->questions++;
    b->question = a->question;
    snprintf(b->rules, sizeof b->rules, "%s", a->question.rules);
    in->type = LPA_IN_ANSWER;
    in->answer = b->answer;
    if (b->cancel_at_question) {
        lpa_cancel(b->lpa);
        in->answer = LPA_ANSWER_LATER;
    }
    if (a->question.type != LPA_ASK_CONFIRMATION_CODE)
        return;
    if (b->codes < ARRAY_LEN(b->code) && b->code[b->codes])
        in->code = bytes_cstr(b->code[b->codes++]);
    else
        in->answer = LPA_ANSWER_NONE;
}

static void perform_progress(struct lpa_bench *b, const struct lpa_action *a)
{
    size_t n = strlen(b->steps);

    must(a->step && a->step_zh && a->step_name);
    if (a->total > 0) {
        must(a->total == b->progress_total || b->progress_total == 0 || a->done == 0);
        b->progress_done = a->done;
        b->progress_total = a->total;
    }
    if (n + strlen(a->step_name) + 2 < sizeof b->steps && !strstr(b->steps, a->step_name))
        snprintf(b->steps + n, sizeof b->steps - n, "%s ", a->step_name);
}

static void perform(struct lpa_bench *b, const struct lpa_action *a, struct lpa_input *in)
{
    static uint8_t out[APDU_RESPONSE_MAX];

    *in = (struct lpa_input){.ok = true};
    if (a->type == LPA_TRANSMIT) {
        in->type = LPA_IN_RESPONSE;
        in->data = toyeuicc_transmit(&b->card, a->command, out);
    } else if (a->type == LPA_POST) {
        perform_post(b, a, in);
    } else if (a->type == LPA_WAIT) {
        in->type = LPA_IN_TIME;
        b->waits++;
        b->waited_ms += a->wait_ms;
    } else if (a->type == LPA_ASK) {
        perform_ask(b, a, in);
    } else if (a->type == LPA_RESET_CARD) {
        in->type = LPA_IN_CARD;
        in->ok = !b->reset_fails;
        b->resets++;
        toyeuicc_reset(&b->card);
    } else {
        in->type = LPA_IN_CHANNEL; /* as a modem does it */
        in->channel = b->card.channel;
        in->ok = !b->card.no_isdr;
        b->card.selected = a->type == LPA_OPEN_CHANNEL && in->ok;
        if (a->type == LPA_OPEN_CHANNEL)
            b->card.opened++;
        else
            b->card.closed++;
    }
}

const struct lpa_result *bench_run(struct lpa_bench *b, const struct lpa_task *task)
{
    struct lpa_input in;
    struct lpa_action a;
    struct buf text;

    must(lpa_begin(b->lpa, task) == XK_OK);
    must(lpa_next(b->lpa, NULL, &a) == XK_OK);
    for (unsigned i = 0; a.type != LPA_DONE; i++) {
        must(i < ROUNDS_MAX);
        if (a.type == LPA_PROGRESS) {
            perform_progress(b, &a);
            must(lpa_next(b->lpa, NULL, &a) == XK_OK);
            continue;
        }
        must(lpa_next(b->lpa, NULL, &a) == XK_E_STATE); /* it does want its input */
        perform(b, &a, &in);
        must(lpa_next(b->lpa, &in, &a) == XK_OK);
    }
    b->result = a.result;
    buf_init_fixed(&text, b->text, sizeof b->text);
    lpa_fault_text(&a.result->fault, &text);
    buf_cstr(&text);
    return a.result;
}

void bench_open_with(struct lpa_bench *b, const struct lpa_config *config)
{
    memset(b, 0, sizeof *b);
    b->answer = LPA_ANSWER_YES;
    b->right_code = "4711";
    b->refuse = RSP_EXECUTED;
    b->fail = LPA_REPLY_OK;
    b->transaction_id[0] = 0xA0;
    toyeuicc_init(&b->card);
    must(lpa_new(config, &b->lpa) == XK_OK);
}

void bench_open(struct lpa_bench *b)
{
    bench_open_with(b, &(struct lpa_config){.block = 0});
}

void bench_close(struct lpa_bench *b)
{
    lpa_free(b->lpa);
    b->lpa = NULL;
}

struct lpa_task bench_download(const char *matching_id)
{
    struct lpa_task task = {.type = LPA_TASK_DOWNLOAD};

    snprintf(task.code.address, sizeof task.code.address, "%s", BENCH_HOST);
    snprintf(task.code.matching_id, sizeof task.code.matching_id, "%s", matching_id);
    return task;
}

unsigned bench_count(const struct lpa_bench *b, enum rsp_function function)
{
    unsigned n = 0;

    for (unsigned i = 0; i < b->posts; i++)
        n += b->post[i].function == function;
    return n;
}
