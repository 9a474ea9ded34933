package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"

	"tenor/audit"
	"tenor/collector"
	"tenor/finance"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

// printed holds commands, as lists of words, by the rule's id.
type printed map[string][][]string

func (p printed) add(id string, words []string) { p[id] = append(p[id], words) }

// TestCommandsOnlyRead holds every command that the pack prints to AWS's API: a finding never prints what changes something.
func TestCommandsOnlyRead(t *testing.T) {
	pack := load(t, Options{Params: map[string]map[string]json.RawMessage{
		"service_catalog.version_behind": {"enabled": json.RawMessage("true")}, // which is off by default
	}}, nil)
	sources := map[string]printed{"examples": examplesPrint(t), "Rego tests": testsPrint(t, pack), "demo": demoPrints(t, pack)}
	for source, all := range sources {
		want := pack.withCommand()
		if source == "demo" { // which has no bill
			for _, r := range pack.Rules() {
				if slices.Contains(r.Requires, audit.SectionCharges) {
					want = slices.DeleteFunc(want, func(id string) bool { return id == r.ID })
				}
			}
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(all))); diff != "" {
			t.Errorf("the rules whose command was checked in the %s (-those that have one +checked):\n%s", source, diff)
		}
	}
	apis := map[string]awsAPI{"the SDK": apiOfSDK()}
	if models := apiOfModels(t); models != nil {
		apis["AWS's models"] = models
	}
	for name, api := range apis {
		for source, all := range sources {
			for id, commands := range all {
				for _, words := range commands {
					if err := api.checkRead(words); err != nil {
						t.Errorf("%s in the %s, by %s: %q: %v", id, source, name, words, err)
					}
				}
			}
		}
	}
}

// withCommand returns the ids of the rules that name a command, in order.
func (p *Pack) withCommand() (ids []string) {
	for _, r := range p.rules {
		source := p.files[slices.IndexFunc(p.files, func(s *source) bool { return s.own() && s.path == r.File })]
		named := false
		ast.WalkTerms(source.module, func(t *ast.Term) bool {
			if o, ok := t.Value.(ast.Object); ok {
				named = named || o.Get(ast.StringTerm("command")) != nil
			}
			return false
		})
		if named {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func examplesPrint(t *testing.T) printed {
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := printed{}
	for _, ex := range examples {
		all.addFindings(ex.Findings)
	}
	return all
}

func (p printed) addFindings(findings []audit.Finding) {
	for _, f := range findings {
		if f.Command != "" {
			p.add(f.Rule, shellWords(string(f.Command)))
		}
	}
}

var shellWord = regexp.MustCompile(`'(?:[^']|'\\'')*'|\S+`)

// shellWords splits a line as commandLine wrote it.
func shellWords(line string) []string {
	words := shellWord.FindAllString(line, -1)
	for i, w := range words {
		if inner, ok := strings.CutPrefix(w, "'"); ok {
			words[i] = strings.ReplaceAll(strings.TrimSuffix(inner, "'"), `'\''`, "'")
		}
	}
	return words
}

// testsPrint returns what the rules print in their own Rego tests.
func testsPrint(t *testing.T, p *Pack) printed {
	l := &listener{t: t, printed: printed{}}
	if _, err := p.runTests(t.Context(), nil, func(r *tester.Runner) { r.SetCoverageQueryTracer(l) }); err != nil {
		t.Fatal(err)
	}
	return l.printed
}

// listener hears the members of every set deny as they are made.
type listener struct {
	t  *testing.T
	mu sync.Mutex
	printed
}

func (*listener) Enabled() bool               { return true }
func (*listener) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (l *listener) TraceEvent(e topdown.Event) {
	r, ok := e.Node.(*ast.Rule)
	if !ok || e.Op != topdown.ExitOp || r.Head.Name != "deny" {
		return
	}
	o, ok := e.Plug(r.Head.Key).Value.(ast.Object)
	if !ok {
		return
	}
	command := o.Get(ast.StringTerm("command"))
	if command == nil || command.Equal(ast.NullTerm()) {
		return
	}
	var words []string
	if err := ast.As(command.Value, &words); err != nil {
		l.t.Errorf("%s: command %s is no list of words", r.Location, command)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(strings.Join(packagePath(r.Module.Package.Path)[1:], "."), words)
}

// demoPrints returns what the rules print over the demo's estate.
func demoPrints(t *testing.T, p *Pack) printed {
	evaluator, err := p.NewEvaluator(demoTime)
	if err != nil {
		t.Fatal(err)
	}
	all := printed{}
	for _, r := range enrichedDemo(t) {
		findings, err := evaluator.Eval(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		all.addFindings(findings)
	}
	return all
}

var demoTime = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// enrichedDemo returns the resources of the demo with their facts.
func enrichedDemo(t *testing.T) (all []*audit.Resource) {
	analyst, err := finance.New(demoTime, audit.Assumptions{
		DiscountRate: "0.08", FiscalYearStart: 1, Calendar: "us", NoticeBusinessDays: 5, MonthToMonthTerm: "ONE_YEAR",
		AllowedTerms: []string{"ONE_YEAR", "THREE_YEARS"}, AllowedOptions: []string{"ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"},
		ApprovalLimitUSD: "250000.00", ApprovalBasis: finance.BasisTotal, RetiredStatuses: []string{"RETIRED"},
		Decisions: []audit.Decision{{Outpost: "op-a15ae49d5668d156b", Action: audit.ActionRenew, PaymentTerm: "THREE_YEARS",
			PaymentOption: "ALL_UPFRONT", Owner: "o", Reason: "r", DecidedOn: "2026-11-01"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	estate := analyst.NewEstate(nil)
	for r, err := range demoSnapshot(t, demoTime).Resources() {
		if err != nil {
			t.Fatal(err)
		}
		if err := estate.Enrich(r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	for account, err := range estate.Accounts() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, account)
	}
	return all
}

func demoSnapshot(t *testing.T, now time.Time) *snapshot.Snapshot {
	estate, err := awssim.DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	key := awssim.AccessKey(estate.Organization.ManagementAccount)
	config, err := awsread.LoadConfig(t.Context(), awsread.LoadOptions{Endpoint: server.URL(), AccessKey: key})
	if err != nil {
		t.Fatal(err)
	}
	o := collector.Options{
		Config: config, Now: func() time.Time { return now }, Regions: estate.Regions, Rate: 10_000,
		Organization: &collector.Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID},
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	s, err := collector.Collect(t.Context(), o, func() (*snapshot.Writer, error) { return snapshot.Create(dir) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// awsAPI holds service → operation → parameter → whether it is required, each as the AWS CLI names it.
type awsAPI map[string]map[string]map[string]bool

// readVerbs begin the names of the operations of Outposts and Service Catalog that change nothing.
var readVerbs = []string{"get", "list", "describe", "search", "scan"}

// checkRead returns what keeps words from being an AWS CLI call that only reads.
func (a awsAPI) checkRead(words []string) error {
	if len(words) < 3 || words[0] != "aws" {
		return errors.New("it is no call of the AWS CLI")
	}
	verb, _, _ := strings.Cut(words[2], "-")
	if !slices.Contains(readVerbs, verb) {
		return fmt.Errorf("%s does more than read", words[2])
	}
	parameters, ok := a[words[1]][words[2]]
	if !ok {
		return fmt.Errorf("%s has no operation %s", words[1], words[2])
	}
	given := map[string]bool{}
	for option := range slices.Chunk(words[3:], 2) {
		name, ok := strings.CutPrefix(option[0], "--")
		if _, known := parameters[name]; !ok || !known && name != "region" {
			return fmt.Errorf("%s has no parameter %s", words[2], option[0])
		}
		if len(option) < 2 || option[1] == "" || strings.HasPrefix(option[1], "--") {
			return fmt.Errorf("%s has no value", option[0])
		}
		given[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if parameters[name] && !given[name] {
			return fmt.Errorf("--%s is missing", name)
		}
	}
	if !given["region"] {
		return errors.New("--region is missing")
	}
	return nil
}

// apiOfSDK reads the operations off the SDK's clients, which do not say what is required.
func apiOfSDK() awsAPI {
	api := awsAPI{}
	for service, client := range map[string]reflect.Type{
		"outposts": reflect.TypeFor[*outposts.Client](), "servicecatalog": reflect.TypeFor[*servicecatalog.Client](),
	} {
		api[service] = map[string]map[string]bool{}
		for m := range client.Methods() {
			if m.Type.NumIn() != 4 || m.Type.In(1) != reflect.TypeFor[context.Context]() {
				continue
			}
			parameters := map[string]bool{}
			for f := range m.Type.In(2).Elem().Fields() {
				parameters[kebab(f.Name)] = false
			}
			api[service][kebab(m.Name)] = parameters
		}
	}
	return api
}

// apiOfModels reads AWS's models, nil where they are not here.
func apiOfModels(t *testing.T) awsAPI {
	api := awsAPI{}
	for _, service := range []string{"outposts", "servicecatalog"} {
		files, err := filepath.Glob(filepath.Join("../../shared/aws/models", service, "*/service-2.json"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			return nil
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		var model struct {
			Operations map[string]struct{ Input struct{ Shape string } }
			Shapes     map[string]struct {
				Members  map[string]json.RawMessage
				Required []string
			}
		}
		if err := json.Unmarshal(b, &model); err != nil {
			t.Fatal(err)
		}
		api[service] = map[string]map[string]bool{}
		for name, operation := range model.Operations {
			input := model.Shapes[operation.Input.Shape]
			parameters := map[string]bool{}
			for member := range input.Members {
				parameters[kebab(member)] = slices.Contains(input.Required, member)
			}
			api[service][kebab(name)] = parameters
		}
	}
	return api
}

var kebabs = []*regexp.Regexp{regexp.MustCompile(`(.)([A-Z][a-z]+)`), regexp.MustCompile(`([a-z0-9])([A-Z])`)}

// kebab spells a name of the API as the AWS CLI does.
func kebab(name string) string {
	for _, re := range kebabs {
		name = re.ReplaceAllString(name, "$1-$2")
	}
	return strings.ToLower(name)
}

func TestCheckRead(t *testing.T) {
	api := awsAPI{"servicecatalog": {
		"describe-record":               {"id": true, "page-size": false},
		"terminate-provisioned-product": {"provisioned-product-id": false},
	}}
	for name, tt := range map[string]struct{ line, want string }{
		"a read": {"aws servicecatalog describe-record --id 'rec 1' --region r", ""},
		"what changes something": {
			"aws servicecatalog terminate-provisioned-product --provisioned-product-id pp-1 --region r",
			"terminate-provisioned-product does more than read",
		},
		"a word before a read": {
			"aws servicecatalog batch-describe-record --id rec-1 --region r",
			"batch-describe-record does more than read",
		},
		"no operation": {
			"aws servicecatalog describe-records --id rec-1 --region r",
			"servicecatalog has no operation describe-records",
		},
		"another service": {"aws s3 list-buckets --region r", "s3 has no operation list-buckets"},
		"another program": {"rm -rf /", "it is no call of the AWS CLI"},
		"a parameter that is none": {
			"aws servicecatalog describe-record --record-id rec-1 --region r",
			"describe-record has no parameter --record-id",
		},
		"a second command": {
			"aws servicecatalog describe-record --id rec-1 --region r ; reboot",
			"describe-record has no parameter ;",
		},
		"no value at the end":       {"aws servicecatalog describe-record --region r --id", "--id has no value"},
		"no value in the middle":    {"aws servicecatalog describe-record --id --region r", "--id has no value"},
		"an empty value":            {"aws servicecatalog describe-record --id '' --region r", "--id has no value"},
		"a required one is missing": {"aws servicecatalog describe-record --region r", "--id is missing"},
		"no region":                 {"aws servicecatalog describe-record --id rec-1", "--region is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := api.checkRead(shellWords(tt.line)); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"ListBlockingInstancesForCapacityTask": "list-blocking-instances-for-capacity-task",
		"GetAWSOrganizationsAccessStatus":      "get-aws-organizations-access-status",
		"Id":                                   "id",
	} {
		if diff := cmp.Diff(want, kebab(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
