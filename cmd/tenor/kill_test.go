package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/s3sim"
	"tenor/report"
	"tenor/snapshot"
)

var (
	kills    = flag.Int("kills", 6, "how many processes TestKill kills")
	killSeed = flag.Uint64("kills.seed", 1, "of the moments at which TestKill kills")
)

// TestKill kills the program at random moments of everything that writes: a run, one that is resumed, a plan, a shard, a merge and a
// delivery. Whatever stands then is whole and of one run, what others keep beside it is as it was, and the same command works the
// next time and leaves nothing behind.
func TestKill(t *testing.T) {
	inAWS(t)
	var late atomic.Int64 // of the clock of S3, in minutes: a run that is dead holds its lock for fifteen
	s3 := s3sim.Start(s3sim.Options{
		Now:     func() time.Time { return time.Now().Add(time.Duration(late.Load()) * time.Minute) },
		Buckets: []s3sim.Bucket{{Name: "reports", Region: "eu-central-1", Owner: "111122223333"}},
	})
	t.Cleanup(s3.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_S3": s3.URL(), "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	config, err := os.ReadFile("tenor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte("rate: 1000"), []byte("rate: 40"), 1) // so that collecting takes a while
	if err := os.WriteFile("tenor.yaml", config, 0o600); err != nil {
		t.Fatal(err)
	}
	s3Config := string(config) + "output: {s3: 's3://reports/audit', bucket_owner: '111122223333'}\n"
	if err := os.WriteFile("s3.yaml", []byte(s3Config), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := map[string]string{}
	for _, path := range []string{"out/notes.txt", "out/.notes.tmp", "out/report.docx", "out/history/2025.json", "notes/manifest.json", ".tenor-notes.tmp"} {
		foreign[path] = "mine: " + path
		if err := atomicfile.WriteBytes(path, 0o600, []byte(foreign[path])); err != nil {
			t.Fatal(err)
		}
	}
	const formats = "--format=json,xlsx,csv,parquet"
	steps := []struct {
		name string
		args []string
	}{
		{"run", []string{"run", "--out=out", formats, "--history=2", "--metrics-file=tenor.prom"}},
		{"plan", []string{"plan", "--shards=2"}},
		{"shard", []string{"run", "--shard=shards.json#0", "--out=part-0"}},
		{"merge", []string{"merge", "part-0", "part-1", "--out=merged", formats}},
		{"delivery", []string{"run", "--config=s3.yaml", "--out=delivered", formats}},
		{"report", []string{"report", "out", "--format=html,csv,parquet"}},
		{"resume", []string{"run", "--out=out", formats, "--resume"}},
	}
	took := map[string]time.Duration{}
	done := func(name string, args []string) {
		t.Helper()
		began := time.Now()
		out, err := exec.Command("tenor", args...).CombinedOutput()
		if exit, failed := errors.AsType[*exec.ExitError](err); failed && exit.ExitCode() != 1 || err != nil && !failed {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		took[name] = time.Since(began)
	}
	all := func() {
		for _, s := range steps[:len(steps)-1] {
			if s.name == "run" && unfinished("out/snapshot") {
				s = steps[len(steps)-1]
			}
			if s.name == "shard" {
				done("the other shard", []string{"run", "--shard=shards.json#1", "--out=part-1"})
			}
			done(s.name, s.args)
		}
	}
	all()
	took["resume"] = took["run"]
	r := rand.New(rand.NewPCG(*killSeed, 0))
	hit := map[string]int{}
	resume := steps[len(steps)-1]
	for i := range *kills {
		s := steps[i%(len(steps)-1)]
		if unfinished("out/snapshot") {
			s = resume
		}
		cmd := exec.Command("tenor", s.args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(took[s.name]))))
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil && strings.Contains(err.Error(), "killed") {
			hit[s.name]++
		}
		for _, dir := range []string{"out", "merged", "delivered", "part-0"} {
			whole(t, s.name, dir, false)
		}
		inBucket(t, s.name, s3)
		for path, text := range foreign {
			if b, err := os.ReadFile(path); err != nil || string(b) != text {
				t.Errorf("%s: %s: %q, %v", s.name, path, b, err)
			}
		}
		if i%3 == 2 || i == *kills-1 { // else the next one finds what this has left
			late.Add(16)
			all()
			for _, dir := range []string{".", "out", "merged", "delivered", "part-0"} {
				whole(t, "after "+s.name, dir, true)
				swept(t, "after "+s.name, dir)
			}
		}
		if t.Failed() {
			t.Fatalf("at kill %d, of %s", i+1, s.name)
		}
	}
	t.Logf("killed: %v", hit)
	if len(hit) == 0 {
		t.Error("no process was killed in time")
	}
}

func unfinished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, snapshot.ManifestName))
	b, jerr := os.ReadFile(filepath.Join(dir, "journal.ndjson"))
	return err != nil && jerr == nil && bytes.Contains(b, []byte("\n"))
}

// whole wants a run folder to hold reports of one run, and a snapshot that can be read: the one that is there, or the one before it. After
// a run that was not killed nothing is missing.
func whole(t *testing.T, step, dir string, after bool) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: %s: "+format, append([]any{step, dir}, args...)...)
	}
	if r, closeReport, err := report.ReadJSON(filepath.Join(dir, "report.json")); err == nil {
		n := 0
		for _, err := range r.Findings.All() {
			if err != nil {
				fail("%v", err)
			}
			n++
		}
		if n != r.Findings.Len {
			fail("%d findings of %d", n, r.Findings.Len)
		}
		for _, u := range r.Undelivered {
			if u.Message != "the run ended before it was written" || after {
				fail("%+v", u)
			}
		}
		sameRun(t, fail, dir, &r)
		if err := closeReport(); err != nil {
			fail("%v", err)
		}
	} else if dir != "." {
		fail("%v", err)
	}
	if dir == "." {
		return
	}
	s, err := snapshot.Open(filepath.Join(dir, "snapshot"))
	if err != nil {
		if s, err = snapshot.Open(filepath.Join(dir, "snapshot.previous")); err != nil {
			fail("no snapshot: %v", err)
			return
		}
	}
	for _, err := range s.Resources() {
		if err != nil {
			fail("%v", err)
		}
	}
}

// sameRun wants the formats beside a record to be whole, and of the same run.
func sameRun(t *testing.T, fail func(string, ...any), dir string, r *audit.Report) {
	t.Helper()
	if b, err := os.ReadFile(filepath.Join(dir, "report.csv")); err == nil {
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) != r.Findings.Len+1 {
			fail("%d rows for %d findings, %v", len(rows), r.Findings.Len, err)
		}
		var again bytes.Buffer
		if err := report.CSV(&again, *r); err != nil || !bytes.Equal(b, again.Bytes()) {
			fail("report.csv is not that of report.json, %v", err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "report.html")); err == nil {
		var again bytes.Buffer
		if err := report.HTML(&again, *r); err != nil || !bytes.Equal(b, again.Bytes()) {
			fail("report.html is not that of report.json, %v", err)
		}
	}
	tables, err := filepath.Glob(filepath.Join(dir, "parquet", "findings", "as_of=*", "findings.parquet"))
	if err != nil || len(tables) > 1 {
		fail("tables of several days: %v, %v", tables, err)
	}
	for _, table := range tables {
		var again bytes.Buffer
		if err := report.ParquetFindings(&again, *r); err != nil {
			fail("%v", err)
		}
		if b, err := os.ReadFile(table); err != nil || !bytes.Equal(b, again.Bytes()) {
			fail("%s is not that of report.json, %v", table, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "report.xlsx"))
	if err != nil {
		return
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		fail("report.xlsx: %v", err)
		return
	}
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			fail("report.xlsx: %v", err)
			continue
		}
		text, err := io.ReadAll(part)
		if err != nil || f.Name == "docProps/core.xml" && !bytes.Contains(text, []byte("Run "+r.Run.ID)) {
			fail("report.xlsx: %s is damaged or of another run: %v", f.Name, err)
		}
	}
}

// inBucket wants latest/ to be one run's, unless its record says that it is being written, and each run's own folder to have what its
// record names.
func inBucket(t *testing.T, step string, s3 *s3sim.Server) {
	t.Helper()
	objects := s3.Objects("reports")
	for key, o := range objects {
		folder, isRecord := strings.CutSuffix(key, "/run.json")
		if !isRecord {
			continue
		}
		var rec struct {
			Run, State string
			Files      []struct{ Name string }
		}
		if err := json.Unmarshal(o.Body, &rec); err != nil {
			t.Errorf("%s: %s: %v", step, key, err)
		}
		if rec.State != "complete" {
			continue
		}
		for _, f := range rec.Files {
			object, ok := objects[folder+"/"+f.Name]
			if !ok || f.Name == "report.json" && !bytes.Contains(object.Body, []byte(rec.Run)) {
				t.Errorf("%s: %s: %s is missing or of another run", step, key, f.Name)
			}
		}
	}
}

// swept wants nothing of a killed run to be left below a folder: neither temporary files nor a snapshot that was put aside.
func swept(t *testing.T, step, dir string) {
	t.Helper()
	left := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && dir == "." && path != "." {
			return fs.SkipDir
		}
		base := filepath.Base(path)
		if atomicfile.IsTemp(base) || base == ".tenor.lock" || base == ".tenor-partials.tmp" || base == "snapshot.previous" || base == "journal.ndjson" {
			left[path] = true
		}
		return nil
	})
	if err != nil || len(left) > 0 {
		t.Errorf("%s: left %v, %v", step, slices.Sorted(maps.Keys(left)), err)
	}
}
