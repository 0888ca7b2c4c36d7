#!/usr/bin/env bash
# Builds everything and runs every test; the last line is "N passed, N failed, N skipped".
# usage: scripts/test.sh [--install-servers] [--preset NAME]      (default: release)
#   --install-servers   also installs, by pin, the test servers, Go, mono-mcs and rustc
# BLOBSTORE_REQUIRE_SERVERS=1 makes each skip a failure.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"
# shellcheck source=scripts/go.sh
. "$root/scripts/go.sh"
# shellcheck source=scripts/server_pins.sh
. "$root/scripts/server_pins.sh"

preset=release
install=0
missing=0
while [ $# -gt 0 ]; do
    case $1 in
        --install-servers) install=1 ;;
        --preset) preset=$2 && shift ;;
        *)
            sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}" >&2
            exit 2
            ;;
    esac
    shift
done
build=$root/build/$preset
servers=$build/servers

say_missing() { # WHAT INSTALL-LINE
    missing=$((missing + 1))
    echo "skipped: $1 is missing; to install it: $2"
}

install_all() {
    packages_ensure langs
    go_find >/dev/null || python3 -m pip --version >/dev/null 2>&1 || packages_ensure pip
    go_ensure >/dev/null
    "$root/scripts/install_servers.sh"
}

# Go from the cache joins the PATH here, so that CMake and the tests find it.
look_for_runtimes() {
    local go row
    if go=$(go_find); then
        [ "$(command -v go || true)" = "$go" ] || PATH=$(dirname "$go"):$PATH
        export PATH GOTOOLCHAIN=local
    else
        say_missing "Go 1.$GO_LEAST_MINOR" "scripts/test.sh --install-servers"
    fi
    for row in $(packages_of langs); do
        command -v "${row#*:}" >/dev/null 2>&1 || say_missing "${row#*:}" "$(packages_line "${row%%:*}")"
    done
}

start_servers() {
    local name
    for name in versitygw minio toxiproxy; do
        [ -x "$(server_binary $name)" ] || say_missing $name "scripts/install_servers.sh $name"
    done
    trap '"$root/scripts/servers.sh" stop "$servers"' EXIT
    "$root/scripts/servers.sh" start "$servers"
    # shellcheck disable=SC1091
    . "$servers/env"
}

build_all() {
    cd "$root"
    cmake --preset "$preset"
    cmake --build --preset "$preset"
}

run_tests() {
    rm -f "$build/ctest.xml"
    ctest --test-dir "$build" --output-junit "$build/ctest.xml" --output-on-failure \
        --no-tests=error --parallel 2 --timeout 600 \
        --test-output-size-passed 2000000 --test-output-size-failed 2000000 </dev/null
}

# The settings of the user's own cloud are not the tests' business.
clean_environment() {
    local name
    for name in $(compgen -e | grep -E '^(AWS_|BLOBSTORE_TEST_)' || true); do unset "$name"; done
    unset BLOBSTORE_URL BLOBSTORE_STALL_URL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
}

finish() { # CTEST-STATUS
    local passed=0 failed=0 skipped=0
    read -r passed failed skipped < <(python3 "$root/scripts/ctest_summary.py" counts "$build/ctest.xml") || true
    skipped=$((skipped + missing))
    [ "$1" = 0 ] || [ "$failed" -gt 0 ] || failed=1
    if [ "${BLOBSTORE_REQUIRE_SERVERS:-0}" = 1 ] && [ "$skipped" -gt 0 ]; then
        echo "BLOBSTORE_REQUIRE_SERVERS is set, so these skips are failures:"
        python3 "$root/scripts/ctest_summary.py" skipped "$build/ctest.xml"
        failed=$((failed + skipped)) skipped=0
    fi
    python3 "$root/scripts/ctest_summary.py" within "$build/ctest.xml" || true
    "$root/scripts/servers.sh" stop "$servers"
    trap - EXIT
    echo "$passed $failed $skipped" >"$build/counts"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

packages_ensure build
[ $install = 0 ] || install_all
look_for_runtimes
build_all
clean_environment
start_servers
status=0
run_tests || status=$?
finish $status
