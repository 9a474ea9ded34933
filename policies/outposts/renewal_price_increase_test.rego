package tenor.outposts.renewal_price_increase_test

import data.tenor.outposts.renewal_price_increase as rule

example := {
	"kind": "outposts.outpost", "id": "op-0123456789abcdef0", "name": "fra-dc1", "account": "111122223333", "region": "eu-central-1",
	"related": {"billing": {}, "renewal_pricing": {}},
	"facts": {
		"contract_state": "running", "payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT",
		"current_monthly": "10000.00", "current_monthly_cents": 1000000, "notice_deadline": "2027-06-23", "recommended": null,
		"options": [
			_option("ONE_YEAR", "NO_UPFRONT", 1100000),
			_option("ONE_YEAR", "ALL_UPFRONT", 9000000),
			_option("THREE_YEARS", "NO_UPFRONT", 9000000),
		],
	},
}

_option(term, option, cents) := {
	"payment_term": term, "payment_option": option, "months": 12, "effective_monthly": sprintf("%d.%02d", [floor(cents / 100), cents % 100]),
	"effective_monthly_cents": cents, "price_change_percent": (cents - 1000000) / 10000,
}

_at(cents) := object.union(example, {"facts": {"options": [_option("ONE_YEAR", "NO_UPFRONT", cents)]}})

test_reports_increase_on_the_limit if {
	rule.deny == {{
		"msg": "a renewal for 1 year, no upfront costs $11,000.00 a month, against $10,000.00 today",
		"evidence": {"payment_term": "ONE_YEAR", "payment_option": "NO_UPFRONT", "effective_monthly": "11000.00", "current_monthly": "10000.00", "percent": 10},
		"due": "2027-06-23",
		"amount_cents": 100000,
		"amount_per": "month",
		"command": ["aws", "outposts", "get-renewal-pricing", "--outpost-identifier", "op-0123456789abcdef0", "--region", "eu-central-1"],
	}} with input as example
}

test_reports_a_cent_above_the_limit if {
	count(rule.deny) == 1 with input as _at(1100001)
}

test_ignores_a_cent_below_the_limit if {
	rule.deny == set() with input as _at(1099999)
}

# Three years ALL_UPFRONT from 180000.20 to 198000.22 is 10 percent; from 180000.00 to 197999.90, which is as much in cents a
# month, is less.
test_compares_exact_prices_not_cents if {
	count(rule.deny) == 1 with input as _exactly(10)
	rule.deny == set() with input as _exactly(9.999944)
}

_exactly(percent) := object.union(example, {"facts": {
	"current_monthly_cents": 500001,
	"options": [object.union(_option("ONE_YEAR", "NO_UPFRONT", 550001), {"price_change_percent": percent})],
}})

test_ignores_below_the_configured_percent if {
	rule.deny == set() with input as example with data.tenor.params.outposts.renewal_price_increase.percent as 10.01
}

test_ignores_when_today_costs_nothing if {
	rule.deny == set() with input as object.union(example, {"facts": {
		"current_monthly_cents": 0,
		"options": [object.union(_option("ONE_YEAR", "NO_UPFRONT", 1100000), {"price_change_percent": null})],
	}})
}

test_ignores_without_an_option_of_the_contract if {
	rule.deny == set() with input as object.union(example, {"facts": {"payment_term": "FIVE_YEARS"}})
	rule.deny == set() with input as object.union(example, {"facts": {"options": []}})
}

test_ignores_missing_fields if {
	rule.deny == set() with input as json.remove(example, ["facts/options/0/price_change_percent"])
	rule.deny == set() with input as json.remove(example, ["facts/options"])
}

test_reports_every_live_state if {
	every state in ["running", "renewed", "month_to_month", "unknown"] {
		count(rule.deny) == 1 with input as object.union(example, {"facts": {"contract_state": state}})
	}
}

test_ignores_outpost_that_is_given_back_or_not_ours if {
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": "retired"}})
	rule.deny == set() with input as object.union(example, {"facts": {"contract_state": null}})
}
