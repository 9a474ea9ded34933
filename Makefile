GOTOOL := go tool -modfile=tools/go.mod
PEERS := $(CURDIR)/bin/peers

.PHONY: check test demo lint vuln verify fuzz mutate bench bench-compare golden release release-check lambda cover clean

# What CI checks beside `go test ./...`, which it runs first. The tests are not run a second time as they are: only those of
# most packages that start goroutines, under the race detector, which makes them several times as slow. Of collector, report/workbook and
# policies they are a few; make verify has more of the first two, and those of job and cmd/tenor that run shards or the whole pack.
RACES := ./internal/awsread ./internal/awssim ./job/delivery ./snapshot ./billing ./report/workbook/xlsx

check: lint ## what every change must pass
	test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go mod tidy -diff
	go test -race -short $(RACES)
	go test -race -short -run 'TestCollect|TestCancel|TestPages$$|TestResume|TestHub|Golden' ./collector ./report/workbook
	go test -race -run 'TestIsStopped|RunAtOnce|Runaway' ./policies

test:
	go test ./...

demo:
	go run ./cmd/tenor run --demo

lint:
	$(GOTOOL) golangci-lint run

vuln: ## asks the Go vulnerability database
	$(GOTOOL) govulncheck ./...

# The programs: python3, cfn-lint, terraform, systemd-analyze, LibreOffice, Gnumeric, openpyxl, xmllint, npm, Chromium, bash, conftest. Each
# test says which it needs.
verify: ## what needs other programs, or minutes
	GOBIN=$(PEERS) go install github.com/open-policy-agent/conftest@v0.71.1
	GOBIN=$(PEERS) go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
	PATH="$(PEERS):$$PATH" go test -timeout 60m -tags verify ./report/verify ./deploy
	go test -tags verify ./report -run HTML
	go test -tags verify ./bench/all
	CONFTEST=$(PEERS)/conftest go test -tags verify ./cmd/tenor -run Conftest
	go test ./finance -run 'TestOracle$$' -estates 100 -estates.seed $$(date +%s) -v
	go test ./finance -run 'TestStateProperties$$' -states 100000 -states.seed $$(date +%s) -v
	go test -race -short -timeout 0 -run 'Collect|Fault|Cancel|Resume|Shard|TwoRuns|DemoFires|Interrupt|Panic|Stop|Refill' \
		./cmd/tenor ./collector ./job ./report/workbook/...
	go test ./collector -run AnyMixOfFaults -mixes 200 -timeout 0
	go test ./job -run 'TestInterruptedWriting$$|TestDiskFull$$|TestLargeReports$$' -thorough -timeout 0
	go test ./cmd/tenor -run 'TestKill$$' -kills 100 -kills.seed $$(date +%s) -timeout 0 -v
	go test ./policies -run 'TestPrograms$$|TestConformance$$' -programs 60s -programs.seed $$(date +%s) -timeout 0 -v

MUTATED ?= ./finance
FILES ?= $(notdir $(wildcard $(MUTATED)/*.go))
UNMUTATED = $(filter-out $(FILES),$(notdir $(wildcard $(MUTATED)/*.go)))

mutate: ## changes FILES of MUTATED in one place at a time, runs its tests for each change, and says which change no test notices
	go tool -modfile=tools/mutate/go.mod gremlins unleash --workers 1 --timeout-coefficient 20 $(UNMUTATED:%=-E '\b%$$') $(MUTATED)

FUZZTIME ?= 30s

fuzz: ## each fuzz target for FUZZTIME, one after the other
	grep -ro '^func Fuzz[A-Za-z]*' --include='*_test.go' . | while IFS=: read -r file name; do \
		go test "$$(dirname "$$file")" -run '^$$' -fuzz "^$${name#func }\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done

# The peers of the workbook are Debian packages: see bench/workbook.
bench: ## each benchmark beside its floor and its peers, into docs/benchmarks.md
	GOBIN=$(PEERS) go install github.com/open-policy-agent/conftest@v0.71.1
	GOBIN=$(PEERS) go install github.com/open-policy-agent/opa@v1.22.0
	go run ./bench/all -opa $(PEERS)/opa -conftest $(PEERS)/conftest

bench-compare: ## the job as it is here against that of the revision OLD, on the same snapshot: make bench-compare OLD=v1.2.0
	go run ./bench/compare -old $(OLD)

golden: ## write the golden files and the generated docs anew; look at the difference before committing it
	go generate ./docs/schemas
	go test ./report ./report/workbook -update
	go test ./policies -run Pages -update

RELEASE := go tool -modfile=tools/release/go.mod
export KO_DOCKER_REPO ?= ko.local

release: ## builds what the tag of this commit stands for into dist/release and dist/lambda, and pushes the image to KO_DOCKER_REPO
	$(RELEASE) goreleaser release --clean

# On a tagged commit, the release of the tag; on any other, a snapshot.
SNAPSHOT = $(shell git describe --exact-match --tags HEAD >/dev/null 2>&1 || echo --snapshot)

release-check: ## builds the release of this commit in two clones, without the image, whose base comes from a registry, and compares them
	$(RELEASE) goreleaser check --quiet
	rm -rf dist
	for n in 1 2; do git clone --quiet . dist/$$n && \
		(cd dist/$$n && $(RELEASE) goreleaser release $(SNAPSHOT) --skip=ko,publish) || exit 1; done
	cmp dist/1/dist/release/checksums.txt dist/2/dist/release/checksums.txt
	mv dist/1/dist/release dist/1/dist/lambda dist && rm -rf dist/1 dist/2

lambda: ## the function's packages: dist/tenor-lambda-arm64.zip and -amd64.zip
	go run ./deploy/lambdazip dist

cover:
	go test -coverprofile=coverage.out ./... && go tool cover -func=coverage.out | tail -1

clean:
	rm -rf out dist bin coverage.out
