#!/usr/bin/env bash
# All checks and tests, one group after the other. `make test` calls it; it wants the debug build.
#
# The last line is `N passed, N failed`, and `, N skipped` if any were: test cases of all programs, and each of
# the checks before them as one. What is skipped is printed with its reason, and every group with its seconds.
# The exit status is 1 if anything failed; a program that crashes fails.
set -uo pipefail
cd "$(dirname "$0")/.."
reports=build/reports
mkdir -p $reports
passed=0 failed=0 skipped=0

group() { printf '== %s\n' "$1"; began=$SECONDS; }
ended() { printf '   %d passed, %d failed, %d skipped, %d s\n' "$1" "$2" "$3" $((SECONDS - began)); }
count() {
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
  ended "$@"
}

check() {  # check NAME COMMAND…: one test
  group "$1"
  if "${@:2}"; then count 1 0 0; else count 0 1 0; fi
}

cases() {  # cases NAME REPORT COMMAND…: as many tests as the report that the command writes has
  group "$1"
  rm -f "$2"
  local status=0 counts
  "${@:3}" || status=$?
  read -ra counts < <(python3 tools/count_tests.py "$2")
  if [ $status != 0 ] && [ "${counts[1]}" = 0 ]; then
    printf '   FAILED: exit status %d\n' $status
    counts[1]=1
  fi
  count "${counts[@]}"
}

formatted() {
  git ls-files 'src/*.h' 'src/*.cc' | xargs -r clang-format-19 --dry-run --Werror
}

program() {
  local report=$reports/$1.xml
  cases "$1" "$report" "build/debug/$1" --gtest_brief=1 "--gtest_output=xml:$report"
}

python() {  # python NAME FOLDER: quiet, but for failures; figures that a test prints come from the report
  local report=$reports/$2.xml
  cases "$1" "$report" .venv/bin/pytest -q -p no:cacheprovider --no-header --timeout 300 -o junit_logging=system-out \
    "--junitxml=$report" "tests/$2"
}

# Without the model the tests that need it are skipped: its weights come from outside.
make_model() {
  group "the embedding model"
  local status=0
  python3 tools/model/convert.py || status=$?
  case $status in
    0) ended 0 0 0; make_tokenizer_reference ;;
    3) printf '   not to be had here (the reason is above): Nexus is tested on words alone\n' ;;
    *) count 0 1 0 ;;
  esac
}

# Made once for a model and for the programs that make it.
make_tokenizer_reference() {
  local tokenizer digest file status=0
  tokenizer=${NEXUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexus}/models/multilingual-e5-small/tokenizer.bin
  digest=$(cat "$tokenizer" tests/tokenizer/* tools/model/package.py 2>/dev/null | sha256sum | cut -c 1-16)
  file=build/tokenizer-reference-$digest.jsonl
  group "10,000 texts for the tokenizer"
  [ -s "$file" ] || python3 tests/tokenizer/reference.py "$file" || status=$?
  case $status in
    0) export NEXUS_TOKENIZER=$tokenizer NEXUS_TOKENIZER_REFERENCE=$file; ended 0 0 0 ;;
    3) printf '   not to be had here (the reason is above): that test is skipped\n' ;;
    *) count 0 1 0 ;;
  esac
}

check "clang-format" formatted
check "layers" python3 tools/check_layers.py
check "layers: the check catches a violation" python3 tools/check_layers.py --self-test
check "clang-tidy" python3 tools/tidy.py
make_model
for test in build/debug/nexus_*_test; do
  program "$(basename "$test")"
done
python "schema, and the programs that need a PostgreSQL" schema
python "black box: the program over HTTP, kill -9, parts away" blackbox

printf '== all, %d s\n' $SECONDS
printf '%d passed, %d failed' $passed $failed
if [ $skipped != 0 ]; then printf ', %d skipped' $skipped; fi
printf '\n'
[ $failed = 0 ]
