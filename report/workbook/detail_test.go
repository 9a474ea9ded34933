package workbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// TestProductsAreNotAllocated: a provisioned product is read and written in the memory of one that was, but for one that has gaps or
// records, which few have.
func TestProductsAreNotAllocated(t *testing.T) {
	b, err := xlsx.New(io.Discard, xlsx.Design{Sheets: []xlsx.Sheet{{Name: "Only"}}, MaxRows: xlsx.MaxRows})
	if err != nil {
		t.Fatal(err)
	}
	table, read := xlsx.NewTable(b, "Only", "products", productColumns()), productReader(nil)
	r := &audit.Resource{Kind: audit.KindProvisionedProduct, Account: "111122223333", Region: "eu-central-1", ID: "pp-0123456789abc",
		Name: "team-001-service-000123", Tags: map[string]string{audit.OwnerTag: "team-001@example.com"},
		Spec: json.RawMessage(`{"Type":"CFN_STACK","Status":"AVAILABLE","CreatedTime":"2026-11-19T21:07:12Z","ProductName":"Web service 1",
			"ProvisioningArtifactName":"v2.1","Tags":[{"Key":"Owner","Value":"team"}]}`),
		Facts: json.RawMessage(`{"version_state":"current","path_id":"lpv3-1","launched_by":"deployer"}`)}
	var p *product
	add := func() {
		if p, err = read(r, p); err == nil {
			err = table.Add(p)
		}
		if err != nil {
			t.Error(err)
		}
	}
	for range 1000 { // until the head is written
		add()
	}
	if n := testing.AllocsPerRun(2000, add); n > 0 {
		t.Errorf("%v allocations a product", n)
	}
}

// TestTexts: strings of one block are their own, whatever is added after them.
func TestTexts(t *testing.T) {
	var list texts
	var have, want []string
	buf := make([]byte, 0, 1<<16)
	for i := range 3000 {
		buf = fmt.Appendf(buf[:0], "text %d", i)
		if i%1000 == 500 {
			buf = buf[:cap(buf)] // more than a block
		}
		have, want = append(have, list.add(buf)), append(want, string(buf))
	}
	for i := range have {
		if have[i] != want[i] {
			t.Fatalf("text %d is %.40q, want %.40q", i, have[i], want[i])
		}
	}
}

// TestBatchesAreFilledAgain: resources come once and in their order, in the memory of those that were written where their kind has it so.
func TestBatchesAreFilledAgain(t *testing.T) {
	type reusing struct{ id string }
	type keeping struct{ id string }
	const n = 20_000
	made := 0
	var order []string
	var kept []*keeping
	d := &details{list: []*detail{
		{kind: audit.KindOf(audit.KindProvisionedProduct),
			read: func(r *audit.Resource, written any) (any, error) {
				v, ok := written.(*reusing)
				if !ok {
					made++
					v = &reusing{}
				}
				v.id = r.ID
				return v, nil
			},
			write: func(v any) error {
				order = append(order, v.(*reusing).id)
				return nil
			}},
		{kind: audit.KindOf(audit.KindOutpost),
			read: func(r *audit.Resource, _ any) (any, error) { return &keeping{r.ID}, nil },
			write: func(v any) error {
				order, kept = append(order, v.(*keeping).id), append(kept, v.(*keeping))
				return nil
			}},
	}}
	failed := errors.New("the last")
	var have error
	for batch, err := range d.readAhead(func(yield func(*audit.Resource, error) bool) {
		for i := range n {
			r := &audit.Resource{Kind: audit.KindProvisionedProduct, ID: fmt.Sprint(i)}
			if i%7 == 0 {
				r.Kind = audit.KindOutpost
			}
			if !yield(r, nil) {
				return
			}
		}
		yield(nil, failed)
	}) {
		have = err
		for _, rec := range batch {
			if err := rec.sheet.write(rec.of); err != nil {
				t.Error(err)
			}
		}
	}
	if !errors.Is(have, failed) {
		t.Errorf("error %v, want %v", have, failed)
	}
	if len(order) < n-256 {
		t.Errorf("%d resources of %d were written", len(order), n)
	}
	for i, id := range order {
		if id != fmt.Sprint(i) {
			t.Fatalf("resource %s came as number %d", id, i)
		}
	}
	for i, v := range kept {
		if v.id != fmt.Sprint(i*7) {
			t.Fatalf("%s is kept in the place of %d", v.id, i*7)
		}
	}
	if made > n/4 {
		t.Errorf("memory for %d of %d", made, n)
	}
}

// TestAnErrorEndsTheWriting: nothing goes on when a resource cannot be read, of which there were so many that a sheet is on its way; and
// where reading it panics, so does the workbook.
func TestAnErrorEndsTheWriting(t *testing.T) {
	r, _ := fullReport(1)
	failed := errors.New("the snapshot ends")
	write := func(end func(yield func(*audit.Resource, error) bool)) (err error) {
		defer func() {
			if broken := recover(); broken != nil {
				err = fmt.Errorf("recovered: %w", broken.(error))
			}
		}()
		return Write(io.Discard, r, func(yield func(*audit.Resource, error) bool) {
			for i := range 5000 {
				if !yield(&audit.Resource{Kind: audit.KindProvisionedProduct, ID: fmt.Sprint(i)}, nil) {
					return
				}
			}
			end(yield)
		})
	}
	for want, end := range map[string]func(yield func(*audit.Resource, error) bool){
		"the snapshot ends":            func(yield func(*audit.Resource, error) bool) { yield(nil, failed) },
		"recovered: the snapshot ends": func(func(*audit.Resource, error) bool) { panic(failed) },
	} {
		before := runtime.NumGoroutine()
		if err := write(end); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		for i := 0; runtime.NumGoroutine() > before; i++ { // one that has ended is counted until it is gone
			if i == 1_000_000 {
				t.Fatalf("%s: %d goroutines, and %d before", want, runtime.NumGoroutine(), before)
			}
			runtime.Gosched()
		}
	}
}
