#!/usr/bin/env bash
# Checks the format of the C++ files, and with --tidy runs clang-tidy over those named (default: src).
# usage: scripts/lint.sh [--tidy [FILE...]]        (--tidy reads build/release/compile_commands.json)
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# blobstore.h is laid out by hand: its lines are a table for the reader.
cpp_files() {
    find src tests include -type f \( -name '*.h' -o -name '*.hpp' -o -name '*.cpp' \) \
        -not -path 'tests/data/*' -not -path include/blobstore.h | LC_ALL=C sort
}

check_format() {
    local files
    mapfile -t files < <(cpp_files)
    [ ${#files[@]} -gt 0 ] || return 0
    clang-format --style=file --dry-run -Werror "${files[@]}"
    echo "clang-format: ${#files[@]} files"
}

if [ "${1:-}" = --tidy ]; then
    shift
    [ $# -gt 0 ] || { mapfile -t all < <(find src -name '*.cpp' | LC_ALL=C sort) && set -- "${all[@]}"; }
    clang-tidy --quiet -p build/release "$@"
else
    check_format
fi
