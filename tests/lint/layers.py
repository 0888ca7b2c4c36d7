#!/usr/bin/env python3
"""Fails when a file under src/ reaches for what its layer may not use.

Checks the include table of docs/ARCHITECTURE.md (layers and third-party headers), that the table
has no cycle, and that environment, clocks, random sources, sockets, Beast, TLS and Asio are named
only in the layers that own them.

usage: layers.py SRC
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import posixpath
import re
import sys

from cpp_text import blank, line_of

ALL_BELOW_CAPI = {"sync", "backends", "store", "auth", "http", "async", "os", "base"}
MAY = {  # layer: layers that it may include, beside itself
    "base": set(),
    "os": {"base"},
    "async": {"base"},
    "http": {"async", "base"},
    "auth": {"http", "async", "os", "base"},
    "store": {"async", "os", "base"},
    "backends": {"store", "auth", "http", "async", "os", "base"},
    "sync": {"store", "async", "os", "base"},
    "capi": ALL_BELOW_CAPI,
    "cli": set(),
}
PUBLIC_HEADER = {"capi", "cli"}  # layers that may include blobstore.h

THIRD = [  # header prefix: layers; the first that fits decides, so the longer stand first
    ("boost/beast", {"http"}),
    ("boost/asio/ssl", {"http"}),
    ("boost/asio/ip/", {"http"}),
    ("boost/asio/local/", {"http"}),
    ("boost/asio/connect.hpp", {"http"}),
    ("boost/asio", {"async", "http"}),
    ("boost/url", {"base"}),
    ("boost/", {"base", "async", "http"}),
    ("openssl/ssl", {"http"}),
    ("openssl/tls", {"http"}),
    ("openssl/x509", {"http"}),
    ("openssl/", {"base", "http"}),
    ("rapidjson/", {"base"}),
    ("tinyxml2", {"base"}),
    ("yaml.h", {"base"}),
    ("sqlite3", {"sync"}),
    ("zstd", {"sync"}),
    ("CLI/", {"cli"}),
    ("sys/socket.h", {"http"}),
    ("netinet/", {"http"}),
    ("arpa/", {"http"}),
    ("netdb.h", {"http"}),
    ("sys/random.h", {"async", "os"}),
]
SYSTEM_FOLDERS = {"sys", "linux", "asm", "bits", "net", "gnu"}
SYSTEM_HEADERS = {
    "assert.h", "ctype.h", "dirent.h", "dlfcn.h", "endian.h", "errno.h", "fcntl.h", "fnmatch.h",
    "immintrin.h", "arm_acle.h", "arm_neon.h", "inttypes.h", "langinfo.h", "limits.h",
    "linux.h", "locale.h", "nmmintrin.h", "poll.h", "pthread.h", "pwd.h", "sched.h", "signal.h",
    "spawn.h", "stdarg.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h",
    "termios.h", "time.h", "unistd.h", "wmmintrin.h", "x86intrin.h", "cpuid.h",
}

ASYNC = {"async"}
HOST = re.compile(r"os/host(_\w+)?\.(h|cpp)$")
NOT_MEMBER = r"(?<![\w.>:])(?:std::|::)?"
NAMES = [  # what, pattern, layers that may, whether os/host.* may, whether literals count
    ("the environment", r"\b(?:secure_)?getenv\b|\benviron\b", set(), True, False),
    ("a clock", r"\b\w*clock\w*::now\b|\bclock_gettime\b|\bgettimeofday\b|\btimespec_get\b|"
     + NOT_MEMBER + r"time\s*\(\s*(?:NULL|nullptr|0|&\s*\w+)\s*\)", ASYNC, True, False),
    ("a random source", r"\brandom_device\b|\bRAND_(?:priv_)?bytes\b|\bgetentropy\b|"
     r"\barc4random\w*|/dev/u?random|" + NOT_MEMBER + r"s?rand\s*\(", ASYNC, False, True),
    ("getrandom", r"\bgetrandom\b", {"async", "os"}, False, False),
    ("a socket", r"(?<![\w.>:])(?:::)?socket(?:pair)?\s*\(|(?<![\w:.>])::(?:connect|bind|listen|"
     r"accept4?)\s*\(|\bgetaddrinfo\b|\basio::(?:ip|local)::", {"http"}, False, False),
    ("Beast", r"\bbeast::", {"http"}, False, False),
    ("TLS", r"\bSSL_\w+|\basio::ssl\b", {"http"}, False, False),
    ("Asio", r"\basio::", {"async", "http"}, False, False),
]
NAMES = [(what, re.compile(pattern), may, host, literals)
         for what, pattern, may, host, literals in NAMES]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)', re.M)


def cycle(may):
    """The layers of a cycle in the table, or none."""
    done = set()

    def visit(layer, path):
        if layer in path:
            return path[path.index(layer):] + [layer]
        if layer in done:
            return []
        for below in sorted(may[layer]):
            found = visit(below, path + [layer])
            if found:
                return found
        done.add(layer)
        return []

    for layer in sorted(may):
        found = visit(layer, [])
        if found:
            return found
    return []


def third_party_fault(layer, header, angled):
    for prefix, who in THIRD:
        if header.startswith(prefix):
            return None if layer in who else f"{layer}/ may not include {header}"
    if not angled:
        return None
    folder, slash, _ = header.partition("/")
    known = folder in SYSTEM_FOLDERS if slash else "." not in header or header in SYSTEM_HEADERS
    return None if known else f"{header} is not of a decided dependency"


def include_fault(rel, header, angled):
    layer = rel.parts[0]
    if header.startswith("."):
        header = posixpath.normpath(posixpath.join(rel.parent.as_posix(), header))
    if header == "blobstore.h" or header.startswith("include/"):
        return None if layer in PUBLIC_HEADER else f"{layer}/ may not include {header}"
    parts = header.split("/")
    if parts[0] not in MAY or len(parts) == 1:
        return third_party_fault(layer, header, angled)
    if parts[0] != layer:
        return None if parts[0] in MAY[layer] else f"{layer}/ may not include {header}"
    sibling = layer == "backends" and len(rel.parts) > 2 and len(parts) > 2
    if sibling and parts[1] != rel.parts[1]:
        return f"backends/{rel.parts[1]} may not include its sibling {header}"
    return None


def check_file(rel, text):
    """Faults of one file as (line, words)."""
    if rel.parts[0] not in MAY or len(rel.parts) < 2:
        return [(1, f"{rel} is in no layer")]
    faults = []
    with_literals = blank(text, keep_strings=True)
    without = blank(text)
    for match in INCLUDE.finditer(with_literals):
        fault = include_fault(rel, match.group(2), match.group(1) == "<")
        if fault:
            faults.append((line_of(with_literals, match.start(2)), fault))
    for what, pattern, may, host, literals in NAMES:
        if rel.parts[0] in may or (host and HOST.search(rel.as_posix())):
            continue
        subject = with_literals if literals else without
        for match in pattern.finditer(subject):
            words = f"{rel.parts[0]}/ may not use {what}: {match.group(0).strip()}"
            faults.append((line_of(subject, match.start()), words))
    return faults


def main(src):
    faults = []
    found = cycle(MAY)
    if found:
        faults.append("the layer table has a cycle: " + " > ".join(found))
    files = [f for f in sorted(src.rglob("*")) if f.suffix in {".h", ".hpp", ".cpp", ".c", ".inc"}]
    for file in files:
        rel = file.relative_to(src)
        for line, words in check_file(rel, file.read_text(errors="replace")):
            faults.append(f"src/{rel}:{line}: {words}")
    for fault in faults:
        print(fault)
    print(f"layers: {len(files)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
