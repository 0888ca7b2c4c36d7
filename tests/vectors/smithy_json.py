#!/usr/bin/env python3
"""Prints the request and response tests of a .smithy file as JSON: a list of objects with "operation" and "kind".

usage: smithy_json.py FILE
"""
# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import re
import sys

TOKEN = re.compile(
    r'(?P<skip>\s+|,|//[^\n]*)|(?P<block>"""\n(?:[^"\\]|\\.|"(?!""))*""")|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<mark>[{}\[\]():])|(?P<word>[\w.#@$+-]+)", re.S)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def unescape(text):
    def one(match):
        code = match.group(1)
        if code[0] == "u":
            return chr(int(code[1:], 16))
        return "" if code == "\n" else ESCAPES.get(code, code)
    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, text, flags=re.S)


def block(text):
    """A text block without the indentation that all its lines share."""
    lines = text[4:-3].split("\n")
    counted = [line for line in lines[:-1] if line.strip()] + lines[-1:]
    shared = min(len(line) - len(line.lstrip()) for line in counted)
    return unescape("\n".join(line[shared:] for line in lines))


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise SystemExit(f"no token at {text[at:at + 40]!r}")
        at = match.end()
        if match.lastgroup == "block":
            yield "text", block(match.group())
        elif match.lastgroup == "text":
            yield "text", unescape(match.group()[1:-1])
        elif match.lastgroup != "skip":
            yield match.lastgroup, match.group()


class Parser:
    def __init__(self, stream):
        self.rest = list(stream)
        self.at = 0

    def next(self):
        self.at += 1
        return self.rest[self.at - 1]

    def ends(self, mark):
        found = self.rest[self.at] == ("mark", mark)
        self.at += found
        return found

    def value(self):
        kind, token = self.next()
        if (kind, token) == ("mark", "{"):
            members = {}
            while not self.ends("}"):
                name = self.next()[1]
                self.next()  # the colon
                members[name] = self.value()
            return members
        if (kind, token) == ("mark", "["):
            items = []
            while not self.ends("]"):
                items.append(self.value())
            return items
        if kind == "text":
            return token
        return json.loads(token)

    def cases(self):
        while self.at < len(self.rest):
            if self.next() != ("word", "apply"):
                continue
            operation, trait = self.next()[1], self.next()[1]
            self.next()  # the parenthesis
            kind = {"@httpRequestTests": "request", "@httpResponseTests": "response"}[trait]
            for case in self.value():
                yield {"operation": operation, "kind": kind, **case}


print(json.dumps(list(Parser(tokens(pathlib.Path(sys.argv[1]).read_text())).cases())))
