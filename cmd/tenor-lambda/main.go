// Command tenor-lambda is tenor as an AWS Lambda function. An event, which job.Event describes, becomes a job.Config; the
// answer is a summary. Findings are an answer like any other: only a run that could not be done, or whose report did not
// arrive, is an error.
package main

import (
	"context"
	"encoding/json"
	stdlog "log"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"tenor/internal/memory"
	"tenor/internal/version"
	"tenor/job"
	"tenor/job/delivery"
)

func main() {
	limitMemory(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	f := function{
		log:     slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: job.VisibleAttr})),
		metrics: os.Stdout, now: time.Now, version: version.String(),
		name: os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), webhook: os.Getenv("TENOR_WEBHOOK"), temp: os.TempDir(),
		sinks: job.Sinks{S3: os.Getenv("TENOR_OUTPUT_S3"), SNSTopic: os.Getenv("TENOR_SNS_TOPIC"),
			WebhookSecret: os.Getenv("TENOR_WEBHOOK_SECRET_ARN"), WebhookFormat: os.Getenv("TENOR_WEBHOOK_FORMAT"),
			Mail: mail(), Free: words(os.Getenv("TENOR_EVENT_MAY_SET"))},
	}
	stdlog.SetFlags(0)
	stdlog.SetOutput(&f)
	lambda.Start(func(ctx context.Context, event json.RawMessage) (any, error) { return f.handle(ctx, event) })
}

// mail is whom the deployment has told by SES; nil: nobody.
func mail() *delivery.Mail {
	m := delivery.Mail{From: os.Getenv("TENOR_MAIL_FROM"), To: words(os.Getenv("TENOR_MAIL_TO")), SES: true,
		Attach: words(os.Getenv("TENOR_MAIL_ATTACH"))}
	if m.From == "" && len(m.To) == 0 {
		return nil
	}
	return &m
}

// words takes a list apart at its commas.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// limitMemory makes the collector of garbage work harder before Lambda would end the process.
func limitMemory(megabytes string) {
	if n, err := strconv.ParseInt(megabytes, 10, 64); err == nil {
		memory.Limit(n << 20 * 4 / 5)
	}
}
