//go:build verify

package verify

import (
	stdcmp "cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asked is a query, and one that answers the same without the tables.
type asked struct{ SQL, Want string }

// TestDuckDB reads the tables of the demo with a reader of Parquet that is not ours: their sums are those of report.json.
func TestDuckDB(t *testing.T) {
	const script = `
const {DuckDBInstance} = require('@duckdb/node-api');
(async () => {
  const db = await (await DuckDBInstance.create()).connect(), out = {};
  for (const [name, sql] of Object.entries(JSON.parse(process.argv[1])))
    out[name] = (await db.runAndReadAll(sql)).getRowsJson();
  console.log(JSON.stringify(out));
})().catch(e => { console.error(e.message); process.exit(1); });`
	d := demo(t)
	run(t, d.tenor, "report", d.out, "--format", "parquet", "--quiet")
	modules := t.TempDir()
	run(t, need(t, "npm", "npm"), "install", "--prefix", modules, "--no-audit", "--no-fund", "--save-exact", "@duckdb/node-api@1.5.6-r.1")
	report := filepath.Join(d.out, "report.json")
	table := func(name string) string {
		return "read_parquet('" + filepath.Join(d.out, "parquet", name, "*", "*.parquet") + "', hive_partitioning = true)"
	}
	lists := func(name string) string {
		return "(SELECT unnest(" + name + ") AS x FROM read_json('" + report + "', maximum_object_size = 100000000, maximum_depth = 2, columns = {" +
			name + ": 'JSON[]'}))"
	}
	bill := func(name string) string {
		return "(SELECT unnest((billing->'" + name + "')::JSON[]) AS x FROM read_json('" + report +
			"', maximum_object_size = 100000000, maximum_depth = 2, columns = {billing: 'JSON'}))"
	}
	rows := map[string]asked{
		"findings": {"SELECT count(*)::INT, sum(amount)::VARCHAR, count(due)::INT, min(due)::VARCHAR, count(first_seen)::INT FROM " + table("findings"),
			"SELECT count(*)::INT, (sum((x->'amount'->>'value')::DECIMAL(18,2)) FILTER (x->'amount'->>'per' = 'once'))::VARCHAR, " +
				"count(x->>'due')::INT, min((x->>'due')::DATE)::VARCHAR, " +
				"count(x->>'first_seen')::INT FROM " + lists("findings")},
		"coverage": {"SELECT status, count(*)::INT, sum(count)::INT FROM " + table("coverage") + " GROUP BY 1 ORDER BY 1",
			"SELECT x->>'status', count(*)::INT, sum((x->>'count')::INT)::INT FROM " + lists("coverage") + " GROUP BY 1 ORDER BY 1"},
		"renewals": {"SELECT contract_state, count(*)::INT, sum(current_monthly_usd)::VARCHAR, max(contract_end)::VARCHAR, sum(cost_of_inaction_usd)::VARCHAR, " +
			"typeof(any_value(as_of_time)) FROM " + table("renewals") + " GROUP BY 1 ORDER BY 1",
			"SELECT x->>'contract_state', count(*)::INT, (sum((x->>'current_monthly_cents')::BIGINT)::DECIMAL(18,2) / 100)::DECIMAL(18,2)::VARCHAR, " +
				"max((x->>'contract_end')::DATE)::VARCHAR, (sum((x->>'cost_of_inaction_cents')::BIGINT)::DECIMAL(18,2) / 100)::DECIMAL(18,2)::VARCHAR, " +
				"'TIMESTAMP WITH TIME ZONE' FROM " + lists("renewals") + " GROUP BY 1 ORDER BY 1"},
		"charges": {"SELECT of, status, count(*)::INT, sum(billed)::VARCHAR, sum(difference)::VARCHAR, min(period) FROM " + table("charges") +
			" WHERE of IN ('outpost', 'unmatched') GROUP BY 1, 2 ORDER BY 1, 2",
			"SELECT * FROM (SELECT 'outpost', x->>'status', count(*)::INT, sum((x->>'billed')::DECIMAL(18,2))::VARCHAR, " +
				"sum((x->>'difference')::DECIMAL(18,2))::VARCHAR, min(x->>'period') FROM " + bill("outposts") + " GROUP BY 2 UNION ALL " +
				"SELECT 'unmatched', NULL, count(*)::INT, sum((x->>'billed')::DECIMAL(18,2))::VARCHAR, NULL, min(x->>'period') FROM " +
				bill("unmatched") + ") ORDER BY 1, 2"},
	}
	manyDays(t, &d, rows)
	queries := map[string]string{}
	for name, r := range rows {
		queries[name], queries["report.json "+name] = r.SQL, r.Want
	}
	args, err := json.Marshal(queries)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), need(t, "node", "nodejs"), "-e", script, string(args))
	node.Env = append(node.Environ(), "NODE_PATH="+filepath.Join(modules, "node_modules"))
	out, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var have map[string][][]any
	if err := json.Unmarshal(out, &have); err != nil {
		t.Fatal(err)
	}
	for name := range rows {
		if d := cmp.Diff(have["report.json "+name], have[name]); d != "" || len(have[name]) == 0 {
			t.Errorf("%s (-report.json +parquet):\n%s", name, d)
		}
	}
}

// manyDays has the examples of the documents asked of the demo on two days: those of DuckDB as they are, and those of Athena of tables with
// the columns and the types of athena.sql.
func manyDays(t *testing.T, d *demoRun, rows map[string]asked) {
	t.Helper()
	lake, next := t.TempDir(), filepath.Join(t.TempDir(), "next")
	day, err := time.Parse(time.RFC3339, d.asOf)
	if err != nil {
		t.Fatal(err)
	}
	run(t, d.tenor, "evaluate", d.out, "--config", os.DevNull, "--as-of", day.AddDate(0, 0, 40).Format(time.DateOnly), "--out", next,
		"--format", "json,parquet", "--fail-on", "none", "--quiet", "--allow-incomplete")
	for _, out := range []string{d.out, next} {
		if err := os.CopyFS(lake, os.DirFS(filepath.Join(out, "parquet"))); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(examples) != 2 {
		t.Fatalf("%d examples of SQL", len(examples))
	}
	list := func(out, name, from string) string {
		return "SELECT run->>'as_of' AS as_of, unnest((" + from + ")::JSON[]) AS x FROM read_json('" + filepath.Join(out, "report.json") +
			"', maximum_object_size = 100000000, maximum_depth = 2, columns = {run: 'JSON', " + name + ": 'JSON'})"
	}
	findings := "(" + list(d.out, "findings", "findings") + " UNION ALL " + list(next, "findings", "findings") + ")"
	rows["the example for DuckDB"] = asked{strings.ReplaceAll(examples[0][1], "s3://BUCKET/PREFIX/parquet", lake),
		"SELECT as_of::DATE, x->>'severity', count(*), sum((x->'amount'->>'value')::DECIMAL(18,2)) FILTER (x->'amount'->>'per' = 'once') " +
			"FROM " + findings + " WHERE x->>'verdict' = 'fail' GROUP BY ALL ORDER BY ALL"}
	athena, err := os.ReadFile("../../docs/athena.sql")
	if err != nil {
		t.Fatal(err)
	}
	tables := regexp.MustCompile(`(?s)TABLE tenor_(\w+) \((.*?)\)\n`).FindAllStringSubmatch(string(athena), -1)
	if len(tables) != 4 {
		t.Fatalf("%d tables in athena.sql", len(tables))
	}
	for _, table := range tables {
		read := "read_parquet('" + filepath.Join(lake, table[1], "*", "*.parquet") + "', hive_partitioning = true)"
		var names, types []string
		for _, c := range regexp.MustCompile("`(\\w+)` (\\S+?)(?:,\n|$)").FindAllStringSubmatch(table[2], -1) {
			duck := map[string]string{"string": "VARCHAR", "timestamp": "TIMESTAMP WITH TIME ZONE"}[c[2]]
			names, types = append(names, c[1]), append(types, "('"+c[1]+"', '"+stdcmp.Or(duck, strings.ToUpper(c[2]))+"')")
		}
		types = append(types, "('as_of', 'DATE')")
		rows["the columns of "+table[1]] = asked{"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + read + ")",
			"SELECT * FROM (VALUES " + strings.Join(types, ", ") + ")"}
		if table[1] == "charges" {
			rows["the example for Athena"] = asked{strings.ReplaceAll(examples[1][1], "tenor_charges", "(SELECT "+strings.Join(names, ", ")+
				", as_of::VARCHAR AS as_of FROM "+read+")"),
				"SELECT as_of[:10], 'outpost', sum((x->>'difference')::DECIMAL(18,2)) FROM (" +
					list(next, "billing", "billing->'outposts'") + ") WHERE x->>'status' = 'differs' " +
					"AND (x->>'final')::BOOLEAN GROUP BY ALL"}
		}
	}
}
