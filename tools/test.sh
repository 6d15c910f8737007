#!/usr/bin/env bash
# All tests, one after the other; ends with the line `N passed, N failed`. `make test` calls it.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0
failed=0

run() {  # run NAME COMMAND…
  local name=$1
  shift
  printf '== %s\n' "$name"
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    printf '== %s FAILED\n' "$name"
  fi
}

formatted() {
  git ls-files 'src/*.h' 'src/*.cc' | xargs -r clang-format-19 --dry-run --Werror
}

run "clang-format" formatted
run "layers" python3 tools/check_layers.py
run "layers: the check catches a violation" python3 tools/check_layers.py --self-test
for program in build/debug/nexus_*_test; do
  run "$(basename "$program")" "$program" --gtest_brief=1
done
run "schema on a real PostgreSQL" .venv/bin/pytest -q tests/schema --timeout 300
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
