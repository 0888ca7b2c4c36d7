#!/usr/bin/env python3
"""The exported symbols of the library are the functions of the header, and nothing else.

usage: exports.py --header include/blobstore.h [--cc CC] ONE OF
  --map OUT      writes the GNU ld version script (node BLOBSTORE_0.1, all else local)
  --list         prints the functions
  --check LIB    compares them with nm -D --defined-only LIB
  --needed LIB   compares the NEEDED entries of LIB with what is decided
  --size LIB     the stripped library is under 4 MiB
  --hardened LIB has the traits of the hardening flags
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

NODE = "BLOBSTORE_0.1"
ALLOWED = re.compile(r"(libssl|libcrypto|libtinyxml2|libyaml(-0)?|libsqlite3|libstdc\+\+|libgcc_s"
                     r"|libm|libc)\.so(\.[\w.]+)?$")
MOST_BYTES = 4 * 1024 * 1024


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def declared(cc, header):
    text = run(*shlex.split(cc), "-E", "-P", "-x", "c", str(header))
    return sorted(set(re.findall(r"\b(blobstore_\w+)\s*\(", re.sub(r'"[^"\n]*"', '""', text))))


def exported(library):
    names = set()
    for line in run("nm", "-D", "--defined-only", str(library)).splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[-2] != "A":
            names.add(fields[-1].split("@")[0])
    return names


def write_map(names, out):
    lines = [f"        {name};" for name in names]
    text = "\n".join([f"{NODE} {{", "    global:", *lines, "    local:", "        *;", "};", ""])
    out = pathlib.Path(out)
    if not out.exists() or out.read_text() != text:  # untouched when equal: no needless relink
        out.write_text(text)
    return 0


def check(names, library):
    have = exported(library)
    for name in sorted(set(names) - have):
        print(f"declared and not exported: {name}")
    for name in sorted(have - set(names)):
        print(f"exported and not declared: {name}")
    print(f"exports: {len(names)} declared, {len(have)} exported")
    return 0 if names and have == set(names) else 1


def needed(library):
    found = re.findall(r"\(NEEDED\).*\[(.+?)\]", run("readelf", "-d", str(library)))
    bad = [name for name in found if not ALLOWED.match(name)]
    for name in bad:
        print(f"not a decided dependency: {name}")
    print("needed: " + " ".join(found))
    return 1 if bad else 0


def size(library):
    with tempfile.TemporaryDirectory() as folder:
        stripped = os.path.join(folder, "stripped.so")
        run("strip", "-o", stripped, str(library))
        count = os.path.getsize(stripped)
    print(f"size: {count} bytes stripped, under {MOST_BYTES}")
    return 0 if count < MOST_BYTES else 1


HARDENING = [  # what it shows, command, what it must print
    ("relocations read-only, bound at load", ["readelf", "-lW"], r"GNU_RELRO"),
    ("-z now", ["readelf", "-dW"], r"\(FLAGS_1\).*\bNOW\b"),
    ("-z nodelete", ["readelf", "-dW"], r"\(FLAGS_1\).*\bNODELETE\b"),
    ("stack not executable", ["readelf", "-lW"], r"GNU_STACK.* RW +0x"),
    ("-fstack-protector-strong", ["nm", "-D", "--undefined-only"], r"__stack_chk_fail"),
    ("-D_FORTIFY_SOURCE", ["nm", "-D", "--undefined-only"], r"__\w+_chk\b(?<!__stack_chk)"),
    ("-D_GLIBCXX_ASSERTIONS", ["nm", "-D", "--undefined-only"], r"glibcxx_assert_fail"),
]


def hardened(library):
    bad = 0
    for what, command, wanted in HARDENING:
        if not re.search(wanted, run(*command, str(library))):
            print(f"missing: {what}")
            bad = 1
    print(f"hardening: {len(HARDENING)} traits looked for")
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--header", required=True)
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--map")
    mode.add_argument("--list", action="store_true")
    mode.add_argument("--check")
    mode.add_argument("--needed")
    mode.add_argument("--size")
    mode.add_argument("--hardened")
    args = parser.parse_args()
    if args.needed:
        return needed(args.needed)
    if args.hardened:
        return hardened(args.hardened)
    if args.size:
        return size(args.size)
    names = declared(args.cc, args.header)
    if args.map:
        return write_map(names, args.map)
    if args.check:
        return check(names, args.check)
    print("\n".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
