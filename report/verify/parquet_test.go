//go:build verify

package verify

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
	type row struct{ SQL, Want string }
	report := filepath.Join(d.out, "report.json")
	table := func(name string) string {
		return "read_parquet('" + filepath.Join(d.out, "report."+name+".parquet") + "')"
	}
	lists := func(name string) string {
		return "(SELECT unnest(" + name + ") AS x FROM read_json('" + report + "', maximum_object_size = 100000000, maximum_depth = 2, columns = {" +
			name + ": 'JSON[]'}))"
	}
	bill := func(name string) string {
		return "(SELECT unnest((billing->'" + name + "')::JSON[]) AS x FROM read_json('" + report +
			"', maximum_object_size = 100000000, maximum_depth = 2, columns = {billing: 'JSON'}))"
	}
	rows := map[string]row{
		"findings": {"SELECT count(*)::INT, sum(amount)::VARCHAR, count(due)::INT, min(due)::VARCHAR, count(first_seen)::INT FROM " + table("findings"),
			"SELECT count(*)::INT, (sum((x->'amount'->>'value')::DECIMAL(18,2)) FILTER (x->'amount'->>'per' = 'once'))::VARCHAR, " +
				"count(x->>'due')::INT, min((x->>'due')::DATE)::VARCHAR, " +
				"count(x->>'first_seen')::INT FROM " + lists("findings")},
		"coverage": {"SELECT status, count(*)::INT, sum(count)::INT FROM " + table("coverage") + " GROUP BY 1 ORDER BY 1",
			"SELECT x->>'status', count(*)::INT, sum((x->>'count')::INT)::INT FROM " + lists("coverage") + " GROUP BY 1 ORDER BY 1"},
		"renewals": {"SELECT contract_state, count(*)::INT, sum(current_monthly_usd)::VARCHAR, max(contract_end)::VARCHAR, sum(cost_of_inaction_usd)::VARCHAR, " +
			"typeof(any_value(as_of)) FROM " + table("renewals") + " GROUP BY 1 ORDER BY 1",
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
	queries := map[string]string{}
	for name, r := range rows {
		queries[name], queries["report.json "+name] = r.SQL, r.Want
	}
	asked, err := json.Marshal(queries)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), need(t, "node", "nodejs"), "-e", script, string(asked))
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
