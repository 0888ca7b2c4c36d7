#!/usr/bin/env python3
"""Counts what ctest wrote with --output-junit.

usage: ctest_summary.py counts XML...           prints "PASSED FAILED SKIPPED"
       ctest_summary.py skipped XML...          prints the names of the skipped tests
       ctest_summary.py within XML...           prints the cases that skipped within a program that passed, each
           with its reason, and how many they are
       ctest_summary.py vectors FOLDER XML...   prints the vector lines; fails when one of the sets
           that the project promises and that is in FOLDER ran no case, or one did not pass
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys
import xml.etree.ElementTree as tree

SETS = ["aws-sigv4-c-auth", "aws-sigv4-botocore", "aws-s3-doc-examples", "s3-recorded-js-sdk",
        "list-xml-sdk-parse", "s3-protocol-botocore", "checksums"]
VECTORS = re.compile(r"^(?:\d+: )?\s*vectors (\S+): (\d+) ran, (\d+) passed", re.M)
WITHIN = re.compile(r": Skipped\n(.*)\n\s*\n?\[  SKIPPED \] (\S+) \(\d+ ms\)")
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x[01]?[0-8bcefBCEF]|x1[0-9a-fA-F]);")


def cases(paths):
    for path in paths:
        text = pathlib.Path(path).read_text(errors="replace")
        for case in tree.fromstring(ILLEGAL.sub("?", text)).iter("testcase"):
            out = case.find("system-out")
            yield case, (out.text or "") if out is not None else ""


def verdict(case, out):
    skipped = case.find("skipped")
    if case.find("failure") is not None or case.get("status") == "fail":
        return "failed"
    if skipped is not None or case.get("status") in {"notrun", "disabled"}:
        reason = (skipped.get("message") or "") if skipped is not None else ""
        lawful = reason.startswith("SKIP_") or case.get("status") == "disabled"
        return "skipped" if lawful else "failed"  # a program that was not built did not skip
    if "[  SKIPPED ]" in out and re.search(r"^\[  PASSED  \] 0 tests", out, re.M):
        return "skipped"
    return "passed"


def counts(paths):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for case, out in cases(paths):
        total[verdict(case, out)] += 1
    print(*total.values())
    return 0


def skipped(paths):
    for case, out in cases(paths):
        if verdict(case, out) == "skipped":
            print(case.get("name"))
    return 0


def within(paths):
    found = []
    for case, out in cases(paths):
        if verdict(case, out) == "passed":
            found += [(name, reason.strip()) for reason, name in WITHIN.findall(out)]
    for name, reason in found:
        print(f"skipped within its program: {name}: {reason}")
    print(f"{len(found)} cases skipped within programs that passed")
    return 0


def vectors(folder, paths):
    ran = {}
    bad = 0
    for _, out in cases(paths):
        for name, run, passed in VECTORS.findall(out):
            print(f"vectors {name}: {run} ran, {passed} passed")
            family = name.split("/")[0]
            ran[family] = ran.get(family, 0) + int(run)
            if run != passed:
                bad += 1
    for name in SETS:
        if (pathlib.Path(folder) / name).is_dir() and not ran.get(name):
            print(f"vectors {name} is there and ran no case")
            bad += 1
    return 1 if bad else 0


def main(args):
    if len(args) >= 2 and args[0] in {"counts", "skipped", "within"}:
        return {"counts": counts, "skipped": skipped, "within": within}[args[0]](args[1:])
    if len(args) >= 3 and args[0] == "vectors":
        return vectors(args[1], args[2:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
