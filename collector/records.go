package collector

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"tenor/audit"
	"tenor/internal/awsread"
)

// What is read of the history of one product.
const (
	recordsPage = 20 // the largest page that ListRecordHistory gives
	recordPages = 5
)

// recordDetails is the list of ListRecordHistory.
var recordDetails = inner{"RecordDetails", "RecordId"}

// record is a RecordDetail, and what the collector needs to know of it.
type record struct {
	doc     json.RawMessage
	id      string
	created time.Time
	success bool // a provisioning request that succeeded
}

// records reads the history of a product back to the last provisioning request that succeeded: RecordDetails, the newest first, down
// to that one. Truncated says that it goes on beyond recordPages. ListRecordHistory sends no outputs, which can hold secrets. The order
// in which it lists is not documented, so the last record has to be among those that were read.
func (s *scope) records(ctx context.Context, of product) section {
	in := servicecatalog.ListRecordHistoryInput{
		AccessLevelFilter: &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount, Value: aws.String("self")},
		SearchFilter:      &types.ListRecordHistorySearchFilter{Key: aws.String("provisionedproduct"), Value: &of.id},
		PageSize:          recordsPage,
	}
	h := history{product: of}
	for range recordPages {
		body, err := awsread.Raw(ctx, s.catalog.ListRecordHistory, &in)
		if err != nil {
			return h.section(timely(ctx, err))
		}
		token, err := h.add(body)
		if err != nil || token == "" || h.read() {
			return h.section(err)
		}
		if in.PageToken != nil && token == *in.PageToken {
			return h.section(awsread.Malformed("the token of the next page has come before"))
		}
		in.PageToken = &token
	}
	h.truncated = true
	return h.section(nil)
}

// history is what was read of the records of a product.
type history struct {
	product
	docs      []record
	truncated bool
}

// add takes a page, and returns the token of the next one; empty on the last.
func (h *history) add(body []byte) (token string, err error) {
	page, token, err := awsread.Listing{List: recordDetails.list, Next: "NextPageToken"}.Cut(body)
	if err != nil {
		return "", err
	}
	for _, e := range page.Entries {
		if err := isOf(e, "ProvisionedProductId", h.id); err != nil {
			return "", err
		}
		doc, err := recordShape.document(e)
		if err != nil {
			return "", err
		}
		r := record{doc: doc, id: textOf(doc, "RecordId"), success: h.succeeded(doc)}
		if r.id == "" {
			return "", awsread.Malformed("a record has no RecordId")
		}
		if r.created, err = time.Parse(time.RFC3339Nano, textOf(doc, "CreatedTime")); err != nil {
			return "", awsread.Malformed("the record %s has no CreatedTime", r.id)
		}
		h.docs = append(h.docs, r)
	}
	return token, nil
}

// succeeded reports whether a record is of a provisioning request that succeeded.
func (h *history) succeeded(doc []byte) bool {
	id := textOf(doc, "RecordId")
	return id != "" && id == h.lastSuccessfulRecord ||
		textOf(doc, "Status") == string(types.RecordStatusSucceeded) && audit.Provisions(textOf(doc, "RecordType"))
}

// read reports whether what is wanted of the history was read: the last record, and one that succeeded.
func (h *history) read() bool {
	return h.hasLast() && slices.ContainsFunc(h.docs, func(r record) bool { return r.success })
}

func (h *history) hasLast() bool {
	return h.lastRecord == "" || slices.ContainsFunc(h.docs, func(r record) bool { return r.id == h.lastRecord })
}

// section returns the records as a section, with why they are not whole, if anything is.
func (h *history) section(err error) section {
	slices.SortStableFunc(h.docs, func(a, b record) int { return cmp.Or(b.created.Compare(a.created), strings.Compare(b.id, a.id)) })
	var list array
	truncated := h.truncated
	for _, r := range h.docs {
		list.add(r.doc)
		if r.success {
			truncated = false // what lies beyond is of no interest
			break
		}
	}
	switch {
	case err != nil, len(h.docs) == 0 && h.lastRecord == "": // a product of which nothing was ever asked
	case len(h.docs) == 0:
		err = awsread.Malformed("the product has no record")
	case !h.hasLast():
		err = awsread.Malformed("the last record, %s, is not among the %d that were read", h.lastRecord, len(h.docs))
	}
	var o object
	o.set(recordDetails.list, list.json())
	if truncated {
		o.set("Truncated", []byte("true"))
	}
	if len(h.docs) == 0 {
		return section{err: err}
	}
	return recordDetails.tidied(o.json(), err)
}
