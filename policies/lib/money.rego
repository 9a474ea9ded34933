# Money as messages show it. Amounts are whole cents.
package tenor.lib.money

usd(cents) := sprintf("USD %d.%02d", [floor(cents / 100), cents % 100])

# limit_cents is a limit in US dollars as whole cents, rounded down: an amount of whole cents is above the limit just when it is
# above that. The product is rounded to a millionth of a dollar first, since 40000.06 has no exact form in binary.
limit_cents(dollars) := floor(round(dollars * 1000000) / 10000)
