package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"tenor/audit"
)

// Notify says which runs others are told of.
type Notify struct {
	On           string `yaml:"on" json:"on,omitempty"`                       // changes, always or never
	DeadlineDays []int  `yaml:"deadline_days" json:"deadline_days,omitempty"` // days before a notice deadline on which it is news
}

// The values of Notify.On.
const (
	NotifyChanges = "changes"
	NotifyAlways  = "always"
	NotifyNever   = "never"
)

// Due returns why others are told of a run, empty when they are not: never leaves out what is about findings and deadlines alone. Before
// is the report that it replaces, or was compared with, nil when there was none; undelivered is what could not be delivered. An error
// is that of reading the renewals.
func (n Notify) Due(r, before *audit.Report, undelivered error) (string, error) {
	c, quiet := r.Changes, n.On == NotifyNever
	first := before == nil || c == nil
	switch {
	case n.On == NotifyAlways:
		return "always", nil
	case undelivered != nil:
		return "undelivered", nil //nolint:nilerr // it is what others are told of
	case c != nil && (len(c.Settings) > 0 || c.Silenced.Len > 0):
		return "settings", nil
	case !quiet && first:
		return "first run", nil
	case !quiet && (c.New > 0 || c.Changed.Len > 0 || c.Resolved.Len > 0):
		return "changes", nil
	case r.Status == audit.Incomplete || hasGaps(r) || !first && (lost(r, before) > 0 || c.NotReevaluated.Len > 0):
		return "coverage", nil // each time, as long as it lasts
	case len(r.Run.Warnings) > 0:
		return "warning", nil
	case quiet:
		return "", nil
	}
	nears, err := n.deadlineNears(r, before.Run.AsOf)
	if err != nil || !nears {
		return "", err
	}
	return "deadline", nil
}

func hasGaps(r *audit.Report) bool {
	for range r.Coverage.Gaps() {
		return true
	}
	return false
}

// newGaps returns how many gaps the report before did not have.
func newGaps(r, before *audit.Report) int {
	n := 0
	for now, had := range together(r.Coverage, before.Coverage, (*audit.Coverage).Scope) {
		if slices.ContainsFunc(had, isGap) {
			continue
		}
		for _, c := range now {
			if isGap(c) {
				n++
			}
		}
	}
	return n
}

// lost returns how many services of an account and region the report before had read and this one has not, be it that they
// are not enabled any more, the account is suspended or gone, or nobody asked. What is a gap is for newGaps.
func lost(r, before *audit.Report) int {
	missing := 0
	for rows, had := range together(r.Coverage, before.Coverage, serviceOf) {
		now := map[string]audit.CoverageStatus{} // by operation; empty: of the service
		for _, c := range rows {
			now[c.Operation] = c.Status
			if isRead(c) || isGap(c) {
				now[""] = c.Status
			}
		}
		if slices.ContainsFunc(had, func(c audit.Coverage) bool {
			status, ok := now[c.Operation]
			if !ok { // an operation may have had nothing to ask for
				status = now[""]
			}
			return isRead(c) && status != audit.StatusCollected && status != audit.StatusGap
		}) {
			missing++
		}
	}
	return missing
}

func isGap(c audit.Coverage) bool  { return c.Status == audit.StatusGap }
func isRead(c audit.Coverage) bool { return c.Status == audit.StatusCollected }

func serviceOf(c *audit.Coverage) audit.Scope {
	return audit.Scope{Account: c.Account, Region: c.Region, Service: c.Service}
}

// together ranges over the rows of two ledgers that are about the same, of one or both.
func together(a, b *audit.Ledger, about func(*audit.Coverage) audit.Scope) iter.Seq2[[]audit.Coverage, []audit.Coverage] {
	return func(yield func(ofA, ofB []audit.Coverage) bool) {
		nextA, stopA := iter.Pull(a.Sorted().All())
		defer stopA()
		nextB, stopB := iter.Pull(b.Sorted().All())
		defer stopB()
		rowA, moreA := nextA()
		rowB, moreB := nextB()
		var ofA, ofB []audit.Coverage
		for moreA || moreB {
			first := about(&rowA)
			if !moreA || moreB && audit.CompareScopes(about(&rowB), first) < 0 {
				first = about(&rowB)
			}
			for ofA = ofA[:0]; moreA && about(&rowA) == first; rowA, moreA = nextA() {
				ofA = append(ofA, rowA)
			}
			for ofB = ofB[:0]; moreB && about(&rowB) == first; rowB, moreB = nextB() {
				ofB = append(ofB, rowB)
			}
			if !yield(ofA, ofB) {
				return
			}
		}
	}
}

// deadlineNears reports whether one of DeadlineDays lies between the run and the one before, for a contract that has to be decided.
// So a schedule of any pace tells of each once.
func (n Notify) deadlineNears(r *audit.Report, before string) (bool, error) {
	now, err := time.Parse(time.RFC3339, r.Run.AsOf)
	then, thenErr := time.Parse(time.RFC3339, before)
	if err != nil || thenErr != nil {
		return false, nil //nolint:nilerr // a time that cannot be read marks no day
	}
	nears := func(d audit.Deadline) bool {
		deadline, err := time.Parse(time.DateOnly, d.NoticeDeadline)
		return err == nil && slices.ContainsFunc(n.DeadlineDays, func(days int) bool {
			mark := deadline.AddDate(0, 0, -days)
			return !now.Before(mark) && then.Before(mark)
		})
	}
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return false, fmt.Errorf("renewals: %w", err)
		}
		if d, due := rn.Deadline(now); due && nears(d) {
			return true, nil
		}
	}
	return slices.ContainsFunc(r.Summary.Carried, nears), nil
}

// snsMaxText is how many characters a notice has in an SNS message, which may be of 262,144 bytes with its attribute.
const snsMaxText = 40_000

func plain(s string) string { return s }

// Publish sends a short text to an SNS topic, with the numbers as JSON in the attribute "summary".
func Publish(ctx context.Context, cfg aws.Config, topic string, n Notice) error {
	at, err := arn.Parse(topic)
	if err != nil {
		return err
	}
	summary, err := audit.EncodeJSON(n)
	if err != nil {
		return err
	}
	client := sns.NewFromConfig(cfg, func(o *sns.Options) { o.Region = at.Region })
	_, err = client.Publish(ctx, &sns.PublishInput{
		TopicArn: &topic, Subject: aws.String(n.subject()), Message: aws.String(n.text(snsMaxText, plain)),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"summary": {DataType: aws.String("String"), StringValue: aws.String(string(summary))},
		},
	})
	return said(err)
}

// said is an error without the envelope of the SDK, where it is what AWS said.
func said(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return err
}

// Post sends a notice to a webhook in one of WebhookFormats and returns the host it went to. The address is a secret: no error holds more
// of it than the host.
func Post(ctx context.Context, address, format string, n Notice) (host string, err error) {
	return (&webhook{client: http.DefaultTransport, wait: sleep}).post(ctx, address, format, n)
}

// CheckWebhook reports why an address is none that Post would send to, without showing it.
func CheckWebhook(address string) error {
	_, err := parseWebhook(address)
	return err
}

// webhook posts what a chat takes.
type webhook struct {
	client http.RoundTripper
	wait   func(context.Context, time.Duration) error
}

const (
	maxAttempts    = 3 // of a delivery that may succeed yet
	webhookTimeout = 10 * time.Second
	webhookMaxWait = 30 * time.Second
	webhookMaxText = 3000 // runes; Slack cuts longer ones into several messages, and no card of them has the 28 KB that Teams takes
)

// The formats of a webhook: Slack's incoming webhooks, which Mattermost and others take too, and the Adaptive Cards that the workflows of
// Microsoft Teams post.
const (
	WebhookSlack = "slack"
	WebhookTeams = "teams"
)

// WebhookFormats lists them.
var WebhookFormats = []string{WebhookSlack, WebhookTeams}

// slackEscapes are the three characters that Slack wants escaped.
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (w *webhook) post(ctx context.Context, address, format string, n Notice) (host string, err error) {
	u, err := parseWebhook(address)
	if err != nil {
		return "", err
	}
	message := any(n.slack())
	if format == WebhookTeams {
		message = n.card()
	}
	body, err := audit.EncodeJSON(message)
	if err != nil {
		return u.Host, err
	}
	return u.Host, attempts(ctx, w.wait, func() (time.Duration, error) { return w.try(ctx, http.MethodPost, "application/json", u, body) })
}

// slack is the notice as a message of Slack.
func (n Notice) slack() map[string]string {
	title := slackEscapes.Replace("*" + n.subject() + "*\n")
	return map[string]string{"text": title + n.text(webhookMaxText-length(title), slackEscapes.Replace)}
}

// attempts tries a few times, with a pause in between, until it succeeds or a negative pause says that it never will.
func attempts(ctx context.Context, wait func(context.Context, time.Duration) error, try func() (pause time.Duration, err error)) error {
	for attempt := 1; ; attempt++ {
		pause, err := try()
		if err == nil || pause < 0 || attempt == maxAttempts {
			return err
		}
		if err := wait(ctx, max(pause, time.Duration(attempt)*time.Second)); err != nil {
			return err
		}
	}
}

// try makes one attempt. A negative pause says that another would end the same way.
func (w *webhook) try(ctx context.Context, method, contentType string, u *url.URL, body []byte) (pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return -1, errors.New("the address is no URL")
	}
	req.Header.Set("Content-Type", contentType)
	res, err := w.client.RoundTrip(req) // which follows no redirect: a secret goes nowhere else
	if err != nil {
		return 0, unanswered(err, "no answer in HTTP")
	}
	_ = res.Body.Close() // nothing of the answer but its status is read: it may hold the address, or anything else
	status := strings.TrimSpace(fmt.Sprintf("status %d %s", res.StatusCode, http.StatusText(res.StatusCode)))
	switch {
	case res.StatusCode/100 == 2:
		return 0, nil
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode/100 == 5:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 when it does not say
		return min(max(time.Duration(seconds)*time.Second, 0), webhookMaxWait), errors.New(status)
	}
	return -1, errors.New(status)
}

// unanswered says in words of our own why there was no answer, otherwise where none fits: an error of the transport may quote what the
// other side sent.
func unanswered(err error, otherwise string) error {
	var (
		lookup  *net.DNSError
		timeout net.Error
		code    syscall.Errno
		cert    *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.As(err, &cert):
		return errors.New("its certificate is not valid, or not of an authority that this machine trusts")
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("no answer in time")
	case errors.As(err, &lookup):
		return errors.New("the host is not known")
	case errors.As(err, &code):
		return errors.New(code.Error()) // such as connection refused
	}
	return errors.New(otherwise)
}

// parseWebhook accepts https, and http on loopback.
func parseWebhook(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("is no URL such as https://hooks.slack.com/services/…")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && !(u.Scheme == "http" && ip != nil && ip.IsLoopback()) {
		return nil, errors.New("must be https")
	}
	return u, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
