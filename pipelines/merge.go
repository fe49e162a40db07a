package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// everyPartFn names every part, so that one without rows is written too.
type everyPartFn struct{ Parts int }

func (f *everyPartFn) ProcessElement(_ []byte, emit func(int, []byte)) {
	for part := range f.Parts {
		emit(part, nil)
	}
}

// mergeFn merges the runs of a part: (part, fileRuns) → (commitKey, PartResult).
type mergeFn struct {
	Task  Task
	stage stages.Source
	files int // that the source has
	out   *dataset.Writer
	pool  *pool[[]byte]

	broken error // in Setup
}

func (f *mergeFn) Setup(ctx context.Context) error {
	var err error
	f.broken, err = prepared(f.Task.place("set up"), func() error {
		stage, in, err := open[stages.Source](ctx, f.Task.env(), f.Task)
		if err != nil {
			return err
		}
		files, err := stage.Files(ctx, in)
		if err != nil {
			return err
		}
		f.stage, f.files = stage, len(files)
		f.out, err = f.Task.writer(ctx)
		return err
	})
	return err
}

func (f *mergeFn) StartBundle(ctx context.Context, _ func(int, []byte)) error {
	f.pool = newPool[[]byte](ctx, f.Task, f.broken)
	f.Task.counting(ctx)
	return nil
}

func (f *mergeFn) ProcessElement(_ context.Context, part int, elements func(*[]byte) bool, _ func(int, []byte)) error {
	runs, files, err := readRuns(elements)
	if err != nil || files == faulty {
		return err // the commit hears of the fault from the scan
	}
	f.pool.run(f.Task.place("part %d", part), func(ctx context.Context) ([]byte, error) {
		defer f.Task.done(ctx)
		if files != f.files {
			return nil, exit.Errorf(exit.Failed, "%d of %d files were scanned; the part was not merged", files, f.files)
		}
		return f.Task.finishPart(ctx, f.out, part, func(out *dataset.PartWriter) error {
			return f.stage.Merge(ctx, part, runs, out)
		})
	})
	return nil
}

func (f *mergeFn) FinishBundle(_ context.Context, emit func(int, []byte)) error {
	results, fault, err := f.pool.wait()
	for _, r := range results {
		emit(commitKey, r)
	}
	return errors.Join(err, handOn(fault, emit))
}

// fileRuns is what a part gets of one scanned file. It comes also where the file
// has no row of the part: a part is merged only where every file has answered,
// for prism may run what follows a failed bundle on what there is, and a part
// once recorded as finished is not merged again.
type fileRuns struct {
	File   int           `json:"file"` // the RawFile's index
	Runs   []extsort.Run `json:"runs"`
	Faulty bool          `json:"faulty,omitempty"` // scans ended with a fault
}

// faulty is the number of files where there is no telling, for a scan had a fault.
const faulty = -1

// readRuns decodes a part's runs in an order that does not depend on the runner,
// and counts the files that they come from.
func readRuns(elements func(*[]byte) bool) (runs []extsort.Run, files int, err error) {
	answered := map[int]bool{}
	var element []byte
	for elements(&element) {
		if len(element) == 0 {
			continue
		}
		var of fileRuns
		if err := json.Unmarshal(element, &of); err != nil {
			return nil, 0, fmt.Errorf("read the runs of a file: %w", err)
		}
		if of.Faulty {
			return nil, faulty, nil
		}
		answered[of.File] = true
		runs = append(runs, of.Runs...)
	}
	slices.SortFunc(runs, func(a, b extsort.Run) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Offset, b.Offset))
	})
	return runs, len(answered), nil
}
