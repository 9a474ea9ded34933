// Command schemagen writes the JSON Schema of each kind of resource document: the AWS parts from the SDK's own types, the
// facts from tenor's. Policies are type-checked against them when they are compiled.
//
// The schemas are open: a field or an enum value that is newer than the SDK is allowed in a document. A policy, though,
// can only name what is here.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/outposts"
	outposttypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	catalogtypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"tenor/audit"
)

// document says which types a kind's document is made of; nil means that it has no such part.
type document struct {
	spec    any
	related map[string]any
	facts   any
}

// outpostOfOrder is what the collector joins into an order of its Outpost.
type outpostOfOrder struct {
	OutpostId, Name, OutpostArn, LifeCycleStatus, ContractEndDate *string //nolint:revive // AWS's names
	PaymentTerm                                                   outposttypes.PaymentTerm
	PaymentOption                                                 outposttypes.PaymentOption
	Subscriptions                                                 []outposttypes.Subscription
}

// artifact is what the collector joins into a provisioned product of its version.
type artifact struct {
	catalogtypes.ProvisioningArtifactDetail
	Missing      bool // the version is no longer among the product's
	NewestActive *struct {
		Id, Name    *string //nolint:revive // AWS's names
		CreatedTime *time.Time
		Guidance    catalogtypes.ProvisioningArtifactGuidance
	}
}

func documents() map[string]document {
	return map[string]document{
		audit.KindOutpost: {outposttypes.Outpost{}, map[string]any{
			"billing": outposts.GetOutpostBillingInformationOutput{}, "renewal_pricing": outposts.GetRenewalPricingOutput{}, "site": outposttypes.Site{},
		}, audit.OutpostFacts{}},
		audit.KindOrder: {outposttypes.Order{}, map[string]any{
			"outpost": outpostOfOrder{}, "quote_option": outposttypes.QuoteOption{},
		}, audit.OrderFacts{}},
		audit.KindQuote:        {outposttypes.Quote{}, nil, audit.QuoteFacts{}},
		audit.KindCapacityTask: {outposts.GetCapacityTaskOutput{}, nil, nil},
		audit.KindProvisionedProduct: {catalogtypes.ProvisionedProductAttribute{}, map[string]any{
			"last_record": catalogtypes.RecordDetail{}, "artifact": artifact{},
		}, nil},
		audit.KindAccount: {nil, nil, audit.AccountFacts{}},
	}
}

// Generate returns the schemas by file name.
func Generate() (map[string][]byte, error) {
	files := map[string][]byte{}
	for kind, d := range documents() {
		b, err := json.MarshalIndent(d.schema(kind), "", " ")
		if err != nil {
			return nil, err
		}
		files[kind+".json"] = append(b, '\n')
	}
	return files, nil
}

type schema = map[string]any

func (d document) schema(kind string) schema {
	related := schema{}
	for section, v := range d.related {
		related[section] = of(reflect.TypeOf(v))
	}
	text := func(about string) schema { return schema{"type": "string", "description": about} }
	properties := schema{
		"kind":    schema{"type": "string", "const": kind},
		"id":      text("AWS's id"),
		"arn":     text("empty where AWS gives none"),
		"name":    text("the resource's name"),
		"account": text("the twelve digits of the account it was collected from"),
		"region":  text("empty for estate.account"),
		"tags":    schema{"type": []string{"object", "null"}, "description": "null where the kind has no tags", "additionalProperties": schema{"type": "string"}},
		"gaps":    schema{"type": []string{"object", "null"}, "description": "section → why it was not collected", "additionalProperties": of(reflect.TypeOf(audit.Gap{}))},
		"spec":    part(d.spec, "the resource as AWS sent it"),
		"related": object(related, "what was joined in, section by section"),
		"facts":   part(d.facts, "what tenor derives"),
	}
	return schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Resource document of " + kind,
		"type": "object", "properties": properties, "required": []string{"kind", "id", "account"},
	}
}

// part returns the schema of spec or facts; a kind that has none may only have null there, which a policy cannot look into.
func part(v any, about string) schema {
	if v == nil {
		return object(schema{}, about)
	}
	s := of(reflect.TypeOf(v))
	s["description"] = about
	return s
}

// object returns the schema of an object that may also be null. One without properties is given a name that no document
// has: OPA takes an object without properties for one of any.
func object(properties schema, about string) schema {
	if len(properties) == 0 {
		properties = schema{"-": schema{"type": "null"}}
	}
	s := schema{"type": []string{"object", "null"}, "properties": properties}
	if about != "" {
		s["description"] = about
	}
	return s
}

// of returns the schema of a Go type as it stands in a document. Enums are plain strings, since AWS adds to them.
func of(t reflect.Type) schema {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return schema{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.Number]():
		return schema{"type": "number"}
	case t == reflect.TypeFor[audit.Optional]():
		return nullable(schema{"type": "string"})
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(of(t.Elem()))
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice:
		return schema{"type": "array", "items": of(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": of(t.Elem())}
	case reflect.Struct:
		properties := schema{}
		members(t, properties)
		return object(properties, "")
	}
	panic(fmt.Sprintf("no schema for %s", t)) // a new shape of the SDK: decide here what it looks like in a document
}

// nullable allows null. For OPA that makes a string or a number a value of any type, which a comparison with null needs.
func nullable(s schema) schema {
	if _, ok := s["properties"]; ok {
		return s
	}
	return schema{"anyOf": []schema{s, {"type": "null"}}}
}

// members adds the fields of a struct by their names in JSON; AWS's are those of the Go fields.
func members(t reflect.Type, into schema) {
	for f := range fields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			members(f.Type, into)
		case !f.IsExported() || f.Name == "ResultMetadata" || f.Name == "NextToken":
		case name != "":
			into[name] = of(f.Type)
		case f.Type.Kind() == reflect.Pointer: // AWS leaves out what is not set
			into[f.Name] = of(f.Type.Elem())
		default:
			into[f.Name] = of(f.Type)
		}
	}
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := Generate()
	if err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
