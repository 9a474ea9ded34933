package billing

import (
	"context"
	"errors"
	"maps"
	"slices"

	"tenor/audit"
)

// Tried is what an export was found to be, without reading its lines.
type Tried struct {
	Period, Format string   // the newest month that is whole, and its format
	Missing        []string // what its first file has no column for
}

// Try looks whether an export can be read: it lists its months and reads the manifest and the columns of the newest that has one. Why it
// cannot is a gap.
func Try(ctx context.Context, name string, client S3) (Tried, *audit.ChargeGap) {
	e, err := openExport(name, client)
	period := ""
	var found Tried
	if err == nil {
		period, found, err = e.try(ctx)
		err = errors.Join(err, e.close())
	}
	if err != nil {
		return found, new(e.gap("", period, err))
	}
	return found, nil
}

func (e *export) try(ctx context.Context) (period string, found Tried, err error) {
	partitions, err := e.partitions(ctx)
	if err != nil {
		return "", found, err
	}
	periods := slices.Sorted(maps.Keys(partitions))
	slices.Reverse(periods)
	newestWhole := slices.IndexFunc(periods, func(period string) bool { return len(partitions[period].manifests) > 0 })
	if newestWhole < 0 {
		return "", found, errors.New("no month has a manifest: AWS may still be delivering the first; try again in a day")
	}
	period = periods[newestWhole]
	name := newest(partitions[period].manifests).name
	text, err := e.readAll(ctx, name)
	if err != nil {
		return period, found, &fileError{name, err}
	}
	files, _, err := readManifest(text, period)
	if err != nil {
		return period, found, &fileError{name, err}
	}
	f, err := e.columns(ctx, files[0])
	if err != nil {
		return period, found, &fileError{files[0], err}
	}
	return period, Tried{period, f.format, f.missing}, nil
}

// columns returns which columns a data file has.
func (e *export) columns(ctx context.Context, name string) (_ *layout, err error) {
	file, err := e.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	isParquet, err := file.isParquet()
	if err != nil {
		return nil, err
	}
	if isParquet {
		_, p, err := openParquet(file, file.size)
		if err != nil {
			return nil, err
		}
		return p.layout, nil
	}
	_, _, f, err := openCSV(&interruptible{ctx, file.stream()})
	return f, err
}
