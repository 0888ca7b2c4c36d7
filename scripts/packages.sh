#!/usr/bin/env bash
# Debian packages by group, and the one function that installs what is missing of them. Sourced.
# Rows are PACKAGE[:COMMAND]; with a command the package counts as there when the command is.
# SPDX-License-Identifier: Apache-2.0

packages_of() {
    case "$1" in
        build)
            echo g++:g++ cmake:cmake ninja-build:ninja ccache:ccache pkg-config:pkg-config \
                python3:python3 curl:curl openssl:openssl ca-certificates binutils:readelf \
                libboost1.81-dev libssl-dev rapidjson-dev libcli11-dev libgtest-dev
            ;;
        fuzz) echo clang-14:clang++-14 libclang-rt-14-dev ;;
        arm64) echo g++-aarch64-linux-gnu:aarch64-linux-gnu-g++ qemu-user:qemu-aarch64 googletest ;;
        lint) echo clang-format:clang-format clang-tidy:clang-tidy ;;
        langs) echo mono-mcs:mcs mono-runtime:mono rustc:rustc ;;
        bench) echo libcurl4-openssl-dev valgrind:valgrind ;;
        pip) echo python3-pip:pip3 ;;
        *)
            echo "packages.sh: no group $1" >&2
            return 2
            ;;
    esac
}

package_is_there() {
    local package=${1%%:*} command=""
    case "$1" in *:*) command=${1#*:} ;; esac
    if [ -n "$command" ]; then
        command -v "$command" >/dev/null 2>&1
    else
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'
    fi
}

# packages_missing GROUP...: prints the missing packages on one line.
packages_missing() {
    local group row missing=()
    command -v dpkg-query >/dev/null 2>&1 || return 0
    for group in "$@"; do
        for row in $(packages_of "$group"); do
            package_is_there "$row" || missing+=("${row%%:*}")
        done
    done
    echo "${missing[*]}"
}

packages_line() { echo "sudo apt-get install --no-install-recommends $*"; }

# packages_ensure GROUP...: installs what is missing as root or by sudo, which may ask at a terminal,
# else prints the one line that does it and fails.
packages_ensure() {
    local missing as_root=()
    missing=$(packages_missing "$@") || return
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        as_root=(sudo)
        if [ ! -t 0 ] || [ ! -t 2 ]; then as_root=(sudo -n); fi
        if ! "${as_root[@]}" true; then
            # shellcheck disable=SC2086
            packages_line $missing
            return 1
        fi
    fi
    echo "+ apt-get install --no-install-recommends $missing"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update </dev/null || true
    # shellcheck disable=SC2086
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null
}
