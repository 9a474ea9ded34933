package policies

// The bounds of what an evaluator remembers. A part that has more than maxBranches values, such as a timestamp, says
// nothing about the next resource; a longer value is not worth its memory.
const (
	maxBranches = 1024
	maxRemember = 256     // bytes of a value
	maxAnswers  = 1 << 17 // over all rules of an evaluator
)

// memo remembers how rules came to pass: what each asked a document for, in its order, and what the answers were. A
// resource that answers as another did, question by question, passes as that one did, for the rule saw nothing else of
// either.
//
// The questions of a rule make a tree whose every branch ends where the rule passes. The nodes of all trees lie in one
// slice, the branches in one map, and each answer is kept once.
type memo struct {
	nodes    []question
	branches map[branch]int32 // → index of the next node; passed
	answers  map[string]int32
	limit    int // of branches, and of answers
}

// question is a node: what the rule asks for next.
type question struct {
	at       *place
	branches int
	closed   bool // too many answers to remember
}

// branch leads from a node by an answer: the JSON that stands at the place, empty for nothing.
type branch struct{ node, answer int32 }

// The nodes that are none.
const (
	unasked int32 = -1 // nothing is known yet
	passed  int32 = -2
)

func newMemo(limit int) *memo {
	return &memo{branches: map[branch]int32{}, answers: map[string]int32{}, limit: limit}
}

// passes reports whether the rule whose tree begins at node is known to pass for the document.
func (m *memo) passes(node int32, d *document) bool {
	for node >= 0 && !m.nodes[node].closed {
		answer, known := d.answer(m, m.nodes[node].at)
		if !known {
			return false
		}
		next, known := m.branches[branch{node, answer}]
		if !known {
			return false
		}
		node = next
	}
	return node == passed
}

// remember adds the way that the last evaluation of the document took to pass to the tree that begins at node. It returns
// the tree's first node.
func (m *memo) remember(node int32, d *document, trace []*place) int32 {
	if len(trace) == 0 {
		return passed
	}
	p := trace[0]
	value := d.value(p)
	if len(value) > maxRemember {
		return node
	}
	if node == unasked {
		node = int32(len(m.nodes))
		m.nodes = append(m.nodes, question{at: p})
	}
	if node == passed || m.nodes[node].closed || m.nodes[node].at != p { // another order of questions is as true; one is kept
		return node
	}
	answer, known := m.answers[string(value)]
	if !known {
		answer = int32(len(m.answers))
		m.answers[string(value)] = answer
	}
	next, known := m.branches[branch{node, answer}]
	if !known {
		if m.nodes[node].branches == maxBranches {
			m.nodes[node].closed = true
			return node
		}
		m.nodes[node].branches++
		next = unasked
	}
	m.branches[branch{node, answer}] = m.remember(next, d, trace[1:])
	return node
}

// full reports whether it is time to forget everything.
func (m *memo) full() bool { return len(m.branches) > m.limit || len(m.answers) > m.limit }
