package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"tenor/audit"
	"tenor/internal/inline"
)

// elements returns every element of a page, in order.
func elements(t *testing.T, page string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// The page may load nothing: its policy allows its own style and script by their hashes, there is only one of each, and
// no element refers to anything but a link that a person may follow.
func TestHTMLAsksTheNetworkForNothing(t *testing.T) {
	for name, r := range fixtures() {
		t.Run(name, func(t *testing.T) {
			counts := map[string]int{}
			policy := ""
			hash := map[string]string{}
			for _, n := range elements(t, render(t, HTML, r)) {
				counts[n.Data]++
				switch n.Data {
				case "style", "script":
					sum := sha256.Sum256([]byte(textOf(n)))
					hash[n.Data] = base64.StdEncoding.EncodeToString(sum[:])
				case "meta":
					if attr(n, "http-equiv") == "Content-Security-Policy" {
						policy = attr(n, "content")
					}
				case "link", "img", "iframe", "object", "embed", "base", "audio", "video", "image", "use":
					t.Errorf("an element that loads: %s", n.Data)
				}
				for _, a := range n.Attr {
					href := a.Key == "href" && n.Data == "a" && (strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "https://docs.aws.amazon.com/"))
					if slices.Contains([]string{"src", "href", "style", "action", "data", "srcset", "poster"}, a.Key) && !href ||
						strings.HasPrefix(a.Key, "on") {
						t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
					}
				}
			}
			if counts["style"] != 1 || counts["script"] != 1 {
				t.Errorf("%d styles and %d scripts, want one of each", counts["style"], counts["script"])
			}
			want := "default-src 'none'; style-src 'sha256-" + hash["style"] + "'; script-src 'sha256-" + hash["script"] +
				"'; base-uri 'none'; form-action 'none'"
			if policy != want {
				t.Errorf("policy %s, want %s", policy, want)
			}
		})
	}
}

func TestHTMLShowsHostileTextAsText(t *testing.T) {
	page := render(t, HTML, fullReport())
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	found := false
	for _, n := range elements(t, page) {
		found = found || n.Data == "td" && strings.Contains(textOf(n), "<script>document.title='owned'</script> | [x](javascript:alert(1))")
	}
	if !found {
		t.Error("the hostile name is not shown as it is")
	}
	if i := strings.IndexFunc(page, func(r rune) bool { return r != utf8.RuneError && audit.VisibleLines(string(r)) != string(r) }); i >= 0 {
		t.Errorf("a character that steers at byte %d: %q", i, page[i:i+4])
	}
}

func TestHTMLSaysWhatItLeavesOut(t *testing.T) {
	r := manyFindings(100_000)
	page := render(t, HTML, r)
	if n := strings.Count(page, " data-severity="); n != htmlFindings {
		t.Errorf("%d rows, want %d", n, htmlFindings)
	}
	if want := "This page lists the 5,000 most severe of 100,029 findings."; !strings.Contains(page, want) {
		t.Errorf("no %q", want)
	}
	if len(page) > 32<<20 {
		t.Errorf("%d bytes", len(page))
	}
	f := firstOf(t, r.Findings)
	f.Severity, f.Due, f.Amount, f.Resource.ID = audit.Critical, "", nil, "op-of-its-own"
	list := slices.Repeat([]audit.Finding{f}, htmlFindings+1)
	list[htmlFindings].Amount, list[htmlFindings].Fingerprint, list[htmlFindings].Resource.Name = audit.CentsToMoney(1), "f00d", "large-rack"
	r.Findings = audit.NewList(inline.Of(list...))
	if page := render(t, HTML, r); !strings.Contains(page, "</span> large-rack: ") || strings.Contains(page, "#finding-f00d") {
		t.Error("the page does not name what is largest, or links to a row that it has not")
	}
	r = fullReport()
	gone := firstOf(t, r.Changes.Resolved)
	r.Changes.Resolved = audit.NewList(inline.Of(slices.Repeat([]audit.Finding{gone}, 1200)...))
	if page := render(t, HTML, r); !strings.Contains(page, "1,200 in all; the first 500 are listed here") {
		t.Error("the page does not say that it leaves resolved findings out")
	}
	monthly := slices.IndexFunc(renewalsOf(&r), func(rn audit.Renewal) bool { return rn.MonthToMonth() })
	last := renewalsOf(&r)[monthly]
	last.Resource.ID = "op-the-last"
	r.Renewals = audit.NewList(inline.Of(append(slices.Repeat(renewalsOf(&r)[:1], 1200), last)...))
	page = render(t, HTML, r)
	if n := strings.Count(page, `<details class="contract"`); n != htmlRows+1 || !strings.Contains(page, `id="outpost-op-the-last"`) ||
		!strings.Contains(page, "1,201 Outposts in all; the 500 with the nearest deadlines are listed here") {
		t.Errorf("%d contracts, and of the others no word", n)
	}
}

func TestRoundDollars(t *testing.T) {
	for in, want := range map[string]string{"0": "$0", "1234.49": "$1,234", "1234.5": "$1,235", "-999.5": "-$1,000",
		"131072.01": "$131,072", "0.40": "$0.40", "-0.40": "-$0.40", "0.5": "$1",
		"0.004": "$0.004", "1e3": "$1,000", "n/a": "n/a", "": ""} {
		if have := roundDollars(in); have != want {
			t.Errorf("roundDollars(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestCost(t *testing.T) {
	for in, want := range map[audit.Optional]string{"0.00": "–", "0": "–", "0.40": "$0.40", "612.40": "$612", "n/a": "n/a"} {
		if have := cost(in); have != want {
			t.Errorf("cost(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for in, want := range map[string]string{"0.08": "8%", "0.085": "8.5%", "0": "0%", "1": "100%", "x": "x"} {
		if have := percent(in); have != want {
			t.Errorf("percent(%q) = %q, want %q", in, have, want)
		}
	}
}

func TestRoundStep(t *testing.T) {
	for in, want := range map[float64]float64{0: 1, 0.3: 1, 1: 1, 1.2: 2, 3: 5, 7: 10, 10: 10, 41_000: 50_000, 1_200_000: 2_000_000} {
		if have := roundStep(in); have != want {
			t.Errorf("roundStep(%v) = %v, want %v", in, have, want)
		}
	}
}

// A chart of nothing, of one thing, or of amounts that are none is still a chart.
func TestChartsOfLittle(t *testing.T) {
	for name, c := range map[string]chart{
		"no quarter":   endsChart(nil),
		"all zero":     endsChart([]audit.Quarter{{Quarter: "2026-Q4"}}),
		"no amount":    cashChart("", wideChart, []audit.Period{{Period: "2026-11", Committed: "", WithRenewals: "?"}}),
		"no domain":    severityChart(nil),
		"no finding":   severityChart(map[string]map[audit.Severity]int{"general": {}}),
		"renewal less": cashChart("", smallChart, []audit.Period{{Period: "FY2026", Committed: "0", WithRenewals: "-5"}}),
	} {
		if len(c.Bars) != 0 {
			t.Errorf("%s: bars %v", name, c.Bars)
		}
		for _, l := range c.Labels {
			if strings.Contains(l.X+l.Y, "N") || strings.Contains(l.X+l.Y, "I") {
				t.Errorf("%s: a label nowhere: %+v", name, l)
			}
		}
	}
}

// A chart that has no room for a period counts it in its last column.
func TestChartsLoseNothing(t *testing.T) {
	quarters := make([]audit.Quarter, 20)
	for i := range quarters {
		quarters[i].Quarter = fmt.Sprintf("%d-Q%d", 2026+i/4, i%4+1)
	}
	quarters[18].Decided, quarters[19].Undecided = 1, 2
	c := endsChart(quarters)
	if len(c.Bars) != 2 || c.Bars[0].Title != "later: 1 decided, 2 to be decided" || c.Labels[len(c.Labels)-1].Text != chartLater {
		t.Errorf("bars %+v, labels %+v", c.Bars, c.Labels)
	}
	months := make([]audit.Period, 70)
	for i := range months {
		months[i] = audit.Period{Period: fmt.Sprintf("%d-%02d", 2026+i/12, i%12+1), Committed: "0.10", WithRenewals: "0.30"}
	}
	c = cashChart("", wideChart, months)
	if last := c.Bars[len(c.Bars)-1]; len(c.Bars) != 2*60 || last.Title != "later: $1.10 committed, $3.30 with the recommended renewals" {
		t.Errorf("%d bars, the last %+v", len(c.Bars), last)
	}
}

// An option that finance cannot measure has prices and no measures, and a price of today that is unknown is not 0.
func TestUnmeasuredOptionIsNotFree(t *testing.T) {
	r := fullReport()
	rs := renewalsOf(&r)
	r.Renewals = audit.NewList(inline.Of(rs...))
	rn := &rs[0]
	rn.HasBilling, rn.CurrentMonthlyCents = true, nil
	rn.Options = []audit.PricedOption{
		{PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT", Currency: "EUR", UpfrontCents: 100_000, Allowed: true},
		{PaymentTerm: "TEN_YEARS", PaymentOption: "NO_UPFRONT", Currency: "USD", MonthlyCents: 4_200_00},
	}
	rn.Recommended = &audit.Recommendation{PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT"}
	page := render(t, HTML, r)
	for _, want := range []string{
		`<td class="n">1,000 EUR</td><td class="n">0 EUR</td><td class="n" colspan="8">not compared: not in US dollars</td></tr>`,
		`<td class="n">$0</td><td class="n">$4,200</td><td class="n" colspan="8">not compared: a term of unknown length</td></tr>`,
		`<small>A month now</small>unknown</span>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if first := strings.Index(page, "1,000 EUR"); strings.Contains(page[first-200:first], `class="pick"`) {
		t.Error("an option without measures is recommended")
	}
}

// How an indented line of the template goes on in the page. An error names the line of the file.
func TestUnindented(t *testing.T) {
	for text, want := range map[string]string{
		"<tr>\n  <td>a</td>\n  <td>b</td>\n</tr>":                "<tr><td>a</td><td>b</td>\n</tr>",
		"<tbody>\n  <tr>\n    <th>a\n      b</th>\n  </tr>\n":    "<tbody>\n<tr><th>a b</th></tr>\n",
		"<div>\n\n  <p>\n    {{- if true}}a\n    {{- end}}</p>":  "<div>\n\n<p>a</p>",
		"<p>One.\n  {{print 2}}.\n  3:\n  <br>\n  <a\n    id=x>": "<p>One. 2. 3:\n<br>\n<a id=x>",
		"<thead>\n  <tr>\n  </thead>\nText":                      "<thead>\n<tr>\n</thead>\nText",
	} {
		for _, wrong := range []string{"", "\n{{wrong}}"} {
			var out strings.Builder
			parsed, err := template.New("page").Parse(unindented(text + wrong))
			if wrong != "" {
				if line := fmt.Sprintf("page:%d:", 2+strings.Count(text, "\n")); err == nil || !strings.Contains(err.Error(), line) {
					t.Errorf("%q: %v: not %s", text, err, line)
				}
			} else if err != nil || parsed.Execute(&out, nil) != nil || out.String() != want {
				t.Errorf("%q is %q, not %q: %v", text, out.String(), want, err)
			}
		}
	}
}

// Every id is there once, every address within the page leads to one, what scrolls can be reached by the keyboard, and no heading of a
// column is empty.
func TestHTMLIsWhole(t *testing.T) {
	reports := fixtures()
	twins := fullReport()
	rs := renewalsOf(&twins)
	rs = append(rs, rs[0], rs[1])
	rs[8].Resource.Account, rs[9].Resource.ID = acctEdge, "op \"><b>"
	twins.Renewals = audit.NewList(inline.Of(rs...))
	same := firstOf(t, twins.Findings)
	unknown := same
	unknown.Verdict = audit.Unknown
	twins.Findings = audit.NewList(inline.Of(same, unknown))
	reports["twins"] = twins
	for name, r := range reports {
		t.Run(name, func(t *testing.T) {
			ids, refs, links := map[string]int{}, map[string]int{}, 0
			for _, n := range elements(t, render(t, HTML, r)) {
				if id := attr(n, "id"); id != "" {
					ids[id]++
				}
				if ref := attr(n, "href"); strings.HasPrefix(ref, "#") {
					refs[ref[1:]]++
				}
				for _, ref := range strings.Fields(attr(n, "href")) {
					if strings.HasPrefix(ref, "#outpost-") {
						links++
					}
				}
				switch {
				case attr(n, "class") == "scroll" && (attr(n, "tabindex") != "0" || attr(n, "role") != "group" || attr(n, "aria-label") == ""):
					t.Errorf("<div class=scroll> %v", n.Attr)
				case n.Data == "th" && strings.TrimSpace(textOf(n)) == "":
					t.Errorf("a column without a heading: %v", n.Attr)
				case (n.Data == "input" || n.Data == "select" || n.Data == "nav") && attr(n, "aria-label") == "":
					t.Errorf("<%s> has no name", n.Data)
				}
			}
			for id, n := range ids {
				if n > 1 {
					t.Errorf("%d elements are %s", n, id)
				}
				if strings.ContainsAny(id, " \t\"<>") {
					t.Errorf("the id %q", id)
				}
			}
			for ref := range refs {
				if ids[ref] == 0 {
					t.Errorf("#%s leads nowhere", ref)
				}
			}
			contracts := slices.DeleteFunc(renewalsOf(&r), func(rn audit.Renewal) bool { return rn.Shared })
			if len(contracts) > 0 && links == 0 {
				t.Error("nothing leads to the options of an Outpost")
			}
		})
	}
}

// Text can be read on every ground that it stands on, by day and by night: a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3).
func TestHTMLContrast(t *testing.T) {
	css, err := htmlFiles.ReadFile("html/page.css")
	if err != nil {
		t.Fatal(err)
	}
	luminance := func(color string) float64 {
		var c [3]uint8
		if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &c[0], &c[1], &c[2]); err != nil {
			t.Fatalf("%q: %v", color, err)
		}
		linear := func(v uint8) float64 {
			if s := float64(v) / 255; s > 0.04045 {
				return math.Pow((s+0.055)/1.055, 2.4)
			} else {
				return s / 12.92
			}
		}
		return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
	}
	themes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllSubmatch(css, -1)
	if len(themes) != 2 {
		t.Fatalf("%d themes", len(themes))
	}
	for i, theme := range themes {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6})`).FindAllSubmatch(theme[1], -1) {
			colors[string(m[1])] = string(m[2])
		}
		for _, text := range []string{"ink", "soft", "accent", "critical", "high", "medium", "low", "info", "good", "warn", "bad"} {
			for _, ground := range []string{"page", "sheet", "band", "pick"} {
				a, b := luminance(colors[text]), luminance(colors[ground])
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
					t.Errorf("theme %d: %s on %s is %.2f to 1", i, text, ground, ratio)
				}
			}
		}
	}
}

// What is recommended stands beside its deadline, and leads to the options it is one of.
func TestHTMLNamesWhatIsRecommended(t *testing.T) {
	page := render(t, HTML, fullReport())
	for _, want := range []string{
		`<a href="#outpost-op-00000000000000001">3 years, all upfront</a>`, `<span>$144,000.00</span>`,
		`<details class="contract" id="outpost-op-00000000000000001" open>`, `<a href="#outpost-op-00000000000000003">no price known</a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

// What an Outpost costs today is said where something is known of it: no share of nothing, and no $0 for a month without a contract of
// which AWS lists no subscription.
func TestPageSaysNoCostOfNothing(t *testing.T) {
	cents := func(n int64) *int64 { return &n }
	r := fullReport()
	rs := renewalsOf(&r)
	set := func(i int, state audit.Optional, now, idle, price *int64) {
		rs[i].ContractState, rs[i].CurrentMonthlyCents, rs[i].IdleMonthlyCents, rs[i].MonthToMonthPriceCents = state, now, idle, price
		rs[i].MonthToMonthPriceSource, rs[i].Capacity = "assumed", &audit.Capacity{Slots: 9, Idle: i + 1}
	}
	set(0, audit.StateMonthToMonth, cents(0), cents(0), cents(6293_70))
	set(1, audit.StateMonthToMonth, cents(500_00), cents(50_00), cents(700_00))
	set(2, audit.StateRunning, cents(0), nil, cents(6293_70))
	set(3, audit.StateMonthToMonth, nil, nil, nil)
	r.Renewals = audit.NewList(inline.Of(rs[:4]...))
	page := render(t, HTML, r)
	for i, want := range []struct{ now, idle string }{{"$6,294 (assumed)", ""}, {"$500", ", $50 of what it costs a month"}, {"$0", ""}, {"unknown", ""}} {
		_, contract, _ := strings.Cut(page, `id="outpost-`+rs[i].Resource.ID+`"`)
		contract, _, _ = strings.Cut(contract, "</details>")
		for _, want := range []string{"<small>A month now</small>" + want.now + "</span>", fmt.Sprintf("%d of 9 instance slots idle%s.</p>", i+1, want.idle)} {
			if !strings.Contains(contract, want) {
				t.Errorf("%s: no %q in %s", rs[i].Resource.ID, want, contract[:min(len(contract), 900)])
			}
		}
	}
}

// Every row of a table has a cell for each of its columns: a line that stops short reads as if something were missing.
func TestHTMLRowsAreWhole(t *testing.T) {
	short := fullReport() // an account whose years end before those of all
	short.Commitments.Accounts = slices.Clone(short.Commitments.Accounts)
	a := &short.Commitments.Accounts[0]
	a.CashByFiscalYear = a.CashByFiscalYear[:1]
	list := fixtures()
	list["short"] = short
	for name, r := range list {
		columns := 0
		for _, n := range elements(t, render(t, HTML, r)) {
			if n.Data != "tr" {
				continue
			}
			cells := 0
			for c := range n.ChildNodes() {
				if c.Type != html.ElementNode {
					continue
				}
				span := 1
				if v := attr(c, "colspan"); v != "" {
					if _, err := fmt.Sscan(v, &span); err != nil {
						t.Fatal(err)
					}
				}
				cells += span
			}
			if n.Parent.Data == "thead" {
				columns = cells
			} else if cells != columns {
				t.Errorf("%s: %d cells below %d columns: %q", name, cells, columns, textOf(n))
			}
		}
	}
}

// What is recommended is named once, though its reason begins with the same words.
func TestRecommendationIsSaidOnce(t *testing.T) {
	for _, tt := range []struct {
		r    audit.Recommendation
		want string
	}{
		{audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT",
			Reason: "3 years, no upfront costs least of the 6 allowed options."},
			"3 years, no upfront costs least of the 6 allowed options."},
		{audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT",
			Reason: "It costs least."}, "3 years, no upfront: It costs least."},
		{audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "ALL_UPFRONT"}, "1 year, all upfront"},
		{audit.Recommendation{Action: audit.ActionMonthToMonth, Reason: "No allowed option costs less."},
			"month-to-month: No allowed option costs less."},
	} {
		if have := chosenWords(&tt.r) + because(&tt.r); have != tt.want {
			t.Errorf("have %q, want %q", have, tt.want)
		}
	}
}
