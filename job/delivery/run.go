package delivery

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
)

// What a run leaves below its prefix:
//
//	runs/<taken at>-<run id>/   its whole run folder. Objects are only ever created there, never replaced.
//	latest/                     the reports of the newest run, under names that stay
//	parquet/<table>/as_of=…/    the tables of each day; a run replaces those of its own day
//
// run.json is in the first two, and comes last: it names the run and every file with its SHA-256. In latest/ it is also the lock:
// it is taken, by a conditional write, before the first file of latest/ or of a table is replaced, and two runs cannot mix.
const runRecordName = "run.json"

// LatestFolder is the folder of the newest run below the prefix.
const LatestFolder = "latest/"

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

// File is one file of a run folder.
type File struct {
	Name string // slashes, relative to the folder
	Path string
}

// Files are those of a run folder.
type Files struct {
	Reports  []File // of a name that stays
	Tables   []File // of a name that has the day
	Snapshot []File
}

// Stamp returns the name of a folder for what was taken at a time, RFC 3339, and has an id. Such names sort by time.
func Stamp(takenAt, id string) (string, error) {
	at, err := time.Parse(time.RFC3339, takenAt)
	if err != nil {
		return "", fmt.Errorf("taken_at: %w", err)
	}
	return at.UTC().Format("20060102T150405Z") + "-" + id, nil
}

// PutRun writes a run's folder and then latest/ and the tables. It returns the URLs of what was delivered, and an error that names
// what was not.
func (b *Bucket) PutRun(ctx context.Context, r *audit.Report, files Files) (done []string, err error) {
	stamp, err := Stamp(r.Run.TakenAt, r.Run.ID)
	if err != nil {
		return nil, err
	}
	folder := "runs/" + stamp + "/"
	rec := runRecord{
		SchemaVersion: runRecordVersion, Run: r.Run.ID, TakenAt: r.Run.TakenAt, AsOf: r.Run.AsOf,
		Folder: folder, Status: r.Status, State: stateComplete,
	}
	if rec.Files, err = b.putNew(ctx, folder, slices.Concat(files.Reports, files.Tables, files.Snapshot)); err != nil {
		return nil, fmt.Errorf("%w; latest/ is as it was", err)
	}
	if err := b.putRecord(ctx, folder, rec); err != nil {
		return nil, fmt.Errorf("%w; latest/ is as it was", err)
	}
	done = append(done, b.URL(folder))
	if err := b.putLatest(ctx, rec, files.Reports, files.Tables); err != nil {
		return done, fmt.Errorf("%w; delivered: %s", err, b.URL(folder))
	}
	done = append(done, b.URL(LatestFolder))
	if len(files.Tables) > 0 {
		folder, _, _ := strings.Cut(files.Tables[0].Name, "/")
		done = append(done, b.URL(folder+"/"))
	}
	return done, nil
}

// putNew creates the objects of a run's folder. One that is there already with the same bytes is of an earlier attempt.
func (b *Bucket) putNew(ctx context.Context, folder string, files []File) ([]runFile, error) {
	written := make([]runFile, len(files))
	failed := make([]error, len(files))
	var g errgroup.Group
	g.SetLimit(uploads)
	for i, f := range files {
		g.Go(func() error {
			written[i], failed[i] = b.putFile(ctx, folder+f.Name, f, ifAbsent)
			if errors.Is(failed[i], errConflict) {
				failed[i] = fmt.Errorf("%s is there already, and is another: the run was delivered before, compared with another report",
					b.URL(folder+f.Name))
			}
			written[i].Name = f.Name
			return nil
		})
	}
	_ = g.Wait() // each has its own error
	var done, undone []string
	for i, f := range files {
		if failed[i] == nil {
			done = append(done, f.Name)
		} else {
			undone = append(undone, f.Name)
		}
	}
	if len(undone) > 0 {
		i := slices.IndexFunc(failed, func(err error) bool { return err != nil })
		return nil, fmt.Errorf("%w; delivered to %s: %s; not delivered: %s", failed[i], b.URL(folder), names(done), names(undone))
	}
	slices.SortFunc(written, func(a, b runFile) int { return strings.Compare(a.Name, b.Name) })
	return written, nil
}

// putFile writes one file of a run.
func (b *Bucket) putFile(ctx context.Context, key string, f File, when condition) (runFile, error) {
	file, err := os.Open(f.Path)
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
	return runFile{Name: f.Name, SHA256: hex.EncodeToString(sum[:])}, err
}

// putRecord completes a run's folder.
func (b *Bucket) putRecord(ctx context.Context, folder string, rec runRecord) error {
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

// putLatest replaces what is in latest/ by the reports of a run whose folder is complete, and the tables of its day by its own, unless a
// newer run is there or another is at it.
func (b *Bucket) putLatest(ctx context.Context, rec runRecord, reports, tables []File) error {
	before, lock, err := b.lockLatest(ctx, rec)
	if err != nil {
		return err
	}
	rec.Files = nil
	var keys []string
	for _, f := range reports {
		keys = append(keys, LatestFolder+f.Name)
	}
	for _, f := range tables {
		keys = append(keys, f.Name)
	}
	for i, f := range slices.Concat(reports, tables) {
		written, err := b.replace(ctx, keys[i], f)
		if err != nil {
			return fmt.Errorf("%w; not delivered: %s", err, names(keys[i:]))
		}
		if i < len(reports) {
			rec.Files = append(rec.Files, written)
		}
	}
	for _, f := range before.Files { // nothing in latest/ is of another run: what this one does not write is emptied
		if !slices.ContainsFunc(reports, func(p File) bool { return p.Name == f.Name }) {
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
	_, _, err = b.put(ctx, LatestFolder+runRecordName, bytes.NewReader(body), ifMatches(lock))
	return err
}

// replace writes a file over what is there. The lock keeps other runs away; the condition, one that lost it.
func (b *Bucket) replace(ctx context.Context, key string, f File) (runFile, error) {
	when, err := b.asFound(ctx, key)
	if err != nil {
		return runFile{}, err
	}
	return b.putFile(ctx, key, f, when)
}

func (b *Bucket) empty(ctx context.Context, name string) error {
	when, err := b.asFound(ctx, LatestFolder+name)
	if err != nil {
		return err
	}
	_, _, err = b.put(ctx, LatestFolder+name, bytes.NewReader(nil), when)
	return err
}

// lockLatest marks latest/ as being written by a run. It returns the record that was there, zero when there was none, and
// the ETag that stands for the lock.
func (b *Bucket) lockLatest(ctx context.Context, rec runRecord) (before runRecord, lock string, err error) {
	const key = LatestFolder + runRecordName
	when := condition(ifAbsent)
	switch o, err := b.Get(ctx, key); {
	case errors.Is(err, ErrNoObject):
	case err != nil:
		return before, "", err
	default:
		var damaged error
		if before, damaged, err = b.decodeRecord(o); err != nil {
			return before, "", err
		}
		if damaged != nil { // it says nothing, and is replaced; what else is there has to be found
			before.Files = b.filesOfLatest(ctx)
		}
		if err := before.yields(rec, o.age); err != nil {
			return before, "", fmt.Errorf("%s is not replaced: %w", b.URL(LatestFolder), err)
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

// decodeRecord reads what latest/run.json says; damaged is why it is no record that this program can read.
func (b *Bucket) decodeRecord(o Object) (rec runRecord, damaged, err error) {
	text, err := io.ReadAll(io.LimitReader(o, maxRecord))
	name := b.URL(LatestFolder + runRecordName)
	if err = errors.Join(err, o.Close()); err != nil {
		return rec, nil, fmt.Errorf("read %s: %w", name, err)
	}
	rec, damaged = parseRecord(name, text)
	return rec, damaged, nil
}

// parseRecord reads the text of a run.json called name. An error says in which line it is none that this program can read.
func parseRecord(name string, text []byte) (rec runRecord, err error) {
	if err := audit.DecodeJSON(name, text, &rec); err != nil {
		return runRecord{}, err
	}
	if err := audit.CheckSchemaVersion(rec.SchemaVersion, runRecordVersion); err != nil {
		return runRecord{}, fmt.Errorf("%s: %w", name, err)
	}
	return rec, nil
}

// filesOfLatest returns the files in latest/ beside its record, as far as the caller may list them.
func (b *Bucket) filesOfLatest(ctx context.Context) []runFile {
	keys, _ := b.list(ctx, LatestFolder) // without leave to list, what a damaged record leaves behind stays
	var files []runFile
	for _, key := range keys {
		if name := strings.TrimPrefix(key, LatestFolder); name != runRecordName {
			files = append(files, runFile{Name: name})
		}
	}
	return files
}

// maxRecord bounds a run.json, which has a line for each file of a run.
const maxRecord = 64 << 20

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
