package policies

// The bounds of what an evaluator remembers. A part that has more than maxBranches values, such as a timestamp, says
// nothing about the next resource; a longer value is not worth its memory.
const (
	maxBranches  = 1024
	maxRemember  = 256     // bytes of a value
	maxDecisions = 1 << 15 // over all rules of an evaluator
)

// decision is what a rule asked for next, and what followed from each answer. Every way from a rule's first decision leads
// to one that asks for nothing: there the rule passes. A resource that answers as another did, question by question,
// passes as that one did, for the rule saw nothing else of either.
type decision struct {
	at     *place               // what is asked for; nil: the rule passes
	next   map[string]*decision // by the JSON that stands there, empty for nothing
	closed bool                 // too many answers to remember
}

// passes reports whether the rule is known to pass for the document.
func (n *decision) passes(d *document) bool {
	for n != nil && !n.closed {
		if n.at == nil {
			return true
		}
		n = n.next[string(d.value(n.at))]
	}
	return false
}

// memo counts what an evaluator remembers.
type memo struct{ decisions int }

// remember returns n, the first decision of a rule or nil, with the way added that the last evaluation of the document
// took to pass.
func (m *memo) remember(n *decision, d *document, trace []*place) *decision {
	if len(trace) == 0 {
		return &decision{}
	}
	p, value := trace[0], d.value(trace[0])
	if len(value) > maxRemember {
		return n
	}
	if n == nil {
		n = &decision{at: p, next: map[string]*decision{}}
		m.decisions++
	}
	if n.closed || n.at != p { // another order of questions is as true; only one is kept
		return n
	}
	next, known := n.next[string(value)]
	switch {
	case !known && len(n.next) == maxBranches:
		n.next, n.closed = nil, true
	default:
		if next = m.remember(next, d, trace[1:]); next != nil {
			n.next[string(value)] = next
		}
	}
	return n
}
