package billing

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
)

// Months are those that are read, each YYYY-MM.
type Months struct {
	From string // earlier ones are left out; empty: none is
	To   string // the last that every payer must have, as those before it; empty: the last that it has
}

// Read reads exports, each a folder or s3://bucket/prefix/export-name that has data and metadata in it, and adds up their charges. The
// client is asked for those in S3; nil where there are none. A month that a payer does not have between its first and the last is a gap.
// Where two exports have the same month of a payer, the one named first counts
// and the other is a gap. What cannot be read is a gap too: the error is only that of ctx.
func Read(ctx context.Context, exports []string, of Months, client S3) (*audit.Charges, error) {
	out := &audit.Charges{Sources: []audit.ChargeSource{}, Gaps: []audit.ChargeGap{}, Rows: []audit.Charge{}}
	read := map[[2]string]string{} // payer and period → the export that has it
	for _, name := range exports {
		months, gaps, err := readExport(ctx, name, of.From, client)
		if err != nil {
			return nil, err
		}
		out.Gaps = append(out.Gaps, gaps...)
		for _, m := range months {
			at := [2]string{m.source.Payer, m.source.Period}
			if other, twice := read[at]; twice {
				out.Gaps = append(out.Gaps, audit.ChargeGap{Payer: at[0], Period: at[1], Export: name, File: m.source.Manifest,
					Reason: audit.ReasonError, Message: fmt.Sprintf("%s has this month of the payer too, and is named first: name one of them", other)})
				continue
			}
			read[at] = name
			out.Sources = append(out.Sources, m.source)
			out.Rows = append(out.Rows, m.charges(m.source.Period, m.source.Payer)...)
		}
	}
	out.Gaps = append(out.Gaps, holes(out, of.To)...)
	slices.SortFunc(out.Sources, func(a, b audit.ChargeSource) int {
		return cmp.Or(cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Period, b.Period))
	})
	slices.SortFunc(out.Gaps, func(a, b audit.ChargeGap) int {
		return cmp.Or(cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Period, b.Period), cmp.Compare(a.Export, b.Export),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Message, b.Message))
	})
	slices.SortFunc(out.Rows, audit.CompareCharges)
	return out, nil
}

// noMonth says of a month that is not there, by whether it is of Cost Explorer.
var noMonth = map[bool]string{false: "the export has no such month: does AWS still deliver it?",
	true: "it has no such month: is the account that asks the payer since then?"}

// holes returns a gap for each month that a payer does not have, from its first to the last it must have.
func holes(c *audit.Charges, to string) (gaps []audit.ChargeGap) {
	there := map[string]map[string]bool{} // payer → periods
	export := map[string]string{}
	note := func(payer, period, name string) {
		if there[payer] == nil {
			there[payer], export[payer] = map[string]bool{}, name
		}
		there[payer][period] = true
	}
	for _, s := range c.Sources {
		note(s.Payer, s.Period, s.Export)
	}
	for _, g := range c.Gaps {
		if g.Period != "" {
			note(g.Payer, g.Period, g.Export)
		}
	}
	for payer, periods := range there {
		last := max(to, slices.Max(slices.Collect(maps.Keys(periods))))
		for period := slices.Min(slices.Collect(maps.Keys(periods))); period < last; {
			month, err := audit.ParseMonth(period)
			if err != nil {
				break // no partition is called so
			}
			if period = (month + 1).String(); !periods[period] {
				gaps = append(gaps, audit.ChargeGap{Payer: payer, Period: period, Export: export[payer], Reason: audit.ReasonError,
					Message: noMonth[export[payer] == audit.CostExplorer]})
			}
		}
	}
	return gaps
}

// month is a month that was read whole.
type month struct {
	source audit.ChargeSource
	seen
	*tally
}

// export is an export that is read.
type export struct {
	store
	name string
}

// gap returns the gap that an error makes, of a file where it is about one.
func (e *export) gap(payer, period string, err error) audit.ChargeGap {
	file := ""
	if f, ok := errors.AsType[*fileError](err); ok {
		file, err = f.file, f.err
	}
	reason, message := reasonOf("S3", err)
	return audit.ChargeGap{Payer: payer, Period: period, Export: e.name, File: file, Reason: reason, Message: message}
}

// fileError is an error about one file of an export.
type fileError struct {
	file string
	err  error
}

func (e *fileError) Error() string { return e.file + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// openExport opens an export. It is not nil with an error either.
func openExport(name string, client S3) (e *export, err error) {
	e = &export{name: name}
	if InS3(name) {
		e.store, err = openBucket(name, client)
	} else {
		e.store, err = openFolder(name)
	}
	return e, err
}

func readExport(ctx context.Context, name, from string, client S3) (months []month, gaps []audit.ChargeGap, err error) {
	e, err := openExport(name, client)
	if err != nil {
		return nil, []audit.ChargeGap{e.gap("", "", err)}, nil
	}
	defer func() { err = errors.Join(err, e.close()) }()
	partitions, err := e.partitions(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, []audit.ChargeGap{e.gap("", "", err)}, nil
	}
	for _, period := range slices.Sorted(maps.Keys(partitions)) {
		if period < from {
			continue
		}
		m, payer, err := e.month(ctx, period, partitions[period])
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			gaps = append(gaps, e.gap(payer, period, err))
		default:
			months = append(months, *m)
		}
	}
	if payer := onePayer(months, gaps); payer != "" { // whose a month without a manifest is
		for i := range gaps {
			gaps[i].Payer = cmp.Or(gaps[i].Payer, payer)
		}
	}
	return months, gaps, nil
}

// onePayer returns the payer of all months of which it is known; empty where there are several.
func onePayer(months []month, gaps []audit.ChargeGap) string {
	payers := map[string]bool{}
	for _, m := range months {
		payers[m.source.Payer] = true
	}
	for _, g := range gaps {
		if g.Payer != "" {
			payers[g.Payer] = true
		}
	}
	if len(payers) != 1 {
		return ""
	}
	return slices.Collect(maps.Keys(payers))[0]
}

// partition is what lies in the folders of a month: the manifests, and the name of one of its folders.
type partition struct {
	folders   map[string]bool // below metadata
	manifests []object
}

var partitionName = regexp.MustCompile(`^(?i:billing_period)=(\d{4}-(?:0[1-9]|1[0-2]))$`)

// partitions returns the months of the export: those of metadata, and those that have data alone.
func (e *export) partitions(ctx context.Context) (map[string]*partition, error) {
	out := map[string]*partition{}
	found := false
	for _, top := range [...]string{"metadata", "data"} {
		list, err := e.list(ctx, top)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			found = true
			parts := strings.Split(o.name, "/")
			m := partitionName.FindStringSubmatch(parts[min(1, len(parts)-1)])
			if m == nil || len(parts) < 3 {
				continue
			}
			p := out[m[1]]
			if p == nil {
				p = &partition{folders: map[string]bool{}}
				out[m[1]] = p
			}
			if top == "metadata" && len(parts) == 3 && strings.HasSuffix(strings.ToLower(parts[2]), "manifest.json") {
				p.folders[parts[1]] = true
				p.manifests = append(p.manifests, o)
			}
		}
	}
	switch {
	case !found:
		return nil, errors.New("has no data and metadata: want the folder of the export itself, such as prefix/export-name")
	case len(out) == 0:
		return nil, errors.New("has no partition such as metadata/BILLING_PERIOD=2026-09: is it an AWS Data Export?")
	}
	return out, nil
}

// manifest is what is read of a manifest.
type manifest struct {
	ExportArn string   `json:"exportArn"`
	DataFiles []string `json:"dataFiles"`
}

// maxManifest bounds a manifest; AWS's are of some hundred kilobytes at the most.
const maxManifest = 32 << 20

// readManifest decodes a manifest and returns the names of its files in the export, and the account of it.
func readManifest(text []byte, period string) (files []string, owner string, err error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, "", fmt.Errorf("%s is a JSON %s", e.Field, e.Value)
		}
		return nil, "", errors.New("is no JSON object that is whole")
	}
	if parts := strings.Split(m.ExportArn, ":"); len(parts) > 4 && audit.IsAccountID(parts[4]) {
		owner = parts[4]
	}
	seen := map[string]bool{}
	for _, uri := range m.DataFiles {
		i := strings.LastIndex(uri, "/data/")
		if i < 0 {
			return nil, owner, fmt.Errorf("names the file %.200q, which is not in a folder data", uri)
		}
		name := uri[i+1:]
		parts := strings.Split(name, "/")
		switch of := partitionName.FindStringSubmatch(parts[1]); {
		case path.Clean(name) != name || strings.ContainsAny(name, "\\\x00"):
			return nil, owner, fmt.Errorf("names the file %.200q, which is no path", uri)
		case of == nil || len(parts) < 3 || of[1] != period:
			return nil, owner, fmt.Errorf("names the file %.200q, which is of another month", uri)
		case seen[name]:
			return nil, owner, fmt.Errorf("names the file %.200q twice", uri)
		}
		seen[name] = true
		files = append(files, name)
	}
	if len(files) == 0 {
		return nil, owner, errors.New("names no data file")
	}
	return files, owner, nil
}

// month reads a month. The payer is returned with an error too, where it is known.
func (e *export) month(ctx context.Context, period string, p *partition) (_ *month, payer string, err error) {
	if len(p.manifests) == 0 {
		return nil, "", errors.New("the month has data and no manifest: AWS may still be delivering it; read it again in a day")
	}
	if len(p.folders) > 1 {
		return nil, "", fmt.Errorf("the month is there twice, in metadata/%s: keep one",
			strings.Join(slices.Sorted(maps.Keys(p.folders)), " and metadata/"))
	}
	name := newest(p.manifests).name
	text, err := e.readAll(ctx, name)
	if err != nil {
		return nil, "", &fileError{name, err}
	}
	files, payer, err := readManifest(text, period)
	if err != nil {
		return nil, payer, &fileError{name, err}
	}
	m := &month{source: audit.ChargeSource{Period: period, Export: e.name, Manifest: name, Files: make([]audit.ChargeFile, len(files)),
		Missing: []string{}}}
	formats, missing := map[string]bool{}, map[string]bool{}
	all := newTallies()
	parts := make([]seen, len(files))
	failed := make([]error, len(files))
	var mu sync.Mutex
	group := errgroup.Group{}
	group.SetLimit(cap(all))
	for i, file := range files {
		group.Go(func() error {
			f, info, err := e.file(ctx, file, all, &parts[i])
			if err != nil {
				failed[i] = &fileError{file, err}
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			m.source.Files[i] = info
			formats[f.format] = true
			for _, name := range f.missing {
				missing[name] = true
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in failed
	for i := range parts {
		err := failed[i]
		if err == nil {
			if err = cmp.Or(parts[i].ownedBy(payer), m.seen.merge(&parts[i], "the files before it")); err != nil {
				err = &fileError{files[i], err}
			}
		}
		if err != nil {
			return nil, payer, cmp.Or(bound(err), err)
		}
	}
	if m.tally, err = all.sum(); err != nil {
		return nil, payer, err
	}
	m.source.Payer = cmp.Or(m.payer, payer)
	if m.source.Payer == "" {
		return nil, "", &fileError{name, errors.New("neither the manifest nor a line says whose bill it is")}
	}
	m.source.Format = strings.Join(slices.Sorted(maps.Keys(formats)), ", ")
	m.source.Missing = append(m.source.Missing, slices.Sorted(maps.Keys(missing))...)
	m.source.Lines, m.source.OutpostsLines, m.source.NotInvoiced = m.lines, m.outpostsLines, m.notInvoiced
	m.source.Invoices = m.invoiceTotals()
	m.source.Accounts = append([]string{}, slices.Sorted(maps.Keys(m.accounts))...)
	return m, payer, nil
}

// ownedBy wants the lines to be of the account that has the export: of its own bill or, for a member of an organization, of itself alone.
func (s *seen) ownedBy(owner string) error {
	if owner == "" || s.payer == "" || s.payer == owner || len(s.accounts) == 1 && s.accounts[owner] {
		return nil
	}
	return fmt.Errorf("is of payer %s, and the export of %s", s.payer, owner)
}

func (e *export) readAll(ctx context.Context, name string) (_ []byte, err error) {
	file, err := e.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.size > maxManifest {
		return nil, fmt.Errorf("is %d bytes long: no manifest is", file.size)
	}
	return io.ReadAll(file.stream())
}

// file adds up the lines of a data file.
func (e *export) file(ctx context.Context, name string, all tallies, s *seen) (_ *layout, info audit.ChargeFile, err error) {
	file, err := e.open(ctx, name)
	if err != nil {
		return nil, info, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info = audit.ChargeFile{Name: name, Size: file.size, Version: file.version}
	isParquet, err := file.isParquet()
	if err != nil {
		return nil, info, err
	}
	var f *layout
	if isParquet {
		f, err = readParquet(ctx, file, file.size, all, s)
	} else {
		err = all.with(func(t *tally) (err error) {
			f, err = readCSV(&interruptible{ctx, file.stream()}, t, s)
			return err
		})
	}
	return f, info, err
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
