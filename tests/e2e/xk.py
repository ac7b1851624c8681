# SPDX-License-Identifier: Apache-2.0
"""The real programs for end-to-end tests: starts them on loopback and free ports, stops them by pid,
speaks to the platform as a partner does. Nothing here looks inside a program."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

try:
    import jsonschema
except ImportError:
    jsonschema = None

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("XT_BUILD") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../../build"))
WAIT_S = 60


def program(name):
    return os.path.join(BUILD, "src/prog", name, name)


class Tap:
    """Prints TAP; a test function that raises has failed."""

    def __init__(self):
        self.cases = []

    def case(self, f):
        self.cases.append(f)
        return f

    def run(self):
        failed = 0
        print(f"1..{len(self.cases)}", flush=True)
        for n, f in enumerate(self.cases, 1):
            name = f.__name__
            try:
                why = f()
                skip = f" # SKIP {why}" if isinstance(why, str) else ""
                print(f"ok {n} - {name}{skip}", flush=True)
            except Exception as e:  # noqa: BLE001 - whatever it was, it is a failed test
                failed += 1
                text = f"{type(e).__name__}: {e}".replace("\n", "\n# ")
                print(f"# {text}\nnot ok {n} - {name}", flush=True)
                tb = e.__traceback__
                while tb:
                    code = tb.tb_frame.f_code
                    print(f"#   {os.path.basename(code.co_filename)}:{tb.tb_lineno} {code.co_name}")
                    tb = tb.tb_next
        sys.exit(1 if failed else 0)


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def wait_for(what, ask, seconds=WAIT_S, pause=0.02):
    """Asks until it gets something true; the answer, or a failure that says what did not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = ask()
        if got:
            return got
        time.sleep(pause)
    raise AssertionError(f"waited {seconds} s for {what}")


class Process:
    """One program, its log, and its end."""

    def __init__(self, argv, log):
        self.log = log
        self.out = open(log, "ab")
        self.popen = subprocess.Popen(argv, stdout=self.out, stderr=self.out, stdin=subprocess.DEVNULL)

    def alive(self):
        return self.popen.poll() is None

    def stop(self, sig=signal.SIGTERM, seconds=20):
        if self.alive():
            self.popen.send_signal(sig)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                self.out.close()
                raise AssertionError(f"{self.popen.args[0]} did not stop within {seconds} s") from None
        self.out.close()
        return self.popen.returncode

    def tail(self, lines=15):
        with open(self.log, "rb") as f:
            return b"\n".join(f.read().splitlines()[-lines:]).decode(errors="replace")


def read_ports(path):
    """key=value lines, or one bare number."""
    ports = {}
    with open(path) as f:
        for line in f.read().split():
            key, _, value = line.rpartition("=")
            ports[key or "port"] = int(value)
    return ports


class Contract:
    """docs/api/openapi.json; replies are held against it where jsonschema is there."""

    def __init__(self):
        with open(os.path.join(ROOT, "docs", "api", "openapi.json"), encoding="utf-8") as f:
            self.doc = json.load(f)
        self.validators = {}

    def route(self, method, path):
        """The path of the contract that stands for this one."""
        for candidate in (path, path.rpartition("/")[0] + "/{id}"):
            if method.lower() in self.doc["paths"].get(candidate, {}):
                return candidate
        return None

    def validator(self, method, route):
        if (method, route) not in self.validators:
            schema = self.doc["paths"][route][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
            self.validators[method, route] = jsonschema.Draft202012Validator(
                {**schema, "components": self.doc["components"]})
        return self.validators[method, route]

    def check(self, method, path, answer):
        route = self.route(method, path)
        if not jsonschema or answer.get("code") != "0" or not route:
            return
        wrong = jsonschema.exceptions.best_match(self.validator(method, route).iter_errors(answer))
        check(not wrong, f"{method} {path} is not as the contract says: {wrong and wrong.message} "
                         f"at {wrong and list(wrong.absolute_path)}")


CONTRACT = Contract()


class Client:
    """A partner: token, signature, one connection kept alive."""

    def __init__(self, port, ca, app, secret):
        self.port, self.app, self.secret = port, app, secret
        self.context = ssl.create_default_context(cafile=ca)
        self.token = None
        self.connection = None

    def _mac(self, text):
        return base64.b64encode(hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest()).decode()

    def _send(self, method, target, body, headers):
        for attempt in (1, 2):
            if not self.connection:
                self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=30)
            try:
                self.connection.request(method, target, body, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise

    def login(self):
        stamp, nonce = str(int(time.time() * 1000)), secrets.token_hex(12)
        body = {"appId": self.app, "timestamp": stamp, "nonce": nonce, "sign": self._mac(f"{self.app}\n{stamp}\n{nonce}")}
        answer = json.loads(self._send("POST", "/api/v1/auth/token", json.dumps(body).encode(), {})[1])
        check(answer["code"] == "0", f"no token: {answer}")
        self.token = answer["data"]["token"]

    def raw(self, method, path, query="", body=b"", headers=None):
        """Status and parsed body of one signed call."""
        if not self.token:
            self.login()
        stamp, nonce = str(int(time.time() * 1000)), secrets.token_hex(12)
        text = "\n".join([method, path, "&".join(sorted(p for p in query.split("&") if p)),
                          hashlib.sha256(body).hexdigest(), stamp, nonce])
        all_headers = {"Authorization": f"Bearer {self.token}", "X-XK-AppId": self.app, "X-XK-Timestamp": stamp,
                       "X-XK-Nonce": nonce, "X-XK-Sign": self._mac(text), **(headers or {})}
        status, data = self._send(method, path + ("?" + query if query else ""), body, all_headers)
        answer = json.loads(data)
        CONTRACT.check(method, path.removeprefix("/api/v1"), answer)
        return status, answer

    def call(self, method, path, query=None, body=None, headers=None):
        """The data of a call that must succeed."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        status, answer = self.raw(method, "/api/v1" + path, urllib.parse.urlencode(query or {}), data, headers)
        check(answer["code"] == "0", f"{method} {path}: {status} {answer}")
        return answer["data"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Platform:
    """One xiekad with its data directory; may be stopped, killed and started again. Options given later
    win over those given earlier."""

    def __init__(self, folder, options=()):
        self.dir, self.options = folder, list(options)
        self.data, self.log = os.path.join(folder, "platform"), os.path.join(folder, "platform.log")
        self.ca = os.path.join(self.data, "xiekad.crt")
        self.port = free_port()
        self.process = None

    def argv(self, *more):
        fixed = [f"data_dir={self.data}", f"port={self.port}", "call_limits=false"]
        return [program("xiekad"), *(a for o in fixed + self.options for a in ("-o", o)), *more]

    @staticmethod
    def end(argv, seconds=20):
        """A run that must end by itself: status and what it said."""
        done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout, done.stderr

    def run(self, *more):
        return self.end(self.argv(*more))

    def add_app(self, what):
        status, out, err = self.run("--add-app", what)
        check(status == 0, f"--add-app {what}: {err}")
        return out.strip()

    def launch(self):
        """Started, not waited for."""
        port_file = os.path.join(self.dir, "platform.port")
        if os.path.exists(port_file):
            os.unlink(port_file)
        self.process = Process(self.argv("--port-file", port_file), self.log)
        return port_file

    def start(self):
        port_file = self.launch()
        wait_for("the platform's port", lambda: os.path.exists(port_file) or not self.process.alive(), pause=0.005)
        check(self.process.alive(), "the platform ended:\n" + self.process.tail())
        return self

    def stop(self, sig=signal.SIGTERM):
        return self.process.stop(sig) if self.process else None

    def client(self, app="test", secret=None):
        return Client(self.port, self.ca, app, secret or self.secret)

    def __enter__(self):
        self.secret = self.add_app("test:admin")
        return self.start()

    def __exit__(self, kind, value, trace):
        died = self.process and not self.process.alive()
        try:
            status = self.stop()
        finally:
            if value and self.process:
                print("# " + self.process.tail().replace("\n", "\n# "))
        check(value or not died, "the platform died")
        check(value or status == 0, f"the platform ended with {status}")


class Folder:
    """A temporary folder that stays when the test failed."""

    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f"xk-{name}-")

    def __enter__(self):
        return self.path

    def __exit__(self, kind, value, trace):
        if value:
            print(f"# kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)


class World:
    """A platform and a test network with its devices, joined; everything below one temporary folder."""

    def __init__(self, devices, fleet_args=(), platform_options=(), name="world"):
        self.devices = devices
        self.folder = Folder(name)
        self.dir = self.folder.path
        self.fleet_args, self.more = list(fleet_args), list(platform_options)
        self.fleet = None
        self.token, key = secrets.token_hex(16), secrets.token_hex(32)
        self.key_file = self.path("home.key")
        with open(os.open(self.key_file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write(key)
        self.platform = Platform(self.dir, [f"home_token={self.token}", f"home_key={self.key_file}",
                                            "smpp_password=secret"])

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        """The platform's certificate must be there before the fleet starts; so is the application."""
        self.platform.options += self.more
        self.platform.secret = self.platform.add_app("test:admin")
        wait_for("the certificate", self._certificate)
        self.start_fleet()
        self.platform.options += ["smpp_host=127.0.0.1", f"smpp_port={self.fleet_ports['smpp']}",
                                  f"home_url=http://127.0.0.1:{self.fleet_ports['home']}"]
        self.start_platform()
        return self

    def _certificate(self):
        """Made by the first start."""
        if not os.path.exists(self.platform.ca):
            self.platform.start()
            self.platform.stop()
        return os.path.exists(self.platform.ca)

    def start_fleet(self):
        port_file = self.path("fleet.ports")
        self.fleet = Process([program("xieka-fleet"), "--devices", str(self.devices), "--state-dir", self.path("fleet"),
                              "--export-cards", self.path("cards.csv"), "--home-token", self.token,
                              "--home-key", self.key_file, "--smpp-port", "0", "--home-port", "0",
                              "--port-file", port_file, "--platform", f"https://127.0.0.1:{self.platform.port}",
                              "--platform-ca", self.platform.ca, *self.fleet_args], self.path("fleet.log"))
        self.fleet_ports = wait_for("the fleet's ports", lambda: os.path.exists(port_file) and read_ports(port_file))

    def start_platform(self):
        self.platform.start()

    def client(self):
        return self.platform.client()

    def prepare(self, client, spare=0):
        """Cards of the fleet, and a number for each."""
        with open(self.path("cards.csv"), "rb") as f:
            client.call("POST", "/card/import", {"batchId": "fleet", "file": "cards.csv"}, f.read(),
                        {"Content-Type": "text/csv"})
        client.call("POST", "/number/pool", body={"poolId": "main"})
        client.call("POST", "/number/generate", body={
            "poolId": "main", "count": self.devices + spare, "firstImsi": "999700500000001",
            "firstMsisdn": "1440050000001", "firstIccid": "8999970050000000001", "smsc": "+8613800100500"})
        cards = []
        while True:
            page = client.call("GET", "/card", {"limit": 500, "after": cards[-1]["cid"] if cards else ""})["cards"]
            cards += page
            if len(page) < 500:
                return cards

    def apply_all(self, client, cards, mode="NEW", prefix="o"):
        lines = "".join(f"{c['cid']},{prefix}-{n}\n" for n, c in enumerate(cards))
        return client.call("POST", "/write/apply/batch", {"poolId": "main", "mode": mode},
                           ("cid,orderNo\n" + lines).encode(), {"Content-Type": "text/csv"})["batchId"]

    def tasks(self, client, batch):
        tasks = []
        while True:
            page = client.call("GET", "/write/task", {"batchId": batch, "limit": 500,
                                                      "after": tasks[-1]["taskId"] if tasks else "0" * 16})["tasks"]
            tasks += page
            if len(page) < 500:
                return tasks

    def fleet_get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.fleet_ports["home"], timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        check(answer.status == 200, f"GET {path}: {answer.status} {data[:200]}")
        return json.loads(data)

    def fleet_devices(self):
        devices = []
        while True:
            page = self.fleet_get(f"/fleet/v1/devices?limit=500&after={devices[-1]['cid'] if devices else ''}")["devices"]
            devices += page
            if len(page) < 500:
                return devices

    def settle(self, client, batches, seconds=120, retry=False):
        """All tasks of these batches, ended; with `retry` an operator tries again what needs a person (W4), and
        resumes what the circuit-breaker holds."""
        def ended(batch):
            state = client.call("GET", f"/write/batch/{batch}")
            if retry and state["paused"]:
                client.call("POST", "/write/batch/resume", body={"batchId": batch})
            if state["finished"] < state["total"]:
                return False
            failed = [t for t in self.tasks(client, batch) if t["state"] != "SUCCESS"] if retry else []
            for t in failed:
                client.raw("POST", "/api/v1/write/retry", body=json.dumps({"taskId": t["taskId"]}).encode())
            return not failed

        for batch in batches:
            wait_for(f"batch {batch}", lambda b=batch: ended(b), seconds, 0.2)
        return [t for batch in batches for t in self.tasks(client, batch)]

    def identities(self):
        """The IMSI of each card, as the modems read it: one without power is asked again."""
        known = {}

        def look():
            known.update((d["cid"], d["imsi"]) for d in self.fleet_devices() if d["imsi"])
            return len(known) == self.devices
        wait_for("all devices to have power", look)
        return known

    def agree(self, client, tasks):
        """Every task a success; task, card register, network and card name one number; none given twice; the pool
        counts what is in use; no card in a mixed state."""
        bad = [t for t in tasks if t["state"] != "SUCCESS"]
        check(not bad, f"{len(bad)} tasks did not succeed, the first: {bad[:1]}")
        devices = self.identities()
        given = {}
        for t in tasks:
            check(t["imsi"] not in given, f"{t['imsi']} was given to {given.get(t['imsi'])} and {t['cid']}")
            given[t["imsi"]] = t["cid"]
            card, device = client.call("GET", f"/card/{t['cid']}"), devices[t["cid"]]
            check(card["imsi"] == t["imsi"] == device,
                  f"{t['cid']}: register {card['imsi']}, task {t['imsi']}, card {device}")
        pool = client.call("GET", "/number/pool/main")
        check(pool["inUse"] == len(tasks) and not (pool["locked"] or pool["assigned"] or pool["written"]), str(pool))
        self.all_whole()

    def all_whole(self):
        """No card is a mixture. One whose power was cut cannot be told before its next reset: it is asked again."""
        told = set()

        def look():
            seen = {d["cid"]: d["memory"] for d in self.fleet_devices()}
            mixed = [cid for cid, memory in seen.items() if memory == "mixed"]
            check(not mixed, f"cards in a mixed state: {mixed}")
            told.update(cid for cid, memory in seen.items() if memory == "whole")
            return len(told) == self.devices
        wait_for("every card to be told", look)

    def stop(self):
        return [self.platform.stop(), self.fleet.stop() if self.fleet else 0]

    def __enter__(self):
        try:
            return self.start()
        except BaseException as e:
            self.__exit__(type(e), e, e.__traceback__)
            raise

    def __exit__(self, kind, value, trace):
        try:
            ends = self.stop()
            # a sanitizer's complaint is a bad end, too
            check(value or all(status in (0, None) for status in ends), f"exit statuses {ends}")
        finally:
            if value:
                for process in (self.platform.process, self.fleet):
                    if process:
                        print("# --- " + process.log)
                        print("# " + process.tail().replace("\n", "\n# "))
            self.folder.__exit__(kind, value, trace)
