package awssim

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"tenor/internal/rawjson"
)

// stackPage is how many stacks ListStacks gives at once, which no parameter changes.
const stackPage = 100

// listStacks lists the stacks of the provisioned products: each as the estate has it, none where that has null, and where it says nothing
// one that was made, of every product whose PhysicalId is that of a stack.
func listStacks(c *call) (reply, error) {
	var wanted []string
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		if strings.HasPrefix(name, "StackStatusFilter.member.") {
			wanted = append(wanted, c.query.Get(name))
		}
	}
	n, item := c.scope.stacks()
	if len(wanted) > 0 {
		found := [][]byte{}
		for i := range n {
			if s := item(nil, i); slices.Contains(wanted, textMember(s, "StackStatus")) {
				found = append(found, s)
			}
		}
		n, item = len(found), itemOf(found)
	}
	p := paging{standard: stackPage, token: c.query.Get("NextToken"), next: "NextToken", filter: strings.Join(wanted, ",")}
	return c.list("StackSummaries", p, n, item)
}

// stacks returns how many stacks a scope has, and what appends the n-th: all of a fleet's products have one, or none.
func (s *scope) stacks() (count int, item func(b []byte, n int) []byte) {
	var fleets []fleet
	for _, f := range s.fleets {
		if f.stackOf(0) != nil {
			f.first = count
			count += f.count
			fleets = append(fleets, f)
		}
	}
	return count, func(b []byte, n int) []byte {
		f := fleets[sort.Search(len(fleets), func(i int) bool { return fleets[i].first > n })-1]
		return append(b, f.stackOf(n-f.first)...)
	}
}

// stackStatuses are those of stacks of which the estate says nothing, by the status of their product.
var stackStatuses = map[string]string{
	"TAINTED": "UPDATE_ROLLBACK_COMPLETE", "ERROR": "ROLLBACK_COMPLETE", "UNDER_CHANGE": "UPDATE_IN_PROGRESS",
}

// stackOf returns the StackSummary of the i-th product of a fleet; nil where it has none.
func (f *fleet) stackOf(i int) []byte {
	if f.stack != nil {
		doc := f.stack.render(nil, i)
		if string(doc) == "null" {
			return nil
		}
		return doc
	}
	p := f.product.render(nil, i)
	id := textMember(p, "PhysicalId")
	if _, resource, is := strings.Cut(id, ":stack/"); is && strings.Contains(id, ":cloudformation:") {
		name, _, _ := strings.Cut(resource, "/")
		created, status := rawjson.Find(p, "CreatedTime"), cmp.Or(stackStatuses[textMember(p, "Status")], "CREATE_COMPLETE")
		return reply{text("StackId", id), text("StackName", name), {"CreationTime", created}, text("StackStatus", status)}.encode()
	}
	return nil
}

func listStackInstances(c *call, in catalogInput) (reply, error) {
	f, i, ok := c.scope.fleetByID(c.account, c.region, in.ProvisionedProductId)
	if !ok {
		return nil, &apiError{code: "ResourceNotFoundException", message: "Provisioned product " + in.ProvisionedProductId + " not found."}
	}
	if kind := textMember(f.product.render(nil, i), "Type"); kind != "CFN_STACKSET" {
		return nil, c.invalid("Provisioned product %s is of type %s, which has no stack instances.", in.ProvisionedProductId, kind)
	}
	return c.list("StackInstances", in.paging(20), len(f.instances), func(b []byte, n int) []byte { return f.instances[n].render(b, i) })
}

// xml makes the XML of the query protocol of an answer: of a list members, of an object elements, and of epoch seconds a date.
func (c *call) xml(r reply) []byte {
	metadata := reply{text("RequestId", c.requestID)}
	return element(c.operation.name+"Response", namespaces[c.service],
		reply{{c.operation.name + "Result", r.encode()}, {"ResponseMetadata", metadata.encode()}})
}

// element makes the element of a document in a namespace; empty: in none.
func element(name, namespace string, r reply) []byte {
	var b bytes.Buffer
	if namespace != "" {
		namespace = ` xmlns="` + namespace + `"`
	}
	fmt.Fprintf(&b, "<%s%s>", name, namespace)
	appendXML(&b, r.encode(), "")
	fmt.Fprintf(&b, "</%s>", name)
	return b.Bytes()
}

func appendXML(b *bytes.Buffer, value []byte, name string) {
	switch value[0] {
	case '{':
		for k, v := range rawjson.Members(value) {
			fmt.Fprintf(b, "<%s>", k)
			appendXML(b, v, string(k))
			fmt.Fprintf(b, "</%s>", k)
		}
	case '[':
		for v := range rawjson.Elements(value) {
			b.WriteString("<member>")
			appendXML(b, v, "member")
			b.WriteString("</member>")
		}
	case '"':
		s, _ := rawjson.Text(value)
		_ = xml.EscapeText(b, s) // a buffer takes everything
	case 'n':
	default:
		if strings.HasSuffix(name, "Time") {
			seconds, _ := strconv.ParseFloat(string(value), 64) // of a document that was rendered
			value = time.UnixMilli(int64(seconds*1000)).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z")
		}
		b.Write(value)
	}
}
