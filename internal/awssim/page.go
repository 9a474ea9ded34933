package awssim

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// paging is what a call asks of a list and the limits that AWS sets to it.
type paging struct {
	sizeName, size string // the parameter, and its value in digits, empty when not given
	token          string // empty for the first page
	least, most    int    // what size may be
	standard       int    // items a page when no size is given
	next           string // the member of the answer that holds the next token
	filter         string // what else narrows the list: a token is good only for the same
}

// list answers one page of a list of n items, each appended by item.
func (c *call) list(key string, p paging, n int, item func(b []byte, i int) []byte) (reply, error) {
	limit := p.standard
	if p.size != "" {
		size, err := strconv.Atoi(p.size)
		if err != nil || size < p.least || size > p.most {
			return nil, c.invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have value between "+
				"%d and %d", p.size, p.sizeName, p.least, p.most)
		}
		if size > 0 {
			limit = size
		}
	}
	if c.pageCap > 0 {
		limit = min(limit, c.pageCap)
	}
	start, asked := 0, 0
	if p.token != "" {
		digits, _, _ := strings.Cut(p.token, "##")
		at, err := strconv.Atoi(digits)
		endless := c.fault.Kind == FaultEndlessPages
		if err != nil || at < 1 || at > max(n, 1) && !endless || p.token != c.pageToken(p, at) {
			return nil, c.invalid("The pagination token is not valid: %s", p.token)
		}
		asked = at
		start = min(at, n) // an empty list has a second page when its token repeats
	}
	end := min(start+limit, n)
	b := append(make([]byte, 0, 64), '[')
	for i := start; i < end; i++ {
		if i > start {
			b = append(b, ',')
		}
		at := len(b)
		b = item(b, i)
		switch c.fault.Kind {
		case FaultDuplicate:
			b = append(append(b, ','), b[at:]...)
		case FaultConflict:
			if c.operation.name == "GetOutpostBillingInformation" {
				b = append(append(append(b, ','), b[at:len(b)-1]...), `,"Conflict":true}`...)
			}
		}
		if i == start { // the others are about as long
			b = slices.Grow(b, (len(b)+64)*(end-start))
		}
	}
	if c.fault.Kind == FaultNullItem {
		if end > start {
			b = append(b, ',')
		}
		b = append(b, "null"...)
	}
	out := reply{{key, append(b, ']')}}
	switch {
	case c.fault.Kind == FaultEndlessPages && end == n:
		out = append(out, text(p.next, c.pageToken(p, max(n, asked)+1)))
	case c.fault.Kind == FaultRepeatToken && p.token != "":
		out = append(out, text(p.next, p.token))
	case c.fault.Kind == FaultRepeatToken:
		out = append(out, text(p.next, c.pageToken(p, max(end, 1))))
	case end < n:
		out = append(out, text(p.next, c.pageToken(p, end)))
	}
	return out, nil
}

// page answers one page of a list of documents.
func page[D ~[]byte](c *call, key string, p paging, list []D) (reply, error) {
	return c.list(key, p, len(list), itemOf(list))
}

func itemOf[D ~[]byte](list []D) func(b []byte, i int) []byte {
	return func(b []byte, i int) []byte { return append(b, list[i]...) }
}

// pageToken makes the token of the page that starts at an item. It looks like those of Outposts, "5##…", holds what must be
// escaped in a URL, and belongs to one list.
func (c *call) pageToken(p paging, at int) string {
	digits := strconv.Itoa(at)
	sum := binary.BigEndian.AppendUint64(nil, mix(fingerprint(c.account, c.region, c.operation.name, p.filter, digits)))
	return digits + "##p+/" + base64.StdEncoding.EncodeToString(sum)
}
