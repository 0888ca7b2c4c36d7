#!/usr/bin/env bash
# Cross-builds for arm64 what has code or arithmetic of its own there, and runs its tests under qemu.
# OpenSSL for arm64 is unpacked beside the build: what the machine has installed stays as it is.
# usage: scripts/arm64.sh [BUILD]   (default: build/arm64)
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"
build=${1:-$root/build/arm64}
foreign=$build/foreign

# Headers and static libraries of Debian's libssl-dev for arm64, from the sources of this machine.
unpack_openssl() {
    local apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64
        -o "Dir::State::lists=$foreign/lists" -o "Dir::Cache=$foreign/cache"
        -o Acquire::Languages=none -o APT::Sandbox::User=root)
    [ ! -f "$foreign/usr/lib/aarch64-linux-gnu/libcrypto.a" ] || return 0
    mkdir -p "$foreign/lists/partial" "$foreign/cache/archives/partial"
    "${apt[@]}" update || true # a source without arm64 says so
    (cd "$foreign" && "${apt[@]}" download libssl-dev)
    dpkg-deb --extract "$foreign"/libssl-dev_*.deb "$foreign"
}

# Headers without code of a processor's kind are those of this machine.
link_headers() {
    local name
    for name in boost rapidjson; do
        ln -sfn "/usr/include/$name" "$foreign/usr/include/$name"
    done
}

packages_ensure build arm64
unpack_openssl
link_headers
cd "$root"
cmake -S tests/arm64 -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    "-DCMAKE_TOOLCHAIN_FILE=$root/tests/arm64/toolchain.cmake" "-DBLOBSTORE_FOREIGN=$foreign"
cmake --build "$build"
ctest --test-dir "$build" --output-junit "$build/ctest.xml" --output-on-failure --no-tests=error \
    --timeout 300
