package job

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"tenor/internal/atomicfile"
	"tenor/internal/wholefile"
	"tenor/job/delivery"
)

// In S3 a plan lies at <prefix>/plans/<taken at>-<id>/shards.json, and each partial beside it as partials/0003.tar.gz: one
// object, so that it is there whole or not at all.
const planName = "shards.json"

// downloads is how many partials are read at once.
const downloads = 8

func partialKey(shard int) string { return fmt.Sprintf("partials/%04d.tar.gz", shard) }

// plannedAt is an open plan, and where its partials go.
type plannedAt struct {
	plan   Plan
	bucket *delivery.Bucket // nil when the plan is a file: partials stay where they are made
}

// PutPlan writes a plan to a file, or below an S3 prefix, and returns its path or URL. The error is an UndeliveredError.
func (j *Job) PutPlan(ctx context.Context, p Plan, to string) (string, error) {
	at, err := j.putPlan(ctx, p, to)
	if err != nil {
		return "", &UndeliveredError{Err: err}
	}
	return at, nil
}

func (j *Job) putPlan(ctx context.Context, p Plan, to string) (string, error) {
	text, err := p.encode()
	if err != nil {
		return "", err
	}
	if !delivery.IsS3(to) {
		return to, atomicfile.WriteBytes(to, atomicfile.FileMode, text)
	}
	b, err := j.Config.bucket(ctx, to)
	if err != nil {
		return "", err
	}
	stamp, err := delivery.Stamp(p.TakenAt, p.ID)
	if err != nil {
		return "", err
	}
	key := "plans/" + stamp + "/" + planName
	if err := b.Create(ctx, key, bytes.NewReader(text)); err != nil {
		return "", err
	}
	return b.URL(key), nil
}

// maxPlan is how many bytes a plan may have: one of 10,000 accounts has some two MB.
const maxPlan = 64 * wholefile.MiB

// openPlan reads a plan from a file or from S3.
func (j *Job) openPlan(ctx context.Context, ref string) (*plannedAt, error) {
	if !delivery.IsS3(ref) {
		text, err := wholefile.Read(ref, maxPlan)
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		plan, err := parsePlan(ref, text)
		return &plannedAt{plan: plan}, err
	}
	folder, ok := strings.CutSuffix(ref, "/"+planName)
	if !ok {
		return nil, fmt.Errorf("plan %s: want the URL of a %s", ref, planName)
	}
	b, err := j.Config.bucket(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	o, err := b.Get(ctx, planName)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	text, err := wholefile.From(o, maxPlan)
	if err := errors.Join(err, o.Close()); err != nil {
		return nil, fmt.Errorf("plan: read %s: %w", ref, err)
	}
	plan, err := parsePlan(ref, text)
	return &plannedAt{plan: plan, bucket: b}, err
}

// put writes the partial in a folder beside the plan. It replaces one that an earlier attempt has written.
func (at *plannedAt) put(ctx context.Context, dir string, shard int) (err error) {
	if at.bucket == nil {
		return nil
	}
	f, err := atomicfile.CreateTemp(dir, "partial.tar.gz")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := packPartial(f, dir); err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return at.bucket.Replace(ctx, partialKey(shard), f)
}

// packPartial writes partial.json, report.json and snapshot/ of a folder as a .tar.gz.
func packPartial(w io.Writer, dir string) error {
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	t := tar.NewWriter(gz)
	for _, name := range [...]string{partialName, "report.json", "snapshot"} {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			return packFile(t, path, filepath.ToSlash(rel))
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), gz.Close())
}

func packFile(t *tar.Writer, path, name string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Size: info.Size(), Mode: atomicfile.FileMode}); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// unpackPartial is the reverse of packPartial.
func unpackPartial(r io.Reader, dir string) error {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	for t := tar.NewReader(gz); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return gz.Close()
		}
		if err != nil {
			return err
		}
		name := filepath.FromSlash(h.Name)
		if !filepath.IsLocal(name) || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%q is no file of a partial", h.Name)
		}
		unpack := func(w io.Writer) error { _, err := io.Copy(w, t); return err }
		if err := atomicfile.Write(filepath.Join(dir, name), atomicfile.FileMode, unpack); err != nil {
			return err
		}
	}
}

func (j *Job) partialsDir() string { return filepath.Join(j.Config.Output.Dir, ".tenor-partials.tmp") }

// fetchPartials unpacks the partials of a plan in S3, and returns the folders of those that are there.
func (j *Job) fetchPartials(ctx context.Context, ref string) ([]string, error) {
	at, err := j.openPlan(ctx, ref)
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(j.partialsDir()); err != nil {
		return nil, err
	}
	found := make([]string, len(at.plan.Shards))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(downloads)
	for i := range at.plan.Shards {
		g.Go(func() error {
			o, err := at.bucket.Get(ctx, partialKey(i))
			if errors.Is(err, delivery.ErrNoObject) {
				j.Log.Warn("shard is missing", "shard", i, "plan", at.plan.ID)
				return nil
			}
			if err != nil {
				return err
			}
			dir := filepath.Join(j.partialsDir(), fmt.Sprintf("%04d", i))
			if err := errors.Join(unpackPartial(o, dir), o.Close()); err != nil {
				return fmt.Errorf("read %s: %w", at.bucket.URL(partialKey(i)), err)
			}
			found[i] = dir
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(dir string) bool { return dir == "" }), nil
}
