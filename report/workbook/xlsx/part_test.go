package xlsx

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
)

var errFull = errors.New("the disk is full")

// disk takes so many bytes.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// noise is a table of one column that deflates badly.
func noise(t *testing.T, w io.Writer) (*Book, *Table[uint64]) {
	t.Helper()
	b, err := New(w, Design{Sheets: []Sheet{{Name: "Only"}}, MaxRows: MaxRows})
	if err != nil {
		t.Fatal(err)
	}
	return b, NewTable(b, "Only", "rows", []Column[uint64]{{Head: "Noise", Of: func(v uint64) string { return strconv.FormatUint(v, 36) }}})
}

// TestFullDisk: what cannot be written fails the workbook, whenever that is, and the part has ended then.
func TestFullDisk(t *testing.T) {
	for _, room := range []int{0, 10_000, 200_000, 400_000} {
		b, table := noise(t, &disk{room})
		random := rand.New(rand.NewPCG(1, 2))
		var err error
		for range 60_000 {
			if err = table.Add(random.Uint64()); err != nil {
				break
			}
		}
		if err == nil {
			err = table.Close()
		}
		if err == nil {
			err = b.Close()
		}
		b.Stop()
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
	var whole bytes.Buffer
	b, table := noise(t, &whole)
	random := rand.New(rand.NewPCG(1, 2))
	for range 60_000 {
		if err := table.Add(random.Uint64()); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(table.Close(), b.Close()); err != nil || whole.Len() < 500_000 {
		t.Errorf("a workbook of %d bytes where there is room: %v", whole.Len(), err)
	}
}

// broken panics once it has taken so many bytes.
type broken struct{ disk }

func (w *broken) Write(p []byte) (int, error) {
	n, err := w.disk.Write(p)
	if err != nil {
		panic(err)
	}
	return n, nil
}

// TestPanic: what panics while a sheet is deflated panics where its rows are written, and so can be recovered there.
func TestPanic(t *testing.T) {
	b, table := noise(t, &broken{disk{10_000}})
	defer func() {
		if have, _ := recover().(error); !errors.Is(have, errFull) {
			t.Errorf("recovered %v, want %v", have, errFull)
		}
		b.Stop()
	}()
	random := rand.New(rand.NewPCG(1, 2))
	for range 60_000 {
		if err := table.Add(random.Uint64()); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(table.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

// TestStop: after it nothing is written any more, and it may come twice.
func TestStop(t *testing.T) {
	b, table := noise(t, io.Discard)
	for i := uint64(0); b.part == nil; i++ {
		if err := table.Add(i); err != nil {
			t.Fatal(err)
		}
	}
	p := b.part
	b.Stop()
	select {
	case <-p.done:
	default:
		t.Error("the part is still being written")
	}
	b.Stop()
}
