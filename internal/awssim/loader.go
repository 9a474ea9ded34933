package awssim

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// loader reads an estate's tree. The first complaint is kept in err, and what follows it does not count.
type loader struct {
	now    time.Time
	estate *Estate
	err    error
}

func (l *loader) failf(n *node, format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("line %d: %w", n.line, fmt.Errorf(format, args...))
	}
}

// fields are the keys that an object may have and what reads each.
type fields map[string]func(*node)

func (l *loader) object(n *node, what string, known fields) {
	if n.kind != objectNode {
		l.failf(n, "%s is an object", what)
		return
	}
	for _, m := range n.members {
		read, ok := known[m.name]
		if !ok {
			l.failf(m.value, "unknown key %q in %s, which has %s", m.name, what, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			return
		}
		read(m.value)
	}
}

func (l *loader) list(what string, each func(*node)) func(*node) {
	return func(n *node) {
		if n.kind != listNode {
			l.failf(n, "%s is a list", what)
			return
		}
		for _, item := range n.items {
			each(item)
		}
	}
}

func (l *loader) text(to *string) func(*node) {
	return func(n *node) {
		if n.kind != stringNode {
			l.failf(n, "a string was expected")
		}
		*to = n.text
	}
}

func (l *loader) texts(what string, to *[]string) func(*node) {
	return l.list(what, func(n *node) {
		var s string
		l.text(&s)(n)
		*to = append(*to, s)
	})
}

func (l *loader) flag(to *bool) func(*node) {
	return func(n *node) {
		if n.kind != literalNode || n.text != "true" && n.text != "false" {
			l.failf(n, "true or false was expected")
		}
		*to = n.text == "true"
	}
}

// count reads a whole number from 0.
func (l *loader) count(to *int) func(*node) {
	return func(n *node) {
		c, err := strconv.Atoi(n.text)
		if err != nil || c < 0 || n.kind != literalNode {
			l.failf(n, "a whole number from 0 was expected")
		}
		*to = c
	}
}

func (l *loader) root(n *node) {
	e := l.estate
	var scopes []*node
	l.object(n, "the estate", fields{
		"organization": func(n *node) {
			l.object(n, "the organization", fields{
				"id": l.text(&e.Organization.ID), "root": l.text(&e.Organization.Root), "management_account": l.text(&e.Organization.ManagementAccount),
				"units": l.list("units", func(n *node) {
					var u Unit
					l.object(n, "a unit", fields{"id": l.text(&u.ID), "name": l.text(&u.Name), "parent": l.text(&u.Parent)})
					e.Organization.Units = append(e.Organization.Units, u)
				}),
			})
		},
		"role": func(n *node) {
			l.object(n, "the role", fields{"name": l.text(&e.Role.Name), "external_id": l.text(&e.Role.ExternalID)})
		},
		"accounts": l.list("accounts", l.account),
		"regions":  l.texts("regions", &e.Regions),
		"bill":     l.bill,
		"scopes":   l.list("scopes", func(n *node) { scopes = append(scopes, n) }),
	})
	if o := e.Organization; o.ID != "" && e.account(o.ManagementAccount) == nil {
		l.failf(n, "the management account %q is not among the accounts", o.ManagementAccount)
	}
	for _, n := range scopes { // once the accounts and regions are known
		l.scope(n)
	}
}

var accountID = regexp.MustCompile(`^\d{12}$`)

func (l *loader) account(n *node) {
	a := Account{State: "ACTIVE", joined: json.RawMessage("1546300800")} // 2019-01-01
	l.object(n, "an account", fields{
		"id": l.text(&a.ID), "name": l.text(&a.Name), "email": l.text(&a.Email), "state": l.text(&a.State), "unit": l.text(&a.Unit),
		"no_role":          l.flag(&a.NoRole),
		"disabled_regions": l.texts("disabled_regions", &a.DisabledRegions),
		"deleted":          l.texts("deleted", &a.Deleted),
		"budgets":          l.list("budgets", l.budget(&a)),
		"joined":           func(n *node) { a.joined = l.compile(n, &environment{now: l.now}).render(nil, 0) },
	})
	if !accountID.MatchString(a.ID) {
		l.failf(n, "the account id %q is not twelve digits", a.ID)
	}
	if l.estate.account(a.ID) != nil {
		l.failf(n, "the account %s stands twice", a.ID)
	}
	l.estate.Accounts = append(l.estate.Accounts, a)
}

func (l *loader) compile(n *node, env *environment) template {
	t, err := compile(n, env)
	if err != nil && l.err == nil {
		l.err = err
	}
	return t
}

// scope reads one entry of scopes, which is for every pair of its accounts and regions.
func (l *loader) scope(n *node) {
	var accounts, regions []string
	lists := map[string]*node{}
	known := fields{"accounts": l.texts("accounts", &accounts), "regions": l.texts("regions", &regions)}
	for _, name := range [...]string{"outposts", "assets", "asset_instances", "capacity_history", "sites", "orders", "quotes",
		"capacity_tasks", "products", "portfolios", "provisioned_products"} {
		known[name] = func(n *node) { lists[name] = n }
	}
	l.object(n, "a scope", known)
	for _, a := range accounts {
		if l.estate.account(a) == nil {
			l.failf(n, "the account %q is not among the accounts", a)
		}
		for _, r := range regions {
			if !l.estate.enabled(a, r) {
				l.failf(n, "the region %q is not among the regions", r)
			}
			key := scopeKey{a, r}
			s := l.estate.scopes[key]
			if s == nil {
				s = &scope{documents: map[string][]document{}, records: map[string]recordPlace{}}
				l.estate.scopes[key] = s
			}
			l.fill(s, lists, environment{now: l.now, account: a, region: r})
		}
	}
}

func (l *loader) fill(s *scope, lists map[string]*node, env environment) {
	read := func(name string, element func(n *node, count int, env *environment) error) {
		if n := lists[name]; n != nil {
			l.list(name, func(n *node) { l.element(n, env, element) })(n)
		}
	}
	parts := func(list, what string, add func(parts ...[]byte) error, names ...string) {
		read(list, func(n *node, count int, env *environment) error {
			templates := l.parts(n, env, what, names...)
			return l.each(count, func(i int) error {
				rendered := make([][]byte, len(templates))
				for part, t := range templates {
					rendered[part] = t.render(nil, i)
				}
				return add(rendered...)
			})
		})
	}
	parts("outposts", "an Outpost", s.addOutpost, "outpost", "billing", "renewal_pricing")
	parts("assets", "what an Outpost holds", s.ofOutpost(addAsset), "outpost", "asset")
	parts("asset_instances", "what an Outpost holds", s.ofOutpost(addInstance), "outpost", "instance")
	parts("capacity_history", "how much of an Outpost was used", s.ofOutpost(addUsed), "outpost", "used")
	parts("products", "a product", s.addProduct, "product", "artifacts")
	parts("portfolios", "a portfolio", s.addPortfolio, "portfolio", "shares", "constraints", "principals", "products")
	for list := range documentLists {
		read(list, func(n *node, count int, env *environment) error {
			t := l.compile(n, env)
			return l.each(count, func(i int) error { return s.addDocument(list, t.render(nil, i)) })
		})
	}
	read("provisioned_products", func(n *node, count int, env *environment) error {
		f := fleet{count: count}
		env.group = len(s.fleets)
		l.object(n, "a provisioned product", fields{
			"product":         func(n *node) { f.product = l.compile(n, env) },
			"records":         l.list("records", func(n *node) { f.records = append(f.records, l.compile(n, env)) }),
			"stack":           func(n *node) { f.stack = l.compile(n, env) },
			"stack_instances": l.list("stack_instances", func(n *node) { f.instances = append(f.instances, l.compile(n, env)) }),
		})
		if f.product == nil {
			l.failf(n, "a provisioned product has no product")
		}
		if l.err != nil {
			return l.err
		}
		return s.addFleet(f, env)
	})
}

// each calls add for every repetition, unless the templates are not to be trusted.
func (l *loader) each(count int, add func(i int) error) error {
	if count > maxHeld {
		return fmt.Errorf("repeat is at most %d for what is no provisioned product", maxHeld)
	}
	for i := 0; i < count && l.err == nil; i++ {
		if err := add(i); err != nil {
			return err
		}
	}
	return nil
}

// parts compiles the members of an element, of which the first must be there; another that is missing renders as nothing.
func (l *loader) parts(n *node, env *environment, what string, names ...string) []template {
	parts := make([]template, len(names))
	known := fields{}
	for i, name := range names {
		known[name] = func(n *node) { parts[i] = l.compile(n, env) }
	}
	l.object(n, what, known)
	if parts[0] == nil {
		l.failf(n, "%s has no %s", what, names[0])
	}
	return parts
}

// What is repeated is held in memory, but for provisioned products.
const (
	maxRepeat = 10_000_000
	maxHeld   = 100_000
)

// element reads one element of a list, or a repetition of it.
func (l *loader) element(n *node, env environment, read func(n *node, count int, env *environment) error) {
	each, count := n, 1
	if n.get("repeat") != nil {
		env.vary = map[string][]template{}
		constant := env
		env.repeated = true
		l.object(n, "a repetition", fields{
			"repeat": func(n *node) {
				c, err := strconv.Atoi(n.text)
				if err != nil || c < 1 || c > maxRepeat || n.kind != literalNode {
					l.failf(n, "repeat is a whole number from 1 to %d", maxRepeat)
				}
				count = c
			},
			"vary": func(n *node) {
				if n.kind != objectNode {
					l.failf(n, "vary is an object")
				}
				for _, m := range n.members {
					l.list("vary."+m.name, func(n *node) { env.vary[m.name] = append(env.vary[m.name], l.compile(n, &constant)) })(m.value)
					if len(env.vary[m.name]) == 0 {
						l.failf(m.value, "vary.%s has no values", m.name)
					}
				}
			},
			"each": func(n *node) { each = n },
		})
		if each == n {
			l.failf(n, "a repetition without each")
		}
	}
	if l.err != nil {
		return
	}
	if err := read(each, count, &env); err != nil {
		l.failf(each, "%w", err)
	}
}
