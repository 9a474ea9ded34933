package snapshot

import (
	"cmp"
	"encoding/json"
	"iter"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
	"tenor/internal/packed"
	"tenor/internal/rawjson"
)

// CallMetrics is what one operation in one account and region took.
type CallMetrics struct {
	Account   string  `json:"account"`
	Region    string  `json:"region"`
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Calls     int     `json:"calls"`     // attempts sent, retries included
	Retries   int     `json:"retries"`   // attempts after the first
	Throttles int     `json:"throttles"` // attempts answered by a throttle
	Seconds   float64 `json:"seconds"`   // spent waiting for answers
}

// Add adds what others took of the same operation.
func (c *CallMetrics) Add(more CallMetrics) {
	c.Calls += more.Calls
	c.Retries += more.Retries
	c.Throttles += more.Throttles
	c.Seconds += more.Seconds
}

// Calls are what the operations of a run took, kept as audit.Ledger keeps its rows. Nil has none.
type Calls struct{ rows packed.Rows }

// Add adds what an operation took.
func (l *Calls) Add(c CallMetrics) {
	r := &l.rows
	r.Add(r.ID(c.Account), r.ID(c.Region), r.ID(c.Service), r.ID(c.Operation), uint64(c.Calls), uint64(c.Retries), uint64(c.Throttles),
		bits.ReverseBytes64(math.Float64bits(c.Seconds)))
}

func (l *Calls) row(f []uint64) CallMetrics {
	r := &l.rows
	return CallMetrics{Account: r.Name(f[0]), Region: r.Name(f[1]), Service: r.Name(f[2]), Operation: r.Name(f[3]),
		Calls: int(f[4]), Retries: int(f[5]), Throttles: int(f[6]), Seconds: math.Float64frombits(bits.ReverseBytes64(f[7]))}
}

// Len returns how many there are.
func (l *Calls) Len() int {
	if l == nil {
		return 0
	}
	return l.rows.Len()
}

// All ranges over them.
func (l *Calls) All() iter.Seq[CallMetrics] {
	return func(yield func(CallMetrics) bool) {
		if l == nil {
			return
		}
		for f := range l.rows.All() {
			if !yield(l.row(f)) {
				return
			}
		}
	}
}

// Sorted returns them in the order of a manifest.
func (l *Calls) Sorted() *Calls {
	sorted := &Calls{}
	for c := range l.All() {
		sorted.Add(c)
	}
	sorted.rows.Sort(func(a, b []uint64) int { return sorted.row(a).compare(sorted.row(b)) })
	return sorted
}

// Sum returns them in the order of a manifest, and those of one operation, account and region added up.
func (l *Calls) Sum() *Calls {
	sums := &Calls{}
	var sum *CallMetrics
	for c := range l.Sorted().All() {
		if sum != nil && sum.compare(c) == 0 {
			sum.Add(c)
			continue
		}
		if sum != nil {
			sums.Add(*sum)
		}
		sum = &c
	}
	if sum != nil {
		sums.Add(*sum)
	}
	return sums
}

func (c CallMetrics) compare(o CallMetrics) int {
	return cmp.Or(cmp.Compare(c.Account, o.Account), cmp.Compare(c.Region, o.Region), cmp.Compare(c.Service, o.Service),
		cmp.Compare(c.Operation, o.Operation))
}

// append appends what the operation took as an element of the list of a manifest.
func (c CallMetrics) append(b []byte) []byte {
	text := func(name, value string) { b = rawjson.AppendQuote(append(b, name...), value) }
	number := func(name string, value int) { b = strconv.AppendInt(append(b, name...), int64(value), 10) }
	text("{\n   \"account\": ", c.Account)
	text(",\n   \"region\": ", c.Region)
	text(",\n   \"service\": ", c.Service)
	text(",\n   \"operation\": ", c.Operation)
	number(",\n   \"calls\": ", c.Calls)
	number(",\n   \"retries\": ", c.Retries)
	number(",\n   \"throttles\": ", c.Throttles)
	b = append(b, ",\n   \"seconds\": "...)
	if seconds, err := json.Marshal(c.Seconds); err == nil { // no time is infinite
		b = append(b, seconds...)
	}
	return append(b, "\n  }"...)
}

// MarshalJSON returns an array of them, as audit.Ledger does.
func (l *Calls) MarshalJSON() ([]byte, error) {
	return audit.EncodeJSON(append([]CallMetrics{}, slices.Collect(l.All())...))
}

// UnmarshalJSONFrom reads an array of them, one at a time.
func (l *Calls) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = Calls{}
	return audit.EachOf(d, func(c *CallMetrics) { l.Add(*c) })
}
