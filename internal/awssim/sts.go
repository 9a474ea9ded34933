package awssim

import (
	"strconv"
	"strings"
	"time"
)

func getCallerIdentity(c *call) (reply, error) {
	id := "AIDA" + c.account
	if c.session.Role != "" {
		id = "AROA" + c.account + ":" + c.session.Name
	}
	return reply{text("Arn", c.caller()), text("UserId", id), text("Account", c.account)}, nil
}

func assumeRole(c *call) (reply, error) {
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
	credentials := reply{
		text("AccessKeyId", sessionKey(account.ID)), text("SecretAccessKey", strings.Repeat("s", 40)), text("SessionToken", token),
		text("Expiration", time.Unix(s.Expires, 0).UTC().Format(time.RFC3339)),
	}
	user := reply{text("AssumedRoleId", "AROA"+account.ID+":"+name), text("Arn", s.arn(c.partition()))}
	return reply{{"Credentials", credentials.encode()}, {"AssumedRoleUser", user.encode()}}, nil
}
