package awssim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"tenor/internal/rawjson"
)

// reply is a JSON object on its way to the wire, its members in AWS's order and their digits as they are.
type reply []field

type field struct {
	name  string
	value json.RawMessage
}

func text(name, value string) field { return field{name, rawjson.AppendQuote(nil, value)} }

func (r reply) encode() []byte {
	size := 2
	for _, f := range r {
		size += len(f.name) + len(f.value) + 8
	}
	b := append(make([]byte, 0, size), '{')
	for i, f := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(rawjson.AppendQuote(b, f.name), ':'), f.value...)
	}
	return append(b, '}')
}

// without returns the reply less one member.
func (r reply) without(name string) reply {
	return slices.DeleteFunc(slices.Clone(r), func(f field) bool { return f.name == name })
}

// membersOf splits a JSON object into its members.
func membersOf(object []byte) (reply, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(fmt.Errorf("not an object: %.40s", object), err)
	}
	var r reply
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		f := field{name: fmt.Sprint(name)}
		if err := dec.Decode(&f.value); err != nil {
			return nil, err
		}
		r = append(r, f)
	}
	return r, nil
}

// pick returns those members of a JSON object that it has, in the order of names.
func pick(object []byte, names ...string) (reply, error) {
	members, err := membersOf(object)
	if err != nil {
		return nil, err
	}
	var r reply
	for _, name := range names {
		if i := slices.IndexFunc(members, func(f field) bool { return f.name == name }); i >= 0 {
			r = append(r, members[i])
		}
	}
	return r, nil
}

// apiError is an error that AWS answers.
type apiError struct {
	status        int // 0: 400
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func notFound(format string, args ...any) error {
	return &apiError{http.StatusNotFound, "NotFoundException", fmt.Sprintf(format, args...)}
}

// invalid is what a service says of a parameter that it does not accept.
func (c *call) invalid(format string, args ...any) error {
	code := "ValidationException"
	switch c.service {
	case "servicecatalog":
		code = "InvalidParametersException"
	case "budgets":
		code = "InvalidParameterException"
	case "organizations":
		code = "InvalidInputException"
	case "sts", "iam", "cloudformation", "monitoring":
		code = "ValidationError"
	}
	return &apiError{code: code, message: fmt.Sprintf(format, args...)}
}

// malformed is what a service says of a body that is no JSON.
func (c *call) malformed(err error) error {
	if c.service == "account" || c.service == "ce" {
		return &apiError{code: "ValidationException", message: err.Error()}
	}
	return &apiError{code: "SerializationException", message: err.Error()}
}

// denied is what a service says when a policy does not allow the call.
func (c *call) denied(why string) error {
	e := &apiError{
		status: http.StatusForbidden, code: "AccessDeniedException",
		message: fmt.Sprintf("User: %s is not authorized to perform: %s:%s %s", c.caller(), c.service, c.operation.name, why),
	}
	switch c.service {
	case "servicecatalog", "organizations", "budgets":
		e.status = http.StatusBadRequest
	case "sts", "iam", "cloudformation", "monitoring":
		e.code = "AccessDenied"
	}
	return e
}

// notAllowed is denied for want of a permission.
func (c *call) notAllowed() error {
	return c.denied(fmt.Sprintf("because no identity-based policy allows the %s:%s action", c.service, c.operation.name))
}

// notEnabled is what a region says to an account that has not enabled it, and any region to a key that it does not know.
func (c *call) notEnabled() error {
	e := &apiError{http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid."}
	if c.speaksXML() || c.service == "monitoring" {
		e.code = "InvalidClientTokenId"
	}
	return e
}

func (c *call) expired() error {
	e := &apiError{http.StatusForbidden, "ExpiredTokenException", "The security token included in the request is expired"}
	if c.speaksXML() || c.service == "monitoring" {
		e.code = "ExpiredToken"
	}
	return e
}

func (c *call) throttled() error {
	switch c.service {
	case "account":
		return &apiError{http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests"}
	case "organizations":
		return &apiError{code: "TooManyRequestsException", message: "AWS Organizations can't complete your request because another request is " +
			"already in progress."}
	case "sts", "iam", "cloudformation", "monitoring":
		return &apiError{code: "Throttling", message: "Rate exceeded"}
	}
	return &apiError{code: "ThrottlingException", message: "Rate exceeded"}
}

func (c *call) internal() error {
	e := &apiError{http.StatusInternalServerError, "InternalServerException", "An internal error has occurred."}
	switch c.service {
	case "organizations":
		e.code = "ServiceException"
	case "budgets":
		e.code = "InternalErrorException"
	case "sts", "cloudformation", "monitoring":
		e.code = "InternalFailure"
	case "iam":
		e.code = "ServiceFailure"
	}
	return e
}

type queryError struct {
	XMLName   xml.Name
	Type      string `xml:"Error>Type"`
	Code      string `xml:"Error>Code"`
	Message   string `xml:"Error>Message"`
	RequestID string `xml:"RequestId"`
}

// namespaces are those of the XML of the services that speak the query protocol.
var namespaces = map[string]string{
	"cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
	"sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}

// speaksXML tells whether the service is one of the query protocol: parameters of a form, and an answer in XML.
func (c *call) speaksXML() bool { return namespaces[c.service] != "" }

// contentType is that of the service's protocol.
func (c *call) contentType() string {
	switch c.service {
	case "servicecatalog", "organizations", "budgets":
		return "application/x-amz-json-1.1"
	case "monitoring":
		return "application/x-amz-json-1.0"
	case "sts", "iam", "cloudformation":
		return "text/xml"
	}
	return "application/json"
}

// kindOf says whose an error is, in the words of the query protocol.
func kindOf(status int) string {
	if status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// errorBody writes an error in the service's protocol.
func (c *call) errorBody(e *apiError) ([]byte, error) {
	if !c.speaksXML() {
		return reply{text("__type", e.code), text("Message", e.message)}.encode(), nil
	}
	name := xml.Name{Space: namespaces[c.service], Local: "ErrorResponse"}
	return xml.Marshal(queryError{XMLName: name, Type: kindOf(e.status), Code: e.code, Message: e.message, RequestID: c.requestID})
}
