#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`xieka lpa` with our eUICC in a real reader stack (pcscd, vsmartcard's vpcd): download, enable with REFRESH,
delete. Needs root (pcscd) and no other pcscd running; skips itself otherwise."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from dp_site import FIRST_EID, HOST, Site, make_card, make_pki, package  # noqa: E402
from lab import HAS_READER, Reader  # noqa: E402
from xk import Folder, Tap, check, program, wait_for  # noqa: E402

tap = Tap()
ICCID = "89860012345678901233"
SOCKET = "/run/pcscd/pcscd.comm"


def lpa(*words, status=0):
    done = subprocess.run([program("xieka"), "lpa", *words, "--json"], capture_output=True, text=True, timeout=60)
    check(done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}")
    return json.loads(done.stdout) if done.stdout else None


def card_is_there():
    done = subprocess.run([program("xieka"), "lpa", "readers", "--json"], capture_output=True, text=True, timeout=60)
    return done.returncode == 0 and any(r["card"] == "present" for r in json.loads(done.stdout))


@tap.case
def a_card_in_a_reader():
    with Folder("lpa-reader") as folder:
        make_pki(f"{folder}/pki", 1)
        make_card(f"{folder}/card", f"{folder}/pki")
        with Site(folder) as site, Reader(folder, f"{folder}/card"):
            client = site.client()
            client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, package(ICCID))
            code = client.call("POST", "/dp/order", body={"iccid": ICCID})["activationCode"]
            net = ["--ca", f"{folder}/pki/CERT_CI_ECDSA_NIST.pem", "--resolve", f"{HOST}=127.0.0.1:{site.dp_port}"]
            wait_for("the card in its reader", card_is_there, pause=0.1)
            check(lpa("chip")["eid"] == FIRST_EID, "another card")
            check(lpa("list", "--reader", "virtual")["profiles"] == [], "not empty")
            lpa("list", "--reader", "nonsense", status=2)
            check(lpa("download", code, *net, "--reader", "0")["profiles"][0]["iccid"] == ICCID, "not downloaded")
            for verb, states in (("enable", ["enabled"]), ("disable", ["disabled"]), ("delete", [])):
                got = lpa(verb, ICCID, "--yes", *net)
                check([p["state"] for p in got["profiles"]] == states, f"{verb}: {got}")
                check(got["notifications"] == {"sent": 1, "kept": 0}, f"{verb}: {got}")
            check(client.call("GET", f"/dp/profile/{ICCID}")["state"] == "DELETED", "the SM-DP+ does not know")


if os.geteuid() != 0 or not HAS_READER:
    print("1..0 # SKIP pcscd with vsmartcard-vpcd cannot be run here")
    sys.exit(0)
if os.path.exists(SOCKET):
    print("1..0 # SKIP another pcscd is running")
    sys.exit(0)
tap.run()
