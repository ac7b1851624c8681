#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""xieka-fleet's consumer devices against xiekad's SM-DP+ over HTTPS: options, certificates, gaps in coverage,
an SM-DP+ that is killed in the middle; profiles made of a template and the numbers of a pool."""
import glob
import json
import os
import re
import signal
import urllib.request

from cli import Xieka
from dp_site import HOST, Site, make_pki, package
from xk import Folder, Platform, Process, Tap, check, free_port, program, read_ports, wait_for

tap = Tap()
TOKEN = "secret"


class Fleet:
    def __init__(self, folder, count, dp_port, *more, ca=None, kind="NIST"):
        self.folder = folder
        ports, pki = os.path.join(folder, "ports"), os.path.join(folder, "pki")
        self.profiles, self.codes = os.path.join(folder, "profiles"), os.path.join(folder, "codes")
        self.process = Process(
            [program("xieka-fleet"), "--euicc", str(count), "--euicc-pki", pki, "--ca",
             ca or f"{pki}/CERT_CI_ECDSA_{kind}.pem", "--smdp", f"127.0.0.1:{dp_port}", "--codes", self.codes,
             "--export-profiles", self.profiles, "--smpp-port", "0", "--home-port", "0", "--home-token", TOKEN,
             "--port-file", ports, "--start-ms", "200", *more], os.path.join(folder, "fleet.log"))
        wait_for("the fleet's ports", lambda: os.path.exists(ports) or not self.process.alive())
        check(self.process.alive(), "the fleet ended:\n" + self.process.tail())
        self.home = read_ports(ports)["home"]

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if value:
            print("# " + self.process.tail().replace("\n", "\n# "))
        check(self.process.stop() == 0 or value, "the fleet ended badly")

    def packages(self):
        return sorted(glob.glob(f"{self.profiles}/*.der"))

    def give(self, codes):
        with open(self.codes + ".new", "w", encoding="ascii") as f:
            f.writelines(code + "\n" for code in codes)
        os.rename(self.codes + ".new", self.codes)

    def get(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.home}/fleet/v1/{path}",
                                         headers={"Authorization": "Bearer " + TOKEN})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def consumers(self):
        return self.get("consumers")["consumers"]

    def settle(self, count, seconds=60):
        wait_for("every consumer", lambda: self.get("status")["consumers_settled"] == count, seconds, pause=0.1)


def check_served(consumers, stock):
    for c in consumers:
        profile = stock.get(c["iccid"], {})
        check(c["state"] == "ENABLED" and c["fault"] == "", str(c))
        check(c["imsi"] == c["attached_imsi"] and re.fullmatch(r"0010191\d{8}", c["imsi"]), str(c))
        check(c["aka_verified"] >= 1 and c["refreshes"] >= 1 and c["took_ms"] > 0, str(c))
        check(profile.get("state") == "ENABLED" and profile.get("eid") == c["eid"], f"{c}: {profile}")


def whole_way(kind, curve):
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 6, curve)
        with Site(folder, kind) as site, Fleet(folder, 6, site.dp_port, "--devices", "3", kind=kind) as fleet:
            client = site.client()
            check(len(fleet.packages()) == 6, str(fleet.packages()))
            check(all(os.stat(p).st_mode & 0o777 == 0o600 for p in fleet.packages()), "others may read the keys")
            check({c["state"] for c in fleet.consumers()} == {"WAITING"}, "busy without a code")
            fleet.give(site.order(client, fleet.packages()))
            fleet.settle(6)
            check_served(fleet.consumers(), site.stock(client))
            status = fleet.get("status")
            check((status["devices"], status["consumers"], status["consumers_enabled"]) == (3, 6, 6), str(status))
            check(status["bytes_per_consumer"] > 0 and status["aka_failures"] == 0, str(status))


@tap.case
def download_enable_attach_nist():
    whole_way("NIST", "nist")


@tap.case
def download_enable_attach_brainpool():
    whole_way("BRP", "brainpool")


@tap.case
def gaps_in_coverage():
    """More gaps than coverage. In the middle of a download: tests/flow."""
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 20)
        with Site(folder) as site, Fleet(folder, 20, site.dp_port, "--coverage", "1,4") as fleet:
            client = site.client()
            fleet.give(site.order(client, fleet.packages()))
            wait_for("every consumer", lambda: fleet.get("status")["consumers_enabled"] == 20, 90, pause=0.1)
            stock = site.stock(client)
            for c in fleet.consumers():
                check(stock[c["iccid"]]["state"] == "ENABLED" and stock[c["iccid"]]["eid"] == c["eid"], str(c))
            check(any(not 0 <= c["took_ms"] < 2000 for c in fleet.consumers()), "nobody had to wait")


@tap.case
def a_platform_killed_in_the_middle():
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 60)
        with Site(folder) as site, Fleet(folder, 60, site.dp_port) as fleet:
            client = site.client()
            fleet.give(site.order(client, fleet.packages()))
            wait_for("a download", lambda: any(p["state"] != "RELEASED" for p in site.stock(client).values()), 20,
                     pause=0.001)
            site.stop(signal.SIGKILL)
            wait_for("a broken download", lambda: any(c["fault"] for c in fleet.consumers()), 20)
            site.start()
            fleet.settle(60)
            check_served(fleet.consumers(), site.stock(site.client()))


@tap.case
def a_certificate_of_another_issuer():
    with Folder("consumer") as folder, Folder("other") as other:
        make_pki(f"{folder}/pki", 1)
        make_pki(f"{other}/pki", 1)
        with Site(folder) as site, Fleet(folder, 1, site.dp_port, ca=f"{other}/pki/CERT_CI_ECDSA_NIST.pem") as fleet:
            fleet.give(site.order(site.client(), fleet.packages()))
            fleet.settle(1)
            c = fleet.consumers()[0]
            check(c["state"] == "FAILED" and "TLS" in c["fault"] and c["iccid"] == "", str(c))


@tap.case
def codes_that_are_none():
    """Other devices are served nevertheless."""
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 3)
        with Site(folder) as site, Fleet(folder, 3, site.dp_port) as fleet:
            codes = site.order(site.client(), fleet.packages())
            fleet.give([codes[0], "LPA:2$nothing", codes[2].rsplit("$", 1)[0] + "$NOBODY-1"])
            wait_for("the others", lambda: fleet.get("status")["consumers_settled"] == 2, 30)
            states = [c["state"] for c in fleet.consumers()]
            check(states == ["ENABLED", "WAITING", "FAILED"], str(states))
            check("8.2.6" in fleet.consumers()[2]["fault"], str(fleet.consumers()[2]))
            check("line 2" in fleet.process.tail(50), fleet.process.tail(50))


class Home:
    """Between an SM-DP+ and the test network: numbers are opened there before their profiles are for sale."""

    def __init__(self, folder, site):
        self.port, self.key = free_port(), os.path.join(folder, "home.key")
        Xieka.write_private(self.key, "0f" * 32)
        site.options += [f"home_token={TOKEN}", f"home_key={self.key}", f"home_url=http://127.0.0.1:{self.port}"]
        self.fleet_options = ["--home-port", str(self.port), "--home-key", self.key]


def fill_pool(x, count, first="001019900000001"):
    x.expect(0, "pool", "create", "main")
    x.expect(0, "pool", "fill", "main", "--count", str(count), "--first-imsi", first, "--first-msisdn", "1440990000001",
             "--first-iccid", "8986001990000000001", "--smsc", "+8613800100500")


@tap.case
def profiles_made_of_a_template_and_numbers():
    """From the number pool of the platform to a device that attaches by it; the platform is killed once it has
    answered, before it could tell the home network anything."""
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 4)
        site = Site(folder)
        home = Home(folder, site)
        with site:
            x = Xieka(folder, site).login()
            fill_pool(x, 250)
            with Fleet(folder, 4, site.dp_port, *home.fleet_options) as fleet:
                template = fleet.packages()[0]
                fleet.process.stop()
                places = x.expect(0, "dp", "template", "iot", template, "--smdp", HOST, "--type", "iot", "--name", "IoT")
                check({"iccid", "imsi", "k"} <= set(places.split()), places)
                check(x.json("dp", "templates")["templates"][0]["templateId"] == "iot", "no template")
                made = x.json("dp", "prepare", "iot", "--pool", "main", "--count", "230")["profiles"]
                site.stop(signal.SIGKILL)
                check(len({p["iccid"] for p in made}) == len({p["imsi"] for p in made}) == 230, "a number given twice")
                check({p["state"] for p in site_stock(site).values()} == {"UNAVAILABLE"}, "for sale before it is open")
            serve_prepared(folder, site, home, x, made)


def site_stock(site):
    site.start()
    return Site.stock(site.client())


def serve_prepared(folder, site, home, x, made):
    with Fleet(folder, 4, site.dp_port, *home.fleet_options) as fleet:
        wait_for("the numbers to be open", lambda: x.json("pool", "show", "main")["assigned"] == 230, 60)
        stock = Site.stock(site.client())
        check(len(stock) == 230 and {p["state"] for p in stock.values()} == {"AVAILABLE"}, "not for sale")
        fleet.give([x.json("dp", "order", "--type", "iot")["activationCode"] for _ in range(4)])
        fleet.settle(4)
        numbers = {p["iccid"]: p["imsi"] for p in made}
        for c in fleet.consumers():
            check(c["state"] == "ENABLED" and c["fault"] == "", str(c))
            check(c["imsi"] == c["attached_imsi"] == numbers[c["iccid"]] and c["aka_verified"] >= 1, str(c))
        pool = x.json("pool", "show", "main")
        check((pool["inUse"], pool["assigned"], pool["free"], pool["locked"]) == (4, 226, 20, 0), str(pool))
    codes = [x.json("dp", "codes", p["iccid"]) for p in made[:2]]
    check(all(re.fullmatch(r"\d{8}", c["puk1"]) for c in codes) and codes[0]["puk1"] != codes[1]["puk1"], "PUKs")
    check(codes[0]["puk1"] in x.expect(0, "dp", "codes", made[0]["iccid"]), "no PUK1")


@tap.case
def write_orders_for_euiccs():
    """One order, from an EID in a file of chips to an attached number: the platform makes, orders and offers the
    profile by itself, and is killed in between. Then another number, and the end of it."""
    with Folder("orders") as folder:
        make_pki(f"{folder}/pki", 3)
        site = Site(folder)
        home = Home(folder, site)
        with site, Fleet(folder, 3, site.dp_port, *home.fleet_options, "--platform", f"https://127.0.0.1:{site.port}",
                         "--platform-ca", site.ca) as fleet:
            x = Xieka(folder, site).login()
            eids = [c["eid"] for c in fleet.consumers()]
            chips = os.path.join(folder, "chips.csv")
            with open(chips, "w", encoding="ascii") as f:
                f.write("eid\n" + "".join(eid + "\n" for eid in eids))
            x.expect(0, "import", "cards", chips, "--batch", "E1", "--form", "GLOBAL_5X6")
            x.expect(0, "dp", "template", "iot", fleet.packages()[0], "--smdp", HOST, "--type", "iot", "--name", "IoT")
            x.expect(0, "pool", "create", "main", "--template", "iot")
            x.expect(0, "pool", "fill", "main", "--count", "6", "--first-imsi", "001019900000001", "--first-msisdn",
                     "1440990000001", "--first-iccid", "8986001990000000001", "--smsc", "+8613800100500")
            x.expect(3, "write", eids[0], "--pool", "main", "--mode", "RESTORE", says="14001")
            x.expect(3, "write", eids[0], "--pool", "main", "--template", "none", says="16005")
            check(x.json("pool", "show", "main")["free"] == 6, "a number is held for nothing")
            tasks = [x.json("write", eid, "--pool", "main")["taskId"] for eid in eids]
            site.stop(signal.SIGKILL)
            site.start()
            offered = [wait_for_state(x, task, "SENDING") for task in tasks]
            fleet.give([task["activationCode"] for task in offered])
            fleet.settle(3)
            done = [wait_for_state(x, task, "SUCCESS") for task in tasks]
            served = {c["eid"]: c for c in fleet.consumers()}
            for task in done:
                c = served[task["cid"]]
                check(c["imsi"] == c["attached_imsi"] == task["imsi"] and "activationCode" not in task, f"{c} {task}")
                card = x.json("card", "show", task["cid"])
                check((card["state"], card["msisdn"]) == ("ACTIVE", task["msisdn"]), str(card))
            events = [e["state"] for e in x.json("task", "show", tasks[0], "--events")["events"] if e["kind"] == "state"]
            check(events == ["ACCEPTED", "CHECKING", "NUMBER_LOCKED", "SCRIPT_READY", "SENDING", "DELIVERED", "PREPARED",
                             "COMMITTED", "ATTACHED", "SUCCESS"], str(events))
            pool = x.json("pool", "show", "main")
            check((pool["inUse"], pool["free"]) == (3, 3), str(pool))
            end_of_orders(x, done)


def wait_for_state(x, task, state):
    wait_for(f"{task} to be {state}", lambda: x.json("task", "show", task)["state"] == state, 30)
    return x.json("task", "show", task)


def end_of_orders(x, done):
    swap = wait_for_state(x, x.json("write", done[0]["cid"], "--pool", "main", "--mode", "SWAP")["taskId"], "SENDING")
    check(swap["imsi"] != done[0]["imsi"] and swap["activationCode"].startswith("LPA:1$" + HOST), str(swap))
    x.expect(0, "task", "cancel", swap["taskId"])
    x.expect(3, "write", done[1]["cid"], "--pool", "main", says="14002")
    closed = x.json("write", done[1]["cid"], "--mode", "DELETE")
    check((closed["state"], closed["imsi"]) == ("SUCCESS", done[1]["imsi"]), str(closed))
    revoked = x.json("write", done[2]["cid"], "--mode", "REVOKE")
    check((revoked["state"], revoked["imsi"]) == ("SUCCESS", done[2]["imsi"]), str(revoked))
    check(x.json("card", "show", done[2]["cid"])["state"] == "BLOCKED", "the card is not blocked")
    x.expect(3, "write", done[2]["cid"], "--pool", "main", says="12089")
    pool = x.json("pool", "show", "main")
    check((pool["inUse"], pool["frozen"], pool["free"]) == (1, 3, 2), str(pool))


@tap.case
def what_is_not_prepared():
    """Each refusal says why, and takes no number."""
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 1)
        with Site(folder) as site, Fleet(folder, 1, site.dp_port) as fleet:
            x, template = Xieka(folder, site).login(), fleet.packages()[0]
            fill_pool(x, 3)
            x.expect(3, "dp", "template", "iot", __file__, "--smdp", HOST, says="16003")
            bad = os.path.join(folder, "bad.der")
            with open(bad, "wb") as f:
                f.write(package("89860012345678901233").replace(bytes.fromhex("2F0602"), bytes.fromhex("2F0642")))
            for words in (["stock"], ["template", "iot"]):
                x.expect(3, "dp", *words, bad, "--smdp", HOST, says="element 2 mf mf/securityAttributesReferenced")
            x.expect(2, "dp", "template", "iot", template, says="--smdp")
            x.expect(3, "dp", "template", "i t", template, "--smdp", HOST, says="11000")
            icon = os.path.join(folder, "icon.jpg")
            with open(icon, "wb") as f:
                f.write(b"\xff\xd8\xff" + bytes(1021))
            x.expect(0, "dp", "template", "iot", template, "--smdp", HOST, "--icon", icon, "--ppr", "ppr2", "--mcc-mnc",
                     "00101", "--spn", "Xieka", "--notify", "delete=a.example.com")
            for code, words in (("16005", ["none", "--pool", "main"]), ("13001", ["iot", "--pool", "none"]),
                                ("13001", ["iot", "--pool", "main", "--count", "4"]),
                                ("13004", ["iot", "--pool", "main", "--target", "1449999999999"]),
                                ("11000", ["iot", "--pool", "main", "--target", "1440990000001", "--count", "2"])):
                x.expect(3, "dp", "prepare", *words, says=code)
            x.expect(2, "dp", "prepare", "iot", says="--pool")
            check(x.json("pool", "show", "main")["free"] == 3 and not Site.stock(site.client()), "something is left")
            made = x.json("dp", "prepare", "iot", "--pool", "main", "--target", "1440990000002")["profiles"]
            check(made[0]["msisdn"] == "1440990000002", str(made))
            x.expect(3, "dp", "prepare", "iot", "--pool", "main", "--target", "1440990000002", says="13002")
            kept = x.json("dp", "templates")["templates"][0]["metadata"]
            check(kept["icon"] == {"type": "jpg", "size": 1024} and kept["policyRules"] == ["ppr2"], str(kept))
            check(x.json("dp", "show", made[0]["iccid"])["metadata"] == kept, "not the template's metadata")
            x.expect(3, "dp", "codes", "8900000000000000000", says="16002")
            # no home network here: it is for sale at once
            check(Site.stock(site.client())[made[0]["iccid"]]["state"] == "AVAILABLE", "not for sale")


@tap.case
def options_are_checked():
    with Folder("consumer") as folder:
        make_pki(f"{folder}/pki", 1)
        ports = ["--smpp-port", "0", "--home-port", "0"]
        for status, says, options in (
                (64, "--euicc", ["--euicc", "many"]),
                (64, "--euicc", ["--euicc", "1000001"]),
                (1, "--euicc-pki", ["--euicc", "1"]),
                (1, "1 EIDs, 2 are wanted", ["--euicc", "2", "--euicc-pki", f"{folder}/pki"]),
                (1, "0 EIDs", ["--euicc", "2", "--euicc-pki", folder]),
                (1, "/nowhere/", ["--euicc", "1", "--euicc-pki", f"{folder}/pki", "--export-profiles", "/nowhere/x"])):
            code, out, err = Platform.end([program("xieka-fleet"), *options, *ports])
            check(code == status and says in err and out == "", f"{options}: {code} {out} {err}")


if __name__ == "__main__":
    tap.run()
