package awssim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

var token = regexp.MustCompile(`1##[^"]+`)

// TestBodies holds whole answers: the digits of prices, the order of members, what summaries leave out.
func TestBodies(t *testing.T) {
	c := smallClient(t, Options{})
	const own = `"AccessLevelFilter":{"Key":"Account","Value":"self"}`
	for _, tc := range []struct{ name, service, operation, request, want string }{
		{"GetOutpost", "outposts", "", "/outposts/" + rack, `{"Outpost":{"OutpostId":"op-0123456789abcdef0","OwnerId":"111122223333",` +
			`"OutpostArn":"arn:aws:outposts:eu-central-1:111122223333:outpost/op-0123456789abcdef0","Name":"fra","LifeCycleStatus":"ACTIVE",` +
			`"AvailabilityZone":"eu-central-1a","Tags":{"Owner":"x"}}}`},
		{"by ARN", "outposts", "", "/outposts/" + url.PathEscape("arn:aws:outposts:eu-central-1:444455556666:outpost/"+foreign),
			`{"Outpost":{"OutpostId":"op-0fedcba9876543210","OwnerId":"444455556666","LifeCycleStatus":"RETIRED",` +
				`"AvailabilityZone":"eu-central-1b"}}`},
		{"tags of an Outpost", "outposts", "", "/tags/" + url.PathEscape("arn:aws:outposts:eu-central-1:111122223333:outpost/"+rack),
			`{"Tags":{"Owner":"x"}}`},
		{"tags of a site", "outposts", "", "/tags/" + url.PathEscape("arn:aws:outposts:eu-central-1:111122223333:site/os-0123456789abcdef0"),
			`{"Tags":{}}`},
		{"billing", "outposts", "", "/outpost/" + rack + "/billing-information",
			`{"Subscriptions":[{"SubscriptionId":"1","BeginDate":1699263000,"EndDate":1793957400,"UpfrontPrice":131072.01,` +
				`"MonthlyRecurringPrice":0.0},{"SubscriptionId":"2","BeginDate":1786915800,"EndDate":1793957400,"UpfrontPrice":1234567.89,` +
				`"MonthlyRecurringPrice":99999999.99},{"SubscriptionId":"3","EndDate":1793957400}],"ContractEndDate":"2026-11-06",` +
				`"PaymentTerm":"THREE_YEARS","PaymentOption":"ALL_UPFRONT"}`},
		{"renewal pricing", "outposts", "", "/outpost/" + rack + "/renewal-pricing",
			`{"PricingResult":"PRICED","PricingOptions":[{"PricingType":"SUBSCRIPTION","SubscriptionPricingDetails":{"UpfrontPrice":131072.01,` +
				`"MonthlyRecurringPrice":1E+3}}]}`},
		{"orders are summaries", "outposts", "", "/list-orders",
			`{"Orders":[{"OutpostId":"op-0123456789abcdef0","OrderId":"oo-00000000000000001","Status":"COMPLETED",` +
				`"OrderSubmissionDate":1692005400,"LineItemCountsByStatus":{"ERROR":1,"INSTALLED":2}},{"OutpostId":"op-0fedcba9876543210",` +
				`"OrderId":"oo-00000000000000002","Status":"PREPARING","LineItemCountsByStatus":{}}]}`},
		{"GetOrder", "outposts", "", "/orders/oo-00000000000000002",
			`{"Order":{"OrderId":"oo-00000000000000002","OutpostId":"op-0fedcba9876543210","Status":"PREPARING"}}`},
		{"quotes lack their requirements", "outposts", "", "/quotes",
			`{"Quotes":[{"QuoteId":"oq-00000000000000001","QuoteStatus":"CREATED","Description":"d <&> ü"}]}`},
		{"GetQuote", "outposts", "", "/quotes/oq-00000000000000001",
			`{"Quote":{"QuoteId":"oq-00000000000000001","QuoteStatus":"CREATED","OrderingRequirements":[{"Status":"FAIL"}],"Description":"d <&> ` +
				`ü"}}`},
		{"capacity tasks are summaries", "outposts", "", "/capacity/tasks?MaxResults=1",
			`{"CapacityTasks":[{"CapacityTaskId":"cap-00000000000000001","OutpostId":"op-0123456789abcdef0","CapacityTaskStatus":"FAILED",` +
				`"LastModifiedDate":1786872600}],"NextToken":"1##…"}`},
		{"GetCapacityTask", "outposts", "", "/outposts/" + rack + "/capacity/cap-00000000000000001",
			`{"CapacityTaskId":"cap-00000000000000001","OutpostId":"op-0123456789abcdef0","CapacityTaskStatus":"FAILED","DryRun":true,` +
				`"RequestedInstancePools":[],"LastModifiedDate":1786872600}`},
		{"search keeps unknown members", "servicecatalog", "SearchProvisionedProducts", `{"PageSize":1}`,
			`{"ProvisionedProducts":[{"Id":"pp-alone","Name":"alone","Status":"ERROR","ProductId":"prod-1","LastRecordId":"rec-alone","Tags":[],` +
				`"FutureField":{"kept":1}}],"NextPageToken":"1##…","TotalResultsCount":5}`},
		{"scan has no tags", "servicecatalog", "ScanProvisionedProducts", `{"PageSize":1,` + own + `}`,
			`{"ProvisionedProducts":[{"Name":"alone","Id":"pp-alone","Status":"ERROR","LastRecordId":"rec-alone","ProductId":"prod-1"}],` +
				`"NextPageToken":"1##…"}`},
		{"a record has outputs", "servicecatalog", "DescribeRecord", `{"Id":"rec-alone"}`,
			`{"RecordDetail":{"RecordId":"rec-alone","ProvisionedProductId":"pp-alone","ProductId":"prod-1","Status":"FAILED"},` +
				`"RecordOutputs":[{"OutputKey":"DatabasePassword","OutputValue":"hunter2-NEVER-COLLECT","Description":"The master password"}]}`},
		{"artifacts", "servicecatalog", "ListProvisioningArtifacts", `{"ProductId":"prod-1"}`,
			`{"ProvisioningArtifactDetails":[{"Id":"pa-1","Name":"v1","Active":true,"Guidance":"DEPRECATED","CreatedTime":1752485400}]}`},
		{"product by name", "servicecatalog", "DescribeProductAsAdmin", `{"Name":"Web"}`,
			`{"ProductViewDetail":{"ProductViewSummary":{"ProductId":"prod-1","Name":"Web"},"Status":"AVAILABLE"},` +
				`"ProvisioningArtifactSummaries":[{"Id":"pa-1","Name":"v1","CreatedTime":1752485400}],"Tags":[],"TagOptions":[],"Budgets":[]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := c.call(tc.service, tc.operation, tc.request)
			if got.status != http.StatusOK {
				t.Fatalf("status %d: %s", got.status, got.body)
			}
			diff(t, "body", tc.want, string(token.ReplaceAll(got.body, []byte("1##…"))))
		})
	}
}

func TestEmptyScope(t *testing.T) {
	c := smallClient(t, Options{})
	c.region = "us-east-2"
	for _, tc := range [][4]string{
		{"outposts", "", "/outposts", `{"Outposts":[]}`},
		{"outposts", "", "/sites", `{"Sites":[]}`},
		{"outposts", "", "/list-orders", `{"Orders":[]}`},
		{"outposts", "", "/quotes", `{"Quotes":[]}`},
		{"outposts", "", "/capacity/tasks", `{"CapacityTasks":[]}`},
		{"servicecatalog", "SearchProvisionedProducts", "{}", `{"ProvisionedProducts":[],"TotalResultsCount":0}`},
	} {
		diff(t, tc[2], tc[3], string(c.call(tc[0], tc[1], tc[2]).body))
	}
}

func TestNotFound(t *testing.T) {
	c := smallClient(t, Options{})
	for _, tc := range [][4]string{
		{"outposts", "", "/outposts/op-00000000000000000", "404 NotFoundException"},
		{"outposts", "", "/outpost/op-00000000000000000/billing-information", "404 NotFoundException"},
		{"outposts", "", "/outpost/" + foreign + "/billing-information", "403 AccessDeniedException"},
		{"outposts", "", "/outpost/" + foreign + "/renewal-pricing", "403 AccessDeniedException"},
		{"outposts", "", "/orders/oo-00000000000000009", "404 NotFoundException"},
		{"outposts", "", "/quotes/oq-00000000000000009", "404 NotFoundException"},
		{"outposts", "", "/outposts/" + foreign + "/capacity/cap-00000000000000001", "404 NotFoundException"},
		{"outposts", "", "/tags/" + url.PathEscape("arn:aws:outposts:eu-central-1:111122223333:outpost/op-0"), "404 NotFoundException"},
		{"servicecatalog", "DescribeRecord", `{"Id":"rec-aaaaaaaaaaaaa"}`, "400 ResourceNotFoundException"},
		{"servicecatalog", "DescribeRecord", `{}`, "400 ResourceNotFoundException"},
		{"servicecatalog", "ListProvisioningArtifacts", `{"ProductId":"prod-9"}`, "400 ResourceNotFoundException"},
		{"servicecatalog", "DescribeProductAsAdmin", `{"Name":"Nothing"}`, "400 ResourceNotFoundException"},
	} {
		diff(t, tc[2], tc[3], c.call(tc[0], tc[1], tc[2]).refused(t))
	}
}

// TestDeniesTheRest sends every operation of Outposts that is not simulated, and some of the other services.
func TestDeniesTheRest(t *testing.T) {
	c := smallClient(t, Options{})
	want := []Request{}
	for route, op := range outpostsOperations() {
		if op.run != nil {
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		got := c.must(c.send("outposts", method, path, "{}", nil))
		diff(t, op.name, "403 AccessDeniedException", got.refused(t))
		if !strings.Contains(string(got.body), "is not authorized to perform: outposts:"+op.name+
			" because no identity-based policy allows the outposts:"+op.name+" action") {
			t.Errorf("%s: %s", op.name, got.body)
		}
		want = append(want, Request{Account: plant, Region: "eu-central-1", Service: "outposts", Operation: op.name, Status: 403,
			Error: "AccessDeniedException"})
	}
	for _, tc := range []struct{ service, method, path, target, operation, refuse string }{
		{"outposts", "GET", "/no/such", "", "GET /no/such", "403 AccessDeniedException"},
		{"outposts", "PUT", "/outposts", "", "PUT /outposts", "403 AccessDeniedException"},
		{"servicecatalog", "POST", "/", "AWS242ServiceCatalogService.TerminateProvisionedProduct", "TerminateProvisionedProduct",
			"400 AccessDeniedException"},
		{"organizations", "POST", "/", "AWSOrganizationsV20161128.LeaveOrganization", "LeaveOrganization", "400 AccessDeniedException"},
		{"organizations", "POST", "/", "AWS242ServiceCatalogService.ListAccounts", "POST /", "400 AccessDeniedException"},
		{"sqs", "POST", "/", "AmazonSQS.SendMessage", "POST /", "403 AccessDeniedException"},
	} {
		got := c.must(c.send(tc.service, tc.method, tc.path, "{}", map[string]string{"X-Amz-Target": tc.target}))
		diff(t, tc.operation, tc.refuse, got.refused(t))
		want = append(want, Request{Account: plant, Region: "eu-central-1", Service: tc.service, Operation: tc.operation, Status: got.status,
			Error: "AccessDeniedException"})
	}
	got := c.server.Requests()
	for i := range got {
		got[i].Params = nil
	}
	diff(t, "requests", want, got)
}

// TestDeniesInTheServicesProtocol: who is denied reads why, whatever the service speaks.
func TestDeniesInTheServicesProtocol(t *testing.T) {
	c := smallClient(t, Options{})
	const form, xmlns = "application/x-www-form-urlencoded; charset=utf-8", ` xmlns="https://iam.amazonaws.com/doc/2010-05-08/"`
	because := func(action string) string {
		return "User: arn:aws:iam::" + plant + ":user/auditor is not authorized to perform: " + action +
			" because no identity-based policy allows the " + action + " action"
	}
	query := func(xmlns, code, action string) string {
		return "<ErrorResponse" + xmlns + "><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + because(action) +
			"</Message></Error><RequestId>#</RequestId></ErrorResponse>"
	}
	for _, tc := range []struct{ service, method, path, header, body, contentType, want string }{
		{"iam", "POST", "/", form, "Action=CreateUser&UserName=x", "text/xml", query(xmlns, "AccessDenied", "iam:CreateUser")},
		{"rds", "POST", "/", form, "Action=DescribeDBInstances", "text/xml", query("", "AccessDenied", "rds:DescribeDBInstances")},
		{"sns", "POST", "/", form, "Action=Publish", "text/xml", query("", "AuthorizationError", "sns:Publish")},
		{"monitoring", "POST", "/", form, "Action=GetMetricData", "text/xml", query("", "AccessDenied", "monitoring:GetMetricData")},
		{"ec2", "POST", "/", form, "Action=DescribeInstances", "text/xml", "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>" +
			because("ec2:DescribeInstances") + "</Message></Error></Errors><RequestID>#</RequestID></Response>"},
		{"s3", "PUT", "/bucket/key", "", "x", "application/xml", "<Error><Code>AccessDenied</Code><Message>" + because("s3:PUT /bucket/key") +
			"</Message><RequestId>#</RequestId></Error>"},
		{"route53", "GET", "/2013-04-01/hostedzone", "", "", "text/xml", query("", "AccessDenied", "route53:GET /2013-04-01/hostedzone")},
		{"lambda", "GET", "/2015-03-31/functions", "", "", "application/json", `{"__type":"AccessDeniedException","Message":"` +
			because("lambda:GET /2015-03-31/functions") + `"}`},
	} {
		got := c.must(c.send(tc.service, tc.method, tc.path, tc.body, map[string]string{"Content-Type": tc.header}))
		diff(t, tc.service, fmt.Sprint(403, " ", tc.contentType, " ", tc.want), fmt.Sprint(got.status, " ", got.header.Get("Content-Type"), " ",
			strings.ReplaceAll(string(got.body), got.header.Get("X-Amzn-Requestid"), "#")))
		if typed := got.header.Get("X-Amzn-Errortype") != ""; typed != (tc.service == "lambda") {
			t.Errorf("%s: X-Amzn-ErrorType is %q", tc.service, got.header.Get("X-Amzn-Errortype"))
		}
	}
}

func TestIdentity(t *testing.T) {
	c := smallClient(t, Options{})
	token := func(s session) string {
		text, err := s.token()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	soon, past := time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Second).Unix()
	good := session{Account: plant, Role: "TenorAudit", Name: "n", Expires: soon}
	for _, tc := range []struct{ name, key, token, region, want string }{
		{"own user", AccessKey(plant), "", "eu-central-1", ""},
		{"role", sessionKey(plant), token(good), "eu-central-1", ""},
		{"unsigned", "", "", "", "403 MissingAuthenticationTokenException"},
		{"no such account", AccessKey("123456789012"), "", "eu-central-1", "403 UnrecognizedClientException"},
		{"a key of no form", "AKIAIOSFODNN7EXAMPLE", "", "eu-central-1", "403 MissingAuthenticationTokenException"},
		{"region not enabled", AccessKey(plant), "", "eu-south-2", "403 UnrecognizedClientException"},
		{"role without token", sessionKey(plant), "", "eu-central-1", "403 UnrecognizedClientException"},
		{"another account's token", sessionKey(store), token(good), "eu-central-1", "403 UnrecognizedClientException"},
		{"expired", sessionKey(plant), token(session{Account: plant, Role: "TenorAudit", Name: "n", Expires: past}), "eu-central-1",
			"403 ExpiredTokenException"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := client{t: t, server: c.server, key: tc.key, sessionToken: tc.token, region: tc.region}
			got := c.get("/outposts")
			if tc.want == "" {
				diff(t, "status", 200, got.status)
				return
			}
			diff(t, "error", tc.want, got.refused(t))
		})
	}
}

func TestRequests(t *testing.T) {
	c := smallClient(t, Options{})
	c.get("/sites")
	c.get("/outposts?LifeCycleStatusFilter=ACTIVE&LifeCycleStatusFilter=PENDING&MaxResults=2")
	c.get("/outposts/" + rack + "/capacity/cap-00000000000000009")
	c.post("servicecatalog", "DescribeRecord", `{"Id":"rec-alone","PageSize":3}`)
	c.key = ""
	c.get("/sites")
	in := func(operation string, status int, code string, params map[string]string) Request {
		return Request{Account: plant, Region: "eu-central-1", Service: "outposts", Operation: operation, Status: status, Error: code,
			Params: params}
	}
	record := in("DescribeRecord", 200, "", map[string]string{"Id": "rec-alone", "PageSize": "3"})
	record.Service = "servicecatalog"
	want := []Request{
		in("ListSites", 200, "", map[string]string{}),
		in("ListOutposts", 200, "", map[string]string{"LifeCycleStatusFilter": "ACTIVE,PENDING", "MaxResults": "2"}),
		in("GetCapacityTask", 404, "NotFoundException", map[string]string{"OutpostId": rack, "CapacityTaskId": "cap-00000000000000009"}),
		record,
		{Params: map[string]string{}, Status: 403, Error: "MissingAuthenticationTokenException"},
	}
	diff(t, "requests", want, c.server.Requests())
}

func TestLatency(t *testing.T) {
	const latency = 30 * time.Millisecond
	c := smallClient(t, Options{Latency: latency})
	began := time.Now()
	c.get("/outposts")
	if took := time.Since(began); took < latency {
		t.Errorf("answered after %v", took)
	}
}

// TestSlowCallsEnd checks that a call under way ends when its client or the server does.
func TestSlowCallsEnd(t *testing.T) {
	seen := make(chan Request, 2)
	c := smallClient(t, Options{Faults: []Fault{{Kind: FaultSlow, Delay: time.Hour}}, OnRequest: func(r Request) { seen <- r }})
	t.Run("client", func(t *testing.T) { slowCall(t, c, func(cancel func()) { cancel() }, seen) })
	t.Run("server", func(t *testing.T) {
		slowCall(t, c, func(func()) {
			if err := c.server.Close(); err != nil {
				t.Error(err)
			}
		}, seen)
	})
}

func slowCall(t *testing.T, c client, end func(cancel func()), seen <-chan Request) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server.URL()+"/sites", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", c.authorization("outposts"))
	failed, before := make(chan error), counted(c.server)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		failed <- err
	}()
	for counted(c.server) == before {
		runtime.Gosched()
	}
	end(cancel)
	if err := <-failed; err == nil {
		t.Error("the call was answered")
	}
	diff(t, "request", Request{Account: plant, Region: "eu-central-1", Service: "outposts", Operation: "ListSites",
		Params: map[string]string{}, Fault: FaultSlow}, <-seen)
}

// counted is how many calls of ListSites have come.
func counted(s *server) int {
	s.usage.mu.Lock()
	defer s.usage.mu.Unlock()
	if m := s.usage.of[usageKey{plant, "eu-central-1", "ListSites"}]; m != nil {
		return m.calls
	}
	return 0
}

// TestListensOnLoopbackAlone refuses addresses that others could reach, which must fail before anything listens.
func TestListensOnLoopbackAlone(t *testing.T) {
	e := &Estate{}
	for addr, want := range map[string]string{
		"0.0.0.0:0": "start simulated AWS: 0.0.0.0:0 is not on loopback", ":0": "start simulated AWS: :0 is not on loopback",
		"[::]:0": "start simulated AWS: [::]:0 is not on loopback", "192.0.2.1:0": "start simulated AWS: 192.0.2.1:0 is not on loopback",
		"127.0.0.1:0": "",
	} {
		s, err := Start(Options{Estate: e, Addr: addr})
		got := ""
		if err != nil {
			got = err.Error()
		} else if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}
