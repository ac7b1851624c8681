/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the table session.def as a question, and what all calls of a session need. */
#ifndef SERVER_SMDPP_STEP_H
#define SERVER_SMDPP_STEP_H

#include "server/smdpp/session.h"

enum smdpp_session_call {
    SMDPP_CALL_AUTHENTICATE_CLIENT,
    SMDPP_CALL_GET_BOUND_PROFILE_PACKAGE,
    SMDPP_CALL_CANCEL_SESSION,
    SMDPP_CALL_INSTALLATION_RESULT,
};

enum smdpp_step {
    SMDPP_STEP_NONE, /* refused */
    SMDPP_STEP_ADMIT,
    SMDPP_STEP_ADMIT_AGAIN,
    SMDPP_STEP_BIND,
    SMDPP_STEP_BIND_AGAIN,
    SMDPP_STEP_CANCEL,
    SMDPP_STEP_CANCEL_AGAIN,
    SMDPP_STEP_TAKE_RESULT,
};

/* session NULL: unknown, nothing is taken. An installation result is taken however late. */
enum smdpp_step smdpp_step_of(const struct smdpp_session *session, enum smdpp_session_call call,
                              int64_t now);

#endif
