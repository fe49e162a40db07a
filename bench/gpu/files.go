package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// The folders of the model that learns the curve and of its adapter, as both sides
// read them, and of the configurations of what is timed.
const baseFolder, adapterFolder, timedFolder = "base", "adapter", "timed"

// decay is AdamW's weight decay, torch's default.
const decay = 0.01

// job is what the peer is asked for.
type job struct {
	Seconds     float64     `json:"seconds"`      // it may take
	Device      int         `json:"device"`       // number of the card
	WithoutCard bool        `json:"without_card"` // torch may compute on the processor
	Batches     [][2]int    `json:"batches"`      // rows and tokens of what is timed
	Warm        int         `json:"warm"`
	Timed       int         `json:"timed"`
	Rate        float64     `json:"rate"` // of the curve
	Decay       float64     `json:"decay"`
	IDs         [][][]int32 `json:"ids"` // of the curve, by batch and row
}

// write makes the models and configurations that several parts read.
func (s size) write(dir string) error {
	return errors.Join(s.writeCurve(dir), s.writeTimed(filepath.Join(dir, timedFolder)))
}

// writeCurve saves a random model and a new adapter, made on the processor.
func (s size) writeCurve(dir string) error {
	b, err := cpu.New(cpu.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	m, err := llama.Random(context.Background(), b, config(s.learnt), graph.Frozen, 1)
	if err != nil {
		return err
	}
	defer m.Close()
	a, err := m.AddAdapter("curve", update, 0, 1)
	if err != nil {
		return err
	}
	return errors.Join(
		checkpoint.SaveDir(filepath.Join(dir, baseFolder), m.Files()),
		checkpoint.SaveDir(filepath.Join(dir, adapterFolder), a.Files()))
}

// writeTimed saves two configurations without weights: both sides draw their own.
func (s size) writeTimed(dir string) error {
	longest := s.timed[0].Shape
	for _, l := range s.timed {
		longest.Seq = max(longest.Seq, l.Seq)
	}
	return checkpoint.SaveDir(dir, []checkpoint.File{
		{Name: model.ConfigName, Write: config(longest).Write},
		{Name: adapter.ConfigName, Write: update.Write},
	})
}

func (s size) writeJob(dir string, o options) error {
	j := job{
		Seconds: o.peerTime.Seconds(), Device: o.device, WithoutCard: s.emulated,
		Warm: s.peers.warm, Timed: s.peers.timed, Rate: s.rate, Decay: decay,
	}
	for _, l := range s.timed[:s.beside] {
		j.Batches = append(j.Batches, [2]int{l.Batch, l.Seq})
	}
	for step := range s.steps {
		var rows [][]int32
		for row := range s.learnt.Batch {
			rows = append(rows, sentence(s.learnt, step, row))
		}
		j.IDs = append(j.IDs, rows)
	}
	return checkpoint.SaveDir(dir, []checkpoint.File{{Name: "job.json", Write: func(w io.Writer) error {
		return json.NewEncoder(w).Encode(j)
	}}})
}

// sentence is a row of tokens that can be learnt: one of a few, each followed by one
// of two. Random ones would leave the losses where they begin, whatever the gradients.
func sentence(s check.Shape, step, row int) []int32 {
	const words = 16
	random := rand.New(rand.NewPCG(uint64(step), uint64(row)))
	ids := make([]int32, s.Seq)
	state := random.Int32N(words)
	for i := range ids {
		ids[i] = state
		state = (5*state + 3 + random.Int32N(2)) % words
	}
	return ids
}
