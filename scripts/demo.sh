#!/usr/bin/env bash
# Builds the library and the program and does the main job on real files: puts a folder into a store,
# lists it, reads it back byte for byte, reads a range. On file:// and, from C, memory://; with
# BLOBSTORE_URL=s3://bucket?endpoint=... also on that bucket, with a presigned link for curl.
# usage: scripts/demo.sh
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"

build=$root/build/release
made="" # what is to be removed from the bucket at the end
storage=()

say() { printf '\n# %s\n' "$*"; }
show() { printf '$'; printf ' %q' "$@"; printf '\n'; }
run() { show "$@" && "$@"; }

fail() {
    echo "DIFFERENT: $*" >&2
    exit 1
}

blobstore() { "$program" "$@"; }

clean_up() {
    if [ -n "$made" ]; then blobstore rm -r "${storage[@]}" "$made" || true; fi
    rm -rf "$tmp"
}

build_release() {
    packages_ensure build
    cd "$root"
    run cmake --preset release
    run cmake --build --preset release
    program=$(find "$build" -name blobstore -type f -perm -u+x | head -n 1)
    [ -n "$program" ] || { echo "no program in $build" >&2 && exit 1; }
}

# The project's own words and headers, a name that needs care, nothing at all, and 5 MiB of noise.
make_folder() {
    local from
    mkdir -p "$tmp/files/deep/er"
    for from in README.md LICENSE CHANGELOG.md docs include scripts; do
        [ ! -e "$root/$from" ] || cp -r "$root/$from" "$tmp/files/"
    done
    printf 'a name that needs care\n' >"$tmp/files/odd name %41 #1 & ?ü.txt"
    : >"$tmp/files/deep/er/empty"
    head -c 5242880 /dev/urandom >"$tmp/files/random.bin"
    find "$tmp/files" -name __pycache__ -prune -exec rm -rf {} +
    echo "$(find "$tmp/files" -type f | wc -l) files, $(du -sb "$tmp/files" | cut -f1) bytes"
}

# Each file is listed once, by a key that ends in its path, with its size; and nothing else is.
check_listing() { # LISTING FOLDER
    python3 - "$1" "$2" <<'PYTHON' || fail "the listing and the folder"
import json, os, sys
listed = {o["key"]: o["size"] for o in map(json.loads, open(sys.argv[1], encoding="utf-8"))}
top = sys.argv[2]
files = [os.path.relpath(os.path.join(d, f), top) for d, _, names in os.walk(top) for f in names]
missing = [f for f in files if not any(
    (k == f or k.endswith("/" + f)) and s == os.path.getsize(os.path.join(top, f))
    for k, s in listed.items())]
print(f"{len(listed)} listed, {len(files)} files")
sys.exit(f"missing: {missing}" if missing or len(listed) != len(files) else 0)
PYTHON
}

put_list_read() { # BASE-URL
    local base=$1
    rm -rf "$tmp/back" "$tmp/listing" && mkdir "$tmp/back"
    run blobstore cp -r "${storage[@]}" "$tmp/files/" "$base/"
    show blobstore ls -r --json "${storage[@]}" "$base/"
    blobstore ls -r --json "${storage[@]}" "$base/" >"$tmp/listing"
    head -n 3 "$tmp/listing"
    check_listing "$tmp/listing" "$tmp/files"
    run blobstore cp -r "${storage[@]}" "$base/" "$tmp/back/"
    run diff -r "$tmp/files" "$tmp/back" || fail "what was read back"
    (cd "$tmp/files" && find . -type f -exec sha256sum {} +) >"$tmp/sums"
    (cd "$tmp/back" && sha256sum --quiet -c "$tmp/sums") || fail "the SHA-256 sums"
    echo "read back: $(wc -l <"$tmp/sums") files, every byte the same"
    read_range "$base/random.bin"
}

read_range() { # URL of random.bin
    show blobstore cat --range 0-99 "${storage[@]}" "$1"
    blobstore cat --range 0-99 "${storage[@]}" "$1" >"$tmp/range"
    head -c 100 "$tmp/files/random.bin" | cmp - "$tmp/range" || fail "the range"
    echo "range: $(wc -c <"$tmp/range") bytes, the same"
}

# How curl reaches an endpoint that the store URL describes: its CA and its resolve option.
curl_options() {
    python3 - "$1" <<'PYTHON'
import sys, urllib.parse
query = sys.argv[1].partition("?")[2]
for name, value in urllib.parse.parse_qsl(query):
    if name == "ca_file":
        print("--cacert\n" + value)
    for entry in value.split(",") if name == "resolve" else ():
        host, port, *address = entry.split(":")
        to = address + [port] if len(address) == 1 else address
        print("--connect-to\n" + ":".join([host, port, *to]))
PYTHON
}

fetch_link() { # URL of random.bin
    local link options=()
    mapfile -t options < <(curl_options "$BLOBSTORE_URL")
    show blobstore presign --method GET --expires 15m "${storage[@]}" "$1"
    link=$(blobstore presign --method GET --expires 15m "${storage[@]}" "$1")
    echo "${link%%\?*}?..." # the rest of it is as good as a password
    echo "\$ curl \"\$link\""
    curl -fsS "${options[@]}" -o "$tmp/fetched" "$link"
    cmp "$tmp/files/random.bin" "$tmp/fetched" || fail "what curl fetched"
    echo "curl: $(wc -c <"$tmp/fetched") bytes, the same"
}

on_file() {
    say "the embedded store: file://"
    storage=()
    mkdir "$tmp/store"
    put_list_read "file://$tmp/store"
}

on_memory() {
    say "from C: memory://"
    run "$build/ffi-examples/c/blobstore-example-c" memory://demo
}

on_bucket() {
    local base=${BLOBSTORE_URL%%\?*}
    say "the bucket of BLOBSTORE_URL: $base"
    storage=(--storage "$BLOBSTORE_URL")
    base=${base%/}/demo-$$
    made=$base/
    put_list_read "$base"
    fetch_link "$base/random.bin"
    run blobstore rm -r "${storage[@]}" "$made"
    [ -z "$(blobstore ls -r --json "${storage[@]}" "$made")" ] || fail "something was left in $made"
    made=""
}

build_release
tmp=$(mktemp -d)
trap clean_up EXIT
say "a folder of real files"
make_folder
on_file
on_memory
if [ -n "${BLOBSTORE_URL:-}" ]; then on_bucket; fi
say "done"
