package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"tenor/collector"
	"tenor/job"
)

// progress shows how far collecting is, when stderr is a terminal. The function it returns ends the bar.
func (c *cli) progress(j *job.Job) (done func()) {
	if c.quiet || c.verbose || !isTerminal(c.stderr) {
		return func() {}
	}
	w := progress.NewWriter()
	w.SetOutputWriter(c.stderr)
	w.SetUpdateFrequency(100 * time.Millisecond)
	w.SetTrackerLength(30)
	w.SetStyle(progress.StyleBlocks)
	w.Style().Visibility.ETA = true
	w.Style().Options.PercentFormat = "%3.0f%%"
	if c.color(c.stderr) {
		w.Style().Colors = progress.StyleColorsExample
	}
	t := &progress.Tracker{Message: "collecting", Units: progress.UnitsDefault}
	w.AppendTracker(t)
	var mu sync.Mutex
	j.Progress = func(e collector.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Scopes > 0 {
			t.UpdateTotal(int64(e.Scopes))
		}
		if int64(e.Done) > t.Value() {
			t.SetValue(int64(e.Done))
		}
		t.UpdateMessage(fmt.Sprintf("collecting: %d resources", e.Resources))
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Render()
	}()
	return func() {
		t.MarkAsDone()
		for !w.IsRenderInProgress() { // it cannot be stopped before it has begun
			time.Sleep(time.Millisecond)
		}
		w.Stop()
		<-ended
	}
}
