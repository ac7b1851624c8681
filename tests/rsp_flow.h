/* SPDX-License-Identifier: Apache-2.0 */
/* A device (LPA and eUICC) and an SM-DP+ joined in memory, with one order that waits for the
 * device, and what may break between them. Trouble of the rig ends the program. */
#ifndef TESTS_RSP_FLOW_H
#define TESTS_RSP_FLOW_H

#include "card/euicc/euicc.h"
#include "codec/apdu/apdu.h"
#include "rsp_world.h"
#include "terminal/lpa/lpa.h"

#define FLOW_MATCHING_ID "FLOW-1"
#define FLOW_ICCID "89860012345678901233"

/* Who is without power after a cut: the card alone (the LPA hears nothing), or the whole device
 * (the LPA is gone, too). */
enum flow_cut { CUT_CARD, CUT_DEVICE };

struct rsp_flow {
    struct rsp_world w;
    struct flash_memory *memory;
    struct flash_port port;
    struct euicc *card;
    struct lpa *lpa;
    struct world_order *order;
    const char *code; /* what the user types */
    /* what breaks, once; requests and APDUs count from 1; 0: nothing */
    unsigned lose_request, lose_answer;
    unsigned cut_after; /* this APDU is worked on, its answer is not heard */
    enum flow_cut cut;
    unsigned cut_again; /* power goes again at this step of the memory in the power on after it */
    unsigned cancel_at; /* the user breaks off while this request is under way */
    bool later;         /* the user says so, once */
    /* bends a server's answer on its way; may be NULL */
    void (*bend)(struct rsp_flow *f, struct rsp_es9p_response *response);
    void *bend_ctx;
    /* what happened */
    unsigned posts, apdus, packages;
    enum rsp_function last_post;
    unsigned breaks;      /* how often something broke */
    bool device_off;      /* rsp_flow_on is wanted */
    bool card_off;        /* no answer before the next reset */
    bool another_package; /* one behind the first that is not the same */
    uint8_t package_hash[32];
    uint8_t answer[APDU_RESPONSE_MAX];
    struct rsp_es9p_response response;
};

void rsp_flow_init(struct rsp_flow *f, enum ec_curve curve, enum world_protection protection);
void rsp_flow_fini(struct rsp_flow *f);
/* Power on: the card is reset, the LPA knows of nothing. */
void rsp_flow_on(struct rsp_flow *f);
/* Power on, and from now on nothing breaks. */
void rsp_flow_mend(struct rsp_flow *f);

struct lpa_task rsp_flow_download(void);
/* ENABLE, DISABLE or DELETE of the profile; id: memory for its ICCID. */
struct lpa_task rsp_flow_profile_task(enum lpa_task_type type, uint8_t id[RSP_AID_MAX]);
/* The task to its end, the user says yes. NULL: the device lost its power on the way. */
const struct lpa_result *rsp_flow_run(struct rsp_flow *f, const struct lpa_task *task);
bool rsp_flow_done(struct rsp_flow *f, const struct lpa_task *task); /* it ended well */
/* How often the operator was told of this point, of success or failure. */
enum flow_outcome { FLOW_WELL, FLOW_FAILED };
unsigned rsp_flow_told(const struct rsp_flow *f, enum download_point point,
                       enum flow_outcome outcome);

/* What a device does after power on: download, unless the profile is there; enabling, unless it is
 * enabled. Both tell what there is to tell. True: all of it ended well. */
bool rsp_flow_serve(struct rsp_flow *f);
/* The card is whole, old or new: none, one or the enabled profile. */
void rsp_flow_check_whole(struct rsp_flow *f);
/* One profile, installed once; the operator was told once; nothing is held back; both sides say
 * the state (DOWNLOAD_INSTALLED, DOWNLOAD_ENABLED). */
void rsp_flow_check_served(struct rsp_flow *f, enum download_state state);

#endif
