# SPDX-License-Identifier: Apache-2.0
"""A platform that is an SM-DP+, under a test PKI of its own, and eUICCs in files."""
import os
import subprocess

from xk import Platform, check, free_port, program

HOST = "testsmdpplus1.example.com"
FIRST_EID = "89049032123451234512345678901235"
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


DS_HOST = "testrootsmds.example.com"
# CERT.DPtls is what the SM-DP+ shows at ES12, too
DS = """rsp_client_cert = "{pki}/CERT_S_SM_DP_TLS_{kind}.pem"
rsp_client_key = "{pki}/SK_S_SM_DP_TLS_{kind}.pem"
rsp_client_ca = "{pki}/CERT_CI_ECDSA_{kind}.pem"
rsp_connect_to = "{host}:443:127.0.0.1:{es12_port}"
smds "{host}" {{
  listen = "127.0.0.1"
  port = {port}
  tls_cert = "{pki}/CERT_S_SM_DS_TLS_{kind}.pem"
  tls_key = "{pki}/SK_S_SM_DS_TLS_{kind}.pem"
  auth_cert = "{pki}/CERT_S_SM_DSauth_ECDSA_{kind}.der"
  auth_key = "{pki}/SK_S_SM_DSauth_ECDSA_{kind}.pem"
  ci = "{pki}/CERT_CI_ECDSA_{kind}.der"
  es12_listen = "127.0.0.1"
  es12_port = {es12_port}
  es12_client_ca = "{pki}/CERT_CI_ECDSA_{kind}.pem"
}}
"""


def make_pki(pki, count, curve="nist"):
    for words in (["init", pki], ["euicc", pki, "--first-eid", FIRST_EID, "--count", str(count)]):
        subprocess.run([program("xieka"), "pki", *words, "--curve", curve], check=True, capture_output=True)


def make_card(memory, pki, eid=FIRST_EID, *more):
    status, _, err = Platform.end([program("xieka-card"), "--euicc", "--new", "--nvm", memory, "--pki", pki,
                                   "--eid", eid, *more, "--state"])
    check(status == 0, err)


def package(iccid):
    """The small profile of the tests with this ICCID, as DER."""
    maker = os.path.join(os.environ["XT_BUILD"], "tests", "interop", "rsp_package")
    return subprocess.run([maker, iccid], capture_output=True, check=True).stdout


class Site(Platform):
    """A platform with one SM-DP+ address under the PKI of its folder."""

    def __init__(self, folder, kind="NIST"):
        super().__init__(folder)
        self.dp_port, self.conf = free_port(), os.path.join(folder, "rsp.conf")
        self.pki, self.kind = os.path.join(folder, "pki"), kind
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(SITE.format(host=HOST, port=self.dp_port, pki=self.pki, kind=kind))

    def add_ds(self):
        """An SM-DS behind the same port; before the start."""
        with open(self.conf, "a", encoding="utf-8") as f:
            f.write(DS.format(host=DS_HOST, port=self.dp_port, es12_port=free_port(), pki=self.pki, kind=self.kind))

    def argv(self, *more):
        return [program("xiekad"), "-c", self.conf, *super().argv(*more)[1:]]

    def order(self, client, packages):
        """Into stock, and ordered: an activation code each."""
        codes = []
        for path in packages:
            with open(path, "rb") as f:
                iccid = client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, f.read())["iccid"]
            codes.append(client.call("POST", "/dp/order", body={"iccid": iccid})["activationCode"])
        return codes

    @staticmethod
    def stock(client):
        return {p["iccid"]: p for p in client.call("GET", "/dp/profile", {"limit": "500"})["profiles"]}
