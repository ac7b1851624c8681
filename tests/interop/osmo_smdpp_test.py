#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our LPA and our eUICC download from osmo-smdpp under certificates of `xieka pki`. osmo-smdpp is the command in
$XIEKA_OSMO_SMDPP or osmo-smdpp in PATH; it finds smdpp-data in the folder it is started in."""
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from dp_site import FIRST_EID, HOST, make_card, make_pki, package  # noqa: E402
from xk import Folder, Process, Tap, check, free_port, program, wait_for  # noqa: E402

tap = Tap()
PEER = os.environ.get("XIEKA_OSMO_SMDPP") or shutil.which("osmo-smdpp") or shutil.which("osmo-smdpp.py")
ICCID = "89860012345678901233"
FOLDERS = {"CertificateIssuer": ["CERT_CI_ECDSA_{}.der"],
           "DPauth": ["CERT_S_SM_DPauth_ECDSA_{}.der", "SK_S_SM_DPauth_ECDSA_{}.pem"],
           "DPpb": ["CERT_S_SM_DPpb_ECDSA_{}.der", "SK_S_SM_DPpb_ECDSA_{}.pem"],
           "DPtls": ["CERT_S_SM_DP_TLS_{}.der", "CERT_S_SM_DP_TLS_{}.pem", "SK_S_SM_DP_TLS_{}.pem"]}


class Peer:
    """osmo-smdpp in a folder of its own, with one profile behind the matching ID OSMO-1."""

    def __init__(self, folder, kind):
        self.folder, self.port = folder, free_port()
        certs, profiles = os.path.join(folder, "smdpp-data", "certs"), os.path.join(folder, "smdpp-data", "upp")
        os.makedirs(profiles)
        for name, files in FOLDERS.items():
            os.makedirs(os.path.join(certs, name))
            for file in files:
                shutil.copy(os.path.join(folder, "pki", file.format(kind)), os.path.join(certs, name))
        subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out",
                        os.path.join(certs, "dhparam2048.pem")], check=True, capture_output=True)
        with open(os.path.join(profiles, "OSMO-1.der"), "wb") as f:
            f.write(package(ICCID))
        words = ["-H", "127.0.0.1", "-p", str(self.port), "-m", *(["-b"] if kind == "BRP" else [])]
        self.argv = ["sh", "-c", f'cd "$1" && shift && exec {PEER} "$@"', "sh", folder, *words]

    def answers(self):
        check(self.process.alive(), "osmo-smdpp ended:\n" + self.process.tail())
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def __enter__(self):
        self.process = Process(self.argv, os.path.join(self.folder, "peer.log"))
        wait_for("osmo-smdpp", self.answers)
        return self

    def __exit__(self, kind, value, trace):
        if value:
            print("# " + self.process.tail().replace("\n", "\n# "))
        self.process.stop()


def whole_life(kind, curve):
    with Folder("osmo-smdpp") as folder:
        pki, memory = os.path.join(folder, "pki"), os.path.join(folder, "card")
        make_pki(pki, 1, curve)
        make_card(memory, pki)
        with Peer(folder, kind) as peer:
            net = ["--ca", f"{pki}/CERT_CI_ECDSA_{kind}.pem", "--resolve", f"{HOST}=127.0.0.1:{peer.port}"]

            def lpa(*words, status=0):
                done = subprocess.run([program("xieka"), "lpa", *words, "--card", memory, *net, "--json", "--yes"],
                                      capture_output=True, text=True, timeout=60)
                check(done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}")
                return json.loads(done.stdout)

            refused = lpa("download", f"LPA:1${HOST}$OSMO-2", status=3)["fault"]
            check((refused["subjectCode"], refused["reasonCode"]) == ("8.2.6", "3.8"), str(refused))
            got = lpa("download", f"LPA:1${HOST}$OSMO-1")
            check((got["eid"], got["iccid"]) == (FIRST_EID, ICCID), str(got))
            check(got["notifications"] == {"sent": 1, "kept": 0}, str(got))
            profile = got["profiles"][0]
            check((profile["serviceProviderName"], profile["profileName"]) == ("OsmocomSPN", "OSMO-1"), str(profile))
            for verb, states in (("enable", ["enabled"]), ("disable", ["disabled"]), ("delete", [])):
                got = lpa(verb, ICCID)
                check([p["state"] for p in got["profiles"]] == states, f"{verb}: {got}")
                check(got["notifications"] == {"sent": 1, "kept": 0}, f"{verb}: {got}")


@tap.case
def download_and_management_nist():
    whole_life("NIST", "nist")


@tap.case
def download_and_management_brainpool():
    whole_life("BRP", "brainpool")


if not PEER or not os.access(shlex.split(PEER)[0], os.X_OK):
    print("1..0 # SKIP osmo-smdpp is not installed (XIEKA_OSMO_SMDPP names the command)")
    sys.exit(0)
tap.run()
