package policies

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // named zones are there on every machine

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

// hideMachine keeps the machine's time zone from policies, and its clock from their tests. OPA's built-ins look at the zone in two
// places: for the one called Local, and for the abbreviation of a zone, such as EST, in a text that is parsed. Here they say what they say
// on a machine in UTC. OPA prefers its own built-ins to those that come with a query, so they are replaced in its table, which nothing
// else in the process uses.
var hideMachine = sync.OnceFunc(func() {
	for _, b := range [...]*ast.Builtin{ast.Format, ast.Date, ast.Clock, ast.Weekday, ast.AddDate, ast.Diff} {
		original := topdown.GetBuiltin(b.Name)
		topdown.RegisterBuiltinFunc(b.Name, func(ctx topdown.BuiltinContext, operands []*ast.Term, yield func(*ast.Term) error) error {
			at := slices.Clone(operands)
			for i, o := range at {
				at[i] = inUTC(o)
			}
			return original(ctx, at, yield)
		})
	}
	topdown.RegisterBuiltinFunc(ast.ParseNanos.Name, parseNanos)
	topdown.RegisterBuiltinFunc(ast.NowNanos.Name, nowNanos)
})

// stopped is the key of a context in which the clock stands at TestTime. OPA's tester takes no other clock than the machine's.
type stopped struct{}

func atTestTime(ctx context.Context) context.Context { return context.WithValue(ctx, stopped{}, true) }

// nowNanos is the instant of the evaluation.
func nowNanos(ctx topdown.BuiltinContext, _ []*ast.Term, yield func(*ast.Term) error) error {
	if ctx.Context.Value(stopped{}) != nil {
		return yield(ast.NumberTerm(json.Number(strconv.FormatInt(TestTime().UnixNano(), 10))))
	}
	return yield(ctx.Time)
}

// inUTC returns an operand of a built-in of time, with UTC where it is [ns, "Local"] or [ns, "Local", layout].
func inUTC(operand *ast.Term) *ast.Term {
	at, ok := operand.Value.(*ast.Array)
	if !ok || at.Len() < 2 || !at.Elem(1).Equal(ast.StringTerm("Local")) {
		return operand
	}
	parts := []*ast.Term{at.Elem(0), ast.StringTerm("UTC")}
	for i := 2; i < at.Len(); i++ {
		parts = append(parts, at.Elem(i))
	}
	return ast.ArrayTerm(parts...)
}

// layouts are the names of layouts that OPA knows beside the layouts themselves.
var layouts = map[string]string{
	"ANSIC": time.ANSIC, "UnixDate": time.UnixDate, "RubyDate": time.RubyDate, "RFC822": time.RFC822, "RFC822Z": time.RFC822Z,
	"RFC850": time.RFC850, "RFC1123": time.RFC1123, "RFC1123Z": time.RFC1123Z, "RFC3339": time.RFC3339, "RFC3339Nano": time.RFC3339Nano,
}

// parseNanos is time.parse_ns. time.Parse, which OPA calls, asks the machine what an abbreviation stands for.
func parseNanos(_ topdown.BuiltinContext, operands []*ast.Term, yield func(*ast.Term) error) error {
	layout, err := builtins.StringOperand(operands[0].Value, 1)
	if err != nil {
		return err
	}
	value, err := builtins.StringOperand(operands[1].Value, 2)
	if err != nil {
		return err
	}
	at, err := time.ParseInLocation(cmp.Or(layouts[string(layout)], string(layout)), string(value), time.UTC)
	if err != nil {
		return err
	}
	ns := at.UnixNano()
	if !time.Unix(0, ns).Equal(at) {
		return errors.New("time outside of valid range")
	}
	return yield(ast.NewTerm(ast.Number(strconv.FormatInt(ns, 10))))
}
