package delivery

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/wholefile"
)

// A report that the next run is to compare with is believed when run.json beside it says that its run is complete and names its
// SHA-256, in latest/ as in a run folder.

// vouches reports why the record does not answer for the file at path, called name; nil when it does.
func (rec *runRecord) vouches(name, path string) error {
	if rec.State != stateComplete {
		return fmt.Errorf("%s says that the run %s was not written to its end", runRecordName, rec.Run)
	}
	sum, err := fileDigest(path)
	if err != nil {
		return err
	}
	if !slices.Contains(rec.Files, runFile{Name: name, SHA256: sum}) {
		return fmt.Errorf("%s does not name its SHA-256, %s: it was changed, or is of another run", runRecordName, sum)
	}
	return nil
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	sum, err := digestOf(f)
	return hex.EncodeToString(sum[:]), errors.Join(err, f.Close())
}

// FetchLatest copies a file of latest/ to path; the error is ErrNoObject when there is none. Doubt is why it cannot be believed.
func (b *Bucket) FetchLatest(ctx context.Context, name, path string) (doubt, err error) {
	if err := b.Fetch(ctx, LatestFolder+name, path); err != nil {
		return nil, err
	}
	o, err := b.Get(ctx, LatestFolder+runRecordName)
	if errors.Is(err, ErrNoObject) {
		return fmt.Errorf("%s: %w: nothing says whose it is", b.URL(LatestFolder+runRecordName), err), nil
	}
	if err != nil {
		return nil, err
	}
	rec, damaged, err := b.decodeRecord(o)
	if err != nil || damaged != nil {
		return damaged, err
	}
	return rec.vouches(name, path), nil
}

// CheckRecord reports why the report at path, in a run folder, cannot be believed; nil when it can.
func CheckRecord(path string) error {
	rec, err := readRecord(filepath.Dir(path))
	if err != nil {
		return err
	}
	return rec.vouches(filepath.Base(path), path)
}

func readRecord(dir string) (rec runRecord, err error) {
	path := filepath.Join(dir, runRecordName)
	text, err := wholefile.Read(path, maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return rec, fmt.Errorf("there is no %s, which says whose it is", path)
	}
	if err != nil {
		return rec, err
	}
	return parseRecord(path, text)
}

// Record writes run.json into a run folder just before the file staged becomes its report called name. It answers for what is there
// now, where it did so before, and for what comes: a run that is killed in between leaves a report that the next one believes.
func Record(dir, name, staged string, r *audit.Report) error {
	rec := runRecord{SchemaVersion: runRecordVersion, Run: r.Run.ID, TakenAt: r.Run.TakenAt, AsOf: r.Run.AsOf, State: stateComplete,
		Status: r.Status}
	sum, err := fileDigest(staged)
	if err != nil {
		return err
	}
	rec.Files = []runFile{{Name: name, SHA256: sum}}
	path := filepath.Join(dir, name)
	if CheckRecord(path) == nil {
		if was, err := fileDigest(path); err == nil && was != sum {
			rec.Files = append(rec.Files, runFile{Name: name, SHA256: was})
		}
	}
	return rec.writeTo(dir)
}

// Settle has run.json answer for the report that Record was told of alone, once it is in its place.
func Settle(dir string) error {
	rec, err := readRecord(dir)
	if err != nil || len(rec.Files) < 2 {
		return err
	}
	rec.Files = rec.Files[:1]
	return rec.writeTo(dir)
}

func (rec *runRecord) writeTo(dir string) error {
	body, err := rec.encode()
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, runRecordName), atomicfile.FileMode, body)
}
