#!/usr/bin/env python3
"""Fails when a declaration of the public header lacks its contract tags.

Each BLOBSTORE_FN declaration stands directly behind a /** ... */ comment that holds
  a line "Tags: [any|1t] [blk|nb] ..." (each pair: exactly one), a line "Since: N.N.N",
  and, when it returns blobstore_status, a line "Codes: ...".
A function declared without BLOBSTORE_FN is a fault too.

usage: header_tags.py include/blobstore.h
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

from cpp_text import line_of

DECLARATION = re.compile(
    r"\bBLOBSTORE_FN\s*\(\s*(?P<ret>[^()]*?)\s*\)\s*(?P<name>blobstore_\w+)\s*\(")
ANY_FUNCTION = re.compile(r"\b(blobstore_\w+)\s*\(")
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
PAIRS = [("any", "1t"), ("blk", "nb")]


def doc_lines(comment):
    return [re.sub(r"^\s*\*?\s?", "", line).rstrip() for line in comment.splitlines()]


def value_of(lines, label):
    """The text behind the label, with the lines that continue it, or None."""
    for index, line in enumerate(lines):
        if line.lstrip().startswith(label + ":"):
            words = [line.split(":", 1)[1].strip()]
            for more in lines[index + 1:]:
                if not more.strip() or re.match(r"\s*[A-Z]\w*:", more):
                    break
                words.append(more.strip())
            return " ".join(words).strip()
    return None


def faults_of(returned, comment):
    lines = doc_lines(comment)
    tags_line = value_of(lines, "Tags")
    if tags_line is None:
        yield "has no Tags: line"
    else:
        tags = re.findall(r"\[([^\]]*)\]", tags_line)
        for pair in PAIRS:
            if sum(tags.count(tag) for tag in pair) != 1:
                yield "needs exactly one of " + " ".join(f"[{tag}]" for tag in pair)
    if not re.match(r"\d+\.\d+\.\d+$", value_of(lines, "Since") or ""):
        yield "has no line Since: N.N.N"
    if returned == "blobstore_status" and not value_of(lines, "Codes"):
        yield "returns blobstore_status and has no Codes: line"


def as_spaces(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def check(text):
    faults = []
    code = DIRECTIVE.sub(as_spaces, blank_same_length(text))
    declared = set()
    for match in DECLARATION.finditer(code):
        declared.add(match.start("name"))
        where, name = line_of(text, match.start()), match.group("name")
        doc = last_doc(text[:match.start()])
        if doc is None:
            faults.append((where, f"{name} has no /** */ comment directly before it"))
            continue
        faults += [(where, f"{name} {words}") for words in faults_of(match.group("ret"), doc)]
    for match in ANY_FUNCTION.finditer(code):
        if match.start(1) not in declared:
            words = f"{match.group(1)} is declared without BLOBSTORE_FN"
            faults.append((line_of(text, match.start()), words))
    return len(declared), faults


def last_doc(before):
    """The comment that ends where the text ends, when it is a /** one."""
    before = before.rstrip()
    start = before.rfind("/*")
    if not before.endswith("*/") or not before.startswith("/**", start):
        return None
    return before[start + 3:-2]


def blank_same_length(text):
    """Comments as spaces, so that offsets stay those of the text."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", as_spaces, text, flags=re.S)


def main(header):
    count, faults = check(header.read_text())
    for line, words in faults:
        print(f"{header.name}:{line}: {words}")
    print(f"header_tags: {count} declarations, {len(faults)} faults")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
