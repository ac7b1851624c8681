#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the platform at random moments of a campaign over a bad network: no number lost, none
given twice, no task lost, no card in a mixed state. XT_SEED repeats a run, XT_KILLS and XT_DEVICES
change its size."""
import os
import random
import signal
import time

from xk import Tap, World, check

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
        tasks = world.settle(client, batches, 240)
        check(len(tasks) == len(cards), f"{len(tasks)} tasks for {len(cards)} cards")
        world.agree(client, tasks)
        print(f"# seed {SEED}: {KILLS} kills, {len(tasks)} writes, "
              f"{sum(t['attempts'] > 1 for t in tasks)} of them repeated")


@tap.case
def kill_9_in_bursts():
    """Killed again before it is ready, several times in a row, while everything is under way."""
    chance = random.Random(SEED + 1)
    count = max(DEVICES // 4, 20)
    with World(count, ["--seed", str(SEED + 1), "--sms-loss", "100"], OPTIONS, "burst") as world:
        client = world.client()
        cards = world.prepare(client, spare=count // 4)
        batch = world.apply_all(client, cards)
        for _ in range(6):
            time.sleep(chance.uniform(0.05, 0.4))  # a moment, not a wait for something
            world.platform.stop(signal.SIGKILL)
            for _ in range(chance.randrange(2, 8)):
                world.platform.launch()
                time.sleep(chance.uniform(0.0, 0.05))
                world.platform.stop(signal.SIGKILL)
            world.start_platform()
        tasks = world.settle(client, [batch], 240)
        check(len(tasks) == count, f"{len(tasks)} tasks for {count} cards")
        world.agree(client, tasks)


@tap.case
def sigterm_under_load():
    """A clean stop in the middle, nothing taken twice or forgotten, and on it goes."""
    with World(100, ["--seed", str(SEED)], OPTIONS, "term") as world:
        client = world.client()
        cards = world.prepare(client, spare=25)
        batch = world.apply_all(client, cards)
        for _ in range(4):
            before = client.call("GET", f"/write/batch/{batch}")["finished"]
            begin = time.monotonic()
            status = world.platform.stop(signal.SIGTERM)
            check(status == 0, f"exit status {status} with {before} of {len(cards)} done")
            check(time.monotonic() - begin < 5, f"stopping took {time.monotonic() - begin:.1f} s")
            world.start_platform()
        world.agree(client, world.settle(client, [batch]))


tap.run()
