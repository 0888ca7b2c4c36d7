#!/usr/bin/env bash
# Installs what is missing by pin, builds a release, measures us, floors and peers in one
# interleaved run, and writes docs/benchmarks.md.
# usage: scripts/bench.sh [--quick] [--rounds N] [--only ROW]... [--profile] [--no-peers]
#   --quick      two rounds instead of five
#   --only ROW   only that row (tests/bench/rows.py), printed instead of written
#   --profile    with --only: callgrind's instruction counts too (else always)
#   --no-peers   neither Rust nor Python clients; what is installed of them stays out
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"
# shellcheck source=scripts/go.sh
. "$root/scripts/go.sh" # cache_root

rounds=5 wait=5 peers=1 only=() profile=()
while [ $# -gt 0 ]; do
    case $1 in
        --quick) rounds=2 wait=1 ;;
        --rounds) rounds=$2 && shift ;;
        --only) only+=(--only "$2") && shift ;;
        --profile) profile=(--profile) ;;
        --no-peers) peers=0 ;;
        *)
            sed -n '4,8s/^# //p' "${BASH_SOURCE[0]}" >&2
            exit 2
            ;;
    esac
    shift
done
[ ${#only[@]} -gt 0 ] || profile=(--profile)
[ "$(nproc)" -ge 2 ] || { echo "two cores are needed: one for the server" >&2 && exit 1; }

bench=$root/tests/bench
build=$root/build/release
venv=$(cache_root)/bench-venv
rust=$(cache_root)/bench-rust

# A venv that holds just the pinned clients; made anew when the pins change.
python_peers() {
    cmp -s "$bench/peers.txt" "$venv/peers.txt" && return 0
    rm -rf "$venv" && python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$bench/peers.txt"
    cp "$bench/peers.txt" "$venv/peers.txt"
}

rust_peer() {
    CARGO_TARGET_DIR=$rust cargo build --release --locked --quiet \
        --manifest-path "$bench/peers-rust/Cargo.toml"
}

packages_ensure build bench
peer_words=()
if [ $peers = 1 ]; then
    packages_ensure pip
    python_peers
    peer_words+=(--python "$venv/bin/python3")
    if command -v cargo >/dev/null 2>&1; then
        rust_peer
        peer_words+=(--object-store "$rust/release/bench-object-store")
    else
        echo "skipped: object_store needs a recent cargo" >&2
    fi
fi
cd "$root"
cmake --preset release >/dev/null
cmake --build --preset release --target bench
mkdir -p "$build/bench"
exec python3 "$bench/run.py" --programs "$build/tests/bench" --work "$build/bench" \
    --rounds "$rounds" --wait "$wait" --write "$root/docs/benchmarks.md" \
    "${peer_words[@]}" "${only[@]}" "${profile[@]}"
