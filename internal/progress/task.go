package progress

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Task is one piece of long work.
type Task struct {
	name, unit  string
	sink        *Sink
	total, done atomic.Int64
	start       time.Time
	last        atomic.Int64 // unix nanoseconds of the last plain line
	told        atomic.Int64 // and of when was told last; 0: not yet
	bar         *mpb.Bar
	note        atomic.Pointer[string]
}

// Start begins a task of total units (0: unknown).
func (s *Sink) Start(name, unit string, total int64) *Task {
	t := &Task{name: name, unit: unit, sink: s, start: time.Now()}
	t.total.Store(total)
	t.last.Store(t.start.UnixNano())
	if bars := s.drawn(); bars != nil {
		t.bar = bars.AddBar(total,
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
	}
	now := time.Now().UnixNano()
	if due(&t.last, now) {
		t.sink.line(t, false)
	}
	if t.sink != nil && t.sink.tell != nil && due(&t.told, now) {
		t.sink.tell(t.name, t.status())
	}
}

// due says whether an interval is over since a moment, which is now then.
func due(since *atomic.Int64, now int64) bool {
	last := since.Load()
	return now-last >= int64(interval) && since.CompareAndSwap(last, now)
}

// Reach counts up to n units done in all, as they are counted elsewhere, where that is
// more than are counted here, and no more than there are.
func (t *Task) Reach(n int64) {
	if total := t.total.Load(); total > 0 {
		n = min(n, total)
	}
	if more := n - t.done.Load(); more > 0 {
		t.Add(more)
	}
}

// Done ends the task.
func (t *Task) Done() {
	if t.bar != nil {
		t.bar.SetTotal(t.done.Load(), true)
	}
	t.sink.line(t, true)
	if t.told.Load() != 0 {
		t.sink.tell(t.name, "")
	}
}

// log tells of the task with its numbers as fields.
func (t *Task) log(event *zerolog.Event, ended bool) {
	done, total := t.done.Load(), t.total.Load()
	event = event.Str("task", t.name).Str("unit", t.unit).Int64("done", done).Bool("ended", ended)
	if total > 0 {
		event = event.Int64("total", total)
	}
	if rate := t.rate(); rate > 0 {
		event = event.Float64("per_second", rate)
		if total > done {
			event = event.Float64("seconds_left", float64(total-done)/rate)
		}
	}
	if note := t.note.Load(); note != nil {
		event = event.Str("note", *note)
	}
	event.Msg("progress")
}

func (t *Task) rate() float64 { return float64(t.done.Load()) / time.Since(t.start).Seconds() }

// status is count, rate and time left.
func (t *Task) status() string {
	done, total := t.done.Load(), t.total.Load()
	s := fmt.Sprintf("%d %s", done, t.unit)
	if total > 0 {
		s = fmt.Sprintf("%d/%d %s", done, total, t.unit)
	}
	if rate := t.rate(); done > 0 {
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
