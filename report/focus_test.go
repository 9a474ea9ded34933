package report

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// focusColumn is a column as the specification has it.
type focusColumn struct {
	name, level, kind string
	nulls             bool
	allowed           []string
}

func focusSpecification(t *testing.T) []focusColumn {
	t.Helper()
	b, err := os.ReadFile("testdata/focus/contract_commitment-1.4.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var columns []focusColumn
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), "\t")
		c := focusColumn{name: cells[0], level: cells[1], nulls: cells[2] == "True", kind: cells[3]}
		if len(cells) > 4 {
			c.allowed = strings.Split(cells[4], "|")
		}
		columns = append(columns, c)
	}
	return columns
}

// focusRows reads what FOCUS writes of a report: a map by column for each row.
func focusRows(t *testing.T, r audit.Report) (header []string, rows []map[string]string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(render(t, FOCUS, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

// TestFOCUSIsWhatTheSpecificationAsks holds columns, types, allowed values and the rules between columns against FOCUS 1.4. Of what AWS
// does not say a cell is empty.
func TestFOCUSIsWhatTheSpecificationAsks(t *testing.T) {
	spec := focusSpecification(t)
	header, rows := focusRows(t, fullReport())
	var want []string
	for _, c := range spec {
		if c.level == "Mandatory" || c.name == "ContractCommitmentPaymentUpfrontPercentage" {
			want = append(want, c.name)
		}
	}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Fatalf("columns (-want +have):\n%s", diff)
	}
	unsaid := map[string][]string{ // by id of the subscription: the cells that must not be empty, and are
		`'=sub, "4"`: {"ContractCommitmentLifecycleStatus", "ContractCommitmentPaymentInterval", "ContractCommitmentPaymentModel",
			"ContractCommitmentPaymentUpfrontPercentage"},
		"": {"ContractCommitmentDurationType", "ContractCommitmentId", "ContractCommitmentPaymentInterval", "ContractCommitmentPaymentModel",
			"ContractCommitmentPaymentUpfrontPercentage", "ContractCommitmentPeriodEnd", "ContractCommitmentPeriodStart"},
	}
	decimal := regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	duration := regexp.MustCompile(`^[1-9][0-9]* (Day|Month|Year)s?$`)
	for _, row := range rows {
		id := row["ContractCommitmentId"]
		var empty []string
		for _, c := range spec {
			cell, there := row[c.name]
			switch {
			case !there:
			case cell == "":
				if !c.nulls {
					empty = append(empty, c.name)
				}
			case c.kind == "Decimal" && !decimal.MatchString(cell),
				c.kind == "Date/Time" && !isUTC(cell),
				c.kind == "JSON" && !json.Valid([]byte(cell)),
				len(c.allowed) > 0 && !slices.Contains(c.allowed, cell),
				c.name == "ContractCommitmentDurationType" && !duration.MatchString(cell):
				t.Errorf("%s: %s is %q", id, c.name, cell)
			}
		}
		if diff := cmp.Diff(unsaid[id], empty); diff != "" {
			t.Errorf("%s: empty though it must not be (-want +have):\n%s", id, diff)
		}
		upfront, model := row["ContractCommitmentPaymentUpfrontPercentage"], row["ContractCommitmentPaymentModel"]
		for _, rule := range []struct {
			name string
			ok   bool
		}{
			{"a discount percentage of an availability", row["ContractCommitmentDiscountPercentage"] == ""},
			{"a unit without a quantity", (row["ContractCommitmentUnit"] == "") == (row["ContractCommitmentQuantity"] == "")},
			{"updated before it was created", row["ContractCommitmentLastUpdated"] >= row["ContractCommitmentCreated"]},
			{"all upfront, not at once", model != "All Upfront" || row["ContractCommitmentPaymentInterval"] == "One-Time" && upfront == "1.0"},
			{"no upfront, with a share", model != "No Upfront" || upfront == "0.0"},
			{"partial upfront, without a share", model != "Partial Upfront" || upfront > "0.0" && upfront < "1.0"},
			{"a commitment that begins before its contract", row["ContractCommitmentLifecycleStatus"] == "Canceled" ||
				row["ContractCommitmentPeriodStart"] == "" || row["ContractCommitmentPeriodStart"] >= row["ContractPeriodStart"]},
			{"a commitment that ends after its contract", row["ContractCommitmentLifecycleStatus"] == "Canceled" ||
				row["ContractCommitmentPeriodEnd"] <= row["ContractPeriodEnd"]},
		} {
			if !rule.ok {
				t.Errorf("%s: %s: %v", id, rule.name, row)
			}
		}
	}
}

func isUTC(s string) bool {
	at, err := time.Parse("2006-01-02T15:04:05Z", s)
	return err == nil && at.Format(time.RFC3339) == s
}

// TestFOCUSCommitments has the commitments of the fixtures, as a person works them out.
func TestFOCUSCommitments(t *testing.T) {
	_, rows := focusRows(t, fullReport())
	var have [][]string
	for _, row := range rows {
		var cells []string
		for _, name := range []string{"Id", "Type", "Cost", "PeriodStart", "PeriodEnd", "DurationType", "LifecycleStatus", "PaymentModel",
			"PaymentUpfrontPercentage"} {
			cells = append(cells, strings.TrimSuffix(row["ContractCommitment"+name], "T00:00:00Z"))
		}
		for _, name := range []string{"ContractPeriodStart", "ContractPeriodEnd"} {
			cells = append(cells, strings.TrimSuffix(row[name], "T00:00:00Z"))
		}
		have = append(have, cells)
	}
	want := [][]string{ // 90,000 + 36 × 2,500 = 180,000, of which 90,000 is a half; an end is the day after the last
		{"sub-1", "ORIGINAL", "180000", "2023-12-02", "2026-12-02", "3 Years",
			"Active", "Partial Upfront", "0.5000000000", "2023-12-02", "2026-12-02"},
		{"sub-2", "CAPACITY_INCREASE", "14400", "2025-06-01", "2026-12-02", "548 Days",
			"Active", "No Upfront", "0.0", "2023-12-02", "2026-12-02"},
		{"sub-3", "RENEWAL", "60000", "2026-12-02", "2027-12-02", "1 Year", "Canceled", "All Upfront", "1.0", "2023-12-02", "2026-12-02"},
		{`'=sub, "4"`, "ORIGINAL", "", "2024-01-28", "2027-01-28", "3 Years", "", "", "", "2024-01-28", "2027-01-28"},
		{"sub-5", "ORIGINAL", "243000", "2026-06-09", "2029-06-09", "3 Years", "Active", "All Upfront", "1.0", "2026-06-09", "2030-06-09"},
		{"sub-6", "RENEWAL", "96000", "2029-06-09", "2030-06-09", "1 Year", "Pending", "No Upfront", "0.0", "2026-06-09", "2030-06-09"},
		{"sub-7", "ORIGINAL", "216000", "2023-10-01", "2026-10-01", "3 Years", "Expired", "No Upfront", "0.0", "2023-10-01", "2026-12-02"},
		{"sub-8", "RENEWAL", "6400", "2026-11-01", "2026-12-02", "1 Month", "Active", "No Upfront", "0.0", "2023-10-01", "2026-12-02"},
		{"", "ORIGINAL", "", "", "", "", "Expired", "", "", "2023-10-01", "2026-12-02"},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	for _, row := range rows {
		if row["ContractCommitmentId"] == "sub-1" && row["ContractCommitmentApplicability"] !=
			`{"InclusionOperator":"And","Inclusions":[{"Dimension":"ResourceId","Operator":"In","Values":["`+row["ContractId"]+`"]}]}` {
			t.Errorf("applicability %s", row["ContractCommitmentApplicability"])
		}
	}
}
