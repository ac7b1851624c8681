#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`xieka lpa` with a card in a file and xiekad as SM-DP+: everything a user does with an eUICC, and what he is
told when it does not work."""
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

from dp_site import DS_HOST, FIRST_EID, HOST, Site, make_card, make_pki, package
from xk import Folder, Process, Tap, check, program, wait_for

tap = Tap()
ICCID = "8986001234567890123{}"
# docs/interfaces/lpa.md
CHIP = {"eid", "defaultSmdpAddress", "rootSmdsAddress", "svn", "profileVersion", "firmware", "applications",
        "freeNonVolatileMemory", "freeVolatileMemory", "sasAccreditationNumber", "ciVerification", "ciSigning",
        "uiccCapability", "rspCapability"}
CHANGE = {"eid", "iccid", "already", "notifications", "profiles"}
PROFILE = {"iccid", "state", "class", "nickname", "serviceProviderName", "profileName", "isdpAid", "policyRules",
           "icon"}
NOTIFICATION = {"seqNumber", "event", "iccid", "address", "state"}


class Phone:
    """A card in a file, and the LPA at it."""

    def __init__(self, folder, port, eid=FIRST_EID):
        self.memory, self.pki, self.port = os.path.join(folder, "card-" + eid[-4:]), os.path.join(folder, "pki"), port
        make_card(self.memory, self.pki, eid, "--root-ds", DS_HOST)
        self.net, self.slot = self.way(port), ["--card", self.memory]

    def way(self, port):
        """To a server behind this port, whichever of the two it is."""
        return ["--ca", os.path.join(self.pki, "CERT_CI_ECDSA_NIST.pem"),
                "--resolve", f"{HOST}=127.0.0.1:{port},{DS_HOST}=127.0.0.1:{port}"]

    def run(self, *words, net=None, stdin=""):
        """Status, what was said, what was complained about."""
        offline = words[0] in ("chip", "list", "nickname", "address")
        done = subprocess.run([program("xieka"), "lpa", *words, *self.slot,
                               *([] if offline else self.net if net is None else net)],
                              input=stdin, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def json(self, *words, status=0, **how):
        code, out, err = self.run(*words, "--json", **how)
        check(code == status, f"{words}: {code} {out} {err}")
        check("Sanitizer" not in err, err)
        return json.loads(out) if out else None

    def profiles(self):
        return self.json("list")["profiles"]

    def states(self):
        return [p["state"] for p in self.profiles()]


class Relay:
    """A way to the server that is cut for the first connection after so many bytes from the server."""

    def __init__(self, port, limit):
        self.port, self.left, self.cuts = port, limit, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.own = self.door.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.door.accept()[0]
            except OSError:
                return
            self.carry(client, socket.create_connection(("127.0.0.1", self.port)))

    def carry(self, client, server):
        with client, server:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(65536)
                    if ready is server and self.cuts == 0:
                        data = data[:self.left]
                        self.left -= len(data)
                    if data:
                        (server if ready is client else client).sendall(data)
                    if self.left == 0 and self.cuts == 0:
                        self.cuts += 1
                        return
                    if not data:
                        return

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.door.close()


class Terminal:
    """The LPA at a terminal, with a person in front of it."""

    def __init__(self, phone, *words):
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(program("xieka"), ["xieka", "lpa", *words, "--lang", "en", "--card", phone.memory, *phone.net])

    def wait(self, text):
        """Until it has said this."""
        while text not in self.said:
            check(select.select([self.fd], [], [], 30)[0], f"waited for {text}: {self.said}")
            try:
                self.said += os.read(self.fd, 4096).decode()
            except OSError:
                raise AssertionError(f"ended without {text}: {self.said}") from None

    def answer(self, text, answer):
        self.wait(text)
        self.said = ""
        os.write(self.fd, answer.encode() + b"\n")

    def end(self):
        try:
            while select.select([self.fd], [], [], 30)[0]:
                data = os.read(self.fd, 4096)
                if not data:
                    break
                self.said += data.decode()
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Stock:
    """Profiles and orders at the SM-DP+."""

    def __init__(self, client):
        self.client = client

    def order(self, n, **more):
        iccid = self.client.call("POST", "/dp/profile", {"smdp": HOST, "name": f"Test-{n}", "spn": "Xieka"},
                                 package(ICCID.format(n)))["iccid"]
        return iccid, self.client.call("POST", "/dp/order", body={"iccid": iccid, **more}).get("activationCode")

    def show(self, iccid):
        return self.client.call("GET", f"/dp/profile/{iccid}")

    def state(self, iccid):
        return self.show(iccid)["state"]


class World:
    """One SM-DP+, one card."""

    def __init__(self, name, cards=1, ds=False):
        self.folder, self.cards, self.ds = Folder(name), cards, ds

    def __enter__(self):
        path = self.folder.__enter__()
        make_pki(f"{path}/pki", self.cards)
        self.site = Site(path)
        if self.ds:
            self.site.add_ds()
        self.site.__enter__()
        self.stock = Stock(self.site.client())
        self.phone = Phone(path, self.site.dp_port)
        self.path = path
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.site.__exit__(kind, value, trace)
        finally:
            self.folder.__exit__(kind, value, trace)


def members(value, names):
    check(set(value) == names, f"members: {value}")
    return value


def fault(answer, kind):
    members(answer, {"eid", "fault"})
    check(answer["fault"]["kind"] == kind, f"not {kind}: {answer}")
    return answer["fault"]


@tap.case
def a_profile_from_download_to_deletion():
    with World("lpa") as w:
        iccid, code = w.stock.order(0, confirmationCode="1234")
        phone = w.phone
        chip = members(phone.json("chip"), CHIP)
        check(chip["eid"] == FIRST_EID and chip["svn"] == "2.5.0" and len(chip["ciVerification"]) == 1, str(chip))
        check(members(phone.json("list"), {"eid", "profiles"})["profiles"] == [], "not empty")
        got = phone.json("download", code, "--code", "1234", "--imei", "353879234252633")
        check(got["iccid"] == iccid and got["eid"] == FIRST_EID, str(got))
        check(got["notifications"] == {"sent": 1, "kept": 0}, str(got))
        profile = members(members(got, CHANGE)["profiles"][0], PROFILE)
        check((profile["state"], profile["class"], profile["profileName"], profile["serviceProviderName"],
               profile["nickname"], profile["policyRules"]) ==
              ("disabled", "operational", "Test-0", "Xieka", None, []), str(profile))
        check(w.stock.state(iccid) == "INSTALLED", w.stock.state(iccid))
        check(phone.json("enable", iccid)["profiles"][0]["state"] == "enabled", "not enabled")
        check(w.stock.state(iccid) == "ENABLED", w.stock.state(iccid))
        check(phone.json("enable", iccid)["already"] is True, "enabled twice")
        members(phone.json("nickname", iccid, "手机 1"), CHANGE)
        check(phone.profiles()[0]["nickname"] == "手机 1", "no nickname")
        phone.json("nickname", iccid)
        check(phone.profiles()[0]["nickname"] is None, "the nickname stayed")
        check(phone.json("disable", profile["isdpAid"])["profiles"][0]["state"] == "disabled", "not disabled")
        check(w.stock.state(iccid) == "DISABLED", w.stock.state(iccid))
        code, out, err = phone.run("delete", iccid)
        check(code == 2 and "--yes" in err and phone.states() == ["disabled"], f"deleted unasked: {out} {err}")
        check(phone.json("delete", iccid, "--yes")["profiles"] == [], "not deleted")
        check(w.stock.state(iccid) == "DELETED", w.stock.state(iccid))
        check(phone.json("notifications")["notifications"] == [], "notifications are left")


@tap.case
def words_for_people():
    with World("lpa-words") as w:
        iccid, code = w.stock.order(0)
        status, out, err = w.phone.run("download", code)
        check(status == 0 and iccid in out and "disabled" in out, out)
        check("Contacting the server" in err and "Installing the profile" in err, err)
        status, out, err = w.phone.run("list")
        check(status == 0 and err == "" and out.splitlines()[0].split()[:2] == ["ICCID", "state"], out + err)
        status, out, _ = w.phone.run("list", "--lang", "zh")
        check(status == 0 and "状态" in out, out)
        status, out, err = w.phone.run("list", "--trace")
        check(status == 0 and "BF2D" in err and any(line.startswith("  BF2D") for line in err.splitlines()), err)
        status, out, _ = w.phone.run("chip")
        check(status == 0 and FIRST_EID in out and "CIs it trusts" in out, out)


@tap.case
def confirmation_codes():
    with World("lpa-code") as w:
        iccid, code = w.stock.order(0, confirmationCode="1234")
        check("$1" in code[-3:], code)
        fault(w.phone.json("download", code, status=2), "CODE_NEEDED")
        wrong = fault(w.phone.json("download", code, "--code", "4321", status=3), "SERVER_REFUSED")
        check((wrong["subjectCode"], wrong["reasonCode"]) == ("8.2.7", "3.8"), str(wrong))
        check("confirmation code" in wrong["text"] and wrong["address"] == HOST, str(wrong))
        check(w.phone.profiles() == [], "installed without the code")
        check(w.phone.json("download", "-", "--code", "1234", stdin=code + "\n")["iccid"] == iccid, "not taken")


@tap.case
def codes_that_lead_nowhere():
    with World("lpa-nowhere", cards=2) as w:
        iccid, code = w.stock.order(0)
        refused = fault(w.phone.json("download", f"LPA:1${HOST}$NO-SUCH-ID", status=3), "SERVER_REFUSED")
        check((refused["subjectCode"], refused["reasonCode"]) == ("8.2.6", "3.8"), str(refused))
        status, out, err = w.phone.run("download", f"LPA:1.example.com${iccid}")
        check(status == 2 and out == "" and "single quotes" in err, err)
        status, _, err = w.phone.run("download", "LPA:1$bad_host$X")
        check(status == 2 and "host" in err, err)
        fault(w.phone.json("download", status=2), "NO_ADDRESS")
        fault(w.phone.json("enable", iccid, status=2), "NO_PROFILE")
        for words, net, says in ((["--imei", "12"], None, "--imei"), ([], ["--resolve", "nonsense"], "--resolve"),
                                 (["--code", "x" * 65], None, "--code"), (["--discover"], None, "one of them"),
                                 ([], ["--ca", f"{w.path}/nothing"], "nothing")):
            status, _, err = w.phone.run("download", code, *words, net=net)
            check(status == 2 and says in err, f"{words} {net}: {status} {err}")
        status, _, err = w.phone.run("enable", "banana")
        check(status == 2 and "neither an ICCID" in err, err)
        w.phone.json("download", code)
        other = Phone(w.path, w.site.dp_port, eid=other_eid(w.path))
        refused = fault(other.json("download", code, status=3), "SERVER_REFUSED")
        check(refused["subjectCode"].startswith("8.2"), str(refused))


def other_eid(folder):
    return next(e for e in sorted(os.listdir(f"{folder}/pki/euicc")) if e != FIRST_EID)


@tap.case
def the_default_address():
    with World("lpa-default") as w:
        eid = {"eid": FIRST_EID}
        iccid, _ = w.stock.order(0, matchingId="", **eid)
        check(w.phone.json("address")["defaultSmdpAddress"] is None, "there is one")
        check(w.phone.json("address", HOST)["defaultSmdpAddress"] == HOST, "not set")
        check(w.phone.json("download")["iccid"] == iccid, "not found")
        status, _, err = w.phone.run("reset", "everything", "--yes")
        check(status == 2 and "profiles, test or address" in err, err)
        left = w.phone.json("reset", "profiles", "address", "--yes")
        check(left["profiles"] == [] and left["notifications"]["kept"] == 0, str(left))
        check(w.stock.state(iccid) == "DELETED", w.stock.state(iccid))
        check(w.phone.json("address")["defaultSmdpAddress"] is None, "the address stayed")
        w.phone.json("address", HOST)
        check(w.phone.json("address", "")["defaultSmdpAddress"] is None, "the address stayed")


@tap.case
def what_the_smds_knows():
    with World("lpa-smds", ds=True) as w:
        phone = w.phone
        fault(phone.json("discover", status=3), "NOTHING_FOUND")
        iccids = {w.stock.order(n, eid=FIRST_EID, smdsAddress=DS_HOST)[0] for n in (0, 1)}

        def found():
            code, out, err = phone.run("discover", "--json")
            check(code in (0, 3), err)
            rows = json.loads(out).get("found", [])
            return [(f["address"], f["smds"]) for f in rows if members(f, {"address", "eventId", "smds", "iccid"})]

        wait_for("both events", lambda: found() == [(HOST, DS_HOST)] * 2)
        got = {phone.json("download", "--discover")["iccid"] for _ in range(2)}
        check(got == iccids, str(got))
        wait_for("the events to be gone", lambda: found() == [])
        fault(phone.json("download", "--discover", "--smds", "nowhere.invalid", status=4), "SERVER_UNREACHABLE")


@tap.case
def servers_that_are_not_to_be_trusted():
    with World("lpa-tls") as w:
        _, code = w.stock.order(0)
        elsewhere = ["--resolve", f"{HOST}=127.0.0.1:{w.site.dp_port}"]
        told = fault(w.phone.json("download", code, net=elsewhere, status=5), "SERVER_TLS")
        check("no CI that is trusted" in told["text"] and "--ca" in told["text"], str(told))
        make_pki(f"{w.path}/theirs", 1)
        theirs = ["--ca", f"{w.path}/theirs/CERT_CI_ECDSA_NIST.pem", *elsewhere]
        fault(w.phone.json("download", code, net=theirs, status=5), "SERVER_TLS")
        another = ["--resolve", f"rsp.example.com=127.0.0.1:{w.site.dp_port}", *w.phone.net[:2]]
        told = fault(w.phone.json("download", code.replace(HOST, "rsp.example.com"), net=another, status=5), "SERVER_TLS")
        check("not for the host rsp.example.com" in told["text"], str(told))
        status, _, err = w.phone.run("download", code, net=["--ca", f"{w.path}/rsp.conf"])
        check(status == 2 and "no CI certificate" in err, err)
        check(w.stock.client.call("GET", "/dp/profile")["profiles"][0]["state"] == "RELEASED", "it got further")
        check(w.phone.json("download", code, "--insecure", net=elsewhere)["profiles"], "not downloaded")


@tap.case
def a_server_that_is_away():
    with World("lpa-away") as w:
        iccid, code = w.stock.order(0)
        phone = w.phone
        w.site.stop()
        fault(phone.json("download", code, status=4), "SERVER_UNREACHABLE")
        w.site.start()
        phone.json("download", code)
        w.site.stop()
        kept = phone.json("enable", iccid)
        check(kept["notifications"]["kept"] == 1 and kept["profiles"][0]["state"] == "enabled", str(kept))
        check(kept["notifications"]["fault"]["kind"] == "SERVER_UNREACHABLE", str(kept))
        kept = phone.json("disable", iccid)
        check(kept["notifications"]["kept"] == 2, str(kept))
        status, out, err = phone.run("enable", iccid)
        check(status == 0 and iccid in out and "3 notifications stay" in err, out + err)
        waiting = phone.json("notifications", "list")["notifications"]
        members(waiting[0], NOTIFICATION)
        check([n["event"] for n in waiting] == ["enabled", "disabled", "enabled"], str(waiting))
        check(all(n["address"] == HOST and n["iccid"] == iccid for n in waiting), str(waiting))
        fault(phone.json("notifications", "process", status=4), "SERVER_UNREACHABLE")
        phone.json("notifications", "remove", str(waiting[1]["seqNumber"]))
        fault(phone.json("notifications", "remove", str(waiting[1]["seqNumber"]), status=2), "NO_NOTIFICATION")
        w.site.start()
        w.stock = Stock(w.site.client())
        check(w.stock.state(iccid) == "INSTALLED", w.stock.state(iccid))
        done = phone.json("notifications", "process", str(waiting[0]["seqNumber"]))["notifications"]
        check([n["state"] for n in done] == ["sent", "waiting"], str(done))
        done = phone.json("notifications", "process")["notifications"]
        check([n["state"] for n in done] == ["sent"], str(done))
        check(w.stock.state(iccid) == "ENABLED", w.stock.state(iccid))
        check(phone.json("notifications")["notifications"] == [], "notifications are left")


@tap.case
def a_way_that_breaks():
    """At every length of what the server says: the download comes to its end, with the same package."""
    with World("lpa-cut") as w:
        iccid, code = w.stock.order(0)
        with Relay(w.site.dp_port, 1 << 30) as relay:
            w.phone.json("download", code, net=w.phone.way(relay.own))
            whole = (1 << 30) - relay.left
        w.phone.json("delete", iccid, "--yes")
        check(whole > 4000, f"{whole} bytes")
        for n in range(1, 9):
            iccid, code = w.stock.order(n)
            with Relay(w.site.dp_port, whole * n // 9) as relay:
                got = w.phone.json("download", code, net=w.phone.way(relay.own))
                check(relay.cuts == 1, f"{n}: cut {relay.cuts} times")
                check(iccid in [p["iccid"] for p in got["profiles"]], str(got))
            w.phone.json("notifications", "process")
            check(w.stock.state(iccid) == "INSTALLED", f"{n}: {w.stock.state(iccid)}")


@tap.case
def a_user_who_has_enough():
    with World("lpa-stop") as w:
        iccid, code = w.stock.order(0)
        w.site.stop()
        run = subprocess.Popen([program("xieka"), "lpa", "download", code, "--json", "--card", w.phone.memory,
                                *w.phone.net], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        wait_for("the LPA at its server", lambda: not unlocked(w.phone.memory))
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=30)
        check(run.returncode == 1, f"{run.returncode}: {out}")
        fault(json.loads(out), "CANCELLED")
        w.site.start()
        check(w.phone.json("download", code)["iccid"] == iccid, "not downloaded afterwards")


@tap.case
def a_user_who_does_not_wait_for_a_mute_server():
    with World("lpa-mute") as w, socket.create_server(("127.0.0.1", 0)) as mute:
        _, code = w.stock.order(0)
        mute.settimeout(30)
        run = subprocess.Popen([program("xieka"), "lpa", "download", code, "--json", "--card", w.phone.memory,
                                *w.phone.way(mute.getsockname()[1])], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
        with mute.accept()[0] as client:
            check(client.recv(1) != b"", "no greeting")
            start = time.monotonic()
            run.send_signal(signal.SIGINT)
            out, _ = run.communicate(timeout=30)
        check(run.returncode == 1 and time.monotonic() - start < 8, f"{run.returncode} {time.monotonic() - start}: {out}")
        fault(json.loads(out), "CANCELLED")


def unlocked(path):
    """Whether no program has the card."""
    with open(path, "rb") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        fcntl.flock(f, fcntl.LOCK_UN)
        return True


@tap.case
def a_person_at_a_terminal():
    with World("lpa-person") as w:
        iccid, code = w.stock.order(0, confirmationCode="1234")
        t = Terminal(w.phone, "download", code)
        t.answer(f"download Xieka, Test-0 ({iccid})? [Y/n]", "n")
        check(t.end() == 1 and "you said no" in t.said, t.said)
        check(w.stock.show(iccid)["history"][-1]["cause"] == "REJECT", str(w.stock.show(iccid)))
        iccid, code = w.stock.order(1, confirmationCode="1234")
        t = Terminal(w.phone, "download", code)
        t.answer("[Y/n]", "")
        t.answer("Confirmation code:", "4321")
        t.answer("That was not it. Confirmation code:", "1234")
        check(t.end() == 0 and iccid in t.said and "1/" not in t.said.splitlines()[-1], t.said)
        t = Terminal(w.phone, "delete", iccid)
        t.answer("[yes/N]", "y")
        check(t.end() == 1 and w.phone.states() == ["disabled"], t.said)
        t = Terminal(w.phone, "delete", iccid)
        t.answer(f"delete Xieka, Test-1 ({iccid})? [yes/N]", "yes")
        check(t.end() == 0 and w.phone.profiles() == [], t.said)


@tap.case
def a_card_behind_a_modem():
    """The modem does the REFRESH by itself, or is told that it must not."""
    for verbs, more in ((("enable", "disable", "enable"), []), (("enable",), ["--refuse-refresh"])):
        with World("lpa-modem") as w:
            port, phone = os.path.join(w.path, "modem"), w.phone
            iccid, code = w.stock.order(0)
            modem = Process([program("xieka-device"), "--euicc", "--card", phone.memory, "--link", port, *more],
                            os.path.join(w.path, "modem.log"))
            try:
                wait_for("the modem's port", lambda: os.path.exists(port) or not modem.alive())
                status, _, err = phone.run("chip")
                check(status == 2 and "another program has this card" in err, err)
                phone.slot = ["--at", port]
                check(phone.json("chip")["eid"] == FIRST_EID, "another card")
                check(phone.json("download", code)["iccid"] == iccid, "not downloaded")
                for verb in verbs:
                    got = phone.json(verb, iccid)
                    check([p["state"] for p in got["profiles"]] == [verb + "d"], f"{verb}: {got}")
                    check(got["notifications"] == {"sent": 1, "kept": 0}, f"{verb}: {got}")
                check(w.stock.state(iccid) == "ENABLED", w.stock.state(iccid))
            finally:
                check(modem.stop() == 0, modem.tail())


@tap.case
def qr_codes():
    with Folder("lpa-qr") as folder:
        code, picture = f"LPA:1${HOST}$QR-CODE-1$$1", os.path.join(folder, "code.png")

        def qr(*words):
            done = subprocess.run([program("xieka"), "lpa", "qr", *words], capture_output=True, text=True, timeout=60)
            return done.returncode, done.stdout, done.stderr

        status, out, _ = qr(code)
        check(status == 0 and out.count("\n") > 10 and ("█" in out or "##" in out), out)
        check(qr(code[4:], "--png", picture)[0] == 0, "no picture")
        with open(picture, "rb") as f:
            check(f.read(8) == b"\x89PNG\r\n\x1a\n", "no PNG")
        told = json.loads(qr(code, "--json")[1])
        check(told == {"code": code, "address": HOST, "matchingId": "QR-CODE-1", "smdpOid": None,
                       "confirmationCode": True}, str(told))
        check(qr("no code")[0] == 2 and qr()[0] == 2, "took no code")
        if not shutil.which("zbarimg"):
            return "zbarimg is not installed"
        check(qr("--qr", picture) == (0, out, ""), "another code came back")
        check(json.loads(qr("--qr", picture, "--json")[1]) == told, "another code came back")
        status, _, err = qr("--qr", program("xieka"))
        check(status == 2 and "no picture" in err, err)
        return None


@tap.case
def cards_that_are_not_there():
    with Folder("lpa-cards") as folder:
        def lpa(*words):
            done = subprocess.run([program("xieka"), "lpa", *words], capture_output=True, text=True, timeout=60)
            return done.returncode, done.stderr

        nothing = os.path.join(folder, "nothing")
        status, err = lpa("chip", "--card", nothing)
        check(status == 2 and "no such file" in err, err)
        status, err = lpa("chip", "--card", nothing, "--reader", "0")
        check(status == 2 and "one of them" in err, err)
        status, err = lpa("chip", "--at", nothing)
        check(status == 2 and nothing in err, err)
        status, err = lpa("chip", "--at", "/dev/null")
        check(status == 2 and "no terminal line" in err, err)
        with open(nothing, "w", encoding="ascii") as f:
            f.write("no card")
        os.chmod(nothing, 0o600)
        status, err = lpa("chip", "--card", nothing)
        check(status == 2 and nothing in err, err)


if __name__ == "__main__":
    tap.run()
