#!/usr/bin/env bash
# Starts and stops the S3 servers of the tests, versitygw and MinIO, each plain and over TLS, on
# free loopback ports and in a clean environment; and toxiproxy with several harms before versitygw.
# usage: scripts/servers.sh start|stop|env [DIR]     (default: build/servers)
#   start  starts the servers that are installed, makes the bucket "test", writes DIR/env
#   env    prints that file, for eval
#   stop   ends the processes that start started, and no others
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/go.sh
. "$here/go.sh"
# shellcheck source=scripts/server_pins.sh
. "$here/server_pins.sh"

access_key=testkey
secret_key=testsecret1234
region=us-east-1
verb=${1:-}
dir=${2:-$here/../build/servers}

make_ca() {
    local d=$1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
        -keyout "$d/ca.key" -out "$d/ca.pem" -subj "/CN=libblobstore test CA" \
        -addext "basicConstraints=critical,CA:TRUE" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
}

make_certificate() {
    local d=$1
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/server.key" \
        -out "$d/server.csr" -subj "/CN=s3.test" 2>/dev/null
    cat >"$d/server.ext" <<-EXT
	subjectAltName=DNS:localhost,DNS:*.localhost,DNS:s3.test,DNS:*.s3.test,DNS:*.s3.localhost,IP:127.0.0.1
	basicConstraints=CA:FALSE
	keyUsage=critical,digitalSignature
	extendedKeyUsage=serverAuth
	EXT
    openssl x509 -req -in "$d/server.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" -CAcreateserial \
        -days 30 -extfile "$d/server.ext" -out "$d/server.pem" 2>/dev/null
    cp "$d/server.pem" "$d/public.crt" && cp "$d/server.key" "$d/private.key" # MinIO's names
}

free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# Field 22 of stat: with the start time a pid names one process for ever.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

spawn() { # NAME COMMAND...: in a clean environment, away from the terminal and from our descriptors
    local name=$1 pid
    shift
    setsid env -i PATH=/usr/bin:/bin HOME="$dir/$name" "$@" \
        >"$dir/$name/log" 2>&1 </dev/null &
    pid=$!
    echo "$pid $(started_at "$pid")" >"$dir/$name/pid"
}

spawn_versitygw() { # NAME PORT TLS
    local options=()
    [ "$3" = 0 ] || options=(--cert "$dir/certs/server.pem" --key "$dir/certs/server.key")
    mkdir -p "$dir/$1/root" "$dir/$1/versions" "$dir/$1/iam"
    spawn "$1" ROOT_ACCESS_KEY=$access_key ROOT_SECRET_KEY=$secret_key \
        "$(server_binary versitygw)" --port "127.0.0.1:$2" --region $region --health /health \
        --quiet --keep-alive --virtual-domain s3.test --iam-dir "$dir/$1/iam" "${options[@]}" \
        posix --versioning-dir "$dir/$1/versions" "$dir/$1/root"
}

spawn_minio() { # NAME PORT TLS
    local certs=$dir/$1/nocerts
    [ "$3" = 0 ] || certs=$dir/certs
    mkdir -p "$dir/$1/nocerts" "$dir/$1"/d{1..4}
    spawn "$1" MINIO_ROOT_USER=$access_key MINIO_ROOT_PASSWORD=$secret_key MINIO_BROWSER=off \
        MINIO_UPDATE=off MINIO_REGION=$region MINIO_CI_CD=1 MINIO_DOMAIN=s3.test \
        "$(server_binary minio)" server --address "127.0.0.1:$2" --certs-dir "$certs" --quiet \
        "$dir/$1/d{1...4}"
}

spawn_toxiproxy() { # NAME PORT TLS
    spawn "$1" "$(server_binary toxiproxy)" -host 127.0.0.1 -port "$2" -seed 1
}

call() { env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u all_proxy \
    curl --silent --max-time 10 --cacert "$dir/certs/ca.pem" "$@"; }

signed() { call --aws-sigv4 "aws:amz:$region:s3" --user "$access_key:$secret_key" \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"; }

is_running() { # NAME
    local pid start
    read -r pid start <"$dir/$1/pid" 2>/dev/null || return 1
    [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

wait_healthy() { # NAME URL
    local i
    for ((i = 0; i < 150; i++)); do
        is_running "$1" || return 1
        [ "$(call -o /dev/null -w '%{http_code}' "$2" || true)" = 200 ] && return 0
        sleep 0.2
    done
    return 1
}

# The server may still be electing itself when its health is good: ask again.
make_bucket() {
    local i code=""
    for ((i = 0; i < 50; i++)); do
        code=$(signed -o /dev/null -w '%{http_code}' -X PUT "$1/test" || true)
        case $code in 200 | 409) return 0 ;; esac
        sleep 0.2
    done
    echo "no bucket at $1: HTTP $code" >&2
    return 1
}

health_path() {
    case $1 in
        versitygw) echo /health ;;
        minio) echo /minio/health/live ;;
        toxiproxy) echo /version ;;
    esac
}

# One proxy for each harm. With reset every call has a connection of its own, so that many are
# tried: 0.05 is the part of them that is reset.
toxics='latency latency 1 "latency":5,"jitter":2
bandwidth bandwidth 1 "rate":10000
slicer slicer 1 "average_size":500,"size_variation":400,"delay":5
reset reset_peer 0.05 "timeout":0
reset_all reset_peer 1 "timeout":0'

make_toxics() { # API
    local name type toxicity attributes upstream port more
    upstream=$(sed -n "s/^export BLOBSTORE_TEST_VERSITYGW_PORT='\(.*\)'/\1/p" "$dir/env.part")
    while read -r name type toxicity attributes; do
        port=$(call --fail -d "{\"name\":\"$name\",\"listen\":\"127.0.0.1:0\",\"upstream\":\"127.0.0.1:$upstream\"}" \
            "$1/proxies" | sed -n 's/.*"listen":"[^"]*:\([0-9]*\)".*/\1/p')
        call --fail -o /dev/null -d "{\"type\":\"$type\",\"toxicity\":$toxicity,\"attributes\":{$attributes}}" \
            "$1/proxies/$name/toxics"
        more=""
        [ "$type" != reset_peer ] || more='&max_connection_age=1ms'
        echo "export BLOBSTORE_TEST_TOXIC_${name^^}_URL='s3://test?endpoint=http://127.0.0.1:$port&region=$region$more'" \
            >>"$dir/env.part"
    done <<<"$toxics"
}

write_env() { # SERVER TLS SCHEME PORT
    local name=BLOBSTORE_TEST_${1^^}
    [ "$2" = 0 ] || name+=_TLS
    {
        echo "export ${name}_URL='s3://test?endpoint=$3://127.0.0.1:$4&region=$region'"
        echo "export ${name}_PORT='$4'"
    } >>"$dir/env.part"
}

start_one() { # SERVER TLS
    local server=$1 tls=$2 name=$1 scheme=http port try
    [ "$tls" = 0 ] || { name=$1-tls scheme=https; }
    mkdir -p "$dir/$name"
    for try in 1 2 3; do # another process may take the port first
        port=$(free_port)
        "spawn_$server" "$name" "$port" "$tls"
        if wait_healthy "$name" "$scheme://127.0.0.1:$port$(health_path "$server")"; then
            if [ "$server" = toxiproxy ]; then
                make_toxics "http://127.0.0.1:$port"
            else
                make_bucket "$scheme://127.0.0.1:$port"
                write_env "$server" "$tls" "$scheme" "$port"
            fi
            echo "$name: $scheme://127.0.0.1:$port"
            return 0
        fi
        echo "$name did not start, try $try:" >&2
        tail -n 5 "$dir/$name/log" >&2
        stop_one "$name"
    done
    return 1
}

write_env_common() {
    cat >"$dir/env.part" <<-ENV
	export BLOBSTORE_TEST_CA='$dir/certs/ca.pem'
	export BLOBSTORE_TEST_ACCESS_KEY_ID='$access_key'
	export BLOBSTORE_TEST_SECRET_ACCESS_KEY='$secret_key'
	ENV
}

# The folder is emptied, so it must be new, empty, or one that an earlier start made.
own_folder() {
    local mark=.libblobstore-servers
    if [ -d "$dir" ] && [ ! -e "$dir/$mark" ] && [ -n "$(ls -A "$dir")" ]; then
        echo "$dir holds something else" >&2
        exit 2
    fi
    stop
    rm -rf "$dir" && mkdir -p "$dir/certs"
    dir=$(cd "$dir" && pwd)
    chmod 700 "$dir"
    : >"$dir/$mark"
}

start() {
    local server tls
    own_folder
    trap stop EXIT
    make_ca "$dir/certs"
    make_certificate "$dir/certs"
    write_env_common
    for server in versitygw minio; do
        if [ ! -x "$(server_binary $server)" ]; then
            echo "$server: not installed; scripts/install_servers.sh $server"
            continue
        fi
        for tls in 0 1; do start_one "$server" "$tls"; done
    done
    if [ ! -x "$(server_binary toxiproxy)" ]; then
        echo "toxiproxy: not installed; scripts/install_servers.sh toxiproxy"
    elif [ -x "$(server_binary versitygw)" ]; then
        start_one toxiproxy 0
    fi
    mv "$dir/env.part" "$dir/env"
    trap - EXIT
}

ask_to_end() { # NAME
    local pid
    is_running "$1" || return 0
    read -r pid _ <"$dir/$1/pid"
    kill "$pid" 2>/dev/null || true
}

stop_one() { # NAME
    local pid i
    ask_to_end "$1"
    for ((i = 0; i < 50; i++)); do
        is_running "$1" || break
        sleep 0.1
    done
    if is_running "$1"; then
        read -r pid _ <"$dir/$1/pid"
        kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$dir/$1/pid"
}

running_names() {
    local file
    for file in "$dir"/*/pid; do
        [ ! -f "$file" ] || basename "$(dirname "$file")"
    done
}

stop() {
    local name
    for name in $(running_names); do ask_to_end "$name"; done
    for name in $(running_names); do stop_one "$name"; done
    rm -f "$dir/env"
}

case $verb in
    start) start ;;
    stop) stop ;;
    env) cat "$dir/env" ;;
    *)
        sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
