package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"

	"tenor/bench/estate"
	"tenor/internal/atomicfile"
	"tenor/policies"
	"tenor/snapshot"
)

// parts writes the documents of the snapshot to a file, at most size at once, as an array, and yields how many they are. The
// file is gone when the next part is asked for.
func parts(snapshot, path string, size int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		next, stop := iter.Pull2(documents(snapshot))
		defer stop()
		for {
			n, err := part(next, path, size)
			if n == 0 && err == nil || !yield(n, err) || err != nil {
				return
			}
		}
	}
}

// part writes an array of the next documents, at most size, and returns how many they are.
func part(next func() (snapshot.Line, error, bool), path string, size int) (n int, err error) {
	err = atomicfile.Write(path, atomicfile.FileMode, func(w io.Writer) error {
		buf := bufio.NewWriter(w)
		sep := "["
		for ; n < size; n++ {
			line, err, ok := next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if _, err := fmt.Fprintf(buf, "%s\n%s", sep, line.JSON); err != nil {
				return err
			}
			sep = ","
		}
		if _, err := buf.WriteString("\n]\n"); err != nil {
			return err
		}
		return buf.Flush()
	})
	return n, err
}

// query has OPA evaluate the documents one by one, as fast as it can: each as the input of every rule.
const query = `[[r.id, rule, d] | some r in input; some domain in ["estate", "general", "outposts", "service_catalog"]; some rule;
	some d in data.tenor[domain][rule].deny with input as r]`

// What a process of a peer is given at most: conftest's time grows in a line, so that small parts show how far it has come;
// OPA's memory is what bounds it.
const conftestPart, opaPart = 6_500, 130_000

// peerSides are conftest and OPA on the pack and its data, which it writes into the bench's directory.
func peerSides(s settings, snapshot string) ([]*side, error) {
	pack, err := policies.Load(context.Background(), policies.Options{})
	if err != nil {
		return nil, err
	}
	if err := pack.Export(s.dir, estate.AsOf(), nil); err != nil {
		return nil, err
	}
	policy, data := filepath.Join(s.dir, "policy"), filepath.Join(s.dir, "data")
	forOPA, forConftest := filepath.Join(s.dir, "opa.json"), filepath.Join(s.dir, "conftest.json")
	all := []*side{
		{name: "opa eval", parts: parts(snapshot, forOPA, opaPart), count: opaCount,
			command: []string{s.opa, "eval", "--format", "json", "--data", policy, "--data", data, "--input", forOPA, query}},
		{name: "conftest", parts: parts(snapshot, forConftest, conftestPart), count: conftestCount,
			command: []string{s.conftest, "test", "--policy", policy, "--data", data, "--all-namespaces", "--output", "json", forConftest}},
	}
	return slices.DeleteFunc(all, func(s *side) bool { return s.command[0] == "" }), nil
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
