# `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BUILD ?= debug
VENV := .venv

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the packages that Nexus needs (says which)
	@tools/setup.sh

build: setup ## the release build, in build/release
	@cmake --preset release >/dev/null && cmake --build --preset release

debug: setup ## the build with AddressSanitizer and UBSan, in build/debug
	@cmake --preset debug >/dev/null && cmake --build --preset debug

$(VENV)/.ready: tests/requirements.txt
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install -q -r tests/requirements.txt && touch $@

test: debug $(VENV)/.ready ## everything that proves that it works
	@tools/test.sh

tidy: debug ## clang-tidy over what changed since it was clean (tools/tidy.py --help)
	@python3 tools/tidy.py $(ARGS)

run: ## set up, build, and run Nexus with the demo played; Ctrl-C stops it
	@tools/run.sh $(ARGS)

demo: ## play the demo again, against the server that runs
	@build/release/nexus demo $(ARGS)

model: ## convert the default embedding model into the cache (once)
	@python3 tools/model/convert.py

build/eval-venv/.ready: tools/eval/requirements.txt
	@python3 -m venv build/eval-venv && build/eval-venv/bin/pip install -q -r $< && touch $@

eval: build model build/eval-venv/.ready ## score recall over HTTP on the sets beside the project
	@build/eval-venv/bin/python tools/eval/evaluate.py $(ARGS)

bench: build model $(VENV)/.ready ## measure against pgbench, a bare model loop and the parts of a recall (20 minutes)
	@cmake --build --preset release --target nexus_embed_loop
	@$(VENV)/bin/python tools/bench/bench.py $(ARGS)

format: ## clang-format over the sources
	@clang-format-19 -i $$(git ls-files --cached --others --exclude-standard 'src/*.h' 'src/*.cc')

clean: ## remove the builds
	@rm -rf build

.PHONY: help run demo setup build debug test tidy model eval bench format clean
