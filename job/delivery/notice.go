package delivery

import (
	"fmt"
	"strings"

	"tenor/audit"
	"tenor/report"
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
	AsOf       string                 `json:"as_of"`
	Exit       int                    `json:"exit"`
	Findings   map[audit.Severity]int `json:"findings"` // with the verdict fail, all five severities
	New        int                    `json:"new"`
	Changed    int                    `json:"changed"`
	Resolved   int                    `json:"resolved"`
	Gaps       int                    `json:"gaps"`
	NewGaps    int                    `json:"new_gaps"`
	Lost       int                    `json:"lost"`        // services of an account and region that were read before and not now
	RuleErrors int                    `json:"rule_errors"` // verdicts that a rule could not give, since it failed while it ran
	Deadlines  []DeadlineNotice       `json:"deadlines"`   // the nearest five
	Folder     string                 `json:"folder"`      // the run's folder in S3; empty when it is not there

	failed      []audit.RuleError
	undelivered error
	news        []audit.Finding // new and changed failures, the first few
	more        bool            // there are more of them
}

// DeadlineNotice is a renewal to decide.
type DeadlineNotice struct {
	Outpost        string `json:"outpost"`
	Name           string `json:"name"`
	Account        string `json:"account"`
	Region         string `json:"region"`
	NoticeDeadline string `json:"notice_deadline"`
	DaysLeft       int    `json:"days_left"`
}

// noticeNews is how many findings a notice spells out.
const noticeNews = 5

// NewNotice makes the notice of a finished run with that exit code. Before is the report that it was compared with, nil when
// there was none; so says what has become of it.
func NewNotice(r, before *audit.Report, so Outcome, exit int) (Notice, error) {
	n := Notice{
		Status: r.Status, Run: r.Run.ID, AsOf: r.Run.AsOf, Exit: exit, Findings: r.Summary.BySeverity(), Gaps: r.Summary.Coverage.Gaps,
		RuleErrors: r.Summary.Verdicts[audit.Error],
		Deadlines:  []DeadlineNotice{}, Folder: so.Folder, undelivered: so.Err,
	}
	var err error
	if n.failed, err = r.RuleErrors(); err != nil {
		return Notice{}, err
	}
	if c := r.Changes; c != nil {
		n.New, n.Changed, n.Resolved = c.New, len(c.Changed), len(c.Resolved)
	}
	if before != nil {
		n.NewGaps, n.Lost = len(newGaps(r, before)), lost(r, before)
	}
	for _, d := range r.Summary.Deadlines {
		n.Deadlines = append(n.Deadlines, DeadlineNotice{Outpost: audit.Visible(d.Resource.ID), Name: audit.Visible(d.Resource.Name), Account: d.Resource.Account,
			Region: d.Resource.Region, NoticeDeadline: d.NoticeDeadline, DaysLeft: d.DaysLeft})
	}
	for f, err := range r.Findings.All() {
		if err != nil {
			return n, err
		}
		if f.Verdict != audit.Fail {
			break // failures come first
		}
		if f.Change == audit.Optional(audit.ChangePersisting) {
			continue
		}
		if n.more = len(n.news) == noticeNews; n.more {
			break
		}
		n.news = append(n.news, f)
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
	add(len(n.failed) > 0, "%s failed", report.Counted(len(n.failed), "rule"))
	add(n.New > 0, "%d new", n.New)
	add(n.Findings[audit.Critical] > 0, "%d critical", n.Findings[audit.Critical])
	add(n.Gaps > 0, "%d not read", n.Gaps)
	if len(n.Deadlines) > 0 {
		add(true, "decide by %s", n.Deadlines[0].NoticeDeadline)
	}
	return subject
}

// text is the notice for a person: plain, a few lines.
func (n Notice) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(audit.Visible(fmt.Sprintf(format, args...)) + "\n") }
	var failing []string
	for _, s := range audit.Severities {
		if c := n.Findings[s]; c > 0 {
			failing = append(failing, fmt.Sprintf("%d %s", c, s))
		}
	}
	if failing == nil {
		failing = []string{"none"}
	}
	line("Findings: %s (%d new, %d changed, %d resolved)", strings.Join(failing, ", "), n.New, n.Changed, n.Resolved)
	if n.Gaps > 0 {
		line("Coverage: %s could not be read, %d for the first time", report.Counted(n.Gaps, "scope"), n.NewGaps)
	}
	if n.Lost > 0 {
		line("Coverage: %s of an account and region, read before, not read now", report.Counted(n.Lost, "service"))
	}
	for _, e := range n.failed[:min(len(n.failed), noticeNews)] {
		line("Rule %s could not judge %s. Of %s in %s: %s",
			e.Rule, report.Counted(e.Resources, "resource"), e.First.Resource.ID, scopeOf(e.First.Resource), e.First.Msg)
	}
	for _, d := range n.Deadlines {
		line("Decide by %s (%s): %s %s in %s/%s", d.NoticeDeadline, daysLeft(d.DaysLeft), d.Outpost, d.Name, d.Account, d.Region)
	}
	for _, f := range n.news {
		line("%s %s: %s %s in %s: %s", strings.ToUpper(string(f.Severity)), f.Rule, f.Resource.ID, f.Resource.Name, scopeOf(f.Resource), f.Msg)
	}
	if n.more {
		line("… and more in the report")
	}
	if n.undelivered != nil {
		line("Not delivered: %v", n.undelivered)
	}
	if n.Folder != "" {
		line("Report: %s", n.Folder)
	}
	line("As of %s, run %s", n.AsOf, n.Run)
	return b.String()
}

func daysLeft(days int) string {
	if days < 0 {
		return report.Counted(-days, "day") + " ago"
	}
	return report.Counted(days, "day") + " left"
}

func scopeOf(r audit.ResourceRef) string {
	if r.Region == "" {
		return r.Account
	}
	return r.Account + "/" + r.Region
}
