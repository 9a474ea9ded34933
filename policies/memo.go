package policies

// The bounds of what an evaluator remembers. A part that has more than maxBranches values, such as a timestamp, says
// nothing about the next resource; a longer value is not worth its memory.
const (
	maxBranches = 1024
	maxRemember = 256     // bytes of a value
	maxAnswers  = 1 << 17 // over all rules of an evaluator
)

// memo remembers how rules came to pass: what each asked a document, in its order, and what the answers were. A resource that
// answers as another did, question by question, passes as that one did, for the rule saw nothing else of either.
//
// The questions of a rule make a tree whose every branch ends where the rule passes. The nodes of all trees lie in one
// slice, the branches in one map, and each answer is kept once.
type memo struct {
	forks    []fork
	branches map[branch]int32 // → index of the next node; passed
	answers  map[string]int32
	limit    int // of branches, and of answers
}

// fork is a node: what the rule asks next.
type fork struct {
	question
	branches int
	closed   bool  // too many answers to remember
	last     int32 // the answer that was looked up last, of those that lead on to next
	next     int32
}

// branch leads from a node by an answer.
type branch struct{ fork, answer int32 }

// The nodes that are none.
const (
	unasked int32 = -1 // nothing is known yet
	passed  int32 = -2
)

func newMemo(limit int) *memo {
	return &memo{branches: map[branch]int32{}, answers: map[string]int32{}, limit: limit}
}

// passes reports whether the rule whose tree begins at the node is known to pass for the document.
func (m *memo) passes(at int32, d *document) bool {
	for at >= 0 && !m.forks[at].closed {
		f := &m.forks[at]
		answer, known := d.answer(m, f.question)
		if !known {
			return false
		}
		if answer != f.last {
			next, known := m.branches[branch{at, answer}]
			if !known {
				return false
			}
			f.last, f.next = answer, next
		}
		at = f.next
	}
	return at == passed
}

// remember adds the way that the last evaluation of the document took to pass to the tree that begins at the node. It returns
// the tree's first node.
func (m *memo) remember(at int32, d *document, trace []question) int32 {
	if len(trace) == 0 {
		return passed
	}
	q := trace[0]
	if len(d.said(q)) > maxRemember {
		return at
	}
	if at == unasked {
		at = int32(len(m.forks))
		m.forks = append(m.forks, fork{question: q, last: unasked})
	}
	if at == passed || m.forks[at].closed || m.forks[at].question != q { // another order of questions is as true; one is kept
		return at
	}
	answer, known := d.answer(m, q)
	if !known {
		answer = m.learn(d, q)
	}
	next, known := m.branches[branch{at, answer}]
	if !known {
		if m.forks[at].branches == maxBranches {
			m.forks[at].closed = true
			return at
		}
		m.forks[at].branches++
		next = unasked
	}
	next = m.remember(next, d, trace[1:])
	m.branches[branch{at, answer}] = next
	if f := &m.forks[at]; f.last == answer {
		f.next = next
	}
	return at
}

// learn gives an answer that is new a number.
func (m *memo) learn(d *document, q question) int32 {
	answer := int32(len(m.answers))
	m.answers[string(d.said(q))] = answer
	d.learned(q, answer)
	return answer
}

// full reports whether it is time to forget everything.
func (m *memo) full() bool { return len(m.branches) > m.limit || len(m.answers) > m.limit }
