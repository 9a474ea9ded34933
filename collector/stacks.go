package collector

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	catalogtypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// The types of a provisioned product that are told apart, of which AWS's models have no list.
const (
	typeStack    = "CFN_STACK"
	typeStackSet = "CFN_STACKSET"
	typeAccount  = "CONTROL_TOWER_ACCOUNT"
)

// stackSet is what ListStacks says of the stacks of a scope, those among them that were deleted in the last 90 days. A region may have
// a hundred thousand, so it keeps of each no more than is asked of it.
type stackSet struct {
	byID map[stackKey]stack
	list *index // whose gap says why a stack may be missing
}

// stackKey is the beginning of the SHA-256 of a stack's id.
type stackKey [16]byte

type stack struct {
	status  unique.Handle[string]
	deleted int64 // Unix seconds; 0 for one that is there, or whose end is not known
}

func keyOf(id string) stackKey {
	sum := sha256.Sum256([]byte(id))
	return stackKey(sum[:16])
}

// readStacks reads the stacks of the scope.
func (s *scope) readStacks(ctx context.Context, p *part) (*stackSet, error) {
	found := &stackSet{byID: map[stackKey]stack{}, list: newIndex(listStacks, nil)}
	l := listing{op: listStacks, within: true, list: "StackSummaries", next: "NextToken", id: "StackId", decode: stacksJSON,
		page: func(ctx context.Context, token *string) ([]byte, error) {
			return raw(ctx, s.stacks.ListStacks, &cloudformation.ListStacksInput{NextToken: token})
		}}
	err := p.list(ctx, l, func(entries []json.RawMessage) error {
		for _, e := range entries {
			found.add(e)
		}
		return nil
	})
	for _, row := range p.ledger.coverage(s.account, s.region) {
		found.list.learn(row)
	}
	return found, err
}

// add takes a stack. One that comes twice, on two pages, is there unless both say that it was deleted.
func (f *stackSet) add(entry []byte) {
	k := keyOf(textOf(entry, "StackId"))
	if had, ok := f.byID[k]; ok && had.status.Value() != string(types.StackStatusDeleteComplete) {
		return
	}
	status, deleted := textOf(entry, "StackStatus"), int64(0)
	if status == string(types.StackStatusDeleteComplete) {
		if at, err := time.Parse(time.RFC3339Nano, textOf(entry, "DeletionTime")); err == nil {
			deleted = at.Unix()
		}
	}
	f.byID[k] = stack{unique.Make(status), deleted}
}

// launching is how long before the snapshot was begun a product may have been launched whose stack came too late for the list.
const launching = 15 * time.Minute

// find returns the stack of a product: its StackId with its StackStatus, and DeletionTime, or Missing. A product that was launched,
// by its CreatedTime, about when the snapshot was begun may have a stack that came after the list.
func (f *stackSet) find(id, created, begun string) joined {
	var o object
	o.set("StackId", rawjson.AppendQuote(nil, id))
	if at, ok := f.byID[keyOf(id)]; ok {
		o.set("StackStatus", rawjson.AppendQuote(nil, at.status.Value()))
		if at.deleted != 0 {
			o.set("DeletionTime", rawjson.AppendQuote(nil, time.Unix(at.deleted, 0).UTC().Format(time.RFC3339)))
		}
		return joined{doc: o.json()}
	}
	if f.list.gap != nil {
		return joined{gap: f.list.gap}
	}
	from, err := time.Parse(time.RFC3339Nano, created)
	to, berr := time.Parse(time.RFC3339Nano, begun)
	if err != nil || berr != nil || from.After(to.Add(-launching)) {
		return joined{gap: &audit.Gap{Operation: listStacks.name, Reason: audit.ReasonError, Optional: true,
			Message: "the product was launched when the stacks were listed: another run can tell"}}
	}
	o.set("Missing", []byte("true"))
	return joined{doc: o.json()}
}

// stackID reports whether an id, such as the PhysicalId of a product, is that of a stack, and whether it is one of the scope.
func (s *scope) stackID(id string) (is, own bool) {
	a, err := arn.Parse(id)
	is = err == nil && a.Service == serviceCloudFormation && strings.HasPrefix(a.Resource, "stack/")
	return is, is && a.AccountID == s.account && a.Region == s.region
}

// joinStack puts the stack of a product into its resource. One that names none has none; that a product of a single stack names what
// is none of the scope's is a gap, since no list here can say what became of it.
func (s *scope) joinStack(r *audit.Resource, of product) {
	switch is, own := s.stackID(of.physicalID); {
	case own:
		join(r, "stacks", of.stacks.find(of.physicalID, textOf(r.Spec, "CreatedTime"), s.run.takenAt))
	case is || of.physicalID != "" && of.kind == typeStack:
		join(r, "stacks", joined{gap: &audit.Gap{Operation: listStacks.name, Reason: audit.ReasonError, Optional: true,
			Message: "its PhysicalId is no stack of this account and region: " + clip(of.physicalID, maxMessage/2)}})
	}
}

// stacksAnswer is what is read of an answer of ListStacks, which comes in XML.
type stacksAnswer struct {
	Result struct {
		Summaries *struct {
			Members []stackSummary `xml:"member"`
		} `xml:"StackSummaries"`
		NextToken string
	} `xml:"ListStacksResult"`
}

// stackSummary has the members of AWS's StackSummary that are read.
type stackSummary struct{ StackId, StackStatus, DeletionTime string } //nolint:revive // AWS's names

// stacksJSON makes of an answer of ListStacks what it would be in JSON.
func stacksJSON(body []byte) ([]byte, error) {
	var in stacksAnswer
	if err := xml.Unmarshal(body, &in); err != nil {
		return nil, malformed("the body is no XML: %v", err)
	}
	if in.Result.Summaries == nil {
		return nil, malformed("the body has no list StackSummaries")
	}
	return audit.EncodeJSON(struct {
		StackSummaries []stackSummary
		NextToken      string
	}{append([]stackSummary{}, in.Result.Summaries.Members...), in.Result.NextToken})
}

// What is read of the instances of one stack set.
const (
	instancesPage  = 20 // the largest page that ListStackInstancesForProvisionedProduct gives
	instancePages  = 1000
	instancesShown = 10
)

// instances reads the stack instances of a product that is a stack set: how many there are, how many of each status, and the first of
// those that are not CURRENT, the INOPERABLE ones before the others, each by account and region.
func (s *scope) instances(ctx context.Context, id string) section {
	l := listing{op: listStackInstances, within: true, list: "StackInstances", next: "NextPageToken",
		page: func(ctx context.Context, token *string) ([]byte, error) {
			return raw(ctx, s.catalog.ListStackInstancesForProvisionedProduct,
				&servicecatalog.ListStackInstancesForProvisionedProductInput{ProvisionedProductId: &id, PageSize: instancesPage, PageToken: token})
		}}
	found := stackInstances{Counts: map[string]int{}, NotCurrent: []stackInstance{}}
	seen := map[stackInstance]string{} // the status, by the others
	for pg, err := range l.pages(ctx, min(instancePages, s.run.gate.pacing.pages)) {
		if err != nil {
			return section{err: timely(ctx, err)}
		}
		for _, e := range pg.entries {
			at := stackInstance{Account: textOf(e, "Account"), Region: textOf(e, "Region")}
			status := textOf(e, "StackInstanceStatus")
			if at.Account == "" || at.Region == "" || status == "" {
				return section{err: malformed("a stack instance has no Account, Region or StackInstanceStatus")}
			}
			had, twice := seen[at]
			if twice && had != status {
				return section{err: malformed("the stack instance of %s in %s is %s and %s", at.Account, at.Region, had, status)}
			}
			if seen[at] = status; twice {
				continue
			}
			found.Total++
			found.Counts[status]++
			if status != string(catalogtypes.StackInstanceStatusCurrent) {
				at.StackInstanceStatus = status
				found.NotCurrent = append(found.NotCurrent, at)
			}
		}
	}
	slices.SortFunc(found.NotCurrent, compareInstances)
	found.NotCurrent = found.NotCurrent[:min(len(found.NotCurrent), instancesShown)]
	doc, err := audit.EncodeJSON(found)
	return section{doc: doc, err: err}
}

// stackInstances is the section stack_instances.
type stackInstances struct {
	Total      int
	Counts     map[string]int // by status
	NotCurrent []stackInstance
}

type stackInstance struct{ Account, Region, StackInstanceStatus string }

// outdated reports whether a section stack_instances has any that wait for an update: when the last was asked for, the records say.
func outdated(section []byte) bool {
	return rawjson.Find(rawjson.Find(section, "Counts"), string(catalogtypes.StackInstanceStatusOutdated)) != nil
}

func compareInstances(a, b stackInstance) int {
	inoperable := func(i stackInstance) int {
		if i.StackInstanceStatus == string(catalogtypes.StackInstanceStatusInoperable) {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(inoperable(a), inoperable(b)), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
}
