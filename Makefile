# Thin on purpose: what to run is here, how to install is in tools/setup.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo setup setup-tests setup-lint setup-bench setup-mutants build test e2e lighthouse bench fuzz \
	mutants lint

export PATH := $(or $(BINDERY_TOOLS),$(HOME)/.cache/bindery)/bin:$(CURDIR)/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: build ## Start the shop with an offline ExpressPlay, and say where it is
	@exec target/release/server $(ARGS)

setup: ## Install what building needs and is missing
	@tools/setup

setup-tests:
	@tools/setup browser

setup-lint:
	@tools/setup lint

setup-bench:
	@tools/setup bench

setup-mutants:
	@tools/setup mutants

# Everything that the built site and the server are made of.
SOURCES := $(shell find app expressplay server simulator style public Cargo.toml Cargo.lock \
	rust-toolchain.toml -type f -not -path '*/tests/*' -not -path 'public/player/*' 2>/dev/null)

build: setup target/release/.built ## Build the shop in release

# Hashed files of an earlier build would be hashed again, so they go first.
target/release/.built: $(SOURCES)
	@rm -rf target/site/pkg && mkdir -p target/release && touch target/release/.building
	cargo leptos build --release --precompress
	@mv target/release/.building $@ # as old as the sources that it was built from

test: setup-tests build ## Run every test, the browser's included
	cargo test --workspace --locked
	$(MAKE) e2e

e2e: setup-tests build ## Run the browser tests alone
	@# With the server beside it, it is made of the same parts, which are built already.
	cargo build --release --locked -p server -p simulator --bin simulator
	npx playwright test -c end2end $(ARGS)

lighthouse: ## Ask Lighthouse about four pages as a telephone sees them, and for 95 at least in speed
	BINDERY_PERFORMANCE=95 $(MAKE) e2e ARGS="lighthouse --no-deps --workers 1"

bench: setup-bench ## Measure the simulator beside its peers, into docs/bench.md (some 10 minutes)
	cargo build --release --locked -p simulator -p bench
	target/release/bench

fuzz: ## Ask both APIs at least 20,000 made-up questions
	@tools/fuzz/run

mutants: setup-mutants ## Break every check of the simulator's, and see a test fail each time (an hour or two)
	cargo mutants -p expressplay -p simulator -p server -o target $(ARGS)

lint: setup-lint ## Check format, warnings, types, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p front -p app --features app/hydrate --target wasm32-unknown-unknown --locked -- -D warnings
	npx tsc -p end2end
	cargo deny --locked check licenses bans sources
