package awssim

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"regexp"
	"testing"
	"time"
)

func (a answer) refusedXML(t *testing.T) string {
	t.Helper()
	var e struct {
		Type string `xml:"Error>Type"`
		Code string `xml:"Error>Code"`
	}
	if err := xml.Unmarshal(a.body, &e); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	diff(t, "type", map[bool]string{true: "Receiver", false: "Sender"}[a.status >= 500], e.Type)
	diff(t, "content type", "text/xml", a.header.Get("Content-Type"))
	return fmt.Sprint(a.status, " ", e.Code)
}

var requestID = regexp.MustCompile(`[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}`)

func TestUnsignedSTS(t *testing.T) {
	c := smallClient(t, Options{})
	c.key = ""
	got := c.form(url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}})
	diff(t, "unsigned", "403 MissingAuthenticationToken", got.refusedXML(t))
}

func TestGetCallerIdentity(t *testing.T) {
	for _, tc := range []struct{ name, region, role, arn, id string }{
		{"user", "eu-central-1", "", "arn:aws:iam::111122223333:user/auditor", "AIDA111122223333"},
		{"any region", "us-gov-west-1", "", "arn:aws-us-gov:iam::111122223333:user/auditor", "AIDA111122223333"},
		{"china", "cn-north-1", "TenorAudit", "arn:aws-cn:sts::111122223333:assumed-role/TenorAudit/night", "AROA111122223333:night"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := smallClient(t, Options{})
			c.region = tc.region
			if tc.role != "" {
				var err error
				c.key = sessionKey(plant)
				if c.sessionToken, err = (session{Account: plant, Role: tc.role, Name: "night",
					Expires: time.Now().Add(time.Hour).Unix()}).token(); err != nil {
					t.Fatal(err)
				}
			}
			want := `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>` + tc.arn +
				`</Arn><UserId>` + tc.id + `</UserId><Account>111122223333</Account></GetCallerIdentityResult>` +
				`<ResponseMetadata><RequestId>…</RequestId></ResponseMetadata></GetCallerIdentityResponse>`
			diff(t, "body", want, string(requestID.ReplaceAll(c.form(url.Values{"Action": {"GetCallerIdentity"},
				"Version": {"2011-06-15"}}).body, []byte("…"))))
		})
	}
}

func assume(arn string, more ...string) url.Values {
	v := url.Values{"Action": {"AssumeRole"}, "RoleArn": {arn}, "RoleSessionName": {"tenor"}, "ExternalId": {"example"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestAssumeRole(t *testing.T) {
	const audit = "arn:aws:iam::111122223333:role/TenorAudit"
	for _, tc := range []struct {
		name string
		form url.Values
		life time.Duration // of Options
		want string        // an error, or how long it lasts
	}{
		{"an hour", assume(audit), 0, "1h0m0s"},
		{"a path", assume("arn:aws:iam::111122223333:role/audit/TenorAudit"), 0, "1h0m0s"},
		{"as asked", assume(audit, "DurationSeconds", "900"), 0, "15m0s"},
		{"as set", assume(audit, "DurationSeconds", "900"), 5 * time.Second, "5s"},
		{"too short", assume(audit, "DurationSeconds", "899"), 0, "400 ValidationError"},
		{"no session name", assume(audit, "RoleSessionName", ""), 0, "400 ValidationError"},
		{"no ARN", assume("TenorAudit"), 0, "400 ValidationError"},
		{"another external id", assume(audit, "ExternalId", "guess"), 0, "403 AccessDenied"},
		{"another role", assume("arn:aws:iam::111122223333:role/Admin"), 0, "403 AccessDenied"},
		{"an account without the role", assume("arn:aws:iam::444455556666:role/TenorAudit"), 0, "403 AccessDenied"},
		{"a suspended account", assume("arn:aws:iam::777788889999:role/TenorAudit"), 0, "403 AccessDenied"},
		{"an unknown account", assume("arn:aws:iam::123412341234:role/TenorAudit"), 0, "403 AccessDenied"},
		{"another operation", url.Values{"Action": {"GetSessionToken"}}, 0, "403 AccessDenied"},
		{"no operation", url.Values{}, 0, "403 AccessDenied"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := smallClient(t, Options{SessionLife: tc.life})
			c.key, c.region = AccessKey(management), "us-east-1"
			before := time.Now()
			got := c.form(tc.form)
			if got.status != 200 {
				diff(t, "error", tc.want, got.refusedXML(t))
				return
			}
			var out struct {
				AccessKey    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
				SessionToken string `xml:"AssumeRoleResult>Credentials>SessionToken"`
				Expiration   string `xml:"AssumeRoleResult>Credentials>Expiration"`
				RoleARN      string `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
			}
			if err := xml.Unmarshal(got.body, &out); err != nil {
				t.Fatal(err)
			}
			end, err := time.Parse(time.RFC3339, out.Expiration)
			if err != nil {
				t.Fatal(err)
			}
			want, err := time.ParseDuration(tc.want)
			if err != nil {
				t.Fatalf("no error %s but %s", tc.want, got.body)
			}
			if lasts := end.Sub(before.Truncate(time.Second)); lasts < want || lasts > want+2*time.Second {
				t.Errorf("lasts %v, want %v", lasts, want)
			}
			c.key, c.sessionToken, c.region = out.AccessKey, out.SessionToken, "eu-central-1"
			diff(t, "a call with the credentials", 200, c.get("/outposts").status)
			diff(t, "role", "arn:aws:sts::111122223333:assumed-role/TenorAudit/tenor", out.RoleARN)
			diff(t, "a chained role of more than an hour", "400 ValidationError", c.form(assume(audit, "DurationSeconds", "3601")).refusedXML(t))
		})
	}
}

func TestOrganizations(t *testing.T) {
	c := smallClient(t, Options{})
	c.key, c.region = AccessKey(management), "us-east-1"
	account := func(id, name, status, state, method, joined string) string {
		return `{"Id":"` + id + `","Arn":"arn:aws:organizations::900000000009:account/o-exampleorg1/` + id + `","Email":"` + name +
			`@example.com","Name":"` + name + `","Status":"` + status + `","State":"` + state + `","JoinedMethod":"` + method +
			`","JoinedTimestamp":` + joined + `}`
	}
	root := account(management, "management", "ACTIVE", "ACTIVE", "INVITED", "1546300800")
	inPlants := account(plant, "plant", "ACTIVE", "ACTIVE", "CREATED", "1778405400")
	closed := account("777788889999", "closed", "SUSPENDED", "SUSPENDED", "CREATED", "1546300800")
	for _, tc := range [][3]string{
		{"ListAccounts", `{}`, `{"Accounts":[` + root + `,` + inPlants + `,` +
			account(store, "store", "ACTIVE", "ACTIVE", "CREATED", "1546300800") + `,` + closed + `]}`},
		{"ListAccountsForParent", `{"ParentId":"r-abcd"}`, `{"Accounts":[` + root + `,` + closed + `]}`},
		{"ListAccountsForParent", `{"ParentId":"ou-abcd-plants00"}`, `{"Accounts":[` + inPlants + `]}`},
		{"ListOrganizationalUnitsForParent", `{"ParentId":"ou-abcd-plants00"}`,
			`{"OrganizationalUnits":[{"Id":"ou-abcd-nested00","Arn":"arn:aws:organizations::900000000009:ou/o-exampleorg1/ou-abcd-nested00",` +
				`"Name":"Nested"}]}`},
		{"DescribeOrganization", `{}`, `{"Organization":{"Id":"o-exampleorg1",` +
			`"Arn":"arn:aws:organizations::900000000009:organization/o-exampleorg1","FeatureSet":"ALL",` +
			`"MasterAccountArn":"arn:aws:organizations::900000000009:account/o-exampleorg1/900000000009","MasterAccountId":"900000000009",` +
			`"MasterAccountEmail":"management@example.com"}}`},
	} {
		got := c.post("organizations", tc[0], tc[1])
		diff(t, tc[0]+tc[1], tc[2], string(got.body))
		diff(t, "content type", "application/x-amz-json-1.1", got.header.Get("Content-Type"))
	}
	for request, want := range map[string]string{`{"ParentId":"ou-abcd-nothere0"}`: "400 ParentNotFoundException",
		`{"ParentId":"x"}`: "400 InvalidInputException", `{}`: "400 InvalidInputException"} {
		diff(t, request, want, c.post("organizations", "ListAccountsForParent", request).refused(t))
		diff(t, request, want, c.post("organizations", "ListOrganizationalUnitsForParent", request).refused(t))
	}
	c.key = AccessKey(plant)
	diff(t, "a member lists", "400 AccessDeniedException", c.post("organizations", "ListAccounts", "{}").refused(t))
	var described struct{ Organization struct{ Id string } }
	c.post("organizations", "DescribeOrganization", "{}").decode(t, &described)
	diff(t, "a member describes", "o-exampleorg1", described.Organization.Id)
	alone := client{t: t, server: start(t, Options{Estate: load(t, `{"accounts": [{"id": "111122223333"}]}`)}), key: AccessKey(plant),
		region: "us-east-1"}
	diff(t, "no organization", "400 AWSOrganizationsNotInUseException", alone.post("organizations", "DescribeOrganization", "{}").refused(t))
}

// TestStates holds the two members that ListAccounts has for one thing.
func TestStates(t *testing.T) {
	for state, want := range map[string]string{"ACTIVE": "ACTIVE", "SUSPENDED": "SUSPENDED", "PENDING_CLOSURE": "PENDING_CLOSURE",
		"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"} {
		var doc struct{ Status, State string }
		unmarshal(t, (&Account{State: state, joined: json.RawMessage("0")}).document(&Organization{}).encode(), &doc)
		diff(t, state, [2]string{want, state}, [2]string{doc.Status, doc.State})
	}
}
