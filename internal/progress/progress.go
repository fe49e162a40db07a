// Package progress shows how far long work is: a bar on a terminal, plain lines
// elsewhere. It shows counts, rates and times, never data.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	interval = 10 * time.Second       // between plain lines of work that goes on
	refresh  = 100 * time.Millisecond // between drawings of the bars
)

var sink struct {
	sync.Mutex
	out  io.Writer     // nil: quiet
	bars *mpb.Progress // nil: plain lines
}

// To sends progress to f, or nowhere where f is nil.
func To(f *os.File) {
	sink.Lock()
	defer sink.Unlock()
	sink.out, sink.bars = nil, nil
	if f == nil {
		return
	}
	sink.out = f
	if isatty.IsTerminal(f.Fd()) {
		sink.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithAutoRefresh(), mpb.WithRefreshRate(refresh), mpb.PopCompletedMode())
	}
}

// Stop draws the bars a last time, those of work that failed too. Call it before
// the process ends.
func Stop() {
	sink.Lock()
	bars := sink.bars
	sink.bars = nil
	sink.Unlock()
	if bars != nil {
		// Lines written above the bars are drawn by the next refresh.
		time.Sleep(2 * refresh)
		bars.Shutdown()
	}
}

// Above writes lines above the bars, where there are any, so that a log and the
// bars share a terminal.
type Above struct{ Out io.Writer }

func (a Above) Write(line []byte) (int, error) {
	sink.Lock()
	bars := sink.bars
	sink.Unlock()
	if bars == nil {
		return a.Out.Write(line)
	}
	return bars.Write(line)
}

// Task is one piece of long work.
type Task struct {
	name, unit  string
	total, done atomic.Int64
	start       time.Time
	last        atomic.Int64 // unix nanoseconds of the last plain line
	bar         *mpb.Bar
	note        atomic.Pointer[string]
}

// Start begins a task of total units (0: unknown).
func Start(name, unit string, total int64) *Task {
	t := &Task{name: name, unit: unit, start: time.Now()}
	t.total.Store(total)
	t.last.Store(t.start.UnixNano())
	sink.Lock()
	defer sink.Unlock()
	if sink.bars != nil {
		t.bar = sink.bars.AddBar(total,
			mpb.PrependDecorators(decor.Name(name, decor.WC{W: 28, C: decor.DindentRight})),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return t.status() })))
	}
	return t
}

// Note sets a short remark shown after the counts, such as the loss.
func (t *Task) Note(note string) { t.note.Store(&note) }

// Add counts n more units done.
func (t *Task) Add(n int64) {
	t.done.Add(n)
	if t.bar != nil {
		t.bar.IncrInt64(n)
		return
	}
	last, now := t.last.Load(), time.Now().UnixNano()
	if now-last >= int64(interval) && t.last.CompareAndSwap(last, now) {
		t.line("")
	}
}

// Done ends the task.
func (t *Task) Done() {
	if t.bar != nil {
		t.bar.SetTotal(t.done.Load(), true)
		return
	}
	t.line(" done")
}

func (t *Task) line(suffix string) {
	sink.Lock()
	defer sink.Unlock()
	if sink.out != nil {
		fmt.Fprintf(sink.out, "%s: %s%s\n", t.name, t.status(), suffix)
	}
}

// status is count, rate and time left.
func (t *Task) status() string {
	done, total := t.done.Load(), t.total.Load()
	elapsed := time.Since(t.start)
	s := fmt.Sprintf("%d %s", done, t.unit)
	if total > 0 {
		s = fmt.Sprintf("%d/%d %s", done, total, t.unit)
	}
	if rate := float64(done) / elapsed.Seconds(); done > 0 {
		s += fmt.Sprintf(", %.4g/s", rate)
		if total > done {
			s += fmt.Sprintf(", %s left", time.Duration(float64(total-done)/rate*float64(time.Second)).Round(time.Second))
		}
	}
	if note := t.note.Load(); note != nil {
		s += ", " + *note
	}
	return s
}
