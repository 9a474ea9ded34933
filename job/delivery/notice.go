package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tenor/audit"
)

// Outcome is what became of a report beyond the run folder.
type Outcome struct {
	Folder string   // the URL of the run's own folder in S3; empty when it is not there
	Done   []string // what was delivered: URLs, a topic, the host of a webhook
	Err    error    // names what was not, and why; nil when everything was
}

// Notice is what others are told of a run. As JSON it is the attribute of the SNS message, and the answer
// of a function.
type Notice struct {
	Status     audit.Status           `json:"status"`
	Run        string                 `json:"run"`
	Invocation string                 `json:"invocation"` // of the program, as its log has it; empty: none
	AsOf       string                 `json:"as_of"`
	Exit       int                    `json:"exit"`
	Findings   map[audit.Severity]int `json:"findings"` // with the verdict fail, all five severities
	New        int                    `json:"new"`
	Changed    int                    `json:"changed"`
	Resolved   int                    `json:"resolved"`
	Silenced   int                    `json:"silenced"`         // gone, waived or less severe by a setting that changed
	Settings   int                    `json:"settings"`         // that changed
	SettingsOf []string               `json:"settings_changed"` // what they are, the first few
	Unread     int                    `json:"not_reevaluated"`  // known, and not evaluated this time
	Gaps       int                    `json:"gaps"`
	NewGaps    int                    `json:"new_gaps"`
	Missing    []GapNotice            `json:"missing"`     // what the gaps are, those with the most first, a few
	Lost       int                    `json:"lost"`        // services of an account and region that were read before and not now
	RuleErrors int                    `json:"rule_errors"` // verdicts that a rule could not give, since it failed while it ran
	Deadlines  []DeadlineNotice       `json:"deadlines"`   // the nearest five
	Months     audit.MonthToMonth     `json:"month_to_month"`
	Warnings   []string               `json:"warnings"` // what the run went on without
	Folder     string                 `json:"folder"`   // the run's folder in S3; empty when it is not there

	failed      []audit.RuleError
	undelivered error
	bill        *audit.BillTotals // nil without a bill
	news        []news            // new and changed failures, the first few
	more        bool              // there are more of them
	compared    bool              // New, Changed and Resolved are of a comparison
	gapsBefore  bool              // NewGaps is of a comparison
}

// DeadlineNotice is a renewal to decide.
type DeadlineNotice struct {
	Outpost        string `json:"outpost"`
	Name           string `json:"name"`
	Account        string `json:"account"`
	Region         string `json:"region"`
	NoticeDeadline string `json:"notice_deadline"`
	DaysLeft       int    `json:"days_left"`
	ContractEnd    string `json:"contract_end"` // YYYY-MM-DD
	Recommended    string `json:"recommended"`  // in words; empty when nothing is

	Amount *audit.Money `json:"amount"` // total contract value of what is recommended; nil when unknown

	AsOf audit.Optional `json:"as_of"` // of the report that read it last; null when it is this one
}

// Bounds of a notice, so that no text of AWS's or of a policy's crowds out the rest. With them the attribute of an SNS message and
// its text are far below the 262,144 bytes that SNS takes for both.
const (
	noticeNews  = 5   // findings, and rules that failed, that are spelt out
	noticeGaps  = 5   // groups of gaps
	noticeSets  = 10  // settings that changed
	noticeNames = 5   // accounts, regions and APIs that a group names
	noticeWord  = 80  // characters of a name or an id
	noticeMsg   = 300 // characters of a message
)

// clip cuts a text for people to n characters, of which the last is then an ellipsis.
func clip(s string, n int) string { return audit.Visible(audit.Cut(s, n)) }

func word(s string) string { return clip(s, noticeWord) }

// NewNotice makes the notice of a finished run with that exit code. Before is the report that it replaces, or was compared with, nil
// when there was none; so says what has become of it.
func NewNotice(r, before *audit.Report, so Outcome, exit int) (Notice, error) {
	n := Notice{
		Status: r.Status, Run: r.Run.ID, AsOf: r.Run.AsOf, Exit: exit, Findings: r.Summary.BySeverity(), Gaps: r.Summary.Coverage.Gaps,
		Missing: missing(r.Coverage.Gaps()), RuleErrors: r.Summary.Verdicts[audit.Error], Months: r.Summary.MonthToMonth,
		Deadlines: []DeadlineNotice{}, Warnings: []string{}, SettingsOf: []string{}, Folder: so.Folder, undelivered: so.Err,
	}
	var err error
	if n.bill, err = r.Bill(); err != nil {
		return Notice{}, err
	}
	if n.failed, err = r.RuleErrors(); err != nil {
		return Notice{}, err
	}
	if c := r.Changes; c != nil {
		n.compared = true
		n.New, n.Changed, n.Resolved, n.Silenced, n.Unread = c.New, c.Changed.Len, c.Resolved.Len, c.Silenced.Len, c.NotReevaluated.Len
		n.Settings = len(c.Settings)
		for _, s := range c.Settings[:min(len(c.Settings), noticeSets)] {
			n.SettingsOf = append(n.SettingsOf, clip(s.String(), noticeMsg))
		}
	}
	if before != nil {
		n.gapsBefore, n.NewGaps, n.Lost = true, newGaps(r, before), lost(r, before)
	}
	for _, w := range r.Run.Warnings {
		n.Warnings = append(n.Warnings, clip(w, noticeMsg))
	}
	for _, d := range r.Summary.Deadlines {
		at := &d.Resource
		n.Deadlines = append(n.Deadlines, DeadlineNotice{Outpost: word(at.ID), Name: word(at.Name), Account: word(at.Account),
			Region: word(at.Region), NoticeDeadline: word(d.NoticeDeadline), DaysLeft: d.DaysLeft, AsOf: d.AsOf,
			ContractEnd: word(audit.DayOf(d.ContractEnd)), Recommended: word(d.Recommended.Words()),
			Amount: d.Amount})
	}
	if n.news, n.more, err = newsOf(r.Findings); err != nil {
		return n, err
	}
	return n, nil
}

// subjectLimit is how many characters SNS takes, in ASCII.
const subjectLimit = 100

// subject names what is most urgent first, and leaves out what there is no room for.
func (n Notice) subject() string {
	subject := "tenor: " + string(n.Status)
	add := func(when bool, format string, args ...any) {
		if part := ", " + fmt.Sprintf(format, args...); when && len(subject)+len(part) <= subjectLimit {
			subject += part
		}
	}
	add(n.undelivered != nil, "not delivered")
	add(len(n.failed) > 0, "%s failed", audit.Counted(len(n.failed), "rule"))
	add(n.Silenced > 0, "%d silenced", n.Silenced)
	add(n.Silenced == 0 && n.Settings > 0, "%s changed", audit.Counted(n.Settings, "setting"))
	add(n.New > 0, "%d new", n.New)
	add(n.Findings[audit.Critical] > 0, "%d critical", n.Findings[audit.Critical])
	add(n.Gaps > 0, "%d not read", n.Gaps)
	add(n.Unread > 0, "%d not re-evaluated", n.Unread)
	if len(n.Deadlines) > 0 {
		add(true, "decide by %s", n.Deadlines[0].NoticeDeadline)
	}
	return subject
}

// text is the notice for a person: plain, a few lines, of at most limit characters as escaped counts them. What there is no room
// for is left out from the end of the details; what became of the findings, what was not read, the report and the run never are.
func (n Notice) text(limit int, escape func(string) string) string {
	head, details, tail := n.lines()
	room := limit
	for _, l := range append(slices.Clone(head), tail...) {
		room -= length(escape(l)) + 1
	}
	const left = "… and more in the report"
	more := n.more
	for i, l := range details {
		size := length(escape(l)) + 1
		if size > room-length(left)-1 {
			details, more = details[:i], true
			break
		}
		room -= size
	}
	if more {
		details = append(slices.Clip(details), left)
	}
	return escape(strings.Join(slices.Concat(head, details, tail), "\n") + "\n")
}

func length(s string) int { return utf8.RuneCountInString(s) }

// lines returns what a notice says: what is always said first, the details, and what is always said last. Each is bounded.
func (n Notice) lines() (head, details, tail []string) {
	line := func(to *[]string, format string, args ...any) {
		*to = append(*to, audit.Visible(fmt.Sprintf(format, args...)))
	}
	compared, first := "", ""
	if n.compared {
		compared = fmt.Sprintf(" (%d new, %d changed, %d resolved)", n.New, n.Changed, n.Resolved)
	}
	if n.gapsBefore {
		first = fmt.Sprintf(", %d for the first time", n.NewGaps)
	}
	line(&head, "Findings: %s%s", cmp.Or(audit.SeverityCounts(n.Findings), "none"), compared)
	if months := n.Months.Text(); months != "" {
		line(&head, "%s", months)
	}
	if n.Silenced > 0 {
		line(&head, "Silenced: %s by settings that changed; nothing shows that they were resolved", audit.Counted(n.Silenced, "finding"))
	}
	if n.Settings > 0 {
		line(&head, "Settings: %d changed", n.Settings)
	}
	if n.Unread > 0 {
		line(&head, "Not re-evaluated: %s from earlier, which may well stand", audit.Counted(n.Unread, "finding"))
	}
	if n.Gaps > 0 {
		line(&head, "Coverage: %s could not be read%s", audit.Counted(n.Gaps, "scope"), first)
	}
	if n.Lost > 0 {
		line(&head, "Coverage: %s of an account and region, read before, not read now", audit.Counted(n.Lost, "service"))
	}
	for _, s := range n.SettingsOf {
		line(&details, "Setting changed: %s", s)
	}
	for _, w := range n.Warnings[:min(len(n.Warnings), noticeNews)] {
		line(&details, "Warning: %s", w)
	}
	if n.undelivered != nil {
		line(&details, "Not delivered: %s", clip(audit.Joined(n.undelivered.Error()), noticeMsg))
	}
	for _, g := range n.Missing {
		line(&details, "Not read: %s", g)
	}
	for _, e := range n.failed[:min(len(n.failed), noticeNews)] {
		line(&details, "Rule %s could not evaluate %s. Of %s in %s: %s",
			word(e.Rule), audit.Counted(e.Resources, "resource"), word(e.First.Resource.ID), scopeOf(e.First.Resource), clip(e.First.Msg, noticeMsg))
	}
	for _, d := range n.Deadlines {
		read := ""
		if d.AsOf != "" {
			read = ", last read " + audit.DayOf(d.AsOf)
		}
		what := ""
		if d.Recommended != "" {
			what = ": " + d.Recommended
		}
		if d.Amount != nil {
			what += ", " + word(d.Amount.Text())
		}
		line(&details, "Decide by %s (%s%s): %s in %s/%s, ends %s%s", d.NoticeDeadline, audit.InDays(d.DaysLeft), read,
			called(d.Outpost, d.Name), d.Account, d.Region, d.ContractEnd, what)
	}
	for _, l := range n.bill.Lines() {
		line(&details, "%s", l)
	}
	for _, item := range n.bill.Largest() {
		line(&details, "%s %s: %s in %s", item.Amount().Text(), item.What, word(item.Resource.Label()), word(item.Resource.Account))
	}
	for _, w := range n.news {
		line(&details, "%s", w)
	}
	if n.Folder != "" {
		line(&tail, "Report: %s", n.Folder)
	}
	invocation := ""
	if n.Invocation != "" {
		invocation = ", invocation " + word(n.Invocation)
	}
	line(&tail, "As of %s, run %s%s", n.AsOf, n.Run, invocation)
	return head, details, tail
}

// called returns an id and the name, where there is one.
func called(id, name string) string { return strings.TrimSpace(id + " " + name) }

func scopeOf(r audit.ResourceRef) string {
	if r.Region == "" {
		return word(r.Account)
	}
	return word(r.Account) + "/" + word(r.Region)
}
