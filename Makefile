GOTOOL := go tool -modfile=tools/go.mod

.PHONY: check test demo lint verify bench golden lambda cover clean

check: ## what every change must pass
	test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go mod tidy -diff
	go test -race ./...

test:
	go test ./...

demo:
	go run ./cmd/tenor run --demo

lint:
	$(GOTOOL) golangci-lint run
	$(GOTOOL) govulncheck ./...

golden: ## write the golden files anew; look at the difference before committing it
	go test ./report/... -update

cover:
	go test -coverprofile=coverage.out ./... && go tool cover -func=coverage.out | tail -1

clean:
	rm -rf out dist bin coverage.out
