package train

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/stages"
)

// Check implements stages.Checked.
func (f *finetune) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	return slices.Concat(f.wanted(), f.config.BaseModel.faults(ctx, in, "clinical"), f.config.Labelled.faults(in))
}

// Check implements stages.Checked.
func (p *pretrain) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	return slices.Concat(p.wanted(), p.config.BaseModel.faults(ctx, in, ""))
}

// Check implements stages.Checked.
func (p *predict) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	return slices.Concat(p.wanted(), p.config.BaseModel.faults(ctx, in, "adapter"), in.Task("tokens").CheckName("task", p.config.Predicted.Task))
}

// Check implements stages.Checked.
func (b *base) Check(context.Context, stages.Givers) []stages.Fault { return b.wanted() }

// Check implements stages.Checked.
func (b *baseline) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return slices.Concat(b.config.Labelled.faults(in), in.Task("tokens").CheckName("task", b.config.Predicted.Task))
}

// Task renames what the tokens are labelled for.
func (p *predict) Task(of stages.Task) stages.Task { return p.config.Predicted.renamed(of) }

// Task renames what the tokens are labelled for.
func (b *baseline) Task(of stages.Task) stages.Task { return b.config.Predicted.renamed(of) }

func (p Predicted) renamed(of stages.Task) stages.Task {
	if of.Name != "" {
		of.Name = p.Task
	}
	return of
}
