# SPDX-License-Identifier: Apache-2.0
"""Length and nesting of the C functions in some files, by universal-ctags. None without ctags."""
import re
import shutil
import subprocess

CONTROL = re.compile(r"^( +)(?:\} )?(if|for|while|switch|do|else)\b")
TEST_MACRO = re.compile(r"^TEST\((\w+)\)")


class Function:
    def __init__(self, path, name, start, lines):
        self.path = path
        self.name = name
        self.start = start
        self.lines = len(lines)
        self.nesting = max([0] + [len(m.group(1)) // 4 for m in map(CONTROL.match, lines) if m])

    def __str__(self):
        return "%s:%d: %s: %d lines, nested %d deep" % (self.path, self.start, self.name, self.lines,
                                                        self.nesting)


def parse_tag(line):
    """One line of ctags: name, file, line;", kind, fields."""
    name, path, number, *fields = line.rstrip("\n").split("\t")
    end = [int(f[4:]) for f in fields if f.startswith("end:")]
    return name, path, int(number.rstrip(';"')), end[0] if end else None


def functions(paths):
    ctags = shutil.which("ctags-universal") or shutil.which("ctags")
    if not ctags:
        return None
    done = subprocess.run([ctags, "-f", "-", "-L", "-", "--sort=no", "--excmd=number",
                           "--langmap=C:.c.h", "--languages=C", "--kinds-C=f", "--fields=e"],
                          input="\n".join(paths), stdout=subprocess.PIPE, text=True, check=True)
    texts, found = {}, []
    for line in done.stdout.splitlines():
        name, path, start, end = parse_tag(line)
        if path not in texts:
            with open(path, encoding="utf-8", errors="replace") as f:
                texts[path] = f.read().splitlines()
        body = texts[path][start - 1:end or start]
        macro = TEST_MACRO.match(body[0]) if body else None
        found.append(Function(path, macro.group(1) if macro else name, start, body))
    return found
