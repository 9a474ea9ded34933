# METADATA
# scope: package
# title: Products fail by the same cause
# description: >-
#   Requests of several provisioned products of the estate failed with the same error within a few days: one thing is wrong, and
#   it is not the products. Fires once for each cause by which at least min_products failed last within days of one another, on the
#   account that the run was made from. Errors are compared without what differs from product to product: names, ids, accounts, times.
#   Where it is not known why a product failed, a cause that is found stands, and the verdict is unknown where none is.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_RecordError.html
#     description: RecordError
# custom:
#   severity: high
#   kinds: [estate.account]
#   optional: [causes]
#   params:
#     min_products: {default: 5, description: Products from which it is reported}
#     days: {default: 7, description: Days within which they failed}
#   remediation: >-
#     Read the error, and put right what they have in common: a launch role, a quota, a template, a parameter, a network. Try it on one of
#     the products first, and only then on the others: the same request fails again.
package tenor.estate.same_cause

import data.tenor.params.estate.same_cause as params

deny contains {
	"msg": sprintf("the same error in %d products %s: %s", [largest, _when(last.day, first.day, window.at[0]), cause.text]),
	"key": cause.cause,
	"evidence": {
		"cause": cause.cause, "error": cause.text, "products": cause.examples, "count": largest, "from": last.day, "to": first.day,
		"count_at_any_time": cause.products, "accounts": cause.accounts,
	},
} if {
	input.kind == "estate.account"
	some cause in input.facts.causes
	cause.products >= params.min_products
	windows := _windows(cause.days, params.days)
	largest := max([w.products | some w in windows])
	largest >= params.min_products
	window := [w | some w in windows; w.products == largest][0]
	first := cause.days[window.at[0]]
	last := cause.days[window.at[count(window.at) - 1]]
}

# _when says when they failed; at is 0 where none failed by the cause later.
_when(from, to, _) := sprintf("on %s", [to]) if from == to

_when(from, to, 0) := sprintf("since %s", [from]) if from != to

_when(from, to, at) := sprintf("between %s and %s", [from, to]) if {
	from != to
	at > 0
}

# _windows holds, for each day on which products failed, the days from it back that lie within one window, and how many products
# failed on them. Of as many, the latest is reported.
_windows(failures, days) := [{"at": at, "products": sum([failures[i].products | some i in at])} |
	some first, newest in failures
	at := [i |
		some i in numbers.range(first, min([first + ceil(days), count(failures) - 1]))
		failures[i].ago - newest.ago <= days
	]
]
