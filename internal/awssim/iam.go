package awssim

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// iamResponse is the answer of GetRole, GetUser and GetGroup.
type iamResponse struct {
	XMLName   xml.Name
	Result    iamResult
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

type iamResult struct {
	XMLName xml.Name
	Entity  *iamEntity
	Users   *struct{} // the members of a group, of which none is simulated
}

type iamEntity struct {
	XMLName xml.Name
	Members []xmlText
}

type xmlText struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

// iam answers for a principal of the account. Each one is there but for those that the estate says are deleted.
func (c *call) iam() ([]byte, error) {
	kind := strings.TrimPrefix(c.operation.name, "Get") // Role, User or Group
	name := c.query.Get(kind + "Name")
	if name == "" {
		return nil, c.invalid("1 validation error detected: Value null at '%sName' failed to satisfy constraint: Member must not be null",
			strings.ToLower(kind))
	}
	if a := c.estate.account(c.account); slices.Contains(a.Deleted, strings.ToLower(kind)+"/"+name) {
		return nil, &apiError{http.StatusNotFound, "NoSuchEntity", "The " + strings.ToLower(kind) + " with name " + name + " cannot be found."}
	}
	member := func(name, text string) xmlText { return xmlText{xml.Name{Local: name}, text} }
	result := iamResult{XMLName: xml.Name{Local: c.operation.name + "Result"}, Entity: &iamEntity{xml.Name{Local: kind}, []xmlText{
		member("Path", "/"), member(kind+"Name", name), member(kind+"Id", "A"+strings.ToUpper(hexID(fingerprint(c.account, name), 0))),
		member("Arn", "arn:"+c.partition()+":iam::"+c.account+":"+strings.ToLower(kind)+"/"+name), member("CreateDate", "2019-01-01T00:00:00Z"),
	}}}
	if c.fault.Kind == FaultMissingList {
		result.Entity = nil
	}
	if kind == "Group" {
		result.Users = &struct{}{}
	}
	return xml.Marshal(iamResponse{XMLName: xml.Name{Space: namespaces["iam"], Local: c.operation.name + "Response"}, Result: result,
		RequestID: c.requestID})
}
