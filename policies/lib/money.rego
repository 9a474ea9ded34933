# Money as messages show it. Amounts are whole cents.
package tenor.lib.money

usd(cents) := sprintf("USD %d.%02d", [floor(cents / 100), cents % 100])
