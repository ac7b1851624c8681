#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as its user types it: exit codes, what is said about bad input, tables and --json."""
import json
import os
import signal
import sqlite3
import stat

from cli import Xieka
from xk import Folder, Platform, Tap, World, check, free_port

tap = Tap()
DONE, FAILED, USAGE, REFUSED, UNREACHABLE, AUTH = range(6)


def alone(test):
    """The test with a platform and nothing around it."""
    def run():
        with Folder("cli") as folder, Platform(folder) as platform:
            return test(folder, platform, Xieka(folder, platform))
    run.__name__ = test.__name__
    return tap.case(run)


@alone
def every_exit_code_has_its_reason(folder, platform, x):
    who = ["--url", x.url, "--ca", x.ca, "--app", "test"]
    x.expect(USAGE, says="no command")
    x.expect(USAGE, "fly", says="unknown command fly")
    x.expect(USAGE, "status", says="which platform")
    x.expect(USAGE, "status", *who, says="which secret")
    x.expect(USAGE, "status", *who, "--secret-file", os.path.join(folder, "none"), says="No such file")
    x.expect(USAGE, "status", "--config", os.path.join(folder, "none"), says="No such file")
    x.expect(DONE, "status", *who, "--secret-file", x.secret)
    os.chmod(x.secret, 0o644)
    x.expect(USAGE, "status", *who, "--secret-file", x.secret, says="chmod 600")
    os.chmod(x.secret, 0o600)
    x.login()
    x.expect(REFUSED, "pool", "show", "none", says="no such number pool (13005)")
    x.expect(UNREACHABLE, "status", "--url", f"https://127.0.0.1:{free_port()}", says="cannot reach")
    wrong = os.path.join(folder, "wrong.secret")
    x.write_private(wrong, "wrong\n")
    x.expect(AUTH, "login", "--app", "other", "--secret-file", wrong, says="(12022)")
    x.expect(AUTH, "login", "--secret-file", wrong, says="(12022)")
    with Folder("cli-other") as other, Platform(other) as stranger:
        x.expect(AUTH, "status", "--ca", stranger.ca, says="certificate")
    check(platform.process.alive(), "the platform ended")


@alone
def a_token_is_kept_for_its_owner_and_renewed(folder, platform, x):
    x.login()
    kept = [n for n in os.listdir(os.path.dirname(x.config)) if n.startswith("token-")]
    check(len(kept) == 1, str(kept))
    path = os.path.join(os.path.dirname(x.config), kept[0])
    for name in (path, x.config):
        check(stat.S_IMODE(os.stat(name).st_mode) == 0o600, name)
    with open(path, encoding="ascii") as f:
        before = f.read()
    x.expect(DONE, "status")
    with open(path, encoding="ascii") as f:
        check(f.read() == before, "a new token although the old one was good")
    x.write_private(path, before.split(" ")[0] + " forgotten\n")
    x.expect(DONE, "status")
    x.expect(DONE, "logout")
    check(not os.path.exists(path), "the token is still there")
    x.expect(DONE, "status")
    x.write_private(x.config, "url = \n")
    x.expect(USAGE, "status", says=x.config)


@alone
def a_secret_may_come_on_standard_input(folder, platform, x):
    x.expect(DONE, "login", "--url", x.url, "--ca", x.ca, "--app", "test", stdin=platform.secret + "\n")
    x.expect(DONE, "status")
    check(stat.S_IMODE(os.stat(x.config + ".secret").st_mode) == 0o600, "others may read the secret")


@alone
def bad_files_are_named_by_line_and_field_and_change_nothing(folder, platform, x):
    x.login()
    x.expect(DONE, "pool", "create", "iot", "--name", "物联网")
    path = os.path.join(folder, "numbers.csv")
    good = "".join(f"00101000{n:07d},1440{n:09d},,{n:032x},{n:032x}\n" for n in range(1000))
    with open(path, "w", encoding="ascii") as f:
        f.write("imsi,msisdn,iccid,k,opc\n" + good + "00101000000100x,1440999999999,,00,11\n")
    out = x.expect(REFUSED, "import", "numbers", path, "--pool", "iot", says="(11007)")
    check("1002  imsi   must be digits" in out, out)
    out = x.expect(REFUSED, "import", "numbers", path, "--pool", "iot", "--lang", "zh")
    check("必须为数字" in out, out)
    answer = json.loads(x.expect(REFUSED, "import", "numbers", path, "--pool", "iot", "--json"))
    check(answer["code"] == "11007" and answer["data"]["errors"][0]["line"] == 1002, str(answer))
    check(x.json("pool", "show", "iot")["total"] == 0, "some were kept")
    with open(path, "w", encoding="ascii") as f:
        f.write("imsi,msisdn,iccid,k,opc\n" + good)
    check(x.json("import", "numbers", path, "--pool", "iot")["imported"] == 1000, "imported")
    x.expect(USAGE, "import", "numbers", path, says="--pool")
    x.expect(USAGE, "import", "numbers", os.path.join(folder, "none"), "--pool", "iot", says="No such file")
    cards = os.path.join(folder, "write.csv")
    with open(cards, "w", encoding="ascii") as f:
        f.write("cid\n89860000000000000001\n8986000000000000000\n")
    x.expect(REFUSED, "write", "--file", cards, "--pool", "iot", says="line 3: cid")
    check(x.json("task", "list") == [], "some were taken")


@alone
def a_vendors_file_comes_with_its_key(folder, platform, x):
    x.login()
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/chips-vendor.out")
    key = os.path.join(folder, "transport.key")
    x.expect(DONE, "pool", "create", "seeds", "--purpose", "seed")
    x.expect(REFUSED, "import", "cards", data, "--seed-pool", "seeds", says="(11007)")
    x.write_private(key, "000102030405060708090a0b0c0d0e0f\n", 0o644)
    x.expect(USAGE, "import", "cards", data, "--transport-key-file", key, says="chmod 600")
    os.chmod(key, 0o600)
    answer = x.json("import", "cards", data, "--seed-pool", "seeds", "--transport-key-file", key)
    cards = x.json("card", "list")
    check(answer["imported"] == len(cards) > 0, f"{answer} {cards}")
    out = x.expect(DONE, "card", "list", "--lang", "zh")
    check("卡号" in out and cards[0]["cid"] in out, out)


@alone
def organisations_see_their_own(folder, platform, x):
    x.login()
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/chips.csv")
    x.expect(DONE, "org", "create", "agent", "--kind", "AGENT", "--name", "华东代理")
    x.expect(REFUSED, "org", "create", "agent", "--kind", "AGENT", says="(11008)")
    x.expect(REFUSED, "org", "create", "vendor", "--kind", "CARD_VENDOR", "--parent", "agent", says="(12013)")
    x.expect(USAGE, "org", "create", "cust", says="--kind")
    x.expect(DONE, "org", "create", "cust", "--kind", "CUSTOMER", "--parent", "agent")
    check("华东代理" in x.expect(DONE, "org", "list"), "no name")
    check([o["orgId"] for o in x.json("org", "list", "--parent", "agent")] == ["cust"], "below the agent")
    master = os.path.join(folder, "master.key")
    x.write_private(master, "000102030405060708090a0b0c0d0e0f\n")
    x.expect(DONE, "import", "cards", data, "--batch", "b1", "--org", "agent", "--master-key-file", master)
    cids = [card["cid"] for card in x.json("card", "list", "--org", "agent")]
    x.expect(USAGE, "card", "give", cids[0], says="--org")
    x.expect(REFUSED, "card", "give", *cids, "1", "--org", "cust", says="cids[")
    check(x.json("card", "give", cids[0], "--org", "cust", "--kind", "SALE", "--document", "D-1")["cards"] == 1, "given")
    moves = [(m["kind"], m["from"], m["to"], m["document"]) for m in x.json("card", "custody", cids[0])]
    check(moves == [("MADE", None, "agent", "b1"), ("SALE", "agent", "cust", "D-1")], str(moves))
    check("销售出库" in x.expect(DONE, "card", "custody", cids[0], "--lang", "zh"), "not Chinese")
    check(x.json("org", "show", "cust")["cards"] == 1, "no card")
    secret = os.path.join(folder, "clerk.secret")
    x.write_private(secret, x.expect(DONE, "app", "create", "clerk", "--org", "cust", "--roles", "query,org"))
    config = ["--config", os.path.join(folder, "clerk")]
    x.expect(DONE, "login", "--url", x.url, "--ca", x.ca, "--app", "clerk", "--secret-file", secret, *config)
    check([card["cid"] for card in x.json("card", "list", *config)] == cids[:1], "one card")
    x.expect(REFUSED, "card", "show", cids[1], *config, says="(12009)")
    x.expect(REFUSED, "card", "list", "--org", "agent", *config, says="(12012)")
    x.expect(REFUSED, "app", "create", "more", "--roles", "write", *config, says="roles")
    x.expect(DONE, "org", "suspend", "agent")
    x.expect(REFUSED, "card", "list", *config, says="(12011)")
    x.expect(DONE, "org", "resume", "agent")
    x.expect(DONE, "card", "list", *config)
    x.expect(DONE, "app", "off", "clerk")
    check([(a["appId"], a["state"]) for a in x.json("app", "list", "--org", "cust")] == [("clerk", "OFF")], "state")
    x.expect(AUTH, "card", "list", *config)
    x.expect(DONE, "app", "on", "clerk")
    x.write_private(secret, x.expect(DONE, "app", "secret", "clerk"))
    x.expect(DONE, "login", "--url", x.url, "--ca", x.ca, "--app", "clerk", "--secret-file", secret, *config)


@alone
def the_log_knows_who_did_what(folder, platform, x):
    x.login()
    x.expect(DONE, "pool", "create", "iot")
    x.expect(REFUSED, "pool", "create", "iot")
    x.expect(DONE, "pool", "list")
    logged = x.json("audit", "list", "--subject", "iot")
    check([(e["appId"], e["action"], e["code"]) for e in logged] ==
          [("test", "POST /number/pool", "0"), ("test", "POST /number/pool", "11008")], str(logged))
    check("xiekad --add-app" in x.expect(DONE, "audit", "list"), "not what was done at the console")
    whole = x.json("audit", "verify")
    check(whole["whole"] and whole["checked"] >= 4, str(whole))
    check("whole" in x.expect(DONE, "audit", "verify"), "not whole")
    platform.stop(signal.SIGKILL)
    with sqlite3.connect(os.path.join(platform.data, "xieka.db")) as db:
        db.execute("UPDATE audit SET app_id = 'other' WHERE seq = ?", (logged[0]["seq"],))
    platform.start()
    out = x.expect(FAILED, "audit", "verify", says="changed")
    check(f"entry {logged[0]['seq']}:" in out, out)
    check(x.expect(FAILED, "audit", "verify", "--lang", "zh").startswith("被改动"), "not Chinese")


@alone
def refusals_of_writes_are_listed(folder, platform, x):
    x.login()
    x.expect(DONE, "pool", "create", "iot")
    x.expect(REFUSED, "write", "89860000000000000001", "--pool", "iot", says="no such card (12010)")
    out = x.expect(REFUSED, "write", "89860000000000000002", "89860000000000000003", "--pool", "iot")
    check(out.count("no such card") == 2, out)
    x.expect(REFUSED, "write", "89860000000000000001", says="poolId")
    x.expect(USAGE, "write", says="CIDs or --file")
    x.expect(USAGE, "write", "1", "2", "--target", "3", says="one card")
    x.expect(REFUSED, "task", "cancel", "0" * 16, says="(14009)")
    x.expect(REFUSED, "task", "show", "zz", says="taskId")
    x.expect(USAGE, "callback", "replay", "x", says="no number")
    x.expect(REFUSED, "relay", "report", "0" * 16, stdin="00\n", says="(14009)")


@tap.case
def a_file_of_cards_is_written_and_shown():
    with World(10, ["--seed", "4"]) as world:
        cards = world.prepare(world.client(), spare=10)
        x = Xieka(world.dir, world.platform).login()
        path = world.path("write.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write("cid\n" + "".join(c["cid"] + "\n" for c in cards))
        report = x.json("write", "--file", path, "--pool", "main")
        check(report["tasks"] == report["success"] == 10 and report["open"] == 0, str(report))
        check(0 < report["mean_ms"] <= report["max_ms"], str(report))
        tasks = x.json("task", "list", "--limit", "3")
        check(len(tasks) == 3, str(tasks))
        check(x.json("batch", "report", tasks[0]["batchId"]) == report, "not the same figures")
        ladder = x.expect(DONE, "task", "show", tasks[0]["taskId"], "--events")
        for want in ("── PREPARE to ", "SMS 1/2", "APDU 80C20000", "SCP80 command", "85 K (16 bytes, sealed)",
                     "◄── answer from", "◄── attached", "report 00 success", "● SUCCESS"):
            check(want in ladder, f"'{want}' is not in the ladder:\n{ladder}")
        out = x.expect(DONE, "write", cards[0]["cid"], "--pool", "main", "--mode", "SWAP", "--wait", "--lang", "zh")
        check("● 成功 SUCCESS" in out, out)
        check(len(x.json("card", "show", cards[0]["cid"])["history"]) == 2, "history")
        check("成功" in x.expect(DONE, "batch", "watch", tasks[0]["batchId"], "--lang", "zh"), "watch")


@tap.case
def a_write_that_fails_says_so():
    options = ["max_attempts=1", "t1_lte_ms=200"]
    with World(2, ["--sms-loss", "1000"], options) as world:
        cards = world.prepare(world.client(), spare=10)
        x = Xieka(world.dir, world.platform).login()
        x.expect(FAILED, "write", cards[0]["cid"], "--pool", "main", "--wait")
        path = world.path("write.csv")
        with open(path, "w", encoding="ascii") as f:
            f.write("cid\n" + cards[1]["cid"] + "\n")
        out = x.expect(FAILED, "write", "--file", path, "--pool", "main")
        check("0  (0.00 %)" in out, out)


tap.run()
