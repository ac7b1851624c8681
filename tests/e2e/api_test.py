#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The contract of the partner interface (docs/api/openapi.json) against the daemon: it is served, and whatever does not
follow it is refused by name, on every route."""
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

from dp_site import Site, make_pki
from xk import CONTRACT, Folder, Tap, check

tap = Tap()
PARAMETER, MISSING, BAD_JSON, UNKNOWN = "11000", "11001", "11003", "11009"
LONG = 70000


def resolve(schema):
    while "$ref" in schema:
        at = CONTRACT.doc
        for part in schema["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        schema = at
    return schema


def sample(schema):
    """A value that the schema takes."""
    schema = resolve(schema)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {n: sample(schema["properties"][n]) for n in schema.get("required", [])}
    if schema["type"] == "array":
        return [sample(schema["items"])]
    if schema["type"] == "integer":
        return schema.get("minimum", 0)
    if schema["type"] == "boolean":
        return True
    return "1" * max(1, schema.get("minLength", 0))


def wrong_values(schema):
    """What each kind of field must not be, without null, which counts as absent."""
    schema = resolve(schema)
    kind = schema["type"]
    others = {"string": "x", "integer": 7, "boolean": True, "array": [], "object": {}, "number": 1.5}
    yield from (v for k, v in others.items() if k != kind)
    if kind == "string":
        yield "a\x00b"
        yield "a\nb"
        if "maxLength" in schema:
            yield "1" * (schema["maxLength"] + 1)
            yield "1" * LONG
        if schema.get("minLength"):
            yield "1" * (schema["minLength"] - 1)
        if "pattern" in schema:
            yield "1" * max(0, schema.get("minLength", 0) - 1) + "!"
            yield "\u7801"
        if "enum" in schema:
            yield "NOSUCH"
    if kind == "integer":
        yield -1
        yield from (schema[k] + step for k, step in (("minimum", -1), ("maximum", 1)) if k in schema)
        yield from ([1 << 70] if "maximum" in schema else [])
    if kind == "array":
        yield from ([], [1], [None], ["1"] * (schema["maxItems"] + 1))


class Door:
    """Calls that must be refused."""

    def __init__(self, client):
        self.client, self.n, self.findings = client, 0, []

    def ask(self, method, route, query="", body=b"", headers=None):
        self.n += 1
        path = "/api/v1" + route.replace("{id}", "1")
        if route == "/auth/token":
            target = path + ("?" + query if query else "")
            status, data = self.client._send(method, target, body, headers or {})
            return status, json.loads(data)
        return self.client.raw(method, path, query, body, headers)

    def refused(self, method, route, why, codes=None, names="", **what):
        status, answer = self.ask(method, route, **what)
        good = 400 <= status < 500 and (not codes or answer["code"] in codes) and names in answer["message"]
        if not good:
            self.findings.append(f"{method} {route}: {why}: {status} {str(answer)[:160]}, not {codes} {names}")

    def done(self):
        check(not self.findings, f"{len(self.findings)} of {self.n} calls:\n" + "\n".join(self.findings[:40]))


def operations():
    for path, methods in CONTRACT.doc["paths"].items():
        for method, op in methods.items():
            yield method.upper(), path, op


def body_schema(op):
    content = op.get("requestBody", {}).get("content", {})
    return resolve(content["application/json"]["schema"]) if "application/json" in content else None


def check_bodies(door, method, path, schema):
    for why, body in (("no body", b""), ("no JSON", b"{"), ("two values", b"{}{}"), ("not UTF-8", b'{"a":"\xff"}'),
                      ("NUL", b'{"a":"\x00"}'), ("a name twice", b'{"a":1,"a":2}'), ("quotes", b"{'a':1}"),
                      ("half a surrogate", b'{"a":"\\ud800"}'), ("deep", b'{"a":' + b"[" * 99 + b"]" * 99 + b"}"),
                      ("a list", b"[]"), ("text", b'"x"'), ("null", b"null"), ("NaN", b'{"a":NaN}')):
        door.refused(method, path, why, None if "surrogate" in why or path.endswith("/batch") else (BAD_JSON,), body=body)
    good = sample(schema)
    check_members(door, method, path, schema, good, "", lambda v: json.dumps(v).encode())
    item = resolve(schema["properties"]["items"]["items"]) if "items" in schema["properties"] else None
    if item:
        check_members(door, method, path, item, sample(item), "items[0].", lambda v: json.dumps({"items": [v]}).encode())


def check_members(door, method, path, schema, good, prefix, encode):
    for name in schema.get("required", []):
        without = {k: v for k, v in good.items() if k != name}
        for value in (without, {**without, name: None}):
            door.refused(method, path, f"no {name}", (MISSING,), prefix + name, body=encode(value))
    for extra in ("extra", "Extra-\u7801", "__proto__"):
        door.refused(method, path, "one more", (UNKNOWN,), prefix + extra, body=encode({**good, extra: 1}))
    door.refused(method, path, "a long name", (UNKNOWN,), "...", body=encode({**good, "x" * LONG: 1}))
    for name, field in schema["properties"].items():
        if prefix == "" and name == "items":
            continue
        for value in wrong_values(field):
            door.refused(method, path, f"{name} = {str(value)[:40]}", None, prefix + name,
                         body=encode({**good, name: value}))


def check_queries(door, method, path, op):
    body = json.dumps(sample(body_schema(op))).encode() if body_schema(op) else b""
    for query in ("extra=1", "%00=1", "a", "=", "limit%3d1"):
        door.refused(method, path, "query " + query, (UNKNOWN,), query=query, body=body)
    if method == "POST" and path.endswith("/batch"):  # the query goes with a file
        body = b"cid\n"
    for p in op.get("parameters", []):
        if p["in"] != "query":
            continue
        name = p["name"]
        values = ["1" * (p["schema"]["maxLength"] + 1), "\u0000", *(["!"] if "pattern" in p["schema"] else [])]
        queries = [urllib.parse.urlencode({name: v}) for v in values]
        for query in [*queries, f"{name}=%FF", f"{name}=%", f"{name}=%zz", name, f"{name}=1&{name}=1"]:
            door.refused(method, path, "query " + query[:40], (PARAMETER,), name, query=query, body=body)


@tap.case
def whatever_is_not_in_the_contract_is_refused():
    with Folder("api") as folder:
        make_pki(f"{folder}/pki", 1)
        with Site(folder) as site:
            client = site.client()
            door = Door(client)
            for method, path, op in operations():
                check_queries(door, method, path, op)
                schema = body_schema(op)
                if schema:
                    check_bodies(door, method, path, schema)
            door.done()
            check(door.n > 2400, f"{door.n} calls")
            print(f"# {door.n} calls")
            for what, empty in (("number/pool", "pools"), ("card", "cards"), ("write/task", "tasks"),
                                ("dp/profile", "profiles"), ("dp/template", "templates")):
                check(client.call("GET", "/" + what)[empty] == [], f"something is left in {what}")


@tap.case
def files_that_are_none():
    with Folder("api") as folder:
        make_pki(f"{folder}/pki", 1)
        with Site(folder) as site:
            door = Door(site.client())
            for path, query in (("/card/import", "batchId=b"), ("/number/import", "poolId=p"), ("/dp/profile", "smdp=a.b"),
                                ("/dp/template", "smdp=a.b&id=t"), ("/write/apply/batch", "poolId=p")):
                for body in (b"", b"\x00", b"\xff" * 100, b"cid\n" + b"9" * LONG, b"cid\n\n", b"nothing\n1\n", b"\n" * 5000):
                    door.refused("POST", path, str(body[:20]), query=query, body=body,
                                 headers={"Content-Type": "text/csv"})
            door.done()


@tap.case
def paths_that_are_none():
    with Folder("api") as folder:
        make_pki(f"{folder}/pki", 1)
        with Site(folder) as site:
            door = Door(site.client())
            for method, path, _ in operations():
                # 401: /write/batch/resume is also a batch
                for other in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(m.upper() for m in CONTRACT.doc["paths"][path]):
                    status, _ = door.client._send(other, "/api/v1" + path.replace("{id}", "1"), b"{}", {})
                    check(status in (401, 404, 405, 501), f"{other} {path}: {status}")
                if "{id}" not in path:
                    continue
                for name in ("x" * 65, "%00", "%FF", "%zz", "%2e%2e", "a%2fb", "..", "x" * 4000):
                    status, answer = door.client.raw(method, "/api/v1" + path.replace("{id}", name))
                    check(400 <= status < 500, f"{method} {path} {name[:20]}: {status} {answer}")


@tap.case
def the_contract_and_its_page_are_served():
    with Folder("api") as folder:
        make_pki(f"{folder}/pki", 1)
        with Site(folder) as site:
            def get(path, data=None):
                context = ssl.create_default_context(cafile=site.ca)
                url = f"https://127.0.0.1:{site.port}/api/v1/{path}"
                with urllib.request.urlopen(urllib.request.Request(url, data), context=context, timeout=10) as answer:
                    return answer.headers["Content-Type"], answer.read()
            kind, contract = get("openapi.json")
            check(kind == "application/json" and json.loads(contract) == CONTRACT.doc, kind)
            kind, page = get("docs")
            text = page.decode()
            check(kind == "text/html; charset=utf-8" and text.startswith("<!DOCTYPE html>"), kind)
            check(all(f'id="{op["operationId"]}"' in text for _, _, op in operations()), "an operation is missing")
            check(all(f"<td>{c['code']}<td>" in text and c["zh"] in text for c in CONTRACT.doc["x-xk-codes"]), "a code")
            check("src=" not in text and "http:" not in text.replace("http or https", ""), "something from elsewhere")
            try:
                get("docs", b"x")
                check(False, "POST was answered")
            except urllib.error.HTTPError as error:
                check(error.code == 405, str(error.code))


if __name__ == "__main__":
    tap.run()
