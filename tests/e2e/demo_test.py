#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/demo: one JSON object and nothing else, everything written and verified, nothing left running;
and it does not say so when it is not so."""
import glob
import json
import os
import re
import signal
import sqlite3
import subprocess

from xk import BUILD, Tap, check, program, wait_for

tap = Tap()
DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/demo")
MEMBERS = ["tasks", "success", "first_pass", "mean_ms", "p95_ms", "retries", "fallbacks", "aka_verified",
           "consumers", "consumers_attached", "consumers_mean_ms"]


def start(*options):
    return subprocess.Popen([DEMO, *options], env={**os.environ, "XIEKA_BUILD": BUILD, "LC_ALL": "C.UTF-8"},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def pids_of(demo):
    """Those of the programs that this run started; its own stands first."""
    for path in glob.glob(os.path.join(BUILD, "demo.*/pids")):
        with open(path, encoding="ascii") as f:
            pids = [int(line) for line in f]
        if pids and pids[0] == demo.pid:
            return pids[1:]
    return []


def folder_of(demo):
    for path in glob.glob(os.path.join(BUILD, "demo.*/pids")):
        with open(path, encoding="ascii") as f:
            if f.readline().strip() == str(demo.pid):
                return os.path.dirname(path)
    return None


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@tap.case
def one_object_at_the_end():
    demo = start("--json", "--devices", "30", "--euicc", "20")
    pids = wait_for("both programs", lambda: (lambda p: p if len(p) == 2 else None)(pids_of(demo)))
    out, err = demo.communicate(timeout=120)
    check(demo.returncode == 0, f"exit status {demo.returncode}: {err}")
    figures = json.loads(out)
    check(list(figures) == MEMBERS, out)
    check(figures["tasks"] == figures["success"] == figures["aka_verified"] == 30, out)
    check(0 < figures["mean_ms"] <= figures["p95_ms"], out)
    check(figures["consumers"] == figures["consumers_attached"] == 20, out)
    check(0 < figures["consumers_mean_ms"] < 20000, out)
    check(not any(alive(p) for p in pids), "something is left running")


@tap.case
def for_people():
    demo = start("--devices", "5", "--euicc", "6", "--lang", "zh")
    out, err = demo.communicate(timeout=120)
    check(demo.returncode == 0, f"exit status {demo.returncode}: {err}")
    for want in ("最终成功             5  (100.00 %)", "附着已通过 AKA 鉴权  5  (100.00 %)", "── PREPARE to ",
                 "成功 SUCCESS", "./run demo --keep", "已下载、启用并附着    6  (100.00 %)"):
        check(want in out, f"'{want}' was not shown:\n{out}")
    rows = re.findall(r"^  (89\d{30})  (\d{20})  (\d{15})  ENABLED +ENABLED +\d+\.\d$", out, re.M)
    check(len(rows) == 5 and len(set(rows)) == 5, f"five consumer devices are shown:\n{out}")


def report(folder, consumers):
    """scripts/demo-report again, of a demo that is left running: exit status and figures."""
    with open(f"{folder}/fleet.ports", encoding="ascii") as f:
        home = dict(line.strip().split("=") for line in f)["home"]
    env = {**os.environ, "XIEKA_CONFIG": f"{folder}/xieka.conf"}
    batch = json.loads(subprocess.run([program("xieka"), "task", "list", "--limit", "1", "--json"], env=env, check=True,
                                      capture_output=True).stdout)[0]["batchId"]
    done = subprocess.run([DEMO + "-report", program("xieka"), batch, f"https://127.0.0.1:{home}", folder,
                           str(consumers), "en", "--json"], env=env, capture_output=True, text=True, timeout=30)
    return done.returncode, json.loads(done.stdout)


@tap.case
def no_consumer_is_overlooked():
    """The exit status, when one is missing, and when the SM-DP+ says otherwise than the card."""
    demo = start("--keep", "--devices", "2", "--euicc", "3", "--json")
    _, err = demo.communicate(timeout=120)
    check(demo.returncode == 0, f"exit status {demo.returncode}: {err}")
    pids, folder = pids_of(demo), folder_of(demo)
    try:
        check(report(folder, 3)[0] == 0, "refused what is whole")
        check(report(folder, 4)[0] == 1, "one is missing")
        os.kill(pids[1], signal.SIGTERM)
        wait_for("the platform's end", lambda: not alive(pids[1]))
        with sqlite3.connect(glob.glob(f"{folder}/data/*.db")[0]) as db:
            db.execute("UPDATE profile SET eid = '' WHERE iccid = (SELECT max(iccid) FROM profile)")
        again = subprocess.Popen([program("xiekad"), "-c", f"{folder}/xiekad.conf", "--port-file", f"{folder}/again"],
                                 stderr=subprocess.DEVNULL)
        pids.append(again.pid)
        wait_for("the platform", lambda: os.path.exists(f"{folder}/again"))
        status, figures = report(folder, 3)
        check(status == 1 and figures["consumers"] == 3 and figures["consumers_attached"] == 2, str(figures))
    finally:
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGTERM)


@tap.case
def left_running_when_asked():
    demo = start("--keep", "--devices", "5", "--euicc", "0", "--json")
    out, err = demo.communicate(timeout=120)
    check(demo.returncode == 0, f"exit status {demo.returncode}: {err}")
    pids = pids_of(demo)
    check(len(pids) == 2 and all(alive(p) for p in pids), "not left running")
    check(json.loads(out)["success"] == 5 and json.loads(out)["consumers"] == 0, out)
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    wait_for("their end", lambda: not any(alive(p) for p in pids))


@tap.case
def a_platform_that_dies_is_a_failure():
    demo = start("--json", "--devices", "200")
    pids = wait_for("both programs", lambda: (lambda p: p if len(p) == 2 else None)(pids_of(demo)))
    os.kill(pids[1], signal.SIGKILL)
    out, err = demo.communicate(timeout=120)
    check(demo.returncode != 0 and out == "", f"exit status {demo.returncode}: {out}")
    check("demo failed" in err and "fleet.log" in err, err)
    check(not alive(pids[0]), "the test network is left running")


@tap.case
def options_are_checked():
    for options in (["--devices"], ["--devices", "0"], ["--devices", "x"], ["--euicc"], ["--euicc", "201"], ["--lang", "fr"], ["--fly"]):
        demo = start(*options)
        out, err = demo.communicate(timeout=20)
        check(demo.returncode == 2 and "usage" in err and out == "", f"{options}: {demo.returncode} {out} {err}")


tap.run()
