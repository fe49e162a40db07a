package dags

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/stages"
)

// The stages below stand for the real ones: their specs are what is tested, the
// outputs are written by the tests.

type fakeIngestConfig struct {
	Root   string `json:"root" path:"true" doc:"folder of the tables"`
	Shards int    `json:"shards" default:"64" min:"1" max:"4096" unit:"parts" doc:"number of parts"`
}

type fakeIngest struct{ fakeIngestConfig }

func (f fakeIngest) Parts() int { return f.Shards }

func (f fakeIngest) Files(_ context.Context, in stages.Inputs) ([]stages.RawFile, error) {
	root := f.Root
	if mimic := in.One("mimic"); mimic != nil {
		root = mimic.URI()
	}
	return []stages.RawFile{{Table: "admissions", Name: "hosp/admissions.csv", URI: filepath.Join(root, "hosp/admissions.csv")}}, nil
}

func (fakeIngest) Scan(context.Context, stages.RawFile, *extsort.Spill) error { return nil }

func (fakeIngest) Merge(context.Context, int, []extsort.Run, *dataset.PartWriter) error { return nil }

type fakeMap struct{}

func (fakeMap) Part(context.Context, stages.Inputs, int, *dataset.PartWriter) error { return nil }

type fakeJob struct{ kernel string }

func (fakeJob) Run(context.Context, stages.Inputs, *dataset.Writer) error { return nil }

// fakeKernel is the machine that the fake training stage runs on.
var fakeKernel = "go"

func (f fakeJob) Kernel() string { return f.kernel }

type fakeLabelConfig struct {
	Seed int64 `json:"seed" default:"7" doc:"seed of the split"`
}

type fakePeft struct {
	Type    string   `json:"type" default:"lora" enum:"lora,prefix" doc:"method"`
	R       int      `json:"r" default:"8" min:"1" max:"256" doc:"rank"`
	Modules []string `json:"target_modules" default:"[\"q_proj\",\"v_proj\"]" enum:"q_proj,k_proj,v_proj,o_proj" doc:"adapted matrices"`
}

type fakeTrainConfig struct {
	Base      string   `json:"base,omitempty" path:"config.json,weights*,parts/*.bin" doc:"folder of the base model"`
	Lr        float64  `json:"lr" default:"1e-3" min:"0" max:"1" doc:"learning rate"`
	Epochs    int      `json:"epochs" unit:"epochs" doc:"passes over the examples"`
	BatchSize uint8    `json:"batch_size" default:"10" doc:"examples a batch"`
	Shuffle   bool     `json:"shuffle_labels" default:"false" doc:"leak check"`
	Note      string   `json:"note,omitempty" doc:"remark"`
	Betas     []string `json:"tags,omitempty" doc:"remarks"`
	Dropout   *float64 `json:"dropout,omitempty" min:"0" max:"1" doc:"dropout"`
	Peft      fakePeft `json:"peft" doc:"adapter"`
}

func init() {
	stages.RegisterSource(stages.Spec{
		Name: "fake.ingest", Version: 1, Doc: "Reads tables.",
		In:  []stages.Port{{Name: "mimic", Kind: "adapter", Optional: true, Doc: "a tree, in place of root"}},
		Out: stages.Output{Kind: "patients", Tables: []string{"admissions", "notes"}},
	}, func(_ *stages.Environment, c fakeIngestConfig) (stages.Source, error) { return fakeIngest{c}, nil })
	stages.RegisterMap(stages.Spec{
		Name: "fake.label", Version: 1, Doc: "Labels admissions.",
		In:  []stages.Port{{Name: "patients", Kind: "patients", Sharded: true, Doc: "whole patients"}},
		Out: stages.Output{Kind: "examples", Tables: []string{"examples"}},
	}, func(_ *stages.Environment, _ fakeLabelConfig) (stages.Map, error) { return fakeMap{}, nil })
	stages.RegisterMap(stages.Spec{
		Name: "fake.tokens", Version: 1, Doc: "Tokenizes notes.",
		In: []stages.Port{
			{Name: "notes", Kind: "patients", Tables: []string{"notes"}, Sharded: true},
			{Name: "examples", Kind: "examples", Sharded: true, Optional: true},
		},
		Out: stages.Output{Kind: "tokens", Tables: []string{"tokens"}},
	}, func(_ *stages.Environment, _ struct{}) (stages.Map, error) { return fakeMap{}, nil })
	stages.RegisterJob(stages.Spec{
		Name: "fake.train", Version: 3, Doc: "Trains.",
		In: []stages.Port{
			{Name: "tokens", Kind: "tokens", Doc: "token shards"},
			{Name: "adapters", Kind: "adapter", Optional: true, Many: true},
		},
		Out: stages.Output{Kind: "adapter"},
	}, func(_ *stages.Environment, c fakeTrainConfig) (stages.Job, error) {
		if c.Epochs > 1 && c.Shuffle {
			return nil, errors.New("shuffle_labels takes one epoch")
		}
		return fakeJob{fakeKernel}, nil
	})
}
