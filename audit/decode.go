package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// DecodeResource reads one line of a file of resources. It checks the whole line, nested documents included, in one pass,
// and is what evaluation spends most of its reading on: encoding/json takes four times as long. The documents of the
// resource share the line's bytes. Members that it does not know are left out.
func DecodeResource(line []byte, r *Resource) error {
	d := decoder{b: line}
	d.space()
	err := d.object(func(name string) error {
		var err error
		switch name {
		case "kind":
			r.Kind, err = d.string()
		case "id":
			r.ID, err = d.string()
		case "arn":
			r.ARN, err = d.string()
		case "name":
			r.Name, err = d.string()
		case "account":
			r.Account, err = d.string()
		case "region":
			r.Region, err = d.string()
		case "tags":
			r.Tags, err = mapOf(&d, d.string)
		case "spec":
			r.Spec, err = d.raw()
		case "related":
			r.Related, err = mapOf(&d, d.raw)
		case "gaps":
			r.Gaps, err = mapOf(&d, d.gap)
		case "facts":
			r.Facts, err = d.raw()
		default:
			_, err = d.raw()
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.space(); d.i < len(d.b) {
		return d.fail("the end of the line")
	}
	return nil
}

// maxDepth bounds how deeply values nest, as encoding/json does.
const maxDepth = 10_000

// decoder walks JSON (RFC 8259) and checks it on the way. i is at the next byte to read.
type decoder struct {
	b     []byte
	i     int
	depth int
}

func (d *decoder) fail(want string) error {
	if d.i >= len(d.b) {
		return fmt.Errorf("the line is cut off: want %s", want)
	}
	return fmt.Errorf("column %d: %q: want %s", d.i+1, d.b[d.i:min(d.i+1, len(d.b))], want)
}

func (d *decoder) space() {
	for d.i < len(d.b) && (d.b[d.i] == ' ' || d.b[d.i] == '\t' || d.b[d.i] == '\n' || d.b[d.i] == '\r') {
		d.i++
	}
}

// next skips white space and reports whether the next byte is c.
func (d *decoder) next(c byte) bool {
	d.space()
	return d.i < len(d.b) && d.b[d.i] == c
}

// object walks an object; value is called with each member's name and reads its value.
func (d *decoder) object(value func(name string) error) error {
	return d.list('{', '}', func() error {
		name, err := d.string()
		if err != nil {
			return err
		}
		if !d.next(':') {
			return d.fail("a colon")
		}
		d.i++
		d.space()
		return value(name)
	})
}

// list walks what stands between two brackets; element reads one element.
func (d *decoder) list(open, end byte, element func() error) error {
	if !d.next(open) {
		return d.fail(string(open))
	}
	if d.depth++; d.depth > maxDepth {
		return d.fail("less nesting")
	}
	d.i++
	if !d.next(end) {
		for {
			d.space()
			if err := element(); err != nil {
				return err
			}
			if !d.next(',') {
				break
			}
			d.i++
		}
	}
	if !d.next(end) {
		return d.fail("a comma or " + string(end))
	}
	d.i++
	d.depth--
	return nil
}

// raw reads any value and returns its bytes.
func (d *decoder) raw() (json.RawMessage, error) {
	start := d.i
	if err := d.skip(); err != nil {
		return nil, err
	}
	return d.b[start:d.i:d.i], nil
}

// skip walks over any value.
func (d *decoder) skip() error {
	if d.i >= len(d.b) {
		return d.fail("a value")
	}
	switch c := d.b[d.i]; {
	case c == '"':
		_, err := d.quoted()
		return err
	case c == '{':
		return d.list('{', '}', d.skipMember)
	case c == '[':
		return d.list('[', ']', d.skip)
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(d.b[d.i:], []byte(word)) {
			d.i += len(word)
			return nil
		}
	}
	return d.fail("a value")
}

func (d *decoder) skipMember() error {
	if _, err := d.quoted(); err != nil {
		return err
	}
	if !d.next(':') {
		return d.fail("a colon")
	}
	d.i++
	d.space()
	return d.skip()
}

// number walks over a number: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
func (d *decoder) number() error {
	if d.b[d.i] == '-' {
		d.i++
	}
	zero := d.i < len(d.b) && d.b[d.i] == '0'
	if n := d.digits(); n == 0 || zero && n > 1 {
		return d.fail("a number")
	}
	if d.i < len(d.b) && d.b[d.i] == '.' {
		d.i++
		if d.digits() == 0 {
			return d.fail("a digit")
		}
	}
	if d.i < len(d.b) && (d.b[d.i] == 'e' || d.b[d.i] == 'E') {
		d.i++
		if d.i < len(d.b) && (d.b[d.i] == '+' || d.b[d.i] == '-') {
			d.i++
		}
		if d.digits() == 0 {
			return d.fail("a digit")
		}
	}
	return nil
}

// digits walks over digits and returns how many.
func (d *decoder) digits() int {
	start := d.i
	for d.i < len(d.b) && '0' <= d.b[d.i] && d.b[d.i] <= '9' {
		d.i++
	}
	return d.i - start
}

// quoted walks over a string and returns it with its quotes, as it is written.
func (d *decoder) quoted() ([]byte, error) {
	if d.i >= len(d.b) || d.b[d.i] != '"' {
		return nil, d.fail("a string")
	}
	start := d.i
	for d.i++; d.i < len(d.b); d.i++ {
		switch c := d.b[d.i]; {
		case c == '"':
			d.i++
			return d.b[start:d.i], nil
		case c < ' ':
			return nil, d.fail("no control character in a string")
		case c == '\\':
			if err := d.escape(); err != nil {
				return nil, err
			}
		}
	}
	return nil, d.fail("the end of a string")
}

// escape walks over an escape but for its last byte.
func (d *decoder) escape() error {
	d.i++
	if d.i >= len(d.b) {
		return d.fail("an escape")
	}
	switch d.b[d.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			d.i++
			if d.i >= len(d.b) || !isHex(d.b[d.i]) {
				return d.fail("four hexadecimal digits")
			}
		}
		return nil
	}
	return d.fail("an escape")
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// string reads a string; null is the empty one.
func (d *decoder) string() (string, error) {
	if d.null() {
		return "", nil
	}
	q, err := d.quoted()
	if err != nil {
		return "", err
	}
	for _, c := range q {
		if c == '\\' || c >= 0x80 { // an escape, or perhaps invalid UTF-8
			var s string
			err := json.Unmarshal(q, &s)
			return s, err
		}
	}
	return string(q[1 : len(q)-1]), nil
}

func (d *decoder) null() bool {
	if bytes.HasPrefix(d.b[d.i:], []byte("null")) {
		d.i += len("null")
		return true
	}
	return false
}

func (d *decoder) gap() (Gap, error) {
	b, err := d.raw()
	if err != nil {
		return Gap{}, err
	}
	var g Gap
	return g, json.Unmarshal(b, &g)
}

// mapOf reads an object of values that read reads; null is a nil map.
func mapOf[V any](d *decoder, read func() (V, error)) (map[string]V, error) {
	if d.null() {
		return nil, nil
	}
	m := map[string]V{}
	return m, d.object(func(name string) (err error) {
		m[name], err = read()
		return err
	})
}
