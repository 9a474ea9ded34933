package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"tenor/collector"
	"tenor/job"
)

// progress shows how far collecting is, when stderr is a terminal. The bar ends with collecting, or by the function
// returned.
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
	ended := make(chan struct{})
	stop := sync.OnceFunc(func() {
		t.MarkAsDone()
		for !w.IsRenderInProgress() { // it cannot be stopped before it has begun
			time.Sleep(time.Millisecond)
		}
		w.Stop()
		<-ended
		c.log.through(nil)
	})
	var mu sync.Mutex
	j.Progress = func(e collector.Event) {
		mu.Lock()
		defer mu.Unlock()
		t.UpdateTotal(int64(e.Scopes))
		t.SetValue(max(t.Value(), int64(e.Done)))
		t.UpdateMessage(fmt.Sprintf("collecting: %d resources", e.Resources))
		if e.Scopes > 0 && e.Done == e.Scopes {
			stop()
		}
	}
	c.log.through(w)
	go func() {
		defer close(ended)
		w.Render()
	}()
	return stop
}
