#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""xieka profile show, build, diff, lint: a package as text, changed by hand, back, compared and judged."""
import json
import os
import stat
import subprocess

from dp_site import package
from xk import Folder, Tap, check, program

tap = Tap()
DONE, FAILED, USAGE = range(3)
ICCID = "89860012345678901233"
K = "465B5CE8B199B49FAA5F0A2EE238A6BC"


def xieka(*words, code=DONE, says="", given=None):
    done = subprocess.run([program("xieka"), *words], env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True,
                          input=given, timeout=60, check=False)
    said = done.stderr.decode()
    check(done.returncode == code, f"{words}: {done.returncode}, not {code}: {said}")
    check(says in said, f"{words}: '{says}' was not said: {said}")
    return done.stdout


def in_folder(test):
    def run():
        with Folder("profile") as folder:
            return test(folder)
    run.__name__ = test.__name__
    return tap.case(run)


def put(folder, name, contents):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(contents)
    return path


def contents(path):
    with open(path, "rb") as f:
        return f.read()


@in_folder
def text_is_for_people(folder):
    text = xieka("profile", "show", put(folder, "p.der", package(ICCID))).decode()
    check(text.startswith("value1 ProfileElement ::= header : {\n"), text[:80])
    for line in ("-- EF.ICCID 3F00/2FE2, transparent, 10 bytes: 89860012345678901233", "-- template USIM",
                 "-- EF.IMSI 3F00/7FD0/6F07, transparent, 9 bytes: 001010123456789"):
        check(f"  {line}\n" in text, f"'{line}' is not there:\n{text}")


@in_folder
def secrets_are_shown_when_asked_for(folder):
    upp = put(folder, "p.der", package(ICCID))
    masked, shown = xieka("profile", "show", upp), xieka("profile", "show", upp, "--secrets")
    check(K.encode() not in masked and K.encode() in shown, "the key")
    xieka("profile", "build", put(folder, "p.txt", masked), "--output", os.path.join(folder, "q.der"), code=USAGE,
          says="p.txt:55:16: a masked secret")
    check(not os.path.exists(os.path.join(folder, "q.der")), "a package of nothing")
    said = json.loads(xieka("profile", "show", upp, "--json"))
    check(said["text"].encode() == masked and said["masked"] == 4 and said["leftOut"] == said["notDer"] == 0, said)


@in_folder
def what_is_shown_builds_the_same_package(folder):
    upp, built = package(ICCID), os.path.join(folder, "q.der")
    text = xieka("profile", "show", "-", "--secrets", given=upp)
    xieka("profile", "build", put(folder, "p.txt", text), "--output", built)
    check(contents(built) == upp, "another package")
    check(stat.S_IMODE(os.stat(built).st_mode) == 0o600, "others can read the package")
    check(xieka("profile", "build", "-", "--output", "-", given=text) == upp, "another package, by pipe")


@in_folder
def a_change_by_hand_is_built_in(folder):
    text = xieka("profile", "show", put(folder, "p.der", package(ICCID)), "--secrets")
    other = text.replace(b"'" + ICCID.encode() + b"'H", b"'89860012345678901241'H")
    other = other.replace(b"98680021436587092133", b"98680021436587092114")
    built = xieka("profile", "build", "-", "--output", "-", given=other)
    check(built == package("89860012345678901241"), "not the package of that ICCID")


@in_folder
def what_two_packages_differ_in(folder):
    old, new = put(folder, "p.der", package(ICCID)), put(folder, "q.der", package("89860012345678901241"))
    check(xieka("profile", "diff", old, old) == b"", "a package and itself")
    check(xieka("profile", "diff", old, new, code=FAILED).decode() ==
          "! header/iccid  '89860012345678901233'H  ->  '89860012345678901241'H\n"
          "! mf/ef-iccid/content[9..9]  '33'H  ->  '14'H\n", "the ICCID")
    said = json.loads(xieka("profile", "diff", old, new, "--json", code=FAILED))["changes"]
    check([c["path"] for c in said] == ["header/iccid", "mf/ef-iccid/content[9..9]"], said)
    check(said[1] == {"kind": "changed", "path": "mf/ef-iccid/content[9..9]", "from": "'33'H", "to": "'14'H"}, said)
    cut = put(folder, "cut.der", package(ICCID)[:-3])
    xieka("profile", "diff", old, cut, code=USAGE, says="one of the two is no package")


@in_folder
def keys_that_differ_are_masked(folder):
    old = package(ICCID)
    new = put(folder, "q.der", old.replace(bytes.fromhex(K), bytes(16)))
    old = put(folder, "p.der", old)
    masked, shown = (xieka("profile", "diff", old, new, *more, code=FAILED) for more in ([], ["--secrets"]))
    check(b"/key  '****" in masked and K.encode() not in masked, masked)
    check(f"/key  '{K}'H  ->  '{'00' * 16}'H\n".encode() in shown, shown)


@in_folder
def a_package_is_judged(folder):
    good = package("89860012345678901233")
    said = xieka("profile", "lint", put(folder, "p.der", good)).decode()
    check(said.endswith("0 errors, 10 warnings, 0 notes\n"), said)
    imsi = bytes.fromhex("080910101032547698")
    bad = put(folder, "q.der", good.replace(imsi, b"\x09" + imsi[1:]))
    said = xieka("profile", "lint", bad, code=FAILED).decode()
    check(f"{bad}: 5 usim ef-imsi: error: imsi: no IMSI\n" in said, said)
    report = json.loads(xieka("profile", "lint", bad, "--json", code=FAILED))
    check(report["errors"] == 1 and not report["cut"], str(report))
    found = [f for f in report["findings"] if f["severity"] == "error"]
    check([(f["rule"], f["element"], f["type"], f["path"]) for f in found] == [("imsi", 5, "usim", "ef-imsi")], str(found))
    text = put(folder, "p.txt", xieka("profile", "show", bad, "--secrets"))
    check(b"1 error," in xieka("profile", "lint", text, code=FAILED), "the text is not the package")
    check("个错误".encode() in xieka("profile", "lint", bad, "--lang", "zh", code=FAILED), "not Chinese")
    check(b"broken" in xieka("profile", "lint", put(folder, "r.der", good[:-1]), code=FAILED), "cut")
    xieka("profile", "lint", put(folder, "nothing", b""), code=FAILED)
    xieka("profile", "lint", put(folder, "x", b"no package"), code=USAGE, says="x:1:4: ")


@in_folder
def what_is_wrong_is_said(folder):
    upp = put(folder, "p.der", package(ICCID))
    xieka("profile", "build", upp, "--output", "-", code=USAGE, says="p.der:1:1: a character that has no place here")
    xieka("profile", "build", upp, code=USAGE, says="--output is needed")
    xieka("profile", "show", os.path.join(folder, "none"), code=USAGE, says="No such file")
    text = xieka("profile", "show", put(folder, "cut.der", package(ICCID)[:-3]), says="another package").decode()
    check(text.endswith(" tag 0, 6 bytes: no whole element\n"), text[-200:])


tap.run()
