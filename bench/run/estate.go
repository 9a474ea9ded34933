package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenor/audit"
	"tenor/bench/estate"
	"tenor/snapshot"
)

// size is how large an estate is.
type size struct{ products, outposts int }

func readSizes(list string) (sizes []size, err error) {
	for text := range strings.SplitSeq(list, ",") {
		var s size
		if _, err := fmt.Sscanf(text, "%d:%d", &s.products, &s.outposts); err != nil {
			return nil, fmt.Errorf("size %q: want products:Outposts, such as 10000:200: %w", text, err)
		}
		sizes = append(sizes, s)
	}
	return sizes, nil
}

// perAccount is how many products an account has.
const perAccount = 1000

const region = "eu-central-1"

// generate writes the snapshot of an estate to dir, unless it is there. Its accounts have as much as one another.
func generate(dir string, s size) (err error) {
	if _, err := os.Stat(filepath.Join(dir, snapshot.ManifestName)); err == nil {
		return nil
	}
	w, err := snapshot.Create(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	counts := map[string]int{audit.KindProvisionedProduct: s.products, audit.KindOutpost: s.outposts, audit.KindOrder: s.outposts,
		audit.KindQuote: s.outposts * 4 / 5, audit.KindCapacityTask: s.outposts / 5}
	m := snapshot.Manifest{ToolVersion: "bench", TakenAt: estate.AsOf().Format(time.RFC3339), Partition: "aws", Regions: []string{region}}
	accounts := max(s.products/perAccount, 1)
	for a := range accounts {
		account := fmt.Sprintf("%012d", 111122223333+a)
		m.Accounts = append(m.Accounts, snapshot.ManifestAccount{ID: account, Name: fmt.Sprintf("account-%04d", a)})
		for _, kind := range audit.CollectedKinds() {
			if err := part(w, kind, account, counts[kind.Name]*a/accounts, counts[kind.Name]*(a+1)/accounts); err != nil {
				return err
			}
		}
	}
	_, err = w.Finish(m)
	return err
}

// part writes the resources of one kind of an account, from first up to last.
func part(w *snapshot.Writer, kind audit.Kind, account string, first, last int) error {
	p, err := w.Part(account, region, kind.Name)
	if err != nil {
		return err
	}
	for i := first; i < last; i++ {
		r := estate.Documents[kind.Name](account, i)
		r.Kind, r.Account, r.Region, r.Gaps = kind.Name, account, region, map[string]audit.Gap{}
		if err := p.Add(r); err != nil {
			return errors.Join(err, p.Discard())
		}
	}
	return p.Commit([]audit.Coverage{{Account: account, Region: region, Service: kind.Service, Operation: kind.List,
		Status: audit.StatusCollected, Count: last - first}})
}
