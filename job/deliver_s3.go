package job

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/snapshot"
)

// What a run leaves below its prefix:
//
//	runs/<taken at>-<run id>/   its whole run folder. Objects are only ever created there, never replaced.
//	latest/                     the reports of the newest run, under names that stay
//
// run.json is in both, and comes last: it names the run and every file with its SHA-256. In latest/ it is also the lock:
// it is taken, by a conditional write, before the first file is replaced, and two runs cannot mix.
const (
	runRecordName = "run.json"
	latestFolder  = "latest/"
)

// runRecord is run.json.
type runRecord struct {
	SchemaVersion string       `json:"schema_version"`
	Run           string       `json:"run"` // its id
	TakenAt       string       `json:"taken_at"`
	AsOf          string       `json:"as_of"`
	Folder        string       `json:"folder"` // the run's own, below the prefix
	State         string       `json:"state"`  // stateWriting or stateComplete
	Files         []runFile    `json:"files"`  // ordered by name; empty while writing
	Status        audit.Status `json:"status"`
}

type runFile struct {
	Name   string `json:"name"` // slashes
	SHA256 string `json:"sha256"`
}

const (
	runRecordVersion = "1.0"
	stateWriting     = "writing"
	stateComplete    = "complete"
)

// lockLife is after how long a run that took latest/ and did not finish is thought to be dead. A Lambda function lives no
// longer.
const lockLife = 15 * time.Minute

// uploads is how many objects are written at once.
const uploads = 8

// parcel is one file of a run folder.
type parcel struct {
	name string // slashes, relative to the folder
	path string
}

// parcels returns what a run folder holds: the reports and, when it is there, the snapshot they were made from.
func (j *Job) parcels(reports []string, s *snapshot.Snapshot) (own, taken []parcel) {
	for _, path := range reports {
		own = append(own, parcel{filepath.Base(path), path})
	}
	if filepath.Clean(s.Dir) != filepath.Clean(j.SnapshotDir()) {
		return own, nil
	}
	for _, f := range append([]snapshot.File{{Path: snapshot.ManifestName}}, s.Manifest.Files...) {
		taken = append(taken, parcel{"snapshot/" + f.Path, filepath.Join(s.Dir, filepath.FromSlash(f.Path))})
	}
	return own, taken
}

// runFolder is the folder of a run below the prefix.
func runFolder(run audit.Run) (string, error) {
	at, err := time.Parse(time.RFC3339, run.TakenAt)
	if err != nil {
		return "", fmt.Errorf("taken_at: %w", err)
	}
	return "runs/" + at.UTC().Format("20060102T150405Z") + "-" + run.ID + "/", nil
}

// putRun writes a run's folder and then latest/. It returns the URLs of what was delivered, and an error that names what
// was not.
func (b *bucket) putRun(ctx context.Context, r *audit.Report, reports, taken []parcel) (done []string, err error) {
	folder, err := runFolder(r.Run)
	if err != nil {
		return nil, err
	}
	rec := runRecord{SchemaVersion: runRecordVersion, Run: r.Run.ID, TakenAt: r.Run.TakenAt, AsOf: r.Run.AsOf, Folder: folder, Status: r.Status, State: stateComplete}
	if rec.Files, err = b.putNew(ctx, folder, slices.Concat(reports, taken)); err != nil {
		return nil, fmt.Errorf("%w; latest/ is as it was", err)
	}
	if err := b.putRecord(ctx, folder, rec); err != nil {
		return nil, fmt.Errorf("%w; latest/ is as it was", err)
	}
	done = append(done, b.url(folder))
	if err := b.putLatest(ctx, rec, reports); err != nil {
		return done, fmt.Errorf("%w; delivered: %s", err, b.url(folder))
	}
	return append(done, b.url(latestFolder)), nil
}

// putNew creates the objects of a run's folder. One that is there already with the same bytes is of an earlier attempt.
func (b *bucket) putNew(ctx context.Context, folder string, files []parcel) ([]runFile, error) {
	written := make([]runFile, len(files))
	failed := make([]error, len(files))
	var g errgroup.Group
	g.SetLimit(uploads)
	for i, f := range files {
		g.Go(func() error {
			written[i], failed[i] = b.putFile(ctx, folder+f.name, f, ifAbsent)
			if errors.Is(failed[i], errConflict) {
				failed[i] = fmt.Errorf("%s is there already, and is another: the run was delivered before, compared with another report", b.url(folder+f.name))
			}
			written[i].Name = f.name
			return nil
		})
	}
	_ = g.Wait() // each has its own error
	var done, undone []string
	for i, f := range files {
		if failed[i] == nil {
			done = append(done, f.name)
		} else {
			undone = append(undone, f.name)
		}
	}
	if len(undone) > 0 {
		i := slices.IndexFunc(failed, func(err error) bool { return err != nil })
		return nil, fmt.Errorf("%w; delivered to %s: %s; not delivered: %s", failed[i], b.url(folder), names(done), names(undone))
	}
	slices.SortFunc(written, func(a, b runFile) int { return strings.Compare(a.Name, b.Name) })
	return written, nil
}

// putFile writes one file of a run.
func (b *bucket) putFile(ctx context.Context, key string, f parcel, when condition) (runFile, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return runFile{}, err
	}
	defer file.Close() // only read
	_, sum, err := b.put(ctx, key, file, when)
	if errors.Is(err, errConflict) {
		if same, herr := b.has(ctx, key, sum); herr != nil {
			return runFile{}, errors.Join(err, herr)
		} else if same {
			err = nil
		}
	}
	return runFile{Name: f.name, SHA256: hex.EncodeToString(sum[:])}, err
}

// putRecord completes a run's folder.
func (b *bucket) putRecord(ctx context.Context, folder string, rec runRecord) error {
	body, err := rec.encode()
	if err != nil {
		return err
	}
	_, sum, err := b.put(ctx, folder+runRecordName, bytes.NewReader(body), ifAbsent)
	if errors.Is(err, errConflict) {
		if same, herr := b.has(ctx, folder+runRecordName, sum); herr != nil || same {
			return herr
		}
	}
	return err
}

func (rec runRecord) encode() ([]byte, error) {
	if rec.Files == nil {
		rec.Files = []runFile{}
	}
	body, err := json.MarshalIndent(rec, "", " ")
	return append(body, '\n'), err
}

// putLatest replaces what is in latest/ by the reports of a run whose folder is complete, unless a newer run is there or
// another is at it.
func (b *bucket) putLatest(ctx context.Context, rec runRecord, reports []parcel) error {
	before, lock, err := b.lockLatest(ctx, rec)
	if err != nil {
		return err
	}
	rec.Files = nil
	for i, f := range reports {
		written, err := b.replace(ctx, f)
		if err != nil {
			var undone []string
			for _, f := range reports[i:] {
				undone = append(undone, latestFolder+f.name)
			}
			return fmt.Errorf("%w; not delivered: %s", err, names(undone))
		}
		rec.Files = append(rec.Files, written)
	}
	for _, f := range before.Files { // nothing in latest/ is of another run: what this one does not write is emptied
		if !slices.ContainsFunc(reports, func(p parcel) bool { return p.name == f.Name }) {
			if err := b.empty(ctx, f.Name); err != nil {
				return err
			}
		}
	}
	rec.State = stateComplete
	slices.SortFunc(rec.Files, func(a, b runFile) int { return strings.Compare(a.Name, b.Name) })
	body, err := rec.encode()
	if err != nil {
		return err
	}
	_, _, err = b.put(ctx, latestFolder+runRecordName, bytes.NewReader(body), ifMatches(lock))
	return err
}

// replace writes a file of latest/ over what is there. The lock keeps other runs away; the condition, one that lost it.
func (b *bucket) replace(ctx context.Context, f parcel) (runFile, error) {
	when, err := b.asFound(ctx, latestFolder+f.name)
	if err != nil {
		return runFile{}, err
	}
	return b.putFile(ctx, latestFolder+f.name, f, when)
}

func (b *bucket) empty(ctx context.Context, name string) error {
	when, err := b.asFound(ctx, latestFolder+name)
	if err != nil {
		return err
	}
	_, _, err = b.put(ctx, latestFolder+name, bytes.NewReader(nil), when)
	return err
}

// lockLatest marks latest/ as being written by a run. It returns the record that was there, zero when there was none, and
// the ETag that stands for the lock.
func (b *bucket) lockLatest(ctx context.Context, rec runRecord) (before runRecord, lock string, err error) {
	const key = latestFolder + runRecordName
	when := condition(ifAbsent)
	switch o, err := b.get(ctx, key); {
	case errors.Is(err, errNoObject):
	case err != nil:
		return before, "", err
	default:
		err := json.NewDecoder(o).Decode(&before)
		if err := errors.Join(err, o.Close()); err != nil {
			return before, "", fmt.Errorf("read %s: %w", b.url(key), err)
		}
		if err := audit.CheckSchemaVersion(before.SchemaVersion, runRecordVersion); err != nil {
			return before, "", fmt.Errorf("read %s: %w", b.url(key), err)
		}
		if err := before.yields(rec, o.age); err != nil {
			return before, "", fmt.Errorf("%s is not replaced: %w", b.url(latestFolder), err)
		}
		when = ifMatches(o.etag)
	}
	rec.State, rec.Files = stateWriting, before.Files // what is there while the files are being replaced
	body, err := rec.encode()
	if err != nil {
		return before, "", err
	}
	lock, _, err = b.put(ctx, key, bytes.NewReader(body), when)
	return before, lock, err
}

// yields reports why the run in latest/ must not give way to another; nil when it may.
func (rec runRecord) yields(to runRecord, age time.Duration) error {
	switch {
	case rec.Run == to.Run:
		return nil
	case rec.State == stateWriting && age < lockLife:
		return fmt.Errorf("the run %s began to write there %s ago", rec.Run, age.Round(time.Second))
	case rec.TakenAt > to.TakenAt: // RFC 3339 in UTC, which orders as text
		return fmt.Errorf("it holds the newer run %s, taken at %s", rec.Run, rec.TakenAt)
	}
	return nil
}

// names lists names in a sentence; of a long list its beginning.
func names(list []string) string {
	const most = 8
	switch {
	case len(list) == 0:
		return "nothing"
	case len(list) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
