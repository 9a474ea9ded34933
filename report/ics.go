package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tenor/audit"
)

// ICS writes a calendar (iCalendar, RFC 5545) of the deadlines of contracts: an event of one day for each of the summary's calendar. Its
// UID is that of the Outpost and the kind of deadline, so that a calendar which has it takes a later one for an update: SEQUENCE is
// as_of in minutes. What an earlier report had and is settled now is CANCELLED; every other has an alarm on each of the run's notify
// days. It holds prices. Nothing but deadlines is in it: whether there are more that could not be read says its DESCRIPTION.
func ICS(w io.Writer, r audit.Report) error {
	asOf, err := time.Parse(time.RFC3339, r.Run.AsOf)
	if err != nil {
		return fmt.Errorf("as_of of the report: %w", err)
	}
	c := calendar{w: bufio.NewWriter(w), asOf: asOf.UTC(), notify: slices.Clone(r.Run.NotifyDays), names: accountNames(r),
		decided: map[audit.ResourceKey]*audit.DecisionFacts{}, carried: map[audit.ResourceKey]*audit.Deadline{}}
	slices.SortFunc(c.notify, func(a, b int) int { return b - a })
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals: %w", err)
		}
		if rn.Decision != nil {
			c.decided[rn.Resource.Key()] = rn.Decision
		}
	}
	var stop func()
	c.renewals, stop = iter.Pull2(r.Renewals.All())
	defer stop()
	if err := c.advance(); err != nil {
		return err
	}
	for i := range r.Summary.Carried {
		c.carried[r.Summary.Carried[i].Resource.Key()] = &r.Summary.Carried[i]
	}
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//tenor//Contract deadlines//EN")
	c.line("METHOD", "PUBLISH")
	c.text("X-WR-CALNAME", "AWS Outposts contract deadlines")
	about := "As of " + audit.DayOf(r.Run.AsOf) + "."
	if n := r.Summary.Coverage.Gaps; n > 0 {
		about += " " + audit.Counted(n, "gap") + " in what was read: there may be more deadlines than these."
	}
	c.text("DESCRIPTION", about)
	for d, err := range r.Summary.Calendar.All() {
		if err != nil {
			return fmt.Errorf("calendar: %w", err)
		}
		if err := c.event(&d); err != nil {
			return err
		}
	}
	if r.Summary.Calendar.Len == 0 { // a calendar must have a component
		for _, l := range [...][2]string{{"BEGIN", "VTIMEZONE"}, {"TZID", "Etc/UTC"}, {"BEGIN", "STANDARD"}, {"DTSTART", "19700101T000000"},
			{"TZOFFSETFROM", "+0000"}, {"TZOFFSETTO", "+0000"}, {"END", "STANDARD"}, {"END", "VTIMEZONE"}} {
			c.line(l[0], l[1])
		}
	}
	c.line("END", "VCALENDAR")
	return c.w.Flush()
}

type calendar struct {
	w       *bufio.Writer // which keeps its first error
	asOf    time.Time
	notify  []int // days before a deadline, the most first
	names   map[string]string
	decided map[audit.ResourceKey]*audit.DecisionFacts // on file
	carried map[audit.ResourceKey]*audit.Deadline

	// The renewals stand in the order of the days, which are those of their notice deadlines among others.
	renewals func() (audit.Renewal, error, bool)
	renewal  *audit.Renewal // the next; nil after the last
}

// advance goes to the next renewal.
func (c *calendar) advance() error {
	rn, err, ok := c.renewals()
	if err != nil {
		return fmt.Errorf("renewals: %w", err)
	}
	c.renewal = nil
	if ok {
		c.renewal = &rn
	}
	return nil
}

// noticeOf returns the deadline of the contract whose notice is due on a day; the zero Deadline where none is. The days are asked for in
// their order.
func (c *calendar) noticeOf(d *audit.CalendarDay) (audit.Deadline, error) {
	for c.renewal != nil && c.renewal.NoticeDeadline != "" {
		at := &c.renewal.Resource
		switch order := cmp.Or(cmp.Compare(string(c.renewal.NoticeDeadline), d.Day), cmp.Compare(at.Account, d.Resource.Account),
			cmp.Compare(at.Region, d.Resource.Region), cmp.Compare(at.ID, d.Resource.ID)); {
		case order > 0:
			return audit.Deadline{}, nil
		case order == 0:
			deadline, _ := c.renewal.Deadline(c.asOf)
			return deadline, nil
		}
		if err := c.advance(); err != nil {
			return audit.Deadline{}, err
		}
	}
	return audit.Deadline{}, nil
}

func (c *calendar) event(d *audit.CalendarDay) error {
	on, err := time.Parse(time.DateOnly, d.Day)
	if err != nil {
		return fmt.Errorf("calendar of %s: %w", audit.Visible(d.Resource.ID), err)
	}
	summary, description, err := c.words(d)
	if err != nil {
		return err
	}
	status := "CONFIRMED"
	if d.Settled {
		status = "CANCELLED"
	}
	now := c.asOf.Format("20060102T150405Z")
	c.line("BEGIN", "VEVENT")
	c.text("UID", d.Resource.ID+"-"+d.Kind+"@tenor")
	c.line("DTSTAMP", now)
	c.line("LAST-MODIFIED", now)
	c.line("SEQUENCE", fmt.Sprint(c.asOf.Unix()/60))
	c.line("DTSTART;VALUE=DATE", on.Format("20060102"))
	c.text("SUMMARY", summary)
	c.text("DESCRIPTION", description)
	c.line("STATUS", status)
	c.line("CLASS", "CONFIDENTIAL")
	c.line("TRANSP", "TRANSPARENT")
	for _, days := range c.notify {
		if d.Settled {
			break
		}
		c.line("BEGIN", "VALARM")
		c.line("ACTION", "DISPLAY")
		c.line("TRIGGER", fmt.Sprintf("-P%dD", days))
		c.text("DESCRIPTION", summary)
		c.line("END", "VALARM")
	}
	c.line("END", "VEVENT")
	return nil
}

// words says what is to be done by a day, in a line and in several.
func (c *calendar) words(d *audit.CalendarDay) (summary, description string, err error) {
	name := audit.Visible(d.Resource.Label())
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, audit.Visible(fmt.Sprintf(format, args...))) }
	switch {
	case d.Settled:
		summary = "Settled: " + name
		add("Nothing is left to be done by %s.", d.Day)
	case d.Kind == audit.CalendarCarryOut:
		summary = "Carry out: " + name
		if decided := c.decided[d.Resource.Key()]; decided != nil {
			summary += ": " + decided.Choice().Words()
			add("Decided on %s by %s: %s", decided.DecidedOn, decided.Owner, decided.Reason)
		}
		add("AWS does not show it yet.")
	default:
		summary = "Decide: " + name
		var deadline audit.Deadline
		if earlier := c.carried[d.Resource.Key()]; earlier != nil {
			deadline = *earlier
		} else if deadline, err = c.noticeOf(d); err != nil {
			return "", "", err
		}
		if choice := deadline.Recommended.Words(); choice != "" {
			summary += ": " + choice
			add("Recommended: %s", choice)
		}
		if deadline.Amount != nil {
			summary += ", " + money(deadline.Amount)
			add("Total of the recommended option: %s", money(deadline.Amount))
		}
		if deadline.PerMonth != nil {
			add("Cost of inaction, a month past the end: %s", money(deadline.PerMonth))
		}
		add("AWS has to know by %s whether it is renewed or returned.", d.Day)
	}
	add("The contract ends on %s.", audit.DayOf(d.ContractEnd))
	add("%s, %s %s, %s", d.Resource.ID, d.Resource.Account, c.names[d.Resource.Account], d.Resource.Region)
	if d.AsOf != "" {
		add("Last read on %s.", audit.DayOf(d.AsOf))
	}
	return summary, strings.Join(lines, "\n"), nil
}

// text writes a property whose value is a text.
func (c *calendar) text(name, value string) {
	c.line(name, strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(audit.VisibleLines(value)))
}

// line writes a property as a content line: no more than 75 bytes, what is more on lines that begin with a space.
func (c *calendar) line(name, value string) {
	room := 75
	for rest := name + ":" + value; ; {
		n := min(len(rest), room)
		for n < len(rest) && !utf8.RuneStart(rest[n]) {
			n--
		}
		_, _ = c.w.WriteString(rest[:n] + "\r\n") // Flush has the error
		if rest = rest[n:]; rest == "" {
			return
		}
		_ = c.w.WriteByte(' ')
		room = 74
	}
}
