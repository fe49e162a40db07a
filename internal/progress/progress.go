// Package progress shows how far long work is: a bar on a terminal, plain lines
// elsewhere. It shows counts, rates and times, never data.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/vbauerster/mpb/v8"
)

const (
	interval = 10 * time.Second       // between plain lines of work that goes on
	refresh  = 100 * time.Millisecond // between drawings of the bars
)

// Sink is where progress goes. A nil Sink shows nothing. Safe for concurrent use.
type Sink struct {
	mu   sync.Mutex
	out  io.Writer
	bars *mpb.Progress   // nil: plain lines
	log  *zerolog.Logger // in place of both

	shown *Sink // of a Sink that Telling made: where it shows what it tells of
	tell  func(task, status string)
}

// To sends progress to f.
func To(f *os.File) *Sink {
	s := &Sink{out: f}
	if isatty.IsTerminal(f.Fd()) {
		s.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithAutoRefresh(), mpb.WithRefreshRate(refresh), mpb.PopCompletedMode())
	}
	return s
}

// ToLog sends progress to a log, each line with its numbers as fields.
func ToLog(log zerolog.Logger) *Sink { return &Sink{log: &log} }

// Telling is a Sink that shows what this one shows, and tells of it besides: at the first
// unit that is done of a task, then as often as plain lines are written, and with no status
// when the task ends.
func (s *Sink) Telling(tell func(task, status string)) *Sink { return &Sink{shown: s, tell: tell} }

// Stop draws the bars a last time, those of work that failed too. Call it before
// the process ends.
func (s *Sink) Stop() {
	if s == nil {
		return
	}
	s.mu.Lock()
	bars := s.bars
	s.bars = nil
	s.mu.Unlock()
	if bars != nil {
		// Lines written above the bars are drawn by the next refresh.
		time.Sleep(2 * refresh)
		bars.Shutdown()
	}
}

// Above writes lines above the bars, where there are any, so that a log and the
// bars share a terminal.
type Above struct {
	Sink *Sink
	Out  io.Writer
}

func (a Above) Write(line []byte) (int, error) {
	bars := a.Sink.drawn()
	if bars == nil {
		return a.Out.Write(line)
	}
	return bars.Write(line)
}

// drawn are the bars, nil where there are none.
func (s *Sink) drawn() *mpb.Progress {
	switch {
	case s == nil:
		return nil
	case s.tell != nil:
		return s.shown.drawn()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bars
}

// line shows how far a task is, where there are no bars.
func (s *Sink) line(t *Task, ended bool) {
	switch {
	case s == nil || t.bar != nil:
	case s.tell != nil:
		s.shown.line(t, ended)
	case s.log != nil:
		t.log(s.log.Info(), ended)
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		suffix := ""
		if done, total := t.done.Load(), t.total.Load(); ended && done < total {
			suffix = " stopped"
		} else if ended {
			suffix = " done"
		}
		fmt.Fprintf(s.out, "%s: %s%s\n", t.name, t.status(), suffix)
	}
}

// None is a task that is not shown.
func None() *Task { return (*Sink)(nil).Start("", "", 0) }
