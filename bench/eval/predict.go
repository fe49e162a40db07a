package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

const (
	variant = "drawn"
	parts   = 64
)

// predict writes a dataset of predictions of so many examples, each of a patient of its
// own. No part is held in memory.
func predict(ctx context.Context, dir string, examples int) error {
	w, err := dataset.NewWriter(ctx, dir, task.KindPredictions, parts)
	if err != nil {
		return err
	}
	if err := w.SetTables(task.TablePredictions); err != nil {
		return err
	}
	of := task.Task{Name: "diag", Kind: task.Multilabel, Recipe: "clinical", Split: "hash", Release: "synthetic"}
	for k := range labels {
		of.Labels = append(of.Labels, fmt.Sprint("label ", k))
	}
	if err := w.SetAttribute(task.Attribute, of); err != nil {
		return err
	}
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for part := range parts {
		group.Go(func() error { return predictPart(working, w.Part(part), part, examples) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return w.Commit(ctx, dataset.Manifest{Stage: "bench.predict", StageVersion: 1}, nil)
}

func predictPart(ctx context.Context, p *dataset.PartWriter, part, examples int) error {
	table, err := dataset.Rows[task.Prediction](p, task.TablePredictions)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(3, uint64(part)))
	for id := range examples {
		if mimic.PartOf(int64(id), parts) != part {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := table.Write(example(random, id)); err != nil {
			return err
		}
	}
	_, err = p.Close()
	return err
}

var shares = func() (shares [labels]float64) {
	for k := range shares {
		shares[k] = shareOf(k)
	}
	return shares
}()

func example(random *rand.Rand, id int) task.Prediction {
	row := task.Prediction{ExampleID: fmt.Sprint(id), SubjectID: int64(id), Task: "diag", Variant: variant, Split: "test", Logits: make([]float32, labels)}
	for k, share := range shares {
		score, has := draw(random, share)
		if row.Logits[k] = score; has {
			row.Labels = append(row.Labels, int32(k))
		}
	}
	return row
}
