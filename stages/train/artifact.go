package train

import (
	"context"
	"io"
	"iter"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/trainer"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// workSuffix names the folder of training checkpoints beside an output. It is
// removed when the output is complete.
const workSuffix = ".work"

// learn trains a model and writes the training log and the record of whom it was trained
// on, the patients of the documents, then the files that the caller makes of the model.
// The training checkpoints stay until the output is complete: up to there all may be lost.
func learn(ctx context.Context, t trainer.Trainer, documents examples.Rows, out *dataset.Writer, files func(end trainer.State) error) error {
	beside, err := store.Open(out.URI() + workSuffix)
	if err != nil {
		return err
	}
	work, err := store.OnThisMachine(beside)
	if err != nil {
		return err
	}
	t.Identity = out.Identity()
	end, err := t.Learn(ctx, work)
	if err != nil {
		return err
	}
	if err := out.StreamFile(trainlog.Name, func(w io.Writer) error { return trainer.CopyLog(ctx, w, work) }); err != nil {
		return err
	}
	if err := leakage.WritePatients(out, subjects(documents)); err != nil {
		return err
	}
	if err := files(end); err != nil {
		return err
	}
	note(t, out, end)
	out.AfterCommit(func(ctx context.Context) error { return work.RemoveAll(ctx, "") })
	return nil
}

func subjects(rows examples.Rows) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, row := range rows {
			if !yield(row.SubjectID) {
				return
			}
		}
	}
}

// note says in the manifest what was trained on what.
func note(t trainer.Trainer, out *dataset.Writer, end trainer.State) {
	out.SetKernel(t.Model.Params().Backend().Name())
	out.SetSeed("train", t.Seed)
	out.Count("epochs", int64(end.Epoch))
	out.Count("train_examples", int64(len(t.Train)))
	out.Count("val_examples", int64(len(t.Val)))
	for _, p := range t.Model.Params().Trainable() {
		out.Count("trainable_parameters", int64(p.Len()))
	}
}

// Validated are the settings of validation that stages of language models share.
type Validated struct {
	MaxVal int `json:"max_val" default:"10000" unit:"documents" min:"0" doc:"Documents of val on which the loss is measured, at each epoch's end; the same ones for one seed, chosen by the hash of their ids. 0: all."`
}

// asLanguageModel lets a model predict each next token of the splits. At most maxVal
// documents of val are measured, 0 all.
func asLanguageModel(t trainer.Trainer, splits map[string]examples.Rows, maxVal int, how trainer.Sequences) (trainer.Trainer, error) {
	t.Objective = t.LanguageModel()
	val := trainer.Predictable(splits[split.Val]).Sample(maxVal, t.Seed)
	var err error
	if t.Train, err = how.Of(splits[split.Train], t.Model, t.Seed); err != nil {
		return t, err
	}
	t.Val, err = how.Of(val, t.Model, t.Seed)
	return t, err
}

// writeFiles writes an artifact's files under a folder of the output, "" for
// its root.
func writeFiles(out *dataset.Writer, folder string, files []checkpoint.File) error {
	for _, file := range files {
		if err := out.StreamFile(folder+file.Name, file.Write); err != nil {
			return err
		}
	}
	return nil
}

// folder is the local folder that holds a file of an artifact.
func folder(ctx context.Context, d *dataset.Dataset, name string) (string, error) {
	path, err := d.LocalPath(ctx, name)
	return filepath.Dir(path), err
}
