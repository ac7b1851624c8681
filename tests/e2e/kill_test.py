#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the platform at random moments of a campaign over a bad network: no number lost, none
given twice, no task lost, no card in a mixed state. XT_SEED repeats a run, XT_KILLS and XT_DEVICES
change its size."""
import os
import random
import signal
import time

from xk import Tap, World, check, wait_for

tap = Tap()
SEED = int(os.environ.get("XT_SEED", "1"))
KILLS = int(os.environ.get("XT_KILLS", "200"))
DEVICES = int(os.environ.get("XT_DEVICES", "600"))
OPTIONS = ["t1_lte_ms=1500", "t1_gsm_ms=1500", "t1_nbiot_ms=1500", "t1_emtc_ms=1500", "max_attempts=50"]


@tap.case
def kill_9_at_random_moments():
    chance = random.Random(SEED)
    fleet = ["--seed", str(SEED), "--sms-loss", "100", "--sms-dup", "50"]
    with World(DEVICES, fleet, OPTIONS, "kill") as world:
        client = world.client()
        cards = world.prepare(client, spare=DEVICES // 4)
        batches = []
        share = (len(cards) + 9) // 10
        for n in range(KILLS):
            if n % (KILLS // 10 or 1) == 0 and len(batches) < 10:
                part = cards[len(batches) * share:(len(batches) + 1) * share]
                batches.append(world.apply_all(client, part, prefix=f"b{len(batches)}"))
            time.sleep(chance.uniform(0.0, 0.25))  # a moment, not a wait for something
            world.platform.stop(signal.SIGKILL)
            world.start_platform()
        check(len(batches) == 10, "not all batches were applied")
        tasks = []
        for batch in batches:
            wait_for("the batch to finish", lambda b=batch: (lambda s: s["finished"] == s["total"])(
                client.call("GET", f"/write/batch/{b}")), 240, 0.5)
            tasks += world.tasks(client, batch)
        check(len(tasks) == len(cards), f"{len(tasks)} tasks for {len(cards)} cards")
        bad = [t for t in tasks if t["state"] != "SUCCESS"]
        check(not bad, f"{len(bad)} tasks did not succeed, the first: {bad[:1]}")
        devices = {d["cid"]: d for d in world.fleet_devices()}
        numbers = {}
        for t in tasks:
            check(t["imsi"] not in numbers, f"{t['imsi']} was given to {numbers.get(t['imsi'])} and {t['cid']}")
            numbers[t["imsi"]] = t["cid"]
            check(devices[t["cid"]]["imsi"] == t["imsi"], f"{t['cid']} carries {devices[t['cid']]['imsi']}, not {t['imsi']}")
        pool = client.call("GET", "/number/pool/main")
        check(pool["inUse"] == len(cards) and pool["locked"] == pool["assigned"] == pool["written"] == 0, str(pool))
        status = world.fleet_get("/fleet/v1/status")
        check(status.get("mixed_cards", 0) == 0, f"cards in a mixed state: {status}")
        print(f"# seed {SEED}: {KILLS} kills, {len(tasks)} writes, "
              f"{sum(t['attempts'] > 1 for t in tasks)} of them repeated")


tap.run()
