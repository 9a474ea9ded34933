package billing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/internal/awsread"
)

// CostExplorer is what is called of Cost Explorer's client: it only reads, and AWS charges each call.
type CostExplorer interface {
	GetCostAndUsage(context.Context, *costexplorer.GetCostAndUsageInput, ...func(*costexplorer.Options)) (
		*costexplorer.GetCostAndUsageOutput, error)
}

// NewCostExplorer returns a client that can only read, at the one endpoint of the partition, and sends each call once: another attempt
// costs too.
func NewCostExplorer(cfg aws.Config) *costexplorer.Client {
	return costexplorer.NewFromConfig(awsread.Guard(cfg), func(o *costexplorer.Options) { o.Retryer = aws.NopRetryer{} })
}

// ExplorerPrice is what calls of Cost Explorer cost, in US dollars: https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/.
func ExplorerPrice(calls int) string { return decimal.New(int64(calls), -2).StringFixed(2) }

// ReadCostExplorer reads what AWS charged from Cost Explorer, with at most so many calls: the months of a payer, who asks, up to last. It
// groups by account and region, and knows no Outpost, invoice or line: a charge is of an Outpost where its account has one contract in the
// region. What cannot be read leaves out all of it and is a gap; the error is only that of ctx.
func ReadCostExplorer(ctx context.Context, payer string, of Months, last string, maxCalls int, client CostExplorer,
) (*audit.Charges, error) {
	out := &audit.Charges{Sources: []audit.ChargeSource{}, Gaps: []audit.ChargeGap{}, Rows: []audit.Charge{}}
	e := explorer{client: client, left: maxCalls, calls: maxCalls, months: map[string]*explored{}}
	if err := e.read(ctx, of.From, last); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		reason, message := reasonOf(audit.CostExplorer, err)
		out.Gaps = append(out.Gaps, audit.ChargeGap{Payer: payer, Export: audit.CostExplorer, Reason: reason, Message: message})
		return out, nil
	}
	for _, period := range slices.Sorted(maps.Keys(e.months)) {
		m := e.months[period]
		missing := []string{missingCommitment, missingDescription, missingResource}
		if m.unknown {
			missing = append(missing, MissingCategory)
		}
		slices.Sort(missing)
		s := audit.ChargeSource{Payer: payer, Period: period, Export: audit.CostExplorer, Format: audit.CostExplorer, Files: []audit.ChargeFile{},
			Lines: m.lines, Accounts: append([]string{}, slices.Sorted(maps.Keys(m.accounts))...), OutpostsLines: m.outpostsLines,
			Missing: missing, Invoices: m.invoiceTotals()}
		if m.estimated {
			s.NotInvoiced = m.lines
		}
		out.Sources = append(out.Sources, s)
		out.Rows = append(out.Rows, m.charges(period, payer)...)
	}
	out.Gaps = append(out.Gaps, holes(out, of.To)...)
	slices.SortFunc(out.Rows, audit.CompareCharges)
	return out, nil
}

// explored is a month of Cost Explorer.
type explored struct {
	*tally
	seen
	estimated bool // AWS may still change it
	unknown   bool // it has charges for Outposts of a type that is not known
}

type explorer struct {
	client      CostExplorer
	calls, left int // that may be made, and that still may
	interval    types.DateInterval
	months      map[string]*explored
}

// recordTypes are Cost Explorer's types of charges in the words of FOCUS: category and frequency. Some it spells in two ways.
var recordTypes = map[string][2]string{
	"Recurring": {classPurchase, recurring}, "RIFee": {classPurchase, recurring}, "Upfront": {classPurchase, oneTime},
	"Fee": {classPurchase, oneTime}, "Refund": {classCorrection, oneTime}, "Usage": {classUsage, "Usage-Based"},
	"DiscountedUsage": {classUsage, "Usage-Based"}, "SavingsPlanCoveredUsage": {classUsage, "Usage-Based"}, "Tax": {classTax, ""},
	"Credit": {classCredit, ""},
}

const (
	metricContracted = "UnblendedCost"
	metricBilled     = "NetUnblendedCost"
)

// read asks for the accounts of the bill, the types of the charges for Outposts, those of contracts, and what products cost.
func (e *explorer) read(ctx context.Context, from, last string) error {
	start, serr := audit.ParseMonth(from)
	end, eerr := audit.ParseMonth(last)
	if err := errors.Join(serr, eerr); err != nil {
		return err
	}
	e.interval = types.DateInterval{Start: aws.String(start.Start().Format(time.DateOnly)),
		End: aws.String((end + 1).Start().Format(time.DateOnly))}
	linked, regions := dimension(types.DimensionLinkedAccount), dimension(types.DimensionRegion)
	err := e.ask(ctx, nil, func(m *explored, keys []string, _ types.Group) error {
		if !audit.IsAccountID(keys[0]) {
			return fmt.Errorf("the account %.20q: want twelve digits", keys[0])
		}
		return begin(&m.seen, "", keys[0])
	}, linked)
	if err != nil {
		return err
	}
	outposts := in(types.DimensionService, outpostsName)
	found := map[string]bool{}
	err = e.ask(ctx, &outposts, func(m *explored, keys []string, _ types.Group) error {
		found[keys[0]] = true
		_, known := recordTypes[keys[0]]
		m.unknown = m.unknown || !known
		return nil
	}, dimension(types.DimensionRecordType))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		kind := recordTypes[name]
		if !contract(kind[0]) {
			continue
		}
		filter := types.Expression{And: []types.Expression{outposts, in(types.DimensionRecordType, name)}}
		err := e.ask(ctx, &filter, func(m *explored, keys []string, g types.Group) error {
			l := line{}
			l.text[account], l.text[region] = keys[0], keys[1]
			l.text[code], l.text[category], l.text[frequency] = outpostsCode, kind[0], kind[1]
			return m.charge(&l, g)
		}, linked, regions)
		if err != nil {
			return err
		}
	}
	beside := in(types.DimensionRecordType, classTax, classCredit)
	return e.ask(ctx, &types.Expression{Not: &beside}, func(m *explored, keys []string, g types.Group) error {
		_, arn, _ := strings.Cut(keys[0], "$") // the key of the tag stands before it
		l := line{}
		l.text[product], l.text[service], l.text[category] = arn, keys[1], classUsage
		if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
			l.text[account] = parts[4]
		}
		if arn == "" {
			return nil
		}
		return m.charge(&l, g)
	}, types.GroupDefinition{Type: types.GroupDefinitionTypeTag, Key: aws.String(productTag)}, dimension(types.DimensionService))
}

func dimension(d types.Dimension) types.GroupDefinition {
	return types.GroupDefinition{Type: types.GroupDefinitionTypeDimension, Key: aws.String(string(d))}
}

func in(d types.Dimension, values ...string) types.Expression {
	return types.Expression{Dimensions: &types.DimensionValues{Key: d, Values: values}}
}

// ask makes one query, with a call for each page of it, and hands each of its groups on, with its month.
func (e *explorer) ask(ctx context.Context, filter *types.Expression, each func(m *explored, keys []string, g types.Group) error,
	by ...types.GroupDefinition,
) error {
	for token := (*string)(nil); ; {
		if e.left == 0 {
			return fmt.Errorf("more than %d calls are needed: raise billing.cost_explorer.max_calls; each costs USD %s", e.calls, ExplorerPrice(1))
		}
		e.left--
		page, err := e.client.GetCostAndUsage(ctx, &costexplorer.GetCostAndUsageInput{TimePeriod: &e.interval, Filter: filter, GroupBy: by,
			Granularity: types.GranularityMonthly, Metrics: []string{metricContracted, metricBilled}, NextPageToken: token})
		if err != nil {
			return err
		}
		for i := range page.ResultsByTime {
			if err := e.month(&page.ResultsByTime[i], len(by), each); err != nil {
				return err
			}
		}
		if token = page.NextPageToken; aws.ToString(token) == "" {
			return nil
		}
	}
}

func (e *explorer) month(r *types.ResultByTime, keys int, each func(m *explored, keys []string, g types.Group) error) error {
	if r.TimePeriod == nil || len(aws.ToString(r.TimePeriod.Start)) != len(time.DateOnly) {
		return errors.New("Cost Explorer's answer has a month without its dates")
	}
	period := (*r.TimePeriod.Start)[:len("2006-01")]
	m := e.months[period]
	if m == nil {
		m = &explored{tally: newTally()}
		e.months[period] = m
	}
	m.estimated = m.estimated || r.Estimated
	for _, g := range r.Groups {
		if len(g.Keys) != keys {
			return fmt.Errorf("%s: a group of Cost Explorer's answer has %d keys: want %d", period, len(g.Keys), keys)
		}
		if err := each(m, g.Keys, g); err != nil {
			return fmt.Errorf("%s: %w", period, err)
		}
	}
	return nil
}

// explorerLayout has a charge of Cost Explorer read like a line of FOCUS: without invoices.
var explorerLayout = func() *layout {
	l := &layout{dialect: &focus, format: audit.CostExplorer}
	for i := range l.at {
		l.at[i] = -1
	}
	l.at[contracted], l.at[billed] = 0, 0
	return l
}()

// charge adds the amounts of a group as a line.
func (m *explored) charge(l *line, g types.Group) error {
	for c, name := range map[column]string{contracted: metricContracted, billed: metricBilled} {
		amount, err := readAmount(aws.ToString(g.Metrics[name].Amount))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.amount[c], l.text[currency] = amount, aws.ToString(g.Metrics[name].Unit)
	}
	if l.amount[contracted].Valid && l.amount[contracted].Decimal.IsZero() && l.amount[billed].Decimal.IsZero() {
		return nil
	}
	return m.add(explorerLayout, l)
}
