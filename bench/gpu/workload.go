package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// classes of the tasks whose steps are timed: three, as those of a length of stay.
const classes = 3

// workload is a shape and what is trained: with labels a head of classes, else the
// language model.
type workload struct {
	check.Shape
	Clinical string // the adapter below the task's: "" for none, still or trained
}

// What an adapter below the task's may be.
const still, trained = "frozen", "trained"

// workloads are language models on batches of rows and tokens, then classes on another,
// over a frozen clinical adapter and a trained one.
func workloads(of func(batch, seq int) check.Shape, language [][2]int, batch, seq int) (list []workload) {
	for _, b := range language {
		list = append(list, workload{Shape: of(b[0], b[1])})
	}
	task := of(batch, seq)
	task.Labels = classes
	return append(list, workload{task, still}, workload{task, trained})
}

func (l workload) String() string {
	text := fmt.Sprintf("%d × %d", l.Batch, l.Seq)
	if l.Labels > 0 {
		text += ", classes"
	}
	if l.Clinical != "" {
		text += ", clinical adapter " + l.Clinical
	}
	if l.Checkpointing {
		text += ", checkpointed"
	}
	return text
}

// sketch is a trainer of a workload's model with random weights that the card drew. It
// writes adapters into dir.
func sketch(b kernel.Backend, l workload, dir string) (*trainer, error) {
	m, err := llama.Sketch(b, config(l.Shape))
	if err != nil {
		return nil, err
	}
	task := update
	if l.Labels > 0 {
		task.TaskType = adapter.SeqCls
	}
	err = l.addClinical(m, dir)
	if err == nil {
		_, err = m.AddAdapter("bench", task, l.Labels, 1)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return newTrainer(m, l, 1e-4)
}

// addClinical adds the adapter below the task's, a frozen one by way of its files.
func (l workload) addClinical(m *model.Model, dir string) error {
	switch l.Clinical {
	case trained:
		_, err := m.AddAdapter("clinical", update, 0, 2)
		return err
	case still:
		folder := filepath.Join(dir, "clinical", l.String())
		if err := l.saveClinical(m.Params().Backend(), folder); err != nil {
			return err
		}
		_, err := m.LoadAdapter(context.Background(), "clinical", folder, graph.Frozen)
		return err
	}
	return nil
}

// saveClinical saves an adapter of the workload's model. Its layers are those of a model
// of one column of words, which takes little memory beside the one that is timed.
func (l workload) saveClinical(b kernel.Backend, folder string) error {
	s := l.Shape
	s.Vocabulary, s.Intermediate = 3, 1
	m, err := llama.Sketch(b, config(s))
	if err != nil {
		return err
	}
	defer m.Close()
	a, err := m.AddAdapter("clinical", update, 0, 2)
	if err != nil {
		return err
	}
	return checkpoint.SaveDir(folder, a.Files())
}
