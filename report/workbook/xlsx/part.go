package xlsx

import "io"

// part is a part of the zip whose bytes are deflated in a goroutine of its own, while those that follow are made.
type part struct {
	full chan []byte   // to be deflated, in their order
	free chan deflated // to be filled again
	err  error         // the first; of a part that has ended
	done chan struct{}
}

// deflated is a buffer that is not needed any more, and what failed until then.
type deflated struct {
	buf []byte
	err error
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
			if p.err == nil {
				_, p.err = w.Write(buf)
			}
			p.free <- deflated{buf[:0], p.err}
		}
	}()
	return p
}

// write takes a buffer over, and returns one to be filled. An error is that of a buffer before.
func (p *part) write(buf []byte) ([]byte, error) {
	p.full <- buf
	next := <-p.free
	if next.buf == nil {
		next.buf = make([]byte, 0, cap(buf))
	}
	return next.buf, next.err
}

// end waits until everything is written.
func (p *part) end() error {
	close(p.full)
	<-p.done
	return p.err
}
