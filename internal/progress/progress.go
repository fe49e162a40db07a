// Package progress shows how far long work is: a bar on a terminal, plain lines
// elsewhere. It shows counts, rates and times, never data.
package progress

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
)

const (
	interval = 10 * time.Second       // between plain lines of work that goes on
	refresh  = 100 * time.Millisecond // between drawings of the bars
)

var sink struct {
	sync.Mutex
	out    io.Writer     // nil: quiet
	bars   *mpb.Progress // nil: plain lines
	logged bool          // to the log in place of both
}

// To sends progress to f, or nowhere where f is nil.
func To(f *os.File) {
	sink.Lock()
	defer sink.Unlock()
	sink.out, sink.bars, sink.logged = nil, nil, false
	if f == nil {
		return
	}
	sink.out = f
	if isatty.IsTerminal(f.Fd()) {
		sink.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithAutoRefresh(), mpb.WithRefreshRate(refresh), mpb.PopCompletedMode())
	}
}

// ToLog sends progress to the log, each line with its numbers as fields.
func ToLog() {
	To(nil)
	sink.Lock()
	defer sink.Unlock()
	sink.logged = true
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
