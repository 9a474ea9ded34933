package collector

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// inner is a list inside a document.
type inner struct {
	list string // the member that it is
	id   string // the member of its entries that identifies them; empty: none does
}

// The lists whose entries are counted or added up.
var (
	subscriptions  = inner{"Subscriptions", "SubscriptionId"}
	pricingOptions = inner{"PricingOptions", ""}
	lineItems      = inner{"LineItems", "LineItemId"}
	quotedOptions  = inner{"QuoteOptions", "QuoteOptionIdentifier"}
	versionDetails = inner{"ProvisioningArtifactDetails", "Id"}
)

// tidy returns a document, as compact left it, in which no entry of the list comes twice with the same content. Several of one id
// with different content stay, and twice says which; entries that are no object are left out, which bad says. Both are
// awsread.Malformed. A document without the list is returned as it is.
func (in inner) tidy(doc json.RawMessage) (_ json.RawMessage, twice, bad error) {
	list := rawjson.Find(doc, in.list)
	switch {
	case list == nil, string(list) == "null":
		return doc, nil, nil
	case !isArray(list):
		return doc, nil, awsread.Malformed("%s is no list", in.list)
	}
	var kept array
	var several []string
	seen := map[string][][]byte{} // by id
	changed := false
	for e := range rawjson.Elements(list) {
		if !isObject(e) {
			bad = awsread.Malformed("an entry of %s is no object: %s", in.list, e)
			changed = true
			continue
		}
		id := ""
		if in.id != "" {
			id = textOf(e, in.id)
		}
		if id != "" {
			if slices.ContainsFunc(seen[id], func(had []byte) bool { return same(had, e) }) {
				changed = true
				continue
			}
			if len(seen[id]) == 1 {
				several = append(several, id)
			}
			seen[id] = append(seen[id], e)
		}
		kept.add(e)
	}
	if len(several) > 0 {
		twice = awsread.Malformed("%s %s: several entries with different content", in.id, strings.Join(several, ", "))
	}
	if !changed {
		return doc, twice, bad
	}
	var o object
	for k, v := range rawjson.Members(doc) {
		if string(k) == in.list {
			v = kept.json()
		}
		o.set(string(k), v)
	}
	return o.json(), twice, bad
}

// same reports whether two values differ in nothing but the order of members.
func same(a, b []byte) bool {
	return bytes.Equal(a, b) || len(a) == len(b) && bytes.Equal(ordered(a), ordered(b))
}

// ordered returns a value with its members in order, and its digits as they are.
func ordered(value []byte) []byte {
	v := jsontext.Value(bytes.Clone(value))
	if v.Format(jsontext.ReorderRawObjects(true)) != nil {
		return value
	}
	return v
}

// tidied is the section of a document whose list is made tidy. Err is that of the document.
func (in inner) tidied(doc json.RawMessage, err error) section {
	doc, twice, bad := in.tidy(doc)
	if err == nil {
		err = bad
	}
	return section{doc: doc, twice: twice, err: err}
}
