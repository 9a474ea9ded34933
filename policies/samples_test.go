package policies

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tenor/audit"
)

// node is JSON as it is written: a scalar's text, or an array, or an object whose names are written with their quotes. It may
// have a name twice, an escape where none is needed, and what is no UTF-8.
type node struct {
	text   string // of a scalar
	object bool
	names  []string
	elems  []*node
}

func scalar(text string) *node { return &node{text: text} }

func (n *node) clone() *node {
	if n == nil {
		return nil
	}
	c := &node{text: n.text, object: n.object, names: slices.Clone(n.names)}
	for _, e := range n.elems {
		c.elems = append(c.elems, e.clone())
	}
	return c
}

func (n *node) appendTo(b []byte) []byte {
	if n.text != "" {
		return append(b, n.text...)
	}
	brackets := "[]"
	if n.object {
		brackets = "{}"
	}
	b = append(b, brackets[0])
	for i, e := range n.elems {
		if i > 0 {
			b = append(b, ',')
		}
		if n.object {
			b = append(append(b, n.names[i]...), ':')
		}
		b = e.appendTo(b)
	}
	return append(b, brackets[1])
}

// raw returns the JSON; nil for no node.
func (n *node) raw() json.RawMessage {
	if n == nil {
		return nil
	}
	return n.appendTo(nil)
}

// all returns the node and everything in it.
func (n *node) all() []*node {
	if n == nil {
		return nil
	}
	out := []*node{n}
	for _, e := range n.elems {
		out = append(out, e.all()...)
	}
	return out
}

func (n *node) drop(i int) {
	n.elems = slices.Delete(n.elems, i, i+1)
	if n.object {
		n.names = slices.Delete(n.names, i, i+1)
	}
}

func (n *node) add(name string, e *node) {
	n.elems = append(n.elems, e)
	if n.object {
		n.names = append(n.names, name)
	}
}

// parseNode reads JSON and keeps how it is written.
func parseNode(b []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	n, err := parseValue(d, b)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			return nil, errJSON
		}
	}
	return n, err
}

func parseValue(d *json.Decoder, b []byte) (*node, error) {
	token, text, err := readToken(d, b)
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') && token != json.Delim('[') {
		return scalar(text), nil
	}
	n := &node{object: token == json.Delim('{')}
	for d.More() {
		name := ""
		if n.object {
			if _, name, err = readToken(d, b); err != nil {
				return nil, err
			}
		}
		e, err := parseValue(d, b)
		if err != nil {
			return nil, err
		}
		n.add(name, e)
	}
	_, err = d.Token()
	return n, err
}

func readToken(d *json.Decoder, b []byte) (json.Token, string, error) {
	from := d.InputOffset()
	token, err := d.Token()
	return token, strings.Trim(string(b[from:d.InputOffset()]), " \t\r\n,:"), err
}

// sample is a resource whose JSON can be changed.
type sample struct {
	kind, id, name string
	spec, facts    *node
	related        map[string]*node
	tags           map[string]string
	gaps           map[string]audit.Gap
}

func (s *sample) clone() *sample {
	c := *s
	c.spec, c.facts, c.related, c.tags, c.gaps = s.spec.clone(), s.facts.clone(), maps.Clone(s.related), maps.Clone(s.tags),
		maps.Clone(s.gaps)
	for k, n := range c.related {
		c.related[k] = n.clone()
	}
	return &c
}

func (s *sample) resource() *audit.Resource {
	res := &audit.Resource{Kind: s.kind, ID: s.id, Name: s.name, Account: "111122223333", Region: "eu-central-1", Tags: s.tags,
		Spec: s.spec.raw(), Facts: s.facts.raw(), Gaps: s.gaps}
	if s.related != nil {
		res.Related = map[string]json.RawMessage{}
		for k, n := range s.related {
			res.Related[k] = n.raw()
		}
	}
	return res
}

// nodes returns everything in spec, related and facts.
func (s *sample) nodes() []*node {
	out := append(s.spec.all(), s.facts.all()...)
	for _, k := range slices.Sorted(maps.Keys(s.related)) {
		out = append(out, s.related[k].all()...)
	}
	return out
}

func resourcesOf(samples []*sample) []*audit.Resource {
	out := make([]*audit.Resource, len(samples))
	for i, s := range samples {
		out[i] = s.resource()
	}
	return out
}

// vocabulary is what documents are made of: few words, so that rules and documents meet.
type vocabulary struct{ names, scalars []string }

// choose returns one of the values.
func choose[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// mutate changes a few places of nodes: what is there, of what type, how often and how it is written.
func (v vocabulary) mutate(r *rand.Rand, nodes []*node) {
	for range 1 + r.IntN(3) {
		n := nodes[r.IntN(len(nodes))]
		inside := len(n.elems) > 0
		switch k := r.IntN(17); {
		case k <= 1 && inside:
			n.drop(r.IntN(len(n.elems)))
		case k <= 3 && inside:
			n.elems[r.IntN(len(n.elems))] = scalar(choose(r, v.scalars...))
		case k == 4 && inside:
			n.elems[r.IntN(len(n.elems))] = scalar("null")
		case k == 5 && n.text == "": // an array to an object of the same elements, or back
			n.object = !n.object
			n.names = nil
			for i := range n.elems {
				if n.object {
					n.names = append(n.names, choose(r, append(v.names, `"`+string(rune('0'+i%10))+`"`)...))
				}
			}
		case k == 6 && inside && n.object: // a second member of the same name
			i := r.IntN(len(n.elems))
			n.add(n.names[i], scalar(choose(r, v.scalars...)))
		case k == 7 && inside && n.object: // the same name, written with an escape
			i := r.IntN(len(n.elems))
			n.names[i] = escapeFirst(n.names[i])
		case (k == 8 || k > 13) && n.text == "":
			n.add(choose(r, v.names...), scalar(choose(r, v.scalars...)))
		case k == 9 && n.text == "":
			n.add(choose(r, v.names...), nodes[r.IntN(len(nodes))].clone())
		case k == 10 && inside:
			i, j := r.IntN(len(n.elems)), r.IntN(len(n.elems))
			n.elems[i], n.elems[j] = n.elems[j], n.elems[i]
		case k == 11:
			*n = node{object: r.IntN(2) == 0}
		case k == 12 && inside:
			i := r.IntN(len(n.elems))
			n.elems[i] = &node{elems: []*node{n.elems[i]}}
		case n.text != "":
			*n = node{text: choose(r, v.scalars...)}
		}
	}
}

func escapeFirst(name string) string {
	if len(name) > 2 && name[1] > ' ' && name[1] < 0x7f && name[1] != '\\' && name[1] != '"' {
		const hex = "0123456789abcdef"
		return `"\u00` + string(hex[name[1]>>4]) + string(hex[name[1]&15]) + name[2:]
	}
	return name
}

// shrinkSamples makes the samples fewer and smaller, as long as they still differ.
func shrinkSamples(samples []*sample, until time.Time, differ func([]*sample) bool) []*sample {
	for i := len(samples) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(samples), i, i+1); time.Now().Before(until) && differ(less) {
			samples = less
		}
	}
	for i := range samples {
		try := func(change func(*sample) bool) bool {
			c := samples[i].clone()
			if !change(c) || time.Now().After(until) {
				return false
			}
			with := slices.Clone(samples)
			with[i] = c
			if !differ(with) {
				return false
			}
			samples = with
			return true
		}
		try(func(s *sample) bool { s.tags = nil; return true })
		try(func(s *sample) bool { s.gaps = nil; return true })
		try(func(s *sample) bool { s.facts = nil; return true })
		try(func(s *sample) bool { s.name = ""; return true })
		for k := range samples[i].related {
			try(func(s *sample) bool { delete(s.related, k); return true })
		}
		for at := 0; at < len(samples[i].nodes()); at++ {
			for e := len(samples[i].nodes()[at].elems) - 1; e >= 0; e-- {
				try(func(s *sample) bool { s.nodes()[at].drop(e); return true })
			}
			try(func(s *sample) bool {
				n := s.nodes()[at]
				simple := n.text == "1" || n.text == ""
				n.text = "1"
				return !simple
			})
		}
	}
	return samples
}
