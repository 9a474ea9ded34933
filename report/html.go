package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math/big"
	"regexp"
	"strings"

	"tenor/audit"
)

//go:embed html/page.gohtml html/page.css html/page.js
var htmlFiles embed.FS

const (
	htmlFindings = 5000 // rows of the page's table: more make a browser slow
	htmlRows     = 500  // rows of any other table
	htmlOpen     = 6    // of the first renewals, those that are undecided are unfolded when the page opens
)

// HTML writes one self-contained page for people: key figures, decisions due, the renewal options of every Outpost side
// by side, charts, and the findings in a table that can be searched, filtered and sorted. It asks the network for
// nothing: its content security policy allows only its own style and script, by their hashes. The page lists the 5,000
// most severe findings, the 500 contracts that are to be decided first and as many that run month-to-month, and says so when there are
// more.
func HTML(w io.Writer, r audit.Report) error {
	css, err := htmlFiles.ReadFile("html/page.css")
	if err != nil {
		return err
	}
	js, err := htmlFiles.ReadFile("html/page.js")
	if err != nil {
		return err
	}
	p := htmlPage{Report: r, CSS: template.CSS(css), JS: template.JS(js), accounts: accountNames(r)}
	p.Policy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
		hash64(css), hash64(js))
	anchors := map[string]bool{}
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if len(p.Listed) == htmlFindings {
			break
		}
		anchor := "finding-" + f.Fingerprint
		if anchors[anchor] { // of an unknown verdict, beside a finding
			anchor += "-" + string(f.Verdict)
		}
		anchors[anchor] = true
		p.Listed = append(p.Listed, listed{f, anchor})
	}
	if p.Gravest, err = r.Gravest(); err != nil {
		return err
	}
	monthly := 0
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals: %w", err)
		}
		if rn.Shared {
			continue
		}
		p.Outposts++
		named := rn.MonthToMonth() && monthly < htmlRows // these have no deadline, and so come last
		if named {
			monthly++
		}
		if named || len(p.Contracts)-monthly < htmlRows {
			p.Contracts = append(p.Contracts, rn)
		}
	}
	text, err := htmlFiles.ReadFile("html/page.gohtml")
	if err != nil {
		return err
	}
	t, err := template.New("page.gohtml").Funcs(p.funcs()).Parse(unindented(string(text)))
	if err != nil {
		return fmt.Errorf("parse the page's template: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, &p); err != nil {
		return fmt.Errorf("execute the page's template: %w", err)
	}
	_, err = io.WriteString(w, audit.VisibleLines(out.String()))
	return err
}

// indented are the ways in which an indented line of the template goes on from the line before it. A cell follows without a blank, which
// would show where cells flow; text, an attribute or an action after one blank, which {{- takes away; a tag on a line of its own.
var indented = [...]struct {
	line *regexp.Regexp
	page string
}{
	{regexp.MustCompile(`\n +(<t[dh]\b|</tr>)`), "{{/*\n*/}}$1"}, // the comment keeps the line's number, for errors
	{regexp.MustCompile(`\n +([^<{\s]|{{[^-])`), "{{/*\n*/}} $1"},
	{regexp.MustCompile(`\n +`), "\n"},
}

// unindented returns the template without its indent, which is for whoever reads the file.
func unindented(text string) string {
	for _, l := range indented {
		text = l.line.ReplaceAllString(text, l.page)
	}
	return text
}

// htmlPage is what the template is executed with. The template escapes every string for the place where it stands.
type htmlPage struct {
	audit.Report
	Listed []listed // the findings that the page has a row for
	// Gravest are what the page names before all others. One that is large may stand so far behind that it has no row.
	Gravest *audit.Gravest
	// Contracts are the Outposts whose contract is known here: not the ones that another account shares. There may be very many, so the
	// page has the nearest deadlines and what runs month-to-month.
	Contracts []audit.Renewal
	Outposts  int    // of which Contracts are the first
	Policy    string // the content security policy
	CSS       template.CSS
	JS        template.JS

	accounts map[string]string
}

// listed is a finding with the id of its row.
type listed struct {
	audit.Finding
	Anchor string
}

// contractAnchors are the ids under which the page has the options of Outposts.
func (p *htmlPage) contractAnchors() map[audit.ResourceKey]string {
	anchors, taken := map[audit.ResourceKey]string{}, map[string]bool{}
	for _, r := range p.Contracts {
		key, id := r.Resource.Key(), "outpost-"+r.Resource.ID
		if !plainID.MatchString(id) || taken[id] {
			id = fmt.Sprintf("outpost-%x", sha256.Sum256([]byte(key.Account+" "+key.Region+" "+key.ID)))
		}
		anchors[key], taken[id] = id, true
	}
	return anchors
}

var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Severities are the columns of the table of severities.
func (p *htmlPage) Severities() []audit.Severity { return audit.Severities[:] }

// Verdicts are the verdicts, for the filter and the table of rules.
func (p *htmlPage) Verdicts() []audit.Verdict { return audit.Verdicts[:] }

// Count adds up the findings of a severity over the domains.
func (p *htmlPage) Count(s audit.Severity) int {
	return p.Summary.BySeverity()[s]
}

// Errors is how often a rule failed while it evaluated a resource.
func (p *htmlPage) Errors() int { return p.Summary.Verdicts[audit.Error] }

// gapRows are the gaps that the page has a row for, and how many there are.
type gapRows struct {
	First []audit.Coverage
	All   int
}

// GapRows returns them; nil when there is none.
func (p *htmlPage) GapRows() *gapRows {
	first, all := p.Gaps(htmlRows)
	if all == 0 {
		return nil
	}
	return &gapRows{first, all}
}

// HighestMonthly is the longest bar of a renewal's options, in cents: the most expensive month, under a contract or without.
func (p *htmlPage) HighestMonthly(r audit.Renewal) int64 {
	var highest int64
	for _, c := range [...]*int64{r.CurrentMonthlyCents, r.MonthToMonthPriceCents} {
		if c != nil {
			highest = max(highest, *c)
		}
	}
	for _, o := range r.Options {
		if c := o.EffectiveMonthlyCents; c != nil {
			highest = max(highest, *c)
		}
	}
	return highest
}

// funcs are the words of the template.
func (p *htmlPage) funcs() template.FuncMap {
	anchors := p.contractAnchors()
	return template.FuncMap{
		"accountName": func(id string) string { return p.accounts[id] },
		"anchor":      func(r audit.ResourceRef) string { return anchors[r.Key()] },
		"bar": func(cents, highest int64) int64 { // of a bar 100 long
			if highest <= 0 {
				return 0
			}
			return max(cents, 0) * 100 / highest
		},
		"cashChart":    cashChart,
		"cents":        wholeDollars,
		"counted":      audit.Counted,
		"day":          audit.DayOf[string],
		"dollars":      roundDollars,
		"cost":         cost,
		"decision":     func(d *audit.DecisionFacts) string { return d.Choice().Words() },
		"endDay":       audit.DayOf[audit.Optional],
		"endsChart":    endsChart,
		"evidence":     func(f listed) string { return prettyEvidence(f.Finding) },
		"exact":        money,
		"exactDollars": func(s string) string { return money(&audit.Money{Value: s, Currency: "USD"}) },
		"in":           func(unit, digits string) string { return money(&audit.Money{Value: digits, Currency: unit}) },
		"because":      because,
		"choice":       chosenWords,
		"daysLeft":     func(d audit.Deadline) string { return daysLeft(&d) },
		"also":         func(g audit.FindingGroup) string { return alsoFound(&g) },
		"others":       func(g audit.FindingGroup) string { return andOthers(&g) },
		"changed":      func(l audit.ChangedList) ([]audit.Changed, error) { return l.First(htmlRows) },
		"silenced":     func(l audit.SilencedList) ([]audit.Silenced, error) { return l.First(htmlRows) },
		"first":        func(list audit.FindingList) ([]audit.Finding, error) { return list.First(htmlRows) },
		"idleCost": func(r audit.Renewal) string { // empty where it is not known, or nothing is paid today
			if c := r.IdleMonthlyCents; c != nil && *c > 0 {
				return wholeDollars(*c)
			}
			return ""
		},
		"isOpen": func(i int, r audit.Renewal) bool {
			return i < htmlOpen && (r.ContractState == audit.StateRunning || r.ContractState == audit.StateMonthToMonth)
		},
		"money":        roundMoney,
		"monthNow":     monthNow,
		"optionName":   func(option string) string { return audit.Title(audit.OptionWords(option)) },
		"monthToMonth": func() string { return p.Summary.MonthToMonth.Text() },
		"percent":      percent,
		"price": func(currency string, cents int64) string {
			return roundMoney(&audit.Money{Value: audit.CentsToMoney(cents).Value, Currency: currency})
		},
		"title":       audit.Title,
		"approval":    func(d audit.Deadline) bool { return d.NeedsApproval != nil && *d.NeedsApproval },
		"recommended": func(d audit.Deadline) string { return recommendedText(&d) },
		"rank":        audit.Severity.Rank,
		"rate":        roundRate,
		"rowLimit":    func() int { return htmlRows },
		"severityChart": func() chart {
			return severityChart(p.Summary.Findings)
		},
		"smallChart": func() int { return smallChart },
		"wideChart":  func() int { return wideChart },
		"short":      func(s string) string { return audit.Cut(s, 13) },
		"termName":   audit.TermWords,
		"number":     number,
		"total":      total[string],
		"atLeast":    audit.CountOf,
		"unlisted":   audit.NoRoom,
	}
}

// chosenWords names what is recommended: 3 years, all upfront.
func chosenWords(r *audit.Recommendation) string {
	return strings.TrimPrefix(r.Choice().Words(), "renew, ")
}

// because is the reason of a recommendation as it goes on after its name, which a reason may begin with.
func because(r *audit.Recommendation) string {
	if rest, ok := strings.CutPrefix(r.Reason, chosenWords(r)); ok || r.Reason == "" {
		return rest
	}
	return ": " + r.Reason
}

// monthNow is what a month costs today. AWS may list no subscription of an Outpost that runs month-to-month: what it costs is then assumed.
func monthNow(r audit.Renewal) string {
	price, c := r.MonthToMonthPriceCents, r.CurrentMonthlyCents
	switch {
	case r.ContractState == audit.StateMonthToMonth && price != nil && (c == nil || *c == 0):
		return wholeDollars(*price) + " (" + string(r.MonthToMonthPriceSource) + ")"
	case c == nil:
		return "unknown"
	}
	return wholeDollars(*c)
}

// roundMoney shows an amount in whole units of its currency, rounded half away from zero; what would read as nothing, and what is no
// number, stays as it is.
func roundMoney(m *audit.Money) string {
	amount, ok := new(big.Rat).SetString(m.Value)
	if !ok {
		return m.Value
	}
	rounded := amount.FloatString(0)
	if amount.Sign() != 0 && strings.Trim(rounded, "-0") == "" {
		return money(m)
	}
	return money(&audit.Money{Value: rounded, Currency: m.Currency})
}

func roundDollars(s string) string { return roundMoney(&audit.Money{Value: s, Currency: "USD"}) }

// cost shows what something cost in whole dollars, and a dash where it cost nothing.
func cost(s audit.Optional) string {
	if r, ok := new(big.Rat).SetString(string(s)); ok && r.Sign() == 0 {
		return "–"
	}
	return roundDollars(string(s))
}

func wholeDollars(cents int64) string { return roundDollars(audit.CentsToMoney(cents).Value) }

// percent shows a rate, a decimal such as "0.08", as 8%; what is no number stays as it is.
func percent(rate string) string {
	r, ok := new(big.Rat).SetString(rate)
	if !ok {
		return rate
	}
	s := r.Mul(r, big.NewRat(100, 1)).FloatString(4)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}

// roundRate shows a number of percent with one decimal place.
func roundRate(n *json.Number) string {
	r, ok := new(big.Rat).SetString(string(*n))
	if !ok {
		return string(*n)
	}
	return r.FloatString(1) + "%"
}

func hash64(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// prettyEvidence returns the evidence of a finding indented, and "" when there is none.
func prettyEvidence(f audit.Finding) string {
	s := f.EvidenceText()
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(s), "", "  "); err != nil { // as it is, then: a page is for reading
		return s
	}
	return out.String()
}
