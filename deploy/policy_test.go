package deploy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// texts is a string or a list of them, in a policy.
type texts []string

func (l *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = texts{one}
		return nil
	}
	var many []string
	err := json.Unmarshal(b, &many)
	*l = many
	return err
}

// principal is who a statement is about, by kind: AWS, Service, Federated, or * for anyone.
type principal map[string]texts

func (p *principal) UnmarshalJSON(b []byte) error {
	if string(b) == `"*"` {
		*p = principal{"*": {"*"}}
		return nil
	}
	return json.Unmarshal(b, (*map[string]texts)(p))
}

// statement is one of a policy.
type statement struct {
	Sid, Effect                 string
	Principal                   principal
	Action, NotAction, Resource texts
	Condition                   map[string]map[string]texts // operator, key, values
}

type document struct{ Statement []statement }

// bySid returns the statements of a document, their lists in order.
func (d document) bySid(t *testing.T) map[string]statement {
	t.Helper()
	out := map[string]statement{}
	for _, s := range d.Statement {
		for _, list := range []texts{s.Action, s.NotAction, s.Resource} {
			slices.Sort(list)
		}
		if _, twice := out[s.Sid]; twice {
			t.Errorf("two statements %q", s.Sid)
		}
		out[s.Sid] = s
	}
	return out
}

// request is one that AWS decides on. Its service, if any, is who asks; else principal is.
type request struct {
	principal, service string
	action, resource   string
	context            map[string]string // keys of conditions, beside those that follow from the above
}

// matches reports whether a pattern of IAM, with * and ?, is of s.
func matches(pattern, s string) bool {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(quoted)
	return regexp.MustCompile("^(?s:" + quoted + ")$").MatchString(s)
}

func (l texts) match(s string) bool {
	return slices.ContainsFunc(l, func(pattern string) bool { return matches(pattern, s) })
}

// value returns what a key of a condition has for the request.
func (r request) value(key string) (string, bool) {
	v, ok := r.context[key]
	switch {
	case ok:
	case key == "aws:PrincipalArn" && r.service == "":
		v, ok = r.principal, r.principal != ""
	case key == "aws:SecureTransport":
		v, ok = "true", true
	case key == "kms:CallerAccount" && r.service == "" && r.principal != "":
		v, ok = strings.Split(r.principal, ":")[4], true
	}
	return v, ok
}

// about reports whether a statement is about a request. Operators are those that the templates use; another is a mistake here.
func (s statement) about(r request) bool {
	if s.NotAction != nil && s.NotAction.match(r.action) || s.NotAction == nil && !s.Action.match(r.action) || !s.Resource.match(r.resource) {
		return false
	}
	if s.Principal != nil {
		who := s.Principal["*"].match("*") || s.Principal["AWS"].match("*") && r.service == "" || s.Principal["Service"].match(r.service) &&
			r.service != "" || r.service == "" && r.principal != "" && slices.Contains(s.Principal["AWS"], rootOf(r.principal))
		if !who {
			return false
		}
	}
	for operator, keys := range s.Condition {
		for key, wanted := range keys {
			have, there := r.value(key)
			values := texts{}
			for _, v := range wanted { // a variable of a policy stands for a value of the request
				for _, name := range []string{"aws:PrincipalOrgID"} {
					own, _ := r.value(name)
					v = strings.ReplaceAll(v, "${"+name+"}", own)
				}
				values = append(values, v)
			}
			var ok bool
			switch operator {
			case "StringEquals", "Bool":
				ok = there && slices.Contains(values, have)
			case "ArnEquals", "ArnLike":
				ok = there && values.match(have)
			case "ArnNotLike":
				ok = !there || !values.match(have)
			case "Null":
				ok = fmt.Sprint(!there) == values[0]
			default:
				panic("no operator " + operator)
			}
			if !ok {
				return false
			}
		}
	}
	return true
}

func rootOf(principal string) string {
	return "arn:aws:iam::" + strings.Split(principal, ":")[4] + ":root"
}

// decide is what documents say of a request: allowed or denied by a statement, or neither. A deny counts before an allow.
func decide(r request, documents ...document) (allowed, denied string) {
	for _, d := range documents {
		for _, s := range d.Statement {
			switch {
			case !s.about(r):
			case s.Effect == "Deny":
				denied = s.Sid
			default:
				allowed = s.Sid
			}
		}
	}
	return allowed, denied
}

// anything is what an administrator's own policy allows: what is refused in spite of it holds against everyone in the account.
var anything = document{[]statement{{Sid: "Admin", Effect: "Allow", Action: texts{"*"}, Resource: texts{"*"}}}}

// may reports whether a request passes by the policies of who asks and of what is asked.
func may(r request, own, resource document) bool {
	if r.service != "" || r.principal == "" {
		own = document{}
	}
	allowed, denied := decide(r, own, resource)
	return allowed != "" && denied == ""
}

// estate is the documents that count for one deployment, whichever of the two has made it.
type estate struct{ read, deliver, bucket, key, topic, accessLog document }

// deployments are the template and the module, each with the same parameters.
func deployments(t *testing.T) map[string]estate {
	t.Helper()
	s, m := pair(t, setups[0])
	return map[string]estate{
		"SAM": {decode(t, s.properties("FunctionRole")["Policies"].([]any)[0].(map[string]any)["PolicyDocument"]),
			s.document("Deliver", "PolicyDocument"), s.document("BucketPolicy", "PolicyDocument"), s.document("Key", "KeyPolicy"),
			s.document("TopicPolicy", "PolicyDocument"), s.document("AccessLogPolicy", "PolicyDocument")},
		"Terraform": {m.document("management"), m.document("deliver"), m.document("bucket"), m.document("key"), m.document("topic"),
			m.document("access_log")},
	}
}

func (e estate) own(principal string) document {
	if principal == lambdaRole {
		return document{slices.Concat(e.read.Statement, e.deliver.Statement)}
	}
	return anything
}

// Who asks in the tests, beside the function, readers and editors: someone who may do anything in the account, as far as IAM says.
const (
	admin    = roles + "Admin"
	stranger = "arn:aws:iam::999999999999:role/Admin"
)

// TestBucketPolicy asks what anyone might of the bucket, and wants of everything the one answer that SECURITY.md gives.
func TestBucketPolicy(t *testing.T) {
	const report, run, config, plan = "tenor/latest/report.json", "tenor/runs/x/report.json", "config/waivers.yaml", "tenor/plans/x/shard-1"
	once := map[string]string{"s3:if-none-match": "*"}
	for _, tt := range []struct {
		who, action, key string
		context          map[string]string
		want             bool
	}{
		{lambdaRole, "s3:GetObject", report, nil, true}, {lambdaRole, "s3:GetObject", config, nil, true},
		{lambdaRole, "s3:PutObject", report, nil, true}, {lambdaRole, "s3:PutObject", run, once, true},
		{lambdaRole, "s3:PutObject", plan, nil, true},
		{lambdaRole, "s3:PutObject", run, nil, false}, // it would write over a run
		{lambdaRole, "s3:PutObject", config, nil, false}, {lambdaRole, "s3:DeleteObject", report, nil, false},
		{lambdaRole, "s3:DeleteObjectVersion", run, nil, false}, {lambdaRole, "s3:PutObject", "elsewhere", nil, false},
		{lambdaRole, "s3:GetObject", report, map[string]string{"aws:SecureTransport": "false"}, false},
		{reader, "s3:GetObject", report, nil, true}, {reader, "s3:GetObjectVersion", run, nil, true},
		{reader, "s3:PutObject", report, nil, false}, {reader, "s3:PutObject", run, once, false}, {reader, "s3:DeleteObject", run, nil, false},
		{reader, "s3:PutObject", config, nil, false}, {reader, "s3:GetObject", report, map[string]string{"aws:SecureTransport": "false"}, false},
		{editor, "s3:GetObject", config, nil, true}, {editor, "s3:PutObject", config, nil, true}, {editor, "s3:DeleteObject", config, nil, true},
		{editor, "s3:GetObject", report, nil, false}, {editor, "s3:GetObjectVersion", run, nil, false},
		{editor, "s3:PutObject", report, nil, false},
		{editor, "s3:GetObject", plan, nil, false},
		{admin, "s3:GetObject", report, nil, false}, {admin, "s3:GetObjectVersion", run, nil, false}, {admin, "s3:GetObject", config, nil, false},
		{admin, "s3:GetObjectAttributes", report, nil, false}, {admin, "s3:GetObject", plan, nil, false},
		{admin, "s3:PutObject", config, nil, false}, {admin, "s3:PutObject", run, once, false},
		{admin, "s3:DeleteObjectVersion", run, nil, false},
		{admin, "s3:PutObjectRetention", run, nil, false}, {admin, "s3:DeleteObject", config, nil, false},
		{admin, "s3:PutBucketPolicy", "", nil, true}, // who may change the policy may undo it: CloudTrail shows that
		{stranger, "s3:GetObject", report, nil, false}, {"", "s3:GetObject", report, nil, false}, {"", "s3:PutObject", config, nil, false},
	} {
		for name, e := range deployments(t) {
			resource := strings.TrimSuffix("arn:aws:s3:::reports/"+tt.key, "/")
			own := e.own(tt.who)
			if tt.who == stranger {
				own = document{}
			}
			r := request{principal: tt.who, action: tt.action, resource: resource, context: tt.context}
			if have := may(r, own, e.bucket); have != tt.want {
				t.Errorf("%s: %s %s on %s %v: %t, want %t", name, tt.who, tt.action, tt.key, tt.context, have, tt.want)
			}
			if _, denied := decide(r, document{}, e.bucket); tt.who == admin && !tt.want && denied == "" {
				t.Errorf("%s: nothing denies %s on %s to an administrator", name, tt.action, tt.key)
			}
		}
	}
}

// TestKeyPolicy: the key works for what is encrypted with it, through one service, and for nobody beside it.
func TestKeyPolicy(t *testing.T) {
	via := func(service string) map[string]string {
		return map[string]string{"kms:ViaService": service + "." + region + ".amazonaws.com"}
	}
	schedule := names["ScheduleRole.Arn"].(string)
	mine := func(arn string) map[string]string {
		return map[string]string{"aws:SourceAccount": account, "aws:SourceArn": arn}
	}
	for _, tt := range []struct {
		who, service, action string
		context              map[string]string
		want                 bool
	}{
		{lambdaRole, "", "kms:GenerateDataKey", via("s3"), true}, {lambdaRole, "", "kms:Decrypt", via("s3"), true},
		{lambdaRole, "", "kms:GenerateDataKey", via("sns"), true}, {lambdaRole, "", "kms:GenerateDataKey", via("sqs"), true},
		{schedule, "", "kms:GenerateDataKey", via("sqs"), true},
		{lambdaRole, "", "kms:Decrypt", nil, false}, {lambdaRole, "", "kms:Decrypt", via("lambda"), true}, // the environment, which has no secret
		{reader, "", "kms:Decrypt", via("s3"), true}, {reader, "", "kms:Decrypt", nil, false}, {reader, "", "kms:Decrypt", via("sns"), false},
		{reader, "", "kms:GenerateDataKey", via("s3"), false},
		{editor, "", "kms:GenerateDataKey", via("s3"), true}, {editor, "", "kms:Decrypt", via("sqs"), true},
		{editor, "", "kms:Decrypt", nil, false},
		{admin, "", "kms:Decrypt", nil, false}, {admin, "", "kms:Decrypt", via("s3"), false}, {admin, "", "kms:Decrypt", via("sns"), false},
		{admin, "", "kms:CreateGrant", nil, false}, {admin, "", "kms:CreateGrant", via("lambda"), true}, // the function's deployer
		{admin, "", "kms:PutKeyPolicy", nil, true}, {admin, "", "kms:ScheduleKeyDeletion", nil, true},
		{stranger, "", "kms:Decrypt", via("s3"), false}, {stranger, "", "kms:PutKeyPolicy", nil, false},
		{"", "cloudwatch.amazonaws.com", "kms:GenerateDataKey", mine("arn:aws:cloudwatch:" + region + ":" + account + ":alarm:a"), true},
		{"", "cloudwatch.amazonaws.com", "kms:Decrypt", map[string]string{"aws:SourceAccount": "999999999999",
			"aws:SourceArn": "arn:aws:cloudwatch:" + region + ":999999999999:alarm:a"}, false},
		{"", "logs." + region + ".amazonaws.com", "kms:Encrypt",
			map[string]string{"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:" + region + ":" + account + ":log-group:x"}, true},
		{"", "logs." + region + ".amazonaws.com", "kms:Decrypt",
			map[string]string{"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:" + region + ":999999999999:log-group:x"}, false},
		{"", "s3.amazonaws.com", "kms:Decrypt", nil, false},
	} {
		for name, e := range deployments(t) {
			r := request{tt.who, tt.service, tt.action, ownKey, tt.context}
			if have := mayKey(r, e.own(tt.who), e.key); have != tt.want {
				t.Errorf("%s: %s%s %s %v: %t, want %t", name, tt.who, tt.service, tt.action, tt.context, have, tt.want)
			}
		}
	}
}

// mayKey is may for a KMS key, on which an identity's own policy counts only where the key's hands over to IAM: by the account's root.
func mayKey(r request, own, key document) bool {
	allowed, denied := decide(r, key)
	if allowed == "" || denied != "" {
		return false
	}
	for _, s := range key.Statement {
		if s.Sid == allowed && s.Principal["AWS"] != nil && !s.Principal["AWS"].match("*") {
			by, against := decide(r, own)
			return by != "" && against == ""
		}
	}
	_, against := decide(r, own)
	return against == ""
}

// TestTopicPolicy: news has amounts, so nobody but an editor makes another listener of it; alarms of this account come through.
func TestTopicPolicy(t *testing.T) {
	topic := names["Topic"].(string)
	alarm := func(id string) map[string]string {
		return map[string]string{"aws:SourceAccount": id, "aws:SourceArn": "arn:aws:cloudwatch:" + region + ":" + id + ":alarm:x"}
	}
	for _, tt := range []struct {
		request
		want bool
	}{
		{request{lambdaRole, "", "sns:Publish", topic, nil}, true}, {request{lambdaRole, "", "sns:Subscribe", topic, nil}, false},
		{request{lambdaRole, "", "sns:Publish", topic + "-other", nil}, false},
		{request{lambdaRole, "", "sns:Publish", topic, map[string]string{"aws:SecureTransport": "false"}}, false},
		{request{editor, "", "sns:Subscribe", topic, nil}, true},
		{request{reader, "", "sns:Subscribe", topic, nil}, false}, {request{admin, "", "sns:Subscribe", topic, nil}, false},
		{request{"", "cloudwatch.amazonaws.com", "sns:Publish", topic, alarm(account)}, true},
		{request{"", "cloudwatch.amazonaws.com", "sns:Publish", topic, alarm("999999999999")}, false},
		{request{"", "events.amazonaws.com", "sns:Publish", topic, alarm(account)}, false},
		{request{"", "", "sns:Subscribe", topic, nil}, false},
	} {
		for name, e := range deployments(t) {
			if have := may(tt.request, e.own(tt.principal), e.topic); have != tt.want {
				t.Errorf("%s: %+v: %t, want %t", name, tt.request, have, tt.want)
			}
		}
	}
}

// TestRolesReachNoOtherOrganization: the function assumes one role, with the external id, in its own organization; the role lets in one
// role of it, and can do nothing but read whatever else is attached to it.
func TestRolesReachNoOtherOrganization(t *testing.T) {
	const id = "o-abcdefghij"
	assume := func(role, org, external string) request {
		return request{lambdaRole, "", "sts:AssumeRole", "arn:aws:iam::444455556666:role/" + role,
			map[string]string{"aws:PrincipalOrgID": id, "aws:ResourceOrgID": org, "sts:ExternalId": external}}
	}
	for name, e := range deployments(t) {
		for _, tt := range []struct {
			request
			want bool
		}{{assume("TenorAudit", id, "secret"), true}, {assume("TenorAudit", "o-another000", "secret"), false},
			{assume("TenorAudit", id, "guess"), false}, {assume("Admin", id, "secret"), false}} {
			if have := may(tt.request, e.own(lambdaRole), document{}); have != tt.want {
				t.Errorf("%s: %+v: %t", name, tt.request, have)
			}
		}
	}
	trusts := memberTrusts(t, id)
	for name, trust := range trusts {
		enter := func(who, org, external string) bool {
			allowed, _ := decide(request{principal: who, action: "sts:AssumeRole",
				context: map[string]string{"aws:PrincipalOrgID": org, "sts:ExternalId": external}}, trust)
			return allowed != ""
		}
		if !enter(lambdaRole, id, "secret") || enter(lambdaRole, id, "guess") || enter(lambdaRole, "o-another000", "secret") ||
			enter(admin, id, "secret") || enter(stranger, id, "secret") {
			t.Errorf("%s: the role is not for the function alone: %+v", name, trust)
		}
	}
}
