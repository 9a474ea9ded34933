package awssim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// AccessKey is the access key of an account's own user. Any secret goes with it: signatures are asked for, not checked.
func AccessKey(account string) string { return "AKIA" + account }

// sessionKey is the access key of an assumed role, which goes with a session token.
func sessionKey(account string) string { return "ASIA" + account }

// session is an assumed role; its token holds all of it, so that the server keeps nothing.
type session struct {
	Account, Role, Name string
	Expires             int64 // epoch seconds
}

func (s session) token() (string, error) {
	b, err := json.Marshal(s)
	return base64.StdEncoding.EncodeToString(b), err
}

func (s session) arn(partition string) string {
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", partition, s.Account, s.Role, s.Name)
}

// credential is the part of a SigV4 Authorization header that says who calls what service where.
var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(AKIA|ASIA)(\d{12})/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request,` +
	`.*Signature=[0-9a-f]{64}$`)

// identify fills in who calls, for what region and service.
func (c *call) identify(r *http.Request) error {
	m := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		if c.form { // STS is the one of them that may be called without a signature
			c.service = "sts"
			return &apiError{status: http.StatusForbidden, code: "MissingAuthenticationToken", message: "Request is missing Authentication Token"}
		}
		return &apiError{status: http.StatusForbidden, code: "MissingAuthenticationTokenException", message: "Missing Authentication Token"}
	}
	c.account, c.region, c.service = m[2], m[3], m[4]
	account := c.estate.account(c.account)
	if account == nil {
		return c.notEnabled()
	}
	if m[1] == "ASIA" {
		b, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Security-Token"))
		if err != nil || json.Unmarshal(b, &c.session) != nil || c.session.Account != c.account || c.session.Role == "" {
			return c.notEnabled()
		}
		if time.Now().Unix() >= c.session.Expires {
			return c.expired()
		}
	}
	return nil
}

// caller is the ARN of who calls.
func (c *call) caller() string {
	if c.session.Role != "" {
		return c.session.arn(c.partition())
	}
	return fmt.Sprintf("arn:%s:iam::%s:user/auditor", c.partition(), c.account)
}

func (c *call) partition() string { return partitionOf(c.region) }

func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
