package delivery

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	Incomplete bool // the status: not everything was read, nothing was, or a rule failed
	Unread     int  // findings that are known and were not evaluated
	Resources  int
	Months     int               // Outposts that run month-to-month
	Products   *audit.Products   // nil where the report has none
	Bill       *audit.BillTotals // nil without a bill
	Deadline   *int              // days to the nearest notice deadline that is not decided; nil when there is none
	ReadAt     time.Time         // as_of of the report that read it last
	AsOf       time.Time         // of the run
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

// sum is a number that a report shows first, under its name in OpenMetrics and in CloudWatch.
type sum struct{ name, help, cloudwatch, unit, value string }

// sums are what runs month-to-month, what is broken and, where a bill was read, what it comes to. No price of a contract is among them.
func (m *Metrics) sums() []sum {
	list := []sum{{"tenor_month_to_month_outposts", "Outposts that run month-to-month.", "MonthToMonth", "Count", strconv.Itoa(m.Months)}}
	if p := m.Products; p != nil {
		list = append(list,
			sum{"tenor_provisioned_products", "Provisioned products that the last run read.", "Products", "Count", strconv.Itoa(p.Total)},
			sum{"tenor_provisioned_products_broken", "Those that are TAINTED or in ERROR.", "ProductsBroken", "Count", strconv.Itoa(p.Broken)})
	}
	b := m.Bill
	if b == nil {
		return list
	}
	month, err := audit.ParseMonth(b.Month)
	if err != nil { // no month is final yet
		return list
	}
	usd := func(name, help, cloudwatch string, amount *audit.Money) {
		value := "0.00"
		if amount != nil {
			value = amount.Value
		}
		list = append(list, sum{name, help, cloudwatch, "None", value})
	}
	count := func(name, help, cloudwatch string, n int) {
		list = append(list, sum{name, help, cloudwatch, "Count", strconv.Itoa(n)})
	}
	list = append(list, sum{"tenor_bill_month_timestamp_seconds", "Start of the last month of the bill that is final.", "BillMonth", "None",
		strconv.FormatInt(month.Start().Unix(), 10)})
	usd("tenor_billed_over_contract_usd", "Charged for Outposts beyond their contracts, over the final months.", "BilledOverContract", b.Over)
	usd("tenor_billed_under_contract_usd", "Charged for Outposts short of their contracts, over the final months.",
		"BilledUnderContract", b.Under)
	usd("tenor_billed_without_contract_usd", "Charged for Outposts that no contract explains, over the final months.",
		"BilledWithoutContract", b.NoReason)
	count("tenor_billed_outposts_unknown", "Outposts of which that cannot be told.", "BilledOutpostsUnknown", b.Unread)
	usd("tenor_broken_products_cost_usd", "What broken products cost in the last final month.", "BrokenProductsCost", b.Broken)
	usd("tenor_gone_products_cost_usd", "What products that are gone cost in the last final month.", "GoneProductsCost", b.Gone)
	count("tenor_products_cost_unknown", "Products of which that cannot be told.", "ProductsCostUnknown", b.Untold)
	return list
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
		add("Findings"+audit.Title(string(s)), "Count", counts[s])
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
	for _, s := range m.sums() {
		add(s.cloudwatch, s.unit, json.Number(s.value))
	}
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
	one("tenor_incomplete", "1 where the last run could not read everything, read nothing, or a rule failed; else 0.", m.incomplete())
	one("tenor_findings_not_reevaluated", "Known findings that the last run could not evaluate.", m.Unread)
	one("tenor_rule_errors", "Verdicts of rules that failed while they ran.", m.RuleErrors)
	one("tenor_resources", "Resources that the last run evaluated.", m.Resources)
	for _, s := range m.sums() {
		one(s.name, s.help, s.value)
	}
	if m.Deadline != nil {
		one("tenor_nearest_deadline_days", "Days to the nearest notice deadline that is not decided.", *m.Deadline)
		one("tenor_nearest_deadline_read_timestamp_seconds",
			"When that deadline was last read: before the last run, where its coverage has gaps.",
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
// holds no price of a contract. The folder must be there: one that tenor makes is its own alone.
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
		return "", errors.New("the URL is not valid: want one such as http://pushgateway:9091/metrics/job/tenor")
	}
	var body bytes.Buffer
	if err := m.OpenMetrics(&body); err != nil {
		return u.Host, err
	}
	return u.Host, attempts(ctx, w.wait, func() (time.Duration, error) {
		return w.try(ctx, http.MethodPut, "text/plain; version=0.0.4; charset=utf-8", u, body.Bytes())
	})
}
