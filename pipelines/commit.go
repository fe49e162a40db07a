package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// commitKey gathers all part results of a task on one worker.
const commitKey = 0

// commit writes the manifest, last of all, once every part is there. It is part
// of the pipeline because a remote runner gives its client nothing back.
func commit(s beam.Scope, t Task, results beam.PCollection) {
	beam.ParDo0(s, &commitFn{Task: t}, beam.GroupByKey(s, results))
}

type commitFn struct{ Task Task }

func (f *commitFn) ProcessElement(ctx context.Context, _ int, elements func(*[]byte) bool) error {
	return f.Task.ends(ctx, "commit", func() error {
		results, faults, err := readResults(elements)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return f.Task.record(ctx, first(faults))
		}
		header, err := f.Task.header()
		if err != nil {
			return err
		}
		stage, in, err := open[any](ctx, f.Task.env(), f.Task)
		if err != nil {
			return err
		}
		if err := check(ctx, stage, in, results, &header); err != nil {
			return err
		}
		out, err := f.Task.writer(ctx)
		if err != nil {
			return err
		}
		if err := stages.SetAttributes(ctx, stage, in, out); err != nil {
			return err
		}
		if err := stages.SetTally(ctx, stage, in, byFile(results), out); err != nil {
			return err
		}
		return out.Commit(ctx, header, partsOnly(results, &header))
	})
}

// partsOnly moves the counts of files into the header and returns the parts.
func partsOnly(results []result, header *dataset.Manifest) (parts []dataset.PartResult) {
	files := counts(header.Counts)
	if files == nil {
		files = counts{}
	}
	for _, r := range results {
		if r.File == "" {
			parts = append(parts, r.PartResult)
		} else {
			files.add(r.Counts)
		}
	}
	header.Counts = files
	return parts
}

// check fails a task whose fraction of bad records is above the stage's limit,
// and names a source's files in the header.
func check(ctx context.Context, stage any, in stages.Inputs, results []result, header *dataset.Manifest) error {
	if gated, ok := stage.(stages.Gated); ok {
		if err := checkBadFraction(results, gated.MaxBadFraction()); err != nil {
			return err
		}
	}
	source, ok := stage.(stages.Source)
	if !ok {
		return nil
	}
	files, err := source.Files(ctx, in)
	if err != nil {
		return err
	}
	for _, file := range files {
		header.Sources = append(header.Sources, file.Name)
	}
	return nil
}

// result is what the commit gets of a task: a finished part, the counts of a file that
// its source has scanned, or a fault.
type result struct {
	dataset.PartResult
	File  string `json:"file,omitempty"` // "": a part
	Fault *fault `json:"fault,omitempty"`
}

// handOn gives a fault to the commit.
func handOn(f *fault, emit func(int, []byte)) error {
	if f == nil {
		return nil
	}
	element, err := json.Marshal(result{Fault: f})
	if err != nil {
		return err
	}
	emit(commitKey, element)
	return nil
}

func readResults(elements func(*[]byte) bool) (results []result, faults []fault, err error) {
	var element []byte
	for elements(&element) {
		var r result
		if err := json.Unmarshal(element, &r); err != nil {
			return nil, nil, fmt.Errorf("read a part result: %w", err)
		}
		if r.Fault != nil {
			faults = append(faults, *r.Fault)
			continue
		}
		results = append(results, r)
	}
	slices.SortFunc(results, func(a, b result) int { return cmp.Compare(a.Part, b.Part) })
	return results, faults, nil
}

// readAccumulators decodes accumulators ordered by key, then part.
func readAccumulators(elements func(*[]byte) bool) ([]accumulator, error) {
	var out []accumulator
	var element []byte
	for elements(&element) {
		if len(element) == 0 {
			continue
		}
		var a accumulator
		if err := json.Unmarshal(element, &a); err != nil {
			return nil, fmt.Errorf("read an accumulator: %w", err)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b accumulator) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Part, b.Part))
	})
	return out, nil
}
