package main

import (
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/lmittmann/tint"
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
		return slog.New(slog.NewJSONHandler(&c.log, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(&c.log, &tint.Options{Level: level, NoColor: !c.color(c.stderr), TimeFormat: "15:04:05"}))
}

// logWriter is where log lines go: to w, or through the progress bar while there is one, which would draw over them.
type logWriter struct {
	w   io.Writer
	mu  sync.Mutex
	bar progress.Writer
}

func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bar == nil {
		return l.w.Write(line)
	}
	l.bar.Log("%s", strings.TrimSuffix(string(line), "\n"))
	return len(line), nil
}

func (l *logWriter) through(bar progress.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bar = bar
}
