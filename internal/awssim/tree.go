package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// node is one value of a JSON file and the line it ends on, kept so that every complaint about the file can name a line
// and every number its digits.
type node struct {
	line    int
	kind    kind
	text    string // of a string its value, of a number, true, false or null its literal
	members []member
	items   []*node
}

type kind int

const (
	literalNode kind = iota // a number, true, false or null
	stringNode
	listNode
	objectNode
)

type member struct {
	name  string
	value *node
}

// parseTree reads one JSON value and nothing after it.
func parseTree(r io.Reader) (*node, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	p := &parser{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.dec.UseNumber()
	n, err := p.value()
	if err != nil {
		return nil, p.located(err)
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: something follows the end of the value", p.at(p.dec.InputOffset()))
	}
	return n, nil
}

type parser struct {
	data    []byte
	dec     *json.Decoder
	line    int // of the offset counted so far
	counted int64
}

// at returns the line of an offset, which must not be before the last one asked for.
func (p *parser) at(offset int64) int {
	p.line += bytes.Count(p.data[p.counted:offset], []byte("\n"))
	p.counted = offset
	return p.line
}

func (p *parser) located(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", p.at(max(p.counted, min(syntax.Offset, int64(len(p.data))))), err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the file is cut off", p.at(int64(len(p.data))))
	}
	return err
}

func (p *parser) value() (*node, error) {
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{line: p.at(p.dec.InputOffset())}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			n.kind = objectNode
			return n, p.object(n)
		}
		n.kind = listNode
		for p.dec.More() {
			item, err := p.value()
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		_, err := p.dec.Token()
		return n, err
	case string:
		n.kind, n.text = stringNode, t
	case json.Number:
		n.text = t.String()
	case bool:
		n.text = fmt.Sprint(t)
	case nil:
		n.text = "null"
	}
	return n, nil
}

func (p *parser) object(n *node) error {
	seen := map[string]bool{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return err
		}
		name, line := token.(string), p.at(p.dec.InputOffset())
		if seen[name] {
			return fmt.Errorf("line %d: the key %q stands twice", line, name)
		}
		seen[name] = true
		value, err := p.value()
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name, value})
	}
	_, err := p.dec.Token()
	return err
}

// get returns a member's value, or nil.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}
