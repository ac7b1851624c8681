#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""queries.py ROOT: every query written in src is one that SQLite and PostgreSQL take against the schema,
names are unique, and parameters appear first in the order of their numbers (SQLite counts them so)."""
import glob
import os
import re
import sqlite3
import subprocess
import sys

QUERY = re.compile(r'\{\s*"([a-z0-9_.]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}')
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
FIRST = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def preprocessed(root, path):
    done = subprocess.run(["cc", "-E", "-P", "-D_GNU_SOURCE", "-I", os.path.join(root, "src"), path],
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def queries(root):
    """(file, name, sql) of each struct store_query."""
    for path in sorted(glob.glob(os.path.join(root, "src/**/*.c"), recursive=True)):
        with open(path, encoding="utf-8") as f:
            if "const struct store_query" not in f.read() or "/src/db/" in os.path.abspath(path):
                continue
        for name, text in QUERY.findall(preprocessed(root, path)):
            sql = "".join(PIECE.findall(text)).replace('\\"', '"')
            if sql.startswith(FIRST):
                yield os.path.relpath(path, root), name, sql


def schema(root):
    texts = []
    for path in sorted(glob.glob(os.path.join(root, "src/store/schema/*.sql"))):
        with open(path, encoding="utf-8") as f:
            texts.append(f.read())
    table = "CREATE TABLE migration (version BIGINT, name TEXT, checksum TEXT, applied_at BIGINT);\n"
    return table + "\n".join(texts)


def check_text(found):
    seen = {}
    for path, name, sql in found:
        if name in seen:
            yield "%s: %s is also in %s" % (path, name, seen[name])
        seen[name] = path
        order = [int(n) for n in re.findall(r"\$(\d+)", sql)]
        firsts = list(dict.fromkeys(order))
        if firsts != list(range(1, len(firsts) + 1)):
            yield "%s: %s: parameters first appear as %s" % (path, name, firsts)


def check_sqlite(found, ddl):
    db = sqlite3.connect(":memory:")
    db.executescript(ddl)
    for path, name, sql in found:
        values = {n: None for n in re.findall(r"\$(\d+)", sql)}
        try:
            db.execute("EXPLAIN " + sql, values)
        except sqlite3.Error as e:
            yield "%s: %s: SQLite: %s" % (path, name, e)


def check_postgres(found, ddl):
    script = [re.sub(r"\bBLOB\b", "BYTEA", ddl)]
    script += ["PREPARE q%d AS %s;" % (i, sql) for i, (_, _, sql) in enumerate(found)]
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=0", "-f", "-"], text=True,
                          input="\n".join(script), stderr=subprocess.PIPE, check=False)
    first_line = script[0].count("\n") + 2
    for line in done.stderr.splitlines():
        at = re.match(r"psql:<stdin>:(\d+): ERROR: +(.*)", line)
        if at and int(at.group(1)) >= first_line:
            path, name, _ = found[int(at.group(1)) - first_line]
            yield "%s: %s: PostgreSQL: %s" % (path, name, at.group(2))
        elif at:
            yield "schema: PostgreSQL: " + line
    if done.returncode not in (0, 3):
        yield "psql: exit status %d" % done.returncode


def main():
    root = sys.argv[1]
    found = list(queries(root))
    ddl = schema(root)
    bad = list(check_text(found)) + list(check_sqlite(found, ddl))
    if "PGHOST" in os.environ:
        bad += check_postgres(found, ddl)
    else:
        print("no PostgreSQL here: SQLite only")
    for line in bad:
        print(line)
    print("queries: %d checked, %d violations" % (len(found), len(bad)))
    return 1 if bad or not found else 0


sys.exit(main())
