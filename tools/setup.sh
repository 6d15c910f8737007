#!/usr/bin/env bash
# Installs what Nexus needs to be built, run and tested. Idempotent; starts no service.
#
#   tools/setup.sh [--dry-run] [build|run|test|tools ...]        (default: all four)
#
# Debian 13 or newer: the packages come from the system's own suite.
# Debian 12: the packages come from trixie, pinned below everything else so that nothing
# upgrades by itself later. That upgrades libc, therefore a terminal is asked first; CI and
# containers (no terminal) go on.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

BUILD="g++-14 cmake ninja-build ccache mold pkgconf libboost1.88-dev libboost-json1.88-dev libpq-dev
  libssl-dev libonnxruntime-dev libspdlog-dev libcli11-dev libtomlplusplus-dev prometheus-cpp-dev
  libstemmer-dev libicu-dev libhiredis-dev zlib1g-dev
  libcurl4-openssl-dev"
RUN="postgresql-17 postgresql-17-pgvector redis-server ca-certificates tzdata"
TEST="libgtest-dev googletest postgresql-client-17 redis-tools curl"
TOOLS="clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev lld-19"
# The demo, the model conversion, the evaluation and the black box tests are Python.
PYTHON="python3 python3-venv"

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 3; }

dry_run=false
groups=()
for word in "$@"; do
  case "$word" in
    --dry-run) dry_run=true ;;
    build|run|test|tools) groups+=("$word") ;;
    *) die "unknown word '$word'; usage: tools/setup.sh [--dry-run] [build|run|test|tools ...]" ;;
  esac
done
[ ${#groups[@]} -gt 0 ] || groups=(build run test tools)

packages=
for group in "${groups[@]}"; do
  case "$group" in
    build) packages+=" $BUILD" ;;
    run) packages+=" $RUN" ;;
    test) packages+=" $TEST" ;;
    tools) packages+=" $TOOLS" ;;
  esac
done
command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=" $PYTHON"

# What an older Debian may have too old: the least version that will do.
declare -A LEAST=([cmake]=3.29 [ninja-build]=1.11 [googletest]=1.13 [libgtest-dev]=1.13 [redis-server]=5:7.4)
installed() {
  local version
  version=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$1" 2>/dev/null) || return 1
  [ "${version:0:3}" = 'ii ' ] || return 1
  [ -z "${LEAST[$1]:-}" ] || dpkg --compare-versions "${version:3}" ge "${LEAST[$1]}"
}
missing=()
for package in $packages; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  say "nothing to install"
  exit 0
fi
say "to install: ${missing[*]}"
if $dry_run; then exit 0; fi

command -v apt-get >/dev/null || die "this script knows Debian's apt only; install the packages above another way and run make again"
if [ "$(id -u)" = 0 ]; then root=(); else
  command -v sudo >/dev/null || die "run as root, or install sudo: apt-get needs it"
  root=(sudo --preserve-env=DEBIAN_FRONTEND,LC_ALL)
fi
as_root() { "${root[@]}" "$@"; }
APT=(apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=300
  -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)
candidate_is() { [[ $(apt-cache policy "$1" 2>/dev/null) == *"Candidate: $2"* ]]; }

# Repositories that this script does not need may be unreachable; what is missing shows below.
as_root "${APT[@]}" update </dev/null >&2 || say "apt-get update was not clean, going on"

target=()
trixie=/etc/apt/sources.list.d/nexus-trixie.sources
if [ -r $trixie ]; then
  target=(-t trixie)  # an earlier run was broken off, or packages were added since
elif ! { candidate_is libboost1.88-dev 1.88 && candidate_is postgresql-17 17; }; then
  sources=/etc/apt/sources.list.d/debian.sources
  { [ -r "$sources" ] && grep -q bookworm "$sources"; } ||
    die "needs Debian 13 (trixie) or newer; this system offers no libboost1.88-dev and is not a Debian 12 either"
  if [ -t 0 ] && [ "${CI:-}" != true ] && [ "${NEXUS_SETUP_TRIXIE:-}" != 1 ]; then
    printf 'This is Debian 12. The packages come from Debian 13 and upgrade libc with them. Go on? [y/N] ' >&2
    read -r answer
    [ "$answer" = y ] || [ "$answer" = Y ] || die "stopped; nothing was changed"
  fi
  target=(-t trixie)
  printf 'Types: deb\nURIs: %s\nSuites: trixie trixie-updates\nComponents: main\nSigned-By: %s\n' \
    "$(awk '/^URIs:/{print $2; exit}' $sources)" "$(awk '/^Signed-By:/{print $2; exit}' $sources)" |
    as_root tee $trixie >/dev/null
  printf 'Package: *\nPin: release n=trixie*\nPin-Priority: 100\n' |
    as_root tee /etc/apt/preferences.d/nexus-trixie >/dev/null
  as_root "${APT[@]}" update </dev/null >&2 || say "apt-get update was not clean, going on"
fi

# Debian's postgresql package would create and start a cluster of its own; Nexus runs a private one.
dropin=/etc/postgresql-common/createcluster.d/nexus.conf
if ! installed postgresql-17 && [ ! -e $dropin ]; then
  trap 'as_root rm -f $dropin' EXIT
  as_root mkdir -p "$(dirname $dropin)"
  echo 'create_main_cluster = false' | as_root tee $dropin >/dev/null
fi
# On a machine with systemd, redis-server would start after installing; remember whether it was there.
redis_was_there=false
installed redis-server && redis_was_there=true

status=0
as_root "${APT[@]}" install "${target[@]}" "${missing[@]}" </dev/null >&2 || status=$?
[ $status = 0 ] || die "apt-get install failed (status $status); its reason is above"
if ! $redis_was_there && [ -d /run/systemd/system ] && installed redis-server; then
  as_root systemctl disable --now redis-server >/dev/null 2>&1 || true
  say "redis-server is installed, not running: Nexus starts a private one"
fi
say "done"
