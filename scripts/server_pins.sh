#!/usr/bin/env bash
# The pinned versions of the test servers and where their programs are. Sourced, after go.sh.
# SPDX-License-Identifier: Apache-2.0

server_pin() {
    case "$1" in
        versitygw) echo v1.8.0 ;; # 1.7.0 has a conditional PUT that races
        minio) echo v0.0.0-20260212201848-7aac2a2c5b7c ;;
        toxiproxy) echo v2.5.0 ;;
        *) echo "no server $1" >&2 && return 2 ;;
    esac
}

server_module() {
    case "$1" in
        versitygw) echo github.com/versity/versitygw/cmd/versitygw ;;
        minio) echo github.com/minio/minio ;;
        toxiproxy) echo github.com/Shopify/toxiproxy/v2/cmd/server ;;
        *) echo "no server $1" >&2 && return 2 ;;
    esac
}

server_binary() { echo "$(cache_root)/servers/$1-$(server_pin "$1")/$1"; }
