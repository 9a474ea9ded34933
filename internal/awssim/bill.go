package awssim

import (
	"bytes"
	"compress/gzip"
	"crypto/md5" //nolint:gosec // what an ETag is made of
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Bill is an AWS Data Export of the management account, FOCUS 1.2 with AWS's columns as csv.gz, in a bucket of its own.
type Bill struct {
	Bucket, Region string
	Export         string   // prefix/export-name
	months         int      // the one of now and those before it
	unbilled       []string // Outposts that are charged nothing,
	late           []string // whose upfront is charged in the month after their contract's begin,
	prorated       []string // and whose first calendar month is charged by its days
	charges, costs []billLine
	objects        map[string][]byte     // by key
	lines          map[string][][]string // of billColumns, by month
	invoiced       map[string]bool       // months that are final
	written        time.Time
}

// billLine is a line beside the contracts, of a provisioned product, or of another thing: of every month, of those that begin after a
// time, or of the one so many months ago.
type billLine struct {
	account, region, outpost, product, service, amount, class string

	after json.RawMessage // epoch seconds
	ago   *int
}

// in reports whether the month so many months ago, which begins at start, has the line.
func (l *billLine) in(ago int, start time.Time) (bool, error) {
	if l.ago != nil && *l.ago != ago {
		return false, nil
	}
	if l.after == nil {
		return true, nil
	}
	after, err := strconv.ParseFloat(string(l.after), 64)
	return start.Unix() > int64(after), err
}

// URI is what names the export.
func (b *Bill) URI() string { return "s3://" + b.Bucket + "/" + b.Export }

func (l *loader) bill(n *node) {
	b := &Bill{}
	line := func(list *[]billLine) func(*node) {
		return l.list("lines of a bill", func(n *node) {
			var v billLine
			l.object(n, "a line of a bill", fields{"account": l.text(&v.account), "region": l.text(&v.region), "outpost": l.text(&v.outpost),
				"product": l.text(&v.product), "service": l.text(&v.service), "amount": l.text(&v.amount), "class": l.text(&v.class),
				"after":      func(n *node) { v.after = l.compile(n, &environment{now: l.now}).render(nil, 0) },
				"months_ago": func(n *node) { v.ago = new(int); l.count(v.ago)(n) }})
			*list = append(*list, v)
		})
	}
	l.object(n, "the bill", fields{"bucket": l.text(&b.Bucket), "region": l.text(&b.Region), "export": l.text(&b.Export),
		"months": l.count(&b.months), "unbilled": l.texts("unbilled", &b.unbilled), "late": l.texts("late", &b.late),
		"prorated": l.texts("prorated", &b.prorated), "charges": line(&b.charges), "costs": line(&b.costs)})
	l.estate.Bill = b
}

// billColumns are the columns of the export.
var billColumns = []string{"BillingAccountId", "SubAccountId", "RegionId", "x_ServiceCode", "ChargeCategory", "ChargeClass",
	"ChargeFrequency", "BillingCurrency", "ContractedCost", "ListCost", "BilledCost", "CommitmentDiscountId", "ResourceId",
	"ChargeDescription", "InvoiceId", "Tags"}

// write makes the objects of the export: what the subscriptions of the estate pay, and what the bill has beside them.
func (b *Bill) write(e *Estate, now time.Time) error {
	b.objects, b.lines, b.invoiced = map[string][]byte{}, map[string][][]string{}, map[string]bool{}
	b.written = now.UTC().Truncate(time.Second)
	this := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for i := range b.months {
		start := this.AddDate(0, -i, 0)
		period, invoice := start.Format("2006-01"), ""
		if !now.Before(start.AddDate(0, 1, 14)) {
			invoice = "EUINDE" + start.Format("06-0102")
		}
		rows := [][]string{billColumns}
		add := func(account, region, service, category, class, frequency, amount, subscription, resource, about, tags string) {
			rows = append(rows, []string{e.Organization.ManagementAccount, account, region, service, category, class, frequency, "USD", amount,
				amount, amount, subscription, resource, about, invoice, tags})
		}
		const outposts = "AWSOutposts"
		keys := slices.SortedFunc(maps.Keys(e.scopes), func(a, b scopeKey) int {
			return strings.Compare(a.account+a.region, b.account+b.region)
		})
		for _, at := range keys {
			for _, o := range e.scopes[at].outposts {
				if o.owner != at.account || slices.Contains(b.unbilled, o.id) {
					continue
				}
				for _, text := range o.subscriptions {
					var s struct {
						SubscriptionID                      string `json:"SubscriptionId"`
						SubscriptionStatus                  string
						BeginDate, EndDate                  float64
						MonthlyRecurringPrice, UpfrontPrice json.Number
					}
					if err := json.Unmarshal(text, &s); err != nil {
						return fmt.Errorf("a subscription of %s: %w", o.id, err)
					}
					day := func(seconds float64) time.Time { return time.Unix(int64(seconds), 0).UTC().Truncate(24 * time.Hour) }
					begin, end := day(s.BeginDate), day(s.EndDate)
					if s.SubscriptionStatus == "CANCELLED" || begin.After(now) {
						continue
					}
					upfront := begin.AddDate(0, 0, 1-begin.Day())
					if slices.Contains(b.late, o.id) {
						upfront = upfront.AddDate(0, 1, 0)
					}
					if upfront.Equal(start) && !zero(s.UpfrontPrice) {
						add(at.account, at.region, outposts, "Purchase", "", "One-Time", s.UpfrontPrice.String(), s.SubscriptionID, o.arn,
							"AWS Outposts upfront charge", "{}")
					}
					last := start.AddDate(0, 1, -1)
					due := start.AddDate(0, 0, min(begin.Day(), last.Day())-1)
					if !zero(s.MonthlyRecurringPrice) && !due.Before(begin) && due.Before(end) && !due.After(now) {
						price, err := decimal.NewFromString(s.MonthlyRecurringPrice.String())
						if err != nil {
							return fmt.Errorf("a subscription of %s: %w", o.id, err)
						}
						if slices.Contains(b.prorated, o.id) && begin.After(start) {
							price = price.Mul(decimal.NewFromInt(int64(last.Day() - begin.Day() + 1))).Div(decimal.NewFromInt(int64(last.Day()))).Round(2)
						}
						add(at.account, at.region, outposts, "Purchase", "", "Recurring", price.String(), s.SubscriptionID, o.arn,
							"AWS Outposts monthly charge", "{}")
					}
				}
			}
		}
		for _, c := range b.charges {
			switch has, err := c.in(i, start); {
			case err != nil:
				return fmt.Errorf("a charge of %s: %w", c.outpost, err)
			case !has:
				continue
			}
			add(c.account, c.region, outposts, "Purchase", c.class, "Recurring", c.amount, "", c.outpost, "AWS Outposts monthly charge", "{}")
		}
		for _, c := range b.costs {
			tagged := map[string]string{}
			if c.product != "" {
				tagged["aws:servicecatalog:provisionedProductArn"] = c.product
			}
			tags, err := json.Marshal(tagged)
			if err != nil {
				return err
			}
			add(c.account, c.region, c.service, "Usage", "", "Usage-Based", c.amount, "", "", "", string(tags))
		}
		data := b.Export + "/data/billing_period=" + period + "/" + b.name() + "-00001.csv.gz"
		b.lines[period], b.invoiced[period] = rows[1:], invoice != ""
		file, err := gzipped(rows)
		if err != nil {
			return err
		}
		manifest, err := json.Marshal(map[string]any{"dataFiles": []string{"s3://" + b.Bucket + "/" + data},
			"exportArn": "arn:aws:bcm-data-exports:us-east-1:" + e.Organization.ManagementAccount + ":export/" + b.name()})
		if err != nil {
			return err
		}
		b.objects[data] = file
		b.objects[b.Export+"/metadata/billing_period="+period+"/"+b.name()+"-Manifest.json"] = manifest
	}
	return nil
}

func (b *Bill) name() string { return b.Export[strings.LastIndexByte(b.Export, '/')+1:] }

func zero(n json.Number) bool { return strings.Trim(n.String(), "0.") == "" }

func gzipped(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	err := errors.Join(csv.NewWriter(gz).WriteAll(rows), gz.Close())
	return b.Bytes(), err
}

// s3 answers a request for the bucket of the bill: ListObjectsV2 and GetObject. All else is denied.
func (s *Server) s3(w http.ResponseWriter, r *http.Request) {
	c := &call{estate: s.options.Estate, requestID: s.requestID()}
	b, err := c.estate.Bill, c.identify(r)
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	record := Request{Account: c.account, Region: c.region, Service: "s3", Operation: r.Method + " " + r.URL.Path, Status: http.StatusOK}
	list := r.Method == http.MethodGet && key == "" && r.URL.Query().Get("list-type") == "2"
	switch {
	case list:
		record.Operation = "ListObjectsV2"
	case r.Method == http.MethodGet && key != "":
		record.Operation = "GetObject"
	}
	refuse := func(status int, code string) {
		record.Status, record.Error = status, code
		s.record(record)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code) // a client that went away
	}
	switch {
	case err != nil || c.account != c.estate.Organization.ManagementAccount || record.Operation == r.Method+" "+r.URL.Path:
		refuse(http.StatusForbidden, "AccessDenied")
		return
	case bucket != b.Bucket:
		refuse(http.StatusNotFound, "NoSuchBucket")
		return
	case c.region != b.Region:
		w.Header().Set("X-Amz-Bucket-Region", b.Region)
		refuse(http.StatusMovedPermanently, "PermanentRedirect")
		return
	}
	if list {
		s.record(record)
		b.list(w, r.URL.Query().Get("prefix"))
		return
	}
	body, ok := b.objects[key]
	if !ok {
		refuse(http.StatusNotFound, "NoSuchKey")
		return
	}
	s.record(record)
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(body))) //nolint:gosec // see the import
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", b.written, bytes.NewReader(body))
}

// list writes the keys below a prefix.
func (b *Bill) list(w http.ResponseWriter, prefix string) {
	type content struct {
		Key          string
		LastModified string
	}
	out := struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Name     string
		Contents []content
	}{Name: b.Bucket}
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if strings.HasPrefix(key, prefix) {
			out.Contents = append(out.Contents, content{key, b.written.Format(time.RFC3339)})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		panic(http.ErrAbortHandler) // which closes the connection
	}
}
