#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pySim's ES9+ client, which is LPA and eUICC in one, downloads from our SM-DP+ and takes the bound package apart
with its own key agreement, MAC chain and cipher: what comes out is the package that went into stock.
$XIEKA_ES9P_CLIENT is its es9p_client.py, or a program that runs it."""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from dp_site import FIRST_EID, Site, make_pki, package  # noqa: E402
from xk import Folder, Tap, check, program  # noqa: E402

tap = Tap()
CLIENT = os.environ.get("XIEKA_ES9P_CLIENT")
ICCID = "89860012345678901233"
HOST = "localhost"  # the client looks names up as the system does


def configure(site, pki, kind):
    """CERT.DPtls on P-256 in any case: Python's TLS offers no other curve."""
    dp = f"{pki}/dp/{HOST}"
    with open(site.conf, "w", encoding="utf-8") as f:
        f.write(f'smdpp "{HOST}" {{\n  listen = "127.0.0.1"\n  port = {site.dp_port}\n'
                f'  tls_cert = "{dp}/CERT_S_SM_DP_TLS_NIST.pem"\n  tls_key = "{dp}/SK_S_SM_DP_TLS_NIST.pem"\n'
                f'  auth_cert = "{dp}/CERT_S_SM_DPauth_ECDSA_{kind}.der"\n'
                f'  auth_key = "{dp}/SK_S_SM_DPauth_ECDSA_{kind}.pem"\n'
                f'  pb_cert = "{dp}/CERT_S_SM_DPpb_ECDSA_{kind}.der"\n'
                f'  pb_key = "{dp}/SK_S_SM_DPpb_ECDSA_{kind}.pem"\n'
                f'  ci = "{pki}/CERT_CI_ECDSA_{kind}.der"\n}}\n')


def fetch(site, pki, kind, matching_id, *more):
    """The client's run: its status, what it said, and the packages it has taken apart."""
    euicc, out = f"euicc/{FIRST_EID}", f"{site.dir}/out"
    ca = f"{pki}/CERT_CI_ECDSA_NIST.pem"
    os.makedirs(out, exist_ok=True)
    done = subprocess.run(
        [CLIENT, "--url", f"https://{HOST}:{site.dp_port}", "--server-ca-cert", ca, "--certificate-path", pki,
         "--euicc-certificate", f"{euicc}/CERT_EUICC_ECDSA_{kind}.der",
         "--euicc-private-key", f"{euicc}/SK_EUICC_ECDSA_{kind}.pem",
         "--eum-certificate", f"CERT_EUM_ECDSA_{kind}.der", "--ci-certificate", f"CERT_CI_ECDSA_{kind}.der",
         "download", "--matchingId", matching_id, "--output-path", out, *more],
        env=dict(os.environ, REQUESTS_CA_BUNDLE=ca), capture_output=True, text=True, timeout=60)
    found = []
    for path in glob.glob(f"{out}/*.upp.der"):
        with open(path, "rb") as f:
            found.append(f.read())
    return done.returncode, done.stdout + done.stderr, found


def download(kind, code=None):
    with Folder("es9p") as folder:
        pki = f"{folder}/pki"
        make_pki(pki, 1, "both")
        subprocess.run([program("xieka"), "pki", "dp", pki, "--fqdn", HOST, "--oid", "2.999.10"], check=True,
                       capture_output=True)
        site = Site(folder)
        configure(site, pki, kind)
        with site:
            client = site.client()
            iccid = client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, package(ICCID))["iccid"]
            client.call("POST", "/dp/order", body={"iccid": iccid, "matchingId": "PYSIM-1",
                                                   **({"confirmationCode": code} if code else {})})
            if code:
                status, said, found = fetch(site, pki, kind, "PYSIM-1", "--confirmation-code", code + "0")
                check(status != 0 and '"8.2.7","3.8"' in said and not found, said)
            status, said, found = fetch(site, pki, kind, "PYSIM-1", *(["--confirmation-code", code] if code else []))
            check(status == 0, said)
            check(found == [package(ICCID)], f"another package: {[len(p) for p in found]}")
            state = client.call("GET", f"/dp/profile/{iccid}")["state"]
            check(state == "DOWNLOADED", state)


@tap.case
def decrypted_by_pysim_nist():
    download("NIST")


@tap.case
def decrypted_by_pysim_brainpool():
    download("BRP")


@tap.case
def confirmation_code_hashed_by_pysim():
    download("NIST", "4711")


if not CLIENT:
    print("1..0 # SKIP XIEKA_ES9P_CLIENT does not name pySim's es9p_client.py")
    sys.exit(0)
tap.run()
