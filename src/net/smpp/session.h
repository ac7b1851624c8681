/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/smpp: the parts of the message centre. smsc.c has the server and its sessions,
 * smsc_deliver.c the messages on their way to receivers. */
#ifndef NET_SMPP_SESSION_H
#define NET_SMPP_SESSION_H

#include "net/loop/socket.h"
#include "net/smpp/sending.h"
#include "net/smpp/smsc.h"

#define ROUTES_MAX 64

enum session_state {
    SESSION_OPEN,
    SESSION_TX,
    SESSION_RX,
    SESSION_TRX,
    SESSION_UNBINDING,
};

struct session {
    struct smpp_smsc *smsc;
    struct smpp_smsc_peer peer;
    enum session_state state;
    bool finishing; /* unbound by the peer; its answer is on the way */
    struct smpp_link *link;
    struct loop_timer *timer; /* to bind, to unbind */
    struct smpp_window window;
    unsigned submits_open;
    unsigned nonsense;
    char system_id[16];
    char address[SOCKET_ADDRESS_MAX];
};

/* What waits for one system_id, or ("") for any receiver. */
struct route {
    char system_id[16];
    struct smpp_queue queue;
};

struct smpp_smsc {
    struct smpp_smsc_options o;
    char system_id[16];
    int listener;
    struct loop_watch *watch;
    struct loop_timer *resume; /* accepting, after the descriptors ran out */
    struct loop_timer *pulse;
    int64_t pulse_ms; /* when it fires; INT64_MAX: it rests */
    struct session *slots[SMPP_SMSC_SESSIONS_MAX];
    uint32_t generations[SMPP_SMSC_SESSIONS_MAX];
    unsigned used; /* no session at or above */
    unsigned next; /* round robin over receivers */
    struct route routes[ROUTES_MAX];
    unsigned route_count;
    struct smpp_queue retries; /* in order of ready_ms */
    uint64_t order;
    struct smpp_smsc_stats stats;
};

enum xk_err smsc_deliver_init(struct smpp_smsc *smsc) XK_MUST_CHECK;
void smsc_deliver_fini(struct smpp_smsc *smsc);
/* Sends what there is room for. */
void smsc_deliver_pump(struct smpp_smsc *smsc);
void smsc_deliver_answered(struct session *s, const struct smpp_pdu *answer);
/* The session is gone: what it had outstanding goes to another, or back to the queue. */
void smsc_deliver_lost(struct session *s);
/* Ends all that waits with XK_E_CLOSED. */
void smsc_deliver_stop(struct smpp_smsc *smsc);

#endif
