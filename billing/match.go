package billing

import (
	"strings"
	"unicode"

	"tenor/audit"
)

// How a charge was found to be of an Outpost, the surest first.
const (
	byCommitment    = "commitment"
	byDescription   = "description"
	byResource      = "resource"
	byAccountRegion = "account_region"
)

var sureness = map[string]int{"": 0, byCommitment: 1, byDescription: 2, byResource: 3, byAccountRegion: 4}

// scope is where Outposts are listed.
type scope struct{ account, region string }

// contracts are those of a run, by what charges name.
type contracts struct {
	scopes        map[scope][]*audit.ContractSchedule
	outposts      map[string]*audit.ContractSchedule
	subscriptions map[string]owned
}

// owned is a subscription and the Outpost that has it. A SubscriptionId that two have is of neither: both are nil.
type owned struct {
	outpost      *audit.ContractSchedule
	subscription *audit.SubscriptionSchedule
}

func newContracts(list []audit.ContractSchedule) *contracts {
	c := &contracts{scopes: map[scope][]*audit.ContractSchedule{}, outposts: map[string]*audit.ContractSchedule{},
		subscriptions: map[string]owned{}}
	for i := range list {
		o := &list[i]
		c.outposts[o.Outpost] = o
		if o.Unread || len(o.Subscriptions) > 0 {
			at := scope{o.Account, o.Region}
			c.scopes[at] = append(c.scopes[at], o)
		}
		for j := range o.Subscriptions {
			id := o.Subscriptions[j].ID
			if _, twice := c.subscriptions[id]; twice || id == "" {
				c.subscriptions[id] = owned{}
				continue
			}
			c.subscriptions[id] = owned{o, &o.Subscriptions[j]}
		}
	}
	return c
}

// match is of whom a charge is. The subscription is nil where the charge names only the Outpost; both are nil, with the name of an Outpost
// or without, where it is of none that is known.
type match struct {
	owned
	by    string
	named string // the Outpost's id, as the charge has it
}

// match finds of whom a charge says it is.
func (c *contracts) match(r *audit.Charge) match {
	for word := range strings.FieldsSeq(r.Commitment) {
		for _, id := range [...]string{word, tail(word)} {
			if o := c.subscriptions[id]; o.outpost != nil {
				return match{o, byCommitment, o.outpost.Outpost}
			}
		}
	}
	words := strings.FieldsFunc(r.Description, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for _, word := range words {
		if o := c.subscriptions[word]; o.outpost != nil {
			return match{o, byDescription, o.outpost.Outpost}
		}
	}
	for _, named := range [...]struct{ id, by string }{{outpostIn(r.Description), byDescription}, {r.Outpost, byResource}} {
		if named.id != "" {
			return match{owned{outpost: c.outposts[named.id]}, named.by, named.id}
		}
	}
	return match{}
}
