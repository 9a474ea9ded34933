package delivery

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenor/audit"
	"tenor/internal/atomicfile"
)

// Metrics are a run in numbers, for whoever watches runs and not findings.
type Metrics struct {
	At         time.Time
	Version    string
	Run        string // its id
	Invocation string // see Notice
	Exit       int
	Findings   map[string]map[audit.Severity]int // domain → severity → failures
	RuleErrors int                               // verdicts error
	Gaps       int
	Incomplete bool // not everything was read, or nothing was
	Unread     int  // findings that are known and were not evaluated
	Resources  int
	Deadline   *int      // days to the nearest notice deadline that is not decided; nil when there is none
	ReadAt     time.Time // as_of of the report that read it last
	AsOf       time.Time // of the run
	Duration   time.Duration
	Calls      int // attempts sent to AWS, retries included
	Throttles  int
}

// bySeverity adds up the domains.
func (m *Metrics) bySeverity() map[audit.Severity]int {
	return (&audit.Summary{Findings: m.Findings}).BySeverity()
}

func (m *Metrics) incomplete() int {
	if m.Incomplete {
		return 1
	}
	return 0
}

// EMF writes the metrics as one line of CloudWatch's Embedded Metric Format, which a log line of a function becomes metrics by.
// The dimension tells several functions apart.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (m *Metrics) EMF(w io.Writer, function string) error {
	type metric struct {
		Name string
		Unit string
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	type metadata struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}
	line := map[string]any{"FunctionName": function, "Version": m.Version, "Run": m.Run, "Invocation": m.Invocation}
	var metrics []metric
	add := func(name, unit string, value any) {
		metrics = append(metrics, metric{name, unit})
		line[name] = value
	}
	counts := m.bySeverity()
	for _, s := range audit.Severities {
		add("Findings"+strings.ToUpper(string(s[:1]))+string(s[1:]), "Count", counts[s])
	}
	add("Runs", "Count", 1)
	add("Gaps", "Count", m.Gaps)
	add("Incomplete", "Count", m.incomplete())
	add("NotReevaluated", "Count", m.Unread)
	add("RuleErrors", "Count", m.RuleErrors)
	add("Resources", "Count", m.Resources)
	add("Duration", "Seconds", m.Duration.Seconds())
	add("Calls", "Count", m.Calls)
	add("Throttles", "Count", m.Throttles)
	if m.Deadline != nil {
		add("DaysToNearestDeadline", "None", *m.Deadline)
		add("DaysSinceDeadlineRead", "None", m.AsOf.Sub(m.ReadAt).Hours()/24)
	}
	line["_aws"] = metadata{m.At.UnixMilli(), []directive{{"tenor", [][]string{{"FunctionName"}}, metrics}}}
	b, err := audit.EncodeJSON(line)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// OpenMetrics writes the metrics in the text format of OpenMetrics, which the textfile collector of Prometheus's
// node_exporter reads too: gauges only, and no timestamps.
// https://prometheus.io/docs/specs/om/open_metrics_spec/
func (m *Metrics) OpenMetrics(w io.Writer) error {
	b := bufio.NewWriter(w)
	gauge := func(name, help string) { fmt.Fprintf(b, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help) }
	one := func(name, help string, value any) {
		gauge(name, help)
		fmt.Fprintf(b, "%s %v\n", name, value)
	}
	gauge("tenor_findings", "Failing findings of the last run.")
	for _, domain := range slices.Sorted(maps.Keys(m.Findings)) {
		for _, s := range audit.Severities {
			fmt.Fprintf(b, "tenor_findings{domain=%q,severity=%q} %d\n", domain, s, m.Findings[domain][s])
		}
	}
	one("tenor_coverage_gaps", "Scopes that the last run could not read.", m.Gaps)
	one("tenor_incomplete", "1 where the last run could not read everything, or read nothing; else 0.", m.incomplete())
	one("tenor_findings_not_reevaluated", "Known findings that the last run could not evaluate.", m.Unread)
	one("tenor_rule_errors", "Verdicts of rules that failed while they ran.", m.RuleErrors)
	one("tenor_resources", "Resources that the last run judged.", m.Resources)
	if m.Deadline != nil {
		one("tenor_nearest_deadline_days", "Days to the nearest notice deadline that is not decided.", *m.Deadline)
		one("tenor_nearest_deadline_read_timestamp_seconds", "When that deadline was last read: before the last run, where its coverage has gaps.",
			m.ReadAt.Unix())
	}
	one("tenor_run_duration_seconds", "How long the last run took.", m.Duration.Seconds())
	one("tenor_aws_calls", "Calls that the last run sent to AWS, retries included.", m.Calls)
	one("tenor_aws_throttles", "Calls of the last run that AWS throttled.", m.Throttles)
	one("tenor_exit_code", "Exit code of the last run that made a report.", m.Exit)
	one("tenor_run_timestamp_seconds", "When the last run that made a report ended.", m.At.Unix())
	gauge("tenor_run_info", "The last run, and the program.")
	fmt.Fprintf(b, "tenor_run_info{version=%q,run=%q,invocation=%q} 1\n# EOF\n", m.Version, m.Run, m.Invocation)
	return b.Flush()
}

// WriteFile puts the metrics file in place whole. It can be read by everyone, since node_exporter is someone else; it
// holds no prices. The folder must be there: one that tenor makes is its own alone.
func (m *Metrics) WriteFile(path string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if err := atomicfile.Write(path, 0o644, m.OpenMetrics); err != nil {
		return fmt.Errorf("metrics %s: %w", path, err)
	}
	return nil
}

// IsPush reports whether a place for metrics is a URL to push them to.
func IsPush(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

// Push replaces the metrics of a job at a Pushgateway, or what takes its requests: the URL has the job, as in
// http://pushgateway:9091/metrics/job/tenor. It returns the host, which is all that an error holds of the URL.
// https://github.com/prometheus/pushgateway#put-method
func (m *Metrics) Push(ctx context.Context, address string) (host string, err error) {
	return m.push(ctx, &webhook{client: http.DefaultTransport, wait: sleep}, address)
}

func (m *Metrics) push(ctx context.Context, w *webhook, address string) (host string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", errors.New("the URL cannot be: want one such as http://pushgateway:9091/metrics/job/tenor")
	}
	var body bytes.Buffer
	if err := m.OpenMetrics(&body); err != nil {
		return u.Host, err
	}
	return u.Host, attempts(ctx, w.wait, func() (time.Duration, error) {
		return w.try(ctx, http.MethodPut, "text/plain; version=0.0.4; charset=utf-8", u, body.Bytes())
	})
}
