# Money as messages show it. Amounts are whole cents.
package tenor.lib.money

usd(cents) := sprintf("$%s.%02d", [_thousands(sprintf("%d", [floor(cents / 100)])), cents % 100])

# _thousands sets the thousands of a whole number of 0 or more apart: 1234567 is 1,234,567.
_thousands(digits) := concat(",", array.concat([substring(digits, 0, lead)], regex.find_n(`\d{3}`, substring(digits, lead, -1), -1))) if {
	lead := ((count(digits) + 2) % 3) + 1
}

# limit_cents is a limit in US dollars as whole cents, rounded down: an amount of whole cents is above the limit just when it is
# above that. The product is rounded to a millionth of a dollar first, since 40000.06 has no exact form in binary.
limit_cents(dollars) := floor(round(dollars * 1000000) / 10000)
