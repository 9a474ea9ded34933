package awssim

import (
	"cmp"
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

// codes are what services call an error: by service, else by query for those with the codes of the query protocol, else by "".
type codes map[string]string

const query = "query"

var (
	invalidCodes = codes{"": "ValidationException", query: "ValidationError", "servicecatalog": "InvalidParametersException",
		"budgets": "InvalidParameterException", "organizations": "InvalidInputException"}
	malformedCodes = codes{"": "SerializationException", "account": "ValidationException", "ce": "ValidationException"}
	deniedCodes    = codes{"": "AccessDeniedException", query: "AccessDenied", "ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
	unknownCodes   = codes{"": "UnrecognizedClientException", query: "InvalidClientTokenId"}
	expiredCodes   = codes{"": "ExpiredTokenException", query: "ExpiredToken"}
	throttledCodes = codes{"": "ThrottlingException", query: "Throttling", "account": "TooManyRequestsException",
		"organizations": "TooManyRequestsException"}
	internalCodes = codes{"": "InternalServerException", query: "InternalFailure", "iam": "ServiceFailure",
		"organizations": "ServiceException", "budgets": "InternalErrorException"}
)

// code returns what the service calls an error.
func (c *call) code(of codes) string {
	family := ""
	if c.queryCodes() {
		family = query
	}
	return cmp.Or(of[c.service], of[family], of[""])
}

// invalid is what a service says of a parameter that it does not accept.
func (c *call) invalid(format string, args ...any) error {
	return &apiError{code: c.code(invalidCodes), message: fmt.Sprintf(format, args...)}
}

// malformed is what a service says of a body that is no JSON.
func (c *call) malformed(err error) error {
	return &apiError{code: c.code(malformedCodes), message: err.Error()}
}

// denied is what a service says when a policy does not allow the call.
func (c *call) denied(why string) error {
	status := http.StatusForbidden
	if slices.Contains([]string{"servicecatalog", "organizations", "budgets"}, c.service) {
		status = http.StatusBadRequest
	}
	return &apiError{status, c.code(deniedCodes),
		fmt.Sprintf("User: %s is not authorized to perform: %s:%s %s", c.caller(), c.service, c.operation.name, why)}
}

// notAllowed is denied for want of a permission.
func (c *call) notAllowed() error {
	return c.denied(fmt.Sprintf("because no identity-based policy allows the %s:%s action", c.service, c.operation.name))
}

// notEnabled is what a region says to an account that has not enabled it, and any region to a key that it does not know.
func (c *call) notEnabled() error {
	return &apiError{http.StatusForbidden, c.code(unknownCodes), "The security token included in the request is invalid."}
}

func (c *call) expired() error {
	return &apiError{http.StatusForbidden, c.code(expiredCodes), "The security token included in the request is expired"}
}

func (c *call) throttled() error {
	e := &apiError{code: c.code(throttledCodes), message: "Rate exceeded"}
	switch c.service {
	case "account":
		e.status, e.message = http.StatusTooManyRequests, "Too Many Requests"
	case "organizations":
		e.message = "AWS Organizations can't complete your request because another request is already in progress."
	}
	return e
}

func (c *call) internal() error {
	return &apiError{http.StatusInternalServerError, c.code(internalCodes), "An internal error has occurred."}
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

// protocols are those of services that have one of their own.
var protocols = map[string]protocol{"s3": s3Protocol, "ec2": ec2Protocol, "route53": restXML, "cloudfront": restXML}

func (c *call) protocol() protocol {
	p := protocols[c.service]
	if p == jsonProtocol && (c.form || namespaces[c.service] != "") {
		return queryProtocol
	}
	return p
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
