/* SPDX-License-Identifier: Apache-2.0 */
/* The home network interface: the platform opens and closes numbers in the operator's subscriber
 * database, and hears which of them attached. JSON over HTTPS; examples: docs/interfaces/home.md
 *
 *   platform -> network   POST <home_url>/hss/v1/subscribers
 *       {"subscribers":[{"op":"open","imsi":..,"msisdn":..,"iccid":..,"algorithm":"milenage",
 *                        "keys":"<hex>"} , {"op":"close","imsi":..} ...]}
 *       -> {"code":"0","results":[{"imsi":..,"code":"0"|"<why>"} ...]}   opening twice is fine
 *   network -> platform   POST <platform>/hss/v1/events
 *       {"events":[{"seq":n,"type":"attach","imsi":..,"msisdn":..,"imei":..,"rat":"LTE","plmn":..,
 *                   "lac":n,"cell":n,"time":"2026-..Z"} ...]}
 *       -> {"code":"0","seq":<highest taken>}     at least once, in order of seq
 *
 * Both with "Authorization: Bearer <home_token>". keys: K | OPc (| c/r constants) sealed under the
 * transport key both sides share (AES-256-GCM: iv 12, ciphertext, tag 16; aad "home:<imsi>"); K and
 * OPc each preceded by one length byte. They are never in clear between the two. */
#ifndef API_HOME_HOME_H
#define API_HOME_HOME_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/number.h"

#define HOME_BATCH_MAX 200
#define HOME_TOKEN_MAX 128
#define HOME_KEY_LEN 32

enum home_op { HOME_OPEN, HOME_CLOSE };

struct home_subscriber {
    enum home_op op;
    char imsi[16], msisdn[24], iccid[21];
    uint8_t algorithm;       /* enum aka_algorithm */
    struct number_keys keys; /* wiped by whoever holds it */
};

enum home_event_type { HOME_ATTACH, HOME_DETACH };
struct home_event {
    uint64_t seq;
    enum home_event_type type;
    char imsi[16], msisdn[24], imei[17], rat[8], plmn[8];
    uint32_t lac, cell;
    int64_t time;
};

struct home_result {
    char imsi[16];
    char code[64]; /* "0", or why not */
};

/* Requests as whole bodies; lists of at most HOME_BATCH_MAX. XK_E_FORMAT with a sentence in why. */
enum xk_err home_encode_subscribers(const struct home_subscriber *s, size_t n,
                                    const uint8_t transport_key[HOME_KEY_LEN],
                                    const struct xk_rand *rand, struct buf *out) XK_MUST_CHECK;
enum xk_err home_decode_subscribers(struct bytes body, const uint8_t transport_key[HOME_KEY_LEN],
                                    struct home_subscriber *out, size_t cap, size_t *n,
                                    struct buf *why) XK_MUST_CHECK;
enum xk_err home_encode_results(const struct home_result *r, size_t n, struct buf *out)
    XK_MUST_CHECK;
enum xk_err home_decode_results(struct bytes body, struct home_result *out, size_t cap, size_t *n)
    XK_MUST_CHECK;
enum xk_err home_encode_events(const struct home_event *e, size_t n, struct buf *out) XK_MUST_CHECK;
enum xk_err home_decode_events(struct bytes body, struct home_event *out, size_t cap, size_t *n,
                               struct buf *why) XK_MUST_CHECK;
enum xk_err home_encode_taken(uint64_t seq, struct buf *out) XK_MUST_CHECK;
enum xk_err home_decode_taken(struct bytes body, uint64_t *seq) XK_MUST_CHECK;

/* "Bearer <token>" in constant time. */
bool home_authorised(const char *header, const char *token);

#endif
