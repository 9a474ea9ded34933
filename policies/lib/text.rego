# Words of messages.
package tenor.lib.text

# counted is a number of things, whose name is made plural with an s.
counted(n, noun) := sprintf("%v %s%s", [n, noun, _plural(n)])

# term and option are a payment term and a payment option in words; what is newer than these stays as AWS sends it.
term(sent) := object.get({"ONE_YEAR": "1 year", "THREE_YEARS": "3 years", "FIVE_YEARS": "5 years"}, sent, sent)

option(sent) := object.get(
	{"ALL_UPFRONT": "all upfront", "PARTIAL_UPFRONT": "partial upfront", "NO_UPFRONT": "no upfront"},
	sent, sent,
)

# priced names an option of a renewal or a quote: 3 years, no upfront.
priced(payment_term, payment_option) := sprintf("%s, %s", [term(payment_term), option(payment_option)])

_plural(1) := ""

_plural(n) := "s" if n != 1
