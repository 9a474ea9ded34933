# Money as messages show it. Amounts are whole cents.
package tenor.lib.money

usd(cents) := sprintf("$%s.%02d", [_thousands(sprintf("%d", [floor(cents / 100)])), cents % 100])

# amount shows an exact amount, such as "2871.43", in its unit: $2,871.43, or 2,871.43 GB.
amount(value, "USD") := concat("", [_sign(value), "$", _set_apart(trim_prefix(value, "-"))])

amount(value, unit) := sprintf("%s%s %s", [_sign(value), _set_apart(trim_prefix(value, "-")), unit]) if unit != "USD"

_sign(value) := "-" if startswith(value, "-")

else := ""

_set_apart(digits) := concat(".", array.concat([_thousands(parts[0])], array.slice(parts, 1, 2))) if {
	parts := split(digits, ".")
}

# _thousands sets the thousands of a whole number of 0 or more apart: 1234567 is 1,234,567.
_thousands(digits) := concat(",", array.concat([substring(digits, 0, lead)], regex.find_n(`\d{3}`, substring(digits, lead, -1), -1))) if {
	lead := ((count(digits) + 2) % 3) + 1
}

# limit_cents is a limit in US dollars as whole cents, rounded down: an amount of whole cents is above the limit just when it is
# above that. The product is rounded to a millionth of a dollar first, since 40000.06 has no exact form in binary.
limit_cents(dollars) := floor(round(dollars * 1000000) / 10000)
