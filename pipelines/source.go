package pipelines

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/stages"
)

// Source spreads a source stage: one element a file, a GroupByKey of run names
// by part, one merge a part. A gzip file cannot be split, so a file is one
// element.
func Source(s beam.Scope, t Task) {
	s = s.Scope(t.Step)
	listed, unlisted := beam.ParDo2(s, &listFn{Task: t}, beam.Impulse(s))
	runs, tallies := beam.ParDo2(s, &scanFn{Task: t}, beam.Reshuffle(s, listed))
	every := beam.ParDo(s, &everyPartFn{Parts: t.Parts}, beam.Impulse(s))
	results := beam.ParDo(s, &mergeFn{Task: t}, beam.GroupByKey(s, beam.Flatten(s, runs, every)))
	commit(s, t, beam.Flatten(s, results, tallies, unlisted))
}

// listFn names the stage's files: an impulse → RawFiles as JSON and, where they cannot be
// listed, a fault as a result.
type listFn struct{ Task Task }

func (f *listFn) ProcessElement(ctx context.Context, _ []byte, emit func([]byte), emitFault func(int, []byte)) error {
	broken, err := prepared(f.Task.place("list the files"), func() error {
		stage, in, err := open[stages.Source](ctx, f.Task.env(), f.Task)
		if err != nil {
			return err
		}
		files, err := stage.Files(ctx, in)
		if err != nil {
			return err
		}
		for _, file := range files {
			element, err := json.Marshal(file)
			if err != nil {
				return err
			}
			emit(element)
		}
		return nil
	})
	return errors.Join(err, handOn(faultOf(broken), emitFault))
}
