#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A terminal with an eUICC: `xieka lpa` brings a profile to it over the AT port, the modem reads the card anew and
attaches to the test network with the profile's number; disabled, it is gone."""
import json
import os
import re
import subprocess

from at_port import Port
from consumer_test import Fleet
from dp_site import HOST, Site, make_card, make_pki
from xk import Folder, Platform, Process, Tap, check, program, read_ports, wait_for

tap = Tap()
EID = "89049032123451234512345678901332"  # the second one; the first is the fleet's


class Terminal:
    """xieka-device with an eUICC, and the LPA at its AT port."""

    def __init__(self, folder, dp_port, radio):
        self.memory, self.link = f"{folder}/card", f"{folder}/at"
        self.net = ["--ca", f"{folder}/pki/CERT_CI_ECDSA_NIST.pem", "--resolve", f"{HOST}=127.0.0.1:{dp_port}"]
        make_card(self.memory, f"{folder}/pki", EID)
        self.process = Process([program("xieka-device"), "--euicc", "--card", self.memory, "--link", self.link,
                                "--network", f"127.0.0.1:{radio}"], f"{folder}/device.log")
        wait_for("the AT port", lambda: os.path.exists(self.link))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if value:
            print("# " + self.process.tail().replace("\n", "\n# "))
        check(self.process.stop() == 0 or value, "the terminal ended badly")

    def lpa(self, *words):
        done = subprocess.run([program("xieka"), "lpa", *words, "--at", self.link, "--json",
                               *([] if words[0] in ("chip", "list") else [*self.net, "--yes"])],
                              capture_output=True, text=True, timeout=60)
        check(done.returncode == 0, f"{words}: {done.returncode} {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def at(self, *commands):
        port = Port(self.link)
        answers = [port.at(c + "\r") for c in commands]
        port.close()
        return answers

    def imsi(self):
        """Of the card that the modem has read; None when there is no USIM."""
        lines = [line for line in self.at("AT+CIMI")[0].split("\r\n") if line.isdigit()]
        return lines[0] if lines else None

    def registered(self):
        return "+CEREG: 0,1" in self.at("AT+CEREG?")[0]


@tap.case
def downloaded_over_at_and_attached():
    with Folder("euicc-device") as folder:
        make_pki(f"{folder}/pki", 2)
        with Site(folder) as site, Fleet(folder, 1, site.dp_port, "--radio", "0") as fleet:
            client = site.client()
            code = site.order(client, fleet.packages())[0]
            radio = read_ports(os.path.join(folder, "ports"))["radio"]
            with Terminal(folder, site.dp_port, radio) as terminal:
                check(terminal.lpa("chip")["eid"] == EID, "another card")
                check(terminal.imsi() is None and not terminal.registered(), "a number without a profile")
                iccid = terminal.lpa("download", code)["iccid"]
                check(site.stock(client)[iccid]["state"] == "INSTALLED", str(site.stock(client)))
                terminal.lpa("enable", iccid)
                wait_for("the profile's number", terminal.imsi)
                check(re.fullmatch(r"0010191\d{8}", terminal.imsi()), terminal.imsi())
                wait_for("registration", terminal.registered)
                check(site.stock(client)[iccid]["state"] == "ENABLED", str(site.stock(client)))
                terminal.lpa("disable", iccid)
                wait_for("no number", lambda: terminal.imsi() is None)
                check(not terminal.registered(), "registered without a profile")
                terminal.lpa("delete", iccid)
                check(terminal.lpa("list")["profiles"] == [], "the profile is still there")
                check(site.stock(client)[iccid]["state"] == "DELETED", str(site.stock(client)))


@tap.case
def options_that_cannot_be():
    with Folder("euicc-device") as folder:
        make_pki(f"{folder}/pki", 1)
        make_card(f"{folder}/card", f"{folder}/pki")
        for words, status, says in ((["--euicc"], 2, "needs a --card"),
                                    (["--euicc", "--card", f"{folder}/none"], 1, "none"),
                                    (["--euicc", "--card", f"{folder}/new", "--new"], 2, "needs a --card"),
                                    (["--card", f"{folder}/card"], 1, "card")):
            code, _, err = Platform.end([program("xieka-device"), *words])
            check(code == status and says in err, f"{words}: {code} {err}")
        check(os.listdir(folder) and not os.path.exists(f"{folder}/none"), "a card was made")


if __name__ == "__main__":
    tap.run()
