package collector

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
	"tenor/snapshot"
)

// members are the accounts of the organization, each with its state, which is empty where it is not known; nil: the organization was
// not listed completely.
type members map[string]string

func membersOf(accounts []snapshot.ManifestAccount) members {
	if accounts == nil {
		return nil
	}
	m := members{}
	for _, a := range accounts {
		m[a.ID] = a.Status
	}
	return m
}

// memberID is the account that a product of AWS Control Tower is, and where it was found: PhysicalId, Tags or RecordTags.
type memberID struct{ id, source string }

// find returns what the organization says of the account that a product is: its AccountId with its State, or Missing.
func (m members) find(of memberID) joined {
	unknown := func(why string) joined {
		return joined{gap: &audit.Gap{Operation: awsread.ListAccounts.Name, Reason: audit.ReasonError, Message: why, Optional: true}}
	}
	state, is := m[of.id]
	var o object
	o.set("AccountId", rawjson.AppendQuote(nil, of.id))
	switch {
	case of.id == "":
		return unknown("neither PhysicalId, nor tags, nor records of the product name its account")
	case m == nil:
		return unknown("the accounts of the organization were not all listed, so nothing is known of account " + of.id)
	case is && state == "":
		return unknown("account " + of.id + " is left out of the run, and its state is not known")
	case is:
		o.set("State", rawjson.AppendQuote(nil, state))
	default:
		o.set("Missing", []byte("true"))
	}
	o.set("Source", rawjson.AppendQuote(nil, of.source))
	return joined{doc: o.json()}
}

// accountProduct reports whether a product is an account of AWS Control Tower.
func (p product) accountProduct() bool { return p.kind == typeAccount }

// accountID returns the account that a product is, by its PhysicalId, its tags, or the tags of its records, the newest first; no id
// where none of them names one.
func (p product) accountID(records []byte) memberID {
	id := p.physicalID
	if a, err := arn.Parse(id); err == nil && a.Service == awsread.Organizations {
		id = lastOf(a.Resource) // account/o-…/111122223333
	}
	if audit.IsAccountID(id) {
		return memberID{id, "PhysicalId"}
	}
	if id := taggedAccount(p.tags); id != "" {
		return memberID{id, "Tags"}
	}
	for r := range rawjson.Elements(rawjson.Find(records, recordDetails.list)) {
		if id := taggedAccount(rawjson.Find(r, "RecordTags")); id != "" {
			return memberID{id, "RecordTags"}
		}
	}
	return memberID{}
}

// taggedAccount returns the account that a tag names whose key is account id, however that is written; empty for none.
func taggedAccount(list []byte) string {
	tags := tagsOf(list)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(key))
		if plain == "accountid" && audit.IsAccountID(tags[key]) {
			return tags[key]
		}
	}
	return ""
}
