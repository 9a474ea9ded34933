package collector

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	catalogtypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/extsort"
	"tenor/internal/rawjson"
	"tenor/snapshot"
)

// The types of a provisioned product that are told apart, of which AWS's models have no list.
const (
	typeStack    = "CFN_STACK"
	typeStackSet = "CFN_STACKSET"
	typeAccount  = "CONTROL_TOWER_ACCOUNT"
)

// stackList is what ListStacks says of the stacks of a scope, those among them that were deleted in the last 90 days. A region may have
// a hundred thousand, so of each no more is kept than is asked of it, and that on disk: it is read beside the products, and joined to
// them when they are written.
type stackList struct {
	begun  time.Time       // when the snapshot was
	list   *index          // whose gap says why a stack may be missing
	sorter *extsort.Sorter // of what is read; nil in a Check
	byKey  []keyedStack    // what was read, ordered; nil until load
	read   sync.Once       // asks for the list
	loaded bool
}

// stackKey is the beginning of the SHA-256 of a stack's id.
type stackKey [16]byte

// keyedStack is a stack.
type keyedStack struct {
	key     stackKey
	status  unique.Handle[string]
	deleted int64 // Unix seconds; 0 for one that is there, or whose end is not known
}

func keyOf(id []byte) stackKey {
	sum := sha256.Sum256(id)
	return stackKey(sum[:16])
}

// newStackList returns the stacks of a scope, which are not read yet.
func (s *scope) newStackList() *stackList {
	begun, _ := time.Parse(time.RFC3339, s.run.takenAt) // the run's own words
	l := &stackList{begun: begun, list: newIndex(awsread.ListStacks, nil)}
	if !s.run.checks() {
		l.sorter = s.run.writer.Sorter()
	}
	return l
}

// close gives the room on disk back.
func (l *stackList) close() error {
	if l == nil || l.sorter == nil {
		return nil
	}
	return l.sorter.Close()
}

// readStacks reads the stacks of the scope.
func (s *scope) readStacks(ctx context.Context, p *part, into *stackList) error {
	l := awsread.Listing{Op: awsread.ListStacks, Within: true, Held: s.run.pages, List: "StackSummaries", Next: "NextToken", ID: "StackId",
		Decode: stacksJSON, Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.stacks.ListStacks, &cloudformation.ListStacksInput{NextToken: token})
		}}
	err := p.list(ctx, l, func(entries []json.RawMessage) error {
		for _, e := range entries {
			if err := into.add(e); err != nil {
				return err
			}
		}
		return nil
	})
	for _, row := range p.ledger.coverage(s.account, s.region) {
		into.list.learn(row)
	}
	return err
}

// add takes a stack.
func (l *stackList) add(entry []byte) error {
	if l.sorter == nil {
		return nil
	}
	id, _ := rawjson.Text(rawjson.Find(entry, "StackId"))
	k, status, deleted := keyOf(id), textOf(entry, "StackStatus"), int64(0)
	if status == string(types.StackStatusDeleteComplete) {
		if at, err := time.Parse(time.RFC3339Nano, textOf(entry, "DeletionTime")); err == nil {
			deleted = at.Unix()
		}
	}
	return l.sorter.Add(k[:], append(binary.BigEndian.AppendUint64(nil, uint64(deleted)), status...))
}

// load brings what was read into memory, a few bytes for each stack. One that comes twice, on two pages, is there unless both say
// that it was deleted.
func (l *stackList) load() error {
	if l.loaded {
		return nil
	}
	l.loaded, l.byKey = true, make([]keyedStack, 0, l.sorter.Len())
	for r, err := range l.sorter.All() {
		if err != nil {
			return fmt.Errorf("read back the stacks: %w", err)
		}
		s := keyedStack{stackKey(r.Key), unique.Make(string(r.Value[8:])), int64(binary.BigEndian.Uint64(r.Value))}
		switch last := len(l.byKey) - 1; {
		case last < 0 || l.byKey[last].key != s.key:
			l.byKey = append(l.byKey, s)
		case l.byKey[last].status.Value() == string(types.StackStatusDeleteComplete):
			l.byKey[last] = s
		}
	}
	return nil
}

// launching is how long before the snapshot was begun a product may have been launched, or a stack deleted, of which the two lists may say
// one thing and the other.
const launching = 15 * time.Minute

// settling reports whether a time is too near to when the snapshot was begun, or after it. One that cannot be read may be.
func (l *stackList) settling(at string) bool {
	from, err := time.Parse(time.RFC3339Nano, at)
	return err != nil || l.isSettling(from)
}

func (l *stackList) isSettling(at time.Time) bool { return at.After(l.begun.Add(-launching)) }

// find returns the stack of a product: its StackId with its StackStatus, and DeletionTime, or Missing. A product that was launched
// about when the snapshot was begun may have a stack that came after the list; one whose stack was deleted then may be gone as well.
func (l *stackList) find(id []byte, launched bool) (joined, error) {
	if err := l.load(); err != nil {
		return joined{}, err
	}
	k := keyOf(id)
	i, ok := slices.BinarySearchFunc(l.byKey, k, func(s keyedStack, k stackKey) int { return bytes.Compare(s.key[:], k[:]) })
	gap := func(what string) joined {
		return joined{gap: &audit.Gap{Operation: awsread.ListStacks.Name, Reason: audit.ReasonError, Optional: true,
			Message: what + " when the stacks were listed: another run can tell"}}
	}
	doc := rawjson.AppendQuote(append(make([]byte, 0, len(id)+96), `{"StackId":`...), string(id))
	switch {
	case ok:
		at := l.byKey[i]
		doc = rawjson.AppendQuote(append(doc, `,"StackStatus":`...), at.status.Value())
		if at.deleted != 0 {
			ended := time.Unix(at.deleted, 0).UTC()
			if l.isSettling(ended) {
				return gap("the stack was deleted"), nil
			}
			doc = rawjson.AppendQuote(append(doc, `,"DeletionTime":`...), ended.Format(time.RFC3339))
		}
	case l.list.gap != nil:
		return joined{gap: l.list.gap}, nil
	case launched:
		return gap("the product was launched"), nil
	default:
		doc = append(doc, `,"Missing":true`...)
	}
	return joined{doc: append(doc, '}')}, nil
}

// stackNote is what is noted of a product whose stack is joined to it late: whether it was launched about when the snapshot was begun,
// and the id of the stack.
func (l *stackList) stackNote(id, created string) []byte {
	b := append(make([]byte, 0, 1+len(id)), 0)
	if l.settling(created) {
		b[0] = 1
	}
	return append(b, id...)
}

// late returns the section of the product that a note is of.
func (l *stackList) late(note []byte) (snapshot.Late, error) {
	j, err := l.find(note[1:], note[0] == 1)
	late := snapshot.Late{Section: "stacks", Doc: j.doc}
	if j.gap != nil {
		late.Gap = *j.gap
	}
	return late, err
}

// stackID reports whether an id, such as the PhysicalId of a product, is that of a stack, and whether it is one of the scope.
func (s *scope) stackID(id string) (is, own bool) {
	if strings.HasPrefix(id, s.stackARNs) {
		return true, true
	}
	a, err := arn.Parse(id)
	is = err == nil && a.Service == awsread.CloudFormation && strings.HasPrefix(a.Resource, "stack/")
	return is, is && a.AccountID == s.account && a.Region == s.region
}

// joinStack says in the resource of a product whose stack is none of the scope's that no list here can say what became of it, and
// returns the note by which that of another is joined. One that names none has none.
func (s *scope) joinStack(r *audit.Resource, of product, stacks *stackList) (note []byte) {
	switch {
	case of.ownStack:
		return stacks.stackNote(of.physicalID, textOf(r.Spec, "CreatedTime"))
	case of.stack || of.physicalID != "" && of.kind == typeStack:
		join(r, "stacks", joined{gap: &audit.Gap{Operation: awsread.ListStacks.Name, Reason: audit.ReasonError, Optional: true,
			Message: "its PhysicalId is no stack of this account and region: " + audit.Clip(of.physicalID, audit.MaxMessage/2)}})
	}
	return nil
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
	l := awsread.Listing{Op: awsread.ListStackInstancesForProvisionedProduct, Within: true, List: "StackInstances", Next: "NextPageToken",
		Most: instancePages,
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.ListStackInstancesForProvisionedProduct,
				&servicecatalog.ListStackInstancesForProvisionedProductInput{ProvisionedProductId: &id, PageSize: instancesPage, PageToken: token})
		}}
	found := stackInstances{Counts: map[string]int{}, NotCurrent: []stackInstance{}}
	seen := map[stackInstance]string{} // the status, by the others
	for pg, err := range s.run.gate.Pages(ctx, l) {
		if err != nil {
			return section{err: timely(ctx, err)}
		}
		for _, e := range pg.Entries {
			at := stackInstance{Account: textOf(e, "Account"), Region: textOf(e, "Region")}
			status := textOf(e, "StackInstanceStatus")
			if at.Account == "" || at.Region == "" || status == "" {
				return section{err: awsread.Malformed("a stack instance has no Account, Region or StackInstanceStatus")}
			}
			had, twice := seen[at]
			if twice && had != status {
				return section{err: awsread.Malformed("the stack instance of %s in %s is %s and %s", at.Account, at.Region, had, status)}
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
