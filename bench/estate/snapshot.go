package estate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenor/audit"
	"tenor/snapshot"
)

// Size is how large the estate of a snapshot is: 20000:400, or 1000:20+10000x26.
type Size struct {
	Products, Outposts int
	Accounts, Regions  int // beside those of the products, and with nothing in them
}

func (s Size) String() string {
	name := fmt.Sprintf("%d:%d", s.Products, s.Outposts)
	if s.Accounts > 0 {
		name += fmt.Sprintf("+%dx%d", s.Accounts, s.Regions)
	}
	return name
}

// ReadSizes reads sizes with commas between them.
func ReadSizes(list string) (sizes []Size, err error) {
	for text := range strings.SplitSeq(list, ",") {
		var s Size
		estate, empty, _ := strings.Cut(text, "+")
		_, err := fmt.Sscanf(estate, "%d:%d", &s.Products, &s.Outposts)
		if err == nil && empty != "" {
			_, err = fmt.Sscanf(empty, "%dx%d", &s.Accounts, &s.Regions)
		}
		if err != nil {
			return nil, fmt.Errorf("size %q: want products:Outposts, such as 10000:200, and then accounts x regions, such as +10000x26: %w",
				text, err)
		}
		sizes = append(sizes, s)
	}
	return sizes, nil
}

// perAccount is how many products an account has.
const perAccount = 1000

const region = "eu-central-1"

// Name is the folder of its snapshot.
func (s Size) Name() string {
	return "snapshot-" + strings.NewReplacer(":", "-", "+", "-").Replace(s.String())
}

// WriteSnapshot writes the snapshot of an estate to dir, unless it is there. Its accounts have as much as one another.
func WriteSnapshot(dir string, s Size) (err error) {
	if _, err := os.Stat(filepath.Join(dir, snapshot.ManifestName)); err == nil {
		return nil
	}
	w, err := snapshot.Create(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	counts := map[string]int{audit.KindProvisionedProduct: s.Products, audit.KindOutpost: s.Outposts, audit.KindOrder: s.Outposts,
		audit.KindQuote: s.Outposts * 4 / 5, audit.KindCapacityTask: s.Outposts / 5}
	m := snapshot.Manifest{ToolVersion: "bench", TakenAt: AsOf().Format(time.RFC3339), Partition: "aws", Regions: []string{region}}
	accounts := max(s.Products/perAccount, 1)
	for a := range accounts {
		account := fmt.Sprintf("%012d", 111122223333+a)
		m.Accounts = append(m.Accounts, snapshot.ManifestAccount{ID: account, Name: fmt.Sprintf("account-%04d", a)})
		for _, kind := range audit.CollectedKinds() {
			if err := part(w, kind, account, counts[kind.Name]*a/accounts, counts[kind.Name]*(a+1)/accounts); err != nil {
				return err
			}
		}
	}
	m.Calls = &snapshot.Calls{}
	for a := range s.Accounts {
		if err := empty(w, m.Calls, fmt.Sprintf("%012d", 500000000000+a), s.Regions); err != nil {
			return err
		}
	}
	_, err = w.Finish(m)
	return err
}

// emptyCalls is how many calls an account and region takes in which there is nothing: one for each of the first kinds.
const emptyCalls = 6

// empty writes what a collection writes of an account without a resource.
func empty(w *snapshot.Writer, calls *snapshot.Calls, account string, regions int) error {
	for r := range regions {
		region := fmt.Sprintf("xx-bench-%02d", r)
		for _, kind := range audit.CollectedKinds()[:emptyCalls] {
			p, err := w.Part(account, region, kind.Name)
			if err != nil {
				return err
			}
			if err := p.Commit([]audit.Coverage{{Account: account, Region: region, Service: kind.Service, Operation: kind.List,
				Status: audit.StatusCollected}}); err != nil {
				return err
			}
			calls.Add(snapshot.CallMetrics{Account: account, Region: region, Service: kind.Service, Operation: kind.List,
				Calls: 1, Seconds: 0.020123456})
		}
	}
	return nil
}

// part writes the resources of one kind of an account, from first up to last.
func part(w *snapshot.Writer, kind audit.Kind, account string, first, last int) error {
	p, err := w.Part(account, region, kind.Name)
	if err != nil {
		return err
	}
	for i := first; i < last; i++ {
		r := Documents[kind.Name](account, i)
		r.Kind, r.Account, r.Region, r.Gaps = kind.Name, account, region, map[string]audit.Gap{}
		if err := p.Add(r); err != nil {
			return errors.Join(err, p.Discard())
		}
	}
	return p.Commit([]audit.Coverage{{Account: account, Region: region, Service: kind.Service, Operation: kind.List,
		Status: audit.StatusCollected, Count: last - first}})
}
