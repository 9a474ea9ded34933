package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"tenor/audit"
	"tenor/policies"
)

// export writes what the peers read into dir, unless it is there: the pack and its data, and input.json, an array of all
// documents of the snapshot.
func export(snapshot, dir string) error {
	input := filepath.Join(dir, "input.json")
	if _, err := os.Stat(input); err == nil {
		return nil
	}
	pack, err := policies.Load(context.Background(), policies.Options{})
	if err != nil {
		return err
	}
	if err := pack.Export(dir, asOf(), nil); err != nil {
		return err
	}
	list, err := files(snapshot)
	if err != nil {
		return err
	}
	return audit.WriteFile(input, func(w io.Writer) error {
		buf := bufio.NewWriter(w)
		sep := "["
		for _, f := range list {
			for line, err := range lines(f) {
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(buf, "%s\n%s", sep, line.JSON); err != nil {
					return err
				}
				sep = ","
			}
		}
		if _, err := buf.WriteString("\n]\n"); err != nil {
			return err
		}
		return buf.Flush()
	})
}

// query has OPA judge the documents one by one, as fast as it can: each as the input of every rule.
const query = `[[r.id, rule, d] | some r in input; some domain in ["estate", "general", "outposts", "service_catalog"]; some rule; some d in data.tenor[domain][rule].deny with input as r]`

// peerSides are conftest and OPA on what export wrote.
func peerSides(s settings, dir string) []*side {
	policy, data, input := filepath.Join(dir, "policy"), filepath.Join(dir, "data"), filepath.Join(dir, "input.json")
	all := []*side{
		{name: fmt.Sprintf("conftest, %d", s.peers), resources: s.peers, count: conftestCount,
			command: []string{s.conftest, "test", "--policy", policy, "--data", data, "--all-namespaces", "--output", "json", input}},
		{name: fmt.Sprintf("opa eval, %d", s.peers), resources: s.peers, count: opaCount,
			command: []string{s.opa, "eval", "--format", "json", "--data", policy, "--data", data, "--input", input, query}},
	}
	return slices.DeleteFunc(all, func(s *side) bool { return s.command[0] == "" })
}

// conftestCount adds up the failures of each namespace.
func conftestCount(out []byte) (int, error) {
	var results []struct {
		Failures []json.RawMessage `json:"failures"`
	}
	if err := json.Unmarshal(out, &results); err != nil {
		return 0, err
	}
	n := 0
	for _, r := range results {
		n += len(r.Failures)
	}
	return n, nil
}

func opaCount(out []byte) (int, error) {
	var result struct {
		Result []struct {
			Expressions []struct {
				Value []json.RawMessage `json:"value"`
			} `json:"expressions"`
		} `json:"result"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return 0, err
	}
	if len(result.Result) != 1 || len(result.Result[0].Expressions) != 1 {
		return 0, errors.New("no result")
	}
	return len(result.Result[0].Expressions[0].Value), nil
}
