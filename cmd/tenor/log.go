package main

import (
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/lmittmann/tint"

	"tenor/job"
)

// logger writes to stderr: warnings with --quiet, calls too with --verbose.
func (c *cli) logger() *slog.Logger {
	level := slog.LevelInfo
	switch {
	case c.quiet:
		level = slog.LevelWarn
	case c.verbose:
		level = slog.LevelDebug
	}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(&c.log, &slog.HandlerOptions{Level: level, ReplaceAttr: job.VisibleAttr}))
	}
	c.log.plain = !c.color(c.stderr)
	return slog.New(tint.NewTextHandler(&c.log, &tint.Options{Level: level, TimeFormat: "15:04:05", ReplaceAttr: job.VisibleAttr}))
}

// logWriter is where log lines go: to w, or through the progress bar while there is one, which would draw over them.
type logWriter struct {
	w     io.Writer
	plain bool // without colours; tint's own NoColor drops what follows a U+FFFD
	mu    sync.Mutex
	bar   progress.Writer
}

// paint is what tint paints with; no value has an escape in it that VisibleAttr has seen.
var paint = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	shown := line
	if l.plain {
		shown = paint.ReplaceAll(line, nil)
	}
	if l.bar != nil {
		l.bar.Log("%s", strings.TrimSuffix(string(shown), "\n"))
		return len(line), nil
	}
	if _, err := l.w.Write(shown); err != nil {
		return 0, err
	}
	return len(line), nil
}

func (l *logWriter) through(bar progress.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bar = bar
}
