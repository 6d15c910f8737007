#!/usr/bin/env bash
# From a fresh clone to an answered demo and a running server; `make run` calls it.
#
# Set-up, release build, model, then `nexus up` in the foreground with the demo played once it is
# ready. NEXUS_DATA_DIR, NEXUS_PORT and every other NEXUS_… setting hold. Ctrl-C stops it all.
set -euo pipefail
cd "$(dirname "$0")/.."
nexus=$PWD/build/release/nexus

say() { printf 'run: %s\n' "$*" >&2; }

make --no-print-directory build
if [ "${NEXUS_MODEL:-}" = none ]; then
  say "NEXUS_MODEL is none: words alone are searched"
elif ! make --no-print-directory model; then
  say "there is no embedding model (its reason is above): going on with words alone"
fi

# The demo is a client of its own: it finds the key where the server keeps it.
before=
for word in "$@"; do
  case $word in --data-dir=*) export NEXUS_DATA_DIR=${word#*=} ;; esac
  if [ "$before" = --data-dir ]; then export NEXUS_DATA_DIR=$word; fi
  before=$word
done

# The server's stdout comes through a pipe, because its line `ready http://…` says when and where.
pipes=$(mktemp -d)
mkfifo "$pipes/stdout"
"$nexus" up "$@" >"$pipes/stdout" &
server=$!
demo=
stopping=
stop() {
  stopping=yes
  kill -TERM "$server" 2>/dev/null || true
  if [ -n "$demo" ]; then kill -TERM "$demo" 2>/dev/null || true; fi
}
trap stop INT TERM
exec 3<"$pipes/stdout"
rm -r "$pipes"

# Ends when the server has ended, with its status; a signal only interrupts the waiting.
wait_for_server() {
  local status=0
  wait "$server" || status=$?
  while kill -0 "$server" 2>/dev/null; do
    status=0
    wait "$server" || status=$?
  done
  exit "$status"
}

url=
while read -r line <&3; do
  printf '%s\n' "$line"
  case $line in ready\ *) url=${line#ready } && break ;; esac
done
[ -n "$url" ] || wait_for_server

NEXUS_URL=$url "$nexus" demo &
demo=$!
demo_status=0
wait "$demo" || demo_status=$?
demo=
if [ -n "$stopping" ] || ! kill -0 "$server" 2>/dev/null; then wait_for_server; fi
[ "$demo_status" = 0 ] || say "the demo was not played to its end; the server goes on"

settings=" PATH=$(dirname "$nexus"):\$PATH"
if [ "$url" != http://127.0.0.1:8002 ]; then settings+=" NEXUS_URL=$url"; fi
if [ -n "${NEXUS_DATA_DIR:-}" ]; then settings+=" NEXUS_DATA_DIR=$NEXUS_DATA_DIR"; fi
cat <<TEXT

The server goes on at $url; Ctrl-C stops it. In another terminal:

  export$settings
  nexus remember "Ana's boat is called Xoubiña."
  nexus recall "¿cómo se llama el barco de Ana?"
  nexus recall --brain demo "Why did he quit caffeine?"
TEXT
wait_for_server
