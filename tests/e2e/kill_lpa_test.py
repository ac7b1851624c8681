#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of `xieka lpa` with its card in a file, at random moments of downloads and of everything behind them:
the device without power; the SM-DP+ is killed now and then, too. The card is whole each time, the same command
begun again ends well, each profile is installed once and the operator told once. XT_SEED repeats a run,
XT_PROFILES (16 at most) changes its size."""
import collections
import json
import os
import random
import signal
import subprocess
import time

from dp_site import FIRST_EID, HOST, make_card, make_pki, package
from kill_rsp_test import ENABLED, INSTALLED, OPERATOR, Operator, OperatorsSite
from xk import Folder, Tap, check, program, wait_for

tap = Tap()
SEED = int(os.environ.get("XT_SEED", "1"))
PROFILES = int(os.environ.get("XT_PROFILES", "12"))
STEP_S = 0.003  # how much longer it may live each time
ICCID = "898600123456789012{:02d}"


class Device:
    """A card in a file and the LPA at it, which is killed at its work, a little later each time."""

    def __init__(self, folder, site, chance):
        self.memory, self.chance, self.kills, self.begun = os.path.join(folder, "card"), chance, 0, 0
        make_card(self.memory, f"{folder}/pki", FIRST_EID)
        self.way = ["--card", self.memory, "--ca", f"{folder}/pki/CERT_CI_ECDSA_NIST.pem",
                    "--resolve", f"{HOST}=127.0.0.1:{site.dp_port}"]
        self.site, self.platform_kills = site, 0

    def start(self, *words):
        self.begun += 1
        return subprocess.Popen([program("xieka"), "lpa", *words, *self.way, "--yes", "--json"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def state(self):
        """The profiles, and that the card is whole: as it is at the next power on."""
        done = subprocess.run([program("xieka"), "lpa", "list", "--card", self.memory, "--json"],
                              capture_output=True, text=True, timeout=30, check=False)
        check(done.returncode == 0, f"the card is not whole: {done.stdout} {done.stderr}")
        return {p["iccid"]: p["state"] for p in json.loads(done.stdout)["profiles"]}

    def do(self, wanted, *words):
        """Until it is so."""
        life = 0
        while not wanted(self.state()):
            process = self.start(*words)
            life += STEP_S
            time.sleep(self.chance.uniform(0.0, life))  # a moment, not a wait for something
            if self.chance.random() < 0.05:
                self.platform_kills += 1
                self.site.stop(signal.SIGKILL)
                self.site.start()
            self.kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate(timeout=60)
            check(process.returncode in (0, -signal.SIGKILL), f"{words}: {process.returncode} {out} {err}")


def lives(device, codes):
    """Each profile is downloaded and enabled in the place of the one before."""
    for iccid, code in codes.items():
        device.do(lambda s, i=iccid: i in s, "download", code)
        device.do(lambda s, i=iccid: s[i] == "enabled", "enable", iccid)


@tap.case
def kill_9_at_random_moments():
    chance = random.Random(SEED)
    with Folder("kill-lpa") as folder:
        make_pki(f"{folder}/pki", 1)
        operator = Operator(f"{folder}/pki", lambda: False)
        try:
            site = OperatorsSite(folder, operator)
            site.options.append("rsp_attempts=1000")
            with site:
                client = site.client()
                client.call("POST", "/dp/operator", body={"operatorId": "test",
                                                          "callbackUrl": f"https://{OPERATOR}:{operator.port}"})
                codes = {}
                for n in range(PROFILES):
                    client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, package(ICCID.format(n)))
                    codes[ICCID.format(n)] = client.call("POST", "/dp/order",
                                                         body={"iccid": ICCID.format(n)})["activationCode"]
                device = Device(folder, site, chance)
                lives(device, codes)
                print(f"# seed {SEED}: {device.kills} of {device.begun} commands killed, the platform "
                      f"{device.platform_kills} times")
                agree(site, site.client(), device, operator, list(codes))
        finally:
            operator.stop()


def agree(site, client, device, operator, iccids):
    process = device.start("notifications", "process")
    out, err = process.communicate(timeout=60)
    check(process.returncode == 0, f"notifications: {out} {err}")
    states, stock = device.state(), site.stock(client)
    check(device.kills > 3 * PROFILES and device.platform_kills > 0, "nothing was killed")
    check(states == {i: "enabled" if i == iccids[-1] else "disabled" for i in iccids}, str(states))
    for i in iccids:
        check(stock[i]["state"] == states[i].upper(), f"{i}: {stock[i]}, on the card {states[i]}")
        check(site.causes(client, i)["INSTALL"] == 1, f"{i}: {site.causes(client, i)}")
    once = collections.Counter(iccids)
    wait_for("the operator to be told", lambda: operator.told(INSTALLED) == once, 20)
    wait_for("the operator to be told", lambda: operator.told(ENABLED) == once, 20)


if __name__ == "__main__":
    tap.run()
