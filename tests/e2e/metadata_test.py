#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profile metadata from `xieka dp stock` to the card and the LPA's list: names, class, icon, owner, addresses of
notifications; policy rules, which the Rules Authorisation Table of the eUICC allows or not; what is refused."""
import base64
import os
import struct
import urllib.parse
import zlib

from cli import Xieka
from dp_site import HOST, Site, make_card, make_pki, package
from xk import Folder, Tap, check

tap = Tap()
# hosts of others, where nobody is
AWAY = ["b.invalid", *(".".join(["x" * 60] * 3 + [f"h{i}.invalid"]) for i in range(3))]
ICCID = "8986001234567890123{}"
OPERATOR = ["--mcc-mnc", "00101", "--gid1", "a1", "--gid2", "b2c3"]


def png(side, noise=0):
    """A picture of one colour, and so many bytes that do not compress."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"\x20\x60\xa0" * side for _ in range(side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"tEXt", b"Comment\0" + b"x" * noise) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class World:
    """An SM-DP+, its operator at a command line, and cards."""

    def __init__(self, name, cards=1):
        self.folder, self.cards = Folder(name), cards

    def __enter__(self):
        self.path = self.folder.__enter__()
        make_pki(f"{self.path}/pki", self.cards)
        self.eids = sorted(os.listdir(f"{self.path}/pki/euicc"))
        self.site = Site(self.path).__enter__()
        self.x = Xieka(self.path, self.site).login()
        self.net = ["--ca", f"{self.path}/pki/CERT_CI_ECDSA_NIST.pem", "--resolve",
                    ",".join([f"{HOST}=127.0.0.1:{self.site.dp_port}", *(f"{host}=127.0.0.1:1" for host in AWAY)])]
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.site.__exit__(kind, value, trace)
        finally:
            self.folder.__exit__(kind, value, trace)

    def file(self, name, data):
        path = os.path.join(self.path, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def words(self, n, *more):
        return ["dp", "stock", self.file(f"{n}.der", package(ICCID.format(n))), "--smdp", HOST, *more]

    def stock(self, n, *more):
        """The activation code of a new profile."""
        iccid = self.x.json(*self.words(n, *more))["iccid"]
        return iccid, self.x.json("dp", "order", iccid)["activationCode"]

    def card(self, number, *more):
        memory = os.path.join(self.path, f"card{number}")
        make_card(memory, f"{self.path}/pki", self.eids[number], *more)
        return ["--card", memory]


@tap.case
def what_is_given_is_on_the_card():
    with World("metadata") as w:
        icon = png(64, 750)
        check(900 < len(icon) <= 1024, f"{len(icon)} bytes of icon")
        others = "delete=a.invalid,install=b.invalid"
        iccid, code = w.stock(0, "--name", "套餐 1", "--spn", "Xieka", "--icon", w.file("icon", icon), *OPERATOR,
                              "--ppr", "ppr2", "--notify", f"enable={HOST},disable={HOST},{others}")
        known = w.x.json("dp", "show", iccid)["metadata"]
        check(known == {
            "serviceProviderName": "Xieka", "profileName": "套餐 1", "class": "operational",
            "icon": {"type": "png", "size": len(icon)},
            "notifications": [{"events": ["enable"], "address": HOST}, {"events": ["disable"], "address": HOST},
                              {"events": ["delete"], "address": "a.invalid"},
                              {"events": ["install"], "address": "b.invalid"}],
            "profileOwner": {"mccMnc": "00101", "gid1": "a1", "gid2": "b2c3"}, "policyRules": ["ppr2"]}, str(known))
        shown = w.x.expect(0, "dp", "show", iccid)
        for text in ("套餐 1", f"png {len(icon)} bytes", "00101 gid1 a1 gid2 b2c3", "ppr2", "delete: a.invalid"):
            check(text in shown, f"{text}: {shown}")
        card = w.card(0)
        got = w.x.json("lpa", "download", code, *card, *w.net, "--yes")
        check(got["notifications"]["kept"] == 1, f"no notification for b.invalid: {got}")
        profile = w.x.json("lpa", "list", *card)["profiles"][0]
        check(profile["icon"] == known["icon"] and profile["policyRules"] == ["ppr2"], str(profile))
        check((profile["profileName"], profile["serviceProviderName"]) == ("套餐 1", "Xieka"), str(profile))
        check(f"png {len(icon)} bytes" in w.x.expect(0, "lpa", "list", *card), "the list shows no icon")
        w.x.expect(0, "lpa", "icon", iccid, f"{w.path}/again", *card)
        with open(f"{w.path}/again", "rb") as f:
            check(f.read() == icon, "another icon")
        w.x.expect(2, "lpa", "icon", "8900000000000000000", f"{w.path}/again", *card, says="no such profile")
        w.x.expect(1, "lpa", "delete", iccid, *card, *w.net, "--yes", says="disallowedByPolicy")


@tap.case
def an_icon_of_every_kind():
    with World("metadata-icons") as w:
        card = w.card(0)
        sizes = {}
        for n, (kind, data) in enumerate((("jpg", b"\xff\xd8\xff\xe0" + bytes(1020)), ("png", png(8)))):
            iccid, code = w.stock(n, "--icon", w.file("icon", data), "--class", "test")
            sizes[iccid] = {"type": kind, "size": len(data)}
            w.x.expect(0, "lpa", "download", code, *card, *w.net)
        iccid, code = w.stock(2, "--class", "provisioning")
        sizes[iccid] = None
        w.x.expect(0, "lpa", "download", code, *card, *w.net)
        listed = w.x.json("lpa", "list", *card)["profiles"]
        check({p["iccid"]: p["icon"] for p in listed} == sizes, str(listed))
        w.x.expect(2, "lpa", "icon", iccid, f"{w.path}/none", *card, says="has no icon")
        check(not os.path.exists(f"{w.path}/none"), "a file without an icon")
        check([p["class"] for p in listed] == ["test", "test", "provisioning"], str(listed))


@tap.case
def as_much_as_there_can_be():
    """Metadata of almost 4 KB travels in several segments."""
    with World("metadata-long") as w:
        icon = png(64, 750)
        told = {"smdp": HOST, "icon": base64.urlsafe_b64encode(icon).rstrip(b"=").decode(), "name": "x" * 64,
                "notify": ",".join(f"delete={AWAY[1 + i % 3]}" for i in range(14))}
        client, card = w.site.client(), w.card(0)
        iccid = client.call("POST", "/dp/profile", told, package(ICCID.format(0)))["iccid"]
        code = client.call("POST", "/dp/order", body={"iccid": iccid})["activationCode"]
        w.x.expect(0, "lpa", "download", code, *card, *w.net)
        w.x.expect(0, "lpa", "icon", iccid, f"{w.path}/again", *card)
        gone = w.x.json("lpa", "delete", iccid, *card, *w.net, "--yes")["notifications"]
        check(gone["kept"] == 14, str(gone))
        told["notify"] = ",".join(f"delete={AWAY[1]}" for _ in range(16))
        _, answer = client.raw("POST", "/api/v1/dp/profile", urllib.parse.urlencode(told), package(ICCID.format(1)))
        check(answer["code"] == "16007", str(answer))


@tap.case
def rules_go_where_they_are_allowed():
    """PPR1 on three cards: one allows nobody's rules, one another operator's, one ours."""
    with World("metadata-rules", cards=3) as w:
        iccid, code = w.stock(0, *OPERATOR, "--ppr", "ppr1,ppr2")
        for n, table in ((0, "none"), (1, "46001,310260")):
            told = w.x.expect(1, "lpa", "download", code, *w.card(n, "--rules-of", table), *w.net, "--yes", "--json")
            check('"RULES_NOT_ALLOWED"' in told, told)
            shown = w.x.json("dp", "show", iccid)
            check((shown["state"], shown["history"][-1]["subject"]) == ("ERROR", "8.2.8"), str(shown))
            iccid, code = w.stock(n + 1, *OPERATOR, "--ppr", "ppr1,ppr2")
        card = w.card(2, "--rules-of", "46001,00101")
        told = w.x.expect(2, "lpa", "download", code, *card, *w.net, says="--yes")
        check(w.x.json("lpa", "list", *card)["profiles"] == [], f"installed without consent: {told}")
        w.x.expect(0, "lpa", "download", code, *card, *w.net, "--yes")
        w.x.expect(0, "lpa", "enable", iccid, *card, *w.net)
        w.x.expect(1, "lpa", "disable", iccid, *card, *w.net, says="disallowedByPolicy")
        profiles = w.x.json("lpa", "list", *card)["profiles"]
        check([(p["state"], p["policyRules"]) for p in profiles] == [("enabled", ["ppr1", "ppr2"])], str(profiles))


@tap.case
def what_is_refused():
    """By the command line before anything is sent, or by the platform; and nothing comes into stock."""
    with World("metadata-refused") as w:
        for says, data in (("neither PNG nor JPEG", b"GIF89a"), ("neither PNG nor JPEG", b""),
                           ("at most 1024", png(64, 1000))):
            w.x.expect(2, *w.words(0, "--icon", w.file("icon", data)), says=says)
        w.x.expect(2, *w.words(0, "--icon", "/nowhere"), says="No such file")
        for says, words in (
                ("16007", ["--ppr", "ppr1"]), ("16007", ["--ppr", "ppr1", "--class", "test", *OPERATOR]),
                ("16007", ["--ppr", "ppr2", "--class", "provisioning", *OPERATOR]),
                ("16007", ["--notify", "enable=not a host"]), ("16007", ["--notify", f"{HOST},delete="]),
                ("11000", ["--notify", f"party={HOST}"]),
                ("11002", ["--notify", ",".join([f"enable={HOST}"] * 17)]), ("11000", ["--ppr", "ppr3"]),
                ("11000", ["--ppr", "ppr1,"]), ("11000", ["--class", "secret"]), ("11000", ["--mcc-mnc", "4600"]),
                ("11000", ["--mcc-mnc", "46001", "--gid1", "x1"]), ("11001", ["--gid2", "01"]),
                ("11000", ["--name", "x" * 65]), ("11000", ["--spn", "x" * 33])):
            w.x.expect(3, *w.words(0, *words), says=says)
        client = w.site.client()
        for icon, code in (("!", "11000"), ("R0lGODlh", "16007"), ("_9j_" + "A" * 1364, "16007")):
            _, answer = client.raw("POST", "/api/v1/dp/profile", f"icon={icon}&smdp={HOST}", package(ICCID.format(0)))
            check(answer["code"] == code and "icon" in answer["message"], f"{icon[:8]}: {answer}")
        check(client.call("GET", "/dp/profile")["profiles"] == [], "something is in stock")


if __name__ == "__main__":
    tap.run()
