package audit

import "encoding/json"

// Budgets are those of the products in the catalogue and of the portfolios that they are in, each once.
type Budgets struct {
	List []Budget `json:"list"` // by Percent, the fullest first, those of a limit of nothing before all; then account and name
	// More says that there are more than the list has room for.
	More bool `json:"more"`
	// Unread is how many products of the catalogue there are whose budgets, or some of them, were not read.
	Unread int `json:"unread"`
}

// Budget is how much of one budget of AWS Budgets is spent in its running period. Amounts are in Unit, to two decimal places, for what Per
// says: no output adds up two.
type Budget struct {
	Account  string   `json:"account"`
	Name     string   `json:"name"`
	Type     string   `json:"type"`      // COST or USAGE
	TimeUnit Optional `json:"time_unit"` // MONTHLY, QUARTERLY, ANNUALLY, DAILY, or a value newer than this program
	Per      Optional `json:"per"`       // day, month, quarter or year; null for another TimeUnit
	Unit     string   `json:"unit"`      // USD, GB, Hrs
	Limit    string   `json:"limit"`
	Actual   string   `json:"actual"`
	Forecast Optional `json:"forecast"` // at the end of the period; null where AWS has none
	// Percent of Limit that Actual is; null for a limit of nothing.
	Percent *json.Number `json:"percent"`
	Over    bool         `json:"over"` // Actual is above Limit
	// Resources are the ids of the products and portfolios that it is of, in order; MoreResources where there is no room for all.
	Resources     []string `json:"resources"`
	MoreResources bool     `json:"more_resources"`
}

// PerOf returns what a limit of a TimeUnit is for; empty for one that is newer than this program.
func PerOf(timeUnit string) Optional {
	return Optional(map[string]string{"DAILY": "day", "MONTHLY": "month", "QUARTERLY": "quarter", "ANNUALLY": "year"}[timeUnit])
}
