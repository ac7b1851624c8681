#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""smpp-tshark PROGRAM: what our codecs encode, as tshark reads it. PROGRAM (session_pcap.c) writes an
SMPP session and RP messages with their TPDUs as captures; tshark must know each message for what it
is, mark none as malformed and complain of none."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

NAMES = {"smpp": "smpp", "rp": "gsm_sms"}
COMPLAINTS = re.compile(r"malformed|undecoded|unexpected|extraneous|exceed.* length|short data|too long"
                        r"|too short|dissector bug", re.I)


class Tap:
    def __init__(self):
        self.lines, self.failed = [], 0

    def check(self, good, name, why=""):
        self.lines.append(f"{'ok' if good else 'not ok'} {len(self.lines) + 1} - {name}")
        if not good:
            self.failed += 1
            print(f"# {name}: {why}")

    def end(self):
        print(f"1..{len(self.lines)}\n" + "\n".join(self.lines))
        return 1 if self.failed else 0


def tshark(path, arguments):
    return subprocess.run(["tshark", "-n", "-r", path] + arguments, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=True).stdout


def fields(path, names):
    """A list of values a frame."""
    wanted = [word for name in names for word in ("-e", name)]
    return [line.split("\t") for line in tshark(path, ["-T", "fields"] + wanted).splitlines()]


def smpp_name(info):
    """'Submit_sm - resp: "Ok"' to submit_sm_resp"""
    name = re.split(r"[:(]", info)[0].strip().lower()
    return name.replace(" - resp", "_resp")


def check_smpp(tap, path, expected):
    rows = [row for row in fields(path, ["_ws.col.Protocol", "_ws.col.Info"]) if row[0] == "SMPP"]
    got = [smpp_name(row[1]) for row in rows]
    tap.check(got == expected, "smpp: every PDU by its name", f"{got} instead of {expected}")
    text = tshark(path, ["-V"])
    tap.check("Message Reassembled" in "".join(row[1] for row in rows), "smpp: parts are put together")
    for part in ("Validity period: 172800.000000000 seconds", "Message state: DELIVERED (2)",
                 "SMSC identifier: 1D305B4C", "GSM message class control - see [GSM 03.38] (0xf6)",
                 "(U)SIM Toolkit Security Headers"):
        tap.check(part.lower() in text.lower(), f"smpp: {part}", "not in the dissection")


def check_rp(tap, path, expected):
    text = tshark(path, ["-V"])
    got = re.findall(r"^GSM SMS TPDU \(GSM 03.40\) (.*)$", text, re.M)
    tap.check(got == [name for name in expected if name.startswith("SMS")],
              "rp: every TPDU by its name", f"{got} instead of {expected}")
    for part in ("(U)SIM Data download", "(U)SIM data download error (0xd5)", "How are you? {fine}",
                 "Class 2 (U)SIM specific message", "TP-Parameter-Indicator: 0x07",
                 "TP-Validity-Period: 2 day(s)", "Reassembled Short Message"):
        tap.check(part.lower() in text.lower(), f"rp: {part}", "not in the dissection")


def main():
    if not shutil.which("tshark"):
        print("1..0 # SKIP tshark is not installed")
        return 0
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for kind, check in (("smpp", check_smpp), ("rp", check_rp)):
            path = os.path.join(folder, kind + ".pcap")
            run = subprocess.run([sys.argv[1], kind, path], stdout=subprocess.PIPE, text=True, check=True)
            check(tap, path, run.stdout.splitlines())
            marks = fields(path, ["_ws.malformed", "_ws.expert.severity"])
            tap.check(not any(row[0] for row in marks), f"{kind}: nothing malformed", str(marks))
            bad = [line for line in tshark(path, ["-V"]).splitlines() if COMPLAINTS.search(line)
                   and "allowed message limits" not in line]
            tap.check(not bad, f"{kind}: no complaint", "\n# ".join(bad))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
