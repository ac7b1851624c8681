#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The test PKI that xieka makes, with the openssl command as a second opinion."""
import glob
import json
import os
import shutil
import stat
import subprocess

from dp_site import HOST, Site
from xk import Folder, Tap, check, program

tap = Tap()
DONE, FAILED, USAGE = range(3)
EID = "89049032123451234512345678901235"
NEXT = "89049032123451234512345678901332"
HAS_OPENSSL = shutil.which("openssl") is not None


def xieka(*words, code=DONE, says=""):
    done = subprocess.run([program("xieka"), *words], env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True,
                          text=True, timeout=120, check=False)
    check(done.returncode == code, f"{words}: {done.returncode}, not {code}: {done.stdout} {done.stderr}")
    check(says in done.stdout + done.stderr, f"{words}: '{says}' was not said: {done.stdout} {done.stderr}")
    return done.stdout


def shown(path, code=DONE):
    return json.loads(xieka("pki", "show", path, "--json", code=code))


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 0, f"openssl {words}: {done.stdout} {done.stderr}")
    return done.stdout + done.stderr


def in_folder(test):
    def run():
        with Folder("pki") as folder:
            return test(os.path.join(folder, "pki"))
    run.__name__ = test.__name__
    return tap.case(run)


@in_folder
def every_certificate_is_what_its_name_says(pki):
    files = json.loads(xieka("pki", "init", pki, "--json"))["files"]
    check(len(files) == len(set(files)) and all(os.path.exists(f) for f in files), "files that are not there")
    roles = {"CI": "CI", "EUM": "EUM", "DPauth": "DPauth", "DP2auth": "DPauth", "DPpb": "DPpb", "DP2pb": "DPpb",
             "DP_TLS": "DPtls", "DP2_TLS": "DPtls", "DSauth": "DSauth", "DS_TLS": "DStls", "EIM_ECDSA": "-",
             "EIM_TLS": "-", "OP_TLS": "-"}
    for part, role in roles.items():
        for suffix, curve in (("NIST", "P-256"), ("BRP", "brainpoolP256r1")):
            found = glob.glob(f"{pki}/CERT_*{part}_*{suffix}.der") + glob.glob(f"{pki}/CERT_*{part}_{suffix}.der")
            check(found, f"no {part} {suffix}")
            cert = shown(found[0])
            check((cert["role"], cert["curve"], cert["verdict"]) == (role, curve, "GOOD"), f"{found[0]}: {cert}")
            pem = os.path.exists(found[0].replace(".der", ".pem"))
            check(pem == (part == "CI" or part.endswith("TLS")), f"{found[0]}: PEM beside it: {pem}")
            key = shown(found[0].replace("CERT_", "SK_").replace(".der", ".pem"))
            check(key["ski"] == cert["ski"], f"{found[0]}: another key")


@in_folder
def keys_are_their_owners(pki):
    xieka("pki", "init", pki, "--curve", "nist")
    xieka("pki", "euicc", pki, "--curve", "nist", "--eid", EID)
    keys = glob.glob(f"{pki}/**/SK_*", recursive=True)
    check(len(keys) == 14, str(keys))
    for key in keys:
        check(stat.S_IMODE(os.stat(key).st_mode) == 0o600, key)
        with open(key, encoding="ascii") as f:
            check(f.readline() == "-----BEGIN PRIVATE KEY-----\n", key)


@in_folder
def again_renews_but_keeps_keys_and_authorities(pki):
    def contents():
        return {f: open(f, "rb").read() for f in glob.glob(f"{pki}/*")}

    xieka("pki", "init", pki, "--curve", "nist")
    before = contents()
    xieka("pki", "init", pki, "--curve", "nist")
    after = contents()
    check(before.keys() == after.keys(), "other files")
    for name in before:
        kept = "SK_" in name or "CERT_CI" in name or "CERT_EUM" in name or name.endswith(".crl")
        check((before[name] == after[name]) == kept, f"{name}: {'changed' if kept else 'not renewed'}")


@in_folder
def a_batch_of_euiccs(pki):
    xieka("pki", "init", pki, "--curve", "nist")
    files = json.loads(xieka("pki", "euicc", pki, "--curve", "nist", "--first-eid", EID, "--count", "100", "--json"))
    check(len(files["files"]) == 200, str(len(files["files"])))
    eids = sorted(os.listdir(f"{pki}/euicc"))
    check(len(eids) == 100 and eids[0] == EID and eids[1] == NEXT, str(eids[:2]))
    for eid in eids:
        check(int(eid) % 97 == 1, f"{eid}: check digits")
    cert = shown(f"{pki}/euicc/{eids[-1]}/CERT_EUICC_ECDSA_NIST.der")
    check((cert["role"], cert["eid"], cert["verdict"]) == ("eUICC", eids[-1], "GOOD"), str(cert))


@in_folder
def what_is_refused(pki):
    xieka("pki", "euicc", pki, "--eid", EID, code=USAGE, says="SK_EUM_ECDSA_NIST.pem")
    xieka("pki", "init", pki, "--curve", "p384", code=USAGE, says="--curve")
    xieka("pki", "init", pki, "--curve", "nist")
    bad = ["pki", "euicc", pki, "--curve", "nist"]
    xieka(*bad, code=USAGE, says="--eid")
    xieka(*bad, "--eid", EID, "--count", "2", code=USAGE, says="--eid")
    xieka(*bad, "--first-eid", EID, "--count", "0", code=USAGE, says="--eid")
    xieka(*bad, "--first-eid", EID, "--count", "2x", code=USAGE, says="--eid")
    xieka(*bad, "--eid", EID[:-1] + "6", code=USAGE, says="is no EID")
    xieka(*bad, "--eid", EID[:-1], code=USAGE, says="is no EID")
    xieka(*bad, "--eid", "89086030202200000022000027485428", code=USAGE, says="may not issue")
    check(not os.path.exists(f"{pki}/euicc"), "something was made")
    xieka("pki", "dp", pki, "--fqdn", "a.example.com", code=USAGE, says="--oid")
    xieka("pki", "dp", pki, "--fqdn", "../x", "--oid", "2.999.40", code=USAGE, says="host name")
    xieka("pki", "dp", pki, "--curve", "nist", "--fqdn", "a.example.com", "--oid", "2.x", code=USAGE,
          says="object identifier")
    xieka("pki", "show", f"{pki}/none", code=USAGE, says="No such file")
    xieka("pki", "show", __file__, code=USAGE, says="neither a certificate")


@in_folder
def other_certificates_are_said_to_be_others(pki):
    if not HAS_OPENSSL:
        return "no openssl"
    os.mkdir(pki)
    for key, digest in ((["rsa:2048"], "sha256"), (["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "sha384"),
                        (["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "sha384")):
        made = f"{pki}/other.pem"
        openssl("req", "-x509", "-newkey", *key, f"-{digest}", "-nodes", "-subj", "/CN=other", "-keyout", f"{pki}/k.pem",
                "-out", made)
        xieka("pki", "show", made, code=USAGE, says="none of remote SIM provisioning")
    return None


@in_folder
def another_sm_ds(pki):
    xieka("pki", "init", pki, "--curve", "nist")
    xieka("pki", "ds", pki, "--fqdn", "ds.example.com", "--oid", "2.999.41", "--curve", "nist")
    for name, role in (("auth_ECDSA", "DSauth"), ("_TLS", "DStls")):
        cert = shown(f"{pki}/ds/ds.example.com/CERT_S_SM_DS{name}_NIST.der")
        check((cert["role"], cert["verdict"]) == (role, "GOOD"), str(cert))


@in_folder
def another_sm_dp(pki):
    xieka("pki", "init", pki)
    xieka("pki", "dp", pki, "--fqdn", "rsp.operator.example", "--oid", "2.999.40")
    for name in ("S_SM_DPauth_ECDSA", "S_SM_DPpb_ECDSA", "S_SM_DP_TLS"):
        for suffix in ("NIST", "BRP"):
            cert = shown(f"{pki}/dp/rsp.operator.example/CERT_{name}_{suffix}.der")
            check((cert["oid"], cert["verdict"]) == ("2.999.40", "GOOD"), str(cert))
    check(cert["host"] == "rsp.operator.example", str(cert))


@in_folder
def authorities_of_ones_own(pki):
    """The CI stays elsewhere with its key; the eUICCs come from an EUM that is not the directory's."""
    other = pki + "-other"
    xieka("pki", "init", other)
    ci, ci_key = f"{other}/CERT_CI_ECDSA_BRP.der", f"{other}/SK_CI_ECDSA_BRP.pem"
    xieka("pki", "init", pki, "--ca-cert", ci, code=USAGE, says="both or neither")
    xieka("pki", "init", pki, "--ca-cert", f"{other}/CERT_EUM_ECDSA_BRP.der", "--ca-key", ci_key, code=USAGE,
          says="is no CI")
    xieka("pki", "init", pki, "--ca-cert", ci, "--ca-key", f"{other}/SK_CI_ECDSA_NIST.pem", code=USAGE,
          says="not the certificate's")
    xieka("pki", "init", pki, "--ca-cert", ci, "--ca-key", ci_key)
    check(not glob.glob(f"{pki}/*NIST*") and not os.path.exists(f"{pki}/SK_CI_ECDSA_BRP.pem"), "made too much")
    check(shown(f"{pki}/CERT_S_SM_DPauth_ECDSA_BRP.der")["aki"] == shown(ci)["ski"], "under another CI")
    xieka("pki", "dp", pki, "--fqdn", "b.example.com", "--oid", "2.999.41", "--ca-cert", ci, "--ca-key", ci_key)
    check(shown(f"{pki}/dp/b.example.com/CERT_S_SM_DPpb_ECDSA_BRP.der")["verdict"] == "GOOD", "chain")
    xieka("pki", "euicc", pki, "--eid", EID, "--ca-cert", f"{other}/CERT_EUM_ECDSA_NIST.der", "--ca-key",
          f"{other}/SK_EUM_ECDSA_NIST.pem")
    card = f"{pki}/euicc/{EID}/CERT_EUICC_ECDSA_NIST.der"
    check(shown(card)["verdict"] == "UNCHECKED", "a chain out of nothing")
    check(shown(f"{pki}/CERT_CI_ECDSA_BRP.der")["verdict"] == "GOOD", "CI")


@in_folder
def revoked_certificates_are_known(pki):
    xieka("pki", "init", pki, "--curve", "nist")
    xieka("pki", "euicc", pki, "--curve", "nist", "--eid", EID)
    card, eum = f"{pki}/euicc/{EID}/CERT_EUICC_ECDSA_NIST.der", f"{pki}/CERT_EUM_ECDSA_NIST.der"
    check(shown(f"{pki}/CRL-B_NIST.crl")["revoked"] == "0", "a list that is not empty")
    xieka("pki", "revoke", pki, card, code=USAGE, says="another CI")
    xieka("pki", "revoke", pki, eum)
    xieka("pki", "revoke", pki, eum, code=USAGE, says="already")
    xieka("pki", "revoke", pki, f"{pki}/CERT_S_SM_DP_TLS_NIST.pem")
    check(shown(f"{pki}/CRL-B_NIST.crl")["revoked"] == "2", "two are revoked")
    cert = shown(card, code=FAILED)
    check((cert["verdict"], cert["verdictAt"]) == ("REVOKED", "EUM"), str(cert))


@in_folder
def openssl_agrees(pki):
    if not HAS_OPENSSL:
        return "no openssl"
    xieka("pki", "init", pki)
    for suffix in ("NIST", "BRP"):
        ci = f"{pki}/ci_{suffix}.pem"
        openssl("x509", "-inform", "der", "-in", f"{pki}/CERT_CI_ECDSA_{suffix}.der", "-out", ci)
        for path in glob.glob(f"{pki}/CERT_*_{suffix}.der"):
            pem = path + ".pem"
            openssl("x509", "-inform", "der", "-in", path, "-out", pem)
            openssl("verify", "-x509_strict", "-check_ss_sig", "-CAfile", ci, pem)
            key = path.replace("CERT_", "SK_").replace(".der", ".pem")
            check(openssl("pkey", "-in", key, "-pubout") == openssl("x509", "-in", pem, "-pubkey", "-noout"),
                  f"{path}: another key")
        for name in ("CRL-A", "CRL-B"):
            said = openssl("crl", "-inform", "der", "-in", f"{pki}/{name}_{suffix}.crl", "-CAfile", ci, "-noout")
            check("verify OK" in said, said)
        host = "testsmdpplus1.example.com"
        openssl("verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", host, "-CAfile", ci,
                f"{pki}/CERT_S_SM_DP_TLS_{suffix}.pem")
    return None


def request(role, key, *words, code=DONE, says=""):
    oid = [] if "--oid" in words else ["--oid", "2.999.10"]
    return xieka("pki", "request", role, key, "--name", "ACME", *oid, *words, code=code, says=says)


def issue(pki, suffix, text, name, days):
    """What a CI makes of a request: all that is asked for, and its own key identifier. A DER file's path."""
    ext, ci = f"{pki}/aki.cnf", f"{pki}/CERT_CI_ECDSA_{suffix}.pem"
    for path, content in ((f"{pki}/csr.pem", text), (ext, "authorityKeyIdentifier = keyid\n")):
        with open(path, "w", encoding="ascii") as f:
            f.write(content)
    check("verify OK" in openssl("req", "-in", f"{pki}/csr.pem", "-verify", "-noout"), "signature of the request")
    openssl("x509", "-req", "-in", f"{pki}/csr.pem", "-CA", ci, "-CAkey", f"{pki}/SK_CI_ECDSA_{suffix}.pem",
            "-copy_extensions", "copyall", "-extfile", ext, "-days", str(days), "-out", f"{pki}/{name}.pem")
    openssl("x509", "-in", f"{pki}/{name}.pem", "-outform", "der", "-out", f"{pki}/{name}.der")
    return f"{pki}/{name}.der"


@in_folder
def a_card_for_each_certificate(pki):
    def batch(*words):
        done = subprocess.run([program("xieka-card"), "--euicc", "--cards", cards, *words], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    cards = os.path.join(os.path.dirname(pki), "cards")
    xieka("pki", "init", pki)
    xieka("pki", "euicc", pki, "--first-eid", EID, "--count", "12")
    check(batch("--pki", pki) == (0, "12 eUICCs made, 0 were there\n"), "twelve cards")
    eids = sorted(os.listdir(f"{pki}/euicc"))
    check(sorted(os.listdir(cards)) == eids, str(os.listdir(cards)))
    os.rename(f"{cards}/{NEXT}", f"{cards}/{NEXT}.part")  # broken off
    check(batch("--pki", pki) == (0, "1 eUICCs made, 11 were there\n"), "one that was missing")
    for eid in eids:
        said = subprocess.run([program("xieka-card"), "--euicc", "--nvm", f"{cards}/{eid}", "--state"],
                              capture_output=True, text=True, check=True).stdout
        check(eid in said, said)
    os.unlink(f"{cards}/{NEXT}")
    os.unlink(glob.glob(f"{pki}/euicc/{NEXT}/SK_*NIST.pem")[0])
    os.unlink(glob.glob(f"{pki}/euicc/{NEXT}/SK_*BRP.pem")[0])
    code, said = batch("--pki", pki)
    check(code == 1 and NEXT in said and not os.path.exists(f"{cards}/{NEXT}"), said)
    check(batch()[0] == 2 and batch("--pki", pki, "--eid", EID)[0] == 2, "usage")
    check(batch("--pki", cards)[0] == 1, "no certificates there")


@in_folder
def a_ci_issues_what_is_requested(pki):
    if not HAS_OPENSSL:
        return "no openssl"
    xieka("pki", "init", pki)
    for suffix, curve in (("NIST", "P-256"), ("BRP", "brainpoolP256r1")):
        for role, stem in (("DPauth", "S_SM_DPauth_ECDSA"), ("DPpb", "S_SM_DPpb_ECDSA"), ("DPtls", "S_SM_DP_TLS"),
                           ("DSauth", "S_SM_DSauth_ECDSA"), ("DStls", "S_SM_DS_TLS")):
            host = ["--fqdn", "rsp.example.net"] if role.endswith("tls") else []
            text = request(role.lower(), f"{pki}/SK_{stem}_{suffix}.pem", "--owner", "ACME", *host)
            cert = shown(issue(pki, suffix, text, f"issued_{stem}_{suffix}", 90))
            check((cert["role"], cert["curve"], cert["verdict"]) == (role, curve, "GOOD"), str(cert))
            check((cert["commonName"], cert["organization"], cert["oid"]) == ("ACME", "ACME", "2.999.10"), str(cert))
            check(cert.get("host") == (host[1] if host else None), str(cert))
    return None


@in_folder
def requests_that_are_none(pki):
    xieka("pki", "init", pki, "--curve", "nist")
    key = f"{pki}/SK_S_SM_DPauth_ECDSA_NIST.pem"
    request("DPtls", key, code=USAGE, says="needs a host name")
    request("DPauth", key, "--fqdn", "a.example", code=USAGE, says="only a TLS certificate has a host name")
    request("EUM", key, code=USAGE, says="the role is")
    request("DPauth", f"{pki}/CERT_CI_ECDSA_NIST.pem", code=USAGE, says="no private key")
    request("DPauth", "pkcs11:nonsense", code=USAGE, says="no PKCS#11 URI")
    request("DPauth", key, "--oid", "nothing", code=USAGE, says="no object identifier")


@in_folder
def the_daemon_tells_of_certificates_that_devices_refuse(pki):
    if not HAS_OPENSSL:
        return "no openssl"
    xieka("pki", "init", pki, "--curve", "nist")
    site = Site(os.path.dirname(pki))

    def complaints():
        if os.path.exists(site.log):
            os.unlink(site.log)
        site.start()
        lines = site.process.tail(1000).split("\n")
        check(site.stop() == 0, "the platform ended badly")
        return [line for line in lines if " why=" in line]

    check(complaints() == [], "complaints about a new PKI")
    stem = "S_SM_DP_TLS"
    for host, days, says in ((HOST, 20, "expires within 30 days"),
                             ("other.example.com", 90, "is not for the name of this section"),
                             (HOST, 90, "")):
        issue(pki, "NIST", request("DPtls", f"{pki}/SK_{stem}_NIST.pem", "--fqdn", host), f"CERT_{stem}_NIST", days)
        found = complaints()
        check(len(found) == (1 if says else 0), f"{host} {days}: {found}")
        check(all(says in line and f"CERT_{stem}_NIST.pem" in line for line in found), f"{host} {days}: {found}")
    return None


tap.run()
