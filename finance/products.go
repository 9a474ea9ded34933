package finance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tenor/audit"
)

// Bounds of what an estate keeps of its provisioned products: about 10 MB at the worst, and some KB as a rule.
const (
	maxCauses   = 1000
	maxVersions = 4000
	maxOwners   = 4000
	maxText     = 1000 // bytes of the errors of one product
	maxName     = 300  // bytes of a name or an id
	causeDays   = 366
)

// products adds up the provisioned products of an estate. Its JSON is what one estate hands to another.
type products struct {
	Total       int               `json:"total"`
	Broken      int               `json:"broken"`
	Unexplained int               `json:"unexplained"`
	Gap         *audit.Gap        `json:"gap"`    // why one of Unexplained is so
	Untold      int               `json:"untold"` // broken, or a request failed, and AWS does not say why
	Oldest      *audit.ProductRef `json:"oldest"` // of the broken ones

	Caused   int                  `json:"caused"` // products with a cause
	Causes   groups[causeGroup]   `json:"causes"`
	Versions groups[versionGroup] `json:"versions"`
	Owners   groups[ownerGroup]   `json:"owners"`
	Budgets  catalogueBudgets     `json:"budgets"`
}

// causeGroup is what is kept of a cause.
type causeGroup struct {
	Products int                `json:"products"`
	Broken   int                `json:"broken"`
	Accounts distinct           `json:"accounts"`
	Owners   distinct           `json:"owners"`
	Oldest   audit.Optional     `json:"oldest"`
	Days     map[int]int        `json:"days"` // ago → products
	Text     string             `json:"text"` // of the first of Examples
	Examples []audit.ProductRef `json:"examples"`
	Costed   int                `json:"costed"` // of Products, those of which it is known what they cost
	Cents    int64              `json:"cents"`  // that they cost in a month
}

// addCost adds what one of the products costs.
func (g *causeGroup) addCost(f *audit.ProductFacts) {
	if f.CostPerMonthCents != nil {
		g.Costed++
		g.Cents += *f.CostPerMonthCents
	}
}

// versionGroup is what is kept of a version of a product in one state.
type versionGroup struct {
	Product  named    `json:"product"`
	Version  named    `json:"version"`
	Newest   named    `json:"newest"`
	Products int      `json:"products"`
	Broken   int      `json:"broken"`
	Accounts distinct `json:"accounts"`
}

// ownerGroup is what is kept of who answers for products.
type ownerGroup struct {
	OK      int `json:"ok"`
	Broken  int `json:"broken"`
	Behind  int `json:"behind"`
	Unknown int `json:"unknown"`
}

// named is the name that the first product has that has one, by account, region and id: accounts may call one thing differently.
type named struct {
	Name string `json:"name"`
	At   string `json:"at"`
}

func (n *named) add(name, at string) {
	if name != "" && (n.Name == "" || at < n.At) {
		*n = named{name, at}
	}
}

// addProduct counts a provisioned product with its facts, nil where it has none.
func (p *products) addProduct(r *audit.Resource, f *audit.ProductFacts, today time.Time) {
	spec := readProductSpec(r.Spec)
	broken := audit.Broken(spec.status)
	p.Total++
	if broken {
		p.Broken++
	}
	gap := unexplained(r, f)
	if f == nil {
		f = &audit.ProductFacts{}
	}
	switch {
	case gap != nil:
		p.Unexplained++
		p.Gap = firstGap(p.Gap, gap)
	case f.Cause == "" && (broken || f.FailedOn != ""):
		p.Untold++
	}
	owner, by := ownerOf(r, f)
	p.addOwner(owner, by, spec.status, broken, f)
	p.addVersion(r, &spec, broken, f)
	ref := audit.ProductRef{ID: kept(r.ID, maxName), Name: kept(r.Name, maxName), Account: kept(r.Account, maxName),
		Region: kept(r.Region, maxName), Since: f.BrokenSince, Before: f.BrokenBefore}
	if broken {
		p.Oldest = older(p.Oldest, &ref)
	}
	if f.Cause != "" {
		p.addCause(&ref, broken, owner, f, today)
	}
}

// unexplained returns the gap for which it is not known why a request of the product failed, if one did; nil where there is none.
func unexplained(r *audit.Resource, f *audit.ProductFacts) *audit.Gap {
	for _, section := range [...]string{sectionRecords, sectionFailure} {
		if gap, ok := r.Gaps[section]; ok {
			return &gap
		}
	}
	if f == nil {
		return &audit.Gap{Operation: audit.KindOf(r.Kind).List, Reason: audit.ReasonMalformed, Message: "a product could not be read"}
	}
	return nil
}

// deleted are the ids of users and roles that AWS shows once they are gone.
var deleted = regexp.MustCompile(`^(AIDA|AROA)[A-Z0-9]{12,}(:|$)`)

// ownerOf returns who answers for a product, and how that is known.
func ownerOf(r *audit.Resource, f *audit.ProductFacts) (owner, by string) {
	if tag := strings.TrimSpace(r.Tags[audit.OwnerTag]); tag != "" {
		return kept(tag, maxName), audit.OwnerByTag
	}
	if f.LaunchedBy != "" && !deleted.MatchString(string(f.LaunchedBy)) {
		return kept(string(f.LaunchedBy), maxName), audit.OwnerByLaunch
	}
	return "", audit.OwnerNobody
}

func (p *products) addOwner(owner, by, status string, broken bool, f *audit.ProductFacts) {
	g := p.Owners.at(by+"\n"+owner, maxOwners)
	switch {
	case g == nil:
	case broken:
		g.Broken++
	case f.VersionState != "" && f.VersionState != audit.VersionCurrent || f.NewestActive != nil:
		g.Behind++
	case f.VersionState == "" || status == "":
		g.Unknown++
	default:
		g.OK++
	}
}

func (p *products) addVersion(r *audit.Resource, spec *productSpec, broken bool, f *audit.ProductFacts) {
	key := []string{kept(spec.product, maxName), kept(spec.provisioningArtifact, maxName), string(f.VersionState)}
	g := p.Versions.at(strings.Join(key, "\n"), maxVersions)
	if g == nil {
		return
	}
	g.Products++
	if broken {
		g.Broken++
	}
	at := strings.Join([]string{r.Account, r.Region, r.ID}, "\n")
	g.Accounts.add(r.Account)
	g.Product.add(kept(spec.productName, maxName), at)
	g.Version.add(kept(spec.artifactName, maxName), at)
	if f.NewestActive != nil {
		g.Newest.add(kept(f.NewestActive.Name, maxName), at)
	}
}

func (p *products) addCause(ref *audit.ProductRef, broken bool, owner string, f *audit.ProductFacts, today time.Time) {
	p.Caused++
	g := p.Causes.at(causeKey(f), maxCauses)
	if g == nil {
		return
	}
	g.Products++
	if broken {
		g.Broken++
	}
	g.Accounts.add(ref.Account)
	g.Owners.add(owner)
	g.Oldest = earlier(g.Oldest, ref.Since)
	g.exemplify(ref, kept(strings.Join(f.Errors, "; "), maxText))
	g.addCost(f)
	failed, err := time.Parse(time.RFC3339Nano, string(f.FailedOn))
	if ago := audit.DaysBetween(dateOf(failed), today); err == nil && ago < causeDays {
		if g.Days == nil {
			g.Days = map[int]int{}
		}
		g.Days[max(ago, 0)]++ // as_of may be earlier than what AWS said
	}
}

// causeKey is a cause as JSON can hold it.
func causeKey(f *audit.ProductFacts) string { return strings.ToValidUTF8(string(f.Cause), "\ufffd") }

// exemplify keeps a product among the examples if it is one of the first, and its text if it is the very first.
func (g *causeGroup) exemplify(ref *audit.ProductRef, text string) {
	i, _ := slices.BinarySearchFunc(g.Examples, ref, func(a audit.ProductRef, b *audit.ProductRef) int { return compareRefs(&a, b) })
	if i == 0 {
		g.Text = text
	}
	if i < audit.MaxExamples {
		g.Examples = slices.Insert(g.Examples, i, *ref)
		g.Examples = g.Examples[:min(len(g.Examples), audit.MaxExamples)]
	}
}

func compareRefs(a, b *audit.ProductRef) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
}

// older returns the one of two products, each of which may be nil, that has been broken for longer.
func older(a, b *audit.ProductRef) *audit.ProductRef {
	switch {
	case b == nil || b.Since == "":
		return a
	case a == nil:
		return b
	}
	if first := earlier(a.Since, b.Since); a.Since != b.Since && first == b.Since || a.Since == b.Since && compareRefs(b, a) < 0 {
		return b
	}
	return a
}

// earlier returns the earlier one of two times in RFC 3339 UTC; one that is not known is none.
func earlier(a, b audit.Optional) audit.Optional {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	x, errX := time.Parse(time.RFC3339Nano, string(a))
	y, errY := time.Parse(time.RFC3339Nano, string(b))
	if errX == nil && errY == nil && y.Before(x) {
		return b
	}
	return a
}

// kept returns the beginning of a string, in whole characters.
func kept(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// merge adds the products of another estate.
func (p *products) merge(other *products) {
	p.Total += other.Total
	p.Broken += other.Broken
	p.Unexplained += other.Unexplained
	p.Untold += other.Untold
	p.Caused += other.Caused
	p.Gap = firstGap(p.Gap, other.Gap)
	p.Oldest = older(p.Oldest, other.Oldest)
	p.Causes.merge(&other.Causes, maxCauses, func(to, from *causeGroup) {
		to.Products += from.Products
		to.Broken += from.Broken
		to.Accounts.addAll(&from.Accounts)
		to.Owners.addAll(&from.Owners)
		to.Oldest = earlier(to.Oldest, from.Oldest)
		to.Costed += from.Costed
		to.Cents += from.Cents
		for i := range from.Examples {
			text := to.Text
			if i == 0 {
				text = from.Text
			}
			to.exemplify(&from.Examples[i], text)
		}
		for ago, n := range from.Days {
			if to.Days == nil {
				to.Days = map[int]int{}
			}
			to.Days[ago] += n
		}
	})
	p.Versions.merge(&other.Versions, maxVersions, func(to, from *versionGroup) {
		to.Products += from.Products
		to.Broken += from.Broken
		to.Accounts.addAll(&from.Accounts)
		to.Product.add(from.Product.Name, from.Product.At)
		to.Version.add(from.Version.Name, from.Version.At)
		to.Newest.add(from.Newest.Name, from.Newest.At)
	})
	p.Budgets.merge(&other.Budgets)
	p.Owners.merge(&other.Owners, maxOwners, func(to, from *ownerGroup) {
		to.OK += from.OK
		to.Broken += from.Broken
		to.Behind += from.Behind
		to.Unknown += from.Unknown
	})
}

// ProductGroups returns what the estate has added up of its provisioned products, for AddProductGroups of another.
func (e *Estate) ProductGroups() (json.RawMessage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, err := audit.EncodeJSON(&e.products)
	if err != nil {
		return nil, fmt.Errorf("provisioned products: %w", err)
	}
	return b, nil
}

// AddProductGroups adds what another estate, of other resources at the same time, has added up of its provisioned products.
func (e *Estate) AddProductGroups(b json.RawMessage) error {
	var other products
	if err := json.Unmarshal(b, &other); err != nil {
		return fmt.Errorf("provisioned products: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.products.merge(&other)
	return nil
}

// AddCost sets the facts of a resource, as Analyst.Enrich does. Of a provisioned product, which another estate has added up without what
// it was charged, it adds the cost.
func (e *Estate) AddCost(r *audit.Resource) error {
	d, unread, err := e.analyst.enrich(r)
	if err != nil || d.product == nil {
		return cmp.Or(err, unread)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if g := e.products.Causes.Of[causeKey(d.product)]; g != nil {
		g.addCost(d.product)
	}
	return unread
}

// Products returns the provisioned products in numbers. What rests on findings, or on an earlier report, is left out of it.
func (e *Estate) Products() *audit.Products {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := &e.products
	out := &audit.Products{Total: p.Total, Broken: p.Broken, Unexplained: p.Unexplained + p.Untold, Incomplete: e.unlisted != nil,
		Oldest: p.Oldest, Causes: []audit.ProductCause{}, Versions: p.versions(), Owners: p.owners(), Repairs: []audit.Repair{},
		Unlisted: audit.UnlistedProducts{Causes: p.Caused, Versions: p.Total, Owners: p.Total}}
	for _, c := range p.causes(e.analyst.today) {
		cause := audit.ProductCause{Cause: c}
		if g := p.Causes.Of[c.Cause]; e.charges != nil {
			if cause.CostUnknown = g.Products - g.Costed; g.Costed > 0 {
				cause.CostPerMonth = audit.Optional(audit.CentsToMoney(g.Cents).Value)
			}
		}
		out.Causes = append(out.Causes, cause)
		out.Unlisted.Causes -= c.Products
	}
	for i := range out.Versions {
		out.Unlisted.Versions -= out.Versions[i].Products
	}
	for i := range out.Owners {
		out.Unlisted.Owners -= out.Owners[i].Products
	}
	return out
}

// causes returns the causes in their order.
func (p *products) causes(today time.Time) []audit.Cause {
	list := []audit.Cause{}
	for cause, g := range p.Causes.Of {
		c := audit.Cause{Cause: cause, Text: g.Text, Products: g.Products, Broken: g.Broken, Accounts: len(g.Accounts.Of),
			Owners: len(g.Owners.Of), AtLeast: g.Accounts.Full || g.Owners.Full, Oldest: g.Oldest, Days: []audit.FailureDay{},
			Examples: g.Examples}
		if _, nobody := g.Owners.Of[""]; nobody {
			c.Owners--
		}
		for ago, n := range g.Days {
			c.Days = append(c.Days, audit.FailureDay{Day: today.AddDate(0, 0, -ago).Format(time.DateOnly), Ago: ago, Products: n})
		}
		slices.SortFunc(c.Days, func(a, b audit.FailureDay) int { return cmp.Compare(a.Ago, b.Ago) })
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b audit.Cause) int {
		return cmp.Or(cmp.Compare(b.Products, a.Products), cmp.Compare(a.Cause, b.Cause))
	})
	return list
}

func (p *products) versions() []audit.ProductVersion {
	list := []audit.ProductVersion{}
	for key, g := range p.Versions.Of {
		of := strings.SplitN(key, "\n", 3)
		list = append(list, audit.ProductVersion{ProductID: of[0], Product: g.Product.Name, VersionID: of[1], Version: g.Version.Name,
			State: audit.Optional(of[2]), Products: g.Products, Broken: g.Broken, Accounts: len(g.Accounts.Of), AtLeast: g.Accounts.Full,
			Newest: audit.Optional(g.Newest.Name)})
	}
	slices.SortFunc(list, func(a, b audit.ProductVersion) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.Version, b.Version),
			cmp.Compare(a.VersionID, b.VersionID), cmp.Compare(a.State, b.State))
	})
	return list
}

func (p *products) owners() []audit.ProductOwner {
	list := []audit.ProductOwner{}
	for key, g := range p.Owners.Of {
		by, owner, _ := strings.Cut(key, "\n")
		list = append(list, audit.ProductOwner{Owner: owner, By: by, Products: g.OK + g.Broken + g.Behind + g.Unknown, OK: g.OK,
			Broken: g.Broken, Behind: g.Behind, Unknown: g.Unknown})
	}
	slices.SortFunc(list, func(a, b audit.ProductOwner) int {
		return cmp.Or(cmp.Compare(b.Broken, a.Broken), cmp.Compare(b.Behind, a.Behind), cmp.Compare(b.Products, a.Products),
			cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.By, b.By))
	})
	return list
}

// causesGap returns why the causes may not be all there are; nil when they are.
func (e *Estate) causesGap() *audit.Gap {
	p := &e.products
	switch {
	case e.unlisted != nil:
		return e.unlisted
	case p.Unexplained > 0:
		return &audit.Gap{Operation: p.Gap.Operation, Reason: p.Gap.Reason,
			Message: fmt.Sprintf("%s of which a request may have failed: why is not known; of one: %s",
				audit.Counted(p.Unexplained, "product"), p.Gap.Message)}
	case p.Causes.Full:
		return &audit.Gap{Operation: audit.KindOf(audit.KindProvisionedProduct).Operation(sectionRecords), Reason: audit.ReasonError,
			Message: fmt.Sprintf("there are more than %d causes", maxCauses)}
	}
	return nil
}
