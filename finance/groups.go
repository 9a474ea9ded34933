package finance

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// groups keeps one V for each key, and no more than a number of them: those whose keys have the smallest hashes. So which are kept, and
// what is counted in them, rests on what was added and not on its order, nor on how it was cut into several groups that were merged: a
// key that is kept in the end was kept from the first. Its JSON holds all of it.
type groups[V any] struct {
	Of map[string]*V `json:"of"`
	// Full says that there were more keys than are kept.
	Full bool `json:"full"`

	order []hashed // what is kept, in order, once as many are kept as may be
}

// hashed is a key in the order by which keys are kept.
type hashed struct {
	hash uint64
	key  string
}

func hashOf(key string) hashed {
	sum := sha256.Sum256([]byte(key))
	return hashed{binary.BigEndian.Uint64(sum[:8]), key}
}

func (h hashed) compare(other hashed) int {
	return cmp.Or(cmp.Compare(h.hash, other.hash), cmp.Compare(h.key, other.key))
}

// at returns the V of a key, of at most limit; nil where that is not kept.
func (g *groups[V]) at(key string, limit int) *V {
	if v := g.Of[key]; v != nil {
		return v
	}
	if g.Of == nil {
		g.Of = map[string]*V{}
	}
	v := new(V)
	if len(g.Of) < limit {
		g.Of[key] = v
		return v
	}
	g.Full = true
	if g.order == nil {
		for kept := range g.Of {
			g.order = append(g.order, hashOf(kept))
		}
		slices.SortFunc(g.order, hashed.compare)
	}
	h := hashOf(key)
	at, _ := slices.BinarySearchFunc(g.order, h, hashed.compare)
	last := len(g.order) - 1
	if at > last {
		return nil
	}
	delete(g.Of, g.order[last].key)
	g.order = slices.Insert(g.order[:last], at, h)
	g.Of[key] = v
	return v
}

// merge adds what another has kept of at most limit keys; add adds one V to that of the same key.
func (g *groups[V]) merge(other *groups[V], limit int, add func(to, from *V)) {
	g.Full = g.Full || other.Full
	for key, from := range other.Of {
		if to := g.at(key, limit); to != nil {
			add(to, from)
		}
	}
}

// distinct counts different strings up to maxDistinct.
type distinct struct{ groups[struct{}] }

// maxDistinct is how many accounts, or owners, of one group are told apart.
const maxDistinct = 100

func (d *distinct) add(s string) { d.at(s, maxDistinct) }

func (d *distinct) addAll(other *distinct) {
	d.merge(&other.groups, maxDistinct, func(_, _ *struct{}) {})
}
