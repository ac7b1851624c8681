#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each checker must find what is planted for it: a small tree that is clean, and for each row one file
put on top that breaks one rule. Prints TAP."""
import json
import os
import subprocess
import sys
import tempfile

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
HASH_SPDX = "# SPDX-License-Identifier: Apache-2.0\n"
CLEAN = {
    "src/FLOORS": "base -\nmodel base\nservice/* base\napi/* base\ncard/* base\nnet/* base\nprog *\n",
    "src/base/README": "base: words.\n",
    "src/base/meson.build": HASH_SPDX,
    "src/base/err.h": SPDX + "#ifndef BASE_ERR_H\n#define BASE_ERR_H\n\n#endif\n",
    "src/base/err.c": SPDX + '#include "base/err.h"\n',
    "src/card/usim/README": "usim: card.\n",
    "src/card/usim/meson.build": HASH_SPDX,
    "src/card/usim/usim.h": SPDX + "#ifndef CARD_USIM_USIM_H\n#define CARD_USIM_USIM_H\n\n#endif\n",
    "src/card/usim/usim.c": SPDX + '#include "card/usim/usim.h"\n\n#include "base/err.h"\n',
    "README.md": "./run demo, ./run test, [中文](README.zh-CN.md#xieka)\n",
    "README.zh-CN.md": "# xieka\n./run demo ./run test [English](README.md)\n",
}
ROUTE = 'ROUTE("POST", "/x", WRITE, OWN, SINGLE, JSON, post_x, "org")\n'
FIELDS = """enum xk_err post_x(struct call *c)
{
    const struct json_field fields[] = {
        {.name = "cid",
         .kind = JSON_STRING,
         .required = true,
         .min = 1,
         .max = ID_MAX,
         .text = &cid},
    };
}
"""
OPERATION = {"x-xk-role": "WRITE", "x-xk-scope": "OWN", "x-xk-limit": "SINGLE",
             "parameters": [{"name": "org", "in": "query", "schema": {"maxLength": 32, "pattern": "^[0-9A-Za-z_.:-]*$"}}],
             "requestBody": {"content": {"application/json": {"schema": {
                 "properties": {"cid": {"type": "string", "minLength": 1, "maxLength": 20}}, "required": ["cid"],
                 "additionalProperties": False}}}}}


def contract(path="/x", codes=(("OK", "0", 200, "a", "b"),), **more):
    rows = [dict(zip(("name", "code", "http", "zh", "en"), row)) for row in codes]
    return json.dumps({"paths": {path: {"post": {**OPERATION, **more}}}, "x-xk-codes": rows})


CLEAN.update({
    "src/api/partner/README": "partner: REST.\n", "src/api/partner/meson.build": HASH_SPDX,
    "src/api/partner/routes.def": SPDX + ROUTE,
    "src/api/partner/query.def": SPDX + "PARAMETER(org, 32, JSON_ID)\n",
    "src/api/partner/x.c": SPDX + "#define ID_MAX 20\n" + FIELDS,
    "src/model/README": "model: nouns.\n", "src/model/meson.build": HASH_SPDX,
    "src/model/code.def": SPDX + 'CODE(OK, 0, 200, "a", "b")\n',
    "docs/api/openapi.json": contract(),
})
LONG_FUNCTION = SPDX + "int f(int x)\n{\n" + "    x++;\n" * 100 + "    return x;\n}\n"
DEEP_FUNCTION = SPDX + """void f(int x)
{
    while (x--) {
        if (x) {
            if (x > 1) {
                if (x > 2)
                    x--;
            }
        }
    }
}
"""
BAD_PAGE = """.\\" SPDX-License-Identifier: Apache-2.0
.Dd November 21, 2026
.Dt X 1
.Os
.Sh NAME
.Nm x
.Nosuch macro
"""
PROGRAM = """#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
if [ "$1" = --help ]; then
    echo "  --json  one object"
else
    echo "listen = 1"
fi
"""
PAGE = """.\\" SPDX-License-Identifier: Apache-2.0
.Dd November 21, 2026
.Dt P %s
.Os
.Sh NAME
.Nm p
.Nd program
.Sh DESCRIPTION
.Bl -tag -width Ds
.It %s
Text.
.El
"""
CLEAN["bin/p"] = PROGRAM
CLEAN["x.ok"] = "listen = 1\n"
CLEAN["man/p.1"] = PAGE % ("1", "Fl -json")
CLEAN["man/p.5"] = PAGE % ("5", "Cm listen")
# How a checker is told where to look; the others take the root.
ARGUMENTS = {"check-tidy": ["{root}/build"], "spec-map": ["--check", "{root}"],
             "check-options": ["{root}/bin/p", "{root}/man/p.1", "--sample-config", "{root}/man/p.5"],
             "golden": ["{root}/x.ok", "{root}/bin/p", "--sample-config"]}
COMPILED = """[{"directory": "{root}", "file": "%s", "command": "cc -Isrc -c %s"}]"""
# checker, what the violation is, file planted, its text, what the checker must say
PLANTED = [
    ("check-openapi", "a route that is not told of", "docs/api/openapi.json", contract("/y"), "POST /x is not in"),
    ("check-openapi", "an operation that is no route", "docs/api/openapi.json", contract("/y"), "POST /y is no route"),
    ("check-openapi", "another role", "docs/api/openapi.json", contract(**{"x-xk-role": "QUERY"}), "'QUERY'"),
    ("check-openapi", "a parameter that is not told of", "docs/api/openapi.json", contract(parameters=[]),
     "parameter org is only in the code"),
    ("check-openapi", "a field that is not told of", "src/api/partner/x.c",
     SPDX + FIELDS.replace('"cid"', '"iccid"').replace("ID_MAX", "20"), "field iccid is only in the code"),
    ("check-openapi", "another length", "src/api/partner/x.c", SPDX + FIELDS.replace("ID_MAX", "21"), "field cid"),
    ("check-openapi", "a code that is not told of", "docs/api/openapi.json", contract(codes=()), "code 0 OK"),
    ("check-openapi", "a reference to nothing", "docs/api/openapi.json",
     contract(responses={"$ref": "#/components/responses/None"}), "leads nowhere"),
    ("check-floors", "upward include", "src/base/err.c",
     SPDX + '#include "base/err.h"\n#include "card/usim/usim.h"\n', "base may not include card/usim"),
    ("check-floors", "sideways include", "src/card/euicc.c",
     SPDX + '#include "card/usim/usim.h"\n', "card may not include card/usim"),
    ("check-floors", "foreign library", "src/card/usim/aes.c",
     SPDX + "#include <openssl/evp.h>\n", "belongs to crypto"),
    ("check-floors", "library of nobody", "src/base/json.c", SPDX + "#include <json.h>\n", "nobody"),
    ("check-floors", "missing header", "src/base/x.c", SPDX + '#include "x.h"\n', "no such file"),
    ("check-floors", "own header not first", "src/card/usim/usim.c",
     SPDX + '#include "base/err.h"\n#include "card/usim/usim.h"\n', "own header first"),
    ("check-floors", "room without README", "src/net/x.c", SPDX, "src/net: no README"),
    ("check-floors", "long README", "src/base/README", "line\n" * 11, "more than 10 lines"),
    ("check-floors", "room outside the floors", "src/attic/x.c", SPDX, "no line of src/FLOORS"),
    ("check-words", "banned function", "src/base/x.c", SPDX + "f() { sprintf(b, c); }\n", "banned"),
    ("check-words", "stack allocation", "src/base/x.c", SPDX + "p = alloca (9);\n", "banned"),
    ("check-words", "note to oneself", "docs/x.md", "TODO later\n", "note to oneself"),
    ("check-words", "path of one machine", "docs/x.md", "see /w" + "ork/x\n", "path of one machine"),
    ("check-words", "registry host", "docs/x.md", "https://registry.corp.example/x\n", "registry"),
    ("check-words", "no licence line in C", "src/base/x.c", "int x;\n", "no licence line"),
    ("check-words", "no licence line in a script", "scripts/x", "#!/bin/sh\n", "no licence line"),
    ("check-words", "long file", "src/base/x.c", SPDX + "int x;\n" * 600, "601 lines"),
    ("check-words", "wide line", "src/base/x.c", SPDX + "/* %s */\n" % ("x" * 120), "126 columns"),
    ("check-words", "long function", "src/base/x.c", LONG_FUNCTION, "104 lines"),
    ("check-words", "deep function", "src/base/x.c", DEEP_FUNCTION, "nested 4 deep"),
    ("check-words", "foreign guard", "src/base/x.h", SPDX + "#ifndef X_H\n", "guard is not BASE_X_H"),
    ("check-docs", "dead link", "docs/x.md", "[x](y.md)\n", "no such file"),
    ("check-docs", "dead anchor", "docs/x.md", "[x](../README.zh-CN.md#nowhere)\n", "no such heading"),
    ("check-docs", "README without a command", "README.md", "./run demo\n", "does not show ./run test"),
    ("check-docs", "program without a page", "src/prog/xieka/main.c", SPDX, "no page for xieka"),
    ("check-docs", "vectors of no source", "tests/vectors/aes/ecb.txt", "", "no SOURCE"),
    ("check-docs", "rule not in its page", "src/codec/saip/lint.def", 'RULE(X, ERROR, "x", "wants x")\n', "no row of x"),
    ("check-docs", "page mandoc warns about", "man/x.1", BAD_PAGE, "Nosuch"),
    ("check-shell", "unquoted variable", "scripts/x", "#!/bin/sh\n# %s\nrm $1\n" % SPDX, "SC2086"),
    ("check-tidy", "bug pattern", "src/base/x.c",
     SPDX + "int f(int x);\nint f(int x)\n{\n    return (x > 1) == (x > 1);\n}\n", "redundant"),
    ("check-options", "option not in the page", "bin/p", PROGRAM.replace("--json", "--jsn"), "--jsn"),
    ("check-options", "option not in the help", "man/p.1", PAGE % ("1", "Fl -all"), "--all is in p.1"),
    ("check-options", "key not in the page", "bin/p", PROGRAM.replace("listen", "port"), "port is in"),
    ("check-options", "key not in the sample", "man/p.5", PAGE % ("5", "Cm port"), "port is in p.5"),
    ("golden", "other output", "x.ok", "listen = 2\n", "./run golden rewrites"),
    ("spec-map", "map is old", "src/base/x.c", "/* TS 102 225 5.1 */\n", "is old"),
    ("check-format", "two spaces", "src/base/x.c", SPDX + "int f(void)\n{\n  return 1;\n}\n", "./run fmt"),
]


def write(root, files):
    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("{root}", root))
        if name.startswith("bin/"):
            os.chmod(path, 0o755)


def run(checker, files):
    with tempfile.TemporaryDirectory() as root:
        for style in (".clang-format", ".clang-tidy"):
            os.symlink(os.path.abspath(os.path.join(SCRIPTS, "..", style)), os.path.join(root, style))
        write(root, CLEAN)
        if checker == "spec-map":
            subprocess.run([os.path.join(SCRIPTS, checker), root], check=True,
                           stdout=subprocess.DEVNULL)
        write(root, files)
        compiled = "src/base/x.c" if "src/base/x.c" in files else "src/base/err.c"
        write(root, {"build/compile_commands.json": COMPILED % (compiled, compiled)})
        args = [a.replace("{root}", root) for a in ARGUMENTS.get(checker, ["{root}"])]
        done = subprocess.run([os.path.join(SCRIPTS, checker), *args], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def result(name, outcome, stdout):
    return json.dumps({"name": name, "result": outcome, "stdout": stdout}) + "\n"


# test log, what count-tests must say, its exit code
COUNTED = [
    ("sub-tests", result("a", "OK", "1..2\nok 1 - x\nok 2 - y\n") + result("b", "OK", "free text"),
     "3 passed, 0 failed\n", 0),
    ("failed", result("a", "FAIL", "1..2\nok 1 - x\nnot ok 2 - y\n"), "1 passed, 1 failed\n", 1),
    ("skipped", result("a", "OK", "1..2\nok 1 - x # SKIP no peer\nok 2\n") + result("b", "SKIP", ""),
     "1 passed, 0 failed, 2 skipped\n", 0),
    ("crashed half-way", result("a", "ERROR", "1..3\nok 1 - x\n"), "1 passed, 1 failed\n", 1),
    ("timed out", result("a", "TIMEOUT", ""), "0 passed, 1 failed\n", 1),
    ("nothing ran", "", "0 passed, 0 failed\n", 1),
]


def count(log):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        f.write(log)
        f.flush()
        done = subprocess.run([os.path.join(SCRIPTS, "count-tests"), f.name], text=True, check=False,
                              stdout=subprocess.PIPE)
    return done.returncode, done.stdout


def report(number, what, good, skip, told):
    print("%s %d - %s%s" % ("ok" if good else "not ok", number, what, skip))
    if not good:
        print("".join("# %s\n" % line for line in told.splitlines()), end="")
    return good


def check_counting(number):
    for what, log, says, want in COUNTED:
        number += 1
        code, output = count(log)
        yield report(number, "count-tests: " + what, code == want and output.endswith(says), "", output)


def check_planted(rows):
    for number, (checker, what, files, says, want) in enumerate(rows, 1):
        code, output = run(checker, files)
        skipped = code == 77
        yield report(number, "%s: %s" % (checker, what),
                     skipped or (code == want and says in output),
                     " # SKIP tool not installed" if skipped else "",
                     "exit %d, want %d; wanted to read: %s\n%s" % (code, want, says, output))


def main():
    clean = sorted({row[0] for row in PLANTED})
    rows = [(c, "clean tree", {}, "", 0) for c in clean]
    rows += [(c, what, {name: text}, says, 1) for c, what, name, text, says in PLANTED]
    print("1..%d" % (len(rows) + len(COUNTED)))
    good = [*check_planted(rows), *check_counting(len(rows))]
    return 0 if all(good) else 1


sys.exit(main())
