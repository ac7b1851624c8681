/* SPDX-License-Identifier: Apache-2.0 */
/* LPA, eUICC and SM-DP+ joined in memory (SGP.22 3.1.3): discovery of nothing but an activation
 * code, download, installation, enabling, notifications, deletion; both curves. */
#include "rsp_flow.h"
#include "xt.h"

static void whole_life(enum ec_curve curve, enum world_protection protection)
{
    const struct lpa_task download = rsp_flow_download();
    uint8_t id[RSP_AID_MAX];
    struct lpa_task t;
    struct euicc_state s;
    struct rsp_flow f;

    rsp_flow_init(&f, curve, protection);
    CHECK(rsp_flow_done(&f, &download));
    rsp_flow_check_served(&f, DOWNLOAD_INSTALLED);
    t = rsp_flow_profile_task(LPA_TASK_ENABLE, id);
    CHECK(rsp_flow_done(&f, &t));
    CHECK_OK(euicc_get_state(f.card, &s));
    CHECK(s.profiles[0].enabled);
    CHECK_INT(f.order->download.state, DOWNLOAD_ENABLED);
    t = rsp_flow_profile_task(LPA_TASK_DISABLE, id);
    CHECK(rsp_flow_done(&f, &t));
    CHECK_INT(f.order->download.state, DOWNLOAD_DISABLED);
    t = rsp_flow_profile_task(LPA_TASK_DELETE, id);
    CHECK(rsp_flow_done(&f, &t));
    CHECK_INT(f.order->download.state, DOWNLOAD_DELETED);
    CHECK_OK(euicc_get_state(f.card, &s));
    CHECK_INT(s.n_profiles, 0);
    CHECK_INT(s.n_notifications, 0);
    rsp_flow_fini(&f);
}

TEST(nist_random_keys)
{
    whole_life(EC_P256, WORLD_RANDOM_KEYS);
}

TEST(nist_session_keys)
{
    whole_life(EC_P256, WORLD_SESSION_KEYS);
}

TEST(brainpool)
{
    whole_life(EC_BRAINPOOL_P256R1, WORLD_RANDOM_KEYS);
}

TEST(confirmation_code)
{
    const struct lpa_task download = rsp_flow_download();
    struct rsp_flow f;

    rsp_flow_init(&f, EC_P256, WORLD_RANDOM_KEYS);
    rsp_world_code(f.order, WORLD_CODE, 3);
    f.code = WORLD_CODE;
    CHECK(rsp_flow_done(&f, &download));
    rsp_flow_check_served(&f, DOWNLOAD_INSTALLED);
    rsp_flow_fini(&f);
}

TESTS_MAIN(XT_NAMED("SGP.23 Flow rsp_complete_flow: from order to deletion, random keys",
                    nist_random_keys),
           XT_NAMED("SGP.23 Flow rsp_complete_flow: from order to deletion, session keys",
                    nist_session_keys),
           XT_NAMED("SGP.23 Flow rsp_complete_flow_BRP: from order to deletion", brainpool),
           XT_NAMED("SGP.23 Flow confirmation_code: asked and given", confirmation_code))
