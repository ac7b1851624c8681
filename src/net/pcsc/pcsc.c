/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pcsc/pcsc.h"

#include <PCSC/reader.h>
#include <PCSC/winscard.h>

#define NAMES_MAX 4096
#define HEAD_LEN 4
#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)

struct pcsc {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    bool connected;
    bool locked; /* shared: within a transaction */
    DWORD sharing, protocol;
    LONG last; /* result of the last call */
    char name[PCSC_NAME_MAX];
    uint8_t atr[PCSC_ATR_MAX];
    DWORD atr_n;
    uint8_t answer[PCSC_RESPONSE_MAX];
};

static const struct {
    LONG code;
    enum xk_err err;
} results[] = {
    {SCARD_S_SUCCESS, XK_OK},
    {SCARD_E_NO_SERVICE, XK_E_CLOSED},
    {SCARD_E_SERVICE_STOPPED, XK_E_CLOSED},
    {SCARD_E_READER_UNAVAILABLE, XK_E_CLOSED},
    {SCARD_E_NO_SMARTCARD, XK_E_CLOSED},
    {SCARD_W_REMOVED_CARD, XK_E_CLOSED},
    {SCARD_W_UNPOWERED_CARD, XK_E_CLOSED},
    {SCARD_W_UNRESPONSIVE_CARD, XK_E_CLOSED},
    {SCARD_W_RESET_CARD, XK_E_STATE},
    {SCARD_E_SHARING_VIOLATION, XK_E_BUSY},
    {SCARD_E_UNKNOWN_READER, XK_E_NOT_FOUND},
    {SCARD_E_NO_READERS_AVAILABLE, XK_E_NOT_FOUND},
    {SCARD_E_NO_MEMORY, XK_E_NOMEM},
    {SCARD_E_INSUFFICIENT_BUFFER, XK_E_LIMIT},
    {SCARD_E_TIMEOUT, XK_E_TIMEOUT},
    {SCARD_E_NO_ACCESS, XK_E_DENIED},
    {SCARD_W_SECURITY_VIOLATION, XK_E_DENIED},
    {SCARD_E_PROTO_MISMATCH, XK_E_UNSUPPORTED},
};

static enum xk_err result(struct pcsc *p, LONG code)
{
    p->last = code;
    for (size_t i = 0; i < ARRAY_LEN(results); i++)
        if (results[i].code == code)
            return results[i].err;
    return XK_E_IO;
}

/* ---- the daemon ---- */

enum xk_err pcsc_open(struct pcsc **out)
{
    struct pcsc *p = calloc(1, sizeof *p);
    enum xk_err err;

    if (!p)
        return XK_E_NOMEM;
    err = result(p, SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context));
    if (err != XK_OK) {
        free(p);
        return err;
    }
    *out = p;
    return XK_OK;
}

void pcsc_close(struct pcsc *p)
{
    if (!p)
        return;
    pcsc_disconnect(p);
    SCardReleaseContext(p->context);
    explicit_bzero(p, sizeof *p);
    free(p);
}

const char *pcsc_error_text(const struct pcsc *p)
{
    return pcsc_stringify_error(p->last);
}

/* ---- readers ---- */

static void look_into(struct pcsc *p, struct pcsc_reader *reader)
{
    SCARD_READERSTATE state = {.szReader = reader->name, .dwCurrentState = SCARD_STATE_UNAWARE};

    if (SCardGetStatusChange(p->context, 0, &state, 1) != SCARD_S_SUCCESS)
        return;
    reader->card = (state.dwEventState & SCARD_STATE_PRESENT) != 0;
    reader->busy = (state.dwEventState & SCARD_STATE_EXCLUSIVE) != 0;
}

/* names: one behind the other, each with a NUL, an empty one ends the list */
static size_t take_names(struct pcsc *p, const char *names, struct pcsc_reader *out, size_t cap)
{
    size_t n = 0;

    for (; names[0] && n < cap; names += strlen(names) + 1) {
        if (strlen(names) >= sizeof out[n].name)
            continue;
        out[n] = (struct pcsc_reader){.card = false};
        memcpy(out[n].name, names, strlen(names) + 1);
        look_into(p, &out[n]);
        n++;
    }
    return n;
}

enum xk_err pcsc_list(struct pcsc *p, struct pcsc_reader *out, size_t cap, size_t *n)
{
    char names[NAMES_MAX] = {0};
    DWORD len = sizeof names - 2;
    enum xk_err err = result(p, SCardListReaders(p->context, NULL, names, &len));

    if (p->last == SCARD_E_NO_READERS_AVAILABLE) {
        *n = 0;
        return XK_OK;
    }
    if (err == XK_OK)
        *n = take_names(p, names, out, cap);
    return err;
}

static bool is_wanted(const struct pcsc_reader *reader, size_t place, const char *wanted)
{
    char digits[24];

    if (!wanted)
        return reader->card;
    snprintf(digits, sizeof digits, "%zu", place);
    return strcmp(digits, wanted) == 0 || strcasestr(reader->name, wanted) != NULL;
}

static enum xk_err find_reader(struct pcsc *p, const char *wanted, char name[PCSC_NAME_MAX])
{
    struct pcsc_reader readers[PCSC_READERS_MAX];
    size_t n;

    TRY(pcsc_list(p, readers, ARRAY_LEN(readers), &n));
    for (size_t i = 0; i < n; i++) {
        if (is_wanted(&readers[i], i, wanted)) {
            memcpy(name, readers[i].name, PCSC_NAME_MAX);
            return XK_OK;
        }
    }
    p->last = n == 0 || wanted ? SCARD_E_UNKNOWN_READER : SCARD_E_NO_SMARTCARD;
    return XK_E_NOT_FOUND;
}

/* ---- the card ---- */

static enum xk_err read_atr(struct pcsc *p)
{
    p->atr_n = sizeof p->atr;
    return result(p, SCardStatus(p->card, NULL, NULL, NULL, NULL, p->atr, &p->atr_n));
}

/* Shared: nobody speaks in between until we disconnect. */
static enum xk_err lock(struct pcsc *p)
{
    if (p->sharing == SCARD_SHARE_EXCLUSIVE)
        return XK_OK;
    TRY(result(p, SCardBeginTransaction(p->card)));
    p->locked = true;
    return XK_OK;
}

enum xk_err pcsc_connect(struct pcsc *p, const char *reader, enum pcsc_sharing sharing)
{
    enum xk_err err;

    if (p->connected)
        return XK_E_STATE;
    TRY(find_reader(p, reader, p->name));
    p->sharing = sharing == PCSC_EXCLUSIVE ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED;
    err =
        result(p, SCardConnect(p->context, p->name, p->sharing, PROTOCOLS, &p->card, &p->protocol));
    p->connected = err == XK_OK;
    if (err == XK_OK)
        err = lock(p);
    if (err == XK_OK)
        err = read_atr(p);
    if (err != XK_OK) {
        LONG why = p->last;

        pcsc_disconnect(p);
        p->last = why;
    }
    return err;
}

void pcsc_disconnect(struct pcsc *p)
{
    if (p->connected) {
        if (p->locked)
            SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
        SCardDisconnect(p->card, SCARD_RESET_CARD);
    }
    p->connected = p->locked = false;
    p->name[0] = '\0';
    p->atr_n = 0;
}

enum xk_err pcsc_reset(struct pcsc *p)
{
    if (!p->connected)
        return XK_E_CLOSED;
    if (p->locked)
        SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
    p->locked = false;
    TRY(result(p, SCardReconnect(p->card, p->sharing, PROTOCOLS, SCARD_RESET_CARD, &p->protocol)));
    TRY(lock(p));
    return read_atr(p);
}

/* Case 4, short: CLA INS P1 P2 Lc data Le. T=0 has no room for Le. */
static struct bytes for_protocol(const struct pcsc *p, struct bytes command)
{
    bool data_and_le = command.n > HEAD_LEN + 1 && command.p[HEAD_LEN] > 0 &&
                       command.n == HEAD_LEN + 1u + command.p[HEAD_LEN] + 1u;

    if (p->protocol == SCARD_PROTOCOL_T0 && data_and_le)
        command.n--;
    return command;
}

enum xk_err pcsc_transmit(struct pcsc *p, struct bytes command, struct buf *out)
{
    const SCARD_IO_REQUEST *how = p->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
    DWORD n = sizeof p->answer;

    if (!p->connected)
        return XK_E_CLOSED;
    if (command.n < HEAD_LEN || command.n > PCSC_COMMAND_MAX)
        return XK_E_VALUE;
    command = for_protocol(p, command);
    TRY(result(p, SCardTransmit(p->card, how, command.p, command.n, NULL, p->answer, &n)));
    buf_put(out, p->answer, n);
    explicit_bzero(p->answer, n);
    return buf_ok(out);
}

const char *pcsc_reader_name(const struct pcsc *p)
{
    return p->name;
}

struct bytes pcsc_atr(const struct pcsc *p)
{
    return BYTES(p->atr, p->atr_n);
}
