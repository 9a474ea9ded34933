package audit

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/internal/packed"
)

// Ledger is a coverage ledger. An organization of 10,000 accounts has a million and a half rows, so it keeps them in a dozen bytes each
// and not as structs. A nil ledger has no rows.
type Ledger struct {
	rows  packed.Rows
	last  Coverage
	mixed bool // the rows are not in order
}

// Add adds rows at the end.
func (l *Ledger) Add(rows ...Coverage) {
	r := &l.rows
	for i := range rows {
		c := &rows[i]
		l.mixed = l.mixed || r.Len() > 0 && CompareCoverage(*c, l.last) < 0
		l.last = *c
		count := uint64(c.Count)<<1 ^ uint64(c.Count>>63) // a small number for one that is negative, too
		r.Add(r.ID(c.Account), r.ID(c.Region), r.ID(c.Service), r.ID(c.Operation), r.ID(string(c.Status)), r.ID(string(c.Reason)), count,
			r.ID(commonMessage(c)))
	}
}

// The places of a message at which its row's account and region stand; plain begins one that has bytes of its own like them.
const plain, ofAccount, ofRegion = "\x00", "\x01", "\x02"

// commonMessage returns the message of a row as it has it in common with those of other accounts and regions: AWS names the role and the
// resource that a call was denied on.
func commonMessage(c *Coverage) string {
	m := c.Message
	if strings.ContainsAny(m, plain+ofAccount+ofRegion) {
		return plain + m
	}
	if c.Account != "" {
		m = strings.ReplaceAll(m, c.Account, ofAccount)
	}
	if c.Region != "" {
		m = strings.ReplaceAll(m, c.Region, ofRegion)
	}
	return m
}

// ownMessage is the reverse of commonMessage.
func ownMessage(m, account, region string) string {
	if own, ok := strings.CutPrefix(m, plain); ok {
		return own
	}
	if !strings.ContainsAny(m, ofAccount+ofRegion) {
		return m
	}
	return strings.ReplaceAll(strings.ReplaceAll(m, ofAccount, account), ofRegion, region)
}

func (l *Ledger) row(f []uint64) Coverage {
	r := &l.rows
	c := Coverage{Account: r.Name(f[0]), Region: r.Name(f[1]), Service: r.Name(f[2]), Operation: r.Name(f[3]),
		Status: CoverageStatus(r.Name(f[4])), Reason: Reason(r.Name(f[5])), Count: int(f[6]>>1) ^ -int(f[6]&1)}
	c.Message = ownMessage(r.Name(f[7]), c.Account, c.Region)
	return c
}

// Len returns how many rows there are.
func (l *Ledger) Len() int {
	if l == nil {
		return 0
	}
	return l.rows.Len()
}

// All ranges over the rows.
func (l *Ledger) All() iter.Seq[Coverage] {
	return func(yield func(Coverage) bool) {
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

// Gaps ranges over the rows that were not read.
func (l *Ledger) Gaps() iter.Seq[Coverage] {
	return func(yield func(Coverage) bool) {
		for c := range l.All() {
			if c.Status == StatusGap && !yield(c) {
				return
			}
		}
	}
}

// Sorted returns the ledger in the order of CompareCoverage: itself, where it is.
func (l *Ledger) Sorted() *Ledger {
	if l == nil || !l.mixed {
		return l
	}
	sorted, last := &Ledger{}, Coverage{}
	for c := range l.All() {
		sorted.Add(c)
		if CompareCoverage(c, last) > 0 {
			last = c
		}
	}
	sorted.rows.Sort(func(a, b []uint64) int { return CompareCoverage(sorted.row(a), sorted.row(b)) })
	sorted.last, sorted.mixed = last, false
	return sorted
}

// Scopes ranges over the rows of each scope. The ledger is in order; the rows are valid until the next scope.
func (l *Ledger) Scopes() iter.Seq[[]Coverage] {
	return func(yield func([]Coverage) bool) {
		var rows []Coverage
		for c := range l.All() {
			if len(rows) > 0 && rows[0].Scope() != c.Scope() {
				if !yield(rows) {
					return
				}
				rows = rows[:0]
			}
			rows = append(rows, c)
		}
		if len(rows) > 0 {
			yield(rows)
		}
	}
}

// Equal reports whether two ledgers have the same rows in the same order.
func (l *Ledger) Equal(other *Ledger) bool {
	if l.Len() != other.Len() {
		return false
	}
	next, stop := iter.Pull(other.All())
	defer stop()
	for c := range l.All() {
		if o, ok := next(); !ok || c != o {
			return false
		}
	}
	return true
}

// Append appends a row as JSON whose members stand each on a line of its own that begins with indent, with strings as quote writes them.
func (c *Coverage) Append(b []byte, indent string, quote func([]byte, string) []byte) []byte {
	sep := byte('{')
	begin := func(name string) {
		b = append(append(append(b, sep, '\n'), indent...), ' ', '"')
		b = append(append(b, name...), `": `...)
		sep = ','
	}
	text := func(name, value string) {
		begin(name)
		b = quote(b, value)
	}
	text("account", c.Account)
	text("region", c.Region)
	text("service", c.Service)
	text("operation", c.Operation)
	text("status", string(c.Status))
	if c.Reason != "" {
		text("reason", string(c.Reason))
	}
	begin("count")
	b = strconv.AppendInt(b, int64(c.Count), 10)
	if c.Message != "" {
		text("message", c.Message)
	}
	return append(append(append(b, '\n'), indent...), '}')
}

// MarshalJSON returns an array of the rows. It holds all of them: what may be long is written row by row, with Append.
func (l *Ledger) MarshalJSON() ([]byte, error) {
	return EncodeJSON(append([]Coverage{}, slices.Collect(l.All())...))
}

// UnmarshalJSONFrom reads an array of rows, one at a time.
func (l *Ledger) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = Ledger{}
	return EachOf(d, func(c *Coverage) { l.Add(*c) })
}

// EachOf reads the array that d is at, or null for an empty one, and hands on each element, which is valid until the next.
func EachOf[T any](d *jsontext.Decoder, take func(*T)) error {
	kind := d.PeekKind()
	if kind != '[' && kind != 'n' && kind != jsontext.KindInvalid {
		return &json.SemanticError{JSONKind: kind}
	}
	if _, err := d.ReadToken(); err != nil || kind == 'n' {
		return err
	}
	for d.PeekKind() != ']' {
		var v T
		if err := json.UnmarshalDecode(d, &v); err != nil {
			return err
		}
		take(&v)
	}
	_, err := d.ReadToken()
	return err
}
