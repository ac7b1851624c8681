#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lpac against our eUICC and our SM-DP+, nothing between them but its own standard input and output: chip,
download, list, enable, disable, nickname, notifications, delete, default address. lpac is $XIEKA_LPAC or in PATH."""
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from xk import Folder, Platform, Tap, check, free_port, program  # noqa: E402

tap = Tap()
LPAC = os.environ.get("XIEKA_LPAC") or shutil.which("lpac")
EID = "89049032123451234512345678901235"
HOST = "testsmdpplus1.example.com"
SITE = """smdpp "{host}" {{
  listen = "127.0.0.1"
  port = {port}
  tls_cert = "{pki}/CERT_S_SM_DP_TLS_{kind}.pem"
  tls_key = "{pki}/SK_S_SM_DP_TLS_{kind}.pem"
  auth_cert = "{pki}/CERT_S_SM_DPauth_ECDSA_{kind}.der"
  auth_key = "{pki}/SK_S_SM_DPauth_ECDSA_{kind}.pem"
  pb_cert = "{pki}/CERT_S_SM_DPpb_ECDSA_{kind}.der"
  pb_key = "{pki}/SK_S_SM_DPpb_ECDSA_{kind}.pem"
  ci = "{pki}/CERT_CI_ECDSA_{kind}.der"
}}
"""


class Site(Platform):
    """A platform with one SM-DP+ address."""

    def __init__(self, folder, pki, kind):
        super().__init__(folder)
        self.dp_port = free_port()
        self.conf = os.path.join(folder, "rsp.conf")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(SITE.format(host=HOST, port=self.dp_port, pki=pki, kind=kind))

    def argv(self, *more):
        return [program("xiekad"), "-c", self.conf, *super().argv(*more)[1:]]


class Card:
    def __init__(self, memory):
        self.process = subprocess.Popen([program("xieka-card"), "--euicc", "--nvm", memory, "--script"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.send("reset")

    def send(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def open_channel(self, aid):
        channel = int(self.send("0070000001")[:2], 16)
        answer = self.send(f"{channel:02X}A40400{len(aid) // 2:02X}{aid}")
        return channel if answer[:2] in ("61", "90") else -1

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def post(port, kind, message):
    """What lpac posts, to the port that our SM-DP+ has here. Brainpool is of TLS 1.2 only."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if kind == "BRP":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve("brainpoolP256r1")
    url = message["url"].replace(f"https://{HOST}", f"https://localhost:{port}")
    headers = dict(line.split(": ", 1) for line in message["headers"])
    request = urllib.request.Request(url, bytes.fromhex(message["tx"]), headers, method="POST")
    with urllib.request.urlopen(request, context=context, timeout=20) as answer:
        return {"rcode": answer.status, "rx": answer.read().hex()}


def answer_apdu(card, message):
    function, parameter = message["func"], message.get("param")
    if function in ("connect", "disconnect"):
        return {"ecode": 0}
    if function == "logic_channel_open":
        return {"ecode": card.open_channel(parameter)}
    if function == "logic_channel_close":
        card.send(f"007080{int(parameter, 16):02X}")
        return {"ecode": 0}
    return {"ecode": 0, "data": card.send(parameter)}


def lpac(memory, port, kind, *words):
    """The data of a run that must succeed."""
    card = Card(memory)
    env = dict(os.environ, LPAC_APDU="stdio", LPAC_HTTP="stdio")
    run = subprocess.Popen([LPAC, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    result = None
    for line in run.stdout:
        said = json.loads(line)
        if said["type"] == "lpa":
            result = said["payload"]
            continue
        if said["type"] == "progress":
            continue
        answer = answer_apdu(card, said["payload"]) if said["type"] == "apdu" else post(port, kind, said["payload"])
        run.stdin.write(json.dumps({"type": said["type"], "payload": answer}) + "\n")
        run.stdin.flush()
    run.wait()
    check(card.close() == 0, "the card ended badly")
    check(result and result["code"] == 0, f"lpac {' '.join(words)}: {result}")
    return result["data"]


def xieka(*words):
    done = subprocess.run([program("xieka"), *words], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"xieka {' '.join(words)}: {done.stderr}")
    return done.stdout


def package():
    """The small profile of the tests, as DER."""
    maker = os.path.join(os.environ["XT_BUILD"], "tests", "interop", "rsp_package")
    return subprocess.run([maker], capture_output=True, check=True).stdout


def whole_life(kind, curve):
    with Folder("lpac") as folder:
        pki, memory = os.path.join(folder, "pki"), os.path.join(folder, "card")
        xieka("pki", "init", pki, "--curve", curve)
        xieka("pki", "euicc", pki, "--eid", EID, "--curve", curve)
        status, _, err = Platform.end([program("xieka-card"), "--euicc", "--new", "--nvm", memory, "--pki", pki,
                                       "--eid", EID, "--state"])
        check(status == 0, err)
        with Site(folder, pki, kind) as site:
            client = site.client()
            iccid = client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, package())["iccid"]
            client.call("POST", "/dp/order", body={"iccid": iccid, "matchingId": "LPAC-1"})

            def run(*words):
                return lpac(memory, site.dp_port, kind, *words)

            def state():
                return client.call("GET", f"/dp/profile/{iccid}")["state"]

            check(run("chip", "info")["eidValue"] == EID, "another EID")
            run("profile", "download", "-s", HOST, "-m", "LPAC-1")
            check(state() == "DOWNLOADED", state())
            run("notification", "process", "-a", "-r")
            check(state() == "INSTALLED", state())
            run("profile", "enable", iccid)
            check(run("profile", "list")[0]["profileState"] == "enabled", "not enabled")
            run("notification", "process", "-a", "-r")
            check(state() == "ENABLED", state())
            run("profile", "nickname", iccid, "lpac")
            check(run("profile", "list")[0]["profileNickname"] == "lpac", "no nickname")
            run("profile", "disable", iccid)
            run("profile", "delete", iccid)
            run("notification", "process", "-a", "-r")
            check(state() == "DELETED", state())
            check(run("profile", "list") == [], "the profile is still there")
            check(run("notification", "list") == [], "notifications are left")
            run("chip", "defaultsmdp", HOST)
            check(run("chip", "info")["EuiccConfiguredAddresses"]["defaultDpAddress"] == HOST, "no default address")


@tap.case
def a_profile_from_order_to_deletion_nist():
    whole_life("NIST", "nist")


@tap.case
def a_profile_from_order_to_deletion_brainpool():
    whole_life("BRP", "brainpool")


if __name__ == "__main__":
    if not LPAC:
        print("1..0 # SKIP lpac is not installed")
    else:
        tap.run()
