package awssim

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"tenor/internal/rawjson"
)

// template is a JSON document of the estate, compact, with what differs from one repetition to the next left open.
type template []segment

// segment is constant text, or what fill appends for the i-th repetition.
type segment struct {
	text []byte
	fill func(b []byte, i int) []byte
}

// render appends the i-th document to b.
func (t template) render(b []byte, i int) []byte {
	for _, s := range t {
		if s.fill != nil {
			b = s.fill(b, i)
		} else {
			b = append(b, s.text...)
		}
	}
	return b
}

// environment is what the strings of a document may refer to.
type environment struct {
	now             time.Time
	account, region string
	group           int                   // position in the scope's list of provisioned products
	repeated        bool                  // ${i} and vary are known
	vary            map[string][]template // by name; the i-th repetition takes the (i mod n)-th
}

// compile turns a value of the estate file into the JSON that goes onto the wire:
//
//   - the string "now", "now-30d" or "now+36h" becomes epoch seconds (units d, h, m, s, in any number), and
//     "now+80d|2006-01-02" the string that the layout after the bar makes of it;
//   - in any other string ${account}, ${region}, ${i}, ${hex}, ${id} and the names of vary are replaced. A string that
//     is one such name and nothing else becomes the value of any type.
func compile(n *node, env *environment) (template, error) {
	c := compiler{env: env}
	if err := c.value(n); err != nil {
		return nil, err
	}
	c.flush()
	return c.out, nil
}

type compiler struct {
	env *environment
	out template
	lit []byte
}

func (c *compiler) flush() {
	if len(c.lit) > 0 {
		c.out = append(c.out, segment{text: c.lit})
		c.lit = nil
	}
}

func (c *compiler) fill(f func(b []byte, i int) []byte) {
	c.flush()
	c.out = append(c.out, segment{fill: f})
}

func (c *compiler) value(n *node) error {
	switch n.kind {
	case objectNode:
		c.lit = append(c.lit, '{')
		for i, m := range n.members {
			if i > 0 {
				c.lit = append(c.lit, ',')
			}
			c.lit = append(rawjson.AppendQuote(c.lit, m.name), ':')
			if err := c.value(m.value); err != nil {
				return err
			}
		}
		c.lit = append(c.lit, '}')
	case listNode:
		c.lit = append(c.lit, '[')
		for i, item := range n.items {
			if i > 0 {
				c.lit = append(c.lit, ',')
			}
			if err := c.value(item); err != nil {
				return err
			}
		}
		c.lit = append(c.lit, ']')
	case stringNode:
		if err := c.text(n.text); err != nil {
			return fmt.Errorf("line %d: %w", n.line, err)
		}
	default:
		c.lit = append(c.lit, n.text...)
	}
	return nil
}

var (
	relativeTime = regexp.MustCompile(`^now((?:[+-]\d+[dhms])*)(?:\|(.+))?$`)
	timeOffset   = regexp.MustCompile(`[+-]\d+[dhms]`)
	placeholder  = regexp.MustCompile(`\$\{([A-Za-z_]+)(?::(\w+))?\}`)
)

func (c *compiler) text(s string) error {
	if m := relativeTime.FindStringSubmatch(s); m != nil {
		at, err := shift(c.env.now, m[1])
		if err != nil {
			return fmt.Errorf("%q: %w", s, err)
		}
		if m[2] != "" {
			c.lit = rawjson.AppendQuote(c.lit, at.UTC().Format(m[2]))
		} else {
			c.lit = appendEpoch(c.lit, at)
		}
		return nil
	}
	found := placeholder.FindAllStringSubmatchIndex(s, -1)
	if len(found) == 1 && found[0][0] == 0 && found[0][1] == len(s) {
		if values, ok := c.env.vary[s[2:len(s)-1]]; ok { // the value as it is, of any type
			c.fill(func(b []byte, i int) []byte { return values[i%len(values)].render(b, i) })
			return nil
		}
	}
	c.lit = append(c.lit, '"')
	at := 0
	for _, f := range found {
		c.lit = appendEscaped(c.lit, s[at:f[0]])
		at = f[1]
		label := ""
		if f[4] >= 0 {
			label = s[f[4]:f[5]]
		}
		if err := c.placeholder(s[f[2]:f[3]], label); err != nil {
			return fmt.Errorf("%q: %w", s, err)
		}
	}
	c.lit = append(appendEscaped(c.lit, s[at:]), '"')
	return nil
}

// placeholder appends what a ${name} or ${name:label} inside a string stands for.
func (c *compiler) placeholder(name, label string) error {
	env := c.env
	switch {
	case name == "account" && label == "":
		c.lit = append(c.lit, env.account...)
	case name == "region" && label == "":
		c.lit = append(c.lit, env.region...)
	case name == "hex": // seventeen digits as in op-…, the same wherever scope, label and i are
		seed := fingerprint(env.account, env.region, label)
		c.fill(func(b []byte, i int) []byte { return append(b, hexID(seed, i)...) })
	case name == "id": // thirteen characters as in pp-…; the label is a digit
		slot := 0
		if label != "" {
			n, err := strconv.Atoi(label)
			if err != nil || n < 0 || n >= idSlots {
				return fmt.Errorf("the label of ${id} is a number below %d", idSlots)
			}
			slot = n
		}
		seed, group := fingerprint(env.account, env.region), env.group
		c.fill(func(b []byte, i int) []byte { return appendID(b, seed, group, slot, i) })
	case name == "i" && label == "" && env.repeated:
		c.fill(func(b []byte, i int) []byte { return strconv.AppendInt(b, int64(i), 10) })
	case env.vary[name] != nil && label == "":
		texts := make([][]byte, len(env.vary[name]))
		for i, v := range env.vary[name] {
			raw := v.render(nil, 0)
			switch raw[0] {
			case '"':
				texts[i] = raw[1 : len(raw)-1]
			case '{', '[':
				return fmt.Errorf("${%s} is not text and cannot stand inside a string", name)
			default:
				texts[i] = raw
			}
		}
		c.fill(func(b []byte, i int) []byte { return append(b, texts[i%len(texts)]...) })
	default:
		return fmt.Errorf("${%s} is unknown here", name)
	}
	return nil
}

func shift(at time.Time, offsets string) (time.Time, error) {
	at = at.UTC() // where a day has 24 hours
	for _, o := range timeOffset.FindAllString(offsets, -1) {
		n, err := strconv.Atoi(o[:len(o)-1])
		if err != nil || n > 1e6 || n < -1e6 {
			return at, fmt.Errorf("the offset %q is above a million", o)
		}
		switch o[len(o)-1] {
		case 'd':
			at = at.AddDate(0, 0, n)
		case 'h':
			at = at.Add(time.Duration(n) * time.Hour)
		case 'm':
			at = at.Add(time.Duration(n) * time.Minute)
		case 's':
			at = at.Add(time.Duration(n) * time.Second)
		}
	}
	return at, nil
}

// appendEpoch writes a time as AWS does: epoch seconds, with milliseconds where there are any.
func appendEpoch(b []byte, t time.Time) []byte {
	b = strconv.AppendInt(b, t.Unix(), 10)
	if ms := t.Nanosecond() / 1e6; ms != 0 {
		b = fmt.Appendf(b, ".%03d", ms)
		b = bytes.TrimRight(b, "0")
	}
	return b
}

// appendEscaped writes s as the inside of a JSON string.
func appendEscaped(b []byte, s string) []byte {
	quoted := rawjson.AppendQuote(nil, s)
	return append(b, quoted[1:len(quoted)-1]...)
}
