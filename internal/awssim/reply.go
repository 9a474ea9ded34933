package awssim

import (
	"encoding/json"
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
func membersOf(object []byte) reply {
	var r reply
	for name, value := range rawjson.Members(object) {
		r = append(r, field{string(rawjson.Unquote(name)), value})
	}
	return r
}

// pick returns those members of a JSON object that it has, in the order of names.
func pick(object []byte, names ...string) reply {
	var r reply
	for _, name := range names {
		if value := rawjson.Find(object, name); value != nil {
			r = append(r, field{name, value})
		}
	}
	return r
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
	switch {
	case c.queryCodes():
		code = "ValidationError"
	case c.service == "servicecatalog":
		code = "InvalidParametersException"
	case c.service == "budgets":
		code = "InvalidParameterException"
	case c.service == "organizations":
		code = "InvalidInputException"
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
	switch {
	case c.service == "ec2":
		e.code = "UnauthorizedOperation"
	case c.service == "sns":
		e.code = "AuthorizationError"
	case c.queryCodes():
		e.code = "AccessDenied"
	case c.service == "servicecatalog", c.service == "organizations", c.service == "budgets":
		e.status = http.StatusBadRequest
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
	if c.queryCodes() {
		e.code = "InvalidClientTokenId"
	}
	return e
}

func (c *call) expired() error {
	e := &apiError{http.StatusForbidden, "ExpiredTokenException", "The security token included in the request is expired"}
	if c.queryCodes() {
		e.code = "ExpiredToken"
	}
	return e
}

func (c *call) throttled() error {
	switch {
	case c.queryCodes():
		return &apiError{code: "Throttling", message: "Rate exceeded"}
	case c.service == "account":
		return &apiError{http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests"}
	case c.service == "organizations":
		return &apiError{code: "TooManyRequestsException", message: "AWS Organizations can't complete your request because another request is " +
			"already in progress."}
	}
	return &apiError{code: "ThrottlingException", message: "Rate exceeded"}
}

func (c *call) internal() error {
	e := &apiError{http.StatusInternalServerError, "InternalServerException", "An internal error has occurred."}
	switch {
	case c.service == "iam":
		e.code = "ServiceFailure"
	case c.queryCodes():
		e.code = "InternalFailure"
	case c.service == "organizations":
		e.code = "ServiceException"
	case c.service == "budgets":
		e.code = "InternalErrorException"
	}
	return e
}

// namespaces are those of the XML of the services of the query protocol that are simulated.
var namespaces = map[string]string{
	"cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
	"sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}

// protocol is how a service is spoken to, as far as its errors tell protocols apart.
type protocol int

const (
	jsonProtocol  protocol = iota
	queryProtocol          // parameters of a form, and an answer in XML
	ec2Protocol            // the same, with errors of another shape
	restXML                // of Route 53 and CloudFront; errors of the query protocol
	s3Protocol
)

func (c *call) protocol() protocol {
	switch c.service {
	case "s3":
		return s3Protocol
	case "ec2":
		return ec2Protocol
	case "route53", "cloudfront":
		return restXML
	}
	if c.form || namespaces[c.service] != "" {
		return queryProtocol
	}
	return jsonProtocol
}

func (c *call) speaksXML() bool { return c.protocol() != jsonProtocol }

// queryCodes tells whether errors have the codes of the query protocol, which CloudWatch kept.
func (c *call) queryCodes() bool { return c.speaksXML() || c.service == "monitoring" }

// contentType is that of the service's protocol.
func (c *call) contentType() string {
	switch c.protocol() {
	case queryProtocol, ec2Protocol, restXML:
		return "text/xml"
	case s3Protocol:
		return "application/xml"
	}
	switch c.service {
	case "servicecatalog", "organizations", "budgets":
		return "application/x-amz-json-1.1"
	case "monitoring":
		return "application/x-amz-json-1.0"
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
func (c *call) errorBody(e *apiError) []byte {
	problem := reply{text("Code", e.code), text("Message", e.message)}
	switch c.protocol() {
	case jsonProtocol:
		return reply{text("__type", e.code), text("Message", e.message)}.encode()
	case ec2Protocol:
		return element("Response", "", reply{{"Errors", reply{{"Error", problem.encode()}}.encode()}, text("RequestID", c.requestID)})
	case s3Protocol:
		return element("Error", "", append(problem, text("RequestId", c.requestID)))
	}
	problem = append(reply{text("Type", kindOf(e.status))}, problem...)
	return element("ErrorResponse", namespaces[c.service], reply{{"Error", problem.encode()}, text("RequestId", c.requestID)})
}
