// Package cards holds the stages that write down what a model, and the data that it was
// made of, are: in Markdown with the head that the Hugging Face Hub reads.
package cards

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/card"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/leakage"
)

// KindModelCard is the kind of what eval.model_card leaves.
const KindModelCard = "model_card"

// ModelName is the card's file.
const ModelName = "README.md"

// The ports.
const (
	portAdapter   = "adapter"
	portMetrics   = "metrics"
	portSubgroups = "subgroups"
	portCards     = "cards"
	portData      = "data"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "eval.model_card",
		Version: 2,
		Doc: "Writes a model card, README.md with the head that the Hugging Face Hub reads, beside a copy of the adapter's files: one folder to hand over, by the terms that the card names. " +
			"It tells data, recipe, split, counts, how the adapter was trained, how well it does with intervals and beside the bag of words, in which groups, and its limits. " +
			"The adapter's own folder is not to be handed over: it has the record of whom it was trained on, and the log of training. Neither is copied.",
		In: []stages.Port{
			{Name: portAdapter, Kind: stages.KindAdapter, Doc: "The adapter, or model, of a task."},
			{Name: portMetrics, Kind: stages.KindMetrics, Doc: "What eval.auroc measured of it."},
			{Name: portSubgroups, Kind: subgroups.Kind, Optional: true, Doc: "What eval.subgroups measured of it."},
			{Name: portCards, Kind: card.KindCard, Optional: true, Many: true, Doc: "What label.card counted; those of other tasks are passed over."},
		},
		Out: stages.Output{Kind: KindModelCard},
	}, newModelCard)
}

// ModelConfig configures eval.model_card.
type ModelConfig struct {
	BaseModel string `json:"base_model,omitempty" doc:"The base model's name on the Hugging Face Hub, such as huggyllama/llama-7b, for the head of the card. Left out, the card names the base by the sha256 of its files alone."`
	Terms
}

type modelCard struct{ config ModelConfig }

// hubName is how the Hub names a model.
var hubName = regexp.MustCompile(`^\w[\w.-]*(/\w[\w.-]*)?$`)

func newModelCard(_ *stages.Environment, c ModelConfig) (stages.Job, error) {
	if c.BaseModel != "" && !hubName.MatchString(c.BaseModel) {
		return nil, exit.Errorf(exit.Usage, "base_model: is no name of a model on the Hugging Face Hub, such as huggyllama/llama-7b")
	}
	return modelCard{c}, nil
}

//go:embed *.tmpl
var templates embed.FS

// Check implements stages.Checked.
func (modelCard) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return eval.CheckAlike(in, portMetrics, portSubgroups)
}

// Run implements stages.Job.
func (m modelCard) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	shown, err := m.content(ctx, in)
	if err != nil {
		return err
	}
	text, err := written(ModelName, shown)
	if err != nil {
		return err
	}
	for _, f := range in.One(portAdapter).Manifest.Files {
		if handed(f.Name) {
			err = errors.Join(err, out.CopyFile(ctx, in.One(portAdapter), f.Name, f.Name))
		}
	}
	return errors.Join(err, out.WriteFile(ModelName, text))
}

// handed says whether a file of an adapter's folder is part of the adapter. What is not
// known here stays behind, as the record of whom it was trained on, which has hashes of
// patients, and the log with the loss of every step.
func handed(name string) bool {
	name = path.Base(name)
	return slices.Contains([]string{adapter.ConfigName, "config.json", leakage.BaseName}, name) ||
		strings.HasSuffix(name, ".safetensors") || strings.HasSuffix(name, ".safetensors.index.json")
}

// written fills the template of a card.
func written(name string, shown any) ([]byte, error) {
	parsed, err := template.New(name+".tmpl").Funcs(words).ParseFS(templates, name+".tmpl", "terms.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read the template of %s: %w", name, err)
	}
	var text bytes.Buffer
	if err := parsed.Execute(&text, shown); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text.Bytes(), nil
}
