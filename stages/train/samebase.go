package train

import (
	"context"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/model"
)

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
	if bound == nil {
		config, err := model.Look(b.Base)
		found = stages.FaultOf("base", err)
		if err == nil {
			found = append(found, holds(config, in.One("tokens"))...)
		}
	}
	return append(found, b.sameAs(ctx, bound, in, adapter)...)
}

// holds compares a model's vocabulary with that of the tokens.
func holds(c model.Config, tokens *stages.Giver) []stages.Fault {
	if tokens == nil {
		return nil
	}
	t, ok := tokens.Built.(interface{ Vocabulary() int })
	if !ok || t.Vocabulary() <= c.VocabSize {
		return nil
	}
	return stages.Faultf("in.tokens", "the tokenizer of %s has %d pieces, the base model's vocabulary is %d; tokenize with the base model's own tokenizer", tokens.Step, t.Vocabulary(), c.VocabSize)
}

// sameAs refuses an adapter over another base model. Two steps, or a step and a
// path, are compared when both are there: see baseFiles.
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
	case b.Base == "" || trained.over() == "":
		return nil
	}
	same, err := model.Same(ctx, b.Base, trained.over())
	if err == nil && !same {
		return stages.Faultf("in."+port, "%s is over the base model %s, this step over %s, which is another; give the base of its training", adapter.Step, trained.over(), b.Base)
	}
	return nil // what cannot be read is a fault of the path
}
