package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tenor/audit"
)

// Wanted says which findings of a report are to be listed. A field that is empty leaves none out.
type Wanted struct {
	Severity                               audit.Severity // it and those that are more severe
	Verdicts                               []audit.Verdict
	Rules                                  []string // ids, or patterns as path.Match has them: outposts.*
	Accounts, Regions, Kinds, Owners, News []string // News are values of Finding.Change
}

// but reports whether a finding is wanted, whatever its verdict.
func (w *Wanted) but(f *audit.Finding) bool {
	in := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	rule := func(pattern string) bool { return MatchesRule(pattern, f.Rule) }
	return (w.Severity == "" || f.Severity.AtLeast(w.Severity)) && (len(w.Rules) == 0 || slices.ContainsFunc(w.Rules, rule)) &&
		in(w.Accounts, f.Resource.Account) && in(w.Regions, f.Resource.Region) && in(w.Kinds, f.Resource.Kind) &&
		in(w.Owners, f.Resource.Owner) && in(w.News, string(f.Change))
}

func (w *Wanted) verdict(v audit.Verdict) bool {
	return len(w.Verdicts) == 0 || slices.Contains(w.Verdicts, v)
}

// MatchesRule reports whether a pattern of Wanted names a rule. A pattern that is none names nothing.
func MatchesRule(pattern, id string) bool {
	ok, err := path.Match(pattern, id)
	return ok && err == nil
}

// Of returns those of a list that are wanted, in their order. Its Len is 0: how many they are is known once they are ranged over.
func (w *Wanted) Of(list audit.FindingList) audit.FindingList {
	return audit.NewList(0, func(yield func(audit.Finding, error) bool) {
		for f, err := range list.All() {
			if (err != nil || w.but(&f) && w.verdict(f.Verdict)) && !yield(f, err) {
				return
			}
		}
	})
}

// FindingsJSON writes the findings that are wanted as an array, each as report.json has it.
func FindingsJSON(w io.Writer, r audit.Report, wanted Wanted) error {
	if err := writeList(w, wanted.Of(r.Findings), "", appendFinding); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// FindingsCSV writes the findings that are wanted as CSV does.
func FindingsCSV(w io.Writer, r audit.Report, wanted Wanted) error {
	r.Findings = wanted.Of(r.Findings)
	return CSV(w, r)
}

// listMessage is how many characters of a message are listed.
const listMessage = 1000

// Findings writes the findings that are wanted for a person, one after the other as they are read: what it is of, where, and what it
// says; at the end how many, and what of other verdicts there is beside them. A width of 0 breaks no line.
func Findings(w io.Writer, r audit.Report, wanted Wanted, style TerminalStyle) error {
	t := terminal{width: style.Width, color: style.Color}
	const indent = 10 // the longest severity, and two
	width := cmp.Or(t.width, 1<<20)
	counts := map[audit.Verdict]int{}
	listed := 0
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if !wanted.but(&f) {
			continue
		}
		counts[f.Verdict]++
		if !wanted.verdict(f.Verdict) {
			continue
		}
		listed++
		msg := audit.Visible(audit.Cut(f.Msg, listMessage))
		if t.width > 0 {
			msg = text.WrapSoft(msg, max(t.width-indent, 40))
		}
		pad := strings.Repeat(" ", indent)
		head := t.paint(severityPaint(f.Severity), fmt.Sprintf("%-*s", indent, f.Severity)) + t.paint(bold, audit.Visible(f.Rule)) + "  " +
			label(f.Resource)
		block := []string{head, wrap(pad, t.place(&f), width)}
		for line := range strings.SplitSeq(msg, "\n") {
			block = append(block, pad+strings.TrimRight(line, " "))
		}
		if err := printed(w, strings.Join(block, "\n")+"\n"); err != nil {
			return err
		}
	}
	end := []string{audit.Counted(listed, "finding")}
	var others, names []string
	for _, v := range audit.Verdicts {
		if counts[v] > 0 && !wanted.verdict(v) {
			others, names = append(others, number(counts[v])+" "+string(v)), append(names, string(v))
		}
	}
	if len(others) > 0 {
		end = append(end, "beside "+strings.Join(others, ", ")+": --verdict "+strings.Join(names, ","))
	}
	if n := r.Summary.Coverage.Gaps; n > 0 {
		end = append(end, t.paint(yellow, audit.Counted(n, "gap")+" in what was read: there may be more findings"))
	}
	if c := r.Changes; c != nil && c.NotReevaluated.Len > 0 {
		end = append(end, t.paint(yellow, number(c.NotReevaluated.Len)+" known before and not re-evaluated"))
	}
	lead := ""
	if listed > 0 {
		lead = "\n"
	}
	return printed(w, lead+wrap("", end, width)+"\n")
}

// place says where a finding is, and what there is to know of it beside its message.
func (t terminal) place(f *audit.Finding) []string {
	var parts []string
	add := func(before, s string) {
		if s != "" {
			parts = append(parts, t.paint(faint, audit.Visible(before+s)))
		}
	}
	add("", strings.TrimSpace(f.Resource.Account+" "+f.Resource.Region))
	if f.Verdict != audit.Fail {
		add("", string(f.Verdict))
	}
	add("due ", string(f.Due))
	add("", f.Amount.PerText())
	add("owner ", audit.Cut(f.Resource.Owner, 100))
	if f.Change != audit.Optional(audit.ChangePersisting) {
		add("", string(f.Change))
	}
	add("", f.Fingerprint[:min(len(f.Fingerprint), 12)])
	return parts
}
