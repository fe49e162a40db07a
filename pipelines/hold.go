package pipelines

import (
	"errors"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/stages"
)

// mergesHere is the runner that merges in the process that scanned, each part once.
const mergesHere = "direct"

// shortScan is how long a scan may take whose rows wait in memory for their merge: a kill
// costs it again.
const shortScan = 10 * time.Second

// heldScan is a scan whose rows wait in memory.
type heldScan struct {
	out   *dataset.Writer
	spill *extsort.Spill
	file  int
}

// write leaves the rows in files and records the scan, for the next attempt.
func (h heldScan) write() error {
	runs, counts, err := h.spill.Close()
	if err != nil {
		return err
	}
	return h.out.RecordScan(h.file, runs, counts)
}

// finishScan ends a scan: its rows wait in memory where they may, and lie in files else.
func (f *scanFn) finishScan(file stages.RawFile, spill *extsort.Spill, took time.Duration) (scanned, error) {
	r, held := f.Task.running(), heldScan{f.out, spill, file.Index}
	if r.holds && took < shortScan {
		if runs, counts, ok := spill.Hold(); ok {
			r.hold(held)
			return scanned{file, runs, counts}, nil
		}
	}
	runs, counts, err := spill.Close()
	if err != nil {
		return scanned{}, err
	}
	return scanned{file, runs, counts}, f.out.RecordScan(file.Index, runs, counts)
}

func (r *run) hold(h heldScan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = append(r.held, h)
}

// letGo ends the waiting of rows. Of a task that failed they are written: what was
// scanned is not scanned again.
func (r *run) letGo(failed error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.held {
		if failed != nil {
			if err := h.write(); err != nil {
				failed = errors.Join(failed, err)
			}
		}
		h.spill.Abort()
	}
	r.held = nil
	return failed
}
