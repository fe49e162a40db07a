package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/stages"
)

// scanFn reads files into sorted runs: RawFile → (part, fileRuns) and the file's
// counts as a result.
type scanFn struct {
	Task  Task
	stage stages.Source
	out   *dataset.Writer
	pool  *pool[scanned]

	broken error // in Setup
}

type scanned struct {
	file   stages.RawFile
	runs   []extsort.Run
	counts map[string]int64
}

// byPart is what each part gets of the file, which may be no run.
func (s scanned) byPart(parts int) []fileRuns {
	runs := make([]fileRuns, parts)
	for part := range runs {
		runs[part].File = s.file.Index
	}
	for _, run := range s.runs {
		runs[run.Part].Runs = append(runs[run.Part].Runs, run)
	}
	return runs
}

func (f *scanFn) Setup(ctx context.Context) error {
	var err error
	f.broken, err = prepared(f.Task.place("set up"), func() (err error) {
		if f.stage, _, err = open[stages.Source](ctx, f.Task.env(), f.Task); err != nil {
			return err
		}
		f.out, err = f.Task.writer(ctx)
		return err
	})
	return err
}

func (f *scanFn) StartBundle(ctx context.Context, _, _ func(int, []byte)) error {
	f.Task.counting(ctx)
	f.pool = newPool[scanned](ctx, f.Task, f.broken)
	return nil
}

func (f *scanFn) ProcessElement(_ context.Context, element []byte, _, _ func(int, []byte)) error {
	var file stages.RawFile
	if err := json.Unmarshal(element, &file); err != nil {
		return fmt.Errorf("read a file element: %w", err)
	}
	f.pool.run(f.Task.place("file %s", file.Name), func(ctx context.Context) (scanned, error) {
		if err := f.Task.begins(ctx, fmt.Sprintf("scan-%05d", file.Index)); err != nil {
			return scanned{}, err
		}
		runs, counts, done, err := f.out.Scanned(file.Index)
		if done || err != nil {
			return scanned{file, runs, counts}, err
		}
		return f.scan(ctx, file)
	})
	return nil
}

func (f *scanFn) scan(ctx context.Context, file stages.RawFile) (scanned, error) {
	start := time.Now()
	spill := extsort.NewSpill(f.out.Scratch(), f.Task.Parts, file.Index, f.Task.env().Memory)
	if f.Task.env().Workers > 1 {
		spill.Beside()
	}
	if err := f.stage.Scan(ctx, file, spill); err != nil {
		spill.Abort()
		return scanned{}, err
	}
	return f.finishScan(file, spill, time.Since(start))
}

func (f *scanFn) FinishBundle(_ context.Context, emitRuns, emitTally func(int, []byte)) error {
	files, fault, err := f.pool.wait()
	if err != nil {
		return err
	}
	if fault != nil {
		every := make([]fileRuns, f.Task.Parts)
		for part := range every {
			every[part].Faulty = true
		}
		return errors.Join(emitByPart(every, emitRuns), handOn(fault, emitTally))
	}
	for _, scan := range files {
		if err := emitByPart(scan.byPart(f.Task.Parts), emitRuns); err != nil {
			return err
		}
		tally, err := json.Marshal(result{PartResult: dataset.PartResult{Counts: scan.counts}, File: scan.file.Name})
		if err != nil {
			return err
		}
		emitTally(commitKey, tally)
	}
	return nil
}

func emitByPart(runs []fileRuns, emit func(int, []byte)) error {
	for part, of := range runs {
		element, err := json.Marshal(of)
		if err != nil {
			return err
		}
		emit(part, element)
	}
	return nil
}
