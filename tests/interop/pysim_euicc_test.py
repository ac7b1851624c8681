#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pySim-shell, where it is installed, with our eUICC in a reader: each of its eUICC commands, a profile enabled,
renamed, disabled and deleted. Runs in namespaces of its own (lab.py), which needs root."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from dp_site import FIRST_EID, HOST, Site, make_card, make_pki, package  # noqa: E402
import lab  # noqa: E402
from xk import Folder, Tap, check, program, wait_for  # noqa: E402

tap = Tap()
SHELL = next((p for p in map(shutil.which, ("pySim-shell", "pySim-shell.py")) if p), None)
ICCID = "89860012345678901233"
SCRIPT = f"""select ADF.ISD-R
get_eid
set_default_dp_address {HOST}
get_euicc_configured_addresses
get_euicc_challenge
get_euicc_challenge
get_euicc_info1
get_euicc_info2
list_notification
get_profiles_info
enable_profile --iccid {ICCID}
enable_profile --iccid {ICCID}
get_profiles_info
delete_profile --iccid {ICCID}
set_nickname --profile-nickname pysim {ICCID}
disable_profile --iccid {ICCID}
get_profiles_info
delete_profile --iccid {ICCID}
get_profiles_info
list_notification
remove_notification_from_list 2
remove_notification_from_list 2
quit
"""


def objects(text):
    """The JSON that the shell printed, one a command."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while (start := re.compile(r"^\{", re.M).search(text, at)) is not None:
        value, at = decoder.raw_decode(text, start.start())
        found.append(value)
    return found


def profile(said):
    return said["profile_info_seq"] and said["profile_info_seq"]["profile_info"]


def events(said):
    return [(n["notification_metadata"]["seq_number"],
             next(k for k, v in n["notification_metadata"]["profile_mgmt_operation"]["pmo"].items() if v))
            for n in said["notification_metadata_list"] or []]


def judge(said):
    (isdr, eid, set_dp, addresses, first, second, info1, info2, before, listed, enabled, again, after_enable, early,
     nickname, disabled, after_disable, deleted, after_delete, notified, removed, removed_again) = said
    check(isdr["isdr_proprietary_application_template"]["supported_version_number"] == "020500", str(isdr))
    check(eid == {"eid_value": FIRST_EID}, str(eid))
    check(set_dp == {"set_default_dp_addr_res": "ok"} and addresses["default_dp_address"] == HOST, str(addresses))
    check(first != second and len(first["euicc_challenge"]) == 32, f"{first} {second}")
    check(info1["svn"] == info2["svn"] == "2.5.0" and info2["pp_version"] == "0.0.1", f"{info1} {info2}")
    check(events(before) == [], str(before))
    check(profile(listed)["iccid"] == ICCID and profile(listed)["profile_state"] == "disabled", str(listed))
    check(enabled == {"enable_result": "ok"} and again == {"enable_result": "profileNotInDisabledState"}, str(again))
    check(profile(after_enable)["profile_state"] == "enabled", str(after_enable))
    check(early == {"delete_result": "profileNotInDisabledState"}, str(early))
    check(nickname == {"set_nickname_result": "ok"} and disabled == {"disable_result": "ok"}, f"{nickname} {disabled}")
    check(profile(after_disable)["profile_nickname"] == "pysim", str(after_disable))
    check(deleted == {"delete_result": "ok"} and profile(after_delete) is None, f"{deleted} {after_delete}")
    check(events(notified) == [(2, "enable"), (3, "disable"), (4, "delete")], str(notified))
    check(removed == {"delete_notification_status": "ok"}, str(removed))
    check(removed_again == {"delete_notification_status": "nothingToDelete"}, str(removed_again))


@tap.case
def every_euicc_command():
    with Folder("pysim-euicc") as folder:
        make_pki(f"{folder}/pki", 1)
        make_card(f"{folder}/card", f"{folder}/pki")
        with open(f"{folder}/script", "w", encoding="ascii") as f:
            f.write(SCRIPT)
        with Site(folder) as site, lab.Reader(folder, f"{folder}/card"):
            client = site.client()
            client.call("POST", "/dp/profile", {"smdp": HOST, "name": "Test"}, package(ICCID))
            code = client.call("POST", "/dp/order", body={"iccid": ICCID})["activationCode"]
            lpa = [program("xieka"), "lpa"]
            wait_for("the card", lambda: subprocess.run([*lpa, "chip"], capture_output=True,
                                                        check=False).returncode == 0, pause=0.1)
            subprocess.run([*lpa, "download", code, "--yes", "--ca", f"{folder}/pki/CERT_CI_ECDSA_NIST.pem",
                            "--resolve", f"{HOST}=127.0.0.1:{site.dp_port}"], check=True, capture_output=True)
            run = subprocess.run([SHELL, "-p", "0", "--script", f"{folder}/script"], stdin=subprocess.DEVNULL,
                                 text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90, check=False)
            said = objects(run.stdout)
            check(len(said) == 22, run.stdout[-3000:])
            judge(said)


if not SHELL:
    print("1..0 # SKIP pySim-shell is not installed")
    sys.exit(0)
if not lab.HAS_READER or not lab.can_enter():
    print("1..0 # SKIP no pcscd with vsmartcard-vpcd, or no namespaces of our own")
    sys.exit(0)
with tempfile.TemporaryDirectory(prefix="xk-lab-") as home:
    lab.enter(home, HOST)
    tap.run()
