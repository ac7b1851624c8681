#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lpac as its user runs it, nothing of it replaced: PC/SC reader or AT port to our eUICC, HTTPS by itself to our
SM-DP+ and SM-DS, under the names and the port that phones use. lpac is $XIEKA_LPAC or in PATH; the test runs in
namespaces of its own (lab.py), which needs root."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from dp_site import DS_HOST, FIRST_EID, HOST, Site, make_card, make_pki, package  # noqa: E402
import lab  # noqa: E402
from xk import Folder, Process, Tap, check, program, wait_for  # noqa: E402

tap = Tap()
LPAC = os.environ.get("XIEKA_LPAC") or shutil.which("lpac")
ICCID, CODE = "89860012345678901233", "4711"
DISCOVERY = ["profile", "discovery", "-s", DS_HOST]  # it does not ask the card for the address


class Phone443(Site):
    """The site on the port that an activation code means."""

    def __init__(self, folder):
        super().__init__(folder)
        self.add_ds()
        with open(self.conf, encoding="utf-8") as f:
            text = f.read()
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(text.replace(f"port = {self.dp_port}", "port = 443"))

    def state(self, client):
        return client.call("GET", f"/dp/profile/{ICCID}")["state"]


def lpac(backend, *words, status=0):
    done = subprocess.run([LPAC, *words], env=dict(os.environ, **backend), capture_output=True, text=True, timeout=60)
    last = json.loads(done.stdout.strip().split("\n")[-1])
    check((last["payload"]["code"] == 0) == (status == 0), f"{words}: {done.stdout} {done.stderr}")
    return last["payload"]["data"]


def order(site, client, **more):
    client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, package(ICCID))
    return client.call("POST", "/dp/order", body={"iccid": ICCID, **more})["activationCode"]


def manage(site, client, run):
    """What follows a download: everything lpac can do with a profile."""
    check(site.state(client) == "DOWNLOADED", site.state(client))
    check([n["profileManagementOperation"] for n in run("notification", "list")] == ["install"], "the notification")
    run("notification", "process", "-a", "-r")
    check(site.state(client) == "INSTALLED", site.state(client))
    run("profile", "enable", ICCID)
    check(run("profile", "list")[0]["profileState"] == "enabled", "not enabled")
    run("notification", "process", "-a", "-r")
    check(site.state(client) == "ENABLED", site.state(client))
    run("profile", "nickname", ICCID, "lpac")
    check(run("profile", "list")[0]["profileNickname"] == "lpac", "no nickname")
    run("profile", "delete", ICCID, status=1)
    run("profile", "disable", ICCID)
    run("profile", "delete", ICCID)
    run("notification", "process", "-a", "-r")
    check(site.state(client) == "DELETED", site.state(client))
    check(run("profile", "list") == [] and run("notification", "list") == [], "something is left")
    run("chip", "defaultsmdp", HOST)
    chip = run("chip", "info")
    check(chip["eidValue"] == FIRST_EID, str(chip))
    check(chip["EuiccConfiguredAddresses"] == {"defaultDpAddress": HOST, "rootDsAddress": DS_HOST}, str(chip))


def whole(connect, backend):
    """connect gives what holds the card; backend what lpac is told of it."""
    with Folder("lpac-whole") as folder:
        make_pki(f"{folder}/pki", 1)
        make_card(f"{folder}/card", f"{folder}/pki", FIRST_EID, "--root-ds", DS_HOST)
        with Phone443(folder) as site, connect(folder):
            client = site.client()

            def run(*words, status=0):
                return lpac(backend(folder), *words, status=status)

            wait_for("the card", lambda: subprocess.run([LPAC, "chip", "info"], env=dict(os.environ,
                     **backend(folder)), capture_output=True, check=False).returncode == 0, pause=0.1)
            run("profile", "download", "-a", order(site, client, confirmationCode=CODE), "-c", CODE)
            manage(site, client, run)


def discovered(connect, backend):
    with Folder("lpac-whole") as folder:
        make_pki(f"{folder}/pki", 1)
        make_card(f"{folder}/card", f"{folder}/pki", FIRST_EID, "--root-ds", DS_HOST)
        with Phone443(folder) as site, connect(folder):
            client = site.client()

            def run(*words, status=0):
                return lpac(backend(folder), *words, status=status)

            wait_for("the card", lambda: subprocess.run([LPAC, "chip", "info"], env=dict(os.environ,
                     **backend(folder)), capture_output=True, check=False).returncode == 0, pause=0.1)
            check(run(*DISCOVERY) == [], "an event before the order")
            order(site, client, eid=FIRST_EID, smdsAddress=DS_HOST)
            events = wait_for("the event", lambda: run(*DISCOVERY), 20, 0.2)
            check(events == [HOST], str(events))
            run("profile", "download", "-s", events[0])
            run("notification", "process", "-a", "-r")
            check(site.state(client) == "INSTALLED", site.state(client))
            wait_for("the event's end", lambda: run(*DISCOVERY) == [], 20, 0.2)


def in_reader(folder):
    return lab.Reader(folder, f"{folder}/card")


def pcsc(_):
    return {"LPAC_APDU": "pcsc"}


class Modem:
    """xieka-device with the eUICC."""

    def __init__(self, folder):
        self.process = Process([program("xieka-device"), "--euicc", "--card", f"{folder}/card", "--link",
                                f"{folder}/at"], f"{folder}/device.log")
        wait_for("the AT port", lambda: os.path.exists(f"{folder}/at"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        check(self.process.stop() == 0 or value, "the modem ended badly")


def at(folder):
    return {"LPAC_APDU": "at", "LPAC_APDU_AT_DEVICE": f"{folder}/at"}


def at_csim(folder):
    return {"LPAC_APDU": "at_csim", "LPAC_APDU_AT_DEVICE": f"{folder}/at"}


@tap.case
def in_a_reader():
    return whole(in_reader, pcsc) if lab.HAS_READER else "no pcscd with vsmartcard-vpcd"


@tap.case
def in_a_reader_by_sm_ds():
    return discovered(in_reader, pcsc) if lab.HAS_READER else "no pcscd with vsmartcard-vpcd"


@tap.case
def behind_a_modem():
    whole(Modem, at)


@tap.case
def behind_a_modem_by_csim():
    whole(Modem, at_csim)


@tap.case
def behind_a_modem_by_sm_ds():
    discovered(Modem, at)


if not LPAC:
    print("1..0 # SKIP lpac is not installed")
    sys.exit(0)
if not lab.can_enter():
    print("1..0 # SKIP no namespaces of our own: not root, or not allowed")
    sys.exit(0)
with tempfile.TemporaryDirectory(prefix="xk-lab-") as home:
    lab.enter(home, HOST, DS_HOST)
    tap.run()
