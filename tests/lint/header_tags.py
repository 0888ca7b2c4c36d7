#!/usr/bin/env python3
"""Fails when a declaration of the public header lacks its contract tags.

Each BLOBSTORE_FN declaration stands directly behind a /** ... */ comment that says in words what it
does and holds
  a line "Tags: [any|1t] [blk|nb] [null: ...] ..." as the head of blobstore.h explains them,
  when it returns blobstore_status, a line "Codes: ..." of names of the status enumeration,
  a line "Since: N.N.N".
Which tags there must be follows from the declaration:
  null      it has a pointer: those that may be NULL, or "none"
  own       each handle that comes out (x **)
  own, bor or static: "return" where that is a pointer or a descriptor
  take      the handle of a _free
  own, take, bor, static, use or pin: each pointer that is no handle has exactly one
  pin       data (void *) and what is written to (no const) of an _async function
A tag that names what is no parameter, or that is not known, is a fault; so is a function declared
without BLOBSTORE_FN, and a type, enumeration or number without a /** */ before it or /**< */ on its
line.

usage: header_tags.py include/blobstore.h
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

from cpp_text import line_of

DECLARATION = re.compile(r"\bBLOBSTORE_FN\s*\(\s*(?P<ret>[^()]*?)\s*\)\s*(?P<name>blobstore_\w+)\s*"
                         r"\((?P<params>[^()]*)\)\s*;")
ANY_FUNCTION = re.compile(r"\b(blobstore_\w+)\s*\(")
OTHER = re.compile(r"^(?:typedef\b|enum\b|#[ \t]*define[ \t]+BLOBSTORE_\w+[ \t]+\d)[^\n]*", re.M)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
HANDLE = re.compile(r"\btypedef\s+struct\s+(\w+)\s+\1\s*;")
PAIRS = [("any", "1t"), ("blk", "nb")]
LIVES = ["own", "take", "bor", "static", "use", "pin"]
ANY_CALL = "all of a call"


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


class Function:
    """A declaration, and what of it points."""

    def __init__(self, match, handles):
        self.name, self.returned = match.group("name"), match.group("ret")
        self.kinds, self.constant = {}, set()  # parameter: type without const and spaces
        for one in match.group("params").split(","):
            found = re.fullmatch(r"\s*(.*?)(\w+)\s*", one, re.S)
            if found and found.group(1):
                self.kinds[found.group(2)] = re.sub(r"\bconst\b|\s", "", found.group(1))
                if "const" in found.group(1):
                    self.constant.add(found.group(2))
        self.pointers = [p for p, kind in self.kinds.items() if "*" in kind or kind.endswith("_fn")]
        self.outs = [p for p in self.pointers if self.kinds[p].endswith("**")]
        self.handles = [p for p in self.pointers
                        if self.kinds[p].endswith("*") and self.kinds[p][:-1] in handles]
        data = [p for p in self.pointers if self.kinds[p] == "void*" or p not in self.constant]
        self.to_pin = [p for p in data if self.name.endswith("_async")
                       and p not in self.handles and p not in self.outs]
        self.names = list(self.kinds) + ([] if self.returned == "void" else ["return"])


def tags_of(line):
    """({tag: [names]}, faults); the names behind "of" are under "of"."""
    tags, faults = {}, []
    if re.sub(r"\[[^\[\]]*\]|\s", "", line):
        faults.append("has words between its tags")
    for text in re.findall(r"\[([^\[\]]*)\]", line):
        tag, _, names = text.partition(":")
        names, _, owner = names.partition(" of ")
        known = tag in [t for pair in PAIRS for t in pair] + ["null"] + LIVES
        if not known or tag in tags:
            faults.append(f"has a tag twice or one that is not known: [{tag}]")
        if (tag in LIVES + ["null"]) != bool(names.split()) or (tag == "bor") != bool(owner):
            faults.append(f"has an incomplete [{text}]")
        tags[tag] = names.split()
        if owner:
            tags["of"] = owner.split()
    return tags, faults


def pointer_faults(f, tags):
    null = tags.get("null", [])
    if bool(f.pointers) != ("null" in tags):
        yield "has pointers and needs [null: ...]" if f.pointers else "has no pointer for [null: ]"
    for name in null if null != ["none"] else []:
        if name not in f.pointers:
            yield f"[null: {name}] is no pointer of it"
    lives = [name for tag in LIVES for name in tags.get(tag, [])]
    for name in lives:
        if name not in f.names:
            yield f"has a tag for {name}, which it has not"
    for name in tags.get("of", []):
        if name not in f.handles:
            yield f"[bor: of {name}] is no handle of it"
    for name in f.pointers:
        if lives.count(name) != 1 and (name not in f.handles or lives.count(name)):
            yield f"needs {name} in exactly one of {' '.join(LIVES)}"
    for name in f.outs:
        if name not in tags.get("own", []):
            yield f"needs [own: {name}]"
    of_return = [tag for tag in ("own", "bor", "static") if "return" in tags.get(tag, [])]
    if re.search(r"\*|intptr_t", f.returned) and len(of_return) != 1:
        yield "needs return in exactly one of own bor static"
    if f.name.endswith("_free") and not tags.get("take"):
        yield "needs [take: ...]"
    for name in f.to_pin:
        if name not in tags.get("pin", []):
            yield f"needs [pin: {name}]"


def code_faults(codes, statuses):
    for word in re.sub(r"\([^()]*\)", "", codes).split(","):
        if word.strip() not in statuses and word.strip() != ANY_CALL:
            yield f"has no code: {word.strip()}"


def faults_of(f, comment, statuses):
    lines = doc_lines(comment)
    if not re.search(r"\w", lines[0]) or re.match(r"\s*[A-Z]\w*:", lines[0]):
        yield "does not say what it does"
    tags_line = value_of(lines, "Tags")
    if tags_line is None:
        yield "has no Tags: line"
    else:
        tags, faults = tags_of(tags_line)
        yield from faults
        for pair in PAIRS:
            if sum(tag in tags for tag in pair) != 1:
                yield "needs exactly one of " + " ".join(f"[{tag}]" for tag in pair)
        yield from pointer_faults(f, tags)
    if not re.match(r"\d+\.\d+\.\d+$", value_of(lines, "Since") or ""):
        yield "has no line Since: N.N.N"
    if f.returned == "blobstore_status":
        codes = value_of(lines, "Codes")
        if codes:
            yield from code_faults(codes, statuses)
        else:
            yield "returns blobstore_status and has no Codes: line"


def as_spaces(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def undocumented(text, code):
    """Types, enumerations and numbers without a comment of their own."""
    for match in OTHER.finditer(code):
        end = text.find("\n", match.start())
        line = text[match.start():end]
        behind = re.search(r"[;\w]\s*/\*\*<.*\*/$", line)
        if last_doc(text[:match.start()]) is None and not behind:
            yield line_of(text, match.start()), f"no /** */ comment: {line[:60]}"


def check(text):
    blanked = blank_same_length(text)
    faults = list(undocumented(text, blanked))
    code = DIRECTIVE.sub(as_spaces, blanked)
    handles = set(HANDLE.findall(code))
    statuses = set(re.findall(r"\bBLOBSTORE_(E_\w+)", code))
    declared = set()
    for match in DECLARATION.finditer(code):
        declared.add(match.start("name"))
        where, name = line_of(text, match.start()), match.group("name")
        doc = last_doc(text[:match.start()])
        if doc is None:
            faults.append((where, f"{name} has no /** */ comment directly before it"))
            continue
        found = faults_of(Function(match, handles), doc, statuses)
        faults += [(where, f"{name} {words}") for words in found]
    for match in ANY_FUNCTION.finditer(code):
        if match.start(1) not in declared:
            words = f"{match.group(1)} is declared without BLOBSTORE_FN"
            faults.append((line_of(text, match.start()), words))
    return len(declared), sorted(faults)


def last_doc(before):
    """The comment that ends where the text ends, when it is a /** one."""
    before = before.rstrip()
    start = before.rfind("/*")
    if not before.endswith("*/") or not re.match(r"/\*\*[^<*/]", before[start:]):
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
