#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each checker must find what is planted for it: a small tree that is clean, and for each row one file
put on top that breaks one rule. Prints TAP."""
import os
import subprocess
import sys
import tempfile

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
CLEAN = {
    "src/FLOORS": "base -\ncard/* base\nnet/* base\nprog *\n",
    "src/base/README": "base: words.\n",
    "src/base/meson.build": "",
    "src/base/err.h": SPDX + "#ifndef BASE_ERR_H\n#define BASE_ERR_H\n\n#endif\n",
    "src/base/err.c": SPDX + '#include "base/err.h"\n',
    "src/card/usim/README": "usim: card.\n",
    "src/card/usim/meson.build": "",
    "src/card/usim/usim.h": SPDX + "#ifndef CARD_USIM_USIM_H\n#define CARD_USIM_USIM_H\n\n#endif\n",
    "src/card/usim/usim.c": SPDX + '#include "card/usim/usim.h"\n\n#include "base/err.h"\n',
}
# checker, what the violation is, file planted, its text, what the checker must say
PLANTED = [
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
    ("check-format", "two spaces", "src/base/x.c", SPDX + "int f(void)\n{\n  return 1;\n}\n", "./run fmt"),
]


def write(root, files):
    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def run(checker, files):
    with tempfile.TemporaryDirectory() as root:
        style = os.path.join(SCRIPTS, "..", ".clang-format")
        os.symlink(os.path.abspath(style), os.path.join(root, ".clang-format"))
        write(root, files)
        done = subprocess.run([os.path.join(SCRIPTS, checker), root], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def main():
    clean = sorted({row[0] for row in PLANTED})
    rows = [(c, "clean tree", {}, "", 0) for c in clean]
    rows += [(c, what, {name: text}, says, 1) for c, what, name, text, says in PLANTED]
    failed = 0
    print("1..%d" % len(rows))
    for number, (checker, what, files, says, want) in enumerate(rows, 1):
        code, output = run(checker, {**CLEAN, **files})
        skipped = code == 77
        good = skipped or (code == want and says in output)
        failed += not good
        print("%s %d - %s: %s%s" % ("ok" if good else "not ok", number, checker, what,
                                    " # SKIP tool not installed" if skipped else ""))
        if not good:
            print("# exit %d, want %d; wanted to read: %s" % (code, want, says))
            print("".join("# %s\n" % line for line in output.splitlines()), end="")
    return 1 if failed else 0


sys.exit(main())
