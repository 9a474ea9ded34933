package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/inline"
)

// icsRead reads a calendar with a parser that is not ours.
func icsRead(t *testing.T, out []byte) *ics.Calendar {
	t.Helper()
	c, err := ics.ParseCalendar(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func icsProperty(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// icsTexts are the texts of a calendar.
func icsTexts(t *testing.T, out []byte) []string {
	t.Helper()
	var texts []string
	for _, e := range icsRead(t, out).Events() {
		for _, p := range e.Properties {
			texts = append(texts, p.Value)
		}
	}
	return texts
}

func TestICSEvents(t *testing.T) {
	r := fullReport()
	rs := renewalsOf(&r)
	rs[3].Decision = &audit.DecisionFacts{Status: audit.DecisionOpen, Deadline: "2027-03-23", Decision: audit.Decision{
		Outpost: rs[3].Resource.ID, Action: audit.ActionReturn, Owner: "finance@example.com", Reason: "closed; sold, \\ gone",
		DecidedOn: "2026-11-02"}}
	r.Renewals = audit.NewList(inline.Of(rs...))
	r.Summary.Calendar = calendarOf(rs, audit.CalendarDay{Kind: audit.CalendarNotice, Resource: rs[3].Resource,
		Day: "2027-04-22", ContractEnd: "2027-04-29", Settled: true, AsOf: "2026-11-13T06:00:00Z"})
	type event struct {
		Day, Summary, Status string
		Alarms               []string
	}
	have := map[string]event{}
	c := icsRead(t, []byte(render(t, ICS, r)))
	for _, e := range c.Events() {
		v := event{Day: icsProperty(e, ics.ComponentPropertyDtStart), Summary: icsProperty(e, ics.ComponentPropertySummary),
			Status: icsProperty(e, ics.ComponentPropertyStatus)}
		for _, a := range e.Alarms() {
			v.Alarms = append(v.Alarms, a.GetProperty(ics.ComponentPropertyTrigger).Value)
		}
		if have[e.Id()].Day != "" {
			t.Errorf("two events are %s", e.Id())
		}
		have[e.Id()] = v
		if want := fmt.Sprint(fixtureTime.Unix() / 60); icsProperty(e, ics.ComponentPropertySequence) != want {
			t.Errorf("%s: sequence %s, want %s", e.Id(), icsProperty(e, ics.ComponentPropertySequence), want)
		}
	}
	alarms := []string{"-P90D", "-P30D", "-P5D"}
	want := map[string]event{
		"op-00000000000000001-notice@tenor":    {"20261123", "Decide: fra-dc1: renew, 3 years, all upfront, $144,000.00", "CONFIRMED", alarms},
		"op-00000000000000002-notice@tenor":    {"20261208", "Decide: fra-dc2: renew, 3 years, all upfront, $432,000.00", "CONFIRMED", alarms},
		"op-00000000000000003-notice@tenor":    {"20270120", "Decide: " + audit.Visible("dub "+hostile), "CONFIRMED", alarms},
		"op-00000000000000004-notice@tenor":    {"20270422", "Settled: nyc-store-17", "CANCELLED", nil},
		"op-00000000000000004-carry_out@tenor": {"20270323", "Carry out: nyc-store-17: return", "CONFIRMED", alarms},
		"op-00000000000000005-notice@tenor":    {"20281003", "Decide: nyc-store-18: renew, 3 years, all upfront, $120,000.00", "CONFIRMED", alarms},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	for _, e := range c.Events() {
		if e.Id() == "op-00000000000000004-carry_out@tenor" {
			want := `Decided on 2026-11-02 by finance@example.com: closed; sold, \ gone` + "\nAWS does not show it yet.\n" +
				"The contract ends on 2027-04-29.\nop-00000000000000004, 444455556666 edge <b>sites, us-east-1"
			if have := icsProperty(e, ics.ComponentPropertyDescription); have != want {
				t.Errorf("description %q, want %q", have, want)
			}
		}
	}
}

// A later report has the same events, each with a higher SEQUENCE.
func TestICSUpdates(t *testing.T) {
	r := fullReport()
	sequence := func() map[string]string {
		found := map[string]string{}
		for _, e := range icsRead(t, []byte(render(t, ICS, r))).Events() {
			found[e.Id()] = icsProperty(e, ics.ComponentPropertySequence)
		}
		return found
	}
	before := sequence()
	r.Run.AsOf = fixtureTime.Add(time.Minute).Format(time.RFC3339)
	after := sequence()
	if len(before) == 0 || len(before) != len(after) {
		t.Fatalf("%v, then %v", before, after)
	}
	for id, s := range before {
		if after[id] <= s || len(after[id]) != len(s) {
			t.Errorf("%s: %s, then %s", id, s, after[id])
		}
	}
}

// Every line is of 75 bytes at the most, ends with CRLF and is UTF-8, and there is a component in every calendar.
func TestICSIsFoldedAsRFC5545Asks(t *testing.T) {
	reports := fixtures()
	long := hostileReport(strings.Repeat("añ字𝄞,;\\", 60))
	reports["long"] = long
	for name, r := range reports {
		out := render(t, ICS, r)
		lines := strings.Split(out, "\r\n")
		if last := lines[len(lines)-1]; last != "" {
			t.Errorf("%s: the last line is %q", name, last)
		}
		for _, l := range lines {
			if len(l) > 75 || strings.ContainsAny(l, "\r\n") || !utf8.ValidString(l) {
				t.Errorf("%s: %d bytes in %q", name, len(l), l)
			}
		}
		if c := icsRead(t, []byte(out)); len(c.Components) == 0 {
			t.Errorf("%s: no component", name)
		}
	}
	want := strings.Repeat("añ字𝄞,;\\", 60)
	if !slices.ContainsFunc(icsTexts(t, []byte(render(t, ICS, long))), func(s string) bool { return strings.Contains(s, want) }) {
		t.Error("what was folded is not unfolded")
	}
}

func TestCalendarAndCommitmentsReturnErrors(t *testing.T) {
	broken := errors.New("disk gone")
	for name, format := range map[string]func(io.Writer, audit.Report) error{"ics": ICS, "focus": FOCUS} {
		if err := format(brokenWriter{broken}, fullReport()); !errors.Is(err, broken) {
			t.Errorf("%s: a writer that fails: %v", name, err)
		}
		r := fullReport()
		r.Run.AsOf = "soon"
		if err := format(io.Discard, r); err == nil {
			t.Errorf("%s: no error for as_of %s", name, r.Run.AsOf)
		}
	}
}

// In a text a backslash, a semicolon, a comma and a line break have a backslash before them (RFC 5545, 3.3.11), which the parser above
// does not insist on.
func TestICSEscapesTexts(t *testing.T) {
	text := regexp.MustCompile(`^(?:[^\\;,]|\\[\\;,n])*$`)
	r := hostileReport(`a;b,c\d`)
	texts := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(render(t, ICS, r), "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if !slices.Contains([]string{"UID", "SUMMARY", "DESCRIPTION"}, name) {
			continue
		}
		if texts++; !text.MatchString(value) {
			t.Errorf("%s: %q", name, value)
		}
	}
	if texts < 4 {
		t.Errorf("%d texts", texts)
	}
}
