#!/usr/bin/env python3
"""Fails when docs/coverage.md names a test that is not there.

Rows are "| item | test |". The test cell names one or more tests, each in backticks (else the whole
cell is one name): a path of this tree, "suite.case" of GoogleTest, or words that stand in a file of
the test folders. A cell that begins with "explained:" says why there is none; at most a tenth may.

usage: coverage.py ROOT
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

FOLDERS = ["tests", "scripts", "ffi-examples", "bindings", ".ci"]
TEXT = {".h", ".hpp", ".cpp", ".c", ".py", ".sh", ".txt", ".cmake", ".rs", ".go", ".cs", ".json",
        ".tsv", ".in", ""}
CASE = re.compile(r"(?:\w+/)?(\w+)\.(\w+)(?:/\S+)?$")
FEW = 10  # below this many rows no share is asked for


def corpus(root):
    parts = []
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and file.suffix in TEXT and file.stat().st_size < 1_000_000:
                parts.append(file.read_text(errors="replace"))
    return "\n".join(parts)


def rows(text):
    for number, line in enumerate(text.splitlines(), 1):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())]
        if len(cells) < 4 or cells[0] or re.fullmatch(r"[-: ]*", cells[1]):
            continue
        if cells[1].lower() in {"item", "items"}:
            continue
        yield number, cells[1], cells[2]


def exists(name, root, text):
    if name in text or ("/" in name and (root / name).exists()):
        return True
    case = CASE.match(name)
    return bool(case and re.search(
        r"\bTEST\w*\s*\(\s*%s\s*,\s*%s\s*\)" % (case.group(1), case.group(2)), text))


def check(root, document):
    text = corpus(root)
    faults, seen, explained = [], set(), 0
    for number, item, cell in rows(document):
        if item in seen:
            faults.append((number, f"{item} stands twice"))
        seen.add(item)
        if cell.lower().startswith("explained:"):
            explained += 1
            continue
        names = re.findall(r"`([^`]+)`", cell) or ([cell] if cell else [])
        if not names:
            faults.append((number, f"{item} names no test"))
        faults += [(number, f"{item}: no such test: {n}") for n in names
                   if not exists(n, root, text)]
    if len(seen) >= FEW and explained * 10 > len(seen):
        faults.append((1, f"{explained} of {len(seen)} items are explained, at most a tenth may"))
    if not seen:
        faults.append((1, "no row"))
    return len(seen), explained, faults


def main(root):
    file = root / "docs" / "coverage.md"
    if not file.exists():
        print("docs/coverage.md is missing")
        return 1
    count, explained, faults = check(root, file.read_text())
    for number, words in faults:
        print(f"docs/coverage.md:{number}: {words}")
    print(f"coverage: {count} items, {explained} explained, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
