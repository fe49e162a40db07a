package train

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/leakage"
	"github.com/clinflow/clinflow/stages/train/model"
)

// BaseModel is the key of every stage over a base model. Its path names what model.Open,
// leakage.Ancestry and a prompt that begins with a text read of the folder.
type BaseModel struct {
	Base string `json:"base,omitempty" path:"config.json,adapter_config.json,*.safetensors,model.safetensors.index.json,pytorch_model*.bin,pytorch_model.bin.index.json,train_patients.bin,tokenizer.model,tokenizer.json,vocab.txt,vocab.json,merges.txt,tokenizer_config.json,special_tokens_map.json,added_tokens.json" prefix:"random:" doc:"Hugging Face folder of the base model, where it is not a step. random: before the path of a config.json makes one of random weights of that configuration, the same each time, for trying things out."`
}

// onBase opens the environment's device and the frozen base model of a stage, whose
// folder is dir, and closes both after f.
func (o onDevice) onBase(ctx context.Context, in stages.Inputs, path string, f func(m *model.Model, dir string) error) error {
	dir, err := modelFolder(ctx, in, path)
	if err != nil {
		return err
	}
	return o.onBackend(ctx, func(b kernel.Backend) error {
		m, err := model.Open(ctx, b, dir, graph.Frozen)
		if err != nil {
			return err
		}
		defer m.Close()
		return f(m, dir)
	})
}

// modelFolder finds the base model: bound to the port, or a path of the
// configuration; exactly one of them.
func modelFolder(ctx context.Context, in stages.Inputs, path string) (string, error) {
	d := in.One("base")
	if err := oneBase(d != nil, path); err != nil {
		return "", err
	}
	if d == nil {
		return onThisMachine(ctx, path)
	}
	return folder(ctx, d, "config.json")
}

// oneBase says whether there is one base model.
func oneBase(bound bool, path string) error {
	switch {
	case bound && path != "":
		return exit.Errorf(exit.Usage, "base: is given as a step and as a path; give one")
	case !bound && path == "":
		return exit.Errorf(exit.Usage, "base: is missing; bind a model to the port or give the path of a Hugging Face folder")
	default:
		return nil
	}
}

// baseOf knows the base model by its files.
func (o onDevice) baseOf(ctx context.Context, in stages.Inputs, path string) (leakage.BaseFiles, error) {
	dir, err := modelFolder(ctx, in, path)
	if err != nil {
		return leakage.BaseFiles{}, err
	}
	return leakage.OpenBase(ctx, o.env, in.One("base"), dir)
}

// ancestryOf is whom a stage's base model, bound or given by path, and its adapters
// were trained on.
func ancestryOf(ctx context.Context, in stages.Inputs, path string) (leakage.Ancestry, error) {
	var a leakage.Ancestry
	for _, port := range []string{"base", "clinical", "adapter"} {
		for _, d := range in[port] {
			err := a.Add(ctx, d, taskFolder)
			if hasClinical(d) {
				err = errors.Join(err, a.Add(ctx, d, clinicalFolder))
			}
			if err != nil {
				return a, err
			}
		}
	}
	if path == "" || model.IsRandom(path) { // which was trained on nobody
		return a, nil
	}
	path, err := onThisMachine(ctx, path)
	if err != nil {
		return a, err
	}
	return a, a.AddPath(path)
}

// based is a stage over a base model.
type based interface{ over() string }

func (f *finetune) over() string { return f.config.Base }
func (p *pretrain) over() string { return p.config.Base }
func (p *predict) over() string  { return p.config.Base }

// faults looks at the base model and compares it with that of the adapter that the
// port adapter takes, where one does.
func (b BaseModel) faults(ctx context.Context, in stages.Givers, adapter string) []stages.Fault {
	bound := in.One("base")
	if err := oneBase(bound != nil, b.Base); err != nil {
		return stages.FaultOf("base", err)
	}
	var found []stages.Fault
	if bound == nil && !inBucket(b.Base) {
		limits, err := model.Look(b.Base)
		found = stages.FaultOf("base", err)
		if err == nil {
			found = append(found, holds(limits, in["tokens"])...)
		}
	}
	return append(found, b.sameAs(ctx, bound, in, adapter)...)
}

// language refuses a base model that no language model can be made of.
func (b BaseModel) language() []stages.Fault {
	if b.Base == "" || inBucket(b.Base) {
		return nil
	}
	config, err := model.ReadConfig(b.Base)
	if err != nil || config.Language() { // what cannot be read is a fault of the path
		return nil
	}
	return stages.Faultf("base", "%s predicts no next token; a model of this kind is trained by train.finetune alone", b.Base)
}

// holds compares a model's vocabulary with that of the tokens.
func holds(limits model.Limits, tokens []*stages.Giver) (found []stages.Fault) {
	for _, from := range tokens {
		t, ok := from.Built.(interface{ Vocabulary() int })
		if !ok || t.Vocabulary() <= limits.Vocabulary {
			continue
		}
		found = append(found, stages.Faultf("in.tokens", "the tokenizer of %s has %d pieces, the base model's vocabulary is %d; tokenize with the base model's own tokenizer", from.Step, t.Vocabulary(), limits.Vocabulary)...)
	}
	return found
}

// sameAs refuses an adapter over another base model. Two steps, or a step and a
// path, are compared when both are there: see leakage.BaseFiles.
func (b BaseModel) sameAs(ctx context.Context, bound *stages.Giver, in stages.Givers, port string) []stages.Fault {
	adapter := in.One(port)
	if adapter == nil {
		return nil
	}
	trained, ok := adapter.Built.(based)
	if !ok {
		return nil
	}
	before := adapter.In.One("base")
	switch {
	case bound != nil && before != nil && bound != before:
		return stages.Faultf("in."+port, "%s is over the base model of %s, this step over that of %s; bind the base of its training", adapter.Step, before.Step, bound.Step)
	case b.Base == "" || trained.over() == "", inBucket(b.Base) || inBucket(trained.over()):
		return nil
	}
	same, err := model.Same(ctx, b.Base, trained.over())
	if err == nil && !same {
		return stages.Faultf("in."+port, "%s is over the base model %s, this step over %s, which is another; give the base of its training", adapter.Step, trained.over(), b.Base)
	}
	return nil // what cannot be read is a fault of the path
}
