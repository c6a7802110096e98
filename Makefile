# Two commands for newcomers: `make demo` and `make test`. Everything else is for
# those who stay.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

GO      ?= go
BIN     := bin/nocturne
VENV    := .venv
LDFLAGS := -s -w

# The checkers, each at the version that this tree passes. They are built from
# their modules into .tools, one folder a version.
GOFUMPT       := .tools/gofumpt-v0.12.0/gofumpt
GOLANGCI_LINT := .tools/golangci-lint-v2.15.0/golangci-lint
WORKFLOWCHECK := .tools/workflowcheck-v0.6.0/workflowcheck

.PHONY: demo build needs test kill-test check fmt vet lint workflowcheck tidy tools bench clean

demo: build
	./$(BIN) demo

build:
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/nocturne

# needs installs what integration tests use, as far as this machine allows;
# tests say plainly what they skip without it.
needs:
	@scripts/needs.sh

# The line at the end counts tests and subtests. With CI=true or NOCTURNE_NO_SKIP=1
# a skipped test fails the run. Tests run without vet: `make check` vets all once.
test: build needs
	@export NOCTURNE_BINARY="$(abspath $(BIN))"; \
	if [ -x $(VENV)/bin/python ]; then export NOCTURNE_PYTHON="$(abspath $(VENV)/bin/python)"; fi; \
	{ $(GO) test -vet=off -json -timeout 30m ./... || true; } | $(GO) run ./scripts/testsum

# kill-test kills the whole process at 20 random moments of one night; `make test`
# does so three times. NOCTURNE_KILL_SEED draws other moments.
kill-test: build
	NOCTURNE_BINARY="$(abspath $(BIN))" NOCTURNE_KILLS=$${NOCTURNE_KILLS:-20} \
	$(GO) test -vet=off -count=1 -v -timeout 30m -run '^TestKilledNight$$' ./cmd/nocturne/e2e

check: fmt vet lint workflowcheck tidy
	@echo "checks passed"

fmt: $(GOFUMPT)
	@out=$$($(GOFUMPT) -l $$(git ls-files '*.go')); \
	if [ -n "$$out" ]; then echo "not in gofumpt's form:"; echo "$$out"; exit 1; fi

# The two packages that import the Temporal server are vetted by golangci-lint,
# which does not visit their dependencies: go vet would, for minutes.
vet:
	$(GO) vet $$($(GO) list ./... | grep -v -e /cmd/nocturne$$ -e /cmd/nocturne/devserver$$)

# The floors are among the rules: depguard in .golangci.yml.
lint: $(GOLANGCI_LINT)
	$(GOLANGCI_LINT) run ./...

workflowcheck: $(WORKFLOWCHECK)
	$(WORKFLOWCHECK) -config .workflowcheck.yaml ./workflows/...

tidy:
	$(GO) mod tidy -diff

tools: $(GOFUMPT) $(GOLANGCI_LINT) $(WORKFLOWCHECK)

$(GOFUMPT):
	GOTOOLCHAIN=local GOBIN="$(abspath $(@D))" $(GO) install mvdan.cc/gofumpt@v0.12.0

$(GOLANGCI_LINT):
	GOTOOLCHAIN=local GOBIN="$(abspath $(@D))" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

$(WORKFLOWCHECK):
	GOTOOLCHAIN=local GOBIN="$(abspath $(@D))" $(GO) install go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

bench:
	$(GO) test -vet=off -run '^$$' -bench . -benchtime 1s ./internal/... ./schemas/... ./anonymize/... ./synth/... ./labeling/...

clean:
	rm -rf bin $(VENV) .tools
