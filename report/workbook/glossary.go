package workbook

import "tenor/report/workbook/xlsx"

// term is a row of Glossary.
type term struct{ word, meaning string }

// glossary says what the words of the workbook mean, by the alphabet.
var glossary = []term{
	{"Allowed", "Said of an option: the policy allows its term and its way to pay. Nothing else is recommended."},
	{"Amortised", "The cost in the months that it is for, whenever it is paid: the monthly price, and the month's share of the upfront, " +
		"which is spread over the term."},
	{"As of", "The moment for which everything is computed: days left, states, amounts. It is when the snapshot was taken, unless " +
		"another was given."},
	{"Baseline", "The earlier report that this one is compared with, to say what is new, changed and resolved."},
	{"Behind", "Said of a product that is not broken: its version is deprecated, inactive or gone, or a newer one is active."},
	{"Billed, assumed", "What a month-to-month price is: billed is what AWS charges for the Outpost now; assumed is the price of no " +
		"upfront for the term that the assumptions name, since AWS publishes none."},
	{"Billed more than the contract", "What AWS charged for Outposts in the months that are final, beyond what their contracts say: " +
		"each Outpost's " +
		"differences are added up over the months first, so that a charge which comes late evens out."},
	{"Break-even month", "The first month by whose end an option has cost no more than going on month-to-month."},
	{"Broken", "Said of a provisioned product: its status is TAINTED or ERROR, so its last change failed and what it runs may not be what " +
		"was asked for."},
	{"Cause", "Why requests of provisioned products failed: the error without what differs from product to product, such as names, ids " +
		"and times."},
	{"Choice", "What is to follow a contract: one of its options, to return the Outpost, or to go on month-to-month. The cash flow " +
		"goes by it. It is preset to the decision on file, or else to what is recommended."},
	{"Commitment", "What contracts oblige to pay, whatever is decided next. The remaining commitment is what is not paid of it yet."},
	{"Contract state", "Running: a contract is in force, and what follows it is to be decided. Renewed: what follows is settled. " +
		"Month-to-month: it goes on without a contract. Retired: it is returned. Unknown: what would say so was not read."},
	{"Cost of inaction", "A month past the end of a contract: the month-to-month price less the level price of what is recommended."},
	{"Coverage", "Which calls to AWS were answered. What was not read is a gap, and is never taken for empty."},
	{"Decision", "What was decided about a contract and AWS may not show yet; it is kept in a file. It is done once AWS shows it."},
	{"Effective per month", "The total contract value divided by the months of the term."},
	{"Final", "Said of a month's bill: AWS changes it no more, since two weeks have passed and every charge has an invoice."},
	{"Finding", "What a rule says of a resource, with a severity and what to do about it."},
	{"Gap", "Something that could not be read, with the reason. A gap proves nothing: what rests on it is unknown."},
	{"Idle", "A slot of an Outpost, room for one instance of a type, on which none runs when the snapshot is taken. What is paid for it " +
		"is its share of today's monthly price."},
	{"Implied rate", "The yearly rate of interest at which paying later costs the same as paying everything upfront."},
	{"Level price", "The price at the start of each month of the term that is worth as much as the upfront and the monthly price " +
		"together. Options of unequal terms compare by it."},
	{"Month-to-month", "Going on without a contract. It binds nobody: the Outpost cannot be scaled, and its price may change. " +
		"Amounts have twelve months of it."},
	{"Net present value", "What all payments are worth on the day of the first, at the discount rate."},
	{"Notice deadline", "The last day on which a contract can be renewed or returned in time: some business days before its end."},
	{"Outpost", "A rack or server of AWS in a site of its customer, paid for by a contract of one, three or five years."},
	{"Recommended", "Of what is allowed the option with the lowest level price, or to go on month-to-month where nothing costs less."},
	{"Severity", "How grave a finding is: critical, high, medium, low or info."},
	{"Subscription", "A line of an Outpost's contract in AWS's billing: the original one, an increase of capacity, or a renewal."},
	{"Total contract value", "The upfront and all monthly prices of a term."},
	{"Unexplained charge", "A charge of Outposts that matches no subscription of a contract. Only those of final months in accounts of " +
		"which everything was read count as billed without a contract."},
	{"Upfront", "What is paid at once when a contract is made: all of it, a part, or nothing."},
	{"Verdict", "What a rule says of a resource: fail, pass, waived, unknown (what it needs was not read), or error (the rule itself " +
		"failed)."},
	{"Waiver", "A finding that is accepted for a while, with a reason, an owner and an end."},
}

// writeGlossary writes what the words mean.
func (s *sheets) writeGlossary() error {
	return xlsx.NewTable(s.Book, "Glossary", "terms", []xlsx.Column[term]{
		{Head: "Term", Width: 26, Of: func(v term) string { return v.word }},
		{Head: "Meaning", Kind: xlsx.Prose, Width: 110, Of: func(v term) string { return v.meaning }},
	}).AddAll(glossary)
}
