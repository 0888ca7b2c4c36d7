#!/usr/bin/env bash
# Installs the S3 servers that the tests run against, and the proxy that harms what goes to them,
# each by its pin, into the user's cache folder.
# usage: scripts/install_servers.sh [versitygw] [minio] [toxiproxy]      (default: all)
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
# shellcheck source=scripts/go.sh
. "$here/go.sh"
# shellcheck source=scripts/server_pins.sh
. "$here/server_pins.sh"

# Into a folder beside the last name and then renamed: a half-made install is never taken for one.
go_install() {
    local go=$1 package=$2 target=$3 name=$4 try made
    for try in 1 2 3; do
        rm -rf "$target.part" && mkdir -p "$target.part"
        if GOBIN="$target.part" GOTOOLCHAIN=local "$go" install "$package" </dev/null; then
            made=$(basename "${package%@*}") # a program is called as the last part of its package
            [ "$made" = "$name" ] || mv "$target.part/$made" "$target.part/$name"
            rm -rf "$target" && mv "$target.part" "$target"
            return 0
        fi
        echo "try $try of 3 failed: go install $package" >&2
        sleep 5
    done
    return 1
}

install_server() {
    local name=$1 go target
    server_module "$name" >/dev/null
    target=$(dirname "$(server_binary "$name")")
    if [ -x "$(server_binary "$name")" ]; then
        echo "$name $(server_pin "$name") is there"
        return 0
    fi
    go_find >/dev/null || python3 -m pip --version >/dev/null 2>&1 || packages_ensure pip
    go=$(go_ensure) || { echo "no Go 1.25 or newer, and none could be installed" >&2; return 1; }
    echo "+ go install $(server_module "$name")@$(server_pin "$name")"
    mkdir -p "$(dirname "$target")"
    go_install "$go" "$(server_module "$name")@$(server_pin "$name")" "$target" "$name"
}

[ $# -gt 0 ] || set -- versitygw minio toxiproxy
for name in "$@"; do install_server "$name"; done
