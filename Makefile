# The two commands that matter: `make run` and `make test`.
SHELL := /bin/sh
export CGO_ENABLED := 0
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/entente/entente/internal/cli.version=$(VERSION)
# A component of a page is a function that returns a closure; inlined, each place that uses it would carry a copy. Pages, REST and what people
# plan and report are a third of the program then, and not slower; what runs for every post is inlined as usual.
OURS := github.com/entente/entente/internal
PLAIN := $(OURS)/...web $(OURS)/web/... $(OURS)/...api $(OURS)/app $(OURS)/cli $(OURS)/org $(OURS)/business $(OURS)/plan $(OURS)/plan/... $(OURS)/govern $(OURS)/govern/... \
	$(OURS)/fediverse $(OURS)/fediverse/... $(OURS)/listening $(OURS)/letter $(OURS)/push $(OURS)/translate $(OURS)/report $(OURS)/report/... $(OURS)/team $(OURS)/inbox $(OURS)/inbox/... $(OURS)/intake $(OURS)/measure $(OURS)/measure/kpi $(OURS)/measure/own $(OURS)/people $(OURS)/enrich $(OURS)/channel $(OURS)/situation $(OURS)/situation/... $(OURS)/rule $(OURS)/rule/... $(OURS)/survey $(OURS)/contact $(OURS)/lead $(OURS)/course $(OURS)/archive $(OURS)/charter $(OURS)/strategy $(OURS)/strategy/... $(OURS)/community $(OURS)/community/... $(OURS)/recognition $(OURS)/recognition/... github.com/danielgtaylor/huma/... github.com/spf13/... github.com/schollz/... \
	google.golang.org/protobuf/... github.com/pressly/... github.com/emersion/... github.com/wneessen/... github.com/nyaruka/... github.com/yuin/... github.com/microcosm-cc/... golang.org/x/net/... golang.org/x/image/... crypto/tls crypto/x509 encoding/asn1 encoding/xml html/template text/template/...
SMALL := $(foreach p,$(PLAIN),-gcflags '$(p)=-l')

.DEFAULT_GOAL := help
.PHONY: help run build test bench lighthouse lint generate assets openapi clean

help: ## what can be done
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build, and open a filled demo on http://127.0.0.1:8080 (data in ./data)
	./bin/entente serve --demo

build: assets generate ## bin/entente, one file, nothing else needed to run it
	$(GO) run ./internal/pack
	$(GO) build -trimpath -tags packed $(SMALL) -ldflags "$(LDFLAGS)" -o bin/entente ./cmd/entente

assets: ## the browser side, from npm by lock file
	@command -v npm >/dev/null || { echo "npm is needed (Debian: apt-get install nodejs npm)"; exit 1; }
	sh assets/build.sh

generate: ## Go from the pages (*.templ); only pages newer than what was made from them
	$(GO) tool templ generate -lazy -path internal -log-level warn
	$(GO) run ./internal/web/write/slim internal

test: assets generate ## every test: both databases, real mail servers, browser; installs what it needs where it may
	sh scripts/test.sh

bench: build ## rates and ratios with the machine's noise; see docs/performance.md
	sh scripts/bench.sh

lighthouse: build ## what Lighthouse thinks of the pages that visitors of a community see first
	sh scripts/lighthouse.sh

lint: generate ## gofmt, go vet, types of the islands
	@test -z "$$(gofmt -l cmd internal lang assets locales sample e2e)" || { gofmt -l cmd internal lang assets locales sample e2e; echo "not formatted"; exit 1; }
	$(GO) vet ./...
	npx --no-install tsc --noEmit

openapi: ## docs/openapi.json, the specification of the REST interface
	$(GO) run ./cmd/entente openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

clean: ## remove what was built, not the data
	rm -rf bin assets/dist/*.js assets/dist/*.css assets/dist/*.svg assets/dist/manifest.json node_modules
