# Countersign: `make help` says what there is.

export GOFLAGS := -trimpath -buildvcs=false
export CGO_ENABLED := 0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
LISTEN ?= 127.0.0.1:8080

WEB_SOURCES := $(shell find web/src web/public web/scripts web/index.html web/*.json web/*.ts docs/*.md docs/images -type f 2>/dev/null)
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64

.PHONY: help run build test test-pg prove lighthouse check gen bench web e2e journeys screenshots release \
	need need-test setup tools vet test-go test-server test-web smoke stories fuzz kill check-go check-web check-generated binary clean
.DELETE_ON_ERROR:

help: ## Say what each target does
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- Run and build ---------------------------------------------------------

run: build ## Build all and serve the demo organization on http://localhost:8080
	@exec bin/countersign serve --demo --data ./data --listen $(LISTEN)

build: need web ## Build the console and bin/countersign with the console inside
	@$(MAKE) binary

binary:
	@go build -ldflags '$(LDFLAGS)' -o bin/countersign ./cmd/countersign

web: web/dist/index.html ## Build the console into web/dist

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@cd web && npm run build --silent
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/npm-ci web
	@touch $@

test/e2e/node_modules/.package-lock.json: test/e2e/package-lock.json
	@scripts/npm-ci test/e2e
	@touch $@

test/lighthouse/node_modules/.package-lock.json: test/lighthouse/package-lock.json
	@scripts/npm-ci test/lighthouse
	@touch $@

tools: bin/tools/golangci-lint bin/tools/gofumpt

bin/tools/golangci-lint bin/tools/gofumpt &: tools/go.mod tools/go.sum
	@cd tools && go build -o ../bin/tools/ tool
	@touch bin/tools/golangci-lint bin/tools/gofumpt

need:
	@scripts/need build

need-test:
	@scripts/need test

# --- Check and test --------------------------------------------------------

# What waits for the network (npm, apt) runs beside what compiles.
setup: need-test web tools test/e2e/node_modules/.package-lock.json

test: ## Run every check and test at reduced scale (sets up all it needs)
	@$(MAKE) -j3 -Otarget setup
	@$(MAKE) binary
	@$(MAKE) -j2 -Otarget check test-web
	@$(MAKE) -j2 -Otarget test-server journeys
	@echo "all checks and tests passed"

check: check-go check-generated check-web ## Format, vet, go fix, lint, generated files, types

check-go: tools
	@out=$$(bin/tools/gofumpt -l cmd internal test web/embed.go); if [ -n "$$out" ]; then echo "not formatted (bin/tools/gofumpt -w):"; echo "$$out"; exit 1; fi
	@go vet ./...
	@out=$$(go fix -diff ./... || true); if [ -n "$$out" ]; then echo "$$out"; echo "older idioms (go fix ./...)"; exit 1; fi
	@bin/tools/golangci-lint run --allow-parallel-runners ./...
	@go mod verify >/dev/null
	@go mod tidy -diff >/dev/null || { echo "go.mod is not tidy (go mod tidy)"; exit 1; }

check-web: web/node_modules/.package-lock.json
	@cd web && npm run check --silent

check-generated: web/node_modules/.package-lock.json
	@scripts/generated check

gen: web/node_modules/.package-lock.json ## Write the generated files again (OpenAPI document, types, golden files)
	@scripts/generated write

test-go: ## The Go tests on SQLite alone
	@go test ./cmd/... ./internal/... ./web

test-pg: need-test ## The Go tests on SQLite and on a throw-away PostgreSQL
	@COUNTERSIGN_TEST_FSYNC=off scripts/with-postgres go test -timeout 25m $$(go list ./cmd/... ./internal/... ./web | grep -v /internal/doctor$$)
	@scripts/with-postgres go test ./internal/doctor # which looks at what the database promises

# One after the other: beside them run the journeys, and a browser mostly waits.
test-server:
	@$(MAKE) test-pg
	@$(MAKE) smoke
	@$(MAKE) stories
	@$(MAKE) fuzz
	@$(MAKE) kill

test-web: web/node_modules/.package-lock.json
	@cd web && npm test --silent

smoke: binary
	@COUNTERSIGN_BINARY=$(CURDIR)/bin/countersign scripts/with-postgres go test -count=1 ./test/smoke ./test/docs

stories: binary ## The attackers of the threat model, each a scripted story against the real program
	@COUNTERSIGN_BINARY=$(CURDIR)/bin/countersign go test -count=1 -parallel 6 ./test/stories

fuzz: binary
	@COUNTERSIGN_BINARY=$(CURDIR)/bin/countersign go test -count=1 ./test/fuzz

kill: binary
	@COUNTERSIGN_BINARY=$(CURDIR)/bin/countersign scripts/with-postgres go test -count=1 -p 1 ./bench/...

journeys: need-test build test/e2e/node_modules/.package-lock.json ## Journeys in Chromium, with axe on every page
	@cd test/e2e && node --test --test-concurrency=1 --test-reporter=spec journeys/*.test.mjs

e2e: journeys ## The journeys, and a contact sheet with pictures of every page in test/e2e/out
	@cd test/e2e && node screenshots.mjs --sheet

screenshots: need-test build test/e2e/node_modules/.package-lock.json ## Pictures of every page into test/e2e/out, those of the README into docs/images
	@cd test/e2e && node screenshots.mjs

# --- Prove and measure -----------------------------------------------------

prove: ## The claims at the scale they are stated; figures as JSON lines under bench/results
	@$(MAKE) -j3 -Otarget setup
	@$(MAKE) binary
	@mkdir -p bench/results
	@COUNTERSIGN_SCALE=full COUNTERSIGN_BINARY=$(CURDIR)/bin/countersign COUNTERSIGN_RESULTS=$(CURDIR)/bench/results \
		scripts/with-postgres go test -count=1 -timeout 120m -p 1 ./internal/... ./test/... ./bench/...
	@if command -v gcc >/dev/null; then CGO_ENABLED=1 go test -race -count=1 -timeout 60m ./internal/...; else echo "no C compiler here: the race detector is left out"; fi
	@cd test/e2e && COUNTERSIGN_SCALE=full node --test --test-concurrency=1 --test-reporter=spec journeys/*.test.mjs
	@$(MAKE) lighthouse

lighthouse: need-test build test/e2e/node_modules/.package-lock.json test/lighthouse/node_modules/.package-lock.json ## Speed and accessibility of the pages that contacts see
	@mkdir -p bench/results
	@cd test/lighthouse && COUNTERSIGN_RESULTS=$(CURDIR)/bench/results node --test --test-reporter=spec public.test.mjs

bench: binary ## Benchmarks and the load figures; results as JSON lines under bench/results
	@mkdir -p bench/results
	@go test -count=1 -timeout 30m -run '^$$' -bench . -benchmem -json ./internal/... >bench/results/benchmarks.jsonl
	@grep -ho '"Output":"[^"]*ns/op[^"]*' bench/results/benchmarks.jsonl | sed 's/^"Output":"//; s/\\t/  /g; s/\\n$$//'
	@COUNTERSIGN_BINARY=$(CURDIR)/bin/countersign COUNTERSIGN_RESULTS=$(CURDIR)/bench/results go test -count=1 -timeout 30m -v ./bench/load
	@cd bench/authz && go build -o ../results/authz.tmp . && ../results/authz.tmp -budget 3s -out ../results/authz.json | tee ../results/authz.md; rm -f ../results/authz.tmp

release: need web ## Stripped binaries for every platform, with checksums, in dist/
	@rm -rf dist && mkdir -p dist
	@for p in $(PLATFORMS); do \
		os=$${p%/*}; arch=$${p#*/}; ext=; [ $$os = windows ] && ext=.exe; \
		echo "building $$os/$$arch"; \
		GOOS=$$os GOARCH=$$arch go build -ldflags '$(LDFLAGS)' -o dist/countersign-$(VERSION)-$$os-$$arch$$ext ./cmd/countersign; \
	done
	@cp LICENSE dist/ && cd dist && sha256sum countersign-* >SHA256SUMS

clean: ## Remove what was built (not ./data)
	@rm -rf bin dist web/node_modules test/e2e/node_modules
	@find web/dist -mindepth 1 ! -name .gitkeep -delete
