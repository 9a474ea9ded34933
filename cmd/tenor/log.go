package main

import (
	"fmt"
	"log/slog"

	"github.com/lmittmann/tint"
)

// logger writes to stderr: warnings with --quiet, calls too with --verbose.
func (c *cli) logger() (*slog.Logger, error) {
	level := slog.LevelInfo
	switch {
	case c.quiet:
		level = slog.LevelWarn
	case c.verbose:
		level = slog.LevelDebug
	}
	switch c.logFormat {
	case "text":
		return slog.New(tint.NewTextHandler(c.stderr, &tint.Options{Level: level, NoColor: !c.color(c.stderr), TimeFormat: "15:04:05"})), nil
	case "json":
		return slog.New(slog.NewJSONHandler(c.stderr, &slog.HandlerOptions{Level: level})), nil
	}
	return nil, fmt.Errorf("--log-format %q: want text or json", c.logFormat)
}
