# Two commands for newcomers: `make demo` and `make test`. Everything else is for
# those who stay.
GO      ?= go
BIN     := bin/nocturne
VENV    := .venv
PYTHON  := $(VENV)/bin/python
LDFLAGS := -s -w

.PHONY: demo test build check fmt vet lint floors workflowcheck tidy bench kill-test needs clean

demo: build
	./$(BIN) demo

build:
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/nocturne

# needs installs what integration tests use, as far as this machine allows;
# tests say plainly what they skip without it.
needs:
	@./scripts/needs.sh

# Two packages and no more import the Temporal server; vetting its dependencies costs minutes
# and finds nothing of ours, so tests run without vet and `make vet` vets our own.
test: build needs
	@NOCTURNE_BINARY=$(abspath $(BIN)) NOCTURNE_PYTHON=$$([ -x $(PYTHON) ] && echo $(abspath $(PYTHON))) \
	$(GO) test -vet=off -json -timeout 30m ./... | $(GO) run ./scripts/testsum

check: fmt vet lint workflowcheck tidy

fmt:
	@out=$$(gofumpt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not gofumpt'ed:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet $$($(GO) list ./... | grep -v -e /cmd/nocturne$$ -e /devserver)

lint:
	golangci-lint run --timeout 15m

workflowcheck:
	workflowcheck ./workflows/...

tidy:
	$(GO) mod tidy -diff

bench:
	$(GO) test -run xxx -bench . -benchtime 1s ./internal/... ./schemas/... ./anonymize/... ./synth/... ./labeling/...

clean:
	rm -rf bin $(VENV)
