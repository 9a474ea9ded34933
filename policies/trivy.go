package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
	"github.com/open-policy-agent/opa/v1/types"
)

// Trivy's checks call functions that OPA does not have. They are declared here as Trivy declares them, so that its checks load. Those
// that want no more than their arguments do what Trivy's do. A call of the others ends the evaluation, and the rule is an error.

// trivyFunction is a function of Trivy's.
type trivyFunction struct {
	name string
	decl *types.Function
	lack string // what tenor does not have for it; empty: it has all
	call func(args []*ast.Term) (*ast.Term, error)
}

var trivyFunctions = []trivyFunction{
	{name: "result.new", decl: types.NewFunction(types.Args(types.S, types.A), types.A),
		call: func(args []*ast.Term) (*ast.Term, error) { return trivyResult(args[0], args[1]), nil }},
	{name: "isManaged", decl: types.NewFunction(types.Args(types.A), types.B),
		call: func(args []*ast.Term) (*ast.Term, error) {
			return trivyResult(ast.StringTerm(""), args[0]).Get(ast.StringTerm("managed")), nil
		}},
	{name: "cidr.is_public", decl: types.NewFunction(types.Args(types.S), types.B), call: ofText(func(text string) *ast.Term {
		return ast.BooleanTerm(isPublic(text))
	})},
	{name: "cidr.count_addresses", decl: types.NewFunction(types.Args(types.S), types.N), call: ofText(func(text string) *ast.Term {
		return ast.NumberTerm(json.Number(strconv.FormatUint(countAddresses(text), 10)))
	})},
	{name: "squealer.scan_string", lack: "a scanner for secrets", decl: types.NewFunction(types.Args(types.S),
		types.NewObject([]*types.StaticProperty{{Key: "description", Value: types.S}, {Key: "transgressionFound", Value: types.B}}, nil))},
	{name: "sh.parse_commands", lack: "a parser of shell commands",
		decl: types.NewFunction(types.Args(types.S), types.NewArray(nil, types.NewArray(nil, types.S)))},
}

// trivyBuiltins declares the functions to a compiler.
func trivyBuiltins() []*ast.Builtin {
	out := make([]*ast.Builtin, len(trivyFunctions))
	for i, f := range trivyFunctions {
		out[i] = &ast.Builtin{Name: f.name, Decl: f.decl}
	}
	return out
}

// withTrivy gives a query the functions.
func withTrivy(r *rego.Rego) {
	for _, f := range trivyFunctions {
		rego.FunctionDyn(&rego.Function{Name: f.name, Decl: f.decl}, func(_ rego.BuiltinContext, args []*ast.Term) (*ast.Term, error) {
			if f.lack != "" {
				return nil, rego.NewHaltError(errors.New("it needs " + f.lack + ", which Trivy has and tenor does not"))
			}
			return f.call(args)
		})(r)
	}
}

// lacking returns a line for each function that tenor cannot do and a compiled policy calls, with the file:line of its first call.
func lacking(file string, m *ast.Module) []string {
	var lines []string
	for _, f := range trivyFunctions {
		line := 0
		ast.WalkExprs(m, func(x *ast.Expr) bool {
			if f.lack != "" && x.IsCall() && x.Operator().String() == f.name && (line == 0 || x.Location.Row < line) {
				line = x.Location.Row
			}
			return false
		})
		if line > 0 {
			lines = append(lines, fmt.Sprintf("%s:%d: %s needs %s, which Trivy has and tenor does not: a rule that calls it is an error",
				file, line, f.name, f.lack))
		}
	}
	return lines
}

// trivyPlace are the members of a result that say where its cause stands in a file, but for parent: by which names the cause gives
// each, of which the last counts, and what it is without.
var trivyPlace = []struct {
	name  string
	given []string
	none  *ast.Term
}{
	{"startline", []string{"startline", "StartLine"}, ast.IntNumberTerm(0)},
	{"endline", []string{"endline", "EndLine"}, ast.IntNumberTerm(0)},
	{"sourceprefix", []string{"sourceprefix"}, ast.StringTerm("")},
	{"filepath", []string{"filepath", "Path"}, ast.StringTerm("")},
	{"explicit", []string{"explicit"}, ast.BooleanTerm(false)},
	{"managed", []string{"managed"}, ast.BooleanTerm(true)},
	{"fskey", []string{"fskey"}, ast.StringTerm("")},
	{"resource", []string{"resource"}, ast.StringTerm("")},
}

// trivyResult is what a check of Trivy's reports: the message, if there is one, and where the cause stands.
func trivyResult(msg, cause *ast.Term) *ast.Term {
	if metadata := cause.Get(ast.StringTerm("__defsec_metadata")); metadata != nil {
		cause = metadata
	}
	parent := ast.NullTerm()
	if p := cause.Get(ast.StringTerm("parent")); p != nil {
		parent = trivyResult(nil, p)
	}
	members := [][2]*ast.Term{{ast.StringTerm("parent"), parent}}
	if msg != nil {
		members = append(members, [2]*ast.Term{ast.StringTerm("msg"), msg})
	}
	for _, m := range trivyPlace {
		value := m.none
		for _, name := range m.given {
			if v := cause.Get(ast.StringTerm(name)); v != nil {
				value = v
			}
		}
		members = append(members, [2]*ast.Term{ast.StringTerm(m.name), value})
	}
	return ast.ObjectTerm(members...)
}

// dropPlace takes out of what an element says where its cause stands in a file, if it is a result of Trivy's: no document is read from one.
func dropPlace[V any](members map[string]V) {
	names := []string{"parent"}
	for _, m := range trivyPlace {
		names = append(names, m.name)
	}
	if slices.ContainsFunc(names, func(name string) bool { _, there := members[name]; return !there }) {
		return
	}
	for _, name := range names {
		delete(members, name)
	}
}

func ofText(f func(string) *ast.Term) func([]*ast.Term) (*ast.Term, error) {
	return func(args []*ast.Term) (*ast.Term, error) {
		text, err := builtins.StringOperand(args[0].Value, 1)
		if err != nil {
			return nil, err
		}
		return f(string(text)), nil
	}
}

// shared is the network that carriers put between their customers and the internet.
var shared = net.IPNet{IP: net.IPv4(100, 64, 0, 0), Mask: net.CIDRMask(10, 32)}

// isPrivate reports whether the internet does not reach an address.
func isPrivate(ip net.IP) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip)
}

// everywhere reports whether a text is one of the words for all addresses.
func everywhere(text string) bool {
	return text == "*" || strings.EqualFold(text, "internet") || strings.EqualFold(text, "any")
}

// isPublic reports whether the first or the last address of a network, or of a range a-b, is on the internet; an address is a network
// of one. Of what is none of these it says no, as Trivy does, but for a range: of the ends of one it says no where both are private.
func isPublic(text string) bool {
	if everywhere(text) {
		return true
	}
	if first, last, ok := strings.Cut(text, "-"); ok {
		return !strings.Contains(last, "-") &&
			!(isPrivate(net.ParseIP(strings.TrimSpace(first))) && isPrivate(net.ParseIP(strings.TrimSpace(last))))
	}
	if ip := net.ParseIP(text); ip != nil {
		return !isPrivate(ip)
	}
	first, n, err := net.ParseCIDR(text)
	if err != nil {
		return false
	}
	last := make(net.IP, len(n.IP))
	for i := range last {
		last[i] = n.IP[i] | ^n.Mask[i]
	}
	return !isPrivate(first) || !isPrivate(last)
}

// countAddresses returns how many addresses a network has, at most as many as 64 bits can say: 1 for an address, 0 for what is neither.
func countAddresses(text string) uint64 {
	const most = ^uint64(0)
	if everywhere(text) {
		return most
	}
	if net.ParseIP(text) != nil {
		return 1
	}
	_, n, err := net.ParseCIDR(text)
	if err != nil {
		return 0
	}
	ones, bits := n.Mask.Size()
	if bits-ones >= 63 {
		return most
	}
	return 1 << (bits - ones)
}
