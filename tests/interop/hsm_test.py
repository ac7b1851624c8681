#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An SM-DP+ whose keys are in a hardware security module (SoftHSM): CERT.DPauth, CERT.DPpb and CERT.DPtls sign there,
devices download; what a wrong PIN, label or certificate is told."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from consumer_test import Fleet, check_served  # noqa: E402
from dp_site import HOST, Site, make_pki  # noqa: E402
from xk import Folder, Platform, Tap, check  # noqa: E402

tap = Tap()
UTIL = shutil.which("softhsm2-util")
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "5283"
KEYS = {"auth": "S_SM_DPauth_ECDSA", "pb": "S_SM_DPpb_ECDSA", "tls": "S_SM_DP_TLS"}


class Token:
    """A token of this test's own, with the SM-DP+'s keys; their files are gone."""

    def __init__(self, folder, kind):
        self.folder, self.pki = folder, os.path.join(folder, "pki")
        os.mkdir(f"{folder}/tokens")
        self.write("softhsm2.conf", f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
        self.write("pin", PIN + "\n")
        os.environ["SOFTHSM2_CONF"] = f"{folder}/softhsm2.conf"
        self.util("--init-token", "--free", "--label", "dp", "--so-pin", "1234", "--pin", PIN)
        for n, stem in enumerate(KEYS.values()):
            path = f"{self.pki}/SK_{stem}_{kind}.pem"
            self.util("--import", path, "--token", "dp", "--label", stem, "--id", f"{n:02x}", "--pin", PIN)
            os.unlink(path)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text)
        return path

    @staticmethod
    def util(*words):
        subprocess.run([UTIL, *words], check=True, capture_output=True)

    def uri(self, key, pin="pin", label=None):
        return (f"pkcs11:token=dp;object={label or KEYS[key]}"
                f"?module-path={MODULE}&pin-source={self.folder}/{pin}")


def use_token(site, token, kind, **instead):
    """The configuration names the token's keys: one in a file that holds the URI, the others by URI."""
    with open(site.conf, encoding="utf-8") as f:
        text = f.read()
    for key, stem in KEYS.items():
        name = token.write("auth.uri", token.uri(key) + "\n") if key == "auth" else token.uri(key)
        text = text.replace(f"{token.pki}/SK_{stem}_{kind}.pem", instead.get(key, name))
    check("SK_" not in text, text)
    with open(site.conf, "w", encoding="utf-8") as f:
        f.write(text)


def download(kind, curve):
    with Folder("hsm") as folder:
        make_pki(f"{folder}/pki", 3, curve)
        token = Token(folder, kind)
        site = Site(folder, kind)
        use_token(site, token, kind)
        with site, Fleet(folder, 3, site.dp_port, kind=kind) as fleet:
            client = site.client()
            fleet.give(site.order(client, fleet.packages()))
            fleet.settle(3)
            check_served(fleet.consumers(), site.stock(client))


@tap.case
def keys_in_a_token_nist():
    download("NIST", "nist")


@tap.case
def keys_in_a_token_brainpool():
    download("BRP", "brainpool")


@tap.case
def refused_with_a_reason():
    with Folder("hsm") as folder:
        make_pki(f"{folder}/pki", 1)
        token = Token(folder, "NIST")
        token.write("wrong", "0000\n")
        for instead, says in (({"auth": token.uri("auth", pin="wrong")}, "refuses the PIN"),
                              ({"pb": token.uri("pb", label="nobody")}, "no such private key"),
                              ({"auth": token.uri("pb")}, f"{HOST}: a key does not belong to its certificate"),
                              ({"tls": token.uri("auth")}, "CERT_S_SM_DP_TLS_NIST.pem"),
                              ({"tls": token.uri("tls", label="nobody")}, "no such private key"),
                              ({"tls": "pkcs11:nonsense"}, "no PKCS#11 URI")):
            site = Site(folder)
            use_token(site, token, "NIST", **instead)
            code, _, err = Platform.end(site.argv())
            check(code not in (0, None) and says in err, f"{instead}: {code} {err}")


if not UTIL or not os.path.exists(MODULE):
    print("1..0 # SKIP no softhsm2")
    sys.exit(0)
tap.run()
