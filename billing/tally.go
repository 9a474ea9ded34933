package billing

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// The codes and classes that are told apart.
const (
	outpostsCode = "AWSOutposts"
	outpostsName = "AWS Outposts" // what FOCUS calls the service of that code

	classPurchase   = "Purchase"
	classCorrection = "Correction"
	classUsage      = "Usage"
	classTax        = "Tax"
	classCredit     = "Credit"

	oneTime   = "One-Time"
	recurring = "Recurring"
)

// Bounds of what one month of one payer is added up to, whatever an export holds.
const (
	maxRows        = 200_000
	maxAccounts    = 100_000
	maxInvoices    = 1_000 // a row, and of all Outposts contracts
	maxDescription = 1_000 // bytes
)

// line is a line of a bill, as far as it is read. Its strings are valid until the next one.
type line struct {
	text   [columns]string
	amount [columns]decimal.NullDecimal // of contracted, listed and billed
}

// key is what the lines of a row have in common.
type key struct {
	account, region, code, class, frequency, commitment, outpost, description, product, currency string
}

func (k *key) fields() [10]*string {
	return [...]*string{&k.account, &k.region, &k.code, &k.class, &k.frequency, &k.commitment, &k.outpost, &k.description, &k.product,
		&k.currency}
}

// packed appends the fields as one text, which costs the map and the garbage collector less than ten.
func (k *key) packed(to []byte) []byte {
	for _, field := range k.fields() {
		to = append(binary.AppendUvarint(to, uint64(len(*field))), *field...)
	}
	return to
}

// unpacked returns the key of which a text is.
func unpacked(text string) (k key) {
	for _, field := range k.fields() {
		length, n := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
		text = text[n:]
		*field, text = text[:length], text[length:]
	}
	return k
}

// sum is what they come to.
type sum struct {
	contracted, billed decimal.NullDecimal
	negotiated         bool
	lines              int64
	invoices           []string // ordered; the first of more than are kept
}

// invoiceKey is what the lines of an InvoiceTotal have in common.
type invoiceKey struct{ invoice, currency string }

// seen is whose the lines of a file are, and how many there are.
type seen struct {
	payer    string // empty before the first line, and where the export does not say
	accounts map[string]bool
	lines    int64
}

// begin counts a line, whatever it is of: its payer and its account.
func begin[text string | []byte](s *seen, payer, account text) error {
	s.lines++
	if string(payer) != s.payer && len(payer) > 0 {
		if s.payer != "" {
			return fmt.Errorf("is of payer %.20q, and lines before it of %s", payer, s.payer)
		}
		if !audit.IsAccountID(string(payer)) {
			return fmt.Errorf("has the payer %.20q: want twelve digits", payer)
		}
		s.payer = string(payer)
	}
	if len(account) > 0 && !s.accounts[string(account)] {
		if s.accounts == nil {
			s.accounts = map[string]bool{}
		}
		if s.accounts[strings.Clone(string(account))] = true; len(s.accounts) > maxAccounts {
			return errAccounts
		}
	}
	return nil
}

// merge adds what was seen behind it, of what it is called.
func (s *seen) merge(more *seen, before string) error {
	if s.payer != "" && more.payer != "" && s.payer != more.payer {
		return fmt.Errorf("is of payer %s, and %s of %s", more.payer, before, s.payer)
	}
	s.payer = cmp.Or(s.payer, more.payer)
	s.lines += more.lines
	if s.accounts == nil {
		s.accounts = map[string]bool{}
	}
	if maps.Copy(s.accounts, more.accounts); len(s.accounts) > maxAccounts {
		return errAccounts
	}
	return nil
}

// tally adds up the lines of a month that count.
type tally struct {
	rows          map[string]*sum     // by the packed key
	packed        []byte              // of the line that is added
	invoices      map[invoiceKey]*sum // of the lines of Outposts contracts
	outpostsLines int64
	notInvoiced   int64
}

func newTally() *tally { return &tally{rows: map[string]*sum{}, invoices: map[invoiceKey]*sum{}} }

// tallies are those of a month, one for each core. Who adds up lines takes one, so that they are as many as cores whatever the number of
// files, and puts it back for the next.
type tallies chan *tally

func newTallies() tallies {
	all := make(tallies, runtime.GOMAXPROCS(0))
	for range cap(all) {
		all <- newTally()
	}
	return all
}

// with has lines added to a tally that nobody else has.
func (all tallies) with(add func(*tally) error) error {
	t := <-all
	defer func() { all <- t }()
	return add(t)
}

// sum returns all of them as one, when nobody has one any more.
func (all tallies) sum() (*tally, error) {
	t := <-all
	for range cap(all) - 1 {
		if err := t.merge(<-all); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// isOutposts reports whether a line is of Outposts: by the code of its service or, where it has none, by its name.
func isOutposts[text string | []byte](code, service text) bool {
	if len(code) > 0 {
		return string(code) == outpostsCode
	}
	return string(service) == outpostsName
}

// What nobody has, and is of a month as a whole: no file is to blame.
var (
	errInvoices = fmt.Errorf("more than %d invoices have lines of Outposts contracts", maxInvoices)
	errAccounts = fmt.Errorf("the month has more than %d accounts", maxAccounts)
	errRows     = fmt.Errorf("the month has more than %d different charges", maxRows)
)

// bound returns which of them an error is; nil where it is none.
func bound(err error) error {
	for _, of := range [...]error{errInvoices, errAccounts, errRows} {
		if errors.Is(err, of) {
			return of
		}
	}
	return nil
}

// errNumber is an amount that is none.
var errNumber = errors.New("no amount")

// add adds a line that counts.
func (t *tally) add(f *layout, l *line) error {
	for _, c := range [...]column{contracted, billed} {
		if f.at[c] >= 0 && !l.amount[c].Valid && (c == contracted || f.focus) {
			return fmt.Errorf("%s is empty: %w", f.columns[c][0], errNumber)
		}
	}
	if !f.focus && f.at[billed] >= 0 && !l.amount[billed].Valid {
		l.amount[billed] = l.amount[contracted] // CUR leaves net cost out where no discount applies
	}
	k := key{account: l.text[account], region: l.text[region], code: l.text[code], product: l.text[product], currency: l.text[currency]}
	k.class, k.frequency = f.kind(l)
	more := sum{contracted: l.amount[contracted], billed: l.amount[billed], lines: 1, negotiated: negotiated(l)}
	if isOutposts(l.text[code], l.text[service]) {
		k.code, k.outpost = outpostsCode, outpostIn(l.text[resource])
		if contract(k.class) {
			k.commitment = commitmentOf(l.text[commitment], l.text[reservation])
			k.description = l.text[description][:min(len(l.text[description]), maxDescription)]
			t.outpostsLines++
			if f.at[invoice] >= 0 && l.text[invoice] == "" {
				t.notInvoiced++
			}
			id := invoiceKey{l.text[invoice], l.text[currency]}
			if have := t.invoices[id]; have != nil {
				have.merge(&more, false)
			} else if len(t.invoices) == maxInvoices {
				return errInvoices
			} else {
				own := more
				t.invoices[invoiceKey{strings.Clone(id.invoice), strings.Clone(id.currency)}] = &own
			}
		}
	} else if k.code == "" {
		k.code = l.text[service]
	}
	t.packed = k.packed(t.packed[:0])
	s := t.rows[string(t.packed)]
	if s == nil {
		if len(t.rows) == maxRows {
			return errRows
		}
		s = &sum{}
		t.rows[string(t.packed)] = s
	}
	first := s.lines == 0
	s.merge(&more, first)
	s.invoiced(l.text[invoice])
	return nil
}

// merge adds another sum to s, which is empty if first. A cost that some lines do not have is not known of all.
func (s *sum) merge(more *sum, first bool) {
	for _, c := range [...]struct{ to, from *decimal.NullDecimal }{{&s.contracted, &more.contracted}, {&s.billed, &more.billed}} {
		if first {
			*c.to = *c.from
			continue
		}
		c.to.Valid = c.to.Valid && c.from.Valid
		c.to.Decimal = c.to.Decimal.Add(c.from.Decimal)
	}
	s.negotiated = s.negotiated || more.negotiated
	s.lines += more.lines
	for _, id := range more.invoices {
		s.invoiced(id)
	}
}

// invoiced adds the id of an invoice that has some of the lines.
func (s *sum) invoiced(id string) {
	at, there := slices.BinarySearch(s.invoices, id)
	if id == "" || there || at == maxInvoices {
		return
	}
	s.invoices = slices.Insert(s.invoices, at, strings.Clone(id))
	s.invoices = s.invoices[:min(len(s.invoices), maxInvoices)]
}

// merge adds what another tally of the month counted.
func (t *tally) merge(more *tally) error {
	t.outpostsLines += more.outpostsLines
	t.notInvoiced += more.notInvoiced
	for k, s := range more.rows {
		if have := t.rows[k]; have != nil {
			have.merge(s, false)
		} else {
			t.rows[k] = s
		}
	}
	for id, s := range more.invoices {
		if have := t.invoices[id]; have != nil {
			have.merge(s, false)
		} else {
			t.invoices[id] = s
		}
	}
	switch {
	case len(t.invoices) > maxInvoices:
		return errInvoices
	case len(t.rows) > maxRows:
		return errRows
	}
	return nil
}

// charges returns the rows, in no order.
func (t *tally) charges(period, payer string) []audit.Charge {
	out := make([]audit.Charge, 0, len(t.rows))
	for text, s := range t.rows {
		k := unpacked(text)
		out = append(out, audit.Charge{Period: period, Payer: payer, Account: k.account, Region: k.region, Code: k.code, Class: k.class,
			Frequency: k.frequency, Commitment: k.commitment, Outpost: k.outpost, Description: k.description, Product: k.product,
			Currency: k.currency, Contracted: exact(s.contracted), Billed: exact(s.billed), Negotiated: s.negotiated, Lines: s.lines,
			Invoices: append([]string{}, s.invoices...)})
	}
	return out
}

// invoiceTotals returns what the lines of Outposts contracts come to.
func (t *tally) invoiceTotals() []audit.InvoiceTotal {
	out := make([]audit.InvoiceTotal, 0, len(t.invoices))
	for k, s := range t.invoices {
		out = append(out, audit.InvoiceTotal{Invoice: audit.Optional(k.invoice), Currency: k.currency, Lines: s.lines,
			Billed: exact(s.contracted), Net: exact(s.billed)})
	}
	slices.SortFunc(out, func(a, b audit.InvoiceTotal) int {
		return cmp.Or(cmp.Compare(a.Invoice, b.Invoice), cmp.Compare(a.Currency, b.Currency))
	})
	return out
}

// exact writes an amount as it is; null where it is not known.
func exact(d decimal.NullDecimal) audit.Optional {
	if !d.Valid {
		return ""
	}
	return audit.Optional(d.Decimal.String())
}

// contract reports whether charges of a class are part of a contract: purchases, and corrections of them.
func contract(class string) bool { return class == classPurchase || class == classCorrection }

// cur2Kinds are the line item types of CUR 2.0 in the words of FOCUS.
var cur2Kinds = map[string]string{
	"RIFee": classPurchase, "Fee": classPurchase, "Refund": classCorrection, "Usage": classUsage, "DiscountedUsage": classUsage,
	"SavingsPlanCoveredUsage": classUsage, "Tax": classTax, "Credit": classCredit,
}

// kind returns class and frequency of a line in the words of FOCUS.
func (f *layout) kind(l *line) (string, string) {
	what, how := l.text[category], l.text[frequency]
	if f.focus {
		if l.text[class] == classCorrection && what == classPurchase || what == "Adjustment" {
			what = classCorrection
		}
		return what, how
	}
	switch {
	case what == "RIFee":
		how = recurring
	case what == "Fee" && how == "Purchase": // the type of the bill: a purchase is billed on its own
		how = oneTime
	case what == "Fee" && how != "":
		how = recurring
	case what == "Usage" || what == "DiscountedUsage" || what == "SavingsPlanCoveredUsage":
		how = "Usage-Based"
	case how != "":
		how = oneTime
	}
	if known := cur2Kinds[what]; known != "" {
		what = known
	}
	return what, how
}

// negotiated reports whether the price of a line was agreed with AWS: its contracted cost is not the public one, by more than doubles err.
func negotiated(l *line) bool {
	c, p := l.amount[contracted], l.amount[listed]
	return c.Valid && p.Valid && !c.Decimal.Equal(p.Decimal) && c.Decimal.Sub(p.Decimal).Abs().GreaterThanOrEqual(halfCent)
}

var halfCent = decimal.New(5, -3)

// commitmentOf joins what names the commitment of a line: an id, and an ARN unless its tail is the id.
func commitmentOf(id, arn string) string {
	switch {
	case id == "" || arn == "":
		return id + arn
	case tail(arn) == id:
		return arn
	}
	return id + " " + arn
}

// tail returns what stands behind the last slash or colon of an ARN.
func tail(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

var outpostWord = regexp.MustCompile(`(?:^|[^0-9A-Za-z-])(op-[0-9a-z]{1,40})(?:$|[^0-9A-Za-z-])`)

// outpostIn returns the id of an Outpost that stands in a text as a whole word; empty where there is none.
func outpostIn(text string) string {
	if !strings.Contains(text, "op-") {
		return ""
	}
	if m := outpostWord.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// maxAmount is how long an amount may be written, and how far from 1: 10^±60.
const (
	maxAmount   = 100
	maxExponent = 60
)

// readAmount reads a decimal, which may have an exponent; an empty text is no amount, and no error.
func readAmount(text string) (decimal.NullDecimal, error) {
	if text == "" {
		return decimal.NullDecimal{}, nil
	}
	if len(text) <= maxAmount {
		if d, err := decimal.NewFromString(text); err == nil && d.Exponent() >= -maxExponent && d.Exponent() <= maxExponent {
			return decimal.NullDecimal{Decimal: d, Valid: true}, nil
		}
	}
	return decimal.NullDecimal{}, fmt.Errorf("%.40q: %w", text, errNumber)
}
