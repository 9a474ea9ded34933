package job

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tenor/job/delivery"
)

// Sinks are where the deployment of a function lets reports and notices go, whatever an event, or a config that it names, says.
type Sinks struct {
	S3       string // s3://bucket/prefix; an event may name what is below it
	SNSTopic string // ARN; empty: no topic
	// WebhookSecret is the ARN of a secret in Secrets Manager that holds the URL of the webhook, and is read when there is something to
	// post; empty: no webhook.
	WebhookSecret string
	WebhookFormat string         // of delivery.WebhookFormats; empty: Slack's
	Mail          *delivery.Mail // by SES; nil: none
	Free          []string       // of FreeSinks: what an event may set to anything
}

// FreeSinks are the settings that a deployment can leave to its events.
var FreeSinks = []string{"output.s3", "output.sns_topic", "output.webhook", "output.mail", "notify"}

// Hold gives an event the deployment's sinks. The error is an EventError: it has others, or those of the deployment cannot be.
func (s *Sinks) Hold(ev *Event) error {
	if err := cmp.Or(s.check(), s.hold(ev)); err != nil {
		return &EventError{Err: err}
	}
	return nil
}

// check reports what is wrong with the deployment's own settings.
func (s *Sinks) check() error {
	for _, name := range s.Free {
		if !slices.Contains(FreeSinks, name) {
			return fmt.Errorf("TENOR_EVENT_MAY_SET: %q: want some of %s", name, strings.Join(FreeSinks, ", "))
		}
	}
	if s.S3 != "" {
		if _, _, err := delivery.ParseURL(s.S3); err != nil {
			return fmt.Errorf("TENOR_OUTPUT_S3: %w", err)
		}
	}
	if s.WebhookSecret != "" {
		if err := delivery.CheckSecret(s.WebhookSecret); err != nil {
			return fmt.Errorf("TENOR_WEBHOOK_SECRET_ARN: %w", err)
		}
	}
	if s.WebhookFormat != "" && !slices.Contains(delivery.WebhookFormats, s.WebhookFormat) {
		return fmt.Errorf("TENOR_WEBHOOK_FORMAT: %q: want %s", s.WebhookFormat, strings.Join(delivery.WebhookFormats, " or "))
	}
	if s.Mail != nil {
		for _, p := range s.Mail.Problems() {
			return fmt.Errorf("TENOR_MAIL_%s: %s", strings.ToUpper(p.Setting), p.Msg)
		}
		for _, f := range s.Mail.Attach {
			if !slices.Contains(FormatNames(), f) {
				return fmt.Errorf("TENOR_MAIL_ATTACH: format %q: want %s", f, strings.Join(FormatNames(), ", "))
			}
		}
	}
	return nil
}

func (s *Sinks) free(name string) bool { return slices.Contains(s.Free, name) }

func (s *Sinks) hold(ev *Event) error {
	o := &ev.Output
	fixed := func(name, is string) error {
		return fmt.Errorf("event: %s is set by the deployment alone%s: remove it there and in the config, or name it in TENOR_EVENT_MAY_SET",
			name, is)
	}
	if !s.free("output.s3") {
		switch {
		case s.S3 == "":
			return errors.New("event: output.s3 is missing in the deployment: set TENOR_OUTPUT_S3, since a function keeps nothing")
		case o.S3 != "" && !within(o.S3, s.S3):
			return fixed("output.s3", ", and it is not below "+s.S3)
		case ev.Plan != "" && !within(ev.Plan, s.S3):
			return fixed("output.s3", ", and the plan is not below "+s.S3)
		}
	}
	if o.S3 == "" {
		o.S3 = s.S3
	}
	if o.SNSTopic == "" {
		o.SNSTopic = s.SNSTopic
	}
	if o.SNSTopic != s.SNSTopic && !s.free("output.sns_topic") {
		return fixed("output.sns_topic", "")
	}
	if o.Webhook != "" && !s.free("output.webhook") {
		return fixed("output.webhook", "")
	}
	if o.Webhook == "" {
		o.WebhookSecret, o.WebhookFormat = s.WebhookSecret, cmp.Or(s.WebhookFormat, delivery.WebhookSlack)
	}
	if o.Mail != nil && !s.free("output.mail") {
		return fixed("output.mail", "")
	}
	o.Mail = cmp.Or(o.Mail, s.Mail)
	if !s.free("notify") && !reflect.DeepEqual(ev.Notify, DefaultConfig().Notify) {
		return fixed("notify", "")
	}
	return nil
}

// within reports whether a URL is root, or lies under it.
func within(url, root string) bool {
	if _, _, err := delivery.ParseURL(url); err != nil {
		return false
	}
	trimmed := strings.TrimRight(root, "/")
	return strings.TrimRight(url, "/") == trimmed || strings.HasPrefix(url, trimmed+"/")
}
