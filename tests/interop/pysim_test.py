#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pysim_test XIEKA-CARD: pySim-shell, where it is installed, selects and reads every file of our card in a
real reader stack (pcscd, vsmartcard's vpcd), checks the service table against the files and authenticates.
Needs root (pcscd) and no other pcscd running; skips itself otherwise."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

CARD = sys.argv[1]
SHELL = next((p for p in map(shutil.which, ("pySim-shell", "pySim-shell.py")) if p), None)
IMSI, ICCID = "460081234567890", "89860081234567890123"
# a vector of osmo-auc-gen for this K and OPc, SQN 64
RAND, AUTN = "23553cbe9637a89d218ae64dae47bf35", "aa689c64833080001d34c2beabe680bc"
WANTED = {"res": "a54211d5e3ba50bf", "ck": "b40ba9a3c58b2a05bbf0d987b21bf8cb",
          "ik": "f769bcd751044604127672711c6d3441", "kc": "eae4be823af9a08b"}
PERSONALISATION = f'''imsi = "{IMSI}"
k = "465b5ce8b199b49faa5f0a2ee238a6bc"
opc = "cd63cb71954a9f4e48a5994e37a02baf"
adm1 = "3030303030303030"
'''
SCRIPT = f"""select MF
verify_adm 00000000
fsdump
select ADF.USIM
select EF.UST
ust_service_check
select EF.IMSI
read_binary_decoded --oneline
select ADF.USIM
authenticate {RAND} {AUTN}
authenticate {RAND} {AUTN}
quit
"""
WAIT_S = 20
results = []


def check(what, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {what}")
    if not good:
        print("# " + str(why)[-1500:].replace("\n", "\n# "))


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def driver():
    found = glob.glob("/usr/lib/pcsc/**/libifdvpcd.so", recursive=True)
    if not SHELL:
        skip("pySim-shell is not installed")
    if os.geteuid() != 0 or not shutil.which("pcscd") or not shutil.which("opensc-tool") or not found:
        skip("pcscd with vsmartcard-vpcd cannot be run here")
    if os.path.exists("/run/pcscd/pcscd.comm"):
        skip("another pcscd is running")
    return found[0]


def start(folder, library):
    """pcscd with one virtual reader of its own, and our card in it."""
    port = 20000 + os.getpid() % 20000
    os.mkdir(os.path.join(folder, "readers"))
    with open(os.path.join(folder, "readers/vpcd"), "w") as f:
        f.write(f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{port:#X}\nLIBPATH {library}\n'
                f"CHANNELID {port:#X}\n".replace("0X", "0x"))
    with open(os.path.join(folder, "card.conf"), "w") as f:
        f.write(PERSONALISATION)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    daemon = subprocess.Popen(["pcscd", "-f", "-c", os.path.join(folder, "readers")], **quiet)
    card = subprocess.Popen([CARD, "--new", "--nvm", os.path.join(folder, "card.nvm"), "--personalisation",
                             os.path.join(folder, "card.conf"), "--vpcd", f"127.0.0.1:{port}"], **quiet)
    return daemon, card


def wait_for_card():
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        seen = subprocess.run(["opensc-tool", "-a"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=WAIT_S)
        if seen.stdout.startswith(b"3b"):
            return
        time.sleep(0.2)


def stop(processes):
    for process in processes:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def judge(said):
    decoder, dump = json.JSONDecoder(), {"files": {}}
    if '{\n    "name": "UICC"' in said:
        dump = decoder.raw_decode(said[said.index('{\n    "name": "UICC"'):])[0]
    files = dump["files"]
    read = [path for path, entry in files.items() if "body" in entry]
    bad = [(path, entry["error"]) for path, entry in files.items()
           if "error" in entry and "not found" not in str(entry["error"]).lower()]
    check("its dump has the ICCID", dump.get("iccid") == ICCID, said)
    check(f"every file there is was selected and read ({len(read)})", len(read) > 60 and not bad, bad)
    check("the service table and the files agree", "===> 0 service / file inconsistencies" in said, said)
    check("EF.IMSI is decoded", f'"imsi": "{IMSI}"' in said)
    check("it authenticates", all(f'"{name}": "{value}"' in said for name, value in WANTED.items()), said)
    check("and is told to resynchronise the second time", "synchronisation_failure" in said, said)


def main():
    library = driver()
    with tempfile.TemporaryDirectory() as folder:
        daemon, card = start(folder, library)
        try:
            wait_for_card()
            script = os.path.join(folder, "script")
            with open(script, "w") as f:
                f.write(SCRIPT)
            run = subprocess.run([SHELL, "-p", "0", "--script", script], stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150, check=False)
            judge(run.stdout)
        finally:
            stop((card, daemon))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
