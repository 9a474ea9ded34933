package xlsx

import "io"

// part is a part of the zip whose bytes are deflated in a goroutine of its own, while those that follow are made. A panic there is one
// of whoever writes the part: it must not end the process where theirs would not.
type part struct {
	full   chan []byte   // to be deflated, in their order
	free   chan deflated // to be filled again
	failed failure       // the first; of a part that has ended
	done   chan struct{}
}

// failure is what went wrong: an error, or what a panic is about.
type failure struct {
	err    error
	broken any
}

// deflated is a buffer that is not needed any more, and what failed until then.
type deflated struct {
	buf    []byte
	failed failure
}

// buffers is how many there are of a part: one that is filled, one that is deflated, and one between them.
const buffers = 3

// newPart begins to write to w, which is the part's until it ends.
func newPart(w io.Writer) *part {
	p := &part{full: make(chan []byte, buffers), free: make(chan deflated, buffers), done: make(chan struct{})}
	for range buffers - 1 {
		p.free <- deflated{}
	}
	go func() {
		defer close(p.done)
		for buf := range p.full {
			if p.failed == (failure{}) {
				p.failed = writeTo(w, buf)
			}
			p.free <- deflated{buf[:0], p.failed}
		}
	}()
	return p
}

func writeTo(w io.Writer, buf []byte) (f failure) {
	defer func() { f.broken = recover() }()
	_, f.err = w.Write(buf)
	return f
}

// again is the failure as whoever writes the part has it.
func (f failure) again() error {
	if f.broken != nil {
		panic(f.broken)
	}
	return f.err
}

// write takes a buffer over, and returns one to be filled. An error is that of a buffer before.
func (p *part) write(buf []byte) ([]byte, error) {
	p.full <- buf
	next := <-p.free
	if next.buf == nil {
		next.buf = make([]byte, 0, cap(buf))
	}
	return next.buf, next.failed.again()
}

// end waits until everything is written.
func (p *part) end() failure {
	close(p.full)
	<-p.done
	return p.failed
}
