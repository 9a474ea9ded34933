package tenor.lib.money_test

import data.tenor.lib.money
import data.tenor.lib.text

test_sets_thousands_apart if {
	amounts := {0: "$0.00", 5: "$0.05", 99999: "$999.99", 100000: "$1,000.00", 1234567: "$12,345.67", 29419979: "$294,199.79", 100000000: "$1,000,000.00", 123456789012: "$1,234,567,890.12"}
	every cents, shown in amounts {
		money.usd(cents) == shown
	}
}

test_shows_amount_in_its_unit if {
	money.amount("2871.43", "USD") == "$2,871.43"
	money.amount("-1234567.00", "USD") == "-$1,234,567.00"
	money.amount("0.40", "USD") == "$0.40"
	money.amount("100", "USD") == "$100"
	money.amount("1500.00", "GB") == "1,500.00 GB"
	money.amount("-0.01", "EUR") == "-0.01 EUR"
}

test_says_an_option_in_words if {
	text.priced("ONE_YEAR", "NO_UPFRONT") == "1 year, no upfront"
	text.priced("THREE_YEARS", "PARTIAL_UPFRONT") == "3 years, partial upfront"
	text.priced("FIVE_YEARS", "ALL_UPFRONT") == "5 years, all upfront"
	text.priced("TEN_YEARS", "HALF_UPFRONT") == "TEN_YEARS, HALF_UPFRONT"
}
