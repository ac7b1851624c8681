/* SPDX-License-Identifier: Apache-2.0 */
/* The AT port of a registered modem: characters, with some of what happens around it in between.
 * The first octet chooses the card; an octet from F0 on is an event, the others are typed. */
#include "fuzz_modem.h"

#define FIRST_EVENT 0xF0
#define PLAIN "01010891683108100005F0001304048121430004621020304050230411223344"
#define CLASS_2 "01020891683108100005F00013040481214300F6621020304050230411223344"

static void event(struct fuzz_rig *r, uint8_t what)
{
    switch (what) {
    case 0xF0:
        rig_wait(r, 45000);
        break;
    case 0xF1:
        rig_attach(r);
        break;
    case 0xF2:
        rig_deliver(r, PLAIN);
        break;
    case 0xF3:
        rig_deliver(r, CLASS_2);
        break;
    case 0xF4:
        rig_deliver(r, "0300");
        break;
    case 0xF5:
        rig_deliver(r, "05000126");
        break;
    case 0xF6:
        r->card.mute_at = 2;
        break;
    case 0xF7:
        rig_give(r, MODEM_IN_POWER_CUT, BYTES_NONE);
        rig_give(r, MODEM_IN_POWER_ON, BYTES_NONE);
        break;
    case 0xF8:
        rig_say(r, &(struct air_message){.type = AIR_NO_SERVICE});
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct modem_config config = {
        .imei = "861234567890127", .imeisv = "8612345678901201", .rat = AIR_LTE, .at_port = true};
    static struct fuzz_rig r;
    size_t from;

    if (n == 0)
        return 0;
    config.rat = data[0] & 1 ? AIR_GSM : AIR_LTE;
    rig_begin(&r, &config);
    r.card.sim_only = data[0] & 2;
    r.card.pin_enabled = data[0] >> 2 & 1;
    r.card.t0 = data[0] & 8;
    rig_give(&r, MODEM_IN_POWER_ON, BYTES_NONE);
    rig_attach(&r);
    for (from = 1; from < n;) {
        size_t to = from;

        while (to < n && data[to] < FIRST_EVENT)
            to++;
        rig_give(&r, MODEM_IN_AT, BYTES(data + from, to - from));
        if (to < n)
            event(&r, data[to]);
        from = to + 1;
    }
    rig_end(&r);
    return 0;
}
