/* SPDX-License-Identifier: Apache-2.0 */
/* A fault told whole: never a bare code. */
#include <inttypes.h>

#include "terminal/lpa/core.h"

static const struct fault_row {
    const char *name, *text, *advice;
} rows[] = {
#define LPA_FAULT(name, zh, text, advice) {#name, text, advice},
#include "terminal/lpa/faults.def"
};
_Static_assert(ARRAY_LEN(rows) == LPA_FAULTS, "one row a fault");

/* One part of the story for each kind that has more to tell than its text. */
typedef void tell_fn(const struct lpa_fault *f, struct buf *out);

const char *lpa_fault_name(enum lpa_fault_kind kind)
{
    return (size_t)kind < ARRAY_LEN(rows) ? rows[kind].name : "?";
}

static void tell_message(const struct lpa_fault *f, struct buf *out)
{
    if (f->message[0])
        buf_printf(out, ": %s", f->message);
}

static void tell_address(const struct lpa_fault *f, struct buf *out)
{
    if (f->address[0])
        buf_printf(out, " (%s)", f->address);
}

static void tell_status_word(const struct lpa_fault *f, struct buf *out)
{
    if (f->sw)
        buf_printf(out, ": %s (status word %04X)", apdu_sw_text(f->sw), f->sw);
}

static void tell_code(const struct lpa_fault *f, struct buf *out)
{
    const char *text = rsp_code_text(f->table, f->code);

    buf_printf(out, ": %s (%s, %" PRIu32 ")", text[0] ? text : "a code we do not know",
               rsp_code_name(f->table, f->code), f->code);
}

static void tell_element(const struct lpa_fault *f, struct buf *out)
{
    buf_printf(out, "; profile element %zu", f->pe_place);
    if (f->pe.has_identification)
        buf_printf(out, " (identification %" PRIu32 ")", f->pe.identification);
    buf_printf(out, ": %s (%s, %" PRIu32, rsp_pe_status_text(f->pe.status),
               rsp_pe_status_name(f->pe.status), f->pe.status);
    if (f->pe.has_info)
        buf_printf(out, ", info %" PRIu32, f->pe.info);
    if (f->pe.has_offset)
        buf_printf(out, ", at byte %" PRIu32, f->pe.offset);
    buf_put_str(out, ")");
}

static void tell_installation(const struct lpa_fault *f, struct buf *out)
{
    const char *doing = rsp_code_text(RSP_TABLE_BPP_COMMAND, f->command);

    tell_code(f, out);
    buf_printf(out, " while %s (%s)", doing[0] ? doing : "doing what we do not know",
               rsp_code_name(RSP_TABLE_BPP_COMMAND, f->command));
    if (f->has_pe)
        tell_element(f, out);
    tell_message(f, out);
}

/* "the confirmation code is wrong (8.2.7 confirmation code, 3.8 refused)" */
static void tell_refusal(const struct lpa_fault *f, struct buf *out)
{
    struct bytes subject = bytes_cstr(f->subject);
    struct bytes reason = bytes_cstr(f->reason);
    const struct rsp_verdict_row *row =
        rsp_verdict_row(rsp_verdict_find(f->function, subject, reason));

    tell_address(f, out);
    if (row)
        buf_printf(out, ": %s", row->text);
    buf_printf(out, ": subject %s %s, reason %s %s, in %s", f->subject[0] ? f->subject : "unknown",
               rsp_subject_text(subject), f->reason[0] ? f->reason : "unknown",
               rsp_reason_text(reason), rsp_function_name(f->function));
    if (f->message[0] && !(row && strcmp(row->text, f->message) == 0))
        buf_printf(out, "; it says: %s", f->message);
}

static void tell_connection(const struct lpa_fault *f, struct buf *out)
{
    tell_address(f, out);
    tell_message(f, out);
}

static void tell_http(const struct lpa_fault *f, struct buf *out)
{
    tell_address(f, out);
    buf_printf(out, ": status %u in %s", f->http_status, rsp_function_name(f->function));
    tell_message(f, out);
}

static void tell_number(const struct lpa_fault *f, struct buf *out)
{
    buf_printf(out, ": code %" PRIu32, f->code);
}

static const struct {
    enum lpa_fault_kind kind;
    tell_fn *tell;
} tellers[] = {
    {LPA_FAULT_OWN, tell_message},
    {LPA_FAULT_CARD_REFUSED, tell_status_word},
    {LPA_FAULT_CARD_MALFORMED, tell_message},
    {LPA_FAULT_CARD_CODE, tell_code},
    {LPA_FAULT_NO_CHANNEL, tell_status_word},
    {LPA_FAULT_NO_EUICC, tell_status_word},
    {LPA_FAULT_INSTALL_FAILED, tell_installation},
    {LPA_FAULT_SERVER_REFUSED, tell_refusal},
    {LPA_FAULT_SERVER_UNREACHABLE, tell_connection},
    {LPA_FAULT_SERVER_CUT, tell_connection},
    {LPA_FAULT_SERVER_TLS, tell_connection},
    {LPA_FAULT_SERVER_HTTP, tell_http},
    {LPA_FAULT_SERVER_MALFORMED, tell_connection},
    {LPA_FAULT_ADDRESS_MISMATCH, tell_connection},
    {LPA_FAULT_OID_MISMATCH, tell_connection},
    {LPA_FAULT_LIST_REFUSED, tell_number},
    {LPA_FAULT_ADDRESS_REFUSED, tell_number},
};

static bool is_named_step(const struct lpa_fault *f)
{
    return f->step_name && (f->kind == LPA_FAULT_OWN || f->kind == LPA_FAULT_CARD_GONE ||
                            f->kind == LPA_FAULT_CARD_REFUSED ||
                            f->kind == LPA_FAULT_CARD_MALFORMED || f->kind == LPA_FAULT_CARD_CODE);
}

void lpa_fault_text(const struct lpa_fault *fault, struct buf *out)
{
    const struct fault_row *row = &rows[fault->kind < LPA_FAULTS ? fault->kind : LPA_FAULT_OWN];

    buf_put_str(out, row->text);
    for (size_t i = 0; i < ARRAY_LEN(tellers); i++)
        if (tellers[i].kind == fault->kind)
            tellers[i].tell(fault, out);
    if (is_named_step(fault))
        buf_printf(out, " [%s]", fault->step_name);
    if (row->advice)
        buf_printf(out, "; %s", row->advice);
}
