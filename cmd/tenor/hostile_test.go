//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenor/internal/awssim"
	"tenor/internal/foreign"
	"tenor/job"
	"tenor/report"
)

// plainSheets have no text that AWS or a user wrote, and why.
var plainSheets = map[string]string{
	"Glossary": "words of ours", "Checks": "numbers", "Assumptions": "numbers", "Rates": "numbers",
	"Orders": "ids", "Open orders": "ids", "Quotes": "ids", "Unexplained charges": "ids", "Cost of broken products": "ids",
	"Coverage": "no row is a gap here; TestHostileStrings has one with a message of AWS's",
}

// quietCommands show no text that AWS or a user wrote, and why.
var quietCommands = map[string]string{
	"check": "ids", "init": "it writes a file, which is read below", "decisions check": "a count", "policies check": "ids", "waivers check": "a count",
	"bill": "ids",
}

// TestHostileEstate runs tenor on an estate where every text that anyone may write ends with a string of the table, with waivers, decisions
// and a policy of the kind: in each file, on each sheet and in the answer of each command people see it as they should.
func TestHostileEstate(t *testing.T) {
	away(t)
	text, err := foreign.Estate()
	if err != nil {
		t.Fatal(err)
	}
	estate, err := awssim.LoadEstate(bytes.NewReader(text), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL(), "AWS_SECRET_ACCESS_KEY": "simulated",
		"AWS_ACCESS_KEY_ID": awssim.AccessKey(estate.Organization.ManagementAccount), "AWS_REGION": estate.Regions[0]} {
		t.Setenv(name, value)
	}
	quoted := func(words string, n int) string {
		b, err := json.Marshal(foreign.Marked(words, n))
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`).Replace(string(b))
	}
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const outpost, order = "op-a15ae49d5668d156b", "oo-84452463f2f15eade"
	write("waivers.yaml", fmt.Sprintf("waivers:\n- {rule: general.tag_missing, resource: 'pp-*', reason: %s, owner: %s, expires: %s}\n",
		quoted("later", 8), quoted("me", 12), time.Now().AddDate(0, 3, 0).Format(time.DateOnly)))
	write("decisions.yaml", fmt.Sprintf("decisions:\n- {outpost: %s, action: renew, payment_term: ONE_YEAR, payment_option: NO_UPFRONT, "+
		"owner: %s, reason: %s, decided_on: %s}\n", outpost, quoted("me", 20), quoted("because", 24), time.Now().AddDate(0, 0, -1).Format(time.DateOnly)))
	write("rego/ours.rego", fmt.Sprintf("# METADATA\n# scope: package\n# title: %s\n# custom: {severity: low, kinds: [outposts.outpost]}\n"+
		"package ours\n\ndeny contains {\"msg\": sprintf(%s, [input.name])} if print(input.name)\n", quoted("ours", 33), quoted("%s", 30)))
	config := fmt.Sprintf("organization: {role_name: %s, external_id: %s}\nregions: [%s]\nbilling: {exports: [%s]}\nrate: 10000\n"+
		"policies: {dirs: [rego]}\nwaivers: waivers.yaml\noutput: {formats: [%s]}\n",
		estate.Role.Name, estate.Role.ExternalID, strings.Join(estate.Regions, ", "), estate.Bill.URI(), strings.Join(job.FormatNames(), ", "))
	write("tenor.yaml", config)
	do := func(args ...string) (exit job.Exit, out, log string) {
		var stdout, stderr bytes.Buffer
		exit = run(context.Background(), args, &stdout, &stderr)
		return exit, stdout.String(), stderr.String()
	}
	if exit, out, log := do("run", "--out", "before"); exit != job.ExitFindings {
		t.Fatalf("exit %d: %s%s", exit, out, log)
	}
	write("tenor.yaml", config+"decisions: decisions.yaml\nfinance: {discount_rate: 0.09}\n")
	exit, out, log := do("run", "--out", "out", "--baseline", "before/report.json", "--log-format", "json", "--verbose")
	if exit != job.ExitFindings {
		t.Fatalf("exit %d: %s%s", exit, out, log)
	}
	// sees reports how many marks are seen, and fails where one is not seen as it should be.
	sees := func(where string, texts []string, err error) int {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return 0
		}
		seen, err := foreign.Check(texts)
		if err != nil {
			t.Errorf("%s: %.600v", where, err)
		}
		return len(seen)
	}
	parse := func(name, text string) ([]string, error) { return foreign.Texts(name, []byte(text)) }
	for where, text := range map[string]string{"the summary": out, "the log": log} {
		name := "summary.txt"
		if where == "the log" {
			name = "log.json"
		}
		texts, err := parse(name, text)
		if n := sees(where, texts, err); n == 0 && where != "the log" {
			t.Errorf("%s shows none of it", where)
		}
	}

	files, err := filepath.Glob("out/report*")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob("out/parquet/*/*/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) == 0 || len(files)+1 < len(job.FormatNames()) {
		t.Fatalf("only %v, %v", files, tables)
	}
	files = append(files, tables...)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(file) {
		case ".json": // the record, in which a string is itself
			if texts, err := foreign.Texts(file, b); err != nil || len(texts) == 0 {
				t.Errorf("%s: %v", file, err)
			}
		case ".xlsx":
			sheets, err := foreign.Sheets(b)
			if err != nil {
				t.Fatal(err)
			}
			for sheet, texts := range sheets {
				n := sees(file+" "+sheet, texts, nil)
				if _, plain := plainSheets[sheet]; plain == (n > 0) {
					t.Errorf("the sheet %s shows %d of the strings, and is among those that show none: %t", sheet, n, plain)
				}
			}
		default:
			texts, err := foreign.Texts(file, b)
			if n := sees(file, texts, err); n == 0 {
				t.Errorf("%s shows none of it", file)
			}
		}
	}

	r, closeReport, err := report.ReadJSON("out/report.json")
	if err != nil {
		t.Fatal(err)
	}
	defer closeReport()
	fs, err := r.Findings.First(r.Findings.Len)
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]string{}
	for _, f := range fs { // some are enough: each reads the policies anew
		if strings.Contains(f.Msg, "¦") && (len(explained) < 5 || f.Rule == "ours") {
			explained[f.Rule] = f.Resource.ID
		}
	}
	if len(explained) < 5 || explained["ours"] == "" {
		t.Fatalf("few rules say what AWS's documents say: %v", explained)
	}
	commands := map[string][]string{
		"findings": {"findings", "out"}, "findings, CSV": {"findings", "out", "--format", "csv"}, "diff": {"diff", "before", "out"},
		"bill": {"bill", estate.Bill.URI(), "--run", "out"}, "decisions list": {"decisions", "list", "out"},
		"check": {"check"}, "init": {"init", "--out", "first.yaml"}, "waivers check": {"waivers", "check", "waivers.yaml"},
		"decisions check": {"decisions", "check", "decisions.yaml"}, "policies check": {"policies", "check", "rego"},
		"report": {"report", "out", "--format", "csv"},
	}
	for rule, resource := range explained {
		commands["explain "+rule] = []string{"policies", "explain", rule, resource, "out"}
	}
	shown := 0
	for name, args := range commands {
		exit, out, log := do(args...)
		if exit == job.ExitFailed {
			t.Errorf("%s: exit %d: %s", name, exit, log)
		}
		end := ".txt"
		if strings.HasSuffix(name, "CSV") {
			end = ".csv"
		}
		if name == "init" {
			b, err := os.ReadFile("first.yaml")
			if err != nil {
				t.Fatal(err)
			}
			out += string(b)
		}
		texts, err := parse(name+end, out)
		n := sees(name, append(texts, log), err)
		if strings.HasPrefix(name, "explain") { // which cuts long messages
			shown += n
			continue
		}
		if _, quiet := quietCommands[name]; quiet == (n > 0) {
			t.Errorf("%s shows %d of the strings, and is among those that show none: %t:\n%s", name, n, quiet, out)
		}
	}
	if shown == 0 {
		t.Errorf("the explanations show %d of the strings", shown)
	}
}
