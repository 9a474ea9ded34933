package awssim

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

type assumeRoleResponse struct {
	XMLName      xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleResponse"`
	AccessKey    string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	SecretKey    string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	SessionToken string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration   string   `xml:"AssumeRoleResult>Credentials>Expiration"`
	RoleID       string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	RoleARN      string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	RequestID    string   `xml:"ResponseMetadata>RequestId"`
}

type callerIdentityResponse struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// sts answers a call of the query protocol.
func (c *call) sts() ([]byte, error) {
	if c.operation.name == "GetCallerIdentity" {
		id := "AIDA" + c.account
		if c.session.Role != "" {
			id = "AROA" + c.account + ":" + c.session.Name
		}
		return xml.Marshal(callerIdentityResponse{ARN: c.caller(), UserID: id, Account: c.account, RequestID: c.requestID})
	}
	return c.assumeRole()
}

func (c *call) assumeRole() ([]byte, error) {
	arn, name := c.query.Get("RoleArn"), c.query.Get("RoleSessionName")
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || !strings.HasPrefix(parts[5], "role/") {
		return nil, c.invalid("%s is invalid", arn)
	}
	if len(name) < 2 || len(name) > 64 {
		return nil, c.invalid("1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must have length " +
			"between 2 and 64")
	}
	lifetime := time.Hour
	if s := c.query.Get("DurationSeconds"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 900 || n > 43200 {
			return nil, c.invalid("1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: Member must have "+
				"value between 900 and 43200", s)
		}
		lifetime = time.Duration(n) * time.Second
		if lifetime > time.Hour && c.session.Role != "" {
			return nil, c.invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
		}
	}
	if c.sessionLife > 0 {
		lifetime = c.sessionLife
	}
	account, role := c.estate.account(parts[4]), c.estate.Role
	if account == nil || account.NoRole || account.State != "ACTIVE" || role.Name == "" || bare(arn) != role.Name ||
		c.query.Get("ExternalId") != role.ExternalID {
		return nil, &apiError{status: 403, code: "AccessDenied",
			message: "User: " + c.caller() + " is not authorized to perform: sts:AssumeRole on resource: " + arn}
	}
	s := session{Account: account.ID, Role: role.Name, Name: name, Expires: time.Now().Add(lifetime).Unix()}
	if lifetime < time.Second || lifetime%time.Second != 0 {
		s.Expires++ // a part of a second counts as one
	}
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	return xml.Marshal(assumeRoleResponse{
		AccessKey: sessionKey(account.ID), SecretKey: strings.Repeat("s", 40), SessionToken: token,
		Expiration: time.Unix(s.Expires, 0).UTC().Format(time.RFC3339),
		RoleID:     "AROA" + account.ID + ":" + name, RoleARN: s.arn(c.partition()), RequestID: c.requestID,
	})
}
