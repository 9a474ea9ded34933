# METADATA
# scope: package
# title: Renewal costs more than today
# description: >-
#   Renewing on the contract's own term and option costs noticeably more a month than today. Fires when the effective monthly
#   price of that renewal option is at least percent above that of the active subscriptions; nothing fires when that is 0. It
#   compares exact prices, to six decimal places of the percentage, not the cents that it shows.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_GetRenewalPricing.html
#     description: GetRenewalPricing
# custom:
#   severity: medium
#   kinds: [outposts.outpost]
#   requires: [billing, renewal_pricing, prices]
#   params:
#     percent: {default: 10, description: Percent above today's monthly price from which it is reported}
#   remediation: Compare the other terms and options, and discuss the price with AWS.
package tenor.outposts.renewal_price_increase

import data.tenor.lib.contract
import data.tenor.lib.money
import data.tenor.lib.renewal
import data.tenor.lib.text
import data.tenor.params.outposts.renewal_price_increase as params

deny contains {
	"msg": sprintf(
		"a renewal for %s costs %s a month, against %s today",
		[
			text.priced(option.payment_term, option.payment_option), money.usd(option.effective_monthly_cents),
			money.usd(input.facts.current_monthly_cents),
		],
	),
	"evidence": {
		"payment_term": option.payment_term,
		"payment_option": option.payment_option,
		"effective_monthly": option.effective_monthly,
		"current_monthly": input.facts.current_monthly,
		"percent": option.price_change_percent,
	},
	"due": input.facts.notice_deadline,
	"amount_cents": option.effective_monthly_cents - input.facts.current_monthly_cents,
	"amount_per": "month",
	"command": renewal.prices,
} if {
	input.kind == "outposts.outpost"
	contract.live
	some option in input.facts.options
	option.payment_term == input.facts.payment_term
	option.payment_option == input.facts.payment_option
	is_number(option.price_change_percent)
	option.price_change_percent >= params.percent
}
