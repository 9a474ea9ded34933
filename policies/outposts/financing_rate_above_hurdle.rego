# METADATA
# scope: package
# title: Paying monthly is expensive credit
# description: >-
#   Paying a renewal monthly instead of upfront is a loan from AWS. Where its effective yearly rate is above what the company's
#   own money costs, paying upfront is cheaper. Fires when, for an allowed term, the rate implied by NO_UPFRONT against ALL_UPFRONT
#   is above hurdle_percent, and the contract is running and ends within days. A rate above 1000 percent counts as 1000.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetRenewalPricing.html
#     description: GetRenewalPricing
# custom:
#   severity: low
#   kinds: [outposts.outpost]
#   requires: [billing, renewal_pricing]
#   params:
#     hurdle_percent: {default: 8, description: "The company's cost of money, percent a year"}
#     days: {default: 180, description: Days before the end of the contract from which it is reported}
#   remediation: Compare ALL_UPFRONT and NO_UPFRONT with finance before the renewal.
package tenor.outposts.financing_rate_above_hurdle

import data.tenor.lib.contract
import data.tenor.lib.renewal
import data.tenor.params.outposts.financing_rate_above_hurdle as params

deny contains {
	"msg": sprintf(
		"paying monthly costs up to %v%% a year; the hurdle is %v%%",
		[_hundredths(max([t.percent | some t in _expensive])), params.hurdle_percent],
	),
	"evidence": {"terms": _expensive, "hurdle_percent": params.hurdle_percent},
	"due": input.facts.notice_deadline,
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	contract.days_left <= params.days
	count(_expensive) > 0
}

# _hundredths is a number of percent to two decimal places; as it is where that would read as if it were not above the hurdle.
_hundredths(percent) := rounded if {
	rounded := round(percent * 100) / 100
	rounded > params.hurdle_percent
} else := percent

_expensive := [{"payment_term": o.payment_term, "percent": o.implied_rate_percent} |
	some o in input.facts.options
	o.allowed
	o.payment_option == "NO_UPFRONT"
	is_number(o.implied_rate_percent)
	o.implied_rate_percent > params.hurdle_percent
]
