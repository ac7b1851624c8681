/* SPDX-License-Identifier: Apache-2.0 */
#include "api/es2p/json.h"

#include "crypto/hash.h"

#define CALL_ID_MAX 128
#define REQUESTER_MAX 128
#define CODE_MAX 255

static const struct {
    enum rsp_function function;
    const char *name;
} names[] = {
    {RSP_DOWNLOAD_ORDER, "downloadOrder"},
    {RSP_CONFIRM_ORDER, "confirmOrder"},
    {RSP_CANCEL_ORDER, "cancelOrder"},
    {RSP_RELEASE_PROFILE, "releaseProfile"},
};

const char *es2p_path(enum rsp_function function)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].function == function)
            return names[i].name;
    }
    return NULL;
}

bool es2p_function(const char *path, enum rsp_function *out)
{
    if (strncmp(path, ES2P_PATH, strlen(ES2P_PATH)) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(path + strlen(ES2P_PATH), names[i].name) == 0) {
            *out = names[i].function;
            return true;
        }
    }
    return false;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* SGP.22 5.3.1 to 5.3.4: which members a function has; upper case: it must have them. */
static const struct {
    enum rsp_function function;
    const char *letters;
} members[] = {
    {RSP_DOWNLOAD_ORDER, "eit"},   /* eid, iccid, profileType */
    {RSP_CONFIRM_ORDER, "Iemcsr"}, /* and matchingId, confirmationCode, smdsAddress, releaseFlag */
    {RSP_CANCEL_ORDER, "IemF"},    /* finalProfileStatusIndicator */
    {RSP_RELEASE_PROFILE, "I"},
};

static const char *letters_of(enum rsp_function function)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (members[i].function == function)
            return members[i].letters;
    }
    return "";
}

struct text_row {
    char letter;
    const char *name;
    const char **place;
    size_t min, max;
    const char *allowed;
};

#define TEXT_ROWS 7
/* In the order they are written in. */
static void text_rows(struct es2p_request *r, struct text_row rows[TEXT_ROWS])
{
    const struct text_row all[TEXT_ROWS] = {
        {'e', "eid", &r->eid, 32, 32, JSON_DIGITS},
        {'i', "iccid", &r->iccid, 18, 20, "0123456789Ff"},
        {'t', "profileType", &r->profile_type, 1, DOWNLOAD_TYPE_TEXT - 1, NULL},
        {'m', "matchingId", &r->matching_id, 0, DOWNLOAD_MATCHING_ID_TEXT - 1, NULL},
        {'c', "confirmationCode", &r->confirmation_code, 0, CODE_MAX, NULL},
        {'s', "smdsAddress", &r->smds_address, 0, DOWNLOAD_FQDN_TEXT - 1, NULL},
        {'f', "finalProfileStatusIndicator", &r->final_state, 1, 32, NULL},
    };

    memcpy(rows, all, sizeof all);
}

static char upper(char c)
{
    return (char)(c - ('a' - 'A'));
}

static enum xk_err keep(struct arena *arena, const char **text)
{
    if (!*text)
        return XK_OK;
    *text = arena_strdup(arena, *text);
    return *text ? XK_OK : XK_E_NOMEM;
}

static bool refuse_field(struct rsp_status *status, enum xk_err err, const char *name)
{
    if (err != XK_OK)
        wire_reject_member(status, err == XK_E_NOT_FOUND ? WIRE_MISSING : WIRE_INVALID, name);
    return err != XK_OK;
}

static bool read_texts(const struct json *doc, struct es2p_request *r, struct rsp_status *status)
{
    const char *letters = letters_of(r->function);
    struct text_row rows[TEXT_ROWS];
    const char *bad;

    text_rows(r, rows);
    for (size_t i = 0; i < TEXT_ROWS; i++) {
        bool must = strchr(letters, upper(rows[i].letter)) != NULL;
        const struct json_field field = {rows[i].name, JSON_STRING,     must,         rows[i].min,
                                         rows[i].max,  rows[i].allowed, rows[i].place};

        if (!must && !strchr(letters, rows[i].letter))
            continue;
        if (refuse_field(status, json_read_fields(doc, &field, 1, &bad), rows[i].name))
            return false;
    }
    return true;
}

static bool read_rest(const struct json *doc, struct es2p_request *r, struct rsp_status *status)
{
    const struct json_field header[] = {
        {"functionRequesterIdentifier", JSON_STRING, true, 1, REQUESTER_MAX,
         .text = &r->header.requester},
        {"functionCallIdentifier", JSON_STRING, true, 1, CALL_ID_MAX, .text = &r->header.call_id}};
    const struct json_field release = {"releaseFlag", JSON_BOOL, true, .truth = &r->release};
    const char *bad = "";

    if (refuse_field(status,
                     json_read_fields(json_member(doc, "header"), header, ARRAY_LEN(header), &bad),
                     bad))
        return false;
    if (!read_texts(doc, r, status))
        return false;
    if (r->function == RSP_CONFIRM_ORDER &&
        refuse_field(status, json_read_fields(doc, &release, 1, &bad), bad))
        return false;
    if (r->function == RSP_DOWNLOAD_ORDER && !r->iccid && !r->profile_type) {
        wire_reject_member(status, WIRE_MISSING, "iccid");
        return false;
    }
    return true;
}

/* Each text with its letter and length, so that no two requests are one. */
static enum xk_err digest_request(struct es2p_request *r, struct arena *arena)
{
    struct text_row rows[TEXT_ROWS];
    size_t n = 64;
    struct buf all;

    text_rows(r, rows);
    for (size_t i = 0; i < TEXT_ROWS; i++)
        n += *rows[i].place ? strlen(*rows[i].place) + 16 : 0;
    buf_init_fixed(&all, arena_alloc(arena, n), n);
    if (!all.p)
        return XK_E_NOMEM;
    for (size_t i = 0; i < TEXT_ROWS; i++) {
        if (*rows[i].place)
            buf_printf(&all, "%c%zu:%s", rows[i].letter, strlen(*rows[i].place), *rows[i].place);
    }
    buf_printf(&all, "r%d", r->release);
    TRY(buf_ok(&all));
    return hash_digest(HASH_SHA256, buf_bytes(&all), r->digest);
}

static enum xk_err keep_all(struct es2p_request *r, struct arena *arena)
{
    struct text_row rows[TEXT_ROWS];

    text_rows(r, rows);
    for (size_t i = 0; i < TEXT_ROWS; i++)
        TRY(keep(arena, rows[i].place));
    TRY(keep(arena, &r->header.requester));
    TRY(keep(arena, &r->header.call_id));
    if (r->smds_address && r->smds_address[0] == '\0')
        r->smds_address = NULL;
    return digest_request(r, arena);
}

enum xk_err es2p_decode_request(enum rsp_function function, struct bytes json, struct arena *arena,
                                struct es2p_request *out, struct rsp_status *status)
{
    struct es2p_request r = {.function = function};
    enum xk_err err = XK_E_FORMAT;
    struct json *doc;
    size_t at;

    *status = (struct rsp_status){0};
    TRY(json_doc_parse(json, &doc, &at));
    if (json_kind(doc) == JSON_OBJECT) {
        /* refused by *status when false; what there is goes out all the same, for the log */
        read_rest(doc, &r, status);
        err = keep_all(&r, arena);
    }
    json_doc_free(doc);
    if (err == XK_OK)
        *out = r;
    return err;
}

enum xk_err es2p_encode_request(const struct es2p_request *in, struct buf *json)
{
    const char *letters = letters_of(in->function);
    struct es2p_request r = *in;
    struct text_row rows[TEXT_ROWS];
    struct json_out o;

    text_rows(&r, rows);
    json_out_init(&o, json);
    json_open_object(&o, NULL);
    wire_put_request_header(&o, &in->header);
    for (size_t i = 0; i < TEXT_ROWS; i++) {
        bool has = strchr(letters, rows[i].letter) || strchr(letters, upper(rows[i].letter));

        if (has && *rows[i].place)
            json_put_text(&o, rows[i].name, *rows[i].place);
    }
    if (in->function == RSP_CONFIRM_ORDER)
        json_put_bool(&o, "releaseFlag", in->release);
    json_close_object(&o);
    return buf_ok(json);
}

/* ---- responses ------------------------------------------------------------------------------- */

enum xk_err es2p_encode_response(const struct es2p_response *in, struct buf *json)
{
    struct json_out o;

    json_out_init(&o, json);
    json_open_object(&o, NULL);
    wire_put_header(&o, &in->status);
    if (in->iccid)
        json_put_text(&o, "iccid", in->iccid);
    if (in->eid)
        json_put_text(&o, "eid", in->eid);
    if (in->matching_id)
        json_put_text(&o, "matchingId", in->matching_id);
    if (in->smdp_address)
        json_put_text(&o, "smdpAddress", in->smdp_address);
    json_close_object(&o);
    return buf_ok(json);
}

static enum xk_err read_response(const struct json *doc, struct arena *arena,
                                 struct es2p_response *r)
{
    TRY(wire_read_header(doc, r->function, arena, &r->status));
    r->iccid = json_text(json_member(doc, "iccid"));
    r->eid = json_text(json_member(doc, "eid"));
    r->matching_id = json_text(json_member(doc, "matchingId"));
    r->smdp_address = json_text(json_member(doc, "smdpAddress"));
    TRY(keep(arena, &r->iccid));
    TRY(keep(arena, &r->eid));
    TRY(keep(arena, &r->matching_id));
    return keep(arena, &r->smdp_address);
}

enum xk_err es2p_decode_response(enum rsp_function function, struct bytes json, struct arena *arena,
                                 struct es2p_response *out)
{
    struct es2p_response r = {.function = function};
    struct json *doc;
    enum xk_err err;
    size_t at;

    TRY(json_doc_parse(json, &doc, &at));
    err = read_response(doc, arena, &r);
    json_doc_free(doc);
    if (err == XK_OK)
        *out = r;
    return err;
}

/* ---- towards the operator -------------------------------------------------------------------- */

/* Points 1 to 4 are those of SGP.22 5.3.5; the others exist as such only for operators that want
 * them so, else they are notifications. */
static bool is_progress(const struct download_telling *t)
{
    return t->event->point <= DOWNLOAD_AT_INSTALLATION || t->callbacks == OPERATOR_HEARS_ALL_POINTS;
}

static int notification_event(enum download_point point)
{
    switch (point) {
    case DOWNLOAD_AT_ENABLING:
        return 1; /* NotificationEvent, SGP.22 2.10.1.1 */
    case DOWNLOAD_AT_DISABLING:
        return 2;
    case DOWNLOAD_AT_DELETION:
        return 3;
    case DOWNLOAD_AT_NONE:
    case DOWNLOAD_AT_ELIGIBILITY:
    case DOWNLOAD_AT_CONFIRMATION:
    case DOWNLOAD_AT_DOWNLOAD:
    case DOWNLOAD_AT_INSTALLATION:
        break;
    }
    return 0;
}

static void put_point_status(struct json_out *o, const char *name, const struct download_event *e)
{
    json_open_object(o, name);
    json_put_text(o, "status", rsp_execution_text(e->failed ? RSP_FAILED : RSP_EXECUTED_SUCCESS));
    if (e->failed) {
        json_open_object(o, "statusCodeData");
        json_put_text(o, "subjectCode", e->verdict.subject);
        json_put_text(o, "reasonCode", e->verdict.reason);
        if (e->detail)
            json_put_text(o, "message", e->detail);
        json_close_object(o);
    }
    json_close_object(o);
}

enum xk_err es2p_encode_telling(const struct download_telling *t, const char *requester,
                                struct buf *url, struct buf *body)
{
    const struct wire_request_header header = {.requester = requester, .call_id = t->call_id};
    bool progress = is_progress(t);
    char time[WIRE_TIME_MAX];
    struct json_out o;

    buf_printf(url, "%s" ES2P_PATH "%s", t->base_url,
               progress ? "handleDownloadProgressInfo" : "handleNotification");
    json_out_init(&o, body);
    json_open_object(&o, NULL);
    wire_put_request_header(&o, &header);
    if (t->download->eid[0])
        json_put_text(&o, "eid", t->download->eid);
    json_put_text(&o, "iccid", t->download->iccid);
    json_put_text(&o, "profileType", t->download->profile_type);
    json_put_text(&o, "timestamp", wire_time(t->at, time));
    json_put_int(&o, progress ? "notificationPointId" : "notificationEvent",
                 progress ? (int)t->event->point : notification_event(t->event->point));
    put_point_status(&o, progress ? "notificationPointStatus" : "notificationEventStatus",
                     t->event);
    if (progress && t->event->result_data.n > 0)
        json_put_base64(&o, "resultData", t->event->result_data);
    json_close_object(&o);
    return buf_ok(body);
}
